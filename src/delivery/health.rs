use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Sending;
use super::outcome::{Outcome, Verdict};
use crate::words::display_as_serialized;

/// When an endpoint that keeps failing is paused.
///
/// ```
/// use std::time::Duration;
/// use hookseal::delivery::HealthPolicy;
///
/// let policy = HealthPolicy::never().after_failures(25).after_failing_for(Duration::from_secs(86_400)).warn_at(&[50, 90]);
/// assert_eq!(policy, hookseal::provider::KLANG.sending().health.clone().warn_at(&[50, 90]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthPolicy {
    max_failures: Option<NonZeroU32>,
    max_failing_for: Option<Duration>,
    /// Per cent of `max_failures`, each 1 to 99, ascending.
    warn_at: Cow<'static, [u8]>,
}

/// Failures that a period needs: a single one, however long ago, is no period.
const MIN_FAILURES_IN_PERIOD: u32 = 2;

impl HealthPolicy {
    /// A policy that never pauses: the default, because nobody publishes a number that fits all.
    ///
    /// ```
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// assert_eq!(HealthPolicy::never(), HealthPolicy::default());
    /// ```
    pub const fn never() -> HealthPolicy {
        HealthPolicy { max_failures: None, max_failing_for: None, warn_at: Cow::Borrowed(&[]) }
    }

    /// Pauses after so many attempts in a row have failed; 0 is never.
    ///
    /// ```
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// assert_eq!(HealthPolicy::never().after_failures(0), HealthPolicy::never());
    /// ```
    #[must_use]
    pub const fn after_failures(mut self, failures: u32) -> HealthPolicy {
        self.max_failures = NonZeroU32::new(failures);
        self
    }

    /// Pauses when attempts have failed, at least twice and without a success, for so long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// let policy = HealthPolicy::never().after_failing_for(Duration::from_secs(120 * 3600));
    /// assert_ne!(policy, HealthPolicy::never());
    /// ```
    #[must_use]
    pub const fn after_failing_for(mut self, period: Duration) -> HealthPolicy {
        self.max_failing_for = Some(period);
        self
    }

    /// Warns when so many per cent of the failures are reached. Levels outside 1 to 99 are left out.
    ///
    /// ```
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// assert_eq!(HealthPolicy::never().warn_at(&[90, 0, 50]), HealthPolicy::never().warn_at(&[50, 90]));
    /// ```
    #[must_use]
    pub fn warn_at(mut self, percent: &[u8]) -> HealthPolicy {
        let mut levels: Vec<u8> = percent.iter().copied().filter(|level| (1..=99).contains(level)).collect();
        levels.sort_unstable();
        levels.dedup();
        self.warn_at = Cow::Owned(levels);
        self
    }

    /// The warning level that exactly so many failures reach.
    fn warning(&self, failures: u32) -> Option<u8> {
        let max = u64::from(self.max_failures?.get());
        let reached = |level: &&u8| (max * u64::from(**level)).div_ceil(100) == u64::from(failures);
        self.warn_at.iter().rev().find(reached).copied()
    }

    fn first_warning(&self) -> Option<u32> {
        let max = u64::from(self.max_failures?.get());
        let level = self.warn_at.first()?;
        u32::try_from((max * u64::from(*level)).div_ceil(100)).ok()
    }
}

impl Default for HealthPolicy {
    fn default() -> HealthPolicy {
        HealthPolicy::never()
    }
}

/// Whether an endpoint is sent to, and how its attempts have gone lately. Store it with the endpoint.
///
/// Count each attempt once, and leave out test events and [replays by hand](super::Attempt::is_replay). While the endpoint
/// is disabled, send nothing and enqueue nothing for it; a late success does not enable it again, only
/// [`enable`](Self::enable) does.
///
/// ```
/// use hookseal::delivery::{DisableReason, EndpointHealth, HealthPolicy, HealthSignal, Outcome, Sending};
/// use time::OffsetDateTime;
///
/// let mut sending = Sending::default();
/// sending.health = HealthPolicy::never().after_failures(2);
/// let (mut health, now) = (EndpointHealth::new(), OffsetDateTime::UNIX_EPOCH);
/// assert_eq!(health.record(&sending, &Outcome::Timeout, now), None);
/// let signal = health.record(&sending, &Outcome::Timeout, now);
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
    /// So many per cent of the failures that disable it are reached.
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
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.disabled_at?) * 1_000_000).ok()
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
    /// use hookseal::delivery::{EndpointHealth, Outcome, Sending};
    /// use time::OffsetDateTime;
    ///
    /// let busy = Outcome::Response { status: 429, retry_after: None };
    /// let mut health = EndpointHealth::new();
    /// health.record(&Sending::default(), &busy, OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(health.consecutive_failures(), 0);
    /// ```
    pub fn record(&mut self, sending: &Sending, outcome: &Outcome<'_>, now: OffsetDateTime) -> Option<HealthSignal> {
        if !self.is_active() {
            return None;
        }
        let policy = &sending.health;
        match (sending.outcome.classify(outcome, now), outcome) {
            (Verdict::Delivered, _) => self.succeeded(policy),
            (Verdict::DisableEndpoint, _) => Some(self.disable(DisableReason::Gone, now)),
            (_, Outcome::Response { status: 429, .. })
            | (_, Outcome::UrlRefused | Outcome::RequestInvalid | Outcome::PayloadTooLarge) => None,
            _ => self.failed(policy, now),
        }
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
        if policy.max_failures.is_some_and(|max| self.consecutive_failures >= max.get()) {
            return Some(self.disable(DisableReason::ConsecutiveFailures, now));
        }
        // A clock that went back gives no period.
        let failing_for = u128::try_from(i128::from(now_ms) - i128::from(since)).unwrap_or(0);
        let long = policy.max_failing_for.is_some_and(|max| failing_for >= max.as_millis());
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

pub(super) fn unix_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}
