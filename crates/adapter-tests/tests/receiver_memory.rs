//! A receiver holds no more of a body than its limit, whoever sends it and in whatever pieces.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::test::TestRequest;
use axum::Router;
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use futures_core::Stream;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider;
use hookseal::receive::{Answer, BodyBudget, Received, Receiver, Webhooks};
use hookseal::testing::Sender;
use hookseal::tower::WebhookLayer;
use http::{HeaderMap, Request};
use http_body::{Body, Frame};
use tower::ServiceExt;

use common::key;
use counting::{allocated, most_held};

mod common;
#[path = "common/counting.rs"]
mod counting;

const LIMIT: usize = 1 << 20;
const SLACK: usize = 256 << 10;

/// `length` bytes, each piece made when it is asked for.
struct Pieces {
    length: usize,
    piece: Piece,
    sent: Arc<AtomicUsize>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = self.length - self.sent.load(Ordering::Relaxed);
        Poll::Ready((left > 0).then(|| {
            let mut piece = (self.piece)();
            piece.truncate(left);
            self.sent.fetch_add(piece.len(), Ordering::Relaxed);
            Ok(Frame::data(piece))
        }))
    }
}

/// The same for actix-web.
impl Stream for Pieces {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_frame(context).map(|frame| frame.and_then(|frame| frame.ok()?.into_data().ok()).map(Ok))
    }
}

type Piece = fn() -> Bytes;

const PIECES: [(&str, Piece); 4] = [
    ("64 KiB at a time", || vec![b'x'; 64 << 10].into()),
    ("one byte at a time", || vec![b'x'].into()),
    ("one byte of a page at a time", || Bytes::from(vec![b'x'; 4 << 10]).slice(..1)),
    ("more than the limit at a time", || vec![b'x'; LIMIT + 1].into()),
];

fn signed(n: u8, body: &[u8]) -> HeaderMap {
    provider::KLANG.signer(key(n)).unwrap().sign("evt_1", body).unwrap()
}

struct Outcome {
    status: u16,
    most_held: usize,
    sent: usize,
}

/// Receives a body of a length, in pieces, under these headers.
struct Adapter(&'static str, fn(&HeaderMap, Pieces) -> (usize, u16));

const ADAPTERS: [Adapter; 3] = [
    Adapter("axum's extractor", |headers, body| {
        let handler = post(async |_: Received| Answer::Processed).with_state(receiver());
        routed(handler, headers, body)
    }),
    Adapter("the layer", |headers, body| {
        routed(post(async || Answer::Processed).layer(WebhookLayer::new(receiver())), headers, body)
    }),
    Adapter("actix-web's extractor", |headers, body| {
        let mut request = TestRequest::post().app_data(receiver());
        for (name, value) in headers {
            request = request.append_header((name.as_str(), value.as_bytes()));
        }
        let (request, stream): (_, Pin<Box<dyn Stream<Item = _>>>) = (request.to_http_request(), Box::pin(body));
        let mut payload = Payload::from(stream);
        let (most_held, received) = most_held(|| {
            let receiving = <Received as actix_web::FromRequest>::from_request(&request, &mut payload);
            runtime().block_on(receiving)
        });
        (most_held, received.map_or_else(|rejection| rejection.status().as_u16(), |_| 200))
    }),
];

fn receiver() -> Receiver {
    provider::KLANG.receiver(key(0)).unwrap().with_max_received(LIMIT)
}

fn routed(handler: MethodRouter, headers: &HeaderMap, body: Pieces) -> (usize, u16) {
    let router = Router::new().route("/", handler);
    let mut request = Request::post("/").body(body).unwrap();
    request.headers_mut().clone_from(headers);
    let (most_held, response) = most_held(|| runtime().block_on(router.oneshot(request)).unwrap());
    (most_held, response.status().as_u16())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

impl Adapter {
    fn receive(&self, headers: &HeaderMap, length: usize, piece: Piece) -> Outcome {
        let sent = Arc::new(AtomicUsize::new(0));
        let (most_held, status) = self.1(headers, Pieces { length, piece, sent: sent.clone() });
        Outcome { status, most_held, sent: sent.load(Ordering::Relaxed) }
    }
}

fn adapters_and_pieces() -> impl Iterator<Item = (Adapter, &'static str, Piece)> {
    ADAPTERS
        .into_iter()
        .flat_map(|Adapter(name, run)| PIECES.map(|(pieces, piece)| (Adapter(name, run), pieces, piece)))
}

#[test]
fn of_an_endless_body_no_more_than_the_limit_is_held_and_twice_that_is_read() {
    for (adapter, pieces, piece) in adapters_and_pieces() {
        let name = adapter.0;
        for (case, headers) in [("forged", signed(1, b"")), ("unsigned", HeaderMap::new())] {
            let Outcome { status, most_held, sent } = adapter.receive(&headers, 64 << 20, piece);
            let case = format!("{name}, {case}, {pieces}: status {status}, {most_held} held, {sent} sent");
            assert!([400, 413].contains(&status), "{case}");
            assert!(most_held < LIMIT + SLACK, "{case}");
            assert!(sent <= 2 * LIMIT + 2 * piece().len(), "{case}");
        }
    }
}

#[test]
fn a_body_that_is_refused_on_its_headers_is_not_held() {
    for (adapter, pieces, piece) in adapters_and_pieces() {
        let name = adapter.0;
        let Outcome { status, most_held, .. } = adapter.receive(&HeaderMap::new(), LIMIT, piece);
        assert_eq!(status, 400, "{name}, {pieces}");
        assert!(most_held < piece().len() + SLACK, "{name}, {pieces}: {most_held} held");
    }
}

/// Copied together at the end, and only then: whoever sent it has the key.
#[test]
fn an_accepted_body_that_came_in_pieces_is_held_twice_at_most() {
    let headers = signed(0, &vec![b'x'; LIMIT]);
    for (adapter, pieces, piece) in adapters_and_pieces() {
        let name = adapter.0;
        let Outcome { status, most_held, .. } = adapter.receive(&headers, LIMIT, piece);
        let copies = if piece().len() < LIMIT { 2 } else { 1 };
        assert_eq!(status, 200, "{name}, {pieces}");
        assert!(most_held < copies * LIMIT + SLACK, "{name}, {pieces}: {most_held} held");
    }
}

/// Bodies of 25 MiB from whoever, all at the same time, piece by piece.
#[test]
fn two_hundred_forged_bodies_hold_no_more_than_the_budget() {
    const COUNT: usize = 200;
    const LARGEST: usize = 25 << 20;
    const BUDGET: usize = 40 << 20;
    // What is not counted, the states of the hashes, and whatever a request has beside its body.
    const EACH: usize = (16 << 10) + (8 << 10);
    let budget = BodyBudget::new(BUDGET);
    let receiver: Receiver = provider::GITHUB.lossy().receiver(key(0)).unwrap().with_body_budget(budget.clone());
    let forged = provider::GITHUB.signer(key(1)).unwrap().sign("id", b"").unwrap();
    for size in [64 << 10, 1 << 20] {
        let piece = Bytes::from(vec![b'x'; size]);
        let (most, statuses) = most_held(|| {
            let mut intakes: Vec<_> = (0..COUNT).map(|_| receiver.begin(&forged)).collect();
            // The first piece is held as it came, so that each needs one of its own.
            intakes.iter_mut().for_each(|intake| intake.push(vec![b'x'; size].into()));
            for _ in 1..LARGEST / size {
                intakes.iter_mut().for_each(|intake| intake.push(piece.clone()));
            }
            let statuses = intakes.into_iter().map(|intake| intake.finish().unwrap_err().status().as_u16());
            statuses.collect::<Vec<_>>()
        });
        let bound = BUDGET + COUNT * EACH + 2 * size;
        assert!(most < bound, "{size} at a time: {most} of {bound} bytes held");
        assert!(statuses.iter().all(|status| [401, 503].contains(status)) && statuses.contains(&503), "{statuses:?}");
        assert_eq!(budget.spent(), 0);
    }

    let body = vec![b'x'; LARGEST];
    let genuine = provider::GITHUB.signer(key(0)).unwrap().sign("id", &body).unwrap();
    let mut intake = receiver.begin(&genuine);
    body.chunks(1 << 20).for_each(|piece| intake.push(Bytes::copy_from_slice(piece)));
    assert_eq!(intake.finish().unwrap().body().len(), LARGEST);
}

#[derive(serde::Deserialize)]
enum Mail {
    #[serde(rename = "click")]
    Clicked { url: String },
}

/// A batch of this many events, as JSON and as a form.
fn batches(count: usize, event: &serde_json::Value) -> [Received; 2] {
    let items = vec![event; count];
    let line = serde_json::json!({ "destination": "U1", "events": items });
    let form = serde_json::to_string(&items).unwrap();
    let form: String = form.bytes().map(|byte| format!("%{byte:02x}")).collect();
    [(&provider::LINE, line.to_string()), (&provider::MANDRILL, format!("mandrill_events={form}"))].map(
        |(provider, body)| {
            let provider = provider.with_public_url("https://example.com/hook").unwrap();
            let request = Sender::new(&provider, key(0)).unwrap().body("/hook", body).unwrap();
            let receiver: Receiver = provider.receiver(key(0)).unwrap();
            let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
            intake.push(request.body().clone());
            intake.finish().unwrap()
        },
    )
}

#[test]
fn the_events_of_a_batch_share_its_body() {
    const COUNT: usize = 200;
    let url = "x".repeat(1000);
    let event = serde_json::json!({"event": "click", "type": "click", "webhookEventId": "1", "timestamp": 1, "ts": 1, "url": url});
    for received in batches(COUNT, &event) {
        let (name, length) = (received.provider().name().to_owned(), received.body().len());
        let (most, read) = most_held(|| {
            let mut webhooks = Webhooks::<Mail>::try_from(received).unwrap();
            let all: Vec<_> = std::iter::from_fn(|| webhooks.next()).collect();
            (all, webhooks)
        });
        assert_eq!(read.0.len(), COUNT, "{name}: {:?}", read.1);
        assert!(
            read.0.iter().all(|webhook| matches!(webhook.event.data(), Mail::Clicked { url } if url.len() == 1000))
        );
        // What each event has of its own beside its data, and some copies of everything.
        let bound = COUNT * (4 << 10) + 6 * length;
        assert!(most < bound, "{name}: {most} of {bound} bytes held for a body of {length}");
    }
}

/// Verbose logging: what is read for the log is read for each event. Those that cannot be read are logged in any case.
#[test]
fn the_log_does_not_read_a_batch_again_for_each_event() {
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(std::io::sink);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let once = Once::new(MemoryStore::new(10_000));
    for (event_type, url) in [("click", "x".into()), ("click", serde_json::Value::Null), ("open", "x".into())] {
        let work = |count: usize| {
            let event = serde_json::json!({"event": event_type, "type": event_type, "webhookEventId": "1", "timestamp": 1, "ts": 1, "url": url});
            batches(count, &event).map(|received| {
                let name = received.provider().name().to_owned();
                let (total, ()) = allocated(|| {
                    let mut webhooks = Webhooks::<Mail>::try_from(received).unwrap();
                    while let Some(webhook) = webhooks.next() {
                        let answer = runtime().block_on(once.run(&webhook, async { Answer::Processed }));
                        webhooks.record(answer);
                    }
                });
                (name, total)
            })
        };
        for ((name, few), (_, many)) in work(100).into_iter().zip(work(800)) {
            assert!(many < 12 * few, "{name}, {event_type} {url}: {few} bytes for 100 events, {many} for 800");
        }
    }
}
