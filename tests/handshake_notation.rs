//! What the two texts of a handshake may not say.

use hookseal::provider::{self, Provider};
use hookseal::{ConfigError, Handshake};

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

const FAULTS: [(&str, &str); 10] = [
    (":status: 99", "`99` is not a status from 200 to 599"),
    (":status: 600", "`600` is not a status from 200 to 599"),
    (":status: 2000", "`2000` is not a status from 200 to 599"),
    (":status: 200\nX Hook: 1\n\n", "`X Hook` is not a header name"),
    (":status: 200\nX-Hook 1\n\n", "`X-Hook 1` has no `:`"),
    (":status: 200\nTransfer-Encoding: chunked\n\n", "`Transfer-Encoding` is set by HTTP clients"),
    (":status: 200\nX-Hook: \u{e9}\n\n", "`\u{e9}` is not visible ASCII"),
    (r#"{"a":"b\"}"#, "has an escape in its JSON"),
    (r#"{"a":"b}"#, "has a string without an end in its JSON"),
    ("{token}", "`{token}` is not a placeholder of an answer"),
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
    assert!(Handshake::try_new("?challenge: {challenge:digits}", r#"{"a":{challenge}}"#).is_ok());
    let page = error("?a: {challenge}", "Content-Type: text/html\n\n{challenge}");
    assert!(page.starts_with("answer: `Content-Type` says how a `{challenge}` is read"), "{page}");
    let none = error("?ping: 1", "{challenge}");
    assert!(none.starts_with("answer: needs a `{challenge}` that the request does not have"), "{none}");
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
