//! Stripe's error envelope: `{"error": {type, code?, message, param?, doc_url?}}` under an HTTP status.

use serde_json::{Value, json};

use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug)]
pub(super) struct Fault {
    status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
}

impl Fault {
    fn invalid(status: u16, message: impl Into<String>) -> Self {
        Self { status, kind: "invalid_request_error", code: None, message: message.into(), param: None }
    }

    fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    fn param(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::invalid(400, message)
    }

    pub(super) fn bad_parameter(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(400, message).param(param)
    }

    pub(super) fn unknown_parameter(param: &str) -> Self {
        Self::invalid(400, format!("Received unknown parameter: {param}"))
            .code("parameter_unknown")
            .param(param)
    }

    /// 404 for an object in the path, 400 for one that a parameter names.
    pub(super) fn missing(status: u16, object: &str, id: &str, param: &str) -> Self {
        Self::invalid(status, format!("No such {object}: '{id}'")).code("resource_missing").param(param)
    }

    pub(super) fn unknown_path(method: &str, path: &str) -> Self {
        Self::invalid(
            404,
            format!(
                "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
            ),
        )
    }

    pub(super) fn no_key() -> Self {
        Self::invalid(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    }

    pub(super) fn wrong_key(key: &str) -> Self {
        Self::invalid(401, format!("Invalid API Key provided: {}", masked(key)))
    }

    pub(super) fn expired_key(key: &str) -> Self {
        Self::invalid(401, format!("Expired API Key provided: {}", masked(key))).code("api_key_expired")
    }

    pub(super) fn forbidden(key: &str, permission: &str) -> Self {
        Self::invalid(
            403,
            format!(
                "The provided key '{}' does not have the required permissions for this endpoint. Having the 'rak_{permission}_read' permission would allow this request to continue.",
                masked(key)
            ),
        )
    }

    pub(super) fn rate_limited() -> Self {
        Self {
            status: 429,
            kind: "rate_limit_error",
            code: Some("rate_limit"),
            message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.".to_owned(),
            param: None,
        }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["code"] = Value::from(code);
            error["doc_url"] =
                Value::from(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
        }
        if let Some(param) = &self.param {
            error["param"] = Value::from(param.as_str());
        }
        Answer::json(self.status, &json!({ "error": error }))
    }
}

/// A key as Stripe repeats it in messages: its kind and its last four characters.
fn masked(key: &str) -> String {
    let tail: String = key.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let kind =
        ["rk_test_", "rk_live_", "sk_test_", "sk_live_"].into_iter().find(|kind| key.starts_with(kind));
    format!("{}****{tail}", kind.unwrap_or_default())
}
