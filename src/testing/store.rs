use std::time::Duration;

use super::Report;
use super::join::join_all;
use crate::id::event_id;
use crate::idempotency::key::IdempotencyKey;
use crate::idempotency::{Claim, Store, Token};

/// A lease that ends while we wait, and one that does not.
const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(3600);

/// Claims at the same time.
const RIVALS: usize = 64;

/// Checks that a [`Store`] keeps its promises, with keys of its own. `sleep` must let that much time pass, for the
/// store's clock too: about a third of a second in all.
///
/// It leaves keys behind, one of them forever, so pass a store for tests. A single thread makes all calls. A store that
/// decides in two steps is therefore found only if it awaits something between them.
///
/// ```
/// use hookseal::idempotency::MemoryStore;
/// use hookseal::testing::check_store;
/// use std::sync::{Arc, Mutex};
/// use time::OffsetDateTime;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let now = Arc::new(Mutex::new(OffsetDateTime::UNIX_EPOCH));
/// let clock = now.clone();
/// let store = MemoryStore::with_clock(1000, move || *clock.lock().unwrap());
/// let report = check_store(&store, async |wait| *now.lock().unwrap() += wait).await;
/// assert!(report.is_clean(), "{report}");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn check_store<S: Store>(store: &S, sleep: impl AsyncFn(Duration)) -> Report {
    let mut check = Check { store, report: Report::default() };
    check.in_turn().await;
    check.at_once().await;
    check.as_time_passes(sleep).await;
    check.report
}

struct Check<'s, S> {
    store: &'s S,
    report: Report,
}

impl<S: Store> Check<'_, S> {
    async fn in_turn(&mut self) {
        let (Some(key), Some(other_key), Some(one), Some(two)) = (new_key(), new_key(), new_token(), new_token())
        else {
            return self.report.add("randomness", ["there is none".to_owned()]);
        };
        self.claims("a free key", &key, one, LONG, NEW).await;
        self.claims("a claim asked for again by its holder", &key, one, LONG, NEW).await;
        self.claims("a held key", &key, two, LONG, IN_FLIGHT).await;
        self.claims("another key", &other_key, two, LONG, NEW).await;
        self.completes("completion by somebody else", &key, two, LONG, false).await;
        self.releases("release by somebody else", &key, two, false).await;
        self.claims("a key that somebody else tried to take", &key, two, LONG, IN_FLIGHT).await;
        self.releases("release by the holder", &key, one, true).await;
        self.releases("release of a free key", &key, one, false).await;
        self.claims("a released key", &key, two, LONG, NEW).await;
        self.completes("completion by the holder", &key, two, LONG, true).await;
        self.completes("a completion asked for again by its holder", &key, two, LONG, true).await;
        self.claims("a completed key", &key, one, LONG, COMPLETED).await;
        self.claims("a completed key, asked by who completed it", &key, two, LONG, COMPLETED).await;
        self.releases("release of a completed key", &key, two, false).await;
        self.completes("completion after completion by another", &key, one, LONG, false).await;
        self.claims("a completed key, still", &key, one, LONG, COMPLETED).await;
        self.claims("a lease without end", &other_key, two, Duration::MAX, NEW).await;
        self.completes("completion forever", &other_key, two, Duration::MAX, true).await;
        self.claims("a key completed forever", &other_key, one, LONG, COMPLETED).await;
    }

    async fn at_once(&mut self) {
        let (Some(key), tokens) = (new_key(), (0..RIVALS).filter_map(|_| new_token())) else { return };
        let claims = join_all(tokens.map(|token| self.store.claim(&key, token, LONG))).await;
        let new = claims.iter().filter(|claim| matches!(claim, Ok(Claim::New))).count();
        let failed = claims.iter().find_map(|claim| claim.as_ref().err());
        let winners = (new != 1).then(|| format!("{new} of {RIVALS} claims are new, should be 1"));
        self.report
            .add("claims at the same time", winners.into_iter().chain(failed.map(|error| format!("failed: {error}"))));
    }

    async fn as_time_passes(&mut self, sleep: impl AsyncFn(Duration)) {
        let (Some(taken), Some(left), Some(kept)) = (new_key(), new_key(), new_key()) else { return };
        let (Some(late), Some(next)) = (new_token(), new_token()) else { return };
        self.claims("a short lease", &taken, late, SHORT, NEW).await;
        self.claims("a short lease that nobody takes over", &left, late, SHORT, NEW).await;
        self.claims("a key to keep shortly", &kept, late, LONG, NEW).await;
        self.completes("completion for a short time", &kept, late, SHORT, true).await;
        sleep(SHORT * 3).await;
        self.claims("a lease that has ended", &taken, next, LONG, NEW).await;
        self.completes("completion by who lost the lease", &taken, late, LONG, false).await;
        self.releases("release by who lost the lease", &taken, late, false).await;
        self.claims("a key that was taken over", &taken, late, LONG, IN_FLIGHT).await;
        self.completes("completion after the lease, if nobody took over", &left, late, LONG, true).await;
        self.claims("a key completed after its lease", &left, next, LONG, COMPLETED).await;
        self.claims("a completed key whose time is over", &kept, next, LONG, NEW).await;
    }

    async fn claims(&mut self, case: &str, key: &IdempotencyKey, token: Token, lease: Duration, expected: Expected) {
        let problem = match self.store.claim(key, token, lease).await {
            Ok(claim) if expected.0(claim) => None,
            Ok(claim) => Some(format!("is {claim:?}, should be {}", expected.1)),
            Err(error) => Some(format!("failed: {error}")),
        };
        self.report.add(case, problem);
    }

    async fn completes(&mut self, case: &str, key: &IdempotencyKey, token: Token, retention: Duration, expected: bool) {
        let done = self.store.complete(key, token, retention).await;
        self.succeeds(case, done, expected);
    }

    async fn releases(&mut self, case: &str, key: &IdempotencyKey, token: Token, expected: bool) {
        let done = self.store.release(key, token).await;
        self.succeeds(case, done, expected);
    }

    fn succeeds(&mut self, case: &str, done: Result<bool, S::Error>, expected: bool) {
        let problem = match done {
            Ok(done) if done == expected => None,
            Ok(done) => Some(format!("gave {done}, should give {expected}")),
            Err(error) => Some(format!("failed: {error}")),
        };
        self.report.add(case, problem);
    }
}

fn new_key() -> Option<IdempotencyKey> {
    event_id("").ok().map(|unique| IdempotencyKey::new("check-store", &unique, "", b""))
}

fn new_token() -> Option<Token> {
    Token::random().ok()
}

/// A predicate, and its name.
type Expected = (fn(Claim) -> bool, &'static str);

const NEW: Expected = (|claim| claim == Claim::New, "new");
const COMPLETED: Expected = (|claim| claim == Claim::Completed, "completed");
const IN_FLIGHT: Expected =
    (|claim| matches!(claim, Claim::InFlight { left } if left <= LONG && !left.is_zero()), "in flight");
