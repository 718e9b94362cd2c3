//! A shape in a file: the body's lines as a list, or both halves as two lists.

use serde::{Deserialize, Serialize};

use super::EventShape;
use crate::error::ConfigError;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum File {
    Body(Vec<String>),
    Halves(Halves),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Halves {
    headers: Vec<String>,
    body: Vec<String>,
}

impl TryFrom<File> for EventShape {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<EventShape, ConfigError> {
        match file {
            File::Body(lines) => EventShape::try_new(lines.join("\n")),
            File::Halves(Halves { headers, body }) => {
                EventShape::try_new([headers.join("\n"), body.join("\n")].join("\n\n"))
            }
        }
    }
}

impl From<EventShape> for File {
    fn from(shape: EventShape) -> File {
        match shape.halves() {
            (headers, body) if headers.is_empty() => File::Body(body),
            (headers, body) => File::Halves(Halves { headers, body }),
        }
    }
}
