//! What the database refuses, and what the application gets wrong for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Answer, OK, Receiver, Running, SECRET, Stage, acme, subscription};
use hookseal_outbox::{Error, Worker};
use tokio_postgres::NoTls;

mod common;

/// A stage in a database whose encoding lacks most characters.
async fn latin1() -> Option<Stage> {
    let stage = Stage::new().await?;
    let name = format!("{}_latin1", stage.config.get_dbname().unwrap());
    let create = format!("CREATE DATABASE {name} ENCODING LATIN1 TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    stage.db.batch_execute(&create).await.unwrap();
    let mut config = stage.config.clone();
    config.dbname(&name);
    Some(Stage::on(&acme(), config, String::new()).await)
}

#[tokio::test]
async fn an_answer_that_the_database_cannot_store_is_recorded_without_it() {
    let Some(mut stage) = latin1().await else { return };
    let smile = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\u{1f600}".as_bytes();
    let sad = "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\n\u{1f61e}".as_bytes();
    let (one, other) = (Receiver::start(Answer::Bytes(smile)).await, Receiver::start(Answer::Bytes(sad)).await);
    let plain = Receiver::start(Answer::Bytes(OK)).await;
    let mut ids = Vec::new();
    for receiver in [&one, &other, &plain] {
        ids.push(stage.endpoint(&receiver.url).await);
    }
    let worker = Running::start(stage.worker());
    stage.enqueue(0..2).await;
    stage.all_sent().await;
    worker.stop().await;
    for (id, recorded) in [(ids[0], "2, 2, 0"), (ids[1], "10, 0, 0"), (ids[2], "2, 2, 2")] {
        let log = "SELECT concat_ws(', ', count(*), count(*) FILTER (WHERE state = 'delivered'), count(excerpt))
            FROM hookseal.attempts WHERE endpoint = $1";
        let log: String = stage.db.query_one(log, &[&id]).await.unwrap().get(0);
        assert_eq!(log, recorded);
    }
    assert_eq!(stage.count("SELECT FROM hookseal.ended WHERE state = 'failed:exhausted'").await, 2);
    assert_eq!(stage.count("SELECT FROM hookseal.ended").await, 2);
    stage.check_log().await;
}

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

#[tokio::test]
async fn a_secret_that_could_not_be_decrypted_is_decrypted_later() {
    let Some(mut stage) = latin1().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    stage.endpoint(&receiver.url).await;
    stage.enqueue(0..1).await;
    let has_key = Arc::new(AtomicBool::new(false));
    let own = has_key.clone();
    let outbox = stage.outbox.clone().with_decrypt(move |_, stored| {
        if own.load(Ordering::Relaxed) {
            Ok(std::str::from_utf8(stored)?.to_owned())
        } else {
            Err("the key isn\u{2019}t there yet".into())
        }
    });
    let worker = Running::start(Worker::new(outbox, stage.config.clone(), NoTls));
    // Its text has a character that the database cannot store.
    stage.wait_for(1, "SELECT FROM hookseal.endpoints WHERE fault LIKE '%: the key isn?t there yet'").await;
    has_key.store(true, Ordering::Relaxed);
    stage.all_sent().await;
    stage.wait_for(0, "SELECT FROM hookseal.endpoints WHERE fault IS NOT NULL").await;
    worker.stop().await;
    assert_eq!(receiver.total(), 1);
}

#[tokio::test]
async fn a_decryption_that_panics_holds_up_only_its_endpoint() {
    let Some(mut stage) = Stage::new().await else { return };
    let receiver = Receiver::start(Answer::Bytes(OK)).await;
    let odd = stage.subscribe("t", &subscription(&receiver.url)).await;
    let id = stage.endpoint(&receiver.url).await;
    stage.execute(r"UPDATE hookseal.endpoints SET secrets = ARRAY['\x01'::bytea] WHERE id = $1", &[&odd]).await;
    // Takes a nonce off the front, without a look at the length.
    let outbox = stage.outbox.clone().with_decrypt(|_, stored| {
        let (_nonce, _rest) = stored.split_at(12);
        Ok(std::str::from_utf8(stored)?.to_owned())
    });
    assert!(matches!(outbox.signer("t", &[vec![1]]), Err(Error::Decrypt(_))));
    let worker = Running::start(Worker::new(outbox, stage.config.clone(), NoTls));
    stage.enqueue(0..5).await;
    stage.wait_for(5, &format!("SELECT FROM hookseal.attempts WHERE endpoint = {id}")).await;
    stage.wait_for(1, &format!("SELECT FROM hookseal.endpoints WHERE id = {odd} AND fault LIKE '%panicked'")).await;
    stage.outbox.update_secrets(&stage.db, odd, &[SECRET.into()]).await.unwrap();
    stage.all_sent().await;
    worker.stop().await;
    assert_eq!(receiver.total(), 10);
}
