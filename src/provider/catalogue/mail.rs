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
        handshakes: [":method: GET\n?challenge: {challenge:token}", "{challenge}"],
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
    /// Mailgun. Only a time and a token are signed. Its events repeat neither; the token is the protection against replay
    /// attacks, as long as it is remembered.
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MAILGUN = "mailgun", PeerLibrary, "documentation.mailgun.com; PyPI django-anymail", [
        "\n\nsignature.timestamp: {timestamp}\nsignature.signature: {hex}", "{timestamp}{$.signature.token}", past(any)
    ],
        event: "signature.token: {key}\nevent-data.event: {type}\nevent-data: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Mandrill. The names and values of its form are signed without anything between them.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MANDRILL = "mandrill", PeerLibrary, "mailchimp.com/developer/transactional; PyPI django-anymail", if feature = "sha1", [
        "X-Mandrill-Signature: {base64}", "{url}{form|sorted}", digest(Sha1);
        "X-Mandrill-Signature: {base64}\n\n{empty}", "{url}", digest(Sha1)
    ],
        event: "&mandrill_events.{json}[].event: {type}\n&mandrill_events.{json}[]._id?: {key}\n&mandrill_events.{json}[].ts: {timestamp} {key}\n&mandrill_events.{json}[]: {data}",
        handshakes: [":method: HEAD", ":status: 200"],
        idempotency: IdempotencyRule::EventId;
    /// Postmark.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    POSTMARK = "postmark", Code, "hookdeck/webhook-skills; PyPI django-anymail", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// SparkPost.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SPARKPOST = "sparkpost", Code, "PyPI django-anymail", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Mailjet.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MAILJET = "mailjet", Code, "PyPI django-anymail", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Brevo.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    BREVO = "brevo", Code, "PyPI django-anymail", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Postal.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    POSTAL = "postal", Code, "PyPI django-anymail", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// SendGrid event webhooks. Its library sets no tolerance; 300 seconds in either direction is our choice.
    SENDGRID = "sendgrid", VendorLibrary, "www.twilio.com/docs/sendgrid; npm @sendgrid/eventwebhook; PyPI sendgrid", if feature = "p256", [
        "X-Twilio-Email-Event-Webhook-Timestamp: {timestamp}\nX-Twilio-Email-Event-Webhook-Signature: {base64}", "{timestamp}{body}", algorithm(P256)
    ],
        event: "[].event: {type}\n[].sg_event_id: {id}\n[].timestamp: {timestamp}\n[]: {data}",
        idempotency: IdempotencyRule::EventId;
}
