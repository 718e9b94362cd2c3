//! From a content to all requests that have it.

use super::form::{decoded, encoded, readings, written};
use super::{At, Piece, SECRET, Subject, URL, Wire, set};

/// The most ways to take one content apart that are looked at.
const MOST: usize = 2_000;

impl Subject {
    /// Every way to take `content` apart: the texts of all pieces.
    pub(crate) fn cuts(&self, content: &str) -> Vec<Vec<String>> {
        let content: Vec<char> = content.chars().collect();
        let mut found = Vec::new();
        self.cut(&self.pieces, &content, &mut Vec::new(), &mut found);
        found
    }

    fn cut(&self, pieces: &[Piece], rest: &[char], texts: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        let Some((piece, pieces)) = pieces.split_first() else {
            if rest.is_empty() {
                found.push(texts.clone());
            }
            return;
        };
        let fixed = match piece {
            Piece::Text(text) => Some(text.chars().count()),
            Piece::Hash(form) => Some(match form.as_str() {
                "{body|sha256}" => 32,
                "{body|sha256-hex}" => 64,
                _ => 44,
            }),
            Piece::Secret => Some(SECRET.len()),
            Piece::Url("{url|without-query}") => Some(URL.len()),
            Piece::Url("{path}") => Some("/hook".len()),
            _ if pieces.is_empty() => Some(rest.len()),
            _ => None,
        };
        let ends = match fixed {
            Some(end) if end <= rest.len() => end..=end,
            Some(_) => return,
            None => 0..=rest.len(),
        };
        for end in ends {
            if found.len() >= MOST {
                return;
            }
            let (value, rest) = rest.split_at(end);
            let value: String = value.iter().collect();
            let is_possible = match piece {
                Piece::Text(text) => *text == value,
                Piece::Secret => value == SECRET,
                Piece::Time => self.clock(&value).is_some(),
                Piece::Method => !value.is_empty() && http::Method::from_bytes(value.as_bytes()).is_ok(),
                Piece::Url("{url}" | "{url|without-query}") => value.starts_with(URL),
                Piece::Url(_) => value.starts_with("/hook"),
                _ => true,
            };
            if is_possible {
                texts.push(value);
                self.cut(pieces, rest, texts, found);
                texts.pop();
            }
        }
    }

    /// Requests whose pieces have these texts, without their signature. What is not covered is as in `base`.
    pub(crate) fn wires(&self, texts: &[String], base: &Wire) -> Vec<Wire> {
        let mut wires = vec![self.blank(base)];
        for (piece, text) in self.pieces.iter().zip(texts) {
            let each = |wire: &mut Wire| self.with(wire, piece, text);
            wires = wires.iter_mut().flat_map(each).collect();
        }
        for line in &self.lines {
            for (placeholder, form) in [("{body|sha256-hex}", "{body|sha256-hex}"), ("{body|sha256-base64}", "")] {
                if line.value.contains(placeholder) && !self.covers_line(&line.at) {
                    for wire in &mut wires {
                        let hash = super::body_hash(form, &wire.body);
                        self.put(wire, placeholder, &hash);
                    }
                }
            }
        }
        // Every method of the scheme, if it is not covered.
        if !self.pieces.contains(&Piece::Method) {
            let with = |wire: &Wire, method: &String| Wire { method: method.clone(), ..wire.clone() };
            let others = wires.iter().flat_map(|wire| self.methods.iter().map(move |method| with(wire, method)));
            let others: Vec<Wire> = others.filter(|wire| wire.method != base.method).collect();
            wires.extend(others);
        }
        wires.retain(|wire| self.texts(wire).is_some_and(|own| own == texts));
        wires
    }

    fn covers_line(&self, at: &At) -> bool {
        let is_param = matches!(at, At::Param(_));
        self.has(|piece| match piece {
            Piece::Url("{url}" | "{target}" | "{target|encoded}") | Piece::Query { .. } => is_param,
            Piece::Header(name) => *at == At::Header(name.clone()),
            _ => false,
        })
    }

    /// What is not covered.
    fn blank(&self, base: &Wire) -> Wire {
        let mut wire = base.clone();
        if !self.methods.is_empty() && !self.methods.contains(&wire.method) {
            wire.method.clone_from(&self.methods[0]);
        }
        if self.is_empty {
            wire.body.clear();
        }
        let covers_query = |piece: &Piece| matches!(piece, Piece::Url(_) | Piece::Query { .. } | Piece::Param(_));
        if self.has(covers_query) {
            wire.query = None;
        }
        let is_form = |piece: &Piece| matches!(piece, Piece::Form | Piece::Field(_));
        if self.has(is_form) || self.lines.iter().any(|line| matches!(line.at, At::Field(_))) {
            wire.body.clear();
            wire.headers.insert("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        } else if self.has(|piece| matches!(piece, Piece::Json(_))) {
            wire.body.clear();
        }
        // Lists are filled item by item.
        wire.headers.retain(|name, _| !self.lines.iter().any(|line| line.at == At::Header(name.clone())));
        for line in &self.lines {
            if !line.value.contains('{') {
                set(&mut wire, &line.at, &line.value);
            }
        }
        wire
    }

    /// The request with a text for one piece, in every way that this can be.
    fn with(&self, wire: &mut Wire, piece: &Piece, text: &str) -> Vec<Wire> {
        let with_query = |wire: &Wire, query: Option<String>| Wire { query, ..wire.clone() };
        let one = |wire: &Wire| vec![wire.clone()];
        match piece {
            Piece::Text(_) | Piece::Secret | Piece::Hash(_) => {}
            Piece::Url("{url|without-query}" | "{path}") => {}
            Piece::Body => text.clone_into(&mut wire.body),
            Piece::Id => self.put(wire, "{id}", text),
            Piece::Time => self.put(wire, "{timestamp", text),
            Piece::Header(name) => drop(wire.headers.insert(name.clone(), text.to_owned())),
            Piece::Method => text.clone_into(&mut wire.method),
            Piece::Url(part) => {
                let fixed = if *part == "{url}" { URL } else { "/hook" };
                let query = text.strip_prefix(fixed).unwrap_or_default();
                let decoded = || decoded(&decoded(query.get(1..)?)?);
                let query = if *part == "{target|encoded}" && query.len() > 1 {
                    decoded()
                } else {
                    query.strip_prefix('?').map(str::to_owned)
                };
                return vec![with_query(wire, query)];
            }
            Piece::Param(name) => set(wire, &At::Param(name.clone()), text),
            Piece::Json(path) => set(wire, &At::Json(path.clone()), text),
            Piece::Field(path) => set(wire, &At::Field(path.clone()), text),
            Piece::Form => {
                let count = text.chars().count();
                let split = |at: usize| {
                    let name: String = text.chars().take(at).collect();
                    written(&[(name.clone(), text[name.len()..].to_owned())])
                };
                return [1, count / 2, count].map(|at| Wire { body: split(at), ..wire.clone() }).to_vec();
            }
            Piece::Query { is_encoded } => {
                let mut queries = readings(text);
                if *is_encoded {
                    queries.extend([encoded(text, "-_.!~*'()=&"), text.to_owned()]);
                }
                queries.push(String::new());
                return queries.into_iter().map(|query| with_query(wire, Some(query))).collect();
            }
            Piece::List => self.put(wire, "{signed-headers", text),
            Piece::Values { joiner, with_names: true } => {
                let pairs: Vec<_> = text.split(*joiner).filter_map(|pair| pair.split_once(':')).collect();
                for (name, value) in &pairs {
                    wire.headers.insert((*name).to_owned(), (*value).to_owned());
                }
                if !self.pieces.contains(&Piece::List) {
                    let separator = if self.line("{signed-headers:,}").is_some() { "," } else { " " };
                    let names: Vec<_> = pairs.iter().map(|(name, _)| *name).collect();
                    self.put(wire, "{signed-headers", &names.join(separator));
                }
            }
            Piece::Values { joiner, with_names: false } => return self.with_values(wire, *joiner, text),
        }
        one(wire)
    }

    /// Gives the listed headers their values, in every way that their number allows.
    fn with_values(&self, wire: &Wire, joiner: char, text: &str) -> Vec<Wire> {
        let Some((list, separator)) = self.list(wire) else { return vec![] };
        let names: Vec<&str> = list.split(separator).collect();
        let parts: Vec<&str> = text.split(joiner).collect();
        let mut splits = vec![];
        // The first or the last takes what is too many.
        if let Some(more) = parts.len().checked_sub(names.len()) {
            let joiner = joiner.to_string();
            for long in 0..names.len() {
                let mut values: Vec<String> = parts[..long].iter().map(|part| (*part).to_owned()).collect();
                values.push(parts[long..=long + more].join(&joiner));
                values.extend(parts[long + more + 1..].iter().map(|part| (*part).to_owned()));
                splits.push(values);
            }
        }
        let with = |values: Vec<String>| {
            let mut wire = wire.clone();
            wire.headers.extend(names.iter().map(|name| (*name).to_owned()).zip(values));
            wire
        };
        splits.into_iter().map(with).collect()
    }
}
