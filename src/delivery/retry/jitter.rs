use serde::{Deserialize, Serialize};

/// How a wait is spread, so that deliveries that failed together are not all retried at the same moment.
///
/// ```
/// use hookseal::delivery::Jitter;
///
/// assert_eq!(Jitter::default(), Jitter::None);
/// ```
///
/// # In a file
///
/// A word, `none`, `full` or `equal`, or an object with the numbers of `proportional` or `additive`. It is the field
/// `jitter` of a [`RetryPolicy`](super::RetryPolicy), where its numbers are checked.
///
/// ```
/// use hookseal::delivery::{Jitter, RetryPolicy};
///
/// let policy: RetryPolicy = toml::from_str(r#"
///     delays = [60, 300]
///     jitter = { additive = { permille = 100, min_seconds = 2, max_seconds = 900 } }
/// "#)?;
/// let additive = Jitter::Additive { permille: 100, min_seconds: 2, max_seconds: 900 };
/// assert_eq!(policy.jitter(), additive);
///
/// assert_eq!(serde_json::from_str::<Jitter>(r#""equal""#)?, Jitter::Equal);
/// let json = r#"{"proportional":{"permille":200}}"#;
/// assert_eq!(serde_json::from_str::<Jitter>(json)?, Jitter::Proportional { permille: 200 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[serde(expecting = "`none`, `full`, `equal`, `{ proportional = { permille = … } }` or \
                     `{ additive = { permille = …, min_seconds = …, max_seconds = … } }`")]
#[non_exhaustive]
pub enum Jitter {
    /// The wait itself. What published tables promise, hence the default of presets.
    #[default]
    None,
    /// Anything from zero to the wait.
    Full,
    /// Anything from half the wait to the wait.
    Equal,
    /// The wait, plus or minus up to this many thousandths of it (at most 1000); never over an exponential policy's cap.
    Proportional {
        /// Thousandths.
        permille: u16,
    },
    /// The wait, plus up to this many thousandths of it, within bounds. Not cut at a cap, where it is needed most.
    Additive {
        /// Thousandths.
        permille: u16,
        /// The least spread, in seconds.
        min_seconds: u32,
        /// The most spread, in seconds.
        max_seconds: u32,
    },
}
