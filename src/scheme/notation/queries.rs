//! What follows from a notation that was read.

use crate::place::Half;
use crate::text::{same_bytes, same_name};

use super::{ClaimWants, Line, Notation, Piece, UrlPart, Value};

impl Notation {
    /// Whether the content of the scheme's token is outside of it. `None` if no line has a token.
    pub(crate) const fn token(&self) -> Option<bool> {
        let mut i = 0;
        while i < self.line_count {
            if let Value::Token { is_detached, .. } = self.lines[i].value {
                return Some(is_detached);
            }
            i += 1;
        }
        None
    }

    /// Whether a scheme reads more than headers, or does not cover the body.
    pub(crate) const fn reads_more(&self) -> bool {
        let (mut covers_body, mut i) = (false, 0);
        while i < self.piece_count {
            match self.pieces[i] {
                Piece::Body => covers_body = true,
                Piece::Literal { .. } | Piece::Id | Piece::Key | Piece::Timestamp | Piece::Header(_) => {}
                _ => return true,
            }
            i += 1;
        }
        i = 0;
        while i < self.line_count {
            if self.lines[i].is_of_context() {
                return true;
            }
            i += 1;
        }
        !covers_body || !self.methods.is_empty()
    }

    /// The piece whose end nothing marks. What is before it is read from the beginning of the content, and what is after it
    /// from the end. It is the body or, without one, the piece that is `free`, the form, the query, or the last that varies.
    pub(crate) const fn pivot(&self) -> usize {
        let (mut i, mut pivot, mut rank) = (0, self.piece_count, 1);
        while i < self.piece_count {
            let of_piece = match self.pieces[i] {
                Piece::Body => 5,
                Piece::Value { is_free: true, .. } => 4,
                Piece::Form => 3,
                Piece::Query { .. } => 2,
                Piece::Id | Piece::Key | Piece::Header(_) | Piece::Value { .. } => 1,
                _ => 0,
            };
            if of_piece >= rank {
                (pivot, rank) = (i, of_piece);
            }
            i += 1;
        }
        pivot
    }

    /// Whether no byte of the body can be changed. The texts are the scheme's.
    pub(crate) const fn covers_whole_body(&self, headers: &[u8], covers: &[u8]) -> bool {
        if self.is_bodiless {
            return true;
        }
        let mut i = 0;
        while i < self.claim_count {
            if matches!(self.claims[i].wants, ClaimWants::BodyHash(_)) && !self.claims[i].is_optional {
                return true;
            }
            i += 1;
        }
        i = 0;
        while i < self.line_count {
            let Line { value, place, .. } = self.lines[i];
            let is_body = matches!(place.half, Half::Body) && place.is_whole();
            if is_body && matches!(value, Value::Token { .. }) {
                return true;
            }
            i += 1;
        }
        i = 0;
        while i < self.piece_count {
            if matches!(self.pieces[i], Piece::Body | Piece::BodyHash(_)) {
                return true;
            }
            i += 1;
        }
        i = 0;
        while i < self.line_count {
            if matches!(self.lines[i].value, Value::BodyHash { .. }) && self.covers_line(i, headers, covers) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Whether a line of the query or of a header is covered itself.
    pub(crate) const fn covers_line(&self, line: usize, headers: &[u8], covers: &[u8]) -> bool {
        let line = &self.lines[line];
        let mut i = 0;
        while i < self.piece_count {
            let is_covered = match self.pieces[i] {
                Piece::Url(UrlPart::Whole | UrlPart::Target | UrlPart::EncodedTarget) | Piece::Query { .. } => {
                    matches!(line.place.half, Half::Query)
                }
                Piece::Value { place, .. } if matches!(place.half, Half::Query) => {
                    matches!(line.place.half, Half::Query) && same_bytes(headers, line.place.name, covers, place.name)
                }
                Piece::Header(name) => line.is_header() && same_name(headers, line.names[0], covers, name),
                _ => false,
            };
            if is_covered {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Whether what is covered contains the place of this line, so that a signature there would cover itself.
    pub(super) const fn contains_line(&self, line: usize, headers: &[u8], covers: &[u8]) -> bool {
        let half = self.lines[line].place.half;
        let mut i = 0;
        while i < self.piece_count {
            let is_contained = match self.pieces[i] {
                Piece::Body | Piece::BodyHash(_) => matches!(half, Half::Body | Half::Form),
                Piece::Form => matches!(half, Half::Form),
                _ => false,
            };
            if is_contained {
                return true;
            }
            i += 1;
        }
        self.names_line(line, headers, covers) || matches!(half, Half::Query) && self.covers_line(line, headers, covers)
    }

    /// Whether a piece is this parameter or field alone.
    const fn names_line(&self, line: usize, headers: &[u8], covers: &[u8]) -> bool {
        let line = self.lines[line].place;
        let mut i = 0;
        while i < self.piece_count {
            if let Piece::Value { place, .. } = self.pieces[i]
                && place.half as u8 == line.half as u8
                && same_bytes(headers, line.name, covers, place.name)
            {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Whether what is signed has the value of this line, where it is or in a hash of the body. In a sorted form, text can move
    /// from one field to another.
    pub(super) const fn signs_line(&self, line: usize, headers: &[u8], covers: &[u8]) -> bool {
        match self.lines[line].place.half {
            Half::Header | Half::Query => self.covers_line(line, headers, covers),
            Half::Body | Half::Form => {
                self.names_line(line, headers, covers) || self.covers_whole_body(headers, covers)
            }
        }
    }

    /// Whether a timestamp on a line of its own is covered where it is, without a placeholder in what is covered.
    pub(super) const fn covers_timestamp(&self, headers: &[u8], covers: &[u8]) -> bool {
        let mut i = 0;
        while i < self.line_count {
            if matches!(self.lines[i].value, Value::Timestamp { .. }) {
                return match self.lines[i].place.half {
                    Half::Body | Half::Form => self.covers_whole_body(headers, covers),
                    Half::Query => self.covers_line(i, headers, covers),
                    Half::Header => is_timestamp_listed(self, &self.lines[i]),
                };
            }
            i += 1;
        }
        false
    }

    /// Whether the URL must be exactly the one that was registered, because bytes could move between it and its neighbour.
    pub(crate) const fn needs_exact_url(&self) -> bool {
        let pivot = self.pivot();
        let mut i = 0;
        while i < self.piece_count {
            if matches!(self.pieces[i], Piece::Url(UrlPart::Whole | UrlPart::Target | UrlPart::EncodedTarget)) {
                // Read from the end, a method has no border with the URL behind it.
                let alone_before = i == 0
                    || is_literal(self.pieces[i - 1])
                    || i < pivot && matches!(self.pieces[i - 1], Piece::Method);
                let alone_after = i + 1 >= self.piece_count || is_literal(self.pieces[i + 1]);
                if !(alone_before && alone_after) {
                    return true;
                }
            }
            i += 1;
        }
        false
    }
}

/// Whether the timestamp in this header line is covered as one of the signed headers, in whose list it must then be.
pub(crate) const fn is_timestamp_listed(notation: &Notation, line: &Line) -> bool {
    let (mut with_names, mut i) = (false, 0);
    while i < notation.piece_count {
        match notation.pieces[i] {
            Piece::SignedValues { with_names: true, .. } => with_names = true,
            Piece::Timestamp => return false,
            _ => {}
        }
        i += 1;
    }
    with_names && line.name_count == 1
}

/// Whether a digit could move between the timestamp and what follows it on the way to the pivot: another placeholder, or
/// a literal that goes on in digits. The other side needs no text of its own: content before the pivot is taken apart
/// from its beginning, content after it from its end.
///
/// The number of the timestamp's digits is then fixed.
pub(crate) const fn touching(notation: &Notation) -> bool {
    let pivot = notation.pivot();
    let mut i = 0;
    while i < notation.piece_count {
        if matches!(notation.pieces[i], Piece::Timestamp) {
            return if i > pivot {
                !matches!(notation.pieces[i - 1], Piece::Literal { ends_in_digit: false, .. })
            } else {
                i + 1 < notation.piece_count
                    && !matches!(notation.pieces[i + 1], Piece::Literal { begins_with_digit: false, .. })
            };
        }
        i += 1;
    }
    false
}

pub(super) const fn is_literal(piece: Piece) -> bool {
    matches!(piece, Piece::Literal { .. })
}
