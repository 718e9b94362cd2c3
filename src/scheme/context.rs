//! What a scheme reads of a request beside header lines: its method, its URL, its query and its body.
//!
//! Most schemes have no such part, and no time is spent on it for them. The others are judged at the end, over a body that is
//! held as a whole.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::error::{ConfigError, VerifyError};
use crate::fields::{self, Flaw, Path, Row};
use crate::form::{self, Field, Pairs};
use crate::headers::{AnyHeaders, Found, Headers};
use crate::key::Key;
use crate::mac::{Candidates, Digest, sha256};
use crate::place::Half;
use crate::request::{PublicUrl, RequestLine};
use crate::timestamp::{Now, TimeFormat, Timestamp};

use super::border::Border;
use super::jwt::{Facts, Parts, Token};
use super::notation::{HashForm, Line, Notation, Piece, UrlPart, Value, is_timestamp_listed};
use super::plan::{Plan, Values, name};

/// The most names in a list of signed headers.
const MAX_SIGNED_HEADERS: usize = 32;

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
        let time_name = lines.iter().find(is_time).and_then(|line| line.names.first());
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
            listed_time: time_name.filter(|_| is_timestamp_listed(notation)).map(|span| name(span.of(headers))),
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

    /// Reads what the head says. An error says that the scheme is not that of the request.
    fn read_head(
        &self,
        line: Option<RequestLine<'_>>,
        url: Option<&PublicUrl>,
        headers: AnyHeaders<'_, '_>,
        listed: (&[u8], u8),
    ) -> Result<Early, VerifyError> {
        let line = match line {
            None if self.needs_line() => return Err(VerifyError::NoRequestLine),
            None => RequestLine { method: "POST", query: None },
            Some(line) => line,
        };
        if !self.admits(line.method) {
            return Err(malformed("the method", OTHER_METHOD));
        }
        let query = Pairs::read_bounded(line.query.unwrap_or_default().as_bytes());
        let query = || query.as_ref().ok_or_else(|| malformed("the query", "is not correctly encoded"));
        let parameter = |name: &str| match query()?.field(name) {
            Field::Once(value) => Ok(value.to_owned()),
            Field::Missing => Err(missing(format!("?{name}"))),
            Field::Repeated => Err(repeated(format!("?{name}"))),
        };
        let lines = self.lines.iter().map(|line| match &line.place {
            Place::Query(name) => parameter(name).map(Some),
            Place::Header(name) => header(headers, name).map(Some),
            Place::Field(_) | Place::Form(_) | Place::Body => Ok(None),
        });
        let lines = lines.collect::<Result<_, _>>()?;
        let signed = SignedHeaders { headers, list: listed.0, separator: listed.1 };
        if let Some(name) = &self.listed_time
            && !signed.names()?.any(|listed| listed == name.as_str())
        {
            return Err(malformed("the list of signed headers", "leaves out the timestamp"));
        }
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            parts.push(match part {
                Derived::Method { border } => Some(within(border.as_ref(), "the method", line.method.into())?),
                Derived::Url { part, border } => Some(self.url(*part, line.query, url, border.as_ref())?.into_bytes()),
                Derived::Query { is_encoded, border, is_marked } => {
                    let query = query()?;
                    if query.is_empty() && *is_marked {
                        return Err(missing("the query".to_owned()));
                    }
                    let text = if *is_encoded { query.encoded() } else { query.joined() };
                    let text = text.ok_or_else(|| malformed("the query", UNSORTABLE))?.into_bytes();
                    // One that configuration sets can hold anything.
                    let border = border.as_ref().filter(|_| self.url != UrlRule::Exact);
                    Some(within(border, "the query", text)?)
                }
                Derived::Value { place: Place::Query(name), border, .. } => {
                    Some(within(border.as_ref(), &format!("?{name}"), parameter(name)?.into_bytes())?)
                }
                Derived::SignedHeaders { border } => Some(within(border.as_ref(), OF_LIST, listed.0.to_vec())?),
                Derived::SignedValues { joiner, with_names } => Some(signed.values(*joiner, *with_names)?),
                Derived::Form | Derived::Hash(_) | Derived::Value { .. } => None,
            });
        }
        let is_covered = self.parts.iter().any(|part| matches!(part, Derived::Method { .. }));
        let is_posted = line.method == "POST" || is_covered || !self.methods.is_empty();
        Ok(Early { lines, parts, is_form: !self.reads_form() || is_form(headers)?, is_posted })
    }

    /// Whether the scheme is for requests with this method. One that is covered has upper-case letters only, so that it ends
    /// where a URL begins.
    fn admits(&self, method: &str) -> bool {
        let is_covered = self.parts.iter().any(|part| matches!(part, Derived::Method { .. }));
        let is_plain = !method.is_empty() && method.bytes().all(|c| c.is_ascii_uppercase());
        match self.methods.is_empty() {
            true => is_plain || !is_covered,
            false => self.methods.iter().any(|admitted| **admitted == *method),
        }
    }

    fn reads_form(&self) -> bool {
        let is_field = |place: &Place| matches!(place, Place::Form(_));
        self.lines.iter().any(|line| is_field(&line.place))
            || self.parts.iter().any(|part| match part {
                Derived::Form => true,
                Derived::Value { place, .. } => is_field(place),
                _ => false,
            })
    }

    /// The text of a part of the public URL, with the query of the request.
    fn url(
        &self,
        part: UrlPart,
        query: Option<&str>,
        url: Option<&PublicUrl>,
        border: Option<&Border>,
    ) -> Result<String, VerifyError> {
        let url = url.ok_or(VerifyError::NoRequestLine)?;
        let registered = url.query();
        let is_added = |registered: &str| {
            let added = query.and_then(|query| query.strip_prefix(registered));
            added.is_some_and(|added| added.is_empty() || added.starts_with('&'))
        };
        let is_right = match self.url {
            UrlRule::Unused => true,
            // `/hook?` is not `/hook`: the mark could be the first byte of the body.
            UrlRule::Exact => query == registered,
            UrlRule::Begins => registered.is_none_or(is_added),
        };
        if !is_right {
            return Err(malformed("the query", "is not that of the public URL"));
        }
        let text = written(part, url, query);
        // Configuration sets the rest, which ends where it says.
        let front = written(part, url, registered).len();
        let added = text.get(front..).unwrap_or_default().as_bytes().to_vec();
        within(border, "the query", added)?;
        Ok(text)
    }

    /// Reads what the body says: one for each element of a batch. An error says that the scheme is not that of the request.
    pub(super) fn read_body(&self, early: &Early, body: &[u8]) -> Result<Vec<Late>, VerifyError> {
        if self.is_bodiless && !body.is_empty() {
            return Err(malformed("the body", NOT_EMPTY));
        }
        let joins_values = |part: &Derived| matches!(part, Derived::SignedValues { with_names: false, .. });
        if self.parts.iter().any(joins_values) && !matches!(body.first(), Some(b'{' | b'[')) {
            return Err(malformed("the body", "does not begin like JSON, so it could be a part of the signed headers"));
        }
        let places = self.lines.iter().map(|line| &line.place);
        let covered = self.parts.iter().filter_map(|part| match part {
            Derived::Value { place, .. } => Some(place),
            _ => None,
        });
        let places: Vec<&Place> = places.chain(covered).collect();
        let rows = read_fields(&places, body)?;
        let form = FormBody::read(early.is_form, &places, &self.parts, body)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let (mut fields, mut in_form) = (row.into_iter(), form.texts().iter());
            let mut text = |place: &Place| match place {
                Place::Field(_) => Ok(fields.next().flatten()),
                Place::Form(_) => Ok(in_form.next().cloned().flatten()),
                Place::Body => match std::str::from_utf8(body) {
                    Ok(text) => Ok(Some(text.to_owned())),
                    Err(_) => Err(malformed("the body", "is not a token")),
                },
                Place::Header(_) | Place::Query(_) => Ok(None),
            };
            let mut lines = Vec::with_capacity(self.lines.len());
            for (line, early) in self.lines.iter().zip(&early.lines) {
                let value = match text(&line.place)? {
                    None => early.clone(),
                    value => value,
                };
                let value = value.ok_or_else(|| missing(line.place.name()))?;
                lines.push(line.check(&value, body)?);
            }
            let mut parts = Vec::with_capacity(self.parts.len());
            for (part, early) in self.parts.iter().zip(&early.parts) {
                parts.push(match (part, early) {
                    (_, Some(text)) => text.clone(),
                    (Derived::Form, _) => form.sorted()?,
                    (Derived::Hash(hash), _) => hash.of(body),
                    (Derived::Value { place, border, is_optional }, _) => match text(place)? {
                        Some(text) => within(border.as_ref(), &place.name(), text.into_bytes())?,
                        None if *is_optional => Vec::new(),
                        None => return Err(missing(place.name())),
                    },
                    _ => Vec::new(),
                });
            }
            found.push(Late { lines, parts });
        }
        match found.is_empty() {
            true => Err(malformed("the body", "has no event")),
            // This is the request's scheme, so no later one is asked.
            false if !early.is_posted => Err(malformed("the method", "is not `POST`, and the scheme names no other")),
            false => Ok(found),
        }
    }
}

/// For a scheme without a context, there is nothing to read.
impl Plan {
    pub(crate) fn token(&self) -> Option<bool> {
        self.context.as_ref()?.token()
    }

    pub(crate) fn read_context<H: Headers + ?Sized>(
        &self,
        line: Option<RequestLine<'_>>,
        url: Option<&PublicUrl>,
        headers: &H,
        values: &Values<'_>,
    ) -> Result<Early, VerifyError> {
        let listed = (values.signed_headers, self.list_separator);
        match &self.context {
            Some(context) => {
                let find = |name: &HeaderName| headers.find(name);
                (context.functions.read_head)(context, line, url, AnyHeaders::new(&find), listed)
            }
            None => Ok(Early::default()),
        }
    }

    /// Whether a signer can write all that the scheme needs.
    pub(crate) fn check_signable(&self) -> Result<(), ConfigError> {
        let lines = self.context.iter().flat_map(|context| &context.lines);
        let mut outside = lines.filter(|line| !matches!(line.place, Place::Header(_)));
        let is_written = |line: &&ContextLine| !matches!(line.wants, Wants::Constant | Wants::Hash(_) | Wants::Time(_));
        let names_key = self.names_key();
        let unsignable = |piece: String, problem| Err(ConfigError::Invalid { field: "headers", piece, problem });
        match outside.find(is_written) {
            Some(line) => unsignable(line.place.name(), NOT_SIGNABLE),
            None if self.context.as_ref().is_some_and(|context| context.token.is_some()) => {
                unsignable(String::new(), "contain a token, so the scheme can only be verified")
            }
            None if names_key => unsignable(String::new(), "name the key, so the scheme can only be verified"),
            None if self.is_plain() => unsignable(String::new(), "sign with a plain hash, which can only be verified"),
            None => Ok(()),
        }
    }

    /// The header that contains the secret itself.
    pub(crate) fn token_header(&self, secret: &[u8]) -> Result<Option<(HeaderName, HeaderValue)>, ConfigError> {
        let lines = self.context.iter().flat_map(|context| &context.lines);
        for line in lines {
            if let (Place::Header(name), Wants::Secret { is_base64 }) = (&line.place, line.wants) {
                let encoded = Zeroizing::new(if is_base64 { crate::codec::base64_text(secret) } else { String::new() });
                let text = if is_base64 { encoded.as_bytes() } else { secret };
                let value = HeaderValue::from_bytes(&[line.prefix.as_bytes(), text].concat());
                let mut value =
                    value.map_err(|_| ConfigError::MalformedSecret { key: Key::Current, form: "visible ASCII" })?;
                value.set_sensitive(true);
                return Ok(Some((name.clone(), value)));
            }
        }
        Ok(None)
    }

    /// The query parameters that contain a hash of the body, with their values.
    #[allow(dead_code, reason = "for the test kit")]
    pub(crate) fn query_of<'l>(&'l self, body: &'l [u8]) -> impl Iterator<Item = (&'l str, Vec<u8>)> {
        let lines = self.context.iter().flat_map(|context| &context.lines);
        lines.filter_map(|line| match (&line.place, line.wants) {
            (Place::Query(name), Wants::Hash(form)) => {
                Some((&**name, [line.prefix.as_bytes(), &form.of(body)].concat()))
            }
            _ => None,
        })
    }

    /// Whether the scheme reads a form.
    #[allow(dead_code, reason = "for the test kit")]
    pub(crate) fn reads_form(&self) -> bool {
        let is_of_form = |place: &Place| matches!(place, Place::Form(_));
        self.context.as_ref().is_some_and(|context| {
            context.lines.iter().any(|line| is_of_form(&line.place))
                || context.parts.iter().any(|part| match part {
                    Derived::Form => true,
                    Derived::Value { place, .. } => is_of_form(place),
                    _ => false,
                })
        })
    }

    /// Whether requests list the headers that are signed.
    pub(crate) fn lists_headers(&self) -> bool {
        self.list_separator != 0
    }

    /// Writes what signed headers may contain: the hash of the body, and the scheme's own lines.
    pub(crate) fn write_context(&self, values: &Values<'_>, body: &[u8], headers: &mut HeaderMap) {
        for line in self.context.iter().flat_map(|context| &context.lines) {
            if let (Place::Header(name), Wants::Hash(form)) = (&line.place, line.wants)
                && let Ok(value) = HeaderValue::from_bytes(&[line.prefix.as_bytes(), &form.of(body)].concat())
            {
                headers.insert(name.clone(), value);
            }
        }
        if let Some(family) = self.families.first().filter(|_| self.list_separator != 0) {
            for (name, value) in &family.constants {
                headers.insert(name.clone(), value.clone());
            }
            if let Some(line) = &family.id {
                super::write::put(headers, line, values.id);
            }
            if let Some((line, _)) = &family.timestamp {
                super::write::put(headers, line, values.timestamp);
            }
            if let Some(line) = &family.signed_headers {
                super::write::put(headers, line, b"-");
                let list = self.signed_headers(headers);
                super::write::put(headers, line, list.as_bytes());
            }
        }
    }

    /// The list of the headers that a signer signs: the timestamp's, and all that begin with `x-`, which nobody on the way
    /// sets.
    pub(crate) fn signed_headers(&self, headers: &HeaderMap) -> String {
        let Some(family) = self.families.first().filter(|_| self.list_separator != 0) else { return String::new() };
        let is_own = |name: &str| !family.signatures.iter().any(|line| line.name == *name);
        let is_time = |name: &str| family.timestamp.as_ref().is_some_and(|(line, _)| line.name == *name);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.retain(|name| name.starts_with("x-") && is_own(name) || is_time(name));
        names.sort_unstable();
        names.join(char::from(self.list_separator).encode_utf8(&mut [0; 4]))
    }

    pub(crate) fn read_body(&self, early: &Early, body: &[u8]) -> Result<Vec<Late>, VerifyError> {
        match &self.context {
            Some(context) => (context.functions.read_body)(context, early, body),
            None => Ok(vec![Late { lines: Vec::new(), parts: Vec::new() }]),
        }
    }

    /// The hash of what tells this request from others where its body does not: the sorted form, or else the query of a request
    /// without a body. What differs in each attempt to deliver an event is left out.
    pub(crate) fn identity(&self, late: &Late, body: &[u8]) -> Option<[u8; 32]> {
        let context = self.context.as_ref()?;
        let has_form = context.parts.iter().any(|part| matches!(part, Derived::Form));
        let is_wanted = |part: &Derived| match part {
            Derived::Form => true,
            Derived::Url { part: UrlPart::Whole | UrlPart::Target | UrlPart::EncodedTarget, .. }
            | Derived::Query { .. }
            | Derived::Value { place: Place::Query(_), .. } => body.is_empty() && !has_form,
            _ => false,
        };
        let wanted = || context.parts.iter().zip(&late.parts).filter(|(part, _)| is_wanted(part)).map(|(_, text)| text);
        let lengths: Vec<[u8; 8]> = wanted().map(|text| (text.len() as u64).to_be_bytes()).collect();
        let texts = lengths.iter().map(<[u8; 8]>::as_slice).chain(wanted().map(Vec::as_slice));
        (!lengths.is_empty()).then(|| sha256(texts))
    }

    fn lines<'l>(&'l self, late: &'l Late) -> impl Iterator<Item = (&'l ContextLine, &'l str)> {
        let lines = self.context.iter().flat_map(|context| &context.lines);
        lines.zip(&late.lines).filter_map(|(line, text)| Some((line, text.as_deref()?)))
    }

    /// The secret that the request contains, if that is how the scheme works.
    pub(crate) fn token_of<'l>(&'l self, late: &'l Late) -> Option<&'l str> {
        self.lines(late).find(|(line, _)| matches!(line.wants, Wants::Secret { .. })).map(|(_, text)| text)
    }

    /// The token of a request, with its claims checked.
    pub(crate) fn read_token<'l>(
        &'l self,
        late: &'l Late,
        algorithm: Algorithm,
        digest: Digest,
        facts: &Facts<'_>,
    ) -> Result<Option<Parts<'l>>, VerifyError> {
        let Some(context) = &self.context else { return Ok(None) };
        match &context.token {
            Some(token) => (context.functions.read_token)(self, token, late, (algorithm, digest), facts),
            None => Ok(None),
        }
    }

    fn read_this_token<'l>(
        &'l self,
        token: &'l Token,
        late: &'l Late,
        (algorithm, digest): (Algorithm, Digest),
        facts: &Facts<'_>,
    ) -> Result<Option<Parts<'l>>, VerifyError> {
        let Some((line, text)) = self.lines(late).find(|(line, _)| matches!(line.wants, Wants::Token)) else {
            return Ok(None);
        };
        let place = line.place.name();
        let parts = token.split(&place, text, algorithm, digest)?;
        if let Some(key) = &parts.key {
            self.check_key(key.as_bytes()).map_err(|problem| malformed(place.as_str(), problem))?;
        }
        token.check(&place, &parts, self, facts)?;
        Ok(Some(parts))
    }

    /// Whether the content of a token is outside of it.
    pub(crate) fn is_detached(&self) -> bool {
        self.context.as_ref().and_then(|context| context.token.as_ref()).is_some_and(|token| token.is_detached)
    }

    /// Checks the value that must be among those allowed.
    pub(crate) fn check_allowed(&self, late: &Late, allowed: &[String]) -> Result<(), VerifyError> {
        match self.lines(late).find(|(line, _)| matches!(line.wants, Wants::Allowed)) {
            Some((line, text)) if !allowed.iter().any(|allowed| allowed == text) => {
                Err(VerifyError::NotAllowed { place: line.place.name() })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn needs_allowed(&self) -> bool {
        self.context.as_ref().is_some_and(|context| context.needs_allowed())
    }

    /// The id of the key, where it is not in a header.
    pub(crate) fn key_of<'l>(&'l self, late: &'l Late) -> Result<Option<&'l str>, VerifyError> {
        let Some((line, text)) = self.lines(late).find(|(line, _)| matches!(line.wants, Wants::Key)) else {
            return Ok(None);
        };
        self.check_key(text.as_bytes()).map_err(|problem| malformed(line.place.name(), problem))?;
        Ok(Some(text))
    }

    /// The timestamp, where it is not in a header.
    pub(crate) fn time_of<'l>(&'l self, late: &'l Late, now: Now) -> Result<Option<(&'l str, Timestamp)>, VerifyError> {
        let time = self.lines(late).find_map(|(line, text)| match line.wants {
            Wants::Time(format) => Some((line, text, format)),
            _ => None,
        });
        let Some((line, text, format)) = time else { return Ok(None) };
        let wrong = |problem| malformed(line.place.name(), problem);
        Ok(Some((text, self.check_moment(text.as_bytes(), format, || now, wrong)?)))
    }

    /// Adds the signatures that are not in headers.
    pub(crate) fn add_signatures<'l>(
        &'l self,
        late: &'l Late,
        candidates: &mut Candidates<'l>,
    ) -> Result<(), VerifyError> {
        let Some((line, text)) = self.lines(late).find(|(line, _)| matches!(line.wants, Wants::Mac)) else {
            return Ok(());
        };
        candidates.add(text.as_bytes());
        if candidates.is_empty() { Err(malformed(line.place.name(), candidates.absence())) } else { Ok(()) }
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

impl ContextLine {
    /// What is after the prefix, if that is what the line wants and the body does not contradict.
    fn check(&self, value: &str, body: &[u8]) -> Result<Option<String>, VerifyError> {
        // The word before credentials may be in any case (RFC 9110, section 11.1).
        let is_scheme = matches!(&self.place, Place::Header(name) if *name == http::header::AUTHORIZATION);
        let front = value.get(..self.prefix.len());
        let begins = front.is_some_and(|front| match is_scheme {
            true => front.eq_ignore_ascii_case(&self.prefix),
            false => *front == *self.prefix,
        });
        let wrong = |problem| Err(malformed(self.place.name(), problem));
        let Some(rest) = value.get(self.prefix.len()..).filter(|_| begins) else {
            return wrong(if matches!(self.wants, Wants::Constant) { OTHER_CONSTANT } else { NO_PREFIX });
        };
        match self.wants {
            Wants::Constant if !rest.is_empty() => wrong(OTHER_CONSTANT),
            Wants::Hash(form) if !form.is(rest, body) => wrong("is not the hash of the body"),
            Wants::Constant | Wants::Hash(_) => Ok(None),
            Wants::Mac | Wants::Time(_) | Wants::Key | Wants::Allowed | Wants::Token | Wants::Secret { .. } => {
                Ok(Some(rest.to_owned()))
            }
        }
    }
}

impl HashForm {
    pub(super) fn of(self, body: &[u8]) -> Vec<u8> {
        let hash = sha256([body]);
        match self {
            HashForm::Bytes => hash.to_vec(),
            HashForm::Hex => crate::codec::hex_text(&hash).into_bytes(),
            HashForm::Base64 => crate::codec::base64_text(&hash).into_bytes(),
            HashForm::Base64Url => crate::codec::base64url_text(&hash).into_bytes(),
        }
    }

    /// Not in constant time: whoever sends a body can compute its hash. Hex may be in either case.
    pub(super) fn is(self, text: &str, body: &[u8]) -> bool {
        let ours = self.of(body);
        if self == HashForm::Hex { text.as_bytes().eq_ignore_ascii_case(&ours) } else { text.as_bytes() == ours }
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

fn written(part: UrlPart, url: &PublicUrl, query: Option<&str>) -> String {
    let with_query = |front: &str| front.to_owned() + &query.map(|query| format!("?{query}")).unwrap_or_default();
    match part {
        UrlPart::Whole => with_query(url.without_query()),
        UrlPart::WithoutQuery => url.without_query().to_owned(),
        UrlPart::Path => url.path().to_owned(),
        UrlPart::Target => with_query(url.path()),
        UrlPart::EncodedTarget => {
            let query = query.filter(|query| !query.is_empty());
            let query = query.map(|query| format!("?{}", form::component(query)));
            form::address(&(url.path().to_owned() + &query.unwrap_or_default()))
        }
    }
}

/// The headers that a request lists as signed.
struct SignedHeaders<'f, 'h, 'l> {
    headers: AnyHeaders<'f, 'h>,
    list: &'l [u8],
    separator: u8,
}

const OF_LIST: &str = "the list of signed headers";

impl<'l> SignedHeaders<'_, '_, 'l> {
    fn names(&self) -> Result<impl Iterator<Item = &'l str> + use<'l>, VerifyError> {
        let list = std::str::from_utf8(self.list).map_err(|_| malformed(OF_LIST, "is not ASCII"))?;
        // The names are covered as they are written: in another case they would be another text for the same headers.
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|c| c.is_ascii_graphic() && !c.is_ascii_uppercase());
        let separator = char::from(self.separator);
        let count = list.split(separator).count();
        let mut sorted: Vec<&str> = list.split(separator).collect();
        sorted.sort_unstable();
        sorted.dedup();
        if count > MAX_SIGNED_HEADERS || sorted.len() < count || !list.split(separator).all(is_name) {
            return Err(malformed(OF_LIST, "does not consist of different names in lower case"));
        }
        Ok(list.split(separator))
    }

    /// The values, joined, or names and values, sorted and joined.
    fn values(&self, joiner: u8, with_names: bool) -> Result<Vec<u8>, VerifyError> {
        let mut names: Vec<&str> = self.names()?.collect();
        if with_names {
            names.sort_unstable();
        }
        let mut joined = Vec::new();
        for (place, text) in names.into_iter().enumerate() {
            let name =
                HeaderName::from_bytes(text.as_bytes()).map_err(|_| malformed(OF_LIST, "has what is no name"))?;
            let value = match self.headers.find(&name) {
                Found::Missing => return Err(VerifyError::MissingHeader { header: name }),
                Found::Repeated => return Err(VerifyError::RepeatedHeader { header: name }),
                Found::Once(value) => value.trim_ascii(),
            };
            if place > 0 {
                joined.push(joiner);
            }
            // A value without its name may contain the text that joins it to the next, but not the beginning of the body.
            let begins_body = |pair: &[u8]| matches!(pair, [one, b'{' | b'['] if *one == joiner);
            let is_blurred = match with_names {
                true => value.contains(&joiner),
                false => matches!(value, [b'{' | b'[', ..]) || value.windows(2).any(begins_body),
            };
            if is_blurred {
                let problem = "runs into the text that separates it from its neighbour in the signed content";
                return Err(VerifyError::MalformedHeader { header: name, problem });
            }
            if with_names {
                joined.extend_from_slice(text.as_bytes());
                joined.push(b':');
            }
            joined.extend_from_slice(value);
        }
        Ok(joined)
    }
}

/// The body as a form, if the scheme reads one.
enum FormBody {
    NotNeeded,
    /// With the texts of the places in it, in their order.
    Form {
        pairs: Pairs,
        texts: Vec<Option<String>>,
    },
}

impl FormBody {
    fn read(is_form: bool, places: &[&Place], parts: &[Derived], body: &[u8]) -> Result<FormBody, VerifyError> {
        let is_needed = places.iter().any(|place| matches!(place, Place::Form(_)))
            || parts.iter().any(|part| matches!(part, Derived::Form));
        if !is_needed {
            return Ok(FormBody::NotNeeded);
        }
        if !is_form {
            return Err(malformed("the body", NOT_A_FORM));
        }
        let pairs = Pairs::read_bounded(body).ok_or_else(|| malformed("the form", "is not correctly encoded"))?;
        let paths = places.iter().filter_map(|place| match place {
            Place::Form(path) => Some(path),
            _ => None,
        });
        let paths: Vec<&Path> = paths.collect();
        let mut texts: Vec<Option<String>> = vec![None; paths.len()];
        for (at, path) in paths.iter().enumerate() {
            let name = path.first();
            // The JSON in a field is read once for all paths that begin there.
            if paths.iter().take(at).any(|earlier| earlier.first() == name) {
                continue;
            }
            let value = match pairs.field(name) {
                Field::Missing => continue,
                Field::Repeated => return Err(repeated(format!("&{name}"))),
                Field::Once(value) => value,
            };
            let same: Vec<&Path> = paths.iter().filter(|path| path.first() == name).copied().collect();
            let row = fields::read_below(&same, value).map_err(|flaw| unreadable(&flaw))?;
            let slots = texts.iter_mut().zip(&paths).filter(|(_, path)| path.first() == name);
            slots.zip(row).for_each(|((slot, _), text)| *slot = text);
        }
        Ok(FormBody::Form { pairs, texts })
    }

    fn texts(&self) -> &[Option<String>] {
        match self {
            FormBody::NotNeeded => &[],
            FormBody::Form { texts, .. } => texts,
        }
    }

    fn sorted(&self) -> Result<Vec<u8>, VerifyError> {
        match self {
            FormBody::Form { pairs, .. } if !pairs.is_empty() => {
                pairs.run_together().map(String::into_bytes).ok_or_else(|| malformed("the form", UNSORTABLE))
            }
            _ => Err(missing("the form".to_owned())),
        }
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

fn read_fields(places: &[&Place], body: &[u8]) -> Result<Vec<Row>, VerifyError> {
    let paths: Vec<&Path> = places
        .iter()
        .filter_map(|place| match place {
            Place::Field(path) => Some(path),
            _ => None,
        })
        .collect();
    if paths.is_empty() {
        return Ok(vec![Row::new()]);
    }
    fields::read(&paths, body).map_err(|flaw| unreadable(&flaw))
}

fn unreadable(flaw: &Flaw<'_>) -> VerifyError {
    match flaw {
        Flaw::NotJson => malformed("the body", "is not JSON"),
        Flaw::TooMany => malformed("the body", "has more than 256 events"),
        Flaw::Repeated(path) => repeated((*path).to_owned()),
        Flaw::NotText(path) => malformed(*path, "is not a text or a number"),
    }
}

/// Whether the request may have a form, by its `Content-Type`: one that is missing says nothing.
fn is_form(headers: AnyHeaders<'_, '_>) -> Result<bool, VerifyError> {
    match headers.find(&CONTENT_TYPE) {
        Found::Missing => Ok(true),
        Found::Repeated => Err(VerifyError::RepeatedHeader { header: CONTENT_TYPE }),
        Found::Once(value) => {
            let kind = value.split(|c| *c == b';').next().unwrap_or_default().trim_ascii();
            Ok(kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded"))
        }
    }
}

fn header(headers: AnyHeaders<'_, '_>, name: &HeaderName) -> Result<String, VerifyError> {
    match headers.find(name) {
        Found::Missing => Err(VerifyError::MissingHeader { header: name.clone() }),
        Found::Repeated => Err(VerifyError::RepeatedHeader { header: name.clone() }),
        Found::Once(value) => std::str::from_utf8(value)
            .map(str::to_owned)
            .map_err(|_| VerifyError::MalformedHeader { header: name.clone(), problem: "is not UTF-8" }),
    }
}

/// A covered value, refused if it holds the text that separates it from its neighbour.
fn within(border: Option<&Border>, place: &str, text: Vec<u8>) -> Result<Vec<u8>, VerifyError> {
    match border {
        Some(border) if border.is_blurred_by(&text) || border.is_of_lines() && text.contains(&b'\n') => {
            Err(malformed(place, "runs into the text that separates it from its neighbour in the signed content"))
        }
        _ => Ok(text),
    }
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
