//! Mail, campaigns and links.

use super::*;

table! {
    /// Mautic.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MAUTIC = "mautic", PeerLibrary, "npm n8n-nodes-base", [
        "Webhook-Signature: {base64}", "{body}"
    ];
    /// MailerLite. Its header has the same name as [`MAILERSEND`]'s. Other providers give a header of the same name
    /// another meaning, so it does not tell who sent a request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MAILERLITE = "mailerlite", PeerLibrary, "npm n8n-nodes-base", [
        "Signature: {hex}", "{body}"
    ];
    /// MailerSend. Its header has the same name as [`MAILERLITE`]'s. Other providers give a header of the same name
    /// another meaning, so it does not tell who sent a request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MAILERSEND = "mailersend", PeerLibrary, "PyPI django-anymail", [
        "Signature: {hex}", "{body}"
    ];
    /// Mailtrap.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MAILTRAP = "mailtrap", VendorLibrary, "npm mailtrap", [
        "Mailtrap-Signature: {hex}", "{body}"
    ];
    /// Nylas. A delivery can be compressed, and the signature covers the compressed bytes: verify before anything
    /// decompresses them.
    ///
    /// The body counts the attempts: deduplicate by the id. A type that ends in `.truncated` has a body that was cut.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    NYLAS = "nylas", Code, "a public TypeScript catalogue; hookdeck/webhook-skills; npm nylas", [
        "X-Nylas-Signature: {hex}", "{body}"
    ],
        event: "id: {id}\ntype: {type}\ntime: {timestamp}\ndata: {data}",
        types: [
            "booking.cancelled", "booking.created", "booking.pending", "booking.reminder", "booking.rescheduled",
            "calendar.created", "calendar.deleted", "calendar.updated", "contact.deleted", "contact.updated",
            "event.created", "event.deleted", "event.updated", "folder.created", "folder.deleted", "folder.updated",
            "grant.created", "grant.deleted", "grant.expired", "grant.imap_sync_completed", "grant.updated",
            "message.bounce_detected", "message.bounced", "message.complaint", "message.created",
            "message.created.cleaned", "message.created.truncated", "message.deleted", "message.delivered",
            "message.intelligence.order", "message.intelligence.tracking", "message.link_clicked",
            "message.link_clicked.legacy", "message.opened", "message.opened.legacy", "message.rejected",
            "message.send_failed", "message.send_success", "message.transactional.bounced",
            "message.transactional.complaint", "message.transactional.delivered", "message.transactional.rejected",
            "message.updated", "message.updated.truncated", "notetaker.created", "notetaker.deleted", "notetaker.media",
            "notetaker.meeting_state", "notetaker.updated", "thread.replied", "thread.replied.legacy",
        ],
        types_source: "npm nylas 8.4.0",
        idempotency: IdempotencyRule::EventId;
    /// Loops: Standard Webhooks. Its secrets have another prefix: replace it, up to the first underscore, by `whsec_`.
    LOOPS = "loops", Code, "simstudioai/sim", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Airship.
    AIRSHIP = "airship", Code, "a public TypeScript catalogue", [
        "X-UA-Timestamp: {timestamp}\nX-UA-Signature: {hex}", "{timestamp}:{body}"
    ];
    /// Twilio Segment. Other providers give a header of the same name another meaning, so it does not tell who sent a
    /// request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SEGMENT = "segment", Code, "a public TypeScript catalogue", if feature = "sha1", [
        "X-Signature: {hex}", "{body}", digest(Sha1)
    ];
    /// Dub.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DUB = "dub", Code, "a public TypeScript catalogue", [
        "Dub-Signature: {hex}", "{body}"
    ];
}
