use std::fmt;

use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, KeyKind};
use crate::codec;
use crate::error::ConfigError;
use crate::key::Key;
use crate::mac::{Digest, Mac, Token, is_same_key, wiping_stack};
use crate::public_key::{MAX_PUBLIC_KEYS, PublicKey, SigningKey};
use crate::random;
use crate::words::display_as_serialized;

/// Keys in one [`Keyring`]. An unauthenticated request costs at most one hash for each.
pub(crate) const MAX_KEYS: usize = 8;
/// Bytes of a new key: as many as SHA-256 outputs, because a longer key would not add strength.
const NEW_KEY: usize = 32;
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
    fn key(&self, form: SecretForm, place: Key) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
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
    fn is(&self, other: &Secret) -> bool {
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

/// The current secret and up to seven previous ones, for rotation without a lost delivery; or public keys, or both during a
/// migration from one to the other.
///
/// A [`Verifier`](crate::Verifier) accepts any of them and reports which one matched. A [`Signer`](crate::Signer) signs
/// with all of them if the scheme can carry several signatures, and with the current one otherwise. A single [`Secret`]
/// converts into a keyring.
///
/// ```
/// use hookseal::{Keyring, Secret, provider};
///
/// let keys = Keyring::new(Secret::new("the secret from today on")?)
///     .with_previous(Secret::new("the secret until yesterday")?)?;
/// let verifier = provider::KALLGLOT.verifier(keys)?;
///
/// let sender = provider::KALLGLOT.signer(Secret::new("the secret until yesterday")?)?;
/// assert!(verifier.verify(&sender.sign("evt_1", b"{}")?, b"{}").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    /// The current secret, then the previous ones, latest first. At most [`MAX_KEYS`].
    secrets: Vec<Secret>,
    /// Likewise.
    signing_keys: Vec<SigningKey>,
    /// At most [`MAX_PUBLIC_KEYS`].
    public_keys: Vec<PublicKey>,
    /// The public keys are what a source has at the moment: perhaps none, perhaps also some for other purposes.
    is_fetched: bool,
}

impl Keyring {
    /// A keyring with one secret.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("a secret of twenty-some bytes")?);
    /// assert_eq!(keys.len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(current: impl Into<Keyring>) -> Keyring {
        current.into()
    }

    /// A keyring of public keys, as a provider publishes them: current first, where there is an order. A request that does not
    /// name its key is tried with the first 32 at most, because each takes as long as a hundred hashes.
    ///
    /// # Errors
    /// [`ConfigError::NoKeys`] for none, [`ConfigError::TooManyKeys`] for more than 64, and [`ConfigError::Invalid`] for two with
    /// the same id.
    ///
    /// ```
    /// # #[cfg(feature = "ed25519")] {
    /// use hookseal::{Keyring, PublicKey};
    ///
    /// let key = PublicKey::new("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?;
    /// assert_eq!(Keyring::from_public_keys([key])?.len(), 1);
    /// # }
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
    pub fn from_public_keys(keys: impl IntoIterator<Item = PublicKey>) -> Result<Keyring, ConfigError> {
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(ConfigError::NoKeys)?;
        keys.try_fold(Keyring::from(current), Keyring::with_previous)
    }

    /// A public key as text, or a set of them.
    #[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
    pub(crate) fn read_public(text: &str) -> Result<Keyring, ConfigError> {
        match PublicKey::set(text) {
            Ok(keys) => Keyring::from_public_keys(keys),
            Err(_) => PublicKey::new(text).map(Keyring::from),
        }
    }

    #[cfg(not(any(feature = "ed25519", feature = "p256", feature = "rsa")))]
    pub(crate) fn read_public(_: &str) -> Result<Keyring, ConfigError> {
        let problem = "needs one of the crate's features `ed25519`, `p256` and `rsa`";
        Err(ConfigError::Invalid { field: "public key", piece: String::new(), problem })
    }

    /// What a source has at the moment. It may be empty.
    pub(crate) fn fetched(keys: Vec<PublicKey>) -> Keyring {
        Keyring { public_keys: keys, is_fetched: true, ..Keyring::empty() }
    }

    /// A keyring for these algorithms that fits nothing.
    pub(crate) fn nobodys(algorithms: impl IntoIterator<Item = Algorithm>) -> Result<Keyring, ConfigError> {
        let mut keyring = Keyring::empty();
        for algorithm in algorithms {
            if algorithm == Algorithm::Hmac && keyring.secrets.is_empty() {
                let mut key = [0; NEW_KEY];
                random::fill(&mut key).map_err(ConfigError::NoRandomness)?;
                keyring.secrets.push(Secret::from_bytes(key)?);
            } else if algorithm != Algorithm::Hmac && keyring.public_keys(algorithm).is_empty() {
                keyring.public_keys.push(PublicKey::nobodys(algorithm)?);
            }
        }
        Ok(keyring)
    }

    fn empty() -> Keyring {
        Keyring { secrets: Vec::new(), signing_keys: Vec::new(), public_keys: Vec::new(), is_fetched: false }
    }

    /// A keyring from a list, for example from a configuration file: the current secret first, then the previous ones,
    /// latest first.
    ///
    /// # Errors
    /// [`ConfigError::NoKeys`] for an empty list, [`ConfigError::TooManyKeys`] for more than eight secrets, and
    /// [`ConfigError::RepeatedSecret`] for a secret that occurs twice.
    ///
    /// ```
    /// use hookseal::{ConfigError, Keyring, Secret};
    ///
    /// let texts = ["the secret from today on", "the secret until yesterday"];
    /// let secrets = texts.into_iter().map(Secret::new).collect::<Result<Vec<_>, _>>()?;
    /// let keys = Keyring::from_secrets(secrets)?;
    /// assert_eq!(keys.secrets().next().and_then(Secret::expose), Some("the secret from today on"));
    /// assert_eq!(Keyring::from_secrets([]).unwrap_err(), ConfigError::NoKeys);
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn from_secrets(secrets: impl IntoIterator<Item = Secret>) -> Result<Keyring, ConfigError> {
        let mut secrets = secrets.into_iter();
        let current = secrets.next().ok_or(ConfigError::NoKeys)?;
        secrets.try_fold(Keyring::new(current), Keyring::with_previous)
    }

    /// Adds a secret that is no longer current but still accepted. Add the latest first, because secrets are tried in
    /// this order.
    ///
    /// # Errors
    /// [`ConfigError::TooManyKeys`] for the ninth secret or the 65th public key, [`ConfigError::RepeatedSecret`] for a secret
    /// that the keyring already has, and [`ConfigError::Invalid`] for a public key with the id of another. Two spellings of one key, for example with and without `whsec_`, are refused when a signer or verifier
    /// is made.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("the secret from today on")?)
    ///     .with_previous(Secret::new("the secret until yesterday")?)?;
    /// assert_eq!(keys.len(), 2);
    /// assert!(keys.with_previous(Secret::new("the secret from today on")?).is_err());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_previous(mut self, keys: impl Into<Keyring>) -> Result<Keyring, ConfigError> {
        let keys = keys.into();
        for secret in keys.secrets {
            check_repetition(&self.secrets, |earlier| earlier.is(&secret))?;
            self.secrets.push(secret);
        }
        self.signing_keys.extend(keys.signing_keys);
        for key in keys.public_keys {
            check_ids(&self.public_keys, &key)?;
            self.public_keys.push(key);
        }
        match (self.secrets.len().max(self.signing_keys.len()), self.public_keys.len()) {
            (count, _) if count > MAX_KEYS => Err(ConfigError::TooManyKeys { count }),
            (_, count) if count > MAX_PUBLIC_KEYS => Err(ConfigError::TooManyKeys { count }),
            _ => Ok(self),
        }
    }

    /// How many keys there are: 1 to 8 secrets, or private keys that sign, and up to 64 public keys.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// assert_eq!(Keyring::from(Secret::new("a secret of twenty-some bytes")?).len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "a keyring is never empty")]
    pub fn len(&self) -> usize {
        self.secrets.len() + self.signing_keys.len() + self.public_keys.len()
    }

    /// The keys that verify signatures of an algorithm, current first.
    pub(crate) fn public_keys(&self, algorithm: Algorithm) -> Vec<PublicKey> {
        self.public_keys.iter().filter(|key| key.kind() == algorithm.key_kind()).cloned().collect()
    }

    pub(crate) fn signing_keys(&self) -> &[SigningKey] {
        &self.signing_keys
    }

    /// Whether there is a key with which a verifier, or a signer, can use an algorithm.
    pub(crate) fn has_key_for(&self, algorithm: Algorithm, signs: bool) -> bool {
        match algorithm {
            _ if self.is_fetched => algorithm != Algorithm::Hmac && !signs,
            Algorithm::Hmac => !self.secrets.is_empty(),
            Algorithm::Ed25519 if signs => !self.signing_keys.is_empty(),
            _ => self.public_keys.iter().any(|key| key.kind() == algorithm.key_kind()),
        }
    }

    /// The keys for one algorithm.
    pub(crate) fn only_for(&self, algorithm: Algorithm) -> Keyring {
        let is_hmac = algorithm == Algorithm::Hmac;
        Keyring {
            secrets: if is_hmac { self.secrets.clone() } else { Vec::new() },
            signing_keys: if is_hmac { Vec::new() } else { self.signing_keys.clone() },
            public_keys: if is_hmac { Vec::new() } else { self.public_keys.clone() },
            is_fetched: self.is_fetched,
        }
    }

    /// Whether every key can be used with one of the algorithms.
    pub(crate) fn is_all_for(&self, algorithms: &[Algorithm], signs: bool) -> bool {
        let serves = |kind: KeyKind| algorithms.iter().any(|algorithm| algorithm.key_kind() == kind);
        (self.secrets.is_empty() || serves(KeyKind::Secret))
            && (self.signing_keys.is_empty() || signs && serves(KeyKind::Ed25519))
            && (self.is_fetched || self.public_keys.iter().all(|key| !signs && serves(key.kind())))
    }

    /// The secrets: the current one, then the previous ones in the order in which they were added.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("the secret from today on")?)
    ///     .with_previous(Secret::new("the secret until yesterday")?)?;
    /// // Retire the previous secret.
    /// let keys = Keyring::from_secrets(keys.secrets().take(1).cloned())?;
    /// assert_eq!(keys.len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn secrets(&self) -> impl ExactSizeIterator<Item = &Secret> {
        self.secrets.iter()
    }

    /// The current secret as a request contains it.
    pub(crate) fn token_text(&self, form: SecretForm) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        self.secrets.first().ok_or(ConfigError::NoKeys)?.key(form, Key::Current)
    }

    /// The secrets as a request contains them, current first.
    pub(crate) fn tokens(&self, form: SecretForm, is_base64: bool) -> Result<Vec<Token>, ConfigError> {
        let mut tokens = Vec::with_capacity(self.secrets.len());
        for (place, secret) in self.secrets.iter().enumerate() {
            let key = secret.key(form, Key::at(place))?;
            let token = match is_base64 {
                true => Token::new(Zeroizing::new(codec::base64_text(&key)).as_bytes()),
                false => Token::new(&key),
            };
            check_repetition(&tokens, |earlier| *earlier == token)?;
            tokens.push(token);
        }
        Ok(tokens)
    }

    /// The keyed state of each key, current first. `is_plain` says that the content contains the key.
    pub(crate) fn macs(&self, form: SecretForm, digest: Digest, is_plain: bool) -> Result<Vec<Mac>, ConfigError> {
        wiping_stack(|| {
            // With enough capacity from the start: a vector that grows leaves keyed state behind.
            let mut macs = Vec::with_capacity(self.secrets.len());
            let mut keys: Vec<Zeroizing<Vec<u8>>> = Vec::with_capacity(self.secrets.len());
            for (place, secret) in self.secrets.iter().enumerate() {
                let key = secret.key(form, Key::at(place))?;
                check_repetition(&keys, |earlier| is_same_key(earlier, &key))?;
                macs.push(if is_plain { Mac::plain(&key, digest) } else { Mac::new(&key, digest) });
                keys.push(key);
            }
            Ok(macs)
        })
    }
}

/// Refuses the next public key if another one has its id: which of them a request names would depend on their order.
fn check_ids(earlier: &[PublicKey], next: &PublicKey) -> Result<(), ConfigError> {
    match next.id().filter(|id| earlier.iter().any(|key| key.id() == Some(id))) {
        Some(id) => {
            let problem = "is the id of two keys";
            Err(ConfigError::Invalid { field: "public key", piece: id.to_owned(), problem })
        }
        None => Ok(()),
    }
}

/// Refuses the next key if it is one of the earlier ones.
fn check_repetition<T>(earlier: &[T], is_next: impl FnMut(&T) -> bool) -> Result<(), ConfigError> {
    match earlier.iter().position(is_next) {
        Some(place) => Err(ConfigError::RepeatedSecret { key: Key::at(earlier.len()), earlier: Key::at(place) }),
        None => Ok(()),
    }
}

impl From<Secret> for Keyring {
    fn from(current: Secret) -> Keyring {
        Keyring { secrets: vec![current], ..Keyring::empty() }
    }
}

#[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
impl From<PublicKey> for Keyring {
    fn from(current: PublicKey) -> Keyring {
        Keyring { public_keys: vec![current], ..Keyring::empty() }
    }
}

#[cfg(feature = "ed25519")]
impl From<SigningKey> for Keyring {
    fn from(current: SigningKey) -> Keyring {
        Keyring { signing_keys: vec![current], ..Keyring::empty() }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.len()).finish_non_exhaustive()
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
