//! Whether an answer is in the provider's own words. What is not, is said by whatever stands between here and there.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    failure::{Wait, is_web_page},
    session::{Meaning, Response, quota::Scope},
};

/// The refusal `R` in the words of `provider`, whose good answers and errors are JSON objects; else what the answer means: it is good,
/// or not the provider's own ([`meaning`]).
pub fn refusal<R: DeserializeOwned>(
    response: &Response,
    provider: &str,
    scope: Scope,
    reason: &str,
) -> Result<R, Meaning> {
    let body = response.body.trim_ascii_start();
    // A list would pass for a structure without its fields.
    let is_object = body.starts_with(b"{") && serde_json::from_slice::<&RawValue>(body).is_ok();
    if response.is_success() && is_object {
        return Err(Meaning::Ok);
    }
    let said = if is_object { serde_json::from_slice(body).ok() } else { None };
    said.ok_or_else(|| meaning(response, provider, scope, reason))
}

/// What an answer means that `provider` has not made. None is a word about the object that was asked for. `reason` says what came and
/// to what, without secrets; `scope` is whose limit a 429 is about.
pub fn meaning(response: &Response, provider: &str, scope: Scope, reason: &str) -> Meaning {
    let status = response.status;
    if is_web_page(&response.body) && matches!(status, 200..300 | 401 | 403) {
        let reason = format!(
            "{reason} with a web page: a login page or a proxy answers in {provider}'s place. Look at base_url, and at what stands \
             between here and there"
        );
        return Meaning::Transient { reason, wait: Wait::Unsaid };
    }
    let advice = match status {
        401 => ", without its own words: set credentials again, and look at base_url",
        _ => ", without its own words: look at base_url, and at what stands between here and there",
    };
    Meaning::of_status(status, scope, format!("{reason}{advice}"))
}
