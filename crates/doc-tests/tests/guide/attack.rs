//! Attacks that must find nothing.

use axum::Router;
use axum::body::{Body, to_bytes};
use hookseal::testing::{AttackKit, Report};
use tower::ServiceExt;

pub(crate) async fn over_http(kit: AttackKit) {
    let client = reqwest::Client::new();
    let report = kit
        .run(async |request| {
            let response = client.execute(request.try_into().unwrap()).await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
        .await
        .unwrap();
    assert!(report.is_clean(), "{report}");
}

pub(crate) async fn router(kit: AttackKit, app: Router) {
    let report = report(kit, app).await;
    assert!(report.is_clean(), "{report}");
}

pub(crate) async fn report(kit: AttackKit, app: Router) -> Report {
    kit.run(async |request| {
        let Ok(response) = app.clone().oneshot(request.map(Body::from)).await;
        let status = response.status().as_u16();
        let text = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8_lossy(&text).into_owned())
    })
    .await
    .unwrap()
}
