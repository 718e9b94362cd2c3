//! What becomes of schemes that read more than headers and body: which methods come through, what is not made, what can be
//! signed, and what tells events apart.

use hookseal::provider::{IdempotencyRule, Provider};
use hookseal::receive::{Answer, Receiver, Rejection, Webhooks};
use hookseal::{
    Algorithm, ConfigError, Digest, EventError, EventShape, Extent, Scheme, SignError, Signer, Verifier, VerifyError,
};
use http::{HeaderMap, Method};

use sent::{
    FORM, JSON, PLIVO, SQUARE, TWILIO, URL, assert_says, base64, hash, hex, provider, request, secret, verdict,
};

#[path = "common/sent.rs"]
mod sent;

#[test]
fn only_deliveries_that_the_scheme_has_come_by_another_method() {
    let form = "{url}{form|sorted}";
    for (schemes, allowed, refused, allow) in [
        (TWILIO, &["GET", "POST"][..], &["PUT", "HEAD", "DELETE"][..], "POST, GET"),
        (SQUARE, &["POST"], &["GET", "PUT"], "POST"),
        (&[(":method: GET\nS: {hex}\n\n{empty}", "{url}")], &["GET"], &["POST", "PUT"], "GET"),
        (&[(":method: POST | PUT\nS: {hex}", form)], &["POST", "PUT"], &["GET"], "POST, PUT"),
        (&[("S: {hex}", "{method}\n{body}")], &["GET", "POST", "PATCH"], &["get", "M-SEARCH", "POST.x"], "POST"),
        (&[("X-Token: {secret}", "")], &["POST"], &["GET"], "POST"),
    ] {
        let receiver: Receiver = provider(schemes, URL).receiver(secret()).unwrap();
        let headers = HeaderMap::new();
        let finish = |method: &str| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            receiver.begin_request(&method, &"/hook".parse().unwrap(), &headers).finish().unwrap_err()
        };
        for method in allowed {
            assert_ne!(finish(method).status(), 405, "{schemes:?} {method}");
        }
        for method in refused {
            let rejection = finish(method);
            // Where the method is signed, any may come, and what is none that a sender signs is refused.
            if schemes[0].1.contains("{method}") {
                assert_eq!(rejection.status(), 400, "{schemes:?} {method}");
                continue;
            }
            assert_eq!(rejection.status(), 405, "{schemes:?} {method}");
            assert_eq!(rejection.to_response::<Vec<u8>>().headers()["allow"], allow, "{schemes:?}");
        }
    }
    // One scheme's method is not another's, also where the other reads only headers.
    let schemes: &[(&str, &str)] = &[(":method: GET\nA: {hex}", "v1.{body}"), ("B: {hex}", "v2.{body}")];
    let receiver: Receiver = provider(schemes, URL).receiver(secret()).unwrap();
    for (method, name, content, expected) in [
        ("GET", "a", "v1.{}", ""),
        ("POST", "b", "v2.{}", ""),
        ("GET", "b", "v2.{}", "is not `POST`, and the scheme names no other"),
        ("POST", "a", "v1.{}", "is not one that the scheme has"),
    ] {
        let request = request(method, "/hook", &[(name, &hex(content))], "{}");
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        intake.push("{}".into());
        let said = match intake.finish() {
            Ok(_) => String::new(),
            Err(Rejection::NotAuthentic(error)) => error.to_string(),
            Err(other) => panic!("{method} {name}: {other}"),
        };
        assert_says(method, &said, expected);
    }
    // Twilio's forms come by POST only.
    let signature = base64(format!("{URL}a1"));
    for (method, expected) in [("POST", ""), ("GET", "is not empty")] {
        let request = request(method, "/hook", &[("X-Twilio-Signature", &signature), FORM], "a=1");
        assert_says(method, &verdict(&provider(TWILIO, URL), &request), expected);
    }
}

#[test]
fn a_receiver_that_lacks_what_its_scheme_needs_is_not_made() {
    for (headers, covers, expected) in [
        ("S: {hex}", "{url}{body}", ""),
        ("S: {hex}", "{path}\n{body}", ""),
        ("S: {hex}\n\nt: {timestamp}", "{timestamp}", "acme` signs only a part of the body"),
        ("S: {hex}", "{$.id}", "acme` signs only a part of the body"),
        ("S: {hex}\nI: {id}", "{url|without-query}{id}", "acme` signs nothing of the body"),
        ("X-Token: {secret}", "", "acme` signs nothing of the body"),
        ("Authorization: Bearer {jwt}", "sub: {url}\nhash: {body|sha256-hex}", ""),
    ] {
        let provider = Provider::new("acme", Scheme::try_new(headers, covers).unwrap()).unwrap().raw();
        let needs_url = covers.contains("{url") || covers.contains("{path");
        let made = |provider: &Provider| provider.receiver(secret()).err();
        if expected.is_empty() {
            assert_eq!(made(&provider), Some(ConfigError::NoPublicUrl), "{covers}");
            assert_eq!(made(&provider.with_public_url(URL).unwrap()), None, "{covers}");
            continue;
        }
        let error = made(&provider.with_public_url(URL).unwrap()).unwrap();
        assert_says(covers, &error.to_string(), expected);
        let accepted = provider.accept(Extent::Nothing);
        assert_eq!(made(&accepted), needs_url.then_some(ConfigError::NoPublicUrl), "{covers}");
        assert_eq!(made(&accepted.with_public_url(URL).unwrap()), None, "{covers}");
        // Less than a part is not accepted with a part.
        let is_part = expected.contains("only a part");
        assert_eq!(made(&provider.with_public_url(URL).unwrap().accept(Extent::Part)).is_none(), is_part, "{covers}");
    }
    for url in [
        "",
        "x.example/hook",
        "ftp://x.example/",
        "https://",
        "https://a@x.example/",
        "https://x.example/#a",
        "https://x.example/ ",
    ] {
        let provider = provider(SQUARE, URL);
        assert!(provider.with_public_url(url).is_err(), "{url:?}");
    }
    // Headers and body alone say neither the method nor the query.
    for (headers, covers, content, expected) in [
        ("S: {hex}", "{method}\n{body}", "POST\n{}", Err(VerifyError::NoRequestLine)),
        (":method: POST\nS: {hex}", "{body}", "{}", Err(VerifyError::NoRequestLine)),
        ("S: {hex}\n?v: 2", "{body}", "{}", Err(VerifyError::NoRequestLine)),
        ("S: {hex}", "{?v}.{body}", "2.{}", Err(VerifyError::NoRequestLine)),
        ("S: {hex}", "{body|sha256-hex}", &hash("{}"), Ok(())),
    ] {
        let verifier = Verifier::new(Scheme::try_new(headers, covers).unwrap(), secret()).unwrap();
        assert_eq!(verifier.verify(&[("S", hex(content))], b"{}").map(drop), expected, "{headers} {covers}");
    }
}

#[test]
fn what_can_be_mistaken_for_another_scheme_is_not_beside_it() {
    for (one, other, is_fine) in [
        (("S: {hex}", "{url}{body}"), ("S: {hex}", "{url}.{body}"), false),
        (("S: {hex}", "{url}{body}"), ("S: {hex}\n\n{empty}", "{url}"), false),
        (("S: {hex}", "{url}{form|sorted}"), ("S: {hex}\n\n{empty}", "{url}"), true),
        (("S: {hex}", "{url}{form|sorted}"), ("S: {hex}\nI: {id}", "{url}{form|sorted}.{id}"), false),
        (("S: {hex}", "{method}{url}{body}"), ("S: {hex}", "{body}"), false),
        (PLIVO[1], PLIVO[2], true),
        (PLIVO[0], ("S: {hex}", "{url}{form|sorted}"), false),
        (("S: {hex}", "id:{?id};"), ("S: {hex}", "{?id};"), false),
        (("S: {hex}", "id:{?id};"), ("S: {hex}", "ts:{?ts};"), true),
        (("S: {hex}", "{body}"), ("S: {hex}", "{body}.v1"), false),
        (PLIVO[1], (":method: GET\nS: {base64}\n\n{empty}", "{url|without-query}?{query|sorted}"), false),
        (("S: {hex}\nI: {id}", "{url}.{form|sorted}.{id}"), ("S: {hex}\nI: {id}", "{url}.{query|sorted}.{id}"), false),
        (("S: {hex}\nI: {id}", "{url|without-query}?{id}"), ("S: {hex}", "{url|without-query}?{body}"), false),
        // A constant may hold the full stop that would end another value.
        (("S: {hex}\nV: 1", "{header:V}.{body}"), ("S: {hex}\nV: 1.a", "{header:V}.{body}"), false),
        // The id `y1` is the id `1` of the other, unless a line end follows the literal as well.
        (("S: {hex}\nI: {id}", "{body}\nx{id}"), ("S: {hex}\nI: {id}", "{body}\nxy{id}"), false),
        (("S: {hex}\nI: {id}", "{body}\nx\n{id}"), ("S: {hex}\nI: {id}", "{body}\nxy\n{id}"), true),
        // Lines are counted from the last, and one with a value may be any line.
        (("S: {hex}\nI: {id}", "{body}\nx\ny\n{id}"), ("S: {hex}\nI: {id}", "{body}\ny\n{id}"), false),
        (("S: {hex}\nI: {id}", "{body}\nx\ny\n{id}"), ("S: {hex}\nI: {id}", "{body}\ny\nx\n{id}"), true),
        (("S: {hex}\nI: {id}", "{body}\nx\n{id}\ny\n{header:A}"), ("S: {hex}", "{body}\ny\n{header:A}"), false),
        (("S: {hex}\nI: {id}", "{body}\nx\n{id}\ny\n{header:A}"), ("S: {hex}", "{body}\nz\n{header:A}"), true),
        (("S: {hex}\nI: {id}", "{body}\nx\n{id}"), ("S: {hex}", "{body}\n{header:A}\n{header:B}"), false),
        (("S: {hex}", "{body}\n{header:A}"), ("S: {hex}", "{body}\nx\n{header:A}"), false),
        // The bytes of a hash may be a line end.
        (("S: {hex}", "{?a}\nx\n{body|sha256}"), ("S: {hex}", "{?a}\ny\n{body|sha256}"), false),
        (("S: {hex}", "{?a}\nx\n{body|sha256-hex}"), ("S: {hex}", "{?a}\ny\n{body|sha256-hex}"), true),
        // Behind a mark, only Plivo's order tells contents apart; and encoded again, a query begins like a field.
        (
            ("S: {hex}\nI: {id}", "{url|without-query}?{id}.{query|sorted}"),
            ("S: {hex}", "{url|without-query}?{body}.{query|sorted}"),
            false,
        ),
        (
            ("S: {hex}\nI: {id}", "{url|without-query}?{id}.{query|sorted}"),
            ("S: {hex}", "{url|without-query}?{form|sorted}.{query|sorted}"),
            false,
        ),
        (("S: {hex}", "{target|encoded}{form|sorted}"), ("S: {hex}\n\n{empty}", "{target|encoded}"), false),
        // What a detached token signs is the body of the other.
        (("S: {jws}", "{body}"), ("S: {base64url}", "{body}"), false),
        (("S: {jws}", "v1.{body}"), ("S: {base64url}", "v2.{body}"), false),
        (("S: {jws}", "{body}"), ("S: {jwt}", "iss: Acme"), false),
        (("S: {jws}", "{body}"), ("T: {jws}", "{body}"), true),
        (("S: {jws}", "v1.{body}"), ("S: {jws}", "v2.{body}"), true),
        // The same content, but other lines say what it means.
        (("S: {hex}\n\nsent: {timestamp}", "{body}"), ("T: {hex}\n\nsent: {timestamp}", "{body}"), true),
        (("S: {hex}\n\nsent: {timestamp}", "{body}"), ("T: {hex}\n\nexpires: {timestamp}", "{body}"), false),
        (
            ("I: {id}\nS: {hex}\nD: {body|sha256-hex}", "{header:D}.{id}"),
            ("I: {id}\nT: {hex}\nD: {body|sha256-hex}", "{header:D}.{id}"),
            true,
        ),
        (
            ("I: {id}\nS: {hex}\nD: {body|sha256-hex}", "{header:D}.{id}"),
            ("I: {id}\nT: {hex}\n\n{empty}", "{header:D}.{id}"),
            false,
        ),
        (
            ("I: {id}\nS: {hex}\nD: {body|sha256-hex}", "{header:D}.{id}"),
            ("I: {id}\nT: {hex}\nD: {body|sha256-base64}", "{header:D}.{id}"),
            false,
        ),
        (("S: {hex}\nA: {allowed}", "{header:A}.{body}"), ("T: {hex}\nA: {allowed}", "{header:A}.{body}"), true),
        (("S: {hex}\nA: {allowed}", "{header:A}.{body}"), ("T: {hex}", "{header:A}.{body}"), false),
        // Nor does the URL tell the same content apart.
        (("S: {hex}\n?to: {allowed}", "{url}{body}"), ("T: {hex}", "{url}{body}"), false),
        (("S: {hex}\n?to: {allowed}\n\n{empty}", "{url}"), ("T: {hex}\n\n{empty}", "{url}"), false),
        (("S: {hex}\n?t: {timestamp}\n\n{empty}", "{url}"), ("T: {hex}\n\n{empty}", "{url}"), false),
        (("S: {hex}\n\n{empty}", "{target}"), ("T: {hex}\n\n{empty}", "{path}"), false),
        (("S: {hex}\n\n{empty}", "{url}"), ("T: {hex}", "{url|without-query}{form|sorted}"), false),
        (
            ("S: {hex}\n?to: {allowed}", "{url|without-query}?{query|sorted}"),
            ("T: {hex}", "{url|without-query}?{query|sorted}"),
            false,
        ),
        (
            (":method: POST\nS: {hex}", "{url|without-query}?{query|sorted}.{form|sorted}"),
            (":method: POST\nT: {hex}", "{url|without-query}?{form|sorted}"),
            false,
        ),
    ] {
        let schemes = [one, other].map(|(headers, covers)| Scheme::try_new(headers, covers).unwrap());
        let provider = Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes.clone());
        assert_eq!(provider.is_ok(), is_fine, "{one:?} {other:?}");
        let [first, second] = schemes;
        assert_eq!(Provider::new("acme", first.clone()).unwrap().with_schemes([second, first]).is_ok(), is_fine);
    }
}

/// Of two schemes that sign the same content, a covered parameter of the query decides, if nothing else does.
#[test]
fn a_signed_parameter_decides_between_two_schemes() {
    const HASH: &str = "?h: {body|sha256-hex}";
    const EMPTY: &str = "S: {hex}\n\n{empty}";
    for (first, second, covers, is_fine) in [
        ("S: {hex}\n?h: {body|sha256-hex}", EMPTY, "{url}", true),
        (":method: POST\nS: {hex}\n?h: {body|sha256-hex}", ":method: POST\nS: {hex}\n\n{empty}", "{url}", true),
        ("S: {hex}\n?t: {timestamp}\n\n{empty}", EMPTY, "{url}", true),
        ("S: {hex}\n?to: {allowed}\n?v: 1\n\n{empty}", EMPTY, "{url}", true),
        // It is the second that would have the body taken away.
        (EMPTY, "S: {hex}\n?h: {body|sha256-hex}", "{url}", false),
        // Whoever sends it again chooses the method, the header of the signature, a constant or a body.
        (":method: POST\nS: {hex}\n?h: {body|sha256-hex}", EMPTY, "{url}", false),
        ("T: {hex}\n?h: {body|sha256-hex}", EMPTY, "{url}", false),
        ("S: {hex}\nV: 1\n?h: {body|sha256-hex}", EMPTY, "{url}", false),
        ("S: {hex}\n?h: {body|sha256-hex}", "S: {hex}\nV: 1\n\n{empty}", "{url}", false),
        ("S: {hex}\n?t: {timestamp}\n\n{empty}", "S: {hex}\n\n&a: 1", "{url}", false),
        ("S: {hex}\n?t: {timestamp}\n\n{empty}", "S: {hex}", "{url}", false),
    ] {
        let schemes = [first, second].map(|lines| Scheme::try_new(lines, covers).unwrap());
        let acme = Provider::new("acme", schemes[0].clone()).unwrap();
        assert_eq!(acme.clone().with_schemes(schemes.clone()).is_ok(), is_fine, "{first:?} {second:?}");
        // With keys of several kinds, any scheme that accepts a request will do.
        let [one, other] = schemes;
        let further = Scheme::new("E: {hex}", "{body}").with_algorithm(Algorithm::Ed25519);
        assert!(acme.with_schemes([one, other, further]).is_err(), "{first:?} {second:?}");
    }
    let not_signed = [format!("S: {{hex}}\n{HASH}"), EMPTY.to_owned()];
    let schemes = not_signed.map(|lines| Scheme::try_new(lines, "{url|without-query}").unwrap());
    assert!(Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes).is_err());
}

/// A digest is that of an HMAC. Other algorithms hash as their names say, and the same key may serve two of them.
#[test]
fn only_what_is_hashed_otherwise_has_other_signatures() {
    let of = |covers: &'static str, algorithm| {
        Scheme::try_new("S: {hex}\nT: {timestamp}", covers).unwrap().with_algorithm(algorithm)
    };
    let both = |one: &Scheme, other: &Scheme| {
        let provider = |schemes: [&Scheme; 2]| {
            Provider::new("acme", one.clone()).unwrap().with_schemes(schemes.map(Scheme::clone)).is_ok()
        };
        assert_eq!(provider([one, other]), provider([other, one]), "{one:?} {other:?}");
        provider([one, other])
    };
    use Algorithm::{Ed25519, Hmac, P256, P256Fixed, RsaSha256, RsaSha512};
    for (one, other, is_fine) in [
        (Ed25519, Ed25519, false),
        (P256, P256Fixed, false),
        (RsaSha256, RsaSha256, false),
        (RsaSha256, RsaSha512, true),
        (Ed25519, P256, true),
        (Hmac, Ed25519, true),
        (Hmac, Hmac, false),
    ] {
        let (one, other) = (of("{timestamp}.{body}", one), of("{body}.{timestamp}", other));
        assert_eq!(both(&one, &other), is_fine, "{one:?} {other:?}");
        let is_hmac = one.algorithm() == Hmac && other.algorithm() == Hmac;
        assert_eq!(both(&one, &other.with_digest(Digest::Sha512)), is_fine || is_hmac, "{one:?}");
    }
    // The hash that is signed in place of a content is a body, too.
    let (one, other) = (of("v1.{timestamp}.{body}", Ed25519), of("v2.{timestamp}.{body}", Ed25519));
    assert!(both(&one, &other) && both(&one.clone().with_over_digest(), &other.clone().with_over_digest()));
    assert!(!both(&one.clone().with_over_digest(), &other) && !both(&one.clone().with_over_digest(), &one));
    let (one, other) = (of("{timestamp}.{body}", Hmac), of("{timestamp}.{body}", Hmac).with_over_digest());
    assert!(both(&one, &other), "without effect");
}

#[test]
fn coverage_names_what_is_signed_and_nothing_else() {
    let is_covered = |scheme: &Scheme, place: &str| {
        let coverage = scheme.coverage();
        match place.strip_prefix('?') {
            Some(parameter) => coverage.has_parameter(parameter),
            None if place.starts_with("X-") => coverage.has_header(place),
            None => coverage.has_field(place),
        }
    };
    for (headers, covers, extent, signed, open) in [
        ("S: {hex}\nX-T: {timestamp}", "{timestamp}.{path}", Extent::Nothing, &["X-T"][..], &["X-S", "X-T.y", "t"][..]),
        ("S: {hex}\n\nt: {timestamp}", "{timestamp}.{path}", Extent::Part, &["t"], &["?t", "X-T", "u"]),
        ("S: {hex}\n?t: {timestamp}", "{timestamp}.{path}", Extent::Nothing, &["?t"], &["t", "X-T", "?u"]),
        ("S: {hex}\nX-K: {key}", "{key}.{body}", Extent::Whole, &["X-K", "t"], &["X-S"]),
        ("S: {hex}\nX-K: {key}", "{body}", Extent::Whole, &[], &["X-K"]),
        ("S: {hex}\nX-L: {signed-headers}", "{signed-headers}\n{path}", Extent::Nothing, &["X-L"], &["X-S", "t"]),
        ("S: {hex}\nX-L: {signed-headers}", "{signed-headers|pairs:;}\n{body}", Extent::Whole, &[], &["X-L"]),
        // A hash of the body that nobody signs, and one that is signed.
        ("S: {hex}\n?h: {body|sha256-hex}", "{path}", Extent::Nothing, &[], &["?h", "h"]),
        ("S: {hex}\n?h: {body|sha256-hex}", "{$.h}", Extent::Part, &["h"], &["?h", "t"]),
        ("S: {hex}\n?h: {body|sha256-hex}", "{?h}", Extent::Whole, &["?h", "t"], &["?t"]),
        ("S: {hex}\nX-H: {body|sha256-hex}", "{header:X-Other}", Extent::Nothing, &["X-Other"], &["X-H", "t"]),
        ("S: {hex}\nX-V: 1", "{header:X-V}.{path}", Extent::Nothing, &["X-V"], &["t"]),
        ("A: {jwt}", "iss: Acme", Extent::Nothing, &[], &["t"]),
        ("\n\n{jwt}", "iss: Acme", Extent::Whole, &["t"], &["X-A"]),
        // A token in a field says nothing of the others.
        ("\n\na.s: {jwt}", "iss: Acme", Extent::Nothing, &[], &["a.s", "t"]),
        ("\n\na.s: {jws}", "{$.a.t}", Extent::Part, &["a.t"], &["a.s", "t"]),
        ("A: {jwt}", "iss: Acme\nhash?: {body|sha256-hex}", Extent::Nothing, &[], &["t"]),
        ("A: {jwt}", "iss?: Acme\nhash: {body|sha256-hex}", Extent::Whole, &["t"], &["X-A"]),
    ] {
        let scheme = Scheme::try_new(headers, covers).unwrap();
        assert_eq!(scheme.coverage().body(), extent, "{headers} {covers}");
        for (places, expected) in [(signed, true), (open, false)] {
            for place in places {
                assert_eq!(is_covered(&scheme, place), expected, "{headers} {covers}: {place}");
            }
        }
    }
}

#[test]
fn a_provider_has_at_most_sixteen_schemes() {
    for (count, expected) in
        [(16, None), (17, Some("schemes: are more than 16")), (300, Some("schemes: are more than 16"))]
    {
        let schemes: Vec<Scheme> =
            (0..count).map(|n| Scheme::try_new(format!("S-{n}x: {{hex}}"), "{body}").unwrap()).collect();
        let file = serde_json::json!({ "name": "acme", "schemes": schemes });
        let made = Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes);
        let error = made.as_ref().err().map(ToString::to_string);
        assert_eq!(error.as_deref(), expected, "{count}");
        assert_eq!(serde_json::from_value::<Provider>(file).map_err(|error| error.to_string()).err(), error, "{count}");
        if let Ok(provider) = made {
            assert!(provider.verifier(secret()).is_ok(), "{count}");
        }
    }
}

/// A token without a time stays valid for ever.
#[test]
fn only_a_time_that_must_be_there_ends_a_replay() {
    for (claims, window) in
        [("iat: {timestamp}", Some(600)), ("iat?: {timestamp}", None), ("exp: {expiry}\nnbf: {not-before}", None)]
    {
        assert_eq!(Scheme::try_new("A: {jwt}", claims).unwrap().replay_window(), window, "{claims}");
    }
}

/// What is written in another way is the same event, and a request without a body is not the same as all others.
#[test]
fn what_is_signed_tells_events_apart() {
    let twilio = provider(TWILIO, URL);
    let tokens = provider(&[("X-Token: {secret}", "")], URL);
    let square = provider(SQUARE, URL);
    let v2 = provider(&[(":method: GET | POST\nNonce: {id}\nS: {base64}", "{url|without-query}{id}")], URL);
    let v2 = v2.with_idempotency_rule(IdempotencyRule::Body).unwrap();
    let key = |provider: &Provider, method: &str, target: &str, content: &str, headers: &[(&str, &str)], body: &str| {
        let signature = base64(content);
        let own = [("S", &*signature), ("X-Twilio-Signature", &signature), ("X-Token", sent::SECRET)];
        let request = request(method, target, &[headers, &own].concat(), body);
        let verifier = provider.verifier(secret()).unwrap();
        let verified = verifier.verify_request_at(&request, sent::now()).unwrap();
        provider.idempotency_key(&verified, "").map(|key| key.to_string())
    };
    let form = |body: &str| key(&twilio, "POST", "/hook", &format!("{URL}a1b2"), &[FORM], body).unwrap();
    for body in ["b=2&a=1", "a=%31&b=2", "&a=1&&b=2", "a=1&a=1&b=2"] {
        assert_eq!(form("a=1&b=2"), form(body), "{body}");
    }
    let get = |query: &str| key(&twilio, "GET", &format!("/hook?{query}"), &format!("{URL}?{query}"), &[], "").unwrap();
    assert_eq!(get("a=1"), get("a=1"));
    assert_ne!(get("a=1"), get("a=2"), "neither has a body");
    let post = |body: &str| key(&square, "POST", "/hook", &format!("{URL}{body}"), &[], body).unwrap();
    assert_ne!(post("{}"), post("{ }"));
    let nonce = |nonce: &str| {
        let headers = [("Nonce", nonce)];
        key(&v2, "GET", "/hook", &format!("{URL}{nonce}"), &headers, "").unwrap()
    };
    assert_ne!(nonce("7"), nonce("8"));
    // Nor does a URL without a query tell them apart, or a request of which nothing but the id is signed.
    for (headers, covers, content) in [
        ("Nonce: {id}\nS: {base64}\n\n{empty}", "{url}\n{id}", format!("{URL}\n")),
        ("Nonce: {id}\nS: {base64}", "{url}\n{body}\n{id}", format!("{URL}\n\n")),
        ("Nonce: {id}\nS: {base64}", "{body}.{id}", ".".to_owned()),
    ] {
        for rule in [IdempotencyRule::Body, IdempotencyRule::BodyAndType] {
            let shape = EventShape::new("X-Type: {type}\n\n&: {data}");
            let acme = provider(&[(headers, covers)], URL).with_event_shape(shape).unwrap();
            let acme = acme.with_idempotency_rule(rule).unwrap();
            let [seven, again, eight] = ["7", "7", "8"].map(|nonce| {
                let headers = [("Nonce", nonce), ("X-Type", "a")];
                key(&acme, "POST", "/hook", &format!("{content}{nonce}"), &headers, "").unwrap()
            });
            assert_eq!(seven, again, "{covers} {rule:?}");
            assert_ne!(seven, eight, "{covers} {rule:?}");
        }
    }
    // A signed header tells them apart, and so does a signed method; and a type, if the rule asks for it.
    for (headers, covers, (method, first, content), (other_method, second, other_content)) in [
        ("S: {base64}", "{header:X-Event}.{body}", ("POST", "a", "a."), ("POST", "b", "b.")),
        ("S: {base64}\n\n{empty}", "{header:X-Event}", ("POST", "a", "a"), ("POST", "b", "b")),
        ("S: {base64}", "{method}\n{body}", ("POST", "a", "POST\n"), ("DELETE", "a", "DELETE\n")),
        // And where there is nothing else, the time.
        (
            "X-Event: {timestamp}\nS: {base64}",
            "{timestamp}.{body}",
            ("POST", "1770000000", "1770000000."),
            ("POST", "1770000001", "1770000001."),
        ),
        (
            "L: {signed-headers}\nS: {base64}",
            "{signed-headers}\n{signed-headers|pairs:;}\n{body}",
            ("POST", "a", "x-event\nx-event:a\n"),
            ("POST", "b", "x-event\nx-event:b\n"),
        ),
        (
            "X-Event: {timestamp}\nS: {base64}\n\n{empty}",
            "{timestamp}\n{path}",
            ("POST", "1770000000", "1770000000\n/hook"),
            ("POST", "1770000001", "1770000001\n/hook"),
        ),
        ("X-Event: {id}\nS: {base64}", "{method}\n{id}.{body}", ("POST", "a", "POST\na."), ("POST", "b", "POST\nb.")),
        (
            "X-Event: {timestamp}\nS: {base64}",
            "{timestamp}.{header:L}.{body}",
            ("POST", "1770000000", "1770000000.x-event."),
            ("POST", "1770000001", "1770000001.x-event."),
        ),
        // A query that is empty tells nothing.
        ("X-Event: {id}\nS: {base64}", "{query|sorted}.{id}.{body}", ("POST", "a", ".a."), ("POST", "b", ".b.")),
    ] {
        let acme = provider(&[(headers, covers)], URL);
        let acme = acme.with_idempotency_rule(IdempotencyRule::Body).unwrap();
        let key = |method: &str, event: &str, content: &str| {
            key(&acme, method, "/hook", content, &[("X-Event", event), ("L", "x-event")], "").unwrap()
        };
        assert_eq!(key(method, first, content), key(method, first, content), "{covers}");
        assert_ne!(key(method, first, content), key(other_method, second, other_content), "{covers}");
    }
    // Nor does one that is registered, which all events have; what is added to it does.
    for (covers, content) in [
        ("{url}\n{id}", format!("{URL}?tenant=1")),
        ("{query|sorted}\n{id}", "tenant=1".to_owned()),
        ("{query|sorted-encoded}\n{id}", "tenant=1".to_owned()),
        ("{?tenant}\n{id}", "1".to_owned()),
        ("{url|without-query}?{query|sorted}\n{id}", format!("{URL}?tenant=1")),
    ] {
        let acme = provider(&[("Nonce: {id}\nS: {base64}\n\n{empty}", covers)], &format!("{URL}?tenant=1"));
        let acme = acme.with_idempotency_rule(IdempotencyRule::Body).unwrap();
        let key = |query: &str, content: &str, nonce: &str| {
            let content = format!("{content}\n{nonce}");
            key(&acme, "POST", &format!("/hook?{query}"), &content, &[("Nonce", nonce)], "").unwrap()
        };
        assert_eq!(key("tenant=1", &content, "7"), key("tenant=1", &content, "7"), "{covers}");
        assert_ne!(key("tenant=1", &content, "7"), key("tenant=1", &content, "8"), "{covers}");
        if covers.starts_with("{url}") {
            let added = |event: u8, nonce: &str| {
                key(&format!("tenant=1&event={event}"), &format!("{content}&event={event}"), nonce)
            };
            assert_eq!(added(1, "7"), added(1, "8"), "a nonce for each attempt");
            assert_ne!(added(1, "7"), added(2, "7"));
        }
    }
    // A parameter that is signed alone is that of the event.
    let acme = provider(&[("Nonce: {id}\nS: {base64}\n\n{empty}", "{?event}\n{id}")], URL);
    let acme = acme.with_idempotency_rule(IdempotencyRule::Body).unwrap();
    let [one, again, two] = [("1", "7"), ("1", "8"), ("2", "7")].map(|(event, nonce)| {
        let target = format!("/hook?event={event}");
        key(&acme, "POST", &target, &format!("{event}\n{nonce}"), &[("Nonce", nonce)], "").unwrap()
    });
    assert!(one == again && one != two);
    // What is not empty is told apart by the body alone.
    for (headers, covers, front) in [
        ("S: {base64}", "{header:X-Event}.{body}", "a"),
        ("X-Event: {id}\nS: {base64}", "{id}.{body}", "a"),
        ("X-Event: {timestamp}\nS: {base64}", "{timestamp}.{body}", "1770000000"),
    ] {
        let acme = provider(&[(headers, covers)], URL).with_idempotency_rule(IdempotencyRule::Body).unwrap();
        let key =
            |body: &str| key(&acme, "POST", "/hook", &format!("{front}.{body}"), &[("X-Event", front)], body).unwrap();
        assert_ne!(key("1"), key("2"), "{covers}");
    }
    let typed = provider(&[("Nonce: {id}\nS: {base64}", "{id}.{body}")], URL);
    let typed = typed.with_event_shape(EventShape::new("X-Event: {type}\n\n&: {data}")).unwrap();
    let typed = typed.with_idempotency_rule(IdempotencyRule::BodyAndType).unwrap();
    let [a, b] = ["a", "b"].map(|event| key(&typed, "POST", "/hook", "7.", &[("Nonce", "7"), ("X-Event", event)], ""));
    assert_ne!(a.unwrap(), b.unwrap());
    // Whoever has a token can send anything, so a body tells events of honest senders apart, and nothing else does.
    let sent = |body: &str| key(&tokens, "POST", "/hook", "", &[], body).unwrap();
    assert_ne!(sent("{}"), sent("{ }"));
}

/// What the rule asks for is in the shape that fits. Where that has none, it is all that is signed.
#[test]
fn what_fits_decides_what_tells_events_apart() {
    const EVENT: &str = "id: {id}\ntype: {type}\ndata: {data}";
    const BATCH: &str = "[].id: {id}\n[].type: {type}\n[]: {data}";
    const COMMAND: &str = "&command: {type}\n&: {data}";
    const CALL: &str = "&type: {type}\n&sid: {key}\n&: {data}";
    let key = |rule: IdempotencyRule,
               (schemes, shapes): (&[(&'static str, &'static str)], &[&'static str]),
               query: &str,
               body: &str| {
        let shapes = shapes.iter().map(|shape| EventShape::try_new(*shape).unwrap());
        let acme = provider(schemes, URL).with_event_shapes(shapes).unwrap().with_idempotency_rule(rule).unwrap();
        let kind = if body.starts_with(['{', '[']) { JSON } else { FORM };
        let sorted: String = body.split('&').flat_map(|field| field.split('=')).collect();
        let twilio = base64(if body.is_empty() { format!("{URL}{query}") } else { format!("{URL}{sorted}") });
        let headers = [("S", &*hex(body)), ("X-Twilio-Signature", &twilio), kind];
        let method = if body.is_empty() { "GET" } else { "POST" };
        let request = request(method, &format!("/hook{query}"), &headers, body);
        let verifier = acme.verifier(secret()).unwrap();
        let verified = verifier.verify_request_at(&request, sent::now()).unwrap();
        acme.idempotency_key(&verified, "").map(|key| key.to_string())
    };
    const ABOVE: &str = "account: {key}\n{type}: made\nitems[]: {data}";
    use IdempotencyRule::{BodyAndType, EventId, Nothing};
    let plain: &[(&str, &str)] = &[("S: {hex}", "{body}")];
    let (one, other) = (r#"{"id":"1","type":"a","data":1}"#, r#"{"id":"1","type":"a","data":2}"#);
    let (two, others) = (format!("[{one},{one}]"), format!("[{one},{other}]"));
    for (what, rule, made_of, (one, other), is_same) in [
        ("ids", EventId, (plain, &[EVENT, COMMAND, BATCH][..]), (("", one), ("", other)), true),
        (
            "forms without ids",
            EventId,
            (plain, &[EVENT, COMMAND, BATCH]),
            (("", "command=a&x=1"), ("", "command=a&x=2")),
            false,
        ),
        (
            "forms without ids, and no batches",
            EventId,
            (plain, &[EVENT, COMMAND]),
            (("", "command=a&x=1"), ("", "command=a&x=2")),
            false,
        ),
        (
            "batches of one account",
            EventId,
            (plain, &[ABOVE]),
            (("", r#"{"account":1,"items":[{"a":1}]}"#), ("", r#"{"account":1,"items":[{"a":2}]}"#)),
            false,
        ),
        // A batch is one only where the request has one.
        ("ids after a batch", EventId, (plain, &[BATCH, EVENT]), (("", one), ("", other)), true),
        ("batches", EventId, (plain, &[EVENT, COMMAND, BATCH]), (("", &two), ("", &others)), false),
        ("batches and types", BodyAndType, (plain, &[EVENT, COMMAND, BATCH]), (("", &two), ("", &others)), false),
        ("forms with ids", EventId, (plain, &[CALL]), (("", "sid=1&type=a&x=1"), ("", "sid=1&type=a&x=2")), true),
        // In a sorted form, text can move, also from one key to another.
        ("sorted forms", EventId, (TWILIO, &[CALL]), (("", "sid=1&type=a&x=1"), ("", "sid=1&type=a&x=2")), false),
        ("moved text", EventId, (TWILIO, &[CALL]), (("", "sid=1&type=a&x=1"), ("", "sid=1&type=ax1")), true),
        ("text of a key", EventId, (TWILIO, &[CALL]), (("", "sid=1&type=a"), ("", "si=d1&type=a")), true),
        ("queries", EventId, (TWILIO, &[CALL]), (("?a=1", ""), ("?a=2", "")), false),
    ] {
        let [first, again, second] =
            [one, one, other].map(|(query, body)| key(rule, made_of, query, body).expect(what));
        assert_eq!((first == again, first == second), (true, is_same), "{what}");
        let nothing = key(Nothing, made_of, one.0, one.1);
        assert_eq!(nothing, Err(EventError::NoIdempotencyKey), "{what}");
    }
}

/// The events of a batch have keys of their own, unless nothing tells them apart.
#[test]
fn each_event_of_a_batch_has_its_key() {
    #[derive(serde::Deserialize)]
    enum Kind {
        #[serde(rename = "a")]
        A(serde::de::IgnoredAny),
    }
    for shape in ["[].id: {id}\n[].type: {type}\n[]: {data}", "[].type: {type}\n[]: {data}"] {
        for rule in [IdempotencyRule::Body, IdempotencyRule::Nothing] {
            let acme = Provider::new("acme", Scheme::new("S: {hex}", "{body}")).unwrap();
            let acme = acme.with_event_shape(EventShape::try_new(shape).unwrap()).unwrap();
            let receiver: Receiver = acme.with_idempotency_rule(rule).unwrap().receiver(secret()).unwrap();
            let body = r#"[{"id":"1","type":"a"},{"id":"2","type":"a"}]"#;
            let headers = [("S", hex(body))];
            let mut intake = receiver.begin(&headers);
            intake.push(body.into());
            let mut webhooks = Webhooks::<Kind>::try_from(intake.finish().unwrap()).unwrap();
            let mut keys = Vec::new();
            while let Some(webhook) = webhooks.next() {
                keys.push(webhook.received.idempotency_key().map(|key| key.to_string()));
                webhooks.record(Answer::Processed);
            }
            let is_nothing = rule == IdempotencyRule::Nothing;
            assert_eq!(keys.len(), 2);
            assert!(keys.iter().all(|key| key.is_err() == is_nothing), "{keys:?}");
            assert!(is_nothing || keys[0] != keys[1], "{shape}");
        }
    }
}

/// An event has the signed id that its body or, where this tells events apart, its header has. Its type need not be signed.
#[test]
fn an_event_is_what_is_signed_of_it() {
    const WITH_ID: &str = "id: {id}\ntype: {type}\ndata: {data}";
    const WITHOUT: &str = "type: {type}\ndata: {data}";
    let body = r#"{"id":"evt_1","type":"a","data":1}"#;
    for (covers, shape, rule, content, id, is_type_signed) in [
        ("{id}.{body}", WITHOUT, IdempotencyRule::SignedId, format!("msg_1.{body}"), Some("msg_1"), true),
        ("{id}.{body}", WITH_ID, IdempotencyRule::SignedId, format!("msg_1.{body}"), Some("evt_1"), true),
        ("{id}.{body}", WITHOUT, IdempotencyRule::Body, format!("msg_1.{body}"), None, true),
        ("{body}", WITHOUT, IdempotencyRule::Body, body.to_owned(), None, true),
        ("{$.type}", WITH_ID, IdempotencyRule::Body, "a".to_owned(), None, true),
        ("{$.id}", WITH_ID, IdempotencyRule::Body, "evt_1".to_owned(), Some("evt_1"), false),
    ] {
        let acme = provider(&[("I: {id}\nS: {hex}", covers)], URL).with_idempotency_rule(rule).unwrap();
        let acme = acme.with_event_shape(EventShape::try_new(shape).unwrap()).unwrap();
        let request = request("POST", "/hook", &[("I", "msg_1"), ("S", &hex(content)), JSON], body);
        let verifier = acme.verifier(secret()).unwrap();
        let verified = verifier.verify_request_at(&request, sent::now()).unwrap();
        let event = acme.event(&verified).unwrap();
        assert_eq!((event.id(), event.is_type_signed()), (id, is_type_signed), "{covers} {rule}");
    }
}

/// What is covered is what the scheme of the request covers, and not what another one does.
#[test]
fn coverage_is_that_of_the_scheme_which_verified() {
    let acme = provider(
        &[
            ("S0: {hex}", "0.{header:A}.{body}"),
            ("S1: {hex}", "1.{header:B}.{body}"),
            ("S2: {hex}", "2.{header:C}.{body}"),
        ],
        URL,
    );
    let verifier = acme.verifier(secret()).unwrap();
    let names = ["a", "b", "c"];
    for (place, name) in names.into_iter().enumerate() {
        let (header, signature) = (format!("S{place}"), hex(format!("{place}.x.{{}}")));
        let headers = [(header.as_str(), signature.as_str()), ("A", "x"), ("B", "x"), ("C", "x")];
        let verified = verifier.verify(&headers, b"{}").unwrap();
        let coverage = acme.coverage(verified.proof());
        assert_eq!(names.map(|other| coverage.has_header(other)), names.map(|other| other == name), "{name}");
    }
}

#[test]
fn a_signer_passes_over_what_can_only_be_verified() {
    let only = [
        ("?s: {hex}", "{body}", "`?s` contains the signature or the secret, and is not a header"),
        ("\n\ns: {hex}", "{$.id}", "`s` contains the signature or the secret, and is not a header"),
        ("\n\n&s: {hex}", "{&id}", "`&s` contains the signature or the secret, and is not a header"),
        ("?token: {secret}", "", "`?token` contains the signature or the secret, and is not a header"),
        ("Authorization: Bearer {jwt}", "iss: Acme", "contain a token, so the scheme can only be verified"),
        ("S: {hex}\nK: {key}", "{key}.{body}", "name the key, so the scheme can only be verified"),
        #[cfg(feature = "extendable-hashes")]
        ("S: {hex}", "{secret}{body}", "sign with a plain hash, which can only be verified"),
    ];
    for (headers, covers, expected) in only {
        let scheme = Scheme::try_new(headers, covers).unwrap();
        let error = Signer::new(scheme.clone(), secret()).unwrap_err();
        assert_says(covers, &error.to_string(), expected);
        // Beside one that can be signed, it is no obstacle.
        let v3 = Scheme::new("T: {timestamp:ms}\nS3: {base64}", "v3{method}{url}{body}{timestamp}")
            .with_digest(hookseal::Digest::Sha512);
        let both = Provider::new("acme", v3.clone()).unwrap().with_schemes([v3, scheme]).unwrap();
        let request = both.signer(secret()).unwrap().request(URL, "", "{}").unwrap();
        let verifier = both.with_public_url(URL).unwrap().accept(Extent::Nothing).verifier(secret()).unwrap();
        assert!(verifier.verify_request(&request).is_ok(), "{covers}");
    }
    // What a request lacks is said, and the request stays as it was.
    let twilio = provider(TWILIO, URL).signer(secret()).unwrap();
    let mut sent = request("POST", URL, &[JSON], "{}");
    let error = twilio.sign_request(&mut sent, "").unwrap_err();
    assert!(matches!(error, SignError::Unfit { .. }), "{error}");
    assert_eq!(sent.headers().len(), 1);
    let mut sent = request("POST", "/hook", &[FORM], "a=1");
    assert!(twilio.sign_request(&mut sent, "").unwrap_err().to_string().contains("URL"), "a path is no URL");
}

/// The secret is in what is hashed, so a captured hash can be continued: it is behind a feature, and nobody signs so.
#[test]
fn plain_hashes_need_the_feature() {
    let scheme = Scheme::try_new("S: {hex}", "{secret}{body}");
    #[cfg(not(feature = "extendable-hashes"))]
    assert!(scheme.unwrap_err().to_string().contains("which needs the crate's feature `extendable-hashes`"));
    #[cfg(feature = "extendable-hashes")]
    {
        use sent::NO_MATCH;

        let provider = Provider::new("acme", scheme.unwrap()).unwrap().raw();
        for (secrets, body, expected) in
            [(sent::SECRET, "{}", ""), (sent::SECRET, "{ }", NO_MATCH), ("", "{}", NO_MATCH)]
        {
            let signature = hash(format!("{secrets}{{}}"));
            assert_says(body, &verdict(&provider, &request("POST", "/", &[("S", &signature)], body)), expected);
        }
        let signature = hex("{}");
        let request = request("POST", "/", &[("S", &signature)], "{}");
        assert_says("an HMAC", &verdict(&provider, &request), NO_MATCH);
    }
}
