//! Sending: where to send, when to retry, when to stop, and what to store. Pure logic for your own queue and database.
//!
//! | | |
//! |---|---|
//! | [`UrlPolicy`], [`EndpointUrl`] | which URLs may be registered and called, as a defence against SSRF |
//! | [`EndpointCheck`] | whether an endpoint wants deliveries: a question before the first one |
//! | [`Subscription`], [`EventFilter`], [`DataFilter`] | which endpoints want an event |
//! | [`RetryPolicy`] | when the next attempt is due |
//! | [`OutcomePolicy`] | what an outcome means: delivered, retry, give up, or disable the endpoint |
//! | [`HealthPolicy`], [`EndpointHealth`] | when a failing endpoint is paused |
//! | [`DeliveryPolicy`] | the three policies and the time limits of a platform |
//! | [`Delivery`] | the state of one event for one endpoint, as a value that your database stores |
//!
//! In the guide, [`sending`](crate::guide::sending) and [`sending_safely`](crate::guide::sending_safely) are a complete sender.
//!
//! ```
//! use hookseal::delivery::{Delivery, DeliveryPolicy, Next, Outcome};
//! use time::macros::datetime;
//!
//! let policy = DeliveryPolicy::new();
//! let now = datetime!(2026-06-01 12:00 UTC);
//! let mut delivery = Delivery::new(now);
//! let attempt = delivery.begin(&policy, now)?;
//! // … sign with `attempt.signing_time()`, send, and then:
//! let outcome = Outcome::Response { status: 503, retry_after: Some(b"120") };
//! let jitter = 0; // a random number
//! let (record, next) = delivery.record(&attempt, &policy, &outcome, now, jitter)?;
//! assert_eq!(record.status, Some(503));
//! assert!(matches!(next, Next::RetryAt(due) if due == datetime!(2026-06-01 12:02 UTC)));
//! # Ok::<(), hookseal::delivery::AttemptError>(())
//! ```

mod attempt;
mod columns;
mod endpoint;
mod endpoint_check;
mod event_filter;
mod health;
mod lifecycle;
mod millis;
mod outcome;
mod policy;
mod record;
mod retry;
mod retry_after;
mod state;
mod subscription;

pub use attempt::{Attempt, AttemptError, Next};
pub use columns::Columns;
pub use endpoint::{EndpointUrl, UrlPolicy};
pub use endpoint_check::EndpointCheck;
pub use event_filter::EventFilter;
pub use health::{DisableReason, EndpointHealth, HealthPolicy, HealthSignal};
pub use lifecycle::Delivery;
pub use outcome::{Action, Outcome, OutcomePolicy, Verdict};
pub use policy::DeliveryPolicy;
pub use record::{AttemptRecord, Summary};
pub use retry::{Jitter, RetryPolicy, RetryPolicyUpdate};
pub use retry_after::parse_retry_after;
pub use state::{FailReason, State};
pub use subscription::{DataFilter, Subscription};
