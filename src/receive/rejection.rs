use std::error::Error;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::reply::PLAIN_TEXT;
use super::{Answer, Reply};
use crate::error::{Cause, ConfigError, EventError, MISCONFIGURED, NOT_ACCEPTED, VerifyError};

/// Why a request does not reach the handler.
///
/// Its `Display` text is for your log. The sender only gets the [`status`](Self::status) and the
/// [`public_text`](Self::public_text), a constant that reveals nothing about the request. With the feature `axum` or
/// `actix`, it is a response. To handle it yourself, take a `Result<Webhook<T>, Rejection>` as the handler's argument.
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
    /// The request is not authentic, or lacks what is needed to verify it.
    #[error(transparent)]
    NotAuthentic(VerifyError),
    /// The request does not say which tenant it is for. It is answered like a request with a wrong signature.
    ///
    /// For a tenant that does not exist, use a [`refusing_receiver`](crate::provider::Provider::refusing_receiver)
    /// instead: it answers unsigned and wrongly signed requests differently, exactly as a real tenant's receiver does,
    /// and takes the same time.
    #[error("the tenant is unknown")]
    UnknownTenant,
    /// The body is larger than the receiver's limit.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// The receiver's limit.
        limit: usize,
    },
    /// The body is larger than a limit of the framework or of a middleware.
    #[error("the body exceeds a limit that was set outside the receiver")]
    OverForeignLimit,
    /// The other bodies that are held now leave no room for this one. See [`BodyBudget`](super::BodyBudget).
    #[error("the bodies that are held leave no room in the budget of {bytes} bytes")]
    BudgetSpent {
        /// The size of the whole budget.
        bytes: usize,
    },
    /// The body is incomplete, most likely because the sender disconnected.
    #[error("the body is incomplete")]
    BrokenBody,
    /// The request is authentic, but its body is not the expected JSON.
    #[error(transparent)]
    Unreadable(EventError),
    /// Authentic, but not the expected JSON, from a sender that gives up on a 4xx. It is answered with 503, so that it comes
    /// again: a deployment may mend what cannot be read now.
    #[error(transparent)]
    UnreadableForNow(EventError),
    /// Not the expected JSON, and taken by the receiver's [fallback](super::Receiver::with_fallback), whose answer this is.
    #[error("the fallback took what the handler cannot read, and answered {}", _0.status())]
    Answered(Answer),
    /// The request is a [handshake](crate::Handshake) of the provider, and this is the answer. It is no failure. Where the
    /// provider wants no body, this is also the refusal of a handshake with a wrong signature.
    #[error("a handshake was answered with {}", _0.status())]
    Handshake(Reply),
    /// The request is a handshake of the provider with another verify token than the receiver's.
    #[error("the handshake has another verify token")]
    WrongVerifyToken,
    /// The request is a handshake of the provider with a verify token, and the receiver has none to compare it with: set it with
    /// [`with_verify_token`](super::Receiver::with_verify_token).
    #[error("the handshake has a verify token, and the receiver has none: set it with `with_verify_token`")]
    NoVerifyToken,
    /// The request brings a signing secret, and the receiver waits for none. See
    /// [`with_registration`](super::Receiver::with_registration).
    #[error("the request brings a signing secret, and no registration is pending")]
    UnexpectedSecret,
    /// The request has the method of a handshake of the provider, and is none.
    #[error("no handshake of this provider: {problem}")]
    NoHandshake {
        /// What is missing, or not as it should be.
        problem: String,
    },
    /// The signature is right, but anybody could have had the body signed, as a challenge of a
    /// [handshake](crate::Handshake#signing-oracles).
    #[error("the body could be the challenge of a handshake, which is signed for anybody who asks")]
    PossibleChallenge,
    /// No webhook of this provider comes with this method.
    #[error("no webhook of this provider comes with this method, but with {allowed}")]
    Method {
        /// The methods that it uses, separated by commas.
        allowed: String,
    },
    /// The event is authentic, but the handler does not know its type. It is acknowledged with 200, because platforms
    /// pause an endpoint that refuses events. With the feature `tracing`, this is logged at level INFO, because a misspelt
    /// variant would otherwise discard every event unnoticed. Code that converts rejections into responses should check
    /// `status().is_success()` first.
    #[error("acknowledged unread: event type {event_type:?} is unknown to the handler")]
    Unhandled {
        /// The event's type.
        event_type: String,
        /// The answer, if the provider [requires](crate::provider::Provider::with_acknowledgement) a certain one.
        reply: Option<Reply>,
    },
    /// The event is authentic, but a [`StrictWebhook`](super::StrictWebhook) does not know its type, and refuses it.
    #[error("event type {event_type:?} is unknown to the handler")]
    UnknownType {
        /// The event's type.
        event_type: String,
    },
    /// The source of the keys does not answer. See [`Rejection::unavailable`].
    #[error("the receiver's keys are unavailable: {reason}")]
    Unavailable {
        /// For the log.
        #[source]
        reason: Cause,
        /// The name of the tenant in the request, if a [`ReceiverCache`](super::ReceiverCache) was asked for it.
        tenant: Option<String>,
    },
    /// A tenant's keys cannot be used, for example because its secret ends with a line end. Nobody is let in. See
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
    /// The receiver is misconfigured. Nobody is let in.
    #[error("{reason}")]
    Misconfigured {
        /// For the log.
        reason: Cause,
    },
}

impl Rejection {
    /// A rejection for a lookup that has failed. The sender is told to retry.
    ///
    /// `reason` is an error or a text. It appears in your log and is the rejection's `source`, so it must not contain
    /// passwords.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    ///
    /// let rejection = Rejection::unavailable("connection refused");
    /// assert_eq!((rejection.status().as_u16(), rejection.retry_after().map(|wait| wait.as_secs())), (503, Some(30)));
    /// ```
    pub fn unavailable(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Rejection {
        Rejection::Unavailable { reason: Cause::new(reason), tenant: None }
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
            Rejection::Handshake(reply) => reply.status(),
            Rejection::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Rejection::UnknownTenant
            | Rejection::PossibleChallenge
            | Rejection::WrongVerifyToken
            | Rejection::NoVerifyToken
            | Rejection::UnexpectedSecret => StatusCode::UNAUTHORIZED,
            Rejection::TooLarge { .. } | Rejection::OverForeignLimit => StatusCode::PAYLOAD_TOO_LARGE,
            Rejection::BrokenBody | Rejection::UnknownType { .. } | Rejection::NoHandshake { .. } => {
                StatusCode::BAD_REQUEST
            }
            Rejection::Unhandled { reply, .. } => reply.as_ref().map_or(StatusCode::OK, Reply::status),
            Rejection::BudgetSpent { .. } | Rejection::Unavailable { .. } | Rejection::UnreadableForNow(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Rejection::UnusableKeys { .. } | Rejection::Misconfigured { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The text to answer with. It is a constant, so it reveals nothing about the request.
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
            Rejection::Answered(_) | Rejection::Handshake(_) => "the webhook was taken in",
            Rejection::Method { .. } => "no webhook comes with this method",
            Rejection::NoHandshake { .. } => "the request is not a handshake",
            Rejection::UnknownTenant
            | Rejection::PossibleChallenge
            | Rejection::WrongVerifyToken
            | Rejection::NoVerifyToken
            | Rejection::UnexpectedSecret => NOT_ACCEPTED,
            Rejection::TooLarge { .. } | Rejection::OverForeignLimit => "the webhook's body is too large",
            Rejection::BrokenBody => "the webhook's body is incomplete",
            Rejection::Unhandled { .. } => "acknowledged",
            Rejection::UnknownType { .. } => "the webhook's event type is not handled here",
            Rejection::BudgetSpent { .. } | Rejection::Unavailable { .. } => "the receiver is temporarily unavailable",
            Rejection::UnusableKeys { .. } | Rejection::Misconfigured { .. } => MISCONFIGURED,
        }
    }

    /// How long the sender should wait before it retries: 30 seconds if the keys are [unavailable](Self::unavailable)
    /// or the [budget](Self::BudgetSpent) is spent. That is long enough for a failover, and for slow senders to time
    /// out.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    /// use std::time::Duration;
    ///
    /// let down = Rejection::unavailable("connection refused");
    /// assert_eq!(down.retry_after(), Some(Duration::from_secs(30)));
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

    /// The whole response, for a server without an adapter in this crate. This logs nothing: the rejections of
    /// [`Intake::finish`](super::Intake::finish) and of `Webhook::try_from` are logged where they arise.
    ///
    /// ```
    /// use hookseal::receive::Rejection;
    ///
    /// let response: http::Response<Vec<u8>> = Rejection::unavailable("connection refused").to_response();
    /// assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &30.into()));
    /// ```
    pub fn to_response<B: From<Vec<u8>>>(&self) -> Response<B> {
        let mut response = self.response();
        if let Rejection::Unhandled { .. } = self {
            response.extensions_mut().insert(Unhandled);
        }
        response
    }

    fn response<B: From<Vec<u8>>>(&self) -> Response<B> {
        match self {
            Rejection::Answered(answer) => return answer.to_response(),
            Rejection::Handshake(reply) | Rejection::Unhandled { reply: Some(reply), .. } => {
                return Answer::Reply(reply.clone()).to_response();
            }
            _ => {}
        }
        let mut response = Response::new(B::from(self.public_text().into()));
        *response.status_mut() = self.status();
        if let Rejection::Method { allowed } = self {
            response.headers_mut().extend(HeaderValue::from_str(allowed).ok().map(|allowed| (ALLOW, allowed)));
        }
        response.headers_mut().insert(CONTENT_TYPE, PLAIN_TEXT);
        response.headers_mut().extend(self.retry_after().map(|wait| (RETRY_AFTER, wait.as_secs().into())));
        response
    }
}

/// Marks a response of 2xx to an event that no handler has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unhandled;

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
    /// For a lookup that cannot make a receiver. For a tenant's secret, use
    /// [`Provider::tenant_receiver`](crate::provider::Provider::tenant_receiver), which also logs the tenant.
    fn from(error: ConfigError) -> Rejection {
        Rejection::Misconfigured { reason: Cause::new(error) }
    }
}
