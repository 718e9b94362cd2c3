use serde::{Deserialize, Serialize};

use super::state::State;

/// What a [`Delivery`](super::Delivery) consists of, for a table that has a column for each field instead of JSON.
///
/// All times are unix milliseconds. A table of only pending deliveries needs no `state`, and one whose workers own
/// their rows and never store a beginning needs neither `begun_at` nor `lease_until`. A field without a column is left
/// at its default.
///
/// ```
/// use hookseal::delivery::{Columns, Delivery};
/// use time::OffsetDateTime;
///
/// let delivery = Delivery::new(OffsetDateTime::UNIX_EPOCH);
/// let (attempts, due_at) = (delivery.columns().attempts, delivery.columns().due_at);
/// // … and when the row is read:
/// let mut columns = Columns::default();
/// columns.attempts = attempts;
/// columns.due_at = due_at;
/// assert_eq!(Delivery::from(columns), delivery);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Columns {
    /// The state; pending by default. Its text reads back, for a column of type text.
    pub state: State,
    /// Attempts whose outcome is recorded.
    #[serde(default)]
    pub attempts: u32,
    /// How many of those were replays, which the schedule does not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replays: u32,
    /// When the schedule's next attempt is due; none once the schedule is over. Your queue asks for
    /// [`Delivery::due`](super::Delivery::due), which also considers replays and leases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// When the replay is due that a user asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_at: Option<i64>,
    /// How often a replay was asked for since the last one was made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replays_wanted: u32,
    /// When the first attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<i64>,
    /// Grows with every beginning that is stored and with every cancellation, so that no two attempts are alike.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub begun: u32,
    /// When the attempt in flight began; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<i64>,
    /// When the attempt in flight counts as lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<i64>,
    /// The last attempt's status, if an answer arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// What went wrong in the last attempt, if no answer came: the word of
    /// [`Outcome::error`](super::Outcome::error).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl Default for Columns {
    fn default() -> Columns {
        Columns {
            state: State::Pending,
            attempts: 0,
            replays: 0,
            due_at: None,
            replay_at: None,
            replays_wanted: 0,
            first_at: None,
            begun: 0,
            begun_at: None,
            lease_until: None,
            last_status: None,
            last_error: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
