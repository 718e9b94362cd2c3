use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket, Statement};

use super::clock::Backoff;
use super::statements::{self, Statements};
use crate::error::Error;
use crate::migrate;

/// Each of a worker's statements has one plan, whatever the statistics say: they were taken when the queue was empty, or
/// full. Commits do not wait for the disk: if the server itself crashes, the outcomes of the last half a second may be
/// lost, and those events are sent again. No statement of a worker holds a lock longer than it runs, not even if the
/// worker is frozen, because each is a transaction of its own.
const SESSION: &str = "
    SET synchronous_commit = off;
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_bitmapscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET enable_sort = off;
    SET enable_material = off;
    SET enable_memoize = off;
    SET jit = off;
    SET lock_timeout = '5s';
    SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '5s'";
/// How long a worker that starts waits for the database.
const FIRST_TIME: Duration = Duration::from_secs(30);
const CONNECT_TIME: Duration = Duration::from_secs(10);

type Connecting = Pin<Box<dyn Future<Output = Result<Client, tokio_postgres::Error>> + Send>>;

/// How to connect, whatever the TLS library.
pub(super) struct Connector(Box<dyn Fn() -> Connecting + Send + Sync>);

impl Connector {
    pub(super) fn new<T>(mut config: Config, tls: T) -> Connector
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as tokio_postgres::tls::TlsConnect<Socket>>::Future: Send,
    {
        // Over TCP, a server that disappears silently is noticed within half a minute.
        config.connect_timeout(CONNECT_TIME).tcp_user_timeout(Duration::from_secs(30));
        config
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("hookseal-outbox");
        }
        Connector(Box::new(move || {
            let (config, tls) = (config.clone(), tls.clone());
            Box::pin(async move {
                let (client, connection) = config.connect(tls).await?;
                // Its end shows at the next statement.
                tokio::spawn(connection);
                client.batch_execute(SESSION).await?;
                Ok(client)
            })
        }))
    }

    pub(super) async fn connect(&self) -> Result<Client, Outage> {
        match timeout(CONNECT_TIME, (self.0)()).await {
            Ok(connected) => connected.map_err(Outage::Failed),
            Err(_) => Err(Outage::Slow),
        }
    }

    /// The first session. Waits for a database that is not up, but for nothing that is wrong with the configuration.
    pub(super) async fn first_session(&self) -> Result<Session, Outage> {
        let (begun, mut backoff) = (Instant::now(), Backoff::new(Duration::from_millis(50), Duration::from_secs(2)));
        loop {
            match self.session().await {
                Err(Outage::Failed(error)) if is_down(&error) && begun.elapsed() < FIRST_TIME => {
                    let wait = backoff.next();
                    tracing::warn!(%error, ?wait, "no connection to the database yet");
                    tokio::time::sleep(wait).await;
                }
                result => return result,
            }
        }
    }

    /// All connections of a worker, so that reading, loading, recording and everything else do not wait for each other.
    pub(super) async fn session(&self) -> Result<Session, Outage> {
        let reader = self.connect().await?;
        migrate::check(&reader).await.map_err(|error| match error {
            Error::Database(error) => Outage::Failed(error),
            error => Outage::Unusable(error),
        })?;
        let (loader, recorder, keeper) = (self.connect().await?, self.connect().await?, self.connect().await?);
        let watcher = self.connect().await?;
        let statements = Statements::prepare(&reader, &loader, &recorder, &keeper, &watcher).await;
        let statements = statements.map_err(Outage::Failed)?;
        let partitions = [const { (OnceCell::const_new(), OnceCell::const_new()) }; 32];
        Ok(Session { reader, loader, recorder, keeper, watcher, statements, partitions })
    }
}

/// The connections of a worker.
pub(super) struct Session {
    pub(super) reader: Client,
    pub(super) loader: Client,
    pub(super) recorder: Client,
    /// For what may have to wait for a lock.
    pub(super) keeper: Client,
    /// For heartbeats and for changes of endpoints, which must not wait for a reading that takes longer than the lease.
    pub(super) watcher: Client,
    pub(super) statements: Statements,
    /// For each partition of events, how to read what is due, and how to load events.
    partitions: [(OnceCell<Statement>, OnceCell<Statement>); 32],
}

impl Session {
    pub(super) fn is_closed(&self) -> bool {
        [&self.reader, &self.loader, &self.recorder, &self.keeper, &self.watcher].into_iter().any(Client::is_closed)
    }

    /// The statement that reads what is due with the events of a partition, prepared when it is first needed.
    pub(super) async fn read(&self, slot: i16) -> Result<&Statement, tokio_postgres::Error> {
        let (cell, _) = self.partition(slot);
        cell.get_or_try_init(|| async move { self.reader.prepare(&statements::read(slot)).await }).await
    }

    /// The statement that loads events of a partition.
    pub(super) async fn events(&self, slot: i16) -> Result<&Statement, tokio_postgres::Error> {
        let (_, cell) = self.partition(slot);
        cell.get_or_try_init(|| async move { self.loader.prepare(&statements::events(slot)).await }).await
    }

    fn partition(&self, slot: i16) -> &(OnceCell<Statement>, OnceCell<Statement>) {
        &self.partitions[usize::try_from(slot).unwrap_or(0) % self.partitions.len()]
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Outage {
    #[error("{0}")]
    Failed(tokio_postgres::Error),
    #[error("no connection within ten seconds")]
    Slow,
    #[error("{0}")]
    Unusable(Error),
}

impl From<Outage> for Error {
    fn from(outage: Outage) -> Error {
        match outage {
            Outage::Failed(error) => Error::Database(error),
            Outage::Slow => Error::Unreachable,
            Outage::Unusable(error) => error,
        }
    }
}

/// Whether the server is starting or stopping, or nobody listens.
fn is_down(error: &tokio_postgres::Error) -> bool {
    let refused = || error.source().is_some_and(|source| source.is::<std::io::Error>());
    error.is_closed() || error.code().map_or_else(refused, |code| code.code().starts_with("57"))
}

/// Whether a statement has waited too long for somebody's lock.
pub(super) fn is_lock_timeout(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// Whether an error says something about the rows of a statement: about data, constraints, limits, or an exception that a
/// trigger raised. With any other error, the same statement may succeed later.
pub(super) fn is_poison(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => ["22", "23", "54", "P0"].iter().any(|class| code.code().starts_with(class)),
        // A value that has no form on the wire.
        None => !error.is_closed() && error.source().is_some_and(|source| !source.is::<std::io::Error>()),
    }
}
