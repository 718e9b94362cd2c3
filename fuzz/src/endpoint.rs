//! A URL that the default policy allows is one that the crate `url` reads in the same way: public, over HTTPS, with the same
//! host and port; and no policy lets an address through that a list written here calls private, unless it says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use arbitrary::{Arbitrary, Unstructured};
use hookseal::delivery::{EndpointUrl, UrlPolicy};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Url(Vec<Word<'a>>),
    Address(Address, u8),
    Policy { allow: (Address, u8), deny: (Address, u8), flags: u8, ports: Vec<u16>, address: Address, text: &'a str },
}

#[derive(Arbitrary, Debug)]
enum Word<'a> {
    Known(u8),
    V4(u32, u8),
    V6([u16; 8]),
    Port(u16),
    Raw(&'a str),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Address {
    V4(u32),
    V6(u128),
    /// In a form in which IPv6 holds an IPv4 address.
    Held(u8, u32),
    Special(u8, u8),
}

const WORDS: [&str; 56] = [
    "https://",
    "HTTPS://",
    "http://",
    "hooks.customer.com",
    "example.com",
    "localhost",
    "a",
    ".",
    "..",
    "-",
    "_",
    "@",
    "user:pw@",
    ":",
    ":443",
    ":8443",
    ":22",
    ":0",
    ":65536",
    "/",
    "?",
    "#",
    "%",
    "%2e",
    "\\",
    "[",
    "]",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "127.1",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "169.254.169.254",
    ".internal",
    ".local",
    ".svc",
    ".test",
    "xn--",
    "xn--bcher-kva.example.com",
    "é",
    "。",
    "\t",
    " ",
    "//",
    "/webhooks?v=1",
    "1",
    "255",
    "0",
    "10.0.0.1",
    "8.8.8.8",
    ".1",
    ".0x1",
    "com",
    "example",
    "\u{0}",
];

/// First addresses and prefixes of what nobody outside may be made to call. Not all: those that everybody agrees upon.
const PRIVATE: [(&str, u32); 24] = [
    ("0.0.0.0", 8),
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.0.2.0", 24),
    ("192.168.0.0", 16),
    ("198.18.0.0", 15),
    ("198.51.100.0", 24),
    ("203.0.113.0", 24),
    ("224.0.0.0", 4),
    ("240.0.0.0", 4),
    ("::", 127),
    ("::ffff:10.0.0.0", 104),
    ("::ffff:127.0.0.0", 104),
    ("::ffff:192.168.0.0", 112),
    ("64:ff9b::10.0.0.0", 104),
    ("64:ff9b::7f00:0", 104),
    ("fc00::", 7),
    ("fe80::", 10),
    ("ff00::", 8),
    ("2001:db8::", 32),
    ("100::", 64),
];

impl Address {
    fn ip(self) -> IpAddr {
        match self {
            Address::V4(bits) => Ipv4Addr::from_bits(bits).into(),
            Address::V6(bits) => Ipv6Addr::from_bits(bits).into(),
            Address::Held(form, bits) => {
                let front: [u128; 6] =
                    [0xffff << 32, 0x64_ff9b << 96, 0, 0xffff << 48, 0x2002 << 112, 0x64_ff9b_0001 << 80];
                let front = front[usize::from(form) % 6];
                let places = if front == 0x2002 << 112 { 80 } else { 0 };
                Ipv6Addr::from_bits(front | u128::from(bits) << places).into()
            }
            Address::Special(row, more) => {
                match PRIVATE[usize::from(row) % PRIVATE.len()].0.parse().expect("an address") {
                    IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits().wrapping_add(u32::from(more))).into(),
                    IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits().wrapping_add(u128::from(more))).into(),
                }
            }
        }
    }
}

fn lies_in(address: IpAddr, network: IpAddr, prefix: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => prefix == 0 || (one.to_bits() ^ other.to_bits()) >> (32 - prefix) == 0,
        (IpAddr::V6(one), IpAddr::V6(other)) => prefix == 0 || (one.to_bits() ^ other.to_bits()) >> (128 - prefix) == 0,
        _ => false,
    }
}

fn is_private(address: IpAddr) -> bool {
    let is_inside = |(network, prefix): &(&str, u32)| lies_in(address, network.parse().expect("an address"), *prefix);
    PRIVATE.iter().any(is_inside)
}

/// A network with no bits after its prefix, as it is written.
fn network((address, prefix): (Address, u8)) -> (IpAddr, u32, String) {
    let (address, prefix) = match address.ip() {
        IpAddr::V4(address) => {
            let prefix = u32::from(prefix) % 33;
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            (IpAddr::from(Ipv4Addr::from_bits(address.to_bits() & mask)), prefix)
        }
        IpAddr::V6(address) => {
            let prefix = u32::from(prefix) % 129;
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            (IpAddr::from(Ipv6Addr::from_bits(address.to_bits() & mask)), prefix)
        }
    };
    (address, prefix, format!("{address}/{prefix}"))
}

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    match input {
        Input::Url(words) => {
            let word = |word: &Word<'_>| match word {
                Word::Known(place) => WORDS[usize::from(*place) % WORDS.len()].to_owned(),
                Word::V4(bits, 0) => format!("{:#x}", bits),
                Word::V4(bits, 1) => bits.to_string(),
                Word::V4(bits, _) => Ipv4Addr::from_bits(*bits).to_string(),
                Word::V6(groups) => format!("[{}]", Ipv6Addr::from(*groups)),
                Word::Port(port) => format!(":{port}"),
                Word::Raw(raw) => (*raw).to_owned(),
            };
            let text: String = words.iter().map(word).collect();
            url(&text);
            url(&format!("https://{text}"));
        }
        Input::Address(address, prefix) => {
            let (address, (network, bits, text)) = (address.ip(), network((address, prefix)));
            let policy = UrlPolicy::new();
            let resolved = policy.check_resolved(&[address]);
            assert!(resolved.is_err() || !is_private(address), "{address} is private");
            let written = match address {
                IpAddr::V4(address) => format!("https://{address}/"),
                IpAddr::V6(address) => format!("https://[{address}]/"),
            };
            assert_eq!(policy.check(&written).is_ok(), resolved.is_ok(), "{written}");
            let denied = UrlPolicy::new().deny_addresses(&text).expect("a network");
            assert!(
                lies_in(address, network, bits) && denied.check_resolved(&[address]).is_err(),
                "{address} in {text}"
            );
        }
        Input::Policy { allow, deny, flags, ports, address, text } => {
            let (allow, deny, address) = (network(allow), network(deny), address.ip());
            let mut policy = UrlPolicy::new();
            if flags & 1 != 0 {
                policy = policy.allow_addresses(&allow.2).expect("a network");
            }
            if flags & 2 != 0 {
                policy = policy.deny_addresses(&deny.2).expect("a network");
            }
            if flags & 4 != 0 {
                policy = policy.with_ports(ports);
            }
            if flags & 8 != 0 {
                policy = policy.allow_loopback_http();
            }
            let file = serde_json::to_string(&policy).expect("a file");
            assert_eq!(serde_json::from_str::<UrlPolicy>(&file).ok().as_ref(), Some(&policy), "{file}");
            if let Ok(policy) = serde_json::from_str::<UrlPolicy>(text) {
                let _ = policy.check("https://10.0.0.1/");
            }
            let is_allowed = policy.check_resolved(&[address]).is_ok();
            assert!(!(flags & 2 != 0 && lies_in(address, deny.0, deny.1)) || !is_allowed, "{address}: {file}");
            assert!(flags & 9 != 0 || !is_private(address) || !is_allowed, "{address}: {file}");
        }
    }
}

fn url(text: &str) {
    let policy = UrlPolicy::new();
    let parsed = policy.parse(text);
    assert_eq!(policy.check(text).is_ok(), parsed.is_ok(), "{text:?}");
    let Ok(parsed) = parsed else { return };
    assert_eq!(parsed.as_str(), text);
    assert_eq!(EndpointUrl::try_from(text).as_ref(), Ok(&parsed));
    // This build of the crate `url` has no tables for A-labels.
    if text.to_ascii_lowercase().contains("xn--") {
        return;
    }
    let judge = url::Url::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(
        (judge.scheme(), judge.username(), judge.password(), judge.fragment()),
        ("https", "", None, None),
        "{text:?}"
    );
    assert_eq!(judge.port_or_known_default(), Some(parsed.port()), "{text:?}");
    let host = judge.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_same = match bare.parse::<IpAddr>() {
        Ok(address) => {
            assert!(!is_private(address), "{text:?}");
            parsed.host().trim_end_matches('.').parse::<IpAddr>() == Ok(address)
        }
        Err(_) => parsed.host().eq_ignore_ascii_case(bare),
    };
    assert!(is_same, "{text:?}: {host} and {}", parsed.host());
    let name = bare.trim_end_matches('.');
    assert!(name.contains('.') || name.contains(':'), "{text:?}");
    for end in [".localhost", ".local", ".internal", ".svc", ".test"] {
        assert!(!name.ends_with(end), "{text:?}");
    }
}
