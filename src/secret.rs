use std::fmt;

use zeroize::Zeroizing;

use crate::codec;
use crate::error::ConfigError;
use crate::key::Key;
use crate::mac::{is_same_key, wiping_stack};
use crate::random;
use crate::words::display_as_serialized;

/// Bytes of a new key: as many as SHA-256 outputs, because a longer key would not add strength.
pub(crate) const NEW_KEY: usize = 32;
/// With fewer bytes, an attacker who has one signed request and enough graphics cards could guess the key.
const MIN_KEY: usize = 16;

/// How the text of a secret becomes the bytes of a key.
///
/// The provider decides this, so the form belongs to the [`Scheme`](crate::Scheme). It does not affect keys from
/// [`Secret::from_bytes`].
///
/// ```
/// use hookseal::{Secret, SecretForm};
///
/// let secret = Secret::generate(SecretForm::Whsec)?;
/// assert!(secret.expose().is_some_and(|text| text.starts_with("whsec_")));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecretForm {
    /// The bytes of the text itself, in UTF-8. This is the default, because most providers use it.
    #[default]
    Text,
    /// Hex digits, in either case.
    Hex,
    /// Base64 in the standard alphabet, padded or not. A text that consists of 64 or more hex digits is refused with
    /// [`ConfigError::HexSecret`], although it would also be valid base64.
    Base64,
    /// `whsec_` followed by base64 (Standard Webhooks), or `v1,whsec_`, as Supabase shows it. The prefix may be absent; 64
    /// or more hex digits are then refused as for [`Base64`](Self::Base64).
    Whsec,
    /// `whsec_` followed by base64. The bytes of a text without that prefix are the key (OpenAI).
    WhsecOrText,
}

display_as_serialized!(SecretForm);

impl SecretForm {
    fn words(self) -> &'static str {
        match self {
            SecretForm::Text => "text",
            SecretForm::Hex => "hex",
            SecretForm::Base64 => "base64",
            SecretForm::Whsec | SecretForm::WhsecOrText => "`whsec_` and base64",
        }
    }
}

/// One signing secret, as the provider shows it.
///
/// `Debug` redacts it, and it implements neither `Display` nor `Serialize`. An empty secret and a secret with white
/// space around it are refused, and so is a key of fewer than 16 bytes when a signer or verifier is made.
///
/// It is wiped from memory when it is dropped, and so are the keys and hash states that are made from it, as far as
/// Rust allows: nothing in the language stops the compiler from copying a value. A `String` or a `Vec` becomes the
/// secret's own memory and is wiped with it. A `&str` or an array is copied, and wiping the original is up to you.
///
/// ```
/// use hookseal::{ConfigError, Secret};
///
/// let secret = Secret::new("pdl_ntfset_01hkdkm2v4s5ca9m1h")?;
/// assert_eq!(format!("{secret:?}"), "Secret([redacted])");
/// assert_eq!(Secret::new("from-a-file\n").unwrap_err(), ConfigError::UntrimmedSecret);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    material: Material,
    short: bool,
}

#[derive(Clone)]
enum Material {
    Text(Zeroizing<String>),
    Bytes(Zeroizing<Vec<u8>>),
}

impl Secret {
    /// A secret as text. The [scheme](SecretForm) with which it is used decides whether the text itself is the key, or
    /// its hex or base64 form.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`], and [`ConfigError::UntrimmedSecret`] for white space at the beginning or the end.
    /// Nothing is trimmed silently: with a secret that differs by a line end from the provider's, every event is
    /// refused.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = hookseal::Secret::new(std::env::var("WEBHOOK_SECRET")?)?;
    /// # Ok(()) }
    /// ```
    pub fn new(text: impl Into<String>) -> Result<Secret, ConfigError> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() {
            return Err(ConfigError::EmptySecret);
        }
        if text.trim().len() != text.len() || text.starts_with(BYTE_ORDER_MARK) {
            return Err(ConfigError::UntrimmedSecret);
        }
        Ok(Secret { material: Material::Text(text), short: false })
    }

    /// A key as bytes, whatever the form of the scheme's secrets.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`] if there are none.
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// // The same key, as the bytes that a key store returns and as the text that the provider shows.
    /// let signer = provider::SVIX.signer(Secret::from_bytes(*b"a key of twenty bytes")?)?;
    /// let verifier = provider::SVIX.verifier(Secret::new("whsec_YSBrZXkgb2YgdHdlbnR5IGJ5dGVz")?)?;
    /// assert!(verifier.verify(&signer.sign("msg_1", b"{}")?, b"{}").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_bytes(key: impl Into<Vec<u8>>) -> Result<Secret, ConfigError> {
        let key = Zeroizing::new(key.into());
        if key.is_empty() {
            return Err(ConfigError::EmptySecret);
        }
        Ok(Secret { material: Material::Bytes(key), short: false })
    }

    /// A new secret: 32 random bytes from the operating system, written in `form`. For [`SecretForm::Text`], their hex
    /// digits are the text.
    ///
    /// # Errors
    /// [`ConfigError::NoRandomness`] if the operating system provides none.
    ///
    /// ```
    /// use hookseal::{Secret, SecretForm};
    ///
    /// let secret = Secret::generate(SecretForm::Text)?;
    /// assert_eq!(secret.expose().map(str::len), Some(64));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn generate(form: SecretForm) -> Result<Secret, ConfigError> {
        wiping_stack(|| {
            let mut key = Zeroizing::new([0; NEW_KEY]);
            random::fill(key.as_mut_slice()).map_err(ConfigError::NoRandomness)?;
            // With enough capacity from the start: a text that grows leaves copies behind.
            let mut text = Zeroizing::new(String::with_capacity(WHSEC.len() + 2 * NEW_KEY));
            match form {
                SecretForm::Text | SecretForm::Hex => codec::write_hex(key.as_slice(), &mut text),
                SecretForm::Base64 => codec::write_base64(key.as_slice(), &mut text),
                SecretForm::Whsec | SecretForm::WhsecOrText => {
                    text.push_str(WHSEC);
                    codec::write_base64(key.as_slice(), &mut text);
                }
            }
            Ok(Secret { material: Material::Text(text), short: false })
        })
    }

    /// Allows a key of fewer than 16 bytes, which is otherwise refused with [`ConfigError::ShortSecret`], or with
    /// [`ConfigError::ShortVerifyToken`]. An empty key
    /// is still refused.
    ///
    /// ```
    /// use hookseal::{ConfigError, Key, Secret, provider};
    ///
    /// let short = Secret::new("hush")?;
    /// let error = ConfigError::ShortSecret { key: Key::Current, bytes: 4 };
    /// assert_eq!(provider::SHOPIFY.verifier(short.clone()).unwrap_err(), error);
    /// assert!(provider::SHOPIFY.verifier(short.allow_short()).is_ok());
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[must_use]
    pub fn allow_short(mut self) -> Secret {
        self.short = true;
        self
    }

    /// The secret's text, to show it to the person who must configure it. `None` for a key from
    /// [`from_bytes`](Self::from_bytes).
    ///
    /// This is the only way to read a secret. Do not log the result.
    ///
    /// ```
    /// let secret = hookseal::Secret::new("key_0123456789abcdef")?;
    /// assert_eq!(secret.expose(), Some("key_0123456789abcdef"));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn expose(&self) -> Option<&str> {
        match &self.material {
            Material::Text(text) => Some(text),
            Material::Bytes(_) => None,
        }
    }

    /// A verify token is compared as text.
    pub(crate) fn check_verify_token(&self) -> Result<(), ConfigError> {
        match self.expose().map_or(0, str::len) {
            0 => Err(ConfigError::ShortVerifyToken { bytes: 0 }),
            bytes if bytes < MIN_KEY && !self.short => Err(ConfigError::ShortVerifyToken { bytes }),
            _ => Ok(()),
        }
    }

    /// The bytes of the key, if a scheme's secrets have this form. `place` is the secret's in its keyring.
    pub(crate) fn key(&self, form: SecretForm, place: Key) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        let words = form.words();
        let bytes = match &self.material {
            Material::Bytes(key) => key.clone(),
            Material::Text(text) if is_hex_for_base64(text, form) => {
                return Err(ConfigError::HexSecret { key: place, form: words });
            }
            Material::Text(text) => decode(text, form).unwrap_or_default(),
        };
        match bytes.len() {
            0 => Err(ConfigError::MalformedSecret { key: place, form: words }),
            length if length < MIN_KEY && !self.short => Err(ConfigError::ShortSecret { key: place, bytes: length }),
            _ => Ok(bytes),
        }
    }

    /// Whether both are the same text or the same bytes.
    pub(crate) fn is(&self, other: &Secret) -> bool {
        match (&self.material, &other.material) {
            (Material::Text(one), Material::Text(other)) => is_same_key(one.as_bytes(), other.as_bytes()),
            (Material::Bytes(one), Material::Bytes(other)) => is_same_key(one, other),
            _ => false,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// Some editors put it at the beginning of a file. It is as invisible as a blank.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The marker before a base64 secret.
const WHSEC: &str = "whsec_";
/// The same, with the version of the signatures.
const VERSIONED_WHSEC: &str = "v1,whsec_";

/// Hex digits of a key of 32 bytes.
const HEX_KEY: usize = 64;

/// Whether a secret looks like hex where base64 is expected, which would decode it to another key. Of random base64
/// texts of this length, one in 2⁹⁸ consists of hex digits. A text with the marker is always base64.
fn is_hex_for_base64(text: &str, form: SecretForm) -> bool {
    let base64 = matches!(form, SecretForm::Base64 | SecretForm::Whsec);
    base64 && text.len() >= HEX_KEY && text.bytes().all(|c| c.is_ascii_hexdigit())
}

/// The bytes of a key in a form. They may be none.
pub(crate) fn decode(text: &str, form: SecretForm) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(Vec::new());
    let base64 = match form {
        SecretForm::Text => None,
        SecretForm::Hex => return codec::read_hex_key(text.as_bytes(), &mut key).then_some(key),
        SecretForm::Base64 => Some(text),
        SecretForm::Whsec => {
            Some(text.strip_prefix(WHSEC).or_else(|| text.strip_prefix(VERSIONED_WHSEC)).unwrap_or(text))
        }
        SecretForm::WhsecOrText => text.strip_prefix(WHSEC),
    };
    match base64 {
        Some(base64) => codec::read_base64_key(base64.as_bytes(), &mut key).then_some(key),
        None => Some(Zeroizing::new(text.as_bytes().to_vec())),
    }
}
