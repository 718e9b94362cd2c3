//! What verifiers and signers ask of the context of a scheme.

use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::{ContextLine, Derived, Early, Late, NOT_SIGNABLE, Place, Wants, malformed};
use crate::algorithm::Algorithm;
use crate::candidates::Candidates;
use crate::codec;
use crate::error::{ConfigError, VerifyError};
use crate::headers::{AnyHeaders, Headers};
use crate::key::Key;
use crate::mac::{Digest, sha256};
use crate::request::{PublicUrl, RequestLine};
use crate::scheme::jwt::{Facts, Parts, Token};
use crate::scheme::plan::{Plan, Values};
use crate::scheme::write::put;
use crate::timestamp::{Now, Timestamp};

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
                let encoded = Zeroizing::new(if is_base64 { codec::base64_text(secret) } else { String::new() });
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
    pub(crate) fn reads_form(&self) -> bool {
        self.context.as_ref().is_some_and(|context| context.reads_form())
    }

    /// Whether requests list the headers that are signed.
    pub(crate) fn lists_headers(&self) -> bool {
        self.list_separator != 0
    }

    /// Writes what signed headers may contain: the hash of the body, and the scheme's own lines.
    pub(crate) fn write_context(&self, values: &Values<'_>, body: &[u8], headers: &mut HeaderMap) {
        self.remove_other_names(headers);
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
                put(headers, line, values.id);
            }
            if let Some((line, _)) = &family.timestamp {
                put(headers, line, values.timestamp);
            }
            if let Some(line) = &family.signed_headers {
                put(headers, line, b"-");
                let list = self.signed_headers(headers);
                put(headers, line, list.as_bytes());
            }
        }
    }

    /// The list of the headers that a signer signs: the timestamp's, and all that begin with `x-`, which nobody on the way
    /// sets.
    pub(crate) fn signed_headers(&self, headers: &HeaderMap) -> String {
        let Some(family) = self.families.first().filter(|_| self.list_separator != 0) else { return String::new() };
        let is_signature = |name: &str| family.signatures.iter().any(|line| line.name == *name);
        let is_time = |name: &str| family.timestamp.as_ref().is_some_and(|(line, _)| line.name == *name);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.retain(|name| name.starts_with("x-") && !is_signature(name) || is_time(name));
        names.sort_unstable();
        names.join(char::from(self.list_separator).encode_utf8(&mut [0; 4]))
    }

    pub(crate) fn read_body(&self, early: &Early, body: &[u8]) -> Result<Vec<Late>, VerifyError> {
        match &self.context {
            Some(context) => (context.functions.read_body)(context, early, body),
            None => Ok(vec![Late { lines: Vec::new(), parts: Vec::new() }]),
        }
    }

    /// The hash of what tells this request from others where its body does not: the sorted form, or of a request without a
    /// body the signed query, or else the signed id, or else the signed time and the headers that it lists; and the signed
    /// headers and method. What differs in each attempt to deliver an event is left out if it can.
    pub(crate) fn identity(
        &self,
        late: Option<&Late>,
        values: &Values<'_>,
        id: Option<&str>,
        url: Option<&PublicUrl>,
        is_empty: bool,
    ) -> Option<[u8; 32]> {
        let parts =
            || self.context.iter().flat_map(|context| &context.parts).zip(late.iter().flat_map(|late| &late.parts));
        let of_parts = |is_wanted: &dyn Fn(&Derived) -> bool| -> Vec<&[u8]> {
            parts().filter(|(part, _)| is_wanted(part)).map(|(_, text)| text.as_slice()).collect()
        };
        let forms = of_parts(&|part| matches!(part, Derived::Form));
        if !is_empty || !forms.is_empty() {
            return hash_of(&forms);
        }
        // What is registered is that of all events.
        let tells = |(part, text): &(&Derived, &Vec<u8>)| {
            part.is_of_query()
                && !text.is_empty()
                && url.and_then(|url| part.registered(url)).is_none_or(|registered| registered.as_bytes() != **text)
        };
        let mut texts: Vec<&[u8]> = parts().filter(tells).map(|(_, text)| text.as_slice()).collect();
        if texts.is_empty() {
            texts.extend(id.map(str::as_bytes));
        }
        if texts.is_empty() {
            texts.extend(Some(values.timestamp).filter(|time| !time.is_empty()));
            texts.extend(of_parts(&|part| matches!(part, Derived::SignedValues { .. })));
        }
        texts.extend(self.spliced.iter().zip(values.spliced).map(|(_, text)| text));
        texts.extend(of_parts(&|part| matches!(part, Derived::Method { .. })));
        hash_of(&texts)
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

    pub(super) fn read_this_token<'l>(
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
        let mut parts = token.split(&place, text, algorithm, digest)?;
        if let Some(key) = &parts.key {
            self.check_key(key.as_bytes()).map_err(|problem| malformed(place.as_str(), problem))?;
        }
        token.check(&place, &mut parts, self, facts)?;
        Ok(Some(parts))
    }

    /// Whether the body is a token.
    pub(crate) fn is_token(&self) -> bool {
        let mut lines = self.context.iter().flat_map(|context| &context.lines);
        lines.any(|line| matches!((&line.place, line.wants), (Place::Body, Wants::Token)))
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

/// The hash of texts, each after its length, if there are any.
fn hash_of(texts: &[&[u8]]) -> Option<[u8; 32]> {
    let lengths: Vec<[u8; 8]> = texts.iter().map(|text| (text.len() as u64).to_be_bytes()).collect();
    let parts = lengths.iter().map(<[u8; 8]>::as_slice).chain(texts.iter().copied());
    (!texts.is_empty()).then(|| sha256(parts))
}
