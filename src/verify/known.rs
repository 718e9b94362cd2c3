//! What a refused request shows at once: whose headers it has, and what the secret begins with.

use std::sync::Arc;

use http::HeaderName;

use crate::error::VerifyError;
use crate::headers::{Found, Headers};

use super::Keyed;

/// Signature headers that say whose delivery it is: those of the providers that people confuse. Two families of Standard
/// Webhooks are among them.
const SIGNATURES: [HeaderName; 12] = [
    HeaderName::from_static("webhook-signature"),
    HeaderName::from_static("svix-signature"),
    HeaderName::from_static("stripe-signature"),
    HeaderName::from_static("x-hub-signature-256"),
    HeaderName::from_static("x-slack-signature"),
    HeaderName::from_static("x-shopify-hmac-sha256"),
    HeaderName::from_static("x-twilio-signature"),
    HeaderName::from_static("paddle-signature"),
    HeaderName::from_static("x-line-signature"),
    HeaderName::from_static("twitch-eventsub-message-signature"),
    HeaderName::from_static("x-gitlab-token"),
    HeaderName::from_static("linear-signature"),
];

/// An error for a missing header, with the header of another provider if the request has one.
#[cold]
pub(super) fn refined<H: Headers + ?Sized>(error: VerifyError, schemes: &[Arc<Keyed>], headers: &H) -> VerifyError {
    let VerifyError::MissingHeader { header } = &error else { return error };
    if schemes.iter().any(|keyed| keyed.plan.is_present(headers)) {
        return error;
    }
    let is_there = |name: &&HeaderName| *name != header && !matches!(headers.find(name), Found::Missing);
    match SIGNATURES.iter().find(is_there) {
        Some(found) => VerifyError::OtherHeaders { header: header.clone(), found: found.clone() },
        None => error,
    }
}

/// What a text begins with that is no signing secret, or not all of it.
pub(super) fn problem_of(secret: &str, headers: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 9] = [
        ("sk_live_", "begins with `sk_`: that is an API key, not a signing secret"),
        ("sk_test_", "begins with `sk_`: that is an API key, not a signing secret"),
        ("rk_live_", "begins with `rk_`: that is an API key, not a signing secret"),
        ("rk_test_", "begins with `rk_`: that is an API key, not a signing secret"),
        ("pk_live_", "begins with `pk_`: that is a publishable key, not a signing secret"),
        ("pk_test_", "begins with `pk_`: that is a publishable key, not a signing secret"),
        ("we_", "begins with `we_`: that is the id of an endpoint, not its signing secret"),
        ("evt_", "begins with `evt_`: that is the id of an event, not a signing secret"),
        ("v1,whsec_", "begins with `v1,whsec_`, as Supabase shows it: the secret of this scheme is without `v1,`"),
    ];
    if headers.to_ascii_lowercase().contains("stripe-signature:") && !secret.contains("whsec_") {
        let of_kind = KINDS.iter().find(|(prefix, _)| secret.starts_with(prefix));
        return Some(of_kind.map_or("does not begin with `whsec_`, as Stripe's do", |(_, problem)| problem));
    }
    KINDS.iter().find(|(prefix, _)| secret.starts_with(prefix)).map(|(_, problem)| *problem)
}
