//! The adapters behind real servers on the loopback: every behaviour once, for all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web;
use axum::Router;
use axum::extract::{FromRef, Path};
use axum::routing::post;
use bytes::Bytes;
use hookseal::actix::Lookup;
use hookseal::provider;
use hookseal::receive::{Answer, Received, Receiver, ReceiverLookup, Rejection, StrictWebhook, Webhook};
use hookseal::testing::Sender;
use hookseal::{EventError, Key, Secret, VerifyError};
use http::{HeaderName, Request};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;

use common::{key, keys};
use server::{App, Framing, Log, Reply, Server};
use server::{SIGNATURE, forged, paid, receiver, sender, signed, to, unsigned};

mod common;
#[path = "common/server.rs"]
mod server;

#[derive(Deserialize)]
enum Billing {
    #[serde(rename = "invoice.paid")]
    Paid { amount: u64 },
}

#[derive(Deserialize)]
enum BillingAndOthers {
    #[serde(rename = "invoice.paid")]
    Paid { amount: u64 },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Invoice {
    amount: u64,
}

fn amount(webhook: Webhook<Billing>) -> String {
    let Billing::Paid { amount } = webhook.event.into_data();
    format!("paid {amount}")
}

fn amount_if_any(webhook: Webhook<BillingAndOthers>) -> String {
    match webhook.event.into_data() {
        BillingAndOthers::Paid { amount } => format!("paid {amount}"),
        BillingAndOthers::Other => "something else".to_owned(),
    }
}

fn missing_signature() -> Rejection {
    VerifyError::MissingHeader { header: HeaderName::from_static(SIGNATURE) }.into()
}

struct Refused {
    case: &'static str,
    status: u16,
    request: Request<Bytes>,
    framing: Framing,
    rejection: Rejection,
}

/// Requests to a handler of [`Billing`] with a limit of 10 KB.
fn refused() -> Vec<Refused> {
    let now = OffsetDateTime::now_utc();
    let at = |time| sender(0).with_time(time).event("/hook", "invoice.paid", json!({"amount": 7})).unwrap();
    let header = HeaderName::from_static(SIGNATURE);
    let by_length = |case, status, request, rejection| {
        let framing = Framing::Length;
        Refused { case, status, request, framing, rejection }
    };
    let mut repeated = paid(7);
    let signature = repeated.headers()[SIGNATURE].clone();
    repeated.headers_mut().append(SIGNATURE, signature);
    let mut malformed = paid(7);
    malformed.headers_mut().insert(SIGNATURE, "v1=seven".parse().unwrap());
    let mut changed = paid(7);
    *changed.body_mut() = paid(8).into_body();
    let too_large = || signed(vec![b' '; 10_001]);
    let unreadable = EventError::Malformed { line: 1, column: 1 };
    let misfit = sender(0).event("/hook", "invoice.paid", json!({"amount": "seven"})).unwrap();
    vec![
        by_length("unsigned", 400, unsigned(paid(7)), missing_signature()),
        by_length("repeated header", 400, repeated, VerifyError::RepeatedHeader { header: header.clone() }.into()),
        by_length("malformed header", 400, malformed, VerifyError::MalformedHeader { header, problem: "" }.into()),
        by_length("another key", 401, to("/hook", sender(1).body("/", "{}").unwrap()), VerifyError::NoMatch.into()),
        by_length("another body", 401, changed, VerifyError::NoMatch.into()),
        // The text is that of a wrong signature.
        by_length("stale", 401, at(now - time::Duration::DAY), VerifyError::NoMatch.into()),
        by_length("ahead", 401, at(now + time::Duration::DAY), VerifyError::NoMatch.into()),
        by_length("over the limit by length", 413, too_large(), Rejection::TooLarge { limit: 10_000 }),
        Refused {
            case: "over the limit in chunks",
            status: 413,
            request: too_large(),
            framing: Framing::Chunks(1000),
            rejection: Rejection::TooLarge { limit: 10_000 },
        },
        by_length("authentic, but not JSON", 400, signed("seven"), unreadable.into()),
        by_length("authentic, but other data", 400, misfit, EventError::NotAnObject.into()),
    ]
}

// Statuses and texts.

#[tokio::test]
async fn a_refused_request_gets_its_status_a_constant_text_and_no_handler() {
    for server in Server::ALL {
        let log = Log::default();
        let receiver = receiver().with_max_received(10_000);
        let running = server.start(&App::default().route("/hook", receiver, log.noting(amount))).await;
        for Refused { case, status, request, framing, rejection } in refused() {
            let reply = running.connect().await.send(&request, framing).await;
            assert_eq!(reply.status, status, "{server:?}: {case}");
            reply.assert_says(&rejection, (server, case));
        }
        assert_eq!(log.take(), [""; 0], "{server:?}");

        running.send(paid(7)).await.assert_says(&Answer::Processed, server);
        assert_eq!(log.take(), ["paid 7"], "{server:?}");
    }
}

#[tokio::test]
async fn an_event_of_an_unknown_type_is_acknowledged_unless_the_handler_says_otherwise() {
    let unknown = |path| sender(0).event(path, "invoice.sent", json!({})).unwrap();
    let event_type = || "invoice.sent".to_owned();
    for server in Server::ALL {
        let log = Log::default();
        let app = App::default()
            .route("/lenient", receiver(), log.noting(amount))
            .route("/strict", receiver(), log.noting(|StrictWebhook(webhook)| amount(webhook)))
            .route("/others", receiver(), log.noting(amount_if_any));
        let running = server.start(&app).await;

        let reply = running.send(unknown("/lenient")).await;
        reply.assert_says(&Rejection::Unhandled { event_type: event_type(), reply: None }, server);
        assert_eq!(reply.status, 200);
        let reply = running.send(unknown("/strict")).await;
        reply.assert_says(&Rejection::UnknownType { event_type: event_type() }, server);
        assert_eq!(reply.status, 400);
        assert_eq!(log.take(), [""; 0], "{server:?}");

        running.send(unknown("/others")).await.assert_says(&Answer::Processed, server);
        for path in ["/lenient", "/strict", "/others"] {
            running.send(to(path, paid(7))).await.assert_says(&Answer::Processed, server);
        }
        assert_eq!(log.take(), ["something else", "paid 7", "paid 7", "paid 7"], "{server:?}");
    }
}

#[tokio::test]
async fn a_handler_of_a_struct_where_an_enum_is_needed_is_a_mistake_of_the_receiver() {
    for server in Server::ALL {
        let log = Log::default();
        let handler = log.noting(|webhook: Webhook<Invoice>| webhook.event.data().amount);
        let running = server.start(&App::default().route("/hook", receiver(), handler)).await;
        let reply = running.send(paid(7)).await;
        reply.assert_says(&Rejection::from(EventError::NotAnEnum), server);
        assert_eq!((reply.status, log.count()), (500, 0), "{server:?}");
    }
}

#[tokio::test]
async fn a_provider_without_an_event_shape_is_a_mistake_of_the_receiver() {
    for server in Server::ALL {
        let log = Log::default();
        let receiver: Receiver = provider::SVIX.raw().receiver(key(0)).unwrap();
        let running =
            server.start(&App::default().route("/hook", receiver, log.noting(|_: Webhook<Billing>| ""))).await;
        let request = Sender::new(&provider::SVIX, key(0)).unwrap().body("/hook", "{}").unwrap();
        let reply = running.send(request).await;
        reply.assert_says(&Rejection::from(EventError::NoShape), server);
        assert_eq!((reply.status, log.count()), (500, 0), "{server:?}");
    }
}

#[tokio::test]
async fn a_handler_may_ask_for_the_rejection() {
    for server in Server::EXTRACTORS {
        let log = Log::default();
        let handler = log.noting(|result: Result<_, Rejection>| result.map_or_else(|why| why.to_string(), amount));
        let running = server.start(&App::default().route("/hook", receiver(), handler)).await;
        running.send(paid(7)).await.assert_says(&Answer::Processed, server);
        running.send(unsigned(paid(7))).await.assert_says(&Answer::Processed, server);
        assert_eq!(log.take(), ["paid 7".to_owned(), missing_signature().to_string()], "{server:?}");
    }
}

#[tokio::test]
async fn an_answer_says_its_text_and_never_its_reason() {
    let answers = || {
        let wait = Duration::from_millis(1500);
        [
            Answer::Processed,
            Answer::Accepted,
            Answer::Duplicate,
            Answer::InFlight { retry_after: wait },
            Answer::retry(wait),
            Answer::give_up("no such customer"),
            Answer::Unreadable(EventError::NotAnObject),
        ]
    };
    for server in Server::ALL {
        let next = Arc::new(AtomicUsize::new(0));
        let handler = move |_: Received| std::future::ready(answers()[next.fetch_add(1, Ordering::SeqCst)].clone());
        let running = server.start(&App::default().route("/hook", receiver(), handler)).await;
        for answer in &answers() {
            running.send(paid(7)).await.assert_says(answer, server);
        }
    }
}

// Events in the handler's types.

#[tokio::test]
async fn a_handler_sees_the_event_and_the_key_that_signed_it() {
    let time = datetime!(2026-05-07 14:32:09 UTC);
    for server in Server::ALL {
        let log = Log::default();
        let receiver: Receiver = provider::KLANG.receiver(keys(1, 2)).unwrap().with_clock(move || time);
        let handler = log.noting(|Webhook { event, received }: Webhook<Billing>| {
            let (key, signed_at) = (received.verified().proof().key(), received.verified().proof().timestamp());
            let Billing::Paid { amount } = event.data();
            format!("{:?}", (event.id(), event.event_type(), event.time(), amount, key, signed_at))
        });
        let running = server.start(&App::default().route("/hook", receiver, handler)).await;
        for n in [1, 2] {
            let sender = sender(n).with_id("evt_7").with_time(time);
            let request = sender.event("/hook", "invoice.paid", json!({"amount": 7})).unwrap();
            running.send(request).await.assert_says(&Answer::Processed, server);
        }
        let seen = |key: Key| format!("{:?}", (Some("evt_7"), "invoice.paid", Some(time), 7, key, Some(time)));
        assert_eq!(log.take(), [seen(Key::Current), seen(Key::Previous(1))], "{server:?}");
    }
}

// Several providers and tenants.

enum Klang {}
enum GitHub {}
enum Polar {}
enum Standard {}

#[derive(Clone, FromRef)]
struct Providers {
    klang: Receiver<Klang>,
    github: Receiver<GitHub>,
    polar: Receiver<Polar>,
    standard: Receiver<Standard>,
}

impl Providers {
    fn with(secret: &Secret) -> Providers {
        Providers {
            klang: provider::KLANG.receiver(secret.clone()).unwrap().with_marker(),
            github: provider::GITHUB.lossy().receiver(secret.clone()).unwrap().with_marker(),
            polar: provider::POLAR.receiver(secret.clone()).unwrap().with_marker(),
            standard: provider::STANDARD_WEBHOOKS.receiver(secret.clone()).unwrap().with_marker(),
        }
    }
}

/// One state with all receivers for axum, all of them at the application for actix-web.
fn several_providers(secret: &Secret, log: &Log) -> App {
    let klang = log.noting(|_: Received<Klang>| "klang");
    let github = log.noting(|_: Received<GitHub>| "github");
    let polar = log.noting(|_: Received<Polar>| "polar");
    let standard = log.noting(|_: Received<Standard>| "standard-webhooks");
    let providers = Providers::with(secret);
    let router = Router::new()
        .route("/klang", post(klang.clone()))
        .route("/github", post(github.clone()))
        .route("/polar", post(polar.clone()))
        .route("/standard-webhooks", post(standard.clone()));
    let router = router.with_state(providers.clone());
    App::default().merge(router.clone(), router).actix(move |config| {
        config
            .app_data(providers.klang.clone())
            .app_data(providers.github.clone())
            .app_data(providers.polar.clone())
            .app_data(providers.standard.clone())
            .route("/klang", web::post().to(klang.clone()))
            .route("/github", web::post().to(github.clone()))
            .route("/polar", web::post().to(polar.clone()))
            .route("/standard-webhooks", web::post().to(standard.clone()));
    })
}

#[tokio::test]
async fn what_one_provider_signed_is_not_taken_for_anothers_even_with_one_secret() {
    // Polar has the headers of Standard Webhooks, and another key from the same secret.
    let providers = [&provider::KLANG, &provider::GITHUB, &provider::POLAR, &provider::STANDARD_WEBHOOKS];
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    for server in Server::EXTRACTORS {
        let log = Log::default();
        let running = server.start(&several_providers(&secret, &log)).await;
        for (from, to) in providers.iter().flat_map(|from| providers.map(|to| (from, to))) {
            let sender = Sender::new(from, secret.clone()).unwrap();
            let reply = running.send(sender.body(format!("/{}", to.name()), "{}").unwrap()).await;
            let case = format!("{server:?}: from {} to {}", from.name(), to.name());
            if from.name() == to.name() {
                reply.assert_says(&Answer::Processed, &case);
                assert_eq!(log.take(), [to.name()], "{case}");
            } else {
                assert!([400, 401].contains(&reply.status), "{case}: {reply:?}");
                assert_eq!(log.count(), 0, "{case}");
            }
        }
    }
}

enum Tenant {}

/// The tenants `two` and `three`, with the keys 2 and 3.
#[derive(Clone, Default)]
struct Tenants {
    down: Arc<AtomicBool>,
}

impl Tenants {
    async fn receiver_of(&self, name: &str) -> Result<Receiver<Tenant>, Rejection> {
        tokio::task::yield_now().await;
        if self.down.load(Ordering::SeqCst) {
            return Err(Rejection::unavailable("connection refused by db.internal"));
        }
        match name {
            "two" => Ok(provider::KLANG.receiver(key(2))?.with_marker().with_scope(name)),
            "three" => Ok(provider::KLANG.receiver(key(3))?.with_marker().with_scope(name)),
            "nameless" => Err(Rejection::UnknownTenant),
            _ => Ok(provider::KLANG.refusing_receiver(name)?),
        }
    }
}

impl ReceiverLookup<Tenants> for Tenant {
    type Extractor = Path<String>;

    async fn find_receiver(Path(name): Path<String>, tenants: &Tenants) -> Result<Receiver<Tenant>, Rejection> {
        tenants.receiver_of(&name).await
    }
}

/// With the extractor of actix-web.
struct OnActix(Tenants);

impl ReceiverLookup<OnActix> for Tenant {
    type Extractor = web::Path<String>;

    async fn find_receiver(name: web::Path<String>, tenants: &OnActix) -> Result<Receiver<Tenant>, Rejection> {
        tenants.0.receiver_of(&name).await
    }
}

/// The state of axum is one in an `Arc`, which has the lookups of what is in it.
fn by_tenant(tenants: &Tenants, log: &Log) -> App {
    let handler = log.noting(|received: Received<Tenant>| received.scope().to_owned());
    let router = Router::new().route("/hooks/{tenant}", post(handler.clone())).with_state(Arc::new(tenants.clone()));
    let lookup = Lookup::<Tenant>::new(OnActix(tenants.clone()));
    App::default().merge(router.clone(), router).actix(move |config| {
        config.app_data(lookup.clone()).route("/hooks/{tenant}", web::post().to(handler.clone()));
    })
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_looks_like_a_wrong_key() {
    for server in Server::EXTRACTORS {
        let (log, tenants) = (Log::default(), Tenants::default());
        let running = server.start(&by_tenant(&tenants, &log)).await;
        let send = async |tenant: &str, n| {
            let request = sender(n).body(format!("/hooks/{tenant}"), "{}").unwrap();
            running.send(request).await
        };
        send("two", 2).await.assert_says(&Answer::Processed, server);
        send("three", 3).await.assert_says(&Answer::Processed, server);
        assert_eq!(log.take(), ["two", "three"], "{server:?}");

        let wrong_key = send("two", 3).await;
        let names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
        for reply in [&wrong_key, &send("four", 2).await, &send("nameless", 2).await] {
            reply.assert_says(&Rejection::UnknownTenant, server);
            assert_eq!((reply.status, names(reply)), (401, names(&wrong_key)), "{server:?}");
        }

        tenants.down.store(true, Ordering::SeqCst);
        let reply = send("two", 2).await;
        reply.assert_says(&Rejection::unavailable("…"), server);
        assert_eq!((reply.status, reply.retry_after()), (503, Some(30)), "{server:?}");
        assert_eq!(log.count(), 0, "{server:?}");
    }
}

#[tokio::test]
async fn no_request_without_the_key_tells_which_tenants_exist() {
    let large = vec![b'x'; (1 << 20) + 1];
    let mut malformed = paid(7);
    malformed.headers_mut().insert(SIGNATURE, "v1=seven".parse().unwrap());
    let requests = [
        ("forged", forged(paid(7))),
        ("unsigned", unsigned(paid(7))),
        ("malformed", malformed),
        ("too large", signed(large)),
    ];
    let mut telling = Vec::new();
    for server in Server::EXTRACTORS {
        let running = server.start(&by_tenant(&Tenants::default(), &Log::default())).await;
        for (case, request) in &requests {
            let known = running.send(to("/hooks/two", request.clone())).await;
            let unknown = running.send(to("/hooks/four", request.clone())).await;
            if (known.status, &known.text) != (unknown.status, &unknown.text) {
                telling.push(format!("{server:?}, {case}: {} if there is one, else {}", known.status, unknown.status));
            }
        }
    }
    assert!(telling.is_empty(), "tenants can be found by trying: {telling:#?}");
}

// What is actix-web's alone.

#[tokio::test]
async fn actix_answers_500_where_another_extractor_took_the_body() {
    let log = Log::default();
    let handler = log.noting(|received: Received| received.body().len());
    let app = App::default().actix(move |config| {
        let handler = handler.clone();
        let both = move |_: Bytes, received: Received| handler(received);
        config.app_data(receiver::<()>()).route("/hook", web::post().to(both));
    });
    let running = Server::Actix.start(&app).await;
    let misconfigured = Rejection::from(hookseal::ConfigError::EmptySecret);
    for framing in [Framing::Length, Framing::Chunks(10)] {
        running.connect().await.send(&paid(7), framing).await.assert_says(&misconfigured, framing);
        // Also where a forger would learn of it: nobody is let in.
        running.connect().await.send(&unsigned(paid(7)), framing).await.assert_says(&misconfigured, framing);
    }
    assert_eq!(log.count(), 0);
}

#[tokio::test]
async fn actix_answers_500_where_no_receiver_of_the_type_was_given() {
    let log = Log::default();
    let handler = log.noting(|_: Received<Klang>| "");
    let app = App::default().actix(move |config| {
        config.app_data(receiver::<GitHub>()).route("/hook", web::post().to(handler.clone()));
    });
    let reply = Server::Actix.start(&app).await.send(paid(7)).await;
    reply.assert_says(&Rejection::from(hookseal::ConfigError::EmptySecret), "no receiver");
    assert_eq!((reply.status, log.count()), (500, 0));
}

/// A receiver whose key and scope tell where it was given.
fn given(n: u8, place: &str) -> Receiver {
    provider::KLANG.receiver(key(n)).unwrap().with_scope(place)
}

#[tokio::test]
async fn actix_finds_a_receiver_in_data_and_prefers_the_nearest() {
    for in_data in [false, true] {
        let log = Log::default();
        let handler = log.noting(|received: Received| received.scope().to_owned());
        let app = App::default().actix(move |config| {
            let route = || web::post().to(handler.clone());
            let (mut scope, mut resource) = (web::scope("/scope"), web::resource("/resource"));
            if in_data {
                config.app_data(web::Data::new(given(0, "app")));
                scope = scope.app_data(web::Data::new(given(1, "scope")));
                resource = resource.app_data(web::Data::new(given(2, "resource")));
            } else {
                config.app_data(given(0, "app"));
                scope = scope.app_data(given(1, "scope"));
                resource = resource.app_data(given(2, "resource"));
            }
            let scope = scope.route("/hook", route()).service(resource.route(route()));
            config.route("/app", route()).service(scope);
        });
        let running = Server::Actix.start(&app).await;
        for (its_key, path) in (0..).zip(["/app", "/scope/hook", "/scope/resource"]) {
            for n in 0..3 {
                let reply = running.send(sender(n).body(path, "{}").unwrap()).await;
                assert_eq!(reply.status, if n == its_key { 200 } else { 401 }, "{path} with key {n}");
            }
        }
        assert_eq!(log.take(), ["app", "scope", "resource"], "in Data: {in_data}");
    }
}

#[tokio::test]
async fn actix_answers_500_where_two_forms_of_receivers_were_given() {
    let log = Log::default();
    let handler = log.noting(|_: Received| "");
    let app = App::default().actix(move |config| {
        let resource = web::resource("/hook").app_data(given(0, "resource"));
        config.app_data(web::Data::new(given(0, "app"))).service(resource.route(web::post().to(handler.clone())));
    });
    let reply = Server::Actix.start(&app).await.send(paid(7)).await;
    reply.assert_says(&Rejection::from(hookseal::ConfigError::EmptySecret), "a receiver and one in Data");
    assert_eq!(log.count(), 0);
}
