//! Soundcharts' error envelope: `{"errors": [{"key", "code", "message"}]}`.

use serde_json::json;

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundchartsError {
    status: u16,
    message: String,
    reset_seconds: Option<u64>,
}

impl SoundchartsError {
    fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), reset_seconds: None }
    }

    /// 400: a parameter is wrong.
    pub fn bad_request(message: &str) -> Self {
        Self::new(400, message)
    }

    /// 401: neither a key nor a token that works.
    pub fn unauthorized() -> Self {
        Self::new(401, "You are not logged in")
    }

    /// 403: not in the plan.
    pub fn forbidden() -> Self {
        Self::new(
            403,
            "This endpoint is not included in your current plan, reach out to help@soundcharts.com if you want access.",
        )
    }

    /// 404: no such object or path.
    pub fn not_found() -> Self {
        Self::new(404, "Not found.")
    }

    /// 410: the ISRC is on a list.
    pub fn blacklisted() -> Self {
        Self::new(410, "This ISRC is blacklisted.")
    }

    /// 429: too many requests a minute; over in so many seconds.
    pub fn rate_limited(seconds: u64) -> Self {
        let message = "You have reached the maximum request count per minute.";
        Self { reset_seconds: Some(seconds), ..Self::new(429, message) }
    }

    /// 429: the month's requests are used up.
    pub fn quota_reached() -> Self {
        Self::new(429, "Maximum quota reached")
    }

    /// 500 to 599.
    pub fn server_error(status: u16) -> Self {
        Self::new(status, "An error occurred")
    }

    pub(super) fn answer(&self) -> Answer {
        let error = json!({ "key": "access", "code": self.status, "message": self.message });
        let answer = Answer::json(self.status, &json!({ "errors": [error] }));
        match self.reset_seconds {
            Some(seconds) => answer.with_header("x-ratelimit-reset", seconds.to_string()),
            None => answer,
        }
    }
}
