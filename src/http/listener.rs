//! Accepting connections and serving them, on one thread that does nothing else.

use std::{cell::Cell, io, net::SocketAddr, rc::Rc, sync::Arc};

use actix_http::error::{DispatchError, ParseError};
use actix_service::Service;
use rows::Clock;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{spawn_local, yield_now},
};
use tokio_rustls::TlsAcceptor;

use super::{
    crowd::{Crowd, Place},
    gate::{Gate, Wire},
    limits::{ACCEPT_PAUSE, ACCEPTED_IN_A_ROW, SHUTDOWN_TIME, SWEEP_EVERY},
    refusals::{Refusals, Refused},
    seat::{Seat, Stage},
};

/// A connection, and where it comes from.
pub(super) type Visit = (Gate, Option<SocketAddr>);

/// What serving needs.
pub(super) struct Listener {
    pub socket: TcpListener,
    pub tls: Option<TlsAcceptor>,
    pub crowd: Rc<Crowd>,
    pub refusals: Arc<Refusals>,
    pub clock: Arc<dyn Clock>,
}

// === impl Listener ===

impl Listener {
    /// Until it is stopped, or nobody can stop it any more. Answers under way may finish, for a moment.
    pub async fn run<S>(self, service: S, stop: oneshot::Receiver<()>)
    where
        S: Service<Visit, Response = (), Error = DispatchError> + 'static,
    {
        let (crowd, refusals, clock) = (self.crowd.clone(), self.refusals.clone(), self.clock.clone());
        let sweeping = spawn_local(async move {
            loop {
                clock.sleep(SWEEP_EVERY).await;
                crowd.sweep();
                refusals.tell();
            }
        });
        let (crowd, clock) = (self.crowd.clone(), self.clock.clone());
        tokio::select! {
            () = self.accept(Rc::new(service)) => {}
            _ = stop => {}
        }
        sweeping.abort();
        let until = clock.elapsed() + SHUTDOWN_TIME;
        while !crowd.dismiss() && clock.elapsed() < until {
            clock.sleep(SWEEP_EVERY / 10).await;
        }
    }

    async fn accept<S>(self, service: Rc<S>)
    where
        S: Service<Visit, Response = (), Error = DispatchError> + 'static,
    {
        let in_a_row = Cell::new(0);
        loop {
            match self.socket.accept().await {
                Ok((stream, peer)) => {
                    self.crowd.make_room().await;
                    self.welcome(stream, peer, service.clone());
                }
                Err(error) => {
                    // Too many open files, mostly: the oldest makes room.
                    tracing::debug!(%error, "a connection could not be accepted");
                    self.crowd.close_one();
                    self.clock.sleep(ACCEPT_PAUSE).await;
                }
            }
            in_a_row.set((in_a_row.get() + 1) % ACCEPTED_IN_A_ROW);
            if in_a_row.get() == 0 {
                yield_now().await;
            }
        }
    }

    fn welcome<S>(&self, stream: TcpStream, peer: SocketAddr, service: Rc<S>)
    where
        S: Service<Visit, Response = (), Error = DispatchError> + 'static,
    {
        let tls = self.tls.clone();
        let (place, seat) = self.crowd.place(if tls.is_some() { Stage::Handshake } else { Stage::Head });
        let number = place.number();
        let refusals = self.refusals.clone();
        let task = spawn_local(async move {
            match serve(place, seat, stream, peer, tls, service).await {
                Ok(()) => {}
                Err(Ended::Handshake) => refusals.note(Refused::Tls, peer.ip()),
                Err(Ended::Slow) => refusals.note(Refused::Slow, peer.ip()),
                Err(Ended::Request(error)) => {
                    if let Some(refused) = refused(&error) {
                        refusals.note(refused, peer.ip());
                    }
                }
            }
        });
        self.crowd.serves(number, task.abort_handle());
    }
}

/// How serving failed.
enum Ended {
    Handshake,
    Slow,
    Request(DispatchError),
}

async fn serve<S>(
    _place: Place,
    seat: Rc<Seat>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    service: Rc<S>,
) -> Result<(), Ended>
where
    S: Service<Visit, Response = (), Error = DispatchError> + 'static,
{
    // Answers are written whole: waiting for more would only delay their ends.
    let _ = stream.set_nodelay(true);
    let wire = match tls {
        None => Wire::Plain(stream),
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => {
                seat.enter(Stage::Head);
                Wire::Tls(Box::new(stream))
            }
            // Gone without a word: a check of the port.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(_) => return Err(Ended::Handshake),
        },
    };
    service.call((Gate::new(wire, seat.clone()), Some(peer))).await.map_err(Ended::Request)?;
    // actix-http ends a head that does not come with 408, and in peace.
    if seat.stage() == Stage::Head && seat.is_overdue() { Err(Ended::Slow) } else { Ok(()) }
}

/// What of it is the client's doing, and no mere end of a connection.
const fn refused(error: &DispatchError) -> Option<Refused> {
    match error {
        DispatchError::Parse(ParseError::TooLarge) => Some(Refused::TooLarge),
        DispatchError::Parse(_) => Some(Refused::Malformed),
        _ => None,
    }
}
