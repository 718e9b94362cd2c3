//! Processing each event once.
//!
//! Senders send some events twice: after a timeout, a lost answer, or the death of a worker. An [`IdempotencyKey`]
//! identifies an event; this module remembers which events were processed. The guide's page
//! [`each_event_once`](crate::guide::each_event_once) has code for each approach.
//!
//! **If the effect is a change in one database**, insert the key in the same transaction, and use nothing else from
//! this module: either both are stored or neither is, and no lease is needed. The package `examples/inbox` does this
//! with PostgreSQL:
//!
//! ```sql
//! INSERT INTO seen VALUES ($1) ON CONFLICT DO NOTHING -- no row: answer 200 and change nothing
//! ```
//!
//! **For all other effects**, use [`Once`] with a [`Store`]: [`MemoryStore`] for one process, `RedisStore` (feature
//! `redis`) for several, or one of your own, which you can test with `check_store` (feature `testing`).
//!
//! | what happens | result |
//! |---|---|
//! | the handler succeeds | the key is kept; a duplicate is answered with 200 and the handler does not run |
//! | the handler fails or panics | the key is released; the sender's next attempt is processed |
//! | a duplicate arrives while the handler runs | 409 with `Retry-After`, or 503 if the sender gives up after a 4xx; never 200: the handler may still fail |
//! | the sender hangs up, or only closes its sending side | axum drops the handler, and so does actix-web if the connection is reset: the claim stays until its lease ends, and then the next attempt is processed. [`Once::run`] shows how to spawn work that must not be interrupted |
//! | the process dies | the claim stays until its lease ends; then the next attempt is processed |
//! | the process dies after the effect and before it is recorded | the event is processed again: delivery is at least once, as with every store that is not the effect's own database |
//! | two events have the same key | the second is a duplicate; where the key is made from the body (see [`idempotency_rule`](crate::provider::Provider::idempotency_rule)), this applies to equal bodies, even if one was sent again by hand |
//! | the store's reply to a claim is lost | the claim is repeated with the same token, which the store grants again; if that reply is lost too, the claim is released and the sender gets 503; if the store misses the release as well, the event waits until the lease ends |
//! | the store fails while the handler runs | the call is repeated with growing pauses, until the sender would stop waiting or the lease ends; then the handler's answer is sent, the claim stays until its lease ends, and any later attempt is processed again |
//! | the store is down | 503 with `Retry-After`, unless [`process_when_down`](Once::process_when_down) is set |
//! | the store is full | 503 with `Retry-After` in any case: the store works, and processing events twice would not make room |
//!
//! The pauses grow from 50 milliseconds to one second. A sender is assumed to wait for three quarters of its provider's
//! [`answer_within`](crate::provider::Provider::answer_within), or of ten seconds if the provider documents nothing,
//! and for at least two seconds. The calls of a [`Store`] without a [`sleep`](Store::sleep) are repeated only once,
//! immediately.
//!
//! An event that one handler has processed is a duplicate for every other handler that uses the same store. If several
//! handlers should process it, give each its own [scope](crate::receive::Receiver::with_scope). A key is claimed only
//! after verification, so nobody can suppress a delivery by guessing its id.

pub(crate) mod key;
mod memory;
mod once;
mod store;

pub use key::IdempotencyKey;
pub use memory::MemoryStore;
pub use once::{Handled, Once};
pub use store::{Claim, Store, Token};
