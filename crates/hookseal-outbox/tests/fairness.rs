//! How endpoints share a worker: what one of them has to wait for, or does not answer, is not what others wait for.

use common::{Answer, BUSY, OK, Receiver, Running, Stage};

mod common;

fn delivered(endpoint: i64) -> String {
    format!("SELECT FROM hookseal.attempts WHERE state = 'delivered' AND endpoint = {endpoint}")
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
