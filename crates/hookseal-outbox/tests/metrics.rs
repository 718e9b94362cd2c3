//! What a worker counts.
#![cfg(feature = "metrics")]

use std::sync::{Arc, Mutex};

use common::{Answer, OK, Receiver, Running, Stage};
use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

mod common;

/// Notes what is counted, with its labels.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Count(Notes, String);

impl CounterFn for Count {
    fn increment(&self, by: u64) {
        self.0.0.lock().unwrap().extend((0..by).map(|_| self.1.clone()));
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Notes {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        Counter::from_arc(Arc::new(Count(self.clone(), format!("{} {}", key.name(), labels.join(",")))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn attempts_are_counted_by_their_outcome() {
    let Some(mut stage) = Stage::new().await else { return };
    let notes = Notes::default();
    metrics::set_global_recorder(notes.clone()).unwrap();
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..7).await;
    stage.all_sent().await;
    worker.stop().await;
    let noted = notes.0.lock().unwrap();
    assert_eq!(noted.iter().filter(|note| *note == "hookseal_outbox_attempts_total 2xx").count(), 7, "{noted:?}");
}
