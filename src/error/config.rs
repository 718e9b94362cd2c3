use super::RandomnessError;
use crate::algorithm::Algorithm;
use crate::key::Key;

/// A scheme, secret, keyring or policy that cannot be used. Returned when it is built or loaded, never per request.
///
/// ```
/// use hookseal::{ConfigError, Scheme, Secret};
///
/// let error = Scheme::try_new("X-Acme-Signature: sha256={hexx}", "{body}").unwrap_err();
/// assert!(error.to_string().starts_with("headers: `{hexx}` is not a placeholder of a header; those are `{hex}`"));
/// assert_eq!(Secret::new("").unwrap_err(), ConfigError::EmptySecret);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A scheme, an event shape, a filter, a provider or a policy breaks a rule.
    #[error("{field}: {}{problem}", quoted(piece))]
    Invalid {
        /// The field's name in a file: `headers`, `covers`, `event`, `retry` and so on.
        field: &'static str,
        /// The part of it that is wrong.
        piece: String,
        /// What is wrong with that part.
        problem: &'static str,
    },
    /// The secret is empty. An environment variable that is not set must not become a key that everyone knows.
    #[error("the secret is empty")]
    EmptySecret,
    /// The secret begins or ends with white space: most likely the line break at the end of a file.
    #[error("the secret begins or ends with white space")]
    UntrimmedSecret,
    /// A verify token has fewer than 16 bytes. [`Secret::allow_short`](crate::Secret::allow_short) permits it.
    #[error("the verify token has {bytes} bytes, fewer than 16")]
    ShortVerifyToken {
        /// The token's length; 0 if it is not a text.
        bytes: usize,
    },
    /// A secret's key has fewer than 16 bytes. [`Secret::allow_short`](crate::Secret::allow_short) permits it.
    #[error("the key of {} has {bytes} bytes, fewer than 16", secret(*key))]
    ShortSecret {
        /// Which secret of the keyring.
        key: Key,
        /// The key's length.
        bytes: usize,
    },
    /// A secret is not written in the form that the scheme asks for.
    #[error("{} is not {form}", secret(*key))]
    MalformedSecret {
        /// Which secret of the keyring.
        key: Key,
        /// The form in words, for example "hex".
        form: &'static str,
    },
    /// A secret is 64 or more hex digits, and the scheme asks for base64, which would read them as another key: no event
    /// would ever verify. If the key really is what base64 makes of them, decode it yourself and use
    /// [`Secret::from_bytes`](crate::Secret::from_bytes), which also takes a key decoded from hex.
    #[error("{} looks like hex, and the scheme expects {form}; a decoded key can be given as bytes", secret(*key))]
    HexSecret {
        /// Which secret of the keyring.
        key: Key,
        /// The form that the scheme asks for, in words.
        form: &'static str,
    },
    /// A keyring contains one secret twice. Most likely one of them was meant to be replaced: a rotation that changes
    /// nothing leaves a stolen secret in use.
    #[error("{} is the same as {}", secret(*key), secret(*earlier))]
    RepeatedSecret {
        /// The later one.
        key: Key,
        /// The earlier one.
        earlier: Key,
    },
    /// The keyring has no key that the provider's schemes can use, or has one that none of them can.
    #[error("the scheme's algorithm is {algorithm}, and the keyring has {}", if *has_other { "a key of another kind" } else { "no key for it" })]
    KeyKind {
        /// That of the first scheme.
        algorithm: Algorithm,
        /// Whether there is a key that no scheme can use.
        has_other: bool,
    },
    /// The scheme compares a value, such as a topic or an audience, with those that the receiver allows, and there are none.
    #[error("the scheme compares a value with those that are allowed: set them with `Provider::with_allowed`")]
    NothingAllowed,
    /// The scheme signs the public URL of the endpoint, which no header can be trusted to say.
    #[error("the scheme covers the endpoint's URL: set it with `Provider::with_public_url`")]
    NoPublicUrl,
    /// A keyring without a key.
    #[error("the keyring has no key")]
    NoKeys,
    /// More than eight keys. An unauthenticated request costs one hash per key, which is why there is a limit.
    #[error("{count} keys are more than 8")]
    TooManyKeys {
        /// The number of keys.
        count: usize,
    },
    /// The operating system provided no randomness for a new secret.
    #[error(transparent)]
    NoRandomness(RandomnessError),
}

/// One secret of a keyring, in words.
fn secret(key: Key) -> String {
    match key {
        Key::Current => "the current secret".to_owned(),
        Key::Previous(n) => format!("previous secret {n}"),
    }
}

/// The part that is wrong, in quotes, if it is not empty.
fn quoted(piece: &str) -> String {
    if piece.is_empty() { String::new() } else { format!("`{piece}` ") }
}
