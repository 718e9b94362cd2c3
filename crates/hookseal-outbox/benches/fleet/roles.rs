//! The other processes: workers, producers, and the client of bare posts.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hookseal::delivery::UrlPolicy;
use hookseal::provider;
use hookseal_outbox::{NewEvent, Outbox, Worker, enqueue_all};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

use crate::Result;
use crate::receiver::body;

pub(crate) const TENANT: &str = "t";
const BATCH: usize = 100;

pub(crate) fn outbox() -> Outbox {
    Outbox::new(&provider::STANDARD_WEBHOOKS).with_url_policy(UrlPolicy::new().allow_loopback_http())
}

/// Works until standard input closes.
pub(crate) async fn worker(address: &str, in_flight: usize) -> Result<()> {
    let worker = Worker::new(outbox(), address.parse()?, NoTls).with_max_in_flight(in_flight);
    Ok(worker.run(async { while tokio::io::stdin().read(&mut [0]).await.is_ok_and(|read| read > 0) {} }).await?)
}

async fn connect(address: &str) -> Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Enqueues events of the types `a.0`, `a.1` and so on in turn, a hundred in each transaction. Every tenth is of the type
/// `tenth` if that is asked for.
pub(crate) async fn batches(address: &str, events: usize, types: usize, has_tenth: bool) -> Result<()> {
    let (client, types) = (connect(address).await?, named(types));
    for first in (0..events).step_by(BATCH) {
        let (bodies, ids): (Vec<_>, Vec<_>) =
            (first..events.min(first + BATCH)).map(|number| (body(), format!("evt_{number}"))).unzip();
        let events = bodies.iter().zip(&ids).enumerate().map(|(number, (body, id))| {
            let event_type =
                if has_tenth && number % 10 == 0 { "tenth" } else { &types[(first + number) % types.len()] };
            NewEvent::new(TENANT, event_type, id, body)
        });
        enqueue_all(&client, events).await?;
    }
    Ok(())
}

fn named(types: usize) -> Vec<String> {
    (0..types).map(|number| format!("a.{number}")).collect()
}

/// One transaction of the business for each event, on many connections; at a rate, or as fast as it goes.
pub(crate) async fn singles(address: &str, events: usize, connections: usize, per_second: f64) -> Result<()> {
    let mut producers = JoinSet::new();
    let begun = Instant::now();
    for first in 0..connections {
        let client = connect(address).await?;
        client.batch_execute("CREATE TABLE IF NOT EXISTS business (id bigint PRIMARY KEY)").await.or_else(|error| {
            // Somebody else has just created it.
            if error.code().is_some() { Ok(()) } else { Err(error) }
        })?;
        producers.spawn_local(async move {
            let insert = client.prepare("INSERT INTO business VALUES ($1)").await?;
            let enqueue = client.prepare("SELECT hookseal.enqueue($1, $2, $3, $4)").await?;
            let types = named(100);
            for number in (first..events).step_by(connections) {
                if per_second > 0.0 {
                    let at = begun + Duration::from_secs_f64(number as f64 / per_second);
                    tokio::time::sleep_until(at.into()).await;
                }
                let (id, body) = (format!("evt_{number}"), body());
                let event_type = &types[number % types.len()];
                let number = i64::try_from(number)?;
                let (row, event): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 4]) =
                    ([&number], [&TENANT, event_type, &id, &body]);
                // Prepared and pipelined, as a business in a hurry does it.
                tokio::try_join!(
                    client.batch_execute("BEGIN"),
                    async { client.execute(&insert, &row).await.map(|_| ()) },
                    async { client.execute(&enqueue, &event).await.map(|_| ()) },
                    client.batch_execute("COMMIT"),
                )?;
            }
            Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(ended) = producers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Posts without anything around them, 64 at once. Prints the seconds that it took.
pub(crate) async fn posts(url: &str, number: usize) -> Result<()> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(64).build(tcp);
    let (begun, mut posts, body) = (Instant::now(), JoinSet::new(), Bytes::from(body()));
    for first in 0..64 {
        let (client, url, body) = (client.clone(), url.to_owned(), body.clone());
        posts.spawn_local(async move {
            for _ in (first..number).step_by(64) {
                let request =
                    Request::post(&url).header("content-type", "application/json").body(Full::new(body.clone()))?;
                client.request(request).await?.into_body().collect().await?;
            }
            Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(ended) = posts.join_next().await {
        ended??;
    }
    println!("{}", begun.elapsed().as_secs_f64());
    Ok(())
}
