//! Deliveries as the providers' documentation or libraries show them, read typed in every server: the same handler.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hookseal::Extent;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, IdempotencyRule, Provider};
use hookseal::receive::{Answer, Received, Receiver, Rejection, Webhook, Webhooks};
use hookseal::testing::Sender;
use http::Request;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use common::key;
use server::{App, Log, Server};

mod common;
#[path = "common/server.rs"]
mod server;

/// An enum with a variant of every name, for any data.
#[derive(Debug)]
struct Anything {
    variant: String,
    data: Value,
}

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Anything, D::Error> {
        struct AnyVariant;

        impl<'de> serde::de::Visitor<'de> for AnyVariant {
            type Value = Anything;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a variant")
            }

            fn visit_enum<A: serde::de::EnumAccess<'de>>(self, access: A) -> Result<Anything, A::Error> {
                use serde::de::VariantAccess;
                let (variant, content) = access.variant::<String>()?;
                Ok(Anything { variant, data: content.newtype_variant()? })
            }
        }
        deserializer.deserialize_enum("Anything", &[], AnyVariant)
    }
}

/// One line of the file.
#[derive(Clone, Debug, Deserialize)]
struct Delivery {
    provider: String,
    case: String,
    headers: serde_json::Map<String, Value>,
    body: String,
    events: Vec<Expected>,
}

/// What a delivery says, as its documentation has it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Expected {
    #[serde(rename = "type")]
    event_type: String,
    id: Option<String>,
    unsigned_id: Option<String>,
    time: Option<String>,
    data: Value,
    version: Option<String>,
    type_signed: bool,
    test: bool,
}

/// The id of the signed header in the file, where a scheme has one.
const SIGNED_ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";

fn deliveries() -> Vec<Delivery> {
    let file = include_str!("../../../src/testing/deliveries.jsonl");
    file.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn provider_of(delivery: &Delivery) -> Provider {
    let provider = provider::by_name(&delivery.provider).expect("a provider").lossy();
    let provider = provider.accept(Extent::Nothing).with_public_url("https://hooks.example.com/hook").expect("a URL");
    match provider.idempotency_rule() {
        IdempotencyRule::Nothing => provider.with_idempotency_rule(IdempotencyRule::Body).unwrap(),
        _ => provider,
    }
}

fn request(delivery: &Delivery) -> Request<Bytes> {
    let id = delivery.events.iter().find_map(|event| event.id.as_deref()).unwrap_or(SIGNED_ID);
    let mut sender = Sender::new(&provider_of(delivery), key(1)).unwrap().with_id(id);
    for (name, value) in &delivery.headers {
        sender = sender.with_header(name.as_str(), value.as_str().expect("a text")).unwrap();
    }
    let mut request = sender.body("/hook", delivery.body.clone()).unwrap();
    // The signer writes ids that it does not cover, too.
    let provider = provider_of(delivery);
    let is_written = |name: &http::HeaderName, value: &http::HeaderValue| {
        value == id && !provider.scheme().coverage().has_header(name.as_str())
    };
    let written: Vec<_> = request
        .headers()
        .iter()
        .filter(|(name, value)| is_written(name, value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in written {
        request.headers_mut().remove(name);
    }
    for (name, value) in &delivery.headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.as_str().unwrap().parse().unwrap());
    }
    request
}

fn described(webhook: &Webhook<Anything>) -> Expected {
    let event = &webhook.event;
    let time = event.time().map(|time| time.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap());
    assert_eq!(event.data().variant, event.event_type());
    Expected {
        event_type: event.event_type().to_owned(),
        id: event.id().map(str::to_owned),
        unsigned_id: event.unsigned_id().map(str::to_owned),
        time,
        data: event.data().data.clone(),
        version: event.version().map(str::to_owned),
        type_signed: event.is_type_signed(),
        test: event.is_test() || webhook.received.provider().test_rule().is_some_and(|_| is_test(webhook)),
    }
}

fn is_test(webhook: &Webhook<Anything>) -> bool {
    webhook.received.event().is_ok_and(|event| webhook.received.provider().is_test(&event))
}

/// The same moment, however it is written.
fn normal(mut expected: Expected) -> Expected {
    expected.time = expected.time.map(|time| {
        let time = OffsetDateTime::parse(&time, &Rfc3339).unwrap_or_else(|error| panic!("{time}: {error}"));
        time.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap()
    });
    expected
}

type Seen = Arc<Mutex<Vec<Expected>>>;

#[tokio::test]
async fn every_providers_deliveries_are_read_typed() {
    let (mut providers, mut wrong) = (std::collections::BTreeSet::new(), Vec::new());
    for delivery in deliveries() {
        providers.insert(delivery.provider.clone());
        let provider = provider_of(&delivery);
        for server in Server::ALL {
            let seen = Seen::default();
            let handler = {
                let seen = seen.clone();
                move |mut webhooks: Webhooks<Anything>| {
                    let seen = seen.clone();
                    async move {
                        assert_eq!(webhooks.rejections().count(), 0);
                        while let Some(webhook) = webhooks.next() {
                            assert!(webhook.received.idempotency_key().is_ok());
                            seen.lock().unwrap().push(described(&webhook));
                            webhooks.record(Answer::Processed);
                        }
                        webhooks.answer()
                    }
                }
            };
            let receiver: Receiver = provider.receiver(key(1)).unwrap();
            let running = server.start(&App::default().route("/hook", receiver, handler)).await;
            let reply = running.send(request(&delivery)).await;
            let context = format!("{}, {}, {server:?}", delivery.provider, delivery.case);
            let expected: Vec<Expected> = delivery.events.iter().cloned().map(normal).collect();
            let seen = seen.lock().unwrap();
            if (reply.status, &*seen) != (200, &expected) {
                wrong.push(format!("{context}: {} {}\n  read {seen:?}\n  not  {expected:?}", reply.status, reply.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Where the signature is in the body, nobody but the provider can sign a sample.
    let is_signable = |provider: &&&Provider| provider.signer(key(1)).is_ok();
    let described = provider::ALL.iter().filter(is_signable).filter(|provider| provider.event_shape().is_some());
    let missing: Vec<_> = described.map(|provider| provider.name()).filter(|name| !providers.contains(*name)).collect();
    assert_eq!(missing, ["hook0"; 0], "no delivery");
}

/// Two deliveries of one provider have one key where they are the same event, and two where they are not.
#[test]
fn keys_tell_events_apart_and_nothing_else() {
    let deliveries = deliveries();
    let find = |provider: &str, case: &str| {
        let of_case = |delivery: &&Delivery| delivery.provider == provider && delivery.case.contains(case);
        deliveries.iter().find(of_case).unwrap_or_else(|| panic!("{provider} has no case {case}")).clone()
    };
    let keys = |delivery: &Delivery| -> Vec<String> {
        let receiver: Receiver = provider_of(delivery).receiver(key(1)).unwrap();
        let request = request(delivery);
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        intake.push(request.body().clone());
        let mut webhooks = Webhooks::<Anything>::try_from(intake.finish().unwrap()).unwrap();
        let next = std::iter::from_fn(|| webhooks.next());
        next.map(|webhook| webhook.received.idempotency_key().unwrap().to_string()).collect()
    };
    // The same body under another type.
    let created = find("shopify", "create");
    let mut paid = created.clone();
    paid.headers.insert("X-Shopify-Topic".to_owned(), "orders/paid".into());
    assert_ne!(keys(&created), keys(&paid), "an order that is created and paid is two events");
    let mut redelivered = created.clone();
    redelivered.headers.insert("X-Shopify-Event-Id".to_owned(), "another".into());
    assert_eq!(keys(&created), keys(&redelivered), "an id that is not signed is no part of a key");

    // What a retry changes in the body.
    for (provider, case, from, to) in [
        ("linear", "", "\"webhookTimestamp\":", "\"webhookTimestamp\":1"),
        ("mux", "", "\"attempts\":[", "\"attempts\":[{\"id\":\"again\"},"),
        ("daily", "", "\"event_ts\":", "\"event_ts\":1"),
        ("line", "message", "\"isRedelivery\":false", "\"isRedelivery\":true"),
        ("docusign", "", "\"retryCount\":", "\"retryCount\":1"),
        ("coinbase-commerce", "", "\"attempt_number\":", "\"attempt_number\":1"),
    ] {
        let first = find(provider, case);
        let mut again = first.clone();
        again.body = first.body.replacen(from, to, 1);
        assert_ne!(first.body, again.body, "{provider}: the sample has no `{from}`");
        assert_eq!(keys(&first), keys(&again), "{provider}: a retry is the same event");
    }

    // The events of one batch.
    for (provider, case) in [("line", "message"), ("gocardless", ""), ("grafana", ""), ("asana", ""), ("meta", "")] {
        let keys = keys(&find(provider, case));
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert!(keys.len() >= 2 && distinct.len() == keys.len(), "{provider}: {keys:?}");
    }

    let doppler = provider::DOPPLER.receiver(key(1)).unwrap();
    let request = request(&find("doppler", ""));
    let mut intake = doppler.begin(request.headers());
    intake.push(request.body().clone());
    let error = intake.finish().unwrap().idempotency_key().unwrap_err();
    assert_eq!(error, hookseal::EventError::NoIdempotencyKey);
}

#[derive(Debug, Deserialize)]
enum Chat {
    #[serde(rename = "message")]
    Message { message: Text },
    #[serde(rename = "follow")]
    Follow,
}

#[derive(Debug, Deserialize)]
struct Text {
    text: String,
}

fn chat(items: &[Value]) -> Request<Bytes> {
    let body = serde_json::json!({"destination": "U1", "events": items}).to_string();
    Sender::new(&provider::LINE, key(1)).unwrap().body("/hook", body).unwrap()
}

fn message(id: &str, text: impl Into<Value>) -> Value {
    serde_json::json!({
        "type": "message", "webhookEventId": id, "timestamp": 1_462_629_479_859_u64,
        "message": {"type": "text", "text": text.into()},
    })
}

/// A retry of a batch repeats only what did not finish.
#[tokio::test]
async fn a_batch_is_processed_one_by_one_and_answered_as_one() {
    for server in Server::ALL {
        let (log, once) = (Log::default(), Once::new(MemoryStore::new(100)));
        let fails = Arc::new(AtomicBool::new(true));
        let handler = {
            let (log, once, fails) = (log.clone(), once.clone(), fails.clone());
            move |mut webhooks: Webhooks<Chat>| {
                let (log, once, fails) = (log.clone(), once.clone(), fails.clone());
                async move {
                    while let Some(webhook) = webhooks.next() {
                        let work = once.run(&webhook, async {
                            let Chat::Message { message } = webhook.event.data() else { return Answer::Accepted };
                            log.note(message.text.clone());
                            match message.text == "two" && fails.load(Ordering::Relaxed) {
                                true => Answer::retry(Duration::from_secs(7)),
                                false => Answer::Processed,
                            }
                        });
                        webhooks.record(work.await);
                    }
                    webhooks.answer()
                }
            }
        };
        let receiver: Receiver = provider::LINE.receiver(key(1)).unwrap();
        let running = server.start(&App::default().route("/hook", receiver, handler)).await;
        let batch = || chat(&[message("1", "one"), message("2", "two"), message("3", "three")]);
        let reply = running.send(batch()).await;
        assert_eq!((reply.status, reply.retry_after()), (503, Some(7)), "{server:?}");
        assert_eq!(log.take(), ["one", "two", "three"], "{server:?}: a failure holds up nothing");

        fails.store(false, Ordering::Relaxed);
        assert_eq!(running.send(batch()).await.status, 200, "{server:?}");
        assert_eq!(log.take(), ["two"], "{server:?}: only what did not finish");
        assert_eq!(running.send(batch()).await.status, 200, "{server:?}");
        assert_eq!(log.count(), 0, "{server:?}");

        // One that does not fit, one of an unknown type, and one to be done later.
        let misfit = message("4", 4);
        let unknown = serde_json::json!({"type": "beacon", "webhookEventId": "5", "timestamp": 1});
        let follow = serde_json::json!({"type": "follow", "webhookEventId": "6", "timestamp": 1});
        let later = [message("7", "seven"), unknown.clone(), follow.clone()];
        assert_eq!(running.send(chat(&later)).await.status, 202, "{server:?}");
        let reply = running.send(chat(&[message("8", "eight"), misfit, unknown, follow])).await;
        assert_eq!(reply.status, 400, "{server:?}");
        assert_eq!(log.take(), ["seven", "eight"], "{server:?}");

        assert_eq!(running.send(chat(&[])).await.status, 200, "{server:?}: the console's check");
        let mut forged = chat(&[message("9", "nine")]);
        *forged.body_mut() = chat(&[message("10", "ten")]).into_body();
        assert_eq!(running.send(forged).await.status, 401, "{server:?}: authentic as a whole or not at all");
        assert_eq!(log.count(), 0, "{server:?}");
    }
}

#[tokio::test]
async fn an_ordered_batch_stops_at_the_first_failure() {
    let handled = Arc::new(AtomicUsize::new(0));
    let counter = handled.clone();
    let handler = move |mut webhooks: Webhooks<Chat>| {
        let counter = counter.clone();
        async move {
            while let Some(webhook) = webhooks.next() {
                drop(webhook);
                if counter.fetch_add(1, Ordering::Relaxed) == 1 {
                    break;
                }
                webhooks.record(Answer::Processed);
            }
            webhooks.answer()
        }
    };
    let receiver: Receiver = provider::LINE.receiver(key(1)).unwrap();
    let running = Server::Axum.start(&App::default().route("/hook", receiver, handler)).await;
    let batch = chat(&[message("1", "one"), message("2", "two"), message("3", "three")]);
    assert_eq!(running.send(batch).await.status, 503);
    assert_eq!(handled.load(Ordering::Relaxed), 2);
}

#[derive(Debug, Deserialize)]
enum Order {
    #[serde(rename = "thing.happened")]
    Happened { cents: u64 },
}

/// What becomes of an authentic delivery that the handler's type does not fit.
#[tokio::test]
async fn what_does_not_fit_is_asked_for_again_or_taken_by_the_fallback() {
    // GitHub never sends again, PagerDuty gives up on a 4xx, Stripe repeats what is refused.
    for (provider, status) in [(&provider::STRIPE, 400), (&provider::PAGERDUTY, 503), (&provider::GITHUB, 400)] {
        for server in Server::ALL {
            let log = Log::default();
            let handler = log.noting(|webhook: Webhook<Order>| {
                let Order::Happened { cents } = webhook.event.data();
                *cents
            });
            let sender = Sender::new(provider, key(1)).unwrap();
            let misfit = || sender.event("/hook", "thing.happened", serde_json::json!({"cents": "seven"})).unwrap();
            let fitting = || sender.event("/hook", "thing.happened", serde_json::json!({"cents": 7})).unwrap();

            let lossy: Receiver = provider.lossy().receiver(key(1)).unwrap();
            let running = server.start(&App::default().route("/hook", lossy, handler.clone())).await;
            let reply = running.send(misfit()).await;
            assert_eq!(reply.status, status, "{}, {server:?}", provider.name());
            assert_eq!(reply.retry_after().is_some(), status == 503);
            assert_eq!(running.send(fitting()).await.status, 200);
            assert_eq!(log.take(), ["7"]);

            let taken = Log::default();
            let fallback = taken.clone();
            let kept = provider.receiver_with_fallback(key(1), move |received, error| {
                fallback.note(format!("{} {error}", received.body().len()));
                async { Answer::Accepted }
            });
            let running = server.start(&App::default().route("/hook", kept.unwrap(), handler)).await;
            let request = misfit();
            let length = request.body().len();
            let reply = running.send(request).await;
            assert_eq!((reply.status, reply.text.as_str()), (202, "accepted"), "{}, {server:?}", provider.name());
            let expected = "the data of event type \"thing.happened\" does not fit at line 1";
            let taken = taken.take();
            assert!(taken.len() == 1 && taken[0].starts_with(&format!("{length} {expected}")), "{taken:?}");
            assert_eq!(running.send(fitting()).await.status, 200);
            assert_eq!(log.take(), ["7"], "what fits reaches the handler alone");

            let mut forged = misfit();
            *forged.body_mut() = Bytes::from_static(b"{}");
            assert_eq!(running.send(forged).await.status, 401, "the fallback sees only what is authentic");
        }
    }
}

/// The readable events of a request reach the handler, and the fallback gets all of it, once.
#[tokio::test]
async fn what_webhooks_cannot_read_is_taken_by_the_fallback_too() {
    let item = |id: &str, text: Value| message(id, text);
    let mixed = [item("1", "one".into()), item("2", 2.into()), item("3", Value::Null), item("4", "four".into())];
    let line = Sender::new(&provider::LINE, key(1)).unwrap();
    let github = Sender::new(&provider::GITHUB, key(1)).unwrap();
    // The provider, a request, what the handler gets, and whether the fallback gets anything.
    let cases = [
        (&provider::LINE, chat(&mixed), &["one", "four"][..], true),
        (&provider::LINE, chat(&mixed[1..2]), &[], true),
        (&provider::LINE, chat(&mixed[..1]), &["one"], false),
        (&provider::LINE, line.body("/hook", "no JSON").unwrap(), &[], true),
        (
            &provider::GITHUB,
            github.event("/hook", "message", serde_json::json!({"message": {"text": 7}})).unwrap(),
            &[],
            true,
        ),
        (&provider::GITHUB, github.event("/hook", "beacon", serde_json::json!({})).unwrap(), &[], false),
    ];
    let answers = [
        (Answer::Accepted, 202),
        (Answer::Processed, 200),
        (Answer::give_up("nobody misses it"), 200),
        (Answer::retry(Duration::from_secs(7)), 503),
    ];
    for ((provider, request, read, is_kept), (answer, status)) in
        cases.iter().flat_map(|case| answers.iter().map(move |answer| (case, answer)))
    {
        let (log, kept) = (Log::default(), Log::default());
        let receiver = || -> Receiver {
            let (kept, answer) = (kept.clone(), answer.clone());
            let fallback = move |received: Received, _| {
                kept.note(received.idempotency_key().unwrap());
                kept.note(received.body().len().to_string());
                std::future::ready(answer.clone())
            };
            provider.receiver_with_fallback(key(1), fallback).unwrap()
        };
        let handle = {
            let log = log.clone();
            move |mut webhooks: Webhooks<Chat>| {
                while let Some(webhook) = webhooks.next() {
                    let Chat::Message { message } = webhook.event.data() else { continue };
                    log.note(&message.text);
                    webhooks.record(Answer::Processed);
                }
                webhooks.answer()
            }
        };
        let expected = if *is_kept { *status } else { 200 };
        let check = |status: u16, server: &str| {
            let context = format!("{}, {server}, {answer:?}: {request:?}", provider.name());
            assert_eq!(status, expected, "{context}");
            assert_eq!(log.take(), *read, "{context}");
            let kept = kept.take();
            assert_eq!(kept.len(), if *is_kept { 2 } else { 0 }, "{context}: {kept:?}");
            assert!(kept.last().is_none_or(|length| *length == request.body().len().to_string()), "{context}");
        };
        for server in Server::ALL {
            let handler = {
                let handle = handle.clone();
                move |webhooks: Webhooks<Chat>| std::future::ready(handle(webhooks))
            };
            let running = server.start(&App::default().route("/hook", receiver(), handler)).await;
            check(running.send(request.clone()).await.status, &format!("{server:?}"));
        }
        // On a server without an adapter, the same function is called by hand.
        let receiver = receiver();
        let mut intake = receiver.begin(request.headers());
        intake.push(request.body().clone());
        let received = intake.finish().unwrap();
        let keep = |error: &hookseal::EventError| {
            assert!(!error.to_string().is_empty());
            kept.note(received.idempotency_key().unwrap());
            kept.note(received.body().len().to_string());
            answer.clone()
        };
        let by_hand = match Webhooks::<Chat>::try_from(received.clone()) {
            Ok(mut webhooks) => {
                if let Some(error) = webhooks.unreadable() {
                    let answer = keep(error);
                    webhooks.record_unreadable(answer);
                }
                handle(webhooks)
            }
            Err(Rejection::Unreadable(error) | Rejection::UnreadableForNow(error)) => keep(&error),
            Err(rejection) => panic!("{rejection}"),
        };
        check(by_hand.status().as_u16(), "by hand");
    }
}
