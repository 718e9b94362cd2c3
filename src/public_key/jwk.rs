use serde::Deserialize;

use super::{PublicKey, wrong};
use crate::codec;
use crate::error::ConfigError;

/// A JSON Web Key, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Jwk {
    #[serde(rename = "kty")]
    kind: String,
    #[serde(rename = "crv")]
    curve: Option<String>,
    #[serde(rename = "kid")]
    id: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    #[serde(rename = "key_ops")]
    operations: Option<Vec<String>>,
    #[serde(rename = "alg")]
    algorithm: Option<String>,
    x: Option<String>,
    y: Option<String>,
    #[serde(rename = "n")]
    modulus: Option<String>,
    #[serde(rename = "e")]
    exponent: Option<String>,
}

impl Jwk {
    pub(super) fn is_for_verifying(&self) -> bool {
        let allowed: &[&str] = match &*self.kind {
            "OKP" => &["EdDSA", "Ed25519"],
            "EC" => &["ES256"],
            _ => &["RS256", "RS512"],
        };
        self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.operations.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"))
            && self.algorithm.as_deref().is_none_or(|name| allowed.contains(&name))
    }
}

impl PublicKey {
    pub(super) fn from_jwk(jwk: &Jwk) -> Result<PublicKey, ConfigError> {
        let part = |text: &Option<String>| text.as_deref().and_then(|text| codec::base64url_bytes(text.as_bytes()));
        let key = match (jwk.kind.as_str(), jwk.curve.as_deref(), part(&jwk.x), part(&jwk.y)) {
            ("OKP", Some("Ed25519"), Some(x), _) => PublicKey::from_ed25519(&x),
            ("EC", Some("P-256"), Some(x), Some(y)) if x.len() == 32 => {
                PublicKey::from_p256(&[&[4], &*x, &*y].concat())
            }
            ("RSA", ..) => match (part(&jwk.modulus), part(&jwk.exponent)) {
                (Some(modulus), Some(exponent)) => PublicKey::from_rsa(&modulus, &exponent),
                _ => wrong("is a JSON Web Key without `n` or `e`"),
            },
            _ => wrong("is a JSON Web Key of another kind than Ed25519, P-256 and RSA"),
        };
        Ok(match &jwk.id {
            Some(id) => key?.with_id(id.clone()),
            None => key?,
        })
    }
}
