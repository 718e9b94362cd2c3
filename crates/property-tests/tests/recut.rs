//! One signature, one meaning: whatever a scheme covers, a signed request cannot be cut into another one.
//!
//! The search knows the notation and nothing of what the crate refuses. It makes random schemes and requests, takes the
//! signed content apart in every other way that the scheme's template allows, and asks the verifier about each, at every
//! clock that could help. What reads more than headers and body is searched in `recut_request.rs`.
//! `HOOKSEAL_RECUT_SECONDS` searches for that long; a fixed amount of work otherwise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fastrand::Rng;
use hookseal::{Scheme, Signer, Verifier};
use http::{HeaderMap, HeaderName, HeaderValue};
use property_tests::Search;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use common::{key, usual_schemes};

#[path = "../../../tests/common/mod.rs"]
mod common;

const NOW: i64 = 1_770_000_000;
const YEAR: i64 = 365 * 86_400;

/// One piece of a template, and the place of its value in a [`Request`].
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Id,
    Time,
    Header(usize),
    Body,
}

/// A scheme, and its template as this test understands it.
struct Subject {
    scheme: Scheme,
    covers: String,
    pieces: Vec<Piece>,
    format: &'static str,
}

/// The values of a request, as bytes on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
struct Request {
    id: String,
    time: String,
    headers: [String; 2],
    body: String,
}

const NAMES: [&str; 2] = ["x-one", "x-two"];

impl Subject {
    /// `None` where the crate refuses the scheme.
    fn new(pieces: Vec<Piece>, format: &'static str, past: &str) -> Option<Subject> {
        let mut covers = String::new();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => covers.push_str(text),
                Piece::Id => covers.push_str("{id}"),
                Piece::Time => covers.push_str("{timestamp}"),
                Piece::Header(place) => write!(covers, "{{header:{}}}", NAMES[*place]).unwrap(),
                Piece::Body => covers.push_str("{body}"),
            }
        }
        let mut lines = vec!["S: {hex}".to_owned()];
        if pieces.contains(&Piece::Id) {
            lines.push("I: {id}".to_owned());
        }
        if pieces.contains(&Piece::Time) {
            lines.push(format!("T: {{timestamp{format}}}"));
        }
        let file = serde_json::json!({ "headers": lines, "covers": covers, "past": serde_json::from_str::<serde_json::Value>(past).unwrap() });
        let scheme = serde_json::from_value(file).ok()?;
        Some(Subject { scheme, covers, pieces, format })
    }

    fn content(&self, request: &Request) -> String {
        let mut content = String::new();
        for piece in &self.pieces {
            content.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Id => &request.id,
                Piece::Time => &request.time,
                Piece::Header(place) => &request.headers[*place],
                Piece::Body => &request.body,
            });
        }
        content
    }

    /// The request without the values that the template does not name.
    fn used(&self, mut request: Request) -> Request {
        let unused = |piece| !self.pieces.contains(&piece);
        let Request { id, time, headers: [one, two], body: _ } = &mut request;
        for (piece, value) in [(Piece::Id, id), (Piece::Time, time), (Piece::Header(0), one), (Piece::Header(1), two)] {
            if unused(piece) {
                value.clear();
            }
        }
        request
    }

    /// The headers of a request whose content has the signature `mac`.
    fn headers(&self, request: &Request, mac: &HeaderValue) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert("s", mac.clone());
        for piece in &self.pieces {
            let (name, value) = match piece {
                Piece::Text(_) | Piece::Body => continue,
                Piece::Id => ("i", &request.id),
                Piece::Time => ("t", &request.time),
                Piece::Header(place) => (NAMES[*place], &request.headers[*place]),
            };
            if value.trim() != value {
                return None; // lost on the way
            }
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
        }
        Some(headers)
    }

    /// Every way to take `content` apart, the given one included.
    fn cuts(&self, content: &str) -> Vec<Request> {
        let mut found = Vec::new();
        self.cut(&self.pieces, content, Request::default(), &mut found);
        found
    }

    fn cut(&self, pieces: &[Piece], rest: &str, request: Request, found: &mut Vec<Request>) {
        let Some((piece, pieces)) = pieces.split_first() else {
            if rest.is_empty() {
                found.push(request);
            }
            return;
        };
        if let Piece::Text(text) = piece {
            if let Some(rest) = rest.strip_prefix(text.as_str()) {
                self.cut(pieces, rest, request, found);
            }
            return;
        }
        let ends: Vec<usize> = if pieces.is_empty() { vec![rest.len()] } else { (0..=rest.len()).collect() };
        for end in ends {
            let (value, rest) = rest.split_at(end);
            let mut request = request.clone();
            match piece {
                Piece::Time if self.clock(value).is_none() => continue,
                Piece::Time => value.clone_into(&mut request.time),
                Piece::Id => value.clone_into(&mut request.id),
                Piece::Header(place) => value.clone_into(&mut request.headers[*place]),
                Piece::Body => value.clone_into(&mut request.body),
                Piece::Text(_) => {}
            }
            self.cut(pieces, rest, request, found);
        }
    }

    /// The moment that a time names, by a reader more lenient than the crate's.
    fn clock(&self, text: &str) -> Option<OffsetDateTime> {
        let number = || text.parse::<i64>().ok();
        match self.format {
            "" => OffsetDateTime::from_unix_timestamp(number()?).ok(),
            ":ms" => OffsetDateTime::from_unix_timestamp(number()? / 1000).ok(),
            ":ms-or-s" => {
                let number = number()?;
                OffsetDateTime::from_unix_timestamp(if number < 100_000_000_000 { number } else { number / 1000 }).ok()
            }
            _ if text.len() < 20 => None,
            _ => OffsetDateTime::parse(text, &Rfc3339).ok(),
        }
    }
}

/// Random schemes and requests that are full of separators and times.
struct Maker {
    random: Rng,
}

const SEPARATORS: &[&str] = &[
    "", ".", ".", ":", "-", "--", "::", "..", ".-.", "T", "Z", "+", "0", "1.", ".1", "\n", "v0:", "a", "aba", ";", ",",
    "-0", ":00", "00:", "20", "Z.",
];
const FORMATS: &[&str] = &["", "", "", ":ms", ":rfc3339", ":rfc3339", ":ms-or-s"];

impl Maker {
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.random.usize(0..from.len())]
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.f64() < share
    }

    fn subject(&mut self) -> Option<Subject> {
        let mut values = vec![Piece::Body];
        for (piece, share) in [(Piece::Id, 0.8), (Piece::Time, 0.85), (Piece::Header(0), 0.3), (Piece::Header(1), 0.1)]
        {
            if self.chance(share) {
                values.insert(self.random.usize(0..=values.len()), piece);
            }
        }
        let mut pieces = Vec::new();
        for value in values {
            let text = self.pick(SEPARATORS);
            // Between the values mostly; before the first and after the last at times.
            if !text.is_empty() && (!pieces.is_empty() || self.chance(0.2)) {
                pieces.push(Piece::Text(text.to_owned()));
            }
            pieces.push(value);
        }
        if self.chance(0.1) {
            pieces.push(Piece::Text(self.pick(&SEPARATORS[1..]).to_owned()));
        }
        let past = self.pick(&["300", "300", "300", "100000000", "\"any\""]);
        let format = self.pick(FORMATS);
        Subject::new(pieces, format, past)
    }

    fn moment(&mut self) -> OffsetDateTime {
        let ahead = [0, 1, 60, YEAR, -YEAR, 900][self.random.usize(0..6)];
        let nanos = [0, 0, 123_000_000, 5][self.random.usize(0..4)];
        OffsetDateTime::from_unix_timestamp(NOW + ahead).unwrap().replace_nanosecond(nanos).unwrap()
    }

    fn time(&mut self, format: &str) -> String {
        let moment = self.moment();
        match format {
            "" => moment.unix_timestamp().to_string(),
            ":rfc3339" => {
                let hours = [0, 0, 2, -11][self.random.usize(0..4)];
                let offset = time::UtcOffset::from_hms(hours, 20, 0).unwrap_or(time::UtcOffset::UTC);
                let moment = if self.chance(0.3) { moment.to_offset(offset) } else { moment };
                moment.format(&Rfc3339).unwrap()
            }
            _ => (moment.unix_timestamp() * 1000).to_string(),
        }
    }

    /// Text in which a border could hide.
    fn text(&mut self, subject: &Subject, longest: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.random.usize(0..=longest) {
            match self.random.usize(0..9) {
                0..=2 => {
                    let format = if self.chance(0.8) { subject.format } else { "" };
                    text.push_str(&self.time(format));
                }
                3..=5 => {
                    let texts = subject.pieces.iter().filter_map(|piece| match piece {
                        Piece::Text(text) => Some(text.as_str()),
                        _ => None,
                    });
                    let texts: Vec<&str> = texts.collect();
                    if !texts.is_empty() {
                        text.push_str(self.pick(&texts));
                    }
                }
                6 => text.push_str(self.pick(&["1", "0", "20", "1763729000"])),
                _ => text.push_str(self.pick(&["a", "msg", "{", "\"", "T", "Z", "-", ":", "x=1&y"])),
            }
        }
        text
    }

    fn request(&mut self, subject: &Subject) -> Request {
        let id = format!("{}{}", self.pick(&["m", "id1", ""]), self.text(subject, 4));
        let headers = [self.text(subject, 3), self.text(subject, 3)];
        let request = Request { id, time: self.time(subject.format), headers, body: self.text(subject, 6) };
        subject.used(request)
    }
}

#[derive(Default)]
struct Tally {
    schemes: usize,
    refused_schemes: usize,
    requests: usize,
    foreign: usize,
    recuts: usize,
    accepted: BTreeMap<String, (usize, String)>,
}

/// Signs any content, as whoever has the key can.
fn mac(content: &str) -> HeaderValue {
    const CONTENT: Scheme = Scheme::new("S: {hex}", "{body}");
    Signer::new(CONTENT, key(0)).unwrap().sign("", content.as_bytes()).unwrap()["s"].clone()
}

/// Whether the verifier takes `request`, at the clock that it names or at ours.
fn accepts(verifier: &Verifier, subject: &Subject, request: &Request, mac: &HeaderValue) -> bool {
    let Some(headers) = subject.headers(request, mac) else { return false };
    let ours = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    let clocks = [Some(ours), subject.clock(&request.time)];
    clocks.into_iter().flatten().any(|now| verifier.verify_at(&headers, request.body.as_bytes(), now).is_ok())
}

/// Signs one request by hookseal and by a stranger, and tries every recut of what verifies.
fn search(subject: &Subject, request: &Request, tally: &mut Tally) {
    let verifier = Verifier::new(subject.scheme.clone(), key(0)).unwrap();
    let content = subject.content(request);
    let mac = mac(&content);
    let mut signed = http::Request::post("/").body(request.body.as_str()).unwrap();
    for (name, value) in NAMES.iter().zip(&request.headers) {
        if let Ok(value) = HeaderValue::from_str(value) {
            signed.headers_mut().insert(*name, value);
        }
    }
    let now = subject.clock(&request.time).unwrap_or(OffsetDateTime::from_unix_timestamp(NOW).unwrap());
    let signer = Signer::new(subject.scheme.clone(), key(0)).unwrap();
    let ours = signer.sign_request_at(&mut signed, &request.id, now).is_ok();
    let genuine = accepts(&verifier, subject, request, &mac);
    if ours {
        // The time may be written in another offset than ours; then the signatures differ, and rightly.
        let same = signed.headers().get("t").is_none_or(|time| time == request.time.as_str());
        assert!(genuine || !same, "signed and refused: {:?} {request:?}", subject.covers);
    }
    if !genuine {
        return;
    }
    tally.requests += 1;
    tally.foreign += usize::from(!ours);
    for other in subject.cuts(&content) {
        if other == *request {
            continue;
        }
        tally.recuts += 1;
        if accepts(&verifier, subject, &other, &mac) {
            let signer = if ours { "hookseal" } else { "another library" };
            let kind = format!("{} {} signed by {signer}", subject.covers.escape_debug(), subject.format);
            tally.accepted.entry(kind).or_insert_with(|| (0, format!("{request:?} as {other:?}"))).0 += 1;
        }
    }
}

fn report(tally: &Tally) {
    println!(
        "{} schemes ({} refused), {} genuine requests ({} of them with values that hookseal's signer refuses), {} recuts",
        tally.schemes, tally.refused_schemes, tally.requests, tally.foreign, tally.recuts
    );
    let accepted: usize = tally.accepted.values().map(|(count, _)| count).sum();
    for (kind, (count, example)) in &tally.accepted {
        println!("  {count} accepted: {kind}\n    {example}");
    }
    assert_eq!(accepted, 0, "one signature has two meanings");
    assert!(tally.requests > tally.schemes && tally.foreign > 100 && tally.recuts > 5_000, "a search of little");
}

#[test]
fn no_recut_of_a_random_request_is_accepted() {
    let search_for = Search::begin(5_000);
    let mut maker = Maker { random: Rng::with_seed(search_for.seed()) };
    let mut tally = Tally::default();
    while search_for.goes_on(tally.schemes) {
        let Some(subject) = maker.subject() else {
            tally.refused_schemes += 1;
            continue;
        };
        tally.schemes += 1;
        for _ in 0..6 {
            let request = maker.request(&subject);
            search(&subject, &request, &mut tally);
        }
    }
    report(&tally);
}

/// The catalogue's own templates, with many more requests each.
#[test]
fn no_recut_of_a_request_of_the_catalogue_is_accepted() {
    let mut maker = Maker { random: Rng::with_seed(2) };
    let mut tally = Tally::default();
    let mut seen = BTreeMap::new();
    for (_, scheme) in usual_schemes() {
        let format = [":ms-or-s", ":ms", ":rfc3339"].into_iter().find(|format| scheme.headers().contains(format));
        seen.insert((scheme.covers().to_owned(), format.unwrap_or_default()), ());
    }
    for (covers, format) in seen.keys() {
        let mut pieces = Vec::new();
        let mut rest = covers.as_str();
        while !rest.is_empty() {
            let cut = match rest.find('{') {
                Some(0) => rest.find('}').unwrap() + 1,
                cut => cut.unwrap_or(rest.len()),
            };
            let (piece, after) = rest.split_at(cut);
            pieces.push(match piece {
                "{body}" => Piece::Body,
                "{id}" => Piece::Id,
                "{timestamp}" => Piece::Time,
                header if header.starts_with("{header:") => {
                    Piece::Header(pieces.iter().filter(|piece| matches!(piece, Piece::Header(_))).count())
                }
                text => Piece::Text(text.to_owned()),
            });
            rest = after;
        }
        let subject = Subject::new(pieces, format, "300").unwrap_or_else(|| panic!("{covers} is refused"));
        tally.schemes += 1;
        for _ in 0..600 {
            let request = maker.request(&subject);
            search(&subject, &request, &mut tally);
        }
    }
    report(&tally);
}
