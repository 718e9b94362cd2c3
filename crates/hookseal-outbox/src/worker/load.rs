use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::Error;

use super::row::{Due, Event};
use super::session::Session;
use super::target::Loaded;
use crate::outbox::Outbox;

/// What a few deliveries need to be sent: their events, if those were not read along, and those of their endpoints that
/// are new or changed.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) due: Vec<Due>,
    pub(super) asked: Vec<i64>,
    pub(super) endpoints: Vec<Loaded>,
    pub(super) events: HashMap<i64, Event>,
}

pub(super) async fn load(
    session: &Session,
    outbox: &Outbox,
    due: Vec<Due>,
    asked: Vec<i64>,
    max_timeout: Duration,
) -> Result<Load, (Vec<Due>, Vec<i64>, Error)> {
    match read(session, outbox, &due, &asked, max_timeout).await {
        Ok((endpoints, events)) => Ok(Load { due, asked, endpoints, events }),
        Err(error) => Err((due, asked, error)),
    }
}

async fn read(
    session: &Session,
    outbox: &Outbox,
    due: &[Due],
    asked: &[i64],
    max_timeout: Duration,
) -> Result<(Vec<Loaded>, HashMap<i64, Event>), Error> {
    let mut endpoints = Vec::new();
    if !asked.is_empty() {
        let rows = session.loader.query(&session.statements.endpoints, &[&asked]).await?;
        endpoints = rows.iter().map(|row| Loaded::read(outbox, row, max_timeout)).collect::<Result<_, _>>()?;
    }
    let mut wanted: HashMap<i16, Vec<i64>> = HashMap::new();
    for due in due.iter().filter(|due| due.event.is_none()) {
        wanted.entry(due.slot).or_default().push(due.key.0);
    }
    let mut events = HashMap::new();
    for (slot, mut ids) in wanted {
        ids.sort_unstable();
        ids.dedup();
        for row in session.loader.query(session.events(slot).await?, &[&ids]).await? {
            events.insert(row.try_get(0)?, Event::read(&row, 1)?);
        }
    }
    Ok((endpoints, events))
}
