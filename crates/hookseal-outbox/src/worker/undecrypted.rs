use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::clock::Backoff;
use super::engine::Engine;
use super::row::bucket;

/// How long it takes until a secret is decrypted again, after the first failure and at most.
const WAIT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// Endpoints whose secrets the application could not decrypt. That may pass, and nothing in the database tells when.
#[derive(Debug, Default)]
pub(super) struct Undecrypted(HashMap<i64, (Instant, Backoff)>);

impl Undecrypted {
    /// Takes in whether it has failed for an endpoint that was loaded.
    pub(super) fn record(&mut self, endpoint: i64, has_failed: bool, now: Instant) {
        if has_failed {
            let (at, backoff) = self.0.entry(endpoint).or_insert_with(|| (now, Backoff::new(WAIT.0, WAIT.1)));
            *at = now + backoff.next();
        } else {
            self.0.remove(&endpoint);
        }
    }

    /// The endpoints that are to be loaded again now.
    fn due(&self, now: Instant) -> Vec<i64> {
        self.0.iter().filter(|(_, (at, _))| *at <= now).map(|(id, _)| *id).collect()
    }

    fn forget(&mut self, endpoint: i64) {
        self.0.remove(&endpoint);
    }
}

impl Engine {
    /// Loads endpoints again whose secrets could not be decrypted. One that is loaded anew is decrypted anyway.
    pub(super) fn decrypt_again(&mut self, now: Instant) {
        for id in self.undecrypted.due(now) {
            let is_known = self.endpoints.get(&id).is_some_and(|endpoint| !endpoint.is_gone);
            if is_known && self.buckets.contains_key(&bucket(id)) {
                self.reload(&[id]);
            } else {
                self.undecrypted.forget(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_decrypted_again_less_and_less_often() {
        let (mut undecrypted, mut now, mut waits) = (Undecrypted::default(), Instant::now(), Vec::new());
        for _ in 0..10 {
            undecrypted.record(7, true, now);
            let begun = now;
            while undecrypted.due(now).is_empty() {
                now += Duration::from_millis(500);
            }
            waits.push((now - begun).as_secs());
        }
        assert!((2..=5).contains(&waits[0]) && (150..=300).contains(&waits[9]), "{waits:?}");
        undecrypted.record(7, false, now);
        assert!(undecrypted.due(now + Duration::from_secs(3600)).is_empty());
    }
}
