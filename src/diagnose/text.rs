//! Text as mistakes leave it.

/// White space, and what nobody sees either.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{ad}')
}

/// Their names, each once.
pub(super) fn invisible_names(text: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    for c in text.chars() {
        let name = match c {
            '\n' => "a line feed (\\n)".to_owned(),
            '\r' => "a carriage return (\\r)".to_owned(),
            '\t' => "a tab".to_owned(),
            ' ' => "a blank".to_owned(),
            '\u{a0}' => "a non-breaking space".to_owned(),
            '\u{feff}' => "a byte order mark".to_owned(),
            '\u{200b}' => "a zero-width space".to_owned(),
            c if is_invisible(c) => format!("U+{:04X}", u32::from(c)),
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" and ")
}

/// A text whose characters were escaped for HTML.
pub(super) fn html_unescaped(text: &str) -> String {
    const NAMES: [(&str, &str); 12] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&#x2F;", "/"),
        ("&#x2f;", "/"),
        ("&#47;", "/"),
    ];
    let text = NAMES.iter().fold(text.to_owned(), |text, (name, c)| text.replace(name, c));
    text.replace("&#38;", "&").replace("&amp;", "&")
}

/// The characters of Windows-1252 from 0x80 to 0x9f; those that it does not have are control characters, as in Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Bytes that were read as Latin-1, or as Windows-1252, and written as UTF-8: the bytes again.
pub(super) fn reread(body: &[u8], windows: bool) -> Option<Vec<u8>> {
    let byte = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte) if !(windows && (0x80..0xa0).contains(&byte) && WINDOWS[usize::from(byte - 0x80)] != c) => Some(byte),
        _ if windows => WINDOWS.iter().position(|known| *known == c).and_then(|place| u8::try_from(place + 0x80).ok()),
        _ => None,
    };
    std::str::from_utf8(body).ok()?.chars().map(byte).collect()
}

/// Bytes of Latin-1 or Windows-1252, written as UTF-8.
pub(super) fn widened(body: &[u8], windows: bool) -> Vec<u8> {
    let wide = |byte: &u8| match byte {
        0x80..0xa0 if windows => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    };
    body.iter().map(wide).collect::<String>().into_bytes()
}
