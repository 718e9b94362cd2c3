//! A scheme's lines as text, and what a request has in their places: also where its headers were renamed.

use super::captured::Captured;
use super::json::Json;
use crate::request::percent_decoded;
use crate::scheme::Scheme;

/// One line of a scheme.
pub(super) struct Line<'s> {
    pub(super) half: Half,
    pub(super) names: Vec<&'s str>,
    pub(super) value: &'s str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Header,
    Query,
    Body,
}

/// One placeholder of a line.
pub(super) struct Slot<'s> {
    pub(super) prefix: &'s str,
    pub(super) placeholder: &'s str,
    /// What separates the items, if the value is a list.
    pub(super) separator: Option<char>,
    /// Its number in the list.
    pub(super) position: usize,
}

pub(super) fn lines(scheme: &Scheme) -> Vec<Line<'_>> {
    let head = scheme.headers().lines().map(|line| (false, line));
    let all = head.chain(scheme.body().lines().map(|line| (true, line)));
    all.filter_map(|(is_body, line)| {
        let line = line.trim();
        let (names, value) = line.strip_prefix(':').unwrap_or(line).split_once(':')?;
        if line.starts_with(':') {
            return None;
        }
        let (half, names) = match (is_body, names.strip_prefix('?')) {
            (true, _) => (Half::Body, vec![names.trim()]),
            (false, Some(name)) => (Half::Query, vec![name.trim()]),
            (false, None) => (Half::Header, names.split('|').map(str::trim).collect()),
        };
        Some(Line { half, names, value: value.trim() })
    })
    .collect()
}

impl<'s> Line<'s> {
    /// The first placeholder that begins so: `timestamp`, `hex`.
    pub(super) fn slot(&self, kinds: &[&str]) -> Option<Slot<'s>> {
        let open = self.value.find('{')?;
        let end = self.value.get(open..)?.find('}')? + open + 1;
        let separator = self.value.get(end..)?.chars().next().filter(|c| matches!(c, ',' | ';' | ' '));
        let items: Vec<&str> = match separator {
            // A prefix may contain the separator: `v1,{base64} ...`.
            Some(separator) => self.value.split(separator).collect(),
            None => vec![self.value],
        };
        items.into_iter().enumerate().find_map(|(position, item)| {
            let item = item.trim_start();
            let open = item.find('{')?;
            let placeholder = item.get(open..)?;
            let name = placeholder.strip_prefix('{')?;
            let is_kind = |kind: &str| name.strip_prefix(kind).is_some_and(|rest| rest.starts_with(['}', ':', '|']));
            kinds.iter().any(|kind| is_kind(kind)).then(|| Slot {
                prefix: item.get(..open).unwrap_or_default(),
                placeholder,
                separator,
                position,
            })
        })
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name) || is_numbered(own, name))
    }

    /// Whether a header could be this line's, under the name that a gateway or CGI gave it.
    pub(super) fn is_renamed(&self, name: &str) -> bool {
        self.names.iter().any(|own| is_same_header(own, name))
    }

    /// The texts in this line's place, and whether the name is another.
    pub(super) fn values(&self, request: &Captured) -> Vec<(String, bool)> {
        match self.half {
            Half::Header => {
                let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
                let mut own: Vec<(String, bool)> = Vec::new();
                for (_, value) in request.headers().filter(|(name, _)| self.is_named(name)) {
                    if !own.iter().any(|(known, _)| *known == text(value)) {
                        own.push((text(value), false));
                    }
                }
                if own.is_empty() {
                    let renamed = request.headers().filter(|(name, _)| self.is_renamed(name));
                    own.extend(renamed.map(|(_, value)| (text(value), true)));
                }
                own
            }
            Half::Query => {
                self.names.iter().filter_map(|name| query(request, name)).map(|text| (text, false)).collect()
            }
            Half::Body => {
                self.names.iter().filter_map(|path| field(request.body(), path)).map(|text| (text, false)).collect()
            }
        }
    }
}

impl Slot<'_> {
    /// The text of the placeholder in a value.
    pub(super) fn read(&self, value: &str) -> Option<String> {
        let value = value.trim_matches('"');
        let Some(separator) = self.separator else {
            return value.strip_prefix(self.prefix).map(|text| text.trim().to_owned());
        };
        let mut items = value.split(separator).map(str::trim);
        let item = match self.prefix {
            "" => items.nth(self.position)?,
            prefix => items.find_map(|item| item.strip_prefix(prefix))?,
        };
        Some(item.to_owned())
    }
}

fn is_numbered(own: &str, name: &str) -> bool {
    own.strip_suffix("{n}").is_some_and(|stem| {
        name.get(..stem.len()).is_some_and(|front| front.eq_ignore_ascii_case(stem))
            && name.get(stem.len()..).is_some_and(|n| !n.is_empty() && n.bytes().all(|c| c.is_ascii_digit()))
    })
}

/// Whether both are the same header for CGI and for gateways.
pub(super) fn is_same_header(one: &str, other: &str) -> bool {
    stem(one) == stem(other)
}

fn stem(name: &str) -> String {
    let mut stem: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    for front in
        ["redirect_", "http_", "x_amzn_remapped_", "x_original_", "x_forwarded_", "x_real_", "x_upstream_", "x_"]
    {
        if let Some(rest) = stem.strip_prefix(front) {
            stem = rest.to_owned();
        }
    }
    stem.retain(|c| c != '_');
    stem
}

pub(super) fn query(request: &Captured, name: &str) -> Option<String> {
    request.query()?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decoded(key.as_bytes())? == name).then(|| percent_decoded(value.as_bytes()))?
    })
}

/// A field of the body, by its path.
pub(super) fn field(body: &[u8], path: &str) -> Option<String> {
    if let Some(path) = path.strip_prefix('&') {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = body.split(|c| *c == b'&').find_map(|pair| {
            let mut halves = pair.splitn(2, |c| *c == b'=');
            (percent_decoded(halves.next()?)? == name).then(|| percent_decoded(halves.next().unwrap_or_default()))?
        })?;
        return if rest.is_empty() { Some(value) } else { below(&Json::read(value.as_bytes())?, rest) };
    }
    below(&Json::read(body)?, path)
}

fn below(json: &Json, path: &str) -> Option<String> {
    let mut value = json.clone();
    for step in path.split('.') {
        let (name, each) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        if name == "{json}" {
            value = Json::read(value.text()?.as_bytes())?;
            continue;
        }
        if !name.is_empty() {
            value = value.get(name)?.clone();
        }
        if each {
            let Json::Array(items) = value else { return None };
            value = items.into_iter().next()?;
        }
    }
    match value {
        Json::Text(text) => Some(text),
        Json::Number(text) => Some(text),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}
