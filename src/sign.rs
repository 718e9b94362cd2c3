use std::fmt;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use time::OffsetDateTime;

use crate::algorithm::Algorithm;
use crate::codec::Encoding;
use crate::error::{ConfigError, SignError, VerifyError};
use crate::keyring::{Keyring, MAX_KEYS};
use crate::mac::{Mac, Tag, sha256};
use crate::public_key::SigningKey;
use crate::request::{PublicUrl, RequestLine};
use crate::scheme::{Content, Plan, Scheme, Values, is_absence};
use crate::timestamp::TimeText;

/// Signs requests under one [`Scheme`]. It is cheap to clone.
///
/// ```
/// use hookseal::{Secret, provider};
///
/// let signer = provider::STANDARD_WEBHOOKS.signer(Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?)?;
/// let headers = signer.sign("msg_1", br#"{"type":"invoice.paid"}"#)?;
/// assert_eq!(headers["webhook-id"], "msg_1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    plan: Plan,
    /// The keys that sign, current first. Empty if a request contains the secret itself.
    keys: Vec<Mac>,
    /// Those of Ed25519, current first.
    signing_keys: Vec<SigningKey>,
    over_digest: bool,
    /// Signs as well, with keys of another kind.
    also: Option<Signer>,
    /// The header that contains the secret itself.
    token: Option<(HeaderName, HeaderValue)>,
    /// The provider's other schemes, for requests that lack something of the first.
    next: Option<Signer>,
}

/// What the header lines of a signature contain. It is filled in place, because it is large to move.
struct Signed {
    timestamp: TimeText,
    /// From the current key first.
    tags: [Option<Tag>; MAX_KEYS],
}

/// Names of headers in one request. A [`HeaderMap`] panics when it is full, which can happen from 6554 names on if they
/// were chosen so that their hashes collide.
const MAX_HEADERS: usize = 4096;

/// Only a list of names can make a signature header that long.
const TOO_MANY_LISTED: &str =
    "its signature headers, which list the headers that begin with `x-`, would have more than 4096 bytes";

impl Signer {
    /// A signer for `scheme`, with one secret or a [`Keyring`].
    ///
    /// If the scheme can carry several signatures, every key signs; otherwise only the current one does.
    ///
    /// # Errors
    /// [`ConfigError`] for a secret that is not in the scheme's form, or whose key has fewer than 16 bytes or occurs twice;
    /// and [`ConfigError::Invalid`] for a scheme that can only be verified: its signature is in the body or the query, or is a
    /// plain hash.
    ///
    /// ```
    /// use hookseal::{Keyring, Scheme, Secret, Signer};
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex},...", "{body}");
    /// let keys = Keyring::new(Secret::new("the secret from today on")?)
    ///     .with_previous(Secret::new("the secret until yesterday")?)?;
    /// let headers = Signer::new(ACME, keys)?.sign("evt_1", b"{}")?;
    /// assert_eq!(headers["acme-signature"].as_bytes().len(), 64 + 1 + 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "most schemes are constants, which a reference would clutter")]
    pub fn new(scheme: Scheme, keys: impl Into<Keyring>) -> Result<Signer, ConfigError> {
        Signer::for_schemes(std::slice::from_ref(&scheme), &keys.into())
    }

    /// A signer for a provider with several schemes. A request is signed with the first that has all its places in it.
    pub(crate) fn for_schemes(schemes: &[Scheme], keyring: &Keyring) -> Result<Signer, ConfigError> {
        let algorithms: Vec<Algorithm> = schemes.iter().map(Scheme::algorithm).collect();
        let algorithm = algorithms.first().copied().unwrap_or_default();
        if !keyring.is_all_for(&algorithms, true) {
            return Err(ConfigError::KeyKind { algorithm, has_other: true });
        }
        let mut usable = schemes.iter().filter(|scheme| keyring.has_key_for(scheme.algorithm(), true));
        let Some(scheme) = usable.next() else { return Err(ConfigError::KeyKind { algorithm, has_other: false }) };
        let (others, of_other_kind): (Vec<_>, Vec<_>) =
            usable.partition(|other| other.algorithm() == scheme.algorithm());
        let plan = scheme.plan();
        plan.check_signable()?;
        if !matches!(scheme.algorithm(), Algorithm::Hmac | Algorithm::Ed25519) {
            return Err(ConfigError::KeyKind { algorithm: scheme.algorithm(), has_other: true });
        }
        let (mut keys, mut token, mut signing_keys) = (Vec::new(), None, Vec::new());
        if scheme.algorithm() == Algorithm::Ed25519 {
            signing_keys = keyring.signing_keys().to_vec();
            signing_keys.truncate(plan.capacity(signing_keys.len()));
        } else if plan.token().is_some() {
            token = plan.token_header(&keyring.token_text(scheme.secret_form())?)?;
        } else {
            keys = keyring.macs(scheme.secret_form(), scheme.digest(), false)?;
            keys.truncate(plan.capacity(keys.len()));
        }
        let signer_for = |schemes: Vec<&Scheme>| -> Result<Option<Signer>, ConfigError> {
            let Some(algorithm) = schemes.first().map(|scheme| scheme.algorithm()) else { return Ok(None) };
            let schemes: Vec<Scheme> = schemes.into_iter().cloned().collect();
            Signer::for_schemes(&schemes, &keyring.only_for(algorithm)).map(Some)
        };
        // Only requests differ in what they lack; headers that a signer writes are always there.
        let is_signable = |scheme: &&Scheme| plan.context.is_some() && scheme.plan().check_signable().is_ok();
        let next = signer_for(others.into_iter().filter(is_signable).collect())?;
        let also = signer_for(of_other_kind)?;
        let over_digest = scheme.over_digest();
        Ok(Signer(Arc::new(Inner { plan, keys, signing_keys, over_digest, also, token, next })))
    }

    /// Whether signing needs more than the hash of headers and body.
    fn is_in_context(&self) -> bool {
        self.0.plan.context.is_some() || !self.0.signing_keys.is_empty() || self.0.also.is_some()
    }

    /// The headers that authenticate `body`: those of the id, the timestamp and the signatures that the scheme has.
    ///
    /// Send exactly the bytes that you sign: serialize the event once, and sign and send the result. Signatures are
    /// marked as sensitive, so `Debug` omits them and HTTP/2 does not add them to its compression tables.
    ///
    /// `id` identifies the event: at most 256 bytes of visible ASCII, the same for each attempt to deliver it. A scheme
    /// without an id header ignores it.
    ///
    /// # Errors
    /// [`SignError`] for an id that cannot be sent or would be ambiguous, and for a scheme that covers headers, the method, the
    /// URL or the query, which only [`sign_request`](Self::sign_request) can see.
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let signer = provider::GITHUB.signer(Secret::new("It's a Secret to Everybody")?)?;
    /// let headers = signer.sign("72d3162e-cc78-11e3-81ab-4c9367dc0958", b"Hello, World!")?;
    /// assert_eq!(
    ///     headers["x-hub-signature-256"],
    ///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign(&self, id: &str, body: &[u8]) -> Result<HeaderMap, SignError> {
        self.sign_by(id, body, OffsetDateTime::now_utc)
    }

    /// Like [`sign`](Self::sign), at a given time: for tests, and for providers that retry with the first timestamp.
    ///
    /// # Errors
    /// The same errors as [`sign`](Self::sign), and [`SignError::TimeOutOfRange`] for a time that the scheme's
    /// timestamp cannot express.
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    /// use time::OffsetDateTime;
    ///
    /// let signer = provider::STRIPE.signer(Secret::new("whsec_test_secret")?)?;
    /// let time = OffsetDateTime::from_unix_timestamp(1_700_000_000)?;
    /// let headers = signer.sign_at("evt_1", br#"{"id":"evt_test_webhook","object":"event"}"#, time)?;
    /// assert_eq!(
    ///     headers["stripe-signature"],
    ///     "t=1700000000,v1=d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_at(&self, id: &str, body: &[u8], time: OffsetDateTime) -> Result<HeaderMap, SignError> {
        self.sign_by(id, body, || time)
    }

    /// Reads the clock only if the scheme has a timestamp.
    fn sign_by(&self, id: &str, body: &[u8], now: impl FnOnce() -> OffsetDateTime) -> Result<HeaderMap, SignError> {
        if self.is_in_context() {
            return self.sign_in_context(None, HeaderMap::new(), id, body, now());
        }
        let mut headers = HeaderMap::with_capacity(4);
        let mut signed = Signed { timestamp: self.0.plan.timestamp(now)?, tags: [const { None }; MAX_KEYS] };
        self.hash(&headers, id, body, &mut signed)?;
        self.write(id, &signed, &mut headers);
        Ok(headers)
    }

    /// A complete, signed `POST` request with `content-type: application/json`, for any client that takes an
    /// `http::Request`.
    ///
    /// # Errors
    /// The same errors as [`sign`](Self::sign), and [`SignError::InvalidUri`].
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let signer = provider::EFFICLOSE.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// let request = signer.request("https://example.com/hooks", "evt_1", r#"{"event":"user.joined"}"#)?;
    /// assert_eq!(request.method(), "POST");
    /// assert!(request.headers().contains_key("x-webhook-signature"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request<B: AsRef<[u8]>>(
        &self,
        uri: impl TryInto<Uri, Error: Into<http::Error>>,
        id: &str,
        body: B,
    ) -> Result<Request<B>, SignError> {
        self.request_at(uri, id, body, OffsetDateTime::now_utc())
    }

    /// Like [`request`](Self::request), at a given time.
    ///
    /// # Errors
    /// The same errors as [`request`](Self::request), and [`SignError::TimeOutOfRange`].
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    /// use time::OffsetDateTime;
    ///
    /// let signer = provider::SLACK.signer(Secret::new("8f742231b10e8888abcd99yyyzzz85a5")?)?;
    /// let request = signer.request_at("https://example.com/", "evt_1", "{}", OffsetDateTime::UNIX_EPOCH)?;
    /// assert_eq!(request.headers()["x-slack-request-timestamp"], "0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_at<B: AsRef<[u8]>>(
        &self,
        uri: impl TryInto<Uri, Error: Into<http::Error>>,
        id: &str,
        body: B,
        time: OffsetDateTime,
    ) -> Result<Request<B>, SignError> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.try_into().map_err(SignError::invalid_uri)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.sign_request_at(&mut request, id, time)?;
        Ok(request)
    }

    /// Signs a request that you built. Schemes take what they cover from it: the values of headers (`{header:Name}`), the
    /// method, the query, the fields of a form. A scheme that covers the URL needs an absolute one, written as it is
    /// registered at the receiver. Of a provider's schemes, the first that has all its places in the request is used.
    ///
    /// # Errors
    /// [`SignError`]; the request is then unchanged.
    ///
    /// ```
    /// use hookseal::{Scheme, Secret, Signer};
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{header:Acme-Topic}\n{body}");
    /// let mut request = http::Request::post("https://example.com/").header("Acme-Topic", "orders").body("{}")?;
    /// Signer::new(ACME, Secret::new("a secret of twenty-some bytes")?)?.sign_request(&mut request, "evt_1")?;
    /// assert!(request.headers().contains_key("acme-signature"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_request<B: AsRef<[u8]>>(&self, request: &mut Request<B>, id: &str) -> Result<(), SignError> {
        self.sign_request_at(request, id, OffsetDateTime::now_utc())
    }

    /// Like [`sign_request`](Self::sign_request), at a given time.
    ///
    /// # Errors
    /// The same errors as [`sign_request`](Self::sign_request), and [`SignError::TimeOutOfRange`].
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    /// use time::OffsetDateTime;
    ///
    /// let signer = provider::SLACK.signer(Secret::new("8f742231b10e8888abcd99yyyzzz85a5")?)?;
    /// let mut request = http::Request::post("https://example.com/").body("{}")?;
    /// signer.sign_request_at(&mut request, "evt_1", OffsetDateTime::UNIX_EPOCH)?;
    /// assert_eq!(request.headers()["x-slack-request-timestamp"], "0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_request_at<B: AsRef<[u8]>>(
        &self,
        request: &mut Request<B>,
        id: &str,
        time: OffsetDateTime,
    ) -> Result<(), SignError> {
        self.sign_for(None, request, id, time)
    }

    /// Signs a request for the endpoint with this public URL, or else the request's own.
    pub(crate) fn sign_for<B: AsRef<[u8]>>(
        &self,
        url: Option<&PublicUrl>,
        request: &mut Request<B>,
        id: &str,
        time: OffsetDateTime,
    ) -> Result<(), SignError> {
        let count = request.headers().keys_len();
        if count > MAX_HEADERS {
            return Err(SignError::TooManyHeaders { count });
        }
        if self.is_in_context() {
            let (headers, body) = (request.headers().clone(), request.body().as_ref());
            let head = Some(Head { method: request.method(), uri: request.uri(), url });
            *request.headers_mut() = self.sign_in_context(head, headers, id, body, time)?;
            return Ok(());
        }
        let mut signed = Signed { timestamp: self.0.plan.timestamp(|| time)?, tags: [const { None }; MAX_KEYS] };
        self.hash(request.headers(), id, request.body().as_ref(), &mut signed)?;
        self.write(id, &signed, request.headers_mut());
        Ok(())
    }

    /// The headers of a request whose scheme reads more than headers: those that it has, and those that sign it.
    #[cold]
    #[inline(never)]
    fn sign_in_context(
        &self,
        head: Option<Head<'_>>,
        mut headers: HeaderMap,
        id: &str,
        body: &[u8],
        time: OffsetDateTime,
    ) -> Result<HeaderMap, SignError> {
        if let Some(also) = &self.0.also {
            // Neither signs what the other is about to replace.
            self.0.plan.remove_lines(&mut headers);
            also.0.plan.remove_lines(&mut headers);
        }
        let mut signed = match (self.sign_by_first(head, headers.clone(), id, body, time), &self.0.next) {
            (Err(ContextError::Request(error)), Some(next)) if is_absence(&error) => {
                next.sign_in_context(head, headers.clone(), id, body, time)
            }
            (signed, _) => signed.map_err(|error| match error {
                ContextError::Request(error) => SignError::Unfit { problem: error.to_string() },
                ContextError::Sign(error) => error,
            }),
        }?;
        if let Some(also) = &self.0.also {
            let others = also.sign_in_context(head, headers.clone(), id, body, time)?;
            self.0.plan.merge(&others, &headers, &mut signed);
        }
        Ok(signed)
    }

    fn sign_by_first(
        &self,
        head: Option<Head<'_>>,
        mut headers: HeaderMap,
        id: &str,
        body: &[u8],
        time: OffsetDateTime,
    ) -> Result<HeaderMap, ContextError> {
        let Inner { plan, keys, signing_keys, over_digest, token, .. } = &*self.0;
        let timestamp = plan.timestamp(|| time)?;
        plan.check_id(id, &timestamp)?;
        let own = Values { id: id.as_bytes(), timestamp: timestamp.as_bytes(), ..Values::default() };
        plan.write_context(&own, body, &mut headers);
        headers.extend(token.clone().map(|(name, value)| (Some(name), value)));
        let mut tags = [const { None }; MAX_KEYS];
        let list = plan.signed_headers(&headers);
        if plan.lists_headers() && list.is_empty() {
            let problem = "it has no header that begins with `x-`, and the scheme signs a list of those".to_owned();
            return Err(SignError::Unfit { problem }.into());
        }
        let own = Values { signed_headers: list.as_bytes(), ..own };
        {
            let mut values = own;
            plan.spliced(&headers, &mut values)?;
            let url = head.filter(|_| plan.needs_url()).map(Head::url).transpose()?;
            let line = head.map(|head| RequestLine { method: head.method.as_str(), query: head.uri.query() });
            let early = plan.read_context(line, url.as_ref(), &headers, &values)?;
            for late in plan.read_body(&early, body)? {
                let written = plan.time_of(&late, time.into())?.map(|(text, _)| text.as_bytes());
                let values = Values { timestamp: written.unwrap_or(values.timestamp), ..values };
                plan.check_marker(&values)?;
                let content = Content { values, derived: &late.parts };
                for (tag, key) in tags.iter_mut().zip(keys) {
                    *tag = Some(plan.tag_of(&content, body, key));
                }
                if !signing_keys.is_empty() {
                    let mut message = plan.message(&content, body);
                    if *over_digest {
                        message = sha256([message.as_slice()]).to_vec();
                    }
                    for (tag, key) in tags.iter_mut().zip(signing_keys) {
                        *tag = Some(Tag::of_signature(key.sign(&message)));
                    }
                }
            }
        }
        plan.write(&own, &tags, &mut headers);
        match plan.is_readable(&headers) {
            true => Ok(headers),
            false => Err(SignError::Unfit { problem: TOO_MANY_LISTED.to_owned() }.into()),
        }
    }

    /// The MAC of a text under the current key, in an encoding.
    pub(crate) fn mac(&self, text: &[u8], encoding: Encoding) -> String {
        let key = self.0.keys.first();
        key.map_or_else(String::new, |key| encoding.text(key.tag([text].into_iter()).as_bytes()))
    }

    #[inline]
    fn hash(&self, headers: &HeaderMap, id: &str, body: &[u8], signed: &mut Signed) -> Result<(), SignError> {
        let Inner { plan, keys, .. } = &*self.0;
        plan.check_id(id, &signed.timestamp)?;
        let mut values = Values { id: id.as_bytes(), timestamp: signed.timestamp.as_bytes(), ..Values::default() };
        plan.spliced(headers, &mut values)?;
        for (tag, key) in signed.tags.iter_mut().zip(keys) {
            *tag = Some(plan.tag(&values, body, key));
        }
        Ok(())
    }

    #[inline]
    fn write(&self, id: &str, signed: &Signed, headers: &mut HeaderMap) {
        let values = Values { id: id.as_bytes(), timestamp: signed.timestamp.as_bytes(), ..Values::default() };
        self.0.plan.write(&values, &signed.tags, headers);
    }
}

/// The head of a request, apart from its headers.
#[derive(Clone, Copy)]
struct Head<'r> {
    method: &'r Method,
    uri: &'r Uri,
    /// The one that was registered, if it is not the request's own.
    url: Option<&'r PublicUrl>,
}

impl Head<'_> {
    fn url(self) -> Result<PublicUrl, SignError> {
        let unfit = |problem| SignError::Unfit { problem: format!("its URL {problem}") };
        self.url.map_or_else(|| PublicUrl::new(&self.uri.to_string()).map_err(unfit), |url| Ok(url.clone()))
    }
}

/// Why a request cannot be signed under one of a provider's schemes.
enum ContextError {
    /// What a verifier would say of it.
    Request(VerifyError),
    Sign(SignError),
}

impl From<VerifyError> for ContextError {
    fn from(error: VerifyError) -> ContextError {
        ContextError::Request(error)
    }
}

impl From<SignError> for ContextError {
    fn from(error: SignError) -> ContextError {
        ContextError::Sign(error)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("keys", &self.0.keys.len()).finish_non_exhaustive()
    }
}
