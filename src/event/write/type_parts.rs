//! An event's type, divided among the lines of a shape.

use crate::error::EventError;
use crate::event::shape::{EventShape, MAX_LINES, Meaning};
use crate::event::{Event, STEMS};

use super::missing;

/// What an error calls a type that no line has a name for.
pub(super) const UNNAMED: &str = "{type}";

/// A part of the type for each line that has one.
pub(super) struct TypeParts<'e> {
    of_lines: [Option<&'e str>; MAX_LINES],
    /// The name of the field that is named by the type.
    pub(super) unnamed: &'e str,
}

impl<'e> TypeParts<'e> {
    pub(super) fn of(&self, line: usize) -> Option<&'e str> {
        self.of_lines.get(line).copied().flatten()
    }
}

impl EventShape {
    /// The parts of the type, as they would be read and joined again. A type that was read has the parts that it had, if these
    /// are enough, and any other is divided at its full stops; the last line has the rest.
    pub(super) fn type_parts<'e, T>(&self, event: &'e Event<'_, T>) -> Result<TypeParts<'e>, EventError> {
        let event_type = event.event_type();
        let named = self.walk().types | self.walk().fixed;
        let is_unnamed = self.through_unnamed() != 0;
        let mut left = named.count_ones() as usize + usize::from(is_unnamed);
        let required =
            self.lines_of(named).filter(|(_, line)| !line.place.is_optional).count() + usize::from(is_unnamed);
        let stems = event.stems.into_iter().filter(|stem| *stem > 0).count();
        // With as many stems as there can be, more parts may have been read.
        let knows_all = (1..STEMS).contains(&stems) && required <= stems + 1;
        let mut parts = TypeParts { of_lines: [None; MAX_LINES], unnamed: "" };
        let mut rest = Some(0);
        for (i, line) in self.lines_of(named) {
            left -= 1;
            let Some(from) = rest else { break };
            let text = event_type.get(from..).unwrap_or_default();
            let stem = || event.stems.into_iter().map(usize::from).find(|stem| *stem > from);
            let stop = || memchr::memchr(b'.', text.as_bytes()).map(|at| from + at);
            let end = match line.means[0] {
                Meaning::FixedType(fixed) => {
                    let after = text.strip_prefix(self.text(fixed)).filter(|after| match left {
                        0 => after.is_empty(),
                        _ => after.is_empty() || after.starts_with('.'),
                    });
                    let after = after.ok_or_else(|| EventError::WrongType {
                        field: UNNAMED.to_owned(),
                        expected: "the constant of the event shape",
                    })?;
                    (!after.is_empty()).then(|| event_type.len() - after.len())
                }
                _ if left == 0 => None,
                _ if knows_all => stem(),
                _ => stem().or_else(stop),
            };
            let part = event_type.get(from..end.unwrap_or(event_type.len())).filter(|part| !part.is_empty());
            let name = if self.name(line).is_empty() { UNNAMED } else { self.name(line) };
            let part = part.ok_or_else(|| missing(name))?;
            if let Some(place) = parts.of_lines.get_mut(i) {
                *place = Some(part);
            }
            rest = end.map(|end| end + 1);
        }
        if is_unnamed {
            let part = rest.and_then(|from| event_type.get(from..)).filter(|part| !part.is_empty());
            parts.unnamed = part.ok_or_else(|| missing(UNNAMED))?;
        }
        Ok(parts)
    }
}
