//! Ends normally if the core is right: panics, which are traps in WebAssembly, if it is not.
//!
//! Everything here takes the time as an argument and randomness from nowhere.

use hookseal::delivery::{Delivery, Next, Outcome};
use hookseal::{Event, Secret, Signer, Verifier, provider};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

#[allow(dead_code)]
#[path = "../../../../examples/conformance.rs"]
mod conformance;

const VECTORS: [&str; 2] = [
    include_str!("../../../../tests/vectors/published.jsonl"),
    include_str!("../../../../tests/vectors/platforms.jsonl"),
];

#[derive(Deserialize)]
struct Vector {
    strictness: String,
    valid: bool,
}

fn main() {
    let now = OffsetDateTime::from_unix_timestamp(1_780_000_000).expect("a time");
    vectors_have_their_verdicts();
    what_is_signed_verifies(now);
    events_are_read(now);
    deliveries_go_on(now);
    lack_of_randomness_is_an_error();
}

fn vectors_have_their_verdicts() {
    let (mut valid, mut invalid) = (0, 0);
    for line in VECTORS.iter().flat_map(|file| file.lines()) {
        let vector: Vector = serde_json::from_str(line).expect("a vector a line");
        if vector.strictness != "core" {
            continue;
        }
        match conformance::verify(line) {
            Ok(()) => assert!(vector.valid, "accepted: {line}"),
            Err(conformance::Refusal::Invalid(reason)) => assert!(!vector.valid, "{reason}: {line}"),
            Err(conformance::Refusal::Unsupported(_)) => continue,
        }
        *if vector.valid { &mut valid } else { &mut invalid } += 1;
    }
    assert!(valid > 10 && invalid > 10, "only {valid} valid and {invalid} invalid requests were checked");
}

/// Those that sign headers and all of the body; the others have their vectors.
fn what_is_signed_verifies(now: OffsetDateTime) {
    let mut checked = 0;
    for provider in provider::ALL {
        for scheme in provider.schemes() {
            let key = || Secret::from_bytes([7; 32]).expect("a key");
            let Ok(signer) = Signer::new(scheme.clone(), key()) else { continue };
            let Ok(headers) = signer.sign_at("id_1", b"{}", now) else { continue };
            let Ok(verifier) = Verifier::new(scheme.clone(), key()) else { continue };
            assert!(verifier.verify_at(&headers, b"{}", now).is_ok(), "{}", provider.name());
            assert!(verifier.verify_at(&headers, b"[]", now).is_err(), "{}", provider.name());
            checked += 1;
        }
    }
    assert!(checked > 150, "only {checked} schemes were checked");
}

fn events_are_read(now: OffsetDateTime) {
    let secret = || Secret::new("a secret of twenty-some bytes").expect("a secret");
    let sent = Event::new("conversation.ready", "hello").with_id("evt_1").with_time(now);
    let body = provider::KLANG.encode(&sent).expect("an event of this platform");
    let headers = provider::KLANG.signer(secret()).expect("a secret").sign_at("evt_1", &body, now).expect("signed");
    let verifier = provider::KLANG.verifier(secret()).expect("a secret");
    let verified = verifier.verify_at(&headers, &body, now).expect("authentic");
    let event = provider::KLANG.event(&verified).expect("an event");
    assert_eq!(event.event_type(), "conversation.ready");
    assert_eq!(event.data_as::<String>().expect("a text"), "hello");
    assert!(provider::KLANG.idempotency_key(&verified, "tenant").is_ok());
}

fn deliveries_go_on(now: OffsetDateTime) {
    let policy = provider::KLANG.delivery_policy();
    let mut delivery = Delivery::new(now);
    let attempt = delivery.begin(policy, now).expect("due");
    let (_, next) = delivery.record(&attempt, policy, &Outcome::Timeout, now, 0).expect("begun");
    let Next::RetryAt(due) = next else { panic!("{next:?}") };
    assert!(due > now && due < now + Duration::DAY);
}

fn lack_of_randomness_is_an_error() {
    if cfg!(target_family = "wasm") {
        assert!(hookseal::event_id("evt_").is_err(), "WebAssembly without a host has no randomness");
    }
}
