use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::ClientConfig;

use crate::error::Error;

/// Whose certificates are trusted.
///
/// ```
/// assert!(matches!(hookseal_outbox::Roots::default(), hookseal_outbox::Roots::Webpki));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's list, as it was when this program was built: the same on every machine, which is why it is the default.
    #[default]
    Webpki,
    /// Those of the operating system, read when the worker starts.
    System,
    /// A configuration of your own, for example with a client certificate or a private authority. Its ALPN protocols do
    /// not count: requests are HTTP/1.1.
    Config(Arc<ClientConfig>),
}

impl Roots {
    pub(super) fn config(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = || builder.clone().map_err(|error| Error::Client(error.into()));
        Ok(match self {
            Roots::Webpki => builder()?.with_webpki_roots().with_no_client_auth(),
            Roots::System => {
                let roots = builder()?.with_native_roots().map_err(|error| Error::Client(error.into()))?;
                roots.with_no_client_auth()
            }
            Roots::Config(config) => {
                let mut config = ClientConfig::clone(config);
                // The connector panics if there are any.
                config.alpn_protocols.clear();
                config
            }
        })
    }
}
