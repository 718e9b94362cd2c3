//! Received headers, read through a plan. The order is cheap before dear: presence, repetition, time, signatures.

use http::HeaderName;
use time::OffsetDateTime;

use crate::error::VerifyError;
use crate::headers::{Found, Headers, find};
use crate::secret::Candidates;
use crate::timestamp::{TimeFormat, Timestamp};

use super::plan::{Alone, Family, Plan, SignatureLine, Spliced, Values};

/// Bytes of signature headers in one request: 16 signatures of SHA-512 in hex, doubled.
const MAX_SIGNATURE_BYTES: usize = 4096;

/// What a request's headers claim.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'h> {
    pub(crate) values: Values<'h>,
    pub(crate) id: Option<&'h str>,
    pub(crate) time: Option<Timestamp>,
}

impl Plan {
    /// Whether the request carries a signature header of this scheme.
    pub(crate) fn is_present<H: Headers + ?Sized>(&self, headers: &H) -> bool {
        let names = self.families.iter().flat_map(|family| &family.signatures).map(|line| &line.name);
        names.into_iter().any(|name| !matches!(find(headers, name), Found::Missing))
    }

    /// Reads the headers and collects the signatures of `mac_length` bytes that they bring.
    #[inline]
    pub(crate) fn read<'h, H: Headers + ?Sized>(
        &self,
        headers: &'h H,
        now: impl FnOnce() -> OffsetDateTime,
        mac_length: usize,
        candidates: &mut Candidates,
    ) -> Result<Reading<'h>, VerifyError> {
        let family = self.family(headers)?;
        let mut reading = Reading { values: Values::default(), id: None, time: None };
        if let Some(line) = &family.id {
            reading.id = self.read_id(headers, line)?;
            reading.values.id = reading.id.unwrap_or_default().as_bytes();
        }
        for (name, expected) in &family.constants {
            match find(headers, name) {
                Found::Missing => {}
                Found::Once(value) if value == expected.as_bytes() => {}
                Found::Once(_) => return Err(malformed(name, "is not what the scheme sets it to")),
                Found::Repeated => return Err(VerifyError::RepeatedHeader { header: name.clone() }),
            }
        }
        for (spliced, value) in self.spliced.iter().zip(&mut reading.values.spliced) {
            *value = read_spliced(headers, spliced)?;
        }
        let mut time = None;
        if let Some((line, format)) = &family.timestamp {
            let text = once(headers, &line.name)?.ok_or_else(|| missing(&line.name))?;
            let text = text.strip_prefix(&*line.prefix).ok_or_else(|| malformed(&line.name, NO_PREFIX))?;
            time = Some((text, *format, &line.name));
        }
        let scan = scan(headers, family)?;
        if let Some(found) = scan.time {
            time = Some(found);
        }
        if let Some((text, format, name)) = time {
            reading.values.timestamp = text;
            reading.time = Some(self.check_time(text, format, name, now)?);
        }
        self.collect(headers, family, &scan, mac_length, candidates)?;
        Ok(reading)
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
            let own = family.own_names.iter().find(|name| !matches!(find(headers, name), Found::Missing));
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

    fn read_id<'h, H: Headers + ?Sized>(&self, headers: &'h H, line: &Alone) -> Result<Option<&'h str>, VerifyError> {
        let rules = self.id.as_ref();
        let Some(text) = once(headers, &line.name)? else {
            return if rules.is_some_and(|rules| rules.covered) { Err(missing(&line.name)) } else { Ok(None) };
        };
        let id = text.strip_prefix(&*line.prefix).ok_or_else(|| malformed(&line.name, NO_PREFIX))?;
        let id = visible(id).ok_or_else(|| malformed(&line.name, "is not visible ASCII"))?;
        match rules.and_then(|rules| rules.after_body.as_deref()) {
            Some(border) if holds(id.as_bytes(), border) => Err(malformed(&line.name, BORDER)),
            _ => Ok(Some(id)),
        }
    }

    fn check_time(
        &self,
        text: &[u8],
        format: TimeFormat,
        name: &HeaderName,
        now: impl FnOnce() -> OffsetDateTime,
    ) -> Result<Timestamp, VerifyError> {
        let time = format.read(text).ok_or_else(|| malformed(name, "holds no timestamp of the scheme's format"))?;
        let age = time.age(now());
        match (self.past, self.future) {
            (Some(past), _) if age > nanos(past) => Err(VerifyError::TooOld { seconds: seconds_over(age, past) }),
            (_, Some(future)) if -age > nanos(future) => {
                Err(VerifyError::TooNew { seconds: seconds_over(-age, future) })
            }
            _ if time.time().is_none() => Err(malformed(name, "holds a timestamp beyond the year 9999")),
            _ => Ok(time),
        }
    }

    /// Decodes the signatures. A malformed one beside a good one is passed over.
    #[inline]
    fn collect<'h, H: Headers + ?Sized>(
        &self,
        headers: &'h H,
        family: &Family,
        scan: &Scan<'h, '_>,
        mac_length: usize,
        candidates: &mut Candidates,
    ) -> Result<(), VerifyError> {
        let mut add = |text: &[u8], name: &HeaderName| {
            if candidates.add(mac_length, |mac| self.encoding.read(text, mac)) {
                Ok(())
            } else {
                Err(VerifyError::TooManySignatures { header: name.clone() })
            }
        };
        match (scan.signatures, scan.first) {
            (_, None) => {}
            (1, Some((text, name))) => add(text, name)?,
            _ => {
                for line in &family.signatures {
                    for value in headers.values(&line.name) {
                        line.items(value, |item| match item {
                            Item::Signature(text) => add(text, &line.name),
                            Item::Time(..) => Ok(()),
                        })?;
                    }
                }
            }
        }
        if candidates.is_empty() {
            return Err(malformed(scan.name, "holds no well-formed signature"));
        }
        Ok(())
    }
}

/// One item of a signature header.
enum Item<'h> {
    Time(&'h [u8], TimeFormat),
    Signature(&'h [u8]),
}

/// A first look at the signature headers: all but the decoding, which a stale request does not get.
struct Scan<'h, 'p> {
    time: Option<(&'h [u8], TimeFormat, &'p HeaderName)>,
    first: Option<(&'h [u8], &'p HeaderName)>,
    signatures: usize,
    /// A signature header that is there.
    name: &'p HeaderName,
}

#[inline]
fn scan<'h, 'p, H: Headers + ?Sized>(headers: &'h H, family: &'p Family) -> Result<Scan<'h, 'p>, VerifyError> {
    let mut found: Option<Scan<'h, 'p>> = None;
    let mut bytes = 0;
    for line in &family.signatures {
        for (place, value) in headers.values(&line.name).enumerate() {
            if place > 0 && !line.repeats() {
                return Err(VerifyError::RepeatedHeader { header: line.name.clone() });
            }
            bytes += value.len();
            if bytes > MAX_SIGNATURE_BYTES {
                return Err(VerifyError::HeaderTooLong { header: line.name.clone() });
            }
            let scan = found.get_or_insert(Scan { time: None, first: None, signatures: 0, name: &line.name });
            line.items(value, |item| {
                match item {
                    Item::Time(..) if scan.time.is_some() => return Err(malformed(&line.name, "has two timestamps")),
                    Item::Time(text, format) => scan.time = Some((text, format, &line.name)),
                    Item::Signature(text) => {
                        scan.first = scan.first.or(Some((text, &line.name)));
                        scan.signatures += 1;
                    }
                }
                Ok(())
            })?;
            if line.time.is_some() && scan.time.is_none() {
                return Err(malformed(&line.name, "has no timestamp"));
            }
        }
    }
    found.ok_or_else(|| match family.signatures.first() {
        Some(line) => missing(&line.name),
        None => VerifyError::NoMatch,
    })
}

impl SignatureLine {
    /// Takes one value apart. Unknown items are passed over.
    #[inline]
    fn items<'h>(
        &self,
        value: &'h [u8],
        mut each: impl FnMut(Item<'h>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let Some(separator) = self.separator else {
            return value.strip_prefix(&*self.mac.prefix).map_or(Ok(()), |mac| each(Item::Signature(mac)));
        };
        let items = value.split(|byte| *byte == separator).map(trim);
        if self.by_position { self.items_by_position(items, each) } else { self.items_by_prefix(items, &mut each) }
    }

    #[inline]
    fn items_by_prefix<'h>(
        &self,
        items: impl Iterator<Item = &'h [u8]>,
        each: &mut impl FnMut(Item<'h>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let mut signed = false;
        for item in items {
            let time = self.time.as_ref().and_then(|(text, format)| Some((item.strip_prefix(&*text.prefix)?, *format)));
            if let Some((text, format)) = time {
                each(Item::Time(text, format))?;
            } else if let Some(mac) = item.strip_prefix(&*self.mac.prefix) {
                if signed && self.repeat.is_none() {
                    return Err(malformed(&self.name, "has two signatures"));
                }
                signed = true;
                each(Item::Signature(mac))?;
            }
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
                item.strip_prefix(&*self.mac.prefix).map_or(Ok(()), |mac| each(Item::Signature(mac)))?;
            } else if place < named {
                let Some((text, format)) = &self.time else { continue };
                let time = item.strip_prefix(&*text.prefix).ok_or_else(|| malformed(&self.name, NO_PREFIX))?;
                each(Item::Time(time, *format))?;
            } else {
                let repeat = self.repeat.as_ref().ok_or_else(|| malformed(&self.name, "has too many items"))?;
                item.strip_prefix(&*repeat.prefix).map_or(Ok(()), |mac| each(Item::Signature(mac)))?;
            }
        }
        Ok(())
    }
}

const NO_PREFIX: &str = "does not begin as the scheme says";
const BORDER: &str = "holds the text that separates it from the body";

fn read_spliced<'h, H: Headers + ?Sized>(headers: &'h H, spliced: &Spliced) -> Result<&'h [u8], VerifyError> {
    let value = once(headers, &spliced.name)?.ok_or_else(|| missing(&spliced.name))?;
    match spliced.after_body.as_deref() {
        Some(border) if holds(value, border) => Err(malformed(&spliced.name, BORDER)),
        _ => Ok(value),
    }
}

/// The value of a header that must not repeat.
#[inline]
fn once<'h, H: Headers + ?Sized>(headers: &'h H, name: &HeaderName) -> Result<Option<&'h [u8]>, VerifyError> {
    match find(headers, name) {
        Found::Missing => Ok(None),
        Found::Once(value) => Ok(Some(value)),
        Found::Repeated => Err(VerifyError::RepeatedHeader { header: name.clone() }),
    }
}

/// An id as text: not empty, visible ASCII.
pub(super) fn visible(id: &[u8]) -> Option<&str> {
    let visible = !id.is_empty() && id.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(id).ok().filter(|_| visible)
}

pub(super) fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}

fn trim(item: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = item.iter().position(|byte| !blank(byte)).unwrap_or(item.len());
    let end = item.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    item.get(start..end).unwrap_or_default()
}

fn nanos(seconds: u32) -> i128 {
    i128::from(seconds) * 1_000_000_000
}

/// How far outside the window, in seconds, rounded up.
fn seconds_over(age: i128, limit: u32) -> u64 {
    u64::try_from((age - nanos(limit)).saturating_add(999_999_999) / 1_000_000_000).unwrap_or(u64::MAX)
}

#[cold]
fn missing(name: &HeaderName) -> VerifyError {
    VerifyError::MissingHeader { header: name.clone() }
}

#[cold]
fn malformed(name: &HeaderName, problem: &'static str) -> VerifyError {
    VerifyError::MalformedHeader { header: name.clone(), problem }
}
