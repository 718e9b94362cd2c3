use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// The longest value: the longest HTTP date has 33 characters.
const MAX_VALUE: usize = 64;

/// Reads a `Retry-After` header: seconds, or an HTTP date in any of its three forms (RFC 9110, 10.2.3).
///
/// The value is read strictly: no sign, fraction or unit. A number that is too large becomes the largest one, and a date in
/// the past becomes zero. Anything else gives `None`, and the retry policy decides alone.
///
/// ```
/// use std::time::Duration;
/// use hookseal::delivery::parse_retry_after;
/// use time::macros::datetime;
///
/// let now = datetime!(1994-11-06 08:49:37 UTC);
/// assert_eq!(parse_retry_after(b"120", now), Some(Duration::from_secs(120)));
/// assert_eq!(parse_retry_after(b"Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
/// assert_eq!(parse_retry_after(b"1e30", now), None);
/// ```
pub fn parse_retry_after(value: &[u8], now: OffsetDateTime) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    // `httpdate` would pass over other white space.
    if text.is_empty() || text.len() > MAX_VALUE || text.trim().len() < text.len() {
        return None;
    }
    if text.bytes().all(|c| c.is_ascii_digit()) {
        // Digits that do not parse are too many.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(system_time(now)?).unwrap_or(Duration::ZERO))
}

/// HTTP dates start in 1970, so an earlier clock counts as 1970.
fn system_time(now: OffsetDateTime) -> Option<SystemTime> {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
