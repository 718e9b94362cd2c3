//! A provider of your own: its setters, and the checks for every provider, however it was made.

use std::borrow::Cow;
use std::time::Duration;

use super::{Confidence, IdempotencyRule, MAX_RECEIVED, Provider, TestRule};
use crate::delivery::DeliveryPolicy;
use crate::error::ConfigError;
use crate::event::EventShape;
use crate::handshake::Handshake;
use crate::scheme::{Extent, Scheme};

impl Provider {
    /// A provider of your own, with a name, a scheme, and defaults for everything else.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for an empty name, because idempotency keys begin with it.
    ///
    /// ```
    /// use hookseal::Scheme;
    /// use hookseal::provider::{Confidence, Provider};
    ///
    /// const SCHEME: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}");
    ///
    /// let acme = Provider::new("acme", SCHEME)?;
    /// assert_eq!((acme.name(), acme.confidence()), ("acme", Confidence::Own));
    /// assert!(Provider::new("", SCHEME).is_err());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(name: impl Into<Cow<'static, str>>, scheme: Scheme) -> Result<Provider, ConfigError> {
        let provider = Provider {
            name: name.into(),
            source: Cow::Borrowed(""),
            confidence: Confidence::Own,
            events: Cow::Borrowed(&[]),
            handshakes: Cow::Borrowed(&[]),
            acknowledgement: None,
            event_types: Cow::Borrowed(&[]),
            idempotency: None,
            test: None,
            max_sent: None,
            max_received: MAX_RECEIVED,
            answer_within: None,
            raw: false,
            accepts: Extent::Form,
            public_url: None,
            allowed: Vec::new(),
            lossy: false,
            schemes: Cow::Owned(vec![scheme]),
            delivery: DeliveryPolicy::new(),
        };
        provider.checked()
    }

    /// Replaces the schemes with which a delivery can be signed. List the strongest first: a signer uses the first.
    ///
    /// All of them are used with the same keys. Two schemes are therefore refused if a signature under one could be
    /// passed off as a signature under the other: an attacker who captured a request could then change its meaning.
    ///
    /// A provider from the catalogue loses its source and its confidence, which apply only to its original schemes.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for an empty list, for more than 16 schemes, for two that could be mistaken for each
    /// other, and for a scheme that does not cover an `{id}` if the idempotency rule needs one.
    ///
    /// ```
    /// use hookseal::{Digest, Scheme, provider, provider::Provider};
    ///
    /// const NEW: Scheme = Scheme::new("Acme-Time: {timestamp}\nAcme-Signature-2: {hex}", "v2.{timestamp}.{body}")
    ///     .with_digest(Digest::Sha512);
    /// const OLD: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}");
    ///
    /// let acme = Provider::new("acme", NEW)?.with_schemes([NEW, OLD])?;
    /// assert_eq!(acme.schemes().len(), 2);
    /// assert!(acme.with_schemes([NEW, OLD.with_digest(Digest::Sha512)]).is_err(), "a body may begin with `v2.`");
    ///
    /// let strict = provider::STRIPE.scheme().clone().with_past(60);
    /// let stripe = provider::STRIPE.clone().with_schemes([strict])?;
    /// assert_eq!(stripe.replay_window(), Some(360));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_schemes(mut self, schemes: impl IntoIterator<Item = Scheme>) -> Result<Provider, ConfigError> {
        self.schemes = schemes.into_iter().collect();
        self.source = Cow::Borrowed("");
        self.confidence = Confidence::Own;
        self.checked()
    }

    /// Sets what the provider's events look like.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a shape without an `{id}` if the idempotency rule needs one.
    ///
    /// ```
    /// use hookseal::{EventShape, Scheme, provider::Provider};
    ///
    /// const EVENT: EventShape = EventShape::new("type: {type}\ndata: {data}");
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?.with_event_shape(EVENT)?;
    /// assert_eq!(acme.event_shape(), Some(&EVENT));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_event_shape(mut self, shape: EventShape) -> Result<Provider, ConfigError> {
        self.events = Cow::Owned(vec![shape]);
        self.checked()
    }

    /// Sets several shapes: the first that fits a request is the one that counts, and the first of all is the one in which
    /// events are written. A shape fits if its constants are equal and no field that it needs is missing.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if a rule that was set before needs an id that the first shape does not have.
    ///
    /// ```
    /// use hookseal::{EventShape, Scheme, provider::Provider};
    ///
    /// const NEW: EventShape = EventShape::new("version: 2\nevent.type: {type}\nevent: {data}");
    /// const OLD: EventShape = EventShape::new("type: {type}\ndata: {data}");
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?.with_event_shapes([NEW, OLD])?;
    /// assert_eq!(acme.event_shapes(), [NEW, OLD]);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_event_shapes(mut self, shapes: impl IntoIterator<Item = EventShape>) -> Result<Provider, ConfigError> {
        self.events = shapes.into_iter().collect();
        self.checked()
    }

    /// Sets what the provider asks of an endpoint before it delivers. The first handshake that a request fits is answered.
    ///
    /// ```
    /// use hookseal::{Handshake, Scheme, provider::Provider};
    ///
    /// const PING: Handshake = Handshake::new(":method: POST\n\ntype: ping\nnonce: {challenge:token}", "{challenge}");
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?.with_handshakes([PING]);
    /// assert_eq!(acme.handshakes(), [PING]);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_handshakes(mut self, handshakes: impl IntoIterator<Item = Handshake>) -> Provider {
        self.handshakes = handshakes.into_iter().collect();
        self
    }

    /// Sets the answer that the provider requires for a delivery, where a status of 2xx alone does not suffice, in the notation
    /// of the answer of a [`Handshake`], without placeholders. A provider that misses it delivers the event again.
    ///
    /// A [`Once`](crate::idempotency::Once), a [`Webhooks`](crate::receive::Webhooks) and the acknowledgement of event types
    /// that the handler does not know then give this answer. A handler without a `Once` returns
    /// [`Received::acknowledgement`](crate::receive::Received::acknowledgement).
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if the text is not such an answer, or has a status that is not 2xx.
    ///
    /// ```
    /// use hookseal::{Scheme, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?;
    /// let acme = acme.with_acknowledgement("[accepted]")?;
    /// assert_eq!(acme.acknowledgement(), Some("[accepted]"));
    ///
    /// let error = acme.with_acknowledgement(":status: 404").unwrap_err();
    /// assert!(error.to_string().starts_with("acknowledgement: has a status that is not 2xx"));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_acknowledgement(mut self, answer: impl Into<Cow<'static, str>>) -> Result<Provider, ConfigError> {
        self.acknowledgement = Some(answer.into());
        self.checked()
    }

    /// Sets the event types that the provider documents. They are informative: events of other types are still read.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is not 1 to 128 visible ASCII characters. It need not be an
    /// [`EventType`](crate::EventType): Shopify's have a slash.
    ///
    /// ```
    /// use hookseal::{Scheme, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?;
    /// let acme = acme.with_event_types(["order.paid", "order.refunded"])?;
    /// assert_eq!(acme.event_types().count(), 2);
    /// assert!(acme.with_event_types(["order paid"]).is_err(), "a blank is not visible");
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_event_types<T: Into<Cow<'static, str>>>(
        mut self,
        types: impl IntoIterator<Item = T>,
    ) -> Result<Provider, ConfigError> {
        self.event_types = types.into_iter().map(T::into).collect();
        self.checked()
    }

    /// Sets what distinguishes two events. Unless set, this is the signed id if every scheme covers one, and the
    /// body otherwise.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for [`EventId`](IdempotencyRule::EventId) without an event shape that has an `{id}` or a
    /// `{key}`, or where what is not signed would choose the key; and for [`SignedId`](IdempotencyRule::SignedId) with a scheme
    /// that does not cover an `{id}`.
    ///
    /// ```
    /// use hookseal::{EventShape, Scheme, provider::{IdempotencyRule, Provider}};
    ///
    /// const EVENT: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?;
    /// assert!(acme.clone().with_idempotency_rule(IdempotencyRule::EventId).is_err(), "where is that id?");
    ///
    /// let acme = acme.with_event_shape(EVENT)?.with_idempotency_rule(IdempotencyRule::EventId)?;
    /// assert_eq!(acme.idempotency_rule(), IdempotencyRule::EventId);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_idempotency_rule(mut self, rule: IdempotencyRule) -> Result<Provider, ConfigError> {
        self.idempotency = Some(rule);
        self.checked()
    }

    /// Sets how the provider marks its test events.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for an empty prefix, which would make every event a test event.
    ///
    /// ```
    /// use hookseal::{Scheme, provider::{Provider, TestRule}};
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?;
    /// let acme = acme.with_test_rule(TestRule::IdPrefix("test_".into()))?;
    /// assert!(acme.test_id()?.is_some_and(|id| id.starts_with("test_")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_test_rule(mut self, rule: TestRule) -> Result<Provider, ConfigError> {
        self.test = Some(rule);
        self.checked()
    }

    /// Sets the largest body that the provider sends, in bytes. [`encode`](Self::encode) refuses larger ones.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for zero.
    ///
    /// ```
    /// use hookseal::{Scheme, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?.with_max_sent(256 << 10)?;
    /// assert_eq!(acme.max_sent(), Some(262_144));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_max_sent(mut self, bytes: u64) -> Result<Provider, ConfigError> {
        self.max_sent = Some(bytes);
        self.checked()
    }

    /// Sets the largest body that a receiver should accept, in bytes. 1 MiB unless set: more than most providers ever
    /// send, and little enough to buffer for many requests at once.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for zero.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// let github = provider::GITHUB.clone().with_max_received(2 << 20)?;
    /// assert_eq!(github.max_received(), 2_097_152);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_max_received(mut self, bytes: u64) -> Result<Provider, ConfigError> {
        self.max_received = bytes;
        self.checked()
    }

    /// Sets for how long the provider waits for an answer, in whole seconds.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for less than a second.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hookseal::{Scheme, provider::Provider};
    ///
    /// let ten_seconds = Duration::from_secs(10);
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?.with_answer_within(ten_seconds)?;
    /// assert_eq!(acme.answer_within(), Some(ten_seconds));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_answer_within(mut self, time: Duration) -> Result<Provider, ConfigError> {
        self.answer_within = Some(u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
        self.checked()
    }

    /// Sets how the provider delivers. [`DeliveryPolicy::new`] unless set.
    ///
    /// ```
    /// use hookseal::delivery::{DeliveryPolicy, RetryPolicy};
    /// use hookseal::{Scheme, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}"))?
    ///     .with_delivery_policy(DeliveryPolicy::new().with_retry(RetryPolicy::OUTPOST));
    /// assert_eq!(acme.delivery_policy().retry().max_attempts(), 11);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_delivery_policy(mut self, policy: DeliveryPolicy) -> Provider {
        self.delivery = policy;
        self
    }

    /// The provider without its events, for handlers that take a [`Received`](crate::receive::Received) and read its bytes
    /// themselves. A [`Webhook`](crate::receive::Webhook) of it is refused with 500.
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// // Svix forwards whatever its customer sends.
    /// let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
    /// assert!(provider::SVIX.receiver(secret.clone()).is_err());
    /// assert!(provider::SVIX.raw().receiver(secret).is_ok());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn raw(&self) -> Provider {
        Provider { raw: true, ..self.clone() }
    }

    /// The provider, with your consent to lose events: GitHub makes one attempt, so an event that does not fit the handler's
    /// type is refused and lost. The alternative is [`receiver_with_fallback`](Self::receiver_with_fallback).
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// assert!(provider::GITHUB.receiver(secret.clone()).is_err());
    /// assert!(provider::GITHUB.lossy().receiver(secret).is_ok());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn lossy(&self) -> Provider {
        Provider { lossy: true, ..self.clone() }
    }

    /// The provider with the URL under which you registered your endpoint there, exactly as you wrote it: for schemes that sign
    /// it, like Square's and Twilio's.
    ///
    /// Behind a proxy, it is the URL before the proxy, which the provider sees. It is never taken from `Host` or
    /// `X-Forwarded-…`, because whoever reaches your server directly chooses those.
    ///
    /// Only the query comes from the request, and must be that of this URL. Where
    /// [nothing that varies is beside the URL](Scheme#the-public-url), the provider may add parameters to it after an `&`.
    ///
    /// A [`Signer`](crate::Signer) signs `https://example.com/` for `https://example.com`, since no `http::Uri` is without a
    /// path: the receivers of your own platform must write the slash.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is not an `http` or `https` URL, is longer than 2048 bytes, or has a user name
    /// or a fragment.
    ///
    /// ```
    /// use hookseal::{ConfigError, Scheme, Secret, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("Acme-Signature: {hex}", "{url}{body}"))?;
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// assert_eq!(acme.verifier(secret.clone()).unwrap_err(), ConfigError::NoPublicUrl);
    ///
    /// let acme = acme.with_public_url("https://hooks.example.com/acme")?;
    /// assert!(acme.verifier(secret).is_ok());
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn with_public_url(&self, url: impl Into<Cow<'static, str>>) -> Result<Provider, ConfigError> {
        Provider { public_url: Some(url.into()), ..self.clone() }.checked()
    }

    /// The provider with the values that the `{allowed}` of its schemes may have: your topics at AWS SNS, or the audience of a
    /// token. Anybody can have the provider sign a request, so a signature alone does not say that it is for you.
    ///
    /// ```
    /// use hookseal::{ConfigError, Scheme, Secret, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("Authorization: Bearer {jwt}", "aud: {allowed}\nhash: {body|sha256-hex}"))?;
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// assert_eq!(acme.verifier(secret.clone()).unwrap_err(), ConfigError::NothingAllowed);
    /// assert!(acme.with_allowed(["https://hooks.example.com/acme"]).verifier(secret).is_ok());
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_allowed<T: Into<String>>(&self, values: impl IntoIterator<Item = T>) -> Provider {
        Provider { allowed: values.into_iter().map(Into::into).collect(), ..self.clone() }
    }

    /// The provider, with your consent that its signature covers no more of the body than this. Without it, no verifier or
    /// receiver can be made for a provider that signs less than [`Extent::Form`].
    ///
    /// [`Extent`] says what a captured request allows in each case, and [`Scheme::coverage`] what exactly is signed.
    ///
    /// ```
    /// use hookseal::{Extent, Scheme, Secret, provider::Provider};
    ///
    /// let acme = Provider::new("acme", Scheme::new("X-Acme-Token: {secret}", ""))?.raw();
    /// let token = Secret::new("a token of twenty-some bytes")?;
    /// let error = acme.receiver(token.clone()).unwrap_err();
    /// assert!(error.to_string().contains("signs nothing of the body"));
    /// assert!(acme.accept(Extent::Part).receiver(token.clone()).is_err(), "it is less than that");
    /// assert!(acme.accept(Extent::Nothing).receiver(token).is_ok());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn accept(&self, extent: Extent) -> Provider {
        Provider { accepts: extent, ..self.clone() }
    }

    /// How much of the body all schemes cover.
    pub(crate) fn extent(&self) -> Extent {
        self.schemes.iter().map(|scheme| scheme.coverage().body()).min().unwrap_or(Extent::Nothing)
    }
}
