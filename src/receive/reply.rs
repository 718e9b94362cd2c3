use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

/// A response of your own, for a provider that expects a certain body, header or status. It converts into an
/// [`Answer`](super::Answer), so a handler can return it with or without a [`Once`](crate::idempotency::Once).
///
/// With a status of 2xx the event counts as processed; with any other it is released, and the sender's next attempt is
/// processed.
///
/// ```
/// use hookseal::idempotency::{MemoryStore, Once};
/// use hookseal::receive::{Answer, Received, Reply};
///
/// // With axum, `State(once): State<Once<MemoryStore>>`; with actix-web, `once: web::Data<Once<MemoryStore>>`.
/// async fn hook(once: Once<MemoryStore>, received: Received) -> Answer {
///     let handler = async {
///         match received.body().is_empty() {
///             true => Answer::give_up("the body is empty"),
///             false => Reply::text("[accepted]").into(),
///         }
///     };
///     once.run(&received, handler).await // a duplicate gets the usual answer
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Reply(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The type of all texts. They are never sent as HTML, because a body may contain text from the sender.
pub(super) const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

impl Reply {
    /// A reply with status 200, this body, and `Content-Type: text/plain; charset=utf-8`.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Reply};
    ///
    /// let answer = Answer::from(Reply::text("[accepted]"));
    /// assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"[accepted]"[..]));
    /// ```
    pub fn text(body: impl Into<Bytes>) -> Reply {
        Reply::new(PLAIN_TEXT, body.into())
    }

    /// A reply with status 200, this value as JSON, and `Content-Type: application/json`.
    ///
    /// # Errors
    /// The errors of the value's `Serialize`.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Reply};
    ///
    /// let answer = Answer::from(Reply::json(&serde_json::json!({"success": true}))?);
    /// assert_eq!(answer.headers()["content-type"], "application/json");
    /// assert_eq!(answer.body(), r#"{"success":true}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Reply, serde_json::Error> {
        Ok(Reply::new(HeaderValue::from_static("application/json"), serde_json::to_vec(value)?.into()))
    }

    pub(super) fn of(response: http::Response<Vec<u8>>) -> Reply {
        let (parts, body) = response.into_parts();
        Reply(Box::new(Parts { status: parts.status, headers: parts.headers, body: body.into() }))
    }

    fn new(content_type: HeaderValue, body: Bytes) -> Reply {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        Reply(Box::new(Parts { status: StatusCode::OK, headers, body }))
    }

    /// Sets the status. The event counts as processed if it is 2xx.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Reply};
    /// use http::StatusCode;
    ///
    /// let answer = Answer::from(Reply::text("").with_status(StatusCode::NO_CONTENT));
    /// assert_eq!(answer.status(), 204);
    /// ```
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Reply {
        self.0.status = status;
        self
    }

    /// Sets a header, and replaces any header with this name. The server sets `Content-Length`.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Reply};
    /// use http::{HeaderName, HeaderValue};
    ///
    /// let name = HeaderName::from_static("x-conversation-id");
    /// let answer = Answer::from(Reply::text("").with_header(name, HeaderValue::from_static("7")));
    /// assert_eq!(answer.headers()["x-conversation-id"], "7");
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.0.headers.insert(name, value);
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.0.status
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    pub(super) fn body(&self) -> &Bytes {
        &self.0.body
    }
}

impl fmt::Debug for Reply {
    /// Omits the body, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.0.status)
            .field("bytes", &self.0.body.len())
            .finish_non_exhaustive()
    }
}
