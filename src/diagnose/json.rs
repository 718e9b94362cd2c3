//! A reader that keeps what serde_json loses: the order of members, the text of numbers, and where each member is.

use std::hash::{Hash, Hasher};
use std::ops::Range;

/// Values may be nested so deep.
const MAX_DEPTH: usize = 128;

/// A text may have so many values: one of two bytes takes fifty in memory.
const MAX_VALUES: usize = 1 << 20;

#[derive(Debug, Clone, PartialEq, Hash)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<Member>),
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) value: Json,
    /// From the name's quotation mark to the end of the value.
    pub(super) place: Range<usize>,
    /// The value alone.
    pub(super) value_place: Range<usize>,
}

impl PartialEq for Member {
    fn eq(&self, other: &Member) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Hash for Member {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.value).hash(state);
    }
}

impl Member {
    /// The same with another value.
    pub(super) fn with(&self, value: Json) -> Member {
        Member { name: self.name.clone(), value, place: self.place.clone(), value_place: self.value_place.clone() }
    }
}

impl Json {
    /// `None` if the whole text is not one JSON value, or one of too many.
    pub(super) fn read(text: &[u8]) -> Option<Json> {
        let (value, end) = Json::read_front(text)?;
        text.get(end..)?.iter().all(u8::is_ascii_whitespace).then_some(value)
    }

    /// The value at the beginning of a text, and where it ends.
    pub(super) fn read_front(text: &[u8]) -> Option<(Json, usize)> {
        let mut reader = Reader { text: std::str::from_utf8(text).ok()?, at: 0, left: MAX_VALUES };
        reader.skip_blanks();
        let value = reader.value(0)?;
        Some((value, reader.at))
    }

    pub(super) fn members(&self) -> &[Member] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.members().iter().find(|member| member.name == name).map(|member| &member.value)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether both mean the same: numbers by value, and an empty array like an empty object, which PHP confuses.
    pub(super) fn means(&self, other: &Json) -> bool {
        let is_empty = |value: &Json| match value {
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        match (self, other) {
            (Json::Number(one), Json::Number(other)) => {
                one == other || matches!((number(one), number(other)), (Some(one), Some(other)) if one == other)
            }
            (Json::Array(one), Json::Array(other)) if one.len() == other.len() => {
                one.iter().zip(other).all(|(one, other)| one.means(other))
            }
            (Json::Object(one), Json::Object(other)) if one.len() == other.len() => {
                let (mut one, mut other): (Vec<_>, Vec<_>) = (one.iter().collect(), other.iter().collect());
                one.sort_by(|a, b| a.name.cmp(&b.name));
                other.sort_by(|a, b| a.name.cmp(&b.name));
                one.iter().zip(other).all(|(one, other)| one.name == other.name && one.value.means(&other.value))
            }
            (one, other) => one == other || is_empty(one) && is_empty(other),
        }
    }

    /// Whether the members of every object, or the outermost ones, are in the order of their names, and there are enough to
    /// say so.
    pub(super) fn is_sorted(&self) -> bool {
        fn look(value: &Json, pairs: &mut usize) -> bool {
            match value {
                Json::Object(members) => {
                    *pairs += members.len().saturating_sub(1);
                    members.is_sorted_by(|a, b| a.name <= b.name) && members.iter().all(|m| look(&m.value, pairs))
                }
                Json::Array(items) => items.iter().all(|item| look(item, pairs)),
                _ => true,
            }
        }
        let mut pairs = 0;
        let outermost = self.members();
        look(self, &mut pairs) && pairs >= 5 || outermost.len() >= 6 && outermost.is_sorted_by(|a, b| a.name <= b.name)
    }

    /// A number as a program writes one that it has read as floating-point, and that is not so exact: the text of the nearest
    /// one, beyond 2^53 or with an exponent.
    pub(super) fn rounded_number(&self) -> Option<&str> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let is_rounded = |text: &str| {
            let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            let (digits, zeros) = (digits.trim_end_matches('0'), digits.len() - digits.trim_end_matches('0').len());
            let is_large = text.parse::<f64>().is_ok_and(|value| value.abs() >= EXACT);
            is_large && (15..=17).contains(&digits.len()) && (zeros >= 2 || !exponent.is_empty())
        };
        match self {
            Json::Number(text) => is_rounded(text).then_some(text),
            Json::Array(items) => items.iter().find_map(Json::rounded_number),
            Json::Object(members) => members.iter().find_map(|member| member.value.rounded_number()),
            _ => None,
        }
    }

    /// Every member of every object, the outermost first.
    pub(super) fn all_members(&self) -> Vec<&Member> {
        let (mut found, mut waiting) = (Vec::new(), vec![self]);
        while let Some(value) = waiting.pop() {
            match value {
                Json::Object(members) => {
                    found.extend(members);
                    waiting.extend(members.iter().map(|member| &member.value));
                }
                Json::Array(items) => waiting.extend(items),
                _ => {}
            }
        }
        found
    }
}

/// A number as digits without leading and trailing zeros, and the place of its point: exact for any length.
fn number(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let value = digits.trim_matches('0').to_owned();
    if value.is_empty() {
        return Some((false, value, 0));
    }
    let shift = i64::try_from(trailing).ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    Some((negative, value, exponent.checked_add(shift)?))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// How many values may follow.
    left: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        match self.peek()? {
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => self.array(depth),
            b'{' => self.object(depth),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at)?;
        text.parse::<f64>().ok()?;
        Some(Json::Number(text.to_owned()))
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.take(b'[')?;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.take(b']').is_some() {
            return Some(Json::Array(items));
        }
        loop {
            self.skip_blanks();
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Json::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take(b'{')?;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.take(b'}').is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            let start = self.at;
            let name = self.string()?;
            self.skip_blanks();
            self.take(b':')?;
            self.skip_blanks();
            let value_start = self.at;
            let value = self.value(depth + 1)?;
            members.push(Member { name, value, place: start..self.at, value_place: value_start..self.at });
            self.skip_blanks();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Json::Object(members));
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let end = rest.find(['"', '\\'])?;
            text.push_str(rest.get(..end)?);
            self.at += end + 1;
            if rest.as_bytes().get(end) == Some(&b'"') {
                return Some(text);
            }
            let escape = self.peek()?;
            self.at += 1;
            text.push(match escape {
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'"' | b'\\' | b'/' => char::from(escape),
                b'u' => self.escaped()?,
                _ => return None,
            });
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.take(b'\\')?;
        self.take(b'u')?;
        let second = self.unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return None;
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}
