use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use time::{OffsetDateTime, PrimitiveDateTime};

use super::store::{Claim, Store, Token};
use crate::idempotency::key::IdempotencyKey;
use crate::sync::{Mutex, MutexGuard};

/// A [`Store`] in the memory of this process. It is cheap to clone, and clones share their keys.
///
/// Use it in a single process only: processes do not share it, and a restart forgets everything. When it holds as many
/// keys as its capacity, it answers [`Claim::Full`] instead of forgetting any: a processed event must not become new
/// again. Choose a capacity for all events that arrive while a key is [kept](super::Once::with_retention). Give each
/// untrusted tenant its own store, or one of them can fill it for everyone.
///
/// ```
/// use hookseal::idempotency::{MemoryStore, Once};
///
/// // 5,000 events a day for seventeen days, with some headroom: at most about 30 MB.
/// let once = Once::new(MemoryStore::new(100_000));
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    capacity: usize,
    clock: Clock,
    entries: Mutex<Entries>,
}

type Clock = Box<dyn Fn() -> Moment + Send + Sync>;

/// The time since the beginning of the clock.
type Moment = Duration;

#[derive(Default)]
struct Entries {
    by_key: HashMap<Arc<str>, Entry>,
    /// The keys of the same entries, ordered by when they end.
    by_end: BTreeMap<End, Arc<str>>,
    /// How many ends were ever set.
    count: u64,
}

/// The number distinguishes ends at the same moment.
type End = (Moment, u64);

#[derive(Clone, Copy)]
struct Entry {
    /// The token that holds or held the key.
    token: Token,
    is_completed: bool,
    end: End,
}

impl MemoryStore {
    /// A store for this many keys: those in flight, and those that were processed within
    /// [`Once::with_retention`](super::Once::with_retention).
    ///
    /// ```
    /// assert!(hookseal::idempotency::MemoryStore::new(1000).is_empty());
    /// ```
    pub fn new(capacity: usize) -> MemoryStore {
        // Monotonic: setting the system's clock back does not prolong a lease.
        let beginning = Instant::now();
        MemoryStore::by_clock(capacity, Box::new(move || beginning.elapsed()))
    }

    /// Like [`new`](Self::new), with your own clock, for tests.
    ///
    /// ```
    /// use hookseal::idempotency::{Claim, MemoryStore, Store, Token};
    /// use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
    /// use std::{sync::Arc, time::Duration};
    /// use time::OffsetDateTime;
    ///
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// # let key = provider::CALLINTEL.idempotency_key(&verifier.verify(&headers, b"{}")?, "")?;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let seconds = Arc::new(AtomicI64::new(0));
    /// let clock = seconds.clone();
    /// let store = MemoryStore::with_clock(1000, move || {
    ///     OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(clock.load(Relaxed))
    /// });
    /// let lease = Duration::from_secs(60);
    /// assert_eq!(store.claim(&key, Token::random()?, lease).await?, Claim::New);
    /// assert_eq!(store.claim(&key, Token::random()?, lease).await?, Claim::InFlight { left: lease });
    ///
    /// seconds.store(60, Relaxed);
    /// assert_eq!(store.claim(&key, Token::random()?, lease).await?, Claim::New, "the lease has ended");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_clock(capacity: usize, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> MemoryStore {
        // No time is earlier.
        let beginning = PrimitiveDateTime::MIN.assume_utc();
        MemoryStore::by_clock(capacity, Box::new(move || (clock() - beginning).unsigned_abs()))
    }

    fn by_clock(capacity: usize, clock: Clock) -> MemoryStore {
        MemoryStore(Arc::new(Shared { capacity, clock, entries: Mutex::default() }))
    }

    /// How many keys it holds, in flight or processed, for a gauge in your metrics.
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// # use hookseal::receive::{Answer, Receiver};
    /// # use hookseal::{Secret, provider};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// let store = MemoryStore::new(1000);
    /// let once = Once::new(store.clone());
    /// once.run(&received, async { Answer::Processed }).await;
    /// once.run(&received, async { Answer::Processed }).await; // a duplicate
    /// assert_eq!(store.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn len(&self) -> usize {
        self.entries().1.by_key.len()
    }

    /// Whether it holds no keys.
    ///
    /// ```
    /// assert!(hookseal::idempotency::MemoryStore::new(1000).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time, and the entries that have not ended.
    fn entries(&self) -> (Moment, MutexGuard<'_, Entries>) {
        let now = (self.0.clock)();
        // A poisoned lock is harmless: each change below is complete before anything could panic.
        let mut entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.forget_ended(now);
        (now, entries)
    }

    fn claim_now(&self, key: &str, token: Token, lease: Duration) -> Claim {
        let (now, mut entries) = self.entries();
        match entries.by_key.get(key) {
            Some(Entry { is_completed: true, .. }) => return Claim::Completed,
            Some(entry) if entry.token != token => return Claim::InFlight { left: entry.end.0.saturating_sub(now) },
            None if entries.by_key.len() >= self.0.capacity => return Claim::Full,
            _ => {}
        }
        entries.set(key, token, false, now.saturating_add(lease));
        Claim::New
    }

    /// Goes beyond the capacity if the lease has ended and other keys took the room: at most once for each running
    /// handler.
    fn complete_now(&self, key: &str, token: Token, retention: Duration) -> bool {
        let (now, mut entries) = self.entries();
        entries.set(key, token, true, now.saturating_add(retention))
    }

    fn release_now(&self, key: &str, token: Token) -> bool {
        let (_, mut entries) = self.entries();
        let held = entries.by_key.get(key).is_some_and(|entry| entry.token == token && !entry.is_completed);
        if held {
            entries.remove(key);
        }
        held
    }
}

impl Store for MemoryStore {
    type Error = Infallible;

    async fn claim(&self, key: &IdempotencyKey, token: Token, lease: Duration) -> Result<Claim, Infallible> {
        Ok(self.claim_now(key.as_str(), token, lease))
    }

    async fn complete(&self, key: &IdempotencyKey, token: Token, retention: Duration) -> Result<bool, Infallible> {
        Ok(self.complete_now(key.as_str(), token, retention))
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> Result<bool, Infallible> {
        Ok(self.release_now(key.as_str(), token))
    }
}

impl Entries {
    /// Each entry is visited once, after it has ended. There is no sweep over all entries, however full the store is.
    fn forget_ended(&mut self, now: Moment) {
        while let Some(first) = self.by_end.first_entry()
            && first.key().0 <= now
        {
            self.by_key.remove(&first.remove());
        }
    }

    /// Makes the entry or changes it. `false` if another token holds the key.
    fn set(&mut self, key: &str, token: Token, is_completed: bool, end: Moment) -> bool {
        let end = (end, self.count);
        let key = match self.by_key.get_mut(key) {
            Some(entry) if entry.token != token => return false,
            Some(entry) => {
                let former = std::mem::replace(entry, Entry { token, is_completed, end });
                self.by_end.remove(&former.end)
            }
            None => {
                let key = Arc::<str>::from(key);
                self.by_key.insert(key.clone(), Entry { token, is_completed, end });
                Some(key)
            }
        };
        self.count += 1;
        self.by_end.extend(key.map(|key| (end, key)));
        true
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.by_key.remove(key) {
            self.by_end.remove(&entry.end);
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}
