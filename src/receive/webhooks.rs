use std::fmt;
use std::time::Duration;
use std::vec::IntoIter;

use serde::de::DeserializeOwned;

use super::fallback::Extracted;
use super::{Answer, Received, Rejection, Webhook};
use crate::error::EventError;
use crate::trace;

/// A verified request with all of its events in your type: for providers that send batches. With the feature `axum` or
/// `actix`, an extractor.
///
/// It works for any provider: where a request contains one event, so does this. `T` is as for [`Webhook`]. A batch is
/// authentic as a whole or not at all; each of its events has an [idempotency key](Received::idempotency_key) of its own.
///
/// No provider understands an answer for a part of a batch: it delivers the whole again until the answer is 2xx. Run each
/// event in a [`Once`](crate::idempotency::Once), [record](Self::record) its answer, and give back the
/// [answer](Self::answer) that follows from all of them. What is done is then not repeated.
///
/// ```
/// use hookseal::idempotency::{MemoryStore, Once};
/// use hookseal::receive::{Answer, Webhooks};
///
/// #[derive(serde::Deserialize)]
/// enum Chat {
///     #[serde(rename = "follow")]
///     Followed { mode: String },
/// }
///
/// // With axum, `State(once): State<Once<MemoryStore>>`; with actix-web, `once: web::Data<Once<MemoryStore>>`.
/// async fn hook(once: Once<MemoryStore>, mut webhooks: Webhooks<Chat>) -> Answer {
///     while let Some(webhook) = webhooks.next() {
///         let answer = once.run(&webhook, async {
///             let Chat::Followed { mode } = webhook.event.data();
///             println!("{mode}");
///             Answer::Processed
///         });
///         webhooks.record(answer.await);
///     }
///     webhooks.answer()
/// }
/// ```
pub struct Webhooks<T, P = ()> {
    received: Received<P>,
    events: IntoIter<Webhook<T, P>>,
    rejections: Vec<Rejection>,
    folded: Answer,
    /// The answer for the events that cannot be read, if there are any.
    unread: Option<Answer>,
    /// That answer was recorded, and is not only why they were refused, which is logged.
    is_unread_recorded: bool,
    /// An event was taken, and its answer is not recorded.
    is_open: bool,
}

/// When a sender should come again for events that are not done.
const COME_AGAIN: Duration = Duration::from_secs(30);

impl<T, P> Webhooks<T, P> {
    /// The request: its raw body, and what was verified.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    ///
    /// async fn hook(webhooks: Webhooks<serde_json::Value>) -> Answer {
    ///     println!("{} bytes", webhooks.received().body().len());
    ///     webhooks.answer()
    /// }
    /// ```
    pub fn received(&self) -> &Received<P> {
        &self.received
    }

    /// The next event that can be read and whose type `T` has, in the order of the batch.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Ledger { Booked }
    ///
    /// async fn hook(mut webhooks: Webhooks<Ledger>) -> Answer {
    ///     while let Some(webhook) = webhooks.next() {
    ///         println!("{:?}", webhook.event.id());
    ///         webhooks.record(Answer::Processed);
    ///     }
    ///     webhooks.answer()
    /// }
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would be consumed by the loop, and its answers lost"
    )]
    pub fn next(&mut self) -> Option<Webhook<T, P>> {
        self.close();
        let next = self.events.next();
        self.is_open = next.is_some();
        next
    }

    /// Records the answer for the event that [`next`](Self::next) returned last. One without an answer counts as failed for
    /// now.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Ledger { Booked }
    ///
    /// /// For a sender whose events have an order.
    /// async fn hook(mut webhooks: Webhooks<Ledger>) -> Answer {
    ///     while let Some(webhook) = webhooks.next() {
    ///         let is_booked = webhook.event.id().is_some();
    ///         if !is_booked {
    ///             break; // this event and those after it are delivered again
    ///         }
    ///         webhooks.record(Answer::Processed);
    ///     }
    ///     webhooks.answer()
    /// }
    /// ```
    pub fn record(&mut self, answer: Answer) {
        self.is_open = false;
        self.fold(answer);
    }

    /// Why events of the batch do not reach the handler: those of a type that `T` does not have
    /// ([`Rejection::Unhandled`]), and those that cannot be read.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Ledger { Booked }
    ///
    /// async fn hook(webhooks: Webhooks<Ledger>) -> Answer {
    ///     for rejection in webhooks.rejections() {
    ///         eprintln!("{rejection}");
    ///     }
    ///     webhooks.answer()
    /// }
    /// ```
    pub fn rejections(&self) -> impl ExactSizeIterator<Item = &Rejection> {
        self.rejections.iter()
    }

    /// Why the first event that cannot be read does not fit. `None` if all can be read, or have a type that `T` does not
    /// have.
    ///
    /// With axum and actix-web, the receiver's [fallback](super::Receiver::with_fallback) has already taken the request. On
    /// another server, nothing else keeps such events: [`record_unreadable`](Self::record_unreadable) shows how.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Ledger { Booked }
    ///
    /// async fn hook(webhooks: Webhooks<Ledger>) -> Answer {
    ///     if let Some(error) = webhooks.unreadable() {
    ///         eprintln!("not all of {} bytes: {error}", webhooks.received().body().len());
    ///     }
    ///     webhooks.answer()
    /// }
    /// ```
    pub fn unreadable(&self) -> Option<&EventError> {
        self.rejections.iter().find_map(|rejection| match rejection {
            Rejection::Unreadable(error) | Rejection::UnreadableForNow(error) => Some(error),
            _ => None,
        })
    }

    /// Records the answer for all events that cannot be read, instead of one that asks for the batch again: for a server
    /// without an adapter, where a function of yours keeps the whole request. It has no effect if all events can be read.
    ///
    /// ```
    /// # use hookseal::{EventError, Secret, provider};
    /// use hookseal::receive::{Answer, Received, Rejection, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Chat { #[serde(rename = "follow")] Followed { mode: String } }
    ///
    /// /// In your database.
    /// async fn keep(_received: &Received, _error: &EventError) -> Answer {
    ///     Answer::Accepted
    /// }
    ///
    /// async fn hook(received: Received) -> Answer {
    ///     let mut webhooks = match Webhooks::<Chat>::try_from(received.clone()) {
    ///         Ok(webhooks) => webhooks,
    ///         Err(Rejection::Unreadable(error) | Rejection::UnreadableForNow(error)) => return keep(&received, &error).await,
    ///         Err(_) => return Answer::retry(std::time::Duration::from_secs(60)),
    ///     };
    ///     if let Some(error) = webhooks.unreadable() {
    ///         let answer = keep(&received, error).await;
    ///         webhooks.record_unreadable(answer);
    ///     }
    ///     while let Some(_webhook) = webhooks.next() {
    ///         webhooks.record(Answer::Processed);
    ///     }
    ///     webhooks.answer()
    /// }
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let body = r#"{"events":[{"type":"follow","webhookEventId":"01"},{"type":"follow","mode":"active","webhookEventId":"02"}]}"#;
    /// # let headers = provider::LINE.signer(secret.clone())?.sign("", body.as_bytes())?;
    /// # let receiver = provider::LINE.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push(body.into());
    /// # let answer = tokio::runtime::Builder::new_current_thread().build()?.block_on(hook(intake.finish()?));
    /// # assert_eq!(answer, Answer::Accepted);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record_unreadable(&mut self, answer: Answer) {
        if let Some(unread) = &mut self.unread {
            *unread = answer;
            self.is_unread_recorded = true;
        }
    }

    /// The answer for the whole request.
    ///
    /// It is 503 if an event failed for now, was not taken, or has no recorded answer; otherwise 409 if another request is
    /// processing one; otherwise 400 if one cannot be read, or 503 where the sender would give up on that; otherwise 202 if
    /// one was accepted for later; and otherwise 200. Events of a type that `T` does not have count as processed. If a
    /// [fallback](super::Receiver::with_fallback) has taken the request because of those that cannot be read, its answer
    /// counts for them.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Chat { #[serde(rename = "follow")] Followed }
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let body = r#"{"events":[{"type":"follow","webhookEventId":"01"},{"type":"follow","webhookEventId":"02"}]}"#;
    /// # let headers = provider::LINE.signer(secret.clone())?.sign("", body.as_bytes())?;
    /// # let receiver = provider::LINE.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push(body.into());
    /// let mut webhooks: Webhooks<Chat> = intake.finish()?.try_into()?;
    /// webhooks.next();
    /// webhooks.record(Answer::Processed);
    /// assert_eq!(webhooks.answer().status(), 503, "the second event was not taken");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer(mut self) -> Answer {
        self.is_open |= self.events.len() > 0;
        self.close();
        if let Some(unread) = self.unread.take()
            && (self.is_unread_recorded || rank(&unread) > rank(&self.folded))
        {
            self.fold(unread);
        }
        self.folded.required_by(self.received.provider())
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.fold(Answer::retry(COME_AGAIN));
        }
    }

    /// Keeps one of two answers, and logs the other one. That which is kept is logged when it is sent.
    fn fold(&mut self, answer: Answer) {
        let other = match rank(&answer) > rank(&self.folded) {
            true => std::mem::replace(&mut self.folded, answer),
            false => answer,
        };
        trace::answered(&other);
    }
}

/// The more urgent of two answers is that of the whole, and of two that ask for another try the later one.
fn rank(answer: &Answer) -> (u8, Option<Duration>) {
    let urgency = match answer {
        Answer::Processed | Answer::Duplicate | Answer::PermanentFailure { .. } => 0,
        Answer::Accepted => 1,
        Answer::Reply(reply) if reply.status().is_success() => 2,
        Answer::Unreadable(_) => 3,
        Answer::InFlight { .. } => 4,
        Answer::TemporaryFailure { .. } => 5,
        Answer::Reply(_) => 6,
    };
    (urgency, answer.retry_after())
}

impl<T: DeserializeOwned, P> TryFrom<Received<P>> for Webhooks<T, P> {
    type Error = Rejection;

    fn try_from(received: Received<P>) -> Result<Webhooks<T, P>, Rejection> {
        let (mut events, mut rejections) = (Vec::new(), Vec::new());
        if let Err(error) = read(&received, &mut events, &mut rejections) {
            let rejection = received.unreadable(error);
            trace::unread(&received, &rejection);
            return Err(rejection);
        }
        let received = received.of_events(events.len() + rejections.len());
        let events = events.into_iter();
        let mut unread = None;
        for rejection in &rejections {
            trace::unread(&received, rejection);
            match rejection {
                // A mistake of the receiver's own is one for every event.
                Rejection::Unreadable(error) if error.is_of_receiver() => return Err(rejection.clone()),
                Rejection::Unhandled { .. } => {}
                _ if unread.is_some() => {}
                Rejection::Unreadable(error) => unread = Some(Answer::Unreadable(error.clone())),
                _ => unread = Some(Answer::retry(COME_AGAIN)),
            }
        }
        let folded = Answer::Processed;
        Ok(Webhooks { received, events, rejections, folded, unread, is_unread_recorded: false, is_open: false })
    }
}

fn read<T: DeserializeOwned, P>(
    received: &Received<P>,
    events: &mut Vec<Webhook<T, P>>,
    rejections: &mut Vec<Rejection>,
) -> Result<(), EventError> {
    let keyed_events = received.keyed_events(Some(received.scope()))?;
    let count = keyed_events.len();
    for keyed in keyed_events {
        let event = keyed.and_then(|keyed| {
            let event_type = keyed.event.event_type().to_owned();
            Ok((keyed.event.typed()?, event_type, keyed.key))
        });
        match event {
            Ok((Some(event), _, key)) => {
                events.push(Webhook { event: event.into_owned(), received: received.for_item(key).of_events(count) });
            }
            Ok((None, event_type, _)) => rejections.push(Rejection::Unhandled { event_type, reply: None }),
            Err(error) => rejections.push(received.unreadable(error)),
        }
    }
    Ok(())
}

impl<T, P> Extracted<P> for Webhooks<T, P> {
    fn unreadable(&self) -> Option<&EventError> {
        self.unreadable()
    }

    fn record_unreadable(&mut self, answer: Answer) {
        self.record_unreadable(answer);
    }
}

impl<T, P> AsRef<Received<P>> for Webhooks<T, P> {
    fn as_ref(&self) -> &Received<P> {
        &self.received
    }
}

impl<T, P> fmt::Debug for Webhooks<T, P> {
    /// Without the data and the body, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("events", &self.events.as_slice())
            .field("rejections", &self.rejections)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
