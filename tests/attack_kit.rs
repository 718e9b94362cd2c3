//! The attack kit finds each kind of mistake, and nothing in an endpoint without one.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, IdempotencyRule, Provider};
use hookseal::receive::{Answer, Receiver, Rejection, Webhooks};
use hookseal::testing::{AttackKit, Reply, Report, Sender};
use hookseal::{EventError, EventShape, Keyring, Scheme, Secret, Verifier};
use http::{HeaderMap, Method, Request, Uri};
use serde_json::{Value, json};

use common::{is_signable, key, keys, registered};

mod common;

/// One way to get it wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    VerifiesNothing,
    ForgetsTheTime,
    ReformatsTheBody,
    ProcessesBeforeItVerifies,
    RefusesUnknownTypes,
    TakesTooLittle,
    TakesEverything,
    FailsOnForgeries,
    AcceptsForgeriesUnprocessed,
    SaysWhy,
    SaysWhatWouldBeRight,
    ProcessesDuplicates,
    RefusesDuplicates,
    ClaimsBeforeItVerifies,
    DeduplicatesByAnUnsignedId,
    DeduplicatesTooLate,
    KnowsTheEmptySecret,
    KnowsTheCurrentSecretOnly,
    LooksAtTheFirstOfTwoHeaders,
    ComparesAsFarAsItGoes,
    AcceptsAnotherScheme,
    FailsOnWhatIsNoJson,
    ProcessesNothing,
    TrustsForwardedHeaders,
    IgnoresTheQuery,
    IgnoresTheMethod,
}

struct Endpoint {
    fault: Fault,
    provider: Provider,
    verifier: Verifier,
    seen: Mutex<HashSet<String>>,
    processed: Arc<AtomicUsize>,
}

const TYPE: &str = "thing.happened";

/// Takes every type.
#[derive(serde::Deserialize)]
enum Anything {
    #[serde(other)]
    Event,
}

impl Endpoint {
    fn new(fault: Fault, provider: Provider) -> Endpoint {
        let keys = if fault == Fault::KnowsTheCurrentSecretOnly { keys(1, 1) } else { keys(1, 2) };
        let verifier = match fault {
            Fault::ForgetsTheTime => {
                let lax = provider.scheme().clone().with_past(100_000_000).with_future(100_000_000);
                Verifier::new(lax, keys).unwrap()
            }
            Fault::KnowsTheEmptySecret => {
                provider.verifier(keys.with_previous(Secret::from_bytes([0; 16]).unwrap()).unwrap()).unwrap()
            }
            _ => provider.verifier(keys).unwrap(),
        };
        Endpoint { fault, provider, verifier, seen: Mutex::default(), processed: Arc::default() }
    }

    async fn answer(&self, request: Request<Bytes>) -> (u16, String) {
        if let Some(answer) = self.handshake(&request) {
            return answer;
        }
        self.judge(request).await.unwrap_or_else(|refusal| refusal)
    }

    /// The answer to what is no delivery. The mistakes here are those of deliveries.
    fn handshake(&self, request: &Request<Bytes>) -> Option<(u16, String)> {
        let receiver: Receiver = self.provider.raw().receiver(keys(1, 2)).unwrap();
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        intake.push(request.body().clone());
        let rejection = intake.finish().err()?;
        let is_about_deliveries = (request.method() == "POST" || self.fault == Fault::IgnoresTheMethod)
            && !matches!(rejection, Rejection::Handshake(_));
        let answer = rejection.to_response::<Vec<u8>>();
        (!is_about_deliveries).then(|| (answer.status().as_u16(), String::from_utf8(answer.into_body()).unwrap()))
    }

    async fn judge(&self, request: Request<Bytes>) -> Result<(u16, String), (u16, String)> {
        let (mut parts, mut body) = request.into_parts();
        let limit = match self.fault {
            Fault::TakesTooLittle => 100_000,
            Fault::TakesEverything => usize::MAX,
            _ => usize::try_from(self.provider.max_received()).unwrap(),
        };
        if body.len() > limit {
            return Err((413, "too large".to_owned()));
        }
        match self.fault {
            Fault::ReformatsTheBody => body = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect(),
            Fault::ProcessesBeforeItVerifies => self.process(),
            Fault::ClaimsBeforeItVerifies if !self.is_new(&body) => return Ok(self.accepted()),
            Fault::LooksAtTheFirstOfTwoHeaders => parts.headers = first_of_each(&parts.headers),
            _ => {}
        }
        let mut elsewhere = None;
        match (self.fault, parts.headers.get("x-forwarded-host")) {
            (Fault::IgnoresTheMethod, _) => parts.method = Method::POST,
            (Fault::IgnoresTheQuery, _) => parts.uri = Uri::from_static("/hook"),
            (Fault::TrustsForwardedHeaders, Some(host)) => {
                let url = format!("https://{}/hook", host.to_str().unwrap());
                elsewhere = Some(self.provider.with_public_url(url).unwrap().verifier(keys(1, 2)).unwrap());
            }
            _ => {}
        }
        let request = Request::from_parts(parts, body);
        let (headers, body) = (request.headers(), request.body());
        let verified = match elsewhere.as_ref().unwrap_or(&self.verifier).verify_request(&request) {
            Ok(verified) => verified,
            Err(_) if self.is_let_in(headers, body) => {
                self.process();
                return Ok(self.accepted());
            }
            Err(error) => return Err(self.refusal(&error, body)),
        };
        let is_json = serde_json::from_slice::<Value>(body).is_ok();
        match self.provider.event(&verified) {
            _ if !is_json && self.fault == Fault::FailsOnWhatIsNoJson => return Err((500, "oops".to_owned())),
            Ok(event) if event.event_type() != type_of(&self.provider) && self.fault == Fault::RefusesUnknownTypes => {
                return Err((422, "unknown".to_owned()));
            }
            Ok(event) if event.event_type() != type_of(&self.provider) => return Ok(self.accepted()),
            Err(error) if error != hookseal::EventError::NoShape => return Err((400, "unreadable".to_owned())),
            _ => {}
        }
        let id = match self.fault {
            Fault::DeduplicatesByAnUnsignedId => verified.proof().unsigned_id().unwrap_or_default().to_owned(),
            _ => self.provider.idempotency_key(&verified, "").unwrap().to_string(),
        };
        if self.fault == Fault::DeduplicatesTooLate {
            let is_known = self.seen.lock().unwrap().contains(&id);
            tokio::task::yield_now().await;
            self.seen.lock().unwrap().insert(id);
            if is_known {
                return Ok(self.accepted());
            }
        } else if !self.seen.lock().unwrap().insert(id) {
            match self.fault {
                Fault::ProcessesDuplicates => {}
                Fault::RefusesDuplicates => return Err((422, "again".to_owned())),
                _ => return Ok(self.accepted()),
            }
        }
        if !matches!(self.fault, Fault::ProcessesNothing | Fault::ProcessesBeforeItVerifies) {
            self.process();
        }
        Ok(self.accepted())
    }

    /// Whether a request that is not authentic gets in.
    fn is_let_in(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        match self.fault {
            Fault::VerifiesNothing => true,
            Fault::ComparesAsFarAsItGoes => {
                let right = self.provider.signer(key(1)).unwrap().sign("id_1", body).unwrap();
                let mut signatures = right.iter().filter(|(_, value)| value.is_sensitive());
                signatures.all(|(name, right)| {
                    headers.get(name).is_some_and(|received| right.as_bytes().starts_with(received.as_bytes()))
                })
            }
            Fault::AcceptsAnotherScheme => provider::GITHUB.verifier(key(1)).unwrap().verify(headers, body).is_ok(),
            _ => false,
        }
    }

    fn refusal(&self, error: &hookseal::VerifyError, body: &[u8]) -> (u16, String) {
        match self.fault {
            Fault::FailsOnForgeries => (500, "oops".to_owned()),
            Fault::AcceptsForgeriesUnprocessed => (200, "accepted".to_owned()),
            Fault::SaysWhy => (401, error.to_string()),
            Fault::SaysWhatWouldBeRight => {
                let right = self.provider.signer(key(1)).unwrap().sign("id_1", body).unwrap();
                let right: Vec<_> = right.values().map(|value| value.to_str().unwrap()).collect();
                (401, format!("expected {}", right.join(" ")))
            }
            _ => (error.status().as_u16(), error.public_text().to_owned()),
        }
    }

    /// What the provider wants to hear.
    fn accepted(&self) -> (u16, String) {
        let text = self.provider.acknowledgement().map_or("accepted", |answer| answer.rsplit("\n\n").next().unwrap());
        (200, text.to_owned())
    }

    fn is_new(&self, body: &[u8]) -> bool {
        self.seen.lock().unwrap().insert(String::from_utf8_lossy(body).into_owned())
    }

    fn process(&self) {
        self.processed.fetch_add(1, Ordering::Relaxed);
    }
}

/// A type that the endpoint knows.
fn type_of(provider: &Provider) -> &str {
    let mut types = provider.event_types();
    match (types.next(), types.next()) {
        (Some(only), None) => only,
        _ => TYPE,
    }
}

fn first_of_each(headers: &HeaderMap) -> HeaderMap {
    headers.keys().map(|name| (name.clone(), headers[name].clone())).collect()
}

fn kit(provider: &Provider, keys: Keyring, processed: Arc<AtomicUsize>) -> AttackKit {
    let kit = match provider.event_shape() {
        _ if provider.schemes().iter().any(|scheme| scheme.covers().contains("{form|")) => {
            AttackKit::bodies(provider, keys, form_of(provider))
        }
        Some(_) => {
            AttackKit::events(provider, keys, type_of(provider), json!({"id": "thing_1", "note": "\u{e9}\u{1f980}"}))
        }
        None => AttackKit::bodies(provider, keys, |n| format!(r#"{{"n":{n},"taskId":"task_{n}","note":"é🦀"}}"#)),
    };
    kit.unwrap().with_effects(move || processed.load(Ordering::Relaxed))
}

/// The n-th form with an event of the type that the endpoint knows.
fn form_of(provider: &Provider) -> fn(usize) -> String {
    match provider.name() {
        "mandrill" => |n| {
            format!("mandrill_events=%5B%7B%22event%22%3A%22{TYPE}%22%2C%22_id%22%3A%22{n}%22%2C%22ts%22%3A17%7D%5D")
        },
        _ => |n| format!("MessageSid=SM{n}&MessageStatus={TYPE}&To=%2B15550100&Note=%C3%A9"),
    }
}

async fn attack(fault: Fault, provider: &Provider) -> Report {
    let provider = registered(provider);
    let endpoint = Endpoint::new(fault, provider.clone());
    let kit = kit(&provider, keys(1, 2), endpoint.processed.clone());
    kit.run(async |request| endpoint.answer(request).await).await.unwrap()
}

#[tokio::test]
async fn each_kind_of_mistake_is_found() {
    let (klang, github) = (&provider::KLANG, &provider::GITHUB);
    let (square, contentful) = (&provider::SQUARE, &provider::CONTENTFUL);
    // In the case, this is said.
    let mistakes = [
        (Fault::VerifiesNothing, klang, "no header at all", "should be refused"),
        (Fault::VerifiesNothing, klang, "signed with another secret", "should be refused"),
        (Fault::VerifiesNothing, klang, "a body with one bit flipped", "should be refused"),
        (Fault::ForgetsTheTime, klang, "signed long ago", "should be refused"),
        (Fault::ForgetsTheTime, klang, "signed far ahead", "should be refused"),
        (Fault::ReformatsTheBody, klang, "JSON in an unusual format, signed so", "should be accepted"),
        (Fault::ReformatsTheBody, klang, "a body with the same JSON, formatted otherwise", "should be refused"),
        (
            Fault::ProcessesBeforeItVerifies,
            klang,
            "signed with another secret",
            "was processed, and should have been refused first",
        ),
        (Fault::RefusesUnknownTypes, klang, "an event of a type added tomorrow", "should be accepted"),
        (Fault::TakesTooLittle, klang, "the largest body", "should be accepted"),
        (Fault::TakesEverything, klang, "one byte more than the largest body", "should be refused"),
        (Fault::FailsOnForgeries, klang, "signed with another secret", "answered 500 (oops), should be refused"),
        (
            Fault::AcceptsForgeriesUnprocessed,
            klang,
            "signed with another secret",
            "answered 200 (accepted), should be refused",
        ),
        (Fault::SaysWhy, klang, "the texts of refusals with 401", "should be one text"),
        (Fault::SaysWhatWouldBeRight, github, "signed with another secret", "contains the right signature"),
        (Fault::ProcessesDuplicates, klang, "the same request twice", "processed 2 times, should be once"),
        (Fault::ProcessesDuplicates, klang, "an attempt and the next one", "processed 2 times, should be once"),
        (Fault::RefusesDuplicates, klang, "the same request twice", "answered 422, should be accepted"),
        (Fault::ClaimsBeforeItVerifies, klang, "an event after a forged copy of it", "processed 0 times"),
        (Fault::DeduplicatesByAnUnsignedId, github, "a replay under another unsigned id", "processed 2 times"),
        (Fault::DeduplicatesTooLate, klang, "8 copies at the same time", "processed 8 times, should be once"),
        (Fault::KnowsTheEmptySecret, klang, "signed with the empty secret", "should be refused"),
        (Fault::KnowsTheCurrentSecretOnly, klang, "signed with previous secret 1", "should be accepted"),
        (Fault::LooksAtTheFirstOfTwoHeaders, klang, "header `x-klang-signature` occurs twice", "should be refused"),
        (Fault::ComparesAsFarAsItGoes, github, "header `x-hub-signature-256` is cut in half", "should be refused"),
        (Fault::AcceptsAnotherScheme, klang, "signed as github does", "should be refused"),
        (Fault::FailsOnWhatIsNoJson, klang, "signed: no JSON", "answered 500 (oops), should be no error"),
        (Fault::ProcessesNothing, klang, "signed with the current secret", "processed 0 times, should be once"),
        (
            Fault::TrustsForwardedHeaders,
            square,
            "signed for another host of the URL, which X-Forwarded headers name",
            "should be refused",
        ),
        (Fault::IgnoresTheQuery, square, "a query with one parameter more", "should be refused"),
        (Fault::IgnoresTheMethod, contentful, "sent with PUT", "should be refused"),
    ];
    for (fault, provider, case, problem) in mistakes {
        let report = attack(fault, provider).await;
        let found = |(c, p): (&str, &str)| c == case && p.contains(problem);
        let mut mistakes = report.mistakes().iter().map(|mistake| (&*mistake.case, &*mistake.problem));
        assert!(mistakes.any(found), "{fault:?}: nobody says `{case}: {problem}` in {report}");
    }
}

#[tokio::test]
async fn a_provider_with_one_secret_is_good_for_forty_to_a_hundred_cases_and_more_where_it_asks() {
    for provider in provider::ALL.iter().copied().filter(|provider| is_signable(provider)) {
        let asked = provider.handshakes().len();
        let provider = &registered(provider);
        let report = kit(provider, keys(1, 1), Arc::default()).run(async |_| 200).await.unwrap();
        let expected = 40 + 6 * asked..=100 + 40 * asked;
        assert!(expected.contains(&report.cases()), "{}: {}", provider.name(), report.cases());
    }
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is_wrong() {
    let is_single = |provider: &&Provider| !provider.event_shapes().iter().any(EventShape::is_batch);
    let has_key = |provider: &&Provider| provider.idempotency_rule() != IdempotencyRule::Nothing;
    let signable = provider::ALL.iter().copied().filter(|provider| is_signable(provider));
    for provider in signable.filter(is_single).filter(has_key) {
        let report = attack(Fault::None, provider).await;
        assert!(report.is_clean(), "{}: {report}", provider.name());
    }
}

#[tokio::test]
async fn a_receiver_with_its_store_passes_for_every_provider() {
    for provider in provider::ALL.iter().copied().filter(|provider| is_signable(provider)) {
        let provider = &registered(provider);
        let provider_with_key = match provider.idempotency_rule() {
            IdempotencyRule::Nothing => provider.clone().with_idempotency_rule(IdempotencyRule::Body).unwrap(),
            _ => provider.clone(),
        };
        let provider_with_events =
            if provider.event_shape().is_some() { provider_with_key.lossy() } else { provider_with_key.raw() };
        let receiver: Receiver = provider_with_events.receiver(keys(1, 2)).unwrap();
        let once = Once::new(MemoryStore::new(1000));
        let processed = Arc::new(AtomicUsize::new(0));
        let kit = kit(provider, keys(1, 2), processed.clone());
        let answer = async |request: Request<Bytes>| {
            let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
            intake.push(request.body().clone());
            let received = match intake.finish() {
                Ok(received) => received,
                Err(rejection) => return Reply::from(rejection.to_response::<Vec<u8>>()),
            };
            let process = || async {
                tokio::task::yield_now().await;
                processed.fetch_add(1, Ordering::Relaxed);
                Answer::Processed
            };
            let answer = match Webhooks::<Anything>::try_from(received.clone()) {
                Ok(mut webhooks) => {
                    while let Some(webhook) = webhooks.next() {
                        webhooks.record(match webhook.event.event_type() == type_of(provider) {
                            true => once.run(&webhook, process()).await,
                            false => Answer::Processed,
                        });
                    }
                    webhooks.answer()
                }
                Err(Rejection::Unreadable(EventError::NoShape)) => once.run(&received, process()).await,
                Err(rejection) => {
                    return Reply::from(rejection.to_response::<Vec<u8>>());
                }
            };
            Reply::from(answer.to_response::<Vec<u8>>())
        };
        let report = kit.run(answer).await.unwrap();
        assert!(report.is_clean(), "{}: {report}", provider.name());
    }
}

/// A header from which the event is read has its value, even if the signature covers it and another could stand there.
#[tokio::test]
async fn a_type_in_a_signed_header_is_that_of_the_event() {
    const SCHEME: Scheme = Scheme::new(
        "acme-id: {id}\nacme-timestamp: {timestamp}\nacme-signature: v1,{base64} ...",
        "{id}:{timestamp}:{header:acme-event}:{body}",
    );
    const SHAPE: EventShape = EventShape::new("acme-event: {type}\n\n{data}");
    let acme = Provider::new("acme", SCHEME).unwrap().with_event_shape(SHAPE).unwrap();
    let sender = Sender::new(&acme, key(0)).unwrap();
    let request = sender.event("/", TYPE, json!({"amount": 4500})).unwrap();
    assert_eq!(request.headers()["acme-event"], TYPE);

    let once = Once::new(MemoryStore::new(1000));
    let receiver: Receiver = acme.receiver(key(0)).unwrap();
    let processed = Arc::new(AtomicUsize::new(0));
    let counter = processed.clone();
    let kit = AttackKit::events(&acme, key(0), TYPE, json!({})).unwrap();
    let kit = kit.with_effects(move || counter.load(Ordering::Relaxed));
    let send = async |request: Request<Bytes>| {
        let mut intake = receiver.begin(request.headers());
        intake.push(request.body().clone());
        let received = match intake.finish() {
            Ok(received) => received,
            Err(rejection) => return rejection.status().as_u16(),
        };
        match received.event() {
            Ok(event) if event.event_type() == TYPE => {}
            Ok(_) => return 200,
            Err(error) => return error.status().as_u16(),
        }
        let answer = once.run(&received, async {
            processed.fetch_add(1, Ordering::Relaxed);
            Answer::Processed
        });
        answer.await.status().as_u16()
    };
    let report = kit.run(send).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

/// A body is sent as a form where the provider sends forms, and else as JSON, whatever is in it.
#[test]
fn a_sender_says_what_its_body_is() {
    const FORM: &str = "application/x-www-form-urlencoded";
    for (headers, covers, body, expected) in [
        ("S: {hex}", "{body}", "a=1", "application/json"),
        ("S: {hex}\n?v: {body|sha256-hex}", "{?v}", "a=1", "application/json"),
        ("S: {hex}", "{form|sorted}", "a=1", FORM),
        ("S: {hex}", "{&a}", "a=1", FORM),
        ("S: {hex}\n\n&a: 1", "{body}", "a=1", FORM),
    ] {
        let provider = Provider::new("acme", Scheme::try_new(headers, covers).unwrap()).unwrap();
        let request = Sender::new(&provider, key(0)).unwrap().body("https://x.example/", body);
        let request = request.unwrap_or_else(|error| panic!("{headers} {covers}: {error}"));
        assert_eq!(request.headers()["content-type"], expected, "{headers} {covers}");
    }
}

/// An endpoint that says what the provider does not understand gets every event again.
#[tokio::test]
async fn an_answer_that_the_provider_does_not_understand_is_found() {
    let provider = provider::CALLINTEL.clone().with_acknowledgement("[accepted]").unwrap();
    let receiver: Receiver = provider.receiver(key(0)).unwrap();
    for is_right in [true, false] {
        let once = Once::new(MemoryStore::new(1000));
        let kit = AttackKit::events(&provider, key(0), "call.completed", json!({})).unwrap();
        let send = async |request: Request<Bytes>| {
            let mut intake = receiver.begin(request.headers());
            intake.push(request.body().clone());
            let answer = match intake.finish() {
                Ok(received) => match received.event() {
                    Ok(_) => once.run(&received, async { Answer::Processed }).await,
                    Err(error) => error.into(),
                },
                Err(rejection) => return Reply::from(rejection.status().as_u16()),
            };
            let text = String::from_utf8(answer.body().into()).unwrap();
            let text = if is_right { text } else { text.replace("[accepted]", "ok") };
            Reply::from((answer.status().as_u16(), text))
        };
        let report = kit.run(send).await.unwrap().to_string();
        assert_eq!(report.contains("answered 200 (ok), should be 200 ([accepted])"), !is_right, "{report}");
        assert_eq!(report.contains("copies at the same time"), !is_right, "{report}");
    }
}
