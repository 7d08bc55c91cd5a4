//! Answers that are not in the provider's own words: whatever stands between here and there says them.

use crate::{
    failure::{Wait, is_web_page},
    session::{Meaning, Response, quota::Scope},
};

/// What an answer means that `provider` has not made. None is a word about the object that was asked for. `reason` says what came and
/// to what, without secrets; `scope` is whose limit a 429 is about.
pub fn meaning(response: &Response, provider: &str, scope: Scope, reason: &str) -> Meaning {
    let status = response.status;
    if is_web_page(&response.body) && matches!(status, 200..300 | 401 | 403) {
        return web_page(provider, reason);
    }
    let advice = match status {
        401 => ", without its own words: set credentials again, and look at base_url",
        _ => ", without its own words: look at base_url, and at what stands between here and there",
    };
    Meaning::of_status(status, scope, format!("{reason}{advice}"))
}

/// What a web page means in the place of `provider`'s answer.
pub fn web_page(provider: &str, reason: &str) -> Meaning {
    let reason = format!(
        "{reason} with a web page: a login page or a proxy answers in {provider}'s place. Look at base_url, and at what stands \
         between here and there"
    );
    Meaning::Transient { reason, wait: Wait::Unsaid }
}
