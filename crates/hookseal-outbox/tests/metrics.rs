//! What a worker counts and measures.
#![cfg(feature = "metrics")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Answer, BAD, OK, PATIENCE, Receiver, Running, Stage};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

mod common;

/// Notes every value that is given to a metric, by its name and labels.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<BTreeMap<String, Vec<f64>>>>);

impl Notes {
    fn of(&self, key: &Key) -> Arc<Note> {
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        let name = [key.name(), &labels.join(",")].join(" ").trim_end().to_owned();
        Arc::new(Note(self.clone(), name))
    }

    fn values(&self, name: &str) -> Vec<f64> {
        self.0.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    fn sum(&self, name: &str) -> f64 {
        self.values(name).iter().sum()
    }
}

struct Note(Notes, String);

impl Note {
    fn note(&self, value: f64) {
        self.0.0.lock().unwrap().entry(self.1.clone()).or_default().push(value);
    }
}

impl CounterFn for Note {
    fn increment(&self, by: u64) {
        self.note(by as f64);
    }

    fn absolute(&self, value: u64) {
        panic!("{} is set to {value}", self.1);
    }
}

impl GaugeFn for Note {
    fn increment(&self, by: f64) {
        panic!("{} is changed by {by}", self.1);
    }

    fn decrement(&self, by: f64) {
        panic!("{} is changed by {by}", self.1);
    }

    fn set(&self, value: f64) {
        self.note(value);
    }
}

impl HistogramFn for Note {
    fn record(&self, value: f64) {
        self.note(value);
    }
}

impl Recorder for Notes {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key))
    }
}

/// One test, because there is one recorder for the process.
#[tokio::test]
async fn attempts_and_the_load_are_measured() {
    let Some(mut stage) = Stage::new().await else { return };
    let notes = Notes::default();
    metrics::set_global_recorder(notes.clone()).unwrap();
    let good = Receiver::start(Answer::Bytes(OK)).await;
    let bad = Receiver::start(Answer::Bytes(BAD)).await;
    stage.endpoint(&good.url).await;
    stage.endpoint(&bad.url).await;
    // Due for a minute. The first one's event is gone.
    stage.enqueue(0..8).await;
    stage.execute("UPDATE hookseal.deliveries SET due_at = due_at - interval '1 minute'", &[]).await;
    stage.execute("DELETE FROM hookseal.events WHERE event_id = 'e0'", &[]).await;
    let worker = Running::start(stage.worker());
    stage.wait_for(7, "SELECT FROM hookseal.attempts WHERE state = 'delivered'").await;
    stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 500 LIMIT 1").await;
    stage.wait_for(2, "SELECT FROM hookseal.ended WHERE state = 'parked'").await;
    // Two are in flight, and the others wait for an answer.
    let silent = Receiver::start(Answer::Silence).await;
    stage.endpoint(&silent.url).await;
    stage.enqueue(8..30).await;
    // Gauges are set with each heartbeat.
    let seen = |name: &str, least: f64| notes.values(name).iter().any(|value| *value >= least);
    let gauges = [("buckets", 64.0), ("in_flight", 2.0), ("waiting", 1.0), ("lag_seconds", 59.0)];
    let begun = Instant::now();
    while !gauges.iter().all(|(name, least)| seen(&format!("hookseal_outbox_{name}"), *least)) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", notes.0.lock().unwrap());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await;
    let attempts = stage.count("SELECT FROM hookseal.attempts").await as f64;
    for (outcome, column) in [("2xx", "status = 200"), ("5xx", "status = 500"), ("timeout", "error = 'timeout'")] {
        let recorded = stage.count(&format!("SELECT FROM hookseal.attempts WHERE {column}")).await as f64;
        assert!(recorded > 0.0, "{outcome}");
        assert_eq!(notes.sum(&format!("hookseal_outbox_attempts_total {outcome}")), recorded, "{outcome}");
    }
    assert_eq!(notes.sum("hookseal_outbox_flush_attempts"), attempts);
    assert_eq!(notes.sum("hookseal_outbox_parked_total"), 2.0);
    let took = notes.values("hookseal_outbox_attempt_seconds");
    assert_eq!(took.len() as f64, attempts);
    // The time limit is two seconds.
    assert!(took.iter().all(|took| *took >= 0.0) && took.iter().any(|took| *took >= 2.0), "{took:?}");
}
