//! The keys that a configured text could have been meant to be.
//!
//! None of them is a guess: each comes from a text that the user configured, and none is shorter than 16 bytes unless the
//! configured one is. Otherwise a report would tell an attacker whether a weak key was used.

mod edits;

use zeroize::Zeroizing;

use crate::mac::{Digest, Mac, sha256};
use crate::secret::{SecretForm, decode};

use super::cause::Cause;
use super::code::Code;
use edits::{Variant, edits, without_prefix};

/// The fewest bytes of a key that is not the configured one.
const MIN_KEY: usize = 16;

pub(super) struct KeyCandidate {
    pub(super) causes: Vec<Cause>,
    macs: Vec<(Digest, Mac)>,
    text: Zeroizing<Vec<u8>>,
}

impl KeyCandidate {
    pub(super) fn mac(&self, digest: Digest) -> Option<&Mac> {
        self.macs.iter().find(|(own, _)| *own == digest).map(|(_, mac)| mac)
    }

    pub(super) fn plain(&self, digest: Digest) -> Mac {
        Mac::plain(&self.text, digest)
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }
}

/// What the user configured: the secret in use, and others by name.
pub(super) struct Secrets {
    pub(super) text: Zeroizing<String>,
    pub(super) others: Vec<(String, Zeroizing<String>)>,
}

impl Secrets {
    fn configured(&self) -> Variant {
        Variant { text: self.text.clone(), causes: Vec::new() }
    }

    fn others(&self) -> impl Iterator<Item = Variant> {
        self.others.iter().map(|(name, text)| {
            let cause =
                Cause::new(Code::SecretOther, format!("The secret of `{name}` signed this, not the configured one"));
            Variant { text: text.clone(), causes: vec![cause] }
        })
    }
}

/// The keys, simplest first: the configured one, then those with one cause, then, after [`deepen`](Self::deepen), those with
/// two.
pub(super) struct Keys {
    found: Vec<KeyCandidate>,
    digests: Vec<Digest>,
    form: SecretForm,
    /// Keys with at most one cause.
    pub(super) simple: usize,
}

impl Keys {
    pub(super) fn new(secrets: &Secrets, form: SecretForm, digests: &[Digest]) -> Keys {
        let mut keys = Keys { found: Vec::new(), digests: digests.to_vec(), form, simple: 0 };
        let configured = secrets.configured();
        if let Some(key) = decode(&configured.text, form).filter(|key| !key.is_empty()) {
            keys.add(&key, Vec::new());
        }
        for variant in edits(&configured) {
            keys.add_form(&variant, form);
        }
        for other in secrets.others() {
            keys.add_form(&other, form);
        }
        keys.add_forms(&configured, form);
        keys.add_sender(&configured.text, form);
        keys.simple = keys.found.len();
        keys
    }

    /// Adds the keys with two causes.
    pub(super) fn deepen(&mut self, secrets: &Secrets) {
        if self.simple < self.found.len() {
            return;
        }
        let form = self.form;
        for variant in edits(&secrets.configured()) {
            self.add_forms(&variant, form);
            for second in edits(&variant) {
                self.add_form(&second, form);
            }
        }
        for other in secrets.others() {
            self.add_forms(&other, form);
            for variant in edits(&other) {
                self.add_form(&variant, form);
            }
        }
    }

    /// The configured key (`Some(0)`), those with one cause too (`Some(1)`), or all.
    pub(super) fn up_to(&self, depth: Option<u8>) -> &[KeyCandidate] {
        let end = match depth {
            Some(0) => usize::from(self.found.first().is_some_and(|key| key.causes.is_empty())),
            Some(_) => self.simple,
            None => self.found.len(),
        };
        self.found.get(..end).unwrap_or_default()
    }

    fn add(&mut self, key: &[u8], causes: Vec<Cause>) {
        let is_own = causes.is_empty();
        if !is_own && key.len() < MIN_KEY || self.found.iter().any(|known| *known.text == key) {
            return;
        }
        let macs = self.digests.iter().map(|digest| (*digest, Mac::new(key, *digest))).collect();
        self.found.push(KeyCandidate { causes, macs, text: Zeroizing::new(key.to_vec()) });
    }

    /// The text in the scheme's form.
    fn add_form(&mut self, variant: &Variant, form: SecretForm) {
        if let Some(key) = decode(&variant.text, form) {
            self.add(&key, variant.causes.clone());
        }
    }

    /// The text in other forms than the scheme's.
    fn add_forms(&mut self, variant: &Variant, form: SecretForm) {
        let with = |text: String| {
            let mut causes = variant.causes.clone();
            if !causes.iter().any(|cause| cause.code() == Code::SecretForm) {
                causes.push(Cause::new(Code::SecretForm, text));
            }
            causes
        };
        for other in [SecretForm::Text, SecretForm::Hex, SecretForm::Base64, SecretForm::Whsec] {
            if other != form
                && let Some(key) = decode(&variant.text, other)
            {
                self.add(&key, with(format!("The secret is read as {form}, and the key is its {other} form")));
            }
        }
        let bare = without_prefix(&variant.text);
        if bare.len() < variant.text.len()
            && let Some(key) = decode(bare, SecretForm::Hex)
        {
            self.add(&key, with("The key is the hex form of the secret".into()));
        }
        let words = |low: bool| -> Zeroizing<Vec<u8>> {
            let bytes = |unit: u16| if low { unit.to_le_bytes() } else { unit.to_be_bytes() };
            Zeroizing::new(variant.text.encode_utf16().flat_map(bytes).collect())
        };
        self.add(&words(true), with("The key is the secret in UTF-16".into()));
        self.add(&words(false), with("The key is the secret in UTF-16".into()));
        let hash = Zeroizing::new(sha256([variant.text.as_bytes()]));
        self.add(hash.as_slice(), with("The key is the SHA-256 hash of the secret".into()));
    }

    /// What a sender may have signed with by mistake.
    fn add_sender(&mut self, configured: &str, form: SecretForm) {
        if form != SecretForm::Text {
            return;
        }
        for (before, after, name) in [
            ("", "\n", "\\n"),
            ("", "\r\n", "\\r\\n"),
            ("", " ", "a blank"),
            (" ", "", "a blank"),
            ("\u{feff}", "", "a byte order mark"),
        ] {
            let text = Zeroizing::new([before, configured, after].concat());
            let place = if before.is_empty() { "after" } else { "before" };
            let cause = format!("The sender signs with {name} {place} the secret");
            self.add(text.as_bytes(), vec![Cause::new(Code::SecretWhitespace, cause)]);
        }
        for quote in ["\"", "'"] {
            let text = Zeroizing::new([quote, configured, quote].concat());
            let told = format!("The sender signs with {quote} around the secret");
            self.add(text.as_bytes(), vec![Cause::new(Code::SecretQuotes, told)]);
        }
    }
}

/// The texts that the configured one could have been meant to be, with one cause each.
pub(super) fn texts(secrets: &Secrets) -> Vec<(Zeroizing<String>, Vec<Cause>)> {
    let variants = edits(&secrets.configured()).into_iter().chain(secrets.others());
    variants.map(|variant| (variant.text, variant.causes)).collect()
}

/// Whether a text that is not the configured one has a key that may be tried.
pub(super) fn is_long_enough(text: &str, form: SecretForm) -> bool {
    decode(text, form).is_some_and(|key| key.len() >= MIN_KEY)
}
