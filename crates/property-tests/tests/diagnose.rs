//! A diagnosis ends, whatever the bytes are, proves nothing that is not so, and holds a few copies of a body at most.

use std::time::Duration;

use hookseal::diagnose::{Budget, Captured, Diagnose, Verdict, infer_at};
use hookseal::provider::Provider;
use hookseal::{Secret, provider};
use proptest::prelude::*;
use time::OffsetDateTime;

use counting::{allocated, most_held};

#[path = "../../adapter-tests/tests/common/counting.rs"]
mod counting;

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

/// Headers with a signature that nothing explains.
fn forged(provider: &Provider) -> Vec<(String, Vec<u8>)> {
    let signature = match provider.name() {
        "square" => ("x-square-hmacsha256-signature", "A".repeat(43) + "="),
        "discord" => ("x-signature-ed25519", "0a".repeat(64)),
        _ => ("x-hub-signature-256", format!("sha256={}", "0a".repeat(32))),
    };
    let all = [signature, ("x-signature-timestamp", "1770000000".to_owned())];
    all.map(|(name, value)| (name.to_owned(), value.into_bytes())).into()
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How many times its size is held of a body whose refusal nothing explains: under an HMAC, and under a public key.
fn times_held(body: &str) -> [usize; 2] {
    let length = [("content-length".to_owned(), b"300000".to_vec())];
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    [(&provider::GITHUB, SECRET), (&provider::DISCORD, key)].map(|(provider, secret)| {
        let headers = forged(provider).into_iter().chain(length.clone());
        let request = Captured::new("POST", "https://example.com/hook", headers, body);
        let budget = Budget::new().with_bytes(100 << 20).with_time(Duration::from_secs(3600));
        let diagnose = Diagnose::new(provider, secret).with_budget(budget);
        let (most, diagnosis) = most_held(|| diagnose.run(&request));
        assert_ne!(diagnosis.verdict(), Verdict::Proven, "{diagnosis}");
        most / body.len()
    })
}

#[test]
fn few_copies_of_a_large_body_are_held() {
    let large = "x".repeat(300 << 10);
    let members: String = (0..200).map(|number| format!(r#""m{number}":{number},"#)).collect();
    for (name, body) in [
        ("members", format!(r#"{{{members}"big":"{large}"}}"#)),
        ("nested", format!("{}\"{large}\"{}", r#"{"body":"#.repeat(100), "}".repeat(100))),
        ("text", large.clone()),
        ("lines", "x\r\n".repeat(100 << 10)),
        ("form", format!("a={large}&b=1&c=2")),
    ] {
        let held = times_held(&body);
        assert!(held.iter().all(|times| *times < 16), "{name}: {held:?}");
    }
}

#[test]
fn variants_of_json_are_held_one_by_one() {
    for body in [format!("[{}1]", "1.5,2,3e9,".repeat(1600)), format!("[{}1]", "1,".repeat(8000))] {
        let held = times_held(&body);
        assert!(held.iter().all(|times| *times < 200), "{held:?}");
    }
    let numbers = format!("[{}1]", "1,".repeat(3 << 20));
    let held = times_held(&numbers);
    assert!(held.iter().all(|times| *times < 16), "more values than are read: {held:?}");
}

#[test]
fn hosts_in_a_header_are_not_all_tried() {
    for provider in [&provider::SQUARE, &provider::GITHUB] {
        let run = |hosts: usize| {
            let hosts = (0..hosts).map(|host| host.to_string()).collect::<Vec<_>>().join(",");
            let hosts = ("x-forwarded-host".to_owned(), hosts.into_bytes());
            let headers = forged(provider).into_iter().chain([hosts]);
            let request = Captured::new("POST", "https://example.com/hook?x=1", headers, "{}");
            let diagnose = Diagnose::new(provider, SECRET);
            let diagnose = diagnose.with_budget(Budget::new().with_bytes(0));
            allocated(|| diagnose.run(&request)).0
        };
        let (few, many) = (run(8), run(120));
        assert!(many < few + (64 << 10), "{}: {few} bytes were allocated for 8 hosts, {many} for 120", provider.name());
    }
}

#[test]
fn the_hosts_of_a_chain_of_proxies_are_tried() {
    for (number, is_tried) in [(1, true), (2, true), (6, true), (7, false), (400, false)] {
        let signer = provider::SQUARE.signer(Secret::new(SECRET).unwrap()).unwrap();
        let url = format!("https://host{number}.example/hook");
        let mut sent = http::Request::post(url).body("{\"a\":1}").unwrap();
        signer.sign_request(&mut sent, "id_1").unwrap();
        let hosts = (0..500).map(|host| format!("host{host}.example")).collect::<Vec<_>>().join(", ");
        let own = sent.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        let headers = own.chain([("x-forwarded-host".to_owned(), hosts.into_bytes())]);
        let request = Captured::new("POST", "https://example.com/hook", headers, "{\"a\":1}");
        let diagnosis = Diagnose::new(&provider::SQUARE, SECRET).run(&request);
        assert_eq!(diagnosis.verdict() == Verdict::Proven, is_tried, "{number}: {diagnosis}");
    }
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
