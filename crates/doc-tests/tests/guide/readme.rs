//! The server on the README's first screen.

include!(concat!(env!("OUT_DIR"), "/readme_1.rs"));

mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::post;
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::testing::{AttackKit, Sender};
    use hookseal::{Secret, provider};
    use serde_json::json;
    use tower::ServiceExt;

    use super::{App, hook};
    use crate::attack;

    const SECRET: &str = "the secret that GitHub was given";
    /// Less than GitHub's 25 MiB, which take their time without optimisation.
    const LIMIT: usize = 1 << 20;

    fn router() -> axum::Router {
        let github = provider::GITHUB.lossy().receiver(Secret::new(SECRET).unwrap()).unwrap().with_max_received(LIMIT);
        let app = App { github, once: Once::new(MemoryStore::new(1000)) };
        axum::Router::new().route("/github", post(hook)).with_state(app)
    }

    #[tokio::test]
    async fn the_attack_kit_finds_no_mistake() {
        for event_type in ["pull_request.opened", "pull_request.closed"] {
            let secret = Secret::new(SECRET).unwrap();
            let kit = AttackKit::events(&provider::GITHUB, secret, event_type, json!({"number": 7})).unwrap();
            attack::router(kit.with_uri("/github".parse().unwrap()).with_max_received(LIMIT), router()).await;
        }
    }

    #[tokio::test]
    async fn a_request_can_be_signed_by_hand() {
        let page = include_str!("../../../../README.md");
        attack::by_hand(page, "GITHUB_WEBHOOK_SECRET", SECRET, router()).await;
    }

    #[tokio::test]
    async fn each_pull_request_event_is_processed_once_and_others_are_acknowledged() {
        let sender = Sender::new(&provider::GITHUB, Secret::new(SECRET).unwrap()).unwrap();
        let app = router();
        for (event_type, data, text) in [
            ("pull_request.opened", json!({"number": 7}), "processed"),
            ("pull_request.opened", json!({"number": 7}), "processed before"),
            ("pull_request.closed", json!({"number": 7}), "processed"),
            ("issues.opened", json!({"issue": {"number": 8}}), "acknowledged"),
            ("pull_request.opened", json!({"issue": {"number": 8}}), "the webhook's body is not the expected JSON"),
        ] {
            let request = sender.event("/github", event_type, data).unwrap();
            let response = app.clone().oneshot(request.map(Body::from)).await.unwrap();
            assert_eq!(to_bytes(response.into_body(), 1000).await.unwrap(), text);
        }
    }
}
