//! A provider as it stands in a file.

use std::borrow::Cow;

use serde::Deserialize;

use super::{IdempotencyRule, MAX_RECEIVED, Provider, TestRule};
use crate::delivery::Sending;
use crate::error::ConfigError;
use crate::event::EventShape;
use crate::event_type::EventType;
use crate::scheme::Scheme;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    name: String,
    schemes: Vec<Scheme>,
    event: Option<EventShape>,
    #[serde(default)]
    event_types: Vec<String>,
    idempotency: Option<IdempotencyRule>,
    test: Option<TestRule>,
    max_sent: Option<u64>,
    #[serde(default = "max_received")]
    max_received: u64,
    answer_within: Option<u32>,
    #[serde(default)]
    reuses_timestamp: bool,
}

/// Both schemes have one key, so a signature under the one is a signature under the other.
const MISTAKEN: &str = "is what an earlier scheme covers, read in another way: a signature under one would pass under the other. Let the \
                        signed text begin or end differently, or use another digest";

fn max_received() -> u64 {
    MAX_RECEIVED
}

impl TryFrom<File> for Provider {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<Provider, ConfigError> {
        let fault = |field, piece: &str, problem| Err(ConfigError::Invalid { field, piece: piece.to_owned(), problem });
        for event_type in &file.event_types {
            EventType::new(event_type)?;
        }
        let mut schemes = file.schemes.into_iter();
        let Some(first) = schemes.next() else { return fault("schemes", "", "is an empty list") };
        let schemes: Vec<Scheme> = schemes.collect();
        let all = || std::iter::once(&first).chain(&schemes);
        for (place, scheme) in all().enumerate() {
            if all().take(place).any(|other| scheme.can_be_mistaken_for(other)) {
                return fault("schemes", scheme.covers(), MISTAKEN);
            }
        }
        let has_id = |shape: &EventShape| shape.has_id();
        match file.idempotency {
            Some(IdempotencyRule::EventId) if !file.event.as_ref().is_some_and(has_id) => {
                return fault("idempotency", "event-id", "needs an `event` with an `{id}`");
            }
            Some(IdempotencyRule::SignedId) if !first.covers_id() => {
                return fault("idempotency", "signed-id", "needs a scheme that covers an `{id}`");
            }
            _ => {}
        }
        let mut provider = Provider::new(file.name, first);
        provider.schemes.to_mut().extend(schemes);
        Ok(Provider {
            event: file.event,
            event_types: file.event_types.into_iter().map(Cow::Owned).collect(),
            idempotency: file.idempotency,
            test: file.test,
            max_sent: file.max_sent,
            max_received: file.max_received,
            answer_within: file.answer_within,
            sending: Sending { reuses_timestamp: file.reuses_timestamp, ..Sending::new() },
            ..provider
        })
    }
}
