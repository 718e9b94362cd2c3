//! A scheme in a file.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::algorithm::Algorithm;
use crate::error::ConfigError;
use crate::mac::Digest;
use crate::secret::SecretForm;

use super::{Scheme, TOLERANCE, lines};

/// The serialised form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default, skip_serializing_if = "Lines::is_empty")]
    headers: Lines,
    #[serde(default, skip_serializing_if = "Lines::is_empty")]
    body: Lines,
    covers: String,
    #[serde(default)]
    digest: Digest,
    /// Not `secret`: if somebody put a secret there, the error would contain it.
    #[serde(default)]
    secret_form: SecretForm,
    #[serde(default)]
    past: Limit,
    #[serde(default)]
    future: Limit,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    current_key_last: bool,
    #[serde(default, skip_serializing_if = "is_hmac")]
    algorithm: Algorithm,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    over_digest: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_hmac(algorithm: &Algorithm) -> bool {
    *algorithm == Algorithm::Hmac
}

impl TryFrom<File> for Scheme {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<Scheme, ConfigError> {
        let request = match file.body.0.as_str() {
            "" => file.headers.0,
            body => file.headers.0 + "\n\n" + body,
        };
        let scheme = Scheme::try_new(request, file.covers)?;
        Ok(Scheme {
            digest: file.digest,
            secret: file.secret_form,
            past: file.past.0,
            future: file.future.0,
            current_key_last: file.current_key_last,
            algorithm: file.algorithm,
            over_digest: file.over_digest,
            ..scheme
        })
    }
}

impl From<Scheme> for File {
    fn from(scheme: Scheme) -> File {
        File {
            headers: Lines(scheme.headers().to_owned()),
            body: Lines(scheme.body().to_owned()),
            covers: scheme.covers.into_owned(),
            digest: scheme.digest,
            secret_form: scheme.secret,
            past: Limit(scheme.past),
            future: Limit(scheme.future),
            current_key_last: scheme.current_key_last,
            algorithm: scheme.algorithm,
            over_digest: scheme.over_digest,
        }
    }
}

/// Lines of a request: one text, or a list of lines.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Lines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(lines(&self.0))
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lines, D::Error> {
        struct LinesVisitor;

        impl<'de> Visitor<'de> for LinesVisitor {
            type Value = Lines;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lines, as a string or a list of strings")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lines, E> {
                Ok(Lines(text.to_owned()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut lines: A) -> Result<Lines, A::Error> {
                let mut text = lines.next_element::<String>()?.unwrap_or_default();
                while let Some(line) = lines.next_element::<String>()? {
                    text.push('\n');
                    text.push_str(&line);
                }
                Ok(Lines(text))
            }
        }

        deserializer.deserialize_any(LinesVisitor)
    }
}

/// One side of the window: seconds, or `"any"`.
struct Limit(Option<u32>);

impl Limit {
    const ANY: &'static str = "any";
}

impl Default for Limit {
    fn default() -> Limit {
        Limit(TOLERANCE)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(seconds) => serializer.serialize_u32(seconds),
            None => serializer.serialize_str(Limit::ANY),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Limit, D::Error> {
        struct LimitVisitor;

        impl Visitor<'_> for LimitVisitor {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole seconds up to 4294967295, or \"any\"")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Limit, E> {
                let limit = u32::try_from(seconds);
                limit.map(|s| Limit(Some(s))).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(seconds), &self))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Limit, E> {
                match u64::try_from(seconds) {
                    Ok(seconds) => self.visit_u64(seconds),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(seconds), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
                match text {
                    Limit::ANY => Ok(Limit(None)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(LimitVisitor)
    }
}
