//! Extractors for actix-web 4: needs the feature `actix`.
//!
//! [`Webhook`], [`StrictWebhook`] and [`Received`] extract, [`Rejection`] is an error and [`Answer`] a responder. The
//! [`Receiver`] is given to `app_data`, at the application, a scope or a resource; with several providers, one for each.
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
//! let klang_receiver: Receiver<Klang> = provider::KLANG.event_receiver(Secret::new("a secret of twenty-some bytes")?)?.with_marker();
//! let github_receiver: Receiver<GitHub> = provider::GITHUB.receiver(Secret::new("It's a Secret to Everybody")?)?.with_marker();
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
//! A provider whose receiver was not given is answered with 500 and lets nobody in. A scope's or a resource's receiver
//! counts before the application's, if both are given in the same form; in different forms, every request is answered
//! with 500. The receiver's limit replaces `PayloadConfig`.
//!
//! Take no other extractor of the body beside these. One that stands before gets it first, which is recognised where the
//! request declares a body, and answered with 500; one that stands behind gets an empty body from actix-web.
//!
//! # Secrets of tenants
//!
//! Where keys depend on the request, implement [`ReceiverLookup`] for a marker of your own, give a [`Lookup`] to `app_data`,
//! and keep what it finds in a [`ReceiverCache`](crate::receive::ReceiverCache).
//!
//! # Each event once
//!
//! In the handler, [`Once::run`](crate::idempotency::Once::run), with the [`Once`](crate::idempotency::Once) in
//! `web::Data`. An error of a type of your own is sent as its text unless its `ResponseError` says otherwise.
//!
//! # Limits of rate, time and memory
//!
//! The bodies of all requests share a [`BodyBudget`](crate::receive::BodyBudget) of 256 MiB. Nothing here slows a sender
//! down or gives up a slow one. `HttpServer::client_request_timeout` bounds the time for the
//! headers alone; a middleware bounds all the rest:
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
//! /// The second that is running, and its requests.
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
//! /// At most 100 requests a second, and 30 seconds for each: shorter than the lease of `Once`.
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
use crate::receive::{Answer, Intake, Received, Receiver, ReceiverLookup, Rejection, StrictWebhook, Webhook, Webhooks, fallback};
use crate::trace;

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;
type Find<P> = dyn Fn(HttpRequest) -> LocalFuture<Result<Receiver<P>, Rejection>> + Send + Sync;

/// A [`ReceiverLookup`] and its state, given to `app_data` in place of a [`Receiver`].
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
///             // The id of the row. No signature covers the path, and a lenient database finds one row by many names.
///             Some(row) => provider::KLANG.tenant_receiver(row.id, Secret::new(row.secret)),
///             None => Ok(provider::KLANG.refusing_receiver()?.with_scope(name.into_inner())),
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
    /// The look-up of the marker `P` in this state, which is a type of your own. Clones share it.
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
    // A method of http is one of actix-web's.
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

/// Takes the payload at once: all extractors of a handler are called before the first of their futures runs.
fn receive<P: 'static, R: AsRef<Received<P>> + 'static>(
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
            true => Err(misconfigured("another extractor took the payload before")),
        };
        let mut intake = match &receiver {
            Ok(receiver) => receiver.begin(request.headers()),
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
        let result = fallback::read(intake.finish()?, read).await?;
        trace::verified(result.as_ref());
        Ok(result)
    })
}

async fn find_receiver<P: 'static>(request: &HttpRequest) -> Result<Receiver<P>, Rejection> {
    match (app_data::<Receiver<P>>(request)?, app_data::<Lookup<P>>(request)?) {
        (Some(receiver), None) => Ok(receiver.clone()),
        (None, Some(lookup)) => (lookup.0)(request.clone()).await,
        (None, None) => Err(misconfigured("no receiver of this type was given to app_data")),
        (Some(_), Some(_)) => Err(misconfigured(TWICE)),
    }
}

/// As such, or in the `Data` that most things are wrapped in.
fn app_data<T: 'static>(request: &HttpRequest) -> Result<Option<&T>, Rejection> {
    match (request.app_data::<T>(), request.app_data::<Data<T>>()) {
        (Some(_), Some(_)) => Err(misconfigured(TWICE)),
        (plain, data) => Ok(plain.or_else(|| data.map(|data| data.get_ref()))),
    }
}

/// actix-web prefers the innermost of one type, and does not say which of two types stands further inside.
const TWICE: &str = "app_data has a receiver of this type in two forms, and which one counts is unclear";

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

    /// Not the default, which sends what the error displays.
    fn error_response(&self) -> HttpResponse {
        converted(self.to_response())
    }
}

impl Handled for HttpResponse {
    fn from_answer(answer: Answer) -> HttpResponse {
        answered(&answer)
    }

    fn is_final(&self) -> bool {
        self.status().is_success()
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        answered(&self)
    }
}

fn answered(answer: &Answer) -> HttpResponse {
    trace::answered(answer);
    converted(answer.to_response())
}

/// Status and headers of actix-web are those of http 0.2.
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
