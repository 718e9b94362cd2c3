//! What must hold up nobody: endpoints' answers, rows that cannot be handled, locks of users.

use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{Answer, BAD, BUSY, GONE, OK, Receiver, Running, Stage, acme, subscription};
use hookseal::delivery::{DeliveryPolicy, HealthPolicy};
use hookseal_outbox::NewEvent;
use tokio_postgres::error::SqlState;

mod common;

fn delivered(endpoint: i64) -> String {
    format!("SELECT FROM hookseal.attempts WHERE state = 'delivered' AND endpoint = {endpoint}")
}

#[tokio::test]
async fn an_endpoint_that_is_dead_slow_or_hostile_delays_nobody() {
    let Some(mut stage) = Stage::new().await else { return };
    let answers = [
        Answer::Silence,
        Answer::After(Duration::from_millis(1800)),
        Answer::Drip,
        Answer::Flood,
        Answer::Close,
        Answer::Bytes(BAD),
        Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b"),
        Answer::Bytes(b"not HTTP at all\r\n\r\n"),
        Answer::Bytes(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
        Answer::Bytes(BUSY),
    ];
    let mut hostile = Vec::new();
    for answer in answers {
        hostile.push(stage.endpoint(&Receiver::start(answer).await.url).await);
    }
    let healthy = Receiver::start(Answer::Bytes(OK)).await;
    let id = stage.endpoint(&healthy.url).await;
    // So few that any two of them would fill it.
    let worker = Running::start(stage.worker().with_max_in_flight(16));
    for round in 0..10 {
        stage.enqueue(round * 50..round * 50 + 50).await;
    }
    stage.wait_for(500, &delivered(id)).await;
    // Meanwhile, none of those that do not answer can have ended: they would need minutes.
    assert!(stage.count(&format!("SELECT FROM hookseal.deliveries WHERE endpoint = {}", hostile[0])).await > 0);
    assert_eq!(healthy.total(), 500);
    stage
        .wait_for(1, "SELECT FROM (SELECT FROM hookseal.attempts WHERE excerpt = E'a\\uFFFDb' LIMIT 1) AS found")
        .await;
    stage.wait_for(0, "SELECT FROM hookseal.attempts WHERE octet_length(excerpt) > 4096").await;
    let redirected = format!("{} AND status = 302", delivered(hostile[8]));
    assert_eq!(stage.count(&redirected).await, 0, "a redirect is no success, and is not followed");
    worker.stop().await;
    stage.check_log().await;
}

/// One that has just become slow, and some of which that is known.
#[tokio::test]
async fn large_bodies_for_slow_endpoints_leave_memory_for_others() {
    let policy = DeliveryPolicy::new().with_timeout(Duration::from_secs(25));
    for (slow, lane) in [(1, "0"), (8, "endpoint")] {
        let Some(mut stage) = Stage::of(&acme().with_delivery_policy(policy.clone())).await else { return };
        let (silent, well) = (Receiver::start(Answer::Silence).await, Receiver::start(Answer::Bytes(OK)).await);
        for _ in 0..slow {
            stage.subscribe("slow", &subscription(&silent.url)).await;
        }
        stage.execute(&format!("UPDATE hookseal.wants SET lane = {lane}"), &[]).await;
        let id = stage.endpoint(&well.url).await;
        let body = vec![b' '; 50 << 10];
        for number in 0..16 {
            let event = format!("s{number}");
            hookseal_outbox::enqueue(&stage.db, &NewEvent::new("slow", "order.paid", &event, &body)).await.unwrap();
        }
        // Room for four of them.
        let worker = Running::start(stage.worker().with_max_body_memory(256 << 10));
        while silent.total() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.enqueue(0..20).await;
        stage.wait_for(20, &delivered(id)).await;
        assert_eq!(stage.count("SELECT FROM hookseal.attempts").await, 20, "none of the slow ones has ended");
        drop(worker);
    }
}

#[tokio::test]
async fn an_endpoint_is_not_sent_more_at_once_than_its_limit() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::After(Duration::from_millis(20))).await;
    let endpoint = hookseal_outbox::NewEndpoint::new("t", subscription(&receiver.url), common::SECRET);
    stage.outbox.add_endpoint(&mut stage.db, &endpoint.with_max_in_flight(3)).await.unwrap();
    let worker = Running::start(stage.worker());
    stage.enqueue(0..100).await;
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!((receiver.total(), receiver.most.load(Ordering::Relaxed)), (100, 3));
    assert!(receiver.connections.load(Ordering::Relaxed) < 20, "connections are kept");
}

#[tokio::test]
async fn a_failing_endpoint_keeps_its_attempts_for_later() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(BAD)).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..200).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(receiver.total() < 30, "{} attempts", receiver.total());
    receiver.answers(Answer::Bytes(OK));
    stage.wait_for(200, &delivered(id)).await;
    // It counts as healthy again.
    stage
        .wait_for(
            1,
            &format!("SELECT FROM hookseal.endpoints WHERE id = {id} AND health = '{{\"consecutive_failures\":0}}'"),
        )
        .await;
    stage.wait_for(0, "SELECT FROM hookseal.wants WHERE lane <> 0").await;
    worker.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_too_long_or_is_gone_is_disabled() {
    // An endpoint that fails is soon asked once a second only.
    let policy = DeliveryPolicy::new().with_timeout(Duration::from_secs(2));
    let policy = policy.with_health(HealthPolicy::never().with_max_failures(8));
    let Some(mut stage) = Stage::of(&acme().with_delivery_policy(policy)).await else { return };
    let failing = Receiver::start(Answer::Bytes(BAD)).await;
    let gone = Receiver::start(Answer::Bytes(GONE)).await;
    let (failing_id, gone_id) = (stage.endpoint(&failing.url).await, stage.endpoint(&gone.url).await);
    let worker = Running::start(stage.worker());
    stage.enqueue(0..60).await;
    for (id, why) in [(gone_id, "gone"), (failing_id, "consecutive-failures")] {
        let disabled = format!("SELECT FROM hookseal.endpoints WHERE id = {id} AND health->>'disabled' = '{why}'");
        stage.wait_for(1, &disabled).await;
    }
    stage.wait_for(0, &format!("SELECT FROM hookseal.wants WHERE endpoint = {gone_id}")).await;
    // The one that fails still collects events, and nothing is sent to either.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = (failing.total(), gone.total());
    assert_eq!(stage.enqueue(60..70).await, 10);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((failing.total(), gone.total()), before);
    failing.answers(Answer::Bytes(OK));
    gone.answers(Answer::Bytes(OK));
    let outbox = stage.outbox.clone();
    for id in [failing_id, gone_id] {
        outbox.resume(&mut stage.db, id, hookseal_outbox::Missed::Send).await.unwrap();
    }
    stage.all_sent().await;
    assert!(stage.enqueue(70..71).await == 2);
    stage.all_sent().await;
    worker.stop().await;
}

/// An attempt is in flight while the owner moves the endpoint, or resumes it. Its answer comes too late to count.
#[tokio::test]
async fn an_answer_from_before_a_change_says_nothing_about_the_endpoint() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    for (answer, status) in [(GONE, 410), (BUSY, 429)] {
        for moves in [true, false] {
            let old = Receiver::start(Answer::Late(Duration::from_secs(1), answer)).await;
            let new = if moves { Receiver::start(Answer::Bytes(OK)).await } else { old.clone() };
            let id = stage.endpoint(&old.url).await;
            let worker = Running::start(stage.worker());
            stage.enqueue(0..1).await;
            while old.total() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            new.answers(Answer::Bytes(OK));
            if moves {
                outbox.update_subscription(&mut stage.db, id, &subscription(&new.url)).await.unwrap();
            } else {
                outbox.pause(&mut stage.db, id).await.unwrap();
                outbox.resume(&mut stage.db, id, hookseal_outbox::Missed::Send).await.unwrap();
            }
            let ended = format!("SELECT FROM hookseal.attempts WHERE endpoint = {id} AND status = {status}");
            stage.wait_for(1, &ended).await;
            assert_eq!(stage.enqueue(1..10).await, 9);
            let later = "event IN (SELECT id FROM hookseal.events WHERE event_id <> 'e0')";
            stage.wait_for(9, &format!("{} AND {later}", delivered(id))).await;
            worker.stop().await;
            assert!(outbox.endpoint(&stage.db, id).await.unwrap().health.is_active());
            outbox.remove_endpoint(&mut stage.db, id).await.unwrap();
        }
    }
}

/// The owner's change is not committed yet when the old URL says that it is gone.
#[tokio::test]
async fn an_endpoint_that_moves_while_it_is_gone_goes_on_getting_events() {
    let Some(mut stage) = Stage::new().await else { return };
    let (gone, new) = (Receiver::start(Answer::Bytes(GONE)).await, Receiver::start(Answer::Bytes(OK)).await);
    let id = stage.endpoint(&gone.url).await;
    let mut user = stage.connect().await;
    let mut tx = user.transaction().await.unwrap();
    stage.outbox.update_subscription(&mut tx, id, &subscription(&new.url)).await.unwrap();
    stage.enqueue(0..1).await;
    let worker = Running::start(stage.worker());
    stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 410").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    tx.commit().await.unwrap();
    assert_eq!(stage.enqueue(1..2).await, 1);
    stage.wait_for(1, &delivered(id)).await;
    worker.stop().await;
    assert!(stage.outbox.endpoint(&stage.db, id).await.unwrap().health.is_active());
    assert_eq!(new.total(), 1);
}

#[tokio::test]
async fn what_a_worker_has_not_recorded_when_it_stops_counts_too() {
    let Some(mut stage) = Stage::new().await else { return };
    let gone = Receiver::start(Answer::Bytes(GONE)).await;
    let id = stage.endpoint(&gone.url).await;
    stage.enqueue(0..1).await;
    let worker = Running::start(stage.worker().with_flush_delay(Duration::from_secs(1)));
    while gone.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    worker.stop().await;
    let disabled = format!("SELECT FROM hookseal.endpoints WHERE id = {id} AND health->>'disabled' = 'gone'");
    assert_eq!(stage.count(&disabled).await, 1);
    assert_eq!(stage.count("SELECT FROM hookseal.wants").await, 0);
}

/// The next worker must know that the endpoint is gone.
#[tokio::test]
async fn a_bucket_is_handed_over_after_the_health_of_its_endpoints_is_stored() {
    let Some(mut stage) = Stage::new().await else { return };
    let gone = Receiver::start(Answer::Bytes(GONE)).await;
    // The last bucket, which is handed over first.
    for _ in 1..63 {
        stage.subscribe("nobody", &subscription(&gone.url)).await;
    }
    let id = stage.endpoint(&gone.url).await;
    assert_eq!(id, 63);
    let mut user = stage.connect().await;
    let tx = user.transaction().await.unwrap();
    tx.execute("SELECT FROM hookseal.endpoints FOR UPDATE", &[]).await.unwrap();
    stage.enqueue(0..2).await;
    let later = "UPDATE hookseal.deliveries SET due_at = now() + interval '2 seconds' WHERE event IN (
        SELECT id FROM hookseal.events WHERE event_id = 'e1')";
    stage.execute(later, &[]).await;
    let one = Running::start(stage.worker());
    stage.wait_for(1, "SELECT FROM hookseal.attempts").await;
    let other = Running::start(stage.worker());
    stage.wait_for(1, "SELECT FROM hookseal.deliveries WHERE due_at < now() - interval '300 ms'").await;
    tx.rollback().await.unwrap();
    stage.wait_for(2, "SELECT DISTINCT owner FROM hookseal.buckets WHERE bucket IN (0, 63)").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(gone.total(), 1);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn health_counts_attempts_in_the_order_in_which_they_ended() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::After(Duration::from_millis(400))).await;
    let mut once = subscription(&receiver.url);
    once.retry_policy = serde_json::from_str(r#"{"delays":[],"jitter":"none"}"#).unwrap();
    let id = stage.subscribe("t", &once).await;
    let worker = Running::start(stage.worker().with_flush_delay(Duration::from_secs(1)));
    stage.enqueue(0..1).await;
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Fails before the first one succeeds, and is recorded with it.
    receiver.answers(Answer::Bytes(BAD));
    stage.enqueue(1..2).await;
    stage.all_sent().await;
    worker.stop().await;
    let health = stage.outbox.endpoint(&stage.db, id).await.unwrap().health;
    assert_eq!(health.consecutive_failures(), 0);
}

#[tokio::test]
async fn a_row_that_cannot_be_handled_is_parked_with_its_reason() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(stage.endpoint(&receiver.url).await);
    }
    let mut filtered = subscription(&receiver.url);
    filtered.filters = serde_json::from_str(r#"{"min_amount":10}"#).unwrap();
    let filtered = stage.subscribe("t", &filtered).await;
    stage.enqueue(0..4).await;
    let big = vec![b' '; (64 << 10) + 1];
    for (id, body) in
        [("big", &big[..]), ("odd\u{7f}", b"{}"), ("e7", br#"{"id":"e","type":"order.paid","data":{"amount":12}}"#)]
    {
        hookseal_outbox::enqueue(&stage.db, &NewEvent::new("t", "order.paid", id, body)).await.unwrap();
    }
    for statement in [
        format!(
            "UPDATE hookseal.endpoints SET subscription = subscription || '{{\"of_a_newer_version\":1}}' WHERE id = {}",
            ids[1]
        ),
        format!("UPDATE hookseal.endpoints SET secrets = ARRAY['\\xff'::bytea] WHERE id = {}", ids[2]),
        format!("UPDATE hookseal.deliveries SET format = 2 WHERE endpoint = {}", ids[3]),
        // Its attempts can be made, but not recorded.
        format!("ALTER TABLE hookseal.attempts ADD CHECK (endpoint <> {})", ids[4]),
        format!("UPDATE hookseal.endpoints SET health = '\"ill\"' WHERE id = {}", ids[5]),
    ] {
        stage.execute(&statement, &[]).await;
    }
    let worker = Running::start(stage.worker());
    stage.wait_for(5, &delivered(ids[0])).await;
    // Recorded as failed: no attempt would ever help.
    stage.wait_for(1, &format!("SELECT FROM hookseal.ended WHERE endpoint = {} AND state = 'failed:gave-up' AND last_error = 'payload-too-large'", ids[0])).await;
    stage.wait_for(1, &format!("SELECT FROM hookseal.ended WHERE endpoint = {} AND state = 'failed:gave-up' AND last_error = 'request-invalid'", ids[0])).await;
    // The endpoint cannot be used: its deliveries wait, and the reason is with it.
    for (id, fault) in
        [(ids[1], "unknown field `of_a_newer_version`"), (ids[2], "decrypted"), (ids[5], "health cannot be read")]
    {
        stage
            .wait_for(
                7,
                &format!("SELECT FROM hookseal.deliveries WHERE endpoint = {id} AND lane = {id} AND attempts = 0"),
            )
            .await;
        stage.wait_for(1, &format!("SELECT FROM hookseal.endpoints WHERE id = {id} AND fault LIKE '%{fault}%'")).await;
    }
    stage.wait_for(7, &format!("SELECT FROM hookseal.ended WHERE endpoint = {} AND state = 'parked' AND reason LIKE '%violates check%'", ids[4])).await;
    // What a filter cannot read is parked; what it lets through is sent.
    stage.wait_for(1, &delivered(filtered)).await;
    stage.wait_for(5, &format!("SELECT FROM hookseal.ended WHERE endpoint = {filtered} AND state = 'parked' AND reason LIKE '%cannot be filtered%'")).await;
    // Rows of a newer version are set aside for longer and longer, and finally parked.
    stage
        .wait_for(
            7,
            &format!("SELECT FROM hookseal.deliveries WHERE endpoint = {} AND faults > 0 AND due_at > now()", ids[3]),
        )
        .await;
    let parked = format!(
        "SELECT FROM hookseal.ended WHERE endpoint = {} AND state = 'parked' AND reason LIKE '%newer version%'",
        ids[3]
    );
    while stage.count(&parked).await < 7 {
        stage.execute("UPDATE hookseal.deliveries SET due_at = now() WHERE faults > 0", &[]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Once repaired, everything goes on.
    stage.execute("UPDATE hookseal.endpoints SET subscription = subscription - 'of_a_newer_version'", &[]).await;
    stage.execute("UPDATE hookseal.endpoints SET secrets = ARRAY['a secret of twenty-some bytes'::bytea]", &[]).await;
    stage.execute("UPDATE hookseal.endpoints SET health = '{}', changed = 0", &[]).await;
    stage.all_sent().await;
    stage.wait_for(5, &delivered(ids[1])).await;
    stage.wait_for(0, "SELECT FROM hookseal.endpoints WHERE fault IS NOT NULL").await;
    worker.stop().await;
    stage.check_log().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_loaded() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let id = stage.endpoint(&receiver.url).await;
    let mut filtered = subscription(&receiver.url);
    filtered.filters = serde_json::from_str(r#"{"min_amount":10}"#).unwrap();
    stage.subscribe("t", &filtered).await;
    let big = vec![b' '; (64 << 10) + 1];
    hookseal_outbox::enqueue(&stage.db, &NewEvent::new("t", "order.paid", "big", &big)).await.unwrap();
    // Whoever loaded it would not find it.
    stage.execute("DELETE FROM hookseal.events", &[]).await;
    stage.enqueue(0..1).await;
    let worker = Running::start(stage.worker());
    let refused = "SELECT FROM hookseal.ended WHERE state = 'failed:gave-up' AND last_error = 'payload-too-large'";
    stage.wait_for(2, refused).await;
    stage.wait_for(1, &delivered(id)).await;
    worker.stop().await;
}

/// The schema refuses such rows. Here, somebody has forced them in.
#[tokio::test]
async fn a_row_that_cannot_be_read_is_parked_with_its_reason() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let well = stage.endpoint(&receiver.url).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(stage.endpoint(&receiver.url).await);
    }
    stage.enqueue(0..4).await;
    let large = vec![b' '; 20 << 10];
    for (id, body) in [("odd", &b"{}"[..]), ("odd and large", &large)] {
        hookseal_outbox::enqueue(&stage.db, &NewEvent::new("t", "order.paid", id, body)).await.unwrap();
    }
    let odd = [
        ("first_at = 'infinity'", "column 12"),
        ("planned_at = '20000-01-01'", "column 11"),
        ("slot = 40", "no partition 40"),
        ("attempts = -5", "cannot have had -5 attempts"),
        ("attempts = 2147483647", "cannot have had 2147483647 attempts"),
    ];
    for column in odd.map(|(column, _)| column).iter().chain(&["due_at = '-infinity'", "bucket = 63", "lane = 99"]) {
        let refused = stage.db.execute(&format!("UPDATE hookseal.deliveries SET {column}"), &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::CHECK_VIOLATION), "{column}");
    }
    let forced = "
        ALTER TABLE hookseal.deliveries DROP CONSTRAINT sane_place, DROP CONSTRAINT sane_numbers,
            DROP CONSTRAINT sane_times;
        ALTER TABLE hookseal.events DROP CONSTRAINT sane_time;
        UPDATE hookseal.events SET at = 'infinity' WHERE event_id LIKE 'odd%';
        INSERT INTO hookseal.ended (event, endpoint, slot, size, attempts, replays, state)
            SELECT event, endpoint, slot, size, 0, 0, 'cancelled' FROM hookseal.deliveries";
    stage.db.batch_execute(forced).await.unwrap();
    for ((column, _), id) in odd.iter().zip(&ids) {
        stage.execute(&format!("UPDATE hookseal.deliveries SET {column} WHERE endpoint = {id}"), &[]).await;
    }
    let ill = r#"UPDATE hookseal.endpoints SET health = '{"consecutive_failures":1e400}' WHERE id = $1"#;
    stage.execute(ill, &[&ids[5]]).await;
    let worker = Running::start(stage.worker());
    let parked = "SELECT FROM hookseal.ended WHERE state = 'parked'";
    stage.wait_for(2, &format!("{parked} AND endpoint = {well} AND reason LIKE '%error deserializing column%'")).await;
    for ((_, reason), id) in odd.iter().zip(&ids) {
        stage.wait_for(6, &format!("{parked} AND endpoint = {id}")).await;
        stage
            .wait_for(
                4,
                &format!("{parked} AND endpoint = {id} AND size < 100 AND size > 2 AND reason LIKE '%{reason}%'"),
            )
            .await;
    }
    stage
        .wait_for(1, &format!("SELECT FROM hookseal.endpoints WHERE id = {} AND fault LIKE '%out of range%'", ids[5]))
        .await;
    stage.wait_for(5, &format!("SELECT FROM hookseal.deliveries WHERE lane = {}", ids[5])).await;
    stage.wait_for(5, "SELECT FROM hookseal.deliveries").await;
    stage.wait_for(4, &delivered(well)).await;
    worker.stop().await;
    assert_eq!(receiver.total(), 4);
}

/// GitHub's events have their type and id in headers, which a filter does not need.
#[tokio::test]
async fn a_filter_drops_what_does_not_match() {
    type Body = fn(&str, u32) -> String;
    let own: Body = |id, amount| format!(r#"{{"id":"{id}","type":"order.paid","data":{{"amount":{amount}}}}}"#);
    let github: Body = |id, amount| format!(r#"{{"id":"{id}","action":"paid","amount":{amount}}}"#);
    for (platform, body) in [(acme(), own), (hookseal::provider::GITHUB.clone(), github)] {
        let Some(mut stage) = Stage::of(&platform).await else { return };
        let receiver = Receiver::start(Answer::Bytes(OK)).await;
        let mut filtered = subscription(&receiver.url);
        filtered.filters = serde_json::from_str(r#"{"min_amount":10}"#).unwrap();
        stage.subscribe("t", &filtered).await;
        let worker = Running::start(stage.worker());
        for (id, amount) in [("small", 9), ("large", 11)] {
            let event = body(id, amount);
            hookseal_outbox::enqueue(&stage.db, &NewEvent::new("t", "order.paid", id, event.as_bytes())).await.unwrap();
        }
        stage.all_sent().await;
        worker.stop().await;
        assert_eq!(receiver.arrived.lock().unwrap().keys().collect::<Vec<_>>(), ["large"]);
        assert_eq!(stage.count("SELECT FROM hookseal.ended").await, 0);
    }
}

#[tokio::test]
async fn a_filter_that_could_never_be_read_is_refused() {
    for shape in ["&type: {type}\n&: {data}", "events[].type: {type}\nevents[]: {data}"] {
        let platform = acme().with_event_shape(hookseal::EventShape::try_new(shape).unwrap()).unwrap();
        let Some(mut stage) = Stage::of(&platform).await else { return };
        let mut filtered = subscription("https://hooks.customer.com/");
        filtered.filters = serde_json::from_str(r#"{"min_amount":10}"#).unwrap();
        let endpoint = hookseal_outbox::NewEndpoint::new("t", filtered, common::SECRET);
        let outbox = stage.outbox.clone();
        let refused = outbox.add_endpoint(&mut stage.db, &endpoint).await;
        assert!(matches!(refused, Err(hookseal_outbox::Error::Unfilterable)), "{shape}");
    }
}

#[tokio::test]
async fn a_user_who_locks_rows_holds_up_only_those() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let id = stage.endpoint(&receiver.url).await;
    stage.enqueue(0..50).await;
    let mut other = stage.connect().await;
    let tx = other.transaction().await.unwrap();
    tx.execute("SELECT FROM hookseal.deliveries WHERE event % 10 = 0 FOR UPDATE", &[]).await.unwrap();
    tx.execute("SELECT FROM hookseal.endpoints, hookseal.wants FOR UPDATE", &[]).await.unwrap();
    let locked = stage.count("SELECT FROM hookseal.deliveries WHERE event % 10 = 0").await;
    let worker = Running::start(stage.worker());
    stage.wait_for(50 - locked, &delivered(id)).await;
    stage.enqueue(50..100).await;
    stage.wait_for(100 - locked, &delivered(id)).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(receiver.total(), 100, "what is locked was sent once, and is recorded later");
    tx.rollback().await.unwrap();
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!(receiver.total(), 100);
    stage.check_log().await;
}

#[tokio::test]
async fn a_user_who_locks_all_rows_of_an_endpoint_holds_up_only_that_one() {
    let Some(mut stage) = Stage::new().await else { return };
    let (one, other) = (Receiver::start(Answer::Bytes(OK)).await, Receiver::start(Answer::Bytes(OK)).await);
    let locked = stage.endpoint(&one.url).await;
    for _ in 1..64 {
        stage.subscribe("nobody", &subscription(&other.url)).await;
    }
    let id = stage.endpoint(&other.url).await;
    assert_eq!(id % 64, locked % 64);
    stage.enqueue(0..300).await;
    let mut user = stage.connect().await;
    let tx = user.transaction().await.unwrap();
    tx.execute("SELECT FROM hookseal.deliveries WHERE endpoint = $1 FOR UPDATE", &[&locked]).await.unwrap();
    let worker = Running::start(stage.worker().with_flush_delay(Duration::from_millis(5)));
    stage.wait_for(300, &delivered(id)).await;
    let sent = one.total();
    assert!(sent < 200, "{sent} outcomes are kept in memory");
    tx.rollback().await.unwrap();
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!((one.total(), other.total()), (300, 300));
    stage.check_log().await;
}

/// The bucket goes to another worker, which makes the attempt again.
#[tokio::test]
async fn a_worker_that_stops_does_not_wait_for_a_user_forever() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    stage.enqueue(0..1).await;
    let mut user = stage.connect().await;
    let tx = user.transaction().await.unwrap();
    tx.execute("SELECT FROM hookseal.deliveries FOR UPDATE", &[]).await.unwrap();
    let worker = Running::start(stage.worker());
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    worker.stop().await;
    tx.rollback().await.unwrap();
    let worker = Running::start(stage.worker());
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!(receiver.total(), 2);
    stage.check_log().await;
}

#[tokio::test]
async fn an_old_transaction_that_commits_late_is_found() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let id = stage.endpoint(&receiver.url).await;
    // What waits for paused endpoints is not looked through meanwhile.
    let paused = r#"
        INSERT INTO hookseal.endpoints (tenant, subscription, secrets, health)
            SELECT 'paused', subscription, secrets, '{"disabled":"paused","disabled_at":1}'
            FROM hookseal.endpoints, generate_series(1, 3000);
        INSERT INTO hookseal.wants (tenant, pattern, endpoint, lane)
            SELECT tenant, '*', id, id FROM hookseal.endpoints WHERE tenant = 'paused';
        SELECT hookseal.enqueue('paused', 'order.paid', 'waits', '')"#;
    stage.db.batch_execute(paused).await.unwrap();
    let mut other = stage.connect().await;
    let late = other.transaction().await.unwrap();
    hookseal_outbox::enqueue(&late, &NewEvent::new("t", "order.paid", "late", b"{}")).await.unwrap();
    let worker = Running::start(stage.worker());
    // Until its bucket was read from the beginning, and everything else that is read.
    for round in 0..30 {
        stage.enqueue(round * 10..round * 10 + 10).await;
        tokio::time::sleep(Duration::from_millis(350)).await;
    }
    assert_eq!(receiver.events(), 300);
    late.commit().await.unwrap();
    stage.wait_for(0, &format!("SELECT FROM hookseal.deliveries WHERE endpoint = {id}")).await;
    assert_eq!((receiver.events(), receiver.total()), (301, 301));
    worker.stop().await;
}

/// While a transaction is open that began before an endpoint was changed, the change is found again and again.
#[tokio::test]
async fn an_endpoint_is_held_back_while_an_old_transaction_is_open() {
    let Some(mut stage) = Stage::new().await else { return };
    let mut other = stage.connect().await;
    let old = other.transaction().await.unwrap();
    old.query_one("SELECT pg_current_xact_id()", &[]).await.unwrap();
    let receiver = Receiver::start(Answer::Bytes(BUSY)).await;
    let mut patient = subscription(&receiver.url);
    patient.retry_policy = serde_json::from_str(r#"{"delays":[5,5],"jitter":"none"}"#).unwrap();
    let id = stage.subscribe("t", &patient).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..200).await;
    while receiver.total() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = receiver.total();
    assert!(sent <= 8, "{sent}");
    // A change of its owner's is another matter.
    let outbox = stage.outbox.clone();
    receiver.answers(Answer::Bytes(OK));
    outbox.update_subscription(&mut stage.db, id, &patient).await.unwrap();
    stage.wait_for(200, &delivered(id)).await;
    old.rollback().await.unwrap();
    worker.stop().await;
}

#[tokio::test]
async fn events_move_with_their_buckets_when_workers_come_and_go() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::After(Duration::from_millis(5))).await;
    for _ in 0..30 {
        stage.endpoint(&receiver.url).await;
    }
    let mut workers = vec![Running::start(stage.worker())];
    for round in 0..12 {
        stage.enqueue(round * 20..round * 20 + 20).await;
        if round % 3 == 2 {
            workers.remove(0).stop().await;
        } else {
            workers.push(Running::start(stage.worker()));
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    stage.all_sent().await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(receiver.total(), 12 * 20 * 30, "nothing is sent twice");
    stage.check_log().await;
    assert_eq!(stage.count("SELECT FROM hookseal.buckets WHERE owner IS NOT NULL").await, 0);
}

#[tokio::test]
async fn an_endpoint_that_is_slow_does_not_hold_up_its_bucket() {
    let Some(mut stage) = Stage::new().await else { return };
    let slow = Receiver::start(Answer::After(Duration::from_millis(1500))).await;
    let well = Receiver::start(Answer::Bytes(OK)).await;
    let first = stage.subscribe("slow", &subscription(&slow.url)).await;
    for _ in 1..64 {
        stage.subscribe("nobody", &subscription(&well.url)).await;
    }
    let second = stage.endpoint(&well.url).await;
    assert_eq!(first % 64, second % 64);
    // Many more than may wait in memory, at once.
    let call = r"SELECT hookseal.enqueue('slow', 'order.paid', 'slow-' || n, '\x7b7d') FROM generate_series(1, 200) n";
    stage.execute(call, &[]).await;
    stage.enqueue(0..10).await;
    let worker = Running::start(stage.worker());
    stage.wait_for(10, &format!("SELECT FROM hookseal.attempts WHERE endpoint = {second}")).await;
    // Before half of what waits in memory was sent.
    let sent = slow.total();
    assert!(sent < 40, "{sent}");
    worker.stop().await;
}
