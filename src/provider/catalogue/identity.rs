//! Identity and employment.

use super::*;

table! {
    /// WorkOS.
    WORKOS = "workos", VendorLibrary, "workos.com/docs/events/data-syncing/webhooks; npm @workos-inc/node", [
        "WorkOS-Signature: t={timestamp:ms}, v1={hex}", "{timestamp}.{body}", past(180)
    ],
        event: "id: {id}\nevent: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Clerk, which sends through Svix.
    ///
    /// `data.id` is the id of the object, not of the event.
    CLERK = "clerk", VendorLibrary, "clerk.com/docs; npm @clerk/backend", [
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "type: {type}\nobject\ntimestamp?: {timestamp:ms}\ninstance_id\ndata: {data}",
        idempotency: IdempotencyRule::SignedId,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SVIX, OutcomePolicy::standard(), HealthPolicy::never());
    /// Finch: Standard Webhooks with its own header names, and a secret without a prefix.
    FINCH = "finch", VendorLibrary, "developer.tryfinch.com; npm @tryfinch/finch-api", [
        "Finch-Event-ID: {id}\nFinch-Timestamp: {timestamp}\nFinch-Signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Base64)
    ],
        event: "event_type: {type}\n{data}",
        idempotency: IdempotencyRule::SignedId;
}
