//! Where webhooks may be sent. A user who registers a URL chooses what the sender's servers call; without a policy,
//! that includes the sender's own network and the metadata service of its cloud.

use std::net::IpAddr;

use http::Uri;
use serde::{Deserialize, Serialize};

use self::address::{Network, Reach};
use self::syntax::{Parts, Target};
pub use self::url::EndpointUrl;
use crate::error::{ConfigError, UrlError};

mod address;
mod file;
mod port;
mod punycode;
mod syntax;
mod url;

/// Which URLs and addresses may be called. This is the defence against SSRF, in which an attacker registers a URL that
/// makes the sender's servers call the sender's own network. The default allows only public HTTPS.
///
/// 1. The URL has at most 2048 bytes of ASCII, without white space, control characters, or characters that RFC 3986
///    does not allow, such as `\`: some parsers drop or change them, and thus see another host.
/// 2. It begins with `https://` and a host. It has no user name, no fragment, and no `%` in the host.
/// 3. The port is absent, empty, or a number from 1 to 65535. It must not be one that the Fetch standard blocks, such
///    as 22 (SSH), 25 (SMTP) and 6667 (IRC): a user who registers a URL must not make the sender connect to other
///    people's mail and login servers. [`with_ports`](Self::with_ports) replaces this rule; use a short list if your
///    customers can live with one.
/// 4. An IPv6 address is in brackets and has no zone. A host whose last label is a number or begins with `0x` must be
///    an IPv4 address in canonical decimal: some resolvers read `0x7f.1` and `127.1` as 127.0.0.1. Addresses of either
///    family must be public (see below).
/// 5. Any other host is a name of two or more labels of letters, digits, `-` and `_`; one final dot is allowed. A name
///    in another script must be given as A-labels, `xn--…`, whose Punycode is checked; there is no conversion here.
/// 6. The name must not be one that does not exist in public DNS or that private networks use: `localhost`, `.local`,
///    `.internal`, `.svc` (Kubernetes), `.consul`, `.mail`, `.test`, `.onion` and the like. The top-level domain
///    `.example` is refused; `example.com` is allowed.
///
/// An address is public if neither IANA's special-purpose registries nor its multicast registries reserve it and, for
/// IPv6, it lies in 2000::/3. IPv4-mapped addresses and those of NAT64 (RFC 6052, the well-known prefix) are as public
/// as the IPv4 address that they contain. Azure's 168.63.129.16 is refused as well.
///
/// # What the text does not show
///
/// A URL that passes is harmless only as far as its text shows. The real protection is
/// [`check_resolved`](Self::check_resolved), because the text cannot show
///
/// - what a name resolves to, today or at the next retry: `127.0.0.1.nip.io` is an ordinary name;
/// - how the sender's resolver treats a name. If it has search domains, as in Kubernetes, it may complete
///   `payments.prod` to a service of the cluster; and an internal DNS server may answer for any name;
/// - whether a name in another script follows all of Unicode's rules. Checking them needs tables: Punycode that decodes
///   to unassigned or unnormalised characters passes here, and a client that parses URLs may refuse it;
/// - which public addresses are the sender's own, belong to its cloud, or are translated by a NAT64 gateway with its
///   own prefix. Exclude them with [`deny_addresses`](Self::deny_addresses).
///
/// ```
/// use hookseal::UrlError;
/// use hookseal::delivery::UrlPolicy;
///
/// let policy = UrlPolicy::new().refuse_ip_literals();
/// assert!(policy.check("https://hooks.customer.com:8443/in").is_ok());
/// assert_eq!(policy.check("https://hooks.customer.com:22/"), Err(UrlError::PortNotAllowed { port: 22 }));
/// assert_eq!(policy.check("https://8.8.8.8/"), Err(UrlError::AddressLiteral));
/// ```
///
/// # In a file
///
/// The fields have the names of the methods, and all are optional. `allow_loopback_http`, `allow_private` and
/// `refuse_ip_literals` are `false` unless set; `ports`, `allow_addresses` and `deny_addresses` are lists.
///
/// ```
/// use hookseal::delivery::UrlPolicy;
///
/// let policy: UrlPolicy = toml::from_str(r#"
///     allow_private = true
///     ports = [443, 8443]
///     deny_addresses = ["10.0.0.0/24", "fd00::/48"]
/// "#)?;
/// assert!(policy.check("https://10.1.2.3:8443/").is_ok() && policy.check("https://10.0.0.7/").is_err());
///
/// let json = r#"{"allow_private":true,"ports":[443,8443],"deny_addresses":["10.0.0.0/24","fd00::/48"]}"#;
/// assert_eq!(serde_json::from_str::<UrlPolicy>(json)?, policy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UrlPolicy {
    allow_loopback_http: bool,
    allow_private: bool,
    refuse_ip_literals: bool,
    /// `None` allows all ports except those of other protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "file::allow_addresses")]
    allow_addresses: Vec<Network>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "file::deny_addresses")]
    deny_addresses: Vec<Network>,
}

impl UrlPolicy {
    /// The default policy.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// const POLICY: UrlPolicy = UrlPolicy::new();
    /// assert_eq!(POLICY, UrlPolicy::default());
    /// ```
    pub const fn new() -> UrlPolicy {
        UrlPolicy {
            allow_loopback_http: false,
            allow_private: false,
            refuse_ip_literals: false,
            ports: None,
            allow_addresses: Vec::new(),
            deny_addresses: Vec::new(),
        }
    }

    /// Allows the sender's own machine, over `http` as well as `https`: `localhost` and names under it, 127.0.0.0/8 and
    /// `::1`. Use it only in tests: in production, it exposes every local service to anyone who can register a URL.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().allow_loopback_http();
    /// assert!(policy.check("http://localhost:8080/in").is_ok());
    /// assert!(policy.check("http://hooks.customer.com/in").is_err());
    /// ```
    #[must_use]
    pub fn allow_loopback_http(mut self) -> UrlPolicy {
        self.allow_loopback_http = true;
        self
    }

    /// Allows the sender's own network: addresses of RFC 1918 and RFC 4193, host names of one label, and those under
    /// `.local`, `.internal`, `.intranet`, `.corp`, `.home`, `.mail`, `.lan`, `.private`, `.home.arpa`, `.svc` and
    /// `.consul`.
    ///
    /// Loopback, link-local and shared addresses (100.64.0.0/10) are still refused, and so are the metadata services
    /// that clouds run at private addresses.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().allow_private();
    /// assert!(policy.check("https://10.1.2.3/in").is_ok());
    /// assert!(policy.check("https://[fd00:ec2::254]/").is_err());
    /// ```
    #[must_use]
    pub fn allow_private(mut self) -> UrlPolicy {
        self.allow_private = true;
        self
    }

    /// Refuses IP addresses as hosts. This has no effect on [`check_resolved`](Self::check_resolved).
    ///
    /// ```
    /// use hookseal::UrlError;
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// assert_eq!(UrlPolicy::new().refuse_ip_literals().check("https://8.8.8.8/"), Err(UrlError::AddressLiteral));
    /// ```
    #[must_use]
    pub fn refuse_ip_literals(mut self) -> UrlPolicy {
        self.refuse_ip_literals = true;
        self
    }

    /// Allows only these ports, whatever the default is. A URL without a port has that of its scheme, 443 or 80.
    ///
    /// `[443]` or `[443, 8443]` is recommended, if your customers can use these ports. Unless set, every port is
    /// allowed that the Fetch standard does not block: receivers do listen on others, and the owner of a public address
    /// ([`check_resolved`](Self::check_resolved)) is responsible for its ports, except for protocols that any request
    /// can abuse.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().with_ports([443, 8443]);
    /// assert!(policy.check("https://hooks.customer.com/").is_ok());
    /// assert!(policy.check("https://hooks.customer.com:3000/").is_err());
    /// assert!(UrlPolicy::new().check("https://hooks.customer.com:3000/").is_ok());
    /// ```
    #[must_use]
    pub fn with_ports(mut self, ports: impl Into<Vec<u16>>) -> UrlPolicy {
        self.ports = Some(ports.into());
        self
    }

    /// The ports that are allowed, if they were set.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// assert_eq!(UrlPolicy::new().with_ports([443]).ports(), Some(&[443][..]));
    /// assert_eq!(UrlPolicy::new().ports(), None);
    /// ```
    pub fn ports(&self) -> Option<&[u16]> {
        self.ports.as_deref()
    }

    /// Allows the addresses of a network, for example `100.64.0.0/10`, whatever the registries say. Names are not
    /// affected.
    ///
    /// A network belongs to either IPv4 or IPv6, as it is written: `::/0` is all of IPv6 and nothing of IPv4. An IPv6
    /// address that contains an IPv4 address (IPv4-mapped, IPv4-compatible, NAT64, 6to4, Teredo) is allowed only if
    /// that address is also allowed: `64:ff9b::/96` does not open 10.0.0.1 through a gateway.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is neither a network nor an address, or has bits after its prefix.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().allow_addresses("10.20.0.0/16")?;
    /// assert!(policy.check("https://10.20.0.1/").is_ok());
    /// assert!(policy.check("https://10.21.0.1/").is_err());
    ///
    /// let policy = UrlPolicy::new().allow_addresses("64:ff9b:1::/48")?;
    /// assert!(policy.check("https://[64:ff9b:1::8.8.8.8]/").is_ok());
    /// assert!(policy.check("https://[64:ff9b:1::10.0.0.1]/").is_err());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn allow_addresses(mut self, network: &str) -> Result<UrlPolicy, ConfigError> {
        self.allow_addresses.push(read_network("allow_addresses", network)?);
        Ok(self)
    }

    /// Refuses the addresses of a network: the sender's own public one, a cloud's services at public addresses (IBM's
    /// are `161.26.0.0/16` and `166.8.0.0/14`), or `::/0` for all of IPv6. This takes precedence over everything that
    /// the policy allows.
    ///
    /// A network belongs to either IPv4 or IPv6, as it is written. An IPv6 address that contains an IPv4 address is
    /// refused if either is denied.
    ///
    /// # Errors
    /// The same errors as [`allow_addresses`](Self::allow_addresses).
    ///
    /// ```
    /// use hookseal::UrlError;
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().deny_addresses("8.8.8.0/24")?.deny_addresses("64:ff9b::/96")?;
    /// assert_eq!(policy.check("https://8.8.8.8/"), Err(UrlError::AddressDenied));
    /// assert_eq!(policy.check("https://[::ffff:8.8.8.8]/"), Err(UrlError::AddressDenied));
    /// assert_eq!(policy.check("https://[64:ff9b::1.1.1.1]/"), Err(UrlError::AddressDenied));
    /// assert_eq!(policy.check("https://1.1.1.1/"), Ok(()));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn deny_addresses(mut self, network: &str) -> Result<UrlPolicy, ConfigError> {
        self.deny_addresses.push(read_network("deny_addresses", network)?);
        Ok(self)
    }

    /// Checks a URL and returns it as an [`EndpointUrl`].
    ///
    /// # Errors
    /// [`UrlError`] with the first rule that the URL breaks.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let url = UrlPolicy::new().allow_loopback_http().parse("http://127.0.0.1:8080/in")?;
    /// assert_eq!(url.port(), 8080);
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn parse(&self, text: &str) -> Result<EndpointUrl, UrlError> {
        let parts = self.judge(text)?;
        let uri = Uri::try_from(text).map_err(|_| UNLIKE)?;
        // The client must call the host that was checked.
        if host(&uri) != parts.host || uri.port_u16() != parts.port {
            return Err(UNLIKE);
        }
        Ok(EndpointUrl::checked(text, uri))
    }

    /// Checks a URL without allocating.
    ///
    /// # Errors
    /// [`UrlError`] with the first rule that the URL breaks.
    ///
    /// ```
    /// use hookseal::UrlError;
    /// use hookseal::delivery::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new();
    /// assert_eq!(policy.check("https://hooks.customer.com/in"), Ok(()));
    /// assert_eq!(policy.check("https://db.internal/"), Err(UrlError::NameNotPublic { name: "internal" }));
    /// ```
    pub fn check(&self, text: &str) -> Result<(), UrlError> {
        self.judge(text).map(|_| ())
    }

    /// Checks the addresses to which an endpoint's host resolves. If one of them is refused, all are.
    ///
    /// This protects a sender only if it follows these rules at every attempt, because the addresses of a name can
    /// change between two retries, and between a check and a connection:
    ///
    /// 1. Resolve the host once per attempt.
    /// 2. Check all addresses.
    /// 3. Connect only to these addresses, even if the client falls back from IPv6 to IPv4. If the client would resolve
    ///    the host again, pin the addresses (`resolve_to_addrs` of reqwest).
    /// 4. Do not follow redirects: their target was not checked.
    /// 5. Do not use a proxy, not even one from the environment: a proxy resolves names itself.
    ///
    /// # Errors
    /// [`UrlError::NoAddress`] for an empty list, [`UrlError::AddressNotPublic`] and [`UrlError::AddressDenied`].
    ///
    /// ```
    /// use std::net::{IpAddr, ToSocketAddrs};
    ///
    /// use hookseal::delivery::{EndpointUrl, UrlPolicy};
    ///
    /// let policy = UrlPolicy::new();
    /// let url = policy.parse("https://8.8.8.8/in")?;
    /// let resolved: Vec<IpAddr> = (url.host(), url.port()).to_socket_addrs()?.map(|address| address.ip()).collect();
    /// assert!(policy.check_resolved(&resolved).is_ok());
    /// assert!(policy.check_resolved(&[resolved[0], IpAddr::from([10, 0, 0, 1])]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_resolved(&self, addresses: &[IpAddr]) -> Result<(), UrlError> {
        if addresses.is_empty() {
            return Err(UrlError::NoAddress);
        }
        addresses.iter().try_for_each(|&address| self.judge_address(address).map(|_| ()))
    }

    fn judge<'t>(&self, url: &'t str) -> Result<Parts<'t>, UrlError> {
        let parts = syntax::read(url)?;
        if !parts.is_secure && !self.allow_loopback_http {
            return Err(UrlError::Scheme);
        }
        let reach = match parts.target {
            Target::Address(_) if self.refuse_ip_literals => return Err(UrlError::AddressLiteral),
            Target::Address(address) => self.judge_address(address)?,
            Target::Name(name) => self.judge_name(name)?,
        };
        if !parts.is_secure && reach != Reach::Loopback {
            return Err(UrlError::Scheme);
        }
        let port = parts.port.unwrap_or(implied_port(parts.is_secure));
        let is_admitted = self.ports.as_ref().map_or(!port::is_blocked(port), |ports| ports.contains(&port));
        if !is_admitted {
            return Err(UrlError::PortNotAllowed { port });
        }
        Ok(parts)
    }

    /// If an IPv6 address contains an IPv4 address, both must be allowed.
    fn judge_address(&self, address: IpAddr) -> Result<Reach, UrlError> {
        let forms = address::forms(address);
        let lies_in = |networks: &[Network], form| networks.iter().any(|network| network.contains(form));
        if forms.clone().any(|form| lies_in(&self.deny_addresses, form)) {
            return Err(UrlError::AddressDenied);
        }
        let mut least = Reach::Public;
        for form in forms {
            let (reach, range) = address::reach(form);
            if !self.admits(reach) && !lies_in(&self.allow_addresses, form) {
                return Err(UrlError::AddressNotPublic { range });
            }
            if least == Reach::Public {
                least = reach;
            }
        }
        Ok(least)
    }

    fn judge_name(&self, name: &str) -> Result<Reach, UrlError> {
        let (reach, name) = syntax::reach(name);
        if self.admits(reach) { Ok(reach) } else { Err(UrlError::NameNotPublic { name }) }
    }

    fn admits(&self, reach: Reach) -> bool {
        match reach {
            Reach::Public => true,
            Reach::Private => self.allow_private,
            Reach::Loopback => self.allow_loopback_http,
            Reach::Nobody => false,
        }
    }
}

/// The host without the brackets of an IPv6 address. Every checked URL has one.
fn host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn implied_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

fn read_network(field: &'static str, text: &str) -> Result<Network, ConfigError> {
    let problem = "is not an IP network";
    Network::read(text).ok_or_else(|| ConfigError::Invalid { field, piece: text.to_owned(), problem })
}

/// The rules allow nothing that the http crate reads differently; if they ever do, it is refused.
const UNLIKE: UrlError = UrlError::Host { problem: "is not the one that HTTP clients would call" };
