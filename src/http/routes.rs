//! The routes: one table, in which each says for whom it is.

use std::sync::LazyLock;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Resource,
    dev::ServiceRequest,
    error::InternalError,
    http::{
        StatusCode,
        header::{ALLOW, HeaderValue},
    },
    web::{self, QueryConfig, ServiceConfig},
};

use super::{
    actions,
    handlers::{
        api_document, campaigns, connections, health, icon, metrics, not_found, readiness, status_page, style,
    },
    page, users, webhooks,
};
use crate::audience::Audience;

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
