//! What must hold for every scheme of the catalogue, whatever the request.

use hookseal::{Key, Scheme, Signer, Verifier};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use time::{Duration, OffsetDateTime};

use common::{key, keys, line, usual_schemes};

#[path = "../../../tests/common/mod.rs"]
mod common;

fn time(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time between 1970 and 9999")
}

fn signer(scheme: &Scheme) -> Signer {
    Signer::new(scheme.clone(), key(0)).expect("the key is fine")
}

fn verifier(scheme: &Scheme) -> Verifier {
    Verifier::new(scheme.clone(), key(0)).expect("the key is fine")
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = bit / 8 % bytes.len();
    bytes[place] ^= 1 << (bit % 8);
    bytes
}

/// Ids that any signer takes: no dot, the only border in the catalogue.
fn ids() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_:/=+-]{1,64}"
}

/// A request may carry any bytes that HTTP lets a header value have.
fn values() -> impl Strategy<Value = HeaderValue> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "[tv0-9a-f=,;. +-]{0,200}".prop_map(String::into_bytes),
        "(t=[0-9]{0,25}|v[0-9]=[0-9a-f]{0,64}|,|;| |sha256=){0,20}".prop_map(String::into_bytes),
    ];
    bytes.prop_filter_map("not a header value", |bytes| HeaderValue::from_bytes(&bytes).ok())
}

/// The names of a scheme's header lines.
fn names(scheme: &Scheme) -> Vec<HeaderName> {
    let lines = scheme.headers().lines().filter_map(|line| line.split_once(':'));
    let names = lines.flat_map(|(names, _)| names.split('|')).map(|name| name.trim().replace("{n}", "1"));
    names.map(|name| name.parse().expect("a header name")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies(id in ids(), body: Vec<u8>, seconds in 1_000_000_000..4_000_000_000_i64, nanos in 0..1_000_000_000_i64, count in 1..=8_u8) {
        let now = time(seconds) + Duration::nanoseconds(nanos);
        for (name, scheme) in usual_schemes() {
            let headers = Signer::new(scheme.clone(), keys(0, count)).unwrap().sign_at(&id, &body, now).unwrap();
            let verified = verifier(scheme).verify_at(&headers, &body, now).map(|v| (v.body().to_vec(), v.proof().key()));
            prop_assert_eq!(verified, Ok((body.clone(), Key::Current)), "{}", name);
        }
    }

    #[test]
    fn a_flipped_bit_fails(id in ids(), body in prop::collection::vec(any::<u8>(), 1..300), bit: u16) {
        let bit = usize::from(bit);
        for (name, scheme) in usual_schemes() {
            let (now, verifier) = (time(1_770_000_000), verifier(scheme));
            let headers = signer(scheme).sign_at(&id, &body, now).unwrap();
            prop_assert!(verifier.verify_at(&headers, &flipped(&body, bit), now).is_err(), "{}: body", name);
            for (header, value) in &headers {
                let line = line(scheme, header);
                let carries = |placeholder: &str| line.contains(placeholder);
                let signed = carries("hex}") || carries("base64") || carries("{timestamp") || (carries("{id}") && scheme.covers_id());
                let Ok(changed) = HeaderValue::from_bytes(&flipped(value.as_bytes(), bit)) else { continue };
                // Hex may come in either case: the flipped bit is then no bit of the decoded signature.
                if !signed || carries("{hex}") && changed.as_bytes().eq_ignore_ascii_case(value.as_bytes()) {
                    continue;
                }
                let mut headers = headers.clone();
                headers.insert(header.clone(), changed.clone());
                let result = verifier.verify_at(&headers, &body, now);
                prop_assert!(result.is_err(), "{}: {:?} became {:?}", name, value.as_bytes(), changed);
            }
        }
    }

    #[test]
    fn another_key_fails(id in ids(), body: Vec<u8>) {
        for (name, scheme) in usual_schemes() {
            let headers = signer(scheme).sign_at(&id, &body, time(1_770_000_000)).unwrap();
            let other = Verifier::new(scheme.clone(), keys(1, 8)).unwrap();
            prop_assert!(other.verify_at(&headers, &body, time(1_770_000_000)).is_err(), "{}", name);
        }
    }

    #[test]
    fn a_shifted_border_never_verifies(digits in "[0-9]{1,12}", rest: Vec<u8>, shift in 1..12_usize) {
        for (name, scheme) in usual_schemes().filter(|(_, scheme)| scheme.covers().contains("{timestamp}")) {
            let body = [digits.as_bytes(), &rest, digits.as_bytes()].concat();
            let (now, verifier) = (time(1_770_000_000), verifier(scheme));
            let headers = signer(scheme).sign_at("id", &body, now).unwrap();
            // Bytes wander between the body and whatever header holds the timestamp, in both directions.
            for (header, value) in &headers {
                let text = value.to_str().unwrap();
                let ends = text.char_indices().filter(|(i, c)| c.is_ascii_digit() && !text[i + 1..].starts_with(|c: char| c.is_ascii_digit()));
                for (end, _) in ends {
                    let (front, back) = text.split_at(end + 1);
                    let mut moves = vec![(format!("{front}{}{back}", &digits[..shift.min(digits.len())]), body[shift.min(digits.len())..].to_vec())];
                    let back_shift = shift.min(body.len());
                    let tail = &body[body.len() - back_shift..];
                    if let Ok(tail) = std::str::from_utf8(tail) {
                        let start = front.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
                        moves.push((format!("{}{tail}{}{back}", &front[..start], &front[start..]), body[..body.len() - back_shift].to_vec()));
                    }
                    let cut = shift.min(front.len());
                    if front.is_char_boundary(front.len() - cut) {
                        let (kept, moved) = front.split_at(front.len() - cut);
                        moves.push((format!("{kept}{back}"), [moved.as_bytes(), &body].concat()));
                        moves.push((format!("{kept}{back}"), [&body, moved.as_bytes()].concat()));
                    }
                    for (changed, body) in moves {
                        let Ok(changed) = HeaderValue::from_str(&changed) else { continue };
                        let mut headers = headers.clone();
                        headers.insert(header.clone(), changed);
                        prop_assert!(verifier.verify_at(&headers, &body, now).is_err(), "{}", name);
                    }
                }
            }
        }
    }

    #[test]
    fn arbitrary_headers_never_panic_and_never_verify(values in prop::collection::vec(values(), 1..12), body: Vec<u8>) {
        for (name, scheme) in usual_schemes() {
            let verifier = verifier(scheme);
            let mut headers = HeaderMap::new();
            for (header, value) in names(scheme).into_iter().cycle().zip(&values) {
                headers.append(header, value.clone());
            }
            prop_assert!(verifier.verify(&headers, &body).is_err(), "{}", name);
            let pairs: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
            prop_assert!(verifier.verify(&pairs, &body).is_err(), "{}", name);
        }
    }

    #[test]
    fn streaming_equals_one_shot(body: Vec<u8>, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8), tampered: bool, count in 1..=8_u8) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        for (name, scheme) in usual_schemes() {
            let now = time(1_770_000_000);
            let signed = if tampered { [&body[..], b"!"].concat() } else { body.clone() };
            let headers = signer(scheme).sign_at("id", &signed, now).unwrap();
            let verifier = Verifier::new(scheme.clone(), keys(8 - count, count).with_previous(key(0)).unwrap_or(keys(0, 8))).unwrap();
            let mut streamed = verifier.begin_at(&headers, now).unwrap();
            for pair in cuts.windows(2) {
                streamed.update(&body[pair[0]..pair[1]]);
            }
            let streamed = streamed.finish().map(|proof| proof.key());
            let whole = verifier.verify_at(&headers, &body, now).map(|verified| verified.proof().key());
            prop_assert_eq!(streamed.is_ok(), !tampered, "{}", name);
            prop_assert_eq!(streamed, whole, "{}", name);
        }
    }
}

#[test]
fn the_edges_of_every_window_are_inside() {
    for (name, scheme) in usual_schemes().filter(|(_, scheme)| scheme.covers().contains("{timestamp}")) {
        let sent = time(1_770_000_000);
        let headers = signer(scheme).sign_at("id", b"{}", sent).unwrap();
        let at = |seconds: i64| verifier(scheme).verify_at(&headers, b"{}", sent + Duration::seconds(seconds)).is_ok();
        if let Some(past) = scheme.past() {
            assert!(at(past.into()), "{name}: past edge");
            assert!(!at(i64::from(past) + 1), "{name}: over the past edge");
        }
        let file = serde_json::to_value(scheme).unwrap();
        let future = file["future"].as_i64().expect("the future is closed");
        assert!(at(-future), "{name}: future edge");
        assert!(!at(-future - 1), "{name}: over the future edge");
    }
}

#[test]
fn clocks_and_windows_at_their_extremes() {
    let clocks = [time::PrimitiveDateTime::MIN.assume_utc(), time::PrimitiveDateTime::MAX.assume_utc(), time(0)];
    let texts = [
        "0",
        "1",
        "253402300799",
        "253402300800",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "99999999999999999999999999",
    ];
    for format in ["{timestamp}", "{timestamp:ms}", "{timestamp:ms-or-s}", "{timestamp:rfc3339}"] {
        for window in [0, 1, u32::MAX] {
            let headers = format!("X-Time: {format}\nX-Signature: {{hex}}");
            let scheme = Scheme::try_new(headers, "{timestamp}.{body}").unwrap();
            for scheme in
                [scheme.clone().with_past(window).with_future(window), scheme.with_any_past().with_future(window)]
            {
                let verifier = verifier(&scheme);
                for clock in clocks {
                    for text in texts {
                        let headers = [("X-Time", text), ("X-Signature", &"0".repeat(64))];
                        assert!(verifier.verify_at(&headers, b"", clock).is_err(), "{text} at {clock}");
                    }
                    let signed = signer(&scheme).sign_at("id", b"", clock);
                    // Milliseconds before 1973 would be read as seconds.
                    let first = if format.contains("or-s") { 100_000_000 } else { 0 };
                    let in_range = (first..=253_402_300_799).contains(&clock.unix_timestamp());
                    assert_eq!(signed.is_ok(), in_range, "{format} at {clock}");
                    if let Ok(headers) = signed {
                        assert!(verifier.verify_at(&headers, b"", clock).is_ok(), "{format} at {clock}");
                    }
                }
            }
        }
    }
}
