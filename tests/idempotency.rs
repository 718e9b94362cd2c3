//! What the stores promise, and that the check for it finds those that do not keep it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hookseal::delivery::RetryPolicy;
use hookseal::idempotency::{Claim, IdempotencyKey, MemoryStore, Once, Store, Token};
use hookseal::provider;
use hookseal::receive::{Answer, Received, Receiver};
use hookseal::testing::check_store;
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
    let body = format!(r#"{{"n":{number}}}"#);
    let headers = provider::GITHUB.signer(key(1)).unwrap().sign("id", body.as_bytes()).unwrap();
    let receiver: Receiver = provider::GITHUB.receiver(key(1)).unwrap();
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
    MixesKeysUp,
}

/// A store of a few lines, as a user would write it.
struct Own {
    fault: Fault,
    hands: Hands,
    /// The holder, or nobody once it is completed, and the end.
    entries: Mutex<HashMap<String, (Option<Token>, OffsetDateTime)>>,
}

impl Own {
    fn name(&self, key: &IdempotencyKey) -> String {
        if self.fault == Fault::MixesKeysUp { String::new() } else { key.to_string() }
    }

    fn entry(&self, key: &IdempotencyKey) -> Option<(Option<Token>, OffsetDateTime)> {
        let entry = self.entries.lock().unwrap().get(&self.name(key)).copied();
        entry.filter(|(_, end)| *end > self.hands.now() || self.fault == Fault::NeverEnds)
    }

    fn set(&self, key: &IdempotencyKey, holder: Option<Token>, wait: Duration) {
        let end = self.hands.now() + wait.min(Duration::from_secs(1_000_000_000));
        self.entries.lock().unwrap().insert(self.name(key), (holder, end));
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
            Some((None, _)) if self.fault == Fault::Forgets => Claim::New,
            Some((None, _)) => Claim::Completed,
            Some((Some(holder), end))
                if (holder != token || self.fault == Fault::RefusesItsHolder) && self.fault != Fault::GivesTwice =>
            {
                Claim::InFlight { left: (end - self.hands.now()).unsigned_abs() }
            }
            _ => {
                self.set(key, Some(token), lease);
                Claim::New
            }
        })
    }

    async fn complete(&self, key: &IdempotencyKey, token: Token, keep: Duration) -> Result<bool, Infallible> {
        let may = match self.entry(key) {
            Some((holder, _)) => holder == Some(token) || self.fault == Fault::LetsAnybodyComplete,
            None => self.fault != Fault::LosesLateCompletions,
        };
        if may {
            self.set(key, None, keep);
        }
        Ok(may)
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> Result<bool, Infallible> {
        let may = self.entry(key).is_some_and(|(holder, _)| match holder {
            Some(holder) => holder == token || self.fault == Fault::LetsAnybodyRelease,
            None => self.fault == Fault::ReleasesWhatIsCompleted,
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
    let refused = store.claim(&keys[10], Token::random().unwrap(), LEASE).await.unwrap_err();
    assert_eq!(refused.to_string(), "the store is full: it holds 10 keys");
    for key in completed {
        assert_eq!(store.claim(key, Token::random().unwrap(), LEASE).await, Ok(Claim::Completed));
    }

    hands.advance(LEASE);
    assert_eq!(store.len(), 5, "leases have ended, completions have not");
    assert_eq!(store.claim(&keys[10], Token::random().unwrap(), LEASE).await, Ok(Claim::New));
    hands.advance(DAY);
    assert!(store.is_empty());
}

#[tokio::test]
async fn a_full_store_is_answered_with_try_again() {
    let once = Once::new(Hands::new().store(0));
    let answer = once.run(&received(1), std::future::pending::<Answer>()).await;
    assert_eq!(answer, Answer::retry(Duration::from_secs(30)));
    let opened = once.process_when_down();
    assert_eq!(opened.run(&received(1), async { Answer::Accepted }).await, Answer::Accepted);
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
