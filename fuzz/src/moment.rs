//! A timestamp is accepted exactly if it is well-formed and inside the window, by arithmetic over the calendar that shares no
//! code with the crate; and `Retry-After` says what RFC 9110 says.

use std::sync::OnceLock;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::delivery::parse_retry_after;
use hookseal::{Scheme, Verifier};
use time::OffsetDateTime;

use crate::judge::{self, Encoding, Hash, KEYS, NOW};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Timestamp { format: u8, window: u8, clock: Clock, text: Text<'a> },
    RetryAfter { clock: Clock, text: Text<'a> },
}

#[derive(Arbitrary, Debug)]
struct Clock {
    seconds: i32,
    nanos: u32,
}

#[derive(Arbitrary, Debug)]
enum Text<'a> {
    Number(u64),
    /// So many seconds, and so many thousandths, after our own clock.
    Near(i16, i16),
    Date {
        year: u16,
        month: u8,
        day: u8,
        time: [u8; 3],
        fraction: &'a str,
        zone: Zone,
    },
    Http {
        weekday: u8,
        day: u8,
        month: u8,
        year: u16,
        time: [u8; 3],
    },
    Edited(u64, u8, u8),
    Raw(&'a [u8]),
}

#[derive(Arbitrary, Debug)]
enum Zone {
    Utc,
    Lower,
    Offset(i8, u8),
    None,
}

const FORMATS: [&str; 4] = ["", ":ms", ":ms-or-s", ":rfc3339"];
/// Past and future.
const WINDOWS: [(Option<u32>, Option<u32>); 4] =
    [(Some(300), Some(300)), (Some(28_800), Some(0)), (None, Some(60)), (Some(u32::MAX), None)];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Text<'_> {
    fn bytes(&self, format: &str) -> Vec<u8> {
        match self {
            Text::Number(number) => number.to_string().into_bytes(),
            Text::Near(seconds, millis) if format == ":rfc3339" => {
                let time = judge::at(NOW + i64::from(*seconds)) + time::Duration::milliseconds(i64::from(*millis));
                time.format(&time::format_description::well_known::Rfc3339).expect("a text").into_bytes()
            }
            Text::Near(seconds, millis) => {
                let seconds = NOW + i64::from(*seconds);
                let number = if format.is_empty() { seconds } else { seconds * 1000 + i64::from(*millis) };
                number.to_string().into_bytes()
            }
            Text::Date { year, month, day, time: [hour, minute, second], fraction, zone } => {
                let zone = match zone {
                    Zone::Utc => "Z".to_owned(),
                    Zone::Lower => "z".to_owned(),
                    Zone::Offset(hours, minutes) => format!("{:+03}:{:02}", hours % 30, minutes % 64),
                    Zone::None => String::new(),
                };
                let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
                let (month, day, hour, minute, second) = (month % 16, day % 34, hour % 28, minute % 64, second % 64);
                format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}", year % 10_100)
                    .into_bytes()
            }
            Text::Http { weekday, day, month, year, time: [hour, minute, second] } => {
                let (weekday, month) = (DAYS[usize::from(weekday % 7)], MONTHS[usize::from(month % 12)]);
                let (day, hour, minute, second) = (day % 34, hour % 28, minute % 64, second % 64);
                format!("{weekday}, {day:02} {month} {:04} {hour:02}:{minute:02}:{second:02} GMT", year % 10_100)
                    .into_bytes()
            }
            Text::Edited(number, at, byte) => {
                let mut text = number.to_string().into_bytes();
                text.insert(usize::from(*at) % (text.len() + 1), *byte);
                text
            }
            Text::Raw(raw) => raw.to_vec(),
        }
    }
}

impl Clock {
    fn time(&self) -> OffsetDateTime {
        let time = judge::at(NOW + i64::from(self.seconds));
        time.replace_nanosecond(self.nanos % 1_000_000_000).expect("a time")
    }
}

/// The unit of a format in nanoseconds, and a text's time in it. `None` if it is no time; `Some(None)` if this does not say.
fn read(format: &str, text: &[u8]) -> Option<Option<(i128, i128)>> {
    if format != ":rfc3339" {
        let number = i128::from(judge::number(text)?);
        let is_millis = format == ":ms" || format == ":ms-or-s" && number >= 100_000_000_000;
        return Some(Some((if is_millis { 1_000_000 } else { 1_000_000_000 }, number)));
    }
    // Of leap seconds, nothing is said here.
    if text.get(17..19) == Some(b"60") {
        return Some(None);
    }
    judge::rfc3339(text).map(|nanos| Some((1, nanos)))
}

/// Whether a time is inside the window. `None` if this does not say.
fn judge((past, future): (Option<u32>, Option<u32>), format: &str, text: &[u8], now: OffsetDateTime) -> Option<bool> {
    let Some(read) = read(format, text) else { return Some(false) };
    let (unit, count) = read?;
    // The clock is cut to the unit, as the sender has cut its own.
    let age = now.unix_timestamp_nanos().div_euclid(unit) - count;
    let limit = |seconds: u32| i128::from(seconds) * (1_000_000_000 / unit);
    // The year 10000.
    let is_real = count < 253_402_300_800 * (1_000_000_000 / unit);
    Some(is_real && past.is_none_or(|past| age <= limit(past)) && future.is_none_or(|future| -age <= limit(future)))
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    match input {
        Input::Timestamp { format, window, clock, text } => timestamp(format, window, &clock, &text),
        Input::RetryAfter { clock, text } => retry_after(&text.bytes(""), clock.time()),
    }
}

fn timestamp(format: u8, window: u8, clock: &Clock, text: &Text<'_>) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let verifiers = VERIFIERS.get_or_init(|| {
        let verifier = |format: &str, (past, future): (Option<u32>, Option<u32>)| {
            let scheme = Scheme::try_new(format!("T: {{timestamp{format}}}\nS: {{hex}}"), "{timestamp}.{body}");
            let scheme = scheme.expect("a scheme");
            let scheme = past.map_or(scheme.clone().with_any_past(), |past| scheme.with_past(past));
            let scheme = future.map_or(scheme.clone().with_any_future(), |future| scheme.with_future(future));
            Verifier::new(scheme, judge::secret(0)).expect("a verifier")
        };
        FORMATS.iter().flat_map(|format| WINDOWS.iter().map(move |window| verifier(format, *window))).collect()
    });
    let (format, window) = (usize::from(format) % FORMATS.len(), usize::from(window) % WINDOWS.len());
    let (verifier, now, text) =
        (&verifiers[format * WINDOWS.len() + window], clock.time(), text.bytes(FORMATS[format]));
    let Some(expected) = judge(WINDOWS[window], FORMATS[format], &text, now) else { return };
    let mac = judge::mac(Hash::Sha256, KEYS[0].as_bytes(), &[&text, &b"."[..]].concat());
    let mac = Encoding::Hex.encode(&mac);
    let headers = [("t", text.as_slice()), ("s", mac.as_bytes())];
    let verified = verifier.verify_at(headers.as_slice(), b"", now);
    assert_eq!(
        verified.is_ok(),
        expected,
        "{:?} of {:?} at {now}: {verified:?}",
        String::from_utf8_lossy(&text),
        (FORMATS[format], WINDOWS[window])
    );
    if let (Ok(verified), Some(Some((unit, count)))) = (&verified, read(FORMATS[format], &text)) {
        assert_eq!(verified.proof().timestamp().map(OffsetDateTime::unix_timestamp_nanos), Some(count * unit));
    }
}

fn retry_after(value: &[u8], now: OffsetDateTime) {
    let parsed = parse_retry_after(value, now);
    let text = String::from_utf8_lossy(value);
    let text = text.trim_matches([' ', '\t']);
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) && text.len() <= 64 {
        assert_eq!(parsed, Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX))), "{text}");
        return;
    }
    if let Some(date) = imf_fixdate(text) {
        let wait = date - i128::from(now.unix_timestamp().max(0));
        assert_eq!(parsed, Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0))), "{text} at {now}");
    } else if let Some(parsed) = parsed {
        // One of the two obsolete forms.
        assert!(text.ends_with("GMT") && text.contains("day, ") || text.len() == 24, "{text}: {parsed:?}");
        assert_eq!(parsed.subsec_nanos(), 0);
    }
}

/// The preferred form of a date in HTTP, in Unix seconds, with the right weekday.
fn imf_fixdate(text: &str) -> Option<i128> {
    let rest = text.strip_suffix(" GMT").filter(|_| text.len() == 29)?;
    let (weekday, rest) = rest.split_once(", ")?;
    let month = MONTHS.iter().position(|month| rest.get(3..6) == Some(month))? + 1;
    let iso = format!("{}-{month:02}-{}T{}Z", rest.get(7..11)?, rest.get(..2)?, rest.get(12..)?);
    let seconds = judge::rfc3339(iso.as_bytes())? / 1_000_000_000;
    // The first of January 1970 was a Thursday.
    let right = DAYS[usize::try_from((seconds.div_euclid(86_400) + 3).rem_euclid(7)).ok()?];
    let is_separated = rest.as_bytes()[2] == b' ' && rest.as_bytes()[6] == b' ' && rest.as_bytes()[11] == b' ';
    (weekday == right && seconds >= 0 && is_separated).then_some(seconds)
}
