//! A request as one value, from which schemes and event shapes read their places.

use http::HeaderName;

use crate::headers::{Found, Headers};

/// A received request, borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r, 'a> {
    pub(crate) headers: &'r dyn HeaderLookup<'a>,
    pub(crate) body: &'a [u8],
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

/// The headers that an event is read from, kept after the request is gone. The others may be many and large.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptHeaders(Vec<(HeaderName, Box<[u8]>)>);

impl KeptHeaders {
    /// Keeps the named headers. One that occurs twice is kept twice, so that it is refused when it is read.
    pub(crate) fn of<H: Headers + ?Sized>(headers: &H, names: &[HeaderName]) -> KeptHeaders {
        let mut kept = Vec::new();
        for name in names {
            kept.extend(headers.values(name).take(2).map(|value| (name.clone(), Box::from(value))));
        }
        KeptHeaders(kept)
    }
}

impl<'a> HeaderLookup<'a> for &'a KeptHeaders {
    fn header(&self, name: &str) -> Found<'a> {
        let mut values = self.0.iter().filter(|(kept, _)| kept.as_str().eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (None, _) => Found::Missing,
            (Some((_, value)), None) => Found::Once(value),
            (Some(_), Some(_)) => Found::Repeated,
        }
    }
}
