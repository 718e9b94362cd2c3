//! Becomes a module of the instrumented library.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Whether the mutant of this number is on. None is while the compiler evaluates a constant.
#[inline]
pub(crate) const fn on(id: u32) -> bool {
    std::intrinsics::const_eval_select((id,), never, is_active)
}

const fn never(_: u32) -> bool {
    false
}

const UNKNOWN: u32 = u32::MAX;
const TRACING: u32 = u32::MAX - 1;
const MOST: usize = 1 << 16;

static ACTIVE: AtomicU32 = AtomicU32::new(UNKNOWN);
static REACHED: OnceLock<Vec<AtomicBool>> = OnceLock::new();

#[inline]
fn is_active(id: u32) -> bool {
    match ACTIVE.load(Ordering::Relaxed) {
        active if active < TRACING => active == id,
        active => start_or_trace(active, id),
    }
}

#[cold]
#[inline(never)]
fn start_or_trace(mut active: u32, id: u32) -> bool {
    if active == UNKNOWN {
        active = match std::env::var("HOOKSEAL_MUTANT") {
            Ok(number) => number.parse().unwrap_or(0),
            Err(_) if std::env::var_os("HOOKSEAL_MUTANT_TRACE").is_some() => TRACING,
            Err(_) => 0,
        };
        ACTIVE.store(active, Ordering::Relaxed);
    }
    if active == TRACING {
        let reached = REACHED.get_or_init(|| (0..MOST).map(|_| AtomicBool::new(false)).collect());
        let is_first = reached
            .get(id as usize)
            .is_some_and(|seen| !seen.load(Ordering::Relaxed) && !seen.swap(true, Ordering::Relaxed));
        if is_first && let Some(path) = std::env::var_os("HOOKSEAL_MUTANT_TRACE") {
            let file = OpenOptions::new().create(true).append(true).open(path);
            _ = file.and_then(|mut file| file.write_all(format!("{id}\n").as_bytes()));
        }
    }
    active == id
}
