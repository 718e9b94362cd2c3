//! What must hold for any URL and any address, with other parsers of URLs and of Punycode as judges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookseal::UrlError;
use hookseal::delivery::UrlPolicy;
use proptest::prelude::*;

use ranges::{INNER, edges, inside, is_refused};

#[allow(dead_code)]
#[path = "../../../tests/common/ranges.rs"]
mod ranges;

#[derive(serde::Deserialize)]
struct Case {
    url: String,
    allowed: bool,
    why: String,
}

/// Whether a URL parser that follows the WHATWG's standard takes the URL.
fn parses(url: &str) -> bool {
    url::Url::parse(url).is_ok()
}

#[test]
fn invalid_punycode_is_refused_as_url_parsers_do() {
    let text = include_str!("../../../tests/vectors/urls.json");
    let mut cases: Vec<Case> = serde_json::from_str(text).expect("a list of cases");
    cases.retain(|case| case.why.starts_with("Punycode"));
    assert!(cases.len() > 20, "only {} cases", cases.len());
    for Case { url, allowed, why } in cases {
        assert_eq!(parses(&url), allowed, "{url} ({why})");
    }
}

fn allowing(network: &str) -> UrlPolicy {
    UrlPolicy::new().allow_addresses(network).expect("a network")
}

fn denying(network: &str) -> UrlPolicy {
    UrlPolicy::new().deny_addresses(network).expect("a network")
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

/// Texts near to URLs, and any others.
fn texts() -> impl Strategy<Value = String> {
    let host = "([a-z0-9_-]{1,8}\\.){0,3}[a-z]{1,8}|[0-9]{1,3}(\\.[0-9]{1,3}){0,4}|\\[[0-9a-f:.]{2,24}\\]";
    let with_host = |rest: &str| prop::string::string_regex(&format!("https://({host}){rest}")).expect("a pattern");
    prop_oneof![
        any::<String>(),
        "(?i:https?):?/{0,3}\\PC{0,40}",
        "https://[a-z0-9.:@%\\[\\]/?#\\\\x -]{0,40}",
        with_host("(:[0-9]{0,6})?[!-~]{0,20}"),
        with_host("(:[0-9]{0,5})?([/?][a-z@:/?\\[\\]%=&.-]{0,20})?"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_is_accepted_means_the_same_to_http(text in texts()) {
        for policy in [UrlPolicy::new(), UrlPolicy::new().allow_loopback_http().allow_private()] {
            let parsed = policy.parse(&text);
            prop_assert_eq!(policy.check(&text), parsed.clone().map(|_| ()), "the check decides alone");
            let Ok(url) = parsed else { continue };
            let uri: http::Uri = text.parse().expect("a URI");
            prop_assert_eq!(&uri, url.uri());
            let host = uri.host().expect("a host");
            prop_assert_eq!(host.trim_matches(['[', ']']), url.host());
            let authority = text.split('/').nth(2).and_then(|rest| rest.split('?').next()).expect("an authority");
            prop_assert!(authority.starts_with(host) && !authority.contains('@'), "{}", text);
            prop_assert!(text.bytes().all(|c| c.is_ascii_graphic() && c != b'\\' && c != b'#'), "{}", text);
            prop_assert!(url.port() > 0);
            let literal = url.host().trim_end_matches('.').parse::<IpAddr>().ok();
            prop_assert!(literal.is_none_or(|address| policy.check_resolved(&[address]).is_ok()), "{}", text);
            // Unicode's rules for names in other scripts need its tables.
            let Ok(other) = url::Url::parse(&text) else {
                prop_assert!(host.to_ascii_lowercase().contains("xn--"), "{}", text);
                continue;
            };
            let same_host = match other.host().expect("a host") {
                url::Host::Domain(name) => name.eq_ignore_ascii_case(host),
                url::Host::Ipv4(address) => literal == Some(address.into()),
                url::Host::Ipv6(address) => literal == Some(address.into()),
            };
            prop_assert!(same_host, "{} is {:?}", text, other.host());
            prop_assert_eq!(other.port_or_known_default(), Some(url.port()));
        }
    }

    #[test]
    fn punycode_is_judged_as_another_decoder_does(label in "[a-zA-Z0-9_-]{0,10}|[a-z]{0,20}-[a-z0-9]{1,8}") {
        let decoded = idna::punycode::decode_to_string(&label.to_ascii_lowercase());
        let is_small = |c: char| c.to_lowercase().eq([c]) || ('\u{13a0}'..='\u{13f5}').contains(&c);
        let expected = decoded.is_some_and(|text| {
            !text.is_ascii() && text.chars().all(|c| is_small(c) && !c.is_control() && !c.is_whitespace())
        });
        let url = format!("https://xn--{label}.com/");
        prop_assert_eq!(UrlPolicy::new().check(&url).is_ok(), expected, "{}", label);
        prop_assert!(expected || !parses(&url), "{} would do for a URL parser", label);
    }

    #[test]
    fn names_in_other_scripts_pass_as_a_labels(
        label in "[a-z]{0,4}(\\PC|[\u{e0}-\u{24f}\u{400}-\u{5ff}\u{900}-\u{dff}\u{3040}-\u{30ff}\u{4e00}-\u{9fff}]){1,8}",
    ) {
        let Ok(url) = url::Url::parse(&format!("https://{label}.com/")) else { return Ok(()) };
        let name = url.host_str().expect("a host");
        // What is not in another script is judged elsewhere.
        let encoded = name.strip_prefix("xn--").and_then(|name| name.strip_suffix(".com")).unwrap_or("_");
        if encoded.len() < 60 && encoded.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
            prop_assert_eq!(UrlPolicy::new().check(&format!("https://{name}/")), Ok(()));
        }
    }

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
