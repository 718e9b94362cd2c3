//! Forms and queries.

/// The pairs of a form, decoded. `None` for what is not correctly encoded.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(name)?, decoded(value)?))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let digits = std::str::from_utf8(after.get(..2)?).ok()?;
                rest = &after[2..];
                u8::from_str_radix(digits, 16).ok()?
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A text percent-encoded, but for letters, digits and what is kept.
pub(crate) fn encoded(text: &str, kept: &str) -> String {
    let encode = |c: char| match c {
        c if c.is_ascii_alphanumeric() || kept.contains(c) => c.to_string(),
        c => format!("%{:02X}", u32::from(c)),
    };
    text.chars().map(encode).collect()
}

pub(crate) fn written(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name, "-_."), encoded(value, "-_.")));
    pairs.collect::<Vec<_>>().join("&")
}

/// Queries whose sorted text is `text`, or is if it was not encoded again: every pair may hold the separators.
pub(crate) fn readings(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('&').collect();
    let mut readings = Vec::new();
    // Which separators are kept: all, none, or all but one.
    for joined in (0..=parts.len()).chain([usize::MAX]) {
        let mut merged: Vec<String> = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            match merged.last_mut() {
                Some(last) if place == joined || joined == usize::MAX => {
                    last.push('&');
                    last.push_str(part);
                }
                _ => merged.push((*part).to_owned()),
            }
        }
        for from_end in [false, true] {
            let split = |pair: &String| {
                let at = if from_end { pair.rfind('=') } else { pair.find('=') };
                at.map_or((pair.clone(), String::new()), |at| (pair[..at].to_owned(), pair[at + 1..].to_owned()))
            };
            let pairs: Vec<_> = merged.iter().map(split).collect();
            let twice: Vec<_> = pairs.iter().cloned().chain(pairs.first().cloned()).collect();
            readings.extend([written(&pairs), written(&twice)]);
        }
    }
    readings.push(text.to_owned());
    readings.dedup();
    readings
}
