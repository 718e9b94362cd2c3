use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_postgres::Error as DbError;

use super::chores::{self, Chore, Postponed};
use super::clock::{Backoff, Clock};
use super::dispatch::Sent;
use super::flush::{self, Ended};
use super::heartbeat::{self, Beat};
use super::known::Known;
use super::lane::{Endpoint, Pace};
use super::load;
use super::page;
use super::queues::Queues;
use super::row::{Due, Key};
use super::session::{Connector, Session};
use super::settings::Settings;
use super::tasks::{Finished, Tasks};
use super::undecrypted::Undecrypted;
use crate::error::Error;
use crate::outbox::Outbox;
use crate::retention;
use crate::send::HttpClient;

/// How often endpoints are looked at for changes.
const WATCH: Duration = Duration::from_millis(100);
/// If the server has crashed, transactions begin with numbers that were seen before. There are never as many as these.
const LOST: i64 = 1_000_000;
/// How often lanes are looked for that nobody reads.
const SCAN: Duration = Duration::from_secs(5);
/// How long deliveries that can be sent wait for others to be loaded with.
const GATHER: Duration = Duration::from_millis(1);
const GATHERED: usize = 32;
/// How often what is too old is removed.
const SWEEP: Duration = Duration::from_secs(3600);
/// A worker that has found so many deliveries since the last poll waits twice as long for the next, and so on.
const BUSY: usize = 16;
const LEISURE: u32 = 4;
const NEXT_PAGE: Duration = Duration::from_millis(1);
const CHORES: usize = 64;

/// A worker at work: one task that owns all of its state. Statements and attempts run beside it, and it takes in what
/// they find one after the other.
pub(super) struct Engine {
    pub(super) outbox: Outbox,
    pub(super) settings: Settings,
    pub(super) http: HttpClient,
    pub(super) connector: Arc<Connector>,
    pub(super) session: Option<Arc<Session>>,
    pub(super) trouble: Backoff,
    pub(super) tasks: Tasks,

    pub(super) worker: Option<i64>,
    pub(super) clock: Option<Clock>,
    pub(super) owns_until: Instant,
    /// Its buckets, and whether they are being drained.
    pub(super) buckets: HashMap<i16, bool>,
    pub(super) queues: Queues,
    /// The endpoints whose own lanes are read, in turn.
    pub(super) own: VecDeque<i64>,
    pub(super) known: Known,
    pub(super) endpoints: HashMap<i64, Endpoint>,
    pub(super) undecrypted: Undecrypted,

    /// Endpoints that may have something to send.
    pub(super) ready: VecDeque<i64>,
    pub(super) waiting: usize,
    pub(super) picked: Vec<Due>,
    pub(super) to_load: Vec<i64>,
    pub(super) attempts: JoinSet<Sent>,
    pub(super) in_flight: usize,
    pub(super) own_in_flight: usize,
    pub(super) body_memory: usize,
    pub(super) own_body_memory: usize,
    pub(super) pace: Pace,
    /// How many deliveries were taken from common lanes since the last poll.
    pub(super) found: usize,

    pub(super) ended: Vec<Ended>,
    /// What was in a flush that the database refused: recorded one by one, to find out which it is.
    pub(super) suspects: VecDeque<Ended>,
    /// Attempts whose deliveries were locked, and when they are recorded again.
    pub(super) again: Vec<(Instant, Ended)>,
    pub(super) chores: VecDeque<Chore>,
    pub(super) postponed: HashMap<Key, Postponed>,
    pub(super) unhealthy: HashSet<i64>,
    /// Endpoints whose health is not stored yet, since this time.
    pub(super) unsaved: HashMap<i64, Instant>,
    /// The longest that deliveries had been due when they were read, since the last heartbeat.
    pub(super) lag: Duration,
    pub(super) recorded: i64,
    pub(super) superseded: i64,

    pub(super) next_connect: Instant,
    pub(super) next_beat: Instant,
    pub(super) next_poll: Instant,
    pub(super) next_page: Option<Instant>,
    pub(super) next_load: Option<Instant>,
    pub(super) next_flush: Option<Instant>,
    pub(super) next_chore: Instant,
    pub(super) next_watch: Instant,
    pub(super) next_scan: Instant,
    pub(super) next_relief: Instant,
    pub(super) next_sweep: Instant,
    /// The first transaction whose changes of endpoints may not have been seen.
    pub(super) watched: i64,
    /// When it stops waiting, once it was asked to stop.
    pub(super) stop_at: Option<Instant>,
}

impl Engine {
    pub(super) fn new(
        outbox: Outbox,
        settings: Settings,
        connector: Arc<Connector>,
        session: Session,
    ) -> Result<Engine, Error> {
        let connect_timeout = outbox.provider().delivery_policy().connect_timeout();
        let http = HttpClient::new(outbox.url_policy(), &settings.roots, connect_timeout, settings.max_in_flight)?;
        let now = Instant::now();
        Ok(Engine {
            outbox,
            settings,
            http,
            connector,
            session: Some(Arc::new(session)),
            trouble: Backoff::new(Duration::from_millis(50), Duration::from_secs(2)),
            tasks: Tasks::default(),
            worker: None,
            clock: None,
            owns_until: now,
            buckets: HashMap::new(),
            queues: Queues::new(),
            own: VecDeque::new(),
            known: Known::new(),
            endpoints: HashMap::new(),
            undecrypted: Undecrypted::default(),
            ready: VecDeque::new(),
            waiting: 0,
            picked: Vec::new(),
            to_load: Vec::new(),
            attempts: JoinSet::new(),
            in_flight: 0,
            own_in_flight: 0,
            body_memory: 0,
            own_body_memory: 0,
            pace: Pace::default(),
            found: 0,
            ended: Vec::new(),
            suspects: VecDeque::new(),
            again: Vec::new(),
            chores: VecDeque::new(),
            postponed: HashMap::new(),
            unhealthy: HashSet::new(),
            unsaved: HashMap::new(),
            lag: Duration::ZERO,
            recorded: 0,
            superseded: 0,
            next_connect: now,
            next_beat: now,
            next_poll: now,
            next_page: None,
            next_load: None,
            next_flush: None,
            next_chore: now,
            next_watch: now,
            next_scan: now,
            next_relief: now,
            next_sweep: now + SWEEP.mul_f64(fastrand::f64()),
            watched: i64::MAX,
            stop_at: None,
        })
    }

    /// Works until `shutdown` is ready and everything that was begun is recorded.
    pub(super) async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        tokio::pin!(shutdown);
        let mut wake = Instant::now();
        loop {
            let now = Instant::now();
            // A worker that was held up itself has not heard who has answered.
            if now.saturating_duration_since(wake) > self.pace.patience() / 2 {
                self.next_relief = now + self.pace.patience();
            }
            self.start(now);
            if self.is_finished(now) {
                return self.leave().await;
            }
            wake = self.wake(now);
            tokio::select! {
                Some(sent) = self.attempts.join_next() => {
                    self.sent(sent.map_err(|_| Error::Panicked)?);
                    while let Some(sent) = self.attempts.try_join_next() {
                        self.sent(sent.map_err(|_| Error::Panicked)?);
                    }
                }
                finished = self.tasks.next() => self.finished(finished),
                () = tokio::time::sleep_until(wake.into()) => {}
                () = &mut shutdown, if self.stop_at.is_none() => self.stop(),
            }
        }
    }

    fn finished(&mut self, finished: Finished) {
        match finished {
            Finished::Connected(Ok(session)) => {
                tracing::info!("connected to the database again");
                self.session = Some(session);
                self.queues.forget_seen();
                if self.watched != i64::MAX {
                    self.watched = self.watched.saturating_sub(LOST);
                }
                self.next_beat = Instant::now();
            }
            Finished::Connected(Err(error)) => {
                let wait = self.trouble.next();
                tracing::warn!(%error, ?wait, "no connection to the database");
                self.next_connect = Instant::now() + wait;
            }
            Finished::Beaten(Ok(pulse)) => self.beaten(pulse),
            Finished::Beaten(Err(error)) => self.next_beat = self.failed("the heartbeat", &error),
            Finished::Read(Ok(pages)) => self.take_in(pages),
            Finished::Read(Err(error)) => self.next_poll = self.failed("reading", &error),
            Finished::Loaded(Ok(load)) => self.loaded(load),
            Finished::Loaded(Err((due, asked, error))) => {
                self.picked.extend(due);
                self.to_load.extend(asked);
                self.next_load = Some(self.failed("loading", &error));
            }
            Finished::Recorded((ended, result)) => self.flushed(ended, result),
            Finished::Kept((done, result)) => self.kept(done, result),
            Finished::Watched(Ok((watched, changed))) => {
                self.watched = watched;
                self.changed(&changed);
            }
            Finished::Watched(Err(error)) => self.next_watch = self.failed("looking for changes", &error),
            Finished::Scanned(Ok(lanes)) => lanes.into_iter().for_each(|endpoint| self.adopt(endpoint)),
            Finished::Swept(Ok(())) => {}
            Finished::Swept(Err(error)) => tracing::warn!(%error, "what is too old was not removed"),
            Finished::Scanned(Err(error)) => self.next_scan = self.failed("looking for lanes", &error),
        }
    }

    /// A statement failed through no fault of its rows. Returns when to try again.
    pub(super) fn failed(&mut self, what: &str, error: &DbError) -> Instant {
        let wait = self.trouble.next();
        tracing::warn!(%error, ?wait, "{what} failed");
        crate::metrics::database_error();
        if self.session.as_ref().is_some_and(|session| session.is_closed()) {
            self.session = None;
            self.next_connect = Instant::now() + wait;
        }
        Instant::now() + wait
    }

    /// Starts every statement that is due.
    fn start(&mut self, now: Instant) {
        self.pick(now);
        let Some(session) = self.session.clone() else {
            if self.tasks.connecting.is_none() && now >= self.next_connect {
                let connector = self.connector.clone();
                self.tasks.connecting = Some(Box::pin(async move { connector.session().await.map(Arc::new) }));
            }
            return;
        };
        self.start_ownership(&session, now);
        self.start_sweep(now);
        if self.tasks.reading.is_none() && self.may_begin(now) {
            let is_poll = now >= self.next_poll;
            if is_poll || self.next_page.is_some_and(|next| now >= next) {
                if is_poll {
                    self.next_poll = now + self.settings.poll_interval * self.leisure();
                }
                if let Some(request) = self.request(now, is_poll) {
                    let session = session.clone();
                    self.tasks.reading = Some(Box::pin(async move { page::read(&session, request).await }));
                }
            }
        }
        let is_gathered = self.picked.len() >= GATHERED || self.next_load.is_some_and(|next| now >= next);
        let has_load = !self.picked.is_empty() || !self.to_load.is_empty();
        // Not before changes of endpoints are watched: one in between would be missed.
        let is_watched = self.watched != i64::MAX;
        if self.tasks.loading.is_none() && has_load && is_gathered && is_watched {
            self.next_load = None;
            let (due, asked) = (std::mem::take(&mut self.picked), std::mem::take(&mut self.to_load));
            let (session, outbox, limit) = (session.clone(), self.outbox.clone(), self.settings.max_timeout);
            self.tasks.loading = Some(Box::pin(async move { load::load(&session, &outbox, due, asked, limit).await }));
        }
        self.start_flush(&session, now);
        if self.tasks.keeping.is_none() && now >= self.next_chore {
            self.gather_health();
            self.gather_postponed(now);
            if !self.chores.is_empty() {
                let chores = self.chores.drain(..self.chores.len().min(CHORES)).collect();
                let session = session.clone();
                self.tasks.keeping = Some(Box::pin(async move { chores::work(&session, chores).await }));
            }
        }
        if self.tasks.watching.is_none() && now >= self.next_watch {
            self.next_watch = now + WATCH;
            self.decrypt_again(now);
            let (session, watched) = (session.clone(), self.watched);
            self.tasks.watching = Some(Box::pin(async move {
                let row = session.watcher.query_one(&session.statements.changed, &[&watched]).await?;
                let (ids, changes): (Vec<i64>, Vec<i64>) = (row.try_get(1)?, row.try_get(2)?);
                Ok((row.try_get(0)?, ids.into_iter().zip(changes).collect()))
            }));
        }
    }

    fn start_ownership(&mut self, session: &Arc<Session>, now: Instant) {
        if self.tasks.beating.is_none() && now >= self.next_beat {
            self.next_beat = now + self.settings.lease / 6;
            let beat = Beat {
                worker: self.worker,
                lease: self.settings.lease,
                recorded: std::mem::take(&mut self.recorded),
                superseded: std::mem::take(&mut self.superseded),
                given: self.drained(),
                takes: self.stop_at.is_none(),
            };
            let session = session.clone();
            self.tasks.beating = Some(Box::pin(async move { heartbeat::beat(&session, &beat).await }));
        }
        if self.tasks.scanning.is_none() && now >= self.next_scan && self.stop_at.is_none() {
            self.next_scan = now + SCAN;
            let buckets: Vec<i16> =
                self.buckets.iter().filter(|(_, drains)| !**drains).map(|(bucket, _)| *bucket).collect();
            let session = session.clone();
            self.tasks.scanning = Some(Box::pin(async move {
                let rows = session.reader.query(&session.statements.lanes, &[&buckets]).await?;
                rows.iter().map(|row| row.try_get(0)).collect()
            }));
        }
    }

    fn start_sweep(&mut self, now: Instant) {
        if now < self.next_sweep || self.tasks.sweeping.is_some() {
            return;
        }
        self.next_sweep = now + SWEEP;
        if let Some(retention) = self.settings.retention {
            let connector = self.connector.clone();
            self.tasks.sweeping = Some(Box::pin(async move {
                let client = connector.connect().await?;
                retention::expire(&client, retention).await
            }));
        }
    }

    fn start_flush(&mut self, session: &Arc<Session>, now: Instant) {
        if self.tasks.recording.is_some() {
            return;
        }
        if self.again.iter().any(|(at, _)| *at <= now) {
            let (due, later): (Vec<_>, _) = std::mem::take(&mut self.again).into_iter().partition(|(at, _)| *at <= now);
            self.again = later;
            self.ended.extend(due.into_iter().map(|(_, ended)| ended));
            self.next_flush.get_or_insert(now);
        }
        let is_due = self.ended.len() >= self.settings.flush_size || self.next_flush.is_some_and(|next| now >= next);
        let mut ended: Vec<Ended> = match self.suspects.pop_front() {
            Some(suspect) if self.next_flush.is_none_or(|next| now >= next) => vec![suspect],
            Some(suspect) => {
                self.suspects.push_front(suspect);
                return;
            }
            None if is_due && !self.ended.is_empty() => {
                self.ended.drain(..self.ended.len().min(self.settings.flush_size)).collect()
            }
            None => return,
        };
        self.next_flush = (!self.ended.is_empty()).then(|| now + self.settings.flush_delay);
        let session = session.clone();
        self.tasks.recording = Some(Box::pin(async move {
            let result = flush::flush(&session, &mut ended).await;
            (ended, result)
        }));
    }

    /// When there is something to start, at the latest.
    fn wake(&self, now: Instant) -> Instant {
        let mut wake = self.next_beat.min(self.next_watch).min(self.next_scan).min(self.next_sweep);
        if self.session.is_none() {
            wake = self.next_connect;
        }
        let later = [
            (self.tasks.reading.is_none() && self.may_begin(now)).then_some(self.next_poll),
            self.next_page.filter(|_| self.tasks.reading.is_none()),
            self.next_load.filter(|_| self.tasks.loading.is_none()),
            self.next_flush.filter(|_| self.tasks.recording.is_none()),
            (!self.chores.is_empty() && self.tasks.keeping.is_none()).then_some(self.next_chore),
            self.next_postponed().filter(|_| self.tasks.keeping.is_none()),
            self.again.iter().map(|(at, _)| *at).min().filter(|_| self.tasks.recording.is_none()),
            self.stop_at,
        ];
        // A time that has passed waits for something else, or for the next millisecond.
        later.into_iter().flatten().fold(wake, Instant::min).max(now + Duration::from_micros(500))
    }

    /// How many poll intervals to wait: the more there is to do, the more is read at once.
    fn leisure(&mut self) -> u32 {
        let intervals = 1 + std::mem::take(&mut self.found) / BUSY;
        u32::try_from(intervals).map_or(LEISURE, |intervals| intervals.min(LEISURE))
    }

    /// Gathers what can be sent for a moment before it is loaded.
    pub(super) fn gather(&mut self, now: Instant) {
        self.next_load.get_or_insert(now + GATHER);
    }

    pub(super) fn page_soon(&mut self, has_more: bool) {
        self.next_page = has_more.then(|| Instant::now() + NEXT_PAGE);
    }
}
