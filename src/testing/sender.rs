use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::{ConfigError, EventError, RandomnessError, SignError};
use crate::event::Event;
use crate::form;
use crate::id::event_id;
use crate::keyring::Keyring;
use crate::provider::Provider;
use crate::request::PublicUrl;
use crate::scheme::{Plan, Scheme};
use crate::sign::Signer;

use super::sample;

/// Makes signed requests as a provider would send them.
///
/// ```
/// use hookseal::testing::Sender;
/// use hookseal::{Secret, provider};
/// use serde_json::json;
/// use time::{Duration, OffsetDateTime};
///
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let sender = Sender::new(&provider::KALLGLOT, secret.clone())?;
/// let stale = sender.with_time(OffsetDateTime::now_utc() - Duration::HOUR).event("/hook", "call.ended", json!({}))?;
///
/// let verifier = provider::KALLGLOT.verifier(secret)?;
/// assert!(verifier.verify(stale.headers(), stale.body()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// If the provider signs the URL, give it the [public URL](Provider::with_public_url) of the endpoint. That one is signed,
/// whatever the request is sent to, with the request's query. A request without a query gets that of the public URL; one with
/// JSON gets the hash of its body there, as Twilio's have it.
///
/// ```
/// # use hookseal::{Secret, provider, testing::Sender};
/// let square = provider::SQUARE.with_public_url("https://hooks.example.com/square?shop=7")?;
/// let sender = Sender::new(&square, Secret::new("a secret of twenty-some bytes")?)?;
/// let request = sender.body("/square", r#"{"type":"payment.updated"}"#)?;
/// assert_eq!(request.uri(), "/square?shop=7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It sends `POST`s, with the content type of a form if the provider signs forms and the body is not JSON. For a `GET`, use
/// [`Signer::sign_request`].
#[derive(Clone, Debug)]
pub struct Sender {
    provider: Provider,
    signer: Signer,
    /// The URL that is signed, if the provider signs one and it is set.
    url: Option<PublicUrl>,
    needs_url: bool,
    reads_form: bool,
    lists_headers: bool,
    /// Headers of the request that the scheme covers.
    covered: Vec<HeaderName>,
    id: Option<String>,
    time: Option<OffsetDateTime>,
    headers: HeaderMap,
}

impl Sender {
    /// A sender with the endpoint's secrets.
    ///
    /// # Errors
    /// The same errors as [`Signer::new`]. Of a provider whose signature is in the body, such as Mailgun, nobody can sign
    /// requests but the provider: test with a recorded one.
    ///
    /// ```
    /// use hookseal::{Secret, provider, testing::Sender};
    ///
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// let error = Sender::new(&provider::MAILGUN, secret).unwrap_err();
    /// assert!(error.to_string().contains("such requests can be verified, but not signed"));
    ///
    /// let sender = Sender::new(&provider::GITHUB, Secret::new("It's a Secret to Everybody")?)?;
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(provider: &Provider, keys: impl Into<Keyring>) -> Result<Sender, ConfigError> {
        let plans: Vec<Plan> = provider.schemes().iter().map(Scheme::plan).collect();
        let needs_url = plans.iter().any(Plan::needs_url);
        Ok(Sender {
            provider: provider.clone(),
            signer: provider.signer(keys)?,
            url: provider.registered()?.filter(|_| needs_url),
            needs_url,
            reads_form: plans.iter().any(Plan::reads_form),
            lists_headers: plans.iter().any(Plan::lists_headers),
            covered: plans.first().into_iter().flat_map(Plan::covered_headers).cloned().collect(),
            id: None,
            time: None,
            headers: HeaderMap::new(),
        })
    }

    /// Sets the time at which events happen and are signed: now unless set.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::Sender};
    /// use time::OffsetDateTime;
    ///
    /// let sender = Sender::new(&provider::SLACK, Secret::new("a secret of twenty-some bytes")?)?;
    /// let request = sender.with_time(OffsetDateTime::UNIX_EPOCH).body("/hook", "{}")?;
    /// assert_eq!(request.headers()["x-slack-request-timestamp"], "0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_time(mut self, time: OffsetDateTime) -> Sender {
        self.time = Some(time);
        self
    }

    /// Sets the id of all events: a new one for each unless set.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::Sender};
    /// let sender = Sender::new(&provider::TWITCH, Secret::new("a secret of twenty-some bytes")?)?;
    /// let request = sender.with_id("msg_1").body("/hook", "{}")?;
    /// assert_eq!(request.headers()["twitch-eventsub-message-id"], "msg_1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Sender {
        self.id = Some(id.into());
        self
    }

    /// Adds a header to all requests, for example one from which the provider's event type is read.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::Sender};
    /// let sender = Sender::new(&provider::GITHUB, Secret::new("It's a Secret to Everybody")?)?;
    /// let request = sender.with_header("X-GitHub-Event", "push")?.body("/hook", r#"{"ref":"refs/heads/main"}"#)?;
    /// assert_eq!(request.headers()["x-github-event"], "push");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SenderError::Request`] for a name or a value that no header can have.
    pub fn with_header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl TryInto<HeaderValue, Error: Into<http::Error>>,
    ) -> Result<Sender, SenderError> {
        let name = name.try_into().map_err(|error| SenderError::Request(error.into()))?;
        let value = value.try_into().map_err(|error| SenderError::Request(error.into()))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// A request with an event, in the provider's envelope.
    ///
    /// # Errors
    /// [`SenderError`].
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::Sender};
    /// use serde_json::json;
    ///
    /// let sender = Sender::new(&provider::CALLINTEL, Secret::new("a secret of twenty-some bytes")?)?;
    /// let request = sender.event("/hook", "call.completed", json!({"id": 7}))?;
    /// assert!(request.body().starts_with(br#"{"event_type":"call.completed","#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event(
        &self,
        uri: impl TryInto<Uri, Error: Into<http::Error>>,
        event_type: &str,
        data: impl Serialize,
    ) -> Result<Request<Bytes>, SenderError> {
        let (id, time) = (self.id()?, self.time());
        let event = Event::new(event_type, data).with_id(id.as_str()).with_time(time);
        self.clone().with_event_headers(&event)?.signed(uri, &id, self.provider.encode(&event)?.into(), time)
    }

    /// A request as the provider sends it: a delivery from its documentation or from its library, signed with this
    /// sender's keys. `event_type` is the type of an event in it, or the first part of a joined one.
    ///
    /// The crate has one or a few samples of each provider whose events it describes, and some are shortened.
    ///
    /// # Errors
    /// [`SenderError::NoSample`] lists the types that there are samples of.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::Sender};
    /// let sender = Sender::new(&provider::GITHUB, Secret::new("It's a Secret to Everybody")?)?;
    /// let request = sender.sample("/hook", "pull_request")?;
    /// assert_eq!(request.headers()["x-github-event"], "pull_request");
    /// assert!(request.body().starts_with(br#"{"action":"opened","number":2,"pull_request":{"#));
    ///
    /// let error = sender.sample("/hook", "pull_reqest").unwrap_err();
    /// assert!(error.to_string().starts_with("there is no sample of `pull_reqest` by github, but of `pull_request.opened`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sample(
        &self,
        uri: impl TryInto<Uri, Error: Into<http::Error>>,
        event_type: &str,
    ) -> Result<Request<Bytes>, SenderError> {
        let sample = sample::find(self.provider.name(), event_type)?;
        let mut sender = self.clone();
        for (name, value) in &sample.headers {
            sender = sender.with_header(name.as_str(), value.as_str())?;
        }
        let id = self.id.clone().or(sample.id).map_or_else(|| self.id(), Ok)?;
        let mut request = sender.signed(uri, &id, sample.body.into(), self.time())?;
        // The signer writes an id even where it does not cover it.
        let coverage = self.provider.scheme().coverage();
        for (name, value) in sender.headers.iter().filter(|(name, _)| !coverage.has_header(name.as_str())) {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(request)
    }

    /// A request with any body.
    ///
    /// # Errors
    /// [`SenderError`].
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::Sender};
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let request = Sender::new(&provider::GITHUB, secret)?.body("/hook", "Hello, World!")?;
    /// assert_eq!(
    ///     request.headers()["x-hub-signature-256"],
    ///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body(
        &self,
        uri: impl TryInto<Uri, Error: Into<http::Error>>,
        body: impl Into<Bytes>,
    ) -> Result<Request<Bytes>, SenderError> {
        self.signed(uri, &self.id()?, body.into(), self.time())
    }

    /// Adds the headers from which an event is read. What the signer writes too, it overwrites.
    pub(super) fn with_event_headers<T>(mut self, event: &Event<'_, T>) -> Result<Sender, SenderError> {
        let shape = self.provider.event_shape().ok_or(EventError::NoShape)?;
        self.headers.extend(shape.headers(event)?);
        Ok(self)
    }

    /// One with other keys, which adds the same headers.
    pub(super) fn with_keys(&self, keys: impl Into<Keyring>) -> Result<Sender, SenderError> {
        Ok(Sender { headers: self.headers.clone(), ..Sender::new(&self.provider, keys)? })
    }

    /// One of another provider, which adds the same headers.
    pub(super) fn with_provider(&self, provider: &Provider, keys: impl Into<Keyring>) -> Result<Sender, SenderError> {
        Ok(Sender { headers: self.headers.clone(), ..Sender::new(provider, keys)? })
    }

    pub(super) fn adds(&self, name: &HeaderName) -> bool {
        self.headers.contains_key(name)
    }

    pub(super) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(super) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Signs a request that is made already, with a value in each header that the scheme covers.
    pub(super) fn sign(&self, request: &mut Request<Vec<u8>>, time: OffsetDateTime) -> Result<(), SenderError> {
        for name in &self.covered {
            request.headers_mut().entry(name).or_insert(HeaderValue::from_static("value"));
        }
        Ok(self.signer.sign_for(self.url.as_ref(), request, &self.id()?, time)?)
    }

    /// The URI with the query that the provider would send.
    fn with_query(&self, uri: Uri, body: &[u8], is_form: bool) -> Result<Uri, SenderError> {
        let mut pairs: Vec<String> = match uri.query() {
            Some(query) => vec![query.to_owned()],
            None => self.url.iter().filter_map(PublicUrl::query).map(str::to_owned).collect(),
        };
        let plans = self.provider.schemes().iter().map(Scheme::plan);
        for plan in plans.filter(|_| !is_form && !body.is_empty()) {
            for (name, value) in plan.query_of(body) {
                let begin = format!("{name}=");
                if !pairs.iter().flat_map(|query| query.split('&')).any(|pair| pair.starts_with(&begin)) {
                    pairs.push(begin + &form::component(&String::from_utf8_lossy(&value)));
                }
            }
        }
        if pairs.is_empty() {
            return Ok(uri);
        }
        let mut parts = uri.into_parts();
        let path = parts.path_and_query.as_ref().map_or("/", |target| target.path());
        let target = format!("{path}?{}", pairs.join("&")).parse();
        parts.path_and_query = Some(target.map_err(SignError::invalid_uri)?);
        Ok(Uri::from_parts(parts).map_err(http::Error::from)?)
    }

    pub(super) fn time(&self) -> OffsetDateTime {
        self.time.unwrap_or_else(OffsetDateTime::now_utc)
    }

    pub(super) fn id(&self) -> Result<String, RandomnessError> {
        self.id.clone().map_or_else(|| event_id("evt_"), Ok)
    }

    pub(super) fn signed(
        &self,
        uri: impl TryInto<Uri, Error: Into<http::Error>>,
        id: &str,
        body: Bytes,
        time: OffsetDateTime,
    ) -> Result<Request<Bytes>, SenderError> {
        let uri = uri.try_into().map_err(SignError::invalid_uri)?;
        if self.needs_url && self.url.is_none() && uri.scheme().is_none() {
            return Err(ConfigError::NoPublicUrl.into());
        }
        let is_form = self.reads_form && !matches!(body.first(), Some(b'{' | b'['));
        let mut request = Request::post(self.with_query(uri, &body, is_form)?).body(body)?;
        let headers = request.headers_mut();
        let content_type = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.extend(self.headers.clone());
        for name in &self.covered {
            // One from which the event is read has a value already.
            headers.entry(name).or_insert(HeaderValue::from_static("value"));
        }
        if self.lists_headers && !headers.keys().any(|name| name.as_str().starts_with("x-")) {
            headers.insert("x-signed", HeaderValue::from_static("value"));
        }
        self.signer.sign_for(self.url.as_ref(), &mut request, id, time)?;
        Ok(request)
    }
}

/// A request that could not be made.
///
/// ```
/// use hookseal::{EventError, Secret, provider, testing::{Sender, SenderError}};
///
/// let sender = Sender::new(&provider::SVIX, Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?)?;
/// let error = sender.event("/hook", "user.joined", ()).unwrap_err();
/// assert!(matches!(error, SenderError::Event(EventError::NoShape)));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SenderError {
    /// The event cannot be written in the provider's shape.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The request cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// There is no sample delivery with an event of this type.
    #[error("there is no sample of `{event_type}` by {provider}, but of {}", .known.join(", "))]
    NoSample {
        /// The provider's name.
        provider: String,
        /// The type that was asked for.
        event_type: String,
        /// The types that there are samples of, in quotation marks.
        known: Vec<String>,
    },
    /// The provider or the secret cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No id could be made.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The request cannot be built.
    #[error(transparent)]
    Request(#[from] http::Error),
}
