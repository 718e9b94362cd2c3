//! The file forms of what a sender keeps for each endpoint: JSON and TOML, there and back.

use std::fmt::Debug;
use std::time::Duration;

use hookseal::delivery::{Action, DeliveryPolicy, HealthPolicy, Jitter, OutcomePolicy, RetryPolicy, UrlPolicy};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// One value as JSON, as it is written, and as TOML.
fn is_in_files<T: Debug + PartialEq + Serialize + DeserializeOwned>(json: &str, toml: &str) -> T {
    let value: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(toml::from_str::<T>(toml).unwrap_or_else(|error| panic!("{toml}: {error}")), value);
    let written = toml::to_string(&value).unwrap();
    assert_eq!(toml::from_str::<T>(&written).unwrap_or_else(|error| panic!("{written}: {error}")), value);
    value
}

/// Texts of a type's file that are refused, and what is said of them.
fn refuses<T: Debug + DeserializeOwned>(cases: &[(&str, &str)]) {
    for (json, expected) in cases {
        let said = serde_json::from_str::<T>(json).unwrap_err().to_string();
        assert!(said.contains(expected), "{json}: {said}");
    }
}

#[test]
fn retry_policies_in_files() {
    for json in [
        r#"{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":3600}"#,
        r#"{"max_attempts":5,"backoff_multiplier":1.5,"initial_delay_seconds":60,"max_delay_seconds":3600}"#,
        r#"{"max_attempts":4294967295,"backoff_multiplier":1,"initial_delay_seconds":0.001,"max_delay_seconds":"none"}"#,
        r#"{"delays":[60,300,900]}"#,
        r#"{"delays":[]}"#,
        r#"{"delays":[0.5,1.25],"jitter":"full","max_age_seconds":86400}"#,
        r#"{"delays":[1],"jitter":{"additive":{"permille":100,"min_seconds":2,"max_seconds":900}}}"#,
    ] {
        let policy: RetryPolicy = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(serde_json::to_string(&policy).unwrap(), json);
    }
    let long = format!(r#"{{"delays":[{}]}}"#, vec!["1"; 1001].join(","));
    for (json, expected) in [
        (
            r#"{"max_attempts":0,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":3600}"#,
            "`0` is not a number of attempts",
        ),
        (
            r#"{"max_attempts":5,"backoff_multiplier":0.5,"initial_delay_seconds":60,"max_delay_seconds":3600}"#,
            "`0.5` is not a multiplier",
        ),
        (
            r#"{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":0,"max_delay_seconds":3600}"#,
            "`0` is not an initial wait",
        ),
        (
            r#"{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":30}"#,
            "over the longest",
        ),
        (
            r#"{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60,"max_delay_seconds":"never"}"#,
            r#"invalid value: string "never", expected a number of seconds of at least 0 and below 2^64, or "none""#,
        ),
        (r#"{"max_attempts":5,"backoff_multiplier":2,"initial_delay_seconds":60}"#, "needs either `delays`"),
        (r#"{"delays":["60s"]}"#, r#"invalid type: string "60s", expected a number of seconds"#),
        (r#"{"max_attempts":5,"delays":[1]}"#, "needs either `delays`"),
        (r#"{"delays":[-1]}"#, "at least 0"),
        (r#"{"delays":[1e300]}"#, "at least 0"),
        (r#"{"delays":[2592001]}"#, "more than 30 days"),
        (r#"{"delays":[1],"jitter":{"proportional":{"permille":1001}}}"#, "more than 1000 thousandths"),
        (r#"{"delays":[1],"retries":2}"#, "unknown field `retries`"),
        (&long, "more than 1000 waits"),
    ] {
        let said = serde_json::from_str::<RetryPolicy>(json).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("retry_policy"), "the field of a file is `retry`: {said}");
    }
    let said = RetryPolicy::table([ms(u64::MAX)]).unwrap_err().to_string();
    assert!(said.starts_with("retry: `"), "{said}");
    assert!(RetryPolicy::exponential(2, ms(1), f64::NAN, ms(2)).is_err());
    assert!(RetryPolicy::exponential(2, ms(1), f64::INFINITY, ms(2)).is_err());
}

#[test]
fn delivery_policies_in_files() {
    let full = is_in_files::<DeliveryPolicy>(
        r#"{"timeout":2.5,"connect_timeout":1,"lease_margin":0.001,"reuses_timestamp":true,"retry":{"delays":[30],"jitter":"equal","max_age_seconds":60},"outcomes":{"base":"server-errors-only","overrides":[{"first":409,"last":410,"action":"deliver"}]},"health":{"max_failures":25,"max_failing_time":86400.5,"warnings_at":[50,90]}}"#,
        r#"
            lease_margin = 0.001
            reuses_timestamp = true
            timeout = 2.5
            connect_timeout = 1.0
            outcomes = { base = "server-errors-only", overrides = [{ first = 409, last = 410, action = "deliver" }] }

            [retry]
            delays = [30]
            jitter = "equal"
            max_age_seconds = 60

            [health]
            max_failures = 25
            max_failing_time = 86400.5
            warnings_at = [90, 50, 50]
        "#,
    );
    let retry = RetryPolicy::table([ms(30_000)]).unwrap().with_jitter(Jitter::Equal).unwrap();
    let outcomes = OutcomePolicy::server_errors_only().with_override(409, 410, Action::Deliver).unwrap();
    let health = HealthPolicy::never().with_max_failures(25).with_max_failing_time(ms(86_400_500));
    let in_code = DeliveryPolicy::new()
        .with_retry(retry.with_max_age(ms(60_000)))
        .with_outcomes(outcomes)
        .with_health(health.with_warnings_at([90, 50]).unwrap())
        .with_timeout(ms(2500))
        .with_connect_timeout(ms(1000))
        .with_lease_margin(Duration::from_micros(1999))
        .with_reused_timestamp();
    assert_eq!(full, in_code);
    assert_eq!([full.timeout(), full.connect_timeout(), full.lease_margin()], [2500, 1000, 1].map(ms));

    assert_eq!(serde_json::from_str::<DeliveryPolicy>("{}").unwrap(), DeliveryPolicy::new());
    for too_short in [Duration::ZERO, Duration::from_micros(999)] {
        let policy = DeliveryPolicy::new().with_timeout(too_short).with_connect_timeout(too_short);
        assert_eq!((policy.timeout(), policy.connect_timeout()), (ms(1), ms(1)), "clients take zero for no limit");
        let written = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<DeliveryPolicy>(&written).unwrap(), policy);
    }
    for milliseconds in (0..51).map(|bits| (1_u64 << bits) + 1) {
        let policy = DeliveryPolicy::new().with_timeout(ms(milliseconds));
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<DeliveryPolicy>(&json).unwrap().timeout(), ms(milliseconds), "{json}");
    }
    is_in_files::<DeliveryPolicy>(&serde_json::to_string(&DeliveryPolicy::new()).unwrap(), "");
    refuses::<DeliveryPolicy>(&[
        (r#"{"timeouts":5}"#, "unknown field `timeouts`"),
        (r#"{"timeout":"5s"}"#, r#"invalid type: string "5s", expected a number of seconds"#),
        (r#"{"timeout":-1}"#, "invalid value: integer `-1`, expected a number of seconds of at least 0"),
        (r#"{"lease_margin":-0.5}"#, "invalid value: floating point `-0.5`"),
        (r#"{"timeout":0}"#, "timeout: `0` is less than a millisecond"),
        (r#"{"timeout":0.0}"#, "timeout: `0` is less than a millisecond"),
        (r#"{"connect_timeout":0}"#, "connect_timeout: `0` is less than a millisecond"),
        (r#"{"retry":{"delay":[1]}}"#, "unknown field `delay`"),
        (r#"{"outcomes":{"base":"lenient"}}"#, "unknown variant `lenient`"),
        (r#"{"health":{"max_failure":1}}"#, "unknown field `max_failure`"),
    ]);
}

#[test]
fn outcome_policies_in_files() {
    let policy = is_in_files::<OutcomePolicy>(
        r#"{"base":"standard","overrides":[{"first":400,"last":499,"action":"give-up"},{"first":404,"last":404,"action":"throttle"}]}"#,
        r#"
            [[overrides]]
            first = 400
            last = 499
            action = "give-up"

            [[overrides]]
            first = 404
            last = 404
            action = "throttle"
        "#,
    );
    let rows = [(400, 499, Action::GiveUp), (404, 404, Action::Throttle)];
    assert!(policy.overrides().eq(rows));
    for status in 0..=999 {
        let expected = match status {
            404 => Action::Throttle,
            400..=499 => Action::GiveUp,
            _ => OutcomePolicy::standard().action(status),
        };
        assert_eq!(policy.action(status), expected, "{status}");
    }
    assert_eq!(is_in_files::<OutcomePolicy>(r#"{"base":"standard"}"#, ""), OutcomePolicy::standard());
    let strict = is_in_files::<OutcomePolicy>(r#"{"base":"server-errors-only"}"#, "base = \"server-errors-only\"");
    assert_eq!(strict, OutcomePolicy::server_errors_only());

    let row = r#"{"first":500,"last":500,"action":"retry"}"#;
    let rows = |count: usize| format!(r#"{{"overrides":[{}]}}"#, vec![row; count].join(","));
    assert!(serde_json::from_str::<OutcomePolicy>(&rows(900)).is_ok());
    refuses::<OutcomePolicy>(&[
        (&rows(901), "overrides: has more than 900 rows"),
        (r#"{"overrides":[{"first":499,"last":400,"action":"retry"}]}"#, "`499 to 400` is not a range of statuses"),
        (r#"{"overrides":[{"first":99,"last":400,"action":"retry"}]}"#, "`99 to 400` is not a range of statuses"),
        (r#"{"overrides":[{"first":100,"last":1000,"action":"retry"}]}"#, "`100 to 1000` is not a range of statuses"),
        (r#"{"overrides":[{"first":404,"action":"retry"}]}"#, "missing field `last`"),
        (r#"{"overrides":[{"first":404,"last":404,"action":"ignore"}]}"#, "unknown variant `ignore`"),
        (r#"{"overrides":[{"first":404,"last":404,"action":"retry","status":1}]}"#, "unknown field `status`"),
        (r#"{"override":[]}"#, "unknown field `override`"),
    ]);
    for (first, last) in [(499, 400), (99, 400), (100, 1000)] {
        assert!(OutcomePolicy::standard().with_override(first, last, Action::Retry).is_err());
    }
}

#[test]
fn health_policies_in_files() {
    let policy = is_in_files::<HealthPolicy>(
        r#"{"max_failures":8,"max_failing_time":0.25,"warnings_at":[1,99]}"#,
        "max_failures = 8\nmax_failing_time = 0.25\nwarnings_at = [99, 1, 99]",
    );
    assert_eq!((policy.max_failures(), policy.max_failing_time()), (Some(8), Some(ms(250))));
    assert_eq!(is_in_files::<HealthPolicy>("{}", "max_failures = 0"), HealthPolicy::never());
    refuses::<HealthPolicy>(&[
        (r#"{"max_failures":-1}"#, "expected u32"),
        (r#"{"max_failing_time":"1d"}"#, "expected a number of seconds"),
        (r#"{"warnings_at":[50,100]}"#, "warnings_at: `100` is not a percentage from 1 to 99"),
        (r#"{"warnings_at":[0]}"#, "warnings_at: `0` is not a percentage"),
        (r#"{"warn_at":[50]}"#, "unknown field `warn_at`"),
    ]);
}

#[test]
fn url_policies_in_files() {
    let policy = is_in_files::<UrlPolicy>(
        r#"{"allow_loopback_http":true,"allow_private":false,"refuse_ip_literals":true,"ports":[443,8443],"allow_addresses":["100.64.0.0/10","::ffff:0.0.0.0/96"],"deny_addresses":["8.8.8.8/32","::/0"]}"#,
        r#"
            allow_loopback_http = true
            refuse_ip_literals = true
            ports = [443, 8443]
            allow_addresses = ["100.64.0.0/10", "::ffff:0:0/96"]
            deny_addresses = ["8.8.8.8", "::/0"]
        "#,
    );
    let in_code = UrlPolicy::new().allow_loopback_http().refuse_ip_literals().with_ports([443, 8443]);
    let in_code = in_code.allow_addresses("100.64.0.0/10").unwrap().allow_addresses("::ffff:0:0/96").unwrap();
    assert_eq!(policy, in_code.deny_addresses("8.8.8.8").unwrap().deny_addresses("::/0").unwrap());

    assert_eq!(serde_json::from_str::<UrlPolicy>("{}").unwrap(), UrlPolicy::new());
    let private = UrlPolicy::new().allow_private();
    assert_eq!(toml::from_str::<UrlPolicy>("allow_private = true").unwrap(), private);
    let closed: UrlPolicy = serde_json::from_str(r#"{"ports":[]}"#).unwrap();
    assert!(closed.check("https://hooks.customer.com/").is_err(), "a list of no ports admits none");
    refuses::<UrlPolicy>(&[
        (r#"{"allow_loopback":true}"#, "unknown field `allow_loopback`"),
        (r#"{"ports":[65536]}"#, "expected u16"),
        (r#"{"deny_addresses":["10.0.0.1/8"]}"#, "deny_addresses: `10.0.0.1/8` is not an IP network"),
        (r#"{"allow_addresses":["::1","localhost"]}"#, "allow_addresses: `localhost` is not an IP network"),
        (r#"{"deny_addresses":"10.0.0.0/8"}"#, "expected a sequence"),
    ]);
}

#[test]
fn jitters_in_files() {
    for (json, jitter) in [
        (r#""none""#, Jitter::None),
        (r#""full""#, Jitter::Full),
        (r#""equal""#, Jitter::Equal),
        (r#"{"proportional":{"permille":200}}"#, Jitter::Proportional { permille: 200 }),
        (
            r#"{"additive":{"permille":100,"min_seconds":2,"max_seconds":900}}"#,
            Jitter::Additive { permille: 100, min_seconds: 2, max_seconds: 900 },
        ),
    ] {
        assert_eq!(serde_json::to_string(&jitter).unwrap(), json);
        assert_eq!(serde_json::from_str::<Jitter>(json).unwrap(), jitter);
        let retry = RetryPolicy::KLANG.with_jitter(jitter).unwrap();
        let written = toml::to_string(&retry).unwrap();
        assert_eq!(toml::from_str::<RetryPolicy>(&written).unwrap(), retry, "{written}");
    }
    refuses::<Jitter>(&[
        (r#""some""#, "unknown variant `some`"),
        (r#"{"proportional":{"percent":20}}"#, "unknown field `percent`"),
        (
            r#"{"proportional":10}"#,
            "integer `10`, expected `none`, `full`, `equal`, `{ proportional = { permille = … } }` or \
             `{ additive = { permille = …, min_seconds = …, max_seconds = … } }`",
        ),
        (r#"{"additive":{"permille":100,"min_seconds":2}}"#, "missing field `max_seconds`"),
    ]);
}
