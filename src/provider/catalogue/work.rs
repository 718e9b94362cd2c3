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
    /// Notion. The secret is the `verification_token` of the first request, which is not signed.
    ///
    /// The body counts the attempts: deduplicate by the id. `subscription_id` is that of the endpoint.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    NOTION = "notion", Code, "a public TypeScript catalogue; simstudioai/sim; npm @notionhq/client", [
        "X-Notion-Signature: sha256={hex}", "{body}"
    ],
        event: "id: {id}\ntype: {type}\ntimestamp: {timestamp:rfc3339}\napi_version?: {version}\nattempt_number\n{data}",
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
    /// Clio, with the secret that its handshake brings in `X-Hook-Secret`. Its documentation does not say how the
    /// signature is written; hex was seen in a delivery. Other providers give a header of the same name another
    /// meaning, so it does not tell who sent a request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CLIO = "clio", Documented, "hookdeck/webhook-skills", [
        "X-Hook-Signature: {hex}", "{body}"
    ];
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
}
