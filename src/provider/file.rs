//! A provider in a file: written with the names of [`Provider`]'s fields, read with the checks of its setters.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Confidence, IdempotencyRule, MAX_RECEIVED, Provider, TestRule};
use crate::delivery::DeliveryPolicy;
use crate::error::ConfigError;
use crate::event::EventShape;
use crate::scheme::Scheme;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    name: String,
    event: Option<EventShape>,
    #[serde(default)]
    event_types: Vec<Cow<'static, str>>,
    idempotency: Option<IdempotencyRule>,
    test: Option<TestRule>,
    max_sent: Option<u64>,
    #[serde(default = "max_received")]
    max_received: u64,
    answer_within: Option<u32>,
    schemes: Vec<Scheme>,
    #[serde(default)]
    delivery: DeliveryPolicy,
}

fn max_received() -> u64 {
    MAX_RECEIVED
}

impl TryFrom<File> for Provider {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<Provider, ConfigError> {
        let provider = Provider {
            name: Cow::Owned(file.name),
            source: Cow::Borrowed(""),
            confidence: Confidence::Own,
            event: file.event,
            event_types: Cow::Owned(file.event_types),
            idempotency: file.idempotency,
            test: file.test,
            max_sent: file.max_sent,
            max_received: file.max_received,
            answer_within: file.answer_within,
            schemes: Cow::Owned(file.schemes),
            delivery: file.delivery,
        };
        provider.checked()
    }
}
