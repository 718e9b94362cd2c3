//! Meetings and calendars.

use super::*;

table! {
    /// Zoom. Publishes no tolerance.
    ZOOM = "zoom", Code, "developers.zoom.us/docs/api/webhooks", [
        "x-zm-request-timestamp: {timestamp}\nx-zm-signature: v0={hex}", "v0:{timestamp}:{body}"
    ],
        event: "event: {type}\nevent_ts: {timestamp:ms}\npayload: {data}",
        handshakes: [
            ":method: POST\n\nevent: endpoint.url_validation\npayload.plainToken: {challenge:token}",
            "{\"plainToken\":\"{challenge}\",\"encryptedToken\":\"{challenge|hmac-hex}\"}"
        ],
        types: [
            "account.created", "account.disassociated", "account.lock_settings_updated", "account.settings_updated",
            "account.updated", "account.vanity_url_approved", "account.vanity_url_rejected",
            "app.authorization_request_created", "app_deauthorized", "bot_installed", "bot_notification",
            "chat_channel.created", "chat_channel.deleted", "chat_channel.member_invited",
            "chat_channel.member_joined", "chat_channel.member_left", "chat_channel.member_removed",
            "chat_channel.updated", "chat_message.deleted", "chat_message.replied", "chat_message.sent",
            "chat_message.updated", "group.admin_added", "group.admin_deleted", "group.created", "group.deleted",
            "group.lock_settings_updated", "group.member_added", "group.member_deleted", "group.settings_updated",
            "group.updated", "information_barriers.policy_created", "information_barriers.policy_deleted",
            "information_barriers.policy_updated", "interactive_message_actions", "interactive_message_editable",
            "interactive_message_fields_editable", "interactive_message_select", "meeting.alert",
            "meeting.breakout_room_sharing_ended", "meeting.breakout_room_sharing_started",
            "meeting.chat_message_file_downloaded", "meeting.chat_message_file_sent", "meeting.chat_message_sent",
            "meeting.converted_to_webinar", "meeting.created", "meeting.deleted", "meeting.device_tested",
            "meeting.ended", "meeting.invitation_accepted", "meeting.invitation_dispatched",
            "meeting.invitation_rejected", "meeting.invitation_timeout", "meeting.live_streaming_started",
            "meeting.live_streaming_stopped", "meeting.participant_admitted", "meeting.participant_bind",
            "meeting.participant_feedback", "meeting.participant_jbh_joined", "meeting.participant_jbh_waiting",
            "meeting.participant_jbh_waiting_left", "meeting.participant_joined",
            "meeting.participant_joined_breakout_room", "meeting.participant_joined_waiting_room",
            "meeting.participant_left", "meeting.participant_left_breakout_room",
            "meeting.participant_left_waiting_room", "meeting.participant_phone_callout_accepted",
            "meeting.participant_phone_callout_missed", "meeting.participant_phone_callout_rejected",
            "meeting.participant_phone_callout_ringing", "meeting.participant_put_in_waiting_room",
            "meeting.participant_role_changed", "meeting.participant_room_system_callout_accepted",
            "meeting.participant_room_system_callout_failed", "meeting.participant_room_system_callout_missed",
            "meeting.participant_room_system_callout_rejected", "meeting.participant_room_system_callout_ringing",
            "meeting.permanently_deleted", "meeting.recovered", "meeting.registration_approved",
            "meeting.registration_cancelled", "meeting.registration_created", "meeting.registration_denied",
            "meeting.risk_alert", "meeting.sharing_ended", "meeting.sharing_started", "meeting.started",
            "meeting.summary_completed", "meeting.summary_deleted", "meeting.summary_recovered",
            "meeting.summary_shared", "meeting.summary_trashed", "meeting.summary_updated", "meeting.updated",
            "phone.account_settings_updated", "phone.ai_call_summary_changed", "phone.blind_transfer_initiated",
            "phone.call_history_deleted", "phone.call_log_deleted", "phone.call_log_permanently_deleted",
            "phone.callee_answered", "phone.callee_call_history_completed", "phone.callee_call_log_completed",
            "phone.callee_ended", "phone.callee_hold", "phone.callee_meeting_inviting", "phone.callee_missed",
            "phone.callee_mute", "phone.callee_parked", "phone.callee_rejected", "phone.callee_ringing",
            "phone.callee_unhold", "phone.callee_unmute", "phone.caller_call_history_completed",
            "phone.caller_call_log_completed", "phone.caller_connected", "phone.caller_ended", "phone.caller_hold",
            "phone.caller_meeting_inviting", "phone.caller_mute", "phone.caller_ringing", "phone.caller_unhold",
            "phone.caller_unmute", "phone.conference_started", "phone.device_registration", "phone.emergency_alert",
            "phone.generic_device_provision", "phone.group_settings_updated", "phone.peering_number_cnam_updated",
            "phone.peering_number_emergency_address_updated", "phone.recording_completed",
            "phone.recording_completed_for_access_member", "phone.recording_deleted", "phone.recording_failed",
            "phone.recording_paused", "phone.recording_permanently_deleted", "phone.recording_resumed",
            "phone.recording_started", "phone.recording_stopped", "phone.recording_transcript_completed",
            "phone.sms_campaign_number_opt_in", "phone.sms_campaign_number_opt_out", "phone.sms_etiquette_block",
            "phone.sms_etiquette_warn", "phone.sms_received", "phone.sms_sent", "phone.sms_sent_failed",
            "phone.transfer_call_to_voicemail_initiated", "phone.voicemail_deleted",
            "phone.voicemail_permanently_deleted", "phone.voicemail_received",
            "phone.voicemail_received_for_access_member", "phone.voicemail_transcript_completed",
            "recording.archive_files_completed", "recording.batch_deleted", "recording.batch_recovered",
            "recording.batch_trashed", "recording.cloud_storage_usage_updated", "recording.completed",
            "recording.deleted", "recording.paused", "recording.recovered", "recording.registration_approved",
            "recording.registration_created", "recording.registration_denied", "recording.renamed",
            "recording.resumed", "recording.started", "recording.stopped", "recording.transcript_completed",
            "recording.trashed", "session.alert", "session.ended", "session.live_streaming_started",
            "session.live_streaming_stopped", "session.recording_completed", "session.recording_deleted",
            "session.recording_paused", "session.recording_recovered", "session.recording_resumed",
            "session.recording_started", "session.recording_stopped", "session.recording_summary_completed",
            "session.recording_transcript_completed", "session.recording_transcript_failed",
            "session.recording_trashed", "session.sharing_ended", "session.sharing_started", "session.started",
            "session.stream_ingestion_connected", "session.stream_ingestion_disconnected",
            "session.stream_ingestion_started", "session.stream_ingestion_stopped",
            "session.stream_ingestion_unbind", "session.user_joined", "session.user_left",
            "session.user_phone_callout_accepted", "session.user_phone_callout_canceled",
            "session.user_phone_callout_missed", "session.user_phone_callout_rejected",
            "session.user_phone_callout_ringing", "session.user_room_system_callout_accepted",
            "session.user_room_system_callout_failed", "session.user_room_system_callout_missed",
            "session.user_room_system_callout_rejected", "session.user_room_system_callout_ringing",
            "team_chat.bookmark_added", "team_chat.bookmark_removed", "team_chat.channel_app_added",
            "team_chat.channel_app_removed", "team_chat.channel_archived", "team_chat.channel_invitation_accepted",
            "team_chat.channel_invitation_approval_requested", "team_chat.channel_invitation_approved",
            "team_chat.channel_invitation_created", "team_chat.channel_invitation_declined",
            "team_chat.channel_invitation_rejected", "team_chat.channel_invitation_removed",
            "team_chat.channel_join_approval_requested", "team_chat.channel_join_approved",
            "team_chat.channel_join_declined", "team_chat.channel_join_requested",
            "team_chat.channel_message_deleted", "team_chat.channel_message_posted",
            "team_chat.channel_message_updated", "team_chat.channel_pin_added", "team_chat.channel_pin_removed",
            "team_chat.channel_reaction_added", "team_chat.channel_reaction_removed", "team_chat.channel_unarchived",
            "team_chat.dm_message_deleted", "team_chat.dm_message_posted", "team_chat.dm_message_updated",
            "team_chat.dm_reaction_added", "team_chat.dm_reaction_removed", "team_chat.emoji_added",
            "team_chat.emoji_removed", "team_chat.file_changed", "team_chat.file_deleted",
            "team_chat.file_downloaded", "team_chat.file_shared", "team_chat.file_unshared",
            "team_chat.file_uploaded", "team_chat.link_shared", "team_chat.shared_spaces_edited",
            "team_chat.shared_spaces_member_invited", "team_chat.shared_spaces_member_left",
            "team_chat.shared_spaces_member_removed", "team_chat.starred", "team_chat.unstarred", "user.activated",
            "user.created", "user.deactivated", "user.deleted", "user.disassociated", "user.invitation_accepted",
            "user.personal_notes_updated", "user.presence_status_updated", "user.settings_updated", "user.signed_in",
            "user.signed_out", "user.tsp_created", "user.tsp_deleted", "user.tsp_updated", "user.updated",
            "webinar.alert", "webinar.chat_message_file_downloaded", "webinar.chat_message_file_sent",
            "webinar.chat_message_sent", "webinar.converted_to_meeting", "webinar.created", "webinar.deleted",
            "webinar.ended", "webinar.participant_bind", "webinar.participant_feedback",
            "webinar.participant_joined", "webinar.participant_left", "webinar.participant_role_changed",
            "webinar.permanently_deleted", "webinar.recovered", "webinar.registration_approved",
            "webinar.registration_cancelled", "webinar.registration_created", "webinar.registration_denied",
            "webinar.sharing_ended", "webinar.sharing_started", "webinar.started", "webinar.updated",
        ],
        types_source: "npm @zoom/rivet 0.4.0",
        idempotency: IdempotencyRule::Body,
        answer_within: 3,
        delivery: DeliveryPolicy::from_parts(RetryPolicy::ZOOM, OutcomePolicy::standard(), HealthPolicy::never()).with_timeout(Duration::from_secs(3));
    /// Calendly. Publishes no tolerance.
    CALENDLY = "calendly", PeerLibrary, "developer.calendly.com; npm n8n-nodes-base", [
        "Calendly-Webhook-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "event: {type}\ncreated_at: {timestamp:rfc3339}\ncreated_by\npayload: {data}",
        types: [
            "invitee.canceled", "invitee.created",
        ],
        types_source: "npm n8n-nodes-base 2.41.2",
        idempotency: IdempotencyRule::Body;
    /// Cal.com.
    ///
    /// A template of the operator's may replace the body.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CAL_COM = "cal-com", PeerLibrary, "cal.com/docs; npm n8n-nodes-base", [
        "X-Cal-Signature-256: {hex}", "{body}"
    ],
        event: "triggerEvent: {type}\ncreatedAt?: {timestamp:rfc3339}\npayload: {data}",
        types: [
            "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "AFTER_HOSTS_CAL_VIDEO_NO_SHOW", "BOOKING_CANCELLED",
            "BOOKING_CREATED", "BOOKING_NO_SHOW_UPDATED", "BOOKING_PAID", "BOOKING_PAYMENT_INITIATED",
            "BOOKING_REJECTED", "BOOKING_REQUESTED", "BOOKING_RESCHEDULED", "FORM_SUBMITTED",
            "FORM_SUBMITTED_NO_EVENT", "INSTANT_MEETING", "MEETING_ENDED", "MEETING_STARTED", "OOO_CREATED",
            "RECORDING_READY", "RECORDING_TRANSCRIPTION_GENERATED",
        ],
        types_source: "npm @calcom/platform-libraries 0.0.360",
        idempotency: IdempotencyRule::Body;
    /// Recall.ai. Workspaces created before December 2025 send the `svix-*` headers.
    RECALL_AI = "recall-ai", PeerLibrary, "docs.recall.ai; npm svix", [
        "webhook-id | svix-id: {id}\nwebhook-timestamp | svix-timestamp: {timestamp}\nwebhook-signature | svix-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "event: {type}\ndata: {data}",
        idempotency: IdempotencyRule::SignedId;
    /// Fathom.
    ///
    /// There is one type of event, and its name is not sent: it is called `new_meeting` here.
    FATHOM = "fathom", VendorLibrary, "developers.fathom.ai; npm fathom-typescript", [
        "webhook-id | svix-id: {id}\nwebhook-timestamp | svix-timestamp: {timestamp}\nwebhook-signature | svix-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "{type}: new_meeting\n{data}",
        types: ["new_meeting"],
        idempotency: IdempotencyRule::SignedId;
    /// Fireflies, webhooks of version 2. Its header carries a SHA-256 signature under the name that others use for
    /// SHA-1.
    ///
    /// The second shape is that of webhooks of version 1, whose bodies are equal when a meeting is transcribed again.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIREFLIES = "fireflies", Documented, "docs.fireflies.ai", [
        "X-Hub-Signature: sha256={hex}", "{body}"
    ],
        event: "event: {type}\ntimestamp: {timestamp:ms}\n{data}";
            "eventType: {type}\n{data}",
        idempotency: IdempotencyRule::Body;
    /// Daily. Publishes neither the timestamp's unit nor a tolerance, so seconds and milliseconds are both read.
    ///
    /// `event_ts` is the time of sending. Before there is a secret, Daily posts `{"test":"test"}`; whether it ever signs that is
    /// not known, so both are answered.
    DAILY = "daily", Documented, "docs.daily.co/reference/rest-api/webhooks", [
        "X-Webhook-Timestamp: {timestamp:ms-or-s}\nX-Webhook-Signature: {base64}",
        "{timestamp}.{body}", secret_form(Base64)
    ],
        event: "version: {version}\ntype: {type}\nid: {id}\npayload: {data}\nevent_ts: {timestamp}",
        handshakes: ["\n\ntest: test", ":status: 200", unsigned];
            [":method: POST\n\ntest: test", ":status: 200"],
        idempotency: IdempotencyRule::EventId;
    /// Cronofy. Its header has a signature for each client secret.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CRONOFY = "cronofy", VendorLibrary, "npm cronofy", [
        "Cronofy-HMAC-SHA256: {base64},...", "{body}"
    ];
    /// Circleback. Other providers give a header of the same name another meaning, so it does not tell who sent a
    /// request.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CIRCLEBACK = "circleback", Code, "simstudioai/sim", [
        "X-Signature: {hex}", "{body}"
    ];
    /// Granola: Standard Webhooks.
    GRANOLA = "granola", Code, "simstudioai/sim", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Whereby. Its sources disagree about the timestamp's unit, so seconds and milliseconds are both read.
    WHEREBY = "whereby", Code, "receivers' code", [
        "Whereby-Signature: t={timestamp:ms-or-s},v1={hex}", "{timestamp}.{body}"
    ];
    /// LiveKit. The secret is that of the API key, without the key itself.
    LIVEKIT = "livekit", VendorLibrary, "docs.livekit.io; npm livekit-server-sdk", [
        "Authorization: {jwt}", "sha256: {body|sha256-base64}\nexp: {expiry}\nnbf?: {not-before}"
    ],
        event: "id: {id}\nevent: {type}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Gong. The token names the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    GONG = "gong", Code, "NangoHQ/nango", if feature = "rsa", [
        "Authorization: Bearer {jwt}", "body_sha256: {body|sha256-hex}\nwebhook_url: {url}\nexp: {expiry}", algorithm(RsaSha256)
    ],
        idempotency: IdempotencyRule::Body;
}
