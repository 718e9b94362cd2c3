//! A platform that the catalogue does not know, described in code and in a file: `cargo run --example own_platform`.

use hookseal::provider::{IdempotencyRule, Provider};
use hookseal::{Event, EventShape, Scheme, Secret, event_id};
use serde_json::json;
use time::OffsetDateTime;

fn in_code() -> Provider {
    const SCHEME: Scheme = Scheme::new("Acme-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}");
    const EVENT: EventShape = EventShape::new("id: {id}\nkind: {type}\nat: {timestamp:ms}\nshop\npayload: {data}");
    Provider::new("acme", SCHEME).with_event(EVENT).with_idempotency(IdempotencyRule::EventId)
}

const IN_A_FILE: &str = r#"
    name = "acme"
    event = ["id: {id}", "kind: {type}", "at: {timestamp:ms}", "shop", "payload: {data}"]
    idempotency = "event-id"

    [[schemes]]
    headers = "Acme-Signature: t={timestamp},v1={hex},..."
    covers = "{timestamp}.{body}"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("the secret that both sides know")?;
    let (sender, receiver): (Provider, Provider) = (in_code(), toml::from_str(IN_A_FILE)?);

    // The sender: described in code.
    let event = Event::new("order.paid", json!({"amount": 45, "currency": "EUR"}))
        .with_id(event_id("evt_")?)
        .with_time(OffsetDateTime::now_utc())
        .with_field("shop", "sh_7")?;
    let body = sender.encode(&event)?;
    let signer = sender.signer(secret.clone())?;
    let request = signer.request("https://example.com/hooks", event.id().unwrap_or_default(), body)?;
    println!("sent:     {}", String::from_utf8_lossy(request.body()));

    // The receiver: the same platform, from a file.
    let verified = receiver.verifier(secret)?;
    let verified = verified.verify(request.headers(), request.body())?;
    let received = receiver.event(&verified)?;
    println!(
        "received: {} {} of shop {}",
        received.event_type(),
        received.data(),
        received.field("shop").map_or("?", |v| v.get())
    );
    println!("key:      {}", receiver.idempotency_key(&verified, "")?);
    assert_eq!(received.id(), event.id());
    assert_eq!(received.data().get(), r#"{"amount":45,"currency":"EUR"}"#);
    Ok(())
}
