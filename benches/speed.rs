//! Time per call, in nanoseconds and as a multiple of the floor of the case.
//!
//! The floor is the least time that HMAC-SHA256 with a prepared key can take: `ceil((n + 9) / 64) + 1` compressions of
//! SHA-256 for n signed bytes, timed in the same run. All cases take turns in every round and the minimum counts,
//! because other processes on the same machine can only add time.
//!
//! Run `cargo bench --bench speed`. A word after `--` selects the cases whose name contains it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hookseal::{EventShape, Keyring, Scheme, Secret, Signer, Verifier, provider};
use http::{HeaderMap, HeaderValue};
use sha2::block_api::compress256;
use time::OffsetDateTime;

const SIZES: [(&str, usize); 5] =
    [("0 B", 0), ("100 B", 100), ("1 KiB", 1024), ("20 KiB", 20 * 1024), ("1 MiB", 1 << 20)];
const ROUNDS: usize = 40;
/// Time for one case in one round.
const SLICE: Duration = Duration::from_millis(2);

struct Case {
    name: String,
    /// Compressions that the case cannot do without.
    compressions: usize,
    /// Runs the case this many times.
    run: Box<dyn FnMut(usize)>,
    batch: usize,
    best: f64,
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    // Compiled and run once by `cargo test --benches`: enough to see that it works.
    let quick = std::env::args().any(|argument| argument == "--test") || cfg!(debug_assertions);
    let mut cases = all();
    cases.retain(|case| case.name.starts_with("floor") || case.name.contains(&filter));
    for round in 0..if quick { 1 } else { ROUNDS } {
        for case in &mut cases {
            case.measure(if quick { Duration::ZERO } else { SLICE });
        }
        if round == 0 && quick {
            println!("ran every case once");
        }
    }
    report(&cases);
}

impl Case {
    fn new(name: impl Into<String>, signed: Option<usize>, keys: usize, mut once: impl FnMut() + 'static) -> Case {
        let compressions = signed.map_or(0, |n| keys * ((n + 9).div_ceil(64) + 1));
        let run = Box::new(move |times| (0..times).for_each(|_| once()));
        Case { name: name.into(), compressions, run, batch: 1, best: f64::INFINITY }
    }

    fn measure(&mut self, slice: Duration) {
        let start = Instant::now();
        (self.run)(self.batch);
        let mut elapsed = start.elapsed();
        while elapsed < slice / 2 {
            self.batch = self.batch.saturating_mul(2);
            let start = Instant::now();
            (self.run)(self.batch);
            elapsed = start.elapsed();
        }
        self.best = self.best.min(elapsed.as_secs_f64() * 1e9 / self.batch as f64);
    }
}

fn report(cases: &[Case]) {
    // A floor is a chain of compressions: its cost per compression is the same at any length, so the best one counts.
    let floors = cases.iter().filter(|case| case.name.starts_with("floor"));
    let compression = floors.map(|case| case.best / case.compressions as f64).fold(f64::INFINITY, f64::min);
    println!("one SHA-256 compression: {compression:.2} ns\n");
    println!("{:<44} {:>12} {:>12} {:>8} {:>12}", "case", "ns", "floor F, ns", "x F", "over 1.05 F");
    for case in cases.iter().filter(|case| !case.name.starts_with("floor")) {
        let floor = case.compressions as f64 * compression;
        if case.compressions == 0 {
            println!("{:<44} {:>12.1} {:>12} {:>8} {:>12}", case.name, case.best, "-", "-", "-");
        } else {
            let (times, over) = (case.best / floor, case.best - 1.05 * floor);
            println!("{:<44} {:>12.1} {floor:>12.1} {times:>8.3} {over:>12.1}", case.name, case.best);
        }
    }
}

fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for blocks in [18, 322] {
        let data = vec![[0x5A_u8; 64]; blocks];
        let mut case = Case::new(format!("floor {blocks}"), None, 0, move || {
            let mut state = black_box([0_u32; 8]);
            compress256(&mut state, black_box(&data));
            black_box(state);
        });
        case.compressions = blocks;
        cases.push(case);
    }
    let providers = [
        ("github", provider::GITHUB.schemes()[0].clone(), 0),
        ("stripe", provider::STRIPE.schemes()[0].clone(), 11),
        ("standard-webhooks", provider::STANDARD_WEBHOOKS.schemes()[0].clone(), 43),
    ];
    for (name, scheme, head) in providers {
        for (label, size) in SIZES {
            cases.push(verify(format!("{name} verify {label}"), &scheme, size, head, 1));
            cases.push(sign(format!("{name} sign {label}"), &scheme, size, head));
        }
        for keys in [2, 5] {
            cases.push(verify(format!("{name} verify 20 KiB, {keys} keys"), &scheme, 20 * 1024, head, keys));
        }
    }
    cases.extend([many(16), many(17), many(100), stale("20 KiB", 20 * 1024), stale("1 MiB", 1 << 20)]);
    cases.extend(events());
    cases
}

fn key(n: usize) -> Secret {
    Secret::from_bytes(vec![b'a' + n as u8; 32]).expect("the key is not empty")
}

/// `n` keys; the one that signs is the last to be tried.
fn keyring(n: usize) -> Keyring {
    (1..n).fold(Keyring::new(key(1)), |keys, place| {
        keys.with_previous(key(if place + 1 == n { 0 } else { place + 1 })).expect("at most eight keys")
    })
}

/// 27 bytes: `{id}.{timestamp}.` then has 39.
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";

fn verify(name: String, scheme: &Scheme, size: usize, head: usize, keys: usize) -> Case {
    let body = vec![b'x'; size];
    let signer = Signer::new(scheme.clone(), key(0)).expect("the key is fine");
    let headers = signer.sign(ID, &body).expect("the id is fine");
    let ring = if keys == 1 { Keyring::new(key(0)) } else { keyring(keys) };
    let verifier = Verifier::new(scheme.clone(), ring).expect("the keys are fine");
    Case::new(name, Some(head + size), keys, move || {
        black_box(verifier.verify(black_box(&headers), black_box(&body)).is_ok());
    })
}

fn sign(name: String, scheme: &Scheme, size: usize, head: usize) -> Case {
    let body = vec![b'x'; size];
    let signer = Signer::new(scheme.clone(), key(0)).expect("the key is fine");
    Case::new(name, Some(head + size), 1, move || {
        black_box(signer.sign(black_box(ID), black_box(&body)).is_ok());
    })
}

/// Well-formed but wrong signatures in one Stripe header.
fn many(count: usize) -> Case {
    let body = vec![b'x'; 20 * 1024];
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let value = format!("t={now}{}", format!(",v1={}", "5a".repeat(32)).repeat(count));
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static("stripe-signature"),
        HeaderValue::try_from(value).expect("printable"),
    )]);
    let verifier = provider::STRIPE.verifier(key(0)).expect("the key is fine");
    let signed = (count <= 16).then_some(11 + body.len());
    Case::new(format!("stripe verify 20 KiB, {count} wrong"), signed, 1, move || {
        black_box(verifier.verify(black_box(&headers), black_box(&body)).is_err());
    })
}

fn stale(label: &str, size: usize) -> Case {
    let body = vec![b'x'; size];
    let signer = provider::STANDARD_WEBHOOKS.signer(key(0)).expect("the key is fine");
    let headers = signer.sign_at(ID, &body, OffsetDateTime::now_utc() - time::Duration::days(1)).expect("in range");
    let verifier = provider::STANDARD_WEBHOOKS.verifier(key(0)).expect("the key is fine");
    Case::new(format!("standard-webhooks verify {label}, stale"), None, 1, move || {
        black_box(verifier.verify(black_box(&headers), black_box(&body)).is_err());
    })
}

/// Reading an event of about 20 KiB, next to the HMAC of the same body, and next to bare serde_json.
fn events() -> Vec<Case> {
    const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}");

    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    struct Row {
        id: u64,
        name: String,
        email: String,
        amount: f64,
        tags: Vec<String>,
        note: String,
    }

    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    struct Bare {
        id: String,
        r#type: String,
        created_at: String,
        data: Vec<Row>,
    }

    let row = |n: usize| {
        format!(
            r#"{{"id":{n},"name":"customer {n}","email":"customer{n}@example.com","amount":{n}.25,"tags":["new","vip"],"note":"line\none and \"quoted\" text number {n}"}}"#
        )
    };
    let rows = (0..135).map(row).collect::<Vec<_>>().join(",");
    let body: &'static [u8] = Box::leak(
        format!(r#"{{"id":"evt_1","type":"rows.ready","created_at":"2026-05-07T14:32:09Z","data":[{rows}]}}"#)
            .into_bytes()
            .into_boxed_slice(),
    );
    let label = |what: &str| format!("event of {} KiB: {what}", body.len() / 1024);
    vec![
        Case::new(label("raw data"), Some(body.len()), 1, move || {
            black_box(SHAPE.read(black_box(body)).is_ok());
        }),
        Case::new(label("bare serde_json into a type"), Some(body.len()), 1, move || {
            black_box(serde_json::from_slice::<Bare>(black_box(body)).is_ok());
        }),
        Case::new(label("known type, one pass"), Some(body.len()), 1, move || {
            black_box(SHAPE.read_as::<Vec<Row>>(black_box(body)).is_ok());
        }),
        Case::new(label("matched, then parsed"), Some(body.len()), 1, move || {
            let event = SHAPE.read(black_box(body));
            black_box(event.and_then(|event| event.data_as::<Vec<Row>>()).is_ok());
        }),
    ]
}
