//! What must hold at the end, checked in SQL.

use deadpool_postgres::Pool;

use crate::Result;

/// Which receiver should have processed which event: the subscriptions written again in SQL, over the business rows
/// alone.
const EXPECTED: &str = "
    CREATE VIEW expected AS
    SELECT 'crm' AS receiver, event_id FROM calls
    UNION ALL SELECT 'billing', event_id FROM calls WHERE event_type = 'session.ended' AND duration_seconds >= 60
    UNION ALL SELECT 'search', event_id FROM calls WHERE event_type IN ('transcript.ready', 'recording.ready')";

/// Each query counts what must not exist.
const MUST_BE_ZERO: [(&str, &str); 6] = [
    (
        "lost: wanted and never processed",
        "SELECT receiver, event_id FROM expected EXCEPT SELECT receiver, event_id FROM effects",
    ),
    ("processed twice", "SELECT receiver, event_id FROM effects GROUP BY 1, 2 HAVING count(*) > 1"),
    (
        "processed and not wanted, or rolled back",
        "SELECT receiver, event_id FROM effects EXCEPT SELECT receiver, event_id FROM expected",
    ),
    ("deliveries that have failed", "SELECT FROM hookseal.ended"),
    (
        "deliveries whose log has a gap",
        "SELECT FROM hookseal.attempts GROUP BY event, endpoint HAVING max(number) <> count(*) OR min(number) <> 1",
    ),
    (
        "deliveries whose log does not end with their only success",
        "SELECT FROM hookseal.attempts GROUP BY event, endpoint
        HAVING count(*) FILTER (WHERE state = 'delivered' AND status = 200) <> 1
        OR max(number) FILTER (WHERE state = 'delivered') <> max(number)",
    ),
];

/// Whether everything holds. The pair of times, in unix milliseconds, says when the endpoint was paused: no attempt may
/// have begun in between.
pub async fn all(pool: &Pool, (endpoint, from, to): (i64, i64, i64)) -> Result<bool> {
    let db = pool.get().await?;
    db.batch_execute(EXPECTED).await?;
    let expected: i64 = db.query_one("SELECT count(*) FROM expected", &[]).await?.try_get(0)?;
    let processed: i64 = db.query_one("SELECT count(*) FROM effects", &[]).await?.try_get(0)?;
    let delivered = "SELECT count(*) FROM hookseal.attempts WHERE state = 'delivered'";
    let delivered: i64 = db.query_one(delivered, &[]).await?.try_get(0)?;
    println!("\nchecks, in SQL\n  {expected:7}  events × endpoints that want them");
    println!("  {processed:7}  processed by receivers\n  {delivered:7}  delivered by the log");
    let mut good = expected > 0 && expected == processed && expected == delivered;
    for (text, rows) in MUST_BE_ZERO {
        let count: i64 = db.query_one(&format!("SELECT count(*) FROM ({rows}) AS rows"), &[]).await?.try_get(0)?;
        println!("  {count:7}  {text}");
        good &= count == 0;
    }
    let began = "SELECT count(*) FROM hookseal.attempts
        WHERE endpoint = $1 AND extract(epoch FROM started_at) * 1000 BETWEEN $2::bigint + 1 AND $3::bigint - 1";
    let began: i64 = db.query_one(began, &[&endpoint, &from, &to]).await?.try_get(0)?;
    println!("  {began:7}  attempts at the endpoint that was paused");
    println!("{}", if good && began == 0 { "all checks hold" } else { "CHECKS FAILED" });
    Ok(good && began == 0)
}
