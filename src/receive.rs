//! Receiving: from a request to a verified event, and from a handler's result to an answer.
//!
//! | | |
//! |---|---|
//! | [`Receiver`] | a provider and its keys, which the application keeps |
//! | [`Webhook`], [`StrictWebhook`] | a verified request with its event in your type, for handlers |
//! | [`Webhooks`] | a verified request with all events of its batch in your type, for handlers |
//! | [`Received`] | a verified request with its raw body, for handlers |
//! | [`Rejection`] | why a request does not reach the handler |
//! | [`Answer`] | what the handler tells the sender |
//! | [`Reply`] | an answer with your own body, headers and status |
//! | [`ReceiverLookup`], [`ReceiverCache`] | receivers that depend on the request, for example on a tenant |
//! | [`BodyBudget`] | a limit for the memory that the bodies of all requests take |
//!
//! With the feature `axum` or `actix`, those that are for handlers are extractors of that framework; the feature
//! `tower` adds a layer. For other servers, [`Receiver::begin`] takes the headers, and then the body as it arrives. The
//! [guide](crate::guide) has complete programs.
//!
//! # Statuses
//!
//! | status | when | most senders retry |
//! |---|---|---|
//! | 200 | the event was processed; it is a duplicate; it failed permanently; the handler does not know its type | no |
//! | 202 | the event was accepted and will be processed later | no |
//! | 400 | a header is missing, malformed or repeated; the body is incomplete; an authentic body is not the expected JSON, or its type is unknown to a [`StrictWebhook`]; a `GET` is not the provider's [handshake](crate::Handshake) | yes |
//! | 401 | no signature matches, the timestamp is outside the tolerance, the tenant is unknown, or the verify token of a handshake is wrong; the text is the same for all of them | yes |
//! | 405 | the provider uses this method neither for deliveries nor for [handshakes](crate::Handshake): with `Allow` | no |
//! | 409 | the same event is being processed; with `Retry-After`. 503 if the sender gives up after a 4xx | yes |
//! | 413 | the body exceeds the limit | yes |
//! | 500 | the receiver is misconfigured; the secret of a tenant cannot be used, which shows that the tenant exists | yes |
//! | 503 | the handler, the store or the source of the keys has failed temporarily, or the body budget is spent; with `Retry-After` | yes |
//!
//! Unless you send a [`Reply`], each text is a constant that reveals nothing about the request; the reason appears only
//! in your [log](#logs). 415 is never sent: the signature covers the body whatever its content type. A 401 carries no
//! `WWW-Authenticate`, because a sender has nothing to negotiate.
//!
//! # Logs
//!
//! With the feature `tracing` and a subscriber of yours, each delivery is logged with the target `hookseal`; otherwise nothing
//! is. No log line of this table contains a secret, a signature or a body.
//!
//! | level | message | when | fields |
//! |---|---|---|---|
//! | DEBUG | `webhook verified` | the request goes to the handler | `provider` `scope` `id` `event_type` `key` `bytes` |
//! | DEBUG | `webhook processed`, `webhook not processed, and released for another attempt` | the handler has ended, in a [`Once`](crate::idempotency::Once) | as above |
//! | DEBUG | `duplicate of a webhook that was processed`, `duplicate of a webhook that is being processed` | the handler is not run again | as above |
//! | INFO | `webhook acknowledged` | answered with 200, but the handler does not know its type: a misspelt variant shows here | as above, `status` `reason` |
//! | WARN | `webhook refused` | the request does not reach the handler | `provider` `scope` `bytes` `status` `reason`; of an authentic one, `id` `event_type` `key` too |
//! | ERROR | `webhook refused` | the status is 500: the receiver is misconfigured | the same fields |
//! | WARN | `webhook is not what the handler expects` | the answer is [`Answer::Unreadable`] | `reason` |
//! | ERROR | `webhook cannot be read as the handler asks` | the same, where the receiver is misconfigured | `reason` |
//! | INFO | `handshake answered` | the request was a [handshake](crate::Handshake) of the provider | `provider` `scope` `status` |
//! | INFO | `webhook to be delivered again` | the answer is [`Answer::retry`] | `retry_after` in seconds |
//! | ERROR | `webhook failed for good` | the answer is [`Answer::PermanentFailure`] | `reason` |
//! | ERROR | `idempotency store failed`, `idempotency store is full` | the event could not be claimed or recorded | `reason` |
//! | WARN | `keys could not be fetched` | the source of a `KeyCache` has failed; keys that were fetched before remain usable for a time | `reason` |
//! | WARN | `handler outlasted its lease` | the event may be processed twice | `idempotency_key` |
//!
//! | field | is |
//! |---|---|
//! | `provider`, `scope` | the receiver's |
//! | `unknown_tenant` | instead of the scope: the name that was given to a [`refusing_receiver`](crate::provider::Provider::refusing_receiver), at most 64 characters |
//! | `marker`, `requested_tenant` | instead of the provider and the scope, if no receiver was found: the type whose lookup failed, and the name that a [`ReceiverCache`] was asked for |
//! | `id` | the event's, or else the delivery's |
//! | `event_type` | the event's |
//! | `key` | which secret of the [`Keyring`](crate::Keyring) matched: after a rotation, shows who still uses the old one |
//! | `bytes` | how much of the body has come; 0 where something before the receiver has consumed it |
//! | `status` | the answer's |
//! | `reason` | why. It is never sent |
//!
//! While you develop, `Receiver::explain_refusals` (feature `diagnose`) adds why a request was refused: at WARN, with the
//! target `hookseal::diagnose` and the fields `provider` `verdict` `causes`. That text shows up to 28 bytes of the body, unless
//! they are switched off (`Diagnose::without_excerpts`).
//!
//! Each answer that a handler [records](Webhooks::record) for an event of a batch is logged like one that is sent.
//!
//! The adapters log all of this. With another server, [`Intake::finish`], `Webhook::try_from`, `Once` and
//! [`Answer::to_response`] do, except that only the adapters log `webhook verified`.

mod answer;
mod budget;
mod cache;
#[cfg(feature = "diagnose")]
mod explain;
#[cfg(not(feature = "diagnose"))]
#[path = "receive/explain/off.rs"]
mod explain;
pub(crate) mod fallback;
#[cfg(all(feature = "key-cache", any(feature = "ed25519", feature = "p256", feature = "rsa")))]
mod fetching;
#[cfg(not(all(feature = "key-cache", any(feature = "ed25519", feature = "p256", feature = "rsa"))))]
#[path = "receive/fetching/none.rs"]
mod fetching;
mod handshakes;
mod intake;
mod lookup;
mod provider;
mod received;
mod receiver;
pub(crate) mod rejection;
mod reply;
mod webhook;
mod webhooks;

pub use answer::Answer;
pub use budget::BodyBudget;
pub use cache::ReceiverCache;
#[cfg(feature = "diagnose")]
pub use explain::Explain;
pub use intake::Intake;
pub use lookup::ReceiverLookup;
pub use received::Received;
pub use receiver::Receiver;
pub use rejection::Rejection;
pub use reply::Reply;
pub use webhook::{StrictWebhook, Webhook};
pub use webhooks::Webhooks;
