//! A scheme as a user writes it.

use crate::mac::Digest;
use crate::scheme::Scheme;
use crate::secret::SecretForm;

/// As a constant in Rust.
pub(super) fn constant(scheme: &Scheme) -> String {
    let head = match scheme.body() {
        "" => scheme.headers().to_owned(),
        body => format!("{}\n\n{body}", scheme.headers()),
    };
    let mut text = format!("const SCHEME: Scheme = Scheme::new({head:?}, {:?})", scheme.covers());
    match scheme.digest() {
        Digest::Sha256 => {}
        digest => text += &format!("\n    .with_digest(Digest::{digest:?})"),
    }
    match scheme.secret_form() {
        SecretForm::Text => {}
        form => text += &format!("\n    .with_secret_form(SecretForm::{form:?})"),
    }
    match scheme.past() {
        Some(300) => {}
        Some(seconds) => text += &format!("\n    .with_past({seconds})"),
        None => text += "\n    .with_any_past()",
    }
    match scheme.future() {
        Some(300) => {}
        Some(seconds) => text += &format!("\n    .with_future({seconds})"),
        None => text += "\n    .with_any_future()",
    }
    text + ";"
}

/// As in a file.
pub(super) fn toml(scheme: &Scheme) -> String {
    let list = |lines: &str| {
        let lines: Vec<String> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(quoted).collect();
        format!("[{}]", lines.join(", "))
    };
    let mut text = format!("headers = {}\n", list(scheme.headers()));
    if !scheme.body().is_empty() {
        text += &format!("body = {}\n", list(scheme.body()));
    }
    text += &format!("covers = {}\n", quoted(scheme.covers()));
    text += &format!("digest = \"{}\"\n", scheme.digest());
    text += &format!("secret_form = \"{}\"\n", scheme.secret_form());
    let limit = |limit: Option<u32>| limit.map_or("\"any\"".to_owned(), |seconds| seconds.to_string());
    text + &format!("past = {}\nfuture = {}\n", limit(scheme.past()), limit(scheme.future()))
}

/// A basic string of TOML, which JSON's strings are too.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
