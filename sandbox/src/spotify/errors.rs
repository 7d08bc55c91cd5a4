//! Spotify's errors: `{"error": {"status", "message", "reason"?}}` under that status. Those of the token endpoint are
//! [`OAuthError`](crate::oauth::OAuthError).

use serde_json::json;

use crate::exchange::Answer;
use crate::oauth::Rejected;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotifyError {
    status: u16,
    message: String,
    reason: Option<&'static str>,
    retry_after_seconds: Option<u64>,
}

impl SpotifyError {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), reason: None, retry_after_seconds: None }
    }

    /// 400: a parameter or an id cannot be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// 401: the access token has expired.
    pub fn token_expired() -> Self {
        Self::new(401, "The access token expired")
    }

    /// 401: the access token is unknown, or was revoked.
    pub fn invalid_token() -> Self {
        Self::new(401, "Invalid access token")
    }

    /// 401: the access token speaks for no user.
    pub fn user_required() -> Self {
        Self::new(401, "Valid user authentication required")
    }

    /// 403: not for this app or this user.
    pub fn forbidden() -> Self {
        Self::new(403, "Forbidden")
    }

    /// 403 for everything: the app's owner no longer pays, so that an app in development mode stops.
    pub fn premium_required() -> Self {
        Self::new(403, "Active premium subscription required for the owner of the app.")
    }

    /// 404: there is no such object, or not for this app.
    pub fn not_found() -> Self {
        Self::new(404, "Resource not found")
    }

    /// 429: too many requests in 30 seconds; with `Retry-After`, as a rule.
    pub fn rate_limited(retry_after_seconds: Option<u64>) -> Self {
        Self { retry_after_seconds, ..Self::new(429, "API rate limit exceeded") }
    }

    /// 429: the developer account's quota is used up; `Retry-After`, where there is one, is hours away.
    pub fn quota_exceeded(retry_after_seconds: Option<u64>) -> Self {
        let reason = Some("QUOTA_EXCEEDED");
        Self { reason, retry_after_seconds, ..Self::new(429, "Too many requests") }
    }

    /// 500 to 599.
    pub fn server_error(status: u16) -> Self {
        Self::new(status, if status == 503 { "Service unavailable" } else { "Server error." })
    }

    pub(super) fn unknown_path() -> Self {
        Self::new(404, "Service not found")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(405, "Method not allowed")
    }

    pub(super) fn answer(&self) -> Answer {
        let mut error = json!({ "status": self.status, "message": self.message });
        if let Some(reason) = self.reason {
            error["reason"] = reason.into();
        }
        let answer = Answer::json(self.status, &json!({ "error": error }));
        match self.retry_after_seconds {
            Some(seconds) => answer.with_header("Retry-After", seconds.to_string()),
            None => answer,
        }
    }
}

impl From<Rejected> for SpotifyError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::NoToken => Self::new(401, "No token provided"),
            Rejected::NotBearer => Self::new(400, "Only valid bearer authentication supported"),
            Rejected::Unknown => Self::invalid_token(),
            Rejected::Expired => Self::token_expired(),
        }
    }
}
