//! What must hold for any retry policy, and for any `Retry-After`.

use std::time::Duration;

use hookseal::delivery::{Action, DeliveryPolicy, HealthPolicy, Jitter, OutcomePolicy, RetryPolicy, parse_retry_after};
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
    let exponential = (1_u32.., 1_u64.., 1.0..f64::MAX, 1_u64..).prop_map(|(attempts, a, multiplier, b)| {
        RetryPolicy::exponential(attempts, ms(a.min(b)), multiplier, ms(a.max(b))).unwrap()
    });
    (prop_oneof![table, exponential], jitters()).prop_map(|(policy, jitter)| policy.with_jitter(jitter).unwrap())
}

/// Up to 71 000 years, to the millisecond: what a float of seconds can tell apart.
fn durations() -> impl Strategy<Value = Duration> {
    (0..1_u64 << 51).prop_map(ms)
}

fn delivery_policies() -> impl Strategy<Value = DeliveryPolicy> {
    let table = prop::collection::vec(0..2_592_000_000_u64, 0..20)
        .prop_map(|waits| RetryPolicy::table(waits.into_iter().map(ms)).unwrap());
    // Thousandths: a JSON parser that is quick may read the last digits of a float otherwise.
    let waits = (1..1_u64 << 51, prop_oneof![(1..1_u64 << 51).prop_map(ms), Just(Duration::MAX)]);
    let exponential = (1_u32.., 1000..1_000_000_u32, waits).prop_map(|(attempts, thousandths, (initial, max))| {
        let multiplier = f64::from(thousandths) / 1000.0;
        RetryPolicy::exponential(attempts, ms(initial).min(max), multiplier, max).unwrap()
    });
    let retry = (prop_oneof![table, exponential], jitters(), prop::option::of(durations()));
    let retry = retry.prop_map(|(policy, jitter, age)| {
        let policy = policy.with_jitter(jitter).unwrap();
        age.into_iter().fold(policy, RetryPolicy::with_max_age)
    });
    let action = prop_oneof![Just(Action::Deliver), Just(Action::Retry), Just(Action::GiveUp), Just(Action::Disable)];
    let outcomes = prop::collection::vec((100..1000_u16, 100..1000_u16, action), 0..5).prop_map(|rows| {
        let add = |policy: OutcomePolicy, (a, b, action): (u16, u16, Action)| {
            policy.with_override(a.min(b), a.max(b), action).unwrap()
        };
        rows.into_iter().fold(OutcomePolicy::server_errors_only(), add)
    });
    let health = (any::<u32>(), prop::option::of(durations()), prop::collection::vec(1..100_u8, 0..5));
    let health = health.prop_map(|(failures, time, levels)| {
        let policy = HealthPolicy::never().with_max_failures(failures).with_warnings_at(levels).unwrap();
        time.into_iter().fold(policy, HealthPolicy::with_max_failing_time)
    });
    (retry, outcomes, health, [durations(), durations(), durations()], any::<bool>()).prop_map(
        |(retry, outcomes, health, [timeout, connect, margin], reuse)| {
            let policy = DeliveryPolicy::new().with_retry(retry).with_outcomes(outcomes).with_health(health);
            let policy = policy.with_timeout(timeout).with_connect_timeout(connect).with_lease_margin(margin);
            if reuse { policy.with_reused_timestamp() } else { policy }
        },
    )
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
    fn policies_survive_a_file(policy in delivery_policies()) {
        let (json, toml) = (serde_json::to_string(&policy).unwrap(), toml::to_string(&policy).unwrap());
        prop_assert_eq!(&serde_json::from_str::<DeliveryPolicy>(&json).unwrap(), &policy, "{}", json);
        prop_assert_eq!(&toml::from_str::<DeliveryPolicy>(&toml).unwrap(), &policy, "{}", toml);
    }
}
