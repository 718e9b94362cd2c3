use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Socket};

use crate::error::Error;
use crate::outbox::Outbox;
use crate::retention::Retention;
use crate::send::Roots;
use engine::Engine;
use session::Connector;
use settings::Settings;

mod chores;
mod clock;
mod dispatch;
mod engine;
mod flush;
mod heartbeat;
mod hold;
mod intake;
mod known;
mod lane;
mod load;
mod outcome;
mod ownership;
mod page;
mod queues;
mod row;
mod session;
mod settings;
mod statements;
mod target;
mod tasks;
mod undecrypted;

/// A machine has about as many ports for connections to one address.
const MOST_IN_FLIGHT: usize = 1 << 16;
const LONGEST_POLL_INTERVAL: Duration = Duration::from_secs(60);
const LONGEST_LEASE: Duration = Duration::from_secs(3600);
/// Less than a worker that is asked to stop waits for its last attempts to be recorded.
const LONGEST_FLUSH_DELAY: Duration = Duration::from_secs(10);

/// One of a fleet of workers, which share the endpoints among themselves and send what is due.
///
/// Start as many as you like, in as many processes: each takes its share of the 64 buckets of endpoints, and when one
/// ends or dies, the others take over what it had, at once or after its [lease](Self::with_lease). A worker does its own
/// work on one core, so start about as many as there are cores for it.
///
/// It opens five connections of its own. A pooler between them and PostgreSQL must keep sessions apart, because the
/// statements are prepared.
///
/// ```no_run
/// use hookseal::provider;
/// use hookseal_outbox::{Outbox, Worker};
/// use tokio_postgres::NoTls;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let outbox = Outbox::new(&provider::STANDARD_WEBHOOKS);
/// let worker = Worker::new(outbox, "host=localhost user=app dbname=app".parse()?, NoTls);
/// worker.run(async { tokio::signal::ctrl_c().await.unwrap_or(()) }).await?;
/// # Ok(())
/// # }
/// ```
pub struct Worker {
    outbox: Outbox,
    connector: Arc<Connector>,
    settings: Settings,
}

impl Worker {
    /// A worker that connects in this way.
    ///
    /// ```
    /// use hookseal_outbox::{Outbox, Worker};
    /// use tokio_postgres::{Config, NoTls};
    ///
    /// let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// assert!(format!("{worker:?}").contains("klang"));
    /// ```
    pub fn new<T>(outbox: Outbox, database: Config, tls: T) -> Worker
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        Worker { outbox, connector: Arc::new(Connector::new(database, tls)), settings: Settings::default() }
    }

    /// Sets how many attempts are in flight at once, 512 unless set and 65,536 at most. More helps if endpoints answer
    /// slowly; too many make a busy machine run into its own time limits.
    ///
    /// Endpoints that fail or do not answer share half of them. While more than that hang, because endpoints have just
    /// stopped answering, up to half as many more are made at the others.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_max_in_flight(1024);
    /// assert!(format!("{worker:?}").contains("max_in_flight: 1024"));
    /// ```
    #[must_use]
    pub fn with_max_in_flight(mut self, attempts: usize) -> Worker {
        self.settings.max_in_flight = attempts.clamp(1, MOST_IN_FLIGHT);
        self
    }

    /// Sets how many attempts are in flight to one endpoint at once, 8 unless set, and unless the endpoint has a limit of
    /// its own: enough for a fast endpoint to get thousands of events per second. One that was idle begins with two, or
    /// with one while the worker has much in flight, and gets up to twice as many each time that it accepts an event.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_endpoint_limit(2);
    /// assert!(format!("{worker:?}").contains("endpoint_limit: 2"));
    /// ```
    #[must_use]
    pub fn with_endpoint_limit(mut self, attempts: usize) -> Worker {
        self.settings.endpoint_limit = attempts.max(1);
        self
    }

    /// Sets the longest time limit that a subscription may ask for, 30 seconds unless set: one that asks for more gets this,
    /// and one that asks for 0 gets a second. Where a subscription asks for nothing, the platform's
    /// [`DeliveryPolicy`](hookseal::delivery::DeliveryPolicy) counts, whatever is set here.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_max_timeout(Duration::from_secs(10));
    /// assert!(format!("{worker:?}").contains("max_timeout: 10s"));
    /// ```
    #[must_use]
    pub fn with_max_timeout(mut self, timeout: Duration) -> Worker {
        self.settings.max_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Sets how many bytes of bodies are in memory at once, 64 MiB unless set. One body more is loaded, whatever its
    /// size. They are shared like the attempts that may be in flight, with up to half as many more while attempts hang: an
    /// endpoint with large bodies gets fewer of them at once.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_max_body_memory(1 << 20);
    /// assert!(format!("{worker:?}").contains("max_body_memory: 1048576"));
    /// ```
    #[must_use]
    pub fn with_max_body_memory(mut self, bytes: usize) -> Worker {
        self.settings.max_body_memory = bytes;
        self
    }

    /// Sets how often the queue is looked at while there is little to do, 10 ms unless set and a minute at most: that is
    /// what an event waits at most, and an idle worker costs about a hundredth of a core. A worker that has much to do
    /// looks up to four times less often, and finds more at once.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_poll_interval(Duration::from_millis(50));
    /// assert!(format!("{worker:?}").contains("poll_interval: 50ms"));
    /// ```
    #[must_use]
    pub fn with_poll_interval(mut self, interval: Duration) -> Worker {
        self.settings.poll_interval = interval.clamp(Duration::from_millis(1), LONGEST_POLL_INTERVAL);
        self
    }

    /// Sets how long a worker that does not answer keeps its buckets, 3 seconds unless set, and between 0.3 seconds and an
    /// hour. It is renewed six times in between. If a worker is only slow, events are sent twice meanwhile, and recorded
    /// once.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_lease(Duration::from_secs(10));
    /// assert!(format!("{worker:?}").contains("lease: 10s"));
    /// ```
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Worker {
        self.settings.lease = lease.clamp(Duration::from_millis(300), LONGEST_LEASE);
        self
    }

    /// Sets how many attempts are recorded in one statement, 512 unless set.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_flush_size(100);
    /// assert!(format!("{worker:?}").contains("flush_size: 100"));
    /// ```
    #[must_use]
    pub fn with_flush_size(mut self, attempts: usize) -> Worker {
        self.settings.flush_size = attempts.max(1);
        self
    }

    /// Sets how long an attempt waits for others to be recorded with, 100 ms unless set and ten seconds at most. If the
    /// worker is killed, what was sent in this time is sent again.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_flush_delay(Duration::from_millis(5));
    /// assert!(format!("{worker:?}").contains("flush_delay: 5ms"));
    /// ```
    #[must_use]
    pub fn with_flush_delay(mut self, delay: Duration) -> Worker {
        self.settings.flush_delay = delay.min(LONGEST_FLUSH_DELAY);
        self
    }

    /// Sets whose certificates are trusted, [`Roots::Webpki`] unless set.
    ///
    /// ```
    /// # use hookseal_outbox::{Outbox, Roots, Worker};
    /// # use std::time::Duration;
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_roots(Roots::System);
    /// assert!(format!("{worker:?}").contains("roots: System"));
    /// ```
    #[must_use]
    pub fn with_roots(mut self, roots: Roots) -> Worker {
        self.settings.roots = roots;
        self
    }

    /// Sets how long events and logs are kept, [`Retention::default`] unless set: 30 days. With `None`, this worker
    /// removes nothing, and something else has to call [`Outbox::expire`] every day.
    ///
    /// ```
    /// use hookseal_outbox::{Outbox, Retention, Worker};
    /// # use tokio_postgres::{Config, NoTls};
    /// # let worker = Worker::new(Outbox::new(&hookseal::provider::KLANG), Config::new(), NoTls);
    /// let worker = worker.with_retention(Some(Retention::default().with_events(7)));
    /// assert!(format!("{worker:?}").contains("events: 7"));
    /// ```
    #[must_use]
    pub fn with_retention(mut self, retention: Option<Retention>) -> Worker {
        self.settings.retention = retention;
        self
    }

    /// Works until `shutdown` is ready, and then ends what is in flight, records it, and hands its buckets to the others:
    /// nothing is lost, and nothing is sent twice. That takes as long as the slowest endpoint's time limit at most, and
    /// half a minute more if the database is gone. If somebody keeps the row of a delivery or of an endpoint locked, it waits
    /// some seconds, and then leaves it to the others: what it has sent of that is sent again.
    ///
    /// Nothing else ends it. If the database cannot be reached, it waits and tries again; an endpoint or a delivery with
    /// which something is wrong affects nobody else.
    ///
    /// # Errors
    /// When it starts: [`Error::Schema`], [`Error::Client`], and [`Error::Database`] or [`Error::Unreachable`] if there is
    /// no connection; it waits half a minute for a database that is not up. Later,
    /// [`Error::Panicked`], and [`Error::Database`] if it cannot say goodbye, which only means that the others wait for
    /// the end of its lease.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let session = self.connector.first_session().await?;
        Engine::new(self.outbox, self.settings, self.connector, session)?.run(shutdown).await
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("outbox", &self.outbox).field("settings", &self.settings).finish_non_exhaustive()
    }
}
