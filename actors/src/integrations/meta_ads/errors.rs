//! What Meta's errors mean: the table of error codes, and how an answer is read by it. Messages are compared and never repeated:
//! they may quote what was asked, or who asks.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    usage::Usage,
    wire::{Envelope, GraphError},
};
use crate::{
    failure::Wait,
    reading::names,
    session::{Meaning, Response, Verdict, quota::Scope},
};

/// Shortest pause once Meta says that a limit is reached and for how long.
const PAUSE_MIN: Duration = Duration::from_mins(1);
/// Code 368 blocks for policy and does not say how long.
const POLICY_PAUSE: Duration = Duration::from_hours(1);
/// How long the ids are under which Meta finds a request, in characters.
const TRACE_LENGTHS: RangeInclusive<usize> = 11..=32;
/// How an error is called in an answer.
const ERROR_KEY: &[u8] = br#""error""#;

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// A limit of the app, user or account.
    Pause(Scope),
    /// The limit of a business use case, by its name in `X-Business-Use-Case-Usage`.
    PauseUseCase(&'static str),
    /// Temporarily blocked for policy.
    PauseForPolicy,
    /// Ask for less at once. Never simply again.
    Split,
    /// Try again.
    Retry,
    /// The access token is no longer good.
    Reauthorize,
    /// The app's secret is wanted, or another one.
    Prove,
    /// A permission is missing.
    Permit,
    /// The object is missing, or hidden.
    Missing,
    /// The request is wrong.
    Stop,
}

/// One line of the table.
struct Rule {
    codes: RangeInclusive<i64>,
    /// Empty = whatever the subcode.
    subcodes: &'static [i64],
    action: Action,
}

const fn code(code: i64, action: Action) -> Rule {
    Rule { codes: code..=code, subcodes: &[], action }
}

const fn subcodes(code: i64, subcodes: &'static [i64], action: Action) -> Rule {
    Rule { codes: code..=code, subcodes, action }
}

/// The first line that fits wins, so lines with subcodes stand before the code's own.
const RULES: &[Rule] = &[
    // Limits.
    code(4, Action::Pause(Scope::App)),
    code(341, Action::Pause(Scope::App)),
    code(17, Action::Pause(Scope::Account)),
    code(32, Action::Pause(Scope::Account)),
    code(613, Action::Pause(Scope::Account)),
    code(80_000, Action::PauseUseCase("ads_insights")),
    code(80_001, Action::PauseUseCase("pages")),
    code(80_002, Action::PauseUseCase("instagram")),
    code(80_003, Action::PauseUseCase("custom_audience")),
    code(80_004, Action::PauseUseCase("ads_management")),
    code(80_005, Action::PauseUseCase("leadgen")),
    code(80_006, Action::PauseUseCase("messenger")),
    code(80_008, Action::PauseUseCase("whatsapp")),
    code(80_009, Action::PauseUseCase("catalog")),
    code(80_014, Action::PauseUseCase("catalog")),
    code(368, Action::PauseForPolicy),
    // Too much data.
    subcodes(100, &[1_487_534, 1_504_018], Action::Split),
    subcodes(2, &[1_504_038], Action::Split),
    // Credentials and permissions.
    code(102, Action::Reauthorize),
    code(190, Action::Reauthorize),
    code(3, Action::Permit),
    code(10, Action::Permit),
    Rule { codes: 200..=299, subcodes: &[], action: Action::Permit },
    // Requests that are wrong, whatever the status.
    subcodes(1, &[2_853_001], Action::Stop),
    subcodes(2, &[1_504_041, 1_504_042], Action::Stop),
    subcodes(100, &[33], Action::Missing),
    // Passing.
    subcodes(1, &[99], Action::Retry),
    code(2, Action::Retry),
    subcodes(-2, &[2_490_547], Action::Retry),
    code(104, Action::Retry),
    code(960, Action::Retry),
];

/// Reads an answer: its meaning, and what its headers tell about the quota.
pub fn classify(response: &Response) -> Verdict {
    let usage = Usage::of(response);
    let signals = usage.signals(response.endpoint);
    // An error may come with status 200, so the body is looked at whatever the status. The parser walks through all of it:
    // only where the word is.
    let error = memchr::memmem::find(&response.body, ERROR_KEY)
        .and_then(|_| serde_json::from_slice::<Envelope>(&response.body).ok())
        .and_then(|envelope| envelope.error);
    let meaning = match error {
        Some(error) => meaning(&error, response, &usage),
        None if response.is_success() => Meaning::Ok,
        None => status_alone(response.status),
    };
    Verdict { meaning, signals }
}

/// Whether an error says that the request covers too much data.
pub fn is_too_much(error: &GraphError) -> bool {
    action(error, 200) == Action::Split
}

/// The error in one line for people: its codes, and the id under which Meta finds the request.
pub fn describe(error: &GraphError) -> String {
    let subcode =
        error.error_subcode.and_then(names::number).map_or_else(String::new, |subcode| format!("/{subcode}"));
    let trace = error.fbtrace_id.as_deref().filter(|id| is_trace(id));
    let trace = trace.map_or_else(String::new, |id| format!(" (fbtrace_id {id})"));
    format!("Meta error {}{subcode}{trace}", names::code(error.code))
}

/// Whether this is what such ids look like, and no word.
fn is_trace(id: &str) -> bool {
    let has = |is_one: fn(&u8) -> bool| id.as_bytes().iter().any(is_one);
    TRACE_LENGTHS.contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
}

fn action(error: &GraphError, status: u16) -> Action {
    let fits = |rule: &&Rule| {
        rule.codes.contains(&error.code)
            && (rule.subcodes.is_empty()
                || error.error_subcode.is_some_and(|subcode| rule.subcodes.contains(&subcode)))
    };
    let message = error.message.to_ascii_lowercase();
    if message.contains("reduce the amount of data") {
        return Action::Split;
    }
    if let Some(rule) = RULES.iter().find(fits) {
        return rule.action;
    }
    if error.code == 100 && message.contains("appsecret_proof") {
        return Action::Prove;
    }
    if error.code == 100 && message.contains("missing permission") {
        return Action::Permit;
    }
    if error.is_transient == Some(true) || status >= 500 {
        return Action::Retry;
    }
    Action::Stop
}

fn meaning(error: &GraphError, response: &Response, usage: &Usage) -> Meaning {
    let reason = describe(error);
    let pause = |scope, said: Option<Duration>| Meaning::RateLimited {
        scope,
        wait: said.map_or(Wait::Unsaid, |wait| Wait::For(wait.max(PAUSE_MIN))),
    };
    match action(error, response.status) {
        Action::Pause(Scope::App) => pause(Scope::App, None),
        Action::Pause(scope) => {
            pause(scope, usage.account_reset().max(usage.regain_access(response.endpoint)))
        }
        Action::PauseUseCase(use_case) => pause(Scope::Endpoint, usage.regain_access(use_case)),
        Action::PauseForPolicy => pause(Scope::Account, Some(POLICY_PAUSE)),
        Action::Split => Meaning::TooMuch { reason },
        Action::Retry => Meaning::Transient { reason, wait: Wait::Unsaid },
        Action::Reauthorize => {
            Meaning::NeedsReauth { advice: format!("{} ({reason})", token_advice(error.error_subcode)) }
        }
        Action::Prove => Meaning::NeedsReauth {
            advice: format!(
                "set credentials.app_secret to the secret of the app that made the access token, or switch \"Require app \
                 secret\" off for that app ({reason})"
            ),
        },
        Action::Permit => Meaning::Forbidden {
            advice: format!(
                "grant the token's system user the permission ads_read and access to the ad account in Business \
                 settings ({reason})"
            ),
        },
        Action::Missing => Meaning::Gone { reason },
        Action::Stop => Meaning::Permanent { reason },
    }
}

/// An answer without Graph error: from a proxy, a load balancer, or nothing at all.
fn status_alone(status: u16) -> Meaning {
    let reason = format!("HTTP status {status} without a Graph API error");
    match status {
        401 => Meaning::NeedsReauth { advice: format!("make a new access token ({reason})") },
        // Meta's own refusals say what is missing.
        403 => Meaning::Permanent { reason },
        _ => Meaning::of_status(status, Scope::App, reason),
    }
}

const fn token_advice(subcode: Option<i64>) -> &'static str {
    match subcode {
        Some(458) => {
            "the app was removed by the token's user: add it again in Business settings and make a new access token"
        }
        Some(460) => {
            "the user's password was changed: make a new access token (one of a system user outlives passwords)"
        }
        Some(463) => {
            "the access token has expired: make a new one (a system user's can be made to never expire)"
        }
        Some(464) => {
            "the token's user is not confirmed: let the user log in to Facebook, then make a new access token"
        }
        Some(467) => "the access token is invalid: make a new one",
        Some(492) => "the token's session is no longer valid: make a new access token",
        _ => "the access token is refused: make a new one with the permission ads_read",
    }
}

#[cfg(test)]
mod tests;
