//! Errors in both shapes that were recorded.

use serde_json::json;

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureFmError {
    status: u16,
    message: &'static str,
    /// In the shape of the older API.
    is_publisher: bool,
}

impl FeatureFmError {
    /// `{"code", "message"}`.
    pub(super) fn manage(status: u16, message: &'static str) -> Self {
        Self { status, message, is_publisher: false }
    }

    /// 401: the key is not taken. Recorded of the older API.
    pub fn unauthorized() -> Self {
        Self { status: 401, message: "Unauthorized", is_publisher: true }
    }

    /// 403: not for this key.
    pub fn forbidden() -> Self {
        Self::manage(403, "Forbidden")
    }

    /// 404: no such link.
    pub fn no_such_link() -> Self {
        Self::manage(404, "Not found")
    }

    /// 404: no such path.
    pub fn no_such_endpoint() -> Self {
        Self::manage(404, "Endpoint not found")
    }

    /// 503.
    pub fn busy() -> Self {
        Self::manage(503, "Service unavailable")
    }

    pub(super) fn answer(&self) -> Answer {
        let body = if self.is_publisher {
            json!({ "status": 1, "message": self.message })
        } else {
            json!({ "code": self.status, "message": self.message })
        };
        Answer::json(self.status, &body)
    }
}
