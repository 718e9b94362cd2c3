mod proof;

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::codec::Encoding;
use crate::error::{ConfigError, VerifyError};
use crate::headers::Headers;
use crate::mac::{Candidates, Mac, RunningMacs};
use crate::scheme::{Plan, Reading, Scheme};
use crate::secret::Keyring;
use crate::timestamp::Now;

pub use proof::{Proof, Verified};

/// Verifies requests. It is cheap to clone.
///
/// A request is refused before anything is hashed if a header is missing, occurs twice or is malformed, if its
/// timestamp is outside the tolerance, or if it carries more than 16 signatures or 4 KiB of them. Any other request
/// costs at most one hash for each key, and no allocation.
///
/// ```
/// use hookseal::{Secret, provider};
///
/// let verifier = provider::GITHUB.verifier(Secret::new("It's a Secret to Everybody")?)?;
/// let headers = [("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")];
/// let verified = verifier.verify(&headers, b"Hello, World!")?;
/// assert_eq!(verified.body(), b"Hello, World!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What verification does not prevent
///
/// A scheme that signs no timestamp accepts a captured request forever, and a tolerance limits replay attacks without
/// ending them ([`Scheme::replay_window`] says for how long they are possible). Deduplicate by the id in the event or
/// in a signed header, or by the SHA-256 hash of the body.
/// [`Provider::idempotency_key`](crate::provider::Provider::idempotency_key) does this.
///
/// # Ids
///
/// A received id may have at most 1024 bytes. An id is refused if it contains a time together with the text that
/// separates it from its neighbours, such as `msg.1763729000` under `{id}.{timestamp}.{body}`: the same signature would
/// also fit a shorter id and a longer body. [`Scheme`] lists the rules that give signed content a single meaning.
#[derive(Clone)]
pub struct Verifier {
    /// Strongest first. A request is judged by the first scheme whose signature header it carries, and never by a
    /// weaker one that it carries as well.
    schemes: Arc<[Arc<Keyed>]>,
}

struct Keyed {
    plan: Plan,
    /// Its place in the list of schemes.
    place: u8,
    /// Current first. Not empty.
    keys: Vec<Mac>,
}

impl Verifier {
    /// A verifier for `scheme`, with one secret or a [`Keyring`].
    ///
    /// # Errors
    /// [`ConfigError`] for a secret that is not in the scheme's form, or whose key has fewer than 16 bytes or occurs twice.
    ///
    /// ```
    /// use hookseal::{ConfigError, Key, Scheme, Secret, SecretForm, Verifier};
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}").with_secret_form(SecretForm::Hex);
    /// let error = Verifier::new(ACME, Secret::new("not hexadecimal at all")?).unwrap_err();
    /// assert_eq!(error, ConfigError::MalformedSecret { key: Key::Current, form: "hex" });
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "most schemes are constants, which a reference would clutter")]
    pub fn new(scheme: Scheme, keys: impl Into<Keyring>) -> Result<Verifier, ConfigError> {
        Verifier::for_schemes(std::slice::from_ref(&scheme), &keys.into())
    }

    /// A verifier for a provider with several schemes, strongest first.
    pub(crate) fn for_schemes(schemes: &[Scheme], keys: &Keyring) -> Result<Verifier, ConfigError> {
        let keyed = |(place, scheme): (u8, &Scheme)| {
            let keys = keys.macs(scheme.secret_form(), scheme.digest())?;
            Ok(Arc::new(Keyed { plan: scheme.plan(), place, keys }))
        };
        Ok(Verifier { schemes: (0..).zip(schemes).map(keyed).collect::<Result<_, _>>()? })
    }

    /// Verifies a request, using the system's clock.
    ///
    /// `body` is the raw body, exactly as it was received. A body that was parsed and serialized again is another body.
    ///
    /// # Errors
    /// [`VerifyError`] if the request is not authentic. Answer with its [`status`](VerifyError::status).
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// let headers = provider::KALLGLOT.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// let verifier = provider::KALLGLOT.verifier(secret)?;
    /// assert!(verifier.verify(&headers, b"{}").is_ok());
    /// assert!(verifier.verify(&headers, b"{ }").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn verify<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        body: &'a [u8],
    ) -> Result<Verified<'a, H>, VerifyError> {
        self.verify_by(headers, body, Now::system)
    }

    /// Like [`verify`](Self::verify), at a given time: for tests, and for requests that were stored before they are
    /// verified.
    ///
    /// # Errors
    /// The same errors as [`verify`](Self::verify).
    ///
    /// ```
    /// use hookseal::{Secret, VerifyError, provider};
    /// use time::{Duration, OffsetDateTime};
    ///
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// let sent = OffsetDateTime::from_unix_timestamp(1_770_000_000)?;
    /// let headers = provider::KALLGLOT.signer(secret.clone())?.sign_at("evt_1", b"{}", sent)?;
    /// let verifier = provider::KALLGLOT.verifier(secret)?;
    /// assert!(verifier.verify_at(&headers, b"{}", sent + Duration::seconds(300)).is_ok());
    /// let late = verifier.verify_at(&headers, b"{}", sent + Duration::seconds(301));
    /// assert_eq!(late.unwrap_err(), VerifyError::TooOld { seconds: 1 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn verify_at<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        body: &'a [u8],
        now: OffsetDateTime,
    ) -> Result<Verified<'a, H>, VerifyError> {
        self.verify_by(headers, body, || now.into())
    }

    /// Begins to verify a request whose body arrives in pieces, using the system's clock. This takes one allocation.
    ///
    /// # Errors
    /// [`VerifyError`] for headers that cannot be accepted, whatever the body is.
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let verifier = provider::GITHUB.verifier(Secret::new("It's a Secret to Everybody")?)?;
    /// let headers = [("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")];
    /// let mut verification = verifier.begin(&headers)?;
    /// verification.update(b"Hello, ");
    /// verification.update(b"World!");
    /// let proof = verification.finish()?;
    /// assert_eq!(proof.timestamp(), None, "GitHub signs none");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Result<Verification<'a>, VerifyError> {
        self.begin_by(headers, Now::system)
    }

    /// Like [`begin`](Self::begin), at a given time.
    ///
    /// # Errors
    /// The same errors as [`begin`](Self::begin).
    ///
    /// ```
    /// use hookseal::{Secret, VerifyError, provider};
    /// use time::OffsetDateTime;
    ///
    /// let verifier = provider::STRIPE.verifier(Secret::new("whsec_test_secret")?)?;
    /// let headers = [("Stripe-Signature", "v1=d95c6b74")];
    /// let error = verifier.begin_at(&headers, OffsetDateTime::UNIX_EPOCH).unwrap_err();
    /// assert_eq!(error.to_string(), "header `stripe-signature` has no timestamp");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn begin_at<'a, H: Headers + ?Sized>(
        &'a self,
        headers: &'a H,
        now: OffsetDateTime,
    ) -> Result<Verification<'a>, VerifyError> {
        self.begin_by(headers, || now.into())
    }

    /// The MAC of a text under the current key of the strongest scheme, in an encoding.
    pub(crate) fn mac(&self, text: &[u8], encoding: Encoding) -> String {
        let key = self.schemes.first().and_then(|keyed| keyed.keys.first());
        key.map_or_else(String::new, |key| encoding.text(key.tag([text].into_iter()).as_bytes()))
    }

    /// Reads the clock only if the scheme has a timestamp.
    ///
    /// This does not use `begin_by` and `finish`: with the whole body at hand, the keys are tried one after the other,
    /// and the usual request costs the hash of one. A property test checks that both ways agree.
    #[inline]
    fn verify_by<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        body: &'a [u8],
        now: impl FnOnce() -> Now,
    ) -> Result<Verified<'a, H>, VerifyError> {
        let keyed = self.scheme_of(headers)?;
        let mut reading = keyed.reading();
        keyed.plan.read(headers, now, &mut reading)?;
        Ok(Verified::new(keyed.judge(&reading, body)?, headers, body))
    }

    #[inline]
    fn begin_by<'a, H: Headers + ?Sized>(
        &'a self,
        headers: &'a H,
        now: impl FnOnce() -> Now,
    ) -> Result<Verification<'a>, VerifyError> {
        Ok(self.open_by(headers, now)?.stream())
    }

    /// Checks only the headers, using the system's clock or at a given time: for a caller that does not know yet
    /// whether the body arrives in pieces.
    #[inline]
    pub(crate) fn open<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        now: Option<OffsetDateTime>,
    ) -> Result<Opened<'a>, VerifyError> {
        self.open_by(headers, || now.map_or_else(Now::system, Now::from))
    }

    #[inline]
    fn open_by<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        now: impl FnOnce() -> Now,
    ) -> Result<Opened<'a>, VerifyError> {
        let keyed = self.scheme_of(headers)?;
        let mut reading = keyed.reading();
        keyed.plan.read(headers, now, &mut reading)?;
        Ok(Opened { keyed: keyed.clone(), reading })
    }

    #[inline]
    fn scheme_of<H: Headers + ?Sized>(&self, headers: &H) -> Result<&Arc<Keyed>, VerifyError> {
        match &*self.schemes {
            [only] => Ok(only),
            several => {
                let present = several.iter().find(|keyed| keyed.plan.is_present(headers));
                present.or(several.first()).ok_or(VerifyError::NoMatch)
            }
        }
    }
}

impl Keyed {
    #[inline]
    fn reading<'h>(&self) -> Reading<'h> {
        let length = self.keys.first().map(Mac::length).unwrap_or_default();
        Reading::new(Candidates::new(self.plan.encoding(), length))
    }

    #[inline]
    fn judge<'h>(&self, reading: &Reading<'h>, body: &[u8]) -> Result<Proof<'h>, VerifyError> {
        for (place, key) in self.keys.iter().enumerate() {
            if reading.candidates.contain(&self.plan.tag(&reading.values, body, key)) {
                return Ok(Proof::new(&self.plan, reading, place, self.place));
            }
        }
        Err(VerifyError::NoMatch)
    }
}

/// Headers that are acceptable, if the body matches a signature.
pub(crate) struct Opened<'a> {
    /// Shared, because a receiver's keys may be replaced while the body is arriving.
    keyed: Arc<Keyed>,
    reading: Reading<'a>,
}

impl<'a> Opened<'a> {
    #[inline]
    pub(crate) fn judge(&self, body: &[u8]) -> Result<Proof<'a>, VerifyError> {
        self.keyed.judge(&self.reading, body)
    }

    pub(crate) fn stream(&self) -> Verification<'a> {
        let Opened { keyed, reading } = self;
        let mut macs = RunningMacs::new(&keyed.keys);
        keyed.plan.head(&reading.values).for_each(|piece| macs.update(piece));
        Verification { keyed: keyed.clone(), reading: *reading, macs }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.schemes.first().map(|keyed| keyed.keys.len());
        f.debug_struct("Verifier").field("keys", &keys.unwrap_or_default()).finish_non_exhaustive()
    }
}

/// A verification whose body is still arriving. Made by [`Verifier::begin`].
///
/// You can move, box and drop it at any time: the hash state of each key is on the heap, and is wiped there.
///
/// ```
/// use hookseal::{Secret, VerifyError, provider};
///
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let headers = provider::KLANG.signer(secret.clone())?.sign("evt_1", b"0123456789")?;
/// let verifier = provider::KLANG.verifier(secret)?;
/// let mut verification = verifier.begin(&headers)?;
/// verification.update(b"01234");
/// assert_eq!(verification.finish().unwrap_err(), VerifyError::NoMatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is verified before `finish`"]
pub struct Verification<'a> {
    keyed: Arc<Keyed>,
    reading: Reading<'a>,
    macs: RunningMacs,
}

impl<'a> Verification<'a> {
    /// Adds the next bytes of the body.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// let mut verification = verifier.begin(&headers)?;
    /// for chunk in [&b"a"[..], b"", b"b"] {
    ///     verification.update(chunk);
    /// }
    /// assert!(verification.finish().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&mut self, chunk: &[u8]) {
        self.macs.update(chunk);
    }

    /// Ends the body. The proof does not contain the body: keep the pieces yourself, and use them only after this.
    ///
    /// # Errors
    /// [`VerifyError::NoMatch`] if no signature matches.
    ///
    /// ```
    /// # use hookseal::{Key, Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// let mut verification = verifier.begin(&headers)?;
    /// verification.update(b"ab");
    /// assert_eq!(verification.finish()?.key(), Key::Current);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(mut self) -> Result<Proof<'a>, VerifyError> {
        let plan = &self.keyed.plan;
        plan.tail(&self.reading.values).for_each(|piece| self.macs.update(piece));
        let place = self.macs.finish(|tag| self.reading.candidates.contain(&tag)).ok_or(VerifyError::NoMatch)?;
        Ok(Proof::new(plan, &self.reading, place, self.keyed.place))
    }
}

impl fmt::Debug for Verification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mac::Digest;
    use crate::secret::Secret;
    use crate::sign::Signer;

    const STRONG: Scheme = Scheme::new("X-Signature-512: {hex}", "{body}").with_digest(Digest::Sha512);
    const WEAK: Scheme = Scheme::new("X-Signature: {hex}", "{body}");

    #[test]
    fn the_strongest_scheme_that_is_present_decides() {
        let key = || Secret::from_bytes([7; 32]).unwrap();
        let sign = |scheme: Scheme, body: &[u8]| Signer::new(scheme, key()).unwrap().sign("id", body).unwrap();
        let verifier = Verifier::for_schemes(&[STRONG, WEAK], &Keyring::new(key())).unwrap();

        let (strong, weak) = (sign(STRONG, b"{}"), sign(WEAK, b"{}"));
        assert!(verifier.verify(&strong, b"{}").is_ok());
        assert!(verifier.verify(&weak, b"{}").is_ok());

        let mut both = sign(STRONG, b"another body");
        both.extend(weak);
        assert_eq!(verifier.verify(&both, b"{}").unwrap_err(), VerifyError::NoMatch, "the weak one does not rescue");

        let none = http::HeaderMap::new();
        let header = http::HeaderName::from_static("x-signature-512");
        assert_eq!(verifier.verify(&none, b"{}").unwrap_err(), VerifyError::MissingHeader { header });
    }
}
