use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::health::HealthPolicy;
use super::millis::Millis;
use super::outcome::OutcomePolicy;
use super::retry::RetryPolicy;
use crate::error::ConfigError;

/// How a platform delivers: when it retries, what outcomes mean, when it pauses an endpoint, and its time limits.
///
/// Start from a platform's policy or from the defaults, and change what differs:
///
/// ```
/// use std::time::Duration;
/// use hookseal::delivery::{DeliveryPolicy, RetryPolicy};
/// use hookseal::provider;
///
/// let patient = provider::KLANG.delivery_policy().clone().with_timeout(Duration::from_secs(20));
/// assert_eq!((patient.timeout().as_secs(), patient.retry()), (20, &RetryPolicy::KLANG));
/// assert_eq!(DeliveryPolicy::new().retry().max_attempts(), 10);
/// ```
///
/// # In a file
///
/// The fields are called like the getters, and each may be left out. Durations are numbers of seconds, whole or with a
/// fraction, to the millisecond. This is TOML:
///
/// ```
/// use hookseal::delivery::{Action, DeliveryPolicy};
///
/// let policy: DeliveryPolicy = toml::from_str(r#"
///     timeout = 2.5               # 30 is the default
///     connect_timeout = 1         # 5
///     lease_margin = 10           # 30
///     reuses_timestamp = true     # false
///
///     [retry]                     # see `RetryPolicy`
///     delays = [30, 120, 600]
///     jitter = "equal"
///
///     [outcomes]                  # see `OutcomePolicy`
///     base = "server-errors-only"
///     overrides = [{ first = 409, last = 409, action = "deliver" }]
///
///     [health]                    # see `HealthPolicy`
///     max_failures = 25
/// "#)?;
/// assert_eq!(policy.timeout().as_millis(), 2500);
/// assert_eq!(policy.outcomes().action(409), Action::Deliver);
/// # Ok::<(), toml::de::Error>(())
/// ```
///
/// and this JSON:
///
/// ```
/// use hookseal::delivery::DeliveryPolicy;
///
/// let json = r#"{"timeout":2.5,"retry":{"delays":[30,120,600]},"health":{"max_failures":25}}"#;
/// let policy: DeliveryPolicy = serde_json::from_str(json)?;
/// assert_eq!(policy.retry().max_attempts(), 4);
/// assert!(serde_json::from_str::<DeliveryPolicy>(r#"{"time_out":5}"#).is_err(), "a field that does not exist");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryPolicy {
    #[serde(deserialize_with = "timeout")]
    timeout: Millis,
    #[serde(deserialize_with = "connect_timeout")]
    connect_timeout: Millis,
    lease_margin: Millis,
    reuses_timestamp: bool,
    retry: RetryPolicy,
    outcomes: OutcomePolicy,
    health: HealthPolicy,
}

impl DeliveryPolicy {
    /// The crate's defaults. Each setter gives the reason for its own.
    ///
    /// ```
    /// use hookseal::delivery::DeliveryPolicy;
    ///
    /// const POLICY: DeliveryPolicy = DeliveryPolicy::new();
    /// assert_eq!(POLICY, DeliveryPolicy::default());
    /// ```
    pub const fn new() -> DeliveryPolicy {
        DeliveryPolicy::from_parts(RetryPolicy::new(), OutcomePolicy::standard(), HealthPolicy::never())
    }

    /// For constants, where the setters of what owns memory cannot run.
    pub(crate) const fn from_parts(
        retry: RetryPolicy,
        outcomes: OutcomePolicy,
        health: HealthPolicy,
    ) -> DeliveryPolicy {
        DeliveryPolicy {
            timeout: Millis(30_000),
            connect_timeout: Millis(5_000),
            lease_margin: Millis(30_000),
            reuses_timestamp: false,
            retry,
            outcomes,
            health,
        }
    }

    /// Sets when the next attempt is due. Unless set, [`RetryPolicy::new`]: ten attempts over three days.
    ///
    /// ```
    /// use hookseal::delivery::{DeliveryPolicy, RetryPolicy};
    ///
    /// let policy = DeliveryPolicy::new().with_retry(RetryPolicy::SVIX);
    /// assert_eq!(policy.retry(), &RetryPolicy::SVIX);
    /// ```
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> DeliveryPolicy {
        self.retry = retry;
        self
    }

    /// Sets what an outcome means. Unless set, [`OutcomePolicy::standard`].
    ///
    /// ```
    /// use hookseal::delivery::{Action, DeliveryPolicy, OutcomePolicy};
    ///
    /// let policy = DeliveryPolicy::new().with_outcomes(OutcomePolicy::server_errors_only());
    /// assert_eq!(policy.outcomes().action(404), Action::GiveUp);
    /// ```
    #[must_use]
    pub fn with_outcomes(mut self, outcomes: OutcomePolicy) -> DeliveryPolicy {
        self.outcomes = outcomes;
        self
    }

    /// Sets when an endpoint is paused. Unless set, [`HealthPolicy::never`].
    ///
    /// ```
    /// use hookseal::delivery::{DeliveryPolicy, HealthPolicy};
    ///
    /// let policy = DeliveryPolicy::new().with_health(HealthPolicy::never().with_max_failures(25));
    /// assert_eq!(policy.health().max_failures(), Some(25));
    /// ```
    #[must_use]
    pub fn with_health(mut self, health: HealthPolicy) -> DeliveryPolicy {
        self.health = health;
        self
    }

    /// Sets the time limit of a whole attempt, in whole milliseconds. Thirty seconds unless set, the most that Standard
    /// Webhooks recommends.
    ///
    /// A limit of less than a millisecond becomes one millisecond, because many HTTP clients take zero for no limit at
    /// all. In a file, it is an error.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::DeliveryPolicy;
    ///
    /// const POLICY: DeliveryPolicy = DeliveryPolicy::new().with_timeout(Duration::from_secs(10));
    /// assert_eq!(POLICY.timeout().as_secs(), 10);
    /// ```
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> DeliveryPolicy {
        self.timeout = Millis::new(timeout).at_least_one();
        self
    }

    /// Sets the time limit of connecting, in whole milliseconds. Five seconds unless set: a host that takes longer is
    /// down. As for [`timeout`](Self::with_timeout), less than a millisecond becomes one millisecond.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::DeliveryPolicy;
    ///
    /// const POLICY: DeliveryPolicy = DeliveryPolicy::new().with_connect_timeout(Duration::from_secs(1));
    /// assert_eq!(POLICY.connect_timeout().as_secs(), 1);
    /// ```
    #[must_use]
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> DeliveryPolicy {
        self.connect_timeout = Millis::new(timeout).at_least_one();
        self
    }

    /// Sets how long after [`timeout`](Self::timeout) an attempt that nobody has recorded counts as lost, so that another
    /// worker begins it again; in whole milliseconds. Thirty seconds unless set: enough to record an outcome while the
    /// database restarts, and a delivery whose worker died comes a minute late at most.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::DeliveryPolicy;
    ///
    /// const POLICY: DeliveryPolicy = DeliveryPolicy::new().with_lease_margin(Duration::from_secs(4));
    /// assert_eq!(POLICY.lease().as_secs(), 34);
    /// ```
    #[must_use]
    pub const fn with_lease_margin(mut self, margin: Duration) -> DeliveryPolicy {
        self.lease_margin = Millis::new(margin);
        self
    }

    /// Signs retries with the first attempt's time, so that every attempt carries the same signature. Unless set, each
    /// attempt is signed with its own time: receivers then need no wide window, which is what a replay attack lives on.
    ///
    /// A receiver must accept timestamps as old as the last retry: compare the scheme's
    /// [`past`](crate::Scheme::past) with the schedule's [`total_horizon`](RetryPolicy::total_horizon). An attempt that comes
    /// later than that, after a long `Retry-After` or a pause, is signed with its own time.
    ///
    /// ```
    /// use hookseal::delivery::DeliveryPolicy;
    ///
    /// const POLICY: DeliveryPolicy = DeliveryPolicy::new().with_reused_timestamp();
    /// assert!(POLICY.reuses_timestamp());
    /// ```
    #[must_use]
    pub const fn with_reused_timestamp(mut self) -> DeliveryPolicy {
        self.reuses_timestamp = true;
        self
    }

    /// When the next attempt is due.
    ///
    /// ```
    /// use hookseal::delivery::RetryPolicy;
    /// use hookseal::provider;
    ///
    /// assert_eq!(provider::KLANG.delivery_policy().retry(), &RetryPolicy::KLANG);
    /// ```
    pub const fn retry(&self) -> &RetryPolicy {
        &self.retry
    }

    /// What an outcome means.
    ///
    /// ```
    /// use hookseal::delivery::OutcomePolicy;
    /// use hookseal::provider;
    ///
    /// assert_eq!(provider::CALLINTEL.delivery_policy().outcomes(), &OutcomePolicy::server_errors_only());
    /// ```
    pub const fn outcomes(&self) -> &OutcomePolicy {
        &self.outcomes
    }

    /// When an endpoint is paused.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::KLANG.delivery_policy().health().max_failures(), Some(25));
    /// ```
    pub const fn health(&self) -> &HealthPolicy {
        &self.health
    }

    /// The time limit of a whole attempt.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::KLANG.delivery_policy().timeout().as_secs(), 5);
    /// ```
    pub const fn timeout(&self) -> Duration {
        self.timeout.duration()
    }

    /// The time limit of connecting.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::KLANG.delivery_policy().connect_timeout().as_secs(), 5);
    /// ```
    pub const fn connect_timeout(&self) -> Duration {
        self.connect_timeout.duration()
    }

    /// How long after [`timeout`](Self::timeout) an attempt that nobody has recorded counts as lost.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::KLANG.delivery_policy().lease_margin().as_secs(), 30);
    /// ```
    pub const fn lease_margin(&self) -> Duration {
        self.lease_margin.duration()
    }

    /// How long an attempt in flight belongs to the worker that began it: `timeout` and `lease_margin`.
    ///
    /// ```
    /// use hookseal::delivery::DeliveryPolicy;
    ///
    /// assert_eq!(DeliveryPolicy::new().lease().as_secs(), 60);
    /// ```
    pub const fn lease(&self) -> Duration {
        self.timeout().saturating_add(self.lease_margin())
    }

    /// Whether retries are signed with the first attempt's time, as [`Attempt::signing_time`](super::Attempt::signing_time)
    /// then says. A sender without [`Delivery`](super::Delivery) passes the first time to
    /// [`Signer::sign_at`](crate::Signer::sign_at).
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::KLANG.delivery_policy().reuses_timestamp());
    /// assert!(!provider::STANDARD_WEBHOOKS.delivery_policy().reuses_timestamp());
    /// ```
    pub const fn reuses_timestamp(&self) -> bool {
        self.reuses_timestamp
    }
}

fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
    read_limit("timeout", deserializer)
}

fn connect_timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
    read_limit("connect_timeout", deserializer)
}

fn read_limit<'de, D: Deserializer<'de>>(field: &'static str, deserializer: D) -> Result<Millis, D::Error> {
    match Millis::deserialize(deserializer)? {
        Millis(0) => {
            let problem = "is less than a millisecond, and many HTTP clients take it for no limit";
            Err(de::Error::custom(ConfigError::Invalid { field, piece: "0".to_owned(), problem }))
        }
        limit => Ok(limit),
    }
}

impl Default for DeliveryPolicy {
    fn default() -> DeliveryPolicy {
        DeliveryPolicy::new()
    }
}
