use std::time::{Duration, Instant};

use hookseal::time::OffsetDateTime;

use super::chores::Chore;
use super::engine::Engine;
use super::lane::{Endpoint, Lane, Offer};
use super::page::{Pages, Request};
use super::queues::{Blocker, QueueId};
use super::row::{Due, FORMAT, Key, Unreadable, slot};

const SMALLEST_PAGE: usize = 8;
const LARGEST_PAGE: usize = 256;
/// How many own lanes are read at once.
const OWN: usize = 64;
/// How many endpoints are kept in memory, if most have nothing to do.
const ENDPOINTS: usize = 100_000;

/// From the queues to the lanes.
impl Engine {
    /// What to read next. It is read at once.
    pub(super) fn request(&mut self, now: Instant, is_poll: bool) -> Option<Request> {
        let clock = self.clock?.now();
        let size = i32::try_from(self.settings.body_read_along()).unwrap_or(i32::MAX);
        let mut request = Request::new(slot(clock), size);
        if is_poll {
            self.unblock(clock, now);
            let wants_more = |id| self.endpoints.get(&id).is_some_and(|endpoint| endpoint.wants_more(now));
            let is_read =
                |id| matches!(id, QueueId::Bucket(_)) || matches!(id, QueueId::Endpoint(id) if wants_more(id));
            request.is_deep = self.queues.look_back(clock, now, is_read).is_some();
        }
        if self.is_full() {
            self.relieve(now);
        }
        let room = self.settings.max_waiting().saturating_sub(self.waiting);
        // Full pages cost less.
        if room * 2 < self.settings.max_waiting() {
            self.relieve(now);
        } else {
            let page = (room / self.buckets.len().max(1)).clamp(SMALLEST_PAGE, LARGEST_PAGE);
            let (buckets, has_new) = self.queues.buckets(now);
            request.has_new = has_new;
            for id in buckets {
                self.add(&mut request, id, page, is_poll);
            }
        }
        for _ in 0..self.own.len() {
            let Some(id) = self.own.pop_front() else { break };
            self.own.push_back(id);
            self.list(id);
            let Some(endpoint) = self.endpoints.get(&id).filter(|endpoint| endpoint.wants_more(now)) else { continue };
            let page = endpoint.room();
            self.add(&mut request, QueueId::Endpoint(id), page, is_poll);
            if request.queues.len() >= self.buckets.len() + OWN {
                break;
            }
        }
        self.page_soon(false);
        if request.queues.is_empty() {
            return None;
        }
        self.known.forget_settled();
        Some(request)
    }

    fn add(&mut self, request: &mut Request, id: QueueId, page: usize, is_poll: bool) {
        let has_room = |endpoint| self.endpoints.get(&endpoint).is_none_or(Endpoint::has_room);
        if !is_poll && !self.queues.has_more(id) {
            return;
        }
        if let Some(from) = self.queues.from(id, has_room) {
            request.add(id, from, page);
        }
    }

    pub(super) fn take_in(&mut self, pages: Pages) {
        self.trouble.reset();
        let now = Instant::now();
        if pages.request.is_deep || pages.request.has_new {
            self.queues.looked_back(pages.took);
        }
        let has_new = pages.request.has_new;
        let (mut aside, mut has_more, mut is_over) = (Vec::new(), false, false);
        let (clock, mut lag) = (self.clock.map(|clock| clock.now()), Duration::ZERO);
        for ((id, size), page) in pages.request.queues.into_iter().zip(pages.pages) {
            if !self.queues.contains(id) {
                continue;
            }
            let (mut is_full, mut blocked_by) = (page.len() >= size, None);
            let is_empty = page.is_empty();
            if let (QueueId::Bucket(_), Some(clock), Some(Ok(first))) = (id, clock, page.first()) {
                lag = lag.max(Duration::try_from(clock - first.due_at).unwrap_or_default());
            }
            for due in page {
                let due = match due {
                    Ok(due) => due,
                    Err(unreadable) => {
                        self.queues.passed(id, unreadable.key, unreadable.due_at);
                        self.park_unread(unreadable);
                        continue;
                    }
                };
                let (key, due_at) = (due.key, due.due_at);
                match self.offer(id, due, now, &mut aside) {
                    Some(true) => self.queues.passed(id, key, due_at),
                    Some(false) => {
                        blocked_by = Some(key.1);
                        break;
                    }
                    None => {
                        (is_full, is_over) = (true, true);
                        break;
                    }
                }
            }
            self.queues.read(id, pages.at, pages.oldest, is_full || blocked_by.is_some(), blocked_by);
            has_more |= is_full || blocked_by.is_some();
            if let (QueueId::Endpoint(endpoint), true) = (id, is_empty) {
                self.calm(endpoint, now);
            }
        }
        if !aside.is_empty() {
            self.chores.push_back(Chore::Move(aside));
        }
        self.lag = self.lag.max(lag);
        has_more |= has_new && self.queues.met(pages.took);
        if is_over {
            self.relieve(now);
        }
        self.page_soon(has_more);
        if self.endpoints.len() > ENDPOINTS {
            self.endpoints.retain(|_, endpoint| !endpoint.is_forgettable());
        }
        self.pick(now);
        // Nothing else is likely to come soon.
        self.next_load = self.next_load.map(|_| now);
    }

    /// Endpoints for which their buckets have waited too long get lanes of their own: slow ones, and healthy ones with so
    /// many deliveries that those of others would wait until all of them are sent.
    fn unblock(&mut self, clock: OffsetDateTime, now: Instant) {
        let patience = self.pace.patience();
        let mut slow = Vec::new();
        for Blocker { endpoint: id, since, is_behind } in self.queues.blockers(clock, patience) {
            let Some(endpoint) = self.endpoints.get(&id).filter(|found| found.lane == Lane::Common) else { continue };
            // If it could be sent more, it waits for the worker, like everybody.
            if !endpoint.is_busy() {
                *since = now;
            }
            if endpoint.is_slow(now, patience) || is_behind && now.duration_since(*since) > patience {
                slow.push(id);
                // The next one has its own time.
                *since = now;
            }
        }
        slow.into_iter().for_each(|id| self.withdraw(id));
    }

    /// The common lanes have filled the memory, or everything is in flight that may be: endpoints for which something has
    /// waited too long there are slow, and get lanes of their own.
    fn relieve(&mut self, now: Instant) {
        if now < self.next_relief {
            return;
        }
        let patience = self.pace.patience();
        self.next_relief = now + patience;
        let is_full = self.is_full();
        let is_slow = |found: &Endpoint| found.is_slow(now, patience) || is_full && found.is_silent(now, patience);
        let slow = self.endpoints.iter().filter(|(_, found)| found.lane == Lane::Common && is_slow(found));
        let slow: Vec<i64> = slow.map(|(id, _)| *id).collect();
        slow.into_iter().for_each(|id| self.withdraw(id));
    }

    fn park_unread(&mut self, Unreadable { key, reason, .. }: Unreadable) {
        if self.known.insert(key) {
            self.chores.push_back(Chore::Park { key, reason });
        }
    }

    /// Whether a queue may be read on after this delivery; `None` if the worker has enough.
    fn offer(&mut self, id: QueueId, mut due: Due, now: Instant, aside: &mut Vec<Key>) -> Option<bool> {
        let key = due.key;
        if self.known.contains(due.key) {
            return Some(true);
        }
        if due.format > FORMAT {
            let reason = format!("its format {} is of a newer version", due.format);
            self.known.insert(due.key);
            self.chores.push_back(Chore::SetAside { key: due.key, reason });
            return Some(true);
        }
        if matches!(id, QueueId::Bucket(_)) && self.waiting >= self.settings.max_waiting() {
            return None;
        }
        if self.outbox.provider().max_sent().is_some_and(|limit| due.size as u64 > limit) {
            due.leave_body();
        }
        let number = due.endpoint();
        let endpoint = self.endpoints.entry(number).or_insert_with(|| Endpoint::new(&self.settings));
        match endpoint.offer(due, matches!(id, QueueId::Bucket(_)), now, self.pace.patience()) {
            Offer::Taken => {
                if endpoint.lane == Lane::Common {
                    self.waiting += 1;
                    self.found += 1;
                }
                self.known.insert(key);
                self.list(number);
                Some(true)
            }
            Offer::Full => Some(false),
            Offer::Aside => {
                self.known.insert(key);
                aside.push(key);
                self.put_aside(number);
                Some(true)
            }
        }
    }

    /// Lists an endpoint among those that can send, if it can.
    pub(super) fn list(&mut self, endpoint: i64) {
        if let Some(found) = self.endpoints.get_mut(&endpoint)
            && !found.is_listed
            && !found.waiting.is_empty()
        {
            found.is_listed = true;
            self.ready.push_back(endpoint);
        }
    }

    /// From now on, an endpoint has its own lane, and new deliveries go there.
    pub(super) fn put_aside(&mut self, endpoint: i64) {
        let is_common = self.endpoints.get(&endpoint).is_some_and(|found| found.lane == Lane::Common);
        if is_common {
            tracing::debug!(endpoint, "has its own lane now");
            self.adopt(endpoint);
            self.chores.push_back(Chore::Lane { endpoint, lane: endpoint });
        }
    }

    /// The own lane of an endpoint is read, because it is not empty.
    pub(super) fn adopt(&mut self, endpoint: i64) {
        if self.buckets.get(&super::row::bucket(endpoint)) != Some(&false) {
            return;
        }
        let found = self.endpoints.entry(endpoint).or_insert_with(|| Endpoint::new(&self.settings));
        if found.lane == Lane::Common {
            found.lane = Lane::Own(Instant::now());
            self.waiting = self.waiting.saturating_sub(found.waiting.len());
            self.own_in_flight += found.in_flight;
            self.own_body_memory += found.body_memory;
            if found.loaded.is_none() {
                self.reload(&[endpoint]);
            }
            self.own.push_back(endpoint);
            self.queues.add(QueueId::Endpoint(endpoint));
        }
    }

    /// An endpoint that has recovered, and has sent everything in its own lane, goes back to the common one. What is
    /// still written to its own by a slow transaction is found there later.
    fn calm(&mut self, endpoint: i64, now: Instant) {
        if let Some(found) = self.endpoints.get_mut(&endpoint).filter(|found| found.is_calm(now)) {
            tracing::debug!(endpoint, "goes back to the common lane");
            found.lane = Lane::Common;
            self.own.retain(|own| *own != endpoint);
            self.queues.remove(QueueId::Endpoint(endpoint));
            self.chores.push_back(Chore::Lane { endpoint, lane: 0 });
        }
    }

    /// Forgets what waits in memory for an endpoint. It stays in the database.
    pub(super) fn forget_waiting(&mut self, endpoint: i64) {
        for key in self.take_waiting(endpoint) {
            self.known.forget(key);
        }
    }

    fn take_waiting(&mut self, endpoint: i64) -> Vec<Key> {
        let Some(found) = self.endpoints.get_mut(&endpoint) else { return Vec::new() };
        let keys = found.drop_waiting();
        if found.lane == Lane::Common {
            self.waiting = self.waiting.saturating_sub(keys.len());
        }
        keys
    }

    /// Nothing is sent to an endpoint for a while. What waits in memory goes to its own lane.
    pub(super) fn withdraw(&mut self, endpoint: i64) {
        let is_common = self.endpoints.get(&endpoint).is_some_and(|found| found.lane == Lane::Common);
        let keys = self.take_waiting(endpoint);
        if let Some(found) = self.endpoints.get_mut(&endpoint) {
            found.start_slowly();
        }
        if is_common {
            self.put_aside(endpoint);
            if !keys.is_empty() {
                self.chores.push_back(Chore::Move(keys));
            }
        } else {
            keys.into_iter().for_each(|key| self.known.forget(key));
            self.queues.restart(QueueId::Endpoint(endpoint));
        }
    }
}
