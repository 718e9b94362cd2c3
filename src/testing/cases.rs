//! What an attacker, a broken sender and an honest one may send. What to expect of each, the verifier decides.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use time::Duration;

use super::attack::AttackKit;
use super::{Sender, SenderError};
use crate::error::SignError;
use crate::keyring::Keyring;
use crate::provider;
use crate::scheme::Extent;
use crate::secret::Secret;

pub(super) struct Case {
    pub(super) name: String,
    pub(super) request: Request<Bytes>,
    pub(super) kind: Kind,
}

/// What the body is, if the request is authentic.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// An event that the endpoint handles.
    Good,
    /// An event of a type that nobody has heard of.
    UnknownType,
    /// No event at all.
    Unreadable,
}

type Change = fn(&mut Vec<u8>);
type Rewrite = fn(&str) -> String;
type QueryChange = fn(&str) -> Option<String>;
type UrlChange = fn(&str) -> Option<String>;

/// How a header's value is changed.
const HEADER_CHANGES: &[(&str, Change)] = &[
    ("is empty", Vec::clear),
    ("is another text", |value| *value = b"not what it should be".to_vec()),
    ("is cut in half", |value| value.truncate(value.len() / 2)),
    ("has one character more", |value| value.push(b'0')),
    ("has another first character", |value| change(value.first_mut())),
    ("has another last character", |value| change(value.last_mut())),
    ("is not ASCII", |value| value.push(0xFF)),
];

/// How a body is changed after it was signed.
const BODY_CHANGES: &[(&str, Change)] = &[
    ("one bit flipped", |body| {
        let middle = body.len() / 2;
        body.get_mut(middle).into_iter().for_each(|byte| *byte ^= 1);
    }),
    ("a blank at the end", |body| body.push(b' ')),
    ("its last byte cut off", |body| body.truncate(body.len().saturating_sub(1))),
    ("nothing left", Vec::clear),
    ("the same JSON, formatted otherwise", |body| *body = reformatted(body)),
];

/// How a query is changed after it was signed. `None` if there is nothing to change.
const QUERY_CHANGES: &[(&str, QueryChange)] = &[
    ("one parameter more", |query| Some(format!("{query}{}hookseal-added=1", if query.is_empty() { "" } else { "&" }))),
    ("nothing left", |query| (!query.is_empty()).then(String::new)),
    ("its last character cut off", |query| Some(query.get(..query.len().checked_sub(1)?)?.to_owned())),
    ("its first parameter twice", |query| Some(format!("{}&{query}", query.split('&').find(|pair| !pair.is_empty())?))),
    ("its parameters in another order", |query| {
        let (first, rest) = query.split_once('&')?;
        Some(format!("{rest}&{first}"))
    }),
];

/// The URL of an endpoint elsewhere.
const URL_CHANGES: &[(&str, UrlChange)] = &[
    ("host", |url| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.find(['/', '?']).unwrap_or(rest.len());
        Some(format!("{scheme}://attacker.example{}", rest.get(host..)?))
    }),
    ("path", |url| {
        let end = url.find('?').unwrap_or(url.len());
        Some(format!("{}/elsewhere{}", url.get(..end)?.trim_end_matches('/'), url.get(end..)?))
    }),
];

/// A replacement for the timestamp, made from the right one.
const TIMESTAMPS: &[(&str, Rewrite)] = &[
    ("empty", |_| String::new()),
    ("a number with a sign", |time| format!("+{time}")),
    ("a number with a zero in front", |time| format!("0{time}")),
    ("a negative number", |time| format!("-{time}")),
    ("a fraction", |time| format!("{time}.5")),
    ("beyond 63 bits", |_| "9223372036854775808".to_owned()),
    ("the least of 64 bits", |_| "-9223372036854775808".to_owned()),
    ("beyond 64 bits", |_| "99999999999999999999".to_owned()),
    ("a word", |_| "soon".to_owned()),
];

/// Signed, and yet nothing to read.
const UNREADABLE: &[(&str, &[u8])] = &[
    ("an empty body", b""),
    ("no JSON", b"this is no JSON"),
    ("JSON that ends too soon", br#"{"type":"#),
    ("a list", b"[]"),
    ("an empty object", b"{}"),
    ("bytes that are no text", b"\xFF\xFE\x00{\"a\":1}"),
    ("a byte order mark", b"\xEF\xBB\xBF{}"),
];

/// Deeper than a recursive parser should follow.
const DEEP: usize = 100_000;

pub(super) fn all(kit: &AttackKit) -> Result<Vec<Case>, SenderError> {
    let mut cases = Cases { kit, list: Vec::new() };
    cases.keys()?;
    cases.headers()?;
    cases.times()?;
    cases.targets()?;
    cases.contents()?;
    Ok(cases.list)
}

/// Somebody who does not know the secret.
pub(super) fn stranger(kit: &AttackKit) -> Result<Sender, SenderError> {
    kit.sender.with_keys(Secret::from_bytes([0x55; 32])?)
}

struct Cases<'k> {
    kit: &'k AttackKit,
    list: Vec<Case>,
}

impl Cases<'_> {
    fn keys(&mut self) -> Result<(), SenderError> {
        let kit = self.kit;
        let provider = kit.sender.provider();
        for (place, secret) in kit.keys.secrets().enumerate() {
            let name = match place {
                0 => "signed with the current secret".to_owned(),
                _ => format!("signed with previous secret {place}"),
            };
            self.signed(&name, &kit.sender.with_keys(secret.clone())?)?;
        }
        self.signed("signed with another secret", &stranger(kit)?)?;
        // HMAC fills a short key up with zeros: these sixteen are the empty secret.
        if let Ok(sender) = kit.sender.with_keys(Secret::from_bytes([0; 16])?) {
            self.signed("signed with the empty secret", &sender)?;
        }
        for other in [&provider::GITHUB, &provider::STANDARD_WEBHOOKS] {
            if let (false, Ok(sender)) =
                (other.name() == provider.name(), kit.sender.with_provider(other, kit.keys.clone()))
            {
                self.signed(&format!("signed as {} does", other.name()), &sender)?;
            }
        }
        // Visible, as a secret that is sent itself must be.
        let wrong = |n| Secret::from_bytes([b'a' + n; 32]);
        let others = (2..8).map(wrong).chain(kit.keys.secrets().take(1).cloned().map(Ok));
        let many = others.into_iter().try_fold(Keyring::new(wrong(1)?), |keys, secret| keys.with_previous(secret?))?;
        self.signed("a good signature after seven others", &kit.sender.with_keys(many)?)
    }

    fn headers(&mut self) -> Result<(), SenderError> {
        let mut unsigned = self.good()?;
        unsigned.headers_mut().clear();
        self.add("no header at all", unsigned, Kind::Good);
        for name in self.header_names()? {
            let mut missing = self.good()?;
            missing.headers_mut().remove(&name);
            self.add(&format!("header `{name}` is missing"), missing, Kind::Good);

            let mut doubled = self.good()?;
            if let Some(value) = doubled.headers().get(&name).cloned() {
                doubled.headers_mut().append(&name, value);
            }
            self.add(&format!("header `{name}` occurs twice"), doubled, Kind::Good);

            let mut contradicted = self.good()?;
            contradicted.headers_mut().append(&name, HeaderValue::from_static("another"));
            self.add(&format!("header `{name}` occurs twice, differently"), contradicted, Kind::Good);

            for (change, apply) in HEADER_CHANGES {
                let mut changed = self.good()?;
                if change_values(changed.headers_mut(), Some(&name), apply) {
                    self.add(&format!("header `{name}` {change}"), changed, Kind::Good);
                }
            }

            let (mut request, other) = (self.good()?, self.good()?);
            if let Some(value) = other.headers().get(&name) {
                request.headers_mut().insert(&name, value.clone());
                self.add(&format!("header `{name}` is from another request"), request, Kind::Good);
            }
        }
        Ok(())
    }

    fn times(&mut self) -> Result<(), SenderError> {
        let scheme = self.kit.sender.provider().scheme();
        let past = i64::from(scheme.past().unwrap_or_default());
        let future = i64::from(scheme.future().unwrap_or_default());
        // Apart from the edges, since the endpoint's clock goes on while we look at ours.
        let moments = [
            ("long ago", -past - 3600),
            ("far ahead", future + 3600),
            ("almost too long ago", 30 - past),
            ("almost too far ahead", future - 30),
        ];
        for (moment, seconds) in moments.into_iter().filter(|_| scheme.replay_window().is_some()) {
            let body = self.kit.body(self.list.len())?;
            let request = self.kit.sign(&self.kit.sender, body, Duration::seconds(seconds))?;
            self.add(&format!("signed {moment}"), request, Kind::Good);
        }
        let time = self.kit.sender.time().unix_timestamp().to_string();
        for (kind, written) in TIMESTAMPS {
            let mut request = self.good()?;
            let wrong = written(&time);
            let replaced = change_values(request.headers_mut(), None, |value| {
                if let Ok(text) = std::str::from_utf8(value) {
                    *value = text.replace(&time, &wrong).into_bytes();
                }
            });
            if replaced {
                self.add(&format!("the timestamp is {kind}"), request, Kind::Good);
            }
        }
        Ok(())
    }

    /// The method, the query and the URL, as far as they are signed.
    fn targets(&mut self) -> Result<(), SenderError> {
        let provider = self.kit.sender.provider();
        let request = self.good()?;
        let Ok(verified) = self.kit.verifier.verify_request_at(&request, self.kit.sender.time()) else { return Ok(()) };
        let coverage = provider.coverage(verified.proof());
        if coverage.has_method() {
            for method in [Method::PUT, Method::GET, Method::DELETE] {
                let mut request = self.good()?;
                *request.method_mut() = method.clone();
                self.add(&format!("sent with {method}"), request, Kind::Good);
            }
        }
        // That of a parameter which no provider has: so all of them are.
        if coverage.has_parameter("hookseal-added") {
            for (change, apply) in QUERY_CHANGES {
                let mut request = self.good()?;
                if let Some(uri) = with_query(request.uri(), apply) {
                    *request.uri_mut() = uri;
                    self.add(&format!("a query with {change}"), request, Kind::Good);
                }
            }
        }
        for (what, forge) in URL_CHANGES.iter().filter(|_| coverage.has_path()) {
            let Some(url) = provider.public_url().and_then(forge) else { continue };
            // Signed with the right key: a provider's other customers may have it, and each endpoint of one customer.
            let elsewhere =
                self.kit.sender.with_provider(&provider.with_public_url(url.clone())?, self.kit.keys.clone())?;
            self.signed(&format!("signed for another {what} of the URL"), &elsewhere)?;

            let Some(mut request) = self.fitting(&elsewhere, self.kit.body(self.list.len())?)? else { continue };
            let (scheme, rest) = url.split_once("://").unwrap_or_default();
            let host = rest.split(['/', '?']).next().unwrap_or_default();
            for (name, value) in [("x-forwarded-proto", scheme), ("x-forwarded-host", host), ("x-original-host", host)]
            {
                if let Ok(value) = HeaderValue::from_str(value) {
                    request.headers_mut().insert(name, value);
                }
            }
            self.add(
                &format!("signed for another {what} of the URL, which X-Forwarded headers name"),
                request,
                Kind::Good,
            );
        }
        Ok(())
    }

    fn contents(&mut self) -> Result<(), SenderError> {
        // If not every byte of the body is signed, a changed one may be authentic, and may be an event or not.
        let changed_kind = match self.kit.sender.provider().extent() {
            Extent::Whole => Kind::Good,
            _ => Kind::Unreadable,
        };
        for (change, apply) in BODY_CHANGES {
            let (parts, body) = self.good()?.into_parts();
            let mut changed = body.to_vec();
            apply(&mut changed);
            if changed != body {
                let request = Request::from_parts(parts, changed.into());
                self.add(&format!("a body with {change}"), request, changed_kind);
            }
        }
        let (parts, other) = (self.good()?.into_parts().0, self.good()?.into_body());
        self.add("the body of another request", Request::from_parts(parts, other), Kind::Good);

        let formatted = reformatted(&self.kit.body(self.list.len())?);
        self.content("JSON in an unusual format, signed so", formatted.into(), Kind::Good)?;
        if let Some(body) = self.kit.unknown_type() {
            let (sender, body) = body?;
            let request = self.kit.sign(&sender, body, Duration::ZERO)?;
            self.add("an event of a type added tomorrow", request, Kind::UnknownType);
        }
        for (what, body) in UNREADABLE {
            self.content(&format!("signed: {what}"), Bytes::from_static(body), Kind::Unreadable)?;
        }
        self.content(
            "signed: deeply nested JSON",
            vec![b'['; DEEP.min(self.kit.max_received)].into(),
            Kind::Unreadable,
        )?;

        for (case, length) in [("the largest body", 0), ("one byte more than the largest body", 1)] {
            let mut body = self.kit.body(self.list.len())?.to_vec();
            let length = self.kit.max_received.saturating_add(length);
            if length >= body.len() {
                body.resize(length, b' ');
                self.content(case, body.into(), Kind::Good)?;
            }
        }
        Ok(())
    }

    fn content(&mut self, name: &str, body: Bytes, kind: Kind) -> Result<(), SenderError> {
        if let Some(request) = self.fitting(&self.kit.sender, body)? {
            self.add(name, request, kind);
        }
        Ok(())
    }

    /// `None` for a body that the scheme cannot sign.
    fn fitting(&self, sender: &Sender, body: Bytes) -> Result<Option<Request<Bytes>>, SenderError> {
        match self.kit.sign(sender, body, Duration::ZERO) {
            Err(SenderError::Sign(SignError::Unfit { .. })) => Ok(None),
            signed => signed.map(Some),
        }
    }

    fn signed(&mut self, name: &str, sender: &Sender) -> Result<(), SenderError> {
        if let Some(request) = self.fitting(sender, self.kit.body(self.list.len())?)? {
            self.add(name, request, Kind::Good);
        }
        Ok(())
    }

    fn good(&self) -> Result<Request<Bytes>, SenderError> {
        self.kit.sign(&self.kit.sender, self.kit.body(self.list.len())?, Duration::ZERO)
    }

    /// Those that the scheme writes or covers. Not an id that is not signed: a receiver need not look at it.
    fn header_names(&self) -> Result<Vec<HeaderName>, SenderError> {
        let request = self.good()?;
        let now = self.kit.sender.time();
        let verified = self.kit.verifier.verify_request_at(&request, now);
        let unsigned_id = verified.ok().and_then(|verified| verified.proof().unsigned_id());
        let is_needed = |name: &HeaderName| {
            let mut without = request.clone();
            without.headers_mut().remove(name);
            self.kit.verifier.verify_request_at(&without, now).is_err()
        };
        let is_free = |name: &HeaderName, value: &HeaderValue| {
            let is_added = self.kit.sender.adds(name) && !is_needed(name);
            *name == CONTENT_TYPE || is_added || unsigned_id.is_some_and(|id| value == id)
        };
        let judged = request.headers().iter().filter(|(name, value)| !is_free(name, value));
        Ok(judged.map(|(name, _)| name.clone()).collect())
    }

    fn add(&mut self, name: &str, request: Request<Bytes>, kind: Kind) {
        self.list.push(Case { name: name.to_owned(), request, kind });
    }
}

/// Changes the values of a header, or of all but the content type. `false` if they are as they were.
fn change_values(headers: &mut HeaderMap, only: Option<&HeaderName>, change: impl Fn(&mut Vec<u8>)) -> bool {
    let mut changed = false;
    let chosen = |name: &HeaderName| only.map_or(name != CONTENT_TYPE, |only| only == name);
    for (_, value) in headers.iter_mut().filter(|(name, _)| chosen(name)) {
        let mut bytes = value.as_bytes().to_vec();
        change(&mut bytes);
        if bytes != value.as_bytes()
            && let Ok(new) = HeaderValue::from_bytes(&bytes)
        {
            *value = new;
            changed = true;
        }
    }
    changed
}

/// The URI with another query; `None` if it stays the same.
fn with_query(uri: &Uri, change: impl Fn(&str) -> Option<String>) -> Option<Uri> {
    let query = uri.query().unwrap_or_default();
    let changed = change(query).filter(|changed| changed != query)?;
    let mut parts = uri.clone().into_parts();
    let mark = if changed.is_empty() { "" } else { "?" };
    parts.path_and_query = format!("{}{mark}{changed}", uri.path()).parse().ok();
    Uri::from_parts(parts).ok()
}

/// Another character of the same kind, as far as signatures go.
fn change(byte: Option<&mut u8>) {
    byte.into_iter().for_each(|byte| *byte = if *byte == b'a' { b'b' } else { b'a' });
}

/// The same JSON with white space where nobody writes it; anything but an object gets a blank.
fn reformatted(body: &[u8]) -> Vec<u8> {
    let inner = body.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    match inner {
        Some(inner) => [b"{\n\t ", inner, b" \r\n}"].concat(),
        None => [body, b" "].concat(),
    }
}
