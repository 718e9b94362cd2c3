use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::words::display_as_serialized;

/// How well a preset is known to be right.
///
/// ```
/// use hookseal::provider::{Confidence, STRIPE};
///
/// assert_eq!(STRIPE.confidence(), Confidence::VendorLibrary);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Confidence {
    /// The vendor's own library was run against the preset, and they agree.
    VendorLibrary,
    /// Another receiver's library was run against it, and they agree.
    PeerLibrary,
    /// Read in the code of a receiver or a library, which was not run.
    Code,
    /// From the provider's documentation alone.
    Documented,
    /// Described by you.
    Own,
}

display_as_serialized!(Confidence);

/// What tells two events of a provider apart. Always something that the signature covers.
///
/// ```
/// use hookseal::provider::{self, IdempotencyRule};
///
/// assert_eq!(provider::KLANG.idempotency_rule(), IdempotencyRule::EventId);
/// assert_eq!(provider::CALLINTEL.idempotency_rule(), IdempotencyRule::Body);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum IdempotencyRule {
    /// The id in the event's envelope.
    EventId,
    /// The id in a signed header.
    SignedId,
    /// The whole body, by its SHA-256.
    Body,
}

display_as_serialized!(IdempotencyRule);

/// How a provider marks its test events.
///
/// ```
/// use std::borrow::Cow;
/// use hookseal::provider::TestRule;
///
/// assert_ne!(TestRule::IdPrefix(Cow::Borrowed("test_")), TestRule::DataIdPrefix(Cow::Borrowed("test_")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TestRule {
    /// The event's id begins so.
    IdPrefix(Cow<'static, str>),
    /// The `id` in the data begins so.
    DataIdPrefix(Cow<'static, str>),
}
