//! Functions for the parsers of templates. They are `const`, so that one parser serves constants, run time and files.

use crate::error::ConfigError;

/// The most bytes of a template. Positions are `u16`.
pub(crate) const MAX_TEXT: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u16,
    pub(crate) end: u16,
}

impl Span {
    /// The text of the span. `text` must be the one for which the span was made.
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(crate) const fn bounds(self) -> (usize, usize) {
        (self.start as usize, self.end as usize)
    }

    pub(crate) const fn new(start: usize, end: usize) -> Span {
        Span { start: start as u16, end: end as u16 }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

pub(crate) const EMPTY: Span = Span { start: 0, end: 0 };

/// What is wrong in a template, and where.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) field: &'static str,
    pub(crate) piece: Span,
    pub(crate) problem: &'static str,
}

/// Passes a fault on; `?` is not available in a `const fn`.
macro_rules! attempt {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(fault) => return Err(fault),
        }
    };
}
pub(crate) use attempt;

impl Fault {
    /// The error for a template that is read at run time.
    pub(crate) fn describe(&self, text: &str) -> ConfigError {
        ConfigError::Invalid { field: self.field, piece: self.piece.of(text).to_owned(), problem: self.problem }
    }

    /// Stops the compiler with the text that [`ConfigError`] would have.
    #[expect(clippy::panic, reason = "documented on the `new` functions: in a constant, this is the compile error")]
    pub(crate) const fn fail(&self, text: &str) -> ! {
        const fn put(message: &mut [u8; 512], mut at: usize, text: &[u8], start: usize, end: usize) -> usize {
            let mut i = start;
            while i < end && at < message.len() {
                // The message may end inside a character; replacing non-ASCII bytes keeps it valid UTF-8.
                message[at] = if text[i].is_ascii() { text[i] } else { b'?' };
                at += 1;
                i += 1;
            }
            at
        }
        let (start, end) = self.piece.bounds();
        let mut message = [b' '; 512];
        let mut at = put(&mut message, 0, self.field.as_bytes(), 0, self.field.len());
        at = put(&mut message, at, b": ", 0, 2);
        if start < end {
            at = put(&mut message, at, b"`", 0, 1);
            at = put(&mut message, at, text.as_bytes(), start, end);
            at = put(&mut message, at, b"` ", 0, 2);
        }
        at = put(&mut message, at, self.problem.as_bytes(), 0, self.problem.len());
        match std::str::from_utf8(message.split_at(at).0) {
            Ok(message) => panic!("{}", message),
            // Unreachable, because the message is ASCII.
            Err(_) => panic!("the template breaks a rule of its notation"),
        }
    }
}

/// Whether one of two spans begins with the other.
pub(crate) const fn overlap(a_text: &[u8], a: Span, b_text: &[u8], b: Span) -> bool {
    let mut i = 0;
    while a.start + i < a.end && b.start + i < b.end {
        if a_text[(a.start + i) as usize] != b_text[(b.start + i) as usize] {
            return false;
        }
        i += 1;
    }
    true
}

pub(crate) const fn same_name(a_text: &[u8], a: Span, b_text: &[u8], b: Span) -> bool {
    if a.end - a.start != b.end - b.start {
        return false;
    }
    let mut i = 0;
    while a.start + i < a.end {
        let (one, other) = (a_text[(a.start + i) as usize], b_text[(b.start + i) as usize]);
        // The two cases of a letter differ in one bit.
        if one != other && (one ^ other != 0x20 || !one.is_ascii_alphabetic()) {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether spans of two texts hold the same bytes.
pub(crate) const fn same_bytes(a_text: &[u8], a: Span, b_text: &[u8], b: Span) -> bool {
    a.end - a.start == b.end - b.start && overlap(a_text, a, b_text, b)
}

pub(crate) const fn same_text(text: &[u8], a: Span, b: Span) -> bool {
    same_bytes(text, a, text, b)
}

/// Whether a header name begins with `stem`.
pub(crate) const fn begins(text: &[u8], name: Span, stem_text: &[u8], stem: Span) -> bool {
    let front = name.start + (stem.end - stem.start);
    front <= name.end && same_name(text, Span { start: name.start, end: front }, stem_text, stem)
}

/// The first `byte` in `start..end`, or `end`.
pub(crate) const fn find(text: &[u8], start: usize, end: usize, byte: u8) -> usize {
    let mut i = start;
    while i < end {
        if text[i] == byte {
            return i;
        }
        i += 1;
    }
    end
}

pub(crate) const fn starts_with(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
    if end - start < word.len() {
        return false;
    }
    let mut i = 0;
    while i < word.len() {
        if text[start + i] != word[i] {
            return false;
        }
        i += 1;
    }
    true
}

pub(crate) const fn is(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
    end - start == word.len() && starts_with(text, start, end, word)
}

pub(crate) const fn ends_with(text: &[u8], span: Span, word: &[u8]) -> bool {
    let (start, end) = span.bounds();
    let at = end.saturating_sub(word.len());
    at >= start && is(text, at, end, word)
}

pub(crate) const fn trim(text: &[u8], start: usize, end: usize) -> Span {
    let start = skip_blanks(text, start, end);
    let mut end = end;
    while end > start && is_blank(text[end - 1]) {
        end -= 1;
    }
    Span::new(start, end)
}

pub(crate) const fn skip_blanks(text: &[u8], start: usize, end: usize) -> usize {
    let mut i = start;
    while i < end && is_blank(text[i]) {
        i += 1;
    }
    i
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// A line, or several, without the white space that means nothing in a notation. Any other is a part of the text.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// The same for the beginning of a text.
pub(crate) const fn skip_space(text: &[u8], start: usize) -> usize {
    let mut i = start;
    while i < text.len() && (is_blank(text[i]) || text[i] == b'\n') {
        i += 1;
    }
    i
}

pub(crate) const fn all_token(text: &[u8], name: Span) -> bool {
    let mut i = name.start as usize;
    while i < name.end as usize {
        if !is_token(text[i]) {
            return false;
        }
        i += 1;
    }
    true
}

/// A character of an HTTP header name (RFC 9110, `tchar`), except `|`, which separates names in a notation.
const fn is_token(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9')
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'~'
        )
}

pub(crate) const OF_HTTP: &str = "is set by HTTP clients and proxies, so it cannot be a header line";

/// Whether a header routes a message, delimits it or concerns one connection (RFC 9110, sections 7.2, 7.6.1, 8.6 and
/// 10.1.1): a template that wrote it could send a signed request to another host, or cut its body.
pub(crate) const fn is_of_http(text: &[u8], name: Span) -> bool {
    static NAMES: [&[u8]; 10] = [
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"te",
        b"trailer",
        b"upgrade",
        b"keep-alive",
        b"expect",
        b"http2-settings",
    ];
    const PROXY: &[u8] = b"proxy-";
    let mut i = 0;
    while i < NAMES.len() {
        if same_name(text, name, NAMES[i], Span::new(0, NAMES[i].len())) {
            return true;
        }
        i += 1;
    }
    begins(text, name, PROXY, Span::new(0, PROXY.len()))
}
