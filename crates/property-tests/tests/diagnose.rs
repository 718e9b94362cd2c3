//! A diagnosis ends, whatever the bytes are, and proves nothing that is not so.

use hookseal::diagnose::{Budget, Captured, Diagnose, Verdict, infer_at};
use hookseal::{Secret, provider};
use proptest::prelude::*;
use time::OffsetDateTime;

fn budget() -> Budget {
    Budget::new().with_bytes(1 << 20)
}

fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = prop_oneof![
        Just("stripe-signature".to_owned()),
        Just("x-hub-signature-256".to_owned()),
        Just("content-length".to_owned()),
        Just("svix-id".to_owned()),
        "[a-zA-Z_-]{1,12}",
    ];
    let value = prop_oneof![
        "t=[0-9]{10},v1=[0-9a-f]{64}".prop_map(String::into_bytes),
        "sha256=[0-9a-f]{60,66}".prop_map(String::into_bytes),
        "[A-Za-z0-9+/]{27,44}={0,2}".prop_map(String::into_bytes),
        "[0-9]{1,19}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40),
        ".{0,20}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec((name, value), 0..6)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\PC{0,60}".prop_map(String::into_bytes),
        r#"[\[\]{}",:\\u0-9a-e.&=+% \-]{0,60}"#.prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..60).prop_map(|rest| [
            &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0][..],
            &rest
        ]
        .concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn nothing_panics(headers in headers(), body in body(), url in "\\PC{0,40}", secret in "\\PC{0,50}", now in any::<u32>()) {
        let request = Captured::new("POST", url, headers, body);
        let now = OffsetDateTime::from_unix_timestamp(now.into()).unwrap();
        let hmac = [&provider::STRIPE, &provider::SVIX, &provider::GITHUB, &provider::SQUARE, &provider::MAILGUN];
        // Listed headers, a public key, tokens.
        for provider in hmac.into_iter().chain([&provider::CONTENTFUL, &provider::DISCORD, &provider::PLAID, &provider::VONAGE]) {
            let diagnosis = Diagnose::new(provider, secret.as_str()).with_budget(budget()).run_at(&request, now);
            prop_assert!(diagnosis.verdict() != Verdict::Accepted && diagnosis.verdict() != Verdict::Proven);
            let _ = diagnosis.to_string();
        }
        prop_assert!(infer_at(&request, &secret, now).readings().is_empty());
    }

    /// One byte of an authentic body is another: no accident explains that, unless the byte is white space.
    #[test]
    fn a_changed_byte_is_no_accident(at in 0_usize..40, byte in any::<u8>()) {
        let sent = br#"{"id":"evt_1","amount":1999,"to":"DE89"}"#;
        let secret = "0123456789abcdef0123456789abcdef";
        let headers = provider::GITHUB.signer(Secret::new(secret).unwrap()).unwrap().sign("delivery-1", sent).unwrap();
        let mut body = sent.to_vec();
        body[at] = byte;
        prop_assume!(body != sent);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let request = Captured::new("POST", "/", headers, body);
        let diagnosis = Diagnose::new(&provider::GITHUB, secret).with_budget(budget()).run(&request);
        let is_altered = diagnosis.causes().iter().all(|cause| cause.code().as_str() == "body.altered");
        prop_assert!(diagnosis.verdict() != Verdict::Proven || is_altered, "{diagnosis}");
    }
}
