//! The scheme of a delivery, found by its MAC.

mod finder;

use std::fmt;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::mac::wiping_stack;
use crate::scheme::Scheme;

use super::captured::Captured;
use super::recognise;
use super::written;
use finder::{Finder, accepts};

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
        let mut finder = Finder::new(delivery, secret, now);
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
