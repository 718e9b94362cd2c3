use std::collections::HashMap;
use std::time::{Duration, Instant};

use hookseal::time::OffsetDateTime;

use super::row::Due;

/// A transaction that commits later than its due time hides below the cursor. So each poll reads a little again, which
/// covers nearly all of them; now and then, more is read again; and sometimes, everything.
const EVERY_POLL: Duration = Duration::from_millis(20);
/// How often, and how much.
const SHALLOW: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(250));
const DEEPER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// How often a queue is read from its very beginning, if that costs nothing. While an old snapshot keeps the dead rows of
/// hours, it costs much: then it takes at most a twentieth of the time.
const FROM_BEGINNING: Duration = Duration::from_secs(5);
const MAX_COST: u32 = 20;

/// Where a queue is read on: after the delivery with this due time, event and endpoint.
type Cursor = (OffsetDateTime, i64, i64);
const BEGINNING: Cursor = (OffsetDateTime::UNIX_EPOCH, i64::MIN, i64::MIN);

/// A part of the index that is read in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum QueueId {
    /// The common lane of a bucket.
    Bucket(i16),
    /// The lane of an endpoint.
    Endpoint(i64),
}

#[derive(Debug)]
struct Queue {
    cursor: Cursor,
    /// Whether the last page was full.
    has_more: bool,
    /// The endpoint that must send something before it is worth reading on.
    blocked_by: Option<i64>,
    read_from_beginning: Instant,
}

/// The queues of the buckets that a worker owns.
#[derive(Debug)]
pub(super) struct Queues {
    queues: HashMap<QueueId, Queue>,
    shallow: Instant,
    deeper: Instant,
    /// When a queue may be read from its beginning again.
    deep: Instant,
}

impl Queues {
    pub(super) fn new() -> Queues {
        let now = Instant::now();
        Queues { queues: HashMap::new(), shallow: now, deeper: now, deep: now }
    }

    /// Adds a queue, which is read from its beginning. Does nothing if it is there.
    pub(super) fn add(&mut self, id: QueueId) {
        let queue =
            || Queue { cursor: BEGINNING, has_more: true, blocked_by: None, read_from_beginning: Instant::now() };
        self.queues.entry(id).or_insert_with(queue);
    }

    pub(super) fn remove(&mut self, id: QueueId) {
        self.queues.remove(&id);
    }

    /// Reads a queue from its beginning next.
    pub(super) fn restart(&mut self, id: QueueId) {
        self.remove(id);
        self.add(id);
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = QueueId> {
        self.queues.keys().copied()
    }

    /// A delivery was given this due time, which may lie below the cursor.
    pub(super) fn lower(&mut self, id: QueueId, due: OffsetDateTime) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.cursor = queue.cursor.min((due, i64::MIN, i64::MIN));
        }
    }

    /// Once per poll: lowers the cursors, so that what was committed late is found. Returns the queue that is now read
    /// from its beginning, if there is one.
    pub(super) fn look_back(&mut self, clock: OffsetDateTime, now: Instant) -> Option<QueueId> {
        let mut back = EVERY_POLL;
        for (last, (interval, far)) in [(&mut self.shallow, SHALLOW), (&mut self.deeper, DEEPER)] {
            if now.duration_since(*last) >= interval {
                (*last, back) = (now, far);
            }
        }
        let low = (clock - back, i64::MIN, i64::MIN);
        for queue in self.queues.values_mut() {
            // One that has more to read has not come so far.
            if !queue.has_more {
                queue.cursor = queue.cursor.min(low);
            }
        }
        if now < self.deep {
            return None;
        }
        let oldest = self.queues.iter_mut().min_by_key(|(_, queue)| queue.read_from_beginning)?;
        if now.duration_since(oldest.1.read_from_beginning) < FROM_BEGINNING {
            return None;
        }
        oldest.1.read_from_beginning = now;
        oldest.1.cursor = BEGINNING;
        Some(*oldest.0)
    }

    /// How long it took to read a queue from its beginning.
    pub(super) fn looked_back(&mut self, took: Duration) {
        self.deep = Instant::now() + took * MAX_COST;
    }

    /// Where to read a queue on, unless its endpoint has to send something first.
    pub(super) fn cursor(&self, id: QueueId, has_room: impl Fn(i64) -> bool) -> Option<Cursor> {
        let queue = self.queues.get(&id)?;
        queue.blocked_by.is_none_or(has_room).then_some(queue.cursor)
    }

    pub(super) fn contains(&self, id: QueueId) -> bool {
        self.queues.contains_key(&id)
    }

    /// Whether the last page was full, so that more can be read at once.
    pub(super) fn has_more(&self, id: QueueId) -> bool {
        self.queues.get(&id).is_some_and(|queue| queue.has_more)
    }

    pub(super) fn passed(&mut self, id: QueueId, due: &Due) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.cursor = (due.due_at, due.key.0, due.key.1);
        }
    }

    /// What the last page of a queue has shown.
    pub(super) fn read(&mut self, id: QueueId, has_more: bool, blocked_by: Option<i64>) {
        if let Some(queue) = self.queues.get_mut(&id) {
            (queue.has_more, queue.blocked_by) = (has_more, blocked_by);
        }
    }
}
