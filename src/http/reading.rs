//! Reading a request's body: only where somebody has asked for it, up to a size, within a time.

use std::rc::Rc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::CONTENT_LENGTH},
    web::{Bytes, BytesMut, Data, Payload},
};
use futures::StreamExt;

use super::{
    Shared, actions,
    crowd::Crowd,
    refusals::Refused,
    seat::{Seat, Stage},
};

/// Reads it. The error is the answer instead.
pub(super) async fn body(
    request: &HttpRequest,
    mut payload: Payload,
    bytes_max: usize,
    shared: &Data<Shared>,
) -> Result<Bytes, HttpResponse> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let Some(length) = length.filter(|length| *length > 0) else { return Ok(Bytes::new()) };
    if length > bytes_max as u64 {
        return Err(too_large(shared, bytes_max));
    }
    if let (Some(crowd), Some(seat)) = (request.app_data::<Rc<Crowd>>(), request.conn_data::<Rc<Seat>>()) {
        crowd.make_room_for_a_body();
        seat.enter(Stage::Body { left: length });
    }
    let read = async {
        let mut body = BytesMut::new();
        while let Some(piece) = payload.next().await {
            let Ok(piece) = piece else { return None };
            body.extend_from_slice(&piece);
        }
        Some(body.freeze())
    };
    let read = tokio::select! {
        read = read => read,
        () = shared.clock.sleep(shared.patience.body) => {
            shared.refusals.note(Refused::Slow, "");
            return Err(actions::refused(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"));
        }
    };
    match read {
        Some(body) if body.len() <= bytes_max => Ok(body),
        Some(_) => Err(too_large(shared, bytes_max)),
        None => Err(actions::refused(StatusCode::BAD_REQUEST, "the body did not come to its end")),
    }
}

fn too_large(shared: &Data<Shared>, bytes_max: usize) -> HttpResponse {
    shared.refusals.note(Refused::TooLarge, "");
    actions::refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        &format!("the body is too large: at most {bytes_max} bytes"),
    )
}
