//! The notation, read: from the text of a scheme to positions in that text.
//!
//! Everything here is `const fn`, so that one parser serves constants (a fault is a compile error), run-time
//! construction and configuration files. A second, run-time parser would have been shorter, and would have drifted.

use crate::codec::Encoding;
use crate::timestamp::TimeFormat;

/// Header lines in one scheme. The longest sample request in the field, Box's, has six.
pub(crate) const MAX_LINES: usize = 8;
/// Alternative names of one header line.
pub(crate) const MAX_NAMES: usize = 4;
/// Pieces of signed content: placeholders and the literals between them.
pub(crate) const MAX_PIECES: usize = 16;
/// `{header:Name}` pieces.
pub(crate) const MAX_SPLICED: usize = 4;
/// Bytes of either text. Positions are `u16`.
const MAX_TEXT: usize = 4096;

/// A scheme's two texts as positions.
#[derive(Clone, Copy)]
pub(crate) struct Notation {
    pub(crate) lines: [Line; MAX_LINES],
    pub(crate) line_count: usize,
    /// How many sets of header names the scheme can arrive under; 1 without alternative names.
    pub(crate) families: usize,
    pub(crate) pieces: [Piece; MAX_PIECES],
    pub(crate) piece_count: usize,
}

/// `Name | Name: value`.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) names: [Span; MAX_NAMES],
    pub(crate) name_count: usize,
    /// The one name ends in `{n}`, which is then not part of it.
    pub(crate) numbered: bool,
    pub(crate) value: Value,
}

#[derive(Clone, Copy)]
pub(crate) enum Value {
    Constant(Span),
    Id { prefix: Span },
    Timestamp { prefix: Span, format: TimeFormat },
    Signature(Signature),
}

/// A value that carries the MAC, alone or in a list.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) encoding: Encoding,
    pub(crate) mac: Item,
    pub(crate) time: Option<(Item, TimeFormat)>,
    pub(crate) time_first: bool,
    /// `None`: the whole value is one item.
    pub(crate) separator: Option<u8>,
    pub(crate) repeat: Option<Repeat>,
    /// Items are told apart by their place, not by their prefix.
    pub(crate) by_position: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Item {
    /// What a signer writes before the placeholder, blanks included.
    pub(crate) literal: Span,
    /// The same without leading blanks: what a verifier looks for.
    pub(crate) prefix: Span,
}

/// `...`: how further signatures are written.
#[derive(Clone, Copy)]
pub(crate) struct Repeat {
    pub(crate) gap: Span,
    pub(crate) prefix: Span,
}

#[derive(Clone, Copy)]
pub(crate) enum Piece {
    Literal(Span),
    Body,
    Id,
    Timestamp,
    Header(Span),
}

#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// The text under the span. Spans are only made from the text that they are read with.
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(crate) const fn bounds(self) -> (usize, usize) {
        (self.start as usize, self.end as usize)
    }

    const fn new(start: usize, end: usize) -> Span {
        Span { start: start as u16, end: end as u16 }
    }

    const fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// What is wrong, and where.
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

/// Reads both texts and checks every rule that they must obey together.
pub(crate) const fn read(headers: &str, covers: &str) -> Result<Notation, Fault> {
    if headers.len() > MAX_TEXT {
        return in_headers(0, 0, "is longer than 4096 bytes");
    }
    if covers.len() > MAX_TEXT {
        return in_covers(0, 0, "is longer than 4096 bytes");
    }
    let mut notation = Notation {
        lines: [Line { names: [EMPTY; MAX_NAMES], name_count: 0, numbered: false, value: Value::Constant(EMPTY) };
            MAX_LINES],
        line_count: 0,
        families: 1,
        pieces: [Piece::Body; MAX_PIECES],
        piece_count: 0,
    };
    attempt!(read_headers(headers.as_bytes(), &mut notation));
    attempt!(check_lines(headers.as_bytes(), &mut notation));
    attempt!(read_covers(covers.as_bytes(), &mut notation));
    attempt!(check_covers(headers.as_bytes(), covers.as_bytes(), &notation));
    Ok(notation)
}

/// Where the timestamp touches another placeholder, if it does.
///
/// Only a window that is closed on both sides then keeps a digit from moving across the border.
pub(crate) const fn touching(notation: &Notation) -> bool {
    let mut i = 1;
    while i < notation.piece_count {
        if !is_literal(notation.pieces[i - 1]) && !is_literal(notation.pieces[i]) {
            return true;
        }
        i += 1;
    }
    false
}

const EMPTY: Span = Span { start: 0, end: 0 };

const fn in_headers<T>(start: usize, end: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: "headers", piece: Span::new(start, end), problem })
}

const fn in_covers<T>(start: usize, end: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: "covers", piece: Span::new(start, end), problem })
}

const fn read_headers(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
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
    /// The first byte behind the placeholder.
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
    } else if is(text, open, after, b"{timestamp}") {
        Holds::Time(TimeFormat::Seconds)
    } else if is(text, open, after, b"{timestamp:ms}") {
        Holds::Time(TimeFormat::Milliseconds)
    } else if is(text, open, after, b"{timestamp:ms-or-s}") {
        Holds::Time(TimeFormat::MillisecondsOrSeconds)
    } else if is(text, open, after, b"{timestamp:rfc3339}") {
        Holds::Time(TimeFormat::Rfc3339)
    } else if is(text, open, after, b"{id}") {
        Holds::Id
    } else {
        return in_headers(open, after, "is not a placeholder of a header");
    };
    let item = Item { literal: Span::new(start, open), prefix: Span::new(skip_blanks(text, start, open), open) };
    Ok(ReadItem { item, holds, after })
}

/// A list: what follows its first placeholder is the separator.
const fn read_list(text: &[u8], start: usize, end: usize, first: ReadItem) -> Result<Value, Fault> {
    // A timestamp, the first signature and the form of the further ones.
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
            (Holds::Id, _, _) => return in_headers(start, end, "has an `{id}` in a list: it stands alone in its line"),
            (Holds::Time(format), _, None) => time = Some((items[i].item, format, i)),
            (Holds::Time(_), _, Some(_)) => return in_headers(start, end, "has two timestamps"),
            (Holds::Mac(encoding), None, _) => mac = Some((items[i].item, encoding, i)),
            // `v0={hex},{hex},...`: the prefix stands once, before the whole list.
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
    if let (false, Some((time, _, _))) = (by_position, time) {
        if overlap(text, mac.prefix, time.prefix) {
            return in_headers(start, end, "has an item whose prefix begins with another's");
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
        separator: Some(separator),
        repeat,
        by_position,
    }))
}

/// The rules that the header lines obey together.
const fn check_lines(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
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

const fn read_covers(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let mut at = 0;
    while at < text.len() {
        if notation.piece_count == MAX_PIECES {
            return in_covers(at, text.len(), "is more than 16 pieces");
        }
        let open = find(text, at, text.len(), b'{');
        let piece;
        if open > at {
            if find(text, at, open, b'}') < open {
                return in_covers(at, open, "has a `}` without its `{`");
            }
            piece = Piece::Literal(Span::new(at, open));
            at = open;
        } else {
            let close = find(text, open, text.len(), b'}');
            if close == text.len() {
                return in_covers(open, close, "has a `{` without its `}`");
            }
            let after = close + 1;
            piece = if is(text, open, after, b"{body}") {
                Piece::Body
            } else if is(text, open, after, b"{id}") {
                Piece::Id
            } else if is(text, open, after, b"{timestamp}") {
                Piece::Timestamp
            } else if starts_with(text, open, after, b"{header:") {
                let name = Span::new(open + 8, close);
                if name.is_empty() || !all_token(text, name) {
                    return in_covers(open, after, "does not name a header");
                }
                Piece::Header(name)
            } else {
                return in_covers(open, after, "is not a placeholder of signed content");
            };
            at = after;
        }
        notation.pieces[notation.piece_count] = piece;
        notation.piece_count += 1;
    }
    Ok(())
}

const fn check_covers(headers: &[u8], text: &[u8], notation: &Notation) -> Result<(), Fault> {
    let (has_id, format) = carried(notation);
    let has_timestamp = format.is_some();
    let (mut bodies, mut ids, mut timestamps, mut spliced) = (0, 0, 0, 0);
    let mut i = 0;
    while i < notation.piece_count {
        match notation.pieces[i] {
            Piece::Literal(_) => {}
            Piece::Body => bodies += 1,
            Piece::Id => ids += 1,
            Piece::Timestamp => timestamps += 1,
            Piece::Header(name) => {
                spliced += 1;
                attempt!(check_spliced(headers, text, notation, name, i));
            }
        }
        if i > 0 && !is_literal(notation.pieces[i - 1]) && !is_literal(notation.pieces[i]) {
            let timestamp = matches!(notation.pieces[i - 1], Piece::Timestamp);
            if !timestamp && !matches!(notation.pieces[i], Piece::Timestamp) {
                return in_covers(0, text.len(), "has two placeholders without a text between them");
            }
            if let Some(TimeFormat::MillisecondsOrSeconds) = format {
                // Three digits less, and milliseconds would still be a time, in seconds.
                return in_covers(0, text.len(), "has a timestamp of two units that touches its neighbour");
            }
        }
        i += 1;
    }
    if bodies != 1 {
        return in_covers(0, text.len(), "does not have `{body}` exactly once");
    }
    if ids > 1 || timestamps > 1 {
        return in_covers(0, text.len(), "has a placeholder twice");
    }
    if spliced > MAX_SPLICED {
        return in_covers(0, text.len(), "has more than 4 `{header:…}`");
    }
    if ids > 0 && !has_id {
        return in_covers(0, text.len(), "has an `{id}` that no header line carries");
    }
    if timestamps > 0 && !has_timestamp {
        return in_covers(0, text.len(), "has a `{timestamp}` that no header line carries");
    }
    if timestamps == 0 && has_timestamp {
        return in_covers(
            0,
            text.len(),
            "leaves out the `{timestamp}` of the header lines: unsigned, it would pose as replay protection",
        );
    }
    Ok(())
}

/// A spliced header is some other header of the request, or a constant line.
const fn check_spliced(
    headers: &[u8],
    covers: &[u8],
    notation: &Notation,
    name: Span,
    place: usize,
) -> Result<(), Fault> {
    let (start, end) = (name.start as usize, name.end as usize);
    let mut i = 0;
    while i < notation.line_count {
        let line = notation.lines[i];
        let mut n = 0;
        while n < line.name_count {
            let constant = matches!(line.value, Value::Constant(_)) && line.name_count == 1;
            if same_name(headers, line.names[n], covers, name) && !constant {
                return in_covers(start, end, "is a header line with a placeholder: use that placeholder");
            }
            n += 1;
        }
        if line.numbered && begins(covers, name, headers, line.names[0]) {
            return in_covers(start, end, "could be one of the numbered signature headers");
        }
        i += 1;
    }
    let mut p = 0;
    while p < place {
        if let Piece::Header(other) = notation.pieces[p] {
            if same_name(covers, other, covers, name) {
                return in_covers(start, end, "is spliced in twice");
            }
        }
        p += 1;
    }
    Ok(())
}

/// Whether the header lines carry an id, and in which format a timestamp.
const fn carried(notation: &Notation) -> (bool, Option<TimeFormat>) {
    let (mut id, mut timestamp) = (false, None);
    let mut i = 0;
    while i < notation.line_count {
        match notation.lines[i].value {
            Value::Id { .. } => id = true,
            Value::Timestamp { format, .. } | Value::Signature(Signature { time: Some((_, format)), .. }) => {
                timestamp = Some(format);
            }
            _ => {}
        }
        i += 1;
    }
    (id, timestamp)
}

const fn is_literal(piece: Piece) -> bool {
    matches!(piece, Piece::Literal(_))
}

/// Whether one prefix begins with the other.
const fn overlap(text: &[u8], a: Span, b: Span) -> bool {
    let mut i = 0;
    while a.start + i < a.end && b.start + i < b.end {
        if text[(a.start + i) as usize] != text[(b.start + i) as usize] {
            return false;
        }
        i += 1;
    }
    true
}

const fn same_name(a_text: &[u8], a: Span, b_text: &[u8], b: Span) -> bool {
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
const fn begins(text: &[u8], name: Span, stem_text: &[u8], stem: Span) -> bool {
    let length = stem.end - stem.start;
    name.end - name.start >= length
        && same_name(text, Span { start: name.start, end: name.start + length }, stem_text, stem)
}

/// The first `byte` in `start..end`, or `end`.
const fn find(text: &[u8], start: usize, end: usize, byte: u8) -> usize {
    let mut i = start;
    while i < end {
        if text[i] == byte {
            return i;
        }
        i += 1;
    }
    end
}

const fn starts_with(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
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

const fn is(text: &[u8], start: usize, end: usize, word: &[u8]) -> bool {
    end - start == word.len() && starts_with(text, start, end, word)
}

const fn ends_with(text: &[u8], span: Span, word: &[u8]) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    end - start >= word.len() && is(text, end - word.len(), end, word)
}

const fn trim(text: &[u8], start: usize, end: usize) -> Span {
    let start = skip_blanks(text, start, end);
    let mut end = end;
    while end > start && is_blank(text[end - 1]) {
        end -= 1;
    }
    Span::new(start, end)
}

const fn skip_blanks(text: &[u8], start: usize, end: usize) -> usize {
    let mut i = start;
    while i < end && is_blank(text[i]) {
        i += 1;
    }
    i
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

const fn all_token(text: &[u8], name: Span) -> bool {
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
