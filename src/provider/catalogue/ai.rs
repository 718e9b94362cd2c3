//! Models and agents.

use super::*;

table! {
    /// OpenAI: Standard Webhooks, except that the text of a secret without `whsec_` is the key.
    OPENAI = "openai", VendorLibrary, "platform.openai.com/docs/guides/webhooks; npm openai", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(WhsecOrText)
    ],
        event: "id: {id}\ntype: {type}\ncreated_at: {timestamp}\ndata: {data}",
        types: [
            "batch.cancelled", "batch.completed", "batch.expired", "batch.failed", "eval.run.canceled",
            "eval.run.failed", "eval.run.succeeded", "fine_tuning.job.cancelled", "fine_tuning.job.failed",
            "fine_tuning.job.succeeded", "realtime.call.incoming", "response.cancelled", "response.completed",
            "response.failed", "response.incomplete",
        ],
        types_source: "npm openai 6.49.0",
        idempotency: IdempotencyRule::SignedId;
    /// Anthropic: Standard Webhooks.
    ///
    /// `type` is always `event`: the event's type is `data.type`.
    ANTHROPIC = "anthropic", VendorLibrary, "npm @anthropic-ai/sdk", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "id: {id}\ntype: event\ncreated_at: {timestamp:rfc3339}\ndata.type: {type}\ndata: {data}",
        types: [
            "agent.archived", "agent.created", "agent.deleted", "agent.updated", "deployment.archived",
            "deployment.created", "deployment.deleted", "deployment.paused", "deployment.unpaused",
            "deployment.updated", "deployment_run.failed", "deployment_run.started", "deployment_run.succeeded",
            "environment.archived", "environment.created", "environment.deleted", "environment.updated",
            "external_key.failed", "external_key.recovered", "memory_store.archived", "memory_store.created",
            "memory_store.deleted", "session.archived", "session.budget_reached", "session.created",
            "session.deleted", "session.idled", "session.outcome_evaluation_ended", "session.pending",
            "session.requires_action", "session.running", "session.status_idled", "session.status_rescheduled",
            "session.status_run_started", "session.status_terminated", "session.thread_created",
            "session.thread_idled", "session.thread_terminated", "session.updated",
            "user_profile.enforcement_action_opened", "user_profile.enforcement_action_resolved",
            "user_profile.program_status_updated", "vault.archived", "vault.created", "vault.deleted",
            "vault_credential.archived", "vault_credential.created", "vault_credential.deleted",
            "vault_credential.refresh_failed",
        ],
        types_source: "npm @anthropic-ai/sdk 1.12.0",
        idempotency: IdempotencyRule::SignedId;
    /// Replicate: Standard Webhooks. Publishes no tolerance.
    ///
    /// The type is the prediction's status, and `id` is the prediction's.
    REPLICATE = "replicate", VendorLibrary, "replicate.com/docs/topics/webhooks; npm replicate", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "status: {type}\n{data}",
        types: [
            "aborted", "canceled", "failed", "processing", "starting", "succeeded",
        ],
        types_source: "npm replicate 1.4.0",
        idempotency: IdempotencyRule::SignedId;
    /// ElevenLabs. Its library accepts timestamps up to half an hour old. During a rotation, its JavaScript library
    /// reads only the first signature, and its Python library only the last.
    ///
    /// Its sources contradict each other about `event_timestamp`, so Unix seconds and RFC 3339 are read.
    ELEVENLABS = "elevenlabs", VendorLibrary, "elevenlabs.io/docs; npm @elevenlabs/elevenlabs-js", [
        "ElevenLabs-Signature: t={timestamp},v0={hex},...", "{timestamp}.{body}", past(1800)
    ],
        event: "type: {type}\nevent_timestamp?: {timestamp} {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::Body,
        answer_within: 10;
    /// Retell, with an API key as the secret.
    RETELL = "retell", VendorLibrary, "docs.retellai.com/features/secure-webhook; npm retell-sdk", [
        "x-retell-signature: v={timestamp:ms},d={hex}", "{body}{timestamp}"
    ],
        event: "event: {type}\n{data}",
        types: [
            "call_analyzed", "call_ended", "call_started", "chat_analyzed", "chat_ended", "chat_started",
            "transcript_updated", "transfer_bridged", "transfer_cancelled", "transfer_ended", "transfer_started",
        ],
        types_source: "npm retell-sdk 5.66.1",
        idempotency: IdempotencyRule::Body;
    /// Bland. Other providers give a header of the same name another meaning, so it does not tell who sent a request.
    ///
    /// Its sample hashes JSON that it has parsed and written again; this preset uses the raw body.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    BLAND = "bland", Documented, "docs.bland.ai", [
        "X-Webhook-Signature: {hex}", "{body}"
    ];
    /// Cursor. Other providers give a header of the same name another meaning, so it does not tell who sent a request.
    /// The webhook's id is not signed.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CURSOR = "cursor", Documented, "hookdeck/webhook-skills", [
        "X-Webhook-Signature: sha256={hex}\nX-Webhook-ID: {id}", "{body}"
    ];
    /// Firecrawl.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIRECRAWL = "firecrawl", Documented, "docs.firecrawl.dev", [
        "X-Firecrawl-Signature: sha256={hex}", "{body}"
    ];
    /// Google's Gemini API, static mode: Standard Webhooks. Its dynamic mode sends a JWT, which this preset does not
    /// read.
    GEMINI = "gemini", Code, "a public TypeScript catalogue", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Klara AI.
    KLARA_AI = "klara-ai", Documented, "docs.klara-ai.com", [
        "X-Klara-Timestamp: {timestamp}\nX-Klara-Signature: sha256={hex}", "{timestamp}.{body}"
    ];
    /// Sim's webhook block. Other providers give a header of the same name another meaning, so it does not tell who
    /// sent a request. `X-Webhook-Timestamp` repeats the time and is not read.
    SIM = "sim", Documented, "docs.sim.ai/blocks/webhook", [
        "X-Webhook-Signature: t={timestamp:ms},v1={hex}", "{timestamp}.{body}"
    ];
    /// Xobni. Its delivery id is not signed: use it only for logs.
    XOBNI = "xobni", Documented, "www.xobni.ai/docs/webhooks/security", [
        "X-Xobni-Timestamp: {timestamp}\nX-Xobni-Signature: sha256={hex}\nX-Xobni-Delivery: {id}", "{timestamp}.{body}"
    ];
    /// Cartesia.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CARTESIA = "cartesia", Documented, "docs.cartesia.ai", [
        "X-Webhook-Secret: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Deepgram callbacks with HTTP Basic authentication in the callback's URL. Its header `dg-token` names a key and is no secret.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DEEPGRAM = "deepgram", Code, "hookdeck/webhook-skills", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Kie AI. The signature covers the task's id and the time.
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    KIE_AI = "kie-ai", Documented, "docs.kie.ai", [
        "X-Webhook-Timestamp: {timestamp}\nX-Webhook-Signature: {base64}", "{$.taskId}.{timestamp}"
    ],
        idempotency: IdempotencyRule::Body;
    /// fal. Its keys are in a JSON Web Key Set without ids, so each of them is tried.
    FAL = "fal", PeerLibrary, "docs.fal.ai; npm @hookflo/tern", if feature = "ed25519", [
        "X-Fal-Webhook-Request-Id: {id}\nX-Fal-Webhook-Timestamp: {timestamp}\nX-Fal-Webhook-Signature: {hex}",
        "{id}\n{header:X-Fal-Webhook-User-Id}\n{timestamp}\n{body|sha256-hex}", algorithm(Ed25519)
    ],
        idempotency: IdempotencyRule::SignedId;
    /// Base44 workspace webhooks: Standard Webhooks with public keys.
    BASE44 = "base44", Code, "a receiver's code", if feature = "ed25519", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1a,{base64} ...", "{id}.{timestamp}.{body}", algorithm(Ed25519)
    ];
}
