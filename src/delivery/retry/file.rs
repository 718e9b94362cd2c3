//! A retry policy in a file.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Jitter, RetryPolicy, Schedule, UNCAPPED, invalid};
use crate::delivery::millis::{Millis, MillisVisitor};
use crate::error::ConfigError;

/// A policy in a file: either `delays`, or the other four.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    delays: Option<Vec<Millis>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backoff_multiplier: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_delay_seconds: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_delay_seconds: Option<MaxDelay>,
    #[serde(default, skip_serializing_if = "is_none")]
    jitter: Jitter,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<Millis>,
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

/// The longest wait of exponential backoff: seconds, or `"none"`.
#[derive(Clone, Copy)]
struct MaxDelay(Millis);

impl MaxDelay {
    const NONE: &'static str = "none";
}

impl Serialize for MaxDelay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Millis(UNCAPPED) => serializer.serialize_str(MaxDelay::NONE),
            seconds => seconds.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for MaxDelay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MaxDelay, D::Error> {
        struct MaxDelayVisitor;

        impl Visitor<'_> for MaxDelayVisitor {
            type Value = MaxDelay;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                MillisVisitor.expecting(f)?;
                f.write_str(", or \"none\"")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<MaxDelay, E> {
                MillisVisitor.visit_u64(seconds).map(MaxDelay)
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<MaxDelay, E> {
                MillisVisitor.visit_i64(seconds).map(MaxDelay)
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<MaxDelay, E> {
                MillisVisitor.visit_f64(seconds).map(MaxDelay)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<MaxDelay, E> {
                match text {
                    MaxDelay::NONE => Ok(MaxDelay(Millis(UNCAPPED))),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(MaxDelayVisitor)
    }
}

impl TryFrom<File> for RetryPolicy {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<RetryPolicy, ConfigError> {
        let mut policy = match file {
            File {
                delays: None,
                max_attempts: Some(attempts),
                backoff_multiplier: Some(multiplier),
                initial_delay_seconds: Some(initial),
                max_delay_seconds: Some(max),
                ..
            } => RetryPolicy::exponential(attempts, initial.duration(), multiplier.0, max.0.duration())?,
            File {
                delays: Some(delays),
                max_attempts: None,
                backoff_multiplier: None,
                initial_delay_seconds: None,
                max_delay_seconds: None,
                ..
            } => RetryPolicy::table(delays.into_iter().map(Millis::duration))?,
            _ => {
                return invalid(
                    String::new(),
                    "needs either `delays` or all of `max_attempts`, `backoff_multiplier`, `initial_delay_seconds` and \
                     `max_delay_seconds`",
                );
            }
        };
        policy.max_age = file.max_age_seconds.map(|age| age.0);
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
            max_age_seconds: policy.max_age.map(Millis),
        };
        match &policy.schedule {
            Schedule::Table(waits) => file.delays = Some(waits.iter().copied().map(Millis).collect()),
            Schedule::Exponential { max_attempts, initial, multiplier, max } => {
                file.max_attempts = Some(*max_attempts);
                file.backoff_multiplier = Some(Number(*multiplier));
                file.initial_delay_seconds = Some(Millis(*initial));
                file.max_delay_seconds = Some(MaxDelay(Millis(*max)));
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
        RetryPolicy::try_from(File::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
