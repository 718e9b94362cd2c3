#![cfg_attr(not(doctest), doc = include_str!("axum.md"))]

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
