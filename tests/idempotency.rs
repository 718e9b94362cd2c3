//! What the stores promise, and that the check for it finds those that do not keep it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hookseal::delivery::{Action, DeliveryPolicy, OutcomePolicy, RetryPolicy};
use hookseal::idempotency::{Claim, IdempotencyKey, MemoryStore, Once, Store, Token};
use hookseal::provider::{self, IdempotencyRule, Provider};
use hookseal::receive::{Answer, Received, Receiver};
use hookseal::testing::check_store;
use hookseal::{EventShape, Scheme};
use time::OffsetDateTime;

use common::key;

mod common;

const LEASE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A clock that is moved by hand.
#[derive(Clone)]
struct Hands(Arc<Mutex<OffsetDateTime>>);

impl Hands {
    fn new() -> Hands {
        Hands(Arc::new(Mutex::new(OffsetDateTime::UNIX_EPOCH)))
    }

    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }

    fn advance(&self, wait: Duration) {
        *self.0.lock().unwrap() += wait;
    }

    fn store(&self, capacity: usize) -> MemoryStore {
        let clock = self.clone();
        MemoryStore::with_clock(capacity, move || clock.now())
    }
}

fn received(number: usize) -> Received {
    received_from(&provider::GITHUB, format!(r#"{{"n":{number}}}"#))
}

fn received_from(provider: &Provider, body: String) -> Received {
    let headers = provider.signer(key(1)).unwrap().sign("id", body.as_bytes()).unwrap();
    let receiver: Receiver = provider.lossy().receiver(key(1)).unwrap();
    let mut intake = receiver.begin(&headers);
    intake.push(body.into());
    intake.finish().unwrap()
}

fn keys(count: usize) -> Vec<IdempotencyKey> {
    (0..count).map(|number| received(number).idempotency_key().unwrap()).collect()
}

#[tokio::test]
async fn the_memory_store_keeps_its_promises() {
    let hands = Hands::new();
    let report = check_store(&hands.store(1000), async |wait| hands.advance(wait)).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.cases() > 30);
}

/// One promise that is not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Forgets,
    NeverEnds,
    GivesTwice,
    DecidesInTwoSteps,
    LetsAnybodyComplete,
    LetsAnybodyRelease,
    ReleasesWhatIsCompleted,
    RefusesItsHolder,
    LosesLateCompletions,
    CompletesOnce,
    MixesKeysUp,
}

/// A store of a few lines, as a user would write it.
struct Own {
    fault: Fault,
    hands: Hands,
    entries: Mutex<HashMap<String, Entry>>,
}

#[derive(Clone, Copy)]
struct Entry {
    token: Token,
    is_completed: bool,
    end: OffsetDateTime,
}

impl Own {
    fn name(&self, key: &IdempotencyKey) -> String {
        if self.fault == Fault::MixesKeysUp { String::new() } else { key.to_string() }
    }

    fn entry(&self, key: &IdempotencyKey) -> Option<Entry> {
        let entry = self.entries.lock().unwrap().get(&self.name(key)).copied();
        entry.filter(|entry| entry.end > self.hands.now() || self.fault == Fault::NeverEnds)
    }

    fn set(&self, key: &IdempotencyKey, token: Token, is_completed: bool, wait: Duration) {
        let end = self.hands.now() + wait.min(Duration::from_secs(1_000_000_000));
        self.entries.lock().unwrap().insert(self.name(key), Entry { token, is_completed, end });
    }
}

impl Store for Own {
    type Error = Infallible;

    async fn claim(&self, key: &IdempotencyKey, token: Token, lease: Duration) -> Result<Claim, Infallible> {
        let entry = self.entry(key);
        if self.fault == Fault::DecidesInTwoSteps {
            tokio::task::yield_now().await;
        }
        Ok(match entry {
            Some(Entry { is_completed: true, .. }) if self.fault == Fault::Forgets => Claim::New,
            Some(Entry { is_completed: true, .. }) => Claim::Completed,
            Some(Entry { token: holder, end, .. })
                if (holder != token || self.fault == Fault::RefusesItsHolder) && self.fault != Fault::GivesTwice =>
            {
                Claim::InFlight { left: (end - self.hands.now()).unsigned_abs() }
            }
            _ => {
                self.set(key, token, false, lease);
                Claim::New
            }
        })
    }

    async fn complete(&self, key: &IdempotencyKey, token: Token, retention: Duration) -> Result<bool, Infallible> {
        let may = match self.entry(key) {
            Some(Entry { is_completed: true, .. }) if self.fault == Fault::CompletesOnce => false,
            Some(entry) => entry.token == token || self.fault == Fault::LetsAnybodyComplete,
            None => self.fault != Fault::LosesLateCompletions,
        };
        if may {
            self.set(key, token, true, retention);
        }
        Ok(may)
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> Result<bool, Infallible> {
        let may = self.entry(key).is_some_and(|entry| match entry.is_completed {
            false => entry.token == token || self.fault == Fault::LetsAnybodyRelease,
            true => self.fault == Fault::ReleasesWhatIsCompleted,
        });
        if may {
            self.entries.lock().unwrap().remove(&self.name(key));
        }
        Ok(may)
    }
}

#[tokio::test]
async fn the_check_finds_each_promise_that_is_not_kept() {
    let mistakes = [
        (Fault::None, None),
        (Fault::Forgets, Some("a completed key")),
        (Fault::NeverEnds, Some("a lease that has ended")),
        (Fault::GivesTwice, Some("a held key")),
        (Fault::DecidesInTwoSteps, Some("claims at the same time")),
        (Fault::LetsAnybodyComplete, Some("completion by somebody else")),
        (Fault::LetsAnybodyRelease, Some("release by somebody else")),
        (Fault::ReleasesWhatIsCompleted, Some("release of a completed key")),
        (Fault::RefusesItsHolder, Some("a claim asked for again by its holder")),
        (Fault::LosesLateCompletions, Some("completion after the lease, if nobody took over")),
        (Fault::CompletesOnce, Some("a completion asked for again by its holder")),
        (Fault::MixesKeysUp, Some("another key")),
    ];
    for (fault, case) in mistakes {
        let hands = Hands::new();
        let store = Own { fault, hands: hands.clone(), entries: Mutex::default() };
        let report = check_store(&store, async |wait| hands.advance(wait)).await;
        match case {
            None => assert!(report.is_clean(), "{report}"),
            Some(case) => assert!(report.mistakes().iter().any(|mistake| mistake.case == case), "{fault:?}: {report}"),
        }
    }
}

#[tokio::test]
async fn a_full_store_refuses_and_forgets_nothing() {
    let (hands, keys) = (Hands::new(), keys(11));
    let store = hands.store(10);
    let (completed, claimed) = keys[..10].split_at(5);
    for key in completed {
        let token = Token::random().unwrap();
        assert_eq!(store.claim(key, token, LEASE).await, Ok(Claim::New));
        assert_eq!(store.complete(key, token, DAY).await, Ok(true));
    }
    for key in claimed {
        assert_eq!(store.claim(key, Token::random().unwrap(), LEASE).await, Ok(Claim::New));
    }
    assert_eq!(store.claim(&keys[10], Token::random().unwrap(), LEASE).await, Ok(Claim::Full));
    for key in completed {
        assert_eq!(store.claim(key, Token::random().unwrap(), LEASE).await, Ok(Claim::Completed));
    }

    hands.advance(LEASE);
    assert_eq!(store.len(), 5, "leases have ended, completions have not");
    assert!(!store.is_empty());
    assert_eq!(store.claim(&keys[10], Token::random().unwrap(), LEASE).await, Ok(Claim::New));
    hands.advance(DAY);
    assert!(store.is_empty());
}

#[tokio::test]
async fn a_full_store_remembers_what_was_processed_after_its_lease() {
    let (hands, keys) = (Hands::new(), keys(2));
    let (store, late) = (hands.store(1), Token::random().unwrap());
    assert_eq!(store.claim(&keys[0], late, LEASE).await, Ok(Claim::New));
    hands.advance(LEASE);
    assert_eq!(store.claim(&keys[1], Token::random().unwrap(), LEASE).await, Ok(Claim::New));
    assert_eq!(store.complete(&keys[0], late, DAY).await, Ok(true));
    assert_eq!(store.claim(&keys[0], Token::random().unwrap(), LEASE).await, Ok(Claim::Completed));
}

#[tokio::test]
async fn a_full_store_is_not_down() {
    let once = Once::new(Hands::new().store(0));
    for once in [once.clone(), once.process_when_down()] {
        let answer = once.run(&received(1), std::future::pending::<Answer>()).await;
        assert_eq!(answer, Answer::retry(Duration::from_secs(30)));
    }
}

/// A store that answers nothing from its n-th call on, and notes what it is asked. Waiting takes no time.
#[derive(Clone)]
struct Failing {
    from: usize,
    can_wait: bool,
    calls: Arc<Mutex<Vec<(&'static str, Token)>>>,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Failing {
    fn from_call(from: usize, can_wait: bool) -> Failing {
        Failing { from, can_wait, calls: Arc::default(), waits: Arc::default() }
    }

    fn answer<T>(&self, call: &'static str, token: Token, answer: T) -> std::io::Result<T> {
        let mut calls = self.calls.lock().unwrap();
        calls.push((call, token));
        if calls.len() > self.from { Err(std::io::ErrorKind::ConnectionReset.into()) } else { Ok(answer) }
    }

    /// All by one token.
    fn take_calls(&self) -> Vec<&'static str> {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        assert!(calls.windows(2).all(|pair| pair[0].1 == pair[1].1), "{calls:?}");
        calls.into_iter().map(|(call, _)| call).collect()
    }
}

impl Store for Failing {
    type Error = std::io::Error;

    async fn claim(&self, _: &IdempotencyKey, token: Token, _: Duration) -> std::io::Result<Claim> {
        self.answer("claim", token, Claim::New)
    }

    async fn complete(&self, _: &IdempotencyKey, token: Token, _: Duration) -> std::io::Result<bool> {
        self.answer("complete", token, true)
    }

    async fn release(&self, _: &IdempotencyKey, token: Token) -> std::io::Result<bool> {
        self.answer("release", token, true)
    }

    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        self.can_wait.then(|| {
            self.waits.lock().unwrap().push(time);
            std::future::ready(())
        })
    }
}

/// A sender that would take a refusal for the last word gets 503, if it then comes again.
#[tokio::test]
async fn what_is_refused_for_now_is_not_lost_to_a_sender_that_gives_up_on_it() {
    let event = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    let action = |retries: bool| if retries { Action::Retry } else { Action::GiveUp };
    for (attempts, on_4xx, on_503) in [1, 3].into_iter().flat_map(|attempts| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(on_4xx, on_503)| (attempts, on_4xx, on_503))
    }) {
        let outcomes = OutcomePolicy::standard().with_override(400, 499, action(on_4xx)).unwrap();
        let outcomes = outcomes.with_override(503, 503, action(on_503)).unwrap();
        let retry = RetryPolicy::table(vec![LEASE; attempts - 1]).unwrap();
        let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}")).unwrap();
        let acme = acme.with_event_shape(event.clone()).unwrap();
        let acme = acme.with_idempotency_rule(IdempotencyRule::EventId).unwrap();
        let acme = acme.with_delivery_policy(DeliveryPolicy::new().with_retry(retry).with_outcomes(outcomes));
        let comes_again = attempts > 1 && !on_4xx && on_503;

        let store = Hands::new().store(10);
        let held = received_from(&acme, r#"{"id":"evt_1","type":"a","data":1}"#.to_owned());
        store.claim(&held.idempotency_key().unwrap(), Token::random().unwrap(), LEASE).await.unwrap();
        let unreadable = received_from(&acme, r#"{"type":"a","data":1}"#.to_owned());
        let error = unreadable.idempotency_key().unwrap_err();
        for (event, now, later) in [
            (held, Answer::InFlight { retry_after: LEASE }, Answer::retry(LEASE)),
            (unreadable, Answer::Unreadable(error), Answer::retry(Duration::from_secs(30))),
        ] {
            let answer = Once::new(store.clone()).run(&event, std::future::pending::<Answer>()).await;
            assert_eq!(answer, if comes_again { later } else { now }, "{attempts} {on_4xx} {on_503}");
        }
    }
}

#[tokio::test]
async fn a_handler_that_may_fail_has_processed_what_it_returns_and_not_what_it_fails_on() {
    let once = Once::new(Hands::new().store(10));
    let failed = once.run(&received(1), async { Err::<Answer, _>("no database") }).await;
    assert_eq!(failed, Err("no database"));
    let processed = once.run(&received(1), async { Ok::<_, Infallible>(Answer::Processed) }).await;
    assert_eq!(processed, Ok(Answer::Processed));
    let again = once.run(&received(1), std::future::pending::<Result<Answer, Infallible>>()).await;
    assert_eq!(again, Ok(Answer::Duplicate));
}

#[tokio::test]
async fn a_claim_without_an_answer_is_asked_for_again_and_given_back() {
    for can_wait in [false, true] {
        let store = Failing::from_call(0, can_wait);
        let once = Once::new(store.clone());
        let answer = once.run(&received(1), std::future::pending::<Answer>()).await;
        assert_eq!(answer, Answer::retry(Duration::from_secs(30)));
        assert_eq!(store.take_calls(), ["claim", "claim", "release"]);
    }
}

#[tokio::test]
async fn what_is_processed_without_a_claim_is_recorded_if_the_store_is_back() {
    let once = |store: &Failing| Once::new(store.clone()).process_when_down();
    for (answer, call) in [(Answer::Processed, "complete"), (Answer::retry(LEASE), "release")] {
        let store = Failing::from_call(0, true);
        assert_eq!(once(&store).run(&received(1), async { answer.clone() }).await, answer);
        assert_eq!(store.take_calls(), ["claim", "claim", call]);
    }
}

#[tokio::test]
async fn the_store_is_asked_again_for_as_long_as_the_sender_waits_and_the_lease_lasts() {
    // Three quarters of what the provider says, or of ten seconds.
    let cases = [
        (&provider::GITHUB, Duration::from_secs(60), 5000..=7500),
        (&provider::KALLGLOT, Duration::from_secs(60), 15_000..=22_500),
        (&provider::GITHUB, Duration::from_secs(3), 2000..=3000),
        (&provider::GITHUB, Duration::from_millis(100), 0..=100),
    ];
    for (provider, lease, range) in cases {
        for (answer, call) in [(Answer::Processed, "complete"), (Answer::retry(LEASE), "release")] {
            let store = Failing::from_call(1, true);
            // Other tests have the store without the `Arc`.
            let once = Once::new(Arc::new(store.clone())).with_lease(lease);
            let event = received_from(provider, r#"{"id":"evt_1"}"#.to_owned());
            assert_eq!(once.run(&event, async { answer.clone() }).await, answer);
            let (calls, waits) = (store.take_calls(), store.waits.lock().unwrap().clone());
            assert_eq!(waits.len() + 2, calls.len(), "a wait between two tries, and none before or after");
            assert!(calls[1..].iter().all(|asked| *asked == call), "{calls:?}");
            assert!(range.contains(&waits.iter().sum::<Duration>().as_millis()), "{waits:?}");
            assert!(waits[0] <= Duration::from_millis(50) && waits.iter().max() <= Some(&Duration::from_secs(1)));
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_wait_is_asked_twice() {
    for lease in [LEASE, Duration::ZERO] {
        for can_wait in [false, lease.is_zero()] {
            let store = Failing::from_call(1, can_wait);
            let once = Once::new(store.clone()).with_lease(lease);
            assert_eq!(once.run(&received(1), async { Answer::Processed }).await, Answer::Processed);
            assert_eq!(store.take_calls(), ["claim", "complete", "complete"]);
        }
    }
}

#[test]
fn keys_are_kept_longer_than_anybody_retries() {
    let default = Duration::from_secs(17 * 86_400);
    let published = [RetryPolicy::HOOK0, RetryPolicy::OUTPOST, RetryPolicy::SVIX, RetryPolicy::STANDARD_WEBHOOKS];
    let catalogue = provider::ALL.iter().map(|provider| provider.delivery_policy().retry().clone());
    for policy in published.into_iter().chain(catalogue) {
        // A tenth for jitter.
        let horizon = policy.total_horizon().mul_f64(1.1);
        assert!(horizon * 2 <= default, "{policy:?}: {horizon:?}");
    }
    for provider in provider::ALL {
        let window = Duration::from_secs(provider.replay_window().unwrap_or_default());
        assert!(window < default, "{}: {window:?}", provider.name());
    }
}
