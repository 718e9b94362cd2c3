//! What must hold for any URL and any address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookseal::UrlPolicy;
use proptest::prelude::*;

use ranges::is_refused;

#[allow(dead_code)]
#[path = "../../../tests/common/ranges.rs"]
mod ranges;

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
            let literal = url.host().trim_end_matches('.').parse::<IpAddr>();
            prop_assert!(literal.is_err() || policy.check_resolved(&[literal.unwrap()]).is_ok(), "{}", text);
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
}
