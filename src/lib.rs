#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod codec;
mod error;
mod headers;
pub mod provider;
mod scheme;
mod secret;
mod sign;
mod timestamp;
mod verify;

pub use error::{ConfigError, SignError, VerifyError};
pub use headers::Headers;
pub use scheme::Scheme;
pub use secret::{Digest, Keyring, Secret, SecretForm};
pub use sign::Signer;
pub use verify::{Key, Proof, Verification, Verified, Verifier};
