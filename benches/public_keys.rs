//! Whole judgements of requests that are signed with a private key, beside the verification alone, in nanoseconds.
//!
//! Both take turns in every round and the minimum counts, because other processes on the same machine can only add time.
//!
//! Run `cargo bench --bench public_keys --features ed25519,p256,rsa`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hookseal::{Algorithm, PublicKey, Scheme, Verifier};
use http::HeaderMap;
use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

const BODY: [u8; 256] = [b'x'; 256];
const LARGE: usize = 1 << 20;
const ROUNDS: usize = 60;
/// Time for one case in one round.
const SLICE: Duration = Duration::from_millis(2);

/// Of the body above, made with OpenSSL.
const P256_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEc8fz3FPoDPpt7kwHv6Hc6mROKT2pTRmLD4uCSe9RlWx0MVbHTUMVQUiDtOFSkHvTMvH0Z/fM7QUDK58WJm3ILg==";
const P256_SIGNATURE: &str =
    "MEUCIH5FekWJgmB8pKvrPwez5ERBumqUHd8XzcXiDFt/pD9ZAiEA1TMswM5FRymtNU+RFL6nLDuoCLxPATq5RercRm+FsXo=";
const RSA_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsg+b2U2EwsuWDIqfsb0jJkr2D9f+drS4w06vsXSj3KnrJw3w3+q0ttTqyT2SQsqa7F/EZ4KslrM8O+jT7zkryGtE0TuESgoOY6GUXP2BU07+em1apxiVzUYvwfA2zER/l/2EkuuN2E3HhnR52GO4lkokG4CbxRO4eMqiqpFzP+J7wG+2v2Zvwh5Wh05IX/A5+QplM/EhD3bxFHFc1ONWULKxaL//i2HMoMYhkfG7HD06mEvGoviPUKJLhfW8k3V5leFW+YtbM5AjmXkRNB2zYi2LF9CjTy7rzXJLMVi/WcO1PtRx0/kHOdTmnVhsBramVI5w0R2HRJAzxJuuNEjWuQIDAQAB";
/// `RSAPublicKey`, as ring takes it.
const RSA_NUMBERS: &str = "MIIBCgKCAQEAsg+b2U2EwsuWDIqfsb0jJkr2D9f+drS4w06vsXSj3KnrJw3w3+q0ttTqyT2SQsqa7F/EZ4KslrM8O+jT7zkryGtE0TuESgoOY6GUXP2BU07+em1apxiVzUYvwfA2zER/l/2EkuuN2E3HhnR52GO4lkokG4CbxRO4eMqiqpFzP+J7wG+2v2Zvwh5Wh05IX/A5+QplM/EhD3bxFHFc1ONWULKxaL//i2HMoMYhkfG7HD06mEvGoviPUKJLhfW8k3V5leFW+YtbM5AjmXkRNB2zYi2LF9CjTy7rzXJLMVi/WcO1PtRx0/kHOdTmnVhsBramVI5w0R2HRJAzxJuuNEjWuQIDAQAB";
const RSA_SIGNATURE: &str = "f/639b8FeHATRvIXPOqlT4jGjwuPKA96F5HpfBGDe4kGxwHgQtwBpR3nQS1t+LB6bgnDsocKMXOdWIhlR5pGtloHaUiILyoH+Y3HAWCkRSQT8C0ZNT7Zd7VpGZ295bBMuv/IJ7UwqroW/yJyuoWcbYOcYhVhKLIEPWmjZqnH60QaShXSxZ96XAmeP5DMkxu5CuMc8asjc6l0nEEOjAR6CONl607nDzrbtQ+Nv5LOXLQ9zQvFWb9TqGNEnvxSo10ecFdrLMI6b1aGeY1iJ5g7+oFYObIfKov4C1HmybK4wsTir9gtDLQW2uUacYTsCJEFqyTHbrKXI65FbSXDjCRS1g==";

struct Case {
    name: &'static str,
    /// The verification alone, and the whole judgement.
    runs: [Box<dyn FnMut()>; 2],
    best: [f64; 2],
    /// What the judgement may add.
    allowance: f64,
}

fn time(run: &mut dyn FnMut(), is_quick: bool) -> f64 {
    let (start, mut times) = (Instant::now(), 0);
    loop {
        run();
        times += 1;
        if is_quick || start.elapsed() >= SLICE {
            return start.elapsed().as_secs_f64() * 1e9 / f64::from(times);
        }
    }
}

fn bytes(base64: &str) -> Vec<u8> {
    BASE64.decode(base64).expect("base64")
}

/// A judgement that must be positive.
fn judgement(algorithm: Algorithm, key: &str, signature: &[u8], body: Vec<u8>) -> Box<dyn FnMut()> {
    let scheme = Scheme::new("X-Signature: {base64}", "{body}").with_algorithm(algorithm);
    let verifier = Verifier::new(scheme, PublicKey::new(key).expect("a key")).expect("a verifier");
    let mut headers = HeaderMap::new();
    headers.insert("x-signature", BASE64.encode(signature).parse().expect("a header"));
    Box::new(move || {
        black_box(verifier.verify(black_box(&headers), black_box(&body))).expect("authentic");
    })
}

fn ed25519(body: Vec<u8>) -> [Box<dyn FnMut()>; 2] {
    let key = SigningKey::from_bytes(&[7; 32]);
    let (public, signature) = (key.verifying_key(), key.sign(&body));
    let text = BASE64.encode(public.as_bytes());
    let public = VerifyingKey::from_bytes(public.as_bytes()).expect("a key");
    let raw = signature.to_bytes();
    let alone = body.clone();
    [
        Box::new(move || {
            let signature = Signature::from_bytes(black_box(&raw));
            public.verify_strict(black_box(&alone), &signature).expect("authentic");
        }),
        judgement(Algorithm::Ed25519, &text, &raw, body),
    ]
}

fn by_ring(
    algorithm: &'static dyn ring::signature::VerificationAlgorithm,
    key: Vec<u8>,
    signature: Vec<u8>,
) -> Box<dyn FnMut()> {
    Box::new(move || {
        let key = UnparsedPublicKey::new(algorithm, black_box(&key));
        key.verify(black_box(&BODY), black_box(&signature)).expect("authentic");
    })
}

fn main() {
    // Compiled and run once by `cargo test --benches`: enough to see that it works.
    let is_quick = std::env::args().any(|argument| argument == "--test") || cfg!(debug_assertions);
    let spki = bytes(P256_KEY);
    let point = spki.get(spki.len() - 65..).expect("a point").to_vec();
    let p256 = [
        by_ring(&ECDSA_P256_SHA256_ASN1, point, bytes(P256_SIGNATURE)),
        judgement(Algorithm::P256, P256_KEY, &bytes(P256_SIGNATURE), BODY.to_vec()),
    ];
    let rsa = [
        by_ring(&RSA_PKCS1_2048_8192_SHA256, bytes(RSA_NUMBERS), bytes(RSA_SIGNATURE)),
        judgement(Algorithm::RsaSha256, RSA_KEY, &bytes(RSA_SIGNATURE), BODY.to_vec()),
    ];
    let case = |name, runs, allowance| Case { name, runs, best: [f64::INFINITY; 2], allowance };
    let mut cases = [
        case("Ed25519, 256 B", ed25519(BODY.to_vec()), 2000.0),
        case("P-256, 256 B", p256, 3000.0),
        case("RSA-2048, 256 B", rsa, 3000.0),
        case("Ed25519, 1 MiB", ed25519(vec![b'x'; LARGE]), 2000.0),
    ];
    for _ in 0..if is_quick { 1 } else { ROUNDS } {
        for case in &mut cases {
            for (run, best) in case.runs.iter_mut().zip(&mut case.best) {
                *best = best.min(time(run, is_quick));
            }
        }
    }
    println!("{:<18} {:>12} {:>12} {:>8} {:>16}", "case", "alone, ns", "whole, ns", "ratio", "1.1 x + allowed");
    for Case { name, best: [alone, whole], allowance, .. } in cases {
        let limit = 1.1 * alone + allowance;
        println!("{name:<18} {alone:>12.0} {whole:>12.0} {:>8.3} {limit:>16.0}", whole / alone);
    }
}
