mod policy;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::outcome::{Outcome, Verdict};
use super::policy::DeliveryPolicy;
use crate::timestamp::from_unix_nanos;
use crate::words::display_as_serialized;

pub use policy::HealthPolicy;

/// Failures that a period needs: a single one, however long ago, is not a period.
const MIN_FAILURES_IN_PERIOD: u32 = 2;

/// Whether an endpoint is sent to, and how its attempts have gone lately. Store it with the endpoint.
///
/// Count each attempt once, and leave out test events and [replays by hand](super::Attempt::is_replay). While the endpoint
/// is disabled, send nothing and enqueue nothing for it; a late success does not enable it again, only
/// [`enable`](Self::enable) does.
///
/// ```
/// use hookseal::delivery::{DeliveryPolicy, DisableReason, EndpointHealth, HealthPolicy, HealthSignal, Outcome};
/// use time::OffsetDateTime;
///
/// let policy = DeliveryPolicy::new().with_health(HealthPolicy::never().with_max_failures(2));
/// let (mut health, now) = (EndpointHealth::new(), OffsetDateTime::UNIX_EPOCH);
/// assert_eq!(health.record(&policy, &Outcome::Timeout, now), None);
/// let signal = health.record(&policy, &Outcome::Timeout, now);
/// assert_eq!(signal, Some(HealthSignal::Disabled(DisableReason::ConsecutiveFailures)));
/// assert!(!health.is_active());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointHealth {
    #[serde(default)]
    consecutive_failures: u32,
    /// Unix milliseconds of the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled: Option<DisableReason>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled_at: Option<i64>,
}

/// Why an endpoint is not sent to.
///
/// ```
/// use hookseal::delivery::DisableReason;
///
/// assert_eq!(serde_json::to_string(&DisableReason::Paused)?, "\"paused\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DisableReason {
    /// Too many attempts in a row have failed.
    ConsecutiveFailures,
    /// It has failed for too long.
    FailingFor,
    /// It answered that it is gone.
    Gone,
    /// Its user paused it.
    Paused,
}

display_as_serialized!(DisableReason);

/// What a platform tells the endpoint's owner.
///
/// ```
/// use hookseal::delivery::HealthSignal;
///
/// assert_ne!(HealthSignal::Recovered, HealthSignal::Warning(50));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthSignal {
    /// This percentage of the failures that disable the endpoint is reached.
    Warning(u8),
    /// It is disabled from now on.
    Disabled(DisableReason),
    /// It works again, after a warning.
    Recovered,
}

impl EndpointHealth {
    /// A new endpoint.
    ///
    /// ```
    /// assert!(hookseal::delivery::EndpointHealth::new().is_active());
    /// ```
    pub fn new() -> EndpointHealth {
        EndpointHealth::default()
    }

    /// Whether it is sent to.
    ///
    /// ```
    /// assert!(hookseal::delivery::EndpointHealth::new().is_active());
    /// ```
    pub fn is_active(&self) -> bool {
        self.disabled.is_none()
    }

    /// Why it is not sent to.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::EndpointHealth::new().disabled(), None);
    /// ```
    pub fn disabled(&self) -> Option<DisableReason> {
        self.disabled
    }

    /// Since when it is not sent to: what came after is to be enqueued when it is enabled.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::EndpointHealth::new().disabled_at(), None);
    /// ```
    pub fn disabled_at(&self) -> Option<OffsetDateTime> {
        unix_time(self.disabled_at?)
    }

    /// Attempts in a row that have failed.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::EndpointHealth::new().consecutive_failures(), 0);
    /// ```
    pub fn consecutive_failures(&self) -> u32 {
        self.consecutive_failures
    }

    /// Takes in one attempt. Busy receivers (429) and what was never sent do not count.
    ///
    /// ```
    /// use hookseal::delivery::{DeliveryPolicy, EndpointHealth, Outcome};
    /// use time::OffsetDateTime;
    ///
    /// let busy = Outcome::Response { status: 429, retry_after: None };
    /// let mut health = EndpointHealth::new();
    /// health.record(&DeliveryPolicy::default(), &busy, OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(health.consecutive_failures(), 0);
    /// ```
    pub fn record(
        &mut self,
        policy: &DeliveryPolicy,
        outcome: &Outcome<'_>,
        now: OffsetDateTime,
    ) -> Option<HealthSignal> {
        if !self.is_active() {
            return None;
        }
        match (policy.outcomes().classify(outcome, now), outcome) {
            (Verdict::Delivered, _) => self.succeeded(policy.health()),
            (Verdict::DisableEndpoint, _) => Some(self.disable(DisableReason::Gone, now)),
            (_, Outcome::Response { status: 429, .. })
            | (_, Outcome::UrlRefused | Outcome::RequestInvalid | Outcome::PayloadTooLarge) => None,
            _ => self.failed(policy.health(), now),
        }
    }

    /// Takes in the attempts of a batch in their order, each with its end, and returns what happened: nothing, in most
    /// cases. So a sender that records many attempts at once stores the health once.
    ///
    /// ```
    /// use hookseal::delivery::{DeliveryPolicy, DisableReason, EndpointHealth, HealthPolicy, HealthSignal, Outcome};
    /// use time::OffsetDateTime;
    ///
    /// let policy = DeliveryPolicy::new().with_health(HealthPolicy::never().with_max_failures(2));
    /// let batch = [Outcome::Timeout, Outcome::DnsError].map(|outcome| (outcome, OffsetDateTime::UNIX_EPOCH));
    /// let signals = EndpointHealth::new().record_all(&policy, batch);
    /// assert_eq!(signals, [HealthSignal::Disabled(DisableReason::ConsecutiveFailures)]);
    /// ```
    pub fn record_all<'o>(
        &mut self,
        policy: &DeliveryPolicy,
        attempts: impl IntoIterator<Item = (Outcome<'o>, OffsetDateTime)>,
    ) -> Vec<HealthSignal> {
        attempts.into_iter().filter_map(|(outcome, now)| self.record(policy, &outcome, now)).collect()
    }

    /// Stops sending at the user's wish.
    ///
    /// ```
    /// use hookseal::delivery::{DisableReason, EndpointHealth};
    ///
    /// let mut health = EndpointHealth::new();
    /// health.pause(time::OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(health.disabled(), Some(DisableReason::Paused));
    /// ```
    pub fn pause(&mut self, now: OffsetDateTime) {
        if self.is_active() {
            self.disable(DisableReason::Paused, now);
        }
    }

    /// Sends again, from a clean slate.
    ///
    /// ```
    /// use hookseal::delivery::EndpointHealth;
    ///
    /// let mut health = EndpointHealth::new();
    /// health.pause(time::OffsetDateTime::UNIX_EPOCH);
    /// health.enable();
    /// assert!(health.is_active());
    /// ```
    pub fn enable(&mut self) {
        *self = EndpointHealth::new();
    }

    fn succeeded(&mut self, policy: &HealthPolicy) -> Option<HealthSignal> {
        let warned = policy.first_warning().is_some_and(|first| self.consecutive_failures >= first);
        *self = EndpointHealth::new();
        warned.then_some(HealthSignal::Recovered)
    }

    fn failed(&mut self, policy: &HealthPolicy, now: OffsetDateTime) -> Option<HealthSignal> {
        let now_ms = unix_ms(now);
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        let since = *self.failing_since.get_or_insert(now_ms);
        if policy.max_failures().is_some_and(|max| self.consecutive_failures >= max) {
            return Some(self.disable(DisableReason::ConsecutiveFailures, now));
        }
        // A clock that went back gives no period.
        let failing_for = u128::try_from(i128::from(now_ms) - i128::from(since)).unwrap_or(0);
        let long = policy.max_failing_time().is_some_and(|max| failing_for >= max.as_millis());
        if long && self.consecutive_failures >= MIN_FAILURES_IN_PERIOD {
            return Some(self.disable(DisableReason::FailingFor, now));
        }
        policy.warning(self.consecutive_failures).map(HealthSignal::Warning)
    }

    fn disable(&mut self, reason: DisableReason, now: OffsetDateTime) -> HealthSignal {
        self.disabled = Some(reason);
        self.disabled_at = Some(unix_ms(now));
        HealthSignal::Disabled(reason)
    }
}

pub(super) fn unix_time(unix_ms: i64) -> Option<OffsetDateTime> {
    from_unix_nanos(i128::from(unix_ms) * 1_000_000)
}

pub(super) fn unix_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}
