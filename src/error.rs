//! One error type per audience: configuring, signing, verifying and reading. None of them contains a secret, a body or a
//! signature.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::{HeaderName, StatusCode};

use crate::algorithm::Algorithm;
use crate::key::Key;

/// The text that a sender gets when the receiver is set up incorrectly.
pub(crate) const MISCONFIGURED: &str = "the receiver is misconfigured";

/// The text that a sender gets when the signature, the timestamp or the tenant is refused.
pub(crate) const NOT_ACCEPTED: &str = "the webhook's signature was not accepted";

/// The underlying error of another library, or of your own code, that one of this crate's errors keeps.
///
/// It dereferences to that error, for `to_string` and `downcast_ref`. Two causes are equal if they have the same text, so
/// that errors can be compared in tests.
///
/// ```
/// use std::io::{Error, ErrorKind};
///
/// use hookseal::receive::Rejection;
///
/// let rejection = Rejection::unavailable(Error::from(ErrorKind::ConnectionRefused));
/// let Rejection::Unavailable { reason, .. } = &rejection else { unreachable!() };
/// assert_eq!(reason.downcast_ref::<Error>().map(Error::kind), Some(ErrorKind::ConnectionRefused));
/// assert_eq!(rejection.clone(), rejection);
/// ```
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub(crate) fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Cause {
        Cause(error.into().into())
    }
}

impl Deref for Cause {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Cause) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Cause {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A scheme, secret, keyring or policy that cannot be used. Returned when it is built or loaded, never per request.
///
/// ```
/// use hookseal::{ConfigError, Scheme, Secret};
///
/// let error = Scheme::try_new("X-Acme-Signature: sha256={hexx}", "{body}").unwrap_err();
/// assert!(error.to_string().starts_with("headers: `{hexx}` is not a placeholder of a header; those are `{hex}`"));
/// assert_eq!(Secret::new("").unwrap_err(), ConfigError::EmptySecret);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A scheme, an event shape, a filter, a provider or a policy breaks a rule.
    #[error("{field}: {}{problem}", quoted(piece))]
    Invalid {
        /// The field's name in a file: `headers`, `covers`, `event`, `retry` and so on.
        field: &'static str,
        /// The part of it that is wrong.
        piece: String,
        /// What is wrong with that part.
        problem: &'static str,
    },
    /// The secret is empty. An environment variable that is not set must not become a key that everyone knows.
    #[error("the secret is empty")]
    EmptySecret,
    /// The secret begins or ends with white space: most likely the line break at the end of a file.
    #[error("the secret begins or ends with white space")]
    UntrimmedSecret,
    /// A verify token has fewer than 16 bytes. [`Secret::allow_short`](crate::Secret::allow_short) permits it.
    #[error("the verify token has {bytes} bytes, fewer than 16")]
    ShortVerifyToken {
        /// The token's length; 0 if it is not a text.
        bytes: usize,
    },
    /// A secret's key has fewer than 16 bytes. [`Secret::allow_short`](crate::Secret::allow_short) permits it.
    #[error("the key of {} has {bytes} bytes, fewer than 16", secret(*key))]
    ShortSecret {
        /// Which secret of the keyring.
        key: Key,
        /// The key's length.
        bytes: usize,
    },
    /// A secret is not written in the form that the scheme asks for.
    #[error("{} is not {form}", secret(*key))]
    MalformedSecret {
        /// Which secret of the keyring.
        key: Key,
        /// The form in words, for example "hex".
        form: &'static str,
    },
    /// A secret is 64 or more hex digits, and the scheme asks for base64, which would read them as another key: no event
    /// would ever verify. If the key really is what base64 makes of them, decode it yourself and use
    /// [`Secret::from_bytes`](crate::Secret::from_bytes), which also takes a key decoded from hex.
    #[error("{} looks like hex, and the scheme expects {form}; a decoded key can be given as bytes", secret(*key))]
    HexSecret {
        /// Which secret of the keyring.
        key: Key,
        /// The form that the scheme asks for, in words.
        form: &'static str,
    },
    /// A keyring contains one secret twice. Most likely one of them was meant to be replaced: a rotation that changes
    /// nothing leaves a stolen secret in use.
    #[error("{} is the same as {}", secret(*key), secret(*earlier))]
    RepeatedSecret {
        /// The later one.
        key: Key,
        /// The earlier one.
        earlier: Key,
    },
    /// The keyring has no key that the provider's schemes can use, or has one that none of them can.
    #[error("the scheme's algorithm is {algorithm}, and the keyring has {}", if *has_other { "a key of another kind" } else { "no key for it" })]
    KeyKind {
        /// That of the first scheme.
        algorithm: Algorithm,
        /// Whether there is a key that no scheme can use.
        has_other: bool,
    },
    /// The scheme compares a value, such as a topic or an audience, with those that the receiver allows, and there are none.
    #[error("the scheme compares a value with those that are allowed: set them with `Provider::with_allowed`")]
    NothingAllowed,
    /// The scheme signs the public URL of the endpoint, which no header can be trusted to say.
    #[error("the scheme covers the endpoint's URL: set it with `Provider::with_public_url`")]
    NoPublicUrl,
    /// A keyring without a key.
    #[error("the keyring has no key")]
    NoKeys,
    /// More than eight keys. An unauthenticated request costs one hash per key, which is why there is a limit.
    #[error("{count} keys are more than 8")]
    TooManyKeys {
        /// The number of keys.
        count: usize,
    },
    /// The operating system provided no randomness for a new secret.
    #[error(transparent)]
    NoRandomness(RandomnessError),
}

/// One secret of a keyring, in words.
fn secret(key: Key) -> String {
    match key {
        Key::Current => "the current secret".to_owned(),
        Key::Previous(n) => format!("previous secret {n}"),
    }
}

/// The part that is wrong, in quotes, if it is not empty.
fn quoted(piece: &str) -> String {
    if piece.is_empty() { String::new() } else { format!("`{piece}` ") }
}

/// The operating system provided no randomness for an id, a token or a secret. The source is the system's own error.
///
/// On the systems that servers run on this happens early in the boot, if ever.
///
/// ```
/// use hookseal::{RandomnessError, event_id};
///
/// fn new_id() -> Result<String, RandomnessError> {
///     event_id("evt_")
/// }
/// assert!(new_id()?.starts_with("evt_"));
/// # Ok::<(), RandomnessError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system provided no randomness")]
pub struct RandomnessError {
    source: getrandom::Error,
}

impl RandomnessError {
    pub(crate) fn new(source: getrandom::Error) -> RandomnessError {
        RandomnessError { source }
    }
}

/// A request that cannot be signed.
///
/// ```
/// use hookseal::{Secret, SignError, provider};
///
/// let signer = provider::STANDARD_WEBHOOKS.signer(Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?)?;
/// let error = signer.sign("an id with blanks", b"{}").unwrap_err();
/// assert_eq!(error, SignError::InvalidId { problem: "is not visible ASCII" });
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The id cannot be sent in a header, or would make the signed content ambiguous.
    #[error("the id {problem}")]
    InvalidId {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The scheme signs a header that is missing, occurs twice, or would make the signed content ambiguous.
    #[error("header `{header}` {problem}")]
    Header {
        /// The header, as named in the scheme's `covers`.
        header: HeaderName,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The time is before 1970 or after the year 9999. Some schemes accept no time before 1973 (those that read seconds
    /// and milliseconds) or before 2001-09-09 (those that need a time with a fixed number of digits, or one that can be
    /// recognized after an id).
    #[error("the time is too early or too late for the scheme's timestamp")]
    TimeOutOfRange,
    /// The request lacks something that the scheme signs: a query parameter, a field of the body, another method.
    #[error("the request cannot be signed: {problem}")]
    Unfit {
        /// What is missing or wrong.
        problem: String,
    },
    /// The address is not a URI.
    #[error("the address is not a URI")]
    InvalidUri {
        /// The error of the `http` crate.
        source: Cause,
    },
    /// The operating system provides no randomness for a challenge.
    #[error(transparent)]
    NoRandomness(RandomnessError),
    /// The request has more than 4096 header names, so there may be no room for the signature's.
    #[error("the request has {count} headers, more than 4096")]
    TooManyHeaders {
        /// How many names there were.
        count: usize,
    },
}

impl SignError {
    pub(crate) fn invalid_uri(error: impl Into<http::Error>) -> SignError {
        SignError::InvalidUri { source: Cause::new(error.into()) }
    }
}

/// A request that is not authentic, or whose authenticity cannot be established.
///
/// The variants are for your logs. Tell the sender only [`status`](Self::status) and [`public_text`](Self::public_text),
/// which do not depend on the exact reason.
///
/// ```
/// use hookseal::{Secret, VerifyError, provider};
///
/// let verifier = provider::GITHUB.verifier(Secret::new("It's a Secret to Everybody")?)?;
/// let received = [("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")];
/// let error = verifier.verify(&received, b"Hello, Mallory!").unwrap_err();
/// assert_eq!(error, VerifyError::NoMatch);
/// assert_eq!((error.status().as_u16(), error.public_text()), (401, "the webhook's signature was not accepted"));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header that the scheme needs is absent.
    #[error("header `{header}` is missing")]
    MissingHeader {
        /// Its first name, if the scheme has several names for it.
        header: HeaderName,
    },
    /// A header that must occur once occurs several times, whether or not the values are equal: two programs could read
    /// different ones.
    #[error("header `{header}` occurs more than once")]
    RepeatedHeader {
        /// The header.
        header: HeaderName,
    },
    /// The request mixes two sets of header names, for example `svix-id` and `webhook-signature`.
    #[error("headers `{one}` and `{other}` do not belong together")]
    MixedHeaders {
        /// A header of one set.
        one: HeaderName,
        /// A header of the other set.
        other: HeaderName,
    },
    /// A header does not have the form that the scheme describes.
    #[error("header `{header}` {problem}")]
    MalformedHeader {
        /// The header.
        header: HeaderName,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A query parameter or a field of the body that the scheme needs is absent.
    #[error("`{place}` is missing")]
    Missing {
        /// The place as the scheme writes it: `?name`, `&name`, or the path of a JSON field.
        place: String,
    },
    /// A query parameter or a field of the body occurs several times.
    #[error("`{place}` occurs more than once")]
    Repeated {
        /// The place as the scheme writes it.
        place: String,
    },
    /// A part of the request other than a header does not have the form that the scheme describes.
    #[error("`{place}` {problem}")]
    Malformed {
        /// The place as the scheme writes it, or what it is.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The request is for somebody else, or from another sender: a topic, an audience or the like that is not among
    /// [those allowed](crate::provider::Provider::with_allowed).
    #[error("`{place}` is not one of those that are allowed")]
    NotAllowed {
        /// The place as the scheme writes it.
        place: String,
    },
    /// The request names a key that is not among those of the verifier: the provider has a new one, or the request is forged.
    /// Fetch the provider's keys, at most once in a while.
    #[error("no key has the id that the request names")]
    UnknownKey {
        /// The id, at most 512 visible ASCII characters of the sender's choice.
        id: String,
    },
    /// The scheme covers the method, the URL or the query, and only headers and body are there to verify. Use
    /// [`verify_request`](crate::Verifier::verify_request), or
    /// [`begin_request`](crate::receive::Receiver::begin_request).
    #[error("the scheme covers more than headers and body, so the whole request is needed")]
    NoRequestLine,
    /// More than 4 KiB of signature headers.
    #[error("the signature headers up to `{header}` have more than 4096 bytes")]
    HeaderTooLong {
        /// The header.
        header: HeaderName,
    },
    /// More than 16 well-formed signatures.
    #[error("the signature headers up to `{header}` contain more than 16 signatures")]
    TooManySignatures {
        /// The header.
        header: HeaderName,
    },
    /// The timestamp is too old: a late retry, a wrong clock, or a replay attack.
    #[error("the timestamp is {seconds} s old, which is more than allowed")]
    TooOld {
        /// The difference from the clock, rounded up. For a token that has expired, how long ago.
        seconds: u64,
    },
    /// The timestamp is too far in the future: most likely a wrong clock.
    #[error("the timestamp is {seconds} s ahead of the clock, which is more than allowed")]
    TooNew {
        /// The difference from the clock, rounded up.
        seconds: u64,
    },
    /// The timestamp would be too far in the future in seconds, and is a recent time in milliseconds.
    #[error("the timestamp looks like milliseconds, and the scheme expects seconds")]
    InMilliseconds,
    /// The signature header is absent, and that of another provider, or of another family of Standard Webhooks, is there.
    #[error(
        "header `{header}` is missing, but `{found}` is there: another provider sent this, or the scheme has other names"
    )]
    OtherHeaders {
        /// The one that the scheme needs.
        header: HeaderName,
        /// The one that is there.
        found: HeaderName,
    },
    /// No signature matches, and the body is empty: most likely, something read it before.
    #[error("no signature matches, and the body is empty: something may have read it before")]
    EmptyBody,
    /// No signature matches, and the current secret does not look like one of this scheme.
    #[error("no signature matches, and the secret {problem}")]
    UnlikelySecret {
        /// What its public prefix shows.
        problem: &'static str,
    },
    /// No signature matches: the body was changed, the secret is another one, or the request is forged.
    #[error(
        "no signature matches: the request was changed, the secret is another one, or the body is not the raw body"
    )]
    NoMatch,
}

impl VerifyError {
    /// The status to answer with: 401 if the signature or the timestamp is refused, 400 if the headers cannot be read.
    ///
    /// ```
    /// assert_eq!(hookseal::VerifyError::NoMatch.status(), 401);
    /// ```
    pub fn status(&self) -> StatusCode {
        match self {
            VerifyError::TooOld { .. }
            | VerifyError::TooNew { .. }
            | VerifyError::InMilliseconds
            | VerifyError::EmptyBody
            | VerifyError::UnlikelySecret { .. }
            | VerifyError::UnknownKey { .. }
            | VerifyError::NotAllowed { .. }
            | VerifyError::NoMatch => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The text to answer with. It depends only on the status, so an attacker learns nothing from it.
    ///
    /// ```
    /// use hookseal::VerifyError;
    ///
    /// let stale = VerifyError::TooOld { seconds: 7 };
    /// assert_eq!(stale.public_text(), VerifyError::NoMatch.public_text());
    /// ```
    pub fn public_text(&self) -> &'static str {
        if self.status() == StatusCode::UNAUTHORIZED {
            NOT_ACCEPTED
        } else {
            "the webhook's headers are missing or malformed"
        }
    }
}

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

/// An endpoint's URL, or an address that its host resolves to, that must not be called.
///
/// Returned when an endpoint is registered and, for addresses, before each attempt. It names the rule and never quotes the
/// URL, so that no user name or token gets into a log.
///
/// ```
/// use hookseal::UrlError;
/// use hookseal::delivery::EndpointUrl;
///
/// let error = |url| EndpointUrl::parse(url).unwrap_err();
/// assert_eq!(error("https://user:secret@hooks.customer.com/"), UrlError::UserInfo);
/// assert_eq!(error("https://127.0.0.1/").to_string(), "the address is not public: loopback, RFC 1122");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// More than 2048 bytes.
    #[error("the URL has {bytes} bytes, more than 2048")]
    TooLong {
        /// The URL's length.
        bytes: usize,
    },
    /// White space, a control character, `\`, or another character that a URL must percent-encode.
    #[error("the URL has a character that must be percent-encoded")]
    Character,
    /// Another scheme, no scheme, or nothing after it.
    #[error("the URL does not begin with `https://` and a host")]
    Scheme,
    /// A user name or a password, most likely there to make a host look like another.
    #[error("the URL has a user name")]
    UserInfo,
    /// A fragment, which no server ever sees.
    #[error("the URL has a fragment")]
    Fragment,
    /// The port is not a number from 1 to 65535, or has leading zeros.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// The port is not one of those that the policy names or, if it names none, serves another protocol.
    #[error("port {port} is not allowed")]
    PortNotAllowed {
        /// The port, given or implied.
        port: u16,
    },
    /// The host is neither a host name nor a canonical IP address.
    #[error("the host {problem}")]
    Host {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Public DNS does not have the host's name: it is reserved, or private networks use it.
    #[error("the host's name is not public: {name}")]
    NameNotPublic {
        /// The reserved name that it is or lies under, or `a single label`.
        name: &'static str,
    },
    /// The host is an IP address, and the policy wants names.
    #[error("the host is an IP address, not a name")]
    AddressLiteral,
    /// The host is, or resolves to, an address that is not globally reachable.
    #[error("the address is not public: {range}")]
    AddressNotPublic {
        /// The range and its source, for example `loopback, RFC 1122`.
        range: &'static str,
    },
    /// The host is, or resolves to, an address that the policy denies.
    #[error("the address is denied by the policy")]
    AddressDenied,
    /// The host resolves to no address at all.
    #[error("the host has no address")]
    NoAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_randomness_keeps_the_systems_reason() {
        let system = getrandom::Error::UNEXPECTED;
        let error = RandomnessError::new(system);
        for error in [&error as &dyn Error, &ConfigError::NoRandomness(error)] {
            assert_eq!(error.to_string(), "the operating system provided no randomness");
            assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&system));
        }
    }
}
