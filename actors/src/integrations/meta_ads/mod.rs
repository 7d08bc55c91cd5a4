//! Meta (Facebook and Instagram) ads through the Marketing API.
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what Meta sends |
//! | `mapping.rs` | from there to the project's rows |
//! | `proof.rs` | how calls are authenticated |
//! | `errors.rs`, `usage.rs` | error codes; the headers that tell how much of an allowance is used |
//! | `paged_list.rs` | paged lists |
//! | `accounts.rs`, `entities.rs` | ad accounts; campaigns, ad sets, ads |
//! | `reading.rs`, `insights.rs` | what is asked for of daily reports; reports at once |
//! | `report.rs`, `parts.rs` | daily reports that are too large for that: prepared by Meta, cut into parts |

use std::borrow::Cow;

use futures::future::{BoxFuture, FutureExt as _};
use jiff::SignedDuration;
use rows::Table;

use self::{entities::Level, reading::Report, settings::Settings, source::MetaAdsSource};
use crate::{
    failure::Failure,
    integration::{Accounts, CredentialSpec, Integration, Manifest, Setup, SetupError, Source},
    reader::StreamOf,
    session::{
        Auth, Response, Session, Verdict,
        quota::{QuotaRule, Scope},
    },
    stream::{DAILY, Days, FRESH, QUARTER_DAY, Snapshot, Tier},
};

mod accounts;
mod entities;
mod errors;
#[cfg(test)]
mod flow;
mod insights;
mod mapping;
mod paged_list;
mod parts;
mod proof;
mod reading;
mod report;
mod settings;
mod source;
#[cfg(test)]
mod testing;
mod usage;
mod wire;

/// Use cases as Meta counts them; they name the endpoints for quota.
mod use_case {
    pub const INSIGHTS: &str = "ads_insights";
    pub const MANAGEMENT: &str = "ads_management";
}

/// Meta answers for 37 months at most and refuses older days; a few days less are safe in any month.
const HISTORY_DAYS_MAX: u32 = 1120;
/// Days in one campaign report.
const WINDOW_DAYS_MAX: u32 = 7;
/// Days in one report by ad, which has many more rows.
const AD_WINDOW_DAYS_MAX: u32 = 3;
/// Numbers still move for so long after a day's end; attribution goes on for up to 28 days, which the deepest tier
/// reads again.
const SETTLING: SignedDuration = SignedDuration::from_hours(72);

const ACCESS_TOKEN: CredentialSpec = CredentialSpec::required(
    "access_token",
    "access token of a system user with the permission ads_read, from Business settings > System users",
);

const APP_SECRET: CredentialSpec = CredentialSpec::optional(
    "app_secret",
    "secret of the app that made the token, where it has \"Require app secret\" switched on: App settings > Basic",
);

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct MetaAds;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "meta_ads",
    base_url: "https://graph.facebook.com",
    api_version: "v25.0",
    credentials: &[ACCESS_TOKEN, APP_SECRET],
    // Full access (`ads_api_access_tier` = `standard_access`).
    rates: &[QuotaRule::per_second(Scope::Account, 5.0, 5), QuotaRule::per_second(Scope::App, 10.0, 10)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl MetaAds ===

impl Integration for MetaAds {
    type Settings = Settings;
    type Source = MetaAdsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<MetaAdsSource>> {
        let accounts = Snapshot { every: QUARTER_DAY, vanishing: None };
        vec![
            StreamOf::snapshot("accounts", &[Table::AdAccounts], accounts, |source, session, request| {
                accounts::page(source, session, request).boxed()
            }),
            objects("campaigns", Level::Campaign, FRESH),
            objects("ad_sets", Level::AdSet, FRESH),
            objects("ads", Level::Ad, FRESH * 4).enabled(settings.ad_level),
            report("insights", Report::Campaigns, Some("campaign"), WINDOW_DAYS_MAX),
            report("ad_insights", Report::Ads, Some("ad"), AD_WINDOW_DAYS_MAX).enabled(settings.ad_level),
            report("country_insights", Report::Countries, None, WINDOW_DAYS_MAX).enabled(settings.countries),
        ]
    }

    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        configured.strip_prefix("act_").unwrap_or(configured).into()
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<MetaAdsSource, SetupError> {
        MetaAdsSource::new(setup.spec, setup.settings)
    }
}

/// Everything of one level, as it is now.
fn objects(name: &'static str, level: Level, every: std::time::Duration) -> StreamOf<MetaAdsSource> {
    let policy = Snapshot { every, vanishing: level.tables().first().copied() };
    StreamOf::snapshot(name, level.tables(), policy, move |source: &MetaAdsSource, session, request| {
        entities::page(source, session, level, request).boxed()
    })
}

fn report(
    name: &'static str,
    report: Report,
    level: Option<&'static str>,
    window_days_max: u32,
) -> StreamOf<MetaAdsSource> {
    let tiers = vec![
        Tier { days: 2, every: FRESH },
        Tier { days: 3, every: QUARTER_DAY },
        Tier { days: 28, every: DAILY },
    ];
    let history_days_max = Some(HISTORY_DAYS_MAX);
    let policy = Days { level, tiers, settling: SETTLING, window_days_max, history_days_max };
    StreamOf::days(name, report.tables(), policy, move |source: &MetaAdsSource, session, request| {
        insights::page(source, session, report, request).boxed()
    })
}

impl Source for MetaAdsSource {
    fn auth(&self) -> Auth {
        self.auth.clone()
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::classify(response)
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        accounts::check(self, session).boxed()
    }
}

#[cfg(test)]
mod tests;
