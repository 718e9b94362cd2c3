//! Describes a platform that is not in the catalogue, in code and in a file: `cargo run --example own_platform`.

use std::time::Duration;

use hookseal::delivery::{DeliveryPolicy, HealthPolicy, RetryPolicy};
use hookseal::provider::{IdempotencyRule, Provider, TestRule};
use hookseal::{ConfigError, Event, EventShape, Scheme, Secret, event_id};
use serde_json::json;
use time::OffsetDateTime;

fn in_code() -> Result<Provider, ConfigError> {
    const SCHEME: Scheme = Scheme::new("Acme-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}");
    const EVENT: EventShape = EventShape::new("id: {id}\nkind: {type}\nat: {timestamp:ms}\nshop\npayload: {data}");
    let acme = Provider::new("acme", SCHEME)?
        .with_event_shape(EVENT)?
        .with_event_types(["order.paid", "order.refunded"])?
        .with_idempotency_rule(IdempotencyRule::EventId)?
        .with_test_rule(TestRule::IdPrefix("test_".into()))?
        .with_max_sent(256 << 10)?
        .with_answer_within(Duration::from_secs(10))?
        .with_delivery_policy(
            DeliveryPolicy::new()
                .with_retry(RetryPolicy::table([30, 300, 3600].map(Duration::from_secs))?)
                .with_health(HealthPolicy::never().with_max_failures(25))
                .with_timeout(Duration::from_secs(10)),
        );
    Ok(acme)
}

const IN_A_FILE: &str = r#"
    name = "acme"
    event = ["id: {id}", "kind: {type}", "at: {timestamp:ms}", "shop", "payload: {data}"]
    event_types = ["order.paid", "order.refunded"]
    idempotency = "event-id"
    test = { id-prefix = "test_" }
    max_sent = 262144
    answer_within = 10

    [[schemes]]
    headers = "Acme-Signature: t={timestamp},v1={hex},..."
    covers = "{timestamp}.{body}"

    [delivery]
    timeout = 10
    retry = { delays = [30, 300, 3600] }
    health = { max_failures = 25 }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = Secret::new("the secret that both sides know")?;
    let (sender, receiver): (Provider, Provider) = (in_code()?, toml::from_str(IN_A_FILE)?);
    assert_eq!(sender, receiver);

    // The sender uses the description in code.
    let event = Event::new("order.paid", json!({"amount": 45, "currency": "EUR"}))
        .with_id(event_id("evt_")?)
        .with_time(OffsetDateTime::now_utc())
        .with_field("shop", "sh_7")?;
    let body = sender.encode(&event)?;
    let signer = sender.signer(secret.clone())?;
    let request = signer.request("https://example.com/hooks", event.id().unwrap_or_default(), body)?;
    println!("sent:     {}", String::from_utf8_lossy(request.body()));
    let retries: Vec<_> = sender.delivery_policy().retry().delays().collect();
    println!("retries:  after {retries:?} without an answer of 2xx within {:?}", sender.delivery_policy().timeout());

    // The receiver reads the same description from a file.
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
