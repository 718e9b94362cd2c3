//! How often the true cause is named, and the scheme found: over accidents made with real frameworks, requests without an
//! innocent cause, and schemes that nobody knows. The programs' interface is used, so this tests it too.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn lines(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("the data is there");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// One answer for each line.
fn ask(command: &str, questions: &[Value]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hookseal"))
        .args([command, "--json-lines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut input = child.stdin.take().expect("a pipe");
    let text: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("a thread").expect("all is written");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON")).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

fn causes(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    let mut causes: Vec<String> = all.filter_map(Value::as_str).filter(|c| *c != "none").map(str::to_owned).collect();
    causes.sort();
    causes
}

/// A rewriting that only changed the final line end is no other accident than a cut one, byte by byte.
fn is_same_in_substance(truth: &[String], named: &[String]) -> bool {
    truth == ["body.json"] && named == ["body.newline"]
}

/// The share of questions whose causes are named exactly, and those where a proven cause is not true.
fn named(name: &str) -> (f64, Vec<Value>) {
    let questions = lines(name);
    let (mut right, mut wrong) = (0, Vec::new());
    for (question, answer) in questions.iter().zip(ask("diagnose", &questions)) {
        let (truth, named) = (causes(&question["cause"]), causes(&answer["causes"]));
        let is_authentic = question["accepted"] == true;
        let is_innocent = !is_authentic && answer["verdict"] == "accepted"
            || answer["verdict"] == "proven" && named != ["body.altered"];
        // A likely cause of a request without one only states its fact.
        let is_right = if truth.is_empty() { !is_innocent } else { truth == named };
        right += usize::from(is_right);
        let is_tolerated = is_right || is_same_in_substance(&truth, &named);
        // The crate accepts this secret with its prefix.
        let is_accepted = truth == ["secret.prefix"] && answer["verdict"] == "accepted";
        if !is_tolerated && !is_accepted && is_innocent {
            wrong.push(json!({ "id": question["id"], "truth": truth, "answer": answer }));
        }
    }
    (right as f64 / questions.len() as f64, wrong)
}

#[test]
fn the_true_causes_of_accidents_are_named() {
    let (share, wrong) = named("accidents");
    assert!(share >= 0.97, "{share}");
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_true_causes_of_combined_accidents_are_named() {
    let (share, wrong) = named("combined");
    assert!(share >= 0.98, "{share}");
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_true_causes_of_a_second_corpus_are_named() {
    let (share, wrong) = named("second");
    assert!(share >= 0.97, "{share}");
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Proven with less than the truth, because the crate accepts the rest as it is: `v1,whsec_…` and equal lines that occur
/// twice; and the base64 of a secret with its line end, which is one mistake here (`echo secret | base64`).
const ACCEPTED_AS_THEY_ARE: [(&[&str], &[&str]); 3] = [
    (&["body.json", "secret.prefix"], &["body.json"]),
    (&["header.repeated", "secret.whitespace"], &["secret.whitespace"]),
    (&["secret.form", "secret.whitespace"], &["secret.form"]),
];

/// At the first run, on 2026-11-22, 81.8 % were named exactly, 85.2 % with what is also true, and none of the 117 requests
/// without an innocent cause was explained as an accident; see `data/third/README.md`. `body.changed` is coarse, and true.
#[test]
fn the_true_causes_of_a_corpus_by_an_outsider_are_named() {
    let questions = lines("third");
    let (mut exact, mut also, mut coarse, mut wrong) = (0, 0, 0, Vec::new());
    for (question, answer) in questions.iter().zip(ask("diagnose", &questions)) {
        let (truth, named) = (causes(&question["cause"]), causes(&answer["causes"]));
        let others: Vec<Vec<String>> = question["also_true"].as_array().into_iter().flatten().map(causes).collect();
        if truth == named {
            exact += 1;
        } else if others.contains(&named) {
            also += 1;
        } else if named == ["body.changed"] && truth.iter().any(|code| code.starts_with("body.")) {
            coarse += 1;
        } else if matches!(answer["verdict"].as_str(), Some("accepted" | "proven"))
            && named != ["body.altered"]
            && !ACCEPTED_AS_THEY_ARE.iter().any(|(all, some)| truth == *all && named == *some)
        {
            wrong.push(json!({ "id": question["id"], "truth": truth, "answer": answer }));
        }
    }
    let share = |count: usize| count as f64 / questions.len() as f64;
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(share(exact) >= 0.93, "{exact} of {}", questions.len());
    assert!(share(exact + also) >= 0.96, "{exact} and {also} of {}", questions.len());
    assert!(share(exact + also + coarse) >= 0.98, "{exact}, {also} and {coarse} of {}", questions.len());
}

#[test]
fn what_the_outsider_altered_is_not_explained_away() {
    let questions = lines("third-altered");
    for (question, answer) in questions.iter().zip(ask("diagnose", &questions)) {
        let named = causes(&answer["causes"]);
        let is_innocent = answer["verdict"] == "accepted" || answer["verdict"] == "proven" && named != ["body.altered"];
        // Some middleware makes the same bytes as some attacks.
        let mut others = question["also_true"].as_array().into_iter().flatten().map(causes);
        assert!(!is_innocent || others.any(|other| other == named), "{}: {answer}", question["id"]);
    }
}

#[test]
fn what_is_no_accident_is_not_explained_as_one() {
    let (share, wrong) = named("no-accident");
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(share >= 1.0, "{share}");
}

/// Members added, values changed, wrappings with something else inside, moved times, weak keys, intact weaker signatures.
#[test]
fn what_somebody_did_on_purpose_is_not_explained_away() {
    let (share, wrong) = named("tampered");
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(share >= 1.0, "{share}");
}

#[test]
fn unknown_schemes_are_found_and_accept_the_next_delivery() {
    let questions = lines("unknown-schemes");
    let (mut guessable, mut right) = (0, 0);
    for (question, answer) in questions.iter().zip(ask("infer", &questions)) {
        if answer["found"] == true {
            assert_eq!(answer["accepts_next"], true, "claimed and wrong: {} {answer}", question["covers"]);
            assert_eq!(question["const"], false, "a constant was guessed: {}", question["covers"]);
        }
        // Nothing shows where an id ends that touches the body or a time in seconds.
        let covers = question["covers"].as_str().unwrap_or_default();
        let is_sayable =
            !covers.contains("{id}{body}") && !covers.contains("{body}{id}") && !covers.contains("{id}{ts}{body}");
        if question["const"] == false && is_sayable {
            guessable += 1;
            right += usize::from(answer["found"] == true && answer["accepts_next"] == true);
        }
    }
    assert!(guessable >= 50_usize, "{guessable}");
    assert!(right as f64 / guessable as f64 >= 0.94, "{right} of {guessable}");
}

/// One accepted request of each provider, as its own library made it.
#[test]
fn the_schemes_of_real_providers_are_found() {
    const NOT_FOUND: [(&str, &str); 1] = [("easypost", "its secret is normalised before it becomes a key")];
    let folder = format!("{}/../../tests/vectors", env!("CARGO_MANIFEST_DIR"));
    let mut requests: BTreeMap<String, Value> = BTreeMap::new();
    for file in fs::read_dir(folder).expect("the vectors are there") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(path).expect("a file").lines() {
            let vector: Value = serde_json::from_str(line).expect("a vector");
            let provider = vector["provider"].as_str().unwrap_or_default().to_owned();
            let known = hookseal::provider::by_name(&provider);
            let is_hmac = known.is_some_and(|known| known.scheme().algorithm() == hookseal::Algorithm::Hmac);
            if vector["valid"] == true && vector["strictness"] == "core" && is_hmac && vector["secret"].is_string() {
                requests.entry(provider).or_insert(vector);
            }
        }
    }
    let questions: Vec<Value> =
        requests.values().map(|vector| json!({ "secret": vector["secret"], "deliveries": [vector, vector] })).collect();
    let answers = ask("infer", &questions);
    let missed: Vec<&str> = requests
        .keys()
        .zip(&answers)
        .filter(|(_, answer)| answer["found"] != true)
        .map(|(name, _)| name.as_str())
        .collect();
    let unexpected: Vec<&&str> =
        missed.iter().filter(|name| !NOT_FOUND.iter().any(|(known, _)| known == *name)).collect();
    let share = 1.0 - unexpected.len() as f64 / requests.len() as f64;
    assert!(requests.len() > 30 && share >= 0.95, "{unexpected:?} of {}", requests.len());
    assert!(answers.iter().all(|answer| answer["found"] != true || answer["accepts_next"] == true));
}

#[test]
fn a_line_that_cannot_be_read_is_answered_too() {
    let answers =
        ask("diagnose", &[json!({}), json!({ "provider": "nobody", "secrets": ["x"], "headers": [], "body_b64": "" })]);
    assert!(answers.iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    assert!(ask("infer", &[json!({ "secret": "x", "deliveries": [] })])[0]["error"].is_string());
}
