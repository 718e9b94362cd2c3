use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hookseal::UrlError;
use hookseal::delivery::UrlPolicy;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Resolves a name for one connection, and refuses it if a single one of its addresses must not be called. The connector
/// calls exactly the addresses that are returned, so a name cannot be bound anew between the check and the connection.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    policy: Arc<UrlPolicy>,
}

/// Why a name gives no address to call.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("the name is not resolved: {0}")]
    Dns(#[source] io::Error),
    #[error(transparent)]
    Refused(UrlError),
}

impl Resolver {
    pub(super) fn new(policy: UrlPolicy) -> Resolver {
        Resolver { policy: Arc::new(policy) }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ResolveError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.policy.clone();
        Box::pin(async move {
            // The connector sets the port.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(ResolveError::Dns)?;
            let addresses: Vec<SocketAddr> = found.collect();
            let bare: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
            match policy.check_resolved(&bare) {
                Ok(()) => Ok(addresses.into_iter()),
                Err(UrlError::NoAddress) => Err(ResolveError::Dns(io::ErrorKind::NotFound.into())),
                Err(refused) => Err(ResolveError::Refused(refused)),
            }
        })
    }
}
