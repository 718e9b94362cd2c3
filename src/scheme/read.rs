//! Received headers, read through a plan. The order is cheap before dear: presence, repetition, time, signatures.

use http::HeaderName;

use crate::candidates::Candidates;
use crate::error::VerifyError;
use crate::headers::{Found, Headers};
use crate::timestamp::{Now, Place, TimeFormat, Timestamp};

use super::plan::{Alone, Family, Plan, SignatureLine, Spliced, Values};

/// Bytes of signature headers in one request: 16 signatures of SHA-512 in hex, doubled.
pub(super) const MAX_SIGNATURE_BYTES: usize = 4096;

/// The longest id that is read. Signers send at most 256 bytes; what others send is known up to 124.
const MAX_ID: usize = 1024;

/// The longest id of a key. Some are URLs.
const MAX_KEY_ID: usize = 512;

/// What a request's headers claim. Filled in place: it is larger than what else verifying moves.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'h> {
    pub(crate) values: Values<'h>,
    /// Visible ASCII.
    pub(crate) id: Option<&'h [u8]>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) candidates: Candidates<'h>,
}

impl<'h> Reading<'h> {
    pub(crate) fn new(candidates: Candidates<'h>) -> Reading<'h> {
        Reading { values: Values::default(), id: None, time: None, candidates }
    }
}

impl Plan {
    /// Whether the request carries a signature header of this scheme.
    pub(crate) fn is_present<H: Headers + ?Sized>(&self, headers: &H) -> bool {
        let mut lines = self.families.iter().flat_map(|family| &family.signatures);
        lines.any(|line| !matches!(headers.find(&line.name), Found::Missing))
    }

    /// Reads the headers.
    #[inline]
    pub(crate) fn read<'h, H: Headers + ?Sized>(
        &self,
        headers: &'h H,
        now: impl FnOnce() -> Now,
        reading: &mut Reading<'h>,
    ) -> Result<(), VerifyError> {
        let family = self.family(headers)?;
        if let Some(line) = &family.id {
            reading.id = self.read_id(headers, line)?;
            reading.values.id = reading.id.unwrap_or_default();
        }
        for (name, expected) in &family.constants {
            match headers.find(name) {
                Found::Missing => {}
                Found::Once(value) if value == expected.as_bytes() => {}
                Found::Once(_) => return Err(malformed(name, "is not what the scheme sets it to")),
                Found::Repeated => return Err(repeated(name)),
            }
        }
        for (spliced, value) in self.spliced.iter().zip(&mut reading.values.spliced) {
            *value = read_spliced(headers, spliced)?;
        }
        let mut time = None;
        if let Some((line, format)) = &family.timestamp {
            let text = once(headers, &line.name)?.ok_or_else(|| missing(&line.name))?;
            let text = behind(text, &line.prefix).ok_or_else(|| malformed(&line.name, NO_PREFIX))?;
            time = Some((text, *format, &line.name));
        }
        if family.signed_headers.is_some() || family.key.is_some() {
            self.read_rare_lines(headers, family, &mut reading.values)?;
        }
        let located = if family.signatures.is_empty() { None } else { Some(Signatures::locate(headers, family)?) };
        let mut items = Items::default();
        if let Some(signatures) = located.as_ref().filter(|signatures| signatures.line.time.is_some()) {
            signatures.read(headers, family, &mut items, &mut reading.candidates)?;
            time = Some(items.time.ok_or_else(|| malformed(&signatures.line.name, "has no timestamp"))?);
        }
        if let Some((text, format, name)) = time {
            reading.values.timestamp = text;
            reading.time = Some(self.check_time(text, format, name, now)?);
            self.check_marker(&reading.values)?;
        }
        // The context reads the others.
        let Some(signatures) = located else { return Ok(()) };
        if signatures.line.time.is_none() {
            signatures.read(headers, family, &mut items, &mut reading.candidates)?;
        }
        if let Some(first) = items.first.take() {
            reading.candidates.add(first);
        }
        if signatures.line.signed_headers.is_some() {
            let list = items.signed_headers;
            reading.values.signed_headers =
                list.ok_or_else(|| malformed(&signatures.line.name, "has no list of signed headers"))?;
        }
        if let Some(line) = items.full {
            return Err(VerifyError::TooManySignatures { header: line.name.clone() });
        }
        match reading.candidates.is_empty() {
            true => Err(malformed(&signatures.line.name, reading.candidates.absence())),
            false => Ok(()),
        }
    }

    /// Lines that few schemes have.
    #[cold]
    #[inline(never)]
    fn read_rare_lines<'h, H: Headers + ?Sized>(
        &self,
        headers: &'h H,
        family: &Family,
        values: &mut Values<'h>,
    ) -> Result<(), VerifyError> {
        if let Some(line) = &family.signed_headers {
            let text = once(headers, &line.name)?.ok_or_else(|| missing(&line.name))?;
            let list = behind(text, &line.prefix).ok_or_else(|| malformed(&line.name, NO_PREFIX))?;
            values.signed_headers = list;
        }
        if let Some(line) = &family.key {
            let text = once(headers, &line.name)?.ok_or_else(|| missing(&line.name))?;
            let key = behind(text, &line.prefix).ok_or_else(|| malformed(&line.name, NO_PREFIX))?;
            self.check_key(key).map_err(|problem| malformed(&line.name, problem))?;
            values.key = key;
        }
        Ok(())
    }

    /// The set of names that the request uses.
    #[inline]
    fn family<H: Headers + ?Sized>(&self, headers: &H) -> Result<&Family, VerifyError> {
        let Some((first, others)) = self.families.split_first() else { return Err(VerifyError::NoMatch) };
        if others.is_empty() {
            return Ok(first);
        }
        let mut used: Option<(&Family, &HeaderName)> = None;
        for family in &self.families {
            let own = family.own_names.iter().find(|name| !matches!(headers.find(name), Found::Missing));
            match (own, used) {
                (Some(other), Some((_, one))) => {
                    return Err(VerifyError::MixedHeaders { one: one.clone(), other: other.clone() });
                }
                (Some(name), None) => used = Some((family, name)),
                (None, _) => {}
            }
        }
        Ok(used.map_or(first, |(family, _)| family))
    }

    #[inline(always)]
    fn read_id<'h, H: Headers + ?Sized>(&self, headers: &'h H, line: &Alone) -> Result<Option<&'h [u8]>, VerifyError> {
        let rules = self.id.as_ref();
        let Some(text) = once(headers, &line.name)? else {
            return if rules.is_some_and(|rules| rules.covered) { Err(missing(&line.name)) } else { Ok(None) };
        };
        let id = behind(text, &line.prefix).ok_or_else(|| malformed(&line.name, NO_PREFIX))?;
        if id.len() > MAX_ID {
            return Err(malformed(&line.name, "is longer than 1024 bytes"));
        }
        if !is_visible(id) {
            return Err(malformed(&line.name, "is not visible ASCII"));
        }
        let border = rules.filter(|rules| rules.marker.is_none()).and_then(|rules| rules.border.as_ref());
        match border {
            Some(border) if border.is_blurred_by(id) => Err(malformed(&line.name, BORDER)),
            _ => Ok(Some(id)),
        }
    }

    /// Checks an id that the timestamp ends, once both are known.
    #[inline]
    pub(crate) fn check_marker(&self, values: &Values<'_>) -> Result<(), VerifyError> {
        let marker = self.id.as_ref().and_then(|rules| rules.marker.as_ref());
        match marker {
            Some(marker) if marker.begins_inside(values.id, values.timestamp) => {
                let line = self.families.iter().find_map(|family| family.id.as_ref());
                Err(line.map_or(VerifyError::NoMatch, |line| malformed(&line.name, BORDER)))
            }
            _ => Ok(()),
        }
    }

    /// Checks the id of a key.
    pub(super) fn check_key(&self, key: &[u8]) -> Result<(), &'static str> {
        match &self.key_border {
            _ if key.len() > MAX_KEY_ID => Err("is longer than 512 bytes"),
            _ if !is_visible(key) => Err("is not visible ASCII"),
            Some(border) if border.is_blurred_by(key) => Err(BORDER),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn check_time(
        &self,
        text: &[u8],
        format: TimeFormat,
        name: &HeaderName,
        now: impl FnOnce() -> Now,
    ) -> Result<Timestamp, VerifyError> {
        self.check_moment(text, format, now, |problem| malformed(name, problem))
    }

    /// A time that is not in a header.
    #[inline(always)]
    pub(super) fn check_moment(
        &self,
        text: &[u8],
        format: TimeFormat,
        now: impl FnOnce() -> Now,
        malformed: impl Fn(&'static str) -> VerifyError,
    ) -> Result<Timestamp, VerifyError> {
        let time = format.read(text).filter(|time| self.time.admit(text.len(), || time.is_recent()));
        let time = time.ok_or_else(|| malformed("holds no timestamp of the scheme's format"))?;
        match time.place(now(), self.past, self.future) {
            Place::Inside => Ok(time),
            Place::TooOld(seconds) => Err(VerifyError::TooOld { seconds }),
            Place::TooNew(seconds) => Err(VerifyError::TooNew { seconds }),
            Place::InMilliseconds => Err(VerifyError::InMilliseconds),
            Place::Unreal => Err(malformed("holds a timestamp beyond the year 9999")),
        }
    }
}

/// One item of a signature header.
enum Item<'h> {
    Time(&'h [u8], TimeFormat),
    SignedHeaders(&'h [u8]),
    Signature(&'h [u8]),
}

/// What stands in signature headers beside the signatures.
#[derive(Default)]
struct Items<'h, 'p> {
    /// The first signature, until another one follows it or the time is known: most requests have no other, and a stale one
    /// is refused before its characters are looked at.
    first: Option<&'h [u8]>,
    count: usize,
    time: Option<(&'h [u8], TimeFormat, &'p HeaderName)>,
    signed_headers: Option<&'h [u8]>,
    /// The line with more signatures than there is room for.
    full: Option<&'p SignatureLine>,
}

/// The signature headers of a request.
struct Signatures<'h, 'p> {
    /// The first that is there. A line with a timestamp is the only one of its scheme.
    line: &'p SignatureLine,
    value: &'h [u8],
    count: usize,
}

impl<'h, 'p> Signatures<'h, 'p> {
    #[inline(always)]
    fn locate<H: Headers + ?Sized>(headers: &'h H, family: &'p Family) -> Result<Self, VerifyError> {
        let mut found: Option<Signatures<'h, 'p>> = None;
        let mut bytes = 0;
        let mut add = |line: &'p SignatureLine, value: &'h [u8]| {
            bytes += value.len();
            found.get_or_insert(Signatures { line, value, count: 0 }).count += 1;
            match bytes {
                0..=MAX_SIGNATURE_BYTES => Ok(()),
                _ => Err(VerifyError::HeaderTooLong { header: line.name.clone() }),
            }
        };
        for line in &family.signatures {
            if line.repeats() {
                headers.values(&line.name).try_for_each(|value| add(line, value))?;
            } else if let Some(value) = once(headers, &line.name)? {
                add(line, value)?;
            }
        }
        found.ok_or_else(|| family.signatures.first().map_or(VerifyError::NoMatch, |line| missing(&line.name)))
    }

    /// Takes the headers apart, in one pass. A malformed signature beside a good one is passed over.
    #[inline(always)]
    fn read<H: Headers + ?Sized>(
        &self,
        headers: &'h H,
        family: &'p Family,
        items: &mut Items<'h, 'p>,
        candidates: &mut Candidates<'h>,
    ) -> Result<(), VerifyError> {
        let mut read = |line: &'p SignatureLine, value: &'h [u8]| {
            line.items(value, |item| {
                match item {
                    Item::Time(..) if items.time.is_some() => return Err(malformed(&line.name, "has two timestamps")),
                    Item::Time(text, format) => items.time = Some((text, format, &line.name)),
                    Item::SignedHeaders(_) if items.signed_headers.is_some() => {
                        return Err(malformed(&line.name, "has two lists of signed headers"));
                    }
                    Item::SignedHeaders(list) => items.signed_headers = Some(list),
                    Item::Signature(text) => {
                        items.count += 1;
                        if items.count == 1 {
                            items.first = Some(text);
                            return Ok(());
                        }
                        if let Some(first) = items.first.take() {
                            candidates.add(first);
                        }
                        if !candidates.add(text) {
                            items.full = Some(line);
                        }
                    }
                }
                Ok(())
            })
        };
        if self.count == 1 {
            return read(self.line, self.value);
        }
        for line in &family.signatures {
            headers.values(&line.name).try_for_each(|value| read(line, value))?;
        }
        Ok(())
    }
}

impl SignatureLine {
    /// Takes one value apart. Unknown items are passed over.
    #[inline(always)]
    fn items<'h>(
        &self,
        value: &'h [u8],
        mut each: impl FnMut(Item<'h>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let Some(separator) = self.separator else {
            return behind(value, &self.mac.prefix).map_or(Ok(()), |mac| each(Item::Signature(mac)));
        };
        // Several blanks separate like one.
        let items = split(value, separator).map(trim).filter(|item| separator != b' ' || !item.is_empty());
        if self.by_position { self.items_by_position(items, each) } else { self.items_by_prefix(items, &mut each) }
    }

    #[inline(always)]
    fn items_by_prefix<'h>(
        &self,
        items: impl Iterator<Item = &'h [u8]>,
        each: &mut impl FnMut(Item<'h>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let mut signed = false;
        for item in items {
            let time = self.time.as_ref().and_then(|(text, format)| Some((behind(item, &text.prefix)?, *format)));
            // No prefix begins with another.
            let item = if let Some((text, format)) = time {
                Item::Time(text, format)
            } else if let Some(mac) = behind(item, &self.mac.prefix) {
                if signed && self.repeat.is_none() {
                    return Err(malformed(&self.name, "has two signatures"));
                }
                signed = true;
                Item::Signature(mac)
            } else if let Some(list) = self.signed_headers.as_ref().and_then(|names| behind(item, &names.prefix)) {
                Item::SignedHeaders(list)
            } else {
                continue;
            };
            each(item)?;
        }
        Ok(())
    }

    fn items_by_position<'h>(
        &self,
        items: impl Iterator<Item = &'h [u8]>,
        mut each: impl FnMut(Item<'h>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let mac_place = usize::from(self.time.is_some() && self.time_first);
        let named = 1 + usize::from(self.time.is_some());
        for (place, item) in items.enumerate() {
            if place == mac_place {
                behind(item, &self.mac.prefix).map_or(Ok(()), |mac| each(Item::Signature(mac)))?;
            } else if place < named {
                let Some((text, format)) = &self.time else { continue };
                let time = behind(item, &text.prefix).ok_or_else(|| malformed(&self.name, NO_PREFIX))?;
                each(Item::Time(time, *format))?;
            } else {
                let repeat = self.repeat.as_ref().ok_or_else(|| malformed(&self.name, "has too many items"))?;
                behind(item, &repeat.prefix).map_or(Ok(()), |mac| each(Item::Signature(mac)))?;
            }
        }
        Ok(())
    }
}

const NO_PREFIX: &str = "does not begin as the scheme says";
const BORDER: &str = "runs into the text that separates it from its neighbour in the signed content";

fn read_spliced<'h, H: Headers + ?Sized>(headers: &'h H, spliced: &Spliced) -> Result<&'h [u8], VerifyError> {
    let value = once(headers, &spliced.name)?.ok_or_else(|| missing(&spliced.name))?;
    match &spliced.border {
        Some(border) if border.is_blurred_by(value) => Err(malformed(&spliced.name, BORDER)),
        _ => Ok(value),
    }
}

/// The value of a header that must not repeat.
#[inline]
fn once<'h, H: Headers + ?Sized>(headers: &'h H, name: &HeaderName) -> Result<Option<&'h [u8]>, VerifyError> {
    match headers.find(name) {
        Found::Missing => Ok(None),
        Found::Once(value) => Ok(Some(value)),
        Found::Repeated => Err(repeated(name)),
    }
}

/// Whether a text is fit for an id: not empty, visible ASCII.
pub(super) fn is_visible(id: &[u8]) -> bool {
    id.iter().fold(!id.is_empty(), |ok, c| ok & c.is_ascii_graphic())
}

#[inline]
fn split(list: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let end = memchr::memchr(separator, list);
        rest = end.and_then(|end| list.get(end + 1..));
        list.get(..end.unwrap_or(list.len()))
    })
}

#[inline]
fn trim(mut item: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = item {
        item = rest;
    }
    item
}

#[cold]
fn missing(name: &HeaderName) -> VerifyError {
    VerifyError::MissingHeader { header: name.clone() }
}

#[cold]
fn repeated(name: &HeaderName) -> VerifyError {
    VerifyError::RepeatedHeader { header: name.clone() }
}

#[cold]
fn malformed(name: &HeaderName, problem: &'static str) -> VerifyError {
    VerifyError::MalformedHeader { header: name.clone(), problem }
}

/// What follows a prefix. Most are empty, and an empty boxed slice points nowhere: some processors take as long for a
/// masked `memcmp` of no bytes there as for hashing a hundred.
#[inline]
fn behind<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.iter().zip(prefix).all(|(one, other)| one == other).then_some(rest)
}
