//! The attack kit against handshakes: nothing is found in the adapters, and each mistake of a home-made endpoint is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::web;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{any, post};
use bytes::Bytes;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::provider::{self, IdempotencyRule, Provider};
use hookseal::receive::{Answer, Received, Receiver};
use hookseal::testing::{AttackKit, Mistake, Report};
use hookseal::tower::WebhookLayer;
use hookseal::{Handshake, Scheme, Secret, Signer, Verifier};
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::{Value, json};
use tower::ServiceExt;

/// In every form that secrets have.
const SECRET: &str = "abababababababababababababababab";
const TOKEN: &str = "a verify token, of my own + choice";
const MAX_RECEIVED: usize = 100_000;

fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

/// One for each form of a handshake that no provider of the catalogue has.
fn platforms() -> Vec<Provider> {
    const SIGNED: Scheme = Scheme::new("Acme-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}");
    const BODY: Scheme = Scheme::new("Acme-Signature: {base64}", "{body}");
    const WITH_HEADER: Scheme = Scheme::new("Acme-Signature: {hex}", "{header:Acme-Topic}\n{body}");
    let echo = Handshake::new(":method: GET\n?challenge: {challenge:token}", "{challenge}");
    let handshakes = [
        (SIGNED, vec![echo.clone()]),
        (BODY, vec![Handshake::new(":method: GET\n?crc: {challenge:token}", r#"{"token":"{challenge|hmac-base64}"}"#)]),
        (BODY, vec![Handshake::new(":method: GET\n?c: {challenge:uuid}", r#"{"c":"{challenge|hmac-hex}"}"#)]),
        (SIGNED, vec![Handshake::new("?validationToken: {challenge}", "{challenge}").unsigned()]),
        (SIGNED, vec![Handshake::new("Acme-Challenge: {challenge}", "Acme-Challenge: {challenge}\n\n").unsigned()]),
        (BODY, vec![Handshake::new("Acme-Ask: {challenge:hex}\n\ntype: ask", "Acme-Tell: {challenge|hmac-hex}\n\n")]),
        (
            WITH_HEADER,
            vec![Handshake::new(":method: POST\n\ntype: ask\nc: {challenge:digits}", r#"{"c":{challenge}}"#)],
        ),
        (BODY, vec![Handshake::new("Acme-Sync: {challenge}", r#"{"challenge":"{challenge}"}"#)]),
        (SIGNED, vec![Handshake::new(":method: POST\n\ntype: ping", r#"{"type":"pong"}"#)]),
        (SIGNED, vec![Handshake::new(":method: GET\n?token: {verify-token}", ":status: 204")]),
        (SIGNED, vec![Handshake::new(":method: OPTIONS\nOrigin: acme.example", "Allowed: acme.example\n\n"), echo]),
        (SIGNED, vec![Handshake::new("\n\nchallenge: {challenge:token}", r#"{"challenge":"{challenge}"}"#).unsigned()]),
        (
            BODY,
            vec![Handshake::new("\n\n[].a.token: {verify-token}\n[].b: {challenge:token}", "{challenge}").unsigned()],
        ),
    ];
    let number = |(number, (scheme, handshakes)): (usize, (Scheme, Vec<Handshake>))| {
        Provider::new(format!("acme-{number}"), scheme).unwrap().with_handshakes(handshakes)
    };
    handshakes.into_iter().enumerate().map(number).collect()
}

fn providers() -> Vec<Provider> {
    let asking = provider::ALL.iter().filter(|provider| !provider.handshakes().is_empty());
    // The kit attacks signatures over headers and body: not secrets that each request has, and not signed URLs.
    let asking = asking.filter(|provider| provider.verifier(secret()).is_ok());
    asking.map(|provider| (*provider).clone()).chain(platforms()).collect()
}

fn receiver(provider: &Provider) -> Receiver {
    let provider = provider.raw();
    // The bodies of the kit are no events of the provider's.
    let provider = match provider.idempotency_rule() {
        IdempotencyRule::SignedId => provider,
        _ => provider.with_idempotency_rule(IdempotencyRule::Body).unwrap(),
    };
    let receiver = provider.receiver(secret()).unwrap().with_max_received(MAX_RECEIVED);
    receiver.with_verify_token(Secret::new(TOKEN).unwrap()).unwrap()
}

/// What processes each event once, and counts.
#[derive(Clone)]
struct Work {
    once: Once<MemoryStore>,
    processed: Arc<AtomicUsize>,
}

impl Work {
    fn new() -> Work {
        Work { once: Once::new(MemoryStore::new(1000)), processed: Arc::default() }
    }

    async fn hook(&self, received: Received) -> Answer {
        let process = async {
            self.processed.fetch_add(1, Ordering::Relaxed);
            Answer::Processed
        };
        self.once.run(&received, process).await
    }

    fn kit(&self, provider: &Provider) -> AttackKit {
        let processed = self.processed.clone();
        let kit = AttackKit::bodies(provider, secret(), |n| format!(r#"{{"n":{n},"at":{}}}"#, next())).unwrap();
        kit.with_uri("/hook?tenant=7".parse().unwrap())
            .with_max_received(MAX_RECEIVED)
            .with_effects(move || processed.load(Ordering::Relaxed))
    }
}

fn next() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn token() -> Secret {
    Secret::new(TOKEN).unwrap()
}

async fn attack_router(kit: &AttackKit, router: Router) -> Report {
    let send = async |request: Request<Bytes>| {
        let response = router.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, to_bytes(body, MAX_RECEIVED).await.unwrap())
    };
    kit.run(send).await.unwrap()
}

#[tokio::test]
async fn nothing_is_found_in_axum_with_the_layer_and_without() {
    for (provider, is_layered) in
        providers().into_iter().flat_map(|provider| [(provider.clone(), false), (provider, true)])
    {
        let work = Work::new();
        let handler = work.clone();
        let mut router = Router::new().route("/hook", any(async move |received| handler.hook(received).await));
        if is_layered {
            router = router.layer(WebhookLayer::<()>::new(receiver(&provider)));
        }
        let kit = work.kit(&provider).with_verify_token(token());
        let report = attack_router(&kit, router.with_state(receiver(&provider))).await;
        assert!(report.is_clean(), "{}, layered: {is_layered}: {report}", provider.name());
    }
}

#[actix_web::test]
async fn nothing_is_found_in_actix() {
    for provider in providers() {
        let work = Work::new();
        let hook = async |work: web::Data<Work>, received: Received| -> Answer { work.hook(received).await };
        let app = actix_web::App::new()
            .app_data(receiver(&provider))
            .app_data(web::Data::new(work.clone()))
            .route("/hook", web::route().to(hook));
        let app = actix_web::test::init_service(app).await;
        let send = async |request: Request<Bytes>| {
            let request = hookseal::actix::test_request(request).to_request();
            let response = actix_web::test::call_service(&app, request).await;
            let status = response.status().as_u16();
            let headers = response.headers().iter().map(|(name, value)| {
                (HeaderName::try_from(name.as_str()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
            });
            let headers = headers.collect();
            let text = actix_web::test::read_body(response).await;
            (status, headers, String::from_utf8(text.to_vec()).unwrap())
        };
        let report = work.kit(&provider).with_verify_token(token()).run(send).await.unwrap();
        assert!(report.is_clean(), "{}: {report}", provider.name());
    }
}

/// The headers of an answer and the verify token may be unknown, and the time may be another.
#[tokio::test]
async fn nothing_is_found_where_the_kit_knows_less() {
    let recorded = time::OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    for (provider, has_token) in
        providers().into_iter().flat_map(|provider| [(provider.clone(), true), (provider, false)])
    {
        let receiver = receiver(&provider).with_clock(move || recorded);
        let work = Work::new();
        let kit = work.kit(&provider).with_time(recorded);
        let kit = if has_token { kit.with_verify_token(token()) } else { kit };
        let send = async |request: Request<Bytes>| {
            let reply = answer(&receiver, &work, request).await;
            (reply.status().as_u16(), String::from_utf8(reply.into_body()).unwrap())
        };
        let report = kit.run(send).await.unwrap();
        assert!(report.is_clean(), "{}: {report}", provider.name());
    }
}

/// A server without an adapter.
async fn answer(receiver: &Receiver, work: &Work, request: Request<Bytes>) -> Response<Vec<u8>> {
    let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
    intake.push(request.body().clone());
    match intake.finish() {
        Ok(received) => work.hook(received).await.to_response(),
        Err(rejection) => rejection.to_response(),
    }
}

/// A route for `post` alone hides the question from the receiver.
#[tokio::test]
async fn an_endpoint_without_a_route_for_the_question_is_told_so() {
    for (is_told, kit_has_token) in [(true, true), (false, false)] {
        let work = Work::new();
        let handler = work.clone();
        let router = Router::new().route("/hook", post(async move |received| handler.hook(received).await));
        let kit = work.kit(&provider::META);
        let kit = if kit_has_token { kit.with_verify_token(token()) } else { kit };
        let report = attack_router(&kit, router.with_state(receiver(&provider::META))).await;
        let told: Vec<_> = report.mistakes().iter().map(ToString::to_string).collect();
        let expected = "handshake: asked rightly: answered 405, should be the answer that the provider expects. \
                        Let GET through to the receiver, in axum with `any` instead of `post`";
        assert_eq!(told, if is_told { vec![expected] } else { Vec::new() });
    }
}

/// One way to get it wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    AnswersNothing,
    SignsAnything,
    SignsAnythingBeforeItVerifies,
    AnswersBeforeItVerifies,
    ForgetsTheTime,
    AnswersAsAPage,
    AnswersWithoutAType,
    ComparesNoToken,
    ComparesAsFarAsItGoes,
    HasAnEmptyToken,
    TakesAnyLength,
    TakesTheFirstOfTwo,
    TakesAnyMethod,
    TakesAnySecret,
    PastesIntoAHeader,
    ProcessesTheQuestion,
    ProcessesDeliveriesOfAnyMethod,
    AnswersOnce,
    FailsOnStrangeChallenges,
    LeaksTheSecret,
}

/// A receiver, and before it a home-made answer to the handshakes of Zoom, Slack, Meta and Asana.
struct Endpoint {
    fault: Fault,
    provider: &'static Provider,
    receiver: Receiver,
    brought: Mutex<Option<Verifier>>,
    work: Work,
    answered: AtomicUsize,
}

impl Endpoint {
    async fn answer(&self, request: Request<Bytes>) -> Response<Vec<u8>> {
        match self.own(&request) {
            Some(answer) => answer,
            None => answer(&self.receiver, &self.work, request).await,
        }
    }

    /// The home-made answer.
    fn own(&self, request: &Request<Bytes>) -> Option<Response<Vec<u8>>> {
        let verifier = self.provider.verifier(secret()).unwrap();
        let is_authentic = verifier.verify(request.headers(), request.body()).is_ok();
        let process = || _ = self.work.processed.fetch_add(1, Ordering::Relaxed);
        let method = request.method().as_str();
        if self.fault == Fault::ProcessesDeliveriesOfAnyMethod && method == "PUT" && is_authentic {
            process();
            return Some(Response::new(Vec::new()));
        }
        if let Some(brought) = &*self.brought.lock().unwrap()
            && brought.verify(request.headers(), request.body()).is_ok()
        {
            process();
            return Some(Response::new(Vec::new()));
        }
        let Question { method: right_method, token, challenge } = self.read(request)?;
        if self.fault == Fault::AnswersNothing {
            return Some(Response::new(b"hello".to_vec()));
        }
        let is_right = match right_method {
            "GET" => match self.fault {
                Fault::ComparesNoToken => true,
                Fault::ComparesAsFarAsItGoes => token.is_some_and(|token| TOKEN.starts_with(&token)),
                Fault::HasAnEmptyToken => token.is_none_or(|token| token.is_empty() || token == TOKEN),
                _ => token.as_deref() == Some(TOKEN),
            },
            _ if self.fault == Fault::ForgetsTheTime => {
                let lax = self.provider.scheme().clone().with_past(100_000_000);
                Verifier::new(lax, secret()).unwrap().verify(request.headers(), request.body()).is_ok()
            }
            _ => {
                is_authentic
                    || matches!(
                        self.fault,
                        Fault::AnswersBeforeItVerifies | Fault::SignsAnythingBeforeItVerifies | Fault::TakesAnySecret
                    )
            }
        };
        let is_token = challenge.bytes().all(|c| c.is_ascii_alphanumeric());
        let is_sound = match self.fault {
            Fault::SignsAnything | Fault::SignsAnythingBeforeItVerifies | Fault::PastesIntoAHeader => true,
            Fault::AnswersAsAPage | Fault::AnswersWithoutAType => true,
            Fault::TakesAnyLength => is_token,
            _ => is_token && (1..=256).contains(&challenge.len()),
        };
        if self.fault == Fault::FailsOnStrangeChallenges && !is_sound {
            return Some(Response::builder().status(500).body(Vec::new()).unwrap());
        }
        if !is_right || !is_sound || !(method == right_method || self.fault == Fault::TakesAnyMethod) {
            return None;
        }
        if self.fault == Fault::ProcessesTheQuestion {
            process();
        }
        if self.answered.fetch_add(1, Ordering::Relaxed) > 0 && self.fault == Fault::AnswersOnce {
            return Some(Response::builder().status(409).body(Vec::new()).unwrap());
        }
        let mut answer = Response::builder();
        if self.fault == Fault::PastesIntoAHeader
            && let Some((_, pasted)) = challenge.split_once("\r\n")
        {
            let (name, value) = pasted.split_once(": ").unwrap();
            answer = answer.header(name, value);
        }
        answer = match self.fault {
            Fault::AnswersAsAPage => answer.header("content-type", "text/html; charset=utf-8"),
            Fault::AnswersWithoutAType => answer,
            _ => answer.header("content-type", "text/plain"),
        };
        let body = match self.provider.name() {
            "zoom" => {
                let mac = Signer::new(Scheme::new("mac: {hex}", "{body}"), secret()).unwrap();
                let mac = mac.sign("", challenge.as_bytes()).unwrap()["mac"].to_str().unwrap().to_owned();
                json!({"plainToken": challenge, "encryptedToken": mac}).to_string()
            }
            "asana" => {
                let secret = Secret::new(challenge.as_str()).ok()?;
                *self.brought.lock().unwrap() = Some(self.provider.verifier(secret).unwrap());
                String::new()
            }
            _ if self.fault == Fault::LeaksTheSecret => format!("{challenge} {SECRET}"),
            _ => challenge,
        };
        Some(answer.body(body.into_bytes()).unwrap())
    }

    /// Reads what is asked, and nothing about its alphabet.
    fn read(&self, request: &Request<Bytes>) -> Option<Question> {
        let body = serde_json::from_slice::<Value>(request.body()).unwrap_or_default();
        let posted = |challenge: &Value| {
            Some(Question { method: "POST", token: None, challenge: challenge.as_str()?.to_owned() })
        };
        let parameter = |name: &str| {
            let pairs = request.uri().query()?.split('&').filter_map(|pair| pair.split_once('='));
            let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value));
            let first = values.next()?;
            (values.next().is_none() || self.fault == Fault::TakesTheFirstOfTwo).then_some(first)
        };
        match self.provider.name() {
            "zoom" if body["event"] == "endpoint.url_validation" => posted(&body["payload"]["plainToken"]),
            "slack" if body["type"] == "url_verification" => posted(&body["challenge"]),
            "asana" => posted(&request.headers().get("x-hook-secret")?.to_str().ok()?.into()),
            "meta" => {
                let token = parameter("hub.verify_token");
                Some(Question { method: "GET", token, challenge: parameter("hub.challenge")? })
            }
            _ => None,
        }
    }
}

struct Question {
    method: &'static str,
    token: Option<String>,
    challenge: String,
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

async fn attack(fault: Fault, provider: &'static Provider) -> Report {
    let work = Work::new();
    let kit = work.kit(provider).with_verify_token(token());
    let endpoint = Endpoint {
        fault,
        provider,
        receiver: receiver(provider),
        brought: Mutex::default(),
        work,
        answered: AtomicUsize::new(0),
    };
    kit.run(async |request| endpoint.answer(request).await).await.unwrap()
}

#[tokio::test]
async fn each_kind_of_mistake_is_found() {
    let (zoom, slack, meta, asana) = (&provider::ZOOM, &provider::SLACK, &provider::META, &provider::ASANA);
    let oracle = "the answer contains the signature of a forged delivery";
    // In the case, this is said.
    let mistakes = [
        (Fault::AnswersNothing, zoom, "asked rightly", "answered 200 (hello), should be the answer that the provider"),
        (Fault::AnswersNothing, meta, "asked rightly", "answered 200 (hello), should be the answer that the provider"),
        (Fault::SignsAnything, zoom, "the signed text of a forged delivery as the challenge", oracle),
        (
            Fault::SignsAnythingBeforeItVerifies,
            zoom,
            "the signed text of a forged delivery as the challenge, unsigned",
            oracle,
        ),
        (Fault::AnswersBeforeItVerifies, zoom, "without a signature", "answered 200"),
        (Fault::AnswersBeforeItVerifies, zoom, "without a signature", "the answer repeats the challenge"),
        (Fault::AnswersBeforeItVerifies, zoom, "signed with another secret", "should be refused"),
        (Fault::AnswersBeforeItVerifies, slack, "signed for another challenge", "should be refused"),
        (Fault::ForgetsTheTime, zoom, "signed long ago", "should be refused"),
        (Fault::AnswersAsAPage, slack, "a challenge with markup", "repeats the challenge as HTML"),
        (Fault::AnswersAsAPage, meta, "a challenge with markup", "repeats the challenge as HTML"),
        (Fault::AnswersWithoutAType, slack, "a challenge with markup", "repeats the challenge as HTML"),
        (Fault::ComparesNoToken, meta, "another verify token", "should be refused"),
        (Fault::ComparesNoToken, meta, "no verify token", "the answer repeats the challenge"),
        (Fault::ComparesAsFarAsItGoes, meta, "half of the verify token", "should be refused"),
        (Fault::HasAnEmptyToken, meta, "an empty verify token", "should be refused"),
        (Fault::HasAnEmptyToken, meta, "no verify token", "should be refused"),
        (Fault::TakesAnyLength, zoom, "a challenge of 10000 characters", "the answer repeats the challenge"),
        (Fault::TakesAnyLength, slack, "a challenge of 10000 characters", "the answer repeats the challenge"),
        (Fault::TakesAnyLength, zoom, "an empty challenge", "the answer signs the challenge"),
        (Fault::TakesTheFirstOfTwo, meta, "the challenge twice", "should be refused"),
        (Fault::TakesTheFirstOfTwo, meta, "the verify token twice", "should be refused"),
        (Fault::TakesAnyMethod, meta, "asked with PUT", "should be refused"),
        (Fault::TakesAnyMethod, zoom, "asked with DELETE", "should be refused"),
        (Fault::TakesAnyMethod, slack, "asked with GET", "should be refused"),
        (Fault::TakesAnySecret, asana, "a signing secret while no registration is pending", "should be refused"),
        (Fault::TakesAnySecret, asana, "a delivery signed with that secret", "should be refused"),
        (Fault::TakesAnySecret, asana, "a delivery signed with that secret", "was processed"),
        (Fault::PastesIntoAHeader, meta, "a challenge with a line end", "adds a header to the answer"),
        (Fault::ProcessesTheQuestion, meta, "asked rightly", "should be answered without the handler"),
        (Fault::ProcessesDeliveriesOfAnyMethod, zoom, "a delivery with PUT", "should have been refused first"),
        (Fault::AnswersOnce, slack, "asked rightly, 8 times at once", "answered 409, should be the same answer"),
        (Fault::FailsOnStrangeChallenges, zoom, "a challenge with markup", "should be no error of the server's"),
        (Fault::LeaksTheSecret, meta, "asked rightly", "the answer contains the secret"),
    ];
    let mut reports = HashMap::new();
    for (fault, provider, case, problem) in mistakes {
        let key = format!("{fault:?} {}", provider.name());
        if !reports.contains_key(&key) {
            reports.insert(key.clone(), attack(fault, provider).await);
        }
        let (report, case) = (&reports[&key], format!("handshake: {case}"));
        let is_it = |mistake: &Mistake| mistake.case == case && mistake.problem.contains(problem);
        assert!(report.mistakes().iter().any(is_it), "{fault:?}: nobody says `{case}: {problem}` in {report}");
    }
}

/// Anyone can ask with a GET.
#[tokio::test]
async fn a_signing_oracle_is_found_in_a_query_and_in_a_header() {
    const SCHEME: Scheme = Scheme::new("Acme-Signature: {base64}", "{body}");
    let naive = Signer::new(SCHEME, secret()).unwrap();
    let sign = |text: &str| naive.sign("", text.as_bytes()).unwrap()["acme-signature"].clone();
    let query = Handshake::new(":method: GET\n?crc: {challenge:token}", r#"{"crc":"{challenge|hmac-base64}"}"#);
    let header = Handshake::new("Ask: {challenge:token}", "Tell: {challenge|hmac-base64}\n\n").unsigned();
    for (handshake, is_header) in [(query, false), (header, true)] {
        let acme = Provider::new("acme", SCHEME).unwrap().with_handshakes([handshake]);
        let (receiver, work) = (receiver(&acme), Work::new());
        let send = async |request: Request<Bytes>| {
            let asked = match is_header {
                true => request.headers().get("ask").map(|value| value.to_str().unwrap().to_owned()),
                false => request.uri().query().unwrap().split_once("crc=").map(|(_, value)| decoded(value)),
            };
            let Some(asked) = asked else { return answer(&receiver, &work, request).await };
            let (mac, response) = (sign(&asked), Response::builder().header("content-type", "application/json"));
            match is_header {
                true => response.header("tell", mac).body(Vec::new()).unwrap(),
                false => response.body(json!({"crc": mac.to_str().unwrap()}).to_string().into_bytes()).unwrap(),
            }
        };
        let report = work.kit(&acme).run(send).await.unwrap();
        let oracle = "handshake: the signed text of a forged delivery as the challenge: the answer contains the \
                      signature of a forged delivery: whoever asks can have deliveries signed";
        let said: Vec<_> = report.mistakes().iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|mistake| mistake == oracle), "{report}");
    }
}

/// The endpoint of the other test, without a mistake.
#[tokio::test]
async fn nothing_is_found_where_nothing_is_wrong() {
    for provider in [&provider::ZOOM, &provider::SLACK, &provider::META, &provider::ASANA] {
        let report = attack(Fault::None, provider).await;
        assert!(report.is_clean(), "{}: {report}", provider.name());
    }
}
