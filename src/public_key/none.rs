//! Without a feature for public keys, there are none: these types have no values, and take no room and no time.

#[path = "signing_key/none.rs"]
mod signing_key;

pub(crate) use signing_key::SigningKey;

use crate::algorithm::{Algorithm, KeyKind};
use crate::error::ConfigError;

#[derive(Clone, PartialEq)]
pub(crate) enum PublicKey {}

pub(crate) const MAX_PUBLIC_KEYS: usize = 64;

impl PublicKey {
    pub(crate) fn read_all(_: &str) -> Result<Vec<PublicKey>, ConfigError> {
        let problem = "needs one of the crate's features `ed25519`, `p256` and `rsa`";
        Err(ConfigError::Invalid { field: "public key", piece: String::new(), problem })
    }

    pub(crate) fn nobodys(algorithm: Algorithm) -> Result<PublicKey, ConfigError> {
        Err(ConfigError::KeyKind { algorithm, has_other: false })
    }

    pub(crate) fn id(&self) -> Option<&str> {
        match *self {}
    }

    pub(crate) fn kind(&self) -> KeyKind {
        match *self {}
    }

    pub(crate) fn verifies(&self, _: Algorithm, _: &[u8], _: &[u8]) -> bool {
        match *self {}
    }
}
