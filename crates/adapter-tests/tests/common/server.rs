//! One application behind every adapter, over real sockets, and clients that misbehave on purpose.

#![allow(dead_code)]

use std::fmt;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpServer, Responder};
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::post;
use bytes::Bytes;
use hookseal::idempotency::{Handled, Once, Store};
use hookseal::provider;
use hookseal::receive::{Answer, Received, Receiver, Rejection};
use hookseal::testing::Sender;
use hookseal::tower::WebhookLayer;
use http::{HeaderMap, Request};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::key;

/// Longer than anything here takes on the slowest machine: it ends a test that would hang, and decides nothing else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What verifies: the extractors of axum or actix-web, or the layer in an axum router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Axum,
    Actix,
    Layer,
}

impl Server {
    pub(crate) const ALL: [Server; 3] = [Server::Axum, Server::Actix, Server::Layer];
    pub(crate) const EXTRACTORS: [Server; 2] = [Server::Axum, Server::Actix];

    /// Serves on a free port of the loopback until the result is dropped.
    pub(crate) async fn start(self, app: &App) -> Running {
        let (address, stop) = match self {
            Server::Axum => start_axum(app.extractors.clone()).await,
            Server::Layer => start_axum(app.layered.clone()).await,
            Server::Actix => start_actix(app.actix.clone()).await,
        };
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        Running { address, client, _stop: stop }
    }
}

async fn start_axum(router: Router) -> (SocketAddr, Stop) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("axum serves") });
    (address, Stop::Axum(serving))
}

async fn start_actix(configure: Configure) -> (SocketAddr, Stop) {
    let (started, starting) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = move || actix_web::App::new().configure(|config| configure.apply(config));
            let server = HttpServer::new(app).workers(2).disable_signals().bind("127.0.0.1:0").expect("a free port");
            let address = server.addrs()[0];
            let server = server.run();
            started.send((address, server.handle())).expect("the test waits");
            server.await.expect("actix-web serves");
        });
    });
    let (address, handle) = starting.await.expect("actix-web starts");
    (address, Stop::Actix(handle, Some(thread)))
}

enum Stop {
    Axum(tokio::task::JoinHandle<()>),
    Actix(ServerHandle, Option<JoinHandle<()>>),
}

impl Drop for Stop {
    fn drop(&mut self) {
        match self {
            Stop::Axum(serving) => serving.abort(),
            Stop::Actix(handle, thread) => {
                // The command is sent by the call; what it returns only waits.
                drop(handle.stop(false));
                let _ = thread.take().map(JoinHandle::join);
            }
        }
    }
}

/// The same routes and handlers for each [`Server`].
#[derive(Clone, Default)]
pub(crate) struct App {
    pub(crate) extractors: Router,
    pub(crate) layered: Router,
    pub(crate) actix: Configure,
}

type Configuring = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Configure(Vec<Configuring>);

impl Configure {
    pub(crate) fn apply(&self, config: &mut ServiceConfig) {
        self.0.iter().for_each(|configure| configure(config));
    }
}

impl App {
    /// A handler that takes one of the extractors. Behind the layer it has what the layer verified.
    pub(crate) fn route<P, H, M, Args>(self, path: &'static str, receiver: Receiver<P>, handler: H) -> App
    where
        P: 'static,
        H: axum::handler::Handler<M, Receiver<P>> + actix_web::Handler<Args>,
        H::Output: Responder + 'static,
        M: 'static,
        Args: FromRequest + 'static,
    {
        let extractors = Router::new().route(path, post(handler.clone())).with_state(receiver.clone());
        let layered = extractors.clone().route_layer(WebhookLayer::new(receiver.clone()));
        self.merge(extractors, layered).actix(move |config| {
            let resource = web::resource(path).app_data(receiver.clone());
            config.service(resource.route(web::post().to(handler.clone())));
        })
    }

    /// Each event once: by [`Once::run`] in the handlers, and by the layer's `once` around `work` as it is.
    pub(crate) fn once<P, S, W, F, R>(self, path: &'static str, receiver: Receiver<P>, once: Once<S>, work: W) -> App
    where
        P: 'static,
        S: Store + Clone + 'static,
        W: Fn(Received<P>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = R> + Send + 'static,
        R: Handled + IntoResponse + Responder + Send + 'static,
    {
        let layer = WebhookLayer::new(receiver.clone()).with_once(once.clone());
        let layered = Router::new().route(path, post(work.clone())).with_state(receiver.clone()).route_layer(layer);
        let handler = move |received: Received<P>| {
            let (once, work) = (once.clone(), work.clone());
            async move { once.run(&received, async { work(received.clone()).await }).await }
        };
        let extractors = Router::new().route(path, post(handler.clone())).with_state(receiver.clone());
        self.merge(extractors, layered).actix(move |config| {
            let resource = web::resource(path).app_data(receiver.clone());
            config.service(resource.route(web::post().to(handler.clone())));
        })
    }

    pub(crate) fn merge(self, extractors: Router, layered: Router) -> App {
        App { extractors: self.extractors.merge(extractors), layered: self.layered.merge(layered), ..self }
    }

    pub(crate) fn actix(mut self, configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> App {
        self.actix.0.push(Arc::new(configure));
        self
    }
}

/// What handlers did, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.0.lock().expect("nobody panics in here").push(text.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics in here"))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().expect("nobody panics in here").len()
    }

    /// A handler that notes what it was given.
    pub(crate) fn noting<A, D: fmt::Display>(
        &self,
        describe: impl Fn(A) -> D + Clone + Send + Sync + 'static,
    ) -> impl Fn(A) -> Ready<Answer> + Clone + Send + Sync + 'static {
        let log = self.clone();
        move |extracted| {
            log.note(describe(extracted).to_string());
            ready(Answer::Processed)
        }
    }
}

/// A server that serves.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    client: reqwest::Client,
    _stop: Stop,
}

impl Running {
    /// Sends the request over a pooled connection.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Reply {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = format!("http://{}{path}", self.address).parse().expect("an address");
        let request = Request::from_parts(parts, body).try_into().expect("a request");
        let response = self.client.execute(request).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.expect("a text") }
    }

    pub(crate) async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.expect("the server listens");
        Connection { stream, unread: Vec::new() }
    }
}

/// An answer, as its sender sees it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let value = self.headers.get("retry-after")?.to_str().expect("a text");
        Some(value.parse().expect("whole seconds"))
    }

    /// This status and this text, and nothing beside what every answer has.
    #[track_caller]
    pub(crate) fn assert_says(&self, said: impl Into<Said>, context: impl fmt::Debug) {
        const ORDINARY: [&str; 5] = ["content-type", "content-length", "date", "retry-after", "connection"];
        let Said { status, text, retry_after } = said.into();
        let heard = (self.status, self.text.as_str(), self.retry_after());
        assert_eq!(heard, (status, text.as_str(), retry_after), "{context:?}");
        assert_eq!(self.headers["content-type"], "text/plain; charset=utf-8", "{context:?}");
        let unusual = self.headers.keys().find(|name| !ORDINARY.contains(&name.as_str()));
        assert_eq!(unusual, None, "{context:?}");
    }
}

/// What a sender may learn.
pub(crate) struct Said {
    status: u16,
    text: String,
    retry_after: Option<u64>,
}

impl From<&Rejection> for Said {
    fn from(rejection: &Rejection) -> Said {
        let retry_after = rejection.retry_after().map(|wait| wait.as_secs());
        Said { status: rejection.status().as_u16(), text: rejection.public_text().to_owned(), retry_after }
    }
}

impl From<&Answer> for Said {
    fn from(answer: &Answer) -> Said {
        let retry_after = answer.retry_after().map(|wait| wait.as_secs());
        Said { status: answer.status().as_u16(), text: text(answer), retry_after }
    }
}

/// The body of an answer.
pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body().into()).expect("a text")
}

/// A connection of HTTP/1.1, byte by byte.
pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the server reads");
    }

    /// The server reads an end where more was to come.
    pub(crate) async fn finish_writing(&mut self) {
        self.stream.shutdown().await.expect("the connection is open");
    }

    /// Writes all, then reads. `None` if the server closes the connection before it answers.
    pub(crate) async fn try_send(&mut self, request: &Request<Bytes>, framing: Framing) -> Option<Reply> {
        self.stream.write_all(&wire(request, framing)).await.ok()?;
        self.reply().await
    }

    pub(crate) async fn send(&mut self, request: &Request<Bytes>, framing: Framing) -> Reply {
        self.try_send(request, framing).await.expect("an answer on an open connection")
    }

    /// `None` if the server closes the connection instead.
    pub(crate) async fn reply(&mut self) -> Option<Reply> {
        tokio::time::timeout(PATIENCE, self.read_reply()).await.expect("the server answers or closes")
    }

    async fn read_reply(&mut self) -> Option<Reply> {
        let head = self.read_until(|unread| unread.windows(4).position(|four| four == b"\r\n\r\n")).await?;
        let head = String::from_utf8(self.unread.drain(..head + 4).collect()).expect("a head in ASCII");
        let (status, headers) = parse_head(&head);
        let length = headers.get("content-length").map_or(0, |length| number(length.to_str().expect("a text")));
        self.read_until(|unread| (unread.len() >= length).then_some(())).await?;
        let text = String::from_utf8(self.unread.drain(..length).collect()).expect("a text");
        Some(Reply { status, headers, text })
    }

    async fn read_until<T>(&mut self, found: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        loop {
            if let Some(found) = found(&self.unread) {
                return Some(found);
            }
            match self.stream.read_buf(&mut self.unread).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

/// The status and the headers of an answer.
pub(crate) fn parse_head(head: &str) -> (u16, HeaderMap) {
    let (first, lines) = head.split_once("\r\n").expect("a status line");
    let status = first.split(' ').nth(1).map(number).expect("a status");
    let headers = lines.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
    (u16::try_from(status).expect("a status"), headers.collect())
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// By `content-length`.
    Length,
    /// In chunks of this size.
    Chunks(usize),
}

/// The request's bytes.
pub(crate) fn wire(request: &Request<Bytes>, framing: Framing) -> Vec<u8> {
    let mut bytes = head(request, framing);
    match framing {
        Framing::Length => bytes.extend_from_slice(request.body()),
        Framing::Chunks(size) => {
            request.body().chunks(size).for_each(|piece| bytes.extend_from_slice(&chunk(piece)));
            bytes.extend_from_slice(&chunk(b""));
        }
    }
    bytes
}

/// What stands before the body.
pub(crate) fn head(request: &Request<Bytes>, framing: Framing) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        head.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let framing = match framing {
        Framing::Length => format!("content-length: {}\r\n\r\n", request.body().len()),
        Framing::Chunks(_) => "transfer-encoding: chunked\r\n\r\n".to_owned(),
    };
    head.extend_from_slice(framing.as_bytes());
    head
}

/// One chunk on the wire. The empty one is the last.
pub(crate) fn chunk(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

pub(crate) const SIGNATURE: &str = "x-klang-signature";

/// For Klang, with key 0.
pub(crate) fn receiver<P>() -> Receiver<P> {
    provider::KLANG.receiver(key(0)).expect("a receiver").with_marker()
}

/// Klang, with the n-th key.
pub(crate) fn sender(n: u8) -> Sender {
    Sender::new(&provider::KLANG, key(n)).expect("a sender")
}

/// A new event each time.
pub(crate) fn paid(amount: u64) -> Request<Bytes> {
    sender(0).event("/hook", "invoice.paid", json!({ "amount": amount })).expect("a request")
}

pub(crate) fn signed(body: impl Into<Bytes>) -> Request<Bytes> {
    sender(0).body("/hook", body).expect("a request")
}

/// The same with the signature of another key.
pub(crate) fn forged(request: Request<Bytes>) -> Request<Bytes> {
    sender(1).body("/hook", request.into_body()).expect("a request")
}

pub(crate) fn unsigned(mut request: Request<Bytes>) -> Request<Bytes> {
    request.headers_mut().remove(SIGNATURE);
    request
}

pub(crate) fn to(path: &str, mut request: Request<Bytes>) -> Request<Bytes> {
    *request.uri_mut() = path.parse().expect("a path");
    request
}

/// Waits until it is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never came: {what}"));
}
