//! Services and libraries that send webhooks for others.

use super::*;

table! {
    /// The Standard Webhooks specification: HMAC signatures (`v1`), and with a public key those of Ed25519 (`v1a`). With both a
    /// secret and a public key, either is enough.
    STANDARD_WEBHOOKS = "standard-webhooks", VendorLibrary, "standardwebhooks.com; npm standardwebhooks", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec);
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1a,{base64} ...", "{id}.{timestamp}.{body}", algorithm(Ed25519)
    ],
        event: "type: {type}\ntimestamp?: {timestamp:rfc3339}\ndata: {data}";
    /// Svix, and providers that send through it, with either set of header names: HMAC signatures (`v1`), and with a public key
    /// those of Ed25519 (`v1a`).
    SVIX = "svix", VendorLibrary, "docs.svix.com; npm svix", [
        SVIX, "{id}.{timestamp}.{body}", secret_form(Whsec);
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1a,{base64} ...",
        "{id}.{timestamp}.{body}", algorithm(Ed25519)
    ],
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SVIX, OutcomePolicy::standard(), HealthPolicy::never());
    /// Hookdeck Event Gateway. During a rotation, the second header carries the signature under the other key. Its
    /// event id is not signed.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HOOKDECK = "hookdeck", VendorLibrary, "hookdeck.com/docs; npm @hookdeck/sdk", [
        "x-hookdeck-signature: {base64}\nx-hookdeck-signature-2: {base64}\nx-hookdeck-eventid: {id}", "{body}"
    ];
    /// Outpost in its default mode. Its timestamp header is not signed and is therefore ignored. For its Standard
    /// Webhooks mode, use [`STANDARD_WEBHOOKS`].
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    OUTPOST = "outpost", Code, "outpost.hookdeck.com/docs", [
        "x-outpost-signature: v0={hex},{hex},...\nx-outpost-event-id: {id}", "{body}"
    ],
        event: "x-outpost-topic: {type}\nx-outpost-event-id: {id}\n\n{data}",
        idempotency: IdempotencyRule::BodyAndType,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::OUTPOST, OutcomePolicy::standard(), HealthPolicy::never());
    /// Convoy with simple signatures, in its default configuration.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CONVOY_SIMPLE = "convoy-simple", Code, "www.getconvoy.io/docs; its signature test data", [
        "X-Convoy-Signature: {hex}", "{body}"
    ];
    /// Convoy with advanced signatures of the first version, in its default configuration.
    CONVOY_ADVANCED = "convoy-advanced", Code, "www.getconvoy.io/docs; its signature test data", [
        "X-Convoy-Signature: t={timestamp},v1={hex},...", "{timestamp},{body}"
    ];
    /// Hook0, signatures of version 0. Version 1 also signs a list of headers, which the notation cannot express yet.
    HOOK0 = "hook0", VendorLibrary, "documentation.hook0.com; npm hook0-client", [
        "X-Hook0-Signature: t={timestamp},v0={hex}", "{timestamp}.{body}"
    ],
        event: "X-Event-Type: {type}\nX-Event-Id?: {id}\n\n{data}",
        idempotency: IdempotencyRule::BodyAndType,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::HOOK0, OutcomePolicy::standard(), HealthPolicy::never());
    /// Hook0, signatures of version 1, which also cover the headers that they list. For version 0, see [`HOOK0`].
    ///
    /// The vendor's library skips a listed header that is missing; here, all of them must be there.
    ///
    /// Text could move between the values of the listed headers, so none of them counts as signed.
    HOOK0_V1 = "hook0-v1", VendorLibrary, "documentation.hook0.com; npm hook0-client", [
        "X-Hook0-Signature: t={timestamp},h={signed-headers},v1={hex}",
        "{timestamp}.{signed-headers}.{signed-headers|values:.}.{body}"
    ],
        event: "X-Event-Type: {type}\nX-Event-Id?: {id}\n\n{data}",
        idempotency: IdempotencyRule::BodyAndType,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::HOOK0, OutcomePolicy::standard(), HealthPolicy::never());
    /// The Standard Webhooks specification, signatures with public keys (`v1a`) alone. [`STANDARD_WEBHOOKS`] has both.
    STANDARD_WEBHOOKS_V1A = "standard-webhooks-v1a", PeerLibrary, "standardwebhooks.com; PyPI authweave-webhooks", if feature = "ed25519", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1a,{base64} ...", "{id}.{timestamp}.{body}", algorithm(Ed25519)
    ],
        event: "type: {type}\ntimestamp?: {timestamp:rfc3339}\ndata: {data}";
    /// Upstash QStash, with its current and its next signing key. The token names the URL that you registered: set it with
    /// [`with_public_url`](Provider::with_public_url).
    UPSTASH_QSTASH = "upstash-qstash", VendorLibrary, "upstash.com/docs/qstash; npm @upstash/qstash", [
        "Upstash-Signature: {jwt}", "iss: Upstash\nsub: {url}\nbody: {body|sha256-base64url}\nexp: {expiry}\nnbf?: {not-before}"
    ],
        idempotency: IdempotencyRule::Body;
}
