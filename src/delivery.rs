//! The sender's half: where to send, when to try again, when to stop, and what to remember. Pure logic on top of your own
//! queue.
//!
//! | | |
//! |---|---|
//! | [`UrlPolicy`], [`EndpointUrl`] | where never to send: the defence against SSRF |
//! | [`Subscription`], [`EventFilter`], [`DataFilter`] | which endpoints want an event |
//! | [`RetryPolicy`] | when the next attempt is due |
//! | [`OutcomePolicy`] | what an attempt's outcome means: delivered, try again, give up, stop sending to this endpoint |
//! | [`EndpointHealth`] | when an endpoint that keeps failing is paused |
//! | [`Delivery`] | the three together for one event to one endpoint, as a value that your database keeps |
//!
//! ```
//! use hookseal::delivery::{Delivery, Next, Outcome, Sending};
//! use time::macros::datetime;
//!
//! let sending = Sending::default();
//! let now = datetime!(2026-06-01 12:00 UTC);
//! let mut delivery = Delivery::new(now);
//! let attempt = delivery.begin(&sending, now)?;
//! // … sign with `attempt.signing_time()`, send, and then:
//! let outcome = Outcome::Response { status: 503, retry_after: Some(b"120") };
//! let (record, next) = delivery.record(&attempt, &sending, &outcome, now, 0)?;
//! assert_eq!(record.status, Some(503));
//! assert!(matches!(next, Next::RetryAt(due) if due == datetime!(2026-06-01 12:02 UTC)));
//! # Ok::<(), hookseal::delivery::AttemptError>(())
//! ```

mod endpoint;
mod event_filter;
mod health;
mod outcome;
mod record;
mod retry;
mod retry_after;
mod state;
mod subscription;

use std::time::Duration;

pub use endpoint::{EndpointUrl, UrlPolicy};
pub use event_filter::EventFilter;
pub use health::{DisableReason, EndpointHealth, HealthPolicy, HealthSignal};
pub use outcome::{Action, Outcome, OutcomePolicy, Verdict};
pub use record::{AttemptRecord, Summary};
pub use retry::{Jitter, RetryPolicy, RetryPolicyUpdate};
pub use retry_after::parse_retry_after;
pub use state::{Attempt, AttemptError, Delivery, FailReason, Next, State};
pub use subscription::{DataFilter, Subscription};

/// How a platform sends: one of each policy, and its time limits.
///
/// ```
/// use hookseal::provider;
///
/// let sending = provider::KLANG.sending();
/// assert_eq!(sending.retry.max_attempts(), 6);
/// assert_eq!(sending.timeout.as_secs(), 5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sending {
    /// When the next attempt is due.
    pub retry: RetryPolicy,
    /// What an outcome means.
    pub outcome: OutcomePolicy,
    /// When an endpoint is paused.
    pub health: HealthPolicy,
    /// Time to connect. Five seconds by default: a host that takes longer is down.
    pub connect_timeout: Duration,
    /// Time for a whole attempt. Thirty seconds by default, the upper end of what Standard Webhooks recommends.
    pub timeout: Duration,
    /// Whether a retry is signed with the first attempt's time.
    pub reuses_timestamp: bool,
}

impl Sending {
    /// The crate's defaults, in a constant.
    ///
    /// ```
    /// use hookseal::delivery::Sending;
    ///
    /// assert_eq!(Sending::new(), Sending::default());
    /// ```
    pub const fn new() -> Sending {
        Sending::with_retry(RetryPolicy::new())
    }

    /// The defaults with another schedule.
    pub(crate) const fn with_retry(retry: RetryPolicy) -> Sending {
        Sending {
            retry,
            outcome: OutcomePolicy::standard(),
            health: HealthPolicy::never(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            reuses_timestamp: false,
        }
    }
}

impl Default for Sending {
    fn default() -> Sending {
        Sending::new()
    }
}
