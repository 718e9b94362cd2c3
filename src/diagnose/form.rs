//! Forms that a program parsed and wrote again, or of which it took one field for the body.

use crate::form::Pairs;

use super::body::BodyCandidate;
use super::captured::Captured;
use super::code::Code;
use super::json::Json;

/// How programs encode the values of a form: what they leave as it is, and how they write a blank.
const WRITERS: [(&[u8], bool, bool); 12] = [
    // Upper-case digits, then whether a blank is `+`.
    (b"*-._", true, true),
    (b"-._~", true, true),
    (b"-._~", true, false),
    (b"-._", true, true),
    (b"-_.!~*'()", true, false),
    (b"-_.!~*'()", true, true),
    (b"-._~/", true, true),
    (b"-._~/", true, false),
    (b"*-._", false, true),
    (b"-._~", false, true),
    (b"-._~", false, false),
    (b"-._~:/?[]@!$'()*,;", true, false),
];

pub(super) fn candidates(request: &Captured, json: Option<&Json>) -> Vec<BodyCandidate> {
    let body = request.body();
    let kind = ["content-type", "CONTENT_TYPE", "HTTP_CONTENT_TYPE"].iter().find_map(|name| request.header(name));
    let may_be_form = kind.is_none_or(|kind| !kind.to_ascii_lowercase().contains("json"));
    let says_form = kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("form-urlencoded"));
    let mut found: Vec<BodyCandidate> = Vec::new();
    let mut add = |pairs: &[(String, String)], told: &str| {
        for (kept, upper, plus) in WRITERS {
            let bytes = written(pairs, kept, upper, plus);
            if bytes != body && !found.iter().any(|known| known.bytes == bytes) {
                found.push(BodyCandidate::new(bytes, Code::BodyForm, told));
            }
        }
    };
    match json {
        // A sender of JSON says so.
        Some(_) if !may_be_form => {}
        Some(json) => {
            let pairs: Option<Vec<_>> = json
                .members()
                .iter()
                .map(|member| match &member.value {
                    Json::Text(text) | Json::Number(text) => Some((member.name.clone(), text.clone())),
                    Json::Bool(value) => Some((member.name.clone(), value.to_string())),
                    Json::Null => Some((member.name.clone(), String::new())),
                    Json::Object(_) | Json::Array(_) => {
                        let text = std::str::from_utf8(body.get(member.value_place.clone())?).ok()?;
                        Some((member.name.clone(), text.to_owned()))
                    }
                })
                .collect();
            if let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) {
                add(&pairs, "The form was parsed, and its fields were written as JSON");
            }
            if let Ok(text) = std::str::from_utf8(body) {
                for name in ["payload", "data", "json", "body", "event", "mandrill_events", "Body"] {
                    let pair = (name.to_owned(), text.to_owned());
                    add(&[pair], &format!("The signed body is a form, and its field `{name}` was verified"));
                }
            }
        }
        None if says_form || body.contains(&b'=') => {
            if let Some(pairs) = Pairs::read_bounded(body).map(Pairs::into_list).filter(|pairs| !pairs.is_empty()) {
                add(&pairs, "The form was parsed and written again");
                let mut sorted = pairs.clone();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                add(&sorted, "The form was parsed and written again");
            }
            if let Ok(text) = std::str::from_utf8(body) {
                // Decoded as a whole: only `&` and `=` still separate.
                let pairs: Vec<_> = text
                    .split('&')
                    .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                add(&pairs, "The form was decoded before it was verified");
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                add(&[(name.to_owned(), value.to_owned())], "The form was decoded before it was verified");
            }
        }
        None => {}
    }
    found
}

fn written(pairs: &[(String, String)], kept: &[u8], upper: bool, plus: bool) -> Vec<u8> {
    let mut text = Vec::new();
    let mut write = |part: &str| {
        for byte in part.bytes() {
            match byte {
                b' ' if plus => text.push(b'+'),
                byte if byte.is_ascii_alphanumeric() || kept.contains(&byte) => text.push(byte),
                byte => {
                    let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
                    text.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
                }
            }
        }
        text.len()
    };
    let mut joined = Vec::new();
    for (name, value) in pairs {
        let middle = write(name);
        let end = write(value);
        joined.push((middle, end));
    }
    let mut form = Vec::with_capacity(text.len() + 2 * pairs.len());
    let mut start = 0;
    for (middle, end) in joined {
        if start > 0 {
            form.push(b'&');
        }
        form.extend_from_slice(text.get(start..middle).unwrap_or_default());
        form.push(b'=');
        form.extend_from_slice(text.get(middle..end).unwrap_or_default());
        start = end;
    }
    form
}
