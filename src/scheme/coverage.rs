use std::fmt;

use serde::{Deserialize, Serialize};

use crate::place::{Half, Place};
use crate::words::display_as_serialized;

use super::Scheme;
use super::notation::{Line, Piece, UrlPart, Value};

/// Which parts of a request a signature covers. Whoever has seen a request can send it again, within the time that the scheme
/// allows, with everything else changed.
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
///
/// // Mercado Pago signs which object has changed, and nothing of the body that describes it.
/// let mercado_pago = provider::MERCADO_PAGO.scheme().coverage();
/// assert!(mercado_pago.has_parameter("data.id"));
/// assert_eq!(mercado_pago.body(), Extent::Nothing);
/// ```
///
/// A sorted form ([`Extent::Form`]) is covered without marks between its names and values, so that text can move from one to its
/// neighbour while the signature stays right: `ab=c` has the signature of `a=bc`. In a sorted query, parameters of one name can be
/// in another order. Everything else that is covered can only be as it was signed.
#[derive(Clone, Copy)]
pub struct Coverage<'s> {
    scheme: &'s Scheme,
}

/// How much of a body a signature covers, from the least to the most.
///
/// A receiver of a provider that signs less than [`Form`](Self::Form) must
/// [accept](crate::provider::Provider::accept) that by name.
///
/// ```
/// use hookseal::{Extent, Scheme, provider};
///
/// assert_eq!(Scheme::new("X-Signature: {hex}", "v0:{body}").coverage().body(), Extent::Whole);
/// assert_eq!(Scheme::new("X-Token: {secret}", "").coverage().body(), Extent::Nothing);
/// assert!(Extent::Nothing < Extent::Part && Extent::Part < Extent::Whole);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Extent {
    /// No byte: whoever has seen one request can send any body with its head, within the time that the scheme allows. For a
    /// static token, that is forever. Take the request as a hint that something has changed, and fetch it from the provider's
    /// API; or make sure that nobody sees a request, with TLS and without logs of headers and URLs.
    Nothing,
    /// Some fields, which [`Coverage::has_field`] tells. Whoever has seen one request can change all others: act on the signed
    /// fields alone, and fetch the rest from the provider's API.
    Part,
    /// All fields of a form, decoded, sorted, and without anything between them. No field can be added, but one can be sent
    /// twice, they can be in another order, and nothing says where a name ends: `ab=c` has the same signature as `a=bc`. Where
    /// a provider also signs queries in this way, as Plivo does, a form can be sent as a query. Read only fields that the
    /// provider documents.
    Form,
    /// Every byte.
    Whole,
}

display_as_serialized!(Extent);

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
    pub fn body(&self) -> Extent {
        let Scheme { headers, covers, notation, .. } = self.scheme;
        let has = |wanted: fn(&Piece) -> bool| self.scheme.pieces().any(wanted);
        let is_in_body = |half: Half| matches!(half, Half::Body | Half::Form);
        let field = |piece: &Piece| matches!(piece, Piece::Value { place, .. } if is_in_body(place.half));
        if notation.covers_whole_body(headers.as_bytes(), covers.as_bytes()) {
            Extent::Whole
        } else if has(|piece| matches!(piece, Piece::Form)) {
            Extent::Form
        } else if self.scheme.pieces().any(field)
            || has(|piece| matches!(piece, Piece::Timestamp))
                && notation
                    .lines
                    .iter()
                    .take(notation.line_count)
                    .any(|line| matches!(line.value, Value::Timestamp { .. }) && is_in_body(line.place.half))
        {
            Extent::Part
        } else {
            Extent::Nothing
        }
    }

    /// Whether the method is covered.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::HUBSPOT_V3.scheme().coverage().has_method());
    /// ```
    pub fn has_method(&self) -> bool {
        self.scheme.pieces().any(|piece| matches!(piece, Piece::Method))
    }

    /// Whether the path of the [public URL](crate::provider::Provider::with_public_url) is covered.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::SQUARE.scheme().coverage().has_path() && !provider::GITHUB.scheme().coverage().has_path());
    /// ```
    pub fn has_path(&self) -> bool {
        self.scheme.pieces().any(|piece| matches!(piece, Piece::Url(_)))
    }

    /// Whether a query parameter is covered: alone, with all others, or with the URL. In the last two cases, none can be added
    /// either.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{?shop}.{body}");
    /// assert!(ACME.coverage().has_parameter("shop") && !ACME.coverage().has_parameter("page"));
    /// ```
    pub fn has_parameter(&self, name: &str) -> bool {
        let Scheme { headers, notation, .. } = self.scheme;
        let is_time = |line: &Line| {
            let is_named = line.place.half == Half::Query && line.place.name.of(headers) == name;
            is_named && matches!(line.value, Value::Timestamp { .. })
        };
        notation.lines.iter().take(notation.line_count).any(is_time)
            || self.scheme.pieces().any(|piece| match piece {
                Piece::Url(UrlPart::Whole | UrlPart::Target | UrlPart::EncodedTarget) | Piece::Query { .. } => true,
                Piece::Value { place, .. } => place.half == Half::Query && place.name.of(&self.scheme.covers) == name,
                _ => false,
            })
    }

    /// Whether a field of the body is covered: because all of the body is, or by its path, written as in a scheme
    /// (`signature.token`; `&status` for a field of a form).
    ///
    /// Such a field is covered as text: `5` and `"5"` have the same signature, and so have a field that is empty and one that is
    /// missing where it may be.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{$.order.id}");
    /// assert!(ACME.coverage().has_field("order.id") && !ACME.coverage().has_field("order.price"));
    /// ```
    pub fn has_field(&self, path: &str) -> bool {
        match path.strip_prefix('&') {
            Some(field) => self.has_place(Half::Form, field),
            None => self.has_place(Half::Body, path),
        }
    }

    /// Whether a header or a field of the body is covered.
    pub(crate) fn signs(&self, half: Half, name: &str) -> bool {
        match half {
            Half::Header => self.has_header(name),
            _ => self.has_place(half, name),
        }
    }

    pub(crate) fn has_place(&self, half: Half, path: &str) -> bool {
        let Scheme { headers, covers, notation, .. } = self.scheme;
        let is = |text: &str, place: &Place| place.half == half && place.name.of(text) == path;
        let is_time = |line: &Line| matches!(line.value, Value::Timestamp { .. }) && is(headers, &line.place);
        self.body() >= Extent::Form
            || self.scheme.pieces().any(|piece| match piece {
                Piece::Value { place, .. } => is(covers, place),
                Piece::Timestamp => notation.lines.iter().take(notation.line_count).any(is_time),
                _ => false,
            })
    }

    /// Whether a header is covered: one that the scheme names in its signed content, or one whose id or timestamp is.
    ///
    /// Headers that only the request lists as signed do not count. The list is covered, but where several values are joined,
    /// text can move from one to its neighbour.
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
                let is_covered = line.is_header()
                    && match line.value {
                        Value::Id { .. } => covered(|piece| matches!(piece, Piece::Id)),
                        // One that is not covered is refused when the scheme is made.
                        Value::Timestamp { .. } => true,
                        Value::SignedHeaders { .. } => covered(|piece| matches!(piece, Piece::SignedHeaders)),
                        Value::Key { .. } => covered(|piece| matches!(piece, Piece::Key)),
                        _ => false,
                    };
                is_covered && line.names.iter().take(line.name_count).any(|text| is(text.of(headers)))
            })
    }
}

impl Coverage<'_> {
    /// Whether a header of the scheme has other names as well.
    pub(crate) fn has_names(&self, name: &str) -> bool {
        let Scheme { headers, notation, .. } = self.scheme;
        notation.lines.iter().take(notation.line_count).filter(|line| line.name_count > 1).any(|line| {
            let mut names = line.names.iter().take(line.name_count).map(|text| text.of(headers));
            names.any(|text| text.eq_ignore_ascii_case(name))
        })
    }
}

impl fmt::Debug for Coverage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coverage").field("body", &self.body()).field("covers", &self.scheme.covers).finish()
    }
}
