//! The header lines of a request, written through a plan.

use http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;

use crate::codec::MAX_MAC_TEXT;
use crate::error::SignError;
use crate::headers::{Found, Headers};
use crate::mac::Tag;
use crate::timestamp::{RECENT, TimeText};

use super::plan::{Alone, ItemText, Plan, SignatureLine, Values};
use super::read::{MAX_SIGNATURE_BYTES, is_visible};

/// The longest id that a signer sends. Stores and logs index ids; nobody in the field comes near this.
const MAX_ID: usize = 256;

impl Plan {
    /// How many signatures a request can carry, given `keys` keys.
    pub(crate) fn capacity(&self, keys: usize) -> usize {
        let lines = self.families.first().map(|family| family.signatures.as_slice()).unwrap_or_default();
        if lines.iter().any(|line| line.repeat.is_some()) { keys } else { keys.min(lines.len()) }
    }

    /// The text of the time as the scheme sends it; empty where it sends none.
    pub(crate) fn timestamp(&self, now: impl FnOnce() -> OffsetDateTime) -> Result<TimeText, SignError> {
        match self.time_format {
            Some(format) => {
                let time = now();
                let Some(text) = format.write(time) else { return Err(SignError::TimeOutOfRange) };
                match self.time.admit(text.as_bytes().len(), || time.unix_timestamp() >= RECENT) {
                    true => Ok(text),
                    false => Err(SignError::TimeOutOfRange),
                }
            }
            None => Ok(TimeText::default()),
        }
    }

    /// Checks an id for use in a request. One that the scheme does not send is not looked at.
    pub(crate) fn check_id(&self, id: &str, timestamp: &TimeText) -> Result<(), SignError> {
        let Some(rules) = &self.id else { return Ok(()) };
        let invalid = |problem| Err(SignError::InvalidId { problem });
        if id.is_empty() {
            return invalid("is empty");
        }
        if id.len() > MAX_ID {
            return invalid("is longer than 256 bytes");
        }
        if !is_visible(id.as_bytes()) {
            return invalid("is not visible ASCII");
        }
        let blurred = rules.border.as_ref().is_some_and(|border| border.is_blurred_by(id.as_bytes()));
        let marker = rules.marker.as_ref();
        if blurred || marker.is_some_and(|marker| marker.begins_inside(id.as_bytes(), timestamp.as_bytes())) {
            return invalid("runs into the text that separates it from its neighbour in the signed content");
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
            let value = match headers.find(&spliced.name) {
                Found::Missing => return fault("is missing, and the scheme signs it"),
                Found::Repeated => return fault("occurs more than once, and the scheme signs it"),
                Found::Once(value) => value,
            };
            if value.trim_ascii().len() != value.len() {
                return fault("begins or ends with a blank, which would be lost on the way");
            }
            if spliced.border.as_ref().is_some_and(|border| border.is_blurred_by(value)) {
                return fault("runs into the text that separates it from its neighbour in the signed content");
            }
            *slot = value;
        }
        Ok(())
    }

    /// Adds what another scheme has written into a request with these headers, in the list of this one where they share a
    /// header.
    pub(crate) fn merge(&self, others: &HeaderMap, before: &HeaderMap, headers: &mut HeaderMap) {
        let lines = self.families.first().map(|family| family.signatures.as_slice()).unwrap_or_default();
        let is_written = |name: &&HeaderName| others.get_all(*name) != before.get_all(*name);
        for name in others.keys().filter(is_written) {
            let Some(value) = others.get(name) else { continue };
            let separator = lines.iter().find(|line| line.name == *name).and_then(|line| line.separator);
            let merged = headers.get(name).zip(separator).and_then(|(ours, separator)| {
                let list = [ours.as_bytes(), &[separator], value.as_bytes()].concat();
                let mut list = HeaderValue::from_bytes(&list).ok()?;
                list.set_sensitive(true);
                Some(list)
            });
            headers.insert(name.clone(), merged.unwrap_or_else(|| value.clone()));
        }
    }

    /// Removes what an earlier signing has written.
    pub(crate) fn remove_lines(&self, headers: &mut HeaderMap) {
        for family in &self.families {
            let alone = [&family.id, &family.signed_headers].into_iter().flatten();
            let alone = alone.chain(family.timestamp.as_ref().map(|(line, _)| line)).map(|line| &line.name);
            for name in alone.chain(family.signatures.iter().map(|line| &line.name)) {
                headers.remove(name);
            }
        }
    }

    /// Removes another family's names: a request that also bears them would be refused as mixed.
    pub(super) fn remove_other_names(&self, headers: &mut HeaderMap) {
        for name in self.families.iter().skip(1).flat_map(|family| &family.own_names) {
            headers.remove(name);
        }
    }

    /// Writes every header line. `tags` come from the current key first.
    pub(crate) fn write(&self, values: &Values<'_>, tags: &[Option<Tag>], headers: &mut HeaderMap) {
        let Some(family) = self.families.first() else { return };
        self.remove_other_names(headers);
        for (name, value) in &family.constants {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(line) = &family.id {
            put(headers, line, values.id);
        }
        if let Some((line, _)) = &family.timestamp {
            put(headers, line, values.timestamp);
        }
        if let Some(line) = &family.signed_headers {
            put(headers, line, values.signed_headers);
        }
        for (place, line) in family.signatures.iter().enumerate() {
            let own = if line.repeat.is_some() { tags } else { tags.get(place..=place).unwrap_or_default() };
            let count = own.iter().flatten().count();
            if count == 0 {
                continue;
            }
            let mut text = Vec::with_capacity(self.length(line, values, own));
            if self.current_key_last {
                self.write_signatures(line, values, own.iter().flatten().rev(), &mut text);
            } else {
                self.write_signatures(line, values, own.iter().flatten(), &mut text);
            }
            if let Ok(mut value) = HeaderValue::try_from(text) {
                value.set_sensitive(true);
                headers.insert(line.name.clone(), value);
            }
        }
    }

    /// Whether the signature headers are as short as a verifier wants them.
    pub(crate) fn is_readable(&self, headers: &HeaderMap) -> bool {
        let lines = self.families.first().map(|family| family.signatures.as_slice()).unwrap_or_default();
        let lengths = lines.iter().flat_map(|line| headers.get_all(&line.name)).map(HeaderValue::len);
        lengths.sum::<usize>() <= MAX_SIGNATURE_BYTES
    }

    /// The length of a signature header: a vector of just this size becomes a header value without a copy.
    fn length(&self, line: &SignatureLine, values: &Values<'_>, tags: &[Option<Tag>]) -> usize {
        let separator = 1;
        let time = line.time.as_ref().map_or(0, |(item, _)| item.literal.len() + values.timestamp.len() + separator);
        let listed = |item: &ItemText| item.literal.len() + values.signed_headers.len() + separator;
        let list = line.signed_headers.as_ref().map_or(0, listed);
        let repeat = line.repeat.as_ref().map_or(0, |repeat| separator + repeat.gap.len() + repeat.prefix.len());
        let mut tags = tags.iter().flatten().map(|tag| self.encoding.length(tag.as_bytes().len()));
        time + list
            + line.mac.literal.len()
            + tags.next().unwrap_or_default()
            + tags.map(|mac| repeat + mac).sum::<usize>()
    }

    fn write_signatures<'t>(
        &self,
        line: &SignatureLine,
        values: &Values<'_>,
        mut tags: impl Iterator<Item = &'t Tag>,
        text: &mut Vec<u8>,
    ) {
        let separator = line.separator.unwrap_or_default();
        let time = line.time.as_ref().map(|(item, _)| item);
        if let Some(item) = time.filter(|_| line.time_first) {
            text.extend_from_slice(&item.literal);
            text.extend_from_slice(values.timestamp);
            text.push(separator);
        }
        if let Some(item) = &line.signed_headers {
            text.extend_from_slice(&item.literal);
            text.extend_from_slice(values.signed_headers);
            text.push(separator);
        }
        text.extend_from_slice(&line.mac.literal);
        if let Some(tag) = tags.next() {
            self.write_mac(tag, text);
        }
        if let Some(item) = time.filter(|_| !line.time_first) {
            text.push(separator);
            text.extend_from_slice(&item.literal);
            text.extend_from_slice(values.timestamp);
        }
        if let Some(repeat) = &line.repeat {
            for tag in tags {
                text.push(separator);
                text.extend_from_slice(&repeat.gap);
                text.extend_from_slice(&repeat.prefix);
                self.write_mac(tag, text);
            }
        }
    }

    fn write_mac(&self, tag: &Tag, text: &mut Vec<u8>) {
        let mut mac = [0; MAX_MAC_TEXT];
        let length = self.encoding.write(tag.as_bytes(), &mut mac);
        text.extend_from_slice(mac.get(..length).unwrap_or_default());
    }
}

/// Sets a header. Prefixes come from the notation, ids and timestamps are checked: all of it is printable ASCII.
pub(super) fn put(headers: &mut HeaderMap, line: &Alone, text: &[u8]) {
    let value = match &*line.prefix {
        [] => HeaderValue::from_bytes(text),
        prefix => HeaderValue::from_bytes(&[prefix, text].concat()),
    };
    if let Ok(value) = value {
        headers.insert(line.name.clone(), value);
    }
}
