//! What receiving logs with `tracing`: one event for each request, verified or refused, and another for the outcome of
//! its handler. No event contains a secret, a signature or a body.

use std::error::Error;

use tracing::{Level, debug, enabled, error, warn};

use crate::event::Event;
use crate::idempotency::key::IdempotencyKey;
use crate::receive::{Answer, Received, Receiver, Rejection};
use crate::verify::Proof;

const TARGET: &str = "hookseal";

#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn verified<P>(received: &Received<P>) {
    outcome(received, "webhook verified");
}

/// The handler of a claimed event has ended.
pub(crate) fn settled<P>(received: &Received<P>, is_done: bool) {
    let text = if is_done { "webhook processed" } else { "webhook not processed, and released for another attempt" };
    outcome(received, text);
}

/// The handler does not run, because the event is a duplicate.
pub(crate) fn duplicate<P>(received: &Received<P>, answer: &Answer) {
    match answer {
        Answer::InFlight { .. } => outcome(received, "duplicate of a webhook that is being processed"),
        _ => outcome(received, "duplicate of a webhook that was processed"),
    }
}

/// The envelope is read only for the log, and therefore only if the level is enabled.
fn outcome<P>(received: &Received<P>, text: &str) {
    if !enabled!(target: TARGET, Level::DEBUG) {
        return;
    }
    let (proof, event) = (*received.verified().proof(), received.event().ok());
    debug!(
        target: TARGET,
        provider = received.provider().name(),
        scope = received.scope(),
        id = id(&event, &proof),
        event_type = event.as_ref().map(Event::event_type),
        key = ?proof.key(),
        bytes = received.body().len(),
        "{text}"
    );
}

/// The request is authentic, but cannot be passed to the handler.
pub(crate) fn unread<P>(received: &Received<P>, rejection: &Rejection) {
    let (proof, event, status) = (*received.verified().proof(), received.event().ok(), rejection.status().as_u16());
    let (provider, scope, key) = (received.provider().name(), received.scope(), proof.key());
    let (id, event_type) = (id(&event, &proof), event.as_ref().map(Event::event_type));
    if matches!(rejection, Rejection::Unhandled { .. }) {
        debug!(target: TARGET, provider, scope, id, event_type, ?key, status, reason = %rejection, "webhook acknowledged");
    } else {
        warn!(target: TARGET, provider, scope, id, event_type, ?key, status, reason = %rejection, "webhook refused");
    }
}

/// The id of the event if it has one, or else the id of the delivery.
fn id<'a>(event: &'a Option<Event<'_>>, proof: &'a Proof<'_>) -> Option<&'a str> {
    event.as_ref().and_then(Event::id).or(proof.id()).or(proof.unsigned_id())
}

/// `receiver` is `None` if none was found.
pub(crate) fn refused<P>(receiver: Option<&Receiver<P>>, rejection: &Rejection) {
    let status = rejection.status().as_u16();
    let (provider, scope) = match (receiver, rejection) {
        (Some(receiver), _) => (Some(receiver.provider().name()), Some(receiver.scope())),
        (None, Rejection::UnusableKeys { provider, tenant, .. }) => (Some(&**provider), Some(&**tenant)),
        (None, _) => (None, None),
    };
    if receiver.is_some_and(Receiver::is_nobodys) {
        // The name is from the request, and thus from an unknown sender.
        let unknown_tenant: Option<String> = scope.map(|scope| scope.chars().take(64).collect());
        warn!(target: TARGET, provider, unknown_tenant, status, reason = %rejection, "webhook refused");
    } else {
        warn!(target: TARGET, provider, scope, status, reason = %rejection, "webhook refused");
    }
}

/// The problem that a handler reports.
#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn answered(answer: &Answer) {
    match answer {
        Answer::PermanentFailure { reason } => error!(target: TARGET, reason = &**reason, "webhook failed for good"),
        Answer::Unreadable(error) => warn!(target: TARGET, reason = %error, "webhook is not what the handler expects"),
        _ => {}
    }
}

pub(crate) fn store_down(reason: &(dyn Error + 'static)) {
    error!(target: TARGET, reason, "idempotency store failed");
}

pub(crate) fn store_full() {
    error!(target: TARGET, "idempotency store is full");
}

pub(crate) fn lease_lost(key: &IdempotencyKey) {
    warn!(target: TARGET, %key, "handler outlasted its lease");
}
