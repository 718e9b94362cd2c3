//! One signature, one meaning, for schemes that read the whole request: the search of `recut.rs` with every other word.
//!
//! Requests are made at random, signed, taken apart in every other way that the content allows, written again, and shown to
//! the verifier. What [`Coverage`](hookseal::Coverage) says stays open is no finding: where names and values in a sorted form
//! begin, text moved between the values of listed headers, and Plivo's queries, which look like its forms.
//! `HOOKSEAL_RECUT_SECONDS` searches for that long; a fixed amount of work otherwise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fastrand::Rng;
use hookseal::provider::{self, Provider};
use hookseal::{Algorithm, Extent, Scheme, Verifier};
use property_tests::Search;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use model::{At, Piece, Subject, URL, Wire, encoded, pairs, request, verifier};

mod model;

const NOW: i64 = 1_770_000_000;

/// What a request says, as far as it is signed: nothing of it may differ between two requests with one signature.
#[derive(PartialEq)]
struct View {
    scheme: usize,
    texts: Vec<String>,
    /// The sorted query, taken apart.
    query: Vec<(String, String)>,
    /// What other lines make of it: the time, the value that must be allowed, and the body if all of it is signed.
    meaning: [Option<String>; 3],
}

fn view(scheme: usize, subject: &Subject, wire: &Wire) -> Option<View> {
    let mut query = Vec::new();
    if subject.has(|piece| matches!(piece, Piece::Query { .. })) {
        query = pairs(wire.query.as_deref().unwrap_or_default())?;
        query.sort();
    }
    let is_whole = subject.scheme.coverage().body() == Extent::Whole;
    let meaning =
        [subject.value(wire, "{timestamp"), subject.value(wire, "{allowed}"), is_whole.then(|| wire.body.clone())];
    Some(View { scheme, texts: subject.texts(wire)?, query, meaning })
}

struct Maker {
    random: Rng,
}

const SEPARATORS: &[&str] = &[
    "", "", ".", ".", ".", ":", "-", "--", "..", ".-.", "1.", ".1", "\n", "\n", "v0:", "a", ";", ",", "?", "&", "=",
    "|", "POST", "http", "/", "x=1",
];
/// How the content of Plivo's schemes begins.
const MARKED: &str = "{url|without-query}?";
const NAMES: [&str; 3] = ["x-a", "x-b", "x-b.c"];

impl Maker {
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.random.usize(0..from.len())]
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.f64() < share
    }

    fn subject(&mut self) -> Option<Subject> {
        let (mut head, mut body, mut pieces) = (String::new(), String::new(), Vec::<String>::new());
        let format = self.pick(&["", "", ":ms", ":rfc3339", ":ms-or-s"]);
        let kind = self.random.usize(0..7);
        let mut mac = "S: {hex}\n";
        match kind {
            0 | 1 => {
                pieces.push("{body}".to_owned());
                if self.chance(0.1) {
                    writeln!(body, "t: {{timestamp{format}}}").unwrap();
                }
            }
            2 => {
                let free = self.pick(&["", "|free"]);
                pieces.push(format!("{{$.a.b{free}}}"));
                pieces.push(self.pick(&["{$.a.c}", "{$.d?}", "{$.a.c|free}"]).to_owned());
                if self.chance(0.4) {
                    (mac, body) = ("", "sig: {hex}\n".to_owned());
                }
            }
            3 => {
                pieces.push(self.pick(&["{&a}", "{&a|free}", "{&j.{json}.a}"]).to_owned());
                pieces.push("{&b}".to_owned());
                if self.chance(0.4) {
                    (mac, body) = ("", "&sig: {hex}\n".to_owned());
                }
            }
            4 => pieces.push("{form|sorted}".to_owned()),
            5 => pieces.push(self.pick(&["{body|sha256-hex}", "{body|sha256-base64}", "{body|sha256}"]).to_owned()),
            _ => {
                if self.chance(0.5) {
                    "{empty}\n".clone_into(&mut body);
                }
            }
        }
        head.push_str(mac);
        if self.chance(0.35) {
            head.push_str("I: {id}\n");
            pieces.push("{id}".to_owned());
        }
        if !body.contains("{timestamp") && self.chance(0.5) {
            let place = self.pick(&["T", "T", "?t"]);
            writeln!(head, "{place}: {{timestamp{format}}}").unwrap();
            pieces.push("{timestamp}".to_owned());
        }
        for (piece, share) in [
            ("{header:x-one}", 0.15),
            ("{method}", 0.3),
            ("{?p}", 0.2),
            ("{?q|free}", 0.1),
            ("{query|sorted}", 0.15),
            ("{query|sorted-encoded}", 0.1),
            ("{secret}", 0.05),
        ] {
            if self.chance(share) {
                pieces.push(piece.to_owned());
            }
        }
        if self.chance(0.45) {
            pieces.push(
                self.pick(&["{url}", "{url}", "{url|without-query}", "{path}", "{target}", "{target|encoded}"])
                    .to_owned(),
            );
        }
        if self.chance(0.2) {
            let separator = self.pick(&["", ":,"]);
            writeln!(head, "L: {{signed-headers{separator}}}").unwrap();
            pieces.extend([
                "{signed-headers}".to_owned(),
                self.pick(&["{signed-headers|values:.}", "{signed-headers|pairs:;}"]).to_owned(),
            ]);
        }
        self.random.shuffle(&mut pieces);
        // Orders that the notation has at all are rare among random ones.
        if self.chance(0.7) {
            pieces.sort_by_key(|piece| {
                ["{method", "{url", "{path", "{target"].iter().all(|front| !piece.starts_with(front))
            });
            pieces.sort_by_key(|piece| ["{body}", "{form|sorted}"].contains(&piece.as_str()));
        }
        let mut covers = String::new();
        for piece in pieces {
            let separator =
                if piece.starts_with("{signed-headers") { self.pick(&[".", "\n"]) } else { self.pick(SEPARATORS) };
            if !covers.is_empty() || self.chance(0.2) {
                covers.push_str(separator);
            }
            covers.push_str(&piece);
        }
        // A text that begins with one empty line has a head.
        let empty = if head.is_empty() { "\n\n" } else { "\n" };
        Subject::new(&format!("{head}{empty}{body}"), &covers)
    }

    /// Two schemes that could be of one provider: often alike, in lines, with what Plivo has behind its mark, or with lines that
    /// say what the content means.
    fn pair(&mut self) -> Option<[Subject; 2]> {
        let subjects = match self.random.usize(0..5) {
            0 => [self.subject()?, self.subject()?],
            1 => [self.marked()?, self.marked()?],
            2 => [self.said()?, self.said()?],
            _ => [self.lined()?, self.lined()?],
        };
        // Each has a place of its own for its signature, so that either can judge any request; or they share it, so that
        // another line decides.
        let [one, other] = subjects;
        let place = self.pick(&["Z: {hex}", "Z: {hex}", "S: {hex}"]);
        let headers = other.scheme.headers().replace("S: {hex}", place);
        let other = Subject::new(&format!("{headers}\n\n{}", other.scheme.body()), other.scheme.covers())?;
        let schemes = [one.scheme.clone(), other.scheme.clone()];
        Provider::new("acme", one.scheme.clone()).unwrap().with_schemes(schemes).ok()?;
        Some([one, other])
    }

    /// Line ends separate the values, and other lines may be between them.
    fn lined(&mut self) -> Option<Subject> {
        let mut covers = self.pick(&["{body}", "{body}", "A\n{body}", "{$.a.b|free}"]).to_owned();
        let mut values = ["{id}", "{header:x-one}", "{?p}", "{timestamp}"];
        self.random.shuffle(&mut values);
        for value in &values[..self.random.usize(0..=2)] {
            covers += self.pick(&["\n", "\nA\n", "\nB\n", "\nA\nB\n", "\nB\nA\n"]);
            covers += value;
        }
        covers += self.pick(&["", "", "\nA\n", "\nB\n", "\nA"]);
        let time = if covers.contains("{timestamp}") { "T: {timestamp}\n" } else { "" };
        Subject::new(&format!("S: {{hex}}\n{time}I: {{id}}"), &covers)
    }

    /// Few contents, and many lines that say what they mean.
    fn said(&mut self) -> Option<Subject> {
        if self.chance(0.4) {
            let lines = [
                self.pick(&["", "?h: {body|sha256-hex}\n"]),
                self.pick(&["", "?to: {allowed}\n"]),
                self.pick(&["", "", "?t: {timestamp}\n"]),
                self.pick(&["", "", "V: 1\n"]),
                self.pick(&["", "\n{empty}", "\n{empty}"]),
            ];
            let front = self.pick(&["", "", ":method: POST\n"]);
            let covers = self.pick(&["{url}", "{url}", "{target}", "{url|without-query}?{query|sorted}"]);
            return Subject::new(&format!("{front}S: {{hex}}\n{}", lines.concat()), covers);
        }
        let covers = self.pick(&["{body}", "{body}", "{header:d}", "{header:a}.{body}", "{header:a}.{header:d}"]);
        let mut lines = "S: {hex}\nI: {id}\n".to_owned();
        if covers.contains("{header:a}") {
            lines += self.pick(&["", "A: {allowed}\n"]);
        }
        let hash = self.pick(&["", "D: {body|sha256-hex}\n", "D: {body|sha256-base64}\n"]);
        if covers.contains("{header:d}") {
            lines += hash;
        }
        let is_whole = covers.contains("{body}") || lines.contains("D: ");
        lines += match is_whole {
            true => self.pick(&["", "\nt: {timestamp}", "\nu: {timestamp}"]),
            false => "\n{empty}",
        };
        Subject::new(&lines, covers)
    }

    fn marked(&mut self) -> Option<Subject> {
        let front = self.pick(&[MARKED, MARKED, "{url}", "{target}", "{target|encoded}"]);
        let sorted = [
            "{query|sorted}.{form|sorted}",
            "{query|sorted}",
            "{form|sorted}",
            "{id}.{query|sorted}",
            "{body}.{query|sorted}",
            "{form|sorted}.{query|sorted}",
        ];
        let covers = match front {
            MARKED => format!("{front}{}{}", self.pick(&sorted), self.pick(&["", ".{header:x-one}"])),
            _ => format!("{front}{}", self.pick(&["", "{form|sorted}"])),
        };
        Subject::new("S: {hex}\nI: {id}", &covers)
    }

    fn time(&mut self, format: &str) -> String {
        let moment = OffsetDateTime::from_unix_timestamp(NOW + [0, 1, 60, -200][self.random.usize(0..4)]).unwrap();
        match format {
            "" => moment.unix_timestamp().to_string(),
            ":rfc3339}" => moment.format(&Rfc3339).unwrap(),
            _ => (moment.unix_timestamp() * 1000).to_string(),
        }
    }

    /// Text in which a border could hide.
    fn text(&mut self, subject: &Subject, longest: usize) -> String {
        let literals: Vec<String> = subject
            .pieces
            .iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(text.clone()) } else { None })
            .collect();
        let mut text = String::new();
        for _ in 0..self.random.usize(0..=longest) {
            match self.random.usize(0..10) {
                0 | 1 => text.push_str(&self.time(subject.format)),
                2..=5 if !literals.is_empty() => text.push_str(&literals[self.random.usize(0..literals.len())]),
                6 => text.push_str(self.pick(&["POST", "1", "20", "https://x.example/hook", "/hook", "?a=1"])),
                _ => text.push_str(self.pick(&["a", "m", "b=1", "&", "=", "?", ".{", "{", "x-a", "a=1&b=2", "%"])),
            }
        }
        text
    }

    /// A query as a client may write it.
    fn query(&mut self, subject: &Subject) -> String {
        let count = self.random.usize(1..4);
        let pair = |maker: &mut Maker| {
            let name = maker.pick(&["a", "b", "p1", "a.b", "c=d"]).to_owned();
            let value = maker.text(subject, 2);
            let kept = maker.pick(&["", "-_.", "-_.=?/:{|"]);
            format!("{}={}", encoded(&name, "-_."), encoded(&value, kept))
        };
        (0..count).map(|_| pair(self)).collect::<Vec<_>>().join("&")
    }

    /// A request with the scheme's places, without its signature.
    fn wire(&mut self, subject: &Subject, registered: Option<&str>) -> Option<Wire> {
        let front =
            if subject.has(|piece| matches!(piece, Piece::Values { with_names: false, .. })) { "{" } else { "" };
        let longest = if subject.has(|piece| matches!(piece, Piece::Body)) { 5 } else { 1 };
        let mut base = Wire {
            method: self.pick(&["POST", "POST", "GET", "PUT", "post", "POST.a", "POSTPOST"]).to_owned(),
            body: front.to_owned() + &self.text(subject, longest),
            ..Wire::default()
        };
        if let Some(At::Json(_)) = subject.line("{timestamp").map(|line| &line.at) {
            let (t, u) = (self.time(subject.format), self.time(subject.format));
            base.body = serde_json::json!({ "t": t, "u": u, "x": base.body }).to_string();
        }
        if subject.is_empty {
            base.body.clear();
        }
        let params: Vec<_> = subject
            .lines
            .iter()
            .filter_map(|line| match &line.at {
                At::Param(name) if !subject.has(|piece| *piece == Piece::Time) => {
                    Some((name.clone(), line.value.clone()))
                }
                _ => None,
            })
            .collect();
        let mut query = match self.random.usize(0..4) {
            0 | 1 => registered.map(str::to_owned),
            2 => Some(self.query(subject)),
            _ => Some(registered.map_or(String::new(), |query| format!("{query}&")) + &self.query(subject)),
        };
        if params.iter().any(|(_, value)| value.contains("{body|")) {
            base.body = format!("{{{}", base.body);
        }
        let mut pairs_of_lines = Vec::new();
        for (name, value) in params {
            let text = match &*value {
                value if value.contains("{body|") => model::body_hash("{body|sha256-hex}", &base.body),
                value if value.contains("{allowed}") => self.pick(&[model::ALLOWED, "x"]).to_owned(),
                value if value.contains("{timestamp") => self.time(subject.format),
                _ => continue,
            };
            pairs_of_lines.push(format!("{name}={}", encoded(&text, "-_.")));
        }
        if !pairs_of_lines.is_empty() {
            let registered = registered.map(str::to_owned).filter(|_| self.chance(0.5));
            query = Some(registered.into_iter().chain(pairs_of_lines).collect::<Vec<_>>().join("&"));
        }
        let mut texts = Vec::new();
        let mut names = NAMES[..self.random.usize(1..=3)].to_vec();
        names.extend(subject.listed_time().filter(|_| self.chance(0.9)));
        names.sort_unstable();
        let list = |separator: &str| names.join(separator);
        let separator = if subject.line("{signed-headers:,}").is_some() { "," } else { " " };
        for piece in &subject.pieces {
            let with_query =
                |front: &str| front.to_owned() + &query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            texts.push(match piece {
                Piece::Text(text) => text.clone(),
                Piece::Body => base.body.clone(),
                Piece::Time => self.time(subject.format),
                Piece::Method if !subject.methods.is_empty() => subject.methods[0].clone(),
                Piece::Method => base.method.clone(),
                Piece::Url("{url}") => with_query(URL),
                Piece::Url("{url|without-query}") => URL.to_owned(),
                Piece::Url("{path}") => "/hook".to_owned(),
                Piece::Url("{target}") => with_query("/hook"),
                Piece::Url(_) => {
                    let query = query.as_ref().filter(|query| !query.is_empty());
                    let query = query.map(|query| format!("?{}", encoded(query, "-_.!~*'()"))).unwrap_or_default();
                    encoded(&format!("/hook{query}"), "-_.!~*'();/?:@&=+$,#")
                }
                Piece::Query { is_encoded } => {
                    let kept = if *is_encoded { "-_.!~*'()" } else { "" };
                    let write = |text: &str| if *is_encoded { encoded(text, kept) } else { text.to_owned() };
                    let mut all = pairs(query.as_deref().unwrap_or_default())?;
                    all.sort();
                    let all = all.iter().map(|(name, value)| format!("{}={}", write(name), write(value)));
                    all.collect::<Vec<_>>().join("&")
                }
                Piece::Hash(form) => model::body_hash(form, &base.body),
                Piece::List => list(separator),
                Piece::Values { joiner, with_names } => {
                    let value = |name: &&str| match with_names {
                        true if subject.listed_time() == Some(name) => format!("{name}:{}", self.time(subject.format)),
                        true => format!("{name}:{}", self.text(subject, 2)),
                        false => self.text(subject, 2),
                    };
                    names.iter().map(value).collect::<Vec<_>>().join(&joiner.to_string())
                }
                Piece::Secret => model::SECRET.to_owned(),
                Piece::Id => format!("m{}", self.text(subject, 2)),
                Piece::Form => format!("n{}", self.text(subject, 4)),
                Piece::Header(name) if name == "a" => self.pick(&[model::ALLOWED, "x"]).to_owned(),
                Piece::Header(name) if name == "d" && !subject.is_empty => {
                    let line = subject.line("{body|").map(|line| line.value.clone());
                    model::body_hash(&line.unwrap_or_default(), &base.body)
                }
                // Of many values, most are without a border.
                _ if self.chance(subject.pieces.len() as f64 / 20.0) => "v".to_owned(),
                _ => self.text(subject, 3),
            });
        }
        let wires = subject.wires(&texts, &base);
        if wires.is_empty() { None } else { Some(wires[self.random.usize(0..wires.len())].clone()) }
    }
}

#[derive(Default)]
struct Tally {
    schemes: usize,
    refused_schemes: usize,
    made: usize,
    requests: usize,
    recuts: usize,
    accepted: BTreeMap<String, (usize, String)>,
}

/// What the scheme covers under which the verifier takes the request, at the clock that it names or at ours.
fn accepted_by(provider: &Provider, verifier: &Verifier, subject: &Subject, wire: &Wire) -> Option<String> {
    let request = request(wire)?;
    let ours = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    let theirs = subject.value(wire, "{timestamp").and_then(|text| subject.clock(&text));
    let covers = |now| {
        let verified = verifier.verify_request_at(&request, now).ok()?;
        Some(format!("{:?}", provider.coverage(verified.proof())))
    };
    [Some(ours), theirs].into_iter().flatten().find_map(covers)
}

fn placeholder(subject: &Subject) -> &'static str {
    if subject.line("{hex}").is_some() { "{hex}" } else { "{base64" }
}

/// Signs a request under one scheme, and shows every other request with its content to the provider.
fn search(
    subjects: &[Subject],
    scheme: usize,
    maker: &mut Maker,
    tally: &mut Tally,
    is_open: impl Fn(&View, &View) -> bool,
) {
    let subject = &subjects[scheme];
    let registered = [None, None, Some("a=1"), Some(""), Some("a.b=1")][maker.random.usize(0..5)];
    let Some(mut wire) = maker.wire(subject, registered) else { return };
    tally.made += 1;
    let content = subject.texts(&wire).unwrap().concat();
    let mac = subject.mac(&content);
    let unsigned = wire.clone();
    subject.put(&mut wire, placeholder(subject), &mac);
    let (provider, verifier) = (model::provider(subjects, registered), verifier(subjects, registered));
    if accepted_by(&provider, &verifier, subject, &wire).is_none() {
        return;
    }
    tally.requests += 1;
    let genuine = view(scheme, subject, &wire).unwrap();
    for (place, other) in subjects.iter().enumerate() {
        for texts in other.cuts(&content) {
            for mut again in other.wires(&texts, &unsigned) {
                other.put(&mut again, placeholder(other), &mac);
                let Some(seen) = view(place, other, &again) else { continue };
                if seen == genuine || again == wire || is_open(&genuine, &seen) {
                    continue;
                }
                tally.recuts += 1;
                let Some(covers) = accepted_by(&provider, &verifier, other, &again) else { continue };
                // Where schemes share the place of the signature, it may be another than that for which it was made.
                let is_same = |(place, subject): (usize, &Subject)| {
                    format!("{:?}", subject.scheme.coverage()) == covers
                        && view(place, subject, &again).is_some_and(|seen| seen == genuine || is_open(&genuine, &seen))
                };
                if !subjects.iter().enumerate().any(is_same) {
                    let kind = format!("{:?} as {:?}", subject.scheme.covers(), other.scheme.covers());
                    let example = || format!("registered {registered:?}\n    {wire:?}\n    {again:?}");
                    tally.accepted.entry(kind).or_insert_with(|| (0, example())).0 += 1;
                }
            }
        }
    }
}

fn report(tally: &Tally) {
    println!(
        "{} schemes ({} refused), {} requests made, {} of them genuine, {} recuts",
        tally.schemes, tally.refused_schemes, tally.made, tally.requests, tally.recuts
    );
    let accepted: usize = tally.accepted.values().map(|(count, _)| count).sum();
    for (kind, (count, example)) in &tally.accepted {
        println!("  {count} accepted: {kind}\n    {example}");
    }
    assert_eq!(accepted, 0, "one signature has two meanings");
    assert!(tally.requests > tally.schemes && tally.recuts > 2_000, "a search of little");
}

#[test]
fn no_recut_of_a_random_request_is_accepted() {
    let search_for = Search::begin(2_500);
    let mut maker = Maker { random: Rng::with_seed(search_for.seed()) };
    let mut tally = Tally::default();
    while search_for.goes_on(tally.schemes) {
        let Some(subject) = maker.subject() else {
            tally.refused_schemes += 1;
            continue;
        };
        tally.schemes += 1;
        for _ in 0..8 {
            search(std::slice::from_ref(&subject), 0, &mut maker, &mut tally, |_, _| false);
        }
    }
    report(&tally);
}

/// Two schemes of one provider have the same keys.
#[test]
fn no_recut_for_another_scheme_of_the_provider_is_accepted() {
    let search_for = Search::begin(1_500);
    let mut maker = Maker { random: Rng::with_seed(search_for.seed()) };
    let mut tally = Tally::default();
    while search_for.goes_on(tally.schemes) {
        let Some(pair) = maker.pair() else {
            tally.refused_schemes += 1;
            continue;
        };
        tally.schemes += 1;
        let covers = pair.each_ref().map(|subject| subject.scheme.covers());
        let is_plivos = |covers: &str| {
            covers
                .strip_prefix(MARKED)
                .is_some_and(|rest| rest.starts_with("{form|sorted}") || rest.starts_with("{query|sorted}"))
        };
        // What both cover means the same in both, and a form that Plivo signs may be shown as a query that it signs.
        let is_open = |one: &View, other: &View| {
            let is_alike = covers[0] == covers[1] && one.texts == other.texts && one.meaning == other.meaning;
            one.scheme != other.scheme && (covers.iter().all(|covers| is_plivos(covers)) || is_alike)
        };
        for turn in 0..8 {
            search(&pair, turn % 2, &mut maker, &mut tally, is_open);
        }
    }
    report(&tally);
}

/// The catalogue's own schemes, all of a provider together, with many more requests each.
#[test]
fn no_recut_of_a_request_of_the_catalogue_is_accepted() {
    let mut maker = Maker { random: Rng::with_seed(2) };
    let mut tally = Tally::default();
    // Claims of a token are not a content that could be cut.
    let has_token = |scheme: &Scheme| [scheme.headers(), scheme.body()].iter().any(|lines| lines.contains("{jw"));
    for provider in provider::ALL.iter().filter(|provider| !provider.schemes().iter().any(has_token)) {
        let subjects: Vec<_> = provider.schemes().iter().cloned().map(Subject::of).collect();
        let reads_more = |subject: &Subject| {
            let is_usual = |piece: &Piece| {
                matches!(piece, Piece::Text(_) | Piece::Body | Piece::Id | Piece::Time | Piece::Header(_))
            };
            let has_mac = subject.line("{hex}").or(subject.line("{base64")).is_some()
                && subject.scheme.algorithm() == Algorithm::Hmac;
            has_mac && subject.has(|piece| !is_usual(piece))
        };
        if !subjects.iter().all(reads_more) {
            continue;
        }
        tally.schemes += subjects.len();
        // A form that Plivo signs may be shown as a query that it signs.
        let is_open: fn(&View, &View) -> bool = match provider.name() {
            "plivo-v3" => |one, other| one.scheme != other.scheme,
            _ => |_, _| false,
        };
        for scheme in 0..subjects.len() {
            let before = tally.requests;
            for _ in 0..250 {
                search(&subjects, scheme, &mut maker, &mut tally, is_open);
            }
            let covers = subjects[scheme].scheme.covers();
            assert!(tally.requests > before + 15, "{}: {covers:?} was hardly tested", provider.name());
        }
    }
    report(&tally);
}
