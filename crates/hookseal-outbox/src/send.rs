//! One HTTP client for all endpoints.

use std::time::Duration;

use bytes::Bytes;
use hookseal::delivery::{Outcome, UrlPolicy};
use hookseal::http::header::{HeaderValue, RETRY_AFTER, USER_AGENT};
use hookseal::http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

pub(crate) use answer::Answer;
use metered::Metered;
use resolver::Resolver;
pub use roots::Roots;

use crate::error::Error;

mod answer;
mod metered;
mod resolver;
mod roots;

/// What of an answer's body is kept, and for how long it is read. The status decides, so nothing waits for a body that is
/// long, slow or endless. A connection whose body was not read to its end is closed.
const MAX_EXCERPT: usize = 4096;
const EXCERPT_TIME: Duration = Duration::from_millis(250);
/// The largest head of an answer.
const MAX_HEAD: usize = 64 << 10;
const IDLE: Duration = Duration::from_secs(30);

/// An HTTP/1.1 client that calls only what the policy allows. It follows no redirect and uses no proxy: both would send
/// the event to somebody whom nobody checked.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client<Metered<HttpsConnector<HttpConnector<Resolver>>>, Full<Bytes>>);

impl HttpClient {
    /// `idle_per_host` connections to one host are kept for 30 seconds.
    pub(crate) fn new(
        policy: &UrlPolicy,
        roots: &Roots,
        connect_timeout: Duration,
        idle_per_host: usize,
    ) -> Result<HttpClient, Error> {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(policy.clone()));
        tcp.set_nodelay(true);
        // The policy decides about the scheme.
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(connect_timeout));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(roots.config()?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).pool_max_idle_per_host(idle_per_host);
        builder.http1_max_buf_size(MAX_HEAD);
        Ok(HttpClient(builder.build(Metered(https))))
    }

    /// Sends a request, and waits for its answer at most for `limit`.
    pub(crate) async fn send(&self, request: Request<Bytes>, limit: Duration) -> Answer {
        const AGENT: HeaderValue = HeaderValue::from_static(concat!("hookseal-outbox/", env!("CARGO_PKG_VERSION")));
        let (mut head, body) = request.into_parts();
        head.headers.entry(USER_AGENT).or_insert(AGENT);
        let request = Request::from_parts(head, Full::new(body));
        match timeout(limit, self.0.request(request)).await {
            Ok(Ok(response)) => answer(response).await,
            Ok(Err(error)) => Answer::of_error(&error),
            Err(_) => Answer::Missing(Outcome::Timeout),
        }
    }
}

async fn answer(response: Response<Incoming>) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).map(|value| Bytes::copy_from_slice(value.as_bytes()));
    let (mut body, mut excerpt) = (response.into_body(), Vec::new());
    let read = async {
        while let (room @ 1.., Some(Ok(frame))) = (MAX_EXCERPT - excerpt.len(), body.frame().await) {
            if let Some(chunk) = frame.data_ref() {
                excerpt.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
        }
    };
    // What arrived in time counts.
    let _ = timeout(EXCERPT_TIME, read).await;
    Answer::Response { status, retry_after, excerpt }
}
