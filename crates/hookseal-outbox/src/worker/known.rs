use std::collections::HashSet;

use super::row::{BUCKETS, Key, bucket};

/// The deliveries that are in the worker's hands, so that a row that is still due is not taken twice.
#[derive(Debug)]
pub(super) struct Known {
    keys: HashSet<Key>,
    /// Those whose change is committed. A reading that had begun before may still return them.
    settled: Vec<Key>,
    /// For each bucket, how many are not settled.
    busy: Vec<usize>,
}

impl Known {
    pub(super) fn new() -> Known {
        Known { keys: HashSet::new(), settled: Vec::new(), busy: vec![0; BUCKETS as usize] }
    }

    /// Returns whether it was not known before.
    pub(super) fn insert(&mut self, key: Key) -> bool {
        let is_new = self.keys.insert(key);
        if is_new {
            self.busy[place(key)] += 1;
        }
        is_new
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// Its row is unchanged, and may be taken again at once.
    pub(super) fn forget(&mut self, key: Key) {
        if self.keys.remove(&key) {
            self.busy[place(key)] = self.busy[place(key)].saturating_sub(1);
        }
    }

    /// Its row was changed or removed.
    pub(super) fn settle(&mut self, key: Key) {
        if self.keys.contains(&key) {
            self.busy[place(key)] = self.busy[place(key)].saturating_sub(1);
            self.settled.push(key);
        }
    }

    /// To be called right before a reading begins: it sees everything that is settled.
    pub(super) fn forget_settled(&mut self) {
        for key in self.settled.drain(..) {
            self.keys.remove(&key);
        }
    }

    pub(super) fn is_idle(&self, bucket: i16) -> bool {
        usize::try_from(bucket).is_ok_and(|bucket| self.busy.get(bucket).is_none_or(|busy| *busy == 0))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.busy.iter().all(|busy| *busy == 0)
    }
}

fn place(key: Key) -> usize {
    usize::try_from(bucket(key.1)).unwrap_or(0)
}
