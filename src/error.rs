//! One error type per audience: configuring, signing, verifying and reading. None of them contains a secret, a body or a
//! signature.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

pub use config::ConfigError;
pub use event::EventError;
pub use sign::SignError;
pub use url::UrlError;
pub use verify::VerifyError;

mod config;
mod event;
mod sign;
mod url;
mod verify;

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
