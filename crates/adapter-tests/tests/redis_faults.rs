//! Each event once over a Redis that dies, freezes and loses replies: one call at a time. `redis_figures` has many.

use std::time::Duration;

use hookseal::idempotency::Once;
use hookseal::provider;
use hookseal::receive::{Answer, Received, Receiver};
use hookseal::redis::RedisStore;
use redis::aio::ConnectionManager;

use common::key;
use redis_server::{Proxy, RedisServer};

mod common;
#[path = "common/redis_server.rs"]
mod redis_server;

/// How long Redis is gone after a kill.
const OUTAGE: Duration = Duration::from_millis(400);

fn received(number: usize) -> Received {
    let body = format!(r#"{{"n":{number}}}"#);
    let headers = provider::GITHUB.signer(key(1)).unwrap().sign("id", body.as_bytes()).unwrap();
    let receiver: Receiver = provider::GITHUB.lossy().receiver(key(1)).unwrap();
    let mut intake = receiver.begin(&headers);
    intake.push(body.into());
    intake.finish().unwrap()
}

/// Behind a proxy, with the scripts loaded.
async fn once_behind(proxy: &Proxy) -> Once<RedisStore<ConnectionManager>> {
    let once = Once::new(RedisStore::new(proxy.connect().await));
    let failing = once.run(&received(0), async { Answer::retry(Duration::ZERO) }).await;
    assert_eq!(failing, Answer::retry(Duration::ZERO));
    assert_eq!(once.run(&received(0), async { Answer::Processed }).await, Answer::Processed);
    once
}

#[tokio::test]
async fn a_claim_whose_reply_is_lost_is_asked_for_again() {
    let Some(redis) = RedisServer::start().await else { return };
    let proxy = redis.behind_proxy().await;
    let once = once_behind(&proxy).await;
    for number in 1..10 {
        proxy.lose(1);
        let handler = async {
            assert_eq!(proxy.left(), 0, "the claim's reply was lost");
            Answer::Processed
        };
        assert_eq!(once.run(&received(number), handler).await, Answer::Processed, "{number}");
        assert_eq!(once.run(&received(number), async { Answer::Accepted }).await, Answer::Duplicate, "{number}");
    }
}

#[tokio::test]
async fn a_claim_whose_replies_are_all_lost_is_given_back() {
    let Some(redis) = RedisServer::start().await else { return };
    let proxy = redis.behind_proxy().await;
    let once = once_behind(&proxy).await;
    for (number, lost) in [(1, 2), (2, 3)] {
        proxy.lose(lost);
        let refused = once.run(&received(number), async { Answer::Accepted }).await;
        assert_eq!((refused.status().as_u16(), proxy.left()), (503, 0), "{lost} lost");
        // Not 409 until the lease ends: nobody processes it.
        assert_eq!(once.run(&received(number), async { Answer::Processed }).await, Answer::Processed, "{lost} lost");
    }
}

/// Later than the redis crate waits, which is half a second unless it is told otherwise.
#[tokio::test]
async fn a_claim_whose_replies_are_late_is_given_back() {
    let Some(redis) = RedisServer::start().await else { return };
    let proxy = redis.behind_proxy().await;
    let once = once_behind(&proxy).await;
    proxy.delay(Duration::from_millis(800));
    let refused = once.run(&received(1), async { Answer::Accepted }).await;
    assert_eq!(refused.status(), 503);
    proxy.delay(Duration::ZERO);
    // The connection still brings the late replies.
    let mut answer = refused;
    while answer.status() == 503 {
        answer = once.run(&received(1), async { Answer::Processed }).await;
    }
    assert_eq!(answer, Answer::Processed, "not 409 until the lease ends");
}

#[tokio::test]
async fn a_redis_without_memory_is_full_and_not_down() {
    let Some(redis) = RedisServer::start().await else { return };
    let once = Once::new(RedisStore::new(redis.connect().await)).process_when_down();
    redis.configure("maxmemory", "1").await;
    let answer = once.run(&received(1), async { Answer::Processed }).await;
    assert_eq!(answer, Answer::retry(Duration::from_secs(30)), "the handler does not run");
    redis.configure("maxmemory", "0").await;
    assert_eq!(once.run(&received(1), async { Answer::Processed }).await, Answer::Processed);
}

#[tokio::test]
async fn what_a_handler_did_is_recorded_in_a_redis_without_memory() {
    let Some(redis) = RedisServer::start().await else { return };
    let once = Once::new(RedisStore::new(redis.connect().await));
    for (number, answer) in [(1, Answer::Processed), (2, Answer::retry(OUTAGE))] {
        let handler = async {
            redis.configure("maxmemory", "1").await;
            answer.clone()
        };
        assert_eq!(once.run(&received(number), handler).await, answer);
        if answer == Answer::Processed {
            assert_eq!(once.run(&received(number), async { Answer::Accepted }).await, Answer::Duplicate, "still full");
        }
        redis.configure("maxmemory", "0").await;
        let again = once.run(&received(number), async { Answer::Accepted }).await;
        let expected = if answer == Answer::Processed { Answer::Duplicate } else { Answer::Accepted };
        assert_eq!(again, expected);
    }
}

#[tokio::test]
async fn a_settlement_whose_reply_is_lost_is_recorded_once() {
    let Some(redis) = RedisServer::start().await else { return };
    let proxy = redis.behind_proxy().await;
    let once = once_behind(&proxy).await;
    for (number, lost) in [(1, 1), (2, 4)] {
        let answer = |answer| {
            proxy.lose(lost);
            answer
        };
        let failing = once.run(&received(number), async { answer(Answer::retry(OUTAGE)) }).await;
        assert_eq!((failing, proxy.left()), (Answer::retry(OUTAGE), 0), "{lost} lost");
        let done = once.run(&received(number), async { answer(Answer::Processed) }).await;
        assert_eq!((done, proxy.left()), (Answer::Processed, 0), "{lost} lost");
        assert_eq!(once.run(&received(number), async { Answer::Accepted }).await, Answer::Duplicate, "{lost} lost");
    }
}

#[tokio::test]
async fn what_a_handler_did_while_redis_was_gone_is_recorded_when_it_is_back() {
    let Some(mut redis) = RedisServer::start_durable().await else { return };
    let once = Once::new(RedisStore::new(redis.connect().await));
    for (number, answer) in [(1, Answer::Processed), (2, Answer::retry(OUTAGE))] {
        let (event, server) = (received(number), &mut redis);
        let (killed, is_killed) = tokio::sync::oneshot::channel();
        let (kill, back) = tokio::sync::oneshot::channel::<()>();
        let handler = async {
            kill.send(()).unwrap();
            is_killed.await.unwrap();
            answer.clone()
        };
        let outage = async {
            back.await.unwrap();
            server.kill();
            killed.send(()).unwrap();
            tokio::time::sleep(OUTAGE).await;
            server.restart().await;
        };
        let (answered, ()) = tokio::join!(once.run(&event, handler), outage);
        assert_eq!(answered, answer, "the store's fault is not the sender's");
        let again = once.run(&event, async { Answer::Accepted }).await;
        // Completed, or released: the next attempt finds no claim that nobody holds.
        let expected = if answer == Answer::Processed { Answer::Duplicate } else { Answer::Accepted };
        assert_eq!(again, expected);
    }
}
