//! One thread that keeps connections busy, with one read and one write for each request.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::requests::Requests;
use crate::server::{PROCESSED, Server};

const CONNECTIONS: usize = 32;
/// No answer takes so long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was counted in one slice of time.
pub(crate) struct Sample {
    pub(crate) requests: u64,
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of the server's thread on a core.
    pub(crate) cpu: f64,
    /// Seconds in which the server's thread had work and no core.
    pub(crate) queued: f64,
}

/// Keeps a server busy for `warm_up`, then counts for `slice`.
///
/// Every response must be 200 and "processed".
pub(crate) fn load(
    server: &Server,
    case: &str,
    requests: &mut Requests,
    warm_up: Duration,
    slice: Duration,
) -> io::Result<Sample> {
    let line = first_line(case);
    let mut poll = Poll::new()?;
    let mut connections = Vec::new();
    for place in 0..CONNECTIONS {
        let mut stream = connect(server)?;
        poll.registry().register(&mut stream, Token(place), Interest::READABLE)?;
        send(&mut stream, &line, requests)?;
        connections.push(stream);
    }
    let mut events = Events::with_capacity(CONNECTIONS);
    let (mut begin, mut answered) = (Instant::now() + warm_up, 0);
    let (mut before, mut sample) = (None, None);
    let mut in_flight = CONNECTIONS;
    while in_flight > 0 {
        wait(&mut poll, &mut events)?;
        for event in &events {
            let stream = &mut connections[event.token().0];
            if !receive(stream)? {
                continue;
            }
            answered += 1;
            match sample {
                None => send(stream, &line, requests)?,
                // Nothing may be left to do for the server when the next case has its turn.
                Some(_) => in_flight -= 1,
            }
        }
        let now = Instant::now();
        match &before {
            None if now >= begin => {
                before = Some(server.times()?);
                (begin, answered) = (now, 0);
            }
            Some(before) if sample.is_none() && now >= begin + slice => {
                let after = server.times()?;
                let (cpu, queued) = (after.running - before.running, after.queued - before.queued);
                sample = Some(Sample { requests: answered, wall: (now - begin).as_secs_f64(), cpu, queued });
            }
            _ => {}
        }
    }
    sample.ok_or_else(|| io::Error::other("nothing was counted"))
}

fn first_line(case: &str) -> Vec<u8> {
    format!("POST /{case} HTTP/1.1\r\n").into_bytes()
}

fn connect(server: &Server) -> io::Result<TcpStream> {
    let stream = net::TcpStream::connect(server.address)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

fn wait(poll: &mut Poll, events: &mut Events) -> io::Result<()> {
    match poll.poll(events, Some(PATIENCE)) {
        Ok(()) if events.is_empty() => Err(ErrorKind::TimedOut.into()),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        result => result,
    }
}

fn send(stream: &mut TcpStream, line: &[u8], requests: &mut Requests) -> io::Result<()> {
    let [head, body] = requests.next();
    let length = line.len() + head.len() + body.len();
    // The send buffer is empty, and larger than a request.
    match stream.write_vectored(&[line, head, body].map(IoSlice::new))? {
        written if written == length => Ok(()),
        written => Err(io::Error::other(format!("{written} bytes written of {length}"))),
    }
}

/// `false` if nothing has come.
fn receive(stream: &mut TcpStream) -> io::Result<bool> {
    let mut buffer = [0; 1024];
    let response = match stream.read(&mut buffer) {
        Ok(length) => &buffer[..length],
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
        Err(error) => return Err(error),
    };
    // So short a response comes in one piece. One that does not is an error, and no wrong figure.
    let text = response.strip_suffix(PROCESSED.as_bytes());
    if response.starts_with(b"HTTP/1.1 200 ") && text.is_some_and(|head| head.ends_with(b"\r\n\r\n")) {
        return Ok(true);
    }
    Err(io::Error::other(format!("not a response to count: {}", String::from_utf8_lossy(response))))
}

/// One request over a connection of its own.
#[cfg(test)]
pub(crate) fn exchange(server: &Server, case: &str, request: &[u8]) -> io::Result<String> {
    let mut stream = net::TcpStream::connect(server.address)?;
    stream.write_all(&[&first_line(case), b"connection: close\r\n".as_slice(), request].concat())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}
