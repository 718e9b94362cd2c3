//! Forms that a program parsed and wrote again, or of which it took one field for the body.

use crate::form::Pairs;

use super::body::BodyCandidate;
use super::captured::Captured;
use super::code::Code;
use super::json::Json;

/// How programs encode the values of a form: what they leave as it is, and how they write a blank.
const WRITERS: [(&[u8], bool, bool); 12] = [
    // Upper-case digits, then whether a blank is `+`.
    (b"*-._", true, true),
    (b"-._~", true, true),
    (b"-._~", true, false),
    (b"-._", true, true),
    (b"-_.!~*'()", true, false),
    (b"-_.!~*'()", true, true),
    (b"-._~/", true, true),
    (b"-._~/", true, false),
    (b"*-._", false, true),
    (b"-._~", false, true),
    (b"-._~", false, false),
    (b"-._~:/?[]@!$'()*,;", true, false),
];

/// Characters that some programs leave as they are, and others escape; all leave letters, digits and `-._`.
const DIFFERENT: [&[u8]; 8] = [b"*", b"~", b"!", b"()", b"'", b"/", b":", b",;@$?"];

/// The most groups of different characters of which every combination is tried.
const MAX_DIFFERENT: usize = 5;

/// The largest form that is written in every way.
const MAX_VARIED: usize = 8 << 10;

/// The largest body that is written under each name of a field.
const MAX_NAMED: usize = 256 << 10;

/// Names of the field that holds the whole of a body.
const FIELDS: [&str; 7] = ["payload", "data", "json", "body", "event", "mandrill_events", "Body"];

fn content_type(request: &Captured) -> Option<String> {
    let kind = ["content-type", "CONTENT_TYPE", "HTTP_CONTENT_TYPE"].iter().find_map(|name| request.header(name));
    kind.map(str::to_ascii_lowercase)
}

/// Whether the request says that its body is a form.
pub(super) fn is_announced(request: &Captured) -> bool {
    content_type(request).is_some_and(|kind| kind.contains("form-urlencoded"))
}

/// Forms of which this is the only field.
pub(super) fn as_field(text: &[u8]) -> Vec<BodyCandidate> {
    let Ok(text) = std::str::from_utf8(text) else { return Vec::new() };
    let forms = FIELDS.iter().take(2).flat_map(|name| {
        let pair = [((*name).to_owned(), text.to_owned())];
        WRITERS.iter().take(8).map(move |(kept, upper, plus)| written(&pair, kept, *upper, *plus))
    });
    let told = "The signed body is a form, and its field was verified";
    forms.map(|bytes| BodyCandidate::new(bytes, Code::BodyForm, told)).collect()
}

pub(super) fn candidates(request: &Captured, json: Option<&Json>) -> Vec<BodyCandidate> {
    let body = request.body();
    let may_be_form = content_type(request).is_none_or(|kind| !kind.contains("json"));
    let mut forms = Forms { body, found: Vec::new() };
    match json {
        // A sender of JSON says so.
        Some(_) if !may_be_form => {}
        Some(json) => {
            let pairs: Option<Vec<_>> = json
                .members()
                .iter()
                .map(|member| match &member.value {
                    Json::Text(text) | Json::Number(text) => Some((member.name.clone(), text.clone())),
                    Json::Bool(value) => Some((member.name.clone(), value.to_string())),
                    Json::Null => Some((member.name.clone(), String::new())),
                    Json::Object(_) | Json::Array(_) => {
                        let text = std::str::from_utf8(body.get(member.value_place.clone())?).ok()?;
                        Some((member.name.clone(), text.to_owned()))
                    }
                })
                .collect();
            if let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) {
                forms.add(&pairs, "The form was parsed, and its fields were written as JSON");
            }
            if let Ok(text) = std::str::from_utf8(body) {
                for name in FIELDS.into_iter().take(if body.len() <= MAX_NAMED { FIELDS.len() } else { 1 }) {
                    let pair = (name.to_owned(), text.to_owned());
                    forms
                        .add_known(&[pair], &format!("The signed body is a form, and its field `{name}` was verified"));
                }
            }
        }
        None if is_announced(request) || body.contains(&b'=') => {
            if let Some(pairs) = Pairs::read_bounded(body).map(Pairs::into_list).filter(|pairs| !pairs.is_empty()) {
                let told = "The form was parsed and written again";
                forms.add(&pairs, told);
                let mut sorted = pairs.clone();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                forms.add_known(&sorted, told);
                if sorted == pairs {
                    orders(&pairs).iter().for_each(|pairs| forms.add_known(pairs, told));
                }
            }
            if let Ok(text) = std::str::from_utf8(body) {
                decoded(text).iter().for_each(|pairs| forms.add(pairs, "The form was decoded before it was verified"));
            }
        }
        None => {}
    }
    if is_announced(request)
        && let Some(pairs) = std::str::from_utf8(body).ok().and_then(printed_pairs)
    {
        forms.add(&pairs, "The form was parsed, and is verified as a program prints its fields");
    }
    forms.found
}

struct Forms<'b> {
    body: &'b [u8],
    found: Vec<BodyCandidate>,
}

impl Forms<'_> {
    /// The pairs as known programs write them, then in every way that makes a difference.
    fn add(&mut self, pairs: &[(String, String)], told: &str) {
        self.add_known(pairs, told);
        let has = |group: &&[u8]| {
            pairs.iter().any(|(name, value)| [name, value].iter().any(|text| text.bytes().any(|c| group.contains(&c))))
        };
        let groups: Vec<&[u8]> = DIFFERENT.into_iter().filter(has).collect();
        if groups.len() > MAX_DIFFERENT || self.body.len() > MAX_VARIED {
            return;
        }
        for chosen in 0..1_usize << groups.len() {
            let kept = groups.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).flat_map(|(_, group)| *group);
            let kept: Vec<u8> = b"-._".iter().chain(kept).copied().collect();
            for (upper, plus) in [(true, true), (true, false), (false, true), (false, false)] {
                self.push(written(pairs, &kept, upper, plus), told);
            }
        }
    }

    fn add_known(&mut self, pairs: &[(String, String)], told: &str) {
        for (kept, upper, plus) in WRITERS {
            self.push(written(pairs, kept, upper, plus), told);
        }
    }

    fn push(&mut self, bytes: Vec<u8>, told: &str) {
        if bytes != self.body && !self.found.iter().any(|known| known.bytes == bytes) {
            self.found.push(BodyCandidate::new(bytes, Code::BodyForm, told));
        }
    }
}

/// What a form decoded as a whole may have been: of its `&`, those separate that begin a field.
fn decoded(text: &str) -> Vec<Vec<(String, String)>> {
    let all: Vec<(String, String)> = text
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut with_equals: Vec<(String, String)> = Vec::new();
    for piece in text.split('&') {
        match (piece.split_once('='), with_equals.last_mut()) {
            (None, Some((_, last))) => last.extend(["&", piece]),
            (pair, _) => {
                let (name, value) = pair.unwrap_or((piece, ""));
                with_equals.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    vec![all, with_equals, vec![(name.to_owned(), value.to_owned())]]
}

/// The other orders of sorted fields, with those of one name as they are, where these are few.
fn orders(pairs: &[(String, String)]) -> Vec<Vec<(String, String)>> {
    const MAX: usize = 6;
    fn extend(chosen: &mut Vec<usize>, pairs: &[(String, String)], found: &mut Vec<Vec<(String, String)>>) {
        if chosen.len() == pairs.len() {
            found.push(chosen.iter().filter_map(|place| pairs.get(*place).cloned()).collect());
            return;
        }
        for (place, (name, _)) in pairs.iter().enumerate() {
            let is_next =
                |earlier: usize| chosen.contains(&earlier) || pairs.get(earlier).is_some_and(|(own, _)| own != name);
            if !chosen.contains(&place) && (0..place).all(is_next) {
                chosen.push(place);
                extend(chosen, pairs, found);
                chosen.pop();
            }
        }
    }
    let mut found = Vec::new();
    if (2..=MAX).contains(&pairs.len()) {
        extend(&mut Vec::new(), pairs, &mut found);
    }
    found
}

/// The fields in `{'a': 'b'}` or `[('a', 'b')]`, as Python prints a form, with a name in front or not.
fn printed_pairs(text: &str) -> Option<Vec<(String, String)>> {
    let text = text.trim();
    let inner = text.find(['{', '[']).and_then(|start| text.get(start..=text.rfind(['}', ']'])?))?;
    text.split(['{', '[']).next()?.bytes().all(|c| c.is_ascii_alphanumeric() || b"(<: _.".contains(&c)).then_some(())?;
    let mut texts = Vec::new();
    let mut rest = inner.get(1..inner.len().checked_sub(1)?)?;
    while let Some(open) = rest.find(['\'', '"']) {
        rest.get(..open)?.chars().all(|c| "[](),: ".contains(c)).then_some(())?;
        let quote = rest.get(open..)?.chars().next()?;
        rest = rest.get(open + 1..)?;
        let (mut text, mut end, mut is_escaped) = (String::new(), None, false);
        for (at, c) in rest.char_indices() {
            match c {
                'n' if is_escaped => text.push('\n'),
                'r' if is_escaped => text.push('\r'),
                't' if is_escaped => text.push('\t'),
                'x' | 'u' if is_escaped => return None,
                '\\' if !is_escaped => {
                    is_escaped = true;
                    continue;
                }
                c if c == quote && !is_escaped => {
                    end = Some(at + 1);
                    break;
                }
                c => text.push(c),
            }
            is_escaped = false;
        }
        texts.push(text);
        rest = rest.get(end?..)?;
    }
    let pairs: Vec<_> =
        texts.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect();
    (!pairs.is_empty() && texts.len().is_multiple_of(2)).then_some(pairs)
}

fn written(pairs: &[(String, String)], kept: &[u8], upper: bool, plus: bool) -> Vec<u8> {
    let mut text = Vec::new();
    let mut write = |part: &str| {
        for byte in part.bytes() {
            match byte {
                b' ' if plus => text.push(b'+'),
                byte if byte.is_ascii_alphanumeric() || kept.contains(&byte) => text.push(byte),
                byte => {
                    let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
                    text.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
                }
            }
        }
        text.len()
    };
    let mut joined = Vec::new();
    for (name, value) in pairs {
        let middle = write(name);
        let end = write(value);
        joined.push((middle, end));
    }
    let mut form = Vec::with_capacity(text.len() + 2 * pairs.len());
    let mut start = 0;
    for (middle, end) in joined {
        if start > 0 {
            form.push(b'&');
        }
        form.extend_from_slice(text.get(start..middle).unwrap_or_default());
        form.push(b'=');
        form.extend_from_slice(text.get(middle..end).unwrap_or_default());
        start = end;
    }
    form
}
