//! What an answer means. Errors are `google.rpc.Status`; a path that does not exist is answered with a web page. Google's message is
//! not repeated: it may quote what was asked, or who asks.

use std::time::Duration;

use super::quota;
use crate::{
    failure::{Wait, is_web_page},
    integrations::google::{self, Status},
    reading::refusals::Refusal,
    session::{Meaning, Response, Verdict, quota::Scope},
};

/// After an error of Google's own: ten of them within an hour lock the property.
const SERVER_ERROR_WAIT: Duration = Duration::from_mins(1);

/// Reads one answer. An error under a good status would be taken for days on which nobody came.
pub fn classify(response: &Response) -> Verdict {
    let said = google::said(response);
    if response.is_success() && said.is_none() {
        return Verdict { meaning: Meaning::Ok, signals: quota::signals(response) };
    }
    meaning(response, said.as_ref()).into()
}

fn meaning(response: &Response, said: Option<&Status>) -> Meaning {
    let status = said.filter(|_| response.is_success()).map_or(response.status, |said| said.code);
    let refusal = Refusal::new(response, "Google Analytics", Scope::Account, status, "");
    // Of these, the status says more than the page.
    let is_plain = matches!(status, 404 | 405 | 410 | 429);
    if !is_plain && is_web_page(&response.body) {
        return refusal.by_web_page();
    }
    let common = google::refused(&refusal, said, Some("analytics.readonly"), "Google Analytics Data API");
    if let Some(meaning) = common {
        return meaning;
    }
    match status {
        403 => refusal.forbidden(
            "grant the credentials' user the role Viewer on the property (Admin > Property access management), and look at \
             `property`: a number that does not exist is answered like this, too",
        ),
        // The session reads Retry-After.
        429 if response.said_wait().is_none() => {
            let wait = quota::wait(said.map_or("", |said| &said.message), response.received_at);
            Meaning::RateLimited { scope: Scope::Account, wait }
        }
        500.. => Meaning::Transient { reason: refusal.reason, wait: Wait::For(SERVER_ERROR_WAIT) },
        404 | 405 | 410 => refusal.permanent("look at base_url, endpoints and api_version"),
        _ => refusal.of_status(),
    }
}
