//! The keys of each algorithm. No other module names ed25519-dalek and ring. An algorithm whose feature is off has no keys.

#[cfg(feature = "ed25519")]
mod ed25519;
#[cfg(feature = "p256")]
mod p256;
#[cfg(any(feature = "p256", feature = "rsa"))]
mod ring;
#[cfg(feature = "rsa")]
mod rsa;

use crate::algorithm::Algorithm;
use crate::error::ConfigError;

#[cfg(feature = "ed25519")]
pub(super) use self::ed25519::{Ed25519, Pair};
#[cfg(feature = "p256")]
pub(super) use self::p256::P256;
#[cfg(feature = "rsa")]
pub(super) use self::rsa::Rsa;

/// Defines an algorithm without values, in the place of one whose feature is off.
#[cfg(not(all(feature = "ed25519", feature = "p256", feature = "rsa")))]
macro_rules! absent {
    ($name:ident, $($part:ident),+: $problem:literal) => {
        pub(super) enum $name {}

        impl $name {
            pub(super) fn read($($part: &[u8]),+) -> Result<$name, &'static str> {
                let _ = ($($part),+);
                Err($problem)
            }

            pub(super) fn nobodys(algorithm: Algorithm) -> Result<$name, ConfigError> {
                Err(ConfigError::KeyKind { algorithm, has_other: false })
            }

            pub(super) fn verifies(&self, _: Algorithm, _: &[u8], _: &[u8]) -> bool {
                match *self {}
            }

            pub(super) fn bytes(&self) -> &[u8] {
                match *self {}
            }
        }
    };
}

#[cfg(not(feature = "ed25519"))]
absent!(Ed25519, _point: "is one of Ed25519, which needs the crate's feature `ed25519`");
#[cfg(not(feature = "p256"))]
absent!(P256, _point: "is one of P-256, which needs the crate's feature `p256`");
#[cfg(not(feature = "rsa"))]
absent!(Rsa, _modulus, _exponent: "is one of RSA, which needs the crate's feature `rsa`");
