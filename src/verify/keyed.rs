use std::sync::Arc;

use crate::algorithm::Algorithm;
use crate::error::{ConfigError, VerifyError};
use crate::keyring::Keyring;
use crate::mac::{Digest, Mac, Token};
use crate::public_key::PublicKey;
use crate::request::PublicUrl;
use crate::scheme::{Plan, Reading, Scheme};
use crate::secret::Secret;

use super::{Proof, known};

/// A scheme with its keys.
pub(crate) struct Keyed {
    pub(super) plan: Plan,
    /// The keys are stand-ins: the verifier has none for the scheme's algorithm, and accepts nothing under it.
    pub(super) lacks_key: bool,
    /// Its place in the list of schemes.
    pub(super) place: u8,
    /// Current first. Not empty, unless the request contains the secret itself.
    pub(super) keys: Vec<Mac>,
    pub(super) tokens: Vec<Token>,
    /// Those that verify an algorithm other than HMAC.
    pub(super) public_keys: Vec<PublicKey>,
    pub(super) algorithm: Algorithm,
    /// Of a signature: see [`Candidates::new`](crate::candidates::Candidates::new).
    pub(super) lengths: (usize, usize),
    /// What is signed is the hash of the content.
    pub(super) over_digest: bool,
    pub(super) digest: Digest,
    pub(super) url: Option<Arc<PublicUrl>>,
    /// What is wrong with the current secret, by its public prefix.
    pub(super) problem: Option<&'static str>,
    /// What the scheme compares with a value in the request.
    pub(super) allowed: Arc<[String]>,
}

impl Keyed {
    /// A scheme with those of the keys that it can use, and its place in the list of schemes.
    pub(super) fn new(
        scheme: &Scheme,
        place: u8,
        keys: &Keyring,
        url: &Option<Arc<PublicUrl>>,
        allowed: &Arc<[String]>,
    ) -> Result<Keyed, ConfigError> {
        let (plan, algorithm, form) = (scheme.plan(), scheme.algorithm(), scheme.secret_form());
        if plan.needs_url() && url.is_none() {
            return Err(ConfigError::NoPublicUrl);
        }
        if plan.needs_allowed() && allowed.is_empty() {
            return Err(ConfigError::NothingAllowed);
        }
        let (macs, tokens) = match plan.token() {
            _ if algorithm != Algorithm::Hmac => (Vec::new(), Vec::new()),
            Some(is_base64) => (Vec::new(), keys.tokens(form, is_base64)?),
            None => (keys.macs(form, scheme.digest(), plan.is_plain())?, Vec::new()),
        };
        let secret = keys.secrets().next().and_then(Secret::expose);
        Ok(Keyed {
            plan,
            lacks_key: false,
            place,
            lengths: match algorithm {
                Algorithm::Hmac => (macs.first().map(Mac::length).unwrap_or_default(), 0),
                other => other.signature_length(),
            },
            keys: macs,
            tokens,
            public_keys: keys.public_keys(algorithm),
            algorithm,
            over_digest: scheme.over_digest(),
            digest: scheme.digest(),
            url: url.clone(),
            problem: secret.and_then(|secret| known::problem_of(secret, scheme.headers())),
            allowed: allowed.clone(),
        })
    }

    /// A scheme for whose algorithm the verifier has no key. `None` if nobody can have one here.
    pub(super) fn without_key(
        scheme: &Scheme,
        place: u8,
        url: &Option<Arc<PublicUrl>>,
        allowed: &Arc<[String]>,
    ) -> Option<Keyed> {
        let keys = Keyring::stand_in(scheme.algorithm()).ok()?;
        Some(Keyed { lacks_key: true, ..Keyed::new(scheme, place, &keys, url, allowed).ok()? })
    }

    /// Whether all of the body is needed before anything can be judged.
    pub(super) fn is_late(&self) -> bool {
        self.plan.context.is_some() || self.algorithm != Algorithm::Hmac
    }

    #[inline]
    pub(super) fn judge<'h>(&self, reading: &Reading<'h>, body: &[u8]) -> Result<Proof<'h>, VerifyError> {
        for (place, key) in self.keys.iter().enumerate() {
            if reading.candidates.contain(&self.plan.tag(&reading.values, body, key)) {
                return Ok(self.proof(reading, place, body.is_empty()));
            }
        }
        Err(self.no_match(body.is_empty()))
    }

    /// The proof of a request of which only headers and body were read. An id and a time tell it from others without a hash.
    #[inline]
    pub(super) fn proof<'h>(&self, reading: &Reading<'h>, place: usize, is_empty: bool) -> Proof<'h> {
        let proof = Proof::new(&self.plan, reading, place, self.place);
        match is_empty && self.plan.covered_headers().next().is_some() {
            true => proof.with_identity(self.plan.identity(None, &reading.values, proof.id(), None, true)),
            false => proof,
        }
    }

    /// The error for a request without a matching signature, with what is certain anyway.
    #[cold]
    pub(super) fn no_match(&self, is_empty: bool) -> VerifyError {
        match self.problem {
            _ if is_empty => VerifyError::EmptyBody,
            Some(problem) => VerifyError::UnlikelySecret { problem },
            None => VerifyError::NoMatch,
        }
    }
}
