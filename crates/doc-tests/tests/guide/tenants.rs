//! The axum server of `tenants`.

include!(concat!(env!("OUT_DIR"), "/tenants_1.rs"));

pub(crate) mod tests {
    use std::sync::Mutex;

    use axum::body::Body;
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::receive::ReceiverCache;
    use hookseal::testing::Sender;
    use hookseal::{Secret, provider};
    use http::{Request, StatusCode};
    use serde_json::json;
    use tower::ServiceExt;

    use super::{App, Database, router};

    pub(crate) const OLD: &str = "It's a Secret to Everybody";
    const NEW: &str = "It's a Secret to Nobody";

    fn app() -> axum::Router {
        let database = Database { secret: Mutex::new(OLD.to_owned()) };
        router(App { database, receivers: ReceiverCache::new(100), once: Once::new(MemoryStore::new(100)) })
    }

    fn push(secret: &str, path: &str) -> Request<bytes::Bytes> {
        let sender = Sender::new(&provider::GITHUB, Secret::new(secret).unwrap()).unwrap();
        sender.event(path, "push", json!({"ref": "refs/heads/main"})).unwrap()
    }

    #[tokio::test]
    async fn a_secret_is_checked_before_it_is_stored() {
        for (path, secret, status) in [
            ("/tenants/shop-1/secret", NEW, StatusCode::NO_CONTENT),
            ("/tenants/shop-2/secret", NEW, StatusCode::NOT_FOUND),
            ("/tenants/shop-1/secret", "with a line end, from a file\n", StatusCode::BAD_REQUEST),
            ("/tenants/shop-1/secret", "short", StatusCode::BAD_REQUEST),
            ("/tenants/shop-1/secret", "", StatusCode::BAD_REQUEST),
        ] {
            let request = Request::put(path).body(Body::from(secret)).unwrap();
            assert_eq!(app().oneshot(request).await.unwrap().status(), status, "{path} {secret:?}");
        }
    }

    #[tokio::test]
    async fn an_unknown_tenant_looks_like_one_with_another_secret() {
        for (secret, path, status) in [
            (OLD, "/hooks/shop-1", StatusCode::OK),
            (OLD, "/hooks/shop-2", StatusCode::UNAUTHORIZED),
            (NEW, "/hooks/shop-1", StatusCode::UNAUTHORIZED),
        ] {
            let request = push(secret, path);
            assert_eq!(app().oneshot(request.map(Body::from)).await.unwrap().status(), status, "{path}");
        }
    }

    /// What is sent before and after a secret is replaced under another spelling of the name.
    pub(crate) fn rotation() -> [(&'static str, Request<bytes::Bytes>, StatusCode); 6] {
        let change = Request::put("/tenants/SHOP-1/secret").body(NEW.into()).unwrap();
        [
            ("the old secret", push(OLD, "/hooks/shop-1"), StatusCode::OK),
            ("the new secret, too early", push(NEW, "/hooks/shop-1"), StatusCode::UNAUTHORIZED),
            ("the change", change, StatusCode::NO_CONTENT),
            ("the old secret, too late", push(OLD, "/hooks/shop-1"), StatusCode::UNAUTHORIZED),
            ("the new secret", push(NEW, "/hooks/shop-1"), StatusCode::OK),
            ("the new secret under another name", push(NEW, "/hooks/Shop-1"), StatusCode::OK),
        ]
    }

    #[tokio::test]
    async fn a_replaced_secret_is_refused_at_once_however_the_tenant_is_spelled() {
        let app = app();
        for (what, request, status) in rotation() {
            assert_eq!(app.clone().oneshot(request.map(Body::from)).await.unwrap().status(), status, "{what}");
        }
    }
}
