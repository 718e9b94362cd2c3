use std::borrow::Cow;
use std::time::Duration;

use time::OffsetDateTime;

use super::retry_after::parse_retry_after;
use crate::words::display_as_serialized;

/// How an attempt ended.
///
/// ```
/// use hookseal::delivery::{Outcome, OutcomePolicy, Verdict};
/// use time::OffsetDateTime;
///
/// let gone = Outcome::Response { status: 410, retry_after: None };
/// assert_eq!(OutcomePolicy::standard().classify(&gone, OffsetDateTime::UNIX_EPOCH), Verdict::DisableEndpoint);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// A status line came. What becomes of the response's body does not matter.
    Response {
        /// The status code.
        status: u16,
        /// The `Retry-After` header, if there was one.
        retry_after: Option<&'a [u8]>,
    },
    /// No answer in time.
    Timeout,
    /// No connection.
    ConnectError,
    /// The host's name was not resolved.
    DnsError,
    /// The TLS handshake failed.
    TlsError,
    /// The connection broke off before an answer.
    ConnectionReset,
    /// The host's name led to an address that must not be sent to. Names change, so it is tried again.
    AddressRefused,
    /// The endpoint's URL must not be sent to.
    UrlRefused,
    /// The request could not be made.
    RequestInvalid,
    /// The body is larger than the sender sends.
    PayloadTooLarge,
}

impl Outcome<'_> {
    /// The status, if an answer came.
    ///
    /// ```
    /// use hookseal::delivery::Outcome;
    ///
    /// assert_eq!(Outcome::Timeout.status(), None);
    /// ```
    pub fn status(&self) -> Option<u16> {
        match self {
            Outcome::Response { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What went wrong, in a word for logs; `None` if an answer came.
    ///
    /// ```
    /// use hookseal::delivery::Outcome;
    ///
    /// assert_eq!(Outcome::DnsError.error(), Some("dns"));
    /// ```
    pub fn error(&self) -> Option<&'static str> {
        match self {
            Outcome::Response { .. } => None,
            Outcome::Timeout => Some("timeout"),
            Outcome::ConnectError => Some("connect"),
            Outcome::DnsError => Some("dns"),
            Outcome::TlsError => Some("tls"),
            Outcome::ConnectionReset => Some("reset"),
            Outcome::AddressRefused => Some("address-refused"),
            Outcome::UrlRefused => Some("url-refused"),
            Outcome::RequestInvalid => Some("request-invalid"),
            Outcome::PayloadTooLarge => Some("payload-too-large"),
        }
    }
}

/// What an outcome means.
///
/// ```
/// use hookseal::delivery::Verdict;
///
/// assert_ne!(Verdict::Delivered, Verdict::GiveUp);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Try again, when the retry policy says.
    Retry {
        /// The receiver is well, but busy.
        throttled: bool,
        /// How long it asked to be left alone; only from 429 and 503.
        retry_after: Option<Duration>,
    },
    /// No further attempt would help.
    GiveUp,
    /// The endpoint is gone: no further event either.
    DisableEndpoint,
}

/// What to do at a status, in an override.
///
/// ```
/// use hookseal::delivery::Action;
///
/// assert_ne!(Action::Retry, Action::GiveUp);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// It was delivered.
    Deliver,
    /// Try again.
    Retry,
    /// Try again, and take it for a busy receiver.
    Throttle,
    /// Give up on this event.
    GiveUp,
    /// Give up on the endpoint.
    Disable,
}

display_as_serialized!(Action);

/// What outcomes mean, as data.
///
/// ```
/// use hookseal::delivery::{Action, Outcome, OutcomePolicy, Verdict};
/// use time::OffsetDateTime;
///
/// let policy = OutcomePolicy::standard().with_override(413, 413, Action::GiveUp);
/// let large = Outcome::Response { status: 413, retry_after: None };
/// assert_eq!(policy.classify(&large, OffsetDateTime::UNIX_EPOCH), Verdict::GiveUp);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomePolicy {
    /// First match wins: first status, last status, action.
    overrides: Cow<'static, [(u16, u16, Action)]>,
    table: &'static [(u16, u16, Action)],
}

/// Any status that no row names is tried again: 1xx and nonsense are no final answers, 3xx are not followed, and a 4xx
/// from a bad deployment or a rotated secret is mended within the horizon.
const STANDARD: &[(u16, u16, Action)] = &[
    (200, 299, Action::Deliver),
    (410, 410, Action::Disable),
    (429, 429, Action::Throttle),
    (502, 504, Action::Throttle),
];

const SERVER_ERRORS_ONLY: &[(u16, u16, Action)] = &[
    (200, 299, Action::Deliver),
    (408, 408, Action::Retry),
    (410, 410, Action::Disable),
    (425, 425, Action::Retry),
    (429, 429, Action::Throttle),
    (400, 499, Action::GiveUp),
    (502, 504, Action::Throttle),
];

impl OutcomePolicy {
    /// Everything but 2xx is tried again; 410 disables the endpoint. As Standard Webhooks has it, and the default.
    ///
    /// ```
    /// use hookseal::delivery::OutcomePolicy;
    ///
    /// assert_eq!(OutcomePolicy::standard(), OutcomePolicy::default());
    /// ```
    pub const fn standard() -> OutcomePolicy {
        OutcomePolicy { overrides: Cow::Borrowed(&[]), table: STANDARD }
    }

    /// The same, but a 4xx is final, apart from 408, 425 and 429. CallIntel promises retries for 5xx only.
    ///
    /// ```
    /// use hookseal::delivery::{Outcome, OutcomePolicy, Verdict};
    /// use time::OffsetDateTime;
    ///
    /// let unauthorized = Outcome::Response { status: 401, retry_after: None };
    /// let verdict = OutcomePolicy::server_errors_only().classify(&unauthorized, OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(verdict, Verdict::GiveUp);
    /// ```
    pub const fn server_errors_only() -> OutcomePolicy {
        OutcomePolicy { overrides: Cow::Borrowed(&[]), table: SERVER_ERRORS_ONLY }
    }

    /// Decides otherwise for the statuses from `first` to `last`. What was added last counts.
    ///
    /// ```
    /// use hookseal::delivery::{Action, Outcome, OutcomePolicy, Verdict};
    /// use time::OffsetDateTime;
    ///
    /// let policy = OutcomePolicy::standard().with_override(400, 499, Action::GiveUp).with_override(404, 404, Action::Retry);
    /// let missing = Outcome::Response { status: 404, retry_after: None };
    /// assert!(matches!(policy.classify(&missing, OffsetDateTime::UNIX_EPOCH), Verdict::Retry { .. }));
    /// ```
    #[must_use]
    pub fn with_override(mut self, first: u16, last: u16, action: Action) -> OutcomePolicy {
        self.overrides.to_mut().insert(0, (first, last, action));
        self
    }

    /// What an outcome means at this time, which a `Retry-After` date is compared with.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::{Outcome, OutcomePolicy, Verdict};
    /// use time::OffsetDateTime;
    ///
    /// let busy = Outcome::Response { status: 429, retry_after: Some(b"30") };
    /// let verdict = OutcomePolicy::standard().classify(&busy, OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(verdict, Verdict::Retry { throttled: true, retry_after: Some(Duration::from_secs(30)) });
    /// ```
    pub fn classify(&self, outcome: &Outcome<'_>, now: OffsetDateTime) -> Verdict {
        let again = Verdict::Retry { throttled: false, retry_after: None };
        match outcome {
            Outcome::Response { status, retry_after } => match self.action(*status) {
                Action::Deliver => Verdict::Delivered,
                Action::GiveUp => Verdict::GiveUp,
                Action::Disable => Verdict::DisableEndpoint,
                action => {
                    // RFC 6585 and RFC 9110 define the header for these two.
                    let asked = retry_after.filter(|_| matches!(status, 429 | 503));
                    let retry_after = asked.and_then(|value| parse_retry_after(value, now));
                    Verdict::Retry { throttled: action == Action::Throttle, retry_after }
                }
            },
            Outcome::UrlRefused | Outcome::RequestInvalid | Outcome::PayloadTooLarge => Verdict::GiveUp,
            _ => again,
        }
    }

    fn action(&self, status: u16) -> Action {
        let rows = self.overrides.iter().chain(self.table);
        let found = rows.into_iter().find(|(first, last, _)| (*first..=*last).contains(&status));
        found.map_or(Action::Retry, |(_, _, action)| *action)
    }
}

impl Default for OutcomePolicy {
    fn default() -> OutcomePolicy {
        OutcomePolicy::standard()
    }
}
