use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use hookseal::delivery::HealthSignal;
use hookseal::time::OffsetDateTime;
use tokio_postgres::Error as DbError;

use super::chores::{Chore, Done, Postponed};
use super::engine::Engine;
use super::flush::{Counted, Ended, Flushed};
use super::lane::Lane;
use super::queues::QueueId;
use super::row::{Key, bucket};
use super::session::{is_lock_timeout, is_poison};

/// When something is tried again whose delivery was locked: after this time, and then twice as long each time.
const FIRST_TRY: Duration = Duration::from_millis(50);
const LONGEST_TRY: Duration = Duration::from_secs(1);
/// How often it is tried, these 4.5 s, if it is a chore, or an attempt in a bucket that is handed over meanwhile: nobody
/// sends to its endpoints until then.
const TRIES: u32 = 8;
/// How many chores wait for locks at once.
const POSTPONED: usize = 512;
/// The longest reason for which a delivery is parked.
const MAX_REASON: usize = 500;

/// From the endpoints back to the database.
impl Engine {
    pub(super) fn flushed(&mut self, ended: Vec<Ended>, result: Result<Flushed, DbError>) {
        let now = Instant::now();
        match result {
            Ok(flushed) => {
                self.trouble.reset();
                crate::metrics::flush(flushed.recorded.len());
                self.recorded_all(ended, &flushed, now);
            }
            Err(error) if is_poison(&error) => match <[Ended; 1]>::try_from(ended) {
                // The database may use an encoding without some of its characters.
                Ok([mut ended]) if ended.record.excerpt.is_some() => {
                    tracing::debug!(%error, event = ended.key.0, endpoint = ended.key.1, "recorded without an excerpt");
                    ended.record.excerpt = None;
                    self.suspects.push_front(ended);
                }
                Ok([ended]) => {
                    tracing::warn!(%error, event = ended.key.0, endpoint = ended.key.1, "an attempt cannot be recorded");
                    self.resolved(&ended);
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

    fn recorded_all(&mut self, ended: Vec<Ended>, flushed: &Flushed, now: Instant) {
        let mut counted: HashMap<i64, Vec<Counted>> = HashMap::new();
        for ended in ended {
            if flushed.locked.contains(&ended.key) {
                self.wait_for_lock(ended, now);
                continue;
            }
            self.resolved(&ended);
            if !flushed.recorded.contains(&ended.key) {
                tracing::debug!(event = ended.key.0, endpoint = ended.key.1, "another worker was faster");
                crate::metrics::superseded();
                self.superseded += 1;
                self.known.settle(ended.key);
                // Unless it has come back meanwhile, and was passed over.
                self.lower(ended.key, ended.due_at);
                continue;
            }
            self.recorded += 1;
            self.known.settle(ended.key);
            if let Some(due) = ended.planned_at() {
                self.lower(ended.key, due);
            }
            if let Some(counts) = ended.counts {
                counted.entry(ended.key.1).or_default().push(counts);
            }
        }
        counted.into_iter().for_each(|(endpoint, attempts)| self.count(endpoint, attempts));
    }

    /// A delivery is due at this time, or later.
    pub(super) fn lower(&mut self, key: Key, due: OffsetDateTime) {
        let is_own = self.endpoint_of(key).is_some_and(|endpoint| endpoint.lane != Lane::Common);
        self.queues.lower(QueueId::Bucket(bucket(key.1)), due);
        if is_own {
            self.queues.lower(QueueId::Endpoint(key.1), due);
        }
    }

    /// Keeps an attempt whose delivery is locked until it can be recorded. Until then, the delivery is not sent again.
    fn wait_for_lock(&mut self, mut ended: Ended, now: Instant) {
        let (event, id) = ended.key;
        let is_kept = self.buckets.get(&bucket(id)) == Some(&false);
        if !is_kept && ended.tries >= TRIES {
            tracing::warn!(
                event,
                endpoint = id,
                "is not recorded and will be sent again, because somebody has locked it"
            );
            self.resolved(&ended);
            return self.known.forget(ended.key);
        }
        if let Some(endpoint) = self.endpoints.get_mut(&id).filter(|_| ended.tries == 0) {
            endpoint.locked += 1;
        }
        let at = next_try(now, ended.tries);
        ended.tries = ended.tries.saturating_add(1);
        self.again.push((at, ended));
    }

    /// An attempt is recorded, or never will be.
    fn resolved(&mut self, ended: &Ended) {
        let Some(endpoint) = self.endpoints.get_mut(&ended.key.1) else { return };
        endpoint.unrecorded = endpoint.unrecorded.saturating_sub(1);
        if ended.tries > 0 {
            endpoint.locked = endpoint.locked.saturating_sub(1);
            self.list(ended.key.1);
        }
    }

    /// Counts recorded attempts in the health of their endpoint, in the order in which they ended, unless it has been changed
    /// since they began, or another worker counts.
    fn count(&mut self, id: i64, mut attempts: Vec<Counted>) {
        let is_own = self.buckets.contains_key(&bucket(id));
        let endpoint = self.endpoints.get_mut(&id).filter(|endpoint| is_own && !endpoint.is_stale);
        let Some(loaded) = endpoint.and_then(|endpoint| endpoint.loaded.as_mut()) else { return };
        attempts.retain(|counted| loaded.is(&counted.target));
        attempts.sort_by_key(|counted| counted.at);
        let Some(Counted { target, .. }) = attempts.first() else { return };
        let before = loaded.health.clone();
        let outcomes = attempts.iter().map(|counted| (counted.answer.outcome(), counted.at));
        let signals = loaded.health.record_all(&target.policy, outcomes);
        if loaded.health != before {
            self.unhealthy.insert(id);
            self.unsaved.entry(id).or_insert_with(Instant::now);
        }
        for signal in signals {
            match signal {
                HealthSignal::Disabled(why) => {
                    tracing::warn!(endpoint = id, %why, "an endpoint is disabled");
                    self.withdraw(id);
                }
                signal => tracing::info!(endpoint = id, ?signal, "the health of an endpoint has changed"),
            }
        }
    }

    /// Makes a chore of each endpoint's health that has changed since it was stored.
    pub(super) fn gather_health(&mut self) {
        let Some(worker) = self.worker else { return };
        for endpoint in std::mem::take(&mut self.unhealthy) {
            if let Some(loaded) = self.endpoints.get(&endpoint).and_then(|endpoint| endpoint.loaded.as_ref()) {
                let (health, changed) = (loaded.health.clone(), loaded.changed);
                self.chores.push_back(Chore::Health { endpoint, health, changed, worker });
            } else {
                self.unsaved.remove(&endpoint);
            }
        }
    }

    /// Makes chores again of those whose time has come.
    pub(super) fn gather_postponed(&mut self, now: Instant) {
        let due = self.postponed.values_mut().filter(|postponed| postponed.at <= now);
        self.chores.extend(due.filter_map(|postponed| postponed.chore.take()));
    }

    pub(super) fn next_postponed(&self) -> Option<Instant> {
        let waiting = self.postponed.values().filter(|postponed| postponed.chore.is_some());
        waiting.map(|postponed| postponed.at.max(self.next_chore)).min()
    }

    /// The next owner of a bucket finds what is still locked there.
    pub(super) fn forget_postponed(&mut self, number: i16) {
        let known = &mut self.known;
        self.postponed.retain(|key, postponed| {
            let stays = bucket(key.1) != number || postponed.chore.is_none();
            if !stays {
                known.forget(*key);
            }
            stays
        });
    }

    /// Tries a chore again later, because somebody has locked its delivery. If that has not helped, or if the bucket is not
    /// kept, the row stays as it is, and is found again when its queue is read from the beginning.
    fn postpone(&mut self, chore: Chore, key: Key) {
        let is_kept = self.buckets.get(&bucket(key.1)) == Some(&false);
        let before = self.postponed.remove(&key).map_or(0, |postponed| postponed.tries);
        if !is_kept || before >= TRIES || self.postponed.len() >= POSTPONED {
            tracing::warn!(
                event = key.0,
                endpoint = key.1,
                "a delivery is left as it is, because somebody has locked it"
            );
            return self.known.forget(key);
        }
        let postponed = Postponed { chore: Some(chore), at: next_try(Instant::now(), before), tries: before + 1 };
        self.postponed.insert(key, postponed);
    }

    pub(super) fn kept(&mut self, done: Vec<(Chore, Done)>, result: Result<(), (VecDeque<Chore>, DbError)>) {
        for (chore, done) in done {
            self.done(chore, &done);
        }
        let Err((mut left, error)) = result else { return };
        let failed = left.pop_front();
        left.into_iter().rev().for_each(|chore| self.chores.push_front(chore));
        match failed {
            Some(chore) if is_poison(&error) => self.refused(chore, &error),
            Some(chore) if is_lock_timeout(&error) && (self.stop_at.is_some() || chore.key().is_some()) => {
                tracing::warn!(?chore, "is not done, because somebody has locked its row");
                self.done(chore, &Done::Locked);
            }
            Some(chore) => {
                // Perhaps it waits for a lock that nobody else needs.
                self.chores.push_back(chore);
                self.next_chore = self.failed("a chore", &error);
            }
            None => {}
        }
    }

    /// The database will never do a chore as it is.
    fn refused(&mut self, chore: Chore, error: &DbError) {
        if let Some(plain) = chore.in_ascii() {
            return self.chores.push_back(plain);
        }
        match chore {
            Chore::SetAside { key, reason } => self.chores.push_back(Chore::Park { key, reason }),
            Chore::Park { key, reason } => {
                tracing::error!(%error, event = key.0, endpoint = key.1, reason, "a delivery cannot be parked");
                self.postponed.remove(&key);
                self.known.settle(key);
            }
            chore => {
                tracing::error!(%error, ?chore, "given up");
                self.done(chore, &Done::Yes);
            }
        }
    }

    fn done(&mut self, chore: Chore, done: &Done) {
        if let Some(key) = chore.key() {
            if matches!(done, Done::Locked) {
                return self.postpone(chore, key);
            }
            self.postponed.remove(&key);
        }
        if let Chore::Health { endpoint, .. } = &chore
            && !self.unhealthy.contains(endpoint)
        {
            self.unsaved.remove(endpoint);
        }
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
            (Chore::Health { endpoint, .. }, Done::Outdated) => self.distrust(endpoint),
            _ => {}
        }
    }
}

fn next_try(now: Instant, tries: u32) -> Instant {
    now + FIRST_TRY.saturating_mul(1 << tries.min(16)).min(LONGEST_TRY)
}

/// The text of an error for a column.
fn reason(error: &DbError) -> String {
    let text = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    text.replace('\0', "\u{fffd}").chars().take(MAX_REASON).collect()
}
