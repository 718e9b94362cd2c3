use std::sync::Arc;
use std::time::Duration;

use hookseal::delivery::{DeliveryPolicy, EndpointHealth, EndpointUrl, Subscription};
use hookseal::{Signer, UrlError};
use tokio_postgres::Row;

use crate::endpoint::json;
use crate::error::Error;
use crate::outbox::Outbox;

/// An endpoint as a worker sends to it: everything parsed and derived once, until the endpoint is changed.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) tenant: String,
    pub(super) subscription: Subscription,
    pub(super) url: Result<EndpointUrl, UrlError>,
    pub(super) signer: Signer,
    pub(super) policy: DeliveryPolicy,
    /// The transaction that last changed the endpoint.
    pub(super) changed: i64,
}

/// What an endpoint's row says.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) endpoint: i64,
    /// Or why nothing can be sent to it.
    pub(super) target: Result<Arc<Target>, String>,
    /// Whether that is because the application could not decrypt a secret, which may pass.
    pub(super) is_undecrypted: bool,
    pub(super) health: EndpointHealth,
    pub(super) limit: Option<usize>,
    pub(super) changed: i64,
    /// Why nothing could be sent to it before, as it is stored.
    pub(super) stored_fault: Option<String>,
}

impl Loaded {
    /// Reads a row. Whatever is wrong with it becomes the fault of this endpoint alone.
    pub(super) fn read(outbox: &Outbox, row: &Row, max_timeout: Duration) -> Result<Loaded, tokio_postgres::Error> {
        let limit: Option<i32> = row.try_get(4)?;
        let target = target(outbox, row, max_timeout).map(Arc::new);
        let is_undecrypted = matches!(target, Err(Error::Decrypt(_)));
        let (target, health) = match (target, json(row, 5, "the endpoint's health")) {
            (Ok(target), Ok(health)) => (Ok(target), health),
            (Err(error), _) | (_, Err(error)) => (Err(error.to_string()), EndpointHealth::new()),
        };
        Ok(Loaded {
            endpoint: row.try_get(0)?,
            target,
            is_undecrypted,
            health,
            limit: limit.and_then(|limit| usize::try_from(limit).ok()),
            changed: row.try_get(6)?,
            stored_fault: row.try_get(7)?,
        })
    }

    /// Whether it is still what `target` was. How an attempt went before a change says nothing about what it is now.
    pub(super) fn is(&self, target: &Target) -> bool {
        self.changed == target.changed
    }

    /// Whether something may be sent to it now.
    pub(super) fn is_open(&self) -> bool {
        self.health.is_active() && self.target.as_ref().is_ok_and(|target| target.subscription.active)
    }
}

fn target(outbox: &Outbox, row: &Row, max_timeout: Duration) -> Result<Target, Error> {
    let subscription: Subscription = json(row, 2, "the endpoint's subscription")?;
    let tenant: String = row.try_get(1)?;
    let signer = outbox.signer(&tenant, &row.try_get::<_, Vec<Vec<u8>>>(3)?)?;
    let platform = outbox.provider().delivery_policy().clone();
    let asked = subscription.timeout.map(|seconds| Duration::from_secs(seconds.max(1).into()).min(max_timeout));
    let timeout = asked.unwrap_or(platform.timeout());
    let retry = subscription.retry_policy.as_ref().unwrap_or(platform.retry()).clone();
    let policy = platform.with_retry(retry).with_timeout(timeout);
    let url = outbox.url_policy().parse(&subscription.url);
    Ok(Target { tenant, subscription, url, signer, policy, changed: row.try_get(6)? })
}
