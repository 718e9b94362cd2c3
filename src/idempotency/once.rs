use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::StatusCode;

use super::store::{Claim, Store, Token};
use crate::idempotency::key::IdempotencyKey;
use crate::provider::Provider;
use crate::receive::{Answer, Received, Rejection};
use crate::trace;

/// When the sender should retry if the store is down or full: long enough for a failover.
const COME_AGAIN: Duration = Duration::from_secs(30);

/// The pauses before a failed call to the store is repeated. Each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a sender is assumed to wait for an answer if its provider documents nothing: ten seconds, as GitHub does.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The least time that a store gets to recover, if the lease lasts that long: enough for a restart.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);

/// Runs a handler once for each event, over a [`Store`].
///
/// ```
/// use hookseal::idempotency::{MemoryStore, Once};
/// use hookseal::receive::{Answer, Webhook};
///
/// #[derive(serde::Deserialize)]
/// enum Billing {
///     #[serde(rename = "invoice.paid")]
///     Paid { amount: u64 },
/// }
/// # async fn book(amount: u64) -> Result<(), std::io::Error> { Ok(()) }
///
/// // With axum, `State(once): State<Once<MemoryStore>>`; with actix-web, `once: web::Data<Once<MemoryStore>>`.
/// async fn hook(once: Once<MemoryStore>, webhook: Webhook<Billing>) -> Answer {
///     once.run(&webhook, async {
///         let Billing::Paid { amount } = webhook.event.data();
///         match book(*amount).await {
///             Ok(()) => Answer::Processed,
///             // Releases the event: the sender's next attempt runs this again.
///             Err(_) => Answer::retry(std::time::Duration::from_secs(60)),
///         }
///     })
///     .await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Once<S> {
    store: S,
    lease: Duration,
    retention: Duration,
    process_when_down: bool,
}

impl<S: Store> Once<S> {
    /// Uses this store, with a lease of one minute and a retention of seventeen days.
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Once};
    ///
    /// let once = Once::new(MemoryStore::new(100_000));
    /// assert_eq!((once.lease().as_secs(), once.retention().as_secs()), (60, 17 * 86_400));
    /// ```
    pub fn new(store: S) -> Once<S> {
        // See `with_lease` and `with_retention`. A test compares these with every published schedule.
        Once {
            store,
            lease: Duration::from_secs(60),
            retention: Duration::from_secs(17 * 86_400),
            process_when_down: false,
        }
    }

    /// For how long a claim is held.
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Once};
    ///
    /// assert_eq!(Once::new(MemoryStore::new(100_000)).lease().as_secs(), 60);
    /// ```
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// For how long a processed event is remembered.
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Once};
    ///
    /// assert_eq!(Once::new(MemoryStore::new(100_000)).retention().as_secs(), 17 * 86_400);
    /// ```
    pub fn retention(&self) -> Duration {
        self.retention
    }

    /// Sets for how long a claim is held. One minute unless set.
    ///
    /// Choose a time that is longer than your slowest handler and any timeout around it; otherwise a second handler
    /// can start while the first still runs. It must also end before the sender's last retry; otherwise an event that a
    /// crashed process held is lost.
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// use std::time::Duration;
    ///
    /// let once = Once::new(MemoryStore::new(100_000)).with_lease(Duration::from_secs(300));
    /// assert_eq!(once.lease().as_secs(), 300);
    /// ```
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Once<S> {
        Once { lease, ..self }
    }

    /// Sets for how long a processed event is remembered. Seventeen days unless set: twice as long as the longest
    /// published retry schedule, Hook0's.
    ///
    /// Choose a time that is longer than the sender retries and, if the scheme signs a timestamp, longer than a captured
    /// request stays valid ([`Provider::replay_window`](crate::provider::Provider::replay_window)). If it signs none, as
    /// GitHub's, a captured request stays valid forever, and only a remembered key stops a replay attack: it succeeds after
    /// the retention, and where a [`MemoryStore`](super::MemoryStore) has been restarted.
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// use std::time::Duration;
    ///
    /// let once = Once::new(MemoryStore::new(100_000)).with_retention(Duration::from_secs(30 * 86_400));
    /// assert_eq!(once.retention().as_secs(), 30 * 86_400);
    /// ```
    #[must_use]
    pub fn with_retention(self, retention: Duration) -> Once<S> {
        Once { retention, ..self }
    }

    /// Processes events even while the store does not answer, at the risk of processing some twice. Unless set, they
    /// are answered with 503 and the sender retries.
    ///
    /// A store that answers that it is [full](Claim::Full) is not down: those events are answered with 503 in any case.
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// let once = Once::new(MemoryStore::new(100_000)).process_when_down();
    /// assert!(format!("{once:?}").contains("process_when_down: true"));
    /// ```
    #[must_use]
    pub fn process_when_down(self) -> Once<S> {
        Once { process_when_down: true, ..self }
    }

    /// Runs the handler, unless the event was processed before or is being processed now.
    ///
    /// `webhook` is a [`Received`] or a [`Webhook`](crate::receive::Webhook). `handler` is a future that does nothing
    /// before it is awaited, such as an `async` block. It returns an [`Answer`] or a response, or a `Result` of either.
    ///
    /// The event counts as processed after [`Answer::Processed`], [`Answer::Accepted`], [`Answer::Duplicate`] and
    /// [`Answer::PermanentFailure`], and after a [`Reply`](crate::receive::Reply) or a response with a status of 2xx.
    /// After any other answer, an error, or a panic, it is released for the sender's next attempt.
    ///
    /// If the layer of the feature `tower` has a `Once`, it has already claimed the event: `run` then does not ask the
    /// store, and runs the handler.
    ///
    /// A panic of the handler continues after the event is released. If the future is dropped, because the sender hung
    /// up or a timeout elapsed, its claim stays until the lease ends. Spawn work that must not be interrupted,
    /// together with everything it needs:
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// # use hookseal::receive::{Answer, Received};
    /// # use std::time::Duration;
    /// # async fn book(body: &[u8]) {}
    /// // With axum, `State(once): State<Once<MemoryStore>>`; with actix-web, `once: web::Data<Once<MemoryStore>>`.
    /// async fn hook(once: Once<MemoryStore>, received: Received) -> Answer {
    ///     let task = tokio::spawn(async move {
    ///         let handler = async {
    ///             book(received.body()).await;
    ///             Answer::Processed
    ///         };
    ///         once.run(&received, handler).await
    ///     });
    ///     task.await.unwrap_or_else(|_panic| Answer::retry(Duration::from_secs(60)))
    /// }
    /// ```
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Once};
    /// use hookseal::receive::{Answer, Receiver};
    /// # use hookseal::{Secret, provider};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// # let mut intake = receiver.begin(&headers);
    /// # intake.push("{}".into());
    /// # let received = intake.finish()?;
    /// let once = Once::new(MemoryStore::new(100_000));
    /// assert_eq!(once.run(&received, async { Answer::Processed }).await, Answer::Processed);
    /// assert_eq!(once.run(&received, async { Answer::Processed }).await, Answer::Duplicate);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn run<P, R: Handled>(&self, webhook: &impl AsRef<Received<P>>, handler: impl Future<Output = R>) -> R {
        let received = webhook.as_ref();
        match self.guard(received, handler, R::is_final).await {
            Ok(answer) => answer.required_by(received.provider()),
            Err(answer) => R::from_answer(answer),
        }
    }

    /// Returns `Err` if the handler did not run.
    pub(crate) async fn guard<P, R>(
        &self,
        received: &Received<P>,
        handler: impl Future<Output = R>,
        is_final: impl FnOnce(&R) -> bool,
    ) -> Result<R, Answer> {
        if received.is_claimed() {
            return Ok(handler.await);
        }
        let key = received.idempotency_key().map_err(|error| {
            let rejection = received.unreadable(error.clone());
            trace::unread(received, &rejection);
            match rejection {
                Rejection::UnreadableForNow(_) => Answer::retry(COME_AGAIN),
                _ => Answer::Unreadable(error),
            }
        })?;
        let token = match Token::random() {
            Ok(token) => token,
            Err(error) => {
                trace::store_down(&error);
                return if self.process_when_down { Ok(handler.await) } else { Err(Answer::retry(COME_AGAIN)) };
            }
        };
        let begun = Instant::now();
        let is_claimed = match self.claim(&key, token).await {
            Ok(Claim::New) => true,
            Ok(Claim::Completed) => {
                return Err(duplicate(received, Answer::Duplicate).required_by(received.provider()));
            }
            // The other one may fail yet: a sender that gives up on a 409 must not take it for an answer.
            Ok(Claim::InFlight { left }) if received.provider().gives_up_on(StatusCode::CONFLICT) => {
                return Err(duplicate(received, Answer::retry(left)));
            }
            Ok(Claim::InFlight { left }) => return Err(duplicate(received, Answer::InFlight { retry_after: left })),
            Ok(Claim::Full) => {
                trace::store_full();
                return Err(Answer::retry(COME_AGAIN));
            }
            Err(error) => {
                trace::store_down(&error);
                if !self.process_when_down {
                    // The claim may have succeeded without a reply, and would then lock the event until the lease ends.
                    let _ = self.store.release(&key, token).await;
                    return Err(Answer::retry(COME_AGAIN));
                }
                false
            }
        };
        let result = catch(handler).await;
        let is_done = result.as_ref().is_ok_and(is_final);
        if is_claimed {
            let patience = self.patience(received, begun.elapsed());
            match self.settle(&key, token, is_done, patience).await {
                Ok(true) => trace::settled(received, is_done),
                // Another handler took over, or will: no event is lost, but this one may be processed twice.
                Ok(false) => trace::lease_lost(&key),
                Err(error) => trace::store_down(&error),
            }
        } else {
            // The store may have made the claim, or work again. That it was down is already logged.
            let _ = self.settle_now(&key, token, is_done).await;
        }
        result.map_err(|panic| resume_unwind(panic))
    }

    /// When the claim is repeated with the same token, the store grants a claim whose reply was lost.
    async fn claim(&self, key: &IdempotencyKey, token: Token) -> Result<Claim, S::Error> {
        match self.store.claim(key, token, self.lease).await {
            Err(_) => self.store.claim(key, token, self.lease).await,
            decided => decided,
        }
    }

    /// How long to wait for the store after the handler has finished: as long as the sender waits for its answer,
    /// because it retries after a late one, and no longer than the lease.
    fn patience<P>(&self, received: &Received<P>, spent: Duration) -> Duration {
        let within = received.provider().answer_within().unwrap_or(ANSWER_WITHIN);
        // A quarter is left for the network.
        let left = (within * 3 / 4).saturating_sub(spent);
        left.max(LEAST_PATIENCE).min(self.lease.saturating_sub(spent))
    }

    /// An event that is not recorded is processed twice, and one that is not released waits until its lease ends.
    /// Therefore the call is repeated until the store answers or `patience` runs out, and at least once.
    async fn settle(
        &self,
        key: &IdempotencyKey,
        token: Token,
        is_done: bool,
        patience: Duration,
    ) -> Result<bool, S::Error> {
        let (begun, mut slept, mut pause) = (Instant::now(), Duration::ZERO, FIRST_PAUSE);
        let mut is_first = true;
        loop {
            let settled = match self.settle_now(key, token, is_done).await {
                // The key is no longer held: most likely the first try released it, and its reply was lost.
                Ok(false) if !is_done && !is_first => return Ok(true),
                Ok(settled) => return Ok(settled),
                error => error,
            };
            // The calls take time too, and a store's `sleep` may return at once.
            let left = patience.saturating_sub(begun.elapsed().max(slept));
            pause = pause.min(left);
            let sleep = if left.is_zero() { None } else { self.store.sleep(pause) };
            match sleep {
                Some(sleep) => sleep.await,
                None if is_first => {}
                None => return settled,
            }
            slept += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
            is_first = false;
        }
    }

    async fn settle_now(&self, key: &IdempotencyKey, token: Token, is_done: bool) -> Result<bool, S::Error> {
        match is_done {
            true => self.store.complete(key, token, self.retention).await,
            false => self.store.release(key, token).await,
        }
    }
}

fn duplicate<P>(received: &Received<P>, answer: Answer) -> Answer {
    trace::duplicate(received, &answer);
    answer
}

/// A handler that panics must not hold its event until the lease ends. The panic continues after the release.
async fn catch<R>(handler: impl Future<Output = R>) -> Result<R, Box<dyn Any + Send>> {
    let mut handler = pin!(handler);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// What a handler may return: an [`Answer`], a response (with the features `tower`
/// and `actix`), or a `Result` of one of these, whose error you turn into a response yourself.
///
/// ```
/// use hookseal::idempotency::Handled;
/// use hookseal::receive::Answer;
///
/// assert!(Answer::Processed.is_final());
/// assert!(!Err::<Answer, &str>("the database is gone").is_final());
/// ```
pub trait Handled {
    /// Builds the return value if the handler did not run, because the event is a duplicate or the store is
    /// unavailable.
    fn from_answer(answer: Answer) -> Self;

    /// Whether the event counts as processed. If not, it is released, and the sender's next attempt is processed.
    fn is_final(&self) -> bool;

    /// The answer that the provider [requires](Provider::with_acknowledgement), if this one says no more than that the event
    /// was processed. A response of your own stays as it is.
    #[must_use]
    fn required_by(self, provider: &Provider) -> Self
    where
        Self: Sized,
    {
        let _ = provider;
        self
    }
}

impl Handled for Answer {
    fn from_answer(answer: Answer) -> Answer {
        answer
    }

    fn is_final(&self) -> bool {
        Answer::is_final(self)
    }

    fn required_by(self, provider: &Provider) -> Answer {
        Answer::required_by(self, provider)
    }
}

impl<A: Handled, E> Handled for Result<A, E> {
    fn from_answer(answer: Answer) -> Self {
        Ok(A::from_answer(answer))
    }

    fn is_final(&self) -> bool {
        self.as_ref().is_ok_and(A::is_final)
    }

    fn required_by(self, provider: &Provider) -> Self {
        self.map(|answer| answer.required_by(provider))
    }
}
