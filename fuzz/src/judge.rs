//! What the targets compare hookseal with: MACs, encodings and times, by other libraries or by hand.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use hookseal::provider::Provider;
use hookseal::{Extent, Keyring, Scheme, Secret, Verifier};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use time::OffsetDateTime;

/// The clock of every target, in Unix seconds.
pub(crate) const NOW: i64 = 1_770_000_000;

/// The keys of every target, current first.
pub(crate) const KEYS: [&str; 3] =
    ["kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "the secret until yesterday, not now", "0123456789abcdef0123456789abcdef"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Encoding {
    Hex,
    Base64,
    Base64Url,
}

pub(crate) fn now() -> OffsetDateTime {
    at(NOW)
}

pub(crate) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time")
}

/// A verifier of a scheme that may cover as little as it likes.
pub(crate) fn verifier_of(lines: &'static str, covers: &'static str) -> Verifier {
    let scheme = Scheme::try_new(lines, covers).expect("a scheme");
    let provider = Provider::new("acme", scheme).expect("a provider").accept(Extent::Nothing);
    provider.verifier(secret(0)).expect("a verifier")
}

pub(crate) fn secret(place: usize) -> Secret {
    Secret::new(KEYS[place]).expect("a secret")
}

/// The first keys, current first.
pub(crate) fn keyring(count: usize) -> Keyring {
    Keyring::from_secrets((0..count).map(secret)).expect("a keyring")
}

pub(crate) fn mac(hash: Hash, key: &[u8], content: &[u8]) -> Vec<u8> {
    macro_rules! of {
        ($hash:ty) => {{
            let mut mac = <Hmac<$hash> as KeyInit>::new_from_slice(key).expect("any length is a key");
            mac.update(content);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match hash {
        Hash::Sha1 => of!(Sha1),
        Hash::Sha256 => of!(Sha256),
        Hash::Sha512 => of!(Sha512),
    }
}

/// The MAC of SHA-256 in hex under the current key.
pub(crate) fn hex_mac(content: &[u8]) -> String {
    hex::encode(mac(Hash::Sha256, KEYS[0].as_bytes(), content))
}

pub(crate) fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

impl Encoding {
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Hex => hex::encode(bytes),
            Encoding::Base64 => STANDARD.encode(bytes),
            Encoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => STANDARD.decode(text).ok(),
            Encoding::Base64Url => URL_SAFE_NO_PAD.decode(text).ok(),
        }
    }
}

/// Digits without a leading zero, as a number.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let is_plain = text.bytes().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// A time in RFC 3339, in nanoseconds since 1970, by arithmetic over the calendar. `None` too for a leap second, of which
/// this says nothing.
pub(crate) fn rfc3339(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?;
    let (date, clock) = (text.get(..10)?, text.get(11..)?);
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse::<i128>().ok()).flatten();
    let (year, month, day) = (digits(date.get(..4)?)?, digits(date.get(5..7)?)?, digits(date.get(8..)?)?);
    let (hour, minute, second) = (digits(clock.get(..2)?)?, digits(clock.get(3..5)?)?, digits(clock.get(6..8)?)?);
    let marks = [text.as_bytes()[4], text.as_bytes()[7], clock.as_bytes()[2], clock.as_bytes()[5]];
    if marks != *b"--::" || !matches!(text.as_bytes()[10], b'T' | b't') {
        return None;
    }
    let rest = clock.get(8..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=9).contains(&length) {
                return None;
            }
            (digits(&rest[..length])? * 10_i128.pow(9 - length as u32), &rest[length..])
        }
    };
    let minutes = match zone {
        "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('+') {
                1
            } else if zone.starts_with('-') {
                -1
            } else {
                return None;
            };
            let (hours, minutes) = (digits(zone.get(1..3)?)?, digits(zone.get(4..)?)?);
            if zone.len() != 6 || zone.as_bytes()[3] != b':' || hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 60 + minutes)
        }
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    if !(1..=days[month - 1]).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leap_days = |year: i128| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let before = 365 * (year - 1970) + leap_days(year - 1) - leap_days(1969);
    let days = before + days[..month - 1].iter().sum::<i128>() + day - 1;
    Some((((days * 24 + hour) * 60 + minute - minutes) * 60 + second) * 1_000_000_000 + fraction)
}
