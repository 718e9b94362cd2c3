//! An event says what a lookup in the JSON by hand says: its id, its type, its time's text and its data. What is there once and
//! is right is read; what is written is read again. An idempotency key is the same for the same id, and for no other.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::idempotency::IdempotencyKey;
use hookseal::provider::{IdempotencyRule, Provider};
use hookseal::{Event, EventShape, Scheme, Verifier};
use serde_json::value::RawValue;

use crate::json::{Node, members};
use crate::judge;

/// A shape, and its places as they are looked up here.
struct Subject {
    shape: &'static str,
    types: &'static [&'static [&'static str]],
    id: Option<&'static [&'static str]>,
    time: Option<&'static [&'static str]>,
    data: &'static [&'static str],
    constant: Option<(&'static [&'static str], &'static str)>,
}

const SUBJECTS: [Subject; 5] = [
    Subject {
        shape: "id: {id}\ntype: {type}\nat: {timestamp:rfc3339}\ndata: {data}",
        types: &[&["type"]],
        id: Some(&["id"]),
        time: Some(&["at"]),
        data: &["data"],
        constant: None,
    },
    Subject {
        shape: "event: {type}\nt: {timestamp}\nx\ndata: {data}",
        types: &[&["event"]],
        id: None,
        time: Some(&["t"]),
        data: &["data"],
        constant: None,
    },
    Subject {
        shape: "type: x\nid: {id}\nevent.type: {type}\nevent: {data}",
        types: &[&["event", "type"]],
        id: Some(&["id"]),
        time: None,
        data: &["event"],
        constant: Some((&["type"], "x")),
    },
    Subject {
        shape: "a.type: {type}\na.event: {type}\na.b.id: {id}\na.at: {timestamp:iso8601}\n{data}",
        types: &[&["a", "type"], &["a", "event"]],
        id: Some(&["a", "b", "id"]),
        time: Some(&["a", "at"]),
        data: &[],
        constant: None,
    },
    Subject {
        shape: "data.id: {id}\ntype: {type}\ndata.x: {data}",
        types: &[&["type"]],
        id: Some(&["data", "id"]),
        time: None,
        data: &["data", "x"],
        constant: None,
    },
];

/// Shapes whose reading is not compared, and must only end. What was read is written and read again.
const OTHERS: [&str; 7] = [
    "items[].id: {id}\nitems[].type: {type}\nitems[]: {data}",
    "[].type: {type}\n[]: {data}\n[].at?: {timestamp:ms} {timestamp:rfc3339}",
    "{type}: {data}\nid?: {id}",
    "&j.{json}.type: {type}\n&j.{json}: {data}\n&id?: {id}",
    "type: {type}\ndata: {data}\nt: {test:true}\nid: {key}\na?: {version}",
    "{type}: x.y\na: {type}\nb?: {type}\ndata: {data}",
    "a: {type}\n{type}: {data}",
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    shape: u8,
    body: Node<'a>,
    other: Option<Node<'a>>,
    key: &'a str,
}

/// What is at a path, if it is there once. `Err` if it is there twice, or the way to it is no object.
fn find<'j>(json: &'j str, path: &[&str]) -> Result<Option<&'j str>, ()> {
    let Some((name, rest)) = path.split_first() else { return Ok(Some(json)) };
    if json == "null" {
        return Ok(None);
    }
    let members: Vec<(String, &'j RawValue)> = members(json).ok_or(())?;
    let mut values = members.into_iter().filter(|(other, _)| other == name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => find(value.get(), rest),
        (Some(_), Some(_)) => Err(()),
    }
}

/// A string's text, or a number as it is written.
fn text(json: &str) -> Option<String> {
    match json.as_bytes()[0] {
        b'"' => serde_json::from_str(json).ok(),
        b'-' | b'0'..=b'9' => Some(json.to_owned()),
        _ => None,
    }
}

impl Subject {
    /// The event's id, type, and data. `Err` if there is none, or this does not say.
    fn judge<'j>(&self, body: &'j str) -> Result<(Option<String>, String, Option<&'j str>, &'j str), ()> {
        let whole: &RawValue = serde_json::from_str(body).map_err(drop)?;
        let whole = whole.get();
        let there = |path: &[&str]| Ok(find(whole, path)?.filter(|json| *json != "null"));
        let part = |path| text(there(path)?.ok_or(())?).filter(|part| !part.is_empty()).ok_or(());
        let types = self.types.iter().map(|path| part(path));
        let event_type = types.collect::<Result<Vec<_>, ()>>()?.join(".");
        let id = self.id.map(|path| text(there(path)?.ok_or(())?).ok_or(())).transpose()?;
        if let Some((path, constant)) = self.constant {
            let value = there(path)?.ok_or(())?;
            if text(value).as_deref() != Some(constant) && value != constant {
                return Err(());
            }
        }
        let time = self.time.map(there).transpose()?.flatten();
        let data = find(whole, self.data)?.ok_or(())?;
        Ok((id, event_type, time, data))
    }
}

/// Whether no name occurs twice at the top.
fn is_plain(body: &str) -> bool {
    let Some(members) = members(body) else { return false };
    let mut names: Vec<String> = members.into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

pub(crate) fn run(data: &[u8]) {
    static SHAPES: OnceLock<Vec<EventShape>> = OnceLock::new();
    let shapes = SHAPES.get_or_init(|| {
        let texts = SUBJECTS.iter().map(|subject| subject.shape).chain(OTHERS);
        texts.map(|text| EventShape::try_new(text).expect("a shape")).collect()
    });
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    key_text(input.key);
    let place = usize::from(input.shape) % shapes.len();
    let (shape, body) = (&shapes[place], input.body.text(&|which| format!("v{which}")));
    let event = shape.read(body.as_bytes());
    let subject = SUBJECTS.get(place);
    if let Some(subject) = subject {
        compare(subject, &body, event.as_ref());
    }
    if let Ok(event) = &event {
        write(shape, event);
        write_otherwise(&shapes[(place + usize::from(input.shape) / shapes.len()) % shapes.len()], event);
    }
    delivery(place, shape, &body, input.other.as_ref());
}

fn compare(subject: &Subject, body: &str, event: Result<&Event<'_>, &hookseal::EventError>) {
    let judged = subject.judge(body);
    match (event, &judged) {
        (Ok(event), Ok((id, event_type, time, data))) => {
            assert_eq!(event.id(), id.as_deref(), "{body}");
            assert_eq!(event.event_type(), event_type, "{body}");
            assert_eq!(event.data().get(), *data, "{body}");
            let text = time.map(|json| text(json).unwrap_or_else(|| json.to_owned()));
            assert_eq!(event.time_text(), text.as_deref(), "{body}");
        }
        (Ok(event), Err(())) => panic!("{:?}: {body} is {event:?}", subject.shape),
        (Err(error), Ok(_)) => assert!(!is_plain(body), "{:?}: {body}: {error}", subject.shape),
        (Err(_), Err(())) => {}
    }
}

/// What is written in a shape is read in it.
fn write(shape: &EventShape, event: &Event<'_>) {
    let Ok(written) = shape.write(event) else { return };
    let again = shape.read(&written).expect("what is written");
    assert_eq!((again.id(), again.event_type(), again.version()), (event.id(), event.event_type(), event.version()));
    assert_eq!(again.time(), event.time());
    let value = |data: &RawValue| serde_json::from_str::<serde_json::Value>(data.get()).ok();
    // Where the data is the whole body, what is written is that.
    assert_eq!(value(again.data()), value(event.data()), "{}", String::from_utf8_lossy(&written));
}

/// What is written in another shape than it was read in says the same.
fn write_otherwise(shape: &EventShape, event: &Event<'_>) {
    let Ok(written) = shape.write(event) else { return };
    // Of a batch, each event is read by itself.
    if shape.is_batch() {
        return;
    }
    let again = shape.read(&written).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(&written)));
    assert_eq!(again.event_type(), event.event_type(), "{}", String::from_utf8_lossy(&written));
}

/// A text is a key exactly if it ends in a colon and 64 hex digits in lower case, after a name.
fn key_text(text: &str) {
    let is_key = text.len() > 65
        && text.is_char_boundary(text.len() - 64)
        && text[..text.len() - 64].ends_with(':')
        && text[text.len() - 64..].bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let key = text.parse::<IdempotencyKey>();
    assert_eq!(key.is_ok(), is_key, "{text:?}");
    let json = crate::json::quoted(text);
    assert_eq!(serde_json::from_str::<IdempotencyKey>(&json).ok(), key.ok(), "{text:?}");
}

fn delivery(place: usize, shape: &EventShape, body: &str, other: Option<&Node<'_>>) {
    static PROVIDERS: OnceLock<Vec<[(Provider, Verifier); 2]>> = OnceLock::new();
    const SCHEME: Scheme = Scheme::new("S: {hex}", "{body}");
    let providers = PROVIDERS.get_or_init(|| {
        let provider = |text: &str, rule| {
            let shape = EventShape::try_new(text.to_owned()).expect("a shape");
            let provider = Provider::new("acme", SCHEME).expect("a provider").with_event_shape(shape).ok()?;
            let provider = provider.with_idempotency_rule(rule).ok()?;
            let verifier = provider.verifier(judge::secret(0)).expect("a verifier");
            Some((provider, verifier))
        };
        let texts = SUBJECTS.iter().map(|subject| subject.shape).chain(OTHERS);
        let both = texts.map(|text| {
            let by_body = provider(text, IdempotencyRule::Body).expect("any body has a hash");
            let by_id = provider(text, IdempotencyRule::EventId).unwrap_or_else(|| by_body.clone());
            [by_id, by_body]
        });
        both.collect()
    });
    let verify = |(provider, verifier): &(Provider, Verifier), body: &str, scope: &str| {
        let headers = [("s", judge::hex_mac(body.as_bytes()))];
        let verified = verifier.verify_at(headers.as_slice(), body.as_bytes(), judge::now()).expect("it is authentic");
        let types = provider.event(&verified).ok().map(|event| event.event_type().to_owned());
        (types, provider.idempotency_key(&verified, scope).ok())
    };
    let [by_id, by_body] = &providers[place];
    let (event, id_key) = verify(by_id, body, "");
    if place < SUBJECTS.len() {
        assert_eq!(event, shape.read(body.as_bytes()).ok().map(|event| event.event_type().to_owned()), "{body}");
    }
    if let Some(key) = &id_key {
        key_text(key.as_str());
        assert!(key.as_str().starts_with("acme:"));
        assert_ne!(verify(by_id, body, "scope").1.as_ref(), Some(key), "scopes are apart");
    }
    let Some(other) = other else { return };
    let other = other.text(&|which| format!("v{which}"));
    let keys = [body, &other].map(|body| verify(by_body, body, "").1);
    if let [Some(one), Some(two)] = &keys {
        assert_eq!(one == two, body == other, "{body} and {other}");
    }
    let Some(Subject { id: Some(path), .. }) = SUBJECTS.get(place) else { return };
    let id = |body: &str| find(body.trim(), path).ok().flatten().and_then(text);
    if let (Some(one), Some(two), Some(one_id), Some(two_id)) =
        (id_key, verify(by_id, &other, "").1, id(body), id(&other))
    {
        let is_read = |body: &str| shape.read(body.as_bytes()).is_ok();
        if is_read(body) && is_read(&other) {
            assert_eq!(one == two, one_id == two_id, "{body} and {other}");
        }
    }
}
