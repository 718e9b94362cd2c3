//! What became of the mutants, compared with the survivors that are explained.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::list::Mutant;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// By this test.
    Caught(String),
    TimedOut(String),
    Missed,
    /// No test reaches it.
    NotReached,
    /// It has no switch.
    NotSwitched,
    /// It does not compile.
    Unviable,
}

impl Verdict {
    pub fn is_missed(&self) -> bool {
        matches!(self, Verdict::Missed | Verdict::NotReached)
    }
}

type Verdicts = BTreeMap<String, Verdict>;

/// The verdicts of earlier runs.
pub fn earlier(folder: &Path) -> Verdicts {
    let text = fs::read_to_string(folder.join("verdicts.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Survivors with a reason: lines "- `file: what`: why" of survivors.md.
fn explained() -> BTreeMap<String, String> {
    let text = fs::read_to_string("tests/mutants/survivors.md").unwrap_or_default();
    let line = |line: &str| {
        let (name, reason) = line.strip_prefix("- `")?.split_once("`: ")?;
        Some((name.to_owned(), reason.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// A survivor that is known, and that nobody has looked at.
const OPEN: &str = "not examined yet";

/// Prints the table and what is not explained. Returns 1 if there is such a mutant, or an explanation without one.
pub fn report(
    folder: &Path,
    asked: &[&Mutant],
    verdicts: &HashMap<u32, Verdict>,
    mut all: Verdicts,
    whole: bool,
) -> u8 {
    if whole {
        all.clear();
    }
    for mutant in asked {
        all.insert(mutant.lasting_name.clone(), verdicts[&mutant.id].clone());
    }
    fs::write(folder.join("verdicts.json"), serde_json::to_string_pretty(&all).unwrap()).unwrap();

    let explained = explained();
    let mut table: BTreeMap<&str, [usize; 7]> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let mut seen = BTreeSet::new();
    for mutant in asked {
        let verdict = &verdicts[&mutant.id];
        let reason = explained.get(&mutant.lasting_name).map(String::as_str);
        seen.insert(mutant.lasting_name.as_str());
        let column = match verdict {
            Verdict::Caught(_) => 0,
            Verdict::TimedOut(_) => 1,
            Verdict::Missed | Verdict::NotReached => match reason {
                Some(OPEN) => 3,
                Some(_) => 2,
                None => 4,
            },
            Verdict::Unviable => 5,
            Verdict::NotSwitched => 6,
        };
        if column == 4 {
            unexplained.push((mutant, verdict));
        }
        if reason.is_some() && column < 2 {
            println!("explained, but caught: {}", mutant.lasting_name);
        }
        for row in [mutant.file.as_str(), "all"] {
            table.entry(row).or_default()[column] += 1;
        }
    }
    println!(
        "\n| file | caught | by timeout | explained | open | missed | do not compile | without a switch |\n|---|---|---|---|---|---|---|---|"
    );
    for (file, numbers) in &table {
        println!("| {file} | {} |", numbers.map(|number| number.to_string()).join(" | "));
    }
    for (mutant, verdict) in &unexplained {
        println!("{verdict:?}: {}", mutant.name);
    }
    let stale: Vec<_> = explained.keys().filter(|name| whole && !seen.contains(name.as_str())).collect();
    for name in &stale {
        println!("explained, but not there: {name}");
    }
    (!unexplained.is_empty() || !stale.is_empty()).into()
}
