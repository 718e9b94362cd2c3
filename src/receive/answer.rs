use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};

use super::Reply;
use super::reply::PLAIN_TEXT;
use crate::error::EventError;
use crate::handshake::acknowledge;
use crate::provider::Provider;
use crate::trace;

/// What a handler tells the sender. With the feature `axum` or `actix`, a handler can return it as its response.
///
/// ```
/// use hookseal::receive::{Answer, Webhook};
///
/// #[derive(serde::Deserialize)]
/// enum Billing {
///     #[serde(rename = "invoice.paid")]
///     Paid { amount: u64 },
/// }
///
/// async fn hook(webhook: Webhook<Billing>) -> Answer {
///     let Billing::Paid { amount } = webhook.event.into_data();
///     match amount {
///         0 => Answer::give_up("the invoice has no amount"), // logged; the sender does not retry
///         _ => Answer::Processed,
///     }
/// }
/// assert_eq!(Answer::Processed.status(), 200);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The event was processed.
    Processed,
    /// The event was stored and will be processed later: it cannot be lost any more.
    Accepted,
    /// The event was processed before.
    Duplicate,
    /// Another request for the same event is being processed now.
    InFlight {
        /// How long the sender should wait before it retries.
        retry_after: Duration,
    },
    /// The event was not processed, and the sender should retry. [`Answer::retry`] is shorter to write.
    TemporaryFailure {
        /// How long the sender should wait before it retries.
        retry_after: Duration,
    },
    /// The event cannot be processed, and retrying would not help. [`Answer::give_up`] is shorter to write.
    ///
    /// The status is 200, because almost all senders retry after any other status and count it against the endpoint.
    /// With the feature `tracing`, the reason is logged as an error; otherwise log it yourself.
    PermanentFailure {
        /// For the log; it is never sent.
        reason: Cow<'static, str>,
    },
    /// The request is authentic, but its body is not the expected JSON. With the feature `tracing`, the error is logged
    /// as a warning.
    Unreadable(EventError),
    /// A response of your own. With a status of 2xx the event counts as processed; with any other it does not, and the
    /// sender should retry.
    Reply(Reply),
}

impl Answer {
    /// A [temporary failure](Self::TemporaryFailure): the sender should retry after this time.
    ///
    /// ```
    /// use hookseal::receive::Answer;
    /// use std::time::Duration;
    ///
    /// let answer = Answer::retry(Duration::from_secs(60));
    /// assert_eq!((answer.status(), answer.retry_after()), (503.try_into()?, Some(Duration::from_secs(60))));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn retry(after: Duration) -> Answer {
        Answer::TemporaryFailure { retry_after: after }
    }

    /// A [permanent failure](Self::PermanentFailure), with a reason for the log.
    ///
    /// ```
    /// assert_eq!(hookseal::receive::Answer::give_up("no such customer").status(), 200);
    /// ```
    pub fn give_up(reason: impl Into<Cow<'static, str>>) -> Answer {
        Answer::PermanentFailure { reason: reason.into() }
    }

    /// The answer that the provider requires instead of one that ends the event.
    pub(crate) fn required_by(self, provider: &Provider) -> Answer {
        match provider.acknowledgement().and_then(acknowledge) {
            Some(_) if matches!(self, Answer::Reply(_)) || !self.is_final() => self,
            Some(response) => {
                // Its reason would be lost.
                trace::answered(&self);
                Answer::Reply(Reply::of(response))
            }
            None => self,
        }
    }

    /// The HTTP status.
    ///
    /// ```
    /// use hookseal::receive::Answer;
    ///
    /// assert_eq!(Answer::Accepted.status(), 202);
    /// assert_eq!(Answer::give_up("no such customer").status(), 200, "or the sender would retry");
    /// ```
    pub fn status(&self) -> StatusCode {
        match self {
            Answer::Processed | Answer::Duplicate | Answer::PermanentFailure { .. } => StatusCode::OK,
            Answer::Accepted => StatusCode::ACCEPTED,
            Answer::InFlight { .. } => StatusCode::CONFLICT,
            Answer::TemporaryFailure { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Answer::Unreadable(error) => error.status(),
            Answer::Reply(reply) => reply.status(),
        }
    }

    /// Whether the event counts as processed. If not, the sender's next attempt is processed.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Answer::Processed | Answer::Accepted | Answer::Duplicate | Answer::PermanentFailure { .. } => true,
            Answer::InFlight { .. } | Answer::TemporaryFailure { .. } | Answer::Unreadable(_) => false,
            Answer::Reply(reply) => reply.status().is_success(),
        }
    }

    /// The body: a constant text for each kind of answer, or the body of your [`Reply`].
    ///
    /// ```
    /// assert_eq!(hookseal::receive::Answer::Duplicate.body(), "processed before");
    /// ```
    pub fn body(&self) -> Bytes {
        Bytes::from_static(match self {
            Answer::Processed => b"processed",
            Answer::Accepted => b"accepted",
            Answer::Duplicate => b"processed before",
            Answer::InFlight { .. } => b"being processed",
            Answer::TemporaryFailure { .. } => b"try again later",
            Answer::PermanentFailure { .. } => b"acknowledged",
            Answer::Unreadable(error) => error.public_text().as_bytes(),
            Answer::Reply(reply) => return reply.body().clone(),
        })
    }

    /// The headers: `Content-Type`, and `Retry-After` if there is a [`retry_after`](Self::retry_after); or the headers
    /// of your [`Reply`].
    ///
    /// ```
    /// use hookseal::receive::Answer;
    /// use std::time::Duration;
    ///
    /// let headers = Answer::retry(Duration::from_secs(60)).headers();
    /// assert_eq!((&headers["content-type"], &headers["retry-after"]), (&"text/plain; charset=utf-8".parse()?, &60.into()));
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn headers(&self) -> HeaderMap {
        if let Answer::Reply(reply) = self {
            return reply.headers().clone();
        }
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, PLAIN_TEXT)]);
        headers.extend(self.retry_after().map(|wait| (RETRY_AFTER, wait.as_secs().into())));
        headers
    }

    /// The whole response, for a server without an adapter in this crate. With the feature `tracing`, a
    /// [permanent failure](Self::PermanentFailure) and what is [unreadable](Self::Unreadable) are logged, as by the adapters.
    ///
    /// ```
    /// use hookseal::receive::Answer;
    ///
    /// let response: http::Response<Vec<u8>> = Answer::Accepted.to_response();
    /// assert_eq!((response.status().as_u16(), response.body().as_slice()), (202, &b"accepted"[..]));
    /// ```
    pub fn to_response<B: From<Vec<u8>>>(&self) -> Response<B> {
        trace::answered(self);
        let mut response = Response::new(B::from(self.body().into()));
        *response.status_mut() = self.status();
        *response.headers_mut() = self.headers();
        response
    }

    /// How long the sender should wait before it retries, rounded up to whole seconds for the header `Retry-After`, and
    /// never zero.
    ///
    /// ```
    /// use hookseal::receive::Answer;
    /// use std::time::Duration;
    ///
    /// let answer = Answer::retry(Duration::from_millis(1500));
    /// assert_eq!(answer.retry_after(), Some(Duration::from_secs(2)));
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Answer::InFlight { retry_after } | Answer::TemporaryFailure { retry_after } => {
                Some(whole_seconds(*retry_after))
            }
            _ => None,
        }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        Answer::Reply(reply)
    }
}

impl From<EventError> for Answer {
    fn from(error: EventError) -> Answer {
        Answer::Unreadable(error)
    }
}

fn whole_seconds(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1))
}
