mod file;
mod jitter;
mod presets;
mod update;

use std::borrow::Cow;
use std::time::Duration;

use super::millis::Millis;
use crate::error::ConfigError;

pub use jitter::Jitter;
pub use update::RetryPolicyUpdate;

/// Retries whose waits are summed one by one: enough for any schedule in the field, and quick.
const EXACT_RETRIES: u32 = 10_000;
/// Waits in one table.
const MAX_TABLE: usize = 1000;
/// The longest wait in a table: thirty days.
const MAX_WAIT: u64 = 30 * 24 * 3600 * 1000;
/// The longest `Retry-After` where the schedule has no cap, in milliseconds: the longest in the field, and short enough
/// that nobody pins a delivery for years.
const DAY: u64 = 24 * 3600 * 1000;
/// The longest wait of exponential backoff without a cap.
const UNCAPPED: u64 = u64::MAX;

/// When the next attempt is due.
///
/// Either a table of waits or exponential backoff, with jitter and a maximum age. A wait runs from the end of a failed
/// attempt to the start of the next one. Attempts are counted from 1, and the first delivery is attempt 1. Whole
/// milliseconds, saturating: no input overflows, panics, or gives a negative wait.
///
/// ```
/// use hookseal::delivery::{Jitter, RetryPolicy};
///
/// let policy = RetryPolicy::KLEN_AI.with_jitter(Jitter::Equal)?;
/// assert_eq!(policy.delays().map(|delay| delay.as_secs()).collect::<Vec<_>>(), [60, 300, 1800]);
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
///
/// # In a file
///
/// A table is a list of `delays`. Exponential backoff is CallIntel's `retry_policy` object, with all of its four fields;
/// `max_delay_seconds` may be `"none"`. Either may have a [`jitter`](Jitter) and `max_age_seconds`. All durations are
/// numbers of seconds, whole or with a fraction, to the millisecond.
///
/// ```
/// use std::time::Duration;
/// use hookseal::delivery::RetryPolicy;
///
/// let table: RetryPolicy = toml::from_str(r#"
///     delays = [0.5, 60, 300]
///     jitter = "full"
///     max_age_seconds = 86400
/// "#)?;
/// assert_eq!(table.max_age(), Some(Duration::from_secs(86_400)));
///
/// let json = r#"{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":3600}"#;
/// let exponential: RetryPolicy = serde_json::from_str(json)?;
/// assert_eq!(exponential.delays().map(|delay| delay.as_secs()).collect::<Vec<_>>(), [60, 120, 240, 480]);
/// assert_eq!(serde_json::to_string(&exponential)?, json);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    schedule: Schedule,
    jitter: Jitter,
    max_age: Option<u64>,
}

/// All times in milliseconds.
#[derive(Clone, Debug, PartialEq)]
enum Schedule {
    /// The wait after failed attempt n is the n-th.
    Table(Cow<'static, [u64]>),
    /// The multiplier is finite and at least 1, `initial` from 1 to `max`, and there is at least one attempt.
    Exponential { max_attempts: u32, initial: u64, multiplier: f64, max: u64 },
}

/// The multiplier is never NaN.
impl Eq for RetryPolicy {}

impl RetryPolicy {
    /// The default: the Standard Webhooks table over three days, with a tenth more at random, between 2 s and 15 min:
    /// never earlier than the specification says, and spread.
    ///
    /// ```
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::new().max_attempts(), 10);
    /// ```
    pub const fn new() -> RetryPolicy {
        let mut policy = RetryPolicy::STANDARD_WEBHOOKS;
        policy.jitter = Jitter::Additive { permille: 100, min_seconds: 2, max_seconds: 900 };
        policy
    }

    /// A policy from its waits, at most 1000 of at most 30 days each. No waits: one attempt.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] says which wait is wrong.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// let policy = RetryPolicy::table([1, 10, 60].map(Duration::from_secs))?;
    /// assert_eq!(policy.max_attempts(), 4);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn table(waits: impl IntoIterator<Item = Duration>) -> Result<RetryPolicy, ConfigError> {
        let mut table = Vec::new();
        for wait in waits {
            let Millis(milliseconds) = Millis::new(wait);
            if milliseconds > MAX_WAIT {
                return invalid(format!("{} s", wait.as_secs()), "is a wait of more than 30 days");
            }
            if table.len() == MAX_TABLE {
                return invalid(String::new(), "has more than 1000 waits");
            }
            table.push(milliseconds);
        }
        Ok(RetryPolicy { schedule: Schedule::Table(Cow::Owned(table)), jitter: Jitter::None, max_age: None })
    }

    /// Exponential backoff: the wait after failed attempt n is `initial * multiplier^(n-1)`, at most `max`, which
    /// [`Duration::MAX`] lifts. Attempts include the first delivery.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for no attempt at all, a multiplier that is not finite or under 1, and an `initial` of
    /// less than a millisecond or over `max`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// let policy = RetryPolicy::exponential(4, Duration::from_secs(1), 1.5, Duration::from_secs(60))?;
    /// assert_eq!(policy.delays().map(|delay| delay.as_millis()).collect::<Vec<_>>(), [1000, 1500, 2250]);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn exponential(
        max_attempts: u32,
        initial: Duration,
        multiplier: f64,
        max: Duration,
    ) -> Result<RetryPolicy, ConfigError> {
        if max_attempts == 0 {
            return invalid("0".to_owned(), "is not a number of attempts: the first delivery counts");
        }
        if !(multiplier.is_finite() && multiplier >= 1.0) {
            return invalid(multiplier.to_string(), "is not a multiplier of at least 1");
        }
        let (Millis(initial), Millis(max)) = (Millis::new(initial), Millis::new(max));
        if initial == 0 {
            return invalid("0".to_owned(), "is not an initial wait: it would never grow");
        }
        if initial > max {
            return invalid(format!("{initial} ms"), "is an initial wait over the longest one");
        }
        let schedule = Schedule::Exponential { max_attempts, initial, multiplier, max };
        Ok(RetryPolicy { schedule, jitter: Jitter::None, max_age: None })
    }

    /// Spreads the waits.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a proportional spread of more than 1000 thousandths, and for an additive one whose
    /// least is more than its most.
    ///
    /// ```
    /// use hookseal::delivery::{Jitter, RetryPolicy};
    ///
    /// let policy = RetryPolicy::KLEN_AI.with_jitter(Jitter::Full)?;
    /// assert_eq!(policy.next_delay(1, None, 0).map(|delay| delay.as_secs()), Some(0));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_jitter(mut self, jitter: Jitter) -> Result<RetryPolicy, ConfigError> {
        match jitter {
            Jitter::Proportional { permille } if permille > 1000 => {
                return invalid(permille.to_string(), "is more than 1000 thousandths");
            }
            Jitter::Additive { min_seconds, max_seconds, .. } if min_seconds > max_seconds => {
                return invalid(min_seconds.to_string(), "is a least spread over the most");
            }
            _ => self.jitter = jitter,
        }
        Ok(self)
    }

    /// How waits are spread.
    ///
    /// ```
    /// use hookseal::delivery::{Jitter, RetryPolicy};
    ///
    /// assert_eq!(RetryPolicy::KLEN_AI.jitter(), Jitter::None);
    /// assert_eq!(RetryPolicy::new().jitter(), Jitter::Additive { permille: 100, min_seconds: 2, max_seconds: 900 });
    /// ```
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// Gives up on whatever the schedule would try later than this after its first attempt. A `Retry-After` that reaches
    /// beyond is cut to what remains.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// let policy = RetryPolicy::SVIX.with_max_age(Duration::from_secs(3600));
    /// assert_eq!(policy.max_age(), Some(Duration::from_secs(3600)));
    /// ```
    #[must_use]
    pub const fn with_max_age(mut self, age: Duration) -> RetryPolicy {
        self.max_age = Some(Millis::new(age).0);
        self
    }

    /// How old a delivery may become, from its first attempt.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::RetryPolicy::SVIX.max_age(), None);
    /// ```
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age.map(Duration::from_millis)
    }

    /// The number of attempts, the first one included.
    ///
    /// ```
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// assert_eq!((RetryPolicy::KLANG.max_attempts(), RetryPolicy::NONE.max_attempts()), (6, 1));
    /// ```
    pub fn max_attempts(&self) -> u32 {
        match &self.schedule {
            Schedule::Table(waits) => u32::try_from(waits.len()).unwrap_or(u32::MAX).saturating_add(1),
            Schedule::Exponential { max_attempts, .. } => *max_attempts,
        }
    }

    /// The wait after a failed attempt; `None` if that was the last one.
    ///
    /// `retry_after` is what the receiver asked for, as [`OutcomePolicy::classify`](super::OutcomePolicy::classify) hands
    /// it on. It never shortens a wait, and counts for at most the schedule's longest wait, or 24 hours if exponential
    /// backoff has no cap. `random` is one uniform number for each decision; 0 gives the shortest wait, `u64::MAX` the
    /// longest.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// let policy = RetryPolicy::KLEN_AI;
    /// assert_eq!(policy.next_delay(1, None, 0), Some(Duration::from_secs(60)));
    /// assert_eq!(policy.next_delay(1, Some(Duration::from_secs(90)), 0), Some(Duration::from_secs(90)));
    /// assert_eq!(policy.next_delay(4, None, 0), None);
    /// ```
    pub fn next_delay(&self, failed_attempt: u32, retry_after: Option<Duration>, random: u64) -> Option<Duration> {
        let (low, high) = self.window(failed_attempt, retry_after)?;
        let width = u128::from(high - low) + 1;
        // At most `high - low`: the product is below `width * 2^64`.
        let part = (width * u128::from(random)) >> 64;
        Some(Duration::from_millis(low.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))))
    }

    /// The shortest and the longest wait that [`next_delay`](Self::next_delay) can give.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hookseal::delivery::{Jitter, RetryPolicy};
    ///
    /// let policy = RetryPolicy::KLEN_AI.with_jitter(Jitter::Equal)?;
    /// assert_eq!(policy.delay_bounds(1, None), Some((Duration::from_secs(30), Duration::from_secs(60))));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn delay_bounds(&self, failed_attempt: u32, retry_after: Option<Duration>) -> Option<(Duration, Duration)> {
        let (low, high) = self.window(failed_attempt, retry_after)?;
        Some((Duration::from_millis(low), Duration::from_millis(high)))
    }

    /// The waits, without jitter.
    ///
    /// ```
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::CALLINTEL.delays().map(|delay| delay.as_secs()).collect::<Vec<_>>(), [60, 300, 900]);
    /// ```
    pub fn delays(&self) -> impl Iterator<Item = Duration> {
        (1..self.max_attempts()).filter_map(|attempt| self.base(attempt)).map(Duration::from_millis)
    }

    /// When each retry is due after the first attempt, without jitter and if attempts took no time.
    ///
    /// ```
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::CALLINTEL.due_times().map(|due| due.as_secs()).collect::<Vec<_>>(), [60, 360, 1260]);
    /// ```
    pub fn due_times(&self) -> impl Iterator<Item = Duration> {
        self.delays().scan(Duration::ZERO, |sum, delay| {
            *sum = sum.saturating_add(delay);
            Some(*sum)
        })
    }

    /// How long after the first attempt the last one is due, without jitter. Exact for 10 000 attempts; of the rest, what
    /// has not reached the cap is summed as floating-point numbers.
    ///
    /// ```
    /// use hookseal::delivery::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::STANDARD_WEBHOOKS.total_horizon().as_secs(), 272_105);
    /// ```
    pub fn total_horizon(&self) -> Duration {
        let Schedule::Exponential { max_attempts, initial, multiplier, max } = &self.schedule else {
            return self.due_times().last().unwrap_or(Duration::ZERO);
        };
        let retries = *max_attempts - 1;
        let exact = retries.min(EXACT_RETRIES);
        let sum = (1..=exact).filter_map(|attempt| self.base(attempt)).fold(0, u64::saturating_add);
        let rest = retries - exact;
        let wait = *initial as f64 * power(*multiplier, exact);
        let (rising, level) = if *multiplier > 1.0 {
            // The cast saturates: nothing rises beyond the cap.
            let rising = ((*max as f64 / wait).ln() / multiplier.ln()).ceil().min(f64::from(rest)) as u32;
            (rising, *max)
        } else {
            (0, *initial)
        };
        let rises = match rising {
            0 => 0,
            // The sum of a geometric series. The cast saturates.
            rising => (wait * (power(*multiplier, rising) - 1.0) / (multiplier - 1.0)) as u64,
        };
        let levels = u64::from(rest - rising).saturating_mul(level);
        Duration::from_millis(sum.saturating_add(rises).saturating_add(levels))
    }

    /// The wait without jitter, in milliseconds.
    fn base(&self, failed_attempt: u32) -> Option<u64> {
        let retry = failed_attempt.max(1) - 1;
        match &self.schedule {
            Schedule::Table(waits) => waits.get(usize::try_from(retry).ok()?).copied(),
            Schedule::Exponential { max_attempts, initial, multiplier, max } => {
                if retry + 1 >= *max_attempts {
                    return None;
                }
                let wait = *initial as f64 * power(*multiplier, retry);
                // Infinity is not less than anything.
                if wait < *max as f64 { Some(wait as u64) } else { Some(*max) }
            }
        }
    }

    fn window(&self, failed_attempt: u32, retry_after: Option<Duration>) -> Option<(u64, u64)> {
        let wait = self.base(failed_attempt)?;
        let part = |permille: u16| (u128::from(wait) * u128::from(permille) / 1000).min(u128::from(u64::MAX)) as u64;
        let (low, high) = match self.jitter {
            Jitter::None => (wait, wait),
            Jitter::Full => (0, wait),
            Jitter::Equal => (wait - wait / 2, wait),
            Jitter::Proportional { permille } => {
                let spread = part(permille).min(wait);
                (wait - spread, wait.saturating_add(spread).min(self.cap().max(wait)))
            }
            Jitter::Additive { permille, min_seconds, max_seconds } => {
                let spread = part(permille).clamp(u64::from(min_seconds) * 1000, u64::from(max_seconds) * 1000);
                (wait, wait.saturating_add(spread))
            }
        };
        match retry_after.map(|asked| self.bounded(asked)) {
            Some(asked) if asked > low => Some((asked, asked.saturating_add(high - low))),
            _ => Some((low, high)),
        }
    }

    /// What a spread wait may not exceed; a table has no cap.
    fn cap(&self) -> u64 {
        match &self.schedule {
            Schedule::Table(_) => u64::MAX,
            Schedule::Exponential { max, .. } => *max,
        }
    }

    /// What a `Retry-After` counts for: no receiver can ask for more than the longest wait.
    pub(super) fn bounded(&self, asked: Duration) -> u64 {
        let longest = match &self.schedule {
            Schedule::Table(waits) => waits.iter().copied().max().unwrap_or_default(),
            Schedule::Exponential { max: UNCAPPED, .. } => DAY,
            Schedule::Exponential { max, .. } => *max,
        };
        Millis::new(asked).0.min(longest)
    }
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy::new()
    }
}

/// By squaring: as many steps as the exponent has bits.
fn power(base: f64, exponent: u32) -> f64 {
    let (mut result, mut square, mut rest) = (1.0, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result *= square;
        }
        square *= square;
        rest >>= 1;
    }
    result
}

fn invalid<T>(piece: String, problem: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::Invalid { field: "retry", piece, problem })
}
