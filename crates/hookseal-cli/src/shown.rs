//! How things are printed: colours only on a terminal.

use std::io::{self, IsTerminal};

use hookseal::diagnose::Diagnosis;
use serde_json::{Value, json};

/// Colours the marks at the beginning of lines, if somebody looks.
pub(crate) fn coloured(text: &str) -> String {
    if !io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some() {
        return text.to_owned();
    }
    let line = |line: &str| {
        let bare = line.trim_start();
        let code = match bare.chars().next() {
            Some('✓') => "32",
            Some('✗') => "31",
            Some('?') => "33",
            Some('→') => "36",
            _ => return line.to_owned(),
        };
        format!("\u{1b}[{code}m{line}\u{1b}[0m")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A diagnosis for machines.
pub(crate) fn diagnosis(diagnosis: &Diagnosis) -> Value {
    let causes: Vec<Value> = diagnosis
        .causes()
        .iter()
        .map(|cause| json!({ "code": cause.code().as_str(), "text": cause.text(), "advice": cause.advice() }))
        .collect();
    json!({
        "verdict": diagnosis.verdict().as_str(),
        "causes": causes,
        "evidence": diagnosis.evidence(),
        "refusal": diagnosis.refusal().map(ToString::to_string),
        "scheme": diagnosis.scheme(),
        "macs": diagnosis.macs(),
        "bytes": diagnosis.bytes(),
        "ms": (diagnosis.elapsed().as_secs_f64() * 1e6).round() / 1e3,
    })
}

/// A text of somebody else's on a terminal, without control characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '·' } else { c }).collect()
}

/// An error on standard error. It may quote a capture, which somebody else wrote.
pub(crate) fn error(error: &str) {
    eprintln!("hookseal: {}", plain(error));
}
