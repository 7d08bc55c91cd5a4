//! Apple's errors: `{"errors": [{"id", "title", "detail", "status", "code"}]}` under that status; a 401 has no body.

use serde_json::json;

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MusicError {
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: String,
}

impl MusicError {
    fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into() }
    }

    /// 400: a parameter cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "40005", "Invalid Parameter Value", detail)
    }

    /// 401, without a body: no token, or one that is not accepted.
    pub fn unauthorised() -> Self {
        Self::new(401, "", "", "")
    }

    /// 403: the key may not do this.
    pub fn forbidden() -> Self {
        Self::new(403, "40300", "Forbidden", "The key is not enabled for this.")
    }

    /// 404: there is no such object here.
    pub fn not_found() -> Self {
        Self::new(404, "40400", "Resource Not Found", "Resource with requested id was not found")
    }

    /// 404: a list is empty, or ends before this place.
    pub fn no_related() -> Self {
        Self::new(404, "40403", "No related resources", "No related resources found for tracks")
    }

    /// 429: too many requests. It does not say when to come again.
    pub fn rate_limited() -> Self {
        Self::new(429, "42900", "Too Many Requests", "Request limit exceeded")
    }

    /// 500 to 599.
    pub fn server_error(status: u16) -> Self {
        Self::new(status, "50000", "Internal Service Error", "Something went wrong")
    }

    /// 404: there is no such path.
    pub(super) fn unknown_path() -> Self {
        Self::new(404, "40401", "Unknown path", "No such path")
    }

    pub(super) fn answer(&self) -> Answer {
        if self.status == 401 {
            return Answer { status: 401, headers: Vec::new(), body: Vec::new() };
        }
        let error = json!({
            "id": "QVZ6SKNEPHIQHT7GJ5SQ5ZUHKA", "title": self.title, "detail": self.detail,
            "status": self.status.to_string(), "code": self.code,
        });
        Answer::json(self.status, &json!({ "errors": [error] }))
    }
}
