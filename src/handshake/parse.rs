//! The two texts of a handshake, read by `const fn`s.

use crate::place::{Half, Place, Step, Steps};
use crate::text::{
    EMPTY, Fault, MAX_TEXT, Span, attempt, find, is, same_name, skip_blanks, skip_space, starts_with, trim,
};

use super::{Alphabet, Line, MAX_LINES, Verb, Wants};

const REQUEST: &str = "request";
const ANSWER: &str = "answer";

#[derive(Clone, Copy)]
pub(super) struct Parsed {
    pub(super) lines: [Line; MAX_LINES],
    pub(super) count: u8,
    pub(super) steps: Steps,
    pub(super) method: Verb,
    pub(super) brings_secret: bool,
}

pub(super) const fn is_about_request(fault: &Fault) -> bool {
    fault.field.len() == REQUEST.len()
}

const fn fault<T>(field: &'static str, piece: Span, problem: &'static str) -> Result<T, Fault> {
    Err(Fault { field, piece, problem })
}

pub(super) const fn parse(request: &[u8], answer: &[u8]) -> Result<Parsed, Fault> {
    if request.len() > MAX_TEXT {
        return fault(REQUEST, EMPTY, "is longer than 4096 bytes");
    }
    if answer.len() > MAX_TEXT {
        return fault(ANSWER, EMPTY, "is longer than 4096 bytes");
    }
    let mut parsed = Parsed {
        lines: [Line { place: Place::whole(Half::Header), wants: Wants::VerifyToken }; MAX_LINES],
        count: 0,
        steps: Steps::new(),
        method: Verb::Post,
        brings_secret: false,
    };
    let (mut is_body, mut start) = (false, 0);
    while start <= request.len() {
        let end = find(request, start, request.len(), b'\n');
        let line = trim(request, start, end);
        if line.is_empty() {
            is_body = start > 0;
        } else {
            attempt!(read_line(request, line, is_body, &mut parsed));
        }
        start = end + 1;
    }
    let challenge = attempt!(check_request(&parsed));
    attempt!(check_answer(answer, challenge));
    Ok(parsed)
}

const fn read_line(text: &[u8], line: Span, is_body: bool, parsed: &mut Parsed) -> Result<(), Fault> {
    let (start, end) = line.bounds();
    // A place may begin with a colon.
    let colon = find(text, start + 1, end, b':');
    if colon == end {
        return fault(REQUEST, line, "has no `:`");
    }
    let (name, value) = (trim(text, start, colon), trim(text, colon + 1, end));
    if is(text, start, colon, b":method") && !is_body {
        parsed.method = attempt!(verb(text, value));
        return Ok(());
    }
    if parsed.count as usize == MAX_LINES {
        return fault(REQUEST, line, "is one of more than 8 lines");
    }
    let place = if is_body {
        attempt!(Place::body(text, name, REQUEST, &mut parsed.steps))
    } else if text[start] == b'?' {
        attempt!(Place::query(text, name, REQUEST))
    } else {
        attempt!(Place::header(text, name, REQUEST))
    };
    if place.is_optional {
        return fault(REQUEST, name, "may be missing, which a handshake cannot say");
    }
    let mut i = 0;
    while let Some(step) = parsed.steps.get(&place, i) {
        if !matches!(step, Step::Field(_) | Step::Each) {
            return fault(REQUEST, name, "is not a path of field names and `[]`");
        }
        if matches!(place.half, Half::Form) && i > 0 {
            return fault(REQUEST, name, "is not a field of a form");
        }
        i += 1;
    }
    if matches!(place.half, Half::Form) && place.is_whole() {
        return fault(REQUEST, name, "is not a field of a form");
    }
    let wants = attempt!(wants(text, value));
    parsed.brings_secret = parsed.brings_secret || matches!(wants, Wants::NewSecret);
    parsed.lines[parsed.count as usize] = Line { place, wants };
    parsed.count += 1;
    Ok(())
}

const fn verb(text: &[u8], value: Span) -> Result<Verb, Fault> {
    let (start, end) = value.bounds();
    if is(text, start, end, b"GET") {
        Ok(Verb::Get)
    } else if is(text, start, end, b"HEAD") {
        Ok(Verb::Head)
    } else if is(text, start, end, b"OPTIONS") {
        Ok(Verb::Options)
    } else if is(text, start, end, b"POST") {
        Ok(Verb::Post)
    } else {
        fault(REQUEST, value, "is not GET, HEAD, OPTIONS or POST")
    }
}

const fn wants(text: &[u8], value: Span) -> Result<Wants, Fault> {
    static NAMES: [(&[u8], Wants); 7] = [
        (b"{new-secret}", Wants::NewSecret),
        (b"{challenge}", Wants::Challenge(Alphabet::Visible)),
        (b"{challenge:token}", Wants::Challenge(Alphabet::Token)),
        (b"{challenge:uuid}", Wants::Challenge(Alphabet::Uuid)),
        (b"{challenge:hex}", Wants::Challenge(Alphabet::Hex)),
        (b"{challenge:digits}", Wants::Challenge(Alphabet::Digits)),
        (b"{verify-token}", Wants::VerifyToken),
    ];
    let (start, end) = value.bounds();
    let mut i = 0;
    while i < NAMES.len() {
        if is(text, start, end, NAMES[i].0) {
            return Ok(NAMES[i].1);
        }
        i += 1;
    }
    if start == end {
        return fault(REQUEST, value, "has a line without a value");
    }
    if text[start] == b'{' {
        return fault(REQUEST, value, "is not a placeholder of a handshake");
    }
    Ok(Wants::Constant(value))
}

/// The alphabet of the challenge, if there is one.
const fn check_request(parsed: &Parsed) -> Result<Option<Alphabet>, Fault> {
    let (mut challenge, mut tokens, mut in_form, mut in_json, mut i) = (None, 0, false, false, 0);
    while i < parsed.count as usize {
        let Line { place, wants } = parsed.lines[i];
        match wants {
            Wants::Challenge(_) | Wants::NewSecret if challenge.is_some() => {
                return fault(REQUEST, place.name, "is a second `{challenge}`");
            }
            Wants::Challenge(alphabet) => challenge = Some(alphabet),
            // Its characters are those of a token, and nothing signs it.
            Wants::NewSecret => {
                if matches!(place.half, Half::Query) || !matches!(parsed.method, Verb::Post) {
                    return fault(REQUEST, place.name, "brings a secret, which is in a header or the body of a POST");
                }
                challenge = Some(Alphabet::Visible);
            }
            Wants::VerifyToken => tokens += 1,
            Wants::Constant(_) => {}
        }
        let (is_form, is_json) = (matches!(place.half, Half::Form), matches!(place.half, Half::Body));
        (in_form, in_json) = (in_form || is_form, in_json || is_json);
        if !matches!(parsed.method, Verb::Post) && (is_form || is_json) {
            return fault(REQUEST, place.name, "is a field of a body that only a POST has");
        }
        if in_form && in_json {
            return fault(REQUEST, place.name, "is in a form, or in JSON, and another field is not");
        }
        i += 1;
    }
    if tokens > 1 {
        return fault(REQUEST, EMPTY, "has several `{verify-token}`");
    }
    if parsed.count == 0 && matches!(parsed.method, Verb::Post) {
        return fault(REQUEST, EMPTY, "has no line that tells it from a delivery");
    }
    Ok(challenge)
}

/// The answer to a delivery that was processed: a provider's, which has no placeholders.
pub(crate) const fn acknowledgement(text: &[u8]) -> Result<(), Fault> {
    const FIELD: &str = "acknowledgement";
    if text.len() > MAX_TEXT {
        return fault(FIELD, EMPTY, "is longer than 4096 bytes");
    }
    match check_answer(text, None) {
        Ok(true) => Ok(()),
        Ok(false) => fault(FIELD, EMPTY, "has a status that is not 2xx, which would make the provider deliver again"),
        Err(Fault { piece, problem, .. }) => fault(FIELD, piece, problem),
    }
}

/// Whether the status is 2xx.
const fn check_answer(text: &[u8], challenge: Option<Alphabet>) -> Result<bool, Fault> {
    let body = body_start(text);
    let head = attempt!(check_head(text, body));
    let json = starts_with(text, skip_space(text, body), text.len(), b"{\"");
    let (mut i, mut is_in_string) = (0, false);
    while i < text.len() {
        if json && i >= body && text[i] == b'"' {
            is_in_string = !is_in_string;
        }
        if json && i >= body && text[i] == b'\\' {
            return fault(ANSWER, EMPTY, "has an escape in its JSON");
        }
        if let Some((end, mac)) = placeholder(text, i) {
            let Some(alphabet) = challenge else {
                return fault(ANSWER, EMPTY, "needs a `{challenge}` that the request does not have");
            };
            if !head.type_name.is_empty() && i >= body {
                return fault(
                    ANSWER,
                    head.type_name,
                    "says how a `{challenge}` is read, which must be text or JSON: as a page it could run scripts",
                );
            }
            if mac && matches!(alphabet, Alphabet::Visible) {
                return fault(
                    ANSWER,
                    EMPTY,
                    "signs a `{challenge}` of any characters: whoever asks could have deliveries signed",
                );
            }
            if json && i >= body && !is_in_string && (mac || !matches!(alphabet, Alphabet::Digits)) {
                return fault(ANSWER, EMPTY, "has a placeholder outside of a string, where only digits can be");
            }
            i = end;
        } else if text[i] == b'{' && i + 1 < text.len() && text[i + 1].is_ascii_lowercase() {
            let end = find(text, i, text.len(), b'}');
            return fault(
                ANSWER,
                Span::new(i, if end < text.len() { end + 1 } else { end }),
                "is not a placeholder of an answer",
            );
        } else {
            i += 1;
        }
    }
    if is_in_string {
        return fault(ANSWER, EMPTY, "has a string without an end in its JSON");
    }
    Ok(head.is_success)
}

/// What the lines before the body of an answer say.
#[derive(Clone, Copy)]
struct AnswerHead {
    /// The status is 2xx.
    is_success: bool,
    /// The header that says how the body is read, or empty.
    type_name: Span,
}

const fn check_head(text: &[u8], end: usize) -> Result<AnswerHead, Fault> {
    static TYPES: [&[u8]; 2] = [b"content-type", b"x-content-type-options"];
    let (mut start, mut head) = (0, AnswerHead { is_success: true, type_name: EMPTY });
    while start < end {
        let line_end = find(text, start, end, b'\n');
        let line = trim(text, start, line_end);
        start = line_end + 1;
        if line.is_empty() {
            continue;
        }
        let (from, to) = line.bounds();
        let colon = find(text, from + 1, to, b':');
        if colon == to {
            return fault(ANSWER, line, "has no `:`");
        }
        let value = trim(text, colon + 1, to);
        if is(text, from, colon, b":status") {
            let (first, last) = value.bounds();
            let is_status = last - first == 3
                && matches!(text[first], b'2'..=b'5')
                && text[first + 1].is_ascii_digit()
                && text[first + 2].is_ascii_digit();
            if !is_status {
                return fault(ANSWER, value, "is not a status from 200 to 599");
            }
            head.is_success = text[first] == b'2';
            continue;
        }
        let name = attempt!(Place::header(text, trim(text, from, colon), ANSWER)).name;
        let mut t = 0;
        while t < TYPES.len() {
            if same_name(text, name, TYPES[t], Span::new(0, TYPES[t].len())) {
                head.type_name = name;
            }
            t += 1;
        }
        let (mut i, last) = value.bounds();
        while i < last {
            if !text[i].is_ascii_graphic() && text[i] != b' ' {
                return fault(ANSWER, value, "is not visible ASCII, which a header's value is");
            }
            i += 1;
        }
    }
    Ok(head)
}

/// Where the body of an answer begins.
pub(super) const fn body_start(text: &[u8]) -> usize {
    let mut start = 0;
    while start < text.len() {
        let end = find(text, start, text.len(), b'\n');
        if end < text.len() && trim(text, start, end).is_empty() {
            return end + 1;
        }
        start = end + 1;
    }
    if starts_with(text, skip_blanks(text, 0, text.len()), text.len(), b":status:") { text.len() } else { 0 }
}

/// Where the placeholder at `start` ends, and whether it is a MAC.
pub(super) const fn placeholder(text: &[u8], start: usize) -> Option<(usize, bool)> {
    static NAMES: [(&[u8], bool); 3] =
        [(b"{challenge}", false), (b"{challenge|hmac-hex}", true), (b"{challenge|hmac-base64}", true)];
    let mut i = 0;
    while i < NAMES.len() {
        if starts_with(text, start, text.len(), NAMES[i].0) {
            return Some((start + NAMES[i].0.len(), NAMES[i].1));
        }
        i += 1;
    }
    None
}
