//! What a provider's deliveries say, read by its event shapes.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::{IdempotencyRule, Provider};
use crate::error::{EventError, RandomnessError};
use crate::event::{Event, EventShape, Item, Misfit, is_form, unfold};
use crate::headers::Headers;
use crate::id::event_id;
use crate::idempotency::key::IdempotencyKey;
use crate::place::Half;
use crate::request::Request;
use crate::scheme::{Coverage, Extent};
use crate::verify::{Proof, Verified};

/// A verified request, and room for the JSON of its form.
pub(crate) struct Delivery<'r, 'a> {
    pub(crate) request: Request<'r, 'a>,
    pub(crate) proof: &'r Proof<'a>,
    pub(crate) unfolded: &'a OnceLock<Arc<Vec<u8>>>,
}

/// One event of a delivery, with its key if there is a rule for it.
pub(crate) struct Keyed<'a> {
    pub(crate) event: Event<'a>,
    pub(crate) key: Option<IdempotencyKey>,
}

impl Provider {
    /// Reads the event of a verified request; its data stays raw. If its type is known, use [`Event::data_as`] or
    /// [`Event::typed`].
    ///
    /// # Errors
    /// [`EventError`]: among others [`NoShape`](EventError::NoShape) where the catalogue does not know what the events look
    /// like, and [`Batch`](EventError::Batch) where one request contains several: see
    /// [`Received::events`](crate::receive::Received::events).
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let body = br#"{"event":"user.joined","timestamp":"2024-01-15T10:30:00Z","data":{"id":7}}"#;
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::EFFICLOSE.signer(secret.clone())?.sign("", body)?;
    /// # let verifier = provider::EFFICLOSE.verifier(secret)?;
    /// let verified = verifier.verify(&headers, body)?;
    /// assert_eq!(provider::EFFICLOSE.event(&verified)?.event_type(), "user.joined");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event<'v, H: Headers + ?Sized>(&self, verified: &'v Verified<'_, H>) -> Result<Event<'v>, EventError> {
        let (headers, proof) = (verified.headers(), *verified.proof());
        let request = Request { headers: &headers, body: verified.body() };
        self.read(&Delivery { request, proof: &proof, unfolded: verified.unfolded() })
    }

    /// Which parts of a verified request the signature covers.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// # let headers = provider::GITHUB.signer(secret.clone())?.sign("72d3162e", b"{}")?;
    /// # let verifier = provider::GITHUB.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert!(!provider::GITHUB.coverage(verified.proof()).has_header("X-GitHub-Event"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn coverage(&self, proof: &Proof<'_>) -> Coverage<'_> {
        self.schemes.get(proof.scheme()).unwrap_or(self.scheme()).coverage()
    }

    /// Writes an event as this provider does: the raw body to sign and to send.
    ///
    /// # Errors
    /// The same errors as [`EventShape::write`], [`EventError::NoShape`], and [`EventError::TooLarge`] for more than
    /// [`max_sent`](Self::max_sent): a truncated body would break both JSON and signature.
    ///
    /// ```
    /// use hookseal::{Event, Secret, provider};
    /// use serde_json::json;
    /// use time::macros::datetime;
    ///
    /// let event = Event::new("conversation.ready", json!({"id": "kw3"}))
    ///     .with_id("evt_1")
    ///     .with_time(datetime!(2026-05-07 14:32:09 UTC));
    /// let body = provider::KLANG.encode(&event)?;
    /// assert_eq!(body, br#"{"id":"evt_1","type":"conversation.ready","created_at":"2026-05-07T14:32:09Z","data":{"id":"kw3"}}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode<T: Serialize>(&self, event: &Event<'_, T>) -> Result<Vec<u8>, EventError> {
        let body = self.event_shape().ok_or(EventError::NoShape)?.write(event)?;
        match self.max_sent {
            Some(limit) if body.len() as u64 > limit => Err(EventError::TooLarge { bytes: body.len(), limit }),
            _ => Ok(body),
        }
    }

    /// What to remember of a request in order to process its event once, for a tenant, an endpoint, or whatever else
    /// `scope` names.
    ///
    /// The key is made by the provider's [rule](Self::idempotency_rule), and a replay with another unsigned id has the
    /// same key. For a batch, it is that of the whole body; each of its events has a key of its own, see
    /// [`Webhooks`](crate::receive::Webhooks).
    ///
    /// # Errors
    /// [`EventError`] where the rule needs something of the event that it does not have, and
    /// [`EventError::NoIdempotencyKey`] for a provider whose rule is [`Nothing`](IdempotencyRule::Nothing).
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let signer = provider::KLEN_AI.signer(secret.clone())?;
    /// # let verifier = provider::KLEN_AI.verifier(secret)?;
    /// let (first, replay) = (signer.sign("dlv_1", b"{}")?, signer.sign("dlv_2", b"{}")?);
    /// let key = |headers| provider::KLEN_AI.idempotency_key(&verifier.verify(headers, b"{}").unwrap(), "tenant-7");
    /// assert_eq!(key(&first)?, key(&replay)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn idempotency_key<H: Headers + ?Sized>(
        &self,
        verified: &Verified<'_, H>,
        scope: &str,
    ) -> Result<IdempotencyKey, EventError> {
        let (headers, proof) = (verified.headers(), *verified.proof());
        let request = Request { headers: &headers, body: verified.body() };
        self.key(&Delivery { request, proof: &proof, unfolded: verified.unfolded() }, scope)
    }

    /// Whether an event is one of the provider's tests: the schema is the same, but nothing happened.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// let shape = provider::KLANG.event_shape().unwrap();
    /// let event = shape.read(br#"{"id":"evt_test_1","type":"conversation.ready","created_at":"2026-05-07T14:32:09Z","data":{}}"#)?;
    /// assert!(provider::KLANG.is_test(&event));
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn is_test(&self, event: &Event<'_>) -> bool {
        event.is_test() || self.test.as_ref().is_some_and(|rule| rule.marks(event))
    }

    /// An id for a test event, for the place where the provider marks them; `None` if it has no such mark.
    ///
    /// # Errors
    /// [`RandomnessError`].
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::KLANG.test_id()?.is_some_and(|id| id.starts_with("evt_test_")));
    /// assert_eq!(provider::EFFICLOSE.test_id()?, None);
    /// # Ok::<(), hookseal::RandomnessError>(())
    /// ```
    pub fn test_id(&self) -> Result<Option<String>, RandomnessError> {
        self.test.as_ref().and_then(super::TestRule::prefix).map(event_id).transpose()
    }

    pub(crate) fn read<'a>(&self, delivery: &Delivery<'_, 'a>) -> Result<Event<'a>, EventError> {
        let event = self.by_shape(delivery, |shape, request, is_signed| shape.read_request(request, is_signed))?;
        Ok(self.with_signed_id(event, delivery.proof))
    }

    /// All events of a delivery, which need not be a batch, each with its key if `scope` asks for keys.
    pub(crate) fn read_all<'a>(
        &self,
        delivery: &Delivery<'_, 'a>,
        scope: Option<&str>,
    ) -> Result<Vec<Result<Keyed<'a>, EventError>>, EventError> {
        let rule = self.idempotency_rule();
        self.by_shape(delivery, |shape, request, is_signed| {
            if !shape.is_batch() {
                let event = self.with_signed_id(shape.read_request(request, is_signed)?, delivery.proof);
                return Ok(vec![Ok(Keyed { event, key: None })]);
            }
            let scope = scope.filter(|_| rule != IdempotencyRule::Nothing);
            let items = shape.read_batch(request, is_signed)?.into_iter();
            let mut known = HashMap::new();
            let mut key = |item: &Item<'_>| {
                let scope = scope?;
                if item.has_key {
                    return Some(IdempotencyKey::new(&self.name, scope, "event-id", &item.content));
                }
                let beside = match (rule, delivery.proof.id()) {
                    (IdempotencyRule::SignedId, Some(id)) => id,
                    (IdempotencyRule::BodyAndType, _) => item.event.event_type(),
                    _ => "",
                };
                let key = IdempotencyKey::of_parts(&self.name, scope, "item", [beside.as_bytes(), &item.content]);
                // What a batch says twice has happened twice.
                let earlier = known.entry(key.clone()).and_modify(|count| *count += 1).or_insert(0_u64);
                match *earlier {
                    0 => Some(key),
                    count => Some(IdempotencyKey::new(&self.name, key.as_str(), "item", &count.to_be_bytes())),
                }
            };
            Ok(items.map(|item| item.map(|item| Keyed { key: key(&item), event: item.event })).collect())
        })
    }

    pub(crate) fn key(&self, delivery: &Delivery<'_, '_>, scope: &str) -> Result<IdempotencyKey, EventError> {
        let content;
        let body = delivery.request.body;
        let time = delivery.proof.timestamp().map(|time| time.unix_timestamp_nanos().to_be_bytes());
        let identity = delivery.proof.identity();
        let whole = match (identity, delivery.proof.id(), &time) {
            (Some(hash), ..) => ("content", hash),
            // Many events may have no body.
            (None, Some(id), _) if body.is_empty() => ("signed-id", id.as_bytes()),
            (None, None, Some(time)) if body.is_empty() => ("timestamp", time.as_slice()),
            (None, ..) => ("body", body),
        };
        let (rule, content) = match (self.idempotency_rule(), delivery.proof.id()) {
            (IdempotencyRule::Nothing, _) => return Err(EventError::NoIdempotencyKey),
            (IdempotencyRule::SignedId, Some(id)) => ("signed-id", id.as_bytes()),
            // In a sorted form, text can move from one field to another: only all of it together is what was signed.
            _ if identity.is_some() && self.is_sorted_form(delivery) => whole,
            (rule @ (IdempotencyRule::EventId | IdempotencyRule::BodyAndType), _) => {
                let has_batches = self.events.iter().any(EventShape::is_batch);
                let read = self.by_shape(delivery, |shape, request, is_signed| match rule {
                    _ if shape.is_batch() => shape.read_batch(request, is_signed).map(|_| None),
                    // Slack's forms have no id, while its events do.
                    IdempotencyRule::EventId if !shape.has_key(is_signed) => Ok(None),
                    IdempotencyRule::EventId => shape.read_key(request, is_signed),
                    _ => shape.read_type(request).map(Some),
                });
                content = match read {
                    // Shapes do not read queries, and a batch need not be readable as a whole.
                    Err(_) if body.is_empty() && !whole.1.is_empty() || has_batches => None,
                    read => read?,
                };
                match (rule, &content) {
                    (IdempotencyRule::EventId, Some(content)) => ("event-id", content.as_slice()),
                    (_, Some(event_type)) => {
                        return Ok(IdempotencyKey::of_parts(&self.name, scope, "body-and-type", [event_type, whole.1]));
                    }
                    (_, None) => whole,
                }
            }
            _ => whole,
        };
        Ok(IdempotencyKey::new(&self.name, scope, rule, content))
    }

    /// Whether the request contains a batch of events.
    pub(crate) fn is_batch(&self, delivery: &Delivery<'_, '_>) -> bool {
        match self.events.as_ref() {
            shapes if shapes.iter().all(|shape| !shape.is_batch()) => false,
            _ => self
                .by_shape(delivery, |shape, request, is_signed| match shape.is_batch() {
                    true => shape.read_batch(request, is_signed).map(|_| true),
                    false => shape.read_request(request, is_signed).map(|_| false),
                })
                .unwrap_or(true),
        }
    }

    fn is_sorted_form(&self, delivery: &Delivery<'_, '_>) -> bool {
        self.coverage(delivery.proof).body() == Extent::Form
    }

    /// What the first shape that fits makes of a delivery.
    fn by_shape<'a, R>(
        &self,
        delivery: &Delivery<'_, 'a>,
        read: impl Fn(&EventShape, &Request<'_, 'a>, &dyn Fn(Half, &str) -> bool) -> Result<R, Misfit>,
    ) -> Result<R, EventError> {
        let Delivery { request, proof, unfolded } = delivery;
        let coverage = self.coverage(proof);
        let covers_body = coverage.body() >= Extent::Form;
        let is_signed = |half: Half, name: &str| match half {
            Half::Header => coverage.has_header(name),
            _ => covers_body || coverage.has_place(half, name),
        };
        let is_form = is_form(request.body);
        let has_form = |wanted: bool| self.events.iter().any(|shape| shape.is_form() == wanted);
        let mut misfit = None;
        for shape in self.events.iter().filter(|shape| shape.is_form() == is_form || !has_form(is_form)) {
            let body = if shape.is_form() { self.unfolded(request.body, unfolded)? } else { request.body };
            match read(shape, &Request { body, ..*request }, &is_signed) {
                Ok(read) => return Ok(read),
                Err(Misfit::Broken(error)) => return Err(error),
                Err(Misfit::Other(error)) => misfit = misfit.or(Some(error)),
            }
        }
        Err(misfit.unwrap_or(EventError::NoShape))
    }

    /// The JSON of a form, made once.
    fn unfolded<'a>(&self, body: &[u8], unfolded: &'a OnceLock<Arc<Vec<u8>>>) -> Result<&'a [u8], EventError> {
        match unfolded.get() {
            Some(json) => Ok(json),
            None => {
                let json = unfold(&self.events, body)?;
                Ok(unfolded.get_or_init(|| Arc::new(json)))
            }
        }
    }

    /// The id in a signed header is the event's where it tells events apart, and the body has none.
    fn with_signed_id<'a>(&self, event: Event<'a>, proof: &Proof<'a>) -> Event<'a> {
        match (event.id(), self.idempotency_rule(), proof.id()) {
            (None, IdempotencyRule::SignedId, Some(id)) => event.with_borrowed_id(id),
            _ => event,
        }
    }
}
