//! Google Ads: Search, YouTube, Display, Demand Gen and Performance Max.
//! <https://developers.google.com/google-ads/api/rest/reference/rest>
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what Google sends |
//! | `mapping.rs`, `countries.rs` | from there to the project's rows |
//! | `gaql.rs`, `search.rs` | what is asked for; pages of answers |
//! | `customers.rs` | the tree of managers and customers |
//! | `errors.rs` | what an answer means |

use std::{borrow::Cow, sync::Arc, time::Duration};

use ::rows::Table;
use jiff::SignedDuration;

use self::{
    settings::{Settings, undashed},
    source::GoogleAdsSource,
};
use super::google;
use crate::{
    integration::{ConnectionSpec, CredentialSpec, HostSpec, Integration, Services, SetupError, Source},
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, Kind, QUARTER_DAY, Snapshot, Stream, Tier},
};

mod countries;
mod customers;
mod errors;
mod gaql;
mod mapping;
mod search;
mod settings;
mod source;
mod wire;

#[cfg(test)]
mod tests;

/// Streams, by name.
mod streams {
    use super::gaql::{Object, Report};

    pub const ACCOUNTS: &str = "accounts";
    pub const CAMPAIGNS: &str = "campaigns";
    pub const AD_GROUPS: &str = "ad_groups";
    pub const ADS: &str = "ads";
    pub const PERFORMANCE: &str = "performance";
    pub const AD_PERFORMANCE: &str = "ad_performance";
    pub const COUNTRY_PERFORMANCE: &str = "country_performance";

    /// What a snapshot reads.
    pub fn object(stream: &str) -> Option<Object> {
        Some(match stream {
            ACCOUNTS => Object::Customer,
            CAMPAIGNS => Object::Campaign,
            AD_GROUPS => Object::AdGroup,
            ADS => Object::Ad,
            _ => return None,
        })
    }

    /// What is read by days.
    pub fn report(stream: &str) -> Option<Report> {
        Some(match stream {
            PERFORMANCE => Report::Campaigns,
            AD_PERFORMANCE => Report::Ads,
            COUNTRY_PERFORMANCE => Report::Countries,
            _ => return None,
        })
    }
}

/// Endpoints as quota and labels name them.
mod endpoint {
    /// Which customers there are.
    pub const HIERARCHY: &str = "hierarchy";
    /// What is read of one.
    pub const SEARCH: &str = "search";
}

/// What access tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/adwords";

/// Google answers by day for 37 months and refuses older days; a few days less are safe in any month.
const HISTORY_DAYS_MAX: u32 = 1_120;
/// Days in one report: each report costs one operation, however long its answer is.
const WINDOW_DAYS_MAX: u32 = 31;
/// Days in one report by ad, which has many more rows.
const AD_WINDOW_DAYS_MAX: u32 = 7;
/// Conversions are credited to the day of the click, and come for 30 days unless the advertiser has set another window.
const LOOKBACK_DAYS: u32 = 30;
/// Clicks and cost are about three hours late: asking more often costs operations and tells little.
const EVERY: Duration = Duration::from_hours(1);
/// Detail is asked for less often than the truth.
const DETAIL_EVERY: Duration = Duration::from_hours(3);
/// Invalid clicks are credited in the first days after a day's end.
const SETTLING: SignedDuration = SignedDuration::from_hours(72);

const DEVELOPER_TOKEN: CredentialSpec = CredentialSpec {
    name: "developer_token",
    required: false,
    help: "not needed since September 2026: access belongs to the Google Cloud project",
};

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct GoogleAds;

// === impl GoogleAds ===

impl Integration for GoogleAds {
    fn id(&self) -> &'static str {
        "google_ads"
    }

    fn base_url(&self) -> &'static str {
        "https://googleads.googleapis.com"
    }

    fn hosts(&self) -> &'static [HostSpec] {
        &[google::TOKEN]
    }

    fn api_version(&self) -> &'static str {
        "v25"
    }

    fn streams(&self) -> Vec<Stream> {
        vec![
            snapshot(streams::ACCOUNTS, &[Table::AdAccounts], None),
            snapshot(streams::CAMPAIGNS, &[Table::AdCampaigns], Some(Table::AdCampaigns)),
            snapshot(streams::AD_GROUPS, &[Table::AdSets], Some(Table::AdSets)),
            snapshot(streams::ADS, &[Table::Ads], Some(Table::Ads)),
            days(
                streams::PERFORMANCE,
                &[Table::AdPerformanceDaily],
                Some("campaign"),
                EVERY,
                WINDOW_DAYS_MAX,
            ),
            days(
                streams::AD_PERFORMANCE,
                &[Table::AdPerformanceDaily],
                Some("ad"),
                DETAIL_EVERY,
                AD_WINDOW_DAYS_MAX,
            ),
            Stream {
                enabled: false, // `settings.countries` switches it on
                ..days(
                    streams::COUNTRY_PERFORMANCE,
                    &[Table::AdCountryDaily],
                    None,
                    DETAIL_EVERY,
                    WINDOW_DAYS_MAX,
                )
            },
        ]
    }

    /// What Google allows a second is not published; these are known to go. The day's operations are granted to the Cloud
    /// project, and Google itself says when they are used up.
    fn quotas(&self) -> Vec<QuotaRule> {
        vec![QuotaRule::per_second(Scope::Account, 1.0, 5), QuotaRule::per_second(Scope::App, 5.0, 10)]
    }

    fn credentials(&self) -> &'static [CredentialSpec] {
        &[
            google::SERVICE_ACCOUNT,
            google::CLIENT_ID,
            google::CLIENT_SECRET,
            google::REFRESH_TOKEN,
            DEVELOPER_TOKEN,
        ]
    }

    fn settings_schema(&self) -> schemars::Schema {
        schemars::schema_for!(Settings)
    }

    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        undashed(configured).into()
    }

    fn sample(&self) -> &'static str {
        include_str!("sample.toml")
    }

    fn connect(&self, spec: &ConnectionSpec, _: &Services) -> Result<Arc<dyn Source>, SetupError> {
        Ok(Arc::new(GoogleAdsSource::new(spec)?))
    }
}

/// Objects move seldom, and a reading costs an operation.
fn snapshot(name: &'static str, tables: &'static [Table], vanishing: Option<Table>) -> Stream {
    let policy = Snapshot { every: QUARTER_DAY, vanishing };
    Stream { name, tables, enabled: true, kind: Kind::Snapshot(policy) }
}

fn days(
    name: &'static str,
    tables: &'static [Table],
    level: Option<&'static str>,
    fresh: Duration,
    window_days_max: u32,
) -> Stream {
    let tiers = vec![Tier { days: 2, every: fresh }, Tier { days: LOOKBACK_DAYS, every: DAILY }];
    Stream {
        name,
        tables,
        enabled: true,
        kind: Kind::Days(Days {
            level,
            tiers,
            settling: SETTLING,
            window_days_max,
            history_days_max: Some(HISTORY_DAYS_MAX),
        }),
    }
}
