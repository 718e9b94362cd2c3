//! The signatures that a request carries, as texts.

use crate::codec::{Encoding, MAX_MAC_TEXT};
use crate::mac::{Tag, is_among};

/// The most well-formed signatures in one request. The longest list that any provider is known to send has 5.
pub(crate) const MAX_CANDIDATES: usize = 16;

/// Without the first.
const OTHERS: usize = MAX_CANDIDATES - 1;

/// The well-formed signatures of a request.
#[derive(Clone, Copy)]
pub(crate) struct Candidates<'h> {
    first: Option<&'h [u8]>,
    /// Most requests have one signature: the room for more is made when it is needed.
    others: Option<[&'h [u8]; OTHERS]>,
    count: usize,
    encoding: Encoding,
    /// The length of a MAC in bytes; of another signature, the least.
    bytes: usize,
    /// The greatest length in bytes of a signature that is no MAC; 0 for a MAC.
    most: usize,
}

impl<'h> Candidates<'h> {
    /// An empty set for MACs of the first number of bytes, or for other signatures of the first to the second.
    #[inline]
    pub(crate) fn new(encoding: Encoding, (bytes, most): (usize, usize)) -> Candidates<'h> {
        Candidates { first: None, others: None, count: 0, encoding, bytes, most }
    }

    /// The signatures of another algorithm, decoded.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = Vec<u8>> {
        self.texts().filter_map(|text| self.encoding.bytes(text))
    }

    #[inline]
    fn texts(&self) -> impl Iterator<Item = &'h [u8]> {
        let others = self.others.as_ref().and_then(|others| others.get(..self.count.saturating_sub(1)));
        self.first.into_iter().chain(others.unwrap_or_default().iter().copied())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What is wrong with a header that holds none of them.
    pub(crate) fn absence(&self) -> &'static str {
        match self.most {
            0 => self.encoding.absence(self.bytes),
            _ => "holds no well-formed signature of the scheme's algorithm",
        }
    }

    /// Adds a signature if it is well-formed. Returns `false` if there is no room for it.
    #[inline]
    pub(crate) fn add(&mut self, text: &'h [u8]) -> bool {
        let is_well_formed = match self.most {
            0 => self.encoding.is_well_formed(text, self.bytes),
            most => (self.encoding.length(self.bytes)..=self.encoding.length(most)).contains(&text.len()),
        };
        if !is_well_formed {
            return true;
        }
        match self.count.checked_sub(1) {
            None => self.first = Some(text),
            Some(place) => {
                let others = self.others.get_or_insert([&[]; OTHERS]);
                let Some(slot) = others.get_mut(place) else { return false };
                *slot = text;
            }
        }
        self.count += 1;
        true
    }

    /// Whether one of them equals `tag`. All of them are compared, each in constant time.
    #[inline]
    pub(crate) fn contain(&self, tag: &Tag) -> bool {
        let mut ours = [0; MAX_MAC_TEXT];
        let length = self.encoding.write(tag.as_bytes(), &mut ours);
        let Some(ours) = ours.get(..length).filter(|ours| !ours.is_empty()) else { return false };
        let ignored = if self.encoding.ignores_case() { CASE_OF_HEX } else { 0 };
        is_among(ours, self.texts(), ignored)
    }
}

/// The bit that tells upper from lower case. It is set in every digit, and in our own text, which is in lower case.
const CASE_OF_HEX: u8 = 0x20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mac::{Digest, Mac};

    #[test]
    fn every_character_of_a_signature_counts() {
        for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
            for length in [32, 64] {
                let digest = if length == 32 { Digest::Sha256 } else { Digest::Sha512 };
                let tag = Mac::new(&[7; 32], digest).tag([b"body".as_slice()].into_iter());
                let text = encoding.text(tag.as_bytes());
                let is_right = |text: &str| {
                    let mut candidates = Candidates::new(encoding, (length, 0));
                    assert!(candidates.add(text.as_bytes()));
                    candidates.contain(&tag)
                };
                assert!(is_right(&text));
                assert_eq!(is_right(&text.to_uppercase()), encoding == Encoding::Hex);
                for place in 0..text.len() {
                    let mut other = text.clone();
                    let digit = if &text[place..=place] == "0" { "1" } else { "0" };
                    other.replace_range(place..=place, digit);
                    assert!(!is_right(&other), "{other} for {text}");
                }
            }
        }
    }
}
