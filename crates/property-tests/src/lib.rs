//! Tests of what must hold in hookseal for any input. They are in a package of their own because they need a
//! property-testing library.

use std::time::{Duration, Instant};

/// A search of a fixed amount, or of as many seconds as `HOOKSEAL_RECUT_SECONDS` says. `HOOKSEAL_RECUT_SEED` begins another one.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    amount: usize,
    end: Option<Instant>,
}

impl Search {
    /// A search of `amount` schemes.
    pub fn begin(amount: usize) -> Search {
        let seconds = std::env::var("HOOKSEAL_RECUT_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
        Search { amount, end: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)) }
    }

    /// What its random numbers begin with.
    pub fn seed(&self) -> u64 {
        std::env::var("HOOKSEAL_RECUT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// Whether it goes on after so many schemes.
    pub fn goes_on(&self, done: usize) -> bool {
        self.end.map_or(done < self.amount, |end| Instant::now() < end)
    }
}
