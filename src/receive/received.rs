use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::budget::Reservation;
use super::{Answer, Receiver, Rejection};
use crate::error::EventError;
use crate::event::Event;
use crate::idempotency::key::IdempotencyKey;
use crate::provider::{Delivery, Keyed, Provider};
use crate::request::Request;
use crate::scheme::Coverage;
use crate::verify::{Proof, Verified};

/// An authentic request, with its raw body and the proof. Only a [`Receiver`] can create one.
///
/// With the feature `axum` or `actix`, it is an extractor for handlers that need the raw body:
///
/// ```
/// use hookseal::receive::Received;
///
/// enum GitHub {}
///
/// async fn hook(received: Received<GitHub>) -> String {
///     format!("{} authentic bytes", received.body().len())
/// }
/// ```
///
/// A request that was verified for one provider cannot be mistaken for another provider's request:
///
/// ```compile_fail,E0308
/// # use hookseal::receive::Received;
/// # enum GitHub {}
/// # enum Stripe {}
/// fn refund(received: Received<Stripe>) {}
///
/// async fn hook(received: Received<GitHub>) {
///     refund(received)
/// }
/// ```
pub struct Received<P = ()> {
    receiver: Receiver<P>,
    proof: Proof<'static>,
    id: Option<Box<[u8]>>,
    /// Those from which the provider's events are read.
    headers: HeaderMap,
    body: Bytes,
    /// The JSON of a form, made when an event is read, and shared by all events of its batch.
    unfolded: OnceLock<Arc<Vec<u8>>>,
    /// Set for one event of a batch.
    item_key: Option<IdempotencyKey>,
    /// Known to contain none or several events, so that it cannot be read as one.
    is_several: bool,
    /// The bytes of the budget that the body holds. They are returned with the last clone.
    reservation: Option<Arc<Reservation>>,
    is_claimed: bool,
}

impl<P> Received<P> {
    pub(super) fn new(
        receiver: Receiver<P>,
        proof: Proof<'_>,
        headers: HeaderMap,
        body: Bytes,
        reservation: Option<Reservation>,
    ) -> Received<P> {
        let (proof, id) = proof.into_owned();
        Received {
            receiver,
            proof,
            id,
            headers,
            body,
            unfolded: OnceLock::new(),
            item_key: None,
            is_several: false,
            reservation: reservation.map(Arc::new),
            is_claimed: false,
        }
    }

    pub(super) fn receiver(&self) -> &Receiver<P> {
        &self.receiver
    }

    /// The same request, for one event of its batch.
    pub(super) fn for_item(&self, key: Option<IdempotencyKey>) -> Received<P> {
        // A claim of the whole batch is none of its events.
        Received { is_claimed: self.is_claimed && key.is_none(), item_key: key, ..self.clone() }
    }

    /// The same request, with the number of its events.
    pub(super) fn of_events(self, count: usize) -> Received<P> {
        Received { is_several: count != 1, ..self }
    }

    /// The event, for the log, which must not read a batch again for each of its events.
    pub(crate) fn logged_event(&self) -> Option<Event<'_>> {
        if self.is_several { None } else { self.event().ok() }
    }

    pub(super) fn without_marker(&self) -> Received {
        let Received { receiver, proof, id, headers, body, unfolded, item_key, is_several, reservation, is_claimed } =
            self.clone();
        let receiver = receiver.with_marker();
        Received { receiver, proof, id, headers, body, unfolded, item_key, is_several, reservation, is_claimed }
    }

    fn with_delivery<'a, R>(&'a self, read: impl FnOnce(&Delivery<'_, 'a>) -> R) -> R {
        let (proof, headers) = (self.proof.with_id(self.id.as_deref()), &self.headers);
        let request = Request { headers: &headers, body: &self.body };
        read(&Delivery { request, proof: &proof, unfolded: &self.unfolded })
    }

    /// The refusal of what cannot be read: one that makes the sender deliver it again, if it ever does.
    pub(crate) fn unreadable(&self, error: EventError) -> Rejection {
        match self.provider().gives_up_on(StatusCode::BAD_REQUEST) && !error.is_of_receiver() {
            true => Rejection::UnreadableForNow(error),
            false => Rejection::Unreadable(error),
        }
    }

    /// Whether the request contains a batch of events.
    pub(crate) fn is_batch(&self) -> bool {
        self.with_delivery(|delivery| self.provider().is_batch(delivery))
    }

    /// Marks the event as claimed, for a handler inside a [`Once`](crate::idempotency::Once). It must not claim the
    /// event again, because it would wait for itself.
    pub(crate) fn claimed(self) -> Received<P> {
        Received { is_claimed: true, ..self }
    }

    /// Whether this receiver verified it, as opposed to another one with the same marker.
    pub(crate) fn is_from(&self, receiver: &Receiver<P>) -> bool {
        self.receiver.is(receiver)
    }

    /// Takes over the claim of the same request if another receiver for the same provider and scope verified that one.
    pub(crate) fn with_claim_of(self, other: &Received<P>) -> Received<P> {
        let is_same = self.provider().name() == other.provider().name() && self.scope() == other.scope();
        Received { is_claimed: is_same && other.is_claimed, ..self }
    }

    pub(crate) fn is_claimed(&self) -> bool {
        self.is_claimed
    }

    /// The raw body: exactly the bytes that were verified.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// assert_eq!(received.body(), "{}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The request as a [`Verifier`](crate::Verifier) returns it. Its [`proof`](Verified::proof) contains the
    /// delivery's id, the timestamp, and the key that matched.
    ///
    /// ```
    /// # use hookseal::{Key, Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::TWITCH.signer(secret.clone())?.sign("msg_1", b"{}")?;
    /// # let receiver = provider::TWITCH.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// let verified = received.verified();
    /// assert_eq!(verified.proof().id(), Some("msg_1"));
    /// assert_eq!(verified.proof().key(), Key::Current);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verified(&self) -> Verified<'_> {
        Verified::new(self.proof.with_id(self.id.as_deref()), &self.headers, &self.body)
    }

    /// The provider that sent the request.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// assert_eq!(received.provider().name(), "callintel");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn provider(&self) -> &Provider {
        self.receiver.provider()
    }

    /// The answer that tells the provider that the request was processed: [`Answer::Processed`], unless the provider
    /// [requires](Provider::with_acknowledgement) a certain body or status.
    ///
    /// A [`Once`](crate::idempotency::Once) gives this answer by itself.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// let required = provider::CALLINTEL.clone().with_acknowledgement("Content-Type: text/xml\n\n<ok/>")?;
    /// # let receiver = required.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// let answer = received.acknowledgement();
    /// assert_eq!((&answer.headers()["content-type"], &answer.body()[..]), (&"text/xml".parse()?, &b"<ok/>"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn acknowledgement(&self) -> Answer {
        Answer::Processed.required_by(self.provider())
    }

    /// The [scope](Receiver::with_scope) of the receiver, for example a tenant.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// # let receiver = receiver.with_scope("tenant-7");
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// assert_eq!(received.scope(), "tenant-7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scope(&self) -> &str {
        self.receiver.scope()
    }

    /// The event, with its data as raw JSON.
    ///
    /// # Errors
    /// The same errors as [`Provider::event`].
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let body = r#"{"event":"user.joined","timestamp":"2024-01-15T10:30:00Z","data":{"id":7}}"#;
    /// # let headers = provider::EFFICLOSE.signer(secret.clone())?.sign("", body.as_bytes())?;
    /// # let receiver: Receiver = provider::EFFICLOSE.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push(body.into());
    /// # let received = intake.finish()?;
    /// assert_eq!(received.event()?.event_type(), "user.joined");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event(&self) -> Result<Event<'_>, EventError> {
        self.with_delivery(|delivery| self.provider().read(delivery))
    }

    /// All events of the request: one, or those of a batch in their order. An event that cannot be read does not keep the
    /// others from being read.
    ///
    /// # Errors
    /// The same errors as [`event`](Self::event), if the request as a whole cannot be read.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let body = r#"{"destination":"U1","events":[{"type":"follow","timestamp":1462629479859,"webhookEventId":"01"},{"type":"unfollow","timestamp":1462629479860,"webhookEventId":"02"}]}"#;
    /// # let headers = provider::LINE.signer(secret.clone())?.sign("", body.as_bytes())?;
    /// # let receiver = provider::LINE.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push(body.into());
    /// # let received = intake.finish()?;
    /// let events = received.events()?.collect::<Result<Vec<_>, _>>()?;
    /// let types: Vec<&str> = events.iter().map(|event| event.event_type()).collect();
    /// assert_eq!(types, ["follow", "unfollow"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&self) -> Result<impl ExactSizeIterator<Item = Result<Event<'_>, EventError>>, EventError> {
        Ok(self.keyed_events(None)?.into_iter().map(|keyed| keyed.map(|keyed| keyed.event)))
    }

    pub(super) fn keyed_events(&self, scope: Option<&str>) -> Result<Vec<Result<Keyed<'_>, EventError>>, EventError> {
        self.with_delivery(|delivery| self.provider().read_all(delivery, scope))
    }

    /// Which parts of the request the signature covers.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// # let headers = provider::MUX.signer(secret.clone())?.sign("", b"{}")?;
    /// # let receiver = provider::MUX.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// assert_eq!(received.coverage().body(), hookseal::Extent::Whole);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn coverage(&self) -> Coverage<'_> {
        self.provider().coverage(&self.proof)
    }

    /// The event, with its data in the enum variant that has the name of the event's type. `None` if the enum has no
    /// such variant. See [`Event::typed`].
    ///
    /// # Errors
    /// The same errors as [`event`](Self::event) and [`Event::typed`].
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// #[derive(serde::Deserialize)]
    /// enum Users {
    ///     #[serde(rename = "user.joined")]
    ///     Joined { id: u64 },
    /// }
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let body = r#"{"event":"user.joined","timestamp":"2024-01-15T10:30:00Z","data":{"id":7}}"#;
    /// # let headers = provider::EFFICLOSE.signer(secret.clone())?.sign("", body.as_bytes())?;
    /// # let receiver: Receiver = provider::EFFICLOSE.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push(body.into());
    /// # let received = intake.finish()?;
    /// let event = received.typed_event::<Users>()?;
    /// assert!(matches!(event.map(|event| event.into_data()), Some(Users::Joined { id: 7 })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn typed_event<T: DeserializeOwned>(&self) -> Result<Option<Event<'static, T>>, EventError> {
        Ok(self.event()?.typed()?.map(Event::into_owned))
    }

    /// The idempotency key of the event, for the receiver's [scope](Self::scope).
    ///
    /// # Errors
    /// The same errors as [`Provider::idempotency_key`].
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// assert!(received.idempotency_key()?.as_str().starts_with("callintel:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn idempotency_key(&self) -> Result<IdempotencyKey, EventError> {
        match &self.item_key {
            Some(key) => Ok(key.clone()),
            None => self.with_delivery(|delivery| self.provider().key(delivery, self.scope())),
        }
    }
}

impl<P> Clone for Received<P> {
    fn clone(&self) -> Received<P> {
        Received {
            receiver: self.receiver.clone(),
            proof: self.proof,
            id: self.id.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            unfolded: self.unfolded.clone(),
            item_key: self.item_key.clone(),
            is_several: self.is_several,
            reservation: self.reservation.clone(),
            is_claimed: self.is_claimed,
        }
    }
}

impl<P> AsRef<Received<P>> for Received<P> {
    fn as_ref(&self) -> &Received<P> {
        self
    }
}

impl<P> fmt::Debug for Received<P> {
    /// Omits the body, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("provider", &self.provider().name())
            .field("proof", self.verified().proof())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
