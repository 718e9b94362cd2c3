//! What a million damaged schemes do to the notation.

use fastrand::Rng;
use hookseal::{Scheme, Secret, Signer, Verifier};
use http::{HeaderValue, Request};
use time::OffsetDateTime;

use common::schemes;
use written::WRITTEN;

#[path = "../../../tests/common/mod.rs"]
mod common;
#[path = "../../../tests/common/written.rs"]
mod written;

/// Words that templates are made of, and some that they are not.
const WORDS: &[&str] = &[
    "{hex}",
    "{base64}",
    "{base64url}",
    "{timestamp}",
    "{timestamp:ms}",
    "{timestamp:ms-or-s}",
    "{timestamp:rfc3339}",
    "{id}",
    "{n}",
    "{body}",
    "{header:X-Other}",
    "{header:V}",
    "{",
    "}",
    "...",
    ",",
    ";",
    " ",
    ".",
    ":",
    "|",
    "\n",
    "\t",
    "=",
    "v1=",
    "t=",
    "sha256=",
    "X-A",
    "X-B",
    "X-A: ",
    "V: 1",
    "\u{e9}",
    "\u{1f980}",
    "\0",
    "\r\n",
];

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

#[test]
fn a_million_damaged_schemes() {
    let mut rng = Rng::with_seed(7);
    let seeds: Vec<(String, String)> = schemes()
        .map(|(_, scheme)| (scheme.headers().to_owned(), scheme.covers().to_owned()))
        .chain(WRITTEN.iter().map(|(headers, covers, ..)| ((*headers).to_owned(), (*covers).to_owned())))
        .collect();
    let now = OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    let (mut accepted, mut unsigned) = (0_usize, 0_usize);
    for _ in 0..1_000_000 {
        let (headers, covers) = &seeds[rng.usize(0..seeds.len())];
        let (headers, covers) = (damaged(headers, &mut rng), damaged(covers, &mut rng));
        let Ok(scheme) = Scheme::try_new(headers.clone(), covers.clone()) else { continue };
        accepted += 1;
        let secret = || Secret::from_bytes([7; 32]).unwrap();
        let mut request = Request::post("/").body("body").unwrap();
        for part in covers.split("{header:").skip(1) {
            let name = part.split('}').next().unwrap();
            request.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), HeaderValue::from_static("QQ"));
        }
        let signer = Signer::new(scheme.clone(), secret()).unwrap();
        // An id that holds the text behind it is refused, so that another one has to do.
        let signed = ["id", "~", "7Z"].iter().any(|id| signer.sign_request_at(&mut request, id, now).is_ok());
        if !signed {
            unsigned += 1;
            continue;
        }
        let verifier = Verifier::new(scheme, secret()).unwrap();
        let verified = verifier.verify_at(request.headers(), b"body", now);
        assert!(verified.is_ok(), "{headers:?} {covers:?}: {:?}", verified.err());
        let tampered = verifier.verify_at(request.headers(), b"bodx", now);
        assert!(tampered.is_err(), "{headers:?} {covers:?}");
    }
    assert!(accepted > 100_000, "only {accepted} schemes were accepted: the test does not test");
    assert!(unsigned < accepted / 100, "{unsigned} of {accepted} could not be signed");
}
