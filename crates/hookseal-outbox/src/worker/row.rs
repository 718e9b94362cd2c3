use hookseal::delivery::{Columns, Delivery};
use hookseal::time::OffsetDateTime;
use tokio_postgres::{Error, Row};

/// A delivery: an event, and the endpoint for which it is.
pub(super) type Key = (i64, i64);

/// The newest format of a delivery that this version knows.
pub(super) const FORMAT: i16 = 1;
pub(super) const BUCKETS: i64 = 64;

/// The bucket of an endpoint, as `hookseal.enqueue` computes it.
pub(super) fn bucket(endpoint: i64) -> i16 {
    i16::try_from(endpoint % BUCKETS).unwrap_or(0)
}

/// A due delivery as it was read, without its event.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) key: Key,
    pub(super) due_at: OffsetDateTime,
    pub(super) slot: i16,
    pub(super) size: usize,
    pub(super) format: i16,
    attempts: i32,
    replays: i32,
    replays_wanted: i32,
    replay_at: Option<OffsetDateTime>,
    planned_at: Option<OffsetDateTime>,
    first_at: Option<OffsetDateTime>,
}

impl Due {
    /// Reads a row after its first column.
    pub(super) fn read(row: &Row) -> Result<Due, Error> {
        Ok(Due {
            key: (row.try_get(1)?, row.try_get(2)?),
            due_at: row.try_get(3)?,
            slot: row.try_get(4)?,
            size: usize::try_from(row.try_get::<_, i32>(5)?).unwrap_or(0),
            attempts: row.try_get(6)?,
            format: row.try_get(7)?,
            replays: row.try_get(8)?,
            replays_wanted: row.try_get(9)?,
            replay_at: row.try_get(10)?,
            planned_at: row.try_get(11)?,
            first_at: row.try_get(12)?,
        })
    }

    pub(super) fn endpoint(&self) -> i64 {
        self.key.1
    }

    /// How many replays were wanted when it was read. A flush keeps those that came later.
    pub(super) fn replays_wanted(&self) -> i32 {
        self.replays_wanted
    }

    /// The state machine. While no replay is wanted, the due time is the schedule's.
    pub(super) fn delivery(&self) -> Delivery {
        let planned = if self.replay_at.is_none() { Some(self.due_at) } else { self.planned_at };
        let mut columns = Columns::default();
        columns.attempts = u32::try_from(self.attempts).unwrap_or(0);
        columns.replays = u32::try_from(self.replays).unwrap_or(0);
        columns.replays_wanted = u32::try_from(self.replays_wanted).unwrap_or(0);
        columns.due_at = planned.map(unix_ms);
        columns.replay_at = self.replay_at.map(unix_ms);
        columns.first_at = self.first_at.map(unix_ms);
        Delivery::from(columns)
    }
}

fn unix_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

pub(super) fn from_unix_ms(ms: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()
}
