//! The mutants, as cargo-mutants lists them.

use std::collections::HashMap;
use std::process::Command;

use serde::Deserialize;

#[derive(Clone, Copy, Deserialize)]
pub struct Point {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Deserialize)]
pub struct Span {
    pub start: Point,
    pub end: Point,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Debug)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArmGuard,
    MatchArm,
    StructField,
}

#[derive(Clone, Deserialize)]
pub struct Mutant {
    #[serde(skip)]
    pub id: u32,
    pub file: String,
    pub genre: Genre,
    pub replacement: String,
    pub span: Span,
    /// With line and column, as cargo-mutants prints it.
    pub name: String,
    /// Without them; the second of several alike ends with `#2`.
    #[serde(skip)]
    pub lasting_name: String,
}

/// Runs `cargo mutants --list`; which files are left out, `.cargo/mutants.toml` says.
pub fn list() -> Vec<Mutant> {
    let out = Command::new("cargo").args(["mutants", "--list", "--json", "--package", "hookseal"]).output().unwrap();
    assert!(
        out.status.success(),
        "cargo install cargo-mutants --locked --version 27.1.0\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let mut mutants: Vec<Mutant> = serde_json::from_slice(&out.stdout).unwrap();
    let mut alike: HashMap<String, usize> = HashMap::new();
    for (index, mutant) in mutants.iter_mut().enumerate() {
        mutant.id = u32::try_from(index + 1).unwrap();
        let what = mutant.name.splitn(4, ':').nth(3).unwrap_or_default();
        let name = format!("{}:{what}", mutant.file);
        let number = alike.entry(name.clone()).or_default();
        *number += 1;
        mutant.lasting_name = if *number == 1 { name } else { format!("{name} #{number}") };
    }
    mutants
}
