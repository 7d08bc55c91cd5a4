//! What TikTok's answers mean. Errors come under status 200, as a code; its message is not repeated, since it may quote what was
//! asked, or who asks. <https://business-api.tiktok.com/portal/docs?id=1737172488964097>

use std::{collections::VecDeque, ops::RangeInclusive, time::Duration};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::wire::Envelope;
use crate::{
    failure::{Wait, is_web_page},
    reading::names,
    session::{Meaning, Response, Verdict, quota::Scope},
};

/// Part of a request could be answered: the answer is good.
pub const PARTIAL: i64 = 20_001;

/// Limits are by the second and by the minute, and TikTok does not say which was met, nor how long to wait: a second or two …
const SECOND_WAIT: Duration = Duration::from_secs(2);
/// … and five minutes from the third refusal within a minute on.
const MINUTE_WAIT: Duration = Duration::from_mins(5);
const REFUSALS_MAX: usize = 3;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Refusals this close together are one: what was refused then was on its way already.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(1);
/// TikTok is being maintained.
const MAINTENANCE_WAIT: Duration = Duration::from_mins(15);
/// A request that is the double of another one.
const DUPLICATE_WAIT: Duration = Duration::from_secs(2);
/// How long request ids are that are logged, in characters: longer than a telephone number.
const REQUEST_ID_LENGTHS: RangeInclusive<usize> = 20..=64;

const SET_TOKEN: &str = "the access token is refused: have the advertiser authorise the app again and set credentials.access_token";
const PERMIT: &str = "grant the developer app the permissions Ad Account Management, Ads Management and Reporting (read is \
                      enough), and have the advertiser authorise it again; or name the advertiser in `accounts_exclude`";
const NO_ADVERTISER: &str =
    "no such advertiser, or none of the token's: correct `accounts`, or have it authorise the app";

/// Refusals of the app, of the last minute.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<VecDeque<Timestamp>>);

// === impl Refusals ===

impl Refusals {
    /// Notes one, and says how long to wait.
    fn wait(&self, at: Timestamp) -> Duration {
        let mut recent = self.0.lock();
        recent.retain(|before| at.duration_since(*before) < MINUTE);
        if recent.back().is_none_or(|last| at.duration_since(*last) >= UNDER_WAY) {
            recent.push_back(at);
        }
        if recent.len() < REFUSALS_MAX { SECOND_WAIT } else { MINUTE_WAIT }
    }
}

/// Reads one answer.
pub fn classify(response: &Response, refusals: &Refusals) -> Verdict {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&response.body) else {
        return of_status(response, "without a code of TikTok's").into();
    };
    let code = envelope.code.0;
    if matches!(code, 0 | PARTIAL) {
        let is_good = response.is_success();
        return if is_good { Meaning::Ok } else { of_status(response, "with a code of success") }.into();
    }
    let is_id = |id: &String| {
        REQUEST_ID_LENGTHS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let request_id = envelope.request_id.filter(is_id).unwrap_or_default();
    tracing::debug!(
        code = names::number(code),
        request_id,
        endpoint = response.endpoint,
        "TikTok answers with an error"
    );
    meaning(code, response, refusals).into()
}

fn meaning(code: i64, response: &Response, refusals: &Refusals) -> Meaning {
    let of =
        |account: &str| if account.is_empty() { String::new() } else { format!(" of advertiser {account}") };
    let shown = names::code(code);
    let reason = format!("TikTok answers {shown} to {}{}", response.endpoint, of(&response.account));
    let with = |what: &str| format!("{what} ({reason})");
    let limited = |scope, wait| Meaning::RateLimited { scope, wait: Wait::For(wait) };
    match code {
        40_016 | 40_100 => limited(Scope::App, refusals.wait(response.received_at)),
        // Of one advertiser, or of one value of a field, which is as good as one.
        40_132 | 40_133 => limited(Scope::Account, SECOND_WAIT),
        40_102 | 40_104..=40_106 => Meaning::NeedsReauth { advice: with(SET_TOKEN) },
        40_101 | 40_110 | 40_115 => Meaning::NeedsReauth {
            advice: with(
                "the developer app's id or secret is refused: set credentials.app_id and app_secret again",
            ),
        },
        40_001 | 40_125 => Meaning::Forbidden { advice: with(PERMIT) },
        40_300 | 40_301 => Meaning::Forbidden { advice: with(NO_ADVERTISER) },
        40_007 => Meaning::Gone { reason },
        40_011 | 40_067 => Meaning::TooMuch { reason },
        40_050 => Meaning::Transient { reason, wait: Wait::For(DUPLICATE_WAIT) },
        40_200..=40_202 | 40_700 | 50_000..=59_999 => Meaning::Transient { reason, wait: Wait::Unsaid },
        // Whoever asks meanwhile is refused like everybody else.
        60_001 => limited(Scope::App, MAINTENANCE_WAIT),
        40_006 | 40_010 | 40_051 => Meaning::Permanent { reason: with("look at api_version and base_url") },
        40_113 | 40_118 | 40_119 | 40_124 => Meaning::Permanent {
            reason: with(
                "TikTok has blocked the developer app, or does not know it well enough: look at its page in the \
                          developer portal",
            ),
        },
        41_000 => {
            Meaning::Permanent { reason: with("TikTok serves no requests from the country of this address") }
        }
        // Another one about the request, or none that is known.
        40_000..=49_999 => Meaning::Permanent { reason },
        _ => of_status(response, &format!("with code {shown}")),
    }
}

/// What is left: the status alone.
fn of_status(response: &Response, what: &str) -> Meaning {
    let Response { status, endpoint, body, .. } = response;
    let page = if is_web_page(body) {
        ", but a web page: a login page or a proxy answers in TikTok's place"
    } else {
        ""
    };
    let advice = match status {
        401 => "the access token is refused: set credentials.access_token",
        403 => "access is refused",
        404 | 405 => "look at base_url and api_version",
        _ => "",
    };
    let reason = format!("{endpoint}: status {status} {what}{page}");
    let reason = if advice.is_empty() { reason } else { format!("{advice} ({reason})") };
    Meaning::of_status(*status, Scope::App, reason)
}

#[cfg(test)]
mod tests;
