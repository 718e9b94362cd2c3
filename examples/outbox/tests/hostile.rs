//! What must not stop a fleet: an endpoint's answers, rows that cannot be read, a frozen worker, a database that is
//! gone. The workers are processes of the program itself, and each test has its own PostgreSQL.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use hookseal::delivery::Subscription;
use hookseal::delivery::{AttemptRecord, EndpointHealth};
use outbox::postgres::{self, Postgres};
use outbox::{Result, events};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_postgres::types::{Json, ToSql};

/// How long a test waits for something that must happen. Less than the longest time limit of an attempt.
const PATIENCE: Duration = Duration::from_secs(20);

/// A database, and workers of the program on it.
struct Stage {
    pool: Pool,
    address: String,
    workers: Vec<Child>,
    postgres: Postgres,
}

impl Stage {
    /// `None` if PostgreSQL is not installed, unless it is required.
    async fn new() -> Option<Stage> {
        let Some(programs) = Postgres::installed() else {
            let required = std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
            assert!(!required, "PostgreSQL is not installed");
            eprintln!("SKIPPED, NOTHING WAS TRIED: PostgreSQL (postgres, initdb) is not installed");
            return None;
        };
        let postgres = Postgres::start(&programs).unwrap();
        let address = postgres.address();
        let pool = postgres::pool(&address, 8).unwrap();
        pool.get().await.unwrap().batch_execute(include_str!("../src/schema.sql")).await.unwrap();
        Some(Stage { pool, address, workers: Vec::new(), postgres })
    }

    fn start_worker(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outbox"));
        let worker = command.arg("worker").arg(&self.address).stdin(Stdio::piped()).kill_on_drop(true).spawn();
        self.workers.push(worker.unwrap());
    }

    async fn endpoint(&self, id: &str, url: String, timeout: u32) {
        let mut subscription = Subscription::new(url);
        subscription.timeout = Some(timeout);
        let wish = json!({ "delays": vec![0.05; 100] });
        subscription.retry_policy = Some(serde_json::from_value(wish).unwrap());
        let insert = "INSERT INTO endpoints (id, subscription, secret, health) VALUES ($1, $2, $3, $4)";
        let (secret, health) = ("a secret of twenty-some bytes", EndpointHealth::new());
        self.execute(insert, &[&id, &Json(subscription), &secret, &Json(health)]).await;
    }

    async fn enqueue(&self, numbers: std::ops::Range<i64>) {
        for number in numbers {
            events::call_ended(&self.pool, number).await.unwrap();
        }
    }

    async fn execute(&self, statement: &str, values: &[&(dyn ToSql + Sync)]) {
        self.pool.get().await.unwrap().execute(statement, values).await.unwrap();
    }

    async fn count(&self, rows: &str) -> Result<i64> {
        let query = format!("SELECT count(*) FROM ({rows}) AS rows");
        Ok(self.pool.get().await?.query_one(&query, &[]).await?.try_get(0)?)
    }

    /// Waits until there are this many rows, while the workers are alive.
    async fn wait_for(&mut self, expected: i64, rows: &str) {
        let begun = Instant::now();
        loop {
            for worker in &mut self.workers {
                let ended = worker.try_wait().unwrap();
                assert!(ended.is_none(), "a worker ended by itself: {ended:?}");
            }
            let found = self.count(rows).await;
            if found.as_ref().is_ok_and(|found| *found == expected) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{found:?} instead of {expected} after {PATIENCE:?}: {rows}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn signal(&self, worker: usize, signal: &str) {
        let id = self.workers[worker].id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

fn delivered(endpoint: &str) -> String {
    format!("SELECT FROM deliveries WHERE state = 'delivered' AND endpoint_id = '{endpoint}'")
}

/// How an endpoint answers once it has read a request.
#[derive(Clone, Copy)]
enum Answer {
    Bytes(&'static [u8]),
    /// 200, and then a byte of the body now and then, forever.
    Drip,
    /// 200, and then as much of a body as the sender reads.
    Flood,
    /// 500 and 200 in turn.
    Turns,
}

const NOTED: Answer = Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nnoted");
const NUL: Answer = Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b");
const BAD_NUL: Answer = Answer::Bytes(b"HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\n\0");

async fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let requests = requests.clone();
            tokio::spawn(async move { answer_all(stream, answer, &requests).await });
        }
    });
    url
}

async fn answer_all(mut stream: TcpStream, answer: Answer, requests: &AtomicUsize) -> std::io::Result<()> {
    let mut received = Vec::new();
    loop {
        while whole_request(&received).is_none_or(|length| received.len() < length) {
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
        received.clear();
        match (answer, requests.fetch_add(1, Ordering::Relaxed) % 2) {
            (Answer::Bytes(bytes), _) => stream.write_all(bytes).await?,
            (Answer::Turns, 0) => stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").await?,
            (Answer::Turns, _) => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?,
            (Answer::Drip | Answer::Flood, _) => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
                let (size, wait) = if matches!(answer, Answer::Drip) { (1, 500) } else { (1 << 20, 0) };
                let chunk = [format!("{size:x}\r\n").as_bytes(), &vec![b'x'; size], b"\r\n"].concat();
                loop {
                    stream.write_all(&chunk).await?;
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
            }
        }
    }
}

/// The length of a request, once its head has arrived.
fn whole_request(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse::<usize>();
    Some(head + length.ok()?)
}

#[tokio::test]
async fn an_endpoint_that_answers_nul_stops_nobody() {
    let Some(mut stage) = Stage::new().await else { return };
    for (id, answer) in [("a-nul", NUL), ("b-bad-nul", BAD_NUL), ("c-healthy", NOTED)] {
        stage.endpoint(id, serve(answer).await, 2).await;
    }
    stage.enqueue(0..40).await;
    stage.start_worker();
    stage.wait_for(40, &delivered("c-healthy")).await;
    stage.wait_for(40, &delivered("a-nul")).await;
    stage.wait_for(40, "SELECT FROM attempts WHERE record->>'excerpt' = E'a\\uFFFDb'").await;
    // Its failures count, so its health disables it.
    stage.wait_for(1, "SELECT FROM endpoints WHERE id = 'b-bad-nul' AND NOT active").await;
}

#[tokio::test]
async fn an_excerpt_fits_into_jsonb_and_text() {
    let Some(stage) = Stage::new().await else { return };
    let record: AttemptRecord =
        serde_json::from_value(json!({ "attempt": 1, "started_at": 0, "duration_ms": 1 })).unwrap();
    let every_byte: Vec<u8> = (0..=255).collect();
    for body in [&every_byte[..], b"\0", b"\\u0000", b"\xed\xa0\x80\xef\xbf\xbf", "\u{10ffff}\u{1}".as_bytes()] {
        let record = record.clone().with_excerpt(body);
        let query = "SELECT $1::jsonb, $1::jsonb->>'excerpt', $2::text";
        let db = stage.pool.get().await.unwrap();
        let row = db.query_one(query, &[&Json(&record), &record.excerpt]).await.unwrap();
        assert_eq!(row.get::<_, Json<AttemptRecord>>(0).0, record);
        assert_eq!(row.get::<_, Option<String>>(1), record.excerpt);
        assert_eq!(row.get::<_, Option<String>>(2), record.excerpt);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_set_aside_and_parked() {
    let Some(mut stage) = Stage::new().await else { return };
    let url = serve(NOTED).await;
    for id in ["a-subscription", "b-delivery", "c-secret", "d-url", "e-log", "f-healthy"] {
        stage.endpoint(id, url.clone(), 2).await;
    }
    stage.enqueue(0..3).await;
    let broken = [
        "UPDATE endpoints SET subscription = subscription || '{\"timeout\":\"soon\"}' WHERE id = 'a-subscription'",
        "UPDATE deliveries SET delivery = '{\"state\":\"of a newer version\"}' WHERE endpoint_id = 'b-delivery'",
        "UPDATE endpoints SET secret = '' WHERE id = 'c-secret'",
        "UPDATE endpoints SET subscription = subscription || '{\"url\":\"nowhere\"}' WHERE id = 'd-url'",
        // Their first attempts can be made, but not recorded.
        "INSERT INTO attempts SELECT id, 1, '{}' FROM deliveries WHERE endpoint_id = 'e-log'",
    ];
    for statement in broken {
        stage.execute(statement, &[]).await;
    }
    stage.start_worker();
    stage.wait_for(3, &delivered("f-healthy")).await;
    stage.wait_for(15, "SELECT FROM deliveries WHERE faults > 0 AND fault <> '' AND due_at > now()").await;
    // The business continues, and so do the endpoints that can be read.
    stage.enqueue(3..6).await;
    stage.wait_for(6, &delivered("f-healthy")).await;

    // After some time, those that still cannot be read are parked, with the reason.
    let begun = Instant::now();
    while stage.count("SELECT FROM deliveries WHERE state = 'parked'").await.unwrap() < 21 {
        assert!(begun.elapsed() < PATIENCE, "not parked after {PATIENCE:?}");
        stage.execute("UPDATE deliveries SET due_at = now() WHERE faults > 0 AND due_at > now()", &[]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (expected, endpoint, fault) in [
        (3, "a-subscription", "invalid type: string \"soon\""),
        (3, "b-delivery", "unknown variant `of a newer version`"),
        (6, "c-secret", "the secret is empty"),
        (6, "d-url", ""),
        (3, "e-log", ""),
    ] {
        let parked =
            format!("SELECT FROM deliveries WHERE state = 'parked' AND due_at IS NULL AND endpoint_id = '{endpoint}'");
        stage.wait_for(expected, &format!("{parked} AND fault LIKE '%{fault}%'")).await;
    }
    stage
        .wait_for(
            0,
            "SELECT FROM attempts JOIN deliveries ON delivery_id = id WHERE state = 'parked' AND record <> '{}'",
        )
        .await;

    // Once repaired, they are sent, followed by what the endpoint missed while it could not be read.
    stage.execute("UPDATE endpoints SET subscription = subscription || '{\"timeout\":2}'", &[]).await;
    stage.execute(events::UNPARK, &[&"a-subscription"]).await;
    assert_eq!(events::resume(&stage.pool, "a-subscription").await.unwrap(), 3);
    stage.wait_for(6, &delivered("a-subscription")).await;
}

#[tokio::test]
async fn a_body_without_end_delays_nobody() {
    let Some(mut stage) = Stage::new().await else { return };
    for (id, answer) in [("a-drip", Answer::Drip), ("b-flood", Answer::Flood), ("c-healthy", NOTED)] {
        // An endpoint's owner may ask for any time limit.
        stage.endpoint(id, serve(answer).await, u32::MAX).await;
    }
    stage.enqueue(0..40).await;
    stage.start_worker();
    for id in ["a-drip", "b-flood", "c-healthy"] {
        stage.wait_for(40, &delivered(id)).await;
    }
    stage.wait_for(0, "SELECT FROM attempts WHERE length(record->>'excerpt') NOT BETWEEN 1 AND 4096").await;
}

#[tokio::test]
async fn a_frozen_worker_blocks_neither_the_business_nor_its_fellows() {
    let Some(mut stage) = Stage::new().await else { return };
    // Each attempt changes this endpoint's health, in a transaction that locks it.
    stage.endpoint("a-flaky", serve(Answer::Turns).await, 2).await;
    stage.endpoint("b-healthy", serve(NOTED).await, 2).await;
    stage.start_worker();
    let mut number = 0;
    // The worker is frozen at random moments, until one is inside such a transaction.
    loop {
        stage.enqueue(number..number + 20).await;
        number += 20;
        assert!(number < 10_000, "never caught");
        tokio::time::sleep(Duration::from_millis(7)).await;
        stage.signal(0, "-STOP");
        // Twice, because a commit that has already begun still completes.
        let mut locked = true;
        for wait in [20, 200] {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            locked = locked && stage.count("SELECT FROM endpoints FOR SHARE NOWAIT").await.is_err();
        }
        if locked {
            break;
        }
        stage.signal(0, "-CONT");
    }
    let business = tokio::time::timeout(PATIENCE, stage.enqueue(number..number + 20)).await;
    assert!(business.is_ok(), "the business waits for a frozen worker");
    stage.start_worker();
    stage.wait_for(number + 20, &delivered("b-healthy")).await;
    stage.wait_for(number + 20, &delivered("a-flaky")).await;
    // After it thaws, it finds its connection closed, and continues.
    stage.signal(0, "-CONT");
    stage.workers.truncate(1);
    stage.enqueue(number + 20..number + 40).await;
    stage.wait_for(number + 40, &delivered("b-healthy")).await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_waited_for() {
    let Some(mut stage) = Stage::new().await else { return };
    stage.endpoint("healthy", serve(NOTED).await, 2).await;
    stage.start_worker();
    for round in 0..2 {
        stage.enqueue(round * 200..round * 200 + 200).await;
        stage.postgres.crash(1).unwrap();
        stage.wait_for(round * 200 + 200, &delivered("healthy")).await;
    }
    let gaps = "SELECT FROM deliveries LEFT JOIN attempts ON delivery_id = id GROUP BY id
        HAVING count(number) <> (delivery->>'attempts')::int OR max(number) <> count(number)";
    stage.wait_for(0, gaps).await;
}
