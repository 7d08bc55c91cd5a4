//! What an answer means. Errors are `google.rpc.Status`; Google's message is not repeated: it may quote what was asked, or who asks.

use super::endpoint;
use crate::{
    failure::{Wait, is_web_page},
    integrations::google::{Envelope, midnight},
    reading::front_end,
    session::{Meaning, Response, quota::Scope},
};

/// Errors are short; what is longer is data.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// Reads one answer. An error under a good status would be taken for a list without elements.
pub fn meaning(response: &Response) -> Meaning {
    let endpoint = response.endpoint;
    let is_short = response.body.len() <= ERROR_BYTES_MAX;
    let said = is_short.then(|| serde_json::from_slice::<Envelope>(&response.body).ok()).flatten();
    let Some(Envelope { error: said }) = said else {
        if response.is_success() && !is_web_page(&response.body) {
            return Meaning::Ok;
        }
        let reason = format!("{endpoint}: status {}", response.status);
        return front_end::meaning(response, "YouTube", Scope::Account, &reason);
    };
    let code = if response.is_success() && said.code > 0 { said.code } else { response.status };
    let reason = format!("YouTube answers {endpoint} with status {code}");
    let advice = |what: &str| format!("{what} ({reason})");
    let is_one_of = |reasons: &[&str]| reasons.iter().any(|reason| said.says(reason));
    let is_report = matches!(endpoint, endpoint::REPORT | endpoint::REVENUE);
    match code {
        400.. if is_one_of(&["quotaExceeded", "dailyLimitExceeded"]) => {
            let wait = Wait::For(midnight(response.received_at));
            Meaning::RateLimited { scope: Scope::Account, wait }
        }
        403 if is_one_of(&["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"]) => {
            Meaning::RateLimited { scope: Scope::Account, wait: Wait::Unsaid }
        }
        400 | 403 if is_one_of(&["API_KEY_INVALID", "keyInvalid", "keyExpired"]) => Meaning::NeedsReauth {
            advice: advice(
                "the API key is refused: make a new one in the Google Cloud console, and set credentials again",
            ),
        },
        403 if is_one_of(&["SERVICE_DISABLED", "accessNotConfigured"]) => Meaning::Forbidden {
            advice: advice(
                "switch the YouTube Data API v3, and for analytics the YouTube Analytics API, on for the Google Cloud project of the \
                 credentials (APIs & Services > Library)",
            ),
        },
        // The token is as good as ever: it may not see money.
        401 | 403
            if endpoint == endpoint::REVENUE
                && (code == 403 || said.message.contains("Insufficient permission")) =>
        {
            Meaning::Forbidden {
                advice: advice(
                    "revenue needs the scope yt-analytics-monetary.readonly, and a channel that earns: let its owner authorise anew, or \
                     set `revenue = false`",
                ),
            }
        }
        401 => Meaning::NeedsReauth {
            advice: advice("the credentials are refused: authorise anew and set credentials again"),
        },
        403 if is_report => Meaning::Forbidden {
            advice: advice(
                "analytics are told to a channel's owner only, with the scopes yt-analytics.readonly and youtube.readonly: let the \
                 owner authorise",
            ),
        },
        403 => Meaning::Forbidden {
            advice: advice(
                "it is not shown to these credentials: look at the scope youtube.readonly and at the API key's restrictions",
            ),
        },
        404 if !said.reason().is_empty() => Meaning::Gone { reason },
        _ => Meaning::of_status(code, Scope::Account, reason),
    }
}
