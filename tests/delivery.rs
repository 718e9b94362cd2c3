//! When to try again, when to stop: tables and vectors of published schedules, and what must hold for any policy.

use std::time::Duration;

use hookseal::delivery::{
    Action, DataFilter, DeliveryPolicy, DisableReason, EndpointHealth, HealthPolicy, HealthSignal, Jitter, Outcome,
    OutcomePolicy, RetryPolicy, Verdict, parse_retry_after,
};
use hookseal::provider;
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use time::{Duration as Span, OffsetDateTime};

const RANDOM: [u64; 5] = [0, 1 << 62, 1 << 63, 3 << 62, u64::MAX];

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn presets_have_the_published_numbers() {
    let hook0: Vec<u64> = [3, 10, 180, 1800, 3600, 10_800, 18_000].into_iter().chain([36_000; 17]).collect();
    let ten = r#"{"max_attempts":10,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":3600}"#;
    let presets: [(RetryPolicy, &[u64], u64); 11] = [
        (RetryPolicy::KLEN_AI, &[60, 300, 1800], 2160),
        (RetryPolicy::CALLINTEL, &[60, 300, 900], 1260),
        (RetryPolicy::CALLINTEL_EXAMPLE, &[60, 120, 240, 480], 900),
        (serde_json::from_str(ten).unwrap(), &[60, 120, 240, 480, 960, 1920, 3600, 3600, 3600], 14_580),
        (RetryPolicy::KLANG, &[30, 120, 600, 3600, 21_600], 25_950),
        (RetryPolicy::SVIX, &[5, 300, 1800, 7200, 18_000, 36_000, 36_000], 99_305),
        (RetryPolicy::STANDARD_WEBHOOKS, &[5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400], 272_105),
        (RetryPolicy::HOOK0, &hook0, 646_393),
        (RetryPolicy::OUTPOST, &[30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360], 30_690),
        (RetryPolicy::SLACK, &[0, 60, 300], 360),
        (RetryPolicy::NONE, &[], 0),
    ];
    for (policy, delays, total) in presets {
        let found: Vec<u64> = policy.delays().map(|delay| delay.as_secs()).collect();
        assert_eq!(found, delays);
        assert_eq!(policy.max_attempts() as usize, delays.len() + 1);
        assert_eq!(policy.total_horizon().as_secs(), total);
        let sums = delays.iter().scan(0, |sum, delay| {
            *sum += delay;
            Some(*sum)
        });
        assert!(policy.due_times().map(|due| due.as_secs()).eq(sums));
        for (place, delay) in delays.iter().enumerate() {
            for random in RANDOM {
                let wait = policy.next_delay(place as u32 + 1, None, random);
                assert_eq!(wait, Some(Duration::from_secs(*delay)), "presets have no jitter");
            }
        }
        assert_eq!(policy.next_delay(delays.len() as u32 + 1, None, 0), None);
    }
    assert!(RetryPolicy::new().delays().eq(RetryPolicy::STANDARD_WEBHOOKS.delays()));
}

#[test]
fn platforms_send_as_documented() {
    let klang = provider::KLANG.delivery_policy();
    let window = u64::from(provider::KLANG.scheme().past().unwrap());
    assert!(klang.retry().total_horizon().as_secs() < window, "the last retry of Klang is still inside its window");
    assert!(klang.reuses_timestamp());
    let numbers = [
        (&provider::KALLGLOT, 10, 30),
        (&provider::KLEN_AI, 4, 10),
        (&provider::CALLINTEL, 4, 10),
        (&provider::KLANG, 6, 5),
    ];
    for (provider, attempts, timeout) in numbers {
        let policy = provider.delivery_policy();
        let found = (policy.retry().max_attempts(), policy.timeout().as_secs());
        assert_eq!(found, (attempts, timeout), "{}", provider.name());
    }
    assert_eq!(provider::EFFICLOSE.delivery_policy(), &DeliveryPolicy::default());
}

#[test]
fn exponential_waits_at_their_edges() {
    let json = |attempts: u32| {
        RetryPolicy::exponential(attempts, Duration::from_secs(60), 2.0, Duration::from_secs(3600)).unwrap()
    };
    for failed in [64, 65, 1025, u32::MAX - 1] {
        assert_eq!(json(u32::MAX).next_delay(failed, None, 0), Some(ms(3_600_000)), "{failed}");
    }
    assert_eq!(json(u32::MAX).next_delay(u32::MAX, None, 0), None);
    let slow = RetryPolicy::exponential(13, ms(1000), 1.5, ms(60_000)).unwrap();
    let expected = [1000, 1500, 2250, 3375, 5062, 7593, 11390, 17085, 25628, 38443, 57665, 60000];
    assert!(slow.delays().eq(expected.map(ms)));
    let constant = RetryPolicy::exponential(100, ms(5000), 1.0, ms(5000)).unwrap();
    assert!(constant.delays().all(|delay| delay == ms(5000)));
    let steep = RetryPolicy::exponential(u32::MAX, ms(1), 1e308, ms(u64::MAX)).unwrap();
    assert_eq!(steep.next_delay(1, None, 0), Some(ms(1)));
    assert_eq!(steep.next_delay(2, None, 0), Some(ms(u64::MAX)));
    assert_eq!(steep.total_horizon(), ms(u64::MAX));
    // Slow growth over ten million attempts, summed in another way.
    let slow = RetryPolicy::exponential(10_000_001, ms(1000), 1.000_001, ms(1_000_000)).unwrap();
    let sum: u64 = slow.delays().map(|delay| delay.as_millis() as u64).sum();
    let horizon = slow.total_horizon().as_millis() as u64;
    assert!(horizon.abs_diff(sum) < sum / 1000, "{horizon} is not {sum}");
    assert!(RetryPolicy::exponential(2, Duration::ZERO, 2.0, ms(1000)).is_err(), "it would never grow");
    assert_eq!(
        json(u32::MAX).total_horizon(),
        ms((60 + 120 + 240 + 480 + 960 + 1920) * 1000 + 3_600_000 * (u64::from(u32::MAX) - 7))
    );
}

/// Beyond the attempts that are summed one by one.
#[test]
fn long_horizons_are_the_sum_of_their_waits() {
    for (attempts, initial, multiplier, max) in [
        (10_002, 1000, 1.0, 60_000),
        (30_000, 1000, 1.0, 60_000),
        (12_000, 1000, 1.0, 1000),
        (20_000, 1000, 1.0001, 1_000_000),
        (60_000, 1000, 1.0001, 3000),
        (30_000, 1000, 1.0001, 2718),
        (10_003, 500, 1.0003, 1_000_000),
        (40_000, 1000, 2.0, 1_000_000),
    ] {
        let policy = RetryPolicy::exponential(attempts, ms(initial), multiplier, ms(max)).unwrap();
        let sum: u64 = policy.delays().map(|delay| delay.as_millis() as u64).sum();
        let horizon = policy.total_horizon().as_millis() as u64;
        assert!(horizon.abs_diff(sum) <= u64::from(attempts) + max, "{multiplier}: {horizon} is not {sum}");
        assert_eq!(policy.delays().count() as u32, attempts - 1);
    }
}

#[test]
fn limits_of_policies_are_allowed_and_nothing_beyond() {
    let additive = |min_seconds, max_seconds| Jitter::Additive { permille: 100, min_seconds, max_seconds };
    let jitters = [
        (Jitter::Proportional { permille: 1000 }, true),
        (Jitter::Proportional { permille: 1001 }, false),
        (additive(3, 3), true),
        (additive(3, 4), true),
        (additive(4, 3), false),
        (additive(u32::MAX, 0), false),
    ];
    for (jitter, is_allowed) in jitters {
        assert_eq!(RetryPolicy::SVIX.with_jitter(jitter).is_ok(), is_allowed, "{jitter:?}");
    }
    let month = Duration::from_secs(30 * 86_400);
    for (waits, is_allowed) in [
        (vec![month], true),
        (vec![month + ms(1)], false),
        (vec![ms(1); 1000], true),
        (vec![ms(1); 1001], false),
        (Vec::new(), true),
    ] {
        assert_eq!(RetryPolicy::table(waits.clone()).is_ok(), is_allowed, "{} waits", waits.len());
    }
    for (first, last, is_allowed) in
        [(100, 599, true), (300, 300, true), (301, 300, false), (99, 200, false), (900, 999, true), (900, 1000, false)]
    {
        let policy = OutcomePolicy::standard().with_override(first, last, Action::Retry);
        assert_eq!(policy.is_ok(), is_allowed, "{first} to {last}");
    }
    let date = format!("{:>64}", "Sun, 06 Nov 1994 08:50:37 GMT");
    let now = datetime!(1994-11-06 08:49:37 UTC);
    assert_eq!(parse_retry_after(format!("{:0>64}", 7).as_bytes(), now), Some(Duration::from_secs(7)));
    assert_eq!(parse_retry_after(format!("{:0>65}", 7).as_bytes(), now), None);
    assert_eq!(parse_retry_after(date.as_bytes(), now), Some(Duration::from_secs(60)), "blanks around it do not count");
}

#[test]
fn jitter_and_retry_after_as_specified() {
    let wait = |seconds: u64| RetryPolicy::exponential(9, ms(seconds * 1000), 1.0, ms(3_600_000)).unwrap();
    let proportional = Jitter::Proportional { permille: 200 };
    let additive = Jitter::Additive { permille: 100, min_seconds: 2, max_seconds: 900 };
    let huge = Some(Duration::from_secs(86_400_000));
    let cases: [(u64, Jitter, Option<Duration>, [u64; 5]); 17] = [
        (60, Jitter::Full, None, [0, 15000, 30000, 45000, 60000]),
        (60, Jitter::Equal, None, [30000, 37500, 45000, 52500, 60000]),
        (60, proportional, None, [48000, 54000, 60000, 66000, 72000]),
        (60, additive, None, [60000, 61500, 63000, 64500, 66000]),
        (3, additive, None, [3000, 3500, 4000, 4500, 5000]),
        (3600, proportional, None, [2880000, 3060000, 3240000, 3420000, 3600000]),
        (3600, additive, None, [3600000, 3690000, 3780000, 3870000, 3960000]),
        (60, Jitter::None, Some(ms(30_000)), [60000; 5]),
        (60, Jitter::None, Some(Duration::ZERO), [60000; 5]),
        (60, Jitter::None, None, [60000; 5]),
        (60, Jitter::None, Some(ms(120_000)), [120000; 5]),
        (60, Jitter::None, huge, [3600000; 5]),
        (60, Jitter::Full, Some(ms(120_000)), [120000, 135000, 150000, 165000, 180000]),
        (60, proportional, Some(ms(60_000)), [60000, 66000, 72000, 78000, 84000]),
        (60, additive, Some(ms(120_000)), [120000, 121500, 123000, 124500, 126000]),
        (60, additive, huge, [3600000, 3601500, 3603000, 3604500, 3606000]),
        (60, Jitter::None, Some(Duration::MAX), [3600000; 5]),
    ];
    for (seconds, jitter, asked, expected) in cases {
        let policy = wait(seconds).with_jitter(jitter).unwrap();
        let found = RANDOM.map(|random| policy.next_delay(1, asked, random).unwrap());
        assert_eq!(found, expected.map(ms), "{seconds} s {jitter:?} {asked:?}");
    }
}

/// A line of `vectors/retry-after.json`: a value, the time at which it comes, and how long it asks to wait.
#[derive(Deserialize)]
struct RetryAfter {
    value: String,
    now: String,
    seconds: Option<u64>,
    #[serde(default)]
    why: String,
}

#[test]
fn retry_after_headers() {
    let text = include_str!("vectors/retry-after.json");
    for RetryAfter { value, now, seconds, why } in serde_json::from_str::<Vec<RetryAfter>>(text).unwrap() {
        let now = OffsetDateTime::parse(&now, &Rfc3339).unwrap();
        let wait = parse_retry_after(value.as_bytes(), now);
        assert_eq!(wait, seconds.map(Duration::from_secs), "{value:?} at {now}: {why}");
    }
    let now = datetime!(1994-11-06 08:49:37 UTC);
    let seconds = |n| Some(Duration::from_secs(n));
    assert_eq!(parse_retry_after(&[b'1'; 65], now), None);
    assert_eq!(parse_retry_after(b"\xff", now), None);
    for space in ["\n", "\r", "\x0b", "\x0c"] {
        let date = "Sun, 06 Nov 1994 08:50:37 GMT";
        for value in [format!("{space}{date}"), format!("{date}{space}"), format!("\t{space} {date}")] {
            assert_eq!(parse_retry_after(value.as_bytes(), now), None, "{value:?}");
        }
    }
    assert_eq!(parse_retry_after(b"1", time::PrimitiveDateTime::MIN.assume_utc()), seconds(1));
}

#[test]
fn outcomes_mean_what_the_table_says() {
    let now = at(784_111_777);
    let response = |status| Outcome::Response { status, retry_after: None };
    let retry = |throttled| Verdict::Retry { throttled, retry_after: None };
    let (standard, strict) = (OutcomePolicy::standard(), OutcomePolicy::server_errors_only());
    for status in 0..=999 {
        let expected = match status {
            200..=299 => Verdict::Delivered,
            410 => Verdict::DisableEndpoint,
            429 | 502 | 503 | 504 => retry(true),
            _ => retry(false),
        };
        assert_eq!(standard.classify(&response(status), now), expected, "{status}");
        let expected = match status {
            408 | 410 | 425 | 429 => expected,
            400..=499 => Verdict::GiveUp,
            _ => expected,
        };
        assert_eq!(strict.classify(&response(status), now), expected, "{status}");
    }
    for (outcome, expected) in [
        (Outcome::Timeout, retry(false)),
        (Outcome::ConnectError, retry(false)),
        (Outcome::DnsError, retry(false)),
        (Outcome::TlsError, retry(false)),
        (Outcome::ConnectionReset, retry(false)),
        (Outcome::AddressRefused, retry(false)),
        (Outcome::UrlRefused, Verdict::GiveUp),
        (Outcome::RequestInvalid, Verdict::GiveUp),
        (Outcome::PayloadTooLarge, Verdict::GiveUp),
    ] {
        assert_eq!(standard.classify(&outcome, now), expected, "{outcome:?}");
        assert!(outcome.error().is_some() && outcome.status().is_none());
    }
    for status in [400, 413, 429, 500, 503] {
        let asked = standard.classify(&Outcome::Response { status, retry_after: Some(b"7") }, now);
        let heard = matches!(asked, Verdict::Retry { retry_after: Some(wait), .. } if wait.as_secs() == 7);
        assert_eq!(heard, matches!(status, 429 | 503), "{status}");
    }
    let custom = OutcomePolicy::standard().with_override(410, 410, Action::Retry).unwrap();
    let custom = custom.with_override(300, 399, Action::Deliver).unwrap();
    assert_eq!(custom.classify(&response(410), now), retry(false));
    assert_eq!(custom.classify(&response(304), now), Verdict::Delivered);
}

/// Drives a health by letters: F a failure, S a success, B busy, T refused before sending, G gone, E enabled, P paused.
fn health(policy: &HealthPolicy, letters: &str) -> (EndpointHealth, Vec<HealthSignal>) {
    let (mut health, mut signals) = (EndpointHealth::new(), Vec::new());
    let policy = DeliveryPolicy::new().with_health(policy.clone());
    for letter in letters.chars() {
        let outcome = match letter {
            'F' => Outcome::Timeout,
            'S' => Outcome::Response { status: 200, retry_after: None },
            'B' => Outcome::Response { status: 429, retry_after: None },
            'T' => Outcome::UrlRefused,
            'G' => Outcome::Response { status: 410, retry_after: None },
            'E' => {
                health.enable();
                continue;
            }
            'P' => {
                health.pause(at(0));
                continue;
            }
            _ => unreachable!("{letter}"),
        };
        signals.extend(health.record(&policy, &outcome, at(0)));
    }
    (health, signals)
}

#[test]
fn endpoints_are_paused_as_specified() {
    let policy = HealthPolicy::never().with_max_failures(25).with_warnings_at([50, 99]).unwrap();
    let f = |count: usize| "F".repeat(count);
    use HealthSignal::{Disabled, Recovered, Warning};
    let too_many = Disabled(DisableReason::ConsecutiveFailures);
    for (letters, failures, disabled, signals) in [
        (f(24), 24, None, vec![Warning(50)]),
        (f(25), 25, Some(DisableReason::ConsecutiveFailures), vec![Warning(50), too_many]),
        (f(24) + "S" + &f(24), 24, None, vec![Warning(50), Recovered, Warning(50)]),
        (f(24) + "BF", 25, Some(DisableReason::ConsecutiveFailures), vec![Warning(50), too_many]),
        (f(24) + "T", 24, None, vec![Warning(50)]),
        (f(25) + "SFG", 25, Some(DisableReason::ConsecutiveFailures), vec![Warning(50), too_many]),
        (f(25) + "EF", 1, None, vec![Warning(50), too_many]),
        ("FG".to_owned(), 1, Some(DisableReason::Gone), vec![Disabled(DisableReason::Gone)]),
        ("FPS".to_owned(), 1, Some(DisableReason::Paused), vec![]),
        ("FS".to_owned(), 0, None, vec![]),
    ] {
        let (health, found) = health(&policy, &letters);
        assert_eq!((health.consecutive_failures(), health.disabled()), (failures, disabled), "{letters}");
        assert_eq!(found, signals, "{letters}");
        let row = serde_json::to_string(&health).unwrap().replace('{', r#"{"newer":1,"#).replace(",}", "}");
        assert_eq!(serde_json::from_str::<EndpointHealth>(&row).unwrap(), health, "{row}");
    }
    assert!(!health(&HealthPolicy::never().with_max_failures(1), "F").0.is_active());
    assert!(health(&HealthPolicy::never(), &f(10_000)).0.is_active());
}

#[test]
fn endpoints_that_fail_for_long_are_paused() {
    let health = HealthPolicy::never().with_max_failing_time(Duration::from_secs(5 * 86_400));
    let five_days = DeliveryPolicy::new().with_health(health);
    let fail = |health: &mut EndpointHealth, now: OffsetDateTime| health.record(&five_days, &Outcome::Timeout, now);
    let end = at(0) + Span::days(5);
    let mut health = EndpointHealth::new();
    assert_eq!(fail(&mut health, at(0)), None);
    assert_eq!(fail(&mut health, end - Span::milliseconds(1)), None);
    assert_eq!(fail(&mut health, end), Some(HealthSignal::Disabled(DisableReason::FailingFor)));
    let mut back = EndpointHealth::new();
    fail(&mut back, at(0));
    fail(&mut back, at(-3600));
    assert_eq!((back.consecutive_failures(), back.is_active()), (2, true), "a clock that went back");
    let mut late = EndpointHealth::new();
    fail(&mut late, at(1_770_000_000));
    assert_eq!(fail(&mut late, at(1_770_000_001)), None, "only the time since the first failure counts");
    assert_eq!(fail(&mut back, end), Some(HealthSignal::Disabled(DisableReason::FailingFor)));
}

#[test]
fn filters_compare_numbers_exactly_and_other_values_for_equality() {
    for (filter, data, matches) in [
        (r#"{"n":9007199254740993}"#, r#"{"n":9007199254740993}"#, true),
        (r#"{"n":9007199254740993}"#, r#"{"n":9007199254740992}"#, false),
        (r#"{"min_n":9007199254740993}"#, r#"{"n":9007199254740992}"#, false),
        (r#"{"max_n":18446744073709551614}"#, r#"{"n":18446744073709551615}"#, false),
        (r#"{"max_n":18446744073709551615}"#, r#"{"n":18446744073709551615}"#, true),
        (r#"{"min_n":-1}"#, r#"{"n":18446744073709551615}"#, true),
        (r#"{"n":1.0}"#, r#"{"n":1}"#, true),
        (r#"{"min_n":1.5}"#, r#"{"n":1}"#, false),
        (r#"{"n":"1"}"#, r#"{"n":1}"#, false),
        (r#"{"n":true}"#, r#"{"n":true}"#, true),
        (r#"{"n":1}"#, r#"{"n":null}"#, false),
        (r#"{"n":1,"m":2}"#, r#"{"n":1,"m":2,"o":3}"#, true),
        (r#"{"n":1,"m":2}"#, r#"{"n":1,"m":3}"#, false),
        (r#"{"n":1}"#, r#"{"n_seconds":1}"#, true),
        (r#"{"n":1}"#, r#"{"n":2,"n_seconds":1}"#, false),
        (r#"{"n":1}"#, "[1]", false),
        ("{}", "[1]", true),
    ] {
        let read: DataFilter = serde_json::from_str(filter).unwrap();
        assert_eq!(read.matches(serde_json::from_str(data).unwrap()), matches, "{filter} {data}");
        assert_eq!(serde_json::to_string(&read).unwrap(), filter);
    }
}

#[test]
fn a_filter_has_at_most_256_conditions() {
    let conditions = |count: usize| (0..count).map(|number| format!(r#""n{number}":{number}"#)).collect::<Vec<_>>();
    let json = |count: usize| format!("{{{}}}", conditions(count).join(","));
    let most: DataFilter = serde_json::from_str(&json(256)).unwrap();
    assert_eq!(serde_json::to_string(&most).unwrap(), json(256));
    assert!(most.matches(serde_json::from_str(&json(257)).unwrap()), "data may have more fields");
    let said = serde_json::from_str::<DataFilter>(&json(257)).unwrap_err().to_string();
    assert!(said.starts_with("the condition `n256` is one too many: a filter has at most 256"), "{said}");
    let twice = format!("{{{},{}}}", conditions(256).join(","), r#""n7":7"#);
    let said = serde_json::from_str::<DataFilter>(&twice).unwrap_err().to_string();
    assert!(said.starts_with("the condition `n7` occurs twice"), "{said}");
}
