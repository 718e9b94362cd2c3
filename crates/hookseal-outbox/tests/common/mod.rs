//! A stage for tests: a database, endpoints that answer as told, and workers.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use hookseal::delivery::{DeliveryPolicy, HealthPolicy, Subscription, UrlPolicy};
use hookseal::provider::Provider;
use hookseal::{EventShape, Scheme};
use hookseal_outbox::{NewEndpoint, NewEvent, Outbox, Worker};
use test_postgres::Postgres;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const SECRET: &str = "a secret of twenty-some bytes";

/// One server for all tests of a file; it ends with the process.
static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
static STAGES: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Stage {
    pub(crate) db: Client,
    pub(crate) outbox: Outbox,
    pub(crate) config: Config,
    /// The same as a text.
    pub(crate) address: String,
}

impl Stage {
    /// A database of its own, migrated. `None` if PostgreSQL is not installed, unless it is required.
    pub(crate) async fn new() -> Option<Stage> {
        Stage::of(&acme()).await
    }

    pub(crate) async fn of(platform: &Provider) -> Option<Stage> {
        let server = SERVER.get_or_init(|| Postgres::start_or_skip(&["fsync=off"])).as_ref()?;
        let mut config: Config = server.address().parse().unwrap();
        let name = format!("stage_{}", STAGES.fetch_add(1, Ordering::Relaxed));
        connect(&config).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        config.dbname(&name);
        let address = format!("{} dbname={name}", server.address());
        Some(Stage::on(platform, config, address).await)
    }

    /// On a database that is there.
    pub(crate) async fn on(platform: &Provider, config: Config, address: String) -> Stage {
        let mut db = connect(&config).await;
        let policy = UrlPolicy::new().allow_loopback_http();
        let outbox = Outbox::new(platform).with_url_policy(policy);
        outbox.migrate(&mut db).await.unwrap();
        Stage { db, outbox, config, address }
    }

    pub(crate) async fn connect(&self) -> Client {
        connect(&self.config).await
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker::new(self.outbox.clone(), self.config.clone(), NoTls).with_lease(Duration::from_millis(900))
    }

    /// An endpoint of the tenant `t` that wants everything, and is retried quickly.
    pub(crate) async fn endpoint(&mut self, url: &str) -> i64 {
        self.subscribe("t", &subscription(url)).await
    }

    /// Gives the next endpoint the bucket of this one.
    pub(crate) async fn skip_to_bucket_of(&self, endpoint: i64) {
        let skip = "SELECT setval(pg_get_serial_sequence('hookseal.endpoints', 'id'), $1::bigint + 63)";
        self.execute(skip, &[&endpoint]).await;
    }

    pub(crate) async fn subscribe(&mut self, tenant: &str, subscription: &Subscription) -> i64 {
        let endpoint = NewEndpoint::new(tenant, subscription.clone(), SECRET);
        self.outbox.add_endpoint(&mut self.db, &endpoint).await.unwrap()
    }

    /// Events `e0`, `e1`, … of the tenant `t`.
    pub(crate) async fn enqueue(&self, numbers: std::ops::Range<usize>) -> u64 {
        let ids: Vec<String> = numbers.map(|number| format!("e{number}")).collect();
        let bodies: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":"{id}","type":"order.paid"}}"#)).collect();
        let events = ids.iter().zip(&bodies).map(|(id, body)| NewEvent::new("t", "order.paid", id, body.as_bytes()));
        hookseal_outbox::enqueue_all(&self.db, events).await.unwrap()
    }

    /// As many events of another tenant.
    pub(crate) async fn burst(&self, tenant: &str, events: usize) {
        let ids: Vec<String> = (0..events).map(|number| format!("{tenant}-{number}")).collect();
        let events = ids.iter().map(|id| NewEvent::new(tenant, "order.paid", id, b"{}"));
        hookseal_outbox::enqueue_all(&self.db, events).await.unwrap();
    }

    pub(crate) async fn execute(&self, statement: &str, values: &[&(dyn ToSql + Sync)]) {
        self.db.execute(statement, values).await.unwrap();
    }

    pub(crate) async fn count(&self, rows: &str) -> i64 {
        let query = format!("SELECT count(*) FROM ({rows}) AS rows");
        self.db.query_one(&query, &[]).await.unwrap().get(0)
    }

    /// Waits until there are this many rows.
    pub(crate) async fn wait_for(&self, expected: i64, rows: &str) {
        let begun = Instant::now();
        loop {
            let found = self.count(rows).await;
            if found == expected {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{found} instead of {expected} after {PATIENCE:?}: {rows}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn all_sent(&self) {
        self.wait_for(0, "SELECT FROM hookseal.deliveries").await;
    }

    /// The log of each delivery has no gap, and no attempt after a success.
    pub(crate) async fn check_log(&self) {
        let gaps = "SELECT FROM hookseal.attempts GROUP BY event, endpoint
            HAVING max(number) <> count(*) OR min(number) <> 1 OR count(*) FILTER (WHERE state = 'delivered') > 1
                OR max(number) FILTER (WHERE state = 'delivered') <> max(number)";
        assert_eq!(self.count(gaps).await, 0);
    }
}

/// A platform that sends the id in a header.
pub(crate) fn acme() -> Provider {
    const SCHEME: Scheme =
        Scheme::new("X-Event: {id}\nX-Signature: t={timestamp},v1={hex},...", "{id}.{timestamp}.{body}");
    const SHAPE: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    let policy = DeliveryPolicy::new().with_timeout(Duration::from_secs(2));
    let policy = policy.with_health(HealthPolicy::never().with_max_failures(40));
    let acme = Provider::new("acme", SCHEME).unwrap().with_event_shape(SHAPE).unwrap();
    acme.with_max_sent(64 << 10).unwrap().with_delivery_policy(policy)
}

pub(crate) fn subscription(url: &str) -> Subscription {
    let mut subscription = Subscription::new(url);
    subscription.retry_policy = serde_json::from_str(r#"{"delays":[0.05,0.05,0.05,0.05],"jitter":"none"}"#).unwrap();
    subscription
}

pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A worker that runs until it is stopped.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), hookseal_outbox::Error>>,
}

impl Running {
    pub(crate) fn start(worker: Worker) -> Running {
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Running { stop, ended }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_finished()
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        tokio::time::timeout(PATIENCE, self.ended).await.expect("it stops").unwrap().unwrap();
    }
}

/// How an endpoint answers a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Bytes(&'static [u8]),
    /// These in turn.
    Turns(&'static [&'static [u8]]),
    /// 200 after this time.
    After(Duration),
    /// These after this time.
    Late(Duration, &'static [u8]),
    /// 200, and then a byte of the body now and then, forever.
    Drip,
    /// 200, and then as much of a body as the sender reads.
    Flood,
    /// Three interim responses, and then 200.
    Hints,
    /// Interim responses without end.
    Interim,
    /// Nothing, ever.
    Silence,
    Close,
}

pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nnoted";
const HINT: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
pub(crate) const GONE: &[u8] = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n";
pub(crate) const BUSY: &[u8] = b"HTTP/1.1 429 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";
pub(crate) const BAD: &[u8] = b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nsad!";

/// An endpoint on loopback.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    /// How often each event arrived.
    pub(crate) arrived: Arc<Mutex<HashMap<String, usize>>>,
    /// The requests, with their heads, in their order.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    pub(crate) answer: Arc<Mutex<Answer>>,
    /// The requests that are being answered, and the most of them at once.
    now: Arc<AtomicUsize>,
    pub(crate) most: Arc<AtomicUsize>,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Receiver {
    pub(crate) async fn start(answer: Answer) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            url: format!("http://{}/in", listener.local_addr().unwrap()),
            arrived: Arc::default(),
            requests: Arc::default(),
            answer: Arc::new(Mutex::new(answer)),
            now: Arc::default(),
            most: Arc::default(),
            connections: Arc::default(),
        };
        let own = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.connections.fetch_add(1, Ordering::Relaxed);
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream).await });
            }
        });
        receiver
    }

    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(crate) fn events(&self) -> usize {
        self.arrived.lock().unwrap().len()
    }

    pub(crate) fn total(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Whether all requests are authentic.
    pub(crate) fn verify_all(&self, verifier: &hookseal::Verifier) {
        for request in self.requests.lock().unwrap().iter() {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            let headers: Vec<(&str, &str)> = head.lines().filter_map(|line| line.split_once(": ")).collect();
            verifier.verify(&headers[..], body.as_bytes()).unwrap();
        }
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut received = Vec::new();
        loop {
            while whole_request(&received).is_none_or(|length| received.len() < length) {
                if stream.read_buf(&mut received).await? == 0 {
                    return Ok(());
                }
            }
            let number = self.note(&String::from_utf8_lossy(&received));
            received.clear();
            let answer = *self.answer.lock().unwrap();
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            let answered = self.reply(&mut stream, answer, number).await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            if !answered? {
                return Ok(());
            }
        }
    }

    fn note(&self, request: &str) -> usize {
        let header = request.lines().find_map(|line| line.strip_prefix("x-event: "));
        let field = || request.split_once(r#""id":""#)?.1.split('"').next();
        let id = header.or_else(field).unwrap_or("?").trim().to_owned();
        *self.arrived.lock().unwrap().entry(id).or_default() += 1;
        let mut requests = self.requests.lock().unwrap();
        requests.push(request.to_owned());
        requests.len() - 1
    }

    async fn reply(&self, stream: &mut TcpStream, answer: Answer, number: usize) -> std::io::Result<bool> {
        match answer {
            Answer::Bytes(bytes) => stream.write_all(bytes).await?,
            Answer::Turns(turns) => stream.write_all(turns[number % turns.len()]).await?,
            Answer::After(wait) => {
                tokio::time::sleep(wait).await;
                stream.write_all(OK).await?;
            }
            Answer::Late(wait, bytes) => {
                tokio::time::sleep(wait).await;
                stream.write_all(bytes).await?;
            }
            Answer::Silence => tokio::time::sleep(Duration::from_secs(3600)).await,
            Answer::Close => return Ok(false),
            Answer::Hints => stream.write_all(&[&HINT.repeat(3), OK].concat()).await?,
            Answer::Interim => loop {
                stream.write_all(&HINT.repeat(1000)).await?;
            },
            Answer::Drip | Answer::Flood => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
                let (size, wait) = if matches!(answer, Answer::Drip) { (1, 500) } else { (1 << 20, 0) };
                let chunk = [format!("{size:x}\r\n").as_bytes(), &vec![b'x'; size], b"\r\n"].concat();
                loop {
                    stream.write_all(&chunk).await?;
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
            }
        }
        Ok(true)
    }
}

/// The length of a request, once its head has arrived.
fn whole_request(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse::<usize>();
    Some(head + length.ok()?)
}
