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
    /// WooCommerce. Its delivery id is not signed: use it only for logs.
    ///
    /// `order.created` and `order.updated` can have the same body, so the type is part of the idempotency key.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    WOOCOMMERCE = "woocommerce", PeerLibrary, "woocommerce.com/document/webhooks; npm @hookflo/tern", [
        "X-WC-Webhook-Signature: {base64}\nX-WC-Webhook-Delivery-ID: {id}", "{body}"
    ],
        event: "X-WC-Webhook-Topic: {type}\nX-WC-Webhook-Delivery-ID?: {id}\n\n{data}",
        types: [
            "coupon.created", "coupon.deleted", "coupon.updated", "customer.created", "customer.deleted",
            "customer.updated", "order.created", "order.deleted", "order.updated", "product.created",
            "product.deleted", "product.updated",
        ],
        types_source: "npm n8n-nodes-base 2.41.2",
        idempotency: IdempotencyRule::BodyAndType;
}
