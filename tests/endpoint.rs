//! Which endpoints may be called, by their URLs: the cases of `vectors/urls.json`, and the options.

use std::fs;
use std::net::IpAddr;

use hookseal::UrlError;
use hookseal::delivery::{EndpointUrl, UrlPolicy};
use serde::Deserialize;

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

    let ports = UrlPolicy::new().with_ports([8443]);
    assert_eq!(ports.check("https://hooks.customer.com:8443/"), Ok(()));
    assert_eq!(ports.check("https://hooks.customer.com/"), Err(UrlError::PortNotAllowed { port: 443 }));
    assert_eq!(ports.check("https://hooks.customer.com:/"), Err(UrlError::PortNotAllowed { port: 443 }));
}

#[test]
fn names_of_private_networks_are_refused() {
    for (host, name) in [
        ("kubernetes.default.svc", "svc"),
        ("payments.prod.SVC.", "svc"),
        ("vault.service.consul", "consul"),
        ("gateway.mail", "mail"),
        ("kubernetes", "a single label"),
        ("svc", "svc"),
    ] {
        let url = format!("https://{host}/");
        assert_eq!(UrlPolicy::new().check(&url), Err(UrlError::NameNotPublic { name }), "{host}");
        assert_eq!(UrlPolicy::new().allow_private().check(&url), Ok(()), "{host} on the sender's own network");
    }
}

/// The ports that the Fetch standard blocks, written down a second time, without 0.
const BLOCKED: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

#[test]
fn ports_of_other_protocols_are_refused_unless_named() {
    for port in 1..=u16::MAX {
        let (name, address) = (format!("https://hooks.customer.com:{port}/"), format!("https://8.8.8.8:{port}/"));
        let expected = if BLOCKED.contains(&port) { Err(UrlError::PortNotAllowed { port }) } else { Ok(()) };
        assert_eq!(UrlPolicy::new().check(&name), expected);
        assert_eq!(UrlPolicy::new().check(&address), expected);
    }
    let local = UrlPolicy::new().allow_loopback_http();
    assert_eq!(local.check("http://localhost:25/"), Err(UrlError::PortNotAllowed { port: 25 }));
    assert_eq!(local.with_ports([25]).check("http://localhost:25/"), Ok(()), "who names a port means it");
}

#[test]
fn invalid_punycode_is_an_invalid_host() {
    let problem = "has an `xn--` label that is not valid Punycode";
    assert_eq!(UrlPolicy::new().check("https://xn--a.com/"), Err(UrlError::Host { problem }));
}
