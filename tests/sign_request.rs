//! A request that cannot be signed stays as it was.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hookseal::provider::{self, STANDARD_WEBHOOKS};
use hookseal::{Scheme, Secret, SignError, Signer, Verifier};
use http::{HeaderMap, HeaderName, HeaderValue, Request};

fn signer(scheme: Scheme) -> Signer {
    Signer::new(scheme, Secret::from_bytes([7; 32]).unwrap()).unwrap()
}

fn request(headers: usize) -> Request<&'static str> {
    let mut request = Request::post("https://example.com/").body("{}").unwrap();
    for n in 0..headers {
        let name = HeaderName::try_from(format!("x-{n}")).unwrap();
        request.headers_mut().try_insert(name, HeaderValue::from(n)).unwrap();
    }
    request
}

#[test]
fn many_headers_are_no_panic() {
    let signer = signer(STANDARD_WEBHOOKS.scheme().clone());
    let mut most = request(4096);
    signer.sign_request(&mut most, "evt_1").unwrap();
    assert_eq!(most.headers().keys_len(), 4096 + 3);
    assert_eq!(most.headers()["x-4095"], "4095");

    let mut full = request(0);
    let count = (0..).position(|n| {
        let name = HeaderName::try_from(format!("x-{n}")).unwrap();
        full.headers_mut().try_insert(name, HeaderValue::from(n)).is_err()
    });
    for (mut request, count) in [(full, count.unwrap()), (request(4097), 4097)] {
        let before = request.headers().clone();
        assert_eq!(signer.sign_request(&mut request, "evt_1"), Err(SignError::TooManyHeaders { count }));
        assert_eq!(*request.headers(), before, "{count} headers");
    }
}

#[test]
fn a_request_that_is_refused_keeps_its_headers() {
    let scheme = Scheme::new("Acme-Id: {id}\nAcme-Signature: {hex}", "{header:Acme-Topic}\n{id}.{body}");
    let signer = signer(scheme);
    let mut before = HeaderMap::new();
    before.insert("acme-signature", HeaderValue::from_static("an old one"));
    before.append("x-tag", HeaderValue::from_static("a"));
    before.append("x-tag", HeaderValue::from_static("b"));
    for (topic, id) in [(None, "evt_1"), (Some("orders"), "an id with blanks"), (Some("orders"), "")] {
        let mut request = request(0);
        *request.headers_mut() = before.clone();
        if let Some(topic) = topic {
            request.headers_mut().insert("acme-topic", HeaderValue::from_static(topic));
        }
        let before = request.headers().clone();
        assert!(signer.sign_request(&mut request, id).is_err());
        assert_eq!(*request.headers(), before, "topic {topic:?}, id {id:?}");
    }
}

#[test]
fn a_body_that_panics_does_not_lose_the_headers() {
    struct Bomb;
    impl AsRef<[u8]> for Bomb {
        fn as_ref(&self) -> &[u8] {
            panic!("a body of the user's that fails")
        }
    }
    let signer = signer(Scheme::new("Acme-Signature: {hex}", "{body}"));
    let mut request = request(2).map(|_| Bomb);
    assert!(catch_unwind(AssertUnwindSafe(|| signer.sign_request(&mut request, "evt_1"))).is_err());
    assert_eq!(request.headers().len(), 2);
}

#[test]
fn a_token_is_written_into_its_header() {
    let signer =
        |provider: &provider::Provider| provider.signer(Secret::new("a token of some bytes").unwrap()).unwrap();
    let headers = signer(&provider::TELEGRAM).sign("", b"{}").unwrap();
    assert_eq!(headers["x-telegram-bot-api-secret-token"], "a token of some bytes");
    assert!(headers["x-telegram-bot-api-secret-token"].is_sensitive());
    let headers = signer(&provider::POSTMARK).sign("", b"{}").unwrap();
    assert_eq!(headers["authorization"], "Basic YSB0b2tlbiBvZiBzb21lIGJ5dGVz");
}

/// A scheme is passed over for what a request lacks, and not for what is wrong with it.
#[test]
fn another_scheme_signs_only_what_the_first_does_not_concern() {
    let [first, second] = [("S1: {hex}", "1.{?id}.{body}"), ("S2: {hex}", "2.{url}.{body}")]
        .map(|(headers, covers)| Scheme::try_new(headers, covers).unwrap());
    let acme = provider::Provider::new("acme", first.clone()).unwrap().with_schemes([first, second]).unwrap();
    let signer = acme.signer(Secret::from_bytes([7; 32]).unwrap()).unwrap();
    for (query, expected) in [
        ("?id=7", Ok("s1")),
        ("?x=7", Ok("s2")),
        ("?id=7&id=8", Err("the request cannot be signed: `?id` occurs more than once")),
    ] {
        let mut request = Request::post(format!("https://example.com/{query}")).body("{}").unwrap();
        let signed = signer.sign_request(&mut request, "").map_err(|error| error.to_string());
        let names: Vec<&str> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(signed.map(|()| names.concat()), expected.map(str::to_owned).map_err(str::to_owned), "{query}");
    }
}

/// Proxies change other headers.
#[test]
fn a_list_of_signed_headers_has_those_that_begin_with_x_and_the_time() {
    let headers = "X-Signature: {hex}\nSent-At: {timestamp}\nX-Signed: {signed-headers:,}";
    let scheme = Scheme::try_new(headers, "{signed-headers|pairs:;}\n{body}").unwrap();
    let mut request = request(2);
    for name in ["accept", "content-type", "xylophone"] {
        request.headers_mut().insert(name, HeaderValue::from_static("text/plain"));
    }
    let verifier = Verifier::new(scheme.clone(), Secret::from_bytes([7; 32]).unwrap()).unwrap();
    let signer = signer(scheme);
    // A request may be sent again, and is then signed anew.
    for _ in 0..2 {
        signer.sign_request(&mut request, "evt_1").unwrap();
        assert_eq!(request.headers()["x-signed"], "sent-at,x-0,x-1,x-signed");
        verifier.verify_request(&request).unwrap();
    }
}

/// Whatever a signer sends, a verifier reads.
#[test]
fn a_list_of_signed_headers_is_not_longer_than_a_verifier_reads() {
    let signer = provider::HOOK0_V1.signer(Secret::from_bytes([b'k'; 32]).unwrap()).unwrap();
    let verifier = provider::HOOK0_V1.verifier(Secret::from_bytes([b'k'; 32]).unwrap()).unwrap();
    let mut errors = BTreeSet::new();
    for length in 3950..4050 {
        let mut request = request(0);
        let name = HeaderName::from_bytes(format!("x-{}", "a".repeat(length)).as_bytes()).unwrap();
        request.headers_mut().insert(name, HeaderValue::from_static("1"));
        let before = format!("{request:?}");
        match signer.sign_request(&mut request, "evt_1") {
            Ok(()) => drop(verifier.verify_request(&request).unwrap()),
            Err(error) => {
                assert_eq!(format!("{request:?}"), before);
                errors.insert((length, error.to_string()));
            }
        }
    }
    let (first, error) = errors.first().unwrap();
    assert!(*first > 3950 && errors.len() == 4050 - first, "{errors:?}");
    assert!(error.ends_with("would have more than 4096 bytes"), "{error}");
}

#[test]
fn what_a_request_lacks_is_named() {
    let sign = |provider: &provider::Provider, mut request: Request<&'static str>| {
        let signer = provider.signer(Secret::from_bytes([b'k'; 32]).unwrap()).unwrap();
        signer.sign_request(&mut request, "evt_1").unwrap_err().to_string()
    };
    let relative = Request::post("/hook").body("{}").unwrap();
    let error = sign(&provider::SQUARE, relative);
    assert_eq!(error, "the request cannot be signed: its URL does not begin with `https://` or `http://`");

    let without_fields = Request::post("https://example.com/hook").body("{}").unwrap();
    assert_eq!(sign(&provider::KIE_AI, without_fields), "the request cannot be signed: `taskId` is missing");

    let error = sign(&provider::HOOK0_V1, request(0));
    assert!(error.ends_with("it has no header that begins with `x-`, and the scheme signs a list of those"), "{error}");
}

#[test]
fn a_url_without_a_path_is_signed_with_its_slash() {
    let scheme = Scheme::new("Acme-Signature: {hex}", "{url}{body}");
    let acme = provider::Provider::new("acme", scheme.clone()).unwrap();
    for (uri, registered, is_right) in [
        ("https://example.com", "https://example.com/", true),
        ("https://example.com", "https://example.com", false),
        ("https://example.com?a=1", "https://example.com/?a=1", true),
        ("https://example.com/in", "https://example.com/in", true),
    ] {
        let mut request = Request::post(uri).body("{}").unwrap();
        signer(scheme.clone()).sign_request(&mut request, "").unwrap();
        let verifier =
            acme.with_public_url(registered).unwrap().verifier(Secret::from_bytes([7; 32]).unwrap()).unwrap();
        assert_eq!(verifier.verify_request(&request).is_ok(), is_right, "{uri} {registered}");
    }
}

/// The headers of an earlier signing, under this scheme's other names or under the other scheme, are in no list: they are
/// about to change.
#[test]
fn a_request_can_be_signed_again() {
    const NAMED: Scheme = Scheme::new(
        "X-Id | X-Uid: {id}\nX-Sig | X-Usig: {hex}\nX-List: {signed-headers}",
        "{signed-headers|pairs:;}\n{body}",
    );
    let mut request = request(1);
    request.headers_mut().insert("x-uid", HeaderValue::from_static("old"));
    let secret = Secret::from_bytes([7; 32]).unwrap();
    let verifier = Verifier::new(NAMED, secret).unwrap();
    for _ in 0..2 {
        signer(NAMED).sign_request(&mut request, "evt_1").unwrap();
        assert_eq!(verifier.verify_request(&request).map(drop), Ok(()));
    }
    assert_eq!(request.headers()["x-list"], "x-0 x-id x-list");
}

/// Neither of two schemes lists what the other is about to write.
#[cfg(feature = "ed25519")]
#[test]
fn a_request_can_be_signed_again_under_two_schemes() {
    use hookseal::{Algorithm, Key, Keyring, SigningKey};

    let scheme = |mark: &str, algorithm| {
        let headers = format!("X-{mark}-Time: {{timestamp}}\nX-{mark}-List: {{signed-headers}}\nX-{mark}-Sig: {{hex}}");
        Scheme::try_new(headers, format!("{mark}\n{{signed-headers|pairs:;}}\n{{body}}"))
            .unwrap()
            .with_algorithm(algorithm)
    };
    let schemes = [scheme("A", Algorithm::Hmac), scheme("B", Algorithm::Ed25519)];
    let acme = provider::Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes).unwrap();
    let (secret, signing) = (Secret::from_bytes([7; 32]).unwrap(), SigningKey::generate().unwrap());
    let public = signing.public_key();
    let signer = acme.signer(Keyring::from(secret.clone()).with_previous(signing).unwrap()).unwrap();
    let mut request = request(1);
    for _ in 0..2 {
        signer.sign_request(&mut request, "evt_1").unwrap();
        for verifier in [acme.verifier(secret.clone()), acme.verifier(public.clone())] {
            assert_eq!(
                verifier.unwrap().verify_request(&request).map(|verified| verified.proof().key()),
                Ok(Key::Current)
            );
        }
    }
}
