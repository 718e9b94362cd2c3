//! Requests that other libraries accepted or refused, and published vectors: `vectors/*.jsonl`, one request a line.
//!
//! A verdict that is not ours stands in `vectors/differences.json` with its reason, and from there in the documentation
//! of `hookseal::provider`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use hookseal::provider::by_name;
use hookseal::{Scheme, Secret, Signer, Verifier};
use serde::Deserialize;

use common::{FOLDER, assert_text};

mod common;
#[allow(dead_code)]
#[path = "../examples/conformance.rs"]
mod conformance;

#[derive(Deserialize)]
struct Vector {
    provider: String,
    lib: String,
    note: String,
    strictness: String,
    valid: bool,
}

/// Verdicts on requests of some kinds that are not ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// Any provider, if none is named.
    provider: Option<String>,
    /// The kinds; `*` is any.
    notes: Vec<String>,
    theirs: String,
    ours: String,
    reason: String,
    /// Whether a verdict that every correct verifier should share is among them.
    #[serde(default)]
    core: bool,
}

impl Difference {
    fn explains(&self, vector: &Vector, ours: &str) -> bool {
        self.provider.as_ref().is_none_or(|provider| *provider == vector.provider)
            && self.notes.iter().any(|note| *note == vector.note || note == "*")
            && self.theirs == verdict(vector.valid)
            && self.ours == ours
            && (self.core || vector.strictness == "arguable")
    }
}

fn verdict(valid: bool) -> &'static str {
    if valid { "valid" } else { "invalid" }
}

fn differences() -> Vec<Difference> {
    let text = fs::read_to_string(format!("{FOLDER}/tests/vectors/differences.json")).expect("the file is there");
    serde_json::from_str(&text).expect("the file is a list of differences")
}

fn lines() -> Vec<String> {
    let files = fs::read_dir(format!("{FOLDER}/tests/vectors")).expect("the folder is there");
    let paths = files.map(|file| file.expect("the folder can be read").path());
    let vectors = paths.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let texts = vectors.map(|path| fs::read_to_string(path).expect("vectors are text"));
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn verdicts_are_shared_or_explained() {
    let differences = differences();
    let mut used = BTreeSet::new();
    let mut unexplained = Vec::new();
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines() {
        let vector: Vector = serde_json::from_str(&line).expect("a vector a line");
        let (ours, reason) = match conformance::verify(&line) {
            Ok(()) => ("valid", String::new()),
            Err(conformance::Refusal::Invalid(reason)) => ("invalid", reason),
            Err(conformance::Refusal::Unsupported(_)) => continue,
        };
        *checked.entry(format!("{} {}", vector.strictness, vector.provider)).or_default() += 1;
        if ours == verdict(vector.valid) {
            continue;
        }
        let explanation = differences.iter().position(|difference| difference.explains(&vector, ours));
        match explanation {
            Some(explanation) => {
                used.insert(explanation);
            }
            None => unexplained.push(format!(
                "{} {} {:?} ({}): theirs {}, ours {ours} {reason}",
                vector.provider,
                vector.lib,
                vector.note,
                vector.strictness,
                verdict(vector.valid)
            )),
        }
    }
    assert!(unexplained.is_empty(), "{} verdicts differ:\n{}", unexplained.len(), unexplained.join("\n"));
    let core: usize = checked.iter().filter(|(name, _)| name.starts_with("core")).map(|(_, count)| count).sum();
    assert!(core > 1600, "only {core} core verdicts were checked");
    // Without all features, some providers are not there.
    let is_complete =
        ["twilio", "hubspot-v1", "discord", "circle", "wise"].into_iter().all(|name| by_name(name).is_some());
    let unused: Vec<_> = (0..differences.len()).filter(|place| is_complete && !used.contains(place)).collect();
    assert!(unused.is_empty(), "these differences no longer exist: {unused:?}");
}

#[test]
fn the_documentation_lists_the_differences() {
    let mut table = String::from("| kind of request | theirs | ours | why |\n|---|---|---|---|\n");
    for difference in differences() {
        let kinds = difference.notes.iter().map(|note| match (note.as_str(), &difference.provider) {
            ("*", Some(provider)) => format!("any for {provider}"),
            (note, Some(provider)) => format!("{} ({provider})", note.split(" (").next().unwrap_or(note)),
            (note, None) => note.split(" (").next().unwrap_or(note).to_owned(),
        });
        let Difference { theirs, ours, reason, .. } = &difference;
        table += &format!("| {} | {theirs} | {ours} | {reason} |\n", kinds.collect::<Vec<_>>().join("; "));
    }
    assert_text("src/provider/differences.md", &table);
}

/// A case of RFC 2202 or RFC 4231. What these cut to 128 bits is no signature here.
#[derive(Deserialize)]
struct Published {
    rfc: u16,
    case: String,
    digest: String,
    key: String,
    message: String,
    mac: String,
    valid: bool,
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |place| u8::from_str_radix(&hex[place..place + 2], 16).expect("hex digits");
    (0..hex.len()).step_by(2).map(byte).collect()
}

#[test]
fn published_macs_are_accepted_and_cut_ones_refused() {
    let text = fs::read_to_string(format!("{FOLDER}/tests/vectors/hmac.json")).expect("the file is there");
    let cases: Vec<Published> = serde_json::from_str(&text).expect("a list of cases");
    let (mut accepted, mut refused) = (0, 0);
    for Published { rfc, case, digest, key, message, mac, valid } in cases {
        // SHA-1 is a feature.
        let Ok(digest) = serde_json::from_value(digest.into()) else { continue };
        let what = format!("RFC {rfc}, case {case}, {digest}");
        let scheme = Scheme::new("X-Signature: {hex}", "{body}").with_digest(digest);
        let secret = Secret::from_bytes(bytes(&key)).expect("a key").allow_short();
        let verifier = Verifier::new(scheme.clone(), secret.clone()).expect("a verifier");
        let message = bytes(&message);
        let headers = [("X-Signature", &*mac)];
        assert_eq!(verifier.verify(&headers, &message).is_ok(), valid, "{what}");
        let mut pieces = verifier.begin(&headers).ok();
        message.chunks(7).for_each(|piece| pieces.iter_mut().for_each(|pieces| pieces.update(piece)));
        assert_eq!(pieces.is_some_and(|pieces| pieces.finish().is_ok()), valid, "{what} in pieces");
        let signed = Signer::new(scheme, secret).expect("a signer").sign("", &message).expect("a signature");
        assert_eq!(signed["x-signature"] == *mac, valid, "{what} is what a signer writes");
        *if valid { &mut accepted } else { &mut refused } += 1;
    }
    assert_eq!((accepted, refused), (if cfg!(feature = "sha1") { 19 } else { 12 }, 2));
}
