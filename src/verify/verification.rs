use std::fmt;
use std::sync::Arc;

use crate::error::VerifyError;
use crate::mac::RunningMacs;
use crate::scheme::Reading;

use super::late::{Postponed, Tries};
use super::{Keyed, Proof, Verifier};

/// A head that is acceptable, if the body matches a signature.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, which takes no allocation")]
pub(crate) enum Opened<'a> {
    /// `keyed` is shared, because a receiver's keys may be replaced while the body is arriving.
    Ready { keyed: Arc<Keyed>, reading: Reading<'a> },
    /// The whole body is needed.
    Postponed(Postponed<'a>),
}

impl<'a> Opened<'a> {
    #[inline]
    pub(crate) fn judge(&self, body: &[u8]) -> Result<Proof<'a>, VerifyError> {
        match self {
            Opened::Ready { keyed, reading } => keyed.judge(reading, body),
            Opened::Postponed(postponed) => postponed.judge(body),
        }
    }

    /// With what earlier judgements of the same request have left.
    pub(crate) fn judge_within(&self, body: &[u8], tries: &mut Tries) -> Result<Proof<'a>, VerifyError> {
        match self {
            Opened::Ready { .. } => self.judge(body),
            Opened::Postponed(postponed) => postponed.judge_within(body, tries),
        }
    }

    /// The same head, to be judged with the keys of a newer verifier for the same schemes.
    pub(crate) fn rekeyed(&self, verifier: &Verifier) -> Opened<'a> {
        match self {
            Opened::Ready { .. } => self.clone(),
            Opened::Postponed(postponed) => Opened::Postponed(postponed.rekeyed(&verifier.schemes)),
        }
    }

    /// Whether the body can be hashed as it arrives.
    pub(crate) fn can_stream(&self) -> bool {
        matches!(self, Opened::Ready { .. })
    }

    pub(crate) fn stream(&self) -> Verification<'a> {
        let state = match self {
            Opened::Ready { keyed, reading } => {
                let mut macs = RunningMacs::new(&keyed.keys);
                keyed.plan.head(&reading.values).for_each(|piece| macs.update(piece));
                State::Running { keyed: keyed.clone(), reading: *reading, macs, is_empty: true }
            }
            Opened::Postponed(postponed) => State::Held { postponed: postponed.clone(), body: Vec::new() },
        };
        Verification { state }
    }
}

/// A verification whose body is still arriving. Made by [`Verifier::begin`].
///
/// You can move, box and drop it at any time: the hash state of each key is on the heap, and is wiped there. For a scheme that
/// reads fields of the body, the body is kept there instead, and verified at the end: limit how much you pass in.
///
/// ```
/// use hookseal::{Secret, VerifyError, provider};
///
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let headers = provider::KLANG.signer(secret.clone())?.sign("evt_1", b"0123456789")?;
/// let verifier = provider::KLANG.verifier(secret)?;
/// let mut verification = verifier.begin(&headers)?;
/// verification.update(b"01234");
/// assert_eq!(verification.finish().unwrap_err(), VerifyError::NoMatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is verified before `finish`"]
pub struct Verification<'a> {
    state: State<'a>,
}

#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, which takes one allocation")]
enum State<'a> {
    Running { keyed: Arc<Keyed>, reading: Reading<'a>, macs: RunningMacs, is_empty: bool },
    Held { postponed: Postponed<'a>, body: Vec<u8> },
}

impl<'a> Verification<'a> {
    /// Adds the next bytes of the body.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// let mut verification = verifier.begin(&headers)?;
    /// for chunk in [&b"a"[..], b"", b"b"] {
    ///     verification.update(chunk);
    /// }
    /// assert!(verification.finish().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&mut self, chunk: &[u8]) {
        match &mut self.state {
            State::Running { macs, is_empty, .. } => {
                *is_empty &= chunk.is_empty();
                macs.update(chunk);
            }
            State::Held { body, .. } => body.extend_from_slice(chunk),
        }
    }

    /// Ends the body. The proof does not contain the body: keep the pieces yourself, and use them only after this.
    ///
    /// # Errors
    /// [`VerifyError::NoMatch`] if no signature matches.
    ///
    /// ```
    /// # use hookseal::{Key, Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"ab")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// let mut verification = verifier.begin(&headers)?;
    /// verification.update(b"ab");
    /// assert_eq!(verification.finish()?.key(), Key::Current);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(self) -> Result<Proof<'a>, VerifyError> {
        match self.state {
            State::Running { keyed, reading, mut macs, is_empty } => {
                keyed.plan.tail(&reading.values).for_each(|piece| macs.update(piece));
                let place = macs.finish(|tag| reading.candidates.contain(&tag));
                let place = place.ok_or_else(|| keyed.no_match(is_empty))?;
                Ok(keyed.proof(&reading, place, is_empty))
            }
            State::Held { postponed, body } => postponed.judge(&body),
        }
    }
}

impl fmt::Debug for Verification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").finish_non_exhaustive()
    }
}
