use http::StatusCode;

use super::MISCONFIGURED;

/// An event that cannot be read or written: authentic, perhaps, but not the expected JSON.
///
/// Says which field and where, and of the values only the event's type.
///
/// ```
/// use hookseal::{EventError, EventShape};
///
/// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
/// let read = |body: &'static str| SHAPE.read(body.as_bytes()).unwrap_err().to_string();
/// assert_eq!(read(r#"{"type":"a"}"#), "field `data` is missing in the envelope");
/// assert_eq!(read(r#"{"type":"a","type":"b","data":1}"#), "field `type` occurs twice");
/// assert_eq!(read("[1]"), "the event is not a JSON object");
/// assert_eq!(read(r#"{"type":"#), "the event is not JSON at line 1 column 8");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The body is not JSON in UTF-8.
    #[error("the event is not JSON at line {line} column {column}")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The body begins with a byte order mark, which JSON does not have.
    #[error("the event begins with a byte order mark")]
    ByteOrderMark,
    /// The body is JSON, but not an object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// The envelope lacks a field that the shape names.
    #[error("field `{field}` is missing in the envelope")]
    MissingField {
        /// The field's name.
        field: String,
    },
    /// The data lacks a field of the type that it was to become. The envelope may have a field of that name.
    #[error(
        "field `{field}` is missing in the data of event type {event_type:?}, in the object that ends at line {line} column {column}"
    )]
    MissingData {
        /// The field's name, as your type calls it.
        field: String,
        /// The event's type.
        event_type: String,
        /// Where the object that lacks it ends. Counted as in [`Data`](Self::Data).
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A field occurs twice: two programs could read different values.
    #[error("field `{field}` occurs twice")]
    DuplicateField {
        /// The field's name, if the shape has it.
        field: String,
    },
    /// A field of the envelope is of another type.
    #[error("field `{field}` is not {expected}")]
    WrongType {
        /// The field's name.
        field: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The data does not fit the type that it was to become.
    #[error("the data of event type {event_type:?} does not fit at line {line} column {column}")]
    Data {
        /// The event's type.
        event_type: String,
        /// Counted from 1 in the data.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The body is not JSON, and as a form it lacks a field that the shape names.
    #[error("the body is neither JSON nor a form with the field `{field}`")]
    MissingFormField {
        /// The field's name.
        field: String,
    },
    /// A form is not encoded as forms are, in UTF-8.
    #[error("the form is not correctly encoded")]
    MalformedForm,
    /// A request of this provider contains several events. Ask for [`Webhooks`](crate::receive::Webhooks), or read them with
    /// [`Received::events`](crate::receive::Received::events).
    #[error("the request contains a batch of events")]
    Batch,
    /// The catalogue does not know what this provider's events look like. Read them with a shape of your own.
    #[error("the provider has no event shape")]
    NoShape,
    /// Nothing that the signature covers tells two events of this provider apart. Process them so that it does no harm to
    /// process one twice, or set an [idempotency rule](crate::provider::Provider::with_idempotency_rule) of your own.
    #[error("nothing that is signed tells two events of this provider apart")]
    NoIdempotencyKey,
    /// An event cannot be written in a shape that reads forms.
    #[error("the event shape can only be read")]
    ReadOnly,
    /// The type to read the event into is not an enum in serde's default form, externally tagged.
    #[error("the type to read the event into is not an externally tagged enum")]
    NotAnEnum,
    /// The body would be larger than the provider sends.
    #[error("the body has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// The body's size.
        bytes: usize,
        /// The limit.
        limit: u64,
    },
    /// The event's data cannot be written as JSON, or its time not in the shape's format.
    #[error("the event cannot be written as JSON")]
    Unserializable,
}

impl EventError {
    /// The status to answer with: 400, or 500 where the receiver's own set-up is at fault.
    ///
    /// ```
    /// use hookseal::EventError;
    ///
    /// assert_eq!((EventError::NotAnObject.status(), EventError::NoShape.status()), (400.try_into()?, 500.try_into()?));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn status(&self) -> StatusCode {
        if self.is_of_receiver() { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST }
    }

    /// Whether the receiver's own set-up is at fault.
    pub(crate) fn is_of_receiver(&self) -> bool {
        use EventError::{Batch, NoIdempotencyKey, NoShape, NotAnEnum};
        matches!(self, NoShape | NotAnEnum | Batch | NoIdempotencyKey)
    }

    /// The text to answer with. It depends only on the status.
    ///
    /// ```
    /// assert_eq!(hookseal::EventError::NotAnObject.public_text(), "the webhook's body is not the expected JSON");
    /// ```
    pub fn public_text(&self) -> &'static str {
        match self.status() {
            StatusCode::INTERNAL_SERVER_ERROR => MISCONFIGURED,
            _ => "the webhook's body is not the expected JSON",
        }
    }
}
