//! A delivery from its first attempt to its end: retries, lost workers, replays, leases, and what a row keeps of it.

use std::time::Duration;

use hookseal::ConfigError;
use hookseal::delivery::{
    Attempt, AttemptError, AttemptRecord, Columns, Delivery, DeliveryPolicy, FailReason, Next, Outcome, RetryPolicy,
    State, Summary,
};
use hookseal::provider;
use time::macros::datetime;
use time::{Duration as Span, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
const ACCEPTED: Outcome<'static> = Outcome::Response { status: 200, retry_after: None };
const GONE: Outcome<'static> = Outcome::Response { status: 410, retry_after: None };

/// Standard Webhooks' waits without jitter: 5 s, 300 s, 1800 s and so on, ten attempts.
fn plain() -> DeliveryPolicy {
    DeliveryPolicy::new().with_retry(RetryPolicy::STANDARD_WEBHOOKS)
}

fn busy(retry_after: &[u8]) -> Outcome<'_> {
    Outcome::Response { status: 503, retry_after: Some(retry_after) }
}

/// A row in a database, between any two steps.
fn stored(delivery: &Delivery) -> Delivery {
    let row: Delivery = serde_json::from_str(&serde_json::to_string(delivery).unwrap()).unwrap();
    assert_eq!(&row, delivery);
    row
}

fn begin(delivery: &mut Delivery, policy: &DeliveryPolicy, now: OffsetDateTime) -> Attempt {
    let attempt = delivery.begin(policy, now).unwrap();
    *delivery = stored(delivery);
    attempt
}

fn record(
    delivery: &mut Delivery,
    attempt: &Attempt,
    policy: &DeliveryPolicy,
    outcome: &Outcome<'_>,
    now: OffsetDateTime,
) -> Next {
    let (record, next) = delivery.record(attempt, policy, outcome, now, 0).unwrap();
    assert_eq!((record.attempt, record.delivered), (attempt.number(), outcome.status() == Some(200)));
    assert_eq!(matches!(next, Next::RetryAt(due) if delivery.due() == Some(due)), delivery.due().is_some());
    assert_eq!(delivery.last_status(), outcome.status());
    *delivery = stored(delivery);
    next
}

/// Fails whenever it is due, until it ends; the attempts made.
fn exhaust(delivery: &mut Delivery, policy: &DeliveryPolicy) -> u32 {
    let before = delivery.attempts();
    while let Some(due) = delivery.due() {
        let attempt = begin(delivery, policy, due);
        record(delivery, &attempt, policy, &Outcome::Timeout, due);
    }
    delivery.attempts() - before
}

#[test]
fn a_delivery_from_beginning_to_end() {
    let policy = provider::KLEN_AI.delivery_policy();
    let mut delivery = Delivery::new(START);
    let (mut now, mut dues) = (START, Vec::new());
    loop {
        let attempt = begin(&mut delivery, policy, now);
        assert_eq!((attempt.signing_time(), attempt.is_replay()), (now, false));
        let (record, next) = delivery.record(&attempt, policy, &Outcome::Timeout, now + Span::seconds(10), 0).unwrap();
        assert_eq!(
            (record.attempt, record.duration_ms, record.error.as_deref()),
            (attempt.number(), 10_000, Some("timeout"))
        );
        match next {
            Next::RetryAt(due) => {
                assert_eq!(delivery.begin(policy, due - Span::milliseconds(1)).unwrap_err(), AttemptError::NotDue);
                dues.push((due - now).whole_seconds());
                now = due;
            }
            next => break assert_eq!(next, Next::Failed(FailReason::Exhausted)),
        }
    }
    assert_eq!(dues, [70, 310, 1810], "waits run from the end of an attempt");
    assert_eq!((delivery.attempts(), delivery.state()), (4, State::Failed(FailReason::Exhausted)));
    assert_eq!(delivery.begin(policy, now + Span::DAY).unwrap_err(), AttemptError::NotPending);

    // A user replays it: once, with a new timestamp.
    let later = now + Span::DAY;
    delivery.replay(later);
    let attempt = begin(&mut delivery, policy, later);
    assert_eq!((attempt.number(), attempt.is_replay(), attempt.signing_time()), (5, true, later));
    let next = record(&mut delivery, &attempt, policy, &Outcome::Timeout, later);
    assert_eq!(next, Next::Failed(FailReason::ReplayFailed));
    delivery.replay(later);
    let attempt = begin(&mut delivery, policy, later);
    assert_eq!(record(&mut delivery, &attempt, policy, &ACCEPTED, later), Next::Delivered);
}

#[test]
fn a_worker_that_dies_loses_nothing() {
    let policy = DeliveryPolicy::new();
    let mut delivery = Delivery::new(START);
    let lost = begin(&mut delivery, &policy, START);
    let again = begin(&mut delivery, &policy, lost.lease_until());
    assert_eq!((lost.number(), again.number()), (1, 1), "the same attempt");
    let before = delivery.clone();
    let late = delivery.record(&lost, &policy, &ACCEPTED, lost.lease_until(), 0);
    assert_eq!(late.unwrap_err(), AttemptError::Superseded);
    assert_eq!(delivery, before, "a late record changes nothing");
    assert_eq!(record(&mut delivery, &again, &policy, &ACCEPTED, again.lease_until()), Next::Delivered);
    let twice = delivery.record(&again, &policy, &ACCEPTED, again.lease_until(), 0);
    assert_eq!(twice.unwrap_err(), AttemptError::Superseded);

    let once = DeliveryPolicy::new().with_retry(RetryPolicy::NONE);
    let mut only = Delivery::new(START);
    begin(&mut only, &once, START);
    let lease_until = only.due().unwrap();
    assert!(only.begin(&once, lease_until).is_ok(), "even the only attempt is begun again");
}

#[test]
fn an_attempt_in_flight_is_not_due_before_its_lease_ends() {
    let cases =
        [(30_000, 30_000), (5000, 0), (1, 1000)].map(|(a, b)| (Duration::from_millis(a), Duration::from_millis(b)));
    for (timeout, margin) in cases {
        let policy = plain().with_timeout(timeout).with_lease_margin(margin);
        let mut delivery = Delivery::new(START);
        let attempt = begin(&mut delivery, &policy, START);
        let end = START + timeout + margin;
        assert_eq!((delivery.due(), attempt.lease_until(), policy.lease()), (Some(end), end, timeout + margin));
        assert_eq!(delivery.due_unix_millis(), Some(i64::try_from(end.unix_timestamp_nanos() / 1_000_000).unwrap()));
        let early = delivery.begin(&policy, end - Span::milliseconds(1));
        assert_eq!(early.unwrap_err(), AttemptError::NotDue, "the lease is another worker's");
        // Recorded in time or late, it counts as long as nobody has begun it again.
        let retry = record(&mut delivery, &attempt, &policy, &Outcome::Timeout, end + Span::HOUR);
        assert_eq!(retry, Next::RetryAt(end + Span::HOUR + Span::seconds(5)));
        delivery.cancel();
        assert_eq!((delivery.due(), delivery.due_unix_millis()), (None, None));
    }
    let endless = plain().with_timeout(Duration::MAX);
    assert!(Delivery::new(START).begin(&endless, START).is_ok());
}

#[test]
fn a_replay_during_an_attempt_outlives_that_attempt() {
    let policy = plain();
    for outcome in [Outcome::Timeout, ACCEPTED, GONE, Outcome::UrlRefused, busy(b"3600")] {
        let mut delivery = Delivery::new(START);
        let old = begin(&mut delivery, &policy, START);
        let wish = START + Span::seconds(1);
        delivery.replay(wish);
        assert_eq!(delivery.due(), Some(old.lease_until()), "two attempts at once help nobody");
        let next = record(&mut delivery, &old, &policy, &outcome, START + Span::seconds(2));
        assert_eq!((next, delivery.state()), (Next::RetryAt(wish), State::Pending), "{outcome:?}");

        let replay = begin(&mut delivery, &policy, START + Span::seconds(3));
        assert_eq!((replay.number(), replay.is_replay()), (2, true), "{outcome:?}");
        let mut accepted = delivery.clone();
        let next = record(&mut accepted, &replay, &policy, &ACCEPTED, START + Span::seconds(4));
        assert_eq!(next, Next::Delivered, "{outcome:?}");
        let next = record(&mut delivery, &replay, &policy, &Outcome::Timeout, START + Span::seconds(4));
        let planned = match outcome {
            Outcome::Timeout => Some(START + Span::seconds(2 + 5)),
            Outcome::Response { status: 503, .. } => Some(START + Span::seconds(2 + 3600)),
            _ => None,
        };
        assert_eq!(next, planned.map_or(Next::Failed(FailReason::ReplayFailed), Next::RetryAt), "{outcome:?}");
        assert_eq!(exhaust(&mut delivery, &policy), if planned.is_some() { 9 } else { 0 }, "{outcome:?}");
    }
}

#[test]
fn a_replay_during_the_last_attempt_or_another_replay_is_made() {
    let policy = plain().with_retry(RetryPolicy::NONE);
    let mut delivery = Delivery::new(START);
    let mut now = START;
    for number in 1..=3 {
        let attempt = begin(&mut delivery, &policy, now);
        assert_eq!((attempt.number(), attempt.is_replay()), (number, number > 1));
        // In the attempt's own millisecond.
        delivery.replay(now);
        now += Span::SECOND;
        assert!(matches!(record(&mut delivery, &attempt, &policy, &Outcome::Timeout, now), Next::RetryAt(_)));
    }
    let attempt = begin(&mut delivery, &policy, now);
    let next = record(&mut delivery, &attempt, &policy, &Outcome::Timeout, now);
    assert_eq!(next, Next::Failed(FailReason::ReplayFailed));
}

#[test]
fn a_replay_whose_worker_is_lost_is_begun_again() {
    let policy = plain();
    let mut delivery = Delivery::new(START);
    let lost = begin(&mut delivery, &policy, START);
    delivery.replay(START);
    let again = begin(&mut delivery, &policy, lost.lease_until());
    assert!(!again.is_replay(), "the schedule's own attempt is due: it answers the wish");
    assert_eq!(record(&mut delivery, &again, &policy, &ACCEPTED, again.lease_until()), Next::Delivered);

    delivery.replay(again.lease_until());
    let lost = begin(&mut delivery, &policy, again.lease_until());
    let again = begin(&mut delivery, &policy, lost.lease_until());
    assert!(lost.is_replay() && again.is_replay());
    let next = record(&mut delivery, &again, &policy, &Outcome::Timeout, again.lease_until());
    assert_eq!(next, Next::Failed(FailReason::ReplayFailed));
}

#[test]
fn a_replay_of_a_pending_delivery_costs_no_retry() {
    let policy = plain();
    let mut delivery = Delivery::new(START);
    let first = begin(&mut delivery, &policy, START);
    let Next::RetryAt(planned) = record(&mut delivery, &first, &policy, &Outcome::Timeout, START) else { panic!() };
    for number in 2..=5 {
        let now = START + Span::seconds(i64::from(number) - 1);
        delivery.replay(now);
        assert_eq!(delivery.due(), Some(now), "brought forward");
        let replay = begin(&mut delivery, &policy, now);
        assert_eq!((replay.number(), replay.is_replay()), (number, true));
        let next = record(&mut delivery, &replay, &policy, &Outcome::Timeout, now);
        assert_eq!(next, Next::RetryAt(planned), "the schedule goes on as planned");
    }
    delivery.replay(planned + Span::DAY);
    assert_eq!(delivery.due(), Some(planned), "never put off");
    assert_eq!(exhaust(&mut delivery, &policy), 9, "all retries are still there");
    assert_eq!((delivery.attempts(), delivery.state()), (14, State::Failed(FailReason::Exhausted)));

    // What a replay is told counts: its receiver is left alone, within the policy.
    let mut told = Delivery::new(START);
    let first = begin(&mut told, &policy, START);
    record(&mut told, &first, &policy, &Outcome::Timeout, START);
    told.replay(START);
    let replay = begin(&mut told, &policy, START);
    let next = record(&mut told, &replay, &policy, &busy(b"60"), START);
    assert_eq!(next, Next::RetryAt(START + Span::MINUTE));
}

#[test]
fn attempts_begun_in_one_millisecond_are_told_apart() {
    let policy = DeliveryPolicy::new();
    let mut delivery = Delivery::new(START);
    let old = begin(&mut delivery, &policy, START);
    delivery.cancel();
    delivery.replay(START);
    let new = begin(&mut delivery, &policy, START);
    assert_ne!(old, new);
    let late = delivery.record(&old, &policy, &Outcome::Timeout, START, 0);
    assert_eq!(late.unwrap_err(), AttemptError::Superseded);
    assert_eq!(record(&mut delivery, &new, &policy, &ACCEPTED, START), Next::Delivered);
}

#[test]
fn a_cancelled_attempt_counts_no_more() {
    let policy = DeliveryPolicy::new();
    for begun_is_stored in [true, false] {
        let mut delivery = Delivery::new(START);
        let mut worker = delivery.clone();
        let attempt = begin(&mut worker, &policy, START);
        if begun_is_stored {
            delivery = worker;
        }
        delivery.replay(START);
        delivery.cancel();
        assert_eq!((delivery.state(), delivery.due()), (State::Cancelled, None), "the wish is called off too");
        assert_eq!(delivery.record(&attempt, &policy, &ACCEPTED, START, 0).unwrap_err(), AttemptError::Superseded);
        delivery.replay(START);
        assert_eq!(delivery.record(&attempt, &policy, &ACCEPTED, START, 0).unwrap_err(), AttemptError::Superseded);
        assert_eq!(delivery.attempts(), 0);
        delivery.cancel();
        delivery.replay(START + Span::HOUR);
        assert_eq!(delivery.due(), Some(START + Span::HOUR), "nothing is left of the earlier wish");
    }
}

#[test]
fn an_owner_records_without_a_stored_beginning() {
    let policy = plain();
    let mut row = Delivery::new(START);
    // Two believe that they own it, and neither stores what it began.
    let one = row.clone().begin(&policy, START).unwrap();
    let other = row.clone().begin(&policy, START).unwrap();
    row.replay(START + Span::SECOND);
    let next = record(&mut row, &one, &policy, &Outcome::Timeout, START + Span::seconds(2));
    assert_eq!(next, Next::RetryAt(START + Span::SECOND), "a wish outlives the attempt here too");
    let second = row.record(&other, &policy, &ACCEPTED, START + Span::seconds(2), 0);
    assert_eq!(second.unwrap_err(), AttemptError::Superseded);
    let replay = row.clone().begin(&policy, START + Span::seconds(2)).unwrap();
    assert_eq!((replay.number(), replay.is_replay()), (2, true));
    let next = record(&mut row, &replay, &policy, &Outcome::Timeout, START + Span::seconds(3));
    assert_eq!(next, Next::RetryAt(START + Span::seconds(2 + 5)));
    assert_eq!(exhaust(&mut row, &policy), 9);
}

#[test]
fn first_timestamps_and_gone_endpoints() {
    let mut delivery = Delivery::new(START);
    let klang = provider::KLANG.delivery_policy();
    for now in [START, START + Span::minutes(5), START + Span::hours(1)] {
        let attempt = begin(&mut delivery, klang, now);
        assert_eq!(attempt.signing_time(), START, "Klang reuses the first");
        record(&mut delivery, &attempt, klang, &busy(b"60"), now);
    }
    delivery.replay(START + Span::minutes(61));
    let replay = begin(&mut delivery, klang, START + Span::minutes(61));
    assert_eq!(replay.signing_time(), START + Span::minutes(61), "but not for a user who replays");

    // A `Retry-After` can make an attempt so late that no receiver accepts the first time any more.
    let horizon = klang.retry().total_horizon();
    for (late, expected) in [(Span::ZERO, START), (Span::MILLISECOND, START + horizon + Span::MILLISECOND)] {
        let mut delivery = Delivery::new(START);
        let first = begin(&mut delivery, klang, START);
        record(&mut delivery, &first, klang, &busy(b"3600"), START);
        assert_eq!(begin(&mut delivery, klang, START + horizon + late).signing_time(), expected);
    }

    let mut gone = Delivery::new(START);
    let attempt = begin(&mut gone, klang, START);
    assert_eq!(record(&mut gone, &attempt, klang, &GONE, START), Next::EndpointGone);
    assert_eq!(gone.state(), State::Failed(FailReason::EndpointGone));
}

#[test]
fn retry_after_is_cut_to_what_remains_of_max_age() {
    let within = |retry: RetryPolicy, seconds| plain().with_retry(retry.with_max_age(Duration::from_secs(seconds)));
    let brief = within(RetryPolicy::SVIX, 300);
    let (mut delivery, end) = (Delivery::new(START), START + Span::seconds(300));
    let attempt = begin(&mut delivery, &brief, START);
    for asked in ["295", "296", "86400", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let next = record(&mut delivery.clone(), &attempt, &brief, &busy(asked.as_bytes()), START + Span::seconds(5));
        assert_eq!(next, Next::RetryAt(end), "{asked}");
    }
    assert_eq!(record(&mut delivery, &attempt, &brief, &busy(b"86400"), START), Next::RetryAt(end));
    // The schedule alone ends there: its next wait is 300 s.
    let last = begin(&mut delivery, &brief, end);
    let next = record(&mut delivery, &last, &brief, &busy(b"1"), end);
    assert_eq!(next, Next::Failed(FailReason::TooOld));

    let mut young = Delivery::new(START);
    let attempt = begin(&mut young, &brief, START);
    assert!(matches!(record(&mut young, &attempt, &brief, &Outcome::Timeout, START), Next::RetryAt(_)));
    let attempt = begin(&mut young, &brief, START + Span::seconds(5));
    let next = record(&mut young, &attempt, &brief, &Outcome::Timeout, START + Span::seconds(5));
    assert_eq!(next, Next::Failed(FailReason::TooOld), "a wait of 300 s from there");

    // To the millisecond at the end is in time.
    let brief = within(RetryPolicy::SVIX, 305);
    let mut last = Delivery::new(START);
    for now in [START, START + Span::seconds(5)] {
        let attempt = begin(&mut last, &brief, now);
        assert!(matches!(record(&mut last, &attempt, &brief, &Outcome::Timeout, now), Next::RetryAt(_)));
    }
    assert_eq!(last.due(), Some(START + Span::seconds(305)));

    // No wait at all, but too late already.
    let brief = within(RetryPolicy::SLACK, 10);
    let mut slow = Delivery::new(START);
    let attempt = begin(&mut slow, &brief, START);
    let next = record(&mut slow, &attempt, &brief, &Outcome::Timeout, START + Span::seconds(11));
    assert_eq!(next, Next::Failed(FailReason::TooOld));
}

#[test]
fn without_a_cap_a_retry_after_counts_for_a_day() {
    let outpost = provider::OUTPOST.delivery_policy();
    for asked in ["86401", "31536000", "315360000000", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let mut delivery = Delivery::new(START);
        let attempt = begin(&mut delivery, outpost, START);
        let next = record(&mut delivery, &attempt, outpost, &busy(asked.as_bytes()), START);
        assert_eq!(next, Next::RetryAt(START + Span::DAY), "{asked}");
    }
    let day = Duration::from_secs(86_400);
    let rising = RetryPolicy::exponential(4, day * 2, 2.0, Duration::MAX).unwrap();
    assert_eq!(rising.next_delay(1, Some(Duration::MAX), 0), Some(day * 2), "which never shortens the schedule");
    let capped = RetryPolicy::exponential(4, day, 2.0, day * 3).unwrap();
    assert_eq!(capped.next_delay(1, Some(Duration::MAX), 0), Some(day * 3), "a cap of its own stays");
}

#[test]
fn excerpts_hold_no_nul() {
    let record: AttemptRecord = serde_json::from_str(r#"{"attempt":1,"started_at":0,"duration_ms":1}"#).unwrap();
    for (body, expected) in [
        (&b"\0"[..], "\u{fffd}"),
        (b"a\0\0b", "a\u{fffd}\u{fffd}b"),
        (b"\xff\0\xc3\xa9", "\u{fffd}\u{fffd}\u{e9}"),
        (b"\\u0000", "\\u0000"),
    ] {
        assert_eq!(record.clone().with_excerpt(body).excerpt.as_deref(), Some(expected));
    }
    for body in [vec![0; 5000], vec![0xff; 5000], b"\0x".repeat(3000), "\u{e9}".repeat(3000).into_bytes()] {
        let excerpt = record.clone().with_excerpt(&body).excerpt.unwrap();
        assert!(excerpt.len() <= 4096 && excerpt.len() > 4090 && !excerpt.contains('\0'));
    }
}

#[test]
fn a_period_is_summed_up_from_its_start_to_before_its_end() {
    let row = |started_at: i64, duration: u64, status: Option<u16>, delivered: bool| -> AttemptRecord {
        let row = serde_json::json!({"attempt": 1, "started_at": started_at, "duration_ms": duration, "status": status,
            "delivered": delivered});
        serde_json::from_value(row).unwrap()
    };
    let log = [
        row(999, 7000, Some(200), true),
        row(1000, 300, Some(500), false),
        row(1500, 5000, None, false),
        row(2999, 100, Some(204), true),
        row(3000, 7000, Some(200), true),
    ];
    let at = |seconds: i64| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    let period = at(1)..at(3);
    let sum = Summary::of(&log, period.clone());
    assert_eq!((sum.attempts, sum.delivered), (3, 1));
    assert_eq!(sum.error_rate(), 2.0 / 3.0);
    assert_eq!(sum.mean_response_time(), Some(Duration::from_millis(200)));
    let silent = Summary::of(&log[2..3], period.clone());
    assert_eq!((silent.error_rate(), silent.mean_response_time()), (1.0, None));
    let good = Summary::of(&log[3..4], period);
    assert_eq!((good.error_rate(), good.mean_response_time()), (0.0, Some(Duration::from_millis(100))));
    let nothing = Summary::of(&log, at(4)..at(9));
    assert_eq!((nothing, nothing.error_rate(), nothing.mean_response_time()), (Summary::default(), 0.0, None));

    let excerpt = |body: &[u8]| log[0].clone().with_excerpt(body).excerpt.unwrap();
    assert_eq!(excerpt(&[b'x'; 5000]), "x".repeat(4096));
    assert_eq!(excerpt(&[b'x'; 4096]), "x".repeat(4096));
    assert_eq!(excerpt(&[b'x'; 4095]), "x".repeat(4095));
}

#[test]
fn rows_of_older_versions_are_read() {
    let policy = plain();
    let in_flight =
        r#"{"state":"pending","attempts":1,"due_at":1780315200000,"first_at":1780315100000,"begun_at":1780315201000}"#;
    let mut delivery: Delivery = serde_json::from_str(in_flight).unwrap();
    assert_eq!(delivery.due(), Some(START), "it knows of no lease: whoever kept one outside says when");
    let attempt = begin(&mut delivery, &policy, START);
    assert_eq!((attempt.number(), attempt.is_replay()), (2, false));
    assert_eq!(delivery.due(), Some(START + policy.lease()));

    // Nothing that says pending waits forever.
    let mut bare: Delivery = serde_json::from_str(r#"{"state":"pending","of a newer version":1}"#).unwrap();
    assert_eq!(bare.due_unix_millis(), Some(0));
    assert!(bare.begin(&policy, START).is_ok());
    for hostile in [i64::MIN, i64::MAX] {
        let mut columns = Columns::default();
        (columns.due_at, columns.first_at, columns.attempts) = (Some(hostile), Some(hostile), u32::MAX);
        let mut delivery = Delivery::from(columns);
        assert!(delivery.due().is_some());
        if let Ok(attempt) = delivery.begin(provider::KLANG.delivery_policy(), START) {
            assert!(delivery.record(&attempt, &policy, &busy(b"1"), START, u64::MAX).is_ok());
        }
    }
}

#[test]
fn columns_and_states_survive_a_table() {
    let mut delivery = Delivery::new(START);
    let attempt = begin(&mut delivery, &plain(), START);
    delivery.replay(START);
    record(&mut delivery, &attempt, &plain(), &busy(b"60"), START);
    begin(&mut delivery, &plain(), START);
    let columns = delivery.columns();
    assert_eq!((columns.attempts, columns.begun, columns.replays_wanted), (1, 2, 1));
    assert_eq!(Delivery::from(columns.clone()), delivery);
    let new = serde_json::to_string(&Delivery::new(START)).unwrap();
    assert_eq!(new, r#"{"state":"pending","attempts":0,"due_at":1780315200000}"#, "what says nothing is left out");

    let reasons = [
        FailReason::Exhausted,
        FailReason::TooOld,
        FailReason::GaveUp,
        FailReason::EndpointGone,
        FailReason::ReplayFailed,
    ];
    let states = [State::Pending, State::Delivered, State::Cancelled].into_iter().chain(reasons.map(State::Failed));
    for state in states {
        let text = state.to_string();
        assert_eq!(text.parse(), Ok(state));
        assert!(text.starts_with(state.name()));
        let json = serde_json::to_value(state).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state);
    }
    for reason in reasons {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.to_string());
    }
    for text in ["", "failed", "failed:", "failed:delivered", "Pending", "pending ", "exhausted"] {
        assert!(matches!(text.parse::<State>(), Err(ConfigError::Invalid { field: "state", .. })), "{text:?}");
    }
}
