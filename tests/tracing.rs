//! What a subscriber is told of each delivery, and what it is never told.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hookseal::receive::{Answer, Received, Webhook};
use http::Request;
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt;
use tracing::subscriber::with_default;
use tracing_subscriber::fmt::MakeWriter;

use common::keys;
use server::{App, Log, SIGNATURE, Server, receiver, sender, signed, unsigned};

mod common;
#[path = "common/server.rs"]
mod server;

const MARK: &str = "what only the body says";

#[derive(Deserialize)]
enum Billing {
    #[serde(rename = "invoice.paid")]
    Paid {},
}

/// Lines of text, one for each event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

impl Lines {
    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// Hands the requests to the application in this process, and gives what was logged.
fn logged(server: Server, app: &App, requests: Vec<Request<Bytes>>) -> Vec<String> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .without_time()
        .with_writer(lines.clone())
        .finish();
    with_default(subscriber, || actix_web::rt::System::new().block_on(deliver(server, app, requests)));
    lines.take().into_iter().filter(|line| line.contains(" hookseal: ")).collect()
}

async fn deliver(server: Server, app: &App, requests: Vec<Request<Bytes>>) {
    let router = match server {
        Server::Axum => app.extractors.clone(),
        Server::Layer => app.layered.clone(),
        Server::Actix => {
            let app = actix_web::App::new().configure(|config| app.actix.apply(config));
            let service = actix_web::test::init_service(app).await;
            for request in requests {
                let request = hookseal::actix::test_request(request).to_request();
                actix_web::test::call_service(&service, request).await;
            }
            return;
        }
    };
    for request in requests {
        router.clone().oneshot(request.map(axum::body::Body::from)).await.unwrap();
    }
}

/// Takes the keys 0 and 1.
fn app() -> App {
    let receiver = hookseal::provider::KLANG.receiver(keys(0, 2)).unwrap();
    let handler = Log::default().noting(|webhook: Webhook<Billing>| match webhook.event.into_data() {
        Billing::Paid {} => "paid",
    });
    App::default().route("/hook", receiver.with_max_received(1000).with_scope("tenant-7"), handler)
}

fn event(n: u8, event_type: &str) -> Request<Bytes> {
    sender(n).with_id("evt_7").event("/hook", event_type, json!({ "note": MARK })).unwrap()
}

#[track_caller]
fn assert_all_in(line: &str, parts: &[&str]) {
    let missing = parts.iter().find(|part| !line.contains(*part));
    assert_eq!(missing, None, "{line}");
}

#[test]
fn an_accepted_delivery_is_one_debug_event_that_says_which() {
    for server in Server::ALL {
        for (n, key) in [(0, "key=Current"), (1, "key=Previous(1)")] {
            let lines = logged(server, &app(), vec![event(n, "invoice.paid")]);
            assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
            let said =
                [r#"provider="klang""#, r#"scope="tenant-7""#, r#"id="evt_7""#, r#"event_type="invoice.paid""#, key];
            assert_all_in(&lines[0], &["DEBUG", "webhook verified"]);
            assert_all_in(&lines[0], &said);
        }
    }
}

#[test]
fn a_refused_delivery_is_one_warning_that_says_why() {
    let cases = [
        (unsigned(event(0, "invoice.paid")), "status=400", format!("header `{SIGNATURE}` is missing")),
        (event(2, "invoice.paid"), "status=401", "no signature matches".to_owned()),
        (signed(vec![b' '; 1001]), "status=413", "the body has more than 1000 bytes".to_owned()),
    ];
    for server in Server::ALL {
        for (request, status, reason) in &cases {
            let lines = logged(server, &app(), vec![request.clone()]);
            assert_eq!(lines.len(), 1, "{server:?}, {status}: {lines:#?}");
            assert_all_in(&lines[0], &["WARN", "webhook refused", r#"provider="klang""#, status, reason]);
        }
    }
}

#[test]
fn an_authentic_delivery_that_cannot_be_read_is_one_event() {
    let cases = [
        (signed("seven"), "WARN", "status=400"),
        (event(0, "invoice.sent"), "DEBUG", r#"event type "invoice.sent" is unknown"#),
    ];
    for server in Server::EXTRACTORS {
        for (request, level, said) in &cases {
            let lines = logged(server, &app(), vec![request.clone()]);
            assert_eq!(lines.len(), 1, "{server:?}, {said}: {lines:#?}");
            assert_all_in(&lines[0], &[level, said]);
        }
    }
}

#[test]
fn a_permanent_failure_is_an_error_with_its_reason() {
    for server in Server::ALL {
        let handler = |_: Received| std::future::ready(Answer::failed("no such customer"));
        let app = App::default().route("/hook", receiver(), handler);
        let lines = logged(server, &app, vec![event(0, "invoice.paid")]);
        let errors: Vec<_> = lines.iter().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(errors.len(), 1, "{server:?}: {lines:#?}");
        assert_all_in(errors[0], &["no such customer"]);
    }
}

/// The signature alone: hex digits.
fn signature(request: &Request<Bytes>) -> String {
    request.headers()[SIGNATURE].to_str().unwrap().rsplit("v1=").next().unwrap().to_owned()
}

#[test]
fn no_secret_no_signature_and_no_body_is_logged() {
    let good = event(0, "invoice.paid");
    let body = good.body().clone();
    let mut malformed = good.clone();
    malformed.headers_mut().insert(SIGNATURE, format!("v1={}", signature(&good)).parse().unwrap());
    let mut repeated = good.clone();
    repeated.headers_mut().append(SIGNATURE, good.headers()[SIGNATURE].clone());
    let wrong = sender(2).body("/hook", body).unwrap();
    let requests = vec![
        good.clone(),
        wrong.clone(),
        malformed,
        repeated,
        signed(MARK),
        signed(format!(r#"{{"id":"evt_8","type":"invoice.paid","data":"{MARK}"}}"#)),
        signed(MARK.repeat(100)),
    ];
    let count = requests.len();
    let secrets = ["k", "j", "i"].map(|letter| letter.repeat(8)); // of the keys 0, 1 and 2
    let hidden = [[signature(&good), signature(&wrong), MARK.to_owned()].as_slice(), &secrets].concat();
    for server in Server::ALL {
        let lines = logged(server, &app(), requests.clone());
        assert!(lines.len() >= count, "{server:?}: {lines:#?}");
        for (line, hidden) in lines.iter().flat_map(|line| hidden.iter().map(move |hidden| (line, hidden))) {
            assert!(!line.contains(hidden), "{server:?}: {line}");
        }
    }
}
