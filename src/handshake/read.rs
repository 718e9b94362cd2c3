//! Whether a request is a handshake, and what it asks.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::form::{self, Pairs};
use crate::headers::Found;
use crate::mac::is_same_key;
use crate::place::{Half, Place, Step};
use crate::request::Target;

use super::{Alphabet, Handshake, Line, Wants};

/// The most of a value that is looked at.
const MAX_VALUE: usize = 512;

/// The largest body of a handshake. Deliveries may be larger, and are then no handshakes.
const MAX_BODY: usize = 64 << 10;

/// What the headers and the query of a request asked, before its body is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(super) challenge: Option<String>,
}

impl Asked {
    pub(crate) fn of(challenge: String) -> Asked {
        Asked { challenge: Some(challenge) }
    }

    pub(crate) fn challenge(&self) -> &str {
        self.challenge.as_deref().unwrap_or_default()
    }
}

/// What the headers and the query of a request say.
#[derive(Debug)]
pub(crate) enum Head {
    /// It has another method.
    Other,
    /// It is not this handshake, because of this place, and why. Deliveries end here too, so no text is made yet.
    Unfit(Place, &'static str),
    /// It is, but with another verify token, or there is none to compare with.
    WrongToken(Asked),
    Asked(Asked),
}

impl Handshake {
    /// Whether it is decided by the headers and the query alone.
    pub(crate) fn is_all_head(&self) -> bool {
        self.lines().all(|line| !is_of_body(line))
    }

    pub(crate) fn method(&self) -> &'static str {
        self.method.name()
    }

    /// Reads the headers and the query. `verify_token` is the receiver's.
    pub(crate) fn read_head(&self, target: &Target<'_, '_>, verify_token: Option<&str>) -> Head {
        if !target.line.method.eq(self.method.name()) {
            return Head::Other;
        }
        let (mut asked, mut is_right) = (Asked { challenge: None }, true);
        for line in self.lines().filter(|line| !is_of_body(line)) {
            let name = self.text(line.place.name);
            let value = match line.place.half {
                Half::Query => target.query(name),
                _ => match target.headers.header(name) {
                    Found::Once(value) => std::str::from_utf8(value).ok().map(Cow::Borrowed),
                    Found::Missing | Found::Repeated => None,
                },
            };
            let Some(value) = value else {
                return Head::Unfit(line.place, "is not in the request, or not once");
            };
            match line.wants {
                Wants::VerifyToken => is_right = is_token(verify_token, &value),
                _ if self.take(line, &value, &mut asked) => {}
                _ => return Head::Unfit(line.place, "has another value than a handshake"),
            }
        }
        if is_right { Head::Asked(asked) } else { Head::WrongToken(asked) }
    }

    /// Says for the log what is wrong in a place.
    pub(crate) fn describe(&self, place: &Place, problem: &str) -> String {
        let mark = if place.half == Half::Query { "?" } else { "" };
        format!("`{mark}{}` {problem}", self.text(place.name))
    }

    /// Reads the fields of the body. `None` if it is not this handshake.
    pub(crate) fn read_body(&self, mut asked: Asked, body: &[u8], verify_token: Option<&str>) -> Option<Head> {
        let mut is_right = true;
        for line in self.lines().filter(|line| is_of_body(line)) {
            let value = (body.len() <= MAX_BODY).then(|| self.field(line, body)).flatten()?;
            match line.wants {
                Wants::VerifyToken => is_right = is_token(verify_token, &value),
                _ => self.take(line, &value, &mut asked).then_some(())?,
            }
        }
        Some(if is_right { Head::Asked(asked) } else { Head::WrongToken(asked) })
    }

    /// Whether a value is what its line wants.
    fn take(&self, line: &Line, value: &str, asked: &mut Asked) -> bool {
        match line.wants {
            Wants::Constant(text) => self.text(text) == value,
            Wants::Challenge(alphabet) => {
                asked.challenge = Some(value.to_owned());
                alphabet.admits(value)
            }
            Wants::NewSecret => {
                asked.challenge = Some(value.to_owned());
                Alphabet::Token.admits(value)
            }
            Wants::VerifyToken => false,
        }
    }

    /// The text of a string or a number in the body, or of a field of a form.
    fn field(&self, line: &Line, body: &[u8]) -> Option<String> {
        if line.place.half == Half::Form {
            return match Pairs::read_bounded(body)?.field(self.text(line.place.name)) {
                form::Field::Once(value) => Some(value.to_owned()),
                form::Field::Missing | form::Field::Repeated => None,
            };
        }
        let mut json = std::str::from_utf8(body).ok()?;
        for step in self.steps.of(&line.place) {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            let value = match step {
                Step::Field(name) => deserializer.deserialize_map(Field(self.text(*name))).ok()?,
                _ => Some(<[&RawValue; 1]>::deserialize(&mut deserializer).ok()?[0]),
            };
            deserializer.end().ok()?;
            json = value?.get();
        }
        match json.as_bytes().first()? {
            b'"' => serde_json::from_str(json).ok(),
            b'0'..=b'9' | b'-' => Some(json.to_owned()),
            _ => None,
        }
    }
}

fn is_of_body(line: &Line) -> bool {
    matches!(line.place.half, Half::Body | Half::Form)
}

fn is_token(verify_token: Option<&str>, value: &str) -> bool {
    verify_token.is_some_and(|token| is_same_key(token.as_bytes(), value.as_bytes()))
}

impl Alphabet {
    /// Whether a text can be in a challenge.
    pub(super) fn contains(self, text: &[u8]) -> bool {
        let (is_in, most): (fn(u8) -> bool, _) = match self {
            Alphabet::Visible => (|c| (c.is_ascii_graphic() || c == b' ') && !b"<>".contains(&c), MAX_VALUE),
            Alphabet::Token => (|c| c.is_ascii_alphanumeric() || b"-_+/=.".contains(&c), 256),
            Alphabet::Uuid => (|c| c.is_ascii_hexdigit() || c == b'-', 36),
            Alphabet::Hex => (|c| c.is_ascii_hexdigit(), 128),
            Alphabet::Digits => (|c| c.is_ascii_digit(), 20),
        };
        text.len() <= most && text.iter().all(|c| is_in(*c))
    }

    fn admits(self, value: &str) -> bool {
        // JSON has no number that begins with a zero.
        let is_number = self != Alphabet::Digits || value == "0" || !value.starts_with('0');
        // Nothing trims what comes back.
        let is_trimmed = value.trim_ascii() == value;
        !value.is_empty() && self.contains(value.as_bytes()) && is_number && is_trimmed
    }
}

/// One field of an object. One that occurs twice is an error.
struct Field<'n>(&'n str);

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<&'de RawValue>, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(IsNamed(self.0))? {
            match (is_it, found) {
                (false, _) => {
                    map.next_value::<IgnoredAny>()?;
                }
                (true, None) => found = Some(map.next_value()?),
                (true, Some(_)) => return Err(de::Error::custom("twice")),
            }
        }
        Ok(found)
    }
}

struct IsNamed<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for IsNamed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsNamed<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}
