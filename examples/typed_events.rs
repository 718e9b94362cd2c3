//! Reads events into an enum of your own, acknowledges a type that it does not know, and refuses data that does not fit:
//! `cargo run --example typed_events`.
//!
//! With axum or actix-web, the extractor `Webhook` does all of `handle`.

use hookseal::{EventError, Secret, Verified, provider};
use serde::Deserialize;

#[derive(Deserialize)]
enum Conversations {
    #[serde(rename = "conversation.ready")]
    Ready { id: String, title: String },
    #[serde(rename = "conversation.failed")]
    Failed { id: String, error_reason: String },
    #[serde(rename = "conversation.deleted")]
    Deleted { id: String, title: String },
}

/// `None` for a type that the enum does not have: acknowledge it, since platforms pause an endpoint that refuses.
fn handle(verified: &Verified<'_>) -> Result<Option<String>, EventError> {
    let Some(event) = provider::KLANG.event(verified)?.typed::<Conversations>()? else { return Ok(None) };
    Ok(Some(match event.into_data() {
        Conversations::Ready { id, title } => format!("{id} is ready: {title}"),
        Conversations::Failed { id, error_reason } => format!("{id} failed: {error_reason}"),
        Conversations::Deleted { id, title } => format!("{id} is gone, it was called {title}"),
    }))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("the secret that both sides know")?;
    let signer = provider::KLANG.signer(secret.clone())?;
    let verifier = provider::KLANG.verifier(secret)?;
    let envelope = |event_type: &str, data: &str| {
        format!(r#"{{"id":"evt_1","type":"{event_type}","created_at":"2026-05-07T14:32:09Z","data":{data}}}"#)
    };
    let deliveries = [
        (envelope("conversation.ready", r#"{"id":"kw3","title":"Roadmap"}"#), Ok(Some("kw3 is ready: Roadmap"))),
        (envelope("conversation.failed", r#"{"id":"kw4","error_reason":"silence"}"#), Ok(Some("kw4 failed: silence"))),
        (
            envelope("conversation.deleted", r#"{"id":"kw3","title":"Plan"}"#),
            Ok(Some("kw3 is gone, it was called Plan")),
        ),
        (envelope("conversation.renamed", r#"{"id":"kw3"}"#), Ok(None)),
        (envelope("conversation.ready", r#"{"id":"kw3","title":7}"#), Err(400)),
        (r#"{"id":"evt_1","type":"conversation.ready"}"#.to_owned(), Err(400)),
        ("not JSON at all".to_owned(), Err(400)),
    ];
    for (body, expected) in deliveries {
        println!("{body}");
        let headers = signer.sign("evt_1", body.as_bytes())?;
        let handled = handle(&verifier.verify(&headers, body.as_bytes())?);
        println!("    {handled:?}");
        let status = handled.map_err(|error| error.status().as_u16());
        assert_eq!(status.as_ref().map(Option::as_deref), expected.as_ref().copied());
    }
    Ok(())
}
