//! A signature is accepted if it is ours to the last character, and else refused, wherever the difference lies.

use hookseal::{Digest, Scheme, Secret, Signer, Verifier, VerifyError};

/// Characters that are compared at once: the comparison works in words.
const WORD: usize = 16;

const ENCODINGS: [(&str, &[u8]); 3] = [
    ("hex", b"0123456789abcdef"),
    ("base64", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    ("base64url", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
];

/// A signature under one encoding and digest, and who judges it.
struct Signed {
    name: String,
    hex: bool,
    alphabet: &'static [u8],
    text: Vec<u8>,
    verifier: Verifier,
}

impl Signed {
    fn judge(&self, text: &[u8]) -> Result<(), VerifyError> {
        self.verifier.verify(&[("X-Signature", text)], b"a body").map(drop)
    }

    fn refuses(&self, text: &[u8], why: &str) {
        let shown = String::from_utf8_lossy(text);
        assert_eq!(self.judge(text), Err(VerifyError::NoMatch), "{}, {why}: {shown}", self.name);
        if self.hex {
            assert_eq!(self.judge(&text.to_ascii_uppercase()), Err(VerifyError::NoMatch), "{}, {why}", self.name);
        }
    }

    /// Places of digits, without padding.
    fn places(&self) -> usize {
        self.text.iter().position(|c| *c == b'=').unwrap_or(self.text.len())
    }
}

fn all() -> Vec<Signed> {
    let digests = [
        #[cfg(feature = "sha1")]
        Digest::Sha1,
        Digest::Sha256,
        Digest::Sha512,
    ];
    let mut all = Vec::new();
    for digest in digests {
        for (encoding, alphabet) in ENCODINGS {
            for key in 0..4 {
                let scheme =
                    Scheme::try_new(format!("X-Signature: {{{encoding}}}"), "{body}").unwrap().with_digest(digest);
                let secret = || Secret::from_bytes([key; 32]).unwrap();
                let headers = Signer::new(scheme.clone(), secret()).unwrap().sign("id", b"a body").unwrap();
                all.push(Signed {
                    name: format!("{digest:?} in {encoding}, key {key}"),
                    hex: encoding == "hex",
                    alphabet,
                    text: headers["x-signature"].as_bytes().to_vec(),
                    verifier: Verifier::new(scheme, secret()).unwrap(),
                });
            }
        }
    }
    all
}

#[test]
fn every_other_digit_at_every_place_is_refused() {
    for signed in all() {
        assert_eq!(signed.judge(&signed.text), Ok(()), "{}", signed.name);
        for place in 0..signed.places() {
            for digit in signed.alphabet.iter().filter(|digit| **digit != signed.text[place]) {
                let mut text = signed.text.clone();
                text[place] = *digit;
                signed.refuses(&text, "one digit differs");
            }
        }
    }
}

#[test]
fn differences_that_cancel_are_refused() {
    for signed in all() {
        let places = signed.places();
        for one in 0..places {
            for other in (one + WORD..places).step_by(WORD) {
                let mut text = signed.text.clone();
                cancel(&mut text, one, other, signed.alphabet);
                signed.refuses(&text, "the same difference in two words");
            }
        }
        // All of two words, as far as both have digits.
        for one in (0..places).step_by(WORD) {
            for other in (one + WORD..places).step_by(WORD) {
                let mut text = signed.text.clone();
                for offset in 0..WORD.min(places - other) {
                    cancel(&mut text, one + offset, other + offset, signed.alphabet);
                }
                signed.refuses(&text, "the same differences all over two words");
            }
        }
    }
}

/// Changes two digits by the same bits: swaps them, or if they are equal makes both another one.
fn cancel(text: &mut [u8], one: usize, other: usize, alphabet: &[u8]) {
    let before = (text[one], text[other]);
    text.swap(one, other);
    if before.0 == before.1 {
        let another = alphabet.iter().find(|digit| **digit != before.0).unwrap();
        (text[one], text[other]) = (*another, *another);
    }
    assert_eq!(before.0 ^ text[one], before.1 ^ text[other]);
    assert_ne!(before, (text[one], text[other]));
}

#[test]
fn only_hex_ignores_case() {
    for signed in all() {
        for place in 0..signed.places() {
            let mut text = signed.text.clone();
            text[place] ^= b' ';
            if signed.text[place].is_ascii_alphabetic() {
                let expected = if signed.hex { Ok(()) } else { Err(VerifyError::NoMatch) };
                assert_eq!(signed.judge(&text), expected, "{}: {}", signed.name, String::from_utf8_lossy(&text));
            }
        }
    }
}

/// What cannot be a signature is refused before the body is hashed, and is no failed guess.
#[test]
fn bytes_outside_the_alphabet_and_other_lengths_are_malformed() {
    for signed in all() {
        let malformed = |text: &[u8], why: &str| {
            let error = signed.judge(text).unwrap_err();
            let shown = String::from_utf8_lossy(text);
            assert!(matches!(error, VerifyError::MalformedHeader { .. }), "{}, {why}: {error}: {shown}", signed.name);
        };
        for place in 0..signed.text.len() {
            for byte in (b'!'..=b'~').chain([0x80, 0xFF]) {
                let digit = if signed.hex { byte.is_ascii_hexdigit() } else { signed.alphabet.contains(&byte) };
                let mut text = signed.text.clone();
                text[place] = byte;
                // Padding has its places, and digits have theirs.
                if if place < signed.places() { !digit } else { byte != b'=' } {
                    malformed(&text, "a byte outside the alphabet");
                }
            }
        }
        malformed(&signed.text[1..], "a digit is missing");
        malformed(&signed.text[..signed.text.len() - 1], "the last character is missing");
        malformed(&[&signed.text[..], b"A"].concat(), "a digit too many");
    }
}
