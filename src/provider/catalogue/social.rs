//! Social networks and communities.

use super::*;

table! {
    /// X, with the app's consumer secret.
    ///
    /// The type is the name of the field that holds an array. The shape is from general knowledge: no source was seen
    /// for it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    X = "x", Code, "Convoy's code; a public TypeScript catalogue; docs.x.com/x-api/webhooks", [
        "X-Twitter-Webhooks-Signature: sha256={base64}", "{body}"
    ],
        event: "for_user_id\nuser_has_blocked\nusers\napps\n{type}[]: {data}",
        handshakes: [":method: GET\n?crc_token: {challenge:token}", "{\"response_token\":\"sha256={challenge|hmac-base64}\"}"],
        idempotency: IdempotencyRule::Body;
    /// LinkedIn, with the app's client secret. The content begins with `hmacsha256=`, which the header does not repeat.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LINKEDIN = "linkedin", Code, "a public TypeScript catalogue; hookdeck/webhook-skills", [
        "X-LI-Signature: {hex}", "hmacsha256={body}"
    ],
        handshakes: [
            ":method: GET\n?challengeCode: {challenge:uuid}",
            "{\"challengeCode\":\"{challenge}\",\"challengeResponse\":\"{challenge|hmac-hex}\"}"
        ];
    /// TikTok.
    TIKTOK = "tiktok", Code, "a public TypeScript catalogue; simstudioai/sim", [
        "TikTok-Signature: t={timestamp},s={hex}", "{timestamp}.{body}"
    ];
    /// Discourse. The event's id is not signed: use it only for logs. A test is an event of type `ping`.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DISCOURSE = "discourse", Code, "Discourse's code; wp-discourse", [
        "X-Discourse-Event-Signature: sha256={hex}\nX-Discourse-Event-Id: {id}", "{body}"
    ];
    /// Discord interactions. The key is the application's public key, in hex. Answer them with the JSON that Discord expects,
    /// within three seconds. For its webhook events, see [`DISCORD_EVENTS`].
    DISCORD = "discord", VendorLibrary, "discord.com/developers/docs; npm discord-interactions", if feature = "ed25519", [
        "X-Signature-Timestamp: {timestamp}\nX-Signature-Ed25519: {hex}", "{timestamp}{body}", algorithm(Ed25519)
    ],
        handshakes: ["\n\ntype: 1", "{\"type\":1}"],
        idempotency: IdempotencyRule::Body;
    /// Discord webhook events. The key is the application's public key, in hex.
    DISCORD_EVENTS = "discord-events", VendorLibrary, "discord.com/developers/docs; npm discord-interactions", if feature = "ed25519", [
        "X-Signature-Timestamp: {timestamp}\nX-Signature-Ed25519: {hex}", "{timestamp}{body}", algorithm(Ed25519)
    ],
        event: "event.type: {type}\nevent.timestamp?: {timestamp:iso8601}\nevent: {data}",
        handshakes: ["\n\ntype: 0", ":status: 204"],
        idempotency: IdempotencyRule::Body;
}
