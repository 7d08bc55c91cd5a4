//! Google's error envelope: an HTTP status, its name, and a `GoogleAdsFailure` with one error of one family.

use std::time::Duration;

use serde_json::json;

use crate::exchange::Answer;

const FAILURE: &str = "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure";

/// A refusal, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdsError {
    http: u16,
    message: String,
    /// The key and the value of `errorCode`; `None` for errors that come before Google Ads is asked.
    code: Option<(&'static str, &'static str)>,
    /// What in the query is to blame.
    trigger: Option<Box<str>>,
    /// Whose quota is used up, and for how many seconds if the provider says so.
    quota: Option<(&'static str, Option<u64>)>,
}

impl AdsError {
    /// An error of a family (`quotaError`, `queryError` …), under the HTTP status that the family comes with.
    pub fn new(family: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let http = match family {
            "authenticationError" => 401,
            "authorizationError" => 403,
            "quotaError" => 429,
            "internalError" => 500,
            _ => 400,
        };
        Self { code: Some((family, code)), ..Self::bare(http, message) }
    }

    /// An error of the front end: no `GoogleAdsFailure` in it.
    pub fn bare(http: u16, message: impl Into<String>) -> Self {
        Self { http, message: message.into(), code: None, trigger: None, quota: None }
    }

    /// `queryError`, with the piece of the query that is to blame.
    pub(super) fn query(code: &'static str, trigger: &str) -> Self {
        let error = Self::new("queryError", code, format!("Error in query ({code}): '{trigger}'."));
        Self { trigger: Some(trigger.into()), ..error }
    }

    /// `USER_PERMISSION_DENIED`: not for this user, or not through this manager.
    pub fn permission() -> Self {
        let message = "User doesn't have permission to access customer. Note: If you're accessing a client customer, the \
                       manager's customer id must be set in the 'login-customer-id' header.";
        Self::new("authorizationError", "USER_PERMISSION_DENIED", message)
    }

    /// `CUSTOMER_NOT_ENABLED`: cancelled, or not set up to its end.
    pub fn not_enabled() -> Self {
        let message =
            "The customer account can't be accessed because it is not yet enabled or has been deactivated.";
        Self::new("authorizationError", "CUSTOMER_NOT_ENABLED", message)
    }

    /// `authenticationError` of this code.
    pub fn token(code: &'static str) -> Self {
        Self::new("authenticationError", code, "OAuth token in the header cannot be used.")
    }

    /// `quotaError`: `RESOURCE_TEMPORARILY_EXHAUSTED` (too fast) or `RESOURCE_EXHAUSTED` (the day's operations are used up) of one customer
    /// (`ACCOUNT`) or the whole deployment (`DEVELOPER`).
    pub fn quota(code: &'static str, scope: &'static str, retry_after: Option<Duration>) -> Self {
        let error = Self::new("quotaError", code, "Too many requests.");
        Self { quota: Some((scope, retry_after.map(seconds))), ..error }
    }

    /// `internalError`: `INTERNAL_ERROR` under 500, `DEADLINE_EXCEEDED` under 504, `TRANSIENT_ERROR` under others.
    pub fn internal(http: u16) -> Self {
        let code = match http {
            500 => "INTERNAL_ERROR",
            504 => "DEADLINE_EXCEEDED",
            _ => "TRANSIENT_ERROR",
        };
        Self { http, ..Self::new("internalError", code, "Internal error encountered.") }
    }

    /// The answer, under the id that the request has got.
    pub(super) fn answer(&self, request_id: &str) -> Answer {
        let (status, general) = status(self.http);
        let message = if self.code.is_some() { general } else { &self.message };
        let mut error = json!({ "code": self.http, "message": message, "status": status });
        if let Some((family, code)) = self.code {
            let mut inner = json!({ "errorCode": { family: code }, "message": self.message });
            if let Some(trigger) = &self.trigger {
                inner["trigger"] = json!({ "stringValue": trigger });
                inner["location"] = json!({ "fieldPathElements": [{ "fieldName": "query" }] });
            }
            if let Some((scope, retry_after)) = self.quota {
                let mut details = json!({ "rateScope": scope, "rateName": "Number of operations" });
                if let Some(seconds) = retry_after {
                    details["retryDelay"] = format!("{seconds}s").into();
                }
                inner["details"] = json!({ "quotaErrorDetails": details });
            }
            error["details"] = json!([{ "@type": FAILURE, "errors": [inner], "requestId": request_id }]);
        }
        Answer::json(self.http, &json!({ "error": error })).with_header("request-id", request_id)
    }
}

/// A wait in whole seconds, never too short.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// The name of an HTTP status, and what `error.message` says whatever the error within.
fn status(http: u16) -> (&'static str, &'static str) {
    match http {
        400 => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
        401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        404 => ("NOT_FOUND", "Requested entity was not found."),
        429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        503 => ("UNAVAILABLE", "The service is currently unavailable."),
        504 => ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
        _ => ("INTERNAL", "Internal error encountered."),
    }
}
