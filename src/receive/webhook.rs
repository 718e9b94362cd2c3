use std::fmt;

use serde::de::DeserializeOwned;

use super::{Answer, Received, Rejection, Reply};
use crate::event::Event;
use crate::trace;

/// A verified request with its event in your own type. With the feature `axum` or `actix`, it is an extractor.
///
/// `T` is an enum in serde's default form. The variant with the name of the event's type is chosen, and its content is
/// read from the event's data; see [`Event::typed`]. An event of a type that the enum does not have is acknowledged
/// with 200 and does not reach the handler ([`Rejection::Unhandled`]), unless a variant is marked `#[serde(other)]`. To
/// refuse such events, use a [`StrictWebhook`].
///
/// `P` distinguishes providers, see [`Receiver`](super::Receiver). The provider must have an
/// [event shape](crate::provider::Provider::event_shape), which
/// [`Provider::receiver`](crate::provider::Provider::receiver) checks at start-up. For a provider without one, describe its
/// events with [`Provider::with_event_shape`](crate::provider::Provider::with_event_shape), or take a [`Received`].
///
/// ```
/// use hookseal::receive::{Answer, Webhook};
///
/// enum Klang {}
///
/// #[derive(serde::Deserialize)]
/// enum Conversations {
///     #[serde(rename = "conversation.ready")]
///     Ready(Conversation),
///     #[serde(rename = "conversation.deleted")]
///     Deleted { id: String },
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Conversation {
///     title: String,
/// }
///
/// async fn hook(webhook: Webhook<Conversations, Klang>) -> Answer {
///     println!("{:?}, signed with {:?}", webhook.event.id(), webhook.received.verified().proof().key());
///     match webhook.event.into_data() {
///         Conversations::Ready(conversation) => println!("{} is ready", conversation.title),
///         Conversations::Deleted { id } => println!("{id} is gone"),
///     }
///     Answer::Processed
/// }
/// ```
///
/// Do not take an `Option<Webhook>`: a forged request would look like an unsigned one. With axum it does not compile;
/// with actix-web, where every extractor can be optional, it does.
#[expect(clippy::exhaustive_structs, reason = "handlers take it apart")]
pub struct Webhook<T, P = ()> {
    /// The event.
    pub event: Event<'static, T>,
    /// The verified request that carried the event, with its raw body.
    pub received: Received<P>,
}

/// A [`Webhook`] whose enum must have every type that the sender sends: an event of another type is refused with 400.
///
/// Platforms add types without notice, and pause an endpoint that refuses events. Use this only if you also run the
/// sender.
///
/// ```
/// use hookseal::receive::{Answer, StrictWebhook};
///
/// #[derive(serde::Deserialize)]
/// enum Ledger {
///     #[serde(rename = "entry.booked")]
///     Booked { cents: i64 },
/// }
///
/// async fn hook(StrictWebhook(webhook): StrictWebhook<Ledger>) -> Answer {
///     let Ledger::Booked { cents } = webhook.event.into_data();
///     println!("{cents}");
///     Answer::Processed
/// }
/// ```
#[expect(clippy::exhaustive_structs, reason = "handlers take it apart")]
pub struct StrictWebhook<T, P = ()>(pub Webhook<T, P>);

impl<T: DeserializeOwned, P> TryFrom<Received<P>> for Webhook<T, P> {
    type Error = Rejection;

    fn try_from(received: Received<P>) -> Result<Webhook<T, P>, Rejection> {
        read(received, |event_type, reply| Rejection::Unhandled { event_type, reply })
    }
}

impl<T: DeserializeOwned, P> TryFrom<Received<P>> for StrictWebhook<T, P> {
    type Error = Rejection;

    fn try_from(received: Received<P>) -> Result<StrictWebhook<T, P>, Rejection> {
        read(received, |event_type, _| Rejection::UnknownType { event_type }).map(StrictWebhook)
    }
}

impl<T: Clone, P> Clone for Webhook<T, P> {
    fn clone(&self) -> Webhook<T, P> {
        Webhook { event: self.event.clone(), received: self.received.clone() }
    }
}

impl<T: Clone, P> Clone for StrictWebhook<T, P> {
    fn clone(&self) -> StrictWebhook<T, P> {
        StrictWebhook(self.0.clone())
    }
}

impl<T, P> fmt::Debug for Webhook<T, P> {
    /// Omits the data and the body, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("event", &self.event).field("received", &self.received).finish()
    }
}

impl<T, P> fmt::Debug for StrictWebhook<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StrictWebhook").field(&self.0).finish()
    }
}

impl<T, P> AsRef<Received<P>> for Webhook<T, P> {
    fn as_ref(&self) -> &Received<P> {
        &self.received
    }
}

impl<T, P> AsRef<Received<P>> for StrictWebhook<T, P> {
    fn as_ref(&self) -> &Received<P> {
        &self.0.received
    }
}

/// `unknown` makes the rejection of an event whose type is not in `T`.
fn read<T: DeserializeOwned, P>(
    received: Received<P>,
    unknown: fn(String, Option<Reply>) -> Rejection,
) -> Result<Webhook<T, P>, Rejection> {
    let read = match received.typed_event() {
        Ok(Some(event)) => Ok(event),
        Ok(None) => match received.event() {
            Ok(event) => {
                let reply = match received.acknowledgement() {
                    Answer::Reply(reply) => Some(reply),
                    _ => None,
                };
                Err(unknown(event.event_type().into(), reply))
            }
            Err(error) => Err(received.unreadable(error)),
        },
        Err(error) => Err(received.unreadable(error)),
    };
    match read {
        Ok(event) => Ok(Webhook { event, received }),
        Err(rejection) => {
            trace::unread(&received, &rejection);
            Err(rejection)
        }
    }
}
