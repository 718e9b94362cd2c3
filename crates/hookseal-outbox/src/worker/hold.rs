use std::time::{Duration, Instant};

use hookseal::delivery::{RetryPolicy, Verdict};

use super::clock::Backoff;

/// Failures in a row after which an endpoint is held back: fewer happen to healthy ones.
const FAILURES: u32 = 3;
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait is this many times as long as the failure took, and between these bounds: an endpoint that fails at
/// once costs little, and one that runs into its time limit costs much.
const COST: u32 = 20;
const LONGEST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The longest that an endpoint can hold itself back. Its deliveries have their own due times as well.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// Holds back an endpoint while it fails, so that its deliveries keep their attempts for when it works again, and nobody
/// waits for its timeouts. Only one attempt at a time is made, to see whether it works.
#[derive(Debug)]
pub(super) struct Hold {
    failures: u32,
    until: Option<Instant>,
    wait: Backoff,
}

impl Hold {
    pub(super) fn new() -> Hold {
        Hold { failures: 0, until: None, wait: Backoff::new(FIRST, LONGEST.1) }
    }

    /// Takes in an attempt that was sent at `sent` and has ended now. Returns whether the endpoint has just been held
    /// back or released. As with a single delivery, it cannot ask for more than the longest wait of its retries.
    pub(super) fn record(&mut self, verdict: Verdict, sent: Instant, retry: &RetryPolicy) -> bool {
        let before = self.is_held();
        match verdict {
            Verdict::Retry { throttled, retry_after } => {
                // What was sent before it was held back says nothing new.
                if self.until.is_some_and(|until| sent < until) {
                    return false;
                }
                self.failures = self.failures.saturating_add(1);
                let asked = retry_after
                    .map(|asked| bounded(asked, retry).min(LONGEST_ASKED))
                    .filter(|_| throttled || self.failures >= FAILURES);
                let longest = (sent.elapsed() * COST).clamp(LONGEST.0, LONGEST.1);
                let own = (self.failures >= FAILURES).then(|| self.wait.next().min(longest));
                if let Some(wait) = asked.max(own) {
                    self.until = Some(Instant::now() + wait);
                }
            }
            _ => self.release(),
        }
        before != self.is_held()
    }

    pub(super) fn release(&mut self) {
        (self.failures, self.until) = (0, None);
        self.wait.reset();
    }

    /// Whether it is held back, or only probed.
    pub(super) fn is_held(&self) -> bool {
        self.until.is_some()
    }

    /// How many attempts may be in flight now, of `limit`.
    pub(super) fn limit(&self, limit: usize, now: Instant) -> usize {
        match self.until {
            None => limit,
            Some(until) if until > now => 0,
            Some(_) => 1,
        }
    }
}

/// What a `Retry-After` counts for: a wait after it is the longer one of what was asked and what is scheduled.
fn bounded(asked: Duration, retry: &RetryPolicy) -> Duration {
    retry.next_delay(1, Some(asked), 0).map_or(Duration::ZERO, |wait| wait.min(asked))
}
