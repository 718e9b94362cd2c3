//! A request as one value, from which schemes and event shapes read their places.

use std::borrow::Cow;

use http::HeaderName;

use crate::headers::{Found, Headers};

/// A received request, borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r, 'a> {
    pub(crate) headers: &'r dyn HeaderLookup<'a>,
    pub(crate) body: &'a [u8],
}

/// What of a request is known before its body.
#[derive(Clone, Copy)]
pub(crate) struct Target<'r, 'a> {
    pub(crate) method: &'r str,
    /// As it came, without the question mark.
    pub(crate) query: Option<&'r str>,
    pub(crate) headers: &'r dyn HeaderLookup<'a>,
}

impl Target<'_, '_> {
    /// A query parameter that occurs once.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'static, str>> {
        let mut values = self.query.unwrap_or_default().split('&').filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(key.as_bytes())? == name).then_some(value)
        });
        match (values.next(), values.next()) {
            (Some(value), None) => percent_decoded(value.as_bytes()).map(Cow::Owned),
            _ => None,
        }
    }
}

/// [`Headers`], asked by a name in a template.
pub(crate) trait HeaderLookup<'a> {
    fn header(&self, name: &str) -> Found<'a>;
}

/// The headers of a request that has none, or whose headers nobody reads.
pub(crate) struct NoHeaders;

impl<'a> HeaderLookup<'a> for NoHeaders {
    fn header(&self, _: &str) -> Found<'a> {
        Found::Missing
    }
}

impl<'a, H: Headers + ?Sized> HeaderLookup<'a> for &'a H {
    fn header(&self, name: &str) -> Found<'a> {
        HeaderName::from_bytes(name.as_bytes()).map_or(Found::Missing, |name| (*self).find(&name))
    }
}

/// A part of a form or of a query. Strictly: a `%` that two hex digits do not follow is an error, and so is what is not
/// UTF-8.
pub(crate) fn percent_decoded(text: &[u8]) -> Option<String> {
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        decoded.push(match first {
            b'+' => b' ',
            b'%' => {
                let [high, low, after @ ..] = after else { return None };
                rest = after;
                hex(*high)? << 4 | hex(*low)?
            }
            other => *other,
        });
    }
    String::from_utf8(decoded).ok()
}
