//! Which addresses are not public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The refused blocks, written down a second time.
pub(crate) const REFUSED: [&str; 38] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/8",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:2::/48",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fd00:ec2::254/128",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    // Outside 2000::/3.
    "::/3",
    "4000::/2",
];

/// The first and the last address of a block.
pub(crate) fn edges(block: &str) -> (IpAddr, IpAddr) {
    let (address, prefix) = block.split_once('/').expect("a prefix");
    let prefix: u32 = prefix.parse().expect("a number");
    match address.parse().expect("an address") {
        IpAddr::V4(first) => {
            (first.into(), Ipv4Addr::from_bits(first.to_bits() | u32::MAX.checked_shr(prefix).unwrap_or(0)).into())
        }
        IpAddr::V6(first) => {
            (first.into(), Ipv6Addr::from_bits(first.to_bits() | u128::MAX.checked_shr(prefix).unwrap_or(0)).into())
        }
    }
}

/// Whether an address lies in one of the blocks.
pub(crate) fn is_refused(address: IpAddr) -> bool {
    let within = |block: &&str| {
        let (first, last) = edges(block);
        first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address)
    };
    let is_high = matches!(address, IpAddr::V6(address) if address.segments()[0] >= 0x8000);
    is_high || REFUSED.iter().any(within)
}

/// IPv4 addresses that are not public.
pub(crate) const INNER: [&str; 6] =
    ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "0.0.0.0", "255.255.255.255"];

/// An IPv4 address as the forms of IPv6 hold it: mapped, NAT64 (the well-known prefix, and the local-use one with
/// prefixes of 48, 56, 64 and 96 bits), 6to4, Teredo, compatible, and translated by SIIT.
pub(crate) fn inside(address: Ipv4Addr) -> [Ipv6Addr; 10] {
    let v4 = u128::from(address.to_bits());
    let local: u128 = 0x0064_ff9b_0001 << 80;
    // RFC 6052, section 2.2: bits 64 to 71 are left out.
    let split = |before: u32| {
        let (high, low) = (v4 >> (32 - before), v4 & ((1 << (32 - before)) - 1));
        local | high << 64 | low << (24 + before)
    };
    [
        0xffff << 32 | v4,
        0x0064_ff9b << 96 | v4,
        local | v4,
        split(16),
        split(8),
        local | v4 << 24,
        0x2002 << 112 | v4 << 80 | 1,
        0x2001_0000 << 96 | (0x0808_0808 << 64) | u128::from(!address.to_bits()),
        v4,
        0xffff << 48 | v4,
    ]
    .map(Ipv6Addr::from_bits)
}
