//! Webhooks from an application that uses sqlx: its transactions call the function that the migration installs, and a
//! worker, which has connections of its own, sends them.

use axum::Router;
use axum::extract::FromRef;
use axum::extract::State;
use axum::routing::post;
use hookseal::delivery::{Subscription, UrlPolicy};
use hookseal::provider::KALLGLOT;
use hookseal::receive::{Answer, Receiver, Webhook};
use hookseal::{Secret, event_id};
use hookseal_outbox::{NewEndpoint, Outbox, Worker};
use sqlx::postgres::{PgConnectOptions, PgPool};
use test_postgres::Postgres;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::NoTls;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const SECRET: &str = "a secret of twenty-some bytes";

/// The business and the outbox, in one transaction.
async fn end_session(pool: &PgPool, session: i64) -> Result<String> {
    let id = event_id("evt_")?;
    let body = format!(
        r#"{{"id":"{id}","type":"session.ended","api_version":"1","created_at":"2026-06-01T12:00:00Z","data":{{"session":{session}}}}}"#
    );
    let mut tx = pool.begin().await?;
    sqlx::query("INSERT INTO sessions (id) VALUES ($1)").bind(session).execute(&mut *tx).await?;
    let deliveries: i32 = sqlx::query_scalar("SELECT hookseal.enqueue($1, $2, $3, $4)")
        .bind("tenant-7")
        .bind("session.ended")
        .bind(&id)
        // As bytes: they are what is signed.
        .bind(body.as_bytes())
        .fetch_one(&mut *tx)
        .await?;
    println!("session {session} has ended: {deliveries} delivery");
    if session == 2 {
        println!("… and is rolled back");
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(id)
}

#[derive(Clone, FromRef)]
struct Customer {
    receiver: Receiver,
    arrived: mpsc::UnboundedSender<String>,
}

#[derive(serde::Deserialize)]
enum Event {
    #[serde(rename = "session.ended")]
    SessionEnded { session: i64 },
}

async fn hook(State(arrived): State<mpsc::UnboundedSender<String>>, webhook: Webhook<Event>) -> Answer {
    let Event::SessionEnded { session } = webhook.event.data();
    println!("the customer is told of session {session}");
    let _ = arrived.send(webhook.event.id().unwrap_or_default().to_owned());
    Answer::Processed
}

#[tokio::main]
async fn main() -> Result<()> {
    let Some(server) = Postgres::start_or_skip(&[]) else { return Ok(()) };
    let (mut client, connection) = tokio_postgres::connect(&server.address(), NoTls).await?;
    tokio::spawn(connection);
    let outbox = Outbox::new(&KALLGLOT).with_url_policy(UrlPolicy::new().allow_loopback_http());
    outbox.migrate(&mut client).await?;

    // A customer's endpoint. In reality it is elsewhere, and public HTTPS.
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let customer = Customer { receiver: KALLGLOT.receiver(Secret::new(SECRET)?)?, arrived };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, Router::new().route("/", post(hook)).with_state(customer)).into_future());
    outbox.add_endpoint(&mut client, &NewEndpoint::new("tenant-7", Subscription::new(url), SECRET)).await?;

    let (stop, stopped) = oneshot::channel::<()>();
    let worker = Worker::new(outbox, server.address().parse()?, NoTls);
    let worker = tokio::spawn(worker.run(async { stopped.await.unwrap_or_default() }));

    let address = server.address();
    let host = address.split_whitespace().find_map(|part| part.strip_prefix("host=")).ok_or("no host")?;
    let options = PgConnectOptions::new().socket(host).username("outbox").database("postgres");
    let pool = PgPool::connect_with(options).await?;
    sqlx::query("CREATE TABLE sessions (id bigint PRIMARY KEY)").execute(&pool).await?;
    let mut expected = Vec::new();
    for session in 1..=3 {
        let id = end_session(&pool, session).await?;
        if session != 2 {
            expected.push(id);
        }
    }
    let mut told = Vec::new();
    while told.len() < expected.len() {
        told.extend(arrivals.recv().await);
    }
    let _ = stop.send(());
    worker.await??;
    told.sort();
    expected.sort();
    if told == expected { Ok(()) } else { Err("other events arrived".into()) }
}
