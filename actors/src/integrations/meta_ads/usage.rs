//! The headers in which Meta tells how much of an allowance is used. They ride on every answer.
//!
//! All are JSON in a header; percentages are of the allowance, 100 = all of it. A header that cannot be read tells
//! nothing; it never makes an answer bad.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::session::{Response, Signal, quota::Scope};

/// From this on, a percentage means that the allowance is used up.
const EXHAUSTED_PERCENT: f64 = 100.0;

/// Everything that the headers of one answer tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    app: Option<AppUsage>,
    account: Option<AdAccountUsage>,
    use_cases: Vec<UseCaseUsage>,
    insights: Option<InsightsThrottle>,
}

/// `X-App-Usage`: a rolling hour.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct AppUsage {
    call_count: f64,
    total_time: f64,
    total_cputime: f64,
}

/// `X-Ad-Account-Usage`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct AdAccountUsage {
    acc_id_util_pct: f64,
    /// Seconds.
    reset_time_duration: f64,
}

/// One element of `X-Business-Use-Case-Usage`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct UseCaseUsage {
    /// `ads_insights`, `ads_management` …
    #[serde(rename = "type")]
    use_case: String,
    call_count: f64,
    total_cputime: f64,
    total_time: f64,
    /// Minutes.
    estimated_time_to_regain_access: f64,
}

/// `X-FB-Ads-Insights-Throttle`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct InsightsThrottle {
    app_id_util_pct: f64,
    acc_id_util_pct: f64,
}

// === impl Usage ===

impl Usage {
    /// Reads the headers of an answer.
    pub fn of(response: &Response) -> Self {
        // A map of business or account ids, each with a list: every element counts.
        let use_cases = json::<BTreeMap<String, Vec<UseCaseUsage>>>(response, "x-business-use-case-usage");
        Self {
            app: json(response, "x-app-usage"),
            account: json(response, "x-ad-account-usage"),
            use_cases: use_cases.into_iter().flat_map(BTreeMap::into_values).flatten().collect(),
            insights: json(response, "x-fb-ads-insights-throttle"),
        }
    }

    /// What is used and what must rest, for an answer of this endpoint (= use case).
    pub fn signals(&self, endpoint: &str) -> Vec<Signal> {
        let mut signals = Vec::new();
        let mut used = |scope, percent: f64| signals.push(Signal::Used { scope, ratio: percent / 100.0 });
        if let Some(app) = &self.app {
            used(Scope::App, app.percent());
        }
        if let Some(account) = &self.account {
            used(Scope::Account, account.acc_id_util_pct);
        }
        for usage in self.of_use_case(endpoint) {
            used(Scope::Endpoint, usage.percent());
        }
        if let Some(insights) = &self.insights {
            used(Scope::App, insights.app_id_util_pct);
            used(Scope::Endpoint, insights.acc_id_util_pct);
        }
        let mut hold = |scope, wait: Option<Duration>| {
            signals.extend(wait.map(|wait| Signal::Hold { scope, wait }));
        };
        hold(Scope::Account, self.account_reset());
        hold(Scope::Endpoint, self.regain_access(endpoint));
        signals
    }

    /// When a business use case may be used again.
    pub fn regain_access(&self, use_case: &str) -> Option<Duration> {
        self.of_use_case(use_case)
            .filter_map(|usage| positive_seconds(usage.estimated_time_to_regain_access * 60.0))
            .max()
    }

    /// When a used-up ad account may be asked again. The duration is always there: it counts only at 100 percent.
    pub fn account_reset(&self) -> Option<Duration> {
        let account = self.account.as_ref().filter(|account| account.acc_id_util_pct >= EXHAUSTED_PERCENT)?;
        positive_seconds(account.reset_time_duration)
    }

    fn of_use_case<'a>(&'a self, use_case: &'a str) -> impl Iterator<Item = &'a UseCaseUsage> {
        self.use_cases.iter().filter(move |usage| usage.use_case == use_case)
    }
}

// === impl AppUsage ===

impl AppUsage {
    /// Whichever of the three is nearest to its limit.
    fn percent(&self) -> f64 {
        self.call_count.max(self.total_time).max(self.total_cputime)
    }
}

// === impl UseCaseUsage ===

impl UseCaseUsage {
    /// Whichever of the three is nearest to its limit.
    fn percent(&self) -> f64 {
        self.call_count.max(self.total_time).max(self.total_cputime)
    }
}

fn json<T: serde::de::DeserializeOwned>(response: &Response, header: &str) -> Option<T> {
    serde_json::from_str(response.header(header)?).ok()
}

fn positive_seconds(seconds: f64) -> Option<Duration> {
    // How much of it is believed is the session's business.
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::integrations::meta_ads::testing::response;

    fn signals(headers: &[(&'static str, &str)]) -> Vec<Signal> {
        Usage::of(&response(200, headers, "{}")).signals("ads_insights")
    }

    fn used(scope: Scope, ratio: f64) -> Signal {
        Signal::Used { scope, ratio }
    }

    #[test]
    fn the_app_is_as_busy_as_its_busiest_figure() {
        let header = r#"{"call_count":28,"total_time":25,"total_cputime":50}"#;
        assert_eq!(signals(&[("x-app-usage", header)]), [used(Scope::App, 0.5)]);
    }

    #[test]
    fn an_account_rests_only_when_it_is_used_up() {
        let header = |percent: &str| {
            format!(
                r#"{{"acc_id_util_pct":{percent},"reset_time_duration":100,"ads_api_access_tier":"standard_access"}}"#
            )
        };
        assert_eq!(signals(&[("x-ad-account-usage", &header("50.0"))]), [used(Scope::Account, 0.5)]);
        assert_eq!(
            signals(&[("x-ad-account-usage", &header("100"))]),
            [
                used(Scope::Account, 1.0),
                Signal::Hold { scope: Scope::Account, wait: Duration::from_secs(100) }
            ]
        );
    }

    #[test]
    fn every_element_of_the_use_case_list_counts_and_only_the_matching_ones() {
        let header = r#"{
            "1234567890123456":[
                {"type":"ads_management","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":55},
                {"type":"ads_insights","call_count":97,"total_cputime":23,"total_time":23,"estimated_time_to_regain_access":19}],
            "99":[{"type":"ads_insights","call_count":25,"total_cputime":0,"total_time":0,"estimated_time_to_regain_access":0}]}"#;
        assert_eq!(
            signals(&[("x-business-use-case-usage", header)]),
            [
                used(Scope::Endpoint, 0.97),
                used(Scope::Endpoint, 0.25),
                Signal::Hold { scope: Scope::Endpoint, wait: Duration::from_mins(19) }
            ]
        );
    }

    #[test]
    fn the_insights_throttle_speaks_of_app_and_use_case() {
        let header =
            r#"{"app_id_util_pct":0.5,"acc_id_util_pct":12.0,"ads_api_access_tier":"standard_access"}"#;
        assert_eq!(
            signals(&[("x-fb-ads-insights-throttle", header)]),
            [used(Scope::App, 0.005), used(Scope::Endpoint, 0.12)]
        );
    }

    proptest! {
        #[test]
        fn any_header_is_survived(text in "[ -~]{0,200}", number in any::<f64>()) {
            let throttle = format!(r#"{{"acc_id_util_pct":100,"reset_time_duration":{number:e}}}"#);
            signals(&[
                ("x-app-usage", &text),
                ("x-business-use-case-usage", &text),
                ("x-ad-account-usage", &throttle),
            ]);
        }
    }
}
