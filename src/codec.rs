//! Text forms of bytes: of a MAC in a header, and of a key in a configuration.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The longest text of a MAC: the 64 bytes of SHA-512 in hex.
pub(crate) const MAX_MAC_TEXT: usize = 128;

/// How a header writes the MAC.
///
/// Received MACs are never decoded. Instead, our own is encoded once for each key, and the texts are compared. This is
/// faster for one signature and much faster for many, and a non-canonical base64 text cannot match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Written in lower case, read in either case.
    Hex,
    /// Canonical base64 with padding, in the standard alphabet.
    Base64,
    /// Canonical base64 without padding, in the URL-safe alphabet.
    Base64Url,
}

impl Encoding {
    /// Writes the text of `mac` and returns its length.
    #[inline]
    pub(crate) fn write(self, mac: &[u8], text: &mut [u8; MAX_MAC_TEXT]) -> usize {
        let length = self.length(mac.len());
        let Some(text) = text.get_mut(..length) else { return 0 };
        let written = match self {
            // Twice the same call: where the compiler knows the length, it needs a quarter less time, and nearly all
            // are of SHA-256.
            Encoding::Hex => match <&[u8; 32]>::try_from(mac) {
                Ok(mac) => hex::encode_to_slice(mac, text).is_ok(),
                Err(_) => hex::encode_to_slice(mac, text).is_ok(),
            },
            Encoding::Base64 => BASE64.encode_slice(mac, text).is_ok(),
            Encoding::Base64Url => BASE64_URL.encode_slice(mac, text).is_ok(),
        };
        if written { length } else { 0 }
    }

    /// The text of a MAC.
    pub(crate) fn text(self, mac: &[u8]) -> String {
        let mut text = [0; MAX_MAC_TEXT];
        let length = self.write(mac, &mut text);
        text.iter().take(length).map(|byte| char::from(*byte)).collect()
    }

    /// Whether `text` could be a MAC of `bytes` bytes. It does not branch on single characters, which makes it fast.
    #[inline]
    pub(crate) fn is_well_formed(self, text: &[u8], bytes: usize) -> bool {
        if text.len() != self.length(bytes) {
            return false;
        }
        match self {
            Encoding::Hex => text.iter().fold(true, |ok, c| ok & c.is_ascii_hexdigit()),
            Encoding::Base64 => {
                let (digits, padding) = text.split_at(text.len() - (3 - bytes % 3) % 3);
                padding.iter().all(|c| *c == b'=')
                    && digits.iter().fold(true, |ok, c| ok & (c.is_ascii_alphanumeric() | (*c == b'+') | (*c == b'/')))
            }
            Encoding::Base64Url => {
                text.iter().fold(true, |ok, c| ok & (c.is_ascii_alphanumeric() | (*c == b'-') | (*c == b'_')))
            }
        }
    }

    /// The bytes of a signature, if it is written in this encoding.
    pub(crate) fn bytes(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => base64_bytes(text),
            Encoding::Base64Url => base64url_bytes(text),
        }
    }

    /// What is wrong with a header that holds no MAC of `bytes` bytes in this encoding.
    pub(crate) fn absence(self, bytes: usize) -> &'static str {
        macro_rules! absence {
            ($form:literal) => {
                concat!(
                    "holds no well-formed signature: the scheme expects ",
                    $form,
                    " after its prefix, if it has one"
                )
            };
        }
        match (self, bytes) {
            (Encoding::Hex, 20) => absence!("40 hex digits"),
            (Encoding::Hex, 32) => absence!("64 hex digits"),
            (Encoding::Hex, _) => absence!("128 hex digits"),
            (Encoding::Base64, 20) => absence!("28 characters of padded base64"),
            (Encoding::Base64, 32) => absence!("44 characters of padded base64"),
            (Encoding::Base64, _) => absence!("88 characters of padded base64"),
            (Encoding::Base64Url, 20) => absence!("27 characters of unpadded base64url"),
            (Encoding::Base64Url, 32) => absence!("43 characters of unpadded base64url"),
            (Encoding::Base64Url, _) => absence!("86 characters of unpadded base64url"),
        }
    }

    /// Whether letters may be in either case.
    pub(crate) fn ignores_case(self) -> bool {
        matches!(self, Encoding::Hex)
    }

    /// The length of a MAC's text.
    pub(crate) fn length(self, bytes: usize) -> usize {
        match self {
            Encoding::Hex => 2 * bytes,
            Encoding::Base64 => bytes.div_ceil(3) * 4,
            Encoding::Base64Url => (bytes * 4).div_ceil(3),
        }
    }
}

/// Reads a key in hex, in either case.
pub(crate) fn read_hex_key(text: &[u8], key: &mut Vec<u8>) -> bool {
    key.resize(text.len() / 2, 0);
    hex::decode_to_slice(text, key).is_ok()
}

/// Reads a key in base64. Some providers issue keys that are cut at any character, so padding and trailing bits are not
/// checked.
pub(crate) fn read_base64_key(text: &[u8], key: &mut Vec<u8>) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    key.resize(text.len() / 4 * 3 + 3, 0);
    match LENIENT.decode_slice(text, key) {
        Ok(length) => {
            key.truncate(length);
            true
        }
        Err(_) => false,
    }
}

/// Appends a new key as hex.
pub(crate) fn write_hex(key: &[u8], text: &mut String) {
    let mut digits = [0; 2];
    for byte in key {
        if hex::encode_to_slice([*byte], &mut digits).is_ok() {
            text.extend(digits.map(char::from));
        }
    }
}

/// Appends a new key as base64.
pub(crate) fn write_base64(key: &[u8], text: &mut String) {
    // Not `encode_string`, which uses a buffer that it does not wipe.
    let mut digits = [0; 4];
    for bytes in key.chunks(3) {
        if BASE64.encode_slice(bytes, &mut digits).is_ok() {
            text.extend(digits.map(char::from));
        }
    }
}

/// The base64 of a digest or of a token.
pub(crate) fn base64_text(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes of padded base64, canonical, or nothing.
pub(crate) fn base64_bytes(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// The bytes of unpadded base64 in the URL alphabet, canonical, or nothing.
pub(crate) fn base64url_bytes(text: &[u8]) -> Option<Vec<u8>> {
    BASE64_URL.decode(text).ok()
}

/// Unpadded base64 in the URL alphabet.
pub(crate) fn base64url_text(bytes: &[u8]) -> String {
    BASE64_URL.encode(bytes)
}

/// The hex digits of a digest.
pub(crate) fn hex_text(digest: &[u8]) -> String {
    // Not `encode`, which pushes one character after the other.
    let mut text = vec![0; 2 * digest.len()];
    hex::encode_to_slice(digest, &mut text).ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
}
