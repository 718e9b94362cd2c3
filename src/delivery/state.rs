use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::words::display_as_serialized;

/// The state of a delivery.
///
/// Its text is for a column of your table, and reads back: `pending`, `delivered`, `cancelled`, and `failed` with the
/// reason, as in `failed:exhausted`.
///
/// ```
/// use hookseal::delivery::{FailReason, State};
///
/// let state = State::Failed(FailReason::Exhausted);
/// assert_eq!(state.to_string(), "failed:exhausted");
/// assert_eq!("failed:exhausted".parse(), Ok(state));
/// assert_eq!(serde_json::to_string(&State::Delivered)?, "\"delivered\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// An attempt is in flight or still to come.
    Pending,
    /// The receiver has the event.
    Delivered,
    /// It has failed and is not retried any more.
    Failed(FailReason),
    /// It was cancelled.
    Cancelled,
}

impl State {
    /// One word without the reason, to group by: `pending`, `delivered`, `failed` or `cancelled`.
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

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Failed(reason) => write!(f, "failed:{reason}"),
            state => f.pad(state.name()),
        }
    }
}

impl FromStr for State {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<State, ConfigError> {
        let ended = [State::Pending, State::Delivered, State::Cancelled];
        let failed = FailReason::ALL.map(State::Failed);
        let named = |state: &State| text == state.to_string();
        ended.into_iter().chain(failed).find(named).ok_or_else(|| ConfigError::Invalid {
            field: "state",
            piece: text.to_owned(),
            problem: "is not the state of a delivery",
        })
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
    /// All attempts of the schedule have failed.
    Exhausted,
    /// The next attempt would have come after the policy's maximum age.
    TooOld,
    /// The outcome was one after which no attempt helps.
    GaveUp,
    /// The endpoint is gone.
    EndpointGone,
    /// A replay failed, of a delivery whose schedule was over.
    ReplayFailed,
}

display_as_serialized!(FailReason);

impl FailReason {
    const ALL: [FailReason; 5] = [
        FailReason::Exhausted,
        FailReason::TooOld,
        FailReason::GaveUp,
        FailReason::EndpointGone,
        FailReason::ReplayFailed,
    ];
}
