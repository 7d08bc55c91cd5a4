//! How the provider tells about its limits: headers on every answer, and its refusal.

use std::time::Duration;

use serde_json::json;

use super::errors::MetaError;
use crate::exchange::{Answer, Request};

/// Seconds until an account's usage has decayed.
const RESET_SECONDS: u32 = 100;

/// Headers for this much usage (0 to 100, and above when refused) and this long a wait.
pub(crate) fn headers(request: &Request, percent: f64, wait: Duration) -> Vec<(String, String)> {
    let whole = whole_percent(percent);
    let mut headers = Vec::new();
    let mut put = |name: &str, value: serde_json::Value| headers.push((name.to_owned(), value.to_string()));
    put("x-app-usage", json!({ "call_count": whole, "total_time": whole / 2, "total_cputime": whole / 2 }));
    let Some(account) = account_in(&request.path) else {
        return headers;
    };
    let tier = "standard_access";
    put(
        "x-ad-account-usage",
        json!({
            "acc_id_util_pct": percent,
            "reset_time_duration": RESET_SECONDS,
            "ads_api_access_tier": tier,
        }),
    );
    let is_insights = request.path.ends_with("/insights");
    let minutes = whole_minutes(wait).as_secs() / 60;
    // The use case that matters is never the first of the list.
    let use_case = |kind: &str, concerned: bool| {
        let used = if concerned { whole } else { whole.min(5) };
        json!({
            "type": kind,
            "call_count": used,
            "total_cputime": used / 2,
            "total_time": used / 2,
            "estimated_time_to_regain_access": if concerned { minutes } else { 0 },
            "ads_api_access_tier": tier,
        })
    };
    let management = use_case("ads_management", !is_insights);
    let insights = use_case("ads_insights", is_insights);
    let audience = use_case("custom_audience", false);
    let list =
        if is_insights { json!([management, insights]) } else { json!([audience, management, insights]) };
    put("x-business-use-case-usage", json!({ account: list }));
    if is_insights {
        put(
            "x-fb-ads-insights-throttle",
            json!({
                "app_id_util_pct": percent / 2.0,
                "acc_id_util_pct": percent,
                "ads_api_access_tier": tier,
            }),
        );
    }
    headers
}

/// The provider speaks in minutes: what it says when this is how long to wait.
pub(crate) fn whole_minutes(wait: Duration) -> Duration {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Duration::from_mins(seconds.div_ceil(60))
}

/// The refusal: of the account's use case where the path names an account, of the application elsewhere.
pub(crate) fn refusal(request: &Request, percent: f64, wait: Duration) -> Answer {
    let message = "There have been too many calls to this ad-account. Wait a bit and try again.";
    let error = match account_in(&request.path) {
        Some(_) if request.path.ends_with("/insights") => {
            MetaError::new(400, 80_000, message).subcode(2_446_079)
        }
        Some(_) => MetaError::new(400, 80_004, message).subcode(2_446_079),
        None => {
            MetaError::new(400, 4, "(#4) Application request limit reached").subcode(1_504_022).transient()
        }
    };
    let mut answer = error.answer();
    answer.headers = headers(request, percent.max(100.0), wait);
    answer
}

/// `123` in `/v25.0/act_123/insights`.
fn account_in(path: &str) -> Option<String> {
    path.split('/').find_map(|segment| segment.strip_prefix("act_")).map(str::to_owned)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a small positive range before"
)]
fn whole_percent(percent: f64) -> u32 {
    percent.clamp(0.0, 1_000.0) as u32
}
