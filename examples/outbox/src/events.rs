//! Where events enter: in the transaction of the change that they report, for each endpoint that subscribes to them.

use deadpool_postgres::{Pool, Transaction};
use hookseal::delivery::{Delivery, EndpointHealth, Subscription};
use hookseal::provider::KALLGLOT;
use hookseal::{Event, event_id};
use serde_json::json;
use serde_json::value::to_raw_value;
use time::OffsetDateTime;
use tokio_postgres::types::Json;

use crate::Result;

pub const TYPES: [&str; 3] = ["session.ended", "transcript.ready", "recording.ready"];

/// The work of a call center. All that it does for webhooks is one more insert in its own transaction.
pub async fn call_ended(pool: &Pool, number: i64) -> Result<()> {
    let event_type = TYPES[(number % 3) as usize];
    let duration = (number % 120) as i32;
    let data = to_raw_value(&json!({ "call": number, "duration_seconds": duration }))?;
    let id = event_id("evt_")?;
    let event =
        Event::new(event_type, &*data).with_id(&id).with_time(OffsetDateTime::now_utc()).with_version("2026-01-01");

    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    let insert = tx.prepare_cached("INSERT INTO calls VALUES ($1, $2, $3, $4)").await?;
    tx.execute(&insert, &[&number, &event_type, &duration, &id]).await?;
    enqueue(&tx, &event).await?;
    Ok(tx.commit().await?)
}

/// Stores an event, and a delivery for each active endpoint that subscribes to it.
pub async fn enqueue(tx: &Transaction<'_>, event: &Event<'_>) -> Result<()> {
    let id = event.id().ok_or("an event without id")?;
    // Encoded only once: each attempt signs and sends these bytes.
    let body = String::from_utf8(KALLGLOT.encode(event)?)?;
    let insert = tx.prepare_cached("INSERT INTO events VALUES ($1, $2)").await?;
    tx.execute(&insert, &[&id, &body]).await?;
    // All endpoints are locked, including paused ones: a concurrent `resume` either waits for us and finds this event
    // among the missed ones, or we wait for it and find the endpoint active.
    let select = "SELECT id, subscription, active FROM endpoints ORDER BY id FOR SHARE";
    for row in tx.query(&tx.prepare_cached(select).await?, &[]).await? {
        let endpoint = row.try_get(0)?;
        // An endpoint that cannot be read does not stop the business. `resume` enqueues what it misses, once it is
        // repaired.
        let Ok(Json(subscription)) = row.try_get::<_, Json<Subscription>>(1) else {
            eprintln!("    endpoint {endpoint} cannot be read, and misses event {id}");
            continue;
        };
        if row.try_get(2)? && subscription.wants(event) {
            deliver(tx, id, endpoint).await?;
        }
    }
    Ok(())
}

async fn deliver(tx: &Transaction<'_>, event: &str, endpoint: &str) -> Result<()> {
    let delivery = Delivery::new(OffsetDateTime::now_utc());
    let insert = "INSERT INTO deliveries (event_id, endpoint_id, delivery, state, due_at) VALUES ($1, $2, $3, $4, $5)";
    let (insert, state) = (tx.prepare_cached(insert).await?, delivery.state().name());
    tx.execute(&insert, &[&event, &endpoint, &Json(&delivery), &state, &delivery.due()]).await?;
    Ok(())
}

/// Retries an endpoint's parked deliveries, once the cause is fixed.
pub const UNPARK: &str = "
    UPDATE deliveries SET state = 'pending', due_at = now(), faults = 0 WHERE state = 'parked' AND endpoint_id = $1";

/// Stops sending to an endpoint. Its deliveries stay where they are.
pub async fn pause(pool: &Pool, endpoint: &str) -> Result<()> {
    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    let mut health = lock(&tx, endpoint).await?;
    health.pause(OffsetDateTime::now_utc());
    store(&tx, endpoint, &health).await?;
    Ok(tx.commit().await?)
}

/// Resumes sending to an endpoint: pending deliveries continue where they were, and missed events are enqueued now.
pub async fn resume(pool: &Pool, endpoint: &str) -> Result<usize> {
    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    let mut health = lock(&tx, endpoint).await?;
    health.enable();
    store(&tx, endpoint, &health).await?;
    let row = tx.query_one("SELECT subscription FROM endpoints WHERE id = $1", &[&endpoint]).await?;
    let Json(subscription) = row.try_get::<_, Json<Subscription>>(0)?;
    // A platform with years of events would only look back to `disabled_at`.
    let missed = "SELECT id, body FROM events e WHERE NOT EXISTS
        (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.endpoint_id = $1) ORDER BY id";
    let mut enqueued = 0;
    for row in tx.query(missed, &[&endpoint]).await? {
        let body: &str = row.try_get(1)?;
        let shape = KALLGLOT.event_shape().ok_or("a platform without events")?;
        if subscription.wants(&shape.read(body.as_bytes())?) {
            deliver(&tx, row.try_get(0)?, endpoint).await?;
            enqueued += 1;
        }
    }
    tx.commit().await?;
    Ok(enqueued)
}

/// An endpoint's health, locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, endpoint: &str) -> Result<EndpointHealth> {
    let select = tx.prepare_cached("SELECT health FROM endpoints WHERE id = $1 FOR UPDATE").await?;
    let Json(health) = tx.query_one(&select, &[&endpoint]).await?.try_get(0)?;
    Ok(health)
}

pub async fn store(tx: &Transaction<'_>, endpoint: &str, health: &EndpointHealth) -> Result<()> {
    let update = tx.prepare_cached("UPDATE endpoints SET health = $2, active = $3 WHERE id = $1").await?;
    tx.execute(&update, &[&endpoint, &Json(health), &health.is_active()]).await?;
    Ok(())
}
