//! What must hold for any retry policy, and for any `Retry-After`.

use std::time::Duration;

use hookseal::delivery::{Jitter, RetryPolicy, parse_retry_after};
use proptest::prelude::*;
use time::OffsetDateTime;

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn jitters() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        (0..=1000_u16).prop_map(|permille| Jitter::Proportional { permille }),
        (any::<u16>(), any::<u32>(), any::<u32>()).prop_map(|(permille, a, b)| Jitter::Additive {
            permille,
            min_seconds: a.min(b),
            max_seconds: a.max(b)
        }),
    ]
}

fn policies() -> impl Strategy<Value = RetryPolicy> {
    let table = prop::collection::vec(0..2_592_000_000_u64, 0..20)
        .prop_map(|waits| RetryPolicy::table(waits.into_iter().map(ms)).unwrap());
    let exponential = (1_u32.., any::<u64>(), 1.0..f64::MAX, any::<u64>()).prop_map(|(attempts, a, multiplier, b)| {
        RetryPolicy::exponential(attempts, ms(a.min(b)), multiplier, ms(a.max(b))).unwrap()
    });
    (prop_oneof![table, exponential], jitters()).prop_map(|(policy, jitter)| policy.with_jitter(jitter).unwrap())
}

proptest! {
    #[test]
    fn waits_stay_inside_their_bounds(policy in policies(), failed: u32, asked: Option<Duration>, random: u64) {
        let wait = policy.next_delay(failed, asked, random);
        prop_assert_eq!(wait.is_none(), failed.max(1) >= policy.max_attempts());
        if let (Some(wait), Some((low, high))) = (wait, policy.delay_bounds(failed, asked)) {
            prop_assert!(low <= wait && wait <= high);
            let (unasked, _) = policy.delay_bounds(failed, None).unwrap();
            prop_assert!(low >= unasked, "asking for more never shortens a wait");
            prop_assert_eq!(policy.next_delay(failed, asked, 0), Some(low));
            prop_assert_eq!(policy.next_delay(failed, asked, u64::MAX), Some(high));
        }
        let _ = policy.total_horizon();
    }

    #[test]
    fn exponential_waits_never_fall(attempts in 2..200_u32, initial in 1..10_000_u64, multiplier in 1.0..10.0, cap in 10_000..10_000_000_u64) {
        let policy = RetryPolicy::exponential(attempts, ms(initial), multiplier, ms(cap)).unwrap();
        let delays: Vec<_> = policy.delays().collect();
        prop_assert_eq!(delays.len() as u32 + 1, attempts);
        prop_assert!(delays.is_sorted());
        prop_assert_eq!(delays.iter().sum::<Duration>(), policy.total_horizon());
    }

    #[test]
    fn no_header_panics(value: Vec<u8>, seconds in 0..253_402_300_799_i64) {
        let _ = parse_retry_after(&value, at(seconds));
    }

    #[test]
    fn policies_survive_a_file(policy in policies()) {
        let json = serde_json::to_string(&policy).unwrap();
        if let Ok(again) = serde_json::from_str::<RetryPolicy>(&json) {
            prop_assert_eq!(again.max_attempts(), policy.max_attempts());
        }
    }
}
