//! Puts the parts together.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use time::OffsetDateTime;

use crate::builds;

const LOCK: &str = include_str!("../Cargo.lock");
const NAMES: [&str; 12] = [
    "standardwebhooks",
    "svix",
    "webhook-verify",
    "webhookkit",
    "hook0-client",
    "async-stripe-webhook",
    "hmac",
    "sha2",
    "ring",
    "aws-lc-rs",
    "http",
    "hookseal",
];

/// Writes `results/DATE.md` and `results/DATE.svg`.
pub(crate) fn report(parts: &Path) -> Result<(), Box<dyn Error>> {
    let date = OffsetDateTime::now_utc().date();
    let part = |name: &str| fs::read_to_string(parts.join(name)).map_err(|error| format!("{name}: {error}"));
    let receivers = part("receivers.md").unwrap_or("Not measured.\n".to_owned());
    let text = format!(
        "# {date}\n\n{}\n\n![Verification and signing at 1 KiB]({date}.svg)\n\n{}\n## Receivers\n\n{}\n\
         ## Builds\n\n{}",
        machine()?,
        part("speed.md")?,
        receivers,
        builds::markdown(&parts.join("builds"))?,
    );
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    fs::write(results.join(format!("{date}.md")), &text)?;
    fs::write(results.join(format!("{date}.svg")), part("speed.svg")?)?;
    print!("{text}");
    Ok(())
}

fn machine() -> Result<String, Box<dyn Error>> {
    let info = fs::read_to_string("/proc/cpuinfo")?;
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim())
    };
    let sha = if field("flags").split(' ').any(|flag| flag == "sha_ni") { "with" } else { "without" };
    let cores = thread::available_parallelism()?;
    let rust = Command::new("rustc").arg("--version").output()?;
    let rust = String::from_utf8(rust.stdout)?;
    let versions: Vec<String> = NAMES.iter().map(|name| format!("{name} {}", version(name))).collect();
    Ok(format!(
        "{cores} cores of {}, {sha} SHA extensions; {}; `lto = \"thin\"`, `codegen-units = 1`. {}.",
        field("model name"),
        rust.trim(),
        versions.join(", "),
    ))
}

/// The newest in the lock file.
fn version(name: &str) -> &'static str {
    let start = format!("name = \"{name}\"\nversion = \"");
    LOCK.rsplit_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_name_is_in_the_lock_file() {
        for name in super::NAMES {
            assert_ne!(super::version(name), "unknown", "{name}");
        }
    }
}
