//! Which addresses may be called: the edges of every range, the networks that a policy allows and denies, and IPv4
//! addresses in the forms that they take in IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookseal::delivery::UrlPolicy;
use hookseal::{ConfigError, UrlError};
use serde::Deserialize;

use ranges::{INNER, REFUSED, edges, inside, is_refused};

#[path = "common/ranges.rs"]
mod ranges;

/// A public address.
const PUBLIC: &str = "8.8.8.8";

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

/// The address so many further on, if there is one.
fn beside(address: IpAddr, step: i8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => Some(Ipv4Addr::from_bits(address.to_bits().checked_add_signed(step.into())?).into()),
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits().checked_add_signed(step.into())?).into()),
    }
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

/// `vectors/iana.json`: what the registries say, and what follows from it here.
#[derive(Deserialize)]
struct Registries {
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    block: String,
    name: String,
    globally_reachable: String,
    ours: String,
    #[serde(default)]
    why: String,
}

#[test]
fn the_registries_of_iana_are_followed() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/iana.json"));
    let registries: Registries = serde_json::from_str(&text.expect("the file is there")).expect("a list of blocks");
    let is_refused = |address: IpAddr| UrlPolicy::new().check_resolved(&[address]).is_err();
    for Block { block, name, globally_reachable, ours, why } in &registries.blocks {
        let (first, last) = edges(block);
        let middle = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                IpAddr::from(Ipv4Addr::from_bits(first.to_bits() + (last.to_bits() - first.to_bits()) / 3))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                Ipv6Addr::from_bits(first.to_bits() + (last.to_bits() - first.to_bits()) / 3).into()
            }
            _ => unreachable!("both ends are of one family"),
        };
        match &**ours {
            "refused" => assert!([first, middle, last].into_iter().all(is_refused), "{block}, {name}"),
            "allowed" => assert!(![first, middle, last].into_iter().any(is_refused), "{block}, {name}"),
            "as the IPv4 address in it" => {
                let IpAddr::V6(first) = first else { panic!("{block} is of IPv6") };
                let holding = |v4: &str| {
                    let v4: Ipv4Addr = v4.parse().expect("an address");
                    IpAddr::from(Ipv6Addr::from_bits(first.to_bits() | u128::from(v4.to_bits())))
                };
                assert!(!is_refused(holding(PUBLIC)), "{block}, {name}");
                assert!(INNER.iter().all(|inner| is_refused(holding(inner))), "{block}, {name}");
            }
            other => panic!("{block}: {other:?}"),
        }
        // What is globally reachable is refused for a stated reason, and what is not is refused without one.
        let is_stricter = globally_reachable == "yes" && ours == "refused";
        assert_eq!(!why.is_empty(), is_stricter, "{block}, {name}");
        assert!(globally_reachable == "yes" || ours != "allowed", "{block}, {name}");
    }
    assert_eq!(registries.blocks.len(), 53);
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
    let (denying, not_denying) = (denying(PUBLIC), denying("8.8.8.9"));
    for form in inside(PUBLIC.parse().unwrap()) {
        assert_eq!(denying.check_resolved(&[form.into()]), Err(UrlError::AddressDenied), "{form}");
        assert_ne!(not_denying.check_resolved(&[form.into()]), Err(UrlError::AddressDenied), "{form}");
    }
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
        assert!(matches!(error, ConfigError::Invalid { field: "deny_addresses", .. }), "{text}: {error}");
        let error = UrlPolicy::new().allow_addresses(text).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { field: "allow_addresses", .. }), "{text}: {error}");
    }
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
    // With a prefix of 64 bits, a byte of zeros is left out before the IPv4 address, here 8.8.8.8 and 10.0.0.8.
    for (address, is_public) in
        [("64:ff9b:1:0:8:808:800:0", true), ("64:ff9b:1:0:a:0:800:0", false), ("64:ff9b:1:0:10a:0:800:0", true)]
    {
        assert_eq!(verdict(&allowing("64:ff9b:1::/48"), address).is_ok(), is_public, "{address}");
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
