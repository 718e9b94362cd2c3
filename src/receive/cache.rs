use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::{Receiver, Rejection};

/// Keeps the receivers that a [`ReceiverLookup`](super::ReceiverLookup) found, so that a busy tenant costs no query and no
/// key set-up for each request. Cheap to clone; clones share what is kept.
///
/// It holds at most `capacity` known tenants, by the name that the request gave, and at most as many unknown ones, apart
/// from them: requests for made-up names cannot displace a tenant. When it is full, a receiver that was not used of late
/// goes. Of one tenant at most four names are kept (a lenient database finds `shop-1` as `SHOP-1` too), and no name over
/// 256 bytes. Failures are not kept.
///
/// Requests for a name that is not kept look it up each for themselves, also at the same time; the last result stays.
///
/// # When a tenant changes
///
/// [`invalidate`](Self::invalidate) a tenant when you create, change or delete it. A look-up that was under way at that
/// moment is used by its own request and not kept. Other processes, and rows changed by hand, are covered by the
/// [time to live](Self::with_time_to_live): a minute unless set. Until then a deleted secret is still accepted, and a
/// tenant that was asked for before it was created is still refused.
///
/// # What it gives away
///
/// Status and text of a refusal stay the same for known and unknown tenants, and both are kept for as long. But a name that
/// somebody else asked for just before is answered sooner than one that nobody asked for, which hints that it exists.
/// Where that matters, use names that cannot be guessed.
///
/// ```
/// use axum::extract::Path;
/// use hookseal::receive::{Receiver, ReceiverCache, ReceiverLookup, Rejection};
/// use hookseal::{Secret, provider};
///
/// enum Tenant {}
///
/// #[derive(Clone)]
/// struct App {
///     database: Database,
///     receivers: ReceiverCache<Tenant>,
/// }
/// # #[derive(Clone)]
/// # struct Database;
/// # struct Row { id: String, secret: String }
/// # impl Database { async fn tenant(&self, name: &str) -> Result<Option<Row>, std::io::Error> { Ok(None) } }
///
/// impl ReceiverLookup<App> for Tenant {
///     type Extractor = Path<String>;
///
///     async fn find_receiver(Path(name): Path<String>, app: &App) -> Result<Receiver<Tenant>, Rejection> {
///         let look_up = async {
///             match app.database.tenant(&name).await.map_err(Rejection::unavailable)? {
///                 Some(row) => provider::KLANG.tenant_receiver(row.id, Secret::new(row.secret)),
///                 None => Ok(provider::KLANG.refusing_receiver()?.with_scope(name.clone())),
///             }
///         };
///         app.receivers.find(&name, look_up).await
///     }
/// }
/// ```
pub struct ReceiverCache<P = ()> {
    kept: Arc<RwLock<Kept<P>>>,
    capacity: usize,
    time_to_live: Duration,
}

/// How many names of one tenant are kept: a request without a key can make up many that a lenient database finds.
const MAX_NAMES: usize = 4;

/// The longest name that is kept. The names of unknown tenants are whatever a sender writes into a path.
const MAX_NAME: usize = 256;

/// Without an invalidation by hand, the time in which another process notices a new secret.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);

struct Kept<P> {
    known: Section<P>,
    unknown: Section<P>,
    /// The names in `known` of each scope, oldest first.
    names: HashMap<String, Vec<Arc<str>>>,
    /// Counts invalidations: what was looked up before one is not kept.
    generation: u64,
}

struct Section<P> {
    entries: HashMap<Arc<str>, Entry<P>>,
    /// In the order in which they may go. Some are outdated: their entry is gone or has another number.
    queue: VecDeque<(u64, Arc<str>)>,
    next_number: u64,
}

struct Entry<P> {
    number: u64,
    receiver: Receiver<P>,
    /// `None`: never.
    expires: Option<Instant>,
    /// Since it was last considered for eviction.
    is_used: AtomicBool,
}

impl<P> ReceiverCache<P> {
    /// A cache for this many tenants, and as many unknown names. An entry takes about 2 KiB.
    ///
    /// ```
    /// use hookseal::receive::ReceiverCache;
    ///
    /// let receivers: ReceiverCache = ReceiverCache::new(10_000);
    /// assert!(format!("{receivers:?}").contains("capacity: 10000"));
    /// ```
    pub fn new(capacity: usize) -> ReceiverCache<P> {
        let kept = Kept { known: Section::new(), unknown: Section::new(), names: HashMap::new(), generation: 0 };
        ReceiverCache { kept: Arc::new(RwLock::new(kept)), capacity, time_to_live: TIME_TO_LIVE }
    }

    /// Sets how long a receiver is kept, instead of a minute. With [`Duration::MAX`] it is kept until it is invalidated or
    /// displaced.
    ///
    /// ```
    /// use hookseal::receive::ReceiverCache;
    /// use std::time::Duration;
    ///
    /// let receivers: ReceiverCache = ReceiverCache::new(10_000).with_time_to_live(Duration::from_secs(300));
    /// assert!(format!("{receivers:?}").contains("time_to_live: 300s"));
    /// ```
    #[must_use]
    pub fn with_time_to_live(self, time_to_live: Duration) -> ReceiverCache<P> {
        ReceiverCache { time_to_live, ..self }
    }

    /// The receiver that is kept under the request's name for the tenant, or what `look_up` finds.
    ///
    /// `look_up` is a future that does nothing before it is awaited, as `async` blocks are. It is not awaited if the
    /// receiver is kept.
    ///
    /// # Errors
    /// Those of `look_up`. They are not kept.
    ///
    /// ```
    /// use hookseal::receive::{ReceiverCache, Rejection};
    /// use hookseal::{Secret, provider};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let receivers: ReceiverCache = ReceiverCache::new(10_000);
    /// let secret = Secret::new("a secret of twenty-some bytes");
    /// receivers.find("shop-1", async { provider::KLANG.tenant_receiver("shop-1", secret) }).await?;
    ///
    /// let kept = receivers.find("shop-1", async { Err(Rejection::unavailable("nobody asks the database")) }).await?;
    /// assert_eq!(kept.scope(), "shop-1");
    /// # Ok::<(), Rejection>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn find(
        &self,
        name: &str,
        look_up: impl Future<Output = Result<Receiver<P>, Rejection>>,
    ) -> Result<Receiver<P>, Rejection> {
        let generation = {
            let kept = self.read();
            if let Some(receiver) = kept.known.get(name).or_else(|| kept.unknown.get(name)) {
                return Ok(receiver);
            }
            kept.generation
        };
        let receiver = look_up.await?;
        if name.len() <= MAX_NAME {
            let expires = Instant::now().checked_add(self.time_to_live);
            let mut kept = self.write();
            if kept.generation == generation {
                kept.insert(name, receiver.clone(), expires, self.capacity);
            }
        }
        Ok(receiver)
    }

    /// Forgets a tenant, by its [scope](Receiver::scope), which is its id, under all its names. All unknown tenants are
    /// forgotten too, because this one may be new.
    ///
    /// ```
    /// use hookseal::receive::{ReceiverCache, Rejection};
    /// use hookseal::{Secret, provider};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let receivers: ReceiverCache = ReceiverCache::new(10_000);
    /// let unknown = async { Ok(provider::KLANG.refusing_receiver()?.with_scope("shop-1")) };
    /// receivers.find("shop-1", unknown).await?;
    ///
    /// receivers.invalidate("shop-1"); // its row is in the database now
    /// let secret = Secret::new("a secret of twenty-some bytes");
    /// let known = async { provider::KLANG.tenant_receiver("id-of-shop-1", secret) };
    /// assert_eq!(receivers.find("shop-1", known).await?.scope(), "id-of-shop-1");
    /// # Ok::<(), Rejection>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invalidate(&self, tenant: &str) {
        let mut kept = self.write();
        kept.generation += 1;
        for name in kept.names.remove(tenant).unwrap_or_default() {
            kept.known.entries.remove(&name);
        }
        kept.unknown = Section::new();
    }

    /// Forgets everything.
    ///
    /// ```
    /// use hookseal::receive::{ReceiverCache, Rejection};
    /// use hookseal::{Secret, provider};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let receivers: ReceiverCache = ReceiverCache::new(10_000);
    /// let secret = Secret::new("a secret of twenty-some bytes");
    /// receivers.find("shop-1", async { provider::KLANG.tenant_receiver("shop-1", secret) }).await?;
    ///
    /// receivers.invalidate_all();
    /// let down = async { Err(Rejection::unavailable("the database is asked again")) };
    /// assert!(receivers.find("shop-1", down).await.is_err());
    /// # Ok::<(), Rejection>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invalidate_all(&self) {
        let mut kept = self.write();
        kept.generation += 1;
        kept.names.clear();
        (kept.known, kept.unknown) = (Section::new(), Section::new());
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept<P>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept<P>> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P> Kept<P> {
    fn insert(&mut self, name: &str, receiver: Receiver<P>, expires: Option<Instant>, capacity: usize) {
        self.forget(name);
        let name: Arc<str> = name.into();
        if receiver.is_nobodys() {
            self.unknown.insert(name, receiver, expires, capacity);
            return;
        }
        let names = self.names.entry(tenant(&name, &receiver).to_owned()).or_default();
        names.push(name.clone());
        if names.len() > MAX_NAMES {
            self.known.entries.remove(&names.remove(0));
        }
        for (name, receiver) in self.known.insert(name, receiver, expires, capacity) {
            forget_name(&mut self.names, &name, &receiver);
        }
    }

    /// What another look-up for the same name kept, or what has expired.
    fn forget(&mut self, name: &str) {
        self.unknown.entries.remove(name);
        if let Some((name, entry)) = self.known.entries.remove_entry(name) {
            forget_name(&mut self.names, &name, &entry.receiver);
        }
    }
}

fn forget_name<P>(names: &mut HashMap<String, Vec<Arc<str>>>, name: &str, receiver: &Receiver<P>) {
    let tenant = tenant(name, receiver);
    if let Some(others) = names.get_mut(tenant) {
        others.retain(|other| **other != *name);
        if others.is_empty() {
            names.remove(tenant);
        }
    }
}

/// A receiver without a scope has only its name.
fn tenant<'a, P>(name: &'a str, receiver: &'a Receiver<P>) -> &'a str {
    if receiver.scope().is_empty() { name } else { receiver.scope() }
}

impl<P> Section<P> {
    fn new() -> Section<P> {
        Section { entries: HashMap::new(), queue: VecDeque::new(), next_number: 0 }
    }

    fn get(&self, name: &str) -> Option<Receiver<P>> {
        let entry = self.entries.get(name)?;
        if entry.expires.is_some_and(|expires| expires <= Instant::now()) {
            return None;
        }
        // Only written when it changes: many processors read it.
        if !entry.is_used.load(Ordering::Relaxed) {
            entry.is_used.store(true, Ordering::Relaxed);
        }
        Some(entry.receiver.clone())
    }

    /// What had to go.
    fn insert(
        &mut self,
        name: Arc<str>,
        receiver: Receiver<P>,
        expires: Option<Instant>,
        capacity: usize,
    ) -> Vec<(Arc<str>, Receiver<P>)> {
        let number = self.next_number;
        self.next_number += 1;
        self.queue.push_back((number, name.clone()));
        self.entries.insert(name, Entry { number, receiver, expires, is_used: AtomicBool::new(false) });
        let mut gone = Vec::new();
        while self.entries.len() > capacity
            && let Some((number, name)) = self.queue.pop_front()
        {
            let Some(entry) = self.entries.get_mut(&name).filter(|entry| entry.number == number) else { continue };
            if std::mem::take(entry.is_used.get_mut()) {
                self.queue.push_back((number, name));
            } else if let Some(entry) = self.entries.remove(&name) {
                gone.push((name, entry.receiver));
            }
        }
        // Invalidations leave numbers behind.
        if self.queue.len() > 2 * capacity {
            let entries = &self.entries;
            self.queue.retain(|(number, name)| entries.get(name).is_some_and(|entry| entry.number == *number));
        }
        gone
    }
}

impl<P> Clone for ReceiverCache<P> {
    fn clone(&self) -> ReceiverCache<P> {
        ReceiverCache { kept: self.kept.clone(), capacity: self.capacity, time_to_live: self.time_to_live }
    }
}

impl<P> fmt::Debug for ReceiverCache<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverCache")
            .field("capacity", &self.capacity)
            .field("time_to_live", &self.time_to_live)
            .finish_non_exhaustive()
    }
}
