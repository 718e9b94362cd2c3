use std::path::PathBuf;

use hookseal::diagnose;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::capture::{self, Capture};
use crate::configured::SecretArgs;
use crate::shown;

/// The scheme of the first delivery; the others decide between readings.
pub(crate) fn run(secret: &SecretArgs, paths: &[PathBuf], json: bool) -> Result<bool, String> {
    let mut captures: Vec<Capture> = Vec::new();
    for path in paths {
        captures.extend(capture::read(path)?);
    }
    let text = secret.text()?;
    let time = |capture: &Capture| capture.time.unwrap_or_else(OffsetDateTime::now_utc);
    let (first, others) = captures.split_first().ok_or("no request is in it")?;
    let mut inferred = diagnose::infer_at(&first.request, &text, time(first));
    for other in others {
        inferred = inferred.resolve_at(&other.request, time(other));
    }
    if json {
        let readings: Vec<Value> = inferred
            .readings()
            .iter()
            .map(|reading| json!({ "scheme": reading.scheme(), "presets": reading.presets(), "toml": reading.toml() }))
            .collect();
        println!(
            "{}",
            json!({ "found": !readings.is_empty(), "readings": readings, "hint": inferred.hint(), "macs": inferred.macs() })
        );
    } else {
        println!("{}", shown::coloured(&shown::plain(&inferred.to_string())));
    }
    Ok(!inferred.readings().is_empty())
}
