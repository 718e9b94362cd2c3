use std::error::Error;
use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Response, StatusCode};

use super::Answer;
use super::reply::PLAIN_TEXT;
use crate::error::{Cause, ConfigError, EventError, MISCONFIGURED, NOT_ACCEPTED, VerifyError};

/// A request that does not reach the handler.
///
/// What it displays is for your log. The sender learns [`status`](Self::status) and
/// [`public_text`](Self::public_text), a constant that says nothing of the request. With the feature `axum` or `actix` it is a
/// response that says no more; `Result<Webhook<T>, Rejection>` in place of the extractor gives it to the handler.
///
/// ```
/// use hookseal::VerifyError;
/// use hookseal::receive::Rejection;
///
/// let forged = Rejection::NotAuthentic(VerifyError::NoMatch);
/// assert_eq!(forged.status(), 401);
/// assert_eq!(forged.public_text(), Rejection::UnknownTenant.public_text());
/// assert_ne!(forged.to_string(), Rejection::UnknownTenant.to_string());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Not authentic, or it cannot be told.
    #[error(transparent)]
    NotAuthentic(VerifyError),
    /// The request does not say which tenant it is for. The answer is that of a wrong signature, whatever the request is.
    /// For a tenant that does not exist, give the
    /// [`refusing_receiver`](crate::provider::Provider::refusing_receiver) instead: it tells an unsigned request from a
    /// wrongly signed one, as a tenant's does, and takes as long.
    #[error("the tenant is unknown")]
    UnknownTenant,
    /// The body is larger than the receiver takes.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// The receiver's limit.
        limit: usize,
    },
    /// The body is larger than a limit of the framework's or a middleware's.
    #[error("the body is over a limit that was set outside the receiver")]
    OverForeignLimit,
    /// The body does not fit beside the others that are held at this moment: see [`BodyBudget`](super::BodyBudget).
    #[error("the bodies that are held leave no room in the budget of {bytes} bytes")]
    BudgetSpent {
        /// The whole budget.
        bytes: usize,
    },
    /// The body did not arrive whole: most likely the sender went away.
    #[error("the body did not arrive whole")]
    BrokenBody,
    /// Authentic, but not the promised JSON.
    #[error(transparent)]
    Unreadable(EventError),
    /// Authentic, but not the promised JSON, from a sender that gives up on a 4xx. It is answered with 503, so that it comes
    /// again: a deployment may mend what cannot be read now.
    #[error(transparent)]
    UnreadableForNow(EventError),
    /// Not the promised JSON, and taken by the receiver's [fallback](super::Receiver::with_fallback), whose answer this is.
    #[error("the fallback took what the handler cannot read, and answered {}", _0.status())]
    Answered(Answer),
    /// An authentic event of a type that the handler does not know. It is acknowledged with 200, since platforms pause
    /// an endpoint that refuses: who makes responses of rejections asks `status().is_success()` first.
    #[error("acknowledged unread: event type {event_type:?} is unknown to the handler")]
    Unhandled {
        /// The event's type.
        event_type: String,
    },
    /// The same for a [`StrictWebhook`](super::StrictWebhook), which refuses it.
    #[error("event type {event_type:?} is unknown to the handler")]
    UnknownType {
        /// The event's type.
        event_type: String,
    },
    /// Where the keys come from does not answer. See [`Rejection::unavailable`].
    #[error("the receiver's keys are unavailable: {reason}")]
    Unavailable {
        /// For the log.
        #[source]
        reason: Cause,
    },
    /// A tenant's keys cannot be used, for example because its secret has a line end. Nobody is let in. See
    /// [`Provider::tenant_receiver`](crate::provider::Provider::tenant_receiver).
    #[error("the keys of {provider} for {tenant:?} cannot be used: {error}")]
    UnusableKeys {
        /// The provider's name.
        provider: String,
        /// The tenant.
        tenant: String,
        /// What is wrong with its keys.
        error: ConfigError,
    },
    /// The receiver's set-up is at fault. Nobody is let in.
    #[error("{reason}")]
    Misconfigured {
        /// For the log.
        reason: Cause,
    },
}

impl Rejection {
    /// For a look-up of keys that fails. The sender is told to try again.
    ///
    /// `reason` is an error or a text. It is for your log and the rejection's `source`: keep passwords out of it.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    ///
    /// let rejection = Rejection::unavailable("connection refused");
    /// assert_eq!((rejection.status().as_u16(), rejection.retry_after().map(|wait| wait.as_secs())), (503, Some(30)));
    /// ```
    pub fn unavailable(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Rejection {
        Rejection::Unavailable { reason: Cause::new(reason) }
    }

    /// The status to answer with.
    ///
    /// ```
    /// assert_eq!(hookseal::receive::Rejection::TooLarge { limit: 1000 }.status(), 413);
    /// ```
    pub fn status(&self) -> StatusCode {
        match self {
            Rejection::NotAuthentic(error) => error.status(),
            Rejection::Unreadable(error) => error.status(),
            Rejection::Answered(answer) => answer.status(),
            Rejection::UnknownTenant => StatusCode::UNAUTHORIZED,
            Rejection::TooLarge { .. } | Rejection::OverForeignLimit => StatusCode::PAYLOAD_TOO_LARGE,
            Rejection::BrokenBody | Rejection::UnknownType { .. } => StatusCode::BAD_REQUEST,
            Rejection::Unhandled { .. } => StatusCode::OK,
            Rejection::BudgetSpent { .. } | Rejection::Unavailable { .. } | Rejection::UnreadableForNow(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Rejection::UnusableKeys { .. } | Rejection::Misconfigured { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The text to answer with: a constant.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    ///
    /// assert_eq!(Rejection::TooLarge { limit: 1000 }.public_text(), "the webhook's body is too large");
    /// ```
    pub fn public_text(&self) -> &'static str {
        match self {
            Rejection::NotAuthentic(error) => error.public_text(),
            Rejection::Unreadable(error) | Rejection::UnreadableForNow(error) => error.public_text(),
            Rejection::Answered(_) => "the webhook was taken in",
            Rejection::UnknownTenant => NOT_ACCEPTED,
            Rejection::TooLarge { .. } | Rejection::OverForeignLimit => "the webhook's body is too large",
            Rejection::BrokenBody => "the webhook's body did not arrive whole",
            Rejection::Unhandled { .. } => "acknowledged",
            Rejection::UnknownType { .. } => "the webhook's event type is not handled here",
            Rejection::BudgetSpent { .. } | Rejection::Unavailable { .. } => {
                "the receiver is unavailable for the moment"
            }
            Rejection::UnusableKeys { .. } | Rejection::Misconfigured { .. } => MISCONFIGURED,
        }
    }

    /// How long the sender should wait: half a minute where the receiver is [unavailable](Self::unavailable) or its
    /// [budget](Self::BudgetSpent) is spent, long enough for a failover and for slow senders to be given up.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    ///
    /// assert_eq!(Rejection::UnknownTenant.retry_after(), None);
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Rejection::BudgetSpent { .. } | Rejection::Unavailable { .. } | Rejection::UnreadableForNow(_) => {
                Some(Duration::from_secs(30))
            }
            Rejection::Answered(answer) => answer.retry_after(),
            _ => None,
        }
    }

    /// All of it, for a server that has no adapter here.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    ///
    /// let response: http::Response<Vec<u8>> = Rejection::unavailable("connection refused").to_response();
    /// assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &30.into()));
    /// ```
    pub fn to_response<B: From<Vec<u8>>>(&self) -> Response<B> {
        if let Rejection::Answered(answer) = self {
            return answer.to_response();
        }
        let mut response = Response::new(B::from(self.public_text().into()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, PLAIN_TEXT);
        response.headers_mut().extend(self.retry_after().map(|wait| (RETRY_AFTER, wait.as_secs().into())));
        response
    }
}

impl From<VerifyError> for Rejection {
    fn from(error: VerifyError) -> Rejection {
        Rejection::NotAuthentic(error)
    }
}

impl From<EventError> for Rejection {
    fn from(error: EventError) -> Rejection {
        Rejection::Unreadable(error)
    }
}

impl From<ConfigError> for Rejection {
    /// For a look-up that cannot make a receiver. For a tenant's secret there is
    /// [`Provider::tenant_receiver`](crate::provider::Provider::tenant_receiver), which tells the log whose it is.
    fn from(error: ConfigError) -> Rejection {
        Rejection::Misconfigured { reason: Cause::new(error) }
    }
}
