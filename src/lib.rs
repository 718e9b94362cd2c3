#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// Tests may; what users run may not.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::panic_in_result_fn, clippy::unwrap_used))]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod codec;
mod error;
mod headers;
mod mac;
pub mod provider;
mod scheme;
mod secret;
mod sign;
mod timestamp;
mod verify;

pub use error::{ConfigError, SignError, VerifyError};
pub use headers::Headers;
pub use mac::Digest;
pub use scheme::Scheme;
pub use secret::{Keyring, Secret, SecretForm};
pub use sign::Signer;
pub use verify::{Key, Proof, Verification, Verified, Verifier};
