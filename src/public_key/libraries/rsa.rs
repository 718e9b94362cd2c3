//! Keys of RSA.

use super::ring::verifies;
use super::{Algorithm, ConfigError};
use crate::public_key::der;

/// `RSAPublicKey` of PKCS #1.
pub(in crate::public_key) struct Rsa(Vec<u8>);

impl Rsa {
    pub(in crate::public_key) fn read(modulus: &[u8], exponent: &[u8]) -> Result<Rsa, &'static str> {
        let (modulus, exponent) = (der::without_zeros(modulus), der::without_zeros(exponent));
        let bits = 8 * modulus.len() - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err("is one of RSA with fewer than 2048 or more than 8192 bits");
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        // What ring verifies with: 3 to 2³³ − 1.
        let fits = exponent != [1] && (exponent.len() < 5 || exponent.len() == 5 && exponent.first() == Some(&1));
        if !is_odd(modulus) || !is_odd(exponent) || !fits {
            return Err("is one of RSA with a modulus or an exponent that cannot be");
        }
        Ok(Rsa(der::sequence(&[der::integer(modulus), der::integer(exponent)].concat())))
    }

    pub(in crate::public_key) fn nobodys(algorithm: Algorithm) -> Result<Rsa, ConfigError> {
        let mut modulus = [0; 256];
        crate::random::fill(&mut modulus).map_err(ConfigError::NoRandomness)?;
        let [first, .., last] = &mut modulus;
        (*first, *last) = (*first | 0x80, *last | 1);
        Rsa::read(&modulus, &[1, 0, 1]).map_err(|_| ConfigError::KeyKind { algorithm, has_other: false })
    }

    pub(in crate::public_key) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        verifies(algorithm, &self.0, message, signature)
    }

    pub(in crate::public_key) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
