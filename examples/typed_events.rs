//! Reads three event types into your own structs, acknowledges an unknown one, and refuses a malformed one:
//! `cargo run --example typed_events`.

use hookseal::{Secret, Signer, Verifier, provider};
use serde::Deserialize;

#[derive(Deserialize)]
struct Conversation<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Deserialize)]
struct Failure<'a> {
    id: &'a str,
    error_reason: &'a str,
}

/// The answer of a handler.
#[derive(Debug, PartialEq)]
enum Answer {
    Processed(String),
    /// The event is authentic but of an unknown type. Refusing it could make the platform stop sending.
    Acknowledged,
    Refused(u16),
}

fn handle(verifier: &Verifier, headers: &http::HeaderMap, body: &[u8]) -> Answer {
    match verifier.verify(headers, body) {
        Ok(verified) => dispatch(&verified).unwrap_or_else(|error| {
            println!("    log: {error}");
            Answer::Refused(error.status().as_u16())
        }),
        Err(error) => {
            println!("    log: {error}");
            Answer::Refused(error.status().as_u16())
        }
    }
}

fn dispatch(verified: &hookseal::Verified<'_>) -> Result<Answer, hookseal::EventError> {
    let event = provider::KLANG.event(verified)?;
    Ok(match event.event_type() {
        "conversation.ready" => {
            let conversation: Conversation<'_> = event.data_as()?;
            Answer::Processed(format!("{} is ready: {}", conversation.id, conversation.title))
        }
        "conversation.failed" => {
            let failure: Failure<'_> = event.data_as()?;
            Answer::Processed(format!("{} failed: {}", failure.id, failure.error_reason))
        }
        "conversation.deleted" => {
            let conversation: Conversation<'_> = event.data_as()?;
            Answer::Processed(format!("{} is gone, it was called {}", conversation.id, conversation.title))
        }
        _ => Answer::Acknowledged,
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("the secret that both sides know")?;
    let signer: Signer = provider::KLANG.signer(secret.clone())?;
    let verifier = provider::KLANG.verifier(secret)?;
    let envelope = |event_type: &str, data: &str| {
        format!(r#"{{"id":"evt_1","type":"{event_type}","created_at":"2026-05-07T14:32:09Z","data":{data}}}"#)
    };
    let processed = |text: &str| Answer::Processed(text.to_owned());
    let deliveries = [
        (envelope("conversation.ready", r#"{"id":"kw3","title":"Roadmap"}"#), processed("kw3 is ready: Roadmap")),
        (envelope("conversation.failed", r#"{"id":"kw4","error_reason":"silence"}"#), processed("kw4 failed: silence")),
        (
            envelope("conversation.deleted", r#"{"id":"kw3","title":"Plan"}"#),
            processed("kw3 is gone, it was called Plan"),
        ),
        (envelope("conversation.renamed", r#"{"id":"kw3"}"#), Answer::Acknowledged),
        (envelope("conversation.ready", r#"{"id":"kw3","title":7}"#), Answer::Refused(400)),
        (r#"{"id":"evt_1","type":"conversation.ready"}"#.to_owned(), Answer::Refused(400)),
        ("not JSON at all".to_owned(), Answer::Refused(400)),
    ];
    for (body, expected) in deliveries {
        println!("{body}");
        let headers = signer.sign("evt_1", body.as_bytes())?;
        let answer = handle(&verifier, &headers, body.as_bytes());
        println!("    {answer:?}");
        assert_eq!(answer, expected);
    }
    Ok(())
}
