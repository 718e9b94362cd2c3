//! Sends webhooks from PostgreSQL.
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

pub use endpoint::{Endpoint, NewEndpoint};
pub use enqueue::{NewEvent, enqueue, enqueue_all};
pub use error::Error;
pub use log::{AttemptQuery, DeliveryStatus, EndpointStatistics, LoggedAttempt};
pub use outbox::Outbox;
pub use pause::{Missed, Resumed};
pub use replay::DeliveryId;
pub use retention::Retention;
pub use send::Roots;
pub use statistics::Statistics;
pub use worker::Worker;
