//! Which addresses are public: the registries as one table, read from the top, in which the first match decides.
//!
//! The rows come from IANA's registries of special-purpose and of multicast addresses for IPv4 and IPv6, as amended by
//! RFC 8190. Of the special blocks that they call globally reachable, those inside 2001::/23 are refused all the same:
//! no endpoint lives there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address or a name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Public,
    /// To the sender's own network.
    Private,
    /// To the sender's own machine.
    Loopback,
    /// To nothing that may be called: not to a single host, or to a part of the sender's cloud.
    Nobody,
}

/// A block of addresses of one family: that in which it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    V4 { bits: u32, prefix: u32 },
    V6 { bits: u128, prefix: u32 },
}

impl Network {
    const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> Network {
        Network::V4 { bits: Ipv4Addr::new(a, b, c, d).to_bits(), prefix }
    }

    const fn v6(groups: [u16; 8], prefix: u32) -> Network {
        let [a, b, c, d, e, f, g, h] = groups;
        Network::V6 { bits: Ipv6Addr::new(a, b, c, d, e, f, g, h).to_bits(), prefix }
    }

    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address. Bits after the prefix are most likely a mistake.
    pub(super) fn read(text: &str) -> Option<Network> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32_u32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|c| c.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => longest,
        };
        let free = longest.checked_sub(prefix)?;
        let (network, zeros) = match address {
            IpAddr::V4(address) => {
                let bits = address.to_bits();
                (Network::V4 { bits, prefix }, bits.trailing_zeros())
            }
            IpAddr::V6(address) => {
                let bits = address.to_bits();
                (Network::V6 { bits, prefix }, bits.trailing_zeros())
            }
        };
        (zeros >= free).then_some(network)
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Network::V4 { bits, prefix }, IpAddr::V4(address)) => (bits ^ address.to_bits()).leading_zeros() >= prefix,
            (Network::V6 { bits, prefix }, IpAddr::V6(address)) => (bits ^ address.to_bits()).leading_zeros() >= prefix,
            _ => false,
        }
    }
}

/// In the form that [`Network::read`] reads.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Network::V4 { bits, prefix } => write!(f, "{}/{prefix}", Ipv4Addr::from_bits(bits)),
            Network::V6 { bits, prefix } => write!(f, "{}/{prefix}", Ipv6Addr::from_bits(bits)),
        }
    }
}

/// Where an address leads, and the name of its range. An IPv4 address that it contains is not considered.
pub(super) fn reach(address: IpAddr) -> (Reach, &'static str) {
    let row = RANGES.iter().find(|(network, ..)| network.contains(address));
    row.map_or((Reach::Nobody, OTHER), |&(_, reach, name)| (reach, name))
}

/// The address and every IPv4 address that a host or a gateway could read out of it. A packet may end at any of them.
pub(super) fn forms(address: IpAddr) -> impl Iterator<Item = IpAddr> + Clone {
    let inner = match address {
        IpAddr::V4(_) => [None; 4],
        IpAddr::V6(address) => held(address),
    };
    std::iter::once(address).chain(inner.into_iter().flatten().map(IpAddr::V4))
}

fn held(address: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let bits = address.to_bits();
    // The 32 bits with `places` bits after them.
    let at = |places: u32| Some(Ipv4Addr::from_bits((bits >> places) as u32));
    let one = |inner| [inner, None, None, None];
    let lies_in = |network: Network| network.contains(address.into());
    if address.is_unspecified() || address.is_loopback() {
        one(None)
    } else if [MAPPED, NAT64, COMPATIBLE, TRANSLATED].into_iter().any(lies_in) {
        one(at(0))
    } else if lies_in(SIX_TO_FOUR) {
        one(at(80))
    } else if lies_in(TEREDO) {
        // The server, and the client with all bits inverted.
        [at(64), Some(Ipv4Addr::from_bits(!bits as u32)), None, None]
    } else if lies_in(LOCAL_NAT64) {
        // The gateway's prefix may have 48, 56, 64 or 96 bits. In the shorter forms (RFC 6052), a byte of zeros is left
        // out after 64 bits, and zeros follow the address.
        let left_out = bits << 64 >> 120;
        let rest = bits >> 64 << 56 | bits & u128::MAX >> 72;
        let split = |prefix: u32| {
            let free = 120 - 32 - prefix;
            let is_form = left_out == 0 && rest.trailing_zeros() >= free;
            is_form.then_some(Ipv4Addr::from_bits((rest >> free) as u32))
        };
        [at(0), split(48), split(56), split(64)]
    } else {
        one(None)
    }
}

const MAPPED: Network = Network::v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96);
/// RFC 4291.
const COMPATIBLE: Network = Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 96);
/// RFC 2765.
const TRANSLATED: Network = Network::v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96);
/// RFC 6052. Networks with DNS64 make up such addresses for every host that has only IPv4.
const NAT64: Network = Network::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
const LOCAL_NAT64: Network = Network::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48);
const TEREDO: Network = Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32);
const SIX_TO_FOUR: Network = Network::v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);

const OTHER: &str = "outside global unicast, RFC 4291";

const RANGES: &[(Network, Reach, &str)] = &[
    (Network::v4(0, 0, 0, 0, 8), Reach::Nobody, "this network, RFC 791"),
    (Network::v4(10, 0, 0, 0, 8), Reach::Private, "private use, RFC 1918"),
    // Alibaba's metadata service is 100.100.100.200, so not among the private ones.
    (Network::v4(100, 64, 0, 0, 10), Reach::Nobody, "shared address space, RFC 6598"),
    (Network::v4(127, 0, 0, 0, 8), Reach::Loopback, "loopback, RFC 1122"),
    // An ordinary public address elsewhere; inside Azure, every machine's host answers there.
    (Network::v4(168, 63, 129, 16, 32), Reach::Nobody, "Azure's host services"),
    (Network::v4(169, 254, 0, 0, 16), Reach::Nobody, "link-local, RFC 3927"),
    (Network::v4(172, 16, 0, 0, 12), Reach::Private, "private use, RFC 1918"),
    (Network::v4(192, 0, 0, 0, 24), Reach::Nobody, "IETF protocol assignments, RFC 6890"),
    (Network::v4(192, 0, 2, 0, 24), Reach::Nobody, "documentation, RFC 5737"),
    (Network::v4(192, 88, 99, 0, 24), Reach::Nobody, "6to4 relays, RFC 7526"),
    (Network::v4(192, 168, 0, 0, 16), Reach::Private, "private use, RFC 1918"),
    (Network::v4(198, 18, 0, 0, 15), Reach::Nobody, "benchmarking, RFC 2544"),
    (Network::v4(198, 51, 100, 0, 24), Reach::Nobody, "documentation, RFC 5737"),
    (Network::v4(203, 0, 113, 0, 24), Reach::Nobody, "documentation, RFC 5737"),
    (Network::v4(224, 0, 0, 0, 4), Reach::Nobody, "multicast, RFC 5771"),
    (Network::v4(255, 255, 255, 255, 32), Reach::Nobody, "limited broadcast, RFC 919"),
    (Network::v4(240, 0, 0, 0, 4), Reach::Nobody, "reserved, RFC 1112"),
    (Network::v4(0, 0, 0, 0, 0), Reach::Public, "IPv4"),
    // As public as the IPv4 address that they contain.
    (MAPPED, Reach::Public, "IPv4-mapped, RFC 4291"),
    (NAT64, Reach::Public, "NAT64, RFC 6052"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Reach::Loopback, "loopback, RFC 4291"),
    (LOCAL_NAT64, Reach::Nobody, "local-use translation, RFC 8215"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 8), Reach::Nobody, "reserved, RFC 4291"),
    (Network::v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), Reach::Nobody, "discard-only, RFC 6666"),
    (Network::v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), Reach::Nobody, "dummy prefix, RFC 9780"),
    (Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Reach::Nobody, "IETF protocol assignments, RFC 2928"),
    (Network::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), Reach::Nobody, "documentation, RFC 3849"),
    (SIX_TO_FOUR, Reach::Nobody, "6to4, RFC 3056"),
    (Network::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Reach::Nobody, "documentation, RFC 9637"),
    (Network::v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), Reach::Nobody, "segment routing, RFC 9602"),
    // Services of clouds in unique-local space, which must stay closed when private addresses are allowed.
    (Network::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32), Reach::Nobody, "AWS's instance services"),
    (Network::v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), Reach::Nobody, "Google Cloud's metadata"),
    (Network::v6([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128), Reach::Nobody, "Oracle Cloud's metadata"),
    (Network::v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128), Reach::Nobody, "Scaleway's metadata"),
    (Network::v6([0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1], 128), Reach::Nobody, "Akamai's metadata"),
    (Network::v6([0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200], 128), Reach::Nobody, "Alibaba Cloud's metadata"),
    (Network::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), Reach::Private, "unique-local, RFC 4193"),
    (Network::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), Reach::Nobody, "link-local, RFC 4291"),
    (Network::v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Reach::Nobody, "site-local, RFC 3879"),
    (Network::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Reach::Nobody, "multicast, RFC 4291"),
    (Network::v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3), Reach::Public, "global unicast"),
];
