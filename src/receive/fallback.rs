use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::{Answer, Received, Receiver, Rejection, StrictWebhook, Webhook};
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
    /// Of a batch that a handler takes as [`Webhooks`](super::Webhooks), the fallback gets the whole request, once, if any event
    /// cannot be read. The others reach the handler, and the answer of the fallback counts for those that do not.
    ///
    /// It is called before the handler, and again for each delivery of the same request: store it by its
    /// [idempotency key](Received::idempotency_key). The extractors of axum and actix-web call it. On another server, call
    /// your function where `Webhook::try_from` fails, and for [`Webhooks::unreadable`](super::Webhooks::unreadable).
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
        self.check_receiver()?;
        Ok(Receiver::new(self.clone(), self.verifier(keys)?).with_fallback(fallback))
    }
}

/// What a handler takes.
pub(crate) trait Extracted<P>: AsRef<Received<P>> {
    /// Why a part of the request cannot be read, although the rest can.
    fn unreadable(&self) -> Option<&EventError> {
        None
    }

    /// The answer for that part.
    fn record_unreadable(&mut self, _: Answer) {}
}

impl<P> Extracted<P> for Received<P> {}
impl<T, P> Extracted<P> for Webhook<T, P> {}
impl<T, P> Extracted<P> for StrictWebhook<T, P> {}

/// Reads a request for a handler, and gives it to the fallback if not all of it can be read.
pub(crate) async fn read<P, R: Extracted<P>>(
    received: Received<P>,
    read: fn(Received<P>) -> Result<R, Rejection>,
) -> Result<R, Rejection> {
    let Some(Fallback(fallback)) = received.receiver().fallback().cloned() else { return read(received) };
    let whole = received.without_marker();
    match read(received) {
        Ok(mut read) => {
            if let Some(error) = read.unreadable().cloned() {
                let answer = fallback(whole, error).await;
                read.record_unreadable(answer);
            }
            Ok(read)
        }
        Err(Rejection::Unreadable(error) | Rejection::UnreadableForNow(error)) if !error.is_of_receiver() => {
            let receiver = whole.receiver().clone();
            Err(Rejection::Answered(fallback(whole, error).await.required_by(receiver.provider())))
        }
        refused => refused,
    }
}
