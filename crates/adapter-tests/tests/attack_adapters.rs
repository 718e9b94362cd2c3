//! The attack kit against the adapters, for every provider whose events the catalogue describes: the same handler in each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, web};
use axum::body::{Body, to_bytes};
use axum::{Router, routing::any};
use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, IdempotencyRule, Provider};
use hookseal::receive::{Answer, Receiver, Webhook, Webhooks};
use hookseal::testing::{AttackKit, Report};
use hookseal::tower::WebhookLayer;
use hookseal::{Event, Extent};
use http::Request;
use serde_json::json;
use time::OffsetDateTime;
use tower::ServiceExt;

use common::{is_signable, keys, registered};

mod common;

#[derive(serde::Deserialize)]
enum Things {
    // Airtable, Dropbox and Fathom have one type.
    #[serde(rename = "thing.happened", alias = "changed", alias = "list_folder", alias = "new_meeting")]
    Happened { note: String },
}

/// What processes each event once, and counts.
#[derive(Clone)]
struct Work {
    once: Once<MemoryStore>,
    processed: Arc<AtomicUsize>,
}

impl Work {
    fn new() -> Work {
        Work { once: Once::new(MemoryStore::new(1000)), processed: Arc::default() }
    }

    async fn hook(&self, mut webhooks: Webhooks<Things>) -> Answer {
        while let Some(webhook) = webhooks.next() {
            webhooks.record(self.process(&webhook).await);
        }
        webhooks.answer()
    }

    async fn process(&self, webhook: &Webhook<Things>) -> Answer {
        self.once
            .run(webhook, async {
                tokio::task::yield_now().await;
                let Things::Happened { note } = webhook.event.data();
                // Elsewhere the kit changes the body, as anybody could who has the token.
                if webhook.received.coverage().body() == Extent::Whole {
                    assert_eq!(note, "é 🦀");
                }
                self.processed.fetch_add(1, Ordering::Relaxed);
                Answer::Processed
            })
            .await
    }

    fn kit(&self, provider: &Provider) -> AttackKit {
        let processed = self.processed.clone();
        let kit = AttackKit::events(provider, keys(1, 2), type_of(provider), json!({"note": "é 🦀"})).unwrap();
        kit.with_effects(move || processed.load(Ordering::Relaxed))
    }
}

fn type_of(provider: &Provider) -> &str {
    let mut types = provider.event_types();
    match (types.next(), types.next()) {
        (Some(only), None) => only,
        _ => "thing.happened",
    }
}

/// Those whose events the catalogue describes so that others can write and sign them, as a receiver sets them up.
fn providers() -> Vec<Provider> {
    let described = provider::ALL.iter().copied().filter(|provider| provider.event_shape().is_some());
    let signable = described.filter(|provider| is_signable(provider)).map(registered);
    let can_be_written = |provider: &Provider| {
        let event = Event::new(type_of(provider), json!({"note": ""})).with_id("evt_1");
        provider.encode(&event.with_time(OffsetDateTime::UNIX_EPOCH)).is_ok()
    };
    let all: Vec<_> = signable.filter(can_be_written).collect();
    assert!(all.len() > 50, "only {}", all.len());
    all
}

fn receiver(provider: &Provider) -> Receiver {
    let provider = provider.lossy();
    match provider.idempotency_rule() {
        IdempotencyRule::Nothing => provider.with_idempotency_rule(IdempotencyRule::Body).unwrap(),
        _ => provider,
    }
    .receiver(keys(1, 2))
    .unwrap()
}

async fn attack_router(kit: &AttackKit, router: Router) -> Report {
    let send = async |request: Request<Bytes>| {
        let response = router.clone().oneshot(request.map(Body::from)).await.unwrap();
        let status = response.status().as_u16();
        let text = to_bytes(response.into_body(), 1000).await.unwrap();
        (status, String::from_utf8(text.to_vec()).unwrap())
    };
    kit.run(send).await.unwrap()
}

#[tokio::test]
async fn axum_stands_with_the_layer_and_without() {
    for (provider, is_layered) in providers().iter().flat_map(|provider| [(provider, false), (provider, true)]) {
        let work = Work::new();
        let handler = work.clone();
        let hook = async move |webhooks: Webhooks<Things>| handler.hook(webhooks).await;
        let mut router = Router::new().route("/", any(hook));
        if is_layered {
            router = router.route_layer(WebhookLayer::<()>::new(receiver(provider)).with_once(work.once.clone()));
        }
        let report = attack_router(&work.kit(provider), router.with_state(receiver(provider))).await;
        assert!(report.is_clean(), "{}, layered: {is_layered}: {report}", provider.name());
    }
}

#[actix_web::test]
async fn actix_stands() {
    for provider in &providers() {
        let work = Work::new();
        let hook = async |work: web::Data<Work>, webhooks: Webhooks<Things>| -> Answer { work.hook(webhooks).await };
        let app = App::new()
            .app_data(receiver(provider))
            .app_data(web::Data::new(work.clone()))
            .route("/", web::route().to(hook));
        let app = actix_web::test::init_service(app).await;
        let send = async |request: Request<Bytes>| {
            let request = hookseal::actix::test_request(request).to_request();
            let response = actix_web::test::call_service(&app, request).await;
            let status = response.status().as_u16();
            let text = actix_web::test::read_body(response).await;
            (status, String::from_utf8(text.to_vec()).unwrap())
        };
        let report = work.kit(provider).run(send).await.unwrap();
        assert!(report.is_clean(), "{}: {report}", provider.name());
    }
}
