use std::error::Error as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hookseal::delivery::{Columns, Delivery};
use hookseal::time::OffsetDateTime;
use tokio_postgres::{Error, Row};

/// A delivery: an event, and the endpoint for which it is.
pub(super) type Key = (i64, i64);

/// The newest format of a delivery that this version knows.
pub(super) const FORMAT: i16 = 1;
pub(super) const BUCKETS: i64 = 64;
pub(super) const SLOTS: i16 = 32;

/// How long a delivery may wait in memory before its row is looked at again.
const FRESH: Duration = Duration::from_secs(1);

/// The bucket of an endpoint, as `hookseal.enqueue` computes it.
pub(super) fn bucket(endpoint: i64) -> i16 {
    i16::try_from(endpoint % BUCKETS).unwrap_or(0)
}

/// The partition of the events of a day, as `hookseal.slot` computes it.
pub(super) fn slot(at: OffsetDateTime) -> i16 {
    i16::try_from(at.unix_timestamp().div_euclid(86_400).rem_euclid(SLOTS.into())).unwrap_or(0)
}

/// An event as it is sent.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) body: Bytes,
    pub(super) event_type: String,
    pub(super) at: OffsetDateTime,
}

impl Event {
    /// Reads the columns from this one on.
    pub(super) fn read(row: &Row, first: usize) -> Result<Event, Error> {
        Ok(Event {
            id: row.try_get(first)?,
            body: Bytes::copy_from_slice(row.try_get(first + 1)?),
            event_type: row.try_get(first + 2)?,
            at: row.try_get(first + 3)?,
        })
    }
}

/// A due delivery whose row cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) key: Key,
    pub(super) due_at: OffsetDateTime,
    pub(super) reason: String,
}

/// A due delivery as it was read.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) key: Key,
    pub(super) due_at: OffsetDateTime,
    pub(super) slot: i16,
    /// Of the body in memory.
    pub(super) size: usize,
    /// Whether its body is larger than what the provider sends, and is not loaded.
    pub(super) is_too_large: bool,
    pub(super) format: i16,
    attempts: i32,
    replays: i32,
    replays_wanted: i32,
    /// How often it has come back since it had ended.
    pub(super) generation: i32,
    replay_at: Option<OffsetDateTime>,
    planned_at: Option<OffsetDateTime>,
    first_at: Option<OffsetDateTime>,
    /// If it was read along.
    pub(super) event: Option<Event>,
    /// When its row was certainly there.
    pub(super) seen: Instant,
}

impl Due {
    /// Reads a row after its first column. One that cannot be read is told by its key and the reason.
    pub(super) fn read(row: &Row, seen: Instant) -> Result<Result<Due, Unreadable>, Error> {
        let (key, due_at) = ((row.try_get(1)?, row.try_get(2)?), row.try_get(3)?);
        let due = Due::parse(row, key, due_at, seen).map_err(|error| explain(&error));
        Ok(due.and_then(Due::check).map_err(|reason| Unreadable { key, due_at, reason }))
    }

    fn parse(row: &Row, key: Key, due_at: OffsetDateTime, seen: Instant) -> Result<Due, Error> {
        Ok(Due {
            key,
            due_at,
            slot: row.try_get(4)?,
            size: usize::try_from(row.try_get::<_, i32>(5)?).unwrap_or(0),
            is_too_large: false,
            attempts: row.try_get(6)?,
            format: row.try_get(7)?,
            replays: row.try_get(8)?,
            replays_wanted: row.try_get(9)?,
            replay_at: row.try_get(10)?,
            planned_at: row.try_get(11)?,
            first_at: row.try_get(12)?,
            event: row.try_get::<_, Option<&str>>(13)?.map(|_| Event::read(row, 13)).transpose()?,
            generation: row.try_get(17)?,
            seen,
        })
    }

    /// The schema lets nothing else in. Whoever has forced it gets no worker to look for a partition that is not there, or
    /// to make an attempt again and again that has no number.
    fn check(self) -> Result<Due, String> {
        if !(0..SLOTS).contains(&self.slot) {
            return Err(format!("its events have no partition {}", self.slot));
        }
        if !(0..i32::MAX).contains(&self.attempts) {
            return Err(format!("it cannot have had {} attempts", self.attempts));
        }
        Ok(self)
    }

    /// Does without its body, and without what was read along.
    pub(super) fn leave_body(&mut self) {
        (self.is_too_large, self.size, self.event) = (true, 0, None);
    }

    pub(super) fn endpoint(&self) -> i64 {
        self.key.1
    }

    /// The number of its next attempt.
    pub(super) fn number(&self) -> i32 {
        self.attempts.saturating_add(1)
    }

    /// Whether so much time has passed since it was read that it may have been cancelled.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) > FRESH
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

/// Why a column cannot be read.
pub(super) fn explain(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn unix_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

pub(super) fn from_unix_ms(ms: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()
}
