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
    reading::allowances::{self, Allowance},
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
const HOURLY_WAIT: Duration = Duration::from_mins(30);
/// Until other requests have ended.
const CONCURRENT_WAIT: Duration = Duration::from_secs(30);
/// After too many errors of Google's own.
const ERRORS_WAIT: Duration = Duration::from_hours(1);

/// What rides on a good answer.
pub fn signals(response: &Response) -> Vec<Signal> {
    match response.endpoint {
        endpoint::REPORT => {
            let Ok(report) = serde_json::from_slice::<wire::Report<'_>>(&response.body) else {
                return Vec::new();
            };
            let pools = pools(report.property_quota.unwrap_or_default(), response.received_at);
            let mut signals = allowances::signals(Scope::Account, pools, RESERVE);
            signals.extend(lacking(&report.metadata).map(Signal::FieldUnavailable));
            signals
        }
        endpoint::COMPATIBILITY => {
            let answer: wire::Compatibility = serde_json::from_slice(&response.body).unwrap_or_default();
            let ours = METRICS.into_iter().filter(|metric| answer.is_incompatible(metric));
            ours.map(Signal::FieldUnavailable).collect()
        }
        _ => Vec::new(),
    }
}

/// The pools that are told. Google leaves out what is zero.
fn pools(quota: wire::PropertyQuota, now: Timestamp) -> impl Iterator<Item = Allowance> {
    let pools = [
        (quota.tokens_per_day, DAY, midnight(now)),
        (quota.tokens_per_hour, HOUR, HOURLY_WAIT),
        (quota.tokens_per_project_per_hour, PROJECT_HOUR, HOURLY_WAIT),
        (quota.server_errors_per_project_per_hour, SERVER_ERRORS, ERRORS_WAIT),
    ];
    pools.into_iter().filter_map(|(status, granted, renewed)| {
        let left = status?.remaining.map_or(0, |left| left.0);
        Some(Allowance { left, granted, renewed })
    })
}

/// What a report does not tell, by what the metric names: a field of ours, or what was done to the rows.
fn lacking(metadata: &wire::Metadata) -> impl Iterator<Item = &'static str> {
    let has_no_currency = metadata.currency_code.is_none() && !metadata.is_blocked(field::REVENUE);
    let notes = [
        (metadata.subject_to_thresholding, "rows.thresholded"),
        (metadata.data_loss_from_other_row, "rows.other"),
        (!metadata.sampling_metadatas.is_empty(), "rows.sampled"),
        (!metadata.data_truncation_reasons.is_empty(), "rows.truncated"),
        (has_no_currency, "metadata.currencyCode"),
    ];
    let fields = METRICS.into_iter().filter(|metric| metadata.is_blocked(metric));
    notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).chain(fields)
}

/// How long a refusal lasts, by what its message names. Its wording is Google's, in English whatever the account's language.
pub fn wait(message: &str, now: Timestamp) -> Wait {
    let words = [
        ("concurrent requests", CONCURRENT_WAIT),
        ("server errors", ERRORS_WAIT),
        ("per day", midnight(now)),
        ("24 hours", midnight(now)),
        ("per hour", HOURLY_WAIT),
        ("thresholded", HOURLY_WAIT),
    ];
    let named = words.into_iter().find(|(words, _)| message.contains(words));
    named.map_or(Wait::Unsaid, |(_, wait)| Wait::For(wait))
}
