//! The time in a header: three formats, read strictly and never re-formatted.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// How a header writes the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// Unix seconds.
    Seconds,
    /// Unix milliseconds.
    Milliseconds,
    Rfc3339,
}

impl TimeFormat {
    /// Reads a received time. Digits only: no sign, blank or leading zero, which would give one time several texts.
    pub(crate) fn read(self, text: &[u8]) -> Option<Timestamp> {
        let count = match self {
            TimeFormat::Seconds | TimeFormat::Milliseconds => i128::from(digits(text)?),
            TimeFormat::Rfc3339 => {
                let text = std::str::from_utf8(text).ok()?;
                OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos()
            }
        };
        Some(Timestamp { count, format: self })
    }

    /// The text that a signer sends, cut to the format's precision. `None` before 1970 and after the year 9999.
    pub(crate) fn write(self, time: OffsetDateTime) -> Option<String> {
        let seconds = u64::try_from(time.unix_timestamp()).ok()?;
        match self {
            TimeFormat::Seconds => Some(seconds.to_string()),
            TimeFormat::Milliseconds => Some((u128::from(seconds) * 1000 + u128::from(time.millisecond())).to_string()),
            TimeFormat::Rfc3339 => time.checked_to_offset(time::UtcOffset::UTC)?.format(&Rfc3339).ok(),
        }
    }

    fn nanos(self) -> i128 {
        match self {
            TimeFormat::Seconds => NANOS_PER_SECOND,
            TimeFormat::Milliseconds => 1_000_000,
            TimeFormat::Rfc3339 => 1,
        }
    }
}

/// A received time, in units of its format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp {
    count: i128,
    format: TimeFormat,
}

impl Timestamp {
    /// How many nanoseconds before `now` it lies; negative when it lies after.
    ///
    /// `now` is cut to the unit of the format first: a sender that writes seconds has cut its own clock the same way.
    pub(crate) fn age(self, now: OffsetDateTime) -> i128 {
        // Neither side can overflow: |now| < 2^69 ns, and a count is below 2^64 units of at most 10^9 ns.
        let unit = self.format.nanos();
        (now.unix_timestamp_nanos().div_euclid(unit) - self.count) * unit
    }

    /// `None` for a count that `OffsetDateTime` cannot hold.
    pub(crate) fn time(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(self.count.checked_mul(self.format.nanos())?).ok()
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || (text[0] == b'0' && text.len() > 1) {
        return None;
    }
    let mut value: u64 = 0;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}
