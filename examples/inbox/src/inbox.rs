//! The part to copy: the event's key and its effect in one transaction. Either both are stored or neither is.

use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::{Router, routing::post};
use deadpool_postgres::Pool;
use hookseal::receive::{Answer, Receiver, Webhook};

use crate::Result;

pub const SCHEMA: &str = "
    CREATE TABLE seen (key text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE payments (call text NOT NULL, cents bigint NOT NULL CHECK (cents >= 0));
";

#[derive(Clone, FromRef)]
struct App {
    receiver: Receiver,
    pool: Pool,
}

#[derive(serde::Deserialize)]
enum Calls {
    #[serde(rename = "call.completed")]
    Completed { id: String, cents: i64 },
}

pub fn router(receiver: Receiver, pool: Pool) -> Router {
    Router::new().route("/calls", post(hook)).with_state(App { receiver, pool })
}

async fn hook(State(pool): State<Pool>, webhook: Webhook<Calls>) -> Answer {
    book(&pool, webhook).await.unwrap_or_else(|error| {
        eprintln!("    not booked: {error}");
        Answer::retry(Duration::from_secs(30))
    })
}

async fn book(pool: &Pool, webhook: Webhook<Calls>) -> Result<Answer> {
    let key = webhook.received.idempotency_key()?;
    let Calls::Completed { id, cents } = webhook.event.into_data();

    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    // Waits for another transaction with the same key, and finds the row if that one commits.
    let is_new = tx.execute("INSERT INTO seen (key) VALUES ($1) ON CONFLICT DO NOTHING", &[&key.as_str()]).await? == 1;
    if !is_new {
        return Ok(Answer::Duplicate);
    }
    tx.execute("INSERT INTO payments VALUES ($1, $2)", &[&id, &cents]).await?;
    tx.commit().await?;
    Ok(Answer::Processed)
}
