use hookseal::time::OffsetDateTime;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::outbox::Outbox;

/// A pending delivery keeps its schedule: see `Delivery::replay`.
const REPLAY_PENDING: &str = "
    UPDATE hookseal.deliveries SET replays_wanted = replays_wanted + 1, due_at = least(due_at, now()),
        planned_at = CASE WHEN replay_at IS NULL THEN due_at ELSE planned_at END,
        replay_at = least(replay_at, now())
    WHERE event = $1 AND endpoint = $2";
/// What was parked goes on with its schedule, because it was not tried in vain. The rest gets one attempt. An attempt that
/// began before it had ended is not recorded any more.
const BACK: &str = "
    INSERT INTO hookseal.deliveries (event, endpoint, due_at, size, attempts, bucket, slot, replays, generation,
        replays_wanted, replay_at, first_at, last_status, last_error)
    SELECT event, endpoint, now(), size, attempts, endpoint % 64, slot, replays, generation + 1,
        CASE WHEN state = 'parked' THEN 0 ELSE 1 END, CASE WHEN state <> 'parked' THEN now() END,
        first_at, last_status, last_error
    FROM gone ON CONFLICT DO NOTHING";
const GONE: &str = "
    WITH gone AS (
        DELETE FROM hookseal.ended d
        WHERE EXISTS (SELECT FROM hookseal.events v WHERE v.id = d.event AND v.slot = d.slot)
            AND EXISTS (SELECT FROM hookseal.endpoints p WHERE p.id = d.endpoint)";
/// What was delivered is only in the log.
const REPLAY_DELIVERED: &str = "
    WITH gone AS (
        SELECT v.id AS event, $2::bigint AS endpoint, octet_length(v.body) AS size, v.slot, 0 AS replays,
            0 AS generation, 'delivered' AS state, a.attempts, a.first_at, NULL::smallint AS last_status, NULL::text AS last_error
        FROM hookseal.events v, LATERAL (
            SELECT max(number) AS attempts, min(started_at) AS first_at FROM hookseal.attempts a
            WHERE a.event = v.id AND a.slot = v.slot AND a.endpoint = $2
        ) a
        WHERE v.id = $1 AND a.attempts IS NOT NULL
            AND EXISTS (SELECT FROM hookseal.endpoints p WHERE p.id = $2)
    )";
const CANCEL: &str = "
    WITH gone AS (DELETE FROM hookseal.deliveries WHERE event = $1 AND endpoint = $2 RETURNING *)";
const CANCEL_ALL: &str = "
    WITH gone AS (
        DELETE FROM hookseal.deliveries
        WHERE bucket = $1::bigint % 64 AND lane IN (0, $1) AND endpoint = $1 RETURNING *
    )";
const AS_CANCELLED: &str = "
    INSERT INTO hookseal.ended
        (event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, state)
    SELECT event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, 'cancelled' FROM gone";

/// One event for one endpoint.
///
/// ```
/// let delivery = hookseal_outbox::DeliveryId { event: 4711, endpoint: 7 };
/// assert_eq!(delivery.to_string(), "4711/7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_structs, reason = "it is a key")]
pub struct DeliveryId {
    /// The number of the event in the outbox; [`Outbox::deliveries`] finds it by the event's own id.
    pub event: i64,
    /// The endpoint.
    pub endpoint: i64,
}

impl std::fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.event, self.endpoint)
    }
}

impl Outbox {
    /// Makes one more attempt, whatever has become of the delivery: it may be pending, delivered, failed, cancelled or
    /// parked. Returns whether it is made; it is not if the [retention](crate::Retention) of the event or of the log has
    /// ended, if the endpoint was removed, or if there was never such a delivery. What is not pending any more is known from
    /// the log alone.
    ///
    /// A pending delivery keeps its schedule, and a parked one goes on with it. Any other gets this one attempt, which is
    /// not retried. It is signed with its own time.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, mut client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// for delivery in outbox.deliveries(&client, "evt_1").await? {
    ///     outbox.replay(&mut client, delivery.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replay(&self, client: &mut impl GenericClient, delivery: DeliveryId) -> Result<bool, Error> {
        let tx = client.transaction().await?;
        let ended = format!("{GONE} AND event = $1 AND endpoint = $2 RETURNING *) {BACK}");
        let delivered = format!("{REPLAY_DELIVERED} {BACK}");
        let mut found = false;
        for statement in [REPLAY_PENDING, &ended, &delivered] {
            if tx.execute(statement, &[&delivery.event, &delivery.endpoint]).await? > 0 {
                found = true;
                break;
            }
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Replays everything that failed or was parked for an endpoint since a time, and is still in the log. Returns how many
    /// deliveries that are. Pending and cancelled deliveries are left alone.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// use hookseal::time::{Duration, OffsetDateTime};
    ///
    /// let replayed = outbox.replay_failed(&client, 7, OffsetDateTime::now_utc() - Duration::DAY).await?;
    /// println!("{replayed} deliveries are sent again");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replay_failed(
        &self,
        client: &impl GenericClient,
        endpoint: i64,
        since: OffsetDateTime,
    ) -> Result<u64, Error> {
        let statement =
            format!("{GONE} AND endpoint = $1 AND ended_at >= $2 AND state <> 'cancelled' RETURNING *) {BACK}");
        Ok(client.execute(&statement, &[&endpoint, &since]).await?)
    }

    /// Cancels a pending delivery. Returns whether there was one. An attempt in flight may still arrive, and is not
    /// recorded. A worker may have read the delivery before: an attempt can begin until about a second after this is
    /// committed.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// let was_pending = outbox.cancel(&client, hookseal_outbox::DeliveryId { event: 4711, endpoint: 7 }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn cancel(&self, client: &impl GenericClient, delivery: DeliveryId) -> Result<bool, Error> {
        let statement = format!("{CANCEL} {AS_CANCELLED}");
        Ok(client.execute(&statement, &[&delivery.event, &delivery.endpoint]).await? > 0)
    }

    /// Cancels everything that is pending for an endpoint, and returns how many deliveries that are. As with
    /// [`cancel`](Self::cancel), attempts can begin until about a second later.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// println!("{} deliveries are cancelled", outbox.cancel_all(&client, 7).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn cancel_all(&self, client: &impl GenericClient, endpoint: i64) -> Result<u64, Error> {
        Ok(client.execute(&format!("{CANCEL_ALL} {AS_CANCELLED}"), &[&endpoint]).await?)
    }
}
