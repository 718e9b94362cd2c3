use http::{HeaderName, StatusCode};

use super::NOT_ACCEPTED;
use crate::algorithm::Algorithm;

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
    /// The request is for another receiver or from another sender: its topic, audience or the like is not among [those
    /// allowed](crate::provider::Provider::with_allowed).
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
    /// The request is signed with another of the provider's algorithms, for which the verifier has no key: add it, unless
    /// the request is forged.
    #[error("the request has a signature for {algorithm}, and there is no key for that")]
    NoKey {
        /// The algorithm of the signature.
        algorithm: Algorithm,
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
            | VerifyError::NoKey { .. }
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
