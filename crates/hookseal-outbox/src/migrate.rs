use tokio_postgres::GenericClient;

use crate::error::Error;

/// The scripts in their order. The n-th makes version n.
const SCRIPTS: [&str; 1] = [include_str!("../sql/0001.sql")];
pub(crate) const VERSION: i32 = SCRIPTS.len() as i32;
const EXISTS: &str = "SELECT to_regclass('hookseal.version') IS NOT NULL";
/// Any number that no other program uses.
const LOCK: i64 = 0x686f_6f6b_7365_616c;

/// Creates the schema `hookseal`, or brings it up to date, in one transaction. Programs that do so at the same time wait
/// for each other.
///
/// # Errors
/// [`Error::Database`], and [`Error::Schema`] if a newer program has migrated before: it is then left unchanged.
pub(crate) async fn migrate(client: &mut impl GenericClient) -> Result<(), Error> {
    let tx = client.transaction().await?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    // `IF NOT EXISTS` needs the right to create even what exists.
    if !tx.query_one(EXISTS, &[]).await?.try_get(0)? {
        tx.batch_execute(
            "CREATE SCHEMA IF NOT EXISTS hookseal;
             CREATE TABLE hookseal.version (number integer PRIMARY KEY, at timestamptz DEFAULT now())",
        )
        .await?;
    }
    let found = tx.query_one("SELECT coalesce(max(number), 0) FROM hookseal.version", &[]).await?.try_get(0)?;
    if found > VERSION {
        return Err(Error::Schema { found, needed: VERSION });
    }
    for (number, script) in (1..).zip(SCRIPTS).skip_while(|(number, _)| *number <= found) {
        tx.batch_execute(script).await?;
        tx.execute("INSERT INTO hookseal.version (number) VALUES ($1)", &[&number]).await?;
    }
    Ok(tx.commit().await?)
}

/// Fails unless the schema is there, and is one that this program can use.
pub(crate) async fn check(client: &impl GenericClient) -> Result<(), Error> {
    let exists = client.query_one(EXISTS, &[]).await?.try_get(0)?;
    let found = match exists {
        true => client.query_one("SELECT coalesce(max(number), 0) FROM hookseal.version", &[]).await?.try_get(0)?,
        false => 0,
    };
    // A newer schema only adds what older workers do not need; a script that does more raises `deliveries.format`.
    if found < VERSION { Err(Error::Schema { found, needed: VERSION }) } else { Ok(()) }
}
