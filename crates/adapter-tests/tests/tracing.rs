//! What a subscriber is told of each delivery, and what it is never told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web;
use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use bytes::Bytes;
use hookseal::Secret;
use hookseal::idempotency::{Claim, IdempotencyKey, MemoryStore, Once, Store, Token};
use hookseal::provider::{self, KLANG};
use hookseal::receive::{
    Answer, Received, Receiver, ReceiverCache, ReceiverLookup, Rejection, Reply, Webhook, Webhooks,
};
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt;
use tracing::subscriber::with_default;
use tracing_subscriber::fmt::MakeWriter;

use common::keys;
use server::{App, Log, SIGNATURE, Server, receiver, sender, signed, to, unsigned};

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
    logged_by(deliver(server, app, requests))
}

fn logged_by(doing: impl Future<Output = ()>) -> Vec<String> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .without_time()
        .with_writer(lines.clone())
        .finish();
    with_default(subscriber, || actix_web::rt::System::new().block_on(doing));
    let lines: Vec<_> = lines.take().into_iter().filter(|line| line.contains(" hookseal: ")).collect();
    lines.iter().for_each(|line| assert_documented(line));
    lines
}

/// The documentation has a row with the level and the message of each line.
fn assert_documented(line: &str) {
    let (level, rest) = line.trim_start().split_once(" hookseal: ").unwrap();
    let words = rest.split(' ').take_while(|word| !word.contains('='));
    let (row, message) = (format!("//! | {level} |"), format!("`{}`", words.collect::<Vec<_>>().join(" ")));
    let docs = include_str!("../../../src/receive.rs");
    assert!(docs.lines().any(|line| line.starts_with(&row) && line.contains(&message)), "not documented: {line}");
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
fn a_verified_delivery_is_one_debug_event_that_says_which() {
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
        (event(2, "invoice.paid").map(|_| Bytes::new()), "status=401", "no signature matches".to_owned()),
        (signed(vec![b' '; 1001]), "status=413", "the body has more than 1000 bytes".to_owned()),
    ];
    for server in Server::ALL {
        for (request, status, reason) in &cases {
            let lines = logged(server, &app(), vec![request.clone()]);
            assert_eq!(lines.len(), 1, "{server:?}, {status}: {lines:#?}");
            assert_all_in(&lines[0], &["WARN", "webhook refused", r#"provider="klang""#, status, reason]);
            assert_all_in(&lines[0], &[&format!(" bytes={} ", request.body().len())]);
        }
    }
}

#[test]
fn an_authentic_delivery_that_cannot_be_read_is_one_event() {
    let cases = [
        (signed("seven"), "WARN", "status=400"),
        // Authentic and thrown away: with a misspelt variant, all events are.
        (event(0, "invoice.sent"), "INFO", r#"event type "invoice.sent" is unknown"#),
    ];
    for server in Server::EXTRACTORS {
        for (request, level, said) in &cases {
            let lines = logged(server, &app(), vec![request.clone()]);
            assert_eq!(lines.len(), 1, "{server:?}, {said}: {lines:#?}");
            assert_all_in(&lines[0], &[level, said, &format!(" bytes={} ", request.body().len())]);
        }
    }
}

/// The last line is about the handler, the ones before about the request.
#[test]
fn a_duplicate_is_told_from_a_processed_event() {
    for server in Server::ALL {
        let count = Arc::new(AtomicUsize::new(0));
        let work = move |_: Received| {
            let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
            std::future::ready(if is_first { Answer::retry(Duration::ZERO) } else { Answer::Processed })
        };
        let receiver = receiver().with_scope("tenant-7");
        let app = App::default().once("/hook", receiver, Once::new(MemoryStore::new(10)), work);
        let said = [
            "webhook not processed, and released for another attempt",
            "webhook processed",
            "duplicate of a webhook that was processed",
            "duplicate of a webhook that was processed",
        ];
        let mut lines = logged(server, &app, vec![event(0, "invoice.paid"); said.len()]);
        // The layer answers before it settles.
        let again = lines.extract_if(.., |line| line.contains("webhook to be delivered again")).count();
        assert_eq!(again, 1, "{server:?}");
        assert_eq!(lines.len(), 2 * said.len(), "{server:?}: {lines:#?}");
        for (lines, said) in lines.chunks(2).zip(said) {
            assert_all_in(&lines[0], &["webhook verified"]);
            let which = [r#"provider="klang""#, r#"scope="tenant-7""#, r#"id="evt_7""#, r#"event_type="invoice.paid""#];
            assert_all_in(&lines[1], &["DEBUG", &format!("hookseal: {said} ")]);
            assert_all_in(&lines[1], &which);
        }
    }
}

fn received(request: Request<Bytes>) -> Received {
    let (parts, body) = request.into_parts();
    let receiver: Receiver = receiver();
    let mut intake = receiver.begin(&parts.headers);
    intake.push(body);
    intake.finish().unwrap()
}

#[test]
fn a_duplicate_during_the_first_run_says_so() {
    let (once, event) = (Once::new(MemoryStore::new(10)), received(event(0, "invoice.paid")));
    let inner = async { once.run(&event, async { Answer::Processed }).await };
    let lines = logged_by(async {
        assert_eq!(once.run(&event, inner).await.status(), 409);
    });
    assert_all_in(&lines[0], &["duplicate of a webhook that is being processed", r#"id="evt_7""#]);
}

/// Does what it is asked, and the reply to the first try is lost.
struct Mumbling(MemoryStore, AtomicUsize);

impl Mumbling {
    fn reply<T>(&self, reply: T) -> std::io::Result<T> {
        let is_first = self.1.fetch_add(1, Ordering::SeqCst) == 0;
        if is_first { Err(std::io::ErrorKind::ConnectionReset.into()) } else { Ok(reply) }
    }
}

impl Store for Mumbling {
    type Error = std::io::Error;

    async fn claim(&self, key: &IdempotencyKey, token: Token, lease: Duration) -> std::io::Result<Claim> {
        let Ok(claim) = self.0.claim(key, token, lease).await;
        Ok(claim)
    }

    async fn complete(&self, key: &IdempotencyKey, token: Token, retention: Duration) -> std::io::Result<bool> {
        let Ok(reply) = self.0.complete(key, token, retention).await;
        self.reply(reply)
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> std::io::Result<bool> {
        let Ok(reply) = self.0.release(key, token).await;
        self.reply(reply)
    }
}

#[test]
fn a_lost_reply_is_not_a_lost_lease() {
    let settled = [
        (Answer::Processed, "webhook processed"),
        (Answer::retry(Duration::ZERO), "webhook not processed, and released for another attempt"),
    ];
    for (answer, said) in settled {
        let once = Once::new(Mumbling(MemoryStore::new(10), AtomicUsize::new(0)));
        let event = received(event(0, "invoice.paid"));
        let lines = logged_by(async {
            once.run(&event, async { answer.clone() }).await;
        });
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_all_in(&lines[0], &[said]);
    }
}

#[test]
fn a_full_store_is_not_one_that_does_not_answer() {
    for once in [Once::new(MemoryStore::new(0)), Once::new(MemoryStore::new(0)).process_when_down()] {
        let event = received(event(0, "invoice.paid"));
        let lines = logged_by(async {
            once.run(&event, std::future::pending::<Answer>()).await;
        });
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_all_in(&lines[0], &["ERROR", "idempotency store is full"]);
    }
}

#[test]
fn a_body_that_does_not_fit_is_logged_with_the_event() {
    let lacking = sender(0).with_id("evt_7").event("/hook", "invoice.paid", json!({})).unwrap();
    let reason = r#"field `amount` is missing in the data of event type "invoice.paid""#;
    for server in Server::EXTRACTORS {
        let handler = Log::default().noting(|webhook: Webhook<Invoices>| match webhook.event.into_data() {
            Invoices::Paid { amount } => amount,
        });
        let app = App::default().route("/hook", receiver().with_scope("tenant-7"), handler);
        let lines = logged(server, &app, vec![lacking.clone()]);
        assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
        let which = [r#"scope="tenant-7""#, r#"id="evt_7""#, r#"event_type="invoice.paid""#, reason];
        assert_all_in(&lines[0], &["WARN", "webhook refused", "status=400"]);
        assert_all_in(&lines[0], &which);
    }
}

#[derive(Deserialize)]
enum Invoices {
    #[serde(rename = "invoice.paid")]
    Paid { amount: u64 },
}

enum Tenant {}

/// One tenant has a broken secret, all others do not exist.
fn receiver_of(tenant: String) -> Result<Receiver<Tenant>, Rejection> {
    match tenant.as_str() {
        "broken" => KLANG.tenant_receiver("tenant-7", Secret::new("a secret with a line end\n")),
        "down" => Err(Rejection::unavailable("connection refused")),
        _ => Ok(KLANG.refusing_receiver(tenant)?),
    }
}

#[derive(Clone)]
struct Database;

impl ReceiverLookup<Database> for Tenant {
    type Extractor = Path<String>;

    async fn find_receiver(Path(tenant): Path<String>, _: &Database) -> Result<Receiver<Tenant>, Rejection> {
        ReceiverCache::new(0).find(&tenant, async { receiver_of(tenant.clone()) }).await
    }
}

/// With the extractor of actix-web.
struct OnActix;

impl ReceiverLookup<OnActix> for Tenant {
    type Extractor = web::Path<String>;

    async fn find_receiver(tenant: web::Path<String>, _: &OnActix) -> Result<Receiver<Tenant>, Rejection> {
        ReceiverCache::new(0).find(&tenant, async { receiver_of(tenant.to_string()) }).await
    }
}

fn by_tenant() -> App {
    let handler = Log::default().noting(|_: Received<Tenant>| "");
    let router = Router::new().route("/hooks/{tenant}", post(handler.clone())).with_state(Database);
    App::default().merge(router.clone(), router).actix(move |config| {
        let lookup = hookseal::actix::Lookup::<Tenant>::new(OnActix);
        config.app_data(lookup).route("/hooks/{tenant}", web::post().to(handler.clone()));
    })
}

#[test]
fn a_tenant_whose_secret_is_broken_is_logged_by_provider_and_scope() {
    for server in Server::EXTRACTORS {
        let lines = logged(server, &by_tenant(), vec![to("/hooks/broken", event(0, "invoice.paid"))]);
        assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
        let said = [r#"provider="klang""#, r#"scope="tenant-7""#, "status=500", "begins or ends with white space"];
        assert_all_in(&lines[0], &["ERROR", "webhook refused"]);
        assert_all_in(&lines[0], &said);
        assert!(!lines[0].contains("line end"), "the secret: {}", lines[0]);
    }
}

#[test]
fn a_look_up_that_fails_is_logged_by_its_marker_and_the_tenant() {
    for server in Server::EXTRACTORS {
        let lines = logged(server, &by_tenant(), vec![to("/hooks/down", event(0, "invoice.paid"))]);
        assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
        assert_all_in(&lines[0], &["WARN", "webhook refused", "status=503", "connection refused"]);
        assert_all_in(&lines[0], &[r#"marker="tracing::Tenant""#, r#"requested_tenant="down""#]);
    }
}

/// Both are set up wrongly, and no sender can mend that.
#[test]
fn a_receiver_that_is_misconfigured_is_an_error() {
    for server in Server::EXTRACTORS {
        let handler = Log::default().noting(|_: Webhook<u64>| "");
        let app = App::default().route("/hook", receiver(), handler);
        let lines = logged(server, &app, vec![event(0, "invoice.paid")]);
        assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
        assert_all_in(&lines[0], &["ERROR", "webhook refused", "status=500", r#"provider="klang""#, "enum"]);
    }
    let app = App::default().actix(|config| {
        config.route("/hook", web::post().to(|_: Received<Tenant>| std::future::ready(Answer::Processed)));
    });
    let lines = logged(Server::Actix, &app, vec![event(0, "invoice.paid")]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_all_in(&lines[0], &["ERROR", "webhook refused", "status=500", r#"marker="tracing::Tenant""#, "app_data"]);
}

/// A server without an adapter has nothing else that could log them.
#[test]
fn answers_of_a_server_of_your_own_are_logged() {
    let event = received(event(0, "invoice.paid"));
    let unreadable = event.event().unwrap().data_as::<Vec<u8>>().unwrap_err();
    let misconfigured = event.typed_event::<u64>().unwrap_err();
    for (answer, level, said) in [
        (Answer::from(unreadable.clone()), "WARN", unreadable.to_string()),
        (Answer::from(misconfigured.clone()), "ERROR", misconfigured.to_string()),
        (Answer::give_up("no such customer"), "ERROR", "no such customer".to_owned()),
    ] {
        let lines = logged_by(async {
            let _: http::Response<Vec<u8>> = answer.to_response();
        });
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_all_in(&lines[0], &[level, &said]);
    }
    let lines = logged_by(async {
        let _: http::Response<Vec<u8>> = Answer::Processed.to_response();
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn an_unknown_tenant_is_logged_by_the_name_that_was_asked_for() {
    // Decoded by the frameworks: a forged line, colours, a quote, and more than anybody wants to read.
    let hostile = format!("/hooks/%0aWARN%20hookseal:%20%1b[31m%22x%22{}", "y".repeat(1000));
    for server in Server::EXTRACTORS {
        for (path, name) in [("/hooks/shop-7", "shop-7"), (&hostile, r#"\nWARN hookseal: \u{1b}[31m\"x\"yyyy"#)] {
            let lines = logged(server, &by_tenant(), vec![to(path, event(0, "invoice.paid"))]);
            assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
            assert_all_in(&lines[0], &["WARN", "webhook refused", r#"provider="klang""#, "status=401"]);
            assert_all_in(&lines[0], &[&format!("unknown_tenant=\"{name}"), "reason=the tenant is unknown"]);
            assert!(!lines[0].contains("signature"), "that is not what is wrong: {}", lines[0]);
            let lines = logged(server, &by_tenant(), vec![to(path, unsigned(event(0, "invoice.paid")))]);
            let reason = format!("reason=the tenant is unknown; header `{SIGNATURE}` is missing");
            assert_all_in(&lines[0], &["status=400", &reason]);
            assert!(lines[0].len() < 400 && !lines[0].contains('\u{1b}'), "{}", lines[0]);
        }
    }
}

#[test]
fn a_handler_that_asks_for_another_attempt_and_a_handshake_are_told() {
    for server in Server::ALL {
        let handler = |_: Received| std::future::ready(Answer::retry(Duration::from_secs(7)));
        let lines = logged(server, &App::default().route("/hook", receiver(), handler), vec![event(0, "invoice.paid")]);
        assert_all_in(lines.last().unwrap(), &["INFO", "webhook to be delivered again", "retry_after=7"]);

        let slack: Receiver = provider::SLACK.receiver(keys(0, 1)).unwrap();
        let app = App::default().route("/hook", slack, |_: Received| std::future::ready(Answer::Processed));
        let sender = hookseal::testing::Sender::new(&provider::SLACK, keys(0, 1)).unwrap();
        let question = sender.body("/hook", r#"{"type":"url_verification","challenge":"what-nobody-logs"}"#).unwrap();

        let lines = logged(server, &app, vec![question]);
        assert_eq!(lines.len(), 1, "{server:?}: {lines:#?}");
        assert_all_in(&lines[0], &["INFO", "handshake answered", r#"provider="slack""#, "status=200"]);
        assert!(!lines[0].contains("nobody"), "{}", lines[0]);
    }
}

#[test]
fn a_permanent_failure_is_an_error_with_its_reason() {
    for server in Server::ALL {
        let handler = |_: Received| std::future::ready(Answer::give_up("no such customer"));
        let app = App::default().route("/hook", receiver(), handler);
        let lines = logged(server, &app, vec![event(0, "invoice.paid")]);
        let errors: Vec<_> = lines.iter().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(errors.len(), 1, "{server:?}: {lines:#?}");
        assert_all_in(errors[0], &["no such customer"]);
    }
}

/// Whichever of them is the answer for the whole.
#[test]
fn each_answer_in_a_batch_is_logged_once() {
    let unreadable = |id: u8| Answer::from(hookseal::EventError::MissingField { field: format!("field-{id}") });
    let said = |answer: &Answer| match answer {
        Answer::PermanentFailure { reason } => Some(("ERROR", "webhook failed for good", reason.to_string())),
        Answer::Unreadable(error) => Some(("WARN", "webhook is not what the handler expects", error.to_string())),
        Answer::TemporaryFailure { retry_after } => {
            Some(("INFO", "webhook to be delivered again", format!("retry_after={}", retry_after.as_secs())))
        }
        _ => None,
    };
    let retry = |seconds| Answer::retry(Duration::from_secs(seconds));
    let batches = [
        vec![Answer::give_up("one")],
        vec![Answer::give_up("one"), Answer::Processed, Answer::give_up("two")],
        vec![Answer::Accepted, Answer::give_up("one"), Answer::Duplicate],
        vec![unreadable(1), Answer::give_up("one"), unreadable(2), retry(7), retry(8), retry(6)],
        vec![retry(7), unreadable(1), Answer::Reply(Reply::text("no").with_status(StatusCode::BAD_GATEWAY))],
        vec![Answer::Processed, Answer::Accepted],
    ];
    for (batch, server) in batches.iter().flat_map(|batch| Server::ALL.map(|server| (batch, server))) {
        // The provider of the second round wants an answer of its own instead of the usual one.
        let line = &provider::LINE;
        for provider in [line.clone(), line.clone().with_acknowledgement("Content-Type: text/xml\n\n<ok/>").unwrap()] {
            let answers = batch.clone();
            let handler = move |mut webhooks: Webhooks<Chat>| {
                for answer in &answers {
                    assert!(webhooks.next().is_some());
                    webhooks.record(answer.clone());
                }
                std::future::ready(webhooks.answer())
            };
            let item = |id| json!({"type": "follow", "webhookEventId": format!("{id}"), "timestamp": 1});
            let body = json!({"destination": "U1", "events": (0..batch.len()).map(item).collect::<Vec<_>>()});
            let sender = hookseal::testing::Sender::new(&provider, keys(0, 1)).unwrap();
            let request = sender.body("/hook", body.to_string()).unwrap();
            let app = App::default().route("/hook", provider.receiver(keys(0, 1)).unwrap(), handler);
            let mut lines = logged(server, &app, vec![request]);
            lines.retain(|line| !line.contains("webhook verified"));
            let mut expected: Vec<_> = batch.iter().filter_map(said).collect();
            assert_eq!(lines.len(), expected.len(), "{server:?}, {batch:?}: {lines:#?}");
            for line in &lines {
                let is_this = |said: &(&str, &str, String)| {
                    line.contains(said.0) && line.contains(said.1) && line.contains(&said.2)
                };
                let place = expected.iter().position(is_this);
                expected.remove(place.unwrap_or_else(|| panic!("{server:?}, {batch:?}: {lines:#?}")));
            }
        }
    }
}

#[derive(Deserialize)]
enum Chat {
    #[serde(rename = "follow")]
    Follow,
}

/// What is refused is logged as that, and not as an answer that another one outranks.
#[test]
fn an_event_of_a_batch_that_cannot_be_read_is_logged_as_refused() {
    let items =
        json!([{"type": "follow", "webhookEventId": "1", "timestamp": 1}, {"webhookEventId": "2", "timestamp": 1}]);
    let sender = hookseal::testing::Sender::new(&provider::LINE, keys(0, 1)).unwrap();
    let request = sender.body("/hook", json!({"destination": "U1", "events": items}).to_string()).unwrap();
    let kept = |_, _| std::future::ready(Answer::give_up("nobody misses it"));
    let receiver = || provider::LINE.receiver(keys(0, 1)).unwrap();
    let cases = [
        (receiver(), vec!["webhook refused", "webhook to be delivered again"]),
        (
            receiver().with_fallback(kept),
            vec!["webhook refused", "webhook failed for good", "webhook to be delivered again"],
        ),
    ];
    for ((receiver, said), server) in cases.iter().flat_map(|case| Server::ALL.map(|server| (case, server))) {
        let handler = |mut webhooks: Webhooks<Chat>| {
            assert!(webhooks.next().is_some());
            webhooks.record(Answer::retry(Duration::from_secs(7)));
            std::future::ready(webhooks.answer())
        };
        let mut lines =
            logged(server, &App::default().route("/hook", receiver.clone(), handler), vec![request.clone()]);
        lines.retain(|line| !line.contains("webhook verified"));
        assert_eq!(lines.len(), said.len(), "{server:?}: {lines:#?}");
        lines.iter().zip(said).for_each(|(line, said)| assert_all_in(line, &[said]));
    }
}

#[test]
fn what_a_handler_cannot_read_is_a_warning_that_names_the_type() {
    for server in Server::ALL {
        let handler = |received: Received| {
            let read = received.event().and_then(|event| event.data_as::<Vec<u8>>());
            std::future::ready(read.map_or_else(Answer::from, |_| Answer::Processed))
        };
        let app = App::default().route("/hook", receiver(), handler);
        let lines = logged(server, &app, vec![event(0, "invoice.paid")]);
        assert_eq!(lines.len(), 2, "{server:?}: {lines:#?}");
        let reason = r#"the data of event type "invoice.paid" does not fit at line 1 column 0"#;
        assert_all_in(&lines[1], &["WARN", "webhook is not what the handler expects", reason]);
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
