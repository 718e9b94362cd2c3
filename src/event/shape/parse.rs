//! The notation of shapes, read by `const fn`s: one parser for constants, run time and files.

use crate::place::{Half, Place, Step, Steps};
use crate::text::{EMPTY, Fault, MAX_TEXT, Span, attempt, find, is, same_name, same_text, starts_with, trim};

use super::{Format, Line, MAX_LINES, Meaning, Walk};

const FIELD: &str = "event";

#[derive(Clone, Copy)]
pub(super) struct Parsed {
    pub(super) lines: [Line; MAX_LINES],
    pub(super) count: usize,
    pub(super) steps: Steps,
    pub(super) walk: Walk,
}

const fn fault<T>(piece: Span, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field: FIELD, piece, problem })
}

/// Where the body's lines begin, if an empty line separates them from those of the headers.
pub(super) const fn split(text: &[u8]) -> Result<usize, Fault> {
    let (mut split, mut begun, mut is_empty) = (0, false, false);
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if line.is_empty() {
            is_empty = begun;
        } else if is_empty {
            if split > 0 {
                return fault(line, "follows a second empty line");
            }
            split = start;
            is_empty = false;
        }
        begun = begun || !line.is_empty();
        start = end + 1;
    }
    Ok(split)
}

pub(super) const fn parse(text: &[u8]) -> Result<Parsed, Fault> {
    if text.len() > MAX_TEXT {
        return fault(EMPTY, "is longer than 4096 bytes");
    }
    let body_start = attempt!(split(text));
    let mut lines = [Line { place: Place::whole(Half::Body), means: [Meaning::Nothing; 2] }; MAX_LINES];
    let (mut count, mut steps) = (0, Steps::new());
    let mut start = 0;
    while start <= text.len() {
        let end = find(text, start, text.len(), b'\n');
        let line = trim(text, start, end);
        if !line.is_empty() {
            if count == MAX_LINES {
                return fault(line, "is one of more than 16 lines");
            }
            lines[count] = attempt!(parse_line(text, line, start < body_start, &mut steps));
            attempt!(check_place(text, &lines, count, line));
            count += 1;
        }
        start = end + 1;
    }
    let walk = attempt!(check(text, &lines, count, &steps));
    Ok(Parsed { lines, count, steps, walk })
}

const fn parse_line(text: &[u8], line: Span, is_header: bool, steps: &mut Steps) -> Result<Line, Fault> {
    let (start, end) = line.bounds();
    if is(text, start, end, b"{data}") && !is_header {
        return Ok(Line { place: Place::whole(Half::Body), means: [Meaning::Data, Meaning::Nothing] });
    }
    let colon = find(text, start, end, b':');
    let name = trim(text, start, colon);
    if name.is_empty() {
        return fault(line, "has no name");
    }
    let value = if colon < end { trim(text, colon + 1, end) } else { Span::new(end, end) };
    let (from, to) = value.bounds();
    let names_type = is(text, name.bounds().0, name.bounds().1, b"{type}");
    if names_type && from < to && text[from] != b'{' {
        let place = Place::whole(Half::Header);
        return Ok(Line { place, means: [Meaning::FixedType(value), Meaning::Nothing] });
    }
    let place = if is_header {
        attempt!(Place::header(text, name, FIELD))
    } else {
        attempt!(Place::body(text, name, FIELD, steps))
    };
    Ok(Line { place, means: attempt!(parse_meanings(text, value, line, is_header)) })
}

const fn parse_meanings(text: &[u8], value: Span, line: Span, is_header: bool) -> Result<[Meaning; 2], Fault> {
    let (start, end) = value.bounds();
    if start == end {
        return if is_header { fault(line, "gives the header no meaning") } else { Ok([Meaning::Nothing; 2]) };
    }
    if text[start] != b'{' {
        return Ok([Meaning::Constant(value), Meaning::Nothing]);
    }
    let middle = find(text, start, end, b'}') + 1;
    let first = attempt!(parse_meaning(text, start, if middle > end { end } else { middle }));
    if is_header && is_data(first) {
        return fault(line, "is a header, which is not where data is read");
    }
    if middle >= end {
        return Ok([first, Meaning::Nothing]);
    }
    let rest = trim(text, middle, end);
    if same_text(text, Span::new(start, middle), rest) {
        return fault(value, "has a placeholder twice");
    }
    let second = attempt!(parse_meaning(text, rest.bounds().0, rest.bounds().1));
    if is_data(first) || is_data(second) {
        return fault(value, "gives the data a second meaning");
    }
    // What is written follows from the first meaning, and a key says nothing of it.
    Ok(if matches!(first, Meaning::Key) { [second, first] } else { [first, second] })
}

const fn parse_meaning(text: &[u8], start: usize, end: usize) -> Result<Meaning, Fault> {
    static NAMES: [(&[u8], Meaning); 9] = [
        (b"{id}", Meaning::Id),
        (b"{key}", Meaning::Key),
        (b"{type}", Meaning::Type),
        (b"{timestamp}", Meaning::Time(Format::Seconds)),
        (b"{timestamp:ms}", Meaning::Time(Format::Milliseconds)),
        (b"{timestamp:rfc3339}", Meaning::Time(Format::Rfc3339)),
        (b"{timestamp:iso8601}", Meaning::Time(Format::Iso8601)),
        (b"{version}", Meaning::Version),
        (b"{data}", Meaning::Data),
    ];
    let mut i = 0;
    while i < NAMES.len() {
        if is(text, start, end, NAMES[i].0) {
            return Ok(NAMES[i].1);
        }
        i += 1;
    }
    const TEST: &[u8] = b"{test:";
    if starts_with(text, start, end, TEST) && end - start > TEST.len() + 1 && text[end - 1] == b'}' {
        return Ok(Meaning::Test(Span::new(start + TEST.len(), end - 1)));
    }
    fault(
        Span::new(start, end),
        "is not a placeholder of an event; those are `{type}` `{data}` `{id}` `{key}` `{version}` `{test:text}` \
         `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` `{timestamp:iso8601}`",
    )
}

const fn is_data(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Data)
}

/// No place is named twice.
const fn check_place(text: &[u8], lines: &[Line; MAX_LINES], last: usize, line: Span) -> Result<(), Fault> {
    let (half, name) = (lines[last].place.half, lines[last].place.name);
    let mut i = 0;
    while i < last {
        let other = lines[i].place;
        let is_same = match half {
            Half::Header => same_name(text, name, text, other.name),
            _ => same_text(text, name, other.name),
        };
        if other.half as u8 == half as u8 && is_same && !matches!(lines[i].means[0], Meaning::FixedType(_)) {
            return fault(if name.is_empty() { line } else { name }, "is named twice");
        }
        i += 1;
    }
    Ok(())
}

/// What concerns all lines together.
const fn check(text: &[u8], lines: &[Line; MAX_LINES], count: usize, steps: &Steps) -> Result<Walk, Fault> {
    let mut walk = Walk {
        headers: 0,
        body: 0,
        types: 0,
        keys: 0,
        constants: 0,
        tests: 0,
        fixed: 0,
        id: 0,
        time: 0,
        version: 0,
        data: 0,
        further: 0,
        leaves: 0,
        whole: 0,
        is_form: false,
        is_batch: false,
        is_flat: true,
    };
    let (mut has_type, mut has_data, mut has_body) = (false, false, false);
    let mut seen = [0u8; 4];
    let mut i = 0;
    while i < count {
        let Line { place, means } = lines[i];
        let bit = 1 << i;
        match place.half {
            Half::Header => {
                if !matches!(means[0], Meaning::FixedType(_)) {
                    walk.headers |= bit;
                }
            }
            half => {
                let is_form = matches!(half, Half::Form);
                if has_body && is_form != walk.is_form {
                    return fault(place.name, "is a field of a form beside one of a JSON body");
                }
                (walk.is_form, has_body) = (is_form, true);
                walk.body |= bit;
                walk.is_flat = walk.is_flat && !is_form;
            }
        }
        let mut position = 0;
        while let Some(step) = steps.get(&place, position) {
            walk.is_batch = walk.is_batch || matches!(step, Step::Each);
            has_type = has_type || matches!(step, Step::Unnamed);
            walk.is_flat = walk.is_flat && matches!(step, Step::Field(_)) && position == 0;
            position += 1;
        }
        walk.is_flat = walk.is_flat && (position == 1 || matches!(place.half, Half::Header));
        let is_in_body = !matches!(place.half, Half::Header);
        if is_in_body && place.is_whole() {
            walk.whole |= bit;
        }
        if is_in_body && position == 1 && is_alone(text, lines, count, i, steps) {
            walk.leaves |= bit;
            let is_part =
                !matches!(means[0], Meaning::Nothing | Meaning::Key | Meaning::Constant(_) | Meaning::Test(_));
            if !is_part {
                walk.further |= bit;
            }
        }
        let mut j = 0;
        while j < means.len() {
            let slot = match means[j] {
                Meaning::Type => {
                    (has_type, walk.types) = (true, walk.types | bit);
                    4
                }
                Meaning::FixedType(_) => {
                    (has_type, walk.fixed) = (true, walk.fixed | bit);
                    4
                }
                Meaning::Id => {
                    (walk.id, walk.keys) = (bit, walk.keys | bit);
                    0
                }
                Meaning::Key => {
                    walk.keys |= bit;
                    4
                }
                Meaning::Time(_) => {
                    walk.time = bit;
                    1
                }
                Meaning::Version => {
                    walk.version = bit;
                    2
                }
                Meaning::Data => {
                    (has_data, walk.data) = (true, bit);
                    3
                }
                Meaning::Constant(_) => {
                    walk.constants |= bit;
                    4
                }
                Meaning::Test(_) => {
                    walk.tests |= bit;
                    4
                }
                Meaning::Nothing => 4,
            };
            // A time may have two formats on one line.
            let is_same_line = j > 0 && matches!(means[0], Meaning::Time(_)) && slot == 1;
            if slot < seen.len() && !is_same_line {
                if seen[slot] > 0 {
                    return fault(place.name, "has a placeholder that another line has too");
                }
                seen[slot] = 1;
            }
            j += 1;
        }
        i += 1;
    }
    if !has_type {
        return fault(EMPTY, "has no line with `{type}`");
    }
    if !has_data {
        return fault(EMPTY, "has no line with `{data}`");
    }
    attempt!(check_batch(text, lines, count, steps));
    Ok(walk)
}

/// Whether no other line leads through the same field at the top level.
const fn is_alone(text: &[u8], lines: &[Line; MAX_LINES], count: usize, line: usize, steps: &Steps) -> bool {
    let Some(Step::Field(field)) = steps.get(&lines[line].place, 0) else { return false };
    let mut i = 0;
    while i < count {
        if i != line
            && let Some(Step::Field(other)) = steps.get(&lines[i].place, 0)
            && same_text(text, field, other)
        {
            return false;
        }
        i += 1;
    }
    true
}

/// All arrays lie on the path to one of them, so that one event follows from each of its elements.
const fn check_batch(text: &[u8], lines: &[Line; MAX_LINES], count: usize, steps: &Steps) -> Result<(), Fault> {
    let (mut deepest, mut arrays) = (0, 0);
    let mut i = 0;
    while i < count {
        let found = arrays_of(&lines[i].place, steps);
        if found > arrays {
            (deepest, arrays) = (i, found);
        }
        i += 1;
    }
    i = 0;
    while i < count {
        let Line { place, means } = lines[i];
        let found = arrays_of(&place, steps);
        let (mut position, mut passed) = (0, 0);
        while passed < found {
            match (steps.get(&place, position), steps.get(&lines[deepest].place, position)) {
                (Some(Step::Each), Some(Step::Each)) => passed += 1,
                (Some(Step::Field(one)), Some(Step::Field(other))) if same_text(text, one, other) => {}
                (Some(Step::Json), Some(Step::Json)) | (Some(Step::Unnamed), Some(Step::Unnamed)) => {}
                _ => return fault(place.name, "is in another array than the rest"),
            }
            position += 1;
        }
        if found < arrays && is_data(means[0]) {
            return fault(place.name, "is data that all events of the batch would share");
        }
        i += 1;
    }
    Ok(())
}

const fn arrays_of(place: &Place, steps: &Steps) -> usize {
    let (mut position, mut arrays) = (0, 0);
    while let Some(step) = steps.get(place, position) {
        arrays += matches!(step, Step::Each) as usize;
        position += 1;
    }
    arrays
}
