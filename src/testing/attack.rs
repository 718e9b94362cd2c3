use std::fmt;

use bytes::Bytes;
use http::{Request, Uri};
use serde::Serialize;
use serde_json::{Value, to_value};
use time::{Duration, OffsetDateTime};

use super::run::Run;
use super::{Reply, Report, Sender, SenderError};
use crate::error::{EventError, SignError};
use crate::event::Event;
use crate::id::event_id;
use crate::keyring::Keyring;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::verify::Verifier;

/// Attacks an endpoint: sends it forged, stale, tampered, oversized, duplicate and malformed requests, which it must refuse,
/// and authentic ones, which it must accept. The [`Report`] lists every wrong answer.
///
/// The endpoint can be anything: you pass a function that sends a request and returns the response. The provider's scheme
/// decides what each request must lead to.
///
/// If the provider has [handshakes](Provider::handshakes), the kit also asks what the provider asks before it delivers. The
/// right question must be answered without the handler. Neither answered nor processed may be a question with a forged or old
/// signature, another verify token or another method, or with a challenge that is too long, repeated, or the signed text of a
/// forged delivery; and no script in a challenge may come back as HTML. Where the provider brings the signing secret in a
/// handshake, the kit brings one of its own, which must be refused: run it while no registration is pending.
///
/// The kit does not measure time. It cannot find an endpoint that compares signatures with `==`, which takes longer the more
/// of a guess is right: that the comparison takes constant time must be seen in the endpoint's code. This crate's does.
///
/// ```
/// use axum::{Router, body::{Body, to_bytes}, extract::FromRef, routing::post};
/// use hookseal::idempotency::{MemoryStore, Once};
/// use hookseal::receive::{Answer, Receiver, Webhook};
/// use hookseal::testing::AttackKit;
/// use hookseal::{Secret, provider};
/// use serde_json::json;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use tower::ServiceExt;
///
/// #[derive(Clone)]
/// struct App {
///     receiver: Receiver,
///     once: Once<MemoryStore>,
///     processed: Arc<AtomicUsize>,
/// }
///
/// impl FromRef<App> for Receiver {
///     fn from_ref(app: &App) -> Receiver {
///         app.receiver.clone()
///     }
/// }
///
/// #[derive(serde::Deserialize)]
/// enum Conversations {
///     #[serde(rename = "conversation.ready")]
///     Ready { title: String },
/// }
///
/// async fn hook(axum::extract::State(app): axum::extract::State<App>, webhook: Webhook<Conversations>) -> Answer {
///     app.once
///         .run(&webhook.received, async {
///             app.processed.fetch_add(1, Ordering::Relaxed);
///             Answer::Processed
///         })
///         .await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let processed = Arc::new(AtomicUsize::new(0));
/// let app = App {
///     receiver: provider::KLANG.receiver(secret.clone())?,
///     once: Once::new(MemoryStore::new(1000)),
///     processed: processed.clone(),
/// };
/// let app: Router = Router::new().route("/klang", post(hook)).with_state(app);
///
/// let kit = AttackKit::events(&provider::KLANG, secret, "conversation.ready", json!({"title": "Hello"}))?
///     .with_uri("/klang".parse()?)
///     .with_effects(move || processed.load(Ordering::Relaxed));
/// let report = kit
///     .run(async |request| {
///         let Ok(response) = app.clone().oneshot(request.map(Body::from)).await;
///         let (parts, body) = response.into_parts();
///         http::Response::from_parts(parts, to_bytes(body, 100_000).await.expect("a short text"))
///     })
///     .await?;
/// assert!(report.is_clean(), "{report}");
/// assert!(report.cases() > 50);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// To attack an endpoint over HTTP, send `request`, an `http::Request` to the URI that you set, with any client.
pub struct AttackKit {
    pub(super) sender: Sender,
    pub(super) keys: Keyring,
    pub(super) max_received: usize,
    pub(super) verifier: Verifier,
    bodies: Bodies,
    pub(super) uri: Uri,
    verify_token: Option<Secret>,
    effects: Option<Box<dyn Fn() -> usize + Send + Sync>>,
}

enum Bodies {
    Events { event_type: String, data: Value },
    Own(Box<dyn Fn(usize) -> Bytes + Send + Sync>),
}

impl AttackKit {
    /// A kit for an endpoint that handles events of this type and has these secrets.
    ///
    /// # Errors
    /// [`SenderError`], also for a provider without an event shape. Use [`bodies`](Self::bodies) there.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// use serde_json::json;
    ///
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// let kit = AttackKit::events(&provider::KALLGLOT, secret, "call.ended", json!({"id": "call_1"}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(
        provider: &Provider,
        keys: impl Into<Keyring>,
        event_type: &str,
        data: impl Serialize,
    ) -> Result<AttackKit, SenderError> {
        let data = to_value(&data).map_err(|_| EventError::Unserializable)?;
        let mut kit =
            AttackKit::new(provider, keys.into(), Bodies::Events { event_type: event_type.to_owned(), data })?;
        kit.sender = kit.sender_of_type(event_type)?;
        Ok(kit)
    }

    /// A kit with bodies of your own. `body` returns a different body for each number, and the endpoint must handle all of
    /// them.
    ///
    /// # Errors
    /// [`SenderError`].
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| format!(r#"{{"hook_id":{n}}}"#))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bodies<B: Into<Bytes>>(
        provider: &Provider,
        keys: impl Into<Keyring>,
        body: impl Fn(usize) -> B + Send + Sync + 'static,
    ) -> Result<AttackKit, SenderError> {
        AttackKit::new(provider, keys.into(), Bodies::Own(Box::new(move |number| body(number).into())))
    }

    fn new(provider: &Provider, keys: Keyring, bodies: Bodies) -> Result<AttackKit, SenderError> {
        // With one signature alone: beside a good one, a receiver may overlook a bad one.
        let current = keys.secrets().next().cloned().map_or_else(|| keys.clone(), Keyring::new);
        Ok(AttackKit {
            sender: Sender::new(provider, current)?,
            max_received: usize::try_from(provider.max_received()).unwrap_or(usize::MAX),
            bodies,
            verifier: provider.verifier(keys.clone())?,
            keys,
            uri: Uri::from_static("/"),
            verify_token: None,
            effects: None,
        })
    }

    /// Sets the URI of the requests: `/` unless set.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| n.to_string())?.with_uri("/github".parse()?);
    /// assert!(format!("{kit:?}").contains("/github"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_uri(self, uri: Uri) -> AttackKit {
        AttackKit { uri, ..self }
    }

    /// Sets the endpoint's [verify token](crate::receive::Receiver::with_verify_token). Without it, a handshake that needs one
    /// is attacked, but never asked rightly.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let secret = Secret::new("the app secret that Meta shows")?;
    /// let kit = AttackKit::bodies(&provider::META, secret, |n| n.to_string())?
    ///     .with_verify_token(Secret::new("a-token-of-my-own-choice")?);
    /// let report = kit.run(async |_| 405).await?;
    /// assert!(report.to_string().contains(
    ///     "handshake: asked rightly: answered 405, should be the answer that the provider expects. Let GET through"
    /// ));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_verify_token(self, token: Secret) -> AttackKit {
        AttackKit { verify_token: Some(token), ..self }
    }

    /// Sets the endpoint's body limit in bytes: the provider's [`max_received`](Provider::max_received) unless set.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| n.to_string())?.with_max_received(1 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_max_received(self, bytes: usize) -> AttackKit {
        AttackKit { max_received: bytes, ..self }
    }

    /// Sets the endpoint's time, for an endpoint with a fixed clock.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// let recorded = time::OffsetDateTime::from_unix_timestamp(1_700_000_000)?;
    /// let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| n.to_string())?.with_time(recorded);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_time(self, time: OffsetDateTime) -> AttackKit {
        AttackKit { sender: self.sender.with_time(time), ..self }
    }

    /// Sets a function that returns how many events the endpoint has processed so far.
    ///
    /// The kit can then also find a request that is processed before it is refused, and a duplicate that is processed again.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// # use std::sync::atomic::{AtomicUsize, Ordering};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// static PROCESSED: AtomicUsize = AtomicUsize::new(0);
    /// let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| n.to_string())?
    ///     .with_effects(|| PROCESSED.load(Ordering::Relaxed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_effects(self, count: impl Fn() -> usize + Send + Sync + 'static) -> AttackKit {
        AttackKit { effects: Some(Box::new(count)), ..self }
    }

    /// Sends all requests one after the other, except for the copies of one event, which it sends at the same time.
    ///
    /// `send` returns the response: see [`Reply`] for what it can be.
    ///
    /// # Errors
    /// [`SenderError`] if a request cannot be made. Mistakes of the endpoint are in the report, not errors.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, testing::AttackKit};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| n.to_string())?.with_max_received(1000);
    /// let report = kit.run(async |_| (200, "everything is fine".to_owned())).await?;
    /// assert!(report.to_string().contains("signed with another secret: answered 200 (everything is fine), should be refused"));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn run<R: Into<Reply>>(&self, send: impl AsyncFn(Request<Bytes>) -> R) -> Result<Report, SenderError> {
        Run::new(self, send).report().await
    }

    /// The n-th authentic body.
    pub(super) fn body(&self, number: usize) -> Result<Bytes, SenderError> {
        match &self.bodies {
            Bodies::Own(body) => Ok(body(number)),
            Bodies::Events { event_type, .. } => self.body_of_type(event_type),
        }
    }

    /// An event of a type that the endpoint cannot know; `None` for bodies of your own, and where there is one type.
    pub(super) fn unknown_type(&self) -> Option<Result<(Sender, Bytes), SenderError>> {
        const TYPE: &str = "type.added.tomorrow";
        let Bodies::Events { .. } = &self.bodies else { return None };
        let has_types = self.sender.provider().event_types().nth(1).is_some();
        let is_fixed = !has_types && self.sender.provider().event_types().next().is_some();
        (!is_fixed).then(|| Ok((self.sender_of_type(TYPE)?, self.body_of_type(TYPE)?)))
    }

    fn sender_of_type(&self, event_type: &str) -> Result<Sender, SenderError> {
        let event = Event::new(event_type, ()).with_id(event_id("evt_")?).with_time(self.sender.time());
        self.sender.clone().with_event_headers(&event)
    }

    fn body_of_type(&self, event_type: &str) -> Result<Bytes, SenderError> {
        let Bodies::Events { data, .. } = &self.bodies else { return Err(EventError::NoShape.into()) };
        let unique = event_id("evt_")?;
        let mut data = data.clone();
        if let Value::Object(fields) = &mut data {
            // Receivers ignore it, and events without an id differ by it.
            fields.insert("hookseal_case".to_owned(), Value::String(unique.clone()));
        }
        let event = Event::new(event_type, data).with_id(&unique).with_time(self.sender.time());
        let shape = self.sender.provider().event_shape().ok_or(EventError::NoShape)?;
        Ok(shape.write(&event)?.into())
    }

    pub(super) fn sign(&self, sender: &Sender, body: Bytes, after: Duration) -> Result<Request<Bytes>, SenderError> {
        let time = self.sender.time().checked_add(after).ok_or(SignError::TimeOutOfRange)?;
        sender.signed(self.uri.clone(), &sender.id()?, body, time)
    }

    pub(super) fn verify_token(&self) -> Option<&str> {
        self.verify_token.as_ref().and_then(Secret::expose)
    }

    pub(super) fn count(&self) -> Option<usize> {
        self.effects.as_ref().map(|count| count())
    }
}

impl fmt::Debug for AttackKit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttackKit").field("sender", &self.sender).field("uri", &self.uri).finish_non_exhaustive()
    }
}
