use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::RandomnessError;
use crate::idempotency::key::IdempotencyKey;
use crate::random;

/// Remembers which events were processed, and which are at this moment.
///
/// An implementation must decide each call in one step: of a thousand claims of one key at the same time, one is
/// [`New`](Claim::New). It may refuse new keys when it has [no room](Claim::Full), and must never forget a completed key
/// before its time. `check_store` of the feature `testing` checks one.
///
/// [`Once`](super::Once) repeats a call whose reply it did not get, with the same token: the first may have been carried
/// out.
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
    /// Why the store could not answer. It is for logs.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Claims `key` for the bearer of `token`, until it is completed or released, at most for `lease`.
    ///
    /// A claim of a key that this token holds already is [`New`](Claim::New) again.
    fn claim(
        &self,
        key: &IdempotencyKey,
        token: Token,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, Self::Error>> + Send;

    /// Records that the event was processed, for as long as `keep`. `false` if another token has claimed or completed
    /// the key since: then nothing changes.
    ///
    /// A completion that this token made already is `true` again. If the lease has ended and nobody claimed the key since,
    /// it is completed all the same, even in a full store: the event was processed.
    fn complete(
        &self,
        key: &IdempotencyKey,
        token: Token,
        keep: Duration,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Gives the key back, so that the sender's next attempt is processed. `false`, and nothing changes, if this token
    /// does not hold it.
    fn release(&self, key: &IdempotencyKey, token: Token) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Lets time pass before a store that did not answer is asked again, by the timer of whatever runtime it needs anyway:
    /// `Some(tokio::time::sleep(time))`. With `None`, the default, it is asked again once, at once: right for a store that
    /// does not fail, or does not come back.
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
        keep: Duration,
    ) -> impl Future<Output = Result<bool, S::Error>> + Send {
        S::complete(self, key, token, keep)
    }

    fn release(&self, key: &IdempotencyKey, token: Token) -> impl Future<Output = Result<bool, S::Error>> + Send {
        S::release(self, key, token)
    }

    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        S::sleep(self, time)
    }
}

/// What became of a claim.
///
/// ```
/// use hookseal::idempotency::Claim;
/// use std::time::Duration;
///
/// assert_ne!(Claim::New, Claim::InFlight { left: Duration::from_secs(60) });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a key is held or done with, or free, and then there is room for it or not"
)]
pub enum Claim {
    /// The key is the caller's: process the event.
    New,
    /// Another holds it.
    InFlight {
        /// Until the lease ends.
        left: Duration,
    },
    /// The event was processed before.
    Completed,
    /// The key is free, and the store has no room for it. The store answers, and is right to: it is too small.
    Full,
}

/// Who claimed a key: a random number that fences off whoever lost the lease meanwhile. A late worker can neither
/// complete nor release what another has claimed since.
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
    /// A new one.
    ///
    /// # Errors
    /// [`RandomnessError`].
    ///
    /// ```
    /// assert!(hookseal::idempotency::Token::random().is_ok());
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
