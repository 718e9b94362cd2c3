//! What schemes that read the body and the query do with bytes that nobody has verified yet.

use bytes::Bytes;
use hookseal::provider::Provider;
use hookseal::receive::Receiver;
use hookseal::{Extent, Scheme, Secret, VerifyError};
use http::{HeaderMap, Method};
use proptest::prelude::*;

const SCHEMES: &[(&str, &str)] = &[
    ("\n\na[].s: {hex}", "{$.a[].b}:{$.a[].c?}:{$.a[].d|free}"),
    ("\n\n[].s: {hex}", "{$.[].b}"),
    ("\n\na.t: {timestamp}\na.s: {hex}", "{timestamp}{$.a.b}"),
    ("\n\n&j.{json}.a.t: {timestamp}\n&j.{json}.a.s: {hex}", "{timestamp}{&j.{json}.a.b}"),
    ("\n\na.{json}.s: {hex}", "{$.a.{json}.b}"),
    ("\n\n&s: {hex}", "{&a}.{&b}"),
    ("S: {hex}", "{form|sorted}"),
    ("S: {hex}", "{query|sorted-encoded}\n{body}"),
    ("?s: {hex}\n?t: {timestamp}", "{?a}.{timestamp}.{body|sha256}"),
    ("S: {hex}", "{url}{query|sorted}"),
    ("\n\nvalue[].clientState: {secret}", ""),
    ("\n\n&data.{json}.token: {secret}", ""),
    ("?token: {secret}", ""),
    ("Authorization: Basic {secret|base64}", ""),
];

fn receivers() -> Vec<(&'static str, Receiver)> {
    let receiver = |(headers, covers): &(&'static str, &'static str)| {
        let provider = Provider::new("acme", Scheme::try_new(*headers, *covers).unwrap()).unwrap();
        let provider = provider.with_public_url("https://x.example/").unwrap().raw().accept(Extent::Nothing);
        (*headers, provider.receiver(Secret::new("k".repeat(32)).unwrap()).unwrap())
    };
    SCHEMES.iter().map(receiver).collect()
}

fn refuse(query: &[u8], kind: Option<&'static str>, body: &[u8]) {
    let mut headers = HeaderMap::new();
    headers.extend(kind.map(|kind| (http::header::CONTENT_TYPE, kind.parse().unwrap())));
    headers.insert("s", "0".repeat(64).parse().unwrap());
    let uri = [b"/hook?", query].concat();
    let Ok(uri) = http::Uri::try_from(uri.as_slice()) else { return };
    for (name, receiver) in receivers() {
        for size in [body.len().max(1), 3 + body.len() / 50] {
            let mut intake = receiver.begin_request(&Method::POST, &uri, &headers);
            body.chunks(size).for_each(|chunk| intake.push(Bytes::copy_from_slice(chunk)));
            assert!(intake.finish().is_err(), "{name}");
        }
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("1770000000".to_owned()),
        Just("1e400".to_owned()),
        Just(r#""\ud800""#.to_owned()),
        Just(r#""{\"s\":\"00\",\"b\":1}""#.to_owned()),
        "[ -~]{0,8}",
        "\"[a-f0-9]{0,64}\"",
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let name = prop::sample::select(vec![
            "a",
            "b",
            "c",
            "d",
            "s",
            "t",
            "j",
            "value",
            "clientState",
            "token",
            "x",
            r"\u0061",
        ]);
        let fields = prop::collection::vec((name, inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|values| format!("[{}]", values.join(","))),
            fields.prop_map(|fields| {
                let fields = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_are_too_strange(query in prop::collection::vec(any::<u8>(), 0..60), body in prop::collection::vec(any::<u8>(), 0..200), is_form: bool) {
        refuse(&query, is_form.then_some("application/x-www-form-urlencoded"), &body);
    }

    #[test]
    fn no_form_is_too_strange(body in "([abjst]=|data=|&|%[0-9a-f]{0,2}|[+=;]|[a-f0-9]{64}|%7B%22a%22%3A|\\PC){0,20}") {
        refuse(body.as_bytes(), Some("application/x-www-form-urlencoded"), body.as_bytes());
        refuse(body.as_bytes(), None, body.as_bytes());
    }

    #[test]
    fn no_json_is_too_strange(body in json()) {
        refuse(b"s=00", Some("application/json"), body.as_bytes());
        let form = format!("j={body}&data={body}&s=00");
        refuse(b"", Some("application/x-www-form-urlencoded"), form.as_bytes());
    }

    /// What other JSON readers do with two members of one name differs, so none of them counts.
    #[test]
    fn a_field_that_occurs_twice_is_refused(first in "[a-z]{0,8}", second in "[a-z]{0,8}", escaped: bool) {
        let name = if escaped { r"client\u0053tate" } else { "clientState" };
        let secret = "k".repeat(32);
        let (_, receiver) = receivers().into_iter().find(|(lines, _)| lines.contains("clientState")).unwrap();
        for body in [
            format!(r#"{{"value":[{{"clientState":"{secret}","{first}":1,"{name}":"{secret}"}}]}}"#),
            format!(r#"{{"value":[],"{second}":2,"value":[{{"clientState":"{secret}"}}]}}"#),
        ] {
            let headers = HeaderMap::new();
            let mut intake = receiver.begin(&headers);
            intake.push(body.clone().into());
            let error = intake.finish().unwrap_err();
            let is_repeated = matches!(&error, hookseal::receive::Rejection::NotAuthentic(VerifyError::Repeated { .. }));
            prop_assert!(is_repeated, "{}: {}", body, error);
        }
    }
}

/// Depth costs no stack, and a batch no more than its bytes.
#[test]
fn nothing_is_too_deep_or_too_many() {
    const MANY: usize = 200_000;
    let deep = |open: &str, close: &str| open.repeat(MANY) + &close.repeat(MANY);
    let bodies = [
        "[".repeat(MANY),
        deep("[", "]"),
        r#"{"a":"#.repeat(MANY),
        deep(r#"{"a":"#, "}"),
        format!(r#"{{"a":[{}]}}"#, deep("[", "]")),
        format!(r#"{{"value":[{}{{}}]}}"#, r#"{"clientState":"x"},"#.repeat(MANY / 10)),
        format!("[{}0]", "0,".repeat(MANY)),
        "a=".repeat(MANY),
        "a=1&".repeat(MANY),
        "&".repeat(MANY),
        "j=".to_owned() + &"%5B".repeat(MANY),
    ];
    for body in &bodies {
        refuse(b"a=1", Some("application/json"), body.as_bytes());
        refuse(b"a=1", Some("application/x-www-form-urlencoded"), body.as_bytes());
    }
}
