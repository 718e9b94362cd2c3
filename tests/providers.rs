//! A platform of your own, in code and in a file: as good as one of the catalogue, and checked alike.

use std::time::Duration;

use hookseal::delivery::{DeliveryPolicy, HealthPolicy, OutcomePolicy, RetryPolicy};
use hookseal::provider::{self, Confidence, IdempotencyRule, Provider, TestRule};
use hookseal::{ConfigError, Digest, EventShape, Extent, Scheme};

/// All that a provider is, apart from its source and its confidence.
fn facts(provider: &Provider) -> String {
    let all = format!("{provider:#?}");
    let is_told = |line: &&str| !line.starts_with("    source: ") && !line.starts_with("    confidence: ");
    let facts: Vec<&str> = all.lines().filter(is_told).collect();
    assert_eq!(facts.len() + 2, all.lines().count());
    facts.join("\n")
}

#[test]
fn the_catalogue_survives_a_file() {
    for provider in provider::ALL {
        let name = provider.name();
        let (toml, json) = (toml::to_string(provider).unwrap(), serde_json::to_string(provider).unwrap());
        let from_toml: Provider = toml::from_str(&toml).unwrap_or_else(|error| panic!("{name}: {error}\n{toml}"));
        let from_json: Provider = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{name}: {error}\n{json}"));
        assert_eq!(from_toml, from_json, "{name}");
        assert_eq!(facts(&from_toml), facts(provider), "{name}");
        assert_eq!((from_toml.source(), from_toml.confidence()), ("", Confidence::Own), "{name}");
    }
}

const KLANG: Scheme =
    Scheme::new("X-Klang-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}").with_past(28_800);
const KLANG_EVENT: EventShape =
    EventShape::new("id: {id}\ntype: {type}\ncreated_at: {timestamp:rfc3339}\ndata: {data}");
const KLANG_FILE: &str = r#"
    name = "klang"
    event = ["id: {id}", "type: {type}", "created_at: {timestamp:rfc3339}", "data: {data}"]
    event_types = ["conversation.ready", "conversation.failed", "conversation.deleted"]
    idempotency = "event-id"
    test = { id-prefix = "evt_test_" }
    answer_within = 5

    [[schemes]]
    headers = "X-Klang-Signature: t={timestamp},v1={hex},..."
    covers = "{timestamp}.{body}"
    past = 28800

    [delivery]
    timeout = 5
    reuses_timestamp = true
    retry = { delays = [30, 120, 600, 3600, 21600] }
    health = { max_failures = 25, max_failing_time = 86400 }
"#;

fn klang() -> Result<Provider, ConfigError> {
    let policy = DeliveryPolicy::new()
        .with_retry(RetryPolicy::table([30, 120, 600, 3600, 21_600].map(Duration::from_secs))?)
        .with_health(HealthPolicy::never().with_max_failures(25).with_max_failing_time(Duration::from_secs(86_400)))
        .with_timeout(Duration::from_secs(5))
        .with_reused_timestamp();
    Ok(Provider::new("klang", KLANG)?
        .with_event_shape(KLANG_EVENT)?
        .with_event_types(["conversation.ready", "conversation.failed", "conversation.deleted"])?
        .with_idempotency_rule(IdempotencyRule::EventId)?
        .with_test_rule(TestRule::IdPrefix("evt_test_".into()))?
        .with_answer_within(Duration::from_secs(5))?
        .with_delivery_policy(policy))
}

const CALLINTEL: Scheme = Scheme::new("X-Callintel-Signature: {hex}", "{body}");
const CALLINTEL_EVENT: EventShape =
    EventShape::new("event_type: {type}\ntimestamp: {timestamp:rfc3339}\nwebhook_id\ndata: {data}");
const CALLINTEL_TYPES: [&str; 14] = [
    "call.initiated",
    "call.connected",
    "call.in_progress",
    "call.completed",
    "call.failed",
    "call.missed",
    "call.transcript_ready",
    "call.recording_ready",
    "call.summary_ready",
    "call.analysis_complete",
    "batch.initiated",
    "batch.in_progress",
    "batch.completed",
    "batch.failed",
];
const CALLINTEL_FILE: &str = r#"
    name = "callintel"
    event = ["event_type: {type}", "timestamp: {timestamp:rfc3339}", "webhook_id", "data: {data}"]
    event_types = [
        "call.initiated", "call.connected", "call.in_progress", "call.completed", "call.failed", "call.missed",
        "call.transcript_ready", "call.recording_ready", "call.summary_ready", "call.analysis_complete",
        "batch.initiated", "batch.in_progress", "batch.completed", "batch.failed",
    ]
    idempotency = "body"
    test = { data-id-prefix = "call_test_" }
    max_sent = 10_000_000
    max_received = 10_485_760
    answer_within = 10
    schemes = [{ headers = ["X-Callintel-Signature: {hex}"], covers = "{body}" }]
    delivery = { timeout = 10, retry = { delays = [60, 300, 900] }, outcomes = { base = "server-errors-only" } }
"#;

fn callintel() -> Result<Provider, ConfigError> {
    let policy = DeliveryPolicy::new()
        .with_retry(RetryPolicy::CALLINTEL)
        .with_outcomes(OutcomePolicy::server_errors_only())
        .with_timeout(Duration::from_secs(10));
    Ok(Provider::new("callintel", CALLINTEL)?
        .with_event_shape(CALLINTEL_EVENT)?
        .with_event_types(CALLINTEL_TYPES)?
        .with_idempotency_rule(IdempotencyRule::Body)?
        .with_test_rule(TestRule::DataIdPrefix("call_test_".into()))?
        .with_max_sent(10_000_000)?
        .with_max_received(10 << 20)?
        .with_answer_within(Duration::from_secs(10))?
        .with_delivery_policy(policy))
}

#[test]
fn a_platform_of_your_own_is_as_good_as_one_of_the_catalogue() {
    for (built_in, in_code, file) in
        [(&provider::KLANG, klang().unwrap(), KLANG_FILE), (&provider::CALLINTEL, callintel().unwrap(), CALLINTEL_FILE)]
    {
        let in_a_file: Provider = toml::from_str(file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(in_code, in_a_file);
        assert_eq!(facts(&in_code), facts(built_in));
        assert_eq!((in_code.source(), in_code.confidence()), ("", Confidence::Own));
    }
}

const PLAIN: Scheme = Scheme::new("S: {hex}", "{body}");
const TIMED: Scheme = Scheme::new("T: {timestamp}\nS2: {hex}", "{timestamp}.{body}");
const NAMED: Scheme = Scheme::new("I: {id}\nS3: {hex}", "{id}.{body}");
const WITH_ID: EventShape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
const WITHOUT_ID: EventShape = EventShape::new("type: {type}\ndata: {data}");

fn acme(scheme: Scheme) -> Result<Provider, ConfigError> {
    Provider::new("acme", scheme)
}

/// What is wrong with a provider is the same in code and in a file, and said in the same words.
#[test]
fn code_and_files_are_checked_alike() {
    let scheme = |scheme: &Scheme| serde_json::to_string(scheme).unwrap();
    let (plain, timed, named) = (scheme(&PLAIN), scheme(&TIMED), scheme(&NAMED));
    let with_id = r#""event":["id: {id}","type: {type}","data: {data}"]"#;
    let cases: Vec<(Result<Provider, ConfigError>, String, &str)> = vec![
        (Provider::new("", PLAIN), format!(r#"{{"name":"","schemes":[{plain}]}}"#), "name: is empty"),
        (
            acme(PLAIN).and_then(|acme| acme.with_schemes([])),
            r#"{"name":"acme","schemes":[]}"#.to_owned(),
            "schemes: is an empty list",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_schemes([TIMED, PLAIN])),
            format!(r#"{{"name":"acme","schemes":[{timed},{plain}]}}"#),
            "schemes: `{body}` can be mistaken for what an earlier scheme covers",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_event_types(["a.b", "a b"])),
            format!(r#"{{"name":"acme","event_types":["a.b","a b"],"schemes":[{plain}]}}"#),
            "event_types: `a b` is not 1 to 128 visible ASCII characters",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_idempotency_rule(IdempotencyRule::EventId)),
            format!(r#"{{"name":"acme","idempotency":"event-id","schemes":[{plain}]}}"#),
            "idempotency: `event-id` needs an event shape with an `{id}`",
        ),
        (
            acme(PLAIN)
                .and_then(|acme| acme.with_event_shape(WITH_ID))
                .and_then(|acme| acme.with_idempotency_rule(IdempotencyRule::EventId))
                .and_then(|acme| acme.with_event_shape(WITHOUT_ID)),
            format!(
                r#"{{"name":"acme","event":["type: {{type}}","data: {{data}}"],"idempotency":"event-id","schemes":[{plain}]}}"#
            ),
            "idempotency: `event-id` needs an event shape with an `{id}`",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_idempotency_rule(IdempotencyRule::SignedId)),
            format!(r#"{{"name":"acme","idempotency":"signed-id","schemes":[{plain}]}}"#),
            "idempotency: `signed-id` needs every scheme to cover an `{id}`",
        ),
        (
            acme(NAMED)
                .and_then(|acme| acme.with_idempotency_rule(IdempotencyRule::SignedId))
                .and_then(|acme| acme.with_schemes([NAMED, PLAIN.with_digest(Digest::Sha512)])),
            format!(
                r#"{{"name":"acme","idempotency":"signed-id","schemes":[{named},{}]}}"#,
                scheme(&PLAIN.with_digest(Digest::Sha512))
            ),
            "idempotency: `signed-id` needs every scheme to cover an `{id}`",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_test_rule(TestRule::IdPrefix("".into()))),
            format!(r#"{{"name":"acme","test":{{"id-prefix":""}},"schemes":[{plain}]}}"#),
            "test: has an empty text",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_test_rule(TestRule::DataIdPrefix("".into()))),
            format!(r#"{{"name":"acme",{with_id},"test":{{"data-id-prefix":""}},"schemes":[{plain}]}}"#),
            "test: has an empty text",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_max_sent(0)),
            format!(r#"{{"name":"acme","max_sent":0,"schemes":[{plain}]}}"#),
            "max_sent: `0` is not a number of bytes that a body can have",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_max_received(0)),
            format!(r#"{{"name":"acme","max_received":0,"schemes":[{plain}]}}"#),
            "max_received: `0` is not a number of bytes that a body can have",
        ),
        (
            acme(PLAIN).and_then(|acme| acme.with_answer_within(Duration::from_millis(999))),
            format!(r#"{{"name":"acme","answer_within":0,"schemes":[{plain}]}}"#),
            "answer_within: `0` is not a number of seconds in which anybody can answer",
        ),
    ];
    for (in_code, file, expected) in cases {
        let in_code = in_code.unwrap_err().to_string();
        let in_a_file = serde_json::from_str::<Provider>(&file).unwrap_err().to_string();
        assert!(in_code.starts_with(expected), "{in_code}");
        assert!(in_a_file.starts_with(&in_code), "{file}: {in_a_file}");
    }
    let scheme = "schemes = [{ headers = \"S: {hex}\", covers = \"{body}\" }]";
    for (lines, expected) in [
        ("event = [\"type: {typ}\"]", "`{typ}` is not a placeholder of an event"),
        ("event_shapes = []", "unknown field `event_shapes`"),
        (
            "event = [\"type: {type}\", \"{data}\"]\nevents = [[\"type: {type}\", \"{data}\"]]",
            "are given beside `event`",
        ),
        ("event_headers = [\"X: {type}\"]", "are given without `event`"),
        ("reuses_timestamp = true", "unknown field `reuses_timestamp`"),
        ("confidence = \"vendor-library\"", "unknown field `confidence`"),
        ("[delivery]\ntime_out = 5", "unknown field `time_out`"),
        ("[delivery]\ntimeout = 0", "timeout: `0` is less than a millisecond"),
        ("[delivery]\nconnect_timeout = 0.0004", "connect_timeout: `0` is less than a millisecond"),
        ("[delivery.health]\nwarnings_at = [0]", "warnings_at: `0` is not a percentage"),
    ] {
        let file = format!("name = \"acme\"\n{scheme}\n{lines}");
        let said = toml::from_str::<Provider>(&file).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

/// What a receiver consents to is in the file of its provider, and nowhere else.
#[test]
fn consents_survive_a_file() {
    let klang = klang().unwrap();
    for (provider, line) in [
        (klang.raw(), "raw = true\n"),
        (klang.lossy(), "lossy = true\n"),
        (klang.accept(Extent::Part), "accepts = \"part\"\n"),
        (klang.accept(Extent::Nothing), "accepts = \"nothing\"\n"),
    ] {
        let file = toml::to_string(&provider).unwrap();
        assert_eq!(toml::from_str::<Provider>(&file).unwrap(), provider, "{file}");
        assert_eq!(file.replace(line, ""), toml::to_string(&klang).unwrap());
    }
}

/// An id counts where it is signed, be it in a header.
#[test]
fn an_event_id_that_nobody_signs_tells_nothing_apart() {
    const IN_BODY: &str = "id: {id}\ntype: {type}\ndata: {data}";
    const IN_HEADER: &str = "X-Event: {id}\n\ntype: {type}\ndata: {data}";
    for (covers, shape, is_signed) in [
        ("{body}", IN_BODY, true),
        ("{body}", IN_HEADER, false),
        ("{header:X-Event}.{body}", IN_HEADER, true),
        ("{header:X-Other}.{body}", IN_HEADER, false),
        ("{$.id}", IN_BODY, true),
        ("{$.type}", IN_BODY, false),
    ] {
        let acme = acme(Scheme::try_new("S: {hex}", covers).unwrap()).unwrap();
        let acme = acme.with_event_shape(EventShape::try_new(shape).unwrap()).unwrap();
        assert_eq!(acme.with_idempotency_rule(IdempotencyRule::EventId).is_ok(), is_signed, "{covers}: {shape}");
    }
}

#[test]
fn tests_are_marked_as_the_rule_says() {
    let body = |id: &str, kind: &str, data: &str| format!(r#"{{"id":"{id}","type":"{kind}","data":{data}}}"#);
    for (rule, body, is_test) in [
        (TestRule::Type("ping".into()), body("1", "ping", "{}"), true),
        (TestRule::Type("ping".into()), body("ping", "pings", r#"{"id":"ping"}"#), false),
        (TestRule::IdPrefix("test_".into()), body("test_1", "a", "{}"), true),
        (TestRule::IdPrefix("test_".into()), body("1test_", "test_", r#"{"id":"test_"}"#), false),
        (TestRule::DataIdPrefix("test_".into()), body("1", "a", r#"{"id":"test_1"}"#), true),
        (TestRule::DataIdPrefix("test_".into()), body("test_1", "a", r#"["test_"]"#), false),
    ] {
        let acme = acme(PLAIN).unwrap().with_test_rule(rule.clone()).unwrap();
        let event = WITH_ID.read(body.as_bytes()).unwrap();
        assert_eq!(acme.is_test(&event), is_test, "{rule:?}: {body}");
    }
}

#[test]
fn schemes_of_your_own_are_not_what_a_source_spoke_of() {
    let strict = provider::STRIPE.scheme().clone().with_past(60);
    let stripe = provider::STRIPE.clone().with_schemes([strict]).unwrap();
    assert_eq!((stripe.source(), stripe.confidence()), ("", Confidence::Own));
    assert_eq!(stripe.event_shape(), provider::STRIPE.event_shape());
    let small = provider::GITHUB.clone().with_max_received(1000).unwrap();
    assert_eq!(small.confidence(), Confidence::VendorLibrary, "its scheme is the same");
}

/// One key signs for all schemes of a provider, so no content may mean one thing under one and another under the next.
#[test]
fn schemes_of_one_provider_cannot_be_mistaken_for_each_other() {
    let scheme = |n: usize, covers: &str, more: &str| {
        let time = if covers.contains("{timestamp}") { format!("\"T{n}: {{timestamp}}\", ") } else { String::new() };
        let id = if covers.contains("{id}") { format!("\"I{n}: {{id}}\", ") } else { String::new() };
        format!("[[schemes]]\nheaders = [{time}{id}\"S{n}: {{hex}}\"]\ncovers = \"{covers}\"\n{more}\n")
    };
    let read = |one: &str, other: &str| {
        toml::from_str::<Provider>(&format!("name = \"acme\"\n{}{}", scheme(1, one, ""), scheme(2, other, "")))
    };
    for (one, other) in [
        ("{timestamp}.{body}", "{body}"),
        ("{body}", "{timestamp}.{body}"),
        ("{id}.{timestamp}.{body}", "{timestamp}.{body}"),
        ("{timestamp}.{body}", "{timestamp}:{body}"),
        ("v0:{timestamp}:{body}", "v0{body}"),
        ("v0:{timestamp}:{body}", "{timestamp}.{body}"),
    ] {
        assert!(read(one, other).is_err(), "{one} beside {other}");
    }
    for (one, other) in [
        ("{body}", "{body}"),
        ("{timestamp}.{body}", "{timestamp}.{body}"),
        ("v1:{timestamp}:{body}", "v0:{timestamp}:{body}"),
        ("{body}.v1", "{body}.v2"),
    ] {
        assert!(read(one, other).is_ok(), "{one} beside {other}");
    }
    let digests = format!(
        "name = \"acme\"\n{}{}",
        scheme(1, "{timestamp}.{body}", "digest = \"sha512\""),
        scheme(2, "{body}", "")
    );
    assert!(toml::from_str::<Provider>(&digests).is_ok(), "a key under another digest is another key");
}
