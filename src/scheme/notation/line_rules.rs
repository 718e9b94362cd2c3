//! What the lines of a scheme obey together.

use crate::text::{Fault, attempt, begins, same_name, same_text};

use super::{Notation, Piece, Value, in_headers};

/// The rules that the lines obey together.
pub(super) const fn check_lines(text: &[u8], notation: &mut Notation) -> Result<(), Fault> {
    let mut signatures = 0;
    let mut timestamps = 0;
    let mut ids = 0;
    let mut secrets = 0;
    let mut lists = 0;
    let mut keys = 0;
    let mut tokens = 0;
    let mut allowed = 0;
    let mut shared = None;
    let mut crowded = false;
    let mut i = 0;
    while i < notation.line_count {
        let line = notation.lines[i];
        let name = line.names[0];
        let (start, end) = (name.start as usize, name.end as usize);
        match line.value {
            Value::Constant(_) | Value::BodyHash { .. } => {}
            Value::Id { .. } => ids += 1,
            Value::Timestamp { .. } => timestamps += 1,
            Value::Secret { .. } => secrets += 1,
            Value::SignedHeaders { .. } => lists += 1,
            Value::Key { .. } => keys += 1,
            Value::Allowed { .. } => allowed += 1,
            Value::Token { .. } => {
                signatures += 1;
                tokens += 1;
                crowded = true;
            }
            Value::Signature(signature) => {
                signatures += 1;
                if signature.time.is_some() {
                    timestamps += 1;
                }
                if signature.signed_headers.is_some() {
                    lists += 1;
                }
                if signature.time.is_some() || signature.repeat.is_some() || line.numbered || !line.is_header() {
                    crowded = true;
                }
                match shared {
                    Some(encoding) if encoding as u8 != signature.encoding as u8 => {
                        return in_headers(start, end, "encodes its signature unlike another line");
                    }
                    _ => shared = Some(signature.encoding),
                }
            }
        }
        if timestamps > 1 {
            return in_headers(start, end, "is a second place for the timestamp");
        }
        if ids > 1 {
            return in_headers(start, end, "is a second place for the id");
        }
        if secrets > 1 || secrets == 1 && signatures > 0 {
            return in_headers(start, end, "has a `{secret}` beside a signature or another one");
        }
        if secrets == 1 && timestamps > 0 {
            return in_headers(start, end, "has a timestamp beside a `{secret}`, which signs nothing");
        }
        if allowed > 1 {
            return in_headers(start, end, "is a second `{allowed}`");
        }
        if keys > 1 {
            return in_headers(start, end, "is a second place for the key's id");
        }
        if keys > 0 && tokens > 0 {
            return in_headers(start, end, "has a `{key}` beside a token, which names its key itself");
        }
        if lists > 1 {
            return in_headers(start, end, "is a second place for `{signed-headers}`");
        }
        if signatures > 1 && crowded {
            return in_headers(start, end, "is one of several signature lines, which hold one plain signature each");
        }
        if line.name_count > 1 {
            if line.is_of_context() {
                return in_headers(start, end, ONE_NAME);
            }
            if notation.families > 1 && notation.families != line.name_count {
                return in_headers(start, end, "has not as many alternative names as another line");
            }
            notation.families = line.name_count;
        }
        attempt!(check_names(text, notation, i));
        i += 1;
    }
    if signatures == 0 && secrets == 0 {
        return in_headers(0, 0, "has no line with `{hex}`, `{base64}` or `{base64url}`");
    }
    let mut needs_list = false;
    let mut p = 0;
    while p < notation.piece_count {
        needs_list = needs_list || matches!(notation.pieces[p], Piece::SignedHeaders | Piece::SignedValues { .. });
        p += 1;
    }
    if needs_list && lists == 0 {
        return in_headers(0, 0, "has no line with `{signed-headers}`, which the signed content has");
    }
    if lists == 1 && !needs_list {
        return in_headers(0, 0, "has `{signed-headers}`, which the signed content leaves out");
    }
    Ok(())
}

const ONE_NAME: &str =
    "has alternative names, which a secret, a hash of the body, an allowed value and a token cannot have";

/// No two lines may read the same header.
const fn check_names(text: &[u8], notation: &Notation, last: usize) -> Result<(), Fault> {
    let new = &notation.lines[last];
    let mut i = 0;
    while i <= last {
        let old = &notation.lines[i];
        if !new.is_header() || !old.is_header() {
            let alike = i < last && new.place.half as u8 == old.place.half as u8;
            if alike && same_text(text, new.place.name, old.place.name) {
                return in_headers(new.place.name.start as usize, new.place.name.end as usize, "is named twice");
            }
            i += 1;
            continue;
        }
        let mut a = 0;
        while a < new.name_count {
            let mut b = 0;
            while b < old.name_count {
                let (one, other) = (new.names[a], old.names[b]);
                let itself = i == last && a == b;
                let clash = !itself
                    && (same_name(text, one, text, other)
                        || new.numbered && begins(text, other, text, one)
                        || old.numbered && begins(text, one, text, other));
                if clash {
                    return in_headers(one.start as usize, one.end as usize, "is named twice");
                }
                b += 1;
            }
            a += 1;
        }
        i += 1;
    }
    Ok(())
}
