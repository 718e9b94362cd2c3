//! Forms (`application/x-www-form-urlencoded`), turned into the JSON that a shape reads.

use crate::error::EventError;
use crate::form::Pairs;
use crate::place::{Half, Step};

use super::shape::EventShape;

/// Whether a body is a form, where a provider sends both: JSON begins with a brace or a bracket. The header that says so
/// is rarely signed.
pub(crate) fn is_form(body: &[u8]) -> bool {
    !matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// A form as a JSON object of strings. A field into whose JSON a shape steps is put in as it is.
///
/// It takes at most six times the room: a control character as `\u0000`.
pub(crate) fn unfold(shapes: &[EventShape], body: &[u8]) -> Result<Vec<u8>, EventError> {
    let (mut json, mut names): (Vec<u8>, Vec<String>) = (vec![b'{'], Vec::new());
    for (name, value) in Pairs::read(body).ok_or(EventError::MalformedForm)?.into_list() {
        if !names.is_empty() {
            json.push(b',');
        }
        json.extend(quoted(&name)?);
        json.push(b':');
        if shapes.iter().any(|shape| shape.steps_into(&name)) {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&value);
            is_json.map_err(|error| EventError::Malformed { line: error.line(), column: error.column() })?;
            json.extend(value.into_bytes());
        } else {
            json.extend(quoted(&value)?);
        }
        names.push(name);
    }
    json.push(b'}');
    names.sort_unstable();
    let mut repeated = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]);
    match repeated.find(|name| shapes.iter().any(|shape| shape.names_field(name))) {
        Some(name) => Err(EventError::DuplicateField { field: name.clone() }),
        None => Ok(json),
    }
}

impl EventShape {
    fn steps_into(&self, name: &str) -> bool {
        self.lines().any(|(_, line)| {
            line.place.half == Half::Form
                && matches!(self.step(line, 0), Some(Step::Field(field)) if self.text(field) == name)
                && matches!(self.step(line, 1), Some(Step::Json))
        })
    }

    fn names_field(&self, name: &str) -> bool {
        self.lines().any(|(_, line)| matches!(self.step(line, 0), Some(Step::Field(field)) if self.text(field) == name))
    }
}

fn quoted(text: &str) -> Result<Vec<u8>, EventError> {
    serde_json::to_vec(text).map_err(|_| EventError::MalformedForm)
}
