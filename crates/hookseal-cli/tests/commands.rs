//! The commands as a person uses them, with their exit codes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookseal"));
    command.args(args).env("HOOKSEAL_TEST_SECRET", SECRET).stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().expect("the command runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the file is written");
    path
}

/// The header lines that sign a body.
fn signed(body: &str, at: &str) -> String {
    let args = ["sign", "--provider", "klang", "--secret-env", "HOOKSEAL_TEST_SECRET", "--body", body, "--at", at];
    let output = run(&args);
    assert_eq!(code(&output), 0, "{}", text(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn what_is_signed_is_verified_and_what_is_changed_is_diagnosed() {
    let headers = signed("{\"a\": 1}", "1770000000");
    let good = file(
        "good.http",
        &format!("POST /hook HTTP/1.1\r\nHost: example.com\r\n{}\r\n{{\"a\": 1}}", headers.replace('\n', "\r\n")),
    );
    let bad = file(
        "bad.http",
        &format!("POST /hook HTTP/1.1\r\nHost: example.com\r\n{}\r\n{{\"a\":1}}", headers.replace('\n', "\r\n")),
    );
    let args = |name: &'static str, path: &PathBuf| {
        let path = path.to_str().expect("a path").to_owned();
        let all = [name, "--provider", "klang", "--secret-env", "HOOKSEAL_TEST_SECRET", "--at", "1770000001", &path];
        run(&all)
    };
    let verified = args("verify", &good);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
    assert!(text(&verified).contains("✓ verified"));
    assert_eq!(code(&args("verify", &bad)), 1);
    assert_eq!(code(&args("diagnose", &good)), 0);
    let diagnosed = args("diagnose", &bad);
    assert_eq!(code(&diagnosed), 1);
    assert!(text(&diagnosed).contains("[body.json]"), "{}", text(&diagnosed));
    assert!(!text(&diagnosed).contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn a_secret_file_is_diagnosed_with_its_line_end() {
    let headers = signed("{}", "1770000000");
    let capture = file("newline.http", &format!("POST /hook HTTP/1.1\n{headers}\n{{}}"));
    let secret = file("secret.txt", &format!("{SECRET}\n"));
    let (capture, secret) = (capture.to_str().expect("a path"), secret.to_str().expect("a path"));
    let args = ["diagnose", "--provider", "klang", "--secret-file", secret, "--at", "1770000001", "--json", capture];
    let output = run(&args);
    assert_eq!(code(&output), 1);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["causes"][0]["code"], "secret.whitespace");
    let verified = run(&["verify", "--provider", "klang", "--secret-file", secret, "--at", "1770000001", capture]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
}

#[test]
fn a_scheme_is_inferred_and_can_be_used() {
    let headers = signed("{}", "1770000000");
    let capture = file("infer.http", &format!("POST /hook HTTP/1.1\n{headers}\n{{}}"));
    let capture = capture.to_str().expect("a path");
    let output = run(&["infer", "--secret-env", "HOOKSEAL_TEST_SECRET", "--json", capture]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(
        report["readings"][0]["presets"].as_array().is_some_and(|all| all.iter().any(|name| name == "klang")),
        "{report}"
    );
    let scheme = file("scheme.toml", report["readings"][0]["toml"].as_str().expect("TOML"));
    let scheme = scheme.to_str().expect("a path");
    let args = ["verify", "--scheme", scheme, "--secret-env", "HOOKSEAL_TEST_SECRET", "--at", "1770000001", capture];
    assert_eq!(code(&run(&args)), 0);
    let mut other = command(&["infer", "--secret-env", "OTHER", capture]);
    assert_eq!(code(&other.env("OTHER", "another secret of some length").output().expect("runs")), 1);
}

#[test]
fn the_catalogue_can_be_searched() {
    let output = run(&["providers", "stripe"]);
    assert_eq!(code(&output), 0);
    assert!(text(&output).contains("Stripe-Signature"), "{}", text(&output));
    for (name, proof) in [
        ("klang", "HMAC of sha256 · secret as text"),
        ("gitlab", "the secret itself, as text"),
        ("discord", "ed25519 · verified with the provider's public key"),
        ("sendgrid", "p256 · verified with the provider's public key"),
    ] {
        let output = run(&["providers", name]);
        assert!(text(&output).contains(proof), "{}", text(&output));
    }
    assert_eq!(code(&run(&["providers", "nobody-has-this-name"])), 1);
}

#[test]
fn mistakes_in_the_arguments_end_with_2() {
    for args in [
        &["diagnose", "--provider", "nobody", "--secret-env", "HOOKSEAL_TEST_SECRET", "/nowhere"][..],
        &["verify", "--provider", "klang", "--secret-env", "HOOKSEAL_TEST_SECRET", "/nowhere"],
        &["verify", "--provider", "klang", "--secret-env", "HOOKSEAL_NOT_SET", "/nowhere"],
        &["verify", "--provider", "klang", "--secret", "x"],
        &["sign", "--secret-env", "HOOKSEAL_TEST_SECRET"],
        &["sign", "--provider", "discord", "--secret-env", "HOOKSEAL_TEST_SECRET", "--body", "{}"],
        &["send", "--provider", "sendgrid", "--secret-env", "HOOKSEAL_TEST_SECRET", "http://127.0.0.1:9/"],
        &["nothing"],
    ] {
        let output = run(args);
        assert_eq!(code(&output), 2, "{args:?}: {}", text(&output));
    }
}

#[test]
fn what_is_sent_is_received() {
    let mut listener = command(&[
        "listen",
        "--provider",
        "klang",
        "--secret-env",
        "HOOKSEAL_TEST_SECRET",
        "--address",
        "127.0.0.1:0",
        "--count",
        "2",
    ]);
    let mut listener = listener.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut errors = BufReader::new(listener.stderr.take().expect("a pipe"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("a line");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
    let sent = run(&["send", "--provider", "klang", "--secret-env", "HOOKSEAL_TEST_SECRET", &url]);
    assert_eq!(code(&sent), 0, "{}", text(&sent));
    let mut other = command(&["send", "--provider", "klang", "--secret-env", "OTHER", &url]);
    let refused = other.env("OTHER", format!("\"{SECRET}\"")).output().expect("it runs");
    assert_eq!(code(&refused), 1);
    assert!(!text(&refused).contains("secret"), "the sender is not told why");
    let output = listener.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("✓ verified") && told.contains("✓ Found, and proven") || told.contains("✗"), "{told}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn standard_input_is_a_capture_too() {
    let headers = signed("{}", "1770000000");
    let mut child =
        command(&["verify", "--provider", "klang", "--secret-env", "HOOKSEAL_TEST_SECRET", "--at", "1770000001"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
    let capture = format!("POST /hook HTTP/1.1\n{headers}\n{{}}");
    child.stdin.take().expect("a pipe").write_all(capture.as_bytes()).expect("it reads");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn an_error_sends_nothing_of_a_capture_to_the_terminal_but_text() {
    // The title of the window, a colour, the same as one character, and one that deletes.
    let capture = "POST /hook HTTP/1.1\r\n\u{1b}]0;a\u{7}\u{1b}[31m\u{9b}2J\u{7f}\r\n\r\n{}";
    let capture = file("escapes.http", capture);
    let capture = capture.to_str().expect("a path");
    for name in ["verify", "diagnose", "infer"] {
        let provider: &[&str] = if name == "infer" { &[] } else { &["--provider", "klang"] };
        let output = run(&[&[name, "--secret-env", "HOOKSEAL_TEST_SECRET"], provider, &[capture]].concat());
        let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
        assert_eq!(code(&output), 2, "{said:?}");
        assert!(said.ends_with("`·]0;a··[31m·2J·` is no header\n"), "{said:?}");
        assert!(output.stdout.is_empty() && !said.trim_end().contains(char::is_control), "{said:?}");
    }
}
