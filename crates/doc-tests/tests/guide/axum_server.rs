//! The server of `receiving_with_axum`, under attack.

include!(concat!(env!("OUT_DIR"), "/receiving_with_axum_1.rs"));

mod tests {
    use axum::Extension;
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::receive::{Answer, Receiver, Webhook};
    use hookseal::testing::{AttackKit, Sender};
    use hookseal::{Secret, SecretForm, provider};
    use serde_json::json;
    use tower::ServiceExt;

    use super::{App, receiver, router};
    use crate::attack;

    const STRIPE: &str = "the secret that Stripe shows";
    const GITHUB: &str = "the secret that GitHub was given";

    /// Less than GitHub's 25 MiB, which take their time without optimisation.
    const LIMIT: usize = 1 << 20;

    fn app() -> axum::Router {
        router(App {
            stripe: provider::STRIPE.receiver(Secret::new(STRIPE).unwrap()).unwrap().with_marker(),
            github: provider::GITHUB
                .lossy()
                .receiver(Secret::new(GITHUB).unwrap())
                .unwrap()
                .with_max_received(LIMIT)
                .with_marker(),
            once: Once::new(MemoryStore::new(1000)),
        })
    }

    #[tokio::test]
    async fn the_attack_kit_finds_no_mistake() {
        let data = json!({"object": {"id": "in_1", "amount_paid": 4500}});
        let secret = Secret::new(STRIPE).unwrap();
        let kit = AttackKit::events(&provider::STRIPE, secret, "invoice.paid", data).unwrap();
        attack::router(kit.with_uri("/stripe".parse().unwrap()), app()).await;

        let data = json!({"ref": "refs/heads/main", "commits": []});
        let secret = Secret::new(GITHUB).unwrap();
        let kit = AttackKit::events(&provider::GITHUB, secret, "push", data).unwrap();
        attack::router(kit.with_uri("/github".parse().unwrap()).with_max_received(LIMIT), app()).await;
    }

    #[tokio::test]
    async fn a_request_can_be_signed_by_hand() {
        for (page, variable, secret) in [
            (include_str!("../../../../src/guide/receiving_with_axum.md"), "GITHUB_WEBHOOK_SECRET", GITHUB),
            (include_str!("../../../../src/guide/testing.md"), "STRIPE_WEBHOOK_SECRET", STRIPE),
        ] {
            attack::by_hand(page, variable, secret, app()).await;
        }
    }

    #[tokio::test]
    async fn standard_webhooks_can_be_signed_by_hand() {
        async fn hook(once: Extension<Once<MemoryStore>>, webhook: Webhook<Payment>) -> Answer {
            once.run(&webhook, async { Answer::Processed }).await
        }
        #[derive(serde::Deserialize)]
        enum Payment {
            #[serde(rename = "invoice.paid")]
            Invoice {},
        }
        let page = include_str!("../../../../src/guide/testing.md");
        let secret = Secret::generate(SecretForm::Whsec).unwrap();
        let secret = secret.expose().expect("a text").to_owned();
        let receiver: Receiver = provider::STANDARD_WEBHOOKS.receiver(Secret::new(secret.as_str()).unwrap()).unwrap();
        let app = axum::Router::new().route("/standard-webhooks", axum::routing::post(hook)).with_state(receiver);
        let app = app.layer(Extension(Once::new(MemoryStore::new(1000))));
        attack::by_hand(page, "STANDARD_WEBHOOKS_SECRET", &secret, app).await;
    }

    /// Cargo sets this variable, to five bytes.
    #[test]
    fn a_secret_that_cannot_be_used_is_reported_with_its_variable() {
        let short = receiver::<()>(&provider::STRIPE, "CARGO_PKG_VERSION").unwrap_err();
        assert_eq!(short, "CARGO_PKG_VERSION: the key of the current secret has 5 bytes, fewer than 16");
        let unset = receiver::<()>(&provider::STRIPE, "HOOKSEAL_NOT_SET").unwrap_err();
        assert_eq!(unset, "HOOKSEAL_NOT_SET: environment variable not found");
    }

    #[tokio::test]
    async fn githubs_types_have_the_action_in_them() {
        let sender = Sender::new(&provider::GITHUB, Secret::new(GITHUB).unwrap()).unwrap();
        for (event_type, data, text) in [
            ("push", json!({"ref": "refs/heads/main", "commits": [{"message": "Hello"}]}), "processed"),
            ("pull_request.opened", json!({"number": 7}), "processed"),
            ("pull_request.labeled", json!({"number": 7}), "processed"),
            ("ping", json!({"zen": "Keep it logically awesome."}), "acknowledged"),
            // A branch that was created, under another type.
            ("push", json!({"ref": "main", "ref_type": "branch"}), "the webhook's body is not the expected JSON"),
        ] {
            let request = sender.event("/github", event_type, data).unwrap();
            let response = app().oneshot(request.map(axum::body::Body::from)).await.unwrap();
            assert_eq!(axum::body::to_bytes(response.into_body(), 1000).await.unwrap(), text);
        }
    }

    /// Slack's challenge is an event of a type like any other.
    #[tokio::test]
    async fn a_challenge_is_a_variant() {
        use hookseal::receive::Reply;

        #[derive(serde::Deserialize)]
        enum Slack {
            #[serde(rename = "url_verification")]
            Challenge { challenge: String },
        }
        async fn hook(webhook: Webhook<Slack>) -> Answer {
            let Slack::Challenge { challenge } = webhook.event.into_data();
            Reply::text(challenge).into()
        }
        let secret = Secret::new(GITHUB).unwrap();
        let receiver = provider::SLACK.receiver(secret.clone()).unwrap();
        let app: axum::Router = axum::Router::new().route("/", axum::routing::post(hook)).with_state::<()>(receiver);
        let challenge = r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
        let request = Sender::new(&provider::SLACK, secret).unwrap().body("/", challenge).unwrap();
        let response = app.oneshot(request.map(axum::body::Body::from)).await.unwrap();
        let answered = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(answered, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    }
}
