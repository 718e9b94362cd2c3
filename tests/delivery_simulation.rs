//! Deliveries in worlds where everything goes wrong: workers die or are slow, records come late, twice or never, clocks
//! disagree, and users replay and cancel at any moment. Each world is checked after every step against what a reader of
//! the documentation would expect.
//!
//! Ten thousand worlds by default; `HOOKSEAL_WORLDS=1000000` for more. A failure names the world's seed.

use std::time::Duration;

use hookseal::delivery::{
    Attempt, AttemptError, Delivery, DeliveryPolicy, FailReason, Jitter, Next, Outcome, RetryPolicy, State, Verdict,
};
use time::OffsetDateTime;

const STEPS: usize = 120;
/// Milliseconds that a clock may be off, in half of the worlds.
const SKEW: i64 = 60_000;

/// SplitMix64: seeded, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const OUTCOMES: [Outcome<'static>; 12] = [
    Outcome::Response { status: 200, retry_after: None },
    Outcome::Response { status: 204, retry_after: None },
    Outcome::Response { status: 500, retry_after: None },
    Outcome::Response { status: 404, retry_after: None },
    Outcome::Response { status: 410, retry_after: None },
    Outcome::Response { status: 503, retry_after: Some(b"120") },
    Outcome::Response { status: 429, retry_after: Some(b"99999999999999999999") },
    Outcome::Response { status: 503, retry_after: Some(b"Fri, 31 Dec 9999 23:59:59 GMT") },
    Outcome::Timeout,
    Outcome::ConnectError,
    Outcome::TlsError,
    Outcome::UrlRefused,
];

fn policies() -> Vec<RetryPolicy> {
    let seconds = Duration::from_secs;
    let spread = Jitter::Additive { permille: 100, min_seconds: 2, max_seconds: 900 };
    vec![
        RetryPolicy::default(),
        RetryPolicy::NONE,
        RetryPolicy::SLACK,
        RetryPolicy::OUTPOST,
        RetryPolicy::KLANG.with_jitter(Jitter::Full).unwrap(),
        RetryPolicy::KLEN_AI.with_max_age(seconds(600)),
        RetryPolicy::OUTPOST.with_jitter(spread).unwrap().with_max_age(seconds(7200)),
        RetryPolicy::exponential(4, seconds(1), 3.0, seconds(60)).unwrap().with_max_age(seconds(0)),
    ]
}

/// An attempt on its way, and what its worker will report.
#[derive(Clone)]
struct Flight {
    attempt: Attempt,
    /// When it began, in the order of all that happened.
    order: usize,
    owner: usize,
    outcome: Outcome<'static>,
    /// The worker's clock is so far off.
    skew: i64,
    recorded: bool,
}

/// What happened in all worlds: none of it may be nothing, or the simulation shows nothing.
#[derive(Default, Debug)]
struct Seen {
    begun: u64,
    begun_again: u64,
    refused_early: u64,
    recorded: u64,
    superseded: u64,
    replays: u64,
    wishes_kept: u64,
    wishes_answered: u64,
    cut: u64,
    cancelled: u64,
    ends: [u64; 5],
}

struct World {
    seed: u64,
    random: Random,
    policy: DeliveryPolicy,
    /// Whether workers own rows, and store nothing when they begin.
    owned: bool,
    skewed: bool,
    /// The database: a row as text, and the queue's column.
    row: String,
    due: Option<i64>,
    /// The database's clock, in unix milliseconds.
    now: i64,
    order: usize,
    flights: Vec<Flight>,
    // What the model knows.
    recorded: u32,
    scheduled: u32,
    first: Option<i64>,
    /// When the last wish was made that no attempt has answered.
    wish: Option<usize>,
    cancelled: usize,
    last_begun: usize,
    last: Option<(Verdict, bool)>,
    /// Whether the schedule still has an attempt to make.
    planned: Option<i64>,
}

fn time(unix_ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

macro_rules! hold {
    ($world:expr, $condition:expr, $($what:tt)+) => {
        assert!($condition, "world {}: {}; row {}", $world.seed, format_args!($($what)+), $world.row)
    };
}

impl World {
    fn new(seed: u64, policies: &[RetryPolicy]) -> World {
        let mut random = Random(seed);
        let mut policy = DeliveryPolicy::new()
            .with_retry(policies[random.below(policies.len() as u64) as usize].clone())
            .with_timeout(Duration::from_secs(random.pick(&[0, 5, 30])))
            .with_lease_margin(Duration::from_secs(random.pick(&[0, 30])));
        if random.one_in(2) {
            policy = policy.with_reused_timestamp();
        }
        let now = 1_780_000_000_000;
        let delivery = Delivery::new(time(now));
        let (owned, skewed) = (random.one_in(2), random.one_in(2));
        World {
            seed,
            random,
            policy,
            owned,
            skewed,
            row: serde_json::to_string(&delivery).unwrap(),
            due: delivery.due_unix_millis(),
            now,
            order: 0,
            flights: Vec::new(),
            recorded: 0,
            scheduled: 0,
            first: None,
            wish: None,
            cancelled: 0,
            last_begun: 0,
            last: None,
            planned: Some(now),
        }
    }

    fn skew(&mut self) -> i64 {
        if self.skewed { self.random.below(2 * SKEW as u64) as i64 - SKEW } else { 0 }
    }

    fn load(&self) -> Delivery {
        let delivery: Delivery = serde_json::from_str(&self.row).unwrap();
        Delivery::from(delivery.columns().clone())
    }

    fn store(&mut self, delivery: &Delivery) {
        self.row = serde_json::to_string(delivery).unwrap();
        self.due = delivery.due_unix_millis();
    }

    /// A worker polls the queue: one comparison.
    fn poll(&mut self, seen: &mut Seen) {
        let owner = self.random.below(2) as usize;
        if self.due.is_none_or(|due| due > self.now) {
            return;
        }
        // An owner remembers what it has in flight; sometimes two believe that they own the row.
        if self.owned && self.flights.iter().any(|flight| !flight.recorded && flight.owner == owner) {
            return;
        }
        let (skew, before) = (self.skew(), self.load());
        let mut delivery = before.clone();
        let clock = self.now + skew;
        let attempt = match delivery.begin(&self.policy, time(clock)) {
            Ok(attempt) => attempt,
            Err(error) => {
                hold!(self, error == AttemptError::NotDue && skew < 0, "due and not begun: {error}");
                seen.refused_early += 1;
                return;
            }
        };
        hold!(self, before.state() == State::Pending, "begun after the end");
        hold!(self, attempt.number() == self.recorded + 1, "attempt {} after {}", attempt.number(), self.recorded);
        if let Some(lease) = before.columns().lease_until {
            hold!(self, clock >= lease, "begun in another's lease");
            seen.begun_again += 1;
        }
        let first = self.first.unwrap_or(clock);
        let is_in_schedule = clock - first <= millis(self.policy.retry().total_horizon());
        let reuse = self.policy.reuses_timestamp() && !attempt.is_replay() && is_in_schedule;
        let signed = time(if reuse { first } else { clock });
        hold!(self, attempt.signing_time() == signed, "signed at another time");
        hold!(self, !attempt.is_replay() || self.wish.is_some(), "a replay that nobody asked for");
        let end = clock + millis(self.policy.lease());
        hold!(self, delivery.due_unix_millis() == Some(end), "the queue does not know of the lease");
        self.order += 1;
        self.last_begun = self.order;
        let outcome = self.random.pick(&OUTCOMES);
        self.flights.push(Flight { attempt, order: self.order, owner, outcome, skew, recorded: false });
        if !self.owned {
            self.first = Some(first);
            self.store(&delivery);
        }
        seen.begun += 1;
    }

    /// A worker reports, perhaps for the second time.
    fn report(&mut self, flight: usize, seen: &mut Seen) {
        let sent = self.flights[flight].clone();
        let before = self.load();
        // Its clock may have been set meanwhile.
        let clock = self.now + if self.random.one_in(4) { self.skew() } else { sent.skew };
        let mut delivery = before.clone();
        let random = self.random.next();
        let result = delivery.record(&sent.attempt, &self.policy, &sent.outcome, time(clock), random);
        let current = !sent.recorded
            && sent.attempt.number() == self.recorded + 1
            && sent.order > self.cancelled
            && (self.owned || sent.order == self.last_begun)
            && before.state() == State::Pending;
        let Ok((record, next)) = result else {
            hold!(self, delivery == before, "a refused record changed something");
            hold!(self, !current, "a good record was refused");
            self.flights[flight].recorded = true;
            seen.superseded += 1;
            return;
        };
        hold!(self, current, "a late record was accepted");
        // A transaction that fails: nothing is stored, and the worker tries again.
        if self.random.one_in(10) {
            return;
        }
        self.flights[flight].recorded = true;
        self.recorded += 1;
        seen.recorded += 1;
        let verdict = self.policy.outcomes().classify(&sent.outcome, time(clock));
        hold!(self, record.delivered == (verdict == Verdict::Delivered), "the log is wrong");
        let replay = sent.attempt.is_replay();
        self.scheduled += u32::from(!replay);
        seen.replays += u64::from(replay);
        self.last = Some((verdict, replay));
        if self.wish.is_some_and(|wish| wish < sent.order) {
            self.wish = None;
            seen.wishes_answered += 1;
        } else if self.wish.is_some() {
            seen.wishes_kept += 1;
            hold!(self, matches!(next, Next::RetryAt(_)), "a wish was lost: {next:?}");
        }
        let first = *self.first.get_or_insert(record.started_at);
        let plan = delivery.columns().due_at;
        match verdict {
            Verdict::Retry { retry_after, .. } if replay => {
                hold!(self, plan.is_some() == self.planned.is_some(), "a replay changed the schedule");
                hold!(self, plan >= self.planned, "a replay brought the schedule forward");
                hold!(self, retry_after.is_some() || plan == self.planned, "a replay put the schedule off");
                let within = self.end(clock, first).is_none_or(|end| plan <= Some(end));
                hold!(self, within || plan == self.planned, "a replay put the schedule off beyond its end");
            }
            Verdict::Retry { retry_after, .. } => self.check_plan(plan, retry_after, clock, first, seen),
            _ => hold!(self, plan.is_none(), "a schedule after the end"),
        }
        self.planned = plan;
        self.store(&delivery);
    }

    /// When the maximum age is reached; a clock that went back gives no age.
    fn end(&self, clock: i64, first: i64) -> Option<i64> {
        self.policy.retry().max_age().map(|age| first.min(clock) + millis(age))
    }

    /// Whether the schedule goes on as the policy says, or has ended for a reason.
    fn check_plan(&self, plan: Option<i64>, asked: Option<Duration>, clock: i64, first: i64, seen: &mut Seen) {
        let policy = self.policy.retry();
        let Some((low, high)) = policy.delay_bounds(self.scheduled, None) else {
            hold!(self, plan.is_none() && self.scheduled == policy.max_attempts(), "more attempts than the policy has");
            return;
        };
        let end = self.end(clock, first);
        let Some(due) = plan else {
            let end = end.unwrap_or(i64::MAX);
            hold!(
                self,
                clock + millis(high) > end,
                "given up at attempt {} of {}",
                self.scheduled,
                policy.max_attempts()
            );
            return;
        };
        hold!(self, end.is_none_or(|end| due <= end), "due after the maximum age");
        hold!(self, due >= clock + millis(low), "earlier than the schedule");
        let (low, high) = policy.delay_bounds(self.scheduled, asked).unwrap();
        let cut = end == Some(due);
        hold!(self, cut || due >= clock + millis(low), "earlier than the receiver asked for");
        hold!(self, due <= clock + millis(high), "later than the receiver asked for");
        hold!(self, due <= clock + millis(Duration::from_secs(3 * 86_400)), "pinned");
        seen.cut += u64::from(cut && asked.is_some());
    }

    fn replay(&mut self) {
        let mut delivery = self.load();
        let (due, clock) = (delivery.due(), self.now + self.skew());
        if delivery.state() != State::Pending {
            self.planned = None;
        }
        delivery.replay(time(clock));
        hold!(self, delivery.state() == State::Pending, "a replay that is not pending");
        hold!(self, due.is_none_or(|due| delivery.due() <= Some(due)), "a replay put the delivery off");
        self.order += 1;
        self.wish = Some(self.order);
        self.store(&delivery);
    }

    fn cancel(&mut self, seen: &mut Seen) {
        let mut delivery = self.load();
        if delivery.state() != State::Pending {
            let before = delivery.clone();
            delivery.cancel();
            hold!(self, delivery == before, "an end was called off");
            return;
        }
        delivery.cancel();
        self.order += 1;
        (self.cancelled, self.wish, self.planned) = (self.order, None, None);
        self.last = None;
        seen.cancelled += 1;
        self.store(&delivery);
    }

    /// What holds after every step.
    fn check(&self) {
        let delivery = self.load();
        hold!(self, delivery.attempts() == self.recorded, "{} attempts were recorded", self.recorded);
        hold!(self, delivery.columns().due_at == self.planned, "the schedule moved");
        let policy = self.policy.retry();
        match (delivery.state(), self.last) {
            (State::Pending, _) => {
                let longest = 3 * 86_400_000 + millis(self.policy.lease()) + 2 * SKEW;
                hold!(self, self.due.is_some_and(|due| due < self.now + longest), "pending forever");
                return;
            }
            (State::Delivered, Some((Verdict::Delivered, _))) => {}
            (State::Failed(FailReason::GaveUp), Some((Verdict::GiveUp, _))) => {}
            (State::Failed(FailReason::EndpointGone), Some((Verdict::DisableEndpoint, _))) => {}
            (State::Failed(FailReason::Exhausted), Some((Verdict::Retry { .. }, false))) => {
                hold!(self, self.scheduled == policy.max_attempts(), "exhausted by {} attempts", self.scheduled);
            }
            (State::Failed(FailReason::TooOld), Some((Verdict::Retry { .. }, false))) => {
                hold!(self, policy.max_age().is_some(), "too old without a maximum age");
            }
            (State::Failed(FailReason::ReplayFailed), Some((Verdict::Retry { .. }, true))) => {}
            (State::Cancelled, None) => {}
            (state, last) => hold!(self, false, "{state} after {last:?}"),
        }
        hold!(self, self.due.is_none(), "due after the end");
        hold!(self, self.wish.is_none(), "ended with a wish outstanding");
    }

    fn run(mut self, seen: &mut Seen) {
        for _ in 0..STEPS {
            match self.random.below(16) {
                0..6 => self.poll(seen),
                6..10 if !self.flights.is_empty() => {
                    let flight = self.random.below(self.flights.len() as u64) as usize;
                    self.report(flight, seen);
                }
                // A worker dies, and what it has in flight with it.
                10 if !self.flights.is_empty() => {
                    let flight = self.random.below(self.flights.len() as u64) as usize;
                    self.flights.swap_remove(flight);
                }
                11 if self.random.one_in(2) => self.replay(),
                12 if self.random.one_in(6) => self.cancel(seen),
                13 => self.now += self.random.below(3) as i64,
                14 => self.now += self.random.below(100_000) as i64,
                15 => self.now = self.now.max(self.due.unwrap_or(self.now)),
                _ => {}
            }
            self.check();
        }
        // From here on nothing fails but receivers: every delivery ends.
        self.flights.clear();
        let mut patience = 40 + self.recorded;
        while let Some(due) = self.due {
            self.now = self.now.max(due) + SKEW;
            self.poll(seen);
            while !self.flights.is_empty() {
                self.report(0, seen);
                self.flights.retain(|flight| !flight.recorded);
            }
            self.check();
            hold!(self, patience > 0, "never ends");
            patience -= 1;
        }
        let ends = [
            State::Delivered,
            State::Cancelled,
            State::Failed(FailReason::Exhausted),
            State::Failed(FailReason::TooOld),
            State::Failed(FailReason::ReplayFailed),
        ];
        let end = self.load().state();
        if let Some(place) = ends.iter().position(|state| *state == end) {
            seen.ends[place] += 1;
        }
    }
}

#[test]
fn nothing_is_lost_stuck_or_counted_wrongly() {
    let worlds = std::env::var("HOOKSEAL_WORLDS").map_or(10_000, |number| number.parse().unwrap());
    let (policies, mut seen) = (policies(), Seen::default());
    for seed in 0..worlds {
        World::new(seed, &policies).run(&mut seen);
    }
    println!("{worlds} worlds: {seen:?}");
    let text = format!("{seen:?}");
    assert!(!text.contains(": 0,") && !text.contains("[0,") && !text.contains(" 0]"), "too quiet: {text}");
}
