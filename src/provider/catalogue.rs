//! The constants. A provider consists of one entry here and its vectors in `tests/vectors`; it never needs code.

use std::borrow::Cow;
use std::time::Duration;

use super::{Confidence, IdempotencyRule, MAX_RECEIVED, Provider, TestRule};
use crate::delivery::{DeliveryPolicy, HealthPolicy, OutcomePolicy, RetryPolicy};
use crate::event::EventShape;
use crate::scheme::Scheme;
use crate::secret::SecretForm;

/// Makes the constants, their documentation and the list of them from the same text.
macro_rules! catalogue {
    ($(
        $(#[$doc:meta])*
        $constant:ident = $name:literal, $confidence:ident, $source:literal, [$(
            $headers:literal, $covers:literal $(, $setting:ident($($value:tt)*))*
        );+ $(;)?]
        $(, event: $($event:literal);+)?
        $(, types: [$($type:literal),+ $(,)?])?
        $(, idempotency: $idempotency:expr)?
        $(, test: $test:expr)?
        $(, max_sent: $max_sent:literal)?
        $(, max_received: $max_received:literal)?
        $(, answer_within: $answer_within:literal)?
        $(, delivery: $delivery:expr)?;
    )+) => {
        $(
            $(#[$doc])*
            ///
            $(
                #[doc = "```text"]
                #[doc = $headers]
                #[doc = ""]
                #[doc = concat!("covers: ", $covers)]
                $(#[doc = concat!(stringify!($setting), ": ", stringify!($($value)*))])*
                #[doc = "```"]
            )+
            $(
                ///
                /// Its events:
                $(
                    #[doc = "```text"]
                    #[doc = $event]
                    #[doc = "```"]
                )+
            )?
            #[doc = concat!("Confidence: [", stringify!($confidence), "](Confidence::", stringify!($confidence), "). Source: ", $source, ".")]
            pub static $constant: Provider = Provider {
                name: Cow::Borrowed($name),
                // Named, because Rust 1.88 does not accept an inline `const` here.
                schemes: Cow::Borrowed({
                    const SCHEMES: &[Scheme] = &[$(set!(Scheme::new($headers, $covers), $($setting($($value)*))*)),+];
                    SCHEMES
                }),
                source: Cow::Borrowed($source),
                confidence: Confidence::$confidence,
                events: Cow::Borrowed({
                    const EVENTS: &[EventShape] = &[$($(EventShape::new($event)),+)?];
                    EVENTS
                }),
                event_types: Cow::Borrowed(given!(&[], $(&[$(Cow::Borrowed($type)),+])?)),
                idempotency: given!(None, $(Some($idempotency))?),
                test: given!(None, $(Some($test))?),
                max_sent: given!(None, $(Some($max_sent))?),
                max_received: given!(MAX_RECEIVED, $($max_received)?),
                answer_within: given!(None, $(Some($answer_within))?),
                raw: false,
                lossy: false,
                delivery: given!(DeliveryPolicy::new(), $($delivery)?),
            };
        )+

        /// Every provider of the catalogue.
        ///
        /// ```
        /// use hookseal::provider;
        ///
        /// // The providers that sign no timestamp, so that only deduplication stops a replay attack.
        /// let replayable: Vec<&str> =
        ///     provider::ALL.iter().filter(|p| p.replay_window().is_none()).map(|p| p.name()).collect();
        /// assert!(replayable.contains(&"github") && !replayable.contains(&"stripe"));
        /// ```
        pub static ALL: &[&Provider] = &[$(&$constant),+];
    };
}

/// A scheme with the settings of its entry, which have the same names as in files.
macro_rules! set {
    ($scheme:expr,) => { $scheme };
    ($scheme:expr, past(any) $($rest:tt)*) => { set!($scheme.with_any_past(), $($rest)*) };
    ($scheme:expr, past($seconds:literal) $($rest:tt)*) => { set!($scheme.with_past($seconds), $($rest)*) };
    ($scheme:expr, future($seconds:literal) $($rest:tt)*) => { set!($scheme.with_future($seconds), $($rest)*) };
    ($scheme:expr, digest($digest:ident) $($rest:tt)*) => { set!($scheme.with_digest(crate::mac::Digest::$digest), $($rest)*) };
    ($scheme:expr, secret_form($form:ident) $($rest:tt)*) => { set!($scheme.with_secret_form(SecretForm::$form), $($rest)*) };
    ($scheme:expr, current_key_last(true) $($rest:tt)*) => { set!($scheme.with_current_key_last(), $($rest)*) };
}

/// What an entry says, or the default.
macro_rules! given {
    ($default:expr,) => {
        $default
    };
    ($default:expr, $given:expr) => {
        $given
    };
}

catalogue! {
    /// Kallglot: calls and transcripts. Publishes no tolerance; 300 seconds in either direction is our choice.
    KALLGLOT = "kallglot", Documented, "developer.kallglot.com/webhooks/signatures", [
        "Kallglot-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "id: {id}\ntype: {type}\napi_version: {version}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "session.created", "session.started", "session.ended", "transcript.ready", "transcript.segment",
            "recording.ready", "recording.failed", "analysis.complete", "analysis.failed",
            "session.provider.connected", "session.provider.disconnected",
        ],
        idempotency: IdempotencyRule::EventId,
        answer_within: 30;
    /// Klen AI. Publishes no encoding; hex is our choice. Its delivery id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    KLEN_AI = "klen-ai", Documented, "Klen AI's webhook documentation", [
        "X-Klen-Signature: {hex}\nX-Klen-Delivery-ID: {id}", "{body}"
    ],
        event: "event_type: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "call.started", "call.ended", "call.failed", "call.transcript", "call.recording", "call.summary",
            "calendar.created", "calendar.updated", "calendar.cancelled", "calendar.completed", "calendar.reminder",
        ],
        idempotency: IdempotencyRule::Body,
        answer_within: 10,
        delivery: DeliveryPolicy::from_parts(
            RetryPolicy::KLEN_AI,
            OutcomePolicy::standard(),
            HealthPolicy::never(),
        )
        .with_timeout(Duration::from_secs(10));
    /// CallIntel. Signs no timestamp and sends no event id: the `webhook_id` in the body names the endpoint.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CALLINTEL = "callintel", Documented, "CallIntel's webhook documentation", [
        "X-Callintel-Signature: {hex}", "{body}"
    ],
        event: "event_type: {type}\ntimestamp: {timestamp:rfc3339}\nwebhook_id\ndata: {data}",
        types: [
            "call.initiated", "call.connected", "call.in_progress", "call.completed", "call.failed", "call.missed",
            "call.transcript_ready", "call.recording_ready", "call.summary_ready", "call.analysis_complete",
            "batch.initiated", "batch.in_progress", "batch.completed", "batch.failed",
        ],
        idempotency: IdempotencyRule::Body,
        test: TestRule::DataIdPrefix(Cow::Borrowed("call_test_")),
        max_sent: 10_000_000,
        max_received: 10_485_760,
        answer_within: 10,
        delivery: DeliveryPolicy::from_parts(
            RetryPolicy::CALLINTEL,
            OutcomePolicy::server_errors_only(),
            HealthPolicy::never(),
        )
        .with_timeout(Duration::from_secs(10));
    /// Klang. Retries reuse the first timestamp and signature for about seven hours, hence the long window.
    KLANG = "klang", Documented, "docs.klang.ai/webhooks/signatures", [
        "X-Klang-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}", past(28_800)
    ],
        event: "id: {id}\ntype: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}",
        types: ["conversation.ready", "conversation.failed", "conversation.deleted"],
        idempotency: IdempotencyRule::EventId,
        test: TestRule::IdPrefix(Cow::Borrowed("evt_test_")),
        answer_within: 5,
        delivery: DeliveryPolicy::from_parts(
            RetryPolicy::KLANG,
            OutcomePolicy::standard(),
            HealthPolicy::never().with_max_failures(25).with_max_failing_time(Duration::from_secs(86_400)),
        )
        .with_timeout(Duration::from_secs(5))
        .with_reused_timestamp();
    /// Efficlose. Signs no timestamp. The platform makes the secret optional; here, an unsigned request is refused.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    EFFICLOSE = "efficlose", Documented, "Efficlose's webhook documentation", [
        "X-Webhook-Signature: sha256={hex}", "{body}"
    ],
        event: "event: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}",
        types: [
            "recording.created", "recording.processing.started", "recording.processing.completed",
            "recording.processing.failed", "recording.transcript.ready", "recording.deleted", "meeting.created",
            "meeting.updated", "meeting.deleted", "meeting.started", "meeting.ended", "transcript.generated",
            "transcript.updated", "signal.detected", "signal.confirmed", "user.invited", "user.joined",
        ],
        idempotency: IdempotencyRule::Body;
    /// The Standard Webhooks specification, HMAC signatures (`v1`).
    STANDARD_WEBHOOKS = "standard-webhooks", VendorLibrary, "standardwebhooks.com; npm standardwebhooks", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        event: "type: {type}\ntimestamp: {timestamp:rfc3339}\ndata: {data}";
    /// Svix, and providers that send through it, with either set of header names.
    SVIX = "svix", VendorLibrary, "docs.svix.com; npm svix", [
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ],
        delivery: DeliveryPolicy::from_parts(RetryPolicy::SVIX, OutcomePolicy::standard(), HealthPolicy::never());
    /// Stripe. The whole text of the secret is the key, `whsec_` included.
    STRIPE = "stripe", VendorLibrary, "docs.stripe.com/webhooks; npm stripe", [
        "Stripe-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ],
        event: "id: {id}\nobject\napi_version: {version}\ncreated: {timestamp}\ndata: {data}\nlivemode\npending_webhooks\nrequest\ntype: {type}",
        idempotency: IdempotencyRule::EventId;
    /// GitHub. Its delivery id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GITHUB = "github", VendorLibrary, "docs.github.com/webhooks; npm @octokit/webhooks-methods", [
        "X-Hub-Signature-256: sha256={hex}\nX-GitHub-Delivery: {id}", "{body}"
    ],
        max_received: 26_214_400;
    /// Slack.
    SLACK = "slack", VendorLibrary, "docs.slack.dev/authentication/verifying-requests-from-slack; npm @slack/bolt", [
        "X-Slack-Request-Timestamp: {timestamp}\nX-Slack-Signature: v0={hex}", "v0:{timestamp}:{body}"
    ];
    /// Shopify, with the app's client secret. Its webhook id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    SHOPIFY = "shopify", VendorLibrary, "shopify.dev/docs/apps/build/webhooks; npm @shopify/shopify-api", [
        "X-Shopify-Hmac-Sha256: {base64}\nX-Shopify-Webhook-Id: {id}", "{body}"
    ];
    /// Paddle Billing. Its library accepts timestamps up to 5 seconds old, and reads only the last signature.
    PADDLE = "paddle", VendorLibrary, "developer.paddle.com/webhooks; npm @paddle/paddle-node-sdk", [
        "Paddle-Signature: ts={timestamp};h1={hex};...", "{timestamp}:{body}", past(5), current_key_last(true)
    ];
    /// Sanity. Sets no tolerance, so a captured delivery stays valid forever.
    SANITY = "sanity", VendorLibrary, "www.sanity.io/docs/webhooks; npm @sanity/webhook", [
        "sanity-webhook-signature: t={timestamp:ms},v1={base64url}", "{timestamp}.{body}", past(any)
    ];
    /// WorkOS.
    WORKOS = "workos", VendorLibrary, "workos.com/docs/events/data-syncing/webhooks; npm @workos-inc/node", [
        "WorkOS-Signature: t={timestamp:ms}, v1={hex}", "{timestamp}.{body}", past(180)
    ];
    /// Retell, with an API key as the secret.
    RETELL = "retell", VendorLibrary, "docs.retellai.com/features/secure-webhook; npm retell-sdk", [
        "x-retell-signature: v={timestamp:ms},d={hex}", "{body}{timestamp}"
    ];
    /// Twitch EventSub. Nothing separates the parts of the signed content, so an id that contains a time is refused.
    TWITCH = "twitch", Code, "dev.twitch.tv/docs/eventsub/handling-webhook-events; npm @twurple/eventsub-http", [
        "Twitch-Eventsub-Message-Id: {id}\nTwitch-Eventsub-Message-Timestamp: {timestamp:rfc3339}\nTwitch-Eventsub-Message-Signature: sha256={hex}",
        "{id}{timestamp}{body}", past(600)
    ];
    /// PagerDuty, webhooks of version 3.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    PAGERDUTY = "pagerduty", Code, "developer.pagerduty.com/docs/webhooks", [
        "X-PagerDuty-Signature: v1={hex},...", "{body}"
    ];
    /// Mux.
    MUX = "mux", VendorLibrary, "www.mux.com/docs; npm @mux/mux-node", [
        "mux-signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ];
    /// ElevenLabs. Its library accepts timestamps up to half an hour old. During a rotation, its JavaScript library
    /// reads only the first signature, and its Python library only the last.
    ELEVENLABS = "elevenlabs", VendorLibrary, "elevenlabs.io/docs; npm @elevenlabs/elevenlabs-js", [
        "ElevenLabs-Signature: t={timestamp},v0={hex},...", "{timestamp}.{body}", past(1800)
    ];
    /// OpenAI: Standard Webhooks, except that the text of a secret without `whsec_` is the key.
    OPENAI = "openai", VendorLibrary, "platform.openai.com/docs/guides/webhooks; npm openai", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(WhsecOrText)
    ];
    /// Polar: Standard Webhooks, except that the whole text of the secret is the key.
    POLAR = "polar", VendorLibrary, "polar.sh/docs; npm @polar-sh/sdk", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}"
    ];
    /// LINE Messaging API, with the channel secret.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LINE = "line", VendorLibrary, "developers.line.biz/en/docs/messaging-api; npm @line/bot-sdk", [
        "x-line-signature: {base64}", "{body}"
    ];
    /// Razorpay. Its event id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    RAZORPAY = "razorpay", VendorLibrary, "razorpay.com/docs/webhooks; npm razorpay", [
        "X-Razorpay-Signature: {hex}\nx-razorpay-event-id: {id}", "{body}"
    ];
    /// GoCardless.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GOCARDLESS = "gocardless", VendorLibrary, "developer.gocardless.com; npm gocardless-nodejs", [
        "Webhook-Signature: {hex}", "{body}"
    ];
    /// Coinbase Commerce.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    COINBASE_COMMERCE = "coinbase-commerce", VendorLibrary, "npm coinbase-commerce-node", [
        "X-CC-Webhook-Signature: {hex}", "{body}"
    ];
    /// Lemon Squeezy.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LEMONSQUEEZY = "lemonsqueezy", PeerLibrary, "docs.lemonsqueezy.com; npm @hookflo/tern", [
        "X-Signature: {hex}", "{body}"
    ];
    /// WooCommerce. Its delivery id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    WOOCOMMERCE = "woocommerce", PeerLibrary, "woocommerce.com/document/webhooks; npm @hookflo/tern", [
        "X-WC-Webhook-Signature: {base64}\nX-WC-Webhook-Delivery-ID: {id}", "{body}"
    ];
    /// Doppler.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DOPPLER = "doppler", PeerLibrary, "docs.doppler.com; npm @hookflo/tern", [
        "x-doppler-signature: sha256={hex}", "{body}"
    ];
    /// Grafana Alerting in its default configuration. If the operator configures a timestamp header, write a scheme of
    /// your own that covers `{timestamp}:{body}`.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    GRAFANA = "grafana", PeerLibrary, "grafana.com/docs/grafana/latest/alerting; npm @hookflo/tern", [
        "X-Grafana-Alerting-Signature: {hex}", "{body}"
    ];
    /// Calendly. Publishes no tolerance.
    CALENDLY = "calendly", PeerLibrary, "developer.calendly.com; npm n8n-nodes-base", [
        "Calendly-Webhook-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"
    ];
    /// Typeform.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    TYPEFORM = "typeform", PeerLibrary, "www.typeform.com/developers/webhooks; npm n8n-nodes-base", [
        "Typeform-Signature: sha256={base64}", "{body}"
    ];
    /// Asana, with the secret that its first request carries in `X-Hook-Secret`.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    ASANA = "asana", PeerLibrary, "developers.asana.com/docs/webhooks-guide; npm n8n-nodes-base", [
        "X-Hook-Signature: {hex}", "{body}"
    ];
    /// Zendesk. Publishes no tolerance.
    ZENDESK = "zendesk", PeerLibrary, "developer.zendesk.com/documentation/webhooks; npm n8n-nodes-base", [
        "X-Zendesk-Webhook-Signature-Timestamp: {timestamp:rfc3339}\nX-Zendesk-Webhook-Signature: {base64}",
        "{timestamp}{body}"
    ];
    /// Zoom. Publishes no tolerance.
    ZOOM = "zoom", Code, "developers.zoom.us/docs/api/webhooks", [
        "x-zm-request-timestamp: {timestamp}\nx-zm-signature: v0={hex}", "v0:{timestamp}:{body}"
    ];
    /// Webflow.
    WEBFLOW = "webflow", VendorLibrary, "developers.webflow.com; npm webflow-api", [
        "x-webflow-timestamp: {timestamp:ms}\nx-webflow-signature: {hex}", "{timestamp}:{body}"
    ];
    /// Customer.io. Publishes no tolerance.
    CUSTOMERIO = "customerio", PeerLibrary, "docs.customer.io; npm n8n-nodes-base", [
        "X-CIO-Timestamp: {timestamp}\nX-CIO-Signature: {hex}", "v0:{timestamp}:{body}"
    ];
    /// Cal.com.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CAL_COM = "cal-com", PeerLibrary, "cal.com/docs; npm n8n-nodes-base", [
        "X-Cal-Signature-256: {hex}", "{body}"
    ];
    /// Linear. Its timestamp is in the body, as `webhookTimestamp` in milliseconds: compare it with the clock after
    /// verifying (Linear allows 60 seconds). Its delivery id is not signed: use it only for logs.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    LINEAR = "linear", VendorLibrary, "linear.app/developers/webhooks; npm @linear/sdk", [
        "Linear-Signature: {hex}\nLinear-Delivery: {id}", "{body}"
    ];
    /// Meta: Facebook, Instagram, Messenger and WhatsApp, with the app secret.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    META = "meta", PeerLibrary, "developers.facebook.com/docs/graph-api/webhooks; PyPI pywa", [
        "X-Hub-Signature-256: sha256={hex}", "{body}"
    ];
    /// Recall.ai. Workspaces created before December 2025 send the `svix-*` headers.
    RECALL_AI = "recall-ai", PeerLibrary, "docs.recall.ai; npm svix", [
        "webhook-id | svix-id: {id}\nwebhook-timestamp | svix-timestamp: {timestamp}\nwebhook-signature | svix-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Fathom.
    FATHOM = "fathom", VendorLibrary, "developers.fathom.ai; npm fathom-typescript", [
        "webhook-id | svix-id: {id}\nwebhook-timestamp | svix-timestamp: {timestamp}\nwebhook-signature | svix-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Fireflies, webhooks of version 2. Its header carries a SHA-256 signature under the name that others use for
    /// SHA-1.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    FIREFLIES = "fireflies", Documented, "docs.fireflies.ai", [
        "X-Hub-Signature: sha256={hex}", "{body}"
    ];
    /// Daily. Publishes neither the timestamp's unit nor a tolerance, so seconds and milliseconds are both read.
    DAILY = "daily", Documented, "docs.daily.co/reference/rest-api/webhooks", [
        "X-Webhook-Timestamp: {timestamp:ms-or-s}\nX-Webhook-Signature: {base64}",
        "{timestamp}.{body}", secret_form(Base64)
    ];
    /// Resend, which sends through Svix.
    RESEND = "resend", VendorLibrary, "resend.com/docs; npm resend", [
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Clerk, which sends through Svix.
    CLERK = "clerk", VendorLibrary, "clerk.com/docs; npm @clerk/backend", [
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Anthropic: Standard Webhooks.
    ANTHROPIC = "anthropic", VendorLibrary, "npm @anthropic-ai/sdk", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Replicate: Standard Webhooks. Publishes no tolerance.
    REPLICATE = "replicate", VendorLibrary, "replicate.com/docs/topics/webhooks; npm replicate", [
        "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Whsec)
    ];
    /// Finch: Standard Webhooks with its own header names, and a secret without a prefix.
    FINCH = "finch", VendorLibrary, "developer.tryfinch.com; npm @tryfinch/finch-api", [
        "Finch-Event-ID: {id}\nFinch-Timestamp: {timestamp}\nFinch-Signature: v1,{base64} ...",
        "{id}.{timestamp}.{body}", secret_form(Base64)
    ];
    /// Hookdeck Event Gateway. During a rotation, the second header carries the signature under the other key. Its
    /// event id is not signed.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    HOOKDECK = "hookdeck", VendorLibrary, "hookdeck.com/docs; npm @hookdeck/sdk", [
        "x-hookdeck-signature: {base64}\nx-hookdeck-signature-2: {base64}\nx-hookdeck-eventid: {id}", "{body}"
    ];
    /// Box, with the primary and the secondary key. Its library also accepts a signature over an escaped copy of the
    /// body; this preset does not. Its delivery id is not signed: use it only for logs.
    BOX = "box", VendorLibrary, "developer.box.com/guides/webhooks/v2/signatures-v2; npm box-node-sdk", [
        "BOX-DELIVERY-ID: {id}\nBOX-DELIVERY-TIMESTAMP: {timestamp:rfc3339}\nBOX-SIGNATURE-ALGORITHM: HmacSHA256\nBOX-SIGNATURE-PRIMARY: {base64}\nBOX-SIGNATURE-SECONDARY: {base64}\nBOX-SIGNATURE-VERSION: 1",
        "{body}{timestamp}", past(600), future(0)
    ];
    /// DocuSign Connect: one numbered header for each of the account's keys.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    DOCUSIGN = "docusign", Code, "developers.docusign.com/platform/webhooks/connect/hmac", [
        "X-DocuSign-Signature-{n}: {base64}", "{body}"
    ];
    /// Outpost in its default mode. Its timestamp header is not signed and is therefore ignored. For its Standard
    /// Webhooks mode, use [`STANDARD_WEBHOOKS`].
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    OUTPOST = "outpost", Code, "outpost.hookdeck.com/docs", [
        "x-outpost-signature: v0={hex},{hex},...\nx-outpost-event-id: {id}", "{body}"
    ],
        delivery: DeliveryPolicy::from_parts(RetryPolicy::OUTPOST, OutcomePolicy::standard(), HealthPolicy::never());
    /// Convoy with simple signatures, in its default configuration.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    CONVOY_SIMPLE = "convoy-simple", Code, "www.getconvoy.io/docs; its signature test data", [
        "X-Convoy-Signature: {hex}", "{body}"
    ];
    /// Convoy with advanced signatures of the first version, in its default configuration.
    CONVOY_ADVANCED = "convoy-advanced", Code, "www.getconvoy.io/docs; its signature test data", [
        "X-Convoy-Signature: t={timestamp},v1={hex},...", "{timestamp},{body}"
    ];
    /// Hook0, signatures of version 0. Version 1 also signs a list of headers, which the notation cannot express yet.
    HOOK0 = "hook0", VendorLibrary, "documentation.hook0.com; npm hook0-client", [
        "X-Hook0-Signature: t={timestamp},v0={hex}", "{timestamp}.{body}"
    ],
        delivery: DeliveryPolicy::from_parts(RetryPolicy::HOOK0, OutcomePolicy::standard(), HealthPolicy::never());
    /// Mollie, next-generation webhooks. For a day after a rotation, the header occurs twice.
    ///
    /// Replay attacks: a captured delivery stays valid forever, so deduplicate.
    MOLLIE = "mollie", Documented, "docs.mollie.com", [
        "X-Mollie-Signature: sha256={hex}, ...", "{body}"
    ];
    /// Recurly, JSON webhooks. Its documentation and library say milliseconds, but its sample shows seconds: both are
    /// read.
    RECURLY = "recurly", Code, "docs.recurly.com; gem recurly", [
        "recurly-signature: {timestamp:ms-or-s},{hex},...", "{timestamp}.{body}"
    ];
    /// Sinch Conversation API. The nonce is the id. Publishes no tolerance.
    SINCH = "sinch", VendorLibrary, "developers.sinch.com/docs/conversation/callbacks; npm @sinch/sdk-core", [
        "x-sinch-webhook-signature-nonce: {id}\nx-sinch-webhook-signature-timestamp: {timestamp}\nx-sinch-webhook-signature: {base64}",
        "{body}.{id}.{timestamp}"
    ];
}
