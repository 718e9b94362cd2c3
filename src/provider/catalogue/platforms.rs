//! Calls, conversations and meetings: the five platforms that the crate was made for.

use super::*;

table! {
    /// Kallglot: calls and transcripts. Publishes no tolerance; 300 seconds in either direction is our choice.
    KALLGLOT = "kallglot", Documented, "developer.kallglot.com/webhooks/signatures", [
        "Kallglot-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "id: {id}\ntype: {type}\napi_version: {version}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "session.created", "session.started", "session.ended", "transcript.ready", "transcript.segment",
            "recording.ready", "recording.failed", "analysis.complete", "analysis.failed",
            "session.provider.connected", "session.provider.disconnected",
        ],
        idempotency: IdempotencyRule::EventId,
        answer_within: 30;
    /// Klen AI. Publishes no encoding; hex is our choice. Its delivery id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    KLEN_AI = "klen-ai", Documented, "Klen AI's webhook documentation", [
        "X-Klen-Signature: {hex}\nX-Klen-Delivery-ID: {id}", "{body}"
    ],
        event: "X-Klen-Delivery-ID?: {id}\n\nevent_type: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "call.started", "call.ended", "call.failed", "call.transcript", "call.recording", "call.summary",
            "calendar.created", "calendar.updated", "calendar.cancelled", "calendar.completed", "calendar.reminder",
        ],
        idempotency: IdempotencyRule::Body,
        answer_within: 10,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::KLEN_AI, OutcomePolicy::standard(), HealthPolicy::never())
        .with_timeout(Duration::from_secs(10));
    /// CallIntel. Signs no timestamp and sends no event id: the `webhook_id` in the body names the endpoint.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CALLINTEL = "callintel", Documented, "CallIntel's webhook documentation", [
        "X-Callintel-Signature: {hex}", "{body}"
    ],
        event: "event_type: {type}\ntimestamp: {timestamp:rfc3339}\nwebhook_id\ndata: {data}",
        types: [
            "call.initiated", "call.connected", "call.in_progress", "call.completed", "call.failed", "call.missed",
            "call.transcript_ready", "call.recording_ready", "call.summary_ready", "call.analysis_complete",
            "batch.initiated", "batch.in_progress", "batch.completed", "batch.failed",
        ],
        idempotency: IdempotencyRule::Body,
        test: TestRule::DataIdPrefix(Cow::Borrowed("call_test_")),
        max_sent: 10_000_000,
        max_received: 10_485_760,
        answer_within: 10,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::CALLINTEL, OutcomePolicy::server_errors_only(), HealthPolicy::never())
        .with_timeout(Duration::from_secs(10));
    /// Klang. Retries reuse the first timestamp and signature for about seven hours, hence the long window.
    KLANG = "klang", Documented, "docs.klang.ai/webhooks/signatures", [
        "X-Klang-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}", past(28_800)
    ],
        event: "id: {id}\ntype: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        types: ["conversation.ready", "conversation.failed", "conversation.deleted"],
        idempotency: IdempotencyRule::EventId,
        test: TestRule::IdPrefix(Cow::Borrowed("evt_test_")),
        answer_within: 5,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::KLANG, OutcomePolicy::standard(), HealthPolicy::never().with_max_failures(25).with_max_failing_time(Duration::from_secs(86_400)))
        .with_timeout(Duration::from_secs(5))
        .with_reused_timestamp();
    /// Efficlose. Signs no timestamp. The platform makes the secret optional; here, an unsigned request is refused.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    EFFICLOSE = "efficlose", Documented, "Efficlose's webhook documentation", [
        "X-Webhook-Signature: sha256={hex}", "{body}"
    ],
        event: "event: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "recording.created", "recording.processing.started", "recording.processing.completed",
            "recording.processing.failed", "recording.transcript.ready", "recording.deleted", "meeting.created",
            "meeting.updated", "meeting.deleted", "meeting.started", "meeting.ended", "transcript.generated",
            "transcript.updated", "signal.detected", "signal.confirmed", "user.invited", "user.joined",
        ],
        idempotency: IdempotencyRule::Body;
}
