//! What the claims of a JWT must be: `covers`, where a line has a `{jwt}`.

use crate::text::{EMPTY, Fault, Span, attempt, find, is, trim};

use super::{HashForm, Notation, in_covers};

/// Claims that one scheme checks. The most of any provider is five.
pub(crate) const MAX_CLAIMS: usize = 8;

#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) name: Span,
    pub(crate) is_optional: bool,
    pub(crate) wants: ClaimWants,
}

#[derive(Clone, Copy)]
pub(crate) enum ClaimWants {
    /// One of the texts between bars.
    Constant(Span),
    BodyHash(HashForm),
    /// When it was issued, in Unix seconds: within the tolerance.
    Timestamp,
    /// Not in the past.
    Expiry,
    /// Not in the future.
    NotBefore,
    /// The public URL.
    Url,
    /// One of those that the receiver allows.
    Allowed,
}

impl ClaimWants {
    /// Whether a token says this once: one time and one end, and one hash of the body is enough work.
    const fn is_one_with(self, other: ClaimWants) -> bool {
        matches!(
            (self, other),
            (ClaimWants::BodyHash(_), ClaimWants::BodyHash(_))
                | (ClaimWants::Timestamp, ClaimWants::Timestamp)
                | (ClaimWants::Expiry, ClaimWants::Expiry)
        )
    }
}

pub(crate) const NO_CLAIM: Claim = Claim { name: EMPTY, is_optional: false, wants: ClaimWants::Timestamp };

pub(super) const fn read_claims(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if !line.is_empty() {
            if notation.claim_count == MAX_CLAIMS {
                return in_covers(start, end, "has more than 8 claims");
            }
            let claim = attempt!(read_claim(text, line));
            let mut i = 0;
            while i < notation.claim_count {
                if claim.wants.is_one_with(notation.claims[i].wants) {
                    return in_covers(start, end, "is a second claim with the same placeholder");
                }
                i += 1;
            }
            notation.claims[notation.claim_count] = claim;
            notation.claim_count += 1;
        }
        start = end + 1;
    }
    Ok(())
}

const fn read_claim(text: &[u8], line: Span) -> Result<Claim, Fault> {
    static NAMES: [(&[u8], ClaimWants); 8] = [
        (b"{body|sha256-hex}", ClaimWants::BodyHash(HashForm::Hex)),
        (b"{body|sha256-base64}", ClaimWants::BodyHash(HashForm::Base64)),
        (b"{body|sha256-base64url}", ClaimWants::BodyHash(HashForm::Base64Url)),
        (b"{timestamp}", ClaimWants::Timestamp),
        (b"{expiry}", ClaimWants::Expiry),
        (b"{not-before}", ClaimWants::NotBefore),
        (b"{url}", ClaimWants::Url),
        (b"{allowed}", ClaimWants::Allowed),
    ];
    let (start, end) = line.bounds();
    let colon = find(text, start, end, b':');
    let mut name = trim(text, start, colon);
    if colon == end || name.is_empty() {
        return in_covers(start, end, "is not a claim, `name: value`");
    }
    let (name_start, name_end) = name.bounds();
    let is_optional = text[name_end - 1] == b'?';
    if is_optional {
        name = Span::new(name_start, name_end - 1);
    }
    let (mut i, last) = name.bounds();
    while i < last {
        // What JSON writes as itself.
        if !text[i].is_ascii_graphic() || matches!(text[i], b'"' | b'\\' | b'{' | b'}') {
            return in_covers(start, end, "is not a plain name of a claim");
        }
        i += 1;
    }
    let value = trim(text, colon + 1, end);
    let (from, to) = value.bounds();
    i = 0;
    while i < NAMES.len() {
        if is(text, from, to, NAMES[i].0) {
            return Ok(Claim { name, is_optional, wants: NAMES[i].1 });
        }
        i += 1;
    }
    if from == to || text[from] == b'{' {
        return in_covers(start, end, "is not a placeholder of a claim");
    }
    Ok(Claim { name, is_optional, wants: ClaimWants::Constant(value) })
}
