//! Verifying allocates nothing, accepted or refused, for any scheme of the catalogue.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hookseal::{Signer, Verifier};
use time::OffsetDateTime;

use common::{key, keys, schemes};

mod common;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let result = run();
    (ALLOCATIONS.get() - before, result)
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| vec![1, 2, 3]).0, 1);
}

#[test]
fn verifying_allocates_nothing() {
    let now = OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    for (name, scheme) in schemes() {
        let body = vec![b'x'; 20_000];
        let headers = Signer::new(scheme.clone(), keys(0, 2)).unwrap().sign_at("id_1", &body, now).unwrap();
        let verifier = Verifier::new(scheme.clone(), keys(5, 7).and_previous(key(0)).unwrap()).unwrap();

        let (count, result) = allocations(|| verifier.verify_at(&headers, &body, now).is_ok());
        assert_eq!((count, result), (0, true), "{name}: accepted, with the eighth key");
        let (count, result) = allocations(|| verifier.verify_at(&headers, &body[1..], now).is_ok());
        assert_eq!((count, result), (0, false), "{name}: another body");
        let (count, _) = allocations(|| verifier.verify_at(&headers, &body, OffsetDateTime::UNIX_EPOCH).is_ok());
        assert_eq!(count, 0, "{name}: stale");
        let (count, result) = allocations(|| {
            let mut verification = verifier.begin_at(&headers, now).unwrap();
            body.chunks(1000).for_each(|chunk| verification.update(chunk));
            verification.finish().is_ok()
        });
        assert_eq!((count, result), (0, true), "{name}: in pieces");
        let (count, _) = allocations(|| verifier.verify(&headers, &body).is_ok());
        assert_eq!(count, 0, "{name}: by the system's clock");
    }
}
