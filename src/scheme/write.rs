//! The header lines of a request, written through a plan.

use http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;

use crate::error::SignError;
use crate::headers::{Found, find};
use crate::secret::Tag;

use super::plan::{Family, ItemText, Plan, SignatureLine, Values};
use super::read::{holds, visible};

/// The longest id that a signer sends. Stores and logs index ids; nobody in the field comes near this.
const MAX_ID: usize = 256;

impl Plan {
    /// How many signatures a request can carry, given `keys` keys.
    pub(crate) fn capacity(&self, keys: usize) -> usize {
        let lines = self.families.first().map(|family| family.signatures.as_slice()).unwrap_or_default();
        if lines.iter().any(|line| line.repeat.is_some()) { keys } else { keys.min(lines.len()) }
    }

    /// The text of the time as the scheme sends it; empty where it sends none.
    pub(crate) fn timestamp(&self, time: OffsetDateTime) -> Result<String, SignError> {
        let family = self.families.first();
        let alone = family.and_then(|family| family.timestamp.as_ref().map(|(_, format)| *format));
        let listed = || family.and_then(|family| family.signatures.iter().find_map(|line| Some(line.time.as_ref()?.1)));
        match alone.or_else(listed) {
            Some(format) => format.write(time).ok_or(SignError::TimeOutOfRange),
            None => Ok(String::new()),
        }
    }

    /// Checks an id for use in a request. One that the scheme does not send is not looked at.
    pub(crate) fn check_id(&self, id: &str) -> Result<(), SignError> {
        let Some(rules) = &self.id else { return Ok(()) };
        let invalid = |problem| Err(SignError::InvalidId { problem });
        if id.is_empty() {
            return invalid("is empty");
        }
        if id.len() > MAX_ID {
            return invalid("is longer than 256 bytes");
        }
        if visible(id.as_bytes()).is_none() {
            return invalid("is not visible ASCII");
        }
        let borders = [&rules.before, &rules.after_body];
        if borders.into_iter().flatten().any(|border| holds(id.as_bytes(), border)) {
            return invalid("holds the text that separates it from its neighbour in the signed content");
        }
        Ok(())
    }

    /// The covered headers that carry no placeholder: the scheme's constant lines, else the request's own.
    pub(crate) fn spliced<'h>(&'h self, headers: &'h HeaderMap, values: &mut Values<'h>) -> Result<(), SignError> {
        let constants = self.families.first().map(|family| family.constants.as_slice()).unwrap_or_default();
        for (spliced, slot) in self.spliced.iter().zip(&mut values.spliced) {
            let fault = |problem| Err(SignError::Header { header: spliced.name.clone(), problem });
            if let Some((_, value)) = constants.iter().find(|(name, _)| *name == spliced.name) {
                *slot = value.as_bytes();
                continue;
            }
            let value = match find(headers, &spliced.name) {
                Found::Missing => return fault("is missing, and the scheme signs it"),
                Found::Repeated => return fault("occurs more than once, and the scheme signs it"),
                Found::Once(value) => value,
            };
            let borders = [&spliced.before, &spliced.after_body];
            if borders.into_iter().flatten().any(|border| holds(value, border)) {
                return fault("holds the text that separates it from its neighbour in the signed content");
            }
            *slot = value;
        }
        Ok(())
    }

    /// Writes every header line. `tags` come from the current key first.
    pub(crate) fn write(&self, id: &str, timestamp: &str, tags: &[Tag], headers: &mut HeaderMap) {
        let Some(family) = self.families.first() else { return };
        for (name, value) in &family.constants {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(line) = &family.id {
            put(headers, &line.name, [&*line.prefix, id.as_bytes()].concat(), false);
        }
        if let Some((line, _)) = &family.timestamp {
            put(headers, &line.name, [&*line.prefix, timestamp.as_bytes()].concat(), false);
        }
        self.write_signatures(family, timestamp, tags, headers);
    }

    fn write_signatures(&self, family: &Family, timestamp: &str, tags: &[Tag], headers: &mut HeaderMap) {
        for (place, line) in family.signatures.iter().enumerate() {
            let mut order: Vec<&Tag> =
                if line.repeat.is_some() { tags.iter().collect() } else { tags.get(place).into_iter().collect() };
            if self.current_key_last {
                order.reverse();
            }
            let Some((first, further)) = order.split_first() else { continue };
            let value = self.signature_value(line, timestamp, first, further);
            put(headers, &line.name, value, true);
        }
    }

    fn signature_value(&self, line: &SignatureLine, timestamp: &str, first: &Tag, further: &[&Tag]) -> Vec<u8> {
        let mut value = Vec::with_capacity(64 + (1 + further.len()) * 96);
        let separator = line.separator.unwrap_or_default();
        let time = |item: &ItemText, value: &mut Vec<u8>| {
            value.extend_from_slice(&item.literal);
            value.extend_from_slice(timestamp.as_bytes());
        };
        if let (Some((item, _)), true) = (&line.time, line.time_first) {
            time(item, &mut value);
            value.push(separator);
        }
        value.extend_from_slice(&line.mac.literal);
        self.encoding.write(first.as_bytes(), &mut value);
        if let (Some((item, _)), false) = (&line.time, line.time_first) {
            value.push(separator);
            time(item, &mut value);
        }
        if let Some(repeat) = &line.repeat {
            for tag in further {
                value.push(separator);
                value.extend_from_slice(&repeat.gap);
                value.extend_from_slice(&repeat.prefix);
                self.encoding.write(tag.as_bytes(), &mut value);
            }
        }
        value
    }
}

/// Sets a header of printable ASCII: prefixes come from the notation, ids and timestamps are checked, the rest is text
/// forms of a MAC.
fn put(headers: &mut HeaderMap, name: &HeaderName, value: Vec<u8>, sensitive: bool) {
    if let Ok(mut value) = HeaderValue::try_from(value) {
        value.set_sensitive(sensitive);
        headers.insert(name.clone(), value);
    }
}
