use serde::{Deserialize, Serialize};

use crate::words::display_as_serialized;

/// How a [`Scheme`](crate::Scheme) signs. A request never chooses it.
///
/// HMAC signs with a [`Secret`](crate::Secret) that both sides know. All others sign with a private key that only the sender
/// has, and are verified with its `PublicKey`; they need a feature of the crate each. Only Ed25519 can also
/// sign here.
///
/// ```
/// use hookseal::{Algorithm, Scheme};
///
/// const ACME: Scheme = Scheme::new("Acme-Signature: {base64}", "{body}").with_algorithm(Algorithm::Ed25519);
/// assert_eq!(ACME.algorithm().to_string(), "ed25519");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with the scheme's [digest](crate::Digest). This is the default, because most providers use it.
    #[default]
    Hmac,
    /// Ed25519 (RFC 8032). Needs the feature `ed25519`.
    Ed25519,
    /// ECDSA on the curve P-256 with SHA-256, the signature in DER. Needs the feature `p256`.
    P256,
    /// The same with a signature of 64 bytes, as JWTs have it (ES256). Needs the feature `p256`.
    P256Fixed,
    /// RSA PKCS #1 v1.5 with SHA-256 (RS256), keys of 2048 to 8192 bits. Needs the feature `rsa`.
    RsaSha256,
    /// RSA PKCS #1 v1.5 with SHA-512 (RS512), keys of 2048 to 8192 bits. Needs the feature `rsa`.
    RsaSha512,
}

display_as_serialized!(Algorithm);

/// The kind of key that an algorithm needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Secret,
    Ed25519,
    P256,
    Rsa,
}

impl Algorithm {
    pub(crate) const fn key_kind(self) -> KeyKind {
        match self {
            Algorithm::Hmac => KeyKind::Secret,
            Algorithm::Ed25519 => KeyKind::Ed25519,
            Algorithm::P256 | Algorithm::P256Fixed => KeyKind::P256,
            Algorithm::RsaSha256 | Algorithm::RsaSha512 => KeyKind::Rsa,
        }
    }

    /// The fewest and the most bytes of a signature, for one that is not an HMAC.
    pub(crate) const fn signature_length(self) -> (usize, usize) {
        match self {
            Algorithm::Hmac => (0, 0),
            Algorithm::Ed25519 | Algorithm::P256Fixed => (64, 64),
            Algorithm::P256 => (8, 72),
            Algorithm::RsaSha256 | Algorithm::RsaSha512 => (256, 1024),
        }
    }
}
