use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use time::OffsetDateTime;

use super::explain::Explaining;
use super::fallback::Fallback;
use super::fetching::Fetching;
use super::{BodyBudget, Intake};
use crate::error::{ConfigError, VerifyError};
use crate::event::EventShape;
use crate::headers::Headers;
use crate::keyring::Keyring;
use crate::provider::Provider;
use crate::request::RequestLine;
use crate::secret::Secret;
use crate::sync::RwLock;
use crate::verify::{Opened, Proof, Verifier};

/// A provider, its keys and a body limit: what an application keeps to receive webhooks. Cheap to clone.
///
/// If an application receives from several providers, a marker `P` keeps them apart: any type of your own, usually an
/// empty enum, set with [`with_marker`](Self::with_marker). A request that the receiver has verified is a
/// [`Received<P>`](super::Received), which a handler for another `P` does not accept.
///
/// The keys can be [replaced](Self::set_keys) while requests arrive.
///
/// ```
/// use hookseal::receive::Receiver;
/// use hookseal::{Secret, provider};
///
/// enum Klang {}
/// enum GitHub {}
///
/// #[derive(Clone)]
/// struct App {
///     klang: Receiver<Klang>,
///     github: Receiver<GitHub>,
/// }
/// let app = App {
///     klang: provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?.with_marker(),
///     github: provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?.with_marker(),
/// };
/// assert_eq!((app.klang.max_received(), app.github.max_received()), (1 << 20, 25 << 20));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
pub struct Receiver<P = ()> {
    shared: Arc<Shared>,
    marker: PhantomData<fn() -> P>,
}

/// What stores a secret that a provider brings.
pub(super) type Keep = Box<dyn FnMut(&Secret) -> Result<(), Box<dyn Error + Send + Sync>> + Send>;

#[derive(Clone)]
struct Shared {
    provider: Provider,
    /// Shared by all that are made of one receiver, whatever their marker, scope or limits.
    verifier: Arc<RwLock<Verifier>>,
    scope: String,
    max_received: usize,
    budget: BodyBudget,
    /// The headers from which the provider's events are read.
    event_headers: Arc<[HeaderName]>,
    fallback: Option<Fallback>,
    verify_token: Option<Secret>,
    registration: Option<Arc<Mutex<Option<Keep>>>>,
    /// Where the keys come from, if the verifier has none.
    fetching: Option<Arc<Fetching>>,
    /// Whose tenant does not exist.
    is_nobodys: bool,
    clock: Option<Arc<dyn Fn() -> OffsetDateTime + Send + Sync>>,
    explaining: Explaining,
}

impl Receiver {
    pub(crate) fn new(provider: Provider, verifier: Verifier) -> Receiver {
        let verifier = Arc::new(RwLock::new(verifier));
        let max_received = usize::try_from(provider.max_received()).unwrap_or(usize::MAX);
        let budget = BodyBudget::shared();
        let scope = String::new();
        let names = provider.event_shapes().iter().flat_map(EventShape::header_names);
        let mut names: Vec<HeaderName> = names.filter_map(|name| name.parse().ok()).collect();
        names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup();
        let event_headers = names.into();
        let shared = Shared {
            provider,
            verifier,
            scope,
            max_received,
            budget,
            event_headers,
            fallback: None,
            verify_token: None,
            registration: None,
            fetching: None,
            is_nobodys: false,
            clock: None,
            explaining: Explaining::default(),
        };
        Receiver { shared: Arc::new(shared), marker: PhantomData }
    }
}

impl<P> Receiver<P> {
    pub(super) fn with_explaining(self, explaining: Explaining) -> Receiver<P> {
        self.with(|shared| shared.explaining = explaining)
    }

    pub(super) fn explaining(&self) -> &Explaining {
        &self.shared.explaining
    }

    /// The age in seconds, rounded up, of a request that is older than its scheme tolerates; or for how long it has not been
    /// valid any more, as its token says.
    pub(super) fn excess_age(&self, proof: &Proof<'_>) -> Option<u64> {
        let expired = |expiry: u64| {
            let now = u64::try_from(self.now().unix_timestamp()).ok()?;
            now.checked_sub(expiry).filter(|seconds| *seconds > 0)
        };
        let too_old = || {
            let past = self.provider().schemes().get(proof.scheme())?.past()?;
            let age = self.now() - proof.timestamp()?;
            let seconds = age.whole_seconds() + i64::from(age.subsec_nanoseconds() > 0);
            u64::try_from(seconds).ok().filter(|seconds| *seconds > u64::from(past.max(1)))
        };
        proof.expiry().and_then(expired).or_else(too_old)
    }

    /// By its own clock, or the system's.
    pub(super) fn now(&self) -> OffsetDateTime {
        self.shared.clock.as_ref().map_or_else(OffsetDateTime::now_utc, |clock| clock())
    }

    /// Whose requests nobody can sign.
    pub(super) fn into_nobodys(self) -> Receiver<P> {
        self.with(|shared| shared.is_nobodys = true)
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Receiver<P> {
        let mut shared = Arc::unwrap_or_clone(self.shared);
        change(&mut shared);
        Receiver { shared: Arc::new(shared), marker: PhantomData }
    }

    /// Marks the receiver, to tell it from those of other providers. The compiler usually infers the marker.
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    ///
    /// enum GitHub {}
    ///
    /// let receiver = provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?;
    /// let github: Receiver<GitHub> = receiver.with_marker();
    /// assert_eq!(github.provider().name(), "github");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_marker<Q>(self) -> Receiver<Q> {
        Receiver { shared: self.shared, marker: PhantomData }
    }

    /// Sets the scope of idempotency keys, which says whose events these are: two tenants of one provider may use the same
    /// event id. Two endpoints that each process the same event need a scope each too, if they share a store. Take a
    /// tenant's from your database, as [`Provider::tenant_receiver`] does, not from the request.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// assert_eq!(receiver.with_scope("tenant-7").scope(), "tenant-7");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_scope(self, scope: impl Into<String>) -> Receiver<P> {
        self.with(|shared| shared.scope = scope.into())
    }

    /// Sets the largest body in bytes, instead of the provider's [`max_received`](Provider::max_received).
    ///
    /// This replaces the framework's own limit. A larger body is refused, with 413 unless its headers are refused first, and
    /// no more than the limit is ever held. A [`BodyBudget`] bounds what many requests hold together.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?;
    /// assert_eq!(receiver.with_max_received(100_000).max_received(), 100_000);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_max_received(self, bytes: usize) -> Receiver<P> {
        self.with(|shared| shared.max_received = bytes)
    }

    /// Sets how much memory the bodies of all requests may take together, instead of the 256 MiB that all receivers of the
    /// process share. If the budget is smaller than the receiver's limit, it becomes the limit.
    ///
    /// ```
    /// use hookseal::receive::{BodyBudget, Receiver};
    /// # use hookseal::{Secret, provider};
    ///
    /// # let (shop, bank) = (Secret::new("a secret of twenty-some bytes")?, Secret::new("another of twenty-some bytes")?);
    /// let budget = BodyBudget::new(100 << 20);
    /// let shop: Receiver = provider::SHOPIFY.receiver(shop)?.with_body_budget(budget.clone());
    /// let bank: Receiver = provider::STRIPE.receiver(bank)?.with_body_budget(budget);
    /// assert_eq!(bank.body_budget().bytes(), shop.body_budget().bytes());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_body_budget(self, budget: BodyBudget) -> Receiver<P> {
        self.with(|shared| shared.budget = budget)
    }

    /// Sets the clock that timestamps are compared with, instead of the system's: for tests with recorded requests.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// use time::OffsetDateTime;
    ///
    /// let receiver: Receiver = provider::STRIPE.receiver(Secret::new("whsec_test_secret")?)?;
    /// let recorded = OffsetDateTime::from_unix_timestamp(1_700_000_000)?;
    /// let receiver = receiver.with_clock(move || recorded);
    ///
    /// let body = r#"{"id":"evt_test_webhook","object":"event"}"#;
    /// let signature = "t=1700000000,v1=d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990";
    /// let headers = [("stripe-signature", signature)];
    /// let mut intake = receiver.begin(&headers);
    /// intake.push(body.into());
    /// assert!(intake.finish().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Receiver<P> {
        self.with(|shared| shared.clock = Some(Arc::new(clock)))
    }

    /// Replaces the keys at run time, for example when a secret is rotated: with a [`Secret`], or with a [`Keyring`] that
    /// also has the previous ones. All clones use the new keys, and so do receivers that were given another marker, scope or
    /// limit. A request whose headers were read before is verified with the old keys, so no delivery is lost.
    ///
    /// A [`refusing_receiver`](Provider::refusing_receiver) continues to refuse everything.
    ///
    /// # Errors
    /// The same errors as [`Verifier::new`], and [`ConfigError::Invalid`] for a receiver that fetches its keys. The keys are then
    /// unchanged.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret, provider};
    ///
    /// let (old, new) = (Secret::new("It's a Secret to Everybody")?, Secret::new("It's a Secret to Nobody")?);
    /// let receiver = provider::GITHUB.lossy().receiver(old.clone())?;
    /// let in_the_router = receiver.clone();
    ///
    /// receiver.set_keys(Keyring::new(new.clone()).with_previous(old)?)?;
    ///
    /// let headers = provider::GITHUB.signer(new)?.sign("delivery-1", b"{}")?;
    /// let mut intake = in_the_router.begin(&headers);
    /// intake.push("{}".into());
    /// assert!(intake.finish().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_keys(&self, keys: impl Into<Keyring>) -> Result<(), ConfigError> {
        let verifier = self.provider().verifier(keys)?;
        if self.fetching().is_some() {
            let problem = "are fetched, and cannot be set";
            return Err(ConfigError::Invalid { field: "keys", piece: self.provider().name().to_owned(), problem });
        }
        if !self.is_nobodys() {
            self.replace(verifier);
        }
        Ok(())
    }

    /// The provider whose webhooks these are.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// assert_eq!(receiver.provider().name(), "klang");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn provider(&self) -> &Provider {
        &self.shared.provider
    }

    /// Whose events these are. Empty unless [set](Self::with_scope).
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// assert_eq!(receiver.scope(), "");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn scope(&self) -> &str {
        &self.shared.scope
    }

    /// The largest body in bytes.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?;
    /// assert_eq!(receiver.max_received(), 25 << 20);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn max_received(&self) -> usize {
        self.shared.max_received
    }

    /// How much memory the bodies of all requests may take together, and how much they take now.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?;
    /// assert!(receiver.body_budget().spent() <= receiver.body_budget().bytes());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn body_budget(&self) -> &BodyBudget {
        &self.shared.budget
    }

    /// Begins to receive a request: the headers now, then the body as it arrives. The adapters call this; for other servers,
    /// see [`Intake`].
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    ///
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::KLANG.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// let receiver: Receiver = provider::KLANG.receiver(secret)?;
    /// let mut intake = receiver.begin(&headers);
    /// intake.push("{}".into());
    /// assert_eq!(intake.finish()?.body(), "{}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin<'a, H: Headers + ?Sized>(&'a self, headers: &'a H) -> Intake<'a, P> {
        Intake::new(self, None, headers)
    }

    /// Sets the verify token: a secret of your choice that you give the provider when you register the endpoint, and that it
    /// sends back in its [handshake](crate::Handshake). Meta's registration needs one. It is not the signing secret.
    ///
    /// # Errors
    /// [`ConfigError::ShortVerifyToken`] for fewer than 16 bytes, unless the token was made with
    /// [`allow_short`](Secret::allow_short).
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    /// use http::{HeaderMap, Method, StatusCode};
    ///
    /// let receiver: Receiver = provider::META
    ///     .receiver(Secret::new("the app secret that Meta shows")?)?
    ///     .with_verify_token(Secret::new("a-token-of-my-own-choice")?)?;
    ///
    /// let uri = "/meta?hub.mode=subscribe&hub.verify_token=a-token-of-my-own-choice&hub.challenge=1158201444".parse()?;
    /// let headers = HeaderMap::new();
    /// let answer = receiver.begin_request(&Method::GET, &uri, &headers).finish().unwrap_err();
    /// assert_eq!(answer.status(), StatusCode::OK);
    /// assert_eq!(answer.to_response::<Vec<u8>>().body(), b"1158201444");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_verify_token(self, token: Secret) -> Result<Receiver<P>, ConfigError> {
        token.check_verify_token()?;
        Ok(self.with(|shared| shared.verify_token = Some(token)))
    }

    /// Makes the receiver wait for the signing secret that the provider brings in its [handshake](crate::Handshake), as Asana
    /// does. `keep` stores the secret; if it fails, the provider is told to come again. The receiver then verifies with that
    /// secret, and never takes another one: otherwise anybody could set the key and then sign.
    ///
    /// Until then it refuses everything else. Give it to the server only while you register the endpoint; after a restart,
    /// make a receiver with the stored secret.
    ///
    /// ```
    /// use hookseal::provider;
    /// use hookseal::receive::Receiver;
    /// # fn store(secret: &str) -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let receiver: Receiver = provider::ASANA
    ///     .refusing_receiver("")?
    ///     .with_registration(|secret| store(secret.expose().unwrap_or_default()));
    ///
    /// let headers = [("X-Hook-Secret", "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81")];
    /// let answer = receiver.begin(&headers).finish().unwrap_err();
    /// assert_eq!(answer.to_response::<Vec<u8>>().headers()["x-hook-secret"], headers[0].1);
    /// assert_eq!(receiver.begin(&headers).finish().unwrap_err().status(), 401, "only once");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_registration<E>(self, mut keep: impl FnMut(&Secret) -> Result<(), E> + Send + 'static) -> Receiver<P>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let keep = move |secret: &Secret| keep(secret).map_err(Into::into);
        // No longer nobody's, but still with a random key.
        self.with(|shared| {
            shared.is_nobodys = false;
            shared.registration = Some(Arc::new(Mutex::new(Some(Box::new(keep)))));
        })
    }

    pub(super) fn with_fetching(self, fetching: Fetching) -> Receiver<P> {
        self.with(|shared| shared.fetching = Some(Arc::new(fetching)))
    }

    pub(super) fn fetching(&self) -> Option<&Fetching> {
        self.shared.fetching.as_deref()
    }

    pub(super) fn registration(&self) -> Option<&Mutex<Option<Keep>>> {
        self.shared.registration.as_deref()
    }

    pub(super) fn verify_token(&self) -> Option<&str> {
        self.shared.verify_token.as_ref().and_then(Secret::expose)
    }

    /// Begins to receive a request whose method and URI are known, so that the provider's
    /// [handshakes](crate::Handshake) with other methods than `POST` are answered, and other requests with them are refused
    /// with 405. The adapters do so.
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    /// use http::{HeaderMap, Method};
    ///
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// let headers = HeaderMap::new();
    /// let intake = receiver.begin_request(&Method::GET, &"/hook".parse()?, &headers);
    /// assert_eq!(intake.finish().unwrap_err().status(), 405);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin_request<'a, H: Headers + ?Sized>(
        &'a self,
        method: &Method,
        uri: &Uri,
        headers: &'a H,
    ) -> Intake<'a, P> {
        let line = RequestLine { method: method.as_str(), query: uri.query() };
        Intake::new(self, Some(line), headers)
    }

    /// [`begin_request`](Self::begin_request) for a framework with types of its own.
    pub(crate) fn begin_parts<'a, H: Headers + ?Sized>(
        &'a self,
        method: &str,
        query: Option<&str>,
        headers: &'a H,
    ) -> Intake<'a, P> {
        Intake::new(self, Some(RequestLine { method, query }), headers)
    }

    /// The headers of a request from which the provider's events are read. A header that occurs twice is kept twice, so that
    /// it is refused when it is read.
    pub(super) fn event_headers<H: Headers + ?Sized>(&self, headers: &H) -> HeaderMap {
        let mut kept = HeaderMap::new();
        for name in &*self.shared.event_headers {
            for value in headers.values(name).take(2) {
                // A value that no header can have is dropped, as if the header were missing.
                kept.extend(HeaderValue::from_bytes(value).ok().map(|value| (name.clone(), value)));
            }
        }
        kept
    }

    pub(super) fn with_shared_fallback(self, fallback: Fallback) -> Receiver<P> {
        self.with(|shared| shared.fallback = Some(fallback))
    }

    pub(super) fn fallback(&self) -> Option<&Fallback> {
        self.shared.fallback.as_ref()
    }

    /// Whether both are clones of one receiver.
    pub(super) fn is(&self, other: &Receiver<P>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether it is a [`refusing_receiver`](Provider::refusing_receiver).
    pub(crate) fn is_nobodys(&self) -> bool {
        self.shared.is_nobodys
    }

    #[inline]
    pub(super) fn open<'a, H: Headers + ?Sized>(
        &self,
        line: Option<RequestLine<'_>>,
        headers: &'a H,
    ) -> Result<Opened<'a>, VerifyError> {
        let now = self.shared.clock.as_ref().map(|clock| clock());
        self.verifier().open(line, headers, now)
    }

    pub(super) fn replace(&self, verifier: Verifier) {
        *self.shared.verifier.write().unwrap_or_else(PoisonError::into_inner) = verifier;
    }

    /// Cloned, so that a slow clock or slow headers never delay a replacement of the keys.
    pub(super) fn verifier(&self) -> Verifier {
        self.shared.verifier.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<P> Clone for Receiver<P> {
    fn clone(&self) -> Receiver<P> {
        Receiver { shared: self.shared.clone(), marker: PhantomData }
    }
}

impl<P> fmt::Debug for Receiver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("provider", &self.provider().name())
            .field("scope", &self.scope())
            .field("max_received", &self.max_received())
            .finish_non_exhaustive()
    }
}
