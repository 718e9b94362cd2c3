mod keyed;
mod known;
pub(crate) mod late;
mod proof;
mod verification;

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Request};
use time::OffsetDateTime;

use crate::algorithm::Algorithm;
use crate::codec::Encoding;
use crate::error::{ConfigError, VerifyError};
use crate::headers::Headers;
use crate::keyring::Keyring;
use crate::request::{PublicUrl, RequestLine};
use crate::scheme::{Extent, Scheme};
use crate::timestamp::Now;

pub(crate) use keyed::Keyed;
use late::Postponed;
pub use proof::{Proof, Verified};
pub(crate) use verification::Opened;
pub use verification::Verification;

/// Verifies requests. It is cheap to clone.
///
/// A request is refused before anything is hashed if a header is missing, occurs twice or is malformed, if its timestamp is
/// outside the tolerance, or if it carries more than 16 signatures or 4 KiB of them. Any other request costs at most one
/// hash for each key. Where a provider signs with several algorithms, a signature for one without a key is refused with as
/// much work as a wrong one, so that nobody learns which keys there are. Verifying an HMAC that covers only headers and the
/// body allocates nothing.
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
    /// weaker one that it carries as well. Schemes that need keys of different kinds are the exception: any of them is enough.
    ///
    /// Those that lack a key follow. Nothing is accepted under them, but a request is refused as if there were a key:
    /// otherwise the answer would show which kinds of keys there are, and a receiver for nobody has all kinds.
    schemes: Arc<[Arc<Keyed>]>,
    /// The number of those with keys.
    count: usize,
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
        let (url, allowed) = (url.map(Arc::new), Arc::from(allowed));
        let algorithms: Vec<Algorithm> = schemes.iter().map(Scheme::algorithm).collect();
        let usable = |scheme: &Scheme| keys.has_key_for(scheme.algorithm(), false);
        let has_other = !keys.is_all_for(&algorithms, false);
        if has_other || !schemes.iter().any(usable) {
            let algorithm = algorithms.first().copied().unwrap_or_default();
            return Err(ConfigError::KeyKind { algorithm, has_other });
        }
        let (with_keys, without): (Vec<_>, Vec<_>) = (0..).zip(schemes).partition(|(_, scheme)| usable(scheme));
        let keyed = with_keys.into_iter().map(|(place, scheme)| Keyed::new(scheme, place, keys, &url, &allowed));
        let mut keyed = keyed.collect::<Result<Vec<_>, _>>()?;
        let count = keyed.len();
        keyed.extend(
            without.into_iter().filter_map(|(place, scheme)| Keyed::without_key(scheme, place, &url, &allowed)),
        );
        Ok(Verifier { schemes: keyed.into_iter().map(Arc::new).collect(), count })
    }

    fn with_keys(&self) -> &[Arc<Keyed>] {
        self.schemes.get(..self.count).unwrap_or_default()
    }

    /// Verifies a request, using the system's clock.
    ///
    /// `body` is the raw body, exactly as it was received. A body that was parsed and serialized again is not the same.
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
    /// A signed time is compared with the clock here and not at the end, so limit how long a body may take. An
    /// [`Intake`](crate::receive::Intake) compares it again.
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
        now: impl Fn() -> Now,
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
        now: impl Fn() -> Now,
    ) -> Result<Verified<'a, H>, VerifyError> {
        let Some(keyed) = self.scheme_of(headers)? else { return self.verify_late(headers, body, now()) };
        let mut reading = keyed.reading();
        match keyed.plan.read(headers, &now, &mut reading) {
            Ok(()) => Ok(Verified::new(keyed.judge(&reading, body)?, headers, body)),
            Err(error) if self.says_all(&error) => Err(error),
            Err(error) => Err(self.refusal(error, headers, body, now)),
        }
    }

    /// Whether nothing else can be found out about a request whose head is refused.
    fn says_all(&self, error: &VerifyError) -> bool {
        self.count == self.schemes.len() && !matches!(error, VerifyError::MissingHeader { .. })
    }

    /// Why a request is refused whose head fits no scheme that has a key.
    #[cold]
    #[inline(never)]
    fn refusal<H: Headers + ?Sized>(
        &self,
        error: VerifyError,
        headers: &H,
        body: &[u8],
        now: impl Fn() -> Now,
    ) -> VerifyError {
        let judged = self.without_key(error, None, headers, now).and_then(|postponed| postponed.judge(body));
        judged.err().unwrap_or(VerifyError::NoMatch)
    }

    /// What remains of a request whose head fits no scheme that has a key.
    #[cold]
    #[inline(never)]
    fn without_key<'a, H: Headers + ?Sized>(
        &self,
        error: VerifyError,
        line: Option<RequestLine<'_>>,
        headers: &'a H,
        now: impl Fn() -> Now,
    ) -> Result<Postponed<'a>, VerifyError> {
        let error = known::refined(error, &self.schemes, headers);
        match self.schemes.get(self.count..).unwrap_or_default() {
            [] => Err(error),
            others => Postponed::read(others, line, headers, now(), Some(error)),
        }
    }

    #[cold]
    #[inline(never)]
    fn verify_late<'a, H: Headers + ?Sized>(
        &self,
        headers: &'a H,
        body: &'a [u8],
        now: Now,
    ) -> Result<Verified<'a, H>, VerifyError> {
        let postponed = Postponed::read(&self.schemes, None, headers, now, None);
        let proof = postponed.map_err(|error| known::refined(error, &self.schemes, headers))?.judge(body)?;
        Ok(Verified::new(proof, headers, body))
    }

    #[inline]
    fn begin_by<'a, H: Headers + ?Sized>(
        &'a self,
        headers: &'a H,
        now: impl Fn() -> Now,
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
        now: impl Fn() -> Now,
    ) -> Result<Opened<'a>, VerifyError> {
        let Some(keyed) = self.scheme_of(headers)? else {
            let postponed = Postponed::read(&self.schemes, line, headers, now(), None);
            return Ok(Opened::Postponed(postponed.map_err(|error| known::refined(error, &self.schemes, headers))?));
        };
        let mut reading = keyed.reading();
        match keyed.plan.read(headers, &now, &mut reading) {
            Ok(()) => Ok(Opened::Ready { keyed: keyed.clone(), reading }),
            Err(error) if self.says_all(&error) => Err(error),
            Err(error) => Ok(Opened::Postponed(self.without_key(error, line, headers, now)?)),
        }
    }

    /// The scheme of a request, by its headers. `None` if they do not decide.
    #[inline]
    fn scheme_of<H: Headers + ?Sized>(&self, headers: &H) -> Result<Option<&Arc<Keyed>>, VerifyError> {
        match self.with_keys() {
            [only] => Ok((!only.is_late()).then_some(only)),
            several if several.iter().any(|keyed| keyed.is_late()) => Ok(None),
            several => {
                let present = several.iter().find(|keyed| keyed.plan.is_present(headers));
                present.or(several.first()).ok_or(VerifyError::NoMatch).map(Some)
            }
        }
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

#[cfg(test)]
mod tests;
