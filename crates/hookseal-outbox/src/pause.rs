use hookseal::delivery::EndpointHealth;
use hookseal::time::OffsetDateTime;
use tokio_postgres::GenericClient;
use tokio_postgres::types::Json;

use crate::endpoint::set_wants;
use crate::error::Error;
use crate::outbox::Outbox;

/// Naming `changed` tells the workers.
const PAUSE: &str = "
    UPDATE hookseal.endpoints SET health = $2, changed = 0 WHERE id = $1 AND NOT health ? 'disabled'";
const ASIDE: &str = "UPDATE hookseal.wants SET lane = endpoint WHERE endpoint = $1 AND lane = 0";
const LOCK: &str = "SELECT FROM hookseal.endpoints WHERE id = $1 FOR UPDATE";
const ENABLE: &str = "UPDATE hookseal.endpoints SET health = '{}', changed = 0 WHERE id = $1";
/// What was enqueued since, and never tried. While an endpoint is paused, no due time changes.
const CANCEL_MISSED: &str = "
    WITH gone AS (
        DELETE FROM hookseal.deliveries
        WHERE bucket = $1::bigint % 64 AND lane IN (0, $1) AND endpoint = $1 AND attempts = 0 AND due_at >= $2 RETURNING *
    )
    INSERT INTO hookseal.ended (event, endpoint, slot, size, attempts, replays, generation, state)
    SELECT event, endpoint, slot, size, attempts, replays, generation, 'cancelled' FROM gone";
const WAITING: &str =
    "SELECT count(*) FROM hookseal.deliveries WHERE bucket = $1::bigint % 64 AND lane IN (0, $1) AND endpoint = $1";

/// What becomes of the events that were enqueued while an endpoint was paused or disabled.
///
/// ```
/// assert_ne!(hookseal_outbox::Missed::Send, hookseal_outbox::Missed::Cancel);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missed {
    /// They are sent now.
    Send,
    /// They are cancelled. Each can still be [replayed](Outbox::replay).
    Cancel,
}

/// What [`Outbox::resume`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resumed {
    /// Deliveries that are sent now.
    pub waiting: u64,
    /// Missed deliveries that were cancelled.
    pub cancelled: u64,
}

impl Outbox {
    /// Stops sending to an endpoint, at its owner's wish. Workers notice within a fraction of a second; attempts in flight
    /// are ended. Events are still enqueued for it and wait, at no cost to others, until it is
    /// [resumed](Self::resume) or their retention ends. Does nothing if it is paused or disabled already.
    ///
    /// # Errors
    /// [`Error::NoSuchEndpoint`] and [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, mut client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// outbox.pause(&mut client, 7).await
    /// # }
    /// ```
    pub async fn pause(&self, client: &mut impl GenericClient, endpoint: i64) -> Result<(), Error> {
        let tx = client.transaction().await?;
        tx.query_opt(LOCK, &[&endpoint]).await?.ok_or(Error::NoSuchEndpoint { endpoint })?;
        let now: OffsetDateTime = tx.query_one("SELECT clock_timestamp()", &[]).await?.try_get(0)?;
        let mut health = EndpointHealth::new();
        health.pause(now);
        tx.execute(PAUSE, &[&endpoint, &Json(health)]).await?;
        tx.execute(ASIDE, &[&endpoint]).await?;
        Ok(tx.commit().await?)
    }

    /// Sends to an endpoint again that was paused by its owner or disabled by its failures: first what waits, and what
    /// it has missed if that is asked for. An endpoint that had answered that it is gone has missed what was enqueued
    /// since, for good.
    ///
    /// # Errors
    /// [`Error::NoSuchEndpoint`], [`Error::Unreadable`] and [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, mut client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// use hookseal_outbox::Missed;
    ///
    /// let resumed = outbox.resume(&mut client, 7, Missed::Send).await?;
    /// println!("{} deliveries are sent now", resumed.waiting);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resume(
        &self,
        client: &mut impl GenericClient,
        endpoint: i64,
        missed: Missed,
    ) -> Result<Resumed, Error> {
        let tx = client.transaction().await?;
        tx.query_opt(LOCK, &[&endpoint]).await?.ok_or(Error::NoSuchEndpoint { endpoint })?;
        let found = self.endpoint(&tx, endpoint).await?;
        let cancelled = match (missed, found.health.disabled_at()) {
            (Missed::Cancel, Some(since)) => tx.execute(CANCEL_MISSED, &[&endpoint, &since]).await?,
            _ => 0,
        };
        tx.execute(ENABLE, &[&endpoint]).await?;
        set_wants(&tx, &found.tenant, endpoint, &found.subscription).await?;
        let waiting: i64 = tx.query_one(WAITING, &[&endpoint]).await?.try_get(0)?;
        tx.commit().await?;
        Ok(Resumed { waiting: u64::try_from(waiting).unwrap_or(0), cancelled })
    }
}
