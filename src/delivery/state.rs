use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Sending;
use super::health::unix_ms;
use super::outcome::{Outcome, Verdict};
use super::record::AttemptRecord;
use crate::words::display_as_serialized;

/// One event on its way to one endpoint: a value that your database or queue keeps.
///
/// A worker that finds it [due](Self::due) calls [`begin`](Self::begin), stores it, sends, calls
/// [`record`](Self::record), and stores it again together with the attempt's record.
///
/// Delivery is at least once. If a worker dies between sending and recording, nobody knows whether the receiver has the
/// event: the attempt is begun again under the same number, with the same event id, by which the receiver deduplicates.
/// If the first worker was only slow, its record comes too late and is refused, so that no attempt counts twice.
///
/// Its JSON accepts fields that it does not know, so that an old worker reads a newer one's rows.
///
/// ```
/// use hookseal::delivery::{Delivery, Next, Outcome, Sending, State};
/// use time::{Duration, macros::datetime};
///
/// let sending = Sending::default();
/// let mut now = datetime!(2026-06-01 12:00 UTC);
/// let mut delivery = Delivery::new(now);
/// for status in [500, 200] {
///     let attempt = delivery.begin(&sending, now)?;
///     let outcome = Outcome::Response { status, retry_after: None };
///     let (_, next) = delivery.record(&attempt, &sending, &outcome, now, 0)?;
///     if let Next::RetryAt(due) = next {
///         now = due;
///     }
/// }
/// assert_eq!(delivery.state(), State::Delivered);
/// let row = serde_json::to_string(&delivery).unwrap();
/// assert_eq!(serde_json::from_str::<Delivery>(&row).unwrap(), delivery);
/// # Ok::<(), hookseal::delivery::AttemptError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    state: State,
    /// Attempts whose outcome is recorded.
    #[serde(default)]
    attempts: u32,
    /// Unix milliseconds, while pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    /// Unix milliseconds of the first attempt's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_at: Option<i64>,
    /// Unix milliseconds of an attempt that has begun and is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_at: Option<i64>,
    /// The last attempt's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    /// What went wrong in the last attempt, if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// The next attempt is a user's, and is not tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replay: bool,
}

/// Where a delivery stands.
///
/// ```
/// use hookseal::delivery::State;
///
/// assert_eq!(serde_json::to_string(&State::Delivered)?, "\"delivered\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// An attempt is still to come.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It is not tried any more.
    Failed(FailReason),
    /// It was called off.
    Cancelled,
}

/// The [name](State::name), and for a failure also its reason: `failed: exhausted`.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Failed(reason) => write!(f, "failed: {reason}"),
            _ => f.pad(self.name()),
        }
    }
}

impl State {
    /// One word, for an index column: `pending`, `delivered`, `failed` or `cancelled`.
    ///
    /// ```
    /// use hookseal::delivery::{FailReason, State};
    ///
    /// assert_eq!(State::Failed(FailReason::Exhausted).name(), "failed");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Delivered => "delivered",
            State::Failed(_) => "failed",
            State::Cancelled => "cancelled",
        }
    }
}

/// Why a delivery is not tried any more.
///
/// ```
/// use hookseal::delivery::FailReason;
///
/// assert_eq!(serde_json::to_string(&FailReason::Exhausted)?, "\"exhausted\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailReason {
    /// All attempts have failed.
    Exhausted,
    /// The next attempt would have come too late.
    TooOld,
    /// An outcome after which no attempt helps.
    GaveUp,
    /// The endpoint is gone.
    EndpointGone,
    /// A replay by hand has failed; it is not tried again by itself.
    ReplayFailed,
}

display_as_serialized!(FailReason);

/// An attempt that has begun. Made by [`Delivery::begin`].
///
/// ```
/// use hookseal::delivery::{Delivery, Sending};
/// use time::OffsetDateTime;
///
/// let now = OffsetDateTime::UNIX_EPOCH;
/// let attempt = Delivery::new(now).begin(&Sending::default(), now)?;
/// assert_eq!(attempt.number(), 1);
/// # Ok::<(), hookseal::delivery::AttemptError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    number: u32,
    begun_at: i64,
    signing_time: OffsetDateTime,
}

impl Attempt {
    /// Which attempt it is, from 1.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, Sending};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// assert_eq!(Delivery::new(now).begin(&Sending::default(), now)?.number(), 1);
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The time to sign with: now, or the first attempt's where the platform reuses it.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, Sending};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// assert_eq!(Delivery::new(now).begin(&Sending::default(), now)?.signing_time(), now);
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn signing_time(&self) -> OffsetDateTime {
        self.signing_time
    }
}

/// An attempt that cannot begin, or that counts no more.
///
/// ```
/// use hookseal::delivery::{AttemptError, Delivery, Sending};
/// use time::OffsetDateTime;
///
/// let now = OffsetDateTime::UNIX_EPOCH;
/// let mut delivery = Delivery::new(now);
/// delivery.cancel();
/// assert_eq!(delivery.begin(&Sending::default(), now).unwrap_err(), AttemptError::NotPending);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The delivery is delivered, failed or cancelled.
    #[error("the delivery is not pending")]
    NotPending,
    /// It is not due yet.
    #[error("the delivery is not due yet")]
    NotDue,
    /// Another worker has begun the attempt again, or recorded it. Drop the outcome.
    #[error("the attempt was begun again or recorded by another worker")]
    Superseded,
}

/// What comes after an attempt.
///
/// ```
/// use hookseal::delivery::Next;
///
/// assert_ne!(Next::Delivered, Next::EndpointGone);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Next {
    /// Nothing: the receiver has it.
    Delivered,
    /// Another attempt, from this time on.
    RetryAt(OffsetDateTime),
    /// Nothing: it failed for good.
    Failed(FailReason),
    /// Nothing, and the endpoint is gone: send it nothing else.
    EndpointGone,
}

impl Delivery {
    /// A new delivery, due at once.
    ///
    /// ```
    /// use hookseal::delivery::{Delivery, State};
    /// use time::OffsetDateTime;
    ///
    /// assert_eq!(Delivery::new(OffsetDateTime::UNIX_EPOCH).state(), State::Pending);
    /// ```
    pub fn new(now: OffsetDateTime) -> Delivery {
        Delivery {
            state: State::Pending,
            attempts: 0,
            due_at: Some(unix_ms(now)),
            first_at: None,
            begun_at: None,
            last_status: None,
            last_error: None,
            replay: false,
        }
    }

    /// Where it stands.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, State};
    /// assert_eq!(Delivery::new(time::OffsetDateTime::UNIX_EPOCH).state(), State::Pending);
    /// ```
    pub fn state(&self) -> State {
        self.state
    }

    /// When the next attempt is due, while it is pending. Take your queue's column from here: a clock of its own could
    /// call a delivery due before [`begin`](Self::begin) does.
    ///
    /// ```
    /// # use hookseal::delivery::Delivery;
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// assert_eq!(Delivery::new(now).due(), Some(now));
    /// ```
    pub fn due(&self) -> Option<OffsetDateTime> {
        self.due_at.and_then(time)
    }

    /// How many attempts were recorded.
    ///
    /// ```
    /// # use hookseal::delivery::Delivery;
    /// assert_eq!(Delivery::new(time::OffsetDateTime::UNIX_EPOCH).attempts(), 0);
    /// ```
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The last attempt's status, if an answer came.
    ///
    /// ```
    /// # use hookseal::delivery::Delivery;
    /// assert_eq!(Delivery::new(time::OffsetDateTime::UNIX_EPOCH).last_status(), None);
    /// ```
    pub fn last_status(&self) -> Option<u16> {
        self.last_status
    }

    /// Begins the next attempt, or the same one again if its worker never recorded it. Store the delivery before you
    /// send, and let another worker take it only when this one is surely gone.
    ///
    /// # Errors
    /// [`AttemptError::NotPending`] and [`AttemptError::NotDue`].
    ///
    /// ```
    /// use hookseal::delivery::{AttemptError, Delivery, Sending};
    /// use time::{Duration, OffsetDateTime};
    ///
    /// let due = OffsetDateTime::UNIX_EPOCH + Duration::HOUR;
    /// let early = Delivery::new(due).begin(&Sending::default(), OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(early.unwrap_err(), AttemptError::NotDue);
    /// ```
    pub fn begin(&mut self, sending: &Sending, now: OffsetDateTime) -> Result<Attempt, AttemptError> {
        if self.state != State::Pending {
            return Err(AttemptError::NotPending);
        }
        let now_ms = unix_ms(now);
        if self.due_at.is_some_and(|due| due > now_ms) {
            return Err(AttemptError::NotDue);
        }
        // Begun again within one millisecond, two workers could not be told apart.
        let begun_at = self.begun_at.map_or(now_ms, |before| now_ms.max(before.saturating_add(1)));
        self.begun_at = Some(begun_at);
        let first = *self.first_at.get_or_insert(now_ms);
        // A user who replays wants it accepted now, not judged by the clock of long ago.
        let reuse = sending.reuses_timestamp && !self.replay;
        let signing_time = if reuse { time(first).unwrap_or(now) } else { now };
        Ok(Attempt { number: self.attempts.saturating_add(1), begun_at, signing_time })
    }

    /// Records how an attempt ended, and says what comes next. `now` is its end; `random` is one uniform number, for
    /// jitter.
    ///
    /// # Errors
    /// [`AttemptError::Superseded`] if the attempt was begun again or recorded meanwhile: the delivery is unchanged.
    ///
    /// ```
    /// use hookseal::delivery::{AttemptError, Delivery, Next, Outcome, Sending};
    /// use time::OffsetDateTime;
    ///
    /// let (sending, now) = (Sending::default(), OffsetDateTime::UNIX_EPOCH);
    /// let mut delivery = Delivery::new(now);
    /// let attempt = delivery.begin(&sending, now)?;
    /// let accepted = Outcome::Response { status: 202, retry_after: None };
    /// assert_eq!(delivery.record(&attempt, &sending, &accepted, now, 0)?.1, Next::Delivered);
    /// assert_eq!(delivery.record(&attempt, &sending, &accepted, now, 0).unwrap_err(), AttemptError::Superseded);
    /// # Ok::<(), AttemptError>(())
    /// ```
    pub fn record(
        &mut self,
        attempt: &Attempt,
        sending: &Sending,
        outcome: &Outcome<'_>,
        now: OffsetDateTime,
        random: u64,
    ) -> Result<(AttemptRecord, Next), AttemptError> {
        let current = self.begun_at == Some(attempt.begun_at) && attempt.number == self.attempts.saturating_add(1);
        if self.state != State::Pending || !current {
            return Err(AttemptError::Superseded);
        }
        self.attempts = attempt.number;
        self.begun_at = None;
        self.last_status = outcome.status();
        self.last_error = outcome.error().map(str::to_owned);
        let verdict = sending.outcome.classify(outcome, now);
        let next = self.next(sending, verdict, now, random);
        (self.state, self.due_at) = match next {
            Next::Delivered => (State::Delivered, None),
            Next::RetryAt(due) => (State::Pending, Some(unix_ms(due))),
            Next::Failed(reason) => (State::Failed(reason), None),
            Next::EndpointGone => (State::Failed(FailReason::EndpointGone), None),
        };
        self.replay = false;
        let record = AttemptRecord {
            attempt: attempt.number,
            started_at: attempt.begun_at,
            duration_ms: u64::try_from(unix_ms(now).saturating_sub(attempt.begun_at)).unwrap_or(0),
            status: self.last_status,
            error: self.last_error.clone(),
            delivered: verdict == Verdict::Delivered,
            excerpt: None,
        };
        Ok((record, next))
    }

    /// Tries once more at a user's wish, whatever became of it before. A failed replay is not tried again by itself.
    ///
    /// ```
    /// use hookseal::delivery::{Delivery, State};
    /// use time::OffsetDateTime;
    ///
    /// let mut delivery = Delivery::new(OffsetDateTime::UNIX_EPOCH);
    /// delivery.cancel();
    /// delivery.replay(OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(delivery.state(), State::Pending);
    /// ```
    pub fn replay(&mut self, now: OffsetDateTime) {
        self.state = State::Pending;
        self.due_at = Some(unix_ms(now));
        self.replay = true;
    }

    /// Calls it off, unless it has ended.
    ///
    /// ```
    /// use hookseal::delivery::{Delivery, State};
    ///
    /// let mut delivery = Delivery::new(time::OffsetDateTime::UNIX_EPOCH);
    /// delivery.cancel();
    /// assert_eq!(delivery.state(), State::Cancelled);
    /// ```
    pub fn cancel(&mut self) {
        if self.state == State::Pending {
            (self.state, self.due_at, self.begun_at) = (State::Cancelled, None, None);
        }
    }

    fn next(&self, sending: &Sending, verdict: Verdict, now: OffsetDateTime, random: u64) -> Next {
        let retry_after = match verdict {
            Verdict::Delivered => return Next::Delivered,
            Verdict::GiveUp => return Next::Failed(FailReason::GaveUp),
            Verdict::DisableEndpoint => return Next::EndpointGone,
            Verdict::Retry { .. } if self.replay => return Next::Failed(FailReason::ReplayFailed),
            Verdict::Retry { retry_after, .. } => retry_after,
        };
        let Some(delay) = sending.retry.next_delay(self.attempts, retry_after, random) else {
            return Next::Failed(FailReason::Exhausted);
        };
        let now_ms = unix_ms(now);
        let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        let due_ms = now_ms.saturating_add(delay_ms);
        let age = i128::from(due_ms) - i128::from(self.first_at.unwrap_or(now_ms));
        let too_old =
            sending.retry.max_age().is_some_and(|max| age > i128::try_from(max.as_millis()).unwrap_or(i128::MAX));
        match time(due_ms) {
            Some(due) if !too_old => Next::RetryAt(due),
            _ => Next::Failed(FailReason::TooOld),
        }
    }
}

fn time(unix_ms: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok()
}
