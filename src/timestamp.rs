//! The timestamp in a header: four formats, read strictly and never formatted again.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::text::is;

/// How a header writes the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// Unix seconds.
    Seconds,
    /// Unix milliseconds.
    Milliseconds,
    /// Unix milliseconds, read as seconds if the time in milliseconds would be before 1973.
    MillisecondsOrSeconds,
    Rfc3339,
}

impl TimeFormat {
    /// The format that a template's placeholder names.
    pub(crate) const fn named(text: &[u8], start: usize, end: usize) -> Option<TimeFormat> {
        static NAMES: [(&[u8], TimeFormat); 4] = [
            (b"{timestamp}", TimeFormat::Seconds),
            (b"{timestamp:ms}", TimeFormat::Milliseconds),
            (b"{timestamp:ms-or-s}", TimeFormat::MillisecondsOrSeconds),
            (b"{timestamp:rfc3339}", TimeFormat::Rfc3339),
        ];
        let mut i = 0;
        while i < NAMES.len() {
            if is(text, start, end, NAMES[i].0) {
                return Some(NAMES[i].1);
            }
            i += 1;
        }
        None
    }

    /// Reads a received time. Only digits are accepted, without a sign, blanks or leading zeros: each time has one
    /// text.
    pub(crate) fn read(self, text: &[u8]) -> Option<Timestamp> {
        if self == TimeFormat::Rfc3339 {
            if rfc3339_length(|at| text.get(at).copied()) != Some(text.len()) {
                return None;
            }
            let text = std::str::from_utf8(text).ok()?;
            let count = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
            return Some(Timestamp { count, format: self });
        }
        let count = digits(text)?;
        let format = match self {
            TimeFormat::MillisecondsOrSeconds if count < SECONDS_BELOW => TimeFormat::Seconds,
            TimeFormat::MillisecondsOrSeconds => TimeFormat::Milliseconds,
            format => format,
        };
        Some(Timestamp { count: i128::from(count), format })
    }

    /// The text that a signer sends, truncated to the format's precision. `None` before 1970, before 1973 if that would
    /// be read in the other unit, and after the year 9999.
    pub(crate) fn write(self, time: OffsetDateTime) -> Option<TimeText> {
        let seconds = u64::try_from(time.unix_timestamp()).ok().filter(|&seconds| i128::from(seconds) < YEAR_10000)?;
        match self {
            TimeFormat::Seconds => Some(TimeText::digits(seconds)),
            TimeFormat::Milliseconds | TimeFormat::MillisecondsOrSeconds => {
                let count = seconds * 1000 + u64::from(time.millisecond());
                let readable = self == TimeFormat::Milliseconds || count >= SECONDS_BELOW;
                readable.then(|| TimeText::digits(count))
            }
            TimeFormat::Rfc3339 => {
                let mut text = TimeText::default();
                let utc = time.checked_to_offset(time::UtcOffset::UTC)?;
                let mut rest = text.bytes.as_mut_slice();
                utc.format_into(&mut rest, &Rfc3339).ok()?;
                // The result of `format_into` is not used, because time 0.3.55 counts a fraction as one digit.
                text.end = TimeText::ROOM - rest.len();
                Some(text)
            }
        }
    }

    /// How many digits every time between the years 2001 and 2286 has. `None` if the text itself shows where it ends.
    ///
    /// For milliseconds that may also be seconds, there is no such number, and no scheme needs it.
    pub(crate) fn digits(self) -> Option<usize> {
        match self {
            TimeFormat::Seconds => Some(10),
            TimeFormat::Milliseconds => Some(13),
            TimeFormat::MillisecondsOrSeconds | TimeFormat::Rfc3339 => None,
        }
    }

    /// The length of the time at the beginning of a text, if a webhook could have been signed at that time: digits for
    /// a moment between 2001-09-09 and the year 10000, or the form of RFC 3339. `byte` returns the byte at a position.
    pub(crate) fn length(self, byte: impl Fn(usize) -> Option<u8>) -> Option<usize> {
        if self == TimeFormat::Rfc3339 {
            return rfc3339_length(byte);
        }
        let mut text = [0; MAX_DIGITS];
        let mut length = 0;
        while let Some(digit) = byte(length).filter(u8::is_ascii_digit) {
            // `None` for more digits than any of these times has.
            *text.get_mut(length)? = digit;
            length += 1;
        }
        let time = self.read(text.get(..length)?)?;
        (time.is_recent() && !time.is_unreal()).then_some(length)
    }

    fn per_second(self) -> u32 {
        match self {
            TimeFormat::Seconds => 1,
            TimeFormat::Milliseconds | TimeFormat::MillisecondsOrSeconds => 1000,
            TimeFormat::Rfc3339 => 1_000_000_000,
        }
    }

    /// A number of units in seconds, rounded up. A processor divides much faster by a constant.
    fn seconds(self, units: u64) -> u64 {
        match self {
            TimeFormat::Seconds => units,
            TimeFormat::Milliseconds | TimeFormat::MillisecondsOrSeconds => units.div_ceil(1000),
            TimeFormat::Rfc3339 => units.div_ceil(1_000_000_000),
        }
    }
}

/// A received time, in the units of its format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp {
    count: i128,
    format: TimeFormat,
}

/// Where a time lies in relation to the tolerance.
pub(crate) enum Place {
    Inside,
    /// Seconds from the clock, rounded up.
    TooOld(u64),
    TooNew(u64),
    /// Too new, and a recent time in another unit.
    InMilliseconds,
    /// After the year 9999.
    Unreal,
}

impl Timestamp {
    /// Compares the time with the clock. A time exactly at the limit is inside, and a fraction of a unit beyond it is outside:
    /// otherwise a captured request would stay valid for longer than the two limits together.
    #[inline]
    pub(crate) fn place(self, now: Now, past: Option<u32>, future: Option<u32>) -> Place {
        // No overflow: the clock is below 2^63 s and a count below 2^64 units, with at most 2^30 units per second.
        let unit = self.format.per_second();
        let (units, has_fraction) = now.units(self.format);
        let (young, old) = (units - self.count, units - self.count + i128::from(has_fraction));
        let limit = |seconds: u32| i128::from(seconds) * i128::from(unit);
        let seconds = |over: i128| u64::try_from(over).map_or(u64::MAX, |over| self.format.seconds(over));
        match (past, future) {
            // The clock's own unit is now: the sender has cut off a fraction of its own clock.
            (Some(past), _) if old > limit(past) && young != 0 => Place::TooOld(seconds(old)),
            (_, Some(future)) if -young > limit(future) => match self.looks_like_milliseconds() {
                true => Place::InMilliseconds,
                false => Place::TooNew(seconds(-young)),
            },
            _ if self.is_unreal() => Place::Unreal,
            _ => Place::Inside,
        }
    }

    /// Whether it is earlier than another one in the same format.
    pub(crate) fn is_before(self, other: Timestamp) -> bool {
        self.count < other.count
    }

    /// Whether it is [`RECENT`] or later.
    #[inline]
    pub(crate) fn is_recent(self) -> bool {
        self.count >= i128::from(RECENT) * i128::from(self.format.per_second())
    }

    /// Whether a number of seconds is, in milliseconds, a time between 2001 and 2100.
    fn looks_like_milliseconds(self) -> bool {
        const LATEST: i128 = 4_102_444_800_000;
        self.format == TimeFormat::Seconds && (i128::from(RECENT) * 1000..LATEST).contains(&self.count)
    }

    fn is_unreal(self) -> bool {
        self.count >= YEAR_10000 * i128::from(self.format.per_second())
    }

    /// `None` for a time that [`place`](Self::place) calls unreal.
    pub(crate) fn time(self) -> Option<OffsetDateTime> {
        from_unix_nanos(self.count * i128::from(1_000_000_000 / self.format.per_second()))
    }
}

/// The number of digits of the last millisecond of the year 9999.
const MAX_DIGITS: usize = 15;

/// The most digits of a fraction of a second: nine, for nanoseconds, are the most that any sender is known to write.
const MAX_FRACTION: usize = 9;

/// The length of the RFC 3339 time at the beginning of a text. No such time is the beginning or the end of another, so
/// a text that begins or ends with one cannot be split in two ways.
fn rfc3339_length(byte: impl Fn(usize) -> Option<u8>) -> Option<usize> {
    /// `0` means any digit, and `T` means itself in either case.
    const FRONT: &[u8] = b"0000-00-00T00:00:00";
    const OFFSET: &[u8] = b"00:00";

    let digit = |at: usize| byte(at).is_some_and(|c| c.is_ascii_digit());
    let alike = |start: usize, form: &[u8]| {
        form.iter().enumerate().all(|(i, form)| match form {
            b'0' => digit(start + i),
            form => byte(start + i).is_some_and(|c| c.eq_ignore_ascii_case(form)),
        })
    };
    if !alike(0, FRONT) {
        return None;
    }
    let mut at = FRONT.len();
    if byte(at)? == b'.' {
        let fraction = (0..=MAX_FRACTION).take_while(|i| digit(at + 1 + i)).count();
        if fraction == 0 || fraction > MAX_FRACTION {
            return None;
        }
        at += 1 + fraction;
    }
    match byte(at)? {
        b'Z' | b'z' => Some(at + 1),
        b'+' | b'-' if alike(at + 1, OFFSET) => Some(at + 1 + OFFSET.len()),
        _ => None,
    }
}

/// 2001-09-09 in unix seconds: the first time with ten digits. Every webhook was signed later.
pub(crate) const RECENT: i64 = 1_000_000_000;

/// 10000-01-01T00:00:00Z. No text that is read or written here has room for a year of five digits.
const YEAR_10000: i128 = 253_402_300_800;

/// -9999-01-01T00:00:00Z.
const FIRST_YEAR: i128 = -377_705_116_800;

/// A time in the years -9999 to 9999. If another crate turns on the feature `large-dates` of the crate time,
/// `OffsetDateTime` has more years; nothing here depends on that.
pub(crate) fn from_unix_nanos(nanos: i128) -> Option<OffsetDateTime> {
    (nearest_nanos(nanos) == nanos).then(|| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()).flatten()
}

/// The same; for any other time, the first or the last moment of these years.
pub(crate) fn nearest_time(nanos: i128) -> OffsetDateTime {
    from_unix_nanos(nearest_nanos(nanos)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn nearest_nanos(nanos: i128) -> i128 {
    const SECOND: i128 = 1_000_000_000;
    nanos.clamp(FIRST_YEAR * SECOND, YEAR_10000 * SECOND - 1)
}

/// A smaller number is read as seconds, any other as milliseconds: 1973 in milliseconds, or the year 5138 in seconds.
const SECONDS_BELOW: u64 = 100_000_000_000;

/// The time of a clock. `OffsetDateTime` would convert it to a calendar date and back, for nothing.
#[derive(Clone, Copy)]
pub(crate) struct Now {
    seconds: i64,
    nanos: u32,
}

impl Now {
    pub(crate) fn system() -> Now {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => {
                Now { seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nanos: since.subsec_nanos() }
            }
            // A clock before 1970 is wrong by more than any tolerance, so every signed time is too far in the future.
            Err(_) => Now { seconds: 0, nanos: 0 },
        }
    }

    /// How many seconds it is after a time; negative if it is before.
    pub(crate) fn seconds_since(self, seconds: u64) -> i64 {
        self.seconds.saturating_sub(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// The whole units of a format, and whether a fraction follows.
    fn units(self, format: TimeFormat) -> (i128, bool) {
        let (fraction, rest) = match format {
            TimeFormat::Seconds => (0, self.nanos),
            TimeFormat::Milliseconds | TimeFormat::MillisecondsOrSeconds => {
                (self.nanos / 1_000_000, self.nanos % 1_000_000)
            }
            TimeFormat::Rfc3339 => (self.nanos, 0),
        };
        (i128::from(self.seconds) * i128::from(format.per_second()) + i128::from(fraction), rest > 0)
    }
}

impl From<OffsetDateTime> for Now {
    fn from(time: OffsetDateTime) -> Now {
        Now { seconds: time.unix_timestamp(), nanos: time.nanosecond() }
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    /// Of a number that `u64` holds, whatever the digits are.
    const FITTING: usize = 19;
    if text.is_empty() || (text[0] == b'0' && text.len() > 1) {
        return None;
    }
    let (is_number, value) = text.iter().fold((true, 0_u64), |(is_number, value), byte| {
        let digit = byte.wrapping_sub(b'0');
        (is_number & (digit <= 9), value.wrapping_mul(10).wrapping_add(u64::from(digit)))
    });
    match text.len() {
        _ if !is_number => None,
        ..=FITTING => Some(value),
        _ => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

/// The text of a time.
#[derive(Clone, Copy, Default)]
pub(crate) struct TimeText {
    /// An RFC 3339 time with nanoseconds takes 30 bytes.
    bytes: [u8; TimeText::ROOM],
    start: usize,
    end: usize,
}

impl TimeText {
    const ROOM: usize = 32;

    fn digits(mut value: u64) -> TimeText {
        let mut text = TimeText { bytes: [b'0'; TimeText::ROOM], start: TimeText::ROOM, end: TimeText::ROOM };
        loop {
            text.start -= 1;
            text.bytes[text.start] += (value % 10) as u8;
            value /= 10;
            if value == 0 {
                return text;
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }
}
