//! A server, a receiver and the database of a run, and what it costs.

use std::time::{Duration, Instant};

use hookseal::delivery::{EventFilter, Subscription};
use hookseal_outbox::NewEndpoint;
use test_postgres::Postgres;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::Result;
use crate::process::{Role, cpu_of_tree};
use crate::receiver::TIMEOUT_SECONDS;
use crate::roles::{TENANT, outbox};

const SETTINGS: [&str; 3] = ["shared_buffers=1GB", "max_wal_size=16GB", "checkpoint_timeout=30min"];
const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludCE=";

/// A server, a receiver, and the database of one run.
pub(crate) struct Stage {
    pub(crate) db: Client,
    pub(crate) address: String,
    pub(crate) receiver: Role,
    pub(crate) url: String,
    server: Postgres,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// How many had arrived when it was over, and how many when the workers had stopped.
    pub(crate) events: usize,
    pub(crate) all: usize,
    pub(crate) seconds: f64,
    pub(crate) postgres: f64,
    pub(crate) workers: f64,
    pub(crate) others: f64,
}

impl Cost {
    pub(crate) fn rate(&self) -> f64 {
        self.events as f64 / self.seconds
    }

    /// Microseconds of CPU for each event.
    pub(crate) fn cpu(&self) -> f64 {
        (self.postgres + self.workers + self.others) / self.all as f64 * 1e6
    }

    pub(crate) fn postgres_cpu(&self) -> f64 {
        self.postgres / self.all as f64 * 1e6
    }

    pub(crate) fn workers_cpu(&self) -> f64 {
        self.workers / self.all as f64 * 1e6
    }
}

impl Stage {
    pub(crate) fn start(runtime: &Runtime) -> Result<Stage> {
        let programs = Postgres::installed().ok_or("PostgreSQL is not installed")?;
        let server = Postgres::start(&programs, &SETTINGS)?;
        let address = server.address();
        let mut receiver = Role::start(&["receiver"])?;
        let url = format!("http://{}", receiver.line()?);
        let db = runtime.block_on(async {
            let (mut db, connection) = tokio_postgres::connect(&address, NoTls).await?;
            tokio::spawn(connection);
            outbox().migrate(&mut db).await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(db)
        })?;
        Ok(Stage { db, address, receiver, url, server })
    }

    /// Endpoints that want one type each; a `#` in it is the endpoint's number.
    pub(crate) fn endpoints(&mut self, runtime: &Runtime, number: usize, path: &str, types: &str) -> Result<Vec<i64>> {
        (0..number)
            .map(|number| {
                let mut subscription = Subscription::new(format!("{}{path}", self.url));
                subscription.events = EventFilter::new([types.replace('#', &number.to_string())])?;
                subscription.timeout = Some(TIMEOUT_SECONDS);
                let endpoint = NewEndpoint::new(TENANT, subscription, SECRET);
                Ok(runtime.block_on(outbox().add_endpoint(&mut self.db, &endpoint))?)
            })
            .collect()
    }

    pub(crate) fn execute(&self, runtime: &Runtime, statement: &str) -> Result<()> {
        Ok(runtime.block_on(self.db.batch_execute(statement))?)
    }

    /// One more connection.
    pub(crate) async fn connect(&self) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.address, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Workers that begin at once with what is there.
    pub(crate) fn new_workers(&self, number: usize) -> Result<Vec<Role>> {
        let in_flight = if number > 2 { "256" } else { "512" };
        (0..number).map(|_| Role::start(&["worker", &self.address, in_flight])).collect()
    }

    /// Workers that have shared the buckets among themselves.
    pub(crate) fn workers(&self, runtime: &Runtime, number: usize) -> Result<Vec<Role>> {
        let workers = self.new_workers(number)?;
        let shared = "SELECT count(*) FROM (
            SELECT FROM hookseal.buckets JOIN hookseal.workers ON id = owner AND until > now() GROUP BY owner
            HAVING count(*) <= 64 / $1 + 1) AS workers";
        while runtime
            .block_on(self.db.query_one(&shared.replace("$1", &number.to_string()), &[]))?
            .try_get::<_, i64>(0)?
            < i64::try_from(number)?
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(workers)
    }

    pub(crate) fn arrived(&mut self) -> Result<usize> {
        Ok(self.receiver.ask("arrived")?.parse()?)
    }

    pub(crate) fn postgres_cpu(&self) -> f64 {
        self.server.id().map_or(0.0, cpu_of_tree)
    }

    /// Runs until so many more events have arrived, and are recorded.
    pub(crate) fn until_arrived(
        &mut self,
        events: usize,
        workers: Vec<Role>,
        producers: Vec<Role>,
        limit: Duration,
    ) -> Result<Cost> {
        let before = (self.postgres_cpu(), self.receiver.cpu(), workers.iter().map(Role::cpu).sum::<f64>());
        let (begun, first) = (Instant::now(), self.arrived()?);
        let mut arrived = 0;
        while arrived < events && begun.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(10));
            arrived = self.arrived()? - first;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let producers: f64 = producers.into_iter().map(Role::stop).sum();
        let workers = workers.into_iter().map(Role::stop).sum::<f64>() - before.2;
        let others = producers + self.receiver.cpu() - before.1;
        let (all, postgres) = (self.arrived()? - first, self.postgres_cpu() - before.0);
        Ok(Cost { events: arrived, all, seconds, postgres, workers, others })
    }

    /// Bare posts: their rate, and their CPU in microseconds.
    pub(crate) fn posts(&self, number: usize) -> Result<(f64, f64)> {
        let before = self.receiver.cpu();
        let mut client = Role::start(&["posts", &format!("{}/", self.url), &number.to_string()])?;
        let seconds: f64 = client.line()?.parse()?;
        let cpu = client.stop() + self.receiver.cpu() - before;
        Ok((number as f64 / seconds, cpu / number as f64 * 1e6))
    }
}
