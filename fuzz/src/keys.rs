//! A public key in any of its forms is the same key, or is refused in all of them; sets of keys are bounded and have no id twice;
//! and no key accepts a signature that nobody made.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::{Algorithm, PublicKey, Scheme, SigningKey, Verifier};

use crate::json::Node;
use crate::judge::Encoding;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Text(&'a str),
    Der(Vec<Der<'a>>),
    Ed25519([u8; 32]),
    P256([u8; 32], [u8; 32]),
    Rsa { modulus: &'a [u8], exponent: &'a [u8], is_long: bool },
    Set { is_github: bool, keys: Vec<Jwk<'a>>, raw: Option<Node<'a>> },
    Signature { key: u8, text: &'a str, body: &'a [u8] },
}

#[derive(Arbitrary, Debug)]
enum Der<'a> {
    /// A tag, and what is in it.
    Of(u8, Vec<Der<'a>>),
    Algorithm(u8),
    Known(u8),
    Raw(&'a [u8]),
}

#[derive(Arbitrary, Debug)]
struct Jwk<'a> {
    id: Option<u8>,
    known: u8,
    field: u8,
    value: &'a str,
}

const TAGS: [u8; 5] = [0x30, 0x03, 0x02, 0xa0, 0x31];
const ALGORITHMS: [&str; 4] =
    ["06032b6570", "06072a8648ce3d020106082a8648ce3d030107", "06092a864886f70d0101010500", "06032b6571"];
const ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const P256: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const SCHEMES: [Scheme; 5] = [
    Scheme::new("S: {hex},...", "{body}").with_algorithm(Algorithm::Ed25519),
    Scheme::new("S: {base64}", "{body}").with_algorithm(Algorithm::P256),
    Scheme::new("S: {hex}", "{body}").with_algorithm(Algorithm::P256Fixed),
    Scheme::new("S: {base64}", "{body}").with_algorithm(Algorithm::RsaSha256),
    Scheme::new("S: {hex}", "{body}").with_algorithm(Algorithm::RsaSha512).with_over_digest(),
];

/// A value in DER, with its length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        length @ 0..=127 => vec![length as u8],
        length @ 128..=255 => vec![0x81, length as u8],
        length => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag], &*length, content].concat()
}

impl Der<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Der::Of(tag, inner) => {
                let content: Vec<u8> = inner.iter().flat_map(Der::bytes).collect();
                der(TAGS[usize::from(*tag) % TAGS.len()], &content)
            }
            Der::Algorithm(which) => {
                der(0x30, &hex::decode(ALGORITHMS[usize::from(*which) % ALGORITHMS.len()]).expect("hex"))
            }
            Der::Known(which) => {
                let key = match which % 3 {
                    0 => Encoding::Base64.decode(format!("{ED25519}=").as_bytes()).expect("base64"),
                    1 => hex::decode(P256).expect("hex"),
                    _ => der(0x30, &[der(2, &[&[0], &[0xc1; 256][..]].concat()), der(2, &[1, 0, 1])].concat()),
                };
                der(3, &[&[0], &*key].concat())
            }
            Der::Raw(raw) => raw.to_vec(),
        }
    }
}

fn spki(algorithm: usize, key: &[u8]) -> Vec<u8> {
    let algorithm = der(0x30, &hex::decode(ALGORITHMS[algorithm]).expect("hex"));
    der(0x30, &[algorithm, der(3, &[&[0], key].concat())].concat())
}

/// Forms of one key: all are accepted, and equal, or none is.
fn are_one(texts: &[String]) {
    // Of 32 bytes, those are the key.
    if texts
        .iter()
        .any(|text| Encoding::Base64.decode(text.as_bytes()).is_some_and(|der| der.len() == 32 && der[0] == 0x30))
    {
        return;
    }
    let keys: Vec<_> = texts.iter().map(|text| PublicKey::new(text)).collect();
    for (key, text) in keys.iter().zip(texts) {
        assert_eq!(key.as_ref().ok(), keys[0].as_ref().ok(), "{text} and {}", texts[0]);
    }
    if let Some(Ok(key)) = keys.into_iter().next() {
        accepts_nothing(&key);
    }
}

/// No signature of zeros, and none of ones.
fn accepts_nothing(key: &PublicKey) {
    for scheme in &SCHEMES[..2] {
        let Ok(verifier) = Verifier::new(scheme.clone(), key.clone()) else { continue };
        let encoding = if scheme.headers().contains("hex") { Encoding::Hex } else { Encoding::Base64 };
        for byte in [0, 1] {
            let signature = encoding.encode(&[byte; 64]);
            assert!(verifier.verify(&[("s", signature)], b"").is_err(), "{key:?}");
        }
    }
}

fn pem(der: &[u8]) -> String {
    let base64 = Encoding::Base64.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let url = |bytes: &[u8]| Encoding::Base64Url.encode(bytes);
    match input {
        Input::Text(text) => {
            if let Ok(key) = PublicKey::new(text) {
                assert_eq!(PublicKey::new(&format!("\n{text} ")).as_ref(), Ok(&key), "{text}");
                assert!(!format!("{key:?}").is_empty());
                accepts_nothing(&key);
            }
            set(text);
            if let Ok(key) = SigningKey::new(text) {
                assert_eq!(PublicKey::new(&key.public_text()).as_ref(), Ok(&key.public_key()), "{text}");
                assert!(!format!("{key:?}").contains(text.trim()), "the key is shown");
            }
        }
        Input::Der(parts) => {
            let bytes: Vec<u8> = parts.iter().flat_map(Der::bytes).collect();
            let base64 = Encoding::Base64.encode(&bytes);
            if bytes.len() != 32 && !(base64.len() == 64 && hex::decode(&base64).is_ok()) {
                are_one(&[base64, pem(&bytes)]);
            }
            let certificate = pem(&bytes).replace("PUBLIC KEY", "CERTIFICATE");
            let _ = PublicKey::new(&certificate);
        }
        Input::Ed25519(bytes) => are_one(&[
            hex::encode(bytes),
            hex::encode_upper(bytes),
            Encoding::Base64.encode(&bytes),
            format!("whpk_{}", Encoding::Base64.encode(&bytes)),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, url(&bytes)),
            Encoding::Base64.encode(&spki(0, &bytes)),
            pem(&spki(0, &bytes)),
        ]),
        Input::P256(x, y) => {
            let point = [&[4], &x[..], &y].concat();
            are_one(&[
                Encoding::Base64.encode(&spki(1, &point)),
                pem(&spki(1, &point)),
                format!(r#"{{"kty":"EC","crv":"P-256","x":"{}","y":"{}"}}"#, url(&x), url(&y)),
            ]);
        }
        Input::Rsa { modulus, exponent, is_long } => {
            // Long enough to be taken, with the bytes in front and an odd end.
            let modulus = match is_long {
                true => {
                    modulus.iter().copied().chain(std::iter::repeat(0xc1)).take(256.max(modulus.len() + 1)).collect()
                }
                false => modulus.to_vec(),
            };
            let trimmed = |number: &[u8]| {
                let zeros = number.iter().take_while(|byte| **byte == 0).count();
                number[zeros..].to_vec()
            };
            let integer = |number: &[u8]| {
                let number = trimmed(number);
                let sign: &[u8] = if number.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
                der(2, &[sign, &number].concat())
            };
            let numbers = der(0x30, &[integer(&modulus), integer(exponent)].concat());
            let jwk = |n: &[u8], e: &[u8]| format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, url(n), url(e));
            are_one(&[
                Encoding::Base64.encode(&spki(2, &numbers)),
                pem(&spki(2, &numbers)),
                jwk(&trimmed(&modulus), &trimmed(exponent)),
            ]);
        }
        Input::Set { is_github, keys, raw } => {
            let key = |key: &Jwk<'_>| match is_github {
                true => {
                    let pem =
                        crate::json::quoted(&pem(
                            &Der::Of(0, vec![Der::Algorithm(key.known), Der::Known(key.known)]).bytes()
                        ));
                    let id = key.id.map(|id| id.to_string()).unwrap_or_default();
                    format!(r#"{{"key_identifier":"{id}","key":{pem},"is_current":{}}}"#, key.field == 0)
                }
                false => {
                    let id = key.id.map(|id| format!(r#","kid":"{id}""#)).unwrap_or_default();
                    let point = hex::decode(P256).expect("hex");
                    let material = match key.known % 3 {
                        0 => format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, ED25519.replace('/', "_")),
                        1 => format!(
                            r#""kty":"EC","crv":"P-256","x":"{}","y":"{}""#,
                            url(&point[1..33]),
                            url(&point[33..])
                        ),
                        _ => format!(r#""kty":"RSA","n":"{}","e":"AQAB""#, url(&[0xc1; 256])),
                    };
                    let name = ["use", "alg", "key_ops", "kty", "crv", "x"][usize::from(key.field) % 6];
                    let more = if key.field > 11 {
                        String::new()
                    } else {
                        format!(r#","{name}":{}"#, crate::json::quoted(key.value))
                    };
                    format!("{{{material}{id}{more}}}")
                }
            };
            let mut list: Vec<String> = keys.iter().map(key).collect();
            list.extend(raw.map(|node| node.text(&|which| which.to_string())));
            let name = if is_github { "public_keys" } else { "keys" };
            set(&format!(r#"{{"{name}":[{}]}}"#, list.join(",")));
        }
        Input::Signature { key, text, body } => {
            static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
            let verifiers = VERIFIERS.get_or_init(|| {
                let key = |place: usize| {
                    let which = [0, 1, 1, 2, 2][place];
                    PublicKey::new(&pem(&Der::Of(0, vec![Der::Algorithm(which), Der::Known(which)]).bytes()))
                        .expect("a key")
                };
                let verifier =
                    |(place, scheme): (usize, &Scheme)| Verifier::new(scheme.clone(), key(place)).expect("a verifier");
                SCHEMES.iter().enumerate().map(verifier).collect()
            });
            let verifier = &verifiers[usize::from(key) % SCHEMES.len()];
            assert!(verifier.verify(&[("s", text)], body).is_err(), "{text}");
        }
    }
}

fn set(text: &str) {
    let Ok(keys) = PublicKey::set(text) else { return };
    assert!((1..=64).contains(&keys.len()), "{} keys: {text}", keys.len());
    for (place, key) in keys.iter().enumerate() {
        let is_other = |other: &PublicKey| other.id().is_none() || other.id() != key.id();
        assert!(keys[..place].iter().all(is_other), "{:?} twice: {text}", key.id());
    }
}
