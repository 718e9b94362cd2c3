//! One signature has one meaning: a request that is accepted cannot be cut into another one that is accepted, by moving bytes
//! between what its signature covers. The target knows the notation of schemes and nothing of what the crate refuses.
//!
//! What the signer signs, the verifier accepts.

use arbitrary::{Arbitrary, Unstructured};
use hookseal::{Scheme, Signer, Verifier};
use http::{HeaderValue, Request};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::judge::{self, NOW};

/// The most other requests that are tried.
const MOST: usize = 96;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    format: u8,
    pieces: Vec<(Kind, u8)>,
    /// Whether text is also before the first piece.
    is_framed: bool,
    time: (u8, u32),
    values: [Vec<Word<'a>>; 6],
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Kind {
    Id,
    Time,
    One,
    Two,
    Param,
    Method,
    Body,
}

/// What values are made of: bytes in which a border could hide.
#[derive(Arbitrary, Debug)]
enum Word<'a> {
    /// The text between two pieces of the scheme.
    Border(u8),
    Time(u8, u32),
    Letter(u8),
    Raw(&'a str),
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(&'static str),
    Value(Kind),
}

const BORDERS: [&str; 24] = [
    "", ".", ":", "-", "--", "::", "..", ".-.", "T", "Z", "+", "0", "1.", ".1", "\n", "v0:", "a", "aba", ";", ",",
    "-0", ":00", "20", "Z.",
];
const FORMATS: [&str; 4] = ["", ":ms", ":rfc3339", ":ms-or-s"];
const NAMES: [Kind; 6] = [Kind::Id, Kind::One, Kind::Two, Kind::Param, Kind::Method, Kind::Body];

/// The texts of the pieces, one for each.
type Texts = Vec<String>;

struct Subject {
    pieces: Vec<Piece>,
    format: &'static str,
    verifier: Verifier,
    signer: Option<Signer>,
}

impl Subject {
    /// `None` where the crate refuses the scheme.
    fn new(input: &Input<'_>) -> Option<Subject> {
        let format = FORMATS[usize::from(input.format) % FORMATS.len()];
        let (mut pieces, mut covers, mut lines) = (Vec::new(), String::new(), "S: {hex}".to_owned());
        for (kind, border) in input.pieces.iter().take(7) {
            if pieces.contains(&Piece::Value(*kind)) {
                continue;
            }
            let border = BORDERS[usize::from(*border) % BORDERS.len()];
            if !border.is_empty() && (!pieces.is_empty() || input.is_framed) {
                pieces.push(Piece::Text(border));
                covers.push_str(border);
            }
            pieces.push(Piece::Value(*kind));
            covers.push_str(match kind {
                Kind::Id => "{id}",
                Kind::Time => "{timestamp}",
                Kind::One => "{header:X-One}",
                Kind::Two => "{header:X-Two}",
                Kind::Param => "{?p}",
                Kind::Method => "{method}",
                Kind::Body => "{body}",
            });
            match kind {
                Kind::Id => lines.push_str("\nI: {id}"),
                Kind::Time => lines.extend(["\nT: {timestamp", format, "}"]),
                _ => {}
            }
        }
        let scheme = Scheme::try_new(lines, covers).ok()?;
        let signer = Signer::new(scheme.clone(), judge::secret(0)).ok();
        let verifier = Verifier::new(scheme, judge::secret(0)).ok()?;
        Some(Subject { pieces, format, verifier, signer })
    }

    fn time(&self, (kind, more): (u8, u32)) -> String {
        let seconds = NOW + [0, i64::from(more % 300), -i64::from(more), i64::from(more)][usize::from(kind) % 4];
        match self.format {
            "" => seconds.to_string(),
            ":rfc3339" => {
                let nanos = [0, 0, 5, 123_000_000][usize::from(kind >> 2) % 4];
                let time = judge::at(seconds).replace_nanosecond(nanos).expect("a time");
                time.format(&Rfc3339).expect("a text")
            }
            _ => (seconds * 1000).to_string(),
        }
    }

    fn texts(&self, input: &Input<'_>) -> Texts {
        let word = |word: &Word<'_>| match word {
            Word::Border(place) => {
                let texts = self.pieces.iter().filter_map(|piece| match piece {
                    Piece::Text(text) => Some(*text),
                    Piece::Value(_) => None,
                });
                let texts: Vec<&str> = texts.collect();
                texts.get(usize::from(*place) % texts.len().max(1)).copied().unwrap_or_default().to_owned()
            }
            Word::Time(kind, more) => self.time((*kind, *more)),
            Word::Letter(letter) => char::from(b'!' + letter % 94).to_string(),
            Word::Raw(raw) => raw.chars().take(12).collect(),
        };
        let value = |kind: Kind| {
            let place = NAMES.iter().position(|name| *name == kind).expect("a value");
            input.values[place].iter().take(8).map(word).collect::<String>()
        };
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Value(Kind::Time) => self.time(input.time),
            Piece::Value(Kind::Method) => {
                let letters = value(Kind::Method).to_ascii_uppercase();
                format!("POST{}", letters.chars().filter(char::is_ascii_uppercase).collect::<String>())
            }
            Piece::Value(kind) => value(*kind),
        };
        self.pieces.iter().map(text).collect()
    }

    /// The request with these texts. `None` for what HTTP cannot transport.
    fn request(&self, texts: &Texts, mac: &HeaderValue) -> Option<Request<Vec<u8>>> {
        let mut request = Request::new(Vec::new());
        *request.method_mut() = http::Method::POST;
        request.headers_mut().insert("s", mac.clone());
        for (piece, text) in self.pieces.iter().zip(texts) {
            let name = match piece {
                Piece::Text(_) => continue,
                Piece::Value(Kind::Body) => {
                    *request.body_mut() = text.clone().into_bytes();
                    continue;
                }
                Piece::Value(Kind::Method) => {
                    *request.method_mut() = http::Method::from_bytes(text.as_bytes()).ok()?;
                    continue;
                }
                Piece::Value(Kind::Param) => {
                    let value: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
                    *request.uri_mut() = format!("/hook?p={value}").parse().ok()?;
                    continue;
                }
                Piece::Value(Kind::Id) => "i",
                Piece::Value(Kind::Time) => "t",
                Piece::Value(Kind::One) => "x-one",
                Piece::Value(Kind::Two) => "x-two",
            };
            // Servers trim values.
            if text.trim_matches([' ', '\t']) != text {
                return None;
            }
            request.headers_mut().insert(name, HeaderValue::from_str(text).ok()?);
        }
        Some(request)
    }

    /// Whether the verifier accepts a request, at our clock or at the one that it names.
    fn accepts(&self, texts: &Texts, mac: &HeaderValue) -> bool {
        let Some(request) = self.request(texts, mac) else { return false };
        let named = self.pieces.iter().zip(texts).find(|(piece, _)| **piece == Piece::Value(Kind::Time));
        let named = named.and_then(|(_, text)| self.clock(text));
        let is_accepted = |now: OffsetDateTime| self.verifier.verify_request_at(&request, now).is_ok();
        is_accepted(judge::now()) || named.is_some_and(is_accepted)
    }

    /// The moment that a text names, by a reader more lenient than the crate's.
    fn clock(&self, text: &str) -> Option<OffsetDateTime> {
        if self.format == ":rfc3339" {
            return OffsetDateTime::parse(text, &Rfc3339).ok();
        }
        let number: i64 = text.parse().ok()?;
        let is_millis = self.format == ":ms" || self.format == ":ms-or-s" && number >= 100_000_000_000;
        OffsetDateTime::from_unix_timestamp(if is_millis { number / 1000 } else { number }).ok()
    }

    /// Every way to take the content apart, up to a number.
    fn cut(&self, pieces: &[Piece], rest: &str, texts: &mut Texts, found: &mut Vec<Texts>) {
        let Some((piece, others)) = pieces.split_first() else {
            if rest.is_empty() {
                found.push(texts.clone());
            }
            return;
        };
        let ends = match piece {
            Piece::Text(text) if rest.starts_with(text) => text.len()..=text.len(),
            Piece::Text(_) => return,
            Piece::Value(_) if others.is_empty() => rest.len()..=rest.len(),
            Piece::Value(_) => 0..=rest.len(),
        };
        for end in ends {
            if found.len() >= MOST {
                return;
            }
            let Some((text, rest)) = rest.split_at_checked(end) else { continue };
            let is_possible = match piece {
                Piece::Value(Kind::Time) => self.clock(text).is_some(),
                Piece::Value(Kind::Method) => http::Method::from_bytes(text.as_bytes()).is_ok(),
                _ => true,
            };
            if is_possible {
                texts.push(text.to_owned());
                self.cut(others, rest, texts, found);
                texts.pop();
            }
        }
    }
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let Some(subject) = Subject::new(&input) else { return };
    let texts = subject.texts(&input);
    let content = texts.concat();
    let mac = HeaderValue::try_from(judge::hex_mac(content.as_bytes())).expect("hex");
    let is_accepted = subject.accepts(&texts, &mac);

    let time = subject.pieces.iter().zip(&texts).find(|(piece, _)| **piece == Piece::Value(Kind::Time));
    let time = time.map_or(Some(judge::now()), |(_, text)| subject.clock(text));
    if let (Some(signer), Some(mut request), Some(time)) = (&subject.signer, subject.request(&texts, &mac), time) {
        let id = request.headers_mut().remove("i");
        let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
        if signer.sign_request_at(&mut request, id, time).is_ok() {
            let verified = subject.verifier.verify_request_at(&request, time);
            assert!(verified.is_ok(), "signed and refused: {:?}: {request:?} {:?}", verified.err(), subject.pieces);
        }
    }
    if !is_accepted {
        return;
    }
    let mut cuts = Vec::new();
    subject.cut(&subject.pieces, &content, &mut Vec::new(), &mut cuts);
    for other in cuts {
        let is_other = other != texts;
        assert!(!(is_other && subject.accepts(&other, &mac)), "{:?}: {texts:?} is also {other:?}", subject.pieces);
    }
}
