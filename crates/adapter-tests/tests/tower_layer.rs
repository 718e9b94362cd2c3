//! What the tower layer promises the services around and behind it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, Provider};
use hookseal::receive::{Answer, Received, Receiver, Webhook, Webhooks};
use hookseal::tower::WebhookLayer;
use hookseal::{EventShape, Scheme};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use common::key;
use server::{App, Log, PATIENCE, Server, paid, receiver, signed, unsigned};

mod common;
#[path = "common/server.rs"]
mod server;

type Plain = Request<Full<Bytes>>;

fn plain(request: Request<Bytes>) -> Plain {
    request.map(Full::new)
}

async fn noted(log: Log, request: Plain) -> Result<Response<String>, Infallible> {
    let received = request.extensions().get::<Received>().expect("the layer verified it");
    log.note(received.body().len().to_string());
    Ok(Response::new("noted".to_owned()))
}

#[tokio::test]
async fn the_layer_wraps_any_service_and_passes_the_whole_body_on() {
    let service =
        ServiceBuilder::new().layer(WebhookLayer::new(receiver::<()>())).service(service_fn(async |request: Plain| {
            let received = request.extensions().get::<Received>().expect("the layer verified it").clone();
            let body = request.into_body().collect().await?.to_bytes();
            assert_eq!(body, received.body());
            Ok::<_, Infallible>(Response::new(body.len().to_string()))
        }));
    let request = signed(vec![b'x'; 1000]);
    let response = service.clone().oneshot(plain(request)).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "1000");
    assert_eq!(service.oneshot(plain(unsigned(paid(7)))).await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_layer_keeps_its_place_among_limits_of_concurrency() {
    const LIMIT: usize = 2;
    for (outside, inside) in [(LIMIT, 100), (100, LIMIT), (LIMIT, LIMIT), (1, 1)] {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = (now.clone(), most.clone());
        let service = ServiceBuilder::new()
            .layer(ConcurrencyLimitLayer::new(outside))
            .layer(WebhookLayer::new(receiver::<()>()))
            .layer(ConcurrencyLimitLayer::new(inside))
            .service_fn(move |_: Plain| {
                let (now, most) = counted.clone();
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok::<_, Infallible>(Response::new(String::new()))
                }
            });
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..60 {
            let request = if n % 3 == 0 { unsigned(paid(n)) } else { paid(n) };
            calls.spawn(service.clone().oneshot(plain(request)));
        }
        let all = tokio::time::timeout(PATIENCE, calls.join_all()).await.expect("no permit is lost");
        let accepted = all.iter().filter(|response| response.as_ref().unwrap().status() == 200).count();
        assert_eq!(accepted, 40);
        assert!(most.load(Ordering::SeqCst) <= outside.min(inside), "{outside} outside, {inside} inside");
    }
}

/// Panics when it is called without having been polled ready itself: clones are not ready.
struct Picky {
    ready: bool,
    log: Log,
}

impl Clone for Picky {
    fn clone(&self) -> Picky {
        Picky { ready: false, log: self.log.clone() }
    }
}

impl Service<Plain> for Picky {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Plain) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        Box::pin(noted(self.log.clone(), request))
    }
}

#[tokio::test]
async fn the_layer_calls_the_very_service_that_was_ready() {
    let verifying = WebhookLayer::new(receiver::<()>());
    for layer in [verifying.clone(), verifying.with_once(Once::new(MemoryStore::new(10)))] {
        let log = Log::default();
        let mut service = ServiceBuilder::new().layer(layer).service(Picky { ready: false, log: log.clone() });
        for _ in 0..3 {
            let ready = ServiceExt::<Plain>::ready(&mut service).await.unwrap();
            let clone = ready.clone();
            assert_eq!(ready.call(plain(paid(7))).await.unwrap().status(), 200);
            assert_eq!(clone.oneshot(plain(paid(7))).await.unwrap().status(), 200);
        }
        assert_eq!(log.count(), 6);
    }
}

/// Works as soon as it is called, before its future is polled, as `tower::buffer` and services that spawn do.
#[derive(Clone)]
struct Eager(Log);

impl Service<Plain> for Eager {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain) -> Self::Future {
        self.0.note("run");
        std::future::ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn the_layer_does_not_even_call_the_service_for_a_duplicate() {
    let log = Log::default();
    let layer = WebhookLayer::new(receiver::<()>()).with_once(Once::new(MemoryStore::new(10)));
    let service = ServiceBuilder::new().layer(layer).service(Eager(log.clone()));
    let request = paid(7);
    for _ in 0..3 {
        assert_eq!(service.clone().oneshot(plain(request.clone())).await.unwrap().status(), 200);
    }
    assert_eq!(log.count(), 1);
}

#[tokio::test]
async fn the_layer_claims_every_delivery_also_batches_and_what_cannot_be_read() {
    const EVENT: EventShape = EventShape::new("type: {type}\ndata: {data}");
    const BATCH: EventShape = EventShape::new("[].type: {type}\n[].data: {data}");
    let (event, batch, neither) = (r#"{"type":"a","data":1}"#, r#"[{"type":"a","data":1}]"#, "7");
    for (shapes, body) in [
        (&[EVENT][..], event),
        (&[EVENT], batch),
        (&[EVENT], neither),
        (&[BATCH], batch),
        (&[BATCH], neither),
        (&[EVENT, BATCH], event),
        (&[EVENT, BATCH], batch),
        (&[EVENT, BATCH], neither),
    ] {
        let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}")).unwrap();
        let acme = acme.with_event_shapes(shapes.iter().cloned()).unwrap();
        let receiver: Receiver = acme.receiver(key(1)).unwrap();
        let (log, once) = (Log::default(), Once::new(MemoryStore::new(10)));
        let layer = WebhookLayer::new(receiver).with_once(once);
        let service = ServiceBuilder::new().layer(layer).service(Eager(log.clone()));
        let signer = acme.signer(key(1)).unwrap();
        for _ in 0..2 {
            let request = signer.request("/hook", "", Bytes::from_static(body.as_bytes())).unwrap();
            assert_eq!(service.clone().oneshot(plain(request)).await.unwrap().status(), 200, "{body}");
        }
        assert_eq!(log.count(), 1, "{} shapes: {body}", shapes.len());
    }
}

/// The layer claims the batch, and the handler its events.
#[tokio::test]
async fn what_is_done_of_a_batch_is_not_repeated_behind_the_layer() {
    #[derive(serde::Deserialize)]
    enum Numbered {
        #[serde(rename = "a")]
        One(usize),
    }
    const BATCH: EventShape = EventShape::new("[].type: {type}\n[].data: {data}");
    let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}")).unwrap().with_event_shape(BATCH).unwrap();
    let receiver: Receiver = acme.receiver(key(1)).unwrap();
    let (log, once) = (Log::default(), Arc::new(Once::new(MemoryStore::new(10))));
    let (outer, noted) = (Once::new(MemoryStore::new(10)), log.clone());
    let service =
        ServiceBuilder::new().layer(WebhookLayer::new(receiver).with_once(outer)).service_fn(move |request: Plain| {
            let (log, once) = (noted.clone(), once.clone());
            async move {
                let received = request.extensions().get::<Received>().expect("the layer verified it").clone();
                let mut webhooks = Webhooks::<Numbered>::try_from(received).unwrap();
                while let Some(webhook) = webhooks.next() {
                    let Numbered::One(number) = *webhook.event.data();
                    // The second event fails at first.
                    let answer = once.run(&webhook, async {
                        log.note(number.to_string());
                        if log.count() == 2 { Answer::retry(PATIENCE) } else { Answer::Processed }
                    });
                    webhooks.record(answer.await);
                }
                Ok::<_, Infallible>(webhooks.answer().to_response::<Vec<u8>>())
            }
        });
    let body = r#"[{"type":"a","data":1},{"type":"a","data":2},{"type":"a","data":3}]"#;
    let signer = acme.signer(key(1)).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = signer.request("/hook", "", Bytes::from_static(body.as_bytes())).unwrap();
        statuses.push(service.clone().oneshot(plain(request)).await.unwrap().status().as_u16());
    }
    assert_eq!((statuses, log.count()), (vec![503, 200, 200], 4));
}

/// Where nobody signs the type, a captured request may come with one that the handler does not know.
#[tokio::test]
async fn an_event_that_no_handler_has_seen_is_not_processed() {
    #[derive(serde::Deserialize)]
    enum Known {
        #[serde(rename = "made")]
        Made {},
    }
    const TYPED: EventShape = EventShape::new("X-Type: {type}\n\n{data}");
    let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}")).unwrap().with_event_shape(TYPED).unwrap();
    let receiver: Receiver = acme.receiver(key(1)).unwrap();
    let log = Log::default();
    let noted = log.clone();
    let layer = WebhookLayer::new(receiver).with_once(Once::new(MemoryStore::new(10)));
    let service = ServiceBuilder::new().layer(layer).service_fn(move |request: Plain| {
        let received = request.extensions().get::<Received>().expect("the layer verified it").clone();
        std::future::ready(Ok::<_, Infallible>(
            match Webhook::<Known>::try_from(received) {
                Ok(webhook) => {
                    let Known::Made {} = webhook.event.data();
                    noted.note("made");
                    Answer::Processed.to_response::<Vec<u8>>()
                }
                Err(rejection) => rejection.to_response(),
            }
            .map(|body| Full::new(Bytes::from(body))),
        ))
    });
    let mut texts = Vec::new();
    for event_type in ["other", "made", "made"] {
        let mut request = acme.signer(key(1)).unwrap().request("/hook", "", Bytes::from_static(b"{}")).unwrap();
        request.headers_mut().insert("x-type", event_type.parse().unwrap());
        let response = service.clone().oneshot(plain(request)).await.unwrap();
        assert_eq!(response.status(), 200);
        texts.push(String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap());
    }
    assert_eq!(
        (texts.as_slice(), log.count()),
        (&["acknowledged", "processed", "processed before"].map(String::from)[..], 1)
    );
}

#[tokio::test]
async fn the_layer_passes_the_services_error_on_and_releases_the_event() {
    let (log, once) = (Log::default(), Once::new(MemoryStore::new(10)));
    let counted = log.clone();
    let service =
        ServiceBuilder::new().layer(WebhookLayer::new(receiver::<()>()).with_once(once)).service_fn(move |_: Plain| {
            counted.note("run");
            let result = if counted.count() == 1 { Err(Failure) } else { Ok(Response::new(String::new())) };
            std::future::ready(result)
        });
    let request = paid(7);
    assert!(service.clone().oneshot(plain(request.clone())).await.is_err());
    assert_eq!(service.oneshot(plain(request)).await.unwrap().status(), 200);
    assert_eq!(log.count(), 2);
}

#[derive(Debug)]
struct Failure;

enum Klang {}
enum GitHub {}

#[tokio::test]
async fn what_a_layer_verified_for_one_provider_satisfies_no_extractor_of_another() {
    let log = Log::default();
    let klang: Receiver<Klang> = receiver();
    let github: Receiver<GitHub> = provider::GITHUB.lossy().receiver(key(0)).unwrap().with_marker();
    let router = Router::new().route("/hook", post(log.noting(|_: Received<GitHub>| ""))).with_state(github);
    let app = App::default().merge(Router::new(), router.route_layer(WebhookLayer::new(klang)));
    let reply = Server::Layer.start(&app).await.send(paid(7)).await;
    assert_eq!((reply.status, log.count()), (400, 0));
}
