//! This crate beside others. See README.md.

mod allocations;
mod builds;
mod cells;
mod chart;
mod contestants;
#[cfg(feature = "heavy")]
mod heavy;
#[cfg(not(feature = "heavy"))]
#[path = "without_heavy.rs"]
mod heavy;
mod receivers;
mod report;
mod requests;
mod speed;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

/// Time for one cell in one round.
const SLICE: Duration = Duration::from_millis(2);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let part = arguments.next().unwrap_or_default();
    let mut number = |default: f64| arguments.next().map_or(Ok(default), |text| text.parse());
    // Parts of a report, until all are there.
    let parts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/parts");
    fs::create_dir_all(&parts)?;
    match part.as_str() {
        "speed" => {
            let speed = speed::speed(number(40.0)? as usize, SLICE);
            fs::write(parts.join("speed.md"), speed.markdown)?;
            fs::write(parts.join("speed.svg"), speed.svg)?;
        }
        "receivers" => {
            let table = receivers::receivers(number(14.0)? as usize, number(0.3)?)?;
            fs::write(parts.join("receivers.md"), table)?;
        }
        "builds" => builds::builds(&arguments.next().unwrap_or_default(), &parts.join("builds"))?,
        "report" => report::report(&parts)?,
        _ => return Err("one of: speed [ROUNDS], receivers [ROUNDS SECONDS], builds [NAME], report".into()),
    }
    Ok(())
}
