//! The provider's errors: a code and a message, as a rule under status 200.

use serde_json::json;

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TikTokError {
    code: u32,
    message: String,
}

impl TikTokError {
    /// Any code.
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// 40002: a parameter is not as it should be.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(40_002, message)
    }

    /// 40001: not for this token.
    pub fn permission(of: &str) -> Self {
        Self::new(40_001, format!("No permission to operate advertiser {of}"))
    }

    /// 40100: the app sends too much.
    pub fn app_limit() -> Self {
        let message = "Due to too many requests, requests from App  are temporarily restricted.";
        Self::new(40_100, message)
    }

    /// 40133: too much is asked of one advertiser at one path.
    pub fn advertiser_limit(id: &str) -> Self {
        let message = format!(
            "Advertiser ({id})'s QPS (21) reaches QPS limit 20 for current path, request is temporarily restricted."
        );
        Self::new(40_133, message)
    }

    /// 40102: the access token has expired.
    pub fn token_expired() -> Self {
        Self::new(40_102, "Access token is expired")
    }

    pub(super) fn answer(&self, status: u16, request_id: &str) -> Answer {
        let Self { code, message } = self;
        let body = json!({ "code": code, "message": message, "request_id": request_id, "data": {} });
        Answer::json(status, &body).with_header("x-tt-logid", request_id)
    }
}
