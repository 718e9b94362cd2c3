use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::event_type::{EventType, MAX_TYPE, invalid, is_type};

const EVERY: &str = "*";
/// The field of a [`Subscription`](super::Subscription) in a file.
const FIELD: &str = "events";
const NOT_A_PATTERN: &str = "is not an event type, `prefix.*` or `*`: a type is segments of `A-Z` `a-z` `0-9` `_` `-`, \
                             joined by full stops, at most 256 bytes in all";
/// More than a platform has event types: a filter is a customer's text, and every event is compared with all of it.
const MAX_PATTERNS: usize = 512;
const TOO_MANY: &str = "is one pattern too many: a filter has at most 512, and `prefix.*` stands for many";

/// The event types that an endpoint wants: all, or those that match one of its patterns.
///
/// A pattern is a type, `prefix.*` for every type with one or more segments after the prefix, or `*` for all types.
/// Anything else is an error when the filter is made, so that no filter silently matches nothing. So is a list of more
/// than 512 patterns. In JSON and TOML a filter is a list of patterns. As one text, in a column or an environment
/// variable, it is a list separated by commas.
///
/// ```
/// use hookseal::EventType;
/// use hookseal::delivery::EventFilter;
///
/// let filter: EventFilter = "call.completed, session.*".parse()?;
/// assert_eq!(filter, EventFilter::new(["call.completed", "session.*"])?);
/// assert_eq!(filter.to_string(), "call.completed,session.*");
/// assert!(filter.matches(EventType::new("session.provider.connected")?));
/// assert!(!filter.matches(EventType::new("call.failed")?));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EventFilter {
    /// All are valid, and none is covered by another. Never empty.
    patterns: Vec<Cow<'static, str>>,
}

impl EventFilter {
    /// A filter that matches all events.
    ///
    /// ```
    /// use hookseal::EventType;
    /// use hookseal::delivery::EventFilter;
    ///
    /// assert!(EventFilter::all().matches(EventType::new("a.b")?));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn all() -> EventFilter {
        EventFilter { patterns: vec![Cow::Borrowed(EVERY)] }
    }

    /// A filter from patterns. A pattern that is covered by another one is left out.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is not a pattern, for more than 512 patterns, and for an empty list,
    /// because a filter that matches nothing is a mistake.
    ///
    /// ```
    /// use hookseal::delivery::EventFilter;
    ///
    /// assert!(EventFilter::new(["*.completed"]).is_err());
    /// assert!(EventFilter::new::<&str>([]).is_err());
    /// ```
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Result<EventFilter, ConfigError> {
        let mut all: Vec<Cow<'static, str>> = Vec::new();
        for pattern in patterns {
            let pattern = pattern.into();
            if !is_pattern(&pattern) {
                return Err(invalid(FIELD, &pattern, NOT_A_PATTERN));
            }
            if all.len() == MAX_PATTERNS {
                return Err(invalid(FIELD, &pattern, TOO_MANY));
            }
            all.push(Cow::Owned(pattern));
        }
        if all.is_empty() {
            return Err(invalid(FIELD, "", "is an empty list: name event types, or `*` for all"));
        }
        Ok(EventFilter { patterns: without_covered(all) })
    }

    /// Whether the filter matches events of this type.
    ///
    /// ```
    /// use hookseal::EventType;
    /// use hookseal::delivery::EventFilter;
    ///
    /// let filter = EventFilter::new(["call.*"])?;
    /// assert!(filter.matches(EventType::new("call.recording.ready")?));
    /// assert!(!filter.matches(EventType::new("call")?), "the prefix alone is not matched");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn matches(&self, event_type: EventType<'_>) -> bool {
        self.patterns.iter().any(|pattern| covers(pattern, event_type.as_str()))
    }

    /// Whether this filter matches every type that the other one matches.
    ///
    /// ```
    /// use hookseal::delivery::EventFilter;
    ///
    /// assert!(EventFilter::new(["call.*"])?.covers(&EventFilter::new(["call.completed", "call.recording.*"])?));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn covers(&self, other: &EventFilter) -> bool {
        other.patterns.iter().all(|pattern| self.patterns.iter().any(|own| covers(own, pattern)))
    }

    /// A filter that matches every type that at least one of the two matches. If that takes more than 512 patterns, it
    /// cannot be read from a file again.
    ///
    /// ```
    /// use hookseal::delivery::EventFilter;
    ///
    /// let both = EventFilter::new(["call.completed"])?.union(&EventFilter::new(["call.*"])?);
    /// assert_eq!(both, EventFilter::new(["call.*"])?);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn union(&self, other: &EventFilter) -> EventFilter {
        EventFilter { patterns: without_covered([self.patterns.as_slice(), &other.patterns].concat()) }
    }

    /// The patterns of the filter, without those that another one covers.
    ///
    /// ```
    /// use hookseal::delivery::EventFilter;
    ///
    /// let filter = EventFilter::new(["call.*", "call.completed"])?;
    /// assert_eq!(filter.patterns().collect::<Vec<_>>(), ["call.*"]);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|pattern| &**pattern)
    }
}

impl Default for EventFilter {
    /// Matches all events: on every platform that was examined, a subscription without event types means this.
    fn default() -> EventFilter {
        EventFilter::all()
    }
}

impl FromStr for EventFilter {
    type Err = ConfigError;

    /// Blanks around a pattern are ignored. An empty text is an error, like an empty list.
    fn from_str(text: &str) -> Result<EventFilter, ConfigError> {
        EventFilter::new(text.split(',').map(str::trim))
    }
}

impl TryFrom<&str> for EventFilter {
    type Error = ConfigError;

    fn try_from(text: &str) -> Result<EventFilter, ConfigError> {
        text.parse()
    }
}

impl fmt::Display for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.patterns.join(","))
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

/// The patterns that no other one covers, each once, in the order in which they come.
fn without_covered(patterns: Vec<Cow<'static, str>>) -> Vec<Cow<'static, str>> {
    let wide: HashSet<&str> = patterns.iter().filter_map(|pattern| pattern.strip_suffix('*')).collect();
    let mut known = HashSet::new();
    let is_kept: Vec<bool> =
        patterns.iter().map(|pattern| !is_covered(pattern, &wide) && known.insert(&**pattern)).collect();
    patterns.into_iter().zip(is_kept).filter_map(|(pattern, is_kept)| is_kept.then_some(pattern)).collect()
}

/// Whether a wider pattern covers this one: `*`, whose prefix is empty, or one that ends after one of its full stops.
fn is_covered(pattern: &str, wide: &HashSet<&str>) -> bool {
    let own = pattern.strip_suffix('*').unwrap_or(pattern);
    let ends = pattern.match_indices('.').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(ends)
        .filter_map(|end| pattern.get(..end))
        .any(|prefix| prefix != own && wide.contains(prefix))
}

/// Whether a pattern matches every type that `other`, a type or a pattern, matches.
fn covers(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        // `prefix.` with something after it.
        Some(prefix) => other.len() > prefix.len() && other.starts_with(prefix) || pattern == other,
        None => pattern == other,
    }
}

fn is_pattern(text: &str) -> bool {
    text == EVERY || is_type(text.strip_suffix(".*").unwrap_or(text)) && text.len() <= MAX_TYPE
}
