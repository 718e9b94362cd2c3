//! Requests in, verdicts out: checks captured traffic, and compares this crate with other libraries.
//!
//! - `cargo run --example conformance -- providers` lists the catalogue.
//! - `… -- verify` reads one JSON object per line, `{provider, secret, headers, method, url, body_b64, now_unix}`, and
//!   prints one line for each: `valid`, `invalid: <reason>` or `unsupported: <what>`.
//! - `… -- sign` reads `{provider, secret, id, headers, method, url, body_b64, now_unix}` and prints `{"headers":{…}}` or
//!   `{"error":"…"}`: the headers to be added to those that the request has. `method` is POST unless given, and `url` the one
//!   that is registered.
//! - `… -- read` reads the same lines as `verify`, without `x_extra`, verifies the request, and prints `{"events":[…]}` or
//!   `{"error":"…"}`. An event is `{type, id, unsigned_id, time, version, data, type_signed, test}`, with `null` for what
//!   it does not have, or `{error}` if it is one of a batch and cannot be read.
//! - `… -- write` reads `{provider, secret, id, type, data, now_unix}` and prints `{"headers":{…},"body_b64":"…"}` or
//!   `{"error":"…"}`: the signed request with that event, which happened at `now_unix`. It may have a `version`, and
//!   `fields`, an object of other fields at the top level.
//! - `… -- ask` reads `{provider, secret, url, verify_token, handshake}` and prints the provider's question as
//!   `{method, url, headers, body_b64}`; then it reads an answer, `{status, headers, body_b64}`, and prints `passed` or
//!   `failed`. `handshake` is an index into the provider's list, 0 unless given.
//! - `… -- answer` reads the same lines as `verify`, with a `verify_token`, and prints what the receiver answers to a
//!   question, `{status, headers, body_b64}`, or `{"error":"…"}` if it is a delivery.
//!
//! `headers` maps a name to its value, or to a list of values if the header occurred several times. Other fields are
//! ignored, except `x_extra`, which has settings that the sender of a webhook can choose: `hash`, `encoding` and
//! `tolerance` (Convoy), `primary` and `secondary` (Box, where a request is signed with both keys), `key` (Pusher: the name
//! of the key, which the header must then have), `digest` (Cloudinary),
//! `kid` and `key_id` (the id of the public key, GitHub's key list and Turnkey). A `secret` may also be a public key, as the
//! provider shows it. Secrets may be short here.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hookseal::delivery::EndpointCheck;
use hookseal::provider::{self, Provider};
use hookseal::receive::{Received, Receiver};
use hookseal::{Algorithm, Digest, Event, Extent, Keyring, Scheme, Secret, Signer};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Deserialize)]
struct Request {
    provider: String,
    secret: String,
    #[serde(default)]
    headers: BTreeMap<String, Values>,
    #[serde(default)]
    id: String,
    #[serde(default = "post")]
    method: String,
    #[serde(default = "example")]
    url: String,
    body_b64: String,
    now_unix: i64,
    verify_token: Option<String>,
    x_extra: Option<Extra>,
}

fn post() -> String {
    "POST".to_owned()
}

fn example() -> String {
    "https://example.com/".to_owned()
}

#[derive(Deserialize)]
struct Asked {
    provider: String,
    secret: String,
    url: String,
    verify_token: Option<String>,
    #[serde(default)]
    handshake: usize,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body_b64: String,
}

#[derive(Deserialize)]
struct Written {
    provider: String,
    secret: String,
    id: String,
    #[serde(rename = "type")]
    event_type: String,
    data: Box<RawValue>,
    now_unix: i64,
    version: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Extra {
    hash: Option<String>,
    encoding: Option<String>,
    tolerance: Option<u32>,
    primary: Option<String>,
    secondary: Option<String>,
    key: Option<String>,
    digest: Option<String>,
    kid: Option<String>,
    key_id: Option<String>,
}

/// Why there is no verdict, or no signature.
pub(crate) enum Refusal {
    Unsupported(String),
    Invalid(String),
}

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match std::env::args().nth(1).as_deref() {
        Some("providers") => {
            for provider in provider::ALL {
                writeln!(out, "{}", provider.name())?;
            }
        }
        Some("verify") => answer(&mut out, |line| match verify(line) {
            Ok(()) => "valid".to_owned(),
            Err(Refusal::Invalid(reason)) => format!("invalid: {reason}"),
            Err(Refusal::Unsupported(what)) => format!("unsupported: {what}"),
        })?,
        Some("sign") => answer(&mut out, |line| object(sign(line).map(|headers| json!({ "headers": headers }))))?,
        Some("read") => answer(&mut out, |line| object(read(line).map(|events| json!({ "events": events }))))?,
        Some("write") => answer(&mut out, |line| object(write(line)))?,
        Some("ask") => {
            let check = RefCell::new(None);
            answer(&mut out, |line| ask(line, &check).unwrap_or_else(|refusal| object(Err(refusal))))?;
        }
        Some("answer") => answer(&mut out, |line| object(reply(line)))?,
        _ => {
            eprintln!("usage: conformance providers | verify|sign|read|write|ask|answer < requests.jsonl");
            std::process::exit(2);
        }
    }
    out.flush()
}

fn answer(out: &mut impl Write, judge: impl Fn(&str) -> String) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", judge(&line))?;
            // Whoever asks waits for it.
            out.flush()?;
        }
    }
    Ok(())
}

fn object(answer: Result<Value, Refusal>) -> String {
    let answer = answer.unwrap_or_else(|refusal| match refusal {
        Refusal::Invalid(reason) => json!({ "error": reason }),
        Refusal::Unsupported(what) => json!({ "error": format!("unsupported: {what}") }),
    });
    answer.to_string()
}

pub(crate) fn verify(line: &str) -> Result<(), Refusal> {
    let request = Request::read(line)?;
    let schemes = request.schemes()?;
    let keys = request.verifying_keys()?;
    let provider = match &schemes {
        Cow::Borrowed(_) => request.registered()?,
        Cow::Owned(schemes) => request.registered()?.with_schemes(schemes.iter().cloned()).map_err(invalid)?,
    };
    let (headers, body, now) = (request.headers(), request.body()?, request.now()?);
    let verifier = provider.verifier(keys).map_err(invalid)?;
    match request.whole(&headers, &body) {
        Some(whole) => verifier.verify_request_at(&whole, now).map(drop),
        // Header values that no server would let through.
        None => verifier.verify_at(&headers, &body, now).map(drop),
    }
    .map_err(invalid)
}

fn sign(line: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let request = Request::read(line)?;
    let keys = request.signing_keys()?;
    let signer = match request.schemes()? {
        Cow::Borrowed(_) => request.provider()?.signer(keys),
        Cow::Owned(schemes) => Signer::new(schemes[0].clone(), keys),
    };
    let (headers, body) = (request.headers(), request.body()?);
    let mut whole = request.whole(&headers, &body).ok_or_else(|| Refusal::Unsupported("these headers".to_owned()))?;
    signer.map_err(invalid)?.sign_request_at(&mut whole, &request.id, request.now()?).map_err(invalid)?;
    let given = |name: &str| request.headers.keys().any(|key| key.eq_ignore_ascii_case(name));
    let headers = texts(whole.headers()).into_iter().filter(|(name, _)| !given(name));
    Ok(headers.collect())
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn read(line: &str) -> Result<Vec<Value>, Refusal> {
    let request = Request::read(line)?;
    let (headers, body, now) = (request.headers(), request.body()?, request.now()?);
    // Nothing is lost here: an event that cannot be read is an answer.
    let receiver = request.registered()?.lossy().receiver(secret(&request.secret)?).map_err(invalid)?;
    let receiver: Receiver = receiver.with_clock(move || now);
    let (method, uri) = (request.method()?, request.uri()?);
    let mut intake = receiver.begin_request(&method, &uri, &headers);
    intake.push(body.into());
    let received = intake.finish().map_err(invalid)?;
    let events = received.events().map_err(invalid)?;
    Ok(events
        .map(|event| event.map_or_else(|error| json!({ "error": error.to_string() }), |e| fields(&received, &e)))
        .collect())
}

fn fields(received: &Received, event: &Event<'_>) -> Value {
    json!({
        "type": event.event_type(),
        "id": event.id(),
        "unsigned_id": event.unsigned_id(),
        "time": event.time().and_then(|time| time.format(&Rfc3339).ok()),
        "version": event.version(),
        "data": event.data(),
        "type_signed": event.is_type_signed(),
        "test": received.provider().is_test(event),
    })
}

fn write(line: &str) -> Result<Value, Refusal> {
    let written: Written = serde_json::from_str(line).map_err(|error| not_a_request(&error))?;
    let (provider, now) = (provider_of(&written.provider)?, moment(written.now_unix)?);
    let mut event = Event::new(written.event_type, written.data).with_id(&written.id).with_time(now);
    if let Some(version) = written.version {
        event = event.with_version(version);
    }
    for (name, value) in written.fields {
        event = event.with_field(name, value).map_err(invalid)?;
    }
    let body = provider.encode(&event).map_err(invalid)?;
    let shape = provider.event_shape().ok_or_else(|| Refusal::Unsupported("no event shape".to_owned()))?;
    let mut headers = shape.headers(&event).map_err(invalid)?;
    let signer = provider.signer(secret(&written.secret)?).map_err(invalid)?;
    headers.extend(signer.sign_at(&written.id, &body, now).map_err(invalid)?);
    Ok(json!({ "headers": texts(&headers), "body_b64": BASE64.encode(&body) }))
}

/// A question, or the verdict on the answer to the last one.
fn ask(line: &str, last: &RefCell<Option<EndpointCheck>>) -> Result<String, Refusal> {
    if let Ok(answer) = serde_json::from_str::<Answered>(line) {
        let mut response = http::Response::new(BASE64.decode(&answer.body_b64).map_err(invalid)?);
        *response.status_mut() = answer.status.try_into().map_err(invalid)?;
        for (name, value) in &answer.headers {
            let name: HeaderName = name.parse().map_err(invalid)?;
            response.headers_mut().insert(name, HeaderValue::from_str(value).map_err(invalid)?);
        }
        let check = last.borrow();
        let check = check.as_ref().ok_or_else(|| Refusal::Unsupported("nothing was asked".to_owned()))?;
        return Ok(if check.is_passed(&response) { "passed" } else { "failed" }.to_owned());
    }
    let asked: Asked = serde_json::from_str(line).map_err(|error| not_a_request(&error))?;
    let provider = provider_of(&asked.provider)?;
    let handshake = provider.handshakes().get(asked.handshake);
    let handshake = handshake.ok_or_else(|| Refusal::Unsupported("no handshake".to_owned()))?;
    let (signer, uri) =
        (provider.signer(secret(&asked.secret)?).map_err(invalid)?, asked.url.parse().map_err(invalid)?);
    let check = match &asked.verify_token {
        Some(token) => EndpointCheck::new_with_token(handshake, &uri, &signer, &secret(token)?),
        None => EndpointCheck::new(handshake, &uri, &signer),
    };
    let check = check.map_err(invalid)?;
    let request = check.request();
    let (method, url) = (request.method().as_str(), request.uri().to_string());
    let body = BASE64.encode(request.body());
    let question = json!({ "method": method, "url": url, "headers": texts(request.headers()), "body_b64": body });
    *last.borrow_mut() = Some(check);
    Ok(question.to_string())
}

fn reply(line: &str) -> Result<Value, Refusal> {
    let request = Request::read(line)?;
    let (headers, body, now) = (request.headers(), request.body()?, request.now()?);
    let receiver = request.registered()?.raw().receiver(secret(&request.secret)?).map_err(invalid)?;
    let mut receiver: Receiver = receiver.with_clock(move || now);
    if let Some(token) = &request.verify_token {
        receiver = receiver.with_verify_token(secret(token)?).map_err(invalid)?;
    }
    let (method, uri) = (request.method()?, request.uri()?);
    let mut intake = receiver.begin_request(&method, &uri, &headers);
    intake.push(body.into());
    let response = match intake.finish() {
        Ok(_) => return Err(Refusal::Invalid("it is a delivery".to_owned())),
        Err(rejection) => rejection.to_response::<Vec<u8>>(),
    };
    let (status, body) = (response.status().as_u16(), BASE64.encode(response.body()));
    Ok(json!({ "status": status, "headers": texts(response.headers()), "body_b64": body }))
}

impl Request {
    fn read(line: &str) -> Result<Request, Refusal> {
        serde_json::from_str(line).map_err(|error| not_a_request(&error))
    }

    fn provider(&self) -> Result<&'static Provider, Refusal> {
        provider_of(&self.provider)
    }

    /// The provider with the URL that was registered, whatever it signs of the body.
    fn registered(&self) -> Result<Provider, Refusal> {
        let mut provider = self.provider()?.accept(Extent::Nothing);
        // The topic of the message: a receiver would list its own.
        let message = serde_json::from_slice::<Value>(&self.body()?).unwrap_or_default();
        if let Some(topic) = message["TopicArn"].as_str() {
            provider = provider.with_allowed([topic]);
        }
        provider.with_public_url(self.url.clone()).map_err(|error| Refusal::Unsupported(error.to_string()))
    }

    fn method(&self) -> Result<Method, Refusal> {
        self.method.parse().map_err(|_| Refusal::Unsupported(format!("method {}", self.method)))
    }

    fn uri(&self) -> Result<Uri, Refusal> {
        self.url.parse().map_err(|_| Refusal::Unsupported(format!("url {}", self.url)))
    }

    fn whole<'b>(&self, headers: &[(&str, &str)], body: &'b [u8]) -> Option<http::Request<&'b [u8]>> {
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method().ok()?;
        *request.uri_mut() = self.uri().ok()?;
        for (name, value) in headers {
            let name: HeaderName = name.parse().ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        Some(request)
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = Vec::new();
        for (name, values) in &self.headers {
            match values {
                Values::One(value) => headers.push((name.as_str(), value.as_str())),
                Values::Many(values) => headers.extend(values.iter().map(|value| (name.as_str(), value.as_str()))),
            }
        }
        headers
    }

    /// The provider's schemes, or its first one with the settings of `x_extra`.
    fn schemes(&self) -> Result<Cow<'static, [Scheme]>, Refusal> {
        let schemes = self.provider()?.schemes();
        let Some(extra) = &self.x_extra else { return Ok(Cow::Borrowed(schemes)) };
        let preset = &schemes[0];
        let mut scheme = preset.clone();
        if let Some(key) = &extra.key {
            let headers = scheme.headers().replace("{id}", key);
            scheme = Scheme::try_new(headers, scheme.covers().to_owned()).map_err(invalid)?;
        }
        if let Some(encoding) = extra.encoding.as_deref().filter(|encoding| *encoding != "hex") {
            let headers = scheme.headers().replace("{hex}", &format!("{{{encoding}}}"));
            scheme = Scheme::try_new(headers, scheme.covers().to_owned()).map_err(invalid)?;
        }
        match extra.hash.as_deref() {
            None | Some("SHA256") => {}
            Some("SHA512") => scheme = scheme.with_digest(Digest::Sha512),
            Some(other) => return Err(Refusal::Unsupported(format!("hash {other}"))),
        }
        match extra.digest.as_deref() {
            None | Some("sha1") => {}
            Some("sha256") => scheme = scheme.with_digest(Digest::Sha256),
            Some(other) => return Err(Refusal::Unsupported(format!("digest {other}"))),
        }
        if let Some(seconds) = extra.tolerance {
            scheme = scheme.with_past(seconds).with_future(seconds);
        }
        match scheme == *preset {
            true => Ok(Cow::Borrowed(schemes)),
            false => Ok(Cow::Owned(vec![scheme])),
        }
    }

    fn verifying_keys(&self) -> Result<Keyring, Refusal> {
        let provider = self.provider()?;
        let id = self.x_extra.as_ref().and_then(|extra| extra.kid.as_deref().or(extra.key_id.as_deref()));
        let is_public = self.secret.starts_with("whpk_") || provider.scheme().algorithm() != Algorithm::Hmac;
        let secret_of_api_key = |text: &str| match provider.name() {
            "livekit" => text.split_once(':').map_or_else(|| text.to_owned(), |(_, secret)| secret.to_owned()),
            _ => text.to_owned(),
        };
        if provider.name() == "upstash-qstash" {
            let secrets = self.secret.lines().map(secret).collect::<Result<Vec<_>, _>>()?;
            return Keyring::from_secrets(secrets).map_err(invalid);
        }
        if is_public {
            public_keys(&self.secret, id)
        } else {
            Ok(Keyring::new(secret(&secret_of_api_key(&self.secret))?))
        }
    }

    fn signing_keys(&self) -> Result<Keyring, Refusal> {
        let is_private = self.provider()?.scheme().algorithm() != Algorithm::Hmac;
        let key = |text: &str| if is_private { private_key(text) } else { Ok(Keyring::new(secret(text)?)) };
        match &self.x_extra {
            Some(Extra { primary: Some(primary), secondary: Some(secondary), .. }) => {
                key(primary)?.with_previous(key(secondary)?).map_err(invalid)
            }
            _ => key(&self.secret),
        }
    }

    fn body(&self) -> Result<Vec<u8>, Refusal> {
        BASE64.decode(&self.body_b64).map_err(|error| Refusal::Unsupported(format!("body_b64: {error}")))
    }

    fn now(&self) -> Result<OffsetDateTime, Refusal> {
        moment(self.now_unix)
    }
}

fn not_a_request(error: &serde_json::Error) -> Refusal {
    Refusal::Unsupported(format!("this is not a request: {error}"))
}

fn provider_of(name: &str) -> Result<&'static Provider, Refusal> {
    provider::by_name(name).ok_or_else(|| Refusal::Unsupported(format!("provider {name}")))
}

fn moment(seconds: i64) -> Result<OffsetDateTime, Refusal> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|error| Refusal::Unsupported(format!("now_unix: {error}")))
}

/// Public keys as the provider shows them: one, a set, or a map of names to keys.
#[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
fn public_keys(text: &str, id: Option<&str>) -> Result<Keyring, Refusal> {
    use hookseal::PublicKey;

    let named = serde_json::from_str::<BTreeMap<String, String>>(text);
    let keys = match named {
        Ok(named) => named
            .into_iter()
            .map(|(name, key)| Ok(PublicKey::new(&key)?.with_id(name)))
            .collect::<Result<Vec<_>, hookseal::ConfigError>>(),
        Err(_) if text.trim_start().starts_with('{') => PublicKey::set(text),
        Err(_) => PublicKey::new(text).map(|key| {
            vec![match id {
                Some(id) => key.with_id(id),
                None => key,
            }]
        }),
    };
    keys.and_then(Keyring::from_public_keys).map_err(invalid)
}

#[cfg(not(any(feature = "ed25519", feature = "p256", feature = "rsa")))]
fn public_keys(_: &str, _: Option<&str>) -> Result<Keyring, Refusal> {
    Err(Refusal::Unsupported("public keys, which need a feature".to_owned()))
}

#[cfg(feature = "ed25519")]
fn private_key(text: &str) -> Result<Keyring, Refusal> {
    hookseal::SigningKey::new(text).map(Keyring::from).map_err(invalid)
}

#[cfg(not(feature = "ed25519"))]
fn private_key(_: &str) -> Result<Keyring, Refusal> {
    Err(Refusal::Unsupported("private keys, which need the feature `ed25519`".to_owned()))
}

fn secret(text: &str) -> Result<Secret, Refusal> {
    Ok(Secret::new(text).map_err(invalid)?.allow_short())
}

fn invalid(error: impl std::fmt::Display) -> Refusal {
    Refusal::Invalid(error.to_string())
}
