use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::error::{Cause, ConfigError};
use crate::public_key::PublicKey;
use crate::trace;

use id::Ids;
use state::{Errand, Rules, State, Step, not_answered};
pub(crate) use state::{Generation, Need, Outcome, Snapshot};

mod id;
mod state;

/// The public keys that a provider publishes, fetched with your HTTP client when a delivery needs them. It is cheap to clone,
/// and clones share the keys; each keeps to its own times. A
/// [`fetching_receiver`](crate::provider::Provider::fetching_receiver) uses it.
///
/// | a delivery | |
/// |---|---|
/// | names a key that is not there | the keys are fetched, and the delivery is judged again |
/// | names none, and no key fits | likewise; if the source has answered less than a minute ago, it is refused with 401 |
/// | is signed with a key that was fetched more than an hour ago | as with a key that is not there; if the source fails, the key remains usable for 24 hours |
/// | names a key that the source does not have | refused with 401. This is remembered for five minutes, for the last 256 ids |
/// | cannot be judged: the source fails, or the key that it names is not there and the source was asked less than a minute ago | answered with 503 and `Retry-After`, so that the provider delivers it again |
/// | has a wrong signature of a known key | refused with 401 |
///
/// Whatever arrives, the source is asked at most once a minute, and never twice at the same time: all deliveries wait for one
/// fetch. It goes on if the sender that caused it disconnects. Nothing is fetched for a request without a well-formed
/// signature, or outside the tolerance.
///
/// Where requests name no key, a delivery that is signed with a new key within a minute of the last fetch is refused with 401,
/// because nothing tells it from a forgery. If your provider does not retry after a 401, set
/// [`with_fresh_for`](Self::with_fresh_for) to less than the time for which it publishes a new key before it signs with it.
///
/// The source must be trustworthy, because whoever controls it can sign. Ask `https` URLs that are in your code or
/// configuration, never one of the request; follow no redirects; read a limited number of bytes. The guide's page
/// [`public_keys`](crate::guide::public_keys) has a complete program.
///
/// Fetches are tasks of tokio, on whose runtime, with its timer, the receiver must run; axum and actix-web do. Without it, the
/// first delivery that needs the keys fetches them itself, with no timeout but its own, and others wait for it as long.
///
/// ```
/// # #[cfg(feature = "ed25519")] {
/// use hookseal::receive::Receiver;
/// use hookseal::{KeyCache, PublicKey, provider};
/// # async fn get(url: &str) -> Result<String, std::io::Error> { Ok(String::new()) }
///
/// let keys = KeyCache::new(|| async {
///     let text = get("https://rest.fal.ai/.well-known/jwks.json").await?;
///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(PublicKey::set(&text)?)
/// });
/// let receiver: Receiver = provider::FAL.clone().raw().fetching_receiver(keys)?;
/// # }
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct KeyCache {
    shared: Arc<Shared>,
    rules: Rules,
}

type Fetch = Pin<Box<dyn Future<Output = Result<Vec<PublicKey>, Cause>> + Send>>;

struct Shared {
    source: Box<dyn Fn(Option<String>) -> Fetch + Send + Sync>,
    ids: Ids,
    state: Mutex<State>,
    /// Changes when a fetch has ended.
    ended: watch::Sender<()>,
}

/// How long keys are used without asking again, as eBay and others recommend.
const FRESH_FOR: Duration = Duration::from_secs(3600);
/// How long they are used if the source fails: an outage over night loses nothing.
const USABLE_FOR: Duration = Duration::from_secs(24 * 3600);
/// Shorter than the time that most providers wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

impl KeyCache {
    /// A cache for a provider that publishes all its keys together, as a JSON Web Key Set for example. The source returns all
    /// keys that are valid now; others are forgotten. Nothing is fetched for an id of more than 512 bytes.
    ///
    /// ```
    /// use hookseal::{KeyCache, PublicKey};
    /// # async fn get(url: &str) -> Result<String, std::io::Error> { Ok(String::new()) }
    ///
    /// let keys = KeyCache::new(|| async {
    ///     let text = get("https://api.turnkey.com/public/v1/discovery/webhooks/jwks").await?;
    ///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(PublicKey::set(&text)?)
    /// });
    /// assert_eq!(keys.fresh_for().as_secs(), 3600);
    /// ```
    pub fn new<F, R, E>(source: F) -> KeyCache
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<PublicKey>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        KeyCache::with(Ids::InSet, move |_| {
            let keys = source();
            Box::pin(async move { keys.await.map_err(Cause::new) })
        })
    }

    /// A cache for a provider whose keys are asked for one by one, by their id. The source returns `None` for an id that the
    /// provider does not know, and an error if it could not ask.
    ///
    /// The source gets only ids of 1 to 128 letters, digits and `._:=-`. They are of the sender's choice: a sender that
    /// makes up a new one each minute delays the fetch of a new key, which is then answered with 503. Keys that are in use are
    /// renewed first. Where the provider also has a list of all keys, use [`new`](Self::new).
    ///
    /// ```
    /// use hookseal::{KeyCache, PublicKey};
    /// # async fn get(url: &str) -> Result<Option<String>, std::io::Error> { Ok(None) }
    ///
    /// let keys = KeyCache::by_id(|id| async move {
    ///     let text = get(&format!("https://api.circle.com/v2/notifications/publicKey/{id}")).await?;
    ///     let key = text.map(|text| PublicKey::new(&text)).transpose()?;
    ///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(key)
    /// });
    /// ```
    pub fn by_id<F, R, E>(source: F) -> KeyCache
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<PublicKey>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        KeyCache::one_by_one(Ids::Plain, source)
    }

    /// Like [`by_id`](Self::by_id), for a provider whose ids are the URLs of the keys, or of certificates. The source gets
    /// only plain `https` URLs of `host`, without port, query, user information or escapes. In `host`, `*` is a label other than
    /// the last two.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for another host.
    ///
    /// ```
    /// use hookseal::{KeyCache, PublicKey};
    /// # async fn get(url: &str) -> Result<Option<String>, std::io::Error> { Ok(None) }
    ///
    /// let keys = KeyCache::by_url("sns.*.amazonaws.com", |url| async move {
    ///     let certificate = get(&url).await?;
    ///     let key = certificate.map(|pem| PublicKey::new(&pem)).transpose()?;
    ///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(key)
    /// })?;
    /// assert!(KeyCache::by_url("*.com", |_| async { Ok::<_, std::io::Error>(None) }).is_err());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn by_url<F, R, E>(host: &str, source: F) -> Result<KeyCache, ConfigError>
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<PublicKey>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Ok(KeyCache::one_by_one(Ids::url(host)?, source))
    }

    fn one_by_one<F, R, E>(ids: Ids, source: F) -> KeyCache
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<PublicKey>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        KeyCache::with(ids, move |id| {
            let id = id.unwrap_or_default();
            let key = source(id.clone());
            Box::pin(async move {
                let key = key.await.map_err(Cause::new)?;
                Ok(key.into_iter().map(|key| key.with_id(id.clone())).collect())
            })
        })
    }

    fn with(ids: Ids, source: impl Fn(Option<String>) -> Fetch + Send + Sync + 'static) -> KeyCache {
        let shared = Shared { source: Box::new(source), ids, state: Mutex::default(), ended: watch::Sender::new(()) };
        let rules = Rules { fresh_for: FRESH_FOR, usable_for: USABLE_FOR, timeout: TIMEOUT };
        KeyCache { shared: Arc::new(shared), rules }
    }

    /// Sets for how long a key is used without asking the source again, instead of one hour. A key that the provider has
    /// revoked is accepted for at most this long while the source answers.
    ///
    /// ```
    /// # use hookseal::{KeyCache, PublicKey};
    /// use std::time::Duration;
    ///
    /// let keys = KeyCache::new(|| async { Ok::<Vec<PublicKey>, std::io::Error>(Vec::new()) });
    /// let keys = keys.with_fresh_for(Duration::from_secs(600));
    /// assert_eq!(keys.fresh_for().as_secs(), 600);
    /// ```
    #[must_use]
    pub fn with_fresh_for(mut self, time: Duration) -> KeyCache {
        self.rules.fresh_for = time;
        self
    }

    /// For how long a key is used without asking the source again.
    ///
    /// ```
    /// # use hookseal::{KeyCache, PublicKey};
    /// let keys = KeyCache::new(|| async { Ok::<Vec<PublicKey>, std::io::Error>(Vec::new()) });
    /// assert_eq!(keys.fresh_for().as_secs(), 3600);
    /// ```
    pub fn fresh_for(&self) -> Duration {
        self.rules.fresh_for
    }

    /// Sets for how long a key is used while the source fails, instead of 24 hours. After that, deliveries are answered with
    /// 503.
    ///
    /// ```
    /// # use hookseal::{KeyCache, PublicKey};
    /// use std::time::Duration;
    ///
    /// let keys = KeyCache::new(|| async { Ok::<Vec<PublicKey>, std::io::Error>(Vec::new()) });
    /// let keys = keys.with_usable_for(Duration::from_secs(7200));
    /// assert_eq!(keys.usable_for().as_secs(), 7200);
    /// ```
    #[must_use]
    pub fn with_usable_for(mut self, time: Duration) -> KeyCache {
        self.rules.usable_for = time;
        self
    }

    /// For how long a key is used while the source fails.
    ///
    /// ```
    /// # use hookseal::{KeyCache, PublicKey};
    /// let keys = KeyCache::new(|| async { Ok::<Vec<PublicKey>, std::io::Error>(Vec::new()) });
    /// assert_eq!(keys.usable_for().as_secs(), 86_400);
    /// ```
    pub fn usable_for(&self) -> Duration {
        self.rules.usable_for
    }

    /// Sets how long a fetch may take, and how long a delivery waits for it, instead of five seconds.
    ///
    /// ```
    /// # use hookseal::{KeyCache, PublicKey};
    /// use std::time::Duration;
    ///
    /// let keys = KeyCache::new(|| async { Ok::<Vec<PublicKey>, std::io::Error>(Vec::new()) });
    /// assert_eq!(keys.with_timeout(Duration::from_secs(2)).timeout().as_secs(), 2);
    /// ```
    #[must_use]
    pub fn with_timeout(mut self, time: Duration) -> KeyCache {
        self.rules.timeout = time;
        self
    }

    /// How long a fetch may take.
    ///
    /// ```
    /// # use hookseal::{KeyCache, PublicKey};
    /// let keys = KeyCache::new(|| async { Ok::<Vec<PublicKey>, std::io::Error>(Vec::new()) });
    /// assert_eq!(keys.timeout().as_secs(), 5);
    /// ```
    pub fn timeout(&self) -> Duration {
        self.rules.timeout
    }

    /// Whether the source has all keys in one set.
    pub(crate) fn is_set(&self) -> bool {
        matches!(self.shared.ids, Ids::InSet)
    }

    /// The keys that can be used now.
    pub(crate) fn keys(&self) -> Arc<Snapshot> {
        self.shared.state().keys(&self.rules, Instant::now())
    }

    /// Whether a key, or the whole set, was fetched long ago.
    pub(crate) fn is_due(&self, id: Option<&str>) -> bool {
        self.shared.state().is_due(id, &self.rules, Instant::now())
    }

    /// Sees to a need that arose with the keys of a generation, as far as the source may be asked.
    pub(crate) async fn fetch(&self, need: Need<'_>, generation: Generation) -> Outcome {
        if let Need::Id(id) = need
            && !self.shared.ids.allow(id)
        {
            return Outcome::Absent;
        }
        let (step, mut ended) = {
            // Under one lock with the state, so that neither an earlier end is taken for the one to come, nor that one missed.
            let mut state = self.shared.state();
            (
                state.next_step(need, generation, self.is_set(), &self.rules, Instant::now()),
                self.shared.ended.subscribe(),
            )
        };
        let has_begun = matches!(step, Step::Fetch(_));
        match step {
            Step::End(outcome) => return outcome,
            Step::Fetch(errand) => {
                let (flight, limit) =
                    (Flight { shared: self.shared.clone(), errand: Some(errand) }, self.rules.timeout);
                match Handle::try_current() {
                    // Not a part of the request: a sender that disconnects would end it, and have spent the minute.
                    Ok(runtime) => drop(runtime.spawn(flight.run(Some(limit)))),
                    Err(_) => flight.run(None).await,
                }
            }
            Step::Wait => {}
        }
        // The sender lives as long as `self`, so this cannot fail.
        let end = ended.changed();
        // The fetch may be a task of another runtime, which stands still.
        let has_ended = match Handle::try_current() {
            Ok(_) => timeout(self.rules.timeout, end).await.is_ok(),
            Err(_) => end.await.is_ok(),
        };
        if !has_ended {
            return Outcome::Failed(not_answered(self.rules.timeout));
        }
        self.shared.state().after_fetch(need, has_begun, self.is_set(), &self.rules, Instant::now())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, errand: Errand, result: Result<Vec<PublicKey>, Cause>) {
        let failure = {
            let mut state = self.state();
            if !state.end(errand, result, Instant::now()) {
                return;
            }
            self.ended.send_replace(());
            state.failure().cloned()
        };
        if let Some(failure) = failure {
            trace::keys_not_fetched(&*failure);
        }
    }
}

/// A fetch that has begun. However it ends, even if it panics or its runtime stops, those who wait for it learn of it.
struct Flight {
    shared: Arc<Shared>,
    /// `None` when it is over.
    errand: Option<Errand>,
}

impl Flight {
    async fn run(mut self, limit: Option<Duration>) {
        let target = self.errand.as_ref().and_then(|errand| errand.target.clone());
        let fetch = (self.shared.source)(target);
        let result = match limit {
            None => fetch.await,
            Some(limit) => timeout(limit, fetch).await.unwrap_or_else(|_| Err(not_answered(limit))),
        };
        self.end(result);
    }

    fn end(&mut self, result: Result<Vec<PublicKey>, Cause>) {
        if let Some(errand) = self.errand.take() {
            self.shared.end(errand, result);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.end(Err(Cause::new("the fetch has been interrupted")));
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache").field("rules", &self.rules).field("ids", &self.shared.ids).finish_non_exhaustive()
    }
}
