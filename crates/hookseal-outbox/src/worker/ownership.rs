use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::chores::Chore;
use super::engine::Engine;
use super::heartbeat::Pulse;
use super::lane::{Endpoint, Lane};
use super::queues::QueueId;
use super::row::bucket;
use crate::error::Error;

/// How long a worker that was asked to stop waits for the database, after its last attempt has ended.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// How long a bucket is kept so that the health of its endpoints is stored. A user may have locked one of them.
const SAVING: Duration = Duration::from_secs(5);
/// In place of a time limit that is beyond all clocks.
const A_YEAR: Duration = Duration::from_secs(365 * 86_400);

/// Which buckets are the worker's, and what that means for what it has in its hands.
impl Engine {
    /// Whether new attempts may begin at all.
    pub(super) fn may_begin(&self, now: Instant) -> bool {
        self.stop_at.is_none() && self.clock.is_some() && now < self.owns_until
    }

    /// Whether an attempt may begin at an endpoint.
    pub(super) fn may_send(&self, endpoint: i64, now: Instant) -> bool {
        let is_stale = self.endpoints.get(&endpoint).is_some_and(|endpoint| endpoint.is_stale);
        self.may_begin(now) && self.buckets.get(&bucket(endpoint)) == Some(&false) && !is_stale
    }

    pub(super) fn beaten(&mut self, pulse: Pulse) {
        let now = Instant::now();
        self.trouble.reset();
        (self.worker, self.clock, self.owns_until) = (Some(pulse.worker), Some(pulse.clock), pulse.owns_until);
        let mine: HashSet<i16> = pulse.buckets.iter().copied().collect();
        // What had to be taken again was somebody else's since the last heartbeat.
        let is_lost = |bucket: &i16| !mine.contains(bucket) || pulse.taken.contains(bucket);
        let lost: Vec<i16> = self.buckets.keys().copied().filter(is_lost).collect();
        lost.into_iter().for_each(|bucket| self.lose(bucket));
        let excess = if self.stop_at.is_some() { mine.len() } else { mine.len().saturating_sub(pulse.share) };
        // The same ones each time, so that a bucket that drains goes on draining.
        let mut ordered = pulse.buckets;
        ordered.sort_unstable_by(|one, other| other.cmp(one));
        for (place, number) in ordered.into_iter().enumerate() {
            let drains = place < excess;
            match self.buckets.insert(number, drains) {
                before @ (None | Some(true)) if !drains => {
                    self.queues.restart(QueueId::Bucket(number));
                    self.next_scan = now;
                    if before.is_none() {
                        self.next_poll = now;
                    }
                    self.refresh(number);
                }
                Some(false) if drains => self.let_go(number),
                _ => {}
            }
        }
        crate::metrics::buckets(self.buckets.len());
        crate::metrics::load(self.in_flight, self.waiting, std::mem::take(&mut self.lag));
        if !self.drained().is_empty() {
            self.next_beat = now + Duration::from_millis(20);
        }
    }

    /// The buckets to give up, because nothing of theirs is in flight any more.
    pub(super) fn drained(&self) -> Vec<i16> {
        let is_idle = |bucket| self.known.is_idle(bucket) && !self.is_saving(bucket);
        let drained = self.buckets.iter().filter(|(bucket, drains)| **drains && is_idle(**bucket));
        drained.map(|(bucket, _)| *bucket).collect()
    }

    /// Whether the next owner would not know yet that an endpoint is disabled.
    fn is_saving(&self, number: i16) -> bool {
        self.unsaved.iter().any(|(id, since)| bucket(*id) == number && since.elapsed() < SAVING)
    }

    /// A bucket is somebody else's now, who sends to its endpoints and changes their health.
    fn lose(&mut self, number: i16) {
        let is_in = |id: &i64| bucket(*id) == number;
        self.unhealthy.retain(|id| !is_in(id));
        self.unsaved.retain(|id, _| !is_in(id));
        self.chores.retain(|chore| !matches!(chore, Chore::Health { endpoint, .. } if is_in(endpoint)));
        self.let_go(number);
        self.buckets.remove(&number);
        self.endpoints.iter_mut().filter(|(id, _)| is_in(id)).for_each(|(_, endpoint)| endpoint.is_stale = true);
    }

    /// Forgets what others may have changed in a bucket, or loads it again if it is in use.
    fn refresh(&mut self, number: i16) {
        self.endpoints.retain(|id, endpoint| bucket(*id) != number || !endpoint.is_stale || !endpoint.is_idle());
        let is_stale = |(id, endpoint): &(&i64, &Endpoint)| bucket(**id) == number && endpoint.is_stale;
        let stale: Vec<i64> = self.endpoints.iter().filter(is_stale).map(|(id, _)| *id).collect();
        stale.into_iter().for_each(|id| self.distrust(id));
    }

    /// Loads an endpoint again with its health. Until then, nothing is sent to it.
    pub(super) fn distrust(&mut self, id: i64) {
        if let Some(endpoint) = self.endpoints.get_mut(&id) {
            endpoint.is_stale = true;
            endpoint.is_outdated = endpoint.is_asked;
        }
        self.reload(&[id]);
    }

    /// Begins nothing more in a bucket. What is in flight goes on, and is recorded.
    fn let_go(&mut self, number: i16) {
        self.queues.remove(QueueId::Bucket(number));
        self.forget_postponed(number);
        let endpoints: Vec<i64> = self.endpoints.keys().copied().filter(|id| bucket(*id) == number).collect();
        for id in endpoints {
            self.forget_waiting(id);
            self.queues.remove(QueueId::Endpoint(id));
            self.own.retain(|own| *own != id);
            if let Some(endpoint) = self.endpoints.get_mut(&id) {
                if endpoint.lane != Lane::Common {
                    self.own_in_flight = self.own_in_flight.saturating_sub(endpoint.in_flight);
                    self.own_body_memory = self.own_body_memory.saturating_sub(endpoint.body_memory);
                }
                endpoint.lane = Lane::Common;
                // What is not recorded yet still counts in its health.
                if endpoint.is_idle() && !self.unhealthy.contains(&id) {
                    self.endpoints.remove(&id);
                }
            }
        }
    }

    /// Begins nothing more at all.
    pub(super) fn stop(&mut self) {
        tracing::info!("stopping: attempts in flight are ended and recorded");
        let now = Instant::now();
        let longest = self.settings.max_timeout.max(self.outbox.provider().delivery_policy().timeout());
        let stop_at = now.checked_add(longest).and_then(|end| end.checked_add(LAST_WORDS));
        self.stop_at = Some(stop_at.unwrap_or(now + A_YEAR));
        let buckets: Vec<i16> = self.buckets.keys().copied().collect();
        for bucket in buckets {
            self.buckets.insert(bucket, true);
            self.let_go(bucket);
        }
        let picked = std::mem::take(&mut self.picked);
        picked.into_iter().for_each(|due| self.put_back(&due));
    }

    pub(super) fn is_finished(&self, now: Instant) -> bool {
        let Some(stop_at) = self.stop_at else { return false };
        let tasks = &self.tasks;
        let is_quiet =
            self.unhealthy.is_empty() && tasks.reading.is_none() && tasks.loading.is_none() && tasks.beating.is_none();
        now >= stop_at || self.known.is_empty() && self.chores.is_empty() && tasks.keeping.is_none() && is_quiet
    }

    /// Hands the buckets to the others at once.
    pub(super) async fn leave(self) -> Result<(), Error> {
        if let (Some(session), Some(worker)) = (self.session.as_ref().map(Arc::clone), self.worker) {
            let counts = (self.recorded, self.superseded);
            session.watcher.execute(&session.statements.leave, &[&worker, &counts.0, &counts.1]).await?;
        }
        Ok(())
    }
}
