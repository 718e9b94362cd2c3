//! SECURITY.md names the test that proves each defence: they all exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The files and tests that the last column of each row of a page's table names.
fn named(page: &str) -> Vec<(String, Vec<String>)> {
    let table = page.split("\n| threat | defence | proved by |\n|---|---|---|\n").nth(1).expect("the table is there");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default());
    cells.map(|cell| (cell.to_owned(), cell.split('`').skip(1).step_by(2).map(str::to_owned).collect())).collect()
}

/// The functions of a file that are run as tests.
fn tests(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") || line.starts_with("#[actix_web::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|(before, _)| ["", "async "].contains(before)) {
            if is_test {
                found.push(rest.split('(').next().unwrap_or_default());
            }
            is_test = false;
        }
    }
    found
}

/// What a page names and nobody runs.
fn missing(page: &str) -> Vec<String> {
    let mut missing = Vec::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (cell, spans) in named(page) {
        let (mut file, mut proofs) = (String::new(), 0);
        for span in spans {
            if span.contains('/') {
                let source = fs::read_to_string(Path::new(ROOT).join(&span)).unwrap_or_default();
                files.entry(span.clone()).or_insert(source);
                file = span;
            } else {
                let source = files.get(&file).map(String::as_str).unwrap_or_default();
                if !tests(source).contains(&&*span) {
                    missing.push(format!("{file}: {span}"));
                }
                proofs += 1;
            }
        }
        if proofs == 0 {
            missing.push(format!("a proof of: {cell}"));
        }
    }
    missing
}

#[test]
fn every_proof_is_a_test() {
    let page = fs::read_to_string(Path::new(ROOT).join("SECURITY.md")).expect("the page is there");
    let count = named(&page).iter().map(|(_, spans)| spans.len()).sum::<usize>();
    assert!(count > 80, "{count} files and tests are named");
    assert_eq!(missing(&page), [""; 0]);
}

#[test]
fn a_proof_that_is_none_is_found() {
    let page = "
| threat | defence | proved by |
|---|---|---|
| a | b | `crates/doc-tests/tests/security.rs` `every_proof_is_a_test` `named` `nowhere` |
| a | b | `tests/nowhere.rs` `every_proof_is_a_test` |
| a | b | trust |

| c | d | `e` |
";
    assert_eq!(
        missing(page),
        [
            "crates/doc-tests/tests/security.rs: named",
            "crates/doc-tests/tests/security.rs: nowhere",
            "tests/nowhere.rs: every_proof_is_a_test",
            "a proof of: trust"
        ]
    );
}
