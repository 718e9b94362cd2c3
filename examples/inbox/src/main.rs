//! A receiver with PostgreSQL that books each payment once, even if its event arrives several times. See README.md.

mod inbox;

use std::process::ExitCode;

use deadpool_postgres::{Manager, Pool};
use hookseal::testing::Sender;
use hookseal::{Secret, SecretForm, provider};
use http::Request;
use serde_json::json;
use test_postgres::Postgres;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const COPIES: usize = 200;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(programs) = Postgres::installed() else {
        eprintln!("inbox: SKIPPED, NOTHING WAS TRIED: PostgreSQL (postgres, initdb) is not installed");
        return match std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_ok_and(|value| value == "1") {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        };
    };
    match story(&programs).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("inbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn story(programs: &std::path::Path) -> Result<()> {
    let server = Postgres::start(programs, &[])?;
    let manager = Manager::new(server.address().parse()?, NoTls);
    let pool = Pool::builder(manager).max_size(16).build()?;
    pool.get().await?.batch_execute(inbox::SCHEMA).await?;

    let secret = Secret::generate(SecretForm::Text)?;
    let router = inbox::router(provider::CALLINTEL.receiver(secret.clone())?, pool.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let uri = format!("http://{}/calls", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, router).await });

    let sender = Sender::new(&provider::CALLINTEL, secret)?;
    let call = |id: &str, cents: i64| sender.event(&*uri, "call.completed", json!({"id": id, "cents": cents}));

    let statuses = send(call("call_1", 100)?, COPIES).await?;
    expect("200 copies of one event, all answered with 200", statuses.iter().all(|status| *status == 200))?;
    expect("booked once", booked(&pool, "call_1").await? == 1)?;

    let refused = call("call_2", -1)?;
    expect("an effect that the database refuses", send(refused.clone(), 1).await? == [503])?;
    pool.get().await?.batch_execute("ALTER TABLE payments DROP CONSTRAINT payments_cents_check").await?;
    expect("the sender's next attempt", send(refused, 1).await? == [200])?;
    expect("booked once", booked(&pool, "call_2").await? == 1)?;

    pool.get().await?.batch_execute("ALTER TABLE seen RENAME TO gone").await?;
    let event = call("call_3", 300)?;
    expect("no table for the keys", send(event.clone(), 1).await? == [503])?;
    pool.get().await?.batch_execute("ALTER TABLE gone RENAME TO seen").await?;
    expect("the sender's next attempt", send(event, 1).await? == [200])?;
    expect("booked once", booked(&pool, "call_3").await? == 1)
}

/// Sends copies of a request at the same time.
async fn send(request: Request<impl Into<reqwest::Body>>, copies: usize) -> Result<Vec<u16>> {
    let request = reqwest::Request::try_from(request)?;
    let client = reqwest::Client::new();
    let mut sending = JoinSet::new();
    for _ in 0..copies {
        sending.spawn(client.execute(request.try_clone().ok_or("a body that cannot be sent twice")?));
    }
    let responses = sending.join_all().await.into_iter();
    responses.map(|response| Ok(response?.status().as_u16())).collect()
}

async fn booked(pool: &deadpool_postgres::Pool, call: &str) -> Result<i64> {
    let db = pool.get().await?;
    Ok(db.query_one("SELECT count(*) FROM payments WHERE call = $1", &[&call]).await?.get(0))
}

fn expect(what: &str, holds: bool) -> Result<()> {
    println!("{} {what}", if holds { "ok   " } else { "WRONG" });
    if holds { Ok(()) } else { Err(what.into()) }
}
