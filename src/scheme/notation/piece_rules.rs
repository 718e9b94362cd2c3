//! What the pieces of signed content obey, together and with the lines.

use crate::place::{Half, Place, Step};
use crate::text::{Fault, Span, attempt, begins, same_bytes, same_name};
use crate::timestamp::TimeFormat;

use super::{
    ClaimWants, MAX_PIECES, MAX_SPLICED, Notation, Piece, Signature, UrlPart, Value, in_covers, is_literal, touching,
};

/// How many there are of each kind.
struct Counts {
    bodies: usize,
    ids: usize,
    timestamps: usize,
    spliced: usize,
    lists: usize,
    others: usize,
}

const NOTHING: Counts = Counts { bodies: 0, ids: 0, timestamps: 0, spliced: 0, lists: 0, others: 0 };

pub(super) const fn check_covers(headers: &[u8], text: &[u8], notation: &Notation) -> Result<(), Fault> {
    let (has_id, format) = carried(notation);
    let has_timestamp = format.is_some();
    let pivot = notation.pivot();
    let mut counts = NOTHING;
    let mut i = 0;
    while i < notation.piece_count {
        match notation.pieces[i] {
            Piece::Literal { .. } => {}
            Piece::Body => counts.bodies += 1,
            Piece::Id => counts.ids += 1,
            Piece::Timestamp => counts.timestamps += 1,
            Piece::Header(name) => {
                counts.spliced += 1;
                attempt!(check_spliced(headers, text, notation, name, i));
            }
            Piece::SignedValues { joiner, with_names } => {
                counts.lists += 1;
                if i > pivot {
                    return in_covers(0, text.len(), "has the signed headers after the `{body}`");
                }
                if !is_parted_from_list(text, notation, i + 1, joiner, with_names) {
                    return in_covers(0, text.len(), AFTER_LIST);
                }
                if !with_names && !has_list_of_names(notation) {
                    return in_covers(
                        0,
                        text.len(),
                        "has the values of signed headers without `{signed-headers}`, their names",
                    );
                }
            }
            _ => counts.others += 1,
        }
        if i > 0 && !is_literal(notation.pieces[i - 1]) && !is_literal(notation.pieces[i]) {
            let (before, after) = (notation.pieces[i - 1], notation.pieces[i]);
            // What is before the pivot is read from its beginning, and what is after it from its end.
            let is_parted = if i <= pivot { has_end(before, after) } else { is_fixed(after) };
            let timestamp = matches!(before, Piece::Timestamp) || matches!(after, Piece::Timestamp);
            if !timestamp && !is_parted {
                return in_covers(0, text.len(), "has two placeholders without a text between them");
            }
        }
        i += 1;
    }
    if let (true, Some(TimeFormat::MillisecondsOrSeconds)) = (touching(notation), format) {
        // Three digits less, and milliseconds would still be a time, in seconds.
        return in_covers(0, text.len(), "has a timestamp of two units that touches its neighbour");
    }
    attempt!(check_extent(headers, text, notation, &counts));
    if counts.ids > 1 || counts.timestamps > 1 {
        return in_covers(0, text.len(), "has a placeholder twice");
    }
    if counts.spliced > MAX_SPLICED {
        return in_covers(0, text.len(), "has more than 4 `{header:…}`");
    }
    if has_piece_key(notation) && !has_line_key(notation) {
        return in_covers(0, text.len(), "has a `{key}` that no header line carries");
    }
    if counts.ids > 0 && !has_id {
        return in_covers(0, text.len(), "has an `{id}` that no header line carries");
    }
    if counts.timestamps > 0 && !has_timestamp {
        return in_covers(0, text.len(), "has a `{timestamp}` that no header line carries");
    }
    if counts.timestamps == 0 && has_timestamp && !notation.covers_timestamp(headers, text) {
        return in_covers(0, text.len(), UNSIGNED_TIME);
    }
    attempt!(check_allowed(headers, text, notation));
    if counts.timestamps > 0 && is_loose(notation, format) {
        return in_covers(
            0,
            text.len(),
            "has a `{timestamp}` between two placeholders, where it needs text that is not a digit on both sides",
        );
    }
    Ok(())
}

/// The same for claims, which are in place of pieces.
pub(super) const fn check_claims(headers: &[u8], text: &[u8], notation: &Notation) -> Result<(), Fault> {
    let (_, format) = carried(notation);
    let mut counts = NOTHING;
    let mut i = 0;
    while i < notation.claim_count {
        counts.others += matches!(notation.claims[i].wants, ClaimWants::BodyHash(_)) as usize;
        if format.is_some() && matches!(notation.claims[i].wants, ClaimWants::Timestamp) {
            return in_covers(0, text.len(), "has a claim with the `{timestamp}` that a line has as well");
        }
        i += 1;
    }
    let fields = attempt!(check_batch(headers, text, notation, &counts));
    if notation.is_bodiless && fields > 0 {
        return in_covers(0, text.len(), NO_BODY);
    }
    i = 0;
    while i < notation.line_count {
        let is_in_body = matches!(notation.lines[i].place.half, Half::Body | Half::Form);
        if counts.others > 0 && is_in_body && matches!(notation.lines[i].value, Value::Token { .. }) {
            return in_covers(0, text.len(), ITSELF);
        }
        i += 1;
    }
    if format.is_some() && !notation.covers_timestamp(headers, text) {
        return in_covers(0, text.len(), UNSIGNED_TIME);
    }
    check_allowed(headers, text, notation)
}

/// A value that nobody signs can be replaced by one that is allowed.
const fn check_allowed(headers: &[u8], text: &[u8], notation: &Notation) -> Result<(), Fault> {
    let mut i = 0;
    while i < notation.line_count {
        if matches!(notation.lines[i].value, Value::Allowed { .. }) && !notation.signs_line(i, headers, text) {
            return in_covers(0, text.len(), UNSIGNED_ALLOWED);
        }
        i += 1;
    }
    Ok(())
}

const UNSIGNED_ALLOWED: &str = "leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed";
const UNSIGNED_TIME: &str =
    "leaves out the `{timestamp}` of the header lines: unsigned, it would only look like replay protection";
const NO_BODY: &str = "reads a body, although the sample request has `{empty}`";
const ITSELF: &str = "covers the place of the signature itself";

const AFTER_LIST: &str = "has something after the signed headers that could be one of them: pairs need a line end there, \
                          and values the text that joins them and then the `{body}`";

/// Header values contain no line ends. Values without names may contain the text that joins them, but not with a brace or a
/// bracket after it, with which the body then begins.
const fn is_parted_from_list(text: &[u8], notation: &Notation, next: usize, joiner: u8, with_names: bool) -> bool {
    let Piece::Literal { text: literal, .. } = notation.pieces[next % MAX_PIECES] else { return false };
    let (start, end) = literal.bounds();
    if next >= notation.piece_count {
        return false;
    }
    let is_joiner = end == start + 1 && text[start] == joiner;
    let is_body_next = next + 1 < notation.piece_count && matches!(notation.pieces[next + 1], Piece::Body);
    if with_names { text[start] == b'\n' } else { is_joiner && is_body_next }
}

const fn has_list_of_names(notation: &Notation) -> bool {
    let mut i = 0;
    while i < notation.piece_count {
        if matches!(notation.pieces[i], Piece::SignedHeaders) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether the body is covered as far as the scheme needs it.
const fn check_extent(headers: &[u8], text: &[u8], notation: &Notation, counts: &Counts) -> Result<(), Fault> {
    let fields = attempt!(check_batch(headers, text, notation, counts));
    if has_secret(notation) {
        return match text.is_empty() {
            true => Ok(()),
            false => in_covers(0, text.len(), "is not empty, although a `{secret}` signs nothing"),
        };
    }
    let placeholders = counts.bodies + counts.ids + counts.timestamps + counts.spliced + counts.lists + counts.others;
    if counts.bodies > 1 || placeholders == 0 {
        return in_covers(0, text.len(), "does not have `{body}` exactly once");
    }
    if counts.lists > 1 {
        return in_covers(0, text.len(), "has the signed headers twice");
    }
    let (mut i, mut forms, mut frees) = (0, 0, 0);
    while i < notation.piece_count {
        match notation.pieces[i] {
            Piece::Form => forms += 1,
            Piece::Value { is_free: true, .. } => frees += 1,
            _ => {}
        }
        i += 1;
    }
    if notation.is_bodiless && (counts.bodies + forms + fields > 0) {
        return in_covers(0, text.len(), NO_BODY);
    }
    if counts.bodies + forms + frees > 1 {
        return in_covers(0, text.len(), "has two placeholders that may hold any text");
    }
    i = 0;
    while i < notation.line_count {
        let is_signature = matches!(notation.lines[i].value, Value::Signature(_) | Value::Token { .. });
        if is_signature && notation.contains_line(i, headers, text) {
            return in_covers(0, text.len(), ITSELF);
        }
        i += 1;
    }
    Ok(())
}

/// Each element of a batch is hashed alone, so its content may hold its own fields only, and its token is in it. Anything else
/// would be hashed as often as there are elements. Returns how many fields of the body there are.
const fn check_batch(headers: &[u8], text: &[u8], notation: &Notation, counts: &Counts) -> Result<usize, Fault> {
    let (mut fields, mut elements, mut values, mut outside) = (0, 0, 0, 0);
    let mut first: Option<(&[u8], Place)> = None;
    let mut i = 0;
    while i < notation.line_count + notation.piece_count {
        let (of, place) = if i < notation.line_count {
            let line = &notation.lines[i];
            // A signature outside would be that of each element.
            let is_signature = matches!(line.value, Value::Token { .. } | Value::Signature(_));
            let is_outside = is_signature && !is_of_batch(notation, &line.place);
            outside += (is_outside || matches!(line.value, Value::BodyHash { .. })) as usize;
            (headers, line.place)
        } else {
            match notation.pieces[i - notation.line_count] {
                Piece::Value { place, .. } => (text, place),
                _ => (text, Place::whole(Half::Header)),
            }
        };
        if matches!(place.half, Half::Body | Half::Form) {
            fields += 1;
            if is_of_batch(notation, &place) {
                elements += 1;
                values += (i >= notation.line_count) as usize;
                match first {
                    Some((other, array)) if !is_same_array(notation, of, &place, other, &array) => {
                        return in_covers(0, text.len(), "reads the elements of two arrays");
                    }
                    Some(_) => {}
                    None => first = Some((of, place)),
                }
            }
        }
        i += 1;
    }
    let beside = counts.bodies + counts.ids + counts.spliced + counts.lists + counts.others - values + outside;
    if elements > 0 && (elements < fields || beside > 0) {
        return in_covers(0, text.len(), "has fields of a batch's elements beside others");
    }
    Ok(fields)
}

const fn has_piece_key(notation: &Notation) -> bool {
    let mut i = 0;
    while i < notation.piece_count {
        if matches!(notation.pieces[i], Piece::Key) {
            return true;
        }
        i += 1;
    }
    false
}

const fn has_line_key(notation: &Notation) -> bool {
    let mut i = 0;
    while i < notation.line_count {
        if matches!(notation.lines[i].value, Value::Key { .. }) {
            return true;
        }
        i += 1;
    }
    false
}

const fn is_of_batch(notation: &Notation, place: &Place) -> bool {
    let mut i = 0;
    while let Some(step) = notation.steps.get(place, i) {
        if matches!(step, Step::Each) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether two places in elements lead through the same array.
const fn is_same_array(notation: &Notation, a_text: &[u8], a: &Place, b_text: &[u8], b: &Place) -> bool {
    let mut i = 0;
    loop {
        match (notation.steps.get(a, i), notation.steps.get(b, i)) {
            (Some(Step::Each), Some(Step::Each)) => return true,
            (Some(Step::Field(one)), Some(Step::Field(other))) if same_bytes(a_text, one, b_text, other) => {}
            (Some(Step::Json), Some(Step::Json)) => {}
            _ => return false,
        }
        i += 1;
    }
}

const fn has_secret(notation: &Notation) -> bool {
    let mut i = 0;
    while i < notation.line_count {
        if matches!(notation.lines[i].value, Value::Secret { .. }) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether a piece says itself where it ends, whatever comes after it: it has one length, or configuration sets its text.
const fn is_fixed(piece: Piece) -> bool {
    matches!(piece, Piece::Url(_) | Piece::BodyHash(_) | Piece::Secret)
}

/// Whether a piece ends recognizably before the next. A method has upper-case letters only, and a URL begins with one in
/// lower case.
const fn has_end(piece: Piece, next: Piece) -> bool {
    let method_and_url = matches!(piece, Piece::Method)
        && matches!(next, Piece::Url(UrlPart::Whole | UrlPart::WithoutQuery | UrlPart::Path | UrlPart::Target));
    is_fixed(piece) || method_and_url
}

/// Whether a timestamp between two placeholders lacks text on a side. One of the two is an id or a header, and any
/// digits in its text, or in the body, could then pass for the time. Text on both sides prevents that, and so does RFC
/// 3339 directly after an id, because its form can be found again. The first or last placeholder may lack text, because
/// one of its ends cannot move.
const fn is_loose(notation: &Notation, format: Option<TimeFormat>) -> bool {
    let pieces = &notation.pieces;
    // There is a timestamp, which ends both loops.
    let mut last = notation.piece_count - 1;
    while matches!(pieces[last], Piece::Secret) {
        last -= 1;
    }
    let mut t = 0;
    while !matches!(pieces[t], Piece::Timestamp) {
        t += 1;
    }
    let is_first = t == 0 || t == 1 && (is_literal(pieces[0]) || matches!(pieces[0], Piece::Secret));
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

/// A spliced header is some other header of the request, or a line that no placeholder of signed content stands for.
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
        while n < line.name_count && line.is_header() {
            let is_text = matches!(line.value, Value::Constant(_) | Value::BodyHash { .. } | Value::Allowed { .. });
            if same_name(headers, line.names[n], covers, name) && !(is_text && line.name_count == 1) {
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
