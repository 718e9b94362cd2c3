use std::time::{Duration, Instant};

use hookseal::time::OffsetDateTime;

/// The database's clock, as it was when it was last asked, and what has passed since. The clock of this machine is not
/// used: it may be an hour off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    time: OffsetDateTime,
    asked: Instant,
}

impl Clock {
    /// The database said `time` between `sent` and now.
    pub(super) fn new(time: OffsetDateTime, sent: Instant) -> Clock {
        Clock { time, asked: sent + sent.elapsed() / 2 }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.at(Instant::now())
    }

    pub(super) fn at(&self, instant: Instant) -> OffsetDateTime {
        let passed = instant.saturating_duration_since(self.asked);
        self.time + hookseal::time::Duration::try_from(passed).unwrap_or_default()
    }
}

/// A wait that doubles with each failure, with jitter, so that workers do not all come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest, failures: 0 }
    }

    /// Somewhere between half of the wait and all of it.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        wait.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}
