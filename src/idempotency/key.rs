use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::error::ConfigError;
use crate::mac::sha256;

/// What to remember about an event in order to process it once.
///
/// [`Provider::idempotency_key`](crate::provider::Provider::idempotency_key) makes one from a verified request. It
/// consists of the provider's name, a colon, and 64 hex digits, so its length does not depend on the id or the scope.
///
/// `FromStr`, `TryFrom` and `Deserialize` read a stored key back; any other text is an error.
///
/// ```
/// use hookseal::idempotency::IdempotencyKey;
/// use hookseal::{Secret, provider};
///
/// # let secret = Secret::new("a secret of twenty-some bytes")?;
/// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
/// # let verifier = provider::CALLINTEL.verifier(secret)?;
/// let key = provider::CALLINTEL.idempotency_key(&verifier.verify(&headers, b"{}")?, "tenant-7")?;
/// assert!(key.as_str().starts_with("callintel:"));
/// assert_eq!(key.to_string().parse::<IdempotencyKey>()?, key);
/// assert!(IdempotencyKey::try_from("callintel:evt_1").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Each text is preceded by its length, so that different scopes and contents never give the same input to the
    /// hash.
    pub(crate) fn new(provider: &str, scope: &str, rule: &str, content: &[u8]) -> IdempotencyKey {
        let length = |text: &[u8]| (text.len() as u64).to_be_bytes();
        let digest =
            sha256([&length(scope.as_bytes()), scope.as_bytes(), &length(rule.as_bytes()), rule.as_bytes(), content]);
        IdempotencyKey::of_digest(provider, &digest)
    }

    /// The same for content in two parts.
    pub(crate) fn of_parts(provider: &str, scope: &str, rule: &str, [first, second]: [&[u8]; 2]) -> IdempotencyKey {
        let length = |text: &[u8]| (text.len() as u64).to_be_bytes();
        let (scope, rule) = (scope.as_bytes(), rule.as_bytes());
        let digest = sha256([&length(scope), scope, &length(rule), rule, &length(first), first, second]);
        IdempotencyKey::of_digest(provider, &digest)
    }

    fn of_digest(provider: &str, digest: &[u8; 32]) -> IdempotencyKey {
        IdempotencyKey([provider, ":", &codec::hex_text(digest)].concat())
    }

    /// The key as text, for a database or a cache.
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

impl AsRef<str> for IdempotencyKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for IdempotencyKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = ConfigError;

    fn try_from(text: String) -> Result<IdempotencyKey, ConfigError> {
        let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        match text.rsplit_once(':') {
            Some((provider, digits)) if !provider.is_empty() && is_digest(digits) => Ok(IdempotencyKey(text)),
            _ => Err(ConfigError::Invalid {
                field: "idempotency_key",
                // The text is left out, because it could be anything.
                piece: String::new(),
                problem: "is not a provider's name, a colon and 64 hex digits",
            }),
        }
    }
}

impl TryFrom<&str> for IdempotencyKey {
    type Error = ConfigError;

    fn try_from(text: &str) -> Result<IdempotencyKey, ConfigError> {
        text.to_owned().try_into()
    }
}

impl FromStr for IdempotencyKey {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<IdempotencyKey, ConfigError> {
        text.try_into()
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> String {
        key.0
    }
}
