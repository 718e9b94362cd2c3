use http::{HeaderMap, Response};

/// The response of an endpoint, as [`AttackKit::run`](super::AttackKit::run) judges it: made from an `http::Response`, from
/// its status, headers and text, from its status and text, or from its status alone.
///
/// The headers matter for [handshakes](crate::Handshake): some are answered in a header, and a challenge must not be repeated
/// as HTML. If the headers are unknown, the kit judges the rest.
///
/// ```
/// use hookseal::testing::Reply;
///
/// let response = http::Response::builder().status(401).header("content-type", "text/plain").body("no")?;
/// let reply = Reply::from(response);
/// assert_eq!((reply.status, reply.text.as_str()), (401, "no"));
/// assert!(reply.headers.is_some_and(|headers| headers["content-type"] == "text/plain"));
///
/// assert_eq!(Reply::from((401, "no".to_owned())).headers, None);
/// assert_eq!(Reply::from(200).status, 200);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, or `None` if they are unknown.
    pub headers: Option<HeaderMap>,
    /// The body.
    pub text: String,
}

impl Reply {
    /// Whether the body or a header contains this text.
    pub(super) fn contains(&self, text: &str) -> bool {
        let mut values = self.headers.iter().flat_map(HeaderMap::values);
        self.text.contains(text)
            || values.any(|value| std::str::from_utf8(value.as_bytes()).is_ok_and(|value| value.contains(text)))
    }

    /// Whether a browser would show the body as a page: also without a type, because it then guesses.
    pub(super) fn is_page(&self) -> bool {
        let kind = self.headers.as_ref().map(|headers| headers.get(http::header::CONTENT_TYPE));
        kind.is_some_and(|kind| {
            let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("html").to_ascii_lowercase();
            ["html", "xml", "svg"].iter().any(|page| kind.contains(page))
        })
    }

    /// The body in brackets, cut off where it gets long, or nothing.
    pub(super) fn said(&self) -> String {
        const MOST: usize = 200;
        match self.text.char_indices().nth(MOST) {
            _ if self.text.is_empty() => String::new(),
            Some((end, _)) => format!(" ({}…)", self.text.get(..end).unwrap_or_default()),
            None => format!(" ({})", self.text),
        }
    }
}

impl<B: AsRef<[u8]>> From<Response<B>> for Reply {
    fn from(response: Response<B>) -> Reply {
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(body.as_ref()).into_owned();
        Reply { status: parts.status.as_u16(), headers: Some(parts.headers), text }
    }
}

impl From<(u16, HeaderMap, String)> for Reply {
    fn from((status, headers, text): (u16, HeaderMap, String)) -> Reply {
        Reply { status, headers: Some(headers), text }
    }
}

impl From<(u16, String)> for Reply {
    fn from((status, text): (u16, String)) -> Reply {
        Reply { status, headers: None, text }
    }
}

impl From<u16> for Reply {
    fn from(status: u16) -> Reply {
        Reply { status, headers: None, text: String::new() }
    }
}
