//! The receivers of both frameworks: `benches/receivers`, whose table is read here.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Requests per second, as a fraction of those of a handler that verifies nothing.
const GOALS: [(&str, f64); 2] = [("typed", 0.74), ("once", 0.66)];

pub(crate) fn receivers(rounds: usize, seconds: f64) -> Result<String, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../receivers");
    let (rounds, seconds) = (rounds.to_string(), seconds.to_string());
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--release", "--", &rounds, &seconds]).current_dir(folder);
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let table = String::from_utf8(output.stdout)?;
    let goals = goals(&table)?;
    Ok(format!("{table}\n{goals}"))
}

fn goals(table: &str) -> Result<String, Box<dyn Error>> {
    let mut text = "| goal, of bare | measured, of requests per second | |\n|---|---|---|\n".to_owned();
    for framework in ["axum", "actix"] {
        for (case, goal) in GOALS {
            let row = format!("{framework} {case}");
            let columns = table.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
            let mut found = columns.filter(|columns| columns.get(1) == Some(&row.as_str()));
            let columns = found.next().ok_or(format!("no row {row}"))?;
            let ratio: f64 = columns.get(3).ok_or("no third column")?.parse()?;
            let verdict = if ratio >= goal { "met" } else { "**missed**" };
            let _ = writeln!(text, "| {row}: at least {goal} | {ratio} | {verdict} |");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn goals_are_read_from_the_table() {
        let rows =
            ["axum typed", "axum once", "actix typed", "actix once"].map(|row| format!("| {row} | 100 | 0.700 |"));
        let text = super::goals(&rows.join("\n")).unwrap();
        assert!(text.contains("| axum typed: at least 0.74 | 0.7 | **missed** |"), "{text}");
        assert!(text.contains("| actix once: at least 0.66 | 0.7 | met |"), "{text}");
    }
}
