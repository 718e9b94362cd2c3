/// An endpoint's URL, or an address that its host resolves to, that must not be called.
///
/// Returned when an endpoint is registered and, for addresses, before each attempt. It names the rule and never quotes the
/// URL, so that no user name or token gets into a log.
///
/// ```
/// use hookseal::UrlError;
/// use hookseal::delivery::EndpointUrl;
///
/// let error = |url| EndpointUrl::parse(url).unwrap_err();
/// assert_eq!(error("https://user:secret@hooks.customer.com/"), UrlError::UserInfo);
/// assert_eq!(error("https://127.0.0.1/").to_string(), "the address is not public: loopback, RFC 1122");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// More than 2048 bytes.
    #[error("the URL has {bytes} bytes, more than 2048")]
    TooLong {
        /// The URL's length.
        bytes: usize,
    },
    /// White space, a control character, `\`, or another character that a URL must percent-encode.
    #[error("the URL has a character that must be percent-encoded")]
    Character,
    /// Another scheme, no scheme, or nothing after it.
    #[error("the URL does not begin with `https://` and a host")]
    Scheme,
    /// A user name or a password, most likely there to make a host look like another.
    #[error("the URL has a user name")]
    UserInfo,
    /// A fragment, which no server ever sees.
    #[error("the URL has a fragment")]
    Fragment,
    /// The port is not a number from 1 to 65535, or has leading zeros.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// The port is not one of those that the policy names or, if it names none, serves another protocol.
    #[error("port {port} is not allowed")]
    PortNotAllowed {
        /// The port, given or implied.
        port: u16,
    },
    /// The host is neither a host name nor a canonical IP address.
    #[error("the host {problem}")]
    Host {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Public DNS does not have the host's name: it is reserved, or private networks use it.
    #[error("the host's name is not public: {name}")]
    NameNotPublic {
        /// The reserved name that it is or lies under, or `a single label`.
        name: &'static str,
    },
    /// The host is an IP address, and the policy wants names.
    #[error("the host is an IP address, not a name")]
    AddressLiteral,
    /// The host is, or resolves to, an address that is not globally reachable.
    #[error("the address is not public: {range}")]
    AddressNotPublic {
        /// The range and its source, for example `loopback, RFC 1122`.
        range: &'static str,
    },
    /// The host is, or resolves to, an address that the policy denies.
    #[error("the address is denied by the policy")]
    AddressDenied,
    /// The host resolves to no address at all.
    #[error("the host has no address")]
    NoAddress,
}
