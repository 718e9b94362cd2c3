mod form;
mod read;
mod shape;
mod time;
mod typed;
mod write;

use std::borrow::Cow;
use std::fmt;

use ::time::OffsetDateTime;
use serde::Serialize;
use serde::de::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::EventError;

use self::time::Time;
pub(crate) use form::{is_form, unfold};
pub(crate) use read::{Item, Misfit};
pub use shape::EventShape;

/// A webhook event: id, type, time, API version, data, and any additional fields.
///
/// An [`EventShape`] reads every provider's envelope into this one type, and writes it in any provider's form. The event
/// borrows from the body where the JSON allows it. Unless you read it into a type, `data` stays raw JSON: its numbers,
/// escapes and order of keys are unchanged.
///
/// ```
/// use hookseal::{Event, EventShape};
///
/// const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}");
///
/// #[derive(serde::Deserialize)]
/// struct Payment { amount: u32 }
///
/// let body = br#"{"id":"evt_1","type":"payment.settled","created_at":"2026-05-07T14:32:09Z","data":{"amount":7}}"#;
/// let event = SHAPE.read(body)?;
/// match event.event_type() {
///     "payment.settled" => assert_eq!(event.data_as::<Payment>()?.amount, 7),
///     _ => {} // an unknown type is not an error: acknowledge it
/// }
/// # Ok::<(), hookseal::EventError>(())
/// ```
#[derive(Clone)]
pub struct Event<'a, T = &'a RawValue> {
    id: Option<Cow<'a, str>>,
    unsigned_id: Option<Cow<'a, str>>,
    event_type: Cow<'a, str>,
    /// Where a joined type can be cut: the lengths of its shorter forms, ascending, and 0 for none.
    stems: [u16; STEMS],
    is_type_signed: bool,
    time: Option<Time<'a>>,
    is_time_signed: bool,
    version: Option<Cow<'a, str>>,
    is_test: bool,
    data: T,
    further: Vec<Further<'a>>,
}

/// A type is joined from at most three parts.
const STEMS: usize = 2;

/// A top-level field to which the shape gives no meaning.
#[derive(Clone)]
struct Further<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, RawValue>,
    /// The number of fields before it, if it was received.
    place: Option<usize>,
}

impl<T> Event<'static, T> {
    /// A new event of this type, for a sender.
    ///
    /// ```
    /// use hookseal::Event;
    /// use serde_json::json;
    ///
    /// let event = Event::new("invoice.paid", json!({"amount": 7})).with_id("evt_1");
    /// assert_eq!(event.event_type(), "invoice.paid");
    /// ```
    pub fn new(event_type: impl Into<String>, data: T) -> Event<'static, T> {
        Event {
            id: None,
            unsigned_id: None,
            event_type: Cow::Owned(event_type.into()),
            stems: [0; STEMS],
            is_type_signed: true,
            time: None,
            is_time_signed: true,
            version: None,
            is_test: false,
            data,
            further: Vec::new(),
        }
    }
}

impl<'a, T> Event<'a, T> {
    /// Sets the id, which stays the same for every attempt to deliver the event. [`event_id`](crate::event_id) makes one.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("a", ()).with_id("evt_1").id(), Some("evt_1"));
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(Cow::Owned(id.into()));
        self
    }

    /// Sets when it happened.
    ///
    /// ```
    /// use time::OffsetDateTime;
    ///
    /// let event = hookseal::Event::new("a", ()).with_time(OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(event.time(), Some(OffsetDateTime::UNIX_EPOCH));
    /// ```
    #[must_use]
    pub fn with_time(mut self, time: OffsetDateTime) -> Self {
        self.time = Some(Time { time: Some(time), received: None });
        self
    }

    /// Sets the version of the API that the data follows.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("a", ()).with_version("v1").version(), Some("v1"));
    /// ```
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(Cow::Owned(version.into()));
        self
    }

    /// Adds another top-level field, or replaces its value. It is written where the shape names it, otherwise at the end.
    ///
    /// # Errors
    /// [`EventError::Unserializable`].
    ///
    /// ```
    /// let event = hookseal::Event::new("call.completed", ()).with_field("webhook_id", "wh_1a2b3c4d5e")?;
    /// assert_eq!(event.field("webhook_id").map(|value| value.get()), Some("\"wh_1a2b3c4d5e\""));
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn with_field(mut self, name: impl Into<String>, value: impl Serialize) -> Result<Self, EventError> {
        let value = to_raw_value(&value).map_err(|_| EventError::Unserializable)?;
        let (name, value) = (name.into(), Cow::Owned(value));
        match self.further.iter_mut().find(|further| further.name == name) {
            Some(further) => further.value = value,
            None => self.further.push(Further { name: Cow::Owned(name), value, place: None }),
        }
        Ok(self)
    }

    /// The event's id, if it has one that the signature covers.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    /// assert_eq!(SHAPE.read(br#"{"id":"evt_1","type":"a","data":{}}"#)?.id(), Some("evt_1"));
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The event's id in a place that the signature does not cover, such as GitHub's `X-GitHub-Delivery`: for logs. Anyone
    /// who replays the request can change it, so never deduplicate by it.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// # let body = br#"{"action":"opened"}"#;
    /// # let mut headers = provider::GITHUB.signer(secret.clone())?.sign("72d3162e", body)?;
    /// # headers.insert("x-github-event", "pull_request".parse()?);
    /// # let verifier = provider::GITHUB.verifier(secret)?;
    /// let verified = verifier.verify(&headers, body)?;
    /// let event = provider::GITHUB.event(&verified)?;
    /// assert_eq!((event.id(), event.unsigned_id()), (None, Some("72d3162e")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsigned_id(&self) -> Option<&str> {
        self.unsigned_id.as_deref()
    }

    /// The type of the event. Expect types that you do not know, and acknowledge them.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("call.ended", ()).event_type(), "call.ended");
    /// ```
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// Whether the signature covers the type. If it does not, as with GitHub and Shopify, whose type is in a header, anyone
    /// who replays the request can present its data as that of another type.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// # let body = br#"{"zen":"Speak like a human."}"#;
    /// # let mut headers = provider::GITHUB.signer(secret.clone())?.sign("72d3162e", body)?;
    /// # headers.insert("x-github-event", "ping".parse()?);
    /// # let verifier = provider::GITHUB.verifier(secret)?;
    /// let verified = verifier.verify(&headers, body)?;
    /// assert!(!provider::GITHUB.event(&verified)?.is_type_signed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_type_signed(&self) -> bool {
        self.is_type_signed
    }

    /// Whether the signature covers the [time](Self::time).
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\nat: {timestamp}\ndata: {data}");
    /// assert!(SHAPE.read(br#"{"type":"a","at":1763729000,"data":{}}"#)?.is_time_signed());
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn is_time_signed(&self) -> bool {
        self.is_time_signed
    }

    /// Whether the shape says that this is a test, with a line such as `test_mode: {test:true}`.
    /// [`Provider::is_test`](crate::provider::Provider::is_test) also knows the tests that an id marks.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\nlivemode: {test:false}\ndata: {data}");
    /// assert!(SHAPE.read(br#"{"type":"a","livemode":false,"data":{}}"#)?.is_test());
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn is_test(&self) -> bool {
        self.is_test
    }

    /// When it happened, if the envelope contains a time that can be read.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("a", ()).time(), None);
    /// ```
    pub fn time(&self) -> Option<OffsetDateTime> {
        self.time.as_ref()?.time
    }

    /// The received text of the time. `OffsetDateTime` does not keep the form of the offset or trailing zeros.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\nat: {timestamp:rfc3339}\ndata: {data}");
    /// let event = SHAPE.read(br#"{"type":"a","at":"2026-05-07T14:32:09.500+00:00","data":1}"#)?;
    /// assert_eq!(event.time_text(), Some("2026-05-07T14:32:09.500+00:00"));
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn time_text(&self) -> Option<&str> {
        self.time.as_ref()?.received.as_ref().map(|received| &*received.text)
    }

    /// The version of the API that the data follows, if the envelope contains one.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("a", ()).version(), None);
    /// ```
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The data.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("a", 7).data(), &7);
    /// ```
    pub fn data(&self) -> &T {
        &self.data
    }

    /// Converts the event into its data.
    ///
    /// ```
    /// assert_eq!(hookseal::Event::new("a", 7).into_data(), 7);
    /// ```
    pub fn into_data(self) -> T {
        self.data
    }

    /// Copies what the event borrows, so that it can outlive the body.
    ///
    /// ```
    /// use hookseal::{Event, EventShape};
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
    /// let body = br#"{"type":"a","data":7}"#.to_vec();
    /// let event: Event<'static, u32> = SHAPE.read_as(&body)?.into_owned();
    /// drop(body);
    /// assert_eq!((event.event_type(), event.data()), ("a", &7));
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn into_owned(self) -> Event<'static, T> {
        let text = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        let further = self.further.into_iter().map(|Further { name, value, place }| Further {
            name: text(name),
            value: Cow::Owned(value.into_owned()),
            place,
        });
        Event {
            id: self.id.map(text),
            unsigned_id: self.unsigned_id.map(text),
            event_type: text(self.event_type),
            stems: self.stems,
            is_type_signed: self.is_type_signed,
            time: self.time.map(Time::into_owned),
            is_time_signed: self.is_time_signed,
            version: self.version.map(text),
            is_test: self.is_test,
            data: self.data,
            further: further.collect(),
        }
    }

    /// Sets an id that the signature covers.
    pub(crate) fn with_borrowed_id(mut self, id: &'a str) -> Self {
        self.id = Some(Cow::Borrowed(id));
        self
    }

    fn with_data<D>(self, data: D) -> Event<'a, D> {
        Event {
            id: self.id,
            unsigned_id: self.unsigned_id,
            event_type: self.event_type,
            stems: self.stems,
            is_type_signed: self.is_type_signed,
            time: self.time,
            is_time_signed: self.is_time_signed,
            version: self.version,
            is_test: self.is_test,
            data,
            further: self.further,
        }
    }

    /// The raw JSON of another top-level field.
    ///
    /// ```
    /// assert!(hookseal::Event::new("a", ()).field("livemode").is_none());
    /// ```
    pub fn field(&self, name: &str) -> Option<&RawValue> {
        self.further.iter().find(|further| further.name == name).map(|further| &*further.value)
    }

    /// The top-level fields to which the shape gives no meaning, with their raw JSON, in the order in which they were
    /// received or added. An event of a batch has only those that the shape names: others belong to the whole batch.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
    /// let event = SHAPE.read(br#"{"livemode":true,"type":"a","data":{},"account":"acct_1"}"#)?;
    /// let fields: Vec<_> = event.fields().map(|(name, value)| (name, value.get())).collect();
    /// assert_eq!(fields, [("livemode", "true"), ("account", "\"acct_1\"")]);
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &RawValue)> {
        self.further.iter().map(|further| (&*further.name, &*further.value))
    }
}

impl<'a> Event<'a> {
    /// Parses the data, once its type is known from [`event_type`](Self::event_type).
    ///
    /// # Errors
    /// [`EventError::MissingData`] says which field is missing, [`EventError::Data`] where the data does not fit, and neither
    /// says a value.
    ///
    /// ```
    /// use hookseal::{EventError, EventShape};
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
    /// let event = SHAPE.read(br#"{"type":"a","data":[1,"two"]}"#)?;
    /// let error = event.data_as::<Vec<u8>>().unwrap_err();
    /// assert_eq!(error.to_string(), r#"the data of event type "a" does not fit at line 1 column 8"#);
    /// # Ok::<(), EventError>(())
    /// ```
    pub fn data_as<T: Deserialize<'a>>(&self) -> Result<T, EventError> {
        serde_json::from_str(self.data.get()).map_err(|error| read::data_error(&error, &self.event_type))
    }
}

/// The fields of an object, in order.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Ordered;

        impl<'de> serde::de::Visitor<'de> for Ordered {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Ordered)
    }
}

impl<T> fmt::Debug for Event<'_, T> {
    /// Leaves out the data, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("time", &self.time())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
