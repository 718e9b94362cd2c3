//! Which test reaches which mutant, and then each mutant against the tests that reach it, the quickest first.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::build::Built;
use crate::list::Mutant;
use crate::report::Verdict;

/// A test that takes longer is left out.
const LONGEST: Duration = Duration::from_secs(10);

/// A test of that length is worth a try before quicker ones.
const LIKELY: Duration = Duration::from_millis(300);

/// How often a property is tried.
const CASES: &str = "64";

/// Mutants that allocate without end.
const MEMORY_KIB: &str = "4000000";

struct Test {
    program: PathBuf,
    folder: PathBuf,
    name: String,
    /// The number of an example in the documentation.
    example: Option<usize>,
    takes: Duration,
    reaches: HashSet<u32>,
}

enum Ended {
    Passed(Duration),
    Failed,
    TooLong,
}

impl Test {
    fn run(&self, limit: Duration, (variable, value): (&str, &str)) -> Ended {
        let start = Instant::now();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$@\""), "sh"]).arg(&self.program);
        match self.example {
            Some(number) => command.env("RUSTDOC_DOCTEST_RUN_NB_TEST", number.to_string()),
            None => command.args(["--exact", &self.name]),
        };
        let mut child = command
            .current_dir(&self.folder)
            .env("PROPTEST_CASES", CASES)
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
            .env("RUST_BACKTRACE", "0")
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env(variable, value)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut pause = Duration::from_micros(500);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return if status.success() { Ended::Passed(start.elapsed()) } else { Ended::Failed };
            }
            if start.elapsed() > limit {
                _ = child.kill();
                _ = child.wait();
                return Ended::TooLong;
            }
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(Duration::from_millis(20));
        }
    }
}

pub fn run(folder: &Path, built: &Built, mutants: &[&Mutant]) -> HashMap<u32, Verdict> {
    let tests = trace(folder, built);
    let mut reaching: HashMap<u32, Vec<usize>> = HashMap::new();
    for (number, test) in tests.iter().enumerate() {
        for id in &test.reaches {
            reaching.entry(*id).or_default().push(number);
        }
    }
    let mut verdicts = HashMap::new();
    let mut to_run = Vec::new();
    for mutant in mutants {
        if built.unviable.contains(&mutant.id) {
            verdicts.insert(mutant.id, Verdict::Unviable);
        } else if built.without_switch.contains(&mutant.id) {
            verdicts.insert(mutant.id, Verdict::NotSwitched);
        } else if reaching.contains_key(&mutant.id) {
            to_run.push(mutant);
        } else {
            verdicts.insert(mutant.id, Verdict::NotReached);
        }
    }
    println!("{} tests, {} mutants to run", tests.len(), to_run.len());

    let (next, start) = (AtomicUsize::new(0), Instant::now());
    let results = Mutex::new(verdicts);
    // What caught the last mutants of a file is likely to catch the next one.
    let catchers: Mutex<HashMap<&str, Vec<usize>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = to_run.get(index) else { return };
                    let last = catchers.lock().unwrap().get(mutant.file.as_str()).cloned().unwrap_or_default();
                    let mut order = reaching[&mutant.id].clone();
                    order.sort_by_key(|number| {
                        let takes = tests[*number].takes;
                        let is_likely = takes < LIKELY && last.iter().rev().take(3).any(|other| other == number);
                        (!is_likely, takes)
                    });
                    let verdict = judge(mutant, order.iter().map(|number| (*number, &tests[*number])), |number| {
                        let mut catchers = catchers.lock().unwrap();
                        let of_file = catchers.entry(mutant.file.as_str()).or_default();
                        of_file.retain(|other| *other != number);
                        of_file.push(number);
                    });
                    if verdict.is_missed() {
                        println!("missed: {}", mutant.name);
                    }
                    results.lock().unwrap().insert(mutant.id, verdict);
                    if index % 200 == 199 {
                        println!("{} of {} in {} s", index + 1, to_run.len(), start.elapsed().as_secs());
                    }
                }
            });
        }
    });
    println!("{} mutants in {} s", to_run.len(), start.elapsed().as_secs());
    results.into_inner().unwrap()
}

fn judge<'t>(mutant: &Mutant, tests: impl Iterator<Item = (usize, &'t Test)>, caught: impl FnOnce(usize)) -> Verdict {
    let id = mutant.id.to_string();
    for (number, test) in tests {
        let verdict = match test.run(test.takes * 20 + Duration::from_secs(3), ("HOOKSEAL_MUTANT", &id)) {
            Ended::Passed(_) => continue,
            Ended::Failed => Verdict::Caught(test.name.clone()),
            Ended::TooLong => Verdict::TimedOut(test.name.clone()),
        };
        caught(number);
        return verdict;
    }
    Verdict::Missed
}

fn threads() -> usize {
    std::env::var("MUTANTS_THREADS").ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// Lists the tests, leaves out those that fail without a mutant or take too long, and asks each which mutants it reaches.
fn trace(folder: &Path, built: &Built) -> Vec<Test> {
    let mut candidates = Vec::new();
    for (program, manifest) in &built.programs {
        let out = Command::new(program).args(["--list", "--format", "terse"]).current_dir(manifest).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        for name in text.lines().filter_map(|line| line.strip_suffix(": test")) {
            candidates.push(Test {
                program: program.clone(),
                folder: manifest.clone(),
                name: name.to_owned(),
                example: None,
                takes: Duration::ZERO,
                reaches: HashSet::new(),
            });
        }
    }
    for (program, count) in &built.examples {
        candidates.extend((0..*count).map(|number| Test {
            program: program.clone(),
            folder: built.root.clone(),
            name: format!("example {number}"),
            example: Some(number),
            takes: Duration::ZERO,
            reaches: HashSet::new(),
        }));
    }
    let traces = folder.canonicalize().unwrap().join("traces");
    _ = fs::remove_dir_all(&traces);
    fs::create_dir_all(&traces).unwrap();
    let (next, tests, left_out) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    let candidates: Vec<Mutex<Option<Test>>> = candidates.into_iter().map(|test| Mutex::new(Some(test))).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(test) = candidates.get(index).and_then(|test| test.lock().unwrap().take()) else { return };
                    let mut test = test;
                    let trace = traces.join(index.to_string());
                    match test.run(LONGEST, ("HOOKSEAL_MUTANT", "0")) {
                        Ended::Passed(takes) => test.takes = takes,
                        Ended::Failed => {
                            left_out.lock().unwrap().insert(test.name, "fails without a mutant");
                            continue;
                        }
                        Ended::TooLong => {
                            left_out.lock().unwrap().insert(test.name, "takes too long");
                            continue;
                        }
                    }
                    if !matches!(
                        test.run(LONGEST * 20, ("HOOKSEAL_MUTANT_TRACE", trace.to_str().unwrap())),
                        Ended::Passed(_)
                    ) {
                        left_out.lock().unwrap().insert(test.name, "fails or takes too long while it is traced");
                        continue;
                    }
                    let text = fs::read_to_string(&trace).unwrap_or_default();
                    test.reaches = text.lines().filter_map(|line| line.parse().ok()).collect();
                    tests.lock().unwrap().push(test);
                }
            });
        }
    });
    for (name, reason) in left_out.into_inner().unwrap() {
        println!("left out: {name} {reason}");
    }
    tests.into_inner().unwrap()
}
