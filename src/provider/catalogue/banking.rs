//! Banking, cards and accounting.

use super::*;

table! {
    /// Xero. It wants 200 for a correct and 401 for a wrong signature, both without a body, and sends both when it checks the
    /// endpoint.
    ///
    /// A batch. Its times name no offset.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    XERO = "xero", Code, "a public TypeScript catalogue; NangoHQ/nango; developer.xero.com", [
        "x-xero-signature: {base64}", "{body}"
    ],
        event: "events[].eventCategory: {type}\nevents[].eventType: {type}\nevents[].eventDateUtc: {timestamp:iso8601}\nevents[]: {data}",
        handshakes: [":method: POST\n\nfirstEventSequence: 0\nlastEventSequence: 0", ":status: 200"],
        acknowledgement: ":status: 200",
        idempotency: IdempotencyRule::Body,
        answer_within: 5;
    /// QuickBooks Online, with the app's verifier token.
    ///
    /// A batch of CloudEvents. The second shape is the one of before November 2025, which a setting of the app still
    /// chooses.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    QUICKBOOKS = "quickbooks", Code, "a public TypeScript catalogue; developer.intuit.com", [
        "intuit-signature: {base64}", "{body}"
    ],
        event: "[].id: {id}\n[].type: {type}\n[].time: {timestamp:rfc3339}\n[]: {data}";
            "eventNotifications[].realmId\neventNotifications[].dataChangeEvent.entities[].name: {type}\neventNotifications[].dataChangeEvent.entities[].operation: {type}\neventNotifications[].dataChangeEvent.entities[].lastUpdated: {timestamp:iso8601}\neventNotifications[].dataChangeEvent.entities[]: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Modern Treasury. Other providers give a header of the same name another meaning, so it does not tell who sent a
    /// request.
    ///
    /// The shape is from general knowledge: the event of its library's API is another one.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MODERN_TREASURY = "modern-treasury", VendorLibrary, "npm modern-treasury", [
        "X-Signature: {hex}", "{body}"
    ],
        event: "data.object: {type}\nevent: {type}\ndata.id?: {key}\ndata.updated_at?: {timestamp:rfc3339} {key}\ndata.live_mode?: {test:false}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Dwolla.
    ///
    /// The body has links instead of data. `resourceId` is that of the object.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DWOLLA = "dwolla", Code, "a public TypeScript catalogue", [
        "X-Request-Signature-SHA-256: {hex}", "{body}"
    ],
        event: "id: {id}\ntopic: {type}\ntimestamp: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Unit, banking as a service. Its library hashes JSON that it has parsed and written again; this preset uses the
    /// raw body. The header's name is from general knowledge.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    UNIT = "unit", Code, "npm @unit-finance/unit-node-sdk", if feature = "sha1", [
        "x-unit-signature: {base64}", "{body}", digest(Sha1)
    ];
    /// Lithic: Standard Webhooks.
    LITHIC = "lithic", VendorLibrary, "npm lithic", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Brex: Standard Webhooks, with the secret in base64 without `whsec_`.
    BREX = "brex", Code, "a public TypeScript catalogue", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Base64)
    ];
    /// Increase: Standard Webhooks.
    INCREASE = "increase", Code, "a public TypeScript catalogue", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Airwallex. It publishes no tolerance. That the time is in milliseconds is from general knowledge.
    AIRWALLEX = "airwallex", Code, "a public TypeScript catalogue", [
        "x-timestamp: {timestamp:ms}\nx-signature: {hex}", "{timestamp}{body}"
    ];
    /// Revolut Business. The whole text of the secret is the key, `wsk_` included.
    REVOLUT = "revolut", Documented, "hookdeck/webhook-skills", [
        "Revolut-Request-Timestamp: {timestamp:ms}\nRevolut-Signature: v1={hex},...", "v1.{timestamp}.{body}"
    ];
    /// Synctera. During a rotation, it sends two signatures separated by a full stop, which this preset refuses.
    SYNCTERA = "synctera", Documented, "hookdeck/webhook-skills", [
        "Request-Timestamp: {timestamp}\nSynctera-Signature: {hex}", "{timestamp}.{body}"
    ];
    /// Teller. Its documentation allows timestamps up to three minutes old.
    TELLER = "teller", Documented, "a receiver's code", [
        "Teller-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}", past(180)
    ];
    /// Circle, version 2. A key with one id never changes.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CIRCLE = "circle", PeerLibrary, "developers.circle.com", if feature = "p256", [
        "X-Circle-Key-Id: {key}\nX-Circle-Signature: {base64}", "{body}", algorithm(P256)
    ],
        idempotency: IdempotencyRule::Body;
    /// Wise.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    WISE = "wise", PeerLibrary, "docs.wise.com", if feature = "rsa", [
        "X-Signature-SHA256: {base64}\nX-Delivery-Id: {id}", "{body}", algorithm(RsaSha256)
    ],
        event: "X-Test-Notification?: {test:true}\n\nevent_type: {type}\nschema_version?: {version}\ndata.resource.id?: {key}\ndata.occurred_at?: {timestamp:rfc3339} {key}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Bridge. It signs the hash of the text, with an algorithm that hashes again.
    BRIDGE = "bridge", PeerLibrary, "apidocs.bridge.xyz", if feature = "rsa", [
        "X-Webhook-Signature: t={timestamp:ms},v0={base64}", "{timestamp}.{body}", algorithm(RsaSha256), over_digest(true), past(600)
    ],
        idempotency: IdempotencyRule::Body;
    /// Fireblocks, the signature that it sends beside its JWS.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIREBLOCKS_LEGACY = "fireblocks-legacy", PeerLibrary, "developers.fireblocks.com", if feature = "rsa", [
        "Fireblocks-Signature: {base64}", "{body}", algorithm(RsaSha512)
    ],
        idempotency: IdempotencyRule::Body;
    /// Turnkey.
    TURNKEY = "turnkey", VendorLibrary, "docs.turnkey.com; npm @turnkey/crypto", if feature = "ed25519", [
        "X-Turnkey-Signature-Key-Id: {key}\nX-Turnkey-Signature-Algorithm: ed25519\nX-Turnkey-Signature-Version: v1\nX-Turnkey-Timestamp: {timestamp:ms}\nX-Turnkey-Event-Id: {id}\nX-Turnkey-Signature: {hex}",
        "v1.ed25519.{key}.{timestamp}.{id}.{body}", algorithm(Ed25519)
    ],
        idempotency: IdempotencyRule::SignedId;
    /// Due.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DUE = "due", Documented, "due.readme.io/docs/webhook-security", if feature = "ed25519", [
        "X-Webhook-Signature: {hex}", "{body}", algorithm(Ed25519)
    ],
        idempotency: IdempotencyRule::Body;
    /// Plaid. The key is the JSON Web Key of its API, named by the token.
    PLAID = "plaid", PeerLibrary, "plaid.com/docs/api/webhooks; npm jose", if feature = "p256", [
        "Plaid-Verification: {jwt}", "request_body_sha256: {body|sha256-hex}\niat: {timestamp}", algorithm(P256Fixed)
    ],
        event: "webhook_type: {type}\nwebhook_code: {type}\nenvironment?: {test:sandbox}\n{data}",
        idempotency: IdempotencyRule::Nothing;
    /// Fireblocks. The keys are a JSON Web Key Set.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIREBLOCKS = "fireblocks", PeerLibrary, "developers.fireblocks.com; npm jose", if feature = "rsa", [
        "Fireblocks-Webhook-Signature: {jws}", "{body}", algorithm(RsaSha512)
    ],
        idempotency: IdempotencyRule::Body;
}
