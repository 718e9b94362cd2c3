//! A process that sends: it takes what is due, begins an attempt, sends it, and records it. It can be killed at any
//! instruction, and nothing else ends it: an error only delays its own delivery, and the worker waits for a database
//! that is gone.

use std::io::Read;
use std::time::{Duration, Instant};

use deadpool_postgres::{Pool, Transaction};
use hookseal::Secret;
use hookseal::delivery::{
    Attempt, AttemptError, Delivery, DeliveryPolicy, EndpointHealth, HealthPolicy, Outcome, Subscription,
};
use hookseal::provider::KALLGLOT;
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Request, Response};
use time::OffsetDateTime;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::fault::{self, Backoff};
use crate::{Result, events, postgres};

/// How many attempts one worker makes at the same time.
pub const TASKS: usize = 4;
const TIMEOUT: Duration = Duration::from_secs(2);
/// The longest time limit that an endpoint's owner can set, because each attempt holds one of a few slots.
const MAX_TIMEOUT: Duration = Duration::from_secs(30);
/// Enough time to record an outcome, even if another transaction holds a lock until its time-out.
const LEASE_MARGIN: Duration = Duration::from_secs(4);
const IDLE: Duration = Duration::from_millis(20);
/// How much of a response's body the log shows, and for how long it is read. The status decides, so nothing waits for a
/// body that is long, slow or incomplete.
const MAX_EXCERPT: usize = 4096;
const EXCERPT_TIME: Duration = Duration::from_millis(250);

/// An attempt that is stored as begun, with everything that is needed to send it.
struct Claim {
    id: i64,
    endpoint: String,
    request: Request,
    policy: DeliveryPolicy,
    attempt: Attempt,
    /// When another worker may take it.
    lease_until: Instant,
}

/// Works until its standard input closes, so that a worker does not outlive the process that started it.
pub async fn run(address: &str) -> Result<()> {
    let (pool, http) = (postgres::pool(address, TASKS)?, http_client()?);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(work(pool.clone(), http.clone()));
    }
    // A thread, because a runtime would wait for its own reader to end.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    // Only a panic ends a task early, and then its delivery's lease runs out.
    while tasks.join_next().await.is_some() {
        tokio::time::sleep(LEASE_MARGIN).await;
        tasks.spawn(work(pool.clone(), http.clone()));
    }
    Ok(())
}

pub fn http_client() -> Result<Client> {
    // A redirect is an answer like any other: following it would send the event to a URL that nobody registered. If
    // users enter URLs, the resolver must also call `UrlPolicy::check_resolved`; here, all addresses are our own
    // loopback ones.
    Ok(Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(KALLGLOT.delivery_policy().connect_timeout())
        .build()?)
}

async fn work(pool: Pool, http: Client) {
    let mut backoff = Backoff::default();
    loop {
        let claimed = match claim(&pool).await {
            Ok(claimed) => claimed,
            Err(error) => {
                backoff.wait("nothing can be claimed", &*error).await;
                continue;
            }
        };
        backoff = Backoff::default();
        match claimed {
            // If this worker was frozen in between, it leaves the delivery to the worker that has it now.
            Some(claim) if claim.lease_until <= Instant::now() => {}
            Some(claim) => {
                let answer = send(&http, &claim).await;
                settle(&pool, &claim, &answer).await;
            }
            None => tokio::time::sleep(IDLE).await,
        }
    }
}

/// Leases one due delivery and begins its attempt. Both are stored before anything is sent, so that a worker that takes
/// over the delivery supersedes us.
async fn claim(pool: &Pool) -> Result<Option<Claim>> {
    // All workers use the database's clock. A single comparison finds what is due: see `Delivery::due`.
    const DUE: &str = "
        SELECT d.id, d.delivery, e.id, e.subscription, e.secret, v.id, v.body, now()
        FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id JOIN events v ON v.id = d.event_id
        WHERE d.due_at <= now() AND e.active
        ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED";
    const BEGUN: &str = "UPDATE deliveries SET delivery = $2, due_at = $3 WHERE id = $1";
    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    let Some(row) = tx.query_opt(&tx.prepare_cached(DUE).await?, &[]).await? else { return Ok(None) };
    let id = row.try_get(0)?;
    let (claim, delivery) = match begin(id, &row) {
        Ok(begun) => begun,
        Err(error) => {
            fault::set_aside(&tx, id, &*error).await?;
            tx.commit().await?;
            return Ok(None);
        }
    };
    let stored: Result<()> = async {
        tx.execute(&tx.prepare_cached(BEGUN).await?, &[&id, &Json(&delivery), &delivery.due()]).await?;
        Ok(tx.commit().await?)
    }
    .await;
    match stored {
        Ok(()) => Ok(Some(claim)),
        Err(error) if fault::is_outage(&*error) => Err(error),
        Err(error) => fault::set_aside(&db, id, &*error).await.map(|()| None),
    }
}

/// Begins the attempt of a row. Anything that is wrong with the row becomes an error here, before anything is sent.
fn begin(id: i64, row: &Row) -> Result<(Claim, Delivery)> {
    let Json(mut delivery) = row.try_get::<_, Json<Delivery>>(1)?;
    let Json(subscription) = row.try_get::<_, Json<Subscription>>(3)?;
    let policy = delivery_policy(&subscription);
    let attempt = delivery.begin(&policy, row.try_get(7)?)?;
    let signer = KALLGLOT.signer(Secret::new(row.try_get::<_, &str>(4)?)?)?;
    let (event, body): (&str, String) = (row.try_get(5)?, row.try_get(6)?);
    let mut request: Request =
        signer.request_at(&*subscription.url, event, body, attempt.signing_time())?.try_into()?;
    *request.timeout_mut() = Some(policy.timeout());
    let lease_until = Instant::now() + policy.lease();
    Ok((Claim { id, endpoint: row.try_get(2)?, request, policy, attempt, lease_until }, delivery))
}

/// The platform's policy, with the settings that the endpoint's owner has changed.
fn delivery_policy(subscription: &Subscription) -> DeliveryPolicy {
    let asked = subscription.timeout.map(|seconds| Duration::from_secs(seconds.into()));
    let policy = KALLGLOT.delivery_policy().clone();
    let retry = subscription.retry_policy.as_ref().unwrap_or(policy.retry()).clone();
    policy
        .with_retry(retry)
        .with_health(HealthPolicy::never().with_max_failures(10))
        .with_timeout(asked.unwrap_or(TIMEOUT).min(MAX_TIMEOUT))
        .with_lease_margin(LEASE_MARGIN)
}

/// How an attempt ended, as an [`Outcome`], and the part of the response's body that the log shows.
enum Answer {
    Response { status: u16, retry_after: Option<Vec<u8>>, excerpt: Vec<u8> },
    Missing(Outcome<'static>),
}

impl Answer {
    fn outcome(&self) -> Outcome<'_> {
        match self {
            Answer::Response { status, retry_after, .. } => {
                Outcome::Response { status: *status, retry_after: retry_after.as_deref() }
            }
            Answer::Missing(outcome) => *outcome,
        }
    }
}

async fn send(http: &Client, claim: &Claim) -> Answer {
    let Some(request) = claim.request.try_clone() else { return Answer::Missing(Outcome::RequestInvalid) };
    match http.execute(request).await {
        Ok(mut response) => {
            let status = response.status().as_u16();
            let retry_after = response.headers().get(RETRY_AFTER).map(|value| value.as_bytes().to_vec());
            Answer::Response { status, retry_after, excerpt: excerpt(&mut response).await }
        }
        Err(error) if error.is_timeout() => Answer::Missing(Outcome::Timeout),
        Err(error) if error.is_connect() => Answer::Missing(Outcome::ConnectError),
        Err(_) => Answer::Missing(Outcome::ConnectionReset),
    }
}

/// The part of the body that arrives in time.
async fn excerpt(response: &mut Response) -> Vec<u8> {
    let mut excerpt = Vec::new();
    let read = async {
        while let (room @ 1.., Ok(Some(chunk))) = (MAX_EXCERPT - excerpt.len(), response.chunk().await) {
            excerpt.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
    };
    let _ = tokio::time::timeout(EXCERPT_TIME, read).await;
    excerpt
}

/// Records an attempt's end, as soon as the database allows it. An outcome that cannot be recorded affects only this
/// delivery: its attempt is made again.
async fn settle(pool: &Pool, claim: &Claim, answer: &Answer) {
    let mut backoff = Backoff::default();
    loop {
        let result = match record(pool, claim, answer).await {
            Err(error) if !fault::is_outage(&*error) => match pool.get().await {
                Ok(db) => fault::set_aside(&db, claim.id, &*error).await,
                Err(gone) => Err(gone.into()),
            },
            result => result,
        };
        // After the lease, another worker makes the attempt again, and this outcome is useless.
        let Err(error) = result else { return };
        if claim.lease_until <= Instant::now() {
            return eprintln!("    the outcome for delivery {} is lost: {error}", claim.id);
        }
        backoff.wait("an outcome cannot be recorded", &*error).await;
    }
}

/// Records an attempt's end: the delivery, the log and the endpoint's health, either all of them or none.
async fn record(pool: &Pool, claim: &Claim, answer: &Answer) -> Result<()> {
    const CURRENT: &str = "SELECT delivery, now() FROM deliveries WHERE id = $1 FOR UPDATE";
    const UPDATE: &str = "
        UPDATE deliveries SET delivery = $2, state = $3, due_at = $4, faults = 0, fault = NULL WHERE id = $1";
    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    // Read again: the lease may have run out, and another worker may have begun the attempt.
    let row = tx.query_one(&tx.prepare_cached(CURRENT).await?, &[&claim.id]).await?;
    let Json(mut delivery) = row.try_get::<_, Json<Delivery>>(0)?;
    let now = row.try_get(1)?;
    let outcome = answer.outcome();
    let (mut record, _) = match delivery.record(&claim.attempt, &claim.policy, &outcome, now, fastrand::u64(..)) {
        Ok(recorded) => recorded,
        Err(AttemptError::Superseded) => {
            eprintln!("    a worker was too slow: its outcome for delivery {} is dropped", claim.id);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if let Answer::Response { excerpt, .. } = answer {
        record = record.with_excerpt(excerpt);
    }
    let columns = (delivery.state().name(), delivery.due());
    tx.execute(&tx.prepare_cached(UPDATE).await?, &[&claim.id, &Json(&delivery), &columns.0, &columns.1]).await?;
    let log = tx.prepare_cached("INSERT INTO attempts VALUES ($1, $2, $3)").await?;
    tx.execute(&log, &[&claim.id, &i32::try_from(record.attempt)?, &Json(&record)]).await?;
    if !claim.attempt.is_replay() {
        count(&tx, claim, &outcome, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Counts the attempt in the endpoint's health.
async fn count(tx: &Transaction<'_>, claim: &Claim, outcome: &Outcome<'_>, now: OffsetDateTime) -> Result<()> {
    let add = |health: &mut EndpointHealth| health.record(&claim.policy, outcome, now);
    // Most attempts succeed at endpoints without failures, and change nothing: they need not wait for the lock.
    let select = tx.prepare_cached("SELECT health FROM endpoints WHERE id = $1").await?;
    let Json(before) = tx.query_one(&select, &[&claim.endpoint]).await?.try_get::<_, Json<EndpointHealth>>(0)?;
    let mut after = before.clone();
    add(&mut after);
    if after == before {
        return Ok(());
    }
    let mut health = events::lock(tx, &claim.endpoint).await?;
    if let Some(signal) = add(&mut health) {
        println!("    {}: {signal:?}", claim.endpoint);
    }
    events::store(tx, &claim.endpoint, &health).await
}
