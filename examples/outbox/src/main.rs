//! Sends webhooks with hookseal-outbox while workers are killed at random, one is frozen, and the database crashes. See
//! README.md.

use std::process::ExitCode;
use std::time::Duration;

use outbox::story::Options;
use outbox::{Result, platform, story};
use test_postgres::Postgres;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match &*arguments {
        [word, address] if word == "worker" => platform::worker(address).await.map(|()| true),
        _ => supervise(&arguments).await,
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("outbox: {error}{}", error.source().map(|cause| format!(": {cause}")).unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

/// Runs the whole story on its own PostgreSQL. Returns whether everything holds at the end.
async fn supervise(arguments: &[String]) -> Result<bool> {
    let options = options(arguments)?;
    let Some(programs) = Postgres::installed() else {
        let required = std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        eprintln!("outbox: SKIPPED, NOTHING WAS TRIED: PostgreSQL (postgres, initdb) is not installed");
        return Ok(!required);
    };
    let mut postgres = Postgres::start(&programs, &[])?;
    let limit = Duration::from_secs(120) + Duration::from_millis(20) * u32::try_from(options.events)?;
    // The future that loses the race is dropped, with its workers and tasks; PostgreSQL is dropped last.
    tokio::select! {
        result = story::run(&mut postgres, &options) => result,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        () = tokio::time::sleep(limit) => Err(format!("not done within {limit:?}").into()),
    }
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { events: 20_000, workers: 4, kills: 24, svg: None };
    for pair in arguments.chunks(2) {
        match pair {
            [name, number] if name == "--events" => options.events = number.parse()?,
            [name, number] if name == "--workers" => options.workers = number.parse()?,
            [name, number] if name == "--kills" => options.kills = number.parse()?,
            [name, file] if name == "--svg" => options.svg = Some(file.into()),
            _ => return Err("usage: outbox [--events N] [--workers N] [--kills N] [--svg FILE]".into()),
        }
    }
    if options.events < 300 || !(2..=16).contains(&options.workers) {
        return Err("at least 300 events, and 2 to 16 workers".into());
    }
    Ok(options)
}
