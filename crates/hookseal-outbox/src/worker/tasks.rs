use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use tokio_postgres::Error;

use super::chores::{Chore, Done};
use super::flush::{Ended, Flushed};
use super::heartbeat::Pulse;
use super::load::Load;
use super::page::Pages;
use super::row::Due;
use super::session::{Outage, Session};

/// A statement that is under way, of which there is one of each kind.
pub(super) type Task<T> = Option<Pin<Box<dyn Future<Output = T> + Send>>>;

/// What could not be loaded, and why.
pub(super) type Unloaded = (Vec<Due>, Vec<i64>, Error);
/// The attempts of a flush, and what has become of them.
pub(super) type Recorded = (Vec<Ended>, Result<Flushed, Error>);
/// The first transaction that may not be seen yet, and the endpoints that were changed or removed, by which transaction.
pub(super) type Changes = (i64, Vec<(i64, i64)>);
/// Chores that were done, and what is left of them if one failed.
pub(super) type Kept = (Vec<(Chore, Done)>, Result<(), (VecDeque<Chore>, Error)>);

/// What a worker waits for from the database.
#[derive(Default)]
pub(super) struct Tasks {
    pub(super) connecting: Task<Result<Arc<Session>, Outage>>,
    pub(super) beating: Task<Result<Pulse, Error>>,
    pub(super) reading: Task<Result<Pages, Error>>,
    pub(super) loading: Task<Result<Load, Unloaded>>,
    pub(super) recording: Task<Recorded>,
    pub(super) keeping: Task<Kept>,
    pub(super) watching: Task<Result<Changes, Error>>,
    pub(super) sweeping: Task<Result<(), crate::error::Error>>,
    /// The endpoints whose own lanes are not empty.
    pub(super) scanning: Task<Result<Vec<i64>, Error>>,
}

/// What has ended.
pub(super) enum Finished {
    Connected(Result<Arc<Session>, Outage>),
    Beaten(Result<Pulse, Error>),
    Read(Result<Pages, Error>),
    Loaded(Result<Load, Unloaded>),
    Recorded(Recorded),
    Kept(Kept),
    Watched(Result<Changes, Error>),
    Scanned(Result<Vec<i64>, Error>),
    Swept(Result<(), crate::error::Error>),
}

impl Tasks {
    /// Waits until one of them has ended. Nothing is lost if the wait is given up.
    pub(super) async fn next(&mut self) -> Finished {
        tokio::select! {
            ended = end(&mut self.connecting) => Finished::Connected(ended),
            ended = end(&mut self.beating) => Finished::Beaten(ended),
            ended = end(&mut self.reading) => Finished::Read(ended),
            ended = end(&mut self.loading) => Finished::Loaded(ended),
            ended = end(&mut self.recording) => Finished::Recorded(ended),
            ended = end(&mut self.keeping) => Finished::Kept(ended),
            ended = end(&mut self.watching) => Finished::Watched(ended),
            ended = end(&mut self.scanning) => Finished::Scanned(ended),
            ended = end(&mut self.sweeping) => Finished::Swept(ended),
        }
    }
}

async fn end<T>(task: &mut Task<T>) -> T {
    match task {
        Some(future) => {
            let ended = future.await;
            *task = None;
            ended
        }
        None => pending().await,
    }
}
