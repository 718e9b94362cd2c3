//! An event, written in a shape. The result is the raw body to sign and to send.

use std::borrow::Cow;

use serde::Serialize;

use crate::error::EventError;
use crate::timestamp::TimeFormat;

use super::shape::{EventShape, Field};
use super::{Event, Time};

impl EventShape {
    /// Writes an event as compact JSON, its fields in the shape's order.
    ///
    /// An event that was read keeps the text of its time, its raw data and its additional fields. If the body was compact
    /// JSON in the shape's order, without escapes in the envelope and without a version of `null`, the result is the same
    /// body byte for byte.
    ///
    /// # Errors
    /// [`EventError::MissingField`] if the shape has an id or a time and the event has none, and
    /// [`EventError::Unserializable`].
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
        let mut object = Object { bytes: vec![b'{'], fields: 0 };
        // Fields that were neither received in a position nor named by the shape follow at the end.
        let mut received = event.further.iter().filter(|further| further.place.is_some()).peekable();
        for (name, field) in self.fields() {
            while let Some(further) = received.next_if(|further| further.place <= Some(object.fields)) {
                object.raw(&further.name, further.value.get())?;
            }
            match field {
                Field::Id => object.text(name, event.id().ok_or_else(|| missing(name))?)?,
                Field::Type => object.text(name, event.event_type())?,
                Field::Time(format) => object.time(name, event.time.as_ref().ok_or_else(|| missing(name))?, format)?,
                Field::Version => {
                    if let Some(version) = event.version() {
                        object.text(name, version)?;
                    }
                }
                Field::Data => object.json(name, event.data())?,
                Field::Further => {
                    let further = event.further.iter().find(|further| further.place.is_none() && further.name == name);
                    if let Some(further) = further {
                        object.raw(name, further.value.get())?;
                    }
                }
            }
        }
        for further in received {
            object.raw(&further.name, further.value.get())?;
        }
        let named = |name: &str| self.fields().any(|(known, _)| known == name);
        for further in event.further.iter().filter(|further| further.place.is_none() && !named(&further.name)) {
            object.raw(&further.name, further.value.get())?;
        }
        object.bytes.push(b'}');
        Ok(object.bytes)
    }
}

fn missing(name: &str) -> EventError {
    EventError::MissingField { field: name.to_owned() }
}

struct Object {
    bytes: Vec<u8>,
    fields: usize,
}

impl Object {
    fn json<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EventError> {
        self.name(name)?;
        serde_json::to_writer(&mut self.bytes, value).map_err(|_| EventError::Unserializable)
    }

    fn text(&mut self, name: &str, value: &str) -> Result<(), EventError> {
        self.json(name, value)
    }

    fn raw(&mut self, name: &str, value: &str) -> Result<(), EventError> {
        self.name(name)?;
        self.bytes.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn time(&mut self, name: &str, time: &Time<'_>, format: TimeFormat) -> Result<(), EventError> {
        let text = match &time.received {
            Some((received, text)) if *received == format => Cow::Borrowed(&**text),
            _ => {
                let text = format.write(time.time).ok_or(EventError::Unserializable)?;
                Cow::Owned(String::from_utf8_lossy(text.as_bytes()).into_owned())
            }
        };
        if format == TimeFormat::Rfc3339 { self.text(name, &text) } else { self.raw(name, &text) }
    }

    fn name(&mut self, name: &str) -> Result<(), EventError> {
        if self.fields > 0 {
            self.bytes.push(b',');
        }
        self.fields += 1;
        serde_json::to_writer(&mut self.bytes, name).map_err(|_| EventError::Unserializable)?;
        self.bytes.push(b':');
        Ok(())
    }
}
