//! Tools for your own tests. Enable the feature `testing` in `[dev-dependencies]`.
//!
//! | | |
//! |---|---|
//! | [`Sender`] | makes signed requests as a provider would send them, at any time |
//! | [`AttackKit`] | sends an endpoint every request that it must refuse, and those that it must accept |
//! | `assert_accepted` | prints the diagnosis of a captured request that is refused; needs the feature `diagnose` too |
//! | [`check_store`] | checks an idempotency [`Store`](crate::idempotency::Store) of your own |
//!
//! Test a handler with a signed request. In axum:
//!
//! ```
//! use axum::{Router, body::Body, routing::post};
//! use hookseal::receive::{Answer, Received, Receiver};
//! use hookseal::testing::Sender;
//! use hookseal::{Secret, provider};
//! use serde_json::json;
//! use tower::ServiceExt;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # async fn hook(received: Received) -> Answer { Answer::Processed }
//! # let secret = Secret::new("a secret of twenty-some bytes")?;
//! # let receiver: Receiver = provider::KLANG.receiver(secret.clone())?;
//! # let app: Router = Router::new().route("/klang", post(hook)).with_state(receiver);
//! let sender = Sender::new(&provider::KLANG, secret)?;
//! let request = sender.event("/klang", "conversation.ready", json!({"title": "Hello"}))?;
//! let response = app.oneshot(request.map(Body::from)).await?;
//! assert_eq!(response.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In actix-web, convert the request with `hookseal::actix::test_request`:
//!
//! ```
//! use actix_web::{App, test, web};
//! # use hookseal::receive::{Answer, Received, Receiver};
//! # use hookseal::testing::Sender;
//! # use hookseal::{Secret, provider};
//! # use serde_json::json;
//! # actix_web::rt::System::new().block_on(async {
//! # async fn hook(received: Received) -> Answer { Answer::Processed }
//! # let secret = Secret::new("a secret of twenty-some bytes")?;
//! # let receiver: Receiver = provider::KLANG.receiver(secret.clone())?;
//! # let app = App::new().app_data(receiver).route("/klang", web::post().to(hook));
//! # let app = test::init_service(app).await;
//! let sender = Sender::new(&provider::KLANG, secret)?;
//! let request = sender.event("/klang", "conversation.ready", json!({"title": "Hello"}))?;
//! let response = test::call_service(&app, hookseal::actix::test_request(request).to_request()).await;
//! assert_eq!(response.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "diagnose")]
mod accepted;
mod attack;
mod cases;
mod join;
mod questions;
mod reply;
mod report;
mod reword;
mod run;
mod sample;
mod sender;
mod store;

#[cfg(feature = "diagnose")]
pub use accepted::assert_accepted;
pub use attack::AttackKit;
pub use reply::Reply;
pub use report::{Mistake, Report};
pub use sender::{Sender, SenderError};
pub use store::check_store;
