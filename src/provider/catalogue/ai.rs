//! Models and agents.

use super::*;

table! {
    /// OpenAI: Standard Webhooks, except that the text of a secret without `whsec_` is the key.
    OPENAI = "openai", VendorLibrary, "platform.openai.com/docs/guides/webhooks; npm openai", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(WhsecOrText)
    ],
        event: "id: {id}\ntype: {type}\ncreated_at: {timestamp}\ndata: {data}",
        idempotency: IdempotencyRule::SignedId;
    /// Anthropic: Standard Webhooks.
    ///
    /// `type` is always `event`: the event's type is `data.type`.
    ANTHROPIC = "anthropic", VendorLibrary, "npm @anthropic-ai/sdk", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "id: {id}\ntype: event\ncreated_at: {timestamp:rfc3339}\ndata.type: {type}\ndata: {data}",
        idempotency: IdempotencyRule::SignedId;
    /// Replicate: Standard Webhooks. Publishes no tolerance.
    ///
    /// The type is the prediction's status, and `id` is the prediction's.
    REPLICATE = "replicate", VendorLibrary, "replicate.com/docs/topics/webhooks; npm replicate", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "status: {type}\n{data}",
        idempotency: IdempotencyRule::SignedId;
    /// ElevenLabs. Its library accepts timestamps up to half an hour old. During a rotation, its JavaScript library
    /// reads only the first signature, and its Python library only the last.
    ///
    /// Its sources contradict each other about `event_timestamp`: Unix seconds are read, anything else is no time.
    ELEVENLABS = "elevenlabs", VendorLibrary, "elevenlabs.io/docs; npm @elevenlabs/elevenlabs-js", [
        "ElevenLabs-Signature: t={timestamp},v0={hex},...", "{timestamp}.{body}", past(1800)
    ],
        event: "type: {type}\nevent_timestamp?: {timestamp}\ndata: {data}",
        idempotency: IdempotencyRule::Body,
        answer_within: 10;
    /// Retell, with an API key as the secret.
    RETELL = "retell", VendorLibrary, "docs.retellai.com/features/secure-webhook; npm retell-sdk", [
        "x-retell-signature: v={timestamp:ms},d={hex}", "{body}{timestamp}"
    ],
        event: "event: {type}\n{data}",
        idempotency: IdempotencyRule::Body;
}
