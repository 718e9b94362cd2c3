//! What went wrong, and whose trouble it is: a delivery's, which waits and is parked in the end, or the database's, which
//! is waited for.

use std::error::Error;
use std::io;
use std::time::Duration;

use deadpool_postgres::{GenericClient, PoolError};
use tokio_postgres::error::SqlState;

use crate::Result;

/// How often in a row a delivery may be set aside: for 1, 4, 16, 64 and 256 s, and for 17 minutes. By then, whoever
/// deployed a new version has deployed it everywhere or taken it back.
const MAX_FAULTS: i32 = 6;
const MAX_FAULT_TEXT: usize = 500;
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whether nothing can be done with the database at the moment, whatever the row.
pub fn is_outage(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    if error.is::<PoolError>() {
        return true;
    }
    let Some(error) = error.downcast_ref::<tokio_postgres::Error>() else { return false };
    let broken = error.is_closed() || error.source().is_some_and(|source| source.is::<io::Error>());
    broken || error.code().is_some_and(is_passing)
}

/// Connections, resources, shutdowns and the system's own errors; conflicts and locks, which the next try may win; and
/// the time-out of a transaction that we were frozen in.
fn is_passing(code: &SqlState) -> bool {
    let passing = [SqlState::LOCK_NOT_AVAILABLE, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT];
    passing.contains(code) || ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class))
}

/// Puts a delivery off that cannot be handled, longer each time, and parks it in the end with the reason: a row that
/// nobody can read is no reason to send nothing else.
pub async fn set_aside(db: &impl GenericClient, delivery: i64, error: &(dyn Error + Send + Sync)) -> Result<()> {
    // Not before a lease of ours ends.
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

/// Longer waits from failure to failure, spread so that a fleet does not come back as one.
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

/// An error with its causes, as far as it does not name them itself.
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
