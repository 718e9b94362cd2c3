//! Mutation testing of the core: `cargo run --release --manifest-path tests/mutants/Cargo.toml -- [word…]`, in the root of
//! the repository. `README.md` in this folder says what it does.

mod build;
mod instrument;
mod list;
mod report;
mod run;

use std::path::Path;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let again = words.iter().position(|word| word == "--missed").map(|at| words.remove(at)).is_some();
    let folder = Path::new("target/mutants");
    std::fs::create_dir_all(folder).unwrap();

    let mutants = list::list();
    let earlier = report::earlier(folder);
    let built = build::build(folder, &mutants);
    let is_asked = |mutant: &&list::Mutant| {
        (words.is_empty() || words.iter().any(|word| mutant.name.contains(word.as_str())))
            && (!again || earlier.get(&mutant.lasting_name).is_none_or(|verdict| verdict.is_missed()))
    };
    let asked: Vec<_> = mutants.iter().filter(is_asked).collect();
    let verdicts = run::run(folder, &built, &asked);
    let whole = words.is_empty() && !again;
    std::process::exit(report::report(folder, &asked, &verdicts, earlier, whole).into());
}
