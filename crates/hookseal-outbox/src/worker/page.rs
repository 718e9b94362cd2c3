use std::time::{Duration, Instant};

use hookseal::time::OffsetDateTime;
use tokio_postgres::Error;

use super::queues::{QueueId, Start};
use super::row::{Due, Unreadable, bucket};
use super::session::Session;

/// Which queues to read, from where, and how much of each.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) queues: Vec<(QueueId, usize)>,
    buckets: Vec<i16>,
    lanes: Vec<i64>,
    low: Vec<OffsetDateTime>,
    low_event: Vec<i64>,
    low_endpoint: Vec<i64>,
    seen: Vec<OffsetDateTime>,
    oldest: Vec<i64>,
    pages: Vec<i32>,
    /// The partition of events that is read along, and how large they may be.
    slot: i16,
    size: i32,
    /// Whether one of the queues is read from its beginning.
    pub(super) is_deep: bool,
    /// Whether some of them were never read before.
    pub(super) has_new: bool,
}

impl Request {
    /// Events of this partition are read along, up to this size.
    pub(super) fn new(slot: i16, size: i32) -> Request {
        Request { slot, size, ..Request::default() }
    }

    pub(super) fn add(&mut self, id: QueueId, from: Start, page: usize) {
        let (bucket, lane) = match id {
            QueueId::Bucket(bucket) => (bucket, 0),
            QueueId::Endpoint(endpoint) => (bucket(endpoint), endpoint),
        };
        self.queues.push((id, page));
        self.buckets.push(bucket);
        self.lanes.push(lane);
        self.low.push(from.cursor.0);
        self.low_event.push(from.cursor.1);
        self.low_endpoint.push(from.cursor.2);
        self.seen.push(from.seen);
        self.oldest.push(from.oldest);
        self.pages.push(i32::try_from(page).unwrap_or(i32::MAX));
    }
}

/// What was read: for each queue of the request, its page.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) request: Request,
    pub(super) pages: Vec<Vec<Result<Due, Unreadable>>>,
    /// What was due at this time was read.
    pub(super) at: OffsetDateTime,
    /// Everything was seen that older transactions have written.
    pub(super) oldest: i64,
    pub(super) took: Duration,
}

pub(super) async fn read(session: &Session, request: Request) -> Result<Pages, Error> {
    let begun = Instant::now();
    let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        &request.buckets,
        &request.lanes,
        &request.low,
        &request.low_event,
        &request.low_endpoint,
        &request.seen,
        &request.oldest,
        &request.pages,
        &request.size,
    ];
    let rows = session.reader.query(session.read(request.slot).await?, &columns).await?;
    let mut pages: Vec<Vec<_>> = request.queues.iter().map(|_| Vec::new()).collect();
    let (mut oldest, mut at) = (0, OffsetDateTime::UNIX_EPOCH);
    for row in &rows {
        let number = usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0);
        match number.checked_sub(1).and_then(|number| pages.get_mut(number)) {
            Some(page) => page.push(Due::read(row, begun)?),
            None => (oldest, at) = (row.try_get(1)?, row.try_get(3)?),
        }
    }
    Ok(Pages { request, pages, at, oldest, took: begun.elapsed() })
}
