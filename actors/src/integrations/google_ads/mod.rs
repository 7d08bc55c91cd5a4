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

use std::{borrow::Cow, time::Duration};

use ::rows::{Table, ads::AdLevel};
use futures::future::FutureExt as _;
use jiff::SignedDuration;

use self::{
    gaql::{Object, Report},
    settings::{Settings, undashed},
    source::GoogleAdsSource,
};
use super::google;
use crate::{
    integration::{CredentialSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    session::quota::{BudgetRule, QuotaRule, Scope},
    stream::{DAILY, Days, QUARTER_DAY, Snapshot, Tier},
};

mod countries;
mod criteria;
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

/// Endpoints as quota and labels name them.
mod endpoint {
    /// Which customers there are.
    pub const HIERARCHY: &str = "hierarchy";
    /// What is read of one.
    pub const SEARCH: &str = "search";
}

/// What access tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/adwords";
const CONSENT: &[(&str, &str)] = &google::offline(SCOPE);

/// What every project is granted in any 24 hours (Explorer access). Basic access has 15,000, Standard access no limit: who
/// has more says so.
const OPERATIONS_PER_DAY: u64 = 2_880;

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

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "google_ads",
    base_url: "https://googleads.googleapis.com",
    api_version: "v25",
    hosts: &[google::TOKEN, google::AUTHORIZE],
    credentials: &[
        google::SERVICE_ACCOUNT,
        google::CLIENT_ID,
        google::CLIENT_SECRET,
        google::REFRESH_TOKEN,
        DEVELOPER_TOKEN,
    ],
    consent: Some(google::consent(CONSENT)),
    // What Google allows a second is not published; these are known to go.
    rates: &[QuotaRule::per_second(Scope::Account, 1.0, 5), QuotaRule::per_second(Scope::App, 5.0, 10)],
    // Granted to the Cloud project.
    budgets: || vec![BudgetRule::per_day(Scope::Project, OPERATIONS_PER_DAY, "operations")],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl GoogleAds ===

impl Integration for GoogleAds {
    type Settings = Settings;
    type Source = GoogleAdsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<GoogleAdsSource>> {
        vec![
            objects("accounts", Object::Customer, &[Table::AdAccounts], None),
            objects("campaigns", Object::Campaign, &[Table::AdCampaigns], Some(Table::AdCampaigns)),
            objects("ad_groups", Object::AdGroup, &[Table::AdSets], Some(Table::AdSets)),
            objects("ads", Object::Ad, &[Table::Ads], Some(Table::Ads)),
            report("performance", Report::Campaigns, &[Table::AdPerformanceDaily], EVERY, WINDOW_DAYS_MAX),
            report(
                "ad_performance",
                Report::Ads,
                &[Table::AdPerformanceDaily],
                DETAIL_EVERY,
                AD_WINDOW_DAYS_MAX,
            ),
            report(
                "country_performance",
                Report::Countries,
                &[Table::AdCountryDaily],
                DETAIL_EVERY,
                WINDOW_DAYS_MAX,
            )
            .enabled(settings.countries),
        ]
    }

    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        undashed(configured).into()
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<GoogleAdsSource, SetupError> {
        GoogleAdsSource::new(setup.spec, setup.settings)
    }
}

/// Objects move seldom, and a reading costs an operation.
fn objects(
    name: &'static str,
    object: Object,
    tables: &'static [Table],
    vanishing: Option<Table>,
) -> StreamOf<GoogleAdsSource> {
    let policy = Snapshot { every: QUARTER_DAY, vanishing };
    StreamOf::snapshot(name, tables, policy, move |source: &GoogleAdsSource, session, request| {
        source.objects(session, object, request).boxed()
    })
}

fn report(
    name: &'static str,
    report: Report,
    tables: &'static [Table],
    fresh: Duration,
    window_days_max: u32,
) -> StreamOf<GoogleAdsSource> {
    let policy = Days {
        level: report.level().map(AdLevel::as_str),
        tiers: vec![Tier { days: 2, every: fresh }, Tier { days: LOOKBACK_DAYS, every: DAILY }],
        settling: SETTLING,
        window_days_max,
        history_days_max: Some(HISTORY_DAYS_MAX),
    };
    StreamOf::days(name, tables, policy, move |source: &GoogleAdsSource, session, request| {
        source.report(session, report, request).boxed()
    })
}
