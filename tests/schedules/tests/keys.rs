//! Keys that are replaced while requests are judged, and tenants that change while they are looked up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::time::Duration;

use hookseal::receive::{Receiver, ReceiverCache, Rejection};
use hookseal::{Keyring, provider};
use shuttle::future::{block_on, yield_now};
use shuttle::thread;

use common::{every_schedule, headers, key, random_schedules, receive, receiver};

mod common;

const BODY: &str = "{}";

/// A rotation: the old key, both, the new one.
const STAGES: u8 = 3;

fn keys(stage: u8) -> Keyring {
    match stage {
        0 => Keyring::new(key(0)),
        1 => Keyring::new(key(1)).with_previous(key(0)).unwrap(),
        _ => Keyring::new(key(1)),
    }
}

fn accepts(stage: u8, number: u8) -> bool {
    match number {
        0 => stage < 2,
        _ => stage > 0,
    }
}

/// A stage has begun when its keys are given, and is certain when that call has returned.
#[derive(Default)]
struct Stage {
    begun: AtomicU8,
    certain: AtomicU8,
}

fn rotate(receiver: &Receiver, stage: &Stage) {
    for next in 1..STAGES {
        stage.begun.store(next, SeqCst);
        receiver.set_keys(keys(next)).unwrap();
        stage.certain.store(next, SeqCst);
    }
}

/// A verdict must be that of one stage, between the one that was certain before the request and the one that had begun when
/// its headers were read. It does not matter what happens while the body comes.
fn judge(receiver: &Receiver, number: u8, stage: &Stage) {
    let headers = headers(number, BODY.as_bytes());
    let earliest = stage.certain.load(SeqCst);
    let mut intake = receiver.begin(&headers);
    let latest = stage.begun.load(SeqCst);
    thread::yield_now();
    intake.push(BODY.into());
    thread::yield_now();
    let is_accepted = intake.finish().is_ok();
    let possible = (earliest..=latest).any(|stage| accepts(stage, number) == is_accepted);
    assert!(possible, "key {number} in the stages {earliest} to {latest}: {is_accepted}");
}

fn rotation(requests: &'static [u8]) {
    let (receiver, stage): (Receiver, Arc<Stage>) = (receiver(), Arc::default());
    let judges: Vec<_> = requests
        .iter()
        .map(|number| {
            // As servers have it: a clone each.
            let (receiver, stage) = (receiver.clone(), stage.clone());
            thread::spawn(move || judge(&receiver, *number, &stage))
        })
        .collect();
    rotate(&receiver, &stage);
    judges.into_iter().for_each(|judge| judge.join().unwrap());
    for number in [0, 1] {
        judge(&receiver, number, &stage);
    }
}

#[test]
fn each_request_is_judged_by_the_keys_of_one_moment() {
    for requests in [&[0][..], &[1]] {
        let schedules = every_schedule(move || rotation(requests));
        assert!(schedules > 10, "{schedules}");
    }
}

#[test]
fn many_requests_are_judged_by_the_keys_of_one_moment() {
    random_schedules(2000, || rotation(&[0, 1, 0, 1]));
}

#[test]
fn of_two_replacements_at_once_one_is_the_last() {
    let schedules = every_schedule(|| {
        let receiver = receiver();
        let setters = [1, 2].map(|number| {
            let receiver = receiver.clone();
            thread::spawn(move || receiver.set_keys(key(number)).unwrap())
        });
        setters.into_iter().for_each(|setter| setter.join().unwrap());
        let accepted = [0, 1, 2].map(|number| receive(&receiver, &headers(number, BODY.as_bytes()), BODY).is_ok());
        assert!(matches!(accepted, [false, true, false] | [false, false, true]), "{accepted:?}");
    });
    assert!(schedules > 1, "{schedules}");
}

const NAME: &str = "shop-1";

/// A database with one tenant, whose secret has a number.
async fn look_up(row: &AtomicU8) -> Result<Receiver, Rejection> {
    let number = row.load(SeqCst);
    yield_now().await;
    provider::CALLINTEL.tenant_receiver(NAME, Ok(key(number)))
}

fn find(receivers: &ReceiverCache, row: &AtomicU8) -> Receiver {
    block_on(receivers.find(NAME, look_up(row))).unwrap()
}

/// After a change and its invalidation, the old secret is never found again, whatever lookups were in progress.
fn change(finders: usize, invalidate: fn(&ReceiverCache)) {
    let receivers: ReceiverCache = ReceiverCache::new(1).with_time_to_live(Duration::MAX);
    let row = Arc::new(AtomicU8::new(0));
    let finding: Vec<_> = (0..finders)
        .map(|_| {
            let (receivers, row) = (receivers.clone(), row.clone());
            thread::spawn(move || drop(find(&receivers, &row)))
        })
        .collect();
    row.store(1, SeqCst);
    thread::yield_now();
    invalidate(&receivers);
    let found = find(&receivers, &row);
    let accepted = [0, 1].map(|number| receive(&found, &headers(number, BODY.as_bytes()), BODY).is_ok());
    assert_eq!(accepted, [false, true]);
    finding.into_iter().for_each(|finder| finder.join().unwrap());
    // Nor later, from the cache.
    let kept = find(&receivers, &row);
    assert!(receive(&kept, &headers(0, BODY.as_bytes()), BODY).is_err());
}

#[test]
fn no_look_up_in_progress_brings_an_old_secret_back() {
    for invalidate in [|receivers: &ReceiverCache| receivers.invalidate(NAME), ReceiverCache::invalidate_all] {
        let schedules = every_schedule(move || change(1, invalidate));
        assert!(schedules > 10, "{schedules}");
        random_schedules(2000, move || change(3, invalidate));
    }
}
