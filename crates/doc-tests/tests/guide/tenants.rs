//! The server of `tenants`.

include!(concat!(env!("OUT_DIR"), "/tenants_1.rs"));

mod tests {
    use axum::body::Body;
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::receive::ReceiverCache;
    use hookseal::testing::Sender;
    use hookseal::{Secret, provider};
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::{App, Database, router};

    fn app() -> axum::Router {
        router(App { database: Database, receivers: ReceiverCache::new(100), once: Once::new(MemoryStore::new(100)) })
    }

    #[tokio::test]
    async fn a_secret_is_checked_before_it_is_stored() {
        for (secret, status) in [
            ("It's a Secret to Nobody", StatusCode::NO_CONTENT),
            ("with a line end, from a file\n", StatusCode::BAD_REQUEST),
            ("short", StatusCode::BAD_REQUEST),
            ("", StatusCode::BAD_REQUEST),
        ] {
            let request = Request::put("/tenants/shop-1/secret").body(Body::from(secret)).unwrap();
            assert_eq!(app().oneshot(request).await.unwrap().status(), status, "{secret:?}");
        }
    }

    #[tokio::test]
    async fn an_unknown_tenant_looks_like_one_with_another_secret() {
        let sender = |secret| Sender::new(&provider::GITHUB, Secret::new(secret).unwrap()).unwrap();
        let (known, other) = (sender("It's a Secret to Everybody"), sender("It's a Secret to Nobody"));
        for (sender, path, status) in [
            (&known, "/hooks/shop-1", StatusCode::OK),
            (&known, "/hooks/shop-2", StatusCode::UNAUTHORIZED),
            (&other, "/hooks/shop-1", StatusCode::UNAUTHORIZED),
        ] {
            let request = sender.body(path, r#"{"zen":"Design for failure."}"#).unwrap();
            assert_eq!(app().oneshot(request.map(Body::from)).await.unwrap().status(), status, "{path}");
        }
    }
}
