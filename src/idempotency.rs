//! Processing each event once.
//!
//! Every sender sends some events twice: after a time-out, after an answer that got lost, after a worker that died. An
//! [`IdempotencyKey`] tells which are the same; this module remembers them.
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
//! | the sender hangs up, the process dies | the claim stays until its lease ends; then the next attempt is processed |
//! | the process dies after the effect and before it is recorded | processed again: at least once, as with every store that is not the effect's own database |
//! | two events have the same key | the second is a duplicate: where the key is the body's, which [`idempotency_rule`](crate::provider::Provider::idempotency_rule) tells, that is so for equal bodies, also for one that is sent anew by hand |
//! | the store fails while the handler runs | it is asked once more; else the handler's answer is sent, the claim stays until its lease ends, and what comes after that is processed again |
//! | the store is down | 503 with `Retry-After`, unless it is [opened](Once::process_when_down) by name |
//!
//! The same event is a duplicate for every handler that shares the store: give each a
//! [scope](crate::receive::Receiver::with_scope) of its own if both are to process it. A key is claimed after verification only, so that nobody can suppress a delivery by guessing its id.

pub(crate) mod key;
mod memory;
mod once;
mod store;

pub use key::IdempotencyKey;
pub use memory::{MemoryStore, StoreFull};
pub use once::{Handled, Once};
pub use store::{Claim, Store, Token};
