//! Errors by audience: who configures, who signs, who verifies, who reads. None of them ever holds a secret, a body or a signature.

use http::{HeaderName, StatusCode};

/// What a sender learns of a mistake in the receiver's set-up.
pub(crate) const MISCONFIGURED: &str = "the receiver is misconfigured";

/// What a sender learns of a signature, a time or a tenant that is refused.
pub(crate) const NOT_ACCEPTED: &str = "the webhook's signature was not accepted";

/// A scheme, a secret or a set of keys that cannot be used. Found when it is built or loaded, never per request.
///
/// ```
/// use hookseal::{ConfigError, Scheme, Secret};
///
/// let error = Scheme::try_new("X-Acme-Signature: sha256={hexx}", "{body}").unwrap_err();
/// assert_eq!(error.to_string(), "headers: `{hexx}` is not a placeholder of a header");
/// assert_eq!(Secret::new("").unwrap_err(), ConfigError::EmptySecret);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A scheme, an event shape, a filter, a provider or a policy breaks a rule.
    #[error("{field}: {}{problem}", quoted(piece))]
    Invalid {
        /// The field, as it is called in a file: `headers`, `covers`, `event`, `events`, `retry_policy` and so on.
        field: &'static str,
        /// The offending part of it.
        piece: String,
        /// What is wrong with that part.
        problem: &'static str,
    },
    /// The secret has no bytes. An unset variable must not become the key that everybody knows.
    #[error("the secret is empty")]
    EmptySecret,
    /// White space stands before or after the secret: most likely a line end from a file.
    #[error("the secret begins or ends with white space")]
    UntrimmedSecret,
    /// The key behind the secret has fewer than 16 bytes. [`Secret::allow_short`](crate::Secret::allow_short) admits it.
    #[error("the secret's key has {bytes} bytes, fewer than 16")]
    ShortSecret {
        /// The key's length.
        bytes: usize,
    },
    /// The secret is not written in the form that the scheme asks for.
    #[error("the secret is not {form}")]
    MalformedSecret {
        /// The form in words, for example "hex".
        form: &'static str,
    },
    /// The secret is 64 or more hex digits, and the scheme asks for base64, which would read them as another key: no event
    /// would ever verify. If the key really is what base64 makes of them, decode it yourself and use
    /// [`Secret::from_bytes`](crate::Secret::from_bytes), which also takes a key decoded from hex.
    #[error("the secret looks like hex, and the scheme expects {form}; a decoded key can be given as bytes")]
    HexSecret {
        /// The form that the scheme asks for, in words.
        form: &'static str,
    },
    /// More than eight keys: every unauthenticated request costs one hash per key.
    #[error("{count} keys are more than 8")]
    TooManyKeys {
        /// How many there were.
        count: usize,
    },
    /// The operating system gave no randomness for a new secret.
    #[error("the operating system gave no randomness")]
    NoRandomness,
}

/// The offending part, if it has any text.
fn quoted(piece: &str) -> String {
    if piece.is_empty() { String::new() } else { format!("`{piece}` ") }
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
    /// The id could not be sent, or would make the signed content ambiguous.
    #[error("the id {problem}")]
    InvalidId {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The scheme signs a header that the request does not have, has twice, or that makes the content ambiguous.
    #[error("header `{header}` {problem}")]
    Header {
        /// The header that the scheme's `covers` names.
        header: HeaderName,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The time lies before 1970 (1973 where a scheme reads both units) or after the year 9999.
    #[error("the time is too early or too late for the scheme's timestamp")]
    TimeOutOfRange,
    /// The address is not a URI.
    #[error("the address is not a URI")]
    InvalidUri,
    /// The request has more than 4096 header names, so there may be no room for the signature's.
    #[error("the request has {count} headers, more than 4096")]
    TooManyHeaders {
        /// How many names there were.
        count: usize,
    },
}

/// A request that is not authentic, or cannot be told to be.
///
/// The variants are for your logs. Whoever sent the request learns [`status`](Self::status) and
/// [`public_text`](Self::public_text), which are the same for all reasons of one kind.
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
        /// The first name under which it could have come.
        header: HeaderName,
    },
    /// A header that must stand once stands several times, equal or not: two readers could pick different ones.
    #[error("header `{header}` occurs more than once")]
    RepeatedHeader {
        /// The header.
        header: HeaderName,
    },
    /// Headers of two naming families came together, for example `svix-id` and `webhook-signature`.
    #[error("headers `{one}` and `{other}` do not belong together")]
    MixedHeaders {
        /// A header of one family.
        one: HeaderName,
        /// A header of the other.
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
    /// More than 4 KiB of signature headers.
    #[error("header `{header}` brings the signatures over 4096 bytes")]
    HeaderTooLong {
        /// The header.
        header: HeaderName,
    },
    /// More than 16 well-formed signatures.
    #[error("header `{header}` brings the signatures to more than 16")]
    TooManySignatures {
        /// The header.
        header: HeaderName,
    },
    /// The timestamp lies too far in the past: a late retry, a wrong clock, or a replay.
    #[error("the timestamp is {seconds} s older than allowed")]
    TooOld {
        /// How far outside the window, rounded up.
        seconds: u64,
    },
    /// The timestamp lies too far in the future.
    #[error("the timestamp is {seconds} s further ahead than allowed")]
    TooNew {
        /// How far outside the window, rounded up.
        seconds: u64,
    },
    /// No signature fits: a changed request, another secret, or a forgery.
    #[error("no signature matches: a changed request, another secret, or not the raw body")]
    NoMatch,
}

impl VerifyError {
    /// The status to answer with: 401 where the signature or the time is refused, 400 where the headers cannot be read.
    ///
    /// ```
    /// assert_eq!(hookseal::VerifyError::NoMatch.status(), 401);
    /// ```
    pub fn status(&self) -> StatusCode {
        match self {
            VerifyError::TooOld { .. } | VerifyError::TooNew { .. } | VerifyError::NoMatch => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The text to answer with: constant for each status, so that a forger learns nothing from it.
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

/// An event that cannot be read or written: authentic, perhaps, but not the promised JSON.
///
/// Says which field and where, and never what stands there.
///
/// ```
/// use hookseal::{EventError, EventShape};
///
/// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
/// let read = |body: &'static str| SHAPE.read(body.as_bytes()).unwrap_err().to_string();
/// assert_eq!(read(r#"{"type":"a"}"#), "field `data` is missing");
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
    /// The body is JSON, but no object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// A field is missing.
    #[error("field `{field}` is missing")]
    MissingField {
        /// The field's name.
        field: String,
    },
    /// A field stands twice, so that two readers could read different values.
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
    #[error("the data does not fit its type at line {line} column {column}")]
    Data {
        /// Counted from 1 in the text that was parsed: the data, or with [`EventShape::read_as`](crate::EventShape::read_as) the whole body.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The catalogue does not know what this provider's events look like. Read them with a shape of your own.
    #[error("the provider has no event shape")]
    NoShape,
    /// The type that the event should become is no enum in serde's default form, externally tagged.
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
        match self {
            EventError::NoShape | EventError::NotAnEnum => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The text to answer with: constant for each status.
    ///
    /// ```
    /// assert_eq!(hookseal::EventError::NotAnObject.public_text(), "the webhook's body is not the promised JSON");
    /// ```
    pub fn public_text(&self) -> &'static str {
        match self.status() {
            StatusCode::INTERNAL_SERVER_ERROR => MISCONFIGURED,
            _ => "the webhook's body is not the promised JSON",
        }
    }
}

/// The URL of an endpoint, or an address behind it, that must not be called.
///
/// Met when an endpoint is registered and, for addresses, before each attempt. Names the rule and never what the URL
/// says, so that no user name or token gets into a log.
///
/// ```
/// use hookseal::{EndpointUrl, UrlError};
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
    /// Another scheme, no scheme, or nothing behind it.
    #[error("the URL does not begin with `https://` and a host")]
    Scheme,
    /// A user name or a password, most likely there to make a host look like another.
    #[error("the URL has a user name")]
    UserInfo,
    /// A fragment, which no server ever sees.
    #[error("the URL has a fragment")]
    Fragment,
    /// The port is no number from 1 to 65535, or has leading zeros.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// The policy names ports, and this is none of them.
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
    /// The host's name is reserved, so that public DNS does not have it.
    #[error("the host's name is not public: {name}")]
    NameNotPublic {
        /// The reserved name that it is or lies under, or `a single label`.
        name: &'static str,
    },
    /// The host is an IP address, and the policy wants names.
    #[error("the host is an IP address, not a name")]
    AddressLiteral,
    /// The host is, or resolves to, an address that not everybody on the internet reaches alike.
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
