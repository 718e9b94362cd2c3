use std::time::{Duration, Instant};

use tokio_postgres::Error;

use super::clock::Clock;
use super::row::BUCKETS;
use super::session::Session;

/// What a worker tells the others.
#[derive(Debug)]
pub(super) struct Beat {
    pub(super) worker: Option<i64>,
    pub(super) lease: Duration,
    pub(super) recorded: i64,
    pub(super) superseded: i64,
    /// Buckets that are drained.
    pub(super) given: Vec<i16>,
    pub(super) takes: bool,
}

/// What it learns.
#[derive(Debug)]
pub(super) struct Pulse {
    pub(super) worker: i64,
    pub(super) clock: Clock,
    /// Until when the buckets are its own, unless it renews that.
    pub(super) owns_until: Instant,
    pub(super) buckets: Vec<i16>,
    /// Those of them that it has taken just now.
    pub(super) taken: Vec<i16>,
    /// How many it should have.
    pub(super) share: usize,
}

pub(super) async fn beat(session: &Session, beat: &Beat) -> Result<Pulse, Error> {
    let (client, statements) = (&session.watcher, &session.statements);
    let (sent, seconds) = (Instant::now(), beat.lease.as_secs_f64());
    let mut worker = beat.worker;
    let mut time = None;
    if let Some(id) = worker {
        let row = client.query_opt(&statements.beat, &[&id, &seconds, &beat.recorded, &beat.superseded]).await?;
        match row {
            Some(row) => time = Some(row.try_get(0)?),
            // It was away for so long that its row is gone.
            None => worker = None,
        }
    }
    let worker: i64 = match worker {
        Some(id) => id,
        None => client.query_one(&statements.join, &[&seconds, &env!("CARGO_PKG_VERSION")]).await?.try_get(0)?,
    };
    let clock = match time {
        Some(time) => Clock::new(time, sent),
        None => {
            let sent = Instant::now();
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [&worker, &seconds, &0_i64, &0_i64];
            Clock::new(client.query_one(&statements.beat, &values).await?.try_get(0)?, sent)
        }
    };
    if !beat.given.is_empty() {
        client.execute(&statements.give, &[&worker, &beat.given]).await?;
    }
    let row = client.query_one(&statements.share, &[&worker]).await?;
    let live = usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or(1).max(1);
    let mut buckets: Vec<i16> = row.try_get(1)?;
    let share = (BUCKETS as usize).div_ceil(live);
    let mut taken = Vec::new();
    if let (true, missing @ 1..) = (beat.takes, share.saturating_sub(buckets.len())) {
        let missing = i64::try_from(missing).unwrap_or(0);
        for row in client.query(&statements.take, &[&worker, &missing]).await? {
            taken.push(row.try_get(0)?);
        }
        buckets.extend(&taken);
    }
    Ok(Pulse { worker, clock, owns_until: sent + beat.lease, buckets, taken, share })
}
