//! What an answer means. Errors are `google.rpc.Status`; Google's message is not repeated: it may quote what was asked, or who asks.

use super::endpoint;
use crate::{
    failure::{Wait, is_web_page},
    integrations::google::{self, Status, midnight},
    reading::refusals::Refusal,
    session::{Meaning, Response, quota::Scope},
};

/// What is to be switched on.
const APIS: &str = "YouTube Data API v3, and for analytics the YouTube Analytics API,";

/// Reads one answer. An error under a good status would be taken for a list without elements.
pub fn meaning(response: &Response) -> Meaning {
    let endpoint = response.endpoint;
    let Some(said) = google::said(response) else {
        if response.is_success() && !is_web_page(&response.body) {
            return Meaning::Ok;
        }
        return Refusal::new(response, "YouTube", Scope::Account, response.status, "").by_front_end();
    };
    let status = if response.is_success() && said.code > 0 { said.code } else { response.status };
    let refusal = Refusal::new(response, "YouTube", Scope::Account, status, "");
    let is_one_of = |reasons: &[&str]| reasons.iter().any(|reason| said.says(reason));
    let is_report = matches!(endpoint, endpoint::REPORT | endpoint::REVENUE);
    // The token is as good as ever: it may not see money.
    let is_of_money = status == 403 || said.message.contains("Insufficient permission");
    match status {
        400.. if is_one_of(&["quotaExceeded", "dailyLimitExceeded"]) => {
            let wait = Wait::For(midnight(response.received_at));
            Meaning::RateLimited { scope: Scope::Account, wait }
        }
        403 if is_one_of(&["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"]) => {
            Meaning::RateLimited { scope: Scope::Account, wait: Wait::Unsaid }
        }
        400 | 403 if is_one_of(&["API_KEY_INVALID", "keyInvalid", "keyExpired"]) => refusal.reauth(
            "the API key is refused: make a new one in the Google Cloud console, and set credentials again",
        ),
        401 | 403
            if endpoint == endpoint::REVENUE
                && is_of_money
                && !(status == 403 && is_one_of(&["SERVICE_DISABLED", "accessNotConfigured"])) =>
        {
            refusal.forbidden(
                "revenue needs the scope yt-analytics-monetary.readonly, and a channel that earns: let its owner authorise anew, or \
                 set `revenue = false`",
            )
        }
        _ => google::refused(&refusal, Some(&said), None, APIS).unwrap_or_else(|| other(refusal, &said, is_report)),
    }
}

/// What is YouTube's own.
fn other(refusal: Refusal<'_>, said: &Status, is_report: bool) -> Meaning {
    match refusal.status {
        403 if is_report => refusal.forbidden(
            "analytics are told to a channel's owner only, with the scopes yt-analytics.readonly and youtube.readonly: let the owner \
             authorise",
        ),
        403 => refusal.forbidden(
            "it is not shown to these credentials: look at the scope youtube.readonly and at the API key's restrictions",
        ),
        404 if !said.reason().is_empty() => refusal.gone(),
        _ => refusal.of_status(),
    }
}
