//! The notation, read: from the text of a scheme to positions in that text.
//!
//! Everything here is `const fn`, so that one parser serves constants (a fault is a compile error), run-time
//! construction and configuration files. A second, run-time parser would have been shorter, and would have drifted.

mod claims;
mod line_rules;
mod lines;
mod piece_rules;
mod pieces;
mod queries;
mod values;

use crate::codec::Encoding;
use crate::place::{Half, Place, Steps};
use crate::text::{EMPTY, Fault, MAX_TEXT, Span, attempt, is};
use crate::timestamp::TimeFormat;

pub(crate) use claims::{Claim, ClaimWants, MAX_CLAIMS, NO_CLAIM};
use queries::is_literal;
pub(crate) use queries::{is_timestamp_listed, touching};

/// Lines in one scheme. The longest sample request in the field, Box's, has six.
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
    /// Of the places of lines, which are in the first text, and of those in pieces, which are in the second.
    pub(crate) steps: Steps,
    /// `GET | POST`, or empty for any method.
    pub(crate) methods: Span,
    /// The body must be empty.
    pub(crate) is_bodiless: bool,
    /// Where the lines of the body begin; the length of the text if there are none.
    pub(crate) body_start: usize,
    /// Instead of pieces, for a token.
    pub(crate) claims: [Claim; MAX_CLAIMS],
    pub(crate) claim_count: usize,
}

/// `Name | Name: value`, or `place: value`.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// For a header, only its half says something.
    pub(crate) place: Place,
    pub(crate) names: [Span; MAX_NAMES],
    pub(crate) name_count: usize,
    /// The one name ends in `{n}`, which is then not part of it.
    pub(crate) numbered: bool,
    pub(crate) value: Value,
}

impl Line {
    pub(crate) const fn is_header(&self) -> bool {
        matches!(self.place.half, Half::Header)
    }

    /// Whether more than headers is needed to read it.
    pub(crate) const fn is_of_context(&self) -> bool {
        let of_value = matches!(
            self.value,
            Value::Secret { .. } | Value::BodyHash { .. } | Value::Allowed { .. } | Value::Token { .. }
        );
        of_value || !self.is_header()
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Value {
    Constant(Span),
    Id {
        prefix: Span,
    },
    Timestamp {
        prefix: Span,
        format: TimeFormat,
    },
    Signature(Signature),
    /// The secret itself, or its base64.
    Secret {
        prefix: Span,
        is_base64: bool,
    },
    BodyHash {
        prefix: Span,
        form: HashForm,
    },
    SignedHeaders {
        prefix: Span,
        separator: u8,
    },
    /// The id of the key.
    Key {
        prefix: Span,
    },
    /// One of those that the receiver allows.
    Allowed {
        prefix: Span,
    },
    /// A JSON Web Token, or a signature of that form without its content.
    Token {
        prefix: Span,
        is_detached: bool,
    },
}

/// A value that carries the MAC, alone or in a list.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) encoding: Encoding,
    pub(crate) mac: Item,
    pub(crate) time: Option<(Item, TimeFormat)>,
    pub(crate) time_first: bool,
    /// The names of signed headers, and what separates them. It is between the time and the signature.
    pub(crate) signed_headers: Option<(Item, u8)>,
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
    Literal {
        text: Span,
        begins_with_digit: bool,
        ends_in_digit: bool,
    },
    Body,
    Id,
    Timestamp,
    Header(Span),
    Key,
    Method,
    Url(UrlPart),
    /// A query parameter, or a field of the body. One that is `free` may hold the text that separates it.
    Value {
        place: Place,
        is_free: bool,
    },
    /// The fields of a form, sorted, without anything between them.
    Form,
    /// The query's parameters, sorted.
    Query {
        is_encoded: bool,
    },
    BodyHash(HashForm),
    /// The names of the signed headers, as received.
    SignedHeaders,
    /// The signed headers themselves.
    SignedValues {
        joiner: u8,
        with_names: bool,
    },
    Secret,
}

/// A part of the public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlPart {
    Whole,
    WithoutQuery,
    Path,
    /// Path and query.
    Target,
    /// The same, percent-encoded again as Contentful does it.
    EncodedTarget,
}

/// How the SHA-256 of the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashForm {
    Bytes,
    Hex,
    Base64,
    /// Without padding.
    Base64Url,
}

impl HashForm {
    /// The form that a placeholder names.
    pub(crate) const fn named(text: &[u8], start: usize, end: usize) -> Option<HashForm> {
        if is(text, start, end, b"{body|sha256}") {
            Some(HashForm::Bytes)
        } else if is(text, start, end, b"{body|sha256-hex}") {
            Some(HashForm::Hex)
        } else if is(text, start, end, b"{body|sha256-base64}") {
            Some(HashForm::Base64)
        } else {
            None
        }
    }
}

/// Reads both texts and checks every rule that they must obey together.
pub(crate) const fn read(headers: &str, covers: &str) -> Result<Notation, Fault> {
    if headers.len() > MAX_TEXT {
        return in_headers(0, 0, "is longer than 4096 bytes");
    }
    if covers.len() > MAX_TEXT {
        return in_covers(0, 0, "is longer than 4096 bytes");
    }
    let line = Line {
        place: Place::whole(Half::Header),
        names: [EMPTY; MAX_NAMES],
        name_count: 0,
        numbered: false,
        value: Value::Constant(EMPTY),
    };
    let mut notation = Notation {
        lines: [line; MAX_LINES],
        line_count: 0,
        families: 1,
        pieces: [Piece::Body; MAX_PIECES],
        piece_count: 0,
        steps: Steps::new(),
        methods: EMPTY,
        is_bodiless: false,
        body_start: headers.len(),
        claims: [NO_CLAIM; MAX_CLAIMS],
        claim_count: 0,
    };
    attempt!(lines::read_headers(headers.as_bytes(), &mut notation));
    if let Some(false) = notation.token() {
        attempt!(claims::read_claims(covers.as_bytes(), &mut notation));
        attempt!(line_rules::check_lines(headers.as_bytes(), &mut notation));
        attempt!(piece_rules::check_claims(headers.as_bytes(), covers.as_bytes(), &notation));
        return Ok(notation);
    }
    attempt!(pieces::read_covers(covers.as_bytes(), &mut notation));
    attempt!(line_rules::check_lines(headers.as_bytes(), &mut notation));
    attempt!(piece_rules::check_covers(headers.as_bytes(), covers.as_bytes(), &notation));
    Ok(notation)
}

/// Which of the two texts a fault is in.
pub(crate) const fn is_about_headers(fault: &Fault) -> bool {
    fault.field.len() != COVERS.len()
}

const HEADERS: &str = "headers";
const COVERS: &str = "covers";
const BODY: &str = "body";

const fn in_headers<T>(start: usize, end: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: HEADERS, piece: Span::new(start, end), problem })
}

const fn in_covers<T>(start: usize, end: usize, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: COVERS, piece: Span::new(start, end), problem })
}
