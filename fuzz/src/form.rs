//! Forms and queries are read as the crate `form_urlencoded` reads what is correctly encoded, and refused otherwise.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::Verifier;
use http::Request;

use crate::judge;

/// Where a scheme has its signature, and the text of what it covers. `None` for what cannot be signed.
struct Subject {
    lines: &'static str,
    covers: &'static str,
    content: fn(&Pairs, &Pairs, &str) -> Option<String>,
}

type Pairs = Vec<(String, String)>;

const SUBJECTS: [Subject; 6] = [
    Subject {
        lines: "S: {hex}",
        covers: "{form|sorted}",
        content: |_, form, _| {
            let mut pairs = sorted(form).filter(|pairs| !pairs.is_empty())?;
            pairs.dedup();
            Some(pairs.into_iter().map(|(name, value)| name + &value).collect())
        },
    },
    Subject {
        lines: "\n\n&s: {hex}",
        covers: "{&a}.{&b}",
        content: |_, form, _| {
            let (a, b) = (once(form, "a")?, once(form, "b")?);
            (!a.contains('.')).then(|| format!("{a}.{b}"))
        },
    },
    Subject { lines: "?s: {hex}", covers: "{?a}", content: |query, _, _| once(query, "a") },
    Subject {
        lines: "S: {hex}",
        covers: "{query|sorted}\n{body}",
        content: |query, _, body| {
            let pairs = sorted(query)?;
            let is_parted =
                |(name, value): &(String, String)| !name.contains(['=', '&', '\n']) && !value.contains(['&', '\n']);
            let joined = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
            pairs.iter().all(is_parted).then(|| format!("{joined}\n{body}"))
        },
    },
    Subject {
        lines: "S: {hex}",
        covers: "{query|sorted-encoded}\n{body}",
        content: |query, _, body| {
            let pair = |(name, value): (String, String)| format!("{}={}", component(&name), component(&value));
            let pairs: Vec<String> = sorted(query)?.into_iter().map(pair).collect();
            Some(format!("{}\n{body}", pairs.join("&")))
        },
    },
    Subject {
        lines: "\n\n&j.{json}.s: {hex}",
        covers: "{&a}",
        content: |_, form, _| once(form, "j").and_then(|_| once(form, "a")),
    },
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    subject: u8,
    content_type: u8,
    query: Vec<Word<'a>>,
    body: Vec<Word<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Word<'a> {
    Pair(u8, &'a str),
    Mac(u8),
    Name(u8),
    Encoded(u8),
    Mark(u8),
    Raw(&'a str),
}

const NAMES: [&str; 8] = ["a", "b", "s", "j", "%61", "?", "é", ""];
const MARKS: [&str; 12] = ["&", "=", "+", "%", "%2", "%zz", "%0A", "%26", "%3D", ".", "%ff", "%2E"];
const TYPES: [Option<&str>; 4] = [
    None,
    Some("application/x-www-form-urlencoded"),
    Some("Application/X-WWW-Form-Urlencoded ; charset=utf-8"),
    Some("application/json"),
];

fn text(words: &[Word<'_>], mac: &str) -> String {
    let name = |place: u8| NAMES[usize::from(place) % NAMES.len()];
    let word = |word: &Word<'_>| match word {
        Word::Pair(place, value) => {
            format!("&{}={}", name(*place), form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>())
        }
        Word::Mac(0) => format!("&j=%7B%22s%22%3A%22{mac}%22%7D"),
        Word::Mac(_) => format!("&s={mac}"),
        Word::Name(place) => name(*place).to_owned(),
        Word::Encoded(byte) => format!("%{byte:02x}"),
        Word::Mark(place) => MARKS[usize::from(*place) % MARKS.len()].to_owned(),
        Word::Raw(raw) => (*raw).to_owned(),
    };
    words.iter().map(word).collect()
}

/// The pairs of a form that is correctly encoded.
fn pairs(text: &str) -> Option<Pairs> {
    // The library takes what is not.
    let mut bytes = Vec::new();
    let mut rest = text.split('%');
    bytes.extend_from_slice(rest.next()?.as_bytes());
    for part in rest {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(part[2..].as_bytes());
    }
    // A character that is cut by `&` or `=` is none.
    String::from_utf8(bytes).ok()?;
    let pairs = form_urlencoded::parse(text.as_bytes());
    let pairs: Pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    (text.split('&').count() <= 1024).then_some(pairs)
}

fn once(pairs: &Pairs, name: &str) -> Option<String> {
    let mut values = pairs.iter().filter(|(other, _)| other == name);
    let (_, value) = values.next()?;
    values.next().is_none().then(|| value.clone())
}

/// `None` for names that are sorted differently elsewhere.
fn sorted(pairs: &Pairs) -> Option<Pairs> {
    let is_name = |(name, _): &(String, String)| {
        name.is_ascii() && !name.is_empty() && !name.starts_with('?') && !name.starts_with('&')
    };
    let mut sorted = pairs.clone();
    sorted.sort();
    sorted.iter().all(is_name).then_some(sorted)
}

/// As `encodeURIComponent` of ECMAScript.
fn component(text: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&c);
    text.bytes().map(|c| if plain(c) { char::from(c).to_string() } else { format!("%{c:02X}") }).collect()
}

pub(crate) fn run(data: &[u8]) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let verifiers = VERIFIERS
        .get_or_init(|| SUBJECTS.iter().map(|subject| judge::verifier_of(subject.lines, subject.covers)).collect());
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let place = usize::from(input.subject) % SUBJECTS.len();
    let subject = &SUBJECTS[place];
    // No content is made of a MAC, unless the request covers it.
    let content = |mac: &str| {
        let (query, body) = (text(&input.query, mac), text(&input.body, mac));
        let content = (subject.content)(&pairs(&query)?, &pairs(&body).unwrap_or_default(), &body)?;
        Some((content, query, body))
    };
    let made_of = content(&judge::hex_mac(b"")).map(|(content, ..)| content).unwrap_or_default();
    let mac = judge::hex_mac(made_of.as_bytes());
    let (query, body) = (text(&input.query, &mac), text(&input.body, &mac));
    let mut request = Request::post("/");
    if let Some(kind) = TYPES[usize::from(input.content_type) % TYPES.len()] {
        request = request.header("content-type", kind);
    }
    if subject.lines == "S: {hex}" {
        request = request.header("s", mac.as_str());
    }
    let Ok(request) = request.uri(format!("/?{query}")).body(body.clone()) else { return };
    if request.uri().query() != Some(&query) {
        return;
    }
    let verified = verifiers[place].verify_request_at(&request, judge::now());

    let is_form = TYPES[usize::from(input.content_type) % TYPES.len()].is_none_or(|kind| kind != "application/json");
    let reads_form = subject.covers.contains("form") || subject.covers.contains("{&") || subject.lines.contains('&');
    let expected = || {
        // A query that the scheme does not read may be anything.
        let reads_query = subject.covers.contains("query") || subject.lines.starts_with('?');
        let query = if reads_query { pairs(&query)? } else { Pairs::new() };
        let form = if reads_form { pairs(&body).filter(|_| is_form)? } else { Pairs::new() };
        let content = (subject.content)(&query, &form, &body)?;
        let right = judge::hex_mac(content.as_bytes());
        let given = match subject.lines {
            "S: {hex}" => mac.clone(),
            "?s: {hex}" => once(&query, "s")?,
            "\n\n&s: {hex}" => once(&form, "s")?,
            _ => {
                let members = once(&form, "j")?;
                let members: Vec<_> = crate::json::members(&members)?
                    .into_iter()
                    .filter(|(name, _)| name == "s")
                    .map(|(_, value)| value.get().to_owned())
                    .collect();
                let [only] = &*members else { return None };
                serde_json::from_str::<String>(only).ok()?
            }
        };
        right.eq_ignore_ascii_case(&given).then_some(())
    };
    assert_eq!(
        verified.is_ok(),
        expected().is_some(),
        "{} {}: {query:?} {body:?} {:?}: {verified:?}",
        subject.lines,
        subject.covers,
        request.headers()
    );
}
