//! Answers to what a provider asks before it delivers.

use std::sync::PoisonError;

use http::{Response, StatusCode};

use super::{Receiver, Rejection, Reply};
use crate::handshake::{Asked, Handshake, Head};
use crate::request::Target;
use crate::scheme::Separation;
use crate::secret::Secret;

/// What a request is, as far as its headers and its query tell.
pub(super) enum Decision {
    /// A delivery, or one of these handshakes, which the body decides.
    Delivery(Vec<Pending>),
    Refused(Rejection),
}

/// A handshake whose headers and query fit, and whose body decides.
pub(super) struct Pending {
    /// In the provider's list.
    place: usize,
    is_unsigned: bool,
    /// Its headers or its query have another verify token than the receiver's.
    has_wrong_token: bool,
    /// What was asked so far.
    asked: Asked,
}

impl Pending {
    pub(super) fn is_unsigned(&self) -> bool {
        self.is_unsigned
    }
}

impl<P> Receiver<P> {
    pub(super) fn decide(&self, target: &Target<'_, '_>) -> Decision {
        let handshakes = self.provider().handshakes();
        let delivers = self.provider().schemes().iter().any(|scheme| scheme.admits(target.line.method));
        let (mut pending, mut refusal) = (Vec::new(), None);
        for (place, handshake) in handshakes.iter().enumerate() {
            match handshake.read_head(target, self.verify_token()) {
                Head::Other => {}
                Head::Unfit(place, problem) if target.line.method != "POST" && !delivers => {
                    let problem = handshake.describe(&place, problem);
                    refusal.get_or_insert(Rejection::NoHandshake { problem });
                }
                Head::Unfit(..) => {}
                Head::WrongToken(_) if handshake.is_all_head() => {
                    refusal = Some(self.wrong_token());
                }
                // The body may show that it is a delivery.
                Head::WrongToken(asked) => {
                    let is_unsigned = !handshake.is_signed();
                    pending.push(Pending { place, is_unsigned, has_wrong_token: true, asked });
                }
                Head::Asked(asked) if handshake.is_signed() => {
                    pending.push(Pending { place, is_unsigned: false, has_wrong_token: false, asked });
                }
                Head::Asked(asked) if handshake.is_all_head() => {
                    return Decision::Refused(self.respond(handshake, &asked));
                }
                Head::Asked(asked) => {
                    pending.push(Pending { place, is_unsigned: true, has_wrong_token: false, asked });
                }
            }
        }
        if let Some(refusal) = refusal.filter(|_| pending.is_empty()) {
            return Decision::Refused(refusal);
        }
        let asks = handshakes.iter().any(|handshake| handshake.method() == target.line.method);
        match delivers || asks && target.line.method == "POST" {
            true => Decision::Delivery(pending),
            false => Decision::Refused(Rejection::Method { allowed: self.allowed_methods() }),
        }
    }

    /// The methods of deliveries and handshakes, `POST` first.
    fn allowed_methods(&self) -> String {
        let schemes = self.provider().schemes();
        let mut allowed: Vec<&str> = self.provider().handshakes().iter().map(Handshake::method).collect();
        allowed.extend(schemes.iter().flat_map(|scheme| scheme.methods()));
        if schemes.iter().any(|scheme| scheme.admits("POST")) {
            allowed.push("POST");
        }
        allowed.sort_by_key(|method| (*method != "POST", *method));
        allowed.dedup();
        allowed.join(", ")
    }

    /// Whether anybody could have had the body signed, as a challenge.
    pub(super) fn is_possible_challenge(&self, body: &[u8]) -> bool {
        let provider = self.provider();
        let mut handshakes = provider.handshakes().iter().filter(|each| provider.signs_for_anybody(each, body));
        handshakes.any(|handshake| provider.separation(handshake) != Separation::Always)
    }

    /// The answer to the first handshake that the body completes. One that is signed needs a verified body, and one that is
    /// not is for a request without a signature.
    pub(super) fn completed(&self, pending: Vec<Pending>, is_unsigned: bool, body: &[u8]) -> Option<Rejection> {
        let mut is_refused = false;
        let pending = pending.into_iter().filter(|pending| pending.is_unsigned == is_unsigned);
        for Pending { place, asked, has_wrong_token, .. } in pending {
            let Some(handshake) = self.provider().handshakes().get(place) else { continue };
            match handshake.read_body(asked, body, self.verify_token()) {
                Some(Head::Asked(asked)) if !has_wrong_token => return Some(self.respond(handshake, &asked)),
                Some(_) => is_refused = true,
                None => {}
            }
        }
        is_refused.then(|| self.wrong_token())
    }

    /// The refusal of a signed handshake that is not authentic, if it must have no body.
    pub(super) fn refused(&self, pending: Vec<Pending>, status: StatusCode, body: &[u8]) -> Option<Rejection> {
        let is_asked = |Pending { place, asked, is_unsigned, has_wrong_token }| {
            let handshake = self.provider().handshakes().get(place)?;
            let is_right = !is_unsigned && !has_wrong_token;
            let read = handshake.read_body(asked, body, self.verify_token()).filter(|_| is_right)?;
            (matches!(read, Head::Asked(_)) && !handshake.is_answered_with_body()).then_some(())
        };
        pending.into_iter().find_map(is_asked)?;
        let mut response = Response::new(Vec::new());
        *response.status_mut() = status;
        Some(Rejection::Handshake(Reply::of(response)))
    }

    fn wrong_token(&self) -> Rejection {
        match self.verify_token() {
            Some(_) => Rejection::WrongVerifyToken,
            None => Rejection::NoVerifyToken,
        }
    }

    /// Takes the secret that a provider brings, once, while a registration is pending.
    fn register(&self, text: &str) -> Result<(), Rejection> {
        let Some(registration) = self.registration() else { return Err(Rejection::UnexpectedSecret) };
        let mut pending = registration.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(keep) = pending.as_mut() else { return Err(Rejection::UnexpectedSecret) };
        // Not a mistake of the receiver's own.
        let secret = Secret::new(text).map_err(|_| Rejection::UnexpectedSecret)?;
        let verifier = self.provider().verifier(secret.clone()).map_err(|_| Rejection::UnexpectedSecret)?;
        keep(&secret).map_err(Rejection::unavailable)?;
        *pending = None;
        self.replace(verifier);
        Ok(())
    }

    fn respond(&self, handshake: &Handshake, asked: &Asked) -> Rejection {
        if handshake.brings_secret()
            && let Err(rejection) = self.register(asked.challenge())
        {
            return rejection;
        }
        let verifier = self.verifier();
        let response = handshake.respond(asked, &|text, encoding| verifier.mac(text, encoding));
        // A value that no header can have is no handshake, and no delivery either.
        response.map_or(Rejection::BrokenBody, |response| Rejection::Handshake(Reply::of(response)))
    }
}
