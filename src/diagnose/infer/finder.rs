//! The search: contents that are usual, under the keys that the secret may be, until a MAC is one of the delivery.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::diagnose::captured::Captured;
use crate::diagnose::moment::Moment;
use crate::diagnose::observed::{LENGTHS, Observed};
use crate::diagnose::run::judge;
use crate::diagnose::search::digest_of;
use crate::diagnose::template::{self, Guess, Token};
use crate::diagnose::trial::verifier;
use crate::diagnose::{sample, sketch};
use crate::mac::{Digest, Mac};
use crate::provider::{self, Provider};
use crate::scheme::Scheme;
use crate::secret::{SecretForm, decode};

use super::Reading;

pub(super) fn accepts(scheme: &Scheme, secret: &str, delivery: &Captured, now: OffsetDateTime) -> bool {
    let provider = Provider::new("custom", scheme.clone());
    let verifier = provider.and_then(|provider| verifier(&provider, secret, delivery));
    verifier.is_ok_and(|verifier| judge(&verifier, delivery, now).is_ok())
}

/// The shortest key that is read in a form that the user may not have meant.
const MIN_KEY: usize = 8;

pub(super) struct Finder<'f> {
    delivery: &'f Captured,
    secret: &'f str,
    now: OffsetDateTime,
    pub(super) macs: u64,
    pub(super) readings: Vec<Reading>,
}

/// A form in which the secret can be read, with its key.
struct Keyed {
    form: SecretForm,
    mac: Mac,
    plain: Mac,
    key: Zeroizing<Vec<u8>>,
}

impl<'f> Finder<'f> {
    pub(super) fn new(delivery: &'f Captured, secret: &'f str, now: OffsetDateTime) -> Finder<'f> {
        Finder { delivery, secret, now, macs: 0, readings: Vec::new() }
    }

    pub(super) fn run(&mut self) {
        let observed = Observed::new(self.delivery, false);
        let (times, ids) = (template::times(self.delivery), template::ids(self.delivery));
        for digest in observed.lengths(&LENGTHS).into_iter().filter_map(digest_of) {
            let keys = self.keys(digest);
            let mut matching: Vec<(Guess, SecretForm)> = Vec::new();
            let mut signed: Option<Vec<u8>> = None;
            let mut macs = 0;
            template::visit(self.delivery, &times, &ids, digest, &mut |guess| {
                let text = |key: &[u8]| guess.content.pieces(self.delivery.body(), key).concat();
                if let (Some(signed), Some((_, form))) = (&signed, matching.first()) {
                    // The same bytes in another reading: no MAC is needed.
                    if !guess.content.is_plain() && text(&[]) == *signed {
                        matching.push((guess, *form));
                    }
                    return matching.len() >= 16;
                }
                for keyed in &keys {
                    macs += 1;
                    let content = text(&keyed.key);
                    let mac = if guess.content.is_plain() { &keyed.plain } else { &keyed.mac };
                    let tag = mac.probe(std::iter::once(content.as_slice()));
                    if observed.find(tag.as_bytes()).iter().any(|sighting| sighting.damage.is_none()) {
                        matching.push((guess, keyed.form));
                        signed = Some(content);
                        return false;
                    }
                }
                false
            });
            self.macs += macs;
            for (guess, form) in matching {
                self.read(&guess, form, digest, &observed, &keys);
            }
            if !self.readings.is_empty() {
                return;
            }
        }
        self.read_catalogue();
    }

    /// What the catalogue has and no template says: fields of the body, lists of signed headers.
    fn read_catalogue(&mut self) {
        for name in self.presets() {
            let schemes = provider::by_name(name).map(Provider::schemes).unwrap_or_default();
            let times = self.times();
            let accepting =
                |scheme: &&Scheme| times.iter().any(|now| accepts(scheme, self.secret, self.delivery, *now));
            if let Some(scheme) = schemes.iter().find(accepting)
                && !self.readings.iter().any(|known| known.scheme == *scheme)
            {
                let secret = Zeroizing::new(self.secret.to_owned());
                self.readings.push(Reading { scheme: scheme.clone(), presets: vec![name], secret });
            }
        }
    }

    /// The time of the capture, and those that it says itself.
    fn times(&self) -> Vec<OffsetDateTime> {
        let own = template::times(self.delivery);
        std::iter::once(self.now).chain(own.iter().filter_map(time_of)).collect()
    }

    fn keys(&self, digest: Digest) -> Vec<Keyed> {
        let mut keys: Vec<Keyed> = Vec::new();
        let mut forms = vec![SecretForm::Text, SecretForm::Hex, SecretForm::Base64];
        if self.secret.starts_with("whsec_") {
            forms.insert(0, SecretForm::Whsec);
        }
        for form in forms {
            if let Some(key) = decode(self.secret, form)
                .filter(|key| !key.is_empty() && (form == SecretForm::Text || key.len() >= MIN_KEY))
                && !keys.iter().any(|known| known.key == key)
            {
                let (mac, plain) = (Mac::new(&key, digest), Mac::plain(&key, digest));
                keys.push(Keyed { form, mac, plain, key });
            }
        }
        keys
    }

    /// Writes a match in the notation, and lets the verifier check it.
    fn read(&mut self, guess: &Guess, form: SecretForm, digest: Digest, observed: &Observed, keys: &[Keyed]) {
        let Some(keyed) = keys.iter().find(|keyed| keyed.form == form) else { return };
        let content = guess.content.pieces(self.delivery.body(), &keyed.key).concat();
        let mac = if guess.content.is_plain() { &keyed.plain } else { &keyed.mac };
        let tag = mac.probe(std::iter::once(content.as_slice()));
        let mut found: Vec<Scheme> = Vec::new();
        for sighting in observed.find(tag.as_bytes()) {
            for headers in sketch::headers(self.delivery, sighting, guess.time.as_ref(), guess.id.as_ref()) {
                let Ok(scheme) = Scheme::try_new(headers, guess.content.covers.clone()) else { continue };
                let scheme = scheme.with_digest(digest).with_secret_form(form);
                if self.is_accepted(&scheme, guess) {
                    found.push(scheme);
                    break;
                }
            }
        }
        for scheme in found {
            if !self.readings.iter().any(|known| known.scheme == scheme) {
                let presets = self.presets();
                self.readings.push(Reading { scheme, presets, secret: Zeroizing::new(self.secret.to_owned()) });
            }
        }
        self.readings.sort_by_key(|reading| distance(&reading.scheme));
    }

    /// At the time of the capture or, if that is long ago, at the time that it says itself.
    fn is_accepted(&self, scheme: &Scheme, guess: &Guess) -> bool {
        let own = guess.time.as_ref().and_then(|token| Moment::read(&token.text));
        let own = own.and_then(|moment| OffsetDateTime::from_unix_timestamp(moment.seconds).ok());
        accepts(scheme, self.secret, self.delivery, self.now)
            || own.is_some_and(|own| accepts(scheme, self.secret, self.delivery, own))
    }

    fn presets(&self) -> Vec<&'static str> {
        let is_named = |provider: &&&'static Provider| {
            provider.schemes().iter().any(|scheme| {
                let lines = sample::lines(scheme);
                let mut signatures = lines.iter().filter(|line| line.slot(&["hex", "base64", "base64url"]).is_some());
                signatures.any(|line| !line.values(self.delivery).is_empty())
            })
        };
        let times = self.times();
        let accepts = |provider: &&'static Provider| {
            let verifier = verifier(provider, self.secret, self.delivery);
            verifier.is_ok_and(|verifier| times.iter().any(|now| judge(&verifier, self.delivery, *now).is_ok()))
        };
        provider::ALL
            .iter()
            .filter(is_named)
            .filter(|provider| accepts(provider))
            .map(|provider| provider.name())
            .collect()
    }
}

fn time_of(token: &Token) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(Moment::read(&token.text)?.seconds).ok()
}

/// How unlike the names of a scheme's headers are: those of one provider begin alike.
fn distance(scheme: &Scheme) -> usize {
    let lines = sample::lines(scheme);
    let name = |kinds: &[&str]| {
        let line = lines.iter().find(|line| line.slot(kinds).is_some())?;
        line.names.first().map(|name| name.to_ascii_lowercase())
    };
    let Some(signature) = name(&["hex", "base64", "base64url"]) else { return usize::MAX };
    let unlike = |other: Option<String>, word: &str| {
        let Some(other) = other else { return 0 };
        let alike = signature.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let is_named = other.contains(word);
        64 - alike.min(60) - usize::from(is_named)
    };
    unlike(name(&["timestamp"]), "time") + unlike(name(&["id"]), "id")
}
