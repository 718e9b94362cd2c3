mod file;
mod parse;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::place::{Half, Place, Step, Steps};
use crate::text::{Span, trimmed};

use parse::{Parsed, parse, split};

/// Lines in one shape. Stripe's envelope has nine.
pub(super) const MAX_LINES: usize = 16;

/// Where a provider's deliveries say what happened, for reading and writing: a sample request, with a placeholder in each
/// place that means something.
///
/// One place per line, `place: {placeholder}`. There must be a `{type}` and a `{data}`.
///
/// | placeholder | means |
/// |---|---|
/// | `{type}` | the event's type. Several are joined by full stops, in the order of the lines. An empty text counts as missing |
/// | `{data}` | the data, any JSON. Alone on a line, the whole body |
/// | `{id}` | the event's id: a string or a number |
/// | `{key}` | a value that is not an id, but tells two events apart together with the others |
/// | `{timestamp}` `{timestamp:ms}` | when it happened: Unix seconds or milliseconds, as a number or as digits in a string, with or without a fraction |
/// | `{timestamp:rfc3339}` `{timestamp:iso8601}` | the same as a string in RFC 3339, or in ISO 8601, which is read as UTC if it names no offset. A time that cannot be read counts as missing, and is not an error. Two formats may be on one line |
/// | `{version}` | the version of the API that the data follows. May be missing |
/// | `{test:true}` | whether it is a test: it is if the value is the text after the colon |
/// | any other text | a constant. If the request has another value, this is not the shape of its event |
/// | nothing, without the colon | another field, which is written in this position |
///
/// | place | is |
/// |---|---|
/// | `created_at` | a field of the JSON body |
/// | `event.type` | a field of the object in a field, to any depth |
/// | `events[].id`, `[].id` | a field of each element of an array: the request is a batch, with one event for each element |
/// | `X-Event`, above an empty line | a header, but none that HTTP clients and proxies set: the list is in [`Scheme`](crate::Scheme#the-notation) |
/// | `&payload` | a field of a form. `&` alone is the whole form, as an object of strings |
/// | `&payload.{json}.action` | a step into the JSON in a string |
/// | `{type}: {data}` | a field whose name is the type and whose value is the data: of the fields that no other line names, the first whose value is an object or an array |
/// | `{type}: meeting.ended` | no place in the request: every event has this type |
/// | `action?` | any of these places, where the value may be missing or null |
///
/// A received field at the top level of the body that the shape does not name keeps its position and its text when the
/// event is written again.
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
///
/// const SLACK: EventShape = EventShape::new(
///     "type: event_callback
///      event_id: {id}
///      event_time: {timestamp}
///      event.type: {type}
///      event: {data}",
/// );
/// let body = br#"{"type":"event_callback","event_id":"Ev1","event_time":1763729000,"event":{"type":"app_mention"}}"#;
/// let event = SLACK.read(body)?;
/// assert_eq!((event.event_type(), event.id()), ("app_mention", Some("Ev1")));
/// # Ok::<(), hookseal::EventError>(())
/// ```
///
/// In a file, a shape is the list of its lines, or two lists if it has lines for headers:
///
/// ```
/// use hookseal::EventShape;
///
/// let shape: EventShape = serde_json::from_str(r#"["event: {type}", "data: {data}"]"#)?;
/// assert_eq!(shape.read(br#"{"event":"user.joined","data":{}}"#)?.event_type(), "user.joined");
///
/// let shape: EventShape = serde_json::from_str(r#"{"headers": ["X-Event: {type}"], "body": ["{data}"]}"#)?;
/// assert_eq!(shape, EventShape::new("X-Event: {type}\n\n{data}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "file::File", into = "file::File")]
pub struct EventShape {
    text: Cow<'static, str>,
    lines: [Line; MAX_LINES],
    count: u8,
    steps: Steps,
    /// How the parts of a body are to be walked, worked out once.
    walk: Walk,
}

/// One line: a place, and up to two meanings of what is found there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) place: Place,
    pub(super) means: [Meaning; 2],
}

/// What the value of a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A field that is only named, for its position.
    Nothing,
    Id,
    /// Belongs to what tells two events apart, and is not an id.
    Key,
    Type,
    Time(Format),
    Version,
    Data,
    /// It is a test if the value is this text.
    Test(Span),
    /// The shape is that of another event unless the value is this text.
    Constant(Span),
    /// The type is this text, whatever the request contains.
    FixedType(Span),
}

/// How an event writes the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Seconds,
    Milliseconds,
    Rfc3339,
    Iso8601,
}

/// A set of lines.
pub(super) type Mask = u16;

/// What follows from all lines together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    headers: Mask,
    body: Mask,
    pub(super) types: Mask,
    pub(super) keys: Mask,
    pub(super) constants: Mask,
    pub(super) tests: Mask,
    pub(super) fixed: Mask,
    /// At most one line each.
    pub(super) id: Mask,
    pub(super) time: Mask,
    pub(super) version: Mask,
    pub(super) data: Mask,
    /// Fields at the top level that are not a part of the event, and none of whose fields are.
    pub(super) further: Mask,
    /// Fields at the top level none of whose fields another line names.
    pub(super) leaves: Mask,
    /// The data is the whole body.
    pub(super) whole: Mask,
    is_form: bool,
    is_batch: bool,
    /// Only fields at the top level of an object, with the data in one of them.
    is_flat: bool,
}

impl EventShape {
    /// [CloudEvents](https://cloudevents.io) 1.0 in structured mode: a JSON object with the event's attributes and data.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// let body = br#"{"specversion":"1.0","id":"7","source":"/orders","type":"order.paid","data":{"cents":4500}}"#;
    /// assert_eq!(EventShape::CLOUD_EVENTS.read(body)?.event_type(), "order.paid");
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub const CLOUD_EVENTS: EventShape = EventShape::new(
        "specversion: 1.0\nid: {id}\nsource: {key}\ntype: {type}\ntime?: {timestamp:rfc3339}\ndata: {data}",
    );

    /// CloudEvents 1.0 in structured mode with a batch: a JSON array of events.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// assert!(EventShape::CLOUD_EVENTS_BATCH.is_batch());
    /// ```
    pub const CLOUD_EVENTS_BATCH: EventShape = EventShape::new(
        "[].specversion: 1.0\n[].id: {id}\n[].source: {key}\n[].type: {type}\n[].time?: {timestamp:rfc3339}\n[].data: {data}",
    );

    /// CloudEvents 1.0 in binary mode: the attributes are headers, and the body is the data, which must be JSON. A signature
    /// rarely covers those headers: the type and the id are then marked as unsigned.
    ///
    /// ```
    /// use hookseal::{Event, EventShape};
    ///
    /// let event = Event::new("order.paid", ()).with_id("7").with_field("ce-source", "/orders")?;
    /// let headers = EventShape::CLOUD_EVENTS_BINARY.headers(&event)?;
    /// assert_eq!((&headers["ce-type"], &headers["ce-specversion"]), (&"order.paid".parse()?, &"1.0".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const CLOUD_EVENTS_BINARY: EventShape = EventShape::new(
        "ce-specversion: 1.0\nce-type: {type}\nce-id: {id}\nce-source: {key}\nce-time?: {timestamp:rfc3339}\n\n{data}",
    );

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
            Ok(parsed) => EventShape::from_parts(Cow::Borrowed(lines), parsed),
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
            Ok(parsed) => Ok(EventShape::from_parts(text, parsed)),
            Err(fault) => Err(fault.describe(&text)),
        }
    }

    const fn from_parts(text: Cow<'static, str>, parsed: Parsed) -> EventShape {
        let Parsed { lines, count, steps, walk } = parsed;
        EventShape { text, lines, count: count as u8, steps, walk }
    }

    /// The same body with lines for headers.
    pub(crate) fn with_headers(&self, headers: &[String]) -> Result<EventShape, ConfigError> {
        let (_, body) = self.halves();
        EventShape::try_new([headers.join("\n"), body.join("\n")].join("\n\n"))
    }

    /// The lines, as they were written.
    ///
    /// ```
    /// const SHAPE: hookseal::EventShape = hookseal::EventShape::new("X-Event: {type}\n\n{data}");
    /// assert_eq!(SHAPE.as_str(), "X-Event: {type}\n\n{data}");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether one request contains several events. They are then read with
    /// [`Received::events`](crate::receive::Received::events).
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const LINE: EventShape = EventShape::new("events[].type: {type}\nevents[]: {data}");
    /// assert!(LINE.is_batch());
    /// ```
    pub fn is_batch(&self) -> bool {
        self.walk.is_batch
    }

    pub(crate) fn is_form(&self) -> bool {
        self.walk.is_form
    }

    /// Whether events carry an id, or fields that tell them apart, in a place that `is_signed` accepts.
    pub(crate) fn has_key(&self, is_signed: &dyn Fn(Half, &str) -> bool) -> bool {
        self.lines_of(self.walk.keys).any(|(_, line)| self.is_covered(line, is_signed))
    }

    /// Whether fields tell events apart only together with a type that is not signed, although the body is.
    pub(crate) fn leaves_type_open(&self, is_signed: &dyn Fn(Half, &str) -> bool) -> bool {
        let Walk { keys, id, types, .. } = self.walk;
        let is_open = |(_, line): (usize, &Line)| !self.is_covered(line, is_signed);
        keys != id && is_signed(Half::Body, "") && self.lines_of(types).any(is_open)
    }

    /// Whether anybody can change one of several fields that together tell events apart. An `{id}` that is not signed is left
    /// out.
    pub(crate) fn leaves_key_open(&self, is_signed: &dyn Fn(Half, &str) -> bool) -> bool {
        let Walk { keys, id, .. } = self.walk;
        self.lines_of(keys & !id).any(|(_, line)| !self.is_covered(line, is_signed))
    }

    /// Whether anybody can change a constant, and with it whether the shape fits.
    pub(crate) fn leaves_constant_open(&self, is_signed: &dyn Fn(Half, &str) -> bool) -> bool {
        self.lines_of(self.walk.constants).any(|(_, line)| !self.is_covered(line, is_signed))
    }

    /// Whether the signature covers the place of a line.
    pub(super) fn is_covered(&self, line: &Line, is_signed: &dyn Fn(Half, &str) -> bool) -> bool {
        is_signed(line.place.half, self.name(line))
    }

    /// The headers that the shape reads.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.lines_of(self.walk.headers).map(|(_, line)| self.name(line))
    }

    pub(super) fn is_flat(&self) -> bool {
        self.walk.is_flat
    }

    /// The lines of the body that lead through the field with the type's name.
    pub(super) fn through_unnamed(&self) -> Mask {
        let is_unnamed = |line: &Line| {
            let mut steps = (0..).map_while(|depth| self.step(line, depth));
            steps.any(|step| matches!(step, Step::Unnamed))
        };
        let lines = self.lines_of(if self.is_flat() { 0 } else { self.in_body() });
        lines.filter(|(_, line)| is_unnamed(line)).fold(0, |mask, (i, _)| mask | (1 << i))
    }

    pub(super) fn walk(&self) -> &Walk {
        &self.walk
    }

    /// The line of a set with one.
    pub(super) fn line(&self, bit: Mask) -> Option<&Line> {
        self.lines.get(bit.trailing_zeros() as usize)
    }

    pub(super) fn in_headers(&self) -> Mask {
        self.walk.headers
    }

    pub(super) fn in_body(&self) -> Mask {
        self.walk.body
    }

    /// The lines with their bits, in order.
    pub(super) fn lines(&self) -> impl Iterator<Item = (Mask, &Line)> {
        self.lines.iter().take(self.count.into()).enumerate().map(|(i, line)| (1 << i, line))
    }

    /// The lines of a set, with their indices.
    pub(super) fn lines_of(&self, mask: Mask) -> impl Iterator<Item = (usize, &Line)> {
        bits(mask).filter_map(|i| Some((i, self.lines.get(i)?)))
    }

    pub(super) fn step(&self, line: &Line, depth: usize) -> Option<Step> {
        self.steps.of(&line.place).get(depth).copied()
    }

    pub(super) fn text(&self, span: Span) -> &str {
        span.of(&self.text)
    }

    /// The header, or the path, that a line names.
    pub(super) fn name(&self, line: &Line) -> &str {
        line.place.name.of(&self.text)
    }

    fn halves(&self) -> (Vec<String>, Vec<String>) {
        let split = split(self.text.as_bytes()).unwrap_or(0);
        let (headers, body) = self.text.split_at_checked(split).unwrap_or(("", &self.text));
        let lines = |text: &str| text.lines().map(trimmed).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        (lines(headers), lines(body))
    }
}

/// The places of the lines in a set.
fn bits(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.checked_sub(1)?;
        Some(bit)
    })
}

impl PartialEq for EventShape {
    fn eq(&self, other: &EventShape) -> bool {
        self.halves() == other.halves()
    }
}

impl Eq for EventShape {}

impl fmt::Debug for EventShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (headers, body) = self.halves();
        f.debug_list().entries(headers).entries(body).finish()
    }
}

impl Line {
    pub(super) fn has(&self, meaning: Meaning) -> bool {
        self.means.contains(&meaning)
    }
}
