use time::OffsetDateTime;

use super::state::FailReason;

/// An attempt that has begun. [`Delivery::begin`](super::Delivery::begin) makes one.
///
/// ```
/// use hookseal::delivery::{Delivery, DeliveryPolicy};
/// use time::OffsetDateTime;
///
/// let now = OffsetDateTime::UNIX_EPOCH;
/// let attempt = Delivery::new(now).begin(&DeliveryPolicy::new(), now)?;
/// assert_eq!(attempt.number(), 1);
/// # Ok::<(), hookseal::delivery::AttemptError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub(super) number: u32,
    /// Distinguishes it from every other attempt of the delivery, whatever the clocks say.
    pub(super) serial: u32,
    /// Unix milliseconds.
    pub(super) begun_at: i64,
    pub(super) lease_until: OffsetDateTime,
    pub(super) signing_time: OffsetDateTime,
    pub(super) replay: bool,
    /// The wish for a replay that it answers, as `replay_at` and `replays_wanted` were when it began.
    pub(super) answers: (Option<i64>, u32),
}

impl Attempt {
    /// Which attempt it is, from 1. An attempt that was lost is begun again under its number.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, DeliveryPolicy};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// assert_eq!(Delivery::new(now).begin(&DeliveryPolicy::new(), now)?.number(), 1);
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The time to sign with: now, or the first attempt's where the platform
    /// [reuses](super::DeliveryPolicy::with_reused_timestamp) it.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, DeliveryPolicy};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// assert_eq!(Delivery::new(now).begin(&DeliveryPolicy::new(), now)?.signing_time(), now);
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn signing_time(&self) -> OffsetDateTime {
        self.signing_time
    }

    /// When the attempt counts as lost unless it was recorded. Do not send after it: another worker may.
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, DeliveryPolicy};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// let policy = DeliveryPolicy::new();
    /// assert_eq!(Delivery::new(now).begin(&policy, now)?.lease_until(), now + policy.lease());
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn lease_until(&self) -> OffsetDateTime {
        self.lease_until
    }

    /// Whether it is made only because a user asked for it, outside the schedule. Such an attempt says little about an
    /// endpoint: leave it out of [`EndpointHealth`](super::EndpointHealth).
    ///
    /// ```
    /// # use hookseal::delivery::{Delivery, DeliveryPolicy};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// let mut delivery = Delivery::new(now);
    /// delivery.cancel();
    /// delivery.replay(now);
    /// assert!(delivery.begin(&DeliveryPolicy::new(), now)?.is_replay());
    /// # Ok::<(), hookseal::delivery::AttemptError>(())
    /// ```
    pub fn is_replay(&self) -> bool {
        self.replay
    }
}

/// An attempt that cannot begin, or that no longer counts.
///
/// ```
/// use hookseal::delivery::{AttemptError, Delivery, DeliveryPolicy};
/// use time::OffsetDateTime;
///
/// let now = OffsetDateTime::UNIX_EPOCH;
/// let mut delivery = Delivery::new(now);
/// delivery.cancel();
/// assert_eq!(delivery.begin(&DeliveryPolicy::new(), now).unwrap_err(), AttemptError::NotPending);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The delivery is delivered, failed or cancelled.
    #[error("the delivery is not pending")]
    NotPending,
    /// It is not due yet, or an attempt is in flight whose lease has not run out.
    #[error("the delivery is not due yet")]
    NotDue,
    /// The attempt was begun again or recorded by another worker, or the delivery was cancelled. Drop the outcome.
    #[error("the attempt was begun again, recorded by another worker, or cancelled")]
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
    /// Nothing: the receiver has the event.
    Delivered,
    /// Another attempt, from this time on: a retry, or a replay that was asked for during the attempt.
    RetryAt(OffsetDateTime),
    /// Nothing: it failed for good.
    Failed(FailReason),
    /// Nothing, and the endpoint is gone: send it nothing else.
    EndpointGone,
}
