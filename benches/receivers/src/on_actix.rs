//! The cases as handlers of actix-web.

use std::error::Error;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use actix_web::error::ErrorUnauthorized;
use actix_web::{App, HttpRequest, HttpServer, web};
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::receive::{Answer, Webhook};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::server::{self, Billing, PROCESSED, Sender, Server, raw, typed, work};

async fn bare(body: web::Bytes) -> &'static str {
    work(body);
    PROCESSED
}

async fn once(once: web::Data<Once<MemoryStore>>, webhook: Webhook<Billing, Sender>) -> Answer {
    once.run(&webhook, async {
        work(&webhook.event);
        Answer::Processed
    })
    .await
}

async fn peer(
    request: HttpRequest,
    body: web::Bytes,
    webhook: web::Data<standardwebhooks::Webhook>,
) -> actix_web::Result<&'static str> {
    let headers = converted(request.headers());
    webhook.verify(&body, &headers).map_err(|_| ErrorUnauthorized("unauthorized"))?;
    work(body);
    Ok(PROCESSED)
}

/// actix-web has the map of http 0.2, the peer asks for that of http 1.
fn converted(headers: &actix_web::http::header::HeaderMap) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_ref()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    pairs.collect()
}

pub(crate) fn start() -> Result<Server, Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let (receiver, once, peer) = (server::receiver()?, web::Data::new(server::once()), server::peer()?);
    let (sender, ids) = mpsc::channel();
    thread::spawn(move || {
        let server = HttpServer::new(move || {
            // The factory runs in the worker's thread. Whoever waits for the id gets the error.
            let _ = sender.send(server::settle_worker());
            App::new()
                .app_data(receiver.clone())
                .app_data(once.clone())
                .app_data(web::Data::from(peer.clone()))
                .route("/bare", web::post().to(bare))
                .route("/raw", web::post().to(raw))
                .route("/typed", web::post().to(typed))
                .route("/once", web::post().to(self::once))
                .route("/peer", web::post().to(self::peer))
        });
        let server = server.workers(1).disable_signals().listen(listener)?;
        actix_web::rt::System::new().block_on(server.run())
    });
    Ok(Server { address, thread: ids.recv()?? })
}
