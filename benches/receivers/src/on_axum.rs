//! The cases as handlers of axum, with axum's default features.

use std::error::Error;
use std::sync::{Arc, mpsc};
use std::{io, net, thread};

use axum::body::Bytes;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::post};
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::receive::{Answer, Receiver, Webhook};

use crate::server::{self, Billing, PROCESSED, Sender, Server, raw, typed, work};

#[derive(Clone, FromRef)]
struct WithOnce {
    receiver: Receiver<Sender>,
    once: Once<MemoryStore>,
}

async fn bare(body: Bytes) -> &'static str {
    work(body);
    PROCESSED
}

async fn once(State(once): State<Once<MemoryStore>>, webhook: Webhook<Billing, Sender>) -> Answer {
    once.run(&webhook, async {
        work(&webhook.event);
        Answer::Processed
    })
    .await
}

async fn peer(
    State(webhook): State<Arc<standardwebhooks::Webhook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<&'static str, StatusCode> {
    webhook.verify(&body, &headers).map_err(|_| StatusCode::UNAUTHORIZED)?;
    work(body);
    Ok(PROCESSED)
}

/// A state for each route, because a state is cloned for each request.
fn app() -> Result<Router, Box<dyn Error>> {
    let receiver = server::receiver()?;
    let with_once = WithOnce { receiver: receiver.clone(), once: server::once() };
    Ok(Router::new()
        .route("/bare", post(bare))
        .merge(Router::new().route("/raw", post(raw)).route("/typed", post(typed)).with_state(receiver))
        .merge(Router::new().route("/once", post(once)).with_state(with_once))
        .merge(Router::new().route("/peer", post(peer)).with_state(server::peer()?)))
}

pub(crate) fn start() -> Result<Server, Box<dyn Error>> {
    let listener = net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let (address, app) = (listener.local_addr()?, app()?);
    let (sender, ids) = mpsc::channel();
    thread::spawn(move || {
        // Whoever waits for the id gets the error.
        let _ = sender.send(server::settle_worker());
        serve(listener, app)
    });
    Ok(Server { address, thread: ids.recv()?? })
}

fn serve(listener: net::TcpListener, app: Router) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await })
}
