//! Requests that other libraries accepted or refused, and published vectors: `vectors/*.jsonl`, one request a line.
//!
//! A verdict that we do not share stands in `vectors/differences.json`, with its reason.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hookseal::{Secret, provider};
use serde::Deserialize;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Vector {
    provider: String,
    lib: String,
    note: String,
    strictness: String,
    valid: bool,
    secret: String,
    headers: BTreeMap<String, String>,
    body_b64: String,
    now_unix: i64,
}

impl Vector {
    fn verdict(&self, provider: &provider::Provider) -> Result<(), String> {
        let secret = Secret::new(self.secret.clone()).map_err(|error| error.to_string())?.allow_short();
        let verifier = provider.verifier(secret).map_err(|error| error.to_string())?;
        let headers: Vec<_> = self.headers.iter().collect();
        let body = BASE64.decode(&self.body_b64).expect("vector bodies are base64");
        let now = OffsetDateTime::from_unix_timestamp(self.now_unix).expect("vector times are in range");
        let result = verifier.verify_at(&headers, &body, now);
        result.map(|_| ()).map_err(|error| error.to_string())
    }
}

fn vectors() -> Vec<Vector> {
    let mut vectors = Vec::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    for entry in std::fs::read_dir(folder).expect("the vectors are there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let text = std::fs::read_to_string(&path).expect("vectors are text");
            for line in text.lines() {
                let vector = serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                vectors.push(vector);
            }
        }
    }
    vectors
}

#[test]
fn every_core_verdict_is_shared() {
    let mut wrong = Vec::new();
    let mut arguable: BTreeMap<(String, bool, bool), usize> = BTreeMap::new();
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    for vector in vectors() {
        let Some(provider) = provider::by_name(&vector.provider) else { continue };
        let ours = vector.verdict(&provider);
        *checked.entry(vector.provider.clone()).or_default() += 1;
        if vector.strictness == "core" {
            if ours.is_ok() != vector.valid {
                wrong.push(format!(
                    "{} {} {:?}: theirs {}, ours {ours:?}",
                    vector.provider, vector.lib, vector.note, vector.valid
                ));
            }
        } else if ours.is_ok() != vector.valid {
            *arguable.entry((vector.note.clone(), vector.valid, ours.is_ok())).or_default() += 1;
        }
    }
    for (k, n) in arguable {
        println!("{n:4} {k:?}");
    }
    println!("{checked:?}");
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}
