use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::budget::{Reservation, UNCOUNTED};
use super::explain::Watch;
use super::handshakes::{Decision, Pending};
use super::{Received, Receiver, Rejection};
use crate::error::VerifyError;
use crate::headers::{Found, Headers};
use crate::request::{RequestLine, Target};
use crate::scheme::not_posted;
use crate::trace;
use crate::verify::{Opened, Proof, Verification};

/// A request that is being received: its headers have been checked, and its body is still arriving.
/// [`Receiver::begin`] makes one.
///
/// A body that arrives in one piece is hashed at the end and not copied. A body in several pieces is hashed as it
/// arrives. The request never holds more than the receiver's limit, and all requests together never hold more than its
/// [budget](super::BodyBudget). If the body is authentic, its pieces are then joined, which briefly takes its length
/// again.
///
/// The body of a refused request is still read, up to the limit, and discarded: a sender that writes its whole body
/// before it reads the answer would otherwise see a broken connection instead of the answer. For a body that is too
/// large, up to the limit is read once more.
///
/// This is all that an adapter for another server needs. The headers may also be pairs of strings, see [`Headers`]:
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
    /// `None` if no receiver was found.
    receiver: Option<&'a Receiver<P>>,
    limit: usize,
    /// `None` until the body is large enough to count.
    reservation: Option<Reservation>,
    /// Those from which the provider's events are read.
    headers: HeaderMap,
    /// How much of the body has come, discarded or not.
    bytes: usize,
    /// Handshakes that the request may be, decided by its body.
    pending: Vec<Pending>,
    /// One bit for each of the provider's schemes that is for other methods than that of the request.
    unfit: u16,
    state: State<'a>,
    watch: Watch,
}

enum State<'a> {
    /// There is at most one piece so far. If it stays the only one, it is not copied, and hashed at once.
    Whole { opened: Opened<'a>, body: Bytes },
    /// The pieces are hashed and copied as they arrive.
    Pieces(Pieces<'a>),
    /// It has no signature, and can only be a handshake that nobody signs. Otherwise it is refused for this reason.
    Unsigned { rejection: Rejection, body: Vec<u8> },
    /// `to_drain` is how much of the body is still read and discarded.
    Refused { rejection: Rejection, to_drain: Option<usize> },
}

/// A body that is hashed and copied as it arrives: if many small pieces were held as they are, they would keep the
/// buffers from which they were cut.
struct Pieces<'a> {
    hashing: Hashing<'a>,
    /// Each is as large as all blocks before it together, and never moves: while a single buffer grows, the old one
    /// would be held as well.
    blocks: Vec<Vec<u8>>,
    length: usize,
}

enum Hashing<'a> {
    Now(Verification<'a>),
    /// The scheme reads fields of the body, so all of it is needed.
    Later(Opened<'a>),
}

/// The size of the first block, unless the limit is smaller.
const FIRST_BLOCK: usize = UNCOUNTED;

/// How much is read from a request without a receiver: as much as from a provider that documents no limit.
const LIMIT_WITHOUT_RECEIVER: usize = 1 << 20;

impl<'a, P> Intake<'a, P> {
    pub(super) fn new<H: Headers + ?Sized>(
        receiver: &'a Receiver<P>,
        line: Option<RequestLine<'_>>,
        headers: &'a H,
    ) -> Intake<'a, P> {
        let budget = receiver.body_budget();
        let limit = receiver.max_received().min(budget.largest_body());
        let declared = declared_length(headers);
        let mut pending = Vec::new();
        let posted = line.unwrap_or(RequestLine { method: "POST", query: None });
        let takes_posts = || receiver.provider().schemes().iter().any(|scheme| scheme.admits("POST"));
        if posted.method != "POST" || !receiver.provider().handshakes().is_empty() || !takes_posts() {
            match receiver.decide(&Target { line: posted, headers: &headers }) {
                Decision::Delivery(handshakes) => pending = handshakes,
                Decision::Refused(rejection) => {
                    let (headers, state) = (HeaderMap::new(), State::refused(rejection, limit));
                    let receiver = Some(receiver);
                    let watch = Watch::default();
                    let (reservation, unfit) = (None, 0);
                    return Intake { receiver, limit, reservation, headers, bytes: 0, pending, unfit, state, watch };
                }
            }
        }
        // Verifiers let any method pass where a scheme reads only headers.
        let unfit = match posted.method {
            "POST" => 0,
            method => {
                let schemes = receiver.provider().schemes().iter().enumerate();
                schemes.filter(|(_, scheme)| !scheme.admits(method)).fold(0, |mask, (place, _)| mask | 1 << place)
            }
        };
        let state = match declared {
            // In total, as much as from a body that turns out to be too large.
            Some(length) if length > limit as u64 => {
                State::refused(Rejection::TooLarge { limit }, limit.saturating_mul(2))
            }
            _ => match receiver.open(line, headers) {
                Ok(_) if declared.is_some_and(|length| !budget.has_room_for(length)) => {
                    State::refused(Rejection::BudgetSpent { bytes: budget.bytes() }, limit)
                }
                Ok(opened) => State::Whole { opened, body: Bytes::new() },
                Err(error) if pending.iter().any(Pending::is_unsigned) => {
                    State::Unsigned { rejection: error.into(), body: Vec::new() }
                }
                Err(error) => State::refused(error.into(), limit),
            },
        };
        let watch = match &state {
            State::Refused { rejection, .. } if !is_explicable(rejection) => Watch::default(),
            _ => Watch::new(receiver, line, headers, declared),
        };
        let headers = receiver.event_headers(headers);
        Intake { receiver: Some(receiver), limit, reservation: None, headers, bytes: 0, pending, unfit, state, watch }
    }

    /// A request that is refused before its headers are checked, because its receiver was not found. At most 1 MiB of
    /// its body is read and discarded.
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
        let (headers, state) = (HeaderMap::new(), State::refused(rejection, limit));
        let (pending, watch) = (Vec::new(), Watch::default());
        Intake { receiver: None, limit, reservation: None, headers, bytes: 0, pending, unfit: 0, state, watch }
    }

    /// Whether to continue reading the body. If not, the request is refused, and you need not wait for the rest.
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
        !matches!(self.state, State::Refused { to_drain: None, .. })
    }

    /// Whether the request is already refused. A sender that waits for `100 Continue` can then be answered at once,
    /// because it has not sent its body yet.
    ///
    /// ```
    /// # use hookseal::{Secret, provider, receive::Receiver};
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// let unsigned = http::HeaderMap::new();
    /// assert!(receiver.begin(&unsigned).is_refused());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn is_refused(&self) -> bool {
        matches!(self.state, State::Refused { .. })
    }

    /// Adds the next bytes of the body. A body that consists of a single chunk is not copied.
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
        let (limit, length) = (self.limit, self.length());
        self.bytes = self.bytes.saturating_add(chunk.len());
        self.watch.push(&chunk);
        if let State::Refused { to_drain, .. } = &mut self.state {
            *to_drain = to_drain.and_then(|left| left.checked_sub(chunk.len()));
            if to_drain.is_none() {
                self.watch = Watch::default();
            }
            return;
        }
        if let State::Unsigned { rejection, body } = &mut self.state {
            if chunk.len() > UNCOUNTED.min(limit) - body.len() {
                let (rejection, left) = (rejection.clone(), limit.checked_sub(length.saturating_add(chunk.len())));
                return self.refuse(rejection, left);
            }
            return body.extend_from_slice(&chunk);
        }
        if chunk.len() > limit - length {
            return self.refuse(Rejection::TooLarge { limit }, limit.checked_sub(chunk.len()));
        }
        // A single piece is held as it is; several are copied.
        let held = if length == 0 { chunk.len() } else { room_for(length + chunk.len(), limit) };
        if let Err(rejection) = self.reserve(held) {
            return self.refuse(rejection, Some(limit - length - chunk.len()));
        }
        match &mut self.state {
            _ if chunk.is_empty() => {}
            State::Whole { body, .. } if body.is_empty() => *body = chunk,
            State::Whole { opened, body } => {
                let opened = opened.clone();
                let hashing = if opened.can_stream() { Hashing::Now(opened.stream()) } else { Hashing::Later(opened) };
                let mut pieces = Pieces { hashing, blocks: Vec::new(), length: 0 };
                pieces.push(body, limit);
                pieces.push(&chunk, limit);
                self.state = State::Pieces(pieces);
            }
            State::Pieces(pieces) => pieces.push(&chunk, limit),
            State::Unsigned { .. } | State::Refused { .. } => {}
        }
    }

    /// Reserves this many bytes of the budget, for all that is held.
    fn reserve(&mut self, held: usize) -> Result<(), Rejection> {
        let Some(receiver) = self.receiver.filter(|_| held > UNCOUNTED) else { return Ok(()) };
        let budget = receiver.body_budget();
        let fits = self.reservation.get_or_insert_with(|| Reservation::of(budget)).resize(held);
        if fits { Ok(()) } else { Err(Rejection::BudgetSpent { bytes: budget.bytes() }) }
    }

    /// Refuses the request and drops everything that is held.
    fn refuse(&mut self, rejection: Rejection, to_drain: Option<usize>) {
        if !is_explicable(&rejection) {
            self.watch = Watch::default();
        }
        self.state = State::Refused { rejection, to_drain };
        self.reservation = None;
    }

    fn length(&self) -> usize {
        match &self.state {
            State::Whole { body, .. } => body.len(),
            State::Pieces(pieces) => pieces.length,
            State::Unsigned { body, .. } => body.len(),
            State::Refused { .. } => 0,
        }
    }

    /// Ends the body early, because the rest of it cannot be read. If the request was already refused, the first reason
    /// stays.
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
        match &mut self.state {
            State::Refused { to_drain, .. } => {
                *to_drain = None;
                self.watch = Watch::default();
            }
            _ => self.refuse(rejection, None),
        }
    }

    /// Ends the body and verifies the request. The age of a signed time is checked again: a body may have come slowly.
    ///
    /// # Errors
    /// [`Rejection::NotAuthentic`], [`Rejection::TooLarge`], [`Rejection::BudgetSpent`], and the rejection that was
    /// passed to [`refused`](Self::refused) or [`abort`](Self::abort). With the feature `tracing`, it is logged.
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
        let whole = self.end();
        let verdict = whole.judge();
        whole.conclude(verdict)
    }

    /// Like [`finish`](Self::finish), and fetches the keys that the request needs, if the receiver has a `KeyCache` (feature
    /// `key-cache`). The adapters call this.
    ///
    /// # Errors
    /// The same errors as [`finish`](Self::finish), and [`Rejection::Unavailable`] if the keys cannot be had.
    ///
    /// ```
    /// # use hookseal::{Secret, VerifyError, provider, receive::{Receiver, Rejection}};
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let receiver: Receiver = provider::CALLINTEL.receiver(secret)?;
    /// let mut intake = receiver.begin(&headers);
    /// intake.push("ab".into());
    /// assert_eq!(intake.finish_fetching().await?.body(), "ab");
    /// # Ok(()) }
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn finish_fetching(self) -> Result<Received<P>, Rejection> {
        if !self.fetches() {
            return self.finish();
        }
        // Boxed, because this is rare and large.
        Box::pin(async move {
            let whole = self.end();
            let verdict =
                match (&whole.judged, whole.receiver.and_then(|receiver| Some((receiver, receiver.fetching()?)))) {
                    (Judged::Later(opened), Some((receiver, fetching))) => {
                        fetching.judge(receiver.provider(), opened, &whole.body).await
                    }
                    _ => whole.judge(),
                };
            whole.conclude(verdict)
        })
        .await
    }

    /// Whether keys may have to be fetched for the request.
    fn fetches(&self) -> bool {
        self.receiver.is_some_and(|receiver| receiver.fetching().is_some()) && !self.is_refused()
    }

    fn end(self) -> Whole<'a, P> {
        let Intake { receiver, reservation, headers, bytes, pending, unfit, state, watch, .. } = self;
        let is_unsigned = matches!(state, State::Unsigned { .. });
        let watch = if matches!(state, State::Refused { .. }) { watch.if_whole() } else { watch };
        let is_short = |length: usize| !pending.is_empty() && length <= UNCOUNTED;
        let (judged, body) = match state {
            State::Whole { opened, body } => (Judged::Later(opened), body),
            State::Pieces(Pieces { hashing: Hashing::Now(verification), blocks, length }) => {
                let proof = verification.finish();
                let body = if proof.is_ok() || is_short(length) { blocks.concat() } else { Vec::new() };
                (Judged::Already(proof.map_err(Rejection::NotAuthentic)), body.into())
            }
            State::Pieces(Pieces { hashing: Hashing::Later(opened), blocks, .. }) => {
                (Judged::Later(opened), blocks.concat().into())
            }
            State::Unsigned { rejection, body } => (Judged::Already(Err(rejection)), body.into()),
            State::Refused { rejection, .. } => (Judged::Already(Err(rejection)), Bytes::new()),
        };
        Whole { receiver, reservation, headers, bytes, pending, unfit, is_unsigned, judged, body, watch }
    }
}

/// A request whose body has ended.
struct Whole<'a, P> {
    receiver: Option<&'a Receiver<P>>,
    reservation: Option<Reservation>,
    headers: HeaderMap,
    bytes: usize,
    pending: Vec<Pending>,
    unfit: u16,
    is_unsigned: bool,
    judged: Judged<'a>,
    body: Bytes,
    watch: Watch,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one for each request, moved once: a box would cost every request an allocation"
)]
enum Judged<'a> {
    Already(Result<Proof<'a>, Rejection>),
    Later(Opened<'a>),
}

impl<'a, P> Whole<'a, P> {
    #[inline]
    fn judge(&self) -> Result<Proof<'a>, Rejection> {
        match (&self.judged, self.receiver.and_then(Receiver::fetching)) {
            (Judged::Already(verdict), _) => verdict.clone(),
            (Judged::Later(opened), None) => opened.judge(&self.body).map_err(Rejection::NotAuthentic),
            (Judged::Later(opened), Some(fetching)) => {
                let provider = self.receiver.map(Receiver::provider);
                provider
                    .map_or(Err(Rejection::UnknownTenant), |provider| fetching.judge_now(provider, opened, &self.body))
            }
        }
    }

    #[inline]
    fn conclude(self, proof: Result<Proof<'a>, Rejection>) -> Result<Received<P>, Rejection> {
        let Whole { receiver, mut reservation, headers, bytes, pending, unfit, is_unsigned, body, watch, .. } = self;
        // A body may have come so slowly that its headers are outside of the tolerance by now.
        let proof = proof.and_then(|proof| match receiver.and_then(|receiver| receiver.excess_age(&proof)) {
            None => Ok(proof),
            Some(seconds) => Err(VerifyError::TooOld { seconds }.into()),
        });
        let asked = match (&proof, receiver) {
            _ if pending.is_empty() => None,
            (Ok(_), Some(receiver)) => receiver.completed(pending, false, &body),
            (Err(_), Some(receiver)) if is_unsigned => receiver.completed(pending, true, &body),
            (Err(Rejection::NotAuthentic(error)), Some(receiver)) if body.len() <= UNCOUNTED => {
                let (unsigned, signed): (Vec<_>, Vec<_>) = pending.into_iter().partition(Pending::is_unsigned);
                // The signature or the secret would be in the body, and is not.
                let is_without = error.status() == StatusCode::BAD_REQUEST && !unsigned.is_empty();
                let asked = if is_without { receiver.completed(unsigned, true, &body) } else { None };
                asked.or_else(|| receiver.refused(signed, error.status(), &body))
            }
            _ => None,
        };
        let proof = asked.map_or(proof, Err);
        let proof = proof.and_then(|proof| match unfit >> proof.scheme() & 1 {
            0 => Ok(proof),
            _ => Err(not_posted().into()),
        });
        match (proof, receiver) {
            (Ok(_), Some(receiver)) if receiver.is_possible_challenge(&body) => {
                trace::refused(Some(receiver), &Rejection::PossibleChallenge, bytes);
                Err(Rejection::PossibleChallenge)
            }
            (Ok(proof), Some(receiver)) => {
                // This is less than what was reserved for the blocks.
                reservation.iter_mut().for_each(|reservation| _ = reservation.resize(body.len()));
                Ok(Received::new(receiver.clone(), proof, headers, body, reservation))
            }
            (proof, receiver) => {
                let rejection = proof.err().unwrap_or(Rejection::UnknownTenant);
                trace::refused(receiver, &rejection, bytes);
                watch.refused(&rejection);
                Err(rejection)
            }
        }
    }
}

impl State<'_> {
    fn refused(rejection: Rejection, limit: usize) -> Self {
        State::Refused { rejection, to_drain: Some(limit) }
    }
}

impl Pieces<'_> {
    /// `limit` is at least the new length.
    fn push(&mut self, mut chunk: &[u8], limit: usize) {
        if let Hashing::Now(verification) = &mut self.hashing {
            verification.update(chunk);
        }
        while !chunk.is_empty() {
            let full = self.blocks.last().is_none_or(|block| block.len() == block.capacity());
            if full {
                self.blocks.push(Vec::with_capacity(next_block(self.length, limit)));
            }
            let Some(block) = self.blocks.last_mut() else { return };
            let (now, later) = chunk.split_at(chunk.len().min(block.capacity() - block.len()));
            block.extend_from_slice(now);
            self.length += now.len();
            chunk = later;
        }
    }
}

/// The size of the block after full blocks of this total length.
fn next_block(length: usize, limit: usize) -> usize {
    length.max(FIRST_BLOCK).min(limit - length)
}

/// The total size of the blocks for a body of this length, which is at most the limit.
fn room_for(length: usize, limit: usize) -> usize {
    let mut room = 0;
    while room < length {
        room += next_block(room, limit);
    }
    room
}

/// Whether a diagnosis could find out more.
fn is_explicable(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::NotAuthentic(_))
}

/// The declared length of the body, if there is one that can be read.
fn declared_length<H: Headers + ?Sized>(headers: &H) -> Option<u64> {
    match headers.find(&http::header::CONTENT_LENGTH) {
        Found::Once(length) => std::str::from_utf8(length).ok()?.parse().ok(),
        _ => None,
    }
}

impl<P> fmt::Debug for Intake<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = match &self.state {
            State::Refused { rejection, .. } => Some(rejection),
            _ => None,
        };
        f.debug_struct("Intake")
            .field("receiver", &self.receiver)
            .field("bytes", &self.length())
            .field("refused", &refused)
            .finish_non_exhaustive()
    }
}
