//! TikTok ads, Spark Ads among them, through TikTok's API for Business.
//! <https://business-api.tiktok.com/portal/docs>
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what TikTok sends |
//! | `mapping.rs` | from there to the project's rows |
//! | `report.rs`, `pages.rs` | what is asked for; pages that move while they are read |
//! | `advertisers.rs` | which there are |
//! | `authorisation.rs` | how one lets the app in |
//! | `errors.rs` | what an answer means |

use std::time::Duration;

use ::rows::{Table, ads::AdLevel};
use futures::future::FutureExt as _;
use jiff::SignedDuration;

use self::{
    report::{Object, Report},
    settings::Settings,
    source::TikTokAdsSource,
};
use crate::{
    integration::{Integration, Manifest, Setup},
    reader::StreamOf,
    session::quota::{QuotaRule, Scope},
    spec::{CredentialSpec, SetupError},
    stream::{DAILY, Days, QUARTER_DAY, Snapshot, WEEKLY},
};

mod advertisers;
mod authorisation;
mod errors;
mod mapping;
mod pages;
mod report;
mod settings;
mod source;
mod wire;

#[cfg(test)]
mod tests;

/// Endpoints as quota and labels name them. Lists of objects have names of their own.
mod endpoint {
    /// Whom the token is for. Proves the app, too.
    pub const ADVERTISERS: &str = "oauth2.advertiser.get";
    /// Exchanges the code of an authorisation.
    pub const AUTHORISATION: &str = "oauth2.access_token";
    /// Advertisers' descriptions.
    pub const INFORMATION: &str = "advertiser.info";
    /// Numbers.
    pub const REPORT: &str = "report.integrated.get";
}

/// Days in one report: the most that TikTok answers by day.
const WINDOW_DAYS_MAX: u32 = 30;
/// Days in one report by ad or country, which has many more rows.
const DETAIL_WINDOW_DAYS_MAX: u32 = 7;
/// Numbers are about ten minutes late.
const EVERY: Duration = Duration::from_mins(30);
/// Clicks convert for up to 28 days, most of them within a week.
const LOOKBACK: [(u32, Duration); 2] = [(7, DAILY), (28, WEEKLY)];
/// The day before may be wrong for half a day, and conversions on iOS are told days later.
const SETTLING: SignedDuration = SignedDuration::from_hours(72);

const ACCESS_TOKEN: CredentialSpec = CredentialSpec::required(
    "access_token",
    "the long-term access token that TikTok gives when an advertiser authorises your developer app",
);
const APP_ID: CredentialSpec = CredentialSpec::optional(
    "app_id",
    "the developer app's id: with app_secret it lists the token's advertisers; or name them in `accounts`",
);
const APP_SECRET: CredentialSpec = CredentialSpec::optional(
    "app_secret",
    "the developer app's secret: with app_id it lists the token's advertisers; or name them in `accounts`",
);

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct TikTokAds;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "tiktok_ads",
    base_url: "https://business-api.tiktok.com",
    api_version: "v1.3",
    hosts: &[authorisation::AUTHORIZE],
    credentials: &[ACCESS_TOKEN, APP_ID, APP_SECRET],
    consent: Some(authorisation::consent()),
    // An app of the basic level may send 10 requests a second and 600 a minute; an advertiser's limit differs by path. What is
    // sent here in a day stays below the day's limit.
    rates: &[QuotaRule::per_second(Scope::Account, 5.0, 2), QuotaRule::per_minute(Scope::App, 500.0, 2)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl TikTokAds ===

impl Integration for TikTokAds {
    type Settings = Settings;
    type Source = TikTokAdsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<TikTokAdsSource>> {
        let policy = Snapshot { every: QUARTER_DAY, vanishing: None };
        let tables = &[Table::AdAccounts];
        let accounts =
            StreamOf::snapshot("accounts", tables, policy, |source: &TikTokAdsSource, session, request| {
                source.account(session, request).boxed()
            });
        vec![
            accounts,
            objects("campaigns", Object::Campaign, &[Table::AdCampaigns], Table::AdCampaigns),
            objects("ad_groups", Object::AdGroup, &[Table::AdSets], Table::AdSets),
            objects("ads", Object::Ad, &[Table::Ads], Table::Ads),
            numbers("performance", Report::Campaigns, &[Table::AdPerformanceDaily], WINDOW_DAYS_MAX),
            numbers("ad_performance", Report::Ads, &[Table::AdPerformanceDaily], DETAIL_WINDOW_DAYS_MAX),
            numbers(
                "country_performance",
                Report::Countries,
                &[Table::AdCountryDaily],
                DETAIL_WINDOW_DAYS_MAX,
            )
            .enabled(settings.countries),
        ]
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<TikTokAdsSource, SetupError> {
        TikTokAdsSource::new(setup.spec, setup.settings)
    }
}

fn objects(
    name: &'static str,
    object: Object,
    tables: &'static [Table],
    vanishing: Table,
) -> StreamOf<TikTokAdsSource> {
    let policy = Snapshot { every: QUARTER_DAY, vanishing: Some(vanishing) };
    StreamOf::snapshot(name, tables, policy, move |source: &TikTokAdsSource, session, request| {
        source.objects(session, object, request).boxed()
    })
}

fn numbers(
    name: &'static str,
    report: Report,
    tables: &'static [Table],
    window_days_max: u32,
) -> StreamOf<TikTokAdsSource> {
    let [week, month] = LOOKBACK;
    let policy = Days {
        level: report.level().map(AdLevel::as_str),
        ..Days::new([(2, EVERY), week, month], SETTLING, window_days_max)
    };
    StreamOf::days(name, tables, policy, move |source: &TikTokAdsSource, session, request| {
        source.report(session, report, request).boxed()
    })
}
