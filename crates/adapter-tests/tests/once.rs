//! Each event once, behind real servers and over each store.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::response::IntoResponse;
use hookseal::EventError;
use hookseal::idempotency::{Claim, IdempotencyKey, MemoryStore, Once, Store, Token};
use hookseal::receive::{Answer, Received, Rejection};
use hookseal::redis::RedisStore;
use hookseal::testing::check_store;
use redis::aio::ConnectionManager;
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

use redis_server::RedisServer;
use server::{App, Framing, Log, Reply, Server, eventually};
use server::{forged, paid, receiver, signed, to, unsigned};

mod common;
#[path = "common/redis_server.rs"]
mod redis_server;
#[path = "common/server.rs"]
mod server;

/// In memory, or in a Redis of the test's own.
#[derive(Clone)]
enum AnyStore {
    Memory(MemoryStore),
    Redis(RedisStore<ConnectionManager>),
}

impl Store for AnyStore {
    type Error = std::io::Error;

    async fn claim(&self, key: &IdempotencyKey, token: Token, lease: Duration) -> std::io::Result<Claim> {
        match self {
            AnyStore::Memory(store) => store.claim(key, token, lease).await.map_err(std::io::Error::other),
            AnyStore::Redis(store) => store.claim(key, token, lease).await.map_err(std::io::Error::other),
        }
    }

    async fn complete(&self, key: &IdempotencyKey, token: Token, retention: Duration) -> std::io::Result<bool> {
        match self {
            AnyStore::Memory(store) => store.complete(key, token, retention).await.map_err(std::io::Error::other),
            AnyStore::Redis(store) => store.complete(key, token, retention).await.map_err(std::io::Error::other),
        }
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> std::io::Result<bool> {
        match self {
            AnyStore::Memory(store) => store.release(key, token).await.map_err(std::io::Error::other),
            AnyStore::Redis(store) => store.release(key, token).await.map_err(std::io::Error::other),
        }
    }

    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        Some(tokio::time::sleep(time))
    }
}

struct Stores {
    memory: MemoryStore,
    redis: Option<RedisServer>,
}

impl Stores {
    async fn start() -> Stores {
        Stores { memory: MemoryStore::new(1000), redis: RedisServer::start().await }
    }

    async fn each(&self) -> Vec<(&'static str, AnyStore)> {
        let mut stores = vec![("memory", AnyStore::Memory(self.memory.clone()))];
        if let Some(redis) = &self.redis {
            stores.push(("redis", AnyStore::Redis(RedisStore::new(redis.connect().await))));
        }
        stores
    }

    async fn keys(&self) -> usize {
        let in_redis = match &self.redis {
            Some(redis) => redis.keys().await,
            None => 0,
        };
        self.memory.len() + in_redis
    }
}

/// What a handler fails with.
#[derive(Debug)]
struct Failure;

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the ledger is closed")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        (http::StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

impl actix_web::ResponseError for Failure {}

/// Does the next of `results` at each run, and notes that it ran.
fn in_turn<R>(
    log: &Log,
    results: impl Fn(usize) -> R + Clone + Send + Sync + 'static,
) -> impl Fn(Received) -> std::future::Ready<R> + Clone + Send + Sync + 'static {
    let log = log.clone();
    move |_| {
        let run = log.count();
        log.note(run.to_string());
        std::future::ready(results(run))
    }
}

/// Notes each run, and stumbles in the first one.
fn stumbling<F: Future<Output = ()> + Send>(
    log: &Log,
    stumble: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> impl Fn(Received) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Clone + Send + Sync + 'static {
    let log = log.clone();
    move |_| {
        let (log, stumble) = (log.clone(), stumble.clone());
        Box::pin(async move {
            log.note("run");
            if log.count() == 1 {
                stumble().await;
            }
            Answer::Processed
        })
    }
}

#[tokio::test]
async fn both_stores_keep_their_promises() {
    let stores = Stores::start().await;
    for (name, store) in stores.each().await {
        let report = check_store(&store, tokio::time::sleep).await;
        assert!(report.is_clean(), "{name}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_deliveries_of_one_event_one_is_processed() {
    let stores = Stores::start().await;
    for (name, store) in stores.each().await {
        for server in Server::ALL {
            let case = format!("{server:?}, {name}");
            let tally = deliver_a_thousand_times(server, Once::new(store.clone())).await;
            assert_eq!(tally.runs, 1, "{case}");
            let (processed, repeated) = (server::text(&Answer::Processed), server::text(&Answer::Duplicate));
            assert_eq!(tally.count(200, &processed), 1, "{case}");
            let busy = tally.count(409, "being processed");
            assert!(busy >= 500, "{case}: {busy}");
            assert_eq!(tally.count(200, &repeated) + busy, 999, "{case}");
        }
    }
}

struct Tally {
    runs: usize,
    replies: Vec<Reply>,
}

impl Tally {
    fn count(&self, status: u16, text: &str) -> usize {
        self.replies.iter().filter(|reply| reply.status == status && reply.text == text).count()
    }
}

/// All at the same time if a thousand connections may be open, which are two files each. The handler ends when 500 others
/// have their answer.
async fn deliver_a_thousand_times(server: Server, once: Once<AnyStore>) -> Tally {
    let (log, gate, answered) = (Log::default(), Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let work = {
        let (log, gate) = (log.clone(), gate.clone());
        move |_: Received| {
            let (log, gate) = (log.clone(), gate.clone());
            async move {
                log.note("run");
                let _open = gate.acquire().await.unwrap();
                Answer::Processed
            }
        }
    };
    let running = server.start(&App::default().once("/hook", receiver(), once, work)).await;
    let (request, left) = (paid(7), Arc::new(AtomicUsize::new(1000)));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..connections() {
        let (mut connection, request) = (running.connect().await, request.clone());
        let (left, answered, gate) = (left.clone(), answered.clone(), gate.clone());
        senders.spawn(async move {
            let mut replies = Vec::new();
            while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                replies.push(connection.send(&request, Framing::Length).await);
                if answered.fetch_add(1, Ordering::SeqCst) + 1 == 500 {
                    gate.add_permits(1000);
                }
            }
            replies
        });
    }
    let replies = senders.join_all().await.concat();
    assert!(replies.iter().all(|reply| (reply.status == 409) == reply.retry_after().is_some_and(|wait| wait > 0)));
    Tally { runs: log.count(), replies }
}

fn connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open_files = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
    let open_files = open_files.and_then(|files| files.parse::<usize>().ok()).unwrap_or(256);
    (open_files.saturating_sub(128) / 2).clamp(1, 1000)
}

#[tokio::test]
async fn an_event_is_processed_again_until_its_handler_succeeds() {
    let stores = Stores::start().await;
    let wait = Duration::from_secs(60);
    for (name, store) in stores.each().await {
        for server in Server::ALL {
            let case = format!("{server:?}, {name}");
            let log = Log::default();
            let work = in_turn(&log, move |run| match run {
                0 => Ok(Answer::retry(wait)),
                1 => Err(Failure),
                2 => Ok(Answer::Unreadable(EventError::NotAnObject)),
                _ => Ok(Answer::Processed),
            });
            let app = App::default().once("/hook", receiver(), Once::new(store.clone()), work);
            let (running, request) = (server.start(&app).await, paid(7));
            running.send(request.clone()).await.assert_says(&Answer::retry(wait), &case);
            assert_eq!(running.send(request.clone()).await.status, 500, "{case}");
            assert_eq!(running.send(request.clone()).await.status, 400, "{case}");
            running.send(request.clone()).await.assert_says(&Answer::Processed, &case);
            for _ in 0..3 {
                running.send(request.clone()).await.assert_says(&Answer::Duplicate, &case);
            }
            assert_eq!(log.count(), 4, "{case}");
            running.send(paid(7)).await.assert_says(&Answer::Processed, &case);
            assert_eq!(log.count(), 5, "{case}: another event");
        }
    }
}

#[tokio::test]
async fn an_event_is_done_with_after_each_final_answer() {
    for server in Server::ALL {
        for answer in [Answer::Processed, Answer::Accepted, Answer::Duplicate, Answer::give_up("no such customer")] {
            let (log, result) = (Log::default(), answer.clone());
            let work = in_turn(&log, move |_| result.clone());
            let app = App::default().once("/hook", receiver(), Once::new(MemoryStore::new(10)), work);
            let (running, request) = (server.start(&app).await, paid(7));
            running.send(request.clone()).await.assert_says(&answer, server);
            running.send(request).await.assert_says(&Answer::Duplicate, (server, &answer));
            assert_eq!(log.count(), 1, "{server:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn an_event_whose_handler_panicked_is_processed_by_the_next_attempt() {
    let stores = Stores::start().await;
    for (name, store) in stores.each().await {
        for server in Server::ALL {
            let case = format!("{server:?}, {name}");
            let log = Log::default();
            let work = stumbling(&log, async || {
                tokio::task::yield_now().await;
                panic!("the first handler panics, as the test wants it");
            });
            let app = App::default().once("/hook", receiver(), Once::new(store.clone()), work);
            let (running, request) = (server.start(&app).await, paid(7));
            let mut connection = running.connect().await;
            connection.write(&server::wire(&request, Framing::Length)).await;
            let reply = connection.reply().await;
            assert!(reply.is_none_or(|reply| reply.status == 500), "{case}");
            running.send(request.clone()).await.assert_says(&Answer::Processed, &case);
            running.send(request).await.assert_says(&Answer::Duplicate, &case);
            assert_eq!(log.count(), 2, "{case}");
        }
    }
}

/// A store whose clock stands still until the test moves it.
fn memory_with_clock() -> (MemoryStore, Arc<AtomicU64>) {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = seconds.clone();
    let now = move || OffsetDateTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst));
    (MemoryStore::with_clock(10, now), seconds)
}

#[tokio::test]
async fn an_event_whose_sender_hung_up_is_processed_after_its_lease() {
    for server in Server::ALL {
        let (store, seconds) = memory_with_clock();
        let (log, started) = (Log::default(), Arc::new(Notify::new()));
        let notify = started.clone();
        let work = stumbling(&log, move || {
            let notify = notify.clone();
            async move {
                notify.notify_one();
                std::future::pending::<()>().await;
            }
        });
        let once = Once::new(store).with_lease(Duration::from_secs(5));
        let running = server.start(&App::default().once("/hook", receiver(), once, work)).await;
        let request = paid(7);
        let mut connection = running.connect().await;
        connection.write(&server::wire(&request, Framing::Length)).await;
        started.notified().await;
        drop(connection);

        seconds.store(4, Ordering::SeqCst);
        let busy = Answer::InFlight { retry_after: Duration::from_secs(1) };
        running.send(request.clone()).await.assert_says(&busy, server);
        seconds.store(5, Ordering::SeqCst);
        running.send(request.clone()).await.assert_says(&Answer::Processed, server);
        running.send(request).await.assert_says(&Answer::Duplicate, server);
        assert_eq!(log.count(), 2, "{server:?}");
    }
}

/// As `nc -N` does: nothing more to send, and an answer awaited.
#[tokio::test]
async fn a_sender_that_closes_its_side_is_cut_off_by_axum_and_answered_by_actix() {
    for server in Server::ALL {
        let (store, seconds) = memory_with_clock();
        let (log, started, closed) = (Log::default(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let gate = (started.clone(), closed.clone());
        let work = stumbling(&log, move || {
            let (started, closed) = gate.clone();
            async move {
                started.notify_one();
                closed.notified().await;
            }
        });
        let once = Once::new(store).with_lease(Duration::from_secs(5));
        let running = server.start(&App::default().once("/hook", receiver(), once, work)).await;
        let request = paid(7);
        let mut connection = running.connect().await;
        connection.write(&server::wire(&request, Framing::Length)).await;
        started.notified().await;
        connection.finish_writing().await;
        if server == Server::Actix {
            closed.notify_one();
            connection.reply().await.unwrap().assert_says(&Answer::Processed, server);
        } else {
            assert!(connection.reply().await.is_none(), "{server:?}");
            let busy = Answer::InFlight { retry_after: Duration::from_secs(5) };
            running.send(request.clone()).await.assert_says(&busy, server);
            seconds.store(5, Ordering::SeqCst);
            running.send(request.clone()).await.assert_says(&Answer::Processed, server);
        }
        running.send(request).await.assert_says(&Answer::Duplicate, server);
        assert_eq!(log.count(), if server == Server::Actix { 1 } else { 2 }, "{server:?}");
    }
}

/// Notes when it is dropped.
struct Dropped(Log);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.note("dropped");
    }
}

#[tokio::test]
async fn work_that_was_spawned_is_done_although_a_reset_drops_its_handler() {
    for server in Server::ALL {
        let (dropped, done) = (Log::default(), Log::default());
        let (started, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (once, handlers) = (Once::new(MemoryStore::new(10)), (dropped.clone(), done.clone()));
        let (starting, opened) = (started.clone(), gate.clone());
        let handler = move |received: Received| {
            let (once, (dropped, done)) = (once.clone(), handlers.clone());
            let (started, gate) = (starting.clone(), opened.clone());
            async move {
                let _dropped = Dropped(dropped);
                let work = async move {
                    let work = async {
                        started.notify_one();
                        gate.notified().await;
                        done.note("done");
                        Answer::Processed
                    };
                    once.run(&received, work).await
                };
                tokio::spawn(work).await.unwrap()
            }
        };
        let running = server.start(&App::default().route("/hook", receiver(), handler)).await;
        let request = paid(7);
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let refused = server::wire(&unsigned(paid(7)), Framing::Length);
        stream.write_all(&refused).await.unwrap();
        stream.peek(&mut [0]).await.unwrap();
        stream.write_all(&server::wire(&request, Framing::Length)).await.unwrap();
        started.notified().await;
        // With an unread answer, the end of a connection is a reset.
        drop(stream);
        eventually("the handler is dropped", async || dropped.count() == 1).await;
        gate.notify_one();
        eventually("a duplicate", async || running.send(request.clone()).await.status == 200).await;
        assert_eq!(done.count(), 1, "{server:?}");
    }
}

#[tokio::test]
async fn a_lease_in_redis_ends_by_itself() {
    let Some(redis) = RedisServer::start().await else { return };
    for server in Server::ALL {
        let log = Log::default();
        let work = stumbling(&log, std::future::pending::<()>);
        let once = Once::new(RedisStore::new(redis.connect().await)).with_lease(Duration::from_millis(200));
        let running = server.start(&App::default().once("/hook", receiver(), once, work)).await;
        let request = paid(7);
        let mut abandoned = running.connect().await;
        abandoned.write(&server::wire(&request, Framing::Length)).await;
        eventually("the first run", async || log.count() == 1).await;
        drop(abandoned);
        eventually("the second run", async || running.send(request.clone()).await.status == 200).await;
        assert_eq!(log.count(), 2, "{server:?}");
    }
}

#[tokio::test]
async fn a_refused_request_leaves_the_store_untouched() {
    let stores = Stores::start().await;
    for (name, store) in stores.each().await {
        for server in Server::ALL {
            let log = Log::default();
            let work = in_turn(&log, |_| Answer::Processed);
            let app = App::default().once("/hook", receiver(), Once::new(store.clone()), work);
            let running = server.start(&app).await;
            for request in [unsigned(paid(7)), forged(paid(7)), signed(vec![b' '; (1 << 20) + 1])] {
                let reply = running.send(request).await;
                assert!([400, 401, 413].contains(&reply.status), "{server:?}, {name}: {reply:?}");
            }
            assert_eq!((stores.keys().await, log.count()), (0, 0), "{server:?}, {name}");
        }
    }
}

/// Klang's events have an id, so that a body without one cannot be processed once.
#[tokio::test]
async fn an_authentic_body_without_the_promised_id_is_refused_before_the_handler() {
    for server in Server::ALL {
        let log = Log::default();
        let work = in_turn(&log, |_| Answer::Processed);
        let app = App::default().once("/hook", receiver(), Once::new(MemoryStore::new(10)), work);
        let reply = server.start(&app).await.send(signed("seven")).await;
        reply.assert_says(&Rejection::from(EventError::NotAnObject), server);
        assert_eq!(log.count(), 0, "{server:?}");
    }
}

#[tokio::test]
async fn a_full_store_asks_for_another_attempt() {
    for server in Server::ALL {
        let log = Log::default();
        let work = in_turn(&log, |_| Answer::Processed);
        let app = App::default().once("/hook", receiver(), Once::new(MemoryStore::new(1)), work);
        let running = server.start(&app).await;
        running.send(paid(7)).await.assert_says(&Answer::Processed, server);
        running.send(paid(7)).await.assert_says(&Answer::retry(Duration::from_secs(30)), server);
        assert_eq!(log.count(), 1, "{server:?}");
    }
}

#[tokio::test]
async fn while_redis_is_down_events_wait_or_are_processed_as_the_application_wants() {
    for server in Server::ALL {
        let Some(mut redis) = RedisServer::start().await else { return };
        let (careful, careless) = (Log::default(), Log::default());
        let once = Once::new(RedisStore::new(redis.connect().await));
        let app = App::default()
            .once("/hook", receiver(), once.clone(), in_turn(&careful, |_| Answer::Processed))
            .once("/anyway", receiver(), once.process_when_down(), in_turn(&careless, |_| Answer::Processed));
        let running = server.start(&app).await;
        running.send(paid(7)).await.assert_says(&Answer::Processed, server);
        redis.kill();

        let request = paid(8);
        running.send(request.clone()).await.assert_says(&Answer::retry(Duration::from_secs(30)), server);
        assert_eq!(careful.count(), 1, "{server:?}");
        running.send(to("/anyway", paid(9))).await.assert_says(&Answer::Processed, server);
        assert_eq!(careless.count(), 1, "{server:?}");

        redis.restart().await;
        eventually("Redis again", async || running.send(request.clone()).await.status == 200).await;
        assert_eq!(careful.count(), 2, "{server:?}");
    }
}
