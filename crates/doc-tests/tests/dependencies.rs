//! A page with a list of dependencies lists all that its programs need, with the features that they need of them.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What a program contains, and the dependency and the feature that it then needs.
const FEATURES: [(&str, &str, &str); 18] = [
    ("hookseal::actix::", "hookseal", "actix"),
    ("hookseal::redis::", "hookseal", "redis"),
    ("hookseal::testing::", "hookseal", "testing"),
    ("hookseal::tower::", "hookseal", "tower"),
    ("KeyCache::", "hookseal", "key-cache"),
    ("provider::TURNKEY", "hookseal", "ed25519"),
    ("use axum::", "hookseal", "axum"),
    ("use actix_web::", "hookseal", "actix"),
    ("tracing_subscriber::", "hookseal", "tracing"),
    ("FromRef)]", "axum", "macros"),
    ("ConnectionManager", "redis", "connection-manager"),
    ("ConnectionManager", "redis", "tokio-comp"),
    ("serde::Deserialize)]", "serde", "derive"),
    ("[tokio::main]", "tokio", "macros"),
    ("[tokio::main]", "tokio", "rt-multi-thread"),
    ("tokio::net::", "tokio", "net"),
    ("tokio::time::", "tokio", "time"),
    ("tower::ServiceExt", "tower", "util"),
];

#[test]
fn a_page_lists_what_its_programs_need() {
    let known: Table = include_str!("../Cargo.toml").parse().expect("a manifest");
    let known: Vec<String> = table(&known, "dev-dependencies").keys().cloned().collect();
    let guide = fs::read_dir(Path::new(ROOT).join("src/guide")).expect("a folder");
    let mut pages: Vec<PathBuf> = guide.map(|entry| entry.expect("an entry").path()).collect();
    pages.extend(["README.md", "src/redis.md"].map(|page| Path::new(ROOT).join(page)));
    let (mut listing, mut faults) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        let listed = listed(&text);
        if listed.is_empty() {
            continue;
        }
        listing += 1;
        let missing = missing(&text, &listed, &known);
        faults.extend(missing.into_iter().map(|missing| format!("{}: {missing}", page.display())));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(listing > 8, "{listing}");
}

#[test]
fn what_is_missing_is_found() {
    let page = "
```toml
[dependencies]
hookseal = \"0.1\"
redis = { version = \"1\", features = [\"tokio-comp\"] }
```

```
use std::time::Duration;
use hookseal::bytes::Bytes;
use hookseal::redis::RedisStore;
use redis::aio::ConnectionManager;
# tokio::net::hidden();
let value = serde_json::Value::Null;
```
";
    let known = ["bytes", "hookseal", "redis", "serde_json", "time", "tokio"].map(str::to_owned);
    let missing = missing(page, &listed(page), &known);
    assert_eq!(missing, ["serde_json", "hookseal/redis", "redis/connection-manager"]);
}

/// Dependencies with their features.
fn listed(page: &str) -> Vec<(String, Vec<String>)> {
    let mut listed = Vec::new();
    for block in blocks(page, |language| language == "toml") {
        let Ok(manifest) = block.parse::<Table>() else { panic!("not TOML: {block}") };
        for section in ["dependencies", "dev-dependencies"] {
            for (name, value) in table(&manifest, section) {
                let features = value.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
                listed.push((name, features.iter().filter_map(Value::as_str).map(str::to_owned).collect()));
            }
        }
    }
    listed
}

fn table(manifest: &Table, section: &str) -> Table {
    manifest.get(section).and_then(Value::as_table).cloned().unwrap_or_default()
}

fn missing(page: &str, listed: &[(String, Vec<String>)], known: &[String]) -> Vec<String> {
    let is_rust = |language: &str| ["", "rust", "no_run", "rust,no_run"].contains(&language);
    let code = blocks(page, is_rust).join("\n");
    let shown: String = code.lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\n")).collect();
    let is_listed = |name: &str| listed.iter().any(|(listed, _)| listed == name);
    let has = |name: &str, feature: &str| {
        listed.iter().any(|(listed, features)| listed == name && features.iter().any(|listed| listed == feature))
    };
    let names = known.iter().filter(|name| is_used(&shown, name) && !is_listed(name)).cloned();
    let features = FEATURES.iter().filter(|(part, name, feature)| shown.contains(part) && !has(name, feature));
    names.chain(features.map(|(_, name, feature)| format!("{name}/{feature}"))).collect()
}

/// Whether a path begins with this crate.
fn is_used(code: &str, name: &str) -> bool {
    let path = format!("{}::", name.replace('-', "_"));
    let is_inner = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
    let is_within = |line: &str| line.match_indices(&path).any(|(place, _)| !is_inner(&line[..place]));
    code.lines().any(|line| line.strip_prefix("use ").map_or_else(|| is_within(line), |used| used.starts_with(&path)))
}

fn blocks(page: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if is_wanted(language) {
            blocks.push(block.join("\n"));
        }
    }
    blocks
}
