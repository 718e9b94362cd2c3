//! The catalogue as a whole, and the table of it in the documentation.

use std::collections::BTreeSet;

use hookseal::provider::{self, Confidence};
use hookseal::receive::Receiver;
use hookseal::{Algorithm, Extent};

use common::{FOLDER, FREE_BODIES, assert_text, registered};

mod common;

#[test]
fn names_are_unique_and_found() {
    let mut names = BTreeSet::new();
    for provider in provider::ALL {
        let name = provider.name();
        assert!(names.insert(name), "{name} occurs twice");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
        assert_eq!(provider::by_name(name), Some(*provider));
        assert!(!provider.schemes().is_empty(), "{name} has no scheme");
        assert!(provider.source().len() > 5, "{name} names no source");
    }
}

#[test]
fn no_preset_leaves_the_future_open() {
    for provider in provider::ALL {
        for scheme in provider.schemes() {
            let file = serde_json::to_value(scheme).expect("a scheme can be written");
            assert!(file["future"].is_u64(), "{}", provider.name());
        }
    }
}

/// Strangers are refused in the way of each provider, with keys that nobody has.
#[test]
fn a_receiver_for_nobody_can_be_made_of_every_provider() {
    for provider in provider::ALL {
        let provider = registered(provider).with_allowed(["anybody"]).raw();
        let receiver: Receiver =
            provider.refusing_receiver("nobody").unwrap_or_else(|error| panic!("{}: {error}", provider.name()));
        let refusal = receiver.begin(&[("x", "y")]).finish();
        assert!(refusal.is_err(), "{}", provider.name());
    }
}

#[test]
fn presets_without_a_window_say_so() {
    let tables = std::fs::read_dir(format!("{FOLDER}/src/provider/catalogue")).expect("the folder is there");
    let read = |table: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(table.expect("an entry").path()).expect("the table can be read")
    };
    let source: String = tables.map(read).collect();
    for provider in provider::ALL {
        let entry = source.find(&format!(" = \"{}\",", provider.name())).expect("the catalogue has an entry");
        let above = source[..entry].lines().rev().skip(1);
        let docs: String = above.take_while(|line| line.trim_start().starts_with("///")).collect();
        if provider.scheme().covers().contains("{expiry}") {
            continue;
        }
        let says = docs.contains("a captured delivery stays valid forever");
        assert_eq!(says, provider.replay_window().is_none(), "{}", provider.name());
    }
}

#[test]
fn the_documentation_lists_the_providers() {
    let head = "| provider | signed | replay window | id signed | type signed | events told apart by | confidence | source |\n\
                |---|---|---|---|---|---|---|---|\n";
    let (mut table, mut table_of_sha1) = (head.to_owned(), head.to_owned());
    let (mut table_of_plain_hashes, mut table_of_public_keys) = (head.to_owned(), head.to_owned());
    let (mut free, mut unsigned) = (Vec::new(), Vec::new());
    for provider in provider::ALL {
        let constant = provider.name().replace('-', "_").to_uppercase();
        let scheme = provider.scheme();
        let covers = scheme.covers().replace('|', "\\|").replace('\n', "⏎");
        let covers = if covers.is_empty() { "nothing".to_owned() } else { format!("`{covers}`") };
        let window = match (provider.replay_window(), scheme.past(), scheme.future()) {
            (None, ..) if scheme.covers().contains("{expiry}") => "until its token expires".to_owned(),
            (Some(_), Some(past), Some(future)) => format!("{past} s past, {future} s ahead"),
            _ if scheme.covers().contains("{timestamp}") => "**none**: any age".to_owned(),
            _ => "**none**: no timestamp signed".to_owned(),
        };
        let id = match (scheme.covers_id(), scheme.headers().contains("{id}")) {
            (true, _) => "yes",
            (false, true) => "sent unsigned",
            (false, false) => "no",
        };
        let confidence = match provider.confidence() {
            Confidence::VendorLibrary => "vendor's library",
            Confidence::PeerLibrary => "peer's library",
            Confidence::Code => "code read",
            Confidence::Documented => "documented",
            other => panic!("{other:?} has no words"),
        };
        let source = provider.source();
        let head = provider.event_shape().map(|shape| shape.as_str().split_once("\n\n").map_or("", |(head, _)| head));
        let is_free = |line: &str| {
            let name = line.split(':').next().unwrap_or_default().trim_end_matches('?');
            line.contains("{type}") && !scheme.coverage().has_header(name)
        };
        let body = provider.event_shape().map(|shape| shape.as_str().rsplit("\n\n").next().unwrap_or_default());
        let is_free_field = |line: &str| {
            let path = line.split(": ").next().unwrap_or_default().trim_end_matches('?');
            line.contains("{type}") && !scheme.coverage().has_field(path)
        };
        let event_type = match head {
            None if FREE_BODIES.contains(&provider.name()) => {
                free.push(format!("`{constant}`"));
                "the sender's own"
            }
            None => "not described",
            Some(head) if head.lines().any(is_free) || body.is_some_and(|body| body.lines().any(is_free_field)) => {
                // Of a provider that signs less than the body, the page of it says more.
                if scheme.coverage().body() == Extent::Whole {
                    unsigned.push(format!("`{constant}`"));
                }
                "**no**"
            }
            Some(_) => "yes",
        };
        let rule = provider.idempotency_rule();
        let is_plain = provider.schemes().iter().any(|scheme| scheme.covers().contains("{secret}"));
        let table = match scheme.digest().to_string().as_str() {
            _ if is_plain => &mut table_of_plain_hashes,
            _ if scheme.algorithm() != Algorithm::Hmac => &mut table_of_public_keys,
            "sha1" => &mut table_of_sha1,
            _ => &mut table,
        };
        *table += &format!(
            "| [`{constant}`] | {covers} | {window} | {id} | {event_type} | {rule} | {confidence} | {source} |\n"
        );
    }
    assert_text("src/provider/table.md", &table);
    if cfg!(feature = "sha1") {
        assert_text("src/provider/table_sha1.md", &table_of_sha1);
    } else {
        assert_eq!(table_of_sha1, head);
    }
    if cfg!(all(feature = "sha1", feature = "extendable-hashes")) {
        assert_text("src/provider/table_plain.md", &table_of_plain_hashes);
    }
    if cfg!(all(feature = "ed25519", feature = "p256", feature = "rsa")) {
        assert_text("src/provider/table_public_keys.md", &table_of_public_keys);
    }
    let guide = include_str!("../src/guide/typed_events.md");
    for names in [free, unsigned] {
        let (last, others) = names.split_last().unwrap();
        let list = format!("\n{} and {last}", others.join(", "));
        assert!(guide.contains(&list), "the guide does not say: {list}");
    }
}

/// The number of providers, and of those whose events are described: with all features, and with none.
#[test]
fn the_counts_are_those_of_the_catalogue() {
    let is_described = |provider: &&&provider::Provider| provider.event_shape().is_some();
    let counts = (provider::ALL.len(), provider::ALL.iter().filter(is_described).count());
    let (all, none) = ((268, 105), (228, 91));
    let features = [
        cfg!(feature = "sha1"),
        cfg!(feature = "extendable-hashes"),
        cfg!(feature = "ed25519"),
        cfg!(feature = "p256"),
        cfg!(feature = "rsa"),
    ];
    match features.iter().filter(|on| **on).count() {
        0 => assert_eq!(counts, none),
        5 => assert_eq!(counts, all),
        _ => assert!(none.0 < counts.0 && counts.0 < all.0, "{counts:?}"),
    }
    let readable = |page: &str| page.split_whitespace().collect::<Vec<_>>().join(" ");
    for (page, said) in [
        (include_str!("../README.md"), format!("comes with {} providers", all.0)),
        (include_str!("../README.md"), format!("the events of {} of them", all.1)),
        (include_str!("../src/crate.md"), format!("{} providers as statics ({} without", all.0, none.0)),
        (include_str!("../src/crate.md"), format!("the events of {} of them", all.1)),
        (include_str!("../CHANGELOG.md"), format!("`provider`: {} providers ({} without", all.0, none.0)),
        (include_str!("../CHANGELOG.md"), format!("the events of {} providers", all.1)),
        (include_str!("../src/guide/typed_events.md"), format!("{} providers ({} without", all.1, none.1)),
    ] {
        assert!(readable(page).contains(&said), "no page says: {said}");
    }
}

#[test]
fn public_types_cross_threads() {
    fn assert<T: Send + Sync + 'static>() {}
    assert::<hookseal::Scheme>();
    assert::<hookseal::Secret>();
    assert::<hookseal::SecretForm>();
    assert::<hookseal::Digest>();
    assert::<hookseal::Keyring>();
    assert::<hookseal::Key>();
    assert::<hookseal::Signer>();
    assert::<hookseal::Verifier>();
    assert::<hookseal::Verification<'static>>();
    assert::<hookseal::Verified<'static>>();
    assert::<hookseal::Proof<'static>>();
    assert::<hookseal::ConfigError>();
    assert::<hookseal::SignError>();
    assert::<hookseal::VerifyError>();
    assert::<hookseal::EventError>();
    assert::<hookseal::Event<'static>>();
    assert::<hookseal::EventShape>();
    assert::<hookseal::EventType<'static>>();
    assert::<hookseal::delivery::EventFilter>();
    assert::<hookseal::delivery::Subscription>();
    assert::<hookseal::delivery::DataFilter>();
    assert::<hookseal::idempotency::IdempotencyKey>();
    assert::<hookseal::delivery::EndpointUrl>();
    assert::<hookseal::delivery::UrlPolicy>();
    assert::<hookseal::UrlError>();
    assert::<hookseal::delivery::Delivery>();
    assert::<hookseal::delivery::DeliveryPolicy>();
    assert::<hookseal::delivery::RetryPolicy>();
    assert::<hookseal::delivery::OutcomePolicy>();
    assert::<hookseal::delivery::HealthPolicy>();
    assert::<hookseal::delivery::EndpointHealth>();
    assert::<hookseal::delivery::AttemptRecord>();
    assert::<hookseal::delivery::AttemptError>();
    assert::<provider::IdempotencyRule>();
    assert::<provider::TestRule>();
    assert::<provider::Provider>();
    assert::<provider::Confidence>();
}
