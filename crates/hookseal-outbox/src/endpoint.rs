use std::error::Error as _;

use hookseal::delivery::{EndpointHealth, EventFilter, Subscription};
use tokio_postgres::types::Json;
use tokio_postgres::{GenericClient, Row};

use crate::error::Error;
use crate::outbox::Outbox;

const INSERT: &str = "
    INSERT INTO hookseal.endpoints (tenant, subscription, secrets, max_in_flight) VALUES ($1, $2, $3, $4) RETURNING id";
const UPDATE: &str = "UPDATE hookseal.endpoints SET subscription = $2 WHERE id = $1 RETURNING tenant";
const SECRETS: &str = "UPDATE hookseal.endpoints SET secrets = $2 WHERE id = $1";
const SELECT: &str = "SELECT id, tenant, subscription, health, fault FROM hookseal.endpoints";
/// A lane that the worker has chosen is kept.
const WANTS: &str = "
    WITH gone AS (
        DELETE FROM hookseal.wants WHERE endpoint = $2 AND pattern <> ALL ($3::text[]) RETURNING lane
    )
    INSERT INTO hookseal.wants (tenant, pattern, endpoint, lane)
    SELECT $1, pattern, $2, coalesce((SELECT max(lane) FROM gone),
        (SELECT max(lane) FROM hookseal.wants WHERE endpoint = $2), 0)
    FROM unnest($3::text[]) AS pattern
    ON CONFLICT DO NOTHING";

/// An endpoint to register: a tenant's subscription and the secrets with which its deliveries are signed.
///
/// ```
/// use hookseal::delivery::Subscription;
/// use hookseal_outbox::NewEndpoint;
///
/// let subscription = Subscription::new("https://hooks.customer.com/acme");
/// let endpoint = NewEndpoint::new("tenant-7", subscription, "a secret of twenty-some bytes").with_max_in_flight(2);
/// assert_eq!(endpoint.max_in_flight(), Some(2));
/// ```
#[derive(Clone)]
pub struct NewEndpoint {
    tenant: String,
    subscription: Subscription,
    secrets: Vec<Vec<u8>>,
    max_in_flight: Option<u32>,
}

impl NewEndpoint {
    /// An endpoint with one secret: its text, or what you have encrypted it to.
    ///
    /// ```
    /// # use hookseal::delivery::Subscription;
    /// let subscription = Subscription::new("https://hooks.customer.com/acme");
    /// let endpoint = hookseal_outbox::NewEndpoint::new("tenant-7", subscription, vec![0x8f, 0x01, 0x44]);
    /// assert_eq!(endpoint.max_in_flight(), None);
    /// ```
    pub fn new(tenant: impl Into<String>, subscription: Subscription, secret: impl Into<Vec<u8>>) -> NewEndpoint {
        NewEndpoint { tenant: tenant.into(), subscription, secrets: vec![secret.into()], max_in_flight: None }
    }

    /// Limits the attempts that are in flight to it at once, instead of the
    /// [worker's setting](crate::Worker::with_endpoint_limit).
    ///
    /// ```
    /// # use hookseal::delivery::Subscription;
    /// # let subscription = Subscription::new("https://hooks.customer.com/acme");
    /// let endpoint = hookseal_outbox::NewEndpoint::new("tenant-7", subscription, "…").with_max_in_flight(1);
    /// assert_eq!(endpoint.max_in_flight(), Some(1));
    /// ```
    #[must_use]
    pub fn with_max_in_flight(mut self, limit: u32) -> NewEndpoint {
        self.max_in_flight = Some(limit.max(1));
        self
    }

    /// The most attempts that are in flight to it at once, if it has a limit of its own.
    ///
    /// ```
    /// # use hookseal::delivery::Subscription;
    /// # let subscription = Subscription::new("https://hooks.customer.com/acme");
    /// assert_eq!(hookseal_outbox::NewEndpoint::new("tenant-7", subscription, "…").max_in_flight(), None);
    /// ```
    pub fn max_in_flight(&self) -> Option<u32> {
        self.max_in_flight
    }
}

impl std::fmt::Debug for NewEndpoint {
    /// Leaves out the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewEndpoint").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// A registered endpoint, without its secrets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Endpoint {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub tenant: String,
    /// What it subscribes to.
    pub subscription: Subscription,
    /// Whether it is sent to, and how its attempts have gone lately.
    pub health: EndpointHealth,
    /// Why nothing can be sent to it, for example a secret that cannot be decrypted. Its deliveries wait.
    pub fault: Option<String>,
}

impl Endpoint {
    fn read(row: &Row) -> Result<Endpoint, Error> {
        Ok(Endpoint {
            id: row.try_get(0)?,
            tenant: row.try_get(1)?,
            subscription: json(row, 2, "the subscription")?,
            health: json(row, 3, "the endpoint's health")?,
            fault: row.try_get(4)?,
        })
    }
}

impl Outbox {
    /// Registers an endpoint, and returns its id. Events that are enqueued from now on are sent to it.
    ///
    /// Before you do, ask whoever registers it to prove that the endpoint is theirs, for example with a
    /// [handshake](hookseal::delivery::EndpointCheck).
    ///
    /// # Errors
    /// [`Error::Url`] if its URL must not be called, [`Error::Config`] or [`Error::Decrypt`] if its secret cannot sign,
    /// [`Error::Unfilterable`] and [`Error::Database`].
    ///
    /// ```no_run
    /// use hookseal::delivery::Subscription;
    /// use hookseal_outbox::{NewEndpoint, Outbox};
    ///
    /// async fn register(outbox: &Outbox, client: &mut tokio_postgres::Client) -> Result<i64, hookseal_outbox::Error> {
    ///     let subscription = Subscription::new("https://hooks.customer.com/acme");
    ///     outbox.add_endpoint(client, &NewEndpoint::new("tenant-7", subscription, "a secret of twenty-some bytes")).await
    /// }
    /// ```
    pub async fn add_endpoint(&self, client: &mut impl GenericClient, endpoint: &NewEndpoint) -> Result<i64, Error> {
        self.check(&endpoint.subscription)?;
        self.signer(&endpoint.tenant, &endpoint.secrets)?;
        let limit = endpoint.max_in_flight.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&endpoint.tenant, &Json(&endpoint.subscription), &endpoint.secrets, &limit];
        let tx = client.transaction().await?;
        let id = tx.query_one(INSERT, &values).await?.try_get(0)?;
        set_wants(&tx, &endpoint.tenant, id, &endpoint.subscription).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Replaces an endpoint's subscription. Workers notice within a second; events that are already enqueued are sent to
    /// the new URL. One that is not active any more gets no new events, and what waits for it is held.
    ///
    /// # Errors
    /// Those of [`add_endpoint`](Self::add_endpoint), and [`Error::NoSuchEndpoint`].
    ///
    /// ```no_run
    /// # use hookseal::delivery::Subscription;
    /// # async fn example(outbox: hookseal_outbox::Outbox, mut tx: tokio_postgres::Transaction<'_>) -> Result<(), hookseal_outbox::Error> {
    /// outbox.update_subscription(&mut tx, 7, &Subscription::new("https://hooks.customer.com/v2")).await
    /// # }
    /// ```
    pub async fn update_subscription(
        &self,
        client: &mut impl GenericClient,
        endpoint: i64,
        subscription: &Subscription,
    ) -> Result<(), Error> {
        self.check(subscription)?;
        let tx = client.transaction().await?;
        let row = tx.query_opt(UPDATE, &[&endpoint, &Json(subscription)]).await?;
        let tenant: String = row.ok_or(Error::NoSuchEndpoint { endpoint })?.try_get(0)?;
        set_wants(&tx, &tenant, endpoint, subscription).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces an endpoint's secrets, the current one first: to rotate, pass the new secret and the one until now.
    /// Workers sign with them within a second.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Decrypt`] if they cannot sign, [`Error::NoSuchEndpoint`] and [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// let secrets = [b"the secret from today on".to_vec(), b"the secret until yesterday".to_vec()];
    /// outbox.update_secrets(&client, 7, &secrets).await
    /// # }
    /// ```
    pub async fn update_secrets(
        &self,
        client: &impl GenericClient,
        endpoint: i64,
        secrets: &[Vec<u8>],
    ) -> Result<(), Error> {
        let tenant = self.endpoint(client, endpoint).await?.tenant;
        self.signer(&tenant, secrets)?;
        client.execute(SECRETS, &[&endpoint, &secrets]).await?;
        Ok(())
    }

    /// An endpoint by its id.
    ///
    /// # Errors
    /// [`Error::NoSuchEndpoint`], [`Error::Unreadable`] and [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// println!("{:?}", outbox.endpoint(&client, 7).await?.health);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn endpoint(&self, client: &impl GenericClient, endpoint: i64) -> Result<Endpoint, Error> {
        let row = client.query_opt(&format!("{SELECT} WHERE id = $1"), &[&endpoint]).await?;
        Endpoint::read(&row.ok_or(Error::NoSuchEndpoint { endpoint })?)
    }

    /// The endpoints of a tenant, oldest first.
    ///
    /// # Errors
    /// [`Error::Unreadable`] and [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// for endpoint in outbox.endpoints(&client, "tenant-7").await? {
    ///     println!("{}: {}", endpoint.id, endpoint.subscription.url);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn endpoints(&self, client: &impl GenericClient, tenant: &str) -> Result<Vec<Endpoint>, Error> {
        let rows = client.query(&format!("{SELECT} WHERE tenant = $1 ORDER BY id"), &[&tenant]).await?;
        rows.iter().map(Endpoint::read).collect()
    }

    /// Removes an endpoint and what waits for it. Its log stays until its retention ends. Workers notice within a fraction
    /// of a second, and then send nothing any more, not even what is still being enqueued. An attempt in flight is not
    /// recorded.
    ///
    /// # Errors
    /// [`Error::Database`]. It is no error if there is no such endpoint.
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, mut tx: tokio_postgres::Transaction<'_>) -> Result<(), hookseal_outbox::Error> {
    /// outbox.remove_endpoint(&mut tx, 7).await
    /// # }
    /// ```
    pub async fn remove_endpoint(&self, client: &mut impl GenericClient, endpoint: i64) -> Result<(), Error> {
        // The endpoint first: whoever changes it at the same time is waited for.
        const STATEMENTS: [&str; 4] = [
            "DELETE FROM hookseal.endpoints WHERE id = $1",
            "DELETE FROM hookseal.wants WHERE endpoint = $1",
            "DELETE FROM hookseal.deliveries WHERE bucket = $1::bigint % 64 AND lane IN (0, $1) AND endpoint = $1",
            "DELETE FROM hookseal.ended WHERE endpoint = $1",
        ];
        let tx = client.transaction().await?;
        for statement in STATEMENTS {
            tx.execute(statement, &[&endpoint]).await?;
        }
        Ok(tx.commit().await?)
    }

    fn check(&self, subscription: &Subscription) -> Result<(), Error> {
        self.url_policy().check(&subscription.url)?;
        let filters = !subscription.filters.is_empty();
        if filters && self.filter_shape().is_none() { Err(Error::Unfilterable) } else { Ok(()) }
    }
}

/// Reads a column with one of hookseal's types.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row, column: usize, what: &'static str) -> Result<T, Error> {
    let Json(value) = row.try_get::<_, Json<serde_json::Value>>(column).map_err(|error| match error.source() {
        // PostgreSQL's numbers can be larger than any of ours.
        Some(cause) if cause.is::<serde_json::Error>() => {
            Error::Unreadable { what, source: serde::de::Error::custom(cause) }
        }
        _ => Error::Database(error),
    })?;
    serde_json::from_value(value).map_err(|source| Error::Unreadable { what, source })
}

/// Makes the index of the fan-out agree with a subscription.
pub(crate) async fn set_wants(
    client: &impl GenericClient,
    tenant: &str,
    endpoint: i64,
    subscription: &Subscription,
) -> Result<(), Error> {
    let patterns: Vec<&str> =
        if subscription.active { EventFilter::patterns(&subscription.events).collect() } else { Vec::new() };
    client.execute(WANTS, &[&tenant, &endpoint, &patterns]).await?;
    Ok(())
}
