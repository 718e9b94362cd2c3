//! What the guide says of other crates, measured: each row of its table is a request that all of them judge.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hookseal::{Secret, provider};
use http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;

const PAGE: &str = include_str!("../../../src/guide/migrating.md");
const KEY: &[u8] = b"thirty-one bytes, so base64 pads";

/// A request that is right, to be changed.
struct Request {
    secret: String,
    id: String,
    timestamp: String,
    body: Vec<u8>,
    /// Made from the parts above.
    signature: String,
    headers: Vec<(&'static str, String)>,
}

impl Request {
    fn new(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Request {
        let signed = [id.as_bytes(), timestamp.as_bytes(), body].join(&b'.');
        let signature = format!("v1,{}", STANDARD.encode(mac(key, &signed)));
        Request {
            secret: format!("whsec_{}", STANDARD.encode(key)),
            id: id.to_owned(),
            timestamp: timestamp.to_owned(),
            body: body.to_vec(),
            headers: named("webhook", id, timestamp, &signature),
            signature,
        }
    }
}

fn named(family: &str, id: &str, timestamp: &str, signature: &str) -> Vec<(&'static str, String)> {
    let names = match family {
        "svix" => ["svix-id", "svix-timestamp", "svix-signature"],
        _ => ["webhook-id", "webhook-timestamp", "webhook-signature"],
    };
    names.into_iter().zip([id, timestamp, signature].map(str::to_owned)).collect()
}

fn mac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("any length");
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

fn verdict(judge: impl FnOnce() -> bool) -> &'static str {
    match catch_unwind(AssertUnwindSafe(judge)) {
        Ok(true) => "accepted",
        Ok(false) => "refused",
        Err(_) => "panics",
    }
}

/// The verdicts of standardwebhooks, svix, webhook-verify and hookseal.
fn verdicts(request: &Request) -> [&'static str; 4] {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"));
    }
    let (secret, body) = (request.secret.as_str(), request.body.as_slice());
    [
        verdict(|| standardwebhooks::Webhook::new(secret).is_ok_and(|webhook| webhook.verify(body, &headers).is_ok())),
        verdict(|| svix::webhooks::Webhook::new(secret).is_ok_and(|webhook| webhook.verify(body, &headers).is_ok())),
        verdict(|| {
            let (standard, secret) = (webhook_verify::Provider::StandardWebhooks, webhook_verify::Secret::new(secret));
            webhook_verify::verify(standard, &headers, body, &secret, webhook_verify::VerifyOptions::default()).is_ok()
        }),
        verdict(|| {
            Secret::new(secret)
                .and_then(|secret| provider::SVIX.verifier(secret))
                .is_ok_and(|verifier| verifier.verify(&headers, body).is_ok())
        }),
    ]
}

#[test]
fn every_row_of_the_table_is_true() {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let time = now.to_string();
    let good = || Request::new(KEY, "msg_1", &time, b"{}");
    let with = |change: fn(&mut Request)| {
        let mut request = good();
        change(&mut request);
        request
    };
    let rows = [
        ("valid in every respect", good()),
        ("signed 301 s ago", Request::new(KEY, "msg_1", &(now - 301).to_string(), b"{}")),
        ("with an empty secret", Request::new(b"", "msg_1", &time, b"{}")),
        ("with a key of 15 bytes", Request::new(b"fifteen bytes!!", "msg_1", &time, b"{}")),
        (
            "with a secret in base64 without padding",
            with(|request| request.secret = format!("whsec_{}", STANDARD_NO_PAD.encode(KEY))),
        ),
        ("with a body that is not UTF-8", Request::new(KEY, "msg_1", &time, b"\xff\xfe")),
        ("with an empty id", Request::new(KEY, "", &time, b"{}")),
        (
            "with its timestamp written `+1700000000`",
            with(|request| request.headers[1].1 = format!("+{}", request.timestamp)),
        ),
        (
            "with its timestamp written `01700000000`",
            with(|request| request.headers[1].1 = format!("0{}", request.timestamp)),
        ),
        ("with the timestamp `-9223372036854775808`", with(|request| request.headers[1].1 = i64::MIN.to_string())),
        (
            "with a second signature header",
            with(|request| {
                request.headers.push(("webhook-signature", "v1,AAAA".to_owned()));
            }),
        ),
        (
            "with a malformed signature next to a good one",
            with(|request| request.headers[2].1 = format!("v1,AAAA {}", request.signature)),
        ),
        ("with 17 signatures", with(|request| request.headers[2].1 = vec![request.signature.as_str(); 17].join(" "))),
        (
            "with `svix-…` headers",
            with(|request| request.headers = named("svix", &request.id, &request.timestamp, &request.signature)),
        ),
        (
            "with `webhook-…` headers and an additional `svix-id`",
            with(|request| request.headers.push(("svix-id", request.id.clone()))),
        ),
    ];
    let table: Vec<&str> = PAGE.lines().skip_while(|line| !line.starts_with("| a request |")).skip(2).collect();
    let measured = rows.map(|(name, request)| format!("| {name} | {} |", verdicts(&request).join(" | ")));
    let written = table.into_iter().take_while(|line| line.starts_with('|'));
    // What panics does so only in a build that checks for overflows.
    let is_measured = |line: &str| cfg!(debug_assertions) || !line.contains("-9223372036854775808");
    let written: Vec<&str> = written.filter(|line| is_measured(line)).collect();
    let measured: Vec<&str> = measured.iter().map(String::as_str).filter(|line| is_measured(line)).collect();
    assert_eq!(written, measured);
}
