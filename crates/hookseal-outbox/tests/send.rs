//! How an attempt is sent, and what its failures are called in the log.

use std::sync::Arc;
use std::time::Duration;

use common::{Answer, OK, Receiver, Running, Stage, subscription};
use hookseal::delivery::UrlPolicy;
use hookseal::provider::{self, Provider};
use hookseal::{EventShape, Scheme, Secret};
use hookseal_outbox::{Outbox, Roots};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedKey, IsCa, KeyPair, generate_simple_self_signed,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

mod common;

/// The first attempt's status or error at an endpoint.
async fn first(stage: &Stage, endpoint: i64) -> String {
    let made = format!("SELECT FROM hookseal.attempts WHERE endpoint = {endpoint} AND number = 1");
    stage.wait_for(1, &made).await;
    let query = "SELECT coalesce(error, status::text) FROM hookseal.attempts WHERE endpoint = $1 AND number = 1";
    stage.db.query_one(query, &[&endpoint]).await.unwrap().get(0)
}

#[tokio::test]
async fn failures_are_told_apart() {
    let Some(mut stage) = Stage::new().await else { return };
    // Speaks first, as mail servers do.
    let mail = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mail_port = mail.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = mail.accept().await {
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
        }
    });
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let cases = [
        (Receiver::start(Answer::Bytes(OK)).await.url, "200"),
        (format!("https://127.0.0.1:{mail_port}/"), "tls"),
        (format!("http://127.0.0.1:{closed}/"), "connect"),
        ("http://there-is-no-such-host.localhost:8080/".to_owned(), "dns"),
        (Receiver::start(Answer::Silence).await.url, "timeout"),
        (Receiver::start(Answer::Close).await.url, "reset"),
        (Receiver::start(Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")).await.url, "reset"),
        (Receiver::start(Answer::Drip).await.url, "200"),
        (Receiver::start(Answer::Hints).await.url, "200"),
        // Long before its time limit.
        (Receiver::start(Answer::Interim).await.url, "reset"),
    ];
    let mut endpoints = Vec::new();
    for (url, expected) in cases {
        endpoints.push((stage.endpoint(&url).await, expected));
    }
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    for (endpoint, expected) in endpoints {
        assert_eq!(first(&stage, endpoint).await, expected);
    }
    worker.stop().await;
}

/// The worker's setting is the longest that a subscription gets, and says nothing about the platform's own time limit.
#[tokio::test]
async fn a_subscription_asks_for_a_time_limit() {
    let Some(mut stage) = Stage::new().await else { return };
    let mut endpoints = Vec::new();
    // The platform's is two seconds.
    for (asked, takes, expected) in [(None, 1300, "200"), (Some(0), 300, "200"), (Some(30), 1300, "timeout")] {
        let mut subscription = subscription(&Receiver::start(Answer::After(Duration::from_millis(takes))).await.url);
        subscription.timeout = asked;
        endpoints.push((stage.subscribe("t", &subscription).await, expected));
    }
    let worker = Running::start(stage.worker().with_max_timeout(Duration::from_secs(1)));
    stage.enqueue(0..1).await;
    for (endpoint, expected) in endpoints {
        assert_eq!(first(&stage, endpoint).await, expected, "endpoint {endpoint}");
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_without_a_longest_time_limit_stops() {
    let Some(mut stage) = Stage::new().await else { return };
    let mut subscription = subscription(&Receiver::start(Answer::Bytes(OK)).await.url);
    subscription.timeout = Some(u32::MAX);
    let endpoint = stage.subscribe("t", &subscription).await;
    let worker = Running::start(stage.worker().with_max_timeout(Duration::MAX));
    stage.enqueue(0..1).await;
    assert_eq!(first(&stage, endpoint).await, "200");
    worker.stop().await;
}

#[tokio::test]
async fn a_name_that_resolves_to_a_refused_address_is_not_called() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    let by_name = stage.endpoint(&format!("http://localhost:{port}")).await;
    let by_address = stage.endpoint(&receiver.url).await;
    // The text of the first URL passes this policy; its addresses do not.
    let strict = UrlPolicy::new().allow_loopback_http().deny_addresses("127.0.0.0/8").unwrap();
    let strict = strict.deny_addresses("::1/128").unwrap();
    let outbox = Outbox::new(&common::acme()).with_url_policy(strict);
    let worker = hookseal_outbox::Worker::new(outbox, stage.config.clone(), tokio_postgres::NoTls);
    let worker = Running::start(worker);
    stage.enqueue(0..1).await;
    assert_eq!(first(&stage, by_name).await, "address-refused");
    assert_eq!(first(&stage, by_address).await, "url-refused");
    worker.stop().await;
    assert_eq!(receiver.connections.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn requests_are_signed_and_bodies_arrive_as_they_are() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    // Stored reversed, in place of encryption.
    let outbox = stage.outbox.clone().with_decrypt(|tenant, stored| {
        assert_eq!(tenant, "t");
        Ok(String::from_utf8(stored.iter().rev().copied().collect())?)
    });
    let stored: Vec<u8> = common::SECRET.bytes().rev().collect();
    let endpoint = hookseal_outbox::NewEndpoint::new("t", subscription(&receiver.url), stored);
    outbox.add_endpoint(&mut stage.db, &endpoint).await.unwrap();
    let worker = hookseal_outbox::Worker::new(outbox.clone(), stage.config.clone(), tokio_postgres::NoTls);
    let worker = Running::start(worker);
    let body = "{ \"id\":\"x\",  \"data\": 1e400 }\n";
    let event = hookseal_outbox::NewEvent::new("t", "order.paid", "evt_1", body.as_bytes());
    hookseal_outbox::enqueue(&stage.db, &event).await.unwrap();
    stage.all_sent().await;
    worker.stop().await;
    let secret = hookseal::Secret::new(common::SECRET).unwrap();
    receiver.verify_all(&outbox.provider().verifier(secret).unwrap());
    let requests = receiver.requests.lock().unwrap();
    assert!(requests[0].ends_with(body) && requests[0].starts_with("POST /in HTTP/1.1\r\n"));
    assert!(requests[0].contains("user-agent: hookseal-outbox/"));
}

/// An endpoint that speaks TLS. Returns its URL.
async fn tls_endpoint(cert: &Certificate, key: &KeyPair) -> String {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let server = ServerConfig::builder_with_provider(ring()).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(server)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(OK).await;
        }
    });
    url
}

fn ring() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[tokio::test]
async fn tls_needs_a_certificate_that_is_trusted() {
    let Some(mut stage) = Stage::new().await else { return };
    let CertifiedKey { cert, key_pair } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let id = stage.endpoint(&tls_endpoint(&cert, &key_pair).await).await;
    stage.enqueue(0..1).await;
    let worker = Running::start(stage.worker());
    assert_eq!(first(&stage, id).await, "tls");
    worker.stop().await;
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(ring()).with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let worker = Running::start(stage.worker().with_roots(Roots::Config(Arc::new(client))));
    stage.all_sent().await;
    stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 200").await;
    worker.stop().await;
}

/// A certificate for 127.0.0.1 by an authority, and the authority's own.
fn authority() -> (Certificate, (Certificate, KeyPair)) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap();
    let server_key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let server = params.signed_by(&server_key, &own, &key).unwrap();
    (own, (server, server_key))
}

/// The system's authorities are those in the file that `SSL_CERT_FILE` names. It is read from the environment, so the test
/// runs again in a process of its own.
#[tokio::test]
async fn the_systems_authorities_are_trusted_and_no_others() {
    const ALONE: &str = "HOOKSEAL_TEST_ALONE";
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/authority.pem");
    if std::env::var_os(ALONE).is_none() {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "the_systems_authorities_are_trusted_and_no_others", "--nocapture"]);
        let again = again.env(ALONE, "1").env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR").status();
        assert!(again.unwrap().success());
        return;
    }
    let Some(mut stage) = Stage::new().await else { return };
    let (trusted, (cert, key)) = authority();
    std::fs::write(file, trusted.pem()).unwrap();
    let known = stage.endpoint(&tls_endpoint(&cert, &key).await).await;
    let (_, (cert, key)) = authority();
    let unknown = stage.endpoint(&tls_endpoint(&cert, &key).await).await;
    let worker = Running::start(stage.worker().with_roots(Roots::System));
    stage.enqueue(0..1).await;
    assert_eq!(first(&stage, known).await, "200");
    assert_eq!(first(&stage, unknown).await, "tls");
    worker.stop().await;
}

/// Where a provider's event is described by headers, they are sent, and signed if the scheme covers them.
#[tokio::test]
async fn headers_of_the_event_are_sent() {
    const COVERED: Scheme = Scheme::new("Acme-Signature: {hex}", "{header:Acme-Topic}\n{body}");
    const SHAPE: EventShape = EventShape::new(
        "Acme-Topic: {type}
         Acme-Event: {id}
         Acme-Version?: {version}
         Acme-At: {timestamp}

         {data}",
    );
    let covered = Provider::new("covered", COVERED).unwrap().with_event_shape(SHAPE).unwrap();
    let at = "SELECT floor(extract(epoch FROM at))::bigint FROM hookseal.events";
    for (platform, expected) in [
        // The second part of the type is in the body.
        (provider::GITHUB.clone(), vec!["x-github-event: order", "x-github-delivery: e0"]),
        (covered, vec!["acme-topic: order.paid", "acme-event: e0", "acme-at: "]),
    ] {
        let Some(mut stage) = Stage::of(&platform).await else { return };
        let receiver = Receiver::start(Answer::Bytes(OK)).await;
        let endpoint = stage.endpoint(&receiver.url).await;
        let worker = Running::start(stage.worker());
        stage.enqueue(0..1).await;
        let at: i64 = stage.db.query_one(at, &[]).await.unwrap().get(0);
        assert_eq!(first(&stage, endpoint).await, "200", "{}", platform.name());
        worker.stop().await;
        receiver.verify_all(&platform.verifier(Secret::new(common::SECRET).unwrap()).unwrap());
        let requests = receiver.requests.lock().unwrap();
        for expected in expected {
            let expected = if expected.ends_with(": ") { format!("{expected}{at}") } else { expected.to_owned() };
            assert!(requests[0].lines().any(|line| line == expected), "{expected} is not in {}", requests[0]);
        }
    }
}
