//! What receivers promise beyond a single request: nobody waits for itself, nobody is told which tenants there are, and
//! what one receiver verified is not another's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::body::Body;
use axum::{Router, routing::post};
use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, CALLINTEL, Provider};
use hookseal::receive::{Answer, Received, Receiver, Rejection, Webhook};
use hookseal::testing::Sender;
use hookseal::tower::WebhookLayer;
use hookseal::{Algorithm, Keyring, PublicKey, Scheme, SigningKey, VerifyError};
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

/// Each non-empty set of the kinds of keys that a provider's tenants may have.
fn keyrings(provider: &Provider) -> Vec<Keyring> {
    let jwk = |text: &str| Keyring::from(PublicKey::new(text).unwrap());
    let kinds = provider.schemes().iter().map(|scheme| match scheme.algorithm() {
        Algorithm::Hmac => 0,
        Algorithm::Ed25519 => 1,
        Algorithm::P256 | Algorithm::P256Fixed => 2,
        _ => 3,
    });
    let kinds: BTreeSet<usize> = kinds.collect();
    let keys = [
        key(1).into(),
        SigningKey::generate().unwrap().public_key().into(),
        jwk(
            r#"{"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}"#,
        ),
        jwk(&format!(r#"{{"kty":"RSA","n":"{}Q","e":"AQAB"}}"#, "x".repeat(341))),
    ];
    let mut all: Vec<Keyring> = Vec::new();
    for kind in kinds {
        let also: Vec<_> =
            all.iter().map(|earlier| earlier.clone().with_previous(keys[kind].clone()).unwrap()).collect();
        all.extend(also);
        all.push(keys[kind].clone());
    }
    all
}

/// What somebody without the keys can sign under each of the schemes, now and long ago.
fn strangers(provider: &Provider, body: &[u8]) -> Vec<HeaderMap> {
    let now = time::OffsetDateTime::now_utc();
    let mut all = Vec::new();
    for scheme in provider.schemes() {
        let keys = match scheme.algorithm() {
            Algorithm::Hmac => Keyring::from(key(2)),
            _ => SigningKey::generate().unwrap().into(),
        };
        let Ok(signer) = provider.clone().with_schemes([scheme.clone()]).and_then(|provider| provider.signer(keys))
        else {
            continue;
        };
        let sign = |time| signer.sign_at("msg_1", body, time);
        all.extend(sign(now).into_iter().chain(sign(now - time::Duration::DAY)));
    }
    // Tokens of any algorithm, with the hash of ten blanks and without.
    const HEADERS: [(&str, usize); 5] = [
        ("eyJhbGciOiJIUzI1NiJ9", 43),
        ("eyJhbGciOiJSUzI1NiJ9", 342),
        ("eyJhbGciOiJFUzI1NiJ9", 86),
        ("eyJhbGciOiJFZERTQSJ9", 86),
        ("eyJhbGciOiJub25lIn0", 0),
    ];
    const CLAIMS: &str =
        "eyJyZXF1ZXN0X2JvZHlfc2hhMjU2IjoiNlJkeXpMWG16bCtUTFdRWDZzMmFIZ01ibFhFQnpiYUw1MjFCZmUrbi9TZz0ifQ";
    if provider.name() == "fusionauth" {
        for ((header, length), claims) in
            HEADERS.into_iter().flat_map(|token| [CLAIMS, "e30"].map(|claims| (token, claims)))
        {
            let token = format!("{header}.{claims}.{}", "A".repeat(length)).parse().unwrap();
            all.push(HeaderMap::from_iter([("x-fusionauth-signature-jwt".parse().unwrap(), token)]));
        }
    }
    // With signatures of one kind that are malformed.
    for headers in all.clone() {
        for (from, to) in [("v1,", "v1,AAAA v1,"), ("v1a,", "v1,AAAA v1a,"), ("v1,", "v1a,AAAA v1,"), ("v1a,", "v1a,")]
        {
            let renamed = headers
                .iter()
                .map(|(name, value)| (name.clone(), value.to_str().unwrap().replacen(from, to, 1).parse().unwrap()));
            all.push(renamed.collect());
        }
    }
    all
}

#[test]
fn a_refusing_receiver_answers_as_one_with_another_secret() {
    let (mut count, mut mixed) = (0, 0);
    for provider in provider::ALL {
        let keyrings = keyrings(provider);
        let is_mixed = keyrings.len() > 1;
        // Not where a URL must be known first, or where only the provider can sign.
        let Ok(_) = provider.raw().receiver(keyrings[0].clone()) else { continue };
        let sender = Sender::new(provider, key(2)).ok().and_then(|sender| sender.body("/", vec![b' '; 10]).ok());
        let mut others = strangers(provider, &[b' '; 10]);
        others.extend(sender.map(|request| request.into_parts().0.headers));
        if others.is_empty() {
            continue;
        }
        (count, mixed) = (count + 1, mixed + usize::from(is_mixed));
        let nobody: Receiver = provider.refusing_receiver("nobody").unwrap();
        let judge = |receiver: &Receiver, headers: &HeaderMap, length: usize| {
            let receiver = receiver.clone().with_max_received(1000);
            let mut intake = receiver.begin(headers);
            let is_refused_early = intake.is_refused();
            intake.push(vec![b' '; length].into());
            let rejection = intake.finish().unwrap_err();
            (rejection.status(), rejection.public_text(), is_refused_early)
        };
        let mut requests = vec![(HeaderMap::new(), 10)];
        for headers in others {
            let mut declared = headers.clone();
            declared.insert("content-length", 5_000_000.into());
            requests.extend([(headers.clone(), 10), (headers, 1001), (declared, 10)]);
        }
        let statuses: BTreeSet<u16> =
            requests.iter().map(|(headers, length)| judge(&nobody, headers, *length).0.as_u16()).collect();
        assert!(!is_mixed || statuses == [400, 401, 413].into(), "{}: {statuses:?}", provider.name());
        for (which, keyring) in keyrings.into_iter().enumerate() {
            let tenant: Receiver = provider.raw().receiver(keyring).unwrap();
            for (headers, length) in &requests {
                let (ours, theirs) = (judge(&tenant, headers, *length), judge(&nobody, headers, *length));
                assert_eq!(ours, theirs, "{}, keyring {which}: {headers:?}", provider.name());
            }
        }
    }
    assert!(count > 180 && mixed >= 3, "{count}, {mixed}");
}

/// Whoever holds back the last byte of a captured request does not keep it valid.
#[test]
fn a_body_that_outlasts_the_tolerance_is_refused() {
    const BODY: &[u8] = br#"{"webhookTimestamp":1770000000000,"id":"evt_1"}"#;
    let sent = time::OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    let mut timed = 0;
    let in_body = Scheme::new("S: {hex}\n\nwebhookTimestamp: {timestamp:ms}", "{body}");
    let in_body = Provider::new("acme", in_body).unwrap();
    for provider in [&provider::STRIPE, &provider::KLANG, &in_body, &provider::GITHUB] {
        let is_timed = provider.replay_window().is_some();
        timed += usize::from(is_timed);
        let request =
            provider.signer(key(1)).unwrap().request_at("/", "evt_1", Bytes::from_static(BODY), sent).unwrap();
        let past = i64::from(provider.scheme().past().unwrap_or(300));
        for (seconds, is_inside) in [(past, true), (past + 1, false), (86_400, false)] {
            for pieces in [&[BODY][..], &[&BODY[..10], &BODY[10..]]] {
                let clock = Arc::new(AtomicI64::new(0));
                let read = clock.clone();
                let now = move || sent + time::Duration::seconds(read.load(Ordering::SeqCst));
                let receiver: Receiver = provider.raw().receiver(key(1)).unwrap().with_clock(now);
                let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
                for piece in pieces {
                    clock.store(seconds, Ordering::SeqCst);
                    intake.push(Bytes::copy_from_slice(piece));
                }
                let verdict = intake.finish().map(|_| ());
                let expected = VerifyError::TooOld { seconds: seconds.unsigned_abs() };
                match is_inside || !is_timed {
                    true => assert_eq!(verdict, Ok(()), "{} after {seconds} s", provider.name()),
                    false => assert_eq!(verdict, Err(expected.into()), "{} after {seconds} s", provider.name()),
                }
            }
        }
    }
    assert_eq!(timed, 3);
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
