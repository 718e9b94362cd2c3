//! Keys and everything cryptographic: no other file names hmac, sha2, subtle or zeroize's crypto types.

use std::fmt;

use hmac::KeyInit;
use hmac::block_api::HmacCore;
use hmac::digest::Output;
use hmac::digest::block_api::{Buffer, FixedOutputCore, UpdateCore};
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::codec::{self, Encoding, MAX_MAC_TEXT};
use crate::error::ConfigError;

/// Keys in one [`Keyring`]: what an unauthenticated request can cost at most is one hash for each.
pub(crate) const MAX_KEYS: usize = 8;
/// Bytes of a new key: as many as SHA-256 puts out, the most that a longer key could add.
const NEW_KEY: usize = 32;
/// Fewer bytes than this can be guessed, given one signed request, by a patient owner of graphics cards.
const MIN_KEY: usize = 16;

/// The hash under the HMAC.
///
/// ```
/// use hookseal::{Digest, Scheme};
///
/// const PAYSTACK: Scheme = Scheme::new("X-Paystack-Signature: {hex}", "{body}").digest(Digest::Sha512);
/// assert_eq!(PAYSTACK.digest_kind(), Digest::Sha512);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Digest {
    /// HMAC-SHA1, 20 bytes. For schemes that offer nothing better.
    #[cfg(feature = "sha1")]
    Sha1,
    /// HMAC-SHA256, 32 bytes: what nearly every provider uses, hence the default.
    #[default]
    Sha256,
    /// HMAC-SHA512, 64 bytes.
    Sha512,
}

/// How the text of a secret becomes the bytes of a key.
///
/// The provider decides, so the form belongs to the [`Scheme`](crate::Scheme). It does not touch
/// [`Secret::from_bytes`].
///
/// ```
/// use hookseal::{Secret, SecretForm};
///
/// let secret = Secret::generate(SecretForm::Whsec)?;
/// assert!(secret.expose().is_some_and(|text| text.starts_with("whsec_")));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecretForm {
    /// The text itself, in UTF-8: what most providers do, hence the default.
    #[default]
    Text,
    /// Hex digits.
    Hex,
    /// Base64 in the standard alphabet, padded or not.
    Base64,
    /// `whsec_` and base64; the prefix may be absent (Standard Webhooks).
    Whsec,
    /// `whsec_` and base64, or any other text as it is (OpenAI).
    WhsecOrText,
}

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

/// One shared secret, as the provider shows it.
///
/// Redacted in `Debug`, wiped from memory when dropped, and neither `Display` nor `Serialize`. An empty secret, white
/// space around it, and (when a signer or verifier is made) a key under 16 bytes are refused.
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
    /// A secret as text. The scheme that it is used with says whether that text is the key, or hex, or base64.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`] and [`ConfigError::UntrimmedSecret`]: nothing is trimmed, because a secret that
    /// differs from the provider's by a line end loses every event.
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
        if text.trim().len() != text.len() {
            return Err(ConfigError::UntrimmedSecret);
        }
        Ok(Secret { material: Material::Text(text), short: false })
    }

    /// A key as bytes, whatever form the scheme gives its secrets.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`].
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let verifier = provider::SVIX.verifier(Secret::from_bytes([0xA5; 32])?)?;
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn from_bytes(key: impl Into<Vec<u8>>) -> Result<Secret, ConfigError> {
        let key = Zeroizing::new(key.into());
        if key.is_empty() {
            return Err(ConfigError::EmptySecret);
        }
        Ok(Secret { material: Material::Bytes(key), short: false })
    }

    /// A new secret: 32 bytes from the operating system, written in `form`. As [`SecretForm::Text`], their hex digits
    /// are the text.
    ///
    /// # Errors
    /// [`ConfigError::NoRandomness`].
    ///
    /// ```
    /// use hookseal::{Secret, SecretForm};
    ///
    /// let secret = Secret::generate(SecretForm::Text)?;
    /// assert_eq!(secret.expose().map(str::len), Some(64));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn generate(form: SecretForm) -> Result<Secret, ConfigError> {
        let mut key = Zeroizing::new([0; NEW_KEY]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| ConfigError::NoRandomness)?;
        let text = match form {
            SecretForm::Text | SecretForm::Hex => codec::hex_text(key.as_slice()),
            SecretForm::Base64 => codec::base64_text(key.as_slice()),
            SecretForm::Whsec | SecretForm::WhsecOrText => {
                let mut text = Zeroizing::new(codec::base64_text(key.as_slice()));
                text.insert_str(0, WHSEC);
                std::mem::take(&mut *text)
            }
        };
        Ok(Secret { material: Material::Text(Zeroizing::new(text)), short: false })
    }

    /// Admits a key under 16 bytes, which [`ConfigError::ShortSecret`] refuses otherwise. An empty key is still refused.
    ///
    /// ```
    /// use hookseal::{ConfigError, Secret, provider};
    ///
    /// let short = Secret::new("hush")?;
    /// assert_eq!(provider::SHOPIFY.verifier(short.clone()).unwrap_err(), ConfigError::ShortSecret { bytes: 4 });
    /// assert!(provider::SHOPIFY.verifier(short.allow_short()).is_ok());
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[must_use]
    pub fn allow_short(mut self) -> Secret {
        self.short = true;
        self
    }

    /// The secret's text, to show to whoever must configure it; `None` for a key made of bytes.
    ///
    /// The one way to see a secret. Do not log what it returns.
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

    /// The key's bytes under a scheme's form.
    fn key(&self, form: SecretForm) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        let key = match &self.material {
            Material::Bytes(key) => key.clone(),
            Material::Text(text) => decode(text, form).ok_or(ConfigError::MalformedSecret { form: form.words() })?,
        };
        match key.len() {
            0 => Err(ConfigError::EmptySecret),
            bytes if bytes < MIN_KEY && !self.short => Err(ConfigError::ShortSecret { bytes }),
            _ => Ok(key),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// The current secret and up to seven previous ones, for rotation without a lost delivery.
///
/// A [`Verifier`](crate::Verifier) accepts any of them and says which it was; a [`Signer`](crate::Signer) uses all of
/// them where the scheme can carry several signatures, else the current one. A single [`Secret`] converts into one.
///
/// ```
/// use hookseal::{Keyring, Secret, provider};
///
/// let keys = Keyring::new(Secret::new("the secret from today on")?)
///     .and_previous(Secret::new("the secret until yesterday")?)?;
/// let verifier = provider::KALLGLOT.verifier(keys)?;
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    /// The current secret, then the previous ones, latest first. Never empty, at most [`MAX_KEYS`].
    secrets: Vec<Secret>,
}

impl Keyring {
    /// A ring with one key.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("a secret of twenty-some bytes")?);
    /// assert_eq!(keys.len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(current: Secret) -> Keyring {
        Keyring { secrets: vec![current] }
    }

    /// Adds a secret that is no longer current but still accepted. Add the latest first: it is tried first.
    ///
    /// # Errors
    /// [`ConfigError::TooManyKeys`] for the ninth key.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("the secret from today on")?)
    ///     .and_previous(Secret::new("the secret until yesterday")?)?;
    /// assert_eq!(keys.len(), 2);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn and_previous(mut self, secret: Secret) -> Result<Keyring, ConfigError> {
        self.secrets.push(secret);
        match self.secrets.len() {
            count if count > MAX_KEYS => Err(ConfigError::TooManyKeys { count }),
            _ => Ok(self),
        }
    }

    /// How many keys there are: 1 to 8.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// assert_eq!(Keyring::from(Secret::new("a secret of twenty-some bytes")?).len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "a ring is never empty")]
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// The keyed state of each key, current first.
    pub(crate) fn macs(&self, form: SecretForm, digest: Digest) -> Result<Vec<Mac>, ConfigError> {
        self.secrets.iter().map(|secret| Ok(Mac::new(&secret.key(form)?, digest))).collect()
    }
}

impl From<Secret> for Keyring {
    fn from(current: Secret) -> Keyring {
        Keyring::new(current)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.secrets.len()).finish_non_exhaustive()
    }
}

/// An HMAC that has taken in its key.
///
/// The block-level form of the hmac crate: without the buffer of its `Hmac`, a key takes 80 bytes instead of 144 and
/// a short message a quarter less time.
#[derive(Clone)]
pub(crate) enum Mac {
    #[cfg(feature = "sha1")]
    Sha1(HmacCore<sha1::Sha1>),
    Sha256(HmacCore<Sha256>),
    Sha512(HmacCore<Sha512>),
}

impl Mac {
    fn new(key: &[u8], digest: Digest) -> Mac {
        // HMAC takes a key of any length; the error of `new_from_slice` belongs to other MACs.
        const ANY_LENGTH: &str = "HMAC accepts keys of any length";
        #[expect(clippy::expect_used, reason = "cannot fail, see above")]
        match digest {
            #[cfg(feature = "sha1")]
            Digest::Sha1 => Mac::Sha1(HmacCore::new_from_slice(key).expect(ANY_LENGTH)),
            Digest::Sha256 => Mac::Sha256(HmacCore::new_from_slice(key).expect(ANY_LENGTH)),
            Digest::Sha512 => Mac::Sha512(HmacCore::new_from_slice(key).expect(ANY_LENGTH)),
        }
    }

    /// The MAC of a message in pieces.
    #[inline]
    pub(crate) fn tag<'a>(&self, message: impl Iterator<Item = &'a [u8]>) -> Tag {
        match self {
            #[cfg(feature = "sha1")]
            Mac::Sha1(core) => tag(core, message),
            Mac::Sha256(core) => tag(core, message),
            Mac::Sha512(core) => tag(core, message),
        }
    }

    /// The same for a message whose pieces are still to come.
    pub(crate) fn begin(&self) -> RunningMac {
        match self {
            #[cfg(feature = "sha1")]
            Mac::Sha1(core) => RunningMac::Sha1(Running::new(core)),
            Mac::Sha256(core) => RunningMac::Sha256(Running::new(core)),
            Mac::Sha512(core) => RunningMac::Sha512(Running::new(core)),
        }
    }

    /// Bytes of the finished MAC.
    pub(crate) fn length(&self) -> usize {
        match self {
            #[cfg(feature = "sha1")]
            Mac::Sha1(_) => 20,
            Mac::Sha256(_) => 32,
            Mac::Sha512(_) => 64,
        }
    }
}

/// An HMAC that has taken in its key and some of the message.
pub(crate) enum RunningMac {
    #[cfg(feature = "sha1")]
    Sha1(Running<HmacCore<sha1::Sha1>>),
    Sha256(Running<HmacCore<Sha256>>),
    Sha512(Running<HmacCore<Sha512>>),
}

impl RunningMac {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        match self {
            #[cfg(feature = "sha1")]
            RunningMac::Sha1(running) => running.update(piece),
            RunningMac::Sha256(running) => running.update(piece),
            RunningMac::Sha512(running) => running.update(piece),
        }
    }

    pub(crate) fn finish(self) -> Tag {
        match self {
            #[cfg(feature = "sha1")]
            RunningMac::Sha1(running) => running.finish(),
            RunningMac::Sha256(running) => running.finish(),
            RunningMac::Sha512(running) => running.finish(),
        }
    }
}

pub(crate) struct Running<C: UpdateCore + FixedOutputCore> {
    core: C,
    buffer: Buffer<C>,
}

impl<C: UpdateCore + FixedOutputCore + Clone> Running<C> {
    fn new(core: &C) -> Self {
        Running { core: core.clone(), buffer: Buffer::<C>::default() }
    }

    fn update(&mut self, piece: &[u8]) {
        self.buffer.digest_blocks(piece, |blocks| self.core.update_blocks(blocks));
    }

    fn finish(mut self) -> Tag {
        Tag::of(&mut self.core, &mut self.buffer)
    }
}

/// The same as a [`Running`], on locals: moving the state about costs as much as half a compression.
#[inline]
fn tag<'a, C: UpdateCore + FixedOutputCore + Clone>(core: &C, message: impl Iterator<Item = &'a [u8]>) -> Tag {
    let mut core = core.clone();
    let mut buffer = Buffer::<C>::default();
    message.for_each(|piece| buffer.digest_blocks(piece, |blocks| core.update_blocks(blocks)));
    let tag = Tag::of(&mut core, &mut buffer);
    // Finished, they hold the MAC and no longer the key: not worth the time that wiping them takes for each request.
    std::mem::forget((core, buffer));
    tag
}

/// A finished MAC.
pub(crate) struct Tag {
    /// `[MAC | zeros]`
    bytes: [u8; MAX_MAC],
    length: usize,
}

impl Tag {
    #[inline]
    fn of<C: FixedOutputCore>(core: &mut C, buffer: &mut Buffer<C>) -> Tag {
        let mut mac = Output::<C>::default();
        core.finalize_fixed_core(buffer, &mut mac);
        let mut tag = Tag { bytes: [0; MAX_MAC], length: mac.len() };
        tag.bytes[..mac.len()].copy_from_slice(&mac);
        tag
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The longest MAC in bytes, that of SHA-512.
const MAX_MAC: usize = 64;

/// Well-formed signatures in one request. The longest rotation list in the field has 5.
pub(crate) const MAX_CANDIDATES: usize = 16;

/// Received signatures, all well-formed.
#[derive(Clone, Copy)]
pub(crate) struct Candidates<'h> {
    texts: [&'h [u8]; MAX_CANDIDATES],
    count: usize,
    encoding: Encoding,
    /// Bytes of a MAC.
    bytes: usize,
}

impl<'h> Candidates<'h> {
    /// An empty set for MACs of so many bytes.
    pub(crate) fn new(encoding: Encoding, bytes: usize) -> Candidates<'h> {
        Candidates { texts: [&[]; MAX_CANDIDATES], count: 0, encoding, bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a signature if it is well-formed. `false` when there is no room for it.
    #[inline]
    pub(crate) fn add(&mut self, text: &'h [u8]) -> bool {
        if !self.encoding.is_well_formed(text, self.bytes) {
            return true;
        }
        let Some(slot) = self.texts.get_mut(self.count) else { return false };
        *slot = text;
        self.count += 1;
        true
    }

    /// Whether one of them is `tag`. All are compared, each in constant time.
    #[inline]
    pub(crate) fn contain(&self, tag: &Tag) -> bool {
        let mut ours = [0; MAX_MAC_TEXT];
        let length = self.encoding.write(tag.as_bytes(), &mut ours);
        let Some(ours) = ours.get(..length).filter(|ours| !ours.is_empty()) else { return false };
        let mut found = Choice::from(0);
        for text in self.texts.iter().take(self.count) {
            found |= same(ours, text, self.encoding.ignores_case());
        }
        found.into()
    }
}

/// Compares texts of one length in 16-byte words, all of them, with `subtle`'s barrier around the sum.
#[inline]
fn same(ours: &[u8], theirs: &[u8], ignore_case: bool) -> Choice {
    let word = |text: &[u8; 16]| {
        let text = if ignore_case { text.map(|c| c.to_ascii_lowercase()) } else { *text };
        u128::from_ne_bytes(text)
    };
    let end = |text: &[u8]| {
        let mut padded = [0; 16];
        padded.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        word(&padded)
    };
    let ((ours, our_end), (theirs, their_end)) = (ours.as_chunks::<16>(), theirs.as_chunks::<16>());
    let words = ours.iter().zip(theirs).fold(0, |sum, (a, b)| sum | (word(a) ^ word(b)));
    let ends = if our_end.is_empty() { 0 } else { end(our_end) ^ end(their_end) };
    (words | ends).ct_eq(&0) & Choice::from(u8::from(ours.len() == theirs.len() && our_end.len() == their_end.len()))
}

/// The marker before a base64 secret.
const WHSEC: &str = "whsec_";

fn decode(text: &str, form: SecretForm) -> Option<Zeroizing<Vec<u8>>> {
    let as_text = || Some(Zeroizing::new(text.as_bytes().to_vec()));
    match form {
        SecretForm::Text => as_text(),
        SecretForm::Hex => codec::hex_key(text.as_bytes()),
        SecretForm::Base64 => codec::base64_key(text.as_bytes()),
        SecretForm::Whsec => codec::base64_key(text.strip_prefix(WHSEC).unwrap_or(text).as_bytes()),
        SecretForm::WhsecOrText => match text.strip_prefix(WHSEC) {
            Some(base64) => codec::base64_key(base64.as_bytes()),
            None => as_text(),
        },
    }
}
