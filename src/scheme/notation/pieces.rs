//! What is covered.

use crate::text::{Fault, Span, all_token, attempt, begins, find, is, same_name, starts_with};
use crate::timestamp::TimeFormat;

use super::{MAX_PIECES, MAX_SPLICED, Notation, Piece, Signature, Value, in_covers, is_literal, touching};

pub(super) const fn read_covers(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
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
            piece = Piece::Literal {
                text: Span::new(at, open),
                begins_with_digit: text[at].is_ascii_digit(),
                ends_in_digit: text[open - 1].is_ascii_digit(),
            };
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
                return in_covers(
                    open,
                    after,
                    "is not a placeholder of signed content; those are `{body}` `{id}` `{timestamp}` `{header:Name}`",
                );
            };
            at = after;
        }
        notation.pieces[notation.piece_count] = piece;
        notation.piece_count += 1;
    }
    Ok(())
}

pub(super) const fn check_covers(headers: &[u8], text: &[u8], notation: &Notation) -> Result<(), Fault> {
    let (has_id, format) = carried(notation);
    let has_timestamp = format.is_some();
    let (mut bodies, mut ids, mut timestamps, mut spliced) = (0, 0, 0, 0);
    let mut i = 0;
    while i < notation.piece_count {
        match notation.pieces[i] {
            Piece::Literal { .. } => {}
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
        }
        i += 1;
    }
    if let (true, Some(TimeFormat::MillisecondsOrSeconds)) = (touching(notation), format) {
        // Three digits less, and milliseconds would still be a time, in seconds.
        return in_covers(0, text.len(), "has a timestamp of two units that touches its neighbour");
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
            "leaves out the `{timestamp}` of the header lines: unsigned, it would only look like replay protection",
        );
    }
    if timestamps > 0 && is_loose(notation, format) {
        return in_covers(
            0,
            text.len(),
            "has a `{timestamp}` between two placeholders, where it needs text that is not a digit on both sides",
        );
    }
    Ok(())
}

/// Whether a timestamp between two placeholders lacks text on a side. One of the two is an id or a header, and any
/// digits in its text, or in the body, could then pass for the time. Text on both sides prevents that, and so does RFC
/// 3339 directly after an id, because its form can be found again. The first or last placeholder may lack text, because
/// one of its ends cannot move.
const fn is_loose(notation: &Notation, format: Option<TimeFormat>) -> bool {
    let pieces = &notation.pieces;
    let last = notation.piece_count - 1;
    let mut t = 0;
    while t < last && !matches!(pieces[t], Piece::Timestamp) {
        t += 1;
    }
    let is_first = t == 0 || t == 1 && is_literal(pieces[0]);
    let is_last = t == last || t + 1 == last && is_literal(pieces[last]);
    if is_first || is_last {
        return false;
    }
    let parted = matches!(pieces[t - 1], Piece::Literal { ends_in_digit: false, .. })
        && matches!(pieces[t + 1], Piece::Literal { begins_with_digit: false, .. });
    let recognizable = matches!(format, Some(TimeFormat::Rfc3339))
        && matches!(pieces[t - 1], Piece::Id)
        && matches!(pieces[t + 1], Piece::Body);
    !parted && !recognizable
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
        if let Piece::Header(other) = notation.pieces[p]
            && same_name(covers, other, covers, name)
        {
            return in_covers(start, end, "is spliced in twice");
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
