//! What a `VerifyError` says at once, because it is certain.

use hookseal::{Scheme, Secret, Signer, Verifier, VerifyError, provider};
use http::{HeaderMap, HeaderName};
use time::{Duration, OffsetDateTime};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

#[test]
fn headers_of_another_provider_are_named() {
    let svix = provider::SVIX.signer(secret(SECRET)).unwrap().sign_at("msg_1", b"{}", now()).unwrap();
    let other = |verifier: Verifier, headers: &HeaderMap| verifier.verify_at(headers, b"{}", now()).unwrap_err();
    let found = HeaderName::from_static("svix-signature");
    for (provider, header) in [(&provider::STRIPE, "stripe-signature"), (&provider::STANDARD_WEBHOOKS, "webhook-id")] {
        let header = HeaderName::from_static(header);
        let expected = VerifyError::OtherHeaders { header, found: found.clone() };
        let error = other(provider.verifier(secret(SECRET)).unwrap(), &svix);
        assert_eq!(error, expected);
        assert_eq!(error.status(), 400);
    }
    let missing = VerifyError::MissingHeader { header: HeaderName::from_static("stripe-signature") };
    assert_eq!(other(provider::STRIPE.verifier(secret(SECRET)).unwrap(), &HeaderMap::new()), missing);
}

#[test]
fn an_empty_body_is_named_however_it_arrives() {
    let headers = provider::GITHUB.signer(secret(SECRET)).unwrap().sign("delivery-1", b"{}").unwrap();
    let verifier = provider::GITHUB.verifier(secret(SECRET)).unwrap();
    assert_eq!(verifier.verify(&headers, b"").unwrap_err(), VerifyError::EmptyBody);
    assert_eq!(verifier.verify(&headers, b"[]").unwrap_err(), VerifyError::NoMatch);
    let mut verification = verifier.begin(&headers).unwrap();
    verification.update(b"");
    assert_eq!(verification.finish().unwrap_err(), VerifyError::EmptyBody);
    assert_eq!(VerifyError::EmptyBody.status(), 401);
    assert_eq!(VerifyError::EmptyBody.public_text(), VerifyError::NoMatch.public_text());
}

#[test]
fn a_time_is_told_as_it_differs_from_the_clock() {
    const SCHEME: Scheme = Scheme::new("X-Time: {timestamp}\nX-Signature: {hex}", "{timestamp}.{body}");
    let headers = Signer::new(SCHEME, secret(SECRET)).unwrap().sign_at("", b"{}", now()).unwrap();
    let verifier = Verifier::new(SCHEME, secret(SECRET)).unwrap();
    let at = |seconds| verifier.verify_at(&headers, b"{}", now() + Duration::seconds(seconds)).unwrap_err();
    assert_eq!(at(7200), VerifyError::TooOld { seconds: 7200 });
    assert_eq!(at(-7200), VerifyError::TooNew { seconds: 7200 });
    let mut headers = headers.clone();
    headers.insert("x-time", "1770000000000".parse().unwrap());
    assert_eq!(verifier.verify_at(&headers, b"{}", now()).unwrap_err(), VerifyError::InMilliseconds);
}

#[test]
fn an_unlikely_secret_is_told_by_its_public_prefix() {
    let sent = provider::STRIPE.signer(secret(SECRET)).unwrap().sign_at("", b"{}", now()).unwrap();
    for (text, part) in [
        ("sk_live_0123456789abcdef", "`sk_`"),
        ("we_0123456789abcdef0123", "`we_`"),
        ("0123456789abcdef0123", "`whsec_`"),
    ] {
        let error = provider::STRIPE.verifier(secret(text)).unwrap().verify_at(&sent, b"{}", now()).unwrap_err();
        assert!(matches!(error, VerifyError::UnlikelySecret { .. }), "{error:?}");
        assert!(error.to_string().contains(part) && !error.to_string().contains("0123"), "{error}");
        assert_eq!((error.status().as_u16(), error.public_text()), (401, VerifyError::NoMatch.public_text()));
    }
    // Only a request without a matching signature tells it.
    let odd = "sk_live_0123456789abcdef";
    let sent = provider::LINEAR.signer(secret(odd)).unwrap().sign("", b"{}");
    let sent = sent.or_else(|_| provider::LINEAR.signer(secret(odd)).unwrap().sign("delivery-1", b"{}")).unwrap();
    assert!(provider::LINEAR.verifier(secret(odd)).unwrap().verify(&sent, b"{}").is_ok());
}
