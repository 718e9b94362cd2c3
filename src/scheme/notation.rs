//! The notation, read: from the text of a scheme to positions in that text.
//!
//! Everything here is `const fn`, so that one parser serves constants (a fault is a compile error), run-time
//! construction and configuration files. A second, run-time parser would have been shorter, and would have drifted.

mod lines;
mod pieces;

use crate::codec::Encoding;
use crate::text::{EMPTY, Fault, MAX_TEXT, Span, attempt};
use crate::timestamp::TimeFormat;

/// Header lines in one scheme. The longest sample request in the field, Box's, has six.
pub(crate) const MAX_LINES: usize = 8;
/// Alternative names of one header line.
pub(crate) const MAX_NAMES: usize = 4;
/// Pieces of signed content: placeholders and the literals between them.
pub(crate) const MAX_PIECES: usize = 16;
/// `{header:Name}` pieces.
pub(crate) const MAX_SPLICED: usize = 4;

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

/// `...`: how additional signatures are written.
#[derive(Clone, Copy)]
pub(crate) struct Repeat {
    pub(crate) gap: Span,
    pub(crate) prefix: Span,
}

#[derive(Clone, Copy)]
pub(crate) enum Piece {
    Literal { text: Span, begins_with_digit: bool, ends_in_digit: bool },
    Body,
    Id,
    Timestamp,
    Header(Span),
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
    attempt!(lines::read_headers(headers.as_bytes(), &mut notation));
    attempt!(lines::check_lines(headers.as_bytes(), &mut notation));
    attempt!(pieces::read_covers(covers.as_bytes(), &mut notation));
    attempt!(pieces::check_covers(headers.as_bytes(), covers.as_bytes(), &notation));
    Ok(notation)
}

/// Whether a digit could move between the timestamp and what follows it on the way to the body: another placeholder, or
/// a literal that goes on in digits. The other side needs no text of its own: content before the body is taken apart
/// from its beginning, content after the body from its end.
///
/// The number of the timestamp's digits is then fixed.
pub(crate) const fn touching(notation: &Notation) -> bool {
    let mut body_seen = false;
    let mut i = 0;
    while i < notation.piece_count {
        match notation.pieces[i] {
            Piece::Body => body_seen = true,
            Piece::Timestamp if body_seen => {
                return !matches!(notation.pieces[i - 1], Piece::Literal { ends_in_digit: false, .. });
            }
            Piece::Timestamp => {
                return i + 1 < notation.piece_count
                    && !matches!(notation.pieces[i + 1], Piece::Literal { begins_with_digit: false, .. });
            }
            _ => {}
        }
        i += 1;
    }
    false
}

/// Which of the two texts a fault is in.
pub(crate) const fn is_about_headers(fault: &Fault) -> bool {
    fault.field.len() == HEADERS.len()
}

const HEADERS: &str = "headers";
const COVERS: &str = "covers";

const fn in_headers<T>(start: usize, end: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: HEADERS, piece: Span::new(start, end), problem })
}

const fn in_covers<T>(start: usize, end: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: COVERS, piece: Span::new(start, end), problem })
}

const fn is_literal(piece: Piece) -> bool {
    matches!(piece, Piece::Literal { .. })
}
