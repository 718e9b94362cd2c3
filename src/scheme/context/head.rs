//! What the head of a request says, before its body is known.

use http::HeaderName;
use http::header::CONTENT_TYPE;

use super::{
    BLURRED, Context, Derived, Early, OTHER_METHOD, Place, UNSORTABLE, UrlRule, malformed, missing, repeated, within,
};
use crate::error::VerifyError;
use crate::form::{self, Field, Pairs};
use crate::headers::{AnyHeaders, Found};
use crate::request::{PublicUrl, RequestLine};
use crate::scheme::border::Border;
use crate::scheme::notation::UrlPart;

/// The most names in a list of signed headers.
const MAX_SIGNED_HEADERS: usize = 32;

impl Context {
    /// Reads what the head says. An error says that the scheme is not that of the request.
    pub(super) fn read_head(
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

    pub(super) fn reads_form(&self) -> bool {
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
        let set = written(part, url, registered).len();
        let added = text.get(set..).unwrap_or_default().as_bytes().to_vec();
        within(border, "the query", added)?;
        match border {
            Some(border) if border.is_repeated_in(text.as_bytes(), set) => Err(malformed("the query", BLURRED)),
            _ => Ok(text),
        }
    }
}

impl Derived {
    /// Whether it has the query, or a part of it.
    pub(super) fn is_of_query(&self) -> bool {
        match self {
            Derived::Url { part, .. } => matches!(part, UrlPart::Whole | UrlPart::Target | UrlPart::EncodedTarget),
            Derived::Query { .. } | Derived::Value { place: Place::Query(_), .. } => true,
            _ => false,
        }
    }

    /// Its text in a request to the public URL, with no query but the registered one.
    pub(super) fn registered(&self, url: &PublicUrl) -> Option<String> {
        let query = || Pairs::read_bounded(url.query().unwrap_or_default().as_bytes());
        match self {
            Derived::Url { part, .. } => Some(written(*part, url, url.query())),
            Derived::Query { is_encoded: true, .. } => query()?.encoded(),
            Derived::Query { is_encoded: false, .. } => query()?.joined(),
            Derived::Value { place: Place::Query(name), .. } => match query()?.field(name) {
                Field::Once(value) => Some(value.to_owned()),
                Field::Missing | Field::Repeated => None,
            },
            _ => None,
        }
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
                return Err(VerifyError::MalformedHeader { header: name, problem: BLURRED });
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
