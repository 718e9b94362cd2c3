//! Text forms of bytes: how a header writes a MAC, and how a configuration writes a key.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// The longest MAC in bytes, that of SHA-512.
pub(crate) const MAX_MAC: usize = 64;
/// The longest text of one: 64 bytes in hex.
const MAX_MAC_TEXT: usize = 2 * MAX_MAC;

/// How a header writes the MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Written in lower case, read in either.
    Hex,
    /// Standard alphabet, padded, canonical.
    Base64,
    /// URL alphabet, unpadded, canonical.
    Base64Url,
}

impl Encoding {
    /// Appends the text of `mac`.
    pub(crate) fn write(self, mac: &[u8], out: &mut Vec<u8>) {
        let mut text = [0; MAX_MAC_TEXT];
        let length = match self {
            Encoding::Hex => {
                let length = 2 * mac.len();
                text.get_mut(..length).and_then(|text| hex::encode_to_slice(mac, text).ok()).map(|()| length)
            }
            Encoding::Base64 => BASE64.encode_slice(mac, &mut text).ok(),
            Encoding::Base64Url => BASE64_URL.encode_slice(mac, &mut text).ok(),
        };
        out.extend_from_slice(&text[..length.unwrap_or_default()]);
    }

    /// Reads a MAC of exactly `mac.len()` bytes; `false` for any other text.
    pub(crate) fn read(self, text: &[u8], mac: &mut [u8]) -> bool {
        match self {
            Encoding::Hex => hex::decode_to_slice(text, mac).is_ok(),
            Encoding::Base64 => BASE64.decode_slice(text, mac) == Ok(mac.len()),
            Encoding::Base64Url => BASE64_URL.decode_slice(text, mac) == Ok(mac.len()),
        }
    }
}

/// A key in hex, either case.
pub(crate) fn hex_key(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; text.len() / 2]);
    hex::decode_to_slice(text, &mut key).is_ok().then_some(key)
}

/// A key in base64. Providers hand out keys cut at any character, so padding and trailing bits are not judged.
pub(crate) fn base64_key(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut key = Zeroizing::new(vec![0; text.len() / 4 * 3 + 3]);
    let length = LENIENT.decode_slice(text, &mut key).ok()?;
    key.truncate(length);
    Some(key)
}

/// Text of a new key.
pub(crate) fn hex_text(key: &[u8]) -> String {
    hex::encode(key)
}

/// Text of a new key.
pub(crate) fn base64_text(key: &[u8]) -> String {
    BASE64.encode(key)
}
