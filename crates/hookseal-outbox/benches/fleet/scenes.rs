//! The scenes that are measured.

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

const SETTINGS: [&str; 3] = ["shared_buffers=1GB", "max_wal_size=4GB", "checkpoint_timeout=30min"];
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
    pub(crate) events: usize,
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
        (self.postgres + self.workers + self.others) / self.events as f64 * 1e6
    }

    pub(crate) fn postgres_cpu(&self) -> f64 {
        self.postgres / self.events as f64 * 1e6
    }
}

impl Stage {
    pub(crate) fn start(runtime: &Runtime) -> Result<Stage> {
        let programs = Postgres::installed().ok_or("PostgreSQL is not installed")?;
        let mut settings = SETTINGS.to_vec();
        if std::env::var_os("STATEMENTS").is_some() {
            settings.push("shared_preload_libraries=pg_stat_statements");
        }
        let server = Postgres::start(&programs, &settings)?;
        let address = server.address();
        let mut receiver = Role::start(&["receiver"])?;
        let url = format!("http://{}", receiver.line()?);
        let db = runtime.block_on(async {
            let (mut db, connection) = tokio_postgres::connect(&address, NoTls).await?;
            tokio::spawn(connection);
            if std::env::var_os("STATEMENTS").is_some() {
                db.batch_execute("CREATE EXTENSION pg_stat_statements").await?;
            }
            outbox().migrate(&mut db).await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(db)
        })?;
        Ok(Stage { db, address, receiver, url, server })
    }

    /// Endpoints that want one type each.
    pub(crate) fn endpoints(&mut self, runtime: &Runtime, number: usize, path: &str, types: &str) -> Result<Vec<i64>> {
        (0..number)
            .map(|number| {
                let mut subscription = Subscription::new(format!("{}{path}", self.url));
                let event_type = types.replace('#', &(number % 100).to_string());
                subscription.events = EventFilter::new([event_type])?;
                subscription.timeout = Some(TIMEOUT_SECONDS);
                let endpoint = NewEndpoint::new(TENANT, subscription, SECRET);
                Ok(runtime.block_on(outbox().add_endpoint(&mut self.db, &endpoint))?)
            })
            .collect()
    }

    pub(crate) fn execute(&self, runtime: &Runtime, statement: &str) -> Result<()> {
        Ok(runtime.block_on(self.db.batch_execute(statement))?)
    }

    pub(crate) fn count(&self, runtime: &Runtime, query: &str) -> Result<i64> {
        Ok(runtime.block_on(self.db.query_one(query, &[]))?.try_get(0)?)
    }

    /// Workers that have shared the buckets among themselves.
    pub(crate) fn workers(&self, runtime: &Runtime, number: usize) -> Result<Vec<Role>> {
        let in_flight = if number > 2 { "256" } else { "512" };
        let start = |_| Role::start(&["worker", &self.address, in_flight]);
        let workers = (0..number).map(start).collect::<Result<Vec<_>>>()?;
        let shared = "SELECT count(*) FROM (
            SELECT FROM hookseal.buckets JOIN hookseal.workers ON id = owner AND until > now() GROUP BY owner
            HAVING count(*) <= 64 / $1 + 1) AS workers";
        while runtime.block_on(self.db.query_one(&shared.replace("$1", &number.to_string()), &[]))?.try_get::<_, i64>(0)?
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
        Ok(Cost { events: arrived, seconds, postgres: self.postgres_cpu() - before.0, workers, others })
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

const POSTS: usize = 20_000;

pub(crate) fn run(runtime: &Runtime, words: &[&str]) -> Result<()> {
    let mut rounds = 5;
    let mut wanted = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--rounds" => rounds = words.next().ok_or("a number of rounds")?.parse()?,
            scene => wanted.push(scene),
        }
    }
    for (name, scene) in SCENES {
        if wanted.is_empty() || wanted.contains(name) {
            let mut results = Vec::new();
            for _ in 0..rounds {
                results.push(scene(runtime)?);
            }
            report(name, &results);
        }
    }
    Ok(())
}

/// What a scene measures: a name, the figure, and the bar.
pub(crate) type Figure = (&'static str, f64, &'static str);
type Scene = fn(&Runtime) -> Result<Vec<Figure>>;

const SCENES: &[(&str, Scene)] = &[
    ("batches-1", |runtime| batches(runtime, 1)),
    ("batches-4", |runtime| batches(runtime, 4)),
    ("batches-8", |runtime| batches(runtime, 8)),
];

fn report(name: &str, rounds: &[Vec<Figure>]) {
    println!("{name}");
    let Some(first) = rounds.first() else { return };
    for (place, (figure, _, bar)) in first.iter().enumerate() {
        let mut values: Vec<f64> = rounds.iter().filter_map(|round| Some(round.get(place)?.1)).collect();
        let all: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
        values.sort_unstable_by(f64::total_cmp);
        let median = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
        println!("  {figure:58} {median:10.2}  {bar:10} [{}]", all.join(", "));
    }
}

fn batches(runtime: &Runtime, workers: usize) -> Result<Vec<Figure>> {
    let mut stage = Stage::start(runtime)?;
    stage.endpoints(runtime, 100, "/", "a.#")?;
    let (rate_before, cpu_before) = stage.posts(POSTS)?;
    let workers = stage.workers(runtime, workers)?;
    let producer = Role::start(&["batches", &stage.address, "100000", "-"])?;
    let cost = stage.until_arrived(100_000, workers, vec![producer], Duration::from_secs(120))?;
    if std::env::var_os("STATEMENTS").is_some() {
        let rows = runtime.block_on(stage.db.query("SELECT calls, rows, total_exec_time::float8, left(regexp_replace(query, '\\s+', ' ', 'g'), 60) FROM pg_stat_statements ORDER BY 3 DESC LIMIT 12", &[]))?;
        for row in rows {
            let (calls, rows, time, text): (i64, i64, f64, String) = (row.get(0), row.get(1), row.get(2), row.get(3));
            println!("    {calls:6} calls {:7.1} rows each {time:8.1} ms, {:7.1} us each: {text}", rows as f64 / calls as f64, time * 1e3 / calls as f64);
        }
    }
    let (rate_after, cpu_after) = stage.posts(POSTS)?;
    let (rate, cpu) = ((rate_before + rate_after) / 2.0, (cpu_before + cpu_after) / 2.0);
    Ok(vec![
        ("CPU per event ÷ CPU per bare post", cost.cpu() / cpu, "≤ 5"),
        ("events/s, end to end", cost.rate(), "≥ 10000"),
        ("bare posts/s ÷ events/s", rate / cost.rate(), ""),
        ("CPU µs per event", cost.cpu(), ""),
        ("of which PostgreSQL", cost.postgres_cpu(), ""),
        ("of which workers", cost.workers / cost.events as f64 * 1e6, ""),
        ("CPU µs per bare post", cpu, ""),
    ])
}
