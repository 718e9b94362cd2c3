//! What becomes a key, and what is refused.

use hookseal::provider::{FINCH, OPENAI, SVIX};
use hookseal::{ConfigError, Key, Scheme, Secret, SecretForm, Signer, Verifier};
use proptest::prelude::*;

const FORMS: [SecretForm; 5] =
    [SecretForm::Text, SecretForm::Hex, SecretForm::Base64, SecretForm::Whsec, SecretForm::WhsecOrText];

const HEX: &str = "cb67903a62d3d4d64e5c0a3b477e52238051cf9d3372ad027dceb13543ff1573";

fn scheme(form: SecretForm) -> Scheme {
    Scheme::new("X-Signature: {hex}", "{body}").with_secret_form(form)
}

/// Whether two secrets are one key, each under its own form.
fn are_one_key(one: (SecretForm, Secret), other: (SecretForm, Secret)) -> bool {
    let headers = Signer::new(scheme(one.0), one.1).unwrap().sign("id", b"{}").unwrap();
    Verifier::new(scheme(other.0), other.1).unwrap().verify(&headers, b"{}").is_ok()
}

/// The key that a text stands for, by decoders of the test.
fn decoded(text: &str, form: SecretForm) -> Vec<u8> {
    use base64::Engine as _;
    let base64 = || base64::engine::general_purpose::STANDARD.decode(text.trim_start_matches("whsec_")).unwrap();
    match form {
        SecretForm::Text => text.as_bytes().to_vec(),
        SecretForm::Hex => hex(text),
        _ => base64(),
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn a_generated_secret_signs_and_verifies_in_its_form() {
    for form in FORMS {
        let secret = Secret::generate(form).unwrap();
        let text = secret.expose().unwrap().to_owned();
        let key = decoded(&text, form);
        assert_eq!(key.len(), if form == SecretForm::Text { 64 } else { 32 }, "{form:?}: {text}");
        let shown = || Secret::new(text.as_str()).unwrap();
        assert!(are_one_key((form, secret.clone()), (form, shown())), "{form:?}: what is shown is the secret");
        let bytes = Secret::from_bytes(key).unwrap();
        assert!(are_one_key((form, secret.clone()), (form, bytes)), "{form:?}: its text decodes to the key");
        let another = Secret::generate(form).unwrap();
        assert!(!are_one_key((form, secret), (form, another)), "{form:?}: another secret is another key");
    }
}

#[test]
fn a_hex_secret_is_the_bytes_that_its_digits_say() {
    let bytes = || (SecretForm::Text, Secret::from_bytes(hex(HEX)).unwrap());
    for text in [HEX.to_owned(), HEX.to_uppercase()] {
        assert!(are_one_key((SecretForm::Hex, Secret::new(text.as_str()).unwrap()), bytes()), "{text}");
        assert!(are_one_key(bytes(), (SecretForm::Hex, Secret::new(text.as_str()).unwrap())), "{text}");
        assert!(!are_one_key((SecretForm::Text, Secret::new(text.as_str()).unwrap()), bytes()), "{text} as text");
    }
    for wrong in [&HEX[1..], "g0000000000000000000000000000000", "0x6790ca62d3d4d64e5c0a3b477e522380"] {
        let error = Verifier::new(scheme(SecretForm::Hex), Secret::new(wrong).unwrap()).unwrap_err();
        assert_eq!(error, ConfigError::MalformedSecret { key: Key::Current, form: "hex" }, "{wrong}");
    }
    let short = Verifier::new(scheme(SecretForm::Hex), Secret::new(&HEX[..30]).unwrap()).unwrap_err();
    assert_eq!(short, ConfigError::ShortSecret { key: Key::Current, bytes: 15 });
}

#[test]
fn hex_is_refused_where_base64_is_expected() {
    let long = HEX.repeat(2);
    let generated = Secret::generate(SecretForm::Hex).unwrap();
    let texts = [HEX, &HEX.to_uppercase(), &long, generated.expose().unwrap()];
    for (form, words) in [(SecretForm::Base64, "base64"), (SecretForm::Whsec, "`whsec_` and base64")] {
        for text in texts {
            let error = ConfigError::HexSecret { key: Key::Current, form: words };
            assert!(error.to_string().contains("looks like hex"), "{error}");
            assert_eq!(Signer::new(scheme(form), Secret::new(text).unwrap()).unwrap_err(), error, "{form:?}: {text}");
            assert_eq!(Verifier::new(scheme(form), Secret::new(text).unwrap()).unwrap_err(), error, "{form:?}: {text}");
        }
    }
    assert!(matches!(SVIX.verifier(Secret::new(HEX).unwrap()), Err(ConfigError::HexSecret { .. })));
    assert!(matches!(FINCH.receiver(Secret::new(HEX).unwrap()), Err(ConfigError::HexSecret { .. })));
}

#[test]
fn base64_has_the_bytes_that_its_digits_say_however_few() {
    let text = "YWJjZGVm";
    for digits in 1..=text.len() {
        let secret = || Secret::new(&text[..digits]).unwrap();
        let error = match digits * 6 / 8 {
            0 => ConfigError::MalformedSecret { key: Key::Current, form: "base64" },
            // A single digit at the end is half a byte.
            _ if digits % 4 == 1 => ConfigError::MalformedSecret { key: Key::Current, form: "base64" },
            bytes => ConfigError::ShortSecret { key: Key::Current, bytes },
        };
        assert_eq!(Verifier::new(scheme(SecretForm::Base64), secret()).unwrap_err(), error, "{digits} digits");
    }
}

/// What only happens to look like hex is read as before.
#[test]
fn base64_that_could_be_hex_is_accepted() {
    let prefixed = format!("whsec_{HEX}");
    let accepted = [
        // The key of 24 bytes that Svix makes has 32 digits of base64.
        (SecretForm::Base64, &HEX[..32]),
        (SecretForm::Whsec, &HEX[..32]),
        (SecretForm::Base64, &HEX[..60]),
        (SecretForm::Base64, "cb67903a62d3d4d64e5c0a3b477e52238051cf9d3372ad027dceb13543ff157z"),
        // The marker says what follows.
        (SecretForm::Whsec, &prefixed),
        (SecretForm::WhsecOrText, &prefixed),
    ];
    for (form, text) in accepted {
        let bytes = Secret::from_bytes(decoded(text, SecretForm::Base64)).unwrap();
        assert!(are_one_key((form, Secret::new(text).unwrap()), (form, bytes)), "{form:?}: {text}");
    }
    // Any text is a key where text is.
    assert!(OPENAI.verifier(Secret::new(HEX).unwrap()).is_ok());
    assert!(Verifier::new(scheme(SecretForm::Text), Secret::new(HEX).unwrap()).is_ok());
    // A key as bytes is not read, whatever its bytes are.
    assert!(SVIX.verifier(Secret::from_bytes(HEX.as_bytes()).unwrap()).is_ok());
}

proptest! {
    #[test]
    fn a_key_in_any_form_is_the_same_key(bytes in proptest::collection::vec(any::<u8>(), 16..100)) {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = || (SecretForm::Text, Secret::from_bytes(bytes.clone()).unwrap());
        for (form, text) in [
            (SecretForm::Hex, hex),
            (SecretForm::Base64, base64.clone()),
            (SecretForm::Base64, base64.trim_end_matches('=').to_owned()),
            (SecretForm::Whsec, format!("whsec_{base64}")),
            (SecretForm::WhsecOrText, format!("whsec_{base64}")),
        ] {
            prop_assert!(are_one_key((form, Secret::new(text.as_str()).unwrap()), key()), "{form:?}: {text}");
        }
    }
}
