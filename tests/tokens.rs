//! Secrets that travel with the request, and JSON Web Tokens: what is right, and what only looks like it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookseal::provider::Provider;
use hookseal::receive::Receiver;
#[cfg(feature = "p256")]
use hookseal::{Algorithm, PublicKey};
use hookseal::{ConfigError, Extent, Key, Keyring, Scheme, Secret, Signer, VerifyError};
use time::OffsetDateTime;

use sent::{NOW, SECRET, assert_says, now, provider, request, secret, verdict};

#[path = "common/sent.rs"]
mod sent;

const NO_MATCH: &str = "no signature matches";

const HEADER: (&str, &str) = ("X-Token: {secret}", "");
const BEARER: (&str, &str) = ("Authorization: Bearer {secret}", "");
const BASIC: (&str, &str) = ("Authorization: Basic {secret|base64}", "");
const QUERY: (&str, &str) = ("?token: {secret}", "");
const FORM: (&str, &str) = ("\n\n&token: {secret}", "");
const KOFI: (&str, &str) = ("\n\n&data.{json}.token: {secret}", "");
const FIELD: (&str, &str) = ("\n\na.token: {secret}", "");
const GRAPH: (&str, &str) = ("\n\nvalue[].clientState: {secret}", "");

/// In base64.
const ENCODED: &str = "YSBzZWNyZXQgb2YgdHdlbnR5LXNvbWUgYnl0ZXM=";

/// A scheme's text around its header, the headers of a request, its target and body, and what the refusal says.
type Case = ((&'static str, &'static str), Vec<(String, String)>, &'static str, String, &'static str);

#[test]
fn a_token_is_right_in_its_own_place_only() {
    let longer = format!("{SECRET}.");
    let header = |value: &str| ("x-token".to_owned(), value.to_owned());
    let authorized = |value: String| ("authorization".to_owned(), value);
    let cases: Vec<Case> = vec![
        (HEADER, vec![header(SECRET)], "/", "anything".to_owned(), ""),
        (HEADER, vec![header(SECRET)], "/", String::new(), ""),
        (HEADER, vec![header(&longer)], "/", String::new(), NO_MATCH),
        (HEADER, vec![header(&SECRET[1..])], "/", String::new(), NO_MATCH),
        (HEADER, vec![header(&SECRET.to_uppercase())], "/", String::new(), NO_MATCH),
        (HEADER, vec![header("")], "/", String::new(), NO_MATCH),
        (HEADER, vec![header(&format!(" {SECRET}"))], "/", String::new(), NO_MATCH),
        (HEADER, vec![header(&format!("{SECRET}\t"))], "/", String::new(), NO_MATCH),
        (HEADER, vec![header(SECRET), header(SECRET)], "/", String::new(), "header `x-token` occurs more than once"),
        (HEADER, vec![header(SECRET), header("wrong")], "/", String::new(), "header `x-token` occurs more than once"),
        (HEADER, vec![], "/", String::new(), "header `x-token` is missing"),
        (HEADER, vec![], "/?X-Token=a+secret+of+twenty-some+bytes", String::new(), "header `x-token` is missing"),
        (BEARER, vec![authorized(format!("Bearer {SECRET}"))], "/", String::new(), ""),
        (BEARER, vec![authorized(format!("bearer {SECRET}"))], "/", String::new(), ""),
        (BEARER, vec![authorized(SECRET.to_owned())], "/", String::new(), "does not begin as the scheme says"),
        (BEARER, vec![authorized(format!("Bearer  {SECRET}"))], "/", String::new(), NO_MATCH),
        (BASIC, vec![authorized(format!("Basic {ENCODED}"))], "/", String::new(), ""),
        (BASIC, vec![authorized(format!("basic {ENCODED}"))], "/", String::new(), ""),
        (BASIC, vec![authorized(format!("BASIC {ENCODED}"))], "/", String::new(), ""),
        (BASIC, vec![authorized(format!("Basic {}", ENCODED.trim_end_matches('=')))], "/", String::new(), NO_MATCH),
        (BASIC, vec![authorized(format!("Basic {}", ENCODED.to_lowercase()))], "/", String::new(), NO_MATCH),
        (BASIC, vec![authorized(format!("Basic {SECRET}"))], "/", String::new(), NO_MATCH),
        (QUERY, vec![], "/?token=a+secret%20of%20twenty-some+bytes", String::new(), ""),
        (QUERY, vec![], "/?token=a&token=b", String::new(), "`?token` occurs more than once"),
        (QUERY, vec![], "/", String::new(), "`?token` is missing"),
        (FORM, vec![], "/", "x=1&token=a+secret+of+twenty-some+bytes".to_owned(), ""),
        (
            FORM,
            vec![],
            "/",
            "token=a+secret+of+twenty-some+bytes&t%6Fken=1".to_owned(),
            "`&token` occurs more than once",
        ),
        (FORM, vec![], "/", format!("token={SECRET}%"), "is not correctly encoded"),
        (KOFI, vec![], "/", format!("data={{\"token\":\"{SECRET}\"}}"), ""),
        (KOFI, vec![], "/", format!("data={{\"token\":\"{SECRET}\",\"token\":\"{SECRET}\"}}"), "occurs more than once"),
        (FIELD, vec![], "/", format!(r#"{{"b":[1],"a":{{"token":"{SECRET}"}}}}"#), ""),
        (
            FIELD,
            vec![],
            "/",
            format!(r#"{{"a":{{"token":"{SECRET}","token":"{SECRET}"}}}}"#),
            "`a.token` occurs more than once",
        ),
        (
            FIELD,
            vec![],
            "/",
            format!(r#"{{"a":{{"token":"{SECRET}","\u0074oken":"x"}}}}"#),
            "`a.token` occurs more than once",
        ),
        (FIELD, vec![], "/", format!(r#"{{"a":{{"token":["{SECRET}"]}}}}"#), "`a.token` is not a text or a number"),
        (FIELD, vec![], "/", r#"{"a":{"token":null}}"#.to_owned(), "`a.token` is missing"),
        (FIELD, vec![], "/", format!(r#"{{"token":"{SECRET}"}}"#), "`a.token` is missing"),
        (FIELD, vec![], "/", String::new(), "`the body` is not JSON"),
        (GRAPH, vec![], "/", states(&[SECRET, SECRET]), ""),
        (GRAPH, vec![], "/", states(&[SECRET, "wrong"]), NO_MATCH),
        (GRAPH, vec![], "/", states(&["wrong", SECRET]), NO_MATCH),
        (GRAPH, vec![], "/", states(&[]), "has no event"),
        (GRAPH, vec![], "/", format!(r#"{{"value":[{{"clientState":"{SECRET}"}},{{}}]}}"#), "clientState` is missing"),
        (GRAPH, vec![], "/", format!(r#"{{"value":{{"clientState":"{SECRET}"}}}}"#), "is not a text or a number"),
    ];
    for (scheme, headers, target, body, expected) in cases {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let said = verdict(&provider(&[scheme], sent::URL), &request("POST", target, &headers, &body));
        let is_right = if expected.is_empty() { said.is_empty() } else { said.contains(expected) };
        assert!(is_right, "{scheme:?} {headers:?} {target} {body}: {said:?} instead of {expected:?}");
        assert!(!said.contains(SECRET) && !said.contains("wrong"), "an error says what was sent: {said}");
    }
}

fn states(states: &[&str]) -> String {
    let items: Vec<String> = states.iter().map(|state| format!(r#"{{"clientState":"{state}"}}"#)).collect();
    format!(r#"{{"value":[{}]}}"#, items.join(","))
}

#[test]
fn tokens_are_rotated_like_keys() {
    const OLD: &str = "the secret until yesterday";
    let keys = Keyring::new(secret()).with_previous(Secret::new(OLD).unwrap()).unwrap();
    for scheme in [HEADER, FIELD, GRAPH] {
        let verifier = provider(&[scheme], sent::URL).verifier(keys.clone()).unwrap();
        for (token, expected) in
            [(SECRET, Some(Key::Current)), (OLD, Some(Key::Previous(1))), ("another secret of all", None)]
        {
            let body = match scheme {
                GRAPH => states(&[token, token]),
                _ => format!(r#"{{"a":{{"token":"{token}"}}}}"#),
            };
            let request = request("POST", "/", &[("X-Token", token)], body);
            let key = verifier.verify_request_at(&request, now()).ok().map(|verified| verified.proof().key());
            assert_eq!(key, expected, "{scheme:?} {token}");
        }
    }
    let provider = provider(&[HEADER], sent::URL);
    let short = || Secret::new("hunter2").unwrap();
    assert!(provider.verifier(short()).is_err() && provider.verifier(short().allow_short()).is_ok());
    assert!(Keyring::new(secret()).with_previous(secret()).is_err(), "one secret twice");
    let spelled = Keyring::new(secret()).with_previous(Secret::from_bytes(SECRET).unwrap()).unwrap();
    let repeated = ConfigError::RepeatedSecret { key: Key::Previous(1), earlier: Key::Current };
    assert_eq!(provider.verifier(spelled).unwrap_err(), repeated, "one token in two spellings");
    let receiver: Receiver = provider.receiver(Secret::new(OLD).unwrap()).unwrap();
    let sent = [("x-token", SECRET)];
    assert_eq!(receiver.begin(&sent).finish().unwrap_err().status(), 401);
    receiver.set_keys(secret()).unwrap();
    assert!(receiver.begin(&sent).finish().is_ok());
}

#[test]
fn a_signer_writes_the_token_and_hides_it() {
    for (scheme, name, value) in [
        (HEADER, "x-token", SECRET.to_owned()),
        (BEARER, "authorization", format!("Bearer {SECRET}")),
        (BASIC, "authorization", format!("Basic {ENCODED}")),
    ] {
        let signer = Signer::new(Scheme::try_new(scheme.0, scheme.1).unwrap(), secret()).unwrap();
        let headers = signer.sign("", b"{}").unwrap();
        assert_eq!(headers[name], value);
        assert!(headers[name].is_sensitive() && !format!("{headers:?} {signer:?}").contains(SECRET));
        let request = signer.request(sent::URL, "", b"{}".to_vec()).unwrap();
        assert_eq!(verdict(&provider(&[scheme], sent::URL), &request), "");
    }
    let invisible = Secret::from_bytes([0; 32]).unwrap();
    let signer = Signer::new(Scheme::try_new(HEADER.0, HEADER.1).unwrap(), invisible);
    assert!(signer.is_err(), "no header can have this value");
}

/// Whoever guesses it passes for the provider.
#[test]
fn a_verify_token_is_a_text_that_is_not_short() {
    let text = |text: &str| Secret::new(text).unwrap();
    for (token, bytes) in [
        (text("sixteen bytes it"), None),
        (text("fifteen bytes.."), Some(15)),
        (text("fifteen bytes..").allow_short(), None),
        (Secret::from_bytes([7; 32]).unwrap(), Some(0)),
        (Secret::from_bytes([7; 32]).unwrap().allow_short(), Some(0)),
    ] {
        let receiver: Receiver = provider(&[HEADER], sent::URL).receiver(secret()).unwrap();
        let error = bytes.map(|bytes| ConfigError::ShortVerifyToken { bytes });
        assert_eq!(receiver.with_verify_token(token).err(), error);
    }
}

#[test]
fn what_a_token_leaves_open_is_said() {
    for (lines, covers) in [HEADER, BASIC, QUERY, FORM, KOFI, FIELD, GRAPH] {
        let scheme = Scheme::try_new(lines, covers).unwrap();
        let coverage = scheme.coverage();
        assert_eq!(coverage.body(), Extent::Nothing, "{lines}");
        let covers_any =
            coverage.has_field("a.token") || coverage.has_field("&token") || coverage.has_parameter("token");
        assert!(!covers_any && !coverage.has_header("x-token") && scheme.replay_window().is_none(), "{lines}");
        let provider = Provider::new("acme", scheme).unwrap().raw();
        assert!(provider.receiver(secret()).is_err() && provider.accept(Extent::Part).receiver(secret()).is_err());
        assert!(provider.accept(Extent::Nothing).receiver(secret()).is_ok(), "{lines}");
    }
}

/// A token with a header and claims, signed by whoever has the secret.
fn jwt(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signer = Signer::new(Scheme::new("S: {base64url}", "{body}"), secret()).unwrap();
    let signature = signer.sign("", message.as_bytes()).unwrap()["s"].to_str().unwrap().to_owned();
    format!("{message}.{signature}")
}

#[test]
fn claims_are_what_the_scheme_says() {
    let claims = "iss : Acme | acme.com\nsub?: {url}\naud?: {allowed}\nexp?: {expiry}\nnbf?: {not-before}";
    let provider = provider(&[("A: {jwt}", claims)], sent::URL).with_allowed(["orders", "refunds"]);
    let more = |count: usize| (0..count).map(|n| format!(r#","c{n}":1"#)).collect::<String>();
    let acme = |more: String| format!(r#""iss":"Acme"{more}"#);
    for (members, expected) in [
        (acme(String::new()), ""),
        (r#""iss":"acme.com""#.to_owned(), ""),
        (r#""iss":"Acme | acme.com""#.to_owned(), "`the claim iss` is not what the scheme sets it to"),
        (r#""iss ":"Acme""#.to_owned(), "`the claim iss` is missing"),
        (acme(r#","iss":"Acme""#.to_owned()), "has one twice"),
        (acme(more(63)), ""),
        (acme(more(64)), "has claims that are no object"),
        (acme(format!(r#","sub":"{}""#, sent::URL)), ""),
        (acme(r#","sub":"https://x.example/other""#.to_owned()), "`the claim sub` is not the public URL"),
        (acme(r#","aud":"orders""#.to_owned()), ""),
        (acme(r#","aud":"refunds""#.to_owned()), ""),
        (acme(r#","aud":"users""#.to_owned()), "`the claim aud` is not one of those that are allowed"),
        (acme(format!(r#","exp":{NOW}"#)), ""),
        (acme(format!(r#","exp":{}"#, NOW - 1)), "the timestamp is 1 s old"),
        (acme(format!(r#","nbf":{}"#, NOW + 10)), ""),
        (acme(format!(r#","nbf":{}"#, NOW + 11)), "the timestamp is 11 s ahead"),
    ] {
        let token = jwt(r#"{"alg":"HS256"}"#, &format!("{{{members}}}"));
        assert_says(&members, &verdict(&provider, &request("POST", "/hook", &[("A", &token)], "{}")), expected);
    }
}

/// Whoever holds back the last byte of a captured request does not keep its token valid.
#[test]
fn a_token_that_expires_before_the_body_has_ended_is_refused() {
    let token = |after: i64| jwt(r#"{"alg":"HS256"}"#, &format!(r#"{{"exp":{}}}"#, NOW + after));
    let bearer = format!("Bearer {}", token(60));
    let alone = ("Authorization: Bearer {jwt}", &[("authorization", &*bearer)][..], "{}".to_owned());
    let batch = |items: &[i64]| {
        let items: Vec<String> = items.iter().map(|after| format!(r#"{{"t":"{}"}}"#, token(*after))).collect();
        (
            "\n\nitems[].t: {jwt}",
            &[("content-type", "application/json")][..],
            format!(r#"{{"items":[{}]}}"#, items.join(",")),
        )
    };
    let requests = [alone, batch(&[60]), batch(&[60, 9000]), batch(&[9000, 60])];
    let moments = [(0, Ok(())), (60, Ok(())), (61, Err(1)), (36_000, Err(35_940))];
    let cases = requests.iter().flat_map(|request| moments.map(|moment| (request, moment)));
    for ((lines, headers, body), (seconds, expected)) in cases {
        let acme = provider(&[(*lines, "exp: {expiry}")], sent::URL).accept(Extent::Nothing).raw();
        let request = request("POST", "/hook", headers, body.clone());
        let clock = Arc::new(AtomicI64::new(NOW));
        let read = clock.clone();
        let now = move || OffsetDateTime::from_unix_timestamp(read.load(Ordering::SeqCst)).unwrap();
        let receiver: Receiver = acme.receiver(secret()).unwrap().with_clock(now);
        let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
        clock.store(NOW + seconds, Ordering::SeqCst);
        intake.push(request.body().clone().into());
        let verdict = intake.finish().map(|_| ());
        assert_eq!(
            verdict,
            expected.map_err(|seconds| VerifyError::TooOld { seconds }.into()),
            "{lines:?} after {seconds} s"
        );
    }
}

/// Of an ECDSA signature, anybody can make another: the event is what it covers (RFC 7515, appendix A.3).
#[cfg(feature = "p256")]
#[test]
fn a_body_that_is_a_token_is_one_event_however_it_is_signed() {
    const KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    const MESSAGE: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvb\
        S9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut other = URL_SAFE_NO_PAD.decode(SIGNATURE).unwrap();
    let mut borrow = 0;
    for (digit, order) in other[32..].iter_mut().zip(ORDER).rev() {
        let difference = i16::from(order) - i16::from(*digit) - borrow;
        (*digit, borrow) = (u8::try_from(difference.rem_euclid(256)).unwrap(), i16::from(difference < 0));
    }
    let scheme = Scheme::try_new("\n\n{jwt}", "iss: joe").unwrap().with_algorithm(Algorithm::P256Fixed);
    let acme = Provider::new("acme", scheme).unwrap();
    let verifier = acme.verifier(PublicKey::new(KEY).unwrap()).unwrap();
    let key = |signature: &str| {
        let body = format!("{MESSAGE}.{signature}");
        let none: [(&str, &str); 0] = [];
        let verified = verifier.verify(&none, body.as_bytes()).unwrap();
        acme.idempotency_key(&verified, "").unwrap()
    };
    assert_eq!(key(SIGNATURE), key(&URL_SAFE_NO_PAD.encode(other)));
}

/// Requests without a body have the claims of their tokens.
#[test]
fn a_token_tells_requests_without_a_body_apart() {
    let acme = provider(&[("A: {jwt}\n\n{empty}", "iss: Acme")], sent::URL);
    let key = |id: u8| {
        let token = jwt(r#"{"alg":"HS256"}"#, &format!(r#"{{"iss":"Acme","jti":"{id}"}}"#));
        let request = request("POST", "/hook", &[("A", &token)], "");
        let verifier = acme.verifier(secret()).unwrap();
        acme.idempotency_key(&verifier.verify_request_at(&request, now()).unwrap(), "").unwrap()
    };
    assert_eq!(key(1), key(1));
    assert_ne!(key(1), key(2));
    // Requests with one have the body.
    let acme = provider(&[("A: {jwt}", "iss: Acme")], sent::URL);
    let token = jwt(r#"{"alg":"HS256"}"#, r#"{"iss":"Acme"}"#);
    let key = |body: &str| {
        let request = request("POST", "/hook", &[("A", &token)], body);
        let verifier = acme.verifier(secret()).unwrap();
        acme.idempotency_key(&verifier.verify_request_at(&request, now()).unwrap(), "").unwrap()
    };
    assert_ne!(key("1"), key("2"));
}

/// The header of a token decides nothing: it says what the scheme says, or the token is refused.
#[test]
fn a_token_has_the_form_of_the_scheme() {
    let provider = provider(&[("A: {jwt}", "iss: Acme")], sent::URL);
    let judge = |token: &str| verdict(&provider, &request("POST", "/hook", &[("A", token)], "{}"));
    for (header, expected) in [
        (r#"{"alg":"HS256","typ":"JWT","b64":true}"#, ""),
        (r#"{"alg":"HS512"}"#, "names another algorithm"),
        (r#"{"alg":"none"}"#, "names another algorithm"),
        (r#"{"alg":"HS256","crit":["exp"]}"#, "asks for an extension"),
        (r#"{"alg":"HS256","b64":false}"#, "asks for an extension"),
        (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, "asks for an extension"),
        ("{}", "has a header that cannot be read"),
    ] {
        assert_says(header, &judge(&jwt(header, r#"{"iss":"Acme"}"#)), expected);
    }
    assert_says("8192 bytes", &judge(&"x".repeat(8192)), "is not a token of three parts");
    assert_says("8193 bytes", &judge(&"x".repeat(8193)), "is a token of more than 8192 bytes");
}
