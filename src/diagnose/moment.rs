//! A time, however it is written.

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

use crate::timestamp::RECENT;

use super::cause::Cause;
use super::code::Code;
use super::content::Time;
use crate::scheme::Scheme;

/// A smaller number is seconds, any other milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// No webhook was signed at a later time: 2100.
const LATEST: i64 = 4_102_444_800;

/// How near to a whole half hour a difference must be to come from a time zone.
const ZONE_SECONDS: i64 = 150;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    millis: i64,
    pub(super) unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Rfc3339,
}

impl Unit {
    pub(super) fn placeholder(self) -> &'static str {
        match self {
            Unit::Seconds => "{timestamp}",
            Unit::Milliseconds => "{timestamp:ms}",
            Unit::Rfc3339 => "{timestamp:rfc3339}",
        }
    }
}

impl Moment {
    /// A plausible time of a delivery.
    pub(super) fn read(text: &str) -> Option<Moment> {
        if text.len() >= 10 && text.len() <= 13 && text.bytes().all(|c| c.is_ascii_digit()) {
            let number: i64 = text.parse().ok()?;
            let (seconds, millis, unit) = match number {
                ..MILLISECONDS_FROM => (number, 0, Unit::Seconds),
                _ => (number / 1000, number % 1000, Unit::Milliseconds),
            };
            return (RECENT..LATEST).contains(&seconds).then_some(Moment { seconds, millis, unit });
        }
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Moment { seconds: time.unix_timestamp(), millis: time.millisecond().into(), unit: Unit::Rfc3339 })
    }

    /// The same, also in the forms that programs give to a time that they have parsed.
    pub(super) fn read_rewritten(text: &str) -> Option<Moment> {
        Moment::read(text).or_else(|| {
            let is_number = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'e' | b'E' | b'+'));
            let millis = if is_number { float_millis(text)? } else { date_millis(text)? };
            let (seconds, millis) = (millis.div_euclid(1000), millis.rem_euclid(1000));
            (RECENT..LATEST).contains(&seconds).then_some(Moment { seconds, millis, unit: Unit::Seconds })
        })
    }

    /// The spellings in a unit with every number of milliseconds, if these have been lost.
    pub(super) fn with_milliseconds(self, unit: Unit) -> Vec<String> {
        let front = match (self.millis, unit) {
            (0, Unit::Milliseconds) => self.seconds.to_string(),
            (0, Unit::Rfc3339) => self
                .spellings()
                .into_iter()
                .find_map(|(text, _)| Some(text.strip_suffix('Z')?.to_owned() + "."))
                .unwrap_or_default(),
            _ => return Vec::new(),
        };
        let end = if unit == Unit::Rfc3339 { "Z" } else { "" };
        (0..1000).map(|millis| format!("{front}{millis:03}{end}")).collect()
    }

    /// How else it may have been written.
    pub(super) fn spellings(self) -> Vec<(String, &'static str)> {
        let mut all = vec![
            (self.seconds.to_string(), "in seconds"),
            ((self.seconds * 1000 + self.millis).to_string(), "in milliseconds"),
            ((self.seconds * 1000).to_string(), "in milliseconds"),
        ];
        if let Ok(time) = OffsetDateTime::from_unix_timestamp(self.seconds) {
            let date = time.date();
            let (hour, minute, second) = time.to_hms();
            let day = format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day());
            let front = format!("{day}T{hour:02}:{minute:02}:{second:02}");
            let told = "as a date of RFC 3339";
            for end in [
                "Z".to_owned(),
                ".000Z".to_owned(),
                format!(".{:03}Z", self.millis),
                "+00:00".to_owned(),
                ".000000Z".to_owned(),
            ] {
                all.push((front.clone() + &end, told));
            }
            all.push((format!("{day} {hour:02}:{minute:02}:{second:02}"), told));
        }
        all
    }
}

/// A number of seconds or milliseconds as a floating-point number, in milliseconds.
fn float_millis(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    let millis = if number < MILLISECONDS_FROM as f64 { number * 1000.0 } else { number };
    (millis < LATEST as f64 * 1000.0).then_some(millis.round() as i64)
}

/// A date of HTTP, C, JavaScript or Ruby, in milliseconds.
fn date_millis(text: &str) -> Option<i64> {
    let text = text.split('(').next()?.replace('T', " ");
    let (mut year, mut month, mut day, mut clock, mut offset) = (None, None, None, None, 0);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let name = MONTHS.split(' ').position(|name| word.get(..3) == Some(name));
        if let Some(place) = name {
            month = u8::try_from(place + 1).ok();
        } else if word.contains(':') && clock.is_none() {
            let time = word.strip_suffix('Z').unwrap_or(word).split('+').next()?;
            let mut parts = time.split(':');
            let (hour, minute): (u8, u8) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let second: f64 = parts.next()?.parse().ok().filter(|second| (0.0..61.0).contains(second))?;
            clock = Some((i64::from(hour) * 60 + i64::from(minute)) * 60_000 + (second * 1000.0).round() as i64);
            offset = word.split_once('+').map_or(0, |(_, zone)| zone_minutes(zone).unwrap_or_default());
        } else if word.contains(['-', '/']) && !word.starts_with('-') && word.len() >= 8 && day.is_none() {
            let mut parts = word.split(['-', '/']);
            (year, month, day) = (parts.next()?.parse().ok(), parts.next()?.parse().ok(), parts.next()?.parse().ok());
        } else if let Some(place) = word.find(['+', '-']) {
            let (sign, zone) = word.split_at_checked(place)?.1.split_at_checked(1)?;
            offset = zone_minutes(zone)? * if sign == "-" { -1 } else { 1 };
        } else if let Ok(number) = word.parse::<i32>() {
            if word.len() == 4 {
                year = Some(number);
            } else {
                day = u8::try_from(number).ok();
            }
        }
    }
    let date = Date::from_calendar_date(year?, Month::try_from(month?).ok()?, day?).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp() * 1000 + clock? - offset * 60_000)
}

const MONTHS: &str = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";

/// `+hhmm` or `+hh:mm` without its sign.
fn zone_minutes(zone: &str) -> Option<i64> {
    let digits = zone.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    Some(i64::from(hours.parse::<u8>().ok()?) * 60 + i64::from(minutes.parse::<u8>().unwrap_or_default()))
}

/// What is wrong with the time of a request whose signature is right.
pub(super) fn judge(time: &Time, scheme: &Scheme, now: OffsetDateTime) -> Vec<Cause> {
    let Some(moment) = Moment::read(&time.text) else { return Vec::new() };
    let expected = match time.placeholder.as_str() {
        "{timestamp}" => Some(Unit::Seconds),
        "{timestamp:ms}" => Some(Unit::Milliseconds),
        "{timestamp:rfc3339}" => Some(Unit::Rfc3339),
        _ => None,
    };
    if let Some(expected) = expected.filter(|expected| *expected != moment.unit) {
        let words = |unit| match unit {
            Unit::Seconds => "seconds",
            Unit::Milliseconds => "milliseconds",
            Unit::Rfc3339 => "a date of RFC 3339",
        };
        let text = format!("The signed time is in {}, and the scheme expects {}", words(moment.unit), words(expected));
        return vec![Cause::new(Code::TimeUnit, text)];
    }
    let age = now.unix_timestamp() - moment.seconds;
    let window = |seconds: Option<u32>| seconds.map_or(i64::MAX, i64::from);
    if age > window(scheme.past()) {
        let text =
            format!("The signature is right, and {} old; {} is allowed", words(age), words(window(scheme.past())));
        vec![Cause::new(Code::TimeOld, text + zone(age))]
    } else if -age > window(scheme.future()) {
        let allowed = words(window(scheme.future()));
        let text =
            format!("The signature is right, and its time is {} ahead of the clock; {allowed} is allowed", words(-age));
        vec![Cause::new(Code::TimeAhead, text + zone(-age))]
    } else {
        Vec::new()
    }
}

/// The cause of a time that is so much older than the clock, if all else is right.
pub(super) fn old(seconds: u64) -> Cause {
    let age = i64::try_from(seconds).unwrap_or(i64::MAX);
    let text = format!("The signature is right, and it is {} old, or expired so long ago", words(age));
    Cause::new(Code::TimeOld, text + zone(age))
}

/// The same for one that is ahead.
pub(super) fn ahead(seconds: u64) -> Cause {
    let age = i64::try_from(seconds).unwrap_or(i64::MAX);
    let text = format!("The signature is right, and its time is {} ahead of the clock", words(age));
    Cause::new(Code::TimeAhead, text + zone(age))
}

/// A difference of whole half hours, up to the width of the world's zones.
fn zone(seconds: i64) -> &'static str {
    let rest = seconds.rem_euclid(1800);
    let is_near = rest <= ZONE_SECONDS || rest >= 1800 - ZONE_SECONDS;
    match is_near && (1800 - ZONE_SECONDS..=14 * 3600 + ZONE_SECONDS).contains(&seconds) {
        true => ". These are whole half hours: one of the clocks may keep local time as UTC",
        false => "",
    }
}

/// A duration for a person.
pub(super) fn words(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}
