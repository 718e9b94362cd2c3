use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::words::display_as_serialized;

/// How well a preset has been checked.
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
    /// The vendor's own library was run against the preset, and the two agree.
    VendorLibrary,
    /// A third party's library was run against the preset, and the two agree.
    PeerLibrary,
    /// The preset follows the code of a receiver or a library, which was read but not run.
    Code,
    /// The preset follows the provider's documentation alone.
    Documented,
    /// You described the provider, or changed the schemes of a preset.
    Own,
}

display_as_serialized!(Confidence);

/// What distinguishes two events of a provider. Apart from the type, it is always something that the signature covers.
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
    /// The event's id, or the values that together tell its events apart. The body, where the
    /// [shape](crate::EventShape) that fits a request has neither, or one of these values may be missing and is; and for a form
    /// that is signed as its sorted fields, always these fields, because text can move between them.
    ///
    /// Values that are not an id tell events apart together with the type. A provider cannot have this rule if it does not
    /// sign one of these values, the type beside a signed body, or what chooses between its shapes; or if a shape reads a
    /// header for which the scheme has several names.
    EventId,
    /// The id in a signed header.
    SignedId,
    /// The whole body, represented by its SHA-256 hash. Of a form that is signed as its sorted fields, these fields; of a
    /// request without a body, the signed query, or else the signed id, or else the signed time; and the signed headers and
    /// method.
    Body,
    /// The body and the event's type, by their SHA-256, where one body can come under two types. The type need not be
    /// signed: whoever replays a request gains each body once for each type.
    BodyAndType,
    /// Nothing: bodies repeat, and there is no id. An event may be processed twice, and
    /// [`Once`](crate::idempotency::Once) answers with 500 rather than guess.
    Nothing,
}

display_as_serialized!(IdempotencyRule);

/// How a provider marks its test events. In a file, `{ id-prefix = "…" }`, `{ data-id-prefix = "…" }` or
/// `{ type = "…" }`. A field of the event that says so is a line of its [shape](crate::EventShape) instead.
///
/// ```
/// use hookseal::provider::{self, TestRule};
///
/// let rule: TestRule = serde_json::from_str(r#"{"id-prefix":"evt_test_"}"#)?;
/// assert_eq!(provider::KLANG.test_rule(), Some(&rule));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TestRule {
    /// The event's id begins with this text.
    IdPrefix(Cow<'static, str>),
    /// The `id` in the event's data begins with this text.
    DataIdPrefix(Cow<'static, str>),
    /// The event is of this type.
    Type(Cow<'static, str>),
}

impl TestRule {
    pub(super) fn prefix(&self) -> Option<&str> {
        match self {
            TestRule::IdPrefix(text) | TestRule::DataIdPrefix(text) => Some(text),
            TestRule::Type(_) => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let (TestRule::IdPrefix(text) | TestRule::DataIdPrefix(text) | TestRule::Type(text)) = self;
        text.is_empty()
    }

    pub(super) fn marks(&self, event: &Event<'_>) -> bool {
        #[derive(Deserialize)]
        struct Identified<'a> {
            #[serde(borrow)]
            id: Cow<'a, str>,
        }
        match self {
            TestRule::IdPrefix(prefix) => event.id().is_some_and(|id| id.starts_with(&**prefix)),
            TestRule::Type(event_type) => event.event_type() == event_type,
            TestRule::DataIdPrefix(prefix) => {
                // serde would also read an array as the struct.
                let object = event.data().get().starts_with('{');
                object && event.data_as::<Identified<'_>>().is_ok_and(|data| data.id.starts_with(&**prefix))
            }
        }
    }
}
