//! What receiving logs with `tracing`, as the table in [`receive`](crate::receive) says. No event contains a secret, a
//! signature or a body.

#[cfg(feature = "tracing")]
mod macros;
#[cfg(not(feature = "tracing"))]
#[path = "trace/silent.rs"]
mod macros;

use std::any::type_name;
use std::error::Error;

use crate::error::VerifyError;
use crate::event::Event;
use crate::idempotency::key::IdempotencyKey;
use crate::receive::{Answer, Received, Receiver, Rejection};
use crate::verify::Proof;

use macros::*;

const TARGET: &str = "hookseal";

/// The status of what the receiver's owner must mend.
const MISCONFIGURED: u16 = 500;

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
    let (proof, event) = (*received.verified().proof(), received.logged_event());
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
    if IS_SILENT {
        return;
    }
    let (proof, event, status) = (*received.verified().proof(), received.logged_event(), rejection.status().as_u16());
    let (provider, scope, key, bytes) =
        (received.provider().name(), received.scope(), proof.key(), received.body().len());
    let (id, event_type) = (id(&event, &proof), event.as_ref().map(Event::event_type));
    macro_rules! log {
        ($level:ident, $text:literal) => {
            $level!(target: TARGET, provider, scope, id, event_type, ?key, bytes, status, reason = %rejection, $text)
        };
    }
    match rejection {
        Rejection::Unhandled { .. } => log!(info, "webhook acknowledged"),
        _ if status == MISCONFIGURED => log!(error, "webhook refused"),
        _ => log!(warn, "webhook refused"),
    }
}

/// The id of the event if it has one, or else the id of the delivery.
fn id<'a>(event: &'a Option<Event<'_>>, proof: &'a Proof<'_>) -> Option<&'a str> {
    event.as_ref().and_then(Event::id).or(proof.id()).or(proof.unsigned_id())
}

/// `receiver` is `None` if none was found; its marker then says whose lookup failed. `bytes` is how much of the body has
/// come.
pub(crate) fn refused<P>(receiver: Option<&Receiver<P>>, rejection: &Rejection, bytes: usize) {
    if IS_SILENT {
        return;
    }
    let status = rejection.status().as_u16();
    let Some(receiver) = receiver else {
        let marker = Some(type_name::<P>()).filter(|name| *name != type_name::<()>());
        match rejection {
            Rejection::UnusableKeys { provider, tenant: scope, .. } => {
                error!(target: TARGET, provider, scope, bytes, status, reason = %rejection, "webhook refused");
            }
            Rejection::Unavailable { tenant, .. } => {
                let requested_tenant = tenant.as_deref().map(shortened);
                warn!(target: TARGET, marker, requested_tenant, bytes, status, reason = %rejection, "webhook refused");
            }
            _ if status == MISCONFIGURED => {
                error!(target: TARGET, marker, bytes, status, reason = %rejection, "webhook refused");
            }
            _ => warn!(target: TARGET, marker, bytes, status, reason = %rejection, "webhook refused"),
        }
        return;
    };
    let (provider, scope) = (receiver.provider().name(), receiver.scope());
    if let Rejection::Handshake(_) = rejection {
        info!(target: TARGET, provider, scope, status, "handshake answered");
        return;
    }
    if !receiver.is_nobodys() {
        warn!(target: TARGET, provider, scope, bytes, status, reason = %rejection, "webhook refused");
        return;
    }
    let tenant = Rejection::UnknownTenant;
    let reason = match rejection {
        // Nobody's secret matches nothing.
        Rejection::NotAuthentic(VerifyError::NoMatch | VerifyError::EmptyBody) => tenant.to_string(),
        _ => format!("{tenant}; {rejection}"),
    };
    warn!(target: TARGET, provider, unknown_tenant = shortened(scope), bytes, status, reason = %reason, "webhook refused");
}

/// A name from a request, and thus from an unknown sender.
fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The problem that a handler reports.
pub(crate) fn answered(answer: &Answer) {
    match answer {
        Answer::PermanentFailure { reason } => error!(target: TARGET, reason = &**reason, "webhook failed for good"),
        Answer::Unreadable(error) if error.is_of_receiver() => {
            error!(target: TARGET, reason = %error, "webhook cannot be read as the handler asks");
        }
        Answer::Unreadable(error) => warn!(target: TARGET, reason = %error, "webhook is not what the handler expects"),
        Answer::TemporaryFailure { .. } => {
            let retry_after = answer.retry_after().map(|wait| wait.as_secs());
            info!(target: TARGET, retry_after, "webhook to be delivered again");
        }
        _ => {}
    }
}

pub(crate) fn keys_not_fetched(reason: &(dyn Error + 'static)) {
    warn!(target: TARGET, reason = %reason, "keys could not be fetched");
}

pub(crate) fn store_down(reason: &(dyn Error + 'static)) {
    error!(target: TARGET, reason, "idempotency store failed");
}

pub(crate) fn store_full() {
    error!(target: TARGET, "idempotency store is full");
}

pub(crate) fn lease_lost(key: &IdempotencyKey) {
    warn!(target: TARGET, idempotency_key = %key, "handler outlasted its lease");
}

/// Why a request was refused, while the program is developed.
#[cfg(feature = "diagnose")]
pub(crate) fn explained(provider: &str, diagnosis: &crate::diagnose::Diagnosis) {
    let causes: Vec<&str> = diagnosis.causes().iter().map(|cause| cause.code().as_str()).collect();
    let (verdict, causes) = (diagnosis.verdict().as_str(), causes.join(" "));
    warn!(target: "hookseal::diagnose", provider, verdict, causes, "why the webhook was refused:\n{diagnosis}");
}
