//! What a cache knows, and when it may ask. Time is an argument.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Cause;
use crate::public_key::{MAX_PUBLIC_KEYS, PublicKey};

/// Between the beginnings of two fetches.
const INTERVAL: Duration = Duration::from_secs(60);
/// How much later than its timeout a fetch may end where tasks have to wait for their turn.
const LATENESS: Duration = Duration::from_secs(1);
/// How long an id that the source does not know is remembered.
const ABSENCE: Duration = Duration::from_secs(300);
/// How many of these are remembered.
const MAX_ABSENT: usize = 256;

#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) fresh_for: Duration,
    pub(super) usable_for: Duration,
    pub(super) timeout: Duration,
}

/// What a request needs that the keys at hand do not have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need<'i> {
    /// A key with this id.
    Id(&'i str),
    /// Newer keys: none of those at hand has made the signature, and the request names none.
    Any,
    /// The key that made the signature again, because it was fetched long ago.
    Renewal(Option<&'i str>),
}

/// What became of a need.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The source was asked: the keys are as it has them now.
    Fetched,
    /// The source has said less than five minutes ago that it has no such key; or the id can be none of its keys.
    Absent,
    /// The source has answered less than a minute ago, and is not asked again yet.
    Recent,
    /// The source cannot be asked.
    Failed(Cause),
    /// Since the need arose, other keys have come: it may be seen to already.
    Newer,
}

/// All keys that a cache may use at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) generation: Generation,
    pub(crate) keys: Vec<PublicKey>,
}

/// Grows whenever the keys change that caches with the same rules may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation {
    /// How often the keys have changed for all.
    pub(crate) changes: u64,
    /// How many of the fetches are too long ago. The oldest come first.
    pub(crate) too_old: usize,
}

/// Keys that were fetched together.
struct Entry {
    /// `None` for a whole set.
    id: Option<String>,
    keys: Vec<PublicKey>,
    fetched: Instant,
    /// A request with a right signature has waited in vain for its renewal.
    is_wanted: bool,
}

/// The last fetch that has begun.
struct Last {
    /// How many have begun before.
    number: u64,
    began: Instant,
    timeout: Duration,
    is_over: bool,
}

#[derive(Default)]
pub(super) struct State {
    entries: Vec<Entry>,
    absent: VecDeque<(String, Instant)>,
    last: Option<Last>,
    /// Of the last fetch.
    failure: Option<Cause>,
    /// Of all entries.
    snapshot: Arc<Snapshot>,
    /// The last one without those that are too old, and for how long its keys are usable.
    cut: Option<(Duration, Arc<Snapshot>)>,
}

/// What is fetched.
#[derive(Debug)]
pub(super) struct Errand {
    number: u64,
    /// The id of the key, or `None` for the whole set.
    pub(super) target: Option<String>,
    /// The id that was lacking when it began. Only of this one does the result say that the source does not know it: the source
    /// may have read its keys before another one was published.
    lacking: Option<String>,
}

/// What a request is to do.
#[derive(Debug)]
pub(super) enum Step {
    /// Fetch, and wait for the end.
    Fetch(Errand),
    /// Wait for the end of the fetch that has begun.
    Wait,
    End(Outcome),
}

impl State {
    /// The keys that can be used now. Clones of a cache share them, and may have other rules: none is removed.
    pub(super) fn keys(&mut self, rules: &Rules, now: Instant) -> Arc<Snapshot> {
        let usable_for = rules.usable_for;
        let is_usable = |entry: &&Entry| now.saturating_duration_since(entry.fetched) < usable_for;
        let too_old = self.entries.len() - self.entries.iter().filter(is_usable).count();
        if too_old == 0 {
            return self.snapshot.clone();
        }
        let generation = Generation { too_old, ..self.snapshot.generation };
        if let Some((time, cut)) = &self.cut
            && (*time, cut.generation) == (usable_for, generation)
        {
            return cut.clone();
        }
        let keys = self.entries.iter().filter(is_usable).flat_map(|entry| &entry.keys).cloned().collect();
        let cut = Arc::new(Snapshot { generation, keys });
        self.cut = Some((usable_for, cut.clone()));
        cut
    }

    /// Whether a key was fetched so long ago that it is to be fetched again.
    pub(super) fn is_due(&self, id: Option<&str>, rules: &Rules, now: Instant) -> bool {
        let entry = self.entries.iter().find(|entry| entry.id.is_none() || entry.id.as_deref() == id);
        entry.is_some_and(|entry| now.saturating_duration_since(entry.fetched) >= rules.fresh_for)
    }

    /// `generation` is that of the keys in which something was lacking, and `is_set` says that the source has all keys in one
    /// set.
    pub(super) fn next_step(
        &mut self,
        need: Need<'_>,
        generation: Generation,
        is_set: bool,
        rules: &Rules,
        now: Instant,
    ) -> Step {
        if self.snapshot.generation.changes != generation.changes {
            return Step::End(Outcome::Newer);
        }
        let target = match need {
            Need::Id(id) if self.is_absent(id, now) => return Step::End(Outcome::Absent),
            // Without an id, there is nothing to ask for.
            Need::Any | Need::Renewal(None) if !is_set => return Step::End(Outcome::Absent),
            Need::Id(id) | Need::Renewal(Some(id)) => Some(id).filter(|_| !is_set),
            Need::Any | Need::Renewal(None) => None,
        };
        if let Some(last) = &mut self.last
            && !last.is_over
        {
            if now.saturating_duration_since(last.began) <= last.timeout.saturating_add(LATENESS) {
                return Step::Wait;
            }
            // Whatever runs it has stopped. It may still end, until another one has begun.
            last.is_over = true;
            self.failure = Some(not_answered(last.timeout));
        }
        let entry = self.entries.iter_mut().find(|entry| entry.id.as_deref() == target);
        if self.last.as_ref().is_some_and(|last| now.saturating_duration_since(last.began) < INTERVAL) {
            if let (Need::Renewal(_), Some(entry)) = (need, entry) {
                entry.is_wanted = true;
            }
            return Step::End(self.failure.clone().map_or(Outcome::Recent, Outcome::Failed));
        }
        // Known keys first: requests with made-up ids must not keep them from being renewed.
        let wanted = self.entries.iter_mut().find(|entry| entry.is_wanted && entry.id.is_some());
        let target = match wanted {
            Some(entry) => {
                entry.is_wanted = false;
                entry.id.clone()
            }
            None => target.map(str::to_owned),
        };
        let lacking = match need {
            Need::Id(id) | Need::Renewal(Some(id)) if is_set => Some(id.to_owned()),
            _ => target.clone(),
        };
        let number = self.last.as_ref().map_or(0, |last| last.number + 1);
        self.last = Some(Last { number, began: now, timeout: rules.timeout, is_over: false });
        Step::Fetch(Errand { number, target, lacking })
    }

    /// What the fetch that has just ended means for a need, which has begun it or joined it later.
    pub(super) fn after_fetch(
        &mut self,
        need: Need<'_>,
        has_begun: bool,
        is_set: bool,
        rules: &Rules,
        now: Instant,
    ) -> Outcome {
        if let Some(failure) = &self.failure {
            return Outcome::Failed(failure.clone());
        }
        let (Need::Id(id) | Need::Renewal(Some(id))) = need else { return Outcome::Fetched };
        match need {
            _ if has_id(&self.keys(rules, now).keys, id) => Outcome::Fetched,
            Need::Renewal(_) if is_set => Outcome::Fetched,
            _ if !has_begun => Outcome::Recent,
            _ if is_set => Outcome::Fetched,
            _ if self.is_absent(id, now) => Outcome::Absent,
            _ => Outcome::Recent,
        }
    }

    /// Ends a fetch. Returns `false` and changes nothing if another one has begun since.
    pub(super) fn end(&mut self, errand: Errand, result: Result<Vec<PublicKey>, Cause>, now: Instant) -> bool {
        let Errand { number, target, lacking } = errand;
        match &mut self.last {
            Some(last) if last.number == number => last.is_over = true,
            _ => return false,
        }
        let result = result.and_then(|keys| match keys.len() {
            0 if target.is_none() => Err(Cause::new("the source has returned no key")),
            count if count > MAX_PUBLIC_KEYS => Err(Cause::new("the source has returned more than 64 keys")),
            _ if has_repeated_id(&keys) => Err(Cause::new("the source has returned two keys with one id")),
            _ => Ok(keys),
        });
        let keys = match result {
            Err(failure) => {
                self.failure = Some(failure);
                return true;
            }
            Ok(keys) => keys,
        };
        self.failure = None;
        self.entries.retain(|entry| entry.id != target);
        if let Some(id) = lacking
            && !has_id(&keys, &id)
        {
            self.add_absent(id, now);
        }
        if !keys.is_empty() {
            if self.entries.len() >= MAX_PUBLIC_KEYS
                && let Some((oldest, _)) = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.fetched)
            {
                self.entries.remove(oldest);
            }
            self.entries.push(Entry { id: target, keys, fetched: now, is_wanted: false });
        }
        self.renew_snapshot();
        true
    }

    /// Of the last fetch.
    pub(super) fn failure(&self) -> Option<&Cause> {
        self.failure.as_ref()
    }

    fn renew_snapshot(&mut self) {
        let keys = self.entries.iter().flat_map(|entry| &entry.keys).cloned().collect();
        let generation = Generation { changes: self.snapshot.generation.changes + 1, too_old: 0 };
        self.snapshot = Arc::new(Snapshot { generation, keys });
        self.cut = None;
    }

    fn is_absent(&mut self, id: &str, now: Instant) -> bool {
        self.absent.retain(|(_, since)| now.saturating_duration_since(*since) < ABSENCE);
        self.absent.iter().any(|(absent, _)| absent == id)
    }

    fn add_absent(&mut self, id: String, now: Instant) {
        if self.is_absent(&id, now) {
            return;
        }
        if self.absent.len() >= MAX_ABSENT {
            self.absent.pop_front();
        }
        self.absent.push_back((id, now));
    }
}

pub(super) fn not_answered(timeout: Duration) -> Cause {
    Cause::new(format!("the source has not answered within {} s", timeout.as_secs_f64()))
}

fn has_id(keys: &[PublicKey], id: &str) -> bool {
    keys.iter().any(|key| key.id() == Some(id))
}

fn has_repeated_id(keys: &[PublicKey]) -> bool {
    keys.iter().enumerate().any(|(place, key)| {
        key.id().is_some() && keys.get(..place).unwrap_or_default().iter().any(|other| other.id() == key.id())
    })
}
