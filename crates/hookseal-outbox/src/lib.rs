//! Sends webhooks from PostgreSQL: an event is enqueued in the transaction of the change that it reports, and a fleet of
//! workers sends it, signed and retried by [`hookseal`], at least once.
//!
//! | | |
//! |---|---|
//! | [`Outbox`] | the platform: its provider, which URLs may be called, how secrets are stored; all operations |
//! | [`enqueue`], [`enqueue_all`] | events into the outbox; any client can call `hookseal.enqueue(…)` in SQL |
//! | [`NewEndpoint`], [`Endpoint`] | where a tenant wants its events |
//! | [`Worker`] | one of a fleet that sends |
//! | [`AttemptQuery`], [`DeliveryStatus`], [`EndpointStatistics`] | what a platform shows its users |
//! | [`Statistics`], [`Retention`] | what its operators look at |
//!
//! ```no_run
//! use hookseal::delivery::Subscription;
//! use hookseal::provider::STANDARD_WEBHOOKS;
//! use hookseal_outbox::{NewEndpoint, NewEvent, Outbox, Worker, enqueue};
//! use tokio_postgres::NoTls;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let database = "host=localhost user=app dbname=app";
//! let (mut client, connection) = tokio_postgres::connect(database, NoTls).await?;
//! tokio::spawn(connection);
//! let outbox = Outbox::new(&STANDARD_WEBHOOKS);
//! outbox.migrate(&mut client).await?;
//!
//! let subscription = Subscription::new("https://hooks.customer.com/acme");
//! let endpoint = NewEndpoint::new("tenant-7", subscription, "whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludCE=");
//! outbox.add_endpoint(&mut client, &endpoint).await?;
//!
//! // In the application:
//! let tx = client.transaction().await?;
//! tx.execute("UPDATE invoices SET paid = true WHERE id = 1", &[]).await?;
//! enqueue(&tx, &NewEvent::new("tenant-7", "invoice.paid", "evt_1", br#"{"type":"invoice.paid"}"#)).await?;
//! tx.commit().await?;
//!
//! // In the same process, or in others:
//! let worker = Worker::new(outbox, database.parse()?, NoTls);
//! worker.run(async { tokio::signal::ctrl_c().await.unwrap_or(()) }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - A committed event is delivered at least once to each endpoint that wanted it, or recorded as failed. One that is
//!   rolled back is never sent.
//! - The log of a delivery has no gap, and at most one success, after which nothing is sent unless somebody replays it.
//! - An endpoint that is slow, dead or hostile, and a row that cannot be handled, hold up nobody else.
//! - Once it is committed that an endpoint is paused, changed or removed, workers act on it within a fraction of a second;
//!   once it is committed that a delivery is cancelled, within about a second. Attempts in flight are ended.
//! - No transaction of the application ever waits for a worker.
//! - Only the database's clock counts.
//!
//! Not promised: an order, and exactly once. If a worker is killed, what it has sent in the last moments is sent again,
//! with the same event id, by which the receiver deduplicates.
//!
//! # How it works
//!
//! A worker owns buckets of endpoints, so it only reads what is due, and writes nothing until an attempt has ended. It
//! records many attempts in one statement, each only if it is the delivery's next number. If two workers own a bucket for
//! a moment, because one of them was frozen, an event is sent twice and recorded once. When a worker joins or leaves, a
//! bucket changes hands as soon as its attempts in flight have ended, so that none is sent twice. Until then, at most for
//! the time limit of an attempt, the bucket's other deliveries wait.
//!
//! A delivery of a healthy endpoint waits in the common lane of its bucket. If its endpoint is paused, fails or is slow,
//! it waits in a lane of the endpoint's own, where it costs the others nothing.
//!
//! # Logs and metrics
//!
//! Through `tracing`, a span `attempt` for each attempt and an event at its end, at DEBUG; what somebody should
//! look into, at WARN. With the feature `metrics`, through the `metrics` crate:
//!
//! | name | kind | |
//! |---|---|---|
//! | `hookseal_outbox_attempts_total` | counter | by `outcome`: `2xx` and so on, or the word of the error |
//! | `hookseal_outbox_attempt_seconds` | histogram | how long attempts take |
//! | `hookseal_outbox_flush_attempts` | histogram | how many are recorded at once |
//! | `hookseal_outbox_superseded_total` | counter | attempts that were sent twice and recorded once |
//! | `hookseal_outbox_parked_total` | counter | deliveries that could not be handled |
//! | `hookseal_outbox_database_errors_total` | counter | statements that failed and are tried again |
//! | `hookseal_outbox_buckets`, `_in_flight`, `_waiting` | gauges | what this worker has in its hands |
//! | `hookseal_outbox_lag_seconds` | gauge | the longest that deliveries had been due when it read them, since its last heartbeat |
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::panic_in_result_fn, clippy::unwrap_used))]

mod endpoint;
mod enqueue;
mod error;
mod log;
mod metrics;
mod migrate;
mod outbox;
mod pause;
mod replay;
mod retention;
mod send;
mod statistics;
mod worker;

// Crates whose types appear in this crate's functions.
pub use hookseal;
pub use tokio_postgres;

pub use endpoint::{Endpoint, NewEndpoint};
pub use enqueue::{NewEvent, enqueue, enqueue_all};
pub use error::Error;
pub use log::{AttemptPlace, AttemptQuery, DeliveryStatus, EndpointStatistics, LoggedAttempt};
pub use outbox::Outbox;
pub use pause::{Missed, Resumed};
pub use replay::DeliveryId;
pub use retention::Retention;
pub use send::Roots;
pub use statistics::Statistics;
pub use worker::Worker;
