//! The request of a handshake, as a sender makes it.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::{Map, Value};

use crate::error::SignError;
use crate::form::component;
use crate::place::{Half, Step};

use super::{Alphabet, Handshake, Wants};

impl Handshake {
    /// A challenge that the alphabet admits, made of random bytes.
    pub(crate) fn challenge_of(&self, random: &[u8; 16]) -> String {
        let alphabet = self.lines().find_map(|line| match line.wants {
            Wants::Challenge(alphabet) => Some(alphabet),
            Wants::NewSecret => Some(Alphabet::Token),
            Wants::Constant(_) | Wants::VerifyToken => None,
        });
        match alphabet {
            // At most twenty digits: 64 bits.
            Some(Alphabet::Digits) => (u128::from_be_bytes(*random) >> 64).to_string(),
            _ => crate::codec::hex_text(random),
        }
    }

    /// The request that asks. It is not signed yet.
    pub(crate) fn question(
        &self,
        uri: &Uri,
        challenge: &str,
        verify_token: Option<&str>,
    ) -> Result<Request<Vec<u8>>, SignError> {
        let (mut query, mut form, mut body) = (String::new(), String::new(), Value::Null);
        let mut request = Request::new(Vec::new());
        for line in self.lines() {
            let name = self.text(line.place.name);
            let value = match line.wants {
                Wants::Constant(text) => self.text(text),
                Wants::Challenge(_) | Wants::NewSecret => challenge,
                Wants::VerifyToken => verify_token.unwrap_or_default(),
            };
            match line.place.half {
                Half::Query => {
                    query.push(if query.is_empty() { '?' } else { '&' });
                    query.extend([&component(name), "=", &component(value)]);
                }
                Half::Header => {
                    // The notation admits only names, and a token may be anything that was given.
                    let name = HeaderName::from_bytes(name.as_bytes()).map_err(SignError::invalid_uri)?;
                    let value = HeaderValue::from_str(value).map_err(|_| SignError::Header {
                        header: name.clone(),
                        problem: "cannot contain the verify token",
                    })?;
                    request.headers_mut().insert(name, value);
                }
                Half::Form => {
                    form.push_str(if form.is_empty() { "" } else { "&" });
                    form.extend([&component(name), "=", &component(value)]);
                }
                Half::Body => {
                    // As the sample has it: a number where it shows one.
                    let is_number = matches!(line.wants, Wants::Constant(_));
                    let number = value.parse::<u64>().ok().filter(|number| is_number && number.to_string() == value);
                    let value = number.map_or_else(|| Value::from(value), Value::from);
                    body = self.with_value(body, self.steps.of(&line.place), value);
                }
            }
        }
        let (content_type, body) = match (body.is_null(), form.is_empty()) {
            (false, _) => (Some("application/json"), body.to_string()),
            (true, false) => (Some("application/x-www-form-urlencoded"), form),
            (true, true) => (None, form),
        };
        let content_type = content_type.map(|name| (CONTENT_TYPE, HeaderValue::from_static(name)));
        request.headers_mut().extend(content_type);
        *request.body_mut() = body.into_bytes();
        *request.method_mut() = Method::from_bytes(self.method().as_bytes()).unwrap_or(Method::POST);
        let text = uri.to_string();
        let joined = match (query.strip_prefix('?'), text.contains('?')) {
            (Some(query), true) => format!("{text}&{query}"),
            _ => text + &query,
        };
        *request.uri_mut() = joined.parse::<Uri>().map_err(SignError::invalid_uri)?;
        Ok(request)
    }

    /// The JSON with this value where the steps lead.
    fn with_value(&self, json: Value, steps: &[Step], value: Value) -> Value {
        match steps {
            [] => value,
            [Step::Field(name), rest @ ..] => {
                let mut fields = if let Value::Object(fields) = json { fields } else { Map::new() };
                let name = self.text(*name);
                let inner = fields.remove(name).unwrap_or_default();
                fields.insert(name.to_owned(), self.with_value(inner, rest, value));
                Value::Object(fields)
            }
            [_, rest @ ..] => {
                let first = if let Value::Array(mut elements) = json { elements.pop() } else { None };
                Value::Array(vec![self.with_value(first.unwrap_or_default(), rest, value)])
            }
        }
    }
}
