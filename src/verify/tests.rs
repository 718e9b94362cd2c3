use super::*;
use crate::mac::Digest;
use crate::secret::Secret;
use crate::sign::Signer;

const STRONG: Scheme = Scheme::new("X-Signature-512: {hex}", "{body}").with_digest(Digest::Sha512);
const WEAK: Scheme = Scheme::new("X-Signature: {hex}", "{body}");

#[test]
fn the_strongest_scheme_that_is_present_decides() {
    let key = || Secret::from_bytes([7; 32]).unwrap();
    let sign = |scheme: Scheme, body: &[u8]| Signer::new(scheme, key()).unwrap().sign("id", body).unwrap();
    let verifier = Verifier::for_schemes(&[STRONG, WEAK], &Keyring::new(key()), None, &[]).unwrap();

    let (strong, weak) = (sign(STRONG, b"{}"), sign(WEAK, b"{}"));
    assert!(verifier.verify(&strong, b"{}").is_ok());
    assert!(verifier.verify(&weak, b"{}").is_ok());

    let mut both = sign(STRONG, b"another body");
    both.extend(weak);
    assert_eq!(verifier.verify(&both, b"{}").unwrap_err(), VerifyError::NoMatch, "the weak one does not rescue");

    const TIMED: Scheme =
        Scheme::new("X-Time: {timestamp}\nX-Signature-512: {hex}", "{timestamp}.{body}").with_digest(Digest::Sha512);
    let verifier_of_timed = Verifier::for_schemes(&[TIMED, WEAK], &Keyring::new(key()), None, &[]).unwrap();
    let mut cut = sign(TIMED, b"{}");
    cut.remove("x-time");
    cut.extend(sign(WEAK, b"{}"));
    let header = http::HeaderName::from_static("x-time");
    let error = verifier_of_timed.verify(&cut, b"{}").unwrap_err();
    assert_eq!(error, VerifyError::MissingHeader { header }, "nor where the strong one lacks something");

    let none = http::HeaderMap::new();
    let header = http::HeaderName::from_static("x-signature-512");
    assert_eq!(verifier.verify(&none, b"{}").unwrap_err(), VerifyError::MissingHeader { header });
}

/// The same where more than headers and body is signed.
#[test]
fn the_first_scheme_that_is_malformed_is_named() {
    let key = || Secret::from_bytes([7; 32]).unwrap();
    let schemes = ["S-512: {hex}", "S: {hex}"].map(|lines| Scheme::try_new(lines, "{query|sorted}\n{body}").unwrap());
    let schemes = [schemes[0].clone().with_digest(Digest::Sha512), schemes[1].clone()];
    let verifier = Verifier::for_schemes(&schemes, &Keyring::new(key()), None, &[]).unwrap();
    let weak = Signer::new(schemes[1].clone(), key()).unwrap();
    let signed = weak.request("/?a=1", "", "{}").unwrap();
    for signature in ["no digits", signed.headers()["s"].to_str().unwrap()] {
        let request = Request::post("/?a=1").header("s-512", "no digits").header("s", signature).body("{}").unwrap();
        match verifier.verify_request(&request).unwrap_err() {
            VerifyError::MalformedHeader { header, .. } => assert_eq!(header, "s-512"),
            other => panic!("{other}"),
        }
    }
}

#[cfg(feature = "ed25519")]
mod work {
    use super::*;
    use crate::codec;
    use crate::public_key::{SigningKey, VERIFICATIONS};

    const SIGNED: Scheme = Scheme::new("X-Signature: {hex},...", "{body}").with_algorithm(Algorithm::Ed25519);
    const BATCH: Scheme =
        Scheme::new("\n\nitems[].signature: {hex}", "{$.items[].value}").with_algorithm(Algorithm::Ed25519);

    fn keys(count: usize) -> Keyring {
        let keys = (0..count).map(|_| SigningKey::generate().unwrap().public_key());
        Keyring::from_public_keys(keys).unwrap()
    }

    /// How many signatures are verified with a public key to judge a request.
    fn verifications(verifier: &Verifier, headers: &[(&str, &str)], body: &[u8]) -> (usize, bool) {
        VERIFICATIONS.set(0);
        let is_authentic = verifier.verify(headers, body).is_ok();
        (VERIFICATIONS.get(), is_authentic)
    }

    #[test]
    fn a_request_costs_at_most_eight_verifications_a_key_and_32_in_all() {
        let signature = "ab".repeat(64);
        for (count, signatures, expected) in
            [(1, 1, 1), (1, 8, 8), (1, 16, 8), (3, 16, 24), (4, 16, 32), (5, 16, 32), (64, 1, 32), (64, 16, 32)]
        {
            let verifier = Verifier::new(SIGNED, keys(count)).unwrap();
            let header = vec![signature.as_str(); signatures].join(",");
            let (done, is_authentic) = verifications(&verifier, &[("X-Signature", &header)], b"{}");
            assert_eq!((done, is_authentic), (expected, false), "{count} keys, {signatures} signatures");
        }
    }

    /// Each scheme of a provider is judged if the ring has keys of several kinds.
    #[cfg(all(feature = "p256", feature = "rsa"))]
    #[test]
    fn several_schemes_cost_no_more_than_one() {
        let scheme = |headers, algorithm| Scheme::try_new(headers, "{body}").unwrap().with_algorithm(algorithm);
        let schemes = [
            scheme("X-Signature: {hex},...", Algorithm::Ed25519),
            scheme("X-P256: {hex},...", Algorithm::P256Fixed),
            scheme("X-Rsa: {hex},...", Algorithm::RsaSha256),
        ];
        let mut ring = keys(20);
        for algorithm in [Algorithm::P256, Algorithm::RsaSha256] {
            for _ in 0..10 {
                ring = ring.with_previous(crate::PublicKey::nobodys(algorithm).unwrap()).unwrap();
            }
        }
        let verifier = Verifier::for_schemes(&schemes, &ring, None, &[]).unwrap();
        let (short, long) = (vec!["ab".repeat(64); 16].join(","), vec!["ab".repeat(256); 4].join(","));
        let headers = [("X-Signature", &*short), ("X-P256", &*short), ("X-Rsa", &*long)];
        assert_eq!(verifications(&verifier, &headers, b"{}"), (32, false));
    }

    /// Whoever has seen one element could repeat it.
    #[test]
    fn a_batch_costs_no_more_than_one_request() {
        let key = SigningKey::generate().unwrap();
        let signature = codec::hex_text(&key.sign(b"x"));
        let ring = keys(7).with_previous(key.public_key()).unwrap();
        let verifier = Verifier::for_schemes(&[BATCH], &ring, None, &[]).unwrap();
        for (elements, expected) in [(1, (8, true)), (4, (32, true)), (5, (32, false)), (60, (32, false))] {
            let element = format!(r#"{{"value":"x","signature":"{signature}"}}"#);
            let body = format!(r#"{{"items":[{}]}}"#, vec![element; elements].join(","));
            assert_eq!(verifications(&verifier, &[], body.as_bytes()), expected, "{elements} elements");
        }
    }
}
