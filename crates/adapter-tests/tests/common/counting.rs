//! An allocator that counts, for a test program that includes this file.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
    static TOTAL: Cell<usize> = const { Cell::new(0) };
}

fn count(change: isize) {
    HELD.set(HELD.get() + change);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: every call goes to the system's allocator as it came; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        TOTAL.set(TOTAL.get() + layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were held at one time beyond those held before.
pub(crate) fn most_held<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = HELD.get();
    MOST.set(before);
    let result = run();
    ((MOST.get() - before).cast_unsigned(), result)
}

/// The bytes of all allocations of a call together, which grow with its work.
pub(crate) fn allocated<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = TOTAL.get();
    let result = run();
    (TOTAL.get() - before, result)
}

#[test]
fn the_counter_counts() {
    let (most, kept) = most_held(|| {
        drop(vec![0_u8; 3000]);
        vec![0_u8; 1000]
    });
    assert_eq!((most, kept.len()), (3000, 1000));
    let (total, _) = allocated(|| (vec![0_u8; 3000], vec![0_u8; 1000]));
    assert_eq!(total, 4000);
}
