//! Messages, mail and customer care.

use super::*;

table! {
    /// Slack.
    SLACK = "slack", VendorLibrary, "docs.slack.dev/authentication/verifying-requests-from-slack; npm @slack/bolt", [
        "X-Slack-Request-Timestamp: {timestamp}\nX-Slack-Signature: v0={hex}", "v0:{timestamp}:{body}"
    ],
        event: "type: event_callback\nevent_id: {id}\nevent_time: {timestamp}\nevent.type: {type}\nevent: {data}";
            "type: {type}\n{data}";
            "&payload.{json}.type: {type}\n&payload.{json}: {data}";
            "&command: {type}\n&trigger_id: {id}\n&: {data}",
        idempotency: IdempotencyRule::EventId,
        answer_within: 3,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SLACK, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(3));
    /// LINE Messaging API, with the channel secret.
    ///
    /// A batch. It is empty when the console checks the connection. A redelivered event is marked and has another body:
    /// deduplicate by the id.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LINE = "line", VendorLibrary, "developers.line.biz/en/docs/messaging-api; npm @line/bot-sdk", [
        "x-line-signature: {base64}", "{body}"
    ],
        event: "events[].webhookEventId: {id}\nevents[].type: {type}\nevents[].timestamp: {timestamp:ms}\nevents[]: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Meta: Facebook, Instagram, Messenger and WhatsApp, with the app secret.
    ///
    /// A batch of two levels: the entries, and the changes or messages of each. `entry[].id` is that of the page or
    /// account. The type of a Messenger event is the name of its field, such as `message`.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    META = "meta", PeerLibrary, "developers.facebook.com/docs/graph-api/webhooks; PyPI pywa", [
        "X-Hub-Signature-256: sha256={hex}", "{body}"
    ],
        event: "object: {type}\nentry[].id\nentry[].time?: {timestamp}\nentry[].changes[].field: {type}\nentry[].changes[].value: {data}";
            "entry[].id\nentry[].messaging[].sender\nentry[].messaging[].recipient\nentry[].messaging[].timestamp: {timestamp:ms}\nentry[].messaging[].{type}\nentry[].messaging[]: {data}",
        idempotency: IdempotencyRule::Body;
    /// Twitch EventSub. Nothing separates the parts of the signed content, so an id that contains a time is refused.
    ///
    /// `drop.entitlement.grant` is a batch. A challenge and a revocation have no `event`: their data is the whole body.
    TWITCH = "twitch", Code, "dev.twitch.tv/docs/eventsub/handling-webhook-events; npm @twurple/eventsub-http", [
        "Twitch-Eventsub-Message-Id: {id}\nTwitch-Eventsub-Message-Timestamp: {timestamp:rfc3339}\nTwitch-Eventsub-Message-Signature: sha256={hex}",
        "{id}{timestamp}{body}", past(600)
    ],
        event: "subscription.type: {type}\nsubscription.version: {version}\nevent: {data}";
            "subscription.type: {type}\nevents[].id: {id}\nevents[].data: {data}";
            "subscription.type: {type}\n{data}",
        idempotency: IdempotencyRule::SignedId;
    /// Resend, which sends through Svix.
    RESEND = "resend", VendorLibrary, "resend.com/docs; npm resend", [
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "type: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::SignedId,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SVIX, OutcomePolicy::standard(), HealthPolicy::never());
    /// Customer.io. Publishes no tolerance.
    CUSTOMERIO = "customerio", PeerLibrary, "docs.customer.io; npm n8n-nodes-base", [
        "X-CIO-Timestamp: {timestamp}\nX-CIO-Signature: {hex}", "v0:{timestamp}:{body}"
    ],
        event: "event_id: {id}\nobject_type: {type}\nmetric: {type}\ntimestamp: {timestamp}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Zendesk. Publishes no tolerance.
    ///
    /// This is the shape of event webhooks. What a trigger sends, its operator writes.
    ZENDESK = "zendesk", PeerLibrary, "developer.zendesk.com/documentation/webhooks; npm n8n-nodes-base", [
        "X-Zendesk-Webhook-Signature-Timestamp: {timestamp:rfc3339}\nX-Zendesk-Webhook-Signature: {base64}",
        "{timestamp}{body}"
    ],
        event: "id: {id}\ntype: {type}\ntime: {timestamp:rfc3339}\nzendesk_event_version?: {version}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Sinch Conversation API. The nonce is the id. Publishes no tolerance.
    ///
    /// The type is the name of the field that holds the data. The nonce in the header may be a new one in each attempt,
    /// so it is not the event's id.
    SINCH = "sinch", VendorLibrary, "developers.sinch.com/docs/conversation/callbacks; npm @sinch/sdk-core", [
        "x-sinch-webhook-signature-nonce: {id}\nx-sinch-webhook-signature-timestamp: {timestamp}\nx-sinch-webhook-signature: {base64}",
        "{body}.{id}.{timestamp}"
    ],
        event: "app_id\naccepted_time: {timestamp:rfc3339}\nevent_time\nproject_id\nmessage_metadata\ncorrelation_id\n{type}: {data}",
        idempotency: IdempotencyRule::Body;
}
