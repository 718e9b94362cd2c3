//! Whether what a scheme signs can be told from texts that anybody can have signed.

use crate::algorithm::Algorithm;

use super::Scheme;
use super::notation::{Piece, UrlPart};

/// How signed content differs from a text of certain characters, from the least to the most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Separation {
    /// A text can be chosen that is the content of some request.
    Never,
    /// It has other characters if the body has.
    ByBody,
    /// It always has other characters.
    Always,
}

impl Scheme {
    /// `is_in` says whether a part can occur in such a text.
    pub(crate) fn separation(&self, is_in: impl Fn(&[u8]) -> bool) -> Separation {
        if self.algorithm != Algorithm::Hmac || self.plan().token().is_some() {
            return Separation::Always;
        }
        // Whatever the content is, what a token signs is base64url with a full stop.
        if self.notation.token().is_some() {
            return Separation::Never;
        }
        let is_apart = |piece: &Piece| match piece {
            Piece::Literal { text, .. } => !is_in(text.of(&self.covers).as_bytes()),
            Piece::Url(UrlPart::Whole | UrlPart::WithoutQuery) => !is_in(b"://"),
            _ => false,
        };
        if self.pieces().any(is_apart) {
            return Separation::Always;
        }
        match self.pieces().any(|piece| matches!(piece, Piece::Body)) {
            true => Separation::ByBody,
            false => Separation::Never,
        }
    }
}
