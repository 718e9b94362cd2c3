use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::delivery::millis::Millis;
use crate::error::ConfigError;

/// When an endpoint that keeps failing is paused.
///
/// ```
/// use std::time::Duration;
/// use hookseal::delivery::HealthPolicy;
/// use hookseal::provider;
///
/// let policy = HealthPolicy::never().with_max_failures(25).with_max_failing_time(Duration::from_secs(86_400));
/// assert_eq!(provider::KLANG.delivery_policy().health(), &policy);
/// ```
///
/// # In a file
///
/// The fields are called like the getters, and each may be left out. `max_failing_time` is a number of seconds.
///
/// ```
/// use hookseal::delivery::HealthPolicy;
///
/// let policy: HealthPolicy = toml::from_str(r#"
///     max_failures = 25
///     max_failing_time = 86400
///     warnings_at = [50, 90]
/// "#)?;
/// assert_eq!(policy.warnings_at(), [50, 90]);
///
/// let json = r#"{"max_failures":25,"max_failing_time":86400,"warnings_at":[50,90]}"#;
/// assert_eq!(serde_json::from_str::<HealthPolicy>(json)?, policy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File")]
pub struct HealthPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_failures: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_failing_time: Option<Millis>,
    /// Per cent of `max_failures`, each 1 to 99, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings_at: Vec<u8>,
}

/// The serialised form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    max_failures: u32,
    max_failing_time: Option<Millis>,
    #[serde(default)]
    warnings_at: Vec<u8>,
}

impl TryFrom<File> for HealthPolicy {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<HealthPolicy, ConfigError> {
        let policy = HealthPolicy::never().with_max_failures(file.max_failures);
        HealthPolicy { max_failing_time: file.max_failing_time, ..policy }.with_warnings_at(file.warnings_at)
    }
}

impl HealthPolicy {
    /// A policy that never pauses: the default, because nobody publishes a number that fits all.
    ///
    /// ```
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// assert_eq!(HealthPolicy::never(), HealthPolicy::default());
    /// ```
    pub const fn never() -> HealthPolicy {
        HealthPolicy { max_failures: None, max_failing_time: None, warnings_at: Vec::new() }
    }

    /// Pauses an endpoint when this many attempts in a row have failed; 0 is never.
    ///
    /// ```
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// const POLICY: HealthPolicy = HealthPolicy::never().with_max_failures(25);
    /// assert_eq!(POLICY.max_failures(), Some(25));
    /// assert_eq!(POLICY.with_max_failures(0), HealthPolicy::never());
    /// ```
    #[must_use]
    pub const fn with_max_failures(mut self, failures: u32) -> HealthPolicy {
        self.max_failures = NonZeroU32::new(failures);
        self
    }

    /// Pauses an endpoint whose attempts have failed for this long, at least twice and without a success between. In
    /// whole milliseconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// const POLICY: HealthPolicy = HealthPolicy::never().with_max_failing_time(Duration::from_secs(120 * 3600));
    /// assert_eq!(POLICY.max_failing_time(), Some(Duration::from_secs(432_000)));
    /// ```
    #[must_use]
    pub const fn with_max_failing_time(mut self, period: Duration) -> HealthPolicy {
        self.max_failing_time = Some(Millis::new(period));
        self
    }

    /// Warns when these percentages of [`max_failures`](Self::max_failures) are reached, in any order. Without
    /// `max_failures`, there is nothing to warn of.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a percentage outside 1 to 99.
    ///
    /// ```
    /// use hookseal::delivery::HealthPolicy;
    ///
    /// let policy = HealthPolicy::never().with_max_failures(25).with_warnings_at([90, 50])?;
    /// assert_eq!(policy.warnings_at(), [50, 90]);
    /// assert!(policy.with_warnings_at([100]).is_err(), "that is no longer a warning");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_warnings_at(mut self, percent: impl IntoIterator<Item = u8>) -> Result<HealthPolicy, ConfigError> {
        let mut levels: Vec<u8> = percent.into_iter().collect();
        if let Some(wrong) = levels.iter().find(|level| !(1..=99).contains(*level)) {
            let problem = "is not a percentage from 1 to 99";
            return Err(ConfigError::Invalid { field: "warnings_at", piece: wrong.to_string(), problem });
        }
        levels.sort_unstable();
        levels.dedup();
        self.warnings_at = levels;
        Ok(self)
    }

    /// How many failed attempts in a row pause an endpoint.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::HealthPolicy::never().max_failures(), None);
    /// ```
    pub const fn max_failures(&self) -> Option<u32> {
        match self.max_failures {
            Some(failures) => Some(failures.get()),
            None => None,
        }
    }

    /// How long an endpoint may fail before it is paused.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::HealthPolicy::never().max_failing_time(), None);
    /// ```
    pub const fn max_failing_time(&self) -> Option<Duration> {
        match self.max_failing_time {
            Some(period) => Some(period.duration()),
            None => None,
        }
    }

    /// The percentages of [`max_failures`](Self::max_failures) at which to warn, ascending.
    ///
    /// ```
    /// assert!(hookseal::delivery::HealthPolicy::never().warnings_at().is_empty());
    /// ```
    pub fn warnings_at(&self) -> &[u8] {
        &self.warnings_at
    }

    /// The warning level that exactly this many failures reach.
    pub(super) fn warning(&self, failures: u32) -> Option<u8> {
        let max = u64::from(self.max_failures?.get());
        let reached = |level: &&u8| (max * u64::from(**level)).div_ceil(100) == u64::from(failures);
        self.warnings_at.iter().rev().find(reached).copied()
    }

    /// How many failures reach the lowest warning level.
    pub(super) fn first_warning(&self) -> Option<u32> {
        let max = u64::from(self.max_failures?.get());
        let level = self.warnings_at.first()?;
        u32::try_from((max * u64::from(*level)).div_ceil(100)).ok()
    }
}

impl Default for HealthPolicy {
    fn default() -> HealthPolicy {
        HealthPolicy::never()
    }
}
