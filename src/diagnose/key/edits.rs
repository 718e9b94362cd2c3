//! The mistakes that a configured text may contain, each undone.

use zeroize::Zeroizing;

use crate::codec;
use crate::mac::sha256;
use crate::request::percent_decoded;

use super::MIN_KEY;
use crate::diagnose::cause::Cause;
use crate::diagnose::code::Code;
use crate::diagnose::json::Json;
use crate::diagnose::text::{html_unescaped, invisible_names, is_invisible, printed};

/// What providers put before a secret. Only these are ever shown.
const PREFIXES: [&str; 15] = [
    "v1,whsec_",
    "whsec_",
    "polar_whs_",
    "pdl_ntfset_",
    "whpk_",
    "whsk_",
    "secret_",
    "wsec_",
    "sec_",
    "whs_",
    "svix_",
    "v1,",
    "v1:",
    "0x",
    "Bearer ",
];

/// Those that a copy may lack.
const ADDED: [&str; 6] = ["whsec_", "polar_whs_", "secret_", "wsec_", "sec_", "v1,whsec_"];

/// A text that the secret may have been, and what would then be wrong with the configured one.
pub(super) struct Variant {
    pub(super) text: Zeroizing<String>,
    pub(super) causes: Vec<Cause>,
}

pub(super) fn without_prefix(text: &str) -> &str {
    PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text)
}

/// The texts that one mistake could have turned into this one.
pub(super) fn edits(from: &Variant) -> Vec<Variant> {
    let text = from.text.as_str();
    let mut found = Vec::new();
    let trimmed = text.trim_matches(is_invisible);
    let untrimmed = (trimmed.len() < text.len()).then(|| {
        let front = text.find(trimmed).unwrap_or(0);
        let (before, after) = (text.get(..front).unwrap_or(""), text.get(front + trimmed.len()..).unwrap_or(""));
        let told = match (before, after) {
            ("", after) => format!("The configured secret ends in {}", invisible_names(after)),
            (before, "") => format!("The configured secret begins with {}", invisible_names(before)),
            _ => "The configured secret has white space around it".to_owned(),
        };
        Cause::new(Code::SecretWhitespace, told)
    });
    let mut push = |code: Code, new: Zeroizing<String>, told: String, others: &[Cause]| {
        let known = from.causes.iter().any(|cause| cause.code() == code);
        if !new.is_empty() && *new != *from.text && !known {
            let mut causes = from.causes.clone();
            causes.push(Cause::new(code, told));
            for cause in others {
                if !causes.iter().any(|known| known.code() == cause.code()) {
                    causes.push(cause.clone());
                }
            }
            found.push(Variant { text: new, causes });
        }
    };
    let own = |text: &str| Zeroizing::new(text.to_owned());
    if let Some(cause) = &untrimmed {
        push(Code::SecretWhitespace, own(trimmed), cause.text().to_owned(), &[]);
    }
    let words = text.trim_start_matches(['\u{feff}', 'ÿ', 'þ', '\u{fffd}']);
    if words.contains('\0') && words.chars().enumerate().all(|(place, c)| (c == '\0') == (place % 2 == 1)) {
        let told = "The configured secret is in UTF-16, and was read byte by byte";
        push(Code::SecretForm, Zeroizing::new(words.replace('\0', "")), told.to_owned(), &[]);
        return found;
    }
    if let Some(json @ (Json::Object(_) | Json::Array(_))) = Json::read(trimmed.as_bytes()) {
        for value in texts_inside(&json, 3) {
            let told = "The configured secret is a JSON document, and one of its values is the secret";
            push(Code::SecretEnvelope, value, told.into(), &[]);
        }
    }
    // What is undone in the trimmed text comes after its white space.
    let around: Vec<Cause> = untrimmed.into_iter().collect();
    let mut add = |code: Code, new: Zeroizing<String>, told: String| push(code, new, told, &around);

    if trimmed.contains(is_invisible) {
        let joined = Zeroizing::new(trimmed.replace(is_invisible, ""));
        let inside: String = trimmed.chars().filter(|c| is_invisible(*c)).collect();
        add(Code::SecretWhitespace, joined, format!("The configured secret has {} inside", invisible_names(&inside)));
    }
    for mark in ["\\r\\n", "\\n", "\\r", "\\t", "%0A", "%0a", "%0D%0A"] {
        if let Some(rest) = text.strip_suffix(mark) {
            add(Code::SecretWhitespace, own(rest), format!("The configured secret ends in `{mark}`, written out"));
            break;
        }
    }

    const QUOTES: [(char, char); 7] = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('\u{201c}', '\u{201d}'),
        ('\u{2018}', '\u{2019}'),
        ('<', '>'),
        ('«', '»'),
    ];
    for (open, close) in QUOTES {
        let (front, back) = (trimmed.strip_prefix(open), trimmed.strip_suffix(close));
        let both = front.and_then(|rest| rest.strip_suffix(close));
        if let Some(rest) = both {
            add(Code::SecretQuotes, own(rest), format!("The configured secret is in {open}{close}"));
        } else if let Some(rest) = front.or(back) {
            add(
                Code::SecretQuotes,
                own(rest),
                "A quotation mark is left over at one end of the configured secret".into(),
            );
        }
    }
    if let Some(Json::Text(value)) = Json::read(trimmed.as_bytes()) {
        add(Code::SecretQuotes, Zeroizing::new(value), "The configured secret is a JSON string".into());
    } else if Json::read(trimmed.as_bytes()).is_none()
        && let Some(value) = printed(trimmed)
    {
        let told = "The configured secret is written as a program prints a list or bytes";
        add(Code::SecretQuotes, Zeroizing::new(value), told.into());
    }
    for quote in ["\\\"", "\\'", "\"\"", "\"'"] {
        let end: String = quote.chars().rev().collect();
        let back = if quote.starts_with('\\') { quote } else { end.as_str() };
        if let Some(rest) = trimmed.strip_prefix(quote).and_then(|rest| rest.strip_suffix(back)) {
            add(Code::SecretQuotes, own(rest), "The configured secret is quoted twice".into());
        }
    }
    if let Some(rest) = trimmed.strip_suffix([',', ';']) {
        add(
            Code::SecretQuotes,
            own(rest.trim_matches(['"', '\''])),
            "The configured secret ends in a separator".into(),
        );
    }
    let assigned = trimmed.strip_prefix("export ").or_else(|| trimmed.strip_prefix("set ")).unwrap_or(trimmed);
    for separator in ["=", ": ", ":"] {
        if let Some((name, value)) = assigned.split_once(separator)
            && !name.is_empty()
            && name.len() <= 64
            && name.trim().bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'))
            && !value.trim_matches(['=', ' ']).is_empty()
        {
            let value = value.trim().trim_matches(['"', '\'']);
            add(Code::SecretQuotes, own(value), "The configured secret begins with its name".into());
            break;
        }
    }

    for prefix in PREFIXES {
        if let Some(rest) = text.strip_prefix(prefix) {
            let told = format!("The key is the secret without `{}`", prefix.trim());
            add(Code::SecretPrefix, own(rest), told);
        }
    }
    for prefix in ADDED {
        if !text.starts_with(prefix) {
            let told = format!("The configured secret lacks its `{prefix}`");
            add(Code::SecretPrefix, Zeroizing::new([prefix, text].concat()), told);
        }
    }
    for prefix in PREFIXES {
        // Cut at an underscore inside the prefix.
        for (place, _) in prefix.match_indices('_').filter(|(place, _)| place + 1 < prefix.len()) {
            let (front, back) = (prefix.get(..=place).unwrap_or_default(), prefix.get(place + 1..).unwrap_or_default());
            if text.starts_with(back) {
                let told = format!("The configured secret lacks the front of its `{prefix}`");
                add(Code::SecretPrefix, Zeroizing::new([front, text].concat()), told);
            }
        }
    }
    if let Some(rest) = text.strip_prefix("v1,") {
        add(Code::SecretPrefix, own(rest), "The configured secret begins with `v1,`".into());
    }

    let upper = Zeroizing::new(text.to_uppercase());
    let lower = Zeroizing::new(text.to_lowercase());
    add(Code::SecretCase, upper, "The secret's letters are in upper case at the sender".into());
    add(Code::SecretCase, lower, "The secret's letters are in lower case at the sender".into());

    encodings(text, &mut push, &around);
    found
}

/// The most values of a JSON document that are tried.
const MAX_VALUES: usize = 64;

/// Every text in a JSON document, also in those that are texts in it.
fn texts_inside(json: &Json, depth: usize) -> Vec<Zeroizing<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![json];
    while let Some(value) = waiting.pop() {
        match value {
            Json::Object(members) => waiting.extend(members.iter().map(|member| &member.value)),
            Json::Array(items) => waiting.extend(items),
            Json::Text(text) => {
                found.push(Zeroizing::new(text.clone()));
                if let Some(inner @ (Json::Object(_) | Json::Array(_))) =
                    Json::read(text.as_bytes()).filter(|_| depth > 0)
                {
                    found.extend(texts_inside(&inner, depth - 1));
                }
            }
            _ => {}
        }
        if found.len() > MAX_VALUES {
            break;
        }
    }
    found
}

/// The texts of which this could be an encoded or decoded form.
fn encodings(text: &str, push: &mut impl FnMut(Code, Zeroizing<String>, String, &[Cause]), around: &[Cause]) {
    let trimmed = text.trim_matches(is_invisible);
    let bare = without_prefix(trimmed);
    for part in [trimmed, bare] {
        let Some(bytes) = base64(part) else { continue };
        let mut hex = Zeroizing::new(String::with_capacity(2 * bytes.len()));
        codec::write_hex(&bytes, &mut hex);
        let told = "The configured secret is the base64 of the bytes whose hex digits are the secret";
        push(Code::SecretForm, hex, told.to_owned(), around);
        let Ok(decoded) = std::str::from_utf8(&bytes) else { continue };
        let told = "The configured secret is still in base64";
        push(Code::SecretForm, Zeroizing::new(decoded.to_owned()), told.to_owned(), around);
        let bare = decoded.trim_matches(is_invisible);
        if bare.len() < decoded.len() {
            // `echo secret | base64` is one mistake, not two.
            let told = told.to_owned() + ", which was made with white space around it";
            push(Code::SecretForm, Zeroizing::new(bare.to_owned()), told, around);
        }
        if let Some(twice) = base64(bare)
            && let Ok(twice) = std::str::from_utf8(&twice)
        {
            let twice = Zeroizing::new(twice.trim_matches(is_invisible).to_owned());
            push(Code::SecretForm, twice, told.to_owned() + ", twice", around);
        }
    }
    let mut form = |new: Zeroizing<String>, told: &str| push(Code::SecretForm, new, told.to_owned(), around);
    if bare.contains(['-', '_']) {
        let prefix = trimmed.get(..trimmed.len() - bare.len()).unwrap_or_default();
        let standard = Zeroizing::new(prefix.to_owned() + &bare.replace('-', "+").replace('_', "/"));
        form(standard, "The configured secret is in the base64 alphabet of URLs");
    }
    if let Some(decoded) = hex_bytes(bare) {
        if let Ok(text) = std::str::from_utf8(&decoded) {
            form(Zeroizing::new(text.to_owned()), "The configured secret is still in hex");
        }
        let mut encoded = Zeroizing::new(String::with_capacity(2 * decoded.len()));
        codec::write_base64(&decoded, &mut encoded);
        form(encoded, "The configured secret is the hex of the bytes whose base64 is the secret");
    }
    if trimmed.contains('%')
        && let Some(decoded) = percent_decoded(trimmed.replace('+', "%2B").as_bytes())
    {
        form(Zeroizing::new(decoded), "The configured secret is percent-encoded");
    }
    if trimmed.contains('+') {
        form(Zeroizing::new(trimmed.replace('+', " ")), "The configured secret has `+` for a blank");
    }
    if trimmed.contains(' ') {
        form(Zeroizing::new(trimmed.replace(' ', "+")), "The configured secret has blanks for `+`");
    }
    if trimmed.contains('&') {
        form(Zeroizing::new(html_unescaped(trimmed)), "The configured secret is escaped as HTML");
    }
    if trimmed.contains('\\') {
        if let Some(Json::Text(decoded)) = Json::read(format!("\"{trimmed}\"").as_bytes()) {
            form(Zeroizing::new(decoded), "The configured secret has backslashes of JSON");
        }
        form(Zeroizing::new(trimmed.replace('\\', "")), "The configured secret has backslashes of a shell");
    }
    let mut form = |new: Zeroizing<String>, told: &str| push(Code::SecretForm, new, told.to_owned(), &[]);
    let mut encoded = Zeroizing::new(String::with_capacity(2 * text.len()));
    codec::write_base64(text.as_bytes(), &mut encoded);
    let url_safe = Zeroizing::new(encoded.replace('+', "-").replace('/', "_"));
    for other in [encoded.trim_end_matches('='), url_safe.as_str(), url_safe.trim_end_matches('=')] {
        form(Zeroizing::new(other.to_owned()), "The sender's key is the base64 of the secret, unpadded or for URLs");
    }
    form(encoded, "The sender's key is the base64 of the secret");
    let mut encoded = Zeroizing::new(String::with_capacity(2 * text.len()));
    codec::write_hex(text.as_bytes(), &mut encoded);
    form(encoded, "The sender's key is the hex of the secret");
    let mut hash = Zeroizing::new(String::with_capacity(64));
    codec::write_hex(&sha256([text.as_bytes()]), &mut hash);
    form(hash, "The sender's key is the SHA-256 hash of the secret, in hex");
}

fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(Vec::new());
    let standard = Zeroizing::new(text.replace('-', "+").replace('_', "/"));
    (text.len() >= MIN_KEY && codec::read_base64_key(standard.as_bytes(), &mut key)).then_some(key)
}

fn hex_bytes(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(Vec::new());
    (text.len() >= 2 * MIN_KEY && codec::read_hex_key(text.as_bytes(), &mut key)).then_some(key)
}
