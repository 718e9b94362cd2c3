//! Requests that are judged at the end, because their schemes read more than header lines.

use std::sync::Arc;

use http::StatusCode;

use crate::algorithm::Algorithm;
use crate::candidates::Candidates;
use crate::error::VerifyError;
use crate::headers::Headers;
use crate::keyring::MAX_KEYS;
use crate::mac::{Mac, sha256};
use crate::public_key::PublicKey;
use crate::request::{PublicUrl, RequestLine};
use crate::scheme::{Content, Early, Facts, Late, Reading, is_absence};
use crate::timestamp::Now;

use super::{Keyed, Proof};

/// A request whose head has been read under each scheme that it may have.
#[derive(Clone)]
pub(crate) struct Postponed<'a> {
    /// Strongest first, then those that lack a key. An error decides if no scheme before it is that of the request.
    readings: Vec<(Arc<Keyed>, Result<Head<'a>, VerifyError>)>,
    /// Why the request is not one of the other schemes.
    refusal: Option<VerifyError>,
    /// The schemes need keys of several kinds, all of which the verifier has: any that accepts the request will do.
    is_any_enough: bool,
    now: Now,
}

#[derive(Clone)]
struct Head<'a> {
    reading: Reading<'a>,
    early: Arc<Early>,
}

impl<'a> Postponed<'a> {
    /// `refusal` is why the request is of no scheme before these.
    pub(super) fn read<H: Headers + ?Sized>(
        schemes: &[Arc<Keyed>],
        line: Option<RequestLine<'_>>,
        headers: &'a H,
        now: Now,
        refusal: Option<VerifyError>,
    ) -> Result<Postponed<'a>, VerifyError> {
        let mut algorithms = schemes.iter().filter(|keyed| !keyed.lacks_key).map(|keyed| keyed.algorithm);
        let first = algorithms.next();
        let is_any_enough = algorithms.any(|algorithm| Some(algorithm) != first);
        let mut postponed = Postponed { readings: Vec::with_capacity(schemes.len()), refusal, is_any_enough, now };
        let (mut absence, mut is_open, mut is_decided) = (None, false, false);
        for keyed in schemes {
            if is_decided && !keyed.lacks_key {
                continue;
            }
            match keyed.read_head(line, headers, now) {
                Err(error) if is_any_enough || keyed.lacks_key => refuse(&mut postponed.refusal, error),
                Err(error) if is_absence(&error) => {
                    absence.get_or_insert(error);
                }
                head => {
                    is_decided |= head.is_err();
                    is_open |= head.is_ok();
                    postponed.readings.push((keyed.clone(), head));
                }
            }
        }
        if is_open {
            return Ok(postponed);
        }
        let decisive = postponed.readings.pop().and_then(|(_, head)| head.err());
        let mut refusal = decisive.or(absence);
        if let Some(error) = postponed.refusal {
            refuse(&mut refusal, error);
        }
        Err(refusal.unwrap_or(VerifyError::NoMatch))
    }

    /// With the keys of other schemes, which are the same but for their keys.
    pub(super) fn rekeyed(&self, schemes: &[Arc<Keyed>]) -> Postponed<'a> {
        let mut rekeyed = self.clone();
        for (keyed, _) in &mut rekeyed.readings {
            let newer = schemes.iter().find(|scheme| scheme.place == keyed.place);
            *keyed = newer.unwrap_or(keyed).clone();
        }
        rekeyed
    }

    /// The first scheme that has all its places in the request decides.
    pub(super) fn judge(&self, body: &[u8]) -> Result<Proof<'a>, VerifyError> {
        self.judge_within(body, &mut Tries::default())
    }

    pub(super) fn judge_within(&self, body: &[u8], tries: &mut Tries) -> Result<Proof<'a>, VerifyError> {
        let (mut refusal, mut is_decided) = (None, false);
        for (keyed, head) in &self.readings {
            if is_decided && !keyed.lacks_key {
                continue;
            }
            let verdict = head.as_ref().map_err(Clone::clone);
            match verdict.and_then(|head| keyed.judge_late(head, body, self.now, tries)) {
                Ok(proof) if !keyed.lacks_key => return Ok(proof),
                Err(error) if keyed.lacks_key && error.status() != StatusCode::UNAUTHORIZED => {
                    refuse(&mut refusal, error);
                }
                _ if keyed.lacks_key => refuse(&mut refusal, VerifyError::NoKey { algorithm: keyed.algorithm }),
                Err(error) if self.is_any_enough => refuse(&mut refusal, error),
                Err(error) if is_absence(&error) => {
                    refusal.get_or_insert(error);
                }
                Err(error) => {
                    is_decided = true;
                    refusal = Some(error);
                }
                Ok(_) => {}
            }
        }
        if let Some(error) = &self.refusal {
            refuse(&mut refusal, error.clone());
        }
        Err(refusal.unwrap_or(VerifyError::NoMatch))
    }
}

/// Of several refusals, the first is told, but rather one with 401: the status must not depend on the order of the schemes,
/// nor on which of them have keys.
fn refuse(refusal: &mut Option<VerifyError>, error: VerifyError) {
    let is_weightier = error.status() == StatusCode::UNAUTHORIZED;
    if refusal.as_ref().is_none_or(|earlier| is_weightier && earlier.status() != StatusCode::UNAUTHORIZED) {
        *refusal = Some(error);
    }
}

impl Keyed {
    fn read_head<'a, H: Headers + ?Sized>(
        &self,
        line: Option<RequestLine<'_>>,
        headers: &'a H,
        now: Now,
    ) -> Result<Head<'a>, VerifyError> {
        let mut reading = self.reading();
        self.plan.read(headers, || now, &mut reading)?;
        let early = self.plan.read_context(line, self.url.as_deref(), headers, &reading.values)?;
        Ok(Head { reading, early: Arc::new(early) })
    }

    fn judge_late<'a>(
        &self,
        head: &Head<'a>,
        body: &[u8],
        now: Now,
        tries: &mut Tries,
    ) -> Result<Proof<'a>, VerifyError> {
        let mut verdict: Option<Proof<'a>> = None;
        for late in self.plan.read_body(&head.early, body)? {
            let proof = self.judge_one(&head.reading, &late, body, now, tries)?;
            verdict = Some(match verdict {
                Some(first) => first.as_old_as(&proof),
                None if proof.identity().is_some() => proof,
                None => {
                    let (values, url) = (&head.reading.values, self.url.as_deref());
                    let identity = self.plan.identity(Some(&late), values, proof.id(), url, body.is_empty());
                    proof.with_identity(identity)
                }
            });
        }
        verdict.ok_or(VerifyError::NoMatch)
    }

    /// Judges one element of a batch, or the only one. Each has content of its own, so all of them together cost no more than
    /// one hash of the body for each key; what public keys cost is counted in `tries`.
    fn judge_one<'a>(
        &self,
        head: &Reading<'a>,
        late: &Late,
        body: &[u8],
        now: Now,
        tries: &mut Tries,
    ) -> Result<Proof<'a>, VerifyError> {
        if let Some(text) = self.plan.token_of(late) {
            let place = self.tokens.iter().position(|token| token.is(text.as_bytes()));
            return Ok(Proof::new(&self.plan, head, place.ok_or_else(|| self.no_match(false))?, self.place));
        }
        let mut time = head.time;
        let mut reading: Reading<'_> = *head;
        if let Some((text, found)) = self.plan.time_of(late, now)? {
            reading.values.timestamp = text.as_bytes();
            time = Some(found);
            self.plan.check_marker(&reading.values)?;
        }
        if let Some(key) = self.plan.key_of(late)? {
            reading.values.key = key.as_bytes();
        }
        self.plan.check_allowed(late, &self.allowed)?;
        let url = self.url.as_deref().map(PublicUrl::as_str);
        let facts = Facts { body, now, url, allowed: &self.allowed };
        let token = self.plan.read_token(late, self.algorithm, self.digest, &facts)?;
        if let Some(token) = &token {
            reading.values.key = token.key.as_deref().unwrap_or_default().as_bytes();
            reading.candidates.add(token.signature.as_bytes());
            time = token.time.or(time);
        }
        self.plan.add_signatures(late, &mut reading.candidates)?;
        let content = Content { values: reading.values, derived: &late.parts };
        let expiry = token.as_ref().and_then(|token| token.expiry);
        // Whoever sends a token again can write some signatures in another way.
        let is_all = !self.plan.is_detached() && (body.is_empty() || self.plan.is_token());
        let identity = token.as_ref().filter(|_| is_all).map(|token| sha256([token.message(None).as_slice()]));
        let prove = |place: usize| {
            let proof = Proof::new(&self.plan, &Reading { time, ..*head }, place, self.place);
            proof.with_expiry(expiry).with_identity(identity)
        };
        let message = token.as_ref().map(|token| match self.plan.is_detached() {
            true => token.message(Some(&self.plan.message(&content, body))),
            false => token.message(None),
        });
        if self.algorithm != Algorithm::Hmac {
            let message = message.unwrap_or_else(|| self.plan.message(&content, body));
            let place = self.place_of_public_key(&reading, message, tries)?;
            return Ok(prove(place));
        }
        let tag = |key: &Mac| match &message {
            Some(message) => key.tag(std::iter::once(message.as_slice())),
            None => self.plan.tag_of(&content, body, key),
        };
        let is_right = |key: &Mac| reading.candidates.contain(&tag(key));
        let place = self.keys.iter().position(is_right).ok_or_else(|| self.no_match(body.is_empty()))?;
        Ok(prove(place))
    }
}

/// Signatures that are tried with one public key: as many as a signer writes.
const MAX_TRIES_OF_KEY: usize = MAX_KEYS;

/// The tries in all for one request, whatever its schemes and elements, and however often it is judged: each takes as long as
/// a hundred hashes.
const MAX_TRIES: usize = 32;

/// What is left of them for a request.
pub(crate) struct Tries {
    left: usize,
    /// The keys with which the request was judged before. Those that have come since are tried first.
    earlier: Vec<PublicKey>,
}

impl Tries {
    /// The request is to be judged again, with other keys.
    pub(crate) fn again(&mut self, earlier: &[PublicKey]) {
        self.earlier = earlier.to_vec();
    }

    /// Whether the earlier keys have left too few for the others.
    pub(crate) fn are_cut_short(&self) -> bool {
        self.left == 0 && !self.earlier.is_empty()
    }
}

impl Default for Tries {
    fn default() -> Tries {
        Tries { left: MAX_TRIES, earlier: Vec::new() }
    }
}

impl Keyed {
    /// The place of the key that made one of the signatures.
    fn place_of_public_key(
        &self,
        reading: &Reading<'_>,
        mut message: Vec<u8>,
        tries: &mut Tries,
    ) -> Result<usize, VerifyError> {
        let id = std::str::from_utf8(reading.values.key).ok().filter(|id| self.plan.names_key() && !id.is_empty());
        let is_named = |key: &PublicKey| id.is_none() || key.id().is_none() || key.id() == id;
        let mut named = self.public_keys.iter().enumerate().filter(|(_, key)| is_named(key)).peekable();
        if named.peek().is_none() {
            return Err(VerifyError::UnknownKey { id: id.unwrap_or_default().to_owned() });
        }
        if self.over_digest {
            message = sha256([message.as_slice()]).to_vec();
        }
        let signatures: Vec<Vec<u8>> = reading.candidates.signatures().take(MAX_TRIES_OF_KEY).collect();
        let (newer, earlier): (Vec<_>, Vec<_>) = named.partition(|(_, key)| !tries.earlier.contains(key));
        for (place, key) in newer.into_iter().chain(earlier) {
            for signature in &signatures {
                tries.left = tries.left.checked_sub(1).ok_or(VerifyError::NoMatch)?;
                if key.verifies(self.algorithm, &message, signature) {
                    return Ok(place);
                }
            }
        }
        Err(VerifyError::NoMatch)
    }

    #[inline]
    pub(super) fn reading<'h>(&self) -> Reading<'h> {
        Reading::new(Candidates::new(self.plan.encoding(), self.lengths))
    }
}
