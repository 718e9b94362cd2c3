//! The lines of the sample request.

use crate::place::{Half, Place, Step, Steps};
use crate::text::{
    EMPTY, Fault, OF_HTTP, Span, all_token, attempt, ends_with, find, is, is_of_http, starts_with, trim,
};

use super::values::read_value;
use super::{BODY, HEADERS, Line, MAX_LINES, MAX_NAMES, Notation, Signature, Value, in_headers};

pub(super) const fn read_headers(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let (mut start, mut is_body) = (0, false);
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if line.is_empty() {
            // A text that begins with an empty line has no head.
            if !is_body && end < text.len() && start > 0 {
                is_body = true;
                notation.body_start = end + 1;
            }
        } else if is(text, line.start as usize, line.end as usize, b"{empty}") && is_body {
            notation.is_bodiless = true;
        } else if is(text, line.start as usize, line.end as usize, b"{jwt}") && is_body {
            if notation.line_count == MAX_LINES {
                return in_headers(start, end, "has more than 8 lines");
            }
            let value =
                Value::Token { prefix: Span::new(line.start as usize, line.start as usize), is_detached: false };
            notation.lines[notation.line_count] = of_place(Place::whole(Half::Body), value);
            notation.line_count += 1;
        } else if begins_method(text, line) && !is_body {
            if !notation.methods.is_empty() {
                return in_headers(start, end, "is a second line for the method");
            }
            notation.methods = attempt!(read_methods(text, line));
        } else {
            if notation.line_count == MAX_LINES {
                return in_headers(start, end, "has more than 8 lines");
            }
            notation.lines[notation.line_count] =
                attempt!(if is_body { read_body_line(text, line, &mut notation.steps) } else { read_line(text, line) });
            notation.line_count += 1;
        }
        start = end + 1;
    }
    Ok(())
}

const fn begins_method(text: &[u8], line: Span) -> bool {
    starts_with(text, line.start as usize, line.end as usize, b":method:")
}

/// `:method: GET | POST`
const fn read_methods(text: &[u8], line: Span) -> Result<Span, Fault> {
    let (start, end) = line.bounds();
    let methods = trim(text, start + 8, end);
    let (mut at, last) = methods.bounds();
    while at <= last {
        let bar = find(text, at, last, b'|');
        let (mut i, word_end) = trim(text, at, bar).bounds();
        if i == word_end {
            return in_headers(start, end, "is not a list of methods, `GET | POST`");
        }
        while i < word_end {
            if !text[i].is_ascii_uppercase() {
                return in_headers(start, end, "is not a list of methods, `GET | POST`");
            }
            i += 1;
        }
        at = bar + 1;
    }
    Ok(methods)
}

/// A line without alternative names.
const fn of_place(place: Place, value: Value) -> Line {
    Line { place, names: [place.name; MAX_NAMES], name_count: 1, numbered: false, value }
}

const fn read_body_line(text: &[u8], line: Span, steps: &mut Steps) -> Result<Line, Fault> {
    let (start, end) = line.bounds();
    let colon = find(text, start, end, b':');
    if colon == end {
        return Err(Fault { field: BODY, piece: line, problem: "is not a line, `path: value`" });
    }
    let place = attempt!(Place::body(text, trim(text, start, colon), BODY, steps));
    if place.is_optional {
        return Err(Fault { field: BODY, piece: place.name, problem: "may be missing, which a scheme cannot allow" });
    }
    attempt!(check_path(&place, steps, BODY));
    let value = attempt!(read_place_value(text, trim(text, colon + 1, end)));
    if matches!(value, Value::BodyHash { .. }) {
        return Err(Fault { field: BODY, piece: place.name, problem: "is in the body and contains a hash of it" });
    }
    Ok(of_place(place, value))
}

/// What a scheme can follow: field names, one `[]`, and the JSON in a form's field.
pub(super) const fn check_path(place: &Place, steps: &Steps, field: &'static str) -> Result<(), Fault> {
    let (mut i, mut has_array) = (0, false);
    while let Some(step) = steps.get(place, i) {
        match step {
            Step::Field(_) => {}
            Step::Each if !has_array && !matches!(place.half, Half::Form) => has_array = true,
            Step::Json if i == 1 || !matches!(place.half, Half::Form) => {}
            _ => return Err(Fault { field, piece: place.name, problem: "is not a path that a scheme can follow" }),
        }
        i += 1;
    }
    let is_deep_form = matches!(place.half, Half::Form) && i > 1;
    if i == 0 || is_deep_form && !matches!(steps.get(place, 1), Some(Step::Json)) {
        return Err(Fault { field, piece: place.name, problem: "is not a path that a scheme can follow" });
    }
    Ok(())
}

/// The value of a place that is no header: a single one.
const fn read_place_value(text: &[u8], value: Span) -> Result<Value, Fault> {
    let read = attempt!(read_value(text, value));
    match read {
        Value::Signature(Signature { separator: Some(_), .. }) | Value::SignedHeaders { .. } => {
            in_headers(value.start as usize, value.end as usize, "is a list, which only a header can be")
        }
        Value::Id { .. } => {
            in_headers(value.start as usize, value.end as usize, "has an `{id}`, which only a header can be")
        }
        other => Ok(other),
    }
}

const fn read_line(text: &[u8], line: Span) -> Result<Line, Fault> {
    let (start, end) = (line.start as usize, line.end as usize);
    let colon = find(text, start, end, b':');
    if colon == end {
        return in_headers(start, end, "is not a header line, `Name: value`");
    }
    if text[start] == b'?' {
        let place = attempt!(Place::query(text, trim(text, start, colon), HEADERS));
        return Ok(of_place(place, attempt!(read_place_value(text, trim(text, colon + 1, end)))));
    }
    if matches!(text[start], b'&' | b'$') {
        return in_headers(start, colon, "is no header but a field of the body, which is written below an empty line");
    }
    let mut names = [EMPTY; MAX_NAMES];
    let mut name_count = 0;
    let mut numbered = false;
    let mut at = start;
    while at <= colon {
        let bar = find(text, at, colon, b'|');
        let mut name = trim(text, at, bar);
        if ends_with(text, name, b"{n}") {
            numbered = true;
            name.end -= 3;
        }
        if name.is_empty() || !all_token(text, name) {
            return in_headers(start, colon, "is not a header name");
        }
        if is_of_http(text, name) {
            return Err(Fault { field: HEADERS, piece: name, problem: OF_HTTP });
        }
        if name_count == MAX_NAMES {
            return in_headers(start, colon, "has more than 4 alternative names");
        }
        names[name_count] = name;
        name_count += 1;
        at = bar + 1;
    }
    let value = attempt!(read_value(text, trim(text, colon + 1, end)));
    if numbered {
        if name_count > 1 {
            return in_headers(start, colon, "numbers a header that has alternative names");
        }
        match value {
            Value::Signature(Signature { separator: None, .. }) => {}
            _ => return in_headers(start, end, "numbers a header that is not one whole signature"),
        }
    }
    Ok(Line { place: Place::whole(Half::Header), names, name_count, numbered, value })
}
