//! Events, read through a shape.

mod find;

use std::borrow::Cow;

use serde::de::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::error::EventError;
use crate::place::{Half, Step};
use crate::request::{NoHeaders, Request};

use super::shape::{EventShape, Line, Mask, Meaning, Walk};
use super::time::{self, Time};
use super::{Event, Further};
use find::Findings;

impl EventShape {
    /// Reads an event and leaves its data raw. Match on the type, then call [`Event::data_as`].
    ///
    /// `body` is the raw body of a verified request. If the shape also reads headers or a form, use
    /// [`Provider::event`](crate::provider::Provider::event) or
    /// [`Received::event`](crate::receive::Received::event).
    ///
    /// # Errors
    /// [`EventError`] says which field of the envelope is missing or wrong, and never its value.
    ///
    /// ```
    /// use hookseal::{EventError, EventShape};
    ///
    /// const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    /// let error = SHAPE.read(br#"{"id":{},"type":"a","data":{}}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "field `id` is not a string or a number");
    /// ```
    pub fn read<'a>(&self, body: &'a [u8]) -> Result<Event<'a>, EventError> {
        self.read_request(&Request { headers: &NoHeaders, body }, &|half, _| half != Half::Header)
            .map_err(Misfit::into_error)
    }

    /// Reads an event whose data has one known type.
    ///
    /// # Errors
    /// The same errors as [`read`](Self::read), and [`EventError::Data`] and [`EventError::MissingData`].
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Call<'a> { id: &'a str }
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
    /// let event = SHAPE.read_as::<Call<'_>>(br#"{"type":"call.ended","data":{"id":"call_1"}}"#)?;
    /// assert_eq!(event.data().id, "call_1");
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn read_as<'a, T: Deserialize<'a>>(&self, body: &'a [u8]) -> Result<Event<'a, T>, EventError> {
        let event = self.read(body)?;
        let data = event.data_as()?;
        Ok(event.with_data(data))
    }

    /// Reads the only event of a request. `is_signed` says of a header whether the signature covers it.
    pub(crate) fn read_request<'a>(
        &self,
        request: &Request<'_, 'a>,
        is_signed: &dyn Fn(Half, &str) -> bool,
    ) -> Result<Event<'a>, Misfit> {
        if self.is_batch() {
            // What is not this batch may have another shape.
            self.read_batch(request, is_signed)?;
            return Err(Misfit::Broken(EventError::Batch));
        }
        let mut found = Findings::default();
        self.find_headers(request, &mut found)?;
        self.find_in_body(request.body, self.in_body(), &mut found, &mut None)?;
        self.event(found, is_signed)
    }

    /// Reads all events of a request, each with what tells it apart.
    pub(crate) fn read_batch<'a>(
        &self,
        request: &Request<'_, 'a>,
        is_signed: &dyn Fn(Half, &str) -> bool,
    ) -> Result<Vec<Result<Item<'a>, EventError>>, Misfit> {
        let (mut shared, mut batch) = (Findings::default(), None);
        self.find_headers(request, &mut shared)?;
        self.find_in_body(request.body, self.in_body(), &mut shared, &mut batch)?;
        let Some(batch) = batch else {
            return Err(Misfit::Other(self.missing(self.lines_of(self.in_body()).last().map(|(_, line)| line))));
        };
        self.check_constants(&shared, batch.lines)?;
        let (mut items, mut misfit, mut fits) = (Vec::new(), None, false);
        self.each(&batch, &shared, &mut |element| {
            let item = element.and_then(|(found, raw)| {
                let key = if self.has_key(is_signed) { self.key(&found, is_signed)? } else { None };
                let (has_key, content) = (key.is_some(), key.unwrap_or_else(|| self.item_key(&found, raw, is_signed)));
                Ok(Item { event: self.event(found, is_signed)?, has_key, content })
            });
            fits = fits || !matches!(item, Err(Misfit::Other(_)));
            items.push(item.map_err(|error| {
                let error = error.into_error();
                misfit.get_or_insert_with(|| error.clone());
                error
            }));
        })?;
        match misfit {
            Some(error) if !fits => Err(Misfit::Other(error)),
            _ => Ok(items),
        }
    }

    /// What tells the event apart from others: its id if that is all, otherwise its type and all values that are marked,
    /// with their names and the constants of the shape, each after its length. An event whose other fields do not fit the shape is still the same event. `None` if one of the
    /// values is empty, or is missing and may be.
    pub(crate) fn read_key<'a>(
        &self,
        request: &Request<'_, 'a>,
        is_signed: &dyn Fn(Half, &str) -> bool,
    ) -> Result<Option<Vec<u8>>, Misfit> {
        let walk = self.walk();
        let types = if walk.keys == walk.id { 0 } else { walk.types };
        let wanted = match self.through_unnamed() {
            0 => self.in_body() & (walk.keys | types | walk.constants),
            // Which field no line names, all of them say.
            _ => self.in_body(),
        };
        let mut found = Findings::default();
        self.find_headers(request, &mut found)?;
        if wanted != 0 {
            self.find_in_body(request.body, wanted, &mut found, &mut None)?;
        }
        self.check_constants(&found, 0)?;
        self.key(&found, is_signed)
    }

    /// The type of a request's event, wherever it is.
    pub(crate) fn read_type<'a>(&self, request: &Request<'_, 'a>) -> Result<Vec<u8>, Misfit> {
        self.read_request(request, &|_, _| true).map(|event| event.event_type().as_bytes().to_vec())
    }

    fn key(&self, found: &Findings<'_>, is_signed: &dyn Fn(Half, &str) -> bool) -> Result<Option<Vec<u8>>, Misfit> {
        const EXPECTED: &str = "a string or a number";

        // Callers look first. A key of the type alone would take every event for the first of its type.
        if !self.has_key(is_signed) {
            return Err(Misfit::Broken(EventError::NoIdempotencyKey));
        }
        let Walk { keys, types, id, constants, .. } = *self.walk();
        let signed = |lines: Mask| self.lines_of(lines).filter(|(_, line)| self.is_covered(line, is_signed));
        if keys == id {
            return match (self.text_of(found, id, EXPECTED)?, self.line(id)) {
                (Some(id), _) => Ok(Some(id.into_owned().into_bytes()).filter(|id| !id.is_empty())),
                (None, Some(line)) if line.place.is_optional => Ok(None),
                (None, line) => Err(Misfit::Other(self.missing(line))),
            };
        }
        let mut key = Vec::new();
        self.push_names(found, is_signed, &mut key);
        // Shapes of one provider are told apart by their constants and by the names of their lines.
        for (i, line) in signed(constants) {
            push_part(&mut key, self.name(line).as_bytes());
            push_part(&mut key, found.value(1 << i).map_or(b"", str::as_bytes));
        }
        for (i, line) in signed(types).chain(signed(keys)) {
            push_part(&mut key, self.name(line).as_bytes());
            match self.text_of(found, 1 << i, EXPECTED)? {
                Some(text) if text.is_empty() && keys & (1 << i) != 0 => return Ok(None),
                Some(text) => push_part(&mut key, text.as_bytes()),
                None if !line.place.is_optional => return Err(Misfit::Other(self.missing(Some(line)))),
                None if types & (1 << i) != 0 => push_part(&mut key, b""),
                // The others need not tell two events apart.
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }

    /// The parts of the type that are no values: the constants of the shape, and the name of a field.
    fn push_names(&self, found: &Findings<'_>, is_signed: &dyn Fn(Half, &str) -> bool, key: &mut Vec<u8>) {
        for (_, line) in self.lines_of(self.walk().fixed) {
            if let (Meaning::FixedType(text), true) = (line.means[0], is_signed(Half::Body, "")) {
                push_part(key, self.text(text).as_bytes());
            }
        }
        if let Some(name) = found.unnamed.as_ref().filter(|name| is_signed(Half::Body, name)) {
            push_part(key, name.as_bytes());
        }
    }

    /// The element itself, with what the lines above it found, in the arrays around it as well, and the type's names.
    fn item_key(&self, found: &Findings<'_>, raw: &RawValue, is_signed: &dyn Fn(Half, &str) -> bool) -> Vec<u8> {
        let arrays = |line: &Line| {
            let steps = (0..).map_while(|depth| self.step(line, depth));
            steps.filter(|step| matches!(step, Step::Each)).count()
        };
        let innermost = self.lines_of(self.in_body()).map(|(_, line)| arrays(line)).max().unwrap_or_default();
        let mut key = Vec::new();
        self.push_names(found, is_signed, &mut key);
        for (i, line) in self.lines_of(self.in_body()) {
            if arrays(line) < innermost {
                push_part(&mut key, found.value(1 << i).map_or(b"", str::as_bytes));
            }
        }
        push_part(&mut key, raw.get().as_bytes());
        key
    }

    /// The shape is not that of this request if a constant differs. Those in `except` are not known yet.
    fn check_constants(&self, found: &Findings<'_>, except: Mask) -> Result<(), Misfit> {
        for (i, line) in self.lines_of(self.walk().constants & !except) {
            let Meaning::Constant(wanted) = line.means[0] else { continue };
            match found.value(1 << i) {
                None if line.place.is_optional => {}
                Some(value) if is(value, self.text(wanted)) => {}
                Some(_) => {
                    let (field, expected) = (self.name(line).to_owned(), "the constant of the event shape");
                    return Err(Misfit::Other(EventError::WrongType { field, expected }));
                }
                None => return Err(Misfit::Other(self.missing(Some(line)))),
            }
        }
        Ok(())
    }

    fn event<'a>(&self, mut found: Findings<'a>, is_signed: &dyn Fn(Half, &str) -> bool) -> Result<Event<'a>, Misfit> {
        let walk = self.walk();
        self.check_constants(&found, 0)?;
        let (mut id, mut unsigned_id) = (None, None);
        if let Some(line) = self.line(walk.id) {
            let is_covered = self.is_covered(line, is_signed);
            match self.text_of(&found, walk.id, "a string or a number")? {
                // It tells nothing apart.
                Some(text) if text.is_empty() => {}
                Some(text) if is_covered => id = Some(text),
                Some(text) => unsigned_id = Some(text),
                None if line.place.is_optional || !is_covered => {}
                None => return Err(Misfit::Other(self.missing(Some(line)))),
            }
        }
        let mut event_type = Type::default();
        for (i, line) in self.lines_of(walk.types | walk.fixed) {
            match line.means[0] {
                // The body decides that it fits.
                Meaning::FixedType(text) => {
                    event_type.join(Cow::Owned(self.text(text).to_owned()), is_signed(Half::Body, ""));
                }
                _ => match self.text_of(&found, 1 << i, "a string")?.filter(|text| !text.is_empty()) {
                    Some(text) => event_type.join(text, self.is_covered(line, is_signed)),
                    None if line.place.is_optional => {}
                    None => return Err(Misfit::Other(self.missing(Some(line)))),
                },
            }
        }
        if let Some(name) = found.unnamed.take().filter(|name| !name.is_empty()) {
            let is_covered = is_signed(Half::Body, &name);
            event_type.join(name, is_covered);
        }
        let (mut event_time, mut is_time_signed) = (None, true);
        if let (Some(line), Some(value)) = (self.line(walk.time), found.value(walk.time)) {
            is_time_signed = self.is_covered(line, is_signed);
            let (text, is_string) =
                text(value).map_or((Cow::Borrowed(value), false), |text| (text, value.starts_with('"')));
            for means in line.means {
                if let Meaning::Time(format) = means
                    && event_time.as_ref().is_none_or(|time: &Time<'_>| time.time.is_none())
                {
                    event_time = Some(time::read(format, text.clone(), is_string));
                }
            }
        }
        let version = self.text_of(&found, walk.version, "a string")?;
        let is_test = self.lines_of(walk.tests).any(|(i, line)| {
            let marks = |value| {
                line.means.iter().any(|means| matches!(means, Meaning::Test(text) if is(value, self.text(*text))))
            };
            found.value(1 << i).is_some_and(marks)
        });
        let Some(data) = found.data else { return Err(Misfit::Other(self.missing(self.line(walk.data)))) };
        if event_type.text.is_empty() {
            return Err(Misfit::Other(self.missing(self.lines_of(walk.types).map(|(_, line)| line).next())));
        }
        check_repeats(&found.further)?;
        Ok(Event {
            id,
            unsigned_id,
            event_type: event_type.text,
            stems: event_type.stems,
            is_type_signed: event_type.is_signed,
            time: event_time,
            is_time_signed,
            version,
            is_test,
            data,
            further: found.further,
        })
    }

    /// The text of a string or a number, or of a header. `lines` is one line, or none.
    fn text_of<'a>(
        &self,
        found: &Findings<'a>,
        line: Mask,
        expected: &'static str,
    ) -> Result<Option<Cow<'a, str>>, Misfit> {
        let (Some(value), Some(line)) = (found.value(line), self.line(line)) else { return Ok(None) };
        let text = if line.place.half == Half::Header { Some(Cow::Borrowed(value)) } else { text(value) };
        let wrong = || Misfit::Broken(EventError::WrongType { field: self.name(line).to_owned(), expected });
        text.ok_or_else(wrong).map(Some)
    }

    fn missing(&self, line: Option<&Line>) -> EventError {
        let name = line.map(|line| self.name(line)).filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|_| line.is_some_and(|line| line.place.half == Half::Form)) {
            // The steps into its JSON are not the form's.
            let field = name.split('.').next().unwrap_or_default().to_owned();
            return EventError::MissingFormField { field };
        }
        EventError::MissingField { field: name.unwrap_or("{type}").to_owned() }
    }
}

/// One event of a batch.
pub(crate) struct Item<'a> {
    pub(crate) event: Event<'a>,
    /// Its id, or the values that are marked as its key, tell it apart. Otherwise it is its JSON, which can occur again.
    pub(crate) has_key: bool,
    /// What tells it apart.
    pub(crate) content: Vec<u8>,
}

/// Why a shape does not read a request.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// Another shape of the provider may.
    Other(EventError),
    /// No shape would.
    Broken(EventError),
}

impl Misfit {
    pub(crate) fn into_error(self) -> EventError {
        match self {
            Misfit::Other(error) | Misfit::Broken(error) => error,
        }
    }
}

pub(super) fn is(value: &str, wanted: &str) -> bool {
    value == wanted || text(value).is_some_and(|text| text == wanted)
}

/// The type, joined from the lines that have a part of it.
struct Type<'a> {
    text: Cow<'a, str>,
    stems: [u16; super::STEMS],
    parts: usize,
    is_signed: bool,
}

impl Default for Type<'_> {
    fn default() -> Self {
        Type { text: Cow::Borrowed(""), stems: [0; super::STEMS], parts: 0, is_signed: true }
    }
}

impl<'a> Type<'a> {
    fn join(&mut self, part: Cow<'a, str>, is_signed: bool) {
        self.is_signed &= is_signed;
        if self.parts == 0 {
            self.text = part;
        } else {
            if let Some(stem) = self.stems.get_mut(self.parts - 1) {
                *stem = u16::try_from(self.text.len()).unwrap_or(0);
            }
            let text = self.text.to_mut();
            text.push('.');
            text.push_str(&part);
        }
        self.parts += 1;
    }
}

fn push_part(key: &mut Vec<u8>, part: &[u8]) {
    key.extend((part.len() as u64).to_be_bytes());
    key.extend(part);
}

pub(super) fn malformed(error: &serde_json::Error) -> EventError {
    EventError::Malformed { line: error.line(), column: error.column() }
}

/// What a parser's error says of the data, without the values that its text may quote.
pub(super) fn data_error(error: &serde_json::Error, event_type: &str) -> EventError {
    let (line, column, event_type) = (error.line(), error.column(), event_type.to_owned());
    if error.classify() != Category::Data {
        return malformed(error);
    }
    // serde names a missing field by the name in the code, which is nobody's secret.
    let text = error.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match missing {
        Some((field, _)) => EventError::MissingData { field: field.to_owned(), event_type, line, column },
        None => EventError::Data { event_type, line, column },
    }
}

/// Two fields with the same name: programs would disagree about which one to use.
fn check_repeats(further: &[Further<'_>]) -> Result<(), Misfit> {
    if further.len() < 2 {
        return Ok(());
    }
    let mut names: Vec<&str> = further.iter().map(|further| &*further.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Misfit::Broken(EventError::DuplicateField { field: "(an additional one)".to_owned() }));
    }
    Ok(())
}

/// The text of a JSON string, borrowed if it has no escapes, or of a number.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Some(Cow::Borrowed(json));
    }
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    match memchr::memchr(b'\\', inner.as_bytes()) {
        None => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(json).ok().map(Cow::Owned),
    }
}
