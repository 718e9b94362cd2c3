//! Events, read through a shape.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::error::EventError;
use crate::headers::Found;
use crate::place::{Half, Step};
use crate::request::{NoHeaders, Request};

use super::shape::{EventShape, Line, MAX_LINES, Mask, Meaning, Walk};
use super::time::{self, Time};
use super::{Event, Further};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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
        self.read_request(&Request { headers: &NoHeaders, body }, &|_| false).map_err(Misfit::into_error)
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
        is_signed: &dyn Fn(&str) -> bool,
    ) -> Result<Event<'a>, Misfit> {
        if self.is_batch() {
            return Err(Misfit::Broken(EventError::Batch));
        }
        let mut found = Findings::default();
        self.find_headers(request, &mut found)?;
        self.find_in_body(request.body, self.in_body(), &mut found, &mut None)?;
        self.event(found, is_signed)
    }

    /// Reads all events of a request, each with what tells it apart: `by_id`, or else by its JSON.
    pub(crate) fn read_batch<'a>(
        &self,
        request: &Request<'_, 'a>,
        is_signed: &dyn Fn(&str) -> bool,
        by_id: bool,
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
                let content = if by_id { self.key(&found, is_signed)? } else { self.item_key(&found, raw) };
                Ok(Item { event: self.event(found, is_signed)?, content })
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
    /// each after its length. An event whose other fields do not fit the shape is still the same event.
    pub(crate) fn read_key<'a>(
        &self,
        request: &Request<'_, 'a>,
        is_signed: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<u8>, Misfit> {
        let walk = self.walk();
        let types = if walk.keys == walk.id { 0 } else { walk.types };
        let wanted = walk.keys | types | walk.constants;
        let mut found = Findings::default();
        self.find_headers(request, &mut found)?;
        if self.in_body() & wanted != 0 {
            self.find_in_body(request.body, self.in_body() & wanted, &mut found, &mut None)?;
        }
        self.check_constants(&found, 0)?;
        self.key(&found, is_signed)
    }

    /// The type of a request's event, wherever it is.
    pub(crate) fn read_type<'a>(&self, request: &Request<'_, 'a>) -> Result<Vec<u8>, Misfit> {
        self.read_request(request, &|_| true).map(|event| event.event_type().as_bytes().to_vec())
    }

    fn key(&self, found: &Findings<'_>, is_signed: &dyn Fn(&str) -> bool) -> Result<Vec<u8>, Misfit> {
        const EXPECTED: &str = "a string or a number";

        let Walk { keys, types, id, .. } = *self.walk();
        let signed = |lines: Mask| self.lines_of(lines).filter(|(_, line)| self.is_covered(line, is_signed));
        if keys == id && signed(keys).next().is_some() {
            return match (self.text_of(found, id, EXPECTED)?, self.line(id)) {
                (Some(id), _) => Ok(id.into_owned().into_bytes()),
                (None, line) => Err(Misfit::Other(self.missing(line))),
            };
        }
        let mut key = Vec::new();
        let mut is_empty = true;
        for (i, line) in signed(types).chain(signed(keys)) {
            let text = self.text_of(found, 1 << i, EXPECTED)?;
            if text.is_none() && !line.place.is_optional {
                return Err(Misfit::Other(self.missing(Some(line))));
            }
            is_empty &= keys & (1 << i) == 0;
            push_part(&mut key, text.unwrap_or_default().as_bytes());
        }
        if is_empty { Err(Misfit::Broken(EventError::NoIdempotencyKey)) } else { Ok(key) }
    }

    /// The element itself, with what the lines above it found.
    fn item_key(&self, found: &Findings<'_>, raw: &RawValue) -> Vec<u8> {
        let mut key = Vec::new();
        for (i, line) in self.lines_of(self.in_body()) {
            let is_shared = !(0..).map_while(|depth| self.step(line, depth)).any(|step| matches!(step, Step::Each));
            if let (true, Some(value)) = (is_shared, found.value(1 << i)) {
                push_part(&mut key, value.as_bytes());
            }
        }
        push_part(&mut key, raw.get().as_bytes());
        key
    }

    fn find_headers<'a>(&self, request: &Request<'_, 'a>, found: &mut Findings<'a>) -> Result<(), Misfit> {
        for (i, line) in self.lines_of(self.in_headers()) {
            let name = self.name(line);
            let value = match request.headers.header(name) {
                Found::Missing => continue,
                Found::Once(value) => std::str::from_utf8(value).ok().filter(|value| !value.is_empty()),
                Found::Repeated => return Err(Misfit::Broken(EventError::DuplicateField { field: name.to_owned() })),
            };
            let wrong = || Misfit::Broken(EventError::WrongType { field: name.to_owned(), expected: "a text" });
            found.values[i] = value.ok_or_else(wrong)?;
        }
        Ok(())
    }

    fn find_in_body<'a>(
        &self,
        body: &'a [u8],
        lines: Mask,
        found: &mut Findings<'a>,
        batch: &mut Option<Batch<'a>>,
    ) -> Result<(), Misfit> {
        if body.starts_with(BYTE_ORDER_MARK) {
            return Err(Misfit::Broken(EventError::ByteOrderMark));
        }
        let whole = self.walk().whole & lines;
        let is_array =
            self.is_batch() && self.lines_of(lines).any(|(_, line)| matches!(self.step(line, 0), Some(Step::Each)));
        if whole == 0 && !is_array {
            if body.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
                // If it is JSON at all, it is not an object.
                return Err(match serde_json::from_slice::<IgnoredAny>(body) {
                    Ok(_) => Misfit::Other(EventError::NotAnObject),
                    Err(error) => Misfit::Broken(malformed(&error)),
                });
            }
            return self.find_in_object(serde_json::Deserializer::from_slice(body), 0, lines, found, batch);
        }
        let raw: &RawValue = serde_json::from_slice(body).map_err(|error| Misfit::Broken(malformed(&error)))?;
        self.take(whole, raw, found);
        self.find_in_value(raw, 0, lines & !whole, found, batch)
    }

    /// The value of these lines.
    fn take<'a>(&self, lines: Mask, raw: &'a RawValue, found: &mut Findings<'a>) {
        for (i, _) in self.lines_of(lines) {
            found.values[i] = raw.get();
        }
        if lines & self.walk().data != 0 {
            found.data = Some(raw);
        }
    }

    /// `lines` all lead through this value, which is `depth` steps into the body.
    fn find_in_value<'a>(
        &self,
        raw: &'a RawValue,
        depth: usize,
        lines: Mask,
        found: &mut Findings<'a>,
        batch: &mut Option<Batch<'a>>,
    ) -> Result<(), Misfit> {
        let mut deeper = 0;
        for (i, line) in self.lines_of(lines) {
            match self.step(line, depth) {
                None => self.take(1 << i, raw, found),
                Some(_) => deeper |= 1 << i,
            }
        }
        let Some((_, line)) = self.lines_of(deeper).next() else { return Ok(()) };
        match self.step(line, depth) {
            Some(Step::Each) => {
                *batch = Some(Batch { array: raw, depth, lines: deeper });
                Ok(())
            }
            Some(Step::Json) => self.find_in_value(raw, depth + 1, deeper, found, batch),
            _ if raw.get().starts_with('{') => {
                self.find_in_object(serde_json::Deserializer::from_str(raw.get()), depth, deeper, found, batch)
            }
            _ if raw.get() == "null" || depth == 0 => Ok(()),
            _ if self.lines_of(deeper).all(|(_, line)| line.place.is_optional) => Ok(()),
            _ => Err(Misfit::Other(EventError::WrongType { field: self.path(line, depth), expected: "an object" })),
        }
    }

    fn find_in_object<'a, R: serde_json::de::Read<'a>>(
        &self,
        mut json: serde_json::Deserializer<R>,
        depth: usize,
        lines: Mask,
        found: &mut Findings<'a>,
        batch: &mut Option<Batch<'a>>,
    ) -> Result<(), Misfit> {
        let mut children = Children { list: Vec::new(), fault: None };
        let visitor = Object { shape: self, depth, lines, found, children: &mut children };
        let read = json.deserialize_map(visitor).and_then(|()| json.end());
        if let Some(fault) = children.fault {
            return Err(Misfit::Broken(fault));
        }
        read.map_err(|error| Misfit::Broken(malformed(&error)))?;
        for (lines, raw) in children.list {
            self.find_in_value(raw, depth + 1, lines, found, batch)?;
        }
        Ok(())
    }

    /// Calls `element` with what was found in each element of the array, and in those of the arrays inside.
    fn each<'a>(
        &self,
        batch: &Batch<'a>,
        shared: &Findings<'a>,
        element: &mut dyn FnMut(Result<(Findings<'a>, &'a RawValue), Misfit>),
    ) -> Result<(), Misfit> {
        let Batch { array, depth, lines } = *batch;
        let elements: Vec<&RawValue> = serde_json::from_str(array.get()).map_err(|_| {
            let line = self.lines_of(lines).next().map(|(_, line)| self.path(line, depth));
            Misfit::Other(EventError::WrongType { field: line.unwrap_or_default(), expected: "an array" })
        })?;
        for raw in elements {
            let (mut found, mut inner) = (shared.clone(), None);
            match self.find_in_value(raw, depth + 1, lines, &mut found, &mut inner) {
                Err(misfit) => element(Err(misfit)),
                Ok(()) => match inner {
                    Some(inner) => self.each(&inner, &found, element)?,
                    None => element(Ok((found, raw))),
                },
            }
        }
        Ok(())
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

    fn event<'a>(&self, mut found: Findings<'a>, is_signed: &dyn Fn(&str) -> bool) -> Result<Event<'a>, Misfit> {
        let walk = self.walk();
        self.check_constants(&found, 0)?;
        let (mut id, mut unsigned_id) = (None, None);
        if let Some(line) = self.line(walk.id) {
            let is_covered = self.is_covered(line, is_signed);
            match self.text_of(&found, walk.id, "a string or a number")? {
                Some(text) if is_covered => id = Some(text),
                Some(text) => unsigned_id = Some(text),
                None if line.place.is_optional || !is_covered => {}
                None => return Err(Misfit::Other(self.missing(Some(line)))),
            }
        }
        let mut event_type = Type::default();
        for (i, line) in self.lines_of(walk.types | walk.fixed) {
            match line.means[0] {
                Meaning::FixedType(text) => event_type.join(Cow::Owned(self.text(text).to_owned()), true),
                _ => match self.text_of(&found, 1 << i, "a string")? {
                    Some(text) => event_type.join(text, self.is_covered(line, is_signed)),
                    None if line.place.is_optional => {}
                    None => return Err(Misfit::Other(self.missing(Some(line)))),
                },
            }
        }
        if let Some(name) = found.unnamed.take() {
            event_type.join(name, true);
        }
        let (mut event_time, mut is_time_signed) = (None, true);
        if let (Some(line), Some(value)) = (self.line(walk.time), found.value(walk.time)) {
            is_time_signed = self.is_covered(line, is_signed);
            for means in line.means {
                if let Meaning::Time(format) = means
                    && event_time.as_ref().is_none_or(|time: &Time<'_>| time.time.is_none())
                {
                    event_time = Some(time::read(format, value));
                }
            }
        }
        let version = self.text_of(&found, walk.version, "a string")?;
        let is_test = self.lines_of(walk.tests).any(|(i, line)| match line.means[0] {
            Meaning::Test(text) => found.value(1 << i).is_some_and(|value| is(value, self.text(text))),
            _ => false,
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
        EventError::MissingField { field: name.unwrap_or("{type}").to_owned() }
    }

    /// The path of a line, up to a depth.
    fn path(&self, line: &Line, depth: usize) -> String {
        let mut path = String::new();
        for step in (0..depth).map_while(|depth| self.step(line, depth)) {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(self.text(name)),
                Step::Field(name) => path.extend([".", self.text(name)]),
                Step::Each => path.push_str("[]"),
                Step::Unnamed | Step::Json => {}
            }
        }
        if path.is_empty() { "the body".to_owned() } else { path }
    }
}

/// One event of a batch.
pub(crate) struct Item<'a> {
    pub(crate) event: Event<'a>,
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

/// What the lines of a shape found.
#[derive(Clone, Default)]
struct Findings<'a> {
    /// The raw JSON or the header's text; empty where nothing was found.
    values: [&'a str; MAX_LINES],
    data: Option<&'a RawValue>,
    /// The name of the first field that no line names, where the shape asks for it.
    unnamed: Option<Cow<'a, str>>,
    further: Vec<Further<'a>>,
}

impl<'a> Findings<'a> {
    /// `null` is as good as missing.
    fn value(&self, line: Mask) -> Option<&'a str> {
        let value = self.values.get(line.trailing_zeros() as usize).copied();
        value.filter(|value| !matches!(*value, "" | "null"))
    }
}

fn is(value: &str, wanted: &str) -> bool {
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

/// An array whose elements are events, and the lines that lead through it.
struct Batch<'a> {
    array: &'a RawValue,
    depth: usize,
    lines: Mask,
}

/// The values of an object through which lines lead.
struct Children<'a> {
    list: Vec<(Mask, &'a RawValue)>,
    /// What is wrong: serde's errors can carry only text.
    fault: Option<EventError>,
}

/// One object: its fields are told apart in one pass.
struct Object<'s, 'f, 'a> {
    shape: &'s EventShape,
    depth: usize,
    lines: Mask,
    found: &'f mut Findings<'a>,
    children: &'f mut Children<'a>,
}

impl<'a> Visitor<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Object { shape, depth, lines, found, children } = self;
        let (walk, mut seen, mut place): (_, Mask, usize) = (shape.walk(), 0, 0);
        let mut unnamed = 0;
        if !shape.is_flat() {
            let is_unnamed = |line: &Line| matches!(shape.step(line, depth), Some(Step::Unnamed));
            let lines = shape.lines_of(lines).filter(|(_, line)| is_unnamed(line));
            unnamed = lines.fold(0, |mask, (i, _)| mask | (1 << i));
        }
        // Where the whole body is the data, or the type is a name, no field is left over. A key needs none of them.
        let keeps_further = depth == 0 && unnamed == 0 && walk.whole == 0 && lines == shape.in_body();
        while let Some(Named { lines, name }) = map.next_key_seed(Name { shape, depth, lines, likely: seen })? {
            let position = place;
            place += 1;
            match lines {
                0 if unnamed != 0 => {
                    let raw: &RawValue = map.next_value()?;
                    if raw.get().starts_with(['{', '[']) {
                        children.list.push((unnamed, raw));
                        (unnamed, found.unnamed) = (0, Some(name));
                    }
                }
                0 if keeps_further => {
                    let value = Cow::Borrowed(map.next_value()?);
                    found.further.push(Further { name, value, place: Some(position) });
                }
                0 => {
                    map.next_value::<IgnoredAny>()?;
                }
                lines if lines & seen != 0 => {
                    map.next_value::<IgnoredAny>()?;
                    let line = shape.lines_of(lines).next().map(|(_, line)| shape.path(line, depth + 1));
                    children.fault = Some(EventError::DuplicateField { field: line.unwrap_or_default() });
                    return Err(de::Error::custom(""));
                }
                lines => {
                    seen |= lines;
                    let raw: &RawValue = map.next_value()?;
                    if depth > 0 || lines & walk.leaves == 0 {
                        children.list.push((lines, raw));
                        continue;
                    }
                    shape.take(lines, raw, found);
                    if keeps_further && lines & walk.further != 0 {
                        found.further.push(Further { name, value: Cow::Borrowed(raw), place: Some(position) });
                    }
                }
            }
        }
        Ok(())
    }
}

/// The name of a field, compared with the steps of the lines that lead here.
struct Name<'s> {
    shape: &'s EventShape,
    depth: usize,
    lines: Mask,
    /// The lines that were found: most senders write their fields in the order of the shape.
    likely: Mask,
}

/// A name, and the lines that lead through its field.
struct Named<'de> {
    lines: Mask,
    name: Cow<'de, str>,
}

impl Name<'_> {
    fn lines(&self, name: &str) -> Mask {
        let Name { shape, depth, lines, likely } = *self;
        let is_step =
            |line: &Line| matches!(shape.step(line, depth), Some(Step::Field(field)) if shape.text(field) == name);
        let next = (Mask::MAX - likely).trailing_zeros();
        let next = 1_u16.checked_shl(next).unwrap_or(0) & lines & shape.walk().leaves;
        if next != 0 && depth == 0 && shape.line(next).is_some_and(is_step) {
            return next;
        }
        let lines = shape.lines_of(lines).filter(|(_, line)| is_step(line));
        lines.fold(0, |mask, (i, _)| mask | (1 << i))
    }
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Named<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Named<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Named<'de>, E> {
        Ok(Named { lines: self.lines(name), name: Cow::Borrowed(name) })
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Named<'de>, E> {
        Ok(Named { lines: self.lines(name), name: Cow::Owned(name.to_owned()) })
    }
}

fn push_part(key: &mut Vec<u8>, part: &[u8]) {
    key.extend((part.len() as u64).to_be_bytes());
    key.extend(part);
}

fn malformed(error: &serde_json::Error) -> EventError {
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
fn text(json: &str) -> Option<Cow<'_, str>> {
    if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Some(Cow::Borrowed(json));
    }
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    match memchr::memchr(b'\\', inner.as_bytes()) {
        None => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(json).ok().map(Cow::Owned),
    }
}
