//! Deliveries as providers send them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::SenderError;

/// One a line, from documentation and libraries: the file names the source of each.
const DELIVERIES: &str = include_str!("deliveries.jsonl");

#[derive(Deserialize)]
pub(super) struct Sample {
    provider: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    events: Vec<Said>,
    /// That of a signed header.
    #[serde(skip)]
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(rename = "type")]
    event_type: String,
    id: Option<String>,
}

pub(super) fn find(provider: &str, event_type: &str) -> Result<Sample, SenderError> {
    let mut known = Vec::new();
    let samples = DELIVERIES.lines().filter_map(|line| serde_json::from_str::<Sample>(line).ok());
    for mut sample in samples.filter(|sample| sample.provider == provider) {
        let is_asked_for = |said: &&Said| {
            let rest = said.event_type.strip_prefix(event_type);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if let Some(said) = sample.events.iter().find(is_asked_for) {
            sample.id = said.id.clone();
            return Ok(sample);
        }
        known.extend(sample.events.into_iter().map(|said| format!("`{}`", said.event_type)));
    }
    known.dedup();
    Err(SenderError::NoSample { provider: provider.to_owned(), event_type: event_type.to_owned(), known })
}
