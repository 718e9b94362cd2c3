use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use http::Uri;
use serde::{Deserialize, Serialize};

use super::{UrlPolicy, host, implied_port};
use crate::error::UrlError;

/// The URL of a webhook endpoint, checked by a [`UrlPolicy`]. Its text is kept unchanged.
///
/// The check does not use DNS. A harmless name can resolve to a private address, today or at the next retry, so check
/// the addresses with [`UrlPolicy::check_resolved`] before each attempt.
///
/// In a file or a database, it is a string. `Deserialize`, `FromStr` and `TryFrom` check it with the default policy. If
/// another policy applies, store the text and read it with [`UrlPolicy::parse`]. The path or query may contain a token
/// of the customer; neither `Debug` nor `Display` hides it.
///
/// ```
/// use std::collections::HashSet;
///
/// use hookseal::delivery::EndpointUrl;
///
/// let url: EndpointUrl = "https://hooks.customer.com/webhooks?v=1".parse()?;
/// assert_eq!((url.host(), url.port()), ("hooks.customer.com", 443));
/// assert!(EndpointUrl::try_from("https://169.254.169.254/latest/meta-data/").is_err());
/// assert!(HashSet::from([url]).contains("https://hooks.customer.com/webhooks?v=1"));
/// # Ok::<(), hookseal::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointUrl {
    text: String,
    /// Of the same text.
    uri: Uri,
}

impl EndpointUrl {
    /// Checks a URL with the default policy.
    ///
    /// # Errors
    /// [`UrlError`] with the first rule that the URL breaks. [`UrlPolicy`] lists the rules.
    ///
    /// ```
    /// use hookseal::UrlError;
    /// use hookseal::delivery::EndpointUrl;
    ///
    /// assert!(EndpointUrl::parse("https://hooks.customer.com:8443/in").is_ok());
    /// assert_eq!(EndpointUrl::parse("http://hooks.customer.com/in"), Err(UrlError::Scheme));
    /// ```
    pub fn parse(text: &str) -> Result<EndpointUrl, UrlError> {
        UrlPolicy::new().parse(text)
    }

    /// Made from a text that a policy allows, and the same text as a URI.
    pub(super) fn checked(text: &str, uri: Uri) -> EndpointUrl {
        EndpointUrl { text: text.to_owned(), uri }
    }

    /// The URL as it was given.
    ///
    /// ```
    /// let url = hookseal::delivery::EndpointUrl::parse("HTTPS://Hooks.Customer.COM")?;
    /// assert_eq!(url.as_str(), "HTTPS://Hooks.Customer.COM");
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL for an HTTP client.
    ///
    /// ```
    /// let url = hookseal::delivery::EndpointUrl::parse("https://hooks.customer.com/in?v=1")?;
    /// assert_eq!(url.uri().path(), "/in");
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The host for a resolver: as given, but an IPv6 address without its brackets.
    ///
    /// ```
    /// let url = hookseal::delivery::EndpointUrl::parse("https://[2606:4700:4700::1111]/in")?;
    /// assert_eq!(url.host(), "2606:4700:4700::1111");
    /// # Ok::<(), hookseal::UrlError>(())
    /// ```
    pub fn host(&self) -> &str {
        host(&self.uri)
    }

    /// The port, given or implied by the scheme.
    ///
    /// ```
    /// let port = |url| hookseal::delivery::EndpointUrl::parse(url).map(|url| url.port());
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

/// As the text hashes, so that a set of URLs can be asked for a text.
impl Hash for EndpointUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl AsRef<str> for EndpointUrl {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Borrow<str> for EndpointUrl {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl FromStr for EndpointUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<EndpointUrl, UrlError> {
        EndpointUrl::parse(text)
    }
}

impl TryFrom<&str> for EndpointUrl {
    type Error = UrlError;

    fn try_from(text: &str) -> Result<EndpointUrl, UrlError> {
        EndpointUrl::parse(text)
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
