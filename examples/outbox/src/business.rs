//! The work of a call center. All that it does for webhooks is one more statement in its own transaction.

use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use hookseal::provider::KALLGLOT;
use hookseal::{Event, event_id};
use hookseal_outbox::{NewEvent, enqueue};
use serde_json::json;
use serde_json::value::to_raw_value;
use time::OffsetDateTime;
use tokio_postgres::NoTls;

use crate::Result;

pub const TENANT: &str = "call center";
const TYPES: [&str; 3] = ["session.ended", "transcript.ready", "recording.ready"];
const PAUSE: Duration = Duration::from_millis(100);

pub fn pool(address: &str, connections: usize) -> Result<Pool> {
    Ok(Pool::builder(Manager::new(address.parse()?, NoTls)).max_size(connections).build()?)
}

/// Stores a call and its event, once: if the database crashes during the commit, nobody knows whether it was stored.
pub async fn call_ended(pool: &Pool, number: i64) -> Result<()> {
    while let Err(error) = try_once(pool, number).await {
        let is_stored = match pool.get().await {
            Ok(db) => db.query_opt("SELECT FROM calls WHERE number = $1", &[&number]).await,
            Err(_) => Ok(None),
        };
        if let Ok(Some(_)) = is_stored {
            return Ok(());
        }
        eprintln!("    the business tries again: {error}");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn try_once(pool: &Pool, number: i64) -> Result<()> {
    let event_type = TYPES[(number % 3) as usize];
    let duration = (number % 120) as i32;
    let data = to_raw_value(&json!({ "call": number, "duration_seconds": duration }))?;
    let id = event_id("evt_")?;
    let event =
        Event::new(event_type, &*data).with_id(&id).with_time(OffsetDateTime::now_utc()).with_version("2026-01-01");
    // Encoded only once: each attempt signs and sends these bytes.
    let body = KALLGLOT.encode(&event)?;

    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    tx.execute("INSERT INTO calls VALUES ($1, $2, $3, $4)", &[&number, &event_type, &duration, &id]).await?;
    enqueue(&*tx, &NewEvent::new(TENANT, event_type, &id, &body)).await?;
    // One in twenty is rolled back, and tried again under another id.
    if fastrand::u8(..20) == 0 {
        tx.rollback().await?;
        return Box::pin(try_once(pool, number)).await;
    }
    Ok(tx.commit().await?)
}
