//! Holds the public API of hookseal, with all features, against `hookseal.txt`; with `HOOKSEAL_WRITE` set, writes it there.
//!
//! It ends with 1 if they differ, and with 2 if the toolchain's rustdoc writes a format that cannot be read here.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use public_api::MINIMUM_NIGHTLY_RUST_VERSION;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let json = document()?;
    let api = match public_api::Builder::from_rustdoc_json(&json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
    {
        Ok(api) => api,
        Err(error) => {
            eprintln!("{}: {error}; it was written for {MINIMUM_NIGHTLY_RUST_VERSION}", json.display());
            return Ok(ExitCode::from(2));
        }
    };
    let now: String = api.items().map(|item| format!("{item}\n")).collect();
    let listing = Path::new(FOLDER).join("hookseal.txt");
    if std::env::var_os("HOOKSEAL_WRITE").is_some() {
        fs::write(&listing, &now)?;
    }
    let before = fs::read_to_string(&listing)?;
    let only = |one: &str, other: &str, sign: char| {
        let lines: std::collections::BTreeSet<&str> = other.lines().collect();
        one.lines().filter(|line| !lines.contains(line)).for_each(|line| println!("{sign} {line}"));
    };
    only(&before, &now, '-');
    only(&now, &before, '+');
    if now == before {
        println!("{} items, as listed", now.lines().count());
        return Ok(ExitCode::SUCCESS);
    }
    println!("the public API is not as listed: set HOOKSEAL_WRITE=1 and look at the change");
    Ok(ExitCode::FAILURE)
}

/// Has rustdoc describe the library, with what the workspace has compiled already.
fn document() -> Result<PathBuf, Box<dyn Error>> {
    let status = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--package", "hookseal", "--all-features", "--lib", "--"])
        .args(["-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .current_dir(FOLDER)
        // The format is unstable, so that rustdoc has to be told. Cargo and the build scripts of dependencies are not: they
        // would compile everything again.
        .env("RUSTDOC", Path::new(FOLDER).join("rustdoc.sh"))
        .env_remove("RUSTDOCFLAGS")
        .status()?;
    if !status.success() {
        return Err("the documentation cannot be built".into());
    }
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(FOLDER)
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let target = metadata["target_directory"].as_str().ok_or("cargo names no target directory")?;
    Ok(Path::new(target).join("doc/hookseal.json"))
}
