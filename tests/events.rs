//! Events: the platforms' sample bodies read and rebuilt, and what malformed ones get.

use hookseal::delivery::{EventFilter, Subscription};
use hookseal::provider::{self, Provider};
use hookseal::{Event, EventError, EventShape, EventType, Secret, event_id, event_id_from};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use common::FOLDER;

mod common;

/// A documented sample, and the fields that it has.
#[derive(Deserialize)]
struct Sample {
    provider: String,
    body: String,
    id: Option<String>,
    event_type: String,
    time: String,
    version: Option<String>,
    further: Vec<(String, String)>,
    data: String,
}

fn samples() -> Vec<Sample> {
    let text = std::fs::read_to_string(format!("{FOLDER}/tests/vectors/events.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn shape(provider: &Provider) -> &EventShape {
    provider.event_shape().expect("the platform's events are known")
}

#[test]
fn samples_are_read_and_rebuilt() {
    for sample in samples() {
        let provider = provider::by_name(&sample.provider).unwrap();
        let event = shape(provider).read(sample.body.as_bytes()).unwrap();
        assert_eq!(event.id(), sample.id.as_deref(), "{}", sample.provider);
        assert_eq!(event.event_type(), sample.event_type);
        assert_eq!(event.time_text(), Some(&*sample.time));
        assert_eq!(event.version(), sample.version.as_deref());
        assert_eq!(event.data().get(), sample.data);
        for (name, value) in &sample.further {
            assert_eq!(event.field(name).map(RawValue::get), Some(&**value));
        }
        assert_eq!(shape(provider).write(&event).unwrap(), sample.body.as_bytes(), "what was read");

        // A sender starts from the fields alone.
        let data: Box<RawValue> = serde_json::from_str(&sample.data).unwrap();
        let mut made = Event::new(sample.event_type, data).with_time(event.time().unwrap());
        if let Some(id) = sample.id {
            made = made.with_id(id);
        }
        if let Some(version) = sample.version {
            made = made.with_version(version);
        }
        for (name, value) in sample.further {
            made = made.with_field(name, serde_json::from_str::<&RawValue>(&value).unwrap()).unwrap();
        }
        assert_eq!(String::from_utf8(provider.encode(&made).unwrap()).unwrap(), sample.body, "what was made");
    }
}

#[test]
fn every_documented_type_is_a_type() {
    let mut documented = 0;
    for name in ["kallglot", "klen-ai", "callintel", "klang", "efficlose"] {
        let provider = provider::by_name(name).expect("a provider");
        for event_type in provider.event_types() {
            documented += 1;
            let typed = EventType::new(event_type).unwrap_or_else(|error| panic!("{}: {error}", provider.name()));
            assert!(EventFilter::new([event_type]).unwrap().matches(typed));
        }
    }
    assert_eq!(documented, 11 + 11 + 14 + 3 + 17);
}

#[test]
fn numbers_escapes_and_order_survive() {
    let data = r#"{"z":45.20,"a":245.3,"big":123456789012345678901234567890,"e":1E+2,"i":9007199254740993,"s":"\u00e9\n\/","z2":{"b":1,"a":2}}"#;
    let body = format!(r#"{{"event":"user.joined","timestamp":"2024-01-15T10:30:00Z","data":{data}}}"#);
    let event = shape(&provider::EFFICLOSE).read(body.as_bytes()).unwrap();
    assert_eq!(event.data().get(), data);
    assert_eq!(shape(&provider::EFFICLOSE).write(&event).unwrap(), body.as_bytes());
}

#[test]
fn further_fields_keep_place_and_text() {
    let shape = shape(&provider::KLANG);
    for body in [
        r#"{"first":[1, 2],"id":"a","type":"b","created_at":"2026-05-07T14:32:09Z","data":{}}"#,
        r#"{"id":"a","x":1.0,"type":"b","y":null,"created_at":"2026-05-07T14:32:09Z","data":{},"last":{"k":"\u0041"}}"#,
        r#"{"id":"a","type":"b","x":1,"y":2,"created_at":"2026-05-07T14:32:09.000+02:00","data":7}"#,
    ] {
        let event = shape.read(body.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(shape.write(&event).unwrap()).unwrap(), body);
    }
    let stripe = r#"{"id":"evt_1","object":"event","api_version":null,"created":1700000000,"data":{"object":{}},"livemode":false,"pending_webhooks":1,"request":{"id":null},"type":"charge.succeeded"}"#;
    let event = shape_of_stripe().read(stripe.as_bytes()).unwrap();
    assert_eq!((event.version(), event.time()), (None, OffsetDateTime::from_unix_timestamp(1_700_000_000).ok()));
    assert_eq!(event.field("livemode").map(RawValue::get), Some("false"));
}

fn shape_of_stripe() -> &'static EventShape {
    provider::STRIPE.event_shape().unwrap()
}

#[test]
fn times_in_every_format() {
    let read = |placeholder: &str, value: &str| {
        let shape = EventShape::try_new(format!("type: {{type}}\nat: {placeholder}\ndata: {{data}}")).unwrap();
        let body = format!(r#"{{"type":"a","at":{value},"data":0}}"#);
        shape.read(body.as_bytes()).map(|event| {
            let time = event.time()?;
            let _ = shape.write(&Event::new("a", 0).with_time(time)).unwrap();
            Some((time.unix_timestamp_nanos(), event.time_text().unwrap().to_owned()))
        })
    };
    let second = 1_000_000_000;
    for (placeholder, value, nanos) in [
        ("{timestamp}", "1700000000", 1_700_000_000 * second),
        ("{timestamp}", r#""1700000000""#, 1_700_000_000 * second),
        ("{timestamp}", "1700000000.25", 1_700_000_000 * second + second / 4),
        ("{timestamp:ms}", "1700000000123", 1_700_000_000_123_000_000),
        ("{timestamp:ms}", "1700000000123.4567", 1_700_000_000_123_456_700),
        ("{timestamp:iso8601}", r#""2023-11-14T22:13:20.000""#, 1_700_000_000 * second),
        ("{timestamp:iso8601}", r#""2023-11-15T00:13:20+0200""#, 1_700_000_000 * second),
        ("{timestamp:iso8601}", r#""2023-11-15T00:13:20+02:00""#, 1_700_000_000 * second),
        ("{timestamp:rfc3339}", r#""2023-11-14T22:13:20Z""#, 1_700_000_000 * second),
        ("{timestamp:rfc3339}", r#""2023-11-15T00:13:20.5+02:00""#, 1_700_000_000 * second + second / 2),
        ("{timestamp:rfc3339}", r#""2023-11-14T22:13:20.123456789-00:00""#, 1_700_000_000 * second + 123_456_789),
        ("{timestamp:rfc3339}", r#""2023-11-14T22:13:20\u005a""#, 1_700_000_000 * second),
    ] {
        let text = value.trim_matches('"').replace("\\u005a", "Z");
        assert_eq!(read(placeholder, value), Ok(Some((nanos, text))), "{value}");
    }
    // No event is lost over a time that cannot be read.
    for (placeholder, value) in [
        ("{timestamp}", "-1"),
        ("{timestamp}", r#""1.""#),
        ("{timestamp}", r#"".5""#),
        ("{timestamp}", r#""+5""#),
        ("{timestamp}", r#""1.x""#),
        ("{timestamp}", "1e9"),
        ("{timestamp}", "null"),
        ("{timestamp}", "{}"),
        ("{timestamp}", "99999999999999999999"),
        ("{timestamp}", "999999999999999999999999999999999999999999"),
        ("{timestamp:ms}", "18446744073709551615"),
        ("{timestamp:rfc3339}", "1700000000"),
        ("{timestamp:rfc3339}", r#""yesterday""#),
        ("{timestamp:rfc3339}", r#""2023-11-14T22:13:20""#),
        ("{timestamp:iso8601}", r#""2023-11-14""#),
        ("{timestamp:iso8601}", r#""""#),
    ] {
        assert_eq!(read(placeholder, value), Ok(None), "{value}");
    }
}

#[test]
fn a_time_in_a_header_that_cannot_be_read_is_no_time() {
    let secret = || Secret::new("a secret of twenty-some bytes").unwrap();
    let body = br#"{"action":"created","installation":{},"data":{}}"#;
    let verifier = provider::SENTRY.verifier(secret()).unwrap();
    for (written, seconds) in [("1635893045", Some(1_635_893_045)), ("", None), ("soon", None), ("\u{e4}", None)] {
        let mut headers = provider::SENTRY.signer(secret()).unwrap().sign("req_1", body).unwrap();
        headers.insert("sentry-hook-resource", "issue".parse().unwrap());
        headers.insert("sentry-hook-timestamp", http::HeaderValue::from_bytes(written.as_bytes()).unwrap());
        let verified = verifier.verify(&headers, body).unwrap();
        let event = provider::SENTRY.event(&verified).unwrap();
        assert_eq!(event.event_type(), "issue.created");
        assert_eq!(event.time(), seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()));
        headers.insert("sentry-hook-resource", "".parse().unwrap());
        let verified = verifier.verify(&headers, body).unwrap();
        assert!(provider::SENTRY.event(&verified).is_err(), "a type must be there");
    }
}

#[test]
fn malformed_events_get_a_clear_error() {
    let shape = EventShape::new("id: {id}\ntype: {type}\nat: {timestamp}\ndata: {data}");
    let deep = format!(r#"{{"id":"a","type":"b","at":1,"data":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let open = format!(r#"{{"id":"a","type":"b","at":1,"data":{}"#, "[".repeat(100_000));
    let wide = format!(r#"{{"id":"a","type":"b","at":1,"data":"{}"}}"#, "x".repeat(10_000_000));
    let many = (0..50_000).map(|n| format!(r#""f{n}":0,"#)).collect::<String>();
    let many = format!(r#"{{{many}"id":"a","type":"b","at":1,"data":0}}"#);
    for body in [&deep, &wide, &many] {
        assert!(shape.read(body.as_bytes()).is_ok(), "large, and right");
    }
    for (body, expected) in [
        (&b""[..], "the event is not JSON at line 1 column 0"),
        (b" ", "the event is not JSON at line 1 column 1"),
        (b"null", "the event is not a JSON object"),
        (b"[]", "the event is not a JSON object"),
        (b"{", "the event is not JSON at line 1 column 1"),
        (b"{}", "field `id` is missing in the envelope"),
        (b"{} x", "the event is not JSON at line 1 column 4"),
        (open.as_bytes(), "the event is not JSON at line 1 column 100035"),
        (b"\xEF\xBB\xBF{}", "the event begins with a byte order mark"),
        (br#"{"id":"a","type":"b","at":1,"data":0} x"#, "the event is not JSON at line 1 column 39"),
        (br#"{"id":"a","at":1,"data":0}"#, "field `type` is missing in the envelope"),
        (br#"{"id":"a","type":"b","at":1}"#, "field `data` is missing in the envelope"),
        (br#"{"id":[7],"type":"b","at":1,"data":0}"#, "field `id` is not a string or a number"),
        (br#"{"id":"","type":"","at":1,"data":0}"#, "field `type` is missing in the envelope"),
        (br#"{"id":"a","type":["b"],"at":1,"data":0}"#, "field `type` is not a string"),
        (br#"{"id":"a","id":"b","type":"b","at":1,"data":0}"#, "field `id` occurs twice"),
        (br#"{"id":"a","\u0069d":"b","type":"b","at":1,"data":0}"#, "field `id` occurs twice"),
        (br#"{"id":"a","type":"b","at":1,"data":0,"data":1}"#, "field `data` occurs twice"),
        (br#"{"x":1,"id":"a","type":"b","at":1,"data":0,"x":2}"#, "field `(an additional one)` occurs twice"),
        (br#"{"x":1,"id":"a","type":"b","at":1,"data":0,"y":2,"x":3}"#, "field `(an additional one)` occurs twice"),
        (b"{\"id\":\"\xff\",\"type\":\"b\",\"at\":1,\"data\":0}", "the event is not JSON at line 1 column 8"),
        (b"{\"id\":\"a\",\"type\":\"b\",\"at\":1,\"data\":\"\xff\"}", "the event is not JSON at line 1 column 37"),
        (br#"{"id":"a","type":"b","at":1,"data":NaN}"#, "the event is not JSON at line 1 column 36"),
    ] {
        let said = shape.read(body).map(|_| ()).map_err(|error| error.to_string());
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]);
        assert_eq!(said, Err(expected.to_owned()), "{shown}");
    }
    // Parsing into a type of your own must not overflow the stack either.
    let error = shape.read_as::<serde_json::Value>(deep.as_bytes()).map(|_| ()).unwrap_err();
    assert!(matches!(error, EventError::Malformed { .. }), "{error}");
}

#[test]
fn errors_never_echo_values() {
    #[derive(Debug, Deserialize)]
    struct Payment {
        #[allow(dead_code)]
        amount: u32,
        #[allow(dead_code)]
        kind: Kind,
    }
    #[derive(Debug, Deserialize)]
    enum Kind {
        #[serde(rename = "card")]
        Card,
    }
    let shape = EventShape::new("type: {type}\ndata: {data}");
    for data in [
        r#"{"amount":"5ec2et","kind":"card"}"#,
        r#"{"amount":1,"kind":"5ec2et"}"#,
        r#"{"amount":1,"kind":{"5ec2et":1}}"#,
        r#"["5ec2et"]"#,
        r#"{"amount":1}"#,
        r#""5ec2et""#,
    ] {
        let body = format!(r#"{{"type":"a","data":{data}}}"#);
        let raw = shape.read(body.as_bytes()).unwrap();
        for error in
            [raw.data_as::<Payment>().unwrap_err(), shape.read_as::<Payment>(body.as_bytes()).map(|_| ()).unwrap_err()]
        {
            assert!(!format!("{error} {error:?}").contains("5ec2et"), "{error:?}");
        }
        assert!(!format!("{raw:?}").contains("5ec2et"));
    }
}

#[test]
fn an_event_can_be_read_in_four_ways() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Ready<'a> {
        id: &'a str,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", content = "data")]
    enum Own<'a> {
        #[serde(rename = "conversation.ready", borrow)]
        Ready(Ready<'a>),
    }
    let body = br#"{"id":"evt_1","type":"conversation.ready","created_at":"2026-05-07T14:32:09Z","data":{"id":"kw3"}}"#;
    let secret = Secret::new("a secret of twenty-some bytes").unwrap();
    let headers = provider::KLANG.signer(secret.clone()).unwrap().sign("evt_1", body).unwrap();
    let verifier = provider::KLANG.verifier(secret).unwrap();
    let verified = verifier.verify(&headers, body).unwrap();

    let matched = provider::KLANG.event(&verified).unwrap();
    assert_eq!(matched.data_as::<Ready<'_>>().unwrap(), Ready { id: "kw3" });
    let known = shape(&provider::KLANG).read_as::<Ready<'_>>(verified.body()).unwrap();
    assert_eq!(known.into_data(), Ready { id: "kw3" });
    assert_eq!(serde_json::from_slice::<Own<'_>>(verified.body()).unwrap(), Own::Ready(Ready { id: "kw3" }));
    assert_eq!(verified.body(), body);
    // Nothing was copied: the id points into the body.
    let id = matched.id().unwrap().as_ptr();
    assert!(body.as_ptr_range().contains(&id));
}

#[test]
fn keys_tell_events_apart_and_not_deliveries() {
    let secret = || Secret::new("a secret of twenty-some bytes").unwrap();
    let key = |provider: &Provider, id: &str, body: &str, scope: &str| {
        let headers = provider.signer(secret()).unwrap().sign(id, body.as_bytes()).unwrap();
        let verifier = provider.verifier(secret()).unwrap();
        provider.idempotency_key(&verifier.verify(&headers, body.as_bytes()).unwrap(), scope).unwrap()
    };
    // The same `webhook_id` in all three: it names the endpoint.
    let bodies: Vec<_> = samples().into_iter().filter(|s| s.provider == "callintel").map(|s| s.body).collect();
    assert_eq!(bodies.len(), 3);
    let keys: std::collections::BTreeSet<_> =
        bodies.iter().map(|body| key(&provider::CALLINTEL, "", body, "")).collect();
    assert_eq!(keys.len(), 3);
    assert_eq!(key(&provider::CALLINTEL, "", &bodies[0], ""), key(&provider::CALLINTEL, "", &bodies[0], ""));

    // A replay with another unsigned id.
    assert_eq!(key(&provider::KLEN_AI, "dlv_1", "{}", ""), key(&provider::KLEN_AI, "dlv_2", "{}", ""));
    // A signed id, whatever the body.
    let svix = |id, body| {
        let secret = || Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let headers = provider::SVIX.signer(secret()).unwrap().sign(id, body).unwrap();
        let verifier = provider::SVIX.verifier(secret()).unwrap();
        provider::SVIX.idempotency_key(&verifier.verify(&headers, body).unwrap(), "").unwrap()
    };
    assert_eq!(svix("msg_1", b"{}"), svix("msg_1", b"{ }"));
    assert_ne!(svix("msg_1", b"{}"), svix("msg_2", b"{}"));
    // Providers and scopes do not meet.
    assert_ne!(key(&provider::CALLINTEL, "", "{}", ""), key(&provider::EFFICLOSE, "", "{}", ""));
    assert_ne!(key(&provider::CALLINTEL, "", "{}", "a"), key(&provider::CALLINTEL, "", "{}", "b"));
}

#[test]
fn a_retry_with_the_first_timestamp() {
    let sent = datetime!(2026-05-07 14:32:09 UTC);
    let secret = || Secret::new("a secret of twenty-some bytes").unwrap();
    let after_seven_hours = |provider: &Provider| {
        let headers = provider.signer(secret()).unwrap().sign_at("evt_1", b"{}", sent).unwrap();
        provider.verifier(secret()).unwrap().verify_at(&headers, b"{}", sent + Duration::hours(7)).is_ok()
    };
    assert!(provider::KLANG.delivery_policy().reuses_timestamp() && after_seven_hours(&provider::KLANG));
    assert!(!provider::KALLGLOT.delivery_policy().reuses_timestamp() && !after_seven_hours(&provider::KALLGLOT));
}

#[test]
fn test_events_are_made_and_recognised() {
    let now = datetime!(2026-05-07 14:32:09 UTC);
    let made = |provider: &Provider, event: Event<'_, serde_json::Value>| {
        let body = provider.encode(&event).unwrap();
        provider.is_test(&shape(provider).read(&body).unwrap())
    };
    let klang = |id: String| Event::new("conversation.ready", serde_json::json!({})).with_id(id).with_time(now);
    assert!(made(&provider::KLANG, klang(provider::KLANG.test_id().unwrap().unwrap())));
    assert!(!made(&provider::KLANG, klang(event_id("evt_").unwrap())));
    let call = |id: String| Event::new("call.completed", serde_json::json!({"id": id})).with_time(now);
    assert!(made(&provider::CALLINTEL, call(provider::CALLINTEL.test_id().unwrap().unwrap())));
    assert!(!made(&provider::CALLINTEL, call("call_123".to_owned())));
    assert!(!made(
        &provider::CALLINTEL,
        Event::new("call.completed", serde_json::json!(["call_test_"])).with_time(now)
    ));
    assert_eq!(provider::KALLGLOT.test_id(), Ok(None));
}

#[test]
fn ids_are_unique_and_sort_by_time() {
    let early = event_id_from("evt_", datetime!(2026-01-01 0:00 UTC), [0xFF; 10]);
    let late = event_id_from("evt_", datetime!(2026-01-01 0:00:00.001 UTC), [0; 10]);
    assert!(early < late);
    assert_eq!(
        event_id_from("", datetime!(1969-01-01 0:00 UTC), [1; 10]),
        event_id_from("", OffsetDateTime::UNIX_EPOCH, [1; 10])
    );
    let ids: std::collections::BTreeSet<_> = (0..10_000).map(|_| event_id("evt_").unwrap()).collect();
    assert_eq!(ids.len(), 10_000);
}

#[test]
fn bodies_over_the_limit_are_not_sent() {
    let data = "x".repeat(10_000_000);
    let event = Event::new("call.completed", data).with_time(OffsetDateTime::UNIX_EPOCH);
    let refused = provider::CALLINTEL.encode(&event).unwrap_err();
    assert!(matches!(refused, EventError::TooLarge { limit: 10_000_000, .. }), "{refused}");
    let whole = provider::EFFICLOSE.encode(&event).unwrap();
    let limited = |limit: usize| provider::EFFICLOSE.clone().with_max_sent(limit as u64).unwrap().encode(&event);
    assert_eq!(limited(whole.len()).as_ref(), Ok(&whole), "exactly as many bytes as are allowed");
    assert!(limited(whole.len() - 1).is_err());
    assert_eq!(provider::SVIX.encode(&event).unwrap_err(), EventError::NoShape);
    assert_eq!(provider::CALLINTEL.max_received(), 10_485_760);
}

#[test]
fn patterns_match_as_specified() {
    for (pattern, event_type, expected) in [
        ("call.completed", "call.completed", true),
        ("call.completed", "Call.Completed", false),
        ("call.completed", "call.failed", false),
        ("call.*", "call.completed", true),
        ("call.*", "call", false),
        ("call.*", "callback.completed", false),
        ("call.*", "calls.completed", false),
        ("call.*", "call.recording.ready", true),
        ("session.*", "session.provider.connected", true),
        ("session.provider.*", "session.ended", false),
        ("recording.processing.*", "recording.processing.completed", true),
        ("call.completed.*", "call.completed", false),
        ("*", "a", true),
    ] {
        let filter = EventFilter::new([pattern]).unwrap();
        assert_eq!(filter.matches(EventType::new(event_type).unwrap()), expected, "{pattern} {event_type}");
    }
    for event_type in ["call.", "*", "", ".a", "a..b", "a b", "caf\u{e9}", &"x".repeat(257)] {
        let said = EventType::new(event_type).expect_err(event_type).to_string();
        assert!(said.starts_with("event_type: ") && said.contains("`A-Z` `a-z` `0-9` `_` `-`"), "{said}");
    }
    for pattern in [
        "*.completed",
        "call.*.ready",
        "call*",
        "call.**",
        "*.*",
        "**",
        "",
        ".*",
        "call.completed.",
        "call.completed ",
        &"x".repeat(257),
    ] {
        let said = EventFilter::new([pattern]).expect_err(pattern).to_string();
        assert!(said.starts_with("events: ") && said.contains("`A-Z` `a-z` `0-9` `_` `-`"), "{said}");
    }
    let filter = |patterns: &[&str]| EventFilter::new(patterns.iter().copied()).unwrap();
    let texts = |filter: &EventFilter| filter.patterns().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(texts(&filter(&["a.b", "a.b", "a.*", "a.c.*", "b"])), ["a.*", "b"]);
    assert_eq!(texts(&filter(&["a.*", "*", "b"])), ["*"]);
    assert!(filter(&["*"]).covers(&filter(&["a", "a.*"])) && !filter(&["a.*"]).covers(&filter(&["a"])));
    assert_eq!(
        texts(&filter(&["a.b.*", "a.b", "a.b.c.d", "a.b.c.*", "c", "a.b", "a.bc"])),
        ["a.b.*", "a.b", "c", "a.bc"]
    );
    assert_eq!(filter(&["a.*"]).union(&filter(&["a.b", "c"])), filter(&["a.*", "c"]));
}

#[test]
fn a_filter_has_at_most_512_patterns() {
    let patterns = |count: usize| (0..count).map(|number| format!("a.b{number}")).collect::<Vec<_>>();
    let most = EventFilter::new(patterns(512)).unwrap();
    assert_eq!(most.patterns().collect::<Vec<_>>(), patterns(512));
    assert_eq!(serde_json::from_str::<EventFilter>(&serde_json::to_string(&most).unwrap()).unwrap(), most);
    let mut looked_at = 0;
    let more = (0..2000).map(|number| format!("a.b{number}")).inspect(|_| looked_at += 1);
    let said = EventFilter::new(more).unwrap_err().to_string();
    assert_eq!(looked_at, 513, "what follows is not looked at");
    assert_eq!(
        said,
        "events: `a.b512` is one pattern too many: a filter has at most 512, and `prefix.*` stands for many"
    );
    // Those that another one covers, and those that occur twice, count too: they cost as much.
    assert!(patterns(513).join(",").parse::<EventFilter>().is_err());
    assert!(vec!["*"; 513].join(",").parse::<EventFilter>().is_err());
    let list = serde_json::to_string(&patterns(513)).unwrap();
    let json = format!(r#"{{"url":"https://a.example/","events":{list}}}"#);
    assert!(serde_json::from_str::<Subscription>(&json).unwrap_err().to_string().contains("at most 512"));
    let other = EventFilter::new((0..512).map(|number| format!("c{number}"))).unwrap();
    assert_eq!(most.union(&other).patterns().count(), 1024, "two filters together");
}

#[test]
fn subscriptions_are_read_written_and_matched() {
    let json = r#"{"url":"https://your-domain.com/webhooks","events":["call.completed"],"filters":{"direction":"outbound","status":"completed","min_duration":60}}"#;
    let subscription: Subscription = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&subscription).unwrap(), json);
    let full = r#"{"url":"https://a.example/","events":["*"],"active":false,"retry_policy":{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":3600},"timeout":10}"#;
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Subscription>(full).unwrap()).unwrap(), full);
    for wrong in [
        r#"{"url":"u","events":[]}"#,
        r#"{"url":"u","events":["call*"]}"#,
        r#"{"url":"u","event":["a"]}"#,
        r#"{"events":["*"]}"#,
        r#"{"url":"u","filters":{"min_x":"7"}}"#,
        r#"{"url":"u","filters":{"x":[1]}}"#,
        r#"{"url":"u","filters":{"x":1,"x":2}}"#,
    ] {
        assert!(serde_json::from_str::<Subscription>(wrong).is_err(), "{wrong}");
    }

    let completed = samples().into_iter().find(|sample| sample.event_type == "call.completed").unwrap();
    let event = shape(&provider::CALLINTEL).read(completed.body.as_bytes()).unwrap();
    let with = |json: &str| serde_json::from_str::<Subscription>(json).unwrap();
    for (json, wanted) in [
        (json, true),
        (r#"{"url":"u"}"#, true),
        (r#"{"url":"u","active":false}"#, false),
        (r#"{"url":"u","events":["batch.*"]}"#, false),
        (r#"{"url":"u","filters":{"direction":"inbound"}}"#, false),
        (r#"{"url":"u","filters":{"min_duration":345,"max_duration":345}}"#, true),
        (r#"{"url":"u","filters":{"min_duration":345.5}}"#, false),
        (r#"{"url":"u","filters":{"min_direction":1}}"#, false),
        (r#"{"url":"u","filters":{"duration_seconds":345.0}}"#, true),
        (r#"{"url":"u","filters":{"nothing":true}}"#, false),
    ] {
        assert_eq!(with(json).wants(&event), wanted, "{json}");
    }
    let all = [with(json), with(r#"{"url":"u","active":false}"#), with(r#"{"url":"v"}"#)];
    let told: Vec<_> = all.iter().filter(|subscription| subscription.wants(&event)).map(|s| &*s.url).collect();
    assert_eq!(told, ["https://your-domain.com/webhooks", "v"]);
}

#[test]
fn an_events_id_is_read_whatever_else_is_in_it() {
    // Stripe's key is its event id. The fields beside it have other types in its newer events.
    let secret = common::key(1);
    let verifier = provider::STRIPE.verifier(secret.clone()).unwrap();
    let signer = provider::STRIPE.signer(secret).unwrap();
    let key = |body: &str| {
        let headers = signer.sign("", body.as_bytes()).unwrap();
        let verified = verifier.verify(&headers, body.as_bytes()).unwrap();
        provider::STRIPE.idempotency_key(&verified, "")
    };
    let classic =
        r#"{"id":"evt_1","object":"event","api_version":null,"created":1,"data":{},"livemode":false,"type":"a"}"#;
    let thin = r#"{"object":"v2.core.event","created":"2024-09-17T06:20:52.246Z","id":"evt_1","type":"a"}"#;
    assert_eq!(key(classic).unwrap(), key(thin).unwrap());
    let errors = [
        (r#"{"id":"evt_1","id":"evt_2"}"#, "field `id` occurs twice"),
        (r#"{"object":"event","data":{"id":"evt_1"}}"#, "field `id` is missing in the envelope"),
        (r#"{"object":"event","id":[7]}"#, "field `id` is not a string or a number"),
        (r#"{"id":"evt_1"} {}"#, "the event is not JSON at line 1 column 16"),
        (r#"["evt_1"]"#, "the event is not a JSON object"),
    ];
    for (body, error) in errors {
        assert_eq!(key(body).unwrap_err().to_string(), error, "{body}");
    }
}

#[test]
fn fields_inside_of_others_are_written_in_their_place() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let at = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    let shape = EventShape::new(
        "X-Type: {type}\n\naction?: {type}\ncreated: {timestamp:rfc3339} {key}\ndata.id?: {key}\nkind: issue\n{data}",
    );
    let event = Event::new("issue.opened", serde_json::json!({"created": "long ago", "data": {"id": 7}})).with_time(at);
    assert_eq!(
        text(shape.write(&event).unwrap()),
        r#"{"created":"2023-11-14T22:13:20Z","data":{"id":7},"action":"opened","kind":"issue"}"#
    );
    assert_eq!(shape.headers(&event).unwrap()["x-type"], "issue");
    // What may be missing is not invented.
    let event = Event::new("issue", serde_json::json!({"n": 1})).with_time(at).with_id("evt_1");
    assert_eq!(text(shape.write(&event).unwrap()), r#"{"n":1,"created":"2023-11-14T22:13:20Z","kind":"issue"}"#);

    let meta = provider::META.event_shape().unwrap();
    let event = Event::new("page.feed", serde_json::json!({"verb": "add"})).with_field("entry[].id", "42").unwrap();
    assert_eq!(
        text(meta.write(&event).unwrap()),
        r#"{"entry":[{"changes":[{"value":{"verb":"add"},"field":"feed"}],"id":"42"}],"object":"page"}"#
    );
    let form = EventShape::new("&type: {type}\n&: {data}");
    assert_eq!(form.write(&Event::new("a", ())).unwrap_err(), EventError::ReadOnly);
}
