//! What must hold of every event shape, whatever a request says.

use bytes::Bytes;
use hookseal::provider::{self, IdempotencyRule, Provider};
use hookseal::receive::{Received, Receiver, Rejection};
use hookseal::testing::{Sender, SenderError};
use hookseal::{Event, EventError, EventShape, Handshake, SignError};
use http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::OffsetDateTime;

use common::{is_signable, key, registered};

#[path = "../../../tests/common/mod.rs"]
mod common;

/// Those for which any body can be signed.
fn described() -> Vec<&'static Provider> {
    let signable = provider::ALL.iter().copied().filter(|provider| is_signable(provider));
    signable.filter(|provider| provider.event_shape().is_some()).collect()
}

fn receive(provider: &Provider, request: &Request<Bytes>) -> Received {
    try_receive(provider, request).expect("the request is authentic")
}

/// A body that anybody can have signed, as a challenge, is no delivery.
fn read_if_taken(provider: &Provider, request: &Request<Bytes>) {
    match try_receive(provider, request) {
        Ok(received) => drop(read(&received)),
        Err(rejection) => assert_eq!(rejection, Rejection::PossibleChallenge, "{}", provider.name()),
    }
}

fn try_receive(provider: &Provider, request: &Request<Bytes>) -> Result<Received, Rejection> {
    let receiver: Receiver = registered(provider).raw().receiver(key(1)).expect("a receiver");
    let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
    intake.push(request.body().clone());
    intake.finish()
}

fn sender(provider: &Provider) -> Sender {
    Sender::new(&registered(provider), key(1)).expect("a sender")
}

/// `None` for a body that nobody can sign: it is no form, or lacks a field that is signed.
fn signed(provider: &Provider, body: impl Into<Bytes>) -> Option<Request<Bytes>> {
    match sender(provider).body("/", body) {
        Err(SenderError::Sign(SignError::Unfit { .. })) => None,
        request => Some(request.expect("a request")),
    }
}

/// Reads in every way that there is.
fn read(received: &Received) -> Vec<String> {
    let event = received.event().map(|event| event.event_type().to_owned());
    let events = received.events().map(|events| {
        events.map(|event| event.map(|event| (event.event_type().to_owned(), event.time(), event.is_test()))).collect()
    });
    let events: Result<Vec<_>, EventError> = events;
    let typed = received.typed_event::<Value>().map(|event| event.is_some());
    vec![format!("{event:?}"), format!("{events:?}"), format!("{typed:?}"), format!("{:?}", received.idempotency_key())]
}

/// The compiler reads the catalogue, and a program reads a file: the same code, at two times.
#[test]
fn a_provider_from_a_file_reads_deliveries_like_its_constant() {
    let mut count = 0;
    for line in include_str!("../../../src/testing/deliveries.jsonl").lines() {
        let delivery: Value = serde_json::from_str(line).unwrap();
        let constant = provider::by_name(delivery["provider"].as_str().unwrap()).unwrap();
        if !is_signable(constant) {
            continue;
        }
        let file = serde_json::to_string(constant).unwrap();
        let from_file: Provider = serde_json::from_str(&file).unwrap();
        assert_eq!(serde_json::to_string(&from_file).unwrap(), file);
        let mut requests = Vec::new();
        for provider in [constant, &from_file] {
            let mut sender = sender(provider).with_time(OffsetDateTime::now_utc());
            for (name, value) in delivery["headers"].as_object().unwrap() {
                sender = sender.with_header(name.as_str(), value.as_str().unwrap()).unwrap();
            }
            requests.push(sender.body("/", delivery["body"].as_str().unwrap().to_owned()));
        }
        for request in requests {
            let Ok(request) = request else { continue };
            let name = constant.name();
            let readings = [constant, &from_file].map(|provider| match try_receive(provider, &request) {
                Ok(received) => read(&received),
                Err(rejection) => vec![rejection.to_string()],
            });
            assert_eq!(readings[0], readings[1], "{name}");
            // Events are as the constant reads them, which other tests compare with the delivery.
            assert!(!readings[0].is_empty(), "{name}");
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

/// JSON as somebody who has the secret might send it: of the names that shapes know, in the wrong places.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "id",
        "type",
        "event",
        "events",
        "data",
        "payload",
        "object",
        "entry",
        "changes",
        "messaging",
        "value",
        "action",
        "created_at",
        "timestamp",
        "alerts",
        "meta",
        "resource",
        "event_type",
        "subscription",
        "",
        "é",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_body_is_too_strange(place in 0..1000_usize, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let described = described();
        let provider = described[place % described.len()];
        if let Some(request) = signed(provider, body) {
            read_if_taken(provider, &request);
        }
    }

    #[test]
    fn no_json_is_too_strange(place in 0..1000_usize, value in values()) {
        let described = described();
        let provider = described[place % described.len()];
        if let Some(request) = signed(provider, value.to_string()) {
            read_if_taken(provider, &request);
        }
    }

    #[test]
    fn no_form_is_too_strange(text in "[a-z&=%+{}\\[\\]\":0-9F]{0,60}", payload in values()) {
        for body in [text.clone(), format!("payload={text}"), format!("payload={payload}&{text}")] {
            for provider in [&provider::GITHUB, &provider::SLACK] {
                let sender = sender(provider).with_header("x-github-event", "push").unwrap();
                read(&receive(provider, &sender.body("/", body.clone()).unwrap()));
            }
        }
    }

    /// One byte of a delivery as its provider sends it is another: it is read or refused, and always in the same way.
    #[test]
    fn a_sample_with_a_flaw_is_read_or_refused(place in any::<prop::sample::Index>(), byte in any::<u8>(), line in any::<prop::sample::Index>()) {
        let file = include_str!("../../../src/testing/deliveries.jsonl");
        let lines: Vec<&str> = file.lines().collect();
        let delivery: Value = serde_json::from_str(lines[line.index(lines.len())]).unwrap();
        let provider = provider::by_name(delivery["provider"].as_str().unwrap()).unwrap();
        let mut sender = sender(provider);
        for (name, value) in delivery["headers"].as_object().unwrap() {
            sender = sender.with_header(name.as_str(), value.as_str().unwrap()).unwrap();
        }
        let mut body = delivery["body"].as_str().unwrap().as_bytes().to_vec();
        let place = place.index(body.len());
        body[place] = byte;
        // What is no form, or lacks a signed field, nobody can sign.
        let Ok(request) = sender.body("/", body) else { return Ok(()) };
        match try_receive(provider, &request) {
            Ok(received) => prop_assert_eq!(read(&received), read(&received.clone())),
            // Some providers send other messages too, which are answered and are no events.
            Err(rejection) => prop_assert!(matches!(rejection, Rejection::Handshake(_)), "{}", rejection),
        }
    }

    /// A shape is refused or reads; nothing that somebody writes into a file breaks the program.
    #[test]
    fn no_shape_is_too_strange(
        lines in prop::collection::vec("[a-z&.\\[\\]?{}: -]{0,24}", 0..8),
        known in prop::collection::vec(prop::sample::select(vec![
            "type: {type}", "{data}", "data: {data}", "a[].b: {type}", "a[]: {data}", "X-Type: {type}", "", "&p.{json}.t: {type}",
            "&: {data}", "{type}: {data}", "{type}: fixed", "id?: {id}", "at: {timestamp} {key}", "v: 1", "t: {test:true}",
        ]), 0..6),
        value in values(),
    ) {
        let mut text = lines;
        text.extend(known.into_iter().map(str::to_owned));
        if let Ok(shape) = EventShape::try_new(text.join("\n")) {
            let again: EventShape = serde_json::from_value(serde_json::to_value(&shape).unwrap()).unwrap();
            prop_assert_eq!(&again, &shape);
            let _ = shape.read(value.to_string().as_bytes());
            let event = Event::new("a.b", &value).with_id("1").with_time(OffsetDateTime::UNIX_EPOCH);
            if let Ok(body) = shape.write(&event) {
                let parsed: Result<Value, _> = serde_json::from_slice(&body);
                prop_assert!(parsed.is_ok(), "{}", String::from_utf8_lossy(&body));
            }
        }
    }

    /// A handshake is refused, or answers with what was asked and nothing else.
    #[test]
    fn no_handshake_is_too_strange(
        lines in prop::collection::vec(prop::sample::select(vec![
            ":method: GET", ":method: POST", "", "?a: {challenge}", "?a: {challenge:token}", "X-A: {challenge:hex}", "X-B: b",
            "type: c", "a.b: {challenge:digits}", "?t: {verify-token}", "X-S: {new-secret}", "s: {new-secret}", "&f: {challenge:digits}", "&g: 7", "a[]: b", "{json}: x", "?: y", ":", "a",
        ]), 0..6),
        answer in prop::collection::vec(prop::sample::select(vec![
            ":status: 204", "", "{challenge}", "{challenge|hmac-hex}", "{\"a\":\"{challenge}\"}", "{\"a\":{challenge}}", "X-A: {challenge}",
            "{other}", "text", "  text", ":status: x", "\"",
        ]), 0..4),
        query in "[a-zA-Z0-9=&%+<>]{0,30}",
        value in "[a-f0-9<>]{0,12}",
    ) {
        let Ok(handshake) = Handshake::try_new(lines.join("\n"), answer.join("\n")) else { return Ok(()) };
        let again: Handshake = serde_json::from_value(serde_json::to_value(&handshake).unwrap()).unwrap();
        prop_assert_eq!(&again, &handshake);
        let scheme = hookseal::Scheme::new("S: {hex}", "{body}");
        let acme = Provider::new("acme", scheme).unwrap().with_handshakes([handshake]).raw();
        let receiver: Receiver = acme.receiver(key(1)).unwrap().with_verify_token(hookseal::Secret::new("a-verify-token-of-my-own").unwrap()).unwrap();
        for method in [http::Method::GET, http::Method::POST] {
            let headers = [("X-A", value.as_str()), ("X-B", "b"), ("X-S", value.as_str())];
            let Ok(uri) = format!("/?a={value}&{query}").parse() else { continue };
            let refused = receiver.begin_request(&method, &uri, &headers).finish().unwrap_err();
            let response: http::Response<Vec<u8>> = refused.to_response();
            let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap());
            prop_assert!(!kind.contains("html"), "{}", kind);
        }
    }

    /// What is written in a provider's shape is read as it was written.
    #[test]
    fn what_is_written_is_read(
        kind in "[a-z]{1,8}",
        action in "[a-z]{1,8}",
        id in "[a-zA-Z0-9]{4,20}",
        seconds in 1_000_000_000..4_000_000_000_i64,
        note in "\\PC{0,20}",
    ) {
        let is_form = |provider: &&Provider| provider.event_shape().unwrap().as_str().starts_with('&');
        for provider in described().into_iter().filter(|provider| !is_form(provider)) {
            let fixed: Vec<_> = provider.event_types().take(2).collect();
            let event_type = if let [only] = fixed[..] { only.to_owned() } else { format!("{kind}.{action}") };
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let sender = sender(provider).with_time(OffsetDateTime::now_utc()).with_id(id.clone());
            let data = json!({"note": note});
            // With the time of the event, and not of the request.
            let event = Event::new(event_type.as_str(), &data).with_id(id.as_str()).with_time(time);
            let body = provider.encode(&event).unwrap();
            let mut request = sender.event("/", &event_type, &data).unwrap();
            let (parts, _) = request.into_parts();
            let signed = sender.body("/", body).unwrap();
            let (mut headers, body) = (signed.headers().clone(), signed.into_body());
            for (name, value) in &parts.headers {
                headers.entry(name).or_insert(value.clone());
            }
            request = Request::from_parts(parts, body);
            *request.headers_mut() = headers;
            let received = receive(provider, &request);
            let events: Vec<_> = received.events().unwrap().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(events.len(), 1, "{}", provider.name());
            let event = &events[0];
            prop_assert_eq!(event.event_type(), event_type.as_str(), "{}", provider.name());
            let read: Value = event.data_as().unwrap();
            prop_assert_eq!(&read["note"], &json!(note), "{}", provider.name());
            if let Some(read) = event.id().filter(|_| provider.idempotency_rule() == IdempotencyRule::EventId) {
                prop_assert_eq!(read, id.as_str(), "{}", provider.name());
            }
            if let Some(read) = event.time().filter(|_| event.is_time_signed()) {
                prop_assert_eq!(read, time, "{}", provider.name());
            }
        }
    }
}

/// Several tenths of a million elements, nested as deep as a batch goes, and fields that repeat.
#[test]
fn a_batch_costs_what_its_bytes_cost() {
    let many = format!(r#"{{"events":[{}]}}"#, vec![r#"{"type":"a","webhookEventId":"1"}"#; 20_000].join(","));
    let received = receive(&provider::LINE, &sender(&provider::LINE).body("/", many).unwrap());
    assert_eq!(received.events().unwrap().filter(Result::is_ok).count(), 20_000);

    let entries =
        vec![r#"{"id":"1","changes":[{"field":"feed","value":1},{"field":"likes","value":2}]}"#; 5000].join(",");
    let nested = format!(r#"{{"object":"page","entry":[{entries}]}}"#);
    let received = receive(&provider::META, &sender(&provider::META).body("/", nested).unwrap());
    assert_eq!(received.events().unwrap().filter(Result::is_ok).count(), 10_000);

    let deep = format!(r#"{{"events":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let received = receive(&provider::LINE, &sender(&provider::LINE).body("/", deep).unwrap());
    assert!(received.events().is_err());

    let twice = r#"{"events":[],"events":[]}"#;
    let received = receive(&provider::LINE, &sender(&provider::LINE).body("/", twice).unwrap());
    assert_eq!(received.events().map(|_| ()).unwrap_err(), EventError::DuplicateField { field: "events".to_owned() });
}
