use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::RandomnessError;
use crate::idempotency::key::IdempotencyKey;
use crate::random;

/// Remembers which events were processed, and which are being processed now.
///
/// Each call must be atomic: of a thousand concurrent claims of one key, exactly one may be [`New`](Claim::New). A
/// store may refuse new keys when it has [no room](Claim::Full), but must never forget a completed key before its time.
/// `check_store` (feature `testing`) tests an implementation.
///
/// If a call gets no reply, [`Once`](super::Once) repeats it with the same token. The first call may have been carried
/// out, so repeating a call must not change its result.
///
/// ```
/// use hookseal::idempotency::{Claim, MemoryStore, Store, Token};
/// use std::time::Duration;
/// # use hookseal::{Secret, provider};
/// # let secret = Secret::new("a secret of twenty-some bytes")?;
/// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
/// # let verifier = provider::CALLINTEL.verifier(secret)?;
/// # let key = provider::CALLINTEL.idempotency_key(&verifier.verify(&headers, b"{}")?, "")?;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (store, lease, day) = (MemoryStore::new(1000), Duration::from_secs(60), Duration::from_secs(86_400));
/// let (mine, theirs) = (Token::random()?, Token::random()?);
/// assert_eq!(store.claim(&key, mine, lease).await?, Claim::New);
/// assert!(matches!(store.claim(&key, theirs, lease).await?, Claim::InFlight { .. }));
/// assert!(!store.release(&key, theirs).await?);
/// assert!(store.complete(&key, mine, day).await?);
/// assert_eq!(store.claim(&key, theirs, lease).await?, Claim::Completed);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Store: Send + Sync {
    /// Why the store could not answer. It appears in logs.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Claims `key` for the holder of `token`, until it is completed or released, or `lease` has passed.
    ///
    /// If this token already holds the key, the claim is [`New`](Claim::New) again.
    fn claim(
        &self,
        key: &IdempotencyKey,
        token: Token,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, Self::Error>> + Send;

    /// Records that the event was processed, and remembers it for `retention`. Returns `false` and changes nothing if
    /// another token has claimed or completed the key in the meantime.
    ///
    /// If this token has already completed the key, the result is `true` again. If the lease has ended and nobody else
    /// has claimed the key, it is still completed, even in a full store, because the event was processed.
    fn complete(
        &self,
        key: &IdempotencyKey,
        token: Token,
        retention: Duration,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Releases the key, so that the sender's next attempt is processed. Returns `false` and changes nothing if this
    /// token does not hold it.
    fn release(&self, key: &IdempotencyKey, token: Token) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Waits before a call that failed is repeated, with the timer of the runtime that the store needs anyway, for
    /// example `Some(tokio::time::sleep(time))`.
    ///
    /// With `None`, the default, a call is repeated only once, immediately. That is right for a store that never fails,
    /// or never recovers.
    ///
    /// ```
    /// use hookseal::idempotency::{MemoryStore, Store};
    /// use std::time::Duration;
    ///
    /// assert!(MemoryStore::new(1000).sleep(Duration::from_secs(1)).is_none());
    /// ```
    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        let _ = time;
        None::<std::future::Ready<()>>
    }
}

impl<S: Store> Store for Arc<S> {
    type Error = S::Error;

    fn claim(
        &self,
        key: &IdempotencyKey,
        token: Token,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, S::Error>> + Send {
        S::claim(self, key, token, lease)
    }

    fn complete(
        &self,
        key: &IdempotencyKey,
        token: Token,
        retention: Duration,
    ) -> impl Future<Output = Result<bool, S::Error>> + Send {
        S::complete(self, key, token, retention)
    }

    fn release(&self, key: &IdempotencyKey, token: Token) -> impl Future<Output = Result<bool, S::Error>> + Send {
        S::release(self, key, token)
    }

    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        S::sleep(self, time)
    }
}

/// The result of a claim.
///
/// ```
/// use hookseal::idempotency::Claim;
/// use std::time::Duration;
///
/// /// What a handler without [`Once`](hookseal::idempotency::Once) would answer.
/// fn status(claim: Claim) -> u16 {
///     match claim {
///         Claim::New => 200, // after processing the event
///         Claim::Completed => 200,
///         Claim::InFlight { .. } => 409,
///         Claim::Full => 503,
///     }
/// }
/// assert_eq!(status(Claim::InFlight { left: Duration::from_secs(60) }), 409);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a key is held, completed or free, and if it is free, there is room for it or not"
)]
pub enum Claim {
    /// The caller now holds the key: process the event.
    New,
    /// Another token holds the key.
    InFlight {
        /// The time until its lease ends.
        left: Duration,
    },
    /// The event was processed before.
    Completed,
    /// The key is free, but the store has no room for it. The store is not down; it is too small.
    Full,
}

/// Identifies the holder of a claim: a random number that serves as a fencing token. A worker whose lease has ended can
/// neither complete nor release a key that another worker has claimed since.
///
/// ```
/// use hookseal::idempotency::Token;
///
/// let token = Token::random()?;
/// assert_ne!(token, Token::random()?);
/// assert_eq!(token.to_string().len(), 32); // hex digits
/// # Ok::<(), hookseal::RandomnessError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(u128);

impl Token {
    /// A new, random token. Make one for each claim.
    ///
    /// # Errors
    /// [`RandomnessError`] if the operating system provides no randomness.
    ///
    /// ```
    /// use hookseal::idempotency::Token;
    ///
    /// let (mine, theirs) = (Token::random()?, Token::random()?);
    /// assert_ne!(mine, theirs);
    /// # Ok::<(), hookseal::RandomnessError>(())
    /// ```
    pub fn random() -> Result<Token, RandomnessError> {
        let mut bytes = [0; 16];
        random::fill(&mut bytes)?;
        Ok(Token(u128::from_ne_bytes(bytes)))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
