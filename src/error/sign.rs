use http::HeaderName;

use super::{Cause, RandomnessError};

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
    /// The request lacks something that the scheme signs: a query parameter, a field of the body, another method. Or it has so
    /// many headers that a list of them would be longer than a verifier reads.
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
