//! The imports of the source, held against the drawing in CONTRIBUTING.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::FOLDER;

mod common;

/// The modules in the order of the drawing, from the ground up.
fn order() -> Vec<String> {
    let page = fs::read_to_string(format!("{FOLDER}/CONTRIBUTING.md")).expect("the page is there");
    let drawing = page.split("```text\n").find(|block| block.contains("  ground ")).expect("the page has the drawing");
    let lines = drawing.lines().take_while(|line| !line.contains("```"));
    let floors: Vec<Vec<String>> = lines
        .map(|line| line.trim().split_once("   ").expect("a name and modules").1)
        .map(|modules| modules.split_whitespace().map(str::to_owned).collect())
        .collect();
    floors.into_iter().rev().flatten().collect()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        match path.extension() {
            None => sources(&path, found),
            Some(extension) if extension == "rs" => found.push(path.to_str().expect("a plain path").to_owned()),
            Some(_) => {}
        }
    }
}

/// What an import of `crate::…` begins with, in code that is no comment and no test.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let path: String =
                name.trim().chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
            let mut steps = path.split("::");
            let first = steps.next().unwrap_or_default();
            match steps.next() {
                Some("key") if first == "idempotency" => found.insert("idempotency/key".to_owned()),
                _ => found.insert(first.to_owned()),
            };
        }
    }
    found
}

fn module(file: &str) -> &str {
    match file.split('/').next().unwrap_or_default() {
        "idempotency" if file == "idempotency/key.rs" => "idempotency/key",
        first => first.trim_end_matches(".rs"),
    }
}

#[test]
fn imports_run_downward() {
    let order = order();
    let floor = |module: &str| order.iter().position(|name| name == module);
    let (mut files, mut checked) = (Vec::new(), 0);
    let folder = format!("{FOLDER}/src");
    sources(Path::new(&folder), &mut files);
    for file in files {
        let name = file.trim_start_matches(&folder).trim_start_matches('/');
        let from = module(name);
        // As the tests at the end of a file, which are cut off, those in a file of their own may import everything.
        if matches!(from, "lib" | "guide") || name.ends_with("/tests.rs") {
            continue;
        }
        let here = floor(from).unwrap_or_else(|| panic!("{name}: `{from}` is not in the drawing"));
        for import in imports(&fs::read_to_string(&file).expect("the file can be read")) {
            let is_own =
                import == from || import == module(&import) && import == name.split('/').next().unwrap_or_default();
            let is_pair = from == "trace" && import == "receive";
            // A macro, or an item of the crate's root.
            let Some(there) = floor(&import) else { continue };
            checked += 1;
            assert!(is_own || is_pair || there < here, "{name} imports `{import}`, which is above it");
            assert!((from, &*import) != ("verify", "sign"), "{name} imports `sign`");
        }
    }
    assert!(checked > 150, "{checked} imports were found");
}

/// Each library that a rule gives to one file.
#[test]
fn each_library_has_its_file() {
    let folder = format!("{FOLDER}/src");
    let mut files = Vec::new();
    sources(Path::new(&folder), &mut files);
    for (library, allowed) in [
        ("hmac", &["mac.rs"][..]),
        ("sha1", &["mac.rs"]),
        ("sha2", &["mac.rs"]),
        ("subtle", &["mac.rs"]),
        ("hex", &["codec.rs"]),
        ("base64", &["codec.rs"]),
        ("getrandom", &["random.rs", "error.rs"]),
        ("ed25519_dalek", &["public_key/libraries/ed25519.rs"]),
        ("ring", &["public_key/libraries/ring.rs"]),
    ] {
        let mut users = 0;
        for file in &files {
            let source = fs::read_to_string(file).expect("the file can be read");
            let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
            let uses = code.filter(|line| {
                line.trim_start().starts_with(&format!("use {library}::")) || line.contains(&format!(" {library}::"))
            });
            if uses.count() > 0 {
                let name = file.trim_start_matches(&folder).trim_start_matches('/');
                assert!(allowed.contains(&name), "{file} names {library}");
                users += 1;
            }
        }
        assert!(users > 0, "{library} is used nowhere");
    }
}
