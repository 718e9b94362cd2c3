//! The keys of each algorithm. No other file names ed25519-dalek and ring. An algorithm whose feature is off has no keys.

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

#[cfg(feature = "ed25519")]
mod ed25519 {
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
                && Signature::from_slice(signature)
                    .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
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
}

#[cfg(feature = "p256")]
mod p256 {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::{Algorithm, ConfigError};

    /// The uncompressed point.
    pub(in crate::public_key) struct P256(Vec<u8>);

    /// The point M of RFC 9382, which was derived from a text so that nobody knows its private key.
    #[rustfmt::skip]
    const NOBODYS_POINT: [u8; 65] = [
        0x04, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1,
        0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f, 0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43, 0xce,
        0x22, 0x4e, 0x0b, 0x0e, 0x65, 0xff, 0x02, 0xac, 0x8e, 0x5c, 0x7b, 0xe0, 0x94, 0x19, 0xc7, 0x85, 0xe0, 0xca, 0x54, 0x7d,
        0x55, 0xa1, 0x2e, 0x2d, 0x20,
    ];

    impl P256 {
        pub(in crate::public_key) fn read(point: &[u8]) -> Result<P256, &'static str> {
            match point {
                [4, rest @ ..] if rest.len() == 64 && is_on_curve(point) => Ok(P256(point.to_vec())),
                _ => Err("is no uncompressed point of P-256"),
            }
        }

        pub(in crate::public_key) fn nobodys(_: Algorithm) -> Result<P256, ConfigError> {
            Ok(P256(NOBODYS_POINT.to_vec()))
        }

        pub(in crate::public_key) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
            let form = match algorithm {
                Algorithm::P256 => &ECDSA_P256_SHA256_ASN1,
                Algorithm::P256Fixed => &ECDSA_P256_SHA256_FIXED,
                _ => return false,
            };
            UnparsedPublicKey::new(form, &self.0).verify(message, signature).is_ok()
        }

        pub(in crate::public_key) fn bytes(&self) -> &[u8] {
            &self.0
        }
    }

    /// Whether a point is one of the curve. Verifying finds that out too, but only when a delivery is there. Of what ring
    /// offers, only an agreement on a key checks it at once.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    fn is_on_curve(point: &[u8]) -> bool {
        use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};

        let Ok(ours) = EphemeralPrivateKey::generate(&ECDH_P256, &ring::rand::SystemRandom::new()) else { return true };
        agree_ephemeral(ours, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok()
    }

    /// There is no randomness for it.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    fn is_on_curve(_: &[u8]) -> bool {
        true
    }
}

#[cfg(feature = "rsa")]
mod rsa {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey};

    use super::super::der;
    use super::{Algorithm, ConfigError};

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
            let form = match algorithm {
                Algorithm::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
                Algorithm::RsaSha512 => &RSA_PKCS1_2048_8192_SHA512,
                _ => return false,
            };
            UnparsedPublicKey::new(form, &self.0).verify(message, signature).is_ok()
        }

        pub(in crate::public_key) fn bytes(&self) -> &[u8] {
            &self.0
        }
    }
}
