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

/// Runs a page's commands for a request that is signed with the secret in this variable, twice: a 200 must say that it was
/// processed, and then that it was processed before.
pub(crate) async fn by_hand(page: &str, variable: &str, secret: &str, app: Router) {
    let has = |program: &str| std::process::Command::new(program).arg("--version").output().is_ok();
    if !(has("curl") && has("openssl")) {
        eprintln!("SKIPPED, NOTHING WAS TRIED: curl or openssl is not installed");
        assert!(std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_err(), "curl and openssl are needed");
        return;
    }
    let commands = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands =
        commands.filter(|commands| commands.contains(variable) && commands.contains("curl")).collect::<Vec<_>>();
    let [commands] = commands[..] else { panic!("{} blocks", commands.len()) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, app).await });
    let commands = commands.replace("localhost:3000", &address);
    assert!(commands.contains(&address));
    for expected in ["processed", "processed before"] {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-euc", &commands]).env(variable, secret);
        let output = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().expect("a shell");
        let response = String::from_utf8_lossy(&output.stdout);
        assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with(expected), "{output:?}");
    }
}

pub(crate) async fn report(kit: AttackKit, app: Router) -> Report {
    kit.run(async |request| {
        let Ok(response) = app.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        http::Response::from_parts(parts, to_bytes(body, 100_000).await.unwrap())
    })
    .await
    .unwrap()
}
