//! A retry policy as it stands in a file.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Jitter, RetryPolicy, Schedule, invalid, milliseconds};
use crate::error::ConfigError;

/// A policy in a file: either `delays`, or the other four.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    delays: Option<Vec<Seconds>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backoff_multiplier: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_delay_seconds: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_delay_seconds: Option<Seconds>,
    #[serde(default, skip_serializing_if = "is_none")]
    jitter: Jitter,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<Seconds>,
}

fn is_none(jitter: &Jitter) -> bool {
    *jitter == Jitter::None
}

/// A number that is written as an integer if it is one: `2` stays `2`.
#[derive(Clone, Copy)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Up to 2^53, every integer has a float of its own.
        let whole = self.0.fract() == 0.0 && self.0.abs() <= 9_007_199_254_740_992.0;
        if whole { serializer.serialize_i64(self.0 as i64) } else { serializer.serialize_f64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        f64::deserialize(deserializer).map(Number)
    }
}

/// Seconds in a file, milliseconds here.
#[derive(Clone, Copy)]
struct Seconds(u64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 1000 {
            0 => serializer.serialize_u64(self.0 / 1000),
            _ => serializer.serialize_f64(self.0 as f64 / 1000.0),
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) => Ok(Seconds(milliseconds(duration.saturating_add(Duration::from_micros(499))))),
            Err(_) => Err(serde::de::Error::custom("not a number of seconds of at least 0")),
        }
    }
}

impl TryFrom<File> for RetryPolicy {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<RetryPolicy, ConfigError> {
        let wait = |seconds: Seconds| Duration::from_millis(seconds.0);
        let mut policy = match file {
            File {
                delays: None,
                max_attempts: Some(attempts),
                backoff_multiplier: Some(multiplier),
                initial_delay_seconds: Some(initial),
                max_delay_seconds: Some(max),
                ..
            } => {
                if initial.0 < 1000 {
                    return invalid(format!("{} ms", initial.0), "is an initial wait of less than a second");
                }
                RetryPolicy::exponential(attempts, wait(initial), multiplier.0, wait(max))?
            }
            File {
                delays: Some(delays),
                max_attempts: None,
                backoff_multiplier: None,
                initial_delay_seconds: None,
                max_delay_seconds: None,
                ..
            } => RetryPolicy::table(delays.into_iter().map(wait))?,
            _ => {
                return invalid(
                    String::new(),
                    "needs either `delays` or all of `max_attempts`, `backoff_multiplier`, `initial_delay_seconds` and \
                     `max_delay_seconds`",
                );
            }
        };
        policy.max_age = file.max_age_seconds.map(|seconds| seconds.0);
        policy.with_jitter(file.jitter)
    }
}

impl From<&RetryPolicy> for File {
    fn from(policy: &RetryPolicy) -> File {
        let mut file = File {
            delays: None,
            max_attempts: None,
            backoff_multiplier: None,
            initial_delay_seconds: None,
            max_delay_seconds: None,
            jitter: policy.jitter,
            max_age_seconds: policy.max_age.map(Seconds),
        };
        match &policy.schedule {
            Schedule::Table(waits) => file.delays = Some(waits.iter().copied().map(Seconds).collect()),
            Schedule::Exponential { max_attempts, initial, multiplier, max } => {
                file.max_attempts = Some(*max_attempts);
                file.backoff_multiplier = Some(Number(*multiplier));
                file.initial_delay_seconds = Some(Seconds(*initial));
                file.max_delay_seconds = Some(Seconds(*max));
            }
        }
        file
    }
}

impl Serialize for RetryPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        File::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RetryPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RetryPolicy, D::Error> {
        RetryPolicy::try_from(File::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
