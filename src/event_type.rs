use std::borrow::Borrow;
use std::fmt;

use crate::error::ConfigError;

/// The longest event type or pattern.
pub(crate) const MAX_TYPE: usize = 256;

/// A checked event type: segments of `A-Z a-z 0-9 _ -` joined by full stops, at most 256 bytes, case-sensitive.
///
/// It borrows its text, so it implements `TryFrom<&str>` and not `FromStr`.
///
/// ```
/// use hookseal::EventType;
///
/// let event_type = EventType::try_from("session.provider.connected")?;
/// assert_eq!(event_type.as_str().split('.').count(), 3);
/// assert!(EventType::try_from("call.").is_err());
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType<'a>(&'a str);

impl<'a> EventType<'a> {
    /// Checks that a text is an event type.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], which contains the text.
    ///
    /// ```
    /// assert!(hookseal::EventType::new("call.*").is_err(), "that is a pattern");
    /// ```
    pub fn new(text: &'a str) -> Result<EventType<'a>, ConfigError> {
        if is_type(text) { Ok(EventType(text)) } else { Err(invalid("event_type", text, NOT_A_TYPE)) }
    }

    /// The event type as text.
    ///
    /// ```
    /// assert_eq!(hookseal::EventType::new("order.paid").map(|name| name.as_str()), Ok("order.paid"));
    /// ```
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a str> for EventType<'a> {
    type Error = ConfigError;

    fn try_from(text: &'a str) -> Result<EventType<'a>, ConfigError> {
        EventType::new(text)
    }
}

impl AsRef<str> for EventType<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl Borrow<str> for EventType<'_> {
    fn borrow(&self) -> &str {
        self.0
    }
}

impl fmt::Display for EventType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

pub(crate) fn is_type(text: &str) -> bool {
    let segment = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
    };
    text.len() <= MAX_TYPE && text.split('.').all(segment)
}

const NOT_A_TYPE: &str = "is not an event type: segments of `A-Z` `a-z` `0-9` `_` `-`, joined by full stops, at most 256 \
                          bytes in all";

pub(crate) fn invalid(field: &'static str, text: &str, problem: &'static str) -> ConfigError {
    ConfigError::Invalid { field, piece: text.chars().take(MAX_TYPE).collect(), problem }
}
