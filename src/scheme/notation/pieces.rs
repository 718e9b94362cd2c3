//! What is covered.

use crate::mac::PLAIN_HASHES;
use crate::place::{Half, Place};
use crate::text::{Fault, Span, all_token, attempt, find, is, starts_with};

use super::lines::check_path;
use super::{COVERS, HashForm, MAX_PIECES, Notation, Piece, UrlPart, in_covers};

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
            let Some(after) = closing(text, open) else {
                return in_covers(open, text.len(), "has a `{` without its `}`");
            };
            piece = attempt!(read_placeholder(text, open, after, notation));
            at = after;
        }
        notation.pieces[notation.piece_count] = piece;
        notation.piece_count += 1;
    }
    Ok(())
}

/// Where the placeholder that begins here ends. A path may have a step in braces.
const fn closing(text: &[u8], open: usize) -> Option<usize> {
    let (mut i, mut depth) = (open, 0);
    while i < text.len() {
        match text[i] {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        i += 1;
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

const UNKNOWN: &str = "is not a placeholder of signed content; those are `{body}` `{id}` `{timestamp}` `{header:Name}`, and \
                       those for more of the request that the documentation of `Scheme` lists";

const NO_PLAIN_HASHES: &str = "makes the signature a plain hash, which needs the crate's feature `extendable-hashes`";

const fn read_placeholder(text: &[u8], open: usize, after: usize, notation: &mut Notation) -> Result<Piece, Fault> {
    static NAMES: [(&[u8], Piece); 14] = [
        (b"{body}", Piece::Body),
        (b"{id}", Piece::Id),
        (b"{timestamp}", Piece::Timestamp),
        (b"{key}", Piece::Key),
        (b"{method}", Piece::Method),
        (b"{url}", Piece::Url(UrlPart::Whole)),
        (b"{url|without-query}", Piece::Url(UrlPart::WithoutQuery)),
        (b"{path}", Piece::Url(UrlPart::Path)),
        (b"{target}", Piece::Url(UrlPart::Target)),
        (b"{target|encoded}", Piece::Url(UrlPart::EncodedTarget)),
        (b"{form|sorted}", Piece::Form),
        (b"{query|sorted}", Piece::Query { is_encoded: false }),
        (b"{query|sorted-encoded}", Piece::Query { is_encoded: true }),
        (b"{signed-headers}", Piece::SignedHeaders),
    ];
    let mut i = 0;
    while i < NAMES.len() {
        if is(text, open, after, NAMES[i].0) {
            return Ok(NAMES[i].1);
        }
        i += 1;
    }
    if let Some(form) = HashForm::named(text, open, after) {
        return Ok(Piece::BodyHash(form));
    }
    if is(text, open, after, b"{secret}") {
        return if PLAIN_HASHES { Ok(Piece::Secret) } else { in_covers(open, after, NO_PLAIN_HASHES) };
    }
    if starts_with(text, open, after, b"{header:") {
        let name = Span::new(open + 8, after - 1);
        if name.is_empty() || !all_token(text, name) {
            return in_covers(open, after, "does not name a header");
        }
        return Ok(Piece::Header(name));
    }
    if let Some((joiner, with_names)) = joiner(text, open, after) {
        return Ok(Piece::SignedValues { joiner, with_names });
    }
    if matches!(text[open + 1], b'?' | b'&') || starts_with(text, open, after, b"{$.") {
        let mut end = after - 1;
        let is_free = starts_with(text, end.saturating_sub(5), end, b"|free");
        if is_free {
            end -= 5;
        }
        let place = attempt!(Place::covered(text, Span::new(open + 1, end), COVERS, &mut notation.steps));
        if !matches!(place.half, Half::Query) {
            attempt!(check_path(&place, &notation.steps, COVERS));
        }
        return Ok(Piece::Value { place, is_free });
    }
    in_covers(open, after, UNKNOWN)
}

/// `{signed-headers|values:.}` and `{signed-headers|pairs:;}`, with any character for the last, but between values none that
/// can begin a body.
const fn joiner(text: &[u8], open: usize, after: usize) -> Option<(u8, bool)> {
    const VALUES: &[u8] = b"{signed-headers|values:";
    const PAIRS: &[u8] = b"{signed-headers|pairs:";
    let with_names = starts_with(text, open, after, PAIRS);
    let length = if with_names { PAIRS.len() } else { VALUES.len() };
    let is_one = (with_names || starts_with(text, open, after, VALUES)) && after - open == length + 2;
    if !is_one || !text[open + length].is_ascii_graphic() || !with_names && text[open + length] == b'[' {
        return None;
    }
    Some((text[open + length], with_names))
}
