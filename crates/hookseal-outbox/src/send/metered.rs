use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hookseal::http::Uri;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower_service::Service;

/// How many bytes are read for each request: the largest head, and as much of a body as comes along with it. Interim
/// responses are heads too, and their number has no limit of its own.
const MOST: usize = 128 << 10;
const AT_ONCE: usize = 8 << 10;

/// Makes connections on which a request gets an answer of limited length.
#[derive(Clone, Debug)]
pub(super) struct Metered<C>(pub(super) C);

impl<C> Service<Uri> for Metered<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
{
    type Response = MeteredStream<C::Response>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, C::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move { Ok(MeteredStream { stream: connecting.await?, read: 0 }) })
    }
}

/// Such a connection. Whatever is written begins a request: nothing else is, since none is written before the last one has
/// its answer.
#[derive(Debug)]
pub(super) struct MeteredStream<S> {
    stream: S,
    read: usize,
}

impl<S: Read + Unpin> Read for MeteredStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read >= MOST {
            return Poll::Ready(Err(io::Error::other("the answer does not end")));
        }
        let mut own = [MaybeUninit::uninit(); AT_ONCE];
        let room = buffer.remaining().min(AT_ONCE);
        let mut read = ReadBuf::uninit(&mut own[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(context, read.unfilled()))?;
        self.read += read.filled().len();
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: Write + Unpin> Write for MeteredStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.read = 0;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.read = 0;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

impl<S: Connection> Connection for MeteredStream<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}
