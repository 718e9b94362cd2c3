//! Without a feature for public keys, there are none: these types have no values, and take no room and no time.

use crate::algorithm::{Algorithm, KeyKind};
use crate::error::ConfigError;

#[derive(Clone)]
pub(crate) enum PublicKey {}

#[derive(Clone)]
pub(crate) enum SigningKey {}

pub(crate) const MAX_PUBLIC_KEYS: usize = 64;

impl PublicKey {
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

impl SigningKey {
    pub(crate) fn sign(&self, _: &[u8]) -> [u8; 64] {
        match *self {}
    }
}
