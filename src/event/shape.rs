use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::place::{Half, Place, Step, Steps};
use crate::text::{EMPTY, Fault, MAX_TEXT, Span, attempt, find, is, same_name, same_text, starts_with, trim};

/// Lines in one shape. Stripe's envelope has nine.
pub(super) const MAX_LINES: usize = 16;

const FIELD: &str = "event";

/// Where a provider's deliveries say what happened, for reading and writing: a sample request, with a placeholder in each
/// place that means something.
///
/// One place per line, `place: {placeholder}`. There must be a `{type}` and a `{data}`.
///
/// | placeholder | means |
/// |---|---|
/// | `{type}` | the event's type. Several are joined by full stops, in the order of the lines |
/// | `{data}` | the data, any JSON. Alone on a line, the whole body |
/// | `{id}` | the event's id: a string or a number |
/// | `{key}` | a value that is not an id, but tells two events apart together with the others |
/// | `{timestamp}` `{timestamp:ms}` | when it happened: Unix seconds or milliseconds, as a number or as digits in a string, with or without a fraction |
/// | `{timestamp:rfc3339}` `{timestamp:iso8601}` | the same as a string in RFC 3339, or in ISO 8601, which is read as UTC if it names no offset. A time that cannot be read counts as missing, and is not an error |
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
/// | `{type}: {data}` | the name of the first field that no other line names and whose value is an object or an array: the name is the type |
/// | `{type}: meeting.ended` | not in the request: the type is always this |
/// | `action?` | any of them, if it may be missing or null |
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

#[derive(Clone, Copy, Debug)]
struct Walk {
    headers: Mask,
    body: Mask,
    is_form: bool,
    is_batch: bool,
    /// Only fields at the top level of an object, with the data in one of them.
    is_flat: bool,
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
    pub(crate) fn has_key(&self, is_signed: &dyn Fn(&str) -> bool) -> bool {
        self.lines().any(|(_, line)| line.is_key() && (line.place.half != Half::Header || is_signed(self.name(line))))
    }

    /// The headers that the shape reads.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.lines_of(self.walk.headers).map(|(_, line)| self.name(line))
    }

    pub(super) fn is_flat(&self) -> bool {
        self.walk.is_flat
    }

    /// Whether the data is the whole body.
    pub(super) fn has_whole_body(&self) -> bool {
        self.lines_of(self.walk.body).any(|(_, line)| line.place.is_whole())
    }

    /// Whether a line names a field at the top level that is not a part of the event.
    pub(super) fn is_further(&self, line: &Line) -> bool {
        let is_part =
            !matches!(line.means[0], Meaning::Nothing | Meaning::Key | Meaning::Constant(_) | Meaning::Test(_));
        !is_part && self.step(line, 1).is_none()
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
        self.lines.iter().enumerate().filter(move |(i, _)| mask & (1 << i) != 0)
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
        let lines =
            |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        (lines(headers), lines(body))
    }
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

    /// Whether it tells two events apart.
    pub(super) fn is_key(&self) -> bool {
        self.has(Meaning::Id) || self.has(Meaning::Key)
    }
}

struct Parsed {
    lines: [Line; MAX_LINES],
    count: usize,
    steps: Steps,
    walk: Walk,
}

const fn fault<T>(piece: Span, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: FIELD, piece, problem })
}

/// Where the body's lines begin, if an empty line separates them from those of the headers.
const fn split(text: &[u8]) -> Result<usize, Fault> {
    let (mut split, mut begun, mut is_empty) = (0, false, false);
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if line.is_empty() {
            is_empty = begun;
        } else if is_empty {
            if split > 0 {
                return fault(line, "follows a second empty line");
            }
            split = start;
            is_empty = false;
        }
        begun = begun || !line.is_empty();
        start = end + 1;
    }
    Ok(split)
}

const fn parse(text: &[u8]) -> Result<Parsed, Fault> {
    if text.len() > MAX_TEXT {
        return fault(EMPTY, "is longer than 4096 bytes");
    }
    let body_start = attempt!(split(text));
    let mut lines = [Line { place: Place::whole(Half::Body), means: [Meaning::Nothing; 2] }; MAX_LINES];
    let (mut count, mut steps) = (0, Steps::new());
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if !line.is_empty() {
            if count == MAX_LINES {
                return fault(line, "is one of more than 16 lines");
            }
            lines[count] = attempt!(parse_line(text, line, start < body_start, &mut steps));
            attempt!(check_place(text, &lines, count, line));
            count += 1;
        }
        start = end + 1;
    }
    let walk = attempt!(check(text, &lines, count, &steps));
    Ok(Parsed { lines, count, steps, walk })
}

const fn parse_line(text: &[u8], line: Span, is_header: bool, steps: &mut Steps) -> Result<Line, Fault> {
    let (start, end) = line.bounds();
    if is(text, start, end, b"{data}") && !is_header {
        return Ok(Line { place: Place::whole(Half::Body), means: [Meaning::Data, Meaning::Nothing] });
    }
    let colon = find(text, start, end, b':');
    let name = trim(text, start, colon);
    if name.is_empty() {
        return fault(line, "has no name");
    }
    let value = if colon < end { trim(text, colon + 1, end) } else { Span::new(end, end) };
    let (from, to) = value.bounds();
    let names_type = is(text, name.bounds().0, name.bounds().1, b"{type}");
    if names_type && from < to && text[from] != b'{' {
        let place = Place::whole(Half::Header);
        return Ok(Line { place, means: [Meaning::FixedType(value), Meaning::Nothing] });
    }
    let place = if is_header {
        attempt!(Place::header(text, name, FIELD))
    } else {
        attempt!(Place::body(text, name, FIELD, steps))
    };
    Ok(Line { place, means: attempt!(parse_meanings(text, value, line, is_header)) })
}

const fn parse_meanings(text: &[u8], value: Span, line: Span, is_header: bool) -> Result<[Meaning; 2], Fault> {
    let (start, end) = value.bounds();
    if start == end {
        return if is_header { fault(line, "gives the header no meaning") } else { Ok([Meaning::Nothing; 2]) };
    }
    if text[start] != b'{' {
        return Ok([Meaning::Constant(value), Meaning::Nothing]);
    }
    let middle = find(text, start, end, b'}') + 1;
    let first = attempt!(parse_meaning(text, start, if middle > end { end } else { middle }));
    if middle >= end {
        return Ok([first, Meaning::Nothing]);
    }
    let rest = trim(text, middle, end);
    let second = attempt!(parse_meaning(text, rest.bounds().0, rest.bounds().1));
    if is_data(first) || is_data(second) {
        return fault(value, "gives the data a second meaning");
    }
    Ok([first, second])
}

const fn parse_meaning(text: &[u8], start: usize, end: usize) -> Result<Meaning, Fault> {
    const NAMES: [(&[u8], Meaning); 9] = [
        (b"{id}", Meaning::Id),
        (b"{key}", Meaning::Key),
        (b"{type}", Meaning::Type),
        (b"{timestamp}", Meaning::Time(Format::Seconds)),
        (b"{timestamp:ms}", Meaning::Time(Format::Milliseconds)),
        (b"{timestamp:rfc3339}", Meaning::Time(Format::Rfc3339)),
        (b"{timestamp:iso8601}", Meaning::Time(Format::Iso8601)),
        (b"{version}", Meaning::Version),
        (b"{data}", Meaning::Data),
    ];
    let mut i = 0;
    while i < NAMES.len() {
        if is(text, start, end, NAMES[i].0) {
            return Ok(NAMES[i].1);
        }
        i += 1;
    }
    const TEST: &[u8] = b"{test:";
    if starts_with(text, start, end, TEST) && end - start > TEST.len() + 1 && text[end - 1] == b'}' {
        return Ok(Meaning::Test(Span::new(start + TEST.len(), end - 1)));
    }
    fault(
        Span::new(start, end),
        "is not a placeholder of an event; those are `{type}` `{data}` `{id}` `{key}` `{version}` `{test:text}` \
         `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` `{timestamp:iso8601}`",
    )
}

const fn is_data(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Data)
}

/// No place is named twice.
const fn check_place(text: &[u8], lines: &[Line; MAX_LINES], last: usize, line: Span) -> Result<(), Fault> {
    let (half, name) = (lines[last].place.half, lines[last].place.name);
    let mut i = 0;
    while i < last {
        let other = lines[i].place;
        let is_same = match half {
            Half::Header => same_name(text, name, text, other.name),
            _ => same_text(text, name, other.name),
        };
        if other.half as u8 == half as u8 && is_same && !matches!(lines[i].means[0], Meaning::FixedType(_)) {
            return fault(if name.is_empty() { line } else { name }, "is named twice");
        }
        i += 1;
    }
    Ok(())
}

/// What concerns all lines together.
const fn check(text: &[u8], lines: &[Line; MAX_LINES], count: usize, steps: &Steps) -> Result<Walk, Fault> {
    let mut walk = Walk { headers: 0, body: 0, is_form: false, is_batch: false, is_flat: true };
    let (mut has_type, mut has_data, mut has_body) = (false, false, false);
    let mut seen = [0u8; 4];
    let mut i = 0;
    while i < count {
        let Line { place, means } = lines[i];
        let bit = 1 << i;
        match place.half {
            Half::Header => {
                if !matches!(means[0], Meaning::FixedType(_)) {
                    walk.headers |= bit;
                }
            }
            half => {
                let is_form = matches!(half, Half::Form);
                if has_body && is_form != walk.is_form {
                    return fault(place.name, "is a field of a form beside one of a JSON body");
                }
                (walk.is_form, has_body) = (is_form, true);
                walk.body |= bit;
                walk.is_flat = walk.is_flat && !is_form;
            }
        }
        let mut position = 0;
        while let Some(step) = steps.get(&place, position) {
            walk.is_batch = walk.is_batch || matches!(step, Step::Each);
            has_type = has_type || matches!(step, Step::Unnamed);
            walk.is_flat = walk.is_flat && matches!(step, Step::Field(_)) && position == 0;
            position += 1;
        }
        walk.is_flat = walk.is_flat && (position == 1 || matches!(place.half, Half::Header));
        let mut j = 0;
        while j < means.len() {
            let slot = match means[j] {
                Meaning::Type | Meaning::FixedType(_) => {
                    has_type = true;
                    4
                }
                Meaning::Id => 0,
                Meaning::Time(_) => 1,
                Meaning::Version => 2,
                Meaning::Data => {
                    has_data = true;
                    3
                }
                _ => 4,
            };
            if slot < seen.len() {
                if seen[slot] > 0 {
                    return fault(place.name, "has a placeholder that another line has too");
                }
                seen[slot] = 1;
            }
            j += 1;
        }
        i += 1;
    }
    if !has_type {
        return fault(EMPTY, "has no line with `{type}`");
    }
    if !has_data {
        return fault(EMPTY, "has no line with `{data}`");
    }
    attempt!(check_batch(text, lines, count, steps));
    Ok(walk)
}

/// All arrays lie on the path to one of them, so that one event follows from each of its elements.
const fn check_batch(text: &[u8], lines: &[Line; MAX_LINES], count: usize, steps: &Steps) -> Result<(), Fault> {
    let (mut deepest, mut arrays) = (0, 0);
    let mut i = 0;
    while i < count {
        let found = arrays_of(&lines[i].place, steps);
        if found > arrays {
            (deepest, arrays) = (i, found);
        }
        i += 1;
    }
    i = 0;
    while i < count {
        let Line { place, means } = lines[i];
        let found = arrays_of(&place, steps);
        let (mut position, mut passed) = (0, 0);
        while passed < found {
            match (steps.get(&place, position), steps.get(&lines[deepest].place, position)) {
                (Some(Step::Each), Some(Step::Each)) => passed += 1,
                (Some(Step::Field(one)), Some(Step::Field(other))) if same_text(text, one, other) => {}
                (Some(Step::Json), Some(Step::Json)) | (Some(Step::Unnamed), Some(Step::Unnamed)) => {}
                _ => return fault(place.name, "is in another array than the rest"),
            }
            position += 1;
        }
        if found < arrays && is_data(means[0]) {
            return fault(place.name, "is data that all events of the batch would share");
        }
        i += 1;
    }
    Ok(())
}

const fn arrays_of(place: &Place, steps: &Steps) -> usize {
    let (mut position, mut arrays) = (0, 0);
    while let Some(step) = steps.get(place, position) {
        arrays += matches!(step, Step::Each) as usize;
        position += 1;
    }
    arrays
}

/// In a file: the body's lines as a list, or both halves as two lists.
mod file {
    use serde::{Deserialize, Serialize};

    use super::EventShape;
    use crate::error::ConfigError;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    pub(super) enum File {
        Body(Vec<String>),
        Halves(Halves),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Halves {
        headers: Vec<String>,
        body: Vec<String>,
    }

    impl TryFrom<File> for EventShape {
        type Error = ConfigError;

        fn try_from(file: File) -> Result<EventShape, ConfigError> {
            match file {
                File::Body(lines) => EventShape::try_new(lines.join("\n")),
                File::Halves(Halves { headers, body }) => {
                    EventShape::try_new([headers.join("\n"), body.join("\n")].join("\n\n"))
                }
            }
        }
    }

    impl From<EventShape> for File {
        fn from(shape: EventShape) -> File {
            match shape.halves() {
                (headers, body) if headers.is_empty() => File::Body(body),
                (headers, body) => File::Halves(Halves { headers, body }),
            }
        }
    }
}
