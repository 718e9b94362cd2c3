use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::retry_after::parse_retry_after;
use crate::error::ConfigError;
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
    /// A status line was received. What happens to the response's body does not matter.
    Response {
        /// The status code.
        status: u16,
        /// The `Retry-After` header, if there was one.
        retry_after: Option<&'a [u8]>,
    },
    /// No answer arrived in time.
    Timeout,
    /// No connection was established.
    ConnectError,
    /// The host's name was not resolved.
    DnsError,
    /// The TLS handshake failed.
    TlsError,
    /// The connection was closed or reset before an answer arrived.
    ConnectionReset,
    /// The host's name resolved to an address that must not be called. It is retried, because names can change.
    AddressRefused,
    /// The endpoint's URL must not be called.
    UrlRefused,
    /// The request could not be made.
    RequestInvalid,
    /// The body is larger than the sender's limit.
    PayloadTooLarge,
}

impl Outcome<'_> {
    /// The status, if an answer arrived.
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

    /// What went wrong, as a word for logs. `None` if an answer arrived.
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
/// use hookseal::delivery::{Outcome, OutcomePolicy};
/// use time::OffsetDateTime;
///
/// // A timeout may be a slow receiver that has the event, so it is retried; a body that is too large will stay so.
/// let verdict = |outcome| OutcomePolicy::standard().classify(&outcome, OffsetDateTime::UNIX_EPOCH);
/// assert_eq!(verdict(Outcome::Timeout), Verdict::Retry { throttled: false, retry_after: None });
/// assert_eq!(verdict(Outcome::PayloadTooLarge), Verdict::GiveUp);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The receiver has the event.
    Delivered,
    /// Retry when the retry policy says so.
    Retry {
        /// Whether the receiver works, but is busy.
        throttled: bool,
        /// How long the receiver asked the sender to wait. Only 429 and 503 have it.
        retry_after: Option<Duration>,
    },
    /// No other attempt would help.
    GiveUp,
    /// The endpoint is gone: send it no other events either.
    DisableEndpoint,
}

/// What to do at a status, in an override.
///
/// ```
/// use hookseal::delivery::{Action, OutcomePolicy};
///
/// // A customer's gateway answers 404 while it deploys.
/// let policy = OutcomePolicy::server_errors_only().with_override(404, 404, Action::Retry)?;
/// assert_eq!([404, 403].map(|status| policy.action(status)), [Action::Retry, Action::GiveUp]);
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// Count the event as delivered.
    Deliver,
    /// Retry.
    Retry,
    /// Retry, and count the receiver as busy.
    Throttle,
    /// Give up on this event.
    GiveUp,
    /// Give up on the endpoint and all its events.
    Disable,
}

display_as_serialized!(Action);

/// Decides what each outcome means.
///
/// ```
/// use hookseal::delivery::{Action, Outcome, OutcomePolicy, Verdict};
/// use time::OffsetDateTime;
///
/// let policy = OutcomePolicy::standard().with_override(413, 413, Action::GiveUp)?;
/// let large = Outcome::Response { status: 413, retry_after: None };
/// assert_eq!(policy.classify(&large, OffsetDateTime::UNIX_EPOCH), Verdict::GiveUp);
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
///
/// # In a file
///
/// `base` names the policy to start from, `standard` (the default) or `server-errors-only`. `overrides` lists the
/// exceptions, in the order of [`with_override`](Self::with_override). The actions are `deliver`, `retry`, `throttle`,
/// `give-up` and `disable`.
///
/// ```
/// use hookseal::delivery::{Action, OutcomePolicy};
///
/// let policy: OutcomePolicy = toml::from_str(r#"
///     base = "server-errors-only"
///     overrides = [
///         { first = 404, last = 404, action = "retry" },
///         { first = 300, last = 399, action = "give-up" },
///     ]
/// "#)?;
/// assert_eq!([404, 302].map(|status| policy.action(status)), [Action::Retry, Action::GiveUp]);
///
/// let json = r#"{"base":"standard","overrides":[{"first":413,"last":413,"action":"give-up"}]}"#;
/// assert_eq!(serde_json::from_str::<OutcomePolicy>(json)?.action(413), Action::GiveUp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File")]
pub struct OutcomePolicy {
    base: Base,
    /// The last match wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
}

/// The serialised form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    base: Base,
    #[serde(default)]
    overrides: Vec<Override>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Base {
    #[default]
    Standard,
    ServerErrorsOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    first: u16,
    last: u16,
    action: Action,
}

/// The most overrides in one policy: one for each status. A longer list would slow down every attempt.
const MAX_OVERRIDES: usize = 900;

impl Base {
    /// Any status that no row names is retried: 1xx and invalid statuses are not final, 3xx are not followed, and a 4xx
    /// from a bad deployment or a rotated secret may be fixed before the last retry.
    fn action(self, status: u16) -> Action {
        match (status, self) {
            (200..=299, _) => Action::Deliver,
            (410, _) => Action::Disable,
            (429 | 502..=504, _) => Action::Throttle,
            (408 | 425, _) => Action::Retry,
            (400..=499, Base::ServerErrorsOnly) => Action::GiveUp,
            _ => Action::Retry,
        }
    }
}

impl OutcomePolicy {
    /// Everything except 2xx is retried, and 410 disables the endpoint. This is what Standard Webhooks specifies, and
    /// the default.
    ///
    /// ```
    /// use hookseal::delivery::OutcomePolicy;
    ///
    /// assert_eq!(OutcomePolicy::standard(), OutcomePolicy::default());
    /// ```
    pub const fn standard() -> OutcomePolicy {
        OutcomePolicy { base: Base::Standard, overrides: Vec::new() }
    }

    /// Like [`standard`](Self::standard), but a 4xx is final, except for 408, 425 and 429. CallIntel promises retries
    /// only for 5xx.
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
        OutcomePolicy { base: Base::ServerErrorsOnly, overrides: Vec::new() }
    }

    /// Sets the action for the statuses from `first` to `last`. If overrides overlap, the last one wins.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] unless 100 ≤ `first` ≤ `last` ≤ 999, and for more than 900 overrides.
    ///
    /// ```
    /// use hookseal::delivery::{Action, OutcomePolicy};
    ///
    /// let policy = OutcomePolicy::standard()
    ///     .with_override(400, 499, Action::GiveUp)?
    ///     .with_override(404, 404, Action::Retry)?;
    /// assert_eq!([403, 404].map(|status| policy.action(status)), [Action::GiveUp, Action::Retry]);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_override(mut self, first: u16, last: u16, action: Action) -> Result<OutcomePolicy, ConfigError> {
        let invalid = |piece, problem| Err(ConfigError::Invalid { field: "overrides", piece, problem });
        if first < 100 || first > last || last > 999 {
            return invalid(format!("{first} to {last}"), "is not a range of statuses between 100 and 999");
        }
        if self.overrides.len() == MAX_OVERRIDES {
            return invalid(String::new(), "has more than 900 rows");
        }
        self.overrides.push(Override { first, last, action });
        Ok(self)
    }

    /// The overrides in the order in which they were added: first status, last status, action.
    ///
    /// ```
    /// use hookseal::delivery::{Action, OutcomePolicy};
    ///
    /// let policy = OutcomePolicy::standard().with_override(400, 499, Action::GiveUp)?;
    /// assert_eq!(policy.overrides().collect::<Vec<_>>(), [(400, 499, Action::GiveUp)]);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn overrides(&self) -> impl ExactSizeIterator<Item = (u16, u16, Action)> {
        self.overrides.iter().map(|row| (row.first, row.last, row.action))
    }

    /// What to do at a status, overrides included.
    ///
    /// ```
    /// use hookseal::delivery::{Action, OutcomePolicy};
    ///
    /// let policy = OutcomePolicy::standard();
    /// assert_eq!([204, 404, 410].map(|status| policy.action(status)), [Action::Deliver, Action::Retry, Action::Disable]);
    /// ```
    pub fn action(&self, status: u16) -> Action {
        let matches = |row: &&Override| (row.first..=row.last).contains(&status);
        self.overrides.iter().rev().find(matches).map_or(self.base.action(status), |row| row.action)
    }

    /// What an outcome means. A `Retry-After` date is compared with `now`.
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
}

impl Default for OutcomePolicy {
    fn default() -> OutcomePolicy {
        OutcomePolicy::standard()
    }
}

impl TryFrom<File> for OutcomePolicy {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<OutcomePolicy, ConfigError> {
        let policy = OutcomePolicy { base: file.base, overrides: Vec::new() };
        file.overrides.iter().try_fold(policy, |policy, row| policy.with_override(row.first, row.last, row.action))
    }
}
