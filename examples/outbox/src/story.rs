//! What happens in a run: events are published, endpoints pause and fail, workers are killed. At the end, the results.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use hookseal::delivery::{EndpointHealth, Subscription};
use hookseal::{Secret, SecretForm};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_postgres::types::{Json, ToSql};

use crate::fleet::Fleet;
use crate::receiver::{self, Receiver};
use crate::{Result, check, events, postgres, worker};

/// Concurrent transactions of the business.
const PRODUCERS: usize = 2;
/// Longer than a lease.
const FROZEN_SECONDS: u64 = 8;
const TICK: Duration = Duration::from_millis(5);

pub struct Options {
    pub events: usize,
    pub workers: usize,
    pub kills: usize,
}

pub async fn run(address: &str, options: &Options) -> Result<bool> {
    let pool = postgres::pool(address, 64)?;
    pool.get().await?.batch_execute(include_str!("schema.sql")).await?;
    let crm = subscribe(&pool, "crm", json!({ "events": ["*"] })).await?;
    let short = json!({ "events": ["session.ended"], "filters": { "min_duration": 60 } });
    let billing = subscribe(&pool, "billing", short).await?;
    let search = subscribe(&pool, "search", json!({ "events": ["transcript.*", "recording.ready"] })).await?;
    let mut fleet = Fleet::start(address, options.workers)?;
    println!("{} events, {} workers, {} kills", options.events, options.workers, options.kills);

    let started = Instant::now();
    let mut producers = produce(&pool, options.events);
    // The receiver that never stops serves as the clock: things happen when it has processed a certain number of
    // events.
    let percent = |percent: usize| options.events * percent / 100;
    let mut kills: Vec<usize> = (0..options.kills).map(|_| fastrand::usize(percent(2)..percent(95))).collect();
    kills.sort_unstable();
    let mut kills = kills.into_iter().peekable();
    let (mut step, mut paused) = (0, (0, 0));
    loop {
        let progress = crm.processed.load(Ordering::Relaxed);
        while kills.next_if(|at| *at <= progress).is_some() {
            fleet.kill_one().await?;
        }
        fleet.check()?;
        if let Some(ended) = producers.try_join_next() {
            ended??;
        }
        let say = |what: &str| println!("{:6.1} s  {what}", started.elapsed().as_secs_f64());
        if fleet.thawed()? {
            say("the frozen worker goes on");
        }
        match step {
            0 if progress >= percent(5) => {
                say("a worker freezes");
                fleet.freeze(FROZEN_SECONDS)?;
            }
            1 if progress >= percent(10) => {
                events::pause(&pool, "search").await?;
                paused.0 = clock(&pool).await?;
                say(&format!(
                    "search is paused by its owner, {} of its deliveries wait",
                    pending(&pool, "search").await?
                ));
            }
            2 if progress >= percent(30) => {
                billing.down.store(true, Ordering::Relaxed);
                say("billing goes down");
            }
            3 if progress >= percent(50) => {
                paused.1 = clock(&pool).await?;
                let held = pending(&pool, "search").await?;
                let missed = events::resume(&pool, "search").await?;
                say(&format!("search is resumed: {held} deliveries waited, {missed} events come after"));
            }
            4 if progress >= percent(60) && !active(&pool, "billing").await? => {
                billing.down.store(false, Ordering::Relaxed);
                let held = pending(&pool, "billing").await?;
                let missed = events::resume(&pool, "billing").await?;
                say(&format!("billing is repaired and resumed: {held} deliveries waited, {missed} events come after"));
            }
            5 if kills.peek().is_none()
                && !fleet.is_frozen()
                && producers.is_empty()
                && pending(&pool, "%").await? == 0 =>
            {
                break;
            }
            _ => {
                tokio::time::sleep(TICK).await;
                continue;
            }
        }
        step += 1;
    }
    let took = started.elapsed();
    let killed = fleet.kills;
    drop(fleet);

    let attempts = count(&pool, "SELECT count(*) FROM attempts", &[]).await?;
    println!("{:6.1} s  all delivered, {killed} workers killed", took.as_secs_f64());
    for (name, receiver) in [("crm", &crm), ("billing", &billing), ("search", &search)] {
        let processed = count(&pool, "SELECT count(*) FROM effects WHERE receiver = $1", &[&name]).await?;
        let [again, faults] = [&receiver.duplicates, &receiver.faults].map(|number| number.load(Ordering::Relaxed));
        println!("  {name:8} processed {processed:6}, recognised {again:4} duplicates, had {faults:4} faults");
    }
    let good = check::all(&pool, ("search", paused.0, paused.1)).await?;
    let bare = bare_posts(usize::try_from(attempts)?, options.workers * worker::TASKS).await?;
    let per_second = |number: f64, time: Duration| number / time.as_secs_f64();
    println!("\nspeed");
    println!(
        "  {:7.0}  events per second, from the first call to the last delivery",
        per_second(options.events as f64, took)
    );
    println!("  {:7.0}  attempts per second ({attempts} in all)", per_second(attempts as f64, took));
    println!(
        "  {:7.0}  bare posts per second, as many and as many at once, with nothing around them",
        per_second(attempts as f64, bare)
    );
    println!("  {:7.1}  times as long as the bare posts", took.as_secs_f64() / bare.as_secs_f64());
    Ok(good && killed >= options.kills)
}

/// Starts a receiver and stores its subscription.
async fn subscribe(pool: &Pool, name: &'static str, mut wish: Value) -> Result<Arc<Receiver>> {
    let secret = Secret::generate(SecretForm::Text)?;
    let secret = secret.expose().ok_or("a secret without text")?;
    let (receiver, address) = Receiver::start(name, secret, pool.clone()).await?;
    wish["url"] = format!("http://{address}/hooks").into();
    // Time is compressed: a second here is about an hour in reality.
    let delays = [0.05, 0.1, 0.2, 0.4, 0.8].into_iter().chain([1.0; 15]).collect::<Vec<_>>();
    wish["retry_policy"] = json!({ "delays": delays, "jitter": "equal" });
    let subscription: Subscription = serde_json::from_value(wish)?;
    let insert = "INSERT INTO endpoints (id, subscription, secret, health) VALUES ($1, $2, $3, $4)";
    let health = EndpointHealth::new();
    pool.get().await?.execute(insert, &[&name, &Json(&subscription), &secret, &Json(&health)]).await?;
    Ok(receiver)
}

fn produce(pool: &Pool, events: usize) -> JoinSet<Result<()>> {
    let mut producers = JoinSet::new();
    for first in 0..PRODUCERS {
        let pool = pool.clone();
        producers.spawn(async move {
            for number in (first..events).step_by(PRODUCERS) {
                events::call_ended(&pool, i64::try_from(number)?).await?;
            }
            Ok(())
        });
    }
    producers
}

/// Sends as many requests as the fleet did, without signatures, a database or failures.
async fn bare_posts(number: usize, at_once: usize) -> Result<Duration> {
    let (url, http) = (format!("http://{}/", receiver::bare().await?), worker::http_client()?);
    let body =
        json!({ "id": "evt_1", "type": "session.ended", "data": { "call": 1, "duration_seconds": 1 } }).to_string();
    let started = Instant::now();
    let mut posts = JoinSet::new();
    for first in 0..at_once {
        let (url, http, body) = (url.clone(), http.clone(), body.clone());
        posts.spawn(async move {
            for _ in (first..number).step_by(at_once) {
                http.post(&url).body(body.clone()).send().await?.bytes().await?;
            }
            Ok::<(), reqwest::Error>(())
        });
    }
    while let Some(ended) = posts.join_next().await {
        ended??;
    }
    Ok(started.elapsed())
}

async fn pending(pool: &Pool, endpoint: &str) -> Result<i64> {
    count(pool, "SELECT count(*) FROM deliveries WHERE state = 'pending' AND endpoint_id LIKE $1", &[&endpoint]).await
}

async fn active(pool: &Pool, endpoint: &str) -> Result<bool> {
    Ok(count(pool, "SELECT count(*) FROM endpoints WHERE active AND id = $1", &[&endpoint]).await? > 0)
}

/// The database's time in Unix milliseconds.
async fn clock(pool: &Pool) -> Result<i64> {
    count(pool, "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint", &[]).await
}

async fn count(pool: &Pool, query: &str, values: &[&(dyn ToSql + Sync)]) -> Result<i64> {
    Ok(pool.get().await?.query_one(query, values).await?.try_get(0)?)
}
