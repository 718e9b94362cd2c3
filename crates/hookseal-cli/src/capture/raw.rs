//! A request as on the wire (HTTP/1).

use hookseal::diagnose::Captured;

pub(super) fn parse(text: &[u8]) -> Result<Captured, String> {
    let (head, body) = match find(text, b"\r\n\r\n").or_else(|| find(text, b"\n\n")) {
        Some(parts) => parts,
        None => (text, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err("this is no form of a request that is known".to_owned());
    };
    if !method.bytes().all(|c| c.is_ascii_uppercase()) || !(target.starts_with('/') || target.contains("://")) {
        return Err("this is no form of a request that is known".to_owned());
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("`{}` is no header", line.chars().take(20).collect::<String>()))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.clone());
    let url = match host {
        Some(host) if target.starts_with('/') => format!("https://{host}{target}"),
        _ => target.to_owned(),
    };
    Ok(Captured::new(method, url, headers, body))
}

fn find<'t>(text: &'t [u8], end: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let at = text.windows(end.len()).position(|window| window == end)?;
    Some((text.get(..at)?, text.get(at + end.len()..)?))
}
