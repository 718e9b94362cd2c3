//! The catalogue of providers: what each of them documents, as a static.
//!
//! | | |
//! |---|---|
//! | to receive | `provider::STRIPE.verifier(secret)` |
//! | to send as the provider does | `provider::STRIPE.signer(secret)` |
//! | to look up a provider | [`by_name`], [`ALL`] |
//! | to change a setting of one | `provider::STRIPE.clone().with_max_received(4 << 20)?`: the statics cannot be moved |
//! | to describe your own provider | [`Provider`], in code or in a file |
//!
//! The documentation of each static shows its header lines and what its signature covers, printed from its own text. Where a
//! provider publishes no tolerance, 300 seconds in either direction is our choice. Every preset limits how far in the future a
//! timestamp may be, even where the provider's own library does not.
//!
//! # What is signed
//!
//! Most providers sign the whole body. For the others, decide once, when you make the receiver:
//!
//! | the provider signs | for example | the receiver |
//! |---|---|---|
//! | the URL that you registered | [`SQUARE`], [`HUBSPOT_V3`] | [`with_public_url`](Provider::with_public_url) |
//! | some fields of the body | [`MAILGUN`], [`ADYEN_STANDARD`] | [`accept(Extent::Part)`](Provider::accept) |
//! | nothing of the body, or sends the secret itself | [`GITLAB`], [`TELEGRAM`] | [`accept(Extent::Nothing)`](Provider::accept) |
//!
//! The guide's page [`what_is_signed`](crate::guide::what_is_signed) has programs for each of them.
//!
//! # Replay attacks
//!
//! A preset whose scheme signs no timestamp accepts a captured request forever: only deduplication by signed content
//! stops a replay attack. A program that must not rely on deduplication can check [`Provider::replay_window`].
//!
//! In the tables, *confidence* is a [`Confidence`], and an id or a type that is sent unsigned can be changed by whoever replays a
//! request.
//!
#![doc = include_str!("provider/table.md")]
//!
#![cfg_attr(feature = "sha1", doc = "With the feature `sha1`:\n")]
#![cfg_attr(feature = "sha1", doc = include_str!("provider/table_sha1.md"))]
#![cfg_attr(not(feature = "sha1"), doc = "Providers that sign with SHA-1 need the feature `sha1`.")]
//!
#![cfg_attr(
    all(feature = "sha1", feature = "extendable-hashes"),
    doc = "With the feature `extendable-hashes`, and `sha1` for one of them:\n"
)]
#![cfg_attr(all(feature = "sha1", feature = "extendable-hashes"), doc = include_str!("provider/table_plain.md"))]
#![cfg_attr(
    not(all(feature = "sha1", feature = "extendable-hashes")),
    doc = "Providers whose signature is a plain hash need the feature `extendable-hashes`."
)]
//!
#![cfg_attr(
    all(feature = "ed25519", feature = "p256", feature = "rsa"),
    doc = "With the features `ed25519`, `p256` and `rsa`, providers that sign with a private key:\n"
)]
#![cfg_attr(
    all(feature = "ed25519", feature = "p256", feature = "rsa"),
    doc = include_str!("provider/table_public_keys.md")
)]
#![cfg_attr(
    not(all(feature = "ed25519", feature = "p256", feature = "rsa")),
    doc = "Providers that sign with a private key need the feature of its algorithm: `ed25519`, `p256` or `rsa`."
)]
//!
//! # Not in the catalogue
//!
//! | provider | why |
//! |---|---|
//! | QuickNode | signs `{id}{timestamp}{body}` with a time in seconds: nothing shows where the id ends |
//! | Nextcloud Talk bots | sign `{id}{body}`, likewise |
//! | Klaviyo | the unit of its timestamp, which touches the body, is not published |
//! | Buildkite, Ghost | sources contradict each other about what is signed |
//! | pyannoteAI | its documentation does not settle how the signature is written |
//! | Quo before 2026-03-30 (OpenPhone) | its list has constant items, which the notation cannot express |
//! | Hygraph | signs a JSON text that contains the body as a JSON string |
//! | Braintree | its key is the hash of a private key, and its list of signatures names public keys |
//! | Sinch Voice | needs MD5 |
//! | Google Pub/Sub push, Bot Framework, Monday, Jira Connect | send a token that says nothing about the body: use the provider's own library, or fetch what happened |
//! | PayPal | signs a CRC32 of the body, and with 4 chosen bytes any other body has the same; the key is in a certificate that only its chain vouches for. Ask its API to verify, or fetch the object |
//! | Apple App Store | its notification brings a chain of certificates (`x5c`), to be judged by rules of Apple's: this crate judges no certificates. Use Apple's App Store Server Library |
//! | eBay | signs JSON that it has parsed and written again, not the raw body, with SHA-1 |
//! | TrueLayer | signs a text of its own, which lists headers of the sender's choice, on the curve P-521. Use `truelayer-signing` |
//! | senders of RFC 9421 (UCP, ActivityPub) | each request chooses what it signs: use a library for HTTP message signatures |
//! | Alexa skills | the key is in a chain of certificates at an address in the request, and the time is in the body |
//! | Kiwify, Partoo | what exactly they sign is not published |
//! | Integrated Finance | signs a hash of the body between six headers, two of them times; no request that it made is published to compare with |
//! | Cursor's public-key signatures | sign a hash of the `v1a` text with Ed25519, which is not `v1a`; how it writes the header is not published |
//! | Instantly, Fillout, VideoAsk, New Relic, Datadog, BigCommerce, n8n, ServiceNow, Salesforce flows | send a secret in a header whose name you choose: `Provider::new("…", Scheme::new("X-Name: {secret}", ""))` |
//!
//! # Deliberate differences
//!
//! The verdicts of other libraries on more than 2,000 requests were compared with ours. On requests that have only one
//! correct verdict, all of them agree, except on EasyPost secrets that are not ASCII, and on bodies for Contentful that are
//! not UTF-8. On the following kinds of unusual requests, ours differs on purpose:
//!
#![doc = include_str!("provider/differences.md")]

mod builder;
mod catalogue;
mod checks;
mod events;
mod facts;
mod file;

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use http::StatusCode;

use crate::delivery::{Action, DeliveryPolicy};
use crate::error::ConfigError;
use crate::event::EventShape;
use crate::handshake::Handshake;
use crate::keyring::Keyring;
use crate::request::PublicUrl;
use crate::scheme::{Extent, Scheme};
use crate::sign::Signer;
use crate::verify::{Verifier, check_extent};

pub(crate) use events::{Delivery, Keyed};

pub use catalogue::*;
pub use facts::{Confidence, IdempotencyRule, TestRule};

/// The largest accepted body where a provider documents no limit. Of the providers that document one, only GitHub and
/// CallIntel send more.
const MAX_RECEIVED: u64 = 1 << 20;

/// One platform: how it signs, what its events look like, how it delivers, and what it expects of a receiver.
///
/// You can describe a platform that is not in the catalogue, in code or in a file, with everything that a preset has:
///
/// ```
/// use std::time::Duration;
///
/// use hookseal::delivery::{DeliveryPolicy, HealthPolicy, RetryPolicy};
/// use hookseal::provider::{IdempotencyRule, Provider, TestRule};
/// use hookseal::{EventShape, Scheme};
///
/// const SCHEME: Scheme = Scheme::new("Acme-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}");
/// const EVENT: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
///
/// let acme = Provider::new("acme", SCHEME)?
///     .with_event_shape(EVENT)?
///     .with_event_types(["order.paid", "order.refunded"])?
///     .with_idempotency_rule(IdempotencyRule::EventId)?
///     .with_test_rule(TestRule::IdPrefix("test_".into()))?
///     .with_max_sent(256 << 10)?
///     .with_max_received(512 << 10)?
///     .with_answer_within(Duration::from_secs(10))?
///     .with_delivery_policy(
///         DeliveryPolicy::new()
///             .with_retry(RetryPolicy::SVIX)
///             .with_health(HealthPolicy::never().with_max_failures(25))
///             .with_timeout(Duration::from_secs(10)),
///     );
///
/// let in_a_file: Provider = toml::from_str(r#"
///     name = "acme"
///     event = ["id: {id}", "type: {type}", "data: {data}"]
///     event_types = ["order.paid", "order.refunded"]
///     idempotency = "event-id"
///     test = { id-prefix = "test_" }
///     max_sent = 262144
///     max_received = 524288
///     answer_within = 10
///
///     [[schemes]]
///     headers = "Acme-Signature: t={timestamp},v1={hex},..."
///     covers = "{timestamp}.{body}"
///
///     [delivery]
///     timeout = 10
///     retry = { delays = [5, 300, 1800, 7200, 18000, 36000, 36000] }
///     health = { max_failures = 25 }
/// "#)?;
/// assert_eq!(acme, in_a_file);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A setter that could contradict another field checks the whole provider and returns a `Result`; a file goes through
/// the same checks. The order therefore matters in one case: set the event shape before an idempotency rule that needs
/// its id.
///
/// # In a file
///
/// `name` and `schemes` are required. Every other field is optional, and an unknown field is an error:
///
/// | field | value |
/// |---|---|
/// | `name` | the provider's name |
/// | `schemes` | the schemes, strongest first: see [`Scheme`](Scheme#in-a-file) |
/// | `event`, `event_headers` | the lines of an [`EventShape`], for the body and for the headers |
/// | `events` | the same for several shapes: a list of `{ headers = […], body = […] }`, or of lists of lines for the body |
/// | `handshakes` | a list of `{ request = […], answer = […] }`, with `unsigned = true` where nobody signs the request: a [`Handshake`] |
/// | `acknowledgement` | the answer that the provider requires for a delivery: see [`with_acknowledgement`](Self::with_acknowledgement) |
/// | `event_types` | a list of texts of 1 to 128 visible ASCII characters |
/// | `idempotency` | `event-id`, `signed-id`, `body`, `body-and-type` or `nothing`: an [`IdempotencyRule`] |
/// | `test` | `{ id-prefix = "…" }`, `{ data-id-prefix = "…" }` or `{ type = "…" }`: a [`TestRule`] |
/// | `max_sent`, `max_received` | bytes, at least 1 |
/// | `answer_within` | whole seconds, at least 1 |
/// | `raw`, `lossy` | `true`, as after [`raw`](Self::raw) and [`lossy`](Self::lossy) |
/// | `accepts` | `part` or `nothing`, as after [`accept`](Self::accept) |
/// | `allowed` | a list of texts: see [`with_allowed`](Self::with_allowed) |
/// | `public_url` | the URL that was registered: see [`with_public_url`](Self::with_public_url) |
/// | `delivery` | a [`DeliveryPolicy`](DeliveryPolicy#in-a-file) |
///
/// A provider from the catalogue can be written to a file, edited and read back. The file contains neither
/// [`source`](Self::source) nor [`confidence`](Self::confidence): a provider that is read from a file is your own.
///
/// ```
/// use hookseal::provider::{self, Confidence, Provider};
///
/// let file = toml::to_string(&provider::STRIPE)?.replace("past = 300", "past = 60");
/// let strict: Provider = toml::from_str(&file)?;
/// assert_eq!((strict.scheme().past(), strict.confidence()), (Some(60), Confidence::Own));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "file::File")]
pub struct Provider {
    name: Cow<'static, str>,
    #[serde(skip)]
    source: Cow<'static, str>,
    #[serde(skip)]
    confidence: Confidence,
    /// The first that fits a request counts.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    events: Cow<'static, [EventShape]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    handshakes: Cow<'static, [Handshake]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledgement: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    event_types: Cow<'static, [Cow<'static, str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency: Option<IdempotencyRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<TestRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_sent: Option<u64>,
    max_received: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// Seconds.
    answer_within: Option<u32>,
    /// Its events are not read.
    #[serde(skip_serializing_if = "is_false")]
    raw: bool,
    /// Events that cannot be read may be lost.
    #[serde(skip_serializing_if = "is_false")]
    lossy: bool,
    /// The least that its receivers may accept.
    #[serde(skip_serializing_if = "is_form")]
    accepts: Extent,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    /// Strongest first. Never empty.
    schemes: Cow<'static, [Scheme]>,
    delivery: DeliveryPolicy,
}

impl Provider {
    /// The name, in lower case with hyphens for a provider of the catalogue. [`by_name`] looks it up.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::KLEN_AI.name(), "klen-ai");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schemes with which a delivery can be signed, strongest first. A signer uses the first.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::SHOPIFY.schemes()[0].covers(), "{body}");
    /// ```
    pub fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    /// Where the preset's facts come from.
    ///
    /// ```
    /// assert!(hookseal::provider::GITHUB.source().contains("octokit"));
    /// ```
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How well the preset has been checked.
    ///
    /// ```
    /// use hookseal::provider::{self, Confidence};
    ///
    /// assert_eq!(provider::PAGERDUTY.confidence(), Confidence::Code);
    /// ```
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// The first scheme, which a signer uses. Start from it to change a setting.
    ///
    /// ```
    /// use hookseal::{Secret, Verifier, provider};
    ///
    /// let strict = provider::STRIPE.scheme().clone().with_past(60);
    /// assert_eq!(strict.replay_window(), Some(360));
    /// let verifier = Verifier::new(strict, Secret::new("a secret of twenty-some bytes")?)?;
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn scheme(&self) -> &Scheme {
        &self.schemes[0]
    }

    /// For how many seconds a captured request can stay valid under the weakest of the schemes. `None` means forever:
    /// then only deduplication stops a replay attack.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert_eq!(provider::STRIPE.replay_window(), Some(600));
    /// assert_eq!(provider::GITHUB.replay_window(), None);
    /// ```
    pub fn replay_window(&self) -> Option<u64> {
        self.schemes.iter().map(Scheme::replay_window).try_fold(0, |longest, window| Some(longest.max(window?)))
    }

    /// What the provider's events look like. `None` if the catalogue does not describe them; parse their bodies
    /// yourself.
    ///
    /// ```
    /// assert!(hookseal::provider::STRIPE.event_shape().is_some());
    /// ```
    pub fn event_shape(&self) -> Option<&EventShape> {
        self.events.first()
    }

    /// All shapes that its events can have. The first that fits a request is the one that counts, and the first of all is
    /// the one in which events are [written](Self::encode).
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// // JSON, or a form with the JSON in a field: whichever the endpoint is set to.
    /// assert_eq!(provider::GITHUB.event_shapes().len(), 2);
    /// ```
    pub fn event_shapes(&self) -> &[EventShape] {
        &self.events
    }

    /// What the provider asks of an endpoint before it delivers, and how it is answered: a
    /// [`Receiver`](crate::receive::Receiver) does so by itself.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::SLACK.handshakes()[0].is_signed());
    /// assert!(provider::STRIPE.handshakes().is_empty());
    /// ```
    pub fn handshakes(&self) -> &[Handshake] {
        &self.handshakes
    }

    /// The answer that the provider requires for a delivery, as it was [written](Self::with_acknowledgement). `None` if a
    /// status of 2xx suffices.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::STRIPE.acknowledgement(), None);
    /// ```
    pub fn acknowledgement(&self) -> Option<&str> {
        self.acknowledgement.as_deref()
    }

    /// The event types that the provider documents. It may send others, and may add new ones at any time.
    ///
    /// ```
    /// assert!(hookseal::provider::KLANG.event_types().any(|event_type| event_type == "conversation.ready"));
    /// ```
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        self.event_types.iter().map(|event_type| &**event_type)
    }

    /// What distinguishes two events: what the provider documents, otherwise a signed id, otherwise the body.
    ///
    /// ```
    /// use hookseal::provider::{self, IdempotencyRule};
    ///
    /// assert_eq!(provider::SVIX.idempotency_rule(), IdempotencyRule::SignedId);
    /// assert_eq!(provider::GITHUB.idempotency_rule(), IdempotencyRule::Body, "its id header is not signed");
    /// ```
    pub fn idempotency_rule(&self) -> IdempotencyRule {
        self.idempotency.unwrap_or(match self.schemes.iter().all(Scheme::covers_id) {
            true => IdempotencyRule::SignedId,
            false => IdempotencyRule::Body,
        })
    }

    /// The largest body that the provider sends, in bytes, if it documents a limit.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::CALLINTEL.max_sent(), Some(10_000_000));
    /// ```
    pub fn max_sent(&self) -> Option<u64> {
        self.max_sent
    }

    /// The largest body that a receiver should accept, in bytes: 1 MiB where the provider documents nothing.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert_eq!((provider::GITHUB.max_received(), provider::STRIPE.max_received()), (25 << 20, 1 << 20));
    /// ```
    pub fn max_received(&self) -> u64 {
        self.max_received
    }

    /// How long the provider waits for an answer, if it documents a time limit.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// assert_eq!(hookseal::provider::KLANG.answer_within(), Some(Duration::from_secs(5)));
    /// ```
    pub fn answer_within(&self) -> Option<Duration> {
        self.answer_within.map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// How the provider marks its test events, if it documents a mark.
    ///
    /// ```
    /// use hookseal::provider::{self, TestRule};
    ///
    /// assert_eq!(provider::KLANG.test_rule(), Some(&TestRule::IdPrefix("evt_test_".into())));
    /// ```
    pub fn test_rule(&self) -> Option<&TestRule> {
        self.test.as_ref()
    }

    /// How the provider delivers: retries, time limits, what outcomes mean, and when it pauses an endpoint.
    ///
    /// What it does not publish is as the crate's defaults say; Kallglot and Efficlose publish nothing.
    ///
    /// ```
    /// use hookseal::{delivery::RetryPolicy, provider};
    ///
    /// assert_eq!(provider::KLEN_AI.delivery_policy().retry(), &RetryPolicy::KLEN_AI);
    /// assert_eq!(provider::KALLGLOT.delivery_policy().retry(), &RetryPolicy::default());
    /// ```
    pub fn delivery_policy(&self) -> &DeliveryPolicy {
        &self.delivery
    }

    /// Whether it delivers again after other failures, and not after this status.
    pub(crate) fn gives_up_on(&self, status: StatusCode) -> bool {
        let outcomes = self.delivery.outcomes();
        let retries = |status: StatusCode| matches!(outcomes.action(status.as_u16()), Action::Retry | Action::Throttle);
        !self.never_retries() && !retries(status) && retries(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// Whether it delivers each event once, whatever the answer.
    pub(crate) fn never_retries(&self) -> bool {
        self.delivery.retry().max_attempts() <= 1
    }

    /// A signer that signs as this provider does.
    ///
    /// # Errors
    /// The same errors as [`Signer::new`].
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let signer = provider::KALLGLOT.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// assert!(signer.sign("evt_1", b"{}")?.contains_key("kallglot-signature"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn signer(&self, keys: impl Into<Keyring>) -> Result<Signer, ConfigError> {
        Signer::for_schemes(&self.schemes, &keys.into())
    }

    /// A verifier for this provider's requests.
    ///
    /// # Errors
    /// The same errors as [`Verifier::new`]; [`ConfigError::NoPublicUrl`] if a scheme covers the URL and none
    /// [is set](Self::with_public_url); and [`ConfigError::Invalid`] for a provider that does not sign the whole body, unless
    /// you [accept](Self::accept) that.
    ///
    /// ```
    /// use hookseal::{Secret, VerifyError, provider};
    ///
    /// let verifier = provider::CALLINTEL.verifier(Secret::new("a secret of twenty-some bytes")?)?;
    /// let unsigned: [(&str, &str); 0] = [];
    /// assert!(matches!(verifier.verify(&unsigned, b"{}"), Err(VerifyError::MissingHeader { .. })));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn verifier(&self, keys: impl Into<Keyring>) -> Result<Verifier, ConfigError> {
        check_extent(self.extent(), self.accepts, &self.name)?;
        Verifier::for_schemes(&self.schemes, &keys.into(), self.registered()?, &self.allowed)
    }

    /// The URL under which the endpoint is registered, if it was [set](Self::with_public_url).
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// let square = provider::SQUARE.with_public_url("https://hooks.example.com/square")?;
    /// assert_eq!(square.public_url(), Some("https://hooks.example.com/square"));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }

    /// The same, taken apart.
    pub(crate) fn registered(&self) -> Result<Option<PublicUrl>, ConfigError> {
        self.public_url.as_deref().map(PublicUrl::new).transpose().map_err(wrong_url)
    }
}

/// Unreachable: it is checked when it is set.
fn wrong_url(problem: &'static str) -> ConfigError {
    ConfigError::Invalid { field: "public_url", piece: String::new(), problem }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_form(extent: &Extent) -> bool {
    *extent == Extent::Form
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Finds a provider of the catalogue by its [name](Provider::name), which is case-sensitive.
///
/// ```
/// use hookseal::provider;
///
/// assert_eq!(provider::by_name("efficlose"), Some(&provider::EFFICLOSE));
/// assert_eq!(provider::by_name("Efficlose"), None);
/// ```
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.name == name).copied()
}
