//! No year after 9999 is signed, accepted, read from an event or planned for, whatever the crate time can represent. With
//! its feature `large-dates`, which any crate of a tree may turn on, it represents many more: `.ci/run` runs these tests
//! with `--features time/large-dates` too.

use std::time::Duration;

use hookseal::delivery::{Columns, Delivery, DeliveryPolicy, EndpointHealth, FailReason, Next, Outcome, RetryPolicy};
use hookseal::{Event, EventShape, Scheme, Secret, SignError, Signer, Verifier};
use time::macros::{datetime, offset};
use time::{OffsetDateTime, PrimitiveDateTime};

const LAST: OffsetDateTime = datetime!(9999-12-31 23:59:59.999_999_999 UTC);

const FORMATS: [&str; 4] = ["{timestamp}", "{timestamp:ms}", "{timestamp:ms-or-s}", "{timestamp:rfc3339}"];

/// Times after the year 9999 in UTC, as many as there are.
fn late_times() -> Vec<OffsetDateTime> {
    let time = |seconds: i128| OffsetDateTime::from_unix_timestamp_nanos(seconds * 1_000_000_000).ok();
    let mut late: Vec<_> = [253_402_300_800, 253_402_300_801, 300_000_000_000].into_iter().filter_map(time).collect();
    late.push(datetime!(9999-12-31 23:00:00).assume_offset(offset!(-1)));
    late.push(PrimitiveDateTime::MAX.assume_offset(offset!(-1)));
    late
}

fn secret() -> Secret {
    Secret::new("a secret of twenty-some bytes").unwrap()
}

/// Without this, a run with the feature could be one without it.
#[test]
fn the_feature_is_on_if_it_should_be() {
    let is_on = PrimitiveDateTime::MAX.year() > 9999;
    assert_eq!(is_on, std::env::var_os("HOOKSEAL_LARGE_DATES").is_some());
    assert_eq!(late_times().len(), if is_on { 5 } else { 2 });
}

#[test]
fn signer_and_verifier_agree_on_the_last_moment() {
    for format in FORMATS {
        let lines = format!("X-Time: {format}\nX-Signature: {{hex}}");
        let scheme = Scheme::try_new(lines, "{timestamp}.{body}").unwrap();
        let signer = Signer::new(scheme.clone(), secret()).unwrap();
        let verifier = Verifier::new(scheme, secret()).unwrap();
        let headers = signer.sign_at("id", b"{}", LAST).unwrap();
        let verified = verifier.verify_at(&headers, b"{}", LAST).unwrap();
        assert_eq!(verified.proof().timestamp().unwrap().year(), 9999, "{format}");
        for late in late_times() {
            let refused = signer.sign_at("id", b"{}", late);
            assert_eq!(refused.err(), Some(SignError::TimeOutOfRange), "{format} at {late}");
        }
    }
}

#[test]
fn received_times_after_the_last_moment_are_refused() {
    let texts = [
        ("{timestamp}", "253402300799", "253402300800"),
        ("{timestamp:ms}", "253402300799999", "253402300800000"),
        ("{timestamp:ms-or-s}", "253402300799999", "253402300800000"),
        ("{timestamp:rfc3339}", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:00:00-01:00"),
        ("{timestamp:rfc3339}", "9999-12-31T23:59:59Z", "+10000-01-01T00:00:00Z"),
    ];
    for (format, last, late) in texts {
        let lines = format!("X-Time: {format}\nX-Signature: {{hex}}");
        let scheme = Scheme::try_new(lines, "{timestamp}.{body}").unwrap().with_future(u32::MAX);
        // Signs any text as the time: for this scheme it belongs to the body.
        let plain = Scheme::try_new("X-Signature: {hex}", "{body}").unwrap();
        let verifier = Verifier::new(scheme, secret()).unwrap();
        for (text, is_accepted) in [(last, true), (late, false)] {
            let content = format!("{text}.{{}}");
            let signed = Signer::new(plain.clone(), secret()).unwrap().sign("id", content.as_bytes()).unwrap();
            let headers = [("X-Time", text), ("X-Signature", signed["X-Signature"].to_str().unwrap())];
            let verdict = verifier.verify_at(&headers, b"{}", LAST);
            assert_eq!(verdict.is_ok(), is_accepted, "{text}: {verdict:?}");
        }
    }
}

#[test]
fn an_event_of_a_later_year_has_no_time() {
    for (format, last, late) in
        [("{timestamp}", "253402300799", "253402300800"), ("{timestamp:ms}", "253402300799999", "253402300800000")]
    {
        let shape = EventShape::try_new(format!("id: {{id}}\ntype: {{type}}\nat: {format}\ndata: {{data}}")).unwrap();
        for (text, has_time) in [(last, true), (late, false)] {
            let body = format!(r#"{{"id":"e","type":"t","at":{text},"data":{{}}}}"#);
            let event = shape.read(body.as_bytes()).unwrap();
            assert_eq!(event.time().is_some(), has_time, "{text}");
        }
        let event = |time| Event::new("t", serde_json::json!({})).with_id("e").with_time(time);
        shape.write(&event(LAST)).unwrap();
        for late in late_times() {
            assert!(shape.write(&event(late)).is_err(), "{late}");
        }
    }
}

#[test]
fn nothing_is_planned_after_the_last_moment() {
    let policy = DeliveryPolicy::new().with_retry(RetryPolicy::table([Duration::from_secs(1)]).unwrap());
    let mut delivery = Delivery::new(LAST);
    let attempt = delivery.begin(&policy, LAST).unwrap();
    assert_eq!(attempt.lease_until(), LAST);
    let refused = Outcome::Response { status: 500, retry_after: None };
    let (_, next) = delivery.record(&attempt, &policy, &refused, LAST, 0).unwrap();
    assert_eq!(next, Next::Failed(FailReason::TooOld));

    let mut columns = Columns::default();
    for (due_at, time) in [(i64::MAX, LAST), (253_402_300_800_000, LAST), (i64::MIN, datetime!(-9999-01-01 0:00 UTC))] {
        columns.due_at = Some(due_at);
        assert_eq!(Delivery::from(columns.clone()).due(), Some(time));
    }
    let file = |at: i64| format!(r#"{{"disabled":"paused","disabled_at":{at}}}"#);
    let disabled_at = |at| serde_json::from_str::<EndpointHealth>(&file(at)).unwrap().disabled_at();
    assert_eq!(disabled_at(253_402_300_799_999).map(OffsetDateTime::year), Some(9999));
    assert_eq!(disabled_at(253_402_300_800_000), None);
}
