use http::{HeaderValue, Request, Uri};
use serde_json::Value;

use super::SenderError;
use crate::error::SignError;
use crate::request::percent_decoded;

/// Each line with the text `right` is left out unless it is to be kept, and gets another line with `other` after it. `false`
/// if there is no such line.
pub(super) fn reword(
    request: &mut Request<Vec<u8>>,
    right: &str,
    keep: bool,
    other: Option<&str>,
) -> Result<bool, SenderError> {
    let mut found = false;
    let mut pairs = Vec::new();
    for pair in request.uri().query().unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_right = percent_decoded(value.as_bytes()).is_some_and(|value| value == right);
        found |= is_right;
        if !is_right || keep {
            pairs.push(pair.to_owned());
        }
        pairs.extend(other.filter(|_| is_right).map(|other| format!("{name}={other}")));
    }
    if found {
        let uri = request.uri().to_string();
        let before = uri.split('?').next().unwrap_or_default();
        *request.uri_mut() = format!("{before}?{}", pairs.join("&")).parse::<Uri>().map_err(SignError::invalid_uri)?;
    }

    let names: Vec<_> =
        request.headers().iter().filter(|(_, value)| *value == right).map(|(name, _)| name.clone()).collect();
    for name in names {
        found = true;
        if !keep {
            request.headers_mut().remove(&name);
        }
        if let Some(Ok(value)) = other.map(HeaderValue::from_str) {
            request.headers_mut().append(name, value);
        }
    }

    if let Ok(body) = serde_json::from_slice::<Value>(request.body()) {
        let mut text = String::new();
        found |= write(&body, right, keep, other, &mut text);
        *request.body_mut() = text.into_bytes();
    }
    Ok(found)
}

/// [`reword`] for JSON, which can have a field twice only as text.
fn write(value: &Value, right: &str, keep: bool, other: Option<&str>, text: &mut String) -> bool {
    let mut found = false;
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                text.push(if place == 0 { '[' } else { ',' });
                found |= write(element, right, keep, other, text);
            }
            text.push_str(if elements.is_empty() { "[]" } else { "]" });
            return found;
        }
        _ => {
            text.push_str(&value.to_string());
            return false;
        }
    };
    let mut comma = "";
    text.push('{');
    for (name, value) in fields {
        let (name, is_right) = (Value::from(name.as_str()), *value == *right);
        found |= is_right;
        if !is_right || keep {
            text.push_str(&format!("{comma}{name}:"));
            found |= write(value, right, keep, other, text);
            comma = ",";
        }
        if let Some(other) = other.filter(|_| is_right) {
            text.push_str(&format!("{comma}{name}:{}", Value::from(other)));
            comma = ",";
        }
    }
    text.push('}');
    found
}
