//! What went wrong, and what it affects: a delivery, which is set aside and finally parked, or the database, for which
//! the worker waits.

use std::error::Error;
use std::io;
use std::time::Duration;

use deadpool_postgres::{GenericClient, PoolError};
use tokio_postgres::error::SqlState;

use crate::Result;

/// How often in a row a delivery may be set aside: for 1, 4, 16, 64 and 256 s, and for 17 minutes. By then, a new
/// version has been deployed everywhere or rolled back.
const MAX_FAULTS: i32 = 6;
const MAX_FAULT_TEXT: usize = 500;
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whether the database cannot be used at all now, whatever the row.
pub fn is_outage(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    if error.is::<PoolError>() {
        return true;
    }
    let Some(error) = error.downcast_ref::<tokio_postgres::Error>() else { return false };
    let broken = error.is_closed() || error.source().is_some_and(|source| source.is::<io::Error>());
    broken || error.code().is_some_and(is_passing)
}

/// Connections, resources, shutdowns and the system's own errors; conflicts and locks, with which the next try may
/// succeed; and the time-out of a transaction in which we were frozen.
fn is_passing(code: &SqlState) -> bool {
    let passing = [SqlState::LOCK_NOT_AVAILABLE, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT];
    passing.contains(code) || ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class))
}

/// Sets aside a delivery that cannot be handled, for longer each time, and finally parks it with the reason: a row that
/// cannot be read must not stop all others.
pub async fn set_aside(db: &impl GenericClient, delivery: i64, error: &(dyn Error + Send + Sync)) -> Result<()> {
    // Not before our own lease ends.
    const SET_ASIDE: &str = "
        UPDATE deliveries SET faults = faults + 1, fault = $2,
            state = CASE WHEN faults < $3 THEN state ELSE 'parked' END,
            due_at = CASE WHEN faults < $3 THEN greatest(due_at, now() + make_interval(secs => 4 ^ faults)) END
        WHERE id = $1 AND due_at IS NOT NULL";
    let fault: String = text(error).replace('\0', "\u{fffd}").chars().take(MAX_FAULT_TEXT).collect();
    eprintln!("    delivery {delivery} is set aside: {fault}");
    db.execute(&db.prepare_cached(SET_ASIDE).await?, &[&delivery, &fault, &MAX_FAULTS]).await?;
    Ok(())
}

/// Waits longer after each failure, with jitter, so that the workers of a fleet do not all retry at once.
#[derive(Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub async fn wait(&mut self, what: &str, error: &(dyn Error + Send + Sync)) {
        let longest = SHORTEST_WAIT.saturating_mul(1 << self.failures.min(16)).min(LONGEST_WAIT);
        let wait = longest.mul_f64(0.5 + fastrand::f64() / 2.0);
        eprintln!("    {what}, trying again in {wait:.1?}: {}", text(error));
        self.failures += 1;
        tokio::time::sleep(wait).await;
    }
}

/// An error with its causes, unless its own text already names them.
fn text(error: &(dyn Error + Send + Sync)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let detail = error.to_string();
        if !text.contains(&detail) {
            text = format!("{text}: {detail}");
        }
        cause = error.source();
    }
    text
}
