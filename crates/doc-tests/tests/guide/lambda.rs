//! The function of `receiving_elsewhere`, called with an event of API Gateway.

include!(concat!(env!("OUT_DIR"), "/receiving_elsewhere_2.rs"));

mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use hookseal::receive::Receiver;
    use hookseal::tower::WebhookLayer;
    use hookseal::{Secret, provider};
    use lambda_http::tower::{ServiceBuilder, ServiceExt};
    use lambda_http::{request, service_fn};
    use serde_json::{Map, Value, json};

    use super::hook;

    /// What Lambda calls the function with.
    fn event(headers: &http::HeaderMap, body: &[u8], in_base64: bool) -> String {
        let text = |value: &http::HeaderValue| Value::from(value.to_str().unwrap());
        let headers: Map<String, Value> = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = if in_base64 { STANDARD.encode(body) } else { String::from_utf8(body.to_vec()).unwrap() };
        json!({
            "version": "2.0", "routeKey": "POST /", "rawPath": "/", "rawQueryString": "", "headers": headers,
            "requestContext": {
                "accountId": "1", "apiId": "1", "domainName": "example.com", "domainPrefix": "1", "requestId": "1",
                "http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": ""},
                "routeKey": "POST /", "stage": "$default", "time": "", "timeEpoch": 0
            },
            "body": body, "isBase64Encoded": in_base64,
        })
        .to_string()
    }

    #[tokio::test]
    async fn authentic_requests_alone_reach_the_function() {
        let secret = Secret::new("It's a Secret to Everybody").unwrap();
        let receiver: Receiver = provider::GITHUB.lossy().receiver(secret.clone()).unwrap();
        let service = ServiceBuilder::new().layer(WebhookLayer::new(receiver)).service(service_fn(hook));
        let headers = provider::GITHUB.signer(secret).unwrap().sign("id", b"Hello, World!").unwrap();
        for (headers, body, in_base64, status) in [
            (&headers, &b"Hello, World!"[..], false, 200),
            (&headers, b"Hello, World!", true, 200),
            (&headers, b"Hello, Mallory!", false, 401),
            (&http::HeaderMap::new(), b"Hello, World!", false, 400),
        ] {
            let request = request::from_str(&event(headers, body, in_base64)).unwrap();
            assert_eq!(service.clone().oneshot(request).await.unwrap().status(), status);
        }
    }
}
