use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use hookseal::delivery::{DisableReason, HealthSignal};
use tokio_postgres::Error as DbError;

use super::chores::{Chore, Done};
use super::engine::Engine;
use super::flush::Ended;
use super::lane::Lane;
use super::queues::QueueId;
use super::row::{Key, bucket};
use super::session::is_poison;

/// How often an attempt that was not recorded is tried to be recorded again: a user may have locked the delivery. After
/// these 0.75 s, another worker has recorded it.
const TRIES: u32 = 4;
const FIRST_TRY: Duration = Duration::from_millis(50);
/// The longest reason for which a delivery is parked.
const MAX_REASON: usize = 500;

/// From the endpoints back to the database.
impl Engine {
    pub(super) fn flushed(&mut self, ended: Vec<Ended>, result: Result<HashSet<Key>, DbError>) {
        let now = Instant::now();
        match result {
            Ok(recorded) => {
                self.trouble.reset();
                crate::metrics::flush(recorded.len());
                self.recorded_all(ended, &recorded, now);
            }
            Err(error) if is_poison(&error) => match <[Ended; 1]>::try_from(ended) {
                Ok([ended]) => {
                    tracing::warn!(%error, event = ended.key.0, endpoint = ended.key.1, "an attempt cannot be recorded");
                    self.chores.push_back(Chore::Park { key: ended.key, reason: reason(&error) });
                }
                Err(ended) => self.suspects.extend(ended),
            },
            Err(error) => {
                self.next_flush = Some(self.failed("recording", &error));
                self.ended.extend(ended);
            }
        }
    }

    fn recorded_all(&mut self, ended: Vec<Ended>, recorded: &HashSet<Key>, now: Instant) {
        let mut counted: HashMap<i64, Vec<Ended>> = HashMap::new();
        for mut ended in ended {
            if !recorded.contains(&ended.key) {
                if ended.tries < TRIES {
                    let wait = FIRST_TRY * (1 << ended.tries);
                    ended.tries += 1;
                    self.again.push((now + wait, ended));
                } else {
                    tracing::debug!(event = ended.key.0, endpoint = ended.key.1, "another worker was faster");
                    crate::metrics::superseded();
                    self.superseded += 1;
                    self.known.settle(ended.key);
                }
                continue;
            }
            self.recorded += 1;
            self.known.settle(ended.key);
            if let Some(due) = ended.planned_at() {
                let is_own = self.endpoint_of(ended.key).is_some_and(|endpoint| endpoint.lane != Lane::Common);
                self.queues.lower(QueueId::Bucket(bucket(ended.key.1)), due);
                if is_own {
                    self.queues.lower(QueueId::Endpoint(ended.key.1), due);
                }
            }
            if ended.counts.is_some() {
                counted.entry(ended.key.1).or_default().push(ended);
            }
        }
        counted.into_iter().for_each(|(endpoint, ended)| self.count(endpoint, &ended));
    }

    /// Counts recorded attempts in the health of their endpoint.
    fn count(&mut self, id: i64, ended: &[Ended]) {
        let Some(loaded) = self.endpoints.get_mut(&id).and_then(|endpoint| endpoint.loaded.as_mut()) else { return };
        let Some((target, ..)) = ended.first().and_then(|ended| ended.counts.as_ref()) else { return };
        let before = loaded.health.clone();
        let attempts = ended.iter().filter_map(|ended| ended.counts.as_ref());
        let signals = loaded.health.record_all(&target.policy, attempts.map(|(_, answer, at)| (answer.outcome(), *at)));
        if loaded.health != before {
            self.unhealthy.insert(id);
        }
        for signal in signals {
            match signal {
                HealthSignal::Disabled(why) => {
                    tracing::warn!(endpoint = id, %why, "an endpoint is disabled");
                    if why == DisableReason::Gone {
                        self.chores.push_back(Chore::Unwant(id));
                    }
                    self.withdraw(id);
                }
                signal => tracing::info!(endpoint = id, ?signal, "the health of an endpoint has changed"),
            }
        }
    }

    /// Makes a chore of each endpoint's health that has changed since it was stored.
    pub(super) fn gather_health(&mut self) {
        for endpoint in std::mem::take(&mut self.unhealthy) {
            if let Some(loaded) = self.endpoints.get(&endpoint).and_then(|endpoint| endpoint.loaded.as_ref()) {
                let (health, changed) = (loaded.health.clone(), loaded.changed);
                self.chores.push_back(Chore::Health { endpoint, health, changed });
            }
        }
    }

    pub(super) fn kept(&mut self, done: Vec<(Chore, Done)>, result: Result<(), (VecDeque<Chore>, DbError)>) {
        for (chore, done) in done {
            self.done(chore, &done);
        }
        let Err((mut left, error)) = result else { return };
        let failed = left.pop_front();
        left.into_iter().rev().for_each(|chore| self.chores.push_front(chore));
        match failed {
            Some(chore) if is_poison(&error) => {
                tracing::error!(%error, ?chore, "given up");
                self.done(chore, &Done::Yes);
            }
            Some(chore) => {
                // Perhaps it waits for a lock that nobody else needs.
                self.chores.push_back(chore);
                self.next_chore = self.failed("a chore", &error);
            }
            None => {}
        }
    }

    fn done(&mut self, chore: Chore, done: &Done) {
        match (chore, done) {
            (Chore::Move(keys), _) => {
                for key in keys {
                    self.known.settle(key);
                    if self.queues.contains(QueueId::Endpoint(key.1)) {
                        self.queues.restart(QueueId::Endpoint(key.1));
                    }
                }
            }
            (Chore::SetAside { key, reason }, Done::Hopeless) => self.chores.push_back(Chore::Park { key, reason }),
            (Chore::Park { key, reason }, _) => {
                tracing::warn!(event = key.0, endpoint = key.1, reason, "a delivery is parked");
                crate::metrics::parked();
                self.known.settle(key);
            }
            (Chore::Drop(key) | Chore::SetAside { key, .. }, _) => self.known.settle(key),
            (Chore::Health { endpoint, .. }, Done::Outdated) => self.reload(&[endpoint]),
            _ => {}
        }
    }
}

/// The text of an error for a column.
fn reason(error: &DbError) -> String {
    let text = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    text.replace('\0', "\u{fffd}").chars().take(MAX_REASON).collect()
}
