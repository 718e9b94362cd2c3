//! JSON of which a parser has lost spellings one by one: zeros and exponents of numbers, escaped slashes, blanks. Only
//! `Content-Length` makes this search small: it says how many bytes were lost.

use std::ops::Range;

use super::body::BodyCandidate;
use super::code::Code;
use super::json::Json;
use super::json_style::{Layout, Style};

/// The largest body of which single spellings are varied.
const MAX_BODY: usize = 4 << 10;

/// The most places that are varied.
const MAX_SPOTS: usize = 48;

/// The most texts that are tried, by what they cost: bytes.
const MAX_BYTES: usize = 6 << 20;

/// The most steps of the choice between spellings.
const MAX_STEPS: usize = 200_000;

/// A hash of a short text costs as much as one of so many bytes.
const LEAST: usize = 128;

/// A place in a text, and how else it could have been written.
struct Spot {
    place: Range<usize>,
    others: Vec<String>,
}

impl Spot {
    fn growths(&self) -> impl Iterator<Item = isize> {
        let own = self.place.len().cast_signed();
        self.others.iter().map(move |other| other.len().cast_signed() - own)
    }
}

/// Calls for each text of a length, the fewest changes first, until the answer is true.
pub(super) fn visit(json: &Json, body: &[u8], length: usize, stop: &mut dyn FnMut(BodyCandidate) -> bool) {
    if body.len() > MAX_BODY || length > MAX_BODY {
        return;
    }
    let mut left = MAX_BYTES / length.max(LEAST);
    let mut steps = MAX_STEPS;
    let mut known: Vec<Vec<u8>> = Vec::new();
    for style in Style::grid(body).filter(|style| !style.sorted) {
        let text = style.write(json);
        if text.len() > length + MAX_SPOTS || known.contains(&text) {
            continue;
        }
        let need = length.cast_signed() - text.len().cast_signed();
        let mut kinds = vec![(values(&text), "other spellings of numbers and slashes")];
        if style.layout == Layout::Compact {
            kinds.push((gaps(&text), "blanks at other places"));
        }
        for (spots, told) in kinds {
            let mut choice =
                Choice { text: &text, spots: &spots, chosen: Vec::new(), left: &mut left, steps: &mut steps };
            let told =
                format!("The JSON was parsed and written again; the signed text is {}, with {told}", style.describe());
            let mut each = |bytes: Vec<u8>| stop(BodyCandidate::new(bytes, Code::BodyJson, told.clone()));
            if choice.is_small(need) && (1..=spots.len()).any(|changes| choice.extend(0, need, changes, &mut each)) {
                return;
            }
        }
        known.push(text);
    }
}

/// The numbers, and the slashes in strings.
fn values(text: &[u8]) -> Vec<Spot> {
    let mut found = Vec::new();
    let (mut at, mut is_inside) = (0, false);
    while let Some(byte) = text.get(at).filter(|_| found.len() <= MAX_SPOTS) {
        let start = at;
        at += 1;
        match byte {
            b'"' => is_inside = !is_inside,
            b'\\' if is_inside && text.get(at) == Some(&b'/') => {
                at += 1;
                found.push(spot(start..at, &["/", "\\u002F", "\\u002f"]));
            }
            b'\\' if is_inside => at += 1,
            b'/' if is_inside => found.push(spot(start..at, &["\\/", "\\u002F", "\\u002f"])),
            b'-' | b'0'..=b'9' if !is_inside => {
                while text.get(at).is_some_and(|c| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
                    at += 1;
                }
                let number =
                    text.get(start..at).and_then(|number| std::str::from_utf8(number).ok()).unwrap_or_default();
                found.push(Spot { place: start..at, others: spellings(number) });
            }
            _ => {}
        }
    }
    found.retain(|spot| !spot.others.is_empty());
    found
}

fn spot(place: Range<usize>, others: &[&str]) -> Spot {
    Spot { place, others: others.iter().map(|other| (*other).to_owned()).collect() }
}

/// Other texts of a number that a parser makes equal.
fn spellings(number: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |new: String| {
        if new != number && !found.contains(&new) {
            found.push(new);
        }
    };
    let whole = match number.split_once('.') {
        _ if number.contains(['e', 'E']) => {
            if let Ok(value) = number.parse::<f64>().map(|value| value.to_string()) {
                add(value.clone() + ".0");
                add(value);
            }
            return found;
        }
        Some((whole, fraction)) if fraction.bytes().all(|c| c == b'0') => {
            add(whole.to_owned());
            whole
        }
        Some(_) => {
            add(format!("{number}0"));
            add(format!("{number}00"));
            return found;
        }
        None => number,
    };
    add(format!("{whole}.0"));
    add(format!("{whole}.00"));
    if matches!(whole, "0" | "-0") {
        for other in ["-0.0", "-0", "0", "0.0"] {
            add(other.to_owned());
        }
        return found;
    }
    let digits = whole.trim_end_matches('0');
    let zeros = whole.len() - digits.len();
    if zeros >= 2 {
        for mark in ["e", "E", "e+", "E+"] {
            add(format!("{digits}{mark}{zeros}"));
        }
    }
    found
}

/// Where blanks may be: in brackets, and around `:` and `,`.
fn gaps(text: &[u8]) -> Vec<Spot> {
    let mut found: Vec<Spot> = Vec::new();
    let (mut is_inside, mut is_escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_inside => is_escaped = true,
            b'"' => is_inside = !is_inside,
            b'{' | b'[' | b'}' | b']' | b':' | b',' if !is_inside => {
                let (before, after) = (!matches!(byte, b'{' | b'['), !matches!(byte, b'}' | b']'));
                for place in [(before, at), (after, at + 1)].into_iter().filter(|(may, _)| *may).map(|(_, place)| place)
                {
                    if found.last().is_none_or(|last| last.place.start != place) {
                        found.push(spot(place..place, &[" "]));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

struct Choice<'c> {
    text: &'c [u8],
    spots: &'c [Spot],
    /// Each with the number of its other spelling.
    chosen: Vec<(usize, usize)>,
    /// How many texts may still be tried.
    left: &'c mut usize,
    steps: &'c mut usize,
}

impl Choice<'_> {
    /// Whether there are choices with so much growth, and few enough.
    fn is_small(&self, need: isize) -> bool {
        const RANGE: isize = 512;
        if self.spots.len() > MAX_SPOTS || need.abs() > RANGE {
            return false;
        }
        let mut counts = std::collections::BTreeMap::from([(0_isize, 1_usize)]);
        for spot in self.spots {
            let mut next = counts.clone();
            for (sum, count) in &counts {
                for growth in spot.growths() {
                    let entry = next.entry(sum + growth).or_default();
                    *entry = entry.saturating_add(*count);
                }
            }
            counts = next;
        }
        // Beyond this, those with the fewest changes are worth trying.
        counts
            .get(&need)
            .is_some_and(|count| *count <= *self.left || self.spots.iter().any(|spot| spot.others.len() > 1))
    }

    /// Chooses so many changes from a spot on. True if the search is to end.
    fn extend(&mut self, from: usize, need: isize, changes: usize, each: &mut dyn FnMut(Vec<u8>) -> bool) -> bool {
        if *self.steps == 0 {
            return true;
        }
        *self.steps -= 1;
        if changes == 0 {
            if need != 0 {
                return false;
            }
            if *self.left == 0 {
                return true;
            }
            *self.left -= 1;
            return each(self.text());
        }
        let rest = self.spots.get(from..).unwrap_or_default();
        if rest.len() < changes {
            return false;
        }
        let (mut most, mut least) = (0, 0);
        for spot in rest {
            most = most.max(spot.growths().max().unwrap_or_default());
            least = least.min(spot.growths().min().unwrap_or_default());
        }
        let count = changes.cast_signed();
        if need > most * count || need < least * count {
            return false;
        }
        for place in from..self.spots.len() {
            let growths: Vec<isize> = self.spots.get(place).map(|spot| spot.growths().collect()).unwrap_or_default();
            for (other, growth) in growths.into_iter().enumerate() {
                self.chosen.push((place, other));
                let is_over = self.extend(place + 1, need - growth, changes - 1, each);
                self.chosen.pop();
                if is_over {
                    return true;
                }
            }
        }
        false
    }

    fn text(&self) -> Vec<u8> {
        let mut new = Vec::with_capacity(self.text.len() + self.chosen.len());
        let mut end = 0;
        for (place, other) in &self.chosen {
            let Some(spot) = self.spots.get(*place) else { continue };
            new.extend_from_slice(self.text.get(end..spot.place.start).unwrap_or_default());
            new.extend_from_slice(spot.others.get(*other).map(String::as_bytes).unwrap_or_default());
            end = spot.place.end;
        }
        new.extend_from_slice(self.text.get(end..).unwrap_or_default());
        new
    }
}
