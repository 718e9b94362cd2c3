//! Answers with a body of the user's own, with every adapter, and what `Once` makes of them.

use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider;
use hookseal::receive::{Answer, Received, Reply, Webhook, Webhooks};
use hookseal::testing::Sender;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use server::{App, Log, Server, paid, receiver};

mod common;
#[path = "common/server.rs"]
mod server;

fn replies() -> Vec<(Reply, u16, &'static str, &'static str)> {
    let text = "text/plain; charset=utf-8";
    vec![
        (Reply::text("[accepted]"), 200, text, "[accepted]"),
        (Reply::json(&json!({"success": true})).unwrap(), 200, "application/json", r#"{"success":true}"#),
        (Reply::text("").with_status(StatusCode::CREATED), 201, text, ""),
        (Reply::text("later").with_status(StatusCode::TOO_MANY_REQUESTS), 429, text, "later"),
        (Reply::text("gone").with_status(StatusCode::GONE), 410, text, "gone"),
        (Reply::text("elsewhere").with_status(StatusCode::FOUND), 302, text, "elsewhere"),
        (Reply::text(Bytes::from(vec![b'x'; 100_000])), 200, text, ""),
    ]
}

#[tokio::test]
async fn a_reply_is_sent_as_it_is_and_its_status_decides_whether_the_event_is_done() {
    let name = HeaderName::from_static("x-own");
    for (reply, status, content_type, body) in replies() {
        let reply = reply.with_header(name.clone(), HeaderValue::from_static("7"));
        for server in Server::ALL {
            let (log, answer) = (Log::default(), Answer::from(reply.clone()));
            let noting = log.clone();
            let work = move |_: Received| {
                noting.note("run");
                ready(answer.clone())
            };
            let app = App::default().once("/hook", receiver(), Once::new(MemoryStore::new(100)), work);
            let running = server.start(&app).await;
            let event = paid(7);
            let first = running.send(event.clone()).await;
            let case = format!("{server:?}, {status}");
            assert_eq!(first.status, status, "{case}");
            assert_eq!(
                (&first.headers["x-own"], &first.headers["content-type"]),
                (&"7".parse().unwrap(), &content_type.parse().unwrap()),
                "{case}"
            );
            if body.is_empty() {
                assert_eq!(first.text.as_bytes(), Answer::from(reply.clone()).body(), "{case}");
            } else {
                assert_eq!(first.text, body, "{case}");
            }

            let second = running.send(event).await;
            if first.status < 300 {
                second.assert_says(&Answer::Duplicate, &case);
                assert_eq!(log.take(), ["run"], "{case}");
            } else {
                assert_eq!((second.status, log.take().len()), (status, 2), "{case}: released");
            }
        }
    }
}

/// A provider that delivers again unless it reads these words.
const REQUIRED: &str = "Hello API Event Received";

#[tokio::test]
async fn the_answer_that_a_provider_requires_replaces_all_that_end_an_event() {
    let provider = provider::KLANG.clone().with_acknowledgement(REQUIRED).unwrap();
    let endings =
        [Answer::Processed, Answer::Accepted, Answer::Duplicate, Answer::give_up("no such customer")].into_iter();
    let endings = endings.map(|answer| (answer, true));
    let others = [Answer::retry(Duration::from_secs(7)), Reply::text("my own").into()];
    for (given, is_replaced) in endings.chain(others.map(|answer| (answer, false))) {
        for server in Server::EXTRACTORS {
            let answer = given.clone();
            let work = move |_: Received| ready(answer.clone());
            let receiver = provider.receiver(common::key(0)).unwrap();
            let app = App::default().once("/hook", receiver, Once::new(MemoryStore::new(100)), work);
            let running = server.start(&app).await;
            let event = paid(7);
            let first = running.send(event.clone()).await;
            let case = format!("{server:?}, {given:?}");
            let expected = match is_replaced {
                true => (200, REQUIRED.to_owned()),
                false => (given.status().as_u16(), server::text(&given)),
            };
            assert_eq!((first.status, first.text), expected, "{case}");
            if given.status().is_success() {
                let again = running.send(event).await;
                assert_eq!((again.status, again.text.as_str()), (200, REQUIRED), "{case}: the duplicate");
            }
        }
    }
}

/// Without a [`Once`], and from a layer, whose service answers by itself.
#[tokio::test]
async fn what_no_handler_answers_is_answered_as_the_provider_requires() {
    #[derive(serde::Deserialize)]
    enum Calls {
        #[serde(rename = "of.another.kind")]
        Other {},
    }
    let provider = provider::KLANG.clone().with_acknowledgement(REQUIRED).unwrap();
    let receiver = || provider.receiver(common::key(0)).unwrap();
    for server in Server::ALL {
        let fallback = |_, _| ready(Answer::Accepted);
        let app = App::default()
            .route("/typed", receiver(), |webhook: Webhook<Calls>| {
                let Calls::Other {} = webhook.event.into_data();
                ready(Answer::Processed)
            })
            .route("/batch", receiver(), |webhooks: Webhooks<Calls>| ready(webhooks.answer()))
            .route("/fallback", receiver().with_fallback(fallback), |_: Webhook<Calls>| ready(Answer::Processed))
            .once("/once", receiver(), Once::new(MemoryStore::new(100)), |received: Received| {
                ready(received.acknowledgement())
            });
        let running = server.start(&app).await;
        let to = |path: &str, body: Bytes| {
            let request = Sender::new(&provider, common::key(0)).unwrap().body(path, body).unwrap();
            running.send(request)
        };
        let event = paid(7).into_body();
        for (path, body) in [
            ("/typed", event.clone()),
            ("/batch", event.clone()),
            ("/fallback", Bytes::from_static(b"not an event")),
            ("/once", event.clone()),
            ("/once", event),
        ] {
            let reply = to(path, body).await;
            assert_eq!((reply.status, reply.text.as_str()), (200, REQUIRED), "{server:?}, {path}");
            assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8", "{server:?}, {path}");
        }
    }
}
