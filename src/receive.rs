//! Receiving: from a request to a verified event, and from a handler's result to an answer.
//!
//! | | |
//! |---|---|
//! | [`Receiver`] | a provider and its keys: what an application keeps |
//! | [`Webhook`] | a verified request with its event in your type: what a handler asks for |
//! | [`Webhooks`] | a verified request with all events of its batch |
//! | [`Received`] | a verified request with its bytes |
//! | [`Rejection`] | a request that does not reach the handler |
//! | [`Answer`] | what the handler tells the sender |
//! | [`Reply`] | an answer with a body, headers and a status of your own |
//! | [`ReceiverLookup`], [`ReceiverCache`] | where the keys depend on the request, for example on a tenant |
//! | [`BodyBudget`] | how much memory the bodies of all requests may take |
//!
//! With the feature `axum` or `actix`, [`Webhook`] and [`Received`] are extractors of that framework; `tower` brings a
//! layer. For other servers, [`Receiver::begin`] takes the headers and the body as it comes. The [guide](crate::guide) has
//! complete programs.
//!
//! # Statuses
//!
//! | status | when | sent again by most senders |
//! |---|---|---|
//! | 200 | processed; a duplicate; a permanent failure, which you log; an event of a type that the handler does not know | no |
//! | 202 | accepted for later | no |
//! | 400 | a header is missing, malformed or repeated; the body did not arrive whole; authentic, but not the promised JSON, or of a type that a [`StrictWebhook`] does not have | yes |
//! | 401 | no signature matches, the timestamp is outside the window, or the tenant is unknown: one text for all | yes |
//! | 409 | the same event is being processed: with `Retry-After` | yes |
//! | 413 | the body is over the limit | yes |
//! | 500 | the receiver is misconfigured | yes |
//! | 503 | a temporary failure: of the handler, of the store or of where the keys come from, or no memory left in the budget, with `Retry-After` | yes |
//!
//! Unless you send a [`Reply`], each text is a constant that says nothing of the request, and the reason is for your log alone. There is no 415: what the body is, the signature says.
//! With 401 comes no `WWW-Authenticate`: a sender has nothing to negotiate.

mod answer;
mod budget;
mod cache;
pub(crate) mod fallback;
mod intake;
mod lookup;
mod received;
mod receiver;
mod rejection;
mod reply;
mod webhook;
mod webhooks;

pub use answer::Answer;
pub use budget::BodyBudget;
pub use cache::ReceiverCache;
pub use intake::Intake;
pub use lookup::ReceiverLookup;
pub use received::Received;
pub use receiver::Receiver;
pub use rejection::Rejection;
pub use reply::Reply;
pub use webhook::{StrictWebhook, Webhook};
pub use webhooks::Webhooks;
