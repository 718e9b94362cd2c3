//! What a scheme reads of a request beside header lines: its method, its URL, its query and its body.
//!
//! Most schemes have no such part, and no time is spent on it for them. The others are judged at the end, over a body that is
//! held as a whole.

mod body;
mod head;
mod plan;

use http::HeaderName;

use crate::algorithm::Algorithm;
use crate::error::VerifyError;
use crate::fields::Path;
use crate::headers::AnyHeaders;
use crate::mac::Digest;
use crate::place::Half;
use crate::request::{PublicUrl, RequestLine};
use crate::timestamp::TimeFormat;

use super::border::Border;
use super::jwt::{Facts, Parts, Token};
use super::notation::{HashForm, Line, Notation, Piece, UrlPart, Value, is_timestamp_listed};
use super::plan::{Plan, name};

pub(crate) struct Context {
    /// If there are none, `POST`, and any if the method is covered.
    pub(super) methods: Vec<Box<str>>,
    pub(super) lines: Vec<ContextLine>,
    /// The texts of what is covered.
    pub(super) parts: Vec<Derived>,
    pub(super) is_bodiless: bool,
    pub(super) covers_body: bool,
    pub(super) url: UrlRule,
    pub(super) token: Option<Token>,
    /// The header that must be in the list of signed headers, because the timestamp is in it.
    listed_time: Option<HeaderName>,
    functions: &'static Functions,
}

/// Makes the context of a scheme from its texts.
pub(crate) type MakeContext = fn(&str, &str, &Notation) -> Box<Context>;

/// What reads a context. Nothing else refers to these functions, and only a scheme that needs them refers to
/// [`Context::new`]. So a program whose schemes do not need them contains neither them nor a JSON parser.
#[expect(clippy::type_complexity, reason = "each occurs once, and its parts are those of the function")]
struct Functions {
    read_head: fn(
        &Context,
        Option<RequestLine<'_>>,
        Option<&PublicUrl>,
        AnyHeaders<'_, '_>,
        (&[u8], u8),
    ) -> Result<Early, VerifyError>,
    read_body: fn(&Context, &Early, &[u8]) -> Result<Vec<Late>, VerifyError>,
    read_token: for<'l> fn(
        &'l Plan,
        &'l Token,
        &'l Late,
        (Algorithm, Digest),
        &Facts<'_>,
    ) -> Result<Option<Parts<'l>>, VerifyError>,
}

static FUNCTIONS: Functions =
    Functions { read_head: Context::read_head, read_body: Context::read_body, read_token: Plan::read_this_token };

/// What the query of a request must be, compared with that of the public URL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlRule {
    /// The URL is not covered.
    Unused,
    /// That one: beside it is something that varies.
    Exact,
    /// That one, or that one and after it what the provider added.
    Begins,
}

/// A line of the query or of the body, or a header that contains a hash of the body.
pub(super) struct ContextLine {
    pub(super) place: Place,
    pub(super) wants: Wants,
    pub(super) prefix: Box<str>,
}

pub(super) enum Place {
    Header(HeaderName),
    Query(Box<str>),
    Field(Path),
    Form(Path),
    /// The body itself.
    Body,
}

#[derive(Clone, Copy)]
pub(super) enum Wants {
    Mac,
    Time(TimeFormat),
    /// The secret itself, or its base64.
    Secret {
        is_base64: bool,
    },
    Hash(HashForm),
    /// The id of the key.
    Key,
    /// One of those that the receiver allows.
    Allowed,
    /// A token, or a signature of that form.
    Token,
    /// Nothing after the prefix, which is all of it.
    Constant,
}

/// A covered text that is not simply a header.
pub(super) enum Derived {
    Method {
        border: Option<Border>,
    },
    Url {
        part: UrlPart,
        border: Option<Border>,
    },
    Value {
        place: Place,
        border: Option<Border>,
        is_optional: bool,
    },
    Form,
    /// After a `?` in the content, there must be one.
    Query {
        is_encoded: bool,
        border: Option<Border>,
        is_marked: bool,
    },
    Hash(HashForm),
    SignedHeaders {
        border: Option<Border>,
    },
    SignedValues {
        joiner: u8,
        with_names: bool,
    },
}

/// What the head of a request says, before its body is known.
#[derive(Default)]
pub(crate) struct Early {
    /// For each line and each part; `None` where the body decides.
    lines: Vec<Option<String>>,
    parts: Vec<Option<Vec<u8>>>,
    is_form: bool,
    /// Whether the method is one that the scheme has without naming any.
    is_posted: bool,
}

/// What one element of a batch says, or the only one.
pub(crate) struct Late {
    /// In the order of the scheme's lines.
    pub(super) lines: Vec<Option<String>>,
    /// The texts of what is covered.
    pub(crate) parts: Vec<Vec<u8>>,
}

impl Context {
    /// That of a scheme which [reads more](Notation::reads_more) than headers.
    pub(super) fn new(headers: &str, covers: &str, notation: &Notation) -> Box<Context> {
        let lines = notation.lines.get(..notation.line_count).unwrap_or_default();
        let pieces = notation.pieces.get(..notation.piece_count).unwrap_or_default();
        let covers_body = pieces.iter().any(|piece| matches!(piece, Piece::Body));
        let methods = notation.methods.of(headers).split('|').map(str::trim).filter(|method| !method.is_empty());
        let context_line = |line: &Line| {
            let (prefix, wants) = match line.value {
                Value::Signature(signature) => (signature.mac.prefix, Wants::Mac),
                Value::Timestamp { prefix, format } => (prefix, Wants::Time(format)),
                Value::Secret { prefix, is_base64 } => (prefix, Wants::Secret { is_base64 }),
                Value::BodyHash { prefix, form } => (prefix, Wants::Hash(form)),
                Value::Key { prefix } => (prefix, Wants::Key),
                Value::Allowed { prefix } => (prefix, Wants::Allowed),
                Value::Token { prefix, .. } => (prefix, Wants::Token),
                Value::Constant(text) => (text, Wants::Constant),
                Value::Id { prefix } | Value::SignedHeaders { prefix, .. } => (prefix, Wants::Constant),
            };
            let place = match line.place.half {
                Half::Header => {
                    Place::Header(name(line.names.first().map(|span| span.of(headers)).unwrap_or_default()))
                }
                _ => Place::new(headers, notation, &line.place),
            };
            ContextLine { place, wants, prefix: prefix.of(headers).into() }
        };
        let is_time = |line: &&Line| line.is_header() && matches!(line.value, Value::Timestamp { .. });
        let listed_time = lines.iter().find(is_time).filter(|line| is_timestamp_listed(notation, line));
        Box::new(Context {
            functions: &FUNCTIONS,
            methods: methods.map(Box::from).collect(),
            lines: lines.iter().filter(|line| line.is_of_context()).map(context_line).collect(),
            parts: pieces
                .iter()
                .enumerate()
                .filter_map(|(at, piece)| Derived::new(covers, notation, at, piece))
                .collect(),
            is_bodiless: notation.is_bodiless,
            covers_body,
            url: UrlRule::new(notation, pieces),
            token: lines.iter().find_map(|line| match line.value {
                Value::Token { is_detached, .. } => Some(Token::new(covers, notation, is_detached)),
                _ => None,
            }),
            listed_time: listed_time.and_then(|line| line.names.first()).map(|span| name(span.of(headers))),
        })
    }

    /// The format of a timestamp in the query or the body.
    pub(super) fn time_format(&self) -> Option<TimeFormat> {
        let of_token = || self.token.as_ref().filter(|token| token.has_timestamp()).map(|_| TimeFormat::Seconds);
        let of_line = |line: &ContextLine| match line.wants {
            Wants::Time(format) => Some(format),
            _ => None,
        };
        self.lines.iter().find_map(of_line).or_else(of_token)
    }

    pub(super) fn names_key(&self) -> bool {
        self.token.is_some() || self.lines.iter().any(|line| matches!(line.wants, Wants::Key))
    }

    /// Whether the public URL must be known.
    pub(crate) fn needs_url(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Derived::Url { .. }))
            || self.token.as_ref().is_some_and(Token::has_url)
    }

    /// Whether a value is compared with those that the receiver allows.
    pub(crate) fn needs_allowed(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.wants, Wants::Allowed))
            || self.token.as_ref().is_some_and(Token::has_allowed)
    }

    /// Whether headers and body are not enough.
    fn needs_line(&self) -> bool {
        let of_query = |place: &Place| matches!(place, Place::Query(_));
        !self.methods.is_empty()
            || self.lines.iter().any(|line| of_query(&line.place))
            || self.parts.iter().any(|part| match part {
                Derived::Method { .. } | Derived::Url { .. } | Derived::Query { .. } => true,
                Derived::Value { place, .. } => of_query(place),
                _ => false,
            })
    }

    /// Whether the scheme's secret is in the request, and is written there in base64.
    fn token(&self) -> Option<bool> {
        self.lines.iter().find_map(|line| match line.wants {
            Wants::Secret { is_base64 } => Some(is_base64),
            _ => None,
        })
    }
}

impl UrlRule {
    fn new(notation: &Notation, pieces: &[Piece]) -> UrlRule {
        let has_query =
            |piece: &Piece| matches!(piece, Piece::Url(UrlPart::Whole | UrlPart::Target | UrlPart::EncodedTarget));
        let has = |wanted: fn(&Piece) -> bool| pieces.iter().any(wanted);
        let has_url = has(|piece| matches!(piece, Piece::Url(_)));
        let covers_query = pieces.iter().any(has_query) || has(|piece| matches!(piece, Piece::Query { .. }));
        // A form begins with any text, so it could also be the end of the query.
        let has_form = has(|piece| matches!(piece, Piece::Form));
        match has_url {
            true if has_form || notation.needs_exact_url() => UrlRule::Exact,
            true if covers_query => UrlRule::Begins,
            _ => UrlRule::Unused,
        }
    }
}

impl Place {
    fn new(text: &str, notation: &Notation, place: &crate::place::Place) -> Place {
        match place.half {
            Half::Header => Place::Header(name(place.name.of(text))),
            Half::Query => Place::Query(place.name.of(text).into()),
            Half::Body if place.is_whole() => Place::Body,
            Half::Body => Place::Field(Path::new(text, &notation.steps, place)),
            Half::Form => Place::Form(Path::new(text, &notation.steps, place)),
        }
    }

    /// As written in a scheme.
    fn name(&self) -> String {
        match self {
            Place::Header(name) => name.to_string(),
            Place::Query(name) => format!("?{name}"),
            Place::Field(path) => path.name().to_owned(),
            Place::Form(path) => format!("&{}", path.name()),
            Place::Body => "the body".to_owned(),
        }
    }
}

impl Derived {
    fn new(covers: &str, notation: &Notation, at: usize, piece: &Piece) -> Option<Derived> {
        let border = || super::plan::border(covers, notation, at);
        Some(match *piece {
            Piece::Literal { .. }
            | Piece::Body
            | Piece::Id
            | Piece::Key
            | Piece::Timestamp
            | Piece::Header(_)
            | Piece::Secret => return None,
            Piece::Method => Derived::Method { border: border() },
            Piece::Url(part) => Derived::Url { part, border: border() },
            Piece::Value { place, .. } => Derived::Value {
                place: Place::new(covers, notation, &place),
                border: border(),
                is_optional: place.is_optional,
            },
            Piece::Form => Derived::Form,
            Piece::Query { is_encoded } => {
                let before = at.checked_sub(1).and_then(|at| notation.pieces.get(at));
                let is_marked = matches!(before, Some(Piece::Literal { text, .. }) if text.of(covers).ends_with('?'));
                Derived::Query { is_encoded, border: border(), is_marked }
            }
            Piece::BodyHash(form) => Derived::Hash(form),
            Piece::SignedHeaders => Derived::SignedHeaders { border: border() },
            Piece::SignedValues { joiner, with_names } => Derived::SignedValues { joiner, with_names },
        })
    }
}

const NO_PREFIX: &str = "does not begin as the scheme says";
const OTHER_CONSTANT: &str = "is not what the scheme sets it to";
const OTHER_METHOD: &str = "is not one that the scheme has";
const NOT_EMPTY: &str = "is not empty";
const NOT_A_FORM: &str = "is not a form, by its `Content-Type`";

/// Whether an error says that a request lacks something of the scheme, so that it may have another scheme. What is there and
/// wrong decides instead.
pub(crate) fn is_absence(error: &VerifyError) -> bool {
    match error {
        VerifyError::Missing { .. } | VerifyError::MissingHeader { .. } => true,
        VerifyError::Malformed { problem, .. } => {
            [OTHER_METHOD, OTHER_CONSTANT, NOT_EMPTY, NOT_A_FORM].contains(problem)
        }
        _ => false,
    }
}

const NOT_SIGNABLE: &str =
    "contains the signature or the secret, and is not a header: such requests can be verified, but not signed";

const UNSORTABLE: &str = "has a name or a value that cannot be told apart when it is sorted";

const BLURRED: &str = "runs into the text that separates it from its neighbour in the signed content";

/// A covered value, refused if it holds the text that separates it from its neighbour.
fn within(border: Option<&Border>, place: &str, text: Vec<u8>) -> Result<Vec<u8>, VerifyError> {
    match border {
        Some(border) if border.is_blurred_by(&text) || border.is_of_lines() && text.contains(&b'\n') => {
            Err(malformed(place, BLURRED))
        }
        _ => Ok(text),
    }
}

/// Another method than `POST`, under a scheme that names none.
pub(crate) fn not_posted() -> VerifyError {
    malformed("the method", "is not `POST`, and the scheme names no other")
}

fn missing(place: String) -> VerifyError {
    VerifyError::Missing { place }
}

fn repeated(place: String) -> VerifyError {
    VerifyError::Repeated { place }
}

fn malformed(place: impl Into<String>, problem: &'static str) -> VerifyError {
    VerifyError::Malformed { place: place.into(), problem }
}
