//! Schemes that read more than headers and body, through every server: forms, queries, deliveries by `GET`, tokens, and a
//! public URL that no server knows by itself.

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use hookseal::provider::Provider;
use hookseal::receive::{Received, Receiver};
use hookseal::tower::WebhookLayer;
use hookseal::{Extent, Scheme, Secret, Signer};
use http::Request;

use actix_web::web;
use server::{App, Log, Server};

mod common;
#[path = "common/server.rs"]
mod server;

const SECRET: &str = "a secret of twenty-some bytes";
/// What the provider knows, and what reaches the server through a proxy that strips a prefix and has a name of its own.
const PUBLIC: &str = "https://hooks.example.com/acme/hook";

const TWILIO: &[(&str, &str)] = &[
    ("S: {base64}\n?bodySHA256: {body|sha256-hex}", "{url}"),
    (":method: POST\nS: {base64}", "{url}{form|sorted}"),
    (":method: GET | POST\nS: {base64}\n\n{empty}", "{url}"),
];
const SQUARE: &[(&str, &str)] = &[("S: {base64}", "{url}{body}")];
const HUBSPOT: &[(&str, &str)] = &[("T: {timestamp:ms}\nS: {base64}", "{method}{url}{body}{timestamp}")];
const TOKEN: &[(&str, &str)] = &[("X-Token: {secret}", "")];
const FIELD: &[(&str, &str)] = &[("\n\nvalue[].clientState: {secret}", "")];

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

fn base64(content: &str) -> String {
    const CONTENT: Scheme = Scheme::new("S: {base64}", "{body}");
    Signer::new(CONTENT, secret()).unwrap().sign("", content.as_bytes()).unwrap()["s"].to_str().unwrap().to_owned()
}

fn hash(body: &str) -> String {
    const HASHED: Scheme = Scheme::new("S: {hex}\nH: {body|sha256-hex}", "{header:H}");
    Signer::new(HASHED, secret()).unwrap().sign("", body.as_bytes()).unwrap()["h"].to_str().unwrap().to_owned()
}

fn receiver(schemes: &[(&'static str, &'static str)]) -> Receiver {
    let schemes: Vec<Scheme> =
        schemes.iter().map(|(lines, covers)| Scheme::try_new(*lines, *covers).unwrap()).collect();
    let provider = Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes).unwrap();
    let provider = provider.with_public_url(PUBLIC).unwrap().accept(Extent::Nothing).raw();
    provider.receiver(secret()).unwrap()
}

/// The receiver behind a route for any method, below a prefix that the framework strips, and what its handler was given.
fn app(receiver: &Receiver, log: &Log) -> App {
    let handler = log.noting(|received: Received| String::from_utf8_lossy(received.body()).into_owned());
    let router = Router::new().route("/hook", any(handler.clone())).with_state(receiver.clone());
    let layered = Router::new().nest("/inner", router.clone().layer(WebhookLayer::new(receiver.clone())));
    let receiver = receiver.clone();
    App::default().merge(Router::new().nest("/inner", router), layered).actix(move |config| {
        let resource = web::resource("/hook").app_data(receiver.clone()).to(handler.clone());
        config.service(web::scope("/inner").service(resource));
    })
}

#[tokio::test]
async fn every_server_hands_over_what_schemes_read() {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let json = r#"{"event":"call.ended"}"#;
    let hashed = format!("?bodySHA256={}", hash(json));
    let large = format!("a={}", "x".repeat(300_000));
    let states = |last: &str| format!(r#"{{"value":[{{"clientState":"{SECRET}"}},{{"clientState":"{last}"}}]}}"#);
    let signed = |query: &str, rest: &str| base64(&format!("{PUBLIC}{query}{rest}"));
    let timed = |method: &str| base64(&format!("{method}{PUBLIC}{json}{now}"));
    let cases: Vec<(_, &str, &str, &str, String, String, u16)> = vec![
        (TWILIO, "POST", "", FORM, "From=1&Body=a+b".to_owned(), signed("", "Bodya bFrom1"), 200),
        (TWILIO, "POST", "", FORM, "From=2&Body=a+b".to_owned(), signed("", "Bodya bFrom1"), 401),
        (TWILIO, "POST", "", FORM, large.clone(), signed("", &large.replace('=', "")), 200),
        (TWILIO, "POST", "", FORM, "Body=%zz".to_owned(), signed("", "Body%zz"), 400),
        (TWILIO, "POST", &hashed, JSON, json.to_owned(), signed(&hashed, ""), 200),
        (TWILIO, "POST", &hashed, JSON, String::new(), signed(&hashed, ""), 400),
        (TWILIO, "GET", &hashed, JSON, String::new(), signed(&hashed, ""), 400),
        (TWILIO, "POST", "?", FORM, format!("b=odySHA256%3D{}", hash(json)), signed(&hashed, ""), 400),
        (TWILIO, "GET", "?From=%2B1&a=b%20c", JSON, String::new(), signed("?From=%2B1&a=b%20c", ""), 200),
        (TWILIO, "GET", "?From=+1&a=b%20c", JSON, String::new(), signed("?From=%2B1&a=b%20c", ""), 401),
        (TWILIO, "PUT", "?From=1", JSON, String::new(), signed("?From=1", ""), 405),
        (SQUARE, "POST", "", JSON, json.to_owned(), signed("", json), 200),
        (SQUARE, "POST", "?a=1", JSON, json.to_owned(), signed("?a=1", json), 400),
        (SQUARE, "POST", "", JSON, json.to_owned(), base64(&format!("https://evil.example/acme/hook{json}")), 401),
        (SQUARE, "GET", "", JSON, String::new(), signed("", ""), 405),
        (HUBSPOT, "POST", "", JSON, json.to_owned(), timed("POST"), 200),
        (HUBSPOT, "PATCH", "", JSON, json.to_owned(), timed("PATCH"), 200),
        (HUBSPOT, "PATCH", "", JSON, json.to_owned(), timed("POST"), 401),
        (TOKEN, "POST", "", JSON, json.to_owned(), SECRET.to_owned(), 200),
        (TOKEN, "POST", "", JSON, json.to_owned(), format!("{SECRET}x"), 401),
        (TOKEN, "GET", "", JSON, String::new(), SECRET.to_owned(), 405),
        (FIELD, "POST", "", JSON, states(SECRET), String::new(), 200),
        (FIELD, "POST", "", JSON, states("wrong"), String::new(), 401),
        (FIELD, "POST", "", JSON, "[".repeat(100_000), String::new(), 400),
    ];
    for server in Server::ALL {
        for (schemes, method, query, kind, body, signature, status) in &cases {
            let log = Log::default();
            let running = server.start(&app(&receiver(schemes), &log)).await;
            let mut request = Request::builder()
                .method(*method)
                .uri(format!("/inner/hook{query}"))
                .header("content-type", *kind)
                .header("t", now)
                // A proxy and an attacker write these, and nobody reads them.
                .header("host", "evil.example")
                .header("x-forwarded-host", "evil.example")
                .header("x-forwarded-proto", "http")
                .header("x-original-url", "/acme/hook?a=1")
                .header("forwarded", "host=evil.example;proto=http");
            if !signature.is_empty() {
                request = request.header("s", signature).header("x-token", signature);
            }
            let reply = running.send(request.body(Bytes::from(body.clone())).unwrap()).await;
            let context = format!("{server:?}: {method} {query} {:?} {}", schemes[0].1, &body[..body.len().min(60)]);
            assert_eq!(reply.status, *status, "{context}: {}", reply.text);
            let expected = if *status == 200 { vec![body.clone()] } else { vec![] };
            assert!(log.take() == expected, "{context}");
            if *status == 405 {
                let allowed = if schemes.len() == 3 { "POST, GET" } else { "POST" };
                assert_eq!(reply.headers["allow"], allowed, "{context}");
            }
        }
    }
}
