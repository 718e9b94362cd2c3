//! A text is a scheme, an event shape or a provider, or it is refused; whatever is accepted can be written to a file and read
//! back, and what its signer signs, its verifier accepts until a byte of the body changes.

use arbitrary::{Arbitrary, Unstructured};
use hookseal::delivery::{DeliveryPolicy, EndpointHealth, EventFilter, RetryPolicy, Subscription};
use hookseal::provider::Provider;
use hookseal::{EventShape, EventType, Extent, Handshake, Scheme, Signer};
use http::{HeaderName, HeaderValue, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::Node;
use crate::judge;
use crate::words::WORDS;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Scheme { headers: Vec<Word<'a>>, covers: Vec<Word<'a>>, seed: u8 },
    Shape { lines: Vec<Word<'a>> },
    File { kind: u8, text: &'a str },
    Fields { kind: u8, fields: Vec<(u8, Node<'a>)> },
}

#[derive(Arbitrary, Debug)]
enum Word<'a> {
    Known(u8),
    Raw(&'a str),
}

const LINES: [&str; 24] = [
    "type: {type}\n",
    "{data}\n",
    "data: {data}\n",
    "a[].b: {type}\n",
    "a[]: {data}\n",
    "X-Type: {type}\n",
    "\n",
    "&p.{json}.t: {type}\n",
    "&: {data}\n",
    "{type}: {data}\n",
    "{type}: fixed\n",
    "id?: {id}\n",
    "[].id: {id}\n",
    "at: {timestamp} {key}\n",
    "v: 1\n",
    "t: {test:true}\n",
    "{version}",
    "{timestamp:ms}",
    "{timestamp:iso8601}",
    "a.b",
    "x\n",
    ": ",
    "?",
    "[]",
];
/// Schemes to begin with.
const SEEDS: [(&str, &str); 8] = [
    ("", ""),
    ("S: {hex}", "{body}"),
    ("S: t={timestamp},v1={hex},...", "{timestamp}.{body}"),
    ("I: {id}\nT: {timestamp}\nS: v1,{base64} ...", "{id}.{timestamp}.{body}"),
    (":method: GET | POST\nS: {hex}\n?h: {body|sha256-hex}", "{method}\n{url}"),
    ("T: {timestamp:ms}\nL: {signed-headers:,}\nS: {hex}", "{method}\n{target}\n{signed-headers|pairs:;}\n{body}"),
    ("\n\na[].b: {base64}", "{$.a[].c}:{$.a[].d?}:{$.a[].e|free}"),
    ("\n\n&j.{json}.t: {timestamp}\n&j.{json}.s: {hex}", "{timestamp}{&j.{json}.e}"),
];
const FIELDS: [&str; 24] = [
    "name",
    "schemes",
    "headers",
    "covers",
    "body",
    "digest",
    "secret_form",
    "past",
    "future",
    "event",
    "events",
    "handshakes",
    "request",
    "answer",
    "idempotency",
    "max_received",
    "answer_within",
    "allowed",
    "delivery",
    "public_url",
    "retry",
    "waits",
    "timeout",
    "url",
];

fn text(words: &[Word<'_>], known: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        text.push_str(match word {
            Word::Known(place) => known[usize::from(*place) % known.len()],
            Word::Raw(raw) => raw,
        });
    }
    text
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    match input {
        Input::Scheme { headers, covers, seed } => {
            let (front, start) = SEEDS[usize::from(seed) % SEEDS.len()];
            scheme(text(&headers, &WORDS) + front, start.to_owned() + &text(&covers, &WORDS));
        }
        Input::Shape { lines } => {
            let text = text(&lines, &LINES);
            if let Ok(shape) = EventShape::try_new(text.clone()) {
                let again = returns(&shape, &text);
                assert_eq!(kept(again.as_str()), kept(&text));
                let _ = shape.read(br#"{"type":"a","data":{},"a":[{"b":"c"}]}"#);
            }
        }
        Input::File { kind, text } => file(kind, text),
        Input::Fields { kind, fields } => {
            let value = |which: u8| WORDS[usize::from(which) % WORDS.len()].to_owned();
            let field = |(name, node): &(u8, Node<'_>)| {
                format!("\"{}\":{}", FIELDS[usize::from(*name) % FIELDS.len()], node.text(&value))
            };
            file(kind, &format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(",")));
        }
    }
}

/// What is written to a file is read back, and written in the same way.
fn returns<T: Serialize + DeserializeOwned>(value: &T, text: &str) -> T {
    let written = serde_json::to_string(value).expect("a file");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{text:?}: {written}: {error}"));
    assert_eq!(serde_json::to_string(&again).expect("a file"), written, "{text:?}");
    again
}

/// The lines of a text, without the white space that means nothing.
fn kept(text: &str) -> Vec<&str> {
    let lines = text.split('\n').map(|line| line.trim_matches([' ', '\t', '\r']));
    lines.filter(|line| !line.is_empty()).collect()
}

fn file(kind: u8, text: &str) {
    fn read<T: Serialize + DeserializeOwned>(text: &str) {
        if let Ok(value) = serde_json::from_str::<T>(text) {
            returns(&value, text);
        }
    }
    match kind % 9 {
        0 => read::<Scheme>(text),
        1 => read::<EventShape>(text),
        2 => read::<Handshake>(text),
        3 => drop(serde_json::from_str::<Provider>(text)),
        4 => read::<DeliveryPolicy>(text),
        5 => read::<RetryPolicy>(text),
        6 => read::<Subscription>(text),
        7 => read::<EndpointHealth>(text),
        _ => filter(text),
    }
}

/// A filter matches what its patterns say, and is written as it is read.
fn filter(text: &str) {
    let Ok(filter) = text.parse::<EventFilter>() else { return };
    assert_eq!(filter.to_string().parse::<EventFilter>().as_ref(), Ok(&filter), "{text}");
    assert!(filter.covers(&filter) && EventFilter::all().covers(&filter), "{text}");
    for kind in ["call.completed", "a", "a.b", text] {
        let Ok(event_type) = EventType::new(kind) else { continue };
        let is_matched = filter.patterns().any(|pattern| match pattern.strip_suffix(".*") {
            Some(group) => kind.strip_prefix(group).is_some_and(|rest| rest.starts_with('.')),
            None => pattern == "*" || pattern == kind,
        });
        assert_eq!(filter.matches(event_type), is_matched, "{text}: {kind}");
    }
}

fn scheme(headers: String, covers: String) {
    let Ok(scheme) = Scheme::try_new(headers.clone(), covers.clone()) else { return };
    let again = returns(&scheme, &headers);
    let whole = format!("{}\n{}", again.headers(), again.body());
    assert_eq!((kept(&whole), again.covers()), (kept(&headers), &*covers));
    let coverage = scheme.coverage();
    let provider =
        Provider::new("acme", scheme.clone()).and_then(|provider| provider.with_public_url("https://x.example/"));
    let provider = provider.expect("a provider").with_allowed(["QQ"]);
    let verifier = provider.accept(Extent::Nothing).verifier(judge::secret(0)).expect("a verifier");
    let now = judge::now();
    let Ok(signer) = Signer::new(scheme.clone(), judge::secret(0)) else {
        // Its signature is somewhere else, or is no HMAC. Nothing is accepted without one.
        let request = Request::post("https://x.example/").body("body").expect("a request");
        assert!(verifier.verify_request_at(&request, now).is_err(), "{headers:?} {covers:?}");
        return;
    };
    let mut request = Request::post("https://x.example/").header("x-one", "QQ").body("body").expect("a request");
    for part in covers.split("{header:").skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if let Ok(name) = HeaderName::try_from(name) {
            request.headers_mut().insert(name, HeaderValue::from_static("QQ"));
        }
    }
    // An id that holds the text behind it is refused, so that another one has to do.
    let Some(_) = ["id", "~", "7Z"].iter().find(|id| signer.sign_request_at(&mut request, id, now).is_ok()) else {
        return;
    };
    let verified = verifier.verify_request_at(&request, now);
    assert!(verified.is_ok(), "{headers:?} {covers:?}: {:?}", verified.err());
    *request.body_mut() = "bodx";
    let tampered = verifier.verify_request_at(&request, now);
    assert!(tampered.is_err() || coverage.body() < Extent::Form, "{headers:?} {covers:?}");
}
