//! What the receiving half tells `tracing`: one event for each request, accepted or refused, and further ones for what
//! fails after that. Never a secret, a signature or a body.

use std::error::Error;

use tracing::{Level, debug, enabled, error, warn};

use crate::event::Event;
use crate::idempotency::key::IdempotencyKey;
use crate::receive::{Received, Rejection};

const TARGET: &str = "hookseal";

/// The envelope is read for this alone, and only where somebody listens.
#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn accepted<P>(received: &Received<P>) {
    if !enabled!(target: TARGET, Level::DEBUG) {
        return;
    }
    let (proof, event) = (received.proof(), received.event().ok());
    debug!(
        target: TARGET,
        provider = received.provider().name(),
        scope = received.scope(),
        id = event.as_ref().and_then(Event::id).or(proof.id()).or(proof.unsigned_id()),
        event_type = event.as_ref().map(Event::event_type),
        key = ?proof.key(),
        bytes = received.body().len(),
        "webhook accepted"
    );
}

/// Authentic, and yet not for the handler.
pub(crate) fn unread<P>(received: &Received<P>, rejection: &Rejection) {
    let (proof, status) = (received.proof(), rejection.status().as_u16());
    let (provider, scope) = (received.provider().name(), received.scope());
    let (id, key) = (proof.id().or(proof.unsigned_id()), proof.key());
    match rejection {
        Rejection::Unhandled { .. } => {
            debug!(target: TARGET, provider, scope, id, ?key, status, reason = %rejection, "webhook acknowledged");
        }
        _ => warn!(target: TARGET, provider, scope, id, ?key, status, reason = %rejection, "webhook refused"),
    }
}

/// `by`: the provider and the scope, where they are known.
pub(crate) fn refused(by: Option<(&str, &str)>, rejection: &Rejection) {
    let (status, (provider, scope)) = (rejection.status().as_u16(), by.unzip());
    warn!(target: TARGET, provider, scope, status, reason = %rejection, "webhook refused");
}

#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn failed(reason: &str) {
    error!(target: TARGET, reason, "webhook failed for good");
}

pub(crate) fn store_down(reason: &(dyn Error + 'static)) {
    error!(target: TARGET, reason, "idempotency store does not answer");
}

pub(crate) fn lease_lost(key: &IdempotencyKey) {
    warn!(target: TARGET, %key, "handler outlasted its lease");
}
