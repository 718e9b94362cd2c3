//! What providers ask before they deliver, answered by every server without the handler.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use hookseal::delivery::EndpointCheck;
use hookseal::provider::{self, Provider};
use hookseal::receive::{Answer, Receiver, Webhooks};
use hookseal::testing::Sender;
use hookseal::{Extent, Handshake, Scheme, Secret};
use http::{Method, Request};
use serde::Deserialize;

use asking::{TOKEN, is_harmless, serve, start};
use server::Server;

#[path = "common/asking.rs"]
mod asking;
mod common;
#[path = "common/server.rs"]
mod server;

const SECRET: &str = "a secret of twenty-some bytes";
const BROUGHT: &str = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";

fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

fn signed(provider: &Provider, body: &str) -> Request<Bytes> {
    Sender::new(provider, secret()).unwrap().body("/hook", body.to_owned()).unwrap()
}

fn get(query: &str) -> Request<Bytes> {
    Request::builder().method(Method::GET).uri(format!("/hook?{query}")).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn a_signed_challenge_is_echoed_and_a_forged_one_refused() {
    let cases = [
        (
            &provider::SLACK,
            r#"{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#,
            None,
            "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        ),
        (
            &provider::TWITCH,
            r#"{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"type":"channel.follow"}}"#,
            Some(("Twitch-Eventsub-Message-Type", "webhook_callback_verification")),
            "pogchamp-kappa-360noscope-vohiyo",
        ),
        (
            &provider::ZOOM,
            r#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}"#,
            None,
            r#"{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"41190a35ef2e7e92f20ddfb647ec6abf1d719099195d0d7389d5f050228a326e"}"#,
        ),
    ];
    for server in Server::ALL {
        for (provider, body, header, expected) in cases {
            let (running, called) = start(server, provider, secret()).await;
            let request = || {
                let mut request = signed(provider, body);
                if let Some((name, value)) = header {
                    request.headers_mut().insert(name, value.parse().unwrap());
                }
                request
            };
            let reply = running.send(request()).await;
            let context = format!("{}, {server:?}", provider.name());
            assert_eq!((reply.status, reply.text.as_str()), (200, expected), "{context}");
            assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{context}");
            assert_eq!(reply.headers["cache-control"], "no-store", "{context}");
            assert!(is_harmless(&reply), "{context}");

            let mut forged = request();
            let tampered = body.replace('3', "4").replace("kappa", "kapow").replace("qgg8", "qgg9");
            *forged.body_mut() = Bytes::from(tampered);
            assert_ne!(forged.body(), body.as_bytes());
            assert_eq!(running.send(forged).await.status, 401, "{context}");
            let mut unsigned = request();
            unsigned.headers_mut().clear();
            assert_eq!(running.send(unsigned).await.status, 400, "{context}");
            assert_eq!(called.load(Ordering::Relaxed), 0, "{context}: the handler is not called");

            // What is no challenge reaches the handler.
            assert_eq!(running.send(signed(provider, r#"{"type":"event_callback","event":"x"}"#)).await.status, 200);
            assert_eq!(called.load(Ordering::Relaxed), 1, "{context}");
        }
    }
}

#[tokio::test]
async fn a_get_with_the_verify_token_is_answered() {
    for server in Server::ALL {
        let (running, called) = start(server, &provider::META, secret()).await;
        let right = format!("hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=1158201444");
        let reply = running.send(get(&right)).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, "1158201444"), "{server:?}");
        assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
        for (query, status) in [
            ("hub.mode=subscribe&hub.verify_token=another-token-of-20b&hub.challenge=1", 401),
            ("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", 401),
            ("hub.mode=subscribe&hub.challenge=1", 400),
            ("", 400),
            (&format!("{right}&hub.challenge=2"), 400),
            (&format!("{right}&hub.verify_token=x"), 400),
            (&right.replace("1158201444", "<script>alert(1)</script>"), 400),
            (&right.replace("1158201444", "%3Cscript%3E"), 400),
            (&right.replace("1158201444", "%zz"), 400),
            (&right.replace("1158201444", &"x".repeat(257)), 400),
            (&right.replace("subscribe", "unsubscribe"), 400),
        ] {
            let Ok(uri) = format!("/hook?{query}").parse::<http::Uri>() else { continue };
            let request = Request::builder().method(Method::GET).uri(uri).body(Bytes::new()).unwrap();
            let reply = running.send(request).await;
            assert_eq!(reply.status, status, "{query}, {server:?}: {}", reply.text);
            assert!(is_harmless(&reply) && !reply.text.contains('<'), "{query}: {}", reply.text);
        }
        assert_eq!(called.load(Ordering::Relaxed), 0, "{server:?}");
    }
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_are_used() {
    for server in Server::ALL {
        for (provider, allowed) in [(&provider::STRIPE, "POST"), (&provider::META, "POST, GET")] {
            let (running, called) = start(server, provider, secret()).await;
            for method in [Method::GET, Method::PUT, Method::DELETE] {
                if allowed.contains(method.as_str()) {
                    continue;
                }
                let request = Request::builder().method(method).uri("/hook").body(Bytes::new()).unwrap();
                let reply = running.send(request).await;
                assert_eq!(reply.status, 405, "{server:?}");
                assert_eq!(reply.headers["allow"], allowed, "{server:?}");
            }
            assert_eq!(called.load(Ordering::Relaxed), 0);
        }
    }
}

/// The questions of providers that the catalogue does not have: the notation has a line for each, every server answers
/// it, and no answer is one to another challenge or another key.
#[tokio::test]
async fn the_questions_of_the_field_are_lines_of_the_notation() {
    let token = Secret::new(TOKEN).unwrap();
    let mut count = 0;
    for line in include_str!("handshakes.jsonl").lines() {
        let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
        let of = row.as_object_mut().unwrap().remove("of").unwrap();
        let handshake: Handshake = serde_json::from_value(row).unwrap();
        let provider = provider::CALLINTEL.clone().with_handshakes([handshake.clone()]);
        let signer = provider.signer(secret()).unwrap();
        for server in Server::ALL {
            let (running, called) = start(server, &provider, secret()).await;
            let uri: http::Uri = format!("http://{}/hook", running.address).parse().unwrap();
            let ask = || EndpointCheck::new_with_token(&handshake, &uri, &signer, &token).unwrap();
            let context = format!("{of}, {server:?}");
            let check = ask();
            let reply = running.send(check.request().clone().map(Bytes::from)).await;
            let mut answer = http::Response::new(reply.text);
            *answer.status_mut() = reply.status.try_into().unwrap();
            *answer.headers_mut() = reply.headers;
            assert!(check.is_passed(&answer), "{context}: {answer:?}");
            let is_echo = handshake.request().contains("{challenge");
            assert_eq!(ask().is_passed(&answer), !is_echo, "{context}: of another challenge");
            if handshake.is_signed() {
                let mut unsigned = check.request().clone().map(Bytes::from);
                unsigned.headers_mut().remove("x-callintel-signature").unwrap();
                let reply = running.send(unsigned).await;
                assert!((400..500).contains(&reply.status), "{context}: {}", reply.status);
            }
            assert_eq!(called.load(Ordering::Relaxed), 0, "{context}");
        }
        count += 1;
    }
    assert!(count > 12, "{count}");
}

/// Questions of providers that nobody signs, in the notation, and what they look like.
#[tokio::test]
async fn an_unsigned_question_in_a_body_is_answered_and_a_delivery_is_not_taken_for_one() {
    // Monday, Azure Event Grid, and Lark without encryption.
    let monday = Handshake::new("\n\nchallenge: {challenge:token}", r#"{"challenge":"{challenge}"}"#).unsigned();
    let event_grid = Handshake::new(
        "\n\n[].eventType: Microsoft.EventGrid.SubscriptionValidationEvent\n[].data.validationCode: {challenge:token}",
        r#"{"validationResponse":"{challenge}"}"#,
    )
    .unsigned();
    let lark = Handshake::new(
        "\n\ntype: url_verification\ntoken: {verify-token}\nchallenge: {challenge:token}",
        r#"{"challenge":"{challenge}"}"#,
    )
    .unsigned();
    let provider = |handshake: &Handshake| provider::CALLINTEL.clone().with_handshakes([handshake.clone()]);
    let grid = r#"[{"id":"2d1781af","topic":"/subscriptions/x","subject":"","data":{"validationCode":"512d38b6-c7b8-40c8"},"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent"}]"#;
    let lark_asks = format!(r#"{{"challenge":"ajls384k","token":"{TOKEN}","type":"url_verification"}}"#);
    let long = format!(r#"{{"challenge":"a","more":"{}"}}"#, "x".repeat(16 << 10));
    let cases = [
        (&monday, r#"{"challenge":"3eZbrw1aBm2r"}"#, 200, r#"{"challenge":"3eZbrw1aBm2r"}"#),
        (&monday, r#"{"challenge":"<b>"}"#, 400, ""),
        (&monday, r#"{"challenge":"a","challenge":"b"}"#, 400, ""),
        (&monday, r#"{"challenge":{"a":"b"}}"#, 400, ""),
        (&monday, &long, 400, ""),
        (&monday, "not JSON", 400, ""),
        (&monday, "", 400, ""),
        (&event_grid, grid, 200, r#"{"validationResponse":"512d38b6-c7b8-40c8"}"#),
        (&event_grid, "[]", 400, ""),
        (&event_grid, r#"[{"eventType":"Other","data":{"validationCode":"a"}}]"#, 400, ""),
        (&lark, &lark_asks, 200, r#"{"challenge":"ajls384k"}"#),
        (&lark, &lark_asks.replace(TOKEN, "another-token-of-30-characters"), 401, ""),
    ];
    for server in Server::ALL {
        for (handshake, body, status, answer) in cases {
            let (running, called) = start(server, &provider(handshake), secret()).await;
            let request = Request::post("/hook").body(Bytes::from(body.to_owned())).unwrap();
            let reply = running.send(request.clone()).await;
            let context = format!("{server:?}: {body:.90}");
            assert_eq!(reply.status, status, "{context}");
            assert!(is_harmless(&reply) && !reply.text.contains('<'), "{context}");
            if status == 200 {
                assert_eq!(reply.text, answer, "{context}");
            }
            // In many pieces too.
            let mut connection = running.connect().await;
            let head = format!("POST /hook HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
            connection.write(head.as_bytes()).await;
            for piece in body.as_bytes().chunks(1000) {
                connection.write(piece).await;
            }
            assert_eq!(connection.reply().await.map(|reply| reply.status), Some(status), "{context}");
            assert_eq!(called.load(Ordering::Relaxed), 0, "{context}");

            // With a signature it is a delivery: to the handler if that is right, and refused otherwise.
            assert_eq!(running.send(signed(&provider(handshake), body)).await.status, 200, "{context}");
            assert_eq!(called.load(Ordering::Relaxed), 1, "{context}");
            let mut forged = signed(&provider(handshake), body);
            *forged.body_mut() = Bytes::from(format!("{body} "));
            assert_eq!(running.send(forged).await.status, 401, "{context}");

            let uri: http::Uri = format!("http://{}/hook", running.address).parse().unwrap();
            let signer = provider(handshake).signer(secret()).unwrap();
            let token = Secret::new(TOKEN).unwrap();
            let check = EndpointCheck::new_with_token(handshake, &uri, &signer, &token).unwrap();
            let reply = running.send(check.request().clone().map(Bytes::from)).await;
            let mut answer = http::Response::new(reply.text);
            *answer.status_mut() = reply.status.try_into().unwrap();
            assert!(check.is_passed(&answer), "{context}");
            assert_eq!(called.load(Ordering::Relaxed), 1, "{context}");
        }
    }
}

/// What a provider says about the endpoint, or to try it.
#[derive(Debug, Deserialize, PartialEq)]
enum LifeCycle {
    #[serde(rename = "user_removed")]
    UserRemoved(serde_json::Value),
    #[serde(rename = "authorization_revoked")]
    AuthorizationRevoked(serde_json::Value),
    #[serde(rename = "ping")]
    Ping(serde_json::Value),
    #[serde(rename = "PING")]
    LoudPing(serde_json::Value),
    #[serde(rename = "pagey.ping")]
    PageyPing(serde_json::Value),
    #[serde(rename = "reauthorizationRequired")]
    ReauthorizationRequired(serde_json::Value),
    #[serde(rename = "subscriptionRemoved")]
    SubscriptionRemoved(serde_json::Value),
    #[serde(rename = "missed")]
    Missed(serde_json::Value),
    #[serde(rename = "page.feed")]
    Feed(serde_json::Value),
    #[serde(rename = "whatsapp_business_account.messages")]
    Messages(serde_json::Value),
    #[serde(rename = "endpoint.test")]
    EndpointTest(serde_json::Value),
}

/// Each is an event that a handler can name, in a batch too.
#[test]
fn life_cycle_messages_are_events() {
    let mut providers = BTreeSet::new();
    for line in include_str!("life_cycle.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let provider = provider::by_name(row["provider"].as_str().unwrap()).unwrap();
        providers.insert(provider.name());
        let secret = Secret::from_bytes([b'k'; 32]).unwrap();
        let ready = provider.clone().lossy().accept(Extent::Nothing);
        // Where a field of the body is the secret, the request is complete.
        let mut request = match Sender::new(&ready, secret.clone()) {
            Ok(sender) => sender.body("/", row["body"].to_string()).unwrap(),
            Err(_) => Request::post("/").body(Bytes::from(row["body"].to_string())).unwrap(),
        };
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.as_str().unwrap().parse().unwrap());
        }
        let receiver: Receiver = ready.receiver(secret).unwrap();
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        intake.push(request.body().clone());
        let mut webhooks: Webhooks<LifeCycle> = intake.finish().expect(line).try_into().expect(line);
        let mut types = Vec::new();
        while let Some(webhook) = webhooks.next() {
            types.push(serde_json::Value::from(webhook.event.event_type()));
            assert_eq!(webhook.received.idempotency_key().err(), None, "{line}");
            webhooks.record(Answer::Processed);
        }
        assert_eq!(serde_json::Value::from(types), row["types"], "{line}");
        assert_eq!(webhooks.answer(), Answer::Processed, "{line}");
    }
    assert!(providers.len() >= 8, "{providers:?}");
}

/// Where the signature or the secret is in the body too, only the body shows that a request has none.
#[tokio::test]
async fn an_unsigned_question_in_the_body_is_answered_wherever_the_signature_is() {
    const ASK: Handshake =
        Handshake::new("\n\nchallenge: {challenge:token}", r#"{"challenge":"{challenge}"}"#).unsigned();
    const BRING: Handshake = Handshake::new("\n\nnew.secret: {new-secret}", ":status: 200\nX-Secret: {challenge}");
    // The scheme, and a body with a wrong signature under it.
    let schemes = [
        (Scheme::new("Acme-Signature: {hex}", "{body}"), None),
        (Scheme::new("\n\ntoken: {secret}", ""), Some(r#"{"challenge":"abc","token":"another of twenty-some bytes"}"#)),
        (
            Scheme::new("\n\nsignature: {hex}", "{$.id}"),
            Some(
                r#"{"challenge":"abc","id":7,"signature":"0000000000000000000000000000000000000000000000000000000000000000"}"#,
            ),
        ),
    ];
    for ((scheme, forged), server) in schemes.iter().flat_map(|case| Server::ALL.map(|server| (case, server))) {
        let provider =
            Provider::new("acme", scheme.clone()).unwrap().with_handshakes([ASK, BRING]).accept(Extent::Nothing).raw();
        let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
        let list = kept.clone();
        let receiver: Receiver = provider.refusing_receiver("").unwrap().with_registration(move |secret: &Secret| {
            list.lock().unwrap().push(secret.expose().unwrap().to_owned());
            Ok::<_, std::io::Error>(())
        });
        let (running, called) = serve(server, receiver).await;
        let context = format!("{scheme:?}, {server:?}");
        let send = async |body: &str| {
            let request = Request::post("/hook").body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
            running.send(request).await
        };
        let reply = send(r#"{"challenge":"abc"}"#).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"challenge":"abc"}"#), "{context}");
        if let Some(forged) = forged {
            assert_eq!(send(forged).await.status, 401, "{context}: no question, but a forged delivery");
        }
        for neither in
            [r#"{"id":7}"#, "no JSON", "", &format!(r#"{{"challenge":"abc","fill":"{}"}}"#, " ".repeat(17_000))]
        {
            assert_eq!(send(neither).await.status, 400, "{context}: {neither:.20}");
        }
        let reply = send(&format!(r#"{{"new":{{"secret":"{BROUGHT}"}}}}"#)).await;
        assert_eq!(reply.status, 200, "{context}");
        assert_eq!(*kept.lock().unwrap(), [BROUGHT], "{context}");
        assert_eq!(called.load(Ordering::Relaxed), 0, "{context}");
    }
}

/// The MAC for an unknown name is like that for a tenant: the same each time, and for no other name or provider.
#[test]
fn a_handshake_with_a_mac_is_answered_for_nobody_as_for_somebody() {
    let mac = |receiver: Receiver, query: &str| {
        let headers = http::HeaderMap::new();
        let uri = format!("/hook?{query}").parse().unwrap();
        let rejection = receiver.begin_request(&Method::GET, &uri, &headers).finish().unwrap_err();
        let response: http::Response<Vec<u8>> = rejection.to_response();
        assert_eq!(response.status(), 200, "{query}");
        String::from_utf8(response.into_body()).unwrap()
    };
    const ECHO: Handshake = Handshake::new(":method: GET\n?echo: {challenge:token}", "{challenge|hmac-hex}");
    const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}");
    let acme = |name: &'static str| Provider::new(name, ACME).unwrap().with_handshakes([ECHO]).raw();
    let cases = [
        (provider::X.raw(), "crc_token=abc"),
        (provider::LINKEDIN.raw(), "challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0"),
        (acme("acme"), "echo=abc"),
        (acme("acme-shop"), "echo=abc"),
    ];
    let shared = || Secret::new("which all processes have, and nobody else").unwrap();
    let mut all = Vec::new();
    for (provider, query) in &cases {
        // Of one provider, the name that continues that of the other.
        for name in ["shop-7", "shop-8", "", "-shopshop-7", "shop-7\u{0}"] {
            let own = || mac(provider.refusing_receiver(name).unwrap(), query);
            let given = || mac(provider.refusing_receiver_with(name, &shared()).unwrap(), query);
            assert_eq!(own(), own(), "{}, {name:?}", provider.name());
            assert_eq!(given(), given(), "{}, {name:?}", provider.name());
            all.extend([own(), given()]);
        }
        let tenant = || mac(provider.receiver(secret()).unwrap(), query);
        assert_eq!(tenant(), tenant());
        assert_eq!(tenant().len(), all.last().unwrap().len());
        all.extend([tenant(), mac(provider.receiver(shared()).unwrap(), query)]);
    }
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    // The two providers of one scheme have the same MACs for the same secret.
    assert_eq!(distinct.len(), all.len() - 2, "{all:#?}");
}

/// Whoever asks every name learns nothing from the answers.
#[tokio::test]
async fn a_handshake_does_not_tell_which_tenants_exist() {
    const ECHO: Handshake = Handshake::new(":method: GET\n?echo: {challenge:token}", "{challenge}");
    const OPEN: Handshake = Handshake::new("?open: {challenge:token}", "{challenge}").unsigned();
    let mut handshakes: Vec<_> = provider::META.handshakes().to_vec();
    handshakes.extend([ECHO, OPEN]);
    handshakes.extend(provider::ASANA.handshakes().to_vec());
    let provider = provider::META.clone().with_handshakes(handshakes).raw();
    let token = || Secret::new(TOKEN).unwrap();
    let somebody: Receiver = provider.receiver(secret()).unwrap().with_verify_token(token()).unwrap();
    let nobody: Receiver = provider.refusing_receiver("nobody").unwrap();
    let ask = |receiver: &Receiver, method: &Method, query: &str, headers: &http::HeaderMap| {
        let uri = format!("/hook?{query}").parse().unwrap();
        let rejection = receiver.begin_request(method, &uri, headers).finish().unwrap_err();
        let response: http::Response<Vec<u8>> = rejection.to_response();
        (response.status(), response.headers().clone(), response.into_body())
    };
    let brought = http::HeaderMap::from_iter([("x-hook-secret".parse().unwrap(), "x".repeat(40).parse().unwrap())]);
    for (method, query, headers) in [
        (Method::GET, "echo=7", &http::HeaderMap::new()),
        (Method::POST, "open=7", &http::HeaderMap::new()),
        (Method::POST, "", &brought),
        (Method::POST, "", &http::HeaderMap::new()),
        (
            Method::GET,
            "hub.mode=subscribe&hub.verify_token=another-of-30-characters&hub.challenge=7",
            &http::HeaderMap::new(),
        ),
        (Method::GET, "", &http::HeaderMap::new()),
        (Method::PUT, "", &http::HeaderMap::new()),
    ] {
        let answers = [&somebody, &nobody].map(|receiver| ask(receiver, &method, query, headers));
        assert_eq!(answers[0], answers[1], "{method} {query}");
    }
}

#[test]
fn a_refused_handshake_says_why_in_the_log_alone() {
    let token = || Secret::new(TOKEN).unwrap();
    let without: Receiver = provider::META.receiver(secret()).unwrap();
    let with: Receiver = provider::META.receiver(secret()).unwrap().with_verify_token(token()).unwrap();
    let right = format!("hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=7");
    for (receiver, query, status, reason) in [
        (&without, right.clone(), 401, "the handshake has a verify token, and the receiver has none"),
        (&with, right.replace(TOKEN, "x"), 401, "the handshake has another verify token"),
        (&with, right.replace("=7", "=<b>"), 400, "no handshake of this provider: `?hub.challenge` has another value"),
        (
            &with,
            right.replace("&hub.challenge=7", ""),
            400,
            "no handshake of this provider: `?hub.challenge` is not in",
        ),
    ] {
        let uri = format!("/hook?{}", query.replace('<', "%3C").replace('>', "%3E")).parse().unwrap();
        let headers = http::HeaderMap::new();
        let rejection = receiver.begin_request(&Method::GET, &uri, &headers).finish().unwrap_err();
        assert_eq!(rejection.status(), status, "{query}");
        assert!(rejection.to_string().starts_with(reason), "{query}: {rejection}");
        assert!(!rejection.public_text().contains("token"), "{query}");
    }
    let short = provider::META.receiver(secret()).unwrap().with_verify_token(Secret::new("short").unwrap());
    assert_eq!(short.unwrap_err().to_string(), "the verify token has 5 bytes, fewer than 16");
    let allowed = Secret::new("short").unwrap().allow_short();
    assert!(provider::META.receiver(secret()).unwrap().with_verify_token(allowed).is_ok());
}

/// Asana and Clio bring the secret in a header of the first request, Notion in its body.
#[tokio::test]
async fn a_secret_is_taken_once_and_only_while_a_registration_is_pending() {
    let in_header = |secret: &str| Request::post("/hook").header("X-Hook-Secret", secret).body(Bytes::new()).unwrap();
    let in_body = |secret: &str| {
        let body = serde_json::json!({"verification_token": secret}).to_string();
        Request::post("/hook").header("content-type", "application/json").body(Bytes::from(body)).unwrap()
    };
    type Bring<'b> = &'b dyn Fn(&str) -> Request<Bytes>;
    let cases: [(_, Bring<'_>, _); 3] = [
        (&provider::ASANA, &in_header, true),
        (&provider::CLIO, &in_header, true),
        (&provider::NOTION, &in_body, false),
    ];
    for (server, (provider, bring, is_repeated)) in
        Server::ALL.into_iter().flat_map(|server| cases.map(move |case| (server, case)))
    {
        let context = format!("{}, {server:?}", provider.name());
        // None is pending: nobody can set a key.
        let (running, _) = start(server, provider, secret()).await;
        assert_eq!(running.send(bring(BROUGHT)).await.status, 401, "{context}");

        let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
        let list = kept.clone();
        let receiver: Receiver = provider.refusing_receiver("nobody").unwrap();
        let receiver = receiver.with_registration(move |secret: &Secret| {
            let mut kept = list.lock().unwrap();
            kept.push(secret.expose().unwrap().to_owned());
            // The database is down at the first attempt.
            if kept.len() == 1 { Err("down") } else { Ok(()) }
        });
        let (running, called) = serve(server, receiver).await;
        let delivery = |secret: &str| {
            let sender = Sender::new(provider, Secret::new(secret).unwrap()).unwrap();
            sender.body("/hook", r#"{"events":[]}"#).unwrap()
        };
        assert_eq!(running.send(delivery(BROUGHT)).await.status, 401, "{context}: before");
        for wrong in ["", "short", "with blanks in it, which no token has", "<script>alert(1)</script>"] {
            // Without a signature either, it is no delivery.
            let status = running.send(bring(wrong)).await.status;
            assert!(matches!(status, 400 | 401), "{context}: {wrong}: {status}");
        }
        assert_eq!(running.send(bring(BROUGHT)).await.status, 503, "{context}: not kept");
        let reply = running.send(bring(BROUGHT)).await;
        assert_eq!(reply.status, 200, "{context}");
        assert_eq!(
            reply.headers.get("x-hook-secret").is_some_and(|secret| secret == BROUGHT),
            is_repeated,
            "{context}"
        );
        assert!(!reply.text.contains(BROUGHT), "{context}");
        assert_eq!(*kept.lock().unwrap(), [BROUGHT, BROUGHT], "{context}");
        assert_eq!(running.send(bring("another-secret-of-thirty-two-bytes")).await.status, 401, "{context}: once");
        assert_eq!(called.load(Ordering::Relaxed), 0, "{context}");
        assert_eq!(running.send(delivery(BROUGHT)).await.status, 200, "{context}: after");
        assert_eq!(running.send(delivery("another-secret-of-thirty-two-bytes")).await.status, 401, "{context}");
        assert_eq!(called.load(Ordering::Relaxed), 1, "{context}");
    }
}
