//! Sends webhooks from PostgreSQL.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::panic_in_result_fn, clippy::unwrap_used))]

mod endpoint;
mod enqueue;
mod error;
mod metrics;
mod migrate;
mod outbox;
mod send;
mod worker;

pub use endpoint::{Endpoint, NewEndpoint};
pub use enqueue::{NewEvent, enqueue, enqueue_all};
pub use error::Error;
pub use outbox::Outbox;
pub use send::Roots;
pub use worker::Worker;
