use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::{Answer, Received, Receiver, Rejection};
use crate::error::{ConfigError, EventError};
use crate::keyring::Keyring;
use crate::provider::Provider;

type Handler = dyn Fn(Received, EventError) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

/// What takes the deliveries that the handler's type does not fit.
#[derive(Clone)]
pub(super) struct Fallback(Arc<Handler>);

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback").finish_non_exhaustive()
    }
}

impl<P> Receiver<P> {
    /// Sets what takes an authentic delivery whose event cannot be read into the handler's type, for example one whose data
    /// has changed: store its [body](Received::body), and it can be processed after a deployment. The sender gets the
    /// answer of the fallback.
    ///
    /// Without a fallback, such a delivery is refused so that the sender delivers it again: with 400, or with 503 where it
    /// would give up on a 4xx.
    ///
    /// ```
    /// use hookseal::receive::{Answer, Receiver};
    /// use hookseal::{Secret, provider};
    /// # async fn store(provider: &str, body: &[u8]) -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let receiver: Receiver = provider::STRIPE
    ///     .receiver(Secret::new("whsec_test_secret")?)?
    ///     .with_fallback(|received, error| async move {
    ///         eprintln!("unreadable: {error}");
    ///         match store(received.provider().name(), received.body()).await {
    ///             Ok(()) => Answer::Accepted,
    ///             Err(_) => Answer::retry(std::time::Duration::from_secs(60)),
    ///         }
    ///     });
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_fallback<F, A>(self, fallback: F) -> Receiver<P>
    where
        F: Fn(Received, EventError) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        self.with_shared_fallback(Fallback(Arc::new(move |received, error| Box::pin(fallback(received, error)))))
    }
}

impl Provider {
    /// A receiver with a [fallback](Receiver::with_fallback): for a provider that never delivers again, such as GitHub, and
    /// where no event may be lost.
    ///
    /// # Errors
    /// The same errors as [`receiver`](Self::receiver).
    ///
    /// ```
    /// use hookseal::receive::Answer;
    /// use hookseal::{Secret, provider};
    ///
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// assert!(provider::GITHUB.receiver(secret.clone()).is_err());
    /// assert!(provider::GITHUB.receiver_with_fallback(secret, |received, _error| async move {
    ///     println!("{} bytes for later", received.body().len());
    ///     Answer::Accepted
    /// }).is_ok());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn receiver_with_fallback<F, A>(&self, keys: impl Into<Keyring>, fallback: F) -> Result<Receiver, ConfigError>
    where
        F: Fn(Received, EventError) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        self.check_events()?;
        Ok(Receiver::new(self.clone(), self.verifier(keys)?).with_fallback(fallback))
    }
}

/// Reads a request for a handler, or gives it to the fallback.
pub(crate) async fn read<P, R>(
    received: Received<P>,
    read: fn(Received<P>) -> Result<R, Rejection>,
) -> Result<R, Rejection> {
    let Some(Fallback(fallback)) = received.receiver().fallback().cloned() else { return read(received) };
    let raw = received.without_marker();
    let receiver = raw.receiver().clone();
    // Ends before the wait: what was read need not be `Send`.
    let answer = match read(received) {
        Err(Rejection::Unreadable(error) | Rejection::UnreadableForNow(error)) if !error.is_of_receiver() => {
            fallback(raw, error)
        }
        result => return result,
    };
    Err(Rejection::Answered(answer.await.required_by(receiver.provider())))
}
