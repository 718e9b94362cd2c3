//! Where a value is found in a request: one notation and one `const` parser for everything that reads requests.
//!
//! | written | is |
//! |---|---|
//! | `X-Name`, above the empty line | a header |
//! | `?name`, above the empty line | a query parameter |
//! | `event.type` | a field of the JSON body, by its path |
//! | `events[].id`, `[].id` | a field of each element of an array: a batch |
//! | `{type}` as a step | the first field that no other line names and whose value is an object or an array |
//! | `&name`, `&` | a field of a form, and the whole form as an object of strings |
//! | `.{json}` | a step into the JSON that a string contains |
//! | `?` at the end | the value may be missing |
//!
//! What a signature covers names the same places in braces: `{header:Name}`, `{?name}`, `{&name}` and `{$.path}`.

use crate::text::{EMPTY, Fault, OF_HTTP, Span, all_token, attempt, ends_with, is_of_http, starts_with};

/// Steps of all places in one template. The longest in the catalogue has 27.
const MAX_STEPS: usize = 48;

/// One step from a JSON value to a value inside it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Field(Span),
    /// Every element of an array.
    Each,
    /// The first field that no other line names.
    Unnamed,
    /// Into the JSON in a string.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Header,
    Query,
    Body,
    Form,
}

/// A place, whose name or steps are kept beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) half: Half,
    pub(crate) is_optional: bool,
    /// As written, without marks at its ends: the header's name, or the path.
    pub(crate) name: Span,
    first: u8,
    end: u8,
}

/// The steps of a template's places.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    steps: [Step; MAX_STEPS],
    count: u8,
}

impl Steps {
    pub(crate) const fn new() -> Steps {
        Steps { steps: [Step::Each; MAX_STEPS], count: 0 }
    }

    pub(crate) fn of(&self, place: &Place) -> &[Step] {
        self.steps.get(usize::from(place.first)..usize::from(place.end)).unwrap_or_default()
    }

    /// [`of`](Self::of) for `const` functions: the step in a position, or `None` after the last.
    pub(crate) const fn get(&self, place: &Place, position: usize) -> Option<Step> {
        let i = place.first as usize + position;
        if i < place.end as usize { Some(self.steps[i]) } else { None }
    }
}

impl Place {
    /// The value that is the whole body, or the whole form.
    pub(crate) const fn whole(half: Half) -> Place {
        Place { half, is_optional: false, name: EMPTY, first: 0, end: 0 }
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.first == self.end
    }

    pub(crate) const fn header(text: &[u8], span: Span, field: &'static str) -> Result<Place, Fault> {
        let (name, is_optional) = without_mark(text, span);
        if name.is_empty() || !all_token(text, name) {
            return Err(Fault { field, piece: span, problem: "is not a header name" });
        }
        if is_of_http(text, name) {
            return Err(Fault { field, piece: name, problem: OF_HTTP });
        }
        Ok(Place { half: Half::Header, is_optional, name, first: 0, end: 0 })
    }

    /// A query parameter, `?name`.
    pub(crate) const fn query(text: &[u8], span: Span, field: &'static str) -> Result<Place, Fault> {
        let (start, end) = span.bounds();
        let name = Span::new(start + 1, end);
        let mut i = start + 1;
        while i < end {
            if !text[i].is_ascii_graphic() || matches!(text[i], b'&' | b'=' | b'?' | b'%' | b'+' | b'{' | b'}') {
                return Err(Fault { field, piece: span, problem: "is not the name of a query parameter" });
            }
            i += 1;
        }
        if name.is_empty() {
            return Err(Fault { field, piece: span, problem: "is not the name of a query parameter" });
        }
        Ok(Place { half: Half::Query, is_optional: false, name, first: 0, end: 0 })
    }

    /// A place in what is covered: `?name`, `&name` or `$.path`.
    pub(crate) const fn covered(
        text: &[u8],
        span: Span,
        field: &'static str,
        steps: &mut Steps,
    ) -> Result<Place, Fault> {
        let (start, end) = span.bounds();
        if text[start] == b'?' {
            return Place::query(text, span, field);
        }
        let path = if text[start] == b'$' { Span::new(start + 2, end) } else { span };
        Place::body(text, path, field, steps)
    }

    pub(crate) const fn body(text: &[u8], span: Span, field: &'static str, steps: &mut Steps) -> Result<Place, Fault> {
        let (path, is_optional) = without_mark(text, span);
        let (mut start, end) = path.bounds();
        let is_form = starts_with(text, start, end, b"&");
        if is_form {
            start += 1;
        }
        let name = Span::new(start, end);
        let first = steps.count;
        while start < end {
            start = attempt!(parse_step(text, start, end, field, span, steps));
        }
        let place =
            Place { half: if is_form { Half::Form } else { Half::Body }, is_optional, name, first, end: steps.count };
        if place.is_whole() && !is_form {
            return Err(Fault { field, piece: span, problem: "has no name" });
        }
        if let Some(Step::Json) = steps.get(&place, 0) {
            return Err(Fault { field, piece: span, problem: "begins with `{json}`, which steps into a named string" });
        }
        Ok(place)
    }
}

/// A place without the `?` of one that may be missing.
const fn without_mark(text: &[u8], span: Span) -> (Span, bool) {
    let (start, end) = span.bounds();
    if ends_with(text, span, b"?") { (Span::new(start, end - 1), true) } else { (span, false) }
}

/// Takes in the step at `start`, with the dot after it, and returns where the next begins.
const fn parse_step(
    text: &[u8],
    start: usize,
    end: usize,
    field: &'static str,
    span: Span,
    steps: &mut Steps,
) -> Result<usize, Fault> {
    let mut i = start;
    if text[i] == b'{' {
        let (step, length) = if starts_with(text, start, end, b"{json}") {
            (Step::Json, b"{json}".len())
        } else if starts_with(text, start, end, b"{type}") {
            (Step::Unnamed, b"{type}".len())
        } else {
            return Err(Fault { field, piece: Span::new(start, end), problem: "is not a step of a place" });
        };
        attempt!(push(steps, step, field, span));
        i += length;
    } else {
        while i < end && !matches!(text[i], b'.' | b'[') {
            // What JSON writes as itself, so that names compare byte by byte.
            if !text[i].is_ascii_graphic() || matches!(text[i], b'"' | b'\\' | b'{' | b'}' | b']' | b'?' | b'&') {
                return Err(Fault { field, piece: span, problem: "is not a plain field name" });
            }
            i += 1;
        }
        if i > start {
            attempt!(push(steps, Step::Field(Span::new(start, i)), field, span));
        } else if text[i] != b'[' {
            return Err(Fault { field, piece: span, problem: "has an empty step" });
        }
    }
    while starts_with(text, i, end, b"[]") {
        attempt!(push(steps, Step::Each, field, span));
        i += 2;
    }
    if i == end {
        return Ok(end);
    }
    if text[i] == b'[' {
        return Err(Fault { field, piece: span, problem: "has a `[` without its `]`" });
    }
    if text[i] != b'.' || i + 1 == end {
        return Err(Fault { field, piece: span, problem: "has an empty step" });
    }
    Ok(i + 1)
}

const fn push(steps: &mut Steps, step: Step, field: &'static str, span: Span) -> Result<(), Fault> {
    if steps.count as usize == MAX_STEPS {
        return Err(Fault { field, piece: span, problem: "brings the steps of all lines over 48" });
    }
    steps.steps[steps.count as usize] = step;
    steps.count += 1;
    Ok(())
}
