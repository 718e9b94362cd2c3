//! A process that sends: takes what is due, begins, sends, records. It may be killed at any instruction.

use std::io::Read;
use std::time::Duration;

use deadpool_postgres::{Pool, Transaction};
use hookseal::Secret;
use hookseal::delivery::{
    Attempt, AttemptError, Delivery, EndpointHealth, HealthPolicy, Outcome, Sending, Subscription,
};
use hookseal::provider::KALLGLOT;
use reqwest::Client;
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use time::OffsetDateTime;
use tokio_postgres::types::Json;

use crate::{Result, outbox, postgres};

/// Attempts of one worker at the same time.
pub const TASKS: usize = 4;
const TIMEOUT: Duration = Duration::from_secs(2);
/// A lease is longer than the attempt and its recording: who finds it run out may assume that its worker is gone.
const LEASE_MARGIN: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_millis(20);
const MAX_EXCERPT: usize = 4096;

/// An attempt that is stored as begun, and everything to send it.
struct Claim {
    id: i64,
    endpoint: String,
    event_id: String,
    body: String,
    secret: String,
    url: String,
    sending: Sending,
    attempt: Attempt,
}

/// Works until its standard input closes: a worker does not outlive whoever started it.
pub async fn run(address: &str) -> Result<()> {
    let pool = postgres::pool(address, TASKS)?;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(work(pool.clone(), http_client()?));
    }
    // A thread, because a runtime would wait for its own reader.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    tasks.join_next().await.ok_or("no task")??
}

pub fn http_client() -> Result<Client> {
    // A redirect is an answer like any other: following it would send the event where nobody subscribed. Where users
    // enter URLs, the resolver is to ask `UrlPolicy::check_resolved` too; here all addresses are our own, and loopback.
    Ok(Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(KALLGLOT.sending().connect_timeout)
        .build()?)
}

async fn work(pool: Pool, http: Client) -> Result<()> {
    loop {
        match claim(&pool).await? {
            Some(claim) => {
                let answer = send(&http, &claim).await;
                record(&pool, &claim, &answer).await?;
            }
            None => tokio::time::sleep(IDLE).await,
        }
    }
}

/// Leases one due delivery and begins its attempt. Stored before anything is sent, so that a worker that takes it over
/// supersedes us.
async fn claim(pool: &Pool) -> Result<Option<Claim>> {
    // The database's clock is the fleet's: two workers never disagree on what is due or run out.
    const DUE: &str = "
        SELECT d.id, d.delivery, e.id, e.subscription, e.secret, v.id, v.body, now()
        FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id JOIN events v ON v.id = d.event_id
        WHERE d.state = 'pending' AND d.due_at <= now() AND d.lease_until <= now() AND e.active
        ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED";
    const LEASE: &str = "
        UPDATE deliveries SET delivery = $2, lease_until = now() + make_interval(secs => $3) WHERE id = $1";
    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    let Some(row) = tx.query_opt(&tx.prepare_cached(DUE).await?, &[]).await? else { return Ok(None) };
    let id: i64 = row.try_get(0)?;
    let Json(mut delivery) = row.try_get::<_, Json<Delivery>>(1)?;
    let Json(subscription) = row.try_get::<_, Json<Subscription>>(3)?;
    let sending = sending(&subscription);
    let attempt = delivery.begin(&sending, row.try_get(7)?)?;
    let lease = (sending.timeout + LEASE_MARGIN).as_secs_f64();
    tx.execute(&tx.prepare_cached(LEASE).await?, &[&id, &Json(&delivery), &lease]).await?;
    tx.commit().await?;
    Ok(Some(Claim {
        id,
        endpoint: row.try_get(2)?,
        event_id: row.try_get(5)?,
        body: row.try_get(6)?,
        secret: row.try_get(4)?,
        url: subscription.url,
        sending,
        attempt,
    }))
}

/// The platform's way to send, as far as the endpoint has no own.
fn sending(subscription: &Subscription) -> Sending {
    let mut sending = KALLGLOT.sending().clone();
    sending.timeout = subscription.timeout.map_or(TIMEOUT, |seconds| Duration::from_secs(seconds.into()));
    sending.health = HealthPolicy::never().after_failures(10);
    if let Some(retry) = &subscription.retry_policy {
        sending.retry = retry.clone();
    }
    sending
}

/// How an attempt ended, as [`Outcome`] says it, and what the log shows of the response's body.
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
    let Ok(mut request) = request(claim) else { return Answer::Missing(Outcome::RequestInvalid) };
    *request.timeout_mut() = Some(claim.sending.timeout);
    match http.execute(request).await {
        Ok(mut response) => {
            let status = response.status().as_u16();
            let retry_after = response.headers().get(RETRY_AFTER).map(|value| value.as_bytes().to_vec());
            // The status decides; a body that is long or breaks off changes nothing.
            let mut excerpt = Vec::new();
            while let (true, Ok(Some(chunk))) = (excerpt.len() < MAX_EXCERPT, response.chunk().await) {
                excerpt.extend_from_slice(&chunk);
            }
            Answer::Response { status, retry_after, excerpt }
        }
        Err(error) if error.is_timeout() => Answer::Missing(Outcome::Timeout),
        Err(error) if error.is_connect() => Answer::Missing(Outcome::ConnectError),
        Err(_) => Answer::Missing(Outcome::ConnectionReset),
    }
}

fn request(claim: &Claim) -> Result<reqwest::Request> {
    let signer = KALLGLOT.signer(Secret::new(&*claim.secret)?)?;
    let time = claim.attempt.signing_time();
    Ok(signer.request_at(&*claim.url, &claim.event_id, claim.body.clone(), time)?.try_into()?)
}

/// Records an attempt's end: the delivery, the log and the endpoint's health together, or nothing of them.
async fn record(pool: &Pool, claim: &Claim, answer: &Answer) -> Result<()> {
    const CURRENT: &str = "SELECT delivery, now() FROM deliveries WHERE id = $1 FOR UPDATE";
    const UPDATE: &str = "
        UPDATE deliveries SET delivery = $2, state = $3, due_at = $4, lease_until = '-infinity' WHERE id = $1";
    let mut db = pool.get().await?;
    let tx = db.transaction().await?;
    // As it is now: the lease may have run out, and another worker may have begun.
    let row = tx.query_one(&tx.prepare_cached(CURRENT).await?, &[&claim.id]).await?;
    let Json(mut delivery) = row.try_get::<_, Json<Delivery>>(0)?;
    let now = row.try_get(1)?;
    let outcome = answer.outcome();
    let (mut record, _) = match delivery.record(&claim.attempt, &claim.sending, &outcome, now, fastrand::u64(..)) {
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
    count(&tx, claim, &outcome, now).await?;
    Ok(tx.commit().await?)
}

/// Counts the attempt in the endpoint's health.
async fn count(tx: &Transaction<'_>, claim: &Claim, outcome: &Outcome<'_>, now: OffsetDateTime) -> Result<()> {
    let add = |health: &mut EndpointHealth| health.record(&claim.sending, outcome, now);
    // Most attempts succeed at endpoints without failures and change nothing: those do not queue for the lock.
    let select = tx.prepare_cached("SELECT health FROM endpoints WHERE id = $1").await?;
    let Json(before) = tx.query_one(&select, &[&claim.endpoint]).await?.try_get::<_, Json<EndpointHealth>>(0)?;
    let mut after = before.clone();
    add(&mut after);
    if after == before {
        return Ok(());
    }
    let mut health = outbox::lock(tx, &claim.endpoint).await?;
    if let Some(signal) = add(&mut health) {
        println!("    {}: {signal:?}", claim.endpoint);
    }
    outbox::store(tx, &claim.endpoint, &health).await
}
