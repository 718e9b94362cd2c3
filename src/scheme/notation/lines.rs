//! The header lines.

use crate::codec::Encoding;
use crate::text::{
    EMPTY, Fault, OF_HTTP, Span, all_token, attempt, begins, ends_with, find, is, is_of_http, overlap, same_name,
    skip_blanks, trim,
};
use crate::timestamp::TimeFormat;

use super::{HEADERS, Item, Line, MAX_LINES, MAX_NAMES, Notation, Repeat, Signature, Value, in_headers};

pub(super) const fn read_headers(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if !line.is_empty() {
            if notation.line_count == MAX_LINES {
                return in_headers(start, end, "has more than 8 lines");
            }
            notation.lines[notation.line_count] = attempt!(read_line(text, line));
            notation.line_count += 1;
        }
        start = end + 1;
    }
    Ok(())
}

const fn read_line(text: &[u8], line: Span) -> Result<Line, Fault> {
    let (start, end) = (line.start as usize, line.end as usize);
    let colon = find(text, start, end, b':');
    if colon == end {
        return in_headers(start, end, "is not a header line, `Name: value`");
    }
    let mut names = [EMPTY; MAX_NAMES];
    let mut name_count = 0;
    let mut numbered = false;
    let mut at = start;
    while at <= colon {
        let bar = find(text, at, colon, b'|');
        let mut name = trim(text, at, bar);
        if ends_with(text, name, b"{n}") {
            numbered = true;
            name.end -= 3;
        }
        if name.is_empty() || !all_token(text, name) {
            return in_headers(start, colon, "is not a header name");
        }
        if is_of_http(text, name) {
            return Err(Fault { field: HEADERS, piece: name, problem: OF_HTTP });
        }
        if name_count == MAX_NAMES {
            return in_headers(start, colon, "has more than 4 alternative names");
        }
        names[name_count] = name;
        name_count += 1;
        at = bar + 1;
    }
    let value = attempt!(read_value(text, trim(text, colon + 1, end)));
    if numbered {
        if name_count > 1 {
            return in_headers(start, colon, "numbers a header that has alternative names");
        }
        match value {
            Value::Signature(Signature { separator: None, .. }) => {}
            _ => return in_headers(start, end, "numbers a header that is not one whole signature"),
        }
    }
    Ok(Line { names, name_count, numbered, value })
}

/// Bytes before a placeholder: eight signatures then stay under what a verifier reads.
const MAX_PREFIX: usize = 256;

const NOT_A_PLACEHOLDER: &str = "is not a placeholder of a header; those are `{hex}` `{base64}` `{base64url}` `{id}` \
                                 `{timestamp}` `{timestamp:ms}` `{timestamp:ms-or-s}` `{timestamp:rfc3339}`";

/// The kinds of placeholder that a header value can hold.
#[derive(Clone, Copy)]
enum Holds {
    Mac(Encoding),
    Time(TimeFormat),
    Id,
}

const fn read_value(text: &[u8], value: Span) -> Result<Value, Fault> {
    let (start, end) = (value.start as usize, value.end as usize);
    if value.is_empty() {
        return in_headers(start, end, "is a header line without a value");
    }
    let mut i = start;
    while i < end {
        if text[i] < b' ' || text[i] > b'~' {
            return in_headers(start, end, "is not printable ASCII");
        }
        i += 1;
    }
    let open = find(text, start, end, b'{');
    if open == end {
        if find(text, start, end, b'}') < end {
            return in_headers(start, end, "has a `}` without its `{`");
        }
        return Ok(Value::Constant(value));
    }
    let first = attempt!(read_item(text, start, end));
    if first.after == end {
        return Ok(match first.holds {
            Holds::Id => Value::Id { prefix: first.item.prefix },
            Holds::Time(format) => Value::Timestamp { prefix: first.item.prefix, format },
            Holds::Mac(encoding) => Value::Signature(Signature {
                encoding,
                mac: first.item,
                time: None,
                time_first: false,
                separator: None,
                repeat: None,
                by_position: false,
            }),
        });
    }
    read_list(text, start, end, first)
}

#[derive(Clone, Copy)]
struct ReadItem {
    item: Item,
    holds: Holds,
    /// The first byte after the placeholder.
    after: usize,
}

/// `prefix{placeholder}`, from `start`.
const fn read_item(text: &[u8], start: usize, end: usize) -> Result<ReadItem, Fault> {
    let open = find(text, start, end, b'{');
    if open == end {
        return in_headers(start, end, "is an item without a placeholder");
    }
    if find(text, start, open, b'}') < open {
        return in_headers(start, open, "has a `}` without its `{`");
    }
    let close = find(text, open, end, b'}');
    if close == end {
        return in_headers(open, end, "has a `{` without its `}`");
    }
    let after = close + 1;
    let holds = if is(text, open, after, b"{hex}") {
        Holds::Mac(Encoding::Hex)
    } else if is(text, open, after, b"{base64}") {
        Holds::Mac(Encoding::Base64)
    } else if is(text, open, after, b"{base64url}") {
        Holds::Mac(Encoding::Base64Url)
    } else if let Some(format) = TimeFormat::named(text, open, after) {
        Holds::Time(format)
    } else if is(text, open, after, b"{id}") {
        Holds::Id
    } else {
        return in_headers(open, after, NOT_A_PLACEHOLDER);
    };
    if open - start > MAX_PREFIX {
        return in_headers(start, open, "is a prefix of more than 256 bytes");
    }
    let item = Item { literal: Span::new(start, open), prefix: Span::new(skip_blanks(text, start, open), open) };
    Ok(ReadItem { item, holds, after })
}

/// A list: what follows its first placeholder is the separator.
const fn read_list(text: &[u8], start: usize, end: usize, first: ReadItem) -> Result<Value, Fault> {
    // A timestamp, the first signature, and the form of the others.
    const MAX_ITEMS: usize = 3;

    let separator = text[first.after];
    if !matches!(separator, b',' | b';' | b' ') {
        return in_headers(first.after, end, "follows a placeholder, where only `,` `;` or a blank may");
    }
    let mut items = [first; MAX_ITEMS];
    let mut count = 1;
    let mut gap = None;
    let mut at = first.after;
    while at < end {
        if text[at] != separator {
            return in_headers(at, end, "does not begin with the separator of its list");
        }
        let begin = at + 1;
        let word = skip_blanks(text, begin, end);
        if is(text, word, end, b"...") {
            gap = Some(Span::new(begin, word));
            break;
        }
        if count == MAX_ITEMS {
            return in_headers(begin, end, "is more than a list can hold: a timestamp and a signature");
        }
        items[count] = attempt!(read_item(text, begin, end));
        count += 1;
        at = items[count - 1].after;
    }
    let mut i = 0;
    while i < count {
        let prefix = items[i].item.prefix;
        if find(text, prefix.start as usize, prefix.end as usize, separator) < prefix.end as usize {
            return in_headers(prefix.start as usize, prefix.end as usize, "has the separator in its prefix");
        }
        i += 1;
    }
    build_list(text, Span::new(start, end), separator, items, count, gap)
}

const fn build_list(
    text: &[u8],
    list: Span,
    separator: u8,
    items: [ReadItem; 3],
    count: usize,
    gap: Option<Span>,
) -> Result<Value, Fault> {
    let (start, end) = (list.start as usize, list.end as usize);
    let mut mac: Option<(Item, Encoding, usize)> = None;
    let mut time: Option<(Item, TimeFormat, usize)> = None;
    let mut further: Option<Item> = None;
    let mut i = 0;
    while i < count {
        match (items[i].holds, mac, time) {
            (Holds::Id, _, _) => {
                return in_headers(start, end, "has an `{id}` in a list: an id needs a line of its own");
            }
            (Holds::Time(format), _, None) => time = Some((items[i].item, format, i)),
            (Holds::Time(_), _, Some(_)) => return in_headers(start, end, "has two timestamps"),
            (Holds::Mac(encoding), None, _) => mac = Some((items[i].item, encoding, i)),
            // `v0={hex},{hex},...`: the prefix occurs once, before the whole list.
            (Holds::Mac(again), Some((one, encoding, place)), _) => {
                let same_shape = again as u8 == encoding as u8 && place + 1 == i && i + 1 == count;
                if !same_shape || gap.is_none() || one.prefix.is_empty() || !items[i].item.prefix.is_empty() {
                    return in_headers(start, end, "has two signatures that are not one list");
                }
                further = Some(items[i].item);
            }
        }
        i += 1;
    }
    let Some((mac, encoding, mac_place)) = mac else {
        return in_headers(start, end, "is a list without a signature");
    };
    let repeat = match (gap, further) {
        (None, _) => None,
        (Some(gap), Some(item)) => Some(Repeat { gap, prefix: item.prefix }),
        (Some(gap), None) if mac_place + 1 == count => Some(Repeat { gap, prefix: mac.prefix }),
        (Some(_), None) => return in_headers(start, end, "repeats an item that is not a signature"),
    };
    let by_position = mac.prefix.is_empty()
        || further.is_some()
        || match time {
            Some((item, _, _)) => item.prefix.is_empty(),
            None => false,
        };
    if let (false, Some((time, _, _))) = (by_position, time)
        && overlap(text, mac.prefix, time.prefix)
    {
        return in_headers(start, end, "has an item whose prefix begins with another's");
    }
    Ok(Value::Signature(Signature {
        encoding,
        mac,
        time: match time {
            Some((item, format, _)) => Some((item, format)),
            None => None,
        },
        time_first: match time {
            Some((_, _, place)) => place < mac_place,
            None => false,
        },
        separator: Some(separator),
        repeat,
        by_position,
    }))
}

/// The rules that the header lines obey together.
pub(super) const fn check_lines(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let mut signatures = 0;
    let mut timestamps = 0;
    let mut ids = 0;
    let mut shared = None;
    let mut crowded = false;
    let mut i = 0;
    while i < notation.line_count {
        let line = notation.lines[i];
        let name = line.names[0];
        let (start, end) = (name.start as usize, name.end as usize);
        match line.value {
            Value::Constant(_) => {}
            Value::Id { .. } => ids += 1,
            Value::Timestamp { .. } => timestamps += 1,
            Value::Signature(signature) => {
                signatures += 1;
                if signature.time.is_some() {
                    timestamps += 1;
                }
                if signature.time.is_some() || signature.repeat.is_some() || line.numbered {
                    crowded = true;
                }
                match shared {
                    Some(encoding) if encoding as u8 != signature.encoding as u8 => {
                        return in_headers(start, end, "encodes its signature unlike another line");
                    }
                    _ => shared = Some(signature.encoding),
                }
            }
        }
        if timestamps > 1 {
            return in_headers(start, end, "is a second place for the timestamp");
        }
        if ids > 1 {
            return in_headers(start, end, "is a second place for the id");
        }
        if signatures > 1 && crowded {
            return in_headers(start, end, "is one of several signature lines, which hold one plain signature each");
        }
        if line.name_count > 1 {
            if notation.families > 1 && notation.families != line.name_count {
                return in_headers(start, end, "has not as many alternative names as another line");
            }
            notation.families = line.name_count;
        }
        attempt!(check_names(text, notation, i));
        i += 1;
    }
    if signatures == 0 {
        return in_headers(0, 0, "has no line with `{hex}`, `{base64}` or `{base64url}`");
    }
    Ok(())
}

/// No two lines may read the same header.
const fn check_names(text: &[u8], notation: &Notation, last: usize) -> Result<(), Fault> {
    let new = &notation.lines[last];
    let mut i = 0;
    while i <= last {
        let old = &notation.lines[i];
        let mut a = 0;
        while a < new.name_count {
            let mut b = 0;
            while b < old.name_count {
                let (one, other) = (new.names[a], old.names[b]);
                let itself = i == last && a == b;
                let clash = same_name(text, one, text, other)
                    || new.numbered && begins(text, other, text, one)
                    || old.numbered && begins(text, one, text, other);
                if clash && !itself {
                    return in_headers(one.start as usize, one.end as usize, "is named twice");
                }
                b += 1;
            }
            a += 1;
        }
        i += 1;
    }
    Ok(())
}
