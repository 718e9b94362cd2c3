//! Bodies over real sockets: slow, broken, chunked, endless, too large, and from senders that write all before they read.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hookseal::VerifyError;
use hookseal::receive::{Answer, Received, Rejection};
use http::{HeaderName, Request};
use http_body_util::Limited;
use tower::util::MapRequestLayer;

use server::{App, Framing, Log, PATIENCE, Running, Server, chunk, head};
use server::{SIGNATURE, forged, paid, receiver, signed, unsigned};

mod common;
#[path = "common/server.rs"]
mod server;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// A handler that takes the bytes, and notes how many.
fn sizes(log: &Log) -> App {
    sizes_up_to(MIB, log)
}

fn sizes_up_to(limit: usize, log: &Log) -> App {
    let handler = log.noting(|received: Received| received.body().len());
    App::default().route("/hook", receiver().with_max_received(limit), handler)
}

fn missing_signature() -> Rejection {
    VerifyError::MissingHeader { header: HeaderName::from_static(SIGNATURE) }.into()
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_verified() {
    for server in Server::ALL {
        let log = Log::default();
        let handler = log.noting(|received: Received| String::from_utf8_lossy(received.body()).into_owned());
        let running = server.start(&App::default().route("/hook", receiver(), handler)).await;
        let request = paid(7);
        let mut connection = running.connect().await;
        connection.write(&head(&request, Framing::Chunks(1))).await;
        for byte in request.body().chunks(1) {
            connection.write(&chunk(byte)).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        connection.write(&chunk(b"")).await;
        connection.reply().await.unwrap().assert_says(&Answer::Processed, server);
        assert_eq!(log.take(), [String::from_utf8_lossy(request.body())], "{server:?}");
    }
}

#[tokio::test]
async fn a_body_may_have_any_framing_and_any_length_up_to_the_limit() {
    const LIMIT: usize = 300_000;
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes_up_to(LIMIT, &log)).await;
        let framings = [Framing::Length, Framing::Chunks(LIMIT), Framing::Chunks(1000), Framing::Chunks(7)];
        for (length, framing) in [0, 1, LIMIT - 1, LIMIT].into_iter().flat_map(|n| framings.map(|f| (n, f))) {
            let reply = running.connect().await.send(&signed(vec![b'x'; length]), framing).await;
            reply.assert_says(&Answer::Processed, (server, length, framing));
            assert_eq!(log.take(), [length.to_string()], "{server:?}: {framing:?}");
        }
        for framing in framings {
            let reply = running.connect().await.send(&signed(vec![b'x'; LIMIT + 1]), framing).await;
            reply.assert_says(&Rejection::TooLarge { limit: LIMIT }, (server, framing));
            assert_eq!(log.count(), 0, "{server:?}: {framing:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_declares_no_body_has_an_empty_one() {
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes(&log)).await;
        let head = String::from_utf8(head(&signed(""), Framing::Length)).unwrap();
        let mut connection = running.connect().await;
        connection.write(head.replace("content-length: 0\r\n", "").as_bytes()).await;
        connection.reply().await.unwrap().assert_says(&Answer::Processed, server);
        assert_eq!(log.take(), ["0"], "{server:?}");
    }
}

#[tokio::test]
async fn a_sender_that_waits_to_be_asked_for_the_body_is_asked() {
    for server in Server::ALL {
        let running = server.start(&sizes(&Log::default())).await;
        let mut request = paid(7);
        request.headers_mut().insert("expect", "100-continue".parse().unwrap());
        let mut connection = running.connect().await;
        connection.write(&head(&request, Framing::Length)).await;
        assert_eq!(connection.reply().await.unwrap().status, 100, "{server:?}");
        connection.write(request.body()).await;
        connection.reply().await.unwrap().assert_says(&Answer::Processed, server);
    }
}

/// actix-web asks before a handler can refuse.
#[tokio::test]
async fn a_sender_that_waits_to_be_asked_for_the_body_is_refused_without_it() {
    for server in [Server::Axum, Server::Layer] {
        let running = server.start(&sizes(&Log::default())).await;
        let mut request = unsigned(paid(7));
        request.headers_mut().insert("expect", "100-continue".parse().unwrap());
        let mut connection = running.connect().await;
        connection.write(&head(&request, Framing::Length)).await;
        connection.reply().await.unwrap().assert_says(&missing_signature(), server);
    }
}

#[tokio::test]
async fn a_body_is_verified_and_handed_over_as_it_came_whatever_its_coding() {
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes(&log)).await;
        for coding in ["gzip", "br", "deflate"] {
            let mut request = signed("not compressed at all");
            request.headers_mut().insert("content-encoding", coding.parse().unwrap());
            running.send(request).await.assert_says(&Answer::Processed, (server, coding));
            assert_eq!(log.take(), ["21"], "{server:?}: {coding}");
        }
    }
}

#[tokio::test]
async fn a_signature_behind_the_body_is_none() {
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes(&log)).await;
        let request = paid(7);
        let signature = request.headers()[SIGNATURE].to_str().unwrap().to_owned();
        let mut connection = running.connect().await;
        connection.write(&head(&unsigned(request.clone()), Framing::Chunks(1))).await;
        connection.write(&chunk(request.body())).await;
        connection.write(format!("0\r\n{SIGNATURE}: {signature}\r\n\r\n").as_bytes()).await;
        assert_eq!(connection.reply().await.unwrap().status, 400, "{server:?}");
        assert_eq!(log.count(), 0, "{server:?}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_reaches_no_handler_and_harms_no_other_request() {
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes(&log)).await;
        let request = signed(vec![b'x'; 10_000]);
        for framing in [Framing::Length, Framing::Chunks(1000)] {
            let whole = server::wire(&request, framing);
            let mut half_closed = running.connect().await;
            half_closed.write(&whole[..whole.len() / 2]).await;
            half_closed.finish_writing().await;
            if let Some(reply) = half_closed.reply().await {
                reply.assert_says(&Rejection::BrokenBody, (server, framing));
            }
            let mut gone = running.connect().await;
            gone.write(&whole[..whole.len() / 2]).await;
            drop(gone);
            assert_eq!(log.take(), [""; 0], "{server:?}: {framing:?}");

            running.connect().await.send(&request, framing).await.assert_says(&Answer::Processed, server);
            assert_eq!(log.take(), ["10000"], "{server:?}: {framing:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_goes_on_after_a_refusal() {
    const LIMIT: usize = 300_000;
    let body = |length| signed(vec![b'x'; length]);
    let small = [10, LIMIT].map(body);
    let large = [LIMIT + 1, LIMIT * 3 / 2, LIMIT * 2].map(body);
    let requests: Vec<_> = small.clone().map(unsigned).into_iter().chain(small.map(forged)).chain(large).collect();
    let mut broken = Vec::new();
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes_up_to(LIMIT, &log)).await;
        for (request, framing) in
            requests.iter().flat_map(|r| [Framing::Length, Framing::Chunks(10_000)].map(|f| (r, f)))
        {
            if !goes_on_after(&running, request, framing).await {
                broken.push(format!("{server:?}: {} bytes, {framing:?}", request.body().len()));
            }
        }
        assert!(log.take().iter().all(|size| size == "4"), "{server:?}: a handler ran for a refused request");
    }
    assert!(broken.is_empty(), "connections closed after a refusal: {broken:#?}");
}

/// Whether a connection serves a good request after this one.
async fn goes_on_after(running: &Running, refused: &Request<Bytes>, framing: Framing) -> bool {
    let mut connection = running.connect().await;
    let Some(reply) = connection.try_send(refused, framing).await else { return false };
    assert!([400, 401, 413].contains(&reply.status), "{reply:?}");
    let Some(reply) = connection.try_send(&signed("good"), Framing::Length).await else { return false };
    reply.assert_says(&Answer::Processed, framing);
    true
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_answered_with_413_whatever_the_signature() {
    for server in Server::ALL {
        let running = server.start(&sizes_up_to(1000, &Log::default())).await;
        for request in [signed(vec![b'x'; 1001]), unsigned(signed(vec![b'x'; 1001]))] {
            running.send(request).await.assert_says(&Rejection::TooLarge { limit: 1000 }, server);
        }
    }
}

#[tokio::test]
async fn the_receivers_limit_replaces_the_frameworks() {
    for server in Server::ALL {
        let log = Log::default();
        let running = server.start(&sizes_up_to(4 * MIB, &log)).await;
        for length in [300 * KIB, 3 * MIB] {
            for framing in [Framing::Length, Framing::Chunks(64 * KIB)] {
                let reply = running.connect().await.send(&signed(vec![b'x'; length]), framing).await;
                reply.assert_says(&Answer::Processed, (server, framing));
                assert_eq!(log.take(), [length.to_string()], "{server:?}: {framing:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_limit_around_the_body_is_recognised() {
    let limit = MapRequestLayer::new(|request: Request<Body>| request.map(|body| Body::new(Limited::new(body, 1000))));
    for server in [Server::Axum, Server::Layer] {
        let log = Log::default();
        let App { extractors, layered, .. } = sizes(&log);
        let app = App::default().merge(extractors.layer(limit.clone()), layered.layer(limit.clone()));
        let running = server.start(&app).await;
        running.send(signed(vec![b'x'; 1000])).await.assert_says(&Answer::Processed, server);
        running.send(signed(vec![b'x'; 1001])).await.assert_says(&Rejection::OverForeignLimit, server);
        assert_eq!(log.take(), ["1000"], "{server:?}");
    }
}

/// Writes everything before it reads anything, as many senders do. An error is a connection that broke.
fn write_all_then_read(address: SocketAddr, request: &Request<Bytes>, framing: Framing) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&server::wire(request, framing))?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}

async fn status_for_blocking_sender(running: &Running, request: &Request<Bytes>, framing: Framing) -> String {
    let (address, mut request) = (running.address, request.clone());
    request.headers_mut().insert("connection", "close".parse().unwrap());
    let sending = tokio::task::spawn_blocking(move || write_all_then_read(address, &request, framing));
    match sending.await.unwrap() {
        Ok(reply) => server::parse_head(&reply).0.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Ten times for each framing: whether a connection breaks can be chance.
async fn assert_blocking_sender_reads(status: u16, limit: usize, request: &Request<Bytes>) {
    let mut others = Vec::new();
    for server in Server::ALL {
        let running = server.start(&sizes_up_to(limit, &Log::default())).await;
        for framing in [Framing::Length, Framing::Chunks(64 * KIB)] {
            for _ in 0..10 {
                let result = status_for_blocking_sender(&running, request, framing).await;
                if result != status.to_string() {
                    others.push(format!("{server:?}, {framing:?}: {result}"));
                }
            }
        }
    }
    assert!(others.is_empty(), "{} bytes, not {status}: {others:#?}", request.body().len());
}

#[tokio::test]
async fn a_sender_that_writes_all_before_it_reads_learns_that_its_headers_are_refused() {
    assert_blocking_sender_reads(400, 16 * MIB, &unsigned(signed(vec![b'x'; 8 * MIB]))).await;
}

#[tokio::test]
async fn a_sender_that_writes_all_before_it_reads_learns_that_its_body_is_too_large() {
    for length in [2 * MIB + 1, 3 * MIB, 4 * MIB] {
        assert_blocking_sender_reads(413, 2 * MIB, &signed(vec![b'x'; length])).await;
    }
}
