//! JSON Web Tokens (RFC 7519), and detached signatures of that form (RFC 7515, appendix F), judged by what a scheme says of
//! them. The token itself decides nothing: neither the algorithm nor where a key is found.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::algorithm::Algorithm;
use crate::codec;
use crate::error::VerifyError;
use crate::mac::{Digest, sha256};
use crate::timestamp::{Now, TimeFormat, Timestamp};

use super::notation::{Claim, ClaimWants, HashForm, Notation};
use super::plan::Plan;

/// The longest token that is read.
const MAX_TOKEN: usize = 8192;

/// The most members of a header, or of the claims.
const MAX_MEMBERS: usize = 64;

/// How far a token may be ahead of the receiver's clock, in seconds. LiveKit's library allows ten.
const LEEWAY: i64 = 10;

/// What a scheme demands of a token.
pub(super) struct Token {
    /// The content is outside of it.
    pub(super) is_detached: bool,
    claims: Vec<Demand>,
}

struct Demand {
    name: Box<str>,
    is_optional: bool,
    wants: Wants,
}

enum Wants {
    Constant(Vec<Box<str>>),
    BodyHash(HashForm),
    Timestamp,
    Expiry,
    NotBefore,
    Url,
    Allowed,
}

/// A token taken apart.
pub(crate) struct Parts<'t> {
    pub(crate) header: &'t str,
    payload: &'t str,
    pub(crate) signature: &'t str,
    /// The id of the key.
    pub(crate) key: Option<String>,
    /// When it was made, if a claim of the scheme says so.
    pub(crate) time: Option<Timestamp>,
    /// Until when it is valid, in seconds of Unix time, if a claim of the scheme says so.
    pub(crate) expiry: Option<u64>,
}

/// What the claims are compared with.
pub(crate) struct Facts<'f> {
    pub(crate) body: &'f [u8],
    pub(crate) now: Now,
    pub(crate) url: Option<&'f str>,
    pub(crate) allowed: &'f [String],
}

impl Token {
    pub(super) fn new(covers: &str, notation: &Notation, is_detached: bool) -> Token {
        let demand = |claim: &Claim| Demand {
            name: claim.name.of(covers).into(),
            is_optional: claim.is_optional,
            wants: match claim.wants {
                ClaimWants::Constant(text) => {
                    Wants::Constant(text.of(covers).split('|').map(|text| text.trim().into()).collect())
                }
                ClaimWants::BodyHash(form) => Wants::BodyHash(form),
                ClaimWants::Timestamp => Wants::Timestamp,
                ClaimWants::Expiry => Wants::Expiry,
                ClaimWants::NotBefore => Wants::NotBefore,
                ClaimWants::Url => Wants::Url,
                ClaimWants::Allowed => Wants::Allowed,
            },
        };
        let claims = notation.claims.iter().take(notation.claim_count);
        Token { is_detached, claims: claims.map(demand).collect() }
    }

    pub(super) fn has_url(&self) -> bool {
        self.claims.iter().any(|claim| matches!(claim.wants, Wants::Url))
    }

    pub(super) fn has_allowed(&self) -> bool {
        self.claims.iter().any(|claim| matches!(claim.wants, Wants::Allowed))
    }

    /// Whether a token always says when it was made: one that may leave it out is no replay protection.
    pub(super) fn has_timestamp(&self) -> bool {
        self.claims.iter().any(|claim| matches!(claim.wants, Wants::Timestamp) && !claim.is_optional)
    }

    /// Takes a token apart and checks its header.
    pub(super) fn split<'t>(
        &self,
        place: &str,
        text: &'t str,
        algorithm: Algorithm,
        digest: Digest,
    ) -> Result<Parts<'t>, VerifyError> {
        #[derive(Deserialize)]
        struct Header<'h> {
            #[serde(borrow)]
            alg: std::borrow::Cow<'h, str>,
            kid: Option<String>,
            crit: Option<de::IgnoredAny>,
            b64: Option<bool>,
        }

        let wrong = |problem| VerifyError::Malformed { place: place.to_owned(), problem };
        if text.len() > MAX_TOKEN {
            return Err(wrong("is a token of more than 8192 bytes"));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong("is not a token of three parts"));
        };
        if payload.is_empty() != self.is_detached {
            return Err(wrong("is not a token of the scheme's form"));
        }
        let json =
            codec::base64url_bytes(header.as_bytes()).ok_or_else(|| wrong("has a header that is not base64url"))?;
        let read =
            serde_json::from_slice::<Header<'_>>(&json).map_err(|_| wrong("has a header that cannot be read"))?;
        if read.alg != name_of(algorithm, digest) {
            return Err(wrong("names another algorithm than that of the scheme"));
        }
        if read.crit.is_some() || read.b64 == Some(false) {
            return Err(wrong("asks for an extension that the scheme does not have"));
        }
        Ok(Parts { header, payload, signature, key: read.kid, time: None, expiry: None })
    }

    /// Checks the claims, and takes the times that they say. The caller has verified, or will verify, the signature.
    pub(super) fn check(
        &self,
        place: &str,
        parts: &mut Parts<'_>,
        plan: &Plan,
        facts: &Facts<'_>,
    ) -> Result<(), VerifyError> {
        if self.is_detached {
            return Ok(());
        }
        let wrong = |problem| VerifyError::Malformed { place: place.to_owned(), problem };
        let json = codec::base64url_bytes(parts.payload.as_bytes());
        let json = json.ok_or_else(|| wrong("has claims that are not base64url"))?;
        let Members(members) =
            serde_json::from_slice(&json).map_err(|_| wrong("has claims that are no object, or has one twice"))?;
        for demand in &self.claims {
            let raw = members.iter().find(|(name, _)| *name == *demand.name).map(|(_, raw)| raw.get());
            match raw {
                None if demand.is_optional => {}
                None => return Err(VerifyError::Missing { place: format!("the claim {}", demand.name) }),
                Some(raw) => {
                    parts.time = demand.check(raw, plan, facts)?.or(parts.time);
                    if matches!(demand.wants, Wants::Expiry) {
                        parts.expiry = raw.parse().ok();
                    }
                }
            }
        }
        Ok(())
    }
}

impl Parts<'_> {
    /// What is signed: the first two parts with their dot, or the header and content from outside.
    pub(crate) fn message(&self, content: Option<&[u8]>) -> Vec<u8> {
        match content {
            None => [self.header.as_bytes(), b".", self.payload.as_bytes()].concat(),
            Some(content) => [self.header.as_bytes(), b".", codec::base64url_text(content).as_bytes()].concat(),
        }
    }
}

impl Demand {
    fn check(&self, raw: &str, plan: &Plan, facts: &Facts<'_>) -> Result<Option<Timestamp>, VerifyError> {
        let wrong = |problem| VerifyError::Malformed { place: format!("the claim {}", self.name), problem };
        let text = || serde_json::from_str::<String>(raw).map_err(|_| wrong("is not a text"));
        // A time is a number: as a text, libraries take it for anything.
        let seconds = || raw.parse::<u64>().map_err(|_| wrong("is not a number of seconds"));
        match &self.wants {
            Wants::Constant(texts) if !texts.contains(&text()?.into()) => {
                Err(wrong("is not what the scheme sets it to"))
            }
            Wants::BodyHash(form) if !form.is_claimed(&text()?, facts.body) => {
                Err(wrong("is not the hash of the body"))
            }
            Wants::Url if Some(text()?.as_str()) != facts.url => Err(wrong("is not the public URL")),
            Wants::Allowed if !facts.allowed.contains(&text()?) => {
                Err(VerifyError::NotAllowed { place: format!("the claim {}", self.name) })
            }
            Wants::Timestamp => {
                let seconds = seconds()?.to_string();
                plan.check_moment(seconds.as_bytes(), TimeFormat::Seconds, || facts.now, wrong).map(Some)
            }
            Wants::Expiry => match facts.now.seconds_since(seconds()?) {
                since if since > 0 => Err(VerifyError::TooOld { seconds: since.unsigned_abs() }),
                _ => Ok(None),
            },
            Wants::NotBefore => match facts.now.seconds_since(seconds()?) {
                since if since < -LEEWAY => Err(VerifyError::TooNew { seconds: since.unsigned_abs() }),
                _ => Ok(None),
            },
            Wants::Constant(_) | Wants::BodyHash(_) | Wants::Url | Wants::Allowed => Ok(None),
        }
    }
}

impl HashForm {
    /// Whether a claim is the hash. QStash writes padding where none belongs.
    fn is_claimed(self, text: &str, body: &[u8]) -> bool {
        let text = if self == HashForm::Base64Url { text.trim_end_matches('=') } else { text };
        self.is(text, &sha256([body]))
    }
}

/// The name of an algorithm in the header of a token (RFC 7518).
fn name_of(algorithm: Algorithm, digest: Digest) -> &'static str {
    match (algorithm, digest) {
        (Algorithm::Hmac, Digest::Sha512) => "HS512",
        (Algorithm::Hmac, _) => "HS256",
        (Algorithm::Ed25519, _) => "EdDSA",
        (Algorithm::P256 | Algorithm::P256Fixed, _) => "ES256",
        (Algorithm::RsaSha256, _) => "RS256",
        (Algorithm::RsaSha512, _) => "RS512",
    }
}

/// The members of an object, none of them twice.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if members.len() == MAX_MEMBERS || members.iter().any(|(other, _)| *other == name) {
                        return Err(de::Error::custom("twice, or too many"));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}
