//! Deezer's errors: status 200 and `{"error": {"type", "message", "code"}}`.

use serde_json::json;

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeezerError {
    kind: &'static str,
    message: String,
    code: u16,
}

impl DeezerError {
    fn new(kind: &'static str, code: u16, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code }
    }

    /// 4: too many requests from this address.
    pub fn quota() -> Self {
        Self::new("Exception", 4, "Quota limit exceeded")
    }

    /// 100: more items asked for than may be.
    pub fn items_limit() -> Self {
        Self::new("Exception", 100, "Items limit exceeded")
    }

    /// 200: not for everybody.
    pub fn permission() -> Self {
        Self::new(
            "OAuthException",
            200,
            "An active access token must be used to query information about this object",
        )
    }

    /// 500: a parameter cannot be read.
    pub fn parameter(name: &str) -> Self {
        Self::new("ParameterException", 500, format!("Wrong parameter: {name}"))
    }

    /// 501: a parameter is missing.
    pub fn missing_parameter(name: &str) -> Self {
        Self::new("MissingParameterException", 501, format!("Missing parameters: {name}"))
    }

    /// 600: the path leads nowhere.
    pub fn unknown_path(path: &str) -> Self {
        Self::new("InvalidQueryException", 600, format!("Unknown path components : {path}"))
    }

    /// 700: the service is busy.
    pub fn busy() -> Self {
        Self::new("Exception", 700, "Service busy")
    }

    /// 800: there is no such object, or not for us.
    pub fn no_data() -> Self {
        Self::new("DataException", 800, "no data")
    }

    /// 901: not for individual accounts.
    pub fn individual_account() -> Self {
        Self::new("IndividualAccountChangedNotAllowedException", 901, "Individual account not allowed")
    }

    pub(super) fn answer(&self) -> Answer {
        let error = json!({ "type": self.kind, "message": self.message, "code": self.code });
        Answer::json(200, &json!({ "error": error }))
    }
}
