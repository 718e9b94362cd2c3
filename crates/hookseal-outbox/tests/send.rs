//! How an attempt is sent, and what its failures are called in the log.

use std::sync::Arc;
use std::time::Duration;

use common::{Answer, OK, Receiver, Running, Stage, subscription};
use hookseal::delivery::UrlPolicy;
use hookseal_outbox::{Outbox, Roots};
use rcgen::{CertifiedKey, generate_simple_self_signed};
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

#[tokio::test]
async fn tls_needs_a_certificate_that_is_trusted() {
    let Some(mut stage) = Stage::new().await else { return };
    let CertifiedKey { cert, key_pair } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(key_pair.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(server)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let id = stage.endpoint(&format!("https://{}/", listener.local_addr().unwrap())).await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(OK).await;
        }
    });
    stage.enqueue(0..1).await;
    let worker = Running::start(stage.worker());
    assert_eq!(first(&stage, id).await, "tls");
    worker.stop().await;
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let worker = Running::start(stage.worker().with_roots(Roots::Config(Arc::new(client))));
    stage.all_sent().await;
    stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 200").await;
    worker.stop().await;
    // The system's list can be read.
    let worker = Running::start(stage.worker().with_roots(Roots::System));
    tokio::time::sleep(Duration::from_millis(100)).await;
    worker.stop().await;
}
