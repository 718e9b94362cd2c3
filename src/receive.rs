//! Receiving: from a request to a verified event, and from a handler's result to an answer.
//!
//! | | |
//! |---|---|
//! | [`Receiver`] | a provider and its keys, which the application keeps |
//! | [`Webhook`] | a verified request with its event in your type, for handlers |
//! | [`Webhooks`] | a verified request with all events of its batch in your type, for handlers |
//! | [`Received`] | a verified request with its raw body, for handlers |
//! | [`Rejection`] | why a request does not reach the handler |
//! | [`Answer`] | what the handler tells the sender |
//! | [`Reply`] | an answer with your own body, headers and status |
//! | [`ReceiverLookup`], [`ReceiverCache`] | receivers that depend on the request, for example on a tenant |
//! | [`BodyBudget`] | a limit for the memory that the bodies of all requests take |
//!
//! With the feature `axum` or `actix`, [`Webhook`] and [`Received`] are extractors of that framework; the feature
//! `tower` adds a layer. For other servers, [`Receiver::begin`] takes the headers, and then the body as it arrives. The
//! [guide](crate::guide) has complete programs.
//!
//! # Statuses
//!
//! | status | when | most senders retry |
//! |---|---|---|
//! | 200 | the event was processed; it is a duplicate; it failed permanently; the handler does not know its type | no |
//! | 202 | the event was accepted and will be processed later | no |
//! | 400 | a header is missing, malformed or repeated; the body is incomplete; an authentic body is not the expected JSON, or its type is unknown to a [`StrictWebhook`] | yes |
//! | 401 | no signature matches, the timestamp is outside the tolerance, or the tenant is unknown; the text is the same for all of them | yes |
//! | 409 | the same event is being processed; with `Retry-After` | yes |
//! | 413 | the body exceeds the limit | yes |
//! | 500 | the receiver is misconfigured | yes |
//! | 503 | the handler, the store or the source of the keys has failed temporarily, or the body budget is spent; with `Retry-After` | yes |
//!
//! Unless you send a [`Reply`], each text is a constant that reveals nothing about the request; the reason appears only
//! in your log. 415 is never sent: the signature covers the body whatever its content type. A 401 carries no
//! `WWW-Authenticate`, because a sender has nothing to negotiate.

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
