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
