//! What happens in a run: events are published, endpoints pause and fail, workers are killed, the database crashes. At the
//! end, the results.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use hookseal::delivery::Subscription;
use hookseal::{Secret, SecretForm};
use hookseal_outbox::{Missed, NewEndpoint, Outbox, Statistics};
use serde_json::{Value, json};
use test_postgres::Postgres;
use tokio::task::JoinSet;

use crate::chart::Chart;
use crate::fleet::Fleet;
use crate::receiver::Receiver;
use crate::{Result, business, check, platform};

/// Concurrent transactions of the business.
const PRODUCERS: usize = 16;
/// Longer than a lease.
const FROZEN_SECONDS: u64 = 5;
const TICK: Duration = Duration::from_millis(5);
const SAMPLE: Duration = Duration::from_millis(200);
/// Within this time, all workers know of a pause, and what was in flight has ended.
const PAUSED: Duration = Duration::from_secs(3);

pub struct Options {
    pub events: usize,
    pub workers: usize,
    pub kills: usize,
    pub svg: Option<PathBuf>,
}

pub async fn run(postgres: &mut Postgres, options: &Options) -> Result<bool> {
    let (address, outbox) = (postgres.address(), platform::outbox());
    let pool = business::pool(&address, 64)?;
    outbox.migrate(&mut **pool.get().await?).await?;
    pool.get().await?.batch_execute(include_str!("schema.sql")).await?;
    let (crm_id, crm) = subscribe(&outbox, &pool, "crm", json!({ "events": ["*"] })).await?;
    let long = json!({ "events": ["session.ended"], "filters": { "min_duration": 60 } });
    let (billing_id, billing) = subscribe(&outbox, &pool, "billing", long).await?;
    let words = json!({ "events": ["transcript.*", "recording.ready"] });
    let (search_id, search) = subscribe(&outbox, &pool, "search", words).await?;
    let mut fleet = Fleet::start(&address, options.workers)?;
    println!("{} events, {} workers, {} kills", options.events, options.workers, options.kills);

    let mut chart = Chart::start();
    let mut producers = produce(&pool, options.events);
    // The receiver that never stops serves as the clock: things happen when it has processed a certain number of
    // events.
    let percent = |percent: usize| options.events * percent / 100;
    let mut kills: Vec<usize> = (0..options.kills).map(|_| fastrand::usize(percent(2)..percent(95))).collect();
    kills.sort_unstable();
    let mut kills = kills.into_iter().peekable();
    let (mut step, mut paused, mut sampled) = (0, (0, 0), Instant::now());
    loop {
        let progress = crm.processed.load(Ordering::Relaxed);
        while kills.next_if(|at| *at <= progress).is_some() {
            fleet.kill_one().await?;
            chart.kill();
        }
        fleet.check()?;
        if let Some(ended) = producers.try_join_next() {
            ended??;
        }
        let now = statistics(&outbox, &pool, &mut sampled).await;
        if let Some(now) = &now {
            let processed = [&crm, &billing, &search].map(|receiver| receiver.processed.load(Ordering::Relaxed));
            chart.sample(processed.into_iter().sum(), now.lag);
        }
        let mut say = |what: &str| {
            println!("{:6.1} s  {what}", chart.elapsed().as_secs_f64());
            chart.mark(what);
        };
        if fleet.thawed()? {
            say("the frozen worker goes on");
        }
        // Receivers need the database that crashed, and ten failures in a row disable them.
        if step > 3 && now.is_some() && is_disabled(&outbox, &pool, crm_id).await? {
            let resumed = outbox.resume(&mut **pool.get().await?, crm_id, Missed::Send).await?;
            say(&format!("crm is resumed after the crash: {} deliveries waited", resumed.waiting));
        }
        match step {
            0 if progress >= percent(5) => {
                say("a worker freezes");
                fleet.freeze(FROZEN_SECONDS)?;
            }
            1 if progress >= percent(10) => {
                say("search is paused");
                outbox.pause(&mut **pool.get().await?, search_id).await?;
                paused.0 = clock(&pool).await? + i64::try_from(PAUSED.as_millis())?;
            }
            2 if progress >= percent(20) => {
                say("billing goes down");
                billing.down.store(true, Ordering::Relaxed);
            }
            3 if progress >= percent(40) => {
                say("the database crashes");
                postgres.crash(1)?;
                tokio::time::sleep(PAUSED).await;
                while clock(&pool).await.is_err() {
                    tokio::time::sleep(SAMPLE).await;
                }
            }
            4 if progress >= percent(50) => {
                paused.1 = clock(&pool).await?.max(paused.0);
                let resumed = outbox.resume(&mut **pool.get().await?, search_id, Missed::Send).await?;
                say(&format!("search is resumed: {} deliveries waited", resumed.waiting));
            }
            5 if progress >= percent(60)
                && (is_disabled(&outbox, &pool, billing_id).await?
                    || now.as_ref().is_some_and(|now| now.pending == 0)) =>
            {
                billing.down.store(false, Ordering::Relaxed);
                let resumed = outbox.resume(&mut **pool.get().await?, billing_id, Missed::Send).await?;
                say(&format!("billing is repaired and resumed: {} deliveries waited", resumed.waiting));
            }
            6 if kills.peek().is_none()
                && !fleet.is_frozen()
                && producers.is_empty()
                && now.as_ref().is_some_and(|now| now.pending == 0) =>
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
    let (took, killed) = (chart.elapsed(), fleet.kills);
    // They end what they have begun, and say goodbye.
    fleet.stop().await?;
    let end = outbox.statistics(&**pool.get().await?).await?;
    println!("{:6.1} s  all delivered, {killed} workers killed", took.as_secs_f64());
    for (name, receiver) in [("crm", &crm), ("billing", &billing), ("search", &search)] {
        let [processed, again, faults] =
            [&receiver.processed, &receiver.duplicates, &receiver.faults].map(|number| number.load(Ordering::Relaxed));
        println!("  {name:8} processed {processed:6}, recognised {again:4} duplicates, had {faults:4} faults");
    }
    println!("  {} attempts recorded, {} sent twice and recorded once", end.recorded, end.superseded);
    println!(
        "  {:.0} events per second, whose receivers' transactions are most of the work",
        options.events as f64 / took.as_secs_f64()
    );
    let good = check::all(&pool, (search_id, paused.0, paused.1)).await?;
    if let Some(file) = &options.svg {
        std::fs::write(file, chart.svg())?;
        println!("drawn in {}", file.display());
    }
    Ok(good && killed >= options.kills)
}

/// The state of the outbox, now and then; none while the database is down.
async fn statistics(outbox: &Outbox, pool: &Pool, sampled: &mut Instant) -> Option<Statistics> {
    if sampled.elapsed() < SAMPLE {
        return None;
    }
    *sampled = Instant::now();
    outbox.statistics(&**pool.get().await.ok()?).await.ok()
}

/// Starts a receiver and registers it.
async fn subscribe(outbox: &Outbox, pool: &Pool, name: &'static str, mut wish: Value) -> Result<(i64, Arc<Receiver>)> {
    let secret = Secret::generate(SecretForm::Text)?;
    let secret = secret.expose().ok_or("a secret without text")?;
    let (receiver, address) = Receiver::start(name, secret, pool.clone()).await?;
    wish["url"] = format!("http://{address}/hooks").into();
    // Time is compressed: a second here is about an hour in reality.
    let delays = [0.05, 0.1, 0.2, 0.4, 0.8].into_iter().chain([1.0; 25]).collect::<Vec<_>>();
    wish["retry_policy"] = json!({ "delays": delays, "jitter": "equal" });
    let subscription: Subscription = serde_json::from_value(wish)?;
    let endpoint = NewEndpoint::new(business::TENANT, subscription, secret);
    Ok((outbox.add_endpoint(&mut **pool.get().await?, &endpoint).await?, receiver))
}

fn produce(pool: &Pool, events: usize) -> JoinSet<Result<()>> {
    let mut producers = JoinSet::new();
    for first in 0..PRODUCERS {
        let pool = pool.clone();
        producers.spawn(async move {
            for number in (first..events).step_by(PRODUCERS) {
                business::call_ended(&pool, i64::try_from(number)?).await?;
            }
            Ok(())
        });
    }
    producers
}

async fn is_disabled(outbox: &Outbox, pool: &Pool, endpoint: i64) -> Result<bool> {
    Ok(!outbox.endpoint(&**pool.get().await?, endpoint).await?.health.is_active())
}

/// The database's time in Unix milliseconds, as soon as it answers.
async fn clock(pool: &Pool) -> Result<i64> {
    let query = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    Ok(pool.get().await?.query_one(query, &[]).await?.try_get(0)?)
}
