use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Receiver, Rejection};
use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Caches the receivers that a [`ReceiverLookup`](super::ReceiverLookup) finds, so that a request for a busy tenant
/// needs neither a query nor the set-up of keys. It is cheap to clone, and clones share the cached receivers.
///
/// It holds at most `capacity` known tenants, by the name in the request. It holds the same number of unknown ones
/// separately, so requests for made-up names cannot evict a tenant. When it is full, it evicts a receiver that was not
/// used recently. It keeps at most four names for one tenant (a lenient database also finds `shop-1` as `SHOP-1`), and
/// no name of more than 256 bytes. A tenant whose keys [cannot be used](Rejection::UnusableKeys) is cached like any other;
/// all other failures are not.
///
/// If several requests ask for the same name at once and it is not cached, each of them looks it up, and the last
/// result is kept.
///
/// # When a tenant changes
///
/// [`invalidate`](Self::invalidate) a tenant, by the id that the database returns, after you create, change or delete it. A
/// lookup that is in progress at that moment still serves its own request, but its result is not cached. For changes by
/// other processes or by hand, the [time to live](Self::with_time_to_live) applies, which is one minute unless set. Until it
/// ends, a deleted secret is still accepted, an unusable one that was mended is still refused, and so is a tenant that was
/// requested before it was created.
///
/// # What it reveals
///
/// The status and text of a refusal are the same for known and unknown tenants, and both are cached for the same time.
/// But a name that was requested shortly before, by anyone, is answered faster, which hints that it exists. Where that
/// matters, use names that cannot be guessed.
///
/// A tenant whose keys cannot be used is answered with 500, which shows that it exists. A refusal that looks like a wrong
/// signature would have the sender look for the mistake, although the tenant's owner must mend it: check a secret before you
/// store it, by making its [`tenant_receiver`](crate::provider::Provider::tenant_receiver).
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
///                 None => Ok(provider::KLANG.refusing_receiver(name.clone())?),
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

/// How many names of one tenant are kept: a sender without a key can make up many that a lenient database finds.
const MAX_NAMES: usize = 4;

/// The longest name that is kept. A sender can write anything into a path as the name of an unknown tenant.
const MAX_NAME: usize = 256;

/// The time after which a process notices a new secret without an invalidation.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);

struct Kept<P> {
    known: Section<P>,
    unknown: Section<P>,
    /// The names in `known` for each scope, oldest first.
    names: HashMap<String, Vec<Arc<str>>>,
    /// Counts invalidations: the result of a lookup that began before one is not kept.
    generation: u64,
}

struct Section<P> {
    entries: HashMap<Arc<str>, Entry<P>>,
    /// In the order of eviction. Some are outdated: their entry is gone or has another number.
    queue: VecDeque<(u64, Arc<str>)>,
    next_number: u64,
}

/// A receiver, or [`Rejection::UnusableKeys`].
type Found<P> = Result<Receiver<P>, Rejection>;

struct Entry<P> {
    number: u64,
    found: Found<P>,
    /// `None` means never.
    expires: Option<Instant>,
    /// Whether it was used since it was last considered for eviction.
    is_used: AtomicBool,
}

impl<P> ReceiverCache<P> {
    /// A cache for this many tenants, and for the same number of unknown names. An entry takes about 2 KiB.
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

    /// Sets for how long a receiver is kept. One minute unless set. With [`Duration::MAX`], it is kept until it is
    /// invalidated or evicted.
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

    /// The cached receiver for `name`, which is the request's name for the tenant, or else the one that `look_up`
    /// finds.
    ///
    /// `look_up` is a future that does nothing before it is awaited, such as an `async` block. It is not awaited if the
    /// receiver is cached.
    ///
    /// # Errors
    /// The errors of `look_up`. Of these, only [`Rejection::UnusableKeys`] is cached.
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
    /// let kept = receivers.find("shop-1", async { Err(Rejection::unavailable("the database is not asked")) }).await?;
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
            if let Some(found) = kept.known.get(name).or_else(|| kept.unknown.get(name)) {
                return found;
            }
            kept.generation
        };
        let found = match look_up.await {
            Err(Rejection::Unavailable { reason, .. }) => {
                return Err(Rejection::Unavailable { reason, tenant: Some(name.to_owned()) });
            }
            Err(rejection) if !matches!(rejection, Rejection::UnusableKeys { .. }) => return Err(rejection),
            found => found,
        };
        if name.len() <= MAX_NAME {
            let expires = Instant::now().checked_add(self.time_to_live);
            let mut kept = self.write();
            if kept.generation == generation {
                kept.insert(name, found.clone(), expires, self.capacity);
            }
        }
        found
    }

    /// Forgets a tenant under all of its names. `tenant` is the [scope](Receiver::scope) of its receiver: the id that your
    /// database returns, as in `UPDATE … RETURNING id`, not the text of a request.
    ///
    /// A name under which the tenant is cached has the same effect. Any other spelling that the database finds has none: the
    /// old secret would be accepted until the [time to live](Self::with_time_to_live) ends.
    ///
    /// All unknown tenants are forgotten too, because this one may be new.
    ///
    /// ```
    /// use hookseal::receive::{ReceiverCache, Rejection};
    /// use hookseal::{Secret, provider};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let receivers: ReceiverCache = ReceiverCache::new(10_000);
    /// let unknown = async { Ok(provider::KLANG.refusing_receiver("shop-1")?) };
    /// receivers.find("shop-1", unknown).await?;
    ///
    /// receivers.invalidate("id-of-shop-1"); // after its row was inserted into the database
    /// let secret = Secret::new("a secret of twenty-some bytes");
    /// let known = async { provider::KLANG.tenant_receiver("id-of-shop-1", secret) };
    /// assert_eq!(receivers.find("shop-1", known).await?.scope(), "id-of-shop-1");
    /// # Ok::<(), Rejection>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invalidate(&self, tenant: &str) {
        let mut kept = self.write();
        kept.generation += 1;
        if let Some(id) = kept.known.entries.get(tenant).map(|entry| id(tenant, &entry.found).to_owned()) {
            kept.forget_tenant(&id);
        }
        kept.forget_tenant(tenant);
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
    fn insert(&mut self, name: &str, found: Found<P>, expires: Option<Instant>, capacity: usize) {
        self.forget(name);
        let name: Arc<str> = name.into();
        if found.as_ref().is_ok_and(Receiver::is_nobodys) {
            self.unknown.insert(name, found, expires, capacity);
            return;
        }
        let names = self.names.entry(id(&name, &found).to_owned()).or_default();
        names.push(name.clone());
        if names.len() > MAX_NAMES {
            self.known.entries.remove(&names.remove(0));
        }
        for (name, found) in self.known.insert(name, found, expires, capacity) {
            forget_name(&mut self.names, &name, &found);
        }
    }

    fn forget_tenant(&mut self, id: &str) {
        for name in self.names.remove(id).unwrap_or_default() {
            self.known.entries.remove(&name);
        }
    }

    /// Forgets what another lookup kept for the same name, or what has expired.
    fn forget(&mut self, name: &str) {
        self.unknown.entries.remove(name);
        if let Some((name, entry)) = self.known.entries.remove_entry(name) {
            forget_name(&mut self.names, &name, &entry.found);
        }
    }
}

fn forget_name<P>(names: &mut HashMap<String, Vec<Arc<str>>>, name: &str, found: &Found<P>) {
    let id = id(name, found);
    if let Some(others) = names.get_mut(id) {
        others.retain(|other| **other != *name);
        if others.is_empty() {
            names.remove(id);
        }
    }
}

/// The scope that identifies a tenant. A receiver without a scope is identified by its name.
fn id<'a, P>(name: &'a str, found: &'a Found<P>) -> &'a str {
    let tenant = match found {
        Ok(receiver) => receiver.scope(),
        Err(Rejection::UnusableKeys { tenant, .. }) => tenant,
        Err(_) => "",
    };
    if tenant.is_empty() { name } else { tenant }
}

impl<P> Section<P> {
    fn new() -> Section<P> {
        Section { entries: HashMap::new(), queue: VecDeque::new(), next_number: 0 }
    }

    fn get(&self, name: &str) -> Option<Found<P>> {
        let entry = self.entries.get(name)?;
        if entry.expires.is_some_and(|expires| expires <= Instant::now()) {
            return None;
        }
        // Written only if it changes, because many processors read it.
        if !entry.is_used.load(Ordering::Relaxed) {
            entry.is_used.store(true, Ordering::Relaxed);
        }
        Some(entry.found.clone())
    }

    /// Returns what was evicted.
    fn insert(
        &mut self,
        name: Arc<str>,
        found: Found<P>,
        expires: Option<Instant>,
        capacity: usize,
    ) -> Vec<(Arc<str>, Found<P>)> {
        let number = self.next_number;
        self.next_number += 1;
        self.queue.push_back((number, name.clone()));
        self.entries.insert(name, Entry { number, found, expires, is_used: AtomicBool::new(false) });
        let mut gone = Vec::new();
        while self.entries.len() > capacity
            && let Some((number, name)) = self.queue.pop_front()
        {
            let Some(entry) = self.entries.get_mut(&name).filter(|entry| entry.number == number) else { continue };
            if std::mem::take(entry.is_used.get_mut()) {
                self.queue.push_back((number, name));
            } else if let Some(entry) = self.entries.remove(&name) {
                gone.push((name, entry.found));
            }
        }
        // Invalidations leave outdated numbers behind.
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
