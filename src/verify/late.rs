//! Requests that are judged at the end, because their schemes read more than header lines.

use std::sync::Arc;

use crate::error::VerifyError;
use crate::headers::Headers;
use crate::mac::Candidates;
use crate::request::RequestLine;
use crate::scheme::{Content, Early, Late, Reading, is_absence};
use crate::timestamp::Now;

use super::{Keyed, Proof};

/// A request whose head has been read under each scheme that it may have.
#[derive(Clone)]
pub(crate) struct Postponed<'a> {
    /// Strongest first. An error decides if no scheme before it is that of the request.
    readings: Vec<(Arc<Keyed>, Result<Head<'a>, VerifyError>)>,
    now: Now,
}

#[derive(Clone)]
struct Head<'a> {
    reading: Reading<'a>,
    early: Arc<Early>,
}

impl<'a> Postponed<'a> {
    pub(super) fn read<H: Headers + ?Sized>(
        schemes: &[Arc<Keyed>],
        line: Option<RequestLine<'_>>,
        headers: &'a H,
        now: Now,
    ) -> Result<Postponed<'a>, VerifyError> {
        let (mut readings, mut absence) = (Vec::with_capacity(schemes.len()), None);
        for keyed in schemes {
            match keyed.read_head(line, headers, now) {
                Err(error) if is_absence(&error) => {
                    absence.get_or_insert(error);
                }
                Err(error) if readings.is_empty() => return Err(error),
                head => readings.push((keyed.clone(), head)),
            }
        }
        match absence {
            Some(error) if readings.is_empty() => Err(error),
            _ => Ok(Postponed { readings, now }),
        }
    }

    /// The first scheme that has all its places in the request decides.
    pub(super) fn judge(&self, body: &[u8]) -> Result<Proof<'a>, VerifyError> {
        let mut absence = None;
        for (keyed, head) in &self.readings {
            let head = head.as_ref().map_err(Clone::clone)?;
            match keyed.judge_late(head, body, self.now) {
                Err(error) if is_absence(&error) => {
                    absence.get_or_insert(error);
                }
                verdict => return verdict,
            }
        }
        Err(absence.unwrap_or(VerifyError::NoMatch))
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

    fn judge_late<'a>(&self, head: &Head<'a>, body: &[u8], now: Now) -> Result<Proof<'a>, VerifyError> {
        let mut verdict = None;
        for late in self.plan.read_body(&head.early, body)? {
            let proof = self.judge_one(&head.reading, &late, body, now)?;
            verdict.get_or_insert(proof);
        }
        verdict.ok_or(VerifyError::NoMatch)
    }

    /// Judges one element of a batch, or the only one. Each has content of its own, so all of them together cost no more than
    /// one hash of the body for each key.
    fn judge_one<'a>(
        &self,
        head: &Reading<'a>,
        late: &Late,
        body: &[u8],
        now: Now,
    ) -> Result<Proof<'a>, VerifyError> {
        if let Some(text) = self.plan.token_of(late) {
            let place = self.tokens.iter().position(|token| token.is(text.as_bytes()));
            return Ok(Proof::new(&self.plan, head, place.ok_or(VerifyError::NoMatch)?, self.place));
        }
        let mut time = head.time;
        let mut reading: Reading<'_> = *head;
        if let Some((text, found)) = self.plan.time_of(late, now)? {
            reading.values.timestamp = text.as_bytes();
            time = Some(found);
        }
        self.plan.add_signatures(late, &mut reading.candidates)?;
        let content = Content { values: reading.values, derived: &late.parts };
        let is_right = |key| reading.candidates.contain(&self.plan.tag_of(&content, body, key));
        let place = self.keys.iter().position(is_right).ok_or(VerifyError::NoMatch)?;
        Ok(Proof::new(&self.plan, &Reading { time, ..*head }, place, self.place))
    }
}

impl Keyed {
    #[inline]
    pub(super) fn reading<'h>(&self) -> Reading<'h> {
        let length = self.keys.first().map(crate::mac::Mac::length).unwrap_or_default();
        Reading::new(Candidates::new(self.plan.encoding(), length))
    }
}
