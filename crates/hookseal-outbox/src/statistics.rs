use std::time::Duration;

use hookseal::time::OffsetDateTime;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::outbox::Outbox;

const STATISTICS: &str = "
    SELECT (SELECT count(*) FROM hookseal.deliveries),
        (SELECT count(*) FROM hookseal.deliveries WHERE lane <> 0),
        (SELECT count(*) FROM hookseal.deliveries WHERE lane = 0 AND due_at <= now()),
        (SELECT min(d.due_at) FROM hookseal.buckets b, LATERAL (
            SELECT d.due_at FROM hookseal.deliveries d WHERE d.bucket = b.bucket AND d.lane = 0
            ORDER BY d.due_at LIMIT 1) d WHERE d.due_at <= now()),
        (SELECT count(*) FROM hookseal.ended WHERE state LIKE 'failed:%'),
        (SELECT count(*) FROM hookseal.ended WHERE state = 'parked'),
        (SELECT count(*) FROM hookseal.endpoints WHERE health ? 'disabled'),
        (SELECT count(*) FROM hookseal.endpoints WHERE fault IS NOT NULL),
        w.live, w.recorded, w.superseded, now()
    FROM (
        SELECT count(*) FILTER (WHERE until > clock_timestamp()) AS live,
            coalesce(sum(recorded), 0)::bigint AS recorded, coalesce(sum(superseded), 0)::bigint AS superseded
        FROM hookseal.workers
    ) w";

/// The state of the outbox, for a dashboard and for alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Deliveries that are still to be sent, now or later.
    pub pending: u64,
    /// Those of them that wait on their own, because their endpoint is paused, fails or is slow.
    pub aside: u64,
    /// Those that are due now, of all other endpoints.
    pub due: u64,
    /// When the oldest of those became due.
    pub oldest_due: Option<OffsetDateTime>,
    /// How long it has been due. If it grows, the workers are too few, or gone: this is the figure to alert on.
    pub lag: Duration,
    /// Deliveries that have failed, and were not replayed.
    pub failed: u64,
    /// Deliveries that could not be handled. Somebody has to look at them.
    pub parked: u64,
    /// Endpoints that are paused, or disabled by their failures.
    pub disabled_endpoints: u64,
    /// Endpoints to which nothing can be sent, for example because their secret cannot be decrypted.
    pub faulty_endpoints: u64,
    /// Workers that are alive.
    pub workers: u64,
    /// Attempts that were recorded, by the workers of the last day.
    pub recorded: u64,
    /// Attempts that were sent twice, by two workers, and therefore recorded once.
    pub superseded: u64,
}

impl Outbox {
    /// The state of the outbox. It counts the backlog, which takes some tenths of a second for a million deliveries.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// let statistics = outbox.statistics(&client).await?;
    /// println!("{} pending, {:?} behind, {} parked", statistics.pending, statistics.lag, statistics.parked);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn statistics(&self, client: &impl GenericClient) -> Result<Statistics, Error> {
        let row = client.query_one(STATISTICS, &[]).await?;
        let count = |column| Ok::<_, Error>(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or(0));
        let (oldest_due, now): (Option<OffsetDateTime>, OffsetDateTime) = (row.try_get(3)?, row.try_get(11)?);
        Ok(Statistics {
            pending: count(0)?,
            aside: count(1)?,
            due: count(2)?,
            oldest_due,
            lag: oldest_due.and_then(|due| Duration::try_from(now - due).ok()).unwrap_or_default(),
            failed: count(4)?,
            parked: count(5)?,
            disabled_endpoints: count(6)?,
            faulty_endpoints: count(7)?,
            workers: count(8)?,
            recorded: count(9)?,
            superseded: count(10)?,
        })
    }
}
