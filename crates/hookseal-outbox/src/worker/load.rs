use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio_postgres::Error;

use super::row::{Due, Event, Key, explain};
use super::session::Session;
use super::target::Loaded;
use crate::outbox::Outbox;

/// What a few deliveries need to be sent: their events, if those were not read along, those of their endpoints that are new
/// or changed, and whether their rows are still there, if they have waited.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) due: Vec<Due>,
    /// Those of which somebody else has disposed, or that another worker has sent.
    pub(super) gone: Vec<Due>,
    pub(super) asked: Vec<i64>,
    pub(super) endpoints: Vec<Loaded>,
    /// Or why they cannot be read.
    pub(super) events: HashMap<i64, Result<Event, String>>,
}

pub(super) async fn load(
    session: &Session,
    outbox: &Outbox,
    mut due: Vec<Due>,
    asked: Vec<i64>,
    max_timeout: Duration,
) -> Result<Load, (Vec<Due>, Vec<i64>, Error)> {
    let gone = match look_again(session, &mut due).await {
        Ok(gone) => gone,
        Err(error) => return Err((due, asked, error)),
    };
    match read(session, outbox, &due, &asked, max_timeout).await {
        Ok((endpoints, events)) => Ok(Load { due, gone, asked, endpoints, events }),
        Err(error) => {
            due.extend(gone);
            Err((due, asked, error))
        }
    }
}

/// Takes out what was read so long ago that it has gone.
async fn look_again(session: &Session, due: &mut Vec<Due>) -> Result<Vec<Due>, Error> {
    let now = Instant::now();
    let stale: Vec<&Due> = due.iter().filter(|due| due.is_stale(now)).collect();
    if stale.is_empty() {
        return Ok(Vec::new());
    }
    let (events, endpoints): (Vec<i64>, Vec<i64>) = stale.iter().map(|due| due.key).unzip();
    let (numbers, generations): (Vec<i32>, Vec<i32>) = stale.iter().map(|due| (due.number(), due.generation)).unzip();
    let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [&events, &endpoints, &numbers, &generations];
    let rows = session.loader.query(&session.statements.pending, &columns).await?;
    let there: HashSet<Key> =
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, Error>>()?;
    let (gone, left) = due.drain(..).partition(|due| due.is_stale(now) && !there.contains(&due.key));
    *due = left;
    due.iter_mut().filter(|due| due.is_stale(now)).for_each(|due| due.seen = now);
    Ok(gone)
}

async fn read(
    session: &Session,
    outbox: &Outbox,
    due: &[Due],
    asked: &[i64],
    max_timeout: Duration,
) -> Result<(Vec<Loaded>, HashMap<i64, Result<Event, String>>), Error> {
    let mut endpoints = Vec::new();
    if !asked.is_empty() {
        let rows = session.loader.query(&session.statements.endpoints, &[&asked]).await?;
        endpoints = rows.iter().map(|row| Loaded::read(outbox, row, max_timeout)).collect::<Result<_, _>>()?;
    }
    let mut wanted: HashMap<i16, Vec<i64>> = HashMap::new();
    for due in due.iter().filter(|due| due.event.is_none() && !due.is_too_large) {
        wanted.entry(due.slot).or_default().push(due.key.0);
    }
    let mut events = HashMap::new();
    for (slot, mut ids) in wanted {
        ids.sort_unstable();
        ids.dedup();
        for row in session.loader.query(session.events(slot).await?, &[&ids]).await? {
            events.insert(row.try_get(0)?, Event::read(&row, 1).map_err(|error| explain(&error)));
        }
    }
    Ok((endpoints, events))
}
