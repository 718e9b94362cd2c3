//! What is promised, held against worker processes that are killed, frozen and cut off, and a database that crashes.

use std::process::Stdio;
use std::time::Duration;

use common::{Answer, BAD, OK, PATIENCE, Receiver, Running, Stage};
use hookseal_outbox::{Missed, NewEvent, enqueue};
use outbox::platform;
use test_postgres::Postgres;
use tokio::process::{Child, Command};

#[path = "../../../crates/hookseal-outbox/tests/common/mod.rs"]
mod common;

/// A worker process. It is killed when it is dropped.
fn worker(stage: &Stage) -> Child {
    worker_by(Command::new(env!("CARGO_BIN_EXE_outbox")), stage)
}

fn worker_by(mut command: Command, stage: &Stage) -> Child {
    command.arg("worker").arg(&stage.address).stdin(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
}

fn signal(worker: &Child, signal: &str) {
    let id = worker.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
}

/// Endpoints of which each tenth answer is an error.
async fn endpoints(stage: &mut Stage, number: usize) -> Receiver {
    let receiver = Receiver::start(Answer::Turns(&[OK, OK, OK, OK, OK, OK, OK, OK, OK, BAD])).await;
    for _ in 0..number {
        let mut subscription = common::subscription(&receiver.url);
        subscription.retry_policy =
            Some(serde_json::from_value(serde_json::json!({ "delays": vec![0.05; 50], "jitter": "none" })).unwrap());
        stage.subscribe("t", &subscription).await;
    }
    receiver
}

async fn delivered(stage: &Stage, number: i64) {
    stage.all_sent().await;
    stage.wait_for(number, "SELECT FROM hookseal.attempts WHERE state = 'delivered'").await;
    stage.check_log().await;
    assert_eq!(stage.count("SELECT FROM hookseal.ended").await, 0);
}

#[tokio::test]
async fn workers_that_are_killed_lose_nothing() {
    let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
    let receiver = endpoints(&mut stage, 20).await;
    let mut workers = [worker(&stage), worker(&stage), worker(&stage)];
    for round in 0..8 {
        stage.enqueue(round * 100..round * 100 + 100).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        let victim = round % workers.len();
        workers[victim].kill().await.unwrap();
        workers[victim] = worker(&stage);
    }
    delivered(&stage, 800 * 20).await;
    assert_eq!(receiver.events(), 800);
}

#[tokio::test]
async fn a_frozen_worker_holds_up_neither_its_fellows_nor_the_business() {
    let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
    let receiver = endpoints(&mut stage, 20).await;
    let mut frozen = worker(&stage);
    stage.enqueue(0..100).await;
    stage.wait_for(64, "SELECT FROM hookseal.buckets WHERE owner IS NOT NULL").await;
    let _fellow = worker(&stage);
    // At whatever it does, again and again: the business never waits, not even for a second.
    stage.execute("SET statement_timeout = '1s'", &[]).await;
    let outbox = stage.outbox.clone();
    for round in 0..6 {
        stage.enqueue(100 + round * 10..110 + round * 10).await;
        tokio::time::sleep(Duration::from_millis(37)).await;
        signal(&frozen, "-STOP");
        for endpoint in [1, 2] {
            outbox.pause(&mut stage.db, endpoint).await.unwrap();
            outbox.resume(&mut stage.db, endpoint, Missed::Send).await.unwrap();
            let subscription = outbox.endpoint(&stage.db, endpoint).await.unwrap().subscription;
            outbox.update_subscription(&mut stage.db, endpoint, &subscription).await.unwrap();
        }
        stage.enqueue(200 + round * 10..210 + round * 10).await;
        if round == 5 {
            break;
        }
        signal(&frozen, "-CONT");
    }
    stage.execute("SET statement_timeout = 0", &[]).await;
    // Past its lease, its fellow sends everything; then it thaws, and its outcomes come too late.
    delivered(&stage, 220 * 20).await;
    signal(&frozen, "-CONT");
    stage.enqueue(300..310).await;
    delivered(&stage, 230 * 20).await;
    assert_eq!(receiver.events(), 230);
    assert!(frozen.try_wait().unwrap().is_none(), "it goes on");
}

#[tokio::test]
async fn a_database_that_crashes_loses_no_event() {
    // Its own, with everything that a crash could lose on disk.
    let Some(mut server) = Postgres::start_or_skip(&[]) else { return };
    let config: tokio_postgres::Config = server.address().parse().unwrap();
    let mut stage = Stage::on(&platform::provider(), config.clone(), server.address()).await;
    let receiver = endpoints(&mut stage, 10).await;
    let _workers = [worker(&stage), worker(&stage)];
    for round in 0..3 {
        stage.enqueue(round * 200..round * 200 + 200).await;
        tokio::time::sleep(Duration::from_millis(120)).await;
        server.crash(1).unwrap();
        let up = async {
            loop {
                tokio::time::sleep(Duration::from_millis(200)).await;
                if let Ok((client, connection)) = config.connect(tokio_postgres::NoTls).await {
                    tokio::spawn(connection);
                    break client;
                }
            }
        };
        stage.db = tokio::time::timeout(PATIENCE, up).await.expect("the server is up again");
    }
    delivered(&stage, 600 * 10).await;
    assert_eq!(receiver.events(), 600);
}

#[tokio::test]
async fn connections_that_are_cut_lose_nothing() {
    let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
    let receiver = endpoints(&mut stage, 10).await;
    let _workers = [worker(&stage), worker(&stage)];
    for round in 0..10 {
        stage.enqueue(round * 50..round * 50 + 50).await;
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = 'hookseal-outbox' AND datname = current_database() AND pid % 2 = $1";
        stage.execute(cut, &[&(round as i32 % 2)]).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    delivered(&stage, 500 * 10).await;
    assert_eq!(receiver.events(), 500);
}

#[tokio::test]
async fn what_is_rolled_back_is_never_sent() {
    let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
    let receiver = endpoints(&mut stage, 3).await;
    let _worker = worker(&stage);
    let mut business = stage.connect().await;
    for number in 0..200 {
        let tx = business.transaction().await.unwrap();
        let (id, kept) = (format!("e{number}"), number % 2 == 0);
        let body = format!(r#"{{"id":"{id}"}}"#);
        enqueue(&tx, &NewEvent::new("t", "order.paid", &id, body.as_bytes())).await.unwrap();
        if kept { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
    }
    delivered(&stage, 300).await;
    let arrived = receiver.arrived.lock().unwrap();
    assert!((0..200).all(|number| arrived.contains_key(&format!("e{number}")) == (number % 2 == 0)));
}

#[tokio::test]
async fn a_worker_whose_clock_is_an_hour_off_sends_in_time() {
    let required = std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    if std::process::Command::new("faketime").arg("--version").output().is_err() {
        assert!(!required, "faketime is not installed");
        return eprintln!("SKIPPED, NOTHING WAS TRIED: faketime is not installed");
    }
    for offset in ["+1h", "-1h"] {
        let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
        let receiver = endpoints(&mut stage, 2).await;
        let mut command = Command::new("faketime");
        command.arg("-f").arg(offset).arg(env!("CARGO_BIN_EXE_outbox")).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let shifted = worker_by(command, &stage);
        stage.enqueue(0..50).await;
        // Not due yet by the database's clock. In one transaction, or a worker could be faster.
        stage.execute("BEGIN", &[]).await;
        stage.enqueue(50..51).await;
        let later = "UPDATE hookseal.deliveries SET due_at = now() + interval '50 minutes' WHERE event = (
            SELECT id FROM hookseal.events WHERE event_id = 'e50')";
        stage.execute(later, &[]).await;
        stage.execute("COMMIT", &[]).await;
        stage.wait_for(2, "SELECT FROM hookseal.deliveries").await;
        let wrong = "SELECT FROM hookseal.attempts WHERE abs(extract(epoch FROM started_at - now())) > 300";
        assert_eq!(stage.count(wrong).await, 0, "the log has the database's time");
        // Receivers that check the time accept what it signs.
        let secret = hookseal::Secret::new(common::SECRET).unwrap();
        receiver.verify_all(&platform::provider().verifier(secret).unwrap());
        let _fellow = worker(&stage);
        stage.enqueue(100..150).await;
        stage.wait_for(2, "SELECT FROM hookseal.deliveries").await;
        stage.wait_for(200, "SELECT FROM hookseal.attempts WHERE state = 'delivered'").await;
        drop(shifted);
    }
}

#[tokio::test]
async fn two_versions_work_side_by_side() {
    let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
    let receiver = endpoints(&mut stage, 10).await;
    let _old = worker(&stage);
    stage.enqueue(0..50).await;
    // What a newer version may do: add what older ones do not need, under their feet.
    for table in ["deliveries", "endpoints", "events", "attempts", "ended", "workers", "buckets", "wants"] {
        stage.execute(&format!("ALTER TABLE hookseal.{table} ADD COLUMN newer integer DEFAULT 5"), &[]).await;
    }
    stage.execute("INSERT INTO hookseal.version (number) VALUES (2)", &[]).await;
    // And rows that only it can handle.
    stage.enqueue(50..100).await;
    let _also_old = worker(&stage);
    stage.enqueue(100..150).await;
    delivered(&stage, 150 * 10).await;
    stage.execute("UPDATE hookseal.endpoints SET max_in_flight = 1", &[]).await;
    stage.enqueue(150..160).await;
    stage.execute("UPDATE hookseal.deliveries SET format = 2, due_at = now() + interval '1 s'", &[]).await;
    stage.enqueue(160..170).await;
    stage.wait_for(0, "SELECT FROM hookseal.deliveries WHERE format = 1").await;
    stage.wait_for(0, "SELECT FROM hookseal.deliveries WHERE format = 2 AND faults = 0").await;
    // The newer worker comes, which is this version here.
    stage.execute("UPDATE hookseal.deliveries SET format = 1, due_at = now()", &[]).await;
    stage.all_sent().await;
    stage.check_log().await;
    assert_eq!(receiver.events(), 170);
}

#[tokio::test]
async fn a_worker_that_is_asked_to_stop_ends_what_it_has_begun() {
    let Some(mut stage) = Stage::of(&platform::provider()).await else { return };
    let receiver = Receiver::start(Answer::After(Duration::from_millis(700))).await;
    for _ in 0..10 {
        stage.endpoint(&receiver.url).await;
    }
    stage.enqueue(0..20).await;
    let mut first = worker(&stage);
    while receiver.total() < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(first.stdin.take());
    let status = tokio::time::timeout(PATIENCE, first.wait()).await.expect("it stops").unwrap();
    assert!(status.success());
    let sent = receiver.total();
    assert_eq!(stage.count("SELECT FROM hookseal.attempts WHERE state = 'delivered'").await, sent as i64);
    assert_eq!(stage.count("SELECT FROM hookseal.buckets WHERE owner IS NOT NULL").await, 0);
    receiver.answers(Answer::Bytes(OK));
    let second = Running::start(stage.worker());
    delivered(&stage, 200).await;
    second.stop().await;
    assert_eq!(receiver.total(), 200, "nothing is sent twice");
}
