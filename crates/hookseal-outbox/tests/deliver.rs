//! From the business transaction to the endpoint and into the log.

use common::{Answer, BAD, OK, Receiver, Running, Stage};

mod common;

#[tokio::test]
async fn events_arrive_once_and_are_logged() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    let worker = Running::start(stage.worker());
    assert_eq!(stage.enqueue(0..500).await, 500);
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!(receiver.total(), 500);
    stage
        .wait_for(500, "SELECT FROM hookseal.attempts WHERE state = 'delivered' AND status = 200 AND excerpt = 'noted'")
        .await;
    stage.check_log().await;
}

#[tokio::test]
async fn failures_are_retried_until_the_schedule_ends() {
    let Some(mut stage) = Stage::new().await else { return };
    let flaky = Receiver::start(Answer::Turns(&[BAD, OK])).await;
    let broken = Receiver::start(Answer::Bytes(BAD)).await;
    stage.endpoint(&flaky.url).await;
    let broken_id = stage.endpoint(&broken.url).await;
    let worker = Running::start(stage.worker());
    stage.enqueue(0..1).await;
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!((flaky.total(), broken.total()), (2, 5));
    stage.wait_for(1, &format!("SELECT FROM hookseal.ended WHERE endpoint = {broken_id} AND state = 'failed:exhausted' AND attempts = 5 AND last_status = 500")).await;
    stage
        .wait_for(5, "SELECT FROM hookseal.attempts WHERE state = 'pending' AND excerpt = 'sad!' AND number < 5")
        .await;
    stage.check_log().await;
}
