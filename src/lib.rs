// Pages whose examples need more dependencies than this package has are files; `crates/doc-tests` compiles them.
#![doc = include_str!("crate.md")]
#![forbid(unsafe_code)]
// Tests may panic; the code that users run may not.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::panic_in_result_fn, clippy::unwrap_used))]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What only an adapter, the cache of keys, the test kit or `diagnose` calls is dead without it. With all of them, nothing may
// be: continuous integration compiles so first.
#![cfg_attr(
    not(all(
        feature = "actix",
        feature = "axum",
        feature = "diagnose",
        feature = "ed25519",
        feature = "key-cache",
        feature = "p256",
        feature = "rsa",
        feature = "testing"
    )),
    allow(dead_code)
)]

#[cfg(feature = "actix")]
pub mod actix;
mod algorithm;
#[cfg(feature = "axum")]
pub mod axum;
mod candidates;
mod codec;
pub mod delivery;
#[cfg(feature = "diagnose")]
pub mod diagnose;
mod error;
mod event;
mod event_type;
mod fields;
mod form;
// Its pages link to items that need features.
#[cfg(doc)]
#[cfg_attr(not(all(feature = "actix", feature = "axum", feature = "testing")), allow(rustdoc::broken_intra_doc_links))]
pub mod guide;
mod handshake;
mod headers;
mod id;
pub mod idempotency;
mod key;
#[cfg(all(feature = "key-cache", any(feature = "ed25519", feature = "p256", feature = "rsa")))]
mod key_cache;
mod keyring;
mod mac;
mod place;
pub mod provider;
#[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
mod public_key;
#[cfg(not(any(feature = "ed25519", feature = "p256", feature = "rsa")))]
#[path = "public_key/none.rs"]
mod public_key;
mod random;
pub mod receive;
#[cfg(feature = "redis")]
pub mod redis;
mod request;
mod scheme;
mod secret;
mod sign;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod timestamp;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg_attr(not(feature = "tracing"), allow(unused, reason = "its macros then do nothing"))]
mod trace;
mod verify;
mod words;

// Crates whose types appear in this crate's functions.
pub use bytes;
pub use http;
pub use serde_json;
pub use time;

pub use algorithm::Algorithm;
pub use error::{Cause, ConfigError, EventError, RandomnessError, SignError, UrlError, VerifyError};
pub use event::{Event, EventShape};
pub use event_type::EventType;
pub use handshake::Handshake;
pub use headers::Headers;
pub use id::{event_id, event_id_from};
pub use key::Key;
#[cfg(all(feature = "key-cache", any(feature = "ed25519", feature = "p256", feature = "rsa")))]
pub use key_cache::KeyCache;
pub use keyring::Keyring;
pub use mac::Digest;
#[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
pub use public_key::PublicKey;
#[cfg(feature = "ed25519")]
pub use public_key::SigningKey;
pub use scheme::{Coverage, Extent, Scheme};
pub use secret::{Secret, SecretForm};
pub use sign::Signer;
pub use verify::{Proof, Verification, Verified, Verifier};
