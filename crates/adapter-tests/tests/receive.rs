//! What receivers promise beyond a single request: nobody waits for itself, nobody is told which tenants there are, and
//! what one receiver verified is not another's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::{Router, routing::post};
use bytes::Bytes;
use hookseal::Scheme;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, CALLINTEL, Provider};
use hookseal::receive::{Answer, Received, Receiver, Rejection, Webhook};
use hookseal::testing::Sender;
use hookseal::tower::WebhookLayer;
use http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

use common::key;

mod common;

fn receiver<P>() -> Receiver<P> {
    CALLINTEL.receiver(key(1)).unwrap().with_marker()
}

fn request(body: &'static str) -> Request<Bytes> {
    Sender::new(&CALLINTEL, key(1)).unwrap().body("/", body).unwrap()
}

fn once() -> Once<MemoryStore> {
    Once::new(MemoryStore::new(100))
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
    let layer = WebhookLayer::<()>::new(receiver()).with_once(once);
    let app: Router = Router::new().route("/", post(handler)).route_layer(layer).with_state(receiver::<()>());
    for _ in 0..3 {
        let response = app.clone().oneshot(request("{}").map(Body::from)).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    assert_eq!(processed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_a_layer_verified_satisfies_no_other_receivers_extractor() {
    let body = r#"{"id":"evt_1"}"#;
    let routed = |state: Receiver| {
        let layer = WebhookLayer::<()>::new(receiver());
        let hook = async |_: Received| Answer::Processed;
        let app: Router = Router::new().route("/", post(hook)).route_layer(layer).with_state(state);
        app
    };
    // All under one marker: of the layer's provider with its key, with another key, of another provider with one key.
    let cases = [
        (receiver(), StatusCode::OK),
        (CALLINTEL.receiver(key(2)).unwrap(), StatusCode::UNAUTHORIZED),
        (provider::GITHUB.lossy().receiver(key(1)).unwrap(), StatusCode::BAD_REQUEST),
    ];
    for (state, expected) in cases {
        let response = routed(state).oneshot(request(body).map(Body::from)).await.unwrap();
        assert_eq!(response.status(), expected);
    }
}

#[test]
fn a_refusing_receiver_answers_as_one_with_another_secret() {
    let mut count = 0;
    for provider in provider::ALL {
        // Not where a URL must be known first, or where there is a public key.
        let Ok(tenant) = provider.raw().receiver(key(1)) else { continue };
        let nobody: Receiver = provider.refusing_receiver().unwrap();
        let judge = |receiver: &Receiver, headers: &HeaderMap, length: usize| {
            let receiver = receiver.clone().with_max_received(1000);
            let mut intake = receiver.begin(headers);
            intake.push(vec![b' '; length].into());
            let rejection = intake.finish().unwrap_err();
            (rejection.status(), rejection.public_text())
        };
        // Nor where the signature needs more than the body.
        let sender = Sender::new(provider, key(2)).ok();
        let Some(stranger) = sender.and_then(|sender| sender.body("/", vec![b' '; 10]).ok()) else { continue };
        count += 1;
        let mut declared = stranger.headers().clone();
        declared.insert("content-length", 5_000_000.into());
        for (headers, length) in
            [(&HeaderMap::new(), 10), (stranger.headers(), 10), (stranger.headers(), 1001), (&declared, 10)]
        {
            assert_eq!(judge(&tenant, headers, length), judge(&nobody, headers, length), "{}", provider.name());
        }
    }
    assert!(count > 180, "{count}");
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

#[test]
fn a_provider_whose_events_are_not_known_is_found_at_start_up_and_not_by_the_first_delivery() {
    let (mut known, mut unknown) = (0, 0);
    for (name, shape) in [("callintel", CALLINTEL.event_shape().cloned()), ("nobody-knows", None)] {
        let mut provider = Provider::new(name, Scheme::new("X-Signature: {hex}", "{body}")).unwrap();
        if let Some(shape) = shape {
            provider = provider.with_event_shape(shape).unwrap();
        }
        let made = provider.receiver(key(1));
        let receiver = provider.raw().receiver(key(1)).unwrap();
        let request = Sender::new(&provider, key(1)).unwrap().body("/", r#"{"id":"evt_1","type":"a.b"}"#).unwrap();
        let mut intake = receiver.begin(request.headers());
        intake.push(request.body().clone());
        let status = match Webhook::<serde_json::Value>::try_from(intake.finish().unwrap()) {
            Ok(_) => 200,
            Err(rejection) => rejection.status().as_u16(),
        };
        assert_eq!(made.is_err(), status == 500, "{name}: {status}");
        *(if made.is_ok() { &mut known } else { &mut unknown }) += 1;
    }
    assert_eq!((known, unknown), (1, 1));
}
