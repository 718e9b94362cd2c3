//! Links and paths in the repository's pages lead somewhere. Those between items are rustdoc's to check
//! (`cargo doc` with `-D warnings`); pages elsewhere on the web are not asked for.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const DOCS: &str = "https://docs.rs/hookseal/latest/hookseal/";

/// What a path to a file of this repository begins with.
const FOLDERS: [&str; 7] = [".ci/", "benches/", "crates/", "docs/", "examples/", "src/", "tests/"];

#[test]
fn every_link_leads_somewhere() {
    let pages = pages(Path::new(ROOT));
    for page in
        ["README.md", "CHANGELOG.md", "docs/architecture.md", "src/guide/testing.md", "examples/outbox/README.md"]
    {
        assert!(pages.contains(&Path::new(ROOT).join(page)), "{page} is not looked at");
    }
    let broken: Vec<String> =
        pages.iter().flat_map(|page| broken(page, &fs::read_to_string(page).expect("a page"))).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let page = "
# A heading, with `code`

Good: [a](#a-heading-with-code) [b](CHANGELOG.md) [c](src/guide.rs#L1) [d](https://example.com/) [`defined`]
[f](https://docs.rs/hookseal/latest/hookseal/guide/testing/index.html)
[g](https://docs.rs/hookseal/latest/hookseal/receive/struct.Receiver.html#method.begin)
[h](https://docs.rs/hookseal/latest/hookseal/provider/static.STRIPE.html) `src/lib.rs` `[no](link)` [not]: this
[j](https://docs.rs/hookseal/latest/hookseal/fn.event_id.html) [k](https://docs.rs/hookseal/latest/hookseal/)
[i]: src
[`defined`]: src

```text
[not](a/link)
```

[1](#no-heading) [2](NOWHERE.md) [3](http://example.com/) `src/nowhere.rs` [`undefined`] [e](crate::Scheme)
[4]: nowhere
[5](https://docs.rs/hookseal/latest/hookseal/guide/nowhere/index.html)
[6](https://docs.rs/hookseal/latest/hookseal/receive/struct.Nobody.html)
[7](https://docs.rs/hookseal/latest/hookseal/receive/enum.Receiver.html)
[8](https://docs.rs/hookseal/latest/hookseal/struct.Receiver.html)
[9](https://docs.rs/hookseal/latest/hookseal/receive/struct.Receiver.html#method.nothing)
[10](https://docs.rs/hookseal/latest/hookseal/receive/Receiver.html)
[11](https://docs.rs/hookseal/latest/hookseal/provider/static.STRIP.html)
";
    let broken = broken(&Path::new(ROOT).join("README.md"), page);
    assert_eq!(broken.len(), 14, "{}", broken.join("\n"));
}

#[test]
fn every_page_of_the_guide_is_shown_and_compiled() {
    let index = source(Path::new("src/guide.rs"));
    let compiled = source(Path::new("crates/doc-tests/src/lib.rs"));
    let pages = pages(&Path::new(ROOT).join("src/guide"));
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        let name = page.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        assert!(index.contains(&format!("//! | [`{name}`] | ")), "{name} is not in the table");
        assert!(index.contains(&format!("    {name} = \"guide/{name}.md\";")), "{name} is not shown");
        assert!(
            compiled.contains(&format!("    {name} = \"../../../src/guide/{name}.md\";")),
            "{name} is not compiled"
        );
    }
}

/// All Markdown files of the repository, but not what is built or fetched.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name == ".ci" || !(name.starts_with('.') || name.starts_with("target") || name == "node_modules")
    };
    let is_page = |path: &PathBuf| path.extension() == Some(OsStr::new("md"));
    let inner = folders.into_iter().filter(is_ours).flat_map(|folder| pages(&folder));
    files.into_iter().filter(is_page).chain(inner).collect()
}

/// The links and paths of a page that lead nowhere, each with its line.
fn broken(page: &Path, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let (prose, code): (Vec<_>, Vec<_>) = line.split('`').enumerate().partition(|(place, _)| place % 2 == 0);
        let paths = code.into_iter().map(|(_, span)| span).filter(|span| is_path(span));
        let is_missing = |path: &&str| !Path::new(ROOT).join(path).exists() && !beside(page, path);
        let missing = paths.filter(is_missing).map(|path| (path, "no such file"));
        let unresolved = undefined(text, line).filter(|_| !is_rustdocs(page)).map(|label| (label, "has no target"));
        // A link's text may be code.
        let prose = prose.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("_");
        let wrong = targets(&prose).filter_map(|target| Some((target, fault(page, text, target)?)));
        for (target, fault) in missing.chain(unresolved).chain(wrong) {
            broken.push(format!("{}:{}: {target}: {fault}", page.display(), number + 1));
        }
    }
    broken
}

/// Pages of the documentation, in which rustdoc resolves items and checks that it can.
fn is_rustdocs(page: &Path) -> bool {
    page.starts_with(Path::new(ROOT).join("src"))
}

/// What a line names as ``[`item`]``, without a target here or at the end of the page.
fn undefined<'t>(page: &'t str, line: &'t str) -> impl Iterator<Item = &'t str> {
    let labels = line.split("[`").skip(1).filter_map(|rest| rest.split_once("`]"));
    let plain = labels.filter(|(_, rest)| !rest.starts_with(['(', ':'])).map(|(label, _)| label);
    plain.filter(move |label| !page.contains(&format!("\n[`{label}`]: ")))
}

fn is_path(code: &str) -> bool {
    FOLDERS.iter().any(|folder| code.starts_with(folder)) && !code.contains([' ', '*', '{', '<'])
}

/// What stands in `[…](target)` and `[…]: target`.
fn targets(prose: &str) -> impl Iterator<Item = &str> {
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let label = prose.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inline.chain(label.and_then(|(_, rest)| rest.strip_prefix(": ")).map(str::trim))
}

fn fault(page: &Path, text: &str, target: &str) -> Option<&'static str> {
    if let Some(item) = target.strip_prefix(DOCS) {
        return (!is_documented(item)).then_some("the documentation has no such page");
    }
    if let Some(anchor) = target.strip_prefix('#') {
        let mut headings = text.lines().filter(|line| line.starts_with('#')).map(slug);
        return (!headings.any(|heading| heading == anchor)).then_some("no such heading");
    }
    if target.starts_with("https://") {
        return None;
    }
    if target.contains(':') {
        return (!(target.contains("::") && is_rustdocs(page))).then_some("neither https nor a file");
    }
    let path = target.split('#').next().unwrap_or_default();
    (!beside(page, path)).then_some("no such file")
}

fn beside(page: &Path, path: &str) -> bool {
    page.parent().is_some_and(|folder| folder.join(path).exists())
}

/// As GitHub and rustdoc make them.
fn slug(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    title
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Whether `module/kind.Item.html#method.name` is public, by the sources.
fn is_documented(page: &str) -> bool {
    let (page, anchor) = page.split_once('#').unwrap_or((page, ""));
    let (modules, item) = page.rsplit_once('/').unwrap_or(("", page));
    let mut file = PathBuf::from("src/lib.rs");
    for module in modules.split('/').filter(|module| !module.is_empty()) {
        let declared = source(&file);
        if !declared.contains(&format!("pub mod {module};")) && !declared.contains(&format!("    {module} = \"")) {
            return false;
        }
        file = match file.ends_with("lib.rs") {
            true => Path::new("src").join(format!("{module}.rs")),
            false => file.with_extension("").join(format!("{module}.rs")),
        };
    }
    if ["", "index.html"].contains(&item) {
        return true;
    }
    let mut parts = item.split('.');
    let (Some(kind), Some(name), Some("html"), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_defined = |text: &str| match kind {
        // The catalogue's come from a macro.
        "static" => text.contains(&format!("    {name} = \"")),
        "constant" => has_word(text, &format!("pub const {name}")),
        _ => has_word(text, &format!("pub {kind} {name}")),
    };
    let module = source(&file);
    let mut exports = module.split("pub use ").skip(1).map(|rest| rest.split(';').next().unwrap_or_default());
    let is_exported = is_defined(&module) || exports.any(|list| list.ends_with("::*") || has_word(list, name));
    let sources = sources(&Path::new(ROOT).join("src"));
    let has_method = match anchor.split_once('.') {
        Some((_, method)) => sources.iter().any(|text| has_word(text, &format!("pub fn {method}"))),
        None => true,
    };
    is_exported && sources.iter().any(|text| is_defined(text)) && has_method
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(place, _)| {
        let (before, after) = (&text[..place], &text[place + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

fn source(file: &Path) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_default()
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let inner = folders.iter().flat_map(|folder| sources(folder));
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).chain(inner).collect()
}

#[test]
fn the_table_of_features_is_the_same_on_both_front_pages() {
    let table = |page: &str| -> Vec<String> {
        let lines = page.lines().skip_while(|line| *line != "| feature | adds |");
        lines.take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
    };
    let (readme, crate_page) = (include_str!("../../../README.md"), include_str!("../../../src/crate.md"));
    let manifest: toml::Table = include_str!("../../../Cargo.toml").parse().expect("a manifest");
    let features = manifest["features"].as_table().expect("a table").keys().filter(|name| *name != "default");
    assert_eq!(table(readme), table(crate_page));
    assert_eq!(table(readme).len(), 2 + features.count(), "a row for each feature");
}
