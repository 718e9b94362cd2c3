//! All cryptography with public keys: nothing outside of this file and its folder names ed25519-dalek or ring.

mod der;
mod jwk;
#[cfg(feature = "ed25519")]
mod signing_key;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "ed25519")]
use ed25519_dalek::{Signature, VerifyingKey};
use jwk::Jwk;
#[cfg(any(feature = "p256", feature = "rsa"))]
use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;
#[cfg(feature = "ed25519")]
pub use signing_key::SigningKey;

use crate::algorithm::{Algorithm, KeyKind};
use crate::codec;
use crate::error::ConfigError;
use crate::mac::sha256;

/// A provider's public key: what verifies signatures that only the holder of the private key can make. It is not a secret.
///
/// It is read from whatever form the provider shows, and knows its own algorithm: PEM (`-----BEGIN PUBLIC KEY-----`, or a
/// certificate, of which only the key is read), the same DER in base64, `whpk_` and base64 (Standard Webhooks), the 32 bytes of
/// an Ed25519 key in hex or base64, or a JSON Web Key.
///
/// ```
/// # #[cfg(feature = "ed25519")] {
/// use hookseal::{PublicKey, provider};
///
/// let key = PublicKey::new("whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?;
/// let verifier = provider::STANDARD_WEBHOOKS.verifier(key)?;
/// # }
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct PublicKey {
    material: Arc<Material>,
    id: Option<Arc<str>>,
}

enum Material {
    #[cfg(feature = "ed25519")]
    Ed25519(VerifyingKey),
    /// The uncompressed point.
    #[cfg(feature = "p256")]
    P256(Vec<u8>),
    /// `RSAPublicKey` of PKCS #1.
    #[cfg(feature = "rsa")]
    Rsa(Vec<u8>),
}

const FIELD: &str = "public key";

fn wrong<T>(problem: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::Invalid { field: FIELD, piece: String::new(), problem })
}

impl PublicKey {
    /// A public key as the provider shows it.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no key in one of these forms, for a key of an algorithm whose feature is off, for an
    /// Ed25519 key of small order, and for an RSA key outside of 2048 to 8192 bits.
    ///
    /// ```
    /// # #[cfg(feature = "ed25519")] {
    /// use hookseal::PublicKey;
    ///
    /// // The same key in hex, in base64, and in PEM.
    /// let hex = PublicKey::new("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")?;
    /// let base64 = PublicKey::new("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?;
    /// let pem = PublicKey::new(
    ///     "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----",
    /// )?;
    /// assert!(hex == base64 && base64 == pem);
    /// assert!(PublicKey::new("a secret of twenty-some bytes").is_err());
    /// # }
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(text: &str) -> Result<PublicKey, ConfigError> {
        let text = text.trim();
        if text.starts_with('{') {
            return PublicKey::from_jwk(&read_json(text)?);
        }
        if let Some(body) = text.strip_prefix("-----BEGIN ") {
            let (label, rest) = body.split_once("-----").unwrap_or_default();
            let inner: String = rest.split("-----").next().unwrap_or_default().split_whitespace().collect();
            let Some(der) = codec::base64_bytes(inner.as_bytes()) else { return wrong("is not correct PEM") };
            return match label {
                "PUBLIC KEY" => PublicKey::from_spki(&der),
                "CERTIFICATE" => match der::spki_of_certificate(&der) {
                    Some(spki) => PublicKey::from_spki(spki),
                    None => wrong("is in a certificate that cannot be read"),
                },
                _ => wrong("is PEM of something else than a public key or a certificate"),
            };
        }
        let mut hex = Vec::new();
        if text.len() == 64 && codec::read_hex_key(text.as_bytes(), &mut hex) {
            return PublicKey::from_ed25519(&hex);
        }
        let base64 = text.strip_prefix("whpk_").unwrap_or(text);
        match codec::base64_bytes(base64.as_bytes()) {
            Some(bytes) if bytes.len() == 32 => PublicKey::from_ed25519(&bytes),
            Some(bytes) if base64.len() == text.len() => PublicKey::from_spki(&bytes),
            _ => wrong("is not PEM, DER in base64, `whpk_` and base64, 32 bytes in hex or base64, or a JSON Web Key"),
        }
    }

    /// The keys of a JSON Web Key Set (RFC 7517), each with its `kid` as [id](Self::id), or of a list as GitHub publishes it
    /// (`public_keys`, each with `key_identifier` and `key`). Keys of other algorithms, and those that are not for verifying, are
    /// left out: a set may have keys for other purposes.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no key set, for two keys with one id, and for a set without a key that can be used.
    /// [`ConfigError::TooManyKeys`] for more than 64.
    ///
    /// ```
    /// # #[cfg(feature = "ed25519")] {
    /// use hookseal::{Keyring, PublicKey};
    ///
    /// let keys = PublicKey::set(
    ///     r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    /// )?;
    /// assert_eq!(keys[0].id(), Some("k1"));
    /// let keyring = Keyring::from_public_keys(keys)?;
    /// # }
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn set(text: &str) -> Result<Vec<PublicKey>, ConfigError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Set {
            Jwk { keys: Vec<Jwk> },
            GitHub { public_keys: Vec<Listed> },
        }
        #[derive(Deserialize)]
        struct Listed {
            key_identifier: String,
            key: String,
        }
        let read: Vec<Result<PublicKey, ConfigError>> = match read_json(text)? {
            Set::Jwk { keys } => {
                check_count(keys.len())?;
                keys.iter().filter(|jwk| jwk.is_for_verifying()).map(PublicKey::from_jwk).collect()
            }
            Set::GitHub { public_keys } => {
                check_count(public_keys.len())?;
                let key = |listed: Listed| Ok(PublicKey::new(&listed.key)?.with_id(listed.key_identifier));
                public_keys.into_iter().map(key).collect()
            }
        };
        let mut keys: Vec<PublicKey> = Vec::new();
        for key in read.into_iter().flatten() {
            if key.id.is_some() && keys.iter().any(|other| other.id == key.id) {
                return wrong("is one of two with the same id");
            }
            keys.push(key);
        }
        if keys.is_empty() { wrong("set has no key that can be used") } else { Ok(keys) }
    }

    /// Sets the id by which requests name the key, where the scheme has a `{key}`. A key without an id is tried for every
    /// request.
    ///
    /// ```
    /// # #[cfg(feature = "ed25519")] {
    /// use hookseal::PublicKey;
    ///
    /// let key = PublicKey::new("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?.with_id("key-2026");
    /// assert_eq!(key.id(), Some("key-2026"));
    /// # }
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> PublicKey {
        self.id = Some(id.into().into());
        self
    }

    /// The id by which requests name the key.
    ///
    /// ```
    /// # #[cfg(feature = "ed25519")]
    /// assert_eq!(hookseal::PublicKey::new("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?.id(), None);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    #[cfg(feature = "ed25519")]
    fn from_ed25519(bytes: &[u8]) -> Result<PublicKey, ConfigError> {
        let key = <&[u8; 32]>::try_from(bytes).ok().and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
        match key {
            Some(key) if key.is_weak() => wrong("has small order, so that anybody could sign for it"),
            Some(key) => Ok(PublicKey { material: Arc::new(Material::Ed25519(key)), id: None }),
            None => wrong("is no point of the curve of Ed25519"),
        }
    }

    #[cfg(not(feature = "ed25519"))]
    fn from_ed25519(_: &[u8]) -> Result<PublicKey, ConfigError> {
        wrong("is one of Ed25519, which needs the crate's feature `ed25519`")
    }

    #[cfg(feature = "p256")]
    fn from_p256(point: &[u8]) -> Result<PublicKey, ConfigError> {
        match point {
            [4, rest @ ..] if rest.len() == 64 && is_on_p256(point) => {
                Ok(PublicKey { material: Arc::new(Material::P256(point.to_vec())), id: None })
            }
            _ => wrong("is no uncompressed point of P-256"),
        }
    }

    #[cfg(not(feature = "p256"))]
    fn from_p256(_: &[u8]) -> Result<PublicKey, ConfigError> {
        wrong("is one of P-256, which needs the crate's feature `p256`")
    }

    #[cfg(feature = "rsa")]
    fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, ConfigError> {
        let (modulus, exponent) = (der::without_zeros(modulus), der::without_zeros(exponent));
        let bits = 8 * modulus.len() - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return wrong("is one of RSA with fewer than 2048 or more than 8192 bits");
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        // What ring verifies with: 3 to 2³³ − 1.
        let fits = exponent != [1] && (exponent.len() < 5 || exponent.len() == 5 && exponent.first() == Some(&1));
        if !is_odd(modulus) || !is_odd(exponent) || !fits {
            return wrong("is one of RSA with a modulus or an exponent that cannot be");
        }
        let der = der::sequence(&[der::integer(modulus), der::integer(exponent)].concat());
        Ok(PublicKey { material: Arc::new(Material::Rsa(der)), id: None })
    }

    #[cfg(not(feature = "rsa"))]
    fn from_rsa(_: &[u8], _: &[u8]) -> Result<PublicKey, ConfigError> {
        wrong("is one of RSA, which needs the crate's feature `rsa`")
    }

    /// `SubjectPublicKeyInfo` (RFC 5280).
    fn from_spki(der: &[u8]) -> Result<PublicKey, ConfigError> {
        const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
        const EC_P256: &[u8] = &[
            0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
            0x07,
        ];
        const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

        match der::spki(der) {
            Some((ED25519, key)) => PublicKey::from_ed25519(key),
            Some((EC_P256, point)) => PublicKey::from_p256(point),
            Some((RSA, key)) => match der::rsa_numbers(key) {
                Some((modulus, exponent)) => PublicKey::from_rsa(modulus, exponent),
                None => wrong("is not correct DER"),
            },
            Some(_) => wrong("is of another algorithm than Ed25519, P-256 and RSA"),
            None => wrong("is not correct DER"),
        }
    }

    pub(crate) fn kind(&self) -> KeyKind {
        match &*self.material {
            #[cfg(feature = "ed25519")]
            Material::Ed25519(_) => KeyKind::Ed25519,
            #[cfg(feature = "p256")]
            Material::P256(_) => KeyKind::P256,
            #[cfg(feature = "rsa")]
            Material::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// Whether a signature is right. The caller has checked that the algorithm is one for this kind of key.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(test)]
        VERIFICATIONS.set(VERIFICATIONS.get() + 1);
        match (&*self.material, algorithm) {
            #[cfg(feature = "ed25519")]
            (Material::Ed25519(key), Algorithm::Ed25519) => {
                let signature = Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            #[cfg(feature = "p256")]
            (Material::P256(point), Algorithm::P256) => {
                by_ring(&ring::signature::ECDSA_P256_SHA256_ASN1, point, message, signature)
            }
            #[cfg(feature = "p256")]
            (Material::P256(point), Algorithm::P256Fixed) => {
                by_ring(&ring::signature::ECDSA_P256_SHA256_FIXED, point, message, signature)
            }
            #[cfg(feature = "rsa")]
            (Material::Rsa(key), Algorithm::RsaSha256) => {
                by_ring(&ring::signature::RSA_PKCS1_2048_8192_SHA256, key, message, signature)
            }
            #[cfg(feature = "rsa")]
            (Material::Rsa(key), Algorithm::RsaSha512) => {
                by_ring(&ring::signature::RSA_PKCS1_2048_8192_SHA512, key, message, signature)
            }
            _ => false,
        }
    }

    /// A key for which nobody can sign, that takes as long to verify with as any other.
    pub(crate) fn nobodys(algorithm: Algorithm) -> Result<PublicKey, ConfigError> {
        match algorithm.key_kind() {
            #[cfg(feature = "ed25519")]
            KeyKind::Ed25519 => Ok(SigningKey::generate()?.public_key()),
            #[cfg(feature = "p256")]
            KeyKind::P256 => Ok(PublicKey { material: Arc::new(Material::P256(NOBODYS_POINT.to_vec())), id: None }),
            #[cfg(feature = "rsa")]
            KeyKind::Rsa => {
                let mut modulus = [0; 256];
                crate::random::fill(&mut modulus).map_err(ConfigError::NoRandomness)?;
                let [first, .., last] = &mut modulus;
                (*first, *last) = (*first | 0x80, *last | 1);
                PublicKey::from_rsa(&modulus, &[1, 0, 1])
            }
            _ => Err(ConfigError::KeyKind { algorithm, has_other: false }),
        }
    }

    fn bytes(&self) -> &[u8] {
        match &*self.material {
            #[cfg(feature = "ed25519")]
            Material::Ed25519(key) => key.as_bytes(),
            #[cfg(feature = "p256")]
            Material::P256(point) => point,
            #[cfg(feature = "rsa")]
            Material::Rsa(key) => key,
        }
    }
}

/// The point M of RFC 9382, which was derived from a text so that nobody knows its private key.
#[cfg(feature = "p256")]
#[rustfmt::skip]
const NOBODYS_POINT: [u8; 65] = [
    0x04, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1,
    0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f, 0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43, 0xce,
    0x22, 0x4e, 0x0b, 0x0e, 0x65, 0xff, 0x02, 0xac, 0x8e, 0x5c, 0x7b, 0xe0, 0x94, 0x19, 0xc7, 0x85, 0xe0, 0xca, 0x54, 0x7d,
    0x55, 0xa1, 0x2e, 0x2d, 0x20,
];

/// In a set of keys. A provider publishes a handful.
pub(crate) const MAX_PUBLIC_KEYS: usize = 64;

/// Whether a point is one of the curve. Verifying finds that out too, but only when a delivery is there. Of what ring offers,
/// only an agreement on a key checks it at once.
#[cfg(all(feature = "p256", not(all(target_family = "wasm", target_os = "unknown"))))]
fn is_on_p256(point: &[u8]) -> bool {
    use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};

    let Ok(ours) = EphemeralPrivateKey::generate(&ECDH_P256, &ring::rand::SystemRandom::new()) else { return true };
    agree_ephemeral(ours, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok()
}

/// There is no randomness for it.
#[cfg(all(feature = "p256", target_family = "wasm", target_os = "unknown"))]
fn is_on_p256(_: &[u8]) -> bool {
    true
}

#[cfg(test)]
std::thread_local! {
    /// How many signatures this thread has verified: what a request may cost is counted.
    pub(crate) static VERIFICATIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(any(feature = "p256", feature = "rsa"))]
fn by_ring(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.kind() == other.kind() && self.bytes() == other.bytes()
    }
}

impl Eq for PublicKey {}

/// The algorithm, the id, and the first bytes of the SHA-256 hash of the key.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let print = sha256([self.bytes()]);
        let print = codec::hex_text(print.get(..8).unwrap_or_default());
        f.debug_struct("PublicKey").field("kind", &self.kind()).field("id", &self.id).field("sha256", &print).finish()
    }
}

fn check_count(count: usize) -> Result<(), ConfigError> {
    if count > MAX_PUBLIC_KEYS { Err(ConfigError::TooManyKeys { count }) } else { Ok(()) }
}

fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ConfigError> {
    serde_json::from_str(text).or_else(|_| wrong("is not a JSON Web Key, or not a set of them"))
}

/// Uninhabited: no algorithm that signs is on.
#[cfg(not(feature = "ed25519"))]
#[derive(Clone)]
pub(crate) enum SigningKey {}

#[cfg(not(feature = "ed25519"))]
impl SigningKey {
    pub(crate) fn sign(&self, _: &[u8]) -> [u8; 64] {
        match *self {}
    }
}
