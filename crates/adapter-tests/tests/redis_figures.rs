//! What happens to events while Redis fails in one way, again and again: the table of the guide's page `each_event_once`.
//!
//! `HOOKSEAL_SECONDS=14 HOOKSEAL_WRITE=1 cargo test -p adapter-tests --test redis_figures` measures for longer, and
//! writes the table.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hookseal::idempotency::Once;
use hookseal::provider;
use hookseal::receive::{Answer, Received, Receiver};
use hookseal::redis::RedisStore;
use redis::aio::ConnectionManager;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use common::key;
use redis_server::{Proxy, RedisServer};

mod common;
#[path = "common/redis_server.rs"]
mod redis_server;

const SECOND: Duration = Duration::from_secs(1);
/// No divisor of a second in milliseconds, so that events do not come in step with faults.
const PER_SECOND: u32 = 107;
/// How long a handler takes, and the time between the two deliveries of an event.
const WORK: Duration = Duration::from_millis(100);
/// How long Redis is gone after a kill, or without memory.
const OUTAGE: Duration = Duration::from_millis(400);
/// How long a sender waits after a refusal.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Slow,
    TooSlow,
    Lossy,
    Cut,
    WithoutMemory,
    Killed,
}

impl Fault {
    const ALL: [Fault; 7] =
        [Fault::None, Fault::Slow, Fault::TooSlow, Fault::Lossy, Fault::Cut, Fault::WithoutMemory, Fault::Killed];

    fn text(self) -> &'static str {
        match self {
            Fault::None => "none",
            Fault::Slow => "each reply is 100 ms late",
            Fault::TooSlow => {
                "every other second, each reply is 1.2 s late, which is more than the client waits, even twice"
            }
            Fault::Lossy => "ten times a second, a reply is lost with its connection",
            Fault::Cut => "ten times a second, all connections are cut",
            Fault::WithoutMemory => "for 400 ms of each second, Redis is out of memory",
            Fault::Killed => "each second, Redis is killed, and restarts after 400 ms from its append-only file",
        }
    }

    /// For so long. Afterwards Redis answers again.
    async fn happen(self, redis: &mut RedisServer, proxy: &Proxy, seconds: u32) {
        for second in 0..seconds {
            match self {
                Fault::None => tokio::time::sleep(SECOND).await,
                Fault::Slow => {
                    proxy.delay(Duration::from_millis(100));
                    tokio::time::sleep(SECOND).await;
                }
                Fault::TooSlow => {
                    proxy.delay(if second % 2 == 1 { 12 * SECOND / 10 } else { Duration::ZERO });
                    tokio::time::sleep(SECOND).await;
                }
                Fault::Lossy | Fault::Cut => {
                    for _ in 0..10 {
                        tokio::time::sleep(SECOND / 10).await;
                        if self == Fault::Lossy { proxy.lose(1) } else { proxy.cut() }
                    }
                }
                Fault::WithoutMemory => {
                    tokio::time::sleep(SECOND - OUTAGE).await;
                    redis.configure("maxmemory", "1").await;
                    tokio::time::sleep(OUTAGE).await;
                    redis.configure("maxmemory", "0").await;
                }
                Fault::Killed => {
                    tokio::time::sleep(SECOND - OUTAGE).await;
                    redis.kill();
                    tokio::time::sleep(OUTAGE).await;
                    redis.restart().await;
                }
            }
        }
        proxy.delay(Duration::ZERO);
        proxy.lose(0);
    }
}

/// What is done for each event, and how often it was.
struct Work {
    once: Once<RedisStore<ConnectionManager>>,
    receiver: Receiver,
    runs: Vec<AtomicUsize>,
    /// Milliseconds from the first delivery of an event to the answer that it is processed.
    waits: Vec<AtomicUsize>,
    /// Answers that the store failed, of the first deliveries.
    refused: AtomicUsize,
}

impl Work {
    fn new(once: Once<RedisStore<ConnectionManager>>, events: usize) -> Work {
        let zeros = || (0..events).map(|_| AtomicUsize::new(0)).collect();
        let receiver = provider::GITHUB.lossy().receiver(key(1)).unwrap();
        Work { once, receiver, runs: zeros(), waits: zeros(), refused: AtomicUsize::new(0) }
    }

    fn received(&self, number: usize) -> Received {
        let body = format!(r#"{{"n":{number}}}"#);
        let headers = provider::GITHUB.signer(key(1)).unwrap().sign("id", body.as_bytes()).unwrap();
        let mut intake = self.receiver.begin(&headers);
        intake.push(body.into());
        intake.finish().unwrap()
    }

    async fn run(&self, number: usize) -> Answer {
        let handler = async {
            tokio::time::sleep(WORK).await;
            self.runs[number].fetch_add(1, Ordering::SeqCst);
            Answer::Processed
        };
        self.once.run(&self.received(number), handler).await
    }

    /// As a sender that tries as long as it is refused.
    async fn deliver(&self, number: usize) {
        let (begun, mut is_first) = (Instant::now(), true);
        loop {
            let answer = self.run(number).await;
            if answer.status().is_success() {
                break;
            }
            self.refused.fetch_add(usize::from(is_first && answer.status() == 503), Ordering::SeqCst);
            is_first = false;
            tokio::time::sleep(PAUSE).await;
        }
        let wait = usize::try_from(begun.elapsed().as_millis()).unwrap();
        self.waits[number].fetch_max(wait, Ordering::SeqCst);
    }

    fn counts(&self) -> Vec<usize> {
        self.runs.iter().map(|runs| runs.load(Ordering::SeqCst)).collect()
    }
}

#[derive(Debug)]
struct Tally {
    fault: Fault,
    events: usize,
    /// Of two deliveries for each event, those that were answered with 503 at first.
    refused: usize,
    longest_wait: Duration,
    /// Processed more than once while the fault lasted.
    doubled: usize,
    /// Whose completion was lost: processed again when they were sent again afterwards.
    forgotten: usize,
    never_processed: usize,
}

/// Events come at a steady rate, each twice, the second time while its handler runs.
async fn tally(fault: Fault, seconds: u32) -> Option<Tally> {
    let mut redis = RedisServer::start_durable().await?;
    let proxy = redis.behind_proxy().await;
    let events = (PER_SECOND * seconds) as usize;
    let once = Once::new(RedisStore::new(proxy.connect().await)).with_lease(5 * SECOND);
    let work = Arc::new(Work::new(once, events));
    let mut senders = JoinSet::new();
    let sending = async {
        let mut tick = tokio::time::interval(SECOND / PER_SECOND);
        for number in 0..events {
            tick.tick().await;
            for delivery in 0..2 {
                let work = work.clone();
                senders.spawn(async move {
                    tokio::time::sleep(WORK / 2 * delivery).await;
                    work.deliver(number).await;
                });
            }
        }
    };
    tokio::join!(sending, fault.happen(&mut redis, &proxy, seconds));
    senders.join_all().await;
    let first = work.counts();
    for number in 0..events {
        let work = work.clone();
        work.deliver(number).await;
    }
    let second = work.counts();
    let longest = work.waits.iter().map(|wait| wait.load(Ordering::SeqCst)).max().unwrap_or_default();
    Some(Tally {
        fault,
        events,
        refused: work.refused.load(Ordering::SeqCst),
        longest_wait: Duration::from_millis(longest as u64),
        doubled: first.iter().filter(|runs| **runs > 1).count(),
        forgotten: first.iter().zip(&second).filter(|(first, second)| second > first).count(),
        never_processed: second.iter().filter(|runs| **runs == 0).count(),
    })
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/each_event_once.md");
const HEAD: &str = "| fault | events | deliveries answered with 503 at first | longest time until processed | processed twice \
    | processed again when sent later | never processed |\n|---|---|---|---|---|---|---|\n";

/// Writes the rows between the table's head and the blank line after it, and the date before.
fn write(rows: &str) {
    let page = std::fs::read_to_string(PAGE).expect("the page is there");
    let (before, rest) = page.split_once(HEAD).expect("the page has the table");
    let (_, after) = rest.split_once("\n\n").expect("a blank line ends the table");
    let (before, date) = before.rsplit_once(" on 20").expect("a date before the table");
    let today = OffsetDateTime::now_utc().date();
    let page = format!("{before} on {today}{}{HEAD}{}\n\n{after}", &date["YY-MM-DD".len()..], rows.trim_end());
    std::fs::write(PAGE, page).expect("the page can be written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_every_fault_each_event_is_processed_once() {
    let long = std::env::var("HOOKSEAL_SECONDS").ok().map(|seconds| seconds.parse().expect("a number of seconds"));
    // One after another, where figures count.
    let (seconds, turns) = (long.unwrap_or(3), Semaphore::new(if long.is_some() { 1 } else { Fault::ALL.len() }));
    let tally = async |fault| {
        let _turn = turns.acquire().await.expect("it is never closed");
        tally(fault, seconds).await
    };
    let tallies = tokio::join!(
        tally(Fault::ALL[0]),
        tally(Fault::ALL[1]),
        tally(Fault::ALL[2]),
        tally(Fault::ALL[3]),
        tally(Fault::ALL[4]),
        tally(Fault::ALL[5]),
        tally(Fault::ALL[6]),
    );
    let mut rows = String::new();
    for tally in <[_; 7]>::from(tallies) {
        let Some(tally) = tally else { return };
        println!("{tally:?}");
        let Tally { fault, events, refused, longest_wait, doubled, forgotten, never_processed } = &tally;
        let _ = writeln!(
            rows,
            "| {} | {events} | {refused} of {} | {:.1} s | {doubled} | {forgotten} | {never_processed} |",
            fault.text(),
            2 * events,
            longest_wait.as_secs_f64(),
        );
        assert_eq!((*never_processed, *doubled), (0, 0), "{tally:?}");
        // A kill can come between a completion and its way to the file.
        let may_be_forgotten = if *fault == Fault::Killed { events / 100 } else { 0 };
        assert!(*forgotten <= may_be_forgotten, "{tally:?}");
        // Those that last longer than a claim is tried.
        let is_noticed = matches!(fault, Fault::TooSlow | Fault::WithoutMemory | Fault::Killed);
        assert!(*refused > 0 || !is_noticed, "{tally:?}");
    }
    if std::env::var_os("HOOKSEAL_WRITE").is_some() {
        write(&rows);
    }
    let page = std::fs::read_to_string(PAGE).expect("the page is there");
    for fault in Fault::ALL {
        assert!(page.contains(&format!("| {} |", fault.text())), "the guide has no figures of {fault:?}");
    }
}
