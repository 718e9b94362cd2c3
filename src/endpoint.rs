//! Where webhooks may be sent. Whoever registers a URL chooses what the sender's servers call; without a policy, that
//! includes the sender's own network and the metadata service of its cloud.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use serde::{Deserialize, Serialize};

use self::address::{Network, Reach};
use self::syntax::{Parts, Target};
use crate::error::{ConfigError, UrlError};

mod address;
mod syntax;

/// The URL of a webhook endpoint, checked by a [`UrlPolicy`]. The text stays as given.
///
/// The check sees no DNS. A harmless name can resolve to a private address, today or at the next retry, so the addresses
/// need [`UrlPolicy::check_resolved`] before each attempt.
///
/// In a file or a database: a string, which is checked by the default policy when it is read. Where another policy
/// applies, store the text and read it with [`UrlPolicy::parse`]. The path or query may hold a token of the customer's;
/// neither `Debug` nor `Display` hides it.
///
/// ```
/// use hookseal::EndpointUrl;
///
/// let url = EndpointUrl::parse("https://hooks.customer.com/webhooks?v=1")?;
/// assert_eq!((url.host(), url.port()), ("hooks.customer.com", 443));
/// assert!(EndpointUrl::parse("https://169.254.169.254/latest/meta-data/").is_err());
/// # Ok::<(), hookseal::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointUrl {
    text: String,
    /// Of the same text.
    uri: Uri,
}

impl EndpointUrl {
    /// Checks a URL by the default policy.
    ///
    /// # Errors
    /// [`UrlError`] with the first rule that the URL breaks. They are listed at [`UrlPolicy`].
    ///
    /// ```
    /// use hookseal::{EndpointUrl, UrlError};
    ///
    /// assert!(EndpointUrl::parse("https://hooks.customer.com:8443/in").is_ok());
    /// assert_eq!(EndpointUrl::parse("http://hooks.customer.com/in"), Err(UrlError::Scheme));
    /// ```
    pub fn parse(text: &str) -> Result<EndpointUrl, UrlError> {
        UrlPolicy::new().parse(text)
    }

    /// The URL as it was given.
    ///
    /// ```
    /// let url = hookseal::EndpointUrl::parse("HTTPS://Hooks.Customer.COM")?;
    /// assert_eq!(url.as_str(), "HTTPS://Hooks.Customer.COM");
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL for an HTTP client.
    ///
    /// ```
    /// let url = hookseal::EndpointUrl::parse("https://hooks.customer.com/in?v=1")?;
    /// assert_eq!(url.uri().path(), "/in");
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The host as a resolver takes it: as given, with an IPv6 address out of its brackets.
    ///
    /// ```
    /// let url = hookseal::EndpointUrl::parse("https://[2606:4700:4700::1111]/in")?;
    /// assert_eq!(url.host(), "2606:4700:4700::1111");
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn host(&self) -> &str {
        host(&self.uri)
    }

    /// The port, given or implied by the scheme.
    ///
    /// ```
    /// let port = |url| hookseal::EndpointUrl::parse(url).map(|url| url.port());
    /// assert_eq!(port("https://hooks.customer.com/"), Ok(443));
    /// assert_eq!(port("https://hooks.customer.com:8443/"), Ok(8443));
    /// ```
    pub fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(implied_port(self.uri.scheme_str() != Some("http")))
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EndpointUrl").field(&self.text).finish()
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<EndpointUrl, UrlError> {
        EndpointUrl::parse(&text)
    }
}

impl From<EndpointUrl> for String {
    fn from(url: EndpointUrl) -> String {
        url.text
    }
}

/// Which URLs and addresses may be called. The default admits public HTTPS alone.
///
/// 1. At most 2048 bytes of ASCII, without white space, control characters, and what RFC 3986 has no place for, such as
///    `\`: some parsers drop or change them and so see another host.
/// 2. `https://` and a host. No user name, no fragment, no `%` in the host.
/// 3. The port is absent, empty, or a number from 1 to 65535.
/// 4. An IPv6 address stands in brackets and has no zone; a host whose last label is a number or begins with `0x` is an
///    IPv4 address in canonical decimal, for `0x7f.1` and `127.1` are 127.0.0.1 to some. Both are public (below).
/// 5. Any other host is a name of two or more labels of letters, digits, `-` and `_`; one last dot may follow. A name in
///    another script must come as its A-labels, `xn--…`: there is no conversion here.
/// 6. The name is not reserved for something else, as `localhost`, `.local`, `.internal`, `.test` or `.onion` are. Of
///    `example`, the top-level domain is refused and `example.com` is not.
///
/// Public is an address of IANA's registries of special-purpose addresses for IPv4 and IPv6 that neither these nor the
/// multicast registry reserve, and for IPv6 lies in 2000::/3. IPv4-mapped addresses and those of NAT64 (RFC 6052, the
/// well-known prefix) are judged by the IPv4 address in them. Azure's 168.63.129.16 is refused as well.
///
/// ```
/// use hookseal::{UrlError, UrlPolicy};
///
/// let policy = UrlPolicy::new().refuse_ip_literals().ports([443, 8443]);
/// assert!(policy.check("https://hooks.customer.com:8443/in").is_ok());
/// assert_eq!(policy.check("https://hooks.customer.com:22/"), Err(UrlError::PortNotAllowed { port: 22 }));
/// assert_eq!(policy.check("https://8.8.8.8/"), Err(UrlError::AddressLiteral));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlPolicy {
    loopback: bool,
    private: bool,
    names_only: bool,
    /// All ports, if `None`.
    ports: Option<Vec<u16>>,
    allowed: Vec<Network>,
    denied: Vec<Network>,
}

impl UrlPolicy {
    /// The default policy.
    ///
    /// ```
    /// use hookseal::UrlPolicy;
    ///
    /// const POLICY: UrlPolicy = UrlPolicy::new();
    /// assert_eq!(POLICY, UrlPolicy::default());
    /// ```
    pub const fn new() -> UrlPolicy {
        UrlPolicy {
            loopback: false,
            private: false,
            names_only: false,
            ports: None,
            allowed: Vec::new(),
            denied: Vec::new(),
        }
    }

    /// Admits the sender's own machine, over `http` as well as `https`: `localhost` and names under it, 127.0.0.0/8 and
    /// `::1`. For tests; in production, it hands every local service to whoever registers a URL.
    ///
    /// ```
    /// use hookseal::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().allow_loopback_http();
    /// assert!(policy.check("http://localhost:8080/in").is_ok());
    /// assert!(policy.check("http://hooks.customer.com/in").is_err());
    /// ```
    #[must_use]
    pub fn allow_loopback_http(mut self) -> UrlPolicy {
        self.loopback = true;
        self
    }

    /// Admits the sender's own network: addresses of RFC 1918 and RFC 4193, host names of one label, and those under
    /// `.local`, `.internal`, `.intranet`, `.corp`, `.home`, `.lan`, `.private` and `.home.arpa`.
    ///
    /// Still refused: loopback, link-local and shared addresses (100.64.0.0/10), and the metadata services that clouds
    /// keep in private ranges.
    ///
    /// ```
    /// use hookseal::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().allow_private();
    /// assert!(policy.check("https://10.1.2.3/in").is_ok());
    /// assert!(policy.check("https://[fd00:ec2::254]/").is_err());
    /// ```
    #[must_use]
    pub fn allow_private(mut self) -> UrlPolicy {
        self.private = true;
        self
    }

    /// Refuses IP addresses as hosts. Has no effect on [`check_resolved`](Self::check_resolved).
    ///
    /// ```
    /// use hookseal::{UrlError, UrlPolicy};
    ///
    /// assert_eq!(UrlPolicy::new().refuse_ip_literals().check("https://8.8.8.8/"), Err(UrlError::AddressLiteral));
    /// ```
    #[must_use]
    pub fn refuse_ip_literals(mut self) -> UrlPolicy {
        self.names_only = true;
        self
    }

    /// Admits these ports alone. A URL without a port counts as its scheme's, 443 or 80.
    ///
    /// ```
    /// use hookseal::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().ports([443]);
    /// assert!(policy.check("https://hooks.customer.com/").is_ok());
    /// assert!(policy.check("https://hooks.customer.com:6379/").is_err());
    /// ```
    #[must_use]
    pub fn ports(mut self, ports: impl Into<Vec<u16>>) -> UrlPolicy {
        self.ports = Some(ports.into());
        self
    }

    /// Admits the addresses of a network, say `100.64.0.0/10`, whatever the registries say. Names are not affected.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for a text that is neither a network nor an address, or has bits behind its prefix.
    ///
    /// ```
    /// use hookseal::UrlPolicy;
    ///
    /// let policy = UrlPolicy::new().allow_addresses("10.20.0.0/16")?;
    /// assert!(policy.check("https://10.20.0.1/").is_ok());
    /// assert!(policy.check("https://10.21.0.1/").is_err());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn allow_addresses(mut self, network: &str) -> Result<UrlPolicy, ConfigError> {
        self.allowed.push(read_network(network)?);
        Ok(self)
    }

    /// Refuses the addresses of a network, say the sender's own public one or `::/0` for all of IPv6. Goes before
    /// everything that the policy allows.
    ///
    /// # Errors
    /// As [`allow_addresses`](Self::allow_addresses).
    ///
    /// ```
    /// use hookseal::{UrlError, UrlPolicy};
    ///
    /// let policy = UrlPolicy::new().deny_addresses("8.8.8.0/24")?;
    /// assert_eq!(policy.check("https://8.8.8.8/"), Err(UrlError::AddressDenied));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn deny_addresses(mut self, network: &str) -> Result<UrlPolicy, ConfigError> {
        self.denied.push(read_network(network)?);
        Ok(self)
    }

    /// Checks a URL and keeps it.
    ///
    /// # Errors
    /// [`UrlError`] with the first rule that the URL breaks.
    ///
    /// ```
    /// use hookseal::UrlPolicy;
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
        Ok(EndpointUrl { text: text.to_owned(), uri })
    }

    /// Checks a URL. Allocates nothing.
    ///
    /// # Errors
    /// [`UrlError`] with the first rule that the URL breaks.
    ///
    /// ```
    /// use hookseal::{UrlError, UrlPolicy};
    ///
    /// let policy = UrlPolicy::new();
    /// assert_eq!(policy.check("https://hooks.customer.com/in"), Ok(()));
    /// assert_eq!(policy.check("https://db.internal/"), Err(UrlError::NameNotPublic { name: "internal" }));
    /// ```
    pub fn check(&self, text: &str) -> Result<(), UrlError> {
        self.judge(text).map(|_| ())
    }

    /// Checks the addresses that an endpoint's host resolved to. One that is refused refuses all of them.
    ///
    /// This protects only a sender that keeps to the following, at every attempt, for names change their addresses at
    /// will between two retries, and between a check and a connection:
    ///
    /// 1. Resolve the host once per attempt.
    /// 2. Check all the addresses.
    /// 3. Connect to these addresses alone, also where a client falls back from IPv6 to IPv4. With a client that would
    ///    resolve again, pin them (`resolve_to_addrs` of reqwest).
    /// 4. Follow no redirects: the target was not checked.
    /// 5. Use no proxy, not even from the environment: a proxy resolves by itself.
    ///
    /// # Errors
    /// [`UrlError::NoAddress`] for an empty list, [`UrlError::AddressNotPublic`] and [`UrlError::AddressDenied`].
    ///
    /// ```
    /// use std::net::{IpAddr, ToSocketAddrs};
    ///
    /// use hookseal::{EndpointUrl, UrlPolicy};
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
        if !parts.is_secure && !self.loopback {
            return Err(UrlError::Scheme);
        }
        let reach = match parts.target {
            Target::Address(_) if self.names_only => return Err(UrlError::AddressLiteral),
            Target::Address(address) => self.judge_address(address)?,
            Target::Name(name) => self.judge_name(name)?,
        };
        if !parts.is_secure && reach != Reach::Loopback {
            return Err(UrlError::Scheme);
        }
        let port = parts.port.unwrap_or(implied_port(parts.is_secure));
        if self.ports.as_ref().is_some_and(|ports| !ports.contains(&port)) {
            return Err(UrlError::PortNotAllowed { port });
        }
        Ok(parts)
    }

    fn judge_address(&self, address: IpAddr) -> Result<Reach, UrlError> {
        if address::any_contains(&self.denied, address) {
            return Err(UrlError::AddressDenied);
        }
        let (reach, range) = address::reach(address);
        if !self.admits(reach) && !address::any_contains(&self.allowed, address) {
            return Err(UrlError::AddressNotPublic { range });
        }
        Ok(reach)
    }

    fn judge_name(&self, name: &str) -> Result<Reach, UrlError> {
        let (reach, name) = syntax::reach(name);
        if self.admits(reach) { Ok(reach) } else { Err(UrlError::NameNotPublic { name }) }
    }

    fn admits(&self, reach: Reach) -> bool {
        match reach {
            Reach::Public => true,
            Reach::Private => self.private,
            Reach::Loopback => self.loopback,
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

fn read_network(text: &str) -> Result<Network, ConfigError> {
    let problem = "is not an IP network";
    Network::read(text).ok_or_else(|| ConfigError::Invalid { field: "addresses", piece: text.to_owned(), problem })
}

/// The rules admit nothing that `http` reads otherwise; should they ever, it is refused.
const UNLIKE: UrlError = UrlError::Host { problem: "is not the one that HTTP clients would call" };
