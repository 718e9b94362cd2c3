use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;

/// The longest event type or pattern.
const MAX_TYPE: usize = 256;
const EVERY: &str = "*";

/// The type of an event, checked: segments of `A-Z a-z 0-9 _ -` joined by dots, at most 256 bytes. Case counts.
///
/// ```
/// use hookseal::EventType;
///
/// assert_eq!(EventType::new("session.provider.connected")?.as_str(), "session.provider.connected");
/// assert!(EventType::new("call.").is_err());
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType<'a>(&'a str);

impl<'a> EventType<'a> {
    /// Checks a type.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with the offending text.
    ///
    /// ```
    /// assert!(hookseal::EventType::new("call.*").is_err(), "that is a pattern");
    /// ```
    pub fn new(text: &'a str) -> Result<EventType<'a>, ConfigError> {
        if is_type(text) { Ok(EventType(text)) } else { Err(invalid(text, "is not an event type")) }
    }

    /// The text.
    ///
    /// ```
    /// assert_eq!(hookseal::EventType::new("a").map(|name| name.as_str()), Ok("a"));
    /// ```
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for EventType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Which types of events an endpoint wants: all, or those that one of its patterns matches.
///
/// A pattern is a type, `prefix.*` for whatever has one or more segments behind the prefix, or `*` for all. Anything else
/// is an error when the filter is made, not a filter that silently matches nothing. In a file: a list of patterns.
///
/// ```
/// use hookseal::{EventFilter, EventType};
///
/// let filter = EventFilter::new(["call.completed", "session.*"])?;
/// assert!(filter.matches(EventType::new("session.provider.connected")?));
/// assert!(!filter.matches(EventType::new("call.failed")?));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EventFilter {
    /// Valid, and none covered by another. Never empty.
    patterns: Vec<Cow<'static, str>>,
}

impl EventFilter {
    /// A filter that wants all events.
    ///
    /// ```
    /// use hookseal::{EventFilter, EventType};
    ///
    /// assert!(EventFilter::all().matches(EventType::new("a.b")?));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn all() -> EventFilter {
        EventFilter { patterns: vec![Cow::Borrowed(EVERY)] }
    }

    /// A filter from patterns. Those that another one covers are left out.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is no pattern, and for an empty list: an endpoint that wants nothing is
    /// a mistake.
    ///
    /// ```
    /// use hookseal::EventFilter;
    ///
    /// assert!(EventFilter::new(["*.completed"]).is_err());
    /// assert!(EventFilter::new::<&str>([]).is_err());
    /// ```
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Result<EventFilter, ConfigError> {
        let mut filter = EventFilter { patterns: Vec::new() };
        for pattern in patterns {
            let pattern = pattern.into();
            if !is_pattern(&pattern) {
                return Err(invalid(&pattern, "is not an event type, `prefix.*` or `*`"));
            }
            filter.add(Cow::Owned(pattern));
        }
        if filter.patterns.is_empty() {
            return Err(invalid("", "is an empty list: name event types, or `*` for all"));
        }
        Ok(filter)
    }

    /// Whether the filter wants events of this type.
    ///
    /// ```
    /// use hookseal::{EventFilter, EventType};
    ///
    /// let filter = EventFilter::new(["call.*"])?;
    /// assert!(filter.matches(EventType::new("call.recording.ready")?));
    /// assert!(!filter.matches(EventType::new("call")?), "the prefix alone is not matched");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn matches(&self, event_type: EventType<'_>) -> bool {
        self.patterns.iter().any(|pattern| covers(pattern, event_type.0))
    }

    /// Whether this filter wants whatever the other one wants.
    ///
    /// ```
    /// use hookseal::EventFilter;
    ///
    /// assert!(EventFilter::new(["call.*"])?.covers(&EventFilter::new(["call.completed", "call.recording.*"])?));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn covers(&self, other: &EventFilter) -> bool {
        other.patterns.iter().all(|pattern| self.patterns.iter().any(|own| covers(own, pattern)))
    }

    /// A filter that wants what either wants.
    ///
    /// ```
    /// use hookseal::EventFilter;
    ///
    /// let both = EventFilter::new(["call.completed"])?.union(&EventFilter::new(["call.*"])?);
    /// assert_eq!(both, EventFilter::new(["call.*"])?);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn union(&self, other: &EventFilter) -> EventFilter {
        let mut filter = self.clone();
        other.patterns.iter().for_each(|pattern| filter.add(pattern.clone()));
        filter
    }

    /// The patterns.
    ///
    /// ```
    /// assert_eq!(hookseal::EventFilter::all().patterns().collect::<Vec<_>>(), ["*"]);
    /// ```
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|pattern| &**pattern)
    }

    fn add(&mut self, pattern: Cow<'static, str>) {
        if !self.patterns.iter().any(|own| covers(own, &pattern)) {
            self.patterns.retain(|own| !covers(&pattern, own));
            self.patterns.push(pattern);
        }
    }
}

impl Default for EventFilter {
    /// All events: what a subscription that names none means on every platform looked at.
    fn default() -> EventFilter {
        EventFilter::all()
    }
}

impl TryFrom<Vec<String>> for EventFilter {
    type Error = ConfigError;

    fn try_from(patterns: Vec<String>) -> Result<EventFilter, ConfigError> {
        EventFilter::new(patterns)
    }
}

impl From<EventFilter> for Vec<String> {
    fn from(filter: EventFilter) -> Vec<String> {
        filter.patterns.into_iter().map(Cow::into_owned).collect()
    }
}

/// Whether a pattern matches whatever `other`, a type or a pattern, stands for.
fn covers(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        // `prefix.`, with something behind it.
        Some(prefix) => other.len() > prefix.len() && other.starts_with(prefix) || pattern == other,
        None => pattern == other,
    }
}

fn is_pattern(text: &str) -> bool {
    text == EVERY || is_type(text.strip_suffix(".*").unwrap_or(text)) && text.len() <= MAX_TYPE
}

fn is_type(text: &str) -> bool {
    let segment = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
    };
    text.len() <= MAX_TYPE && text.split('.').all(segment)
}

fn invalid(text: &str, problem: &'static str) -> ConfigError {
    ConfigError::Invalid { field: "events", piece: text.chars().take(MAX_TYPE).collect(), problem }
}
