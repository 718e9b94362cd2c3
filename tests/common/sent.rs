//! Requests to schemes that read more than headers and body, signed by whoever has the secret.

#![allow(dead_code)]

use hookseal::provider::Provider;
use hookseal::{Extent, Scheme, Secret, Signer};
use http::Request;
use time::OffsetDateTime;

pub(crate) const SECRET: &str = "a secret of twenty-some bytes";
pub(crate) const NOW: i64 = 1_770_000_000;
pub(crate) const URL: &str = "https://x.example/hook";

pub(crate) const NO_MATCH: &str = "no signature matches";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const TWILIO: &[(&str, &str)] = &[
    ("X-Twilio-Signature: {base64}\n?bodySHA256: {body|sha256-hex}", "{url}"),
    (":method: POST\nX-Twilio-Signature: {base64}", "{url}{form|sorted}"),
    (":method: GET | POST\nX-Twilio-Signature: {base64}\n\n{empty}", "{url}"),
];

pub(crate) const SQUARE: &[(&str, &str)] = &[("S: {base64}", "{url}{body}")];

pub(crate) const PLIVO: &[(&str, &str)] = &[
    (":method: POST\nNonce: {id}\nS: {base64},...", "{url|without-query}?{query|sorted}.{form|sorted}.{id}"),
    (":method: POST\nNonce: {id}\nS: {base64},...", "{url|without-query}?{form|sorted}.{id}"),
    (":method: GET | POST\nNonce: {id}\nS: {base64},...\n\n{empty}", "{url|without-query}?{query|sorted}.{id}"),
];

/// Asserts that a verdict contains a text, or is that there is nothing wrong.
pub(crate) fn assert_says(what: &str, said: &str, expected: &str) {
    let is_right = if expected.is_empty() { said.is_empty() } else { said.contains(expected) };
    assert!(is_right, "{what}: {said:?} instead of {expected:?}");
}

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

/// The HMAC of any content, in hex.
pub(crate) fn hex(content: impl AsRef<[u8]>) -> String {
    signature(&Scheme::new("S: {hex}", "{body}"), content.as_ref())
}

pub(crate) fn base64(content: impl AsRef<[u8]>) -> String {
    signature(&Scheme::new("S: {base64}", "{body}"), content.as_ref())
}

fn signature(scheme: &Scheme, content: &[u8]) -> String {
    Signer::new(scheme.clone(), secret()).unwrap().sign("", content).unwrap()["s"].to_str().unwrap().to_owned()
}

/// The SHA-256 of a body, in hex, as a signer writes it.
pub(crate) fn hash(body: impl AsRef<[u8]>) -> String {
    const HASHED: Scheme = Scheme::new("S: {hex}\nH: {body|sha256-hex}", "{header:H}");
    Signer::new(HASHED, secret()).unwrap().sign("", body.as_ref()).unwrap()["h"].to_str().unwrap().to_owned()
}

/// A provider of these schemes that is registered under a URL, whatever it leaves open.
pub(crate) fn provider(schemes: &[(&'static str, &'static str)], url: &str) -> Provider {
    let schemes: Vec<Scheme> =
        schemes.iter().map(|(headers, covers)| Scheme::try_new(*headers, *covers).unwrap()).collect();
    let provider = Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes).unwrap();
    provider.with_public_url(url.to_owned()).unwrap().raw().accept(Extent::Nothing)
}

pub(crate) fn request(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Request<Vec<u8>> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.as_ref().to_vec()).unwrap()
}

/// What a verifier says to a request: nothing, if it is authentic.
pub(crate) fn verdict(provider: &Provider, request: &Request<Vec<u8>>) -> String {
    let verifier = provider.verifier(secret()).unwrap();
    verifier.verify_request_at(request, now()).map_or_else(|error| error.to_string(), |_| String::new())
}
