//! No output contains a part of a secret.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::diagnose::{Budget, Captured, Diagnose, infer_at};
use hookseal::{Scheme, provider};
use serde_json::Value;
use time::OffsetDateTime;

/// How many characters in a row would be a part of a secret.
const PART: usize = 8;

fn captured(line: &Value) -> (Captured, OffsetDateTime) {
    let headers = line["headers"].as_array().expect("headers").iter();
    let headers = headers.map(|pair| (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default()));
    let body = STANDARD.decode(line["body_b64"].as_str().expect("a body")).expect("base64");
    let method = line["method"].as_str().unwrap_or_default();
    let captured = Captured::new(method, line["url"].as_str().unwrap_or_default(), headers, body);
    let now = OffsetDateTime::from_unix_timestamp(line["now_unix"].as_i64().unwrap_or_default()).expect("a time");
    (captured, now)
}

fn lines(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("the data is there");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A secret without what is public or invisible.
fn random_part(secret: &str) -> String {
    let secret = secret.trim_matches(|c: char| !c.is_ascii_graphic());
    let bare = secret.rsplit_once('=').filter(|(name, _)| name.ends_with("SECRET")).map_or(secret, |(_, value)| value);
    let bare = ["v1,whsec_", "whsec_", "polar_whs_", "sec_"]
        .iter()
        .find_map(|prefix| bare.strip_prefix(prefix))
        .unwrap_or(bare);
    bare.to_owned()
}

#[test]
fn no_report_contains_a_part_of_a_secret() {
    let mut reports = 0;
    for name in ["accidents", "combined", "no-accident"] {
        for line in lines(name) {
            let secrets: Vec<&str> =
                line["secrets"].as_array().expect("secrets").iter().filter_map(Value::as_str).collect();
            let scheme: Option<Scheme> = serde_json::from_value(line["scheme"].clone()).ok();
            let mut diagnose = match scheme {
                Some(scheme) => Diagnose::for_scheme(scheme, secrets[0]).expect("a scheme"),
                None => Diagnose::new(
                    provider::by_name(line["provider"].as_str().unwrap_or_default()).expect("known"),
                    secrets[0],
                ),
            };
            for other in &secrets[1..] {
                diagnose = diagnose.with_other_secret("another", *other);
            }
            let (request, now) = captured(&line);
            let diagnosis = diagnose.with_budget(Budget::new().with_bytes(4 << 20)).run_at(&request, now);
            let report = format!("{diagnosis}\n{diagnosis:?}\n{request:?}");
            for secret in &secrets {
                let part = random_part(secret);
                for window in part.as_bytes().windows(PART) {
                    let window = String::from_utf8_lossy(window);
                    assert!(!report.contains(&*window), "{} {}: {report}", name, line["id"]);
                }
            }
            reports += 1;
        }
    }
    assert!(reports > 600, "{reports}");
}

#[test]
fn no_inferred_scheme_contains_a_part_of_a_secret() {
    for line in lines("unknown-schemes") {
        let secret = line["secret"].as_str().expect("a secret");
        let (delivery, now) = captured(&line["deliveries"][0]);
        let inferred = infer_at(&delivery, secret, now);
        let report = format!("{inferred}\n{inferred:?}");
        for window in random_part(secret).as_bytes().windows(PART) {
            assert!(!report.contains(&*String::from_utf8_lossy(window)), "{report}");
        }
    }
}

/// A body that contains the secret, with an accident beside it: the excerpt would show it.
#[test]
fn an_excerpt_shows_no_secret_that_the_body_contains() {
    let secret = "0123456789abcdef0123456789abcdef";
    let signed = format!("{{\"a\": \"{secret}\", \"b\": \"{secret}\"}}");
    let verified = format!("{{\"a\":\"{secret}\",\"b\":\"{secret}\"}}");
    let signer = provider::GITHUB.signer(hookseal::Secret::new(secret).expect("a secret")).expect("a signer");
    let headers = signer.sign("delivery-1", signed.as_bytes()).expect("headers");
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let diagnosis = Diagnose::new(&provider::GITHUB, secret).run(&Captured::new("POST", "/", headers, verified));
    assert_eq!(diagnosis.causes()[0].code().as_str(), "body.json");
    assert!(
        secret.as_bytes().windows(PART).all(|part| !diagnosis.to_string().contains(&*String::from_utf8_lossy(part))),
        "{diagnosis}"
    );
}
