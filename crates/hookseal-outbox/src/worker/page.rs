use std::time::{Duration, Instant};

use hookseal::time::OffsetDateTime;
use tokio_postgres::Error;

use super::queues::QueueId;
use super::row::{Due, bucket};
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
    pages: Vec<i32>,
    /// Whether one of the queues is read from its beginning.
    pub(super) is_deep: bool,
}

impl Request {
    pub(super) fn add(&mut self, id: QueueId, cursor: (OffsetDateTime, i64, i64), page: usize) {
        let (bucket, lane) = match id {
            QueueId::Bucket(bucket) => (bucket, 0),
            QueueId::Endpoint(endpoint) => (bucket(endpoint), endpoint),
        };
        self.queues.push((id, page));
        self.buckets.push(bucket);
        self.lanes.push(lane);
        self.low.push(cursor.0);
        self.low_event.push(cursor.1);
        self.low_endpoint.push(cursor.2);
        self.pages.push(i32::try_from(page).unwrap_or(i32::MAX));
    }
}

/// What was read: for each queue of the request, its page.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) request: Request,
    pub(super) pages: Vec<Vec<Due>>,
    pub(super) took: Duration,
}

pub(super) async fn read(session: &Session, request: Request) -> Result<Pages, Error> {
    let begun = Instant::now();
    let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&request.buckets, &request.lanes, &request.low, &request.low_event, &request.low_endpoint, &request.pages];
    let rows = session.reader.query(&session.statements.read, &columns).await?;
    let mut pages = vec![Vec::new(); request.queues.len()];
    for row in &rows {
        let number = usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0);
        if let Some(page) = number.checked_sub(1).and_then(|number| pages.get_mut(number)) {
            page.push(Due::read(row)?);
        }
    }
    Ok(Pages { request, pages, took: begun.elapsed() })
}
