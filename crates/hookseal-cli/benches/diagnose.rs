//! How long a diagnosis takes: `cargo bench -p hookseal-cli --bench diagnose`. It asserts nothing.

use std::time::Duration;

use hookseal::diagnose::{Captured, Diagnose};
use hookseal::{Secret, provider};

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";

/// A JSON text of about so many bytes, with what writers spell differently.
fn body(bytes: usize) -> String {
    let mut items = String::new();
    for number in 0.. {
        if items.len() >= bytes {
            break;
        }
        if number > 0 {
            items.push_str(", ");
        }
        items += &format!(
            r#"{{"id": "line_{number}", "url": "https://example.com/a?b=1&c=2", "name": "Zoë <b>", "amount": {number}.5}}"#
        );
    }
    format!(r#"{{"id": "evt_1", "type": "order.paid", "items": [{items}]}}"#)
}

/// The median of some runs.
fn time(diagnose: &Diagnose, request: &Captured) -> (Duration, u64, &'static str) {
    let mut times = Vec::new();
    let mut last = (0, "");
    for _ in 0..9 {
        let diagnosis = diagnose.run(request);
        times.push(diagnosis.elapsed());
        last = (diagnosis.macs(), diagnosis.verdict().as_str());
    }
    times.sort();
    (times[4], last.0, last.1)
}

fn main() {
    for bytes in [1 << 10, 100 << 10] {
        let sent = body(bytes);
        let rewritten = sent.replace(": ", ":").replace(", ", ",");
        let secret = Secret::new(SECRET).expect("a secret");
        let headers = provider::STRIPE.signer(secret).expect("a signer").sign("", sent.as_bytes()).expect("headers");
        let capture = |body: &str| {
            let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            let length = ("content-length", sent.len().to_string());
            let length = std::iter::once((length.0, length.1.as_bytes().to_vec()));
            let headers = headers.map(|(name, value)| (name, value.to_vec())).chain(length);
            Captured::new("POST", "https://example.com/hook", headers, body.as_bytes())
        };
        let newline = format!("{SECRET}\n");
        for (name, secret, verified) in [
            ("accepted", SECRET, sent.as_str()),
            ("one cause, the secret", newline.as_str(), sent.as_str()),
            ("one cause, the body", SECRET, rewritten.as_str()),
            ("two causes", newline.as_str(), rewritten.as_str()),
            ("nothing found", "whsec_fedcba9876543210fedcba9876543210", sent.as_str()),
            ("nothing found, body changed", "whsec_fedcba9876543210fedcba9876543210", rewritten.as_str()),
        ] {
            let diagnose = Diagnose::new(&provider::STRIPE, secret);
            let (median, macs, verdict) = time(&diagnose, &capture(verified));
            println!("{:>4} KiB  {name:<28} {verdict:<12} {macs:>7} MACs {median:>12.3?}", bytes >> 10);
        }
    }
}
