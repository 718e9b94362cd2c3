//! What a crate costs whoever depends on it: a clean build of an empty program with that one dependency, and the size of a
//! program that verifies one request.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// A program and its dependencies. The versions are the newest that fit, as in a new program.
struct Subject {
    name: &'static str,
    dependencies: &'static str,
    program: &'static str,
}

const OURS: &str = "hookseal";

const SUBJECTS: [Subject; 8] = [
    Subject { name: "no dependency", dependencies: "", program: "fn main() {}\n" },
    Subject {
        name: OURS,
        dependencies: concat!("hookseal = { path = \"", env!("CARGO_MANIFEST_DIR"), "/../..\" }\nhttp = \"1\""),
        program: include_str!("../examples/with_hookseal.rs"),
    },
    Subject {
        name: "standardwebhooks",
        dependencies: "standardwebhooks = \"1\"\nhttp = \"1\"",
        program: include_str!("../examples/with_standardwebhooks.rs"),
    },
    Subject {
        name: "svix",
        dependencies: "svix = \"2\"\nhttp = \"1\"",
        program: include_str!("../examples/with_svix.rs"),
    },
    Subject {
        name: "webhook-verify",
        dependencies: "webhook-verify = \"0.1\"",
        program: include_str!("../examples/with_webhook_verify.rs"),
    },
    Subject {
        name: "webhookkit",
        dependencies: "webhookkit = \"2\"",
        program: include_str!("../examples/with_webhookkit.rs"),
    },
    Subject {
        name: "hook0-client",
        dependencies: "hook0-client = \"2\"",
        program: include_str!("../examples/with_hook0.rs"),
    },
    Subject {
        name: "async-stripe-webhook",
        dependencies: "async-stripe-webhook = \"=1.0.0-rc.10\"",
        program: include_str!("../examples/with_async_stripe.rs"),
    },
];

/// Seconds of processor time.
const GOAL: f64 = 20.0;

struct Cost {
    version: String,
    packages: usize,
    debug: f64,
    release: f64,
    bytes: u64,
}

/// Of the subjects whose names contain `filter`. What was found before, in files of `folder`, is kept.
pub(crate) fn builds(filter: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for subject in SUBJECTS.iter().filter(|subject| subject.name.contains(filter)) {
        let cost = subject.measure()?;
        let Cost { version, packages, debug, release, bytes } = &cost;
        eprintln!("{} {version}: {packages} packages, {debug:.1} s, {release:.1} s, {bytes} bytes", subject.name);
        fs::write(folder.join(subject.name), format!("{version} {packages} {debug} {release} {bytes}"))?;
    }
    Ok(())
}

/// The table of all subjects.
pub(crate) fn markdown(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut text =
        "| the only dependency, with its default features | packages | clean build, s | clean release build, s | \
        program, KiB |\n|---|---:|---:|---:|---:|\n"
            .to_owned();
    let mut goal = String::new();
    for subject in &SUBJECTS {
        let Ok(found) = fs::read_to_string(folder.join(subject.name)) else {
            let _ = writeln!(text, "| {} | not measured | | | |", subject.name);
            continue;
        };
        let fields: Vec<&str> = found.split(' ').collect();
        let [version, packages, debug, release, bytes] = fields[..] else { return Err("five fields".into()) };
        let (debug, release, kib) = (debug.parse::<f64>()?, release.parse::<f64>()?, bytes.parse::<u64>()? / 1024);
        let name = if subject.name == OURS { "**hookseal**" } else { subject.name };
        let _ = writeln!(text, "| {name} {version} | {packages} | {debug:.1} | {release:.1} | {kib} |");
        if subject.name == OURS {
            let verdict = if debug <= GOAL { "met" } else { "**missed**" };
            goal = format!(
                "\nGoal: a clean build in at most {GOAL} s of processor time; measured {debug:.1} s: {verdict}.\n"
            );
        }
    }
    Ok(text + &goal)
}

impl Subject {
    fn measure(&self) -> Result<Cost, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        fs::create_dir(path.join("src"))?;
        fs::write(path.join("src/main.rs"), self.program)?;
        // Only what is not from a registry would be built incrementally: this crate, and no other.
        let manifest = format!(
            "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n[profile.dev]\nincremental = false\n\
             [profile.release]\nstrip = true\n[dependencies]\n{}\n",
            self.dependencies
        );
        fs::write(path.join("Cargo.toml"), manifest)?;
        cargo(path, &["fetch", "--quiet"])?;
        let tree = cargo(path, &["tree", "--prefix", "none", "--no-dedupe", "--edges", "normal,build"])?;
        let mut packages: Vec<&str> = tree.lines().skip(1).filter(|line| !line.is_empty()).collect();
        packages.sort_unstable();
        packages.dedup();
        let version = packages.iter().find_map(|line| line.strip_prefix(self.name)?.strip_prefix(" v"));
        let version = version.and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned();
        let debug = processor_time(|| cargo(path, &["build", "--quiet", "--offline"]))?;
        let release = processor_time(|| cargo(path, &["build", "--quiet", "--offline", "--release"]))?;
        let bytes = fs::metadata(path.join("target/release/empty"))?.len();
        Ok(Cost { version, packages: packages.len(), debug, release, bytes })
    }
}

/// Cargo without what the environment or a file says about profiles and target folders.
fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let target = folder.join("target");
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS");
    let output = command.env_remove("CARGO_INCREMENTAL").output()?;
    if !output.status.success() {
        return Err(format!("cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Seconds, user and system, of the processes that ended meanwhile, with their children.
fn processor_time<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let before = children()?;
    work()?;
    Ok(children()? - before)
}

fn children() -> io::Result<f64> {
    /// Of `/proc/self/stat`, everywhere on Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name before the parenthesis may contain blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    // `cutime` and `cstime` are the fields 16 and 17 of `man 5 proc`.
    let ticks = fields.skip(13).take(2).map(|field| field.parse::<f64>().map_err(io::Error::other));
    Ok(ticks.sum::<io::Result<f64>>()? / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_of_children_counts() {
        let busy =
            || Ok(Command::new("sh").args(["-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"]).status()?);
        let time = processor_time(busy).unwrap();
        assert!(time > 0.0, "{time}");
    }
}
