//! Accidents with signatures of private keys, with tokens and with listed headers: made of requests that the providers' own
//! libraries signed.

use std::collections::BTreeMap;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hookseal::diagnose::{Captured, Code, Diagnose, Diagnosis, Verdict};
use hookseal::provider::{Provider, by_name};
use hookseal::{Algorithm, Scheme, Secret, Signer};
use serde_json::Value;
use time::OffsetDateTime;

/// A request that a provider's library accepts.
#[derive(Clone)]
struct Sent {
    provider: &'static Provider,
    key: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    now: OffsetDateTime,
}

impl Sent {
    fn read(line: &str) -> Option<Sent> {
        let vector: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| vector[name].as_str().map(str::to_owned);
        if vector["valid"] != true || vector["strictness"] != "core" {
            return None;
        }
        let headers = vector["headers"].as_object()?.iter();
        Some(Sent {
            provider: by_name(&text("provider")?)?,
            // Some vectors have several secrets, one a line.
            key: text("secret")
                .map(|key| if key.starts_with("sig_") { key.lines().next().unwrap().to_owned() } else { key })?,
            method: text("method")?,
            url: text("url")?,
            headers: headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
            body: STANDARD.decode(text("body_b64")?).unwrap(),
            now: OffsetDateTime::from_unix_timestamp(vector["now_unix"].as_i64()?).unwrap(),
        })
    }

    fn diagnose(&self, key: &str) -> Diagnose {
        Diagnose::new(self.provider, key)
    }

    fn captured(&self, body: &[u8]) -> Captured {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Captured::new(self.method.as_str(), self.url.as_str(), headers, body)
    }

    fn run(&self, diagnose: &Diagnose, body: &[u8]) -> Diagnosis {
        diagnose.run_at(&self.captured(body), self.now)
    }

    fn is_token(&self) -> bool {
        self.provider.scheme().headers().contains("{jw")
    }

    fn algorithm(&self) -> Algorithm {
        self.provider.scheme().algorithm()
    }
}

/// One accepted request of each provider that signs with a private key, or sends a token.
fn sent() -> Vec<Sent> {
    let folder = format!("{}/../../tests/vectors", env!("CARGO_MANIFEST_DIR"));
    let mut found: BTreeMap<&str, Sent> = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for sent in fs::read_to_string(path).unwrap().lines().filter_map(Sent::read) {
            let is_of_interest =
                (sent.algorithm() != Algorithm::Hmac || sent.is_token()) && !found.contains_key(sent.provider.name());
            let is_json = sent.body.starts_with(br#"{""#) && sent.body.len() > 10;
            if is_of_interest
                && is_json
                && sent.run(&sent.diagnose(&sent.key), &sent.body).verdict() == Verdict::Accepted
            {
                found.insert(sent.provider.name(), sent);
            }
        }
    }
    assert!(found.len() >= 14, "{:?}", found.keys());
    found.into_values().collect()
}

fn codes(diagnosis: &Diagnosis) -> Vec<Code> {
    diagnosis.causes().iter().map(|cause| cause.code()).collect()
}

#[track_caller]
fn assert_proven(diagnosis: &Diagnosis, expected: &[Code], context: &str) {
    assert_eq!((diagnosis.verdict(), codes(diagnosis)), (Verdict::Proven, expected.to_vec()), "{context}\n{diagnosis}");
}

/// Compact JSON as Python writes it.
fn spaced(body: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap();
    text.replace("\":", "\": ").replace(",\"", ", \"").into_bytes()
}

/// What the verifier accepts too, it does not sign: a signature over fields of the body, for example.
fn is_bound(sent: &Sent, body: &[u8]) -> bool {
    sent.run(&sent.diagnose(&sent.key), body).verdict() != Verdict::Accepted
}

#[test]
fn another_body_is_found() {
    let mut count = 0;
    for sent in sent() {
        let newline = [sent.body.as_slice(), b"\n"].concat();
        for (body, code) in [(newline, Code::BodyNewline), (spaced(&sent.body), Code::BodyJson)] {
            if is_bound(&sent, &body) {
                assert_proven(&sent.run(&sent.diagnose(&sent.key), &body), &[code], sent.provider.name());
                count += 1;
            }
        }
    }
    assert!(count >= 26, "{count}");
}

#[test]
fn another_text_of_the_key_is_found() {
    for sent in sent() {
        let name = sent.provider.name();
        let quoted = sent.diagnose(&format!("\"{}\"", sent.key));
        assert_proven(&sent.run(&quoted, &sent.body), &[Code::SecretQuotes], name);
        if sent.key.starts_with("-----BEGIN") {
            let written_out = sent.diagnose(&sent.key.replace('\n', "\\n"));
            let diagnosis = sent.run(&written_out, &sent.body);
            assert_proven(&diagnosis, &[Code::SecretWhitespace], name);
            assert!(diagnosis.causes()[0].text().contains("configured key"), "{diagnosis}");
        }
        let both = sent.run(&quoted, &[sent.body.as_slice(), b"\n"].concat());
        if is_bound(&sent, &[sent.body.as_slice(), b"\n"].concat()) {
            assert_proven(&both, &[Code::SecretQuotes, Code::BodyNewline], name);
        }
    }
}

#[test]
fn the_key_of_another_endpoint_is_found_and_without_it_nothing() {
    let all = sent();
    let mut count = 0;
    for sent in &all {
        let is_alike = |other: &&Sent| other.algorithm() == sent.algorithm() && other.key != sent.key;
        let Some(other) = all.iter().find(is_alike) else { continue };
        if !is_bound(sent, b"{}") || sent.run(&sent.diagnose(&other.key), &sent.body).verdict() == Verdict::Accepted {
            continue;
        }
        let alone = sent.run(&sent.diagnose(&other.key), &sent.body);
        assert_ne!(alone.verdict(), Verdict::Proven, "{}: {alone}", sent.provider.name());
        let diagnose = sent.diagnose(&other.key).with_other_secret("staging", sent.key.as_str());
        assert_proven(&sent.run(&diagnose, &sent.body), &[Code::SecretOther], sent.provider.name());
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn a_time_outside_of_the_tolerance_is_found() {
    let mut count = 0;
    for sent in sent() {
        let late = sent.diagnose(&sent.key).run_at(&sent.captured(&sent.body), sent.now + time::Duration::DAY);
        if late.verdict() != Verdict::Accepted {
            assert_proven(&late, &[Code::TimeOld], sent.provider.name());
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn names_that_a_gateway_changed_are_found() {
    for mut sent in sent() {
        for (name, _) in &mut sent.headers {
            *name = format!("HTTP_{}", name.to_uppercase().replace('-', "_"));
        }
        let diagnosis = sent.run(&sent.diagnose(&sent.key), &sent.body);
        if diagnosis.verdict() != Verdict::Accepted {
            assert_proven(&diagnosis, &[Code::HeaderRenamed], sent.provider.name());
        }
    }
}

/// Members added, values changed, signatures and keys of somebody else.
#[test]
fn what_somebody_did_on_purpose_is_no_accident() {
    for sent in sent() {
        let text = String::from_utf8(sent.body.clone()).unwrap();
        let end = text.rfind('}').unwrap();
        let bodies = [
            text[..end].to_owned() + r#","admin":true}"#,
            text.replacen(':', ": ", 1)[..].replacen("\"evt_1\"", "\"evt_2\"", 1),
            text.replacen('a', "e", 1),
            format!("[{text},1]"),
        ];
        for body in bodies.iter().filter(|body| **body != text && is_bound(&sent, body.as_bytes())) {
            let means_the_same = serde_json::from_str::<Value>(body).ok() == serde_json::from_str::<Value>(&text).ok();
            let diagnosis = sent.run(&sent.diagnose(&sent.key), body.as_bytes());
            let is_innocent = diagnosis.verdict() == Verdict::Proven && codes(&diagnosis) != [Code::BodyAltered];
            assert!(!is_innocent || means_the_same, "{}: {body}\n{diagnosis}", sent.provider.name());
        }
    }
}

/// A scheme of one's own that is wrong about how the signature is written.
#[test]
fn a_wrong_scheme_is_found_and_corrected() {
    let mut seen = Vec::new();
    for sent in sent().into_iter().filter(|sent| !sent.is_token()) {
        let scheme = sent.provider.scheme().clone();
        let other = match scheme.algorithm() {
            Algorithm::P256 => (Algorithm::P256Fixed, Code::SchemeEncoding),
            Algorithm::RsaSha256 => (Algorithm::RsaSha512, Code::SchemeDigest),
            Algorithm::RsaSha512 => (Algorithm::RsaSha256, Code::SchemeDigest),
            _ => continue,
        };
        if scheme.body().is_empty() && sent.provider.schemes().len() == 1 {
            let diagnose = Diagnose::for_scheme(scheme.clone().with_algorithm(other.0), sent.key.as_str()).unwrap();
            let diagnosis = sent.run(&diagnose, &sent.body);
            assert_proven(&diagnosis, &[other.1], sent.provider.name());
            assert_eq!(diagnosis.scheme(), Some(&scheme), "{diagnosis}");
            seen.push(scheme.algorithm());
        }
    }
    assert!(seen.contains(&Algorithm::P256) && seen.contains(&Algorithm::RsaSha256), "{seen:?}");
}

#[test]
fn a_key_that_is_none_is_told_without_showing_it() {
    for sent in sent().into_iter().filter(|sent| sent.algorithm() != Algorithm::Hmac) {
        let diagnosis = sent.run(&sent.diagnose("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &sent.body);
        assert_eq!((diagnosis.verdict(), codes(&diagnosis)), (Verdict::Likely, vec![Code::SecretKind]), "{diagnosis}");
        assert!(!diagnosis.to_string().contains("MfKQ9r8G"), "{diagnosis}");
    }
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const VALUES: Scheme = Scheme::new(
    "X-Acme-Signature: t={timestamp},h={signed-headers},v1={hex}",
    "{timestamp}.{signed-headers}.{signed-headers|values:.}.{body}",
);
const PAIRS: Scheme = Scheme::new(
    "X-Acme-Time: {timestamp}\nX-Acme-Signed: {signed-headers:,}\nX-Acme-Signature: {hex}",
    "{timestamp}\n{signed-headers}\n{signed-headers|pairs:&}\n{body}",
);
const BODY: &str = r#"{"id": "evt_1"}"#;
const NOW: i64 = 1_770_000_000;

/// A request whose sender has signed these headers, in this order.
fn listed(scheme: &Scheme, signed: &[(&str, &str)], is_sorted: bool) -> Vec<(String, String)> {
    const RAW: Scheme = Scheme::new("X-Mac: {hex}", "{body}");
    let separator = if *scheme == VALUES { " " } else { "," };
    let list = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(separator);
    let mut values = signed.to_vec();
    if is_sorted {
        values.sort_unstable();
    }
    let message = if *scheme == VALUES {
        let values = values.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(".");
        format!("{NOW}.{list}.{values}.{BODY}")
    } else {
        let pairs = values.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join("&");
        format!("{NOW}\n{list}\n{pairs}\n{BODY}")
    };
    let mac = Signer::new(RAW, Secret::new(SECRET).unwrap()).unwrap().sign("", message.as_bytes()).unwrap();
    let mac = mac["x-mac"].to_str().unwrap();
    let mut headers: Vec<(String, String)> = if *scheme == VALUES {
        vec![("x-acme-signature".to_owned(), format!("t={NOW},h={list},v1={mac}"))]
    } else {
        [("x-acme-time", NOW.to_string()), ("x-acme-signed", list), ("x-acme-signature", mac.to_owned())]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    };
    headers.extend(signed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    headers
}

/// What becomes of the headers on the way.
type Change = fn(&mut Vec<(String, String)>);

fn set(headers: &mut [(String, String)], name: &str, value: &str) {
    headers.iter_mut().find(|(own, _)| own == name).unwrap().1 = value.to_owned();
}

#[test]
fn what_happened_to_a_listed_header_is_found() {
    const SIGNED: [(&str, &str); 3] =
        [("x-event-id", "evt_1"), ("content-type", "application/json; charset=utf-8"), ("host", "hooks.example.com")];
    let cases: [(&str, Verdict, &[Code], Change); 11] = [
        ("nothing", Verdict::Accepted, &[], |_| {}),
        ("a charset was dropped", Verdict::Proven, &[Code::HeaderValue], |headers| {
            set(headers, "content-type", "application/json");
        }),
        ("the host is the inner one", Verdict::Proven, &[Code::HeaderValue], |headers| {
            set(headers, "host", "10.0.0.7:8080");
            headers.push(("x-forwarded-host".into(), "hooks.example.com".into()));
        }),
        ("quoted", Verdict::Proven, &[Code::HeaderValue], |headers| set(headers, "x-event-id", "\"evt_1\"")),
        ("doubled", Verdict::Proven, &[Code::HeaderRepeated], |headers| set(headers, "x-event-id", "evt_1, evt_1")),
        ("twice", Verdict::Proven, &[Code::HeaderRepeated], |headers| {
            headers.push(("x-event-id".into(), "evt_1".into()));
        }),
        ("renamed", Verdict::Proven, &[Code::HeaderRenamed], |headers| {
            headers
                .iter_mut()
                .filter(|(name, _)| name == "x-event-id")
                .for_each(|(name, _)| *name = "HTTP_X_EVENT_ID".into());
        }),
        ("dropped", Verdict::Likely, &[Code::HeaderMissing], |headers| {
            headers.retain(|(name, _)| name != "x-event-id");
        }),
        ("replaced", Verdict::Unexplained, &[], |headers| set(headers, "x-event-id", "evt_2")),
        ("the list was cut", Verdict::Unexplained, &[], |headers| {
            headers.iter_mut().for_each(|(_, value)| {
                *value = value
                    .replace("x-event-id content-type", "content-type")
                    .replace("x-event-id,content-type", "content-type");
            });
        }),
        ("the list itself was dropped", Verdict::Likely, &[Code::HeaderMissing], |headers| {
            headers.retain(|(name, _)| name != "x-acme-signed" && name != "x-acme-signature");
        }),
    ];
    for scheme in [VALUES, PAIRS] {
        for (case, verdict, expected, change) in cases {
            let mut headers = listed(&scheme, &SIGNED, scheme == PAIRS);
            change(&mut headers);
            let diagnosis = diagnose(&scheme, headers, BODY);
            assert_eq!(
                (diagnosis.verdict(), codes(&diagnosis)),
                (verdict, expected.to_vec()),
                "{scheme:?}: {case}\n{diagnosis}"
            );
        }
    }
}

fn diagnose(scheme: &Scheme, headers: Vec<(String, String)>, body: &str) -> Diagnosis {
    let captured = Captured::new("POST", "https://hooks.example.com/in", headers, body);
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    Diagnose::for_scheme(scheme.clone(), SECRET).unwrap().run_at(&captured, now)
}

#[test]
fn an_empty_listed_header_that_was_dropped_is_found() {
    for scheme in [VALUES, PAIRS] {
        let mut headers = listed(&scheme, &[("x-a", "1"), ("x-empty", "")], scheme == PAIRS);
        headers.retain(|(name, _)| name != "x-empty");
        assert_proven(&diagnose(&scheme, headers, BODY), &[Code::HeaderMissing], "dropped");
    }
}

#[test]
fn the_other_order_of_listed_headers_is_found() {
    let headers = listed(&VALUES, &[("x-b", "2"), ("x-a", "1")], true);
    assert_proven(&diagnose(&VALUES, headers, BODY), &[Code::SchemeContent], "sorted");
}

#[test]
fn a_listed_header_and_the_body_are_found_together() {
    for scheme in [VALUES, PAIRS] {
        let mut headers = listed(&scheme, &[("content-type", "application/json"), ("x-a", "1")], scheme == PAIRS);
        set(&mut headers, "content-type", "application/json; charset=utf-8");
        let diagnosis = diagnose(&scheme, headers, r#"{"id":"evt_1"}"#);
        assert_proven(&diagnosis, &[Code::BodyJson, Code::HeaderValue], "both");
    }
}
