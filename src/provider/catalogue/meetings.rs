//! Meetings and calendars.

use super::*;

table! {
    /// Zoom. Publishes no tolerance.
    ZOOM = "zoom", Code, "developers.zoom.us/docs/api/webhooks", [
        "x-zm-request-timestamp: {timestamp}\nx-zm-signature: v0={hex}", "v0:{timestamp}:{body}"
    ],
        event: "event: {type}\nevent_ts: {timestamp:ms}\npayload: {data}",
        idempotency: IdempotencyRule::Body,
        answer_within: 3,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::ZOOM, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(3));
    /// Calendly. Publishes no tolerance.
    CALENDLY = "calendly", PeerLibrary, "developer.calendly.com; npm n8n-nodes-base", [
        "Calendly-Webhook-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "event: {type}\ncreated_at: {timestamp:rfc3339}\ncreated_by\npayload: {data}",
        idempotency: IdempotencyRule::Body;
    /// Cal.com.
    ///
    /// A template of the operator's may replace the body.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CAL_COM = "cal-com", PeerLibrary, "cal.com/docs; npm n8n-nodes-base", [
        "X-Cal-Signature-256: {hex}", "{body}"
    ],
        event: "triggerEvent: {type}\ncreatedAt?: {timestamp:rfc3339}\npayload: {data}",
        idempotency: IdempotencyRule::Body;
    /// Recall.ai. Workspaces created before December 2025 send the `svix-*` headers.
    RECALL_AI = "recall-ai", PeerLibrary, "docs.recall.ai; npm svix", [
        "webhook-id | svix-id: {id}\nwebhook-timestamp | svix-timestamp: {timestamp}\nwebhook-signature | svix-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "event: {type}\ndata: {data}",
        idempotency: IdempotencyRule::SignedId;
    /// Fathom.
    ///
    /// There is one type of event, and its name is not sent: it is called `new_meeting` here.
    FATHOM = "fathom", VendorLibrary, "developers.fathom.ai; npm fathom-typescript", [
        "webhook-id | svix-id: {id}\nwebhook-timestamp | svix-timestamp: {timestamp}\nwebhook-signature | svix-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "{type}: new_meeting\n{data}",
        types: ["new_meeting"],
        idempotency: IdempotencyRule::SignedId;
    /// Fireflies, webhooks of version 2. Its header carries a SHA-256 signature under the name that others use for
    /// SHA-1.
    ///
    /// The second shape is that of webhooks of version 1, whose bodies are equal when a meeting is transcribed again.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIREFLIES = "fireflies", Documented, "docs.fireflies.ai", [
        "X-Hub-Signature: sha256={hex}", "{body}"
    ],
        event: "event: {type}\ntimestamp: {timestamp:ms}\n{data}";
            "eventType: {type}\n{data}",
        idempotency: IdempotencyRule::Body;
    /// Daily. Publishes neither the timestamp's unit nor a tolerance, so seconds and milliseconds are both read.
    ///
    /// `event_ts` is the time of sending.
    DAILY = "daily", Documented, "docs.daily.co/reference/rest-api/webhooks", [
        "X-Webhook-Timestamp: {timestamp:ms-or-s}\nX-Webhook-Signature: {base64}",
        "{timestamp}.{body}", secret_form(Base64)
    ],
        event: "version: {version}\ntype: {type}\nid: {id}\npayload: {data}\nevent_ts: {timestamp}",
        idempotency: IdempotencyRule::EventId;
}
