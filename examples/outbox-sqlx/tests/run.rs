//! The program tests itself.

use std::process::Command;

#[test]
fn what_is_committed_arrives_and_what_is_rolled_back_does_not() {
    assert!(Command::new(env!("CARGO_BIN_EXE_outbox-sqlx")).status().expect("the program starts").success());
}
