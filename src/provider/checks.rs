//! What must hold of a provider, and of one that is to receive.

use super::{IdempotencyRule, Provider, TestRule};
use crate::error::ConfigError;
use crate::event::EventShape;
use crate::handshake::{Handshake, acknowledgement};
use crate::place::Half;
use crate::request::PublicUrl;
use crate::scheme::{Extent, Scheme, Separation};

/// Schemes of one provider, all of which a request may have. The most of any in the catalogue is three.
const MAX_SCHEMES: usize = 16;

/// Both schemes use the same key, so a signature under one is also a signature under the other.
const MISTAKEN: &str = "can be mistaken for what an earlier scheme covers: a signature under one would pass under the \
                        other. Let the signed text begin or end differently, or use another digest";

const OPEN_TYPE: &str = "needs the type beside a `{key}` to be signed: without it, two events of different types could have the \
                         same key. Cover the type, mark an `{id}`, or use another rule";

const OPEN_KEY: &str =
    "needs each `{key}` to be signed: without it, two events that differ there could have the same key";

const OPEN_NAME: &str = "cannot use a header for which the scheme has other names: a request could be sent again under another \
                         key, with another name";

const OPEN_CHOICE: &str = "needs what chooses between its event shapes to be signed: a request could otherwise be sent again under \
                           another key. Constants must be covered, and the body with them";

impl Provider {
    /// What must hold for every provider. Every function that sets a field on which another field depends ends here.
    pub(super) fn checked(self) -> Result<Provider, ConfigError> {
        let fault = |field, piece: &str, problem| Err(ConfigError::Invalid { field, piece: piece.to_owned(), problem });
        if self.name.is_empty() {
            return fault("name", "", "is empty");
        }
        if self.schemes.is_empty() {
            return fault("schemes", "", "is an empty list");
        }
        if self.schemes.len() > MAX_SCHEMES {
            return fault("schemes", "", "are more than 16");
        }
        // With keys of several kinds, any scheme that accepts a request will do.
        let is_of_one_kind = self.schemes.iter().all(|scheme| scheme.algorithm() == self.scheme().algorithm());
        let is_open = |earlier: &Scheme, scheme: &Scheme| {
            scheme.can_be_mistaken_for(earlier) && !(is_of_one_kind && earlier.decides_before(scheme))
        };
        for (place, scheme) in self.schemes.iter().enumerate() {
            if self.schemes.iter().take(place).any(|earlier| is_open(earlier, scheme)) {
                return fault("schemes", scheme.covers(), MISTAKEN);
            }
        }
        if let Some(url) = &self.public_url
            && let Err(problem) = PublicUrl::new(url)
        {
            return fault("public_url", url, problem);
        }
        if let Some(answer) = &self.acknowledgement {
            acknowledgement(answer.as_bytes()).map_err(|fault| fault.describe(answer))?;
        }
        // Shopify's have a slash, and Zendesk's colons: what a provider sends need not be an `EventType`.
        let is_type = |text: &str| (1..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
        if let Some(wrong) = self.event_types.iter().find(|event_type| !is_type(event_type)) {
            return fault("event_types", wrong, "is not 1 to 128 visible ASCII characters");
        }
        match self.idempotency {
            Some(IdempotencyRule::EventId) => {
                if let Some(problem) = self.problem_with_keys() {
                    return fault("idempotency", "event-id", problem);
                }
            }
            Some(IdempotencyRule::SignedId) if !self.schemes.iter().all(Scheme::covers_id) => {
                return fault("idempotency", "signed-id", "needs every scheme to cover an `{id}`");
            }
            _ => {}
        }
        if self.test.as_ref().is_some_and(TestRule::is_empty) {
            return fault("test", "", "has an empty text, which would make every event a test event");
        }
        for (field, limit) in [("max_sent", self.max_sent), ("max_received", Some(self.max_received))] {
            if limit == Some(0) {
                return fault(field, "0", "is not a number of bytes that a body can have");
            }
        }
        if self.answer_within == Some(0) {
            return fault("answer_within", "0", "is not a number of seconds in which anybody can answer");
        }
        Ok(self)
    }

    /// What must hold of every receiver.
    pub(crate) fn check_receiver(&self) -> Result<(), ConfigError> {
        self.check_events()?;
        self.check_questions()
    }

    /// Whether a receiver can hand out events.
    fn check_events(&self) -> Result<(), ConfigError> {
        let problem = "has no event shape: set one with `with_event_shape`, or call `raw()` and take `Received`";
        let piece = || self.name().to_owned();
        match self.raw || !self.events.is_empty() {
            true => Ok(()),
            false => Err(ConfigError::Invalid { field: "event", piece: piece(), problem }),
        }
    }

    /// What anybody can have signed must not be what a delivery signs.
    fn check_questions(&self) -> Result<(), ConfigError> {
        let problem = "answers anybody with a MAC that could be the signature of a delivery: the scheme must cover the body, or a \
                       text with a character that the challenge cannot have";
        match self.handshakes().iter().find(|handshake| self.separation(handshake) == Separation::Never) {
            Some(handshake) => {
                Err(ConfigError::Invalid { field: "handshakes", piece: handshake.request().to_owned(), problem })
            }
            None => Ok(()),
        }
    }

    /// How deliveries differ from what a handshake signs: the least that any scheme says.
    pub(crate) fn separation(&self, handshake: &Handshake) -> Separation {
        let schemes = self.schemes().iter().filter(|_| self.signs_for_anybody(handshake, b""));
        schemes.map(|scheme| scheme.separation(|text| handshake.signs(text))).min().unwrap_or(Separation::Always)
    }

    /// Whether anybody can have a text signed that contains this one, because no signature, or not that of each scheme, covers
    /// the challenge: in an authentic request it can then be replaced.
    pub(crate) fn signs_for_anybody(&self, handshake: &Handshake, text: &[u8]) -> bool {
        let coverages = || self.schemes().iter().map(Scheme::coverage);
        let is_covered = |half, name: &str| match half {
            Half::Header => coverages().all(|coverage| coverage.has_header(name)),
            Half::Query => coverages().all(|coverage| coverage.has_parameter(name)),
            // Text can move from one field of a form to another.
            _ => coverages().all(|coverage| coverage.body() != Extent::Form && coverage.has_place(half, name)),
        };
        handshake.signs(text) && !handshake.is_challenge_signed(is_covered)
    }

    /// Whether a receiver without a fallback may lose events.
    pub(crate) fn check_loss(&self) -> Result<(), ConfigError> {
        let problem = "never delivers an event again: keep what cannot be read with `receiver_with_fallback`, accept \
                       its loss with `lossy()`, or take the raw body with `raw()`";
        match self.never_retries() && !self.raw && !self.lossy {
            true => Err(ConfigError::Invalid { field: "delivery", piece: self.name().to_owned(), problem }),
            false => Ok(()),
        }
    }

    /// Why what its shapes mark does not tell its events apart, if so.
    fn problem_with_keys(&self) -> Option<&'static str> {
        let coverages = || self.schemes.iter().map(Scheme::coverage);
        let is_signed = |half: Half, name: &str| coverages().all(|coverage| coverage.signs(half, name));
        let is_type_open = |shape: &EventShape| {
            coverages().any(|coverage| {
                let is_signed = |half: Half, name: &str| coverage.signs(half, name);
                shape.has_key(&is_signed) && shape.leaves_type_open(&is_signed)
            })
        };
        let is_partly_signed = || coverages().any(|coverage| coverage.body() < Extent::Form);
        let is_choice_open =
            || is_partly_signed() || self.events.iter().any(|shape| shape.leaves_constant_open(&is_signed));
        let has_names = |name: &str| coverages().any(|coverage| coverage.has_names(name));
        if !self.events.first().is_some_and(|shape| shape.has_key(&is_signed)) {
            return Some("needs an event shape with an `{id}` or a `{key}` that is signed");
        }
        if self.events.iter().any(|shape| shape.leaves_key_open(&is_signed)) {
            return Some(OPEN_KEY);
        }
        if self.events.iter().any(is_type_open) {
            return Some(OPEN_TYPE);
        }
        if self.events.iter().flat_map(EventShape::header_names).any(has_names) {
            return Some(OPEN_NAME);
        }
        (self.events.len() > 1 && is_choice_open()).then_some(OPEN_CHOICE)
    }
}
