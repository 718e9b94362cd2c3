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
        handshakes: [":method: POST\n\ntype: url_verification\nchallenge: {challenge}", "{challenge}"],
        types: [
            "agent_session_stopped", "agent_session_title_changed", "app_context_changed", "app_deleted",
            "app_home_opened", "app_installed", "app_mention", "app_rate_limited", "app_requested",
            "app_uninstalled", "app_uninstalled_team", "assistant_thread_context_changed",
            "assistant_thread_started", "call_rejected", "channel_archive", "channel_created", "channel_deleted",
            "channel_history_changed", "channel_id_changed", "channel_left", "channel_rename", "channel_shared",
            "channel_unarchive", "channel_unshared", "dnd_updated", "dnd_updated_user", "email_domain_changed",
            "emoji_changed", "entity_details_requested", "file_change", "file_comment_deleted", "file_created",
            "file_deleted", "file_public", "file_shared", "file_unshared", "function_executed",
            "grid_migration_finished", "grid_migration_started", "group_archive", "group_close", "group_deleted",
            "group_history_changed", "group_left", "group_open", "group_rename", "group_unarchive", "im_close",
            "im_created", "im_history_changed", "im_open", "invite_requested", "link_shared",
            "member_joined_channel", "member_left_channel", "message", "message_metadata_deleted",
            "message_metadata_posted", "message_metadata_updated", "pin_added", "pin_removed", "reaction_added",
            "reaction_removed", "shared_channel_invite_accepted", "shared_channel_invite_approved",
            "shared_channel_invite_declined", "shared_channel_invite_received", "shared_channel_invite_requested",
            "star_added", "star_removed", "subteam_created", "subteam_members_changed", "subteam_self_added",
            "subteam_self_removed", "subteam_updated", "team_access_granted", "team_access_revoked",
            "team_domain_change", "team_join", "team_rename", "tokens_revoked", "user_change", "user_huddle_changed",
            "user_profile_changed", "user_status_changed", "workflow_deleted", "workflow_published",
            "workflow_step_deleted", "workflow_step_execute", "workflow_unpublished",
        ],
        types_source: "npm @slack/types 3.2.0",
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
        types: [
            "accountLink", "activated", "beacon", "botResumed", "botSuspended", "deactivated", "delivery", "follow",
            "join", "leave", "memberJoined", "memberLeft", "membership", "message", "module", "postback", "unfollow",
            "unsend", "videoPlayComplete",
        ],
        types_source: "npm @line/bot-sdk 11.0.0",
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
        handshakes: [
            ":method: GET\n?hub.mode: subscribe\n?hub.verify_token: {verify-token}\n?hub.challenge: {challenge:token}",
            "{challenge}"
        ],
        idempotency: IdempotencyRule::Body;
    /// Twitch EventSub. Nothing separates the parts of the signed content, so an id that contains a time is refused.
    ///
    /// `drop.entitlement.grant` is a batch. A revocation has no `event`: its type is the reason, from `subscription.status`,
    /// and its data the whole body.
    TWITCH = "twitch", Code, "dev.twitch.tv/docs/eventsub/handling-webhook-events; npm @twurple/eventsub-http", [
        "Twitch-Eventsub-Message-Id: {id}\nTwitch-Eventsub-Message-Timestamp: {timestamp:rfc3339}\nTwitch-Eventsub-Message-Signature: sha256={hex}",
        "{id}{timestamp}{body}", past(600)
    ],
        event: "subscription.type: {type}\nsubscription.version: {version}\nevent: {data}";
            "subscription.type: {type}\nsubscription.version: {version}\nevents[].id: {id}\nevents[].data: {data}";
            "subscription.status: {type}\nsubscription.version: {version}\n{data}",
        handshakes: [
            ":method: POST\nTwitch-Eventsub-Message-Type: webhook_callback_verification\n\nchallenge: {challenge}",
            "{challenge}"
        ],
        types: [
            "automod.message.hold", "automod.message.update", "automod.settings.update", "automod.terms.update",
            "channel.ad_break.begin", "channel.ban", "channel.bits.use",
            "channel.channel_points_automatic_reward_redemption.add", "channel.channel_points_custom_reward.add",
            "channel.channel_points_custom_reward.remove", "channel.channel_points_custom_reward.update",
            "channel.channel_points_custom_reward_redemption.add",
            "channel.channel_points_custom_reward_redemption.update", "channel.charity_campaign.donate",
            "channel.charity_campaign.progress", "channel.charity_campaign.start", "channel.charity_campaign.stop",
            "channel.chat.clear", "channel.chat.clear_user_messages", "channel.chat.message",
            "channel.chat.message_delete", "channel.chat.notification", "channel.chat.user_message_hold",
            "channel.chat.user_message_update", "channel.chat_settings.update", "channel.cheer",
            "channel.custom_power_up_redemption.add", "channel.follow", "channel.goal.begin", "channel.goal.end",
            "channel.goal.progress", "channel.hype_train.begin", "channel.hype_train.end",
            "channel.hype_train.progress", "channel.moderate", "channel.moderator.add", "channel.moderator.remove",
            "channel.poll.begin", "channel.poll.end", "channel.poll.progress", "channel.prediction.begin",
            "channel.prediction.end", "channel.prediction.lock", "channel.prediction.progress", "channel.raid",
            "channel.shared_chat.begin", "channel.shared_chat.end", "channel.shared_chat.update",
            "channel.shield_mode.begin", "channel.shield_mode.end", "channel.shoutout.create",
            "channel.shoutout.receive", "channel.subscribe", "channel.subscription.end", "channel.subscription.gift",
            "channel.subscription.message", "channel.suspicious_user.message", "channel.suspicious_user.update",
            "channel.unban", "channel.unban_request.create", "channel.unban_request.resolve", "channel.update",
            "channel.vip.add", "channel.vip.remove", "channel.warning.acknowledge", "channel.warning.send",
            "drop.entitlement.grant", "extension.bits_transaction.create", "stream.offline", "stream.online",
            "user.authorization.grant", "user.authorization.revoke", "user.update", "user.whisper.message",
        ],
        types_source: "npm @twurple/api 8.2.0",
        idempotency: IdempotencyRule::SignedId;
    /// Resend, which sends through Svix.
    RESEND = "resend", VendorLibrary, "resend.com/docs; npm resend", [
        SVIX, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "type: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "contact.created", "contact.deleted", "contact.topics.updated", "contact.updated", "domain.created",
            "domain.deleted", "domain.updated", "email.bounced", "email.clicked", "email.complained",
            "email.delivered", "email.delivery_delayed", "email.failed", "email.opened", "email.received",
            "email.scheduled", "email.sent", "email.suppressed", "inbox.created", "inbox.deleted",
            "inbox.draft.created", "inbox.draft.deleted", "inbox.draft.sent", "inbox.draft.updated",
            "inbox.email.received", "inbox.email.sent", "inbox.thread.assigned", "inbox.thread.created",
            "inbox.thread.folder.updated", "inbox.thread.labels.updated", "inbox.thread.unassigned", "inbox.updated",
            "suppression.added", "suppression.removed", "topic.created", "topic.deleted", "topic.updated",
        ],
        types_source: "npm resend 6.38.0",
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
        types: [
            "capability_notification", "channel_event_notification", "contact_create_notification",
            "contact_delete_notification", "contact_merge_notification", "contact_update_notification",
            "conversation_delete_notification", "conversation_start_notification", "conversation_stop_notification",
            "duplicated_contact_identities_notification", "event", "event_delivery_report", "message",
            "message_delivery_report", "message_redaction", "message_submit_notification", "opt_in_notification",
            "opt_out_notification", "record_notification", "smart_conversation_notification", "unsupported_callback",
        ],
        types_source: "npm @sinch/conversation 1.4.0",
        idempotency: IdempotencyRule::Body;
    /// Microsoft Teams' outgoing webhooks, with the security token, which is base64. It expects a JSON message as the
    /// answer: see [`Reply`](crate::receive::Reply).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MS_TEAMS_OUTGOING = "ms-teams-outgoing", Code, "a public TypeScript catalogue; simstudioai/sim", [
        "Authorization: HMAC {base64}", "{body}", secret_form(Base64)
    ];
    /// Pusher Channels. The id is the name of the app key, which selects a secret and is not signed: configure the
    /// secret of one key, not one for each name that a request may have.
    ///
    /// A batch. Its retries end after five minutes.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PUSHER = "pusher", VendorLibrary, "npm pusher", [
        "X-Pusher-Key: {id}\nX-Pusher-Signature: {hex}", "{body}"
    ],
        event: "time_ms: {timestamp:ms}\nevents[].name: {type}\nevents[]: {data}",
        idempotency: IdempotencyRule::Body;
    /// Ably, with the part of the API key after the colon. `X-Ably-Key` names the key, is not signed, and is not read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ABLY = "ably", Code, "a public TypeScript catalogue", [
        "X-Ably-Signature: {base64}", "{body}"
    ];
    /// Viber bots, with the authentication token. The signature is also in the query, as `sig`, where it is not read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    VIBER = "viber", VendorLibrary, "npm viber-bot", [
        "X-Viber-Content-Signature: {hex}", "{body}"
    ],
        handshakes: [":method: POST\n\nevent: webhook", ":status: 200"];
    /// Stream Chat, with the API secret. The id is the API key's name, which selects a secret and is not signed. Other
    /// providers give a header of the same name another meaning, so it does not tell who sent a request.
    ///
    /// Bodies can be compressed, and the signature covers the compressed bytes: verify before anything decompresses
    /// them.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GETSTREAM = "getstream", VendorLibrary, "npm stream-chat", [
        "X-Signature: {hex}\nX-Api-Key: {id}", "{body}"
    ];
    /// Front.
    FRONT = "front", Code, "a public TypeScript catalogue; hookdeck/webhook-skills; dev.frontapp.com", [
        "X-Front-Request-Timestamp: {timestamp:ms}\nX-Front-Signature: {base64}", "{timestamp}:{body}"
    ],
        event: "type: {type}\npayload.id?: {id}\npayload.emitted_at?: {timestamp}\nauthorization\npayload: {data}",
        handshakes: [":method: POST\nX-Front-Challenge: {challenge}", "{\"challenge\":\"{challenge}\"}"],
        idempotency: IdempotencyRule::EventId;
    /// Dixa, with the secret in hex. It publishes no tolerance.
    DIXA = "dixa", Documented, "docs.dixa.io", [
        "X-DIXA-SIGNATURE: t={timestamp:ms},v1={hex}", "{timestamp}.{body}", secret_form(Hex)
    ];
    /// Crisp. Its library sets no tolerance, and hashes JSON that it has parsed and written again; this preset uses the
    /// raw body. The headers' names are from its documentation.
    CRISP = "crisp", VendorLibrary, "npm crisp-api", [
        "X-Crisp-Request-Timestamp: {timestamp:ms}\nX-Crisp-Signature: {hex}", "[{timestamp};{body}]"
    ];
    /// Intercom: SHA-1, under the name that others use for SHA-256.
    ///
    /// `type` is always `notification_event`: the event's type is `topic`. The body counts the attempts: deduplicate by
    /// the id. After more than 1000 errors in a row within 15 minutes, an endpoint is paused for as long. The second shape is
    /// that of a `ping`, whose id is null.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    INTERCOM = "intercom", Code, "a public TypeScript catalogue; simstudioai/sim; developers.intercom.com", if feature = "sha1", [
        "X-Hub-Signature: sha1={hex}", "{body}", digest(Sha1)
    ],
        event: "type: notification_event\nid: {id}\ntopic: {type}\ncreated_at: {timestamp}\napp_id\ndelivery_attempts\ndata.item: {data}";
            "type: notification_event\ntopic: {type}\ncreated_at: {timestamp}\napp_id\ndelivery_attempts\ndata.item: {data}",
        handshakes: [":method: HEAD", ":status: 200"],
        idempotency: IdempotencyRule::EventId,
        test: TestRule::Type(Cow::Borrowed("ping"));
    /// Help Scout.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HELP_SCOUT = "help-scout", Code, "npm n8n-nodes-base", if feature = "sha1", [
        "X-HelpScout-Signature: {base64}", "{body}", digest(Sha1)
    ];
    /// Chatwoot. Older versions send no signature. Its delivery id is not signed: use it only for logs.
    CHATWOOT = "chatwoot", Code, "receivers' code", [
        "X-Chatwoot-Timestamp: {timestamp}\nX-Chatwoot-Signature: sha256={hex}\nX-Chatwoot-Delivery: {id}", "{timestamp}.{body}"
    ];
    /// Novu. Its provider for chats by webhook sends a bare signature of the body under the same name, which this
    /// preset refuses.
    NOVU = "novu", Code, "Novu's code; receivers' code", [
        "X-Novu-Signature: t={timestamp:ms},v1={hex}", "{timestamp}.{body}"
    ];
    /// Knock.
    KNOCK = "knock", Code, "a public TypeScript catalogue; a receiver's code", [
        "x-knock-signature: t={timestamp:ms},s={base64}", "{timestamp}.{body}"
    ];
    /// Linq: Standard Webhooks.
    LINQ = "linq", Code, "simstudioai/sim", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Quo, formerly OpenPhone, from API version 2026-03-30 on: Standard Webhooks. Its older header
    /// `openphone-signature` is not read.
    QUO = "quo", Documented, "a receiver's code", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Cisco Webex.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    WEBEX = "webex", Code, "npm n8n-nodes-base", if feature = "sha1", [
        "X-Spark-Signature: {hex}", "{body}", digest(Sha1)
    ];
    /// Twilio: a form, JSON whose hash is in the query, or a request without a body, such as a GET.
    ///
    /// The names and values of a form are signed without anything between them: `ab=c` has the signature of `a=bc`. Read only the
    /// fields that Twilio documents.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TWILIO = "twilio", VendorLibrary, "www.twilio.com/docs/usage/webhooks; npm twilio; PyPI twilio", if feature = "sha1", [
        "X-Twilio-Signature: {base64}\n?bodySHA256: {body|sha256-hex}", "{url}", digest(Sha1);
        ":method: POST\nX-Twilio-Signature: {base64}", "{url}{form|sorted}", digest(Sha1);
        ":method: GET | POST\nX-Twilio-Signature: {base64}\n\n{empty}", "{url}", digest(Sha1)
    ],
        event: "&MessageStatus: {type}\n&MessageSid: {key}\n&: {data}"; "&CallStatus: {type}\n&CallSid: {key}\n&SequenceNumber?: {key}\n&: {data}"; "&SmsStatus: {type}\n&SmsSid: {key}\n&: {data}",
        acknowledgement: "Content-Type: text/xml\n\n<Response/>",
        idempotency: IdempotencyRule::EventId,
        answer_within: 15;
    /// Twilio with a shared key and SHA-256, which the header `X-Twilio-Webhooks-Signature-Settings` announces. That header is
    /// not signed and therefore not read.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TWILIO_SHAREDKEY_SHA256 = "twilio-sharedkey-sha256", VendorLibrary, "PyPI twilio", [
        "X-Twilio-Signature: {base64}\n?bodySHA256: {body|sha256-hex}", "{url}";
        ":method: POST\nX-Twilio-Signature: {base64}", "{url}{form|sorted}";
        ":method: GET | POST\nX-Twilio-Signature: {base64}\n\n{empty}", "{url}"
    ],
        event: "&MessageStatus: {type}\n&MessageSid: {key}\n&: {data}"; "&CallStatus: {type}\n&CallSid: {key}\n&SequenceNumber?: {key}\n&: {data}"; "&SmsStatus: {type}\n&SmsSid: {key}\n&: {data}",
        acknowledgement: "Content-Type: text/xml\n\n<Response/>",
        idempotency: IdempotencyRule::EventId,
        answer_within: 15;
    /// Plivo, signatures of version 3.
    ///
    /// It signs a form and a query in much the same way, so a captured form can be sent again as the query of a `GET`.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PLIVO_V3 = "plivo-v3", VendorLibrary, "www.plivo.com/docs; npm plivo", [
        ":method: POST\nX-Plivo-Signature-V3-Nonce: {id}\nX-Plivo-Signature-V3: {base64},...", "{url|without-query}?{query|sorted}.{form|sorted}.{id}";
        ":method: POST\nX-Plivo-Signature-V3-Nonce: {id}\nX-Plivo-Signature-V3: {base64},...", "{url|without-query}?{form|sorted}.{id}";
        ":method: GET | POST\nX-Plivo-Signature-V3-Nonce: {id}\nX-Plivo-Signature-V3: {base64},...\n\n{empty}", "{url|without-query}?{query|sorted}.{id}"
    ],
        idempotency: IdempotencyRule::Body;
    /// Plivo, signatures of version 2: the URL without its query, and a nonce. Use [`PLIVO_V3`] where you can.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PLIVO_V2 = "plivo-v2", VendorLibrary, "www.plivo.com/docs; npm plivo", [
        ":method: GET | POST\nX-Plivo-Signature-V2-Nonce: {id}\nX-Plivo-Signature-V2: {base64}", "{url|without-query}{id}"
    ],
        idempotency: IdempotencyRule::Body;
    /// MessageBird, signatures before those with JWT.
    MESSAGEBIRD_LEGACY = "messagebird-legacy", VendorLibrary, "npm messagebird", [
        ":method: GET | POST\nMessageBird-Request-Timestamp: {timestamp}\nMessageBird-Signature: {base64}",
        "{timestamp}\n{query|sorted-encoded}\n{body|sha256}", past(100)
    ];
    /// Telegram bots: the `secret_token` of `setWebhook`.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TELEGRAM = "telegram", Code, "core.telegram.org/bots/api; n8n-nodes-base", [
        "X-Telegram-Bot-Api-Secret-Token: {secret}", ""
    ],
        event: "update_id: {id}\n{type}: {data}",
        idempotency: IdempotencyRule::Body;
    /// Aircall. The token is in the body.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AIRCALL = "aircall", Code, "hookdeck/webhook-skills", [
        "\n\ntoken: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// RingCentral.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    RINGCENTRAL = "ringcentral", Code, "a receiver's code", [
        "Verification-Token: {secret}", ""
    ],
        handshakes: ["Validation-Token: {challenge}", ":status: 200\nValidation-Token: {challenge}", unsigned],
        idempotency: IdempotencyRule::Body;
    /// Bandwidth.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    BANDWIDTH = "bandwidth", Code, "a public TypeScript catalogue", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Telnyx, API version 2.
    TELNYX = "telnyx", VendorLibrary, "developers.telnyx.com/docs; npm telnyx", if feature = "ed25519", [
        "telnyx-timestamp: {timestamp}\ntelnyx-signature-ed25519: {base64}", "{timestamp}|{body}", algorithm(Ed25519)
    ],
        event: "data.id: {id}\ndata.event_type: {type}\ndata.occurred_at: {timestamp:rfc3339}\ndata.payload: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Vonage. Its library does not compare the hash of the body; here, a token without it is refused.
    VONAGE = "vonage", VendorLibrary, "developer.vonage.com; npm @vonage/jwt", [
        "Authorization: Bearer {jwt}", "payload_hash: {body|sha256-hex}\niat: {timestamp}\nexp?: {expiry}"
    ],
        idempotency: IdempotencyRule::Body;
}
