//! Builds the tests over a copy of the repository whose library has every mutant behind a switch.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::instrument::{Instrumented, instrument};
use crate::list::{Genre, Mutant};

/// What the tests of the packages below and the examples in the documentation ask for together.
const FEATURES: &str = "hookseal/actix,hookseal/axum,hookseal/diagnose,hookseal/ed25519,hookseal/extendable-hashes,\
                        hookseal/p256,hookseal/rsa,hookseal/sha1,hookseal/testing";

const PACKAGES: [&str; 4] = ["--package", "hookseal", "--package", "property-tests"];

pub struct Built {
    /// Each with the folder that it runs in.
    pub programs: Vec<(PathBuf, PathBuf)>,
    /// All examples in the documentation in one program, and how many there are.
    pub examples: Vec<(PathBuf, usize)>,
    pub root: PathBuf,
    /// Mutants that do not compile.
    pub unviable: HashSet<u32>,
    /// Mutants that cannot have a switch.
    pub without_switch: HashSet<u32>,
}

pub fn build(folder: &Path, mutants: &[Mutant]) -> Built {
    let root = std::env::current_dir().unwrap().join(folder).join("tree");
    let mut by_file: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        by_file.entry(&mutant.file).or_default().push(mutant);
    }
    copy(&root, &by_file);
    let genres: HashMap<u32, Genre> = mutants.iter().map(|mutant| (mutant.id, mutant.genre)).collect();
    let names: HashMap<&str, u32> = mutants.iter().map(|mutant| (mutant.lasting_name.as_str(), mutant.id)).collect();
    let lasting: HashMap<u32, &str> = mutants.iter().map(|mutant| (mutant.id, mutant.lasting_name.as_str())).collect();

    // What did not compile the last time is left out from the start.
    let known = folder.join("unviable");
    let mut unviable: HashSet<u32> =
        fs::read_to_string(&known).unwrap_or_default().lines().filter_map(|name| names.get(name).copied()).collect();
    loop {
        let mut without_switch = HashSet::new();
        let mut instrumented = HashMap::new();
        for (file, mutants) in &by_file {
            let source = fs::read_to_string(file).unwrap();
            let wanted: Vec<_> = mutants.iter().filter(|mutant| !unviable.contains(&mutant.id)).copied().collect();
            let result = instrument(&source, &wanted);
            without_switch.extend(result.without_switch.iter().copied());
            write(&root.join(file), result.text.as_bytes());
            instrumented.insert((*file).to_owned(), result);
        }
        let library = fs::read_to_string("src/lib.rs").unwrap();
        assert!(!by_file.contains_key("src/lib.rs"));
        let library = library.replace("#![forbid(unsafe_code)]", "#![feature(core_intrinsics, const_eval_select)]");
        write(&root.join("src/lib.rs"), format!("{library}\nmod mutants_switch;\n").as_bytes());
        write(&root.join("src/mutants_switch.rs"), include_bytes!("switch.rs"));

        let errors = messages(&root, &["check", "--lib"])
            .into_iter()
            .filter(|message| message["reason"] == "compiler-message" && message["message"]["level"] == "error");
        let mut refused = HashSet::new();
        for error in errors {
            refused.extend(culprits(&error["message"], &instrumented, &genres, &unviable));
        }
        if refused.is_empty() {
            let programs = messages(&root, &["test", "--no-run", "--lib", "--tests"]);
            let programs = programs
                .iter()
                .filter_map(|message| {
                    let manifest = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
                    Some((PathBuf::from(message["executable"].as_str()?), manifest))
                })
                .collect();
            let examples = examples(&root);
            return Built { programs, examples, root, unviable, without_switch };
        }
        println!("{} mutants do not compile", refused.len());
        unviable.extend(refused);
        let mut lines: Vec<&str> = unviable.iter().map(|id| lasting[id]).collect();
        lines.sort_unstable();
        fs::write(&known, lines.join("\n")).unwrap();
    }
}

/// The mutants in whose branch an error is; else those of the function around it, arms and fields first.
fn culprits(
    error: &Value,
    files: &HashMap<String, Instrumented>,
    genres: &HashMap<u32, Genre>,
    unviable: &HashSet<u32>,
) -> Vec<u32> {
    let empty = Vec::new();
    let spans = error["spans"].as_array().unwrap_or(&empty);
    let place = |span: &Value| {
        let number = |field: &str| usize::try_from(span[field].as_u64()?).ok();
        let file = files.get(span["file_name"].as_str()?)?;
        Some((file, number("byte_start")?..number("byte_end")?))
    };
    for primary in [true, false] {
        for (file, at) in spans.iter().filter(|span| span["is_primary"] == primary).filter_map(place) {
            let inside = file.branches.iter().filter(|(branch, _)| branch.start <= at.start && at.end <= branch.end);
            let inside: Vec<u32> = inside.map(|(_, id)| *id).collect();
            if !inside.is_empty() {
                return inside;
            }
        }
    }
    for (file, at) in spans.iter().filter_map(place) {
        let around = file.functions.iter().filter(|(function, _)| function.start <= at.start && at.end <= function.end);
        let Some((_, ids)) = around.min_by_key(|(function, _)| function.len()) else { continue };
        let ids: Vec<u32> = ids.iter().copied().filter(|id| !unviable.contains(id)).collect();
        let risky = |id: &u32| matches!(genres[id], Genre::MatchArm | Genre::StructField);
        let first: Vec<u32> = ids.iter().copied().filter(risky).collect();
        let culprits = if first.is_empty() { ids } else { first };
        if !culprits.is_empty() {
            return culprits;
        }
    }
    if !spans.is_empty() {
        println!("cannot attribute: {}", error["rendered"].as_str().unwrap_or_default());
    }
    Vec::new()
}

/// Compiles the examples in the documentation, without running them: rustdoc joins them into one program.
fn examples(root: &Path) -> Vec<(PathBuf, usize)> {
    let folder = root.with_file_name("examples");
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    messages(root, &["test", "--doc"]);
    let mut programs = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap().path();
        let program = entry.join("rust_out");
        let source = fs::read_to_string(entry.join("doctest_runner_2024.rs")).unwrap_or_default();
        let count = source.matches("tests.push(__doctest_").count();
        if program.is_file() && count > 0 {
            programs.push((program, count));
        }
    }
    println!("{} programs with {} examples", programs.len(), programs.iter().map(|(_, count)| count).sum::<usize>());
    programs
}

fn messages(root: &Path, arguments: &[&str]) -> Vec<Value> {
    let folder = root.with_file_name("examples");
    let keep = format!("-Awarnings -Zunstable-options --no-run --persist-doctests {}", folder.display());
    let out = Command::new("cargo")
        .args(arguments)
        .args(PACKAGES)
        .args(["--features", FEATURES, "--message-format", "json"])
        .current_dir(root)
        // The switch asks for two unstable features: whether a constant is evaluated.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Awarnings")
        .env("RUSTDOCFLAGS", keep)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", root.with_file_name("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let has_errors = messages.iter().any(|message| message["message"]["level"] == "error");
    assert!(out.status.success() || has_errors, "cargo failed");
    messages
}

/// The files of the repository but those with mutants, which are written later. A file that is the same keeps its time,
/// at which cargo looks.
fn copy(root: &Path, with_mutants: &BTreeMap<&str, Vec<&Mutant>>) {
    let out =
        Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).output().unwrap();
    for file in String::from_utf8(out.stdout).unwrap().split_terminator('\0') {
        if Path::new(file).is_file() && !with_mutants.contains_key(file) && file != "src/lib.rs" {
            write(&root.join(file), &fs::read(file).unwrap());
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
