//! A platform of one's own asks an endpoint, whatever its scheme covers, and activates the subscription by the answer.

use hookseal::delivery::{EndpointCheck, Subscription};
use hookseal::provider::Provider;
use hookseal::receive::Receiver;
use hookseal::{Handshake, Scheme, Secret, SignError};
use http::{Request, Response, StatusCode};

const URL: &str = "https://hooks.customer.com/acme?tenant=7";
const ANSWER: &str = r#"{"token":"{challenge}"}"#;

fn secret() -> Secret {
    Secret::new("a secret of twenty-some bytes").unwrap()
}

fn answer(receiver: &Receiver, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
    intake.push(request.body().clone().into());
    intake.finish().unwrap_err().to_response()
}

#[test]
fn an_endpoint_answers_whatever_the_scheme_covers() {
    const ASK: &str = ":method: POST\n\ntype: endpoint.check\ntoken: {challenge:token}";
    let schemes = [
        (Scheme::new("Acme-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}"), ASK),
        (
            Scheme::new("Acme-Id: {id}\nAcme-Time: {timestamp}\nAcme-Signature: {base64}", "{id}.{timestamp}.{body}"),
            ASK,
        ),
        (
            Scheme::new("Acme-Signature: {hex}", "{header:Acme-Topic}\n{body}"),
            "Acme-Topic: endpoint.check\n\ntoken: {challenge:token}",
        ),
        (Scheme::new("Acme-Time: {timestamp}\nAcme-Signature: {hex}", "{method}{url}{body}{timestamp}"), ASK),
        (Scheme::new("Acme-Signature: {hex}", "{url}{body}"), "?token: {challenge:token}\n\ntype: endpoint.check"),
    ];
    for (scheme, ask) in schemes {
        let handshake = Handshake::new(ask, ANSWER);
        assert!(handshake.is_signed(), "{scheme:?}");
        let provider = Provider::new("acme", scheme.clone()).unwrap().with_handshakes([handshake.clone()]).raw();
        let provider = provider.with_public_url(URL).unwrap();
        let mut subscription = Subscription::new(URL);
        let check = subscription.check(&handshake, &provider.signer(secret()).unwrap()).unwrap();
        // A query that the handshake has is a part of the registered URL.
        let asked = provider.with_public_url(check.request().uri().to_string()).unwrap();
        let receiver: Receiver = asked.receiver(secret()).unwrap();
        let right = answer(&receiver, check.request());
        assert!(subscription.activate(&check, &right), "{scheme:?}: {right:?}");

        let stranger: Receiver = asked.receiver(Secret::new("another secret of twenty bytes").unwrap()).unwrap();
        assert!(!subscription.activate(&check, &answer(&stranger, check.request())), "{scheme:?}");
        assert!(!subscription.active, "{scheme:?}");
    }
}

/// An object is compared as JSON, anything else as text; of the headers, those that the handshake names count.
#[test]
fn an_answer_has_the_right_value_and_the_named_headers() {
    let provider = Provider::new("acme", Scheme::new("Acme-Signature: {hex}", "{body}")).unwrap();
    let signer = provider.signer(secret()).unwrap();
    let uri = URL.parse().unwrap();
    let handshake = Handshake::new("\n\nc: {challenge:token}", "Acme-Hook: yes\n\n{\"n\":1,\"c\":\"{challenge}\"}");
    let check = EndpointCheck::new(&handshake, &uri, &signer).unwrap();
    let asked: serde_json::Value = serde_json::from_slice(check.request().body()).unwrap();
    let challenge = asked["c"].as_str().unwrap();
    let answer = |header: &str, body: String| Response::builder().header("Acme-Hook", header).body(body).unwrap();
    let reordered = format!("{{ \"c\": \"{challenge}\",\n\"n\": 1 }}");
    for (answer, is_right) in [
        (answer("yes", format!(r#"{{"n":1,"c":"{challenge}"}}"#)), true),
        (answer("yes", reordered.clone()), true),
        (answer("no", reordered.clone()), false),
        (Response::new(reordered.clone()), false),
        (answer("yes", reordered.replace("1", "2")), false),
        (answer("yes", format!("{reordered} ok")), false),
        (answer("yes", challenge.to_owned()), false),
    ] {
        assert_eq!(check.is_passed(&answer), is_right, "{answer:?}");
    }
}

/// A number where the sample has one, and a challenge in a string.
#[test]
fn a_question_looks_like_its_sample() {
    let handshake = Handshake::try_new("\n\nv: 1\ncode: 007\nkind: a b\nn: {challenge:digits}", "{challenge}").unwrap();
    let provider = Provider::new("acme", Scheme::new("Acme-Signature: {hex}", "{body}")).unwrap();
    let provider = provider.with_handshakes([handshake.clone()]).raw();
    let (signer, uri) = (provider.signer(secret()).unwrap(), URL.parse().unwrap());
    let check = || EndpointCheck::new(&handshake, &uri, &signer).unwrap();
    let (one, other) = (check(), check());
    let asked: serde_json::Value = serde_json::from_slice(one.request().body()).unwrap();
    let challenge = asked["n"].as_str().unwrap();
    assert!(challenge.parse::<u64>().is_ok_and(|number| number.to_string() == challenge), "{challenge}");
    assert_eq!(asked, serde_json::json!({"v": 1, "code": "007", "kind": "a b", "n": challenge}));
    let receiver: Receiver = provider.receiver(secret()).unwrap();
    assert!(one.is_passed(&answer(&receiver, one.request())));
    assert!(!one.is_passed(&answer(&receiver, other.request())), "another challenge");
}

/// What is covered has to be in the question.
#[test]
fn a_covered_header_is_a_line_of_the_handshake() {
    let scheme = Scheme::new("Acme-Signature: {hex}", "{header:Acme-Topic}\n{body}");
    let provider = Provider::new("acme", scheme).unwrap();
    let handshake = Handshake::new("\n\ntoken: {challenge:token}", ANSWER);
    let error = Subscription::new(URL).check(&handshake, &provider.signer(secret()).unwrap()).unwrap_err();
    assert!(matches!(error, SignError::Header { .. }), "{error}");
    assert_eq!(error.to_string(), "header `acme-topic` is missing, and the scheme signs it");
}

#[test]
fn only_the_right_answer_about_the_same_url_activates() {
    let handshake =
        Handshake::new(":method: GET\n?token: {verify-token}\n?challenge: {challenge:token}", "{challenge}");
    let provider = Provider::new("acme", Scheme::new("Acme-Signature: {hex}", "{body}")).unwrap();
    let signer = provider.signer(secret()).unwrap();
    let token = Secret::new("a-token-of-their-choice").unwrap();
    let mut subscription = Subscription::new(URL);
    let check = EndpointCheck::new_with_token(&handshake, &URL.parse().unwrap(), &signer, &token).unwrap();
    let query = check.request().uri().query().unwrap().to_owned();
    assert!(query.starts_with("tenant=7&token=a-token-of-their-choice&challenge="), "{query}");
    let right = query.rsplit_once('=').unwrap().1.to_owned();
    let status = |status| Response::builder().status(status).body(right.clone()).unwrap();
    for (body, is_right) in [
        (status(200), true),
        (status(204), false),
        (status(302), false),
        (status(500), false),
        (Response::new(String::new()), false),
        (Response::new(format!("{right}0")), false),
        (Response::new(format!("<html>{right}</html>")), false),
        (Response::new(format!(" {right}\n")), true),
    ] {
        assert_eq!(subscription.activate(&check, &body), is_right, "{body:?}");
        assert_eq!(subscription.active, is_right);
    }
    for url in ["https://hooks.customer.com/acme?tenant=8", "https://other.com/acme?tenant=7", "no URL"] {
        subscription.url = url.to_owned();
        assert!(!subscription.activate(&check, &status(StatusCode::OK.as_u16())), "{url}");
    }
    assert!(!format!("{check:?}").contains(&right), "the log has no challenge");
}
