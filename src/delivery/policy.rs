use std::time::Duration;

use super::health::HealthPolicy;
use super::outcome::OutcomePolicy;
use super::retry::RetryPolicy;

/// See [`Sending::lease_margin`].
pub(crate) const LEASE_MARGIN: Duration = Duration::from_secs(30);

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
    /// How long after `timeout` an attempt that nobody has recorded counts as lost, so that another worker begins it
    /// again. Thirty seconds by default: enough to record an outcome while the database restarts, and a delivery whose
    /// worker died comes a minute late at most.
    pub lease_margin: Duration,
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

    /// How long an attempt in flight belongs to the worker that began it: `timeout` and `lease_margin`.
    ///
    /// ```
    /// use hookseal::delivery::Sending;
    ///
    /// assert_eq!(Sending::default().lease().as_secs(), 60);
    /// ```
    pub const fn lease(&self) -> Duration {
        self.timeout.saturating_add(self.lease_margin)
    }

    /// The defaults with another schedule.
    pub(crate) const fn with_retry(retry: RetryPolicy) -> Sending {
        Sending {
            retry,
            outcome: OutcomePolicy::standard(),
            health: HealthPolicy::never(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            lease_margin: LEASE_MARGIN,
            reuses_timestamp: false,
        }
    }
}

impl Default for Sending {
    fn default() -> Sending {
        Sending::new()
    }
}
