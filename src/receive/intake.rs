use std::fmt;

use bytes::Bytes;

use super::{Received, Receiver, Rejection};
use crate::headers::{Found, Headers};
use crate::trace;
use crate::verify::Verification;

/// A request that is being received: the headers are judged, the body is still coming. Made by [`Receiver::begin`].
///
/// Each piece goes into the MAC and into memory as it comes, never more than the receiver's limit. A request that is
/// refused still wants its body, within the limit, and throws it away: a sender that writes its whole body before it
/// reads the answer would otherwise see a broken connection instead of the answer.
///
/// This is all that an adapter for a further server needs:
///
/// ```
/// use bytes::Bytes;
/// use hookseal::receive::{Receiver, Received, Rejection};
///
/// fn receive(
///     receiver: &Receiver,
///     headers: &http::HeaderMap,
///     mut body: impl Iterator<Item = Result<Bytes, std::io::Error>>,
/// ) -> Result<Received, Rejection> {
///     let mut intake = receiver.begin(headers);
///     while intake.wants_more() {
///         match body.next() {
///             Some(Ok(chunk)) => intake.push(chunk),
///             Some(Err(_)) => intake.abort(Rejection::BrokenBody),
///             None => break,
///         }
///     }
///     intake.finish()
/// }
/// # use hookseal::{Secret, provider};
/// # let secret = Secret::new("a secret of twenty-some bytes")?;
/// # let headers = provider::KLANG.signer(secret.clone())?.sign("evt_1", b"0123456789")?;
/// # let receiver: Receiver = provider::KLANG.receiver(secret)?;
/// let chunks = ["01234", "56789"].map(|chunk| Ok(Bytes::from(chunk)));
/// assert_eq!(receive(&receiver, &headers, chunks.into_iter())?.body(), "0123456789");
///
/// let receiver = receiver.with_max_received(9);
/// let chunks = ["01234", "56789"].map(|chunk| Ok(Bytes::from(chunk)));
/// let error = receive(&receiver, &headers, chunks.into_iter()).unwrap_err();
/// assert_eq!((error.status(), error.to_string()), (413.try_into()?, "the body has more than 9 bytes".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is verified before `finish`"]
pub struct Intake<'a, P = ()> {
    /// `None` if it could not be found, and then refused.
    receiver: Option<&'a Receiver<P>>,
    state: Result<Verification<'a>, Rejection>,
    limit: usize,
    body: Body,
    /// Bytes thrown away since the request was refused.
    discarded: usize,
}

/// How much is read from a request that has no receiver: as from a provider that documents no limit.
const LIMIT_WITHOUT_RECEIVER: usize = 1 << 20;

impl<'a, P> Intake<'a, P> {
    pub(super) fn new<H: Headers + ?Sized>(receiver: &'a Receiver<P>, headers: &'a H) -> Intake<'a, P> {
        let limit = receiver.max_received();
        let state = match declared_length(headers) {
            Some(length) if length > limit as u64 => Err(Rejection::TooLarge { limit }),
            _ => receiver.verification(headers).map_err(Rejection::NotAuthentic),
        };
        Intake { receiver: Some(receiver), state, limit, body: Body::default(), discarded: 0 }
    }

    /// A request that is refused before its headers are looked at, because its receiver was not found. Its body is
    /// thrown away, at most 1 MiB of it.
    ///
    /// ```
    /// use hookseal::receive::{Intake, Rejection};
    ///
    /// let mut intake: Intake<'_> = Intake::refused(Rejection::UnknownTenant);
    /// assert!(intake.wants_more());
    /// intake.push("a body".into());
    /// assert_eq!(intake.finish().unwrap_err(), Rejection::UnknownTenant);
    /// ```
    pub fn refused(rejection: Rejection) -> Intake<'a, P> {
        let limit = LIMIT_WITHOUT_RECEIVER;
        Intake { receiver: None, state: Err(rejection), limit, body: Body::default(), discarded: 0 }
    }

    /// Whether to go on reading the body. If not, the request is refused, and what still comes is not worth waiting for.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// let receiver = receiver.with_max_received(1000);
    /// let unsigned = http::HeaderMap::new();
    /// let mut intake = receiver.begin(&unsigned);
    /// assert!(intake.wants_more());
    /// intake.push(vec![0; 1001].into());
    /// assert!(!intake.wants_more());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn wants_more(&self) -> bool {
        self.discarded <= self.limit
    }

    /// Takes in the next bytes of the body. Bytes that are the whole body are not copied.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// let mut intake = receiver.begin(&headers);
    /// intake.push("a".into());
    /// intake.push("b".into());
    /// assert_eq!(intake.finish()?.body(), "ab");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push(&mut self, chunk: Bytes) {
        let limit = self.limit;
        match &mut self.state {
            Ok(verification) if chunk.len() <= limit - self.body.length() => {
                verification.update(&chunk);
                self.body.push(chunk, limit);
            }
            Ok(_) => {
                self.state = Err(Rejection::TooLarge { limit });
                self.body = Body::default();
                self.discarded = chunk.len();
            }
            Err(_) => self.discarded = self.discarded.saturating_add(chunk.len()),
        }
    }

    /// Ends the body before its time, because it cannot be read any further. What was refused before stays the reason.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::{Receiver, Rejection}};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// let mut intake = receiver.begin(&headers);
    /// intake.push("a".into());
    /// intake.abort(Rejection::BrokenBody);
    /// assert!(!intake.wants_more());
    /// assert_eq!(intake.finish().unwrap_err(), Rejection::BrokenBody);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn abort(&mut self, rejection: Rejection) {
        if self.state.is_ok() {
            self.state = Err(rejection);
        }
        self.body = Body::default();
        self.discarded = usize::MAX;
    }

    /// Ends the body and judges the request.
    ///
    /// # Errors
    /// [`Rejection::NotAuthentic`], [`Rejection::TooLarge`], and what it was [aborted](Self::abort) with. With the
    /// feature `tracing` it is logged.
    ///
    /// ```
    /// # use hookseal::{Secret, VerifyError, provider, receive::{Receiver, Rejection}};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// let mut intake = receiver.begin(&headers);
    /// intake.push("a".into());
    /// assert_eq!(intake.finish().unwrap_err(), Rejection::NotAuthentic(VerifyError::NoMatch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(self) -> Result<Received<P>, Rejection> {
        let provider = self.receiver.map(|receiver| receiver.provider().name());
        let finished = self.state.and_then(|verification| Ok(verification.finish()?));
        match (finished, self.receiver) {
            (Ok(proof), Some(receiver)) => Ok(Received::new(receiver.clone(), proof, self.body.into_bytes())),
            (finished, _) => {
                let rejection = finished.err().unwrap_or(Rejection::UnknownTenant);
                trace::refused(provider, &rejection);
                Err(rejection)
            }
        }
    }
}

/// The length that the request says it has, if it says one that can be read.
fn declared_length<H: Headers + ?Sized>(headers: &H) -> Option<u64> {
    match headers.find(&http::header::CONTENT_LENGTH) {
        Found::Once(length) => std::str::from_utf8(length).ok()?.parse().ok(),
        _ => None,
    }
}

/// A body in one piece: the only chunk as it came, else copied together. Many small chunks each held as they came would
/// hold the buffers that they were cut from.
#[derive(Default)]
struct Body {
    only: Bytes,
    joined: Vec<u8>,
}

impl Body {
    fn length(&self) -> usize {
        self.only.len() + self.joined.len()
    }

    /// `limit` is at least the new length.
    fn push(&mut self, chunk: Bytes, limit: usize) {
        if self.length() == 0 {
            self.only = chunk;
        } else if !chunk.is_empty() {
            let only = std::mem::take(&mut self.only);
            let needed = only.len() + self.joined.len() + chunk.len();
            if needed > self.joined.capacity() {
                let room = needed.max(self.joined.capacity().saturating_mul(2)).min(limit);
                self.joined.reserve_exact(room - self.joined.len());
            }
            self.joined.extend_from_slice(&only);
            self.joined.extend_from_slice(&chunk);
        }
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() { self.only } else { self.joined.into() }
    }
}

impl<P> fmt::Debug for Intake<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: Option<&Rejection> = self.state.as_ref().err();
        f.debug_struct("Intake")
            .field("receiver", &self.receiver)
            .field("bytes", &self.body.length())
            .field("refused", &refused)
            .finish_non_exhaustive()
    }
}
