//! Bodies inside other values: a gateway's event, a string, the bytes of a buffer, base64.

use std::cell::Cell;

use crate::codec::{read_base64_key, read_hex_key};

use super::body::BodyCandidate;
use super::code::Code;
use super::json::Json;

/// Members by which the envelopes of gateways and programs are known. Any other object with a body inside could be made by
/// whoever forges.
const MARKS: [&str; 12] = [
    "isBase64Encoded",
    "httpMethod",
    "requestContext",
    "rawPath",
    "headers",
    "TopicArn",
    "Type",
    "webhookUrl",
    "rawBody",
    "Records",
    "multiValueHeaders",
    "statusCode",
];

/// The parts of a request.
const PARTS: [&str; 12] =
    ["body", "query", "params", "headers", "method", "url", "path", "cookies", "files", "rawBody", "hostname", "ip"];

/// All fields of a body of this size may be taken for the signed one. Of a larger one, fields that make up four times its
/// size: what is nested in many objects is a part of each.
const MAX_OPENED: usize = 256 << 10;

pub(super) fn opened(body: &[u8], json: Option<&Json>) -> Vec<BodyCandidate> {
    let mut found = Vec::new();
    if let Some(decoded) = base64(body) {
        let told = "The body is the base64 of the signed body, as a gateway hands it over";
        if let Some(twice) = base64(&decoded) {
            found.push(BodyCandidate::new(twice, Code::BodyBase64, "The body is in base64, twice"));
        }
        found.push(BodyCandidate::new(decoded, Code::BodyBase64, told));
    }
    let mut printed = |bytes: Option<Vec<u8>>, told: &str| {
        found.extend(bytes.map(|bytes| BodyCandidate::new(bytes, Code::BodyEnvelope, told)));
    };
    printed(printed_bytes(body), "The body is the signed body's bytes, as a program prints them");
    let mut bytes = Vec::new();
    let is_hex = body.len() >= 4 && body.len().is_multiple_of(2) && read_hex_key(body.trim_ascii(), &mut bytes);
    printed(is_hex.then_some(bytes), "The body is the signed body in hex");
    let Some(json) = json else { return found };
    let left = Cell::new(body.len().saturating_mul(if body.len() <= MAX_OPENED { 128 } else { 4 }));
    let mut wrapped = |bytes: Vec<u8>, told: &str| {
        left.set(left.get().saturating_sub(bytes.len()));
        found.push(BodyCandidate::new(bytes, Code::BodyEnvelope, told));
    };
    match json {
        Json::Text(text) => {
            wrapped(text.clone().into_bytes(), "The body is the signed body in a JSON string");
            if let Some(decoded) = base64(text.as_bytes()) {
                let told = "The body is the base64 of the signed body in a JSON string";
                found.push(BodyCandidate::new(decoded, Code::BodyBase64, told));
            }
            if let Some(Json::Text(text)) = Json::read(text.as_bytes()) {
                let told = "The body is the signed body in a JSON string, twice";
                found.push(BodyCandidate::new(text.into_bytes(), Code::BodyEnvelope, told));
            }
        }
        Json::Array(items) => {
            if let Some(bytes) = bytes_of(items.iter()) {
                wrapped(bytes, "The body is a list of the signed body's bytes");
            }
            if let [_] = items.as_slice() {
                let inner = body.trim_ascii();
                let inner = inner.get(1..inner.len().saturating_sub(1)).unwrap_or_default();
                wrapped(inner.trim_ascii().to_vec(), "The body is the signed body in an array");
            }
        }
        Json::Object(members) => {
            if let Some(Json::Array(items)) = json.get("data")
                && let Some(bytes) = bytes_of(items.iter())
            {
                wrapped(bytes, "The body is a Buffer as JSON");
            }
            if members.iter().enumerate().all(|(at, member)| member.name == at.to_string())
                && let Some(bytes) = bytes_of(members.iter().map(|member| &member.value))
            {
                wrapped(bytes, "The body is an array of bytes as a JSON object");
            }
            // A request as a program hands it on: nothing beside the body but other parts of it.
            let is_request = members.iter().all(|member| PARTS.contains(&member.name.as_str()));
            let is_known =
                members.len() == 1 || is_request || members.iter().any(|member| MARKS.contains(&member.name.as_str()));
            for member in json.all_members().into_iter().filter(|_| is_known).take(64).take_while(|_| left.get() > 0) {
                let told = format!("The signed body is the field `{}` of what was verified", printable(&member.name));
                if let Json::Object(_) | Json::Array(_) = member.value {
                    let inner = body.get(member.value_place.clone()).unwrap_or_default();
                    wrapped(inner.to_vec(), &told);
                    if let Some(Json::Array(items)) = member.value.get("data")
                        && let Some(bytes) = bytes_of(items.iter())
                    {
                        wrapped(bytes, &told);
                    }
                } else if let Some(text) = member.value.text() {
                    wrapped(text.as_bytes().to_vec(), &told);
                    if let Some(decoded) = base64(text.as_bytes()) {
                        wrapped(decoded, &(told + ", in base64"));
                    }
                }
            }
        }
        _ => {}
    }
    found
}

/// `[123 34 105]`, as Go prints bytes, also with commas, and with negative numbers, as Java has them.
fn printed_bytes(body: &[u8]) -> Option<Vec<u8>> {
    let inner = std::str::from_utf8(body).ok()?.trim().strip_prefix('[')?.strip_suffix(']')?;
    let words = inner.split([' ', ',']).filter(|word| !word.is_empty());
    let byte = |word: &str| word.parse::<u8>().ok().or_else(|| word.parse::<i8>().ok().map(i8::cast_unsigned));
    let bytes: Vec<u8> = words.map(byte).collect::<Option<_>>()?;
    (bytes.len() >= 2).then_some(bytes)
}

/// A name as it may be shown: those that people give are short.
fn printable(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_graphic()).take(24).collect()
}

fn bytes_of<'j>(mut items: impl Iterator<Item = &'j Json>) -> Option<Vec<u8>> {
    let bytes = items.try_fold(Vec::new(), |mut bytes, item| match item {
        Json::Number(number) => {
            bytes.push(number.parse().ok()?);
            Some(bytes)
        }
        _ => None,
    })?;
    (bytes.len() >= 2).then_some(bytes)
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    let mut bytes = Vec::new();
    (text.len() >= 4 && read_base64_key(&text, &mut bytes) && !bytes.is_empty()).then_some(bytes)
}
