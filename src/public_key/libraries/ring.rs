//! What ring does for P-256 and RSA. No other file names it.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::Algorithm;

/// `key` is an uncompressed point or an `RSAPublicKey` of PKCS #1. A key of the other kind verifies nothing.
pub(super) fn verifies(algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let form: &'static dyn VerificationAlgorithm = match algorithm {
        Algorithm::P256 => &ECDSA_P256_SHA256_ASN1,
        Algorithm::P256Fixed => &ECDSA_P256_SHA256_FIXED,
        Algorithm::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RsaSha512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Hmac | Algorithm::Ed25519 => return false,
    };
    UnparsedPublicKey::new(form, key).verify(message, signature).is_ok()
}

/// Whether a point is one of the curve of P-256. Verifying finds that out too, but only when a delivery is there. Of what ring
/// offers, only an agreement on a key checks it at once.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(super) fn is_on_curve(point: &[u8]) -> bool {
    use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};

    let Ok(ours) = EphemeralPrivateKey::generate(&ECDH_P256, &ring::rand::SystemRandom::new()) else { return true };
    agree_ephemeral(ours, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok()
}

/// There is no randomness for it.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(super) fn is_on_curve(_: &[u8]) -> bool {
    true
}
