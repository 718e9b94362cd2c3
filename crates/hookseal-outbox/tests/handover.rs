//! What a worker does, and leaves alone, when its buckets change hands.

use std::time::Duration;

use common::{Answer, BAD, OK, Receiver, Running, Stage, subscription};
use hookseal_outbox::NewEvent;

mod common;

const ALL_OWNED: &str = "SELECT FROM hookseal.buckets WHERE owner IS NOT NULL";

/// Gives the bucket of an endpoint to a worker that is only a row, and does nothing.
async fn take_away(stage: &Stage, endpoint: i64) {
    let other = "
        WITH other AS (
            INSERT INTO hookseal.workers (until, version) VALUES (now() + interval '1 hour', 'other') RETURNING id
        )
        UPDATE hookseal.buckets SET owner = other.id FROM other WHERE bucket = $1::bigint % 64";
    stage.execute(other, &[&endpoint]).await;
}

async fn give_back(stage: &Stage, endpoint: i64) {
    stage.execute("DELETE FROM hookseal.workers WHERE version = 'other'", &[]).await;
    stage.execute("UPDATE hookseal.buckets SET owner = NULL WHERE bucket = $1::bigint % 64", &[&endpoint]).await;
}

/// As the worker does that finds it out.
async fn disable(stage: &Stage, endpoint: i64, why: &str) {
    let health = format!(r#"{{"consecutive_failures":0,"disabled":"{why}","disabled_at":1763729000000}}"#);
    let statement = "UPDATE hookseal.endpoints SET health = $2::text::jsonb WHERE id = $1";
    stage.execute(statement, &[&endpoint, &health]).await;
}

async fn is_disabled(stage: &Stage, why: &str) -> bool {
    stage.count(&format!("SELECT FROM hookseal.endpoints WHERE health->>'disabled' = '{why}'")).await == 1
}

async fn first_request(receiver: &Receiver) {
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_health_that_the_next_owner_of_a_bucket_has_stored_is_kept() {
    // Whether the worker has noticed that the bucket is not its own any more, or looks once in ten seconds.
    for (lease, wait) in
        [(Duration::from_millis(900), Duration::from_secs(1)), (Duration::from_secs(60), Duration::ZERO)]
    {
        let Some(mut stage) = Stage::new().await else { return };
        let receiver = Receiver::start(Answer::Late(Duration::from_millis(1900), BAD)).await;
        let id = stage.endpoint(&receiver.url).await;
        let worker = Running::start(stage.worker().with_lease(lease));
        stage.enqueue(0..1).await;
        first_request(&receiver).await;
        take_away(&stage, id).await;
        tokio::time::sleep(wait).await;
        disable(&stage, id, "gone").await;
        stage.execute("DELETE FROM hookseal.wants", &[]).await;
        stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 500").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(is_disabled(&stage, "gone").await, "lease {lease:?}");
        worker.stop().await;
        assert!(is_disabled(&stage, "gone").await, "lease {lease:?}");
    }
}

#[tokio::test]
async fn a_worker_that_gets_a_bucket_back_knows_what_others_have_found_out() {
    // Whether it has noticed that it had lost the bucket.
    for has_noticed in [true, false] {
        let Some(mut stage) = Stage::new().await else { return };
        let receiver = Receiver::start(Answer::Late(Duration::from_millis(1900), BAD)).await;
        let id = stage.endpoint(&receiver.url).await;
        let worker = Running::start(stage.worker());
        stage.enqueue(0..1).await;
        first_request(&receiver).await;
        if has_noticed {
            take_away(&stage, id).await;
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        disable(&stage, id, "consecutive-failures").await;
        give_back(&stage, id).await;
        stage.wait_for(64, ALL_OWNED).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(stage.enqueue(1..2).await, 1);
        let aside = "SELECT FROM hookseal.deliveries d JOIN hookseal.events v ON v.id = d.event
            WHERE v.event_id = 'e1' AND d.lane = d.endpoint";
        stage.wait_for(1, aside).await;
        stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 500").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        worker.stop().await;
        assert_eq!(receiver.total(), 1);
        assert!(is_disabled(&stage, "consecutive-failures").await);
    }
}

/// An endpoint with a delivery that its filter drops, one whose event is gone, and one of a newer version that was set aside
/// often enough.
async fn with_odd_deliveries(stage: &mut Stage, receiver: &Receiver) {
    let mut filtered = subscription(&receiver.url);
    filtered.filters = serde_json::from_str(r#"{"min_amount":10}"#).unwrap();
    stage.subscribe("odd", &filtered).await;
    for id in ["dropped", "parked", "newer"] {
        let body = format!(r#"{{"id":"{id}","type":"order.paid","data":{{"amount":9}}}}"#);
        let event = NewEvent::new("odd", "order.paid", id, body.as_bytes());
        hookseal_outbox::enqueue(&stage.db, &event).await.unwrap();
    }
    let newer = "UPDATE hookseal.deliveries SET format = 2, faults = 6 WHERE event = (
        SELECT id FROM hookseal.events WHERE event_id = 'newer')";
    stage.execute(newer, &[]).await;
    stage.execute("DELETE FROM hookseal.events WHERE event_id = 'parked'", &[]).await;
}

async fn odd_deliveries_are_disposed_of(stage: &Stage) {
    stage.all_sent().await;
    assert_eq!(stage.count("SELECT FROM hookseal.ended WHERE state = 'parked'").await, 2);
    assert_eq!(stage.count("SELECT FROM hookseal.ended").await, 2);
}

#[tokio::test]
async fn what_a_user_has_locked_does_not_keep_a_bucket_from_changing_hands() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    // The last bucket is handed over first.
    let next = "SELECT setval(pg_get_serial_sequence('hookseal.endpoints', 'id'), $1)";
    stage.execute(next, &[&62_i64]).await;
    with_odd_deliveries(&mut stage, &receiver).await;
    stage.execute(next, &[&126_i64]).await;
    let neighbour = stage.endpoint(&receiver.url).await;
    assert_eq!(neighbour % 64, 63);
    let mut user = stage.connect().await;
    let tx = user.transaction().await.unwrap();
    tx.execute("SELECT FROM hookseal.deliveries FOR UPDATE", &[]).await.unwrap();
    let one = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.wait_for(1, "SELECT FROM hookseal.attempts").await;
    let other = Running::start(stage.worker());
    stage.wait_for(2, "SELECT DISTINCT owner FROM hookseal.buckets WHERE bucket IN (0, 63)").await;
    stage.enqueue(1..2).await;
    stage.wait_for(2, "SELECT FROM hookseal.attempts").await;
    tx.rollback().await.unwrap();
    odd_deliveries_are_disposed_of(&stage).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_a_user_had_locked_is_disposed_of_later() {
    // Whether the worker has given up until it reads the whole queue again.
    for wait in [Duration::from_secs(1), Duration::from_secs(7)] {
        let Some(mut stage) = Stage::new().await else { return };
        let receiver = Receiver::start(Answer::Bytes(OK)).await;
        with_odd_deliveries(&mut stage, &receiver).await;
        stage.endpoint(&receiver.url).await;
        let mut user = stage.connect().await;
        let tx = user.transaction().await.unwrap();
        tx.execute("SELECT FROM hookseal.deliveries FOR UPDATE", &[]).await.unwrap();
        let worker = Running::start(stage.worker());
        tokio::time::sleep(wait).await;
        stage.enqueue(0..1).await;
        stage.wait_for(3, "SELECT FROM hookseal.deliveries").await;
        tx.rollback().await.unwrap();
        odd_deliveries_are_disposed_of(&stage).await;
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_worker_that_stops_does_not_wait_for_locks_on_what_it_disposes_of() {
    let Some(mut stage) = Stage::new().await else { return };
    let (well, failing) = (Receiver::start(Answer::Bytes(OK)).await, Receiver::start(Answer::Bytes(BAD)).await);
    with_odd_deliveries(&mut stage, &well).await;
    stage.endpoint(&failing.url).await;
    let mut user = stage.connect().await;
    let tx = user.transaction().await.unwrap();
    tx.execute("SELECT FROM hookseal.deliveries FOR UPDATE", &[]).await.unwrap();
    // The health of one that fails cannot be stored.
    tx.execute("SELECT FROM hookseal.endpoints FOR UPDATE", &[]).await.unwrap();
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.wait_for(1, "SELECT FROM (SELECT FROM hookseal.attempts LIMIT 1) AS found").await;
    worker.stop().await;
    tx.rollback().await.unwrap();
    let worker = Running::start(stage.worker());
    stage.wait_for(2, "SELECT FROM hookseal.ended WHERE state = 'parked'").await;
    worker.stop().await;
}
