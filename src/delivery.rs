//! Sending: where to send, when to retry, when to stop, and what to store. Pure logic for your own queue and database.
//!
//! | | |
//! |---|---|
//! | [`UrlPolicy`], [`EndpointUrl`] | which URLs may be registered and called, as a defence against SSRF |
//! | [`Subscription`], [`EventFilter`], [`DataFilter`] | which endpoints want an event |
//! | [`RetryPolicy`] | when the next attempt is due |
//! | [`OutcomePolicy`] | what an outcome means: delivered, retry, give up, or disable the endpoint |
//! | [`EndpointHealth`] | when a failing endpoint is paused |
//! | [`Delivery`] | the state of one event for one endpoint, as a value that your database stores |
//!
//! ```
//! use hookseal::delivery::{Delivery, Next, Outcome, Sending};
//! use time::macros::datetime;
//!
//! let sending = Sending::default();
//! let now = datetime!(2026-06-01 12:00 UTC);
//! let mut delivery = Delivery::new(now);
//! let attempt = delivery.begin(&sending, now)?;
//! // … sign with `attempt.signing_time()`, send, and then:
//! let outcome = Outcome::Response { status: 503, retry_after: Some(b"120") };
//! let (record, next) = delivery.record(&attempt, &sending, &outcome, now, 0)?;
//! assert_eq!(record.status, Some(503));
//! assert!(matches!(next, Next::RetryAt(due) if due == datetime!(2026-06-01 12:02 UTC)));
//! # Ok::<(), hookseal::delivery::AttemptError>(())
//! ```

mod attempt;
mod columns;
mod endpoint;
mod event_filter;
mod health;
mod lifecycle;
mod outcome;
mod record;
mod retry;
mod retry_after;
mod sending;
mod state;
mod subscription;

pub use attempt::{Attempt, AttemptError, Next};
pub use columns::Columns;
pub use endpoint::{EndpointUrl, UrlPolicy};
pub use event_filter::EventFilter;
pub use health::{DisableReason, EndpointHealth, HealthPolicy, HealthSignal};
pub use lifecycle::Delivery;
pub use outcome::{Action, Outcome, OutcomePolicy, Verdict};
pub use record::{AttemptRecord, Summary};
pub use retry::{Jitter, RetryPolicy, RetryPolicyUpdate};
pub use retry_after::parse_retry_after;
pub(crate) use sending::LEASE_MARGIN;
pub use sending::Sending;
pub use state::{FailReason, State};
pub use subscription::{DataFilter, Subscription};
