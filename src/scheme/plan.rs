//! A scheme resolved for use: names as `HeaderName`s, texts as owned bytes. Nothing is parsed from text per request.

use http::{HeaderName, HeaderValue};

use crate::candidates::MAX_CANDIDATES;
use crate::codec::Encoding;
use crate::mac::{Mac, Tag};
use crate::timestamp::TimeFormat;

use super::Scheme;
use super::border::{Border, Marker};
use super::context::Context;
use super::notation::{Line, MAX_SPLICED, Notation, Piece, Signature, Value, touching};

pub(crate) struct Plan {
    /// One for each set of names that the request can come under. A signer writes the first.
    pub(super) families: Vec<Family>,
    pub(super) encoding: Encoding,
    pub(super) past: Option<u32>,
    pub(super) future: Option<u32>,
    pub(super) current_key_last: bool,
    pub(super) id: Option<IdRules>,
    /// The format of the scheme's timestamp, if it has one.
    pub(super) time_format: Option<TimeFormat>,
    pub(super) time: TimeRules,
    pub(super) spliced: Vec<Spliced>,
    /// What separates the names of signed headers.
    pub(super) list_separator: u8,
    /// What the id of the key may not hold.
    pub(super) key_border: Option<Border>,
    /// What the scheme reads beside header lines. `None` for most.
    pub(crate) context: Option<Box<Context>>,
    /// What is covered before the body, and after it.
    head: Vec<Part>,
    tail: Vec<Part>,
}

/// The header lines under one set of names.
pub(super) struct Family {
    /// The name that tells this family from the others.
    pub(super) id: Option<Alone>,
    pub(super) timestamp: Option<(Alone, TimeFormat)>,
    pub(super) constants: Vec<(HeaderName, HeaderValue)>,
    pub(super) signatures: Vec<SignatureLine>,
    /// The id of the key.
    pub(super) key: Option<Alone>,
    /// The names of signed headers, on a line of their own.
    pub(super) signed_headers: Option<Alone>,
    /// Names that other families spell otherwise.
    pub(super) own_names: Vec<HeaderName>,
}

/// A value that consists of a prefix and one placeholder.
pub(super) struct Alone {
    pub(super) name: HeaderName,
    pub(super) prefix: Box<[u8]>,
}

pub(super) struct SignatureLine {
    pub(super) name: HeaderName,
    pub(super) mac: ItemText,
    pub(super) time: Option<(ItemText, TimeFormat)>,
    pub(super) time_first: bool,
    pub(super) signed_headers: Option<ItemText>,
    pub(super) separator: Option<u8>,
    pub(super) repeat: Option<RepeatText>,
    pub(super) by_position: bool,
}

pub(super) struct ItemText {
    pub(super) literal: Box<[u8]>,
    pub(super) prefix: Box<[u8]>,
}

pub(super) struct RepeatText {
    pub(super) gap: Box<[u8]>,
    pub(super) prefix: Box<[u8]>,
}

pub(super) struct IdRules {
    pub(super) covered: bool,
    pub(super) border: Option<Border>,
    /// Where the timestamp follows before the body. A verifier then asks this instead of the border.
    pub(super) marker: Option<Marker>,
}

/// What the text of a time must be beyond its format, so that it can be found again in what is covered.
#[derive(Clone, Copy, Default)]
pub(super) struct TimeRules {
    /// The number of its digits, where one more could come from its neighbour.
    digits: Option<usize>,
    /// A moment that a [`Marker`] recognizes, not before 2001.
    recent: bool,
}

impl TimeRules {
    /// Whether a text of `length` bytes will do, for a time that is recent or not.
    #[inline]
    pub(super) fn admit(self, length: usize, is_recent: impl FnOnce() -> bool) -> bool {
        self.digits.is_none_or(|digits| length == digits) && (!self.recent || is_recent())
    }
}

/// A header that is covered and carries no placeholder.
pub(super) struct Spliced {
    pub(super) name: HeaderName,
    /// `None` for a constant line: it has one value, which leaves nothing open whatever it holds.
    pub(super) border: Option<Border>,
}

enum Part {
    Literal(Box<[u8]>),
    Id,
    Timestamp,
    Header(usize),
    Key,
    /// In the texts that the context derives.
    Derived(usize),
    Secret,
}

/// The texts that fill the placeholders of what is covered, as they are in the request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Values<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) timestamp: &'a [u8],
    pub(crate) spliced: [&'a [u8]; MAX_SPLICED],
    /// The list of signed headers.
    pub(crate) signed_headers: &'a [u8],
    /// The id of the key.
    pub(crate) key: &'a [u8],
}

impl Plan {
    /// The headers that are covered beside the scheme's own.
    pub(crate) fn covered_headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.spliced.iter().map(|spliced| &spliced.name)
    }

    pub(super) fn new(scheme: &Scheme) -> Plan {
        let notation = &scheme.notation;
        let lines = notation.lines.get(..notation.line_count).unwrap_or_default();
        let families: Vec<Family> =
            (0..notation.families).map(|family| Family::new(&scheme.headers, lines, family)).collect();
        let encoding = lines.iter().find_map(|line| match line.value {
            Value::Signature(signature) => Some(signature.encoding),
            _ => None,
        });
        let list_separator = lines.iter().find_map(|line| match line.value {
            Value::SignedHeaders { separator, .. } => Some(separator),
            Value::Signature(signature) => signature.signed_headers.map(|(_, separator)| separator),
            _ => None,
        });
        let context = scheme.context.map(|make| make(&scheme.headers, &scheme.covers, notation));
        let mut plan = Plan {
            encoding: if context.as_ref().is_some_and(|context| context.token.is_some()) {
                Encoding::Base64Url
            } else {
                encoding.unwrap_or(Encoding::Hex)
            },
            past: scheme.past,
            future: scheme.future,
            current_key_last: scheme.current_key_last,
            id: None,
            time_format: families.iter().find_map(Family::time_format).or_else(|| context.as_ref()?.time_format()),
            time: TimeRules::default(),
            spliced: Vec::new(),
            list_separator: list_separator.unwrap_or_default(),
            key_border: None,
            context,
            head: Vec::new(),
            tail: Vec::new(),
            families,
        };
        plan.read_pieces(&scheme.covers, notation);
        for spliced in &mut plan.spliced {
            if plan.families.iter().any(|family| family.constants.iter().any(|(name, _)| *name == spliced.name)) {
                spliced.border = None;
            }
        }
        if plan.id.is_none() && plan.families.iter().any(|family| family.id.is_some()) {
            plan.id = Some(IdRules { covered: false, border: None, marker: None });
        }
        if let Some(format) = plan.time_format {
            plan.time = TimeRules {
                digits: format.digits().filter(|_| touching(notation)),
                recent: plan.id.as_ref().is_some_and(|rules| rules.marker.is_some()),
            };
        }
        plan
    }

    fn read_pieces(&mut self, covers: &str, notation: &Notation) {
        let pieces = notation.pieces.get(..notation.piece_count).unwrap_or_default();
        let pivot = notation.pivot();
        let mut derived = 0;
        for (at, piece) in pieces.iter().enumerate() {
            let border = || border(covers, notation, at);
            let part = match piece {
                Piece::Body => continue,
                Piece::Literal { text, .. } => Part::Literal(bytes(text.of(covers))),
                Piece::Timestamp => Part::Timestamp,
                Piece::Id => {
                    let marker =
                        if at > pivot { None } else { self.marker(covers, pieces.get(at + 1..).unwrap_or_default()) };
                    self.id = Some(IdRules { covered: true, border: border(), marker });
                    Part::Id
                }
                Piece::Header(span) => {
                    self.spliced.push(Spliced { name: name(span.of(covers)), border: border() });
                    Part::Header(self.spliced.len() - 1)
                }
                Piece::Secret => Part::Secret,
                Piece::Key => {
                    self.key_border = border();
                    Part::Key
                }
                _ => {
                    derived += 1;
                    Part::Derived(derived - 1)
                }
            };
            if at > pivot { self.tail.push(part) } else { self.head.push(part) }
        }
    }

    /// The marker for an id that `pieces` follow, if they begin with the timestamp or with text and the timestamp.
    fn marker(&self, covers: &str, pieces: &[Piece]) -> Option<Marker> {
        let literal = |piece: Option<&Piece>| match piece {
            Some(Piece::Literal { text, .. }) => bytes(text.of(covers)),
            _ => Box::default(),
        };
        let before = literal(pieces.first());
        let place = usize::from(!before.is_empty());
        matches!(pieces.get(place), Some(Piece::Timestamp)).then_some(())?;
        Some(Marker { before, after: literal(pieces.get(place + 1)), format: self.time_format? })
    }

    pub(crate) fn needs_url(&self) -> bool {
        self.context.as_ref().is_some_and(|context| context.needs_url())
    }

    /// Whether the content contains the secret.
    pub(crate) fn is_plain(&self) -> bool {
        self.head.iter().chain(&self.tail).any(|part| matches!(part, Part::Secret))
    }

    /// How MACs are written.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether an id that the request carries is signed.
    pub(crate) fn covers_id(&self) -> bool {
        self.id.as_ref().is_some_and(|rules| rules.covered)
    }

    /// The MAC of one request under one key.
    #[inline]
    pub(crate) fn tag(&self, values: &Values<'_>, body: &[u8], key: &Mac) -> Tag {
        key.tag(self.head(values).chain(std::iter::once(body)).chain(self.tail(values)))
    }

    /// The MAC of one request whose content the context derives. The body is left out where it is not covered.
    pub(crate) fn tag_of(&self, content: &Content<'_>, body: &[u8], key: &Mac) -> Tag {
        let covered = if self.context.as_ref().is_none_or(|context| context.covers_body) { body } else { &[] };
        let text = |part| Part::text_of(part, content, key.text());
        key.tag(self.head.iter().map(text).chain(std::iter::once(covered)).chain(self.tail.iter().map(text)))
    }

    /// What is signed, in one piece, for algorithms that need it so.
    pub(crate) fn message(&self, content: &Content<'_>, body: &[u8]) -> Vec<u8> {
        let covered = if self.context.as_ref().is_none_or(|context| context.covers_body) { body } else { &[] };
        let text = |part| Part::text_of(part, content, &[]);
        let mut message = Vec::with_capacity(covered.len() + 128);
        self.head.iter().map(text).for_each(|piece| message.extend_from_slice(piece));
        message.extend_from_slice(covered);
        self.tail.iter().map(text).for_each(|piece| message.extend_from_slice(piece));
        message
    }

    /// Whether requests name the key.
    pub(crate) fn names_key(&self) -> bool {
        self.families.iter().any(|family| family.key.is_some())
            || self.context.as_ref().is_some_and(|context| context.names_key())
    }

    /// What is covered before the body.
    #[inline]
    pub(crate) fn head<'a>(&'a self, values: &Values<'a>) -> impl Iterator<Item = &'a [u8]> {
        self.head.iter().map(|part| part.text(values))
    }

    /// What is covered after the body.
    #[inline]
    pub(crate) fn tail<'a>(&'a self, values: &Values<'a>) -> impl Iterator<Item = &'a [u8]> {
        self.tail.iter().map(|part| part.text(values))
    }
}

/// What fills the placeholders of a scheme with a context.
pub(crate) struct Content<'c> {
    pub(crate) values: Values<'c>,
    pub(crate) derived: &'c [Vec<u8>],
}

impl Part {
    #[inline]
    fn text<'a>(&'a self, values: &Values<'a>) -> &'a [u8] {
        match self {
            Part::Literal(text) => text,
            Part::Id => values.id,
            Part::Timestamp => values.timestamp,
            Part::Header(place) => values.spliced.get(*place).copied().unwrap_or_default(),
            Part::Key => values.key,
            // Only schemes with a context have them, which `text_of` serves.
            Part::Derived(_) | Part::Secret => &[],
        }
    }

    fn text_of<'a>(&'a self, content: &Content<'a>, secret: &'a [u8]) -> &'a [u8] {
        match self {
            Part::Derived(place) => content.derived.get(*place).map(Vec::as_slice).unwrap_or_default(),
            Part::Secret => secret,
            other => other.text(&content.values),
        }
    }
}

/// The literal that shows where the piece in this place ends or, after the pivot, begins.
pub(super) fn border(covers: &str, notation: &Notation, at: usize) -> Option<Border> {
    let pieces = notation.pieces.get(..notation.piece_count).unwrap_or_default();
    let pivot = notation.pivot();
    let neighbour = match at.cmp(&pivot) {
        std::cmp::Ordering::Less => at.checked_add(1),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => at.checked_sub(1),
    };
    match neighbour.and_then(|at| pieces.get(at)) {
        Some(Piece::Literal { text, .. }) => Some(Border::new(bytes(text.of(covers)), at < pivot)),
        _ => None,
    }
}

impl Family {
    fn new(headers: &str, lines: &[Line], family: usize) -> Family {
        let mut new = Family {
            id: None,
            timestamp: None,
            constants: Vec::new(),
            signatures: Vec::new(),
            key: None,
            signed_headers: None,
            own_names: Vec::new(),
        };
        for line in lines.iter().filter(|line| line.is_header()) {
            let place = if line.name_count > 1 { family } else { 0 };
            let text = line.names.get(place).map(|span| span.of(headers)).unwrap_or_default();
            let name = name(text);
            if line.name_count > 1 {
                new.own_names.push(name.clone());
            }
            match line.value {
                Value::Constant(span) => {
                    // The notation admits printable ASCII only, which any header value may hold.
                    let value = HeaderValue::from_str(span.of(headers)).unwrap_or(HeaderValue::from_static(""));
                    new.constants.push((name, value));
                }
                Value::Id { prefix } => new.id = Some(Alone { name, prefix: bytes(prefix.of(headers)) }),
                Value::Timestamp { prefix, format } => {
                    new.timestamp = Some((Alone { name, prefix: bytes(prefix.of(headers)) }, format));
                }
                Value::Key { prefix } => new.key = Some(Alone { name, prefix: bytes(prefix.of(headers)) }),
                Value::SignedHeaders { prefix, .. } => {
                    new.signed_headers = Some(Alone { name, prefix: bytes(prefix.of(headers)) });
                }
                // The context reads them.
                Value::Secret { .. } | Value::BodyHash { .. } | Value::Allowed { .. } | Value::Token { .. } => {}
                Value::Signature(signature) if line.numbered => new.signatures.extend(
                    // One more than may match, so that a request with too many is seen as such.
                    (1..=MAX_CANDIDATES + 1)
                        .map(|n| SignatureLine::new(headers, self::name(&format!("{text}{n}")), &signature)),
                ),
                Value::Signature(signature) => new.signatures.push(SignatureLine::new(headers, name, &signature)),
            }
        }
        new
    }
}

impl Family {
    fn time_format(&self) -> Option<TimeFormat> {
        let listed = || self.signatures.iter().find_map(|line| Some(line.time.as_ref()?.1));
        self.timestamp.as_ref().map(|(_, format)| *format).or_else(listed)
    }
}

impl SignatureLine {
    fn new(headers: &str, name: HeaderName, signature: &Signature) -> SignatureLine {
        let item = |item: super::notation::Item| ItemText {
            literal: bytes(item.literal.of(headers)),
            prefix: bytes(item.prefix.of(headers)),
        };
        SignatureLine {
            name,
            mac: item(signature.mac),
            time: signature.time.map(|(time, format)| (item(time), format)),
            time_first: signature.time_first,
            signed_headers: signature.signed_headers.map(|(names, _)| item(names)),
            separator: signature.separator,
            repeat: signature.repeat.map(|repeat| RepeatText {
                gap: bytes(repeat.gap.of(headers)),
                prefix: bytes(repeat.prefix.of(headers)),
            }),
            by_position: signature.by_position,
        }
    }

    /// Whether the header may occur several times: HTTP lets a comma list be cut into several lines.
    pub(super) fn repeats(&self) -> bool {
        self.separator == Some(b',') && self.repeat.is_some() && self.time.is_none()
    }
}

fn bytes(text: &str) -> Box<[u8]> {
    text.as_bytes().into()
}

/// The notation admits header names only, so the fallback is never taken.
pub(super) fn name(text: &str) -> HeaderName {
    HeaderName::from_bytes(text.as_bytes()).unwrap_or(HeaderName::from_static("x-invalid"))
}
