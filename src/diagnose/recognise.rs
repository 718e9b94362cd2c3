//! Schemes that are no MAC over what this crate can vary, by their looks.

use crate::codec::{read_base64_key, read_hex_key};

use super::captured::Captured;

/// What a delivery resembles.
pub(super) fn hint(delivery: &Captured, secret: &str) -> Option<&'static str> {
    let key = secret.trim();
    if key.starts_with("-----BEGIN") || key.starts_with("MFkw") || key.starts_with("MIIB") || key.starts_with("MCow") {
        return Some("The secret is a public key: the provider signs with a private key, not with a shared secret");
    }
    let mut bytes = Vec::new();
    let is_short_key = key.len() == 64 && read_hex_key(key.as_bytes(), &mut bytes);
    for (name, value) in delivery.headers() {
        let Ok(value) = std::str::from_utf8(value) else { continue };
        let name = name.to_ascii_lowercase();
        if value.split([' ', ',']).any(is_token) {
            return Some("A header holds a token (JWT): the body is bound by a claim, not by a MAC of it");
        }
        if name.contains("ed25519") {
            return Some("This is an Ed25519 signature: the secret is a public key");
        }
        let text = value.rsplit(['=', ':']).find(|part| part.len() > 40).unwrap_or(value).trim();
        let hex = text.len() == 128 && read_hex_key(text.as_bytes(), &mut bytes);
        if hex && is_short_key {
            return Some("This looks like an Ed25519 signature, of 64 bytes, and the secret like its public key");
        }
        let is_signature = name.contains("sign") || name.contains("digest");
        if is_signature && read_base64_key(value.trim().replace('-', "+").replace('_', "/").as_bytes(), &mut bytes) {
            match bytes.len() {
                128 | 256 | 384 | 512 => {
                    return Some(
                        "The signature has the length of an RSA signature: the provider signs with a private key",
                    );
                }
                68..=72 if bytes.first() == Some(&0x30) => {
                    return Some("This looks like an ECDSA signature: the provider signs with a private key");
                }
                _ => {}
            }
        }
    }
    None
}

/// Three parts in base64url, of which the first is JSON.
fn is_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}
