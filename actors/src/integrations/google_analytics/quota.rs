//! What a property has left. Google tells it with every report that asks for it; the pools fill up by the hour, and by the day of
//! California.
//! <https://developers.google.com/analytics/devguides/reporting/data/v1/quotas>

use std::time::Duration;

use jiff::Timestamp;

use super::{
    endpoint,
    report::{METRICS, field},
    wire,
};
use crate::{
    failure::Wait,
    integrations::google::midnight,
    session::{Response, Signal, quota::Scope},
};

/// Tokens of a standard property. Google Analytics 360 has ten times as many: it is left alone later, and never too late.
const DAY: i64 = 200_000;
const HOUR: i64 = 40_000;
const PROJECT_HOUR: i64 = 14_000;
/// Errors of its own that Google allows before it locks the property for our project.
const SERVER_ERRORS: i64 = 10;
/// Of an allowance, what is left to the people who look at reports: one part in so many.
const RESERVE: i64 = 10;
/// Hourly pools come back "in under an hour".
pub const HOURLY_WAIT: Duration = Duration::from_mins(30);
/// After too many errors of Google's own.
pub const ERRORS_WAIT: Duration = Duration::from_hours(1);

/// What rides on a good answer.
pub fn signals(response: &Response) -> Vec<Signal> {
    match response.endpoint {
        endpoint::REPORT => {
            let Ok(beside) = serde_json::from_slice::<wire::Beside>(&response.body) else {
                return Vec::new();
            };
            let mut signals = used(&beside.property_quota.unwrap_or_default(), response.received_at);
            signals.extend(lacking(&beside.metadata).map(Signal::FieldUnavailable));
            signals
        }
        endpoint::COMPATIBILITY => {
            let answer: wire::Compatibility = serde_json::from_slice(&response.body).unwrap_or_default();
            let ours = METRICS.into_iter().filter(|metric| answer.incompatible().any(|name| name == *metric));
            ours.map(Signal::FieldUnavailable).collect()
        }
        _ => Vec::new(),
    }
}

/// How full the fullest pool is used, and a wait while it is nearly empty.
fn used(quota: &wire::PropertyQuota, now: Timestamp) -> Vec<Signal> {
    let pools = [
        (quota.tokens_per_day, DAY, midnight(now)),
        (quota.tokens_per_hour, HOUR, HOURLY_WAIT),
        (quota.tokens_per_project_per_hour, PROJECT_HOUR, HOURLY_WAIT),
        (quota.server_errors_per_project_per_hour, SERVER_ERRORS, ERRORS_WAIT),
    ];
    let told = pools.into_iter().filter_map(|(status, allowance, wait)| {
        // Zero is left out.
        let left = status?.remaining.map_or(0, |left| left.0);
        Some((allowance.saturating_sub(left).max(0), allowance, wait))
    });
    let told: Vec<_> = told.collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let ratios = told.iter().map(|(used, allowance, _)| *used as f64 / *allowance as f64);
    let fullest = ratios.reduce(f64::max).map(|ratio| Signal::Used { scope: Scope::Account, ratio });
    let nearly_empty =
        |(used, allowance, _): &&(i64, i64, Duration)| (allowance - used) * RESERVE <= *allowance;
    let longest = told.iter().filter(nearly_empty).map(|(.., wait)| *wait).max();
    let hold = longest.map(|wait| Signal::Hold { scope: Scope::Account, wait });
    fullest.into_iter().chain(hold).collect()
}

/// What a report does not tell, by what the metric names: a field of ours, or what was done to the rows.
fn lacking(metadata: &wire::Metadata) -> impl Iterator<Item = &'static str> {
    let blocked = &metadata.schema_restriction_response.active_metric_restrictions;
    let is_blocked = |name: &str| blocked.iter().any(|restriction| restriction.metric_name == name);
    let has_no_currency = metadata.currency_code.is_none() && !is_blocked(field::REVENUE);
    let notes = [
        (metadata.subject_to_thresholding, "rows.thresholded"),
        (metadata.data_loss_from_other_row, "rows.other"),
        (!metadata.sampling_metadatas.is_empty(), "rows.sampled"),
        (!metadata.data_truncation_reasons.is_empty(), "rows.truncated"),
        (has_no_currency, "metadata.currencyCode"),
    ];
    let fields: Vec<_> = METRICS.into_iter().filter(|metric| is_blocked(metric)).collect();
    notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).chain(fields)
}

/// Whose turn it is after a refusal, by what the message names. Its wording is Google's, in English whatever the account's language.
pub fn wait(message: &str, now: Timestamp) -> Wait {
    /// Until other requests have ended.
    const CONCURRENT_WAIT: Duration = Duration::from_secs(30);
    let says = |words: &str| message.contains(words);
    if says("concurrent requests") {
        Wait::For(CONCURRENT_WAIT)
    } else if says("server errors") {
        Wait::For(ERRORS_WAIT)
    } else if says("per day") || says("24 hours") {
        Wait::For(midnight(now))
    } else if says("per hour") || says("thresholded") {
        Wait::For(HOURLY_WAIT)
    } else {
        Wait::Unsaid
    }
}
