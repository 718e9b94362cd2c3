use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::hold::Hold;
use super::row::{Due, Key};
use super::settings::Settings;
use super::target::Loaded;

/// How many deliveries may wait in memory, for each attempt that may be in flight.
const WAITING: u8 = 8;
/// How many wait while it is held back.
const PROBES: usize = 2;
/// How long the first of a full queue may wait, before the endpoint counts as slow: between these bounds, twice as long as
/// a healthy one needs for everything that waits. On a busy machine, even healthy endpoints need long.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// How many attempts begin at an endpoint that was idle, before it answers: one if the worker has much in flight.
const FIRST: usize = 2;
/// How long an endpoint that had trouble keeps its own lane at least.
const CALM: Duration = Duration::from_secs(2);

/// What a lane does with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// It is sent next.
    Taken,
    /// The endpoint is healthy, but has enough. What follows in its bucket waits a moment.
    Full,
    /// The endpoint is paused, fails, is slow, or has kept its bucket waiting. The delivery moves to the endpoint's own lane.
    Aside,
}

/// Where a delivery lane gets its deliveries from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The lane of the bucket, with all healthy endpoints.
    Common,
    /// Its own, since this time.
    Own(Instant),
}

/// How long successful attempts take: their median, which a few slow endpoints do not change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace(Duration);

impl Pace {
    pub(super) fn record(&mut self, took: Duration) {
        let step = self.0 / 64 + Duration::from_micros(10);
        self.0 = if took > self.0 { self.0 + step } else { self.0.saturating_sub(step) };
    }

    pub(super) fn patience(&self) -> Duration {
        (self.0 * u32::from(2 * WAITING)).clamp(PATIENCE.0, PATIENCE.1)
    }
}

/// One endpoint that a worker sends to.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) loaded: Option<Loaded>,
    /// Whether it was removed. What is still enqueued for it is dropped.
    pub(super) is_gone: bool,
    /// Whether its row is being loaded.
    pub(super) is_asked: bool,
    /// Whether it has changed meanwhile, perhaps too late to be seen.
    pub(super) is_outdated: bool,
    /// Whether another worker may have changed its health since it was loaded.
    pub(super) is_stale: bool,
    pub(super) hold: Hold,
    pub(super) lane: Lane,
    pub(super) waiting: VecDeque<(Due, Instant)>,
    pub(super) in_flight: usize,
    /// How many may be, as far as it has answered since it was idle. If many endpoints stop answering at once, few attempts
    /// hang at each.
    trusted: usize,
    /// When it last answered, or had nothing to answer.
    quiet_since: Instant,
    /// How many bytes of bodies those have.
    pub(super) body_memory: usize,
    /// Attempts that have ended and are not recorded yet.
    pub(super) unrecorded: usize,
    /// Those of them that cannot be, because somebody has locked their deliveries.
    pub(super) locked: usize,
    /// Whether it is in the list of those that can send.
    pub(super) is_listed: bool,
    default_limit: usize,
    max_in_flight: usize,
    /// How many bytes of bodies may be in flight to it for each attempt that may be.
    body_share: usize,
}

impl Endpoint {
    pub(super) fn new(settings: &Settings) -> Endpoint {
        Endpoint {
            loaded: None,
            is_gone: false,
            is_asked: false,
            is_outdated: false,
            is_stale: false,
            hold: Hold::new(),
            lane: Lane::Common,
            waiting: VecDeque::new(),
            in_flight: 0,
            trusted: 1,
            quiet_since: Instant::now(),
            body_memory: 0,
            unrecorded: 0,
            locked: 0,
            is_listed: false,
            default_limit: settings.endpoint_limit,
            max_in_flight: settings.max_in_flight,
            body_share: settings.body_memory_in_flight() / settings.max_in_flight,
        }
    }

    /// One, until its own limit is known.
    fn limit(&self) -> usize {
        let limit = self.loaded.as_ref().map_or(1, |loaded| loaded.limit.unwrap_or(self.default_limit));
        limit.clamp(1, self.max_in_flight)
    }

    /// Whether it may be sent to at all. One that is not loaded yet may.
    pub(super) fn is_open(&self) -> bool {
        self.loaded.as_ref().is_none_or(Loaded::is_open)
    }

    /// Takes a delivery from the common lane or from its own.
    pub(super) fn offer(&mut self, due: Due, is_common: bool, now: Instant, patience: Duration) -> Offer {
        if is_common && (self.lane != Lane::Common || !self.is_open() || self.hold.is_held()) {
            return Offer::Aside;
        }
        if self.room() == 0 {
            return if is_common && self.is_slow(now, patience) { Offer::Aside } else { Offer::Full };
        }
        self.waiting.push_back((due, now));
        Offer::Taken
    }

    /// Whether it has its share of the memory for bodies. One body may be in flight, whatever its size.
    fn is_full(&self) -> bool {
        self.in_flight > 0 && self.body_memory >= self.body_share.saturating_mul(self.limit())
    }

    /// An attempt is about to begin.
    pub(super) fn picked(&mut self, size: usize, now: Instant) {
        if self.in_flight == 0 {
            self.quiet_since = now;
        }
        self.in_flight += 1;
        self.body_memory += size;
    }

    /// An attempt begins. Until now, it may have waited for the database.
    pub(super) fn begun(&mut self, now: Instant) {
        if self.in_flight == 1 {
            self.quiet_since = now;
        }
    }

    /// What was picked is not in flight any more.
    pub(super) fn released(&mut self, size: usize) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.body_memory = self.body_memory.saturating_sub(size);
        self.quiet_since = Instant::now();
        if self.in_flight == 0 && self.waiting.is_empty() {
            self.start_slowly();
        }
    }

    /// It has accepted an event, while so many attempts were in flight.
    pub(super) fn accepted(&mut self, in_flight: usize) {
        if in_flight >= self.trusted && !self.waiting.is_empty() {
            self.trusted = in_flight.saturating_mul(2).min(self.limit());
        }
    }

    /// Few of its next attempts begin before it answers.
    pub(super) fn start_slowly(&mut self) {
        self.trusted = 1;
    }

    /// Whether it cannot be sent more, because of what it has not answered yet, or because of a lock.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight >= self.limit() || self.is_full() || self.locked > 0
    }

    /// Whether something is in flight, and it has not answered for too long.
    pub(super) fn is_silent(&self, now: Instant, patience: Duration) -> bool {
        self.in_flight > 0 && now.duration_since(self.quiet_since) > patience
    }

    /// Whether it is busy or silent, and something has waited for too long.
    pub(super) fn is_slow(&self, now: Instant, patience: Duration) -> bool {
        let is_old = |(_, since): &(Due, Instant)| now.duration_since(*since) > patience;
        (self.is_busy() || self.is_silent(now, patience)) && self.waiting.front().is_some_and(is_old)
    }

    fn capacity(&self) -> usize {
        if self.hold.is_held() { PROBES } else { self.limit() * usize::from(WAITING) }
    }

    /// How many more deliveries may wait.
    pub(super) fn room(&self) -> usize {
        self.capacity().saturating_sub(self.waiting.len())
    }

    /// Whether so many have been sent that its bucket, or its own lane, is worth reading again.
    pub(super) fn has_room(&self) -> bool {
        self.room() * 2 >= self.capacity()
    }

    /// Whether its own lane is worth reading.
    pub(super) fn wants_more(&self, now: Instant) -> bool {
        (self.loaded.is_some() || self.is_gone)
            && self.is_open()
            && self.has_room()
            && self.hold.limit(self.limit(), now) > 0
    }

    pub(super) fn can_send(&self, now: Instant, is_scarce: bool) -> bool {
        let most = if is_scarce { self.trusted } else { self.trusted.max(FIRST) }.min(self.limit());
        let has_share = self.in_flight < self.hold.limit(most, now) && !self.is_full();
        !self.waiting.is_empty() && self.is_open() && !self.is_stale && has_share
    }

    /// Whether it can go back to the common lane, after its own was found empty.
    pub(super) fn is_calm(&self, now: Instant) -> bool {
        let Lane::Own(since) = self.lane else { return false };
        let is_idle = self.waiting.is_empty() && self.in_flight == 0;
        is_idle && self.is_open() && !self.hold.is_held() && now.duration_since(since) > CALM
    }

    /// Whether nothing of it is in the worker's hands.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight == 0 && self.unrecorded == 0
    }

    /// Whether nothing would be lost if it were forgotten.
    pub(super) fn is_forgettable(&self) -> bool {
        self.is_idle() && self.lane == Lane::Common && !self.hold.is_held()
    }

    /// Forgets what waits in memory. It stays in the database.
    pub(super) fn drop_waiting(&mut self) -> Vec<Key> {
        self.waiting.drain(..).map(|(due, _)| due.key).collect()
    }
}
