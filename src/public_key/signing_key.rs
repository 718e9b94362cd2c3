use std::fmt;

use zeroize::Zeroizing;

use super::libraries::Pair;
use super::{Material, PublicKey};
use crate::error::ConfigError;
use crate::{codec, random};

/// A private key of Ed25519, which signs. It is wiped from memory when it is dropped.
///
/// Its text is `whsk_` and the base64 of 32 bytes, or of those and the 32 bytes of the public key (Standard Webhooks). Other
/// providers use the same prefix for secrets of HMAC, so the scheme decides what a text is, not the prefix.
///
/// ```
/// use hookseal::{SigningKey, provider};
///
/// let key = SigningKey::generate()?;
/// let signer = provider::STANDARD_WEBHOOKS.signer(key.clone())?;
/// let verifier = provider::STANDARD_WEBHOOKS.verifier(key.public_key())?;
/// let headers = signer.sign("msg_1", b"{}")?;
/// assert!(headers["webhook-signature"].to_str()?.starts_with("v1a,"));
/// assert!(verifier.verify(&headers, b"{}").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    key: Pair,
    text: Zeroizing<String>,
}

const PREFIX: &str = "whsk_";

impl SigningKey {
    /// A private key as text, with or without `whsk_`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is not base64 of 32 or 64 bytes, and for a public half of another key.
    ///
    /// ```
    /// use hookseal::SigningKey;
    ///
    /// let key = SigningKey::new("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")?;
    /// assert_eq!(format!("{key:?}"), "SigningKey([redacted])");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(text: &str) -> Result<SigningKey, ConfigError> {
        let wrong = |problem| ConfigError::Invalid { field: "signing key", piece: String::new(), problem };
        let mut bytes = Zeroizing::new(Vec::new());
        let base64 = text.strip_prefix(PREFIX).unwrap_or(text);
        let is_base64 = codec::read_base64_key(base64.as_bytes(), &mut bytes);
        let key = match (is_base64, <&[u8; 32]>::try_from(bytes.as_slice()), <&[u8; 64]>::try_from(bytes.as_slice())) {
            (true, Ok(seed), _) => Pair::from_seed(seed),
            (true, _, Ok(both)) => {
                Pair::from_both(both).ok_or_else(|| wrong("has a public half that belongs to another key"))?
            }
            _ => return Err(wrong("is not `whsk_` and base64 of 32 or 64 bytes")),
        };
        Ok(SigningKey::of(key))
    }

    fn of(key: Pair) -> SigningKey {
        let seed = key.seed();
        // With enough capacity from the start: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 44));
        text.push_str(PREFIX);
        codec::write_base64(seed.as_slice(), &mut text);
        SigningKey { key, text }
    }

    /// A new key, from the operating system's randomness.
    ///
    /// # Errors
    /// [`ConfigError::NoRandomness`] if the operating system provides none.
    ///
    /// ```
    /// use hookseal::SigningKey;
    ///
    /// let key = SigningKey::generate()?;
    /// assert_eq!(SigningKey::new(key.expose())?.public_key(), key.public_key());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn generate() -> Result<SigningKey, ConfigError> {
        let mut seed = Zeroizing::new([0; 32]);
        random::fill(seed.as_mut_slice()).map_err(ConfigError::NoRandomness)?;
        Ok(SigningKey::of(Pair::from_seed(&seed)))
    }

    /// The key that verifies what this one signs. Receivers get its [text](Self::public_text).
    ///
    /// ```
    /// use hookseal::SigningKey;
    ///
    /// let key = SigningKey::new("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")?;
    /// assert_eq!(key.public_key().id(), None);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn public_key(&self) -> PublicKey {
        Material::Ed25519(self.key.public()).into()
    }

    /// The text of the public key, `whpk_` and base64, for whoever receives.
    ///
    /// ```
    /// use hookseal::SigningKey;
    ///
    /// let key = SigningKey::new("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")?;
    /// assert_eq!(key.public_text(), "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn public_text(&self) -> String {
        format!("whpk_{}", codec::base64_text(self.key.public().bytes()))
    }

    /// The private key as text, to store it. This is the only way to read it. Do not log the result.
    ///
    /// ```
    /// let key = hookseal::SigningKey::generate()?;
    /// assert!(key.expose().starts_with("whsk_"));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}
