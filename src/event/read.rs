//! An event, read through a shape in one pass.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::error::EventError;
use crate::timestamp::{TimeFormat, Timestamp};

use super::shape::{EventShape, Field};
use super::{Event, Further, Time};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl EventShape {
    /// Reads an event and leaves its data raw. Match on the type, then call [`Event::data_as`].
    ///
    /// `body` is the body of a verified request. Five to seven times cheaper than parsing into a `serde_json::Value`.
    ///
    /// # Errors
    /// [`EventError`] says which field of the envelope is missing or wrong, and never its value.
    ///
    /// ```
    /// use hookseal::{EventError, EventShape};
    ///
    /// const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    /// let error = SHAPE.read(br#"{"id":7,"type":"a","data":{}}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "field `id` is not a string");
    /// ```
    pub fn read<'a>(&self, body: &'a [u8]) -> Result<Event<'a>, EventError> {
        self.read_as(body)
    }

    /// Reads an event and its data in one pass, if the type of the data is known.
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
        self.parse(body).map_err(|failure| match failure {
            Failure::Envelope(error) => error,
            // The type may stand after the data that does not fit.
            Failure::Data(error) => match self.parse::<&RawValue>(body) {
                Ok(event) => data_error(&error, event.event_type()),
                Err(Failure::Envelope(error)) => error,
                Err(Failure::Data(_)) => data_error(&error, ""),
            },
        })
    }

    fn parse<'a, T: Deserialize<'a>>(&self, body: &'a [u8]) -> Result<Event<'a, T>, Failure> {
        let mut fault = None;
        let event = read_object(body, EventSeed { shape: self, fault: &mut fault, data: PhantomData });
        event.map_err(|failure| fault.map_or(failure, Failure::Envelope))
    }

    /// Reads only the id: an event whose other fields do not fit the shape is still the same event.
    pub(crate) fn read_id<'a>(&self, body: &'a [u8]) -> Result<Cow<'a, str>, EventError> {
        let id = self.fields().find(|(_, field)| *field == Field::Id);
        let (name, _) = id.ok_or_else(|| EventError::MissingField { field: "id".to_owned() })?;
        let mut fault = None;
        let id = read_object(body, IdSeed { name, fault: &mut fault });
        id.map_err(|failure| match failure {
            Failure::Envelope(error) => fault.unwrap_or(error),
            Failure::Data(error) => fault.unwrap_or_else(|| data_error(&error, "")),
        })
    }
}

/// Why a body is no event.
enum Failure {
    Envelope(EventError),
    /// What the type of the data says.
    Data(serde_json::Error),
}

fn read_object<'de, S: DeserializeSeed<'de>>(body: &'de [u8], seed: S) -> Result<S::Value, Failure> {
    if body.starts_with(BYTE_ORDER_MARK) {
        return Err(Failure::Envelope(EventError::ByteOrderMark));
    }
    if body.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        // If it is JSON at all, it is not an object.
        return Err(Failure::Envelope(match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => EventError::NotAnObject,
            Err(error) => malformed(&error),
        }));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let object = seed.deserialize(&mut json).and_then(|object| json.end().map(|()| object));
    object.map_err(|error| match error.classify() {
        Category::Data => Failure::Data(error),
        _ => Failure::Envelope(malformed(&error)),
    })
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

struct EventSeed<'s, T> {
    shape: &'s EventShape,
    /// What is wrong with the envelope: serde's errors can carry only text.
    fault: &'s mut Option<EventError>,
    data: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for EventSeed<'_, T> {
    type Value = Event<'de, T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Event<'de, T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for EventSeed<'_, T> {
    type Value = Event<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event<'de, T>, A::Error> {
        let EventSeed { shape, fault, .. } = self;
        let (mut id, mut event_type, mut time, mut version, mut data) = (None, None, None, None, None);
        let mut further: Vec<Further<'de>> = Vec::new();
        let mut place = 0;
        while let Some(key) = map.next_key_seed(Key { shape })? {
            let (name, field) = match key {
                Named::Known(name, field) => (name, field),
                Named::Unknown(name) => {
                    further.push(Further { name, value: Cow::Borrowed(map.next_value()?), place: Some(place) });
                    place += 1;
                    continue;
                }
            };
            place += 1;
            let taken = match field {
                Field::Id => id.is_some(),
                Field::Type => event_type.is_some(),
                Field::Time(_) => time.is_some(),
                Field::Version => version.is_some(),
                Field::Data => data.is_some(),
                Field::Further => false,
            };
            if taken {
                map.next_value::<IgnoredAny>()?;
                return Err(set(fault, EventError::DuplicateField { field: name.to_owned() }));
            }
            match field {
                Field::Id => id = Some(string(name, map.next_value()?, fault)?),
                Field::Type => event_type = Some(string(name, map.next_value()?, fault)?),
                Field::Version => version = Some(optional_string(name, map.next_value()?, fault)?),
                Field::Time(format) => time = Some(read_time(name, map.next_value()?, format, fault)?),
                Field::Data => data = Some(map.next_value()?),
                Field::Further => {
                    let (name, value) = (Cow::Owned(name.to_owned()), Cow::Borrowed(map.next_value()?));
                    further.push(Further { name, value, place: Some(place - 1) });
                }
            }
        }
        check_repeats(&further, fault)?;
        let mut missing = |wanted: Field| {
            let name = shape.fields().find(|(_, field)| *field == wanted).map(|(name, _)| name.to_owned());
            set(fault, EventError::MissingField { field: name.unwrap_or_default() })
        };
        if let (None, true) = (&id, shape.fields().any(|(_, field)| field == Field::Id)) {
            return Err(missing(Field::Id));
        }
        if let (None, Some((_, format))) = (&time, shape.fields().find(|(_, f)| matches!(f, Field::Time(_)))) {
            return Err(missing(format));
        }
        let Some(event_type) = event_type else { return Err(missing(Field::Type)) };
        let Some(data) = data else { return Err(missing(Field::Data)) };
        Ok(Event { id, event_type, time, version: version.flatten(), data, further })
    }
}

struct IdSeed<'s> {
    name: &'s str,
    fault: &'s mut Option<EventError>,
}

impl<'de> DeserializeSeed<'de> for IdSeed<'_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for IdSeed<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cow<'de, str>, A::Error> {
        let IdSeed { name, fault } = self;
        let mut id = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match (key == name, &id) {
                (false, _) => {
                    map.next_value::<IgnoredAny>()?;
                }
                (true, None) => id = Some(string(name, map.next_value()?, fault)?),
                (true, Some(_)) => return Err(set(fault, EventError::DuplicateField { field: name.to_owned() })),
            }
        }
        id.ok_or_else(|| set(fault, EventError::MissingField { field: name.to_owned() }))
    }
}

fn set<E: de::Error>(fault: &mut Option<EventError>, error: EventError) -> E {
    *fault = Some(error);
    E::custom("")
}

/// Two fields with the same name: programs would disagree about which one to use.
fn check_repeats<E: de::Error>(further: &[Further<'_>], fault: &mut Option<EventError>) -> Result<(), E> {
    if further.len() < 2 {
        return Ok(());
    }
    let mut names: Vec<&str> = further.iter().map(|further| &*further.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(set(fault, EventError::DuplicateField { field: "(an additional one)".to_owned() }));
    }
    Ok(())
}

fn string<'de, E: de::Error>(
    name: &str,
    raw: &'de RawValue,
    fault: &mut Option<EventError>,
) -> Result<Cow<'de, str>, E> {
    text(raw).ok_or_else(|| set(fault, EventError::WrongType { field: name.to_owned(), expected: "a string" }))
}

fn optional_string<'de, E: de::Error>(
    name: &str,
    raw: &'de RawValue,
    fault: &mut Option<EventError>,
) -> Result<Option<Cow<'de, str>>, E> {
    if raw.get() == "null" { Ok(None) } else { string(name, raw, fault).map(Some) }
}

fn read_time<'de, E: de::Error>(
    name: &str,
    raw: &'de RawValue,
    format: TimeFormat,
    fault: &mut Option<EventError>,
) -> Result<Time<'de>, E> {
    let (text, expected) = match format {
        TimeFormat::Rfc3339 => (text(raw), "a time in RFC 3339"),
        _ => (Some(Cow::Borrowed(raw.get())), "a unix time"),
    };
    let time = text.as_ref().and_then(|text| format.read(text.as_bytes())).and_then(Timestamp::time);
    match (text, time) {
        (Some(text), Some(time)) => Ok(Time { time, received: Some((format, text)) }),
        _ => Err(set(fault, EventError::WrongType { field: name.to_owned(), expected })),
    }
}

/// The text of a JSON string, borrowed if it has no escapes.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    match memchr::memchr(b'\\', inner.as_bytes()) {
        None => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(raw.get()).ok().map(Cow::Owned),
    }
}

/// A key, compared with the shape's names.
struct Key<'s> {
    shape: &'s EventShape,
}

enum Named<'s, 'de> {
    Known(&'s str, Field),
    Unknown(Cow<'de, str>),
}

impl<'s> Key<'s> {
    fn known<'de>(&self, key: &str) -> Option<Named<'s, 'de>> {
        self.shape.fields().find(|(name, _)| *name == key).map(|(name, field)| Named::Known(name, field))
    }
}

impl<'s, 'de> DeserializeSeed<'de> for Key<'s> {
    type Value = Named<'s, 'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Named<'s, 'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'s, 'de> Visitor<'de> for Key<'s> {
    type Value = Named<'s, 'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Named<'s, 'de>, E> {
        Ok(self.known(key).unwrap_or(Named::Unknown(Cow::Borrowed(key))))
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Named<'s, 'de>, E> {
        Ok(self.known(key).unwrap_or_else(|| Named::Unknown(Cow::Owned(key.to_owned()))))
    }
}
