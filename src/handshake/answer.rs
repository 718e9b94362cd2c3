//! Answers, as a provider's texts describe them.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::codec::Encoding;
use crate::text::trimmed;

use super::parse::{body_start, placeholder};
use super::{Asked, Handshake};

impl Handshake {
    /// The answer to what was asked. `mac` gives the MAC of a text under the current key, in an encoding. `None` if a value
    /// cannot be in a header.
    pub(crate) fn respond(&self, asked: &Asked, mac: &dyn Fn(&[u8], Encoding) -> String) -> Option<Response<Vec<u8>>> {
        respond(&self.answer, asked.challenge(), mac)
    }
}

/// The answer to a delivery that was processed, which has no placeholders.
pub(crate) fn acknowledge(answer: &str) -> Option<Response<Vec<u8>>> {
    respond(answer, "", &|_, _| String::new())
}

fn respond(answer: &str, challenge: &str, mac: &dyn Fn(&[u8], Encoding) -> String) -> Option<Response<Vec<u8>>> {
    let (head, body) = halves(answer);
    let (mut status, mut headers) = (StatusCode::OK, HeaderMap::new());
    let is_json = body.starts_with("{\"");
    if !body.is_empty() {
        let content_type = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        // What comes back from a request must never be taken for a page.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for line in head.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix(":status:") {
            Some(code) => status = code.trim().parse().ok()?,
            None => {
                let (name, value) = line.split_once(':')?;
                let value = filled(value.trim(), challenge, mac, str::to_owned);
                headers.insert(name.trim().parse::<HeaderName>().ok()?, HeaderValue::from_str(&value).ok()?);
            }
        }
    }
    let written = if is_json { in_string } else { str::to_owned };
    let mut response = Response::new(filled(body, challenge, mac, written).into_bytes());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

/// The header lines, and the body as it is sent.
fn halves(answer: &str) -> (&str, &str) {
    let (head, body) = answer.split_at_checked(body_start(answer.as_bytes())).unwrap_or((answer, ""));
    (head, trimmed(body))
}

/// The body, if there is one.
pub(super) fn body(answer: &str) -> Option<&str> {
    Some(halves(answer).1).filter(|body| !body.is_empty())
}

/// The lines of an answer. There is an empty one between the headers and the body where something would be read differently
/// without it.
pub(super) fn lines(answer: &str) -> Vec<&str> {
    let (head, body) = halves(answer);
    let mut lines: Vec<_> = head.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_status = |line: &str| line.starts_with(":status:");
    let body: Vec<_> = if body.is_empty() { Vec::new() } else { body.split('\n').collect() };
    let is_split = match (lines.first(), body.first()) {
        (Some(first), None) => !is_status(first),
        (Some(_), Some(_)) => true,
        (None, Some(first)) => is_status(first) || body.iter().any(|line| line.trim().is_empty()),
        (None, None) => false,
    };
    lines.extend(is_split.then_some(""));
    lines.extend(body);
    lines
}

/// A text with its placeholders filled in.
fn filled(
    template: &str,
    challenge: &str,
    mac: &dyn Fn(&[u8], Encoding) -> String,
    written: fn(&str) -> String,
) -> String {
    let (mut text, mut rest) = (String::new(), template);
    while let Some(at) = rest.find('{') {
        let (before, here) = rest.split_at(at);
        text.push_str(before);
        let length = match placeholder(here.as_bytes(), 0) {
            Some((length, false)) => {
                text.push_str(&written(challenge));
                length
            }
            Some((length, true)) => {
                let encoding = if here.starts_with("{challenge|hmac-hex}") { Encoding::Hex } else { Encoding::Base64 };
                text.push_str(&mac(challenge.as_bytes(), encoding));
                length
            }
            None => {
                text.push('{');
                1
            }
        };
        rest = here.get(length..).unwrap_or_default();
    }
    text + rest
}

/// A text as it is inside a JSON string.
fn in_string(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_owned()
}
