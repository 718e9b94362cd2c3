//! Payments, billing and subscriptions.

use super::*;

table! {
    /// Stripe. The whole text of the secret is the key, `whsec_` included.
    STRIPE = "stripe", VendorLibrary, "docs.stripe.com/webhooks; npm stripe", [
        "Stripe-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "object?: event\nid: {id}\napi_version?: {version}\ncreated: {timestamp}\ndata: {data}\nlivemode: {test:false}\npending_webhooks\nrequest\ntype: {type}";
            "object: v2.core.event\nid: {id}\ncreated: {timestamp:rfc3339}\ntype: {type}\nlivemode?: {test:false}\n{data}",
        types: [
            "account.application.authorized", "account.application.deauthorized", "account.external_account.created",
            "account.external_account.deleted", "account.external_account.updated", "account.updated",
            "application_fee.created", "application_fee.refund.updated", "application_fee.refunded",
            "apps.install.created", "apps.install.deleted", "apps.install.updated", "balance.available",
            "balance_settings.updated", "billing.alert.triggered", "billing.credit_balance_transaction.created",
            "billing.credit_grant.created", "billing.credit_grant.updated", "billing.meter.created",
            "billing.meter.deactivated", "billing.meter.reactivated", "billing.meter.updated",
            "billing_portal.configuration.created", "billing_portal.configuration.updated",
            "billing_portal.session.created", "capability.updated", "cash_balance.funds_available",
            "charge.captured", "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.expired", "charge.failed",
            "charge.pending", "charge.refund.updated", "charge.refunded", "charge.succeeded", "charge.updated",
            "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
            "checkout.session.completed", "checkout.session.expired", "climate.order.canceled",
            "climate.order.created", "climate.order.delayed", "climate.order.delivered",
            "climate.order.product_substituted", "climate.product.created", "climate.product.pricing_updated",
            "coupon.created", "coupon.deleted", "coupon.updated", "credit_note.created", "credit_note.updated",
            "credit_note.voided", "customer.created", "customer.deleted", "customer.discount.created",
            "customer.discount.deleted", "customer.discount.updated", "customer.source.created",
            "customer.source.deleted", "customer.source.expiring", "customer.source.updated",
            "customer.subscription.created", "customer.subscription.deleted", "customer.subscription.paused",
            "customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired",
            "customer.subscription.resumed", "customer.subscription.trial_will_end", "customer.subscription.updated",
            "customer.tax_id.created", "customer.tax_id.deleted", "customer.tax_id.updated", "customer.updated",
            "customer_cash_balance_transaction.created", "entitlements.active_entitlement_summary.updated",
            "file.created", "financial_connections.account.account_numbers_updated",
            "financial_connections.account.created", "financial_connections.account.deactivated",
            "financial_connections.account.disconnected",
            "financial_connections.account.expected_deactivation_date_updated",
            "financial_connections.account.reactivated", "financial_connections.account.refreshed_balance",
            "financial_connections.account.refreshed_ownership",
            "financial_connections.account.refreshed_transactions",
            "financial_connections.account.supported_payment_method_types_updated",
            "financial_connections.account.upcoming_account_number_expiry",
            "financial_connections.account.upcoming_deactivation",
            "financial_connections.authorization.expected_deactivation_date_updated",
            "financial_connections.authorization.upcoming_deactivation", "identity.verification_session.canceled",
            "identity.verification_session.created", "identity.verification_session.processing",
            "identity.verification_session.redacted", "identity.verification_session.requires_input",
            "identity.verification_session.verified", "invoice.created", "invoice.deleted",
            "invoice.finalization_failed", "invoice.finalized", "invoice.marked_uncollectible", "invoice.overdue",
            "invoice.overpaid", "invoice.paid", "invoice.payment_action_required",
            "invoice.payment_attempt_required", "invoice.payment_failed", "invoice.payment_succeeded",
            "invoice.sent", "invoice.upcoming", "invoice.updated", "invoice.voided", "invoice.will_be_due",
            "invoice_payment.paid", "invoiceitem.created", "invoiceitem.deleted", "issuing_authorization.created",
            "issuing_authorization.request", "issuing_authorization.updated", "issuing_card.created",
            "issuing_card.updated", "issuing_cardholder.created", "issuing_cardholder.updated",
            "issuing_dispute.closed", "issuing_dispute.created", "issuing_dispute.funds_reinstated",
            "issuing_dispute.funds_rescinded", "issuing_dispute.submitted", "issuing_dispute.updated",
            "issuing_personalization_design.activated", "issuing_personalization_design.deactivated",
            "issuing_personalization_design.rejected", "issuing_personalization_design.updated",
            "issuing_token.created", "issuing_token.updated", "issuing_transaction.created",
            "issuing_transaction.purchase_details_receipt_updated", "issuing_transaction.updated", "mandate.updated",
            "payment_intent.amount_capturable_updated", "payment_intent.canceled", "payment_intent.created",
            "payment_intent.partially_funded", "payment_intent.payment_failed", "payment_intent.processing",
            "payment_intent.requires_action", "payment_intent.succeeded", "payment_link.created",
            "payment_link.updated", "payment_method.attached", "payment_method.automatically_updated",
            "payment_method.detached", "payment_method.updated", "payout.canceled", "payout.created",
            "payout.failed", "payout.paid", "payout.reconciliation_completed", "payout.updated", "person.created",
            "person.deleted", "person.updated", "plan.created", "plan.deleted", "plan.updated", "price.created",
            "price.deleted", "price.updated", "product.created", "product.deleted", "product.updated",
            "promotion_code.created", "promotion_code.updated", "quote.accepted", "quote.canceled", "quote.created",
            "quote.finalized", "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated",
            "refund.created", "refund.failed", "refund.updated", "reporting.report_run.failed",
            "reporting.report_run.succeeded", "reporting.report_type.updated", "reserve.hold.created",
            "reserve.hold.updated", "reserve.plan.created", "reserve.plan.disabled", "reserve.plan.expired",
            "reserve.plan.updated", "reserve.release.created", "review.closed", "review.opened",
            "setup_intent.canceled", "setup_intent.created", "setup_intent.requires_action",
            "setup_intent.setup_failed", "setup_intent.succeeded", "sigma.scheduled_query_run.created",
            "source.canceled", "source.chargeable", "source.failed", "source.mandate_notification",
            "source.refund_attributes_required", "source.transaction.created", "source.transaction.updated",
            "subscription_schedule.aborted", "subscription_schedule.canceled", "subscription_schedule.completed",
            "subscription_schedule.created", "subscription_schedule.expiring", "subscription_schedule.released",
            "subscription_schedule.updated", "tax.settings.updated", "tax_rate.created", "tax_rate.updated",
            "terminal.reader.action_failed", "terminal.reader.action_succeeded", "terminal.reader.action_updated",
            "test_helpers.test_clock.advancing", "test_helpers.test_clock.created",
            "test_helpers.test_clock.deleted", "test_helpers.test_clock.internal_failure",
            "test_helpers.test_clock.ready", "three_d_secure.authentication.canceled",
            "three_d_secure.authentication.challenge_started", "three_d_secure.authentication.errored",
            "three_d_secure.authentication.failed", "three_d_secure.authentication.requires_challenge",
            "three_d_secure.authentication.requires_submission", "three_d_secure.authentication.succeeded",
            "topup.canceled", "topup.created", "topup.failed", "topup.reversed", "topup.succeeded",
            "transfer.created", "transfer.reversed", "transfer.updated", "treasury.credit_reversal.created",
            "treasury.credit_reversal.posted", "treasury.debit_reversal.completed",
            "treasury.debit_reversal.created", "treasury.debit_reversal.initial_credit_granted",
            "treasury.financial_account.closed", "treasury.financial_account.created",
            "treasury.financial_account.features_status_updated", "treasury.inbound_transfer.canceled",
            "treasury.inbound_transfer.created", "treasury.inbound_transfer.failed",
            "treasury.inbound_transfer.succeeded", "treasury.outbound_payment.canceled",
            "treasury.outbound_payment.created", "treasury.outbound_payment.expected_arrival_date_updated",
            "treasury.outbound_payment.failed", "treasury.outbound_payment.posted",
            "treasury.outbound_payment.returned", "treasury.outbound_payment.tracking_details_updated",
            "treasury.outbound_transfer.canceled", "treasury.outbound_transfer.created",
            "treasury.outbound_transfer.expected_arrival_date_updated", "treasury.outbound_transfer.failed",
            "treasury.outbound_transfer.posted", "treasury.outbound_transfer.returned",
            "treasury.outbound_transfer.tracking_details_updated", "treasury.received_credit.created",
            "treasury.received_credit.failed", "treasury.received_credit.succeeded",
            "treasury.received_debit.created", "v2.commerce.product_catalog.imports.failed",
            "v2.commerce.product_catalog.imports.processing", "v2.commerce.product_catalog.imports.succeeded",
            "v2.commerce.product_catalog.imports.succeeded_with_errors", "v2.core.account.closed",
            "v2.core.account.created", "v2.core.account.updated", "v2.core.account_link.returned",
            "v2.core.account_person.created", "v2.core.account_person.deleted", "v2.core.account_person.updated",
            "v2.core.event_destination.ping", "v2.money_management.adjustment.created",
            "v2.money_management.financial_account.created", "v2.money_management.financial_account.updated",
            "v2.money_management.financial_address.activated", "v2.money_management.financial_address.failed",
            "v2.money_management.inbound_transfer.available",
            "v2.money_management.inbound_transfer.bank_debit_failed",
            "v2.money_management.inbound_transfer.bank_debit_processing",
            "v2.money_management.inbound_transfer.bank_debit_queued",
            "v2.money_management.inbound_transfer.bank_debit_returned",
            "v2.money_management.inbound_transfer.bank_debit_succeeded",
            "v2.money_management.outbound_payment.canceled", "v2.money_management.outbound_payment.created",
            "v2.money_management.outbound_payment.failed", "v2.money_management.outbound_payment.posted",
            "v2.money_management.outbound_payment.returned", "v2.money_management.outbound_payment.under_review",
            "v2.money_management.outbound_payment.updated", "v2.money_management.payout_intent.canceled",
            "v2.money_management.payout_intent.created", "v2.money_management.payout_intent.pending",
            "v2.money_management.payout_intent.posted", "v2.money_management.payout_intent.processing",
            "v2.money_management.payout_intent.requires_action", "v2.money_management.payout_intent.updated",
            "v2.money_management.payout_method.created", "v2.money_management.payout_method.updated",
            "v2.money_management.received_credit.available", "v2.money_management.received_credit.failed",
            "v2.money_management.received_credit.returned", "v2.money_management.received_credit.succeeded",
            "v2.money_management.recipient_verification.created",
            "v2.money_management.recipient_verification.updated", "v2.money_management.transaction.created",
            "v2.money_management.transaction.updated",
        ],
        types_source: "npm stripe 23.1.0",
        idempotency: IdempotencyRule::EventId;
    /// Paddle Billing. Its library accepts timestamps up to 5 seconds old, and reads only the last signature.
    ///
    /// `notification_id` is that of the delivery, `event_id` that of the event.
    PADDLE = "paddle", VendorLibrary, "developer.paddle.com/webhooks; npm @paddle/paddle-node-sdk", [
        "Paddle-Signature: ts={timestamp};h1={hex};...", "{timestamp}:{body}", past(5), current_key_last(true)
    ],
        event: "event_id: {id}\nevent_type: {type}\noccurred_at: {timestamp:rfc3339}\nnotification_id\ndata: {data}",
        types: [
            "address.created", "address.imported", "address.updated", "adjustment.created", "adjustment.updated",
            "api_key.created", "api_key.expired", "api_key.expiring", "api_key.revoked", "api_key.updated",
            "api_key_exposure.created", "business.created", "business.imported", "business.updated",
            "client_token.created", "client_token.revoked", "client_token.updated", "customer.created",
            "customer.imported", "customer.updated", "discount.created", "discount.imported", "discount.updated",
            "discount_group.created", "discount_group.updated", "payment_method.deleted", "payment_method.saved",
            "payout.created", "payout.paid", "price.created", "price.imported", "price.updated", "product.created",
            "product.imported", "product.updated", "report.created", "report.updated", "subscription.activated",
            "subscription.canceled", "subscription.created", "subscription.imported", "subscription.past_due",
            "subscription.paused", "subscription.resumed", "subscription.trialing", "subscription.updated",
            "transaction.billed", "transaction.canceled", "transaction.completed", "transaction.created",
            "transaction.paid", "transaction.past_due", "transaction.payment_failed", "transaction.ready",
            "transaction.revised", "transaction.updated",
        ],
        types_source: "npm @paddle/paddle-node-sdk 3.10.0",
        idempotency: IdempotencyRule::EventId;
    /// Razorpay. Its event id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    RAZORPAY = "razorpay", VendorLibrary, "razorpay.com/docs/webhooks; npm razorpay", [
        "X-Razorpay-Signature: {hex}\nx-razorpay-event-id: {id}", "{body}"
    ],
        event: "x-razorpay-event-id?: {id}\n\nevent: {type}\ncreated_at: {timestamp}\naccount_id\ncontains\npayload: {data}",
        idempotency: IdempotencyRule::Body;
    /// GoCardless.
    ///
    /// A batch.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GOCARDLESS = "gocardless", VendorLibrary, "developer.gocardless.com; npm gocardless-nodejs", [
        "Webhook-Signature: {hex}", "{body}"
    ],
        event: "events[].id: {id}\nevents[].resource_type: {type}\nevents[].action: {type}\nevents[].created_at: {timestamp:rfc3339}\nevents[]: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Coinbase Commerce.
    ///
    /// The `id` at the top level is that of the delivery, and the body counts the attempts.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    COINBASE_COMMERCE = "coinbase-commerce", VendorLibrary, "npm coinbase-commerce-node", [
        "X-CC-Webhook-Signature: {hex}", "{body}"
    ],
        event: "event.id: {id}\nevent.type: {type}\nevent.api_version?: {version}\nevent.created_at: {timestamp:rfc3339}\nevent.data: {data}",
        types: [
            "charge:confirmed", "charge:created", "charge:delayed", "charge:failed", "charge:pending",
            "charge:resolved",
        ],
        types_source: "npm @types/coinbase-commerce-node 1.0.9",
        idempotency: IdempotencyRule::EventId;
    /// Lemon Squeezy.
    ///
    /// `data.id` is the id of the object, not of the event.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LEMONSQUEEZY = "lemonsqueezy", PeerLibrary, "docs.lemonsqueezy.com; npm @hookflo/tern", [
        "X-Signature: {hex}", "{body}"
    ],
        event: "meta.event_name: {type}\nmeta.test_mode?: {test:true}\n{data}",
        types: [
            "license_key_created", "license_key_updated", "order_created", "order_refunded",
            "subscription_cancelled", "subscription_created", "subscription_expired", "subscription_paused",
            "subscription_payment_failed", "subscription_payment_recovered", "subscription_payment_refunded",
            "subscription_payment_success", "subscription_resumed", "subscription_unpaused", "subscription_updated",
        ],
        types_source: "npm @lemonsqueezy/lemonsqueezy.js 4.0.0",
        idempotency: IdempotencyRule::Body;
    /// Polar: Standard Webhooks, except that the whole text of the secret is the key.
    POLAR = "polar", VendorLibrary, "polar.sh/docs; npm @polar-sh/sdk", [
        STANDARD, "{id}.{timestamp}.{body}"
    ],
        event: "type: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "benefit.created", "benefit.updated", "benefit_grant.created", "benefit_grant.cycled",
            "benefit_grant.revoked", "benefit_grant.updated", "checkout.created", "checkout.expired",
            "checkout.updated", "customer.created", "customer.deleted", "customer.state_changed", "customer.updated",
            "customer_seat.assigned", "customer_seat.claimed", "customer_seat.revoked", "member.created",
            "member.deleted", "member.updated", "order.created", "order.paid", "order.refunded", "order.updated",
            "organization.updated", "product.created", "product.updated", "refund.created", "refund.updated",
            "subscription.active", "subscription.canceled", "subscription.created", "subscription.past_due",
            "subscription.paused", "subscription.resumed", "subscription.revoked", "subscription.uncanceled",
            "subscription.updated",
        ],
        types_source: "npm @polar-sh/sdk 0.49.0",
        idempotency: IdempotencyRule::SignedId;
    /// Mollie, next-generation webhooks. For a day after a rotation, the header occurs twice.
    ///
    /// Classic webhooks, a form with the id of a payment, are not signed and not read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MOLLIE = "mollie", Documented, "docs.mollie.com", [
        "X-Mollie-Signature: sha256={hex}, ...", "{body}"
    ],
        event: "id: {id}\ntype: {type}\ncreatedAt: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::EventId;
    /// Recurly, JSON webhooks. Its documentation and library say milliseconds, but its sample shows seconds: both are
    /// read.
    ///
    /// The shape is from general knowledge: no source was seen for it.
    RECURLY = "recurly", Code, "docs.recurly.com; gem recurly", [
        "recurly-signature: {timestamp:ms-or-s},{hex},...", "{timestamp}.{body}"
    ],
        event: "object_type: {type}\nevent_type: {type}\nevent_time?: {timestamp:rfc3339}\n{data}",
        idempotency: IdempotencyRule::Body;
    /// Checkout.com.
    ///
    /// The shape is from general knowledge: no source was seen for it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CHECKOUT_COM = "checkout-com", Code, "a public TypeScript catalogue", [
        "Cko-Signature: {hex}", "{body}"
    ],
        event: "id: {id}\ntype: {type}\nversion?: {version}\ncreated_on: {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Adyen for Platforms, with the HMAC key in hex. The classic notifications of payments are signed in another way.
    ///
    /// The header's name is from its documentation; its library was run for the signature alone.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ADYEN_PLATFORMS = "adyen-platforms", VendorLibrary, "npm @adyen/api-library", [
        "HmacSignature: {base64}", "{body}", secret_form(Hex)
    ],
        event: "type: {type}\ntimestamp?: {timestamp:rfc3339}\nenvironment?: {test:test}\ndata: {data}",
        idempotency: IdempotencyRule::Body;
    /// Bolt, the checkout.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    BOLT = "bolt", Code, "a public TypeScript catalogue", [
        "X-Bolt-Hmac-SHA256: {base64}", "{body}"
    ];
    /// Primer. The second header, which carries the signature under the other key during a rotation, is from general
    /// knowledge.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PRIMER = "primer", Code, "a public TypeScript catalogue", [
        "X-Signature-Primary: {base64}\nX-Signature-Secondary: {base64}", "{body}"
    ];
    /// Chargify. The body is a form. An older header with an MD5 signature is also sent; it is not read.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CHARGIFY = "chargify", Code, "a public TypeScript catalogue", [
        "X-Chargify-Webhook-Signature-Hmac-Sha-256: {hex}", "{body}"
    ];
    /// Creem. Its documentation does not say how the signature is written; other receivers read hex.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CREEM = "creem", Documented, "a receiver's code", [
        "creem-signature: {hex}", "{body}"
    ];
    /// Flutterwave, version 4. Version 3 sends the secret itself in `verif-hash`, which is no signature.
    ///
    /// Some receivers hash JSON that they have parsed and written again; this preset uses the raw body.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FLUTTERWAVE = "flutterwave", Code, "receivers' code", [
        "flutterwave-signature: {base64}", "{body}"
    ];
    /// BTCPay Server.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    BTCPAY = "btcpay", Code, "receivers' code", [
        "BTCPay-Sig: sha256={hex}", "{body}"
    ];
    /// Paystack, with the API's secret key.
    ///
    /// The shape is from general knowledge: no source was seen for it.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PAYSTACK = "paystack", Code, "a public TypeScript catalogue", [
        "x-paystack-signature: {hex}", "{body}", digest(Sha512)
    ],
        event: "event: {type}\ndata.domain?: {test:test}\ndata: {data}",
        idempotency: IdempotencyRule::Body;
    /// Authorize.Net, with the signature key in hex. It sends hex digits in upper case.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    AUTHORIZE_NET = "authorize-net", Code, "a public TypeScript catalogue", [
        "X-ANET-Signature: sha512={hex}", "{body}", digest(Sha512), secret_form(Hex)
    ];
    /// Monnify.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MONNIFY = "monnify", Code, "receivers' code", [
        "monnify-signature: {hex}", "{body}", digest(Sha512)
    ];
    /// Dodo Payments: Standard Webhooks.
    DODO_PAYMENTS = "dodo-payments", VendorLibrary, "npm dodopayments; npm @hookflo/tern", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Whop: Standard Webhooks. Its secrets are said to be plain texts (`ws_…`) in some places, which no source
    /// confirmed: such a secret is refused as malformed, and needs a scheme with
    /// [`SecretForm::Text`](crate::SecretForm::Text).
    WHOP = "whop", VendorLibrary, "npm @whop/sdk", [
        STANDARD, "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Affirm.
    AFFIRM = "affirm", Code, "a public TypeScript catalogue", [
        "X-Affirm-Signature: t={timestamp},v0={hex},...", "{timestamp}.{body}", digest(Sha512)
    ];
    /// Cashfree, with the client secret. Its library sets no tolerance. The unit of the timestamp is that of the
    /// documentation's sample.
    CASHFREE = "cashfree", VendorLibrary, "npm cashfree-pg", [
        "x-webhook-timestamp: {timestamp:ms}\nx-webhook-signature: {base64}", "{timestamp}{body}"
    ];
    /// PayMongo, live mode. Its header has a signature for each mode, of which one is empty: `te` (test) or `li`
    /// (live). A key of the test mode cannot sign for this preset.
    PAYMONGO_LIVE = "paymongo-live", Code, "receivers' code", [
        "Paymongo-Signature: t={timestamp},li={hex}", "{timestamp}.{body}"
    ];
    /// PayMongo, test mode. Do not configure it in production: see [`PAYMONGO_LIVE`].
    PAYMONGO_TEST = "paymongo-test", Code, "receivers' code", [
        "Paymongo-Signature: t={timestamp},te={hex}", "{timestamp}.{body}"
    ];
    /// Square.
    ///
    /// The signature covers the URL that you registered: set it with [`with_public_url`](Provider::with_public_url).
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SQUARE = "square", VendorLibrary, "developer.squareup.com/docs/webhooks; npm square; PyPI squareup", [
        "x-square-hmacsha256-signature: {base64}", "{url}{body}"
    ],
        event: "type: {type}\nevent_id: {id}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        idempotency: IdempotencyRule::EventId;
    /// Adyen, standard notifications: one signature for each item of the batch. All of them must be right.
    ///
    /// Adyen joins the fields with colons that it does not escape. Only `merchantReference` may contain one; a delivery whose
    /// other fields do is refused, because its colons could be moved.
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ADYEN_STANDARD = "adyen-standard", VendorLibrary, "docs.adyen.com/development-resources/webhooks; npm @adyen/api-library", [
        "\n\nnotificationItems[].NotificationRequestItem.additionalData.hmacSignature: {base64}",
        "{$.notificationItems[].NotificationRequestItem.pspReference}:{$.notificationItems[].NotificationRequestItem.originalReference?}:{$.notificationItems[].NotificationRequestItem.merchantAccountCode}:{$.notificationItems[].NotificationRequestItem.merchantReference?|free}:{$.notificationItems[].NotificationRequestItem.amount.value}:{$.notificationItems[].NotificationRequestItem.amount.currency}:{$.notificationItems[].NotificationRequestItem.eventCode}:{$.notificationItems[].NotificationRequestItem.success}",
        secret_form(Hex)
    ],
        event: "live: {test:false}\nnotificationItems[].NotificationRequestItem.eventCode: {type}\nnotificationItems[].NotificationRequestItem.pspReference: {key}\nnotificationItems[].NotificationRequestItem.success: {key}\nnotificationItems[].NotificationRequestItem: {data}",
        acknowledgement: "[accepted]",
        idempotency: IdempotencyRule::EventId,
        answer_within: 10;
    /// Mercado Pago. Of the body, nothing is signed: the query's `data.id` names the object, to be fetched through the API.
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MERCADO_PAGO = "mercado-pago", VendorLibrary, "mercadopago.com developers; npm mercadopago", [
        "x-signature: ts={timestamp:ms-or-s},v1={hex}", "id:{?data.id};request-id:{header:x-request-id};ts:{timestamp};", past(any);
        "x-signature: ts={timestamp:ms-or-s},v1={hex}", "request-id:{header:x-request-id};ts:{timestamp};", past(any);
        "x-signature: ts={timestamp:ms-or-s},v1={hex}", "ts:{timestamp};", past(any)
    ],
        event: "action: {type}\nid: {id}\ndate_created?: {timestamp:rfc3339}\nlive_mode?: {test:false}\ndata: {data}",
        idempotency: IdempotencyRule::Body;
    /// OpenNode. The signature covers the charge's id alone; the secret is the API key.
    ///
    /// The signature covers no more than these values, so whoever has seen one delivery can change the rest. A receiver
    /// must [accept](Provider::accept) that. Act only on what is signed, or fetch the object through the API.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    OPENNODE = "opennode", VendorLibrary, "developers.opennode.com; npm opennode", [
        "\n\n&hashed_order: {hex}", "{&id}"
    ],
        idempotency: IdempotencyRule::Body;
    /// Coinbase Developer Platform, which signs as [`HOOK0_V1`] does.
    ///
    /// Text could move between the values of the listed headers, so none of them counts as signed.
    COINBASE_CDP = "coinbase-cdp", VendorLibrary, "docs.cdp.coinbase.com webhooks; npm hook0-client", [
        "X-Hook0-Signature: t={timestamp},h={signed-headers},v1={hex}",
        "{timestamp}.{signed-headers}.{signed-headers|values:.}.{body}"
    ],
        idempotency: IdempotencyRule::Body;
    /// Xendit.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    XENDIT = "xendit", Code, "receivers' code", [
        "x-callback-token: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Flutterwave, version 3. For version 4, see [`FLUTTERWAVE`].
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FLUTTERWAVE_V3 = "flutterwave-v3", Code, "receivers' code", [
        "verif-hash: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// RevenueCat. The secret is the whole text that you configured, with `Bearer ` if you wrote that.
    ///
    /// Each request contains the secret itself, and nothing is signed: whoever has seen one request, in a log or a proxy, can
    /// send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    REVENUECAT = "revenuecat", Code, "simstudioai/sim", [
        "Authorization: {secret}", ""
    ],
        idempotency: IdempotencyRule::Body;
    /// Chargebee.
    ///
    /// HTTP Basic authentication: the secret is `user:password`, as you wrote it in the registered URL. Nothing is signed:
    /// whoever has seen one request, in a log or a proxy, can send any other. A receiver must [accept](Provider::accept) that.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CHARGEBEE = "chargebee", Code, "hookdeck/webhook-skills; npm chargebee", [
        "Authorization: Basic {secret|base64}", ""
    ],
        idempotency: IdempotencyRule::Body;
}
