//! The routes.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, Resource, Responder,
    body::SizedStream,
    error::InternalError,
    http::{
        StatusCode,
        header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, HeaderMap, HeaderValue, VARY},
    },
    web::{self, Data, Query, QueryConfig, ServiceConfig},
};
use futures::stream;
use serde::Serialize;

use super::{
    Campaigns, Connections, Shared, actions, openapi,
    page::{self, Pages},
    query::{Filter, Part},
    webhooks,
};
use crate::{display, telemetry::CONTENT_TYPE};

/// Whoever asks for readiness gives up about then; a check that takes longer is an answer too.
const READINESS_TIMEOUT: Duration = Duration::from_secs(4);

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    reasons: Vec<String>,
}

/// A question that cannot be read is told like every other that makes no sense.
pub(super) fn question() -> QueryConfig {
    QueryConfig::default().error_handler(|error, request| {
        let why = error.to_string();
        let answer = if request.path() == "/" {
            let html = page::message(&why);
            HttpResponse::BadRequest().content_type("text/html; charset=utf-8").body(html)
        } else {
            actions::refused(StatusCode::BAD_REQUEST, &why)
        };
        InternalError::from_response(error, answer).into()
    })
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/").get(status_page).head(status_page))
        .service(web::resource("/metrics").get(metrics).head(metrics))
        .service(web::resource("/healthz").get(health).head(health))
        .service(web::resource("/readyz").get(readiness).head(readiness))
        .service(web::resource("/style.css").get(style).head(style))
        .service(web::resource("/icon.svg").get(icon).head(icon))
        .service(web::resource("/connections/{connection}/{action}").post(actions::press))
        .service(web::resource("/webhooks/{integration}/{connection}").post(webhooks::take))
        .service(api("/api/v1/connections", "GET, HEAD").get(connections).head(connections))
        .service(api("/api/v1/connections/{connection}/{action}", "POST").post(actions::act))
        .service(api("/api/v1/campaigns", "GET, HEAD").get(campaigns).head(campaigns))
        .service(api("/api/v1/openapi.json", "GET, HEAD").get(api_document).head(api_document))
        .default_service(web::to(not_found));
}

/// A resource of the API: what it refuses, it refuses in JSON.
fn api(path: &str, methods: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || {
        let why = format!("this method is not known here: {methods} are; see /api/v1/openapi.json");
        let mut refusal = actions::refused(StatusCode::METHOD_NOT_ALLOWED, &why);
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
        std::future::ready(refusal)
    }))
}

/// From memory: nothing is computed but the pipeline's own few metrics.
async fn metrics(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let gzip = accepts_gzip(request.headers());
    let pieces = match shared.exposition.scrape(gzip) {
        Ok(pieces) => pieces,
        Err(error) => {
            tracing::error!(%error, "metrics could not be encoded");
            return HttpResponse::InternalServerError().finish();
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
    response.body(SizedStream::new(length, stream::iter(pieces)))
}

/// The process turns.
async fn health() -> impl Responder {
    "ok\n"
}

/// It can do its work: 200, or 503 with what is missing.
async fn readiness(shared: Data<Shared>) -> HttpResponse {
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
    let answer = Ready { ready: reasons.is_empty(), reasons };
    if answer.ready {
        HttpResponse::Ok().json(answer)
    } else {
        HttpResponse::ServiceUnavailable().json(answer)
    }
}

async fn connections(filter: Query<Filter>, part: Query<Part>, shared: Data<Shared>) -> HttpResponse {
    let asked = shared.clone();
    answered(&shared, async move { Connections::now(&asked, &filter, &part) }).await
}

async fn campaigns(filter: Query<Filter>, part: Query<Part>, shared: Data<Shared>) -> HttpResponse {
    let asked = shared.clone();
    answered(&shared, async move { Campaigns::now(&asked, &filter, &part) }).await
}

/// Makes an answer of the API, aside.
async fn answered<T: Serialize + Send + 'static>(
    shared: &Shared,
    answer: impl Future<Output = Result<T, String>> + Send + 'static,
) -> HttpResponse {
    let text = shared.lane.make(async move {
        let answer = answer.await?;
        serde_json::to_vec(&answer).map_err(|error| error.to_string())
    });
    match text.await {
        Ok(Ok(text)) => shared.lane.answer(StatusCode::OK, "application/json", text),
        Ok(Err(why)) => actions::refused(StatusCode::BAD_REQUEST, &why),
        Err(busy) => busy,
    }
}

async fn api_document(shared: Data<Shared>) -> HttpResponse {
    answered(&shared, async { Ok(openapi::document()) }).await
}

async fn status_page(filter: Query<Filter>, pages: Query<Pages>, shared: Data<Shared>) -> HttpResponse {
    let asked = shared.clone();
    let html = shared.lane.make(async move {
        match page::page(&asked, &filter, &pages).await {
            Ok(html) => (StatusCode::OK, html),
            Err(why) => (StatusCode::BAD_REQUEST, page::message(&why)),
        }
    });
    match html.await {
        Ok((status, html)) => shared.lane.answer(status, "text/html; charset=utf-8", html.into_bytes()),
        Err(busy) => busy,
    }
}

async fn style() -> HttpResponse {
    kept("text/css; charset=utf-8", display::STYLE)
}

async fn icon() -> HttpResponse {
    kept("image/svg+xml", page::ICON)
}

/// What changes with the program only. The page names its version.
fn kept(content_type: &str, content: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(content_type).insert_header((CACHE_CONTROL, "private, max-age=86400"));
    response.body(content)
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    if request.path().starts_with("/api/") {
        return actions::refused(
            StatusCode::NOT_FOUND,
            "there is nothing at this path: see /api/v1/openapi.json for what there is",
        );
    }
    HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(
        "There are /, /metrics, /healthz, /readyz, /api/v1/connections, /api/v1/campaigns and /api/v1/openapi.json.\n",
    )
}

/// Whether the client takes gzip: it is named, or `*` is and gzip is not, with a weight above zero.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = false;
    let codings = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    for coding in codings.flat_map(|value| value.split(',')) {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.trim().strip_prefix("q=").unwrap_or("1");
        let wanted = weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (value, expected) in [
            ("gzip", true),
            ("GZIP, deflate", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("*", true),
            ("*;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), expected, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
