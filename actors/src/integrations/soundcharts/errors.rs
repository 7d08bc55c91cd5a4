//! What Soundcharts' answers mean. Its messages are not repeated: they may quote what was asked.

use std::time::Duration;

use super::wire;
use crate::{
    failure::Wait,
    reading::refusals::Refusal,
    session::{Meaning, Response, Signal, quota::Scope},
};

/// How long a quota that is used up is left alone. It is granted anew when the subscription's month or year turns, which no answer
/// tells, or once somebody has bought more.
pub const QUOTA_WAIT: Duration = Duration::from_hours(1);

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let refusal = Refusal::new(response, "Soundcharts", Scope::Project, response.status, "");
    let said: wire::Refusal = match refusal.said() {
        Ok(said) => said,
        Err(meaning) => return meaning,
    };
    match response.status {
        401 => refusal.reauth(
            "it does not take the credentials. Look at them in the Soundcharts dashboard, and set credentials again",
        ),
        403 => refusal.forbidden(
            "your plan does not include it. Have help@soundcharts.com add it to the plan, or take it out of the settings",
        ),
        400 => refusal.permanent("it does not take the request, look at `platforms` in the settings"),
        404 => refusal.gone(),
        410 => Meaning::Gone { reason: format!("{}: the ISRC is blacklisted", refusal.reason) },
        429 => {
            let mut messages = said.errors.iter().filter_map(|error| error.message.as_ref());
            let is_rate = messages.any(|message| message.contains("maximum request count"));
            let wait = if is_rate { reset(response) } else { Wait::For(QUOTA_WAIT) };
            Meaning::RateLimited { scope: Scope::Project, wait }
        }
        _ => refusal.of_status(),
    }
}

/// When a refusal for too many requests a minute is over.
fn reset(response: &Response) -> Wait {
    let seconds: Option<u64> = response.header_number("x-ratelimit-reset");
    seconds.map_or(Wait::Unsaid, |seconds| Wait::For(Duration::from_secs(seconds.saturating_add(1))))
}

/// How much of the quota is used. Answers tell what is left of it, and the configuration (`allowance`) how much there is; nothing
/// left is all of it, however much that is.
pub fn signals(response: &Response, allowance: Option<u64>) -> Vec<Signal> {
    let Some(left) = response.header_number::<i64>("x-quota-remaining") else { return Vec::new() };
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let ratio = match allowance {
        _ if left <= 0 => 1.0,
        Some(allowance) => (1.0 - left as f64 / allowance.max(1) as f64).max(0.0),
        None => return Vec::new(),
    };
    vec![Signal::Used { scope: Scope::Project, ratio }]
}
