//! The notation of schemes as this package understands it: what a request's content is, and which requests have a content.
//! It shares no code with the crate, and refuses nothing.

#![allow(dead_code)]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hookseal::provider::Provider;
use hookseal::{Digest, Extent, Scheme, SecretForm, Signer, Verifier};
use http::{Method, Request};
use sha2::Sha256;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

mod cut;
mod form;
mod sample;

pub(crate) use form::{encoded, pairs};

/// The secret of every test.
pub(crate) const SECRET: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// The URL under which every endpoint is registered, but for its query.
pub(crate) const URL: &str = "https://x.example/hook";

/// What the receiver allows where a scheme has such a value.
pub(crate) const ALLOWED: &str = "allowed";

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Body,
    Id,
    Time,
    Header(String),
    Method,
    /// `{url}` and its like.
    Url(&'static str),
    Param(String),
    Json(String),
    Field(String),
    Form,
    Query {
        is_encoded: bool,
    },
    Hash(String),
    List,
    Values {
        joiner: char,
        with_names: bool,
    },
    Secret,
}

/// Where a line's value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum At {
    Header(String),
    Param(String),
    Json(String),
    Field(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: At,
    /// What a request has there, with its placeholders.
    pub(crate) value: String,
}

/// A scheme, as read here and as read by the crate.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) scheme: Scheme,
    pub(crate) lines: Vec<Line>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) methods: Vec<String>,
    pub(crate) is_empty: bool,
    pub(crate) format: &'static str,
}

/// A request as it is on the wire. Characters are bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wire {
    pub(crate) method: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Subject {
    pub(crate) fn new(headers: &str, covers: &str) -> Option<Subject> {
        Scheme::try_new(headers.to_owned(), covers.to_owned()).ok().map(Subject::of)
    }

    /// The digest and the form of the secret do not matter here.
    pub(crate) fn of(scheme: Scheme) -> Subject {
        let scheme = scheme.with_digest(Digest::Sha256).with_secret_form(SecretForm::Text);
        let mut subject =
            Subject { lines: vec![], pieces: vec![], methods: vec![], is_empty: false, format: "", scheme };
        let (head, body) = (subject.scheme.headers().to_owned(), subject.scheme.body().to_owned());
        for (text, is_head) in head.lines().map(|line| (line, true)).chain(body.lines().map(|line| (line, false))) {
            match text.trim() {
                "" => {}
                "{empty}" => subject.is_empty = true,
                line if is_head && line.starts_with(":method:") => {
                    subject.methods = line[8..].split('|').map(|method| method.trim().to_owned()).collect();
                }
                line => {
                    let (place, value) = line.split_once(':').unwrap();
                    let place = place.split('|').next().unwrap().trim();
                    let at = match (is_head, place.split_at(1)) {
                        (true, ("?", name)) => At::Param(name.to_owned()),
                        (true, _) => At::Header(place.replace("{n}", "1").to_lowercase()),
                        (false, ("&", path)) => At::Field(path.to_owned()),
                        (false, _) => At::Json(place.to_owned()),
                    };
                    let value = value.trim().trim_end_matches("...").trim_end_matches([',', ';', ' ']).to_owned();
                    let formats = [":ms-or-s}", ":ms}", ":rfc3339}"];
                    if let Some(format) =
                        formats.into_iter().find(|format| value.contains(&format!("{{timestamp{format}")))
                    {
                        subject.format = format;
                    }
                    subject.lines.push(Line { at, value });
                }
            }
        }
        subject.pieces = pieces(subject.scheme.covers());
        subject
    }

    pub(crate) fn line(&self, placeholder: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.value.contains(placeholder))
    }

    pub(crate) fn has(&self, wanted: impl Fn(&Piece) -> bool) -> bool {
        self.pieces.iter().any(wanted)
    }

    /// The list of signed headers, and what separates them.
    fn list<'w>(&self, wire: &'w Wire) -> Option<(&'w str, char)> {
        let line = self.line("{signed-headers")?;
        let separator = if line.value.contains("{signed-headers:,}") { ',' } else { ' ' };
        let At::Header(name) = &line.at else { return None };
        let value = wire.headers.get(name)?;
        let Some((_, after)) = line.value.split_once("h={signed-headers}") else { return Some((value, separator)) };
        let list = value.split_once("h=")?.1;
        Some((if after.is_empty() { list } else { list.split(',').next()? }, separator))
    }

    /// The text in a place.
    pub(crate) fn text(&self, wire: &Wire, at: &At) -> Option<String> {
        let once = |pairs: Vec<(String, String)>, name: &str| {
            let mut values = pairs.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
            let first = values.next()?;
            values.next().is_none().then_some(first)
        };
        match at {
            At::Header(name) => wire.headers.get(name).cloned(),
            At::Param(name) => once(pairs(wire.query.as_deref().unwrap_or_default())?, name),
            At::Field(path) => {
                let (name, inner) = path.split_once(".{json}.").map_or((path.as_str(), None), |(a, b)| (a, Some(b)));
                let value = once(pairs(&wire.body)?, name)?;
                inner.map_or(Some(value.clone()), |path| json_text(&value, path))
            }
            At::Json(path) => json_text(&wire.body, path),
        }
    }

    /// The placeholder's own part of a text.
    pub(crate) fn value(&self, wire: &Wire, placeholder: &str) -> Option<String> {
        let line = self.line(placeholder)?;
        let text = self.text(wire, &line.at)?;
        // Of a list, the item; what the tests write has them all, in order.
        let separator = line.value.split_once('}').and_then(|(_, rest)| rest.chars().next()).unwrap_or('\0');
        let place = line.value.split(separator).position(|item| item.contains(placeholder))?;
        let template = line.value.split(separator).nth(place)?.trim().to_owned();
        let text = text.split(separator).nth(place)?.trim().to_owned();
        let prefix = template.split('{').next().unwrap();
        text.strip_prefix(prefix).map(str::to_owned)
    }

    /// The texts of all pieces; `None` if the request lacks one.
    pub(crate) fn texts(&self, wire: &Wire) -> Option<Vec<String>> {
        let query = wire.query.as_deref();
        let with_query = |front: &str| front.to_owned() + &query.map(|query| format!("?{query}")).unwrap_or_default();
        let path = &URL["https://x.example".len()..];
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Body => Some(wire.body.clone()),
            Piece::Id => self.value(wire, "{id}"),
            Piece::Time => self.value(wire, "{timestamp"),
            Piece::Header(name) => wire.headers.get(name).cloned(),
            Piece::Method => Some(wire.method.clone()),
            Piece::Url("{url}") => Some(with_query(URL)),
            Piece::Url("{url|without-query}") => Some(URL.to_owned()),
            Piece::Url("{path}") => Some(path.to_owned()),
            Piece::Url("{target}") => Some(with_query(path)),
            Piece::Url(_) => {
                let query = query.filter(|query| !query.is_empty());
                let query = query.map(|query| format!("?{}", encoded(query, "-_.!~*'()"))).unwrap_or_default();
                Some(encoded(&(path.to_owned() + &query), "-_.!~*'();/?:@&=+$,#"))
            }
            Piece::Param(name) => self.text(wire, &At::Param(name.clone())),
            Piece::Json(path) => self.text(wire, &At::Json(path.clone())),
            Piece::Field(path) => self.text(wire, &At::Field(path.clone())),
            Piece::Form => {
                let mut pairs = pairs(&wire.body)?;
                pairs.sort();
                pairs.dedup();
                Some(pairs.into_iter().map(|(name, value)| name + &value).collect())
            }
            Piece::Query { is_encoded } => {
                let mut pairs = pairs(query.unwrap_or_default())?;
                pairs.sort();
                let encoded = |text: String| if *is_encoded { encoded(&text, "-_.!~*'()") } else { text };
                let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
                Some(pairs.collect::<Vec<_>>().join("&"))
            }
            Piece::Hash(form) => Some(body_hash(form, &wire.body)),
            Piece::List => self.list(wire).map(|(list, _)| list.to_owned()),
            Piece::Values { joiner, with_names } => {
                let (list, separator) = self.list(wire)?;
                let mut names: Vec<&str> = list.split(separator).collect();
                if *with_names {
                    names.sort_unstable();
                }
                let value = |name: &&str| {
                    let value = wire.headers.get(*name)?;
                    Some(if *with_names { format!("{name}:{value}") } else { value.clone() })
                };
                Some(names.iter().map(value).collect::<Option<Vec<_>>>()?.join(&joiner.to_string()))
            }
            Piece::Secret => Some(SECRET.to_owned()),
        };
        self.pieces.iter().map(text).collect()
    }

    /// The header that has the time, if it is covered as one of the signed headers.
    pub(crate) fn listed_time(&self) -> Option<&str> {
        match &self.line("{timestamp")?.at {
            At::Header(name) if !self.pieces.contains(&Piece::Time) => Some(name),
            _ => None,
        }
    }

    /// The signature of a content, as its line has it.
    pub(crate) fn mac(&self, content: &str) -> String {
        const HEX: Scheme = Scheme::new("S: {hex}", "{body}");
        const TEXT: Scheme = Scheme::new("S: {base64}", "{body}");
        let line = self.line("{hex}").or_else(|| self.line("{base64")).unwrap();
        let is_hex = line.value.contains("{hex}");
        if self.pieces.contains(&Piece::Secret) {
            let hash = <Sha256 as sha2::Digest>::digest(bytes(content));
            return if is_hex { hex(&hash) } else { BASE64.encode(hash) };
        }
        let secret = hookseal::Secret::new(SECRET).unwrap();
        let signer = Signer::new(if is_hex { HEX } else { TEXT }, secret).unwrap();
        let text = signer.sign("", &bytes(content)).unwrap()["s"].to_str().unwrap().to_owned();
        if line.value.contains("{base64url}") {
            text.replace('+', "-").replace('/', "_").replace('=', "")
        } else {
            text
        }
    }

    /// Puts a value where its line has it.
    pub(crate) fn put(&self, wire: &mut Wire, placeholder: &str, value: &str) {
        let Some(line) = self.line(placeholder) else { return };
        let old = match &line.at {
            At::Header(name) => wire.headers.get(name).cloned(),
            _ => None,
        };
        // A list is filled item by item.
        let template = old.filter(|old| old.contains('{')).unwrap_or_else(|| line.value.clone());
        let start = template.find(placeholder).unwrap();
        let end = start + template[start..].find('}').unwrap() + 1;
        let text = format!("{}{value}{}", &template[..start], &template[end..]);
        set(wire, &line.at, &text);
    }

    /// The moment that a time names, by a reader more lenient than the crate's.
    pub(crate) fn clock(&self, text: &str) -> Option<OffsetDateTime> {
        let number = || text.parse::<i64>().ok();
        match self.format {
            "" => OffsetDateTime::from_unix_timestamp(number()?).ok(),
            ":ms}" => OffsetDateTime::from_unix_timestamp(number()? / 1000).ok(),
            ":ms-or-s}" => {
                let number = number()?;
                OffsetDateTime::from_unix_timestamp(if number < 100_000_000_000 { number } else { number / 1000 }).ok()
            }
            _ if text.len() < 20 => None,
            _ => OffsetDateTime::parse(text, &Rfc3339).ok(),
        }
    }
}

/// A verifier for several schemes of one provider, whatever they leave open.
pub(crate) fn verifier(subjects: &[Subject], query: Option<&str>) -> Verifier {
    provider(subjects, query).verifier(hookseal::Secret::new(SECRET).unwrap()).unwrap()
}

pub(crate) fn provider(subjects: &[Subject], query: Option<&str>) -> Provider {
    let url = URL.to_owned() + &query.map(|query| format!("?{query}")).unwrap_or_default();
    let schemes = subjects.iter().map(|subject| subject.scheme.clone());
    let provider = Provider::new("acme", subjects[0].scheme.clone()).unwrap().with_schemes(schemes).unwrap();
    provider.with_public_url(url).unwrap().with_allowed([ALLOWED]).accept(Extent::Nothing).raw()
}

/// `None` for what HTTP cannot transport.
pub(crate) fn request(wire: &Wire) -> Option<Request<Vec<u8>>> {
    let query = wire.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("https://internal.example/other{query}");
    let mut request = Request::builder().method(Method::from_bytes(wire.method.as_bytes()).ok()?).uri(uri);
    for (name, value) in &wire.headers {
        if value.trim() != value {
            return None; // lost on the way
        }
        request = request.header(name, bytes(value));
    }
    let request = request.body(bytes(&wire.body)).ok()?;
    (request.uri().query() == wire.query.as_deref()).then_some(request)
}

pub(crate) fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("characters are bytes")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn body_hash(form: &str, body: &str) -> String {
    let hash = <Sha256 as sha2::Digest>::digest(bytes(body));
    match form {
        "{body|sha256}" => hash.iter().map(|byte| char::from(*byte)).collect(),
        "{body|sha256-hex}" => hex(&hash),
        _ => BASE64.encode(hash),
    }
}

/// A scalar by its path. Of an array, the first element.
fn json_text(body: &str, path: &str) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_slice(&bytes(body)).ok()?;
    for step in path.split('.') {
        let (name, is_array) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        if !name.is_empty() {
            value = value.get(name)?.clone();
        }
        if is_array {
            value = value.get(0)?.clone();
        }
    }
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Sets the text in a place.
pub(crate) fn set(wire: &mut Wire, at: &At, text: &str) {
    match at {
        At::Header(name) => drop(wire.headers.insert(name.clone(), text.to_owned())),
        At::Param(name) => {
            let mut all = pairs(wire.query.as_deref().unwrap_or_default()).unwrap_or_default();
            all.retain(|(key, _)| key != name);
            all.push((name.clone(), text.to_owned()));
            wire.query = Some(form::written(&all));
        }
        At::Field(path) => {
            let (name, inner) = path.split_once(".{json}.").map_or((path.as_str(), None), |(a, b)| (a, Some(b)));
            let mut all = pairs(&wire.body).unwrap_or_default();
            let old = all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
            all.retain(|(key, _)| key != name);
            all.push((name.to_owned(), inner.map_or(text.to_owned(), |path| with_json(&old, path, text))));
            wire.body = form::written(&all);
        }
        At::Json(path) => wire.body = with_json(&wire.body, path, text),
    }
}

fn with_json(body: &str, path: &str, text: &str) -> String {
    let mut whole = serde_json::from_str(body).unwrap_or(serde_json::Value::Null);
    let mut value = &mut whole;
    for step in path.split('.') {
        let (name, is_array) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        if !name.is_empty() {
            if !value.is_object() {
                *value = serde_json::json!({});
            }
            value = &mut value[name];
        }
        if is_array {
            if !value.is_array() {
                *value = serde_json::json!([null]);
            }
            value = &mut value[0];
        }
    }
    *value = text.into();
    whole.to_string()
}

/// The pieces of a text.
pub(crate) fn pieces(covers: &str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), covers);
    while !rest.is_empty() {
        let end = match rest.find('{') {
            Some(0) => {
                let mut depth = 0;
                let close = |c: char| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth == 0
                };
                rest.find(close).unwrap() + 1
            }
            end => end.unwrap_or(rest.len()),
        };
        let (text, after) = rest.split_at(end);
        pieces.push(piece(text));
        rest = after;
    }
    pieces
}

fn piece(text: &str) -> Piece {
    const URLS: [&str; 5] = ["{url}", "{url|without-query}", "{path}", "{target}", "{target|encoded}"];
    let inner = |front: &str| text.strip_prefix(front).and_then(|rest| rest.strip_suffix('}'));
    let path = |front: &str| Some(inner(front)?.trim_end_matches("|free").trim_end_matches('?').to_owned());
    let joiner = |front: &str| inner(front)?.chars().next();
    if let Some(url) = URLS.into_iter().find(|url| *url == text) {
        return Piece::Url(url);
    }
    match text {
        "{body}" => Piece::Body,
        "{id}" => Piece::Id,
        "{timestamp}" => Piece::Time,
        "{method}" => Piece::Method,
        "{form|sorted}" => Piece::Form,
        "{query|sorted}" => Piece::Query { is_encoded: false },
        "{query|sorted-encoded}" => Piece::Query { is_encoded: true },
        "{signed-headers}" => Piece::List,
        "{secret}" => Piece::Secret,
        _ => None
            .or_else(|| Some(Piece::Values { joiner: joiner("{signed-headers|values:")?, with_names: false }))
            .or_else(|| Some(Piece::Values { joiner: joiner("{signed-headers|pairs:")?, with_names: true }))
            .or_else(|| text.starts_with("{body|").then(|| Piece::Hash(text.to_owned())))
            .or_else(|| inner("{header:").map(|name| Piece::Header(name.to_lowercase())))
            .or_else(|| path("{?").map(Piece::Param))
            .or_else(|| path("{&").map(Piece::Field))
            .or_else(|| path("{$.").map(Piece::Json))
            .unwrap_or_else(|| Piece::Text(text.to_owned())),
    }
}
