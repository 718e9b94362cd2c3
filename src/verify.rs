mod known;
mod late;
mod proof;

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Request};
use time::OffsetDateTime;

use crate::algorithm::Algorithm;
use crate::codec::Encoding;
use crate::error::{ConfigError, VerifyError};
use crate::headers::Headers;
use crate::mac::{Digest, Mac, RunningMacs, Token};
use crate::public_key::PublicKey;
use crate::request::{PublicUrl, RequestLine};
use crate::scheme::{Extent, Plan, Reading, Scheme};
use crate::secret::{Keyring, Secret};
use crate::timestamp::Now;

use late::Postponed;
pub use proof::{Proof, Verified};

/// Verifies requests. It is cheap to clone.
///
/// A request is refused before anything is hashed if a header is missing, occurs twice or is malformed, if its
/// timestamp is outside the tolerance, or if it carries more than 16 signatures or 4 KiB of them. Any other request
/// costs at most one hash for each key. Verifying it allocates nothing if the scheme covers only headers and the body.
///
/// Schemes that cover the method, the URL or the query need the whole request: see
/// [`verify_request`](Self::verify_request).
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

pub(crate) struct Keyed {
    plan: Plan,
    /// Its place in the list of schemes.
    place: u8,
    /// Current first. Not empty, unless the request contains the secret itself.
    keys: Vec<Mac>,
    tokens: Vec<Token>,
    /// Those that verify an algorithm other than HMAC.
    public_keys: Vec<PublicKey>,
    algorithm: Algorithm,
    /// Of a signature: see [`Candidates::new`](crate::candidates::Candidates::new).
    lengths: (usize, usize),
    /// What is signed is the hash of the content.
    over_digest: bool,
    digest: Digest,
    url: Option<Arc<PublicUrl>>,
    /// What is wrong with the current secret, by its public prefix.
    problem: Option<&'static str>,
    /// What the scheme compares with a value in the request.
    allowed: Arc<[String]>,
}

impl Keyed {
    /// Whether all of the body is needed before anything can be judged.
    fn is_late(&self) -> bool {
        self.plan.context.is_some() || self.algorithm != Algorithm::Hmac
    }
}

impl Verifier {
    /// A verifier for `scheme`, with one secret or a [`Keyring`].
    ///
    /// # Errors
    /// [`ConfigError`] for a secret that is not in the scheme's form, or whose key has fewer than 16 bytes or occurs twice;
    /// and for a scheme that covers the URL, or less than the whole body: make a
    /// [`Provider`](crate::provider::Provider) of it, which can have a [URL](crate::provider::Provider::with_public_url) and
    /// [accept](crate::provider::Provider::accept) that.
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
        check_extent(scheme.coverage().body(), Extent::Form, "the scheme")?;
        Verifier::for_schemes(std::slice::from_ref(&scheme), &keys.into(), None, &[])
    }

    /// A verifier for a provider with several schemes, strongest first.
    pub(crate) fn for_schemes(
        schemes: &[Scheme],
        keys: &Keyring,
        url: Option<PublicUrl>,
        allowed: &[String],
    ) -> Result<Verifier, ConfigError> {
        let allowed: Arc<[String]> = allowed.into();
        let url = url.map(Arc::new);
        let algorithms: Vec<Algorithm> = schemes.iter().map(Scheme::algorithm).collect();
        let usable = |scheme: &&Scheme| keys.has_key_for(scheme.algorithm(), false);
        let wrong_kind = |has_other| {
            let algorithm = algorithms.first().copied().unwrap_or_default();
            Err(ConfigError::KeyKind { algorithm, has_other })
        };
        if !keys.is_all_for(&algorithms, false) {
            return wrong_kind(true);
        }
        if !schemes.iter().any(|scheme| usable(&scheme)) {
            return wrong_kind(false);
        }
        let keyed = |(place, scheme): (u8, &Scheme)| {
            let (plan, algorithm) = (scheme.plan(), scheme.algorithm());
            if plan.needs_url() && url.is_none() {
                return Err(ConfigError::NoPublicUrl);
            }
            if plan.needs_allowed() && allowed.is_empty() {
                return Err(ConfigError::NothingAllowed);
            }
            let (keys, tokens) = match plan.token() {
                _ if algorithm != Algorithm::Hmac => (Vec::new(), Vec::new()),
                Some(is_base64) => (Vec::new(), keys.tokens(scheme.secret_form(), is_base64)?),
                None => (keys.macs(scheme.secret_form(), scheme.digest(), plan.is_plain())?, Vec::new()),
            };
            Ok((plan, place, keys, tokens, algorithm))
        };
        let schemes = (0..).zip(schemes).filter(|(_, scheme)| usable(scheme)).map(|(place, scheme)| {
            let (plan, place, macs, tokens, algorithm) = keyed((place, scheme))?;
            let (public_keys, over_digest) = (keys.public_keys(algorithm), scheme.over_digest());
            let (url, allowed, digest) = (url.clone(), allowed.clone(), scheme.digest());
            let (secrets, keys) = (keys, macs);
            let secret = secrets.secrets().next().and_then(Secret::expose);
            let problem = secret.and_then(|secret| known::problem_of(secret, scheme.headers()));
            let lengths = match algorithm {
                Algorithm::Hmac => (keys.first().map(Mac::length).unwrap_or_default(), 0),
                other => other.signature_length(),
            };
            Ok(Arc::new(Keyed {
                plan,
                place,
                keys,
                tokens,
                public_keys,
                algorithm,
                lengths,
                over_digest,
                digest,
                url,
                problem,
                allowed,
            }))
        });
        Ok(Verifier { schemes: schemes.collect::<Result<_, _>>()? })
    }

    /// Verifies a request, using the system's clock.
    ///
    /// `body` is the raw body, exactly as it was received. A body that was parsed and serialized again is another body.
    ///
    /// # Errors
    /// [`VerifyError`] if the request is not authentic. Answer with its [`status`](VerifyError::status).
    /// [`VerifyError::NoRequestLine`] if the scheme covers more than headers and body.
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
    /// assert_eq!(late.unwrap_err(), VerifyError::TooOld { seconds: 301 });
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

    /// Verifies a request as a server received it, using the system's clock. Every scheme can be verified in this way; those
    /// that cover the method, the URL or the query only in this way.
    ///
    /// Of the request's URI, only the query is read, as it was received. The rest of the URL is that of
    /// [`Provider::with_public_url`](crate::provider::Provider::with_public_url), which no sender can choose. A receiver does
    /// the same in [`begin_request`](crate::receive::Receiver::begin_request), and so do the extractors.
    ///
    /// # Errors
    /// [`VerifyError`] if the request is not authentic. [`Missing`](VerifyError::Missing), [`Repeated`](VerifyError::Repeated)
    /// and [`Malformed`](VerifyError::Malformed) name the query parameter, the field or the other part that is wrong.
    ///
    /// ```
    /// use hookseal::{Scheme, Secret, Signer, Verifier};
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{method}\n{query|sorted}\n{body}");
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// let signer = Signer::new(ACME, secret.clone())?;
    /// let request = signer.request("https://example.com/hook?b=2&a=1", "evt_1", "{}")?;
    ///
    /// let verifier = Verifier::new(ACME, secret)?;
    /// assert_eq!(verifier.verify_request(&request)?.body(), b"{}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_request<'a, B: AsRef<[u8]>>(
        &self,
        request: &'a Request<B>,
    ) -> Result<Verified<'a, HeaderMap>, VerifyError> {
        self.verify_request_by(request, Now::system)
    }

    /// Like [`verify_request`](Self::verify_request), at a given time.
    ///
    /// # Errors
    /// The same errors as [`verify`](Self::verify).
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    /// use time::OffsetDateTime;
    ///
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// let sent = OffsetDateTime::from_unix_timestamp(1_770_000_000)?;
    /// let request = provider::KLANG.signer(secret.clone())?.request_at("https://example.com/", "evt_1", "{}", sent)?;
    /// assert!(provider::KLANG.verifier(secret)?.verify_request_at(&request, sent).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_request_at<'a, B: AsRef<[u8]>>(
        &self,
        request: &'a Request<B>,
        now: OffsetDateTime,
    ) -> Result<Verified<'a, HeaderMap>, VerifyError> {
        self.verify_request_by(request, || now.into())
    }

    fn verify_request_by<'a, B: AsRef<[u8]>>(
        &self,
        request: &'a Request<B>,
        now: impl FnOnce() -> Now,
    ) -> Result<Verified<'a, HeaderMap>, VerifyError> {
        let (headers, body) = (request.headers(), request.body().as_ref());
        let line = RequestLine { method: request.method().as_str(), query: request.uri().query() };
        let proof = self.open_by(Some(line), headers, now)?.judge(body)?;
        Ok(Verified::new(proof, headers, body))
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
        let Some(keyed) = self.scheme_of(headers)? else { return self.verify_late(headers, body, now()) };
        let mut reading = keyed.reading();
        keyed.plan.read(headers, now, &mut reading).map_err(|error| known::refined(error, &self.schemes, headers))?;
        Ok(Verified::new(keyed.judge(&reading, body)?, headers, body))
    }

    #[cold]
    #[inline(never)]
    fn verify_late<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        body: &'a [u8],
        now: Now,
    ) -> Result<Verified<'a, H>, VerifyError> {
        let postponed = Postponed::read(&self.schemes, None, headers, now);
        let proof = postponed.map_err(|error| known::refined(error, &self.schemes, headers))?.judge(body)?;
        Ok(Verified::new(proof, headers, body))
    }

    #[inline]
    fn begin_by<'a, H: Headers + ?Sized>(
        &'a self,
        headers: &'a H,
        now: impl FnOnce() -> Now,
    ) -> Result<Verification<'a>, VerifyError> {
        Ok(self.open_by(None, headers, now)?.stream())
    }

    /// Checks only the headers, using the system's clock or at a given time: for a caller that does not know yet
    /// whether the body arrives in pieces.
    #[inline]
    pub(crate) fn open<'a, H: Headers + ?Sized>(
        &self,
        line: Option<RequestLine<'_>>,
        headers: &'a H,
        now: Option<OffsetDateTime>,
    ) -> Result<Opened<'a>, VerifyError> {
        self.open_by(line, headers, || now.map_or_else(Now::system, Now::from))
    }

    #[inline]
    fn open_by<'a, H: Headers + ?Sized>(
        &self,
        line: Option<RequestLine<'_>>,
        headers: &'a H,
        now: impl FnOnce() -> Now,
    ) -> Result<Opened<'a>, VerifyError> {
        let Some(keyed) = self.scheme_of(headers)? else {
            let postponed = Postponed::read(&self.schemes, line, headers, now());
            return Ok(Opened::Postponed(postponed.map_err(|error| known::refined(error, &self.schemes, headers))?));
        };
        let mut reading = keyed.reading();
        keyed.plan.read(headers, now, &mut reading).map_err(|error| known::refined(error, &self.schemes, headers))?;
        Ok(Opened::Ready { keyed: keyed.clone(), reading })
    }

    /// The scheme of a request, by its headers. `None` if they do not decide.
    #[inline]
    fn scheme_of<H: Headers + ?Sized>(&self, headers: &H) -> Result<Option<&Arc<Keyed>>, VerifyError> {
        match &*self.schemes {
            [only] => Ok((!only.is_late()).then_some(only)),
            several if several.iter().any(|keyed| keyed.is_late()) => Ok(None),
            several => {
                let present = several.iter().find(|keyed| keyed.plan.is_present(headers));
                present.or(several.first()).ok_or(VerifyError::NoMatch).map(Some)
            }
        }
    }
}

impl Keyed {
    #[inline]
    fn judge<'h>(&self, reading: &Reading<'h>, body: &[u8]) -> Result<Proof<'h>, VerifyError> {
        for (place, key) in self.keys.iter().enumerate() {
            if reading.candidates.contain(&self.plan.tag(&reading.values, body, key)) {
                return Ok(Proof::new(&self.plan, reading, place, self.place));
            }
        }
        Err(self.no_match(body.is_empty()))
    }

    /// The error for a request without a matching signature, with what is certain anyway.
    #[cold]
    fn no_match(&self, is_empty: bool) -> VerifyError {
        match self.problem {
            _ if is_empty => VerifyError::EmptyBody,
            Some(problem) => VerifyError::UnlikelySecret { problem },
            None => VerifyError::NoMatch,
        }
    }
}

/// A head that is acceptable, if the body matches a signature.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, which takes no allocation")]
pub(crate) enum Opened<'a> {
    /// `keyed` is shared, because a receiver's keys may be replaced while the body is arriving.
    Ready { keyed: Arc<Keyed>, reading: Reading<'a> },
    /// The whole body is needed.
    Postponed(Postponed<'a>),
}

impl<'a> Opened<'a> {
    #[inline]
    pub(crate) fn judge(&self, body: &[u8]) -> Result<Proof<'a>, VerifyError> {
        match self {
            Opened::Ready { keyed, reading } => keyed.judge(reading, body),
            Opened::Postponed(postponed) => postponed.judge(body),
        }
    }

    /// The same head, to be judged with the keys of a newer verifier for the same schemes.
    pub(crate) fn rekeyed(&self, verifier: &Verifier) -> Opened<'a> {
        match self {
            Opened::Ready { .. } => self.clone(),
            Opened::Postponed(postponed) => Opened::Postponed(postponed.rekeyed(&verifier.schemes)),
        }
    }

    /// Whether the body can be hashed as it arrives.
    pub(crate) fn can_stream(&self) -> bool {
        matches!(self, Opened::Ready { .. })
    }

    pub(crate) fn stream(&self) -> Verification<'a> {
        let state = match self {
            Opened::Ready { keyed, reading } => {
                let mut macs = RunningMacs::new(&keyed.keys);
                keyed.plan.head(&reading.values).for_each(|piece| macs.update(piece));
                State::Running { keyed: keyed.clone(), reading: *reading, macs, is_empty: true }
            }
            Opened::Postponed(postponed) => State::Held { postponed: postponed.clone(), body: Vec::new() },
        };
        Verification { state }
    }
}

/// Whether a signature covers as much of the body as is accepted.
pub(crate) fn check_extent(extent: Extent, accepted: Extent, name: &str) -> Result<(), ConfigError> {
    let problem = match extent {
        extent if extent >= accepted => return Ok(()),
        Extent::Nothing => {
            "signs nothing of the body, so whoever has seen one request can send any other: accept that with \
             `Provider::accept(Extent::Nothing)`"
        }
        _ => {
            "signs only a part of the body, so whoever has seen one request can change the rest: accept that with \
             `Provider::accept(Extent::Part)`"
        }
    };
    Err(ConfigError::Invalid { field: "accepts", piece: name.to_owned(), problem })
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.schemes.first().map(|keyed| keyed.keys.len());
        f.debug_struct("Verifier").field("keys", &keys.unwrap_or_default()).finish_non_exhaustive()
    }
}

/// A verification whose body is still arriving. Made by [`Verifier::begin`].
///
/// You can move, box and drop it at any time: the hash state of each key is on the heap, and is wiped there. For a scheme that
/// reads fields of the body, the body is kept there instead, and verified at the end: limit how much you pass in.
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
    state: State<'a>,
}

#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, which takes one allocation")]
enum State<'a> {
    Running { keyed: Arc<Keyed>, reading: Reading<'a>, macs: RunningMacs, is_empty: bool },
    Held { postponed: Postponed<'a>, body: Vec<u8> },
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
        match &mut self.state {
            State::Running { macs, is_empty, .. } => {
                *is_empty &= chunk.is_empty();
                macs.update(chunk);
            }
            State::Held { body, .. } => body.extend_from_slice(chunk),
        }
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
    pub fn finish(self) -> Result<Proof<'a>, VerifyError> {
        match self.state {
            State::Running { keyed, reading, mut macs, is_empty } => {
                keyed.plan.tail(&reading.values).for_each(|piece| macs.update(piece));
                let place = macs.finish(|tag| reading.candidates.contain(&tag));
                let place = place.ok_or_else(|| keyed.no_match(is_empty))?;
                Ok(Proof::new(&keyed.plan, &reading, place, keyed.place))
            }
            State::Held { postponed, body } => postponed.judge(&body),
        }
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
    #[cfg(feature = "ed25519")]
    use crate::codec;
    use crate::secret::Secret;
    use crate::sign::Signer;

    const STRONG: Scheme = Scheme::new("X-Signature-512: {hex}", "{body}").with_digest(Digest::Sha512);
    const WEAK: Scheme = Scheme::new("X-Signature: {hex}", "{body}");

    #[test]
    fn the_strongest_scheme_that_is_present_decides() {
        let key = || Secret::from_bytes([7; 32]).unwrap();
        let sign = |scheme: Scheme, body: &[u8]| Signer::new(scheme, key()).unwrap().sign("id", body).unwrap();
        let verifier = Verifier::for_schemes(&[STRONG, WEAK], &Keyring::new(key()), None, &[]).unwrap();

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

    #[cfg(feature = "ed25519")]
    mod work {
        use super::*;
        use crate::public_key::{PublicKey, SigningKey, VERIFICATIONS};

        const SIGNED: Scheme = Scheme::new("X-Signature: {hex},...", "{body}").with_algorithm(Algorithm::Ed25519);
        const BATCH: Scheme =
            Scheme::new("\n\nitems[].signature: {hex}", "{$.items[].value}").with_algorithm(Algorithm::Ed25519);

        fn keys(count: usize) -> Keyring {
            let keys = (0..count).map(|_| SigningKey::generate().unwrap().public_key());
            Keyring::from_public_keys(keys).unwrap()
        }

        /// How many signatures are verified with a public key to judge a request.
        fn verifications(verifier: &Verifier, headers: &[(&str, &str)], body: &[u8]) -> (usize, bool) {
            VERIFICATIONS.set(0);
            let is_authentic = verifier.verify(headers, body).is_ok();
            (VERIFICATIONS.get(), is_authentic)
        }

        #[test]
        fn a_request_costs_at_most_four_verifications_a_key_and_32_in_all() {
            let signature = "ab".repeat(64);
            for (count, signatures, expected) in
                [(1, 1, 1), (1, 4, 4), (1, 16, 4), (3, 16, 12), (8, 16, 32), (9, 16, 32), (64, 1, 32), (64, 16, 32)]
            {
                let verifier = Verifier::new(SIGNED, keys(count)).unwrap();
                let header = vec![signature.as_str(); signatures].join(",");
                let (done, is_authentic) = verifications(&verifier, &[("X-Signature", &header)], b"{}");
                assert_eq!((done, is_authentic), (expected, false), "{count} keys, {signatures} signatures");
            }
        }

        /// Each scheme of a provider is judged if the ring has keys of several kinds.
        #[cfg(all(feature = "p256", feature = "rsa"))]
        #[test]
        fn several_schemes_cost_no_more_than_one() {
            let scheme = |headers, algorithm| Scheme::try_new(headers, "{body}").unwrap().with_algorithm(algorithm);
            let schemes = [
                scheme("X-Signature: {hex},...", Algorithm::Ed25519),
                scheme("X-P256: {hex},...", Algorithm::P256Fixed),
                scheme("X-Rsa: {hex},...", Algorithm::RsaSha256),
            ];
            let mut ring = keys(20);
            for algorithm in [Algorithm::P256, Algorithm::RsaSha256] {
                for _ in 0..10 {
                    ring = ring.with_previous(PublicKey::nobodys(algorithm).unwrap()).unwrap();
                }
            }
            let verifier = Verifier::for_schemes(&schemes, &ring, None, &[]).unwrap();
            let (short, long) = (vec!["ab".repeat(64); 16].join(","), vec!["ab".repeat(256); 4].join(","));
            let headers = [("X-Signature", &*short), ("X-P256", &*short), ("X-Rsa", &*long)];
            assert_eq!(verifications(&verifier, &headers, b"{}"), (32, false));
        }

        /// Whoever has seen one element could repeat it.
        #[test]
        fn a_batch_costs_no_more_than_one_request() {
            let key = SigningKey::generate().unwrap();
            let signature = codec::hex_text(&key.sign(b"x"));
            let ring = keys(7).with_previous(key.public_key()).unwrap();
            let verifier = Verifier::for_schemes(&[BATCH], &ring, None, &[]).unwrap();
            for (elements, expected) in [(1, (8, true)), (4, (32, true)), (5, (32, false)), (60, (32, false))] {
                let element = format!(r#"{{"value":"x","signature":"{signature}"}}"#);
                let body = format!(r#"{{"items":[{}]}}"#, vec![element; elements].join(","));
                assert_eq!(verifications(&verifier, &[], body.as_bytes()), expected, "{elements} elements");
            }
        }
    }
}
