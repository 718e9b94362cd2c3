#![cfg_attr(not(doctest), doc = include_str!("axum.md"))]

use std::sync::Arc;

use axum_core::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum_core::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::receive::{
    Answer, Intake, Received, Receiver, ReceiverLookup, Rejection, StrictWebhook, Webhook, Webhooks, fallback,
};
use crate::{tower, trace};

/// Applies to every marker whose receiver is in the state.
#[diagnostic::do_not_recommend]
impl<P: 'static, S: Sync> ReceiverLookup<S> for P
where
    Receiver<P>: FromRef<S>,
{
    type Extractor = ();

    async fn find_receiver((): (), state: &S) -> Result<Receiver<P>, Rejection> {
        Ok(Receiver::from_ref(state))
    }
}

/// A state in an `Arc` has the same receivers as the state itself.
#[diagnostic::do_not_recommend]
impl<P: ReceiverLookup<S>, S: Sync> ReceiverLookup<Arc<S>> for P {
    type Extractor = P::Extractor;

    fn find_receiver(
        extracted: P::Extractor,
        state: &Arc<S>,
    ) -> impl Future<Output = Result<Receiver<P>, Rejection>> + Send {
        P::find_receiver(extracted, &**state)
    }
}

impl<P, S: Send + Sync> FromRequest<S> for Received<P>
where
    P: ReceiverLookup<S, Extractor: FromRequestParts<S>>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Received<P>, Rejection> {
        receive(request, state, Ok).await
    }
}

impl<T: DeserializeOwned + Send, P, S: Send + Sync> FromRequest<S> for Webhook<T, P>
where
    P: ReceiverLookup<S, Extractor: FromRequestParts<S>>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Webhook<T, P>, Rejection> {
        receive(request, state, Webhook::try_from).await
    }
}

impl<T: DeserializeOwned + Send, P, S: Send + Sync> FromRequest<S> for StrictWebhook<T, P>
where
    P: ReceiverLookup<S, Extractor: FromRequestParts<S>>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<StrictWebhook<T, P>, Rejection> {
        receive(request, state, StrictWebhook::try_from).await
    }
}

impl<T: DeserializeOwned + Send, P, S: Send + Sync> FromRequest<S> for Webhooks<T, P>
where
    P: ReceiverLookup<S, Extractor: FromRequestParts<S>>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Webhooks<T, P>, Rejection> {
        receive(request, state, Webhooks::try_from).await
    }
}

async fn receive<P, S: Sync, R: fallback::Extracted<P> + Send>(
    request: Request,
    state: &S,
    read: fn(Received<P>) -> Result<R, Rejection>,
) -> Result<R, Rejection>
where
    P: ReceiverLookup<S, Extractor: FromRequestParts<S>>,
{
    let (mut parts, body) = request.into_parts();
    let layered = parts.extensions.remove::<Received<P>>();
    let extracted = P::Extractor::from_request_parts(&mut parts, state).await.ok();
    let receiver = match extracted {
        Some(extracted) => P::find_receiver(extracted, state).await,
        None => Err(Rejection::UnknownTenant),
    };
    let intake = match (&receiver, &layered) {
        // A layer has already verified and logged it.
        (Ok(receiver), Some(layered)) if layered.is_from(receiver) => {
            return fallback::read(layered.clone(), read).await;
        }
        (Ok(receiver), _) => receiver.begin_request(&parts.method, &parts.uri, &parts.headers),
        (Err(rejection), _) => Intake::refused(rejection.clone()),
    };
    let mut received = tower::receive(intake, &parts.headers, body).await?;
    if let Some(layered) = &layered {
        received = received.with_claim_of(layered);
    }
    let result = fallback::read(received, read).await?;
    trace::verified(result.as_ref());
    Ok(result)
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.to_response()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        self.to_response()
    }
}
