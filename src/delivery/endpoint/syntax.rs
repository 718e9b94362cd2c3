//! Reads a URL by rules so strict that no two parsers can disagree about the host, without allocating.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::Reach;
use super::punycode;
use crate::error::UrlError;

/// The most bytes of a URL. With more, some browsers, proxies and database columns fail.
const MAX_URL: usize = 2048;
/// The most bytes of a host name and of each of its labels, RFC 1035.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

pub(super) struct Parts<'t> {
    /// Whether the scheme is `https`; `http` otherwise.
    pub(super) is_secure: bool,
    /// The host as in the text, without the brackets of an IPv6 address.
    pub(super) host: &'t str,
    /// What that host is.
    pub(super) target: Target<'t>,
    pub(super) port: Option<u16>,
}

pub(super) enum Target<'t> {
    /// A host name without its last dot.
    Name(&'t str),
    Address(IpAddr),
}

pub(super) fn read(text: &str) -> Result<Parts<'_>, UrlError> {
    if text.len() > MAX_URL {
        return Err(UrlError::TooLong { bytes: text.len() });
    }
    // Without an early exit, so that the compiler can process many bytes at a time.
    if text.bytes().fold(false, |found, c| found | is_forbidden(c)) {
        return Err(UrlError::Character);
    }
    let secure = after(text, "https://").map(|rest| (true, rest));
    let (is_secure, rest) = secure.or_else(|| Some((false, after(text, "http://")?))).ok_or(UrlError::Scheme)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(UrlError::Scheme);
    }
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    if text.contains('#') {
        return Err(UrlError::Fragment);
    }
    let (host, target, port) = split(authority)?;
    // The host is ASCII by now.
    if !text.is_ascii() {
        return Err(UrlError::Character);
    }
    Ok(Parts { is_secure, host, target, port })
}

/// ASCII characters that RFC 3986 allows in no part of a URL. Some parsers drop a tab, and read `\` as `/`.
fn is_forbidden(c: u8) -> bool {
    matches!(c, 0..=b' ' | 0x7f | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn split(authority: &str) -> Result<(&str, Target<'_>, Option<u16>), UrlError> {
    if let Some(literal) = authority.strip_prefix('[') {
        let (host, rest) = literal.split_once(']').ok_or(NOT_IPV6)?;
        let address: Ipv6Addr = host.parse().map_err(|_| NOT_IPV6)?;
        let port = match rest {
            "" => None,
            _ => port(rest.strip_prefix(':').ok_or(UrlError::Port)?)?,
        };
        return Ok((host, Target::Address(address.into()), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, digits)) => (host, port(digits)?),
        None => (authority, None),
    };
    Ok((host, target(host)?, port))
}

/// The port; `None` if nothing follows the colon.
fn port(digits: &str) -> Result<Option<u16>, UrlError> {
    if digits.is_empty() {
        return Ok(None);
    }
    let is_canonical = digits.bytes().all(|c| c.is_ascii_digit()) && !digits.starts_with('0');
    is_canonical.then(|| digits.parse().ok()).flatten().map(Some).ok_or(UrlError::Port)
}

fn target(host: &str) -> Result<Target<'_>, UrlError> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.is_empty() {
        return Err(UrlError::Host { problem: "is empty" });
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    // Some resolvers read 0x7f.1, 2130706433 and 0177.0.0.1 as 127.0.0.1.
    if is_number(last) {
        let address: Ipv4Addr = name.parse().map_err(|_| NOT_IPV4)?;
        return Ok(Target::Address(address.into()));
    }
    if name.len() > MAX_NAME {
        return Err(UrlError::Host { problem: "is longer than 253 bytes" });
    }
    for label in name.split('.') {
        if !label.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_')) {
            return Err(UrlError::Host { problem: "has a character other than letters, digits, `-` and `_` of ASCII" });
        }
        if label.is_empty() || label.len() > MAX_LABEL {
            return Err(UrlError::Host { problem: "has a label that is empty or longer than 63 bytes" });
        }
        if after(label, "xn--").is_some_and(|encoded| !punycode::is_label(encoded)) {
            return Err(UrlError::Host { problem: "has an `xn--` label that is not valid Punycode" });
        }
    }
    Ok(Target::Name(name))
}

fn is_number(label: &str) -> bool {
    let is_hex = label.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"));
    is_hex || !label.is_empty() && label.bytes().all(|c| c.is_ascii_digit())
}

/// Where a name leads, as far as the name shows it, and the reserved name that shows it.
pub(super) fn reach(name: &str) -> (Reach, &'static str) {
    let special = SPECIAL.iter().find(|(special, _)| is_under(name, special));
    match special {
        Some(&(special, reach)) => (reach, special),
        None if name.contains('.') => (Reach::Public, ""),
        None => (Reach::Private, "a single label"),
    }
}

fn is_under(name: &str, special: &str) -> bool {
    let Some((above, last)) = name.len().checked_sub(special.len()).and_then(|at| name.split_at_checked(at)) else {
        return false;
    };
    last.eq_ignore_ascii_case(special) && (above.is_empty() || above.ends_with('.'))
}

const NOT_IPV4: UrlError =
    UrlError::Host { problem: "ends in a number, but is not an IPv4 address in canonical decimal" };
const NOT_IPV6: UrlError = UrlError::Host { problem: "is not an IPv6 address in brackets" };

/// Names that do not exist in public DNS, or mean something else there: IANA's special-use domain names (RFC 6761,
/// 6762, 7686, 8375, 9476); `.internal`, which ICANN has reserved; `.corp`, `.home` and `.mail`, which ICANN does not
/// delegate because many networks use them; and names that offices and clusters use without registration. The first
/// match decides.
const SPECIAL: &[(&str, Reach)] = &[
    ("localhost", Reach::Loopback),
    ("localdomain", Reach::Nobody),
    ("local", Reach::Private),
    ("internal", Reach::Private),
    ("intranet", Reach::Private),
    ("corp", Reach::Private),
    ("home", Reach::Private),
    ("mail", Reach::Private),
    ("lan", Reach::Private),
    ("private", Reach::Private),
    ("home.arpa", Reach::Private),
    // Services of Kubernetes, `name.namespace.svc`, and of Consul: resolvers inside a cluster know them.
    ("svc", Reach::Private),
    ("consul", Reach::Private),
    ("arpa", Reach::Nobody),
    ("test", Reach::Nobody),
    ("example", Reach::Nobody),
    ("invalid", Reach::Nobody),
    ("onion", Reach::Nobody),
    ("alt", Reach::Nobody),
];
