//! Secrets and signatures are read as the libraries `hex` and `base64`, and a decoder written here, read them: what those
//! decode to another key or MAC, or not at all, is not accepted.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::{Digest, Scheme, Secret, SecretForm, Verifier};

use crate::judge::{self, Encoding, Hash, KEYS, mac};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Secret { form: u8, text: Text<'a> },
    Signature { encoding: u8, hash: u8, body: u8, text: Text<'a> },
}

#[derive(Arbitrary, Debug)]
struct Text<'a> {
    prefix: u8,
    inner: Inner<'a>,
    edits: Vec<(u8, Edit)>,
}

#[derive(Arbitrary, Debug)]
enum Inner<'a> {
    Raw(&'a str),
    Encoded(u8, &'a [u8]),
    /// The right MAC, where there is one.
    Mac(u8),
}

#[derive(Arbitrary, Debug)]
enum Edit {
    Set(u8),
    Insert(u8),
    Remove,
    Upper,
    Pad,
}

const FORMS: [SecretForm; 5] =
    [SecretForm::Text, SecretForm::Hex, SecretForm::Base64, SecretForm::Whsec, SecretForm::WhsecOrText];
const ENCODINGS: [(Encoding, &str); 3] =
    [(Encoding::Hex, "{hex}"), (Encoding::Base64, "{base64}"), (Encoding::Base64Url, "{base64url}")];
const HASHES: [(Hash, Digest); 3] =
    [(Hash::Sha1, Digest::Sha1), (Hash::Sha256, Digest::Sha256), (Hash::Sha512, Digest::Sha512)];
const PREFIXES: [&str; 6] = ["", "", "whsec_", "v1,whsec_", " ", "\u{feff}"];

impl Text<'_> {
    fn bytes(&self, mac: &[u8]) -> Vec<u8> {
        let encoded = |encoding: u8, bytes| ENCODINGS[usize::from(encoding) % 3].0.encode(bytes);
        let mut text = PREFIXES[usize::from(self.prefix) % PREFIXES.len()].to_owned();
        text.push_str(&match &self.inner {
            Inner::Raw(raw) => (*raw).to_owned(),
            Inner::Encoded(encoding, bytes) => encoded(*encoding, bytes),
            Inner::Mac(encoding) => encoded(*encoding, mac),
        });
        let mut text = text.into_bytes();
        for (at, edit) in &self.edits {
            let at = usize::from(*at).min(text.len());
            match (edit, text.get_mut(at)) {
                (Edit::Set(byte), Some(old)) => *old = *byte,
                (Edit::Insert(byte), _) => text.insert(at, *byte),
                (Edit::Remove, Some(_)) => drop(text.remove(at)),
                (Edit::Upper, Some(byte)) => byte.make_ascii_uppercase(),
                (Edit::Pad, _) => text.push(b'='),
                _ => {}
            }
        }
        text
    }
}

/// Base64 in the standard alphabet, padded or not, whose last digit may have more bits than it needs.
fn lenient_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if digits.len() % 4 == 1 || padding != 0 && padding > (4 - digits.len() % 4) % 4 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// The key that a text stands for.
fn key(form: SecretForm, text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len() >= 64 && text.bytes().all(|c| c.is_ascii_hexdigit());
    let key = match form {
        SecretForm::Hex => hex::decode(text).ok()?,
        SecretForm::Base64 | SecretForm::Whsec if is_hex => return None,
        SecretForm::Base64 => lenient_base64(text)?,
        SecretForm::Whsec => {
            let bare = text.strip_prefix("whsec_").or_else(|| text.strip_prefix("v1,whsec_"));
            lenient_base64(bare.unwrap_or(text))?
        }
        SecretForm::WhsecOrText => match text.strip_prefix("whsec_") {
            Some(bare) => lenient_base64(bare)?,
            None => text.as_bytes().to_vec(),
        },
        _ => text.as_bytes().to_vec(),
    };
    (key.len() >= 16).then_some(key)
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    match input {
        Input::Secret { form, text } => {
            if let Ok(text) = String::from_utf8(text.bytes(KEYS[0].as_bytes())) {
                secret(FORMS[usize::from(form) % FORMS.len()], &text);
            }
        }
        Input::Signature { encoding, hash, body, text } => {
            signature(usize::from(encoding) % 3, usize::from(hash) % 3, body, &text);
        }
    }
}

fn secret(form: SecretForm, text: &str) {
    const SCHEME: Scheme = Scheme::new("S: {hex}", "{body}");
    let is_trimmed = !text.is_empty() && text.trim() == text && !text.starts_with('\u{feff}');
    let secret = Secret::new(text);
    assert_eq!(secret.is_ok(), is_trimmed, "{text:?}");
    let Ok(secret) = secret else { return };
    assert_eq!(format!("{secret:?}"), "Secret([redacted])");
    let verifier = Verifier::new(SCHEME.with_secret_form(form), secret);
    let key = key(form, text);
    assert_eq!(verifier.is_ok(), key.is_some(), "{text:?} as {form:?}: {verifier:?}");
    let (Ok(verifier), Some(key)) = (verifier, key) else { return };
    let mac = hex::encode(mac(Hash::Sha256, &key, b"{}"));
    assert!(verifier.verify(&[("s", mac)], b"{}").is_ok(), "{text:?} as {form:?} is another key");
}

fn signature(encoding: usize, hash: usize, body: u8, text: &Text<'_>) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let verifiers = VERIFIERS.get_or_init(|| {
        let verifier = |encoding: &str, digest| {
            let scheme = Scheme::try_new(format!("S: {encoding}"), "{body}").expect("a scheme").with_digest(digest);
            Verifier::new(scheme, judge::secret(0)).expect("a verifier")
        };
        ENCODINGS.iter().flat_map(|(_, word)| HASHES.iter().map(move |(_, digest)| verifier(word, *digest))).collect()
    });
    let right = mac(HASHES[hash].0, KEYS[0].as_bytes(), &[body]);
    let text = text.bytes(&right);
    let (headers, content) = ([("s", &text)], [body]);
    let expected = ENCODINGS[encoding].0.decode(&text).is_some_and(|decoded| decoded == right);
    let verified = verifiers[encoding * 3 + hash].verify(headers.as_slice(), &content);
    assert_eq!(verified.is_ok(), expected, "{:?}: {verified:?}", String::from_utf8_lossy(&text));
}
