//! The routes.

use std::{convert::Infallible, sync::LazyLock, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Resource, Responder,
    body::SizedStream,
    dev::ServiceRequest,
    error::InternalError,
    http::{
        StatusCode,
        header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, HeaderMap, HeaderValue, VARY},
    },
    web::{self, Data, Query, QueryConfig, ServiceConfig},
};
use futures::stream;
use rows::money::{Basis, DisplaySpend, RawSpend};
use serde::Serialize;

use super::{
    Campaigns, Connections, Shared, actions, openapi,
    page::{self, Pages},
    query::{Filter, Part},
    users, webhooks,
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

/// One of the routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// With the names of its variable parts in braces.
    pub path: &'static str,
    /// What is answered, such as `GET, HEAD`.
    pub methods: &'static str,
    /// Whether tenants' tokens are let in.
    pub for_tenants: bool,
}

/// All of them.
pub fn routes() -> Vec<Route> {
    ROUTES.clone()
}

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| table().into_iter().map(|(route, _)| route).collect());

const READ: &str = "GET, HEAD";

/// The routes and what serves them: whether one is for tenants has to be said of each.
fn table() -> Vec<(Route, Resource)> {
    let closed = |path, methods, serve: fn(Resource) -> Resource| entry(path, methods, false, serve);
    let open = |path, methods, serve: fn(Resource) -> Resource| entry(path, methods, true, serve);
    vec![
        open("/", READ, |at| at.get(status_page).head(status_page)),
        open("/metrics", READ, |at| at.get(metrics).head(metrics)),
        open("/healthz", READ, |at| at.get(health).head(health)),
        open("/readyz", READ, |at| at.get(readiness).head(readiness)),
        open("/style.css", READ, |at| at.get(style).head(style)),
        open("/icon.svg", READ, |at| at.get(icon).head(icon)),
        closed("/connections/{connection}/{action}", "POST", |at| at.post(actions::press)),
        closed("/webhooks/{integration}/{connection}", "POST", |at| at.post(webhooks::take)),
        open("/api/v1/connections", READ, |at| at.get(connections).head(connections)),
        closed("/api/v1/connections/{connection}/{action}", "POST", |at| at.post(actions::act)),
        open("/api/v1/campaigns", READ, |at| at.get(campaigns).head(campaigns)),
        open(users::PATH, "GET, HEAD, POST", |at| at.get(users::list).head(users::list).post(users::add)),
        open(users::IMPORT, "POST", |at| at.post(users::import)),
        open("/api/v1/users/find", "POST", |at| at.post(users::find)),
        open("/api/v1/users/{user}", "GET, HEAD, PATCH", |at| {
            at.get(users::one).head(users::one).patch(users::rectify)
        }),
        open("/api/v1/users/{user}/withdraw", "POST", |at| at.post(users::withdraw)),
        open("/api/v1/users/{user}/consents", "GET, HEAD, POST", |at| {
            at.get(users::consents).head(users::consents).post(users::consent)
        }),
        open("/api/v1/openapi.json", READ, |at| at.get(api_document).head(api_document)),
    ]
}

fn entry(
    path: &'static str,
    methods: &'static str,
    for_tenants: bool,
    serve: fn(Resource) -> Resource,
) -> (Route, Resource) {
    let resource = if path.starts_with("/api/") { api(path, methods) } else { web::resource(path) };
    (Route { path, methods, for_tenants }, serve(resource))
}

/// Whether tenants' tokens are let in. Where there is nothing, there is nothing to be seen either.
pub(super) fn is_for_tenants(request: &ServiceRequest) -> bool {
    let pattern = request.match_pattern();
    pattern.is_none_or(|pattern| ROUTES.iter().any(|route| route.path == pattern && route.for_tenants))
}

pub(super) fn configure(config: &mut ServiceConfig) {
    for (_, resource) in table() {
        config.service(resource);
    }
    config.default_service(web::to(not_found));
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

/// For whom the answer is. Where nobody has seen to who asks, it is for nobody.
pub(super) fn audience(request: &HttpRequest) -> Audience {
    request.extensions().get().cloned().unwrap_or_else(|| Audience::Tenant("".into()))
}

/// An answer in which no spend is.
fn without_spend(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(Kinds::NONE);
    response
}

/// From memory: nothing is computed but the pipeline's own few metrics.
/// What is a tenant's is made aside.
async fn metrics(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
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
async fn health() -> impl Responder {
    "ok\n"
}

/// It can do its work: 200, or 503 with what is missing. What that is tells of others, too: tenants are told whether.
async fn readiness(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
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

async fn connections(
    request: HttpRequest,
    filter: Query<Filter>,
    part: Query<Part>,
    shared: Data<Shared>,
) -> HttpResponse {
    let (asked, audience) = (shared.clone(), audience(&request));
    answered(&shared, async move { Connections::now(&asked, &audience, &filter, &part) }).await
}

async fn campaigns(
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

async fn api_document(shared: Data<Shared>) -> HttpResponse {
    answered(&shared, async { Ok(openapi::document()) }).await
}

async fn status_page(
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
    without_spend(response.body(content))
}

async fn not_found(request: HttpRequest) -> HttpResponse {
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
