//! The platform whose events are sent, and the worker process: all that an application writes of it.

use std::time::Duration;

use hookseal::delivery::{HealthPolicy, UrlPolicy};
use hookseal::provider::{KALLGLOT, Provider};
use hookseal_outbox::{Outbox, Worker};
use tokio::io::AsyncReadExt;
use tokio_postgres::NoTls;
use tracing_subscriber::filter::LevelFilter;

use crate::Result;

/// Kallglot, in a hurry: its endpoints answer within two seconds, and ten failures in a row disable one.
pub fn provider() -> Provider {
    let health = HealthPolicy::never().with_max_failures(10);
    let policy = KALLGLOT.delivery_policy().clone().with_timeout(Duration::from_secs(2)).with_health(health);
    KALLGLOT.clone().with_delivery_policy(policy)
}

/// Everything here listens on loopback. An application leaves out the policy, and calls only public HTTPS.
pub fn outbox() -> Outbox {
    Outbox::new(&provider()).with_url_policy(UrlPolicy::new().allow_loopback_http())
}

/// Works until its standard input closes, so that a worker does not outlive the process that started it.
pub async fn worker(address: &str) -> Result<()> {
    // Warnings are not of interest while things are broken on purpose.
    let level = std::env::var("LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::OFF);
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    let closed = async { while tokio::io::stdin().read(&mut [0]).await.is_ok_and(|read| read > 0) {} };
    Ok(Worker::new(outbox(), address.parse()?, NoTls).run(closed).await?)
}
