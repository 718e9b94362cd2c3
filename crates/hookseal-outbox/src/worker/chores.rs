use std::collections::VecDeque;
use std::time::Instant;

use hookseal::delivery::EndpointHealth;
use tokio_postgres::types::Json;
use tokio_postgres::{Error, Row};

use super::row::Key;
use super::session::Session;

/// What is rare enough to be done one after the other.
#[derive(Clone, Debug)]
pub(super) enum Chore {
    /// Deliveries wait in the lane of their endpoint from now on.
    Move(Vec<Key>),
    /// New deliveries of an endpoint go to this lane.
    Lane { endpoint: i64, lane: i64 },
    /// An endpoint's health has changed, and if it is gone, it gets no new events. Nothing is stored if a user has changed
    /// the endpoint since `changed`, or if the worker does not own it any more.
    Health { endpoint: i64, health: EndpointHealth, changed: i64, worker: i64 },
    /// Nothing can be sent to an endpoint, or can again.
    Fault { endpoint: i64, fault: Option<String> },
    /// A delivery that is not wanted.
    Drop(Key),
    /// A delivery that cannot be handled.
    Park { key: Key, reason: String },
    /// A delivery that a newer version may be able to handle.
    SetAside { key: Key, reason: String },
}

impl Chore {
    /// The delivery whose row it needs.
    pub(super) fn key(&self) -> Option<Key> {
        match self {
            Chore::Drop(key) | Chore::Park { key, .. } | Chore::SetAside { key, .. } => Some(*key),
            _ => None,
        }
    }

    /// The same with a text in ASCII, which every database can store; none if that is no difference.
    pub(super) fn in_ascii(&self) -> Option<Chore> {
        let mut chore = self.clone();
        let text = match &mut chore {
            Chore::Park { reason, .. } => reason,
            Chore::Fault { fault: Some(fault), .. } => fault,
            _ => return None,
        };
        if text.is_ascii() {
            return None;
        }
        *text = text.replace(|letter: char| !letter.is_ascii(), "?");
        Some(chore)
    }
}

/// A chore whose delivery was locked, until it is tried again.
#[derive(Debug)]
pub(super) struct Postponed {
    /// None while it is tried.
    pub(super) chore: Option<Chore>,
    pub(super) at: Instant,
    /// How often it was tried.
    pub(super) tries: u32,
}

/// How a chore went.
#[derive(Debug)]
pub(super) enum Done {
    Yes,
    /// The endpoint was changed by a user or by another worker, and has to be loaded again.
    Outdated,
    /// Set aside too often.
    Hopeless,
    /// Nothing was done, because somebody has locked the row.
    Locked,
}

/// Does chores until one fails. Those that are left, with it at the front, are returned with the error.
pub(super) async fn work(
    session: &Session,
    mut chores: VecDeque<Chore>,
) -> (Vec<(Chore, Done)>, Result<(), (VecDeque<Chore>, Error)>) {
    let mut done = Vec::with_capacity(chores.len());
    while let Some(chore) = chores.pop_front() {
        match one(session, &chore).await {
            Ok(how) => done.push((chore, how)),
            Err(error) => {
                chores.push_front(chore);
                return (done, Err((chores, error)));
            }
        }
    }
    (done, Ok(()))
}

async fn one(session: &Session, chore: &Chore) -> Result<Done, Error> {
    let (client, statements) = (&session.keeper, &session.statements);
    match chore {
        Chore::Move(keys) => {
            let mut keys = keys.clone();
            keys.sort_unstable();
            let (events, endpoints): (Vec<i64>, Vec<i64>) = keys.into_iter().unzip();
            client.execute(&statements.shift, &[&events, &endpoints]).await?;
        }
        Chore::Lane { endpoint, lane } => {
            client.execute(&statements.lane, &[endpoint, lane]).await?;
        }
        Chore::Health { endpoint, health, changed, worker } => {
            if client.execute(&statements.health, &[endpoint, &Json(health), changed, worker]).await? == 0 {
                return Ok(Done::Outdated);
            }
        }
        Chore::Fault { endpoint, fault } => {
            client.execute(&statements.fault, &[endpoint, fault]).await?;
        }
        Chore::Drop((event, endpoint)) => {
            return disposed(client.query_opt(&statements.drop, &[event, endpoint]).await?);
        }
        Chore::Park { key: (event, endpoint), reason } => {
            return disposed(client.query_opt(&statements.park, &[event, endpoint, reason]).await?);
        }
        Chore::SetAside { key: (event, endpoint), reason } => {
            return disposed(client.query_opt(&statements.set_aside, &[event, endpoint, reason]).await?);
        }
    }
    Ok(Done::Yes)
}

/// There is no row if the delivery is gone.
fn disposed(row: Option<Row>) -> Result<Done, Error> {
    let Some(row) = row else { return Ok(Done::Yes) };
    Ok(match row.try_get(0)? {
        Some(true) => Done::Hopeless,
        Some(false) => Done::Yes,
        None => Done::Locked,
    })
}
