//! The header lines of a scheme, drawn from a delivery.

use super::captured::Captured;
use super::observed::{Place, Sighting, Spelling};
use super::template::Token;

/// The lines in which the MAC, the time and the id are: the way that says most first.
pub(super) fn headers(
    delivery: &Captured,
    sighting: &Sighting,
    time: Option<&Token>,
    id: Option<&Token>,
) -> Vec<String> {
    let Place::Header(number) = sighting.place else { return query(sighting, time, id) };
    let Some((name, value)) = delivery.pairs().get(number) else { return Vec::new() };
    let Ok(value) = std::str::from_utf8(value) else { return Vec::new() };
    let value = value.trim();
    let Some(placeholder) = placeholder(sighting.spelling) else { return Vec::new() };
    let mut front = String::new();
    for (token, kind) in [(id, "{id}".to_owned()), (time.filter(|time| time.header != number), unit(time))] {
        let Some(token) = token else { continue };
        let Some((own, text)) = delivery.pairs().get(token.header) else { return Vec::new() };
        let text = String::from_utf8_lossy(text);
        let Some(prefix) = text.trim().strip_suffix(token.text.as_str()) else { return Vec::new() };
        front += &format!("{own}: {prefix}{kind}\n");
    }
    let own_time = time.filter(|time| time.header == number);
    let values = match own_time {
        Some(time) => with_time(value, sighting, time, placeholder),
        None => alone(value, sighting, placeholder),
    };
    values.into_iter().map(|value| format!("{front}{name}: {value}")).collect()
}

fn query(sighting: &Sighting, time: Option<&Token>, id: Option<&Token>) -> Vec<String> {
    match (&sighting.place, placeholder(sighting.spelling), time, id) {
        (Place::Query(name), Some(placeholder), None, None) => {
            vec![format!("?{name}: {}{placeholder}", sighting.prefix)]
        }
        _ => Vec::new(),
    }
}

fn placeholder(spelling: Spelling) -> Option<&'static str> {
    match spelling {
        Spelling::Hex => Some("{hex}"),
        Spelling::Base64 => Some("{base64}"),
        Spelling::Base64Url => Some("{base64url}"),
        Spelling::Base64Mixed | Spelling::HexInBase64 | Spelling::Twice => None,
    }
}

fn unit(time: Option<&Token>) -> String {
    time.and_then(|time| time.unit).map(|unit| unit.placeholder().to_owned()).unwrap_or_default()
}

const SEPARATORS: [char; 3] = [',', ';', ' '];

/// A value whose time is elsewhere.
fn alone(value: &str, sighting: &Sighting, placeholder: &str) -> Vec<String> {
    let Some((front, after)) = value.split_once(sighting.text.as_str()) else { return Vec::new() };
    let mut ways = Vec::new();
    let item = front.rfind(SEPARATORS).map_or(front, |at| front.get(at + 1..).unwrap_or_default());
    if let Some(separator) = after.chars().next() {
        let gap = if after.starts_with(", ") || after.starts_with("; ") { " " } else { "" };
        // `v1,MAC v1,MAC`: the prefix holds a comma.
        if separator == ' ' && front.ends_with(',') {
            ways.push(format!("{}{placeholder} ...", last_word(front)));
        }
        ways.push(format!("{item}{placeholder}{separator}{gap}..."));
    } else if front.ends_with(',') && !front.contains('=') {
        ways.push(format!("{}{placeholder} ...", last_word(front)));
        ways.push(format!("{front}{placeholder}"));
    } else {
        ways.push(format!("{front}{placeholder}"));
        if let Some(separator) = front.chars().find(|c| SEPARATORS.contains(c)) {
            ways.push(format!("{item}{placeholder}{separator}..."));
        }
    }
    ways
}

/// What follows the last blank.
fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}

/// A list with the time.
fn with_time(value: &str, sighting: &Sighting, time: &Token, placeholder: &str) -> Vec<String> {
    let (Some(at_time), Some(at_mac)) = (value.find(&time.text), value.find(&sighting.text)) else { return Vec::new() };
    let first_end = if at_time < at_mac { at_time + time.text.len() } else { at_mac + sighting.text.len() };
    let Some(separator) = value.get(first_end..).and_then(|rest| rest.chars().next()) else { return Vec::new() };
    let mut items = value.split(separator);
    let (mut time_item, mut mac_item) = (None, None);
    for item in items.by_ref() {
        if item.contains(&time.text) && time_item.is_none() {
            time_item = item.split_once(&time.text).map(|(prefix, _)| prefix);
        } else if item.contains(&sighting.text) && mac_item.is_none() {
            mac_item = item.split_once(sighting.text.as_str()).map(|(prefix, _)| prefix);
        }
    }
    let (Some(time_item), Some(mac_item)) = (time_item, mac_item) else { return Vec::new() };
    let kind = unit(Some(time));
    if at_time < at_mac {
        let gap = if mac_item.starts_with(' ') { " " } else { "" };
        let list = format!("{}{kind}{separator}{mac_item}{placeholder}", time_item.trim_start());
        vec![format!("{list}{separator}{gap}..."), list]
    } else {
        vec![format!("{}{placeholder}{separator}{time_item}{kind}", mac_item.trim_start())]
    }
}
