use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

use crate::error::Error;
use crate::outbox::Outbox;

/// Partitions in each ring, one for each day.
const SLOTS: i16 = 32;
/// The partition after today's is tomorrow's, and must be empty by then.
const LONGEST: u16 = 30;
/// How many rows one statement removes.
const CHUNK: i64 = 5_000;

const AGE: &str = "SELECT hookseal.age(clock_timestamp(), $1)";
/// Every statement that removes something looks at the clock itself, after it has taken its snapshot or its lock. Else a
/// partition could become today's in between, and what was just enqueued would be removed.
const TOO_OLD: &str = "
    WITH gone AS (
        DELETE FROM hookseal.deliveries WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM hookseal.deliveries WHERE slot = $1 AND hookseal.age(clock_timestamp(), $1) > $2
            LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING *
    )
    INSERT INTO hookseal.ended
        (event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, state)
    SELECT event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, 'failed:too-old' FROM gone";
const ENDED: &str = "
    DELETE FROM hookseal.ended WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM hookseal.ended WHERE slot = $1 AND hookseal.age(clock_timestamp(), $1) > $2 LIMIT $3))";
/// Rows of workers that ended long ago.
const WORKERS: &str = "DELETE FROM hookseal.workers WHERE until < now() - interval '1 day'";

/// Every worker has noticed long ago.
const REMOVED: &str = "DELETE FROM hookseal.removed WHERE at < now() - interval '1 day'";

/// For how many days events and logs are kept at least: the day of the event, in UTC, is not counted.
///
/// ```
/// use hookseal_outbox::Retention;
///
/// let retention = Retention::default().with_events(7);
/// assert_eq!((retention.events(), retention.log()), (7, 30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    events: u16,
    log: u16,
}

impl Retention {
    /// Keeps events with their bodies for 1 to 30 days, 30 unless set. A delivery that is still pending by then fails as
    /// `failed:too-old`, and nothing can be replayed any more. To replay what has ended, the [log](Self::with_log) must be
    /// there as well.
    ///
    /// ```
    /// assert_eq!(hookseal_outbox::Retention::default().with_events(90).events(), 30);
    /// ```
    #[must_use]
    pub fn with_events(mut self, days: u16) -> Retention {
        self.events = days.clamp(1, LONGEST);
        self
    }

    /// Keeps the log of attempts, and what failed, for 1 to 30 days, 30 unless set. What has ended and is not in the log any
    /// more cannot be [replayed](crate::Outbox::replay), even if its event is still there.
    ///
    /// ```
    /// assert_eq!(hookseal_outbox::Retention::default().with_log(14).log(), 14);
    /// ```
    #[must_use]
    pub fn with_log(mut self, days: u16) -> Retention {
        self.log = days.clamp(1, LONGEST);
        self
    }

    /// How many days events are kept.
    ///
    /// ```
    /// assert_eq!(hookseal_outbox::Retention::default().events(), 30);
    /// ```
    pub fn events(&self) -> u16 {
        self.events
    }

    /// How many days the log is kept.
    ///
    /// ```
    /// assert_eq!(hookseal_outbox::Retention::default().log(), 30);
    /// ```
    pub fn log(&self) -> u16 {
        self.log
    }
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { events: LONGEST, log: LONGEST }
    }
}

impl Outbox {
    /// Removes what is older than its retention, by emptying whole partitions. A worker does so every hour, unless
    /// [told otherwise](crate::Worker::with_retention).
    ///
    /// A partition is locked for the moment in which it is emptied. Only queries on the log and on old events may wait
    /// for that; a transaction that enqueues uses another partition. If it is in use for longer than a second, it is left
    /// for the next time.
    ///
    /// # Errors
    /// [`Error::Database`]. The role needs the right to truncate.
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// outbox.expire(&client, hookseal_outbox::Retention::default().with_events(7)).await
    /// # }
    /// ```
    pub async fn expire(&self, client: &Client, retention: Retention) -> Result<(), Error> {
        expire(client, retention).await
    }
}

pub(crate) async fn expire(client: &Client, retention: Retention) -> Result<(), Error> {
    let (events, log) = (i32::from(retention.events), i32::from(retention.log));
    for slot in 0..SLOTS {
        let age: i32 = client.query_one(AGE, &[&slot]).await?.try_get(0)?;
        if age > events && has_rows(client, "events", slot).await? {
            while client.execute(TOO_OLD, &[&slot, &events, &CHUNK]).await? > 0 {}
            empty(client, "events", slot, events).await?;
        }
        if age > log && has_rows(client, "attempts", slot).await? {
            empty(client, "attempts", slot, log).await?;
        }
        if age > log {
            while client.execute(ENDED, &[&slot, &log, &CHUNK]).await? > 0 {}
        }
    }
    client.execute(WORKERS, &[]).await?;
    client.execute(REMOVED, &[]).await?;
    Ok(())
}

async fn has_rows(client: &impl GenericClient, table: &str, slot: i16) -> Result<bool, Error> {
    Ok(client.query_one(&format!("SELECT EXISTS (SELECT FROM hookseal.{table}_{slot})"), &[]).await?.try_get(0)?)
}

/// Empties a partition, unless it is not old any more once it is locked.
async fn empty(client: &Client, table: &str, slot: i16, days: i32) -> Result<(), Error> {
    let statement = format!(
        "DO $$ BEGIN
            SET LOCAL lock_timeout = '1s';
            IF hookseal.age(clock_timestamp(), {slot}::smallint) > {days} THEN
                LOCK TABLE hookseal.{table}_{slot};
                IF hookseal.age(clock_timestamp(), {slot}::smallint) > {days} THEN
                    TRUNCATE hookseal.{table}_{slot};
                END IF;
            END IF;
        END $$"
    );
    match client.batch_execute(&statement).await {
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(()),
        result => Ok(result?),
    }
}
