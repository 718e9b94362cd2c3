//! What the bodies of all requests hold together stays within a budget, and is given back whatever becomes of them.

use std::sync::Arc;

use bytes::Bytes;
use hookseal::provider;
use hookseal::receive::{Answer, BodyBudget, Received, Receiver, Rejection};
use http::{HeaderMap, Request};
use tokio::sync::Semaphore;

use common::key;
use server::{App, Connection, Framing, Log, Running, Server, eventually};
use server::{forged, head, receiver, signed, wire};

mod common;
#[path = "common/server.rs"]
mod server;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Of each body, what does not count.
const UNCOUNTED: usize = 16 * KIB;

fn large() -> Request<Bytes> {
    signed(vec![b'x'; MIB])
}

fn spent() -> Rejection {
    Rejection::BudgetSpent { bytes: 0 }
}

/// A handler that notes the size of each body.
fn sizes(budget: &BodyBudget, log: &Log) -> App {
    let handler = log.noting(|received: Received| received.body().len());
    App::default().route("/hook", receiver().with_body_budget(budget.clone()), handler)
}

/// Connections that have sent a large forged body but for its last bytes.
async fn stalled(running: &Running, count: usize, framing: Framing) -> Vec<(Connection, Vec<u8>)> {
    let request = forged(large());
    let mut connections = Vec::new();
    for _ in 0..count {
        let mut whole = wire(&request, framing);
        let rest = whole.split_off(whole.len() - 100);
        let mut connection = running.connect().await;
        connection.write(&whole).await;
        connections.push((connection, rest));
    }
    connections
}

#[tokio::test]
async fn forged_bodies_stay_within_the_budget_and_genuine_ones_follow() {
    for (server, framing) in
        Server::ALL.into_iter().flat_map(|s| [Framing::Length, Framing::Chunks(10_000)].map(|f| (s, f)))
    {
        let (log, budget) = (Log::default(), BodyBudget::new(4 * MIB));
        let running = server.start(&sizes(&budget, &log)).await;
        let mut senders = stalled(&running, 4, framing).await;
        eventually("a spent budget", async || budget.spent() == 4 * (MIB - UNCOUNTED)).await;
        senders.extend(stalled(&running, 16, framing).await);

        // What is small gets through all the same, and what is large is asked to come again.
        let small = signed(vec![b'x'; UNCOUNTED]);
        running.connect().await.send(&small, framing).await.assert_says(&Answer::Processed, server);
        running.connect().await.send(&large(), framing).await.assert_says(&spent(), (server, framing));
        assert_eq!(log.take(), [UNCOUNTED.to_string()], "{server:?}");

        let mut statuses = Vec::new();
        for (mut connection, rest) in senders {
            connection.write(&rest).await;
            statuses.push(connection.reply().await.expect("an answer").status);
            assert!(budget.spent() <= budget.bytes());
        }
        let count = |status| statuses.iter().filter(|s| **s == status).count();
        assert_eq!((count(401), count(503)), (4, 16), "{server:?}, {framing:?}: {statuses:?}");
        for _ in 0..5 {
            running.connect().await.send(&large(), framing).await.assert_says(&Answer::Processed, server);
        }
        assert_eq!(log.count(), 5, "{server:?}");
        eventually("all given back", async || budget.spent() == 0).await;
    }
}

#[tokio::test]
async fn a_sender_that_goes_away_gives_back_what_it_held() {
    for server in Server::ALL {
        let budget = BodyBudget::new(4 * MIB);
        let running = server.start(&sizes(&budget, &Log::default())).await;
        for framing in [Framing::Length, Framing::Chunks(10_000)] {
            let stalled = stalled(&running, 3, framing).await;
            eventually("what they hold", async || budget.spent() > 2 * MIB).await;
            drop(stalled);
            eventually("all given back", async || budget.spent() == 0).await;
        }
    }
}

#[tokio::test]
async fn a_body_counts_until_its_handler_is_done_with_it() {
    for server in Server::ALL {
        let (budget, gate) = (BodyBudget::new(4 * MIB), Arc::new(Semaphore::new(0)));
        let (log, opened) = (Log::default(), gate.clone());
        let noting = log.clone();
        let handler = move |received: Received| {
            let (log, gate) = (noting.clone(), opened.clone());
            async move {
                // Also by a task that goes on when the sender has its answer.
                let clone = received.clone();
                tokio::spawn(async move {
                    let _open = gate.acquire().await.unwrap();
                    log.note(clone.body().len().to_string());
                });
                Answer::Accepted
            }
        };
        let receiver: Receiver = receiver().with_body_budget(budget.clone());
        let running = server.start(&App::default().route("/hook", receiver, handler)).await;
        for framing in [Framing::Length, Framing::Chunks(10_000)] {
            running.connect().await.send(&large(), framing).await.assert_says(&Answer::Accepted, server);
            // Not what was reserved for its pieces, which may be more.
            assert_eq!(budget.spent(), MIB - UNCOUNTED, "{server:?}");
            gate.add_permits(1);
            eventually("the end", async || log.count() == 1).await;
            eventually("all given back", async || budget.spent() == 0).await;
            let _ = (log.take(), gate.forget_permits(1));
        }
    }
}

/// actix-web asks for the body before a handler can refuse.
#[tokio::test]
async fn a_body_that_is_declared_and_does_not_fit_is_not_asked_for() {
    for server in [Server::Axum, Server::Layer] {
        let budget = BodyBudget::new(MIB);
        let running = server.start(&sizes(&budget, &Log::default())).await;
        let _stalled = stalled(&running, 1, Framing::Length).await;
        eventually("a spent budget", async || budget.spent() > MIB / 2).await;
        let mut request = large();
        request.headers_mut().insert("expect", "100-continue".parse().unwrap());
        let mut connection = running.connect().await;
        connection.write(&head(&request, Framing::Length)).await;
        connection.reply().await.unwrap().assert_says(&spent(), server);
    }
}

/// For GitHub, with a limit of 25 MiB.
fn github(budget: &BodyBudget) -> Receiver {
    provider::GITHUB.lossy().receiver(key(0)).unwrap().with_body_budget(budget.clone())
}

fn headers(n: u8, body: &[u8]) -> HeaderMap {
    provider::GITHUB.signer(key(n)).unwrap().sign("id", body).unwrap()
}

#[test]
fn a_declared_length_reserves_nothing() {
    let budget = BodyBudget::new(10 * MIB);
    let receiver = github(&budget);
    let mut forged = headers(1, b"");
    forged.insert("content-length", (9 * MIB).into());
    let intakes: Vec<_> = (0..100).map(|_| receiver.begin(&forged)).collect();
    assert!(intakes.iter().all(|intake| !intake.is_refused()));
    assert_eq!(budget.spent(), 0);
}

#[test]
fn a_body_that_never_fits_is_too_large() {
    let budget = BodyBudget::new(MIB);
    let receiver = github(&budget);
    for length in [MIB + UNCOUNTED, MIB + UNCOUNTED + 1] {
        let body = vec![b'x'; length];
        let (plain, mut declared) = (headers(0, &body), headers(0, &body));
        declared.insert("content-length", length.into());
        for (headers, size) in [&plain, &declared].into_iter().flat_map(|h| [1000, length].map(|size| (h, size))) {
            let mut intake = receiver.begin(headers);
            body.chunks(size).for_each(|piece| intake.push(Bytes::copy_from_slice(piece)));
            match intake.finish() {
                Ok(received) => assert_eq!(received.body().len(), MIB + UNCOUNTED),
                Err(rejection) => assert_eq!(rejection, Rejection::TooLarge { limit: MIB + UNCOUNTED }, "{length}"),
            }
            assert_eq!(budget.spent(), 0);
        }
    }
    let nothing = github(&BodyBudget::new(0));
    let body = vec![b'x'; UNCOUNTED];
    let headers = headers(0, &body);
    let mut intake = nothing.begin(&headers);
    intake.push(body.into());
    assert!(intake.finish().is_ok(), "the first 16 KiB count nowhere");
}

#[test]
fn whatever_becomes_of_a_request_its_share_is_given_back() {
    let budget = BodyBudget::new(2 * MIB);
    let receiver = github(&budget).with_max_received(MIB);
    let body = vec![b'x'; MIB];
    let (genuine, forged) = (headers(0, &body), headers(1, &body));
    for size in [1, 1000, UNCOUNTED, UNCOUNTED + 1, MIB / 2, MIB] {
        let feed = |headers| {
            let mut intake = receiver.begin(headers);
            for piece in body.chunks(size).map(Bytes::copy_from_slice) {
                intake.push(piece);
                assert!(budget.spent() <= budget.bytes());
            }
            assert!(budget.spent() >= MIB - UNCOUNTED);
            intake
        };
        drop(feed(&genuine));
        assert_eq!(budget.spent(), 0, "given up");

        assert!(feed(&forged).finish().is_err());
        assert_eq!(budget.spent(), 0, "forged");

        let mut aborted = feed(&genuine);
        aborted.abort(Rejection::BrokenBody);
        assert_eq!(budget.spent(), 0, "aborted, and still being drained");
        drop(aborted);

        let mut too_large = feed(&genuine);
        too_large.push(Bytes::from_static(b"x"));
        assert_eq!(budget.spent(), 0, "too large, and still being drained");
        drop(too_large);

        let received = feed(&genuine).finish().unwrap();
        let clone = received.clone();
        drop(received);
        assert_eq!(budget.spent(), MIB - UNCOUNTED);
        let kept = clone.body().clone();
        drop(clone);
        assert_eq!((budget.spent(), kept.len()), (0, MIB), "bytes that are kept longer are the application's");
    }
}

#[test]
fn receivers_that_were_given_no_budget_share_one() {
    let github: Receiver = provider::GITHUB.lossy().receiver(key(0)).unwrap();
    let tenant: Receiver = provider::GITHUB.lossy().tenant_receiver("tenant-7", Ok(key(1))).unwrap();
    let nobody: Receiver = provider::CALLINTEL.refusing_receiver("nobody").unwrap();
    let forged = headers(1, b"");
    let mut intake = github.begin(&forged);
    intake.push(vec![b'x'; MIB].into());
    for receiver in [&github, &tenant, &nobody] {
        assert_eq!(receiver.body_budget().bytes(), 256 * MIB);
        assert!(receiver.body_budget().spent() >= MIB - UNCOUNTED);
    }
}
