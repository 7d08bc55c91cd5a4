//! Puts an answer on the wire, whole or in the ways that a fault asks for.

use std::convert::Infallible;
use std::io::{self, Write};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, Stream, StreamExt};

use crate::clock::pause;
use crate::exchange::Answer;
use crate::slot::{Delivery, Served};

/// Bodies below this size are not worth compressing.
const GZIP_FROM_BYTES: usize = 512;

/// Pieces of a dripping body.
const DRIP_PIECES: usize = 8;

/// Long enough for the first half of a truncated body to leave before the connection closes.
const FLUSH_TIME: Duration = Duration::from_millis(30);

/// The response for an answer; `gzip` when the client takes it.
pub(crate) async fn deliver(served: Served, gzip: bool) -> HttpResponse {
    let Served { answer, delivery } = served;
    if let Delivery::Late(time) = delivery {
        pause(time).await;
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if !answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        response.content_type("application/json; charset=UTF-8");
    }
    for (name, value) in &answer.headers {
        response.append_header((name.as_str(), value.as_str()));
    }
    let body = encoded(&answer, gzip).map_or_else(
        || Bytes::from(answer.body.clone()),
        |body| {
            response.insert_header(("content-encoding", "gzip"));
            Bytes::from(body)
        },
    );
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    match delivery {
        Delivery::Whole | Delivery::Late(_) => response.body(body),
        Delivery::Drip(pause) => response.streaming(dripping(&body, pause)),
        Delivery::Truncated => response.no_chunking(length.max(2)).streaming(truncated(&body)),
        Delivery::Dropped => {
            response.no_chunking(length.max(2)).streaming(stream::iter([Err::<Bytes, _>(cut())]))
        }
    }
}

fn encoded(answer: &Answer, gzip: bool) -> Option<Vec<u8>> {
    if !gzip || answer.body.len() < GZIP_FROM_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&answer.body).ok()?;
    encoder.finish().ok()
}

fn dripping(body: &Bytes, between: Duration) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let size = body.len().div_ceil(DRIP_PIECES).max(1);
    let pieces = body.chunks(size).map(Bytes::copy_from_slice).collect::<Vec<_>>();
    stream::iter(pieces).then(move |piece| async move {
        pause(between).await;
        Ok(piece)
    })
}

/// The first half, then an error, upon which the server closes the connection.
fn truncated(body: &Bytes) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let half = body.slice(..body.len() / 2);
    stream::iter([Ok(half)]).chain(stream::once(async {
        pause(FLUSH_TIME).await;
        Err(cut())
    }))
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the sandbox cuts this connection")
}
