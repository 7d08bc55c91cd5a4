//! What the routes answer.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::SizedStream,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_ENCODING, VARY},
    },
    web::{Data, Query},
};
use futures::stream;
use rows::money::{Basis, DisplaySpend, RawSpend};
use serde::Serialize;

use super::{
    Campaigns, Connections, Shared, actions,
    encoding::accepts_gzip,
    openapi,
    page::{self, Pages},
    query::{Filter, Part},
    routes::audience,
};
use crate::{
    audience::{Audience, Kinds, written},
    display,
    telemetry::CONTENT_TYPE,
};

/// Whoever asks for readiness gives up about then; a check that takes longer is an answer too.
const READINESS_TIMEOUT: Duration = Duration::from_secs(4);

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    reasons: Vec<String>,
}

/// An answer in which no spend is.
fn without_spend(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(Kinds::NONE);
    response
}

/// From memory: nothing is computed but the pipeline's own few metrics.
/// What is a tenant's is made aside.
pub(super) async fn metrics(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let gzip = accepts_gzip(request.headers());
    let (pieces, kinds) = match audience(&request) {
        // The publisher has looked at it.
        Audience::Operators => match shared.exposition.scrape(gzip) {
            Ok(pieces) => (pieces, Kinds::of(Basis::Raw)),
            Err(error) => {
                tracing::error!(%error, "metrics could not be encoded");
                return HttpResponse::InternalServerError().finish();
            }
        },
        Audience::Tenant(tenant) => {
            let asked = shared.clone();
            let made =
                shared.lane.make(async move { asked.series.series_of(&tenant, gzip, asked.clock.now()) });
            match made.await {
                Ok(written) => written.into_parts(),
                Err(busy) => return busy,
            }
        }
    };
    let length = pieces.iter().map(|piece| piece.len() as u64).sum();
    let mut response = HttpResponse::Ok();
    response.content_type(CONTENT_TYPE).insert_header((VARY, "Accept-Encoding"));
    if gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    // Empty pieces would look like the end of the stream.
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(Ok::<_, Infallible>);
    let mut response = response.body(SizedStream::new(length, stream::iter(pieces)));
    response.extensions_mut().insert(kinds);
    response
}

/// The process turns.
pub(super) async fn health() -> impl Responder {
    "ok\n"
}

/// It can do its work: 200, or 503 with what is missing. What that is tells of others, too: tenants are told whether.
pub(super) async fn readiness(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let asked = shared.clone();
    let checked = shared.lane.make(async move {
        tokio::select! {
            reasons = asked.readiness.missing() => reasons,
            () = asked.clock.sleep(READINESS_TIMEOUT) => {
                vec![format!("the check did not finish within {} seconds", READINESS_TIMEOUT.as_secs())]
            }
        }
    });
    let reasons = match checked.await {
        Ok(reasons) => reasons,
        Err(busy) => return busy,
    };
    let ready = reasons.is_empty();
    let is_told = audience(&request) == Audience::Operators;
    let answer = Ready { ready, reasons: if is_told { reasons } else { Vec::new() } };
    if ready {
        without_spend(HttpResponse::Ok().json(answer))
    } else {
        HttpResponse::ServiceUnavailable().json(answer)
    }
}

pub(super) async fn connections(
    request: HttpRequest,
    filter: Query<Filter>,
    part: Query<Part>,
    shared: Data<Shared>,
) -> HttpResponse {
    let (asked, audience) = (shared.clone(), audience(&request));
    answered(&shared, async move { Connections::now(&asked, &audience, &filter, &part) }).await
}

pub(super) async fn campaigns(
    request: HttpRequest,
    filter: Query<Filter>,
    part: Query<Part>,
    shared: Data<Shared>,
) -> HttpResponse {
    let (asked, audience) = (shared.clone(), audience(&request));
    match audience {
        Audience::Operators => {
            let answer = async move { Campaigns::<RawSpend>::now(&asked, &audience, &filter, &part) };
            answered(&shared, answer).await
        }
        Audience::Tenant(_) => {
            let answer = async move { Campaigns::<DisplaySpend>::now(&asked, &audience, &filter, &part) };
            answered(&shared, answer).await
        }
    }
}

/// Makes an answer of the API, aside.
async fn answered<T: Serialize + Send + 'static>(
    shared: &Shared,
    answer: impl Future<Output = Result<T, String>> + Send + 'static,
) -> HttpResponse {
    let text = shared.lane.make(async move {
        let answer = answer.await?;
        written(|| serde_json::to_vec(&answer)).transpose().map_err(|error| error.to_string())
    });
    match text.await {
        Ok(Ok(text)) => shared.lane.answer(StatusCode::OK, "application/json", text),
        Ok(Err(why)) => actions::refused(StatusCode::BAD_REQUEST, &why),
        Err(busy) => busy,
    }
}

pub(super) async fn api_document(shared: Data<Shared>) -> HttpResponse {
    answered(&shared, async { Ok(openapi::document()) }).await
}

pub(super) async fn status_page(
    request: HttpRequest,
    filter: Query<Filter>,
    pages: Query<Pages>,
    shared: Data<Shared>,
) -> HttpResponse {
    let (asked, audience) = (shared.clone(), audience(&request));
    let html = shared.lane.make(async move {
        let html = match &audience {
            Audience::Operators => page::page::<RawSpend>(&asked, &audience, &filter, &pages).await,
            Audience::Tenant(_) => page::page::<DisplaySpend>(&asked, &audience, &filter, &pages).await,
        };
        match html {
            Ok(html) => (StatusCode::OK, html),
            Err(why) => (StatusCode::BAD_REQUEST, written(|| page::message(&why))),
        }
    });
    match html.await {
        Ok((status, html)) => {
            shared.lane.answer(status, "text/html; charset=utf-8", html.map(String::into_bytes))
        }
        Err(busy) => busy,
    }
}

pub(super) async fn style() -> HttpResponse {
    kept("text/css; charset=utf-8", display::STYLE)
}

pub(super) async fn icon() -> HttpResponse {
    kept("image/svg+xml", page::ICON)
}

/// What changes with the program only. The page names its version.
fn kept(content_type: &str, content: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(content_type).insert_header((CACHE_CONTROL, "private, max-age=86400"));
    without_spend(response.body(content))
}

pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    if request.path().starts_with("/api/") {
        return actions::refused(
            StatusCode::NOT_FOUND,
            "there is nothing at this path: see /api/v1/openapi.json for what there is",
        );
    }
    HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(
        "There are /, /metrics, /healthz, /readyz, /api/v1/connections, /api/v1/campaigns, /api/v1/users and /api/v1/openapi.json.\n",
    )
}
