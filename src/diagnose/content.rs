//! What a signature may cover: the scheme's content with every value that its placeholders could have had.

use std::borrow::Cow;

use crate::codec::{base64_text, hex_text};
use crate::form::{self, Pairs};
use crate::mac::{Digest, sha256};
use crate::provider::Provider;
use crate::request::percent_decoded;
use crate::scheme::Scheme;

use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::listed::{self, Listing};
use super::moment::Moment;
use super::sample::{self, Half, Line, Slot};
use super::text::printed;
use super::url::UrlCandidate;

/// A piece of content.
#[derive(Clone)]
pub(super) enum Part {
    Text(Vec<u8>),
    Body,
    BodyHash(HashText),
    Form,
    Field(String),
    Secret,
}

#[derive(Clone, Copy)]
pub(super) enum HashText {
    Bytes,
    Hex,
    Base64,
}

/// Whose content it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The configured scheme's, by its number.
    Configured(usize),
    /// Another provider's.
    Preset(&'static Provider, usize),
    /// No scheme says so: another template in the place of the configured one.
    Template,
}

#[derive(Clone)]
pub(super) struct Content {
    pub(super) parts: Vec<Part>,
    /// In the notation.
    pub(super) covers: String,
    pub(super) digest: Digest,
    pub(super) origin: Origin,
    pub(super) causes: Vec<Cause>,
    pub(super) time: Option<Time>,
}

/// The time that was read for a content.
#[derive(Clone)]
pub(super) struct Time {
    pub(super) text: String,
    /// `{timestamp}` and so on; empty if no scheme says.
    pub(super) placeholder: String,
}

/// A text with what is wrong if it was the one that was signed.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) causes: Vec<Cause>,
}

/// The most contents of one scheme: a URL has some sixty spellings.
const MAX_CONTENTS: usize = 256;

impl Content {
    /// Whether the key is a part of what is hashed, without an HMAC.
    pub(super) fn is_plain(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Secret))
    }

    pub(super) fn pieces<'c>(&'c self, body: &'c [u8], secret: &'c [u8]) -> Vec<Cow<'c, [u8]>> {
        let piece = |part: &'c Part| match part {
            Part::Text(text) => Cow::Borrowed(text.as_slice()),
            Part::Body => Cow::Borrowed(body),
            Part::Secret => Cow::Borrowed(secret),
            Part::BodyHash(form) => Cow::Owned(form.of(body)),
            Part::Form => {
                let form = Pairs::read_bounded(body).and_then(|pairs| pairs.run_together());
                Cow::Owned(form.unwrap_or_default().into_bytes())
            }
            Part::Field(path) => Cow::Owned(sample::field(body, path).unwrap_or_default().into_bytes()),
        };
        self.parts.iter().map(piece).collect()
    }
}

impl HashText {
    fn of(self, body: &[u8]) -> Vec<u8> {
        let hash = sha256([body]);
        match self {
            HashText::Bytes => hash.to_vec(),
            HashText::Hex => hex_text(&hash).into_bytes(),
            HashText::Base64 => base64_text(&hash).into_bytes(),
        }
    }
}

/// The values that a request offers for a scheme's placeholders.
pub(super) struct Values {
    pub(super) times: Vec<(Value, String)>,
    pub(super) ids: Vec<Value>,
}

impl Values {
    pub(super) fn new(request: &Captured, scheme: &Scheme) -> Values {
        let lines = sample::lines(scheme);
        let (mut times, mut ids) = (Vec::new(), Vec::new());
        for line in &lines {
            if let Some(slot) = line.slot(&["timestamp"]) {
                for value in read(request, line, &slot) {
                    for spelled in respelled(&value) {
                        times.push((spelled, slot.placeholder.to_owned()));
                    }
                }
            }
            if let Some(slot) = line.slot(&["id"]) {
                ids.extend(read(request, line, &slot));
            }
        }
        Values { times, ids }
    }
}

/// What a request has in the place of a slot.
pub(super) fn read(request: &Captured, line: &Line<'_>, slot: &Slot<'_>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for (value, is_renamed) in line.values(request) {
        let mut causes = Vec::new();
        if is_renamed && line.half == Half::Header {
            causes.push(renamed(line.names.first().copied().unwrap_or_default()));
        }
        if value.contains('%')
            && let Some(decoded) = percent_decoded(value.replace('+', "%2B").as_bytes())
            && let Some(text) = slot.read(&decoded)
        {
            let mut causes = causes.clone();
            causes.push(Cause::new(Code::HeaderValue, "The header's value is percent-encoded"));
            found.push(Value { text, causes });
        }
        if let Some(text) = printed(&value).and_then(|inner| slot.read(&inner)) {
            let mut causes = causes.clone();
            causes.push(Cause::new(
                Code::HeaderValue,
                "The header's value is written as a program prints a list or bytes",
            ));
            found.push(Value { text, causes });
        }
        if let Some(text) = slot.read(&value) {
            found.push(Value { text, causes });
        }
    }
    found
}

pub(super) fn renamed(name: &str) -> Cause {
    Cause::new(Code::HeaderRenamed, format!("`{}` arrives under another name", name.to_ascii_lowercase()))
}

/// A time as received, and the same moment as it may have been written before.
fn respelled(value: &Value) -> Vec<Value> {
    let mut all = vec![value.clone()];
    let Some(moment) = Moment::read_rewritten(&value.text) else { return all };
    for (text, told) in moment.spellings() {
        if text != value.text {
            let mut causes = value.causes.clone();
            causes.push(Cause::new(
                Code::TimeRewritten,
                format!("The time was signed {told}, and arrives in another form"),
            ));
            all.push(Value { text, causes });
        }
    }
    all
}

/// The contents that a scheme's text says, first as received. None if the request lacks a value, or the scheme covers what
/// cannot be varied here.
pub(super) fn of_scheme(
    request: &Captured,
    scheme: &Scheme,
    covers: &str,
    origin: Origin,
    values: &Values,
    urls: &[UrlCandidate],
) -> Vec<Content> {
    if !covers.contains("{signed-headers") {
        return of_listing(request, scheme, covers, origin, values, urls, None);
    }
    let mut contents: Vec<Content> = Vec::new();
    for listing in listed::listings(request, scheme) {
        for mut content in of_listing(request, scheme, covers, origin, values, urls, Some(&listing)) {
            content.causes.extend(listing.causes.clone());
            contents.push(content);
        }
        if contents.len() >= MAX_CONTENTS {
            break;
        }
    }
    contents.sort_by_key(|content| content.causes.len());
    contents
}

/// The same with one reading of the listed headers, if the scheme has them.
fn of_listing(
    request: &Captured,
    scheme: &Scheme,
    covers: &str,
    origin: Origin,
    values: &Values,
    urls: &[UrlCandidate],
    listing: Option<&Listing>,
) -> Vec<Content> {
    let empty = Content {
        parts: Vec::new(),
        covers: covers.to_owned(),
        digest: scheme.digest(),
        origin,
        causes: Vec::new(),
        time: None,
    };
    let mut contents = vec![empty];
    let Some(pieces) = pieces(covers) else { return Vec::new() };
    let mut url_at: Option<Vec<usize>> = None;
    for piece in pieces {
        let choices: Vec<(Part, Vec<Cause>, Option<Time>)> = match piece {
            Piece::Literal(text) => vec![(Part::Text(text.as_bytes().to_vec()), Vec::new(), None)],
            Piece::Named("body") => vec![(Part::Body, Vec::new(), None)],
            Piece::Named("timestamp") => {
                let choice = |(value, placeholder): &(Value, String)| {
                    let time = Time { text: value.text.clone(), placeholder: placeholder.clone() };
                    (text(&value.text), value.causes.clone(), Some(time))
                };
                values.times.iter().map(choice).collect()
            }
            Piece::Named("id") => values.ids.iter().map(|id| (text(&id.text), id.causes.clone(), None)).collect(),
            Piece::Named("method") => vec![(text(request.method()), Vec::new(), None)],
            Piece::Named("secret") => vec![(Part::Secret, Vec::new(), None)],
            Piece::Named("form|sorted") => vec![(Part::Form, Vec::new(), None)],
            Piece::Named("body|sha256") => vec![(Part::BodyHash(HashText::Bytes), Vec::new(), None)],
            Piece::Named("body|sha256-hex") => vec![(Part::BodyHash(HashText::Hex), Vec::new(), None)],
            Piece::Named("body|sha256-base64") => vec![(Part::BodyHash(HashText::Base64), Vec::new(), None)],
            Piece::Named(
                name @ ("url"
                | "url|without-query"
                | "path"
                | "target"
                | "target|encoded"
                | "query|sorted"
                | "query|sorted-encoded"),
            ) => {
                // The same spelling in all places.
                if let Some(chosen) = &url_at {
                    for (content, place) in contents.iter_mut().zip(chosen) {
                        let part = urls.get(*place).and_then(|url| url_part(url, name)).unwrap_or_default();
                        content.parts.push(text(&part));
                    }
                    continue;
                }
                let mut next = Vec::new();
                let mut chosen = Vec::new();
                for content in &contents {
                    for (place, url) in urls.iter().enumerate() {
                        let Some(part) = url_part(url, name) else { continue };
                        let is_known = next.iter().any(|known: &Content| {
                            matches!(known.parts.last(), Some(Part::Text(last)) if last == part.as_bytes())
                                && known.parts.len() == content.parts.len() + 1
                        });
                        if is_known && !covers.contains("{query") {
                            continue;
                        }
                        let mut content = content.clone();
                        content.parts.push(text(&part));
                        content.causes.extend(url.cause.clone());
                        next.push(content);
                        chosen.push(place);
                        if next.len() >= MAX_CONTENTS {
                            break;
                        }
                    }
                }
                contents = next;
                url_at = Some(chosen);
                continue;
            }
            Piece::Named(name) => {
                if let Some(header) = name.strip_prefix("header:") {
                    let line = Line { half: Half::Header, names: vec![header], value: "" };
                    let constant = sample::lines(scheme)
                        .into_iter()
                        .find(|line| line.is_named(header) && !line.value.contains('{'));
                    let choice = |(value, is_renamed): (String, bool)| {
                        (text(&value), if is_renamed { vec![renamed(header)] } else { Vec::new() }, None)
                    };
                    let mut found: Vec<_> = line.values(request).into_iter().map(choice).collect();
                    if found.is_empty() {
                        found.extend(constant.map(|line| (text(line.value), Vec::new(), None)));
                    }
                    found
                } else if let Some(form) = name.strip_prefix("signed-headers") {
                    let joined = |listing: &Listing| match form.split_once(':') {
                        Some((kind, joiner)) => listing.joined(joiner, kind == "|pairs"),
                        None => listing.list.clone(),
                    };
                    listing.map(|listing| (text(&joined(listing)), Vec::new(), None)).into_iter().collect()
                } else if let Some(name) = name.strip_prefix('?') {
                    sample::query(request, name).map(|value| (text(&value), Vec::new(), None)).into_iter().collect()
                } else if name.starts_with('&') {
                    vec![(Part::Field(name.to_owned()), Vec::new(), None)]
                } else if let Some(path) = name.strip_prefix("$.") {
                    vec![(
                        Part::Field(path.trim_end_matches("|free").trim_end_matches('?').to_owned()),
                        Vec::new(),
                        None,
                    )]
                } else {
                    return Vec::new();
                }
            }
        };
        let mut next = Vec::new();
        let mut chosen = Vec::new();
        for (at, content) in contents.iter().enumerate() {
            for (part, causes, time) in &choices {
                let mut content = content.clone();
                content.parts.push(part.clone());
                for cause in causes {
                    if !content.causes.iter().any(|known| known.code() == cause.code()) {
                        content.causes.push(cause.clone());
                    }
                }
                content.time = content.time.or_else(|| time.clone());
                next.push(content);
                chosen.extend(url_at.as_ref().and_then(|places| places.get(at)).copied());
                if next.len() >= MAX_CONTENTS {
                    break;
                }
            }
        }
        contents = next;
        if url_at.is_some() {
            url_at = Some(chosen);
        }
    }
    contents.sort_by_key(|content| content.causes.len());
    contents
}

fn text(text: &str) -> Part {
    Part::Text(text.as_bytes().to_vec())
}

fn url_part(url: &UrlCandidate, name: &str) -> Option<String> {
    let query = url.query.as_deref();
    let marked = || query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(match name {
        "url" => url.base.clone() + &url.path + &marked(),
        "url|without-query" => url.base.clone() + &url.path,
        "path" if url.path.is_empty() => "/".to_owned(),
        "path" => url.path.clone(),
        "target" => url.path.clone() + &marked(),
        "target|encoded" => {
            let query = query.filter(|query| !query.is_empty()).map(|query| format!("?{}", form::component(query)));
            form::address(&(url.path.clone() + &query.unwrap_or_default()))
        }
        "query|sorted" => Pairs::read_bounded(query.unwrap_or_default().as_bytes())?.joined()?,
        _ => Pairs::read_bounded(query.unwrap_or_default().as_bytes())?.encoded()?,
    })
}

enum Piece<'c> {
    Literal(&'c str),
    Named(&'c str),
}

/// `None` for what a signer does not sign in one way, or with braces inside.
fn pieces(covers: &str) -> Option<Vec<Piece<'_>>> {
    let (mut found, mut rest) = (Vec::new(), covers);
    while let Some(open) = rest.find('{') {
        let (literal, after) = rest.split_at_checked(open)?;
        if !literal.is_empty() {
            found.push(Piece::Literal(literal));
        }
        let mut depth = 0;
        let end = after.char_indices().find_map(|(at, c)| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            (depth == 0).then_some(at)
        })?;
        found.push(Piece::Named(after.get(1..end)?));
        rest = after.get(end + 1..)?;
    }
    if !rest.is_empty() {
        found.push(Piece::Literal(rest));
    }
    Some(found)
}
