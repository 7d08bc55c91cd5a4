//! An answer on its way: in pieces, so that a client that does not read holds a piece of its own and not all of it, and with
//! whatever has to wait until it was taken.

use std::{
    error::Error,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    web::Bytes,
};

use super::{lane::Untaken, limits::PIECE_BYTES, seat::Seat};

/// A request's turn: over when its answer was given, whatever that is.
pub(super) struct Turn(Rc<Seat>);

/// The body of an answer.
struct Pieces {
    body: BoxBody,
    rest: Bytes,
    _turn: Option<Turn>,
    _untaken: Option<Untaken>,
}

// === impl Turn ===

impl Turn {
    /// Of this request; none where nobody counts.
    pub fn of(request: &ServiceRequest) -> Option<Self> {
        let seat = request.conn_data::<Rc<Seat>>()?.clone();
        let headers = request.headers();
        let is_empty = headers.get(CONTENT_LENGTH).is_none_or(|length| length == "0");
        seat.begins(!is_empty || headers.contains_key(TRANSFER_ENCODING));
        Some(Self(seat))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.answered();
    }
}

/// The answer, with its turn.
pub(super) fn in_pieces(
    mut response: ServiceResponse<BoxBody>,
    turn: Option<Turn>,
) -> ServiceResponse<BoxBody> {
    let untaken = response.response_mut().extensions_mut().remove::<Untaken>();
    response.map_body(|_, body| {
        if let (Some(turn), BodySize::Sized(bytes)) = (&turn, body.size()) {
            turn.0.answers(bytes);
        }
        BoxBody::new(Pieces { body, rest: Bytes::new(), _turn: turn, _untaken: untaken })
    })
}

// === impl Pieces ===

impl MessageBody for Pieces {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(context)) {
                Some(Ok(bytes)) => this.rest = bytes,
                other => return Poll::Ready(other),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE_BYTES));
        Poll::Ready(Some(Ok(piece)))
    }
}
