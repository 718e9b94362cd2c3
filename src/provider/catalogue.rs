//! The statics. A provider consists of one entry here and its vectors in `tests/vectors`; it never needs code.

use std::borrow::Cow;
use std::time::Duration;

use super::{Confidence, IdempotencyRule, MAX_RECEIVED, Provider, TestRule};
use crate::delivery::{DeliveryPolicy, HealthPolicy, OutcomePolicy, RetryPolicy};
use crate::event::EventShape;
use crate::handshake::{Handshake, acknowledgement};
use crate::scheme::{Extent, Scheme};
use crate::secret::SecretForm;

/// Makes the statics, their documentation and the list of them from the same text. With `if feature = "…"`, an entry exists
/// only with that feature.
macro_rules! table {
    ($(
        $(#[$doc:meta])*
        $constant:ident = $name:literal, $confidence:ident, $source:literal, $(if $gate:meta,)? [$(
            $headers:tt, $covers:literal $(, $setting:ident($($value:tt)*))*
        );+ $(;)?]
        $(, event: $($event:literal);+)?
        $(, handshakes: $([$request:literal, $answer:literal $(, $how:ident)?]);+)?
        $(, acknowledgement: $acknowledgement:literal)?
        $(, types: [$($type:literal),+ $(,)?])?
        $(, types_source: $types_source:literal)?
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
                #[doc = lines!($headers)]
                #[doc = ""]
                #[doc = concat!("covers: ", $covers)]
                $(#[doc = concat!(stringify!($setting), ": ", stringify!($($value)*))])*
                #[doc = "```"]
            )+
            #[doc = include_str!(concat!("../pages/", $name, ".md"))]
            ///
            $(
                #[doc = concat!("Its [event types](Provider::event_types) are those of ", $types_source, ".")]
                ///
            )?
            #[doc = concat!("Confidence: [", stringify!($confidence), "](Confidence::", stringify!($confidence), "). Source: ", $source, ".")]
            $(#[cfg($gate)])?
            pub static $constant: Provider = Provider {
                name: Cow::Borrowed($name),
                // Named, because Rust 1.88 does not accept an inline `const` here.
                schemes: Cow::Borrowed({
                    const SCHEMES: &[Scheme] = &[$(set!(Scheme::new(lines!($headers), $covers), $($setting($($value)*))*)),+];
                    SCHEMES
                }),
                source: Cow::Borrowed($source),
                confidence: Confidence::$confidence,
                events: Cow::Borrowed({
                    const EVENTS: &[EventShape] = &[$($(EventShape::new($event)),+)?];
                    EVENTS
                }),
                handshakes: Cow::Borrowed({
                    const HANDSHAKES: &[Handshake] = &[$($(asked!(Handshake::new($request, $answer), $($how)?)),+)?];
                    HANDSHAKES
                }),
                acknowledgement: given!(None, $(Some(Cow::Borrowed({
                    const ACKNOWLEDGEMENT: &str = acknowledged($acknowledgement);
                    ACKNOWLEDGEMENT
                })))?),
                event_types: Cow::Borrowed(given!(&[], $(&[$(Cow::Borrowed($type)),+])?)),
                idempotency: given!(None, $(Some($idempotency))?),
                test: given!(None, $(Some($test))?),
                max_sent: given!(None, $(Some($max_sent))?),
                max_received: given!(MAX_RECEIVED, $($max_received)?),
                answer_within: given!(None, $(Some($answer_within))?),
                raw: false,
                lossy: false,
                accepts: Extent::Form,
                public_url: None,
                allowed: Vec::new(),
                delivery: given!(DeliveryPolicy::new(), $($delivery)?),
            };
        )+

        /// The providers of this table.
        pub(super) static TABLE: &[&Provider] = &[$($(#[cfg($gate)])? &$constant),+];
    };
}

/// The header lines of a scheme: those of the entry, or a word for those that many providers share.
macro_rules! lines {
    (STANDARD) => { "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ..." };
    (SVIX) => {
        "svix-id | webhook-id: {id}\nsvix-timestamp | webhook-timestamp: {timestamp}\nsvix-signature | webhook-signature: v1,{base64} ..."
    };
    ($lines:literal) => { $lines };
}

/// Stops the compiler at an answer that is none.
const fn acknowledged(answer: &'static str) -> &'static str {
    match acknowledgement(answer.as_bytes()) {
        Ok(()) => answer,
        Err(fault) => fault.fail(answer),
    }
}

/// A scheme with the settings of its entry, which have the same names as in files.
macro_rules! set {
    ($scheme:expr,) => { $scheme };
    ($scheme:expr, past(any) $($rest:tt)*) => { set!($scheme.with_any_past(), $($rest)*) };
    ($scheme:expr, past($seconds:literal) $($rest:tt)*) => { set!($scheme.with_past($seconds), $($rest)*) };
    ($scheme:expr, future($seconds:literal) $($rest:tt)*) => { set!($scheme.with_future($seconds), $($rest)*) };
    ($scheme:expr, digest($digest:ident) $($rest:tt)*) => { set!($scheme.with_digest(crate::mac::Digest::$digest), $($rest)*) };
    ($scheme:expr, secret_form($form:ident) $($rest:tt)*) => { set!($scheme.with_secret_form(SecretForm::$form), $($rest)*) };
    ($scheme:expr, algorithm($algorithm:ident) $($rest:tt)*) => {
        set!($scheme.with_algorithm(crate::algorithm::Algorithm::$algorithm), $($rest)*)
    };
    ($scheme:expr, over_digest(true) $($rest:tt)*) => { set!($scheme.with_over_digest(), $($rest)*) };
    ($scheme:expr, current_key_last(true) $($rest:tt)*) => { set!($scheme.with_current_key_last(), $($rest)*) };
}

/// A handshake, which nobody signs if the entry says so.
macro_rules! asked {
    ($handshake:expr,) => {
        $handshake
    };
    ($handshake:expr, unsigned) => {
        $handshake.unsigned()
    };
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

mod ai;
mod banking;
mod commerce;
mod content;
mod developer;
mod devices;
mod identity;
mod mail;
mod meetings;
mod messaging;
mod payments;
mod platforms;
mod senders;
mod social;
mod work;

pub use ai::*;
pub use banking::*;
pub use commerce::*;
pub use content::*;
pub use developer::*;
pub use devices::*;
pub use identity::*;
pub use mail::*;
pub use meetings::*;
pub use messaging::*;
pub use payments::*;
pub use platforms::*;
pub use senders::*;
pub use social::*;
pub use work::*;

/// In the order of the documentation.
static TABLES: [&[&Provider]; 15] = [
    platforms::TABLE,
    senders::TABLE,
    payments::TABLE,
    banking::TABLE,
    commerce::TABLE,
    developer::TABLE,
    ai::TABLE,
    messaging::TABLE,
    mail::TABLE,
    social::TABLE,
    work::TABLE,
    meetings::TABLE,
    identity::TABLE,
    content::TABLE,
    devices::TABLE,
];

const COUNT: usize = {
    let (mut table, mut count) = (0, 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

/// Every provider of the catalogue.
///
/// ```
/// use hookseal::provider;
///
/// assert!(provider::ALL.contains(&&provider::KLANG));
/// ```
pub static ALL: &[&Provider] = &EVERY;

static EVERY: [&Provider; COUNT] = {
    let mut every = [TABLES[0][0]; COUNT];
    let (mut table, mut count) = (0, 0);
    while table < TABLES.len() {
        let mut i = 0;
        while i < TABLES[table].len() {
            every[count] = TABLES[table][i];
            count += 1;
            i += 1;
        }
        table += 1;
    }
    every
};
