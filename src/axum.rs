//! Extractors for axum 0.8: needs the feature `axum`.
//!
//! [`Webhook`], [`StrictWebhook`] and [`Received`] extract, [`Rejection`] and [`Answer`] respond. The state holds the
//! [`Receiver`]; with several providers, one for each.
//!
//! ```
//! use axum::{Router, extract::FromRef, routing::post};
//! use hookseal::receive::{Answer, Received, Receiver, Webhook};
//! use hookseal::{Secret, provider};
//!
//! enum Klang {}
//! enum GitHub {}
//!
//! #[derive(Clone, FromRef)]
//! struct App {
//!     klang: Receiver<Klang>,
//!     github: Receiver<GitHub>,
//! }
//!
//! #[derive(serde::Deserialize)]
//! enum Conversations {
//!     #[serde(rename = "conversation.ready")]
//!     Ready { title: String },
//! }
//!
//! async fn klang(webhook: Webhook<Conversations, Klang>) -> Answer {
//!     let Conversations::Ready { title } = webhook.event.into_data();
//!     println!("{title} is ready");
//!     Answer::Processed
//! }
//!
//! async fn github(received: Received<GitHub>) -> Answer {
//!     println!("{} authentic bytes", received.body().len());
//!     Answer::Processed
//! }
//!
//! # fn app() -> Result<Router, hookseal::ConfigError> {
//! let app = App {
//!     klang: provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?,
//!     github: provider::GITHUB.receiver(Secret::new("It's a Secret to Everybody")?)?,
//! };
//! Ok(Router::new().route("/klang", post(klang)).route("/github", post(github)).with_state(app))
//! # }
//! # app().unwrap();
//! ```
//!
//! `derive(FromRef)` is axum's, with its feature `macros`. An `Arc` around the whole state cannot have it: put the `Arc`
//! beside the receivers, into the state. With one provider, the receiver is the state and needs no name: `Receiver`,
//! `Webhook<T>` and `.with_state(receiver)`. A handler that asks for a provider whose receiver the state does not have does not compile:
//!
//! ```compile_fail,E0308
//! # use axum::{Router, routing::post};
//! # use hookseal::receive::{Answer, Received, Receiver};
//! enum Klang {}
//! enum GitHub {}
//!
//! async fn hook(received: Received<GitHub>) -> Answer {
//!     Answer::Processed
//! }
//! fn app(klang: Receiver<Klang>) -> Router {
//!     Router::new().route("/", post(hook)).with_state(klang)
//! }
//! ```
//!
//! The extractor reads the body and stands last among a handler's arguments; `#[axum::debug_handler]` says so clearly.
//! The receiver's limit replaces `DefaultBodyLimit`.
//!
//! # Secrets of tenants
//!
//! Where keys depend on the request, implement [`ReceiverLookup`] for a marker of your own.
//!
//! # Each event once
//!
//! In the handler, [`Once::run`](crate::idempotency::Once::run); or around it, [`WebhookLayer`](crate::tower::WebhookLayer):
//! the extractors take over what a clone of their receiver verified there, and verify anew what another one did.
//! `Extension<Received<P>>` needs no receiver in the state.
//!
//! # Limits of rate, time and memory
//!
//! The bodies of all requests share a [`BodyBudget`](crate::receive::BodyBudget) of 256 MiB. Nothing here slows a sender
//! down or gives up a slow one: tower's own layers do.
//!
//! ```
//! use axum::{Router, error_handling::HandleErrorLayer, http::StatusCode, routing::post};
//! use hookseal::receive::{Answer, Received, Receiver};
//! use std::time::Duration;
//! use tower::buffer::BufferLayer;
//! use tower::limit::{GlobalConcurrencyLimitLayer, RateLimitLayer};
//! use tower::{ServiceBuilder, load_shed::LoadShedLayer, timeout::TimeoutLayer};
//!
//! # async fn hook(received: Received) -> Answer { Answer::Processed }
//! fn app(receiver: Receiver) -> Router {
//!     let guards = ServiceBuilder::new()
//!         // What a guard below turns away: senders come again.
//!         .layer(HandleErrorLayer::new(async |_| (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "30")])))
//!         // Beyond the limits, answer at once instead of letting requests pile up.
//!         .layer(LoadShedLayer::new())
//!         .layer(BufferLayer::new(64))
//!         .layer(RateLimitLayer::new(100, Duration::from_secs(1)))
//!         .layer(GlobalConcurrencyLimitLayer::new(256))
//!         // A body that trickles in, and a handler that hangs; shorter than the lease of `Once`.
//!         .layer(TimeoutLayer::new(Duration::from_secs(30)));
//!     Router::new().route("/hook", post(hook)).route_layer(guards).with_state(receiver)
//! }
//! ```

use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::receive::{Answer, Intake, Received, Receiver, Rejection, StrictWebhook, Webhook};
use crate::{tower, trace};

/// Where an extractor finds its receiver. Every marker whose [`Receiver`] is in the state has it; implement it for your
/// own where the keys depend on the request.
///
/// A [`tenant_receiver`](crate::provider::Provider::tenant_receiver) has the tenant's id as its scope. An unknown tenant has
/// a [`refusing_receiver`](crate::provider::Provider::refusing_receiver), which answers as a known one answers a wrong
/// secret. A database that is down is [`Rejection::unavailable`].
///
/// ```
/// use axum::extract::{FromRequestParts, Path};
/// use axum::http::request::Parts;
/// use axum::{Router, routing::post};
/// use hookseal::axum::ReceiverLookup;
/// use hookseal::receive::{Answer, Received, Receiver, Rejection};
/// use hookseal::{Secret, provider};
///
/// enum Tenant {}
///
/// #[derive(Clone)]
/// struct Database;
///
/// struct Row {
///     id: String,
///     secret: String,
/// }
///
/// # impl Database { async fn tenant(&self, name: &str) -> Result<Option<Row>, std::io::Error> { Ok(None) } }
/// impl ReceiverLookup<Database> for Tenant {
///     async fn find_receiver(parts: &mut Parts, database: &Database) -> Result<Receiver<Tenant>, Rejection> {
///         let path = Path::<String>::from_request_parts(parts, database).await;
///         let Path(name) = path.map_err(|_| Rejection::UnknownTenant)?;
///         match database.tenant(&name).await.map_err(Rejection::unavailable)? {
///             // The id of the row. No signature covers the path, and a lenient database finds one row by many names.
///             Some(row) => provider::KLANG.tenant_receiver(row.id, Secret::new(row.secret)),
///             None => Ok(provider::KLANG.refusing_receiver()?.with_scope(name)),
///         }
///     }
/// }
///
/// async fn hook(received: Received<Tenant>) -> Answer {
///     println!("for {}", received.scope());
///     Answer::Processed
/// }
/// let app: Router = Router::new().route("/hooks/{tenant}", post(hook)).with_state(Database);
/// ```
///
/// Building a receiver hashes each of its keys; keep those of busy tenants, which are cheap to clone.
pub trait ReceiverLookup<S>: Sized {
    /// The receiver for this request.
    fn find_receiver(parts: &mut Parts, state: &S) -> impl Future<Output = Result<Receiver<Self>, Rejection>> + Send;
}

impl<P, S: Sync> ReceiverLookup<S> for P
where
    Receiver<P>: FromRef<S>,
{
    async fn find_receiver(_: &mut Parts, state: &S) -> Result<Receiver<P>, Rejection> {
        Ok(Receiver::from_ref(state))
    }
}

impl<P: ReceiverLookup<S> + 'static, S: Send + Sync> FromRequest<S> for Received<P> {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Received<P>, Rejection> {
        receive(request, state, Ok).await
    }
}

impl<T: DeserializeOwned, P: ReceiverLookup<S> + 'static, S: Send + Sync> FromRequest<S> for Webhook<T, P> {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Webhook<T, P>, Rejection> {
        receive(request, state, Webhook::try_from).await
    }
}

impl<T: DeserializeOwned, P: ReceiverLookup<S> + 'static, S: Send + Sync> FromRequest<S> for StrictWebhook<T, P> {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<StrictWebhook<T, P>, Rejection> {
        receive(request, state, StrictWebhook::try_from).await
    }
}

async fn receive<P: ReceiverLookup<S> + 'static, S, R: AsRef<Received<P>>>(
    request: Request,
    state: &S,
    read: fn(Received<P>) -> Result<R, Rejection>,
) -> Result<R, Rejection> {
    let (mut parts, body) = request.into_parts();
    let layered = parts.extensions.remove::<Received<P>>();
    let receiver = P::find_receiver(&mut parts, state).await;
    let intake = match (&receiver, &layered) {
        // A layer has verified it, and logged that.
        (Ok(receiver), Some(layered)) if layered.is_from(receiver) => return read(layered.clone()),
        (Ok(receiver), _) => receiver.begin(&parts.headers),
        (Err(rejection), _) => Intake::refused(rejection.clone()),
    };
    let mut received = tower::receive(intake, &parts.headers, body).await?;
    if let Some(layered) = &layered {
        received = received.with_claim_of(layered);
    }
    let result = read(received)?;
    trace::verified(result.as_ref());
    Ok(result)
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        tower::refusal(&self)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        tower::answered(&self)
    }
}
