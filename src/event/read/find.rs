//! What the lines of a shape find in a request, in one pass over each object that they lead through.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::EventError;
use crate::event::Further;
use crate::event::shape::{EventShape, Line, MAX_LINES, Mask};
use crate::headers::Found;
use crate::place::Step;
use crate::request::Request;

use super::{Misfit, malformed};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl EventShape {
    pub(super) fn find_headers<'a>(&self, request: &Request<'_, 'a>, found: &mut Findings<'a>) -> Result<(), Misfit> {
        for (i, line) in self.lines_of(self.in_headers()) {
            let name = self.name(line);
            let value = match request.headers.header(name) {
                Found::Missing => continue,
                Found::Once(value) => std::str::from_utf8(value).ok().filter(|value| !value.is_empty()),
                Found::Repeated => return Err(Misfit::Broken(EventError::DuplicateField { field: name.to_owned() })),
            };
            match value {
                Some(value) => found.values[i] = value,
                None if self.is_only_time(i) => {}
                None => {
                    let wrong = EventError::WrongType { field: name.to_owned(), expected: "a text" };
                    return Err(Misfit::Broken(wrong));
                }
            }
        }
        Ok(())
    }

    pub(super) fn find_in_body<'a>(
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

    /// Whether nothing but the time is read here. No event is lost over a time that cannot be read.
    fn is_only_time(&self, line: usize) -> bool {
        (self.walk().time & !self.walk().keys) & (1 << line) != 0
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
            _ if self.lines_of(deeper).all(|(i, line)| line.place.is_optional || self.is_only_time(i)) => Ok(()),
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
    pub(super) fn each<'a>(
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

/// What the lines of a shape found.
#[derive(Clone, Default)]
pub(super) struct Findings<'a> {
    /// The raw JSON or the header's text; empty where nothing was found.
    pub(super) values: [&'a str; MAX_LINES],
    pub(super) data: Option<&'a RawValue>,
    /// The name of the first field that no line names, where the shape asks for it.
    pub(super) unnamed: Option<Cow<'a, str>>,
    pub(super) further: Vec<Further<'a>>,
}

impl<'a> Findings<'a> {
    /// `null` is as good as missing.
    pub(super) fn value(&self, line: Mask) -> Option<&'a str> {
        let value = self.values.get(line.trailing_zeros() as usize).copied();
        value.filter(|value| !matches!(*value, "" | "null"))
    }
}

/// An array whose elements are events, and the lines that lead through it.
pub(super) struct Batch<'a> {
    array: &'a RawValue,
    depth: usize,
    pub(super) lines: Mask,
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
        // Where the whole body is the data, or the type is a name, no field is left over. A key needs none of them. In both
        // the first and the last case, `lines` are not all.
        let keeps_further = depth == 0 && unnamed == 0 && lines == shape.in_body();
        // What the shape does not name beside the events of a batch is not theirs: each would have a copy of it.
        let keeps_unnamed = keeps_further && !shape.is_batch();
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
                0 if keeps_unnamed => {
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
                    if lines & walk.leaves == 0 {
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
        if shape.line(next).is_some_and(is_step) {
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
