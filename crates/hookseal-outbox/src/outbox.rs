use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hookseal::delivery::UrlPolicy;
use hookseal::provider::Provider;
use hookseal::{EventShape, Keyring, Secret, Signer};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::migrate;

/// How an application turns a stored secret into text. See [`Outbox::with_decrypt`].
type Decrypt = dyn Fn(&str, &[u8]) -> Result<String, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// How a platform sends: its provider, the URLs that its customers may register, and how it stores their secrets. A
/// cheap value that is cloned and shared; it holds no connection.
///
/// Its methods take a client or a transaction of yours. Operations on endpoints and deliveries are methods of it too,
/// so that everything is found in one place.
///
/// ```
/// use hookseal::provider;
/// use hookseal_outbox::Outbox;
///
/// let outbox = Outbox::new(&provider::STANDARD_WEBHOOKS);
/// assert_eq!(outbox.provider().name(), "standard-webhooks");
/// ```
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    provider: Provider,
    /// Whether the provider's events have headers of their own, such as `X-GitHub-Event`.
    has_event_headers: bool,
    /// Reads what data filters need of an event.
    filter_shape: Option<EventShape>,
    url_policy: UrlPolicy,
    decrypt: Option<Arc<Decrypt>>,
}

impl Outbox {
    /// An outbox for the customers of a platform. Unless set otherwise, only public HTTPS is called, and secrets are
    /// stored as they are.
    ///
    /// ```
    /// let outbox = hookseal_outbox::Outbox::new(&hookseal::provider::KALLGLOT);
    /// assert_eq!(outbox.provider().delivery_policy().timeout().as_secs(), 30);
    /// ```
    pub fn new(provider: &Provider) -> Outbox {
        let shape = provider.event_shape();
        let has_event_headers = shape.is_some_and(|shape| body_with_headers(shape).is_some());
        let filter_shape = shape.and_then(filter_shape);
        let (provider, url_policy) = (provider.clone(), UrlPolicy::new());
        Outbox(Arc::new(Inner { provider, has_event_headers, filter_shape, url_policy, decrypt: None }))
    }

    /// Sets which URLs may be registered and called.
    ///
    /// ```
    /// use hookseal::delivery::UrlPolicy;
    /// use hookseal_outbox::Outbox;
    ///
    /// let policy = UrlPolicy::new().refuse_ip_literals();
    /// let outbox = Outbox::new(&hookseal::provider::KALLGLOT).with_url_policy(policy.clone());
    /// assert_eq!(outbox.url_policy(), &policy);
    /// ```
    #[must_use]
    pub fn with_url_policy(mut self, policy: UrlPolicy) -> Outbox {
        Arc::make_mut(&mut self.0).url_policy = policy;
        self
    }

    /// Sets how a stored secret is decrypted. Unless set, secrets are **stored in plain text**, and whoever reads the
    /// database or a backup can forge your webhooks.
    ///
    /// The function gets the tenant and the bytes that you stored with the endpoint, and returns the secret as the
    /// customer knows it. A worker calls it once for each endpoint and change, on its own thread: it must not wait for
    /// the network, so keep the data key of a key management service in memory. Its errors are logged and stored, so they
    /// must not contain the secret, as that of `String::from_utf8` does.
    ///
    /// While it fails for an endpoint, or panics, that endpoint's deliveries wait, and nobody else's do. The worker calls
    /// it again after a few seconds, and then less and less often, down to every five minutes. In a program that is built
    /// with `panic = "abort"`, a panic ends the process as usual.
    ///
    /// ```
    /// use hookseal_outbox::Outbox;
    ///
    /// // Not encryption, but short.
    /// let outbox = Outbox::new(&hookseal::provider::KALLGLOT).with_decrypt(|_tenant, stored| {
    ///     let bytes: Vec<u8> = stored.iter().rev().copied().collect();
    ///     Ok(std::str::from_utf8(&bytes)?.to_owned())
    /// });
    /// assert!(outbox.signer("tenant-7", &[b"setyb emos-ytnewt fo terces a".to_vec()]).is_ok());
    /// ```
    #[must_use]
    pub fn with_decrypt(
        mut self,
        decrypt: impl Fn(&str, &[u8]) -> Result<String, Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Outbox {
        Arc::make_mut(&mut self.0).decrypt = Some(Arc::new(decrypt));
        self
    }

    /// The platform.
    ///
    /// ```
    /// let outbox = hookseal_outbox::Outbox::new(&hookseal::provider::KLANG);
    /// assert_eq!(outbox.provider().name(), "klang");
    /// ```
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    /// Which URLs may be registered and called.
    ///
    /// ```
    /// let outbox = hookseal_outbox::Outbox::new(&hookseal::provider::KLANG);
    /// assert!(outbox.url_policy().check("http://localhost/").is_err());
    /// ```
    pub fn url_policy(&self) -> &UrlPolicy {
        &self.0.url_policy
    }

    /// How an event is written into headers, if the provider's events have any.
    pub(crate) fn event_headers(&self) -> Option<&EventShape> {
        self.provider().event_shape().filter(|_| self.0.has_event_headers)
    }

    /// How a body is read to be filtered by its data, if it can be.
    pub(crate) fn filter_shape(&self) -> Option<&EventShape> {
        self.0.filter_shape.as_ref()
    }

    /// What signs with the secrets of an endpoint, as they are stored: the current one first.
    ///
    /// # Errors
    /// [`Error::Decrypt`], and [`Error::Config`] for secrets that the provider does not accept.
    ///
    /// ```
    /// let outbox = hookseal_outbox::Outbox::new(&hookseal::provider::KALLGLOT);
    /// assert!(outbox.signer("tenant-7", &[b"a secret of twenty-some bytes".to_vec()]).is_ok());
    /// assert!(outbox.signer("tenant-7", &[]).is_err());
    /// ```
    pub fn signer(&self, tenant: &str, stored: &[Vec<u8>]) -> Result<Signer, Error> {
        let open = |stored: &Vec<u8>| {
            let text = match &self.0.decrypt {
                // Each call stands alone: a panic says nothing about the next one.
                Some(decrypt) => catch_unwind(AssertUnwindSafe(|| decrypt(tenant, stored)))
                    .unwrap_or_else(|_| Err("the application's function panicked".into()))
                    .map_err(Error::Decrypt)?,
                // Unlike `String::from_utf8`, its error does not keep the bytes.
                None => std::str::from_utf8(stored).map_err(|error| Error::Decrypt(error.into()))?.to_owned(),
            };
            Ok(Secret::new(text)?)
        };
        let secrets = stored.iter().map(open).collect::<Result<Vec<_>, Error>>()?;
        Ok(self.provider().signer(Keyring::from_secrets(secrets)?)?)
    }

    /// Creates the schema `hookseal` in the client's database, or brings it up to date, in one transaction. Programs
    /// that do so at the same time wait for each other, so each may do it when it starts. It needs the right to create a
    /// schema, unless there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Database`], and [`Error::Schema`] if a newer program has migrated before: nothing is changed then.
    ///
    /// ```no_run
    /// # async fn example(mut client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// hookseal_outbox::Outbox::new(&hookseal::provider::KALLGLOT).migrate(&mut client).await
    /// # }
    /// ```
    pub async fn migrate(&self, client: &mut impl GenericClient) -> Result<(), Error> {
        migrate::migrate(client).await
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("provider", &self.provider().name()).finish_non_exhaustive()
    }
}

/// The lines of a shape for the body, if it has lines for headers, which are above an empty line.
fn body_with_headers(shape: &EventShape) -> Option<Vec<&str>> {
    let lines: Vec<&str> = shape.as_str().trim().lines().map(str::trim).collect();
    let empty = lines.iter().position(|line| line.is_empty())?;
    Some(lines[empty..].to_vec())
}

/// A shape with the data of another one that reads nothing but a body. It has no headers at hand, and no form or batch can
/// be sent.
fn filter_shape(shape: &EventShape) -> Option<EventShape> {
    if shape.is_batch() || shape.as_str().lines().any(|line| line.trim_start().starts_with('&')) {
        return None;
    }
    let Some(body) = body_with_headers(shape) else { return Some(shape.clone()) };
    let data = body.into_iter().find(|line| line.contains("{data}"))?;
    EventShape::try_new(format!("{{type}}: any\n{data}")).ok()
}
