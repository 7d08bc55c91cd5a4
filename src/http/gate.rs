//! A connection, one request at a time: what comes after a request's head is held back until it was answered, and its answer
//! taken. (Of what it is given at once, actix-http makes as many requests as there are, thousands of a few kilobytes each,
//! and answers them whether or not anybody reads.)

use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::{
    limits::READ_BYTES,
    seat::{Seat, Stage},
};

/// With TLS or without.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection as the server sees it.
pub(super) struct Gate<T = Wire> {
    wire: T,
    seat: Rc<Seat>,
    held: Held,
    head: HeadEnd,
}

/// Bytes that were read and not passed on yet.
struct Held {
    bytes: Box<[u8; READ_BYTES]>,
    begin: usize,
    end: usize,
}

/// Finds the empty line at the end of a request's head, over as many pieces as it takes. What httparse takes for one is one:
/// lines may end without a carriage return, and empty lines may come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum HeadEnd {
    #[default]
    Before,
    Within,
    LineEnd,
    Return,
}

// === impl HeadEnd ===

impl HeadEnd {
    /// How many of these bytes belong to the head, if it ends in them.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            *self = match (*self, byte) {
                (Self::LineEnd | Self::Return, b'\n') => {
                    *self = Self::Before;
                    return Some(at + 1);
                }
                (Self::Before, b'\r' | b'\n') => Self::Before,
                (Self::LineEnd, b'\r') => Self::Return,
                (_, b'\n') => Self::LineEnd,
                _ => Self::Within,
            };
        }
        None
    }
}

// === impl Held ===

impl Held {
    fn new() -> Self {
        Self { bytes: Box::new([0; READ_BYTES]), begin: 0, end: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.begin..self.end]
    }

    fn take(&mut self, count: usize) {
        self.begin += count;
    }

    /// Reads, if there is nothing left. Nothing then: the client sends no more.
    fn poll_fill(
        &mut self,
        wire: Pin<&mut impl AsyncRead>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.begin < self.end {
            return Poll::Ready(Ok(()));
        }
        let mut buffer = ReadBuf::new(&mut self.bytes[..]);
        ready!(wire.poll_read(context, &mut buffer))?;
        (self.begin, self.end) = (0, buffer.filled().len());
        Poll::Ready(Ok(()))
    }
}

// === impl Gate ===

impl<T> Gate<T> {
    /// Over this connection.
    pub fn new(wire: T, seat: Rc<Seat>) -> Self {
        Self { wire, seat, held: Held::new(), head: HeadEnd::default() }
    }

    pub fn seat(&self) -> &Rc<Seat> {
        &self.seat
    }

    /// How many bytes the server may have now, if any.
    fn open_for(&self) -> Option<usize> {
        match self.seat.stage() {
            Stage::Handshake | Stage::Answer { .. } => None,
            Stage::Idle | Stage::Head => (!self.seat.is_stalled()).then_some(READ_BYTES),
            Stage::Body { left } => Some(usize::try_from(left).unwrap_or(READ_BYTES)),
            Stage::Leaving => Some(READ_BYTES),
        }
    }

    /// So many bytes of what is held are passed on.
    fn pass(&mut self, most: usize) -> usize {
        let bytes = &self.held.bytes()[..most];
        match self.seat.stage() {
            Stage::Idle | Stage::Head => match self.head.find(bytes) {
                Some(end) => {
                    self.seat.enter(Stage::Answer { bytes: 0 });
                    return end;
                }
                None if self.seat.stage() == Stage::Idle && !bytes.is_empty() => self.seat.enter(Stage::Head),
                None => {}
            },
            Stage::Body { left } => self.seat.body_shrinks_to(left.saturating_sub(most as u64)),
            Stage::Handshake | Stage::Answer { .. } | Stage::Leaving => {}
        }
        most
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gate<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Some(most) = this.open_for() else {
            this.seat.wait(context.waker());
            return Poll::Pending;
        };
        ready!(this.held.poll_fill(Pin::new(&mut this.wire), context))?;
        let most = this.held.bytes().len().min(most).min(buffer.remaining());
        let begin = this.held.begin;
        let passed = this.pass(most);
        buffer.put_slice(&this.held.bytes[begin..begin + passed]);
        this.held.take(passed);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gate<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.wire).poll_write(context, bytes);
        this.seat.set_stalled(written.is_pending());
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(context)
    }
}

// === impl Wire ===

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use rows::clock::SystemClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::http::seat::Patience;

    fn seat() -> Rc<Seat> {
        Rc::new(Seat::new(Stage::Head, Patience::default(), Arc::new(SystemClock::new())))
    }

    /// What can be read at once.
    fn read(gate: &mut Gate<tokio::io::DuplexStream>) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        let mut buffer = [0; 1_024];
        while let Some(count) = futures::FutureExt::now_or_never(gate.read(&mut buffer)) {
            all.extend_from_slice(&buffer[..count.unwrap()]);
        }
        (!all.is_empty()).then_some(all)
    }

    #[tokio::test]
    async fn a_request_waits_for_the_one_before() {
        let (mut client, wire) = tokio::io::duplex(65_536);
        let mut gate = Gate::new(wire, seat());
        let seat = gate.seat().clone();
        let post = "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
        client.write_all(format!("{post}abcGET /b HTTP/1.1\r\n\r\n\r\nGET").as_bytes()).await.unwrap();
        assert_eq!(read(&mut gate).as_deref(), Some(post.as_bytes()));
        assert_eq!(seat.stage(), Stage::Answer { bytes: 0 });
        assert_eq!(read(&mut gate), None, "whoever answers has not asked for the body");
        seat.begins(true);
        seat.enter(Stage::Body { left: 3 });
        assert_eq!(read(&mut gate).as_deref(), Some(&b"abc"[..]));
        assert_eq!(read(&mut gate), None);
        seat.answered();
        assert_eq!(seat.stage(), Stage::Idle);
        assert_eq!(read(&mut gate).as_deref(), Some(&b"GET /b HTTP/1.1\r\n\r\n"[..]));
        seat.set_stalled(true);
        seat.answered();
        assert_eq!(read(&mut gate), None, "the answer was not taken");
        seat.set_stalled(false);
        assert_eq!(read(&mut gate).as_deref(), Some(&b"\r\nGET"[..]));
        assert_eq!(seat.stage(), Stage::Head);
    }

    #[tokio::test]
    async fn what_a_refused_request_still_sends_is_thrown_away() {
        let (mut client, wire) = tokio::io::duplex(65_536);
        let mut gate = Gate::new(wire, seat());
        let seat = gate.seat().clone();
        client.write_all(b"POST / HTTP/1.1\r\n\r\n0123").await.unwrap();
        read(&mut gate).unwrap();
        seat.begins(true);
        seat.answered();
        assert_eq!(seat.stage(), Stage::Leaving);
        assert_eq!(read(&mut gate).as_deref(), Some(&b"0123"[..]));
    }

    proptest! {
        /// Wherever the pieces end, a head ends where it ends.
        #[test]
        fn a_head_ends_where_it_ends(
            first in "[\r\n]{0,3}",
            lines in proptest::collection::vec("[ -~]{1,9}", 1..4),
            bare in any::<bool>(),
            rest in "[ -~\r\n]{0,9}",
            piece in 1_usize..7,
        ) {
            let end = if bare { "\n" } else { "\r\n" };
            let head = format!("{first}{}{end}{end}", lines.join(end));
            let all = format!("{head}{rest}");
            let (mut finder, mut found) = (HeadEnd::default(), None);
            for (number, bytes) in all.as_bytes().chunks(piece).enumerate() {
                found = finder.find(bytes).map(|at| number * piece + at);
                if found.is_some() {
                    break;
                }
            }
            prop_assert_eq!(found, Some(head.len()));
        }
    }
}
