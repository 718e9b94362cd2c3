//! Refusals that are explained while a program is developed: after the ordinary answer, in the background, and seldom.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver as Queue, RecvTimeoutError, Sender as Told, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use bytes::Bytes;
use hookseal::Secret;
use hookseal::diagnose::{Code, Diagnose, Diagnosis};
use hookseal::provider;
use hookseal::receive::{Answer, Explain, Received, Receiver, Rejection};
use hookseal::testing::Sender;
use http::Request;
use time::OffsetDateTime;
use tracing_subscriber::fmt::MakeWriter;

use server::{App, Framing, PATIENCE, Reply, Running, Server, unsigned};

mod common;
#[path = "common/server.rs"]
mod server;

/// All of it is random.
const SECRET: &str = "Zq4vT7mXw2Lp9RsKd3Hy6NbJfU8cGa5E";

/// What takes requests: a server with one of the adapters, or a server of one's own.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Adapter(Server),
    Own,
}

const ENTRIES: [Entry; 4] =
    [Entry::Adapter(Server::Axum), Entry::Adapter(Server::Actix), Entry::Adapter(Server::Layer), Entry::Own];

enum Started {
    Adapter(Running),
    Own(Receiver),
}

impl Entry {
    async fn start(self, receiver: Receiver) -> Started {
        match self {
            Entry::Adapter(server) => {
                let app = App::default().route("/hook", receiver, |_: Received| std::future::ready(Answer::Processed));
                Started::Adapter(server.start(&app).await)
            }
            Entry::Own => Started::Own(receiver),
        }
    }
}

impl Started {
    async fn send(&self, request: &Request<Bytes>, framing: Framing) -> Reply {
        match self {
            Started::Adapter(running) => running.connect().await.send(request, framing).await,
            Started::Own(receiver) => {
                let mut headers = request.headers().clone();
                let size = match framing {
                    Framing::Chunks(size) => size,
                    Framing::Length => {
                        headers.insert("content-length", request.body().len().into());
                        usize::MAX
                    }
                };
                let mut intake = receiver.begin_request(request.method(), request.uri(), &headers);
                for piece in request.body().chunks(size) {
                    if intake.wants_more() {
                        intake.push(request.body().slice_ref(piece));
                    }
                }
                let response: http::Response<Vec<u8>> = match intake.finish_fetching().await {
                    Ok(_) => Answer::Processed.to_response(),
                    Err(rejection) => rejection.to_response(),
                };
                let (parts, body) = response.into_parts();
                let text = String::from_utf8(body).expect("a text");
                Reply { status: parts.status.as_u16(), headers: parts.headers, text }
            }
        }
    }
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Clock(OffsetDateTime, Arc<AtomicI64>);

impl Clock {
    fn new() -> Clock {
        Clock(OffsetDateTime::now_utc(), Arc::default())
    }

    fn set(&self, milliseconds: i64) {
        self.1.store(milliseconds, Ordering::SeqCst);
    }

    /// Moves on to where everything is told again.
    fn go_on(&self) {
        self.1.fetch_add(120_000, Ordering::SeqCst);
    }

    fn now(&self) -> OffsetDateTime {
        self.0 + time::Duration::milliseconds(self.1.load(Ordering::SeqCst))
    }

    fn receiver(&self) -> Receiver {
        let receiver: Receiver = provider::KLANG.receiver(secret()).expect("a receiver");
        let clock = self.clone();
        receiver.with_clock(move || clock.now())
    }

    /// A request of the length `length`, with what a parser that is in the way makes of it.
    fn rewritten(&self, length: usize) -> Request<Bytes> {
        let sent = |note: usize| format!(r#"{{"id": "evt_7", "note": "{}"}}"#, "n".repeat(note));
        let sent = sent(length + 2 - sent(0).len());
        let request = self.signed(&sent);
        request.map(|_| sent.replace(": ", ":").into())
    }

    /// A request of the length `length` whose line end was cut off.
    fn cut(&self, length: usize) -> Request<Bytes> {
        let body = "n".repeat(length);
        self.signed(&format!("{body}\n")).map(|_| body.into())
    }

    fn signed(&self, body: &str) -> Request<Bytes> {
        let sender = Sender::new(&provider::KLANG, secret()).expect("a sender");
        sender.with_time(self.now()).body("/hook", body.to_owned()).expect("a request")
    }
}

fn secret() -> Secret {
    Secret::new(SECRET).expect("a secret")
}

fn diagnose() -> Diagnose {
    Diagnose::new(&provider::KLANG, SECRET)
}

/// What was told: the first cause, and the length of the body.
type Report = (Code, usize);

fn reporting(told: Told<Report>) -> Explain {
    Explain::new(diagnose()).with_variable("PATH").with_report(move |diagnosis| _ = told.send(report(diagnosis)))
}

fn report(diagnosis: &Diagnosis) -> Report {
    let text = diagnosis.to_string();
    let length = text.split("the one verified has ").nth(1).and_then(|rest| rest.split([' ', '\n']).next());
    let length = length.and_then(|length| length.trim_end_matches(';').parse().ok());
    (diagnosis.causes().first().expect("a cause").code(), length.unwrap_or_default())
}

fn next(told: &Queue<Report>) -> Report {
    told.recv_timeout(PATIENCE).expect("a report")
}

/// Sends until something is told: what comes while a diagnosis is being made may be left out.
async fn send_until_told(started: &Started, request: &Request<Bytes>, told: &Queue<Report>) -> Report {
    loop {
        started.send(request, Framing::Length).await;
        match told.recv_timeout(Duration::from_millis(20)) {
            Ok(report) => return report,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("the thread has ended"),
        }
    }
}

/// Four kinds of refusals, with the cause of each.
fn refused(clock: &Clock) -> Vec<(Request<Bytes>, Code)> {
    let unsigned = unsigned(clock.signed("{}"));
    let sender = Sender::new(&provider::KLANG, secret()).expect("a sender");
    let old = sender.with_time(clock.now() - time::Duration::DAY).body("/hook", "{}").expect("a request");
    vec![
        (clock.rewritten(100), Code::BodyJson),
        (clock.cut(100), Code::BodyNewline),
        (unsigned, Code::HeaderMissing),
        (old, Code::TimeOld),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_is_answered_as_ever_and_then_explained() {
    for entry in ENTRIES {
        let (clock, (sender, told)) = (Clock::new(), channel());
        let ordinary = entry.start(clock.receiver()).await;
        let explaining = entry.start(clock.receiver().explain_refusals(reporting(sender))).await;
        for framing in [Framing::Length, Framing::Chunks(10)] {
            for place in 0..4 {
                clock.go_on();
                let (request, code) = refused(&clock).swap_remove(place);
                let expected = ordinary.send(&request, framing).await;
                let mut reply = explaining.send(&request, framing).await;
                reply.headers.remove("date");
                let mut headers = expected.headers.clone();
                headers.remove("date");
                assert_eq!((reply.status, reply.text), (expected.status, expected.text), "{entry:?}: {code}");
                assert_eq!(reply.headers, headers, "{entry:?}: {code}");
                assert_eq!(next(&told).0, code, "{entry:?}: {framing:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_waits_and_two_hundred_refusals_are_two_diagnoses_on_one_thread() {
    for entry in ENTRIES {
        let clock = Clock::new();
        let ((begun, beginning), (release, released)) = (channel(), channel::<()>());
        let threads: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
        let (at_once, noted) = (AtomicUsize::new(0), threads.clone());
        let explain = Explain::new(diagnose()).with_variable("PATH").with_report(move |_| {
            assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            noted.lock().expect("nobody panics in here").push(std::thread::current().id());
            begun.send(()).expect("the test waits");
            _ = released.recv();
            at_once.fetch_sub(1, Ordering::SeqCst);
        });
        let started = entry.start(clock.receiver().explain_refusals(explain)).await;
        started.send(&clock.cut(100), Framing::Length).await;
        beginning.recv_timeout(PATIENCE).expect("the first diagnosis");

        // It does not end before all these have their answers.
        for _ in 0..200 {
            clock.go_on();
            assert_eq!(started.send(&clock.cut(100), Framing::Length).await.status, 401, "{entry:?}");
        }
        assert!(explaining_threads() < 100, "{entry:?}");
        drop(release);
        drop(started);
        // The sender of `begun` is dropped when the thread ends.
        assert_eq!(beginning.iter().count(), 1, "{entry:?}: one waited, the others were not looked at");
        let threads: Vec<ThreadId> = threads.lock().expect("nobody panicked in there").clone();
        assert_eq!((threads.len(), threads.iter().collect::<HashSet<_>>().len()), (2, 1), "{entry:?}");
    }
}

/// Those of all tests that run at this moment; the system keeps fifteen bytes of a name.
fn explaining_threads() -> usize {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let names = tasks.flatten().map(|task| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default());
    names.filter(|name| name.starts_with("hookseal-diagno")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_causes_are_told_once_a_minute() {
    for entry in ENTRIES {
        let (clock, (sender, told)) = (Clock::new(), channel());
        let started = entry.start(clock.receiver().explain_refusals(reporting(sender))).await;
        started.send(&clock.cut(101), Framing::Length).await;
        assert_eq!(next(&told), (Code::BodyNewline, 101));
        clock.set(59_999);
        started.send(&clock.cut(102), Framing::Length).await;
        clock.set(61_000);
        assert_eq!(send_until_told(&started, &clock.cut(103), &told).await, (Code::BodyNewline, 103), "{entry:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_causes_are_told_at_once() {
    let (clock, (sender, told)) = (Clock::new(), channel());
    let started = Entry::Own.start(clock.receiver().explain_refusals(reporting(sender))).await;
    started.send(&clock.cut(101), Framing::Length).await;
    assert_eq!(next(&told), (Code::BodyNewline, 101));
    clock.set(1_000);
    started.send(&clock.rewritten(102), Framing::Length).await;
    assert_eq!(next(&told), (Code::BodyJson, 102));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_at_most_one_diagnosis_a_second() {
    for entry in ENTRIES {
        let (clock, (sender, told)) = (Clock::new(), channel());
        let started = entry.start(clock.receiver().explain_refusals(reporting(sender))).await;
        started.send(&clock.cut(101), Framing::Length).await;
        assert_eq!(next(&told), (Code::BodyNewline, 101));
        clock.set(999);
        started.send(&clock.rewritten(102), Framing::Length).await;
        clock.set(1_000);
        assert_eq!(send_until_told(&started, &clock.rewritten(103), &told).await, (Code::BodyJson, 103), "{entry:?}");
        // A clock that was set back does not end it.
        clock.set(-600_000);
        assert_eq!(send_until_told(&started, &clock.cut(104), &told).await, (Code::BodyNewline, 104), "{entry:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_authentic_and_what_was_not_read_is_not_explained() {
    type Case = (&'static str, u16, fn(&Clock) -> Request<Bytes>, Framing);
    let cases: [Case; 5] = [
        ("accepted", 200, |clock| clock.signed(r#"{"id":"evt_7","type":"invoice.paid","data":{}}"#), Framing::Length),
        ("over the limit, by its length", 413, |clock| clock.cut(1001), Framing::Length),
        ("over the limit, in chunks", 413, |clock| clock.cut(1001), Framing::Chunks(100)),
        ("over the limit and unsigned", 413, |clock| unsigned(clock.cut(1001)), Framing::Length),
        ("over the limit in chunks and unsigned", 400, |clock| unsigned(clock.cut(1001)), Framing::Chunks(100)),
    ];
    for entry in ENTRIES {
        for (case, status, request, framing) in cases {
            let (clock, (sender, told)) = (Clock::new(), channel());
            let receiver = clock.receiver().with_max_received(1000).explain_refusals(reporting(sender));
            let started = entry.start(receiver).await;
            assert_eq!(started.send(&request(&clock), framing).await.status, status, "{entry:?}: {case}");
            clock.go_on();
            started.send(&clock.rewritten(200), Framing::Length).await;
            assert_eq!(next(&told), (Code::BodyJson, 200), "{entry:?}: {case}");
        }
    }
}

/// A server of one's own need not read the body of a request that its head decides. What is then missing is no cause.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_was_left_unread_is_no_cause() {
    let (clock, (sender, told)) = (Clock::new(), channel());
    let receiver = clock.receiver().explain_refusals(reporting(sender));
    let sending = Sender::new(&provider::KLANG, secret()).expect("a sender");
    let old = sending.with_time(clock.now() - time::Duration::DAY);
    let mut old = old.body("/hook", "{}").expect("a request");
    old.headers_mut().insert("content-length", "2".parse().expect("a number"));
    let finish = |pieces: &[&'static str], is_broken: bool| {
        let mut intake = receiver.begin(old.headers());
        assert!(intake.is_refused());
        pieces.iter().for_each(|piece| intake.push((*piece).into()));
        if is_broken {
            intake.abort(Rejection::BrokenBody);
        }
        assert!(intake.finish().is_err());
        clock.go_on();
    };
    finish(&[], false);
    finish(&["{"], false);
    finish(&["{", "}"], true);
    let started = Started::Own(receiver.clone());
    started.send(&clock.rewritten(200), Framing::Length).await;
    assert_eq!(next(&told), (Code::BodyJson, 200));
    clock.set(0);
    finish(&["{", "}"], false);
    assert_eq!(next(&told).0, Code::TimeOld, "all of it was read");
}

/// The variables are those that cargo sets for tests.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_debug_build_or_a_variable_that_is_set_explains() {
    for (variable, is_set) in [
        ("HOOKSEAL_NOBODY_SETS_THIS", false),
        ("CARGO_PKG_VERSION_MAJOR", false), // 0
        ("CARGO_PKG_HOMEPAGE", false),      // empty
        ("CARGO_PKG_NAME", true),
    ] {
        let (clock, (sender, told)) = (Clock::new(), channel());
        let explain = Explain::new(diagnose()).with_report(move |diagnosis| _ = sender.send(report(diagnosis)));
        let explain = explain.with_variable(variable);
        let is_active = explain.is_active();
        assert_eq!(is_active, cfg!(debug_assertions) || is_set, "{variable}");
        let started = Entry::Own.start(clock.receiver().explain_refusals(explain)).await;
        started.send(&clock.cut(101), Framing::Length).await;
        // Without a thread, nobody is left who could report.
        let is_told = told.recv_timeout(PATIENCE) == Ok((Code::BodyNewline, 101));
        assert_eq!(is_told, is_active, "{variable}");
    }
}

/// Hands each event over as it is written.
#[derive(Clone)]
struct Events(Told<String>);

impl std::io::Write for Events {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let event = String::from_utf8_lossy(bytes);
        if event.contains(" hookseal::diagnose: ") {
            _ = self.0.send(event.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Events {
    type Writer = Events;

    fn make_writer(&'a self) -> Events {
        self.clone()
    }
}

/// The only test whose diagnoses are logged: the log is that of the process.
#[tokio::test(flavor = "multi_thread")]
async fn the_event_is_a_warning_with_code_and_advice_and_without_the_secret() {
    let (sender, events) = channel();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_thread_names(true)
        .with_max_level(tracing::Level::WARN)
        .with_writer(Events(sender))
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the first");
    let wrapped = format!("\"{SECRET}\"\n");
    for entry in ENTRIES {
        for configured in [SECRET, wrapped.as_str()] {
            let clock = Clock::new();
            let diagnose = Diagnose::new(&provider::KLANG, configured).with_other_secret("staging", SECRET);
            let explain = Explain::new(diagnose).with_variable("PATH");
            let started = entry.start(clock.receiver().explain_refusals(explain)).await;
            let leaking = format!(r#"{{"id": "evt_7", "token": "{SECRET}"}}"#);
            let leaking = clock.signed(&leaking).map(|_| leaking.replace(": ", ":").into());
            let cases = refused(&clock).into_iter().chain([(leaking, Code::BodyJson)]);
            for (request, code) in cases {
                started.send(&request, Framing::Length).await;
                let event = events.recv_timeout(PATIENCE).expect("an event");
                let words = event.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(words.starts_with("WARN hookseal-diagnose hookseal::diagnose: "), "{entry:?}: {event}");
                for part in [r#"provider="klang""#, &format!("[{code}]"), "why the webhook was refused"] {
                    assert!(event.contains(part), "{entry:?}, {part}: {event}");
                }
                assert!(words.contains(&format!("→ {}", code.advice())), "{entry:?}: {event}");
                let parts = SECRET.as_bytes().windows(8).map(|part| std::str::from_utf8(part).expect("ASCII"));
                assert_eq!(parts.filter(|part| event.contains(part)).count(), 0, "{entry:?}: {event}");
                clock.go_on();
            }
        }
    }
}
