//! The value of a line: one placeholder, or a list.

use crate::codec::Encoding;
use crate::text::{Fault, Span, attempt, find, is, overlap, skip_blanks};
use crate::timestamp::TimeFormat;

use super::{HashForm, Item, Repeat, Signature, Value, in_headers};

/// Bytes before a placeholder: eight signatures then stay under what a verifier reads.
const MAX_PREFIX: usize = 256;

/// Blanks between two signatures, which count like signatures.
const MAX_GAP: usize = 1;

const NOT_A_PLACEHOLDER: &str = "is not a placeholder of a header; those are `{hex}` `{base64}` `{base64url}` `{id}` \
                                 `{timestamp}` `{timestamp:ms}` `{timestamp:ms-or-s}` `{timestamp:rfc3339}`, and a few \
                                 that the documentation of `Scheme` lists";

/// The kinds of placeholder that a header value can hold.
#[derive(Clone, Copy)]
enum Holds {
    Mac(Encoding),
    Time(TimeFormat),
    Id,
    Secret { is_base64: bool },
    Hash(HashForm),
    SignedHeaders { separator: u8 },
    Key,
    Allowed,
    Token { is_detached: bool },
}

pub(super) const fn read_value(text: &[u8], value: Span) -> Result<Value, Fault> {
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
            Holds::Key => Value::Key { prefix: first.item.prefix },
            Holds::Allowed => Value::Allowed { prefix: first.item.prefix },
            Holds::Token { is_detached } => Value::Token { prefix: first.item.prefix, is_detached },
            Holds::Time(format) => Value::Timestamp { prefix: first.item.prefix, format },
            Holds::Secret { is_base64 } => Value::Secret { prefix: first.item.prefix, is_base64 },
            Holds::Hash(form) => Value::BodyHash { prefix: first.item.prefix, form },
            Holds::SignedHeaders { separator } => Value::SignedHeaders { prefix: first.item.prefix, separator },
            Holds::Mac(encoding) => Value::Signature(Signature {
                encoding,
                mac: first.item,
                time: None,
                time_first: false,
                signed_headers: None,
                separator: None,
                repeat: None,
                by_position: false,
            }),
        });
    }
    read_list(text, start, end, first)
}

/// Items of a list: a timestamp, the names of signed headers, the first signature, and the form of the others.
const MAX_ITEMS: usize = 4;

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
    } else if is(text, open, after, b"{key}") {
        Holds::Key
    } else if is(text, open, after, b"{allowed}") {
        Holds::Allowed
    } else if is(text, open, after, b"{jwt}") {
        Holds::Token { is_detached: false }
    } else if is(text, open, after, b"{jws}") {
        Holds::Token { is_detached: true }
    } else if is(text, open, after, b"{secret}") {
        Holds::Secret { is_base64: false }
    } else if is(text, open, after, b"{secret|base64}") {
        Holds::Secret { is_base64: true }
    } else if is(text, open, after, b"{signed-headers}") {
        Holds::SignedHeaders { separator: b' ' }
    } else if is(text, open, after, b"{signed-headers:,}") {
        Holds::SignedHeaders { separator: b',' }
    } else if let Some(form @ (HashForm::Hex | HashForm::Base64)) = HashForm::named(text, open, after) {
        Holds::Hash(form)
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
            if word - begin > MAX_GAP {
                return in_headers(begin, word, "is more than one blank");
            }
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
    items: [ReadItem; MAX_ITEMS],
    count: usize,
    gap: Option<Span>,
) -> Result<Value, Fault> {
    let (start, end) = (list.start as usize, list.end as usize);
    let mut mac: Option<(Item, Encoding, usize)> = None;
    let mut time: Option<(Item, TimeFormat, usize)> = None;
    let mut further: Option<Item> = None;
    let mut signed_headers: Option<(Item, u8)> = None;
    let mut i = 0;
    while i < count {
        match (items[i].holds, mac, time) {
            (Holds::SignedHeaders { separator: inner }, None, _)
                if i == 1 && inner != separator && !items[i].item.prefix.is_empty() =>
            {
                signed_headers = Some((items[i].item, inner));
            }
            (Holds::SignedHeaders { .. }, _, _) => {
                return in_headers(start, end, "has `{signed-headers}` in another place than before its signature");
            }
            (Holds::Secret { .. } | Holds::Hash(_) | Holds::Key | Holds::Allowed | Holds::Token { .. }, _, _) => {
                return in_headers(start, end, "has a placeholder in a list that needs a line of its own");
            }
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
        && overlap(text, mac.prefix, text, time.prefix)
    {
        return in_headers(start, end, OVERLAP);
    }
    if let Some((item, _)) = signed_headers {
        let overlaps_time = match time {
            Some((time, _, _)) => overlap(text, item.prefix, text, time.prefix),
            None => false,
        };
        if by_position || overlaps_time || overlap(text, item.prefix, text, mac.prefix) {
            return in_headers(start, end, OVERLAP);
        }
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
        signed_headers,
        separator: Some(separator),
        repeat,
        by_position,
    }))
}

const OVERLAP: &str = "has an item whose prefix begins with another's";
