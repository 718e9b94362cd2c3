use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hookseal::delivery::{Attempt, Delivery, Outcome};
use hookseal::http::header::{CONTENT_TYPE, HeaderValue};
use hookseal::http::{Method, Request};
use tracing::Instrument;

use super::chores::Chore;
use super::engine::Engine;
use super::flush::{Counted, Ended};
use super::lane::{Endpoint, Lane};
use super::load::Load;
use super::queues::QueueId;
use super::row::{Due, Event, Key, bucket};
use super::target::{Loaded, Target};
use crate::error::Error;
use crate::send::Answer;

/// How many attempts of an endpoint may have ended and wait for locks on their deliveries, before no more begin there.
/// While very many wait, those of all endpoints together, one is enough.
const LOCKED: usize = 64;

/// An attempt that was made, with its answer.
#[derive(Debug)]
pub(super) struct Sent {
    due: Due,
    delivery: Delivery,
    attempt: Attempt,
    target: Arc<Target>,
    begun: Instant,
    ended: Instant,
    answer: Answer,
}

/// From the lanes to the endpoints.
impl Engine {
    /// Picks what can be sent now.
    pub(super) fn pick(&mut self, now: Instant) {
        while self.may_begin(now) && self.pick_one_each(now) {}
    }

    /// Picks one delivery of each endpoint in turn. Returns whether there was one.
    fn pick_one_each(&mut self, now: Instant) -> bool {
        let mut is_picked = false;
        let most_locked = if self.again.len() < self.settings.max_in_flight { LOCKED } else { 1 };
        for _ in 0..self.ready.len() {
            // Where even the common lanes have no room, own lanes have none.
            let is_full = !self.has_room(false) || self.ended.len() >= self.settings.max_in_flight * 4;
            let (is_own_full, is_scarce) = (!self.has_room(true), self.in_flight * 2 >= self.settings.max_in_flight);
            let Some(id) = (if is_full { None } else { self.ready.pop_front() }) else { return false };
            let Some(endpoint) = self.endpoints.get_mut(&id) else { continue };
            endpoint.is_listed = false;
            if !endpoint.can_send(now, is_scarce) {
                continue;
            }
            if endpoint.locked >= most_locked {
                self.list(id);
                continue;
            }
            let is_own = endpoint.lane != Lane::Common;
            if is_own && is_own_full {
                self.list(id);
                continue;
            }
            let Some((mut due, _)) = endpoint.waiting.pop_front() else { continue };
            let has_event = due.event.is_some() || due.is_too_large;
            let is_loaded = endpoint.is_gone || endpoint.loaded.is_some() && has_event && !due.is_stale(now);
            endpoint.picked(due.size, now);
            self.in_flight += 1;
            self.body_memory += due.size;
            if is_own {
                self.own_in_flight += 1;
                self.own_body_memory += due.size;
            } else {
                self.waiting = self.waiting.saturating_sub(1);
            }
            if endpoint.loaded.is_none() && !endpoint.is_asked && !endpoint.is_gone {
                endpoint.is_asked = true;
                self.to_load.push(id);
            }
            if is_loaded {
                let event = due.event.take();
                self.dispatch(due, event.as_ref().map(Ok), now);
            } else {
                self.picked.push(due);
                self.gather(now);
            }
            self.list(id);
            is_picked = true;
        }
        is_picked
    }

    /// Whether as much is in flight as may be while nothing hangs.
    pub(super) fn is_full(&self) -> bool {
        self.in_flight >= self.settings.max_in_flight || self.body_memory >= self.settings.body_memory_in_flight()
    }

    /// Whether another attempt may begin, in an own lane or in a common one. Endpoints that have trouble share half of what
    /// may be in flight, and of the memory for it. What hung at them before they were known to have trouble can be more:
    /// the common lanes have half of it even then, so that up to half as much more is in flight.
    fn has_room(&self, is_own: bool) -> bool {
        let has_room = |all: usize, own: usize, most: usize| {
            let half = most.div_ceil(2);
            let has_share =
                if is_own { own < half } else { all - own.min(all) < half && all < most.saturating_add(half) };
            // One body may be in flight, whatever its size.
            all == 0 || if is_own { all < most && has_share } else { all < most || has_share }
        };
        has_room(self.in_flight, self.own_in_flight, self.settings.max_in_flight)
            && has_room(self.body_memory, self.own_body_memory, self.settings.body_memory_in_flight())
    }

    /// What was picked is not in flight any more.
    fn release(&mut self, due: &Due) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.body_memory = self.body_memory.saturating_sub(due.size);
        if let Some(endpoint) = self.endpoints.get_mut(&due.endpoint()) {
            endpoint.released(due.size);
            if endpoint.lane != Lane::Common {
                self.own_in_flight = self.own_in_flight.saturating_sub(1);
                self.own_body_memory = self.own_body_memory.saturating_sub(due.size);
            }
        }
        self.list(due.endpoint());
    }

    /// What was picked is not sent now, and is read again.
    pub(super) fn put_back(&mut self, due: &Due) {
        self.release(due);
        self.known.forget(due.key);
        self.queues.lower(QueueId::Bucket(bucket(due.endpoint())), due.due_at);
        self.queues.lower(QueueId::Endpoint(due.endpoint()), due.due_at);
    }

    pub(super) fn loaded(&mut self, load: Load) {
        self.trouble.reset();
        let now = Instant::now();
        self.learn(&load.asked, load.endpoints);
        for due in load.gone {
            self.release(&due);
            self.known.settle(due.key);
            // Unless it has come back meanwhile, and was passed over.
            self.lower(due.key, due.due_at);
        }
        for mut due in load.due {
            let event = due.event.take();
            let loaded = || Some(load.events.get(&due.key.0)?.as_ref().map_err(String::as_str));
            let event = event.as_ref().map(Ok).or_else(loaded);
            self.dispatch(due, event, now);
        }
        self.pick(now);
    }

    /// Sends what was picked, now that everything is loaded that there is.
    fn dispatch(&mut self, due: Due, event: Option<Result<&Event, &str>>, now: Instant) {
        let id = due.endpoint();
        if !self.may_send(id, now) {
            return self.put_back(&due);
        }
        let loaded = self.endpoints.get(&id).and_then(|endpoint| endpoint.loaded.as_ref());
        let Some(loaded) = loaded else {
            // The endpoint was removed.
            self.release(&due);
            return self.chores.push_back(Chore::Drop(due.key));
        };
        let target = loaded.target.as_ref().ok().filter(|_| loaded.is_open()).cloned();
        let (Some(target), false) = (target, self.is_held(id, now)) else {
            self.release(&due);
            self.put_aside(id);
            return self.chores.push_back(Chore::Move(vec![due.key]));
        };
        match event {
            Some(Ok(event)) => self.begin(due, Some(event), target),
            None if due.is_too_large => self.begin(due, None, target),
            Some(Err(reason)) => self.park(&due, format!("its event cannot be read: {reason}")),
            None => self.park(&due, "its event is gone, because its retention has ended".to_owned()),
        }
    }

    fn is_held(&self, endpoint: i64, now: Instant) -> bool {
        self.endpoints.get(&endpoint).is_some_and(|found| found.hold.is_held() && found.hold.limit(2, now) == 0)
    }

    fn park(&mut self, due: &Due, reason: String) {
        self.release(due);
        self.chores.push_back(Chore::Park { key: due.key, reason });
    }

    /// Begins an attempt. The row is not changed: this worker owns it. Without its event, the attempt has failed.
    fn begin(&mut self, due: Due, event: Option<&Event>, target: Arc<Target>) {
        match event.map_or(Ok(true), |event| self.is_wanted(&due, event, &target)) {
            Ok(true) => {}
            Ok(false) => {
                self.release(&due);
                return self.chores.push_back(Chore::Drop(due.key));
            }
            Err(reason) => return self.park(&due, reason),
        }
        let Some(clock) = self.clock else { return self.put_back(&due) };
        let (mut delivery, begun) = (due.delivery(), Instant::now());
        if let Some(endpoint) = self.endpoints.get_mut(&due.endpoint()) {
            endpoint.begun(begun);
        }
        // The database says that it is due.
        let now = clock.at(begun).max(due.due_at);
        let attempt = match delivery.begin(&target.policy, now) {
            Ok(attempt) => attempt,
            Err(error) => return self.park(&due, error.to_string()),
        };
        let request = event.ok_or(Outcome::PayloadTooLarge);
        match request.and_then(|event| self.request_for(event, &target, &attempt)) {
            Ok(request) => {
                let (http, limit) = (self.http.clone(), target.policy.timeout());
                let span = tracing::debug_span!(
                    "attempt",
                    endpoint = due.endpoint(),
                    event = event.map(|event| event.id.as_str()),
                    number = attempt.number(),
                    tenant = target.tenant
                );
                self.attempts.spawn(
                    async move {
                        let answer = http.send(request, limit).await;
                        Sent { due, delivery, attempt, target, begun, ended: Instant::now(), answer }
                    }
                    .instrument(span),
                );
            }
            Err(outcome) => {
                let answer = Answer::Missing(outcome);
                self.sent(Sent { due, delivery, attempt, target, begun, ended: begun, answer });
            }
        }
    }

    /// Whether the endpoint's data filter lets an event through.
    fn is_wanted(&self, due: &Due, event: &Event, target: &Target) -> Result<bool, String> {
        let filters = &target.subscription.filters;
        if filters.is_empty() || due.delivery().attempts() > 0 {
            return Ok(true);
        }
        let shape = self.outbox.filter_shape().ok_or_else(|| Error::Unfilterable.to_string())?;
        let read = shape.read(&event.body).map_err(|error| format!("its body cannot be filtered: {error}"))?;
        Ok(filters.matches(read.data()))
    }

    fn request_for(
        &self,
        event: &Event,
        target: &Target,
        attempt: &Attempt,
    ) -> Result<Request<Bytes>, Outcome<'static>> {
        let url = target.url.as_ref().map_err(|_| Outcome::UrlRefused)?;
        let mut request = Request::new(event.body.clone());
        (*request.method_mut(), *request.uri_mut()) = (Method::POST, url.uri().clone());
        // Before they are signed: the scheme may cover them.
        if let Some(shape) = self.outbox.event_headers() {
            let (event_type, id) = (event.event_type.as_str(), event.id.as_str());
            let event = hookseal::Event::new(event_type, ()).with_id(id).with_time(event.at);
            *request.headers_mut() = shape.headers(&event).map_err(|_| Outcome::RequestInvalid)?;
        }
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let signed = target.signer.sign_request_at(&mut request, &event.id, attempt.signing_time());
        signed.map(|()| request).map_err(|_| Outcome::RequestInvalid)
    }

    /// An attempt has ended.
    pub(super) fn sent(&mut self, sent: Sent) {
        let Sent { due, mut delivery, attempt, target, begun, ended, mut answer } = sent;
        let id = due.endpoint();
        let in_flight = self.endpoints.get(&id).map_or(0, |endpoint| endpoint.in_flight);
        self.release(&due);
        let Some(clock) = self.clock else { return self.known.forget(due.key) };
        let (now, outcome) = (clock.at(ended), answer.outcome());
        crate::metrics::attempt(&outcome, ended - begun);
        let record = match delivery.record(&attempt, &target.policy, &outcome, now, fastrand::u64(..)) {
            Ok((record, _)) => record,
            Err(error) => {
                tracing::error!(%error, event = due.key.0, endpoint = id, "an attempt is not recorded");
                return self.known.forget(due.key);
            }
        };
        tracing::debug!(
            event = due.key.0,
            endpoint = id,
            number = record.attempt,
            status = record.status,
            error = record.error,
            duration_ms = record.duration_ms,
            delivered = record.delivered,
            "attempt ended"
        );
        let was_sent = !matches!(outcome, Outcome::UrlRefused | Outcome::RequestInvalid | Outcome::PayloadTooLarge);
        let verdict = target.policy.outcomes().classify(&outcome, now);
        if record.delivered {
            self.pace.record(ended - begun);
            if let Some(endpoint) = self.endpoints.get_mut(&id) {
                endpoint.accepted(in_flight);
            }
        }
        if let Some(endpoint) = self.endpoints.get_mut(&id).filter(|_| was_sent)
            && endpoint.loaded.as_ref().is_some_and(|loaded| loaded.is(&target))
            && endpoint.hold.record(verdict, begun, target.policy.retry())
            && endpoint.hold.is_held()
        {
            tracing::debug!(endpoint = id, "is held back, because it fails");
            self.withdraw(id);
        }
        let record = match &mut answer {
            Answer::Response { excerpt, .. } => record.with_excerpt(&std::mem::take(excerpt)),
            Answer::Missing(_) => record,
        };
        let counts = (!attempt.is_replay()).then_some(Counted { target, answer, at: now });
        let (wanted, generation, due_at) = (due.replays_wanted(), due.generation, due.due_at);
        if let Some(endpoint) = self.endpoints.get_mut(&id) {
            endpoint.unrecorded += 1;
        }
        self.ended.push(Ended {
            key: due.key,
            slot: due.slot,
            wanted,
            generation,
            due_at,
            delivery,
            record,
            counts,
            tries: 0,
        });
        self.next_flush.get_or_insert(Instant::now() + self.settings.flush_delay);
    }

    /// Takes in endpoints that were loaded. Those that were asked for and are not among them are gone.
    fn learn(&mut self, asked: &[i64], loaded: Vec<Loaded>) {
        let found: HashSet<i64> = loaded.iter().map(|loaded| loaded.endpoint).collect();
        for id in asked {
            let Some(endpoint) = self.endpoints.get_mut(id) else { continue };
            endpoint.is_asked = false;
            let is_outdated = std::mem::take(&mut endpoint.is_outdated);
            if !found.contains(id) {
                (endpoint.loaded, endpoint.is_gone, endpoint.is_stale) = (None, true, false);
                endpoint.hold.release();
                self.forget_waiting(*id);
            } else if is_outdated {
                self.reload(&[*id]);
            }
        }
        for loaded in loaded {
            let (id, is_open) = (loaded.endpoint, loaded.is_open());
            self.undecrypted.record(id, loaded.is_undecrypted, Instant::now());
            let fault = loaded.target.as_ref().err().cloned();
            if fault != loaded.stored_fault {
                if let Some(fault) = &fault {
                    tracing::warn!(endpoint = id, fault, "nothing can be sent to an endpoint");
                }
                self.chores.push_back(Chore::Fault { endpoint: id, fault });
            }
            let Some(endpoint) = self.endpoints.get_mut(&id) else { continue };
            // What the worker has learnt since, such as its health, is newer than what it has stored.
            let is_same = |known: &Loaded| known.changed == loaded.changed && known.target.is_ok();
            if !endpoint.is_stale && endpoint.loaded.as_ref().is_some_and(is_same) {
                continue;
            }
            endpoint.is_stale &= endpoint.is_asked || !self.buckets.contains_key(&bucket(id));
            endpoint.loaded = Some(loaded);
            if is_open {
                endpoint.hold.release();
            } else {
                self.withdraw(id);
            }
            self.list(id);
        }
    }

    /// Loads endpoints again that were changed by other transactions than the one that is known.
    pub(super) fn changed(&mut self, changes: &[(i64, i64)]) {
        for (id, changed) in changes {
            let Some(endpoint) = self.endpoints.get_mut(id) else { continue };
            let is_known = endpoint.loaded.as_ref().is_some_and(|known| known.changed == *changed);
            if !is_known && !endpoint.is_gone {
                endpoint.is_outdated = endpoint.is_asked;
                self.reload(&[*id]);
            }
        }
    }

    /// Loads endpoints again.
    pub(super) fn reload(&mut self, endpoints: &[i64]) {
        for id in endpoints {
            if let Some(endpoint) = self.endpoints.get_mut(id).filter(|endpoint| !endpoint.is_asked) {
                endpoint.is_asked = true;
                self.to_load.push(*id);
                self.next_load.get_or_insert(Instant::now());
            }
        }
    }

    pub(super) fn endpoint_of(&mut self, key: Key) -> Option<&mut Endpoint> {
        self.endpoints.get_mut(&key.1)
    }
}
