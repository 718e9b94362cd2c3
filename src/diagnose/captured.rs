use std::fmt;

use bytes::Bytes;
use http::Request;

/// A request as it was received, to be looked at later.
///
/// Its `Debug` output contains neither headers nor body.
///
/// ```
/// use hookseal::diagnose::Captured;
///
/// let headers = [("Content-Type", "application/json"), ("X-Signature", "0a1b")];
/// let captured = Captured::new("POST", "https://example.com/hook?x=1", headers, "{}");
/// assert_eq!(captured.body(), b"{}");
/// assert_eq!(captured.url(), "https://example.com/hook?x=1");
/// ```
#[derive(Clone)]
pub struct Captured {
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    /// Shared with the copies that have another URL or another header.
    body: Bytes,
}

impl Captured {
    /// A request: its method, its URL (public if you know it, otherwise the path and query), its headers in order, and the
    /// body as it was verified.
    ///
    /// ```
    /// use hookseal::diagnose::Captured;
    ///
    /// let captured = Captured::new("POST", "/hook", [("X-Signature", "0a1b")], b"{}");
    /// assert_eq!(captured.method(), "POST");
    /// ```
    pub fn new<N: Into<String>, V: Into<Vec<u8>>>(
        method: impl Into<String>,
        url: impl Into<String>,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl Into<Vec<u8>>,
    ) -> Captured {
        let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Captured { method: method.into(), url: url.into(), headers, body: Bytes::from(body.into()) }
    }

    /// A request of the `http` crate.
    ///
    /// ```
    /// use hookseal::diagnose::Captured;
    ///
    /// let request = http::Request::post("/hook").header("X-Signature", "0a1b").body("{}")?;
    /// assert_eq!(Captured::from_request(&request).headers().count(), 1);
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn from_request<B: AsRef<[u8]>>(request: &Request<B>) -> Captured {
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let uri = request.uri().to_string();
        Captured::new(request.method().as_str(), uri, headers, request.body().as_ref())
    }

    /// The method.
    ///
    /// ```
    /// # use hookseal::diagnose::Captured;
    /// let captured = Captured::new("POST", "/hook?x=1", [("X-Signature", "0a1b")], "{}");
    /// assert_eq!(captured.method(), "POST");
    /// ```
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL, or the path and query.
    ///
    /// ```
    /// # use hookseal::diagnose::Captured;
    /// let captured = Captured::new("POST", "/hook?x=1", [("X-Signature", "0a1b")], "{}");
    /// assert_eq!(captured.url(), "/hook?x=1");
    /// ```
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers in order.
    ///
    /// ```
    /// # use hookseal::diagnose::Captured;
    /// let captured = Captured::new("POST", "/hook?x=1", [("X-Signature", "0a1b")], "{}");
    /// assert_eq!(captured.headers().next(), Some(("X-Signature", &b"0a1b"[..])));
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The body.
    ///
    /// ```
    /// # use hookseal::diagnose::Captured;
    /// let captured = Captured::new("POST", "/hook?x=1", [("X-Signature", "0a1b")], "{}");
    /// assert_eq!(captured.body(), b"{}");
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The same under a public URL, with the query of this one.
    pub(super) fn with_base(&self, url: &str) -> Captured {
        let base = url.split('?').next().unwrap_or_default();
        let query = self.query().map(|query| format!("?{query}")).unwrap_or_default();
        Captured { url: format!("{base}{query}"), ..self.clone() }
    }

    pub(super) fn with_url(&self, url: String) -> Captured {
        Captured { url, ..self.clone() }
    }

    /// The same with another name and value of one header. `None` leaves the value.
    pub(super) fn with_header(&self, place: usize, name: &str, value: Option<String>) -> Captured {
        let mut new = self.clone();
        if let Some(header) = new.headers.get_mut(place) {
            name.clone_into(&mut header.0);
            header.1 = value.map_or_else(|| std::mem::take(&mut header.1), String::into_bytes);
        }
        new
    }

    pub(super) fn pairs(&self) -> &Vec<(String, Vec<u8>)> {
        &self.headers
    }

    /// The query, without its question mark.
    pub(super) fn query(&self) -> Option<&str> {
        self.url.split_once('?').map(|(_, query)| query)
    }

    /// The text of the first header with a name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(&found.1).ok()
    }

    /// What `Content-Length` says, also under the name that CGI gives it.
    pub(super) fn content_length(&self) -> Option<usize> {
        let text =
            ["content-length", "CONTENT_LENGTH", "HTTP_CONTENT_LENGTH"].iter().find_map(|name| self.header(name));
        text?.trim().parse().ok()
    }

    /// Whether the body has the length that `Content-Length` says. `None` without one.
    pub(super) fn has_its_length(&self) -> Option<bool> {
        Some(self.content_length()? == self.body.len())
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}
