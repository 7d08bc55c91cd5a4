//! PostHog's error envelope, that of Django's REST framework: `{"type", "code", "detail", "attr"}`.

use serde_json::json;

use super::hogql::Refusal;
use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostHogError {
    status: u16,
    kind: &'static str,
    code: &'static str,
    detail: String,
    retry_after_seconds: Option<u64>,
}

impl PostHogError {
    fn new(status: u16, kind: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, code, detail: detail.into(), retry_after_seconds: None }
    }

    /// 401: no credentials came.
    pub fn no_key() -> Self {
        let detail = "Authentication credentials were not provided.";
        Self::new(401, "authentication_error", "not_authenticated", detail)
    }

    /// 401: the key is unknown or no longer valid.
    pub fn wrong_key() -> Self {
        let detail = "Personal API key found in request Authorization header is invalid.";
        Self::new(401, "authentication_error", "authentication_failed", detail)
    }

    /// 403: the key may not do this.
    pub fn missing_scope(scope: &str) -> Self {
        let detail = format!("API key missing required scope '{scope}'");
        Self::new(403, "authentication_error", "permission_denied", detail)
    }

    /// 404: there is no such project, or none that the key may see.
    pub fn no_project() -> Self {
        Self::new(404, "invalid_request", "not_found", "Project not found.")
    }

    /// 404: there is nothing here.
    pub fn not_found() -> Self {
        Self::new(404, "invalid_request", "not_found", "Endpoint not found.")
    }

    /// 404: no such asynchronous query.
    pub fn no_query(id: &str) -> Self {
        Self::new(404, "invalid_request", "not_found", format!("Query {id} not found for team"))
    }

    /// 405.
    pub fn method_not_allowed(method: &str) -> Self {
        let detail = format!("Method \"{method}\" not allowed.");
        Self::new(405, "invalid_request", "method_not_allowed", detail)
    }

    /// 400: the request or its query cannot be read.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(400, "validation_error", "invalid_input", detail)
    }

    /// 400: the database has too many queries at once, told in its own code.
    pub fn too_many_simultaneous_queries() -> Self {
        let detail = "Too many simultaneous queries. Try again later.";
        Self::new(400, "validation_error", "too_many_simultaneous_queries", detail)
    }

    /// 400: the query took too long.
    pub fn timed_out() -> Self {
        let detail = "Query has hit the max execution time before completing.";
        Self::new(400, "validation_error", "timeout_exceeded", detail)
    }

    /// 429 with `Retry-After`.
    pub fn throttled(seconds: u64) -> Self {
        let unit = if seconds == 1 { "second" } else { "seconds" };
        let detail = format!("Request was throttled. Expected available in {seconds} {unit}.");
        let error = Self::new(429, "throttled_error", "throttled", detail);
        Self { retry_after_seconds: Some(seconds), ..error }
    }

    /// 429 without `Retry-After`: three queries of the project run already.
    pub fn too_many_concurrent() -> Self {
        let detail = "Too many concurrent queries for this project. Please wait for one to finish.";
        Self::new(429, "throttled_error", "throttled", detail)
    }

    /// 500: the database failed and nobody says why.
    pub fn server_error() -> Self {
        Self::new(500, "server_error", "error", "ClickHouse error while executing query.")
    }

    /// 504 from the proxy in front, in HTML.
    pub fn gateway_timeout() -> Self {
        Self::new(504, "", "", "504 Gateway Time-out")
    }

    pub(super) fn answer(&self) -> Answer {
        if self.kind.is_empty() {
            let body = format!("<html><body><h1>{}</h1></body></html>", self.detail);
            let answer = Answer { status: self.status, headers: Vec::new(), body: body.into_bytes() };
            return answer.with_header("content-type", "text/html");
        }
        let body = json!({ "type": self.kind, "code": self.code, "detail": self.detail, "attr": null });
        let answer = Answer::json(self.status, &body);
        match self.retry_after_seconds {
            Some(seconds) => answer.with_header("Retry-After", seconds.to_string()),
            None => answer,
        }
    }

    /// The same said under another status.
    pub(super) fn under(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<Refusal> for PostHogError {
    fn from(refusal: Refusal) -> Self {
        Self::invalid(refusal.message)
    }
}
