//! The provider's error envelope and the errors that the imitation answers with.

use serde_json::{Value, json};

use crate::exchange::Answer;

/// One error in the provider's envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaError {
    /// The HTTP status it comes with.
    pub http: u16,
    /// `error.code`.
    pub code: i64,
    /// `error.error_subcode`.
    pub subcode: Option<i64>,
    /// `error.message`.
    pub message: String,
    /// `error.is_transient`.
    pub is_transient: bool,
}

impl MetaError {
    /// An error that will not pass by itself.
    pub fn new(http: u16, code: i64, message: impl Into<String>) -> Self {
        Self { http, code, subcode: None, message: message.into(), is_transient: false }
    }

    /// The same error with a subcode.
    #[must_use]
    pub fn subcode(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    /// The same error, marked as passing.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.is_transient = true;
        self
    }

    pub(crate) fn parameter(message: impl std::fmt::Display) -> Self {
        Self::new(400, 100, format!("(#100) {message}"))
    }

    pub(crate) fn missing(id: &str) -> Self {
        let message = format!(
            "Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation."
        );
        Self::new(400, 100, message).subcode(33)
    }

    pub(crate) fn token_invalid() -> Self {
        Self::new(400, 190, "Invalid OAuth access token - Cannot parse access token")
    }

    pub(crate) fn token_expired() -> Self {
        Self::new(401, 190, "Error validating access token: Session has expired.").subcode(463)
    }

    pub(crate) fn too_many_rows() -> Self {
        let message = "Please reduce the amount of data you're asking for, then retry your request";
        Self::new(400, 100, message).subcode(1_487_534)
    }

    pub(crate) fn permission(account: bool) -> Self {
        if account {
            let message = "(#200) Ad account owner has NOT grant ads_management or ads_read permission";
            Self::new(403, 200, message)
        } else {
            Self::new(400, 10, "(#10) Application does not have permission for this action")
        }
    }

    /// The envelope's `error` object.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "is_transient": self.is_transient,
            "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUv",
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if self.subcode == Some(1_487_534) {
            error["error_user_title"] = "Too many rows".into();
            error["error_user_msg"] = "The result has too many rows for one report.".into();
        }
        error
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer::json(self.http, &json!({ "error": self.body() }))
    }
}
