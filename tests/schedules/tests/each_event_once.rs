//! `Once` over a `MemoryStore`, with threads that process the same events.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use hookseal::idempotency::{Claim, IdempotencyKey, MemoryStore, Once, Store, Token};
use hookseal::receive::{Answer, Received};
use shuttle::future::{block_on, yield_now};
use shuttle::sync::Mutex;
use shuttle::thread;
use time::OffsetDateTime;

use common::{event, every_schedule, random_schedules};

mod common;

const LEASE: i64 = 60;

/// Handlers of one event, and what they did.
#[derive(Default)]
struct Handlers {
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    processed: AtomicUsize,
}

impl Handlers {
    async fn run(&self, answer: Answer) -> Answer {
        self.begun.fetch_add(1, SeqCst);
        self.most.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
        yield_now().await;
        self.running.fetch_sub(1, SeqCst);
        self.processed.fetch_add(usize::from(answer == Answer::Processed), SeqCst);
        answer
    }
}

/// In seconds. Between a look at it and what the store does then, other threads may run.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn store(&self, capacity: usize) -> MemoryStore {
        let seconds = self.0.clone();
        MemoryStore::with_clock(capacity, move || {
            let now = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds.load(SeqCst));
            thread::yield_now();
            now
        })
    }
}

fn deliver<S: Store + Clone + 'static>(
    once: &Once<S>,
    event: &Arc<Received>,
    handlers: &Arc<Handlers>,
    answer: Answer,
) -> thread::JoinHandle<Answer> {
    let (once, event, handlers) = (once.clone(), event.clone(), handlers.clone());
    thread::spawn(move || block_on(once.run(&*event, handlers.run(answer))))
}

/// How many handlers have begun.
fn deliver_at_once<S: Store + Clone + 'static>(store: S, event: &Arc<Received>, count: usize) -> usize {
    let (once, handlers) = (Once::new(store), Arc::default());
    let deliveries: Vec<_> = (0..count).map(|_| deliver(&once, event, &handlers, Answer::Processed)).collect();
    let answers: Vec<Answer> = deliveries.into_iter().map(|delivery| delivery.join().unwrap()).collect();
    let processed = answers.iter().filter(|answer| **answer == Answer::Processed).count();
    assert_eq!(processed, handlers.begun.load(SeqCst), "{answers:?}");
    assert_eq!(block_on(once.run(&**event, async { Answer::Accepted })), Answer::Duplicate, "{answers:?}");
    processed
}

#[test]
fn of_two_deliveries_one_is_processed() {
    let event = event("{}");
    let schedules = every_schedule(move || assert_eq!(deliver_at_once(Clock::default().store(10), &event, 2), 1));
    assert!(schedules > 100, "{schedules}");
}

#[test]
fn of_four_deliveries_one_is_processed() {
    let event = event("{}");
    random_schedules(5000, move || assert_eq!(deliver_at_once(Clock::default().store(10), &event, 4), 1));
}

/// What was released by one that failed is for whoever comes then, and for one at a time.
#[test]
fn after_a_failure_the_next_delivery_is_processed() {
    let (event, failed) = (event("{}"), Answer::retry(Duration::ZERO));
    let schedules = every_schedule(move || {
        let store = Clock::default().store(10);
        let (once, handlers) = (Once::new(store.clone()), Arc::default());
        let deliveries = [failed.clone(), Answer::Processed].map(|answer| deliver(&once, &event, &handlers, answer));
        let answers = deliveries.map(|delivery| delivery.join().unwrap());
        assert_eq!(handlers.most.load(SeqCst), 1, "never two at once");
        let last = block_on(once.run(&*event, async { Answer::Accepted }));
        match handlers.processed.load(SeqCst) {
            1 => assert_eq!(last, Answer::Duplicate, "{answers:?}"),
            _ => assert_eq!(last, Answer::Accepted, "released, or never claimed: {answers:?}"),
        }
        assert_eq!(store.len(), 1);
    });
    assert!(schedules > 100, "{schedules}");
}

/// Two handlers may then run, but what one of them has completed stays so.
#[test]
fn when_a_lease_ends_no_completion_is_lost() {
    let event = event("{}");
    let schedules = every_schedule(move || {
        let clock = Clock::default();
        let store = clock.store(10);
        let once = Once::new(store.clone()).with_lease(Duration::from_secs(LEASE.unsigned_abs()));
        let handlers: Arc<Handlers> = Arc::default();
        let deliveries = [0; 2].map(|_| deliver(&once, &event, &handlers, Answer::Processed));
        clock.0.store(LEASE, SeqCst);
        let answers = deliveries.map(|delivery| delivery.join().unwrap());
        assert!(handlers.processed.load(SeqCst) >= 1, "{answers:?}");
        assert_eq!(block_on(once.run(&*event, async { Answer::Accepted })), Answer::Duplicate, "{answers:?}");
        assert_eq!(store.len(), 1);
    });
    assert!(schedules > 100, "{schedules}");
}

/// Whoever comes late settles nothing that another one holds.
#[test]
fn a_lease_that_has_ended_settles_nothing_of_the_next() {
    let key = event("{}").idempotency_key().unwrap();
    let lease = Duration::from_secs(LEASE.unsigned_abs());
    for is_done in [true, false] {
        let key = key.clone();
        let schedules = every_schedule(move || {
            let clock = Clock::default();
            let (store, [first, second, third]) = (clock.store(10), [0; 3].map(|_| Token::random().unwrap()));
            assert_eq!(block_on(store.claim(&key, first, lease)).unwrap(), Claim::New);
            clock.0.store(LEASE, SeqCst);
            let (late, its_key) = (store.clone(), key.clone());
            let late = thread::spawn(move || match is_done {
                true => block_on(late.complete(&its_key, first, 10 * lease)).unwrap(),
                false => block_on(late.release(&its_key, first)).unwrap(),
            });
            let claim = block_on(store.claim(&key, second, lease)).unwrap();
            let is_settled = late.join().unwrap();
            let last = block_on(store.claim(&key, third, lease)).unwrap();
            match claim {
                Claim::Completed => assert!(is_settled && last == Claim::Completed, "{last:?}"),
                // Nobody else holds it.
                _ => assert!(claim == Claim::New && !is_settled && last == Claim::InFlight { left: lease }, "{last:?}"),
            }
        });
        assert!(schedules > 10, "{schedules}");
    }
}

#[test]
fn the_capacity_holds() {
    let events = ["{}", r#"{"other":1}"#].map(event);
    let schedules = every_schedule(move || {
        let store = Clock::default().store(1);
        let once = Once::new(store.clone());
        let deliveries = events.each_ref().map(|event| deliver(&once, event, &Arc::default(), Answer::Processed));
        let answers = deliveries.map(|delivery| delivery.join().unwrap());
        let full = Answer::retry(Duration::from_secs(30));
        assert!(matches!(&answers, [Answer::Processed, other] | [other, Answer::Processed] if *other == full));
        assert_eq!(store.len(), 1);
    });
    assert!(schedules > 10, "{schedules}");
}

/// Looks, and then writes: what a store must not do.
#[derive(Clone, Default)]
struct InTwoSteps(Arc<Mutex<HashMap<String, bool>>>);

impl Store for InTwoSteps {
    type Error = Infallible;

    async fn claim(&self, key: &IdempotencyKey, _: Token, lease: Duration) -> Result<Claim, Infallible> {
        let found = self.0.lock().unwrap().get(key.as_str()).copied();
        Ok(match found {
            Some(true) => Claim::Completed,
            Some(false) => Claim::InFlight { left: lease },
            None => {
                self.0.lock().unwrap().insert(key.as_str().to_owned(), false);
                Claim::New
            }
        })
    }

    async fn complete(&self, key: &IdempotencyKey, _: Token, _: Duration) -> Result<bool, Infallible> {
        self.0.lock().unwrap().insert(key.as_str().to_owned(), true);
        Ok(true)
    }

    async fn release(&self, key: &IdempotencyKey, _: Token) -> Result<bool, Infallible> {
        Ok(self.0.lock().unwrap().remove(key.as_str()).is_some())
    }
}

/// These tests notice it.
#[test]
fn a_store_in_two_steps_is_caught() {
    let (event, most) = (event("{}"), Arc::new(AtomicUsize::new(0)));
    let worst = most.clone();
    every_schedule(move || {
        worst.fetch_max(deliver_at_once(InTwoSteps::default(), &event, 2), SeqCst);
    });
    assert_eq!(most.load(SeqCst), 2);
}
