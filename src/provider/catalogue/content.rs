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
        types: [
            "robots.directive_run.completed", "robots.directive_run.created", "robots.directive_run.errored",
            "robots.directive_run.partial", "robots.job.ask_questions.cancelled",
            "robots.job.ask_questions.completed", "robots.job.ask_questions.errored",
            "robots.job.ask_questions.pending", "robots.job.ask_questions.processing",
            "robots.job.edit_captions.cancelled", "robots.job.edit_captions.completed",
            "robots.job.edit_captions.errored", "robots.job.edit_captions.pending",
            "robots.job.edit_captions.processing", "robots.job.find_best_thumbnails.cancelled",
            "robots.job.find_best_thumbnails.completed", "robots.job.find_best_thumbnails.errored",
            "robots.job.find_best_thumbnails.pending", "robots.job.find_best_thumbnails.processing",
            "robots.job.find_key_moments.cancelled", "robots.job.find_key_moments.completed",
            "robots.job.find_key_moments.errored", "robots.job.find_key_moments.pending",
            "robots.job.find_key_moments.processing", "robots.job.find_scenes.cancelled",
            "robots.job.find_scenes.completed", "robots.job.find_scenes.errored", "robots.job.find_scenes.pending",
            "robots.job.find_scenes.processing", "robots.job.generate_chapters.cancelled",
            "robots.job.generate_chapters.completed", "robots.job.generate_chapters.errored",
            "robots.job.generate_chapters.pending", "robots.job.generate_chapters.processing",
            "robots.job.generate_engagement_insights.cancelled", "robots.job.generate_engagement_insights.completed",
            "robots.job.generate_engagement_insights.errored", "robots.job.generate_engagement_insights.pending",
            "robots.job.generate_engagement_insights.processing", "robots.job.generate_premium_captions.cancelled",
            "robots.job.generate_premium_captions.completed", "robots.job.generate_premium_captions.errored",
            "robots.job.generate_premium_captions.pending", "robots.job.generate_premium_captions.processing",
            "robots.job.moderate.cancelled", "robots.job.moderate.completed", "robots.job.moderate.errored",
            "robots.job.moderate.pending", "robots.job.moderate.processing", "robots.job.summarize.cancelled",
            "robots.job.summarize.completed", "robots.job.summarize.errored", "robots.job.summarize.pending",
            "robots.job.summarize.processing", "robots.job.translate_audio.cancelled",
            "robots.job.translate_audio.completed", "robots.job.translate_audio.errored",
            "robots.job.translate_audio.pending", "robots.job.translate_audio.processing",
            "robots.job.translate_captions.cancelled", "robots.job.translate_captions.completed",
            "robots.job.translate_captions.errored", "robots.job.translate_captions.pending",
            "robots.job.translate_captions.processing", "video.asset.created", "video.asset.deleted",
            "video.asset.errored", "video.asset.live_stream_completed", "video.asset.master.deleted",
            "video.asset.master.errored", "video.asset.master.preparing", "video.asset.master.ready",
            "video.asset.non_standard_input_detected", "video.asset.ready", "video.asset.shots.created",
            "video.asset.shots.deleted", "video.asset.shots.errored", "video.asset.shots.ready",
            "video.asset.shots.skipped", "video.asset.static_rendition.created",
            "video.asset.static_rendition.deleted", "video.asset.static_rendition.errored",
            "video.asset.static_rendition.ready", "video.asset.static_rendition.skipped",
            "video.asset.static_renditions.deleted", "video.asset.static_renditions.errored",
            "video.asset.static_renditions.preparing", "video.asset.static_renditions.ready",
            "video.asset.track.created", "video.asset.track.deleted", "video.asset.track.errored",
            "video.asset.track.ready", "video.asset.updated", "video.asset.warning", "video.delivery.high_traffic",
            "video.live_stream.active", "video.live_stream.connected", "video.live_stream.created",
            "video.live_stream.deleted", "video.live_stream.disabled", "video.live_stream.disconnected",
            "video.live_stream.enabled", "video.live_stream.idle", "video.live_stream.recording",
            "video.live_stream.simulcast_target.broadcasting", "video.live_stream.simulcast_target.created",
            "video.live_stream.simulcast_target.deleted", "video.live_stream.simulcast_target.errored",
            "video.live_stream.simulcast_target.idle", "video.live_stream.simulcast_target.starting",
            "video.live_stream.simulcast_target.updated", "video.live_stream.updated", "video.live_stream.warning",
            "video.upload.asset_created", "video.upload.cancelled", "video.upload.created", "video.upload.errored",
        ],
        types_source: "npm @mux/mux-node 15.3.0",
        idempotency: IdempotencyRule::EventId;
    /// Box, with the primary and the secondary key. Its library also accepts a signature over an escaped copy of the
    /// body; this preset does not. Its delivery id is not signed: use it only for logs.
    BOX = "box", VendorLibrary, "developer.box.com/guides/webhooks/v2/signatures-v2; npm box-node-sdk", [
        "BOX-DELIVERY-ID: {id}\nBOX-DELIVERY-TIMESTAMP: {timestamp:rfc3339}\nBOX-SIGNATURE-ALGORITHM: HmacSHA256\nBOX-SIGNATURE-PRIMARY: {base64}\nBOX-SIGNATURE-SECONDARY: {base64}\nBOX-SIGNATURE-VERSION: 1",
        "{body}{timestamp}", past(600), future(0)
    ],
        event: "id: {id}\ntype: webhook_event\ntrigger: {type}\ncreated_at: {timestamp:rfc3339}\n{data}",
        types: [
            "COLLABORATION.ACCEPTED", "COLLABORATION.CREATED", "COLLABORATION.REJECTED", "COLLABORATION.REMOVED",
            "COLLABORATION.UPDATED", "COMMENT.CREATED", "COMMENT.DELETED", "COMMENT.UPDATED", "FILE.COPIED",
            "FILE.DELETED", "FILE.DOWNLOADED", "FILE.LOCKED", "FILE.MOVED", "FILE.PREVIEWED", "FILE.RENAMED",
            "FILE.RESTORED", "FILE.TRASHED", "FILE.UNLOCKED", "FILE.UPLOADED", "FOLDER.COPIED", "FOLDER.CREATED",
            "FOLDER.DELETED", "FOLDER.DOWNLOADED", "FOLDER.MOVED", "FOLDER.RENAMED", "FOLDER.RESTORED",
            "FOLDER.TRASHED", "METADATA_INSTANCE.CREATED", "METADATA_INSTANCE.DELETED", "METADATA_INSTANCE.UPDATED",
            "SHARED_LINK.CREATED", "SHARED_LINK.DELETED", "SHARED_LINK.UPDATED", "SIGN_REQUEST.COMPLETED",
            "SIGN_REQUEST.DECLINED", "SIGN_REQUEST.EXPIRED", "SIGN_REQUEST.SIGNER_EMAIL_BOUNCED",
            "SIGN_REQUEST.SIGN_DOCUMENT_CREATED", "SIGN_REQUEST.SIGN_ERROR_FINALIZING",
            "SIGN_REQUEST.SIGN_SIGNER_SIGNED", "TASK_ASSIGNMENT.CREATED", "TASK_ASSIGNMENT.UPDATED",
            "WEBHOOK.DELETED",
        ],
        types_source: "npm box-node-sdk 10.12.0",
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
        handshakes: [":method: POST\nX-Hook-Secret: {new-secret}", ":status: 200\nX-Hook-Secret: {challenge}"],
        idempotency: IdempotencyRule::Body,
        answer_within: 10;
    /// Dropbox.
    ///
    /// A batch of accounts in which something has changed; its type is called `list_folder` here. Each notification of
    /// an account has the same body, so nothing tells two of them apart.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DROPBOX = "dropbox", Code, "a public TypeScript catalogue", [
        "X-Dropbox-Signature: {hex}", "{body}"
    ],
        event: "{type}: list_folder\nlist_folder.accounts[]: {data}",
        handshakes: [":method: GET\n?challenge: {challenge:token}", "{challenge}"],
        types: ["list_folder"],
        idempotency: IdempotencyRule::Nothing;
    /// Formstack.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FORMSTACK = "formstack", PeerLibrary, "npm n8n-nodes-base", [
        "X-FS-Signature: sha256={hex}", "{body}"
    ];
    /// Tally. Some receivers hash JSON that they have parsed and written again; this preset uses the raw body.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TALLY = "tally", Code, "a receiver's code", [
        "Tally-Signature: {base64}", "{body}"
    ];
    /// SurveyMonkey. The key is the client id, `&` and the client secret, as one text.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SURVEYMONKEY = "surveymonkey", Code, "npm n8n-nodes-base", if feature = "sha1", [
        "sm-signature: {base64}", "{body}", digest(Sha1)
    ],
        handshakes: [":method: HEAD", ":status: 200"];
    /// Kontent.ai. Its documentation and the README of its library disagree about the header's name (legacy webhooks
    /// use `X-KC-Signature`), so both are read. The library was run for the signature alone.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    KONTENT_AI = "kontent-ai", VendorLibrary, "npm @kontent-ai/webhook-helper", [
        "X-Kontent-ai-Signature | X-KC-Signature: {base64}", "{body}"
    ];
    /// ImageKit: Standard Webhooks, except that the whole text of the secret is the key. Older webhooks use the header
    /// `x-ik-signature`, which is not read.
    IMAGEKIT = "imagekit", VendorLibrary, "npm @imagekit/nodejs", [
        STANDARD, "{id}.{timestamp}.{body}"
    ];
    /// Cloudflare Stream.
    ///
    /// The body is the video, and the type is its state.
    CLOUDFLARE_STREAM = "cloudflare-stream", Code, "receivers' code; npm cloudflare", [
        "Webhook-Signature: time={timestamp},sig1={hex}", "{timestamp}.{body}"
    ],
        event: "status.state: {type}\nuid: {key}\nmodified?: {timestamp:rfc3339} {key}\n{data}",
        types: ["error", "ready"],
        types_source: "npm cloudflare",
        idempotency: IdempotencyRule::EventId;
    /// ReadMe. Its library accepts timestamps up to half an hour old, and hashes JSON that it has parsed and written
    /// again; this preset uses the raw body.
    README = "readme", VendorLibrary, "npm readmeio", [
        "readme-signature: t={timestamp:ms},v0={hex}", "{timestamp}.{body}", past(1800)
    ];
    /// Autodesk Platform Services.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AUTODESK_APS = "autodesk-aps", Code, "a public TypeScript catalogue", if feature = "sha1", [
        "x-adsk-signature: sha1hash={hex}", "{body}", digest(Sha1)
    ];
    /// Contentful apps. It signs the path and the query, the headers that it lists, and the body.
    ///
    /// The path is that of the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    CONTENTFUL = "contentful", VendorLibrary, "www.contentful.com/developers/docs; npm @contentful/node-apps-toolkit", [
        "x-contentful-timestamp: {timestamp:ms}\nx-contentful-signed-headers: {signed-headers:,}\nx-contentful-signature: {hex}",
        "{method}\n{target|encoded}\n{signed-headers|pairs:;}\n{body}", past(30)
    ],
        event: "X-Contentful-Topic: {type}\n\nsys.id?: {key}\nsys.updatedAt?: {timestamp:rfc3339} {key}\n{data}",
        idempotency: IdempotencyRule::Body;
    /// Cloudinary with SHA-1, which is its default. The signature is a plain hash that ends with the secret, not an HMAC.
    CLOUDINARY = "cloudinary", VendorLibrary, "cloudinary.com/documentation; npm cloudinary", if all(feature = "sha1", feature = "extendable-hashes"), [
        "X-Cld-Timestamp: {timestamp}\nX-Cld-Signature: {hex}", "{body}{timestamp}{secret}", digest(Sha1), past(7200)
    ],
        idempotency: IdempotencyRule::Body;
    /// Adobe I/O Events. Each request has two signatures by two keys, of which one suffices. The headers that name the keys are not
    /// read: give the verifier both keys, from Adobe's own host.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ADOBE_IO_EVENTS = "adobe-io-events", VendorLibrary, "developer.adobe.com/events; npm @adobe/aio-lib-events", if feature = "rsa", [
        "X-Adobe-Digital-Signature1: {base64}\nX-Adobe-Digital-Signature2: {base64}", "{body}", algorithm(RsaSha256)
    ],
        idempotency: IdempotencyRule::Body;
}
