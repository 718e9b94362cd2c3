//! Shows what hookseal does, with three providers: `cargo run --example quickstart`.
//!
//! Each step prints the line of code that it runs, and asserts what it prints.

use std::collections::HashSet;

use hookseal::{Keyring, Scheme, Secret, VerifyError, provider};
use time::{Duration, OffsetDateTime};

/// Prints a title and a line of code, and runs the code.
macro_rules! step {
    ($title:literal, $code:expr) => {{
        println!("{}\n    {}", $title, stringify!($code));
        $code
    }};
}

#[derive(serde::Deserialize)]
enum PullRequest {
    #[serde(rename = "pull_request.opened")]
    Opened { number: u64 },
    #[serde(rename = "pull_request")] // with any other action
    Changed { number: u64, action: String },
}

#[derive(serde::Deserialize)]
struct Charge {
    object: Object,
}

#[derive(serde::Deserialize)]
struct Object {
    amount: u64,
    currency: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A fixed time, so that every run prints the same. In your code, `verify` and `sign` read the system's clock.
    let now = OffsetDateTime::from_unix_timestamp(1_780_315_200)?;

    // The secret is that of the sample in GitHub's documentation. GitHub names the event's type in a header.
    let github = provider::GITHUB.verifier(Secret::new("It's a Secret to Everybody")?)?;
    let body = br#"{"action":"opened","number":7,"pull_request":{"title":"Typed events"}}"#;
    let signature = "sha256=beee991609e01ed9fae9fe295913d463f95538738df53b8c8dc9727aba89716f";
    let headers = [("X-Hub-Signature-256", signature), ("X-GitHub-Event", "pull_request")];
    let verified = step!("1. GitHub: verify a delivery", github.verify(&headers, body)?);
    println!("    -> authentic: {} bytes", verified.body().len());
    let event =
        step!("2. GitHub: read the event into your enum", provider::GITHUB.event(&verified)?.typed::<PullRequest>()?);
    match event.ok_or("no variant for this type")?.data() {
        PullRequest::Opened { number } => println!("    -> pull request #{number} is new"),
        PullRequest::Changed { number, action } => println!("    -> pull request #{number}: {action}"),
    }
    let refused = step!("3. GitHub: a forged body", github.verify(&headers, br#"{"action":"closed"}"#)).unwrap_err();
    println!("    -> {}: {}", refused.status().as_u16(), refused.public_text());
    assert_eq!(refused, VerifyError::NoMatch);

    // A signer stands in for Stripe: the same provider drives both sides.
    let secret = Secret::new("whsec_the_signing_secret_of_an_endpoint")?;
    let body = br#"{"id":"evt_1","object":"event","type":"charge.refunded","created":1780315200,"data":{"object":{"amount":4520,"currency":"eur"}}}"#;
    let (signer, stripe) = (provider::STRIPE.signer(secret.clone())?, provider::STRIPE.verifier(secret)?);
    let headers = step!("4. Stripe: sign as the sender", signer.sign_at("evt_1", body, now)?);
    println!("    -> stripe-signature: {:.40}...", headers["stripe-signature"].to_str()?);
    let verified = stripe.verify_at(&headers, body, now)?;
    let charge: Charge =
        step!("5. Stripe: read the event into your type", provider::STRIPE.event(&verified)?.data_as()?);
    println!("    -> refunded: {} cents ({})", charge.object.amount, charge.object.currency);
    assert_eq!(charge.object.amount, 4520);

    let mut processed = HashSet::new();
    let key = step!("6. Stripe: an idempotency key", provider::STRIPE.idempotency_key(&verified, "account-7")?);
    let later = now + Duration::HOUR;
    let retry = signer.sign_at("evt_1", body, later)?; // a new timestamp and signature for the same event
    let again = provider::STRIPE.idempotency_key(&stripe.verify_at(&retry, body, later)?, "account-7")?;
    let (first, second) = (processed.insert(key), processed.insert(again));
    println!("    -> first delivery new: {first}; the sender's retry an hour later new: {second}");
    assert!(first && !second);

    let late = now + Duration::minutes(6);
    let refused =
        step!("7. Stripe: a replay attack, six minutes later", stripe.verify_at(&headers, body, late)).unwrap_err();
    println!("    -> {}, and in your log: {refused}", refused.status().as_u16());
    assert_eq!(refused, VerifyError::TooOld { seconds: 360 });

    let (old, new) = (Secret::new("klang's secret until yesterday")?, Secret::new("klang's secret from today on")?);
    let headers = provider::KLANG.signer(old.clone())?.sign_at("evt_2", b"{}", now)?;
    let keys = step!("8. Klang: rotate a secret without losing a delivery", Keyring::new(new).with_previous(old)?);
    let verified = provider::KLANG.verifier(keys)?.verify_at(&headers, b"{}", now)?.proof().key();
    println!("    -> a delivery signed with the old secret is accepted; the key that matched: {verified}");

    const HEADERS: &str = "Acme-Id: {id}\nAcme-Signature: t={timestamp},v1={hex},...";
    let acme = step!("9. A provider of your own", Scheme::try_new(HEADERS, "{id}.{timestamp}.{body}")?);
    println!("    -> HEADERS are the lines of a sample request: {}", acme.headers().escape_debug());
    println!("Next: a whole server in README.md, then the guide: cargo doc --all-features --no-deps --open");
    Ok(())
}
