//! Developer tools and operations.

use super::*;

table! {
    /// GitHub. Its delivery id is not signed: use it only for logs.
    ///
    /// It never delivers an event again by itself, only when asked through its API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GITHUB = "github", VendorLibrary, "docs.github.com/webhooks; npm @octokit/webhooks-methods", [
        "X-Hub-Signature-256: sha256={hex}\nX-GitHub-Delivery: {id}", "{body}"
    ],
        event: "X-GitHub-Event: {type}\nX-GitHub-Delivery: {id}\n\naction?: {type}\n{data}";
            "X-GitHub-Event: {type}\nX-GitHub-Delivery: {id}\n\n&payload.{json}.action?: {type}\n&payload.{json}: {data}",
        idempotency: IdempotencyRule::Body,
        test: TestRule::Type(Cow::Borrowed("ping")),
        max_sent: 26_214_400,
        max_received: 26_214_400,
        answer_within: 10,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::NONE, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(10));
    /// Linear. Its timestamp is in the body, as `webhookTimestamp` in milliseconds: compare it with the clock after
    /// verifying (Linear allows 60 seconds). Its delivery id is not signed: use it only for logs.
    ///
    /// The body has the time of sending, which each retry renews. Type, action, `createdAt` and `data.id` together tell
    /// its events apart. `webhookId` is that of the endpoint.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LINEAR = "linear", VendorLibrary, "linear.app/developers/webhooks; npm @linear/sdk", [
        "Linear-Signature: {hex}\nLinear-Delivery: {id}", "{body}"
    ],
        event: "Linear-Delivery?: {id}\n\ntype: {type}\naction: {type}\ncreatedAt: {timestamp:rfc3339} {key}\ndata.id?: {key}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Doppler.
    ///
    /// Two updates of one secret can have the same body, without an id or a time: process its events so that doing it
    /// twice does no harm.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DOPPLER = "doppler", PeerLibrary, "docs.doppler.com; npm @hookflo/tern", [
        "x-doppler-signature: sha256={hex}", "{body}"
    ],
        event: "type: {type}\n{data}",
        idempotency: IdempotencyRule::Nothing;
    /// Grafana Alerting in its default configuration. If the operator configures a timestamp header, write a scheme of
    /// your own that covers `{timestamp}:{body}`.
    ///
    /// A batch of alerts. A reminder of an alert is a duplicate of it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GRAFANA = "grafana", PeerLibrary, "grafana.com/docs/grafana/latest/alerting; npm @hookflo/tern", [
        "X-Grafana-Alerting-Signature: {hex}", "{body}"
    ],
        event: "alerts[].status: {type}\nalerts[].fingerprint: {key}\nalerts[].startsAt: {timestamp:rfc3339} {key}\nversion: {version}\nalerts[]: {data}",
        idempotency: IdempotencyRule::EventId;
    /// PagerDuty, webhooks of version 3.
    ///
    /// It drops an event that is answered with a 4xx other than 429, and one whose body is over 256 KB. The times of
    /// its retries are not published.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PAGERDUTY = "pagerduty", Code, "developer.pagerduty.com/docs/webhooks", [
        "X-PagerDuty-Signature: v1={hex},...", "{body}"
    ],
        event: "event.id: {id}\nevent.event_type: {type}\nevent.occurred_at: {timestamp:rfc3339}\nevent.data: {data}",
        idempotency: IdempotencyRule::EventId,
        test: TestRule::Type(Cow::Borrowed("pagey.ping")),
        answer_within: 5,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::new(), OutcomePolicy::server_errors_only(), HealthPolicy::never()).with_timeout(Duration::from_secs(5));
    /// It delivers again after 429 and 5xx only, twice. The body is what the operator's projection makes of the
    /// document.
    ///
    /// Sanity. Sets no tolerance, so a captured delivery stays valid forever.
    SANITY = "sanity", VendorLibrary, "www.sanity.io/docs/webhooks; npm @sanity/webhook", [
        "sanity-webhook-signature: t={timestamp:ms},v1={base64url}", "{timestamp}.{body}", past(any)
    ],
        event: "sanity-operation: {type}\nidempotency-key?: {id}\n\n_type?: {type}\n{data}",
        idempotency: IdempotencyRule::Body,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SANITY, OutcomePolicy::server_errors_only(), HealthPolicy::never());
    /// Webflow.
    WEBFLOW = "webflow", VendorLibrary, "developers.webflow.com; npm webflow-api", [
        "x-webflow-timestamp: {timestamp:ms}\nx-webflow-signature: {hex}", "{timestamp}:{body}"
    ],
        event: "triggerType: {type}\npayload: {data}",
        idempotency: IdempotencyRule::Body,
        answer_within: 30,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::WEBFLOW, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(30));
}
