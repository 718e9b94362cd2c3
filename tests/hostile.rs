//! Requests that broke other verifiers, and what ours says to them.

use hookseal::{
    ConfigError, Digest, Extent, Key, Keyring, Scheme, Secret, SignError, Signer, Verifier, VerifyError, provider,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;

use common::{key, line, usual_schemes};

mod common;

const NOW: i64 = 1_770_000_000;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

fn signed(scheme: &Scheme, body: &[u8]) -> HeaderMap {
    Signer::new(scheme.clone(), key(0)).unwrap().sign_at("id_1", body, now()).unwrap()
}

fn verify(scheme: &Scheme, headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
    Verifier::new(scheme.clone(), key(0)).unwrap().verify_at(headers, body, now()).map(|_| ())
}

fn standard() -> Scheme {
    provider::STANDARD_WEBHOOKS.schemes()[0].clone()
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// Signs whatever text stands in the timestamp header, as an attacker who knows a key could, to reach the checks alone.
fn signed_with_timestamp(text: &str) -> HeaderMap {
    let lines = "webhook-id: {id}\nwebhook-signature: v1,{base64} ...";
    let raw = Scheme::try_new(lines, format!("{{id}}.{text}.{{body}}")).unwrap();
    let mut headers = signed(&raw, b"{}");
    headers.insert("webhook-timestamp", HeaderValue::from_str(text).unwrap());
    headers
}

#[test]
fn timestamps_in_odd_forms() {
    assert_eq!(verify(&standard(), &signed_with_timestamp(&NOW.to_string()), b"{}"), Ok(()));
    let far = i64::MAX.to_string();
    let odd = [
        i64::MIN.to_string(),
        far,
        format!("+{NOW}"),
        format!("0{NOW}"),
        format!("{NOW}.0"),
        format!(" {NOW}"),
        format!("{NOW} "),
        format!("{NOW}\t"),
        "1e9".to_owned(),
        "0x698057e0".to_owned(),
        "NaN".to_owned(),
        String::new(),
        "1_770_000_000".to_owned(),
        "99999999999999999999".to_owned(),
        "-1".to_owned(),
        "2026-02-02T02:40:00Z".to_owned(),
    ];
    for text in odd {
        let result = verify(&standard(), &signed_with_timestamp(&text), b"{}");
        assert!(result.is_err(), "{text:?} was accepted");
    }
}

#[test]
fn stale_and_future_requests_say_by_how_much() {
    let at = |seconds: i64| verify(&standard(), &signed_with_timestamp(&(NOW + seconds).to_string()), b"{}");
    assert_eq!((at(-300), at(300)), (Ok(()), Ok(())));
    assert_eq!(at(-301), Err(VerifyError::TooOld { seconds: 301 }));
    assert_eq!(at(400), Err(VerifyError::TooNew { seconds: 400 }));
}

/// A captured request is accepted for as long as `replay_window` says, and not a part of a second longer.
#[test]
fn the_tolerance_ends_within_a_second() {
    use time::Duration;

    for (format, unit) in [("", Duration::SECOND), (":ms", Duration::MILLISECOND), (":rfc3339", Duration::NANOSECOND)] {
        let lines = format!("S: {{hex}}\nT: {{timestamp{format}}}");
        let scheme = Scheme::try_new(lines, "{timestamp}.{body}").unwrap();
        assert_eq!(scheme.replay_window(), Some(600));
        let sent = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
        let headers = Signer::new(scheme.clone(), key(0)).unwrap().sign_at("evt_1", b"{}", sent).unwrap();
        let verifier = Verifier::new(scheme, key(0)).unwrap();
        let at = |off: Duration| verifier.verify_at(&headers, b"{}", sent + off).map(|_| ());
        let (limit, instant) = (Duration::seconds(300), Duration::NANOSECOND);
        assert_eq!((at(limit), at(-limit)), (Ok(()), Ok(())), "{unit}");
        assert_eq!(at(limit + instant), Err(VerifyError::TooOld { seconds: 301 }), "{unit}");
        assert_eq!(at(-limit - instant), Err(VerifyError::TooNew { seconds: 301 }), "{unit}");
    }
    // The sender cuts off a fraction of a second, so a whole second is now.
    let scheme = Scheme::new("S: {hex}\nT: {timestamp}", "{timestamp}.{body}").with_past(0).with_future(0);
    assert_eq!(scheme.replay_window(), Some(1));
    let sent = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    let headers = Signer::new(scheme.clone(), key(0)).unwrap().sign_at("evt_1", b"{}", sent).unwrap();
    let verifier = Verifier::new(scheme, key(0)).unwrap();
    let at = |off: Duration| verifier.verify_at(&headers, b"{}", sent + off).is_ok();
    let seconds = [-Duration::NANOSECOND, Duration::ZERO, Duration::milliseconds(999), Duration::SECOND];
    assert_eq!(seconds.map(at), [false, true, true, false]);
}

#[test]
fn eight_thousand_signatures() {
    let wrong = |count: usize| format!("v1,{}", "A".repeat(43) + "=").repeat(count).replace("=v1", "= v1");
    let mut headers = signed(&standard(), b"{}");
    let good = headers["webhook-signature"].to_str().unwrap().to_owned();
    for (count, expected) in [
        (15, Ok(())),
        (16, Err(VerifyError::TooManySignatures { header: name("webhook-signature") })),
        (80, Err(VerifyError::TooManySignatures { header: name("webhook-signature") })),
        (8000, Err(VerifyError::HeaderTooLong { header: name("webhook-signature") })),
    ] {
        set(&mut headers, "webhook-signature", &format!("{} {good}", wrong(count)));
        assert_eq!(verify(&standard(), &headers, b"{}"), expected, "{count}");
    }
    // Malformed siblings do not count, whatever their number.
    set(&mut headers, "webhook-signature", &format!("{}{good}", "v1,x v9, ".repeat(400)));
    assert_eq!(verify(&standard(), &headers, b"{}"), Ok(()));
}

#[test]
fn a_malformed_sibling_does_not_cost_a_good_signature() {
    let mut headers = signed(&standard(), b"{}");
    let good = headers["webhook-signature"].to_str().unwrap().to_owned();
    for list in ["v1,AAAA {}", "{} v1,", "v1a,AAAA {} v2,zz", "  {}  ", "v1 {}", ", {}"] {
        set(&mut headers, "webhook-signature", &list.replace("{}", &good));
        assert_eq!(verify(&standard(), &headers, b"{}"), Ok(()), "{list}");
    }
    set(&mut headers, "webhook-signature", "v1,AAAA v1a,x");
    let header = name("webhook-signature");
    let problem = "holds no well-formed signature: the scheme expects 44 characters of padded base64 after its prefix, \
                   if it has one";
    assert_eq!(verify(&standard(), &headers, b"{}"), Err(VerifyError::MalformedHeader { header, problem }));
}

#[test]
fn a_header_without_a_signature_is_told_the_form_that_is_expected() {
    let forms = [("{hex}", "hex digits"), ("{base64}", "characters of padded base64"), ("{base64url}", "base64url")];
    let digests = [
        Digest::Sha256,
        Digest::Sha512,
        #[cfg(feature = "sha1")]
        Digest::Sha1,
    ];
    for ((placeholder, form), digest) in forms.into_iter().flat_map(|form| digests.map(|digest| (form, digest))) {
        let scheme = Scheme::try_new(format!("S: {placeholder}"), "{body}").unwrap().with_digest(digest);
        let mut headers = signed(&scheme, b"{}");
        let length = headers["s"].len();
        set(&mut headers, "s", "sha256=00");
        let said = verify(&scheme, &headers, b"{}").unwrap_err().to_string();
        assert!(said.contains(&format!(" {length} ")) && said.contains(form), "{placeholder} {digest}: {said}");
    }
}

#[test]
fn a_signature_has_characters_of_its_alphabet_only() {
    for placeholder in ["{hex}", "{base64}", "{base64url}"] {
        let scheme = Scheme::try_new(format!("S: {placeholder}"), "{body}").unwrap();
        let headers = signed(&scheme, b"{}");
        let text = headers["s"].to_str().unwrap();
        for (wrong, count) in
            ["!", "g.", "é", "="].into_iter().flat_map(|wrong| (1..5).map(move |count| (wrong, count)))
        {
            let wrong = wrong.repeat(count);
            let mut headers = headers.clone();
            let damaged = format!("{wrong}{}", &text[wrong.len()..]);
            headers.insert("s", HeaderValue::from_bytes(damaged.as_bytes()).unwrap());
            let refused = verify(&scheme, &headers, b"{}");
            assert!(matches!(refused, Err(VerifyError::MalformedHeader { .. })), "{damaged}: {refused:?}");
        }
    }
}

/// 1973-03-03T09:46:40Z in milliseconds. A smaller number is one of seconds.
#[test]
fn milliseconds_or_seconds_are_told_apart_by_their_size() {
    let lines = "S: {hex}\nT: {timestamp:ms-or-s}";
    let scheme = Scheme::try_new(lines, "{timestamp}.{body}").unwrap();
    let plain = Scheme::try_new("S: {hex}", "{body}").unwrap();
    for (text, seconds) in [
        ("1770000000", 1_770_000_000),
        ("1770000000000", 1_770_000_000),
        ("99999999999", 99_999_999_999),
        ("100000000000", 100_000_000),
        ("0", 0),
    ] {
        let mut headers = signed(&plain, format!("{text}.{{}}").as_bytes());
        set(&mut headers, "t", text);
        let verifier = Verifier::new(scheme.clone(), key(0)).unwrap();
        for (off, is_inside) in [(-301, false), (-300, true), (0, true), (300, true), (302, false)] {
            let now = OffsetDateTime::from_unix_timestamp(seconds + off).unwrap();
            let verdict = verifier.verify_at(&headers, b"{}", now);
            assert_eq!(verdict.is_ok(), is_inside, "{text} at {now}: {verdict:?}");
        }
    }
}

#[test]
fn repeated_headers_are_refused_equal_or_not() {
    for (provider, scheme) in usual_schemes() {
        let headers = signed(scheme, b"{}");
        for (header, value) in &headers {
            for (second, others) in [(value.clone(), 0), (value.clone(), 10), (HeaderValue::from_static("1"), 10)] {
                let mut headers = headers.clone();
                headers.append(header.clone(), second);
                // Small and large maps are not searched in the same way.
                for other in 0..others {
                    headers.append(HeaderName::try_from(format!("x-other-{other}")).unwrap(), other.into());
                }
                let result = verify(scheme, &headers, b"{}");
                let line = line(scheme, header);
                // A comma list of signatures alone: HTTP lets it be cut into several lines.
                let repeats = line.ends_with("...") && line.contains("},") && !line.contains("{timestamp");
                match result {
                    Ok(()) => assert!(repeats, "{provider}: {header} twice was accepted"),
                    Err(error) => {
                        assert!(!repeats, "{provider}: {error}");
                        assert_eq!(error, VerifyError::RepeatedHeader { header: header.clone() }, "{provider}");
                    }
                }
            }
        }
    }
}

#[test]
fn missing_headers_are_named() {
    for (provider, scheme) in usual_schemes() {
        let headers = signed(scheme, b"{}");
        for header in headers.keys() {
            let line = line(scheme, header);
            let informs = !line.contains('{') || line.contains("{id}") && !scheme.covers_id();
            let mut headers = headers.clone();
            headers.remove(header);
            let result = verify(scheme, &headers, b"{}");
            let expected = if informs { Ok(()) } else { Err(VerifyError::MissingHeader { header: header.clone() }) };
            assert_eq!(result, expected, "{provider}");
        }
    }
}

#[test]
fn header_families_do_not_mix() {
    let svix = &provider::SVIX.schemes()[0];
    let headers = signed(svix, b"{}");
    let renamed = |from: &str| {
        let mut renamed = HeaderMap::new();
        for (header, value) in &headers {
            let header = if header.as_str().ends_with(from) {
                header.as_str().replace("svix-", "webhook-")
            } else {
                header.to_string()
            };
            renamed.insert(HeaderName::try_from(header).unwrap(), value.clone());
        }
        renamed
    };
    assert_eq!(verify(svix, &renamed(""), b"{}"), Ok(()), "all names of the other family");
    for part in ["-id", "-timestamp", "-signature"] {
        assert!(matches!(verify(svix, &renamed(part), b"{}"), Err(VerifyError::MixedHeaders { .. })), "{part}");
    }
    let mut both = headers.clone();
    both.insert("webhook-id", HeaderValue::from_static("id_2"));
    let mixed = VerifyError::MixedHeaders { one: name("svix-id"), other: name("webhook-id") };
    assert_eq!(verify(svix, &both, b"{}"), Err(mixed));
}

#[test]
fn borders_do_not_move() {
    // No separator between timestamp and body: digits move, and the window notices.
    for (provider, body) in
        [(&provider::ZENDESK, b"123".as_slice()), (&provider::RETELL, b"123"), (&provider::TWITCH, b"123")]
    {
        let scheme = &provider.schemes()[0];
        let headers = signed(scheme, body);
        let (header, text) = headers
            .iter()
            .find(|(_, value)| value.to_str().unwrap().contains("177") || value.to_str().unwrap().contains("2026-"))
            .unwrap();
        let text = text.to_str().unwrap();
        let (longer, shorter) = match text.split_once(',') {
            Some((time, rest)) => (format!("{time}1,{rest}"), format!("{},{rest}", &time[..time.len() - 1])),
            None => (format!("{text}1"), text[..text.len() - 1].to_owned()),
        };
        for (text, body) in [(longer, &body[1..]), (shorter, body)] {
            let mut headers = headers.clone();
            headers.insert(header.clone(), HeaderValue::from_str(&text).unwrap());
            assert!(verify(scheme, &headers, body).is_err(), "{}", provider.name());
        }
    }
    // The id stands behind the body: what separates them may not be part of it.
    let sinch = &provider::SINCH.schemes()[0];
    let mut headers = signed(sinch, br#"{"price":1.50}"#);
    set(&mut headers, "x-sinch-webhook-signature-nonce", r#"50}.id_1"#);
    let header = name("x-sinch-webhook-signature-nonce");
    let problem = "runs into the text that separates it from its neighbour in the signed content";
    assert_eq!(verify(sinch, &headers, br#"{"price":1"#), Err(VerifyError::MalformedHeader { header, problem }));
}

#[test]
fn ids_that_a_signer_refuses_and_a_verifier_takes() {
    let signer = Signer::new(standard(), key(0)).unwrap();
    for (id, problem) in [
        ("", "is empty"),
        ("a b", "is not visible ASCII"),
        ("caf\u{e9}", "is not visible ASCII"),
        ("a\r\nx-admin: 1", "is not visible ASCII"),
        ("msg.1", "runs into the text that separates it from its neighbour in the signed content"),
        (&"x".repeat(257), "is longer than 256 bytes"),
    ] {
        assert_eq!(signer.sign(id, b"{}").unwrap_err(), SignError::InvalidId { problem }, "{id:?}");
    }
    assert!(signer.sign(&"x".repeat(256), b"{}").is_ok());
    // Ids with dots are in the field: one signed elsewhere verifies.
    let other =
        Scheme::new("webhook-timestamp: {timestamp}\nwebhook-signature: v1,{base64} ...", "msg.1.{timestamp}.{body}");
    let mut headers = Signer::new(other, key(0)).unwrap().sign_at("", b"{}", now()).unwrap();
    set(&mut headers, "webhook-id", "msg.1");
    assert_eq!(verify(&standard(), &headers, b"{}"), Ok(()));
    for id in ["", "a b", "a\tb"] {
        set(&mut headers, "webhook-id", id);
        let problem = "is not visible ASCII";
        let refused = VerifyError::MalformedHeader { header: name("webhook-id"), problem };
        assert_eq!(verify(&standard(), &headers, b"{}"), Err(refused), "{id:?}");
    }
}

#[test]
fn errors_say_which_secret_of_a_keyring() {
    let good = |n: usize| Secret::new(format!("whsec_{}", "ABCD".repeat(8 + n))).unwrap();
    let hex = "0123456789abcdef".repeat(4);
    for (wrong, said) in [
        ("whsec_bm90IHNpeHRlZW4=", "the key of {} has 11 bytes, fewer than 16"),
        ("whsec_\u{e4}", "{} is not `whsec_` and base64"),
        ("whsec_", "{} is not `whsec_` and base64"),
        (&hex, "{} looks like hex, and the scheme expects `whsec_` and base64; a decoded key can be given as bytes"),
    ] {
        for (place, name) in ["the current secret", "previous secret 1", "previous secret 2"].into_iter().enumerate() {
            let secrets = (0..3).map(|n| if n == place { Secret::new(wrong).unwrap() } else { good(n) });
            let keys = Keyring::from_secrets(secrets).unwrap();
            let expected = said.replace("{}", name);
            assert_eq!(provider::SVIX.verifier(keys.clone()).unwrap_err().to_string(), expected);
            assert_eq!(provider::SVIX.signer(keys).unwrap_err().to_string(), expected);
        }
    }
}

/// A secret that was meant to be replaced, and was not.
#[test]
fn a_secret_occurs_once_in_a_keyring() {
    let key = || Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let other = || Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let bytes = || Secret::from_bytes(*b"a key of twenty bytes").unwrap();

    let same = ConfigError::RepeatedSecret { key: Key::Previous(1), earlier: Key::Current };
    assert_eq!(same.to_string(), "previous secret 1 is the same as the current secret");
    assert_eq!(Keyring::new(key()).with_previous(key()).unwrap_err(), same);
    assert_eq!(Keyring::new(bytes()).with_previous(bytes()).unwrap_err(), same);
    let later = ConfigError::RepeatedSecret { key: Key::Previous(2), earlier: Key::Previous(1) };
    assert_eq!(later.to_string(), "previous secret 2 is the same as previous secret 1");
    assert_eq!(Keyring::from_secrets([key(), other(), other()]).unwrap_err(), later);

    // One key in two spellings, which only the scheme can tell.
    let bare = Secret::new("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let keys = Keyring::from_secrets([other(), key(), bare]).unwrap();
    assert_eq!(provider::SVIX.verifier(keys.clone()).unwrap_err(), later);
    assert_eq!(provider::SVIX.signer(keys.clone()).unwrap_err(), later);
    assert!(provider::GITHUB.verifier(keys).is_ok(), "as texts, they are two keys");
}

#[test]
fn secrets_that_are_none() {
    assert_eq!(Secret::new("").unwrap_err(), ConfigError::EmptySecret);
    assert_eq!(Secret::from_bytes([]).unwrap_err(), ConfigError::EmptySecret);
    for text in ["\u{feff}secret", " secret", "secret\n", "\tsecret", "secret\u{a0}", " "] {
        assert_eq!(Secret::new(text).unwrap_err(), ConfigError::UntrimmedSecret, "{text:?}");
    }
    let whsec = |text: &str| provider::SVIX.verifier(Secret::new(text).unwrap()).map(|_| ());
    let malformed = Err(ConfigError::MalformedSecret { key: Key::Current, form: "`whsec_` and base64" });
    assert_eq!(whsec("whsec_"), malformed, "there is nothing after the prefix");
    assert_eq!(provider::SVIX.verifier(Secret::new("whsec_").unwrap().allow_short()).map(|_| ()), malformed);
    assert_eq!(whsec("whsec_bm90IHNpeHRlZW4="), Err(ConfigError::ShortSecret { key: Key::Current, bytes: 11 }));
    assert_eq!(whsec("whsec_with blanks, not base64"), malformed);
    assert_eq!(whsec("whsec_MDEyMzQ1Njc4OWFiY2RlZg"), Ok(()), "sixteen bytes, unpadded");
    assert_eq!(whsec("v1,whsec_"), malformed, "there is nothing after the prefix");
    assert_eq!(whsec("v1,MDEyMzQ1Njc4OWFiY2RlZg"), malformed, "half a prefix");
    let fifteen = Secret::new("fifteen letters").unwrap();
    assert_eq!(
        provider::GITHUB.signer(fifteen).map(|_| ()),
        Err(ConfigError::ShortSecret { key: Key::Current, bytes: 15 })
    );
    let nine = (1..8).fold(Keyring::new(key(0)), |ring, n| ring.with_previous(key(n)).unwrap()).with_previous(key(8));
    assert_eq!(nine.map(|_| ()), Err(ConfigError::TooManyKeys { count: 9 }));
}

#[test]
fn a_key_is_the_same_with_either_prefix() {
    let secret = |prefix: &str| Secret::new(format!("{prefix}MDEyMzQ1Njc4OWFiY2RlZg==")).unwrap();
    let headers = provider::STANDARD_WEBHOOKS.signer(secret("")).unwrap().sign("msg_1", b"{}").unwrap();
    for prefix in ["whsec_", "v1,whsec_"] {
        let verifier = provider::STANDARD_WEBHOOKS.verifier(secret(prefix)).unwrap();
        assert!(verifier.verify(&headers, b"{}").is_ok(), "{prefix}");
    }
    let openai = provider::OPENAI.verifier(secret("v1,whsec_")).unwrap();
    assert!(openai.verify(&headers, b"{}").is_err(), "there, it is a text");
}

#[test]
fn a_body_written_again_is_another_body() {
    let received = r#"{ "event": "recording.created", "data": { "n": 45.20 } }"#;
    let scheme = &provider::EFFICLOSE.schemes()[0];
    let headers = signed(scheme, received.as_bytes());
    let parsed: serde_json::Value = serde_json::from_str(received).unwrap();
    assert_eq!(verify(scheme, &headers, received.as_bytes()), Ok(()));
    assert_eq!(verify(scheme, &headers, parsed.to_string().as_bytes()), Err(VerifyError::NoMatch));
}

#[test]
fn constant_headers_must_be_right_if_they_are_there() {
    let scheme = &provider::BOX.schemes()[0];
    let mut headers = signed(scheme, b"{}");
    set(&mut headers, "box-signature-version", "2");
    let problem = "is not what the scheme sets it to";
    let refused = VerifyError::MalformedHeader { header: name("box-signature-version"), problem };
    assert_eq!(verify(scheme, &headers, b"{}"), Err(refused));
}

#[test]
fn spliced_headers_are_signed() {
    const TOPIC: Scheme = Scheme::new("S: {hex}", "{header:X-Topic}:{body}");
    let signer = Signer::new(TOPIC, key(0)).unwrap();
    let problem = "is missing, and the scheme signs it";
    assert_eq!(signer.sign("id", b"{}").unwrap_err(), SignError::Header { header: name("x-topic"), problem });
    let mut request = http::Request::post("/").header("x-topic", "a:b").body("{}").unwrap();
    let refused = signer.sign_request_at(&mut request, "id", now()).unwrap_err();
    assert!(matches!(refused, SignError::Header { .. }), "{refused}");
    assert_eq!(request.headers().len(), 1, "a refused request stays as it was");
    request.headers_mut().insert("x-topic", HeaderValue::from_static("orders"));
    signer.sign_request_at(&mut request, "id", now()).unwrap();
    assert_eq!(verify(&TOPIC, request.headers(), b"{}"), Ok(()));
    request.headers_mut().insert("x-topic", HeaderValue::from_static("refunds"));
    assert_eq!(verify(&TOPIC, request.headers(), b"{}"), Err(VerifyError::NoMatch));
}

/// Values that a border can hide in.
fn words(letters: &[u8], longest: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last = words.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|word| letters.iter().map(move |c| format!("{word}{}", char::from(*c)))).collect();
        words.extend(last.clone());
    }
    words
}

#[test]
fn signed_content_comes_apart_in_one_place() {
    for border in [".", "--", "a-a", "-.-", "\n"] {
        for (covers, id_first) in
            [(format!("{{id}}{border}{{body}}"), true), (format!("{{body}}{border}{{id}}"), false)]
        {
            let scheme = Scheme::try_new("S: {hex}\nI: {id}", covers).unwrap();
            let header = Scheme::try_new("S: {hex}", scheme.covers().replace("{id}", "{header:I}")).unwrap();
            let signer = Signer::new(scheme.clone(), key(0)).unwrap();
            let verifiers = [scheme, header].map(|scheme| Verifier::new(scheme, key(0)).unwrap());
            let mut signed = 0;
            for id in words(b"a-.", 3) {
                for body in words(b"a-.", 3) {
                    let Ok(headers) = signer.sign(&id, body.as_bytes()) else { continue };
                    signed += 1;
                    let content = if id_first { format!("{id}{border}{body}") } else { format!("{body}{border}{id}") };
                    for (cut, _) in content
                        .match_indices(border)
                        .chain((0..content.len()).filter(|at| content[*at..].starts_with(border)).map(|at| (at, "")))
                    {
                        let (front, back) = (&content[..cut], &content[cut + border.len()..]);
                        let (other_id, other_body) = if id_first { (front, back) } else { (back, front) };
                        let mut headers = headers.clone();
                        headers.insert("i", HeaderValue::from_str(other_id).unwrap());
                        for verifier in &verifiers {
                            let accepted = verifier.verify(&headers, other_body.as_bytes()).is_ok();
                            let same = (other_id, other_body) == (&*id, &*body);
                            assert_eq!(accepted, same, "{content:?}: {id:?} {body:?} as {other_id:?} {other_body:?}");
                        }
                    }
                }
            }
            assert!(signed > 100, "{border:?}: only {signed} were signed");
        }
    }
}

#[test]
fn an_id_cannot_swallow_the_timestamp() {
    // The sender signs text in which an attacker has put a time to come; a day later the rest is replayed under it.
    let later = NOW + 86_400;
    let body = format!("note=hello.{later}.amount=1000000");
    let mut headers = signed(&standard(), body.as_bytes());
    set(&mut headers, "webhook-id", &format!("id_1.{NOW}.note=hello"));
    set(&mut headers, "webhook-timestamp", &later.to_string());
    let verifier = Verifier::new(standard(), key(0)).unwrap();
    let clock = OffsetDateTime::from_unix_timestamp(later).unwrap();
    let refused = verifier.verify_at(&headers, b"amount=1000000", clock).map(|_| ()).unwrap_err();
    assert!(matches!(refused, VerifyError::MalformedHeader { .. }), "{refused}");

    let twitch = &provider::TWITCH.schemes()[0];
    let mut headers = signed(twitch, br#"{"at":"2026-02-03T02:40:00Z","x":1}"#);
    let time = headers["twitch-eventsub-message-timestamp"].to_str().unwrap().to_owned();
    set(&mut headers, "twitch-eventsub-message-id", &format!(r#"id_1{time}{{"at":""#));
    set(&mut headers, "twitch-eventsub-message-timestamp", "2026-02-03T02:40:00Z");
    let verifier = Verifier::new(twitch.clone(), key(0)).unwrap();
    let refused = verifier.verify_at(&headers, br#"","x":1}"#, clock).map(|_| ()).unwrap_err();
    assert!(matches!(refused, VerifyError::MalformedHeader { .. }), "{refused}");
}

/// A scheme over `covers`, whose header lines carry every placeholder that it names.
fn covering(covers: &str, format: &str) -> Result<Scheme, ConfigError> {
    let mut lines = "S: {hex}".to_owned();
    if covers.contains("{id}") {
        lines.push_str("\nI: {id}");
    }
    if covers.contains("{timestamp}") {
        lines.push_str(&format!("\nT: {{timestamp{format}}}"));
    }
    Scheme::try_new(lines, covers.to_owned())
}

/// A request whose signed content is `content`, whatever its headers say.
fn request(content: &str, headers: &[(&'static str, &str)]) -> HeaderMap {
    const CONTENT: Scheme = Scheme::new("S: {hex}", "{body}");
    let mut request = signed(&CONTENT, content.as_bytes());
    for (header, value) in headers {
        set(&mut request, header, value);
    }
    request
}

fn verify_at(scheme: &Scheme, headers: &HeaderMap, body: &str, now: i64) -> Result<(), VerifyError> {
    let now = OffsetDateTime::from_unix_timestamp(now).unwrap();
    Verifier::new(scheme.clone(), key(0)).unwrap().verify_at(headers, body.as_bytes(), now).map(|_| ())
}

#[test]
fn timestamps_need_text_between_an_id_or_a_header_and_another_placeholder() {
    let loose = [
        "{id}{timestamp}{body}",
        "{id}{timestamp}.{body}",
        "{id}.{timestamp}{body}",
        "{id}.{timestamp}0{body}",
        "{id}0{timestamp}.{body}",
        "{header:X}{timestamp}{body}",
        "{header:X}{timestamp}.{body}",
        "{header:X}.{timestamp}{body}",
        "{body}{timestamp}{header:X}",
        "{body}{timestamp}{id}",
        "{body}.{timestamp}{header:X}",
        "{body}.{timestamp}{id}",
        "{body}{timestamp}.{id}",
        "{header:X}.{timestamp}{id}.{body}",
        "{header:X}{timestamp}.{id}.{body}",
    ];
    for covers in loose {
        for format in ["", ":ms", ":ms-or-s", ":rfc3339"] {
            let twitch = covers == "{id}{timestamp}{body}" && format == ":rfc3339";
            assert_eq!(covering(covers, format).is_ok(), twitch, "{covers} {format}");
        }
    }
    let error = covering("{id}{timestamp}.{body}", "").unwrap_err().to_string();
    assert!(error.contains("needs text that is not a digit on both sides"), "{error}");
    for covers in [
        "{timestamp}{body}",
        "{timestamp}0{body}",
        "{body}{timestamp}",
        "{body}x9{timestamp}",
        "{timestamp}{id}.{body}",
        "v0{timestamp}{header:X}:{body}",
        "{body}.{id}{timestamp}",
        "{header:X}.{body}{timestamp}",
        "{header:X}.{timestamp}.{id}.{body}",
        "{body}.{timestamp}.{id}",
        "{body}.{id}{timestamp}.",
    ] {
        assert!(covering(covers, "").is_ok(), "{covers}");
        assert!(covering(covers, ":rfc3339").is_ok(), "{covers}");
    }
}

#[test]
fn a_touching_timestamp_has_a_fixed_length() {
    for (covers, format, time) in [
        ("{timestamp}{body}", "", NOW.to_string()),
        ("{timestamp}0{body}", "", NOW.to_string()),
        ("{body}{timestamp}", ":ms", format!("{NOW}000")),
        ("{timestamp}{id}.{body}", "", NOW.to_string()),
    ] {
        // Even with a window that is open to both sides, a digit more or less is no time of this scheme.
        let scheme = covering(covers, format).unwrap().with_any_past();
        let check = |time: &str| {
            let content = covers.replace("{timestamp}", time).replace("{id}", "id_1").replace("{body}", "1{}");
            verify(&scheme, &request(&content, &[("t", time), ("i", "id_1")]), b"1{}")
        };
        assert_eq!(check(&time), Ok(()), "{covers}");
        for other in [&time[1..], &time[..time.len() - 1]] {
            let problem = "holds no timestamp of the scheme's format";
            let refused = Err(VerifyError::MalformedHeader { header: name("t"), problem });
            assert_eq!(check(other), refused, "{covers} with {other}");
        }
        let early = Signer::new(scheme, key(0)).unwrap().sign_at("id_1", b"{}", OffsetDateTime::UNIX_EPOCH);
        assert_eq!(early.unwrap_err(), SignError::TimeOutOfRange, "{covers}");
    }
}

#[test]
fn an_id_cannot_take_the_timestamp_with_it() {
    // The body begins with digits and a full stop, and the full stop behind the id completes a marker inside it.
    let (first, later) = (1_763_729_000, 1_795_265_000);
    let body = format!(r#"{later}.{{"type":"payment.settled"}}"#);
    for provider in [&provider::STANDARD_WEBHOOKS, &provider::SVIX, &provider::OPENAI, &provider::FINCH] {
        let scheme = provider.scheme();
        let sent = OffsetDateTime::from_unix_timestamp(first).unwrap();
        let headers = Signer::new(scheme.clone(), key(0)).unwrap().sign_at("msg_1", body.as_bytes(), sent).unwrap();
        assert_eq!(verify_at(scheme, &headers, &body, first), Ok(()), "{}", provider.name());
        let mut recut = headers.clone();
        for (header, value) in &headers {
            if value == "msg_1" {
                set(&mut recut, leaked(header), &format!("msg_1.{first}"));
            } else if value == &first.to_string() {
                set(&mut recut, leaked(header), &later.to_string());
            }
        }
        let refused = verify_at(scheme, &recut, r#"{"type":"payment.settled"}"#, later);
        assert!(matches!(refused, Err(VerifyError::MalformedHeader { .. })), "{}: {refused:?}", provider.name());
    }
}

fn leaked(header: &HeaderName) -> &'static str {
    header.as_str().to_owned().leak()
}

#[test]
fn an_id_cannot_swallow_a_timestamp_in_rfc_3339() {
    let (first, later) = ("2026-02-02T02:40:00.123Z", "2026-02-03T02:40:00Z");
    let clock = NOW + 86_400;
    for (before, after) in [(".", "."), (":", ":"), ("-", "-"), ("T", "T"), (".", "Z"), ("--", "::"), ("+", "+")] {
        let covers = format!("{{id}}{before}{{timestamp}}{after}{{body}}");
        let scheme = covering(&covers, ":rfc3339").unwrap();
        let body = format!("text=hi{before}{later}{after}amount=1");
        let content = format!("msg{before}{first}{after}{body}");
        assert_eq!(
            verify_at(&scheme, &request(&content, &[("i", "msg"), ("t", first)]), &body, NOW),
            Ok(()),
            "{covers}"
        );
        let id = format!("msg{before}{first}{after}text=hi");
        let recut = request(&content, &[("i", &id), ("t", later)]);
        let refused = verify_at(&scheme, &recut, "amount=1", clock);
        assert!(matches!(refused, Err(VerifyError::MalformedHeader { .. })), "{covers}: {refused:?}");
    }
}

#[test]
fn ids_with_full_stops_and_numbers_are_taken() {
    for id in [
        "msg.1",
        "a..b",
        "evt.1.2.3",
        ".",
        "1763729000",
        "2026.02.02",
        "v1.1763729000123.x",
        "x.999999999.y",
        "x.1763729000y",
    ] {
        let content = format!("{id}.{NOW}.{{}}");
        let mut headers = HeaderMap::new();
        let mac = request(&content, &[]);
        let encoded = base64(mac["s"].to_str().unwrap());
        set(&mut headers, "webhook-id", id);
        set(&mut headers, "webhook-timestamp", &NOW.to_string());
        set(&mut headers, "webhook-signature", &format!("v1,{encoded}"));
        assert_eq!(verify(&standard(), &headers, b"{}"), Ok(()), "{id}");
    }
}

/// Only what is a time of the scheme's format ends an id.
#[test]
fn ids_with_what_is_nearly_a_time_are_taken() {
    let scheme = covering("{id}.{timestamp}.{body}", ":rfc3339").unwrap();
    for (text, is_time) in [
        ("2026-02-02T02:40:00Z", true),
        ("2026-02-02T02:40:00+00:00", true),
        ("2026-02-02T02:40:00-01:30", true),
        ("2026-02-02T02:40:00+00000", false),
        ("2026-02-02T02:40:00+0a:00", false),
        ("2026-02-02T02:40:00*00:00", false),
        ("2026-02-02T02:40:00", false),
    ] {
        let (id, time) = (format!("msg.{text}.x"), "2026-02-02T02:40:00Z");
        let signed = request(&format!("{id}.{time}.{{}}"), &[("i", &id), ("t", time)]);
        assert_eq!(verify(&scheme, &signed, b"{}").is_err(), is_time, "{id}");
    }
}

/// Nothing was signed before the first second of ten digits, so no earlier time is taken for the end of an id.
#[test]
fn a_time_behind_an_id_is_not_before_september_2001() {
    for (format, time, is_late_enough) in [
        ("", "1000000000", true),
        ("", "999999999", false),
        (":ms", "1000000000000", true),
        (":ms", "999999999999", false),
        (":ms-or-s", "1000000000000", true),
        (":ms-or-s", "999999999999", false),
        (":rfc3339", "2001-09-09T01:46:40Z", true),
        (":rfc3339", "2001-09-09T01:46:39.999Z", false),
    ] {
        let scheme = covering("{id}.{timestamp}.{body}", format).unwrap().with_any_past();
        let signed = request(&format!("msg_1.{time}.{{}}"), &[("i", "msg_1"), ("t", time)]);
        let problem = "holds no timestamp of the scheme's format";
        let refused = Err(VerifyError::MalformedHeader { header: name("t"), problem });
        assert_eq!(verify(&scheme, &signed, b"{}"), if is_late_enough { Ok(()) } else { refused }, "{time}");
    }
}

fn base64(hex: &str) -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_time_in_rfc_3339_has_a_t_and_an_end() {
    let scheme = covering("{timestamp}.{body}", ":rfc3339").unwrap();
    let check = |time: &str| {
        // The content is taken from the header as it is, so only the form can be what is refused.
        verify(&scheme, &request(&format!("{time}.{{}}"), &[("t", time)]), b"{}")
    };
    for time in
        ["2026-02-02T02:40:00Z", "2026-02-02t02:40:00z", "2026-02-02T02:40:00.123456789Z", "2026-02-02T03:40:00+01:00"]
    {
        assert_eq!(check(time), Ok(()), "{time}");
    }
    for time in [
        "2026-02-02 02:40:00Z",
        "2026-02-02/02:40:00Z",
        "2026-02-02_02:40:00Z",
        "2026-02-02T02:40:00.Z",
        "2026-02-02T02:40:00.1234567890Z",
        "2026-02-02T02:40:00+0100",
        "2026-02-02T02:40:00",
        "2026-02-02T02:40:00Z0",
    ] {
        let problem = "holds no timestamp of the scheme's format";
        assert_eq!(check(time), Err(VerifyError::MalformedHeader { header: name("t"), problem }), "{time}");
    }
}

/// One rule for all templates, also where nothing follows the timestamp.
#[test]
fn an_id_with_a_full_stop_and_a_time_is_refused() {
    for covers in ["{id}.{timestamp}.{body}", "{id}.{timestamp}.{header:X}", "{id}.{timestamp}"] {
        let acme = provider::Provider::new("acme", covering(covers, "").unwrap()).unwrap();
        let verifier = acme.accept(Extent::Nothing).verifier(key(0)).unwrap();
        for (id, is_fine) in [("a.1", true), ("a.1763729000.b", false)] {
            let content = covers.replace("{id}", id).replace("{timestamp}", &NOW.to_string());
            let content = content.replace("{header:X}", "1").replace("{body}", "{}");
            let headers = request(&content, &[("i", id), ("t", &NOW.to_string()), ("x", "1")]);
            assert_eq!(verifier.verify_at(&headers, b"{}", now()).is_ok(), is_fine, "{covers}: {id}");
        }
        let mut unsigned = http::Request::post("/").header("x", "1").body("{}").unwrap();
        assert!(
            acme.signer(key(0)).unwrap().sign_request_at(&mut unsigned, "a.1763729000.b", now()).is_err(),
            "{covers}"
        );
    }
}

/// Several blanks separate like one. Between commas, an empty item takes a place, and is no signature.
#[test]
fn items_have_their_places_between_separators() {
    let mac = |content: &str| request(content, &[])["s"].to_str().unwrap().to_owned();
    let content = format!("{NOW}.{{}}");
    let (mac, other) = (mac(&content), mac("another"));
    for (lines, value, is_fine) in [
        ("S: {timestamp} {hex}", format!("{NOW} {mac}"), true),
        ("S: {timestamp} {hex}", format!("{NOW}  \t {mac}"), true),
        ("S: {timestamp} {hex}", format!("  {NOW} {mac} "), true),
        ("S: {timestamp} {hex}", format!("{mac} {NOW}"), false),
        ("S: {timestamp},{hex}", format!("{NOW}, {mac}"), true),
        ("S: {timestamp},{hex}", format!("{NOW},,{mac}"), false),
        ("S: {timestamp},{hex}", format!(",{NOW},{mac}"), false),
        ("S: {hex},{timestamp}", format!("{mac},{NOW}"), true),
        ("S: {hex},{timestamp}", format!("{NOW},{mac}"), false),
        ("S: {hex},{timestamp}", format!("{mac},{NOW},{mac}"), false),
        ("S: {timestamp},{hex},...", format!("{NOW},{other},{mac}"), true),
        ("S: {timestamp},{hex},...", format!("{NOW},,{mac}"), true),
    ] {
        let scheme = Scheme::try_new(lines, "{timestamp}.{body}").unwrap();
        let mut headers = HeaderMap::new();
        set(&mut headers, "s", &value);
        assert_eq!(verify(&scheme, &headers, b"{}").is_ok(), is_fine, "{lines}: {value}");
    }
}

#[test]
fn received_ids_have_a_limit() {
    let longest = "i".repeat(1024);
    let headers = request(&format!("{longest}.{{}}"), &[("i", &longest)]);
    assert_eq!(verify(&covering("{id}.{body}", "").unwrap(), &headers, b"{}"), Ok(()));
    for id in ["i".repeat(1025), ".".repeat(400_000)] {
        for scheme in [standard(), covering("{body}.{id}", "").unwrap(), provider::GITHUB.scheme().clone()] {
            let mut headers = signed(&scheme, b"{}");
            let header = headers
                .keys()
                .find(|header| line(&scheme, header).contains("{id}"))
                .cloned()
                .unwrap_or(name("x-github-delivery"));
            set(&mut headers, leaked(&header), &id);
            let refused = VerifyError::MalformedHeader { header, problem: "is longer than 1024 bytes" };
            assert_eq!(verify(&scheme, &headers, b"{}"), Err(refused));
        }
    }
}

/// 400 kB in each header, of each preset and of schemes whose texts overlap themselves. Anything worse than linear takes
/// minutes here; `cargo bench --bench speed` measures it.
#[test]
fn huge_headers_are_refused_or_hashed_once() {
    let own = [
        covering("{id}.{timestamp}:{body}", "").unwrap(),
        covering("{id}:{timestamp}\n{body}", "").unwrap(),
        covering("{id}.{timestamp}:{body}", ":rfc3339").unwrap(),
        covering("{id}{timestamp}{body}", ":rfc3339").unwrap(),
        covering("{id}aaaa{header:X}abab{body}baba{header:Y}", "").unwrap(),
        covering(&format!("{{header:X}}{}b{{body}}", "a".repeat(2000)), "").unwrap(),
        covering(&format!("{{body}}b{}{{header:X}}", "a".repeat(2000)), "").unwrap(),
    ];
    let all = usual_schemes().map(|(_, scheme)| scheme.clone()).chain(own);
    let fills = [".", "a", "0", "1", "v1,", "t=1,", "--", "2026-02-02T02:40:00.", " ", ",", "ab", "=", ":"];
    let mut refused = 0;
    for scheme in all {
        let mut headers = HeaderMap::new();
        let lines = scheme.headers().lines().filter_map(|line| line.split_once(':'));
        let names = lines.map(|(names, _)| names.split('|').next().unwrap().trim().replace("{n}", "1"));
        let names: Vec<HeaderName> =
            names.chain(["x".to_owned(), "y".to_owned()]).map(|name| name.parse().unwrap()).collect();
        let mut request = http::Request::post("/").header("x", "x").header("y", "y").body("{}").unwrap();
        Signer::new(scheme.clone(), key(0)).unwrap().sign_request_at(&mut request, "id_1", now()).unwrap();
        headers.extend(std::mem::take(request.headers_mut()));
        assert_eq!(verify(&scheme, &headers, b"{}"), Ok(()), "{scheme:?}");
        for header in names {
            for fill in fills {
                let mut headers = headers.clone();
                let value = fill.repeat(400_000 / fill.len());
                headers.insert(header.clone(), HeaderValue::from_str(&value).unwrap());
                refused += usize::from(verify(&scheme, &headers, b"{}").is_err());
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn a_request_of_another_family_is_signed_anew() {
    let svix = Signer::new(provider::SVIX.scheme().clone(), key(0)).unwrap();
    let mut request = http::Request::post("/").header("webhook-id", "old").body("{}").unwrap();
    svix.sign_request(&mut request, "id_1").unwrap();
    assert!(provider::SVIX.verifier(key(0)).unwrap().verify(request.headers(), b"{}").is_ok());
}
