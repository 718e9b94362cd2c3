//! What follows `xn--` in a label. A library with Unicode's tables would add more crates than all others together.

/// Whether the digits decode (RFC 3492) to a label that needs them: at least one character beyond ASCII, and none that
/// UTS 46 never leaves in a label, as far as the standard library knows them. Unassigned and unnormalised characters
/// and the rules for right-to-left scripts are not seen.
pub(super) fn is_label(encoded: &str) -> bool {
    let (basic, digits) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    // A label without ASCII has no hyphen before its digits.
    let has_idle_hyphen = basic.is_empty() && encoded.starts_with('-');
    !has_idle_hyphen && !digits.is_empty() && decodes(basic.len(), digits.bytes()).is_some()
}

/// RFC 3492, section 6.2, without the insertion: which characters there are does not depend on where they go.
fn decodes(basic: usize, mut digits: impl ExactSizeIterator<Item = u8>) -> Option<()> {
    let mut length = u32::try_from(basic).ok()?;
    let (mut code, mut position, mut bias) = (0x80_u32, 0_u32, 72);
    while digits.len() > 0 {
        let start = position;
        let (mut weight, mut k) = (1_u32, BASE);
        loop {
            let digit = value(digits.next()?)?;
            position = position.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        length += 1;
        bias = adapt(position - start, length, start == 0);
        code = code.checked_add(position / length)?;
        position = position % length + 1;
        char::from_u32(code).filter(|&c| is_kept(c))?;
    }
    Some(())
}

fn adapt(delta: u32, length: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

fn value(digit: u8) -> Option<u32> {
    match digit {
        b'a'..=b'z' => Some(u32::from(digit - b'a')),
        b'A'..=b'Z' => Some(u32::from(digit - b'A')),
        b'0'..=b'9' => Some(u32::from(digit - b'0') + 26),
        _ => None,
    }
}

/// UTS 46 maps capital letters to small ones, except for those of Cherokee, and no label contains what it maps.
fn is_kept(c: char) -> bool {
    let is_small = c.to_lowercase().eq([c]) || ('\u{13a0}'..='\u{13f5}').contains(&c);
    is_small && !c.is_control() && !c.is_whitespace()
}

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
