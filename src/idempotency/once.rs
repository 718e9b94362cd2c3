use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::StatusCode;

use super::store::{Claim, Store, Token};
use crate::idempotency::key::IdempotencyKey;
use crate::receive::{Answer, Received, Rejection};
use crate::trace;

/// When the sender should come again if the store is down or full: long enough for a failover.
const COME_AGAIN: Duration = Duration::from_secs(30);

/// The pauses before a store that did not answer is asked again: each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long senders wait for their answer, unless the provider says: GitHub's ten seconds, for want of better.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The least time that a store is given, if the lease lasts so long: enough for a restart.
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
    /// With a lease of a minute, and keys that are kept for seventeen days.
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Once};
    ///
    /// let once = Once::new(MemoryStore::new(100_000));
    /// assert!(format!("{once:?}").contains("lease: 60s, retention: 1468800s"));
    /// ```
    pub fn new(store: S) -> Once<S> {
        // See `with_lease` and `with_retention`. A test compares with every published schedule.
        Once {
            store,
            lease: Duration::from_secs(60),
            retention: Duration::from_secs(17 * 86_400),
            process_when_down: false,
        }
    }

    /// Sets how long an event may be in flight: longer than the slowest handler and than any time-out around it, or a
    /// second one runs beside it; shorter than the sender's last retry, or what a dying process held is lost. A minute unless set.
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// use std::time::Duration;
    ///
    /// let once = Once::new(MemoryStore::new(100_000)).with_lease(Duration::from_secs(300));
    /// assert!(format!("{once:?}").contains("lease: 300s"));
    /// ```
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Once<S> {
        Once { lease, ..self }
    }

    /// Sets how long a processed event is remembered: longer than its sender goes on retrying, and longer than a
    /// captured request stays valid ([`Provider::replay_window`](crate::provider::Provider::replay_window)). Seventeen days
    /// unless set, twice the longest published schedule, Hook0's. Where a scheme signs no time, a captured request is
    /// valid for ever, and this alone is what stops it.
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// use std::time::Duration;
    ///
    /// let once = Once::new(MemoryStore::new(100_000)).with_retention(Duration::from_secs(30 * 86_400));
    /// assert!(format!("{once:?}").contains("retention: 2592000s"));
    /// ```
    #[must_use]
    pub fn with_retention(self, retention: Duration) -> Once<S> {
        Once { retention, ..self }
    }

    /// Processes events while the store does not answer, some of them twice. Otherwise they are answered with 503, and
    /// come again. A store that answers that it is [full](Claim::Full) is not down: events wait for room in any case.
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

    /// Runs the handler, unless the event was processed before or is at this moment.
    ///
    /// `webhook` is a [`Received`] or a [`Webhook`](crate::receive::Webhook). `handler` is a future that does nothing
    /// before it is awaited, as `async` blocks are. It gives an [`Answer`] or a response, or a `Result` with one. The
    /// event counts as processed after [`Answer::Processed`], [`Answer::Accepted`],
    /// [`Answer::Duplicate`] and [`Answer::PermanentFailure`], and after a [`Reply`](crate::receive::Reply) or a response of 2xx; after all others, an error, or
    /// a panic, it is released.
    ///
    /// Behind the layer of the feature `tower`, if that has an `Once`, the event is claimed already: `run` then asks no store
    /// and runs the handler.
    ///
    /// A panic goes on when the event is released. A future that is dropped, because the sender hung up or a time-out
    /// struck, leaves its claim until the lease ends. What must not be cut off is spawned, with all that it needs:
    ///
    /// ```
    /// # use hookseal::idempotency::{MemoryStore, Once};
    /// # use hookseal::receive::{Answer, Received};
    /// # use std::time::Duration;
    /// # async fn book(body: &[u8]) {}
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
        self.guard(webhook.as_ref(), handler, R::is_final).await.unwrap_or_else(R::from_answer)
    }

    /// `Err` if the handler did not run.
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
            Ok(Claim::Completed) => return Err(duplicate(received, Answer::Duplicate)),
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
                    // What was claimed although no reply came would lock the event out until the lease ends.
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
                // Another took over, or will: nothing is lost, something may be done twice.
                Ok(false) => trace::lease_lost(&key),
                Err(error) => trace::store_down(&error),
            }
        } else {
            // The store may have claimed it, or be back; that it was down is logged.
            let _ = self.settle_now(&key, token, is_done).await;
        }
        result.map_err(|panic| resume_unwind(panic))
    }

    /// Asked again, the store gives the same token a claim whose reply got lost.
    async fn claim(&self, key: &IdempotencyKey, token: Token) -> Result<Claim, S::Error> {
        match self.store.claim(key, token, self.lease).await {
            Err(_) => self.store.claim(key, token, self.lease).await,
            decided => decided,
        }
    }

    /// How long to wait for the store when the handler is done: as long as the sender waits for its answer, because one
    /// that comes too late is asked for again, and no longer than the lease.
    fn patience<P>(&self, received: &Received<P>, spent: Duration) -> Duration {
        let within = received.provider().answer_within().map_or(ANSWER_WITHIN, |wait| Duration::from_secs(wait.into()));
        // A quarter is for the network.
        let left = (within * 3 / 4).saturating_sub(spent);
        left.max(LEAST_PATIENCE).min(self.lease.saturating_sub(spent))
    }

    /// What is not recorded is done twice, and what is not released waits for the end of its lease: the store is asked
    /// until it answers or `patience` ends, and at least twice.
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
                // Not held any more: most likely the first try released it, and its reply was lost.
                Ok(false) if !is_done && !is_first => return Ok(true),
                Ok(settled) => return Ok(settled),
                error => error,
            };
            // Asking takes time too, and a store's `sleep` may take none.
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

/// A handler that panics must not hold its event until the lease ends. The panic goes on after the release.
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

/// What a handler may give: an [`Answer`], or a response with the features `tower` and `actix`, or a `Result` with one of
/// them, whose error is yours to turn into a response.
///
/// ```
/// use hookseal::idempotency::Handled;
/// use hookseal::receive::Answer;
///
/// assert!(Answer::Processed.is_final());
/// assert!(!Err::<Answer, &str>("the database is gone").is_final());
/// ```
pub trait Handled {
    /// The same for a handler that did not run.
    fn from_answer(answer: Answer) -> Self;

    /// Whether the event is done with. If not, the sender's next attempt is processed.
    fn is_final(&self) -> bool;
}

impl Handled for Answer {
    fn from_answer(answer: Answer) -> Answer {
        answer
    }

    fn is_final(&self) -> bool {
        Answer::is_final(self)
    }
}

impl<A: Handled, E> Handled for Result<A, E> {
    fn from_answer(answer: Answer) -> Self {
        Ok(A::from_answer(answer))
    }

    fn is_final(&self) -> bool {
        self.as_ref().is_ok_and(A::is_final)
    }
}
