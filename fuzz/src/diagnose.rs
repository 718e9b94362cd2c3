//! A diagnosis says "accepted" exactly for what the verifier accepts, and no report shows eight characters of a secret that
//! the request itself does not show. What is inferred accepts the delivery from which it was inferred.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::diagnose::{Budget, Captured, Diagnose, Verdict, infer_at};
use hookseal::provider::{self, Provider};
use hookseal::{Secret, Verifier};
use http::Request;

use crate::json::Node;
use crate::judge::{self, NOW};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    provider: u8,
    /// Infers too, which takes longer.
    infers: bool,
    body: Body<'a>,
    signed: u8,
    changes: Vec<Change<'a>>,
    headers: Vec<(u8, Value<'a>)>,
    age: i32,
    query: &'a str,
}

#[derive(Arbitrary, Debug)]
enum Body<'a> {
    Json(Node<'a>),
    Raw(&'a [u8]),
}

/// What becomes of a body on its way.
#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Append(&'a [u8]),
    Set(u8, u8),
    Cut(u8),
    Reformat,
    Crlf,
    Slashes,
    Secret,
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    Raw(&'a str),
    Cut(u8),
    Upper,
    Quoted,
    Prefix(u8),
    Secret,
    Remove,
}

const SECRETS: [&str; 2] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "c3VwZXItc2VjcmV0LW9mLWFjbWUtMTIzNDU2"];
const HEADERS: [&str; 5] = ["content-type", "x-signature", "user-agent", "x-secret", "content-length"];
const PREFIXES: [&str; 4] = ["sha256=", "v1=", " ", "Bearer "];

fn providers() -> [&'static Provider; 8] {
    [
        &provider::STRIPE,
        &provider::GITHUB,
        &provider::SLACK,
        &provider::SVIX,
        &provider::SHOPIFY,
        &provider::PADDLE,
        &provider::STANDARD_WEBHOOKS,
        &provider::KLANG,
    ]
}

fn secret(place: usize) -> &'static str {
    // Those whose secrets are base64 take the first only.
    SECRETS[usize::from(!matches!(providers()[place].name(), "svix" | "standard-webhooks"))]
}

pub(crate) fn run(data: &[u8]) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let secret_of = |place| Secret::new(secret(place)).expect("a secret");
    let verifiers = VERIFIERS.get_or_init(|| {
        let all = providers().into_iter().enumerate();
        all.map(|(place, provider)| provider.verifier(secret_of(place)).expect("a verifier")).collect()
    });
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let place = usize::from(input.provider) % 8;
    let (provider, verifier, secret) = (providers()[place], &verifiers[place], secret(place));

    let mut body = match &input.body {
        Body::Json(node) => node.text(&|which| format!("v{which}")).into_bytes(),
        Body::Raw(raw) => raw.to_vec(),
    };
    let mut request = Request::post("https://example.com/hook").body(body.clone()).expect("a request");
    if input.signed % 4 != 0 {
        let signer = provider.signer(secret_of(place)).expect("a signer");
        if signer.sign_request_at(&mut request, "evt_1", judge::now()).is_err() {
            return;
        }
    }
    for change in &input.changes {
        match change {
            Change::Append(more) => body.extend_from_slice(more),
            Change::Set(at, byte) => {
                if let Some(old) = body.get_mut(usize::from(*at)) {
                    *old = *byte;
                }
            }
            Change::Cut(length) => body.truncate(usize::from(*length)),
            Change::Reformat => {
                if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&body) {
                    body = value.to_string().into_bytes();
                }
            }
            Change::Crlf => body = String::from_utf8_lossy(&body).replace('\n', "\r\n").into_bytes(),
            Change::Slashes => body = String::from_utf8_lossy(&body).replace('/', "\\/").into_bytes(),
            Change::Secret => body.extend_from_slice(secret.as_bytes()),
        }
    }
    let mut headers: Vec<(String, Vec<u8>)> =
        request.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    for (at, value) in &input.headers {
        let at = usize::from(*at);
        let known = headers.get_mut(at);
        match (value, known) {
            (Value::Raw(text), Some(header)) => header.1 = text.as_bytes().to_vec(),
            (Value::Cut(length), Some(header)) => header.1.truncate(usize::from(*length)),
            (Value::Upper, Some(header)) => header.1.make_ascii_uppercase(),
            (Value::Quoted, Some(header)) => header.1 = [b"\"", &header.1[..], b"\""].concat(),
            (Value::Prefix(which), Some(header)) => {
                let prefix = PREFIXES[usize::from(*which) % PREFIXES.len()].as_bytes();
                header.1 = [prefix, &header.1].concat();
            }
            (Value::Secret, Some(header)) => header.1 = secret.as_bytes().to_vec(),
            (Value::Remove, Some(_)) => drop(headers.remove(at)),
            (Value::Raw(text), None) => {
                headers.push((HEADERS[at % HEADERS.len()].to_owned(), text.as_bytes().to_vec()))
            }
            _ => {}
        }
    }
    let now = judge::at(NOW + i64::from(input.age));
    let verified = verifier.verify_at(&headers, &body, now);
    let url = format!("https://example.com/hook?{}", input.query);
    let captured = Captured::new("POST", url.as_str(), headers.clone(), body.clone());
    let budget = Budget::new().with_bytes(1 << 14);
    let diagnosis = Diagnose::new(provider, secret).with_budget(budget).run_at(&captured, now);
    assert_eq!(
        diagnosis.verdict() == Verdict::Accepted,
        verified.is_ok(),
        "{}: {diagnosis}\n{verified:?} {headers:?} {:?}",
        provider.name(),
        String::from_utf8_lossy(&body)
    );
    let mut shown = format!("{diagnosis}\n{diagnosis:?}");
    let bare = Diagnose::new(provider, secret).with_budget(budget).without_excerpts().run_at(&captured, now);
    assert_eq!(bare.verdict(), diagnosis.verdict());
    shown.push_str(&bare.to_string());

    if input.infers {
        let inferred = infer_at(&captured, secret, now);
        for reading in inferred.readings() {
            // An old delivery teaches a scheme too, which accepted it when it was new.
            let is_accepted = [now, judge::now()].into_iter().any(|now| reading.accepts_at(&captured, now));
            assert!(is_accepted, "{:?}: {headers:?}", reading.scheme());
            shown.push_str(&reading.toml());
            shown.push_str(&reading.constant());
        }
    }
    let is_given = |part: &str| {
        let is_in = |text: &[u8]| text.windows(8).any(|window| window == part.as_bytes());
        is_in(&body) || is_in(url.as_bytes()) || headers.iter().any(|(_, value)| is_in(value))
    };
    let start = if secret.starts_with("whsec_") { 6 } else { 0 };
    for at in start..secret.len() - 7 {
        let part = &secret[at..at + 8];
        assert!(!shown.contains(part) || is_given(part), "{part} of the secret: {shown}");
    }
}
