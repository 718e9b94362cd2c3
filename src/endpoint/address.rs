//! Which addresses are public: the registries as one table, read from the top, in which the first match decides.
//!
//! The rows come from IANA's registries of special-purpose and of multicast addresses for IPv4 and IPv6, as amended by
//! RFC 8190. Of the special blocks that they call globally reachable, those inside 2001::/23 are refused all the same:
//! no endpoint lives there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who answers at an address or under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Public,
    /// Somebody in the sender's own network.
    Private,
    /// The sender's own machine.
    Loopback,
    /// Nobody who may be called: no single host, or a part of the sender's cloud.
    Nobody,
}

/// A block of addresses, all numbered as in IPv6, where IPv4 stands under `::ffff:0:0/96`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    bits: u128,
    prefix: u32,
}

impl Network {
    const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> Network {
        Network { bits: Ipv4Addr::new(a, b, c, d).to_ipv6_mapped().to_bits(), prefix: IPV4_PREFIX + prefix }
    }

    const fn v6(groups: [u16; 8], prefix: u32) -> Network {
        let [a, b, c, d, e, f, g, h] = groups;
        Network { bits: Ipv6Addr::new(a, b, c, d, e, f, g, h).to_bits(), prefix }
    }

    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address. Bits behind the prefix are most likely a mistake.
    pub(super) fn read(text: &str) -> Option<Network> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let (wider, longest) = if address.is_ipv4() { (IPV4_PREFIX, 32_u32) } else { (0, 128) };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|c| c.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => longest,
        };
        let behind = longest.checked_sub(prefix)?;
        let prefix = wider + prefix;
        let bits = if prefix < IPV4_PREFIX { plain(address) } else { number(address) };
        (bits.trailing_zeros() >= behind).then_some(Network { bits, prefix })
    }

    fn contains(self, number: u128) -> bool {
        let same = |network: Network| (network.bits ^ number).leading_zeros() >= network.prefix;
        // A wider network is one of IPv6 alone: `::/0` says nothing about IPv4.
        same(self) && (self.prefix >= IPV4_PREFIX || !same(IPV4))
    }
}

pub(super) fn any_contains(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(number(address)))
}

/// Who answers at an address, and the name of its range.
pub(super) fn reach(address: IpAddr) -> (Reach, &'static str) {
    let number = number(address);
    let row = RANGES.iter().find(|(network, ..)| network.contains(number));
    row.map_or((Reach::Nobody, OTHER), |&(_, reach, name)| (reach, name))
}

fn plain(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address as IPv6. One that a NAT64 gateway translates counts as the IPv4 address behind it, as a mapped one does.
fn number(address: IpAddr) -> u128 {
    let bits = plain(address);
    let is_translated = (NAT64.bits ^ bits).leading_zeros() >= NAT64.prefix;
    if is_translated { IPV4.bits | bits & u128::from(u32::MAX) } else { bits }
}

const IPV4_PREFIX: u32 = 96;
const IPV4: Network = Network::v4(0, 0, 0, 0, 0);
/// RFC 6052. Networks with DNS64 make such addresses up for every host that has IPv4 alone.
const NAT64: Network = Network::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
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
    (IPV4, Reach::Public, "IPv4"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Reach::Loopback, "loopback, RFC 4291"),
    (Network::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), Reach::Nobody, "local-use translation, RFC 8215"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 8), Reach::Nobody, "reserved, RFC 4291"),
    (Network::v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), Reach::Nobody, "discard-only, RFC 6666"),
    (Network::v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), Reach::Nobody, "dummy prefix, RFC 9780"),
    (Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Reach::Nobody, "IETF protocol assignments, RFC 2928"),
    (Network::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), Reach::Nobody, "documentation, RFC 3849"),
    (Network::v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), Reach::Nobody, "6to4, RFC 3056"),
    (Network::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Reach::Nobody, "documentation, RFC 9637"),
    (Network::v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), Reach::Nobody, "segment routing, RFC 9602"),
    // Services of clouds inside unique-local space, which admitting private addresses must not open.
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
