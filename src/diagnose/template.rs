//! Contents that no scheme names: what signatures usually cover, in every order, with every separator.

use crate::mac::{Digest, PLAIN_HASHES};

use super::captured::Captured;
use super::content::{Content, HashText, Origin, Part, Time};
use super::moment::{Moment, Unit};
use super::observed::SEPARATORS;

/// A value in a header that could be a time or an id.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// The header's number.
    pub(super) header: usize,
    pub(super) text: String,
    /// What is before it in its item.
    pub(super) prefix: String,
    /// Its item's number, if the value is a list.
    pub(super) unit: Option<Unit>,
}

/// One guess: its content, and from which headers its values come.
#[derive(Clone)]
pub(super) struct Guess {
    pub(super) content: Content,
    pub(super) time: Option<Token>,
    pub(super) id: Option<Token>,
}

const JOINERS: [&str; 13] = [".", ":", "", "\n", "|", "-", ",", "_", ";", "&", " ", "/", "+"];

/// Usual words in front of content.
const PREFIXES: [&str; 4] = ["v0", "v1", "v2", "1"];

/// The orders of what is covered: `b` the body, `h` its hash, `t` the time, `i` an id, `u` the URL, `p` the path, `q` path and
/// query, `m` the method, `f` the sorted form, `s` the secret, which makes it a plain hash.
const ORDERS: [&str; 51] = [
    "b", "tb", "bt", "itb", "tib", "ib", "bi", "ibt", "bti", "bit", "tbi", "th", "ht", "h", "ith", "tih", "ub", "bu",
    "hu", "uh", "tub", "utb", "ubt", "tbu", "mub", "mubt", "tmub", "mutb", "mpb", "tmpb", "mptb", "mpbt", "mqb",
    "tmqb", "mqtb", "mqbt", "tmph", "mpth", "tmqh", "mqth", "tpb", "ptb", "pb", "iub", "tuib", "uib", "uf", "sb", "bs",
    "smub", "bts",
];

/// The most headers of which an id is tried.
const MAX_IDS: usize = 10;

/// The times in a request's headers.
pub(super) fn times(request: &Captured) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    for (header, (_, value)) in request.headers().enumerate() {
        let Ok(value) = std::str::from_utf8(value) else { continue };
        let value = value.trim();
        let mut add = |text: &str, prefix: &str| {
            if let Some(moment) = Moment::read(text) {
                let (text, prefix, unit) = (text.to_owned(), prefix.to_owned(), Some(moment.unit));
                let new = Token { header, text, prefix, unit };
                if !found.iter().any(|known| (known.header, &known.text) == (new.header, &new.text)) {
                    found.push(new);
                }
            }
        };
        add(value, "");
        for item in value.split([',', ';', ' ', '|']) {
            let item = item.trim();
            add(item, "");
            if let Some((name, text)) = item.split_once('=').or_else(|| item.split_once(':')) {
                let prefix = item.get(..name.len() + 1).unwrap_or_default();
                add(text, prefix);
            }
        }
    }
    found
}

/// The headers that could be an id, likely names first.
pub(super) fn ids(request: &Captured) -> Vec<Token> {
    const USUAL: [&str; 12] = [
        "host",
        "user-agent",
        "content-type",
        "content-length",
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "date",
        "via",
        "cache-control",
        "transfer-encoding",
    ];
    let mut found: Vec<(bool, Token)> = Vec::new();
    for (header, (name, value)) in request.headers().enumerate() {
        let Ok(text) = std::str::from_utf8(value) else { continue };
        let is_fit = (1..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
        let name = name.to_ascii_lowercase();
        if !is_fit || USUAL.contains(&name.as_str()) || Moment::read(text).is_some() {
            continue;
        }
        let is_named =
            ["id", "nonce", "delivery", "request", "event", "msg", "uuid"].iter().any(|word| name.contains(word));
        found.push((is_named, Token { header, text: text.to_owned(), prefix: String::new(), unit: None }));
    }
    found.sort_by_key(|(is_named, _)| !is_named);
    found.into_iter().map(|(_, token)| token).take(MAX_IDS).collect()
}

/// Texts in front of content. They are often the words before `=` in signature headers: `v0=` and `v0:`.
fn fronts(request: &Captured) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (_, value) in request.headers() {
        let Ok(value) = std::str::from_utf8(value) else { continue };
        for item in value.split(SEPARATORS) {
            if let Some((word, rest)) = item.trim().split_once('=')
                && rest.len() >= 27
                && (1..=12).contains(&word.len())
            {
                words.push(word.to_owned());
            }
        }
    }
    words.extend(PREFIXES.map(str::to_owned));
    let fronts = [":", "."].iter().flat_map(|mark| words.iter().map(move |word| format!("{word}{mark}")));
    let mut all: Vec<String> = Vec::new();
    for front in fronts {
        if !all.contains(&front) {
            all.push(front);
        }
    }
    all
}

/// Visits every guess, the simplest first, until the visitor returns `true`.
pub(super) fn visit(
    request: &Captured,
    times: &[Token],
    ids: &[Token],
    digest: Digest,
    visitor: &mut dyn FnMut(Guess) -> bool,
) {
    let words = fronts(request);
    for front in std::iter::once("").chain(words.iter().map(String::as_str)) {
        for order in ORDERS {
            let needs = |kind| order.contains(kind);
            if needs('s') && !PLAIN_HASHES {
                continue;
            }
            let is_plain = !needs('u') && !needs('p') && !needs('q') && !needs('h');
            if !front.is_empty() && !(is_plain && (needs('t') || needs('i') || order == "b")) {
                continue;
            }
            let own_times: Vec<Option<&Token>> = if needs('t') { times.iter().map(Some).collect() } else { vec![None] };
            let own_ids: Vec<Option<&Token>> = if needs('i') { ids.iter().map(Some).collect() } else { vec![None] };
            let joiners: &[&str] = match order.len() {
                1 if front.is_empty() => &[""],
                _ if needs('s') || needs('f') => &[""],
                _ => &JOINERS,
            };
            for &joiner in joiners {
                // Other combinations are rare, and would be most of the work.
                if front.ends_with('.') && joiner != "." {
                    continue;
                }
                for &time in &own_times {
                    for &id in &own_ids {
                        let Some(content) = assemble(request, front, order, joiner, time, id, digest) else { continue };
                        if visitor(Guess { content, time: time.cloned(), id: id.cloned() }) {
                            return;
                        }
                    }
                }
            }
        }
    }
}

fn assemble(
    request: &Captured,
    front: &str,
    order: &str,
    joiner: &str,
    time: Option<&Token>,
    id: Option<&Token>,
    digest: Digest,
) -> Option<Content> {
    let (mut parts, mut covers) = (Vec::new(), String::new());
    let text = |text: &str| Part::Text(text.as_bytes().to_vec());
    let target = || {
        let url = request.url();
        let rest = url.find("://").map_or(url, |at| url.get(at + 3..).unwrap_or_default());
        let start = rest.find('/').unwrap_or(rest.len());
        rest.get(start..).unwrap_or_default().to_owned()
    };
    if !front.is_empty() {
        parts.push(text(front));
        covers += front;
    }
    for (place, kind) in order.chars().enumerate() {
        if place > 0 && !joiner.is_empty() {
            parts.push(text(joiner));
            covers += joiner;
        }
        let (part, word) = match kind {
            'b' => (Part::Body, "{body}"),
            'h' => (Part::BodyHash(HashText::Hex), "{body|sha256-hex}"),
            't' => (text(&time?.text), "{timestamp}"),
            'i' => (text(&id?.text), "{id}"),
            'u' => (text(request.url()), "{url}"),
            'p' => (text(target().split('?').next().unwrap_or_default()), "{path}"),
            'f' => (Part::Form, "{form|sorted}"),
            's' => (Part::Secret, "{secret}"),
            'q' => (text(&target()), "{target}"),
            _ => (text(request.method()), "{method}"),
        };
        parts.push(part);
        covers += word;
    }
    let time = time.map(|token| Time { text: token.text.clone(), placeholder: String::new() });
    Some(Content { parts, covers, digest, origin: Origin::Template, causes: Vec::new(), time })
}
