//! What the database refuses, and what the application gets wrong for a while.

use common::{Answer, OK, Receiver, Running, Stage};

mod common;

#[tokio::test]
async fn what_was_set_aside_often_enough_is_parked_however_often_that_was() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    stage.enqueue(0..4).await;
    let newer = "UPDATE hookseal.deliveries d SET format = 2, faults = f.faults
        FROM hookseal.events v, (VALUES ('e0', 6), ('e1', 30), ('e2', 1000), ('e3', 32767)) AS f(id, faults)
        WHERE v.id = d.event AND v.event_id = f.id";
    stage.execute(newer, &[]).await;
    let worker = Running::start(stage.worker());
    stage.wait_for(4, "SELECT FROM hookseal.ended WHERE state = 'parked' AND reason LIKE '%newer version%'").await;
    worker.stop().await;
    assert_eq!(receiver.total(), 0);
}

#[tokio::test]
async fn what_cannot_be_set_aside_is_parked() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    stage.enqueue(0..1).await;
    let refuse = "
        UPDATE hookseal.deliveries SET format = 2;
        ALTER TABLE hookseal.deliveries ADD CHECK (faults = 0)";
    stage.db.batch_execute(refuse).await.unwrap();
    let worker = Running::start(stage.worker());
    stage.wait_for(1, "SELECT FROM hookseal.ended WHERE state = 'parked' AND reason LIKE '%newer version%'").await;
    worker.stop().await;
}
