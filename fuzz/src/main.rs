//! All fuzz targets in one program, which is built once: `HOOKSEAL_FUZZ_TARGET` says which one runs.
//!
//! What a target holds true is said at the beginning of its file.

#![no_main]

mod capture;
mod codec;
mod diagnose;
mod endpoint;
mod event;
mod form;
mod handshake;
mod json;
mod judge;
mod keys;
mod moment;
mod notation;
mod place;
mod recut;
mod token;
mod verify;
#[path = "../../tests/common/words.rs"]
mod words;

use std::sync::OnceLock;

const TARGETS: [(&str, fn(&[u8])); 14] = [
    ("capture", capture::run),
    ("codec", codec::run),
    ("diagnose", diagnose::run),
    ("endpoint", endpoint::run),
    ("event", event::run),
    ("form", form::run),
    ("handshake", handshake::run),
    ("keys", keys::run),
    ("moment", moment::run),
    ("notation", notation::run),
    ("place", place::run),
    ("recut", recut::run),
    ("token", token::run),
    ("verify", verify::run),
];

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

/// Chooses the target. `list` prints their names.
fn choose() {
    let name = std::env::var("HOOKSEAL_FUZZ_TARGET").unwrap_or_default();
    if name == "list" {
        TARGETS.iter().for_each(|(name, _)| println!("{name}"));
        std::process::exit(0);
    }
    let Some((_, run)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        eprintln!("HOOKSEAL_FUZZ_TARGET is {name:?}, which is no target");
        std::process::exit(2);
    };
    let _ = TARGET.set(*run);
}

libfuzzer_sys::fuzz_target!(init: choose(), |data: &[u8]| {
    if let Some(run) = TARGET.get() {
        run(data);
    }
});
