//! A small run of the whole story, with all its checks.

use std::process::Command;

#[test]
fn no_event_is_lost_and_none_is_processed_twice() {
    // Its output is inherited, so that a skip is seen.
    let run = Command::new(env!("CARGO_BIN_EXE_outbox"))
        .args(["--events", "2000", "--workers", "3", "--kills", "6"])
        .status();
    assert!(run.expect("the program starts").success());
}
