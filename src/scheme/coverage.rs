use std::fmt;

use super::Scheme;
use super::notation::{Piece, Value};

/// Which parts of a request a signature covers. Whoever replays a request can change the rest.
///
/// It is computed from the scheme. [`Received::coverage`](crate::receive::Received::coverage) gives that of the scheme by
/// which a request was verified.
///
/// ```
/// use hookseal::{Extent, provider};
///
/// let github = provider::GITHUB.scheme().coverage();
/// assert_eq!(github.body(), Extent::Whole);
/// assert!(!github.has_header("X-GitHub-Event"), "the event's type can be changed");
///
/// let twitch = provider::TWITCH.scheme().coverage();
/// assert!(twitch.has_header("Twitch-Eventsub-Message-Id"));
/// ```
#[derive(Clone, Copy)]
pub struct Coverage<'s> {
    scheme: &'s Scheme,
}

/// How much of a body a signature covers.
///
/// ```
/// use hookseal::{Extent, Scheme};
///
/// assert_eq!(Scheme::new("X-Signature: {hex}", "v0:{body}").coverage().body(), Extent::Whole);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extent {
    /// Every byte.
    Whole,
}

impl Scheme {
    /// Which parts of a request the signature covers.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{header:Acme-Shop}.{body}");
    /// assert!(ACME.coverage().has_header("acme-shop"));
    /// ```
    pub const fn coverage(&self) -> Coverage<'_> {
        Coverage { scheme: self }
    }
}

impl Coverage<'_> {
    /// How much of the body is covered.
    ///
    /// ```
    /// use hookseal::{Extent, provider};
    ///
    /// assert_eq!(provider::STRIPE.scheme().coverage().body(), Extent::Whole);
    /// ```
    pub const fn body(&self) -> Extent {
        // The notation demands `{body}`.
        Extent::Whole
    }

    /// Whether a header is covered: one that the scheme names in its signed content, or one whose id or timestamp is.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// let shopify = provider::SHOPIFY.scheme().coverage();
    /// assert!(!shopify.has_header("X-Shopify-Topic") && !shopify.has_header("X-Shopify-Shop-Domain"));
    /// ```
    pub fn has_header(&self, name: &str) -> bool {
        let Scheme { headers, covers, notation, .. } = self.scheme;
        let is = |text: &str| text.eq_ignore_ascii_case(name);
        let spliced = |piece: &Piece| matches!(piece, Piece::Header(text) if is(text.of(covers)));
        let covered = |wanted: fn(&Piece) -> bool| self.scheme.pieces().any(wanted);
        self.scheme.pieces().any(spliced)
            || notation.lines.iter().take(notation.line_count).any(|line| {
                let is_covered = match line.value {
                    Value::Id { .. } => covered(|piece| matches!(piece, Piece::Id)),
                    Value::Timestamp { .. } => covered(|piece| matches!(piece, Piece::Timestamp)),
                    Value::Constant(_) | Value::Signature(_) => false,
                };
                is_covered && line.names.iter().take(line.name_count).any(|text| is(text.of(headers)))
            })
    }
}

impl fmt::Debug for Coverage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coverage").field("body", &self.body()).field("covers", &self.scheme.covers).finish()
    }
}
