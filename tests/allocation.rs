//! Verifying allocates nothing, accepted or refused, for any scheme of the catalogue over headers and body; in pieces, once.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hookseal::delivery::{Outcome, OutcomePolicy, RetryPolicy, UrlPolicy, Verdict};
use hookseal::{Signer, Verifier};
use time::OffsetDateTime;

use common::{key, keys, usual_schemes};

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
    let mut count_of_schemes = 0;
    for (name, scheme) in usual_schemes() {
        count_of_schemes += 1;
        let body = vec![b'x'; 20_000];
        let headers = Signer::new(scheme.clone(), keys(0, 2)).unwrap().sign_at("id_1", &body, now).unwrap();
        let verifier = Verifier::new(scheme.clone(), keys(5, 7).with_previous(key(0)).unwrap()).unwrap();

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
        assert_eq!((count, result), (1, true), "{name}: in pieces, where states are wiped");
        let (count, _) = allocations(|| verifier.verify(&headers, &body).is_ok());
        assert_eq!(count, 0, "{name}: by the system's clock");
    }
    assert!(count_of_schemes > 180, "{count_of_schemes}");
}

#[test]
fn deciding_about_retries_allocates_nothing() {
    let now = OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    let (policy, outcomes) = (RetryPolicy::new(), OutcomePolicy::server_errors_only());
    for value in [&b"120"[..], b"Sun, 06 Nov 1994 08:50:37 GMT", b"nonsense", b"99999999999999999999"] {
        for status in [200, 401, 410, 429, 503] {
            let outcome = Outcome::Response { status, retry_after: Some(value) };
            let (count, verdict) = allocations(|| outcomes.classify(&outcome, now));
            assert_eq!(count, 0, "{outcome:?}");
            if let Verdict::Retry { retry_after, .. } = verdict {
                let (count, wait) = allocations(|| policy.next_delay(3, retry_after, 7));
                assert_eq!((count, wait.is_some()), (0, true), "{outcome:?}");
            }
        }
    }
}

#[test]
fn checking_a_url_allocates_nothing() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/urls.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let policy = UrlPolicy::default();
    for case in &cases {
        let url = case["url"].as_str().unwrap();
        let (count, result) = allocations(|| policy.check(url).is_ok());
        assert_eq!((count, result), (0, case["allowed"].as_bool().unwrap()), "{url:?}");
    }
    let addresses = ["8.8.8.8".parse().unwrap(), "::1".parse().unwrap()];
    assert_eq!(allocations(|| policy.check_resolved(&addresses).is_err()), (0, true));
}
