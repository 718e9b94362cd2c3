//! Delivers one event over real HTTP to an endpoint that fails in every possible way: `cargo run -p sender`.
//!
//! The server follows a script. The clock is set forward to each attempt, so that Klang's seven hours take a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hookseal::delivery::{Delivery, DeliveryPolicy, EndpointHealth, EndpointUrl, Next, Outcome, UrlPolicy};
use hookseal::provider::{self, Provider};
use hookseal::{Event, Secret, Signer, Verifier, event_id};
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;

const PLATFORM: &Provider = &provider::KLANG;
const START: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
/// Stands in for the platform's time limit of five seconds.
const TIMEOUT: Duration = Duration::from_millis(300);

/// The simulated time, shared with the server.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap_or(START)
    }

    fn set(&self, time: OffsetDateTime) {
        self.0.store(time.unix_timestamp(), Ordering::SeqCst);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("the secret that both sides know")?;
    let clock = Clock(Arc::new(AtomicI64::new(START.unix_timestamp())));
    let (url, server) = receiver(PLATFORM.verifier(secret.clone())?, clock.clone())?;
    let signer = PLATFORM.signer(secret)?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build()
        .into();

    let event = Event::new("conversation.ready", json!({"id": "kw3pq2nyax7lr9d", "title": "Roadmap"}))
        .with_id(event_id("evt_")?)
        .with_time(START);
    let body = PLATFORM.encode(&event)?;
    let id = event.id().unwrap_or_default();
    let policy = PLATFORM.delivery_policy();
    let (mut delivery, mut health) = (Delivery::new(START), EndpointHealth::new());

    println!("time      attempt  answer                     then");
    run(&mut delivery, &mut health, policy, &clock, |time| post(&agent, &signer, &url, id, &body, time))?;
    println!(
        "          the endpoint is {:?}; its owner looks into it, switches it on again and replays",
        health.disabled()
    );
    assert!(!health.is_active());

    health.enable();
    delivery.replay(clock.now() + Duration::from_secs(3600));
    run(&mut delivery, &mut health, policy, &clock, |time| post(&agent, &signer, &url, id, &body, time))?;
    assert_eq!(delivery.state(), hookseal::delivery::State::Delivered);
    drop(agent);
    server.join().map_err(|_| "the server failed")?;
    Ok(())
}

/// Makes one attempt after the other, until no more is due.
fn run(
    delivery: &mut Delivery,
    health: &mut EndpointHealth,
    policy: &DeliveryPolicy,
    clock: &Clock,
    send: impl Fn(OffsetDateTime) -> (Option<u16>, Option<Vec<u8>>),
) -> Result<(), Box<dyn std::error::Error>> {
    while let Some(due) = delivery.due() {
        clock.set(due);
        let attempt = delivery.begin(policy, clock.now())?;
        let (status, retry_after) = send(attempt.signing_time());
        let outcome = match status {
            Some(status) => Outcome::Response { status, retry_after: retry_after.as_deref() },
            None => Outcome::Timeout,
        };
        let (record, next) = delivery.record(&attempt, policy, &outcome, clock.now(), 0)?;
        // A manual replay says little about the endpoint's health.
        if !attempt.is_replay() {
            health.record(policy, &outcome, clock.now());
        }

        let asked =
            retry_after.map_or(String::new(), |value| format!(", Retry-After {}", String::from_utf8_lossy(&value)));
        let answer = record.status.map_or("no answer in time".to_owned(), |status| format!("{status}{asked}"));
        let then = match next {
            Next::RetryAt(due) => format!("again in {} s", (due - clock.now()).whole_seconds()),
            other => format!("{other:?}"),
        };
        println!("{}  {:7}  {answer:25}  {then}", clock.now().time(), record.attempt);
    }
    Ok(())
}

/// Sends one attempt. Your own client should distinguish more errors than this one needs to.
fn post(
    agent: &ureq::Agent,
    signer: &Signer,
    url: &EndpointUrl,
    id: &str,
    body: &[u8],
    time: OffsetDateTime,
) -> (Option<u16>, Option<Vec<u8>>) {
    let Ok(request) = signer.request_at(url.as_str(), id, body.to_vec(), time) else { return (None, None) };
    match agent.run(request) {
        Ok(response) => {
            let asked = response.headers().get("retry-after").map(|value| value.as_bytes().to_vec());
            (Some(response.status().as_u16()), asked)
        }
        Err(_) => (None, None),
    }
}

/// An endpoint on a free loopback port. It verifies each request, and answers as scripted whatever the result.
fn receiver(
    verifier: Verifier,
    clock: Clock,
) -> Result<(EndpointUrl, std::thread::JoinHandle<()>), Box<dyn std::error::Error>> {
    const SCRIPT: [&str; 5] = ["500", "429", "silence", "410", "200"];
    let server = tiny_http::Server::http("127.0.0.1:0").map_err(|error| error.to_string())?;
    // An endpoint on loopback is refused unless the policy allows it explicitly.
    let address = format!("http://{}/hooks", server.server_addr());
    assert!(EndpointUrl::parse(&address).is_err());
    let url = UrlPolicy::default().allow_loopback_http().parse(&address)?;
    let thread = std::thread::spawn(move || {
        for answer in SCRIPT {
            let Ok(Some(mut request)) = server.recv_timeout(Duration::from_secs(10)) else { return };
            let mut body = Vec::new();
            if request.as_reader().read_to_end(&mut body).is_err() {
                return;
            }
            let text = |header: &tiny_http::Header| (header.field.to_string(), header.value.to_string());
            let headers: Vec<_> = request.headers().iter().map(text).collect();
            let verified = verifier.verify_at(&headers, &body, clock.now());
            assert!(verified.is_ok(), "{:?}", verified.err());
            let response = match answer {
                "silence" => {
                    std::thread::sleep(TIMEOUT * 2);
                    tiny_http::Response::empty(200)
                }
                status => tiny_http::Response::empty(status.parse::<u16>().unwrap_or(500)),
            };
            let wait = tiny_http::Header::from_bytes("Retry-After", "300").ok().filter(|_| answer == "429");
            // The sender may have disconnected; an error here does not matter.
            let _ = request.respond(wait.into_iter().fold(response, |response, header| response.with_header(header)));
        }
    });
    Ok((url, thread))
}
