//! A server that accepts everything, except at some paths.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::Result;

/// How long a slow endpoint takes: 90 % of the time limit.
pub(crate) const SLOW: Duration = Duration::from_millis(1800);
pub(crate) const TIMEOUT_SECONDS: u32 = 2;

#[derive(Default)]
struct Seen {
    arrived: usize,
    /// Microseconds from the time in the body to the arrival.
    latencies: Vec<u32>,
}

/// A body of which a byte comes now and then, forever.
struct Drip(tokio::time::Interval);

impl Body for Drip {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<std::result::Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b".")))))
    }
}

type Answer = Response<UnsyncBoxBody<Bytes, std::convert::Infallible>>;

/// Prints its address. Answers each line of its input with the arrivals so far and, after `latencies`, with the median and
/// the 99th percentile in microseconds.
pub(crate) async fn run() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let seen = Rc::new(RefCell::new(Seen::default()));
    let own = seen.clone();
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let seen = own.clone();
            tokio::task::spawn_local(serve(stream, seen));
        }
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let mut seen = seen.borrow_mut();
        match line.as_str() {
            "latencies" => {
                seen.latencies.sort_unstable();
                let at = |share: usize| seen.latencies.get(seen.latencies.len() * share / 100).copied().unwrap_or(0);
                println!("{} {}", at(50), at(99));
                seen.latencies.clear();
            }
            _ => println!("{}", seen.arrived),
        }
    }
    Ok(())
}

async fn serve(stream: TcpStream, seen: Rc<RefCell<Seen>>) {
    let answer = service_fn(move |request| answer(request, seen.clone()));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(request: Request<Incoming>, seen: Rc<RefCell<Seen>>) -> Result<Answer> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    match head.uri.path() {
        "/dead" => std::future::pending().await,
        "/slow" => tokio::time::sleep(SLOW).await,
        "/drip" => {
            let body = Drip(tokio::time::interval(Duration::from_millis(100)));
            return Ok(Response::new(body.boxed_unsync()));
        }
        "/healthy" => {}
        _ => {
            let mut seen = seen.borrow_mut();
            seen.arrived += 1;
            if let Some(sent) = sent_at(&body) {
                seen.latencies.push(u32::try_from(now().saturating_sub(sent)).unwrap_or(u32::MAX));
            }
        }
    }
    Ok(Response::new(Full::new(Bytes::from_static(b"ok")).boxed_unsync()))
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(0)
}

/// A kibibyte that begins with the time.
pub(crate) fn body() -> Vec<u8> {
    let mut body = format!(r#"{{"sent":{:020},"data":""#, now()).into_bytes();
    body.resize(1022, b'x');
    body.extend_from_slice(b"\"}");
    body
}

fn sent_at(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body.get(8..28)?).ok()?.parse().ok()
}
