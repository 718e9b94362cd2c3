//! Which endpoints may be called: the cases of `vectors/urls.json`, the edges of every range, the options.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookseal::{ConfigError, EndpointUrl, UrlError, UrlPolicy};
use serde::Deserialize;

use ranges::{REFUSED, edges, is_refused};

#[path = "common/ranges.rs"]
mod ranges;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    url: String,
    allowed: bool,
    why: String,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/urls.json"));
    serde_json::from_str(&text.expect("the file is there")).expect("the file is a list of cases")
}

fn addresses<const N: usize>(texts: [&str; N]) -> [IpAddr; N] {
    texts.map(|text| text.parse().expect("an address"))
}

fn resolved<const N: usize>(texts: [&str; N]) -> Result<(), UrlError> {
    UrlPolicy::new().check_resolved(&addresses(texts))
}

#[test]
fn urls_are_allowed_and_refused_as_listed() {
    let cases = cases();
    assert!(cases.len() > 200, "only {} cases", cases.len());
    for Case { url, allowed, why } in cases {
        let parsed = EndpointUrl::parse(&url);
        assert_eq!(parsed.is_ok(), allowed, "{url:?} ({why}): {parsed:?}");
        assert_eq!(UrlPolicy::new().check(&url), parsed.clone().map(|_| ()), "{url:?}");
        let json = serde_json::to_string(&url).expect("a string");
        let read = serde_json::from_str::<EndpointUrl>(&json);
        match parsed {
            Ok(parsed) => {
                assert_eq!(parsed.as_str(), url);
                assert_eq!(parsed.to_string(), url);
                assert_eq!(format!("{parsed:?}"), format!("EndpointUrl({url:?})"));
                assert_eq!(serde_json::to_string(&parsed).expect("a string"), json);
                assert_eq!(read.expect("allowed"), parsed);
            }
            Err(error) => assert_eq!(read.expect_err("refused").to_string(), error.to_string()),
        }
    }
}

#[test]
fn errors_name_the_rule_and_not_the_url() {
    for Case { url, .. } in cases() {
        let Err(error) = EndpointUrl::parse(&url) else { continue };
        let text = error.to_string();
        assert!(!text.ends_with('.') && text.starts_with(|c: char| c.is_lowercase()), "{text}");
    }
    let telling = [
        "s3cr3t://a.com/",
        "s3cr3t",
        "https://s3cr3t@a.com/",
        "https://a:s3cr3t@a.com/",
        "https://a.com:s3cr3t/",
        "https://s3cr3t/",
        "https://s3cr3t.local/",
        "https://s3cr3t!.a.com/",
        "https://a.com/s3cr3t#",
        "https://a.com/s3cr3t ",
        "https://[s3cr3t]/",
        "https://[::1]s3cr3t/",
        "https://10.0.0.1/s3cr3t",
        "https://s3cr3t.1/",
        "https://s3cr3t..com/",
    ];
    for url in telling {
        let error = EndpointUrl::parse(url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
    }
    let error = |url: &str| EndpointUrl::parse(url).unwrap_err();
    assert_eq!(error(&"a".repeat(3000)), UrlError::TooLong { bytes: 3000 });
    assert_eq!(error("http://hooks.customer.com/"), UrlError::Scheme);
    assert_eq!(error("https://hooks.customer.com/#a"), UrlError::Fragment);
    assert_eq!(error("https://hooks.customer.com/ "), UrlError::Character);
    assert_eq!(error("https://hooks.customer.com:0/"), UrlError::Port);
    assert_eq!(error("https://foo.LOCAL/"), UrlError::NameNotPublic { name: "local" });
    assert_eq!(error("https://[fe80::1]/"), UrlError::AddressNotPublic { range: "link-local, RFC 4291" });
}

#[test]
fn parts_are_those_of_the_text() {
    let parts =
        |url| EndpointUrl::parse(url).map(|url| (url.host().to_owned(), url.port(), url.uri().path().to_owned()));
    let expected = |host: &str, port, path: &str| Ok((host.to_owned(), port, path.to_owned()));
    assert_eq!(parts("https://hooks.customer.com./a"), expected("hooks.customer.com.", 443, "/a"));
    assert_eq!(parts("HTTPS://Hooks.Customer.COM:/"), expected("Hooks.Customer.COM", 443, "/"));
    assert_eq!(parts("https://[2606:4700::1]:8443?a"), expected("2606:4700::1", 8443, "/"));
    assert_eq!(parts("https://hooks.customer.com?a@b/c"), expected("hooks.customer.com", 443, "/"));
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

#[test]
fn loopback_over_http_is_asked_for_by_name() {
    let policy = UrlPolicy::new().allow_loopback_http();
    for url in [
        "http://localhost:8080/in",
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "http://a.localhost/",
        "https://127.0.0.1/",
    ] {
        assert!(policy.check(url).is_ok(), "{url}");
        for other in [UrlPolicy::new(), UrlPolicy::new().allow_private()] {
            assert!(other.check(url).is_err(), "{url}");
        }
    }
    for url in [
        "http://hooks.customer.com/",
        "http://8.8.8.8/",
        "http://10.0.0.1/",
        "http://localhost.customer.com/",
        "ftp://localhost/",
    ] {
        assert!(policy.check(url).is_err(), "{url}");
        assert!(policy.clone().allow_private().check(url).is_err(), "{url}");
    }
    assert_eq!(policy.parse("http://localhost/").map(|url| url.port()), Ok(80));
    assert_eq!(policy.check_resolved(&addresses(["127.0.0.1", "::1"])), Ok(()));
    assert!(policy.check_resolved(&addresses(["127.0.0.1", "10.0.0.1"])).is_err());
    let allowed = UrlPolicy::new().allow_addresses("127.0.0.1").unwrap();
    assert_eq!(allowed.check("http://127.0.0.1/"), Err(UrlError::Scheme));
    assert_eq!(allowed.check("https://127.0.0.1/"), Ok(()));
}

#[test]
fn private_networks_stop_short_of_metadata() {
    let policy = UrlPolicy::new().allow_private();
    let private = [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "receiver",
        "a.svc.cluster.local",
        "db.internal",
        "a.home.arpa",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
    ];
    for host in private {
        assert!(policy.check(&format!("https://{host}/")).is_ok(), "{host}");
    }
    let refused = [
        "127.0.0.1",
        "localhost",
        "localhost.localdomain",
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "[fd00:c1::a9fe:a9fe]",
        "[fe80::1]",
        "a.test",
        "1.in-addr.arpa",
    ];
    for host in refused {
        assert!(policy.check(&format!("https://{host}/")).is_err(), "{host}");
    }
}

#[test]
fn options_narrow_and_widen() {
    let names = UrlPolicy::new().refuse_ip_literals();
    assert_eq!(names.check("https://8.8.8.8/"), Err(UrlError::AddressLiteral));
    assert_eq!(names.check("https://[2606:4700:4700::1111]/"), Err(UrlError::AddressLiteral));
    assert_eq!(names.check_resolved(&addresses(["8.8.8.8"])), Ok(()));

    let ports = UrlPolicy::new().ports([8443]);
    assert_eq!(ports.check("https://hooks.customer.com:8443/"), Ok(()));
    assert_eq!(ports.check("https://hooks.customer.com/"), Err(UrlError::PortNotAllowed { port: 443 }));
    assert_eq!(ports.check("https://hooks.customer.com:/"), Err(UrlError::PortNotAllowed { port: 443 }));

    let lists = UrlPolicy::new().allow_addresses("10.20.0.0/16").unwrap().deny_addresses("10.20.30.0/24").unwrap();
    assert_eq!(
        lists.check_resolved(&addresses(["10.20.0.0", "10.20.255.255", "::ffff:10.20.1.1", "64:ff9b::10.20.1.1"])),
        Ok(())
    );
    assert_eq!(lists.check_resolved(&addresses(["10.20.1.1", "10.20.30.1"])), Err(UrlError::AddressDenied));
    assert!(lists.check_resolved(&addresses(["10.21.0.0"])).is_err());

    let no_ipv6 = UrlPolicy::new().deny_addresses("::/0").unwrap();
    assert_eq!(no_ipv6.check_resolved(&addresses(["2606:4700:4700::1111"])), Err(UrlError::AddressDenied));
    assert_eq!(no_ipv6.check_resolved(&addresses(["8.8.8.8"])), Ok(()));
    let no_ipv4 = UrlPolicy::new().deny_addresses("0.0.0.0/0").unwrap();
    assert_eq!(no_ipv4.check_resolved(&addresses(["2606:4700:4700::1111"])), Ok(()));
    assert_eq!(no_ipv4.check_resolved(&addresses(["8.8.8.8"])), Err(UrlError::AddressDenied));
    let translated = UrlPolicy::new().deny_addresses("64:ff9b::8.8.8.0/120").unwrap();
    assert_eq!(translated.check_resolved(&addresses(["8.8.8.8"])), Err(UrlError::AddressDenied));

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
