//! The scheme of a delivery, found by its MAC.

use std::fmt;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::mac::{Digest, Mac, wiping_stack};
use crate::provider::{self, Provider};
use crate::scheme::Scheme;
use crate::secret::{SecretForm, decode};

use super::captured::Captured;
use super::moment::Moment;
use super::observed::{LENGTHS, Observed};
use super::recognise;
use super::run::judge;
use super::sample;
use super::search::digest_of;
use super::sketch;
use super::template::{self, Guess, Token};
use super::trial::verifier;
use super::written;

/// The schemes under which a delivery is authentic: what [`infer`] returns.
///
/// Its `Display` shows them in Rust and in TOML.
#[derive(Clone, Debug)]
pub struct Inferred {
    readings: Vec<Reading>,
    hint: Option<&'static str>,
    macs: u64,
    elapsed: Duration,
}

/// One scheme that accepts a delivery.
#[derive(Clone)]
pub struct Reading {
    scheme: Scheme,
    presets: Vec<&'static str>,
    secret: Zeroizing<String>,
}

/// The scheme of a delivery, by the system's clock. See [`infer_at`].
///
/// ```
/// use hookseal::diagnose::{Captured, infer};
/// use hookseal::{Scheme, Secret, Signer};
///
/// const ACME: Scheme = Scheme::new("Acme-Time: {timestamp}\nAcme-Signature: v1={hex}", "v1:{timestamp}:{body}");
/// let secret = "a secret of twenty-some bytes";
/// let headers = Signer::new(ACME, Secret::new(secret)?)?.sign("", b"{}")?;
/// let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
/// let delivery = Captured::new("POST", "https://example.com/hook", headers, "{}");
///
/// let inferred = infer(&delivery, secret);
/// assert_eq!(inferred.readings()[0].scheme().covers(), "v1:{timestamp}:{body}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn infer(delivery: &Captured, secret: &str) -> Inferred {
    infer_at(delivery, secret, OffsetDateTime::now_utc())
}

/// The schemes under which a delivery is authentic, received at a given time. Each was checked by the real
/// [`Verifier`](crate::Verifier). The first is the likeliest, by the names of its headers; a second delivery decides between
/// several: [`Inferred::resolve_at`].
///
/// One delivery does not show how old a request may be, how several keys are sent, or what other events look like. Schemes with
/// public keys and tokens (JWT) are not found, but [recognised](Inferred::hint).
///
/// ```
/// use hookseal::diagnose::{Captured, infer_at};
/// use time::OffsetDateTime;
///
/// let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
/// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
/// let reading = &inferred.readings()[0];
/// assert_eq!(reading.scheme().headers(), "X-Hub-Signature-256: sha256={hex}");
/// assert!(reading.presets().contains(&"github"));
/// ```
pub fn infer_at(delivery: &Captured, secret: &str, now: OffsetDateTime) -> Inferred {
    wiping_stack(|| {
        let started = Instant::now();
        let mut finder = Finder { delivery, secret, now, macs: 0, readings: Vec::new() };
        finder.run();
        let hint = if finder.readings.is_empty() { recognise::hint(delivery, secret) } else { None };
        Inferred { readings: finder.readings, hint, macs: finder.macs, elapsed: started.elapsed() }
    })
}

impl Inferred {
    /// The schemes, the likeliest first. Empty if none was found.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(inferred.readings().len(), 1);
    /// ```
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// What the delivery resembles, if no scheme was found: a signature by a public key, a token.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(inferred.hint(), None, "it was found");
    /// ```
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }

    /// How many MACs were computed.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert!(inferred.macs() > 0);
    /// ```
    pub fn macs(&self) -> u64 {
        self.macs
    }

    /// Keeps the readings under which another delivery is authentic too.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// let other = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, Mallory!");
    /// assert!(inferred.resolve_at(&other, OffsetDateTime::UNIX_EPOCH).readings().is_empty());
    /// ```
    #[must_use]
    pub fn resolve_at(mut self, delivery: &Captured, now: OffsetDateTime) -> Inferred {
        self.readings.retain(|reading| reading.accepts_at(delivery, now));
        self
    }
}

impl Reading {
    /// The scheme, with a tolerance of 300 seconds, which no delivery shows.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(inferred.readings()[0].scheme().covers(), "{body}");
    /// ```
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The providers of the catalogue whose deliveries look and sign like this.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert!(inferred.readings()[0].presets().contains(&"github"));
    /// ```
    pub fn presets(&self) -> &[&'static str] {
        &self.presets
    }

    /// The scheme as in a file.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// let scheme: hookseal::Scheme = toml::from_str(&inferred.readings()[0].toml())?;
    /// assert_eq!(scheme, *inferred.readings()[0].scheme());
    /// # Ok::<(), toml::de::Error>(())
    /// ```
    pub fn toml(&self) -> String {
        written::toml(&self.scheme)
    }

    /// The scheme as a constant in Rust.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert!(inferred.readings()[0].constant().starts_with("const SCHEME: Scheme = Scheme::new("));
    /// ```
    pub fn constant(&self) -> String {
        written::constant(&self.scheme)
    }

    /// Whether a [`Verifier`](crate::Verifier) of this scheme accepts a delivery.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, infer_at};
    /// # use time::OffsetDateTime;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let delivery = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
    /// let inferred = infer_at(&delivery, "It's a Secret to Everybody", OffsetDateTime::UNIX_EPOCH);
    /// assert!(inferred.readings()[0].accepts_at(&delivery, OffsetDateTime::UNIX_EPOCH));
    /// ```
    pub fn accepts_at(&self, delivery: &Captured, now: OffsetDateTime) -> bool {
        accepts(&self.scheme, &self.secret, delivery, now)
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("scheme", &self.scheme).field("presets", &self.presets).finish_non_exhaustive()
    }
}

fn accepts(scheme: &Scheme, secret: &str, delivery: &Captured, now: OffsetDateTime) -> bool {
    let provider = Provider::new("custom", scheme.clone());
    let verifier = provider.and_then(|provider| verifier(&provider, secret, delivery));
    verifier.is_ok_and(|verifier| judge(&verifier, delivery, now).is_ok())
}

/// The shortest key that is read in a form that the user may not have meant.
const MIN_KEY: usize = 8;

struct Finder<'f> {
    delivery: &'f Captured,
    secret: &'f str,
    now: OffsetDateTime,
    macs: u64,
    readings: Vec<Reading>,
}

/// A form in which the secret can be read, with its key.
struct Keyed {
    form: SecretForm,
    mac: Mac,
    plain: Mac,
    key: Zeroizing<Vec<u8>>,
}

impl Finder<'_> {
    fn run(&mut self) {
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

impl fmt::Display for Inferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.readings.as_slice() {
            [] => {
                writeln!(f, "✗ Not found. No usual content under this secret gives a signature of this delivery.")?;
                match self.hint {
                    Some(hint) => writeln!(f, "  {hint}.")?,
                    None => writeln!(
                        f,
                        "  The secret may be another one, the body may have been changed, or the content has a constant that nobody can guess."
                    )?,
                }
            }
            [_] => writeln!(f, "✓ Found: the verifier accepts this delivery with")?,
            several => writeln!(
                f,
                "✓ Found, in {} readings. A second delivery decides between them. The likeliest first:",
                several.len()
            )?,
        }
        for reading in &self.readings {
            writeln!(f)?;
            reading.constant().lines().try_for_each(|line| writeln!(f, "     {line}"))?;
            writeln!(f, "\n     # the same in a file")?;
            reading.toml().lines().try_for_each(|line| writeln!(f, "     {line}"))?;
            if !reading.presets.is_empty() {
                writeln!(f, "\n  In the catalogue, these sign alike: {}", reading.presets.join(", "))?;
            }
        }
        if !self.readings.is_empty() {
            writeln!(
                f,
                "\n  One delivery does not show how old a request may be, how several keys are sent, or other events."
            )?;
        }
        write!(f, "\n{} MACs in {:.1} ms", self.macs, self.elapsed.as_secs_f64() * 1000.0)
    }
}
