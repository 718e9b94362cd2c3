//! The receivers that a provider makes.

use super::{Receiver, Rejection};
use crate::error::ConfigError;
use crate::keyring::Keyring;
use crate::provider::Provider;
use crate::scheme::Scheme;
use crate::secret::Secret;

impl Provider {
    /// A receiver for what this provider sends: for the adapters, or for any other server.
    ///
    /// # Errors
    /// The same errors as [`Verifier::new`](crate::Verifier::new), and [`ConfigError::Invalid`] in three cases:
    ///
    /// - The provider has no [event shape](Self::event_shape), so no [`Webhook`](super::Webhook) could be read. Set one with
    ///   [`with_event_shape`](Self::with_event_shape), or use [`raw`](Self::raw).
    /// - The provider never delivers an event again, as is the case for GitHub. Decide what happens to an event that cannot
    ///   be read, with [`receiver_with_fallback`](Self::receiver_with_fallback) or [`lossy`](Self::lossy).
    /// - An unsigned [handshake](crate::Handshake#signing-oracles) is answered with a MAC that could be the signature of a
    ///   delivery.
    ///
    /// ```
    /// use hookseal::{Scheme, Secret, provider::Provider, provider};
    ///
    /// let secret = Secret::new("a secret of twenty-some bytes")?;
    /// assert_eq!(provider::CALLINTEL.receiver(secret.clone())?.max_received(), 10 << 20);
    ///
    /// let acme = Provider::new("acme", Scheme::new("Acme-Signature: {hex}", "{body}"))?;
    /// let error = acme.receiver(secret.clone()).unwrap_err();
    /// assert!(error.to_string().starts_with("event: `acme` has no event shape"));
    /// assert!(acme.raw().receiver(secret).is_ok());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn receiver(&self, keys: impl Into<Keyring>) -> Result<Receiver, ConfigError> {
        self.check_receiver()?;
        self.check_loss()?;
        Ok(Receiver::new(self.clone(), self.verifier(keys)?))
    }

    /// The receiver of a tenant, with the tenant as its [scope](Receiver::with_scope).
    ///
    /// `tenant` is the id from your database, not the name in the request's path: no signature covers the path. If a lookup
    /// also finds `shop-1` as `Shop-1`, each spelling would be a scope of its own, and the event would be processed once in
    /// each.
    ///
    /// # Errors
    /// [`Rejection::UnusableKeys`], which is logged with the provider and the tenant, and answered with 500.
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    ///
    /// let receiver: Receiver = provider::KLANG.tenant_receiver("shop-1", Secret::new("a secret of twenty-some bytes"))?;
    /// assert_eq!(receiver.scope(), "shop-1");
    ///
    /// let error = provider::KLANG.tenant_receiver::<(), _>("shop-2", Secret::new("from a file\n")).unwrap_err();
    /// assert_eq!(error.status(), 500);
    /// let reason = "the keys of klang for \"shop-2\" cannot be used: the secret begins or ends with white space";
    /// assert_eq!(error.to_string(), reason);
    /// # Ok::<(), hookseal::receive::Rejection>(())
    /// ```
    pub fn tenant_receiver<P, K: Into<Keyring>>(
        &self,
        tenant: impl Into<String>,
        keys: Result<K, ConfigError>,
    ) -> Result<Receiver<P>, Rejection> {
        let tenant = tenant.into();
        match keys.and_then(|keys| self.receiver(keys)) {
            Ok(receiver) => Ok(receiver.with_marker().with_scope(tenant)),
            Err(error) => Err(Rejection::UnusableKeys { provider: self.name().to_owned(), tenant, error }),
        }
    }

    /// A receiver that refuses everything, as one with another secret would: for a tenant that does not exist, so that
    /// nobody can find tenants by trying names. Its status and text are those of a wrong secret, whichever kinds of keys your
    /// tenants have. If your tenants have a [limit](Receiver::with_max_received) or a [budget](Receiver::with_body_budget) of
    /// their own, set it here too. It hashes a body once, while a tenant's receiver hashes it once for each key.
    ///
    /// `name` is the one in the request. It becomes the [scope](Receiver::with_scope), and is logged as the unknown tenant, at
    /// most 64 characters of it.
    ///
    /// Some providers, such as X and LinkedIn, ask for a MAC in a [handshake](crate::Handshake), and get one, because a
    /// tenant's receiver gives one. It is the same each time for the same name, and differs from that of any other, until the
    /// process ends. If there are several processes, or where a restart must not show, use
    /// [`refusing_receiver_with`](Self::refusing_receiver_with).
    ///
    /// # Errors
    /// [`ConfigError::NoRandomness`]: its keys are random ones.
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    ///
    /// # let headers = provider::KLANG.signer(Secret::new("a secret of twenty-some bytes")?)?.sign("evt_1", b"{}")?;
    /// let nobody: Receiver = provider::KLANG.refusing_receiver("shop-7")?;
    /// let mut intake = nobody.begin(&headers);
    /// intake.push("{}".into());
    /// assert_eq!(intake.finish().unwrap_err().status(), 401);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refusing_receiver<P>(&self, name: impl Into<String>) -> Result<Receiver<P>, ConfigError> {
        self.nobodys_receiver(name.into(), None)
    }

    /// A [refusing receiver](Self::refusing_receiver) whose answers to [handshakes](crate::Handshake) follow from the name and
    /// from a secret of yours, so that all processes give the same ones. Nothing else may use the secret.
    ///
    /// # Errors
    /// The same errors as [`refusing_receiver`](Self::refusing_receiver), and [`ConfigError::ShortSecret`].
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    /// use http::{HeaderMap, Method};
    ///
    /// let secret = Secret::new("which all processes have, and nobody else")?;
    /// let ask = |name: &str| {
    ///     let nobody: Receiver = provider::X.refusing_receiver_with(name, &secret)?;
    ///     let headers = HeaderMap::new();
    ///     let answer = nobody.begin_request(&Method::GET, &"/hooks?crc_token=7".parse()?, &headers).finish();
    ///     Ok::<_, Box<dyn std::error::Error>>(answer.unwrap_err().to_response::<Vec<u8>>().into_body())
    /// };
    /// assert_eq!(ask("shop-7")?, ask("shop-7")?);
    /// assert_ne!(ask("shop-7")?, ask("shop-8")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refusing_receiver_with<P>(
        &self,
        name: impl Into<String>,
        secret: &Secret,
    ) -> Result<Receiver<P>, ConfigError> {
        self.nobodys_receiver(name.into(), Some(secret))
    }

    fn nobodys_receiver<P>(&self, name: String, secret: Option<&Secret>) -> Result<Receiver<P>, ConfigError> {
        let keys = Keyring::nobodys(self.schemes().iter().map(Scheme::algorithm), [self.name(), &name], secret)?;
        // It refuses everything, so it loses nothing.
        let receiver = self.raw().receiver(keys)?;
        Ok(receiver.with_marker().with_scope(name).into_nobodys())
    }
}
