//! What an answer means. Errors are `google.rpc.Status`; a path that does not exist is answered with a web page. Google's message is
//! not repeated: it may quote what was asked, or who asks.

use std::time::Duration;

use super::quota;
use crate::{
    failure::{Wait, is_web_page},
    integrations::google::{Envelope, Status},
    session::{Meaning, Response, Verdict, quota::Scope},
};

/// After an error of Google's own: ten of them within an hour lock the property.
const SERVER_ERROR_WAIT: Duration = Duration::from_mins(1);
/// Errors are short; what is longer is rows.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// Reads one answer. An error under a good status would be taken for days on which nobody came.
pub fn classify(response: &Response) -> Verdict {
    let is_short = response.body.len() <= ERROR_BYTES_MAX;
    let said = is_short.then(|| serde_json::from_slice::<Envelope>(&response.body).ok()).flatten();
    let said = said.map(|envelope| envelope.error);
    if response.is_success() && said.is_none() {
        return Verdict { meaning: Meaning::Ok, signals: quota::signals(response) };
    }
    meaning(response, said.as_ref()).into()
}

fn meaning(response: &Response, said: Option<&Status>) -> Meaning {
    let Response { endpoint, account, .. } = response;
    let code = said.filter(|_| response.is_success()).map_or(response.status, |said| said.code);
    let reason = format!("Google Analytics answers {endpoint} of property {account} with status {code}");
    let advice = |what: &str| format!("{what} ({reason})");
    // Of these, the status says more than the page.
    let is_plain = matches!(code, 404 | 405 | 410 | 429);
    if !is_plain && is_web_page(&response.body) {
        let what = "a web page came: a login page or a proxy answers in Google's place. Look at base_url, and at what stands \
                    between here and there";
        return Meaning::Transient { reason: advice(what), wait: Wait::Unsaid };
    }
    match (code, said.map_or("", Status::reason)) {
        (401, _) => Meaning::NeedsReauth {
            advice: advice("the credentials are refused: authorise anew and set credentials again"),
        },
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => Meaning::NeedsReauth {
            advice: advice(
                "the credentials lack the scope analytics.readonly: authorise anew and set credentials again",
            ),
        },
        (403, "SERVICE_DISABLED") => Meaning::Forbidden {
            advice: advice(
                "switch the Google Analytics Data API on for the Google Cloud project of the credentials (APIs & Services > Library)",
            ),
        },
        (403, _) => Meaning::Forbidden {
            advice: advice(
                "grant the credentials' user the role Viewer on the property (Admin > Property access management), and look at \
                 `property`: a number that does not exist is answered like this, too",
            ),
        },
        (429, _) => {
            let told = quota::wait(said.map_or("", |said| &said.message), response.received_at);
            // The session reads Retry-After, should there be one.
            let wait = if response.said_wait().is_some() { Wait::Unsaid } else { told };
            Meaning::RateLimited { scope: Scope::Account, wait }
        }
        (500.., _) => Meaning::Transient { reason, wait: Wait::For(SERVER_ERROR_WAIT) },
        (404 | 405 | 410, _) => {
            Meaning::Permanent { reason: advice("look at base_url, endpoints and api_version") }
        }
        _ => Meaning::of_status(code, Scope::Account, reason),
    }
}
