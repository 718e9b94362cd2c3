//! What a worker counts, if the feature `metrics` is on. The names are in the documentation of the crate.

use std::time::Duration;

use hookseal::delivery::Outcome;

#[cfg(feature = "metrics")]
mod on {
    pub(super) use metrics::{counter, gauge, histogram};
}

pub(crate) fn attempt(outcome: &Outcome<'_>, took: Duration) {
    #[cfg(feature = "metrics")]
    {
        let class = match outcome.status() {
            Some(100..=199) => "1xx",
            Some(200..=299) => "2xx",
            Some(300..=399) => "3xx",
            Some(400..=499) => "4xx",
            Some(_) => "5xx",
            None => outcome.error().unwrap_or("other"),
        };
        on::counter!("hookseal_outbox_attempts_total", "outcome" => class).increment(1);
        on::histogram!("hookseal_outbox_attempt_seconds").record(took.as_secs_f64());
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (outcome, took);
}

pub(crate) fn flush(attempts: usize) {
    #[cfg(feature = "metrics")]
    on::histogram!("hookseal_outbox_flush_attempts").record(attempts as f64);
    #[cfg(not(feature = "metrics"))]
    let _ = attempts;
}

pub(crate) fn buckets(owned: usize) {
    #[cfg(feature = "metrics")]
    on::gauge!("hookseal_outbox_buckets").set(owned as f64);
    #[cfg(not(feature = "metrics"))]
    let _ = owned;
}

pub(crate) fn load(attempts: usize, waiting: usize, lag: Duration) {
    #[cfg(feature = "metrics")]
    {
        on::gauge!("hookseal_outbox_in_flight").set(attempts as f64);
        on::gauge!("hookseal_outbox_waiting").set(waiting as f64);
        on::gauge!("hookseal_outbox_lag_seconds").set(lag.as_secs_f64());
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (attempts, waiting, lag);
}

pub(crate) fn superseded() {
    #[cfg(feature = "metrics")]
    on::counter!("hookseal_outbox_superseded_total").increment(1);
}

pub(crate) fn parked() {
    #[cfg(feature = "metrics")]
    on::counter!("hookseal_outbox_parked_total").increment(1);
}

pub(crate) fn database_error() {
    #[cfg(feature = "metrics")]
    on::counter!("hookseal_outbox_database_errors_total").increment(1);
}
