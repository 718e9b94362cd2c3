//! How endpoints share a worker: what one of them has to wait for, or does not answer, is not what others wait for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Answer, BUSY, OK, PATIENCE, Receiver, Running, SECRET, Stage, acme, subscription};
use hookseal::delivery::DeliveryPolicy;
use hookseal_outbox::{NewEndpoint, Roots, Worker};
use rustls::{ClientConfig, RootCertStore};

mod common;

fn delivered(endpoint: i64) -> String {
    format!("SELECT FROM hookseal.attempts WHERE state = 'delivered' AND endpoint = {endpoint}")
}

/// It is as fast as all the others, so that it never counts as slow.
#[tokio::test]
async fn an_endpoint_with_a_backlog_does_not_hold_up_its_bucket() {
    for limit in [8, 1] {
        let Some(mut stage) = Stage::new().await else { return };
        let all = Receiver::start(Answer::After(Duration::from_millis(40))).await;
        let busy = NewEndpoint::new("busy", subscription(&all.url), SECRET).with_max_in_flight(limit);
        let first = stage.outbox.add_endpoint(&mut stage.db, &busy).await.unwrap();
        stage.skip_to_bucket_of(first).await;
        let second = stage.endpoint(&all.url).await;
        assert_eq!(first % 64, second % 64);
        for _ in 0..20 {
            stage.subscribe("usual", &subscription(&all.url)).await;
        }
        let worker = Running::start(stage.worker());
        stage.burst("usual", 40).await;
        stage.all_sent().await;
        stage.burst("busy", 3000).await;
        stage.enqueue(0..1).await;
        stage.wait_for(1, &delivered(second)).await;
        let sent = stage.count(&delivered(first)).await;
        assert!(sent < 1500, "{sent} were sent before");
        drop(worker);
    }
}

/// First with so many events that they fill the memory, and then with one each.
#[tokio::test]
async fn endpoints_that_fall_silent_together_do_not_stop_the_others() {
    let policy = DeliveryPolicy::new().with_timeout(Duration::from_secs(25));
    for events in [20, 1] {
        let Some(mut stage) = Stage::of(&acme().with_delivery_policy(policy.clone())).await else { return };
        let (silent, well) = (Receiver::start(Answer::Bytes(OK)).await, Receiver::start(Answer::Bytes(OK)).await);
        // More than may be in flight.
        for _ in 0..90 {
            stage.subscribe("silent", &subscription(&silent.url)).await;
        }
        let id = stage.endpoint(&well.url).await;
        let worker = Running::start(stage.worker().with_max_in_flight(64));
        stage.burst("silent", 1).await;
        stage.all_sent().await;
        silent.answers(Answer::Silence);
        stage.burst("silent", events).await;
        while silent.total() < 90 + 64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for number in 0..3 {
            stage.enqueue(number..number + 1).await;
            stage.wait_for(number as i64 + 1, &delivered(id)).await;
        }
        assert_eq!(stage.count("SELECT FROM hookseal.attempts").await, 90 + 3, "none of the silent ones has ended");
        assert!(silent.total() <= 90 + 96, "{} attempts", silent.total());
        drop(worker);
    }
}

#[tokio::test]
async fn nobody_asks_for_a_longer_wait_than_an_endpoints_retries_have() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(BUSY)).await;
    let id = stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.wait_for(1, "SELECT FROM hookseal.attempts WHERE status = 429 AND number = 1").await;
    receiver.answers(Answer::Bytes(OK));
    stage.enqueue(1..5).await;
    stage.wait_for(5, &delivered(id)).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_with_extreme_settings_sends() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut tls = tls.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let roots = Roots::Config(Arc::new(tls));
    let settings: [&dyn Fn(Worker) -> Worker; 9] = [
        &|worker| worker.with_max_body_memory(0),
        &|worker| worker.with_max_body_memory(usize::MAX),
        &|worker| worker.with_max_in_flight(usize::MAX),
        &|worker| worker.with_endpoint_limit(usize::MAX),
        &|worker| worker.with_flush_size(usize::MAX),
        &|worker| worker.with_flush_delay(Duration::MAX),
        &|worker| worker.with_poll_interval(Duration::MAX),
        &|worker| worker.with_lease(Duration::MAX),
        &|worker| worker.with_roots(roots.clone()),
    ];
    for (number, set) in settings.into_iter().enumerate() {
        stage.enqueue(number * 5..number * 5 + 5).await;
        let (worker, begun) = (Running::start(set(stage.worker())), Instant::now());
        while receiver.events() < number * 5 + 5 {
            assert!(!worker.has_ended() && begun.elapsed() < PATIENCE, "setting {number}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        worker.stop().await;
    }
    stage.all_sent().await;
    assert_eq!(receiver.total(), 45);
}
