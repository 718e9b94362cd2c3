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
    pub(crate) line: RequestLine<'r>,
    pub(crate) headers: &'r dyn HeaderLookup<'a>,
}

impl Target<'_, '_> {
    /// A query parameter that occurs once.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'static, str>> {
        let mut values = self.line.query.unwrap_or_default().split('&').filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(key.as_bytes())? == name).then_some(value)
        });
        match (values.next(), values.next()) {
            (Some(value), None) => percent_decoded(value.as_bytes()).map(Cow::Owned),
            _ => None,
        }
    }
}

/// The first line of a request, as far as signatures and handshakes read it. Its path is not: proxies change it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine<'r> {
    pub(crate) method: &'r str,
    /// As it came, without the question mark.
    pub(crate) query: Option<&'r str>,
}

/// The URL under which an endpoint was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    text: Box<str>,
    /// Where the path begins, and where it ends.
    path: (usize, usize),
}

impl PublicUrl {
    /// The longest that [`EndpointUrl`](crate::delivery::EndpointUrl) takes too.
    const MAX: usize = 2048;

    pub(crate) fn new(text: &str) -> Result<PublicUrl, &'static str> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let Some(rest) = rest else { return Err("does not begin with `https://` or `http://`") };
        if text.len() > PublicUrl::MAX {
            return Err("is longer than 2048 bytes");
        }
        if !text.bytes().all(|c| c.is_ascii_graphic()) || text.contains('#') {
            return Err("has a character that no URL of a request has");
        }
        let host = rest.find(['/', '?']).unwrap_or(rest.len());
        let start = text.len() - rest.len() + host;
        let end = text.find('?').unwrap_or(text.len());
        if host == 0 || rest.get(..host).is_some_and(|host| host.contains('@')) {
            return Err("has no host, or a user name");
        }
        Ok(PublicUrl { text: text.into(), path: (start, end) })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn without_query(&self) -> &str {
        self.text.get(..self.path.1).unwrap_or_default()
    }

    /// `/` where the text has none.
    pub(crate) fn path(&self) -> &str {
        match self.text.get(self.path.0..self.path.1) {
            Some("") | None => "/",
            Some(path) => path,
        }
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.text.get(self.path.1 + 1..)
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
