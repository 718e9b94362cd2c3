//! Keys of Ed25519.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{Algorithm, ConfigError};

pub(in crate::public_key) struct Ed25519(VerifyingKey);

impl Ed25519 {
    pub(in crate::public_key) fn read(point: &[u8]) -> Result<Ed25519, &'static str> {
        match <&[u8; 32]>::try_from(point).ok().and_then(|point| VerifyingKey::from_bytes(point).ok()) {
            Some(key) if key.is_weak() => Err("has small order, so that anybody could sign for it"),
            Some(key) => Ok(Ed25519(key)),
            None => Err("is no point of the curve of Ed25519"),
        }
    }

    pub(in crate::public_key) fn nobodys(_: Algorithm) -> Result<Ed25519, ConfigError> {
        let mut seed = Zeroizing::new([0; 32]);
        crate::random::fill(seed.as_mut_slice()).map_err(ConfigError::NoRandomness)?;
        Ok(Pair::from_seed(&seed).public())
    }

    pub(in crate::public_key) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        algorithm == Algorithm::Ed25519
            && Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }

    pub(in crate::public_key) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A private key with its public one. It wipes itself.
#[derive(Clone)]
pub(in crate::public_key) struct Pair(SigningKey);

impl Pair {
    pub(in crate::public_key) fn from_seed(seed: &[u8; 32]) -> Pair {
        Pair(SigningKey::from_bytes(seed))
    }

    /// `[seed | public key]`. `None` if they do not belong together.
    pub(in crate::public_key) fn from_both(both: &[u8; 64]) -> Option<Pair> {
        SigningKey::from_keypair_bytes(both).ok().map(Pair)
    }

    pub(in crate::public_key) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    pub(in crate::public_key) fn public(&self) -> Ed25519 {
        Ed25519(self.0.verifying_key())
    }

    pub(in crate::public_key) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}
