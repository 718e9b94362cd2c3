#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use hookseal::receive::{Received, Receiver, Rejection};
use hookseal::{Secret, provider};
use http::HeaderMap;
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

/// Runs it under every schedule that its threads can have, and returns how many these are.
pub(crate) fn every_schedule(test: impl Fn() + Send + Sync + 'static) -> usize {
    let schedules = run(DfsScheduler::new(None, false), test);
    println!("{schedules} schedules, which are all");
    schedules
}

/// Runs it under so many random schedules, where all are too many.
pub(crate) fn random_schedules(count: usize, test: impl Fn() + Send + Sync + 'static) {
    assert_eq!(run(RandomScheduler::new(count), test), count);
}

fn run(scheduler: impl Scheduler + 'static, test: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = Config::new();
    // The default is too small for the verification of a request in a debug build.
    config.stack_size = 1 << 20;
    Runner::new(scheduler, config).run(test)
}

/// Keys with different numbers are different.
pub(crate) fn key(number: u8) -> Secret {
    Secret::from_bytes([number; 32]).unwrap()
}

pub(crate) fn receiver() -> Receiver {
    provider::CALLINTEL.receiver(key(0)).unwrap()
}

/// Signed with the key of this number.
pub(crate) fn headers(number: u8, body: &[u8]) -> HeaderMap {
    provider::CALLINTEL.signer(key(number)).unwrap().sign("evt_1", body).unwrap()
}

pub(crate) fn receive(receiver: &Receiver, headers: &HeaderMap, body: &'static str) -> Result<Received, Rejection> {
    let mut intake = receiver.begin(headers);
    intake.push(body.into());
    intake.finish()
}

/// Made before the schedules begin.
pub(crate) fn event(body: &'static str) -> Arc<Received> {
    let made = Arc::new(Mutex::new(None));
    let received = made.clone();
    // The locks of a receiver work within a schedule only.
    run(DfsScheduler::new(Some(1), false), move || {
        let event = receive(&receiver(), &headers(0, body.as_bytes()), body).unwrap();
        *received.lock().unwrap() = Some(Arc::new(event));
    });
    made.lock().unwrap().take().unwrap()
}
