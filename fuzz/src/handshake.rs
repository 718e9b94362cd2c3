//! Answering what a provider asks is no signing oracle: whatever somebody writes into a request, an answer never contains the
//! MAC of a text outside of a challenge's alphabet, nor the secret, nor the verify token; and it is never a page.

use arbitrary::{Arbitrary, Unstructured};
use hookseal::provider::Provider;
use hookseal::receive::{Receiver, Rejection};
use hookseal::{Handshake, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};

use crate::json::Node;
use crate::judge::{self, Encoding, Hash, KEYS};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    scheme: u8,
    lines: Vec<Word<'a>>,
    answer: Vec<Word<'a>>,
    method: u8,
    query: Vec<(u8, Value<'a>)>,
    headers: Vec<(u8, Value<'a>)>,
    body: Body<'a>,
    is_signed: bool,
}

#[derive(Arbitrary, Debug)]
enum Word<'a> {
    Known(u8),
    Raw(&'a str),
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    Challenge(u8),
    Raw(&'a str),
}

#[derive(Arbitrary, Debug)]
enum Body<'a> {
    Json(Node<'a>),
    Form(Vec<(u8, Value<'a>)>),
    Raw(&'a str),
}

const LINES: [&str; 30] = [
    "",
    ":method: GET",
    ":method: POST",
    ":method: HEAD",
    ":method: OPTIONS",
    "?a: {challenge}",
    "?a: {challenge:token}",
    "?a: {challenge:uuid}",
    "?b: {challenge:digits}",
    "X-A: {challenge:hex}",
    "X-A: {challenge}",
    "X-B: b",
    "?t: {verify-token}",
    "t: {verify-token}",
    "type: x",
    "a: {challenge}",
    "a: {challenge:token}",
    "a.b: {challenge:digits}",
    "data.x: {challenge:token}",
    "[].a: {challenge:hex}",
    "s: {new-secret}",
    "X-B: {new-secret}",
    "&a: {challenge:token}",
    "&a: {challenge}",
    "&b: 7",
    "&t: {verify-token}",
    "c: 7",
    "items[].id: {challenge:token}",
    "?b: b",
    "X-A: {challenge:digits}",
];
const ANSWERS: [&str; 16] = [
    "",
    ":status: 204",
    ":status: 401",
    "{challenge}",
    "{challenge|hmac-hex}",
    "{challenge|hmac-base64}",
    "{\"a\":\"{challenge}\",\"b\":\"{challenge|hmac-hex}\"}",
    "{\"a\":\"{challenge}\"}",
    "{\"b\":\"sha256={challenge|hmac-base64}\"}",
    "X-A: {challenge}",
    "X-B: {challenge|hmac-hex}",
    "Content-Type: text/html",
    "text",
    "{\"a\":{challenge}}",
    "a{challenge}",
    "{other}",
];
const NAMES: [&str; 8] = ["a", "b", "t", "c", "s", "x", "type", "id"];
const HEADERS: [&str; 5] = ["x-a", "x-b", "s", "content-type", "t"];
const VERIFY_TOKEN: &str = "a-verify-token-of-my-own";
const CHALLENGES: [&str; 10] = [
    "abc",
    "7",
    "0a1b2c",
    "b",
    "x",
    VERIFY_TOKEN,
    "v0:1770000000:{}",
    "{\"type\":\"paid\"}",
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "1770000000.{}",
];
const SCHEMES: [Scheme; 3] = [
    Scheme::new("S: {hex}", "{body}"),
    Scheme::new("S: t={timestamp},v1={base64}", "v0:{timestamp}:{body}"),
    Scheme::new("S: {base64}", "{body}"),
];

fn words(words: &[Word<'_>], known: &[&str]) -> String {
    let word = |word: &Word<'_>| match word {
        Word::Known(place) => known[usize::from(*place) % known.len()].to_owned(),
        Word::Raw(raw) => (*raw).to_owned(),
    };
    words.iter().map(word).collect::<Vec<_>>().join("\n")
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::Challenge(place) => CHALLENGES[usize::from(*place) % CHALLENGES.len()].to_owned(),
        Value::Raw(raw) => (*raw).to_owned(),
    }
}

fn encoded(pairs: &[(u8, Value<'_>)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs.iter().map(|(name, text)| (NAMES[usize::from(*name) % NAMES.len()], value(text))));
    form.finish()
}

/// The strings and numbers of a JSON text, at any depth.
fn scalars(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Number(number) => found.push(number.to_string()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| scalars(value, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|value| scalars(value, found)),
        _ => {}
    }
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let Ok(handshake) = Handshake::try_new(words(&input.lines, &LINES), words(&input.answer, &ANSWERS)) else { return };
    let file = serde_json::to_string(&handshake).expect("a file");
    assert_eq!(serde_json::from_str::<Handshake>(&file).ok().as_ref(), Some(&handshake), "{file}");

    let scheme = usize::from(input.scheme) % SCHEMES.len();
    let provider = Provider::new("acme", SCHEMES[scheme].clone()).expect("a provider").raw();
    let provider = provider.with_handshakes([handshake.clone()]);
    let receiver: Receiver = provider.receiver(judge::secret(0)).expect("a receiver").with_clock(judge::now);
    let token = hookseal::Secret::new(VERIFY_TOKEN).expect("a secret");
    let Ok(receiver) = receiver.with_verify_token(token) else { return };

    let body = match &input.body {
        Body::Json(node) => node.text(&|place| CHALLENGES[usize::from(place) % CHALLENGES.len()].to_owned()),
        Body::Form(pairs) => encoded(pairs),
        Body::Raw(raw) => (*raw).to_owned(),
    };
    let query = encoded(&input.query);
    let Ok(uri) = format!("/hook?{query}").parse::<Uri>() else { return };
    let method =
        [Method::POST, Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT][usize::from(input.method) % 5].clone();
    let mut headers = HeaderMap::new();
    for (name, text) in &input.headers {
        let name = HeaderName::from_static(HEADERS[usize::from(*name) % HEADERS.len()]);
        if let Ok(value) = HeaderValue::from_str(&value(text)) {
            headers.append(name, value);
        }
    }
    if input.is_signed {
        let mac = |content: &str, encoding: Encoding| {
            encoding.encode(&judge::mac(Hash::Sha256, KEYS[0].as_bytes(), content.as_bytes()))
        };
        let signature = match scheme {
            0 => mac(&body, Encoding::Hex),
            1 => {
                let content = format!("v0:{}:{body}", judge::NOW);
                format!("t={},v1={}", judge::NOW, mac(&content, Encoding::Base64))
            }
            _ => mac(&body, Encoding::Base64),
        };
        headers.insert("s", HeaderValue::try_from(signature).expect("a signature"));
    }

    let mut intake = receiver.begin_request(&method, &uri, &headers);
    intake.push(body.clone().into());
    let refused = match intake.finish() {
        Ok(received) => {
            assert!(
                input.is_signed && received.body().as_ref() == body.as_bytes(),
                "only a signed request is a delivery"
            );
            return;
        }
        Err(refused) => refused,
    };
    let response: Response<Vec<u8>> = refused.to_response();
    let mut shown = String::from_utf8_lossy(response.body()).into_owned();
    for value in response.headers().values() {
        shown.push('\n');
        shown.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap_or_default());
    // A header may repeat what was asked beside a page that is fixed.
    let page = handshake.answer().split_once("\n\n").map_or(handshake.answer(), |(_, body)| body);
    let is_echo = page.contains("{challenge");
    assert!(!is_echo || !kind.to_ascii_lowercase().contains("html"), "{kind}: {shown}");

    let mut said: Vec<String> = vec![body.clone(), query.clone(), uri.to_string()];
    said.extend(
        form_urlencoded::parse(query.as_bytes()).flat_map(|(name, value)| [name.into_owned(), value.into_owned()]),
    );
    said.extend(
        form_urlencoded::parse(body.as_bytes()).flat_map(|(name, value)| [name.into_owned(), value.into_owned()]),
    );
    said.extend(headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()));
    if let Ok(json) = serde_json::from_str(&body) {
        scalars(&json, &mut said);
    }
    let is_said = |text: &str| said.iter().any(|said| said.contains(text));
    let is_fixed = |text: &str| handshake.answer().contains(text);
    for (name, text) in [("secret", KEYS[0]), ("verify token", VERIFY_TOKEN)] {
        assert!(is_fixed(text) || is_said(text) || !shown.contains(text), "the {name}: {shown}");
    }
    if !matches!(refused, Rejection::Handshake(_)) {
        assert!(response.status().as_u16() >= 400, "{shown}");
    }
    for text in &said {
        let mac = judge::mac(Hash::Sha256, KEYS[0].as_bytes(), text.as_bytes());
        let is_plain = (1..=256).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_+/=.".contains(&c));
        for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
            let mac = encoding.encode(&mac);
            let is_known = is_said(&mac) || is_fixed(&mac);
            assert!(!shown.contains(&mac) || is_plain || is_known, "signs {text:?}: {shown}");
        }
    }
}
