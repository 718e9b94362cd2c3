//! What the body of a request says.

use std::cell::OnceCell;

use super::{
    Context, ContextLine, Derived, Early, Late, NO_PREFIX, NOT_A_FORM, NOT_EMPTY, OTHER_CONSTANT, Place, UNSORTABLE,
    Wants, malformed, missing, not_posted, repeated, within,
};
use crate::codec;
use crate::error::VerifyError;
use crate::fields::{self, Flaw, Path, Row};
use crate::form::{Field, Pairs};
use crate::mac::sha256;
use crate::scheme::notation::HashForm;

impl Context {
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
        let hash = OnceCell::new();
        let hash = || hash.get_or_init(|| sha256([body]));
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
                lines.push(line.check(&value, &hash)?);
            }
            let mut parts = Vec::with_capacity(self.parts.len());
            for (part, early) in self.parts.iter().zip(&early.parts) {
                parts.push(match (part, early) {
                    (_, Some(text)) => text.clone(),
                    (Derived::Form, _) => form.sorted()?,
                    (Derived::Hash(form), _) => form.written(hash()),
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
            false if !early.is_posted => Err(not_posted()),
            false => Ok(found),
        }
    }
}

impl ContextLine {
    /// What is after the prefix, if that is what the line wants and the body does not contradict.
    fn check<'h>(&self, value: &str, hash: &impl Fn() -> &'h [u8; 32]) -> Result<Option<String>, VerifyError> {
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
            Wants::Hash(form) if !form.is(rest, hash()) => wrong("is not the hash of the body"),
            Wants::Constant | Wants::Hash(_) => Ok(None),
            Wants::Mac | Wants::Time(_) | Wants::Key | Wants::Allowed | Wants::Token | Wants::Secret { .. } => {
                Ok(Some(rest.to_owned()))
            }
        }
    }
}

impl HashForm {
    pub(in crate::scheme) fn of(self, body: &[u8]) -> Vec<u8> {
        self.written(&sha256([body]))
    }

    fn written(self, hash: &[u8; 32]) -> Vec<u8> {
        match self {
            HashForm::Bytes => hash.to_vec(),
            HashForm::Hex => codec::hex_text(hash).into_bytes(),
            HashForm::Base64 => codec::base64_text(hash).into_bytes(),
            HashForm::Base64Url => codec::base64url_text(hash).into_bytes(),
        }
    }

    /// Not in constant time: whoever sends a body can compute its hash. Hex may be in either case.
    pub(in crate::scheme) fn is(self, text: &str, hash: &[u8; 32]) -> bool {
        let ours = self.written(hash);
        if self == HashForm::Hex { text.as_bytes().eq_ignore_ascii_case(&ours) } else { text.as_bytes() == ours }
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
