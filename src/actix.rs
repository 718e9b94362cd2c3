//! Extractors for actix-web 4. They need the feature `actix`.
//!
//! [`Webhook`], [`Webhooks`], [`StrictWebhook`] and [`Received`] are extractors, [`Rejection`] is an error, and [`Answer`]
//! is a responder. Pass a [`Receiver`] for each provider to `app_data` of the application, a scope or a resource.
//!
//! ```
//! use actix_web::{App, HttpServer, web};
//! use hookseal::receive::{Answer, Received, Receiver, Webhook};
//! use hookseal::{Secret, provider};
//!
//! enum Klang {}
//! enum GitHub {}
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
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let klang_receiver: Receiver<Klang> = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?.with_marker();
//! let github_receiver: Receiver<GitHub> = provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?.with_marker();
//! HttpServer::new(move || {
//!     App::new()
//!         .app_data(klang_receiver.clone())
//!         .app_data(github_receiver.clone())
//!         .route("/klang", web::post().to(klang))
//!         .route("/github", web::post().to(github))
//! })
//! .bind(("127.0.0.1", 8080))?
//! .run()
//! .await?;
//! # Ok(()) }
//! ```
//!
//! If `app_data` has no receiver for a provider, its requests are answered with 500 and nobody is let in. The receiver
//! of a scope or a resource takes precedence over the application's if both were passed in the same form, plain or in
//! `web::Data`; in different forms, every request is answered with 500. The receiver's limit replaces `PayloadConfig`.
//!
//! Do not use another extractor of the body in the same handler. If it comes before ours, it consumes the body: we
//! detect this if the request declares a body, and answer with 500. If it comes after ours, it gets an empty body from
//! actix-web.
//!
//! # Secrets of tenants
//!
//! If the secret depends on the request, implement [`ReceiverLookup`] for a marker of your own, pass a [`Lookup`] to
//! `app_data`, and keep the receivers that it finds in a [`ReceiverCache`](crate::receive::ReceiverCache).
//!
//! # Each event once
//!
//! Keep a [`Once`](crate::idempotency::Once) in `web::Data`, and call [`Once::run`](crate::idempotency::Once::run) in
//! the handler. If the handler returns an error of your own type, actix-web sends the error's text to the sender,
//! unless its `ResponseError` says otherwise.
//!
//! # Limits of rate, time and memory
//!
//! The bodies of all requests share a [`BodyBudget`](crate::receive::BodyBudget) of 256 MiB. This crate neither limits
//! the rate of a sender nor times out a slow one. `HttpServer::client_request_timeout` limits only the time for the
//! headers; a middleware limits the rest:
//!
//! ```
//! use actix_web::body::MessageBody;
//! use actix_web::dev::{ServiceRequest, ServiceResponse};
//! use actix_web::middleware::{Next, from_fn};
//! use actix_web::rt::time::timeout;
//! use actix_web::{App, Error, HttpResponse, error::InternalError};
//! use std::sync::Mutex;
//! use std::time::{Duration, Instant};
//!
//! /// The start of the current second, and how many requests it has seen.
//! static RUNNING: Mutex<Option<(Instant, u32)>> = Mutex::new(None);
//!
//! fn is_too_often() -> bool {
//!     let mut running = RUNNING.lock().expect("nothing panics while it is locked");
//!     let (start, count) = running.filter(|(start, _)| start.elapsed() < Duration::from_secs(1)).unwrap_or((Instant::now(), 0));
//!     *running = Some((start, count + 1));
//!     count >= 100
//! }
//!
//! fn busy() -> Error {
//!     let response = HttpResponse::ServiceUnavailable().insert_header(("retry-after", "30")).finish();
//!     InternalError::from_response("busy", response).into()
//! }
//!
//! /// At most 100 requests a second, and 30 seconds for each: shorter than the lease of `Once`. This also drops a handler
//! /// that takes longer: spawn work that must not be interrupted.
//! async fn limits(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
//!     if is_too_often() {
//!         return Err(busy());
//!     }
//!     timeout(Duration::from_secs(30), next.call(request)).await.map_err(|_| busy())?
//! }
//! let app = App::new().wrap(from_fn(limits));
//! ```

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use actix_web::test::TestRequest;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, ResponseError};
use bytes::Bytes;
use futures_core::Stream;
use http::HeaderName;
use serde::de::DeserializeOwned;

use crate::error::Cause;
use crate::headers::Headers;
use crate::headers::sealed::Sealed;
use crate::idempotency::Handled;
use crate::receive::{
    Answer, Intake, Received, Receiver, ReceiverLookup, Rejection, StrictWebhook, Webhook, Webhooks, fallback,
};
use crate::trace;

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;
type Find<P> = dyn Fn(HttpRequest) -> LocalFuture<Result<Receiver<P>, Rejection>> + Send + Sync;

/// A [`ReceiverLookup`] and its state. Pass it to `app_data` instead of a [`Receiver`].
///
/// Handlers cannot take the state out of it. Make the state cheap to clone, and pass a clone to `app_data` as `web::Data`: a
/// handler that changes a secret needs the [`ReceiverCache`](crate::receive::ReceiverCache), as the guide's page
/// [`tenants`](crate::guide::tenants) shows.
///
/// ```
/// use actix_web::{App, web};
/// use hookseal::actix::Lookup;
/// use hookseal::receive::{Answer, Received, Receiver, ReceiverLookup, Rejection};
/// use hookseal::{Secret, provider};
///
/// enum Tenant {}
///
/// struct Database;
///
/// struct Row {
///     id: String,
///     secret: String,
/// }
///
/// # impl Database { async fn tenant(&self, name: &str) -> Result<Option<Row>, std::io::Error> { Ok(None) } }
/// impl ReceiverLookup<Database> for Tenant {
///     type Extractor = web::Path<String>;
///
///     async fn find_receiver(name: web::Path<String>, database: &Database) -> Result<Receiver<Tenant>, Rejection> {
///         match database.tenant(&name).await.map_err(Rejection::unavailable)? {
///             // The id of the row, not the name: no signature covers the path, and a lenient database finds one row by
///             // many names.
///             Some(row) => provider::KLANG.tenant_receiver(row.id, Secret::new(row.secret)),
///             None => Ok(provider::KLANG.refusing_receiver(name.into_inner())?),
///         }
///     }
/// }
///
/// async fn hook(received: Received<Tenant>) -> Answer {
///     println!("for {}", received.scope());
///     Answer::Processed
/// }
/// let lookup = Lookup::<Tenant>::new(Database);
/// let app = App::new().app_data(lookup).route("/hooks/{tenant}", web::post().to(hook));
/// ```
pub struct Lookup<P>(Arc<Find<P>>);

impl<P: 'static> Lookup<P> {
    /// The lookup of the marker `P`, with this state, which must be a type of your own. Clones share the state.
    ///
    /// ```
    /// use hookseal::actix::Lookup;
    /// use hookseal::receive::{Receiver, ReceiverLookup, Rejection};
    ///
    /// enum Nobody {}
    ///
    /// struct NoTenants;
    ///
    /// impl ReceiverLookup<NoTenants> for Nobody {
    ///     type Extractor = ();
    ///
    ///     async fn find_receiver((): (), _: &NoTenants) -> Result<Receiver<Nobody>, Rejection> {
    ///         Err(Rejection::UnknownTenant)
    ///     }
    /// }
    /// let lookup = Lookup::<Nobody>::new(NoTenants);
    /// ```
    pub fn new<S: Send + Sync + 'static>(state: S) -> Lookup<P>
    where
        P: ReceiverLookup<S, Extractor: FromRequest>,
    {
        let state = Arc::new(state);
        Lookup(Arc::new(move |request| {
            let state = state.clone();
            Box::pin(async move {
                let extracted = P::Extractor::extract(&request).await.map_err(|_| Rejection::UnknownTenant)?;
                P::find_receiver(extracted, &state).await
            })
        }))
    }
}

impl<P> Clone for Lookup<P> {
    fn clone(&self) -> Lookup<P> {
        Lookup(self.0.clone())
    }
}

impl<P> fmt::Debug for Lookup<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}

/// A signed request for tests of an actix-web application.
///
/// ```
/// use actix_web::{App, test, web};
/// use hookseal::receive::{Answer, Received, Receiver};
/// use hookseal::{Secret, provider};
///
/// # actix_web::rt::System::new().block_on(async {
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let receiver: Receiver = provider::CALLINTEL.receiver(secret.clone())?;
/// let app = App::new().app_data(receiver).route("/", web::post().to(async |_: Received| Answer::Processed));
/// let app = test::init_service(app).await;
///
/// let request = provider::CALLINTEL.signer(secret)?.request("/", "evt_1", "{}")?;
/// let response = test::call_service(&app, hookseal::actix::test_request(request).to_request()).await;
/// assert_eq!(response.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn test_request(request: http::Request<impl Into<Bytes>>) -> TestRequest {
    let (parts, body) = request.into_parts();
    let body = body.into();
    let mut test = TestRequest::default().uri(&parts.uri.to_string()).insert_header((CONTENT_LENGTH, body.len()));
    // Every method of the http crate is also one of actix-web's.
    if let Ok(method) = parts.method.as_str().parse() {
        test = test.method(method);
    }
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
        test = test.append_header((name.as_str(), value.as_bytes()));
    }
    test.set_payload(body)
}

impl Sealed for HeaderMap {}

impl Headers for HeaderMap {
    fn values<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name.as_str()).map(|value| value.as_bytes())
    }

    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        self.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
    }
}

impl<P: 'static> FromRequest for Received<P> {
    type Error = Rejection;
    type Future = LocalFuture<Result<Received<P>, Rejection>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, Ok)
    }
}

impl<T: DeserializeOwned + 'static, P: 'static> FromRequest for Webhook<T, P> {
    type Error = Rejection;
    type Future = LocalFuture<Result<Webhook<T, P>, Rejection>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, Webhook::try_from)
    }
}

impl<T: DeserializeOwned + 'static, P: 'static> FromRequest for StrictWebhook<T, P> {
    type Error = Rejection;
    type Future = LocalFuture<Result<StrictWebhook<T, P>, Rejection>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, StrictWebhook::try_from)
    }
}

impl<T: DeserializeOwned + 'static, P: 'static> FromRequest for Webhooks<T, P> {
    type Error = Rejection;
    type Future = LocalFuture<Result<Webhooks<T, P>, Rejection>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        receive(request, payload, Webhooks::try_from)
    }
}

/// Takes the payload immediately: actix-web calls all extractors of a handler before it polls the first of their
/// futures.
fn receive<P: 'static, R: fallback::Extracted<P> + 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    read: fn(Received<P>) -> Result<R, Rejection>,
) -> LocalFuture<Result<R, Rejection>> {
    let request = request.clone();
    let is_taken = matches!(payload, Payload::None) && declares_body(request.headers());
    let mut payload = payload.take();
    Box::pin(async move {
        let receiver = match is_taken {
            false => find_receiver(&request).await,
            true => Err(misconfigured("another extractor has already taken the payload")),
        };
        let mut intake = match &receiver {
            Ok(receiver) => receiver.begin_parts(request.method().as_str(), request.uri().query(), request.headers()),
            Err(rejection) => Intake::refused(rejection.clone()),
        };
        while intake.wants_more()
            && let Some(chunk) = poll_fn(|context| Pin::new(&mut payload).poll_next(context)).await
        {
            match chunk {
                Ok(chunk) => intake.push(chunk),
                Err(PayloadError::Overflow) => intake.abort(Rejection::OverForeignLimit),
                Err(_) => intake.abort(Rejection::BrokenBody),
            }
        }
        let result = fallback::read(intake.finish_fetching().await?, read).await?;
        trace::verified(result.as_ref());
        Ok(result)
    })
}

async fn find_receiver<P: 'static>(request: &HttpRequest) -> Result<Receiver<P>, Rejection> {
    match (app_data::<Receiver<P>>(request)?, app_data::<Lookup<P>>(request)?) {
        (Some(receiver), None) => Ok(receiver.clone()),
        (None, Some(lookup)) => (lookup.0)(request.clone()).await,
        (None, None) => Err(misconfigured("app_data has no receiver of this type")),
        (Some(_), Some(_)) => Err(misconfigured(TWICE)),
    }
}

/// A value that was passed to `app_data` plain, or in the usual `Data`.
fn app_data<T: 'static>(request: &HttpRequest) -> Result<Option<&T>, Rejection> {
    match (request.app_data::<T>(), request.app_data::<Data<T>>()) {
        (Some(_), Some(_)) => Err(misconfigured(TWICE)),
        (plain, data) => Ok(plain.or_else(|| data.map(|data| data.get_ref()))),
    }
}

/// actix-web prefers the innermost value of one type, but does not tell which of two types is the inner one.
const TWICE: &str = "app_data has a receiver of this type in two forms, so it is unclear which one to use";

fn misconfigured(reason: &str) -> Rejection {
    Rejection::Misconfigured { reason: Cause::new(reason) }
}

fn declares_body(headers: &HeaderMap) -> bool {
    let is_zero = |length: &[u8]| length == b"0";
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| !is_zero(length.as_bytes()))
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        status(self.status())
    }

    /// Replaces the default, which would send the error's text.
    fn error_response(&self) -> HttpResponse {
        converted(self.to_response())
    }
}

impl Handled for HttpResponse {
    fn from_answer(answer: Answer) -> HttpResponse {
        converted(answer.to_response())
    }

    fn is_final(&self) -> bool {
        self.status().is_success()
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        converted(self.to_response())
    }
}

/// actix-web uses the statuses and headers of http 0.2.
fn converted(response: http::Response<Vec<u8>>) -> HttpResponse {
    let mut converted = HttpResponse::build(status(response.status()));
    for (name, value) in response.headers() {
        converted.append_header((name.as_str(), value.as_bytes()));
    }
    converted.body(response.into_body())
}

fn status(status: http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
