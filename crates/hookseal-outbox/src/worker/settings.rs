use std::time::Duration;

use crate::retention::Retention;
use crate::send::Roots;

/// What can be set for a worker. The setters of [`Worker`](crate::Worker) give the reasons.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) max_in_flight: usize,
    pub(super) endpoint_limit: usize,
    pub(super) max_timeout: Duration,
    pub(super) max_body_memory: usize,
    pub(super) poll_interval: Duration,
    pub(super) lease: Duration,
    pub(super) flush_size: usize,
    pub(super) flush_delay: Duration,
    pub(super) retention: Option<Retention>,
    pub(super) roots: Roots,
}

/// How many deliveries of the common lanes wait in memory, for each attempt that may be in flight.
const WAITING: usize = 4;
/// Larger bodies are loaded when they are sent.
const READ_ALONG: usize = 8 << 10;

impl Settings {
    pub(super) fn max_waiting(&self) -> usize {
        self.max_in_flight * WAITING
    }

    /// How large a body may be that is read along with its delivery: all of them together take a quarter of the memory
    /// for bodies at most.
    pub(super) fn body_read_along(&self) -> usize {
        (self.max_body_memory / 4 / self.max_waiting()).min(READ_ALONG)
    }

    /// How many bytes of bodies may be in flight.
    pub(super) fn body_memory_in_flight(&self) -> usize {
        self.max_body_memory - self.body_read_along() * self.max_waiting()
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            max_in_flight: 512,
            endpoint_limit: 8,
            max_timeout: Duration::from_secs(30),
            max_body_memory: 64 << 20,
            poll_interval: Duration::from_millis(10),
            lease: Duration::from_secs(3),
            flush_size: 512,
            flush_delay: Duration::from_millis(100),
            retention: Some(Retention::default()),
            roots: Roots::default(),
        }
    }
}
