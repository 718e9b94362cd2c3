//! Five platforms, three kinds of attack, one rotation: `cargo run --example quickstart`.
//!
//! Every step asserts what it prints, so that this program ends well only if all of it is true.

use hookseal::provider::{self, Provider};
use hookseal::{Key, Keyring, Secret, Verifier, VerifyError};
use http::HeaderMap;
use time::{Duration, OffsetDateTime};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

struct Delivery {
    title: &'static str,
    provider: &'static Provider,
    id: &'static str,
    body: &'static str,
}

const DELIVERIES: [Delivery; 5] = [
    Delivery {
        title: "Kallglot (documented sample)",
        provider: &provider::KALLGLOT,
        id: "evt_01HXYZ123456789",
        body: r#"{"id":"evt_01HXYZ123456789","type":"session.ended","api_version":"v1","created_at":"2026-03-26T11:04:20Z","data":{"id":"sess_01HXYZ123456789","object":"session","status":"ended","duration":245.3}}"#,
    },
    Delivery {
        title: "Klen AI (constructed: no sample is published)",
        provider: &provider::KLEN_AI,
        id: "dlv_0001",
        body: r#"{"event_type":"call.ended","timestamp":"2026-05-07T14:32:09Z","data":{"id":"call_0001"}}"#,
    },
    Delivery {
        title: "CallIntel (documented sample)",
        provider: &provider::CALLINTEL,
        id: "batch_987654321",
        body: r#"{"event_type":"batch.completed","timestamp":"2024-12-16T11:45:00Z","webhook_id":"wh_1a2b3c4d5e","data":{"id":"batch_987654321","batch_name":"Q4 Customer Survey","status":"completed","total_numbers":1000,"successfully_called":856,"failed_calls":144,"success_rate":0.856,"cost_usd":45.20}}"#,
    },
    Delivery {
        title: "Klang (documented sample)",
        provider: &provider::KLANG,
        id: "evt_aB3xK7-pQrLm9wY8",
        body: r#"{"id":"evt_aB3xK7-pQrLm9wY8","type":"conversation.ready","created_at":"2026-05-07T14:32:09Z","data":{"id":"kw3pq2nyax7lr9d","title":"Q2 roadmap planning","started_at":"2026-05-07T13:00:00Z","status":"ready"}}"#,
    },
    Delivery {
        title: "Efficlose (documented sample)",
        provider: &provider::EFFICLOSE,
        id: "456",
        body: r#"{"event":"recording.transcript.ready","timestamp":"2024-01-15T10:30:00Z","data":{"recording":{"id":123,"title":"Team Meeting","transcript":{"id":456,"text":"Full transcript text...","speakers":[{"id":1,"name":"John Doe"}]}}}}"#,
    },
];

fn main() -> Outcome {
    // 2026-06-01 12:00 UTC, so that each run prints the same.
    let now = OffsetDateTime::from_unix_timestamp(1_780_315_200)?;
    for delivery in &DELIVERIES {
        println!("\n=== {} ===", delivery.title);
        sign_and_verify(delivery, now)?;
    }
    println!("\n=== Rotating a secret without losing a delivery (Klang) ===");
    rotate(&DELIVERIES[3], now)?;
    println!("\nAll of the above was asserted, not only printed.");
    Ok(())
}

fn sign_and_verify(delivery: &Delivery, now: OffsetDateTime) -> Outcome {
    let Delivery { provider, id, body, .. } = delivery;
    let secret = Secret::new("the secret that both sides know")?;
    let headers = provider.signer(secret.clone())?.sign_at(id, body.as_bytes(), now)?;
    let verifier = provider.verifier(secret)?;

    println!("  the platform sends {} bytes with", body.len());
    for (name, value) in &headers {
        // The printed signature is worthless: its secret stands in this file.
        println!("    {name}: {}", value.to_str()?);
    }
    let verified = verifier.verify_at(&headers, body.as_bytes(), now)?;
    println!("  accepted: {} bytes are authentic, under the {:?} key", verified.body().len(), verified.proof().key());
    assert_eq!(verified.body(), body.as_bytes());

    let tampered = body.replace("\"id\"", "\"ID\"");
    refused("a changed body", &verifier, &headers, &tampered, now, &VerifyError::NoMatch)?;
    refused(
        "the signature moved to another body",
        &verifier,
        &headers,
        r#"{"amount":1000000}"#,
        now,
        &VerifyError::NoMatch,
    )?;
    let stranger = provider.signer(Secret::new("a secret that the attacker made")?)?;
    let forged = stranger.sign_at(id, body.as_bytes(), now)?;
    refused("a signature with another key", &verifier, &forged, body, now, &VerifyError::NoMatch)?;
    let empty = Secret::new("").expect_err("an empty secret is everybody's");
    println!("  refused: an empty secret, before any request comes ({empty})");

    match provider.replay_window().and(provider.scheme().past()) {
        Some(seconds) => {
            let late = now + Duration::seconds(i64::from(seconds) + 60);
            let attack = format!("the same request, replayed {} after it was sent", in_words(late - now));
            refused(&attack, &verifier, &headers, body, late, &VerifyError::TooOld { seconds: 60 })
        }
        None => {
            let late = now + Duration::days(365);
            assert!(verifier.verify_at(&headers, body.as_bytes(), late).is_ok());
            println!(
                "  ACCEPTED, a year later: the same request, replayed. This platform signs no time, so the request"
            );
            println!(
                "    stays authentic for ever. Only deduplication stops a replay: remember what you have processed,"
            );
            println!("    by something that the signature covers.");
            Ok(())
        }
    }
}

fn refused(
    attack: &str,
    verifier: &Verifier,
    headers: &HeaderMap,
    body: &str,
    now: OffsetDateTime,
    expected: &VerifyError,
) -> Outcome {
    match verifier.verify_at(headers, body.as_bytes(), now) {
        Ok(_) => return Err(format!("{attack} was accepted").into()),
        Err(error) => {
            println!("  refused: {attack} ({error}; the sender is told {} and no reason)", error.status().as_u16());
            assert_eq!(&error, expected);
        }
    }
    Ok(())
}

fn rotate(delivery: &Delivery, now: OffsetDateTime) -> Outcome {
    let Delivery { provider, id, body, .. } = delivery;
    let old = Secret::new("the secret until yesterday")?;
    let new = Secret::new("the secret from today on")?;
    let both = || Keyring::new(new.clone()).with_previous(old.clone());

    let receivers = [
        ("knows the old secret only", provider.verifier(old.clone())?),
        ("knows both", provider.verifier(both()?)?),
        ("knows the new secret only", provider.verifier(new.clone())?),
    ];
    let senders = [
        ("1. before: signs with the old secret", provider.signer(old.clone())?),
        ("2. during: signs with both", provider.signer(both()?)?),
        ("3. after: signs with the new secret", provider.signer(new.clone())?),
    ];
    for (stage, (sending, sender)) in senders.iter().enumerate() {
        println!("  the sender, {sending}");
        let headers = sender.sign_at(id, body.as_bytes(), now)?;
        for (place, (receiving, receiver)) in receivers.iter().enumerate() {
            let result = receiver.verify_at(&headers, body.as_bytes(), now);
            let said = match &result {
                Ok(verified) if verified.proof().key() == Key::Current => "accepted",
                Ok(_) => "accepted, under a previous key: the sender has not rotated yet",
                Err(_) => "refused",
            };
            println!("     a receiver that {receiving}: {said}");
            // Only those who are a whole rotation apart do not understand each other.
            assert_eq!(result.is_ok(), stage.abs_diff(place) < 2);
        }
    }
    println!("  Each side moves one step at a time, in either order, and no delivery is lost.");
    Ok(())
}

fn in_words(duration: Duration) -> String {
    match (duration.whole_hours(), duration.whole_minutes() % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
