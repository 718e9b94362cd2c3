//! Payments, billing and subscriptions.

use super::*;

table! {
    /// Stripe. The whole text of the secret is the key, `whsec_` included.
    STRIPE = "stripe", VendorLibrary, "docs.stripe.com/webhooks; npm stripe", [
        "Stripe-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "object: event\nid: {id}\napi_version?: {version}\ncreated: {timestamp}\ndata: {data}\nlivemode: {test:false}\npending_webhooks\nrequest\ntype: {type}";
            "object: v2.core.event\nid: {id}\ncreated: {timestamp:rfc3339}\ntype: {type}\nlivemode?: {test:false}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Paddle Billing. Its library accepts timestamps up to 5 seconds old, and reads only the last signature.
    ///
    /// `notification_id` is that of the delivery, `event_id` that of the event.
    PADDLE = "paddle", VendorLibrary, "developer.paddle.com/webhooks; npm @paddle/paddle-node-sdk", [
        "Paddle-Signature: ts={timestamp};h1={hex};...", "{timestamp}:{body}", past(5), current_key_last(true)
    ],
        event: "event_id: {id}\nevent_type: {type}\noccurred_at: {timestamp:rfc3339}\nnotification_id\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Razorpay. Its event id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    RAZORPAY = "razorpay", VendorLibrary, "razorpay.com/docs/webhooks; npm razorpay", [
        "X-Razorpay-Signature: {hex}\nx-razorpay-event-id: {id}", "{body}"
    ],
        event: "x-razorpay-event-id?: {id}\n\nevent: {type}\ncreated_at: {timestamp}\naccount_id\ncontains\npayload: {data}",
        idempotency: IdempotencyRule::Body;
    /// GoCardless.
    ///
    /// A batch.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GOCARDLESS = "gocardless", VendorLibrary, "developer.gocardless.com; npm gocardless-nodejs", [
        "Webhook-Signature: {hex}", "{body}"
    ],
        event: "events[].id: {id}\nevents[].resource_type: {type}\nevents[].action: {type}\nevents[].created_at: {timestamp:rfc3339}\nevents[]: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Coinbase Commerce.
    ///
    /// The `id` at the top level is that of the delivery, and the body counts the attempts.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    COINBASE_COMMERCE = "coinbase-commerce", VendorLibrary, "npm coinbase-commerce-node", [
        "X-CC-Webhook-Signature: {hex}", "{body}"
    ],
        event: "event.id: {id}\nevent.type: {type}\nevent.api_version?: {version}\nevent.created_at: {timestamp:rfc3339}\nevent.data: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Lemon Squeezy.
    ///
    /// `data.id` is the id of the object, not of the event.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LEMONSQUEEZY = "lemonsqueezy", PeerLibrary, "docs.lemonsqueezy.com; npm @hookflo/tern", [
        "X-Signature: {hex}", "{body}"
    ],
        event: "meta.event_name: {type}\nmeta.test_mode?: {test:true}\n{data}",
        idempotency: IdempotencyRule::Body;
    /// Polar: Standard Webhooks, except that the whole text of the secret is the key.
    POLAR = "polar", VendorLibrary, "polar.sh/docs; npm @polar-sh/sdk", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}"
    ],
        event: "type: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::SignedId;
    /// Mollie, next-generation webhooks. For a day after a rotation, the header occurs twice.
    ///
    /// Classic webhooks, a form with the id of a payment, are not signed and not read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MOLLIE = "mollie", Documented, "docs.mollie.com", [
        "X-Mollie-Signature: sha256={hex}, ...", "{body}"
    ],
        event: "id: {id}\ntype: {type}\ncreatedAt: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Recurly, JSON webhooks. Its documentation and library say milliseconds, but its sample shows seconds: both are
    /// read.
    ///
    /// The shape is from general knowledge: no source was seen for it.
    RECURLY = "recurly", Code, "docs.recurly.com; gem recurly", [
        "recurly-signature: {timestamp:ms-or-s},{hex},...", "{timestamp}.{body}"
    ],
        event: "object_type: {type}\nevent_type: {type}\nevent_time?: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::Body;
}
