//! What Soundcharts' answers mean. Its messages are not repeated: they may quote what was asked.

use std::time::Duration;

use serde_json::value::RawValue;

use super::wire::Refusal;
use crate::{
    failure::Wait,
    reading::front_end,
    session::{Meaning, Response, Signal, quota::Scope},
};

/// How long a quota that is used up is left alone. It is granted anew when the subscription's month or year turns, which no answer
/// tells, or once somebody has bought more.
pub const QUOTA_WAIT: Duration = Duration::from_hours(1);

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let Response { status, endpoint, body, .. } = response;
    let body = body.trim_ascii_start();
    // A list would pass for a structure without its fields.
    let is_object = body.starts_with(b"{") && serde_json::from_slice::<&RawValue>(body).is_ok();
    if response.is_success() && is_object {
        return Meaning::Ok;
    }
    let reason = format!("Soundcharts answers status {status} to {endpoint}");
    let Some(Refusal { errors }) = serde_json::from_slice(body).ok().filter(|_| is_object) else {
        return front_end::meaning(response, "Soundcharts", Scope::Project, &reason);
    };
    match status {
        401 => Meaning::NeedsReauth {
            advice: format!(
                "{reason}: it does not take the credentials. Look at them in the Soundcharts dashboard, and set credentials again"
            ),
        },
        403 => Meaning::Forbidden {
            advice: format!(
                "{reason}: your plan does not include it. Have help@soundcharts.com add it to the plan, or take it out of the \
                 settings"
            ),
        },
        400 => Meaning::Permanent {
            reason: format!("{reason}: it does not take the request, look at `platforms` in the settings"),
        },
        404 => Meaning::Gone { reason },
        410 => Meaning::Gone { reason: format!("{reason}: the ISRC is blacklisted") },
        429 => {
            let is_rate = errors.iter().any(|error| {
                error.message.as_ref().is_some_and(|message| message.contains("maximum request count"))
            });
            let wait = if is_rate { reset(response) } else { Wait::For(QUOTA_WAIT) };
            Meaning::RateLimited { scope: Scope::Project, wait }
        }
        _ => Meaning::of_status(*status, Scope::Project, reason),
    }
}

/// When a refusal for too many requests a minute is over.
fn reset(response: &Response) -> Wait {
    let seconds: Option<u64> = response.header("x-ratelimit-reset").and_then(|text| text.trim().parse().ok());
    seconds.map_or(Wait::Unsaid, |seconds| Wait::For(Duration::from_secs(seconds.saturating_add(1))))
}

/// How much of the quota is used. Answers tell what is left of it, and the configuration (`allowance`) how much there is; nothing
/// left is all of it, however much that is.
pub fn signals(response: &Response, allowance: Option<u64>) -> Vec<Signal> {
    let left: Option<i64> = response.header("x-quota-remaining").and_then(|text| text.trim().parse().ok());
    let Some(left) = left else { return Vec::new() };
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let ratio = match allowance {
        _ if left <= 0 => 1.0,
        Some(allowance) => (1.0 - left as f64 / allowance.max(1) as f64).max(0.0),
        None => return Vec::new(),
    };
    vec![Signal::Used { scope: Scope::Project, ratio }]
}
