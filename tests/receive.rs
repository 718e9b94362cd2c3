//! What receivers promise beyond a single request: nothing runs before its time, nobody waits for itself, nobody is told
//! which tenants there are.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, web};
use axum::body::Body;
use axum::{Router, routing::post};
use bytes::Bytes;
use hookseal::actix::ReceiverLookup;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, CALLINTEL, KLANG};
use hookseal::receive::{Answer, Received, Receiver, Rejection};
use hookseal::testing::Sender;
use hookseal::tower::WebhookLayer;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Service, ServiceBuilder, ServiceExt};

use common::key;

mod common;

fn receiver<P>() -> Receiver<P> {
    CALLINTEL.receiver(key(1)).unwrap()
}

fn request(body: &'static str) -> Request<Bytes> {
    Sender::new(&CALLINTEL, key(1)).unwrap().body("/", body).unwrap()
}

fn once() -> Once<MemoryStore> {
    Once::new(MemoryStore::new(100))
}

/// Does its work when it is called, not when it is awaited.
#[derive(Clone)]
struct Eager(Arc<AtomicUsize>);

impl Service<Request<Full<Bytes>>> for Eager {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(Response::new("done".to_owned())))
    }
}

#[tokio::test]
async fn a_service_that_works_when_it_is_called_is_not_called_for_a_duplicate() {
    let processed = Arc::new(AtomicUsize::new(0));
    let layer = WebhookLayer::<()>::new(receiver()).once(once());
    let service = ServiceBuilder::new().layer(layer).service(Eager(processed.clone()));
    for _ in 0..3 {
        let response = service.clone().oneshot(request("{}").map(Full::<Bytes>::from)).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    assert_eq!(processed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_handler_does_not_wait_for_the_layer_around_it() {
    let (once, processed) = (once(), Arc::new(AtomicUsize::new(0)));
    let (inner, count) = (once.clone(), processed.clone());
    let handler = async move |received: Received| {
        let effect = async {
            count.fetch_add(1, Ordering::Relaxed);
            Answer::Processed
        };
        inner.run(&received, effect).await
    };
    let layer = WebhookLayer::<()>::new(receiver()).once(once);
    let app: Router = Router::new().route("/", post(handler)).route_layer(layer).with_state(receiver::<()>());
    for _ in 0..3 {
        let response = app.clone().oneshot(request("{}").map(Body::from)).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    assert_eq!(processed.load(Ordering::Relaxed), 1);
}

#[test]
fn a_refusing_receiver_answers_as_one_with_another_secret() {
    for provider in provider::ALL {
        let tenant: Receiver = provider.receiver(key(1)).unwrap();
        let nobody: Receiver = provider.refusing_receiver().unwrap();
        let judge = |receiver: &Receiver, headers: &HeaderMap, length: usize| {
            let receiver = receiver.clone().with_max_received(1000);
            let mut intake = receiver.begin(headers);
            intake.push(vec![b' '; length].into());
            let rejection = intake.finish().unwrap_err();
            (rejection.status(), rejection.public_text())
        };
        let stranger = Sender::new(provider, key(2)).unwrap().body("/", vec![b' '; 10]).unwrap();
        let mut declared = stranger.headers().clone();
        declared.insert("content-length", 5_000_000.into());
        for (headers, length) in
            [(&HeaderMap::new(), 10), (stranger.headers(), 10), (stranger.headers(), 1001), (&declared, 10)]
        {
            assert_eq!(judge(&tenant, headers, length), judge(&nobody, headers, length), "{}", provider.name());
        }
    }
}

#[actix_web::test]
async fn app_data_in_two_forms_lets_nobody_in() {
    let outer = || KLANG.receiver::<()>(key(1)).unwrap();
    let lookup = || ReceiverLookup::<()>::new(async |_| Ok(KLANG.receiver(key(2))?));
    let hook = || web::post().to(async |_: Received| Answer::Processed);
    let request = |n| {
        let request = Sender::new(&KLANG, key(n)).unwrap().body("/inner/", "{}").unwrap();
        hookseal::actix::test_request(request).to_request()
    };
    let forms = [
        App::new().app_data(outer()).service(web::scope("/inner").app_data(lookup()).route("/", hook())),
        App::new().app_data(outer()).service(
            web::scope("/inner").app_data(web::Data::new(KLANG.receiver::<()>(key(2)).unwrap())).route("/", hook()),
        ),
    ];
    for app in forms {
        let app = actix_web::test::init_service(app).await;
        for n in [1, 2] {
            let response = actix_web::test::call_service(&app, request(n)).await;
            assert_eq!(response.status().as_u16(), 500, "key {n}");
        }
    }
    let same_form = App::new().app_data(outer());
    let inner = web::scope("/inner").app_data(KLANG.receiver::<()>(key(2)).unwrap()).route("/", hook());
    let app = actix_web::test::init_service(same_form.service(inner)).await;
    for (n, status) in [(1, 401), (2, 200)] {
        let response = actix_web::test::call_service(&app, request(n)).await;
        assert_eq!(response.status().as_u16(), status, "key {n}");
    }
}

#[test]
fn what_is_refused_is_drained_within_the_limit_and_no_further() {
    let unsigned = HeaderMap::new();
    for limit in [0, 1, 1000, usize::MAX] {
        let receiver: Receiver = receiver::<()>().with_max_received(limit);
        let mut aborted = receiver.begin(&unsigned);
        aborted.abort(Rejection::BrokenBody);
        assert!(!aborted.wants_more(), "{limit}");

        let mut refused = receiver.begin(&unsigned);
        refused.push(vec![0; limit.min(1000)].into());
        assert!(refused.wants_more(), "{limit}: the end may follow");
        if limit <= 1000 {
            refused.push(vec![0; 1].into());
            assert!(!refused.wants_more(), "{limit}");
        }
        assert_eq!(refused.finish().unwrap_err().status(), StatusCode::BAD_REQUEST);
    }
}

#[test]
fn a_body_in_any_pieces_is_the_same_body() {
    let body: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let headers = CALLINTEL.signer(key(1)).unwrap().sign("", &body).unwrap();
    let receiver = receiver::<()>().with_max_received(body.len());
    for size in [1, 7, 1000, 16 << 10, (16 << 10) + 1, 50_000, 99_999, 100_000] {
        let mut intake = receiver.begin(&headers);
        body.chunks(size).for_each(|chunk| intake.push(Bytes::copy_from_slice(chunk)));
        assert!(intake.finish().unwrap().body() == &body, "pieces of {size}");
    }
}
