//! A provider in a file: written with the names of [`Provider`]'s fields, read with the checks of its setters.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Confidence, IdempotencyRule, MAX_RECEIVED, Provider, TestRule};
use crate::delivery::DeliveryPolicy;
use crate::error::ConfigError;
use crate::event::EventShape;
use crate::handshake::Handshake;
use crate::scheme::{Extent, Scheme};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    name: String,
    /// One shape, or several.
    event: Option<EventShape>,
    event_headers: Option<Vec<String>>,
    #[serde(default)]
    events: Vec<EventShape>,
    #[serde(default)]
    handshakes: Vec<Handshake>,
    acknowledgement: Option<Cow<'static, str>>,
    #[serde(default)]
    event_types: Vec<Cow<'static, str>>,
    idempotency: Option<IdempotencyRule>,
    test: Option<TestRule>,
    max_sent: Option<u64>,
    #[serde(default = "max_received")]
    max_received: u64,
    answer_within: Option<u32>,
    #[serde(default)]
    raw: bool,
    #[serde(default)]
    lossy: bool,
    #[serde(default = "form")]
    accepts: Extent,
    public_url: Option<Cow<'static, str>>,
    #[serde(default)]
    allowed: Vec<String>,
    schemes: Vec<Scheme>,
    #[serde(default)]
    delivery: DeliveryPolicy,
}

fn form() -> Extent {
    Extent::Form
}

fn max_received() -> u64 {
    MAX_RECEIVED
}

impl TryFrom<File> for Provider {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<Provider, ConfigError> {
        let wrong = |field, problem| Err(ConfigError::Invalid { field, piece: String::new(), problem });
        let events = match (file.event, file.event_headers) {
            (Some(_), _) if !file.events.is_empty() => return wrong("events", "are given beside `event`"),
            (Some(shape), None) => vec![shape],
            (Some(shape), Some(headers)) => vec![shape.with_headers(&headers)?],
            (None, None) => file.events,
            (None, Some(_)) => return wrong("event_headers", "are given without `event`"),
        };
        let events = Cow::Owned(events);
        let provider = Provider {
            name: Cow::Owned(file.name),
            source: Cow::Borrowed(""),
            confidence: Confidence::Own,
            events,
            handshakes: Cow::Owned(file.handshakes),
            acknowledgement: file.acknowledgement,
            event_types: Cow::Owned(file.event_types),
            idempotency: file.idempotency,
            test: file.test,
            max_sent: file.max_sent,
            max_received: file.max_received,
            answer_within: file.answer_within,
            raw: file.raw,
            lossy: file.lossy,
            accepts: file.accepts,
            public_url: file.public_url,
            allowed: file.allowed,
            schemes: Cow::Owned(file.schemes),
            delivery: file.delivery,
        };
        provider.checked()
    }
}
