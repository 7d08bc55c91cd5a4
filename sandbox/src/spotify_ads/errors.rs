//! Spotify Ads' error envelope: `{"sp_trace_id", "messages", "error_codes"}`, the codes spelt `errorCodes` by some of its services.
//! What is wrong with a token is said by what stands in front of it, in the words of the Web API.

use serde_json::json;

use crate::exchange::Answer;
use crate::oauth::Rejected;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdsError {
    status: u16,
    message: String,
    /// One of `error_codes`.
    code: Option<&'static str>,
    retry_after_seconds: Option<u64>,
}

impl AdsError {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: None, retry_after_seconds: None }
    }

    /// 400: a parameter cannot be read, or does not go with the others.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { code: Some("ILLEGAL.REQUEST"), ..Self::new(400, message) }
    }

    /// 401: the access token has expired.
    pub fn token_expired() -> Self {
        Self::new(401, "The access token expired")
    }

    /// 403: not for this user, or the app is not admitted.
    pub fn forbidden() -> Self {
        Self::new(403, "The user does not have permission to access this resource.")
    }

    /// 404: there is no such object.
    pub fn not_found() -> Self {
        Self::new(404, "Resource not found.")
    }

    /// 422: readable, and refused nevertheless.
    pub fn unprocessable(code: &'static str) -> Self {
        Self { code: Some(code), ..Self::new(422, "The request cannot be processed.") }
    }

    /// 429: too many requests a second; with `Retry-After`, as a rule.
    pub fn rate_limited(retry_after_seconds: Option<u64>) -> Self {
        Self { retry_after_seconds, ..Self::new(429, "Too many requests.") }
    }

    /// 500 to 599.
    pub fn server_error(status: u16) -> Self {
        Self::new(status, "Internal server error.")
    }

    /// As the request number `answered` gets it.
    pub(super) fn answer(&self, answered: u64) -> Answer {
        if self.status == 401 {
            return Answer::json(401, &json!({ "error": { "status": 401, "message": self.message } }));
        }
        let mut body = json!({
            "sp_trace_id": format!("5a000000-0000-4000-8000-{answered:012x}"),
            "messages": [self.message],
        });
        if let Some(code) = self.code {
            let spelling = if answered.is_multiple_of(2) { "error_codes" } else { "errorCodes" };
            body[spelling] = json!([{ "code": code, "definition": "Correct the request." }]);
        }
        let answer = Answer::json(self.status, &body);
        match self.retry_after_seconds {
            Some(seconds) => answer.with_header("Retry-After", seconds.to_string()),
            None => answer,
        }
    }
}

impl From<Rejected> for AdsError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::NoToken => Self::new(401, "No token provided"),
            Rejected::NotBearer => Self::new(401, "Only valid bearer authentication supported"),
            Rejected::Unknown => Self::new(401, "Invalid access token"),
            Rejected::Expired => Self::token_expired(),
        }
    }
}
