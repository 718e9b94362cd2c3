use std::collections::HashMap;
use std::time::{Duration, Instant};

use hookseal::time::OffsetDateTime;

use super::row::Key;

/// A transaction that commits later than its due time hides below the cursor. So each poll looks back a little, which
/// covers nearly all of them; now and then it looks back farther; and sometimes, everything is read again.
///
/// How often, and how far before the last poll. What it has seen there before is not read again.
const LOOKS_BACK: [(Duration, Duration); 3] = [
    (Duration::ZERO, Duration::from_millis(20)),
    (Duration::from_millis(100), Duration::from_millis(250)),
    (Duration::from_secs(1), Duration::from_secs(5)),
];
/// How often a queue is read from its very beginning, if that costs nothing. While an old snapshot keeps the dead rows of
/// hours, it costs much: then it takes at most a twentieth of the time.
const FROM_BEGINNING: Duration = Duration::from_secs(5);
const MAX_COST: u32 = 20;
/// Of queues that are new, so many are read at once that it takes about this long. In between, all others are read for as
/// long as that took.
const FIRST_TIME: Duration = Duration::from_millis(100);

/// After the delivery with this due time, event and endpoint.
type Cursor = (OffsetDateTime, i64, i64);

/// Where a queue is read on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) cursor: Cursor,
    /// What was due until this time was read before, if its transaction is older than `oldest`.
    pub(super) seen: OffsetDateTime,
    pub(super) oldest: i64,
}

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
    /// Whether it was never read.
    is_new: bool,
    /// The latest due time that it was read to, whatever was lowered since.
    seen: OffsetDateTime,
    /// How far it looks back, until it has read everything from there on.
    looks_back: usize,
    /// What the first page since then did not see, or not for sure, is not older than this transaction.
    unseen: Option<i64>,
    /// For each distance, the first transaction of which something may be unseen.
    oldest: [i64; LOOKS_BACK.len()],
    /// Whether it was lowered since the last page was asked for, which then says nothing about what is below.
    is_lowered: bool,
    /// Whether the last page was full.
    has_more: bool,
    /// The endpoint that must send something before it is worth reading on.
    blocked_by: Option<i64>,
    /// Since when there has been such an endpoint each time, and never an end.
    blocked_since: Option<Instant>,
    read_from_beginning: Instant,
}

/// An endpoint for which a queue waits.
pub(super) struct Blocker<'q> {
    pub(super) endpoint: i64,
    /// Since when the queue has waited, be it for others before.
    pub(super) since: &'q mut Instant,
    /// Whether the queue is much farther behind than most. Else, they all wait for the worker.
    pub(super) is_behind: bool,
}

impl Queue {
    /// How long ago that was due to which it was read.
    fn lag(&self, clock: OffsetDateTime) -> Duration {
        if self.has_more { Duration::try_from(clock - self.seen).unwrap_or_default() } else { Duration::ZERO }
    }

    /// Reads again what it has seen.
    fn forget_seen(&mut self) {
        (self.looks_back, self.unseen, self.is_lowered) = (LOOKS_BACK.len() - 1, None, true);
        self.oldest = [0; LOOKS_BACK.len()];
    }
}

/// The queues of the buckets that a worker owns.
#[derive(Debug)]
pub(super) struct Queues {
    queues: HashMap<QueueId, Queue>,
    /// When it looked back last.
    looked_back: [Instant; LOOKS_BACK.len()],
    polled: OffsetDateTime,
    /// When a queue may be read from its beginning again.
    deep: Instant,
    /// How many new queues are read at once, and when the next ones may be.
    at_once: usize,
    next_new: Instant,
}

impl Queues {
    pub(super) fn new() -> Queues {
        let now = Instant::now();
        let looked_back = [now; LOOKS_BACK.len()];
        let polled = OffsetDateTime::UNIX_EPOCH;
        Queues { queues: HashMap::new(), looked_back, polled, deep: now, at_once: 1, next_new: now }
    }

    /// Adds a queue, which is read from its beginning. Does nothing if it is there.
    pub(super) fn add(&mut self, id: QueueId) {
        self.queues.entry(id).or_insert_with(|| Queue {
            cursor: BEGINNING,
            is_new: true,
            seen: BEGINNING.0,
            looks_back: LOOKS_BACK.len() - 1,
            unseen: None,
            oldest: [0; LOOKS_BACK.len()],
            is_lowered: true,
            has_more: true,
            blocked_by: None,
            blocked_since: None,
            read_from_beginning: Instant::now(),
        });
    }

    pub(super) fn remove(&mut self, id: QueueId) {
        self.queues.remove(&id);
    }

    /// Reads a queue from its beginning next.
    pub(super) fn restart(&mut self, id: QueueId) {
        self.remove(id);
        self.add(id);
    }

    /// A delivery was given this due time, which may lie below the cursor.
    pub(super) fn lower(&mut self, id: QueueId, due: OffsetDateTime) {
        if let Some(queue) = self.queues.get_mut(&id) {
            let low = (due, i64::MIN, i64::MIN);
            if low < queue.cursor {
                queue.cursor = low;
                queue.forget_seen();
            }
        }
    }

    /// Once per poll: lowers the cursors, so that what was committed late is found. Returns the queue that is now read
    /// from its beginning, if there is one: those that are not read at all do not take the turns of others.
    pub(super) fn look_back(
        &mut self,
        clock: OffsetDateTime,
        now: Instant,
        is_read: impl Fn(QueueId) -> bool,
    ) -> Option<QueueId> {
        let mut looks_back = 0;
        for (number, (last, (interval, _))) in self.looked_back.iter_mut().zip(LOOKS_BACK).enumerate() {
            if now.duration_since(*last) >= interval {
                (*last, looks_back) = (now, number);
            }
        }
        let polled = std::mem::replace(&mut self.polled, clock);
        let low = (polled.min(clock) - LOOKS_BACK[looks_back].1, i64::MIN, i64::MIN);
        for queue in self.queues.values_mut() {
            // One that has more to read has not come so far.
            if !queue.has_more {
                queue.cursor = queue.cursor.min(low);
                queue.looks_back = queue.looks_back.max(looks_back);
            }
        }
        if now < self.deep {
            return None;
        }
        let queues = self.queues.iter_mut().filter(|(id, _)| is_read(**id));
        let oldest = queues.min_by_key(|(_, queue)| queue.read_from_beginning)?;
        if now.duration_since(oldest.1.read_from_beginning) < FROM_BEGINNING {
            return None;
        }
        oldest.1.read_from_beginning = now;
        oldest.1.cursor = BEGINNING;
        oldest.1.forget_seen();
        Some(*oldest.0)
    }

    /// After a crash of the server, transactions begin with numbers that were seen before.
    pub(super) fn forget_seen(&mut self) {
        self.queues.values_mut().for_each(Queue::forget_seen);
    }

    /// How long it took to read a queue from its beginning.
    pub(super) fn looked_back(&mut self, took: Duration) {
        self.deep = Instant::now() + took * MAX_COST;
    }

    /// The queues of buckets that may be read now, and whether some of them are new.
    pub(super) fn buckets(&self, now: Instant) -> (Vec<QueueId>, bool) {
        let buckets = self.queues.iter().filter(|(id, _)| matches!(id, QueueId::Bucket(_)));
        let (new, mut read): (Vec<_>, Vec<_>) = buckets.partition(|(_, queue)| queue.is_new);
        let at_once = if now < self.next_new { 0 } else { new.len().min(self.at_once) };
        read.extend(&new[..at_once]);
        (read.into_iter().map(|(id, _)| *id).collect(), at_once > 0)
    }

    /// How long it took to read new queues, among others. Returns whether more are left.
    pub(super) fn met(&mut self, took: Duration) -> bool {
        if took < FIRST_TIME {
            self.at_once = self.at_once.saturating_mul(2);
        } else {
            (self.at_once, self.next_new) = ((self.at_once / 2).max(1), Instant::now() + took);
        }
        let is_left = self.queues.iter().any(|(id, queue)| queue.is_new && matches!(id, QueueId::Bucket(_)));
        if !is_left {
            self.at_once = 1;
        }
        is_left
    }

    /// Where to read a queue on, unless its endpoint has to send something first.
    pub(super) fn from(&mut self, id: QueueId, has_room: impl Fn(i64) -> bool) -> Option<Start> {
        let queue = self.queues.get_mut(&id).filter(|queue| queue.blocked_by.is_none_or(has_room))?;
        queue.is_lowered = false;
        Some(Start { cursor: queue.cursor, seen: queue.seen, oldest: queue.oldest[queue.looks_back] })
    }

    /// The endpoints for which queues wait.
    pub(super) fn blockers(&mut self, clock: OffsetDateTime, patience: Duration) -> impl Iterator<Item = Blocker<'_>> {
        let buckets = self.queues.iter().filter(|(id, _)| matches!(id, QueueId::Bucket(_)));
        let mut lags: Vec<Duration> = buckets.map(|(_, queue)| queue.lag(clock)).collect();
        lags.sort_unstable();
        let usual = if lags.len() > 1 { lags[lags.len() / 4] } else { Duration::ZERO };
        self.queues.values_mut().filter_map(move |queue| {
            let is_behind = queue.lag(clock) > usual * 2 + patience;
            let since = queue.blocked_since.as_mut()?;
            Some(Blocker { endpoint: queue.blocked_by?, since, is_behind })
        })
    }

    pub(super) fn contains(&self, id: QueueId) -> bool {
        self.queues.contains_key(&id)
    }

    /// Whether the last page was full, so that more can be read at once.
    pub(super) fn has_more(&self, id: QueueId) -> bool {
        self.queues.get(&id).is_some_and(|queue| queue.has_more)
    }

    pub(super) fn passed(&mut self, id: QueueId, key: Key, due_at: OffsetDateTime) {
        if let Some(queue) = self.queues.get_mut(&id).filter(|queue| !queue.is_lowered) {
            queue.cursor = (due_at, key.0, key.1);
            queue.seen = queue.seen.max(due_at);
        }
    }

    /// What the last page of a queue has shown, which was read at this time. It has seen everything that transactions
    /// before `oldest` have written.
    pub(super) fn read(
        &mut self,
        id: QueueId,
        at: OffsetDateTime,
        oldest: i64,
        has_more: bool,
        blocked_by: Option<i64>,
    ) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        (queue.has_more, queue.blocked_by) = (has_more || queue.is_lowered, blocked_by);
        if blocked_by.is_some() {
            queue.blocked_since.get_or_insert_with(Instant::now);
        } else if !queue.has_more {
            queue.blocked_since = None;
        }
        if queue.is_lowered {
            return;
        }
        queue.is_new = false;
        let unseen = *queue.unseen.get_or_insert(oldest);
        if !has_more {
            // Even if it has shown nothing: else its dead rows would be read each time.
            queue.cursor = queue.cursor.max((at, i64::MIN, i64::MIN));
            queue.oldest[..=queue.looks_back].fill(unseen);
            (queue.looks_back, queue.unseen) = (0, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(queues: &mut Queues, at: OffsetDateTime, took: Duration) -> usize {
        let (ids, has_new) = queues.buckets(Instant::now());
        for id in &ids {
            queues.from(*id, |_| true).unwrap();
            queues.read(*id, at, 1, false, None);
        }
        if has_new {
            queues.met(took);
        }
        ids.len()
    }

    #[test]
    fn new_queues_are_read_a_few_at_once() {
        let hour = Duration::from_secs(3600);
        for (took, read) in [(Duration::ZERO, [1, 3, 7, 15]), (hour, [1, 1, 1, 1])] {
            let mut queues = Queues::new();
            (0..15).for_each(|bucket| queues.add(QueueId::Bucket(bucket)));
            assert_eq!(read.map(|_| page(&mut queues, OffsetDateTime::UNIX_EPOCH, took)), read);
        }
    }

    /// Else the dead rows of one that is empty would be read each time.
    #[test]
    fn a_queue_that_was_empty_is_not_read_from_its_beginning_again() {
        let (mut queues, id) = (Queues::new(), QueueId::Bucket(0));
        queues.add(id);
        let at = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60);
        queues.look_back(at, Instant::now(), |_| true);
        page(&mut queues, at, Duration::ZERO);
        queues.look_back(at, Instant::now(), |_| true);
        let cursor = queues.from(id, |_| true).unwrap().cursor.0;
        assert!(cursor > BEGINNING.0 && cursor < at, "{cursor}");
    }
}
