//! The three servers of `what_is_signed`: the first two under attack, the third with requests signed as the providers do.

mod urls {
    include!(concat!(env!("OUT_DIR"), "/what_is_signed_1.rs"));

    pub(super) fn app(square: Receiver, twilio: Receiver) -> Router {
        let (square, twilio) = (square.with_marker(), twilio.with_marker());
        router(App { square, twilio, once: Once::new(MemoryStore::new(1000)) })
    }
}

mod tokens {
    include!(concat!(env!("OUT_DIR"), "/what_is_signed_2.rs"));

    pub(super) fn app(gitlab: Receiver, telegram: Receiver) -> Router {
        let (gitlab, telegram) = (gitlab.with_marker(), telegram.with_marker());
        router(App { gitlab, telegram })
    }
}

mod parts {
    include!(concat!(env!("OUT_DIR"), "/what_is_signed_3.rs"));

    pub(super) fn app(mailgun: Receiver, adyen: Receiver) -> Router {
        let (mailgun, adyen) = (mailgun.with_marker(), adyen.with_marker());
        router(App { mailgun, adyen, once: Once::new(MemoryStore::new(1000)) })
    }
}

mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use hookseal::provider::{self, Provider};
    use hookseal::receive::Receiver;
    use hookseal::testing::{AttackKit, Sender};
    use hookseal::{Extent, Scheme, Secret, SecretForm, Signer};
    use http::Request;
    use serde_json::json;
    use time::OffsetDateTime;
    use tower::ServiceExt;

    use super::{parts, tokens, urls};
    use crate::attack;

    fn secret() -> Secret {
        Secret::new("a secret of twenty-some bytes").unwrap()
    }

    fn registered(provider: &Provider, path: &str) -> Provider {
        provider.with_public_url(format!("https://hooks.example.com/outside{path}")).unwrap()
    }

    fn receiver(provider: &Provider) -> Receiver {
        provider.receiver(secret()).unwrap()
    }

    async fn send(app: &Router, request: Request<impl Into<Body>>) -> (u16, String) {
        let response = app.clone().oneshot(request.map(Into::into)).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(to_bytes(response.into_body(), 1000).await.unwrap().to_vec()).unwrap())
    }

    fn url_app() -> Router {
        let (square, twilio) = (registered(&provider::SQUARE, "/square"), registered(&provider::TWILIO, "/twilio"));
        urls::app(receiver(&square), receiver(&twilio))
    }

    #[tokio::test]
    async fn providers_that_sign_the_url_are_verified_behind_a_proxy() {
        let sender = Sender::new(&registered(&provider::SQUARE, "/square"), secret()).unwrap();
        let request = sender.sample("/square", "payment.updated").unwrap();
        assert_eq!(send(&url_app(), request).await, (200, "processed".to_owned()));

        let twilio = registered(&provider::TWILIO, "/twilio");
        let request = Sender::new(&twilio, secret()).unwrap().sample("/twilio", "delivered").unwrap();
        assert_eq!(send(&url_app(), request.clone()).await, (200, "<Response/>".to_owned()));
        let elsewhere = Sender::new(&registered(&provider::TWILIO, "/other"), secret()).unwrap();
        let request = elsewhere.sample("/twilio", "delivered").unwrap();
        assert_eq!(send(&url_app(), request).await.0, 401);
    }

    #[tokio::test]
    async fn a_get_gets_to_the_handler() {
        // The body that it wants is missing, but its signature is right.
        let uri = "https://hooks.example.com/outside/twilio?CallSid=CA1&CallStatus=ringing";
        let mut request = Request::get(uri).body("").unwrap();
        provider::TWILIO.signer(secret()).unwrap().sign_request(&mut request, "").unwrap();
        let on_the_server = |query: &str| {
            let mut inside = request.clone();
            *inside.uri_mut() = format!("/twilio?{query}").parse().unwrap();
            inside
        };
        let (right, changed) =
            (on_the_server("CallSid=CA1&CallStatus=ringing"), on_the_server("CallSid=CA2&CallStatus=ringing"));
        assert_eq!(send(&url_app(), right).await.0, 400);
        assert_eq!(send(&url_app(), changed).await.0, 401);
        let delete = Request::delete("/twilio").body("").unwrap();
        assert_eq!(send(&url_app(), delete).await.0, 405);
    }

    #[tokio::test]
    async fn the_attack_kit_finds_no_mistake() {
        let square = registered(&provider::SQUARE, "/square");
        let data = json!({"type": "payment", "id": "pay_1"});
        let kit = AttackKit::events(&square, secret(), "payment.updated", data).unwrap();
        attack::router(kit.with_uri("/square".parse().unwrap()), url_app()).await;

        let twilio = registered(&provider::TWILIO, "/twilio");
        let body = |n| format!("MessageSid=SM{n}&MessageStatus=delivered&To=%2B15550100");
        let kit = AttackKit::bodies(&twilio, secret(), body).unwrap();
        attack::router(kit.with_uri("/twilio".parse().unwrap()), url_app()).await;
    }

    #[tokio::test]
    async fn tokens_are_compared() {
        let gitlab = provider::GITLAB.accept(Extent::Nothing).with_max_received(1 << 20).unwrap();
        let telegram = provider::TELEGRAM.accept(Extent::Nothing);
        let app = tokens::app(receiver(&gitlab), receiver(&telegram));
        for (provider, path, event_type) in [(&gitlab, "/gitlab", "push"), (&telegram, "/telegram", "message")] {
            let request = Sender::new(provider, secret()).unwrap().sample(path, event_type).unwrap();
            assert_eq!(send(&app, request).await.0, 200, "{path}");
            let stranger = Secret::new("another secret of some bytes").unwrap();
            let request = Sender::new(provider, stranger).unwrap().sample(path, event_type).unwrap();
            assert_eq!(send(&app, request).await.0, 401, "{path}");
        }
    }

    /// The signature of a text.
    fn mac(placeholder: &str, form: SecretForm, secret: Secret, text: &str) -> String {
        let scheme = Scheme::try_new(format!("S: {placeholder}"), "{body}").unwrap().with_secret_form(form);
        let headers = Signer::new(scheme, secret).unwrap().sign("", text.as_bytes()).unwrap();
        headers["s"].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn what_is_signed_in_the_body_is_verified() {
        let hex = || Secret::new("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056").unwrap();
        let adyen = provider::ADYEN_STANDARD.accept(Extent::Part).receiver(hex()).unwrap();
        let app = parts::app(receiver(&provider::MAILGUN.accept(Extent::Part)), adyen);

        let (now, token) = (OffsetDateTime::now_utc().unix_timestamp(), "0".repeat(50));
        let mut mail = json!({
            "signature": {"timestamp": now.to_string(), "token": token},
            "event-data": {"event": "failed", "id": "G9Bn5sl1TC6nu79C8C0bwg"},
        });
        mail["signature"]["signature"] = mac("{hex}", SecretForm::Text, secret(), &format!("{now}{token}")).into();
        let post = |path: &str, body: &serde_json::Value| Request::post(path).body(body.to_string()).unwrap();
        assert_eq!(send(&app, post("/mailgun", &mail)).await, (200, "processed".to_owned()));
        mail["event-data"]["id"] = "another event under the same token".into();
        assert_eq!(send(&app, post("/mailgun", &mail)).await, (200, "processed before".to_owned()));
        mail["signature"]["token"] = "1".repeat(50).into();
        assert_eq!(send(&app, post("/mailgun", &mail)).await.0, 401);

        let signature = mac(
            "{base64}",
            SecretForm::Hex,
            hex(),
            "7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true",
        );
        let mut item = json!({
            "pspReference": "7914073381342284", "merchantAccountCode": "TestMerchant",
            "merchantReference": "TestPayment-1407325143704", "amount": {"value": 1130, "currency": "EUR"},
            "eventCode": "AUTHORISATION", "success": "true", "eventDate": "2019-05-06T17:15:34.121+02:00",
            "additionalData": {"hmacSignature": signature},
        });
        let batch = |item: &serde_json::Value| json!({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]});
        assert_eq!(send(&app, post("/adyen", &batch(&item))).await.0, 200);
        item["amount"]["value"] = 1.into();
        assert_eq!(send(&app, post("/adyen", &batch(&item))).await.0, 401);
    }
}
