//! The lines of the sample request.

use crate::codec::Encoding;
use crate::place::{Half, Place, Step, Steps};
use crate::text::{
    EMPTY, Fault, OF_HTTP, Span, all_token, attempt, begins, ends_with, find, is, is_of_http, overlap, same_name,
    same_text, skip_blanks, starts_with, trim,
};
use crate::timestamp::TimeFormat;

use super::{
    BODY, HEADERS, HashForm, Item, Line, MAX_LINES, MAX_NAMES, Notation, Piece, Repeat, Signature, Value, in_headers,
};

pub(super) const fn read_headers(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let (mut start, mut is_body) = (0, false);
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if line.is_empty() {
            // A text that begins with an empty line has no head.
            if !is_body && end < text.len() && (notation.line_count > 0 || !notation.methods.is_empty() || start > 0) {
                is_body = true;
                notation.body_start = end + 1;
            }
        } else if is(text, line.start as usize, line.end as usize, b"{empty}") && is_body {
            notation.is_bodiless = true;
        } else if is(text, line.start as usize, line.end as usize, b"{jwt}") && is_body {
            if notation.line_count == MAX_LINES {
                return in_headers(start, end, "has more than 8 lines");
            }
            let value =
                Value::Token { prefix: Span::new(line.start as usize, line.start as usize), is_detached: false };
            notation.lines[notation.line_count] = of_place(Place::whole(Half::Body), value);
            notation.line_count += 1;
        } else if begins_method(text, line) && !is_body {
            if !notation.methods.is_empty() {
                return in_headers(start, end, "is a second line for the method");
            }
            notation.methods = attempt!(read_methods(text, line));
        } else {
            if notation.line_count == MAX_LINES {
                return in_headers(start, end, "has more than 8 lines");
            }
            notation.lines[notation.line_count] =
                attempt!(if is_body { read_body_line(text, line, &mut notation.steps) } else { read_line(text, line) });
            notation.line_count += 1;
        }
        start = end + 1;
    }
    Ok(())
}

const fn begins_method(text: &[u8], line: Span) -> bool {
    starts_with(text, line.start as usize, line.end as usize, b":method:")
}

/// `:method: GET | POST`
const fn read_methods(text: &[u8], line: Span) -> Result<Span, Fault> {
    let (start, end) = line.bounds();
    let methods = trim(text, start + 8, end);
    let (mut at, last) = methods.bounds();
    while at <= last {
        let bar = find(text, at, last, b'|');
        let (mut i, word_end) = trim(text, at, bar).bounds();
        if i == word_end {
            return in_headers(start, end, "is not a list of methods, `GET | POST`");
        }
        while i < word_end {
            if !text[i].is_ascii_uppercase() {
                return in_headers(start, end, "is not a list of methods, `GET | POST`");
            }
            i += 1;
        }
        at = bar + 1;
    }
    Ok(methods)
}

/// A line without alternative names.
const fn of_place(place: Place, value: Value) -> Line {
    Line { place, names: [place.name; MAX_NAMES], name_count: 1, numbered: false, value }
}

const fn read_body_line(text: &[u8], line: Span, steps: &mut Steps) -> Result<Line, Fault> {
    let (start, end) = line.bounds();
    let colon = find(text, start, end, b':');
    if colon == end {
        return Err(Fault { field: BODY, piece: line, problem: "is not a line, `path: value`" });
    }
    let place = attempt!(Place::body(text, trim(text, start, colon), BODY, steps));
    if place.is_optional {
        return Err(Fault { field: BODY, piece: place.name, problem: "may be missing, which a scheme cannot allow" });
    }
    attempt!(check_path(&place, steps, BODY));
    let value = attempt!(read_place_value(text, trim(text, colon + 1, end)));
    if matches!(value, Value::BodyHash { .. }) {
        return Err(Fault { field: BODY, piece: place.name, problem: "is in the body and contains a hash of it" });
    }
    Ok(of_place(place, value))
}

/// What a scheme can follow: field names, one `[]`, and the JSON in a form's field.
pub(super) const fn check_path(place: &Place, steps: &Steps, field: &'static str) -> Result<(), Fault> {
    let (mut i, mut arrays) = (0, 0);
    while let Some(step) = steps.get(place, i) {
        match step {
            Step::Field(_) => {}
            Step::Each if arrays == 0 && !matches!(place.half, Half::Form) => arrays += 1,
            Step::Json if i == 1 || !matches!(place.half, Half::Form) => {}
            _ => return Err(Fault { field, piece: place.name, problem: "is not a path that a scheme can follow" }),
        }
        i += 1;
    }
    let is_deep_form = matches!(place.half, Half::Form) && i > 1;
    if i == 0 || is_deep_form && !matches!(steps.get(place, 1), Some(Step::Json)) {
        return Err(Fault { field, piece: place.name, problem: "is not a path that a scheme can follow" });
    }
    Ok(())
}

/// The value of a place that is no header: a single one.
const fn read_place_value(text: &[u8], value: Span) -> Result<Value, Fault> {
    let read = attempt!(read_value(text, value));
    match read {
        Value::Signature(Signature { separator: Some(_), .. }) | Value::SignedHeaders { .. } => {
            in_headers(value.start as usize, value.end as usize, "is a list, which only a header can be")
        }
        Value::Id { .. } => {
            in_headers(value.start as usize, value.end as usize, "has an `{id}`, which only a header can be")
        }
        other => Ok(other),
    }
}

const fn read_line(text: &[u8], line: Span) -> Result<Line, Fault> {
    let (start, end) = (line.start as usize, line.end as usize);
    let colon = find(text, start, end, b':');
    if colon == end {
        return in_headers(start, end, "is not a header line, `Name: value`");
    }
    if text[start] == b'?' {
        let place = attempt!(Place::query(text, trim(text, start, colon), HEADERS));
        return Ok(of_place(place, attempt!(read_place_value(text, trim(text, colon + 1, end)))));
    }
    if matches!(text[start], b'&' | b'$') {
        return in_headers(start, colon, "is no header but a field of the body, which is written below an empty line");
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
    Ok(Line { place: Place::whole(Half::Header), names, name_count, numbered, value })
}

/// Bytes before a placeholder: eight signatures then stay under what a verifier reads.
const MAX_PREFIX: usize = 256;

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
                if i == 1 && inner != separator && signed_headers.is_none() && !items[i].item.prefix.is_empty() =>
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
        && overlap(text, mac.prefix, time.prefix)
    {
        return in_headers(start, end, OVERLAP);
    }
    if let Some((item, _)) = signed_headers {
        let overlaps_time = match time {
            Some((time, _, _)) => overlap(text, item.prefix, time.prefix),
            None => false,
        };
        if by_position || overlaps_time || overlap(text, item.prefix, mac.prefix) {
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

/// The rules that the lines obey together.
pub(super) const fn check_lines(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let mut signatures = 0;
    let mut timestamps = 0;
    let mut ids = 0;
    let mut secrets = 0;
    let mut lists = 0;
    let mut keys = 0;
    let mut allowed = 0;
    let mut shared = None;
    let mut crowded = false;
    let mut i = 0;
    while i < notation.line_count {
        let line = notation.lines[i];
        let name = line.names[0];
        let (start, end) = (name.start as usize, name.end as usize);
        match line.value {
            Value::Constant(_) | Value::BodyHash { .. } => {}
            Value::Id { .. } => ids += 1,
            Value::Timestamp { .. } => timestamps += 1,
            Value::Secret { .. } => secrets += 1,
            Value::SignedHeaders { .. } => lists += 1,
            Value::Key { .. } => keys += 1,
            Value::Allowed { .. } => allowed += 1,
            Value::Token { .. } => {
                signatures += 1;
                crowded = true;
            }
            Value::Signature(signature) => {
                signatures += 1;
                if signature.time.is_some() {
                    timestamps += 1;
                }
                if signature.signed_headers.is_some() {
                    lists += 1;
                }
                if signature.time.is_some() || signature.repeat.is_some() || line.numbered || !line.is_header() {
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
        if secrets > 1 || secrets == 1 && signatures > 0 {
            return in_headers(start, end, "has a `{secret}` beside a signature or another one");
        }
        if secrets == 1 && timestamps > 0 {
            return in_headers(start, end, "has a timestamp beside a `{secret}`, which signs nothing");
        }
        if allowed > 1 {
            return in_headers(start, end, "is a second `{allowed}`");
        }
        if keys > 1 {
            return in_headers(start, end, "is a second place for the key's id");
        }
        if lists > 1 {
            return in_headers(start, end, "is a second place for `{signed-headers}`");
        }
        if signatures > 1 && crowded {
            return in_headers(start, end, "is one of several signature lines, which hold one plain signature each");
        }
        if line.name_count > 1 {
            if matches!(line.value, Value::Secret { .. } | Value::BodyHash { .. }) {
                return in_headers(
                    start,
                    end,
                    "has alternative names, which a secret and a hash of the body cannot have",
                );
            }
            if notation.families > 1 && notation.families != line.name_count {
                return in_headers(start, end, "has not as many alternative names as another line");
            }
            notation.families = line.name_count;
        }
        attempt!(check_names(text, notation, i));
        i += 1;
    }
    if signatures == 0 && secrets == 0 {
        return in_headers(0, 0, "has no line with `{hex}`, `{base64}` or `{base64url}`");
    }
    let mut needs_list = false;
    let mut p = 0;
    while p < notation.piece_count {
        needs_list = needs_list || matches!(notation.pieces[p], Piece::SignedHeaders | Piece::SignedValues { .. });
        p += 1;
    }
    if needs_list && lists == 0 {
        return in_headers(0, 0, "has no line with `{signed-headers}`, which the signed content has");
    }
    if lists == 1 && !needs_list {
        return in_headers(0, 0, "has `{signed-headers}`, which the signed content leaves out");
    }
    Ok(())
}

/// No two lines may read the same header.
const fn check_names(text: &[u8], notation: &Notation, last: usize) -> Result<(), Fault> {
    let new = &notation.lines[last];
    let mut i = 0;
    while i <= last {
        let old = &notation.lines[i];
        if !new.is_header() || !old.is_header() {
            let alike = i < last && new.place.half as u8 == old.place.half as u8;
            if alike && same_text(text, new.place.name, old.place.name) {
                return in_headers(new.place.name.start as usize, new.place.name.end as usize, "is named twice");
            }
            i += 1;
            continue;
        }
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
