//! What a million damaged schemes do to the notation.

use fastrand::Rng;
use hookseal::provider::Provider;
use hookseal::{Extent, Scheme, Secret, Signer};
use http::{HeaderValue, Request};
use time::OffsetDateTime;

use common::schemes;
use words::WORDS;
use written::WRITTEN;

#[path = "../../../tests/common/mod.rs"]
mod common;
#[path = "../../../tests/common/words.rs"]
mod words;
#[path = "../../../tests/common/written.rs"]
mod written;

fn damaged(text: &str, rng: &mut Rng) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..rng.usize(0..4) {
        let place = rng.usize(0..=text.len());
        let word: Vec<char> = WORDS[rng.usize(0..WORDS.len())].chars().collect();
        let end = (place + rng.usize(0..12)).min(text.len());
        match rng.usize(0..4) {
            0 => drop(text.splice(place..place, word)),
            1 => drop(text.splice(place..end, word)),
            2 => drop(text.drain(place..end)),
            _ => {
                let copy = text[place..end].to_vec();
                let to = rng.usize(0..=text.len());
                text.splice(to..to, copy);
            }
        }
    }
    text.into_iter().collect()
}

/// Schemes with every word, to begin with.
const SEEDS: &[(&str, &str)] = &[
    (":method: GET | POST\nS: {hex}\n?h: {body|sha256-hex}", "{method}\n{url}"),
    ("S: {hex},...\nI: {id}\n\n{empty}", "{url|without-query}?{query|sorted}.{id}"),
    (
        "T: {timestamp:ms}\nL: {signed-headers:,}\nS: {hex}",
        "{method}\n{target|encoded}\n{signed-headers|pairs:;}\n{body}",
    ),
    ("S: t={timestamp},h={signed-headers},v1={hex}", "{timestamp}.{signed-headers}.{signed-headers|values:.}.{body}"),
    ("\n\na[].b: {base64}", "{$.a[].c}:{$.a[].d?}:{$.a[].e|free}"),
    ("\n\n&j.{json}.t: {timestamp}\n&j.{json}.s: {hex}", "{timestamp}{&j.{json}.e}"),
    ("Authorization: Basic {secret|base64}\nI: {id}", ""),
    ("\n\nvalue[].clientState: {secret}", ""),
    ("?s: {hex}\n?type: order", "{body}{?p}"),
    ("T: {timestamp}\nS: {hex}", "{body}{timestamp}{secret}"),
    ("S: {hex}\n\nt: {timestamp}", "{form|sorted}.{header:X-Other}.{body|sha256-base64}"),
];

#[test]
fn a_million_damaged_schemes() {
    let mut rng = Rng::with_seed(7);
    let seeds: Vec<(String, String)> = schemes()
        .map(|(_, scheme)| (whole(scheme), scheme.covers().to_owned()))
        .chain(WRITTEN.iter().map(|(headers, covers, ..)| ((*headers).to_owned(), (*covers).to_owned())))
        .chain(SEEDS.iter().cycle().take(200).map(|(headers, covers)| ((*headers).to_owned(), (*covers).to_owned())))
        .collect();
    let now = OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    let (mut accepted, mut more, mut unsigned) = (0_usize, 0_usize, 0_usize);
    for _ in 0..1_000_000 {
        let (headers, covers) = &seeds[rng.usize(0..seeds.len())];
        let (headers, covers) = (damaged(headers, &mut rng), damaged(covers, &mut rng));
        let Ok(scheme) = Scheme::try_new(headers.clone(), covers.clone()) else { continue };
        accepted += 1;
        if accepted % 16 == 0 {
            let file = serde_json::to_string(&scheme).unwrap();
            assert_eq!(serde_json::from_str::<Scheme>(&file).unwrap(), scheme, "{headers:?} {covers:?}: {file}");
        }
        let coverage = scheme.coverage();
        let secret = || Secret::new("k".repeat(32)).unwrap();
        let provider = Provider::new("acme", scheme.clone()).unwrap().with_public_url("https://x.example/").unwrap();
        let provider = provider.with_allowed(["QQ"]);
        let verifier = provider.accept(Extent::Nothing).verifier(secret()).unwrap();
        let Ok(signer) = Signer::new(scheme.clone(), secret()) else {
            // Its signature is somewhere else, or is no HMAC. Nothing is accepted without one.
            let request = Request::post("https://x.example/").body("body").unwrap();
            assert!(verifier.verify_request_at(&request, now).is_err(), "{headers:?} {covers:?}");
            continue;
        };
        let is_usual = common::is_usual(&scheme);
        more += usize::from(!is_usual);
        let mut request = Request::post("https://x.example/").header("x-one", "1").body("body").unwrap();
        for part in covers.split("{header:").skip(1) {
            let name = part.split('}').next().unwrap();
            request.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), HeaderValue::from_static("QQ"));
        }
        // An id that holds the text behind it is refused, so that another one has to do.
        let signed = ["id", "~", "7Z"].iter().any(|id| signer.sign_request_at(&mut request, id, now).is_ok());
        if !signed {
            // A request may lack what the scheme reads, but no request lacks headers that the signer writes.
            unsigned += usize::from(is_usual);
            continue;
        }
        let verified = verifier.verify_request_at(&request, now);
        assert!(verified.is_ok(), "{headers:?} {covers:?}: {:?}", verified.err());
        *request.body_mut() = "bodx";
        let tampered = verifier.verify_request_at(&request, now);
        assert!(tampered.is_err() || coverage.body() < Extent::Form, "{headers:?} {covers:?}");
    }
    assert!(accepted > 100_000, "only {accepted} schemes were accepted: the test does not test");
    assert!(more > 10_000, "only {more} schemes read more than headers and could be signed");
    assert!(unsigned < accepted / 100, "{unsigned} of {accepted} could not be signed");
}

/// Both halves of the sample request.
fn whole(scheme: &Scheme) -> String {
    match scheme.body() {
        "" => scheme.headers().to_owned(),
        body => format!("{}\n\n{body}", scheme.headers()),
    }
}
