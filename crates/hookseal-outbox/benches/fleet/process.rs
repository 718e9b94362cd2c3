//! Processes of the bench, and the CPU that they use.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Result;

/// Clock ticks per second, on every Linux.
const TICKS: f64 = 100.0;

/// This program again, in another role. It ends when its standard input closes.
pub(crate) struct Role {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Role {
    pub(crate) fn start(arguments: &[&str]) -> Result<Role> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Role { child, input, output })
    }

    /// Sends a line, and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.input.as_mut().ok_or("it was stopped")?, "{line}")?;
        self.line()
    }

    pub(crate) fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// CPU seconds so far.
    pub(crate) fn cpu(&self) -> f64 {
        cpu_of(self.child.id()).map_or(0.0, |(own, _)| own)
    }

    /// Waits until it has ended by itself, and returns the CPU seconds that it used.
    pub(crate) fn stop(mut self) -> f64 {
        drop(self.input.take());
        // The entry of an ended process stays until it is waited for.
        loop {
            let (cpu, has_ended) = state_of(self.child.id()).unwrap_or((0.0, true));
            if has_ended {
                let _ = self.child.wait();
                return cpu;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stat(id: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may contain anything.
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// The CPU seconds of a process, and of those of its children that were waited for.
fn cpu_of(id: u32) -> Option<(f64, f64)> {
    let fields = stat(id)?;
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some(((ticks(11)? + ticks(12)?) / TICKS, (ticks(13)? + ticks(14)?) / TICKS))
}

fn state_of(id: u32) -> Option<(f64, bool)> {
    let has_ended = stat(id)?.first().is_some_and(|state| state == "Z");
    Some((cpu_of(id)?.0, has_ended))
}

/// The CPU seconds of a server and all of its processes, also of those that have ended.
pub(crate) fn cpu_of_tree(root: u32) -> f64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = stat(id).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(id);
        }
    }
    let (mut sum, mut left) = (0.0, vec![root]);
    while let Some(id) = left.pop() {
        let (own, ended) = cpu_of(id).unwrap_or_default();
        sum += own + ended;
        left.extend(children.get(&id).into_iter().flatten());
    }
    sum
}
