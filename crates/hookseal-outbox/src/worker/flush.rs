use std::collections::HashSet;
use std::sync::Arc;

use hookseal::delivery::{AttemptRecord, Delivery, State};
use hookseal::time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::row::{Key, from_unix_ms};
use super::session::Session;
use super::target::Target;
use crate::send::Answer;

/// An attempt that has ended, until it is recorded.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) key: Key,
    pub(super) slot: i16,
    pub(super) wanted: i32,
    pub(super) generation: i32,
    /// When it was due.
    pub(super) due_at: OffsetDateTime,
    pub(super) delivery: Delivery,
    pub(super) record: AttemptRecord,
    /// For the endpoint's health; none for a replay.
    pub(super) counts: Option<Counted>,
    /// How often it could not be recorded, because somebody had locked the delivery.
    pub(super) tries: u32,
}

/// What an endpoint's health is told of an attempt.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) target: Arc<Target>,
    pub(super) answer: Answer,
    /// When it ended.
    pub(super) at: OffsetDateTime,
}

impl Ended {
    /// When the schedule goes on; none if it is over.
    pub(super) fn planned_at(&self) -> Option<OffsetDateTime> {
        let columns = self.delivery.columns();
        let pending = columns.state == State::Pending;
        columns.due_at.filter(|_| pending).and_then(from_unix_ms)
    }
}

/// What has become of the attempts of a flush. What is in neither set was recorded by another worker before, or its
/// delivery is gone.
#[derive(Debug)]
pub(super) struct Flushed {
    pub(super) recorded: HashSet<Key>,
    /// Their deliveries still wait for them, but are locked.
    pub(super) locked: HashSet<Key>,
}

/// Records attempts in one statement.
pub(super) async fn flush(session: &Session, ended: &mut [Ended]) -> Result<Flushed, Error> {
    ended.sort_unstable_by_key(|ended| ended.key);
    let ended = &*ended;
    let events = column(ended, |ended| ended.key.0);
    let endpoints = column(ended, |ended| ended.key.1);
    let slots = column(ended, |ended| ended.slot);
    let numbers = column(ended, |ended| number(ended.record.attempt));
    let wanted = column(ended, |ended| ended.wanted);
    let started = column(ended, |ended| from_unix_ms(ended.record.started_at));
    let durations = column(ended, |ended| i32::try_from(ended.record.duration_ms).unwrap_or(i32::MAX));
    let statuses = column(ended, |ended| ended.record.status.map(|status| i16::try_from(status).unwrap_or(i16::MAX)));
    let errors = column(ended, |ended| ended.record.error.as_deref());
    let states = column(ended, |ended| ended.delivery.state().to_string());
    let planned = column(ended, Ended::planned_at);
    let replays = column(ended, |ended| number(ended.delivery.columns().replays));
    let firsts = column(ended, |ended| ended.delivery.columns().first_at.and_then(from_unix_ms));
    let excerpts = column(ended, |ended| ended.record.excerpt.as_deref().filter(|excerpt| !excerpt.is_empty()));
    let generations = column(ended, |ended| ended.generation);
    let columns: [&(dyn ToSql + Sync); 15] = [
        &events,
        &endpoints,
        &slots,
        &numbers,
        &wanted,
        &started,
        &durations,
        &statuses,
        &errors,
        &states,
        &planned,
        &replays,
        &firsts,
        &excerpts,
        &generations,
    ];
    let rows = session.recorder.query(&session.statements.record, &columns).await?;
    let recorded = keys(&rows)?;
    let left: Vec<&Ended> = ended.iter().filter(|ended| !recorded.contains(&ended.key)).collect();
    if left.is_empty() {
        return Ok(Flushed { recorded, locked: HashSet::new() });
    }
    let (events, endpoints): (Vec<i64>, Vec<i64>) = left.iter().map(|ended| ended.key).unzip();
    let numbers: Vec<i32> = left.iter().map(|ended| number(ended.record.attempt)).collect();
    let generations: Vec<i32> = left.iter().map(|ended| ended.generation).collect();
    let columns: [&(dyn ToSql + Sync); 4] = [&events, &endpoints, &numbers, &generations];
    // A statement of its own, so that it sees what another worker has recorded meanwhile.
    let pending = session.recorder.query(&session.statements.unrecorded, &columns).await;
    // If that cannot be said now, it is asked again later.
    let locked = pending.and_then(|rows| keys(&rows)).unwrap_or_else(|_| left.iter().map(|ended| ended.key).collect());
    Ok(Flushed { recorded, locked })
}

fn keys(rows: &[Row]) -> Result<HashSet<Key>, Error> {
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

fn column<'e, T>(ended: &'e [Ended], value: impl Fn(&'e Ended) -> T) -> Vec<T> {
    ended.iter().map(value).collect()
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
