//! Events enter in the transaction of the business, from any client.

use common::{Stage, subscription};
use hookseal::delivery::EventFilter;
use hookseal_outbox::{NewEvent, enqueue, enqueue_all};

mod common;

const DELIVERIES: &str = "SELECT FROM hookseal.deliveries";

#[tokio::test]
async fn an_event_goes_to_the_endpoints_of_its_tenant_that_want_it() {
    let Some(mut stage) = Stage::new().await else { return };
    let mut expected = Vec::new();
    for (tenant, patterns) in [
        ("t", &["*"][..]),
        ("t", &["call.*"]),
        ("t", &["call.ended", "call.recording.*"]),
        ("t", &["call.recording.ready.*", "session.ended"]),
        ("other", &["*"]),
    ] {
        let filter = EventFilter::new(patterns.iter().copied()).unwrap();
        let mut wanted = subscription("https://hooks.customer.com/");
        wanted.events = filter.clone();
        expected.push((stage.subscribe(tenant, &wanted).await, tenant, filter));
    }
    let types = [
        "call",
        "call.ended",
        "call.failed",
        "call.recording.ready",
        "call.recording.ready.now",
        "callback",
        "session.ended",
        "session.ended.now",
        "a.b.c.d.e",
    ];
    for tenant in ["t", "other", "nobody"] {
        for event_type in types {
            let typed = hookseal::EventType::new(event_type).unwrap();
            let wants = expected.iter().filter(|(_, owner, filter)| *owner == tenant && filter.matches(typed));
            let mut wants: Vec<i64> = wants.map(|(id, ..)| *id).collect();
            wants.sort_unstable();
            let event = NewEvent::new(tenant, event_type, "evt", b"{}");
            let one = enqueue(&stage.db, &event).await.unwrap();
            let many = enqueue_all(&stage.db, [event, event]).await.unwrap();
            assert_eq!((one, many), (wants.len() as u64, 2 * wants.len() as u64), "{tenant} {event_type}");
            let rows = stage
                .db
                .query("SELECT endpoint FROM hookseal.deliveries GROUP BY 1 HAVING count(*) = 3 ORDER BY 1", &[]);
            let found: Vec<i64> = rows.await.unwrap().iter().map(|row| row.get(0)).collect();
            assert_eq!(found, wants, "{tenant} {event_type}");
            let events = if wants.is_empty() { 0 } else { 3 };
            assert_eq!(
                stage.count("SELECT FROM hookseal.events").await,
                events,
                "an event that nobody wants is not stored"
            );
            stage.execute("DELETE FROM hookseal.deliveries", &[]).await;
            stage.execute("DELETE FROM hookseal.events", &[]).await;
        }
    }
}

#[tokio::test]
async fn any_client_can_call_the_function() {
    let Some(mut stage) = Stage::new().await else { return };
    stage.endpoint("https://hooks.customer.com/").await;
    // Bytes that are neither UTF-8 nor JSON arrive as they are.
    let call = r"SELECT hookseal.enqueue('t', 'order.paid', 'evt_1', '\x7b00ff7d'),
        hookseal.enqueue(tenant => 'nobody', type => 'order.paid', event_id => 'evt_2', body => '\x00')";
    let row = stage.db.query_one(call, &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i32>(1)), (1, 0));
    let body: Vec<u8> = stage.db.query_one("SELECT body FROM hookseal.events", &[]).await.unwrap().get(0);
    assert_eq!(body, [0x7b, 0x00, 0xff, 0x7d]);
}

#[tokio::test]
async fn what_is_rolled_back_was_never_there() {
    let Some(mut stage) = Stage::new().await else { return };
    stage.endpoint("https://hooks.customer.com/").await;
    let event = NewEvent::new("t", "order.paid", "evt_1", b"{}");
    let tx = stage.db.transaction().await.unwrap();
    assert_eq!(enqueue(&tx, &event).await.unwrap(), 1);
    tx.rollback().await.unwrap();
    assert_eq!(stage.count(DELIVERIES).await, 0);
    assert_eq!(stage.count("SELECT FROM hookseal.events").await, 0);
}

#[tokio::test]
async fn mistakes_are_errors_and_store_nothing() {
    let Some(mut stage) = Stage::new().await else { return };
    stage.endpoint("https://hooks.customer.com/").await;
    let long = "x".repeat(257);
    for id in ["", &long] {
        let bad = NewEvent::new("t", "order.paid", id, b"{}");
        assert!(enqueue(&stage.db, &bad).await.is_err());
        assert!(enqueue_all(&stage.db, [NewEvent::new("t", "order.paid", "good", b"{}"), bad]).await.is_err());
    }
    let uneven = "SELECT hookseal.enqueue_many(ARRAY['t'], ARRAY['a', 'b'], ARRAY['1'], ARRAY['x'::bytea])";
    assert!(stage.db.query_one(uneven, &[]).await.is_err());
    assert_eq!(enqueue_all(&stage.db, []).await.unwrap(), 0);
    assert_eq!(stage.count(DELIVERIES).await, 0);
}

#[tokio::test]
async fn a_schema_is_made_once_and_a_newer_one_is_left_alone() {
    let Some(mut stage) = Stage::new().await else { return };
    let outbox = stage.outbox.clone();
    outbox.migrate(&mut stage.db).await.unwrap();
    // Several programs that start at once wait for each other.
    let (mut one, mut other) = (stage.connect().await, stage.connect().await);
    let (first, second) = tokio::join!(outbox.migrate(&mut one), outbox.migrate(&mut other));
    assert!(first.is_ok() && second.is_ok());
    stage.execute("INSERT INTO hookseal.version (number) VALUES (99)", &[]).await;
    let newer = outbox.migrate(&mut stage.db).await.unwrap_err();
    assert_eq!(newer.to_string(), "the schema has version 99, and this program needs 1");
}

#[tokio::test]
async fn a_worker_needs_a_schema() {
    let Some(stage) = Stage::new().await else { return };
    stage.execute("DROP SCHEMA hookseal CASCADE", &[]).await;
    let error = stage.worker().run(async {}).await.unwrap_err();
    assert_eq!(error.to_string(), "the schema has version 0, and this program needs 1");
}
