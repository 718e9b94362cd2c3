//! The core in WebAssembly, on a machine that has nothing but memory: no clock, no randomness, no input and no output.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasmi::{Engine, Linker, Module, Store};

const TARGET: &str = "wasm32-unknown-unknown";

/// Compiles the programs; `None`, said loudly, if the standard library of the target is not installed.
fn programs() -> Option<PathBuf> {
    let sysroot = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let sysroot = String::from_utf8(sysroot.expect("rustc runs").stdout).expect("a path");
    if !Path::new(sysroot.trim()).exists() {
        // Past the macros, whose output the harness hides where a test passes.
        let _ = writeln!(std::io::stderr(), "\n*** NOT TESTED: `rustup target add {TARGET}` first ***");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "--bins"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&folder)
        // Randomness would need imports, and so somebody to provide them.
        .env("RUSTFLAGS", "--cfg getrandom_backend=\"unsupported\"")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status();
    assert!(status.expect("cargo runs").success(), "the programs compile for {TARGET}");
    Some(folder.join(TARGET).join("debug"))
}

/// Whether a program ends without a trap.
fn ends_well(program: &Path) -> bool {
    let engine = Engine::default();
    let module = Module::new(&engine, std::fs::read(program).expect("it was compiled")).expect("a module");
    let imports: Vec<_> = module.imports().map(|import| import.name().to_owned()).collect();
    assert!(imports.is_empty(), "it would need {imports:?}");
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("it needs nothing");
    let main = instance.get_typed_func::<(i32, i32), i32>(&store, "main").expect("a program has a `main`");
    main.call(&mut store, (0, 0)).is_ok_and(|code| code == 0)
}

#[test]
fn the_core_needs_no_clock_and_no_randomness() {
    let Some(programs) = programs() else { return };
    assert!(ends_well(&programs.join("core.wasm")), "run `cargo run -p wasm-tests --bin core` to see the message");
    assert!(!ends_well(&programs.join("clock.wasm")), "there is a clock, so that this test would not notice its use");
}
