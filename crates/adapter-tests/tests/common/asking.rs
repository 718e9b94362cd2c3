//! A server that is asked what providers ask, and that counts how often its handler is called.

#![allow(dead_code)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web;
use axum::Router;
use axum::routing::any;
use hookseal::provider::Provider;
use hookseal::receive::{Answer, Received, Receiver};
use hookseal::tower::WebhookLayer;
use hookseal::{Algorithm, Extent, Keyring, Secret, SigningKey};

use crate::common::key;
use crate::server::{App, Reply, Running, Server};

pub(crate) const TOKEN: &str = "a-verify-token-of-my-own";

/// The provider, whatever its signature covers, and with the URL that some sign.
pub(crate) fn ready(provider: &Provider) -> Provider {
    provider.raw().accept(Extent::Nothing).with_public_url("https://hooks.example.com/hook").unwrap()
}

/// What a provider signs with, and what verifies it: the n-th of a set of different keys.
pub(crate) fn key_pair(provider: &Provider, n: u8) -> (Keyring, Keyring) {
    if provider.scheme().algorithm() == Algorithm::Hmac {
        return (key(n).into(), key(n).into());
    }
    let base64 = char::from(b'A' + n).to_string().repeat(42) + "A=";
    let signing = SigningKey::new(&base64).unwrap();
    let public = signing.public_key();
    (signing.into(), public.into())
}

/// A server whose route takes any method, and how often its handler was called.
pub(crate) async fn start(
    server: Server,
    provider: &Provider,
    keys: impl Into<Keyring>,
) -> (Running, Arc<AtomicUsize>) {
    serve(server, receiver(provider, keys)).await
}

/// The same, waiting for a secret that the provider brings.
pub(crate) async fn start_registering(server: Server, provider: &Provider, secret: Secret) -> Running {
    let receiver = receiver(provider, secret).with_registration(|_| Ok::<(), Infallible>(()));
    serve(server, receiver).await.0
}

fn receiver(provider: &Provider, keys: impl Into<Keyring>) -> Receiver {
    let receiver: Receiver = ready(provider).receiver(keys).unwrap();
    receiver.with_verify_token(Secret::new(TOKEN).unwrap()).unwrap()
}

pub(crate) async fn serve(server: Server, receiver: Receiver) -> (Running, Arc<AtomicUsize>) {
    let called = Arc::new(AtomicUsize::new(0));
    let counter = called.clone();
    let handler = move |_: Received| {
        counter.fetch_add(1, Ordering::Relaxed);
        async { Answer::Processed }
    };
    let router = Router::new().route("/hook", any(handler.clone())).with_state(receiver.clone());
    let layered = router.clone().layer(WebhookLayer::new(receiver.clone()));
    let app = App::default().merge(router, layered).actix(move |config| {
        config.service(web::resource("/hook").app_data(receiver.clone()).to(handler.clone()));
    });
    (server.start(&app).await, called)
}

/// Whether no browser takes it for a page.
pub(crate) fn is_harmless(reply: &Reply) -> bool {
    let kind = reply.headers.get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    !kind.is_some_and(|kind| kind.contains("html"))
}

pub(crate) fn response(reply: &Reply) -> http::Response<String> {
    let mut response = http::Response::new(reply.text.clone());
    *response.status_mut() = reply.status.try_into().unwrap();
    *response.headers_mut() = reply.headers.clone();
    response
}
