use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::attempt::{Attempt, AttemptError, Next};
use super::columns::Columns;
use super::health::{unix_ms, unix_time};
use super::millis::Millis;
use super::outcome::{Outcome, Verdict};
use super::policy::DeliveryPolicy;
use super::record::AttemptRecord;
use super::state::{FailReason, State};
use crate::timestamp::nearest_time;

/// One event on its way to one endpoint: a value that your database or queue keeps.
///
/// A worker that finds it due calls [`begin`](Self::begin), stores it, sends, calls [`record`](Self::record), and
/// stores it again together with the attempt's record. Whoever stores it also writes [`due`](Self::due) into a column,
/// as a timestamp or as [unix milliseconds](Self::due_unix_millis), and one comparison finds what there is to do:
///
/// ```sql
/// CREATE INDEX due ON deliveries (due_at) WHERE due_at IS NOT NULL;
///
/// SELECT id, delivery FROM deliveries WHERE due_at <= now()
/// ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED;
/// ```
///
/// The column is null once the delivery has ended, so nothing more is asked of it. While an attempt is in flight, it
/// holds the end of the attempt's lease, [`DeliveryPolicy::lease`] after its beginning: nobody else takes the delivery
/// before, and if its worker is gone by then, the same query finds it.
///
/// Workers that own their rows, for example by a share of the endpoints, can do without a lease: see
/// [`begin`](Self::begin).
///
/// Delivery is at least once. If a worker dies between sending and recording, nobody knows whether the receiver has the
/// event: the attempt is begun again under its number, with the same event id, by which the receiver deduplicates.
/// If the first worker was only slow, its record comes too late and is refused, so that no attempt counts twice.
///
/// All times come from the caller. Pass the database's clock to every worker; clocks that disagree make attempts early
/// or late by as much, and lose nothing.
///
/// Its JSON accepts fields that it does not know, so that an old worker reads a newer one's rows. For a table without
/// JSON, there are [`columns`](Self::columns).
///
/// ```
/// use hookseal::delivery::{Delivery, DeliveryPolicy, Next, Outcome, State};
/// use time::{Duration, macros::datetime};
///
/// let policy = DeliveryPolicy::new();
/// let mut now = datetime!(2026-06-01 12:00 UTC);
/// let mut delivery = Delivery::new(now);
/// for status in [500, 200] {
///     let attempt = delivery.begin(&policy, now)?;
///     let outcome = Outcome::Response { status, retry_after: None };
///     let (_, next) = delivery.record(&attempt, &policy, &outcome, now, 0)?;
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
#[serde(transparent)]
pub struct Delivery {
    columns: Columns,
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
        Delivery { columns: Columns { due_at: Some(unix_ms(now)), ..Columns::default() } }
    }

    /// What it consists of, for a table that has a column for each field. [`Delivery::from`] puts it together again.
    ///
    /// ```
    /// use hookseal::delivery::Delivery;
    /// use time::OffsetDateTime;
    ///
    /// let delivery = Delivery::new(OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(delivery.columns().due_at, Some(0));
    /// assert_eq!(Delivery::from(delivery.columns().clone()), delivery);
    /// ```
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The state of the delivery.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, State};
    /// let mut delivery = Delivery::new(time::OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(delivery.state(), State::Pending);
    /// delivery.cancel();
    /// assert_eq!(delivery.state(), State::Cancelled);
    /// ```
    pub fn state(&self) -> State {
        self.columns.state
    }

    /// When a worker may take it: when the next attempt is due or, while one is in flight, when that one counts as
    /// lost. `None` once the delivery has ended.
    ///
    /// Store it in your queue's column after every change, and take nothing from the queue before: a due time of its
    /// own could call a delivery due when [`begin`](Self::begin) does not.
    ///
    /// ```
    /// use hookseal::delivery::{Delivery, DeliveryPolicy};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    ///
    /// let policy = DeliveryPolicy::new();
    /// let mut delivery = Delivery::new(now);
    /// assert_eq!(delivery.due(), Some(now));
    /// delivery.begin(&policy, now)?;
    /// assert_eq!(delivery.due(), Some(now + policy.lease()));
    /// delivery.cancel();
    /// assert_eq!(delivery.due(), None);
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn due(&self) -> Option<OffsetDateTime> {
        self.due_unix_millis().map(nearest_unix_time)
    }

    /// [`due`](Self::due) in unix milliseconds, for a column of type integer.
    ///
    /// ```
    /// # use hookseal::delivery::Delivery;
    /// let now = time::macros::datetime!(2026-06-01 12:00 UTC);
    /// assert_eq!(Delivery::new(now).due_unix_millis(), Some(1_780_315_200_000));
    /// ```
    pub fn due_unix_millis(&self) -> Option<i64> {
        let columns = &self.columns;
        if columns.state != State::Pending {
            return None;
        }
        let lease = columns.begun_at.and(columns.lease_until);
        let wished = columns.due_at.into_iter().chain(columns.replay_at).min();
        // A row that has neither is due at once; otherwise it would wait forever.
        Some(lease.or(wished).unwrap_or_default())
    }

    /// How many attempts were recorded.
    ///
    /// ```
    /// # use hookseal::delivery::Delivery;
    /// assert_eq!(Delivery::new(time::OffsetDateTime::UNIX_EPOCH).attempts(), 0);
    /// ```
    pub fn attempts(&self) -> u32 {
        self.columns.attempts
    }

    /// The last attempt's status, if an answer came.
    ///
    /// ```
    /// # use hookseal::delivery::Delivery;
    /// assert_eq!(Delivery::new(time::OffsetDateTime::UNIX_EPOCH).last_status(), None);
    /// ```
    pub fn last_status(&self) -> Option<u16> {
        self.columns.last_status
    }

    /// Begins the next attempt, or the last one again if its lease has run out and no worker has recorded it. Store the
    /// delivery before you send.
    ///
    /// A worker that owns the row need not store it: it keeps the attempt in memory, reads the row again when the
    /// attempt has ended, and records on what it reads. [`record`](Self::record) compares the attempt's number with the
    /// row, so that of two owners, one records. A batch can do that in SQL, with `WHERE attempts = $number - 1`; it
    /// then has to leave alone what a user has changed meanwhile, `state`, `replay_at` and `replays_wanted`. An owner
    /// must remember what it has in flight, since the row stays due.
    ///
    /// # Errors
    /// [`AttemptError::NotPending`]; [`AttemptError::NotDue`] also while an attempt is in flight whose lease has not
    /// run out.
    ///
    /// ```
    /// use hookseal::delivery::{AttemptError, Delivery, DeliveryPolicy};
    /// use time::OffsetDateTime;
    ///
    /// let (policy, now) = (DeliveryPolicy::new(), OffsetDateTime::UNIX_EPOCH);
    /// let mut delivery = Delivery::new(now);
    /// let lost = delivery.begin(&policy, now)?;
    /// assert_eq!(delivery.begin(&policy, now).unwrap_err(), AttemptError::NotDue);
    /// let again = delivery.begin(&policy, lost.lease_until())?;
    /// assert_eq!(again.number(), lost.number());
    /// # Ok::<(), AttemptError>(())
    /// ```
    pub fn begin(&mut self, policy: &DeliveryPolicy, now: OffsetDateTime) -> Result<Attempt, AttemptError> {
        let Some(due) = self.due_unix_millis() else { return Err(AttemptError::NotPending) };
        let now_ms = unix_ms(now);
        if due > now_ms {
            return Err(AttemptError::NotDue);
        }
        let columns = &mut self.columns;
        // An attempt that the schedule makes anyway answers a user's wish too.
        let replay = columns.replay_at.is_some() && columns.due_at.is_none_or(|due| due > now_ms);
        let first_at = *columns.first_at.get_or_insert(now_ms);
        let lease = i64::try_from(policy.lease().as_millis()).unwrap_or(i64::MAX);
        let lease_until = now_ms.saturating_add(lease);
        columns.begun = columns.begun.wrapping_add(1);
        columns.begun_at = Some(now_ms);
        columns.lease_until = Some(lease_until);
        // A user who replays wants it accepted now, not judged by the clock of long ago. Receivers know the schedule, and
        // not how long a `Retry-After` or a pause made it.
        let is_in_schedule = || {
            let horizon = i64::try_from(policy.retry().total_horizon().as_millis()).unwrap_or(i64::MAX);
            now_ms.saturating_sub(first_at) <= horizon
        };
        let reuse = policy.reuses_timestamp() && !replay && is_in_schedule();
        Ok(Attempt {
            number: columns.attempts.saturating_add(1),
            serial: columns.begun,
            begun_at: now_ms,
            lease_until: nearest_unix_time(lease_until),
            signing_time: if reuse { nearest_unix_time(first_at) } else { now },
            replay,
            answers: (columns.replay_at, columns.replays_wanted),
        })
    }

    /// Records how an attempt ended, and says what comes next. `now` is its end; `random` is one uniform number, for
    /// jitter.
    ///
    /// # Errors
    /// [`AttemptError::Superseded`] if the attempt was begun again, recorded or cancelled meanwhile: the delivery is
    /// unchanged.
    ///
    /// ```
    /// use hookseal::delivery::{AttemptError, Delivery, DeliveryPolicy, Next, Outcome};
    /// use time::OffsetDateTime;
    ///
    /// let (policy, now) = (DeliveryPolicy::new(), OffsetDateTime::UNIX_EPOCH);
    /// let mut delivery = Delivery::new(now);
    /// let attempt = delivery.begin(&policy, now)?;
    /// let accepted = Outcome::Response { status: 202, retry_after: None };
    /// assert_eq!(delivery.record(&attempt, &policy, &accepted, now, 0)?.1, Next::Delivered);
    /// assert_eq!(delivery.record(&attempt, &policy, &accepted, now, 0).unwrap_err(), AttemptError::Superseded);
    /// # Ok::<(), AttemptError>(())
    /// ```
    pub fn record(
        &mut self,
        attempt: &Attempt,
        policy: &DeliveryPolicy,
        outcome: &Outcome<'_>,
        now: OffsetDateTime,
        random: u64,
    ) -> Result<(AttemptRecord, Next), AttemptError> {
        if !self.awaits(attempt) {
            return Err(AttemptError::Superseded);
        }
        let columns = &mut self.columns;
        columns.attempts = attempt.number;
        columns.replays = columns.replays.saturating_add(attempt.replay.into());
        columns.first_at.get_or_insert(attempt.begun_at);
        (columns.begun_at, columns.lease_until) = (None, None);
        columns.last_status = outcome.status();
        columns.last_error = outcome.error().map(str::to_owned);
        let record = AttemptRecord {
            attempt: attempt.number,
            started_at: attempt.begun_at,
            duration_ms: u64::try_from(unix_ms(now).saturating_sub(attempt.begun_at)).unwrap_or(0),
            status: columns.last_status,
            error: columns.last_error.clone(),
            delivered: false,
            excerpt: None,
        };
        let verdict = policy.outcomes().classify(outcome, now);
        let next = self.next(attempt, policy, verdict, unix_ms(now), random);
        Ok((AttemptRecord { delivered: verdict == Verdict::Delivered, ..record }, next))
    }

    /// Requests one more attempt for a user, due at `at`, whatever has happened to the delivery before.
    ///
    /// - A delivery that has ended is pending again for this one attempt, which is not retried if it fails.
    /// - A pending delivery only becomes due earlier, and keeps all its retries: the schedule does not count the
    ///   attempt, and continues as planned if it fails. If the schedule's own attempt is due by then, it serves as the
    ///   replay.
    /// - While an attempt is in flight, the replay waits until it has ended, and is then due whatever its outcome. Even
    ///   a success does not replace it: the user wants something that is sent from now on, perhaps because the receiver
    ///   has just been repaired, and the attempt in flight went to the old one. The receiver deduplicates by the id.
    ///
    /// Several requests before one attempt count as one. Only [`cancel`](Self::cancel) withdraws a request. The attempt
    /// is signed with its own time, even if retries reuse the time of the first attempt.
    ///
    /// ```
    /// use hookseal::delivery::{Delivery, DeliveryPolicy, Next, Outcome, State};
    /// use time::OffsetDateTime;
    ///
    /// let (policy, now) = (DeliveryPolicy::new(), OffsetDateTime::UNIX_EPOCH);
    /// let mut delivery = Delivery::new(now);
    /// let attempt = delivery.begin(&policy, now)?;
    /// delivery.replay(now);
    /// let (_, next) = delivery.record(&attempt, &policy, &Outcome::Timeout, now, 0)?;
    /// assert_eq!(next, Next::RetryAt(now));
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn replay(&mut self, at: OffsetDateTime) {
        let columns = &mut self.columns;
        if columns.state != State::Pending {
            columns.state = State::Pending;
            (columns.due_at, columns.begun_at, columns.lease_until) = (None, None, None);
        }
        let at = unix_ms(at);
        columns.replay_at = Some(columns.replay_at.map_or(at, |wished| wished.min(at)));
        columns.replays_wanted = columns.replays_wanted.wrapping_add(1);
    }

    /// Cancels the delivery, unless it has ended. An attempt in flight no longer counts, and its record is refused.
    ///
    /// ```
    /// use hookseal::delivery::{Delivery, State};
    ///
    /// let mut delivery = Delivery::new(time::OffsetDateTime::UNIX_EPOCH);
    /// delivery.cancel();
    /// assert_eq!(delivery.state(), State::Cancelled);
    /// ```
    pub fn cancel(&mut self) {
        let columns = &mut self.columns;
        if columns.state == State::Pending {
            columns.state = State::Cancelled;
            (columns.due_at, columns.replay_at, columns.replays_wanted) = (None, None, 0);
            (columns.begun_at, columns.lease_until) = (None, None);
            // The attempt of an owner that has stored no beginning does not count any more either.
            columns.begun = columns.begun.wrapping_add(1);
        }
    }

    /// Whether an attempt is the one in flight, or would be if its beginning had been stored.
    fn awaits(&self, attempt: &Attempt) -> bool {
        let columns = &self.columns;
        let current = match columns.begun_at {
            Some(begun_at) => (attempt.serial, attempt.begun_at) == (columns.begun, begun_at),
            None => attempt.serial == columns.begun.wrapping_add(1),
        };
        columns.state == State::Pending && attempt.number == columns.attempts.saturating_add(1) && current
    }

    /// Applies the meaning of an outcome, and says what comes next.
    fn next(&mut self, attempt: &Attempt, policy: &DeliveryPolicy, verdict: Verdict, now_ms: i64, random: u64) -> Next {
        let mut next = match verdict {
            Verdict::Delivered => Next::Delivered,
            Verdict::GiveUp => Next::Failed(FailReason::GaveUp),
            Verdict::DisableEndpoint => Next::EndpointGone,
            Verdict::Retry { retry_after, .. } => self.retry(attempt, policy, retry_after, now_ms, random),
        };
        let columns = &mut self.columns;
        (columns.state, columns.due_at) = match next {
            Next::Delivered => (State::Delivered, None),
            Next::RetryAt(due) => (State::Pending, Some(unix_ms(due))),
            Next::Failed(reason) => (State::Failed(reason), None),
            Next::EndpointGone => (State::Failed(FailReason::EndpointGone), None),
        };
        if (columns.replay_at, columns.replays_wanted) == attempt.answers {
            (columns.replay_at, columns.replays_wanted) = (None, 0);
        } else {
            columns.state = State::Pending;
        }
        if let Some(due) = self.due() {
            next = Next::RetryAt(due);
        }
        next
    }

    /// When the schedule continues after a failed attempt, if it does.
    fn retry(
        &self,
        attempt: &Attempt,
        policy: &DeliveryPolicy,
        retry_after: Option<Duration>,
        now_ms: i64,
        random: u64,
    ) -> Next {
        let (columns, retry) = (&self.columns, policy.retry());
        let after = |wait: u64| now_ms.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX));
        // If the clock was set back, the age is zero.
        let age = columns.first_at.map_or(0, |first| now_ms.saturating_sub(first).max(0));
        let end = retry.max_age().map_or(i64::MAX, |limit| after(Millis::new(limit).0).saturating_sub(age));
        let due = if attempt.replay {
            let Some(planned) = columns.due_at else { return Next::Failed(FailReason::ReplayFailed) };
            retry_after.map_or(planned, |asked| planned.max(after(retry.bounded(asked)).min(end)))
        } else {
            let failed = columns.attempts.saturating_sub(columns.replays);
            let wait = |asked| retry.next_delay(failed, asked, random).map(|wait| Millis::new(wait).0);
            let Some((scheduled, asked)) = wait(None).zip(wait(retry_after)) else {
                return Next::Failed(FailReason::Exhausted);
            };
            if after(scheduled) > end {
                return Next::Failed(FailReason::TooOld);
            }
            after(asked).min(end)
        };
        // Any time after the calendar's end is too late.
        unix_time(due).map_or(Next::Failed(FailReason::TooOld), Next::RetryAt)
    }
}

impl From<Columns> for Delivery {
    fn from(columns: Columns) -> Delivery {
        Delivery { columns }
    }
}

/// The time, or the nearest end of the calendar.
fn nearest_unix_time(unix_ms: i64) -> OffsetDateTime {
    nearest_time(i128::from(unix_ms) * 1_000_000)
}
