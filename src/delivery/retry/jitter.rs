use serde::{Deserialize, Serialize};

/// How a wait is spread, so that those who failed together do not come back together.
///
/// ```
/// use hookseal::delivery::Jitter;
///
/// assert_eq!(Jitter::default(), Jitter::None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Jitter {
    /// The wait itself. What published tables promise, hence the default of presets.
    #[default]
    None,
    /// Anything from zero to the wait.
    Full,
    /// Anything from half the wait to the wait.
    Equal,
    /// The wait, give or take so many thousandths of it (at most 1000); never over an exponential policy's cap.
    Proportional {
        /// Thousandths.
        permille: u16,
    },
    /// The wait and up to so many thousandths of it more, within bounds. Not cut at a cap, where it is needed most.
    Additive {
        /// Thousandths.
        permille: u16,
        /// The least spread, in seconds.
        min_seconds: u32,
        /// The most spread, in seconds.
        max_seconds: u32,
    },
}
