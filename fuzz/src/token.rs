//! A JSON Web Token is accepted exactly if a verifier written here accepts it: three parts, the scheme's algorithm, no extension,
//! claims as they are demanded, and the MAC of the first two parts.
//!
//! A notification of Amazon SNS, signed by its library, is accepted exactly as long as every field that is covered is there once
//! with its own text.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::provider::{self, Provider};
use hookseal::{Extent, PublicKey, Scheme, Verifier};

use crate::json::{Node, members, quoted};
use crate::judge::{self, Encoding, Hash, KEYS, NOW, mac};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Token(Parts<'a>),
    Notification(Vec<Edit<'a>>),
}

/// What is done to a notification.
#[derive(Arbitrary, Debug)]
enum Edit<'a> {
    Set(u8, Node<'a>),
    Add(u8, Node<'a>),
    Repeat(u8),
    Remove(u8),
    Swap(u8, u8),
    /// The last character of one text begins the other, or the first of the other ends the one.
    Move(u8, u8, bool),
    Append(u8, &'a str),
}

#[derive(Arbitrary, Debug)]
struct Parts<'a> {
    subject: u8,
    header: Text<'a>,
    claims: Text<'a>,
    signature: Signature<'a>,
    body: &'a [u8],
    age: i16,
    edits: Vec<(u16, u8)>,
    parts: u8,
}

#[derive(Arbitrary, Debug)]
enum Text<'a> {
    /// The right one, with members that are added or replaced.
    Right(Vec<(u8, Node<'a>)>),
    Json(Node<'a>),
    Raw(&'a [u8]),
}

#[derive(Arbitrary, Debug)]
enum Signature<'a> {
    Right,
    Padded,
    Hex,
    OfBody,
    None,
    Raw(&'a [u8]),
}

const SUBJECTS: [(&str, &str); 3] = [
    ("Authorization: Bearer {jwt}", "iss: Acme | acme.com\nhash: {body|sha256-hex}\niat: {timestamp}"),
    ("X-Jwt: {jwt}", "sub?: a\nexp: {expiry}\nnbf?: {not-before}\nbody: {body|sha256-base64}"),
    ("X-Jws: {jws}", "{body}"),
];
const NAMES: [&str; 14] =
    ["alg", "typ", "kid", "crit", "b64", "iss", "hash", "iat", "sub", "exp", "nbf", "body", "x", "\\u0061lg"];
const PLACES: [(&str, &str); 3] = [("authorization", "Bearer "), ("x-jwt", ""), ("x-jws", "")];

/// The scalar that a member has, if it is there once.
fn member(json: &str, name: &str) -> Result<Option<String>, ()> {
    let members = members(json).ok_or(())?;
    let mut values = members.iter().filter(|(other, _)| other == name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => Ok(Some(value.get().to_owned())),
        (Some(_), Some(_)) => Err(()),
    }
}

fn text(json: &str) -> Result<String, ()> {
    serde_json::from_str(json).map_err(drop)
}

fn judge(subject: usize, value: &str, body: &[u8], clock: i64) -> Result<(), ()> {
    let value = value.trim_matches([' ', '\t']);
    let (_, prefix) = PLACES[subject];
    // The word before credentials may be in any case.
    let front = value.get(..prefix.len()).ok_or(())?;
    if !front.eq_ignore_ascii_case(prefix) {
        return Err(());
    }
    let token = &value[prefix.len()..];
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = *parts else { return Err(()) };
    let is_detached = subject == 2;
    if payload.is_empty() != is_detached || token.len() > 8192 {
        return Err(());
    }
    let decoded = |text: &str| Encoding::Base64Url.decode(text.as_bytes()).ok_or(());
    let json = String::from_utf8(decoded(header)?).map_err(drop)?;
    if text(&member(&json, "alg")?.ok_or(())?)? != "HS256" {
        return Err(());
    }
    if member(&json, "crit")?.is_some_and(|crit| crit != "null") {
        return Err(());
    }
    match member(&json, "b64")?.as_deref() {
        None | Some("null" | "true") => {}
        _ => return Err(()),
    }
    if let Some(kid) = member(&json, "kid")? {
        let kid = serde_json::from_str::<Option<String>>(&kid).map_err(drop)?;
        let is_id = |kid: String| (1..=512).contains(&kid.len()) && kid.bytes().all(|c| c.is_ascii_graphic());
        if !kid.is_none_or(is_id) {
            return Err(());
        }
    }
    let content = match is_detached {
        true => format!("{header}.{}", Encoding::Base64Url.encode(body)),
        false => format!("{header}.{payload}"),
    };
    if decoded(signature)? != mac(Hash::Sha256, KEYS[0].as_bytes(), content.as_bytes()) {
        return Err(());
    }
    if is_detached {
        return Ok(());
    }
    let claims = String::from_utf8(decoded(payload)?).map_err(drop)?;
    let all = members(&claims).ok_or(())?;
    let is_repeated = (1..all.len()).any(|at| all[..at].iter().any(|(name, _)| *name == all[at].0));
    if is_repeated || all.len() > 64 {
        return Err(());
    }
    let claim = |name: &str| member(&claims, name);
    let demanded = |name: &str| claim(name)?.ok_or(());
    let seconds = |json: String| json.parse::<u64>().map(i128::from).map_err(drop);
    let now = i128::from(clock);
    let hash = judge::sha256(body);
    let is_right = match subject {
        0 => {
            ["Acme", "acme.com"].contains(&&*text(&demanded("iss")?)?)
                && text(&demanded("hash")?)?.eq_ignore_ascii_case(&hex::encode(hash))
                && (seconds(demanded("iat")?)? - now).abs() <= 300
        }
        _ => {
            claim("sub")?.map_or(Ok(true), |sub| text(&sub).map(|sub| sub == "a"))?
                && seconds(demanded("exp")?)? >= now
                && claim("nbf")?.map_or(Ok(true), |nbf| seconds(nbf).map(|nbf| nbf <= now + 10))?
                && text(&demanded("body")?)? == Encoding::Base64.encode(&hash)
        }
    };
    if is_right { Ok(()) } else { Err(()) }
}

pub(crate) fn run(data: &[u8]) {
    match Input::arbitrary_take_rest(Unstructured::new(data)) {
        Ok(Input::Token(parts)) => token(&parts),
        Ok(Input::Notification(edits)) => notification(&edits),
        Err(_) => {}
    }
}

fn token(input: &Parts<'_>) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let verifiers = VERIFIERS.get_or_init(|| {
        let verifier = |(lines, claims): &(&'static str, &'static str)| {
            let scheme = Scheme::try_new(*lines, *claims).expect("a scheme");
            let provider = Provider::new("acme", scheme).expect("a provider").accept(Extent::Nothing);
            provider.verifier(judge::secret(0)).expect("a verifier")
        };
        SUBJECTS.iter().map(verifier).collect()
    });
    let subject = usize::from(input.subject) % SUBJECTS.len();
    let hash = judge::sha256(input.body);
    let value = |which: u8| match which % 4 {
        0 => "HS256".to_owned(),
        1 => hex::encode(hash),
        2 => Encoding::Base64.encode(&hash),
        _ => "Acme".to_owned(),
    };
    let part = |part: &Text<'_>, right: &str| -> Vec<u8> {
        match part {
            Text::Right(more) => {
                let mut fields: Vec<(String, String)> = Vec::new();
                for member in right.split_terminator(',') {
                    let (name, value) = member.split_once(':').expect("a member");
                    fields.push((name.trim_matches('"').to_owned(), value.to_owned()));
                }
                for (name, node) in more {
                    let name = NAMES[usize::from(name & 127) % NAMES.len()].to_owned();
                    let node = node.text(&value);
                    match fields.iter_mut().find(|(other, _)| *other == name && name.len() < 127) {
                        Some((_, old)) => *old = node,
                        None => fields.push((name, node)),
                    }
                }
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", fields.join(",")).into_bytes()
            }
            Text::Json(node) => node.text(&value).into_bytes(),
            Text::Raw(raw) => raw.to_vec(),
        }
    };
    let header = Encoding::Base64Url.encode(&part(&input.header, r#""alg":"HS256","typ":"JWT""#));
    let claims = match subject {
        0 => format!(r#""iss":"Acme","hash":"{}","iat":{NOW}"#, hex::encode(hash)),
        _ => format!(r#""exp":{NOW},"body":"{}""#, Encoding::Base64.encode(&hash)),
    };
    let payload = if subject == 2 { String::new() } else { Encoding::Base64Url.encode(&part(&input.claims, &claims)) };
    let signed = if subject == 2 { Encoding::Base64Url.encode(input.body) } else { payload.clone() };
    let tag = |content: &[u8]| mac(Hash::Sha256, KEYS[0].as_bytes(), content);
    let right = tag(format!("{header}.{signed}").as_bytes());
    let signature = match &input.signature {
        Signature::Right => Encoding::Base64Url.encode(&right),
        Signature::Padded => format!("{}=", Encoding::Base64Url.encode(&right)),
        Signature::Hex => hex::encode(&right),
        Signature::OfBody => Encoding::Base64Url.encode(&tag(input.body)),
        Signature::None => String::new(),
        Signature::Raw(raw) => Encoding::Base64Url.encode(raw),
    };
    let mut token = match input.parts {
        0 => format!("{header}.{signature}"),
        1 => format!("{header}.{payload}.{signature}."),
        2 => format!("{header}..{payload}.{signature}"),
        _ => format!("{header}.{payload}.{signature}"),
    };
    for (at, byte) in &input.edits {
        let at = usize::from(*at) % token.len().max(1);
        if byte.is_ascii_graphic() && at < token.len() {
            token.replace_range(at..=at, char::from(*byte).encode_utf8(&mut [0; 4]));
        }
    }
    let (name, prefix) = PLACES[subject];
    let value = format!("{prefix}{token}");
    let (headers, clock) = ([(name, &value)], NOW + i64::from(input.age));
    let verified = verifiers[subject].verify_at(headers.as_slice(), input.body, judge::at(clock));
    let expected = judge(subject, &value, input.body, clock);
    let shown = |part: &str| {
        Encoding::Base64Url.decode(part.as_bytes()).map(|part| String::from_utf8_lossy(&part).into_owned())
    };
    let parts: Vec<_> = token.split('.').map(shown).collect();
    assert_eq!(
        verified.is_ok(),
        expected.is_ok(),
        "{:?}: {value} at {clock}: {parts:?}: {verified:?}",
        SUBJECTS[subject]
    );
}

/// A delivery that the provider's library has signed.
struct Delivery {
    verifier: Verifier,
    fields: Vec<(String, String)>,
    clock: i64,
}

impl Delivery {
    fn read() -> Delivery {
        let line = include_str!("../../tests/vectors/aws-sns.jsonl").lines().next().expect("a line");
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |name: &str| line[name].as_str().expect("a text");
        let body = Encoding::Base64.decode(text("body_b64").as_bytes()).expect("base64");
        let body = String::from_utf8(body).expect("UTF-8");
        let fields: Vec<(String, String)> = members(&body)
            .expect("an object")
            .into_iter()
            .map(|(name, value)| (name, value.get().to_owned()))
            .collect();
        let field = |name: &str| {
            serde_json::from_str::<String>(&fields.iter().find(|(other, _)| other == name).expect("a field").1)
        };
        let key = PublicKey::new(text("secret")).expect("a key").with_id(field("SigningCertURL").expect("a text"));
        let provider = provider::AWS_SNS.with_allowed([field("TopicArn").expect("a text")]).accept(Extent::Part);
        let verifier = provider.verifier(key).expect("a verifier");
        Delivery { verifier, fields, clock: line["now_unix"].as_i64().expect("a time") }
    }
}

/// The text of a string, or a number or a word as it is written.
fn scalar(json: &str) -> Option<String> {
    match json.trim().as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(json.trim().to_owned()),
    }
}

fn notification(edits: &[Edit<'_>]) {
    static DELIVERY: OnceLock<Delivery> = OnceLock::new();
    let delivery = DELIVERY.get_or_init(Delivery::read);
    let original = &delivery.fields;
    let mut fields = original.clone();
    let value = |which: u8| scalar(&original[usize::from(which) % original.len()].1).unwrap_or_default();
    for edit in edits.iter().take(16) {
        let at = |place: &u8| usize::from(*place) % fields.len().max(1);
        match edit {
            _ if fields.is_empty() => return,
            Edit::Set(place, node) => {
                let place = at(place);
                fields[place].1 = node.text(&value);
            }
            Edit::Add(place, node) => {
                let name = original[usize::from(*place) % original.len()].0.clone();
                fields.push((if place & 128 == 0 { name } else { "More".to_owned() }, node.text(&value)));
            }
            Edit::Repeat(place) => fields.push(fields[at(place)].clone()),
            Edit::Remove(place) => drop(fields.remove(at(place))),
            Edit::Swap(one, other) => {
                let (one, other) = (at(one), at(other));
                let text = fields[one].1.clone();
                fields[one].1 = std::mem::replace(&mut fields[other].1, text);
            }
            Edit::Move(one, other, is_back) => {
                let (one, other) = (at(one), at(other));
                let (Some(mut left), Some(mut right)) = (scalar(&fields[one].1), scalar(&fields[other].1)) else {
                    continue;
                };
                match is_back {
                    _ if one == other => {}
                    false => right.insert_str(0, &left.pop().map(String::from).unwrap_or_default()),
                    true if right.is_empty() => {}
                    true => left.push(right.remove(0)),
                }
                if one != other {
                    (fields[one].1, fields[other].1) = (quoted(&left), quoted(&right));
                }
            }
            Edit::Append(place, more) => {
                let place = at(place);
                if let Some(text) = scalar(&fields[place].1) {
                    fields[place].1 = quoted(&(text + more));
                }
            }
        }
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    let body = format!("{{{}}}", fields.join(","));
    let headers: &[(&str, &str)] = &[];
    let verified = delivery.verifier.verify_at(headers, body.as_bytes(), judge::at(delivery.clock));
    let is_right = |(name, value): &(String, String)| {
        let text = member(&body, name).ok().flatten().and_then(|text| scalar(&text));
        text.is_some() && text == scalar(value)
    };
    assert_eq!(verified.is_ok(), original.iter().all(is_right), "{body}: {verified:?}");
}
