//! Which addresses may be called: the edges of every range, the networks that a policy allows and denies, and IPv4
//! addresses in the forms that they take in IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookseal::{ConfigError, UrlError, UrlPolicy};
use proptest::prelude::*;

fn addresses<const N: usize>(texts: [&str; N]) -> [IpAddr; N] {
    texts.map(|text| text.parse().expect("an address"))
}

fn resolved<const N: usize>(texts: [&str; N]) -> Result<(), UrlError> {
    UrlPolicy::new().check_resolved(&addresses(texts))
}

fn verdict(policy: &UrlPolicy, address: &str) -> Result<(), UrlError> {
    policy.check_resolved(&addresses([address]))
}

fn allowing(network: &str) -> UrlPolicy {
    UrlPolicy::new().allow_addresses(network).expect("a network")
}

fn denying(network: &str) -> UrlPolicy {
    UrlPolicy::new().deny_addresses(network).expect("a network")
}

#[test]
fn one_refused_address_refuses_all() {
    assert_eq!(resolved([]), Err(UrlError::NoAddress));
    assert_eq!(resolved(["8.8.8.8", "2606:4700:4700::1111"]), Ok(()));
    let loopback = Err(UrlError::AddressNotPublic { range: "loopback, RFC 1122" });
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"] {
        assert_eq!(resolved([address]), loopback, "{address}");
        assert_eq!(resolved([address, "8.8.8.8"]), loopback, "{address}");
        assert_eq!(resolved(["8.8.8.8", "1.1.1.1", address]), loopback, "{address}");
    }
    assert_eq!(resolved(["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]), Ok(()));
}

/// The refused blocks, written down a second time.
const REFUSED: [&str; 38] = [
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
fn edges(block: &str) -> (IpAddr, IpAddr) {
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

/// The address so many further on, if there is one.
fn beside(address: IpAddr, step: i8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => Some(Ipv4Addr::from_bits(address.to_bits().checked_add_signed(step.into())?).into()),
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits().checked_add_signed(step.into())?).into()),
    }
}

fn is_refused(address: IpAddr) -> bool {
    let within = |block: &&str| {
        let (first, last) = edges(block);
        first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address)
    };
    let is_high = matches!(address, IpAddr::V6(address) if address.segments()[0] >= 0x8000);
    is_high || REFUSED.iter().any(within)
}

#[test]
fn ranges_end_where_they_should() {
    let check = |address| UrlPolicy::new().check_resolved(&[address]).is_err();
    let mut neighbours = 0;
    for block in REFUSED {
        let (first, last) = edges(block);
        assert!(check(first) && check(last), "{block} is refused");
        for (edge, step) in [(first, -1), (last, 1)] {
            let Some(neighbour) = beside(edge, step) else { continue };
            assert_eq!(check(neighbour), is_refused(neighbour), "{neighbour} beside {block}");
            neighbours += usize::from(!is_refused(neighbour));
        }
        if let (IpAddr::V4(first), IpAddr::V4(last)) = (first, last) {
            for address in [first, last] {
                let translated = Ipv6Addr::from_bits(0x0064_ff9b_u128 << 96 | u128::from(address.to_bits()));
                assert!(check(address.to_ipv6_mapped().into()) && check(translated.into()), "{address} in IPv6");
            }
        }
    }
    assert_eq!(neighbours, 38, "so many neighbours are public");
}

#[test]
fn networks_narrow_and_widen() {
    let lists = allowing("10.20.0.0/16").deny_addresses("10.20.30.0/24").unwrap();
    assert_eq!(
        lists.check_resolved(&addresses(["10.20.0.0", "10.20.255.255", "::ffff:10.20.1.1", "64:ff9b::10.20.1.1"])),
        Ok(())
    );
    assert_eq!(lists.check_resolved(&addresses(["10.20.1.1", "10.20.30.1"])), Err(UrlError::AddressDenied));
    for denied in ["::ffff:10.20.30.1", "64:ff9b::10.20.30.1"] {
        assert_eq!(verdict(&lists, denied), Err(UrlError::AddressDenied), "{denied}");
    }
    assert!(verdict(&lists, "10.21.0.0").is_err());
    // Neither `::` nor `::1` holds an IPv4 address.
    assert_eq!(verdict(&allowing("::1"), "::1"), Ok(()));
    assert_eq!(verdict(&allowing("::/127"), "::"), Ok(()));
}

#[test]
fn texts_that_are_no_networks_are_errors() {
    let bad = [
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.1/8",
        "::1/0",
        "::/129",
        "::/4294967295",
        "::/99999999999",
        "10.0.0/8",
        "a/8",
    ];
    for text in bad {
        let error = UrlPolicy::new().deny_addresses(text).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { field: "addresses", .. }), "{text}: {error}");
    }
}

/// Addresses that no policy here may admit, and one that is public.
const INNER: [&str; 6] = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "0.0.0.0", "255.255.255.255"];
const PUBLIC: &str = "8.8.8.8";

/// An IPv4 address as the forms of IPv6 hold it: mapped, NAT64 (the well-known prefix, and the local-use one with
/// prefixes of 48, 56, 64 and 96 bits), 6to4, Teredo, compatible, and translated by SIIT.
fn inside(address: Ipv4Addr) -> [Ipv6Addr; 10] {
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

#[test]
fn allowing_a_translated_network_opens_nothing_behind_it() {
    for network in [
        "64:ff9b::/96",
        "64:ff9b::/32",
        "64:ff9b::/64",
        "64:ff9b:1::/48",
        "::ffff:0:0/96",
        "2002::/16",
        "2001::/32",
        "::/96",
        "::/8",
        "::ffff:0:0:0/96",
        "::/0",
    ] {
        let policy = allowing(network);
        for address in INNER {
            let address: Ipv4Addr = address.parse().unwrap();
            assert!(policy.check_resolved(&[address.into()]).is_err(), "{network} admits {address}");
            assert!(policy.check(&format!("https://{address}/")).is_err(), "{network} admits {address}");
            for form in inside(address) {
                // These two are the unspecified address and the local host, which hold no IPv4 address.
                let is_plain = form.is_unspecified() || form.is_loopback();
                assert!(is_plain || policy.check_resolved(&[form.into()]).is_err(), "{network} admits {form}");
            }
        }
        assert_eq!(verdict(&policy, PUBLIC), Ok(()));
    }
}

#[test]
fn allowing_a_translated_network_admits_the_public_addresses_in_it() {
    let [.., nat64_local, _, _, _, sixtofour, teredo, compatible, translated] = inside(PUBLIC.parse().unwrap());
    for (network, address) in [
        ("64:ff9b:1::/48", nat64_local),
        ("2002::/16", sixtofour),
        ("2001::/32", teredo),
        ("::/96", compatible),
        ("::ffff:0:0:0/96", translated),
    ] {
        assert!(UrlPolicy::new().check_resolved(&[address.into()]).is_err(), "{address} by default");
        assert_eq!(allowing(network).check_resolved(&[address.into()]), Ok(()), "{network} for {address}");
        assert_eq!(allowing("::/0").check_resolved(&[address.into()]), Ok(()), "{address}");
    }
    // An operator who wants a private range behind the gateway says so in IPv4.
    let both = allowing("64:ff9b:1::/48").allow_addresses("10.0.0.0/8").unwrap();
    assert_eq!(verdict(&both, "64:ff9b:1::10.1.2.3"), Ok(()));
    assert!(verdict(&both, "64:ff9b:1::192.168.1.1").is_err());
}

#[test]
fn denying_a_translated_network_denies_it_and_not_ipv4() {
    for network in ["64:ff9b::/96", "64:ff9b::/64", "64:ff9b::/32", "64:ff9b::8.8.8.0/120", "::/0", "::/8"] {
        let policy = denying(network);
        assert_eq!(verdict(&policy, "64:ff9b::808:808"), Err(UrlError::AddressDenied), "{network}");
        assert_eq!(verdict(&policy, PUBLIC), Ok(()), "{network}");
        assert_eq!(policy.check("https://8.8.8.8/"), Ok(()), "{network}");
    }
    for network in ["::ffff:0:0/96", "::ffff:8.8.8.0/120", "::/0", "::/64"] {
        assert_eq!(verdict(&denying(network), "::ffff:8.8.8.8"), Err(UrlError::AddressDenied), "{network}");
        assert_eq!(verdict(&denying(network), PUBLIC), Ok(()), "{network}");
    }
    assert_eq!(verdict(&denying("64:ff9b::/96"), "::ffff:8.8.8.8"), Ok(()));
    assert_eq!(verdict(&denying("64:ff9b::/97"), "64:ff9b::200.1.1.1"), Ok(()));
}

#[test]
fn all_of_ipv6_is_all_of_ipv6_and_all_of_ipv4_is_all_of_ipv4() {
    let (no_ipv6, no_ipv4) = (denying("::/0"), denying("0.0.0.0/0"));
    assert_eq!(verdict(&no_ipv6, PUBLIC), Ok(()));
    assert_eq!(verdict(&no_ipv4, PUBLIC), Err(UrlError::AddressDenied));
    assert_eq!(verdict(&no_ipv6, "2606:4700:4700::1111"), Err(UrlError::AddressDenied));
    assert_eq!(verdict(&no_ipv4, "2606:4700:4700::1111"), Ok(()));
    for form in inside(PUBLIC.parse().unwrap()) {
        for policy in [&no_ipv6, &no_ipv4] {
            assert_eq!(policy.check_resolved(&[form.into()]), Err(UrlError::AddressDenied), "{form}");
        }
    }
}

/// Any network, and often one that overlaps a form in which IPv6 holds IPv4 addresses.
fn networks() -> impl Strategy<Value = (IpAddr, u32)> {
    let near = prop::sample::select(vec![
        "64:ff9b::",
        "64:ff9b:1::",
        "::",
        "::ffff:0:0",
        "::ffff:0:0:0",
        "2001::",
        "2002::",
        "10.0.0.0",
        "127.0.0.0",
        "8.8.8.8",
        "2606::",
        "fd00::",
    ]);
    let near = near.prop_map(|text| text.parse::<IpAddr>().expect("an address"));
    let any = prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)];
    (prop_oneof![3 => near, 1 => any], 0_u32..=128).prop_map(|(address, prefix)| match address {
        IpAddr::V4(address) => {
            let prefix = prefix % 33;
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            (Ipv4Addr::from_bits(address.to_bits() & mask).into(), prefix)
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            (Ipv6Addr::from_bits(address.to_bits() & mask).into(), prefix)
        }
    })
}

fn ipv4() -> impl Strategy<Value = Ipv4Addr> {
    let inner = prop::sample::select(INNER.to_vec()).prop_map(|text| text.parse().expect("an address"));
    prop_oneof![inner, any::<[u8; 4]>().prop_map(Ipv4Addr::from)]
}

/// Whether the address lies in the network, both of one family.
fn lies_in(address: IpAddr, (network, prefix): (IpAddr, u32)) -> bool {
    let (first, last) = edges(&format!("{network}/{prefix}"));
    first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address)
}

/// `::` and `::1`, which hold no IPv4 address.
fn is_plain(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unspecified() || address.is_loopback())
}

/// Whether the address lies in a block whose addresses hold IPv4 addresses.
fn holds_ipv4(address: Ipv6Addr) -> bool {
    let blocks =
        ["::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"];
    blocks.iter().any(|block| {
        let (first, last) = edges(block);
        (first..=last).contains(&IpAddr::from(address))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn networks_never_panic(text in "[0-9a-f:./]{0,24}", address: [u8; 16]) {
        if let Ok(policy) = UrlPolicy::new().deny_addresses(&text) {
            let _ = policy.check_resolved(&[IpAddr::from(address)]);
        }
    }

    #[test]
    fn ipv4_means_the_same_inside_ipv6(address: [u8; 4]) {
        let address = Ipv4Addr::from(address);
        let check = |address: IpAddr| UrlPolicy::new().check_resolved(&[address]);
        prop_assert_eq!(check(address.into()).is_err(), is_refused(address.into()));
        prop_assert_eq!(check(address.into()), check(address.to_ipv6_mapped().into()));
    }

    #[test]
    fn ipv6_follows_the_list(address: [u8; 16]) {
        let address = Ipv6Addr::from(address);
        prop_assume!(address.to_ipv4_mapped().is_none() && address.segments()[..2] != [0x64, 0xff9b]);
        prop_assert_eq!(UrlPolicy::new().check_resolved(&[address.into()]).is_err(), is_refused(address.into()));
    }

    #[test]
    fn networks_concern_the_family_that_they_are_written_in(
        network in networks(), address in ipv4(), other: [u8; 16],
    ) {
        let text = format!("{}/{}", network.0, network.1);
        let (plain, lists) = (UrlPolicy::new(), [allowing(&text), denying(&text)]);
        let address: IpAddr = if network.0.is_ipv4() { other.into() } else { address.into() };
        let holds_ipv4 = matches!(address, IpAddr::V6(address) if holds_ipv4(address));
        for policy in lists {
            let verdict = policy.check_resolved(&[address]);
            prop_assert!(holds_ipv4 || verdict == plain.check_resolved(&[address]), "{} for {}", text, address);
        }
    }

    #[test]
    fn a_denied_network_is_denied_whole_and_in_each_form(network in networks(), address in ipv4(), other: [u8; 16]) {
        let policy = denying(&format!("{}/{}", network.0, network.1));
        let forms = inside(address).map(IpAddr::from);
        let denied = Err(UrlError::AddressDenied);
        for own in forms.into_iter().chain([address.into(), other.into(), edges(&format!("{}/{}", network.0, network.1)).1]) {
            if lies_in(own, network) {
                prop_assert_eq!(policy.check_resolved(&[own]), denied.clone(), "{}", own);
            }
        }
        if lies_in(address.into(), network) {
            for form in forms.into_iter().filter(|form| !is_plain(*form)) {
                prop_assert_eq!(policy.check_resolved(&[form]), denied.clone(), "{} as {}", address, form);
            }
        }
    }

    #[test]
    fn allowing_never_widens_to_an_ipv4_address_that_is_refused(
        allowed in prop::collection::vec(networks(), 1..4), address in ipv4(),
    ) {
        let policy = allowed.iter().fold(UrlPolicy::new(), |policy, (network, prefix)| {
            policy.allow_addresses(&format!("{network}/{prefix}")).expect("a network")
        });
        let own = policy.check_resolved(&[address.into()]);
        let says = is_refused(address.into()) && !allowed.iter().any(|&network| lies_in(address.into(), network));
        prop_assert_eq!(own.is_err(), says, "{}", address);
        for form in inside(address).map(IpAddr::from).into_iter().filter(|form| !is_plain(*form)) {
            if policy.check_resolved(&[form]).is_ok() {
                prop_assert!(own.is_ok(), "{} as {}", address, form);
            }
        }
    }
}
