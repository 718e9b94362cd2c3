//! The program draws the default schedule.

use std::process::Command;

#[test]
fn a_chart_is_drawn() {
    let run = Command::new(env!("CARGO_BIN_EXE_schedule")).status();
    assert!(run.expect("the program starts").success());
}
