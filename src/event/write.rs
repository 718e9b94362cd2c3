//! An event, written in a shape. The result is the raw body to sign and to send, and the headers beside it.

mod type_parts;

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::error::EventError;
use crate::place::Step;

use super::shape::{EventShape, Format, Line, Meaning};
use super::time::{self, Time};
use super::{Event, Fields, Further, read};
use type_parts::UNNAMED;

impl EventShape {
    /// Writes an event as compact JSON, its fields in the shape's order.
    ///
    /// An event that was read keeps the text of its time, its raw data and its additional fields. If all lines name fields
    /// at the top level, and the body was compact JSON in the shape's order, without escapes in the envelope and without a
    /// version of `null`, the result is the same body byte for byte.
    ///
    /// In a shape whose data is the whole body, the data must be an object. The event's id, type, time and version are
    /// written into it, unless it says the same already, as a string or as a number. A field inside others is set by its
    /// path: `with_field("entry[].id", "1")`.
    ///
    /// # Errors
    /// [`EventError::MissingField`] if the shape has an id or a time and the event has none, or if a part of
    /// the type is missing, [`EventError::WrongType`] for another type than the shape's fixed one and where the data has another
    /// value on the way to a field, [`EventError::DuplicateField`] where the data has that field twice, [`EventError::ReadOnly`]
    /// for a shape that reads forms, and [`EventError::Unserializable`].
    ///
    /// ```
    /// use hookseal::{Event, EventShape};
    /// use serde_json::json;
    ///
    /// const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    /// let body = SHAPE.write(&Event::new("user.joined", json!({"id": 7})).with_id("evt_1"))?;
    /// assert_eq!(body, br#"{"id":"evt_1","type":"user.joined","data":{"id":7}}"#);
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn write<T: Serialize>(&self, event: &Event<'_, T>) -> Result<Vec<u8>, EventError> {
        if self.is_flat() { self.write_flat(event) } else { self.write_tree(event) }
    }

    /// The headers of a request with this event, in a shape that has any.
    ///
    /// # Errors
    /// [`EventError::MissingField`], [`EventError::WrongType`] for another type than the shape's fixed one, and
    /// [`EventError::Unserializable`] for a text that a header cannot contain.
    ///
    /// ```
    /// use hookseal::{Event, EventShape};
    ///
    /// const SHAPE: EventShape = EventShape::new("X-Acme-Event: {type}\n\n{data}");
    /// let headers = SHAPE.headers(&Event::new("order.paid", ()))?;
    /// assert_eq!(headers["x-acme-event"], "order.paid");
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn headers<T>(&self, event: &Event<'_, T>) -> Result<HeaderMap, EventError> {
        let mut headers = HeaderMap::new();
        let parts = self.type_parts(event)?;
        for (i, line) in self.header_lines() {
            let name = self.name(line);
            let value = match line.means[0] {
                Meaning::Type => parts.of(i).map(Cow::Borrowed),
                Meaning::Id => event.id().or(event.unsigned_id()).map(Cow::Borrowed),
                Meaning::Version => event.version().map(Cow::Borrowed),
                Meaning::Time(format) => {
                    event.time.as_ref().map(|time| text(time, format)).transpose()?.map(|(text, _)| text)
                }
                Meaning::Constant(text) => Some(Cow::Borrowed(self.text(text))),
                // A field of that name, if it is a string.
                Meaning::Key | Meaning::Test(_) => {
                    event.field(name).and_then(|json| serde_json::from_str(json.get()).ok()).map(Cow::Owned)
                }
                _ => None,
            };
            match value {
                Some(value) => {
                    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| EventError::Unserializable)?;
                    let value = HeaderValue::from_str(&value).map_err(|_| EventError::Unserializable)?;
                    headers.insert(name, value);
                }
                None if line.place.is_optional || matches!(line.means[0], Meaning::Test(_)) => {}
                None => return Err(missing(name)),
            }
        }
        Ok(headers)
    }

    fn write_flat<T: Serialize>(&self, event: &Event<'_, T>) -> Result<Vec<u8>, EventError> {
        let mut object = Object { bytes: vec![b'{'], fields: 0 };
        let parts = self.type_parts(event)?;
        // Fields that were neither received in a position nor named by the shape follow at the end.
        let is_kept = |further: &&Further<'_>| further.place.is_some() && !self.replaces(further);
        let mut received = event.further.iter().filter(is_kept).peekable();
        for (i, line) in self.body_lines() {
            while let Some(further) = received.next_if(|further| further.place <= Some(object.fields)) {
                object.raw(&further.name, further.value.get())?;
            }
            // Written in the position in which it was received.
            if event.further.iter().any(|further| further.name == self.name(line) && is_kept(&further)) {
                continue;
            }
            if let Some(value) = self.value(event, line, parts.of(i))? {
                object.raw(self.name(line), &value)?;
            }
        }
        for further in received {
            object.raw(&further.name, further.value.get())?;
        }
        for further in event.further.iter().filter(|further| further.place.is_none() && !self.names(further)) {
            object.raw(&further.name, further.value.get())?;
        }
        object.bytes.push(b'}');
        Ok(object.bytes)
    }

    fn write_tree<T: Serialize>(&self, event: &Event<'_, T>) -> Result<Vec<u8>, EventError> {
        let mut steps = self.body_lines().flat_map(|(_, line)| (0..).map_while(|depth| self.step(line, depth)));
        if self.is_form() || steps.any(|step| matches!(step, Step::Json)) {
            return Err(EventError::ReadOnly);
        }
        let data = serde_json::to_string(event.data()).map_err(|_| EventError::Unserializable)?;
        let parts = self.type_parts(event)?;
        let mut root = Node::Object(Vec::new());
        // The data first: other lines may name fields inside it.
        for (_, line) in self.body_lines().filter(|(_, line)| line.has(Meaning::Data)) {
            if !parts.unnamed.is_empty() {
                self.check_unnamed(parts.unnamed, &data)?;
            }
            match (line.place.is_whole(), Node::from_json(&data)) {
                (true, node @ Node::Object(_)) => root = node,
                (true, _) => return Err(EventError::NotAnObject),
                (false, node) => root.set(self, parts.unnamed, line, 0, node)?,
            }
        }
        for (i, line) in self.body_lines().filter(|(_, line)| !line.has(Meaning::Data)) {
            if let Some(value) = self.value(event, line, parts.of(i))? {
                root.set(self, parts.unnamed, line, 0, Node::Raw(value))?;
            }
        }
        for further in &event.further {
            if let Node::Object(fields) = &mut root
                && !self.names(further)
                && !fields.iter().any(|(name, _)| *name == further.name)
            {
                fields.push((further.name.clone().into_owned(), Node::Raw(further.value.get().to_owned())));
            }
        }
        let mut body = Vec::new();
        root.write(&mut body)?;
        Ok(body)
    }

    /// The JSON of one line.
    fn value<T: Serialize>(
        &self,
        event: &Event<'_, T>,
        line: &Line,
        type_part: Option<&str>,
    ) -> Result<Option<String>, EventError> {
        let json = |text: &str| serde_json::to_string(text).map_err(|_| EventError::Unserializable);
        let name = self.name(line);
        let value = match line.means[0] {
            Meaning::Id => event.id().or(event.unsigned_id()).map(json).transpose()?,
            Meaning::Type => type_part.map(json).transpose()?,
            Meaning::Time(format) => match &event.time {
                Some(time) => {
                    let (text, is_string) = text(time, format)?;
                    Some(if is_string { json(&text)? } else { text.into_owned() })
                }
                None => None,
            },
            Meaning::Version => return event.version().map(json).transpose(),
            Meaning::Data => Some(serde_json::to_string(event.data()).map_err(|_| EventError::Unserializable)?),
            Meaning::Key if !line.place.is_optional && !event.further.iter().any(|further| further.name == name) => {
                event.id().map(json).transpose()?
            }
            Meaning::Constant(_) | Meaning::Nothing | Meaning::Key | Meaning::Test(_) | Meaning::FixedType(_) => {
                let further = event.further.iter().find(|further| further.name == name && !self.replaces(further));
                return match (further, line.means[0]) {
                    (Some(further), _) => Ok(Some(further.value.get().to_owned())),
                    (None, Meaning::Constant(text)) => {
                        let text = self.text(text);
                        let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
                        Ok(Some(if is_json { text.to_owned() } else { json(text)? }))
                    }
                    (None, _) => Ok(None),
                };
            }
        };
        match value {
            None if !line.place.is_optional => Err(missing(name)),
            value => Ok(value),
        }
    }

    /// Whether the field is written where a line says. One that was received in the body is not of the headers.
    fn names(&self, further: &Further<'_>) -> bool {
        let is_its = |(_, line): (usize, &Line)| self.name(line) == further.name;
        self.body_lines().any(is_its) || further.place.is_none() && self.header_lines().any(is_its)
    }

    /// A field that is named by the type is found as the first object or array that no line names.
    fn check_unnamed(&self, name: &str, data: &str) -> Result<(), EventError> {
        let is_named = |(_, line): (usize, &Line)| matches!(self.step(line, 0), Some(Step::Field(field)) if self.text(field) == name);
        if self.body_lines().any(is_named) {
            let (field, expected) = (UNNAMED.to_owned(), "a name that no line has");
            return Err(EventError::WrongType { field, expected });
        }
        if data.starts_with(['{', '[']) { Ok(()) } else { Err(EventError::NotAnObject) }
    }

    /// Whether a field that was received in another shape has a meaning here, so that the line writes its own value.
    fn replaces(&self, further: &Further<'_>) -> bool {
        let line = self.body_lines().find(|(_, line)| self.name(line) == further.name);
        let is_received = further.place.is_some();
        is_received
            && line.is_some_and(|(_, line)| match line.means[0] {
                Meaning::Constant(text) => !read::is(further.value.get(), self.text(text)),
                Meaning::Nothing | Meaning::Key | Meaning::Test(_) => false,
                _ => true,
            })
    }

    fn body_lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines_of(self.in_body())
    }

    fn header_lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines_of(self.in_headers())
    }
}

fn missing(name: &str) -> EventError {
    EventError::MissingField { field: name.to_owned() }
}

/// The text of a time, and whether it is a string in JSON.
fn text<'t>(time: &'t Time<'_>, format: Format) -> Result<(Cow<'t, str>, bool), EventError> {
    match (&time.received, time.time) {
        (Some(received), _) if received.format == format => Ok((Cow::Borrowed(&*received.text), received.is_string)),
        (_, Some(moment)) => {
            let text = time::write(format, moment).ok_or(EventError::Unserializable)?;
            let is_string = matches!(format, Format::Rfc3339 | Format::Iso8601);
            Ok((Cow::Owned(String::from_utf8_lossy(text.as_bytes()).into_owned()), is_string))
        }
        (_, None) => Err(EventError::Unserializable),
    }
}

struct Object {
    bytes: Vec<u8>,
    fields: usize,
}

impl Object {
    fn raw(&mut self, name: &str, value: &str) -> Result<(), EventError> {
        if self.fields > 0 {
            self.bytes.push(b',');
        }
        self.fields += 1;
        serde_json::to_writer(&mut self.bytes, name).map_err(|_| EventError::Unserializable)?;
        self.bytes.push(b':');
        self.bytes.extend_from_slice(value.as_bytes());
        Ok(())
    }
}

/// A body under construction, with its fields in order and its numbers as they were written.
enum Node {
    Raw(String),
    Object(Vec<(String, Node)>),
    Array(Box<Node>),
}

impl Node {
    /// An object with its fields, or any other value as it is.
    fn from_json(text: &str) -> Node {
        match serde_json::from_str::<Fields>(text) {
            Ok(Fields(fields)) => Node::Object(
                fields.into_iter().map(|(name, value)| (name, Node::Raw(value.get().to_owned()))).collect(),
            ),
            Err(_) => Node::Raw(text.to_owned()),
        }
    }

    /// Whether it is the same text, as a string or as a number.
    fn says(&self, other: &Node) -> bool {
        let (Node::Raw(one), Node::Raw(other)) = (self, other) else { return false };
        read::text(one).is_some_and(|text| read::text(other) == Some(text))
    }

    /// Puts a value in the place of a line. What only tells events apart, and is not the time, stays if there is something.
    fn set(
        &mut self,
        shape: &EventShape,
        unnamed: &str,
        line: &Line,
        depth: usize,
        value: Node,
    ) -> Result<(), EventError> {
        let Some(step) = shape.step(line, depth) else { return Ok(()) };
        if let Node::Raw(text) = self {
            // When it is read, `null` is as good as missing.
            *self = if text == "null" { Node::Object(Vec::new()) } else { Node::from_json(text) };
        }
        let is_new = matches!(self, Node::Object(fields) if fields.is_empty());
        if matches!(step, Step::Each) && is_new {
            *self = Node::Array(Box::new(Node::Object(Vec::new())));
        }
        let is_last = shape.step(line, depth + 1).is_none();
        match (step, self) {
            (Step::Each, Node::Array(element)) if is_last => **element = value,
            (Step::Each, Node::Array(element)) => element.set(shape, unnamed, line, depth + 1, value)?,
            (Step::Field(_) | Step::Unnamed, Node::Object(fields)) => {
                let name = if let Step::Field(name) = step { shape.text(name) } else { unnamed };
                if fields.iter().filter(|(field, _)| field == name).count() > 1 {
                    return Err(EventError::DuplicateField { field: shape.name(line).to_owned() });
                }
                match fields.iter_mut().find(|(field, _)| field == name) {
                    Some(_) if is_last && line.means[0] == Meaning::Key => {}
                    // A number in the data stays one: an event has its id and type as texts, and a shape its constants. Fields
                    // without a meaning are written as they were set.
                    Some((_, old))
                        if is_last
                            && !matches!(line.means[0], Meaning::Nothing | Meaning::Test(_))
                            && old.says(&value) => {}
                    Some((_, old)) if is_last => *old = value,
                    Some((_, child)) => child.set(shape, unnamed, line, depth + 1, value)?,
                    None if is_last => fields.push((name.to_owned(), value)),
                    None => {
                        let mut child = Node::Object(Vec::new());
                        child.set(shape, unnamed, line, depth + 1, value)?;
                        fields.push((name.to_owned(), child));
                    }
                }
            }
            // The data has something else there.
            _ => return Err(EventError::WrongType { field: shape.name(line).to_owned(), expected: "in an object" }),
        }
        Ok(())
    }

    fn write(&self, body: &mut Vec<u8>) -> Result<(), EventError> {
        match self {
            Node::Raw(value) => body.extend_from_slice(value.as_bytes()),
            Node::Array(element) => {
                body.push(b'[');
                element.write(body)?;
                body.push(b']');
            }
            Node::Object(fields) => {
                body.push(b'{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    if place > 0 {
                        body.push(b',');
                    }
                    serde_json::to_writer(&mut *body, name).map_err(|_| EventError::Unserializable)?;
                    body.push(b':');
                    value.write(body)?;
                }
                body.push(b'}');
            }
        }
        Ok(())
    }
}
