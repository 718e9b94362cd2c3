//! Pausing, cancelling, replaying, looking and expiring.

use std::time::Duration;

use common::{Answer, BAD, OK, PATIENCE, Receiver, Running, Stage, subscription};
use hookseal::time::{Duration as Span, OffsetDateTime};
use hookseal_outbox::{AttemptQuery, DeliveryId, Error, Missed, NewEndpoint, NewEvent, Retention, Worker};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

mod common;

async fn id_of(stage: &Stage, event: &str, endpoint: i64) -> DeliveryId {
    let query = "SELECT id FROM hookseal.events WHERE event_id = $1";
    DeliveryId { event: stage.db.query_one(query, &[&event]).await.unwrap().get(0), endpoint }
}

#[tokio::test]
async fn a_paused_endpoint_gets_nothing_until_it_is_resumed() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    for (missed, expected) in [(Missed::Send, 20), (Missed::Cancel, 10)] {
        let paused = Receiver::start(Answer::Bytes(OK)).await;
        let other = Receiver::start(Answer::Bytes(OK)).await;
        let (paused_id, other_id) = (stage.endpoint(&paused.url).await, stage.endpoint(&other.url).await);
        let worker = Running::start(stage.worker());
        stage.enqueue(0..10).await;
        stage.all_sent().await;
        outbox.pause(&mut stage.db, paused_id).await.unwrap();
        outbox.pause(&mut stage.db, paused_id).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        stage.enqueue(10..20).await;
        stage.wait_for(10, &format!("SELECT FROM hookseal.deliveries WHERE lane = {paused_id}")).await;
        stage.wait_for(10, "SELECT FROM hookseal.deliveries").await;
        assert_eq!((paused.events(), other.events()), (10, 20));
        assert!(!outbox.endpoint(&stage.db, paused_id).await.unwrap().health.is_active());
        let resumed = outbox.resume(&mut stage.db, paused_id, missed).await.unwrap();
        assert_eq!((resumed.waiting, resumed.cancelled), (expected - 10, 20 - expected));
        stage.all_sent().await;
        assert_eq!(paused.events() as u64, expected);
        worker.stop().await;
        for endpoint in [paused_id, other_id] {
            outbox.remove_endpoint(&mut stage.db, endpoint).await.unwrap();
        }
    }
    assert!(matches!(outbox.pause(&mut stage.db, 99).await, Err(Error::NoSuchEndpoint { endpoint: 99 })));
    assert!(outbox.resume(&mut stage.db, 99, Missed::Send).await.is_err());
}

#[tokio::test]
async fn a_recovered_endpoint_returns_to_the_common_lane() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let id = stage.endpoint(&receiver.url).await;
    outbox.pause(&mut stage.db, id).await.unwrap();
    stage.enqueue(0..5).await;
    assert_eq!(stage.count(&format!("SELECT FROM hookseal.deliveries WHERE lane = {id}")).await, 5);
    let worker = Running::start(stage.worker());
    outbox.resume(&mut stage.db, id, Missed::Send).await.unwrap();
    stage.all_sent().await;
    stage.wait_for(0, "SELECT FROM hookseal.wants WHERE lane <> 0").await;
    // A transaction that had read the old lane commits now.
    stage.enqueue(5..6).await;
    stage.execute("UPDATE hookseal.deliveries SET lane = endpoint", &[]).await;
    stage.all_sent().await;
    assert_eq!(receiver.events(), 6);
    worker.stop().await;
}

#[tokio::test]
async fn what_has_failed_is_replayed() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::Bytes(BAD)).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..3).await;
    stage.wait_for(3, "SELECT FROM hookseal.ended WHERE state = 'failed:exhausted'").await;
    receiver.answers(Answer::Bytes(OK));
    let now = OffsetDateTime::now_utc();
    assert_eq!(outbox.replay_failed(&stage.db, id, now + Span::HOUR).await.unwrap(), 0);
    let one = id_of(&stage, "e0", id).await;
    assert!(outbox.replay(&mut stage.db, one).await.unwrap());
    stage.all_sent().await;
    assert_eq!(outbox.replay_failed(&stage.db, id, now - Span::HOUR).await.unwrap(), 2);
    stage.all_sent().await;
    assert_eq!(stage.count("SELECT FROM hookseal.ended").await, 0);
    // And what was delivered.
    let before = receiver.total();
    assert!(outbox.replay(&mut stage.db, one).await.unwrap());
    stage.all_sent().await;
    assert_eq!(receiver.total(), before + 1);
    let log = outbox.attempts(&stage.db, &AttemptQuery::delivery(one)).await.unwrap();
    assert_eq!(log.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [7, 6, 5, 4, 3, 2, 1]);
    let status = outbox.deliveries(&stage.db, "e0").await.unwrap();
    let status: Vec<_> = status.iter().map(|status| (status.id, &*status.state, status.attempts)).collect();
    assert_eq!(status, [(one, "delivered", 7)]);
    assert!(!outbox.replay(&mut stage.db, DeliveryId { event: 99_999, endpoint: id }).await.unwrap());
    worker.stop().await;
}

#[tokio::test]
async fn a_replay_during_an_attempt_is_one_more() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::After(Duration::from_millis(400))).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let delivery = id_of(&stage, "e0", id).await;
    assert!(outbox.replay(&mut stage.db, delivery).await.unwrap());
    stage.all_sent().await;
    assert_eq!(receiver.total(), 2, "the attempt in flight does not answer it");
    assert_eq!(outbox.attempts(&stage.db, &AttemptQuery::delivery(delivery)).await.unwrap().len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn what_is_cancelled_is_not_sent() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let id = stage.endpoint(&receiver.url).await;
    stage.enqueue(0..5).await;
    let one = id_of(&stage, "e0", id).await;
    assert!(outbox.cancel(&stage.db, one).await.unwrap());
    assert!(!outbox.cancel(&stage.db, one).await.unwrap());
    assert_eq!(outbox.cancel_all(&stage.db, id).await.unwrap(), 4);
    let status = outbox.deliveries(&stage.db, "e0").await.unwrap();
    assert_eq!(status.iter().map(|status| &*status.state).collect::<Vec<_>>(), ["cancelled"]);
    let worker = Running::start(stage.worker());
    assert!(outbox.replay(&mut stage.db, one).await.unwrap());
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!(receiver.total(), 1);
    assert_eq!(outbox.deliveries(&stage.db, "e0").await.unwrap()[0].state, "delivered");
}

#[tokio::test]
async fn what_is_cancelled_and_replayed_during_an_attempt_has_one_more_and_no_schedule() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::Late(Duration::from_millis(700), BAD)).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let one = id_of(&stage, "e0", id).await;
    assert!(outbox.cancel(&stage.db, one).await.unwrap());
    assert!(outbox.replay(&mut stage.db, one).await.unwrap());
    stage.all_sent().await;
    worker.stop().await;
    let status = outbox.deliveries(&stage.db, "e0").await.unwrap();
    assert_eq!((receiver.total(), status[0].attempts), (2, 1), "{status:?}");
}

#[tokio::test]
async fn what_is_cancelled_does_not_stay_in_the_memory_of_a_worker() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::After(Duration::from_millis(400))).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker().with_endpoint_limit(1));
    stage.enqueue(0..8).await;
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(outbox.cancel_all(&stage.db, id).await.unwrap() >= 7);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let sent = receiver.total();
    assert!(sent < 5, "{sent} attempts");
    // It goes on with what was enqueued since.
    stage.enqueue(8..9).await;
    stage.all_sent().await;
    assert_eq!(receiver.total(), sent + 1);
    worker.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_that_was_removed() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let worker = Running::start(stage.worker());
    for lane in ["0", "endpoint"] {
        let receiver = Receiver::start(Answer::Bytes(OK)).await;
        let id = stage.endpoint(&receiver.url).await;
        stage.enqueue(0..1).await;
        stage.all_sent().await;
        let sent = id_of(&stage, "e0", id).await;
        stage.execute(&format!("UPDATE hookseal.wants SET lane = {lane}"), &[]).await;
        // Has read that the endpoint wants events, and commits late.
        let mut other = stage.connect().await;
        let late = other.transaction().await.unwrap();
        hookseal_outbox::enqueue(&late, &NewEvent::new("t", "order.paid", "late", b"{}")).await.unwrap();
        outbox.remove_endpoint(&mut stage.db, id).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        late.commit().await.unwrap();
        stage.all_sent().await;
        assert!(!outbox.replay(&mut stage.db, sent).await.unwrap());
        assert_eq!(receiver.total(), 1);
        stage.execute("TRUNCATE hookseal.events", &[]).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_changed_while_it_is_removed_leaves_nothing_behind() {
    let Some(mut stage) = Stage::new().await else { return };
    let id = stage.endpoint("http://127.0.0.1:8009/").await;
    let (outbox, mut owner, mut admin) = (stage.outbox.clone(), stage.connect().await, stage.connect().await);
    let mut tx = owner.transaction().await.unwrap();
    let mut other = subscription("http://127.0.0.1:8009/");
    other.events = hookseal::delivery::EventFilter::new(["order.paid"]).unwrap();
    outbox.update_subscription(&mut tx, id, &other).await.unwrap();
    let removal = tokio::spawn(async move { outbox.remove_endpoint(&mut admin, id).await });
    stage
        .wait_for(1, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .await;
    tx.commit().await.unwrap();
    removal.await.unwrap().unwrap();
    assert_eq!(stage.count("SELECT FROM hookseal.endpoints").await, 0);
    assert_eq!(stage.count("SELECT FROM hookseal.wants").await, 0);
}

/// A dump has the rows before the triggers, and with the numbers of transactions that another server had.
#[tokio::test]
async fn endpoints_that_were_restored_are_not_read_again_and_again() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let (old, new) = (Receiver::start(Answer::Bytes(OK)).await, Receiver::start(Answer::Bytes(OK)).await);
    let id = stage.endpoint(&old.url).await;
    let restored = "
        INSERT INTO hookseal.endpoints (tenant, subscription, secrets)
            SELECT 'other', subscription, secrets FROM hookseal.endpoints, generate_series(1, 2000);
        ALTER TABLE hookseal.endpoints DISABLE TRIGGER changed;
        UPDATE hookseal.endpoints SET changed = 5000000000;
        ALTER TABLE hookseal.endpoints ENABLE TRIGGER changed;
        VACUUM ANALYZE hookseal.endpoints;
        SELECT pg_stat_reset()";
    for statement in restored.split(';') {
        stage.db.batch_execute(statement).await.unwrap();
    }
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.all_sent().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    // A change is still noticed.
    outbox.update_subscription(&mut stage.db, id, &subscription(&new.url)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.enqueue(1..2).await;
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!((old.total(), new.total()), (1, 1));
    // The connections report what they have read when they end.
    stage.wait_for(1, "SELECT FROM pg_stat_activity WHERE datname = current_database()").await;
    let read = "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_user_tables WHERE relname = 'endpoints'";
    let read: i64 = stage.db.query_one(read, &[]).await.unwrap().get(0);
    assert!((1..4000).contains(&read), "{read} rows");
}

/// A lock makes a reading take longer than the lease, as the dead rows do that an old snapshot keeps.
#[tokio::test]
async fn a_worker_whose_reading_takes_long_keeps_its_buckets() {
    let Some(stage) = Stage::new().await else { return };
    let worker = Running::start(stage.worker());
    stage.wait_for(64, "SELECT FROM hookseal.buckets WHERE owner IS NOT NULL").await;
    let mut user = stage.connect().await;
    let tx = user.transaction().await.unwrap();
    tx.batch_execute("LOCK TABLE hookseal.deliveries").await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stage.count("SELECT FROM hookseal.workers WHERE until > clock_timestamp()").await, 1);
    tx.rollback().await.unwrap();
    worker.stop().await;
}

#[tokio::test]
async fn the_log_and_the_figures_say_what_happened() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::Turns(&[BAD, OK])).await;
    let id = stage.endpoint(&receiver.url).await;
    let paused = stage.endpoint("http://127.0.0.1:8009/").await;
    outbox.pause(&mut stage.db, paused).await.unwrap();
    stage.enqueue(0..1).await;
    let before = outbox.statistics(&stage.db).await.unwrap();
    assert_eq!((before.pending, before.aside, before.due, before.workers), (2, 1, 1, 0));
    assert!(before.oldest_due.is_some() && before.lag > Duration::ZERO && before.disabled_endpoints == 1);
    let worker = Running::start(stage.worker());
    stage.wait_for(1, "SELECT FROM hookseal.deliveries").await;
    let failed = outbox.attempts(&stage.db, &AttemptQuery::endpoint(id).only_failed()).await.unwrap();
    let [failed] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!((failed.status, failed.excerpt.as_deref(), &*failed.state), (Some(500), Some("sad!"), "pending"));
    assert_eq!((failed.event_id.as_deref(), failed.event_type.as_deref()), (Some("e0"), Some("order.paid")));
    let all = AttemptQuery::endpoint(id);
    let older = outbox.attempts(&stage.db, &all.clone().with_limit(1)).await.unwrap()[0].started_at;
    assert_eq!(outbox.attempts(&stage.db, &all.clone().with_before(older)).await.unwrap().len(), 1);
    assert_eq!(outbox.attempts(&stage.db, &all.with_since(older)).await.unwrap().len(), 1);
    let day = OffsetDateTime::now_utc() - Span::DAY;
    let figures = outbox.endpoint_statistics(&stage.db, id, day).await.unwrap();
    assert_eq!((figures.attempts, figures.delivered, figures.success_rate()), (2, 1, Some(0.5)));
    assert!(figures.p95_response_time >= figures.median_response_time && figures.mean_response_time.is_some());
    assert!(figures.last_success_at >= Some(failed.started_at));
    assert_eq!(outbox.endpoint_statistics(&stage.db, paused, day).await.unwrap(), Default::default());
    assert_eq!(outbox.statistics(&stage.db).await.unwrap().workers, 1);
    worker.stop().await;
    let after = outbox.statistics(&stage.db).await.unwrap();
    assert_eq!((after.pending, after.due, after.workers, after.recorded, after.superseded), (1, 0, 0, 2, 0));
}

#[tokio::test]
async fn no_attempt_is_between_two_pages() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Turns(&[BAD, OK])).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..10).await;
    stage.all_sent().await;
    worker.stop().await;
    // As if all of them had begun within three milliseconds.
    stage
        .execute("UPDATE hookseal.attempts SET started_at = to_timestamp(1763729000 + (event % 3) / 1000.0)", &[])
        .await;
    let all = AttemptQuery::endpoint(id);
    let whole = stage.outbox.attempts(&stage.db, &all).await.unwrap();
    let (mut pages, mut query) = (Vec::new(), all.with_limit(3));
    loop {
        let page = stage.outbox.attempts(&stage.db, &query).await.unwrap();
        let Some(last) = page.last() else { break };
        query = query.with_after(last.place());
        pages.extend(page);
    }
    assert_eq!((pages.len(), pages), (20, whole));
}

#[tokio::test]
async fn what_is_too_old_is_removed_by_partition() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let (id, gone) = (stage.endpoint(&receiver.url).await, stage.endpoint("http://127.0.0.1:8009/").await);
    outbox.pause(&mut stage.db, gone).await.unwrap();
    let worker = Running::start(stage.worker());
    stage.enqueue(0..3).await;
    stage.wait_for(3, "SELECT FROM hookseal.deliveries").await;
    worker.stop().await;
    // As if it had been ten days ago.
    for table in ["events", "attempts", "deliveries"] {
        stage.execute(&format!("UPDATE hookseal.{table} SET slot = (slot + 22) % 32"), &[]).await;
    }
    stage.enqueue(3..4).await;
    outbox.expire(&stage.db, Retention::default().with_events(10)).await.unwrap();
    assert_eq!(stage.count("SELECT FROM hookseal.events").await, 4);
    // A report on the old log is under way: it is left for the next time.
    let mut reader = stage.connect().await;
    let report = reader.transaction().await.unwrap();
    report.query("SELECT FROM hookseal.attempts", &[]).await.unwrap();
    outbox.expire(&stage.db, Retention::default().with_events(9).with_log(9)).await.unwrap();
    assert_eq!(stage.count("SELECT FROM hookseal.events").await, 1);
    assert_eq!(stage.count("SELECT FROM hookseal.attempts").await, 3);
    report.commit().await.unwrap();
    assert_eq!(stage.count(&format!("SELECT FROM hookseal.deliveries WHERE endpoint = {gone}")).await, 1);
    outbox.expire(&stage.db, Retention::default().with_log(9)).await.unwrap();
    assert_eq!(stage.count("SELECT FROM hookseal.attempts").await, 0);
    assert_eq!(stage.count("SELECT FROM hookseal.ended").await, 0);
    assert_eq!(stage.count(&format!("SELECT FROM hookseal.deliveries WHERE endpoint = {id}")).await, 1);
}

#[tokio::test]
async fn what_has_ended_is_replayed_while_its_log_is_there() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    for answer in [OK, BAD] {
        stage.endpoint(&Receiver::start(Answer::Bytes(answer)).await.url).await;
    }
    let pending = stage.endpoint("http://127.0.0.1:8009/").await;
    outbox.pause(&mut stage.db, pending).await.unwrap();
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.wait_for(1, "SELECT FROM hookseal.deliveries").await;
    let deliveries = outbox.deliveries(&stage.db, "e0").await.unwrap();
    worker.stop().await;
    // As if it had been five days ago.
    for table in ["events", "attempts", "ended", "deliveries"] {
        stage.execute(&format!("UPDATE hookseal.{table} SET slot = (slot + 27) % 32"), &[]).await;
    }
    for (log, states) in [(5, &["delivered", "failed:exhausted", "pending"][..]), (4, &["pending"])] {
        outbox.expire(&stage.db, Retention::default().with_log(log)).await.unwrap();
        assert_eq!(stage.count("SELECT FROM hookseal.events").await, 1);
        let mut replayed = Vec::new();
        for delivery in &deliveries {
            let mut tx = stage.db.transaction().await.unwrap();
            if outbox.replay(&mut tx, delivery.id).await.unwrap() {
                replayed.push(&*delivery.state);
            }
            tx.rollback().await.unwrap();
        }
        replayed.sort_unstable();
        assert_eq!(replayed, states, "{log} days");
    }
}

/// What was enqueued right before midnight is only seconds old when the next day begins.
#[tokio::test]
async fn a_day_is_kept_until_another_one_has_passed() {
    let Some(mut stage) = Stage::new().await else { return };
    stage.endpoint("http://127.0.0.1:8009/").await;
    stage.enqueue(0..1).await;
    for left in [1, 1, 0] {
        stage.outbox.expire(&stage.db, Retention::default().with_events(1)).await.unwrap();
        assert_eq!(stage.count("SELECT FROM hookseal.events").await, left);
        // As if a day had passed.
        for table in ["events", "deliveries"] {
            stage.execute(&format!("UPDATE hookseal.{table} SET slot = (slot + 31) % 32"), &[]).await;
        }
    }
    assert_eq!(stage.count("SELECT FROM hookseal.ended WHERE state = 'failed:too-old'").await, 1);
}

/// Tomorrow's partition is the oldest one, so it must not be emptied any more once it is tomorrow.
#[tokio::test]
async fn what_is_enqueued_right_after_midnight_is_kept() {
    let Some(stage) = Stage::new().await else { return };
    // The n-th look at the clock is the first one after midnight. Somebody enqueues in between, or waits if the partition
    // is locked.
    let clock = "
        CREATE SEQUENCE looks;
        CREATE TABLE midnight (look bigint, enqueued bigint);
        INSERT INTO midnight VALUES (0, 0);
        CREATE OR REPLACE FUNCTION hookseal.slot(at timestamptz) RETURNS smallint LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            look bigint = nextval('looks');
            midnight bigint = (SELECT m.look FROM midnight m);
        BEGIN
            IF look = midnight - 1 AND NOT EXISTS (
                SELECT FROM pg_locks WHERE relation = 'hookseal.events_5'::regclass AND mode = 'AccessExclusiveLock'
            ) THEN
                INSERT INTO hookseal.deliveries (event, endpoint, due_at, size, bucket, slot) VALUES (3, 1, now(), 2, 1, 5);
                INSERT INTO hookseal.events VALUES (3, 5, now(), 't', 'order.paid', 'fresh', '{}');
                UPDATE midnight SET enqueued = 1;
            END IF;
            RETURN CASE WHEN look < midnight THEN 4 ELSE 5 END;
        END $$";
    stage.db.batch_execute(clock).await.unwrap();
    let old = "
        TRUNCATE hookseal.events, hookseal.deliveries, hookseal.ended;
        INSERT INTO hookseal.events
            SELECT id, id + 4, now() - interval '30 days', 't', 'order.paid', 'old', '{}' FROM generate_series(1, 2) id;
        INSERT INTO hookseal.deliveries (event, endpoint, due_at, size, bucket, slot)
            SELECT id, 1, now(), 2, 1, id + 4 FROM generate_series(1, 2) id;
        ALTER SEQUENCE looks RESTART";
    let pending = "SELECT FROM hookseal.events v JOIN hookseal.deliveries d ON d.event = v.id WHERE event_id =";
    let mut times = 0;
    for midnight in 2_i64.. {
        stage.db.batch_execute(old).await.unwrap();
        stage.execute("UPDATE midnight SET look = $1, enqueued = 0", &[&midnight]).await;
        stage.outbox.expire(&stage.db, Retention::default().with_events(29).with_log(29)).await.unwrap();
        if stage.count(&format!("SELECT FROM looks WHERE last_value < {midnight}")).await == 1 {
            assert!(times > 32, "the clock was looked at");
            break;
        }
        let enqueued: i64 = stage.db.query_one("SELECT enqueued FROM midnight", &[]).await.unwrap().get(0);
        assert_eq!(stage.count(&format!("{pending} 'fresh'")).await, enqueued, "midnight comes at look {midnight}");
        times += enqueued;
    }
    assert_eq!(stage.count("SELECT FROM hookseal.events WHERE id < 3").await, 0);
    assert_eq!(stage.count("SELECT FROM hookseal.deliveries WHERE event < 3").await, 0);
}

/// The README says which rights the roles need.
#[tokio::test]
async fn tomorrows_partition_is_left_alone_in_the_last_minute() {
    let Some(stage) = Stage::new().await else { return };
    for (time, slot, age) in [
        ("2026-11-22 12:00:00Z", "2026-11-22", 0),
        ("2026-11-22 12:00:00Z", "2026-11-20", 2),
        ("2026-11-22 23:58:59Z", "2026-11-23", 31),
        ("2026-11-22 23:59:01Z", "2026-11-23", 0),
        ("2026-11-23 00:00:00Z", "2026-11-23", 0),
        ("2026-11-22 23:59:01Z", "2026-10-24", 29),
    ] {
        let query = format!("SELECT hookseal.age('{time}', hookseal.slot('{slot} 12:00Z'))");
        let found: i32 = stage.db.query_one(&query, &[]).await.unwrap().get(0);
        assert_eq!(found, age, "{time} {slot}");
    }
}

#[tokio::test]
async fn each_role_can_do_its_part_and_no_more() {
    let Some(stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let grants = include_str!("../README.md").split("```").find(|part| part.contains("GRANT USAGE")).unwrap();
    let grants = grants.strip_prefix("sql").unwrap();
    let name = stage.config.get_dbname().unwrap().to_owned();
    let roles = format!(
        "DROP SCHEMA hookseal CASCADE;
         CREATE ROLE migrator LOGIN; CREATE ROLE producer LOGIN; CREATE ROLE worker LOGIN;
         GRANT CREATE ON DATABASE {name} TO migrator"
    );
    stage.db.batch_execute(&roles).await.unwrap();
    let config = |role: &str| stage.config.clone().user(role).to_owned();
    let (migrator, producer, worker) = (config("migrator"), config("producer"), config("worker"));
    let mut migrating = common::connect(&migrator).await;
    outbox.migrate(&mut migrating).await.unwrap();
    migrating.batch_execute(grants).await.unwrap();
    let (producing, mut working) = (common::connect(&producer).await, common::connect(&worker).await);
    outbox.migrate(&mut working).await.unwrap();

    let receiver = Receiver::start(Answer::Turns(&[BAD, OK])).await;
    let endpoint = NewEndpoint::new("t", subscription(&receiver.url), common::SECRET);
    let id = outbox.add_endpoint(&mut working, &endpoint).await.unwrap();
    let running = Running::start(Worker::new(outbox.clone(), worker, NoTls));
    let event = NewEvent::new("t", "order.paid", "e0", b"{}");
    assert_eq!(hookseal_outbox::enqueue(&producing, &event).await.unwrap(), 1);
    assert_eq!(hookseal_outbox::enqueue_all(&producing, [event, event]).await.unwrap(), 2);
    stage.all_sent().await;
    let one = outbox.deliveries(&working, "e0").await.unwrap()[0].id;
    assert!(outbox.replay(&mut working, one).await.unwrap());
    stage.all_sent().await;
    running.stop().await;
    stage.execute("UPDATE hookseal.events SET slot = (slot + 1) % 32", &[]).await;
    outbox.expire(&working, Retention::default()).await.unwrap();
    assert_eq!(stage.count("SELECT FROM hookseal.events").await, 0);
    outbox.pause(&mut working, id).await.unwrap();
    outbox.resume(&mut working, id, Missed::Send).await.unwrap();
    outbox.remove_endpoint(&mut working, id).await.unwrap();

    for refused in [
        "SELECT body FROM hookseal.events",
        "SELECT secrets FROM hookseal.endpoints",
        "DELETE FROM hookseal.deliveries",
        "INSERT INTO hookseal.wants VALUES ('t', '*', 1)",
    ] {
        let error = producing.batch_execute(refused).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{refused}");
    }
    assert!(working.batch_execute("CREATE TABLE hookseal.more ()").await.is_err());
}

#[test]
fn an_error_does_not_show_the_secret() {
    let outbox = hookseal_outbox::Outbox::new(&common::acme());
    let error = outbox.signer("t", &[b"known\xff".to_vec()]).unwrap_err();
    let (text, debug) = (error.to_string(), format!("{error:?}"));
    assert!(matches!(error, Error::Decrypt(_)) && !text.contains("known"), "{text}");
    assert!(!debug.contains("known") && !debug.contains("107, 110"), "{debug}");
}

#[tokio::test]
async fn a_changed_endpoint_is_noticed() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    let (old, new) = (Receiver::start(Answer::Bytes(OK)).await, Receiver::start(Answer::Bytes(OK)).await);
    let id = stage.endpoint(&old.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.all_sent().await;
    let secrets = [b"the secret from today on".to_vec(), common::SECRET.into()];
    outbox.update_secrets(&stage.db, id, &secrets).await.unwrap();
    outbox.update_subscription(&mut stage.db, id, &subscription(&new.url)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.enqueue(1..2).await;
    stage.all_sent().await;
    assert_eq!((old.events(), new.events()), (1, 1));
    for (receiver, secret) in [(&old, common::SECRET), (&new, "the secret from today on")] {
        let verifier = outbox.provider().verifier(hookseal::Secret::new(secret).unwrap()).unwrap();
        receiver.verify_all(&verifier);
    }
    // Not active any more: nothing new is enqueued, and nothing is sent.
    let mut inactive = subscription(&new.url);
    stage.enqueue(2..3).await;
    stage.all_sent().await;
    inactive.active = false;
    outbox.update_subscription(&mut stage.db, id, &inactive).await.unwrap();
    assert_eq!(stage.enqueue(3..4).await, 0);
    assert!(outbox.update_subscription(&mut stage.db, 99, &inactive).await.is_err());
    tokio::time::timeout(PATIENCE, worker.stop()).await.unwrap();
}
