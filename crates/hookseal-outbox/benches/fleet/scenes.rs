//! The scenes that are measured. A figure is a ratio within one round, or a rate.

use std::time::Duration;

use hookseal_outbox::Outbox;
use tokio::runtime::Runtime;

use crate::Result;
use crate::process::Role;
use crate::roles::outbox;
use crate::stage::{Cost, Stage};

const POSTS: usize = 20_000;
/// Longer than any run.
const LIMIT: Duration = Duration::from_secs(180);
/// Enough for a few seconds.
const EVENTS: usize = 50_000;

/// A name, the figure, and the bar.
type Figure = (&'static str, f64, &'static str);
type Scene = fn(&Runtime) -> Result<Vec<Figure>>;

const SCENES: &[(&str, Scene)] = &[
    ("batches-1", |runtime| batches(runtime, 1)),
    ("batches-4", |runtime| batches(runtime, 4)),
    ("batches-8", |runtime| batches(runtime, 8)),
    ("singles", singles),
    ("latency", latency),
    ("backlog", backlog),
    ("dead", dead),
    ("tenth", tenth),
    ("paused", paused),
    ("snapshot", snapshot),
];

/// Runs the scenes that were asked for, or all, so many rounds each, and prints the medians.
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
            let results = (0..rounds).map(|_| scene(runtime)).collect::<Result<Vec<_>>>()?;
            report(name, &results);
        }
    }
    Ok(())
}

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

/// Enqueues in batches of a hundred, with so many types, while workers send.
fn batched(stage: &mut Stage, runtime: &Runtime, workers: usize, types: usize, tenth: bool) -> Result<Cost> {
    let workers = stage.workers(runtime, workers)?;
    let (events, types) = (EVENTS.to_string(), types.to_string());
    let producer = Role::start(&["batches", &stage.address, &events, &types, if tenth { "tenth" } else { "-" }])?;
    let expected = if tenth { EVENTS / 10 * 9 } else { EVENTS };
    stage.until_arrived(expected, workers, vec![producer], LIMIT)
}

/// Bare posts before and after.
fn beside_posts(stage: &mut Stage, run: impl FnOnce(&mut Stage) -> Result<Cost>) -> Result<(Cost, f64, f64)> {
    let (rate_before, cpu_before) = stage.posts(POSTS)?;
    let cost = run(stage)?;
    let (rate_after, cpu_after) = stage.posts(POSTS)?;
    Ok((cost, (rate_before + rate_after) / 2.0, (cpu_before + cpu_after) / 2.0))
}

fn batches(runtime: &Runtime, workers: usize) -> Result<Vec<Figure>> {
    let mut stage = Stage::start(runtime)?;
    stage.endpoints(runtime, 100, "/", "a.#")?;
    let run = |stage: &mut Stage| batched(stage, runtime, workers, 100, false);
    let (cost, posts, cpu) = beside_posts(&mut stage, run)?;
    Ok(vec![
        ("CPU per event ÷ CPU per bare post", cost.cpu() / cpu, "≤ 5"),
        ("events/s, end to end", cost.rate(), "≥ 10000"),
        ("bare posts/s ÷ events/s", posts / cost.rate(), ""),
        ("CPU µs per event", cost.cpu(), ""),
        ("of which PostgreSQL", cost.postgres_cpu(), ""),
        ("of which workers", cost.workers_cpu(), ""),
        ("CPU µs per bare post", cpu, ""),
    ])
}

fn singles(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut stage = Stage::start(runtime)?;
    stage.endpoints(runtime, 100, "/", "a.#")?;
    let run = |stage: &mut Stage| {
        let workers = stage.workers(runtime, 2)?;
        let producer = Role::start(&["singles", &stage.address, &EVENTS.to_string(), "64", "0"])?;
        stage.until_arrived(EVENTS, workers, vec![producer], LIMIT)
    };
    let (cost, _, cpu) = beside_posts(&mut stage, run)?;
    Ok(vec![
        ("events/s, one business transaction each", cost.rate(), "≥ 5000"),
        ("CPU per event ÷ CPU per bare post", cost.cpu() / cpu, ""),
        ("CPU µs per event", cost.cpu(), ""),
        ("of which PostgreSQL", cost.postgres_cpu(), ""),
        ("of which workers", cost.workers_cpu(), ""),
    ])
}

fn latency(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut stage = Stage::start(runtime)?;
    stage.endpoints(runtime, 100, "/", "a.#")?;
    let workers = stage.workers(runtime, 2)?;
    let producer = Role::start(&["singles", &stage.address, "10000", "32", "1000"])?;
    stage.until_arrived(10_000, workers, vec![producer], LIMIT)?;
    let answer = stage.receiver.ask("latencies")?;
    let (median, most) = answer.split_once(' ').ok_or("two numbers")?;
    Ok(vec![
        ("ms from enqueue to arrival at 1000/s, median", median.parse::<f64>()? / 1e3, "≤ 15"),
        ("ms from enqueue to arrival at 1000/s, 99 %", most.parse::<f64>()? / 1e3, "≤ 100"),
    ])
}

/// Fills the queue without workers.
fn fill(stage: &Stage, runtime: &Runtime, events: usize, event_type: &str) -> Result<()> {
    let statement = format!(
        "DO $$ BEGIN FOR batch IN 1..{} LOOP PERFORM hookseal.enqueue_many(
            array_fill('t'::text, ARRAY[1000]), ARRAY(SELECT replace('{event_type}', '#', (n % 100)::text) FROM generate_series(1, 1000) n),
            ARRAY(SELECT 'f' || batch || '-' || n FROM generate_series(1, 1000) n),
            array_fill(convert_to(repeat('x', 1024), 'UTF8'), ARRAY[1000])); END LOOP; END $$",
        events / 1000
    );
    stage.execute(runtime, &statement)
}

fn backlog(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut costs = Vec::new();
    for rows in [10_000, 1_000_000] {
        let mut stage = Stage::start(runtime)?;
        stage.endpoints(runtime, 100, "/", "a.#")?;
        // As they are when the queue has been empty for long.
        stage.execute(runtime, "ANALYZE")?;
        fill(&stage, runtime, rows, "a.#")?;
        let workers = stage.new_workers(2)?;
        costs.push(stage.until_arrived(10_000, workers, Vec::new(), LIMIT)?);
    }
    Ok(vec![
        (
            "PostgreSQL's CPU per event at 1 M rows ÷ at 10 k",
            costs[1].postgres_cpu() / costs[0].postgres_cpu(),
            "≤ 1.6",
        ),
        ("PostgreSQL's CPU µs per event at 10 k", costs[0].postgres_cpu(), ""),
        ("events/s at 1 M rows", costs[1].rate(), ""),
    ])
}

fn dead(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut rates = Vec::new();
    for path in ["/healthy", "/dead"] {
        let mut stage = Stage::start(runtime)?;
        stage.endpoints(runtime, 999, "/", "a.#")?;
        stage.endpoints(runtime, 1, path, "a.999")?;
        let workers = stage.workers(runtime, 2)?;
        let producer = Role::start(&["batches", &stage.address, &EVENTS.to_string(), "1000", "-"])?;
        rates.push(stage.until_arrived(EVENTS / 1000 * 999, workers, vec![producer], LIMIT)?.rate());
    }
    Ok(vec![("rate of 999 endpoints with one dead ÷ without", rates[1] / rates[0], "≥ 0.9")])
}

fn tenth(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut rates = Vec::new();
    for path in ["/healthy", "/dead", "/slow", "/drip"] {
        let mut stage = Stage::start(runtime)?;
        stage.endpoints(runtime, 100, "/", "a.#")?;
        stage.endpoints(runtime, 1, path, "tenth")?;
        rates.push(batched(&mut stage, runtime, 2, 100, true)?.rate());
    }
    Ok(vec![
        ("rate of the others with a tenth of the traffic dead ÷ well", rates[1] / rates[0], "≥ 0.8"),
        ("with it slow, at 90 % of the time limit", rates[2] / rates[0], "≥ 0.8"),
        ("with it dripping", rates[3] / rates[0], "≥ 0.8"),
    ])
}

fn paused(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut rates = Vec::new();
    for rows in [0, 500_000] {
        let mut stage = Stage::start(runtime)?;
        stage.endpoints(runtime, 100, "/", "a.#")?;
        let paused = stage.endpoints(runtime, 100, "/paused", "p.#")?;
        for endpoint in paused {
            runtime.block_on(Outbox::pause(&outbox(), &mut stage.db, endpoint))?;
        }
        if rows > 0 {
            fill(&stage, runtime, rows, "p.#")?;
        }
        rates.push(batched(&mut stage, runtime, 2, 100, false)?.rate());
    }
    Ok(vec![("rate with 500 k deliveries of paused endpoints ÷ without", rates[1] / rates[0], "≥ 0.9")])
}

/// An hour is simulated by the dead rows that it leaves, here of so many events.
const BEFORE: usize = 200_000;

fn snapshot(runtime: &Runtime) -> Result<Vec<Figure>> {
    let mut rates = Vec::new();
    for is_open in [false, true] {
        let mut stage = Stage::start(runtime)?;
        stage.endpoints(runtime, 100, "/", "a.#")?;
        let other = runtime.block_on(stage.connect())?;
        if is_open {
            let open = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM hookseal.endpoints";
            runtime.block_on(other.batch_execute(open))?;
        }
        fill(&stage, runtime, BEFORE, "a.#")?;
        let workers = stage.new_workers(2)?;
        stage.until_arrived(BEFORE, workers, Vec::new(), LIMIT)?;
        rates.push(batched(&mut stage, runtime, 2, 100, false)?.rate());
        drop(other);
    }
    Ok(vec![("rate with an old snapshot ÷ without", rates[1] / rates[0], "≥ 0.7")])
}
