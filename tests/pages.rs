//! The page of each provider in the documentation, made from the catalogue and from a sample delivery.

use std::collections::BTreeMap;
use std::time::Duration;

use hookseal::delivery::{Action, DeliveryPolicy, RetryPolicy};
use hookseal::provider::{self, Confidence, IdempotencyRule, Provider, TestRule};
use hookseal::{Algorithm, ConfigError, EventShape, Extent, Secret, SecretForm};
use serde_json::Value;

#[cfg(feature = "sha1")]
use common::FOLDER;
use common::{FREE_BODIES, assert_text};

mod common;

/// The first sample delivery of each provider.
fn samples() -> BTreeMap<String, Value> {
    let mut samples = BTreeMap::new();
    for line in include_str!("../src/testing/deliveries.jsonl").lines() {
        let delivery: Value = serde_json::from_str(line).expect("a delivery");
        let events = delivery["events"].as_array().map_or(0, Vec::len);
        if events > 0 {
            samples.entry(delivery["provider"].as_str().expect("a name").to_owned()).or_insert(delivery);
        }
    }
    samples
}

#[test]
fn each_provider_has_its_page() {
    let samples = samples();
    for provider in provider::ALL {
        let page = page(provider, samples.get(provider.name()));
        assert_text(&format!("src/provider/pages/{}.md", provider.name()), &page);
    }
}

/// The table of all that ask is a part of the guide.
#[cfg(feature = "sha1")]
#[test]
fn the_guide_names_all_that_ask() {
    const PATH: &str = "src/guide/registering.md";
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for provider in provider::ALL {
        for handshake in provider.handshakes() {
            let asks = spans(handshake.request(), if handshake.is_signed() { "signed: " } else { "" });
            let row = format!("{asks} | {}", spans(handshake.answer(), ""));
            match rows.iter_mut().find(|(known, _)| *known == row) {
                Some((_, names)) => names.push(provider.name()),
                None => rows.push((row, vec![provider.name()])),
            }
        }
    }
    rows.sort_by(|one, other| one.1.cmp(&other.1));
    let rows: String = rows.iter().map(|(row, names)| format!("| {} | {row} |\n", names.join(", "))).collect();
    let guide = std::fs::read_to_string(format!("{FOLDER}/{PATH}")).expect("the guide");
    const HEAD: &str = "| provider | asks | the receiver answers |\n|---|---|---|\n";
    let (before, rest) = guide.split_once(HEAD).expect("the table");
    let after = &rest[rest.find("# What a handshake cannot express").expect("the next section")..];
    assert_text(PATH, &format!("{before}{HEAD}{rows}\n{after}"));
}

/// Lines as they are in a table.
#[cfg(feature = "sha1")]
fn spans(text: &str, before: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != ":method: POST");
    let lines: Vec<_> = lines.map(|line| format!("`{}`", line.replace('|', "\\|"))).collect();
    format!("{before}{}", lines.join(" "))
}

fn page(provider: &Provider, sample: Option<&Value>) -> String {
    let sections = match sample {
        Some(sample) => vec![
            set_up(provider),
            registration(provider),
            shapes(provider),
            delivery(sample),
            handler(provider, sample),
            coverage(provider),
            keys(provider),
            answers(provider),
        ],
        None => {
            let events = if provider.event_shape().is_some() { shapes(provider) } else { unknown(provider) };
            let (asked, answers) = (registration(provider), answers(provider));
            vec![set_up(provider), asked, events, coverage(provider), keys(provider), answers]
        }
    };
    let sections = sections.into_iter().map(|section| section.trim().to_owned());
    let sections: Vec<String> = sections.filter(|section| !section.is_empty()).collect();
    format!("\n{}\n", sections.join("\n\n"))
}

fn set_up(provider: &Provider) -> String {
    let is_public = provider.scheme().algorithm() != Algorithm::Hmac;
    let secret = match provider.scheme().secret_form() {
        SecretForm::Text => "The text of the secret is the key.",
        SecretForm::Hex => "The secret is written in hex.",
        SecretForm::Base64 => "The secret is written in base64.",
        SecretForm::Whsec => "The secret is written in base64, with or without `whsec_` before it.",
        SecretForm::WhsecOrText => {
            "A secret that begins with `whsec_` is written in base64 after it; any other is text."
        }
        other => panic!("{other:?} has no words"),
    };
    let mut name = constant(provider);
    let (key, made) = if is_public { ("key", "PublicKey::new(key)?") } else { ("secret", "Secret::new(secret)?") };
    if provider.event_shape().is_none() {
        name += ".raw()";
    } else if provider.delivery_policy().retry() == &RetryPolicy::NONE {
        name += ".lossy()";
    }
    let mut imported = if is_public { "ConfigError, PublicKey, provider" } else { "ConfigError, Secret, provider" };
    match extent(provider) {
        Extent::Nothing => name += ".accept(Extent::Nothing)",
        Extent::Part => name += ".accept(Extent::Part)",
        _ => {}
    }
    if extent(provider) < Extent::Form {
        imported = match is_public {
            true => "ConfigError, Extent, PublicKey, provider",
            false => "ConfigError, Extent, Secret, provider",
        };
    }
    if is_public || provider.schemes().iter().any(|scheme| scheme.covers().contains("{url}")) {
        // A verifier of it needs a key of the right kind.
        if provider.schemes().iter().any(|scheme| scheme.covers().contains("{url}")) {
            name += ".with_public_url(\"https://hooks.example.com/in\")?";
        }
        if provider.schemes().iter().any(|scheme| scheme.body().contains("{allowed}")) {
            name += ".with_allowed([\"arn:aws:sns:us-east-1:123456789012:events\"])";
        }
    } else if provider
        .clone()
        .accept(Extent::Nothing)
        .verifier(Secret::generate(SecretForm::Whsec).expect("a secret"))
        .err()
        == Some(ConfigError::NoPublicUrl)
    {
        name += ".with_public_url(\"https://hooks.example.com/in\")?";
    }
    let explained = match name.contains("Extent::") || name.contains("public_url") {
        false => "",
        true => "\n\nThe guide's page [`what_is_signed`](crate::guide::what_is_signed) says what this means.",
    };
    let has_token = provider.handshakes().iter().any(|handshake| handshake.request().contains("{verify-token}"));
    let (token, with_token) = match has_token {
        true => (", token: &str", "?.with_verify_token(Secret::new(token)?)"),
        false => ("", ""),
    };
    let given = match is_public {
        true => {
            "The provider signs with a private key and publishes the public key: give that to the receiver.".to_owned()
        }
        false => format!(
            "The signing secret is either shown there or chosen by you: give the same one to the receiver. {secret}"
        ),
    };
    format!(
        "# Set up\n\nRegister the URL of your endpoint with the provider. {given}\n\n```\nuse hookseal::receive::Receiver;\nuse hookseal::{{{imported}}};\n\n\
         fn receiver({key}: &str{token}) -> Result<Receiver, ConfigError> {{\n    \
         provider::{name}.receiver({made}){with_token}\n}}\n```{explained}"
    )
}

fn registration(provider: &Provider) -> String {
    let handshakes = provider.handshakes();
    let mut text = String::new();
    for handshake in handshakes {
        text += match text.is_empty() {
            true => "# Registration\n\nBefore it delivers, it asks the endpoint ([`Handshake`](crate::Handshake)):\n",
            false => "\nor asks:\n",
        };
        text += &format!("\n```text\n{}\n```\n\nThe receiver answers by itself:\n", handshake.request());
        text += &format!("\n```text\n{}\n```\n", handshake.answer());
    }
    for method in ["GET", "HEAD"] {
        if handshakes.iter().any(|handshake| handshake.request().contains(&format!(":method: {method}"))) {
            text += &format!(
                "\nIt asks with a {method}, so mount the handler for all methods: `any` in axum, `Route::to` without a \
                 method in actix-web.\n"
            );
        }
    }
    if handshakes.iter().any(|handshake| handshake.request().contains("{new-secret}")) {
        text += "\nThe request brings the secret. The receiver takes it only while a registration is pending: see\n\
                 [`with_registration`](crate::receive::Receiver::with_registration).\n";
    }
    if handshakes.iter().any(|handshake| handshake.request().contains("{verify-token}")) {
        text += "The verify token is a random text of your choice, of at least 16 characters, that you give both the provider \
                 and the\nreceiver. It is not the secret.\n";
    }
    text
}

fn unknown(provider: &Provider) -> String {
    let constant = constant(provider);
    let why = match FREE_BODIES.contains(&provider.name()) {
        true => {
            "The body is whatever its sender posts, so the catalogue cannot describe the events. Describe yours with\n\
             [`with_event_shape`](Provider::with_event_shape)"
        }
        false => {
            "The catalogue does not describe its events yet. Describe those that you receive with\n\
             [`with_event_shape`](Provider::with_event_shape)"
        }
    };
    format!("# Events\n\n{why}, or take the raw bytes with `{constant}.raw()`.")
}

fn constant(provider: &Provider) -> String {
    provider.name().replace('-', "_").to_uppercase()
}

fn shapes(provider: &Provider) -> String {
    let mut text = "# Events\n".to_owned();
    for (place, shape) in provider.event_shapes().iter().enumerate() {
        text += match place {
            0 if is_form(shape) => {
                "\nWhere a delivery, a form (content type `application/x-www-form-urlencoded`), says what happened \
                 ([`EventShape`]):\n"
            }
            0 => "\nWhere a delivery says what happened ([`EventShape`]):\n",
            _ if is_form(shape) => "\nor, in a form (content type `application/x-www-form-urlencoded`):\n",
            _ => "\nor, if a delivery does not fit this:\n",
        };
        text += &format!("\n```text\n{}\n```\n", shape.as_str());
    }
    if provider.event_shapes().iter().any(EventShape::is_batch) {
        text += "\nOne request can contain several events: take [`Webhooks`](crate::receive::Webhooks).\n";
    }
    let types = provider.event_types().count();
    if types > 1 {
        text += &format!(
            "\n{types} types are known: [`event_types`](Provider::event_types) lists them. It may send others.\n"
        );
    }
    if let Some(test) = provider.test_rule() {
        text += &match test {
            TestRule::IdPrefix(prefix) => format!("\nIts test events have ids that begin with `{prefix}`.\n"),
            TestRule::DataIdPrefix(prefix) => {
                format!("\nIts test events have data whose `id` begins with `{prefix}`.\n")
            }
            TestRule::Type(event_type) => format!("\nIts test events are of type `{event_type}`.\n"),
            other => panic!("{other:?} has no words"),
        };
    }
    text
}

fn is_form(shape: &EventShape) -> bool {
    shape.as_str().lines().any(|line| line.starts_with('&'))
}

fn delivery(sample: &Value) -> String {
    let mut text = "# A delivery\n\nWithout the headers of the signature:\n\n```text\n".to_owned();
    for (name, value) in sample["headers"].as_object().expect("headers") {
        text += &format!("{name}: {}\n", value.as_str().expect("a text"));
    }
    if !sample["headers"].as_object().expect("headers").is_empty() {
        text += "\n";
    }
    let body = sample["body"].as_str().expect("a body");
    text += body;
    text += "\n```\n";
    let events = sample["events"].as_array().expect("events");
    let said: Vec<String> = events.iter().map(|event| described(event, &text)).collect();
    match &said[..] {
        [only] => text += &format!("\nRead as an event {only}.\n"),
        several => text += &format!("\nRead as {} events:\n\n- {}\n", several.len(), several.join(";\n- ") + "."),
    }
    text
}

fn described(event: &Value, shown: &str) -> String {
    let event_type = event["type"].as_str().expect("a type");
    let mut parts = Vec::new();
    for (field, name) in [("id", "id"), ("unsigned_id", "unsigned id"), ("time", "time"), ("version", "version")] {
        if let Some(value) = event[field].as_str() {
            let source =
                if name == "id" && !shown.contains(value) { " (in a signed header, which is not shown)" } else { "" };
            parts.push(format!("the {name} `{value}`{source}"));
        }
    }
    match parts.split_last() {
        None => format!("of type `{event_type}`"),
        Some((last, [])) => format!("of type `{event_type}`, with {last}"),
        Some((last, others)) => format!("of type `{event_type}`, with {} and {last}", others.join(", ")),
    }
}

fn handler(provider: &Provider, sample: &Value) -> String {
    let event_type = sample["events"][0]["type"].as_str().expect("a type");
    let words = event_type.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let variant: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase()
                + &if word.contains(char::is_lowercase) { rest.to_owned() } else { rest.to_lowercase() }
        })
        .collect();
    let is_batch = provider.event_shapes().iter().any(EventShape::is_batch);
    let taken = if is_batch {
        (
            "Webhooks",
            "mut webhooks",
            "while let Some(webhook) = webhooks.next() {\n        let Event::",
            "(data) = webhook.event.into_data();\n        println!(\"{data}\");\n        \
             webhooks.record(Answer::Processed);\n    }\n    webhooks.answer()",
        )
    } else {
        (
            "Webhook",
            "webhook",
            "let Event::",
            "(data) = webhook.event.into_data();\n    println!(\"{data}\");\n    Answer::Processed",
        )
    };
    let (extractor, argument, before, after) = taken;
    format!(
        "# A handler\n\n```\nuse hookseal::receive::{{Answer, {extractor}}};\n\n#[derive(serde::Deserialize)]\nenum Event \
         {{\n    #[serde(rename = \"{event_type}\")]\n    {variant}(serde_json::Value), // or a type of your own\n}}\n\n\
         async fn hook({argument}: {extractor}<Event>) -> Answer {{\n    {before}{variant}{after}\n}}\n```"
    )
}

fn coverage(provider: &Provider) -> String {
    let shape = provider.event_shape().map_or("", EventShape::as_str);
    let head = shape.split_once("\n\n").map_or("", |(head, _)| head);
    let extent = extent(provider);
    let coverage = provider.scheme().coverage();
    let free: Vec<&str> = head
        .lines()
        .map(|line| line.split(':').next().unwrap_or_default().trim_end_matches('?'))
        .filter(|name| !coverage.has_header(name))
        .collect();
    let mut text = match extent {
        Extent::Nothing if provider.scheme().covers().is_empty() => {
            "# What is signed\n\nNothing: whoever has seen one request can send any other. To make a receiver, say that you \
             accept it:\n`.accept(Extent::Nothing)`.\n"
        }
        Extent::Nothing => {
            "# What is signed\n\nNothing of the body: whoever has seen one request can send any body with its head. To make \
             a receiver, say that\nyou accept it: `.accept(Extent::Nothing)`.\n"
        }
        Extent::Part => {
            "# What is signed\n\nOnly the fields that the scheme names: whoever has seen one request can change the others. \
             To make a receiver, say that\nyou accept it: `.accept(Extent::Part)`.\n"
        }
        Extent::Form => {
            "# What is signed\n\nAll fields of the form, but nothing between them: `ab=c` has the signature of `a=bc`. Read \
             only fields that the provider\ndocuments.\n"
        }
        _ if provider.event_shape().is_none() => "# What is signed\n\nThe signature covers the whole body.\n",
        _ if free.is_empty() => {
            "# What is signed\n\nThe signature covers the whole body, and with it everything that is read of an event.\n"
        }
        _ => "# What is signed\n\nThe signature covers the whole body",
    }
    .to_owned();
    if extent == Extent::Whole && provider.event_shape().is_some() && !free.is_empty() {
        let names: Vec<String> = free.iter().map(|name| format!("`{name}`")).collect();
        text += &format!(
            ", but not {}: whoever replays a captured delivery can change {}.\n",
            names.join(" or "),
            if names.len() == 1 { "it" } else { "them" }
        );
        if head.lines().any(|line| line.contains("{type}")) {
            text += "Data of one type can be presented as that of another, so give each variant of your enum the fields \
                     that it needs.\n";
        }
    }
    match provider.replay_window() {
        Some(window) => text += &format!("A captured delivery stays valid for at most {window} seconds.\n"),
        None => text += "A captured delivery stays valid forever.\n",
    }
    text
}

/// How much of the body all schemes cover.
fn extent(provider: &Provider) -> Extent {
    provider.schemes().iter().map(|scheme| scheme.coverage().body()).min().expect("a scheme")
}

fn keys(provider: &Provider) -> String {
    let rule = match provider.idempotency_rule() {
        IdempotencyRule::EventId if provider.event_shape().is_some_and(|shape| shape.as_str().contains("{key}")) => {
            "the values marked `{key}` and `{id}` in its shape, together with the type".to_owned()
        }
        IdempotencyRule::EventId => "the event's id".to_owned(),
        IdempotencyRule::SignedId => "the id in the signed header".to_owned(),
        IdempotencyRule::Body if provider.event_shapes().iter().any(EventShape::is_batch) => {
            "the part of the body that each event was read from".to_owned()
        }
        IdempotencyRule::Body => "the body".to_owned(),
        IdempotencyRule::BodyAndType => "the body, together with the type".to_owned(),
        IdempotencyRule::Nothing => {
            return "# Each event once\n\nNothing tells two of its events apart, so [`Once`](crate::idempotency::Once) \
                    answers with 500. Process\nits events in a way that does no harm if it happens twice, or set a \
                    rule with\n[`with_idempotency_rule`](Provider::with_idempotency_rule)."
                .to_owned();
        }
        other => panic!("{other:?} has no words"),
    };
    format!("# Each event once\n\nIts events are told apart by {rule} ([`IdempotencyRule`]).")
}

fn answers(provider: &Provider) -> String {
    let mut text = "# Answers and retries\n".to_owned();
    if let Some(answer) = provider.acknowledgement() {
        let answer = answer.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("`{line}`"));
        text += &format!(
            "\n- It requires an answer of its own: {}. [`Once`](crate::idempotency::Once),\n  \
             [`Webhooks`](crate::receive::Webhooks) and \
             [`acknowledgement`](crate::receive::Received::acknowledgement) give it.",
            answer.collect::<Vec<_>>().join(", ")
        );
    }
    if let Some(within) = provider.answer_within() {
        text += &format!("\n- It waits {} seconds for the answer.", within.as_secs());
    }
    let policy = provider.delivery_policy();
    if policy.retry() == &RetryPolicy::NONE {
        text += "\n- It never delivers an event again by itself: use \
                 [`receiver_with_fallback`](Provider::receiver_with_fallback) if none may be lost.";
    } else if policy.retry() != DeliveryPolicy::new().retry() || provider.name() == "standard-webhooks" {
        let delays: Vec<String> = policy.retry().delays().map(wait).collect();
        text += &format!("\n- It delivers again after {}.", delays.join(", "));
    } else {
        text += "\n- Its retry schedule is not in the catalogue.";
    }
    if policy.retry() != &RetryPolicy::NONE {
        match policy.outcomes().action(400) {
            Action::GiveUp => {
                text += "\n- It gives up on an event that is answered with a 4xx. What cannot be read is therefore \
                         answered with 503.";
            }
            _ => text += "\n- What cannot be read is answered with 400.",
        }
    }
    if let Some(failures) = policy.health().max_failures() {
        text += &format!("\n- It disables an endpoint after {failures} failures in a row.");
    }
    if let Some(bytes) = provider.max_sent() {
        text += &format!("\n- Its bodies have at most {bytes} bytes.");
    }
    if provider.confidence() == Confidence::Documented {
        text += "\n\nAll of this is from its documentation: no library was run against it.";
    }
    text
}

fn wait(delay: Duration) -> String {
    match delay.as_secs() {
        seconds if seconds % 3600 == 0 && seconds > 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 && seconds > 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
