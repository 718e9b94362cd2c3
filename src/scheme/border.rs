//! What an id or a header may not hold, so that signed content can be taken apart in one way only.
//!
//! Content before the body is read from its beginning, content after the body from its end. A value therefore ends (or,
//! after the body, begins) at the first text that its scheme puts there: a value that holds this text itself is refused.
//!
//! Ids with full stops are in the field, though, and `{id}.{timestamp}.{body}` is the most common of all templates. There
//! the id ends at the first `.` that is followed by a time and another `.`: a [`Marker`].

use crate::timestamp::TimeFormat;

/// The literal on the side of a value where the content is not yet taken apart.
pub(super) struct Border {
    text: Box<[u8]>,
    /// Whether the literal follows the value. After the body it precedes it.
    follows: bool,
    /// How many bytes the literal can be moved by so that it covers its own rest: 1 for `--`.
    shifts: Box<[usize]>,
}

impl Border {
    pub(super) fn new(text: Box<[u8]>, follows: bool) -> Border {
        let shifts = (1..text.len()).filter(|shift| text.starts_with(text.get(*shift..).unwrap_or_default())).collect();
        Border { text, follows, shifts }
    }

    /// Whether line ends separate the values. A value of the body then has none: with one more line, it would pass for two.
    pub(super) fn is_of_lines(&self) -> bool {
        self.text.contains(&b'\n')
    }

    /// Whether the value, together with the border, holds the border in another place.
    pub(super) fn is_blurred_by(&self, value: &[u8]) -> bool {
        let held = match &*self.text {
            [byte] => memchr::memchr(*byte, value).is_some(),
            text => memchr::memmem::find(value, text).is_some(),
        };
        held || self.shifts.iter().any(|shift| {
            // Moved over the value's edge, the border consists of `shift` bytes of the value and of its own other end.
            if self.follows {
                self.text.get(..*shift).is_some_and(|front| value.ends_with(front))
            } else {
                self.text
                    .len()
                    .checked_sub(*shift)
                    .and_then(|at| self.text.get(at..))
                    .is_some_and(|back| value.starts_with(back))
            }
        })
    }

    /// Whether a value after the body, whose first `set` bytes are always the same, could begin later: behind a border
    /// that may begin in those bytes, and before the same bytes.
    pub(super) fn is_repeated_in(&self, value: &[u8], set: usize) -> bool {
        let content = [&self.text, value].concat();
        let (begin, rest) = (content.get(..self.text.len() + set), content.get(1..));
        !self.follows && begin.zip(rest).is_some_and(|(begin, rest)| memchr::memmem::find(rest, begin).is_some())
    }
}

/// `{id}A{timestamp}B`, before the body: the id ends at the first `A{timestamp}B` of the content.
///
/// Both texts hold something that is not a digit next to the time, so a marker that begins inside an id ends before the
/// real one does; the body, which arrives later, is never part of it. With RFC 3339 both texts may be empty: no such
/// time begins with another one's end.
pub(super) struct Marker {
    pub(super) before: Box<[u8]>,
    pub(super) after: Box<[u8]>,
    pub(super) format: TimeFormat,
}

impl Marker {
    /// Whether a marker begins inside the id, as after a border was moved into the body.
    pub(super) fn begins_inside(&self, id: &[u8], timestamp: &[u8]) -> bool {
        let content = Joined([id, &self.before, timestamp, &self.after]);
        let is_marker = |at: usize| {
            content.holds(at, &self.before) && {
                let time = at + self.before.len();
                let length = self.format.length(|i| content.byte(time + i));
                length.is_some_and(|length| content.holds(time + length, &self.after))
            }
        };
        match self.before.first() {
            Some(first) => memchr::memchr_iter(*first, id).any(is_marker),
            None => (0..id.len()).any(is_marker),
        }
    }
}

/// Texts read as one.
struct Joined<'t>([&'t [u8]; 4]);

impl Joined<'_> {
    fn byte(&self, mut at: usize) -> Option<u8> {
        for text in self.0 {
            match text.get(at) {
                Some(byte) => return Some(*byte),
                None => at -= text.len(),
            }
        }
        None
    }

    fn holds(&self, at: usize, part: &[u8]) -> bool {
        part.iter().enumerate().all(|(i, byte)| self.byte(at + i) == Some(*byte))
    }
}
