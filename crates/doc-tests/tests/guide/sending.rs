//! The worker of `sending`, against endpoints on loopback.

include!(concat!(env!("OUT_DIR"), "/sending_1.rs"));

mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use hookseal::delivery::{DeliveryPolicy, Subscription, UrlPolicy};
    use hookseal::{Secret, provider};
    use http::header::RETRY_AFTER;
    use rusqlite::Connection;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::Worker;
    use super::safe::SafeClient;
    use crate::endpoint::{Endpoint, answer};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn client(policy: UrlPolicy) -> SafeClient {
        SafeClient::new(policy, &DeliveryPolicy::new()).unwrap()
    }

    fn worker(endpoints: &[(&str, Value)]) -> Worker {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(super::SCHEMA).unwrap();
        for (url, events) in endpoints {
            let subscription = json!({"url": url, "events": events}).to_string();
            db.execute("INSERT INTO endpoints (subscription, secret) VALUES (?, ?)", [&subscription, SECRET]).unwrap();
        }
        Worker { db, client: client(UrlPolicy::new().allow_loopback_http()) }
    }

    fn publish(worker: &mut Worker, event_type: &str) {
        let tx = worker.db.transaction().unwrap();
        super::publish(&tx, event_type, json!({"amount": 4500})).unwrap();
        tx.commit().unwrap();
    }

    /// The time comes at which everything is due.
    fn wait(worker: &Worker) {
        let due =
            "UPDATE deliveries SET job = json_set(job, '$.delivery.due_at', 0), due_at = 0 WHERE due_at IS NOT NULL";
        worker.db.execute(due, []).unwrap();
    }

    fn texts(worker: &Worker, query: &str) -> Vec<String> {
        let mut rows = worker.db.prepare(query).unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[tokio::test]
    async fn an_event_goes_to_those_who_want_it_until_it_arrives() {
        let busy = |number| match number {
            0 => {
                let mut busy = answer(503, "not\0now");
                busy.headers_mut().insert(RETRY_AFTER, 120.into());
                busy
            }
            _ => answer(204, ""),
        };
        let (wants_it, wants_others) = (Endpoint::start(busy).await, Endpoint::start(|_| answer(200, "")).await);
        let mut worker =
            worker(&[(&wants_it.url(), json!(["invoice.*"])), (&wants_others.url(), json!(["customer.deleted"]))]);
        publish(&mut worker, "invoice.paid");

        assert!(worker.work().await.unwrap());
        assert!(!worker.work().await.unwrap(), "the retry is not due yet");
        let due: i64 = worker.db.query_row("SELECT due_at FROM deliveries", [], |row| row.get(0)).unwrap();
        let wait_ms = due - super::millis(time::OffsetDateTime::now_utc());
        assert!((100_000..150_000).contains(&wait_ms), "two minutes and some jitter, as asked for: {wait_ms}");
        wait(&worker);
        assert!(worker.work().await.unwrap());
        assert!(!worker.work().await.unwrap());

        let requests = wants_it.requests();
        assert_eq!((requests.len(), wants_others.requests().len()), (2, 0));
        let verifier = provider::STANDARD_WEBHOOKS.verifier(Secret::new(SECRET).unwrap()).unwrap();
        for request in &requests {
            let verified = verifier.verify(request.headers(), request.body()).unwrap();
            assert_eq!(provider::STANDARD_WEBHOOKS.event(&verified).unwrap().event_type(), "invoice.paid");
        }
        assert_eq!(requests[0].headers()["webhook-id"], requests[1].headers()["webhook-id"]);
        assert_eq!(requests[0].body(), requests[1].body());
        let log: Vec<Value> = texts(&worker, "SELECT record FROM attempts")
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect();
        assert_eq!(log.len(), 2);
        assert_eq!((&log[0]["status"], &log[1]["status"]), (&json!(503), &json!(204)));
        assert_eq!(
            texts(&worker, "SELECT job ->> '$.delivery.state' FROM deliveries WHERE due_at IS NULL"),
            ["delivered"]
        );
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_stops_nobody() {
        let endpoint = Endpoint::start(|_| answer(200, "")).await;
        let mut worker = worker(&[(&endpoint.url(), json!(["*"]))]);
        publish(&mut worker, "invoice.paid");
        let broken = "INSERT INTO deliveries (job, due_at) VALUES ('{', 0)";
        worker.db.execute(broken, []).unwrap();

        let error = worker.work().await.unwrap_err().to_string();
        assert!(error.starts_with("delivery 2: "), "the broken one is first: {error}");
        assert!(worker.work().await.unwrap());
        assert_eq!(endpoint.requests().len(), 1);
        assert!(!worker.work().await.unwrap(), "the broken one waits for the end of its lease");
    }

    #[tokio::test]
    async fn the_outcome_of_a_worker_that_was_too_slow_is_dropped() {
        let endpoint = Endpoint::start(|_| answer(500, "")).await;
        let mut worker = worker(&[(&endpoint.url(), json!(["*"]))]);
        publish(&mut worker, "invoice.paid");
        // Another worker begins the attempt again and ends it as soon as this one has begun.
        let sql = "CREATE TRIGGER other AFTER UPDATE OF job ON deliveries
            WHEN new.job ->> '$.delivery.begun_at' IS NOT NULL
            BEGIN UPDATE deliveries SET due_at = NULL, job = json_remove(
                json_set(job, '$.delivery.attempts', 1, '$.delivery.state', 'delivered'), '$.delivery.begun_at'); END";
        worker.db.execute_batch(sql).unwrap();
        assert!(worker.work().await.unwrap());
        assert_eq!(endpoint.requests().len(), 1);
        assert_eq!(texts(&worker, "SELECT job ->> '$.delivery.state' FROM deliveries"), ["delivered"]);
        assert!(texts(&worker, "SELECT record FROM attempts").is_empty());
    }

    #[tokio::test]
    async fn what_nobody_wants_any_more_is_not_sent() {
        let off = "UPDATE endpoints SET subscription = json_set(subscription, '$.active', json('false'))";
        for change in ["DELETE FROM endpoints", off] {
            let endpoint = Endpoint::start(|_| answer(200, "")).await;
            let mut worker = worker(&[(&endpoint.url(), json!(["*"]))]);
            publish(&mut worker, "invoice.paid");
            worker.db.execute(change, []).unwrap();
            assert!(worker.work().await.unwrap());
            assert_eq!(endpoint.connections(), 0);
            let ended = "SELECT job ->> '$.delivery.state' FROM deliveries WHERE due_at IS NULL";
            assert_eq!(texts(&worker, ended), ["cancelled"]);
        }
    }

    #[tokio::test]
    async fn a_customer_sets_the_schedule_and_the_time_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let mut worker = worker(&[(&url, json!(["*"]))]);
        let set = "UPDATE endpoints SET subscription =
            json_set(subscription, '$.timeout', 1, '$.retry_policy', json('{\"delays\": [4000]}'))";
        worker.db.execute(set, []).unwrap();
        publish(&mut worker, "invoice.paid");
        // Nobody answers. The platform's own limit is longer.
        let worked = tokio::time::timeout(Duration::from_secs(10), worker.work()).await;
        assert!(worked.expect("it waits for longer than the customer wants").unwrap());
        assert_eq!(texts(&worker, "SELECT record ->> 'error' FROM attempts"), ["timeout"]);
        let due: i64 = worker.db.query_row("SELECT due_at FROM deliveries", [], |row| row.get(0)).unwrap();
        let wait = due / 1000 - time::OffsetDateTime::now_utc().unix_timestamp();
        assert!((3000..5000).contains(&wait), "{wait}");
        drop(listener);
    }

    #[tokio::test]
    async fn a_delivery_whose_attempts_are_lost_ends() {
        let endpoint = Endpoint::start(|_| answer(200, "")).await;
        let mut worker = worker(&[(&endpoint.url(), json!(["*"]))]);
        publish(&mut worker, "invoice.paid");
        let lost = "UPDATE deliveries SET job = json_set(job, '$.lost', 10, '$.delivery.begun', 11,
            '$.delivery.begun_at', 0, '$.delivery.lease_until', 0)";
        worker.db.execute(lost, []).unwrap();
        assert!(worker.work().await.unwrap());
        assert_eq!(endpoint.connections(), 0);
        assert_eq!(
            texts(&worker, "SELECT job ->> '$.delivery.state' FROM deliveries WHERE due_at IS NULL"),
            ["cancelled"]
        );
    }

    #[test]
    fn an_endpoint_is_registered_with_a_secret_of_its_own_if_its_url_is_public() {
        let worker = worker(&[]);
        let register = |url: &str| super::register(&worker.db, &Subscription::new(url));
        let secret = register("https://hooks.customer.com/in").unwrap();
        assert!(register("https://169.254.169.254/latest/meta-data/").is_err());
        assert_eq!(texts(&worker, "SELECT secret FROM endpoints"), [secret.expose().unwrap()]);
        assert!(provider::STANDARD_WEBHOOKS.signer(secret).is_ok());
    }

    #[tokio::test]
    async fn a_url_that_must_not_be_called_is_not_called() {
        let endpoint = Endpoint::start(|_| answer(200, "")).await;
        let mut worker = worker(&[(&endpoint.url(), json!(["*"]))]);
        worker.client = client(UrlPolicy::new());
        publish(&mut worker, "invoice.paid");
        assert!(worker.work().await.unwrap());
        assert_eq!(endpoint.connections(), 0);
        let why =
            "SELECT (job ->> '$.delivery.state.failed') || ', ' || (job ->> '$.delivery.last_error') FROM deliveries";
        assert_eq!(texts(&worker, why), ["gave-up, url-refused"]);
    }

    /// Answers with a status and a body that does not end: all at once, or a byte at a time. Counts what it could write.
    async fn endless(body: &'static [u8], pause: Duration) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let written = Arc::new(AtomicUsize::new(0));
        let count = written.clone();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 65_536]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(body).await.is_ok() {
                count.fetch_add(body.len(), Ordering::SeqCst);
                tokio::time::sleep(pause).await;
            }
        });
        (url, written)
    }

    #[tokio::test]
    async fn an_answer_without_end_holds_nobody() {
        for (body, pause) in [(&[b'x'; 65_536][..], Duration::ZERO), (b"x", Duration::from_millis(40))] {
            let (url, written) = endless(body, pause).await;
            let mut worker = worker(&[(&url, json!(["*"]))]);
            publish(&mut worker, "invoice.paid");
            let worked = tokio::time::timeout(Duration::from_secs(20), worker.work()).await;
            assert!(worked.expect("it waits for an end that does not come").unwrap());
            assert_eq!(texts(&worker, "SELECT job ->> '$.delivery.state' FROM deliveries"), ["delivered"]);
            let excerpt = texts(&worker, "SELECT record ->> 'excerpt' FROM attempts").remove(0);
            assert!((1..=4096).contains(&excerpt.len()), "{}", excerpt.len());
            // What fits into the buffers of both sockets, and not as much as time allows.
            assert!(written.load(Ordering::SeqCst) < 16 << 20, "{written:?} bytes were taken");
        }
    }
}
