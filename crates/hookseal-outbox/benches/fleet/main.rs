//! Events per second, latency and CPU of a whole fleet beside bare posts, as ratios of one run.
//!
//! `cargo bench -p hookseal-outbox --bench fleet -- [scene …] [--rounds 5]`. Without scenes, it runs them all, which takes
//! a quarter of an hour. It needs PostgreSQL's programs, and starts its own server.

mod process;
mod receiver;
mod roles;
mod scenes;
mod stage;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    match &words[..] {
        ["worker", address, in_flight] => runtime.block_on(roles::worker(address, in_flight.parse()?)),
        ["receiver"] => runtime.block_on(local.run_until(receiver::run())),
        ["batches", address, events, types, tenth] => {
            runtime.block_on(roles::batches(address, events.parse()?, types.parse()?, *tenth == "tenth"))
        }
        ["singles", address, events, connections, rate] => runtime.block_on(local.run_until(roles::singles(
            address,
            events.parse()?,
            connections.parse()?,
            rate.parse()?,
        ))),
        ["posts", url, number] => runtime.block_on(local.run_until(roles::posts(url, number.parse()?))),
        words => scenes::run(&runtime, words),
    }
}
