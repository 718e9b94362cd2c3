//! What the parser asks of texts, as `const fn`s: the standard library's are not, yet.

use super::Span;

/// Whether one prefix begins with the other.
pub(super) const fn overlap(text: &[u8], a: Span, b: Span) -> bool {
    let mut i = 0;
    while a.start + i < a.end && b.start + i < b.end {
        if text[(a.start + i) as usize] != text[(b.start + i) as usize] {
            return false;
        }
        i += 1;
    }
    true
}

pub(super) const fn same_name(a_text: &[u8], a: Span, b_text: &[u8], b: Span) -> bool {
    if a.end - a.start != b.end - b.start {
        return false;
    }
    let mut i = 0;
    while a.start + i < a.end {
        if !a_text[(a.start + i) as usize].eq_ignore_ascii_case(&b_text[(b.start + i) as usize]) {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a header name begins with `stem`.
pub(super) const fn begins(text: &[u8], name: Span, stem_text: &[u8], stem: Span) -> bool {
    let length = stem.end - stem.start;
    name.end - name.start >= length
        && same_name(text, Span { start: name.start, end: name.start + length }, stem_text, stem)
}

/// The first `byte` in `start..end`, or `end`.
pub(super) const fn find(text: &[u8], start: usize, end: usize, byte: u8) -> usize {
    let mut i = start;
    while i < end {
        if text[i] == byte {
            return i;
        }
        i += 1;
    }
    end
}

pub(super) const fn starts_with(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
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

pub(super) const fn is(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
    end - start == word.len() && starts_with(text, start, end, word)
}

pub(super) const fn ends_with(text: &[u8], span: Span, word: &[u8]) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    end - start >= word.len() && is(text, end - word.len(), end, word)
}

pub(super) const fn trim(text: &[u8], start: usize, end: usize) -> Span {
    let start = skip_blanks(text, start, end);
    let mut end = end;
    while end > start && is_blank(text[end - 1]) {
        end -= 1;
    }
    Span::new(start, end)
}

pub(super) const fn skip_blanks(text: &[u8], start: usize, end: usize) -> usize {
    let mut i = start;
    while i < end && is_blank(text[i]) {
        i += 1;
    }
    i
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

pub(super) const fn all_token(text: &[u8], name: Span) -> bool {
    let mut i = name.start as usize;
    while i < name.end as usize {
        if !is_token(text[i]) {
            return false;
        }
        i += 1;
    }
    true
}

/// A character of an HTTP header name (RFC 9110, `tchar`).
const fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'~')
        || byte.is_ascii_alphanumeric()
}
