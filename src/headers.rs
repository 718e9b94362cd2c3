use std::collections::HashMap;

use http::{HeaderMap, HeaderName};

/// The headers of a request, as a [`Verifier`](crate::Verifier) reads them.
///
/// This trait is implemented for `http::HeaderMap`, for slices, arrays and vectors of `(name, value)` pairs, for
/// `HashMap`, and with the feature `actix` for actix-web's header map. Names are compared without regard to case;
/// values are bytes. The trait is sealed, because an implementation that hides a repeated header would permit
/// forgeries.
///
/// ```
/// use hookseal::{Secret, provider};
///
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let signed = provider::EFFICLOSE.signer(secret.clone())?.sign("", b"{}")?;
///
/// // The headers as a server without `http::HeaderMap` has them, in any case.
/// let received = vec![("X-WEBHOOK-SIGNATURE", signed["x-webhook-signature"].as_bytes())];
/// assert!(provider::EFFICLOSE.verifier(secret)?.verify(&received, b"{}").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Headers: sealed::Sealed {
    /// The value of a header that must not occur more than once.
    #[doc(hidden)]
    fn find<'a>(&'a self, name: &HeaderName) -> Found<'a> {
        Found::of(self.values(name))
    }

    /// All values of one header, in the order received.
    #[doc(hidden)]
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]>;

    /// A copy of all headers.
    #[doc(hidden)]
    fn pairs(&self) -> Vec<(String, Vec<u8>)>;
}

/// The value of a header that must not occur more than once.
#[doc(hidden)]
#[derive(Debug)]
pub enum Found<'a> {
    Missing,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Found<'a> {
    #[inline(always)]
    fn of(mut values: impl Iterator<Item = &'a [u8]>) -> Found<'a> {
        match (values.next(), values.next()) {
            (None, _) => Found::Missing,
            (Some(value), None) => Found::Once(value),
            (Some(_), Some(_)) => Found::Repeated,
        }
    }
}

/// Any [`Headers`] as one type, for functions that are called through pointers.
#[derive(Clone, Copy)]
pub(crate) struct AnyHeaders<'f, 'h>(&'f dyn Fn(&HeaderName) -> Found<'h>);

impl<'f, 'h> AnyHeaders<'f, 'h> {
    pub(crate) fn new(find: &'f dyn Fn(&HeaderName) -> Found<'h>) -> AnyHeaders<'f, 'h> {
        AnyHeaders(find)
    }

    pub(crate) fn find(&self, name: &HeaderName) -> Found<'h> {
        self.0(name)
    }
}

/// Headers that are looked at one by one.
const FEW: usize = 6;

impl Headers for HeaderMap {
    #[inline]
    fn find<'a>(&'a self, name: &HeaderName) -> Found<'a> {
        // To look at each of a few names takes less time than to hash one.
        if self.len() <= FEW {
            return Found::of(self.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.as_bytes()));
        }
        // If a map has as many values as names, no name is repeated, and one lookup is enough.
        if self.len() == self.keys_len() {
            return self.get(name).map_or(Found::Missing, |value| Found::Once(value.as_bytes()));
        }
        Found::of(Headers::values(self, name))
    }

    #[inline]
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(http::HeaderValue::as_bytes)
    }

    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        self.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Headers for [(K, V)] {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let is_named = move |(key, _): &&(K, V)| key.as_ref().eq_ignore_ascii_case(name.as_str());
        self.iter().filter(is_named).map(|(_, value)| value.as_ref())
    }

    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        self.iter().map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_vec())).collect()
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, const N: usize> Headers for [(K, V); N] {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.as_slice().values(name)
    }

    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        self.as_slice().pairs()
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(K, V)> {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.as_slice().values(name)
    }

    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        self.as_slice().pairs()
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, S> Headers for HashMap<K, V, S> {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        // Not `get`: the map's own names may be in any case, and two of them may name the same header.
        let is_named = move |(key, _): &(&K, &V)| key.as_ref().eq_ignore_ascii_case(name.as_str());
        self.iter().filter(is_named).map(|(_, value)| value.as_ref())
    }

    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        self.iter().map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_vec())).collect()
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}

    impl Sealed for http::HeaderMap {}
    impl<K, V> Sealed for [(K, V)] {}
    impl<K, V, const N: usize> Sealed for [(K, V); N] {}
    impl<K, V> Sealed for Vec<(K, V)> {}
    impl<K, V, S> Sealed for std::collections::HashMap<K, V, S> {}
}
