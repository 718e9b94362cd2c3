//! Media, documents, forms and work.

use super::*;

table! {
    /// Mux.
    ///
    /// The body lists the attempts and changes with each: deduplicate by the id.
    MUX = "mux", VendorLibrary, "www.mux.com/docs; npm @mux/mux-node", [
        "mux-signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "id: {id}\ntype: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Box, with the primary and the secondary key. Its library also accepts a signature over an escaped copy of the
    /// body; this preset does not. Its delivery id is not signed: use it only for logs.
    BOX = "box", VendorLibrary, "developer.box.com/guides/webhooks/v2/signatures-v2; npm box-node-sdk", [
        "BOX-DELIVERY-ID: {id}\nBOX-DELIVERY-TIMESTAMP: {timestamp:rfc3339}\nBOX-SIGNATURE-ALGORITHM: HmacSHA256\nBOX-SIGNATURE-PRIMARY: {base64}\nBOX-SIGNATURE-SECONDARY: {base64}\nBOX-SIGNATURE-VERSION: 1",
        "{body}{timestamp}", past(600), future(0)
    ],
        event: "id: {id}\ntype: webhook_event\ntrigger: {type}\ncreated_at: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// DocuSign Connect: one numbered header for each of the account's keys.
    ///
    /// The shape of JSON in the SIM format, from general knowledge: no library of DocuSign's was seen to read it. The
    /// body counts the retries.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DOCUSIGN = "docusign", Code, "developers.docusign.com/platform/webhooks/connect/hmac", [
        "X-DocuSign-Signature-{n}: {base64}", "{body}"
    ],
        event: "event: {type}\napiVersion: {version}\ndata.envelopeId: {key}\ngeneratedDateTime: {timestamp:rfc3339} {key}\nretryCount\nconfigurationId\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Typeform.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TYPEFORM = "typeform", PeerLibrary, "www.typeform.com/developers/webhooks; npm n8n-nodes-base", [
        "Typeform-Signature: sha256={base64}", "{body}"
    ],
        event: "event_id: {id}\nevent_type: {type}\nform_response.submitted_at?: {timestamp:rfc3339}\nform_response: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Asana, with the secret that its first request carries in `X-Hook-Secret`.
    ///
    /// A batch. It is empty when Asana checks that the endpoint is alive. Events are delivered at most once, by design.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ASANA = "asana", PeerLibrary, "developers.asana.com/docs/webhooks-guide; npm n8n-nodes-base", [
        "X-Hook-Signature: {hex}", "{body}"
    ],
        event: "events[].resource.resource_type: {type}\nevents[].action: {type}\nevents[].created_at: {timestamp:rfc3339}\nevents[]: {data}",
        idempotency: IdempotencyRule::Body,
        answer_within: 10;
}
