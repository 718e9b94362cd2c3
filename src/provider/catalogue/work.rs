//! Planning, customers and staff.

use super::*;

table! {
    /// Atlassian Jira, Jira Service Management and Confluence: webhooks that an administrator made. Those of Connect
    /// apps carry a JWT instead. Its header has a SHA-256 signature under the name that others use for SHA-1. Its
    /// delivery id is not signed: use it only for logs.
    ///
    /// The shape is Jira's.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ATLASSIAN = "atlassian", Code, "a public TypeScript catalogue; NangoHQ/nango; simstudioai/sim", [
        "X-Hub-Signature: sha256={hex}\nX-Atlassian-Webhook-Identifier: {id}", "{body}"
    ],
        event: "X-Atlassian-Webhook-Identifier?: {id}\n\nwebhookEvent: {type}\ntimestamp?: {timestamp:ms}\n{data}",
        idempotency: IdempotencyRule::Body;
    /// ClickUp. Each webhook has a secret of its own. Other providers give a header of the same name another meaning,
    /// so it does not tell who sent a request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CLICKUP = "clickup", Code, "npm n8n-nodes-base; simstudioai/sim", [
        "X-Signature: {hex}", "{body}"
    ];
    /// Notion. The secret is the `verification_token` of the first request, which is not signed: see
    /// [`with_registration`](crate::receive::Receiver::with_registration). Notion also wants it pasted into its settings.
    ///
    /// The body counts the attempts: deduplicate by the id. `subscription_id` is that of the endpoint.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    NOTION = "notion", Code, "a public TypeScript catalogue; simstudioai/sim; npm @notionhq/client", [
        "X-Notion-Signature: sha256={hex}", "{body}"
    ],
        event: "id: {id}\ntype: {type}\ntimestamp: {timestamp:rfc3339}\napi_version?: {version}\nattempt_number\n{data}",
        handshakes: ["\n\nverification_token: {new-secret}", ":status: 200"],
        types: [
            "comment.created", "comment.deleted", "comment.updated", "data_source.content_updated",
            "data_source.created", "data_source.deleted", "data_source.moved", "data_source.schema_updated",
            "data_source.undeleted", "database.content_updated", "database.created", "database.deleted",
            "database.moved", "database.schema_updated", "database.undeleted", "file_upload.completed",
            "file_upload.created", "file_upload.expired", "file_upload.upload_failed", "page.content_updated",
            "page.created", "page.deleted", "page.locked", "page.moved", "page.properties_updated", "page.undeleted",
            "page.unlocked", "view.created", "view.deleted", "view.updated",
        ],
        types_source: "npm @notionhq/client 5.26.0",
        idempotency: IdempotencyRule::EventId;
    /// Airtable, with the MAC secret, which is base64.
    ///
    /// A delivery only says that something has changed, and its type is called `changed` here: fetch the payloads.
    /// `webhook.id` and `base.id` are those of the endpoint and the base.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AIRTABLE = "airtable", Code, "a public TypeScript catalogue", [
        "X-Airtable-Content-MAC: hmac-sha256={hex}", "{body}", secret_form(Base64)
    ],
        event: "{type}: changed\ntimestamp: {timestamp:rfc3339}\n{data}",
        types: ["changed"],
        idempotency: IdempotencyRule::Body;
    /// Attio. Two receivers disagree about the header's name, so both are read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ATTIO = "attio", Code, "simstudioai/sim; NangoHQ/nango", [
        "Attio-Signature | X-Attio-Signature: {hex}", "{body}"
    ];
    /// folk: Standard Webhooks.
    FOLK = "folk", Code, "NangoHQ/nango", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Clio, with the secret that its handshake brings in `X-Hook-Secret`: see
    /// [`with_registration`](crate::receive::Receiver::with_registration). Its documentation does not say how the
    /// signature is written; hex was seen in a delivery. Other providers give a header of the same name another
    /// meaning, so it does not tell who sent a request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CLIO = "clio", Documented, "hookdeck/webhook-skills", [
        "X-Hook-Signature: {hex}", "{body}"
    ],
        handshakes: [":method: POST\nX-Hook-Secret: {new-secret}", ":status: 200\nX-Hook-Secret: {challenge}"];
    /// Close, with the signature key in hex. One of five receivers takes the text of the key instead.
    CLOSE = "close", Code, "receivers' code", [
        "close-sig-timestamp: {timestamp}\nclose-sig-hash: {hex}", "{timestamp}{body}", secret_form(Hex)
    ];
    /// Twenty. The nonce is not signed. One receiver drops the field `secret` and writes the JSON again before it
    /// hashes it; this preset uses the raw body.
    TWENTY = "twenty", Code, "receivers' code", [
        "X-Twenty-Webhook-Timestamp: {timestamp:ms}\nX-Twenty-Webhook-Signature: {hex}\nX-Twenty-Webhook-Nonce: {id}", "{timestamp}:{body}"
    ];
    /// Jobber, with the app's client secret.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    JOBBER = "jobber", Code, "NangoHQ/nango", [
        "X-Jobber-Hmac-SHA256: {base64}", "{body}"
    ];
    /// Ashby.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ASHBY = "ashby", Code, "simstudioai/sim; a public TypeScript catalogue", [
        "Ashby-Signature: sha256={hex}", "{body}"
    ];
    /// Greenhouse. The prefix of its signature ends in a blank. Other providers give a header of the same name another
    /// meaning, so it does not tell who sent a request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GREENHOUSE = "greenhouse", Code, "simstudioai/sim", [
        "Signature: sha256 {hex}", "{body}"
    ];
    /// Deel. The content begins with the method, which is always `POST`.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DEEL = "deel", Code, "a public TypeScript catalogue", [
        "x-deel-signature: {hex}", "POST{body}"
    ];
    /// Merge. Whether its base64 is padded is not known: without padding is what is read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MERGE_DEV = "merge-dev", Code, "a public TypeScript catalogue", [
        "X-Merge-Webhook-Signature: {base64url}", "{body}"
    ];
    /// Autotask. Other providers give a header of the same name another meaning, so it does not tell who sent a
    /// request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AUTOTASK = "autotask", Code, "NangoHQ/nango", if feature = "sha1", [
        "X-Hook-Signature: sha1={base64}", "{body}", digest(Sha1)
    ];
    /// Acuity Scheduling, with the API key.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ACUITY = "acuity", PeerLibrary, "npm n8n-nodes-base", [
        "X-Acuity-Signature: {base64}", "{body}"
    ];
    /// Trello. The secret is that of the application.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TRELLO = "trello", PeerLibrary, "developer.atlassian.com/cloud/trello; n8n-nodes-base", if feature = "sha1", [
        "X-Trello-Webhook: {base64}", "{body}{url}", digest(Sha1)
    ],
        event: "action.id: {id}\naction.type: {type}\naction.date: {timestamp:rfc3339}\naction: {data}",
        handshakes: [":method: HEAD", ":status: 200"],
        idempotency: IdempotencyRule::EventId;
    /// HubSpot, signatures of version 3. HubSpot decodes some escapes of the URL before it signs: register one without escapes.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    HUBSPOT_V3 = "hubspot-v3", VendorLibrary, "developers.hubspot.com/docs/api/webhooks; npm @hubspot/api-client", [
        "X-HubSpot-Request-Timestamp: {timestamp:ms}\nX-HubSpot-Signature-v3: {base64}", "{method}{url}{body}{timestamp}"
    ],
        event: "[].eventId: {key}\n[].portalId: {key}\n[].subscriptionId: {key}\n[].subscriptionType: {type}\n[].occurredAt: {timestamp:ms} {key}\n[]: {data}",
        idempotency: IdempotencyRule::EventId,
        answer_within: 5;
    /// HubSpot, signatures of version 2.
    ///
    /// The signature is a plain hash that begins with the secret: whoever has seen one request can append to its body. Use
    /// [`HUBSPOT_V3`].
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HUBSPOT_V2 = "hubspot-v2", VendorLibrary, "developers.hubspot.com/docs/api/webhooks; npm @hubspot/api-client", if feature = "extendable-hashes", [
        "X-HubSpot-Signature-Version: v2\nX-HubSpot-Signature: {hex}", "{secret}{method}{url}{body}"
    ],
        event: "[].eventId: {key}\n[].portalId: {key}\n[].subscriptionId: {key}\n[].subscriptionType: {type}\n[].occurredAt: {timestamp:ms} {key}\n[]: {data}",
        idempotency: IdempotencyRule::EventId,
        answer_within: 5;
    /// HubSpot, signatures of version 1.
    ///
    /// The signature is a plain hash that begins with the secret: whoever has seen one request can append to its body. Use
    /// [`HUBSPOT_V3`].
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HUBSPOT_V1 = "hubspot-v1", VendorLibrary, "developers.hubspot.com/docs/api/webhooks; npm @hubspot/api-client", if feature = "extendable-hashes", [
        "X-HubSpot-Signature-Version: v1\nX-HubSpot-Signature: {hex}", "{secret}{body}"
    ],
        event: "[].eventId: {key}\n[].portalId: {key}\n[].subscriptionId: {key}\n[].subscriptionType: {type}\n[].occurredAt: {timestamp:ms} {key}\n[]: {data}",
        idempotency: IdempotencyRule::EventId,
        answer_within: 5;
    /// Dropbox Sign, in its form of `application/x-www-form-urlencoded`. The secret is the API key, and only the time and the type
    /// are signed.
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DROPBOX_SIGN = "dropbox-sign", VendorLibrary, "developers.hellosign.com; npm @dropbox/sign", [
        "\n\n&json.{json}.event.event_time: {timestamp}\n&json.{json}.event.event_hash: {hex}", "{timestamp}{&json.{json}.event.event_type}", past(any)
    ],
        event: "&json.{json}.event.event_type: {type}\n&json.{json}.event.event_time: {key}\n&json.{json}: {data}",
        acknowledgement: "Hello API Event Received",
        idempotency: IdempotencyRule::EventId,
        test: TestRule::Type(Cow::Borrowed("callback_test"));
    /// Figma. The passcode is in the body.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIGMA = "figma", Code, "n8n-nodes-base; npm @figma/rest-api-spec", [
        "\n\npasscode: {secret}", ""
    ],
        event: "event_type: {type}\ntimestamp: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::Body,
        test: TestRule::Type(Cow::Borrowed("PING"));
    /// Microsoft Graph change notifications: the `clientState` of each item. All of them must be right.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MICROSOFT_GRAPH = "microsoft-graph", Code, "learn.microsoft.com/graph; a public TypeScript catalogue", [
        "\n\nvalue[].clientState: {secret}", ""
    ],
        event: "value[].changeType: {type}\nvalue[]: {data}"; "value[].lifecycleEvent: {type}\nvalue[]: {data}",
        handshakes: ["?validationToken: {challenge}", "{challenge}", unsigned],
        idempotency: IdempotencyRule::Body;
    /// Google push channels (Drive, Calendar and others). Its notifications have headers and mostly no body.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GOOGLE_PUSH = "google-push", Code, "NangoHQ/nango", [
        "X-Goog-Channel-Token: {secret}", ""
    ],
        idempotency: IdempotencyRule::Nothing;
    /// Streak.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    STREAK = "streak", Code, "NangoHQ/nango", [
        "X-Streak-Webhook-Token: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Documenso.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DOCUMENSO = "documenso", Code, "receivers' code", [
        "X-Documenso-Secret: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Pipedrive.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PIPEDRIVE = "pipedrive", Code, "n8n-nodes-base", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// HighLevel (GoHighLevel).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HIGHLEVEL = "highlevel", VendorLibrary, "npm @gohighlevel/api-client", if feature = "ed25519", [
        "X-GHL-Signature: {base64}", "{body}", algorithm(Ed25519)
    ],
        idempotency: IdempotencyRule::Body;
}
