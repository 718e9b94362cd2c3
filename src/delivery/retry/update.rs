use serde::{Deserialize, Serialize};

use super::RetryPolicy;

/// CallIntel's request to change an endpoint's policy: `{"retry_policy": {…}}`.
///
/// ```
/// use hookseal::delivery::{RetryPolicy, RetryPolicyUpdate};
///
/// let json = r#"{"retry_policy":{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":3600}}"#;
/// let update: RetryPolicyUpdate = serde_json::from_str(json)?;
/// assert_eq!(update.retry_policy, RetryPolicy::CALLINTEL_EXAMPLE);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the shape of a document that others define")]
pub struct RetryPolicyUpdate {
    /// The new policy.
    pub retry_policy: RetryPolicy,
}
