//! Google's error envelope, in the words of the Analytics APIs.

use serde_json::json;

use super::tokens::Pool;
use crate::exchange::Answer;

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyticsError {
    http: u16,
    message: String,
    /// `reason` of an `ErrorInfo` beside the message.
    reason: Option<&'static str>,
}

impl AnalyticsError {
    fn new(http: u16, message: impl Into<String>) -> Self {
        Self { http, message: message.into(), reason: None }
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// Dimensions or metrics do not go together.
    pub fn incompatible(field: &str) -> Self {
        Self::invalid(format!(
            "Please remove {field} to make the request compatible. The request's dimensions & metrics are incompatible. To learn \
             more, see https://ga-dev-tools.google/ga4/dimensions-metrics-explorer/"
        ))
    }

    /// A name that the API does not know.
    pub fn unknown(kind: &str, field: &str) -> Self {
        Self::invalid(format!(
            "Field {field} is not a valid {kind}. For a list of valid dimensions and metrics, see \
             https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "
        ))
    }

    /// Not for this user; a property that does not exist gets the same.
    pub fn permission() -> Self {
        Self::new(
            403,
            "User does not have sufficient permissions for this property. To learn more about Property ID, see \
             https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.",
        )
    }

    /// The API is not switched on in the Cloud project of the credentials.
    pub fn service_disabled() -> Self {
        let message = "Google Analytics Data API has not been used in project 123456789 before or it is disabled. Enable it by \
                       visiting https://console.developers.google.com/apis/api/analyticsdata.googleapis.com/overview then retry.";
        Self { reason: Some("SERVICE_DISABLED"), ..Self::new(403, message) }
    }

    /// The access token is refused.
    pub fn unauthenticated() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
                       authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self { reason: Some("ACCESS_TOKEN_EXPIRED"), ..Self::new(401, message) }
    }

    /// A quota of the property is used up.
    pub fn exhausted(pool: Pool) -> Self {
        Self::new(429, pool.message())
    }

    /// The provider breaks.
    pub fn internal(http: u16) -> Self {
        Self::new(http, "Internal error encountered.")
    }

    /// No such method: the front end answers with a page.
    pub(super) fn no_method() -> Self {
        Self::new(404, "The requested URL was not found on this server.")
    }

    pub(super) fn answer(&self) -> Answer {
        let status = match self.http {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => {
                let page = format!("<!DOCTYPE html><title>Error 404</title><p>{}", self.message);
                let answer = Answer { status: 404, headers: Vec::new(), body: page.into_bytes() };
                return answer.with_header("content-type", "text/html; charset=UTF-8");
            }
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "INTERNAL",
        };
        let mut error = json!({ "code": self.http, "message": self.message, "status": status });
        if let Some(reason) = self.reason {
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason,
                "domain": "googleapis.com",
                "metadata": { "service": "analyticsdata.googleapis.com" },
            }]);
        }
        Answer::json(self.http, &json!({ "error": error }))
    }
}
