//! The whole story, with all its checks.

use std::process::Command;

#[test]
fn each_payment_is_booked_once() {
    // Its output is inherited, so that a skip is seen.
    let run = Command::new(env!("CARGO_BIN_EXE_inbox")).status();
    assert!(run.expect("the program starts").success());
}
