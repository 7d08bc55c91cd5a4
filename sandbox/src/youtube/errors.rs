//! Google's error envelope, in the words of the YouTube APIs.

use serde_json::json;

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YouTubeError {
    http: u16,
    domain: &'static str,
    /// `reason` of the first of `errors`.
    reason: &'static str,
    message: String,
    /// `reason` of an `ErrorInfo` among the details.
    detail: Option<&'static str>,
}

impl YouTubeError {
    fn new(http: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { http, domain: "global", reason, message: message.into(), detail: None }
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "badRequest", message)
    }

    /// The API key is none.
    pub fn bad_key() -> Self {
        let message = "API key not valid. Please pass a valid API key.";
        Self { detail: Some("API_KEY_INVALID"), ..Self::new(400, "badRequest", message) }
    }

    /// Neither key nor token.
    pub fn no_identity() -> Self {
        let message = "Method doesn't allow unregistered callers (callers without established identity).";
        Self::new(403, "forbidden", message)
    }

    /// The access token is refused.
    pub fn unauthenticated() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
                       authentication credential.";
        Self::new(401, "authError", message)
    }

    /// Not the channel of whoever asks, or a scope is missing.
    pub fn forbidden() -> Self {
        Self::new(403, "forbidden", "Forbidden")
    }

    /// The token may not see money.
    pub fn insufficient(http: u16) -> Self {
        Self::new(http, "insufficientPermissions", "Insufficient permission to access this report.")
    }

    /// The day's units are used up.
    pub fn quota_exceeded() -> Self {
        let message = "The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">\
                       quota</a>.";
        Self { domain: "youtube.quota", ..Self::new(403, "quotaExceeded", message) }
    }

    /// Too many requests at once.
    pub fn too_fast() -> Self {
        Self { domain: "usageLimits", ..Self::new(403, "rateLimitExceeded", "Rate Limit Exceeded") }
    }

    /// The API is not switched on in the Cloud project.
    pub fn service_disabled() -> Self {
        let message = "YouTube Data API v3 has not been used in project 123456789 before or it is disabled.";
        Self {
            domain: "usageLimits",
            detail: Some("SERVICE_DISABLED"),
            ..Self::new(403, "accessNotConfigured", message)
        }
    }

    /// No such playlist.
    pub fn no_playlist() -> Self {
        let message =
            "The playlist identified with the request's <code>playlistId</code> parameter cannot be found.";
        Self { domain: "youtube.playlistItem", ..Self::new(404, "playlistNotFound", message) }
    }

    /// The provider breaks.
    pub fn internal(http: u16) -> Self {
        Self::new(http, "backendError", "Internal error encountered.")
    }

    /// No such method: the front end answers with a page.
    pub(super) fn no_method() -> Self {
        Self::new(404, "", "The requested URL was not found on this server.")
    }

    pub(super) fn answer(&self) -> Answer {
        if self.reason.is_empty() {
            let page = format!("<!DOCTYPE html><title>Error 404</title><p>{}", self.message);
            let answer = Answer { status: self.http, headers: Vec::new(), body: page.into_bytes() };
            return answer.with_header("content-type", "text/html; charset=UTF-8");
        }
        let one = json!({ "message": self.message, "domain": self.domain, "reason": self.reason });
        let mut error = json!({ "code": self.http, "message": self.message, "errors": [one] });
        if let Some(detail) = self.detail {
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": detail,
                "domain": "googleapis.com",
            }]);
        }
        Answer::json(self.http, &json!({ "error": error }))
    }
}
