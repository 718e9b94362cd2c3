//! The time of an event: read kindly, because no event should be lost over it.

use std::borrow::Cow;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::timestamp::{TimeFormat, TimeText, from_unix_nanos};

use super::shape::Format;

/// When it happened, with the text that it was received in.
#[derive(Clone)]
pub(super) struct Time<'a> {
    /// `None` if the text is not a time in the shape's format.
    pub(super) time: Option<OffsetDateTime>,
    pub(super) received: Option<Received<'a>>,
}

#[derive(Clone)]
pub(super) struct Received<'a> {
    pub(super) format: Format,
    pub(super) text: Cow<'a, str>,
    pub(super) is_string: bool,
}

impl Time<'_> {
    pub(super) fn into_owned(self) -> Time<'static> {
        let received = self.received.map(|Received { format, text, is_string }| Received {
            format,
            text: Cow::Owned(text.into_owned()),
            is_string,
        });
        Time { time: self.time, received }
    }
}

/// `is_string` says whether the text was a string in JSON.
pub(super) fn read(format: Format, text: Cow<'_, str>, is_string: bool) -> Time<'_> {
    let time = match format {
        Format::Seconds => unix(&text, 1_000_000_000),
        Format::Milliseconds => unix(&text, 1_000_000),
        Format::Rfc3339 => OffsetDateTime::parse(&text, &Rfc3339).ok(),
        Format::Iso8601 => iso8601(&text),
    };
    Time { time, received: Some(Received { format, text, is_string }) }
}

pub(super) fn write(format: Format, time: OffsetDateTime) -> Option<TimeText> {
    match format {
        Format::Seconds => TimeFormat::Seconds.write(time),
        Format::Milliseconds => TimeFormat::Milliseconds.write(time),
        Format::Rfc3339 | Format::Iso8601 => TimeFormat::Rfc3339.write(time),
    }
}

/// Digits, perhaps with a fraction.
fn unix(text: &str, nanos_per_unit: i128) -> Option<OffsetDateTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || text.ends_with('.') {
        return None;
    }
    let mut nanos = i128::from(whole.parse::<u64>().ok()?) * nanos_per_unit;
    let mut digit_is_worth = nanos_per_unit;
    for digit in fraction.bytes() {
        digit_is_worth /= 10;
        nanos += i128::from(digit - b'0') * digit_is_worth;
    }
    from_unix_nanos(nanos)
}

/// RFC 3339, or the same without an offset, or with one that has no colon.
fn iso8601(text: &str) -> Option<OffsetDateTime> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let with_offset = || {
        let (start, offset) = text.split_at_checked(text.len().checked_sub(5)?)?;
        let (hours, minutes) = offset.split_at_checked(3)?;
        hours.starts_with(['+', '-']).then(|| parse(&format!("{start}{hours}:{minutes}"))).flatten()
    };
    parse(text).or_else(with_offset).or_else(|| parse(&format!("{text}Z")))
}
