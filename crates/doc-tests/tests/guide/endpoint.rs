//! Endpoints on loopback that remember what they were sent.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A server on a free port, gone with the runtime of its test.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Endpoint {
    /// Answers the n-th request with `answer(n)`, from 0.
    pub(crate) async fn start(
        answer: impl Fn(usize) -> Response<Full<Bytes>> + Clone + Send + Sync + 'static,
    ) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint =
            Endpoint { address: listener.local_addr().unwrap(), connections: Arc::default(), requests: Arc::default() };
        let (connections, requests) = (endpoint.connections.clone(), endpoint.requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (requests, answer) = (requests.clone(), answer.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (requests, answer) = (requests.clone(), answer.clone());
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let number = {
                            let mut requests = requests.lock().unwrap();
                            requests.push(Request::from_parts(parts, body));
                            requests.len() - 1
                        };
                        Ok::<_, Infallible>(answer(number))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        endpoint
    }

    /// Under a name that passes for any other, and resolves to loopback.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}/hook", self.address.port())
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().unwrap().clone()
    }
}

pub(crate) fn answer(status: u16, text: &'static str) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(text)).unwrap()
}
