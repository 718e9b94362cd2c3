//! The bodies that could have been signed, if the one at hand is what a mistake made of it.

use std::borrow::Cow;
use std::ops::Range;

use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::envelope;
use super::form;
use super::inflate::inflated;
use super::json::{Json, Member};
use super::json_style::{Style, Unicode};
use super::json_variants::variants;
use super::text::{composed, decomposed, html_unescaped, numbers_unescaped, reread, widened};

#[derive(Clone)]
pub(super) struct BodyCandidate {
    pub(super) bytes: Vec<u8>,
    pub(super) causes: Vec<Cause>,
}

impl BodyCandidate {
    pub(super) fn new(bytes: Vec<u8>, code: Code, text: impl Into<String>) -> BodyCandidate {
        BodyCandidate { bytes, causes: vec![Cause::new(code, text)] }
    }
}

/// A body larger than this is not written in every style.
const MAX_GRID: usize = 1 << 20;

/// The largest body of which single values are varied.
const MAX_VARIED: usize = 16 << 10;

/// The most members that are cut out one by one.
const MAX_CUT: usize = 128;

/// The largest body whose frequent candidates are all kept for the next search. Of a larger one, those of one step are.
const MAX_KEPT: usize = 256 << 10;

/// What is cheap, and explains most: the text around the body, its wrappings, known writers, forms, encodings. They are made
/// when they are asked for: most searches end with one of the first, and a body can be large.
#[derive(Default)]
pub(super) struct Frequent {
    made: Vec<BodyCandidate>,
    /// How many were made before these, and are not kept.
    gone: usize,
    step: usize,
}

impl Frequent {
    /// The candidate in a place.
    pub(super) fn get(&mut self, request: &Captured, json: Option<&Json>, place: usize) -> Option<&BodyCandidate> {
        if place < self.gone {
            *self = Frequent::default();
        }
        while self.gone + self.made.len() <= place {
            if request.body().len() > MAX_KEPT {
                self.gone += self.made.len();
                self.made.clear();
            }
            self.made.extend(step(request, json, self.step)?);
            self.step += 1;
        }
        self.made.get(place - self.gone)
    }
}

/// The candidates of one step; `None` after the last.
fn step(request: &Captured, json: Option<&Json>, step: usize) -> Option<Vec<BodyCandidate>> {
    const WITH_LINE_END: usize = 10;
    let body = request.body();
    let known = |place: usize, end: &[u8]| {
        let (style, name) = Style::KNOWN.get(place)?;
        Some(vec![rewritten([style.write(json?).as_slice(), end].concat(), style, name)])
    };
    let rest = step.checked_sub(PARTS_AROUND + 1);
    Some(match (step, rest) {
        (part, _) if part < PARTS_AROUND => part_around(body, part),
        (PARTS_AROUND, _) => envelope::opened(body, json),
        (_, Some(place)) if place < Style::KNOWN.len() => known(place, b"").unwrap_or_default(),
        (_, Some(place)) => match place - Style::KNOWN.len() {
            0 => form::candidates(request, json),
            1 => charsets(body),
            2 => escaped(body),
            3 => {
                let told = "The body is compressed, and the signature covers what it contains";
                let plain = inflated(body).map(|plain| BodyCandidate::new(plain, Code::BodyCompressed, told));
                plain.into_iter().collect()
            }
            place if place < 4 + WITH_LINE_END => known(place - 4, b"\n").unwrap_or_default(),
            _ => return None,
        },
        (_, None) => return None,
    })
}

fn escaped(body: &[u8]) -> Vec<BodyCandidate> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    if memchr::memchr(b'&', body).is_none() {
        return Vec::new();
    }
    let ways = [
        (
            numbers_unescaped(text),
            Code::BodyCharset,
            "Characters beyond ASCII were replaced by references like `&#233;`",
        ),
        (html_unescaped(text), Code::BodyHtml, "The body was escaped as HTML"),
    ];
    let ways = ways.into_iter().filter(|(new, ..)| new != text);
    ways.map(|(new, code, told)| BodyCandidate::new(new.into_bytes(), code, told)).collect()
}

/// The most bodies inside another that are written again.
const MAX_INSIDE: usize = 12;

/// Bodies inside others that were written again before, and JSON that was written again in a form's field.
pub(super) fn nested<'j>(
    request: &'j Captured,
    json: Option<&'j Json>,
) -> impl Iterator<Item = BodyCandidate> + use<'j> {
    let body = request.body();
    let is_form = form::is_announced(request);
    let own = json.filter(|_| is_form).map(|json| (json.clone(), Vec::new()));
    let wrapped = [envelope::opened, |body: &[u8], _: Option<&Json>| [escaped(body), charsets(body)].concat()];
    let inside = wrapped
        .into_iter()
        .flat_map(move |open| open(body, json))
        .filter_map(|inner| Some((Json::read(&inner.bytes)?, inner)));
    let inside: Vec<_> = inside.filter(|(_, inner)| inner.bytes.len() <= MAX_VARIED).take(MAX_INSIDE).collect();
    let ends = inside.clone().into_iter().flat_map(|(_, inner)| {
        around(&inner.bytes)
            .collect::<Vec<_>>()
            .into_iter()
            .map(move |new| BodyCandidate { causes: [inner.causes.clone(), new.causes].concat(), ..new })
    });
    let forms = inside.clone().into_iter().filter(move |_| is_form).flat_map(|(_, inner)| {
        let fields = form::as_field(&inner.bytes);
        fields.into_iter().map(move |new| BodyCandidate { causes: [inner.causes.clone(), new.causes].concat(), ..new })
    });
    let all = inside.into_iter().map(|(json, inner)| (json, inner.causes)).chain(own);
    let again = all.flat_map(move |(json, causes)| {
        let known = Style::KNOWN.iter().map(|(style, name)| (*style, *name));
        let grid = Style::grid(body).map(|style| (style, ""));
        known.chain(grid).flat_map(move |(style, name)| {
            let text = style.write(&json);
            let texts = if causes.is_empty() { Vec::new() } else { vec![[&text[..], b"\n"].concat(), text.clone()] };
            let told = rewritten(Vec::new(), &style, name).causes;
            let fields = if is_form && !name.is_empty() { form::as_field(&text) } else { Vec::new() };
            let plain = texts.into_iter().map(|bytes| BodyCandidate { bytes, causes: Vec::new() });
            let all: Vec<_> = plain.chain(fields).collect();
            let before = [causes.clone(), told].concat();
            all.into_iter().map(move |new| BodyCandidate { causes: [before.clone(), new.causes].concat(), ..new })
        })
    });
    ends.chain(forms).chain(again)
}

/// JSON in every style, with every empty array as an object, and with numbers in other spellings. Made one by one. None
/// of a large body, of which each variant of the JSON is a multiple.
pub(super) fn rewritings<'j>(body: &'j [u8], json: &'j Json) -> impl Iterator<Item = BodyCandidate> + use<'j> {
    let json = Some(json).filter(|_| body.len() <= MAX_GRID);
    // Each is a copy: of a large body, only those that change everything.
    let singly = body.len() <= MAX_VARIED;
    let others = json.into_iter().flat_map(move |json| variants(json, singly)).map(Cow::Owned);
    let variants = json.into_iter().map(Cow::Borrowed).chain(others);
    variants.enumerate().flat_map(move |(number, json)| {
        let all: Vec<Style> = match number {
            0 => Style::grid(body).collect(),
            _ => {
                let lower = Style { unicode: Unicode::Lower, ..Style::PLAIN };
                let mut few: Vec<Style> = Style::KNOWN.iter().map(|(style, _)| *style).take(9).collect();
                few.push(lower);
                few
            }
        };
        let lines = if number == 0 { 2 } else { 1 };
        all.into_iter().flat_map(move |style| {
            let text = style.write(&json);
            (0..lines).map(move |line_ends| {
                let mut text = text.clone();
                text.extend(std::iter::repeat_n(b'\n', line_ends));
                rewritten(text, &style, "")
            })
        })
    })
}

fn rewritten(bytes: Vec<u8>, style: &Style, name: &str) -> BodyCandidate {
    let writer = if name.is_empty() { String::new() } else { format!(" (as {name})") };
    let text = format!("The JSON was parsed and written again; the signed text is {}{writer}", style.describe());
    BodyCandidate::new(bytes, Code::BodyJson, text)
}

/// Line ends, white space and marks around the body.
fn around(body: &[u8]) -> impl Iterator<Item = BodyCandidate> {
    (0..PARTS_AROUND).flat_map(|part| part_around(body, part))
}

const ENDS: [&str; 5] = ["\n", "\r\n", " ", "\n\n", "\0"];

/// In how many parts the bodies with other ends are made.
const PARTS_AROUND: usize = ENDS.len() + 5;

fn part_around(body: &[u8], part: usize) -> Vec<BodyCandidate> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    const LINE_ENDS: &str = "Line ends were changed between \\n and \\r\\n";
    let mut found = Vec::new();
    let mut add = |bytes: Vec<u8>, text: &str| {
        if bytes != body && !bytes.is_empty() {
            found.push(BodyCandidate::new(bytes, Code::BodyNewline, text));
        }
    };
    if body.is_empty() {
        return found;
    }
    let replaced = |body: &[u8], from: &[u8], to: &[u8]| {
        let mut new = Vec::with_capacity(body.len());
        let mut rest = body;
        while let Some(at) = memchr::memmem::find(rest, from) {
            new.extend_from_slice(rest.get(..at).unwrap_or_default());
            new.extend_from_slice(to);
            rest = rest.get(at + from.len()..).unwrap_or_default();
        }
        new.extend_from_slice(rest);
        new
    };
    let has_lines = || memchr::memchr(b'\n', body).is_some();
    match (part, part.checked_sub(1 + ENDS.len())) {
        (0, _) => {
            let bare = body.strip_prefix(BOM).unwrap_or(body);
            add(bare.to_vec(), "A byte order mark was put in front of the body");
            add(bare.trim_ascii_end().to_vec(), "White space was added at the end of the body");
            add(bare.trim_ascii().to_vec(), "White space was added around the body");
        }
        (_, None) => {
            let end = ENDS.get(part - 1).copied().unwrap_or_default();
            add([body, end.as_bytes()].concat(), "White space at the end of the body was cut off");
            if let Some(rest) = body.strip_suffix(end.as_bytes()) {
                add(rest.to_vec(), "White space was added at the end of the body");
            }
        }
        (_, Some(0)) => {
            for front in ["\n", " ", "\r\n"] {
                add([front.as_bytes(), body].concat(), "White space in front of the body was cut off");
            }
            add([BOM, body].concat(), "The byte order mark in front of the body was cut off");
        }
        (_, Some(rest @ (1 | 2))) if has_lines() => {
            let unix = replaced(body, b"\r\n", b"\n");
            let (text, end) = if rest == 1 { (replaced(&unix, b"\n", b"\r\n"), "\r\n") } else { (unix, "\n") };
            add([text.as_slice(), end.as_bytes()].concat(), LINE_ENDS);
            add(text.trim_ascii_end().to_vec(), LINE_ENDS);
            add(text, LINE_ENDS);
        }
        (_, Some(3)) => {
            if has_lines() {
                let unix = replaced(body, b"\r\n", b"\n");
                add(replaced(&unix, b"\n", b""), "Line ends were added to the body");
            }
            if memchr::memchr(b'\r', body).is_some() {
                add(replaced(body, b"\r", b"\n"), LINE_ENDS);
            }
        }
        _ => {}
    }
    found
}

fn charsets(body: &[u8]) -> Vec<BodyCandidate> {
    let mut found: Vec<BodyCandidate> = Vec::new();
    if body.is_ascii() {
        return found;
    }
    for (windows, name) in [(false, "Latin-1"), (true, "Windows-1252")] {
        if let Some(once) = reread(body, windows) {
            let told = format!("The body was read as {name} and written as UTF-8");
            if let Some(twice) = reread(&once, windows) {
                found.push(BodyCandidate::new(twice, Code::BodyCharset, told.clone() + ", twice"));
            }
            found.push(BodyCandidate::new(once, Code::BodyCharset, told));
        }
        if std::str::from_utf8(body).is_err() {
            let told = format!("The body was written as {name} instead of UTF-8");
            found.push(BodyCandidate::new(widened(body, windows), Code::BodyCharset, told));
        }
    }
    if let Ok(text) = std::str::from_utf8(body) {
        for (big, name) in [(false, "little"), (true, "big")] {
            let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let words = text.encode_utf16().flat_map(bytes).collect();
            found.push(BodyCandidate::new(
                words,
                Code::BodyCharset,
                format!("The signed body is in UTF-16, {name} endian"),
            ));
        }
        for (new, told) in [(composed(text), "apart from their letters"), (decomposed(text), "joined to their letters")]
        {
            if new != text {
                let told = format!("Unicode was normalised: accents were put {told}");
                found.push(BodyCandidate::new(new.into_bytes(), Code::BodyCharset, told));
            }
        }
        let narrow: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        if let Some(narrow) = narrow {
            found.push(BodyCandidate::new(narrow, Code::BodyCharset, "The signed body is in Latin-1"));
        }
    }
    for big in [false, true] {
        let bare = body.strip_prefix(if big { &b"\xfe\xff"[..] } else { &b"\xff\xfe"[..] }).unwrap_or(body);
        let units = bare
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
        if bare.len() % 2 == 0
            && let Ok(text) = char::decode_utf16(units).collect::<Result<String, _>>()
        {
            found.push(BodyCandidate::new(text.into_bytes(), Code::BodyCharset, "The body was written in UTF-16"));
        }
    }
    found
}

/// What somebody may have done to the body on purpose: a member added, text appended or put in front. Made one by one:
/// each is almost the whole body.
pub(super) fn tampered<'j>(body: &'j [u8], json: Option<&'j Json>) -> impl Iterator<Item = BodyCandidate> + use<'j> {
    const TOLD: &str = "The body says something else than what was signed";
    let without = move |place: Range<usize>, what: &str| {
        let parts = [body.get(..place.start)?, body.get(place.end..)?];
        Some(BodyCandidate::new(parts.concat(), Code::BodyAltered, format!("{TOLD}: {what}")))
    };
    let appended = std::iter::once(()).filter_map(move |()| match json {
        None => Json::read_front(body).and_then(|(_, end)| without(end..body.len(), "text was appended to it")),
        Some(_) => None,
    });
    let members = json.into_iter().flat_map(Json::all_members).take(MAX_CUT);
    let places = members.flat_map(move |member| [true, false].map(|after| around_member(body, member, after)));
    appended.chain(places.flatten().filter_map(move |place| without(place, "a field was added to it")))
}

/// A member with the comma after it, or with the one before it.
fn around_member(body: &[u8], member: &Member, after: bool) -> Option<Range<usize>> {
    if after {
        let rest = body.get(member.place.end..)?;
        let comma = rest.iter().position(|c| !c.is_ascii_whitespace())?;
        (rest.get(comma) == Some(&b',')).then_some(())?;
        let next = rest.get(comma + 1..)?.iter().position(|c| !c.is_ascii_whitespace())?;
        Some(member.place.start..member.place.end + comma + 1 + next)
    } else {
        let front = body.get(..member.place.start)?;
        let comma = front.iter().rposition(|c| !c.is_ascii_whitespace())?;
        (front.get(comma) == Some(&b',')).then_some(comma..member.place.end)
    }
}
