//! A subscriber: a server that verifies requests, processes each event once, and sometimes fails.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use deadpool_postgres::Pool;
use hookseal::provider::KALLGLOT;
use hookseal::{Secret, Verifier};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::RETRY_AFTER;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Result;

pub struct Receiver {
    name: &'static str,
    verifier: Verifier,
    pool: Pool,
    /// While this is set, it answers every request with 503.
    pub down: AtomicBool,
    /// Slightly fewer than the effects: if a worker is killed while we commit, it hangs up, and we end before we count.
    pub processed: AtomicUsize,
    pub duplicates: AtomicUsize,
    pub faults: AtomicUsize,
}

/// What goes wrong with a request. `Late` means that it goes wrong after processing, so that the sender retries in
/// vain.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Error { late: bool },
    Drop { late: bool },
    Busy { seconds: u8 },
}

impl Receiver {
    /// Serves on a free port until the program ends.
    pub async fn start(name: &'static str, secret: &str, pool: Pool) -> Result<(Arc<Receiver>, SocketAddr)> {
        let verifier = KALLGLOT.verifier(Secret::new(secret)?)?;
        let (down, processed, duplicates, faults) = Default::default();
        let receiver = Arc::new(Receiver { name, verifier, pool, down, processed, duplicates, faults });
        let serving = receiver.clone();
        let address = serve(move |request| {
            let receiver = serving.clone();
            async move { receiver.answer(request).await }
        });
        Ok((receiver, address.await?))
    }

    /// Answers one request. An error closes the connection without an answer.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        if self.down.load(Ordering::Relaxed) {
            return Ok(plain(StatusCode::SERVICE_UNAVAILABLE));
        }
        let fault = match fastrand::u8(..100) {
            0..3 => Fault::Error { late: false },
            3..5 => Fault::Error { late: true },
            5 => Fault::Drop { late: false },
            6 => Fault::Drop { late: true },
            7..9 => Fault::Busy { seconds: fastrand::u8(..2) },
            _ => Fault::None,
        };
        self.faults.fetch_add(usize::from(fault != Fault::None), Ordering::Relaxed);
        match fault {
            Fault::Error { late: false } => return Ok(plain(StatusCode::INTERNAL_SERVER_ERROR)),
            Fault::Drop { late: false } => return Err("dropped".into()),
            Fault::Busy { seconds } => {
                let mut busy = plain(StatusCode::TOO_MANY_REQUESTS);
                busy.headers_mut().insert(RETRY_AFTER, u16::from(seconds).into());
                return Ok(busy);
            }
            _ => {}
        }
        let answer = self.receive(request).await?;
        match fault {
            Fault::Error { .. } => Ok(plain(StatusCode::INTERNAL_SERVER_ERROR)),
            Fault::Drop { .. } => Err("dropped".into()),
            _ => Ok(answer),
        }
    }

    async fn receive(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let limit = usize::try_from(KALLGLOT.max_received())?;
        let Ok(body) = Limited::new(body, limit).collect().await else {
            return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
        };
        let body = body.to_bytes();
        let verified = match self.verifier.verify(&head.headers, &body) {
            Ok(verified) => verified,
            Err(error) => {
                eprintln!("    {} refuses a request: {error}", self.name);
                return Ok(plain(error.status()));
            }
        };
        let event = KALLGLOT.event(&verified)?;
        let key = KALLGLOT.idempotency_key(&verified, self.name)?;

        // The key and the effect are in one transaction: either both are stored or neither is.
        let mut db = self.pool.get().await?;
        let tx = db.transaction().await?;
        let remember = tx.prepare_cached("INSERT INTO seen VALUES ($1) ON CONFLICT DO NOTHING").await?;
        if tx.execute(&remember, &[&key.as_str()]).await? == 0 {
            // Processed before. The sender does not know that yet, so the answer is the same.
            self.duplicates.fetch_add(1, Ordering::Relaxed);
            return Ok(plain(StatusCode::OK));
        }
        let effect = tx.prepare_cached("INSERT INTO effects VALUES ($1, $2)").await?;
        tx.execute(&effect, &[&self.name, &event.id()]).await?;
        tx.commit().await?;
        self.processed.fetch_add(1, Ordering::Relaxed);
        Ok(plain(StatusCode::OK))
    }
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"noted\n")));
    *response.status_mut() = status;
    response
}

async fn serve<A, F>(answer: A) -> Result<SocketAddr>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer.clone()));
            tokio::spawn(connection);
        }
        Ok::<_, Infallible>(())
    });
    Ok(address)
}
