//! What the two texts of a handshake may not say.

use hookseal::provider::{self, Provider};
use hookseal::receive::{Answer, Receiver, Rejection};
use hookseal::{ConfigError, Extent, Handshake, Scheme, Secret};

fn error(request: &'static str, answer: &'static str) -> String {
    Handshake::try_new(request, answer).expect_err(answer).to_string()
}

#[test]
fn a_request_that_cannot_be_read_is_refused() {
    for (request, expected) in [
        (":method: PATCH", "request: `PATCH` is not GET, HEAD, OPTIONS or POST"),
        ("?challenge", "request: `?challenge` has no `:`"),
        ("?challenge: {challenge:word}", "request: `{challenge:word}` is not a placeholder of a handshake"),
        ("?challenge:", "request: has a line without a value"),
        ("?a: {challenge}\n?b: {challenge}", "request: `b` is a second `{challenge}`"),
        ("?a: {verify-token}\n?b: {verify-token}", "request: has several `{verify-token}`"),
        ("Host: {challenge}", "request: `Host` is set by HTTP clients"),
        ("?a?: 1", "request: `?a?` is not the name of a query parameter"),
        (":method: GET\n\na: {challenge}", "request: `a` is a field of a body that only a POST has"),
        (":method: GET\nX-Hook-Secret: {new-secret}", "request: `X-Hook-Secret` brings a secret"),
        ("?secret: {new-secret}", "request: `secret` brings a secret"),
        ("\n\n&a.b: 1", "request: `&a.b` is not a field of a form"),
        ("\n\n&a.{json}: 1", "request: `&a.{json}` is not a path of field names and `[]`"),
        ("\n\n&: 1", "request: `&` is not a field of a form"),
        ("\n\n&a: 1\nb: 2", "request: `b` is in a form, or in JSON, and another field is not"),
        (":method: GET\n\n&a: 1", "request: `a` is a field of a body that only a POST has"),
        ("", "request: has no line that tells it from a delivery"),
        (":method: POST\n\n", "request: has no line that tells it from a delivery"),
        ("\n\na.{json}.b: {challenge}", "request: `a.{json}.b` is not a path of field names and `[]`"),
        ("\n\na?: {challenge}", "request: `a?` may be missing"),
        (
            "?1: 1\n?2: 1\n?3: 1\n?4: 1\n?5: 1\n?6: 1\n?7: 1\n?8: 1\n?9: 1",
            "request: `?9: 1` is one of more than 8 lines",
        ),
    ] {
        let error = error(request, "ok");
        assert!(error.starts_with(expected), "{request:?}: {error}");
    }
}

const FAULTS: [(&str, &str); 13] = [
    (":status: 99", "`99` is not a status from 200 to 599"),
    (":status: 600", "`600` is not a status from 200 to 599"),
    (":status: 2000", "`2000` is not a status from 200 to 599"),
    (":status: 2x0", "`2x0` is not a status from 200 to 599"),
    (":status: 20x", "`20x` is not a status from 200 to 599"),
    (":status: 200\nX Hook: 1\n\n", "`X Hook` is not a header name"),
    (":status: 200\nX-Hook 1\n\n", "`X-Hook 1` has no `:`"),
    (":status: 200\nTransfer-Encoding: chunked\n\n", "`Transfer-Encoding` is set by HTTP clients"),
    (":status: 200\nX-Hook: \u{e9}\n\n", "`\u{e9}` is not visible ASCII"),
    (r#"{"a":"b\"}"#, "has an escape in its JSON"),
    (r#"{"a":"b}"#, "has a string without an end in its JSON"),
    ("{token}", "`{token}` is not a placeholder of an answer"),
    ("{token", "`{token` is not a placeholder of an answer"),
];

#[test]
fn an_answer_that_cannot_be_sent_is_refused() {
    for (answer, expected) in FAULTS {
        let error = error("?challenge: {challenge}", answer);
        assert!(error.starts_with(&format!("answer: {expected}")), "{answer:?}: {error}");
    }
    let free = "answer: signs a `{challenge}` of any characters";
    assert!(error("?challenge: {challenge}", "{challenge|hmac-hex}").starts_with(free));
    let bare = error("?challenge: {challenge:token}", r#"{"a":{challenge}}"#);
    assert!(bare.starts_with("answer: has a placeholder outside of a string"), "{bare}");
    // The body is sent without the white space around it, and is JSON without it too.
    for front in ["\n\n", ":status: 200\n\n\n", "\n \r\n\t"] {
        let bare = error("?challenge: {challenge}", (front.to_owned() + r#"{"a":{challenge}}"#).leak());
        assert!(bare.starts_with("answer: has a placeholder outside of a string"), "{front:?}: {bare}");
    }
    // Other white space is sent: behind it, nothing is JSON.
    let handshake = Handshake::try_new(":method: GET\n?c: {challenge}", "\u{a0}{\"a\":{challenge}}").expect("text");
    let receiver: Receiver = provider::KLANG
        .clone()
        .with_handshakes([handshake])
        .receiver(Secret::new("a secret of twenty-some bytes").expect("a secret"))
        .expect("a receiver");
    let (uri, headers) = ("/?c=7".parse().expect("a URI"), http::HeaderMap::new());
    let asked = receiver.begin_request(&http::Method::GET, &uri, &headers).finish().expect_err("a handshake");
    let response: http::Response<Vec<u8>> = asked.to_response();
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.body(), "\u{a0}{\"a\":7}".as_bytes());
    assert!(Handshake::try_new("?challenge: {challenge:digits}", r#"{"a":{challenge}}"#).is_ok());
    let page = error("?a: {challenge}", "Content-Type: text/html\n\n{challenge}");
    assert!(page.starts_with("answer: `Content-Type` says how a `{challenge}` is read"), "{page}");
    let none = error("?ping: 1", "{challenge}");
    assert!(none.starts_with("answer: needs a `{challenge}` that the request does not have"), "{none}");
}

/// Only the white space of the notation is none of the text.
#[test]
fn a_request_in_a_file_keeps_its_constants() {
    for space in ["\u{a0}", "\u{3000}", "\u{b}"] {
        let with = Handshake::try_new(format!("type: ask{space}"), "ok").expect("a handshake");
        let without = Handshake::try_new("type: ask", "ok").expect("a handshake");
        assert_ne!(with, without, "{space:?}");
        let file = serde_json::to_string(&with).expect("a file");
        assert_eq!(serde_json::from_str::<Handshake>(&file).expect("a handshake"), with, "{space:?}");
    }
}

/// Where a file has its lines, a constant has a text, with line ends where it likes.
#[test]
fn an_answer_in_a_file_is_the_same_answer() {
    let receiver = |handshake: &Handshake| -> Receiver {
        let provider = provider::KLANG.clone().with_handshakes([handshake.clone()]);
        provider.receiver(Secret::new("a secret of twenty-some bytes").expect("a secret")).expect("a receiver")
    };
    let answered = |handshake: &Handshake| -> (u16, http::HeaderMap, Vec<u8>) {
        let (uri, headers) = ("/?c=7".parse().expect("a URI"), http::HeaderMap::new());
        let receiver = receiver(handshake);
        let asked = receiver.begin_request(&http::Method::GET, &uri, &headers).finish().expect_err("a handshake");
        let response: http::Response<Vec<u8>> = asked.to_response();
        (response.status().as_u16(), response.headers().clone(), response.into_body())
    };
    for (answer, lines) in [
        ("", 0),
        ("\n", 0),
        (" \n\n", 0),
        (":status: 204", 1),
        (":status: 204\n\n", 1),
        (":status: 204\nX-A: b", 2),
        ("X-A: b\n\n", 2),
        ("  X-A:  b \n :status: 201\n\n\n", 3),
        (":status: 204\n  ", 1),
        ("ok\n  ", 1),
        ("X-A: {challenge}\n\n{challenge}", 3),
        ("\n:status: 204", 2),
        ("\nok", 1),
        ("ok\n", 1),
        ("\none\n\n two", 4),
        ("one\n  two", 2),
        ("one\r\ntwo", 2),
        ("{\"a\":\n  \"{challenge}\"}", 2),
    ] {
        let handshake = Handshake::try_new(":method: GET\n?c: {challenge:digits}", answer).expect(answer);
        let file = serde_json::to_value(&handshake).expect("a file");
        assert_eq!(file["answer"].as_array().expect("a list").len(), lines, "{answer:?}: {file}");
        let again: Handshake = serde_json::from_value(file.clone()).expect(answer);
        assert_eq!((&again, serde_json::to_value(&again).expect("a file")), (&handshake, file), "{answer:?}");
        assert_eq!(answered(&again), answered(&handshake), "{answer:?}");
    }
}

/// Quotes, backslashes and braces mean nothing in a text, and none in the headers above JSON.
#[test]
fn an_answer_is_sent_as_it_is_written() {
    for (answer, body) in [
        ("{challenge}", "7"),
        ("<{challenge}> {", "<7> {"),
        ("{ {A{challenge}", "{ {A7"),
        (r#"it is "{challenge}, or \ "#, r#"it is "7, or \"#),
        (r#"{"a":"{challenge}"}"#, r#"{"a":"7"}"#),
        (r#"{"a":1,"bc":"-{challenge}"}"#, r#"{"a":1,"bc":"-7"}"#),
        ("X-A: \"\\\n\n{\"a\":\"{challenge}\"}", r#"{"a":"7"}"#),
    ] {
        let handshake = Handshake::try_new(":method: GET\n?c: {challenge}", answer).expect(answer);
        assert_eq!(asked(&handshake, "/?c=7").map_err(|error| error.to_string()), Ok(body.to_owned()), "{answer:?}");
    }
}

#[test]
fn a_text_has_at_most_4096_bytes() {
    for (length, is_taken) in [(4096, true), (4097, false), (5000, false)] {
        let padded = |text: &str| format!("{text:length$}");
        assert_eq!(Handshake::try_new(padded("?c: {challenge}"), "{challenge}").is_ok(), is_taken, "{length}");
        assert_eq!(Handshake::try_new("?c: {challenge}", padded("{challenge}")).is_ok(), is_taken, "{length}");
        assert_eq!(provider::KLANG.clone().with_acknowledgement(padded("ok")).is_ok(), is_taken, "{length}");
    }
}

#[test]
fn a_request_that_brings_the_secret_has_no_signature() {
    for (request, is_signed) in [
        ("X-Secret: {new-secret}", false),
        ("X-Secret: {new-secret}\nX-Kind: hello\n\ntype: ask", false),
        ("X-Kind: hello\n\ntype: ask\nsecret: {new-secret}", false),
        ("X-Kind: hello\n\ntype: ask", true),
        (":method: GET\n?c: {challenge}", false),
    ] {
        assert_eq!(Handshake::try_new(request, "ok").expect(request).is_signed(), is_signed, "{request:?}");
    }
}

/// The body with which a receiver answers a `GET`.
fn asked(handshake: &Handshake, uri: &str) -> Result<String, Rejection> {
    let provider = provider::KLANG.clone().with_handshakes([handshake.clone()]);
    let receiver: Receiver =
        provider.receiver(Secret::new("a secret of twenty-some bytes").expect("a secret")).expect("a receiver");
    let (uri, headers) = (uri.parse().expect("a URI"), [("X-Kind", "hello")]);
    match receiver.begin_request(&http::Method::GET, &uri, &headers).finish().expect_err("no delivery") {
        Rejection::Handshake(reply) => {
            let response: http::Response<Vec<u8>> = Rejection::Handshake(reply).to_response();
            Ok(String::from_utf8(response.into_body()).expect("a text"))
        }
        rejection => Err(rejection),
    }
}

#[test]
fn a_challenge_has_the_characters_and_the_length_of_its_alphabet() {
    let long = |character: &str, length: usize| character.repeat(length);
    for (placeholder, challenge, is_answered) in [
        ("{challenge}", "a%20b".to_owned(), true),
        ("{challenge}", "~!%22".to_owned(), true),
        ("{challenge}", "a%09b".to_owned(), false),
        ("{challenge}", "a%0Ab".to_owned(), false),
        ("{challenge}", "%20a".to_owned(), false),
        ("{challenge}", "a%20".to_owned(), false),
        ("{challenge}", "%C3%A9".to_owned(), false),
        ("{challenge}", "%3Cb%3E".to_owned(), false),
        ("{challenge}", String::new(), false),
        ("{challenge}", long("a", 512), true),
        ("{challenge}", long("a", 513), false),
        ("{challenge:token}", "aZ9-_%2B/%3D.".to_owned(), true),
        ("{challenge:token}", "a%20b".to_owned(), false),
        ("{challenge:token}", long("a", 256), true),
        ("{challenge:token}", long("a", 257), false),
        ("{challenge:uuid}", "123e4567-e89b-12d3-a456-426614174000".to_owned(), true),
        ("{challenge:uuid}", "g".to_owned(), false),
        ("{challenge:uuid}", long("a", 37), false),
        ("{challenge:hex}", long("aF", 64), true),
        ("{challenge:hex}", "a-f".to_owned(), false),
        ("{challenge:hex}", long("a", 129), false),
        ("{challenge:digits}", "18446744073709551615".to_owned(), true),
        ("{challenge:digits}", "184467440737095516150".to_owned(), false),
        ("{challenge:digits}", "0".to_owned(), true),
        ("{challenge:digits}", "01".to_owned(), false),
        ("{challenge:digits}", "a".to_owned(), false),
    ] {
        let handshake = Handshake::try_new(format!(":method: GET\n?c: {placeholder}"), "ok").expect(placeholder);
        let answer = asked(&handshake, &format!("/?c={challenge}"));
        assert_eq!(answer.is_ok(), is_answered, "{placeholder} {challenge}");
    }
}

#[test]
fn a_refusal_says_what_is_not_as_in_the_handshake() {
    for (lines, uri, problem) in [
        ("?c: {challenge}", "/", "`?c` is not in the request, or not once"),
        ("?c: {challenge}", "/?c=1&c=2", "`?c` is not in the request, or not once"),
        ("?kind: ask", "/?kind=tell", "`?kind` has another value than a handshake"),
        ("X-Kind: hi", "/", "`X-Kind` has another value than a handshake"),
        ("X-Other: hi", "/", "`X-Other` is not in the request, or not once"),
    ] {
        let handshake = Handshake::try_new(format!(":method: GET\n{lines}"), "ok").expect(lines);
        match asked(&handshake, uri) {
            Err(Rejection::NoHandshake { problem: said }) => assert_eq!(said, problem, "{lines}"),
            other => panic!("{lines}: {other:?}"),
        }
    }
}

#[test]
fn the_refusal_of_a_forged_question_has_no_body_if_the_answer_has_none() {
    let body = r#"{"type":"ask"}"#;
    for (answer, has_body) in [(":status: 204", false), ("", false), ("ok", true), (":status: 200\n\n ok", true)] {
        let provider =
            provider::KLANG.clone().with_handshakes([Handshake::try_new("\n\ntype: ask", answer).expect(answer)]);
        let key = |text| Secret::new(text).expect("a secret");
        let receiver: Receiver = provider.receiver(key("a secret of twenty-some bytes")).expect("a receiver");
        let forger = provider.signer(key("another secret of twenty bytes")).expect("a signer");
        let headers = forger.sign("evt_1", body.as_bytes()).expect("headers");
        let mut intake = receiver.begin_request(&http::Method::POST, &"/".parse().expect("a URI"), &headers);
        intake.push(body.into());
        let response: http::Response<Vec<u8>> = intake.finish().expect_err("a forgery").to_response();
        assert_eq!((response.status().as_u16(), response.body().is_empty()), (401, !has_body), "{answer:?}");
    }
}

/// A delivery may come with the method of a question.
#[test]
fn a_delivery_with_the_method_of_a_handshake_is_verified() {
    let scheme = Scheme::new(":method: GET | POST\nS: {hex}", "{method}{url}{body}");
    let question = Handshake::new(":method: GET\n?challenge: {challenge:token}", "{challenge}");
    let provider = Provider::new("acme", scheme).expect("a provider").with_handshakes([question]).raw();
    let provider = provider.with_public_url("https://example.com/").expect("a URL");
    let key = || Secret::new("a secret of twenty-some bytes").expect("a secret");
    let receiver: Receiver = provider.receiver(key()).expect("a receiver");
    for (uri, is_signed, status) in [
        ("https://example.com/", true, 200),
        ("https://example.com/", false, 400),
        ("https://example.com/?challenge=12345", false, 200),
    ] {
        let mut request = http::Request::get(uri).body(String::new()).expect("a request");
        if is_signed {
            provider.signer(key()).expect("a signer").sign_request(&mut request, "evt_1").expect("headers");
        }
        let intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        let found = intake.finish().map_or_else(|rejection| rejection.status().as_u16(), |_| 200);
        assert_eq!(found, status, "{uri} {is_signed}");
    }
}

/// Each delivery here has the right signature. A challenge that an endpoint signs for anybody may be its content.
#[test]
fn what_anybody_can_have_signed_is_no_delivery() {
    const TIMED: &str = "S: {hex}\nT: {timestamp}";
    const TOKEN: &str = ":method: GET\n?c: {challenge:token}";
    const SIGNED: &str = ":method: POST\n\nc: {challenge:token}";
    const IN_HEADER: &str = ":method: POST\nX-C: {challenge:token}";
    const IN_QUERY: &str = ":method: POST\n?c: {challenge:token}";
    let digits = |count| "7".repeat(count);
    for (headers, covers, question, answer, body, is_taken) in [
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-hex}", "12345", false),
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-base64}", "command=/deploy", false),
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-hex}", "", false),
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-hex}", "{}", true),
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-hex}", "a b", true),
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-hex}", &digits(256), false),
        ("S: {hex}", "{body}", TOKEN, "{challenge|hmac-hex}", &digits(257), true),
        ("S: {hex}", "{body}", ":method: GET\n?c: {challenge:digits}", "{challenge|hmac-hex}", "12345", false),
        ("S: {hex}", "{body}", ":method: GET\n?c: {challenge:digits}", "{challenge|hmac-hex}", "12345a", true),
        ("S: {hex}", "{body}", ":method: GET\n?c: {challenge:uuid}", "{challenge|hmac-hex}", "12-45a", false),
        (TIMED, "{timestamp}.{body}", TOKEN, "{challenge|hmac-hex}", "command=/deploy", false),
        // Content with a text that no challenge has is always apart, and so is what is not answered with a MAC, or only
        // after the question was verified.
        (TIMED, "{timestamp}:{body}", TOKEN, "{challenge|hmac-hex}", "12345", true),
        ("S: {hex}", "{url}{body}", TOKEN, "{challenge|hmac-hex}", "12345", true),
        ("S: {hex}", "{body}", TOKEN, "{challenge}", "12345", true),
        ("S: {hex}", "{body}", SIGNED, "{challenge|hmac-hex}", "12345", true),
        ("S: {hex}", "{body}", IN_HEADER, "{challenge|hmac-hex}", "12345", false),
        ("S: {hex}", "{body}", IN_QUERY, "{challenge|hmac-hex}", "12345", false),
    ] {
        let scheme = Scheme::try_new(headers, covers).expect(covers);
        let handshake = Handshake::try_new(question, answer).expect(question);
        let provider = Provider::new("acme", scheme).expect(covers).with_handshakes([handshake]).raw();
        let provider = provider.with_public_url("https://example.com/").expect("a URL");
        let key = || Secret::new("a secret of twenty-some bytes").expect("a secret");
        let receiver: Receiver = provider.receiver(key()).expect("a receiver");
        let mut request = http::Request::post("https://example.com/").body(body.to_owned()).expect("a request");
        provider.signer(key()).expect("a signer").sign_request(&mut request, "evt_1").expect("headers");
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        intake.push(body.to_owned().into());
        match (intake.finish(), is_taken) {
            (Ok(_), true) => {}
            (Err(rejection), false) => {
                assert_eq!(rejection, Rejection::PossibleChallenge, "{covers} {body}");
                assert_eq!(
                    (rejection.status().as_u16(), rejection.public_text()),
                    (401, Rejection::UnknownTenant.public_text())
                );
            }
            (result, _) => panic!("{covers} {question} {body}: {:?}", result.err()),
        }
    }
    // Where the body is not in the content, or not as it is, nothing tells the two apart.
    for (headers, covers, question, is_safe) in [
        (TIMED, "{timestamp}.{body|sha256}", TOKEN, false),
        (TIMED, "{timestamp}:{body|sha256}", TOKEN, true),
        ("S: {hex}", "{$.id}", TOKEN, false),
        ("S: {hex}", "{form|sorted}", TOKEN, false),
        // No form, so that nothing of the body is signed.
        ("S: {hex}", "{form|sorted}", SIGNED, false),
        // The question is verified, but not its challenge.
        ("S: {hex}", "{body|sha256-hex}", IN_HEADER, false),
        ("S: {hex}", "{header:X-C}.{body|sha256-hex}", IN_HEADER, true),
        (TIMED, "{timestamp}.{body|sha256}", IN_QUERY, false),
        (TIMED, "{timestamp}.{?c}.{body|sha256}", IN_QUERY, true),
        ("S: {hex}", "{$.id}", SIGNED, false),
        ("S: {hex}", "{$.c}", SIGNED, true),
        ("Authorization: {jwt}", "iss: Acme", TOKEN, false),
        ("S: {jws}", "{body}", TOKEN, false),
        ("S: {jws}\nT: {timestamp}", "{timestamp}:{body}", TOKEN, false),
        ("S: {jws}", "{body}", SIGNED, true),
        ("S: {secret}", "", TOKEN, true),
    ] {
        let scheme = Scheme::try_new(headers, covers).expect(covers);
        let handshake = Handshake::try_new(question, "{challenge|hmac-hex}").expect(question);
        let provider = Provider::new("acme", scheme).expect(covers).with_handshakes([handshake]).raw();
        let key = Secret::new("a secret of twenty-some bytes").expect("a secret");
        let provider = provider.accept(Extent::Nothing);
        let error = provider.receiver(key.clone()).err().map(|error| error.to_string());
        let with_fallback = provider.receiver_with_fallback(key, |_, _| async { Answer::Accepted });
        assert_eq!(with_fallback.err().map(|error| error.to_string()), error, "{covers}");
        let is_refused = error.as_ref().is_some_and(|error| error.contains("could be the signature of a delivery"));
        assert_eq!((error.is_none(), is_refused), (is_safe, !is_safe), "{covers}: {error:?}");
    }
}

#[test]
fn handshakes_are_equal_if_their_lines_are() {
    // One line end only begins the text.
    let [begun, plain] = ["\n:method: GET\n?c: {challenge}", ":method: GET\n?c: {challenge}"]
        .map(|request| Handshake::try_new(request, "ok").expect(request));
    assert_eq!(begun, plain);
    assert_eq!(serde_json::to_value(&begun).expect("a file"), serde_json::to_value(&plain).expect("a file"));

    let one = || Handshake::new("\n\ntype: ask\nc: {challenge:token}", "{challenge}");
    let same = [one(), Handshake::new("\n\n  type: ask\n\n\n  c: {challenge:token}\n", "{challenge}")];
    let others = [
        Handshake::new("\n\ntype: asked\nc: {challenge:token}", "{challenge}"),
        Handshake::new("\n\ntype: ask\nc: {challenge:token}", "is {challenge}"),
        one().unsigned(),
    ];
    for same in &same {
        assert_eq!(*same, one());
        let file = serde_json::to_value(same).expect("a file");
        assert_eq!(file, serde_json::to_value(one()).expect("a file"));
        assert_eq!(file.get("unsigned"), None);
    }
    for other in &others {
        assert_ne!(*other, one());
        assert_eq!(*other, other.clone());
        let file = serde_json::to_value(other).expect("a file");
        assert_eq!(serde_json::from_value::<Handshake>(file).expect("a handshake"), *other);
    }
}

#[test]
fn a_verify_token_is_text_of_sixteen_bytes_unless_short_ones_are_allowed() {
    let receiver = || -> Receiver { provider::CALLINTEL.receiver(Secret::from_bytes([1; 32]).unwrap()).unwrap() };
    let text = |length: usize| Secret::new("t".repeat(length).as_str());
    for (token, is_taken) in [
        (text(16).unwrap(), true),
        (text(17).unwrap(), true),
        (text(15).unwrap(), false),
        (text(1).unwrap(), false),
        (text(15).unwrap().allow_short(), true),
        (text(1).unwrap().allow_short(), true),
        (Secret::from_bytes([b't'; 32]).unwrap(), false),
        (Secret::from_bytes([b't'; 32]).unwrap().allow_short(), false),
    ] {
        assert_eq!(receiver().with_verify_token(token.clone()).is_ok(), is_taken, "{:?}", token.expose());
    }
}

/// Of several that fit so far, the body decides.
#[test]
fn a_wrong_verify_token_in_one_handshake_does_not_hide_another() {
    let with_token = Handshake::new("\n\ntype: ask\ntoken: {verify-token}\nc: {challenge:token}", "first {challenge}");
    let without = Handshake::new("\n\ntype: ask\nc: {challenge:token}", "second {challenge}");
    let in_head = Handshake::new("?token: {verify-token}\n\nc: {challenge:token}", "third {challenge}");
    let key = || Secret::new("a secret of twenty-some bytes").expect("a secret");
    let token = || Secret::new("a-verify-token-of-my-own").expect("a token");
    let ask = |handshakes: &[Handshake], query: &str, body: &str| {
        let provider = provider::CALLINTEL.clone().with_handshakes(handshakes.to_vec());
        let receiver: Receiver =
            provider.receiver(key()).expect("a receiver").with_verify_token(token()).expect("a token");
        let headers = provider.signer(key()).expect("a signer").sign("", body.as_bytes()).expect("headers");
        let uri = format!("/{query}").parse().expect("a URI");
        let mut intake = receiver.begin_request(&http::Method::POST, &uri, &headers);
        intake.push(body.to_owned().into());
        match intake.finish() {
            Ok(_) => "a delivery".to_owned(),
            Err(rejection) => String::from_utf8(rejection.to_response().into_body()).expect("a text"),
        }
    };
    let refused = "the webhook's signature was not accepted";
    let (right, wrong) =
        (r#"{"type":"ask","token":"a-verify-token-of-my-own","c":"7"}"#, r#"{"type":"ask","token":"another","c":"7"}"#);
    assert_eq!(ask(&[with_token.clone(), without.clone()], "", right), "first 7");
    assert_eq!(ask(&[with_token.clone(), without.clone()], "", wrong), "second 7");
    assert_eq!(ask(&[without.clone(), with_token.clone()], "", wrong), "second 7");
    assert_eq!(ask(std::slice::from_ref(&with_token), "", wrong), refused);
    assert_eq!(ask(&[in_head.clone(), without.clone()], "?token=another", right), "second 7");
    assert_eq!(ask(&[in_head.clone(), with_token.clone()], "?token=another", wrong), refused);
    assert_eq!(ask(std::slice::from_ref(&in_head), "?token=another", wrong), refused);
    assert_eq!(ask(std::slice::from_ref(&in_head), "?token=another", r#"{"type":"event"}"#), "a delivery");
    assert_eq!(ask(&[in_head, with_token], "?token=another", r#"{"type":"event"}"#), "a delivery");
}

fn acknowledged(answer: &'static str) -> Result<Provider, ConfigError> {
    provider::KLANG.clone().with_acknowledgement(answer)
}

const XML: &str = "Content-Type: text/xml\n\n<Response/>";

#[test]
fn an_acknowledgement_is_an_answer_of_success_without_placeholders() {
    for (answer, expected) in FAULTS {
        let error = acknowledged(answer).expect_err(answer).to_string();
        assert!(error.starts_with(&format!("acknowledgement: {expected}")), "{answer:?}: {error}");
    }
    for answer in [":status: 199", ":status: 302", ":status: 500\n\nsorry"] {
        assert!(acknowledged(answer).is_err(), "{answer:?}");
    }
    assert!(acknowledged("{challenge}").is_err());
    for answer in
        ["[accepted]", ":status: 204", "<Response/>", r#"{"received":true}"#, ":status: 201\nX-Own: 1\n\nok", XML]
    {
        let provider = acknowledged(answer).expect(answer);
        let file = serde_json::to_string(&provider).expect("a file");
        let read: Provider = serde_json::from_str(&file).expect(answer);
        assert_eq!((read.acknowledgement(), &file), (Some(answer), &serde_json::to_string(&read).expect("a file")));
    }
}
