//! Wearables, vehicles and energy.

use super::*;

table! {
    /// Terra.
    TERRA = "terra", VendorLibrary, "npm terra-api", [
        "terra-signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ];
    /// WHOOP. One receiver puts a full stop between the time and the body, which four others contradict.
    WHOOP = "whoop", Code, "a receiver's code", [
        "X-WHOOP-Signature-Timestamp: {timestamp:ms}\nX-WHOOP-Signature: {base64}", "{timestamp}{body}"
    ];
    /// Oura. It sends hex digits in upper case. That the time is in seconds is not confirmed.
    OURA = "oura", Code, "receivers' code", [
        "x-oura-timestamp: {timestamp}\nx-oura-signature: {hex}", "{timestamp}{body}"
    ],
        handshakes: [
            ":method: GET\n?verification_token: {verify-token}\n?challenge: {challenge:token}",
            "{\"challenge\":\"{challenge}\"}"
        ];
    /// Samsara, with the secret in base64. The timestamp's unit is not established, so seconds and milliseconds are
    /// both read.
    SAMSARA = "samsara", Code, "receivers' code; developers.samsara.com", [
        "X-Samsara-Timestamp: {timestamp:ms-or-s}\nX-Samsara-Signature: v1={hex}", "v1:{timestamp}:{body}", secret_form(Base64)
    ];
    /// Enode.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ENODE = "enode", Documented, "hookdeck/webhook-skills", if feature = "sha1", [
        "x-enode-signature: sha1={hex}", "{body}", digest(Sha1)
    ];
}
