//! The server of `receiving_with_axum`, under attack.

include!(concat!(env!("OUT_DIR"), "/receiving_with_axum_1.rs"));

mod tests {
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::testing::{AttackKit, Sender};
    use hookseal::{Secret, provider};
    use serde_json::json;
    use tower::ServiceExt;

    use super::{App, router};
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

        let secret = Secret::new(GITHUB).unwrap();
        let kit = AttackKit::bodies(&provider::GITHUB, secret, |n| format!(r#"{{"ref":"refs/heads/{n}"}}"#)).unwrap();
        attack::router(kit.with_uri("/github".parse().unwrap()).with_max_received(LIMIT), app()).await;
    }

    #[tokio::test]
    async fn githubs_type_is_in_a_header() {
        let sender = Sender::new(&provider::GITHUB, Secret::new(GITHUB).unwrap()).unwrap();
        for (event, body, text) in [
            ("push", r#"{"ref":"refs/heads/main"}"#, "processed"),
            ("push", r#"{"zen":"Design for failure."}"#, "acknowledged"),
            ("ping", r#"{"zen":"Keep it logically awesome."}"#, "processed"),
        ] {
            let mut request = sender.body("/github", body).unwrap();
            request.headers_mut().insert("x-github-event", event.parse().unwrap());
            let response = app().oneshot(request.map(axum::body::Body::from)).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(axum::body::to_bytes(response.into_body(), 1000).await.unwrap(), text);
        }
    }
}
