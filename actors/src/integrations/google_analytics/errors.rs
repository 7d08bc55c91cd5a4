//! What an answer means, and what it tells beside its rows. Errors are `google.rpc.Status`; a path that does not exist is answered with
//! a web page. Google's message is not repeated: it may quote what was asked, or who asks.
//!
//! What a property has left is told with every report that asks for it; the pools fill up by the hour, and by the day of California.
//! <https://developers.google.com/analytics/devguides/reporting/data/v1/quotas>

use std::time::Duration;

use jiff::Timestamp;

use super::{
    endpoint,
    report::{METRICS, field},
    wire,
};
use crate::{
    failure::{Wait, is_web_page},
    integrations::google::{self, Status, midnight},
    reading::{
        allowances::{self, Allowance},
        elements::{at_once, parse},
        refusals::Refusal,
    },
    session::{Meaning, Response, Signal, Verdict, quota::Scope},
};

/// After an error of Google's own: ten of them within an hour lock the property.
const SERVER_ERROR_WAIT: Duration = Duration::from_mins(1);
/// Of an allowance, what is left to the people who look at reports: one part in so many.
const RESERVE: i64 = 10;
/// Hourly pools come back "in under an hour".
const HOURLY_WAIT: Duration = Duration::from_mins(30);
/// Until other requests have ended.
const CONCURRENT_WAIT: Duration = Duration::from_secs(30);
/// After too many errors of Google's own.
const ERRORS_WAIT: Duration = Duration::from_hours(1);

/// Reads one answer. An error under a good status would be taken for days on which nobody came.
pub fn classify(response: &Response) -> Verdict {
    let said = google::said(response);
    if response.is_success() && said.is_none() {
        return Verdict { meaning: Meaning::Ok, signals: signals(response) };
    }
    meaning(response, said.as_ref()).into()
}

fn meaning(response: &Response, said: Option<&Status>) -> Meaning {
    let status = said.filter(|_| response.is_success()).map_or(response.status, |said| said.code);
    let refusal = Refusal::new(response, "Google Analytics", Scope::Account, status, "");
    // Of these, the status says more than the page.
    if is_web_page(&response.body) && !matches!(status, 404 | 405 | 410 | 429) {
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
            let wait = wait_of(said.map_or("", |said| &said.message), response.received_at);
            Meaning::RateLimited { scope: Scope::Account, wait }
        }
        500.. => Meaning::Transient { reason: refusal.reason, wait: Wait::For(SERVER_ERROR_WAIT) },
        404 | 405 | 410 => refusal.permanent("look at base_url, endpoints and api_version"),
        _ => refusal.of_status(),
    }
}

/// What rides on a good answer.
fn signals(response: &Response) -> Vec<Signal> {
    match response.endpoint {
        endpoint::REPORT => {
            let Some(report) = at_once::<wire::Report<'_>>(&response.body) else { return Vec::new() };
            // What is said of quotas spoils no rows.
            let quota = report.property_quota.and_then(|raw| parse(raw).ok()).unwrap_or_default();
            let pools = pools(&quota, response.received_at);
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

/// The pools that are told, of a standard property. Google Analytics 360 has ten times as many tokens: it is left alone later, and never
/// too late. Requests at once and requests for groups of people are not ours to use up.
fn pools(quota: &wire::PropertyQuota, now: Timestamp) -> impl Iterator<Item = Allowance> {
    let pools = [
        ("tokensPerDay", 200_000, midnight(now)),
        ("tokensPerHour", 40_000, HOURLY_WAIT),
        ("tokensPerProjectPerHour", 14_000, HOURLY_WAIT),
        // Errors of its own that Google allows before it locks the property for our project.
        ("serverErrorsPerProjectPerHour", 10, ERRORS_WAIT),
    ];
    pools.into_iter().filter_map(|(pool, granted, renewed)| {
        let left = quota.get(pool)?.remaining.map_or(0, |left| left.0);
        Some(Allowance { left, granted, renewed })
    })
}

/// What a report does not tell, by what the metric names: a field of ours, or what was done to the rows.
fn lacking(metadata: &wire::Metadata) -> impl Iterator<Item = &'static str> {
    let notes = [
        (metadata.subject_to_thresholding, "rows.thresholded"),
        (metadata.data_loss_from_other_row, "rows.other"),
        (!metadata.sampling_metadatas.is_empty(), "rows.sampled"),
        (!metadata.data_truncation_reasons.is_empty(), "rows.truncated"),
        (metadata.currency_code.is_none() && !metadata.is_blocked(field::REVENUE), "metadata.currencyCode"),
    ];
    let fields = METRICS.into_iter().filter(|metric| metadata.is_blocked(metric));
    notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).chain(fields)
}

/// How long a refusal lasts, by what its message names. Its wording is Google's, in English whatever the account's language.
fn wait_of(message: &str, now: Timestamp) -> Wait {
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
