//! What the lines of an event shape mean, where they are read at run time, and what they may not say.

use bytes::Bytes;
use hookseal::provider::{IdempotencyRule, Provider};
use hookseal::receive::{Received, Receiver, Webhooks};
use hookseal::{Event, EventError, EventShape, Extent, Scheme, Secret};
use serde::Deserialize;
use time::OffsetDateTime;

mod common;

#[test]
fn broken_shapes_are_named() {
    for (lines, expected) in [
        ("", "event: has no line with `{type}`"),
        ("type: {type}", "event: has no line with `{data}`"),
        ("type: {type}\ndata: {data}\ntype", "event: `type` is named twice"),
        (
            "id: {id}\ntype: {type}\ndata: {data}\nkind: {id}",
            "event: `kind` has a placeholder that another line has too",
        ),
        (
            "type: {typ}\ndata: {data}",
            "event: `{typ}` is not a placeholder of an event; those are `{type}` `{data}` `{id}` `{key}` `{version}` \
             `{test:text}` `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` `{timestamp:iso8601}`",
        ),
        (
            "type: {type}\ndata: {data}\nat: {timestamp:unix}",
            "event: `{timestamp:unix}` is not a placeholder of an event; those are `{type}` `{data}` `{id}` `{key}` \
             `{version}` `{test:text}` `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` `{timestamp:iso8601}`",
        ),
        (
            "type: {type}\ndata: {data}\nlive: {test:}",
            "event: `{test:}` is not a placeholder of an event; those are `{type}` `{data}` `{id}` `{key}` `{version}` \
             `{test:text}` `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` `{timestamp:iso8601}`",
        ),
        (
            "type: {type}\ndata: {data}\nlive: {test:no",
            "event: `{test:no` is not a placeholder of an event; those are `{type}` `{data}` `{id}` `{key}` `{version}` \
             `{test:text}` `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` `{timestamp:iso8601}`",
        ),
        ("type: {type}\ndata: {data} {id}", "event: `{data} {id}` gives the data a second meaning"),
        ("type: {type} {type}\ndata: {data}", "event: `{type} {type}` has a placeholder twice"),
        ("X-Data: {data}\n\ntype: {type}", "event: `X-Data: {data}` is a header, which is not where data is read"),
        ("a..type: {type}\ndata: {data}", "event: `a..type` has an empty step"),
        ("a[.type: {type}\ndata: {data}", "event: `a[.type` has a `[` without its `]`"),
        ("a[].type: {type}\nb[]: {data}", "event: `b[]` is in another array than the rest"),
        ("a[].type: {type}\ndata: {data}", "event: `data` is data that all events of the batch would share"),
        ("X Type: {type}\n\n{data}", "event: `X Type` is not a header name"),
        ("X-Type\n\n{data}", "event: `X-Type` gives the header no meaning"),
        ("X-Type: {type}\n\nid: {id}\n\n{data}", "event: `{data}` follows a second empty line"),
        ("X-Type: {type}\nx-type: {id}\n\n{data}", "event: `x-type` is named twice"),
        ("&type: {type}\ndata: {data}", "event: `data` is a field of a form beside one of a JSON body"),
        ("{json}.type: {type}\n{data}", "event: `{json}.type` begins with `{json}`, which steps into a named string"),
        (
            "a: {timestamp}\nb: {timestamp:ms}\ntype: {type}\ndata: {data}",
            "event: `b` has a placeholder that another line has too",
        ),
        ("type: type\ndata: {data}", "event: has no line with `{type}`"),
        (": {type}", "event: `: {type}` has no name"),
        ("a b: {type}", "event: `a b` is not a plain field name"),
        ("\"a\": {type}", "event: `\"a\"` is not a plain field name"),
    ] {
        let said = EventShape::try_new(lines).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(said, Err(expected.to_owned()), "{lines:?}");
    }
}

#[test]
fn a_shape_has_at_most_sixteen_lines_and_4096_bytes() {
    let shape = |lines: usize, length: usize| {
        let fields: String = (2..lines).map(|n| format!("f{n}\n")).collect();
        EventShape::try_new(format!("{:length$}", format!("type: {{type}}\ndata: {{data}}\n{fields}")))
    };
    for (lines, length, is_shape) in
        [(2, 0, true), (16, 0, true), (17, 0, false), (2, 4096, true), (2, 4097, false), (2, 5000, false)]
    {
        assert_eq!(shape(lines, length).is_ok(), is_shape, "{lines} lines, {length} bytes");
    }
    let body = br#"{"f2":2,"type":"a","data":1}"#;
    assert_eq!(shape(16, 0).unwrap().read(body).unwrap().fields().count(), 1);
}

#[test]
fn a_shape_in_a_file_is_one_list_unless_it_has_headers() {
    for (lines, file) in [
        ("type: {type}\n\ndata: {data}", r#"{"headers":["type: {type}"],"body":["data: {data}"]}"#),
        ("type: {type}\ndata: {data}", r#"["type: {type}","data: {data}"]"#),
    ] {
        let shape = EventShape::try_new(lines).unwrap();
        assert_eq!(serde_json::to_string(&shape).unwrap(), file);
        assert_eq!(serde_json::from_str::<EventShape>(file).unwrap(), shape);
        assert_ne!(EventShape::try_new(format!("{lines}\nmore")).unwrap(), shape);
    }
}

/// A line may be indented. Other white space than that of the notation is a part of it.
#[test]
fn a_constant_keeps_its_white_space_in_a_file() {
    let shape = |line: &str| EventShape::try_new(format!("{line}\ntype: {{type}}\ndata: {{data}}")).expect("a shape");
    for space in ["\u{a0}", "\u{3000}", "\u{b}"] {
        let (with, without) = (shape(&format!("kind: x{space}")), shape("kind: x"));
        assert_ne!(with, without, "{space:?}");
        assert_eq!(with, shape(&format!(" \tkind: x{space} \r")), "{space:?}");
        let file = serde_json::to_string(&with).expect("a file");
        assert_eq!(serde_json::from_str::<EventShape>(&file).expect("a shape"), with, "{space:?}");
    }
}

/// What a shape that is read at run time says of a body: the type, the id, the version and the data of the event.
fn said(lines: &str, body: &str) -> Result<String, String> {
    let shape = EventShape::try_new(lines.to_owned()).unwrap_or_else(|error| panic!("{lines}: {error}"));
    let event = shape.read(body.as_bytes()).map_err(|error| error.to_string())?;
    assert!(event.is_type_signed(), "all of a body counts as signed");
    let (id, version) = (event.id().unwrap_or("-"), event.version().unwrap_or("-"));
    Ok(format!("{} {id} {version} {}", event.event_type(), event.data()))
}

#[test]
fn what_a_shape_requires_must_be_there() {
    const VERSION: &str = "type: {type}\nmeta.v: {version}\ndata: {data}";
    const TIME: &str = "type: {type}\nmeta.at: {timestamp}\ndata: {data}";
    const TIMED: &str = "type: {type}\nmeta.at: {timestamp}\nmeta.v: {version}\ndata: {data}";
    const KEYED: &str = "type: {type}\nmeta.at: {timestamp} {key}\ndata: {data}";
    const DEEP: &str = "type: {type}\na.b.v: {version}\ndata: {data}";
    const WHOLE: &str = "{type}: order\nat: {timestamp}\n{data}";
    const CONSTANTS: &str = "kind: order\nmode?: live\nv: 1\ntype: {type}\ndata: {data}";
    const PARTS: &str = "kind: {type}\naction: {type}\nstep?: {type}\ndata: {data}";
    const BATCH: &str = "page: 1\nevents[].kind: order\nevents[].type: {type}\nevents[]: {data}";
    for (lines, body, expected) in [
        // What leads to a field is an object, or is missing with the field.
        (VERSION, r#"{"type":"a","meta":{"v":"2"},"data":1}"#, Ok("a - 2 1")),
        (VERSION, r#"{"type":"a","meta":{},"data":1}"#, Ok("a - - 1")),
        (VERSION, r#"{"type":"a","meta":null,"data":1}"#, Ok("a - - 1")),
        (VERSION, r#"{"type":"a","meta":7,"data":1}"#, Err("field `meta` is not an object")),
        (DEEP, r#"{"type":"a","a":{"b":7},"data":1}"#, Err("field `a.b` is not an object")),
        ("type: {type}\nmeta.v?: {version}\ndata: {data}", r#"{"type":"a","meta":7,"data":1}"#, Ok("a - - 1")),
        // A time that cannot be read counts as missing, wherever it is.
        (TIME, r#"{"type":"a","meta":{"at":1},"data":1}"#, Ok("a - - 1")),
        (TIME, r#"{"type":"a","meta":{"at":{}},"data":1}"#, Ok("a - - 1")),
        (TIME, r#"{"type":"a","meta":7,"data":1}"#, Ok("a - - 1")),
        (TIMED, r#"{"type":"a","meta":7,"data":1}"#, Err("field `meta` is not an object")),
        (KEYED, r#"{"type":"a","meta":7,"data":1}"#, Err("field `meta` is not an object")),
        // The data may be any JSON, even if a time could be in it.
        (WHOLE, r#"{"at":1}"#, Ok(r#"order - - {"at":1}"#)),
        (WHOLE, "[1]", Ok("order - - [1]")),
        ("events[].type: {type}\nevents[]: {data}", "[]", Err("the event is not a JSON object")),
        // Constants.
        (CONSTANTS, r#"{"kind":"order","v":1,"type":"a","data":1}"#, Ok("a - - 1")),
        (CONSTANTS, r#"{"kind":"order","mode":"live","v":"1","type":"a","data":1}"#, Ok("a - - 1")),
        (
            CONSTANTS,
            r#"{"kind":"order","mode":"test","v":1,"type":"a","data":1}"#,
            Err("field `mode` is not the constant of the event shape"),
        ),
        (
            CONSTANTS,
            r#"{"kind":"orders","v":1,"type":"a","data":1}"#,
            Err("field `kind` is not the constant of the event shape"),
        ),
        (CONSTANTS, r#"{"v":1,"type":"a","data":1}"#, Err("field `kind` is missing in the envelope")),
        (BATCH, r#"{"page":2,"events":[]}"#, Err("field `page` is not the constant of the event shape")),
        (
            BATCH,
            r#"{"page":1,"events":[{"kind":"refund","type":"a"}]}"#,
            Err("field `events[].kind` is not the constant of the event shape"),
        ),
        // Types and ids.
        (PARTS, r#"{"kind":"issue","action":"open","step":"1","data":1}"#, Ok("issue.open.1 - - 1")),
        (PARTS, r#"{"kind":"issue","action":"open","data":1}"#, Ok("issue.open - - 1")),
        (PARTS, r#"{"kind":"issue","data":1}"#, Err("field `action` is missing in the envelope")),
        // An empty text is no part of a type.
        (PARTS, r#"{"kind":"","action":"open","data":1}"#, Err("field `kind` is missing in the envelope")),
        (PARTS, r#"{"kind":"issue","action":"","data":1}"#, Err("field `action` is missing in the envelope")),
        (PARTS, r#"{"kind":"issue","action":"open","step":"","data":1}"#, Ok("issue.open - - 1")),
        ("type: {type}\ndata: {data}", r#"{"type":"","data":1}"#, Err("field `type` is missing in the envelope")),
        ("{type}\ndata: {data}", r#"{"data":1,"":{}}"#, Err("field `{type}` is missing in the envelope")),
        ("{type}\ndata: {data}", r#"{"data":1,"at":2,"paid":{}}"#, Ok("paid - - 1")),
        ("data: {data}\n{type}:", r#"{"data":1,"at":2,"paid":{}}"#, Ok("paid - - 1")),
        ("id?: {id}\ntype: {type}\ndata: {data}", r#"{"type":"a","data":1}"#, Ok("a - - 1")),
        ("id?: {id}\ntype: {type}\ndata: {data}", r#"{"id":7,"type":"a","data":1}"#, Ok("a 7 - 1")),
        (
            "id: {id}\ntype: {type}\ndata: {data}",
            r#"{"type":"a","data":1}"#,
            Err("field `id` is missing in the envelope"),
        ),
    ] {
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(said(lines, body), expected, "{lines:?} {body}");
    }
}

#[test]
fn data_that_is_the_whole_body_keeps_its_numbers() {
    let shape = EventShape::new("v: 1\na.id: {id}\na.type: {type}\na.at: {timestamp}\na.n\n{data}");
    let body = r#"{"v":"1","a":{"id":7,"type":5,"at":1700000000,"n":"1"}}"#;
    let event = shape.read(body.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(shape.write(&event).unwrap()).unwrap(), body);
    let written = shape.write(&event.clone().with_id("8")).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), body.replace(r#""id":7"#, r#""id":"8""#));
    let written = shape.write(&event.with_field("a.n", 1).unwrap()).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), body.replace(r#""n":"1""#, r#""n":1"#), "what is set is written");
}

/// Those at the top level of the body, unless all of it is the data or one of them is named like the type.
#[test]
fn fields_without_a_meaning_are_kept() {
    for (lines, body, fields) in [
        // The name of a header is not that of a field.
        ("x: {key}\n\ntype: {type}\ndata: {data}", r#"{"x":0,"type":"a","data":1,"y":2}"#, &["x", "y"][..]),
        (
            "kind: order\nsource: {key}\nlive: {test:false}\nnote\ntype: {type}\nat: {timestamp}\ndata: {data}",
            r#"{"kind":"order","x":0,"source":"s","live":true,"note":[1],"type":"a","at":1,"data":1,"y":2}"#,
            &["kind", "x", "source", "live", "note", "y"],
        ),
        ("event.type: {type}\nevent.body: {data}", r#"{"event":{"type":"a","body":1,"x":2},"y":3}"#, &["y"]),
        ("{type}: {data}\nat: {timestamp}", r#"{"x":0,"paid":{},"at":1,"y":2}"#, &[]),
        ("type: {type}\n{data}", r#"{"type":"a","x":1}"#, &[]),
    ] {
        let shape = EventShape::try_new(lines).unwrap();
        let event = shape.read(body.as_bytes()).unwrap();
        assert_eq!(event.fields().map(|(name, _)| name).collect::<Vec<_>>(), fields, "{lines:?}");
        if fields.len() > 1 {
            assert_eq!(String::from_utf8(shape.write(&event).unwrap()).unwrap(), body);
            let changed = event.with_field("x", 9).unwrap();
            let expected = body.replace(r#""x":0"#, r#""x":9"#);
            assert_eq!(String::from_utf8(shape.write(&changed).unwrap()).unwrap(), expected);
        }
    }
}

#[test]
fn an_enum_knows_a_type_by_its_longest_form() {
    #[derive(Debug, Deserialize)]
    enum Kinds {
        #[serde(rename = "issue")]
        Issue,
    }
    #[derive(Debug, Deserialize)]
    enum Actions {
        #[serde(rename = "issue")]
        Issue,
        #[serde(rename = "issue.open")]
        Open,
    }
    #[derive(Debug, Deserialize)]
    enum Others {
        #[serde(rename = "")]
        Empty,
        #[serde(rename = "iss")]
        Beginning,
    }
    let shape = EventShape::try_new("kind: {type}\naction?: {type}\nstep?: {type}\ndata: {data}").unwrap();
    for (fields, kinds, actions) in [
        (r#""kind":"issue""#, "Some(Issue)", "Some(Issue)"),
        (r#""kind":"issue","action":"open""#, "Some(Issue)", "Some(Open)"),
        (r#""kind":"issue","action":"open","step":"1""#, "Some(Issue)", "Some(Open)"),
        (r#""kind":"issue","action":"close","step":"1""#, "Some(Issue)", "Some(Issue)"),
        (r#""kind":"issues","action":"open""#, "None", "None"),
    ] {
        let body = format!(r#"{{{fields},"data":null}}"#);
        let event = || shape.read(body.as_bytes()).unwrap();
        let shown = |variant: Option<String>| variant.map_or("None".to_owned(), |name| format!("Some({name})"));
        let kind = event().typed::<Kinds>().unwrap().map(|event| format!("{:?}", event.data()));
        let action = event().typed::<Actions>().unwrap().map(|event| format!("{:?}", event.data()));
        assert_eq!((shown(kind).as_str(), shown(action).as_str()), (kinds, actions), "{body}");
        assert!(event().typed::<Others>().unwrap().is_none(), "{body}");
    }
}

/// A provider that signs the body, and the header `X-Key` if a shape has it.
fn acme(shapes: &[&str], rule: IdempotencyRule) -> Provider {
    let has_header = shapes.iter().any(|lines| lines.contains("X-Key"));
    let scheme = Scheme::new("S: {hex}", if has_header { "{header:X-Key}.{body}" } else { "{body}" });
    let shapes = shapes.iter().map(|lines| EventShape::try_new((*lines).to_owned()).unwrap());
    let provider = Provider::new("acme", scheme).unwrap().accept(Extent::Nothing);
    provider.with_event_shapes(shapes).unwrap().with_idempotency_rule(rule).unwrap()
}

fn received(provider: &Provider, headers: &[(&str, &str)], body: &str) -> Received {
    let mut request = http::Request::post("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Bytes::from(body.to_owned())).unwrap();
    provider.signer(common::key(1)).unwrap().sign_request(&mut request, "evt_1").unwrap();
    let receiver: Receiver = provider.raw().receiver(common::key(1)).unwrap();
    let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
    intake.push(request.body().clone());
    intake.finish().unwrap()
}

#[test]
fn a_key_is_made_of_what_tells_events_apart_and_of_nothing_else() {
    use IdempotencyRule::{BodyAndType, EventId};

    type Delivered<'d> = (&'d [(&'d str, &'d str)], &'d str);
    const TYPED: &str = "X-Type: {type}\n\nsource: {key}\n{data}";
    const MARKED: &str = "kind: {type} {key}\nnote\ndata: {data}";
    const PLAIN: &str = "id: {id}\ntype: {type}\nnote\ndata: {data}";
    let header: &[(&str, &str)] = &[("X-Key", "k")];
    const OPTIONAL: &str = "type: {type}\nref?: {key}\nat?: {timestamp} {key}\ndata: {data}";
    const OPTIONAL_ID: &str = "type: {type}\nid?: {id}\ndata: {data}";
    const NAMED: &str = "{type}.ref: {key}\n{type}: {data}";
    const BESIDE: &str = "ref: {key}\n{type}: {data}";
    const FOLLOWING: &str = "actor\n{type}.id: {id}\n{type}: {data}";
    const NAMED_TWICE: &str = "{type}.kind: {type}\n{type}.ref: {key}\n{type}: {data}";
    const TYPE_LAST: &str = "ref: {key}\ntype?: {type}\ndata: {data}";
    const OPTIONAL_TYPE: &str = "type?: {type}\nref: {key}\ndata: {data}";
    let rows: [(&str, IdempotencyRule, Delivered<'_>, Delivered<'_>, bool); 27] = [
        (NAMED_TWICE, EventId, (&[], r#"{"a":{"kind":"b","ref":1}}"#), (&[], r#"{"a":{"kind":"c","ref":1}}"#), false),
        (TYPE_LAST, EventId, (&[], r#"{"ref":1,"data":1}"#), (&[], r#"{"ref":1,"data":2}"#), true),
        (
            OPTIONAL_TYPE,
            EventId,
            (&[], r#"{"type":"","ref":1,"data":1}"#),
            (&[], r#"{"type":"","ref":1,"data":2}"#),
            true,
        ),
        // An empty text tells nothing apart.
        (PLAIN, EventId, (&[], r#"{"id":"","type":"a","data":1}"#), (&[], r#"{"id":"","type":"a","data":2}"#), false),
        (OPTIONAL_TYPE, EventId, (&[], r#"{"ref":"","data":1}"#), (&[], r#"{"ref":"","data":2}"#), false),
        // The name of a field may be the type.
        (NAMED, EventId, (&[], r#"{"made":{"ref":1}}"#), (&[], r#"{"gone":{"ref":1}}"#), false),
        (NAMED, EventId, (&[], r#"{"made":{"ref":1,"x":1}}"#), (&[], r#"{"made":{"ref":1,"x":2}}"#), true),
        (BESIDE, EventId, (&[], r#"{"ref":1,"made":{}}"#), (&[], r#"{"ref":1,"gone":{}}"#), false),
        (
            FOLLOWING,
            EventId,
            (&[], r#"{"actor":{"id":7},"made":{"id":1}}"#),
            (&[], r#"{"actor":{"id":7},"made":{"id":2}}"#),
            false,
        ),
        (
            FOLLOWING,
            EventId,
            (&[], r#"{"actor":{"id":7},"made":{"id":1}}"#),
            (&[], r#"{"actor":{"id":8},"made":{"id":1}}"#),
            true,
        ),
        // A type may be missing.
        (OPTIONAL_TYPE, EventId, (&[], r#"{"ref":1,"data":1}"#), (&[], r#"{"ref":1,"data":2}"#), true),
        (OPTIONAL_TYPE, EventId, (&[], r#"{"ref":1,"data":1}"#), (&[], r#"{"ref":1,"type":"a","data":1}"#), false),
        // If a value that may be missing is, the others need not tell two events apart.
        (OPTIONAL, EventId, (&[], r#"{"type":"a","data":1}"#), (&[], r#"{"type":"a","data":2}"#), false),
        (OPTIONAL, EventId, (&[], r#"{"type":"a","at":1,"data":1}"#), (&[], r#"{"type":"a","at":1,"data":2}"#), false),
        (OPTIONAL, EventId, (&[], r#"{"type":"a","at":1,"data":1}"#), (&[], r#"{"type":"a","at":1,"data":1}"#), true),
        (
            OPTIONAL,
            EventId,
            (&[], r#"{"type":"a","ref":1,"at":1,"data":1}"#),
            (&[], r#"{"type":"a","ref":1,"at":1,"data":2}"#),
            true,
        ),
        (OPTIONAL_ID, EventId, (&[], r#"{"type":"a","data":1}"#), (&[], r#"{"type":"a","data":2}"#), false),
        (
            OPTIONAL_ID,
            EventId,
            (&[], r#"{"type":"a","id":1,"data":1}"#),
            (&[], r#"{"type":"a","id":1,"data":2}"#),
            true,
        ),
        (MARKED, EventId, (&[], r#"{"kind":"a","data":1}"#), (&[], r#"{"kind":"a","data":2}"#), true),
        (MARKED, EventId, (&[], r#"{"kind":"a","data":1}"#), (&[], r#"{"kind":"b","data":1}"#), false),
        // What is wrong elsewhere in the body does not matter.
        (PLAIN, EventId, (&[], r#"{"id":"1","type":"a","data":1}"#), (&[], r#"{"id":1,"note":1,"note":2}"#), true),
        (
            "X-Key: {key}\n\ntype: {type}\n{data}",
            EventId,
            (header, r#"{"type":"a"}"#),
            (header, r#"{"type":"b"}"#),
            false,
        ),
        ("X-Key: {id}\n\ntype: {type}\n{data}", EventId, (header, r#"{"type":"a"}"#), (header, "no JSON"), true),
        // A type that is not signed is a part of the key only if the rule asks for it.
        (TYPED, BodyAndType, (&[("X-Type", "a")], r#"{"source":1}"#), (&[("X-Type", "a")], r#"{"source":1}"#), true),
        (TYPED, BodyAndType, (&[("X-Type", "a")], r#"{"source":1}"#), (&[("X-Type", "b")], r#"{"source":1}"#), false),
        // The two meanings of a line are in any order.
        (
            "id: {key} {id}\ntype: {type}\ndata: {data}",
            EventId,
            (&[], r#"{"id":1,"type":"a"}"#),
            (&[], r#"{"id":1,"type":"b"}"#),
            true,
        ),
        (
            "id: {id} {key}\ntype: {type}\ndata: {data}",
            EventId,
            (&[], r#"{"id":1,"type":"a"}"#),
            (&[], r#"{"id":2,"type":"a"}"#),
            false,
        ),
    ];
    for (lines, rule, one, other, is_same) in rows {
        let provider = acme(&[lines], rule);
        let key = |(headers, body)| received(&provider, headers, body).idempotency_key().map(|key| key.to_string());
        let (one, other) = (key(one).unwrap(), key(other).unwrap());
        assert_eq!(one == other, is_same, "{lines:?} {rule:?}: {one} {other}");
    }
    let without_id = received(&acme(&[PLAIN], EventId), &[], r#"{"id":"","type":"a","data":1}"#);
    assert_eq!(without_id.event().unwrap().id(), None);
    let missing = received(&acme(&[OPTIONAL_TYPE], EventId), &[], r#"{"type":"a","data":1}"#).idempotency_key();
    assert_eq!(missing.unwrap_err(), EventError::MissingField { field: "ref".to_owned() });
}

/// What chooses the shape of an event is a part of its key.
#[test]
fn events_of_two_shapes_are_two() {
    for shapes in [
        ["kind: order\ntype: {type}\nref: {key}\n{data}", "kind: user\ntype: {type}\nref: {key}\n{data}"],
        ["type: {type}\nkind: order\nref: {key}\n{data}", "type: {type}\nkind: user\nref: {key}\n{data}"],
        ["type: {type}\norder.id: {key}\n{data}", "type: {type}\nuser.id: {key}\n{data}"],
        ["order: {type}\nref: {key}\n{data}", "user: {type}\nref: {key}\n{data}"],
    ] {
        let acme = acme(&shapes, IdempotencyRule::EventId);
        let key = |kind: &str| {
            let body = format!(r#"{{"kind":"{kind}","type":"made","{kind}":{{"id":5}},"ref":5}}"#);
            let body = if shapes[0].starts_with("order: ") { format!(r#"{{"{kind}":"made","ref":5}}"#) } else { body };
            received(&acme, &[], &body).idempotency_key().unwrap()
        };
        assert_eq!(key("order"), key("order"), "{shapes:?}");
        assert_ne!(key("order"), key("user"), "{shapes:?}");
    }
}

/// A header that has other names in the scheme can be sent under one that the shape does not read.
#[test]
fn no_key_is_in_a_header_with_two_names() {
    const ALIKE: Scheme = Scheme::new("a-id | b-id: {id}\na-sig | b-sig: v1={hex}", "{id}.{body}");
    for (shapes, is_fine) in [
        (&["a-id: {id}\n\ntype: {type}\n{data}"][..], false),
        (&["B-Id?: {id}\n\ntype: {type}\n{data}"], false),
        (&["id: {id}\ntype: {type}\n{data}"], true),
        (&["id: {id}\ntype: {type}\n{data}", "b-id: {id}\n\ntype: {type}\n{data}"], false),
    ] {
        let shapes = shapes.iter().map(|lines| EventShape::try_new((*lines).to_owned()).unwrap());
        let acme = Provider::new("acme", ALIKE).unwrap().with_event_shapes(shapes.clone()).unwrap();
        let acme = acme.with_idempotency_rule(IdempotencyRule::EventId);
        assert_eq!(acme.is_ok(), is_fine, "{:?}", shapes.collect::<Vec<_>>());
        assert!(is_fine || acme.unwrap_err().to_string().contains("has other names"));
    }
}

/// What anybody can change decides neither that two events are one, nor that one is two.
#[test]
fn events_are_told_apart_by_what_is_signed_alone() {
    const TYPED: &str = "X-Type: {type}\n\nsource: {key}\n{data}";
    const OTHER: &str = "type: {type}\nref: {key}\n{data}";
    const BY_ID: &str = "X-Type: {type}\n\nid: {id}\n{data}";
    const CONSTANT: &str = "X-Kind: a\n\ntype: {type}\nref: {key}\n{data}";
    const IN_BODY: &str = "kind: a\ntype: {type}\nref: {key}\n{data}";
    for (covers, shapes, expected) in [
        ("{body}", &[TYPED][..], "needs the type beside a `{key}` to be signed"),
        ("{body}", &[OTHER, TYPED], "needs the type beside a `{key}` to be signed"),
        ("{header:X-Type}.{body}", &[TYPED], ""),
        // Nothing else of such a request is signed.
        ("{$.source}", &[TYPED], ""),
        ("{body}", &[BY_ID], ""),
        ("{body}", &[CONSTANT], ""),
        ("{body}", &[CONSTANT, OTHER], "needs what chooses between its event shapes to be signed"),
        ("{body}", &[OTHER, CONSTANT], "needs what chooses between its event shapes to be signed"),
        ("{header:X-Kind}.{body}", &[CONSTANT, OTHER], ""),
        ("{body}", &[IN_BODY, OTHER], ""),
        // What is not signed of a body chooses, too.
        ("{$.ref}", &[OTHER, IN_BODY], "needs what chooses between its event shapes to be signed"),
        ("{$.ref}", &[OTHER], ""),
        ("{body}", &["X-Store: {key}\n\ntype: {type}\nref: {key}\n{data}"], "needs each `{key}` to be signed"),
        ("{body}", &[OTHER, "X-Store: {key}\n\ntype: {type}\nref: {key}\n{data}"], "needs each `{key}` to be signed"),
        ("{header:X-Store}.{body}", &["X-Store: {key}\n\ntype: {type}\nref: {key}\n{data}"], ""),
    ] {
        let acme = Provider::new("acme", Scheme::try_new("S: {hex}", covers).unwrap()).unwrap();
        let shapes = shapes.iter().map(|lines| EventShape::try_new((*lines).to_owned()).unwrap());
        let acme = acme.with_event_shapes(shapes).unwrap().with_idempotency_rule(IdempotencyRule::EventId);
        let said = acme.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{covers} {expected:?}: {said}");
    }
}

/// A signature that covers more than the body does not make another event of it.
#[test]
fn the_id_of_an_event_is_its_key_whatever_else_is_signed() {
    let scheme = Scheme::new("S: {hex}", "{query|sorted}.{body}");
    let provider = Provider::new("acme", scheme).unwrap();
    let shape = EventShape::new("id: {id}\ntype: {type}\n{data}");
    let provider = provider.with_event_shape(shape).unwrap().with_idempotency_rule(IdempotencyRule::EventId).unwrap();
    let key = |query: &str, id: u8| {
        let body = format!(r#"{{"id":{id},"type":"a"}}"#);
        let signer = provider.signer(common::key(1)).unwrap();
        let request = signer.request(format!("https://example.com/?{query}"), "evt_1", Bytes::from(body)).unwrap();
        let receiver: Receiver = provider.raw().receiver(common::key(1)).unwrap();
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        intake.push(request.body().clone());
        intake.finish().unwrap().idempotency_key().unwrap()
    };
    assert_eq!(key("at=1", 1), key("at=2", 1));
    assert_ne!(key("at=1", 1), key("at=1", 2));
}

#[test]
fn events_of_a_batch_are_read_and_told_apart_one_by_one() {
    #[derive(Deserialize)]
    enum Order {
        #[serde(rename = "a")]
        Paid,
    }
    const BATCH: &str = "events[].kind: order\nevents[].type: {type}\nevents[]: {data}\npage";
    const ONE: &str = "type: {type}\n{data}";
    let provider = acme(&[BATCH, ONE], IdempotencyRule::Body);
    let types = |body: &str| -> Result<Vec<Result<String, String>>, String> {
        let received = received(&provider, &[], body);
        let events = received.events().map_err(|error| error.to_string())?;
        Ok(events.map(|event| event.map(|event| event.event_type().to_owned()).map_err(|e| e.to_string())).collect())
    };
    let read = |types: &[&str]| types.iter().map(|name| Ok((*name).to_owned())).collect::<Vec<_>>();
    let refused = |field: &str| Err(format!("field `{field}` is missing in the envelope"));
    let misfit = || refused("events[].type");
    let (good, bad) = (r#"{"kind":"order","type":"a"}"#, r#"{"kind":"order"}"#);
    assert_eq!(types(r#"{"events":[]}"#), Ok(vec![]));
    assert_eq!(types(&format!(r#"{{"events":[{good},{good}]}}"#)), Ok(read(&["a", "a"])));
    assert_eq!(types(&format!(r#"{{"events":[{good},{bad}]}}"#)), Ok([read(&["a"]), vec![misfit()]].concat()));
    assert_eq!(types(&format!(r#"{{"events":[{bad},{good}]}}"#)), Ok([vec![misfit()], read(&["a"])].concat()));
    let around = received(&provider, &[], &format!(r#"{{"page":1,"other":2,"events":[{good}]}}"#));
    let event = around.events().unwrap().next().unwrap().unwrap();
    let fields: Vec<_> = event.fields().map(|(name, value)| (name, value.get())).collect();
    assert_eq!(fields, [("page", "1")], "what the shape does not name is not copied for each event");
    // A batch in which nothing fits may have another shape.
    assert_eq!(types(&format!(r#"{{"events":[{bad}],"type":"b"}}"#)), Ok(read(&["b"])));
    assert_eq!(types(&format!(r#"{{"events":[{bad}]}}"#)), misfit().map(|_: String| vec![]));

    let keys = |body: String| -> Vec<String> {
        let mut webhooks = Webhooks::<Order>::try_from(received(&provider, &[], &body)).unwrap();
        std::iter::from_fn(|| webhooks.next()).map(|one| one.received.idempotency_key().unwrap().to_string()).collect()
    };
    let of_page = |page: u8, events: &str| keys(format!(r#"{{"page":{page},"events":[{events}]}}"#));
    let twice = of_page(1, &format!("{good},{good}"));
    assert_ne!(twice[0], twice[1], "what a batch says twice has happened twice");
    assert_eq!(twice, of_page(1, &format!("{good},{good}")), "and is known when the batch is delivered again");
    let later = r#"{"kind":"order","type":"a","at":1}"#;
    let others = of_page(1, &format!("{later},{good}"));
    assert_ne!(others[0], twice[0]);
    assert_eq!(others[1], twice[0], "whatever is beside it");
    assert_ne!(of_page(2, good)[0], twice[0], "what is above the array belongs to it");
}

/// Whether an element of one batch and one of another are the same event.
#[test]
fn elements_without_an_id_are_told_apart_by_what_is_around_them() {
    #[derive(Deserialize)]
    enum AnyType {
        #[serde(other)]
        Other,
    }
    const DEEP: &str =
        "kind: {type}\naccounts[].id\naccounts[].changes[].field: {type}\naccounts[].changes[].value: {data}";
    const OPTIONAL: &str = "events[].type: {type}\nevents[].id?: {key}\nevents[]: {data}";
    const AROUND: &str = "account?\nteam?\nevents[].type: {type}\nevents[]: {data}";
    const TYPED: &str = "X-Type: {type}\n\nevents[]: {data}";
    const NAMED: &str = "{type}[]: {data}";
    const NAMED_AND_KEY: &str = "{type}[].id: {key}\n{type}[]: {data}";
    // Two shapes.
    const TWO: &str = "{type}: made\nmade[]: {data}\n\n\n{type}: gone\ngone[]: {data}";
    const TWO_WITH_KEYS: &str =
        "{type}: made\nmade[].id: {key}\nmade[]: {data}\n\n\n{type}: gone\ngone[].id: {key}\ngone[]: {data}";
    let deep = |account: &str, change: &str| {
        format!(r#"{{"kind":"k","accounts":[{{"id":"{account}","at":1,"changes":[{change}]}}]}}"#)
    };
    let flat = |event: &str| format!(r#"{{"events":[{event}]}}"#);
    let around = |name: &str| format!(r#"{{"{name}":7,"events":[{{"type":"a"}}]}}"#);
    let (made, gone) = (|| r#"{"made":[{"id":7}]}"#.to_owned(), || r#"{"gone":[{"id":7}]}"#.to_owned());
    let (body, signed_id, and_type) = (IdempotencyRule::Body, IdempotencyRule::SignedId, IdempotencyRule::BodyAndType);
    let (approved, denied) = (r#"{"field":"f","value":1}"#, r#"{"field":"f","value":2}"#);
    let (bare, other, named) = (r#"{"type":"a"}"#, r#"{"type":"a","n":1}"#, r#"{"type":"a","id":7}"#);
    let named_too = r#"{"type":"a","id":7,"n":1}"#;
    for (lines, rule, one, another, is_same) in [
        (DEEP, body, ("a", "1", deep("A", approved)), ("a", "1", deep("A", approved)), true),
        (DEEP, body, ("a", "1", deep("A", approved)), ("a", "1", deep("A", denied)), false),
        (DEEP, body, ("a", "1", deep("A", approved)), ("a", "1", deep("B", approved)), false),
        (OPTIONAL, IdempotencyRule::EventId, ("a", "1", flat(bare)), ("a", "1", flat(other)), false),
        (OPTIONAL, IdempotencyRule::EventId, ("a", "1", flat(named)), ("a", "1", flat(named_too)), true),
        (AROUND, body, ("a", "1", around("account")), ("a", "2", around("account")), true),
        (AROUND, body, ("a", "1", around("account")), ("a", "1", around("team")), false),
        (TYPED, body, ("a", "1", flat(bare)), ("a", "2", flat(bare)), true),
        (TYPED, signed_id, ("a", "1", flat(bare)), ("a", "1", flat(bare)), true),
        (TYPED, signed_id, ("a", "1", flat(bare)), ("a", "2", flat(bare)), false),
        (TYPED, and_type, ("a", "1", flat(bare)), ("b", "1", flat(bare)), false),
        (TYPED, and_type, ("a", "1", flat(bare)), ("a", "2", flat(bare)), true),
        // The name of the array, or the shape, is the type.
        (NAMED, body, ("a", "1", made()), ("a", "2", made()), true),
        (NAMED, body, ("a", "1", made()), ("a", "1", gone()), false),
        (NAMED_AND_KEY, IdempotencyRule::EventId, ("a", "1", made()), ("a", "1", gone()), false),
        (TWO, body, ("a", "1", made()), ("a", "1", gone()), false),
        (TWO_WITH_KEYS, IdempotencyRule::EventId, ("a", "1", made()), ("a", "2", made()), true),
        (TWO_WITH_KEYS, IdempotencyRule::EventId, ("a", "1", made()), ("a", "1", gone()), false),
    ] {
        let scheme = Scheme::new("Id: {id}\nSignature: {hex}", "{id}.{body}");
        let shapes = lines.split("\n\n\n").map(|lines| EventShape::try_new(lines).unwrap());
        let provider = Provider::new("acme", scheme).unwrap().with_event_shapes(shapes);
        let provider = provider.unwrap().with_idempotency_rule(rule).unwrap();
        let key = |(event_type, id, body): (&str, &str, String)| {
            let secret = || Secret::new("a secret of twenty-some bytes").unwrap();
            let mut headers = provider.signer(secret()).unwrap().sign(id, body.as_bytes()).unwrap();
            headers.insert("x-type", event_type.parse().unwrap());
            let receiver: Receiver = provider.receiver(secret()).unwrap();
            let mut intake = receiver.begin(&headers);
            intake.push(body.into());
            let mut webhooks = Webhooks::<AnyType>::try_from(intake.finish().unwrap()).unwrap();
            webhooks.next().unwrap().received.idempotency_key().unwrap()
        };
        assert_eq!(key(one) == key(another), is_same, "{lines:?} {rule:?}");
    }
}

#[test]
fn a_header_that_is_there_can_be_read() {
    let not_text = |field| Err(format!("field `{field}` is not a text"));
    let missing = |field| Err(format!("field `{field}` is missing in the envelope"));
    for (line, value, expected) in [
        ("X-Kind: {type}", Some("b"), Ok("b.a")),
        ("X-Kind: {type}", Some(""), not_text("X-Kind")),
        ("X-Kind: {type}", Some("\u{e4}"), Ok("\u{e4}.a")),
        ("X-Kind: {type}", None, missing("X-Kind")),
        ("X-Kind?: {type}", None, Ok("a")),
        ("X-Kind?: {type}", Some(""), not_text("X-Kind")),
        ("X-Time: {timestamp}", Some(""), Ok("a")),
        ("X-Time: {timestamp}", None, Ok("a")),
        ("X-Time: {timestamp} {key}", Some(""), not_text("X-Time")),
        ("X-Version: {version}", Some(""), not_text("X-Version")),
        // Nobody can rely on an id that is not signed.
        ("X-Id: {id}", None, Ok("a")),
    ] {
        let provider = acme(&[&format!("{line}\n\ntype: {{type}}\n{{data}}")], IdempotencyRule::Body);
        let name = line.split([':', '?']).next().unwrap();
        let headers: Vec<_> = value.map(|value| (name, value)).into_iter().collect();
        let received = received(&provider, &headers, r#"{"type":"a"}"#);
        let said = received.event().map(|event| {
            assert_eq!(event.is_type_signed(), event.event_type() == "a");
            event.event_type().to_owned()
        });
        assert_eq!(said.map_err(|error| error.to_string()), expected.map(str::to_owned), "{line} {value:?}");
    }
}

#[test]
fn a_field_of_a_form_that_a_shape_names_occurs_once() {
    const SHAPE: &str = "&id: {id}\n&type: {type}\n&note\n&: {data}";
    let provider = acme(&[SHAPE], IdempotencyRule::EventId);
    for (body, expected) in [
        ("id=1&type=a", Ok(())),
        ("id=1&type=a&x=1&x=2", Ok(())),
        ("id=1&type=a&note=1&note=2", Err("note")),
        ("a=1&a=2&id=1&type=a&note=1&note=2", Err("note")),
        ("id=1&type=a&id=2", Err("id")),
    ] {
        let expected = expected.map_err(|field: &str| EventError::DuplicateField { field: field.to_owned() });
        let received = received(&provider, &[], body);
        assert_eq!(received.event().map(|_| ()), expected, "{body}");
        assert_eq!(received.idempotency_key().map(|_| ()), expected, "{body}");
    }
}

#[test]
fn a_test_is_marked_by_one_text_beside_any_other_meaning() {
    for (line, value, is_test) in [
        ("live: {test:false}", "false", true),
        ("live: {test:false}", r#""false""#, true),
        ("live: {test:false}", "true", false),
        ("live: {test:false}", "null", false),
        ("live: {test:false} {key}", "false", true),
        ("live: {key} {test:false}", "false", true),
        ("live: {key} {test:false}", "true", false),
        ("live: {version} {test:beta}", r#""beta""#, true),
        ("live: {test:no} {test:maybe}", r#""maybe""#, true),
    ] {
        let shape = EventShape::try_new(format!("{line}\ntype: {{type}}\ndata: {{data}}")).unwrap();
        let body = format!(r#"{{"live":{value},"type":"a","data":1}}"#);
        assert_eq!(shape.read(body.as_bytes()).unwrap().is_test(), is_test, "{line} {value}");
    }
}

#[test]
fn an_event_is_written_as_its_shape_says() {
    let with = |event: Event<'static, serde_json::Value>, fields: &[(&str, i32)]| {
        fields.iter().fold(event, |event, (name, value)| event.with_field(*name, value).unwrap())
    };
    let event = |data: serde_json::Value, fields: &[(&str, i32)]| with(Event::new("b.c", data).with_id("7"), fields);
    let missing = |field: &str| Err(EventError::MissingField { field: field.to_owned() });
    let (field, expected) = ("{type}".to_owned(), "the constant of the event shape");
    let other_type = || Err(EventError::WrongType { field: field.clone(), expected });
    let in_the_way_of = |field: &str| Err(EventError::WrongType { field: field.to_owned(), expected: "in an object" });
    let named = || Err(EventError::WrongType { field: field.clone(), expected: "a name that no line has" });
    let in_the_way = || in_the_way_of("a.type");
    const FLAT: &str = "source: {key}\ntype: {type}\ndata: {data}";
    const TREE: &str = "event.type: {type}\ndata: {data}";
    const WHOLE: &str = "source: {key}\ntype: {type}\n{data}";
    for (lines, event, expected) in [
        // A key of which the event says nothing is its id. Fields that no line names follow.
        (FLAT, event(1.into(), &[]), Ok(r#"{"source":"7","type":"b.c","data":1}"#)),
        (FLAT, event(1.into(), &[("x", 2)]), Ok(r#"{"source":"7","type":"b.c","data":1,"x":2}"#)),
        (FLAT, event(1.into(), &[("source", 3), ("x", 2)]), Ok(r#"{"source":3,"type":"b.c","data":1,"x":2}"#)),
        (FLAT, Event::new("b", 1.into()), missing("source")),
        (TREE, event(1.into(), &[("x", 2)]), Ok(r#"{"data":1,"event":{"type":"b.c"},"x":2}"#)),
        // What the data says already, stays.
        (WHOLE, event(serde_json::json!({"n": 1}), &[("x", 2)]), Ok(r#"{"n":1,"source":"7","type":"b.c","x":2}"#)),
        (WHOLE, event(serde_json::json!({"source": 1}), &[("x", 2)]), Ok(r#"{"source":1,"type":"b.c","x":2}"#)),
        (WHOLE, event(serde_json::json!({"x": 1}), &[("x", 2)]), Ok(r#"{"x":1,"source":"7","type":"b.c"}"#)),
        // A field that is a header is none of the body, and one that is set twice has the last value.
        (
            "x: {key}\n\ntype: {type}\n{data}",
            event(serde_json::json!({}), &[("x", 2), ("y", 3), ("y", 4)]),
            Ok(r#"{"type":"b.c","y":4}"#),
        ),
        (
            "x: {key}\n\ntype: {type}\ndata: {data}",
            event(1.into(), &[("x", 2), ("y", 3), ("y", 4)]),
            Ok(r#"{"type":"b.c","data":1,"y":4}"#),
        ),
        (WHOLE, event(serde_json::json!({}), &[("source", 2)]), Ok(r#"{"source":2,"type":"b.c"}"#)),
        // The first meaning that is not a key says what is written.
        ("kind: {key} {type}\ndata: {data}", event(1.into(), &[]), Ok(r#"{"kind":"b.c","data":1}"#)),
        ("kind: {type} {key}\ndata: {data}", event(1.into(), &[]), Ok(r#"{"kind":"b.c","data":1}"#)),
        ("id: {id}\ntype: {type}\ndata: {data}", Event::new("b", 1.into()), missing("id")),
        ("id?: {id}\ntype: {type}\ndata: {data}", Event::new("b", 1.into()), Ok(r#"{"type":"b","data":1}"#)),
        ("at: {timestamp}\ntype: {type}\ndata: {data}", event(1.into(), &[]), missing("at")),
        ("kind: {type}\naction: {type}\ndata: {data}", Event::new("b.", 1.into()), missing("action")),
        ("kind: {type}\naction: {type}\ndata: {data}", Event::new(".c", 1.into()), missing("kind")),
        ("kind: {type}\naction?: {type}\ndata: {data}", Event::new("b.", 1.into()), missing("action")),
        ("type: {type}\ndata: {data}", Event::new("", 1.into()), missing("type")),
        ("{type}: {data}", Event::new("", 1.into()), missing("{type}")),
        ("{type}: {data}", event(1.into(), &[]), Err(EventError::NotAnObject)),
        ("{type}: {data}\nb.c: {id}", event(serde_json::json!({}), &[]), Ok(r#"{"b.c":{},"b":{"c":"7"}}"#)),
        ("{type}: {data}\nb: {id}", Event::new("b", serde_json::json!({})).with_id("7"), named()),
        // The data has something else where the type should be.
        ("a.type: {type}\n{data}", event(serde_json::json!({"a": 7}), &[]), in_the_way()),
        ("a[].type: {type}\na[]: {data}", event(7.into(), &[]), in_the_way_of("a[].type")),
        ("a.type: {type}\n{data}", event(serde_json::json!({"a": null}), &[]), Ok(r#"{"a":{"type":"b.c"}}"#)),
        ("kind: {type}\n{type}: {data}", Event::new("b", 1.into()), missing("{type}")),
        ("{type}: b\n{data}", event(serde_json::json!({}), &[]), other_type()),
        ("{type}: b\naction: {type}\n{data}", event(serde_json::json!({}), &[]), Ok(r#"{"action":"c"}"#)),
        ("{type}: b\naction: {type}\n{data}", Event::new("b", serde_json::json!({})), missing("action")),
        ("{type}: b\naction: {type}\n{data}", Event::new("bc.d", serde_json::json!({})), other_type()),
        ("&type: {type}\n&data: {data}", event(1.into(), &[]), Err(EventError::ReadOnly)),
    ] {
        let shape = EventShape::try_new(lines).unwrap();
        let written = shape.write(&event).map(|body| String::from_utf8(body).unwrap());
        assert_eq!(written, expected.map(str::to_owned), "{lines:?} {event:?}");
    }
}

/// A field that was received keeps its position and its text, unless another shape says what is there.
#[test]
fn an_event_is_written_in_another_shape_than_it_was_read_in() {
    const PLAIN: &str = "event: {type}\ndata: {data}";
    const TREE: &str = "kind: order\nnote\nref?: {key}\nevent.type: {type}\nevent: {data}";
    const FULL: &str = "id: {id}\ntype: {type}\nkind: order\nat?: {timestamp}\nx?: {version}\ndata: {data}";
    for (read_in, read, written_in, written) in [
        (PLAIN, r#"{"id":7,"event":"a","data":1}"#, PLAIN, r#"{"id":7,"event":"a","data":1}"#),
        (PLAIN, r#"{"id":7,"event":"a","data":1}"#, FULL, r#"{"id":"evt_1","type":"a","kind":"order","data":1}"#),
        (
            PLAIN,
            r#"{"kind":"order","type":"b","note":2,"at":3,"event":"a","x":4,"data":1}"#,
            FULL,
            r#"{"kind":"order","id":"evt_1","note":2,"type":"a","data":1}"#,
        ),
        (
            PLAIN,
            r#"{"kind":"refund","event":"a","data":1}"#,
            FULL,
            r#"{"id":"evt_1","type":"a","kind":"order","data":1}"#,
        ),
        (
            TREE,
            r#"{"kind":"order","note":1,"ref":2,"event":{"type":"a"},"further":3}"#,
            TREE,
            r#"{"event":{"type":"a"},"kind":"order","note":1,"ref":2,"further":3}"#,
        ),
    ] {
        let shape = |lines| EventShape::try_new(lines).unwrap();
        let event = shape(read_in).read(read.as_bytes()).unwrap();
        let event = if read_in == written_in { event } else { event.with_id("evt_1") };
        let body = shape(written_in).write(&event).map(|body| String::from_utf8(body).unwrap());
        assert_eq!(body.as_deref(), Ok(written), "{read_in:?} {written_in:?}");
        assert!(shape(written_in).read(written.as_bytes()).is_ok(), "{written}");
    }
    let event = EventShape::try_new(PLAIN).unwrap().read(br#"{"event":"a","data":{"type":1,"type":2}}"#).unwrap();
    let twice = EventShape::try_new(TREE).unwrap().write(&event).unwrap_err();
    assert_eq!(twice.to_string(), "field `event.type` occurs twice");
}

#[test]
fn a_type_is_written_in_the_parts_that_were_read() {
    const ONE: &str = "type: {type}\ndata: {data}";
    const THREE: &str = "kind: {type}\naction: {type}\nstep?: {type}\ndata: {data}";
    const FOUR: &str = "a: {type}\nb: {type}\nc: {type}\nd: {type}\ndata: {data}";
    const FIXED: &str = "{type}: x.y\nkind: {type}\naction?: {type}\ndata: {data}";
    const FIXED_AT_THE_END: &str = "kind: {type}\n{type}: x.y\ndata: {data}";
    const UNNAMED: &str = "kind: {type}\n{type}: {data}";
    for (read_in, read, written_in, written) in [
        (THREE, r#"{"kind":"a.b","action":"c","step":"d.e","data":1}"#, ONE, r#"{"type":"a.b.c.d.e","data":1}"#),
        (THREE, r#"{"kind":"a.b","action":"c.d","data":{}}"#, UNNAMED, r#"{"c.d":{},"kind":"a.b"}"#),
        (THREE, r#"{"kind":"a","action":"b.c.d","data":1}"#, FOUR, r#"{"a":"a","b":"b","c":"c","d":"d","data":1}"#),
        (THREE, r#"{"kind":"x","action":"y","step":"z","data":1}"#, FIXED, r#"{"kind":"z","data":1}"#),
        (FOUR, r#"{"a":"1.2","b":"3.4","c":"5","d":"6.7","data":1}"#, ONE, r#"{"type":"1.2.3.4.5.6.7","data":1}"#),
        (FIXED, r#"{"kind":"a.b","action":"c","data":1}"#, ONE, r#"{"type":"x.y.a.b.c","data":1}"#),
        (FIXED_AT_THE_END, r#"{"kind":"a.b","data":[]}"#, UNNAMED, r#"{"x.y":[],"kind":"a.b"}"#),
        (UNNAMED, r#"{"c.d":{},"kind":"a.b"}"#, THREE, r#"{"kind":"a.b","action":"c.d","data":{}}"#),
    ] {
        let shape = |lines| EventShape::try_new(lines).unwrap();
        let event = shape(read_in).read(read.as_bytes()).unwrap();
        for (lines, expected) in [(read_in, read), (written_in, written)] {
            let body = shape(lines).write(&event).map(|body| String::from_utf8(body).unwrap());
            assert_eq!(body.as_deref(), Ok(expected), "{read_in:?} {lines:?}");
        }
    }
}

#[test]
fn a_time_is_written_in_the_format_of_the_shape() {
    let shape = |line: &str| EventShape::try_new(format!("{line}\ntype: {{type}}\ndata: {{data}}")).unwrap();
    let body = |value: &str| format!(r#"{{"at":{value},"type":"a","data":1}}"#);
    let seconds = ("at: {timestamp}", "1700000000");
    let text = ("at: {timestamp:rfc3339}", r#""2023-11-14T22:13:20Z""#);
    let fraction = ("at: {timestamp:rfc3339}", r#""2023-11-14T22:13:20.000Z""#);
    for (from, to) in [(seconds, seconds), (seconds, text), (text, seconds), (fraction, fraction), (fraction, seconds)]
    {
        let received = body(from.1);
        let source = shape(from.0);
        let event = source.read(received.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(shape(to.0).write(&event).unwrap()).unwrap(), body(to.1), "{from:?} {to:?}");
    }
}

#[test]
fn the_headers_of_an_event_are_those_of_its_shape() {
    let event = || Event::new("issue.open", ()).with_id("7").with_version("2").with_time(OffsetDateTime::UNIX_EPOCH);
    let missing = |field: &str| Err(EventError::MissingField { field: field.to_owned() });
    for (line, made, expected) in [
        ("X: {type}", event(), Ok(Some("issue"))),
        ("X: {id}", event(), Ok(Some("7"))),
        ("X: {version}", event(), Ok(Some("2"))),
        ("X: {timestamp}", event(), Ok(Some("0"))),
        ("X: {timestamp:rfc3339}", event(), Ok(Some("1970-01-01T00:00:00Z"))),
        ("X: fixed", event(), Ok(Some("fixed"))),
        ("X: {key}", event().with_field("X", "own").unwrap(), Ok(Some("own"))),
        ("X: {key}", event(), missing("X")),
        ("X: {test:yes}", event().with_field("X", "yes").unwrap(), Ok(Some("yes"))),
        ("X: {test:yes}", event(), Ok(None)),
        ("X: {timestamp}", Event::new("a", ()), missing("X")),
        ("X?: {timestamp}", Event::new("a", ()), Ok(None)),
    ] {
        let shape = EventShape::try_new(format!("{line}\nT?: {{type}}\n\n{{data}}")).unwrap();
        let headers = shape.headers(&made);
        let value = headers.map(|headers| headers.get("x").map(|value| value.to_str().unwrap().to_owned()));
        assert_eq!(value, expected.map(|value| value.map(str::to_owned)), "{line}");
    }
}
