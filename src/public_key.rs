//! Public keys in the forms that providers show.

mod der;
mod jwk;
mod libraries;
#[cfg(feature = "ed25519")]
mod signing_key;
#[cfg(not(feature = "ed25519"))]
#[path = "public_key/signing_key/none.rs"]
mod signing_key;

use std::fmt;
use std::sync::Arc;

use jwk::Jwk;
use libraries::{Ed25519, P256, Rsa};
use serde::Deserialize;
#[cfg(feature = "ed25519")]
pub use signing_key::SigningKey;
#[cfg(not(feature = "ed25519"))]
pub(crate) use signing_key::SigningKey;

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
    Ed25519(Ed25519),
    P256(P256),
    Rsa(Rsa),
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
    /// Ed25519 key of small order, and for an RSA key that does not have 2048 to 8192 bits.
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

    /// A set of keys, or a key alone.
    pub(crate) fn read_all(text: &str) -> Result<Vec<PublicKey>, ConfigError> {
        PublicKey::set(text).or_else(|_| PublicKey::new(text).map(|key| vec![key]))
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

    fn from_ed25519(point: &[u8]) -> Result<PublicKey, ConfigError> {
        PublicKey::of(Ed25519::read(point).map(Material::Ed25519))
    }

    fn from_p256(point: &[u8]) -> Result<PublicKey, ConfigError> {
        PublicKey::of(P256::read(point).map(Material::P256))
    }

    fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, ConfigError> {
        PublicKey::of(Rsa::read(modulus, exponent).map(Material::Rsa))
    }

    fn of(material: Result<Material, &'static str>) -> Result<PublicKey, ConfigError> {
        material.or_else(wrong).map(PublicKey::from)
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
            Material::Ed25519(_) => KeyKind::Ed25519,
            Material::P256(_) => KeyKind::P256,
            Material::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// Whether a signature is right. A key of another kind than the algorithm's verifies nothing.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(test)]
        VERIFICATIONS.set(VERIFICATIONS.get() + 1);
        match &*self.material {
            Material::Ed25519(key) => key.verifies(algorithm, message, signature),
            Material::P256(key) => key.verifies(algorithm, message, signature),
            Material::Rsa(key) => key.verifies(algorithm, message, signature),
        }
    }

    /// A key for which nobody can sign, that takes as long to verify with as any other.
    pub(crate) fn nobodys(algorithm: Algorithm) -> Result<PublicKey, ConfigError> {
        let material = match algorithm.key_kind() {
            KeyKind::Ed25519 => Material::Ed25519(Ed25519::nobodys(algorithm)?),
            KeyKind::P256 => Material::P256(P256::nobodys(algorithm)?),
            KeyKind::Rsa => Material::Rsa(Rsa::nobodys(algorithm)?),
            _ => return Err(ConfigError::KeyKind { algorithm, has_other: false }),
        };
        Ok(material.into())
    }

    fn bytes(&self) -> &[u8] {
        match &*self.material {
            Material::Ed25519(key) => key.bytes(),
            Material::P256(key) => key.bytes(),
            Material::Rsa(key) => key.bytes(),
        }
    }
}

impl From<Material> for PublicKey {
    fn from(material: Material) -> PublicKey {
        PublicKey { material: Arc::new(material), id: None }
    }
}

/// In a set of keys. A provider publishes a handful.
pub(crate) const MAX_PUBLIC_KEYS: usize = 64;

#[cfg(test)]
std::thread_local! {
    /// How many signatures this thread has verified: what a request may cost is counted.
    pub(crate) static VERIFICATIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
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
