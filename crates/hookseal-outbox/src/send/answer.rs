use std::error::Error;
use std::io;

use bytes::Bytes;
use hookseal::delivery::Outcome;

use super::resolver::ResolveError;

/// How an attempt ended: a status line, or the reason why there is none.
#[derive(Debug)]
pub(crate) enum Answer {
    Response {
        status: u16,
        retry_after: Option<Bytes>,
        /// The beginning of the body.
        excerpt: Vec<u8>,
    },
    Missing(Outcome<'static>),
}

impl Answer {
    pub(crate) fn outcome(&self) -> Outcome<'_> {
        match self {
            Answer::Response { status, retry_after, .. } => {
                Outcome::Response { status: *status, retry_after: retry_after.as_deref() }
            }
            Answer::Missing(outcome) => *outcome,
        }
    }

    pub(super) fn of_error(error: &hyper_util::client::legacy::Error) -> Answer {
        let connecting = if error.is_connect() { Outcome::ConnectError } else { Outcome::ConnectionReset };
        Answer::Missing(cause(error.source(), error.is_connect()).unwrap_or(connecting))
    }
}

/// What the first cause that says more than "it failed" says.
fn cause(mut error: Option<&(dyn Error + 'static)>, connecting: bool) -> Option<Outcome<'static>> {
    while let Some(current) = error {
        match current.downcast_ref::<ResolveError>() {
            Some(ResolveError::Dns(_)) => return Some(Outcome::DnsError),
            Some(ResolveError::Refused(_)) => return Some(Outcome::AddressRefused),
            None => {}
        }
        if current.is::<rustls::Error>() {
            return Some(Outcome::TlsError);
        }
        if let Some(failed) = current.downcast_ref::<io::Error>() {
            // The source of such an error skips what it wraps.
            if let Some(found) = failed.get_ref().and_then(|inner| cause(Some(inner), connecting)) {
                return Some(found);
            }
            match failed.kind() {
                io::ErrorKind::UnexpectedEof if connecting => return Some(Outcome::TlsError),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe if connecting => {
                    return Some(Outcome::ConnectionReset);
                }
                _ => {}
            }
        }
        error = current.source();
    }
    None
}
