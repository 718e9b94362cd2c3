//! A layer for any service that takes an `http::Request`. It needs the feature `tower`, which `axum` includes.
//!
//! The layer verifies each request and, if it has a [`Once`], runs the service once for each event. The service gets
//! the request with its raw body, and with a [`Received<P>`](crate::receive::Received) in its extensions.
//!
//! ```
//! use hookseal::idempotency::{MemoryStore, Once};
//! use hookseal::receive::{Received, Receiver};
//! use hookseal::tower::WebhookLayer;
//! use hookseal::{Secret, provider};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! enum Klang {}
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let secret = Secret::new("a secret of twenty-some bytes")?;
//! let receiver: Receiver<Klang> = provider::KLANG.receiver(secret.clone())?.with_marker();
//! let service = ServiceBuilder::new()
//!     .layer(WebhookLayer::new(receiver).with_once(Once::new(MemoryStore::new(100_000))))
//!     .service(service_fn(async |request: http::Request<Full<bytes::Bytes>>| {
//!         let received = request.extensions().get::<Received<Klang>>().expect("the layer verified it");
//!         assert_eq!(received.event().expect("an event").event_type(), "conversation.ready");
//!         Ok::<_, std::convert::Infallible>(http::Response::new("noted".to_owned()))
//!     }));
//!
//! let body = r#"{"id":"evt_1","type":"conversation.ready","created_at":"2026-05-07T14:32:09Z","data":{}}"#;
//! let mut request = provider::KLANG.signer(secret)?.request("https://example.com/", "evt_1", body.to_owned())?;
//! let response = service.clone().oneshot(request.clone()).await?;
//! assert_eq!(response.status(), 200);
//!
//! request.headers_mut().insert("x-klang-signature", "t=1,v1=00".parse()?);
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), 401);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `tracing`, the layer logs each request that it verifies or refuses, and an extractor inside the
//! layer logs events that it cannot read.
//!
//! In axum, use `Router::route_layer`: with `Router::layer`, the bodies of requests to unknown paths would be read too.
//! A handler inside the layer can take `Extension<Received<P>>`, or, if the state also has the receiver, an extractor
//! of the feature `axum`.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::header::EXPECT;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{Either, Full, LengthLimitError};
use tower_layer::Layer;
use tower_service::Service;

use crate::idempotency::{Handled, MemoryStore, Once, Store};
use crate::receive::rejection::Unhandled;
use crate::receive::{Answer, Intake, Received, Receiver, Rejection};
use crate::trace;

/// Verifies each request before the service sees it. See the [module's page](self) for an example.
///
/// A refused request gets a response, not an error: errors are only those of the service itself. The service is called
/// with the whole body as a `Full<Bytes>`, and may respond with any body type.
pub struct WebhookLayer<P = (), S = MemoryStore> {
    receiver: Receiver<P>,
    once: Option<Arc<Once<S>>>,
}

impl<P> WebhookLayer<P> {
    /// A layer that verifies requests with this receiver.
    ///
    /// ```
    /// use hookseal::{Secret, provider, receive::Receiver, tower::WebhookLayer};
    ///
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// let layer = WebhookLayer::new(receiver);
    /// assert!(format!("{layer:?}").contains("klang"));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(receiver: Receiver<P>) -> WebhookLayer<P> {
        WebhookLayer { receiver, once: None }
    }
}

impl<P, S> WebhookLayer<P, S> {
    /// Runs the service once for each delivery of an event. A duplicate is answered with 200, or while the event is in
    /// flight with 409, or 503 if the sender gives up after a 4xx.
    ///
    /// The event counts as processed if the service responds with a status of 2xx; otherwise it is released for the
    /// sender's next attempt. An extractor that acknowledges an event because the handler's type lacks it releases it too:
    /// where the type is not signed, a captured request could be sent again with another one.
    ///
    /// A batch is one delivery. If the service has answered 2xx, the same batch is a duplicate; before that, a
    /// [`Once`] in the handler can claim [each event](crate::receive::Webhooks), so that a second attempt repeats none.
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Once};
    /// use hookseal::{Secret, provider, receive::Receiver, tower::WebhookLayer};
    ///
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// let layer = WebhookLayer::new(receiver).with_once(Once::new(MemoryStore::new(100_000)));
    /// assert!(format!("{layer:?}").contains("klang"));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_once<T: Store>(self, once: Once<T>) -> WebhookLayer<P, T> {
        WebhookLayer { receiver: self.receiver, once: Some(Arc::new(once)) }
    }
}

impl<P, S, I> Layer<I> for WebhookLayer<P, S> {
    type Service = WebhookService<I, P, S>;

    fn layer(&self, inner: I) -> WebhookService<I, P, S> {
        WebhookService { inner, layer: self.clone() }
    }
}

impl<P, S> Clone for WebhookLayer<P, S> {
    fn clone(&self) -> WebhookLayer<P, S> {
        WebhookLayer { receiver: self.receiver.clone(), once: self.once.clone() }
    }
}

impl<P, S> fmt::Debug for WebhookLayer<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookLayer").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// A service in a [`WebhookLayer`]. It answers refused requests itself, and passes the others to the inner service.
///
/// ```
/// use hookseal::tower::{WebhookLayer, WebhookService};
/// use hookseal::{Secret, provider};
/// use tower::Layer;
///
/// let layer = WebhookLayer::new(provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?);
/// let service: WebhookService<&str> = layer.layer("any service");
/// assert!(format!("{service:?}").contains("any service"));
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
pub struct WebhookService<I, P = (), S = MemoryStore> {
    inner: I,
    layer: WebhookLayer<P, S>,
}

impl<I: Clone, P, S> Clone for WebhookService<I, P, S> {
    fn clone(&self) -> Self {
        WebhookService { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<I: fmt::Debug, P, S> fmt::Debug for WebhookService<I, P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

impl<I, P, S, B, ResponseBody> Service<Request<B>> for WebhookService<I, P, S>
where
    I: Service<Request<Full<Bytes>>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    I::Future: Send,
    I::Error: Send,
    P: 'static,
    S: Store + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    ResponseBody: Send,
{
    type Response = Response<Either<Full<Bytes>, ResponseBody>>;
    type Error = I::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, I::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Call the service that was polled ready, not its clone, which may not be ready.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let WebhookLayer { receiver, once } = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let received =
                match receive(receiver.begin_request(&parts.method, &parts.uri, &parts.headers), &parts.headers, body)
                    .await
                {
                    Ok(received) => received,
                    Err(rejection) => return Ok(rejection.to_response().map(Either::Left)),
                };
            trace::verified(&received);
            // What may be a batch and cannot be read is the handler's.
            let once = once.filter(|_| !received.is_batch() || received.idempotency_key().is_ok());
            let handled = if once.is_some() { received.clone().claimed() } else { received.clone() };
            parts.extensions.insert(handled);
            let request = Request::from_parts(parts, Full::new(received.body().clone()));
            // Called only when it is awaited, because some services begin their work in `call`.
            let call = async move { inner.call(request).await };
            let response = match once {
                None => call.await,
                Some(once) => {
                    let is_done = |response: &Response<_>| {
                        response.status().is_success() && response.extensions().get::<Unhandled>().is_none()
                    };
                    let is_final = |result: &Result<Response<_>, _>| result.as_ref().is_ok_and(is_done);
                    match once.guard(&received, call, is_final).await {
                        Ok(result) => result,
                        Err(answer) => return Ok(answer.to_response().map(Either::Left)),
                    }
                }
            };
            Ok(response?.map(Either::Right))
        })
    }
}

/// Reads the body frame by frame.
pub(crate) async fn receive<P, B: Body>(
    mut intake: Intake<'_, P>,
    headers: &HeaderMap,
    body: B,
) -> Result<Received<P>, Rejection>
where
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // A sender that waits for `100 Continue` has not sent its body yet, and need not send it.
    if intake.is_refused() && headers.contains_key(EXPECT) {
        return intake.finish();
    }
    let mut body = pin!(body);
    while intake.wants_more()
        && let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await
    {
        match frame.map(Frame::into_data) {
            Ok(Ok(mut data)) => intake.push(data.copy_to_bytes(data.remaining())),
            Ok(Err(_trailers)) => {}
            Err(error) => intake.abort(broken(&*error.into())),
        }
    }
    intake.finish_fetching().await
}

impl<B: From<Vec<u8>>> Handled for Response<B> {
    fn from_answer(answer: Answer) -> Response<B> {
        answer.to_response()
    }

    fn is_final(&self) -> bool {
        self.status().is_success()
    }
}

/// The rejection for a body that cannot be read. Another layer may have limited its length.
fn broken(error: &(dyn Error + 'static)) -> Rejection {
    match (error.is::<LengthLimitError>(), error.source()) {
        (true, _) => Rejection::OverForeignLimit,
        (false, Some(source)) => broken(source),
        (false, None) => Rejection::BrokenBody,
    }
}
