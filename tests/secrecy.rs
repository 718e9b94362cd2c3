//! Nothing that can be printed shows a key, a signature or a body.

use std::fmt::Debug;

use hookseal::{ConfigError, Key, Keyring, Secret, Signer, Verifier};
use http::HeaderMap;

use common::usual_schemes;

mod common;

/// Valid in every form: hex digits, 32 bytes as such, 24 as base64.
const SECRET: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75e";
const PREVIOUS: &str = "01d5ec2e01d5ec2e01d5ec2e01d5ec2e";
const BODY: &[u8] = b"a body that nobody may print";

struct Printed(Vec<String>);

impl Printed {
    fn debug(&mut self, value: impl Debug) {
        self.0.push(format!("{value:?} {value:#?}"));
    }

    fn error(&mut self, error: impl std::error::Error) {
        self.0.push(format!("{error} {error:?} {:?}", error.source()));
    }
}

fn signatures(headers: &HeaderMap) -> Vec<String> {
    let sensitive = headers.values().filter(|value| value.is_sensitive());
    let texts = sensitive.map(|value| value.to_str().unwrap().to_owned());
    texts
        .flat_map(|text| {
            text.split([',', '=', ' ', ';']).filter(|word| word.len() > 20).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn nothing_secret_is_printed() {
    for (name, scheme) in usual_schemes() {
        let mut printed = Printed(Vec::new());
        let secret = Secret::new(SECRET).unwrap();
        let keys = Keyring::new(secret.clone()).with_previous(Secret::new(PREVIOUS).unwrap()).unwrap();
        let signer = Signer::new(scheme.clone(), keys.clone()).unwrap();
        let verifier = Verifier::new(scheme.clone(), keys.clone()).unwrap();
        let request = signer.request("https://example.com/", "id_1", BODY).unwrap();
        let (parts, body) = request.into_parts();
        let mut hidden = signatures(&parts.headers);
        assert!(!hidden.is_empty(), "{name}: no signature is marked sensitive");

        printed.debug(&secret);
        printed.debug(&keys);
        printed.debug(&signer);
        printed.debug(&verifier);
        printed.debug(&parts.headers);
        let verified = verifier.verify(&parts.headers, body).unwrap();
        printed.debug(verified.clone());
        printed.debug(verified.proof());
        let mut verification = verifier.begin(&parts.headers).unwrap();
        verification.update(BODY);
        printed.debug(&verification);

        // Every error that these headers lead to when one of them is broken, moved or doubled.
        printed.error(verifier.verify(&parts.headers, b"another body").unwrap_err());
        for header in parts.headers.keys() {
            let mut without = parts.headers.clone();
            without.remove(header);
            let mut doubled = parts.headers.clone();
            doubled.append(header, parts.headers[header].clone());
            let mut long = parts.headers.clone();
            long.insert(header, format!("{},", parts.headers[header].to_str().unwrap()).repeat(60).parse().unwrap());
            let mut cut = parts.headers.clone();
            cut.insert(header, parts.headers[header].to_str().unwrap()[1..].parse().unwrap());
            for headers in [without, doubled, long, cut] {
                if let Err(error) = verifier.verify(&headers, body) {
                    printed.error(error);
                }
            }
        }
        let long = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect::<Vec<_>>();
        if let Err(error) = verifier.verify_at(&long, body, time::OffsetDateTime::UNIX_EPOCH) {
            printed.error(error);
        }

        hidden.extend([SECRET, PREVIOUS].map(str::to_owned));
        hidden.push(String::from_utf8(BODY.to_vec()).unwrap());
        hidden.push(format!("{BODY:?}"));
        for text in printed.0 {
            for secret in &hidden {
                assert!(!text.contains(secret.as_str()), "{name}: {text}");
            }
        }
    }
}

#[test]
fn errors_about_secrets_do_not_show_them() {
    let bad = Secret::new(format!("{SECRET} is not base64")).unwrap();
    let error = hookseal::provider::SVIX.signer(bad).unwrap_err();
    assert_eq!(error, ConfigError::MalformedSecret { key: Key::Current, form: "`whsec_` and base64" });
    assert!(!format!("{error} {error:?}").contains(SECRET));
    let hex = hookseal::provider::SVIX.signer(Secret::new(SECRET.repeat(2)).unwrap()).unwrap_err();
    assert_eq!(hex, ConfigError::HexSecret { key: Key::Current, form: "`whsec_` and base64" });
    assert!(!format!("{hex} {hex:?}").contains(SECRET));
    let repeated = Keyring::new(Secret::new(SECRET).unwrap()).with_previous(Secret::new(SECRET).unwrap()).unwrap_err();
    assert!(!format!("{repeated} {repeated:?}").contains(SECRET));
    let untrimmed = Secret::new(format!("{SECRET}\n")).unwrap_err();
    assert!(!format!("{untrimmed} {untrimmed:?}").contains(SECRET));
}
