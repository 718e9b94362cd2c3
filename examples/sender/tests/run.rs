//! The program checks each attempt itself.

use std::process::Command;

#[test]
fn the_event_is_delivered_in_the_end() {
    let run = Command::new(env!("CARGO_BIN_EXE_sender")).status();
    assert!(run.expect("the program starts").success());
}
