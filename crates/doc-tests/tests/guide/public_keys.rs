//! The program of `public_keys`, with a key server that fails in every way.

include!(concat!(env!("OUT_DIR"), "/public_keys_2.rs"));

mod over_http {
    use axum::body::Body;
    use axum::response::Response;
    use hookseal::{Algorithm, Scheme, Signer, SigningKey};
    use http::Request;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    /// A client for plain HTTP on loopback, that does not wait as long as the program's.
    fn plain_client() -> Client {
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_millis(500));
        client.build().expect("a client")
    }

    /// A server that answers every request with these bytes, again and again if `is_endless`, and its URL.
    async fn server(answer: String, is_endless: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("its address"));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    _ = stream.read(&mut request).await;
                    while stream.write_all(answer.as_bytes()).await.is_ok() && is_endless {}
                    if answer.is_empty() {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        url
    }

    fn answer(status: &str, head: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\nconnection: close\r\n{head}content-length: {}\r\n\r\n{body}", body.len())
    }

    fn jwks(keys: &[(&str, &SigningKey)]) -> String {
        let key = |(id, key): &(&str, &SigningKey)| {
            let x = key.public_text()["whpk_".len()..].trim_end_matches('=').replace('+', "-").replace('/', "_");
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"{x}"}}"#)
        };
        format!(r#"{{"keys":[{}]}}"#, keys.iter().map(key).collect::<Vec<_>>().join(","))
    }

    /// As Turnkey sends it.
    fn delivery(key: &SigningKey, id: &str) -> Request<Body> {
        let headers = "X-Turnkey-Timestamp: {timestamp:ms}\nX-Turnkey-Event-Id: {id}\nX-Turnkey-Signature: {hex}";
        let covers = format!("v1.ed25519.{id}.{{timestamp}}.{{id}}.{{body}}");
        let scheme = Scheme::try_new(headers, covers).expect("a scheme").with_algorithm(Algorithm::Ed25519);
        let signed = Signer::new(scheme, key.clone()).expect("a signer").sign("evt_1", b"{}").expect("headers");
        let mut request = Request::post("/turnkey").body(Body::from("{}")).expect("a request");
        *request.headers_mut() = signed;
        for (name, value) in [("key-id", id), ("algorithm", "ed25519"), ("version", "v1")] {
            let name: http::HeaderName = format!("x-turnkey-signature-{name}").parse().expect("a name");
            request.headers_mut().insert(name, value.parse().expect("a value"));
        }
        request
    }

    async fn deliver(receiver: &Receiver, key: &SigningKey, id: &str) -> Response {
        app(receiver.clone()).oneshot(delivery(key, id)).await.expect("a response")
    }

    #[tokio::test]
    async fn a_server_that_fails_is_answered_with_503() {
        let key = SigningKey::generate().expect("randomness");
        let good = jwks(&[("k1", &key)]);
        let elsewhere = server(answer("200 OK", "", &good), false).await;
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
        let doubled = jwks(&[("k1", &key), ("k1", &SigningKey::generate().expect("randomness"))]);
        let many: Vec<String> = (0..65).map(|n| format!("k{n}")).collect();
        let many = jwks(&many.iter().map(|id| (id.as_str(), &key)).collect::<Vec<_>>());
        let other_kind = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
        let weak =
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#;
        for (name, bytes, is_endless) in [
            ("hangs", String::new(), false),
            ("500", answer("500 Internal Server Error", "", &good), false),
            ("404", answer("404 Not Found", "", &good), false),
            ("204", answer("204 No Content", "", ""), false),
            ("redirect", answer("302 Found", &format!("location: {elsewhere}\r\n"), &good), false),
            ("permanent redirect", answer("308 Permanent Redirect", &format!("location: {elsewhere}\r\n"), ""), false),
            ("garbage", "\u{0}\u{1}garbage\r\n\r\n".to_owned(), false),
            ("an endless head", format!("{head}x: {}", "y".repeat(4096)), true),
            ("an endless body", format!("{head}\r\n{}", " ".repeat(4096)), true),
            ("a large body", answer("200 OK", "", &format!("{}{good}", " ".repeat(MAX_ANSWER))), false),
            ("a body that is cut off", format!("{head}content-length: 1000\r\n\r\n{good}"), false),
            ("no JSON", answer("200 OK", "", "<html>Sign in</html>"), false),
            ("other JSON", answer("200 OK", "", r#"{"error":"maintenance"}"#), false),
            ("no keys", answer("200 OK", "", r#"{"keys":[]}"#), false),
            ("two keys with one id", answer("200 OK", "", &doubled), false),
            ("too many keys", answer("200 OK", "", &many), false),
            ("a key of another kind", answer("200 OK", "", other_kind), false),
            ("a weak key", answer("200 OK", "", weak), false),
        ] {
            let receiver = receiver(plain_client(), &server(bytes, is_endless).await).expect("a receiver");
            let response = deliver(&receiver, &key, "k1").await;
            assert_eq!(response.status(), 503, "{name}");
            assert!(response.headers().contains_key("retry-after"), "{name}");
        }
        let receiver = receiver(plain_client(), "http://127.0.0.1:1/").expect("a receiver");
        assert_eq!(deliver(&receiver, &key, "k1").await.status(), 503, "refuses");
    }

    #[tokio::test]
    async fn a_server_that_answers_lets_deliveries_in() {
        let (key, forger) = (SigningKey::generate().expect("randomness"), SigningKey::generate().expect("randomness"));
        let url = server(answer("200 OK", "content-type: text/plain\r\n", &jwks(&[("k1", &key)])), false).await;
        let receiver = receiver(plain_client(), &url).expect("a receiver");
        for _ in 0..3 {
            assert_eq!(deliver(&receiver, &key, "k1").await.status(), 200);
            assert_eq!(deliver(&receiver, &forger, "k1").await.status(), 401);
        }
        for n in 0..50 {
            assert_eq!(deliver(&receiver, &forger, &format!("made-up-{n}")).await.status(), 503, "not asked again yet");
        }
        assert_eq!(deliver(&receiver, &key, "k1").await.status(), 200);
    }

    #[tokio::test]
    async fn the_program_asks_no_server_without_tls() {
        let key = SigningKey::generate().expect("randomness");
        let url = server(answer("200 OK", "", &jwks(&[("k1", &key)])), false).await;
        let receiver = receiver(client().expect("a client"), &url).expect("a receiver");
        assert_eq!(deliver(&receiver, &key, "k1").await.status(), 503);
    }
}
