//! What both servers share: how they are found and watched, and what their handlers are about.

use std::fs;
use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hookseal::idempotency::{MemoryStore, Once};
use hookseal::receive::{Answer, Received, Receiver, Webhook};
use hookseal::{ConfigError, Secret, provider};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Deserialize;

use crate::requests::SECRET;

/// A server with one worker thread.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The worker's id, for `/proc`.
    pub(crate) thread: String,
}

/// Settles the calling thread as a server's worker, and gives its id.
pub(crate) fn settle_worker() -> io::Result<String> {
    stay_on(<[usize]>::first)?;
    let path = fs::read_link("/proc/thread-self")?;
    Ok(path.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Settles the calling thread as the client.
pub(crate) fn settle_client() -> io::Result<()> {
    stay_on(<[usize]>::last)
}

/// Without this the scheduler puts client and worker on one core, because each wakes the other, and the other core idles.
fn stay_on(choose: fn(&[usize]) -> Option<&usize>) -> io::Result<()> {
    let allowed = sched_getaffinity(None)?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
    let mut set = CpuSet::new();
    set.set(*choose(&cores).ok_or(io::ErrorKind::NotFound)?);
    Ok(sched_setaffinity(None, &set)?)
}

/// Seconds on a core, and seconds of waiting for one.
pub(crate) struct Times {
    pub(crate) running: f64,
    pub(crate) queued: f64,
}

impl Server {
    /// Not from `stat`, which counts in hundredths of a second.
    pub(crate) fn times(&self) -> io::Result<Times> {
        let text = fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.thread))?;
        let mut figures = text.split_ascii_whitespace().map(|figure| figure.parse::<u64>());
        let mut next = || match figures.next() {
            Some(Ok(nanoseconds)) => Ok(nanoseconds as f64 / 1e9),
            _ => Err(io::Error::other("schedstat without figures")),
        };
        Ok(Times { running: next()?, queued: next()? })
    }
}

/// Tells the receiver of this program from others, as in a real one with several providers.
pub(crate) enum Sender {}

pub(crate) fn receiver() -> Result<Receiver<Sender>, ConfigError> {
    Ok(provider::STANDARD_WEBHOOKS.receiver(Secret::new(SECRET)?)?.with_marker())
}

/// Events are forgotten before the client comes round to them again. The store then is in a steady state: each new event
/// ends an old one.
pub(crate) fn once() -> Once<MemoryStore> {
    Once::new(MemoryStore::new(1_000_000)).with_retention(Duration::from_millis(250))
}

pub(crate) fn peer() -> Result<Arc<standardwebhooks::Webhook>, standardwebhooks::WebhookError> {
    standardwebhooks::Webhook::new(SECRET).map(Arc::new)
}

/// What every handler answers, one way or another: the text of `Answer::Processed`.
pub(crate) const PROCESSED: &str = "processed";

/// A handler of both frameworks.
pub(crate) async fn raw(received: Received<Sender>) -> Answer {
    work(received);
    Answer::Processed
}

/// A handler of both frameworks.
pub(crate) async fn typed(webhook: Webhook<Billing, Sender>) -> Answer {
    work(webhook);
    Answer::Processed
}

/// Stands for the work of a handler.
pub(crate) fn work<T>(subject: T) {
    black_box(subject);
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, not used")]
pub(crate) enum Billing {
    #[serde(rename = "invoice.paid")]
    Paid(Invoice),
    #[serde(rename = "invoice.voided")]
    Voided { id: String },
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, not used")]
pub(crate) struct Invoice {
    id: String,
    number: u64,
    currency: String,
    paid: bool,
    customer: Customer,
    lines: Vec<Line>,
    note: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, not used")]
struct Customer {
    id: String,
    name: String,
    email: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, not used")]
struct Line {
    description: String,
    quantity: u32,
    cents: i64,
}
