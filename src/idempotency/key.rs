use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::mac::sha256;

/// What to remember of an event in order to process it once.
///
/// Made by [`Provider::idempotency_key`](crate::provider::Provider::idempotency_key) from a verified request: the
/// provider's name, a colon, and 64 hex digits. Ids of any length and scopes of any text give keys of one length.
///
/// ```
/// use hookseal::{Secret, provider};
///
/// # let secret = Secret::new("a secret of twenty-some bytes")?;
/// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
/// # let verifier = provider::CALLINTEL.verifier(secret)?;
/// let key = provider::CALLINTEL.idempotency_key(&verifier.verify(&headers, b"{}")?, "tenant-7")?;
/// assert!(key.as_str().starts_with("callintel:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Lengths stand before texts, so that no two scopes and contents run together.
    pub(crate) fn new(provider: &str, scope: &str, rule: &str, content: &[u8]) -> IdempotencyKey {
        let length = |text: &[u8]| (text.len() as u64).to_be_bytes();
        let digest =
            sha256([&length(scope.as_bytes()), scope.as_bytes(), &length(rule.as_bytes()), rule.as_bytes(), content]);
        IdempotencyKey(format!("{provider}:{}", codec::hex_text(&digest)))
    }

    /// The text, for a database or a cache.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// let (one, other) = ("tenant-7", "tenant-8");
    /// let key = |scope| provider::CALLINTEL.idempotency_key(&verified, scope);
    /// assert_ne!(key(one)?.as_str(), key(other)?.as_str());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
