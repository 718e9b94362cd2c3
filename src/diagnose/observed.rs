//! Every text of a request that could be a MAC, in a table: whatever happened to the header costs no hash.

use std::collections::HashMap;

use crate::codec;
use crate::request::percent_decoded;

use super::captured::Captured;
use super::json::Json;
use super::text::printed;

/// Where a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// By its number.
    Header(usize),
    Query(String),
    Body,
}

/// How a MAC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    Hex,
    Base64,
    Base64Url,
    /// The alphabet of URLs, with padding, or the other one without.
    Base64Mixed,
    HexInBase64,
    /// Base64 or hex, of its base64.
    Twice,
}

/// What happened to the text on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    Quoted,
    /// As a program prints a list or bytes: `[…]`, `b'…'`.
    Printed,
    PercentEncoded,
    /// `+` became a blank.
    Blank,
    OtherCase,
    Cut,
}

impl Damage {
    /// Whether the MAC is all there under it.
    fn is_around(self) -> bool {
        matches!(self, Damage::Quoted | Damage::Printed | Damage::PercentEncoded)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) place: Place,
    pub(super) spelling: Spelling,
    pub(super) damage: Option<Damage>,
    pub(super) text: String,
    /// What is before it in its item of a list.
    pub(super) prefix: String,
}

impl Sighting {
    /// Whether it is a MAC of full length, whatever is around it.
    pub(super) fn is_whole(&self) -> bool {
        self.damage.is_none_or(Damage::is_around)
    }
}

#[derive(Debug, Default)]
pub(super) struct Observed {
    macs: HashMap<Vec<u8>, Vec<Sighting>>,
    /// Base64 whose letters are all in one case, by its text in lower case.
    one_case: HashMap<String, Sighting>,
    /// Texts that may have been cut.
    cut: Vec<Sighting>,
}

/// The lengths of MACs in bytes.
pub(super) const LENGTHS: [usize; 3] = [20, 32, 64];

/// The shortest text that is compared as the beginning of a MAC: 16 bytes cannot match by chance.
const MIN_CUT: usize = 32;

/// What separates items of a list.
pub(super) const SEPARATORS: [char; 6] = [',', ';', ' ', '|', '&', '.'];

impl Observed {
    pub(super) fn new(request: &Captured, reads_body: bool) -> Observed {
        let mut observed = Observed::default();
        for (number, (_, value)) in request.headers().enumerate() {
            if let Ok(value) = std::str::from_utf8(value) {
                observed.read(&Place::Header(number), value);
            }
        }
        for pair in request.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let Some(value) = percent_decoded(value.as_bytes()) {
                observed.read(&Place::Query(name.to_owned()), &value);
            }
        }
        if reads_body {
            let json = Json::read(request.body());
            for member in json.iter().flat_map(Json::all_members) {
                if let Some(text) = member.value.text() {
                    observed.read(&Place::Body, text);
                }
            }
            if json.is_none() {
                for pair in request.body().split(|c| *c == b'&') {
                    let value = pair.splitn(2, |c| *c == b'=').nth(1).unwrap_or_default();
                    if let Some(value) = percent_decoded(value) {
                        observed.read(&Place::Body, &value);
                    }
                }
            }
        }
        observed
    }

    /// The lengths of the MACs that are there, also of those that may have been cut, which have one of the given lengths.
    pub(super) fn lengths(&self, own: &[usize]) -> Vec<usize> {
        let is_cut = |length: usize| own.contains(&length) && !self.cut.is_empty();
        let is_in_one_case = |length: usize| self.one_case.keys().any(|text| text.len() == length.div_ceil(3) * 4);
        let is_there = |length: usize| self.macs.keys().any(|mac| mac.len() == length);
        LENGTHS.into_iter().filter(|length| is_there(*length) || is_cut(*length) || is_in_one_case(*length)).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.macs.is_empty() && self.one_case.is_empty() && self.cut.is_empty()
    }

    /// Where a MAC is.
    pub(super) fn find(&self, mac: &[u8]) -> Vec<&Sighting> {
        if let Some(found) = self.macs.get(mac) {
            return found.iter().collect();
        }
        if self.one_case.is_empty() && self.cut.is_empty() {
            return Vec::new();
        }
        let base64 = codec::base64_text(mac);
        if let Some(found) = self.one_case.get(&base64.to_lowercase()) {
            return vec![found];
        }
        let hex = codec::hex_text(mac);
        let begins = |sighting: &&Sighting| {
            let text = &sighting.text;
            base64.len() > text.len() && base64.starts_with(text.as_str())
                || hex.len() > text.len() && hex.starts_with(&text.to_lowercase())
        };
        self.cut.iter().filter(begins).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Sighting> {
        self.macs.values().flatten()
    }

    fn read(&mut self, place: &Place, value: &str) {
        let bare = value.trim();
        let inside = |quote: char| bare.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        match inside('"').or_else(|| inside('\'')) {
            Some(inner) => self.read_value(place, inner, Some(Damage::Quoted)),
            None => self.read_value(place, value, None),
        }
        if let Some(inner) = printed(bare) {
            self.read_value(place, &inner, Some(Damage::Printed));
        }
        if value.contains('%')
            && let Some(decoded) = percent_decoded(value.replace('+', "%2B").as_bytes())
        {
            self.read_value(place, &decoded, Some(Damage::PercentEncoded));
        }
        if bare.contains(' ') {
            self.read_value(place, &bare.replace(' ', "+"), Some(Damage::Blank));
        }
    }

    fn read_value(&mut self, place: &Place, value: &str, damage: Option<Damage>) {
        for item in value.split(SEPARATORS) {
            self.read_item(place, item, damage);
        }
    }

    fn read_item(&mut self, place: &Place, item: &str, damage: Option<Damage>) {
        let marks = item.char_indices().filter(|(_, c)| matches!(c, '=' | ':' | '"')).map(|(at, _)| at + 1);
        for at in std::iter::once(0).chain(marks.take(4)) {
            let (Some(prefix), Some(text)) = (item.get(..at), item.get(at..)) else { continue };
            let text = text.trim_matches(|c: char| c == '"' || c.is_whitespace());
            if text.len() < 27 {
                continue;
            }
            let new = |spelling| Sighting {
                place: place.clone(),
                spelling,
                damage,
                text: text.to_owned(),
                prefix: prefix.to_owned(),
            };
            let found = decoded(text);
            // The digits of a short MAC could be the first ones of a longer MAC.
            let is_found = found.iter().any(|(mac, _)| mac.len() > LENGTHS[0]);
            for (mac, spelling) in found {
                let sightings = self.macs.entry(mac).or_default();
                if !sightings.iter().any(|known| known.place == *place && known.damage.is_none()) || damage.is_none() {
                    sightings.push(new(spelling));
                }
            }
            let is_base64 = text.bytes().all(|c| c.is_ascii_alphanumeric() || b"+/-_=".contains(&c));
            let has = |of: fn(&u8) -> bool| text.bytes().any(|c| of(&c));
            let in_one_case = has(u8::is_ascii_lowercase) != has(u8::is_ascii_uppercase);
            if is_base64 && in_one_case && matches!(text.len(), 28 | 44 | 88) && text.ends_with('=') {
                self.one_case
                    .insert(text.to_lowercase(), Sighting { damage: Some(Damage::OtherCase), ..new(Spelling::Base64) });
            }
            let is_hex = text.bytes().all(|c| c.is_ascii_hexdigit());
            if !is_found && text.len() >= MIN_CUT && (is_hex || is_base64) && damage.is_none() {
                let spelling = if is_hex { Spelling::Hex } else { Spelling::Base64 };
                self.cut.push(Sighting { damage: Some(Damage::Cut), ..new(spelling) });
            }
        }
    }
}

/// The MACs that a text can mean.
fn decoded(text: &str) -> Vec<(Vec<u8>, Spelling)> {
    let mut found = Vec::new();
    let mut bytes = Vec::new();
    let is_mac = |bytes: &[u8]| LENGTHS.contains(&bytes.len());
    if codec::read_hex_key(text.as_bytes(), &mut bytes) && text.len().is_multiple_of(2) && is_mac(&bytes) {
        found.push((bytes.clone(), Spelling::Hex));
    }
    let padded = text.ends_with('=');
    let for_urls = text.contains(['-', '_']);
    let standard = text.replace('-', "+").replace('_', "/");
    if !codec::read_base64_key(standard.as_bytes(), &mut bytes) {
        return found;
    }
    if is_mac(&bytes) {
        let spelling = match (padded, for_urls) {
            (true, false) => Spelling::Base64,
            (false, true) => Spelling::Base64Url,
            (false, false) if !text.contains(['+', '/']) => Spelling::Base64Url,
            _ => Spelling::Base64Mixed,
        };
        found.push((bytes.clone(), spelling));
    }
    let mut inner = Vec::new();
    if bytes.len().is_multiple_of(2) && codec::read_hex_key(&bytes, &mut inner) && is_mac(&inner) {
        found.push((inner.clone(), Spelling::HexInBase64));
    }
    if codec::read_base64_key(&bytes, &mut inner) && is_mac(&inner) {
        found.push((inner.clone(), Spelling::Twice));
    }
    if codec::read_hex_key(text.as_bytes(), &mut bytes) && codec::read_base64_key(&bytes, &mut inner) && is_mac(&inner)
    {
        found.push((inner, Spelling::Twice));
    }
    found
}
