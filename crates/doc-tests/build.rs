//! Writes each Rust block of the README and of the guide's pages to a file of its own, `PAGE_1.rs` and so on, so that the
//! tests can include the very programs that readers copy and run them against real servers.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const PAGES: &str = "../../src/guide";
const README: &str = "../../README.md";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PAGES}");
    let directory = env::var("OUT_DIR")?;
    let mut pages = vec![PathBuf::from(README)];
    for page in fs::read_dir(PAGES)? {
        pages.push(page?.path());
    }
    for path in pages {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        for (number, code) in blocks(&fs::read_to_string(&path)?).into_iter().enumerate() {
            fs::write(Path::new(&directory).join(format!("{name}_{}.rs", number + 1)), code)?;
        }
    }
    Ok(())
}

/// The blocks that rustdoc takes for Rust, without the marks of hidden lines.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let code: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line)))
            .collect();
        if ["", "rust", "no_run", "rust,no_run"].contains(&language) {
            blocks.push(code);
        }
    }
    blocks
}
