//! What a request shows without any MAC. Each sentence says no more than its fact.

use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::form;
use super::json::Json;
use super::key::Secrets;
use super::listed;
use super::moment::{Moment, Unit};
use super::sample::{self, Half};
use super::search::length_of;
use super::text::is_invisible;
use crate::algorithm::Algorithm;
use crate::scheme::Scheme;

/// Likely causes, the most important first. The secrets, with whether the scheme is known to be right; none for public keys.
pub(super) fn likely(
    request: &Captured,
    scheme: &Scheme,
    secrets: Option<(&Secrets, bool)>,
    json: Option<&Json>,
) -> Vec<Cause> {
    if let Some(cause) = missing(request, scheme) {
        return vec![cause];
    }
    let mut causes = Vec::new();
    causes.extend(body(request, json));
    if causes.is_empty() {
        causes.extend(signature(request, scheme));
    }
    // That a key is short may be how the provider makes them: it says less than what is wrong with the body.
    let is_alone = causes.is_empty();
    let kind = |(secrets, is_known): (&Secrets, bool)| kind(&secrets.text, (is_known && is_alone).then_some(scheme));
    causes.extend(secrets.and_then(kind));
    if causes.is_empty() {
        causes.extend(unit(request, scheme));
    }
    causes
}

/// A header that the scheme needs, and that is there under no name.
fn missing(request: &Captured, scheme: &Scheme) -> Option<Cause> {
    let is_needed = |line: &sample::Line<'_>| {
        let is_covered = |kind: &str, word: &str| line.slot(&[kind]).is_some() && scheme.covers().contains(word);
        line.half == Half::Header
            && (line.slot(&["hex", "base64", "base64url", "secret", "signed-headers"]).is_some()
                || is_covered("timestamp", "{timestamp}")
                || is_covered("id", "{id}"))
    };
    let lines = sample::lines(scheme);
    let absent: Vec<&str> = lines
        .iter()
        .filter(|line| is_needed(line) && line.values(request).iter().all(|(value, _)| value.is_empty()))
        .filter_map(|line| line.names.first().copied())
        .collect();
    let signatures: Vec<&str> = lines
        .iter()
        .filter(|line| line.half == Half::Header && line.slot(&["hex", "base64", "base64url"]).is_some())
        .filter_map(|line| line.names.first().copied())
        .collect();
    // Of several signature headers, one suffices.
    let counts = |name: &&str| !signatures.contains(name) || signatures.iter().all(|name| absent.contains(name));
    let names: Vec<String> = absent
        .iter()
        .copied()
        .filter(|name| counts(name))
        .map(|name| format!("`{}`", name.to_ascii_lowercase()))
        .collect();
    let listed = listed::absent(request, scheme);
    if names.is_empty() && !listed.is_empty() {
        let names: Vec<String> = listed.iter().map(|name| format!("`{name}`")).collect();
        let words = if names.len() > 1 { "are missing, which are" } else { "is missing, which is" };
        return Some(Cause::new(Code::HeaderMissing, format!("{} {words} signed", names.join(" and "))));
    }
    let verb = if names.len() > 1 { "are missing" } else { "is missing" };
    (!names.is_empty()).then(|| Cause::new(Code::HeaderMissing, format!("{} {verb}", names.join(" and "))))
}

/// A signature that is shorter than the scheme's.
fn signature(request: &Captured, scheme: &Scheme) -> Option<Cause> {
    let lines = sample::lines(scheme);
    let line = lines.iter().find(|line| line.slot(&["hex", "base64", "base64url"]).is_some())?;
    let slot = line.slot(&["hex", "base64", "base64url"])?;
    let length = scheme.algorithm().eq(&Algorithm::Hmac).then(|| length_of(scheme.digest()))?;
    let length = match slot.placeholder.split('}').next()? {
        "{hex" => 2 * length,
        "{base64" => length.div_ceil(3) * 4,
        _ => (length * 8).div_ceil(6),
    };
    let texts: Vec<String> =
        line.values(request).iter().filter_map(|(value, _)| slot.read(value)).filter(|text| !text.is_empty()).collect();
    let longest = texts.iter().map(String::len).max()?;
    let is_text = |text: &String| text.bytes().all(|c| c.is_ascii_alphanumeric() || b"+/-_=".contains(&c));
    (longest < length - 2 && texts.iter().all(is_text)).then(|| {
        let text = format!("The signature has {longest} characters, and those of this scheme have {length}");
        Cause::new(Code::HeaderValue, text)
    })
}

fn body(request: &Captured, json: Option<&Json>) -> Option<Cause> {
    let body = request.body();
    let length = request.content_length();
    if length == Some(body.len()) && !body.is_empty() {
        return encoded(request).filter(|_| body.starts_with(b"\x1f\x8b"));
    }
    let text = std::str::from_utf8(body).ok().map(str::trim);
    let differs = length.is_some_and(|length| length != body.len());
    if body.is_empty() && length != Some(0) {
        return Some(Cause::new(Code::BodyEmpty, "The body is empty"));
    }
    if let Some(word @ ("{}" | "undefined" | "null" | "None" | "nil" | "[]" | "\"\"" | "false")) = text {
        return Some(Cause::new(
            Code::BodyEmpty,
            format!("The body is `{word}`, as a parser leaves it that found nothing to read"),
        ));
    }
    if text.is_some_and(|text| {
        ["{&quot;", "[&quot;", "{&#34;", "[&#34;", "[{&quot;"].iter().any(|mark| text.starts_with(mark))
    }) {
        return Some(Cause::new(Code::BodyHtml, "The body is JSON whose quotation marks are escaped as in HTML"));
    }
    if let Some(text) = text.filter(|text| is_object(text)) {
        let shown = if text.starts_with("[object ") { "`[object Object]`" } else { "how a program prints an object" };
        return Some(Cause::new(Code::BodyObject, format!("The body is {shown}")));
    }
    if let Some(cause) = encoded(request) {
        return Some(cause);
    }
    let lossy = memchr::memmem::find(body, "\u{fffd}".as_bytes()).is_some();
    if lossy {
        return Some(Cause::new(
            Code::BodyCharset,
            "Characters of the body were replaced by U+FFFD when it was decoded",
        ));
    }
    let is_cut_inside = std::str::from_utf8(body).is_err_and(|error| error.error_len().is_none());
    if is_cut_inside && matches!(body.first(), Some(b'{' | b'[')) && length.is_none_or(|length| length > body.len()) {
        return Some(Cause::new(Code::BodyTruncated, "The body ends in the middle of a character"));
    }
    if text.is_none() && matches!(body.first(), Some(b'{' | b'[')) {
        return Some(Cause::new(Code::BodyCharset, "The body is JSON that is not in UTF-8"));
    }
    if differs && has_question_marks(body) {
        return Some(Cause::new(Code::BodyCharset, "Characters of the body were replaced by `?` when it was encoded"));
    }
    let begins = matches!(body.first(), Some(b'{' | b'['));
    if begins && json.is_none() && length.is_none_or(|length| length > body.len()) && !is_closed(body) {
        return Some(Cause::new(Code::BodyTruncated, "The body ends in the middle of its JSON"));
    }
    if json.is_some_and(Json::is_sorted) {
        let text = "All keys of the JSON are sorted, as some writers do, and `Content-Length` does not say that this is the body that was sent";
        return Some(Cause::new(Code::BodyJson, text));
    }
    if differs && let Some(number) = json.and_then(Json::rounded_number) {
        let text = format!(
            "`Content-Length` says that this is not the body that was sent, and the number {number} is written as a program \
             writes one that it has read as floating-point"
        );
        return Some(Cause::new(Code::BodyJson, text));
    }
    if differs && form::is_announced(request) && json.is_some() {
        let text = "The body is JSON, and `Content-Type` says that a form was sent";
        return Some(Cause::new(Code::BodyForm, text));
    }
    length.filter(|_| differs).map(|length| {
        let text = format!(
            "`Content-Length` says {length} bytes, and the body has {}: this is not the body that was sent",
            body.len()
        );
        Cause::new(Code::BodyChanged, text)
    })
}

/// Compressed, or decompressed on the way.
fn encoded(request: &Captured) -> Option<Cause> {
    if request.body().starts_with(b"\x1f\x8b") {
        return Some(Cause::new(Code::BodyCompressed, "The body is compressed (gzip)"));
    }
    let encoding = request.header("content-encoding").or_else(|| request.header("HTTP_CONTENT_ENCODING"))?;
    let is_compressed =
        ["gzip", "deflate", "br", "zstd"].iter().any(|name| encoding.to_ascii_lowercase().contains(name));
    let is_text = std::str::from_utf8(request.body()).is_ok_and(|text| !text.contains('\0'));
    let differs = request.has_its_length() != Some(true);
    (is_compressed && is_text && differs).then(|| {
        Cause::new(Code::BodyCompressed, "The body is plain text, and `Content-Encoding` says that it was compressed: it was decompressed on the way")
    })
}

/// How a program prints a parsed body.
fn is_object(text: &str) -> bool {
    let is_python =
        (text.starts_with("{'") || text.starts_with("[{'") || text.starts_with("b'") || text.starts_with("b\""))
            && (text.ends_with('}') || text.ends_with(']') || text.ends_with('\'') || text.ends_with('"'));
    let is_ruby = text.starts_with('{')
        && (text.contains("=>") || text.starts_with("{:"))
        && Json::read(text.as_bytes()).is_none();
    let is_go = text.starts_with("map[") && text.ends_with(']');
    let is_php =
        text.starts_with("Array") && text.trim_start_matches("Array").trim_start().starts_with('(') || text == "Array";
    let is_node =
        text.starts_with("{ ") && text.ends_with(" }") && !text.starts_with("{ \"") || text.starts_with("<Buffer ");
    let is_java = text.starts_with('{') && !text.contains('"') && text.contains('=') && text.ends_with('}');
    let is_class = (text.starts_with("<") && text.ends_with(">") && text.contains(" object at 0x"))
        || text.starts_with("System.")
        || text.starts_with("[object ");
    let is_stream = text.starts_with("ReadableStream")
        || text.starts_with("#<")
        || text.starts_with("org.")
        || text.starts_with("java.");
    // Java's arrays, PHP's serialize(), and values with their class: `Event(id=1)`, `id=1 data={'a': 1}`.
    let is_array = text.starts_with("[B@") || text.starts_with("[C@") || text.starts_with("[L");
    let is_serialised =
        (text.starts_with("a:") || text.starts_with("O:")) && text.contains(":{") && text.ends_with('}');
    let is_named = |mark: char| text.find(mark).is_some_and(|at| text.get(..at).is_some_and(is_word));
    let is_record = is_named('(') && text.ends_with(')') || is_named('[') && text.ends_with(']') && text.contains('=');
    let is_fields = is_named('=') && ["={'", "=None", "=True", "=False"].iter().any(|mark| text.contains(mark));
    if is_array || is_serialised || is_record || is_fields {
        return true;
    }
    let is_multi = text.starts_with("ImmutableMultiDict(") || text.starts_with("<QueryDict");
    is_python
        || is_ruby
        || is_go
        || is_php
        || is_node
        || is_java
        || is_class
        || is_stream
        || is_multi
        || text.starts_with("{\n") && is_unquoted(text)
}

/// A name of a programming language.
fn is_word(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.'))
        && text.bytes().next().is_some_and(|c| c.is_ascii_alphabetic())
}

/// `{ id: 'evt_1',` in several lines, as Node prints objects.
fn is_unquoted(text: &str) -> bool {
    let second = text.lines().nth(1).unwrap_or_default().trim();
    second
        .split_once(": ")
        .is_some_and(|(name, _)| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'\''))
}

fn is_closed(body: &[u8]) -> bool {
    let body = body.trim_ascii_end();
    let count = |byte: u8| body.iter().filter(|c| **c == byte).count();
    matches!(body.last(), Some(b'}' | b']')) && count(b'{') <= count(b'}')
}

/// Runs of question marks inside words of a body that is ASCII.
fn has_question_marks(body: &[u8]) -> bool {
    body.is_ascii()
        && (memchr::memmem::find(body, b"??").is_some()
            || body.windows(3).any(|w| matches!(w, [a, b'?', c] if a.is_ascii_alphabetic() && c.is_ascii_alphabetic())))
}

/// What the secret's text shows, with nothing of it but a public prefix.
fn kind(secret: &str, scheme: Option<&Scheme>) -> Option<Cause> {
    const KINDS: [(&str, &str); 26] = [
        ("sk_live_", "an API key"),
        ("sk_test_", "an API key"),
        ("rk_live_", "an API key"),
        ("rk_test_", "an API key"),
        ("pk_live_", "a publishable key"),
        ("pk_test_", "a publishable key"),
        ("we_", "the id of a webhook endpoint"),
        ("evt_", "the id of an event"),
        ("acct_", "the id of an account"),
        ("ep_", "the id of an endpoint"),
        ("app_", "the id of an app"),
        ("xoxb-", "a bot token"),
        ("xoxp-", "a user token"),
        ("xapp-", "an app token"),
        ("ghp_", "an access token"),
        ("gho_", "an access token"),
        ("ghs_", "an access token"),
        ("github_pat_", "an access token"),
        ("shpat_", "an access token"),
        ("shpca_", "an access token"),
        ("shppa_", "an access token"),
        ("rzp_live_", "a key id"),
        ("rzp_test_", "a key id"),
        ("eyJ", "a token (JWT)"),
        ("-----BEGIN", "a key file"),
        ("http", "a URL"),
    ];
    const PLACEHOLDERS: [&str; 16] = [
        "your",
        "changeme",
        "change_me",
        "change-me",
        "placeholder",
        "secret",
        "webhook_secret",
        "todo",
        "xxx",
        "example",
        "test",
        "undefined",
        "null",
        "none",
        "replace",
        "insert",
    ];
    let text = secret.trim_matches(|c: char| is_invisible(c) || matches!(c, '"' | '\''));
    let lower = text.to_lowercase();
    let is = |text: &str| Some(Cause::new(Code::SecretKind, format!("The configured secret {text}")));
    if text.is_empty() {
        return is("is empty");
    }
    if let Some((prefix, what)) = KINDS.iter().find(|(prefix, _)| text.starts_with(prefix)) {
        return is(&format!("begins with `{prefix}`: that is {what}, not a signing secret"));
    }
    if text.starts_with("${")
        || text.starts_with("{{")
        || text.starts_with("$(")
        || text.starts_with("process.env")
        || text.starts_with('<')
    {
        return is("is a placeholder that nothing has replaced");
    }
    let bare = lower.trim_start_matches("whsec_").trim_start_matches("whsec-");
    if bare.is_empty()
        || PLACEHOLDERS.iter().any(|word| {
            bare == *word
                || bare.starts_with(word)
                    && (bare.contains("your") || bare.contains("here") || bare.contains("replace") || bare.len() < 16)
        })
        || bare.len() >= 3 && bare.chars().all(|c| c == 'x' || c == '*' || c == '.' || c == '…')
    {
        return is("looks like a placeholder");
    }
    if text.contains("...") || text.contains('…') || text.contains("***") || text.contains("••") {
        return is("was copied where it is shown masked");
    }
    let scheme = scheme?;
    let key = crate::secret::decode(text, scheme.secret_form());
    match key {
        None => is(&format!("is not {} as this provider's are: another kind of text, or cut", scheme.secret_form())),
        Some(key) if key.len() < 16 => {
            is(&format!("has a key of {} bytes, shorter than any provider's: it may be cut", key.len()))
        }
        Some(_) if text.starts_with("whsec_") && text.len() < 6 + 32 => {
            is(&format!("has {} characters after `whsec_`, fewer than usual: it may be cut", text.len() - 6))
        }
        Some(_) => None,
    }
}

/// A time in another unit than the scheme's.
fn unit(request: &Captured, scheme: &Scheme) -> Option<Cause> {
    for line in sample::lines(scheme) {
        let Some(slot) = line.slot(&["timestamp"]) else { continue };
        let (value, _) = line.values(request).into_iter().next()?;
        let moment = Moment::read(&slot.read(&value)?)?;
        let words = match (slot.placeholder.split_inclusive('}').next()?, moment.unit) {
            ("{timestamp}", Unit::Milliseconds) => "looks like milliseconds, and the scheme expects seconds",
            ("{timestamp:ms}", Unit::Seconds) => "looks like seconds, and the scheme expects milliseconds",
            _ => continue,
        };
        return Some(Cause::new(Code::TimeUnit, format!("The timestamp {words}")));
    }
    None
}
