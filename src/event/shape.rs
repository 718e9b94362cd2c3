use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::text::{Fault, MAX_TEXT, Span, attempt, find, is, trim};
use crate::timestamp::TimeFormat;

/// Fields in one shape. Stripe's envelope has nine.
const MAX_FIELDS: usize = 16;

/// The names and the order of the fields in a provider's event envelope, for reading and writing.
///
/// One field per line, `name: {placeholder}`. `{type}` and `{data}` are required, the other placeholders are optional:
///
/// | | means |
/// |---|---|
/// | `{id}` | the event's id |
/// | `{type}` | its type |
/// | `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` | when it happened: Unix seconds or milliseconds as a number, or a string in RFC 3339 with any offset and precision |
/// | `{version}` | the version of the API that the data follows; may be missing from an event |
/// | `{data}` | the data, any JSON |
/// | a name alone | another field, written in this position |
///
/// A received field that the shape does not name keeps its position and its text when the event is written again.
///
/// ```
/// use hookseal::EventShape;
///
/// const CALLINTEL: EventShape = EventShape::new(
///     "event_type: {type}
///      timestamp: {timestamp:rfc3339}
///      webhook_id
///      data: {data}",
/// );
/// let event = CALLINTEL.read(br#"{"event_type":"call.missed","timestamp":"2024-12-16T10:30:45Z","webhook_id":"wh_1","data":{}}"#)?;
/// assert_eq!(event.event_type(), "call.missed");
/// # Ok::<(), hookseal::EventError>(())
/// ```
///
/// In a file, a shape is its list of lines:
///
/// ```
/// let shape: hookseal::EventShape = serde_json::from_str(r#"["event: {type}", "data: {data}"]"#)?;
/// assert_eq!(shape.read(br#"{"event":"user.joined","data":{}}"#)?.event_type(), "user.joined");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EventShape {
    text: Cow<'static, str>,
    fields: [(Span, Field); MAX_FIELDS],
    count: usize,
}

/// What a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Type,
    Time(TimeFormat),
    Version,
    Data,
    Further,
}

impl EventShape {
    /// A shape for a constant, where a mistake is a compile error that names it.
    ///
    /// # Panics
    /// If the text is wrong and this is not evaluated in a constant. [`try_new`](Self::try_new) returns an error instead.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const EFFICLOSE: EventShape = EventShape::new("event: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}");
    /// assert!(EFFICLOSE.read(b"{}").is_err());
    /// ```
    ///
    /// ```compile_fail
    /// const TYPO: hookseal::EventShape = hookseal::EventShape::new("type: {typ}\ndata: {data}");
    /// # let _ = TYPO;
    /// ```
    pub const fn new(lines: &'static str) -> EventShape {
        match parse(lines.as_bytes()) {
            Ok((fields, count)) => EventShape { text: Cow::Borrowed(lines), fields, count },
            Err(fault) => fault.fail(lines),
        }
    }

    /// A shape from text that is only known at run time.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the line that is wrong.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// let error = EventShape::try_new("type: {type}").unwrap_err();
    /// assert_eq!(error.to_string(), "event: has no line with `{data}`");
    /// ```
    pub fn try_new(lines: impl Into<Cow<'static, str>>) -> Result<EventShape, ConfigError> {
        let text = lines.into();
        match parse(text.as_bytes()) {
            Ok((fields, count)) => Ok(EventShape { text, fields, count }),
            Err(fault) => Err(fault.describe(&text)),
        }
    }

    /// Whether events carry an id.
    pub(crate) fn has_id(&self) -> bool {
        self.fields().any(|(_, field)| field == Field::Id)
    }

    /// The fields with their names, in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, Field)> {
        self.fields.iter().take(self.count).map(|(name, field)| (name.of(&self.text), *field))
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim).filter(|line| !line.is_empty())
    }
}

impl PartialEq for EventShape {
    fn eq(&self, other: &EventShape) -> bool {
        self.lines().eq(other.lines())
    }
}

impl Eq for EventShape {}

impl fmt::Debug for EventShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}

impl TryFrom<Vec<String>> for EventShape {
    type Error = ConfigError;

    fn try_from(lines: Vec<String>) -> Result<EventShape, ConfigError> {
        EventShape::try_new(lines.join("\n"))
    }
}

impl From<EventShape> for Vec<String> {
    fn from(shape: EventShape) -> Vec<String> {
        shape.lines().map(str::to_owned).collect()
    }
}

const fn fault<T>(span: Span, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: "event", piece: span, problem })
}

const fn parse(text: &[u8]) -> Result<([(Span, Field); MAX_FIELDS], usize), Fault> {
    if text.len() > MAX_TEXT {
        return fault(Span::new(0, 0), "is longer than 4096 bytes");
    }
    let mut fields = [(Span::new(0, 0), Field::Further); MAX_FIELDS];
    let mut count = 0;
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if !line.is_empty() {
            if count == MAX_FIELDS {
                return fault(line, "is one of more than 16 lines");
            }
            fields[count] = attempt!(parse_line(text, line));
            attempt!(check_unique(text, &fields, count));
            count += 1;
        }
        start = end + 1;
    }
    attempt!(check_has(&fields, count, Field::Type, "has no line with `{type}`"));
    attempt!(check_has(&fields, count, Field::Data, "has no line with `{data}`"));
    Ok((fields, count))
}

const fn parse_line(text: &[u8], line: Span) -> Result<(Span, Field), Fault> {
    let (start, end) = line.bounds();
    let colon = find(text, start, end, b':');
    let name = trim(text, start, colon);
    if name.is_empty() {
        return fault(line, "has no name");
    }
    let (mut i, name_end) = name.bounds();
    while i < name_end {
        // What JSON writes as itself, so that names compare byte by byte.
        if !text[i].is_ascii_graphic() || matches!(text[i], b'"' | b'\\' | b'{' | b'}') {
            return fault(name, "is not a plain field name");
        }
        i += 1;
    }
    if colon == end {
        return Ok((name, Field::Further));
    }
    let value = trim(text, colon + 1, end);
    let (from, to) = value.bounds();
    let field = if is(text, from, to, b"{id}") {
        Field::Id
    } else if is(text, from, to, b"{type}") {
        Field::Type
    } else if let Some(format @ (TimeFormat::Seconds | TimeFormat::Milliseconds | TimeFormat::Rfc3339)) =
        TimeFormat::named(text, from, to)
    {
        Field::Time(format)
    } else if is(text, from, to, b"{version}") {
        Field::Version
    } else if is(text, from, to, b"{data}") {
        Field::Data
    } else {
        return fault(value, "is not a placeholder of an event");
    };
    Ok((name, field))
}

/// No name and no meaning occurs twice.
const fn check_unique(text: &[u8], fields: &[(Span, Field); MAX_FIELDS], last: usize) -> Result<(), Fault> {
    let (name, field) = fields[last];
    let (start, end) = name.bounds();
    let mut i = 0;
    while i < last {
        let (from, to) = fields[i].0.bounds();
        if to - from == end - start && crate::text::starts_with(text, from, to, text.split_at(end).0.split_at(start).1)
        {
            return fault(name, "is named twice");
        }
        if same(fields[i].1, field) {
            return fault(name, "has a placeholder that another line has too");
        }
        i += 1;
    }
    Ok(())
}

const fn same(a: Field, b: Field) -> bool {
    matches!(
        (a, b),
        (Field::Id, Field::Id)
            | (Field::Type, Field::Type)
            | (Field::Time(_), Field::Time(_))
            | (Field::Version, Field::Version)
            | (Field::Data, Field::Data)
    )
}

const fn check_has(
    fields: &[(Span, Field); MAX_FIELDS],
    count: usize,
    field: Field,
    problem: &'static str,
) -> Result<(), Fault> {
    let mut i = 0;
    while i < count {
        if same(fields[i].1, field) {
            return Ok(());
        }
        i += 1;
    }
    fault(Span::new(0, 0), problem)
}
