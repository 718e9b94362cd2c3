use std::fmt;
use std::time::Duration;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in whole milliseconds. In a file, a number of seconds, with a fraction where it has one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Millis(pub(super) u64);

impl Millis {
    pub(super) const fn new(duration: Duration) -> Millis {
        let milliseconds = duration.as_millis();
        Millis(if milliseconds > u64::MAX as u128 { u64::MAX } else { milliseconds as u64 })
    }

    pub(super) const fn at_least_one(self) -> Millis {
        if self.0 == 0 { Millis(1) } else { self }
    }

    pub(super) const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.duration().fmt(f)
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 1000 {
            0 => serializer.serialize_u64(self.0 / 1000),
            _ => serializer.serialize_f64(self.0 as f64 / 1000.0),
        }
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        deserializer.deserialize_any(MillisVisitor)
    }
}

pub(super) struct MillisVisitor;

impl Visitor<'_> for MillisVisitor {
    type Value = Millis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds of at least 0 and below 2^64")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Millis, E> {
        Ok(Millis(seconds.saturating_mul(1000)))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Millis, E> {
        match u64::try_from(seconds) {
            Ok(seconds) => self.visit_u64(seconds),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(seconds), &self)),
        }
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Millis, E> {
        // To the nearest millisecond: most fractions have no exact float.
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) => Ok(Millis::new(duration.saturating_add(Duration::from_micros(499)))),
            Err(_) => Err(E::invalid_value(Unexpected::Float(seconds), &self)),
        }
    }
}
