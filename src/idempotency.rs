//! Processing each event once.
//!
//! Every sender sends some events twice: after a time-out, after an answer that got lost, after a worker that died. An
//! [`IdempotencyKey`] tells which are the same; this module remembers them.
//! [`each_event_once`](crate::guide::each_event_once) in the guide has code for each way.
//!
//! **If the effect is a change in one database**, insert the key in the same transaction, and use nothing else from
//! here: both are there or neither is, and no lease is needed. The package `examples/inbox` does so with PostgreSQL:
//!
//! ```sql
//! INSERT INTO seen VALUES ($1) ON CONFLICT DO NOTHING -- no row: answer 200 and change nothing
//! ```
//!
//! **For all other effects** there is [`Once`] over a [`Store`]: [`MemoryStore`] for one process, `RedisStore` of the
//! feature `redis` for a fleet, or one of your own, which `check_store` of the feature `testing` checks.
//!
//! | what happens | what follows |
//! |---|---|
//! | the handler is done | the key is kept; a duplicate is answered with 200 and the handler does not run |
//! | the handler fails or panics | the key is released; the sender's next attempt is processed |
//! | a duplicate comes meanwhile | 409 with `Retry-After`, never 200: the first may still fail |
//! | the sender hangs up, or only closes its sending side | actix-web lets the handler finish; axum drops it, and the claim stays until its lease ends, then the next attempt is processed |
//! | the process dies | the claim stays until its lease ends; then the next attempt is processed |
//! | the process dies after the effect and before it is recorded | processed again: at least once, as with every store that is not the effect's own database |
//! | two events have the same key | the second is a duplicate: where the key is the body's, which [`idempotency_rule`](crate::provider::Provider::idempotency_rule) tells, that is so for equal bodies, also for one that is sent anew by hand |
//! | the store's reply to a claim is lost | the store is asked again with the same token, and gives it the same claim; if that reply is lost too, the claim is released and the sender is told 503; at worst, if the store does not hear of the release, the event waits for the end of the lease |
//! | the store fails while the handler runs | it is asked again and again, with growing pauses, until the sender would wait no longer or the lease ends; then the handler's answer is sent, the claim stays until its lease ends, and what comes after that is processed again |
//! | the store is down | 503 with `Retry-After`, unless it is [opened](Once::process_when_down) by name |
//! | the store is full | 503 with `Retry-After` in any case: a full store answers, and processing events twice makes no room |
//!
//! Pauses grow from 50 milliseconds to a second. A sender is taken to wait for three quarters of its provider's
//! [`answer_within`](crate::provider::Provider::answer_within), or of ten seconds if that is not known, and for two seconds
//! at least. A [`Store`] without a [`sleep`](Store::sleep) is asked again only once, at once.
//!
//! The same event is a duplicate for every handler that shares the store: give each a
//! [scope](crate::receive::Receiver::with_scope) of its own if both are to process it. A key is claimed after verification only, so that nobody can suppress a delivery by guessing its id.

pub(crate) mod key;
mod memory;
mod once;
mod store;

pub use key::IdempotencyKey;
pub use memory::MemoryStore;
pub use once::{Handled, Once};
pub use store::{Claim, Store, Token};
