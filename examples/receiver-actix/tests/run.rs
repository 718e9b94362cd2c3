//! The program checks each answer itself.

use std::process::Command;

#[test]
fn every_delivery_gets_its_answer() {
    let run = Command::new(env!("CARGO_BIN_EXE_receiver-actix")).status();
    assert!(run.expect("the program starts").success());
}
