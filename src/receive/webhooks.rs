use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{Answer, Received, Rejection, Webhook};
use crate::error::EventError;
use crate::trace;

/// A verified request with all of its events in your type: for providers that send batches. With the feature `axum` or
/// `actix`, an extractor.
///
/// It works for any provider: where a request contains one event, so does this. `T` is as for [`Webhook`]. A batch is
/// authentic as a whole or not at all; each of its events has an [idempotency key](Received::idempotency_key) of its own.
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
/// async fn hook(once: Once<MemoryStore>, webhooks: Webhooks<Chat>) -> Answer {
///     let once = &once;
///     webhooks
///         .each(|webhook| async move {
///             once.run(&webhook, async {
///                 let Chat::Followed { mode } = webhook.event.data();
///                 println!("{mode}");
///                 Answer::Processed
///             })
///             .await
///         })
///         .await
/// }
/// ```
pub struct Webhooks<T, P = ()> {
    received: Received<P>,
    events: Vec<Result<Webhook<T, P>, Rejection>>,
    stops_at_failure: bool,
}

/// When a sender should come again for events that could not be read.
const COME_AGAIN: Duration = Duration::from_secs(30);

impl<T, P> Webhooks<T, P> {
    /// The request: its raw body, and what was verified.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    ///
    /// async fn hook(webhooks: Webhooks<serde_json::Value>) -> Answer {
    ///     println!("{} bytes", webhooks.received().body().len());
    ///     Answer::Processed
    /// }
    /// ```
    pub fn received(&self) -> &Received<P> {
        &self.received
    }

    /// Leaves the rest of the events alone after one that fails for now, for a sender whose events have an order. They are
    /// processed when the sender delivers the batch again.
    ///
    /// ```
    /// # use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Ledger { Booked }
    /// async fn hook(webhooks: Webhooks<Ledger>) -> Answer {
    ///     webhooks.stop_at_failure().each(|webhook| async move { Answer::Processed }).await
    /// }
    /// ```
    #[must_use]
    pub fn stop_at_failure(self) -> Webhooks<T, P> {
        Webhooks { stops_at_failure: true, ..self }
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
    ///     webhooks.each(|webhook| async move { Answer::Processed }).await
    /// }
    /// ```
    pub fn rejections(&self) -> impl Iterator<Item = &Rejection> {
        self.events.iter().filter_map(|event| event.as_ref().err())
    }

    /// Runs the handler for one event after the other, and makes one answer of theirs. No provider understands an answer
    /// for a part of a batch, so the batch is delivered again until all of it is done: run the handler in an
    /// [`Once`](crate::idempotency::Once), and what is done is not repeated.
    ///
    /// The answer is 503 if an event failed for now or cannot be read yet, otherwise 409 if another request is processing
    /// one, otherwise 400 if one cannot be read, otherwise 202 if one was accepted for later, and otherwise 200. Events of a
    /// type that `T` does not have count as processed.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Webhooks};
    /// # #[derive(serde::Deserialize)] enum Ledger { Booked }
    ///
    /// async fn hook(webhooks: Webhooks<Ledger>) -> Answer {
    ///     webhooks.each(|webhook| async move { Answer::Processed }).await
    /// }
    /// ```
    pub async fn each<F, A>(self, mut handler: F) -> Answer
    where
        F: FnMut(Webhook<T, P>) -> A,
        A: Future<Output = Answer>,
    {
        let mut folded = Answer::Processed;
        for event in self.events {
            let answer = match event {
                Ok(webhook) => handler(webhook).await,
                Err(Rejection::Unhandled { .. }) => Answer::Processed,
                Err(Rejection::Unreadable(error)) => Answer::Unreadable(error),
                Err(_) => Answer::retry(COME_AGAIN),
            };
            folded = fold(folded, answer);
            if self.stops_at_failure && !folded.is_final() {
                break;
            }
        }
        folded
    }
}

/// The more urgent of two answers, and of two that ask for another try the later one.
fn fold(one: Answer, other: Answer) -> Answer {
    let urgency = |answer: &Answer| match answer {
        Answer::Processed | Answer::Duplicate | Answer::PermanentFailure { .. } => 0,
        Answer::Accepted => 1,
        Answer::Unreadable(_) => 3,
        Answer::InFlight { .. } => 4,
        Answer::TemporaryFailure { .. } => 5,
        Answer::Reply(reply) if reply.status().is_success() => 2,
        Answer::Reply(_) => 6,
    };
    let key = |answer: &Answer| (urgency(answer), answer.retry_after());
    if key(&other) > key(&one) { other } else { one }
}

impl<T: DeserializeOwned, P> TryFrom<Received<P>> for Webhooks<T, P> {
    type Error = Rejection;

    fn try_from(received: Received<P>) -> Result<Webhooks<T, P>, Rejection> {
        let read = |received: &Received<P>| -> Result<Vec<_>, EventError> {
            let keyed = received.keyed_events(Some(received.scope()))?.into_iter();
            let typed = keyed.map(|keyed| {
                let keyed = keyed.map_err(|error| received.unreadable(error))?;
                let unknown = Rejection::Unhandled { event_type: keyed.event.event_type().to_owned() };
                match keyed.event.typed() {
                    Ok(Some(event)) => {
                        Ok(Webhook { event: event.into_owned(), received: received.for_item(keyed.key) })
                    }
                    Ok(None) => Err(unknown),
                    Err(error) => Err(received.unreadable(error)),
                }
            });
            Ok(typed.collect())
        };
        let events: Vec<Result<Webhook<T, P>, Rejection>> = match read(&received) {
            Ok(events) => events,
            Err(error) => {
                let rejection = received.unreadable(error);
                trace::unread(&received, &rejection);
                return Err(rejection);
            }
        };
        for rejection in events.iter().filter_map(|event| event.as_ref().err()) {
            trace::unread(&received, rejection);
            // A mistake of the receiver's own is one for every event.
            if let Rejection::Unreadable(error) = rejection
                && error.is_of_receiver()
            {
                return Err(rejection.clone());
            }
        }
        Ok(Webhooks { received, events, stops_at_failure: false })
    }
}

/// The events that can be read and whose types `T` has, in order.
impl<T, P> IntoIterator for Webhooks<T, P> {
    type Item = Webhook<T, P>;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Result<Webhook<T, P>, Rejection>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.into_iter().flatten()
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
        f.debug_struct("Webhooks").field("events", &self.events).field("received", &self.received).finish()
    }
}
