//! The program of `registering`, asked as Meta asks.

include!(concat!(env!("OUT_DIR"), "/registering_1.rs"));

mod tests {
    use axum::body::{Body, to_bytes};
    use hookseal::receive::Receiver;
    use hookseal::testing::{AttackKit, Sender};
    use hookseal::{Secret, provider};
    use http::Request;
    use tower::ServiceExt;

    use super::router;
    use crate::attack;

    const SECRET: &str = "the app secret that Meta shows";
    const TOKEN: &str = "a-token-of-our-own-choice";

    fn receiver() -> Receiver {
        let receiver: Receiver = provider::META.receiver(Secret::new(SECRET).unwrap()).unwrap();
        receiver.with_verify_token(Secret::new(TOKEN).unwrap()).unwrap()
    }

    async fn send(request: Request<Body>) -> (u16, String) {
        let response = router(receiver()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(to_bytes(response.into_body(), 1000).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_endpoint_can_be_registered() {
        for (token, expected) in [(TOKEN, (200, "1158201444")), ("another-token-of-theirs", (401, ""))] {
            let uri = format!("/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
            let (status, text) = send(Request::get(uri).body(Body::empty()).unwrap()).await;
            assert_eq!(status, expected.0);
            assert!(expected.1.is_empty() || text == expected.1, "{text}");
        }
        assert_eq!(send(Request::put("/whatsapp").body(Body::empty()).unwrap()).await.0, 405);
    }

    #[tokio::test]
    async fn deliveries_reach_the_handler() {
        let sender = Sender::new(&provider::META, Secret::new(SECRET).unwrap()).unwrap();
        let request = sender.sample("/whatsapp", "whatsapp_business_account").unwrap();
        assert_eq!(send(request.map(Body::from)).await.0, 200);
    }

    #[tokio::test]
    async fn the_attack_kit_finds_nothing() {
        let (secret, event_type) = (Secret::new(SECRET).unwrap(), "whatsapp_business_account.messages");
        let kit = AttackKit::events(&provider::META, secret, event_type, serde_json::json!({"messages": []})).unwrap();
        let kit = kit.with_uri("/whatsapp".parse().unwrap()).with_verify_token(Secret::new(TOKEN).unwrap());
        attack::router(kit, router(receiver())).await;
    }
}
