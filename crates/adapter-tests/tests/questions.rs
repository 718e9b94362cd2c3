//! What the providers of the catalogue ask, as they send it, and in the ways in which others would: every server answers the
//! same.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::thread;

use bytes::Bytes;
use hookseal::delivery::EndpointCheck;
use hookseal::provider::{self, Provider};
use hookseal::testing::Sender;
use hookseal::{Digest, Handshake, Scheme, Secret, Signer};
use http::{HeaderName, HeaderValue, Method, Request};
use serde_json::{Value, json};
use time::OffsetDateTime;

use asking::{TOKEN, is_harmless, key_pair, ready, response, start, start_registering};
use common::key;
use server::Server;

#[path = "common/asking.rs"]
mod asking;
mod common;
#[path = "common/server.rs"]
mod server;

fn asking_providers() -> impl Iterator<Item = &'static Provider> {
    provider::ALL.iter().copied().filter(|provider| !provider.handshakes().is_empty())
}

fn brings_secret(provider: &Provider) -> bool {
    provider.handshakes().iter().any(|handshake| handshake.request().contains("{new-secret}"))
}

/// Where a field of the body is the secret, nothing can be signed, and nothing needs to be.
fn signer(provider: &Provider, n: u8) -> Signer {
    ready(provider).signer(key_pair(provider, n).0).unwrap_or_else(|_| provider::CALLINTEL.signer(key(n)).unwrap())
}

/// A MAC of a text under the key of the servers here.
fn mac(template: &'static str, digest: Digest, text: &str) -> String {
    let signer = Signer::new(Scheme::new(template, "{body}").with_digest(digest), key(1)).unwrap();
    signer.sign("", text.as_bytes()).unwrap()["mac"].to_str().unwrap().to_owned()
}

/// The requests are those of the providers' documentation and libraries. The MACs in the answers were made by Python's `hmac`.
#[tokio::test]
async fn recorded_questions_get_the_recorded_answers() {
    let mut asked = BTreeSet::new();
    for line in include_str!("questions.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let provider = provider::by_name(text("provider")).unwrap();
        asked.insert(provider.name());
        for server in Server::ALL {
            let uri = format!("/hook?{}", text("query"));
            let mut request = match row["signed"] == true {
                true => Sender::new(&ready(provider), key_pair(provider, 1).0)
                    .unwrap()
                    .body(uri.as_str(), text("body").to_owned())
                    .unwrap(),
                false => Request::post(uri).body(Bytes::from(text("body").to_owned())).unwrap(),
            };
            *request.method_mut() = text("method").parse().unwrap();
            for (name, value) in row["headers"].as_object().into_iter().flatten() {
                let name: HeaderName = name.parse().unwrap();
                request.headers_mut().insert(name, value.as_str().unwrap().parse().unwrap());
            }
            let reply = match brings_secret(provider) {
                true => start_registering(server, provider, key(1)).await.send(request).await,
                false => {
                    let (running, called) = start(server, provider, key_pair(provider, 1).1).await;
                    let reply = running.send(request).await;
                    assert_eq!(called.load(Ordering::Relaxed), 0, "{server:?}: {line}");
                    reply
                }
            };
            assert_eq!(u64::from(reply.status), row["status"].as_u64().unwrap(), "{server:?}: {line}: {}", reply.text);
            if text("answer") != "*" {
                assert_eq!(reply.text, text("answer"), "{server:?}: {line}");
            }
            for (name, value) in row["answer_headers"].as_object().into_iter().flatten() {
                assert_eq!(reply.headers[name], *value.as_str().unwrap(), "{server:?}: {line}");
            }
            assert!(is_harmless(&reply) && !reply.headers.contains_key("set-cookie"), "{server:?}: {line}");
        }
    }
    let all: BTreeSet<_> = asking_providers().map(Provider::name).collect();
    assert_eq!(asked, all, "a row for each provider that asks");
}

/// A platform of one's own asks with the value that its receivers answer with.
#[tokio::test]
async fn an_endpoint_is_checked_as_its_provider_would() {
    for server in Server::ALL {
        for provider in asking_providers() {
            let (running, called) = start(server, provider, key_pair(provider, 1).1).await;
            let context = format!("{}, {server:?}", provider.name());
            for handshake in provider.handshakes() {
                let check = |n: u8| {
                    let signer = signer(provider, n);
                    let (uri, token) = ("/hook".parse().unwrap(), Secret::new(TOKEN).unwrap());
                    EndpointCheck::new_with_token(handshake, &uri, &signer, &token).unwrap()
                };
                let right = check(1);
                let reply = running.send(right.request().clone().map(Bytes::from)).await;
                let answer = response(&reply);
                // No registration is pending here.
                let is_answered = !brings_secret(provider);
                assert_eq!(right.is_passed(&answer), is_answered, "{context}: {} {}", reply.status, reply.text);
                let has_challenge =
                    handshake.request().contains("{challenge") && handshake.answer().contains("{challenge");
                assert_eq!(
                    check(1).is_passed(&answer),
                    is_answered && !has_challenge,
                    "{context}: of another challenge"
                );
                let mut other = answer.clone();
                *other.status_mut() = http::StatusCode::ACCEPTED;
                assert!(!right.is_passed(&other), "{context}");
                if handshake.is_signed() {
                    let forged = check(2);
                    let reply = running.send(forged.request().clone().map(Bytes::from)).await;
                    assert_eq!(reply.status, 401, "{context}");
                    assert_eq!(
                        reply.text.is_empty(),
                        handshake.answer().starts_with(":status:"),
                        "{context}: {}",
                        reply.text
                    );
                    assert!(!forged.is_passed(&response(&reply)), "{context}");
                }
            }
            assert_eq!(called.load(Ordering::Relaxed), 0, "{context}");
        }
    }
}

/// Xero asks several times, and now and then with a wrong signature.
#[tokio::test]
async fn xero_gets_a_200_and_a_401_without_a_body() {
    const ASKED: &str = r#"{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}"#;
    let sender = |n: u8| Sender::new(&provider::XERO, key(n)).unwrap();
    let delivery = ASKED.replace("Sequence\":0", "Sequence\":1");
    let long = ASKED.replace("S0m3", &"S0m3".repeat(5000));
    for server in Server::ALL {
        let (running, called) = start(server, &provider::XERO, key(1)).await;
        for (n, body, status, is_empty, calls) in [
            (1, ASKED, 200, true, 0),
            (2, ASKED, 401, true, 0),
            (1, ASKED, 200, true, 0),
            (2, &delivery, 401, false, 0),
            (2, &long, 401, false, 0),
            (1, &long, 200, true, 0),
            (1, &delivery, 200, false, 1),
        ] {
            let request = sender(n).body("/hook", body.to_owned()).unwrap();
            let reply = running.send(request.clone()).await;
            let context = format!("{server:?}: {n}, {body:.60}");
            assert_eq!((reply.status, reply.text.is_empty()), (status, is_empty), "{context}: {}", reply.text);
            assert!(!is_empty || !reply.headers.contains_key("content-type"), "{context}");
            assert_eq!(called.load(Ordering::Relaxed), calls, "{context}");
        }
        // In pieces.
        let request = sender(2).body("/hook", ASKED).unwrap();
        let mut connection = running.connect().await;
        let signature = request.headers()["x-xero-signature"].to_str().unwrap();
        let head = format!(
            "POST /hook HTTP/1.1\r\nhost: x\r\nx-xero-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
            ASKED.len()
        );
        connection.write(head.as_bytes()).await;
        for piece in ASKED.as_bytes().chunks(20) {
            connection.write(piece).await;
            tokio::task::yield_now().await;
        }
        let reply = connection.reply().await.unwrap();
        assert_eq!((reply.status, reply.text.as_str()), (401, ""), "{server:?}");
    }
}

/// Where a challenge is answered with a MAC under the key that signs deliveries: the text that would be signed for a forged
/// delivery, as the challenge.
#[tokio::test]
async fn no_challenge_is_a_signing_oracle() {
    const FORGED: &str = r#"{"event":"meeting.deleted"}"#;
    // Wrike is not in the catalogue.
    const WRIKE: Handshake = Handshake::new(
        "X-Hook-Secret: {challenge:hex}\n\nrequestType: WebHook secret verification",
        ":status: 200\nX-Hook-Secret: {challenge|hmac-hex}",
    );
    let wrike =
        Provider::new("wrike", Scheme::new("X-Hook-Signature: {hex}", "{body}")).unwrap().with_handshakes([WRIKE]);
    let now = OffsetDateTime::now_utc();
    let cases = [
        (&provider::ZOOM, format!("v0:{}:{FORGED}", now.unix_timestamp()), "x-zm-signature", "mac: v0={hex}"),
        (&provider::X, FORGED.to_owned(), "x-twitter-webhooks-signature", "mac: sha256={base64}"),
        (&provider::LINKEDIN, format!("hmacsha256={FORGED}"), "x-li-signature", "mac: {hex}"),
        (&wrike, FORGED.to_owned(), "x-hook-signature", "mac: {hex}"),
    ];
    for (provider, challenge, header, template) in cases {
        let forged = provider.signer(key(1)).unwrap().sign_at("", FORGED.as_bytes(), now).unwrap();
        let signature = forged[header].to_str().unwrap();
        // What an endpoint would answer that signs whatever it is asked.
        assert_eq!(mac(template, Digest::Sha256, &challenge), signature, "{}: the attack is real", provider.name());
        let wanted =
            signature.split_once('=').map_or(signature, |(_, mac)| if mac.len() > 20 { mac } else { signature });
        for server in Server::ALL {
            let (running, _) = start(server, provider, key_pair(provider, 1).1).await;
            let mut replies = Vec::new();
            let question = EndpointCheck::new(
                &provider.handshakes()[0],
                &"/hook".parse().unwrap(),
                &provider.signer(key(1)).unwrap(),
            );
            // The provider's question, with the challenge in place of its own.
            let mut question = question.unwrap().request().clone().map(Bytes::from);
            match provider.name() {
                "zoom" => {
                    let body =
                        json!({"event": "endpoint.url_validation", "payload": {"plainToken": challenge}}).to_string();
                    replies.push(running.send(Request::post("/hook").body(Bytes::from(body.clone())).unwrap()).await);
                    question = Sender::new(provider, key(1)).unwrap().body("/hook", body).unwrap();
                }
                "wrike" => {
                    let value = HeaderValue::from_str(&challenge).unwrap();
                    question.headers_mut().insert("x-hook-secret", value.clone());
                    let mut unsigned = question.clone();
                    unsigned.headers_mut().remove("x-hook-signature").unwrap();
                    replies.push(running.send(unsigned).await);
                }
                _ => {
                    let name = question.uri().query().unwrap().split_once('=').unwrap().0.to_owned();
                    let encoded: String = challenge.bytes().map(|byte| format!("%{byte:02X}")).collect();
                    *question.uri_mut() = format!("/hook?{name}={encoded}").parse().unwrap();
                }
            }
            replies.push(running.send(question).await);
            for reply in replies {
                let context = format!("{}, {server:?}: {}", provider.name(), reply.text);
                assert!(!reply.text.contains(wanted), "{context}");
                assert!(
                    !reply.headers.values().any(|value| value.to_str().is_ok_and(|value| value.contains(wanted))),
                    "{context}"
                );
            }
        }
    }
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn pick(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count as u64).unwrap()
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.pick(of.len())]
    }
}

/// Texts that an endpoint must not sign: no alphabet of a challenge has all of their characters.
const FREE: [&str; 7] = ["<script>alert(1)</script>", "v0:1:{}", "{\"a\":1}", "hmacsha256={}", "\u{e9}", "a b", "a\"b"];

const TEXTS: [&str; 8] =
    ["", "a", "1158201444", "0", TOKEN, "890e4665-4dfe-4ab1-b689-ed553bceeed0", "MTVmMjZkOGQ=", "another-token-of-20b"];

/// The names in the lines of the provider's handshakes, each with a text that is right there.
#[derive(Default)]
struct Words<'h> {
    headers: Vec<(&'h str, &'h str)>,
    queries: Vec<(&'h str, &'h str)>,
    fields: Vec<(&'h str, &'h str)>,
}

impl<'h> Words<'h> {
    fn of(provider: &'h Provider) -> Words<'h> {
        let mut words = Words { queries: vec![("x", "")], ..Words::default() };
        for handshake in provider.handshakes() {
            let mut is_body = false;
            for (place, line) in handshake.request().lines().map(str::trim).enumerate() {
                let Some((name, value)) = line.rsplit_once(": ") else {
                    is_body |= place > 0;
                    continue;
                };
                let right = match value {
                    "{verify-token}" => TOKEN,
                    // Of digits, which every alphabet has.
                    _ if value.starts_with('{') => "1158201444",
                    _ => value,
                };
                match name.strip_prefix('?') {
                    _ if name == ":method" => {}
                    Some(name) => words.queries.push((name, right)),
                    None if is_body => words.fields.push((name, right)),
                    None => words.headers.push((name, right)),
                }
            }
        }
        words
    }

    fn request(&self, dice: &mut Dice) -> Request<Bytes> {
        let texts = [&TEXTS[..], &FREE[..]].concat();
        let text = |dice: &mut Dice, right: &'h str| if dice.pick(3) > 0 { right } else { dice.one(&texts) };
        let encoded = |dice: &mut Dice, right: &'h str| match dice.pick(16) {
            0 => "%zz".to_owned(),
            1 => "%ff".to_owned(),
            _ => text(dice, right).bytes().map(|byte| format!("%{byte:02x}")).collect(),
        };
        let times = |dice: &mut Dice| [1, 1, 1, 1, 0, 2][dice.pick(6)];
        let mut query: Vec<String> = Vec::new();
        for (name, right) in &self.queries {
            for _ in 0..times(dice) {
                query.push(format!("{name}={}", encoded(dice, right)));
            }
        }
        let (mut body, mut form) = (json!({}), Vec::new());
        for (name, right) in &self.fields {
            let text = text(dice, right);
            let value = match (dice.pick(8), text.parse::<u64>()) {
                (0, _) => continue,
                (1, _) => json!([text]),
                (_, Ok(number)) if dice.pick(2) == 0 => json!(number),
                _ => json!(text),
            };
            match name.strip_prefix('&') {
                Some(name) => form.push(format!("{name}={}", encoded(dice, right))),
                None => {
                    let mut place = &mut body;
                    for step in name.split('.') {
                        place = &mut place[step];
                    }
                    *place = value;
                }
            }
        }
        let body = match (dice.pick(8), form.is_empty()) {
            (0, _) => String::new(),
            (1, _) => "{\"a\":".to_owned(),
            (_, true) => body.to_string(),
            (_, false) => form.join("&"),
        };
        let methods =
            [Method::GET, Method::GET, Method::POST, Method::POST, Method::HEAD, Method::OPTIONS, Method::PUT];
        let method = methods[dice.pick(methods.len())].clone();
        let uri = format!("/hook?{}", query.join("&"));
        let mut request = Request::builder().method(method).uri(uri).body(Bytes::from(body)).unwrap();
        for (name, right) in &self.headers {
            for _ in 0..times(dice) {
                if let Ok(value) = HeaderValue::from_str(text(dice, right)) {
                    request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value);
                }
            }
        }
        request
    }
}

/// Nothing is reflected as a page, nothing is signed that was not asked for, and nothing panics.
#[test]
fn random_requests_get_no_page_and_no_signature() {
    let ask = |server| tokio::runtime::Runtime::new().unwrap().block_on(ask_at_random(server));
    let answered: BTreeSet<_> = thread::scope(|scope| {
        let servers = Server::ALL.map(|server| scope.spawn(move || ask(server)));
        servers.into_iter().flat_map(|server| server.join().unwrap()).collect()
    });
    let all: BTreeSet<_> = asking_providers().filter(|provider| !brings_secret(provider)).map(Provider::name).collect();
    assert_eq!(answered, all, "some random questions are right");
}

/// The providers whose questions were among them.
async fn ask_at_random(server: Server) -> BTreeSet<&'static str> {
    let mut answered = BTreeSet::new();
    for provider in asking_providers() {
        let (running, called) = start(server, provider, key_pair(provider, 1).1).await;
        let words = Words::of(provider);
        let signer = signer(provider, 1);
        let digest = provider.scheme().digest();
        let macs: Vec<_> = FREE
            .iter()
            .flat_map(|text| [mac("mac: {hex}", digest, text), mac("mac: {base64}", digest, text)])
            .collect();
        let (mut dice, mut signed) = (Dice(0x2545_f491_4f6c_dd1d), 0);
        for _ in 0..1000 {
            let mut request = words.request(&mut dice);
            if dice.pick(2) == 0 && signer.sign_request(&mut request, "evt_1").is_ok() {
                signed += 1;
            }
            let uri = request.uri().clone();
            let reply = running.send(request).await;
            let context = format!("{}, {server:?}: {uri}: {} {}", provider.name(), reply.status, reply.text);
            assert!(is_harmless(&reply) && !reply.text.contains('<'), "{context}");
            assert!((200..500).contains(&reply.status), "{context}");
            let said = format!("{} {:?}", reply.text, reply.headers);
            assert!(!macs.iter().any(|mac| said.contains(mac.as_str())), "{context}");
            assert!(said.len() < 2000 && !said.contains(&"j".repeat(32)), "{context}");
            // No answer to a delivery says so.
            if reply.status < 300 && reply.headers.contains_key("cache-control") {
                answered.insert(provider.name());
            }
        }
        assert!(called.load(Ordering::Relaxed) <= signed, "{}: without a signature", provider.name());
    }
    answered
}
