//! Shops.

use super::*;

table! {
    /// Shopify, with the app's client secret. Its webhook id is not signed: use it only for logs.
    ///
    /// `orders/create` and `orders/paid` can have the same body, so the type is part of the idempotency key. The shop's
    /// name in `X-Shopify-Shop-Domain` is not signed: do not choose a tenant by it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SHOPIFY = "shopify", VendorLibrary, "shopify.dev/docs/apps/build/webhooks; npm @shopify/shopify-api", [
        "X-Shopify-Hmac-Sha256: {base64}\nX-Shopify-Webhook-Id: {id}", "{body}"
    ],
        event: "X-Shopify-Topic: {type}\nX-Shopify-Event-Id?: {id}\nX-Shopify-API-Version?: {version}\nX-Shopify-Triggered-At?: {timestamp:rfc3339}\n\n{data}",
        idempotency: IdempotencyRule::BodyAndType,
        answer_within: 5;
    /// WooCommerce. Its delivery id is not signed: use it only for logs. Its first request is a form without a signature.
    ///
    /// `order.created` and `order.updated` can have the same body, so the type is part of the idempotency key.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    WOOCOMMERCE = "woocommerce", PeerLibrary, "woocommerce.com/document/webhooks; WooCommerce's code; npm @hookflo/tern", [
        "X-WC-Webhook-Signature: {base64}\nX-WC-Webhook-Delivery-ID: {id}", "{body}"
    ],
        event: "X-WC-Webhook-Topic: {type}\nX-WC-Webhook-Delivery-ID?: {id}\n\n{data}",
        handshakes: ["\n\n&webhook_id: {challenge:digits}", ":status: 200", unsigned],
        types: [
            "coupon.created", "coupon.deleted", "coupon.updated", "customer.created", "customer.deleted",
            "customer.updated", "order.created", "order.deleted", "order.updated", "product.created",
            "product.deleted", "product.updated",
        ],
        types_source: "npm n8n-nodes-base 2.41.2",
        idempotency: IdempotencyRule::BodyAndType;
    /// Squarespace, with the secret in hex.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SQUARESPACE = "squarespace", Code, "a public TypeScript catalogue", [
        "Squarespace-Signature: {hex}", "{body}", secret_form(Hex)
    ];
    /// AfterShip. Its products Returns and Warranty use the header `as-signature-hmac-sha256`, and until October 2022
    /// the header was `am-webhook-signature` with a prefix: write a scheme of your own for those.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AFTERSHIP = "aftership", Code, "a public TypeScript catalogue", [
        "aftership-hmac-sha256: {base64}", "{body}"
    ];
    /// EasyPost. Its library normalises the secret (NFKD) before it becomes a key: keep it in ASCII.
    ///
    /// Its JavaScript library writes weights that are whole numbers as floats before it hashes a body; this preset uses
    /// the raw body, which has them so already.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    EASYPOST = "easypost", VendorLibrary, "npm @easypost/api", [
        "X-Hmac-Signature: hmac-sha256-hex={hex}", "{body}"
    ];
    /// Shopware apps. After a rotation, a second header whose name ends in `-previous` has the signature under the
    /// previous secret; it is not read. Its GET requests sign the query instead of the body, and are not covered by
    /// this preset.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SHOPWARE = "shopware", VendorLibrary, "npm @shopware-ag/app-server-sdk", [
        "shopware-shop-signature: {hex}", "{body}"
    ];
    /// ShipHero. It is said to require the answer `{"code":"200","Status":"Success"}`, which no source confirmed.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SHIPHERO = "shiphero", Documented, "hookdeck/webhook-skills", [
        "x-shiphero-hmac-sha256: {base64}", "{body}"
    ];
    /// Etsy: Standard Webhooks.
    ETSY = "etsy", Code, "a public TypeScript catalogue", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Ordergroove. It publishes no tolerance.
    ORDERGROOVE = "ordergroove", Documented, "developer.ordergroove.com", [
        "OrderGroove-Signature: ts={timestamp},sig={hex}", "{timestamp}.{body}"
    ];
    /// Shippo.
    SHIPPO = "shippo", Code, "a public TypeScript catalogue", [
        "shippo-auth-signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ];
    /// Lob. It publishes neither the timestamp's unit nor a tolerance, so seconds and milliseconds are both read.
    LOB = "lob", Code, "a public TypeScript catalogue", [
        "Lob-Signature-Timestamp: {timestamp:ms-or-s}\nLob-Signature: {hex}", "{timestamp}.{body}"
    ];
    /// Onfleet, with the secret in hex.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ONFLEET = "onfleet", PeerLibrary, "npm n8n-nodes-base", [
        "X-Onfleet-Signature: {hex}", "{body}", digest(Sha512), secret_form(Hex)
    ],
        handshakes: [":method: GET\n?check: {challenge:token}", "{challenge}"];
}
