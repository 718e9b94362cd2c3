//! The code before and after a migration, under one sender.

use axum::Router;
use axum::body::Body;
use hookseal::testing::{AttackKit, Sender};
use hookseal::{Secret, provider};
use serde_json::json;
use tower::ServiceExt;

use crate::attack;

mod standardwebhooks_before {
    include!(concat!(env!("OUT_DIR"), "/migrating_1.rs"));

    pub(super) fn router(secret: &str) -> Router {
        app(secret).unwrap()
    }
}
mod standardwebhooks_after {
    include!(concat!(env!("OUT_DIR"), "/migrating_2.rs"));

    pub(super) fn router(secret: &str) -> Router {
        app(secret).unwrap()
    }
}
mod svix_before {
    include!(concat!(env!("OUT_DIR"), "/migrating_3.rs"));

    pub(super) fn accepts(headers: &http::HeaderMap, body: &[u8], secret: &str) -> bool {
        receive(headers, body, secret).is_ok()
    }
}
mod svix_after {
    include!(concat!(env!("OUT_DIR"), "/migrating_4.rs"));

    pub(super) fn accepts(headers: &http::HeaderMap, body: &[u8], secret: &str) -> bool {
        receive(headers, body, &verifier(secret).unwrap()).is_ok()
    }
}
mod webhook_verify_before {
    include!(concat!(env!("OUT_DIR"), "/migrating_5.rs"));

    pub(super) fn accepts(headers: &http::HeaderMap, body: &[u8], secret: &str) -> bool {
        receive(headers, body, &Secret::new(secret)).is_ok()
    }
}
mod webhook_verify_after {
    include!(concat!(env!("OUT_DIR"), "/migrating_6.rs"));

    pub(super) fn accepts(headers: &http::HeaderMap, body: &[u8], secret: &str) -> bool {
        let secret = hookseal::Secret::new(secret).unwrap();
        receive(headers, body, &hookseal::provider::STRIPE.verifier(secret).unwrap()).is_ok()
    }
}
mod own_hmac_before {
    include!(concat!(env!("OUT_DIR"), "/migrating_7.rs"));

    pub(super) fn router(secret: &str) -> Router {
        app(secret.to_owned())
    }
}
mod own_hmac_after {
    include!(concat!(env!("OUT_DIR"), "/migrating_8.rs"));

    pub(super) fn router(secret: &str) -> Router {
        app(secret.to_owned()).unwrap()
    }
}

mod reports {
    include!(concat!(env!("OUT_DIR"), "/migrating_9.rs"));

    pub(super) async fn report(kit: &AttackKit, app: Router) -> Report {
        attack(kit, app).await.unwrap()
    }
}

const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TEXT: &str = "It's a Secret to Everybody";

#[tokio::test]
async fn routers_accept_what_they_accepted() {
    let events = Sender::new(&provider::STANDARD_WEBHOOKS, Secret::new(WHSEC).unwrap()).unwrap();
    let bodies = Sender::new(&provider::GITHUB, Secret::new(TEXT).unwrap()).unwrap();
    for (app, request) in [
        (standardwebhooks_before::router(WHSEC), events.event("/", "user.created", json!({})).unwrap()),
        (standardwebhooks_after::router(WHSEC), events.event("/", "user.created", json!({})).unwrap()),
        (own_hmac_before::router(TEXT), bodies.body("/", "{}").unwrap()),
        (own_hmac_after::router(TEXT), bodies.body("/", "{}").unwrap()),
    ] {
        let mut forged = request.clone();
        *forged.body_mut() = r#"{"type":"user.deleted","timestamp":"2026-05-07T14:32:09Z","data":{}}"#.into();
        let status = |request: http::Request<bytes::Bytes>| {
            let app: Router = app.clone();
            async move { app.oneshot(request.map(Body::from)).await.unwrap().status() }
        };
        assert_eq!(status(request).await, 200);
        assert!(status(forged).await.is_client_error());
    }
}

#[test]
fn functions_accept_what_they_accepted() {
    type Accepts = fn(&http::HeaderMap, &[u8], &str) -> bool;
    let pairs: [(_, _, [Accepts; 2]); 2] = [
        (&provider::SVIX, WHSEC, [svix_before::accepts, svix_after::accepts]),
        (&provider::STRIPE, TEXT, [webhook_verify_before::accepts, webhook_verify_after::accepts]),
    ];
    for (provider, secret, accepts) in pairs {
        let headers = provider.signer(Secret::new(secret).unwrap()).unwrap().sign("msg_1", b"{}").unwrap();
        for accepts in accepts {
            assert!(accepts(&headers, b"{}", secret));
            assert!(!accepts(&headers, b"[]", secret));
        }
    }
}

#[tokio::test]
async fn the_attack_kit_tells_old_handlers_from_new_ones_even_if_they_panic() {
    const LIMIT: usize = 1 << 20;
    let kit = |provider, secret| {
        let body = |n| format!(r#"{{"type":"user.created","timestamp":"2026-05-07T14:32:09Z","data":{n}}}"#);
        AttackKit::bodies(provider, Secret::new(secret).unwrap(), body).unwrap().with_max_received(LIMIT)
    };
    let standard = kit(&provider::STANDARD_WEBHOOKS, WHSEC);
    assert!(!reports::report(&standard, standardwebhooks_before::router(WHSEC)).await.is_clean());
    let kit = || kit(&provider::GITHUB, TEXT);
    assert!(!reports::report(&kit(), own_hmac_before::router(TEXT)).await.is_clean());

    let hook = async |_: hookseal::receive::Received| hookseal::receive::Answer::Processed;
    let receiver = provider::GITHUB.lossy().receiver(Secret::new(TEXT).unwrap()).unwrap().with_max_received(LIMIT);
    attack::router(kit(), Router::new().route("/", axum::routing::post(hook)).with_state(receiver)).await;
}
