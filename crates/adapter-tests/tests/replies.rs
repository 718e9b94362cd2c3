//! Answers with a body of the user's own, with every adapter, and what `Once` makes of them.

use std::future::ready;

use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::receive::{Answer, Received, Reply};
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
